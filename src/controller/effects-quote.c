/* QUOTE: the last lines of a container */

#include <string.h>

#include "controller/effects-private.h"

static void quoted(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        g_autofree char *valid = g_utf8_make_valid(ask->output->str, ask->output->len);
        g_autofree char *masked = deploy_mask(deploy, valid);
        int n = GPOINTER_TO_INT(g_hash_table_lookup(deploy->quotes, ask->container)) - 1;

        if (ask->is_shown && ask->workload >= 0) {
                Item *item = &deploy->items[ask->workload];

                g_free(item->quote);
                item->quote = g_strdup(masked);
                if (deploy->observer->on_quote != NULL)
                        deploy->observer->on_quote(deploy->app->workloads[ask->workload].id, masked,
                                                   deploy->observer->user);
        }
        if (ask->run != NULL) {
                g_free(ask->run->log_tail);
                ask->run->log_tail = g_strdup(masked);
                (void) store_run_ended(deploy->store, ask->run, NULL);
        }
        if (n > 0) {
                g_hash_table_replace(deploy->quotes, g_strdup(ask->container), GINT_TO_POINTER(n));
                return;
        }
        g_hash_table_remove(deploy->quotes, ask->container);
        for (guint i = deploy->blocked_removes->len; i > 0; i--) {
                Ask *removal = deploy->blocked_removes->pdata[i - 1];

                if (strcmp(removal->container, ask->container) == 0) {
                        g_ptr_array_remove_index(deploy->blocked_removes, i - 1);
                        effect_remove_now(removal);
                }
        }
}

static void on_logs(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (reply->data != NULL && ask->output->len < STORE_LOG_BYTES_MAX * 4)
                g_string_append_len(ask->output, reply->data, reply->size);
        if (!reply->is_final)
                return;
        quoted(ask);
        ask_free(ask);
}

void effect_quote(Deploy *deploy, const CoreEffect *effect, bool is_shown, RunRecord *run)
{
        Ask *ask = ask_new(deploy, effect);
        int n = GPOINTER_TO_INT(g_hash_table_lookup(deploy->quotes, effect->container)) + 1;

        ask->output = g_string_new(NULL);
        ask->is_shown = is_shown;
        ask->run = run;
        g_hash_table_replace(deploy->quotes, g_strdup(effect->container), GINT_TO_POINTER(n));
        ask_send(ask,
                 &(EngineRequest){
                         .op = ENGINE_LOGS, .id = effect->container, .tail = STORE_LOG_LINES_MAX },
                 on_logs);
}
