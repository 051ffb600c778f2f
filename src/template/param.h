#pragma once

/*
 * Param: what a function's parameters want
 *
 * Each letter of a signature is a parameter; a value must be of its type, and a constant becomes it.
 */

#include "template/render.h"

typedef struct Param {
        char letter;
        uint8_t type; /* VALUE_MISSING: any */
        bool can_be_nil;
        const char *words; /* what it wants: "text", "a whole number" */
} Param;

const Param *param_find(char letter);

Value param_zero(const Param *param);

/* The value as an argument for a parameter */
bool param_validate(TemplateRender *r, const Node *node, char letter, Value v, Value *ret);

/* A constant as an argument: a number, text, true or false */
bool param_constant(TemplateRender *r, char letter, const Node *node, Value *ret);
