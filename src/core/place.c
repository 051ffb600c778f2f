#include <string.h>

#include "core/machine.h"

#define RECREATE_MAX 3 /* of a container that somebody removes under our hands */

static bool is_run(const Work *work)
{
        return work->model->kind == WORKLOAD_EPHEMERAL;
}

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
        if (work->is_swapped || work->displaced->len > 0) {
                swap_undo(core, work);
                return;
        }
        /* What runs, runs on: a missed event is no reason to stop a container that serves. */
        if (work->stage != STAGE_UP || is_run(work))
                work->stage = work->is_left_running ? STAGE_UP : STAGE_OVER;
}

/* ---- Preparing ---- */

static void prepare(Core *core, Work *work, bool is_early)
{
        work->stage = STAGE_PREPARING;
        core_emit(core, EFFECT_PREPARE, work)->is_early = is_early;
}

static const char *const *copy_strings(Core *core, const char *const *strings)
{
        size_t n = strings == NULL ? 0 : g_strv_length((char **) strings);
        const char **copy = arena_new0(core->arena, const char *, n + 1);

        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(core->arena, strings[i]);
        return copy;
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
        own->claims = copy_strings(core, prepared->claims);
        own->same = copy_strings(core, prepared->same);
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
        return !is_run(work) || !prepared->succeeded || core_is_forced(core, work);
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
        if (is_run(work))
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

/* ---- Creating ---- */

static bool is_name_taken(Core *core, const char *name, const Work *work)
{
        for (guint i = 0; i < core->known->len; i++) {
                const Known *known = core_known(core, i);

                if (known->seen.presence != PRESENCE_GONE && strcmp(known->name, name) == 0)
                        return true;
        }
        return work->is_decided && work->decision.action == PLAN_REPLACE;
}

/* The workload's id as part of a container's name */
static char *run_name(const Core *core, const Work *work)
{
        g_autofree char *slug = NULL;

        if (work->prepared.run_name[0] != '\0')
                return g_strdup_printf("%s-%" G_GINT64_FORMAT, work->prepared.run_name,
                                       work->try_number);
        slug = g_strdelimit(g_ascii_strdown(work->model->id, -1), "/#:@[] ", '-');

        return g_strdup_printf("%s-%s-%.8s-%" G_GINT64_FORMAT, core->app_slug, slug,
                               work->prepared.run_key, work->try_number);
}

/* A container that an interrupted command has made for this very spec and never started, or the
 * new one of its swap */
static int find_adoptable(Core *core, const Work *work)
{
        for (guint i = 0; i < core->known->len && core->may_adopt; i++) {
                const Known *known = core_known(core, i);

                if (known->workload == (int) work->index && (int) i != work->current &&
                    known->seen.presence != PRESENCE_GONE && known->run_key[0] == '\0' &&
                    g_strv_contains(work->prepared.same, known->id) &&
                    !core_is_forced(core, work) &&
                    (known->seen.presence == PRESENCE_CREATED || work->is_swapped))
                        return i;
        }
        return -1;
}

static void record_start(Core *core, const Work *work, const char *container)
{
        CoreEffect *effect = core_emit(core, EFFECT_RECORD_START, work);

        effect->container = g_strdup(container);
        effect->run_key = g_strdup(work->prepared.run_key);
        effect->try_number = work->try_number;
}

/* The engine has said no: it has not run, and does not */
static void record_refusal(Core *core, const Work *work)
{
        CoreEffect *effect = core_emit(core, EFFECT_RECORD_END, work);

        if (work->next >= 0)
                effect->container = g_strdup(core_known(core, work->next)->id);
        effect->run_key = g_strdup(work->prepared.run_key);
        effect->try_number = work->try_number;
        effect->exit_code = -1;
        effect->outcome = CORE_FAILED;
        effect->evidence = g_strdup("refused");
}

void place_create(Core *core, Work *work)
{
        CoreEffect *effect;
        g_autofree char *name = NULL;
        int i = is_run(work) ? -1 : find_adoptable(core, work);

        if (i >= 0) {
                work->next = i;
                work->stage = STAGE_CREATED;
                core_fact(core, work, "adopted", "%s", core_known(core, i)->name);
                return;
        }
        if (is_run(work)) {
                name = run_name(core, work);
                if (!work->is_intended) {
                        effect = core_emit(core, EFFECT_RECORD_INTENT, work);
                        effect->run_key = g_strdup(work->prepared.run_key);
                        effect->try_number = work->try_number;
                        effect->name = g_strdup(name);
                        work->is_intended = true;
                }
                if (work->prepared.is_orchestrated)
                        record_start(core, work, NULL);
        } else if (!work->prepared.is_orchestrated &&
                   is_name_taken(core, work->prepared.final_name, work)) {
                name = g_strdup_printf("%s-d%" G_GINT64_FORMAT, work->prepared.final_name,
                                       core->deployment);
        } else {
                name = g_strdup(work->prepared.final_name);
        }
        work->stage = STAGE_CREATING;
        work->name_wanted = arena_strdup(core->arena, name);
        effect = core_emit(core, EFFECT_CREATE, work);
        effect->name = g_steal_pointer(&name);
        effect->run_key = g_strdup(is_run(work) ? work->prepared.run_key : "");
        effect->try_number = is_run(work) ? work->try_number : 0;
}

void place_on_created(Core *core, Work *work, const CoreEvent *event)
{
        int i;

        if (event->container != NULL && event->error == CORE_ERROR_NONE) {
                i = core_find(core, event->container);
                if (i < 0) {
                        Known known = {
                                .id = arena_strdup(core->arena, event->container),
                                .name = copy_string(core, work->name_wanted),
                                .workload_id = work->model->id,
                                .run_key = is_run(work) ? work->prepared.run_key : "",
                                .try_number = is_run(work) ? work->try_number : 0,
                                .seen = { .presence = PRESENCE_CREATED },
                                .claims = work->prepared.claims,
                                .workload = work->index,
                                .is_new = true,
                        };

                        g_array_append_val(core->known, known);
                        i = core->known->len - 1;
                }
                if (work->stage != STAGE_CREATING)
                        return;
                work->next = i;
                work->n_lost = 0;
                work->stage = STAGE_CREATED;
                if (work->prepared.is_orchestrated && !is_run(work))
                        work_seen(core, work)->presence = PRESENCE_RUNNING;
                core_fact(core, work, "created", "%s", core_known(core, i)->name);
                return;
        }
        if (work->stage != STAGE_CREATING)
                return;
        if (event->error == CORE_ERROR_LOST) {
                work_lost(core, work);
                return;
        }
        if (is_run(work) && work->prepared.is_orchestrated)
                record_refusal(core, work);
        place_fail(core, work, "%s",
                   event->message == NULL ? "it cannot be created" : event->message);
}

/* ---- Starting ---- */

static void stop_for(Core *core, Work *work, int i)
{
        core_emit_for(core, EFFECT_STOP, work, i);
        g_array_index(core->effects, CoreEffect, core->effects->len - 1).is_swap = true;
        g_array_append_val(work->stopping, i);
}

/* One that the engine is about to start again is as good as running. */
static bool may_run(const Known *known)
{
        return known->seen.presence == PRESENCE_RUNNING ||
               (known->seen.presence == PRESENCE_EXITED && known->seen.will_restart);
}

static bool is_in_way(Core *core, const Work *work, const Known *known)
{
        if (!may_run(known))
                return false;
        for (const char *const *mine = work->prepared.claims; *mine != NULL; mine++) {
                for (const char *const *its = known->claims; its != NULL && *its != NULL; its++) {
                        if (claim_overlaps(*mine, *its))
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

/* The old container, and whoever else of ours holds a port or address that it needs, is stopped
 * just before its start and not earlier: what came before ran while the old version served. */
void place_clear_and_start(Core *core, Work *work)
{
        bool replaces = !is_run(work) && work->current >= 0 && work->current != work->next;

        work->stage = STAGE_CLEARING;
        if (replaces && !work->is_swapped)
                record_swap(core, work);
        for (guint i = 0; i < core->known->len; i++) {
                Known *known = core_known(core, i);

                if ((int) i == work->next)
                        continue;
                if (!is_run(work) && known->workload == (int) work->index) {
                        /* Never two of a service: nor what an earlier swap left running */
                        if (may_run(known))
                                stop_for(core, work, i);
                } else if (is_in_way(core, work, known)) {
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
        if (work->is_swapped || work->displaced->len > 0)
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
        if (is_run(work)) {
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

static void recreate(Core *core, Work *work)
{
        core_known(core, work->next)->seen.presence = PRESENCE_GONE;
        if (work->next == work->current)
                work->current = -1;
        work->next = -1;
        publish_cancel(core, work);
        if (++work->n_recreated > RECREATE_MAX || core->phase != PHASE_RUNNING) {
                place_fail(core, work, "its container was removed");
                return;
        }
        core_fact(core, work, "gone", "its container was removed; it is made again");
        work->is_kept = false;
        work->is_decided = false;
        work->stage = STAGE_PREPARED;
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
                if (is_run(work)) {
                        work->is_suspect = true;
                        core_emit_for(core, EFFECT_INSPECT, work, work->next);
                } else {
                        recreate(core, work);
                }
                break;
        case CORE_ERROR_REFUSED:
                if (is_run(work))
                        record_refusal(core, work);
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

static void update(Core *core, Work *work)
{
        core_emit_for(core, EFFECT_UPDATE, work, work->next);
        g_array_index(core->effects, CoreEffect, core->effects->len - 1).is_forced =
                work->prepared.is_orchestrated && core_is_forced(core, work);
        if (work->prepared.is_orchestrated && work->stage != STAGE_UPDATING)
                work->until_us = until_us(core, work);
        work->stage = STAGE_UPDATING;
}

/* A timeout ends the waiting; what the engine has begun it goes on with. */
void place_on_until(Core *core, Work *work)
{
        if (core->now_us < work->until_us)
                return;
        if (work->stage == STAGE_UPDATING) {
                place_fail(core, work, "its update did not end in time");
        } else if (work->stage == STAGE_STARTING) {
                work->is_left_running = true;
                place_fail(core, work, "it did not start in time; it was left to");
        }
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
                recreate(core, work);
        } else if (event->error == CORE_ERROR_REFUSED) {
                place_fail(core, work, "%s: %s",
                           work->decision.action == PLAN_UPDATE ? "its update failed"
                                                                : "it cannot be changed in place",
                           event->message == NULL ? "the engine refused" : event->message);
        } else {
                updated(core, work);
        }
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
        if (is_run(work) && work->next >= 0 && work->prepared.succeeded)
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
                update(core, work);
                break;
        case PLAN_START:
        case PLAN_REPLACE:
                place_create(core, work);
                if (work->stage == STAGE_CREATED && !resume_swap(core, work))
                        place_clear_and_start(core, work);
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
                if (!resume_swap(core, work))
                        place_clear_and_start(core, work);
        }
}

/* Whether START may be asked for once more where it was not answered, and did nothing */
bool place_may_ask_again(Core *core, Work *work)
{
        if (++work->n_starts <= CORE_START_RETRIES_MAX)
                return true;
        place_fail(core, work, "it does not start: the engine does not answer to that");
        return false;
}

/* ---- What inspect says of a service ---- */

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

void place_on_observed(Core *core, Work *work)
{
        const Observation *seen = work_seen(core, work);

        if (work->stage == STAGE_STARTING && work->is_suspect) {
                work->is_suspect = false;
                work->timer_us = CORE_NO_DEADLINE;
                switch (seen->presence) {
                case PRESENCE_CREATED:
                        if (!place_may_ask_again(core, work))
                                return;
                        place_start(core, work);
                        return;
                case PRESENCE_GONE:
                        recreate(core, work);
                        return;
                case PRESENCE_EXITED:
                        if (work->decision.action == PLAN_RESTART && work->n_lost <= 1) {
                                place_start(core, work); /* it had exited before, too */
                                return;
                        }
                        place_up(core, work);
                        break;
                case PRESENCE_RUNNING:
                        place_up(core, work);
                        break;
                }
        }
        /* Once the old containers go there is no way back, and nothing to go back to. */
        if (work->stage != STAGE_UP || core->phase == PHASE_CLEANING)
                return;
        switch (seen->presence) {
        case PRESENCE_RUNNING:
                work->is_restarting = false;
                if (work->started_wall_ns != 0 && seen->started_wall_ns != 0 &&
                    seen->started_wall_ns != work->started_wall_ns) {
                        /* The engine has started it again: what it had not published yet is
                         * looked for anew. */
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
                break;
        case PRESENCE_EXITED:
                if (!work->is_restarting || !seen->will_restart)
                        service_exited(core, work, seen);
                break;
        case PRESENCE_GONE:
                recreate(core, work);
                break;
        case PRESENCE_CREATED:
                break;
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
                        update(core, work);
                break;
        case STAGE_CLEARING:
                for (guint i = 0; i < work->stopping->len; i++) {
                        core_emit_for(core, EFFECT_STOP, work,
                                      g_array_index(work->stopping, int, i));
                        g_array_index(core->effects, CoreEffect, core->effects->len - 1).is_swap =
                                true;
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
                if (is_run(work) && !work->is_wait_open) {
                        work->stage = STAGE_INSPECTING;
                        core_emit_for(core, EFFECT_INSPECT, work, work->next);
                }
                break;
        case STAGE_UNDOING:
                swap_undo(core, work);
                break;
        case STAGE_EARLIER:
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
