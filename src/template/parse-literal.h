#pragma once

/*
 * Parse, literals: numbers, characters and quoted texts
 */

#include "template/parser.h"

/* A number, complex number or character; NULL after an error */
Node *parse_literal_number(Parser *p, Token token);

/* What a text in quotes says */
bool parse_literal_string(Parser *p, Token token, Value *ret);
