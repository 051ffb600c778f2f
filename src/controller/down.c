/* `down`, `stop`, `start` and `restart`: containers one after the other, children first */

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/files.h"
#include "controller/hooks.h"
#include "controller/internal.h"
#include "controller/resources.h"
#include "controller/waiting.h"

/* Stopping: containers in the reverse of their order of starting, those of one level side by side */

typedef struct Stopping {
        Controller *controller;
        const char *app;
        const UpObserver *observer;
        World *world;
        Application *model; /* NULL: the file is gone or cannot be read any more */
        unsigned *levels;
        unsigned n_levels;
        StoreLock *lock;
        GPtrArray *halts; /* Halt, under way */
        bool is_removing;
        bool is_killing;
        bool is_unrecorded; /* that it is stopped: the disk is full, say */
        json_t *done;
        char *trouble;
} Stopping;

static void stopping_clear(Stopping *stopping)
{
        g_clear_pointer(&stopping->world, world_free);
        g_clear_pointer(&stopping->model, application_free);
        g_clear_pointer(&stopping->lock, store_unlock);
        g_clear_pointer(&stopping->done, json_decref);
        g_clear_pointer(&stopping->halts, g_ptr_array_unref);
        g_free(stopping->levels);
        g_free(stopping->trouble);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stopping, stopping_clear)

static void tell(const Stopping *stopping, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(const Stopping *stopping, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        if (stopping->observer == NULL || stopping->observer->on_message == NULL)
                return;
        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        stopping->observer->on_message(text, stopping->observer->user);
}

/* ---- One container ---- */

typedef struct Halt {
        Stopping *stopping;
        const Container *container;
        const char *workload;
} Halt;

static void halted(Halt *halt, const GError *error)
{
        Stopping *stopping = halt->stopping;

        if (error != NULL && !g_error_matches(error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)) {
                if (stopping->trouble == NULL)
                        stopping->trouble = g_strdup_printf("%s: %s", halt->container->name,
                                                            error->message);
        } else {
                const char *what = stopping->is_removing ? "removed" : "stopped";

                json_array_append_new(stopping->done,
                                      json_pack("{s:s, s:s, s:s}", "id", halt->workload,
                                                "container", halt->container->name, "result",
                                                what));
                tell(stopping, "%s %s", halt->workload, what);
                controller_fact(stopping->controller, stopping->app, 0, what, halt->workload,
                                halt->container->name);
        }
        g_ptr_array_remove_fast(stopping->halts, halt);
}

static void on_removed(const EngineReply *reply, gpointer user)
{
        halted(user, reply->error);
}

static void on_stopped(const EngineReply *reply, gpointer user)
{
        Halt *halt = user;

        if (!halt->stopping->is_removing ||
            (reply->error != NULL &&
             !g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)))
                halted(halt, reply->error);
        else
                engine_send(halt->stopping->controller->engine,
                            &(EngineRequest){ .op = ENGINE_REMOVE,
                                              .id = halt->container->id,
                                              .force = true,
                                              .volumes = true },
                            on_removed, halt);
}

/* A job of a Swarm cannot be stopped. One that waits for a node is removed only if none takes it just
 * then. */
static bool goes_at_once(const Halt *halt)
{
        const char *run = container_label(halt->container, LABEL_RUN);

        return halt->stopping->is_removing && run != NULL && run[0] != '\0' &&
               (halt->stopping->is_killing || halt->container->state == CONTAINER_CREATED);
}

static void stop_now(Halt *halt)
{
        if (goes_at_once(halt)) {
                engine_send(halt->stopping->controller->engine,
                            &(EngineRequest){ .op = ENGINE_REMOVE,
                                              .id = halt->container->id,
                                              .force = true,
                                              .unstarted = !halt->stopping->is_killing,
                                              .volumes = true },
                            on_removed, halt);
                return;
        }
        engine_send(halt->stopping->controller->engine,
                    &(EngineRequest){ .op = ENGINE_STOP,
                                      .id = halt->container->id,
                                      .timeout_s = halt->stopping->is_killing ? 0 : -1 },
                    on_stopped, halt);
}

/* A hook that fails is a fact; the stop goes on */
static void on_pre_stop(const GError *error, gpointer user)
{
        Halt *halt = user;

        if (error != NULL) {
                tell(halt->stopping, "%s: %s", halt->workload, error->message);
                controller_fact(halt->stopping->controller, halt->stopping->app, 0, "hook-failed",
                                halt->workload, error->message);
        }
        stop_now(halt);
}

static void on_policy(const EngineReply *reply, gpointer user)
{
        Halt *halt = user;
        bool has_hooks = halt->container->state == CONTAINER_RUNNING && !halt->stopping->is_killing;

        if (!has_hooks || hooks_run(halt->stopping->controller->engine, halt->container,
                                    HOOK_PRE_STOP, 0, NULL, on_pre_stop, halt) == NULL)
                stop_now(halt);
}

/* A stopped container stays so, also when the engine is started again: its policy goes first. */
static void halt_container(Stopping *stopping, const Container *container, const char *workload)
{
        Halt *halt = g_new0(Halt, 1);
        g_autoptr(Spec) spec = spec_new();

        halt->stopping = stopping;
        halt->container = container;
        halt->workload = workload;
        g_ptr_array_add(stopping->halts, halt);
        if (strcmp(container->restart_policy, "no") == 0 || stopping->is_removing)
                on_policy(NULL, halt);
        else
                engine_send(
                        stopping->controller->engine,
                        &(EngineRequest){ .op = ENGINE_UPDATE, .id = container->id, .spec = spec },
                        on_policy, halt);
}

/* ---- In order ---- */

static unsigned level_of(const Stopping *stopping, const char *workload)
{
        int i = stopping->model == NULL ? -1 : application_find(stopping->model, workload);

        return i < 0 ? 0 : stopping->levels[i];
}

static bool check_interrupt(const Stopping *stopping, GError **error)
{
        if (stopping->controller->is_interrupted)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_INTERRUPTED, "interrupted");
        return !stopping->controller->is_interrupted;
}

/* "for web/app, db/postgres to stop" */
static char *describe_halts(gpointer user)
{
        const Stopping *stopping = user;
        GString *out = g_string_new("for ");

        for (guint i = 0; i < stopping->halts->len; i++)
                g_string_append_printf(out, "%s%s", i > 0 ? ", " : "",
                                       ((const Halt *) stopping->halts->pdata[i])->workload);
        g_string_append(out, " to stop");
        return g_string_free(out, false);
}

/* One that was told to stop is waited for also when interrupted: the engine stops it in any case */
static void await_halts(Stopping *stopping)
{
        g_autoptr(Waiting) waiting = waiting_begin(stopping->observer, 1, describe_halts, stopping);

        while (stopping->halts->len > 0)
                g_main_context_iteration(NULL, true);
}

static bool halt_all(Stopping *stopping, const char *only, GError **error)
{
        for (unsigned level = MAX(stopping->n_levels, 1); level > 0; level--) {
                for (guint i = 0; i < stopping->world->views->len; i++) {
                        const CoreContainer *view = world_view(stopping->world, i);
                        const Container *container = stopping->world->containers->pdata[i];

                        if (level_of(stopping, view->workload_id) != level - 1 ||
                            (only != NULL && strcmp(only, view->workload_id) != 0) ||
                            (!stopping->is_removing && view->seen.presence != PRESENCE_RUNNING))
                                continue;
                        halt_container(stopping, container, view->workload_id);
                }
                await_halts(stopping);
                if (stopping->trouble != NULL) {
                        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_ENGINE,
                                    "cannot stop %s", stopping->trouble);
                        return false;
                }
                if (!check_interrupt(stopping, error))
                        return false;
        }
        return true;
}

/* ---- What is written down ---- */

/* Who takes containers away may do so to free a full disk: that it could not be recorded is no reason
 * to let them run, and nothing is started by it later. */
static bool record(Stopping *stopping, bool ok, GError *inner, GError **error)
{
        stopping->is_unrecorded |= !ok;
        if (ok || g_error_matches(inner, STORE_ERROR, STORE_ERROR_NOT_WRITABLE)) {
                g_clear_error(&inner);
                return true;
        }
        g_propagate_error(error, inner);
        return false;
}

static bool record_stopped(Stopping *stopping, GError **error)
{
        GError *inner = NULL;
        bool ok = store_app_set_desired(stopping->controller->store, stopping->app, "stopped",
                                        &inner);

        return record(stopping, ok, inner, error);
}

/* @forgets: what the ledger has of it, too. What was in the way at first may be gone with the
 * containers. */
static bool record_end(Stopping *stopping, bool forgets, GError **error)
{
        Controller *controller = stopping->controller;
        GError *inner = NULL;

        if (stopping->is_unrecorded) {
                stopping->is_unrecorded = false;
                if (!record_stopped(stopping, error))
                        return false;
        }
        if (forgets) {
                bool ok = store_app_forget(controller->store, stopping->app, &inner);

                if (!record(stopping, ok, inner, error))
                        return false;
        }
        if (stopping->is_unrecorded)
                tell(stopping,
                     "warning: %s cannot be written, so that %s was %s could not be recorded; "
                     "where its disk is full free some megabytes there, then say it again",
                     controller->state_dir, stopping->app,
                     stopping->is_removing ? "taken down" : "stopped");
        return true;
}

/* ---- What may not be stopped ---- */

static const CoreContainer *running_run(const Stopping *stopping, const char *only)
{
        for (guint i = 0; i < stopping->world->views->len; i++) {
                const CoreContainer *view = world_view(stopping->world, i);

                if (view->run_key[0] != '\0' && view->seen.presence == PRESENCE_RUNNING &&
                    (only == NULL || strcmp(only, view->workload_id) == 0))
                        return view;
        }
        return NULL;
}

/* The end of a run that is waited for */
typedef struct Ending {
        Engine *engine;
        const CoreContainer *run;
        EngineCall *call, *look;
        GError *error;
        bool is_over;
} Ending;

static void on_looked(const EngineReply *reply, gpointer user)
{
        Ending *ending = user;
        bool is_up = reply->container != NULL && (reply->container->state == CONTAINER_RUNNING ||
                                                  reply->container->state == CONTAINER_PAUSED);

        ending->look = NULL;
        if (reply->error == NULL
                    ? !is_up
                    : g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND))
                ending->is_over = true;
}

/* The engine tells of the next end: one that came before the question would be waited for in vain */
static void on_ending(const EngineReply *reply, gpointer user)
{
        Ending *ending = user;

        if (!reply->is_final) {
                ending->look = engine_send(
                        ending->engine,
                        &(EngineRequest){ .op = ENGINE_INSPECT, .id = ending->run->id }, on_looked,
                        ending);
                return;
        }
        if (reply->error != NULL &&
            !g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND))
                ending->error = g_error_copy(reply->error);
        ending->call = NULL;
        ending->is_over = true;
}

static char *describe_ending(gpointer user)
{
        const Ending *ending = user;

        return g_strdup_printf("for %s to end", ending->run->workload_id);
}

static bool await_end(Stopping *stopping, const CoreContainer *run, GError **error)
{
        Engine *engine = stopping->controller->engine;
        Ending ending = { .engine = engine, .run = run };
        g_autoptr(Waiting) waiting = waiting_begin(stopping->observer, 0, describe_ending, &ending);

        ending.call = engine_send(engine, &(EngineRequest){ .op = ENGINE_WAIT, .id = run->id },
                                  on_ending, &ending);
        while (!ending.is_over && !stopping->controller->is_interrupted)
                g_main_context_iteration(NULL, true);
        engine_cancel(engine, ending.look);
        engine_cancel(engine, ending.call);
        if (ending.error != NULL) {
                g_propagate_error(error, ending.error);
                return false;
        }
        return check_interrupt(stopping, error);
}

/* A migration is never killed because somebody grew impatient. */
static bool check_runs(Stopping *stopping, const char *only, const DownOptions *options,
                       GError **error)
{
        const CoreContainer *run;

        while ((run = running_run(stopping, only)) != NULL && options->wait) {
                g_autoptr(World) world = NULL;

                if (!await_end(stopping, run, error))
                        return false;
                world = world_load(stopping->controller->engine, stopping->controller->store,
                                   stopping->app, false, error);
                if (world == NULL)
                        return false;
                world_free(stopping->world);
                stopping->world = g_steal_pointer(&world);
        }
        if (run == NULL || options->force)
                return true;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                    "%s is running, and a run-once container is not killed half-way: wait for it "
                    "with --wait, or kill it with --force",
                    run->workload_id);
        return false;
}

static bool open_all(Stopping *stopping, const char *target, const DownOptions *options,
                     GError **error)
{
        Controller *controller = stopping->controller;
        g_autoptr(Deployment) deployment = NULL;
        g_auto(Loaded) loaded = { 0 };
        int64_t serving = 0;

        if (!controller_open_store(controller, true, error))
                return false;
        deployment = controller_deployment(controller, stopping->app, 0, error);
        if (deployment == NULL)
                return false;
        stopping->halts = g_ptr_array_new_with_free_func(g_free);
        stopping->lock = controller_lock(controller, stopping->app, options->command_line,
                                         options->wait, stopping->observer, error);
        if (stopping->lock == NULL || !controller_open_engine(controller, stopping->app, error))
                return false;
        (void) store_app_get(controller->store, stopping->app, &serving, NULL, NULL);
        if (controller_load(controller, stopping->app, serving, false, &loaded, NULL)) {
                stopping->model = g_steal_pointer(&loaded.app);
                stopping->levels = application_levels(stopping->model, &stopping->n_levels);
                /* Positions in it are borrowed from the findings' list; nobody asks for them. */
        }
        stopping->world = world_load(controller->engine, controller->store, stopping->app, false,
                                     error);
        stopping->done = json_array();
        return stopping->world != NULL;
}

/* ---- down ---- */

static bool remove_volumes(Stopping *stopping, GError **error)
{
        Controller *controller = stopping->controller;
        GHashTableIter iter;
        gpointer value;

        g_hash_table_iter_init(&iter, stopping->world->volumes);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const VolumeInfo *volume = value;
                g_autoptr(GError) inner = NULL;

                if (!resources_is_ours(volume->labels, stopping->app, controller->store))
                        continue;
                if (engine_ask(controller->engine,
                               &(EngineRequest){ .op = ENGINE_VOLUME_REMOVE, .name = volume->name },
                               NULL, &inner)) {
                        tell(stopping, "volume %s removed", volume->name);
                        json_array_append_new(stopping->done,
                                              json_pack("{s:s, s:s}", "volume", volume->name,
                                                        "result", "removed"));
                } else if (g_error_matches(inner, ENGINE_ERROR, ENGINE_ERROR_CONFLICT)) {
                        tell(stopping, "volume %s is kept: somebody else uses it", volume->name);
                } else if (!g_error_matches(inner, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)) {
                        g_propagate_error(error, g_steal_pointer(&inner));
                        return false;
                }
        }
        return true;
}

static void on_network(const char *text, gpointer user)
{
        const Stopping *stopping = user;

        tell(stopping, "%s", text);
        controller_fact(stopping->controller, stopping->app, 0, "network", "", text);
}

static bool remove_networks(Stopping *stopping, GError **error)
{
        return resources_remove_unused(stopping->controller->engine, stopping->controller->store,
                                       stopping->world, stopping->app, NULL, on_network, stopping,
                                       error);
}

/* A command that was killed may have left a create under way, which the engine carries out while
 * we remove: looked at again until nothing is left. */
#define SWEEPS_MAX 5

static bool sweep(Stopping *stopping, GError **error)
{
        for (int i = 0; i < SWEEPS_MAX; i++) {
                World *world;

                if (!halt_all(stopping, NULL, error))
                        return false;
                world = controller_world(stopping->controller, stopping->app, false, error);
                if (world == NULL)
                        return false;
                world_free(stopping->world);
                stopping->world = world;
                if (world->containers->len == 0)
                        break;
        }
        files_sweep(stopping->controller->state_dir, stopping->app, stopping->world->containers);
        return true;
}

bool controller_down(Controller *controller, const char *app, const DownOptions *options,
                     const UpObserver *observer, json_t **ret_result, GError **error)
{
        g_auto(Stopping) stopping = { .controller = controller,
                                      .app = app,
                                      .observer = observer,
                                      .is_removing = true,
                                      .is_killing = options->force };

        if (!open_all(&stopping, app, options, error) ||
            !check_runs(&stopping, NULL, options, error) || !record_stopped(&stopping, error) ||
            !sweep(&stopping, error) || !remove_networks(&stopping, error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        if ((options->volumes && !remove_volumes(&stopping, error)) ||
            !record_end(&stopping, options->volumes, error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        *ret_result = json_pack("{s:s, s:O}", "app", app, "removed", stopping.done);
        return true;
}

/* ---- stop, start, restart ---- */

static bool check_target(const Stopping *stopping, const char *workload, GError **error)
{
        g_autoptr(GPtrArray) ids = g_ptr_array_new();
        const char *closest;

        if (workload == NULL)
                return true;
        for (guint i = 0; i < stopping->world->views->len; i++) {
                if (strcmp(world_view(stopping->world, i)->workload_id, workload) == 0)
                        return true;
                g_ptr_array_add(ids, (char *) world_view(stopping->world, i)->workload_id);
        }
        g_ptr_array_add(ids, NULL);
        closest = text_closest(workload, (const char *const *) ids->pdata);
        if (closest != NULL)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s has no container for `%s`; did you mean `%s`?", stopping->app,
                            workload, closest);
        else
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s has no container for `%s`; `slipway status %s` shows what it has",
                            stopping->app, workload, stopping->app);
        return false;
}

bool controller_stop(Controller *controller, const char *target, const DownOptions *options,
                     const UpObserver *observer, json_t **ret_result, GError **error)
{
        g_autofree char *app = NULL, *workload = NULL;
        g_auto(Stopping) stopping = { .controller = controller,
                                      .observer = observer,
                                      .is_killing = options->force };

        controller_split_target(target, &app, &workload);
        stopping.app = app;
        if (!open_all(&stopping, target, options, error) ||
            !check_target(&stopping, workload, error) ||
            !check_runs(&stopping, workload, options, error) ||
            (workload == NULL && !record_stopped(&stopping, error)) ||
            !halt_all(&stopping, workload, error) || !record_end(&stopping, false, error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        *ret_result = json_pack("{s:s, s:O}", "app", app, "stopped", stopping.done);
        return true;
}

/* One container of a service, with the restart policy that its file gives it */
static bool start_one(Controller *controller, const char *app, const char *workload,
                      const UpObserver *observer, json_t **ret_result, GError **error)
{
        const DownOptions options = { 0 };
        g_auto(Stopping) stopping = { .controller = controller, .app = app, .observer = observer };
        g_autoptr(Spec) spec = spec_new();
        const CoreContainer *current;
        const Container *found;
        int i;

        if (!open_all(&stopping, app, &options, error) || !check_target(&stopping, workload, error))
                return false;
        current = world_current(stopping.world, workload);
        found = current == NULL ? NULL : world_find(stopping.world, current->id);
        i = stopping.model == NULL ? -1 : application_find(stopping.model, workload);
        if (i >= 0 && stopping.model->workloads[i].kind == WORKLOAD_EPHEMERAL) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s runs once; to run it again, say `slipway up %s --rerun %s`",
                            workload, app, workload);
                return false;
        }
        if (found == NULL) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s has no container that has ever run; say `slipway up %s`", workload,
                            app);
                return false;
        }
        if (i >= 0 && stopping.model->workloads[i].restart.is_set) {
                spec->restart = stopping.model->workloads[i].restart.policy;
                spec->restart_max = stopping.model->workloads[i].restart.max;
        }
        if (!engine_ask(controller->engine,
                        &(EngineRequest){ .op = ENGINE_UPDATE, .id = found->id, .spec = spec },
                        NULL, error) ||
            !engine_ask(controller->engine, &(EngineRequest){ .op = ENGINE_START, .id = found->id },
                        NULL, error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        if (found->state != CONTAINER_RUNNING &&
            !hooks_run_all(controller->engine, found, HOOK_POST_START, error)) {
                (void) engine_ask(
                        controller->engine,
                        &(EngineRequest){ .op = ENGINE_STOP, .id = found->id, .timeout_s = -1 },
                        NULL, NULL);
                controller_wrap(error, CONTROLLER_ERROR_FAILED);
                return false;
        }
        controller_fact(controller, app, 0, "started", workload, found->name);
        tell(&stopping, "%s started", workload);
        *ret_result = json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "app", app, "started", "id", workload,
                                "container", found->name, "result", "started");
        return true;
}

static bool start_all(Controller *controller, const char *app, const UpObserver *observer,
                      json_t **ret_result, GError **error)
{
        g_autoptr(DiagList) diags = diag_list_new();
        UpOptions options = { .app = app, .command_line = "slipway start" };
        g_autoptr(Deployment) last = NULL;
        int64_t serving = 0;

        if (!controller_open_store(controller, true, error))
                return false;
        (void) store_app_get(controller->store, app, &serving, NULL, NULL);
        if (serving == 0) { /* none has ever served: the last one, if there is any */
                last = controller_deployment(controller, app, 0, error);
                if (last == NULL)
                        return false;
        }
        options.deployment = serving;
        return controller_bring_up(controller, &options, true, observer, diags, ret_result, error);
}

bool controller_start(Controller *controller, const char *target, const UpObserver *observer,
                      json_t **ret_result, GError **error)
{
        g_autofree char *app = NULL, *workload = NULL;

        controller_split_target(target, &app, &workload);
        return workload == NULL ? start_all(controller, app, observer, ret_result, error)
                                : start_one(controller, app, workload, observer, ret_result, error);
}

bool controller_restart(Controller *controller, const char *target, const UpObserver *observer,
                        json_t **ret_result, GError **error)
{
        const DownOptions options = { .command_line = "slipway restart" };
        g_autoptr(json_t) stopped = NULL;

        return controller_stop(controller, target, &options, observer, &stopped, error) &&
               controller_start(controller, target, observer, ret_result, error);
}
