/* Events: taken apart, and told to those whom they are for */

#include <string.h>

#include "core/machine.h"

/* ---- Time, and the engine ---- */

void events_on_timers(Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                if (core->phase == PHASE_RUNNING || core->phase == PHASE_CHECKING)
                        publish_on_timer(core, work);
                place_on_until(core, work);
                if (work->timer_us > core->now_us)
                        continue;
                if (work->is_suspect && core->is_engine_lost)
                        continue;
                if (work->is_suspect)
                        place_redrive(core, work);
                else if (work->stage == STAGE_BACKOFF && core->phase == PHASE_RUNNING)
                        run_on_timer(core, work);
                else if (work->stage == STAGE_EARLIER)
                        place_fail(core, work,
                                   "an earlier run of it is still under way; remove its container "
                                   "if it cannot end");
                else
                        work->timer_us = CORE_NO_DEADLINE; /* it has settled */
        }
        if (core->is_engine_lost && core->now_us - core->engine_lost_us >= CORE_ENGINE_GONE_MAX_US)
                silence_give_up(core);
        else
                silence_watch(core);
}

static void on_engine_back(Core *core)
{
        if (!core->is_engine_lost)
                return;
        core->is_engine_lost = false;
        silence_heard(core);
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                /* Whatever was under way has no answer any more. */
                work->n_lost = 0;
                work->is_wait_open = work->is_wait_early = work->is_wait_asked = false;
                if (work->stage == STAGE_STARTING && work->lost_us == 0)
                        work->lost_us = core->engine_lost_us; /* it may still be under way */
                for (unsigned j = 0; j < work->model->n_publications; j++) {
                        Pub *pub = &work->pubs[j];

                        if (pub->state == PUB_ARMED && pub->is_asked) {
                                pub->is_asked = false;
                                pub->next_us = core->now_us;
                        }
                }
                if (ending_is_active(core, work) || ending_is_unrest(work))
                        place_redrive(core, work);
        }
        if (core->cleaning->len > 0) { /* the next deployment cleans what is left */
                g_array_set_size(core->cleaning, 0);
        }
        if (core->phase == PHASE_CHECKING)
                core_emit(core, EFFECT_READY_CHECK, NULL);
}

/* ---- Containers ---- */

static void clean_answered(Core *core, int i, const CoreEvent *event)
{
        for (guint j = 0; j < core->cleaning->len; j++) {
                if (g_array_index(core->cleaning, int, j) != i)
                        continue;
                g_array_remove_index(core->cleaning, j);
                if (event->type == CORE_STOPPED && event->error != CORE_ERROR_GONE)
                        swap_remove(core, i);
                else if (event->type == CORE_RENAMED && event->error == CORE_ERROR_NONE)
                        core_known(core, i)->name =
                                core->works[core_known(core, i)->workload].prepared.final_name;
                else if (core_known(core, i)->is_withdrawn && event->type == CORE_REMOVED &&
                         (event->error == CORE_ERROR_NONE || event->error == CORE_ERROR_GONE))
                        run_record_withdrawn(core, i, event->error);
                else if (event->error == CORE_ERROR_REFUSED)
                        core_fact(core, NULL, "left-over", "%s: %s", core_known(core, i)->name,
                                  event->message == NULL ? "" : event->message);
                break;
        }
}

static void on_removed(Core *core, const CoreEvent *event)
{
        int i = core_find(core, event->container);

        if (i < 0)
                return;
        if (event->error == CORE_ERROR_NONE || event->error == CORE_ERROR_GONE)
                core_known(core, i)->seen.presence = PRESENCE_GONE;
        clean_answered(core, i, event);
        for (size_t j = 0; j < core->n_works; j++) {
                swap_on_removed(core, &core->works[j], event);
                run_on_removed(core, &core->works[j], i, event->error);
        }
}

static void on_stopped(Core *core, const CoreEvent *event)
{
        int i = core_find(core, event->container);

        if (i < 0)
                return;
        clean_answered(core, i, event);
        if (event->error == CORE_ERROR_NONE) {
                core_known(core, i)->seen.presence = PRESENCE_EXITED;
                core_known(core, i)->seen.will_restart = false;
        } else if (event->error == CORE_ERROR_GONE) {
                core_known(core, i)->seen.presence = PRESENCE_GONE;
        }
        for (size_t j = 0; j < core->n_works; j++) {
                Work *work = &core->works[j];
                bool waits = false;

                for (guint k = 0; k < work->stopping->len; k++)
                        waits |= g_array_index(work->stopping, int, k) == i;
                if (!waits || work->stage != STAGE_CLEARING)
                        continue;
                if (event->error == CORE_ERROR_LOST)
                        work_lost(core, work);
                else if (event->error == CORE_ERROR_REFUSED)
                        place_fail(core, work, "%s, which is in its way, cannot be stopped: %s",
                                   core_known(core, i)->name,
                                   event->message == NULL ? "" : event->message);
                else
                        place_on_stopped(core, work, i);
        }
}

/* Not having been told is not the same as having been told that it is gone. */
static void on_not_observed(Core *core, int i)
{
        for (size_t j = 0; j < core->n_works; j++) {
                Work *work = &core->works[j];
                bool is_run = work->model->kind == WORKLOAD_EPHEMERAL;

                if (work->stage == STAGE_EARLIER && core_known(core, i)->workload == (int) j) {
                        work_lost(core, work);
                } else if (work->next != i) {
                        continue;
                } else if (work->stage == STAGE_STARTING || work->stage == STAGE_INSPECTING) {
                        work_lost(core, work);
                } else if (work->stage == STAGE_UP && is_run && !work->is_wait_early) {
                        work->stage = STAGE_INSPECTING;
                        work_lost(core, work);
                }
        }
}

/* A service that was kept or is up, the container of a run, or somebody who is being stopped */
static void on_observed(Core *core, const CoreEvent *event)
{
        int i = core_find(core, event->container);
        Known *known;

        if (i < 0)
                return;
        if (event->error == CORE_ERROR_LOST || event->error == CORE_ERROR_REFUSED) {
                on_not_observed(core, i);
                return;
        }
        known = core_known(core, i);
        known->seen = event->observation;
        if (event->error == CORE_ERROR_GONE)
                known->seen.presence = PRESENCE_GONE;
        for (size_t j = 0; j < core->n_works; j++) {
                Work *work = &core->works[j];

                if (work->stage == STAGE_EARLIER && known->workload == (int) j &&
                    known->run_key[0] != '\0') {
                        run_on_earlier(core, work, i);
                } else if (work->next == i && work->model->kind == WORKLOAD_EPHEMERAL) {
                        run_on_observed(core, work);
                } else if (work->next == i) {
                        place_on_observed(core, work);
                }
        }
}

static void on_started(Core *core, const CoreEvent *event)
{
        /* Restoring may start a container of another workload than the one that restores. */
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];
                int known = core_find(core, event->container);

                if (work->stage == STAGE_UNDOING || work->next == known)
                        place_on_started(core, work, event);
        }
}

/* ---- Workloads ---- */

static Work *work_of(Core *core, const CoreEvent *event)
{
        int i;

        if (event->workload >= 0 && (size_t) event->workload < core->n_works)
                return &core->works[event->workload];
        i = core_find(core, event->container);
        if (i < 0 || core_known(core, i)->workload < 0)
                return NULL;
        return &core->works[core_known(core, i)->workload];
}

static void on_health(Core *core, Work *work, const CoreEvent *event)
{
        if (work->stage != STAGE_UP || work->next < 0 ||
            strcmp(core_known(core, work->next)->id, event->container) != 0)
                return;
        if (event->error != CORE_ERROR_NONE)
                publish_no_health(core, work);
        else if (event->exit_code == 0)
                publish_fire_type(core, work, EVENT_HEALTHY);
}

static void on_wait(Core *core, Work *work, const CoreEvent *event)
{
        int i = core_find(core, event->container);

        if (work->stage == STAGE_EARLIER) {
                if (i >= 0 && i != work->next && event->type == CORE_EXITED)
                        core_emit_for(core, EFFECT_INSPECT, work, i);
        } else if (event->type == CORE_WAIT_OPEN) {
                run_on_wait_open(core, work, event);
        } else {
                run_on_exited(core, work, event);
        }
}

static void for_workload(Core *core, const CoreEvent *event)
{
        Work *work = work_of(core, event);

        if (work == NULL)
                return;
        switch (event->type) {
        case CORE_PREPARED:
                place_on_prepared(core, work, event);
                break;
        case CORE_PULLED:
                place_on_pulled(core, work, event);
                break;
        case CORE_CREATED:
                place_on_created(core, work, event);
                break;
        case CORE_WAIT_OPEN:
        case CORE_EXITED:
                if (work->model->kind == WORKLOAD_EPHEMERAL)
                        on_wait(core, work, event);
                break;
        case CORE_UPDATED:
                place_on_updated(core, work, event);
                break;
        case CORE_PROBED:
                publish_on_probed(core, work, event);
                break;
        case CORE_EXECUTED:
                publish_on_executed(core, work, event);
                break;
        case CORE_HEALTH:
                on_health(core, work, event);
                break;
        case CORE_BEGIN:
        case CORE_STARTED:
        case CORE_OBSERVED:
        case CORE_STOPPED:
        case CORE_REMOVED:
        case CORE_RENAMED:
        case CORE_PONG:
        case CORE_READY:
        case CORE_TIMER:
        case CORE_ENGINE_LOST:
        case CORE_ENGINE_BACK:
        case CORE_DEADLINE:
        case CORE_INTERRUPT:
                break;
        }
}

/* ---- The deployment ---- */

static void on_ready(Core *core, const CoreEvent *event)
{
        g_autofree char *reason = NULL;

        if (core->phase != PHASE_CHECKING)
                return;
        if (event->error == CORE_ERROR_NONE) {
                ending_succeed(core);
                return;
        }
        reason = g_strdup_printf("the ready check failed: %s",
                                 event->message == NULL ? "" : event->message);
        for (size_t i = core->n_works; i > 0; i--) {
                Work *work = &core->works[i - 1];

                if ((work->is_swapped || work->is_rolled) && work->stage == STAGE_UP)
                        place_fail(core, work, "%s", reason);
        }
        ending_begin(core, CORE_FAILED, reason);
}

/* A replacement that has not shown that it works by now is one that missed its events. */
static void on_out_of_time(Core *core)
{
        static const char reason[] = "the time given by --timeout is over";

        for (size_t i = core->n_works; i > 0; i--) {
                Work *work = &core->works[i - 1];

                if ((work->is_swapped || work->is_rolled) && work->stage == STAGE_UP &&
                    (publish_is_waiting(core, work) || core->phase == PHASE_CHECKING))
                        place_fail(core, work, "%s", reason);
        }
        ending_begin(core, CORE_FAILED, reason);
}

void events_dispatch(Core *core, const CoreEvent *event)
{
        int i;

        switch (event->type) {
        case CORE_BEGIN:
                if (core->phase == PHASE_BEGIN)
                        core->phase = PHASE_PREPARING;
                break;
        case CORE_STARTED:
                if (core_find(core, event->container) >= 0)
                        on_started(core, event);
                break;
        case CORE_OBSERVED:
                on_observed(core, event);
                break;
        case CORE_STOPPED:
                on_stopped(core, event);
                break;
        case CORE_REMOVED:
                on_removed(core, event);
                break;
        case CORE_RENAMED:
                i = core_find(core, event->container);
                if (i >= 0)
                        clean_answered(core, i, event);
                break;
        case CORE_READY:
                on_ready(core, event);
                break;
        case CORE_PONG:
        case CORE_TIMER:
                break;
        case CORE_ENGINE_LOST:
                if (!core->is_engine_lost)
                        core->engine_lost_us = core->now_us;
                core->is_engine_lost = true;
                silence_heard(
                        core); /* what is to follow is known: it comes back, or a minute passes */
                break;
        case CORE_ENGINE_BACK:
                on_engine_back(core);
                break;
        case CORE_DEADLINE:
                if (core->phase < PHASE_CLEANING)
                        on_out_of_time(core);
                break;
        case CORE_INTERRUPT:
                if (core->phase < PHASE_CLEANING) {
                        ending_begin(core, CORE_INTERRUPTED, "interrupted");
                } else if (core->phase == PHASE_ENDING) {
                        ending_finish(core); /* asked a second time */
                }
                break;
        case CORE_PREPARED:
        case CORE_PULLED:
        case CORE_CREATED:
        case CORE_WAIT_OPEN:
        case CORE_EXITED:
        case CORE_UPDATED:
        case CORE_PROBED:
        case CORE_EXECUTED:
        case CORE_HEALTH:
                for_workload(core, event);
                break;
        }
}
