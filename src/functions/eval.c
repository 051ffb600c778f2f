#include "functions/eval.h"

#include <string.h>

#include "base/json.h"
#include "template/rune.h"

#define TEMPLATE_NAME "(input)"

static bool render(const char *text, size_t len, const ContextFile *context, bool with_data,
                   GString *out, TemplateError *ret_error)
{
        g_autoptr(Arena) arena = arena_new();
        TemplateContext c = functions_context(context_file_provider(context));

        c.arena = arena;
        if (with_data)
                c.dot = context_file_data(context, arena);
        return template_expand(TEMPLATE_NAME, text, len, functions_all(), &c, out, ret_error);
}

static const char *phase(const TemplateError *error)
{
        switch (error->kind) {
        case TEMPLATE_ERROR_NONE:
        case TEMPLATE_ERROR_PARSE:
                return "parse";
        case TEMPLATE_ERROR_EXEC:
        case TEMPLATE_ERROR_LIMIT:
                return "exec";
        case TEMPLATE_ERROR_UNRESOLVED:
                return "unresolved";
        }
        g_assert_not_reached();
}

/* Output that is no UTF-8 cannot stand in JSON as it is: each bad byte becomes U+FFFD */
static json_t *json_text(const char *s, size_t n)
{
        json_t *json = json_stringn(s, n);
        g_autoptr(GString) valid = NULL;

        if (json != NULL)
                return json;
        valid = g_string_new(NULL);
        rune_append_valid(valid, s, n);
        return json_stringn(valid->str, valid->len);
}

static json_t *answer(json_t *line, const ContextFile *context)
{
        json_t *template = json_object_get(line, "template");
        g_autoptr(GString) out = g_string_new(NULL);
        g_auto(TemplateError) error = { 0 };
        bool ok;

        if (!json_is_string(template))
                return json_pack("{s:O?, s:b, s:{s:i, s:i, s:s, s:s}}", "id",
                                 json_object_get(line, "id"), "ok", 0, "error", "line", 1, "column",
                                 1, "message",
                                 "a line is a JSON object {\"id\", \"template\", \"dot\"}", "phase",
                                 "parse");
        ok = render(json_string_value(template), json_string_length(template), context,
                    json_is_true(json_object_get(line, "dot")), out, &error);
        if (ok)
                return json_pack("{s:O?, s:b, s:o}", "id", json_object_get(line, "id"), "ok", 1,
                                 "output", json_text(out->str, out->len));
        return json_pack("{s:O?, s:b, s:{s:i, s:i, s:s, s:s}}", "id", json_object_get(line, "id"),
                         "ok", 0, "error", "line", (int) error.line, "column", (int) error.column,
                         "message", error.message, "phase", phase(&error));
}

bool eval_batch(FILE *in, FILE *out, const ContextFile *context)
{
        g_autofree char *line = NULL;
        size_t capacity = 0;
        ssize_t n;
        bool ok = true;

        while ((n = getline(&line, &capacity, in)) >= 0) {
                g_autoptr(json_t) request = NULL;
                g_autoptr(json_t) reply = NULL;

                if (strspn(line, " \t\r\n") == (size_t) n)
                        continue;
                request = json_loadb(line, (size_t) n, JSON_ALLOW_NUL, NULL);
                ok = ok && json_is_object(request) &&
                     json_is_string(json_object_get(request, "template"));
                reply = answer(request, context);
                if (json_dumpf(reply, out, JSON_COMPACT) != 0 || fputc('\n', out) == EOF)
                        return false;
        }
        return fflush(out) == 0 && ok;
}

char *eval_once(const char *text, const ContextFile *context, TemplateError *ret_error)
{
        g_autoptr(GString) out = g_string_new(NULL);

        if (!render(text, strlen(text), context, true, out, ret_error))
                return NULL;
        return g_strdup(out->str);
}

char *eval_error_to_text(const TemplateError *error, const char *text)
{
        size_t len = strlen(text), offset = MIN(error->offset, len), start = offset, end = offset;
        GString *out = g_string_new(NULL);
        size_t width = strcspn(error->text, "\n");

        while (start > 0 && text[start - 1] != '\n')
                start--;
        end += strcspn(text + end, "\n");
        g_string_append_printf(out, "%s:%u:%u: %s\n", error->template_name, error->line,
                               error->column, error->message);
        g_string_append_printf(out, "  %.*s\n  ", (int) (end - start), text + start);
        for (size_t i = start; i < offset; i++)
                if (((unsigned char) text[i] & 0xC0) != 0x80)
                        g_string_append_c(out, text[i] == '\t' ? '\t' : ' ');
        g_string_append_c(out, '^');
        for (glong i = 1; i < g_utf8_strlen(error->text, (gssize) width); i++)
                g_string_append_c(out, '~');
        g_string_append_c(out, '\n');
        return g_string_free(out, false);
}

/* An action that is still open at the end: }} is missing, or an end */
static bool wants_more(const TemplateError *error)
{
        return error->kind == TEMPLATE_ERROR_PARSE &&
               (strstr(error->message, "}} is missing") != NULL ||
                strstr(error->message, "{{repl end}} is missing") != NULL);
}

void eval_repl(FILE *in, FILE *out, const char *prompt, const ContextFile *context)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *line = NULL;
        size_t capacity = 0;
        ssize_t n;

        for (;;) {
                g_auto(TemplateError) error = { 0 };
                g_autofree char *result = NULL;
                g_autofree char *message = NULL;

                if (prompt != NULL)
                        fprintf(out, "%s", text->len > 0 ? "... " : prompt);
                fflush(out);
                n = getline(&line, &capacity, in);
                if (n < 0 && text->len == 0)
                        return;
                if (n > 0)
                        g_string_append_len(text, line, n);
                if (text->len > 0 && text->str[text->len - 1] == '\n')
                        g_string_truncate(text, text->len - 1);
                result = eval_once(text->str, context, &error);
                /* an empty line or the end gives up waiting for more */
                if (result == NULL && n > 1 && wants_more(&error)) {
                        g_string_append_c(text, '\n');
                        continue;
                }
                message = result == NULL ? eval_error_to_text(&error, text->str) : NULL;
                fprintf(out, "%s%s", result != NULL ? result : message, result != NULL ? "\n" : "");
                g_string_truncate(text, 0);
                if (n < 0)
                        return;
        }
}
