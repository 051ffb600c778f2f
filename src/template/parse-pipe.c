#include "template/parse-pipe.h"

#include <string.h>

#include "template/parse-literal.h"

/* Field tokens `.a` that follow at once, up to which nothing else is read */
static bool more_fields(Parser *p, GArray *fields, size_t *end)
{
        while (parser_peek(p).type == TOKEN_FIELD) {
                Token token = parser_next(p);
                Value name = value_string_n(p->tpl->text + token.start + 1,
                                            token.end - token.start - 1);

                g_array_append_val(fields, name);
                *end = token.end;
        }
        return fields->len > 0;
}

static void set_fields(Parser *p, Node *node, const GArray *fields)
{
        node->n_fields = fields->len;
        node->fields = arena_memdup(p->tpl->arena, fields->data, fields->len * sizeof(Value));
}

static Node *parse_function(Parser *p, Token token)
{
        Node *node = parser_node(p, NODE_FUNCTION, token.start, token.end);
        g_autofree char *name = g_strndup(p->tpl->text + token.start, token.end - token.start);

        node->function = template_functions_find(p->tpl->functions, name);
        if (node->function == NULL) {
                const char *closest = template_functions_closest(p->tpl->functions, name);

                if (closest == NULL)
                        parser_fail(p, token.start, token.end, "there is no function `%s`", name);
                else
                        parser_fail(p, token.start, token.end,
                                    "there is no function `%s`; did you mean `%s`?", name, closest);
                if (closest != NULL && p->error != NULL && p->error->suggestion == NULL)
                        p->error->suggestion = g_strdup(closest);
                return NULL;
        }
        return node;
}

static Node *parse_variable(Parser *p, Token token)
{
        Node *node = parser_node(p, NODE_VARIABLE, token.start, token.end);

        node->variable = parser_variable(p, token);
        for (guint i = 0; i < p->variables->len; i++)
                if (g_array_index(p->variables, unsigned, i) == node->variable)
                        return node;
        parser_fail(
                p, token.start, token.end,
                "there is no variable %.*s here; {{repl %.*s := ... }} makes one, until the end of "
                "the if, range or with that it is in",
                (int) MIN(node->end - node->start, 60), p->tpl->text + token.start,
                (int) MIN(node->end - node->start, 60), p->tpl->text + token.start);
        return NULL;
}

typedef struct PipeJob {
        Parser *p;
        PipeNode *pipe;
} PipeJob;

static void parse_pipe_job(void *arg)
{
        PipeJob *job = arg;

        job->pipe = parse_pipe(job->p, "a value", TOKEN_CLOSE);
}

static Node *parse_parenthesis(Parser *p, Token token)
{
        PipeJob job = { p, NULL };
        Node *node;

        if (++p->n_open > TEMPLATE_NESTING_MAX) {
                parser_fail(p, token.start, token.end, "more than %d parentheses within each other",
                            TEMPLATE_NESTING_MAX);
                return NULL;
        }
        if (!stack_is_low(&p->stack))
                parse_pipe_job(&job);
        else if (!stack_run(&p->stack, parse_pipe_job, &job))
                parser_fail(p, token.start, token.end, "parentheses lie too deep in each other");
        p->n_open--;
        if (job.pipe == NULL)
                return NULL;
        node = parser_node(p, NODE_PIPE, token.start, job.pipe->end);
        node->pipe = job.pipe;
        return node;
}

/* NULL without an error: the next token begins no operand */
static Node *parse_term(Parser *p)
{
        Token token = parser_next_non_space(p);
        Node *node;

        switch ((int) token.type) {
        case TOKEN_IDENTIFIER:
                return parse_function(p, token);
        case TOKEN_DOT:
                return parser_node(p, NODE_DOT, token.start, token.end);
        case TOKEN_NIL:
                return parser_node(p, NODE_NIL, token.start, token.end);
        case TOKEN_VARIABLE:
                return parse_variable(p, token);
        case TOKEN_FIELD:
                node = parser_node(p, NODE_FIELD, token.start, token.end);
                node->fields = arena_new0(p->tpl->arena, Value, 1);
                node->fields[0] = value_string_n(p->tpl->text + token.start + 1,
                                                 token.end - token.start - 1);
                node->n_fields = 1;
                return node;
        case TOKEN_BOOL:
                node = parser_node(p, NODE_BOOL, token.start, token.end);
                node->value = value_bool(p->tpl->text[token.start] == 't');
                return node;
        case TOKEN_CHARACTER:
        case TOKEN_COMPLEX:
        case TOKEN_NUMBER:
                return parse_literal_number(p, token);
        case TOKEN_OPEN:
                return parse_parenthesis(p, token);
        case TOKEN_STRING:
        case TOKEN_RAW_STRING:
                node = parser_node(p, NODE_STRING, token.start, token.end);
                return parse_literal_string(p, token, &node->value) ? node : NULL;
        default:
                parser_back(p, token);
                return NULL;
        }
}

static Node *parse_operand(Parser *p)
{
        Node *node = parse_term(p), *chain;
        g_autoptr(GArray) fields = NULL;
        size_t end;

        if (node == NULL || parser_peek(p).type != TOKEN_FIELD)
                return node;
        fields = g_array_new(false, false, sizeof(Value));
        end = node->end;
        switch ((int) node->type) {
        case NODE_FIELD:
                g_array_append_vals(fields, node->fields, (guint) node->n_fields);
                more_fields(p, fields, &end);
                set_fields(p, node, fields);
                node->end = (uint32_t) end;
                return node;
        case NODE_VARIABLE:
                more_fields(p, fields, &end);
                set_fields(p, node, fields);
                node->end = (uint32_t) end;
                return node;
        case NODE_FUNCTION:
        case NODE_PIPE:
                more_fields(p, fields, &end);
                chain = parser_node(p, NODE_CHAIN, node->start, end);
                chain->base = node;
                set_fields(p, chain, fields);
                return chain;
        default:
                end = parser_peek(p).end;
                parser_fail(p, node->start, end, "`%.*s` has no fields that a . could follow",
                            (int) MIN(node->end - node->start, 60), p->tpl->text + node->start);
                return NULL;
        }
}

static void note_calls(Parser *p, const CommandNode *command)
{
        for (size_t i = 0; i < command->n_args; i++) {
                const Node *arg = command->args[i];
                CallSite site = { arg->type == NODE_CHAIN ? arg->base : arg,
                                  i == 0 && arg->type == NODE_FUNCTION ? command : NULL };

                if (site.function->type == NODE_FUNCTION)
                        g_array_append_val(p->tpl->sites, site);
        }
}

static CommandNode *parse_command(Parser *p)
{
        guint first = p->pending->len;
        size_t start = parser_peek_non_space(p).start;
        CommandNode *command;
        size_t end = start;

        for (;;) {
                Token token;
                Node *operand;

                parser_peek_non_space(p);
                operand = parse_operand(p);
                if (p->failed)
                        return NULL;
                if (operand != NULL) {
                        g_ptr_array_add(p->pending, operand);
                        end = operand->end;
                }
                token = parser_next(p);
                if (token.type == TOKEN_SPACE)
                        continue;
                if (token.type == TOKEN_RIGHT || token.type == TOKEN_CLOSE) {
                        parser_back(p, token);
                } else if (token.type != TOKEN_PIPE) {
                        parser_unexpected(p, token, "a blank and another argument, or the end");
                        return NULL;
                }
                break;
        }
        if (p->pending->len == first) {
                parser_fail(p, start, end, "an empty command: there is nothing to evaluate");
                return NULL;
        }
        command = arena_new0(p->tpl->arena, CommandNode, 1);
        command->start = (uint32_t) start;
        command->end = (uint32_t) end;
        command->args = (Node **) parser_take_pending(p, first, &command->n_args);
        note_calls(p, command);
        return command;
}

static void declare(Parser *p, PipeNode *pipe, Token token)
{
        unsigned number = parser_variable(p, token);

        pipe->declares[pipe->n_declares++] = number;
        g_array_append_val(p->variables, number);
}

/* $x :=, $x =, and in a range $i, $x := */
static bool parse_declarations(Parser *p, PipeNode *pipe, bool is_range)
{
        for (;;) {
                Token variable = parser_peek_non_space(p), after, token;

                if (variable.type != TOKEN_VARIABLE)
                        return true;
                parser_next(p);
                after = parser_peek(p);
                token = parser_peek_non_space(p);
                if (token.type == TOKEN_ASSIGN || token.type == TOKEN_DECLARE) {
                        pipe->is_assign = token.type == TOKEN_ASSIGN;
                        parser_next_non_space(p);
                        declare(p, pipe, variable);
                        return true;
                }
                if (token.type == TOKEN_CHAR && p->tpl->text[token.start] == ',') {
                        parser_next_non_space(p);
                        declare(p, pipe, variable);
                        if (!is_range || pipe->n_declares >= PIPE_DECLARATIONS_MAX)
                                return parser_fail(
                                        p, token.start, token.end,
                                        "only a range declares two variables, no other action "
                                        "more than one");
                        token = parser_peek_non_space(p);
                        if (token.type == TOKEN_VARIABLE || token.type == TOKEN_RIGHT ||
                            token.type == TOKEN_CLOSE)
                                continue;
                        return parser_fail(p, token.start, token.end,
                                           "after the comma a range expects its second variable");
                }
                /* it was an argument */
                if (after.type == TOKEN_SPACE)
                        parser_back(p, after);
                parser_back(p, variable);
                return true;
        }
}

static bool check_pipe(Parser *p, const PipeNode *pipe, const char *context)
{
        if (pipe->n_commands == 0)
                return parser_fail(p, pipe->start, pipe->end, "nothing to evaluate: %s expected",
                                   context);
        for (size_t i = 1; i < pipe->n_commands; i++) {
                const Node *first = pipe->commands[i]->args[0];

                if (first->type == NODE_BOOL || first->type == NODE_DOT ||
                    first->type == NODE_NIL || first->type == NODE_NUMBER ||
                    first->type == NODE_STRING)
                        return parser_fail(
                                p, first->start, first->end,
                                "after a | a function is expected, which gets the value as its "
                                "last argument; `%.*s` is none",
                                (int) MIN(first->end - first->start, 60),
                                p->tpl->text + first->start);
        }
        return true;
}

PipeNode *parse_pipe(Parser *p, const char *context, TokenType end)
{
        PipeNode *pipe = arena_new0(p->tpl->arena, PipeNode, 1);
        guint first = p->pending->len;

        pipe->start = pipe->end = parser_peek_non_space(p).start;
        if (!parse_declarations(p, pipe, strcmp(context, "a list to walk") == 0))
                return NULL;
        for (;;) {
                Token token = parser_next_non_space(p);
                CommandNode *command;

                if (token.type == end) {
                        pipe->end = token.type == TOKEN_CLOSE ? token.end : pipe->end;
                        break;
                }
                if (!((token.type >= TOKEN_BOOL && token.type <= TOKEN_NIL) ||
                      token.type == TOKEN_OPEN)) {
                        parser_unexpected(p, token, context);
                        return NULL;
                }
                parser_back(p, token);
                command = parse_command(p);
                if (command == NULL)
                        return NULL;
                command->is_piped = p->pending->len > first;
                g_ptr_array_add(p->pending, command);
                pipe->end = command->end;
        }
        pipe->commands = (CommandNode **) parser_take_pending(p, first, &pipe->n_commands);
        return check_pipe(p, pipe, context) ? pipe : NULL;
}
