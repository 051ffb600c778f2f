/*
 * The parser: tokens to nodes, as Go's text/template/parse does it
 */

#include <string.h>

#include "template/lex.h"
#include "template/node.h"
#include "template/number.h"
#include "template/rune.h"
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

typedef enum ListEnd {
        LIST_END,  /* {{repl end}} */
        LIST_ELSE, /* {{repl else}}, and what may follow it */
        LIST_ELSE_IF,
        LIST_ELSE_WITH,
} ListEnd;

static bool parse_list(Parser *p, NodeList *list, ListEnd *ret_end);
static PipeNode *parse_pipe(Parser *p, const char *context, TokenType end);

static Token next(Parser *p)
{
        if (p->n_ahead > 0)
                return p->tokens[--p->n_ahead];
        p->tokens[0] = lexer_next(&p->lexer);
        return p->tokens[0];
}

static void back(Parser *p, Token token)
{
        g_assert(p->n_ahead < G_N_ELEMENTS(p->tokens));
        p->tokens[p->n_ahead++] = token;
}

static Token peek(Parser *p)
{
        Token token = next(p);

        back(p, token);
        return token;
}

static Token next_non_space(Parser *p)
{
        Token token = next(p);

        while (token.type == TOKEN_SPACE)
                token = next(p);
        return token;
}

static Token peek_non_space(Parser *p)
{
        Token token = next_non_space(p);

        back(p, token);
        return token;
}

static bool fail(Parser *p, size_t start, size_t end, const char *format, ...) G_GNUC_PRINTF(4, 5);

static bool fail(Parser *p, size_t start, size_t end, const char *format, ...)
{
        va_list args;

        if (p->failed)
                return false;
        p->failed = true;
        va_start(args, format);
        template_error_set(p->error, TEMPLATE_ERROR_PARSE, p->tpl, p->definition->name, start, end,
                           g_strdup_vprintf(format, args));
        va_end(args);
        return false;
}

/* A token of no use here; a lexical error says itself what is wrong */
static bool unexpected(Parser *p, Token token, const char *context)
{
        g_autofree char *text = NULL;

        if (token.type == TOKEN_ERROR)
                return fail(p, token.start, token.end, "%s", token.error);
        if (token.type == TOKEN_END)
                return fail(p, token.start, token.end,
                            "the text ends here, but an if, range, with, define or block is still "
                            "open: {{repl end}} is missing");
        if (token.type == TOKEN_RIGHT)
                return fail(p, token.start, token.end, "the action ends too early: %s expected",
                            context);
        text = g_strndup(p->tpl->text + token.start, MIN(token.end - token.start, 40));
        if (token.type == TOKEN_CLOSE || token.type == TOKEN_OPEN || token.type == TOKEN_CHAR)
                return fail(p, token.start, token.end,
                            "`%s` has no meaning here: %s expected; arguments are separated by "
                            "blanks",
                            text, context);
        return fail(p, token.start, token.end, "`%s` has no meaning here: %s expected", text,
                    context);
}

static Node *node_new(Parser *p, NodeType type, size_t start, size_t end)
{
        Node *node = arena_new0(p->tpl->arena, Node, 1);

        node->type = type;
        node->start = (uint32_t) start;
        node->end = (uint32_t) end;
        return node;
}

static Node *branch_new(Parser *p, NodeType type, size_t start, size_t end)
{
        Node *node = node_new(p, type, start, end);

        node->branch = arena_new0(p->tpl->arena, BranchNode, 1);
        return node;
}

static unsigned variable_number(Parser *p, Token token, size_t len)
{
        g_autofree char *name = g_strndup(p->tpl->text + token.start, len);
        gpointer number;

        if (!g_hash_table_lookup_extended(p->tpl->variables, name, NULL, &number)) {
                number = GUINT_TO_POINTER(g_hash_table_size(p->tpl->variables));
                g_hash_table_insert(p->tpl->variables, g_steal_pointer(&name), number);
        }
        return GPOINTER_TO_UINT(number);
}

/* Field tokens `.a` that follow at once, up to which nothing else is read */
static bool more_fields(Parser *p, GArray *fields, size_t *end)
{
        while (peek(p).type == TOKEN_FIELD) {
                Token token = next(p);
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

static bool parse_character(Parser *p, Token token, NumberNode *number)
{
        const char *s = p->tpl->text + token.start + 1;
        size_t n = token.end - token.start - 1, width;
        gunichar r;
        bool is_byte;

        if (!number_unquote_char(s, n, '\'', &r, &is_byte, &width) || width + 1 != n)
                return fail(p, token.start, token.end,
                            "'...' holds exactly one character; use \"...\" for text");
        number->is_int = number->is_uint = number->is_float = true;
        number->i = (int64_t) r;
        number->u = r;
        number->f = r;
        return true;
}

static void simplify_complex(NumberNode *number)
{
        number->is_complex = true;
        number->is_float = number->im == 0;
        if (!number->is_float)
                return;
        number->f = number->re;
        number->i = number_float_to_int(number->f);
        number->is_int = (double) number->i == number->f;
        number->u = number_float_to_uint(number->f);
        number->is_uint = (double) number->u == number->f;
}

/* 1+2i: the sign that splits it is the last one that does not belong to an exponent */
static bool parse_complex(Parser *p, Token token, NumberNode *number)
{
        const char *s = p->tpl->text + token.start;
        size_t n = token.end - token.start, split = 0;

        for (size_t i = 1; i + 1 < n; i++) {
                bool hex = n > 2 && (s[1] | 0x20) == 'x';
                char before = (char) (s[i - 1] | 0x20);

                if ((s[i] == '+' || s[i] == '-') && before != 'p' && (hex || before != 'e')) {
                        split = i;
                        break;
                }
        }
        if (split == 0 || number_parse_float(s, split, &number->re) == NUMBER_SYNTAX ||
            number_parse_float(s + split, n - split - 1, &number->im) == NUMBER_SYNTAX)
                return fail(p, token.start, token.end, "this is no number");
        simplify_complex(number);
        return true;
}

static bool parse_plain_number(Parser *p, Token token, NumberNode *number)
{
        const char *s = p->tpl->text + token.start;
        size_t n = token.end - token.start;
        bool has_float_marks = false;

        for (size_t i = 0; i < n; i++)
                has_float_marks |= strchr(".eEpP", s[i]) != NULL;
        if (s[n - 1] == 'i' && number_parse_float(s, n - 1, &number->im) == NUMBER_OK) {
                simplify_complex(number);
                return true;
        }
        number->is_uint = number_parse_uint(s, n, 0, &number->u) == NUMBER_OK;
        number->is_int = number_parse_int(s, n, 0, &number->i) == NUMBER_OK;
        if (number->is_int && number->i == 0)
                number->is_uint = true;
        if (number->is_int) {
                number->is_float = true;
                number->f = (double) number->i;
        } else if (number->is_uint) {
                number->is_float = true;
                number->f = (double) number->u;
        } else if (number_parse_float(s, n, &number->f) == NUMBER_OK) {
                if (!has_float_marks)
                        return fail(p, token.start, token.end,
                                    "this whole number is too large, or has a digit that its base "
                                    "does not have");
                number->is_float = true;
                number->i = number_float_to_int(number->f);
                number->is_int = (double) number->i == number->f;
                number->u = number_float_to_uint(number->f);
                number->is_uint = (double) number->u == number->f;
        }
        if (!number->is_int && !number->is_uint && !number->is_float)
                return fail(p, token.start, token.end, "this is no number");
        number->looks_float = has_float_marks &&
                              !(n > 2 && s[0] == '0' && (s[1] | 0x20) == 'x' &&
                                memchr(s, 'p', n) == NULL && memchr(s, 'P', n) == NULL);
        return true;
}

static Node *parse_number(Parser *p, Token token)
{
        Node *node = node_new(p, NODE_NUMBER, token.start, token.end);
        bool ok;

        node->number = arena_new0(p->tpl->arena, NumberNode, 1);
        if (token.type == TOKEN_CHARACTER)
                ok = parse_character(p, token, node->number);
        else if (token.type == TOKEN_COMPLEX)
                ok = parse_complex(p, token, node->number);
        else
                ok = parse_plain_number(p, token, node->number);
        return ok ? node : NULL;
}

static bool parse_string(Parser *p, Token token, Value *ret)
{
        const char *s = p->tpl->text + token.start;
        size_t n = token.end - token.start;
        g_autoptr(GString) text = NULL;

        if (memchr(s, token.type == TOKEN_STRING ? '\\' : '\r', n) == NULL &&
            (token.type == TOKEN_RAW_STRING || g_utf8_validate(s, (gssize) n, NULL))) {
                *ret = value_string_n(s + 1, n - 2);
                return true;
        }
        text = g_string_new(NULL);
        if (!number_unquote(text, s, n))
                return fail(p, token.start, token.end,
                            "a \\ in this string is followed by something unknown; write \\\\ for "
                            "a backslash, or `...` for text without escapes");
        *ret = value_string_copy(p->tpl->arena, text->str, text->len);
        return true;
}

static Node *parse_function(Parser *p, Token token)
{
        Node *node = node_new(p, NODE_FUNCTION, token.start, token.end);
        g_autofree char *name = g_strndup(p->tpl->text + token.start, token.end - token.start);

        node->function = template_functions_find(p->tpl->functions, name);
        if (node->function == NULL) {
                const char *closest = template_functions_closest(p->tpl->functions, name);

                if (closest == NULL)
                        fail(p, token.start, token.end, "there is no function `%s`", name);
                else
                        fail(p, token.start, token.end,
                             "there is no function `%s`; did you mean `%s`?", name, closest);
                if (closest != NULL && p->error != NULL && p->error->suggestion == NULL)
                        p->error->suggestion = g_strdup(closest);
                return NULL;
        }
        return node;
}

static Node *parse_variable(Parser *p, Token token)
{
        Node *node = node_new(p, NODE_VARIABLE, token.start, token.end);

        node->variable = variable_number(p, token, token.end - token.start);
        for (guint i = 0; i < p->variables->len; i++)
                if (g_array_index(p->variables, unsigned, i) == node->variable)
                        return node;
        fail(p, token.start, token.end,
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
                fail(p, token.start, token.end, "more than %d parentheses within each other",
                     TEMPLATE_NESTING_MAX);
                return NULL;
        }
        if (!stack_is_low(&p->stack))
                parse_pipe_job(&job);
        else if (!stack_run(&p->stack, parse_pipe_job, &job))
                fail(p, token.start, token.end, "parentheses lie too deep in each other");
        p->n_open--;
        if (job.pipe == NULL)
                return NULL;
        node = node_new(p, NODE_PIPE, token.start, job.pipe->end);
        node->pipe = job.pipe;
        return node;
}

/* NULL without an error: the next token begins no operand */
static Node *parse_term(Parser *p)
{
        Token token = next_non_space(p);
        Node *node;

        switch ((int) token.type) {
        case TOKEN_IDENTIFIER:
                return parse_function(p, token);
        case TOKEN_DOT:
                return node_new(p, NODE_DOT, token.start, token.end);
        case TOKEN_NIL:
                return node_new(p, NODE_NIL, token.start, token.end);
        case TOKEN_VARIABLE:
                return parse_variable(p, token);
        case TOKEN_FIELD:
                node = node_new(p, NODE_FIELD, token.start, token.end);
                node->fields = arena_new0(p->tpl->arena, Value, 1);
                node->fields[0] = value_string_n(p->tpl->text + token.start + 1,
                                                 token.end - token.start - 1);
                node->n_fields = 1;
                return node;
        case TOKEN_BOOL:
                node = node_new(p, NODE_BOOL, token.start, token.end);
                node->value = value_bool(p->tpl->text[token.start] == 't');
                return node;
        case TOKEN_CHARACTER:
        case TOKEN_COMPLEX:
        case TOKEN_NUMBER:
                return parse_number(p, token);
        case TOKEN_OPEN:
                return parse_parenthesis(p, token);
        case TOKEN_STRING:
        case TOKEN_RAW_STRING:
                node = node_new(p, NODE_STRING, token.start, token.end);
                return parse_string(p, token, &node->value) ? node : NULL;
        default:
                back(p, token);
                return NULL;
        }
}

static Node *parse_operand(Parser *p)
{
        Node *node = parse_term(p), *chain;
        g_autoptr(GArray) fields = NULL;
        size_t end;

        if (node == NULL || peek(p).type != TOKEN_FIELD)
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
                chain = node_new(p, NODE_CHAIN, node->start, end);
                chain->base = node;
                set_fields(p, chain, fields);
                return chain;
        default:
                end = peek(p).end;
                fail(p, node->start, end, "`%.*s` has no fields that a . could follow",
                     (int) MIN(node->end - node->start, 60), p->tpl->text + node->start);
                return NULL;
        }
}

/* What was put on the stack of pending nodes since it had @first, as an array in the arena */
static gpointer *take_pending(Parser *p, guint first, uint32_t *ret_n)
{
        gpointer *array;

        *ret_n = p->pending->len - first;
        array = arena_memdup(p->tpl->arena, p->pending->pdata + first, *ret_n * sizeof *array);
        g_ptr_array_set_size(p->pending, (gint) first);
        return array;
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
        size_t start = peek_non_space(p).start;
        CommandNode *command;
        size_t end = start;

        for (;;) {
                Token token;
                Node *operand;

                peek_non_space(p);
                operand = parse_operand(p);
                if (p->failed)
                        return NULL;
                if (operand != NULL) {
                        g_ptr_array_add(p->pending, operand);
                        end = operand->end;
                }
                token = next(p);
                if (token.type == TOKEN_SPACE)
                        continue;
                if (token.type == TOKEN_RIGHT || token.type == TOKEN_CLOSE) {
                        back(p, token);
                } else if (token.type != TOKEN_PIPE) {
                        unexpected(p, token, "a blank and another argument, or the end");
                        return NULL;
                }
                break;
        }
        if (p->pending->len == first) {
                fail(p, start, end, "an empty command: there is nothing to evaluate");
                return NULL;
        }
        command = arena_new0(p->tpl->arena, CommandNode, 1);
        command->start = (uint32_t) start;
        command->end = (uint32_t) end;
        command->args = (Node **) take_pending(p, first, &command->n_args);
        note_calls(p, command);
        return command;
}

static void declare(Parser *p, PipeNode *pipe, Token token)
{
        unsigned number = variable_number(p, token, token.end - token.start);

        pipe->declares[pipe->n_declares++] = number;
        g_array_append_val(p->variables, number);
}

/* $x :=, $x =, and in a range $i, $x := */
static bool parse_declarations(Parser *p, PipeNode *pipe, bool is_range)
{
        for (;;) {
                Token variable = peek_non_space(p), after, token;

                if (variable.type != TOKEN_VARIABLE)
                        return true;
                next(p);
                after = peek(p);
                token = peek_non_space(p);
                if (token.type == TOKEN_ASSIGN || token.type == TOKEN_DECLARE) {
                        pipe->is_assign = token.type == TOKEN_ASSIGN;
                        next_non_space(p);
                        declare(p, pipe, variable);
                        return true;
                }
                if (token.type == TOKEN_CHAR && p->tpl->text[token.start] == ',') {
                        next_non_space(p);
                        declare(p, pipe, variable);
                        if (!is_range || pipe->n_declares >= PIPE_DECLARATIONS_MAX)
                                return fail(p, token.start, token.end,
                                            "only a range declares two variables, no other action "
                                            "more than one");
                        token = peek_non_space(p);
                        if (token.type == TOKEN_VARIABLE || token.type == TOKEN_RIGHT ||
                            token.type == TOKEN_CLOSE)
                                continue;
                        return fail(p, token.start, token.end,
                                    "after the comma a range expects its second variable");
                }
                /* it was an argument */
                if (after.type == TOKEN_SPACE)
                        back(p, after);
                back(p, variable);
                return true;
        }
}

static bool check_pipe(Parser *p, const PipeNode *pipe, const char *context)
{
        if (pipe->n_commands == 0)
                return fail(p, pipe->start, pipe->end, "nothing to evaluate: %s expected", context);
        for (size_t i = 1; i < pipe->n_commands; i++) {
                const Node *first = pipe->commands[i]->args[0];

                if (first->type == NODE_BOOL || first->type == NODE_DOT ||
                    first->type == NODE_NIL || first->type == NODE_NUMBER ||
                    first->type == NODE_STRING)
                        return fail(p, first->start, first->end,
                                    "after a | a function is expected, which gets the value as its "
                                    "last argument; `%.*s` is none",
                                    (int) MIN(first->end - first->start, 60),
                                    p->tpl->text + first->start);
        }
        return true;
}

static PipeNode *parse_pipe(Parser *p, const char *context, TokenType end)
{
        PipeNode *pipe = arena_new0(p->tpl->arena, PipeNode, 1);
        guint first = p->pending->len;

        pipe->start = pipe->end = peek_non_space(p).start;
        if (!parse_declarations(p, pipe, strcmp(context, "a list to walk") == 0))
                return NULL;
        for (;;) {
                Token token = next_non_space(p);
                CommandNode *command;

                if (token.type == end) {
                        pipe->end = token.type == TOKEN_CLOSE ? token.end : pipe->end;
                        break;
                }
                if (!((token.type >= TOKEN_BOOL && token.type <= TOKEN_NIL) ||
                      token.type == TOKEN_OPEN)) {
                        unexpected(p, token, context);
                        return NULL;
                }
                back(p, token);
                command = parse_command(p);
                if (command == NULL)
                        return NULL;
                command->is_piped = p->pending->len > first;
                g_ptr_array_add(p->pending, command);
                pipe->end = command->end;
        }
        pipe->commands = (CommandNode **) take_pending(p, first, &pipe->n_commands);
        return check_pipe(p, pipe, context) ? pipe : NULL;
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
                fail(p, start, start, "more than %d if, range and with within each other",
                     TEMPLATE_BLOCKS_MAX);
        else if (!stack_is_low(&p->stack))
                parse_branch_job(&job);
        else if (!stack_run(&p->stack, parse_branch_job, &job))
                fail(p, start, start, "if, range and with lie too deep in each other");
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
                token = peek(p);
                if (end != LIST_END)
                        return fail(p, node->start, node->end,
                                    "a second else for this; only one is allowed, as the last");
                return true;
        }
        token = next_non_space(p); /* if, with */
        if ((how == LIST_ELSE_IF) != (node->type == NODE_IF) || node->type == NODE_RANGE)
                return fail(p, token.start, token.end,
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
                return fail(p, at.start, at.end, "a second definition of the template \"%s\"",
                            name);
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
                ok = fail(p, at.start, at.end, "there is an else in this definition, but no if");
        g_array_free(p->variables, true);
        p->variables = variables;
        p->definition = outer;
        p->range_depth = range_depth;
        return ok && add_definition(p, name, &list, at);
}

static const char *parse_name(Parser *p, const char *context, Token *ret_token)
{
        Token token = next_non_space(p);
        Value name;

        *ret_token = token;
        if (token.type != TOKEN_STRING && token.type != TOKEN_RAW_STRING) {
                unexpected(p, token, context);
                return NULL;
        }
        return parse_string(p, token, &name) ? value_cstring(p->tpl->arena, name) : NULL;
}

static bool parse_define(Parser *p)
{
        Token token, right;
        const char *name = parse_name(p, "a name in quotes", &token);

        if (name == NULL)
                return false;
        right = next_non_space(p);
        if (right.type != TOKEN_RIGHT)
                return unexpected(p, right, "}} after the name");
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
                Token after = next_non_space(p);

                if (after.type == TOKEN_RIGHT)
                        return node;
                back(p, after);
        }
        if (!parse_condition(p, node, "a value"))
                return NULL;
        if (is_block) {
                BlockJob job = { p, name, token, false };

                if (++p->n_blocks > TEMPLATE_BLOCKS_MAX)
                        fail(p, token.start, token.end, "blocks lie too deep in each other");
                else if (!stack_is_low(&p->stack))
                        parse_block_job(&job);
                else if (!stack_run(&p->stack, parse_block_job, &job))
                        fail(p, token.start, token.end, "blocks lie too deep in each other");
                p->n_blocks--;
                if (!job.ok)
                        return NULL;
        }
        return node;
}

static Node *parse_jump(Parser *p, Token word)
{
        Token right = next_non_space(p);

        if (right.type != TOKEN_RIGHT) {
                unexpected(p, right, "}} after break or continue");
                return NULL;
        }
        if (p->range_depth == 0) {
                fail(p, word.start, word.end, "%s works only within a range",
                     word.type == TOKEN_BREAK ? "break" : "continue");
                return NULL;
        }
        return node_new(p, word.type == TOKEN_BREAK ? NODE_BREAK : NODE_CONTINUE, word.start,
                        word.end);
}

static Node *parse_plain_action(Parser *p, Token first)
{
        Node *node = node_new(p, NODE_ACTION, first.start, first.end);

        node->pipe = parse_pipe(p, "a value or a function", TOKEN_RIGHT);
        if (node->pipe == NULL)
                return NULL;
        node->end = node->pipe->end;
        return node;
}

/* After the left delimiter. NULL with *ret_is_end: an end or else, *ret_end says which. */
static Node *parse_action(Parser *p, bool *ret_is_end, ListEnd *ret_end)
{
        Token token = next_non_space(p), after;

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
                after = next_non_space(p);
                *ret_end = token.type == TOKEN_END_WORD ? LIST_END : LIST_ELSE;
                if (token.type == TOKEN_ELSE &&
                    (after.type == TOKEN_IF || after.type == TOKEN_WITH)) {
                        *ret_end = after.type == TOKEN_IF ? LIST_ELSE_IF : LIST_ELSE_WITH;
                        back(p, after);
                } else if (after.type != TOKEN_RIGHT) {
                        unexpected(p, after,
                                   token.type == TOKEN_ELSE ? "}}, if or with after else"
                                                            : "}} after end");
                        return NULL;
                }
                *ret_is_end = true;
                return NULL;
        default:
                back(p, token);
                return parse_plain_action(p, token);
        }
}

static Node *parse_text(Parser *p, Token token)
{
        Node *node = node_new(p, NODE_TEXT, token.start, token.end);

        node->value = value_string_n(p->tpl->text + token.start, token.end - token.start);
        return node;
}

static bool parse_list(Parser *p, NodeList *list, ListEnd *ret_end)
{
        guint first = p->pending->len;

        for (;;) {
                Token token = next_non_space(p);
                bool is_end = false;
                Node *node;

                if (token.type == TOKEN_TEXT) {
                        node = parse_text(p, token);
                } else if (token.type == TOKEN_LEFT) {
                        node = parse_action(p, &is_end, ret_end);
                } else {
                        return unexpected(p, token, "text or an action");
                }
                if (is_end)
                        break;
                if (node == NULL)
                        return false;
                g_ptr_array_add(p->pending, node);
        }
        list->nodes = (Node **) take_pending(p, first, &list->n);
        return true;
}

static bool parse_top(Parser *p, NodeList *list)
{
        guint first = p->pending->len;

        for (;;) {
                Token token = next(p), word;
                ListEnd end;
                bool is_end = false;
                Node *node;

                if (token.type == TOKEN_END)
                        break;
                if (token.type == TOKEN_TEXT) {
                        node = parse_text(p, token);
                } else if (token.type == TOKEN_LEFT) {
                        word = next_non_space(p);
                        if (word.type == TOKEN_DEFINE) {
                                if (!parse_define(p))
                                        return false;
                                continue;
                        }
                        back(p, word);
                        node = parse_action(p, &is_end, &end);
                        if (is_end)
                                return fail(p, word.start, word.end,
                                            "there is no if, range, with, define or block that "
                                            "this belongs to");
                } else {
                        return unexpected(p, token, "text or an action");
                }
                if (node == NULL)
                        return false;
                g_ptr_array_add(p->pending, node);
        }
        list->nodes = (Node **) take_pending(p, first, &list->n);
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
