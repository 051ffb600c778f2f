#include "cli/display.h"

static void check_line(const char *text, const char *want)
{
        g_autofree char *got = display_line(text);

        g_assert_cmpstr(got, ==, want);
}

static void test_control_characters_do_not_reach_the_terminal(void)
{
        check_line("plain, ünïcode, 漢字", "plain, ünïcode, 漢字");
        check_line("\033[2J\007gone", "\\x1b[2J\\x07gone");
        check_line("a\nb\tc", "a b c");
        check_line("C1 \xc2\x9b"
                   "31m",
                   "C1 \\x9b31m");
        check_line("broken \xff\xfe", "broken \\xff\\xfe");
        check_line("turned \xe2\x80\xae"
                   "txt",
                   "turned \\u202etxt");
}

static void test_lines_and_colours_may_be_kept(void)
{
        g_autofree char *plain = display_text("\033[1;31mred\033[0m\nnext", false);
        g_autofree char *colour = display_text("\033[1;31mred\033[0m\nnext\033[2J", true);

        g_assert_cmpstr(plain, ==, "\\x1b[1;31mred\\x1b[0m\nnext");
        g_assert_cmpstr(colour, ==, "\033[1;31mred\033[0m\nnext\\x1b[2J");
}

static void test_width_is_counted_in_columns(void)
{
        g_assert_cmpuint(display_width("abc"), ==, 3);
        g_assert_cmpuint(display_width("漢字"), ==, 4);
        g_assert_cmpuint(display_width("e\xcc\x81"), ==, 1); /* with a combining accent */
        g_assert_cmpuint(display_width("\033[1mbold\033[0m"), ==, 4);
}

static void test_a_cut_text_fits(void)
{
        for (size_t width = 0; width < 12; width++) {
                g_autofree char *cut = display_cut("漢字 and more", width);

                g_assert_cmpuint(display_width(cut), <=, width);
        }
        g_autofree char *whole = display_cut("fits", 4);
        g_autofree char *cut = display_cut("does not", 5);

        g_assert_cmpstr(whole, ==, "fits");
        g_assert_cmpstr(cut, ==, "does…");
}

static void test_paragraphs_are_broken_and_lists_are_kept(void)
{
        g_autofree char *got = display_wrap("one two three four\nfive\n\n  kept   as it is\nlast",
                                            2, 12);

        g_assert_cmpstr(got, ==,
                        "  one two\n"
                        "  three four\n"
                        "  five\n"
                        "\n"
                        "    kept   as it is\n"
                        "  last\n");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/display/control", test_control_characters_do_not_reach_the_terminal);
        g_test_add_func("/display/keep", test_lines_and_colours_may_be_kept);
        g_test_add_func("/display/width", test_width_is_counted_in_columns);
        g_test_add_func("/display/cut", test_a_cut_text_fits);
        g_test_add_func("/display/wrap", test_paragraphs_are_broken_and_lists_are_kept);
        return g_test_run();
}
