/* STOP, RESTORE and REMOVE */

#include <string.h>

#include "controller/effects-private.h"

static void on_stopped(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Container *known = g_hash_table_lookup(ask->deploy->containers, ask->container);

        if (known != NULL && reply->error == NULL)
                known->state = CONTAINER_EXITED; /* whatever is done to it before it is seen */
        ask_post(ask, CORE_STOPPED, reply->error);
        ask_free(ask);
}

static void then_stop(Ask *ask)
{
        ask_send(ask, &(EngineRequest){ .op = ENGINE_STOP, .id = ask->container, .timeout_s = -1 },
                 on_stopped);
}

static void on_policy_set(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        /* That the policy could not be set shows in what follows: the container is gone. */
        ask->then(ask);
}

static RestartPolicy policy_from(const char *word)
{
        for (int policy = RESTART_NO; policy <= RESTART_UNLESS_STOPPED; policy++) {
                if (g_strcmp0(restart_policy_to_string(policy), word) == 0)
                        return policy;
        }
        return RESTART_NO;
}

static void set_policy(Ask *ask, const char *policy, void (*then)(Ask *ask))
{
        g_autoptr(Spec) spec = spec_new();

        spec->restart = policy_from(policy);
        ask->then = then;
        ask_send(ask, &(EngineRequest){ .op = ENGINE_UPDATE, .id = ask->container, .spec = spec },
                 on_policy_set);
}

static void then_forbid_restart(Ask *ask)
{
        set_policy(ask, "no", then_stop);
}

void effect_stop(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);
        const Container *known = g_hash_table_lookup(deploy->containers, effect->container);
        const char *policy = known == NULL ? "no" : known->restart_policy;

        if (!effect->is_swap || strcmp(policy, "no") == 0 || policy[0] == '\0') {
                effect_pre_stop(ask, then_stop);
                return;
        }
        g_hash_table_replace(deploy->policies, g_strdup(effect->container), g_strdup(policy));
        effect_pre_stop(ask, then_forbid_restart);
}

static void on_rolled_back(const EngineReply *reply, gpointer user)
{
        effect_started(user, reply->error);
}

void effect_restore(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);
        const char *policy = g_hash_table_lookup(deploy->policies, effect->container);

        if (effect->is_rollback)
                ask_send(ask,
                         &(EngineRequest){
                                 .op = ENGINE_UPDATE, .id = ask->container, .rollback = true },
                         on_rolled_back);
        else if (policy == NULL)
                effect_start_now(ask);
        else
                set_policy(ask, policy, effect_start_now);
}

static void on_removed(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (reply->error == NULL)
                (void) store_placement_forget(ask->deploy->store, ask->container, NULL);
        ask_post(ask, CORE_REMOVED, reply->error);
        ask_free(ask);
}

static void on_stopped_for_removal(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        ask_send(
                ask,
                &(EngineRequest){
                        .op = ENGINE_REMOVE, .id = ask->container, .force = true, .volumes = true },
                on_removed);
}

static void then_stop_for_removal(Ask *ask)
{
        ask_send(ask, &(EngineRequest){ .op = ENGINE_STOP, .id = ask->container, .timeout_s = -1 },
                 on_stopped_for_removal);
}

void effect_remove_now(Ask *ask)
{
        const Container *known = g_hash_table_lookup(ask->deploy->containers, ask->container);

        if (known != NULL && known->state == CONTAINER_RUNNING)
                effect_pre_stop(ask, then_stop_for_removal);
        else
                on_stopped_for_removal(NULL, ask);
}

/* Its output is being read: a removed container has none. */
void effect_remove(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);

        if (effect->is_unstarted) {
                ask_send(ask,
                         &(EngineRequest){
                                 .op = ENGINE_REMOVE, .id = ask->container, .unstarted = true },
                         on_removed);
                return;
        }
        if (g_hash_table_contains(deploy->quotes, effect->container))
                g_ptr_array_add(deploy->blocked_removes, ask);
        else
                effect_remove_now(ask);
}
