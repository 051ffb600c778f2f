/* Place: one workload on its way from held to up */

#include <string.h>

#include "core/machine.h"

/* ---- Failing ---- */

void place_fail(Core *core, Work *work, const char *format, ...)
{
        va_list args;

        if (work->verdict == VERDICT_FAILED)
                return;
        g_free(work->reason);
        va_start(args, format);
        work->reason = g_strdup_vprintf(format, args);
        va_end(args);
        work->verdict = VERDICT_FAILED;
        work->timer_us = CORE_NO_DEADLINE;
        core_fact(core, work, "failed", "%s", work->reason);
        publish_cancel(core, work);
        if (swap_has_way_back(work)) {
                swap_undo(core, work);
                return;
        }
        /* What runs, runs on: a missed event is no reason to stop a container that serves. */
        if (work->stage != STAGE_UP || work_is_run(work))
                work->stage = work->is_left_running ? STAGE_UP : STAGE_OVER;
}

/* ---- Preparing ---- */

static void prepare(Core *core, Work *work, bool is_early)
{
        work->stage = STAGE_PREPARING;
        core_emit(core, EFFECT_PREPARE, work)->is_early = is_early;
}

static const char *copy_string(Core *core, const char *text)
{
        return arena_strdup(core->arena, text == NULL ? "" : text);
}

static void keep_prepared(Core *core, Work *work, const Prepared *prepared)
{
        Prepared *own = &work->prepared;

        *own = *prepared;
        core->is_orchestrated |= prepared->is_orchestrated;
        own->error = arena_strdup(core->arena, prepared->error);
        own->image_pull_reason = copy_string(core, prepared->image_pull_reason);
        own->final_name = copy_string(core, prepared->final_name);
        own->claims = arena_strdupv(core->arena, prepared->claims);
        own->same = arena_strdupv(core->arena, prepared->same);
        own->changed = copy_string(core, prepared->changed);
        own->run_key = copy_string(core, prepared->run_key);
        own->run_name = copy_string(core, prepared->run_name);
        own->stale_reason = copy_string(core, prepared->stale_reason);
        own->last_try_container = copy_string(core, prepared->last_try_container);
}

/* A run that is recorded as done needs no image: nothing is pulled to decide on a skip. */
static bool needs_image(const Core *core, const Work *work)
{
        const Prepared *prepared = &work->prepared;

        if (!prepared->image_missing || work->is_pulled)
                return false;
        return !work_is_run(work) || !prepared->succeeded || core_is_forced(core, work);
}

void place_on_prepared(Core *core, Work *work, const CoreEvent *event)
{
        if (work->stage != STAGE_PREPARING)
                return;
        if (event->error == CORE_ERROR_LOST) {
                work_lost(core, work);
                return;
        }
        work->stage = STAGE_PREPARED;
        if (core->phase == PHASE_ENDING)
                return;
        keep_prepared(core, work, event->prepared);
        work->is_prepared = true;
        if (work->prepared.error != NULL) {
                place_fail(core, work, "%s", work->prepared.error);
                return;
        }
        if (work->prepared.deferred) {
                if (work->has_turn)
                        place_fail(core, work,
                                   "it cannot be rendered: what it refers to is not there");
                return;
        }
        if (work->prepared.is_off) {
                work->verdict = VERDICT_OFF;
                work->stage = STAGE_OVER;
                work->decision = plan_decide(work->model, &work->prepared, NULL, false, 0);
                work->is_decided = true;
                core_fact(core, work, "off", "`when` is false");
                return;
        }
        if (work_is_run(work))
                run_settle_open_try(core, work);
        if (needs_image(core, work)) {
                work->stage = STAGE_PULLING;
                core_emit(core, EFFECT_PULL, work);
        }
}

void place_on_pulled(Core *core, Work *work, const CoreEvent *event)
{
        if (work->stage != STAGE_PULLING)
                return;
        if (event->error == CORE_ERROR_LOST) {
                work_lost(core, work);
                return;
        }
        if (event->error != CORE_ERROR_NONE) {
                place_fail(core, work, "%s",
                           event->message == NULL ? "its image cannot be had" : event->message);
                return;
        }
        work->is_pulled = true;
        work->is_prepared = false;
        work->stage = STAGE_NONE; /* compared anew with the image that is here now */
}

/* ---- Deciding ---- */

static CoreContainer view_of(const Known *known)
{
        return (CoreContainer){
                .id = known->id,
                .name = known->name,
                .workload_id = known->workload_id,
                .run_key = known->run_key,
                .try_number = known->try_number,
                .seen = known->seen,
                .claims = known->claims,
        };
}

static void decide(Core *core, Work *work)
{
        CoreContainer current;
        bool has_current = work->current >= 0 &&
                           core_known(core, work->current)->seen.presence != PRESENCE_GONE;
        bool force = core_is_forced(core, work);

        if (work->is_decided)
                return;
        if (has_current)
                current = view_of(core_known(core, work->current));
        else
                work->current = -1;
        /* A run that was asked for and has just been seen to end is not run once more. */
        if (work_is_run(work) && work->next >= 0 && work->prepared.succeeded)
                force = false;
        g_free(work->decision.reason);
        work->decision = plan_decide(work->model, &work->prepared, has_current ? &current : NULL,
                                     force, core->wall_us);
        work->is_decided = true;
        work_reason(work, "%s", work->decision.reason);
}

static void skip(Core *core, Work *work)
{
        work->stage = STAGE_OVER;
        work->verdict = VERDICT_DONE;
        core_fact(core, work, "skipped", "%s", work->decision.reason);
        publish_fire_all(core, work);
}

/* Of a swap that an earlier command left: the new one may be up already. */
static bool resume_swap(Core *core, Work *work)
{
        if (!work->is_swapped || work->next < 0)
                return false;
        if (core_known(core, work->next)->seen.presence != PRESENCE_RUNNING)
                return false;
        place_up(core, work);
        return true;
}

/* An earlier command began to replace the container that is now to be kept, or one before it: what
 * it had done is taken back. The container may be stopped, or about to, its restart policy is `no`,
 * and the other one may run. */
static void void_swap(Work *work)
{
        if (!work->is_swapped && !work->has_swap_record)
                return;
        work->is_swapped = false;
        work->is_swap_void = true;
}

static void go_on(Core *core, Work *work)
{
        if (!place_is_way_changing(core, work) && !resume_swap(core, work))
                place_clear_and_start(core, work);
}

static void take_turn(Core *core, Work *work)
{
        decide(core, work);
        switch (work->decision.action) {
        case PLAN_OFF:
        case PLAN_REMOVE:
                break;
        case PLAN_SKIP:
                skip(core, work);
                break;
        case PLAN_KEEP:
        case PLAN_RESTART:
        case PLAN_UPDATE:
                work->next = work->current;
                work->is_kept = work->decision.action == PLAN_KEEP;
                void_swap(work);
                if (work->is_kept && !work->prepared.changed_in_place && !work->is_swap_void) {
                        place_up(core, work);
                        break;
                }
                place_update(core, work);
                break;
        case PLAN_START:
        case PLAN_REPLACE:
                place_create(core, work);
                if (work->stage == STAGE_CREATED)
                        go_on(core, work);
                break;
        case PLAN_RUN:
                run_begin(core, work);
                break;
        }
}

static void create_early(Core *core, Work *work)
{
        if (work->is_early_tried || !core->may_create_early[work->index] ||
            !work->prepared.may_create_early || work->prepared.is_orchestrated)
                return;
        work->is_early_tried = true;
        decide(core, work);
        if (work->decision.action == PLAN_START || work->decision.action == PLAN_REPLACE) {
                place_create(core, work);
        } else if (work->decision.action == PLAN_RUN && run_may_create_early(core, work)) {
                work->try_number = core->may_adopt && work->prepared.last_try == TRY_INTENDED
                                           ? work->prepared.last_try_number
                                           : work->prepared.last_try_number + 1;
                work->is_intended = core->may_adopt && work->prepared.last_try == TRY_INTENDED;
                place_create(core, work);
        } else {
                work->is_decided = false; /* by its turn things may have changed */
        }
}

void place_advance(Core *core, Work *work)
{
        if (work->stage == STAGE_NONE && core->phase <= PHASE_RUNNING) {
                prepare(core, work, !work->has_turn);
                return;
        }
        if (core->phase != PHASE_RUNNING || work->verdict != VERDICT_NONE)
                return;
        if (work->stage == STAGE_PREPARED) {
                if (work->has_turn && work->prepared.deferred)
                        prepare(core, work, false);
                else if (work->has_turn)
                        take_turn(core, work);
                else if (!work->prepared.deferred)
                        create_early(core, work);
        } else if (work->stage == STAGE_CREATED && work->has_turn) {
                go_on(core, work);
        }
}

/* ---- After a lost answer ---- */

void place_redrive(Core *core, Work *work)
{
        work->timer_us = CORE_NO_DEADLINE;
        switch (work->stage) {
        case STAGE_PREPARING:
                prepare(core, work, !work->has_turn);
                break;
        case STAGE_PULLING:
                core_emit(core, EFFECT_PULL, work);
                break;
        case STAGE_CREATING:
        case STAGE_UPDATING:
                if (work->prepared.is_orchestrated && core->phase == PHASE_ENDING)
                        work->stage = STAGE_OVER; /* asked once more it would start something */
                else if (work->stage == STAGE_CREATING)
                        place_create(core, work);
                else
                        place_update(core, work);
                break;
        case STAGE_CLEARING:
                for (guint i = 0; i < work->stopping->len; i++) {
                        core_emit_for(core, EFFECT_STOP, work,
                                      g_array_index(work->stopping, int, i))
                                ->is_swap = true;
                }
                break;
        case STAGE_OPENING:
                work->is_wait_asked = true;
                core_emit_for(core, EFFECT_WAIT, work, work->next);
                break;
        case STAGE_STARTING:
        case STAGE_INSPECTING:
                work->is_suspect = true;
                core_emit_for(core, EFFECT_INSPECT, work, work->next);
                break;
        case STAGE_UP:
                if (work_is_run(work) && !work->is_wait_open) {
                        work->stage = STAGE_INSPECTING;
                        core_emit_for(core, EFFECT_INSPECT, work, work->next);
                }
                break;
        case STAGE_UNDOING:
                swap_undo(core, work);
                break;
        case STAGE_EARLIER:
        case STAGE_WITHDRAWING:
                work->stage = STAGE_PREPARED;
                break;
        case STAGE_NONE:
        case STAGE_PREPARED:
        case STAGE_CREATED:
        case STAGE_BACKOFF:
        case STAGE_OVER:
                break;
        }
        if (work->stage != STAGE_STARTING && work->stage != STAGE_INSPECTING)
                work->is_suspect = false;
}
