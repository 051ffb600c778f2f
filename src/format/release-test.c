#include "format/release.h"

#include <string.h>

#include "format/format.h"

static char *parts_of(const char *text)
{
        g_autoptr(GArray) parts = release_split(text, strlen(text));
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < parts->len; i++) {
                const ReleasePart *part = &g_array_index(parts, ReleasePart, i);

                g_string_append_printf(out, "%s@%u:%u ", part->kind == NULL ? "-" : part->kind,
                                       part->kind_line, part->kind_col);
        }
        return g_string_free(out, false);
}

static void test_documents_are_split_at_markers_and_have_kinds(void)
{
        static const struct {
                const char *text, *parts;
        } cases[] = {
                { "", "" },
                { "# only a comment\n---\n# and another\n", "" },
                { "a: 1\n", "-@0:0 " },
                { "# title\n---\n# kind: replicated\na: 1\n", "replicated@3:9 " },
                { "#kind: a\nx: 1\n--- \n\n#  kind:   b\ny: 1\n", "a@1:8 b@5:12 " },
                { "--- # kind: a\nx: 1", "a@1:13 " },
                { "x: |\n  ---\n  # kind: b\n", "-@0:0 " },
                { "x: 1\n# kind: late\n", "-@0:0 " },
                { "a: 1\r\n---\r\n# kind: b\r\nb: 2\r\n", "-@0:0 b@3:9 " },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = parts_of(cases[i].text);

                g_assert_cmpstr(got, ==, cases[i].parts);
        }
}

static void test_a_part_stands_where_it_stood(void)
{
        static const char text[] = "# kind: a\nx: 1\n--- # kind: b\ny: 1\n---\nz: 1\n";
        g_autoptr(GArray) parts = release_split(text, strlen(text));
        g_autofree char *second = release_text(text, release_find(parts, "b"));

        g_assert_cmpstr(second, ==, "\n\n    # kind: b\ny: 1\n");
}

static void test_many_documents_are_not_kept_apart(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GArray) parts = NULL;

        for (unsigned i = 0; i < 10 * RELEASE_PARTS_MAX; i++)
                g_string_append(text, "a: 1\n---\n");
        parts = release_split(text->str, text->len);
        g_assert_cmpuint(parts->len, <=, RELEASE_PARTS_MAX);
}

static void test_templates_without_settings_count_as_one(void)
{
        g_autofree char *got = release_neutral(
                "image: a:{{repl ConfigOption \"tag\"}}\n{{repl if x}}\nb: {{repl\n}}{{repl end}}"
                "{{repl $x := 1}}{{repl /* note */}} {{repl open");

        g_assert_cmpstr(got, ==, "image: a:1\n\nb: {{repl\n}} {{repl open");
}

static void test_formats_are_told_apart(void)
{
        static const struct {
                const char *text;
                bool is_compose, wants_swarm;
        } cases[] = {
                { "", false, false },
                { "services: {}\n", true, false },
                { "\xef\xbb\xbfservices:\n", true, false },
                { "name: x\n\"services\":\n  a: {}\n", true, false },
                { "include: [a.yml]\n", true, false },
                { "{\"services\": {\"a\": {\"image\": \"a\"}}}", true, false },
                { "{\"components\": [], \"services\": {}}", false, false },
                { "replicated_api_version: 2.8.0\nservices: {}\n", false, false },
                { "components:\n", false, false },
                { "nothing: of\nboth: kinds\n", false, false },
                { "# kind: scheduler-swarm\nx: {{repl y}}\n", true, true },
                { "# kind: replicated\nname: x\n---\n# kind: scheduler-swarm\n", true, true },
                { "# kind: replicated\nservices: {}\n", true, false },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                size_t size = strlen(cases[i].text);

                g_assert_true(format_is_compose(cases[i].text, size) == cases[i].is_compose);
                g_assert_true(format_wants_swarm(cases[i].text, size) == cases[i].wants_swarm);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/release/split", test_documents_are_split_at_markers_and_have_kinds);
        g_test_add_func("/release/text", test_a_part_stands_where_it_stood);
        g_test_add_func("/release/limit", test_many_documents_are_not_kept_apart);
        g_test_add_func("/release/neutral", test_templates_without_settings_count_as_one);
        g_test_add_func("/release/formats", test_formats_are_told_apart);
        return g_test_run();
}
