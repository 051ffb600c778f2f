/* `status` and `ps`: how applications and their containers do */

#include <string.h>

#include "base/timefmt.h"
#include "controller/internal.h"
#include "core/status.h"

/* What `status` and `ps` are made of: the stored deployments, the ledger, the engine */
typedef struct Looking {
        Controller *controller;
        const char *app;
        Loaded loaded;
        World *world;  /* NULL: the engine does not answer */
        char *trouble; /* why not */
        int64_t serving;
        char *desired;
        Deployment *last;
        bool is_deploying;
        GPtrArray *facts; /* of the last deployment */
        WorkloadView *views;
        const Container **containers; /* per workload; NULL: none */
        unsigned *n_runs;
} Looking;

static void looking_clear(Looking *look)
{
        loaded_clear(&look->loaded);
        g_clear_pointer(&look->world, world_free);
        g_clear_pointer(&look->last, deployment_free);
        g_clear_pointer(&look->facts, g_ptr_array_unref);
        g_free(look->trouble);
        g_free(look->desired);
        g_free(look->views);
        g_free(look->containers);
        g_free(look->n_runs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Looking, looking_clear)

/* The engine's policy brings it back: it is between two lives, not down */
static bool will_restart(const Container *container)
{
        return container->state == CONTAINER_RESTARTING;
}

static bool is_better(const CoreContainer *one, const CoreContainer *best)
{
        bool runs = one->seen.presence == PRESENCE_RUNNING;
        bool best_runs = best->seen.presence == PRESENCE_RUNNING;

        if (runs != best_runs)
                return runs;
        return one->seen.started_wall_ns >= best->seen.started_wall_ns;
}

static void view_container(Looking *look, unsigned i)
{
        WorkloadView *view = &look->views[i];
        const CoreContainer *best = NULL;

        for (guint j = 0; look->world != NULL && j < look->world->views->len; j++) {
                const CoreContainer *one = world_view(look->world, j);

                if (strcmp(one->workload_id, view->id) == 0 &&
                    (best == NULL || is_better(one, best))) {
                        best = one;
                        look->containers[i] = look->world->containers->pdata[j];
                }
        }
        if (best == NULL)
                return;
        view->presence = best->seen.presence;
        view->exit_code = best->seen.exit_code;
        view->is_lost = best->seen.is_lost;
        view->is_paused = look->containers[i]->state == CONTAINER_PAUSED;
        view->will_restart = will_restart(look->containers[i]);
        if (view->will_restart)
                view->presence = PRESENCE_EXITED;
}

static void view_runs(Looking *look, unsigned i)
{
        WorkloadView *view = &look->views[i];
        g_autoptr(GPtrArray)
                runs = store_runs(look->controller->store, look->app, view->id, NULL, NULL);
        const RunRecord *newest;

        if (runs == NULL || runs->len == 0)
                return;
        look->n_runs[i] = runs->len;
        newest = runs->pdata[0];
        view->is_done = newest->outcome == RUN_SUCCEEDED;
        view->has_failed = newest->outcome == RUN_FAILED;
        /* Started by a command that is gone: the next one finds out how it ended */
        view->is_unknown = newest->outcome == RUN_UNKNOWN ||
                           (newest->outcome == RUN_STARTED && !look->is_deploying);
        if (newest->exit_code >= 0 && view->presence != PRESENCE_RUNNING)
                view->exit_code = newest->exit_code;
}

static bool has_fact(const Looking *look, const char *event, const char *workload)
{
        for (guint i = 0; look->facts != NULL && i < look->facts->len; i++) {
                const Fact *fact = look->facts->pdata[i];

                if (fact->deployment == look->last->number && strcmp(fact->event, event) == 0 &&
                    strcmp(fact->workload, workload) == 0)
                        return true;
        }
        return false;
}

static bool look_at(Looking *look, bool needs_engine, GError **error)
{
        Controller *controller = look->controller;
        const Application *app;
        g_autoptr(GError) inner = NULL;

        if (!controller_open_store(controller, false, error))
                return false;
        look->last = controller_deployment(controller, look->app, 0, error);
        if (look->last == NULL ||
            !store_app_get(controller->store, look->app, &look->serving, &look->desired, error)) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        look->is_deploying = store_is_locked(controller->store, look->app);
        if (!controller_load(controller, look->app,
                             look->is_deploying ? look->last->number : look->serving, false,
                             &look->loaded, error))
                return false;
        look->facts = store_facts(controller->store, look->app, 0, 0, NULL);
        look->world = controller_world(controller, look->app, false, &inner);
        if (look->world == NULL) {
                look->trouble = g_strdup(inner->message);
                if (needs_engine) {
                        g_propagate_error(error, g_steal_pointer(&inner));
                        controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                        return false;
                }
        }
        app = look->loaded.app;
        look->views = g_new0(WorkloadView, app->n_workloads + 1);
        look->containers = g_new0(const Container *, app->n_workloads + 1);
        look->n_runs = g_new0(unsigned, app->n_workloads + 1);
        for (size_t i = 0; i < app->n_workloads; i++) {
                look->views[i].id = app->workloads[i].id;
                look->views[i].kind = app->workloads[i].kind;
                look->views[i].is_off = has_fact(look, "off", app->workloads[i].id);
                view_container(look, i);
                if (app->workloads[i].kind == WORKLOAD_EPHEMERAL)
                        view_runs(look, i);
                if (!look->views[i].is_done && g_strcmp0(look->desired, "stopped") != 0)
                        look->views[i].has_failed |= has_fact(look, "failed", app->workloads[i].id);
        }
        return true;
}

/* ---- status ---- */

static bool has_fired(const Looking *look, const Parent *parent)
{
        const Workload *publisher = &look->loaded.app->workloads[parent->workload];
        const char *type = event_type_to_string(publisher->publications[parent->publication].type);

        for (guint i = 0; look->facts != NULL && i < look->facts->len; i++) {
                const Fact *fact = look->facts->pdata[i];

                if (fact->deployment == look->last->number && strcmp(fact->event, "event") == 0 &&
                    strcmp(fact->workload, publisher->id) == 0 &&
                    g_str_has_prefix(json_string_at(fact->detail, "text", ""), type))
                        return true;
        }
        return false;
}

/* An event in the words of the file: of Compose's conditions, or of a native trigger */
static char *describe_event(const Application *app, const Workload *publisher,
                            const Publication *publication)
{
        const char *type = event_type_to_string(publication->type);
        const char *data = publication->data.raw;

        if (app->is_compose) {
                switch (publication->type) {
                case EVENT_CONTAINER_START:
                        return g_strdup_printf("%s to start", publisher->id);
                case EVENT_CONTAINER_STOP:
                        return g_strdup_printf("%s to succeed", publisher->id);
                case EVENT_HEALTHY:
                        return g_strdup_printf("%s to be healthy", publisher->id);
                case EVENT_PORT_LISTEN:
                case EVENT_EXEC:
                        break;
                }
        }
        return g_strdup_printf("%s %s%s%s", publisher->id, type,
                               data == NULL || data[0] == '\0' ? "" : " ",
                               data == NULL ? "" : data);
}

static char *waits_for(const Looking *look, unsigned i)
{
        const Application *app = look->loaded.app;
        const Workload *workload = &app->workloads[i];
        g_autoptr(GString) out = g_string_new(NULL);

        for (size_t j = 0; j < workload->n_parents; j++) {
                const Parent *parent = &workload->parents[j];
                const Workload *publisher = &app->workloads[parent->workload];
                const Publication *publication = &publisher->publications[parent->publication];
                g_autofree char *event = NULL;

                if (has_fired(look, parent))
                        continue;
                event = describe_event(app, publisher, publication);
                g_string_append_printf(out, "%s%s%s", out->len > 0 ? ", " : "", event,
                                       parent->is_implied ? " (implied)" : "");
        }
        return g_string_free(g_steal_pointer(&out), false);
}

static char *since(const Looking *look, unsigned i)
{
        const Container *container = look->containers[i];
        int64_t ns = container == NULL                       ? 0
                     : container->state == CONTAINER_RUNNING ? container->started_wall_ns
                                                             : container->finished_wall_ns;

        if (ns == 0 && look->last != NULL)
                ns = look->last->began_wall_us * 1000;
        return time_to_rfc3339(ns);
}

static json_t *workload_json(const Looking *look, unsigned i)
{
        const WorkloadView *view = &look->views[i];
        bool is_held = look->is_deploying || look->last->outcome != OUTCOME_SUCCEEDED;
        WorkloadState state = status_of_workload(view, is_held);
        g_autofree char *waits = state == STATE_HELD ? waits_for(look, i) : NULL;
        g_autofree char *time = since(look, i);
        bool has_ended = view->presence == PRESENCE_EXITED || view->is_done || view->has_failed;
        json_t *json;

        if (look->world == NULL)
                state = STATE_UNKNOWN;
        json = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "id", view->id, "kind",
                         view->kind == WORKLOAD_EPHEMERAL ? "ephemeral" : "service", "state",
                         workload_state_to_string(state), "container",
                         look->containers[i] == NULL ? "" : look->containers[i]->name, "runs",
                         (int) look->n_runs[i], "since", time);
        json_object_set_new(json, "exit_code",
                            has_ended ? json_integer(view->exit_code) : json_null());
        json_object_set_new(json, "waits_for",
                            waits == NULL || waits[0] == '\0' ? json_null() : json_string(waits));
        return json;
}

static AppView view_of(const Looking *look)
{
        return (AppView){
                .workloads = look->views,
                .n_workloads = look->loaded.app->n_workloads,
                .is_deploying = look->is_deploying,
                .wants_stopped = g_strcmp0(look->desired, "stopped") == 0,
                .has_served = look->serving > 0,
                .has_failed = look->last->outcome == OUTCOME_FAILED,
                .failure = look->last->reason,
        };
}

static AppState state_of(const Looking *look, char **ret_reason)
{
        AppView view = view_of(look);

        if (look->world == NULL) {
                *ret_reason = g_strdup(look->trouble);
                return APP_UNKNOWN;
        }
        return status_of_app(&view, ret_reason);
}

/* What the log says of a service: the newest fact about it that tells whether it ran */
static Presence presence_in_log(const Looking *look, const char *workload)
{
        static const struct {
                const char *event;
                Presence presence;
        } told[] = {
                { "started", PRESENCE_RUNNING }, { "kept", PRESENCE_RUNNING },
                { "updated", PRESENCE_RUNNING }, { "restored", PRESENCE_RUNNING },
                { "exited", PRESENCE_EXITED },   { "not-restored", PRESENCE_EXITED },
                { "gone", PRESENCE_GONE },
        };

        for (guint i = look->facts->len; i > 0; i--) {
                const Fact *fact = look->facts->pdata[i - 1];

                for (size_t j = 0; strcmp(fact->workload, workload) == 0 && j < G_N_ELEMENTS(told);
                     j++) {
                        if (strcmp(fact->event, told[j].event) == 0)
                                return told[j].presence;
                }
        }
        return PRESENCE_GONE;
}

/* The engine does not answer: the state as the log has it */
static AppState last_known_state(Looking *look)
{
        const Application *app = look->loaded.app;
        bool is_stopped = g_strcmp0(look->desired, "stopped") == 0;
        g_autofree char *reason = NULL;
        AppView view = view_of(look);

        for (size_t i = 0; i < app->n_workloads; i++) {
                WorkloadView *one = &look->views[i];
                const Restart *restart = &app->workloads[i].restart;

                if (one->kind != WORKLOAD_SERVICE)
                        continue;
                one->presence = is_stopped ? PRESENCE_EXITED : presence_in_log(look, one->id);
                one->will_restart = restart->is_set && restart->policy != RESTART_NO && !is_stopped;
        }
        return status_of_app(&view, &reason);
}

/* A process that died in the middle has left `running` behind: nobody works on it any more. */
static const char *last_outcome(const Looking *look)
{
        if (look->last->outcome == OUTCOME_RUNNING && !look->is_deploying)
                return "interrupted";
        return deployment_outcome_to_string(look->last->outcome);
}

bool controller_status(Controller *controller, const char *app, json_t **ret_status, GError **error)
{
        g_auto(Looking) look = { .controller = controller, .app = app };
        g_autofree char *reason = NULL;
        json_t *workloads;
        AppState state;

        if (!look_at(&look, false, error))
                return false;
        workloads = json_array();
        for (size_t i = 0; i < look.loaded.app->n_workloads; i++)
                json_array_append_new(workloads, workload_json(&look, i));
        state = state_of(&look, &reason);
        *ret_status = json_pack(
                "{s:s, s:s, s:s, s:s, s:o, s:{s:I, s:s, s:s}, s:o}", "app", app, "state",
                app_state_to_string(state), "desired",
                look.desired[0] == '\0' ? "started" : look.desired, "reason", reason,
                "serving_deployment", look.serving > 0 ? json_integer(look.serving) : json_null(),
                "last_deployment", "number", (json_int_t) look.last->number, "outcome",
                last_outcome(&look), "reason", look.last->reason == NULL ? "" : look.last->reason,
                "workloads", workloads);
        if (state == APP_UNKNOWN && look.facts != NULL && look.facts->len > 0) {
                const Fact *newest = look.facts->pdata[look.facts->len - 1];

                json_object_set_new(*ret_status, "last_known_state",
                                    json_string(app_state_to_string(last_known_state(&look))));
                json_object_set_new(
                        *ret_status, "age_s",
                        json_integer(MAX(g_get_real_time() - newest->wall_ns / NS_PER_US, 0) /
                                     US_PER_S));
        }
        return true;
}

/* ---- ps ---- */

static char *ports_of(const Container *container)
{
        GString *out = g_string_new(NULL);

        for (guint i = 0; i < container->ports->len; i++) {
                const BoundPort *port = &g_array_index(container->ports, BoundPort, i);
                g_autofree char *text = NULL;

                if (port->public_port == 0 ||
                    (port->host_ip != NULL && strchr(port->host_ip, ':') != NULL))
                        continue;
                text = g_strdup_printf("%u->%u/%s", port->public_port, port->private_port,
                                       port->proto == PROTO_UDP ? "udp" : "tcp");
                g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", text);
        }
        return g_string_free(out, false);
}

static void ps_of(const Looking *look, json_t *list)
{
        for (size_t i = 0; i < look->loaded.app->n_workloads; i++) {
                json_t *row = workload_json(look, i);
                const Container *container = look->containers[i];
                g_autofree char *ports = container == NULL ? g_strdup("") : ports_of(container);

                json_object_set_new(row, "app", json_string(look->app));
                json_object_set_new(row, "image",
                                    json_string(container == NULL ? "" : container->image));
                json_object_set_new(row, "ports", json_string(ports));
                json_object_del(row, "runs");
                json_object_del(row, "waits_for");
                json_array_append_new(list, row);
        }
}

bool controller_ps(Controller *controller, const char *app, json_t **ret_list, GError **error)
{
        g_autoptr(json_t) list = json_array();
        g_auto(GStrv) apps = NULL;

        if (!controller_open_store(controller, false, error))
                return false;
        if (app != NULL) {
                apps = g_new0(char *, 2);
                apps[0] = g_strdup(app);
        } else {
                apps = store_apps(controller->store, error);
        }
        for (char **name = apps; name != NULL && *name != NULL; name++) {
                g_auto(Looking) look = { .controller = controller, .app = *name };

                if (!look_at(&look, true, error))
                        return false;
                ps_of(&look, list);
        }
        if (apps == NULL) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        *ret_list = g_steal_pointer(&list);
        return true;
}

bool controller_apps(Controller *controller, json_t **ret_apps, GError **error)
{
        g_autoptr(json_t) list = json_array();
        g_auto(GStrv) apps = NULL;

        if (!controller_open_store(controller, false, error))
                return false;
        apps = store_apps(controller->store, error);
        for (char **name = apps; name != NULL && *name != NULL; name++) {
                g_auto(Loaded) loaded = { 0 };
                json_t *ids = json_array();

                if (controller_load(controller, *name, 0, false, &loaded, NULL)) {
                        for (size_t i = 0; i < loaded.app->n_workloads; i++)
                                json_array_append_new(ids,
                                                      json_string(loaded.app->workloads[i].id));
                }
                json_array_append_new(list,
                                      json_pack("{s:s, s:o}", "app", *name, "workloads", ids));
        }
        if (apps == NULL) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        *ret_apps = g_steal_pointer(&list);
        return true;
}
