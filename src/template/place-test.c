#include "template/place.h"

#include <string.h>

static void test_places_are_those_that_counting_gives(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_auto(Places) places = { 0 };

        for (int i = 0; i < 300; i++)
                g_string_append_printf(text, "é%*s\n%s", i % 40, "x", i % 7 == 0 ? "\n" : "");
        places_init(&places, text->str, text->len);
        for (size_t i = text->len + 1; i-- > 0;) {
                Place want = place_at(text->str, i), got = places_find(&places, i);

                g_assert_cmpuint(got.line, ==, want.line);
                g_assert_cmpuint(got.column, ==, want.column);
        }
        g_assert_cmpuint(places_find(&places, (size_t) -1).line, ==,
                         place_at(text->str, text->len).line);
}

static void test_an_empty_text_has_a_place(void)
{
        g_auto(Places) places = { 0 };

        places_init(&places, "", 0);
        g_assert_cmpuint(places_find(&places, 0).line, ==, 1);
        g_assert_cmpuint(places_find(&places, 0).column, ==, 1);
}

/* On one line, where counting from the line's beginning would not do either */
static void test_many_places_cost_little_more_than_the_text(void)
{
        enum { LEN = 1 << 20, N = 10000 };
        g_autofree char *text = g_malloc(LEN);
        g_auto(Places) places = { 0 };

        memset(text, 'x', LEN);
        places_init(&places, text, LEN);
        for (size_t i = 0; i < N; i++)
                g_assert_cmpuint(places_find(&places, i * (LEN / N)).column, ==, i * (LEN / N) + 1);
        g_assert_cmpuint(places.examined, <=, LEN + (size_t) N * PLACE_STRIDE);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/place/same", test_places_are_those_that_counting_gives);
        g_test_add_func("/place/empty", test_an_empty_text_has_a_place);
        g_test_add_func("/place/linear", test_many_places_cost_little_more_than_the_text);
        return g_test_run();
}
