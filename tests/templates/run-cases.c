/*
 * Runs the cases of README.md: run-cases CONTEXT.json FILE... prints TAP, a line for each file
 */

#include <string.h>

#include "functions/context-file.h"
#include "functions/functions.h"
#include "template/rune.h"

#define SHOWN_MAX 10 /* failures of a file that are shown */

typedef struct Case {
        const char *name;
        bool with_data;
        GString *text;
        const char *expected; /* the third line */
} Case;

static GString *unescaped(const char *s)
{
        GString *out = g_string_new(NULL);

        for (; *s != '\0'; s++) {
                if (*s != '\\') {
                        g_string_append_c(out, *s);
                        continue;
                }
                s++;
                if (*s == 'x') {
                        g_string_append_c(out, (char) (g_ascii_xdigit_value(s[1]) * 16 +
                                                       g_ascii_xdigit_value(s[2])));
                        s += 2;
                } else {
                        g_string_append_c(out, *s == 'n'   ? '\n'
                                               : *s == 't' ? '\t'
                                               : *s == 'r' ? '\r'
                                                           : *s);
                }
        }
        return out;
}

static bool run(const Case *c, const ContextFile *context, GString *ret_got)
{
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GString) expected = NULL;
        g_auto(TemplateError) error = { 0 };
        TemplateContext tc = functions_context(context_file_provider(context));

        tc.arena = arena;
        if (c->with_data)
                tc.dot = context_file_data(context, arena);
        if (template_expand("(input)", c->text->str, c->text->len, functions_all(), &tc, out,
                            &error)) {
                /* what the JSON that the cases were recorded in could not hold is U+FFFD there */
                g_string_assign(ret_got, "= ");
                rune_append_valid(ret_got, out->str, out->len);
        } else {
                g_string_printf(ret_got, "! %s %u:%u %s",
                                error.kind == TEMPLATE_ERROR_PARSE ? "parse" : "exec", error.line,
                                error.column, error.message);
        }
        expected = unescaped(c->expected);
        if (expected->len == 1)
                g_string_append_c(expected, ' ');
        return g_string_equal(ret_got, expected);
}

static size_t run_file(const char *path, const ContextFile *context, size_t *ret_n)
{
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;
        g_autoptr(GString) got = g_string_new(NULL);
        size_t n_failed = 0;

        *ret_n = 0;
        if (!g_file_get_contents(path, &text, NULL, NULL))
                return 1;
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line != NULL; line++) {
                Case c;

                if (**line != '#')
                        continue;
                c.name = *line + 2;
                c.with_data = g_str_has_suffix(*line, " data");
                if (line[1] == NULL || line[2] == NULL)
                        return n_failed + 1;
                c.text = unescaped(line[1]);
                c.expected = line[2];
                ++*ret_n;
                if (!run(&c, context, got) && n_failed++ < SHOWN_MAX)
                        printf("# %s: %s\n#   expected %s\n#   got      %s\n", c.name, line[1],
                               c.expected, got->str);
                g_string_free(c.text, true);
                line += 2;
        }
        return n_failed;
}

int main(int argc, char **argv)
{
        g_autoptr(ContextFile) context = NULL;
        g_autoptr(GError) error = NULL;
        bool all_ok = true;

        if (argc < 3) {
                fprintf(stderr, "usage: run-cases CONTEXT.json FILE...\n");
                return 2;
        }
        context = context_file_load(argv[1], &error);
        if (context == NULL) {
                fprintf(stderr, "%s\n", error->message);
                return 2;
        }
        printf("1..%d\n", argc - 2);
        for (int i = 2; i < argc; i++) {
                g_autofree char *name = g_path_get_basename(argv[i]);
                size_t n, n_failed = run_file(argv[i], context, &n);

                all_ok = all_ok && n_failed == 0 && n > 0;
                printf("%s %d - %s, %zu cases\n", n_failed == 0 && n > 0 ? "ok" : "not ok", i - 1,
                       name, n);
        }
        return all_ok ? 0 : 1;
}
