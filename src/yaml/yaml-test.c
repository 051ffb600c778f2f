#include "yaml/yaml.h"

#include <string.h>

/* What the parser makes of a text: each node as `KIND@line:col`, or the findings */
static void append_node(GString *out, const YamlNode *node)
{
        switch (node->kind) {
        case YAML_SCALAR:
                g_string_append_printf(out, "'%s'@%u:%u", node->text, node->line, node->col);
                return;
        case YAML_SEQUENCE:
                g_string_append_printf(out, "[@%u:%u", node->line, node->col);
                for (size_t i = 0; i < node->n_items; i++) {
                        g_string_append_c(out, ' ');
                        append_node(out, node->items[i]);
                }
                g_string_append_c(out, ']');
                return;
        case YAML_MAPPING:
                g_string_append_printf(out, "{@%u:%u", node->line, node->col);
                for (size_t i = 0; i < node->n_pairs; i++) {
                        const YamlPair *pair = &node->pairs[i];

                        g_string_append_printf(out, " %s%s@%u:%u ", pair->is_merged ? "<" : "",
                                               pair->key, pair->line, pair->col);
                        append_node(out, pair->value);
                }
                g_string_append_c(out, '}');
                return;
        }
}

static char *read_sized(const char *text, size_t size)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(YamlStream) stream = yaml_parse("f", text, size, diags);
        GString *out = g_string_new(NULL);

        for (size_t i = 0; stream != NULL && i < stream->n_documents; i++) {
                const YamlDocument *document = &stream->documents[i];

                if (document->kind != NULL)
                        g_string_append_printf(out, "<%s@%u:%u> ", document->kind,
                                               document->kind_line, document->kind_col);
                append_node(out, document->root);
                g_string_append_c(out, '\n');
        }
        for (size_t i = 0; stream != NULL && i < stream->n_duplicates; i++) {
                const YamlDuplicate *duplicate = &stream->duplicates[i];

                g_string_append_printf(out, "%u:%u %s again, before in %u\n", duplicate->line,
                                       duplicate->col, duplicate->key, duplicate->before_line);
        }
        for (size_t i = 0; stream != NULL && i < stream->n_faults; i++) {
                const YamlFault *fault = &stream->faults[i];

                g_string_append_printf(out, "%u:%u %s: %s\n", fault->line, fault->col,
                                       fault->is_key ? "odd key" : "old YAML", fault->message);
        }
        for (size_t i = 0; i < diag_list_size(diags); i++) {
                const Diag *diag = diag_list_at(diags, i);

                g_string_append_printf(out, "%u:%u %s: %s\n", diag->pos.line, diag->pos.col,
                                       diag->name, diag->message);
        }
        return g_string_free(out, false);
}

static void check(const char *text, const char *expected)
{
        g_autofree char *got = read_sized(text, strlen(text));

        g_assert_cmpstr(got, ==, expected);
}

static void test_scalars_keep_their_source_text(void)
{
        check("version: 1.10\npolicy: no\nmode: 0700\n",
              "{@1:1 version@1:1 '1.10'@1:10 policy@2:1 'no'@2:9 mode@3:1 '0700'@3:7}\n");
        check("\xef\xbb\xbf"
              "a: \"\xc3\xa9\" # c\r\nb:\r\n- x\r\n",
              "{@1:1 a@1:1 '\xc3\xa9'@1:4 b@2:1 [@3:1 'x'@3:3]}\n");
}

static void test_places_count_lines_as_editors_do(void)
{
        /* libyaml sees a line end in U+2028; an editor does not */
        check("a: \"x\xe2\x80\xa8y\"\nb: z\n", "{@1:1 a@1:1 'x\xe2\x80\xa8y'@1:4 b@2:1 'z'@2:4}\n");
}

static void test_the_last_of_duplicate_keys_counts(void)
{
        check("a: 1\nb: 2\na: 3\n", "{@1:1 a@3:1 '3'@3:4 b@2:1 '2'@2:4}\n"
                                    "3:1 a again, before in 1\n");
}

static void test_merge_keys_fill_in_what_is_missing(void)
{
        check("- &x {a: 1, b: 2}\n- {<<: *x, b: 3}\n",
              "[@1:1 {@1:6 a@1:7 '1'@1:10 b@1:13 '2'@1:16} {@2:3 b@2:12 '3'@2:15 <a@1:7 "
              "'1'@1:10}]\n");
        check("- &x {a: 1}\n- &y {a: 2, b: 2}\n- {<<: [*x, *y]}\n",
              "[@1:1 {@1:6 a@1:7 '1'@1:10} {@2:6 a@2:7 '2'@2:10 b@2:13 '2'@2:16} {@3:3 <a@1:7 "
              "'1'@1:10 <b@2:13 '2'@2:16}]\n");
        check("\"<<\": 1\n", "{@1:1 <<@1:1 '1'@1:7}\n");
        check("a: 1\n<<: 1\n", "2:1 yaml-syntax: `<<` takes a mapping or a list of mappings, "
                               "mostly as an alias: `<<: *name`\n");
}

static void test_large_mappings_are_merged_and_searched_too(void)
{
        g_autoptr(GString) text = g_string_new("- &x\n");
        g_autofree char *got = NULL;

        for (int i = 0; i < 50; i++)
                g_string_append_printf(text, "  k%d: %d\n", i, i);
        g_string_append(text, "- <<: *x\n");
        for (int i = 0; i < 49; i++)
                g_string_append_printf(text, "  k%d: new\n", i);
        g_string_append(text, "  k3: again\n");
        got = read_sized(text->str, text->len);
        g_assert_nonnull(strstr(got, " <k49@"));
        g_assert_null(strstr(got, " <k48@"));
        g_assert_nonnull(strstr(got, "102:3 k3 again, before in 56\n"));
}

static void test_documents_of_a_stream_have_their_kind(void)
{
        check("# A title\n\n---\n# kind: replicated\na: 1\n---\n#kind:  scheduler-swarm\n\nb: 2\n",
              "<replicated@4:9> {@5:1 a@5:1 '1'@5:4}\n"
              "<scheduler-swarm@7:9> {@9:1 b@9:1 '2'@9:4}\n");
        check("# kind: replicated\n---\na: 1\n---\nb: 2\n",
              "<replicated@1:9> {@3:1 a@3:1 '1'@3:4}\n{@5:1 b@5:1 '2'@5:4}\n");
        check("a: 1 # kind: no\n", "{@1:1 a@1:1 '1'@1:4}\n");
        check("", "");
}

static void test_what_is_not_yaml_is_said_with_its_place(void)
{
        check("a: [1\n",
              "2:1 yaml-syntax: not YAML: did not find expected ',' or ']' (while parsing a flow "
              "sequence that began in line 1); look at indentation, quotes and brackets here and "
              "just before\n");
        check("a:\n\t- b\n",
              "2:1 yaml-syntax: not YAML: found character that cannot start any token; "
              "indent with blanks, not with tabs\n");
        check("a: *b\n", "1:4 yaml-syntax: there is no `&b` before this\n");
        check("a: &b [*b]\n", "1:8 yaml-syntax: `*b` stands inside what it refers to\n");
        check("a: !!binary a\n",
              "1:13 yaml-syntax: what stands behind `!!binary` is not the base64 of a text\n");
        check("a: \"\\0\"\n",
              "1:4 yaml-syntax: the text holds a NUL character, which nothing can take\n");
        check("\xff\xfe"
              "a",
              "1:1 yaml-syntax: the file is UTF-16; save it as UTF-8\n");
        check("a: b\n  \xff\n", "2:3 yaml-syntax: not YAML: invalid leading UTF-8 octet; the file "
                                "must be UTF-8 text\n");
}

static void test_deep_nesting_is_refused_at_once(void)
{
        g_autofree char *brackets = g_strnfill(100000, '[');
        g_autoptr(GString) dashes = g_string_new(NULL);
        gint64 start = g_get_monotonic_time();

        check(brackets, "1:65 yaml-limit: lists and mappings are nested more than 64 deep\n");
        for (int i = 0; i < 100000; i++)
                g_string_append(dashes, "- ");
        check(dashes->str, "1:129 yaml-limit: lists and mappings are nested more than 64 deep\n");
        /* generous: the point is that it is not a minute */
        g_assert_cmpint(g_get_monotonic_time() - start, <, 2 * G_USEC_PER_SEC);
}

static void test_alias_bombs_are_refused_while_they_are_built(void)
{
        g_autoptr(GString) text = g_string_new("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        g_autofree char *got = NULL;

        for (int i = 1; i < 20; i++)
                g_string_append_printf(text,
                                       "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i,
                                       i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        got = read_sized(text->str, text->len);
        g_assert_nonnull(strstr(got, "yaml-limit: aliases make more than 1000000 nodes"));

        g_string_assign(text, "a0: &a0 {b: x}\n");
        for (int i = 1; i < 40; i++)
                g_string_append_printf(text, "a%d: &a%d {<<: *a%d, k%d: [*a%d, *a%d]}\n", i, i,
                                       i - 1, i, i - 1, i - 1);
        g_free(got);
        got = read_sized(text->str, text->len);
        g_assert_nonnull(strstr(got, "yaml-limit: aliases make more than 1000000 nodes"));
}

static void test_too_many_directives_are_refused(void)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *got = NULL;

        for (int i = 0; i < 200; i++)
                g_string_append_printf(text, "%%TAG !a%d! b\n", i);
        got = read_sized(text->str, text->len);
        g_assert_cmpstr(got, ==, "101:1 yaml-limit: more than 100 lines begin with `%`\n");
}

/* Finds the character `@` of the first value of a document, from the value's side */
static void check_place(const char *text, unsigned line, unsigned col)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(YamlStream) stream = yaml_parse("f", text, strlen(text), diags);
        const YamlNode *node;
        SourcePos pos;

        g_assert_nonnull(stream);
        node = stream->documents[0].root->pairs[0].value;
        g_assert_nonnull(strchr(node->text, '@'));
        pos = yaml_pos_in_scalar(stream, node, strchr(node->text, '@') - node->text);
        g_test_message("%s", text);
        g_assert_cmpuint(pos.line, ==, line);
        g_assert_cmpuint(pos.col, ==, col);
}

static void test_a_place_inside_a_scalar_is_found_in_every_style(void)
{
        check_place("a: b@\n", 1, 5);
        check_place("a: b\n   c\n\n   d @\n", 4, 6);
        check_place("a: &x !!str b@\n", 1, 14);
        check_place("a: \"\\\"\\\"@\"\n", 1, 9);
        check_place("a: \"\\u00e9\\x41\\N@\"\n", 1, 17);
        check_place("a: \"x\n  y\n\n  z@\"\n", 4, 4);
        check_place("a: \"x\\\n  y@\"\n", 2, 4);
        check_place("a: '''''@'\n", 1, 9);
        check_place("a: 'x\n  y@'\n", 2, 4);
        check_place("a: |\n  x\n  y@\n", 3, 4);
        check_place("a: |2-\n   x\n\n   y@\n", 4, 5);
        check_place("a: |\n\n\n    x @\n", 4, 7);
        check_place("a: >\n  x\n  y@\n", 3, 4);
        check_place("a: >\n  x\n\n  y\n    z\n  w@\n", 6, 4);
        check_place("a: >-\n  x\n    y\n\n    z@\n", 5, 6);
        check_place("a: \xc3\xa9@\n", 1, 5);
}

/* The place of each letter of a random scalar holds that letter */
static void test_places_inside_random_scalars_hold_their_letters(void)
{
        static const char *const heads[] = { "a: ", "a: '", "a: \"", "a: |\n  ", "a: >\n  " };
        static const char *const tails[] = { "\n", "'\n", "\"\n", "\n", "\n" };

        for (int round = 0; round < 3000; round++) {
                int style = g_test_rand_int_range(0, 5);
                g_autoptr(GString) text = g_string_new(heads[style]);
                g_autoptr(DiagList) diags = diag_list_new();
                g_autoptr(YamlStream) stream = NULL;
                const YamlNode *node;
                int n = g_test_rand_int_range(1, 30);

                for (int i = 0; i < n; i++) {
                        int what = g_test_rand_int_range(0, 12);

                        if (what == 0 && i > 0)
                                g_string_append(text, g_test_rand_bit() ? "\n  " : "\n\n  ");
                        else if (what == 1 && i > 0)
                                g_string_append(text, g_test_rand_bit() ? " " : "  ");
                        else if (what == 2 && style == 2)
                                g_string_append(text, g_test_rand_bit() ? "\\t" : "\\\n  ");
                        else if (what == 2 && style == 1)
                                g_string_append(text, "''");
                        else
                                g_string_append_c(text, g_test_rand_int_range('b', 'z' + 1));
                }
                g_string_append(text, tails[style]);
                stream = yaml_parse("f", text->str, text->len, diags);
                g_assert_nonnull(stream);
                node = stream->documents[0].root->pairs[0].value;
                for (size_t i = 0; i < node->len; i++) {
                        SourcePos pos = yaml_pos_in_scalar(stream, node, i);
                        size_t len;
                        const char *line = yaml_line_text(stream, pos.line, &len);

                        if (node->text[i] < 'b' || node->text[i] > 'z')
                                continue;
                        g_test_message("%d `%s` at %zu -> %u:%u", style, text->str, i, pos.line,
                                       pos.col);
                        g_assert_cmpuint(pos.col, <=, len);
                        g_assert_cmpint(line[pos.col - 1], ==, node->text[i]);
                }
        }
}

static void check_path(const char *text, unsigned line, unsigned col, const char *expected)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(YamlStream) stream = yaml_parse("f", text, strlen(text), diags);
        g_autofree char *path = yaml_path_at(stream->documents[0].root, line, col);

        g_assert_cmpstr(path, ==, expected);
}

static void test_the_path_of_a_place_is_found(void)
{
        static const char text[] = "a:\n- b: 1\n  c: {d: [x, y]}\n- e: 2\nf: 3\n";
        g_autoptr(GString) large = g_string_new("a:\n");

        check_path(text, 2, 6, "a[0].b");
        check_path(text, 2, 3, "a[0]");
        check_path(text, 3, 14, "a[0].c.d[1]");
        check_path(text, 3, 3, "a[0].c");
        check_path(text, 4, 6, "a[1].e");
        check_path(text, 5, 4, "f");
        check_path(text, 9, 9, "");
        for (int i = 0; i < 1000; i++)
                g_string_append(large, "- k: v\n");
        check_path(large->str, 778, 6, "a[776].k");
}

static void test_what_others_reject_is_noted(void)
{
        check("a: {{repl X}}\n", "{@1:1 a@1:1 {@1:4 {…}@1:5 ''@1:13}}\n"
                                 "1:5 odd key: a key is a word, not a list or a mapping; a "
                                 "template must be quoted: \"{{repl …}}\"\n");
        check("[a:b, 'a:b', [c?], d]\n",
              "[@1:1 'a:b'@1:2 'a:b'@1:7 [@1:14 'c?'@1:15] 'd'@1:20]\n"
              "1:2 old YAML: between brackets a text with `:` or `?` in it is not read; put it in "
              "quotes\n"
              "1:15 old YAML: between brackets a text with `:` or `?` in it is not read; put it in "
              "quotes\n");
        check("%YAML 1.2\n---\na\n", "'a'@3:1\n1:1 old YAML: the format is YAML 1.1; take the "
                                     "line `%YAML` out\n");
        check("%YAML 1.1\n---\na\n", "'a'@3:1\n");
        check("! a\n", "'a'@1:3\n1:1 old YAML: a `!` without a name behind it\n");
}

static void test_binary_is_text(void)
{
        check("!!binary aGVsbG8=\n", "'hello'@1:10\n");
        check("!!binary |\n  aGVs\n  bG8=\n", "'hello'@1:10\n");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/yaml/scalars", test_scalars_keep_their_source_text);
        g_test_add_func("/yaml/odd-lines", test_places_count_lines_as_editors_do);
        g_test_add_func("/yaml/duplicates", test_the_last_of_duplicate_keys_counts);
        g_test_add_func("/yaml/merge", test_merge_keys_fill_in_what_is_missing);
        g_test_add_func("/yaml/large", test_large_mappings_are_merged_and_searched_too);
        g_test_add_func("/yaml/documents", test_documents_of_a_stream_have_their_kind);
        g_test_add_func("/yaml/syntax", test_what_is_not_yaml_is_said_with_its_place);
        g_test_add_func("/yaml/depth", test_deep_nesting_is_refused_at_once);
        g_test_add_func("/yaml/bomb", test_alias_bombs_are_refused_while_they_are_built);
        g_test_add_func("/yaml/directives", test_too_many_directives_are_refused);
        g_test_add_func("/yaml/place", test_a_place_inside_a_scalar_is_found_in_every_style);
        g_test_add_func("/yaml/place-random", test_places_inside_random_scalars_hold_their_letters);
        g_test_add_func("/yaml/path", test_the_path_of_a_place_is_found);
        g_test_add_func("/yaml/what-others-reject", test_what_others_reject_is_noted);
        g_test_add_func("/yaml/binary", test_binary_is_text);
        return g_test_run();
}
