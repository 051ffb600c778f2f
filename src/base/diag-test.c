#include "base/diag.h"

static const char document[] = "name: shop\ncomponents:\n\t- nmae: db\n";

static void test_a_finding_quotes_its_line(void)
{
        g_autoptr(DiagList) list = diag_list_new();
        const char *file = diag_list_add_source(list, "app.yml", document, sizeof document - 1);
        g_autofree char *text = NULL;

        diag_add_span(list, DIAG_ERROR, "unknown-key", (SourcePos){ file, 3, 4 }, 4, NULL,
                      "no key `%s`; did you mean `name`?", "nmae");
        text = diag_list_to_text(list, false);
        g_assert_cmpstr(text, ==,
                        "app.yml:3:4: error: no key `nmae`; did you mean `name`? [unknown-key]\n"
                        "    3 |  - nmae: db\n"
                        "      |    ^~~~\n");
}

static void test_findings_sort_by_place_and_stay_stable(void)
{
        g_autoptr(DiagList) list = diag_list_new();

        diag_add(list, DIAG_WARNING, "c", (SourcePos){ "a", 2, 1 }, NULL, "third");
        diag_add(list, DIAG_ERROR, "a", (SourcePos){ "a", 1, 5 }, NULL, "first");
        diag_add(list, DIAG_ERROR, "b", (SourcePos){ "a", 1, 5 }, NULL, "second");
        diag_list_sort(list);
        g_assert_cmpstr(diag_list_at(list, 0)->name, ==, "a");
        g_assert_cmpstr(diag_list_at(list, 1)->name, ==, "b");
        g_assert_cmpstr(diag_list_at(list, 2)->name, ==, "c");
        g_assert_cmpuint(diag_count(list, DIAG_ERROR), ==, 2);
        g_assert_true(diag_has_errors(list));
}

static void test_a_hostile_line_cannot_drive_the_terminal(void)
{
        static const char bad[] = "a: \033[2J\xff\xfe\n";
        g_autoptr(DiagList) list = diag_list_new();
        const char *file = diag_list_add_source(list, "x", bad, sizeof bad - 1);
        g_autofree char *text = NULL;

        diag_add(list, DIAG_ERROR, "", (SourcePos){ file, 1, 4 }, NULL, "no");
        text = diag_list_to_text(list, false);
        g_assert_cmpstr(text, ==, "x:1:4: error: no\n    1 | a: .[2J..\n      |    ^\n");
}

static void test_the_number_of_findings_is_bounded(void)
{
        g_autoptr(DiagList) list = diag_list_new();

        for (int i = 0; i < DIAG_LIST_MAX + 5; i++)
                diag_add(list, DIAG_ERROR, "", (SourcePos){ "x", 1, 1 }, NULL, "no");
        g_assert_cmpuint(diag_list_size(list), ==, DIAG_LIST_MAX);
        g_assert_cmpuint(diag_count(list, DIAG_ERROR), ==, DIAG_LIST_MAX + 5);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/diag/quote", test_a_finding_quotes_its_line);
        g_test_add_func("/diag/sort", test_findings_sort_by_place_and_stay_stable);
        g_test_add_func("/diag/hostile", test_a_hostile_line_cannot_drive_the_terminal);
        g_test_add_func("/diag/limit", test_the_number_of_findings_is_bounded);
        return g_test_run();
}
