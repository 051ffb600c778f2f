/*
 * What becomes of a Compose file: the order, and what each container is made of
 *
 * Each NAME.yml has a NAME.expect: the findings, the start graph, the events with the time that is
 * given to them, the specs, and what is shared. A file whose name begins with `swarm-` is read for
 * a Swarm. With SLIPWAY_UPDATE=1 the .expect files are written instead: read them.
 */

#include <string.h>

#include "base/json.h"
#include "format/format.h"
#include "model/spec.h"

/* A small world: one file and one variable */
static bool read_file(const char *path, char **ret_text, gsize *ret_size, GError **error,
                      gpointer user)
{
        if (!g_str_has_suffix(path, "/nginx.conf")) {
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "there is no such file");
                return false;
        }
        *ret_text = g_strdup("server {}\n");
        *ret_size = strlen(*ret_text);
        return true;
}

static const char *environment(const char *name, gpointer user)
{
        return strcmp(name, "DB_PASSWORD") == 0 ? "pa55word" : NULL;
}

static const FormatWorld world = { .read_file = read_file, .environment = environment };

static char *render(const char *text, gpointer user, char **ret_error)
{
        g_auto(GStrv) parts = g_strsplit(text, "{{repl ConfigOption \"tag\"}}", -1);

        if (strstr(text, "{{repl fail}}") != NULL) {
                *ret_error = g_strdup("this one fails");
                return NULL;
        }
        return g_strjoinv("1.4.2", parts);
}

static void append_findings(GString *out, DiagList *diags)
{
        for (size_t i = 0; i < diag_list_size(diags); i++) {
                const Diag *diag = diag_list_at(diags, i);

                g_string_append_printf(out, "%u:%u %s %s%s%s\n    %s\n", diag->pos.line,
                                       diag->pos.col, diag_severity_to_string(diag->severity),
                                       diag->name, diag->path == NULL ? "" : " ",
                                       diag->path == NULL ? "" : diag->path, diag->message);
        }
}

static void append_json(GString *out, const char *indent, const char *key, const json_t *value)
{
        g_autofree char *text = json_to_canonical_text(value);

        g_string_append_printf(out, "%s%s: %s\n", indent, key, text);
}

static void append_events(GString *out, const Workload *w)
{
        for (size_t i = 0; i < w->n_publications; i++)
                g_string_append_printf(out, "  %s within %" G_GINT64_FORMAT " s\n",
                                       event_type_to_string(w->publications[i].type),
                                       w->publications[i].timeout_s);
}

static void append_tries(GString *out, const Workload *w)
{
        if (w->kind != WORKLOAD_EPHEMERAL)
                return;
        g_string_append_printf(out, "  tries: %s", restart_policy_to_string(w->restart.policy));
        if (w->restart.max > 0)
                g_string_append_printf(out, ", %" G_GINT64_FORMAT " more", w->restart.max);
        if (w->restart.delay_us > 0)
                g_string_append_printf(out, ", after %g s", (double) w->restart.delay_us / 1e6);
        if (w->on_unknown != ON_UNKNOWN_DEFAULT)
                g_string_append_printf(out, ", unknown: %s",
                                       w->on_unknown == ON_UNKNOWN_HOLD ? "hold" : "rerun");
        if (w->on_node_loss == ON_NODE_LOSS_RERUN)
                g_string_append(out, ", node lost: rerun");
        g_string_append_c(out, '\n');
}

static void append_workload(GString *out, const Workload *w)
{
        g_autoptr(json_t) spec = spec_to_json(w->fixed);
        g_autoptr(Spec) copy = spec_copy(w->fixed);
        g_autoptr(json_t) again = spec_to_json(copy);
        g_autoptr(GList) keys = NULL;
        const char *key;
        json_t *value;

        g_assert_true(json_equal(spec, again));
        g_string_append_printf(out, "\n%s: %s%s%s", w->id, w->image_name,
                               w->version.raw == NULL ? "" : ":",
                               w->version.raw == NULL ? "" : w->version.raw);
        if (w->n_replicas != 1)
                g_string_append_printf(out, ", %u replicas", w->n_replicas);
        if (w->pull_policy[0] != '\0')
                g_string_append_printf(out, ", pull %s", w->pull_policy);
        g_string_append(out, w->build != NULL ? ", built here\n" : "\n");
        append_events(out, w);
        append_tries(out, w);
        json_object_foreach(spec, key, value)
                keys = g_list_insert_sorted(keys, (char *) key, (GCompareFunc) strcmp);
        for (GList *at = keys; at != NULL; at = at->next)
                append_json(out, "  ", at->data, json_object_get(spec, at->data));
}

static void append_resources(GString *out, const Application *app)
{
        static const char *const kinds[] = { "network", "volume", "config", "secret" };

        if (app->n_resources > 0)
                g_string_append_c(out, '\n');
        for (size_t i = 0; i < app->n_resources; i++) {
                const Resource *resource = &app->resources[i];
                g_autofree char *options = json_to_canonical_text(resource->options);

                g_string_append_printf(out, "%s %s is %s%s %s", kinds[resource->kind],
                                       resource->key, resource->name,
                                       resource->is_external ? " (external)" : "", options);
                if (resource->data != NULL)
                        g_string_append_printf(out, ", %zu bytes", resource->size);
                g_string_append_c(out, '\n');
        }
}

static void append_model(GString *out, const Application *app)
{
        g_autofree char *graph = format_graph(app, FORMAT_GRAPH_TEXT);

        g_string_append_printf(out, "application %s\n\n%s", app->name.raw, graph);
        for (size_t i = 0; i < app->n_workloads; i++)
                append_workload(out, &app->workloads[i]);
        append_resources(out, app);
        if (app->minimum_node_count > 0)
                g_string_append_printf(out, "at least %u nodes\n", app->minimum_node_count);
        for (size_t i = 0; i < app->n_groups; i++)
                g_string_append_printf(out, "settings %s\n", app->groups[i].name);
}

static char *read_for(const char *name, const char *text, FormatPurpose purpose)
{
        g_autoptr(DiagList) diags = diag_list_new();
        FormatSource source = { name, text, strlen(text) };
        FormatOptions options = {
                .purpose = purpose,
                .target = g_str_has_prefix(name, "swarm-") ? FORMAT_SWARM : FORMAT_HOST,
                .world = &world,
                .working_dir = "/srv/shop",
                .render = strstr(name, "unrendered") != NULL ? NULL : render,
        };
        g_autoptr(Application) app = format_read_all(&source, 1, &options, diags);
        GString *out = g_string_new(NULL);

        append_findings(out, diags);
        g_assert_true((app == NULL) == diag_has_errors(diags));
        if (app == NULL)
                g_string_append(out, "refused\n");
        else if (purpose == FORMAT_LINT)
                append_model(out, app);
        else
                g_string_append(out, "accepted\n");
        return g_string_free(out, false);
}

static void test_file(gconstpointer data)
{
        const char *file = data;
        g_autofree char *name = g_path_get_basename(file);
        g_autofree char *stem = g_strndup(file, strlen(file) - strlen(".yml"));
        g_autofree char *expect_file = g_strconcat(stem, ".expect", NULL);
        g_autofree char *text = NULL, *expected = NULL, *lint = NULL, *up = NULL, *got = NULL;

        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_assert_true(format_is_compose(text, strlen(text)));
        lint = read_for(name, text, FORMAT_LINT);
        up = read_for(name, text, FORMAT_UP);
        got = g_strdup_printf("%s\nup:\n%s", lint, up);
        if (g_getenv("SLIPWAY_UPDATE") != NULL) {
                g_assert_true(g_file_set_contents(expect_file, got, -1, NULL));
                return;
        }
        g_assert_true(g_file_get_contents(expect_file, &expected, NULL, NULL));
        g_assert_cmpstr(got, ==, expected);
}

/* Few lines can ask for many containers, and for many arrows between them. */
static void test_what_replicas_multiply_has_limits(void)
{
        g_autoptr(GString) many = g_string_new("name: big\nservices:\n");
        g_autoptr(GString) tangled = g_string_new("name: big\nservices:\n");
        g_autofree char *one = NULL, *two = NULL;

        for (unsigned i = 0; i < 201; i++)
                g_string_append_printf(many, "  s%u: {image: a, scale: 100}\n", i);
        for (unsigned i = 0; i < 150; i++)
                g_string_append_printf(
                        tangled, "  s%u: {image: a, scale: 100, depends_on: [s%u]}\n", i, i + 1);
        g_string_append(tangled, "  s150: {image: a}\n");
        one = read_for("many.yml", many->str, FORMAT_UP);
        two = read_for("tangled.yml", tangled->str, FORMAT_UP);
        g_assert_nonnull(strstr(one, "20100 containers; there may be 20000"));
        g_assert_nonnull(strstr(two, "more than 1000000 arrows"));
}

int main(int argc, char **argv)
{
        g_autoptr(GDir) dir = NULL;
        unsigned n = 0;
        const char *name;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(argc, ==, 2);
        dir = g_dir_open(argv[1], 0, NULL);
        g_assert_nonnull(dir);
        while ((name = g_dir_read_name(dir)) != NULL) {
                g_autofree char *path = g_strconcat("/compose-model/", name, NULL);

                if (!g_str_has_suffix(name, ".yml"))
                        continue;
                g_test_add_data_func_full(path, g_build_filename(argv[1], name, NULL), test_file,
                                          g_free);
                n++;
        }
        g_assert_cmpuint(n, >=, 10);
        g_test_add_func("/compose-model/limits", test_what_replicas_multiply_has_limits);
        return g_test_run();
}
