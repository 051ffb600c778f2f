#include "controller/effects.h"

#include <string.h>

#include "controller/effects-private.h"
#include "controller/hooks.h"
#include "controller/prepare.h"

/* ---- A request under way, and whom its answer is for ---- */

Ask *ask_new(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = g_new0(Ask, 1);

        ask->deploy = deploy;
        ask->workload = effect == NULL ? -1 : effect->workload;
        ask->publication = effect == NULL ? -1 : effect->publication;
        ask->container = effect == NULL ? NULL : g_strdup(effect->container);
        if (deploy->asks == NULL)
                deploy->asks = g_ptr_array_new();
        g_ptr_array_add(deploy->asks, ask);
        return ask;
}

void ask_free(Ask *ask)
{
        effect_cancel_needs(ask);
        hooks_cancel(ask->hooks);
        effect_forget_build(ask);
        g_ptr_array_remove_fast(ask->deploy->asks, ask);
        g_free(ask->container);
        g_free(ask->name);
        g_free(ask->run_key);
        g_clear_error(&ask->trouble);
        if (ask->output != NULL)
                g_string_free(ask->output, true);
        run_record_free(ask->run);
        g_free(ask);
}

void effects_cancel_all(Deploy *deploy)
{
        if (deploy->asks == NULL)
                return;
        while (deploy->asks->len > 0) {
                Ask *ask = deploy->asks->pdata[0];

                engine_cancel(deploy->engine, ask->call);
                ask_free(ask);
        }
        g_clear_pointer(&deploy->asks, g_ptr_array_unref);
}

void ask_send(Ask *ask, const EngineRequest *request, EngineReplyFunc on_reply)
{
        ask->call = engine_send(ask->deploy->engine, request, on_reply, ask);
}

CoreError effects_error(const GError *error)
{
        if (error == NULL)
                return CORE_ERROR_NONE;
        if (error->domain != ENGINE_ERROR)
                return CORE_ERROR_REFUSED;
        switch ((EngineError) error->code) {
        case ENGINE_ERROR_UNREACHABLE:
        case ENGINE_ERROR_TIMEOUT:
                return CORE_ERROR_LOST;
        case ENGINE_ERROR_NOT_FOUND:
                return CORE_ERROR_GONE;
        case ENGINE_ERROR_PERMISSION:
        case ENGINE_ERROR_CONFLICT:
        case ENGINE_ERROR_BAD_REQUEST:
        case ENGINE_ERROR_DENIED:
        case ENGINE_ERROR_PORT_TAKEN:
        case ENGINE_ERROR_NO_SPACE:
        case ENGINE_ERROR_TOO_OLD:
        case ENGINE_ERROR_REPLY:
        case ENGINE_ERROR_FAILED:
                return CORE_ERROR_REFUSED;
        }
        return CORE_ERROR_REFUSED;
}

void ask_post(Ask *ask, CoreEventType type, const GError *error)
{
        deploy_post(ask->deploy, &(CoreEvent){ .type = type,
                                               .workload = ask->workload,
                                               .publication = ask->publication,
                                               .container = ask->container,
                                               .error = effects_error(error),
                                               .message = error == NULL ? NULL : error->message });
}

/* ---- Looking ---- */

static void note_start(Deploy *deploy, const Container *container)
{
        const char *key = container_label(container, LABEL_RUN);
        const char *try = container_label(container, LABEL_TRY);
        const char *workload = container_label(container, LABEL_WORKLOAD);
        RunRecord run = { 0 };

        WorkloadProgress progress;
        int i = workload == NULL ? -1 : application_find(deploy->app, workload);

        if (i < 0 || key == NULL || key[0] == '\0' || try == NULL ||
            container->started_wall_ns == 0 || container->state != CONTAINER_RUNNING)
                return;
        /* It may have ended since it was looked at, and what is recorded of that stays. */
        core_progress(deploy->core, i, &progress);
        if (strcmp(progress.container, container->id) != 0 ||
            (progress.state != STATE_RUNNING && progress.state != STATE_STARTING))
                return;
        run = (RunRecord){
                .app = (char *) deploy->name,
                .workload = (char *) workload,
                .run_key = (char *) key,
                .try_number = g_ascii_strtoll(try, NULL, 10),
                .container_id = container->id,
                .image_id = container->image_id,
                .started_wall_us = container->started_wall_ns / 1000,
        };
        (void) store_run_started(deploy->store, &run, NULL);
}

static void keep_container(Deploy *deploy, const Container *container)
{
        const char *workload = container_label(container, LABEL_WORKLOAD);
        int i = workload == NULL ? -1 : application_find(deploy->app, workload);
        WorkloadProgress progress;

        g_hash_table_replace(deploy->containers, g_strdup(container->id),
                             container_copy(container));
        if (i < 0 || container->state != CONTAINER_RUNNING)
                return;
        core_progress(deploy->core, i, &progress);
        if (strcmp(progress.container, container->id) == 0)
                scene_set_up(deploy->scene, i, container);
}

static void on_inspected(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;
        Observation seen = { .presence = PRESENCE_GONE,
                             .engine_started_wall_ns = deploy->world->engine_started_wall_ns };

        deploy->n_inspecting--;
        if (reply->error == NULL) {
                seen = observe(reply->container, deploy->world->engine_started_wall_ns);
                note_start(deploy, reply->container);
                keep_container(deploy, reply->container);
        }
        deploy_post(deploy, &(CoreEvent){ .type = CORE_OBSERVED,
                                          .workload = -1,
                                          .container = ask->container,
                                          .observation = seen,
                                          .error = effects_error(reply->error) });
        if (reply->error == NULL)
                effects_post_health(deploy, reply->container);
        ask_free(ask);
        prepare_retry(deploy);
}

void effects_post_health(Deploy *deploy, const Container *container)
{
        bool has_none = container->health == HEALTH_NONE;

        if (has_none && container->state != CONTAINER_RUNNING)
                return;
        deploy_post(deploy,
                    &(CoreEvent){ .type = CORE_HEALTH,
                                  .workload = -1,
                                  .container = container->id,
                                  .error = has_none ? CORE_ERROR_REFUSED : CORE_ERROR_NONE,
                                  .exit_code = container->health == HEALTH_HEALTHY ? 0 : 1 });
}

void effects_inspect(Deploy *deploy, const char *id)
{
        Ask *ask = ask_new(deploy, NULL);

        ask->container = g_strdup(id);
        deploy->n_inspecting++;
        ask_send(ask, &(EngineRequest){ .op = ENGINE_INSPECT, .id = id }, on_inspected);
}

/* ---- Renaming, updating ---- */

static void on_simple(Ask *ask, CoreEventType type, const GError *error)
{
        ask_post(ask, type, error);
        ask_free(ask);
}

static void on_renamed(const EngineReply *reply, gpointer user)
{
        on_simple(user, CORE_RENAMED, reply->error);
}

static void on_info(const EngineReply *reply, gpointer user)
{
        on_simple(user, CORE_PONG, reply->error);
}

/* ---- The whole ---- */

static void on_ready(const char *error, gpointer user)
{
        Deploy *deploy = user;

        deploy->ready = NULL;
        deploy_post(deploy,
                    &(CoreEvent){ .type = CORE_READY,
                                  .workload = -1,
                                  .error = error == NULL ? CORE_ERROR_NONE : CORE_ERROR_REFUSED,
                                  .message = error });
}

static void finish(Deploy *deploy, const CoreEffect *effect)
{
        deploy->is_finished = true;
        deploy->outcome = effect->outcome;
        deploy->reason = deploy_mask(deploy, effect->text);
        g_main_loop_quit(deploy->loop);
}

static void perform(Deploy *deploy, const CoreEffect *effect)
{
        switch (effect->type) {
        case EFFECT_PREPARE:
                prepare_begin(deploy, effect->workload, effect->is_early);
                break;
        case EFFECT_PULL:
                effect_fetch(deploy, effect);
                break;
        case EFFECT_RECORD_INTENT:
                ledger_intend(deploy, effect);
                break;
        case EFFECT_CREATE:
                effect_create(deploy, effect);
                break;
        case EFFECT_WAIT:
                effect_wait(deploy, effect);
                break;
        case EFFECT_RECORD_START:
                ledger_start(deploy, effect);
                break;
        case EFFECT_START:
                effect_start(deploy, effect);
                break;
        case EFFECT_RECORD_END:
                ledger_end(deploy, effect);
                break;
        case EFFECT_INSPECT:
                effects_inspect(deploy, effect->container);
                break;
        case EFFECT_STOP:
                effect_stop(deploy, effect);
                break;
        case EFFECT_REMOVE:
                effect_remove(deploy, effect);
                break;
        case EFFECT_RENAME:
                ask_send(ask_new(deploy, effect),
                         &(EngineRequest){ .op = ENGINE_RENAME,
                                           .id = effect->container,
                                           .name = effect->name },
                         on_renamed);
                break;
        case EFFECT_UPDATE:
                effect_update(deploy, effect);
                break;
        case EFFECT_RESTORE:
                effect_restore(deploy, effect);
                break;
        case EFFECT_RECORD_SWAP:
                ledger_swap(deploy, effect);
                break;
        case EFFECT_PROBE_PORT:
                effect_probe(deploy, effect);
                break;
        case EFFECT_EXEC:
                effect_exec(deploy, effect);
                break;
        case EFFECT_CANCEL_PROBE:
                effect_cancel_probe(deploy, effect);
                break;
        case EFFECT_PING:
                ask_send(ask_new(deploy, effect), &(EngineRequest){ .op = ENGINE_INFO }, on_info);
                break;
        case EFFECT_READY_CHECK:
                ready_cancel(deploy->ready);
                deploy->ready = ready_start(deploy->http, deploy->scene, &deploy->app->ready,
                                            on_ready, deploy);
                break;
        case EFFECT_FACT:
                ledger_fact(deploy, effect);
                break;
        case EFFECT_QUOTE:
                effect_quote(deploy, effect, true, NULL);
                break;
        case EFFECT_FINISH:
                finish(deploy, effect);
                break;
        }
}

static bool is_written(CoreEffectType type)
{
        return type == EFFECT_RECORD_INTENT || type == EFFECT_RECORD_START ||
               type == EFFECT_RECORD_END || type == EFFECT_RECORD_SWAP || type == EFFECT_FACT;
}

/* What is shown is recorded: facts are told when their transaction is through. */
static void commit(Deploy *deploy)
{
        GError *error = NULL;
        bool ok = store_commit(deploy->store, &error);

        for (guint i = 0; ok && i < deploy->untold->len; i++)
                deploy_message(deploy, "%s", (const char *) deploy->untold->pdata[i]);
        g_ptr_array_set_size(deploy->untold, 0);
        ledger_must(deploy, ok, &error);
}

/* Writes that follow each other are one transaction, and one wait for the disk. */
void effects_perform(Deploy *deploy, GArray *effects)
{
        bool is_open = false;
        GError *error = NULL;

        for (guint i = 0; i < effects->len; i++) {
                const CoreEffect *effect = &g_array_index(effects, CoreEffect, i);

                if (is_written(effect->type) && !is_open) {
                        ledger_must(deploy, store_begin(deploy->store, &error), &error);
                        is_open = deploy->error == NULL;
                } else if (!is_written(effect->type) && is_open) {
                        commit(deploy);
                        is_open = false;
                }
                if (deploy->error != NULL)
                        break;
                perform(deploy, effect);
        }
        if (is_open && deploy->error == NULL)
                commit(deploy);
        else if (is_open)
                store_rollback(deploy->store);
}
