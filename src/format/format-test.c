#include "format/format.h"

#include <string.h>

#include "base/json.h"
#include "format/keys.h"
#include "format/order.h"
#include "format/rules.h"

static const char shop[] =
        "replicated_api_version: 2.8.0\n"
        "name: Shop\n"
        "config:\n"
        "- name: database\n"
        "  items:\n"
        "  - {name: pw, type: password}\n"
        "components:\n"
        "- name: db\n"
        "  containers:\n"
        "  - source: public\n"
        "    image_name: postgres\n"
        "    version: 15\n"
        "    ports: [{private_port: 5432, public_port: 5433}]\n"
        "    publish_events:\n"
        "    - trigger: port-listen\n"
        "      data: 5433\n"
        "      subscriptions: [{component: job, container: app, action: start}]\n"
        "- name: job\n"
        "  containers:\n"
        "  - source: public\n"
        "    image_name: app\n"
        "    version: 1\n"
        "    ephemeral: true\n"
        "    success_exit_codes: [0, 3]\n"
        "    on_unknown: hold\n"
        "    restart: {policy: on-failure, max: 3}\n"
        "    publish_events:\n"
        "    - trigger: container-stop\n"
        "      timeout: -1\n"
        "      subscriptions: [{component: web, container: app, action: start}]\n"
        "- name: web\n"
        "  logs: {max_size: 5m}\n"
        "  containers:\n"
        "  - source: replicated\n"
        "    image_name: app\n"
        "    version: '{{repl ConfigOption \"pw\"}}'\n"
        "    volumes: [{host_path: data, container_path: /data, options: [ro]}]\n"
        "    env_vars: [{name: A, static_val: b}, {name: C, value: d, static_val: e}]\n"
        "    log_config: {type: json-file, config: {tag: x}}\n"
        "    entrypoint: []\n"
        "    labels: [a=b]\n"
        "state:\n"
        "  ready: {command: tcp_port_accept, args: [localhost, 80]}\n"
        "cmds:\n"
        "- {name: pw, cmd: random, args: [32]}\n";

static Application *read_text(const char *text, FormatPurpose purpose, DiagList *diags)
{
        FormatOptions options = { .purpose = purpose };

        return format_read("app.yml", text, strlen(text), &options, diags);
}

static Application *read_good(const char *text)
{
        g_autoptr(DiagList) diags = diag_list_new();
        Application *app = read_text(text, FORMAT_UP, diags);
        g_autofree char *findings = diag_list_to_text(diags, false);

        g_test_message("%s", findings);
        g_assert_nonnull(app);
        return app;
}

static void test_a_document_becomes_the_model(void)
{
        g_autoptr(Application) app = read_good(shop);
        const Workload *db = &app->workloads[0], *job = &app->workloads[1];
        const Workload *web = &app->workloads[2];

        g_assert_cmpuint(app->n_workloads, ==, 3);
        g_assert_cmpstr(app->name.raw, ==, "Shop");
        g_assert_cmpstr(db->id, ==, "db/postgres");
        g_assert_cmpstr(db->version.raw, ==, "15");
        g_assert_cmpuint(db->version.pos.line, ==, 12);
        g_assert_cmpuint(db->version.pos.col, ==, 14);
        g_assert_cmpint(db->kind, ==, WORKLOAD_SERVICE);
        g_assert_cmpuint(db->n_parents, ==, 0);
        g_assert_cmpuint(db->publications[0].listen_port, ==, 5432);
        g_assert_cmpint(db->publications[0].timeout_s, ==, EVENT_TIMEOUT_DEFAULT_S);
        g_assert_null(db->cmd.raw);
        g_assert_false(db->entrypoint.is_set);

        g_assert_cmpint(job->kind, ==, WORKLOAD_EPHEMERAL);
        g_assert_cmpuint(job->success.n, ==, 2);
        g_assert_cmpint(job->success.codes[1], ==, 3);
        g_assert_cmpint(job->on_unknown, ==, ON_UNKNOWN_HOLD);
        g_assert_cmpint(job->restart.policy, ==, RESTART_ON_FAILURE);
        g_assert_cmpint(job->restart.max, ==, 3);
        g_assert_cmpuint(job->n_parents, ==, 1);
        g_assert_cmpuint(job->parents[0].workload, ==, 0);
        g_assert_cmpint(job->publications[0].timeout_s, ==, EVENT_TIMEOUT_NEVER);

        g_assert_cmpuint(web->parents[0].workload, ==, 1);
        g_assert_cmpint(web->start_rule, ==, START_ANY);
        g_assert_cmpstr(web->env[0].value.raw, ==, "b");
        g_assert_cmpstr(web->env[1].value.raw, ==, "d");
        g_assert_cmpstr(web->volumes[0].options[0], ==, "ro");
        g_assert_true(web->entrypoint.is_set);
        g_assert_cmpuint(web->entrypoint.n, ==, 0);
        g_assert_cmpstr(web->logs.type.raw, ==, "json-file");
        g_assert_cmpstr(web->logs.keys[0], ==, "tag");
        g_assert_cmpstr(web->logs.max_size.raw, ==, "5m");
        g_assert_cmpint(app->ready.command, ==, READY_TCP_PORT_ACCEPT);
        g_assert_cmpint(app->ready.timeout_s, ==, 600);
        g_assert_cmpint(application_find_setting(app, "pw")->type, ==, SETTING_PASSWORD);
        g_assert_cmpstr(application_find_command(app, "pw")->args[0], ==, "32");
}

static void test_the_graph_is_drawn_in_three_ways(void)
{
        g_autoptr(Application) app = read_good(shop);
        g_autofree char *text = format_graph(app, FORMAT_GRAPH_TEXT);
        g_autofree char *dot = format_graph(app, FORMAT_GRAPH_DOT);
        g_autofree char *mermaid = format_graph(app, FORMAT_GRAPH_MERMAID);

        g_assert_cmpstr(text, ==,
                        "db/postgres: at once\n"
                        "job/app (run once)\n"
                        "  after port-listen 5433 of db/postgres\n"
                        "web/app\n"
                        "  after container-stop of job/app\n");
        g_assert_cmpstr(dot, ==,
                        "digraph start {\n"
                        "        rankdir=LR;\n"
                        "        w0 [label=\"db/postgres\", shape=box];\n"
                        "        w1 [label=\"job/app\", shape=ellipse];\n"
                        "        w2 [label=\"web/app\", shape=box];\n"
                        "        w0 -> w1 [label=\"port-listen 5433\"];\n"
                        "        w1 -> w2 [label=\"container-stop\"];\n"
                        "}\n");
        g_assert_cmpstr(mermaid, ==,
                        "flowchart LR\n"
                        "    w0[\"db/postgres\"]\n"
                        "    w1([\"job/app\"])\n"
                        "    w2[\"web/app\"]\n"
                        "    w0 -->|\"port-listen 5433\"| w1\n"
                        "    w1 -->|\"container-stop\"| w2\n");
}

static void test_a_name_cannot_break_out_of_a_drawing(void)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(Application) app = read_text("replicated_api_version: 2.8.0\n"
                                               "components:\n"
                                               "- name: 'a\"];b'\n"
                                               "  containers:\n"
                                               "  - {source: public, image_name: x, version: 1}\n",
                                               FORMAT_UP, diags);
        g_autofree char *dot = format_graph(app, FORMAT_GRAPH_DOT);

        g_assert_nonnull(strstr(dot, "label=\"a&#34;];b/x\""));
}

static void test_strict_makes_errors_of_warnings(void)
{
        static const char text[] = "replicated_api_version: 2.8.0\nfoo: bar\n";
        FormatOptions strict = { FORMAT_LINT, true, NULL };
        g_autoptr(DiagList) lax_diags = diag_list_new(), strict_diags = diag_list_new();
        g_autoptr(Application) lax = format_read("f", text, strlen(text), NULL, lax_diags);
        g_autoptr(Application) none = format_read("f", text, strlen(text), &strict, strict_diags);

        g_assert_nonnull(lax);
        g_assert_null(none);
        g_assert_cmpuint(diag_count(strict_diags, DIAG_ERROR), ==, 1);
}

static void test_sarif_names_rule_level_and_place(void)
{
        static const char text[] = "replicated_api_version: 2.8.0\nnmae: bar\n";
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(Application) app = format_read("a b.yml", text, strlen(text), NULL, diags);
        g_autoptr(json_t) sarif = format_sarif(diags);
        const char *rule, *level, *uri;
        int line, col, end;
        json_t *results;

        g_assert_nonnull(app);
        g_assert_cmpint(json_unpack(sarif, "{s:[{s:o}]}", "runs", "results", &results), ==, 0);
        g_assert_cmpint(json_unpack(json_array_get(results, json_array_size(results) - 1),
                                    "{s:s, s:s, s:[{s:{s:{s:s}, s:{s:i, s:i, s:i}}}]}", "ruleId",
                                    &rule, "level", &level, "locations", "physicalLocation",
                                    "artifactLocation", "uri", &uri, "region", "startLine", &line,
                                    "startColumn", &col, "endColumn", &end),
                        ==, 0);
        g_assert_cmpstr(rule, ==, "unknown-key");
        g_assert_cmpstr(level, ==, "warning");
        g_assert_cmpstr(uri, ==, "a%20b.yml");
        g_assert_cmpint(line, ==, 2);
        g_assert_cmpint(col, ==, 1);
        g_assert_cmpint(end, ==, 5);
}

static void test_keys_are_explained_from_the_tables(void)
{
        const char *suggestion;
        g_autofree char *full = format_explain("components[0].containers.publish_events",
                                               &suggestion);
        g_autofree char *part = format_explain("containers.publish_events", &suggestion);
        g_autofree char *word = format_explain("ephemeral", &suggestion);
        g_autofree char *root = format_explain("", &suggestion);

        g_assert_nonnull(strstr(full, "components[0].containers.publish_events: "));
        g_assert_nonnull(strstr(part, "components.containers.publish_events: "));
        g_assert_nonnull(strstr(part, "  trigger "));
        g_assert_nonnull(strstr(word, "components.containers.ephemeral: "));
        g_assert_nonnull(strstr(root, "  components "));
        g_assert_null(format_explain("containers.ephemral", &suggestion));
        g_assert_cmpstr(suggestion, ==, "ephemeral");
        g_assert_null(format_explain("containers.publish_evnts", &suggestion));
        g_assert_cmpstr(suggestion, ==, "publish_events");
        g_assert_null(format_explain("components[0].containers[1].prots[0]", &suggestion));
        g_assert_cmpstr(suggestion, ==, "ports");
        g_assert_null(format_explain("container.publish_events", &suggestion));
        g_assert_nonnull(suggestion);
        g_assert_null(format_explain("containers.xyzzyx", &suggestion));
        g_assert_null(suggestion);
        g_assert_null(format_explain("ephemral", &suggestion));
        g_assert_cmpstr(suggestion, ==, "ephemeral");
}

/* Each row of each table can be explained, has help, and a type word */
static void check_object(const ObjectSpec *object, const char *path, unsigned depth)
{
        g_assert_nonnull(object->help);
        for (const KeySpec *key = object->keys; key->name != NULL; key++) {
                g_autofree char *below = g_strdup_printf("%s%s%s", path, path[0] ? "." : "",
                                                         key->name);
                const char *suggestion;
                g_autofree char *text = format_explain(below, &suggestion);

                g_test_message("%s", below);
                g_assert_nonnull(text);
                g_assert_nonnull(key->help);
                g_assert_true(object_find(object, key->name) == key);
                g_assert_true(key->rule != RULE_WORD || key->words != NULL);
                g_assert_true(rule_finding(key) == NULL ||
                              format_finding(rule_finding(key)) != NULL);
                g_assert_true((key->object != NULL) ==
                              (key->type == KEY_OBJECT || key->type == KEY_OBJECTS ||
                               key->type == KEY_MESSAGE));
                if (key->object != NULL && depth > 0)
                        check_object(key->object, below, depth - 1);
        }
}

static void test_every_row_of_the_tables_is_complete(void)
{
        check_object(&root_object, "", 8);
}

/* Who is sure to come before whom, compared with leaving the other out and looking who starts */
static void test_who_comes_before_whom_is_what_leaving_out_shows(void)
{
        for (int round = 0; round < 300; round++) {
                unsigned n = g_test_rand_int_range(2, 9);
                Workload w[9] = { 0 };
                Parent parents[9][3] = { 0 };
                Application app = { .workloads = w, .n_workloads = n };
                g_autoptr(Dominance) dominance = NULL;

                for (unsigned i = 0; i < n; i++) {
                        w[i].parents = parents[i];
                        w[i].n_parents = g_test_rand_int_range(0, 4);
                        for (size_t j = 0; j < w[i].n_parents; j++)
                                parents[i][j].workload = g_test_rand_int_range(0, n);
                }
                dominance = dominance_new(&app);
                for (unsigned without = 0; without < n; without++) {
                        bool starts[9] = { false }, has_changed = true;

                        while (has_changed) {
                                has_changed = false;
                                for (unsigned i = 0; i < n; i++) {
                                        bool can = w[i].n_parents == 0;

                                        for (size_t j = 0; j < w[i].n_parents; j++)
                                                can |= starts[parents[i][j].workload];
                                        if (can && !starts[i] && i != without)
                                                starts[i] = has_changed = true;
                                }
                        }
                        for (unsigned i = 0; i < n; i++) {
                                if (i != without)
                                        g_assert_true(dominance_is_before(dominance, without, i) ==
                                                      !starts[i]);
                        }
                }
        }
}

static void test_limits_have_messages(void)
{
        g_autoptr(GString) text = g_string_new("replicated_api_version: 2.8.0\ncomponents:\n"
                                               "- name: a\n  containers:\n");
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(Application) app = NULL;

        for (int i = 0; i <= 200000; i++)
                g_string_append(text, "  - {}\n");
        app = read_text(text->str, FORMAT_LINT, diags);
        g_assert_null(app);
        g_assert_cmpuint(diag_count(diags, DIAG_ERROR), ==, 1);
        g_assert_cmpstr(diag_list_at(diags, diag_list_size(diags) - 1)->name, ==,
                        "too-many-workloads");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/format/model", test_a_document_becomes_the_model);
        g_test_add_func("/format/graph", test_the_graph_is_drawn_in_three_ways);
        g_test_add_func("/format/graph-hostile", test_a_name_cannot_break_out_of_a_drawing);
        g_test_add_func("/format/strict", test_strict_makes_errors_of_warnings);
        g_test_add_func("/format/sarif", test_sarif_names_rule_level_and_place);
        g_test_add_func("/format/explain", test_keys_are_explained_from_the_tables);
        g_test_add_func("/format/tables", test_every_row_of_the_tables_is_complete);
        g_test_add_func("/format/dominance", test_who_comes_before_whom_is_what_leaving_out_shows);
        g_test_add_func("/format/limits", test_limits_have_messages);
        return g_test_run();
}
