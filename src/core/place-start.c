/* Starting and updating: what is in the way goes just before */

#include <string.h>

#include "core/machine.h"

/* ---- What is in the way ---- */

static void stop_for(Core *core, Work *work, int i)
{
        core_emit_for(core, EFFECT_STOP, work, i)->is_swap = true;
        g_array_append_val(work->stopping, i);
}

/* One that the engine is about to start again is as good as running. */
static bool may_run(const Known *known)
{
        return known->seen.presence == PRESENCE_RUNNING ||
               (known->seen.presence == PRESENCE_EXITED && known->seen.will_restart);
}

static bool has_claim_of(const Work *work, const Known *known)
{
        for (const char *const *mine = work->prepared.claims; *mine != NULL; mine++) {
                for (const char *const *its = known->claims; its != NULL && *its != NULL; its++) {
                        if (claim_overlaps(*mine, *its))
                                return true;
                }
        }
        return false;
}

static bool is_in_way(const Work *work, const Known *known)
{
        return may_run(known) && has_claim_of(work, known);
}

bool place_is_way_changing(Core *core, const Work *work)
{
        for (size_t i = 0; i < core->n_works; i++) {
                const Work *other = &core->works[i];

                for (guint j = 0; other->stage == STAGE_UNDOING && j < other->stopping->len; j++) {
                        const Known *known = core_known(core,
                                                        g_array_index(other->stopping, int, j));

                        if (other != work &&
                            (known->workload == (int) work->index || has_claim_of(work, known)))
                                return true;
                }
        }
        return false;
}

static void record_swap(Core *core, Work *work)
{
        CoreEffect *effect = core_emit(core, EFFECT_RECORD_SWAP, work);

        effect->container = g_strdup(core_known(core, work->current)->id);
        effect->other = g_strdup(core_known(core, work->next)->id);
        work->is_swapped = true;
}

void place_clear_and_start(Core *core, Work *work)
{
        bool replaces = !work_is_run(work) && work->current >= 0 && work->current != work->next;

        work->stage = STAGE_CLEARING;
        if (replaces && !work->is_swapped)
                record_swap(core, work);
        for (guint i = 0; i < core->known->len; i++) {
                Known *known = core_known(core, i);

                if ((int) i == work->next)
                        continue;
                if (!work_is_run(work) && known->workload == (int) work->index) {
                        /* Never two of a service: nor what an earlier swap left running */
                        if (may_run(known))
                                stop_for(core, work, i);
                } else if (is_in_way(work, known)) {
                        int index = i;

                        g_array_append_val(work->displaced, index);
                        stop_for(core, work, i);
                }
        }
        if (work->stopping->len == 0)
                place_start(core, work);
}

void place_on_stopped(Core *core, Work *work, int i)
{
        for (guint j = 0; j < work->stopping->len; j++) {
                if (g_array_index(work->stopping, int, j) == i) {
                        g_array_remove_index(work->stopping, j);
                        break;
                }
        }
        if (work->stage == STAGE_CLEARING && work->stopping->len == 0)
                place_start(core, work);
}

/* ---- Starting ---- */

/* How long the end of an orchestrator's update or start is waited for: as long as for what comes
 * after it, and long enough for an update of many tasks, one after the other */
static int64_t until_us(const Core *core, const Work *work)
{
        int64_t timeout_s = EVENT_TIMEOUT_DEFAULT_S;

        for (unsigned i = 0; i < work->model->n_publications; i++) {
                if (!publish_counts(core, work, &work->pubs[i]))
                        continue;
                if (work->model->publications[i].timeout_s == EVENT_TIMEOUT_NEVER)
                        return CORE_NO_DEADLINE;
                timeout_s = MAX(timeout_s, work->model->publications[i].timeout_s);
        }
        return core->now_us + timeout_s * G_TIME_SPAN_SECOND;
}

/* Nothing further starts: whoever was stopped for it serves again. */
static void rest(Core *core, Work *work)
{
        work->is_swapped |= work->is_swap_void;
        if (swap_has_way_back(work))
                swap_undo(core, work);
        else if (work->next == work->current)
                work->stage = STAGE_OVER;
        else
                work->stage = STAGE_CREATED; /* removed before the end */
}

void place_start(Core *core, Work *work)
{
        if (core->phase != PHASE_RUNNING) {
                rest(core, work);
                return;
        }
        if (work_is_run(work)) {
                work->stage = STAGE_OPENING;
                work->is_wait_early = work->is_wait_open = false;
                work->is_wait_asked = true;
                core_emit_for(core, EFFECT_WAIT, work, work->next);
                return;
        }
        place_ask_start(core, work);
}

void place_ask_start(Core *core, Work *work)
{
        if (work->prepared.is_orchestrated && work->until_us == CORE_NO_DEADLINE)
                work->until_us = until_us(core, work);
        work->stage = STAGE_STARTING;
        core_emit_for(core, EFFECT_START, work, work->next);
}

bool place_may_ask_again(Core *core, Work *work)
{
        if (++work->n_starts <= CORE_START_RETRIES_MAX)
                return true;
        place_fail(core, work, "it does not start: the engine does not answer to that");
        return false;
}

void place_on_started(Core *core, Work *work, const CoreEvent *event)
{
        if (work->stage == STAGE_UNDOING) {
                swap_on_started(core, work, event);
                return;
        }
        if (work->stage != STAGE_STARTING || work->next < 0 ||
            strcmp(core_known(core, work->next)->id, event->container) != 0)
                return;
        switch (event->error) {
        case CORE_ERROR_NONE:
                work_seen(core, work)->presence = PRESENCE_RUNNING;
                work_seen(core, work)->will_restart = false;
                if (event->observation.started_wall_ns != 0)
                        work->started_wall_ns = event->observation.started_wall_ns;
                place_up(core, work);
                break;
        case CORE_ERROR_LOST:
                if (work->lost_us == 0)
                        work->lost_us = core->now_us;
                work_lost(core, work);
                break;
        case CORE_ERROR_GONE:
                if (work_is_run(work)) {
                        work->is_suspect = true;
                        core_emit_for(core, EFFECT_INSPECT, work, work->next);
                } else {
                        place_recreate(core, work);
                }
                break;
        case CORE_ERROR_REFUSED:
                if (work_is_run(work))
                        run_record_end(core, work,
                                       &(RunEnd){ work->next, -1, CORE_FAILED, "refused",
                                                  event->message });
                place_fail(core, work, "it cannot be started: %s",
                           event->message == NULL ? "the engine refused" : event->message);
                break;
        }
}

void place_up(Core *core, Work *work)
{
        Known *known = core_known(core, work->next);

        work->stage = STAGE_UP;
        work->is_suspect = work->is_restarting = false;
        work->n_lost = work->n_starts = 0;
        work->lost_us = 0;
        work->timer_us = work->until_us = CORE_NO_DEADLINE;
        if (work->first_start_us == 0)
                work->first_start_us = core->now_us;
        if (work->is_kept)
                work->started_wall_ns = known->seen.started_wall_ns;
        core_fact(core, work,
                  work->is_kept                          ? "kept"
                  : work->decision.action == PLAN_UPDATE ? "updated"
                                                         : "started",
                  "%s", known->name);
        publish_arm(core, work);
        if (swap_is_settling(core, work))
                work->timer_us = core->now_us + CORE_SETTLE_US;
}

/* ---- Updating ---- */

/* Whoever goes on after a crash must know that there is a way back. An update that an earlier command
 * has sent keeps the record of that one. */
static void record_update(Core *core, Work *work)
{
        const Prepared *prepared = &work->prepared;
        CoreEffect *effect;

        if (prepared->is_update_open && !prepared->changed_in_place && !core_is_forced(core, work))
                return;
        effect = core_emit(core, EFFECT_RECORD_SWAP, work);
        effect->container = g_strdup(core_known(core, work->next)->id);
        effect->other = g_strdup(core_known(core, work->next)->id);
        work->has_update_record = true;
}

void place_update(Core *core, Work *work)
{
        bool is_first = work->stage != STAGE_UPDATING; /* not after a lost answer */

        if (work->prepared.is_orchestrated && is_first && work->decision.action == PLAN_UPDATE)
                record_update(core, work);
        core_emit_for(core, EFFECT_UPDATE, work, work->next)->is_forced =
                work->prepared.is_orchestrated && core_is_forced(core, work);
        if (work->prepared.is_orchestrated && is_first)
                work->until_us = until_us(core, work);
        work->stage = STAGE_UPDATING;
}

static void updated(Core *core, Work *work)
{
        work->until_us = CORE_NO_DEADLINE;
        if (work->decision.action == PLAN_RESTART || work->is_swap_void) {
                work->is_kept = false;
                place_clear_and_start(core, work);
                return;
        }
        if (work->decision.action == PLAN_UPDATE) {
                /* Others run now than those that were seen */
                work->started_wall_ns = 0;
                work->is_rolled = work->prepared.is_orchestrated;
                work_seen(core, work)->presence = PRESENCE_RUNNING;
                work_seen(core, work)->will_restart = false;
                place_up(core, work);
                core_emit_for(core, EFFECT_INSPECT, work, work->next); /* or do no longer */
                return;
        }
        place_up(core, work);
        if (work_seen(core, work)->presence != PRESENCE_RUNNING)
                place_on_observed(core, work); /* it ended meanwhile */
}

void place_on_updated(Core *core, Work *work, const CoreEvent *event)
{
        if (work->stage != STAGE_UPDATING || work->next < 0 ||
            g_strcmp0(core_known(core, work->next)->id, event->container) != 0)
                return;
        if (event->error == CORE_ERROR_LOST) {
                work_lost(core, work);
        } else if (event->error == CORE_ERROR_GONE) {
                place_recreate(core, work);
        } else if (event->error == CORE_ERROR_REFUSED) {
                place_fail(core, work, "%s: %s",
                           work->decision.action == PLAN_UPDATE ? "its update failed"
                                                                : "it cannot be changed in place",
                           event->message == NULL ? "the engine refused" : event->message);
        } else {
                updated(core, work);
        }
}

void place_on_until(Core *core, Work *work)
{
        if (core->now_us < work->until_us)
                return;
        if (work->stage == STAGE_UPDATING) {
                work->is_rolled = work->decision.action == PLAN_UPDATE;
                place_fail(core, work, "its update did not end in time");
        } else if (work->stage == STAGE_STARTING) {
                work->is_left_running = true;
                place_fail(core, work, "it did not start in time; it was left to");
        }
}
