/*
 * The corpus: Compose files, what they come to, and what is said about the wrong ones
 *
 * good/NAME.yml and good/NAME/compose.yml have a good/NAME.json: what docker compose 2.40.3 makes
 * of them, recorded by tools/compose-diff. The effective document must be that, but for `x-` keys
 * and models, which docker compose does not print; and read again, as YAML and as JSON, it must be
 * the same. bad/NAME.yml has a bad/NAME.expect with the findings; with SLIPWAY_UPDATE=1 those are
 * written instead.
 *
 * The first line of a file may say how it is read: `# with: -f a.yml --profile x NAME=value`.
 */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "format/compose/document.h"

typedef struct Case {
        char *folder; /* the project's */
        GStrv words;  /* of the first line */
        GPtrArray *files, *profiles, *env_files;
        const char *project;
} Case;

static void case_clear(Case *c)
{
        g_free(c->folder);
        g_strfreev(c->words);
        g_ptr_array_unref(c->files);
        g_ptr_array_unref(c->profiles);
        g_ptr_array_unref(c->env_files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static Case case_new(const char *file)
{
        Case c = {
                .folder = g_path_get_dirname(file),
                .files = g_ptr_array_new_with_free_func(g_free),
                .profiles = g_ptr_array_new(),
                .env_files = g_ptr_array_new(),
        };
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        text[strcspn(text, "\n")] = '\0';
        c.words = g_strsplit(g_str_has_prefix(text, "# with: ") ? text + 8 : "", " ", -1);
        for (size_t i = 0; c.words[i] != NULL; i++) {
                const char *word = c.words[i];

                if (strcmp(word, "-f") == 0)
                        g_ptr_array_add(c.files, g_build_filename(c.folder, c.words[++i], NULL));
                else if (strcmp(word, "--profile") == 0)
                        g_ptr_array_add(c.profiles, c.words[++i]);
                else if (strcmp(word, "--env-file") == 0)
                        g_ptr_array_add(c.env_files, c.words[++i]);
                else if (strcmp(word, "-p") == 0)
                        c.project = c.words[++i];
        }
        if (c.files->len == 0)
                g_ptr_array_add(c.files, g_strdup(file));
        g_ptr_array_add(c.profiles, NULL);
        if (c.env_files->len > 0)
                g_ptr_array_add(c.env_files, NULL);
        return c;
}

/* ---- The world: the files of the tests, and the variables that the first line sets ---- */

static bool read_file(const char *path, char **ret_text, gsize *ret_size, GError **error,
                      gpointer user)
{
        return g_file_get_contents(path, ret_text, ret_size, error);
}

static const char *get_environment(const char *name, gpointer user)
{
        const Case *c = user;

        for (size_t i = 0; c->words[i] != NULL; i++) {
                size_t len = strlen(name);

                if (c->words[i][0] == '-')
                        i++;
                else if (strncmp(c->words[i], name, len) == 0 && c->words[i][len] == '=')
                        return c->words[i] + len + 1;
        }
        return strcmp(name, "HOME") == 0 ? "/home/user" : NULL;
}

static ComposeDocument *load(Case *c, const FormatSource *sources, size_t n, DiagList *diags)
{
        FormatWorld world = {
                .read_file = read_file,
                .environment = get_environment,
                .user = c,
        };
        FormatOptions options = {
                .purpose = FORMAT_LINT,
                .world = &world,
                .project = c->project,
                .working_dir = c->folder,
                .profiles = (const char *const *) c->profiles->pdata,
                .env_files = c->env_files->len > 0 ? (const char *const *) c->env_files->pdata
                                                   : NULL,
        };
        ComposeDocument *document = compose_load(sources, n, &options, diags);

        g_assert_true((document == NULL) == diag_has_errors(diags));
        diag_list_sort(diags);
        return document;
}

static ComposeDocument *load_files(Case *c, DiagList *diags)
{
        g_autoptr(GArray) sources = g_array_new(false, false, sizeof(FormatSource));
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

        for (size_t i = 0; i < c->files->len; i++) {
                FormatSource source = { .file = c->files->pdata[i] };
                char *text;

                g_assert_true(g_file_get_contents(source.file, &text, &source.size, NULL));
                g_ptr_array_add(texts, text);
                source.text = text;
                g_array_append_val(sources, source);
        }
        return load(c, (const FormatSource *) sources->data, sources->len, diags);
}

/* The project's folder becomes /project, its parent / */
static char *without_folder(const char *text, const char *folder)
{
        g_autofree char *parent = g_path_get_dirname(folder);
        g_autofree char *above = g_strconcat(parent, "/", NULL);
        GString *out = g_string_new(text);

        g_string_replace(out, folder, "/project", 0);
        g_string_replace(out, above, "/", 0);
        return g_string_free(out, false);
}

/* ---- Good files ---- */

static void remove_own(json_t *value)
{
        void *next;
        const char *key;
        json_t *member;
        size_t i;

        json_object_foreach_safe(value, next, key, member) {
                if (g_str_has_prefix(key, "x-"))
                        json_object_del(value, key);
                else
                        remove_own(member);
        }
        json_array_foreach(value, i, member)
                remove_own(member);
}

/* As docker compose prints it, sorted */
static char *reference_form(const char *text, const char *folder)
{
        g_autoptr(json_t) json = json_loads(text, 0, NULL);
        g_autofree char *plain = NULL;
        void *next;
        const char *key;
        json_t *member;
        char *sorted;

        g_assert_nonnull(json);
        json_object_del(json, "models");
        json_object_foreach_safe(json, next, key, member) {
                if (!g_str_has_prefix(key, "x-"))
                        remove_own(member);
        }
        sorted = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
        plain = without_folder(sorted, folder);
        free(sorted);
        return g_strconcat(plain, "\n", NULL);
}

static char *sorted_text(const ComposeDocument *document)
{
        g_autoptr(json_t) json = compose_to_json(document->root);

        return json_to_canonical_text(json);
}

static void check_reads_again(Case *c, const ComposeDocument *document, bool as_json)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autofree char *text = compose_effective(document, as_json);
        g_autofree char *before = sorted_text(document), *after = NULL, *findings = NULL;
        FormatSource source = { .file = "effective.yml", .text = text, .size = strlen(text) };
        g_autoptr(ComposeDocument) again = load(c, &source, 1, diags);

        findings = diag_list_to_text(diags, false);
        if (again == NULL || diag_count(diags, DIAG_WARNING) > 0)
                g_error("%s", findings);
        after = sorted_text(again);
        g_assert_cmpstr(after, ==, before);
}

static void test_good(gconstpointer data)
{
        g_auto(Case) c = case_new(data);
        bool is_folder = g_str_has_suffix(data, "/compose.yml");
        g_autofree char *stem = is_folder ? g_strdup(c.folder)
                                          : g_strndup(data, strlen(data) - strlen(".yml"));
        g_autofree char *expect_file = g_strconcat(stem, ".json", NULL);
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(ComposeDocument) document = load_files(&c, diags);
        g_autofree char *findings = diag_list_to_text(diags, false);
        g_autofree char *expected = NULL, *effective = NULL, *got = NULL;

        if (document == NULL)
                g_error("%s", findings);
        g_assert_true(g_file_get_contents(expect_file, &expected, NULL, NULL));
        effective = compose_effective(document, true);
        got = reference_form(effective, c.folder);
        g_assert_cmpstr(got, ==, expected);
        check_reads_again(&c, document, true);
        check_reads_again(&c, document, false);
}

/* ---- Bad files ---- */

static void test_bad(gconstpointer data)
{
        g_auto(Case) c = case_new(data);
        bool is_folder = g_str_has_suffix(data, "/compose.yml");
        g_autofree char *stem = is_folder ? g_strdup(c.folder)
                                          : g_strndup(data, strlen(data) - strlen(".yml"));
        g_autofree char *expect_file = g_strconcat(stem, ".expect", NULL);
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(ComposeDocument) document = load_files(&c, diags);
        g_autofree char *expected = NULL, *got = NULL;
        g_autoptr(GString) out = g_string_new(NULL);

        for (size_t i = 0; i < diag_list_size(diags); i++) {
                const Diag *diag = diag_list_at(diags, i);
                g_autofree char *name = g_path_get_basename(diag->pos.file != NULL ? diag->pos.file
                                                                                   : "-");

                g_string_append_printf(out, "%s:%u:%u-%u %s %s", name, diag->pos.line,
                                       diag->pos.col, diag->pos.col + diag->width - 1,
                                       diag_severity_to_string(diag->severity), diag->name);
                if (diag->path != NULL && diag->path[0] != '\0')
                        g_string_append_printf(out, " %s", diag->path);
                g_string_append_printf(out, "\n    %s\n", diag->message);
        }
        got = without_folder(out->str, c.folder);
        if (g_getenv("SLIPWAY_UPDATE") != NULL) {
                g_assert_true(g_file_set_contents(expect_file, got, -1, NULL));
                return;
        }
        g_assert_true(g_file_get_contents(expect_file, &expected, NULL, NULL));
        g_assert_cmpstr(got, ==, expected);
        g_assert_cmpuint(diag_list_size(diags), >, 0);
}

/* ---- All of them ---- */

static unsigned add_folder(const char *folder, const char *kind, GTestDataFunc test)
{
        g_autofree char *path = g_build_filename(folder, kind, NULL);
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;
        unsigned n = 0;

        g_assert_nonnull(dir);
        while ((name = g_dir_read_name(dir)) != NULL) {
                g_autofree char *file = g_build_filename(path, name, NULL);
                g_autofree char *title = g_strdup_printf("/%s/%s", kind, name);

                if (g_file_test(file, G_FILE_TEST_IS_DIR)) {
                        char *main_file = g_build_filename(file, "compose.yml", NULL);

                        g_free(file);
                        file = main_file;
                } else if (!g_str_has_suffix(name, ".yml")) {
                        continue;
                }
                g_test_add_data_func_full(title, g_steal_pointer(&file), test, g_free);
                n++;
        }
        return n;
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, ==, 2);
        g_assert_cmpuint(add_folder(argv[1], "good", test_good), >=, 75);
        g_assert_cmpuint(add_folder(argv[1], "bad", test_bad), >=, 30);
        return g_test_run();
}
