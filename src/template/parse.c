/*
 * The parser: tokens to nodes, as Go's text/template/parse does it
 *
 * Texts, actions, control structures and definitions; expressions are parse-pipe's.
 */

#include "template/parse-literal.h"
#include "template/parse-pipe.h"
#include "template/rune.h"

typedef enum ListEnd {
        LIST_END,  /* {{repl end}} */
        LIST_ELSE, /* {{repl else}}, and what may follow it */
        LIST_ELSE_IF,
        LIST_ELSE_WITH,
} ListEnd;

static bool parse_list(Parser *p, NodeList *list, ListEnd *ret_end);

static Node *branch_new(Parser *p, NodeType type, size_t start, size_t end)
{
        Node *node = parser_node(p, type, start, end);

        node->branch = arena_new0(p->tpl->arena, BranchNode, 1);
        return node;
}

static bool parse_condition(Parser *p, Node *node, const char *context)
{
        node->branch->condition = parse_pipe(p, context, TOKEN_RIGHT);
        if (node->branch->condition != NULL)
                node->end = node->branch->condition->end;
        return node->branch->condition != NULL;
}

static bool parse_branch(Parser *p, Node *node);

typedef struct BranchJob {
        Parser *p;
        Node *node;
        bool ok;
} BranchJob;

static void parse_branch_job(void *arg)
{
        BranchJob *job = arg;

        job->ok = parse_branch(job->p, job->node);
}

static Node *parse_branch_node(Parser *p, NodeType type, size_t start)
{
        BranchJob job = { p, branch_new(p, type, start, start), false };

        if (++p->n_blocks > TEMPLATE_BLOCKS_MAX)
                parser_fail(p, start, start, "more than %d if, range and with within each other",
                            TEMPLATE_BLOCKS_MAX);
        else if (!stack_is_low(&p->stack))
                parse_branch_job(&job);
        else if (!stack_run(&p->stack, parse_branch_job, &job))
                parser_fail(p, start, start, "if, range and with lie too deep in each other");
        p->n_blocks--;
        return job.ok ? job.node : NULL;
}

/* else if and else with stand for an if or with of its own, whose end is also ours */
static bool parse_else(Parser *p, Node *node, ListEnd how)
{
        ListEnd end;
        Token token;
        Node *inner;

        node->branch->has_else = true;
        if (how == LIST_ELSE) {
                if (!parse_list(p, &node->branch->else_list, &end))
                        return false;
                token = parser_peek(p);
                if (end != LIST_END)
                        return parser_fail(
                                p, node->start, node->end,
                                "a second else for this; only one is allowed, as the last");
                return true;
        }
        token = parser_next_non_space(p); /* if, with */
        if ((how == LIST_ELSE_IF) != (node->type == NODE_IF) || node->type == NODE_RANGE)
                return parser_fail(p, token.start, token.end,
                                   "else if belongs to an if, else with to a with");
        inner = parse_branch_node(p, node->type, token.start);
        if (inner == NULL)
                return false;
        node->branch->else_list.nodes = arena_new0(p->tpl->arena, Node *, 1);
        node->branch->else_list.nodes[0] = inner;
        node->branch->else_list.n = 1;
        return true;
}

static bool parse_branch(Parser *p, Node *node)
{
        guint n_variables = p->variables->len;
        ListEnd end;

        if (!parse_condition(p, node,
                             node->type == NODE_RANGE ? "a list to walk"
                             : node->type == NODE_IF  ? "a condition"
                                                      : "a value"))
                return false;
        if (node->type == NODE_RANGE)
                p->range_depth++;
        if (!parse_list(p, &node->branch->list, &end))
                return false;
        if (node->type == NODE_RANGE)
                p->range_depth--;
        if (end != LIST_END && !parse_else(p, node, end))
                return false;
        g_array_set_size(p->variables, n_variables);
        return true;
}

static bool list_is_blank(const NodeList *list)
{
        for (size_t i = 0; i < list->n; i++) {
                const Node *node = list->nodes[i];
                size_t width;

                if (node->type != NODE_TEXT)
                        return false;
                for (size_t j = 0; j < node->value.len; j += width)
                        if (!rune_is_space(
                                    rune_decode(node->value.s + j, node->value.len - j, &width)))
                                return false;
        }
        return true;
}

static Definition *definition_for(Parser *p, const char *name)
{
        Definition *definition = g_hash_table_lookup(p->tpl->definitions, name);

        if (definition == NULL) {
                definition = arena_new0(p->tpl->arena, Definition, 1);
                definition->name = arena_strdup(p->tpl->arena, name);
                g_hash_table_insert(p->tpl->definitions, (gpointer) definition->name, definition);
        }
        return definition;
}

/* A second definition is an error, unless one of the two is blank: then that one loses */
static bool add_definition(Parser *p, const char *name, const NodeList *list, Token at)
{
        Definition *definition = definition_for(p, name);
        bool is_blank = list_is_blank(list);

        if (!definition->is_defined || definition->is_blank) {
                definition->is_defined = true;
                definition->is_blank = is_blank;
                definition->list = *list;
        } else if (!is_blank) {
                return parser_fail(p, at.start, at.end,
                                   "a second definition of the template \"%s\"", name);
        }
        return true;
}

/* What define and block have in common: a body that sees no variables from outside */
static bool parse_definition_body(Parser *p, const char *name, Token at)
{
        GArray *variables = p->variables;
        Definition *outer = p->definition;
        Definition here = { .name = name };
        unsigned range_depth = p->range_depth, dollar = VARIABLE_DOLLAR;
        NodeList list = { 0 };
        ListEnd end = LIST_END;
        bool ok;

        p->variables = g_array_new(false, false, sizeof(unsigned));
        g_array_append_val(p->variables, dollar);
        p->definition = &here;
        p->range_depth = 0;
        ok = parse_list(p, &list, &end);
        if (ok && end != LIST_END)
                ok = parser_fail(p, at.start, at.end,
                                 "there is an else in this definition, but no if");
        g_array_free(p->variables, true);
        p->variables = variables;
        p->definition = outer;
        p->range_depth = range_depth;
        return ok && add_definition(p, name, &list, at);
}

static const char *parse_name(Parser *p, const char *context, Token *ret_token)
{
        Token token = parser_next_non_space(p);
        Value name;

        *ret_token = token;
        if (token.type != TOKEN_STRING && token.type != TOKEN_RAW_STRING) {
                parser_unexpected(p, token, context);
                return NULL;
        }
        return parse_literal_string(p, token, &name) ? value_cstring(p->tpl->arena, name) : NULL;
}

static bool parse_define(Parser *p)
{
        Token token, right;
        const char *name = parse_name(p, "a name in quotes", &token);

        if (name == NULL)
                return false;
        right = parser_next_non_space(p);
        if (right.type != TOKEN_RIGHT)
                return parser_unexpected(p, right, "}} after the name");
        return parse_definition_body(p, name, token);
}

typedef struct BlockJob {
        Parser *p;
        const char *name;
        Token token;
        bool ok;
} BlockJob;

static void parse_block_job(void *arg)
{
        BlockJob *job = arg;

        job->ok = parse_definition_body(job->p, job->name, job->token);
}

static Node *parse_template_call(Parser *p, bool is_block)
{
        Token token;
        const char *name = parse_name(p, "the name of a template in quotes", &token);
        Node *node;

        if (name == NULL)
                return NULL;
        node = branch_new(p, NODE_TEMPLATE, token.start, token.end);
        node->branch->name = name;
        node->branch->definition = definition_for(p, name);
        if (!is_block) {
                Token after = parser_next_non_space(p);

                if (after.type == TOKEN_RIGHT)
                        return node;
                parser_back(p, after);
        }
        if (!parse_condition(p, node, "a value"))
                return NULL;
        if (is_block) {
                BlockJob job = { p, name, token, false };

                if (++p->n_blocks > TEMPLATE_BLOCKS_MAX)
                        parser_fail(p, token.start, token.end, "blocks lie too deep in each other");
                else if (!stack_is_low(&p->stack))
                        parse_block_job(&job);
                else if (!stack_run(&p->stack, parse_block_job, &job))
                        parser_fail(p, token.start, token.end, "blocks lie too deep in each other");
                p->n_blocks--;
                if (!job.ok)
                        return NULL;
        }
        return node;
}

static Node *parse_jump(Parser *p, Token word)
{
        Token right = parser_next_non_space(p);

        if (right.type != TOKEN_RIGHT) {
                parser_unexpected(p, right, "}} after break or continue");
                return NULL;
        }
        if (p->range_depth == 0) {
                parser_fail(p, word.start, word.end, "%s works only within a range",
                            word.type == TOKEN_BREAK ? "break" : "continue");
                return NULL;
        }
        return parser_node(p, word.type == TOKEN_BREAK ? NODE_BREAK : NODE_CONTINUE, word.start,
                           word.end);
}

static Node *parse_plain_action(Parser *p, Token first)
{
        Node *node = parser_node(p, NODE_ACTION, first.start, first.end);

        node->pipe = parse_pipe(p, "a value or a function", TOKEN_RIGHT);
        if (node->pipe == NULL)
                return NULL;
        node->end = node->pipe->end;
        return node;
}

/* After the left delimiter. NULL with *ret_is_end: an end or else, *ret_end says which. */
static Node *parse_action(Parser *p, bool *ret_is_end, ListEnd *ret_end)
{
        Token token = parser_next_non_space(p), after;

        *ret_is_end = false;
        switch ((int) token.type) {
        case TOKEN_BLOCK:
                return parse_template_call(p, true);
        case TOKEN_TEMPLATE:
                return parse_template_call(p, false);
        case TOKEN_BREAK:
        case TOKEN_CONTINUE:
                return parse_jump(p, token);
        case TOKEN_IF:
                return parse_branch_node(p, NODE_IF, token.start);
        case TOKEN_RANGE:
                return parse_branch_node(p, NODE_RANGE, token.start);
        case TOKEN_WITH:
                return parse_branch_node(p, NODE_WITH, token.start);
        case TOKEN_END_WORD:
        case TOKEN_ELSE:
                after = parser_next_non_space(p);
                *ret_end = token.type == TOKEN_END_WORD ? LIST_END : LIST_ELSE;
                if (token.type == TOKEN_ELSE &&
                    (after.type == TOKEN_IF || after.type == TOKEN_WITH)) {
                        *ret_end = after.type == TOKEN_IF ? LIST_ELSE_IF : LIST_ELSE_WITH;
                        parser_back(p, after);
                } else if (after.type != TOKEN_RIGHT) {
                        parser_unexpected(p, after,
                                          token.type == TOKEN_ELSE ? "}}, if or with after else"
                                                                   : "}} after end");
                        return NULL;
                }
                *ret_is_end = true;
                return NULL;
        default:
                parser_back(p, token);
                return parse_plain_action(p, token);
        }
}

static Node *parse_text(Parser *p, Token token)
{
        Node *node = parser_node(p, NODE_TEXT, token.start, token.end);

        node->value = value_string_n(p->tpl->text + token.start, token.end - token.start);
        return node;
}

static bool parse_list(Parser *p, NodeList *list, ListEnd *ret_end)
{
        guint first = p->pending->len;

        for (;;) {
                Token token = parser_next_non_space(p);
                bool is_end = false;
                Node *node;

                if (token.type == TOKEN_TEXT) {
                        node = parse_text(p, token);
                } else if (token.type == TOKEN_LEFT) {
                        node = parse_action(p, &is_end, ret_end);
                } else {
                        return parser_unexpected(p, token, "text or an action");
                }
                if (is_end)
                        break;
                if (node == NULL)
                        return false;
                g_ptr_array_add(p->pending, node);
        }
        list->nodes = (Node **) parser_take_pending(p, first, &list->n);
        return true;
}

static bool parse_top(Parser *p, NodeList *list)
{
        guint first = p->pending->len;

        for (;;) {
                Token token = parser_next(p), word;
                ListEnd end;
                bool is_end = false;
                Node *node;

                if (token.type == TOKEN_END)
                        break;
                if (token.type == TOKEN_TEXT) {
                        node = parse_text(p, token);
                } else if (token.type == TOKEN_LEFT) {
                        word = parser_next_non_space(p);
                        if (word.type == TOKEN_DEFINE) {
                                if (!parse_define(p))
                                        return false;
                                continue;
                        }
                        parser_back(p, word);
                        node = parse_action(p, &is_end, &end);
                        if (is_end)
                                return parser_fail(
                                        p, word.start, word.end,
                                        "there is no if, range, with, define or block that "
                                        "this belongs to");
                } else {
                        return parser_unexpected(p, token, "text or an action");
                }
                if (node == NULL)
                        return false;
                g_ptr_array_add(p->pending, node);
        }
        list->nodes = (Node **) parser_take_pending(p, first, &list->n);
        return true;
}

bool parse_template(Template *tpl, TemplateError *ret_error)
{
        unsigned dollar = VARIABLE_DOLLAR;
        Definition root = { .name = tpl->name };
        Parser p = {
                .tpl = tpl,
                .lexer = { .text = tpl->text, .len = tpl->len },
                .variables = g_array_new(false, false, sizeof(unsigned)),
                .pending = g_ptr_array_sized_new(64),
                .definition = &root,
                .error = ret_error,
        };
        Token start = { .type = TOKEN_TEXT };
        bool ok;

        stack_init(&p.stack);
        g_hash_table_insert(tpl->variables, g_strdup("$"), GUINT_TO_POINTER(VARIABLE_DOLLAR));
        g_array_append_val(p.variables, dollar);
        ok = parse_top(&p, &root.list) && add_definition(&p, tpl->name, &root.list, start);
        tpl->root = definition_for(&p, tpl->name);
        g_array_free(p.variables, true);
        g_ptr_array_free(p.pending, true);
        return ok;
}
