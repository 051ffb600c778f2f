#include "controller/deploy.h"

#include <string.h>

#include "base/timefmt.h"
#include "controller/effects.h"
#include "controller/prepare.h"

#define QUOTES_MAX_MS 5000 /* that the last lines of containers may take after the end */
#define LOOK_AGAIN_MS 1000 /* after the engine was back and could not be listed */

/* ---- Making one ---- */

static void free_probe(gpointer data)
{
        g_free(data);
}

Deploy *deploy_new(const DeployConfig *config)
{
        static const UpObserver nobody = { 0 };
        Deploy *deploy = g_new0(Deploy, 1);

        deploy->store = config->store;
        deploy->engine = config->engine;
        deploy->app = config->app;
        deploy->name = config->name;
        deploy->number = config->number;
        deploy->settings = config->settings;
        deploy->scene = config->scene;
        deploy->world = config->world;
        deploy->options = config->options;
        deploy->observer = config->observer == NULL ? &nobody : config->observer;
        deploy->state_dir = config->state_dir;
        deploy->engine_host = config->engine_host;
        deploy->warnings = config->warnings;
        deploy->on_prepared = config->on_prepared;
        deploy->items = g_new0(Item, config->app->n_workloads + 1);
        deploy->containers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                   (GDestroyNotify) container_free);
        deploy->policies = g_hash_table_ref(config->world->policies);
        deploy->waits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        deploy->probes = g_hash_table_new_full(g_str_hash, g_str_equal, free_probe, NULL);
        deploy->quotes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        deploy->hooking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        deploy->blocked_removes = g_ptr_array_new();
        deploy->queue = g_queue_new();
        deploy->untold = g_ptr_array_new_with_free_func(g_free);
        deploy->loop = g_main_loop_new(NULL, false);
        deploy->http = http_client_new(NULL);
        for (guint i = 0; i < config->world->containers->len; i++) {
                const Container *container = config->world->containers->pdata[i];

                g_hash_table_insert(deploy->containers, g_strdup(container->id),
                                    container_copy(container));
        }
        return deploy;
}

static void event_free(CoreEvent *event)
{
        g_free((char *) event->container);
        g_free((char *) event->message);
        g_free(event);
}

static void item_clear(Item *item)
{
        rendered_clear(&item->rendered);
        g_free(item->spec_hash);
        g_clear_pointer(&item->field_hashes, json_decref);
        g_free(item->run_key);
        arena_free(item->arena);
        g_free(item->shown_reason);
        g_free(item->detail);
        g_free(item->quote);
}

void deploy_free(Deploy *deploy)
{
        if (deploy == NULL)
                return;
        for (size_t i = 0; i < deploy->app->n_workloads; i++)
                item_clear(&deploy->items[i]);
        g_free(deploy->items);
        core_free(deploy->core);
        g_clear_pointer(&deploy->images, g_hash_table_unref);
        g_hash_table_unref(deploy->containers);
        g_hash_table_unref(deploy->policies);
        g_hash_table_unref(deploy->waits);
        g_hash_table_unref(deploy->probes);
        g_hash_table_unref(deploy->quotes);
        g_hash_table_unref(deploy->hooking);
        g_ptr_array_unref(deploy->blocked_removes);
        g_queue_free_full(deploy->queue, (GDestroyNotify) event_free);
        g_ptr_array_unref(deploy->untold);
        g_main_loop_unref(deploy->loop);
        http_client_free(deploy->http);
        g_free(deploy->ready_why);
        g_free(deploy->reason);
        g_clear_error(&deploy->error);
        g_free(deploy);
}

/* ---- For people ---- */

char *deploy_mask(Deploy *deploy, const char *text)
{
        return deploy->settings == NULL ? g_strdup(text) : settings_mask(deploy->settings, text);
}

void deploy_message(Deploy *deploy, const char *format, ...)
{
        g_autofree char *text = NULL, *masked = NULL;
        va_list args;

        if (deploy->observer->on_message == NULL)
                return;
        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        masked = deploy_mask(deploy, text);
        deploy->observer->on_message(masked, deploy->observer->user);
}

static bool is_shown(const Item *item, const WorkloadProgress *progress)
{
        return item->shown_reason != NULL && item->shown.state == progress->state &&
               item->shown.is_decided == progress->is_decided &&
               item->shown.action == progress->action &&
               item->shown.is_settled == progress->is_settled &&
               strcmp(item->shown_reason, progress->reason) == 0;
}

static void show_progress(Deploy *deploy)
{
        if (deploy->observer->on_progress == NULL)
                return;
        for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                Item *item = &deploy->items[i];
                WorkloadProgress progress;
                g_autofree char *waits = NULL, *detail = NULL, *masked = NULL;

                core_progress(deploy->core, i, &progress);
                if (is_shown(item, &progress))
                        continue;
                if (item->shown_reason == NULL || item->shown.state != progress.state)
                        g_clear_pointer(&item->detail, g_free);
                g_free(item->shown_reason);
                item->shown = progress;
                item->shown_reason = g_strdup(progress.reason);
                item->shown.reason = item->shown_reason;
                waits = core_waits_for(deploy->core, i);
                detail = waits != NULL
                                 ? g_strdup_printf("waits for %s", waits)
                                 : g_strdup(item->detail != NULL ? item->detail : progress.reason);
                masked = deploy_mask(deploy, detail);
                deploy->observer->on_progress(deploy->app, i, &progress, masked,
                                              deploy->observer->user);
        }
}

/* ---- Feeding the core ---- */

void deploy_fail(Deploy *deploy, GError *error)
{
        g_assert(error != NULL);
        if (deploy->error == NULL)
                deploy->error = error;
        else
                g_error_free(error);
        deploy->is_finished = true;
        g_main_loop_quit(deploy->loop);
}

static gboolean on_timer(gpointer data)
{
        Deploy *deploy = data;

        deploy->timer = 0;
        deploy_post(deploy, &(CoreEvent){ .type = CORE_TIMER, .workload = -1 });
        return G_SOURCE_REMOVE;
}

static void set_timer(Deploy *deploy, int64_t deadline_us)
{
        int64_t left_us = deadline_us - g_get_monotonic_time();

        g_clear_handle_id(&deploy->timer, g_source_remove);
        if (deadline_us == CORE_NO_DEADLINE || deploy->is_finished)
                return;
        deploy->timer = g_timeout_add(CLAMP((left_us + 999) / 1000, 0, 3600 * 1000), on_timer,
                                      deploy);
}

static void feed(Deploy *deploy, const CoreEvent *event)
{
        g_autoptr(GArray) effects = core_effects_new();
        int64_t deadline_us;

        deadline_us = core_step(deploy->core, event, effects);
        effects_perform(deploy, effects);
        if (deploy->is_finished)
                return;
        set_timer(deploy, deadline_us);
        show_progress(deploy);
}

/* That it runs is not that it has started: its hooks are still to come. */
static bool is_too_early(const Deploy *deploy, const CoreEvent *event)
{
        return event->type == CORE_OBSERVED && event->container != NULL &&
               event->observation.presence == PRESENCE_RUNNING &&
               g_hash_table_contains(deploy->hooking, event->container);
}

void deploy_post(Deploy *deploy, const CoreEvent *event)
{
        CoreEvent *copy;

        if (is_too_early(deploy, event))
                return;
        copy = g_memdup2(event, sizeof *event);
        copy->container = g_strdup(event->container);
        copy->message = g_strdup(event->message);
        g_queue_push_tail(deploy->queue, copy);
        if (deploy->is_draining || deploy->core == NULL)
                return;
        deploy->is_draining = true;
        while ((copy = g_queue_pop_head(deploy->queue)) != NULL) {
                copy->now_us = g_get_monotonic_time();
                copy->wall_us = g_get_real_time();
                if (!deploy->is_finished)
                        feed(deploy, copy);
                event_free(copy);
        }
        deploy->is_draining = false;
}

/* ---- The engine's event stream ---- */

static void post_observed(Deploy *deploy, const char *id, const Observation *seen)
{
        deploy_post(deploy, &(CoreEvent){ .type = CORE_OBSERVED,
                                          .workload = -1,
                                          .container = id,
                                          .observation = *seen });
}

static void on_engine_back(Deploy *deploy, const World *world)
{
        g_auto(GStrv) ids = core_containers(deploy->core);

        deploy->is_lost = false;
        deploy->world->engine_started_wall_ns = world->engine_started_wall_ns;
        deploy_message(deploy, "the engine is back");
        deploy_post(deploy, &(CoreEvent){ .type = CORE_ENGINE_BACK, .workload = -1 });
        for (char **id = ids; *id != NULL; id++) {
                const Container *container = world_find(world, *id);
                Observation seen = { .presence = PRESENCE_GONE,
                                     .engine_started_wall_ns = world->engine_started_wall_ns };

                if (container != NULL) {
                        seen = observe(container, world->engine_started_wall_ns);
                        g_hash_table_replace(deploy->containers, g_strdup(*id),
                                             container_copy(container));
                }
                post_observed(deploy, *id, &seen);
                if (container != NULL)
                        effects_post_health(deploy, container);
        }
}

static void on_event(Deploy *deploy, const EngineEvent *event)
{
        Observation gone = { .presence = PRESENCE_GONE };

        if (g_hash_table_lookup(deploy->containers, event->id) == NULL)
                return;
        if (strcmp(event->action, "destroy") == 0) {
                post_observed(deploy, event->id, &gone);
        } else if (strcmp(event->action, "health_status") == 0) {
                deploy_post(deploy,
                            &(CoreEvent){ .type = CORE_HEALTH,
                                          .workload = -1,
                                          .container = event->id,
                                          .exit_code = g_strcmp0(event->health, "healthy") == 0
                                                               ? 0
                                                               : 1 });
        } else if (strcmp(event->action, "die") == 0 || strcmp(event->action, "stop") == 0 ||
                   strcmp(event->action, "start") == 0) {
                /* A run's own end is told by its wait, which is also the evidence; that its node is
                 * lost is not. */
                if (deploy->scene->is_swarm || !g_hash_table_contains(deploy->waits, event->id))
                        effects_inspect(deploy, event->id);
        }
}

static void look_again(Deploy *deploy);

static gboolean on_look_again(gpointer data)
{
        Deploy *deploy = data;

        deploy->look_timer = 0;
        look_again(deploy);
        return G_SOURCE_REMOVE;
}

/* The stream is open again. Everything is listed anew, and meanwhile the main loop runs: the
 * engine may be lost once more, or the deployment end. */
static void look_again(Deploy *deploy)
{
        g_autoptr(World) world = NULL;
        unsigned loss = deploy->n_losses;

        if (deploy->is_looking || !deploy->is_lost || deploy->is_finished)
                return;
        deploy->is_looking = true;
        world = world_load(deploy->engine, deploy->store, deploy->name, false, NULL);
        deploy->is_looking = false;
        if (deploy->is_finished)
                return;
        if (world != NULL && loss == deploy->n_losses)
                on_engine_back(deploy, world);
        else if (deploy->look_timer == 0)
                deploy->look_timer = g_timeout_add(LOOK_AGAIN_MS, on_look_again, deploy);
}

static void on_watch(const EngineReply *reply, gpointer user)
{
        Deploy *deploy = user;

        if (reply->is_final)
                deploy->watch = NULL;
        if (deploy->is_finished)
                return;
        if (reply->error != NULL) {
                if (!deploy->is_watching) {
                        deploy_fail(deploy, g_error_copy(reply->error));
                        return;
                }
                deploy->n_losses++;
                if (!deploy->is_lost) {
                        deploy->is_lost = true;
                        deploy_message(deploy, "the engine does not answer; waiting for it");
                        deploy_post(deploy,
                                    &(CoreEvent){ .type = CORE_ENGINE_LOST, .workload = -1 });
                }
        } else if (reply->event != NULL) {
                on_event(deploy, reply->event);
        } else if (reply->is_open && !deploy->is_watching) {
                deploy->is_watching = true;
                g_main_loop_quit(deploy->loop);
        } else if (reply->is_open && deploy->is_lost) {
                look_again(deploy);
        }
}

static void watch(Deploy *deploy)
{
        g_autofree char *by_app = g_strdup_printf(LABEL_APP "=%s", deploy->name);
        const char *labels[] = { by_app, NULL };

        deploy->watch = engine_send(deploy->engine,
                                    &(EngineRequest){ .op = ENGINE_WATCH, .labels = labels },
                                    on_watch, deploy);
        g_main_loop_run(deploy->loop); /* until it is open: nothing is missed then */
}

/* ---- Running it ---- */

static gboolean on_out_of_time(gpointer data)
{
        Deploy *deploy = data;

        deploy->deadline_timer = 0;
        deploy_post(deploy, &(CoreEvent){ .type = CORE_DEADLINE, .workload = -1 });
        return G_SOURCE_REMOVE;
}

void deploy_interrupt(Deploy *deploy)
{
        if (deploy->core == NULL) {
                g_main_loop_quit(deploy->loop);
                return;
        }
        deploy_post(deploy, &(CoreEvent){ .type = CORE_INTERRUPT, .workload = -1 });
}

static void make_core(Deploy *deploy)
{
        World *world = deploy->world;
        g_autofree bool *early = prepare_early_flags(deploy->app);
        g_autofree CoreContainer *views = g_new0(CoreContainer, world->views->len + 1);

        for (guint i = 0; i < world->views->len; i++)
                views[i] = *world_view(world, i);
        deploy->core = core_new(&(CoreConfig){
                .app = deploy->app,
                .deployment = deploy->number,
                .containers = views,
                .n_containers = world->views->len,
                .swaps = (CoreSwap *) world->swaps->data,
                .n_swaps = world->swaps->len,
                .rerun = deploy->options->rerun,
                .app_slug = deploy->name,
                .may_create_early = early,
                .may_adopt = g_getenv("SLIPWAY_TEST_NO_ADOPT") == NULL,
        });
}

/* Waits and probes are asks, too: each is cancelled once. */
static void stop_everything(Deploy *deploy)
{
        engine_cancel(deploy->engine, deploy->watch);
        deploy->watch = NULL;
        effects_cancel_all(deploy);
        g_hash_table_remove_all(deploy->waits);
        g_hash_table_remove_all(deploy->probes);
        g_hash_table_remove_all(deploy->quotes);
        g_hash_table_remove_all(deploy->hooking);
        g_clear_pointer(&deploy->ready, ready_cancel);
        g_clear_handle_id(&deploy->timer, g_source_remove);
        g_clear_handle_id(&deploy->deadline_timer, g_source_remove);
        g_clear_handle_id(&deploy->look_timer, g_source_remove);
}

static gboolean on_quotes_late(gpointer data)
{
        bool *is_late = data;

        *is_late = true;
        return G_SOURCE_REMOVE;
}

/* What a failed container printed last is still on its way: an engine that hangs is not waited
 * for. */
static void await_quotes(Deploy *deploy)
{
        bool is_late = false;
        guint timer = g_timeout_add(QUOTES_MAX_MS, on_quotes_late, &is_late);

        while (deploy->error == NULL && !is_late && g_hash_table_size(deploy->quotes) > 0)
                g_main_context_iteration(NULL, true);
        if (!is_late)
                g_source_remove(timer);
}

bool deploy_run(Deploy *deploy)
{
        watch(deploy);
        if (deploy->error == NULL && deploy->is_watching) {
                make_core(deploy);
                if (deploy->options->timeout_s > 0)
                        deploy->deadline_timer = g_timeout_add_seconds(deploy->options->timeout_s,
                                                                       on_out_of_time, deploy);
                deploy_post(deploy, &(CoreEvent){ .type = CORE_BEGIN, .workload = -1 });
                if (!deploy->is_finished)
                        g_main_loop_run(deploy->loop);
                await_quotes(deploy);
        }
        stop_everything(deploy);
        return deploy->error == NULL && deploy->core != NULL;
}
