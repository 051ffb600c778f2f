#pragma once

/*
 * Parse, pipelines: operands, commands, and what declares variables
 */

#include "template/parser.h"

/**
 * parse_pipe() - an expression up to the token that ends it
 * @context:    what is expected, in words, for errors; "a list to walk" allows two variables
 * @end:        TOKEN_RIGHT, or TOKEN_CLOSE in parentheses
 *
 * The token that ends it is read.
 *
 * Return: NULL after an error.
 */
PipeNode *parse_pipe(Parser *p, const char *context, TokenType end);
