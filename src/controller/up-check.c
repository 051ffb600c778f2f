/* Checks: what forbids an `up` before anything is touched */

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/preflight.h"
#include "controller/up-private.h"

bool up_check_rerun(Upping *up, GError **error)
{
        for (const char *const *id = up->options->rerun; id != NULL && *id != NULL; id++) {
                g_autoptr(GPtrArray) ids = g_ptr_array_new();
                const char *closest;

                if (application_find(up->app, *id) >= 0)
                        continue;
                for (size_t i = 0; i < up->app->n_workloads; i++)
                        g_ptr_array_add(ids, (char *) up->app->workloads[i].id);
                g_ptr_array_add(ids, NULL);
                closest = text_closest(*id, (const char *const *) ids->pdata);
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "--rerun names `%s`, which the file does not have%s%s%s", *id,
                            closest == NULL ? "" : "; did you mean `",
                            closest == NULL ? "" : closest, closest == NULL ? "" : "`?");
                return false;
        }
        return true;
}

/* ---- What belongs to others ---- */

/* A file of another application under this one's name would take it away. */
bool up_check_identity(Upping *up, GError **error)
{
        bool has_any = false;

        if (up->options->app != NULL || up->is_plan)
                return true;
        for (guint i = 0; i < up->world->views->len; i++) {
                if (application_find(up->app, world_view(up->world, i)->workload_id) >= 0)
                        return true;
                has_any = true;
        }
        if (has_any)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "the application %s has other containers than this file: all of them "
                            "would be removed; if that is meant, say --app %s",
                            up->name, up->name);
        return !has_any;
}

/* What a running container holds of a workload's claims, for people; NULL: nothing */
static char *held_claim(const Container *container, char **wanted)
{
        g_auto(GStrv) held = NULL;

        if (container->state != CONTAINER_RUNNING && container->state != CONTAINER_PAUSED)
                return NULL;
        held = world_claims(container);
        for (char **mine = wanted; *mine != NULL; mine++) {
                for (char **its = held; *its != NULL; its++) {
                        if (claim_overlaps(*its, *mine))
                                return claim_to_words(*mine);
                }
        }
        return NULL;
}

static bool is_free_of(const Workload *workload, const Spec *spec, const Container *container,
                       const char *app, GError **error)
{
        g_auto(GStrv) wanted = NULL;
        g_autofree char *held = NULL;

        if (strcmp(spec->name, container->name) == 0) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s needs the name %s, which container %.12s has, and that one does "
                            "not belong to %s; rename or remove it",
                            workload->id, spec->name, container->id, app);
                return false;
        }
        wanted = claims_of_spec(spec);
        held = held_claim(container, wanted);
        if (held == NULL)
                return true;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                    "%s needs %s, which container %s holds, and that one does not belong to %s; "
                    "stop it first",
                    workload->id, held, container->name, app);
        return false;
}

/* A stranger on a name, port or address of ours is an error before anything is touched. */
bool up_check_foreign(Upping *up, GError **error)
{
        for (size_t i = 0; i < up->app->n_workloads; i++) {
                const Workload *workload = &up->app->workloads[i];
                g_auto(Rendered) rendered = { 0 };

                render_workload(up->scene, workload, NULL, &rendered);
                for (guint j = 0; rendered.spec != NULL && j < up->world->others->len; j++) {
                        if (!is_free_of(workload, rendered.spec, up->world->others->pdata[j],
                                        up->name, error))
                                return false;
                }
        }
        return true;
}

/* Somebody has paused it, and knows why. It serves nothing, and cannot be waited for. */
bool up_check_paused(Upping *up, GError **error)
{
        for (guint i = 0; i < up->world->views->len; i++) {
                const CoreContainer *view = world_view(up->world, i);
                const Container *container = up->world->containers->pdata[i];

                if (container->state != CONTAINER_PAUSED)
                        continue;
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s is paused; `docker unpause %s` lets it go on", view->workload_id,
                            container->name);
                return false;
        }
        return true;
}

/* ---- A Swarm ---- */

/* Run-onces whose newest run has succeeded: where it ran may be gone since */
static bool *find_done(Upping *up)
{
        bool *is_done = g_new0(bool, up->app->n_workloads + 1);

        for (size_t i = 0; i < up->app->n_workloads; i++) {
                g_autoptr(GPtrArray) runs = store_runs(up->controller->store, up->name,
                                                       up->app->workloads[i].id, NULL, NULL);

                is_done[i] = runs != NULL && runs->len > 0 &&
                             ((const RunRecord *) runs->pdata[0])->outcome == RUN_SUCCEEDED;
        }
        return is_done;
}

/* Once: a release is looked at twice, before and after its settings are known */
static bool ask_for_nodes(Upping *up, GError **error)
{
        g_auto(Answer) answer = { 0 };

        if (up->nodes != NULL || !up->controller->info->is_swarm_manager)
                return true;
        if (!engine_ask(up->controller->engine, &(EngineRequest){ .op = ENGINE_NODES }, &answer,
                        error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        up->nodes = g_steal_pointer(&answer.nodes);
        for (guint i = 0; up->nodes != NULL && i < up->nodes->len; i++) {
                const NodeInfo *node = up->nodes->pdata[i];

                if (node->is_leader || (node->is_manager && up->swarm_address == NULL)) {
                        g_free(up->swarm_address);
                        up->swarm_address = g_strdup(node->address);
                }
        }
        return true;
}

/* What would make it fail on this Swarm */
bool up_check_swarm(Upping *up, GError **error)
{
        Controller *controller = up->controller;
        g_autofree bool *is_done = NULL;

        if (up->target != FORMAT_SWARM)
                return true;
        if (!controller_open_engine(controller, up->name, error) || !ask_for_nodes(up, error))
                return false;
        is_done = find_done(up);
        return preflight_swarm(up->app, controller->info, up->nodes, is_done, up->without_ipvs,
                               error);
}

/* ---- What is worth knowing ---- */

/* Going back takes no migration back: says which have succeeded in later deployments, those that
 * the earlier file does not have included. */
bool up_warn(Upping *up, GError **error)
{
        int64_t since = up->options->deployment;
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) runs = NULL;

        up->warnings = json_array();
        if (up->is_plan && up->target == FORMAT_SWARM)
                preflight_notes(up->app, up->without_ipvs, up->warnings);
        if (since == 0)
                return true;
        runs = store_runs(up->controller->store, up->name, NULL, NULL, error);
        for (guint i = 0; runs != NULL && i < runs->len; i++) {
                const RunRecord *run = runs->pdata[i];
                g_autofree char *text = NULL, *ago = NULL;

                if (run->outcome != RUN_SUCCEEDED || run->deployment <= since ||
                    !g_hash_table_add(seen, run->workload))
                        continue;
                ago = ago_to_text(g_get_real_time() - run->ended_wall_us);
                text = g_strdup_printf("%s has run since, in deployment %" G_GINT64_FORMAT
                                       ", %s; going back to deployment %" G_GINT64_FORMAT
                                       " does not undo it",
                                       run->workload, run->deployment, ago, since);
                json_array_append_new(up->warnings, json_string(text));
        }
        return runs != NULL;
}
