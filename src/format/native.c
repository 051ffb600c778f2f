#include "format/native.h"

#include <string.h>

#include "base/text.h"
#include "format/doubts.h"
#include "format/instances.h"
#include "format/scalars.h"
#include "format/tests.h"

#define READY_TIMEOUT_DEFAULT_S 600

static bool is_given(const Text *text)
{
        return text->raw != NULL && text->raw[0] != '\0';
}

static int64_t timeout_or_default(int64_t timeout_s, int64_t fallback_s)
{
        return timeout_s == 0 ? fallback_s : timeout_s < 0 ? EVENT_TIMEOUT_NEVER : timeout_s;
}

/* ---- Containers ---- */

static void build_restart(Workload *workload, const RawRestart *raw)
{
        static const struct {
                const char *word;
                RestartPolicy policy;
        } policies[] = {
                { "no", RESTART_NO },
                { "never", RESTART_NO },
                { "always", RESTART_ALWAYS },
                { "on-failure", RESTART_ON_FAILURE },
                { "unless-stopped", RESTART_UNLESS_STOPPED },
        };

        workload->restart = (Restart){ .is_set = raw->is_set, .max = raw->max };
        for (size_t i = 0; i < G_N_ELEMENTS(policies) && raw->policy.raw != NULL; i++) {
                if (strcmp(raw->policy.raw, policies[i].word) == 0)
                        workload->restart.policy = policies[i].policy;
        }
}

static void build_env(Reader *r, RawContainer *raw)
{
        raw->w.env = arena_new0(r->arena, EnvVar, raw->n_env);
        raw->w.n_env = raw->n_env;
        for (size_t i = 0; i < raw->n_env; i++) {
                raw->w.env[i] = raw->env[i].var;
                if (!is_given(&raw->w.env[i].value) && is_given(&raw->env[i].static_val))
                        raw->w.env[i].value = raw->env[i].static_val;
        }
}

static void build_codes(Reader *r, RawContainer *raw)
{
        const YamlNode *node = raw->success_exit_codes;
        int *codes;

        if (node == NULL)
                return;
        if (node->kind == YAML_SCALAR && strcmp(node->text, "any") == 0) {
                raw->w.success.any = true;
                return;
        }
        if (node->kind != YAML_SEQUENCE)
                return;
        codes = arena_new0(r->arena, int, node->n_items);
        for (size_t i = 0; i < node->n_items; i++) {
                int64_t code;

                if (scalar_to_int(node->items[i], &code))
                        codes[i] = (int) CLAMP(code, 0, 255); /* checked when it was read */
        }
        raw->w.success.codes = codes;
        raw->w.success.n = node->n_items;
}

/* A container's `logs` and `log_config` each stand above the component's */
static void inherit_logs(LogConfig *logs, const LogConfig *from)
{
        if (!is_given(&logs->type) && logs->n == 0) {
                logs->type = from->type;
                logs->keys = from->keys;
                logs->values = from->values;
                logs->n = from->n;
        }
        if (!is_given(&logs->max_size) && !is_given(&logs->max_files)) {
                logs->max_size = from->max_size;
                logs->max_files = from->max_files;
        }
        logs->is_set |= from->is_set;
}

void native_build_container(Reader *r, const RawComponent *component, unsigned component_index,
                            RawContainer *raw)
{
        Workload *w = &raw->w;

        w->component = component->name != NULL ? component->name : "";
        w->component_index = component_index;
        if (w->image_name == NULL)
                w->image_name = "";
        if (w->source == NULL)
                w->source = "";
        w->container = w->image_name;
        w->pos = raw->pos;
        w->kind = raw->is_ephemeral ? WORKLOAD_EPHEMERAL : WORKLOAD_SERVICE;
        w->start_rule = START_ANY;
        if (is_given(&raw->on_unknown))
                w->on_unknown = strcmp(raw->on_unknown.raw, "hold") == 0 ? ON_UNKNOWN_HOLD
                                                                         : ON_UNKNOWN_RERUN;
        build_restart(w, &raw->restart);
        build_env(r, raw);
        build_codes(r, raw);
        inherit_logs(&w->logs, &component->logs);
}

/* `component/image`, and `#2` and so on behind the second of its kind */
static void give_ids(Reader *r, Application *app)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < app->n_workloads; i++) {
                Workload *w = &app->workloads[i];
                char *base = arena_printf(r->arena, "%s/%s", w->component, w->container);
                unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(seen, base));

                w->ordinal = n;
                w->id = n == 0 ? base : arena_printf(r->arena, "%s#%u", base, n + 1);
                g_hash_table_insert(seen, base, GUINT_TO_POINTER(n + 1));
        }
}

/* ---- Settings ---- */

static void build_item(Reader *r, const Application *app, RawItem *raw, const Path *path)
{
        Setting *setting = &raw->s;
        Path test = { path, "test_proc", 0 };

        if (setting->name == NULL)
                setting->name = "";
        setting->type = SETTING_TEXT;
        if (raw->type != NULL)
                setting_type_from_string(raw->type, &setting->type);
        setting->test_proc = tests_build(r, app, &raw->test, &test);
        setting->children = arena_new0(r->arena, Setting, raw->n_children);
        setting->n_children = raw->n_children;
        for (size_t i = 0; i < raw->n_children; i++) {
                setting->children[i] = raw->children[i].s;
                setting->children[i].is_child = true;
                setting->children[i].type = setting->type == SETTING_SELECT_MANY ? SETTING_BOOL
                                                                                 : SETTING_TEXT;
                if (setting->children[i].name == NULL)
                        setting->children[i].name = "";
        }
}

static void build_settings(Reader *r, Application *app, RawDocument *document)
{
        const Path config = { NULL, "config", 0 };

        app->groups = arena_new0(r->arena, SettingGroup, document->n_groups);
        app->n_groups = document->n_groups;
        for (size_t i = 0; i < document->n_groups; i++) {
                RawGroup *raw = &document->groups[i];
                SettingGroup *group = &app->groups[i];
                Path at = { &config, NULL, i }, test = { &at, "test_proc", 0 };
                Path items = { &at, "items", 0 };

                *group = raw->g;
                group->test_proc = tests_build(r, app, &raw->test, &test);
                group->settings = arena_new0(r->arena, Setting, raw->n_items);
                group->n_settings = raw->n_items;
                for (size_t j = 0; j < raw->n_items; j++) {
                        Path item = { &items, NULL, j };

                        build_item(r, app, &raw->items[j], &item);
                        group->settings[j] = raw->items[j].s;
                }
        }
}

/* ---- The rest ---- */

static void build_ready(Application *app, const RawReady *raw)
{
        ReadyCheck *ready = &app->ready;

        if (!raw->is_set || !is_given(&raw->command))
                return;
        if (strcmp(raw->command.raw, "http_status_code") == 0)
                ready->command = READY_HTTP_STATUS_CODE;
        else if (strcmp(raw->command.raw, "tcp_port_accept") == 0)
                ready->command = READY_TCP_PORT_ACCEPT;
        ready->args = raw->args;
        ready->timeout_s = timeout_or_default(raw->timeout_s, READY_TIMEOUT_DEFAULT_S);
        ready->pos = raw->pos;
}

static size_t count_containers(const RawDocument *document)
{
        size_t n = 0;

        for (size_t i = 0; i < document->n_components; i++)
                n += document->components[i].n_containers;
        return n;
}

static void check_ready(Reader *r, const RawReady *raw)
{
        if (raw->is_set && !is_given(&raw->command))
                report(&r->reporter, "unknown-command", raw->pos, 1, NULL,
                       "`ready` has no `command`: `http_status_code` or `tcp_port_accept`");
        else if (raw->is_set && raw->args.n == 0)
                report(&r->reporter, "bad-value", raw->pos, 1, NULL,
                       "`ready` has no `args`: it is not said what is asked");
}

static void check_components(Reader *r, const RawDocument *document)
{
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < document->n_components; i++) {
                const RawComponent *component = &document->components[i];

                if (component->name != NULL && !g_hash_table_add(names, (char *) component->name))
                        report(&r->reporter, "duplicate-component", component->pos, 1, NULL,
                               "a component `%s` stands above; references mean that one",
                               component->name);
        }
        if (count_containers(document) == 0 && !diag_has_errors(r->reporter.diags))
                report(&r->reporter, "nothing-to-run", (SourcePos){ r->file, 0, 0 }, 1, NULL,
                       "the document has no containers");
}

Application *native_build(Reader *r, RawDocument *document)
{
        Application *app = arena_memdup(r->arena, &document->app, sizeof document->app);
        RawContainer **raws;
        size_t n = 0;

        app->arena = r->arena;
        app->file = r->file;
        if (app->api_version == NULL)
                app->api_version = "";
        app->n_workloads = count_containers(document);
        app->workloads = arena_new0(r->arena, Workload, app->n_workloads);
        raws = arena_new0(r->arena, RawContainer *, app->n_workloads);
        for (size_t i = 0; i < document->n_components; i++) {
                const RawComponent *component = &document->components[i];

                for (size_t j = 0; j < component->n_containers; j++) {
                        raws[n] = &component->containers[j];
                        native_build_container(r, component, i, raws[n]);
                        app->workloads[n] = raws[n]->w;
                        n++;
                }
        }
        give_ids(r, app);
        order_build(r, app, raws);
        build_settings(r, app, document);
        build_ready(app, &document->state.ready);
        check_components(r, document);
        check_ready(r, &document->state.ready);
        instances_check_nodes(r, document);
        doubts_check_order(r, app, raws);
        doubts_check_containers(r, app, raws);
        doubts_check_settings(r, app);
        return app;
}
