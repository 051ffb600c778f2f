/* RECORD and FACT: what is written down, before it is done */

#include "base/json.h"
#include "controller/effects-private.h"
#include "controller/prepare.h"

void ledger_must(Deploy *deploy, bool ok, GError **error)
{
        if (!ok)
                deploy_fail(deploy, g_steal_pointer(error));
}

static RunRecord *record_of(Deploy *deploy, const CoreEffect *effect)
{
        RunRecord *run = g_new0(RunRecord, 1);
        const Spec *spec = deploy->items[effect->workload].rendered.spec;
        const ImageEntry *entry = spec == NULL ? NULL : prepare_image(deploy, spec->image);

        run->app = g_strdup(deploy->name);
        run->workload = g_strdup(deploy->app->workloads[effect->workload].id);
        run->run_key = g_strdup(effect->run_key);
        run->try_number = effect->try_number;
        run->deployment = deploy->number;
        run->container_name = g_strdup(effect->name == NULL ? "" : effect->name);
        run->container_id = g_strdup(effect->container == NULL ? "" : effect->container);
        run->image = g_strdup(spec == NULL ? "" : spec->image);
        run->image_id = g_strdup(entry == NULL || entry->image == NULL ? "" : entry->image->id);
        if (entry != NULL && entry->image != NULL)
                run->image_digests = g_strdupv(entry->image->digests);
        run->exit_code = effect->exit_code;
        run->evidence = g_strdup(effect->evidence == NULL ? "" : effect->evidence);
        run->log_tail = g_strdup("");
        return run;
}

void ledger_intend(Deploy *deploy, const CoreEffect *effect)
{
        g_autoptr(RunRecord) run = record_of(deploy, effect);
        GError *error = NULL;

        run->outcome = RUN_INTENDED;
        run->intended_wall_us = g_get_real_time();
        ledger_must(deploy, store_run_intend(deploy->store, run, &error), &error);
}

void ledger_start(Deploy *deploy, const CoreEffect *effect)
{
        g_autoptr(RunRecord) run = record_of(deploy, effect);
        GError *error = NULL;

        run->outcome = RUN_STARTED;
        deploy->items[effect->workload].start_asked_us = g_get_real_time();
        ledger_must(deploy, store_run_started(deploy->store, run, &error), &error);
}

void ledger_end(Deploy *deploy, const CoreEffect *effect)
{
        g_autoptr(RunRecord) run = record_of(deploy, effect);
        GError *error = NULL;

        run->ended_wall_us = g_get_real_time();
        if (effect->text != NULL) {
                g_free(run->log_tail);
                run->log_tail = deploy_mask(deploy, effect->text);
        }
        run->started_wall_us = deploy->items[effect->workload].start_asked_us;
        run->outcome = effect->outcome == CORE_SUCCEEDED ? RUN_SUCCEEDED
                       : effect->outcome == CORE_FAILED  ? RUN_FAILED
                                                         : RUN_UNKNOWN;
        if (run->outcome == RUN_SUCCEEDED)
                run->volumes = prepare_data(deploy, effect->workload);
        /* The operator may have settled a try whose container is still there */
        if (!store_run_ended(deploy->store, run, &error) &&
            (run->outcome == RUN_SUCCEEDED ||
             !g_error_matches(error, STORE_ERROR, STORE_ERROR_NOT_FOUND)))
                ledger_must(deploy, false, &error);
        g_clear_error(&error);
        if (effect->container != NULL && !deploy->is_finished && effect->text == NULL)
                effect_quote(deploy, effect, false, g_steal_pointer(&run));
}

void ledger_swap(Deploy *deploy, const CoreEffect *effect)
{
        const char *workload = deploy->app->workloads[effect->workload].id;
        g_autofree char *text = NULL;
        g_autoptr(json_t) swap = NULL;
        GError *error = NULL;

        if (effect->container != NULL) {
                const Container *old = g_hash_table_lookup(deploy->containers, effect->container);

                /* With the policy that it had: whoever goes on after a crash gives it back */
                swap = json_pack("{s:s, s:s, s:s, s:I}", "old", effect->container, "new",
                                 effect->other, "policy", old == NULL ? "" : old->restart_policy,
                                 "deployment", (json_int_t) deploy->number);
                text = json_to_canonical_text(swap);
        }
        ledger_must(deploy, store_swap_set(deploy->store, deploy->name, workload, text, &error),
                    &error);
}

void ledger_fact(Deploy *deploy, const CoreEffect *effect)
{
        const char *workload = effect->workload < 0 ? ""
                                                    : deploy->app->workloads[effect->workload].id;
        g_autofree char *masked = deploy_mask(deploy, effect->text);
        g_autoptr(json_t) detail = json_pack("{s:s}", "text", masked);
        Fact fact = { .app = (char *) deploy->name,
                      .deployment = deploy->number,
                      .event = effect->name,
                      .workload = (char *) workload,
                      .detail = detail };
        GError *error = NULL;

        ledger_must(deploy, store_fact_append(deploy->store, &fact, &error), &error);
        if (effect->workload >= 0)
                g_ptr_array_add(deploy->untold,
                                g_strdup_printf("%s %s%s%s", workload, effect->name,
                                                masked[0] == '\0' ? "" : ": ", masked));
}
