/* Ending: whether everything is up, has failed, or is at rest, and what follows */

#include "core/machine.h"

/* ---- The end ---- */

void ending_finish(Core *core)
{
        CoreEffect *effect;

        core->phase = PHASE_FINISHED;
        core_fact(core, NULL, "deployment-ends", "%s%s%s",
                  core->outcome == CORE_SUCCEEDED     ? "succeeded"
                  : core->outcome == CORE_INTERRUPTED ? "interrupted"
                                                      : "failed",
                  core->outcome_reason == NULL ? "" : ": ",
                  core->outcome_reason == NULL ? "" : core->outcome_reason);
        effect = core_emit(core, EFFECT_FINISH, NULL);
        effect->outcome = core->outcome;
        effect->text = g_strdup(core->outcome_reason == NULL ? "" : core->outcome_reason);
}

void ending_begin(Core *core, CoreOutcome outcome, const char *reason)
{
        g_autofree char *kept = g_strdup(reason);

        core->phase = PHASE_ENDING;
        core->outcome = outcome;
        g_free(core->outcome_reason);
        core->outcome_reason = g_steal_pointer(&kept);
        if (outcome == CORE_FAILED)
                swap_finish_confirmed(core);
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                publish_cancel(core, work);
                if (work->stage == STAGE_BACKOFF)
                        work->stage = STAGE_OVER;
        }
}

bool ending_is_unrest(const Work *work)
{
        switch (work->stage) {
        case STAGE_CREATING:
        case STAGE_WITHDRAWING:
        case STAGE_CLEARING:
        case STAGE_UNDOING:
                return true;
        case STAGE_UPDATING:
        case STAGE_STARTING:
                return !work->prepared.is_orchestrated; /* that goes on by itself */
        case STAGE_OPENING:
                return !work->is_suspect;
        case STAGE_NONE:
        case STAGE_PREPARING:
        case STAGE_PREPARED:
        case STAGE_PULLING:
        case STAGE_CREATED:
        case STAGE_EARLIER:
        case STAGE_UP:
        case STAGE_INSPECTING:
        case STAGE_BACKOFF:
        case STAGE_OVER:
                return false;
        }
        g_assert_not_reached();
}

void ending_settle(Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                if (ending_is_unrest(work))
                        return;
                if (work->stage != STAGE_CREATED)
                        continue;
                if (work->prepared.is_orchestrated) {
                        work->stage = STAGE_UP; /* it runs, and runs on */
                        continue;
                }
                work->stage = STAGE_OVER;
                if (swap_has_way_back(work))
                        swap_undo(core, work);
                else
                        swap_remove(core, work->next);
        }
        for (size_t i = 0; i < core->n_works; i++) {
                if (ending_is_unrest(&core->works[i]))
                        return;
        }
        if (swap_restore_again(core))
                return;
        if (core->cleaning->len == 0)
                ending_finish(core);
}

/* ---- When nothing happens any more ---- */

const Work *ending_first_with(const Core *core, Verdict verdict)
{
        for (size_t i = 0; i < core->n_works; i++) {
                if (core->works[i].verdict == verdict)
                        return &core->works[i];
        }
        return NULL;
}

char *ending_why_not(const Core *core)
{
        const Work *work = ending_first_with(core, VERDICT_FAILED);

        if (work == NULL)
                work = ending_first_with(core, VERDICT_UNKNOWN);
        if (work != NULL)
                return g_strdup_printf("%s: %s", work->model->id, work->reason);
        for (size_t i = 0; i < core->n_works; i++) {
                work = &core->works[i];
                if (!work->has_turn && work->verdict == VERDICT_NONE) {
                        g_autofree char *waits = core_waits_for(core, i);

                        return g_strdup_printf("%s: waits for %s, which cannot happen any more",
                                               work->model->id, waits);
                }
        }
        return NULL;
}

bool ending_is_active(const Core *core, const Work *work)
{
        switch (work->stage) {
        case STAGE_NONE:
        case STAGE_PREPARING:
        case STAGE_PULLING:
        case STAGE_CREATING:
        case STAGE_EARLIER:
        case STAGE_WITHDRAWING:
        case STAGE_UPDATING:
        case STAGE_CLEARING:
        case STAGE_OPENING:
        case STAGE_STARTING:
        case STAGE_INSPECTING:
        case STAGE_BACKOFF:
        case STAGE_UNDOING:
                return true;
        case STAGE_PREPARED:
        case STAGE_CREATED:
                return work->has_turn && work->verdict == VERDICT_NONE;
        case STAGE_UP:
                if (work->verdict == VERDICT_FAILED)
                        return false;
                if (work->model->kind == WORKLOAD_EPHEMERAL)
                        return true;
                return publish_is_waiting(core, work) || work->timer_us != CORE_NO_DEADLINE;
        case STAGE_OVER:
                return false;
        }
        g_assert_not_reached();
}

bool ending_is_quiet(const Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                if (ending_is_active(core, &core->works[i]))
                        return false;
        }
        return true;
}

void ending_succeed(Core *core)
{
        core_fact(core, NULL, "started", "%s", "everything is up");
        core->outcome = CORE_SUCCEEDED;
        swap_begin_cleaning(core);
}

void ending_on_quiet(Core *core)
{
        g_autofree char *why = ending_why_not(core);

        if (why != NULL) {
                ending_begin(core, CORE_FAILED, why);
        } else if (core->phase == PHASE_RUNNING && core->app->ready.command != READY_NONE) {
                core->phase = PHASE_CHECKING;
                core_emit(core, EFFECT_READY_CHECK, NULL);
        } else if (core->phase == PHASE_RUNNING) {
                ending_succeed(core);
        }
}
