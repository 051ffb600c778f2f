/* `up`: a deployment from its first row to its last */

#include "controller/files.h"
#include "controller/resources.h"
#include "controller/up-private.h"

/* ---- Its record ---- */

static bool begin(Upping *up, int64_t *ret_number, GError **error)
{
        Store *store = up->controller->store;
        g_autoptr(json_t) inputs = NULL;
        Deployment deployment = { 0 };
        g_autofree char *desired = NULL;

        if (!store_app_set_desired(store, up->name, "started", error))
                return false;
        if (up->is_start) {
                int64_t serving;

                if (!store_app_get(store, up->name, &serving, &desired, error))
                        return false;
                *ret_number = up->before != NULL ? up->before->number : serving;
                controller_fact(up->controller, up->name, *ret_number, "start-begins", "", "");
                return true;
        }
        inputs = json_pack("{s:o, s:s, s:s, s:b, s:s*}", "settings", up_user_settings(up->settings),
                           "node_address", up->scene->node_address, "engine",
                           up->target == FORMAT_SWARM ? "swarm" : "docker", "without_ipvs",
                           up->without_ipvs, "effective",
                           up->is_release ? up->app->effective : NULL);
        deployment = (Deployment){ .app = up->name,
                                   .file = (char *) up_file(up),
                                   .text = (char *) sources_text(&up->sources,
                                                                 up->is_release ? NULL : up->app),
                                   .inputs = inputs,
                                   .reason = (char *) "" };
        if (!store_deployment_begin(store, &deployment, error))
                return false;
        *ret_number = deployment.number;
        controller_fact(up->controller, up->name, deployment.number, "deployment-begins", "",
                        up_file(up));
        return true;
}

/* ---- The result ---- */

static int64_t count_runs(Controller *controller, const char *app, const char *workload)
{
        g_autoptr(GPtrArray) runs = store_runs(controller->store, app, workload, NULL, NULL);

        return runs == NULL ? 0 : runs->len;
}

static json_t *workload_result(Upping *up, Deploy *deploy, unsigned i)
{
        const Workload *workload = &up->app->workloads[i];
        WorkloadProgress progress;
        g_autofree char *reason = NULL, *waits = NULL;
        json_t *result;

        core_progress(deploy->core, i, &progress);
        reason = deploy_mask(deploy, progress.reason);
        waits = core_waits_for(deploy->core, i);
        result = json_pack(
                "{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", workload->id, "kind",
                workload->kind == WORKLOAD_EPHEMERAL ? "ephemeral" : "service", "action",
                progress.is_decided ? plan_action_to_string(progress.action) : "none", "state",
                workload_state_to_string(progress.state), "reason", reason, "container",
                progress.container_name, "runs",
                (json_int_t) (workload->kind == WORKLOAD_EPHEMERAL
                                      ? count_runs(up->controller, up->name, workload->id)
                                      : 0));
        json_object_set_new(result, "exit_code",
                            progress.exit_code < 0 ? json_null()
                                                   : json_integer(progress.exit_code));
        json_object_set_new(result, "waits_for", waits == NULL ? json_null() : json_string(waits));
        if (deploy->items[i].quote != NULL)
                json_object_set_new(result, "log_tail", json_string(deploy->items[i].quote));
        return result;
}

static json_t *results(Upping *up, Deploy *deploy)
{
        json_t *list = json_array();

        for (size_t i = 0; i < up->app->n_workloads; i++)
                json_array_append_new(list, workload_result(up, deploy, i));
        return list;
}

static json_t *changes_of(const json_t *workloads)
{
        json_t *list = json_array();
        json_t *workload;
        size_t i;

        json_array_foreach(workloads, i, workload)
                json_array_append_new(list, json_pack("{s:O, s:O, s:O}", "workload",
                                                      json_object_get(workload, "id"), "action",
                                                      json_object_get(workload, "action"), "reason",
                                                      json_object_get(workload, "reason")));
        return list;
}

static DeploymentOutcome outcome_of(const Deploy *deploy)
{
        switch (deploy->outcome) {
        case CORE_SUCCEEDED:
                return OUTCOME_SUCCEEDED;
        case CORE_INTERRUPTED:
                return OUTCOME_INTERRUPTED;
        case CORE_FAILED:
        case CORE_UNKNOWN:
                return OUTCOME_FAILED;
        }
        g_assert_not_reached();
}

static bool write_end(Upping *up, Deploy *deploy, json_t *workloads, GError **error)
{
        Store *store = up->controller->store;
        g_autoptr(json_t) changes = changes_of(workloads);

        if (!up->is_start &&
            (!store_deployment_set_changes(store, up->name, deploy->number, changes, error) ||
             !store_deployment_end(store, up->name, deploy->number, outcome_of(deploy),
                                   deploy->reason, error)))
                return false;
        if (deploy->outcome == CORE_SUCCEEDED)
                return store_app_set_serving(store, up->name, deploy->number, error);
        return true;
}

static bool tell_end(Upping *up, Deploy *deploy, int64_t begun_us, json_t **ret_result,
                     GError **error)
{
        json_t *workloads = results(up, deploy);
        bool ok = write_end(up, deploy, workloads, error);

        *ret_result = json_pack("{s:s, s:I, s:s, s:s, s:o, s:O, s:I}", "app", up->name,
                                "deployment", (json_int_t) deploy->number, "outcome",
                                deployment_outcome_to_string(outcome_of(deploy)), "reason",
                                deploy->reason, "workloads", workloads, "warnings", up->warnings,
                                "elapsed_ms",
                                (json_int_t) ((g_get_monotonic_time() - begun_us) / 1000));
        if (!ok) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        if (deploy->outcome == CORE_SUCCEEDED)
                return true;
        g_set_error(error, CONTROLLER_ERROR,
                    deploy->outcome == CORE_INTERRUPTED ? CONTROLLER_ERROR_INTERRUPTED
                                                        : CONTROLLER_ERROR_FAILED,
                    "%s", deploy->reason);
        return false;
}

/* Interrupted before it had begun, or the store or the engine failed: false with why */
static bool cannot_go_on(Upping *up, Deploy *deploy, GError **error)
{
        bool is_interrupted = deploy->error == NULL;
        g_autofree char *why = is_interrupted ? g_strdup("interrupted")
                                              : deploy_mask(deploy, deploy->error->message);

        if (!up->is_start)
                (void) store_deployment_end(up->controller->store, up->name, deploy->number,
                                            is_interrupted ? OUTCOME_INTERRUPTED : OUTCOME_FAILED,
                                            why, NULL);
        g_set_error_literal(error, CONTROLLER_ERROR,
                            is_interrupted                         ? CONTROLLER_ERROR_INTERRUPTED
                            : deploy->error->domain == STORE_ERROR ? CONTROLLER_ERROR_STORE
                                                                   : CONTROLLER_ERROR_ENGINE,
                            why);
        return false;
}

/* ---- What is left over ---- */

/* Files of containers that are gone; where the engine cannot be asked the next one does it. */
static void tidy_files(Upping *up)
{
        g_autoptr(World) world = NULL;

        if (!files_has(up->controller->state_dir, up->name))
                return;
        world = controller_world(up->controller, up->name, false, NULL);
        if (world != NULL)
                files_sweep(up->controller->state_dir, up->name, world->containers);
}

static void on_tidied(const char *text, gpointer user)
{
        deploy_message(user, "%s", text);
}

/* Networks that the file does not have any more; what cannot be removed now, the next one removes. */
static void tidy_networks(Upping *up, Deploy *deploy)
{
        g_autoptr(GError) error = NULL;

        if (!resources_remove_unused(up->controller->engine, up->controller->store, up->world,
                                     up->name, up->app, on_tidied, deploy, &error))
                deploy_message(deploy, "%s", error->message);
}

/* ---- The whole ---- */

bool controller_bring_up(Controller *controller, const UpOptions *options, bool is_start,
                         const UpObserver *observer, DiagList *diags, json_t **ret_result,
                         GError **error)
{
        g_auto(Upping) up = { .controller = controller,
                              .options = options,
                              .observer = observer,
                              .diags = diags,
                              .is_start = is_start };
        g_autoptr(Deploy) deploy = NULL;
        int64_t begun_us = g_get_monotonic_time(), number;
        bool ok;

        if (!up_get_ready(&up, error))
                return up_refuse(&up, error);
        if (!is_start && !up_pull_dynamic(&up, error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return up_refuse(&up, error);
        }
        if (controller->is_interrupted) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_INTERRUPTED, "interrupted");
                return false;
        }
        if (!begin(&up, &number, error)) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        deploy = up_deploy(&up, number, observer, NULL);
        controller->deploy = deploy;
        ok = deploy_run(deploy);
        controller->deploy = NULL;
        tidy_files(&up);
        if (ok && deploy->outcome == CORE_SUCCEEDED)
                tidy_networks(&up, deploy);
        if (!ok)
                return cannot_go_on(&up, deploy, error);
        return tell_end(&up, deploy, begun_us, ret_result, error);
}

bool controller_up(Controller *controller, const UpOptions *options, const UpObserver *observer,
                   DiagList *diags, json_t **ret_result, GError **error)
{
        return controller_bring_up(controller, options, false, observer, diags, ret_result, error);
}
