/* `plan`: what an `up` would do */

#include "controller/prepare.h"
#include "controller/up-private.h"

static void on_prepared(Deploy *deploy, unsigned workload)
{
        g_main_loop_quit(deploy->loop);
}

/* Ports of a container that stays are what they are; of one that is replaced they may change. */
static void show_running(Upping *up)
{
        for (guint i = 0; i < up->world->views->len; i++) {
                const CoreContainer *view = world_view(up->world, i);
                int workload = application_find(up->app, view->workload_id);

                if (workload >= 0 && view->seen.presence == PRESENCE_RUNNING)
                        scene_set_up(up->scene, workload, up->world->containers->pdata[i]);
        }
}

static char *parents_of(const Workload *workload, const Application *app)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        GString *out = g_string_new(NULL);

        for (size_t i = 0; i < workload->n_parents; i++) {
                const Parent *parent = &workload->parents[i];
                const char *id = app->workloads[parent->workload].id;

                if (g_hash_table_add(seen, (char *) id))
                        g_string_append_printf(out, "%s%s%s", out->len > 0 ? ", " : "", id,
                                               parent->is_implied ? " (implied)" : "");
        }
        return g_string_free(out, false);
}

static PlanDecision decide(Upping *up, Deploy *deploy, unsigned i, const CoreContainer *current)
{
        const Workload *workload = &up->app->workloads[i];
        const Prepared *prepared = &deploy->items[i].prepared;
        bool force = up->options->rerun != NULL &&
                     g_strv_contains(up->options->rerun, workload->id);
        PlanDecision decision;

        if (prepared->error != NULL || prepared->deferred) {
                decision.action = current == NULL ? PLAN_START : PLAN_REPLACE;
                if (workload->kind == WORKLOAD_EPHEMERAL)
                        decision.action = PLAN_RUN;
                decision.reason = g_strdup(prepared->error != NULL
                                                   ? prepared->error
                                                   : "unknown until what it refers to is up");
                return decision;
        }
        decision = plan_decide(workload, prepared, current, force, g_get_real_time());
        if (prepared->image_missing && decision.action != PLAN_SKIP &&
            decision.action != PLAN_OFF) {
                g_autofree char *without = decision.reason;

                decision.reason = g_strdup_printf("%s; image unknown until pulled", without);
        }
        return decision;
}

static bool is_change(PlanAction action)
{
        return action != PLAN_KEEP && action != PLAN_SKIP && action != PLAN_OFF;
}

static json_t *plan_row(Upping *up, Deploy *deploy, unsigned i, bool *ret_changes)
{
        const Workload *workload = &up->app->workloads[i];
        const Prepared *prepared = &deploy->items[i].prepared;
        const CoreContainer *current = world_current(up->world, workload->id);
        PlanDecision decision = decide(up, deploy, i, current);
        g_autofree char *waits = parents_of(workload, up->app);
        g_autofree char *reason = deploy_mask(deploy, decision.reason);
        bool names_fields = decision.action == PLAN_REPLACE || decision.action == PLAN_UPDATE;
        json_t *row;

        g_free(decision.reason);
        if (decision.action != PLAN_KEEP)
                scene_set_up(up->scene, i, NULL);
        *ret_changes |= is_change(decision.action) || prepared->changed_in_place;
        row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", workload->id, "kind",
                        workload->kind == WORKLOAD_EPHEMERAL ? "ephemeral" : "service", "action",
                        plan_action_to_string(decision.action), "reason", reason, "fields",
                        names_fields ? prepared->changed : "", "waits_for", waits, "container",
                        current == NULL ? "" : current->name);
        if (decision.action == PLAN_REPLACE && workload->kind == WORKLOAD_SERVICE)
                json_object_set_new(row, "gap",
                                    json_string("stop of the old container plus start "
                                                "of the new one"));
        return row;
}

static void plan_removals(Upping *up, json_t *rows, bool *ret_changes)
{
        for (guint i = 0; i < up->world->views->len; i++) {
                const CoreContainer *view = world_view(up->world, i);

                if (application_find(up->app, view->workload_id) >= 0)
                        continue;
                json_array_append_new(
                        rows,
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", view->workload_id,
                                  "kind", view->run_key[0] != '\0' ? "ephemeral" : "service",
                                  "action", "remove", "reason", "the file no longer has it",
                                  "fields", "", "waits_for", "", "container", view->name));
                *ret_changes = true;
        }
}

static json_t *make_plan(Upping *up, Deploy *deploy)
{
        unsigned n_levels;
        g_autofree unsigned *levels = application_levels(up->app, &n_levels);
        g_autofree json_t **rows = g_new0(json_t *, up->app->n_workloads + 1);
        json_t *list = json_array();
        bool changes = false;

        show_running(up);
        for (unsigned level = 0; level < n_levels; level++) {
                for (size_t i = 0; i < up->app->n_workloads; i++) {
                        if (levels[i] != level)
                                continue;
                        prepare_begin(deploy, i, true);
                        while (deploy->items[i].is_preparing && deploy->error == NULL)
                                g_main_context_iteration(NULL, true);
                        if (deploy->error == NULL)
                                rows[i] = plan_row(up, deploy, i, &changes);
                }
        }
        for (size_t i = 0; i < up->app->n_workloads; i++)
                if (rows[i] != NULL)
                        json_array_append_new(list, rows[i]);
        plan_removals(up, list, &changes);
        return json_pack("{s:s, s:I, s:b, s:o, s:O}", "app", up->name, "deployment",
                         (json_int_t) deploy->number, "changes", changes, "workloads", list,
                         "warnings", up->warnings);
}

static int64_t next_number(Upping *up)
{
        g_autoptr(Deployment) last = store_deployment_get(up->controller->store, up->name, 0, NULL);

        return last == NULL ? 1 : last->number + 1;
}

bool controller_plan(Controller *controller, const UpOptions *options, DiagList *diags,
                     json_t **ret_plan, GError **error)
{
        g_auto(Upping) up = {
                .controller = controller, .options = options, .diags = diags, .is_plan = true
        };
        g_autoptr(Deploy) deploy = NULL;

        if (!up_get_ready(&up, error))
                return up_refuse(&up, error);
        deploy = up_deploy(&up, next_number(&up), NULL, on_prepared);
        *ret_plan = make_plan(&up, deploy);
        if (deploy->error != NULL) {
                g_clear_pointer(ret_plan, json_decref);
                g_set_error_literal(error, CONTROLLER_ERROR, CONTROLLER_ERROR_STORE,
                                    deploy->error->message);
                return up_refuse(&up, error);
        }
        return true;
}
