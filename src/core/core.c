#include "core/core.h"

#include <string.h>

#include "core/machine.h"

/* ---- Names ---- */

const char *core_effect_to_string(CoreEffectType type)
{
        static const char *const names[] = {
#define X(name) #name,
                CORE_EFFECTS(X)
#undef X
        };

        return names[type];
}

const char *core_event_to_string(CoreEventType type)
{
        static const char *const names[] = {
#define X(name) #name,
                CORE_EVENTS(X)
#undef X
        };

        return names[type];
}

/* ---- Effects ---- */

void core_effect_clear(CoreEffect *effect)
{
        g_clear_pointer(&effect->container, g_free);
        g_clear_pointer(&effect->other, g_free);
        g_clear_pointer(&effect->name, g_free);
        g_clear_pointer(&effect->run_key, g_free);
        g_clear_pointer(&effect->evidence, g_free);
        g_clear_pointer(&effect->text, g_free);
}

GArray *core_effects_new(void)
{
        GArray *effects = g_array_new(false, true, sizeof(CoreEffect));

        g_array_set_clear_func(effects, (GDestroyNotify) core_effect_clear);
        return effects;
}

CoreEffect *core_emit(Core *core, CoreEffectType type, const Work *work)
{
        CoreEffect effect = { .type = type,
                              .workload = work == NULL ? -1 : (int) work->index,
                              .publication = -1,
                              .exit_code = -1 };

        g_array_append_val(core->effects, effect);
        return &g_array_index(core->effects, CoreEffect, core->effects->len - 1);
}

void core_emit_for(Core *core, CoreEffectType type, const Work *work, int known)
{
        CoreEffect *effect = core_emit(core, type, work);

        effect->container = g_strdup(core_known(core, known)->id);
        if (work == NULL)
                effect->workload = core_known(core, known)->workload;
}

void core_fact(Core *core, const Work *work, const char *name, const char *format, ...)
{
        CoreEffect *effect = core_emit(core, EFFECT_FACT, work);
        va_list args;

        effect->name = g_strdup(name);
        va_start(args, format);
        effect->text = g_strdup_vprintf(format, args);
        va_end(args);
}

/* ---- Small things the parts share ---- */

Known *core_known(Core *core, int i)
{
        g_assert(i >= 0 && (guint) i < core->known->len);
        return &g_array_index(core->known, Known, i);
}

int core_find(const Core *core, const char *id)
{
        for (guint i = 0; id != NULL && i < core->known->len; i++) {
                if (strcmp(g_array_index(core->known, Known, i).id, id) == 0)
                        return i;
        }
        return -1;
}

bool core_is_under_way(const Core *core, const Known *known)
{
        return known->seen.presence == PRESENCE_RUNNING ||
               (core->is_orchestrated && known->seen.presence == PRESENCE_CREATED);
}

bool core_is_forced(const Core *core, const Work *work)
{
        return g_strv_contains(core->rerun, work->model->id);
}

void work_reason(Work *work, const char *format, ...)
{
        va_list args;
        char *reason;

        va_start(args, format);
        reason = g_strdup_vprintf(format, args);
        va_end(args);
        g_free(work->reason);
        work->reason = reason;
}

Observation *work_seen(Core *core, const Work *work)
{
        return &core_known(core, work->next)->seen;
}

#define RETRY_LOST_US (G_TIME_SPAN_SECOND / 2)
#define PING_GAP_US   G_TIME_SPAN_SECOND

void work_lost(Core *core, Work *work)
{
        if (core->is_engine_lost) {
                work->is_suspect = true; /* asked again when the engine is back */
                return;
        }
        if (++work->n_lost > CORE_START_RETRIES_MAX && work->stage != STAGE_STARTING &&
            work->stage != STAGE_UP && work->stage != STAGE_INSPECTING &&
            work->stage != STAGE_UNDOING) {
                place_fail(core, work, "the engine does not answer");
                return;
        }
        if (work->n_lost > CORE_START_RETRIES_MAX && work->stage == STAGE_UNDOING) {
                core_fact(core, work, "not-restored", "the engine does not answer");
                work->stage =
                        STAGE_OVER; /* the record of the swap stays: the next command goes on */
                return;
        }
        work->is_suspect = true;
        work->timer_us = core->now_us + RETRY_LOST_US;
}

/* ---- Making one ---- */

static const char **copy_strings(Arena *arena, const char *const *strings)
{
        size_t n = strings == NULL ? 0 : g_strv_length((char **) strings);
        const char **copy = arena_new0(arena, const char *, n + 1);

        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(arena, strings[i]);
        return copy;
}

static void copy_containers(Core *core, const CoreConfig *config)
{
        for (size_t i = 0; i < config->n_containers; i++) {
                const CoreContainer *given = &config->containers[i];
                Known known = {
                        .id = arena_strdup(core->arena, given->id),
                        .name = arena_strdup(core->arena, given->name),
                        .workload_id = arena_strdup(core->arena, given->workload_id),
                        .run_key = arena_strdup(core->arena, given->run_key),
                        .try_number = given->try_number,
                        .seen = given->seen,
                        .claims = copy_strings(core->arena, given->claims),
                        .workload = application_find(core->app, given->workload_id),
                };

                g_array_append_val(core->known, known);
        }
}

static void find_current(Core *core, const CoreConfig *config, Work *work)
{
        const CoreContainer *current;

        if (work->model->kind == WORKLOAD_EPHEMERAL)
                return;
        current = core_current(config->containers, config->n_containers, config->swaps,
                               config->n_swaps, work->model->id);
        if (current != NULL)
                work->current = core_find(core, current->id);
        for (size_t i = 0; i < config->n_swaps; i++) {
                const CoreSwap *swap = &config->swaps[i];

                if (strcmp(swap->workload_id, work->model->id) != 0)
                        continue;
                work->has_swap_record = true;
                work->is_swapped = work->current >= 0 && g_strcmp0(swap->old_id, current->id) == 0;
        }
}

Core *core_new(const CoreConfig *config)
{
        Core *core = g_new0(Core, 1);

        core->arena = arena_new();
        core->app = config->app;
        core->deployment = config->deployment;
        core->app_slug = arena_strdup(core->arena, config->app_slug);
        core->may_adopt = config->may_adopt;
        core->may_create_early = arena_memdup(core->arena, config->may_create_early,
                                              config->app->n_workloads * sizeof(bool));
        core->rerun = copy_strings(core->arena, config->rerun);
        core->known = g_array_new(false, true, sizeof(Known));
        core->cleaning = g_array_new(false, true, sizeof(int));
        core->asked_us = core->doubt_us = core->ping_us = CORE_NO_DEADLINE;
        core->n_works = config->app->n_workloads;
        core->works = arena_new0(core->arena, Work, core->n_works);
        copy_containers(core, config);
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                work->model = &config->app->workloads[i];
                work->index = i;
                work->current = work->next = -1;
                work->exit_code = -1;
                work->timer_us = work->until_us = CORE_NO_DEADLINE;
                work->stopping = g_array_new(false, true, sizeof(int));
                work->refused = g_array_new(false, true, sizeof(int));
                work->displaced = g_array_new(false, true, sizeof(int));
                find_current(core, config, work);
        }
        publish_init(core);
        return core;
}

void core_free(Core *core)
{
        if (core == NULL)
                return;
        for (size_t i = 0; i < core->n_works; i++) {
                g_free(core->works[i].reason);
                g_free(core->works[i].decision.reason);
                g_array_unref(core->works[i].stopping);
                g_array_unref(core->works[i].refused);
                g_array_unref(core->works[i].displaced);
        }
        g_array_unref(core->known);
        g_array_unref(core->cleaning);
        g_free(core->outcome_reason);
        arena_free(core->arena);
        g_free(core);
}

/* ---- The end ---- */

static void finish(Core *core)
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

static void begin_ending(Core *core, CoreOutcome outcome, const char *reason)
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

/* Whether something about it must come to rest before the deployment may end: requests that
 * change what runs, and a gap between an old container and its replacement */
static bool is_unrest(const Work *work)
{
        switch (work->stage) {
        case STAGE_CREATING:
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

/* What was created early and never started goes; a swap in whose gap nothing serves is undone. */
static void settle_ending(Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                if (is_unrest(work))
                        return;
                if (work->stage != STAGE_CREATED)
                        continue;
                if (work->prepared.is_orchestrated) {
                        work->stage = STAGE_UP; /* it runs, and runs on */
                        continue;
                }
                work->stage = STAGE_OVER;
                if (work->is_swapped || work->displaced->len > 0)
                        swap_undo(core, work);
                else
                        swap_remove(core, work->next);
        }
        for (size_t i = 0; i < core->n_works; i++) {
                if (is_unrest(&core->works[i]))
                        return;
        }
        if (swap_restore_again(core))
                return;
        if (core->cleaning->len == 0)
                finish(core);
}

static const Work *first_with(const Core *core, Verdict verdict)
{
        for (size_t i = 0; i < core->n_works; i++) {
                if (core->works[i].verdict == verdict)
                        return &core->works[i];
        }
        return NULL;
}

static char *why_not(const Core *core)
{
        const Work *work = first_with(core, VERDICT_FAILED);

        if (work == NULL)
                work = first_with(core, VERDICT_UNKNOWN);
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

/* Whether something will still happen by itself */
static bool is_active(const Core *core, const Work *work)
{
        switch (work->stage) {
        case STAGE_NONE:
        case STAGE_PREPARING:
        case STAGE_PULLING:
        case STAGE_CREATING:
        case STAGE_EARLIER:
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

static bool is_quiet(const Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                if (is_active(core, &core->works[i]))
                        return false;
        }
        return true;
}

static void succeed(Core *core)
{
        core_fact(core, NULL, "started", "%s", "everything is up");
        core->outcome = CORE_SUCCEEDED;
        swap_begin_cleaning(core);
}

static void on_quiet(Core *core)
{
        g_autofree char *why = why_not(core);

        if (why != NULL) {
                begin_ending(core, CORE_FAILED, why);
        } else if (core->phase == PHASE_RUNNING && core->app->ready.command != READY_NONE) {
                core->phase = PHASE_CHECKING;
                core_emit(core, EFFECT_READY_CHECK, NULL);
        } else if (core->phase == PHASE_RUNNING) {
                succeed(core);
        }
}

/* ---- Progress: whatever has become possible is begun ---- */

static bool is_all_prepared(const Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Stage stage = core->works[i].stage;

                if (stage == STAGE_NONE || stage == STAGE_PREPARING || stage == STAGE_PULLING)
                        return false;
        }
        return true;
}

static void pass_barrier(Core *core)
{
        if (!is_all_prepared(core))
                return;
        if (first_with(core, VERDICT_FAILED) != NULL) {
                g_autofree char *why = why_not(core);

                begin_ending(core, CORE_FAILED, why);
        } else {
                core->phase = PHASE_RUNNING;
        }
}

static void give_turns(Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                if (!work->has_turn && work->verdict == VERDICT_NONE)
                        work->has_turn = publish_is_turn(core, work);
        }
}

static void proceed(Core *core)
{
        guint before;

        do {
                before = core->effects->len;
                if (core->phase == PHASE_PREPARING)
                        pass_barrier(core);
                if (core->phase == PHASE_RUNNING)
                        give_turns(core);
                for (size_t i = 0; i < core->n_works; i++)
                        place_advance(core, &core->works[i]);
                if ((core->phase == PHASE_RUNNING || core->phase == PHASE_CHECKING) &&
                    is_quiet(core) && core->effects->len == before)
                        on_quiet(core);
                swap_clean_step(core);
        } while (core->effects->len != before);
        if (core->phase == PHASE_CLEANING && core->cleaning->len == 0)
                finish(core);
        while (core->phase == PHASE_ENDING) {
                before = core->effects->len;
                settle_ending(core);
                if (core->effects->len == before)
                        break;
        }
}

/* ---- Whether the engine answers at all ----
 *
 * A connection that stands and brings nothing is no loss that anybody reports. */

static void heard(Core *core)
{
        core->heard_us = core->now_us;
        core->doubt_us = core->ping_us = CORE_NO_DEADLINE;
}

static void doubt(Core *core)
{
        if (core->doubt_us != CORE_NO_DEADLINE || core->is_engine_lost)
                return;
        core->doubt_us = core->now_us;
        core->ping_us = core->now_us + PING_GAP_US; /* it may have been but one answer */
}

static bool is_answer(CoreEventType type)
{
        switch (type) {
        case CORE_PULLED:
        case CORE_CREATED:
        case CORE_WAIT_OPEN:
        case CORE_STARTED:
        case CORE_EXITED:
        case CORE_OBSERVED:
        case CORE_STOPPED:
        case CORE_REMOVED:
        case CORE_RENAMED:
        case CORE_UPDATED:
        case CORE_EXECUTED:
        case CORE_HEALTH:
        case CORE_PONG:
                return true;
        case CORE_PREPARED: /* may have needed no engine */
        case CORE_PROBED:   /* likewise */
        case CORE_BEGIN:
        case CORE_READY:
        case CORE_TIMER:
        case CORE_ENGINE_LOST:
        case CORE_ENGINE_BACK:
        case CORE_DEADLINE:
        case CORE_INTERRUPT:
                return false;
        }
        g_assert_not_reached();
}

static void listen(Core *core, const CoreEvent *event)
{
        if (event->error == CORE_ERROR_LOST && event->type != CORE_PONG)
                doubt(core);
        else if (event->error == CORE_ERROR_LOST && core->doubt_us != CORE_NO_DEADLINE)
                core->ping_us = core->now_us + PING_GAP_US;
        else if (event->error != CORE_ERROR_LOST && is_answer(event->type))
                heard(core);
}

static void give_up_engine(Core *core)
{
        core->outcome = CORE_FAILED;
        g_free(core->outcome_reason);
        core->outcome_reason = g_strdup("the engine does not answer any more");
        finish(core);
}

static void watch_silence(Core *core)
{
        if (core->is_engine_lost)
                return;
        if (core->asked_us != CORE_NO_DEADLINE &&
            core->now_us - MAX(core->asked_us, core->heard_us) >= CORE_PING_AFTER_US)
                doubt(core);
        if (core->doubt_us == CORE_NO_DEADLINE)
                return;
        if (core->now_us - core->doubt_us >= CORE_ENGINE_GONE_MAX_US) {
                give_up_engine(core);
        } else if (core->ping_us <= core->now_us) {
                core->ping_us = CORE_NO_DEADLINE;
                core_emit(core, EFFECT_PING, NULL);
        }
}

/* Whether an answer is awaited that the engine owes soon: not the end of a run, or of a probe */
static bool is_owed(const Core *core)
{
        if (core->cleaning->len > 0)
                return true;
        for (size_t i = 0; i < core->n_works; i++) {
                switch (core->works[i].stage) {
                case STAGE_PREPARING:
                case STAGE_CREATING:
                case STAGE_CLEARING:
                case STAGE_OPENING:
                case STAGE_INSPECTING:
                case STAGE_UNDOING:
                        return true;
                case STAGE_STARTING:
                case STAGE_UPDATING:
                        if (!core->is_orchestrated) /* that takes what it takes */
                                return true;
                        break;
                case STAGE_NONE:
                case STAGE_PREPARED:
                case STAGE_PULLING:
                case STAGE_CREATED:
                case STAGE_EARLIER:
                case STAGE_UP:
                case STAGE_BACKOFF:
                case STAGE_OVER:
                        break;
                }
        }
        return false;
}

static void note_asking(Core *core)
{
        if (!is_owed(core))
                core->asked_us = CORE_NO_DEADLINE;
        else if (core->asked_us == CORE_NO_DEADLINE)
                core->asked_us = core->now_us;
}

/* ---- Events ---- */

static void on_timers(Core *core)
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
                give_up_engine(core);
        else
                watch_silence(core);
}

static void on_engine_back(Core *core)
{
        if (!core->is_engine_lost)
                return;
        core->is_engine_lost = false;
        heard(core);
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
                if (is_active(core, work) || is_unrest(work))
                        place_redrive(core, work);
        }
        if (core->cleaning->len > 0) { /* the next deployment cleans what is left */
                g_array_set_size(core->cleaning, 0);
        }
        if (core->phase == PHASE_CHECKING)
                core_emit(core, EFFECT_READY_CHECK, NULL);
}

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
        for (size_t j = 0; j < core->n_works; j++)
                swap_on_removed(core, &core->works[j], event);
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

static void on_ready(Core *core, const CoreEvent *event)
{
        g_autofree char *reason = NULL;

        if (core->phase != PHASE_CHECKING)
                return;
        if (event->error == CORE_ERROR_NONE) {
                succeed(core);
                return;
        }
        reason = g_strdup_printf("the ready check failed: %s",
                                 event->message == NULL ? "" : event->message);
        for (size_t i = core->n_works; i > 0; i--) {
                Work *work = &core->works[i - 1];

                if (work->is_swapped && work->stage == STAGE_UP)
                        place_fail(core, work, "%s", reason);
        }
        begin_ending(core, CORE_FAILED, reason);
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

/* A replacement that has not shown that it works by now is one that missed its events. */
static void on_out_of_time(Core *core)
{
        static const char reason[] = "the time given by --timeout is over";

        for (size_t i = core->n_works; i > 0; i--) {
                Work *work = &core->works[i - 1];

                if (work->is_swapped && work->stage == STAGE_UP &&
                    (publish_is_waiting(core, work) || core->phase == PHASE_CHECKING))
                        place_fail(core, work, "%s", reason);
        }
        begin_ending(core, CORE_FAILED, reason);
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

static void dispatch(Core *core, const CoreEvent *event)
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
                heard(core); /* what is to follow is known: it comes back, or a minute passes */
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
                        begin_ending(core, CORE_INTERRUPTED, "interrupted");
                } else if (core->phase == PHASE_ENDING) {
                        finish(core); /* asked a second time */
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

static int64_t next_deadline(const Core *core)
{
        int64_t deadline = CORE_NO_DEADLINE;

        if (core->phase == PHASE_FINISHED)
                return CORE_NO_DEADLINE;
        for (size_t i = 0; i < core->n_works; i++) {
                const Work *work = &core->works[i];

                if (core->phase == PHASE_RUNNING || core->phase == PHASE_CHECKING)
                        deadline = MIN(deadline, publish_deadline(core, work));
                if (!(work->is_suspect && core->is_engine_lost))
                        deadline = MIN(deadline, work->timer_us);
                if (work->stage == STAGE_UPDATING || work->stage == STAGE_STARTING)
                        deadline = MIN(deadline, work->until_us);
        }
        if (core->is_engine_lost)
                return MIN(deadline, core->engine_lost_us + CORE_ENGINE_GONE_MAX_US);
        if (core->doubt_us != CORE_NO_DEADLINE)
                return MIN(deadline, MIN(core->ping_us, core->doubt_us + CORE_ENGINE_GONE_MAX_US));
        if (core->asked_us != CORE_NO_DEADLINE)
                deadline = MIN(deadline, MAX(core->asked_us, core->heard_us) + CORE_PING_AFTER_US);
        return deadline;
}

int64_t core_step(Core *core, const CoreEvent *event, GArray *effects)
{
        if (core->phase == PHASE_FINISHED)
                return CORE_NO_DEADLINE;
        core->now_us = MAX(core->now_us, event->now_us);
        core->wall_us = event->wall_us;
        core->effects = effects;
        listen(core, event);
        dispatch(core, event);
        if (core->phase != PHASE_FINISHED && core->phase != PHASE_BEGIN) {
                on_timers(core);
                if (core->phase != PHASE_FINISHED)
                        proceed(core);
                note_asking(core);
        }
        core->effects = NULL;
        return next_deadline(core);
}

bool core_is_finished(const Core *core)
{
        return core->phase == PHASE_FINISHED;
}

char **core_containers(const Core *core)
{
        g_autoptr(GPtrArray) ids = g_ptr_array_new();

        for (guint i = 0; i < core->known->len; i++) {
                const Known *known = &g_array_index(core->known, Known, i);

                if (known->seen.presence != PRESENCE_GONE)
                        g_ptr_array_add(ids, g_strdup(known->id));
        }
        g_ptr_array_add(ids, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&ids), false);
}
