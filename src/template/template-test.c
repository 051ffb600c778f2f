#include "template/template.h"

#include <string.h>

#include "template/call.h"

/* A clock that ticks, and an address that is not known at first */
static bool tick(TemplateCall *call, Value *ret)
{
        *ret = value_int(++*(int64_t *) call->user);
        return true;
}

static bool place(TemplateCall *call, Value *ret)
{
        return template_call_unresolved(call, "%s is not up yet", arg_cstring(call, 0));
}

static const TemplateFunction own[] = {
        { "tick", "", "i", tick, TEMPLATE_FN_CLOCK, "test", "A number more each time" },
        { "place", "ss", "s", place, TEMPLATE_FN_PLACE, "test", "Never known" },
        { NULL },
};

static const TemplateFunctions *functions(void)
{
        static TemplateFunctions *all;
        const TemplateFunction *tables[32] = { NULL };
        size_t n = 0;

        if (all == NULL) {
                for (; template_pure_tables[n] != NULL; n++)
                        tables[n] = template_pure_tables[n];
                g_assert_cmpuint(n + 1, <, G_N_ELEMENTS(tables));
                tables[n] = own;
                all = template_functions_new(tables);
        }
        return all;
}

static char *render(const char *text, const TemplateContext *context, TemplateError *error)
{
        GString *out = g_string_new(NULL);

        if (template_expand("test", text, strlen(text), functions(), context, out, error))
                return g_string_free(out, false);
        g_assert_cmpuint(out->len, ==, 0);
        return g_string_free(out, true);
}

static void test_text_without_an_action_is_copied(void)
{
        g_autofree char *got = render("{{ x }} {{replicas}} {{repl\n}}", NULL, NULL);
        g_autoptr(Template) tpl = template_parse("test", "a", 1, functions(), NULL);

        g_assert_cmpstr(got, ==, "{{ x }} {{replicas}} {{repl\n}}");
        g_assert_true(template_is_plain(tpl));
}

static void test_a_template_is_parsed_once_and_rendered_often(void)
{
        const char *text = "{{repl range $i := until 3}}{{repl tick}} {{repl end}}";
        g_autoptr(Template) tpl = template_parse("test", text, strlen(text), functions(), NULL);
        g_autoptr(GString) out = g_string_new(NULL);
        int64_t clock = 0;
        TemplateContext context = { .user = &clock };

        g_assert_true(template_render(tpl, &context, out, NULL));
        g_assert_true(template_render(tpl, &context, out, NULL));
        g_assert_cmpstr(out->str, ==, "1 2 3 4 5 6 ");
}

static void test_errors_have_a_place_and_words(void)
{
        static const struct {
                const char *text;
                TemplateErrorKind kind;
                unsigned line, column;
                const char *offending;
                const char *message;
        } cases[] = {
                { "a\né{{repl uper \"x\"}}", TEMPLATE_ERROR_PARSE, 2, 9, "uper",
                  "there is no function `uper`; did you mean `upper`?" },
                { "{{repl if 1}}x", TEMPLATE_ERROR_PARSE, 1, 15, "",
                  "the text ends here, but an if, range, with, define or block is still open: "
                  "{{repl end}} is missing" },
                { "x {{repl upper \"a\"", TEMPLATE_ERROR_PARSE, 1, 3, "{{repl upper \"a\"",
                  "the action that begins here is not closed: }} is missing" },
                { "{{repl upper 1}}", TEMPLATE_ERROR_EXEC, 1, 14, "1",
                  "text is needed here, but this is a number" },
                { "{{repl upper \"a\" \"b\"}}", TEMPLATE_ERROR_EXEC, 1, 8, "upper",
                  "upper takes 1 argument, not 2: upper STRING -> STRING" },
                { "{{repl div 1 0}}", TEMPLATE_ERROR_EXEC, 1, 8, "div 1 0",
                  "div: division by zero" },
                { "{{repl place \"db\" \"pg\"}}", TEMPLATE_ERROR_UNRESOLVED, 1, 8,
                  "place \"db\" \"pg\"", "place: db is not up yet" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(TemplateError) error = { 0 };

                g_assert_null(render(cases[i].text, NULL, &error));
                g_assert_cmpint(error.kind, ==, cases[i].kind);
                g_assert_cmpstr(error.message, ==, cases[i].message);
                g_assert_cmpstr(error.text, ==, cases[i].offending);
                g_assert_cmpuint(error.line, ==, cases[i].line);
                g_assert_cmpuint(error.column, ==, cases[i].column);
        }
}

/* Each of them would go on for ever, or fill the memory */
static void test_endless_templates_end_soon(void)
{
        static const char *const endless[] = {
                "{{repl range 9000000000000}}{{repl end}}",
                "{{repl range 9000000000000}}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{{repl "
                "end}}",
                "{{repl range until 4000000000}}{{repl end}}",
                "{{repl range 100000000}}{{repl $x := printf \"%1000d\" .}}{{repl end}}",
                "{{repl define \"t\"}}{{repl template \"t\"}}{{repl end}}{{repl template \"t\"}}",
                "{{repl define \"t\"}}{{repl if 1}}{{repl with 2}}{{repl template \"t\" .}}"
                "{{repl end}}{{repl end}}{{repl end}}{{repl template \"t\"}}",
                "{{repl repeat 4000000000 \"x\"}}",
                "{{repl repeat 4000000000 (repeat 4000000 \"x\")}}",
                "{{repl $x := \"aaaaaaaa\"}}{{repl range 100}}{{repl $x = replace \"a\" \"aaaa\" "
                "$x}}"
                "{{repl end}}",
                "{{repl $d := dict}}{{repl $_ := set $d \"d\" $d}}{{repl $d}}",
                "{{repl $d := dict}}{{repl $_ := set $d \"d\" $d}}{{repl mustToJson $d}}",
                "{{repl seq 1 9000000000}}",
                "{{repl printf \"%1000000d\" 1 | repeat 1000}}",
                "{{repl uniq (until 1000000)}}",
                "{{repl indent 2000000000 \"a\"}}",
                "{{repl regexMatch \"^(([a-z])+.)+[A-Z]([a-z])+$\" (repeat 60 \"a\")}}"
                "{{repl range 90000000}}{{repl end}}",
                "{{repl $x := list 1}}{{repl range 60}}{{repl $x = list $x $x}}{{repl end}}"
                "{{repl deepCopy $x}}",
                "{{repl $x := list 1}}{{repl range 60}}{{repl $x = list $x $x}}{{repl end}}"
                "{{repl mustToJson $x}}",
                "{{repl $x := list 1}}{{repl range 60}}{{repl $x = list $x $x}}{{repl end}}"
                "{{repl deepEqual $x (list $x)}}{{repl uniq (list $x (list 1) $x)}}",
                "{{repl $x := repeat 9000000 \"x\"}}{{repl range 90000000}}"
                "{{repl $_ := contains \"y\" $x}}{{repl end}}",
                "{{repl range 90000000}}{{repl $_ := regexMatch \"^(([a-z])+.)+[A-Z]$\" "
                "\"aaaaaaaaaaaaaaa\"}}{{repl end}}",
                "{{repl $x := 2.5}}{{repl range 10000000}}{{repl $x = mulf $x 1.0000001}}{{repl "
                "end}}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(endless); i++) {
                g_auto(TemplateError) error = { 0 };
                gint64 before = g_get_monotonic_time();

                g_assert_null(render(endless[i], NULL, &error));
                g_test_message("%s: %s (%" G_GINT64_FORMAT " ms)", endless[i], error.message,
                               (g_get_monotonic_time() - before) / 1000);
                g_assert_true(error.kind == TEMPLATE_ERROR_LIMIT ||
                              error.kind == TEMPLATE_ERROR_EXEC);
        }
}

static void test_nesting_that_go_allows_is_allowed(void)
{
        g_autoptr(GString) text = g_string_new("{{repl ");
        g_autofree char *got = NULL;
        g_auto(TemplateError) error = { 0 };

        for (int i = 0; i < 10000; i++)
                g_string_append_c(text, '(');
        g_string_append(text, "1");
        for (int i = 0; i < 10000; i++)
                g_string_append_c(text, ')');
        g_string_append(text, "}}");
        got = render(text->str, NULL, &error);
        g_assert_cmpstr(got, ==, "1");
        g_string_insert(text, 7, "(");
        g_assert_null(render(text->str, NULL, &error));
        g_assert_cmpint(error.kind, ==, TEMPLATE_ERROR_PARSE);
}

static void test_templates_may_call_each_other_deeply(void)
{
        g_autofree char *got = render(
                "{{repl define \"t\"}}{{repl if gt . 0}}{{repl template \"t\" (sub . 1)}}"
                "{{repl else}}done{{repl end}}{{repl end}}{{repl template \"t\" 10000}}",
                NULL, NULL);

        g_assert_cmpstr(got, ==, "done");
}

typedef struct Seen {
        GString *log;
        bool supply;
} Seen;

static TemplateVerdict intercept(TemplateCall *call, Value *ret, void *user)
{
        Seen *seen = user;
        g_autofree char *text = template_call_to_text(call);

        g_string_append_printf(seen->log, "%.*s=%s;", (int) call->source_len, call->source, text);
        if (!seen->supply)
                return TEMPLATE_CALL_GO_ON;
        *ret = value_string_copy(call->arena, text, strlen(text));
        return TEMPLATE_CALL_SUPPLIED;
}

static void observe(const TemplateCall *call, Value result, void *user)
{
        Seen *seen = user;

        value_print(seen->log, result);
        g_string_append(seen->log, "!");
}

static void test_hooks_see_and_replace_calls(void)
{
        g_autoptr(GString) log = g_string_new(NULL);
        Seen seen = { log, true };
        int64_t clock = 6;
        TemplateContext context = {
                .user = &clock,
                .intercept_mask = TEMPLATE_FN_PLACE,
                .intercept = intercept,
                .observe = observe,
                .hook_user = &seen,
        };
        g_autofree char *kept = render("{{repl upper \"a\"}} {{repl place (lower \"DB\") \"pg\"}}",
                                       &context, NULL);
        g_autofree char *ticked = NULL;

        g_assert_cmpstr(kept, ==, "A place \"db\" \"pg\"");
        g_assert_cmpstr(log->str, ==, "place (lower \"DB\") \"pg\"=place \"db\" \"pg\";");
        g_string_truncate(log, 0);
        seen.supply = false;
        context.intercept_mask = TEMPLATE_FN_CLOCK;
        ticked = render("{{repl tick}}", &context, NULL);
        g_assert_cmpstr(ticked, ==, "7");
        g_assert_cmpstr(log->str, ==, "tick=tick;7!");
}

static bool visit(const TemplateCallSite *site, void *user)
{
        g_string_append_printf(user, "%u:%u %.*s", site->line, site->column, (int) site->source_len,
                               site->source);
        for (size_t i = 0; i < site->n_args; i++)
                g_string_append_printf(user, " [%s]",
                                       site->literals[i] != NULL ? site->literals[i] : "?");
        g_string_append(user, site->is_piped ? " piped\n" : "\n");
        return true;
}

static void test_calls_are_listed_where_they_stand(void)
{
        const char *text = "{{repl if false}}{{repl place \"a\" (upper `b`)}}{{repl end}}\n"
                           "{{repl \"x\" | place \"y\"}}{{repl print tick}}";
        g_autoptr(Template) tpl = template_parse("test", text, strlen(text), functions(), NULL);
        g_autoptr(GString) log = g_string_new(NULL);

        template_foreach_call(tpl, visit, log);
        g_assert_cmpstr(log->str, ==,
                        "1:25 place \"a\" (upper `b`) [a] [?]\n"
                        "1:36 upper `b` [b]\n"
                        "2:14 place \"y\" [y] piped\n"
                        "2:32 print tick [?]\n"
                        "2:38 tick\n");
}

static bool count_lines(const TemplateCallSite *site, void *user)
{
        unsigned *n = user;

        g_assert_cmpuint(site->line, ==, ++*n);
        g_assert_cmpuint(site->column, ==, 80);
        g_assert_cmpuint(site->arg_columns[0], ==, 87);
        return true;
}

static void test_calls_of_a_large_text_are_listed(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(Template) tpl = NULL;
        unsigned n = 0;

        for (int i = 0; i < 10000; i++)
                g_string_append_printf(text, "%072d{{repl printf \"%%d\" 5}}\n", i);
        tpl = template_parse("test", text->str, text->len, functions(), NULL);
        template_foreach_call(tpl, count_lines, &n);
        g_assert_cmpuint(n, ==, 10000);
}

static void test_memory_grows_with_the_text(void)
{
        size_t sizes[2];

        for (int k = 0; k < 2; k++) {
                g_autoptr(GString) text = g_string_new(NULL);
                g_autoptr(GString) out = g_string_new(NULL);
                g_autoptr(Template) tpl = NULL;
                g_autoptr(Arena) arena = arena_new();
                TemplateContext context = { .arena = arena };

                for (int i = 0; i < 5000 * (k + 1); i++)
                        g_string_append(text, "text {{repl printf \"%d\" 5}} text\n");
                tpl = template_parse("test", text->str, text->len, functions(), NULL);
                g_assert_true(template_render(tpl, &context, out, NULL));
                sizes[k] = arena_size(arena);
        }
        g_assert_cmpuint(sizes[1], <, 4 * sizes[0]);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/template/plain", test_text_without_an_action_is_copied);
        g_test_add_func("/template/often", test_a_template_is_parsed_once_and_rendered_often);
        g_test_add_func("/template/errors", test_errors_have_a_place_and_words);
        g_test_add_func("/template/endless", test_endless_templates_end_soon);
        g_test_add_func("/template/nesting", test_nesting_that_go_allows_is_allowed);
        g_test_add_func("/template/deep", test_templates_may_call_each_other_deeply);
        g_test_add_func("/template/hooks", test_hooks_see_and_replace_calls);
        g_test_add_func("/template/calls", test_calls_are_listed_where_they_stand);
        g_test_add_func("/template/calls-of-large", test_calls_of_a_large_text_are_listed);
        g_test_add_func("/template/memory", test_memory_grows_with_the_text);
        return g_test_run();
}
