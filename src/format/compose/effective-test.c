#include <string.h>

#include "base/json.h"
#include "format/compose/loader.h"

static ComposeDocument *load(const char *text, DiagList *diags)
{
        FormatOptions options = { .purpose = FORMAT_LINT, .working_dir = "/srv/shop" };
        FormatSource source = { "compose.yml", text, strlen(text), 0 };

        return compose_load(&source, 1, &options, diags);
}

static void assert_stays(const char *text, bool as_json)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(ComposeDocument) document = load(text, diags), again = NULL;
        g_autofree char *findings = diag_list_to_text(diags, false), *printed = NULL;
        g_autoptr(json_t) before = NULL, after = NULL;

        if (document == NULL)
                g_error("%s\n%s", text, findings);
        printed = compose_effective(document, as_json);
        again = load(printed, diags);
        if (again == NULL)
                g_error("%s\n%s", text, printed);
        before = compose_to_json(document->root);
        after = compose_to_json(again->root);
        if (!json_equal(before, after))
                g_error("%s\n%s", text, printed);
}

/* `up PROJECT` reads again what a deployment has stored */
static void test_what_is_printed_reads_as_the_same(void)
{
        static const char *const services[] = {
                /* so small that single precision has no such number */
                "cpus: 1e-50",
                /* limits of nothing, and devices that can do nothing */
                "ulimits: {core: {soft: 0, hard: 0}, nofile: 0}",
                "deploy: {resources: {reservations: {devices: [{capabilities: []}]}}}",
                /* sizes that are no multiple of anything */
                "mem_limit: 9007199254740993",
                "memswap_limit: 9223372036854775807",
                "memswap_limit: -1",
                /* the types of files */
                "secrets: [{source: s, mode: \"100440\"}]",
                "secrets: [{source: s, mode: 65535}]",
                /* empty texts say nothing: defaults are what they would be */
                "secrets: [{source: s, target: \"\"}]",
                "ports: [{target: 80, protocol: \"\", mode: \"\"}]",
                "volumes: [v:/a]",
                "build: \"\"",
                "build: {dockerfile: \"\"}",
                /* a device without a name in the container */
                "devices: [\"/a::r\", \"/b::r\"]",
                /* paths that look like numbers */
                "build: {additional_contexts: {a: 1.50}, ssh: {a: 1}}",
                /* hosts without an address, and addresses in brackets */
                "extra_hosts: [\"a=\", \"b=[::1]\"]",
                /* characters that YAML has only as escapes */
                "environment: [\"A=\\ufffe\\uffff\\u0085\\uFEFF\\x01\\x7f\"]",
                /* words that have a meaning, and what looks like a number or a comment */
                "labels: {a: ~, \"~\": \"null\", y: \"no\", b: \"1e3\"}",
                "labels: {\"<<\": \"a #b\", c: \"- a\"}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
                g_autofree char *text = g_strdup_printf("services:\n"
                                                        "  a:\n"
                                                        "    image: x\n"
                                                        "    %s\n"
                                                        "secrets: {s: {file: ./s}}\n"
                                                        "volumes: {v: {name: \"\"}}\n",
                                                        services[i]);

                assert_stays(text, true);
                assert_stays(text, false);
        }
}

/* What can't be said so that it is read again is refused */
static void test_what_could_not_be_read_again_is_no_document(void)
{
        static const char *const services[] = {
                "cpus: 1e39",
                "cpus: \"1e39\"",
                "mem_limit: -5",
                "secrets: [{source: s, mode: 99999999}]",
                "secrets: [{source: s, mode: \"0777777\"}]",
                "ulimits: {nofile: 1.5}",
                "devices: [{source: \"\"}]",
                "extra_hosts: {a: \"1,2\"}",
                "extra_hosts: [\"a=[[::1]]\"]",
                "build: {ssh: {a: }}",
                "build: {ssh: {\"a=b\": c}}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
                g_autofree char *text = g_strdup_printf("services:\n"
                                                        "  a:\n"
                                                        "    image: x\n"
                                                        "    %s\n"
                                                        "secrets: {s: {file: ./s}}\n",
                                                        services[i]);
                g_autoptr(DiagList) diags = diag_list_new();
                g_autoptr(ComposeDocument) document = load(text, diags);

                if (document != NULL)
                        g_error("%s", text);
                g_assert_cmpuint(diag_list_at(diags, 0)->pos.line, ==, 4);
        }
}

static void assert_limit(const GString *text, const char *words)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(ComposeDocument) document = load(text->str, diags);
        g_autofree char *findings = diag_list_to_text(diags, false);

        g_assert_null(document);
        g_assert_nonnull(strstr(findings, words));
}

/* Lists become mappings, where each key is compared with those before it */
static void test_mappings_made_of_lists_have_a_limit(void)
{
        static const char *const keys[] = { "environment", "networks", "depends_on", "labels" };

        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(GString) text = g_string_new("services:\n  a:\n    image: x\n");

                g_string_append_printf(text, "    %s:\n", keys[i]);
                for (unsigned n = 0; n < 20000; n++)
                        g_string_append_printf(text, "    - n%u\n", n);
                assert_limit(text, "a mapping of more than 5000 keys");
        }
}

static void test_mappings_made_of_several_documents_have_a_limit(void)
{
        g_autoptr(GString) text = g_string_new("services: {a: {image: x}}\n");

        for (unsigned i = 0; i < 20; i++) {
                g_string_append(text, "---\nvolumes:\n");
                for (unsigned n = 0; n < 5000; n++)
                        g_string_append_printf(text, "  v%u-%u:\n", i, n);
        }
        assert_limit(text, "a mapping of more than 5000 keys");
}

static void test_keys_are_not_longer_than_yaml_has_them(void)
{
        g_autoptr(GString) text = g_string_new("services:\n  a:\n    image: x\n    environment:\n");

        g_string_append_printf(text, "    - \"%0*d=b\"\n", (int) COMPOSE_KEY_MAX, 1);
        assert_limit(text, "a key of more than 1000 characters");
        g_string_truncate(text, text->len - strlen("1=b\"\n"));
        g_string_erase(text, (gssize) text->len - 100, 100);
        g_string_append(text, "=b\"\n");
        assert_stays(text->str, true);
        assert_stays(text->str, false);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/effective/again", test_what_is_printed_reads_as_the_same);
        g_test_add_func("/effective/refused", test_what_could_not_be_read_again_is_no_document);
        g_test_add_func("/effective/lists", test_mappings_made_of_lists_have_a_limit);
        g_test_add_func("/effective/documents",
                        test_mappings_made_of_several_documents_have_a_limit);
        g_test_add_func("/effective/long-keys", test_keys_are_not_longer_than_yaml_has_them);
        return g_test_run();
}
