/* Observing: what inspect says of a service's container */

#include "core/machine.h"

static void service_exited(Core *core, Work *work, const Observation *seen)
{
        work->exit_code = seen->exit_code;
        core_fact(core, work, "exited", "exit %d", seen->exit_code);
        if (work->is_swap_void) {
                /* The stop that the earlier command asked for has come through after all */
                work->is_swap_void = false;
                publish_cancel(core, work);
                if (core->phase == PHASE_RUNNING) {
                        place_clear_and_start(core, work);
                } else {
                        work->is_swapped = true;
                        swap_undo(core, work);
                }
                return;
        }
        if (seen->will_restart && !(work->is_swapped && core->phase <= PHASE_CHECKING)) {
                work->is_restarting = true; /* that is no stop */
                publish_cancel(core, work);
                publish_arm(core, work);
                return;
        }
        publish_fire_type(core, work, EVENT_CONTAINER_STOP);
        core_emit_for(core, EFFECT_QUOTE, work, work->next);
        work->stage = STAGE_OVER;
        place_fail(core, work, "its container exited with %d", seen->exit_code);
}

/* Its start was asked for, and the answer lost. Whether it is up now. */
static bool settle_start(Core *core, Work *work, const Observation *seen)
{
        work->is_suspect = false;
        work->timer_us = CORE_NO_DEADLINE;
        switch (seen->presence) {
        case PRESENCE_CREATED:
                if (place_may_ask_again(core, work))
                        place_start(core, work);
                return false;
        case PRESENCE_GONE:
                place_recreate(core, work);
                return false;
        case PRESENCE_EXITED:
                if (work->decision.action == PLAN_RESTART && work->n_lost <= 1) {
                        place_start(core, work); /* it had exited before, too */
                        return false;
                }
                place_up(core, work);
                return true;
        case PRESENCE_RUNNING:
                place_up(core, work);
                return true;
        }
        g_assert_not_reached();
}

static void service_runs(Core *core, Work *work, const Observation *seen)
{
        work->is_restarting = false;
        if (work->started_wall_ns != 0 && seen->started_wall_ns != 0 &&
            seen->started_wall_ns != work->started_wall_ns) {
                /* The engine has started it again: what it had not published yet is looked for
                 * anew. */
                if (work->is_swapped && core->phase <= PHASE_CHECKING) {
                        core_emit_for(core, EFFECT_QUOTE, work, work->next);
                        work->stage = STAGE_OVER;
                        place_fail(core, work, "its container exited and was restarted");
                        return;
                }
                publish_cancel(core, work);
                publish_arm(core, work);
        }
        if (seen->started_wall_ns != 0)
                work->started_wall_ns = seen->started_wall_ns;
        if (!seen->will_restart)
                publish_fire_type(core, work, EVENT_CONTAINER_START);
}

void place_on_observed(Core *core, Work *work)
{
        const Observation *seen = work_seen(core, work);

        if (work->stage == STAGE_STARTING && work->is_suspect && !settle_start(core, work, seen))
                return;
        /* Once the old containers go there is no way back, and nothing to go back to. */
        if (work->stage != STAGE_UP || core->phase == PHASE_CLEANING)
                return;
        switch (seen->presence) {
        case PRESENCE_RUNNING:
                service_runs(core, work, seen);
                break;
        case PRESENCE_EXITED:
                if (!work->is_restarting || !seen->will_restart)
                        service_exited(core, work, seen);
                break;
        case PRESENCE_GONE:
                place_recreate(core, work);
                break;
        case PRESENCE_CREATED:
                break;
        }
}
