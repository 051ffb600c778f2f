#include "base/text.h"

static void test_closest_finds_a_mistyped_word(void)
{
        static const char *const keys[] = { "name", "ports", "ConfigOption", "version", NULL };

        g_assert_cmpstr(text_closest("nmae", keys), ==, "name");
        g_assert_cmpstr(text_closest("ConfigOptoin", keys), ==, "ConfigOption");
        g_assert_cmpstr(text_closest("port", keys), ==, "ports");
        g_assert_null(text_closest("zebra", keys));
        g_assert_null(text_closest("", keys));
}

static void test_slug(void)
{
        static const struct {
                const char *name, *slug;
        } cases[] = {
                { "Shop", "shop" }, { "My  Great App!", "my-great-app" },
                { "--x--", "x" },   { "a_b.c", "a_b.c" },
                { "{{}}", "" },     { "Ünï", "n" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *slug = text_slug(cases[i].name);

                g_assert_cmpstr(slug, ==, cases[i].slug);
        }
}

static void test_the_delimiter_has_its_blank(void)
{
        g_assert_true(text_has_template("a {{repl Now}}"));
        g_assert_false(text_has_template("{{replNow}}"));
        g_assert_false(text_has_template("{{ repl Now}}"));
        g_assert_false(text_has_template(NULL));
}

static void test_bool_words_are_gos(void)
{
        bool value;

        g_assert_true(text_parse_bool("True", &value) && value);
        g_assert_true(text_parse_bool("f", &value) && !value);
        g_assert_false(text_parse_bool("yes", &value));
        g_assert_false(text_parse_bool("", &value));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/text/closest", test_closest_finds_a_mistyped_word);
        g_test_add_func("/text/slug", test_slug);
        g_test_add_func("/text/has-template", test_the_delimiter_has_its_blank);
        g_test_add_func("/text/bool", test_bool_words_are_gos);
        return g_test_run();
}
