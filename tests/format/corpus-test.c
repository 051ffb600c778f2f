/*
 * The corpus: files, and what is said about them to the column
 *
 * Each NAME.yml in good/ and bad/ has a NAME.expect: the findings of lint, those of up where they
 * differ, and for what can be run the start graph. In good/ are files that lint accepts, in bad/
 * those that it rejects. With SLIPWAY_UPDATE=1 the .expect files are written instead.
 */

#include <string.h>

#include "format/format.h"

static void append_findings(GString *out, DiagList *diags)
{
        for (size_t i = 0; i < diag_list_size(diags); i++) {
                const Diag *diag = diag_list_at(diags, i);

                g_string_append_printf(out, "%u:%u-%u %s %s", diag->pos.line, diag->pos.col,
                                       diag->pos.col + diag->width - 1,
                                       diag_severity_to_string(diag->severity), diag->name);
                if (diag->path != NULL && diag->path[0] != '\0')
                        g_string_append_printf(out, " %s", diag->path);
                g_string_append_printf(out, "\n    %s\n", diag->message);
        }
}

static void append_ports(GString *out, const Application *app)
{
        for (size_t i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];

                for (size_t j = 0; j < w->n_publications; j++) {
                        if (w->publications[j].type == EVENT_PORT_LISTEN)
                                g_string_append_printf(out, "%s listens on %u\n", w->id,
                                                       w->publications[j].listen_port);
                }
        }
}

/* The findings for a purpose, and the graph where there is a model */
static char *read_for(const char *text, size_t size, FormatPurpose purpose, bool *ret_is_good)
{
        g_autoptr(DiagList) diags = diag_list_new();
        FormatOptions options = { .purpose = purpose };
        g_autoptr(Application) app = format_read("app.yml", text, size, &options, diags);
        GString *out = g_string_new(NULL);

        append_findings(out, diags);
        g_assert_true((app == NULL) == diag_has_errors(diags));
        *ret_is_good = app != NULL;
        if (app != NULL && purpose == FORMAT_LINT && app->n_workloads > 0) {
                g_autofree char *graph = format_graph(app, FORMAT_GRAPH_TEXT);

                g_string_append_printf(out, "\n%s", graph);
                append_ports(out, app);
        }
        return g_string_free(out, false);
}

static void test_file(gconstpointer data)
{
        const char *file = data;
        bool is_bad = strstr(file, "/bad/") != NULL, is_good, is_good_for_up;
        g_autofree char *stem = g_strndup(file, strlen(file) - strlen(".yml"));
        g_autofree char *expect_file = g_strconcat(stem, ".expect", NULL);
        g_autofree char *text = NULL, *expected = NULL, *lint = NULL, *up = NULL, *got = NULL;
        gsize size;

        g_assert_true(g_file_get_contents(file, &text, &size, NULL));
        lint = read_for(text, size, FORMAT_LINT, &is_good);
        up = read_for(text, size, FORMAT_UP, &is_good_for_up);
        g_assert_true(is_good != is_bad);
        g_assert_false(is_bad && is_good_for_up);
        got = g_strdup_printf("lint: %s\n%s\nup: %s\n%s", is_good ? "accepted" : "rejected", lint,
                              is_good_for_up ? "accepted" : "refused", up);
        if (g_getenv("SLIPWAY_UPDATE") != NULL) {
                g_assert_true(g_file_set_contents(expect_file, got, -1, NULL));
                return;
        }
        g_assert_true(g_file_get_contents(expect_file, &expected, NULL, NULL));
        g_assert_cmpstr(got, ==, expected);
}

static unsigned add_folder(const char *folder)
{
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        const char *name;

        g_assert_nonnull(dir);
        while ((name = g_dir_read_name(dir)) != NULL) {
                if (g_str_has_suffix(name, ".yml"))
                        g_ptr_array_add(files, g_build_filename(folder, name, NULL));
        }
        for (size_t i = 0; i < files->len; i++) {
                g_autofree char *base = g_path_get_basename(files->pdata[i]);
                g_autofree char *kind = g_path_get_basename(folder);
                g_autofree char *path = g_strdup_printf("/%s/%s", kind, base);

                g_test_add_data_func_full(path, files->pdata[i], test_file, g_free);
        }
        return files->len;
}

int main(int argc, char **argv)
{
        g_autofree char *good = NULL, *bad = NULL;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, ==, 2);
        good = g_build_filename(argv[1], "good", NULL);
        bad = g_build_filename(argv[1], "bad", NULL);
        g_assert_cmpuint(add_folder(good) + add_folder(bad), >=, 150);
        return g_test_run();
}
