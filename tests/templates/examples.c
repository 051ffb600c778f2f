/*
 * The examples of the function tables are tests, and docs/templates.md is what the tables say
 */

#include <string.h>

#include "functions/eval.h"

static ContextFile *context;
static const char *reference_path;

static void test_examples_give_what_they_say(void)
{
        size_t n;
        const TemplateFunction *const *functions = template_functions_list(functions_all(), &n);

        for (size_t i = 0; i < n; i++) {
                const TemplateFunction *f = functions[i];
                g_auto(TemplateError) error = { 0 };
                g_autofree char *text = g_strdup_printf("{{repl %s}}", f->example);
                g_autofree char *got = NULL;

                if (f->example == NULL)
                        continue;
                got = eval_once(text, context, &error);
                if (got == NULL)
                        g_test_message("%s: %s", text, error.message);
                g_assert_cmpstr(got, ==, f->output);
        }
}

static void test_every_function_has_help(void)
{
        size_t n;
        const TemplateFunction *const *functions = template_functions_list(functions_all(), &n);

        g_assert_cmpuint(n, >, 250);
        for (size_t i = 0; i < n; i++) {
                const char *closest;
                g_autofree char *text = template_explain(functions[i]->name, &closest);

                g_assert_nonnull(text);
                g_assert_nonnull(functions[i]->group);
                g_assert_cmpuint(strlen(functions[i]->help), >, 5);
                g_assert_true((functions[i]->example == NULL) == (functions[i]->output == NULL));
        }
}

/* Where it fails: template-examples CONTEXT --write docs/templates.md */
static void test_reference_is_up_to_date(void)
{
        g_autofree char *want = template_reference();
        g_autofree char *got = NULL;

        g_assert_true(g_file_get_contents(reference_path, &got, NULL, NULL));
        g_assert_cmpstr(got, ==, want);
}

static void test_a_mistyped_name_has_a_suggestion(void)
{
        const char *closest;

        g_assert_null(template_explain("ConfigOptoin", &closest));
        g_assert_cmpstr(closest, ==, "ConfigOption");
}

int main(int argc, char **argv)
{
        if (argc < 3)
                return 2;
        if (argc == 4 && g_str_equal(argv[2], "--write")) {
                g_autofree char *text = template_reference();

                return g_file_set_contents(argv[3], text, -1, NULL) ? 0 : 1;
        }
        context = context_file_load(argv[1], NULL);
        g_assert_nonnull(context);
        reference_path = argv[2];
        argc = 1;
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/templates/examples", test_examples_give_what_they_say);
        g_test_add_func("/templates/help", test_every_function_has_help);
        g_test_add_func("/templates/reference", test_reference_is_up_to_date);
        g_test_add_func("/templates/suggestion", test_a_mistyped_name_has_a_suggestion);
        int result = g_test_run();

        context_file_free(context);
        return result;
}
