#include "format/compose/values.h"

#include <glib.h>

static void test_plain_numbers_are_those_of_yaml(void)
{
        static const struct {
                const char *text;
                gint64 value;
        } good[] = {
                { "0", 0 },      { "-5", -5 },      { "+5", 5 },
                { "0x1F", 31 },  { "0o17", 15 },    { "0b101", 5 },
                { "0755", 493 }, { "1_000", 1000 }, { "9223372036854775807", G_MAXINT64 },
        };
        static const char *const bad[] = {
                "", "-", "x", "1.0", "1e3", "08", "0x", "1 ", "_1_x", "--1", "9223372036854775808"
        };
        gint64 value;

        for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
                g_assert_true(value_parse_yaml_int(good[i].text, &value));
                g_assert_cmpint(value, ==, good[i].value);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(value_parse_yaml_int(bad[i], &value));
}

static void test_numbers_are_printed_as_go_prints_them(void)
{
        static const struct {
                double value;
                const char *text;
        } cases[] = {
                { 0, "0" },
                { 0.5, "0.5" },
                { 100000, "100000" },
                { 1e6, "1e+06" },
                { 1234567.5, "1.2345675e+06" },
                { 0.0001, "0.0001" },
                { 0.00001, "1e-05" },
                { 1e21, "1e+21" },
                { -2.25, "-2.25" },
                { 1e100, "1e+100" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = value_double_to_text(cases[i].value);

                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

static void test_single_precision_is_short(void)
{
        static const struct {
                double value;
                const char *text;
        } cases[] = {
                { 0.1, "0.1" },           { 0.3, "0.3" },
                { 16777216, "16777216" }, { 1e6, "1000000" },
                { 1e-7, "1e-7" },         { 1.0 / 3, "0.33333334" },
                { 1e21, "1e+21" },        { 123456.78, "123456.78" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = value_single_to_json(cases[i].value);

                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

static void test_every_double_reads_as_what_it_was(void)
{
        for (unsigned i = 0; i < 2000; i++) {
                double value = g_test_rand_double_range(-1e9, 1e9);
                g_autofree char *text = value_double_to_text(value);
                double again = 0;

                g_assert_true(value_parse_yaml_float(text, &again));
                g_assert_cmpfloat(again, ==, value);
        }
}

static void test_durations(void)
{
        static const struct {
                const char *text, *normal;
        } good[] = {
                { "90s", "1m30s" },   { "1m30s", "1m30s" }, { "1.5h", "1h30m0s" },
                { "2500ms", "2.5s" }, { "1d", "24h0m0s" },  { "1w", "168h0m0s" },
                { "0", "0s" },        { "15us", "15µs" },   { "1h0m0.25s", "1h0m0.25s" },
                { "100ns", "100ns" }, { "-1s", "-1s" },     { "1.5µs", "1.5µs" },
        };
        static const char *const bad[] = { "",       "30",    "s", "1x",
                                           "1m 30s", "1.s.5", "-", "9999999999999w" };
        gint64 ns;

        for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
                g_autofree char *text = NULL;

                g_assert_true(value_parse_duration(good[i].text, &ns));
                text = value_duration_to_text(ns);
                g_assert_cmpstr(text, ==, good[i].normal);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(value_parse_duration(bad[i], &ns));
}

static void test_sizes_are_binary(void)
{
        static const struct {
                const char *text;
                gint64 value;
        } good[] = {
                { "0", 0 },
                { "1024", 1024 },
                { "10b", 10 },
                { "1k", 1024 },
                { "1KiB", 1024 },
                { "64m", 64 << 20 },
                { "512MB", 512 << 20 },
                { "1.5 GiB", 1610612736 },
                { "-1", -1 },
        };
        static const char *const bad[] = { "", "m", "1x", "1kbb", "-2", "1 2k", "99999999p" };
        gint64 value;

        for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
                g_assert_true(value_parse_bytes(good[i].text, &value));
                g_assert_cmpint(value, ==, good[i].value);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_false(value_parse_bytes(bad[i], &value));
}

static char *joined(GPtrArray *words)
{
        GString *out = g_string_new(NULL);

        for (size_t i = 0; i < words->len; i++)
                g_string_append_printf(out, "[%s]", (char *) words->pdata[i]);
        return g_string_free(out, false);
}

static void test_words_are_split_as_a_shell_would(void)
{
        static const struct {
                const char *text, *words, *rest;
        } good[] = {
                { "", "", NULL },
                { "  a  b\tc\n", "[a][b][c]", NULL },
                { "a 'b c' \"d e\"", "[a][b c][d e]", NULL },
                { "a\\ b 'c\\d' \"e\\\"f\"", "[a b][c\\d][e\"f]", NULL },
                { "x''y \"\"", "[xy][]", NULL },
                { "echo $(a b) `c d`", "[echo][$(a b)][`c d`]", NULL },
                { "a && b", "[a]", "&& b" },
                { "run 2>err", "[run]", ">err" },
                { "'a;b' c;d", "[a;b][c]", ";d" },
        };
        static const char *const bad[] = { "\"a", "'a", "a\\", "(a)", "`a", "$(a" };
        const char *rest;

        for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
                g_autoptr(GPtrArray) words = value_split_words(good[i].text, &rest);
                g_autofree char *got = NULL;

                g_assert_nonnull(words);
                got = joined(words);
                g_assert_cmpstr(got, ==, good[i].words);
                g_assert_cmpstr(rest, ==, good[i].rest);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
                g_assert_null(value_split_words(bad[i], &rest));
}

static void test_paths_are_cleaned(void)
{
        static const struct {
                const char *path, *clean;
        } cases[] = {
                { "/a//b/../c/.", "/a/c" },
                { "/../..", "/" },
                { "a/../..", ".." },
                { "", "." },
                { "./", "." },
                { "/", "/" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *clean = value_clean_path(cases[i].path);

                g_assert_cmpstr(clean, ==, cases[i].clean);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/values/plain-numbers", test_plain_numbers_are_those_of_yaml);
        g_test_add_func("/values/go-numbers", test_numbers_are_printed_as_go_prints_them);
        g_test_add_func("/values/single", test_single_precision_is_short);
        g_test_add_func("/values/every-double", test_every_double_reads_as_what_it_was);
        g_test_add_func("/values/durations", test_durations);
        g_test_add_func("/values/sizes", test_sizes_are_binary);
        g_test_add_func("/values/words", test_words_are_split_as_a_shell_would);
        g_test_add_func("/values/paths", test_paths_are_cleaned);
        return g_test_run();
}
