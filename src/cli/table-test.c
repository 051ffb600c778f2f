#include "cli/table.h"

#include <string.h>

#include "cli/display.h"

static Table *make(void)
{
        static const char *const headings[] = { "NAME", "N", "NOTHING", "TEXT", NULL };
        static const char *const rows[][4] = {
                { "db", "7", "", "short" },
                { "漢字", "1234", "", "a text that is much longer than all the others" },
                { "evil\033[2J", "", NULL, "two\nlines" },
        };
        Table *table = table_new(headings);

        table_align_right(table, 1);
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                table_add_row(table);
                for (size_t c = 0; c < 4; c++)
                        table_cell(table, c == 0 ? STYLE_GOOD : STYLE_PLAIN, rows[i][c]);
        }
        return table;
}

static void test_columns_are_aligned_and_empty_ones_left_out(void)
{
        g_autoptr(Table) table = make();
        g_autofree char *got = table_to_text(table, 0, false);

        g_assert_cmpstr(got, ==,
                        "NAME            N  TEXT\n"
                        "db              7  short\n"
                        "漢字         1234  a text that is much longer than all the others\n"
                        "evil\\x1b[2J        two lines\n");
}

static void test_a_row_fits_the_terminal(void)
{
        g_autoptr(Table) table = make();

        for (size_t width = 30; width < 90; width++) {
                g_autofree char *got = table_to_text(table, width, true);
                g_auto(GStrv) lines = g_strsplit(got, "\n", -1);

                for (size_t i = 0; lines[i] != NULL; i++)
                        g_assert_cmpuint(display_width(lines[i]), <=, width);
        }
}

static void test_colours_are_only_there_when_wanted(void)
{
        g_autoptr(Table) table = make();
        g_autofree char *plain = table_to_text(table, 0, false);
        g_autofree char *colour = table_to_text(table, 0, true);

        g_assert_null(strchr(plain, '\033'));
        g_assert_nonnull(strstr(colour, "\033[32mdb\033[0m"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/table/aligned", test_columns_are_aligned_and_empty_ones_left_out);
        g_test_add_func("/table/fits", test_a_row_fits_the_terminal);
        g_test_add_func("/table/colours", test_colours_are_only_there_when_wanted);
        return g_test_run();
}
