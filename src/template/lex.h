#pragma once

/*
 * Lex: a template's text as tokens
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define LEFT_DELIMITER      "{{repl "
#define LEFT_DELIMITER_LEN  7
#define RIGHT_DELIMITER     "}}"
#define RIGHT_DELIMITER_LEN 2

typedef enum TokenType {
        TOKEN_ERROR,
        TOKEN_END, /* of the text */
        TOKEN_TEXT,
        TOKEN_LEFT,
        TOKEN_RIGHT,
        TOKEN_SPACE,
        TOKEN_ASSIGN,  /* = */
        TOKEN_DECLARE, /* := */
        TOKEN_PIPE,
        TOKEN_OPEN, /* ( */
        TOKEN_CLOSE,
        TOKEN_CHAR, /* another printable character, such as a comma */
        TOKEN_BOOL,
        TOKEN_CHARACTER, /* 'x' */
        TOKEN_COMPLEX,
        TOKEN_FIELD,
        TOKEN_IDENTIFIER,
        TOKEN_NUMBER,
        TOKEN_RAW_STRING,
        TOKEN_STRING,
        TOKEN_VARIABLE,
        /* key words */
        TOKEN_DOT,
        TOKEN_NIL,
        TOKEN_BLOCK,
        TOKEN_BREAK,
        TOKEN_CONTINUE,
        TOKEN_DEFINE,
        TOKEN_ELSE,
        TOKEN_END_WORD,
        TOKEN_IF,
        TOKEN_RANGE,
        TOKEN_TEMPLATE,
        TOKEN_WITH,
} TokenType;

typedef struct Token {
        TokenType type;
        size_t start;
        size_t end;
        const char *error; /* of TOKEN_ERROR; static */
} Token;

typedef struct Lexer {
        const char *text;
        size_t len;
        size_t pos;
        size_t action_start; /* of the action that is being read */
        unsigned n_open;     /* parentheses */
        bool in_action;
        bool after_space; /* a blank run was cut for a trim marker */
        bool failed;
} Lexer;

Token lexer_next(Lexer *lexer);
