/*
 * The names of template functions that the format knows are those that rendering knows
 */

#include "format/templates.h"
#include "functions/functions.h"

static void check_all(const TemplateFunctions *functions, const TemplateFunctions *others,
                      const char *what)
{
        size_t n;
        const TemplateFunction *const *list = template_functions_list(functions, &n);

        g_assert_cmpuint(n, >, 0);
        for (size_t i = 0; i < n; i++) {
                if (template_functions_find(others, list[i]->name) != NULL)
                        continue;
                g_test_message("%s %s", list[i]->name, what);
                g_test_fail();
        }
}

static void test_both_know_the_same_names(void)
{
        g_autoptr(TemplateFunctions) known = templates_known_functions();

        check_all(functions_all(), known, "is unknown to the format");
        check_all(known, functions_all(), "cannot be rendered");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/format/functions", test_both_know_the_same_names);
        return g_test_run();
}
