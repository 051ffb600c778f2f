#include "format/compose/interpolate.h"

#include <string.h>

static const char *lookup(const char *name, gconstpointer user)
{
        if (strcmp(name, "SET") == 0)
                return "value";
        return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static void test_all_forms(void)
{
        static const struct {
                const char *text, *got;
        } cases[] = {
                { "$SET", "value" },
                { "${SET}", "value" },
                { "a${SET}b$SET", "avaluebvalue" },
                { "[$NOT]", "[]" },
                { "${SET:-d}${EMPTY:-d}${NOT:-d}", "valuedd" },
                { "${SET-d}${EMPTY-d}${NOT-d}", "valued" },
                { "${SET:+a}${EMPTY:+a}${NOT:+a}", "a" },
                { "${SET+a}${EMPTY+a}${NOT+a}", "aa" },
                { "${SET:?x}${EMPTY?x}", "value" },
                { "$$SET $$$$ $$$SET", "$SET $$ $value" },
                { "cost: 5$, $1, $.", "cost: 5$, $1, $." },
                { "${NOT:-${ALSO-$SET}}", "value" },
                { "${NOT:-{\"a\": {}}}", "{\"a\": {}}" },
                { "${NOT:-a:-b}", "a:-b" },
                { "${NOT:-$$}", "$" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_auto(InterpolateResult) result = interpolate_text(cases[i].text, lookup, NULL);

                g_assert_cmpstr(result.text, ==, cases[i].got);
                g_assert_null(result.problem);
        }
}

static void test_what_is_not_set_is_told(void)
{
        g_auto(InterpolateResult)
                result = interpolate_text("$A ${B} ${C:-} $A ${EMPTY} ${D:-$E}", lookup, NULL);

        g_assert_cmpuint(result.unset->len, ==, 4);
        g_assert_cmpstr(result.unset->pdata[0], ==, "A");
        g_assert_cmpstr(result.unset->pdata[1], ==, "B");
        g_assert_cmpstr(result.unset->pdata[2], ==, "A");
        g_assert_cmpstr(result.unset->pdata[3], ==, "E");
}

static void test_what_is_required_and_missing(void)
{
        g_auto(InterpolateResult) result = interpolate_text("${EMPTY:?tell ${SET}}", lookup, NULL);
        g_auto(InterpolateResult) hard = interpolate_text("${NOT?}", lookup, NULL);

        g_assert_null(result.text);
        g_assert_cmpstr(result.required, ==, "EMPTY");
        g_assert_cmpstr(result.reason, ==, "tell value");
        g_assert_cmpstr(hard.required, ==, "NOT");
        g_assert_cmpstr(hard.reason, ==, "");
}

static void test_what_cannot_be_read(void)
{
        static const char *const bad[] = { "${",    "${}",     "${1}",  "${A",
                                           "${A!}", "${A:=b}", "${A:}", "${A-${}}" };

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_auto(InterpolateResult) result = interpolate_text(bad[i], lookup, NULL);

                g_assert_null(result.text);
                g_assert_nonnull(result.problem);
        }
}

static void test_depth_has_a_limit(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_auto(InterpolateResult) result = { 0 };

        for (unsigned i = 0; i < 1000; i++)
                g_string_append(text, "${A:-");
        for (unsigned i = 0; i < 1000; i++)
                g_string_append_c(text, '}');
        result = interpolate_text(text->str, lookup, NULL);
        g_assert_null(result.text);
        g_assert_nonnull(result.problem);
}

static const char *lookup_long(const char *name, gconstpointer user)
{
        return user;
}

static void test_length_has_a_limit(void)
{
        g_autofree char *value = g_strnfill(100000, 'x');
        g_auto(InterpolateResult)
                result = interpolate_text("$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A$A", lookup_long, value);

        g_assert_null(result.text);
        g_assert_nonnull(result.problem);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/interpolate/forms", test_all_forms);
        g_test_add_func("/interpolate/unset", test_what_is_not_set_is_told);
        g_test_add_func("/interpolate/required", test_what_is_required_and_missing);
        g_test_add_func("/interpolate/bad", test_what_cannot_be_read);
        g_test_add_func("/interpolate/depth", test_depth_has_a_limit);
        g_test_add_func("/interpolate/length", test_length_has_a_limit);
        return g_test_run();
}
