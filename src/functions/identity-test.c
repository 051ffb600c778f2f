#include <string.h>

#include "functions/functions.h"

/* One setting, whose value is the provider's user data */
static FunctionAnswer setting(void *user, const char *name, GString *ret)
{
        if (!g_str_equal(name, "port"))
                return FUNCTION_NONE;
        g_string_append(ret, user);
        return FUNCTION_KNOWN;
}

static FunctionAnswer addresses(void *user, const char *component, const char *image,
                                FunctionAddress which, GPtrArray *ret)
{
        g_ptr_array_add(ret, g_strdup("10.0.0.1"));
        return FUNCTION_KNOWN;
}

static char *identity(const char *text, const char *port)
{
        const FunctionProvider provider = {
                .user = (void *) port,
                .config_option = setting,
                .node_addresses = addresses,
        };
        GString *out = g_string_new(NULL);

        g_assert_true(functions_render_identity("t", text, &provider, out, NULL));
        return g_string_free(out, false);
}

static void test_settings_are_filled_in_and_places_are_not(void)
{
        g_autofree char *text = identity("{{repl ConfigOption \"port\"}} "
                                         "{{repl NodePrivateIPAddress (lower \"DB\") \"pg\"}}",
                                         "80");

        g_assert_cmpstr(text, ==, "80 NodePrivateIPAddress \"db\" \"pg\"");
}

/* Arithmetic over what is unknown: the source stands in, and the settings it names */
static void test_what_cannot_be_computed_is_its_source_and_settings(void)
{
        const char *source = "{{repl index (NodePrivateIPAddressAll \"db\" \"pg\") 0}}"
                             "{{repl ConfigOption \"port\"}}";
        g_autofree char *one = identity(source, "80");
        g_autofree char *same = identity(source, "80");
        g_autofree char *other = identity(source, "81");

        g_assert_true(g_str_has_prefix(one, source));
        g_assert_nonnull(strstr(one, "\nConfigOption \"port\" = 80"));
        g_assert_cmpstr(one, ==, same);
        g_assert_cmpstr(one, !=, other);
}

static void test_what_does_not_parse_has_no_identity(void)
{
        const FunctionProvider provider = { 0 };
        g_autoptr(GString) out = g_string_new(NULL);
        g_auto(TemplateError) error = { 0 };

        g_assert_false(functions_render_identity("t", "{{repl if}}", &provider, out, &error));
        g_assert_cmpint(error.kind, ==, TEMPLATE_ERROR_PARSE);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/identity/settings", test_settings_are_filled_in_and_places_are_not);
        g_test_add_func("/identity/fallback",
                        test_what_cannot_be_computed_is_its_source_and_settings);
        g_test_add_func("/identity/parse", test_what_does_not_parse_has_no_identity);
        return g_test_run();
}
