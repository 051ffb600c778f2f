/* `resolve`: settles by hand how a run ended */

#include <string.h>

#include "controller/internal.h"
#include "controller/prepare.h"

/* A run of the present file that nobody has seen to end, or of a database that was migrated before
 * Slipway came: the operator says how it stands. */

static RunRecord *newest_open(Controller *controller, const char *app, const char *workload,
                              GError **error)
{
        g_autoptr(GPtrArray) runs = store_runs(controller->store, app, workload, NULL, error);
        RunRecord *found;

        if (runs == NULL || runs->len == 0)
                return NULL;
        g_ptr_array_set_free_func(runs, NULL);
        found = runs->pdata[0];
        for (guint i = 1; i < runs->len; i++)
                run_record_free(runs->pdata[i]);
        return found;
}

typedef struct Identity {
        char *run_key;
        char *image;
        char *image_id;
        char **image_digests;
} Identity;

static void identity_clear(Identity *identity)
{
        g_free(identity->run_key);
        g_free(identity->image);
        g_free(identity->image_id);
        g_strfreev(identity->image_digests);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Identity, identity_clear)

static void on_prepared(Deploy *deploy, unsigned workload)
{
        g_main_loop_quit(deploy->loop);
}

/* The key that a run of the stored file would have now, from the same code as `up` */
static bool present_key(Controller *controller, const char *app, const char *workload,
                        Identity *ret_identity, GError **error)
{
        g_auto(Loaded) loaded = { 0 };
        g_autoptr(World) world = NULL;
        g_autoptr(Deploy) deploy = NULL;
        const UpOptions options = { .app = app };
        const ImageEntry *entry;
        int i;

        if (!controller_load(controller, app, 0, true, &loaded, error) ||
            !controller_open_engine(controller, app, error))
                return false;
        loaded.scene->node_address = g_strdup(
                json_string_at(loaded.deployment->inputs, "node_address", "127.0.0.1"));
        world = world_load(controller->engine, controller->store, app, false, error);
        if (world == NULL)
                return false;
        i = application_find(loaded.app, workload);
        deploy = deploy_new(&(DeployConfig){ .store = controller->store,
                                             .engine = controller->engine,
                                             .app = loaded.app,
                                             .name = app,
                                             .number = loaded.deployment->number,
                                             .settings = loaded.settings,
                                             .scene = loaded.scene,
                                             .world = world,
                                             .options = &options,
                                             .on_prepared = on_prepared });
        prepare_begin(deploy, i, true);
        while (deploy->items[i].is_preparing && deploy->error == NULL)
                g_main_context_iteration(NULL, true);
        if (deploy->items[i].run_key == NULL) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s cannot be told from other runs yet: %s", workload,
                            deploy->items[i].prepared.error == NULL
                                    ? "what it refers to is not there"
                                    : deploy->items[i].prepared.error);
                return false;
        }
        ret_identity->run_key = g_strdup(deploy->items[i].run_key);
        ret_identity->image = g_strdup(deploy->items[i].rendered.spec->image);
        entry = prepare_image(deploy, ret_identity->image);
        ret_identity->image_id = g_strdup(entry->image == NULL ? "" : entry->image->id);
        ret_identity->image_digests = entry->image == NULL ? NULL
                                                           : g_strdupv(entry->image->digests);
        return true;
}

static bool settle_done(Controller *controller, const char *app, const char *workload,
                        GError **error)
{
        g_auto(Identity) identity = { 0 };
        RunRecord run = { .app = (char *) app,
                          .workload = (char *) workload,
                          .container_name = (char *) "",
                          .container_id = (char *) "",
                          .evidence = (char *) "operator",
                          .log_tail = (char *) "",
                          .exit_code = -1,
                          .intended_wall_us = g_get_real_time() };
        bool ok;

        if (!present_key(controller, app, workload, &identity, error))
                return false;
        run.run_key = identity.run_key;
        run.image = identity.image;
        run.image_id = identity.image_id;
        run.image_digests = identity.image_digests;
        run.try_number = store_run_next_try(controller->store, app, workload, run.run_key, error);
        ok = run.try_number > 0 && store_run_intend(controller->store, &run, error);
        run.outcome = RUN_SUCCEEDED;
        run.ended_wall_us = g_get_real_time();
        return ok && store_run_ended(controller->store, &run, error);
}

static bool settle_rerun(Controller *controller, const char *app, const char *workload,
                         GError **error)
{
        g_autoptr(RunRecord) newest = newest_open(controller, app, workload, error);

        if (newest != NULL && (newest->outcome == RUN_STARTED || newest->outcome == RUN_INTENDED)) {
                newest->outcome = RUN_FAILED;
                newest->ended_wall_us = g_get_real_time();
                g_free(newest->evidence);
                newest->evidence = g_strdup("operator");
                if (!store_run_ended(controller->store, newest, error))
                        return false;
        }
        return store_runs_forget(controller->store, app, workload, error);
}

/* A container that still runs is not settled by a word. */
static bool check_not_running(Controller *controller, const char *app, const char *workload,
                              GError **error)
{
        g_autoptr(World) world = NULL;

        if (!controller_open_engine(controller, app, error))
                return false;
        world = world_load(controller->engine, controller->store, app, false, error);
        for (guint i = 0; world != NULL && i < world->views->len; i++) {
                const CoreContainer *view = world_view(world, i);

                if (strcmp(view->workload_id, workload) == 0 &&
                    view->seen.presence == PRESENCE_RUNNING && !view->seen.is_lost) {
                        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                                    "%s is running (container %s); `slipway up %s` waits for it",
                                    workload, view->name, app);
                        return false;
                }
        }
        return world != NULL;
}

bool controller_resolve(Controller *controller, const char *app, const char *workload,
                        const char *verdict, json_t **ret_result, GError **error)
{
        g_autoptr(StoreLock) lock = NULL;
        g_autoptr(json_t) runs = NULL;
        g_autofree char *text = NULL;
        bool is_done = strcmp(verdict, "done") == 0;

        if (!is_done && strcmp(verdict, "rerun") != 0) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "`%s` is no verdict; say `done` or `rerun`", verdict);
                return false;
        }
        if (!controller_open_store(controller, true, error) ||
            !controller_runs(controller, app, workload, &runs, error))
                return false;
        lock = controller_lock(controller, app, "slipway resolve", false, NULL, error);
        if (lock == NULL)
                return false;
        if (!check_not_running(controller, app, workload, error) ||
            !(is_done ? settle_done(controller, app, workload, error)
                      : settle_rerun(controller, app, workload, error))) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        text = g_strdup_printf("by the operator: %s", verdict);
        controller_fact(controller, app, 0, "resolved", workload, text);
        *ret_result = json_pack("{s:s, s:s, s:s}", "app", app, "workload", workload, "verdict",
                                verdict);
        return true;
}
