/* `events`, `history`, `runs` and `doctor`: what is only looked at */

#include <gio/gio.h>
#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/internal.h"
#include "controller/node.h"

/* ---- events ---- */

static json_t *fact_json(const Fact *fact)
{
        g_autofree char *time = time_to_rfc3339(fact->wall_ns);
        json_t *json = json_pack("{s:s, s:I, s:s, s:s}", "time", time, "deployment",
                                 (json_int_t) fact->deployment, "event", fact->event, "workload",
                                 fact->workload);

        json_object_set_new(json, "detail",
                            fact->detail == NULL ? json_object() : json_incref(fact->detail));
        return json;
}

typedef struct Following {
        Controller *controller;
        const char *app;
        int64_t after;
        FactFunc on_fact;
        gpointer user;
} Following;

static bool give_facts(Following *following, GError **error)
{
        g_autoptr(GPtrArray) facts = store_facts(following->controller->store, following->app,
                                                 following->after, 0, error);

        for (guint i = 0; facts != NULL && i < facts->len; i++) {
                const Fact *fact = facts->pdata[i];
                g_autoptr(json_t) json = fact_json(fact);

                following->on_fact(json, following->user);
                following->after = fact->id;
        }
        return facts != NULL;
}

static void on_facts(gpointer user)
{
        (void) give_facts(user, NULL);
}

bool controller_events(Controller *controller, const char *app, bool follow, FactFunc on_fact,
                       gpointer user, GError **error)
{
        Following following = { controller, app, 0, on_fact, user };
        g_autoptr(Deployment) deployment = NULL;
        g_autoptr(StoreWatch) watch = NULL;

        if (!controller_open_store(controller, false, error))
                return false;
        deployment = controller_deployment(controller, app, 0, error);
        if (deployment == NULL)
                return false;
        if (follow) {
                watch = store_watch(controller->store, on_facts, &following, error);
                if (watch == NULL) {
                        controller_wrap(error, CONTROLLER_ERROR_STORE);
                        return false;
                }
        }
        if (!give_facts(&following, error)) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        if (follow)
                controller_wait_interrupt(controller);
        return true;
}

/* ---- history and runs ---- */

static json_t *time_json(int64_t wall_us)
{
        g_autofree char *time = NULL;

        if (wall_us == 0)
                return json_null();
        time = time_to_rfc3339(wall_us * 1000);
        return json_string(time);
}

bool controller_history(Controller *controller, const char *app, json_t **ret_list, GError **error)
{
        g_autoptr(GPtrArray) deployments = NULL;
        g_autoptr(Deployment) newest = NULL;
        json_t *list;
        int64_t serving = 0;

        if (!controller_open_store(controller, false, error))
                return false;
        newest = controller_deployment(controller, app, 0, error);
        if (newest == NULL)
                return false;
        deployments = store_deployments(controller->store, app, error);
        if (deployments == NULL || !store_app_get(controller->store, app, &serving, NULL, error)) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        list = json_array();
        for (guint i = 0; i < deployments->len; i++) {
                const Deployment *one = deployments->pdata[i];
                json_t *row = json_pack("{s:I, s:s, s:s, s:b, s:s}", "number",
                                        (json_int_t) one->number, "outcome",
                                        deployment_outcome_to_string(one->outcome), "reason",
                                        one->reason == NULL ? "" : one->reason, "serving",
                                        one->number == serving, "file", one->file);

                json_object_set_new(row, "began", time_json(one->began_wall_us));
                json_object_set_new(row, "ended", time_json(one->ended_wall_us));
                json_object_set_new(row, "changes",
                                    one->changes == NULL ? json_array()
                                                         : json_incref(one->changes));
                json_array_append_new(list, row);
        }
        *ret_list = list;
        return true;
}

static json_t *run_json(const RunRecord *run)
{
        int64_t from = run->started_wall_us == 0 ? run->intended_wall_us : run->started_wall_us;
        json_t *row = json_pack(
                "{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:b, s:s}", "run_key", run->run_key, "try",
                (json_int_t) run->try_number, "deployment", (json_int_t) run->deployment, "outcome",
                run_outcome_to_string(run->outcome), "evidence", run->evidence, "container",
                run->container_name, "image", run->image, "counts", run->outcome == RUN_SUCCEEDED,
                "log_tail", run->log_tail == NULL ? "" : run->log_tail);

        json_object_set_new(row, "exit_code",
                            run->exit_code < 0 ? json_null() : json_integer(run->exit_code));
        json_object_set_new(row, "started", time_json(run->started_wall_us));
        json_object_set_new(row, "ended", time_json(run->ended_wall_us));
        json_object_set_new(row, "seconds",
                            run->ended_wall_us == 0 || from == 0 || run->ended_wall_us < from
                                    ? json_null()
                                    : json_real((run->ended_wall_us - from) / 1e6));
        return row;
}

/* The workload's id, or an error that says which there are */
static bool check_ephemeral(Controller *controller, const char *app, const char *workload,
                            GError **error)
{
        g_auto(Loaded) loaded = { 0 };
        g_autoptr(GPtrArray) ids = g_ptr_array_new();
        g_autofree char *list = NULL;

        if (!controller_load(controller, app, 0, false, &loaded, error))
                return false;
        for (size_t i = 0; i < loaded.app->n_workloads; i++) {
                const Workload *one = &loaded.app->workloads[i];

                if (one->kind == WORKLOAD_EPHEMERAL)
                        g_ptr_array_add(ids, (char *) one->id);
                if (strcmp(one->id, workload) == 0 && one->kind == WORKLOAD_EPHEMERAL)
                        return true;
        }
        g_ptr_array_add(ids, NULL);
        list = g_strjoinv(", ", (char **) ids->pdata);
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                    "%s has no run-once container `%s`; it has %s", app, workload,
                    list[0] == '\0' ? "none" : list);
        return false;
}

bool controller_runs(Controller *controller, const char *app, const char *workload,
                     json_t **ret_list, GError **error)
{
        g_autoptr(GPtrArray) runs = NULL;
        json_t *list;

        if (!controller_open_store(controller, false, error) ||
            !check_ephemeral(controller, app, workload, error))
                return false;
        runs = store_runs(controller->store, app, workload, NULL, error);
        if (runs == NULL) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        list = json_array();
        for (guint i = 0; i < runs->len; i++)
                json_array_append_new(list, run_json(runs->pdata[i]));
        *ret_list = list;
        return true;
}

/* ---- doctor ---- */

static void check(json_t *checks, const char *name, const char *result, const char *advice,
                  const char *format, ...) G_GNUC_PRINTF(5, 6);
static void check(json_t *checks, const char *name, const char *result, const char *advice,
                  const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list args;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:s}", "check", name, "result",
                                                result, "message", message, "advice", advice));
}

#define DISK_LOW_MIB 1024

static void check_disk(json_t *checks, const char *name, const char *path)
{
        g_autoptr(GFile) file = g_file_new_for_path(path);
        g_autoptr(GFileInfo) info = g_file_query_filesystem_info(
                file, G_FILE_ATTRIBUTE_FILESYSTEM_FREE, NULL, NULL);
        guint64 mib;

        if (info == NULL)
                return;
        mib = g_file_info_get_attribute_uint64(info, G_FILE_ATTRIBUTE_FILESYSTEM_FREE) >> 20;
        check(checks, name,
              mib == 0             ? "error"
              : mib < DISK_LOW_MIB ? "warning"
                                   : "ok",
              mib < DISK_LOW_MIB ? "make room: containers and databases fail when it is full" : "",
              "%" G_GUINT64_FORMAT " MiB are free at %s", mib, path);
}

static void check_engine(Controller *controller, json_t *checks)
{
        g_autoptr(GError) error = NULL;
        const EngineInfo *info;

        if (!controller_open_engine(controller, NULL, &error)) {
                check(checks, "engine", "error",
                      "start it (`systemctl start docker`), or say with --host or DOCKER_HOST "
                      "where "
                      "it is",
                      "%s", error->message);
                return;
        }
        info = controller->info;
        check(checks, "engine", "ok", "", "version %s, API %s, %s/%s, kernel %s", info->version,
              info->api_version, info->os, info->architecture, info->kernel);
        if (info->started_wall_ns == 0)
                check(checks, "evidence", "warning",
                      "a run-once container that ends while Slipway is away is then of unknown "
                      "outcome; run Slipway on the engine's host",
                      "when the engine started cannot "
                      "be found out");
        if (info->is_local)
                check_disk(checks, "engine-disk", info->root_dir);
}

static void check_node(Controller *controller, json_t *checks)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *address = node_address(controller->given_node_address, controller->info,
                                                &error);

        if (address == NULL)
                check(checks, "node-address", "error", "give one with --node-address", "%s",
                      error->message);
        else
                check(checks, "node-address", "ok", "", "containers reach this node by %s",
                      address);
}

static void check_state(Controller *controller, json_t *checks)
{
        g_autoptr(GError) error = NULL;

        if (!controller_open_store(controller, true, &error)) {
                check(checks, "state", "error",
                      "nothing is started as long as it cannot be written", "%s", error->message);
                return;
        }
        check(checks, "state", "ok", "", "%s can be written", controller->state_dir);
        check_disk(checks, "state-disk", controller->state_dir);
}

bool controller_doctor(Controller *controller, json_t **ret_checks, GError **error)
{
        json_t *checks = json_array();

        check_state(controller, checks);
        check_engine(controller, checks);
        check_node(controller, checks);
        *ret_checks = checks;
        return true;
}
