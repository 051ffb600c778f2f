/* WAIT and START */

#include "controller/effects-private.h"

static void on_wait(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;

        if (reply->is_open && !reply->is_final) {
                ask->is_open = true;
                ask_post(ask, CORE_WAIT_OPEN, NULL);
                return;
        }
        if (!reply->is_final)
                return;
        g_hash_table_remove(deploy->waits, ask->container);
        if (reply->error != NULL)
                ask_post(ask, ask->is_open ? CORE_EXITED : CORE_WAIT_OPEN, reply->error);
        else
                deploy_post(deploy, &(CoreEvent){ .type = CORE_EXITED,
                                                  .workload = ask->workload,
                                                  .container = ask->container,
                                                  .exit_code = reply->exit_code });
        ask_free(ask);
}

void effect_wait(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);

        ask_send(ask, &(EngineRequest){ .op = ENGINE_WAIT, .id = effect->container }, on_wait);
        g_hash_table_replace(deploy->waits, g_strdup(effect->container), ask->call);
}

void effect_started(Ask *ask, const GError *error)
{
        if (error == NULL)
                effects_inspect(ask->deploy, ask->container);
        ask_post(ask, CORE_STARTED, error);
        ask_free(ask);
}

static void on_started(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Container *known = g_hash_table_lookup(ask->deploy->containers, ask->container);

        if (known != NULL && reply->error == NULL)
                known->state = CONTAINER_RUNNING; /* whatever is done to it before it is seen */
        ask->call = NULL;
        if (reply->error != NULL || !effect_hooks_begin(ask))
                effect_started(ask, reply->error);
}

void effect_start_now(Ask *ask)
{
        effect_hooks_intend(ask);
        ask_send(ask, &(EngineRequest){ .op = ENGINE_START, .id = ask->container }, on_started);
}

void effect_start(Deploy *deploy, const CoreEffect *effect)
{
        effect_start_now(ask_new(deploy, effect));
}
