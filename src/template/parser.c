#include "template/parser.h"

Token parser_next_non_space(Parser *p)
{
        Token token = parser_next(p);

        while (token.type == TOKEN_SPACE)
                token = parser_next(p);
        return token;
}

Token parser_peek_non_space(Parser *p)
{
        Token token = parser_next_non_space(p);

        parser_back(p, token);
        return token;
}

bool parser_fail(Parser *p, size_t start, size_t end, const char *format, ...)
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

bool parser_unexpected(Parser *p, Token token, const char *context)
{
        g_autofree char *text = NULL;

        if (token.type == TOKEN_ERROR)
                return parser_fail(p, token.start, token.end, "%s", token.error);
        if (token.type == TOKEN_END)
                return parser_fail(
                        p, token.start, token.end,
                        "the text ends here, but an if, range, with, define or block is still "
                        "open: {{repl end}} is missing");
        if (token.type == TOKEN_RIGHT)
                return parser_fail(p, token.start, token.end,
                                   "the action ends too early: %s expected", context);
        text = g_strndup(p->tpl->text + token.start, MIN(token.end - token.start, 40));
        if (token.type == TOKEN_CLOSE || token.type == TOKEN_OPEN || token.type == TOKEN_CHAR)
                return parser_fail(
                        p, token.start, token.end,
                        "`%s` has no meaning here: %s expected; arguments are separated by "
                        "blanks",
                        text, context);
        return parser_fail(p, token.start, token.end, "`%s` has no meaning here: %s expected", text,
                           context);
}

unsigned parser_variable(Parser *p, Token token)
{
        g_autofree char *name = g_strndup(p->tpl->text + token.start, token.end - token.start);
        gpointer number;

        if (!g_hash_table_lookup_extended(p->tpl->variables, name, NULL, &number)) {
                number = GUINT_TO_POINTER(g_hash_table_size(p->tpl->variables));
                g_hash_table_insert(p->tpl->variables, g_steal_pointer(&name), number);
        }
        return GPOINTER_TO_UINT(number);
}
