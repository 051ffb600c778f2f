/*
 * Hooks of a deployment's containers. Before a container with post_start hooks is started, that
 * they are to be run is written down, and how many have been after each: after a crash in between,
 * the next deployment runs those that were not before the container counts as started.
 */

#include <string.h>

#include "base/json.h"
#include "controller/effects-private.h"
#include "controller/hooks.h"
#include "controller/prepare.h"

#define PENDING "post-start" /* the value's name in the store */

static void tell_fact(Deploy *deploy, int workload, const char *name, const char *text)
{
        CoreEffect effect = { .workload = workload, .name = (char *) name, .text = (char *) text };

        if (!deploy->is_finished)
                ledger_fact(deploy, &effect);
}

/* ---- What is written down ---- */

static void write_pending(const Ask *ask, const char *container, size_t n_done)
{
        Deploy *deploy = ask->deploy;
        g_autoptr(json_t) pending = json_pack("{s:s, s:I}", "container", container, "done",
                                              (json_int_t) n_done);
        g_autofree char *text = json_to_canonical_text(pending);
        GError *error = NULL;

        ledger_must(deploy,
                    store_volatile_set(deploy->store, deploy->name,
                                       deploy->app->workloads[ask->workload].id, PENDING, text,
                                       &error),
                    &error);
}

/* The container whose hooks an earlier deployment did not get done, if it runs; NULL: none */
static const Container *read_pending(Deploy *deploy, unsigned workload, size_t *ret_done)
{
        g_autofree char *text = store_volatile_get(
                deploy->store, deploy->name, deploy->app->workloads[workload].id, PENDING, NULL);
        g_autoptr(json_t) pending = text == NULL ? NULL : json_loads(text, 0, NULL);
        const Container *container;

        if (pending == NULL)
                return NULL;
        container = g_hash_table_lookup(deploy->containers,
                                        json_string_at(pending, "container", ""));
        *ret_done = (size_t) MAX(json_int_at(pending, "done", 0), 0);
        return container == NULL || container->state != CONTAINER_RUNNING ||
                               *ret_done >= hooks_count(container, HOOK_POST_START)
                       ? NULL
                       : container;
}

/* ---- After the start ---- */

static void on_each(size_t n_done, gpointer user)
{
        const Ask *ask = user;

        write_pending(ask, ask->container, n_done);
}

static void hooks_over(Ask *ask)
{
        ask->hooks = NULL;
        g_hash_table_remove(ask->deploy->hooking, ask->container);
}

static bool has_ended(const GError *error)
{
        return g_error_matches(error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT) ||
               g_error_matches(error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
}

static void on_stopped(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        ask->then(ask);
}

/* What is told is why the hook failed, not how the stop went */
static void stop_for(Ask *ask, const GError *error, void (*then)(Ask *ask))
{
        ask->trouble = g_error_copy(error);
        ask->then = then;
        ask_send(ask, &(EngineRequest){ .op = ENGINE_STOP, .id = ask->container, .timeout_s = -1 },
                 on_stopped);
}

static void not_started(Ask *ask)
{
        effect_started(ask, ask->trouble);
}

static void on_post_start_end(const GError *error, gpointer user)
{
        Ask *ask = user;

        hooks_over(ask);
        if (error != NULL && !has_ended(error)) {
                stop_for(ask, error, not_started);
                return;
        }
        if (error != NULL) /* that it has ended is told by whoever waits for it */
                tell_fact(ask->deploy, ask->workload, "hook-missed", error->message);
        effect_started(ask, NULL);
}

void effect_hooks_intend(Ask *ask)
{
        const Container *known = g_hash_table_lookup(ask->deploy->containers, ask->container);

        if (known != NULL && ask->workload >= 0 && hooks_count(known, HOOK_POST_START) > 0)
                write_pending(ask, ask->container, 0);
}

bool effect_hooks_begin(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Container *known = g_hash_table_lookup(deploy->containers, ask->container);

        if (known == NULL || ask->workload < 0 || hooks_count(known, HOOK_POST_START) == 0)
                return false;
        g_hash_table_add(deploy->hooking, g_strdup(ask->container));
        ask->hooks = hooks_run(deploy->engine, known, HOOK_POST_START, 0, on_each,
                               on_post_start_end, ask);
        return true;
}

/* ---- Those that an earlier deployment did not get done ---- */

static void caught_up(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        unsigned workload = ask->workload;

        ask_free(ask);
        prepare_answer(deploy, workload);
}

static void not_caught_up(Ask *ask)
{
        Prepared *prepared = &ask->deploy->items[ask->workload].prepared;
        static const char *const none[] = { NULL };

        /* A container whose hooks failed is not what the file asks for: it is made again. */
        prepared->same = none;
        prepared->changed = "post_start";
        prepared->changed_in_place = false;
        caught_up(ask);
}

static void on_caught_up(const GError *error, gpointer user)
{
        Ask *ask = user;

        hooks_over(ask);
        if (error != NULL)
                tell_fact(ask->deploy, ask->workload, "hook-failed", error->message);
        if (error == NULL || has_ended(error))
                caught_up(ask);
        else
                stop_for(ask, error, not_caught_up);
}

/* It was asked for once before: the answer to that will do */
static bool is_resuming(const Deploy *deploy, unsigned workload)
{
        for (guint i = 0; deploy->asks != NULL && i < deploy->asks->len; i++) {
                const Ask *ask = deploy->asks->pdata[i];

                if (ask->is_resuming && ask->workload == (int) workload)
                        return true;
        }
        return false;
}

bool effect_hooks_resume(Deploy *deploy, unsigned workload)
{
        size_t n_done = 0;
        const Container *container;
        CoreEffect effect = { .workload = (int) workload, .publication = -1 };
        Ask *ask;

        if (is_resuming(deploy, workload))
                return true;
        container = read_pending(deploy, workload, &n_done);
        if (container == NULL || g_hash_table_contains(deploy->hooking, container->id))
                return false;
        effect.container = container->id;
        ask = ask_new(deploy, &effect);
        ask->is_resuming = true;
        tell_fact(deploy, (int) workload, "hooks",
                  "its post_start hooks were cut short; they go on");
        g_hash_table_add(deploy->hooking, g_strdup(container->id));
        ask->hooks = hooks_run(deploy->engine, container, HOOK_POST_START, n_done, on_each,
                               on_caught_up, ask);
        return true;
}

/* ---- Before the stop ---- */

static void on_pre_stop_end(const GError *error, gpointer user)
{
        Ask *ask = user;

        ask->hooks = NULL;
        if (error != NULL && !has_ended(error))
                tell_fact(ask->deploy, ask->workload, "hook-failed", error->message);
        ask->after_hooks(ask);
}

void effect_pre_stop(Ask *ask, void (*then)(Ask *ask))
{
        const Container *known = g_hash_table_lookup(ask->deploy->containers, ask->container);

        ask->after_hooks = then;
        if (known != NULL && known->state == CONTAINER_RUNNING)
                ask->hooks = hooks_run(ask->deploy->engine, known, HOOK_PRE_STOP, 0, NULL,
                                       on_pre_stop_end, ask);
        if (ask->hooks == NULL)
                then(ask);
}
