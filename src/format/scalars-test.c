#include "format/scalars.h"

#include <string.h>

/* The first value of a document */
static void with_value(const char *text, void (*check)(const YamlNode *node, void *user),
                       void *user)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autofree char *document = g_strdup_printf("a: %s\n", text);
        g_autoptr(YamlStream) stream = yaml_parse("f", document, strlen(document), diags);

        g_assert_nonnull(stream);
        g_test_message("%s", document);
        check(stream->documents[0].root->pairs[0].value, user);
}

typedef struct IntCase {
        const char *text;
        bool is_int, is_uint;
        int64_t value;
} IntCase;

static void check_int(const YamlNode *node, void *user)
{
        const IntCase *c = user;
        int64_t value = 0;
        uint64_t number = 0;

        g_assert_true(scalar_to_int(node, &value) == c->is_int);
        if (c->is_int)
                g_assert_cmpint(value, ==, c->value);
        g_assert_true(scalar_to_uint(node, &number) == c->is_uint);
        if (c->is_uint)
                g_assert_cmpuint(number, ==, (uint64_t) MAX(c->value, 0));
}

static void test_numbers_are_read_as_the_reference_does(void)
{
        static IntCase cases[] = {
                { "5", true, true, 5 },
                { "-5", true, false, -5 },
                { "+5", true, true, 5 },
                { "-0", true, true, 0 },
                { "010", true, true, 8 },
                { "0x10", true, true, 16 },
                { "0o17", true, true, 15 },
                { "0b11", true, true, 3 },
                { "-0b11", true, false, -3 },
                { "1_0", true, true, 10 },
                { "5.7", true, true, 5 },
                { "-5.7", true, true, -5 },
                { "-.inf", true, true, INT64_MIN },
                { "!!float '5.5'", true, true, 5 },
                { "08", true, true, 8 },
                { "1e+3", true, true, 1000 },
                { "1e3", false, false, 0 },
                { "9223372036854775807", true, true, INT64_MAX },
                { "-9223372036854775808", true, false, INT64_MIN },
                { "\"5\"", false, false, 0 },
                { "'5'", false, false, 0 },
                { "!!int \"5\"", true, true, 5 },
                { "!!str 5", false, false, 0 },
                { "five", false, false, 0 },
                { ".inf", false, false, 0 },
                { "0x", false, false, 0 },
                { "--1", false, false, 0 },
                { "[1]", false, false, 0 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                with_value(cases[i].text, check_int, &cases[i]);
}

typedef struct BoolCase {
        const char *text;
        bool is_bool, value;
} BoolCase;

static void check_bool(const YamlNode *node, void *user)
{
        const BoolCase *c = user;
        bool value = false;

        g_assert_true(scalar_to_bool(node, &value) == c->is_bool);
        if (c->is_bool)
                g_assert_true(value == c->value);
}

static void test_booleans_are_plain_words(void)
{
        static BoolCase cases[] = {
                { "true", true, true },     { "True", true, true }, { "TRUE", true, true },
                { "yes", true, true },      { "on", true, true },   { "y", true, true },
                { "Y", true, true },        { "no", true, false },  { "Off", true, false },
                { "n", true, false },       { "tRue", false, 0 },   { "\"true\"", false, 0 },
                { "1", false, 0 },          { "truee", false, 0 },  { "!!bool 'true'", true, true },
                { "!!str true", false, 0 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
                with_value(cases[i].text, check_bool, &cases[i]);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/scalars/numbers", test_numbers_are_read_as_the_reference_does);
        g_test_add_func("/scalars/booleans", test_booleans_are_plain_words);
        return g_test_run();
}
