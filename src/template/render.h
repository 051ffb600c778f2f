#pragma once

/*
 * Render: the state of one render, as its parts share it
 */

#include "template/node.h"
#include "template/stack.h"

typedef struct Variable {
        unsigned name;
        Value value;
} Variable;

struct TemplateRender {
        const Template *tpl;
        const TemplateContext *context;
        Arena *arena;
        size_t arena_start; /* what it held before */
        GString *out;
        size_t out_start;
        TemplateLimits limits; /* without zeros */
        size_t steps;          /* left */
        Variable *variables;
        size_t n_variables;
        size_t variables_capacity;
        size_t frame; /* where the variables of this definition begin */
        const Definition *definition;
        size_t depth; /* of templates within each other */
        Stack stack;
        TemplateError *error;
        bool failed;
};

/* Ends the render at a place in the text; false */
bool render_fail(TemplateRender *render, TemplateErrorKind kind, size_t start, size_t end,
                 const char *format, ...) G_GNUC_PRINTF(5, 6);

bool render_template(TemplateRender *render);

/* Go's and and or: their arguments are evaluated one after the other, until the answer is known */
bool builtin_and(TemplateCall *call, Value *ret);
bool builtin_or(TemplateCall *call, Value *ret);

/* What a value or a parameter is, in words: "text", "a whole number" */
const char *type_in_words(ValueType type);
const char *param_in_words(char letter);
