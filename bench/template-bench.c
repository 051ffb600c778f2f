/*
 * What templates cost: a small one, and a megabyte with 10,000 actions, parsed, rendered and both
 *
 * Prints lines of "NAME MICROSECONDS", the best of several rounds; bench/template.go does the same
 * with Go's own text/template, so that the two can be compared in one run (tools/template-bench).
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "template/template.h"

#define ROUNDS  15
#define ACTIONS 10000
#define FILLER  90 /* bytes of text around each action */

static const char small_text[] =
        "{{repl $x := \"db\"}}host={{repl $x | printf \"%s.example\"}} {{repl if eq $x \"db\"}}a"
        "{{repl else}}b{{repl end}}{{repl range $i := list 1 2 3}} {{repl $i}}{{repl end}}\n";

static TemplateFunctions *functions;

static GString *large_text(void)
{
        GString *text = g_string_new(NULL);
        static const char *const actions[] = {
                "{{repl print 1}}",
                "{{repl printf \"%s-%d\" \"a\" 7}}",
                "{{repl \"x\" | len}}",
                "{{repl if true}}y{{repl end}}",
        };

        for (int i = 0; i < ACTIONS; i++) {
                for (int k = 0; k < FILLER; k++)
                        g_string_append_c(text, (char) (k % 30 == 29 ? '\n' : 'a' + k % 26));
                g_string_append(text, actions[i % 4]);
        }
        return text;
}

static Template *parse(const char *text, size_t len)
{
        return template_parse("bench", text, len, functions, NULL);
}

static void render(const Template *tpl, GString *out)
{
        g_string_truncate(out, 0);
        g_assert_true(template_render(tpl, NULL, out, NULL));
}

static gint64 now_ns(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The best of the rounds: other work on the machine only ever adds */
static void measure(const char *name, const char *text, size_t len, int times)
{
        g_autoptr(GString) out = g_string_sized_new(len * 2);
        gint64 best[3] = { G_MAXINT64, G_MAXINT64, G_MAXINT64 };
        static const char *const what[] = { "parse", "render", "both" };

        for (int round = 0; round < ROUNDS; round++) {
                gint64 t0 = now_ns(), t1, t2, t3;
                g_autoptr(Template) tpl = NULL;

                for (int i = 0; i < times; i++) {
                        template_free(tpl);
                        tpl = parse(text, len);
                }
                t1 = now_ns();
                for (int i = 0; i < times; i++)
                        render(tpl, out);
                t2 = now_ns();
                for (int i = 0; i < times; i++) {
                        g_autoptr(Template) again = parse(text, len);

                        render(again, out);
                }
                t3 = now_ns();
                best[0] = MIN(best[0], (t1 - t0) / times);
                best[1] = MIN(best[1], (t2 - t1) / times);
                best[2] = MIN(best[2], (t3 - t2) / times);
        }
        for (int k = 0; k < 3; k++)
                printf("%s-%s %.2f\n", name, what[k], (double) best[k] / 1000);
}

int main(void)
{
        g_autoptr(GString) large = large_text();

        functions = template_functions_new(template_pure_tables);
        measure("small", small_text, strlen(small_text), 200);
        measure("large", large->str, large->len, 1);
        template_functions_free(functions);
        return 0;
}
