#pragma once

/*
 * Parser: what the parts of the parser share
 *
 * The tokens that come next, the nodes that were made and are not yet in another one, the variables
 * in sight, and the first error, which ends the parsing.
 */

#include "template/lex.h"
#include "template/node.h"
#include "template/stack.h"

typedef struct Parser {
        Template *tpl;
        Lexer lexer;
        Token tokens[3]; /* read ahead; the next one is tokens[n_ahead - 1] */
        unsigned n_ahead;
        GArray *variables;  /* unsigned: names declared here */
        GPtrArray *pending; /* of the commands, pipes and lists that are being read: a stack */
        Definition *definition;
        unsigned range_depth;
        unsigned n_open;
        unsigned n_blocks;
        Stack stack;
        bool failed;
        TemplateError *error;
} Parser;

static inline Token parser_next(Parser *p)
{
        if (p->n_ahead > 0)
                return p->tokens[--p->n_ahead];
        p->tokens[0] = lexer_next(&p->lexer);
        return p->tokens[0];
}

static inline void parser_back(Parser *p, Token token)
{
        g_assert(p->n_ahead < G_N_ELEMENTS(p->tokens));
        p->tokens[p->n_ahead++] = token;
}

static inline Token parser_peek(Parser *p)
{
        Token token = parser_next(p);

        parser_back(p, token);
        return token;
}

Token parser_next_non_space(Parser *p);
Token parser_peek_non_space(Parser *p);

/* An error at a place in the text; false */
bool parser_fail(Parser *p, size_t start, size_t end, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* A token of no use here; a lexical error says itself what is wrong. False. */
bool parser_unexpected(Parser *p, Token token, const char *context);

static inline Node *parser_node(Parser *p, NodeType type, size_t start, size_t end)
{
        Node *node = arena_new0(p->tpl->arena, Node, 1);

        node->type = type;
        node->start = (uint32_t) start;
        node->end = (uint32_t) end;
        return node;
}

/* What was put on the stack of pending nodes since it had @first, as an array in the arena */
static inline gpointer *parser_take_pending(Parser *p, guint first, uint32_t *ret_n)
{
        gpointer *array;

        *ret_n = p->pending->len - first;
        array = arena_memdup(p->tpl->arena, p->pending->pdata + first, *ret_n * sizeof *array);
        g_ptr_array_set_size(p->pending, (gint) first);
        return array;
}

/* The number of a variable's name, which is new where it was not seen before */
unsigned parser_variable(Parser *p, Token token);
