/* Run: the tries of a run-once container, and the evidence of how they ended */

#include <string.h>

#include "base/timefmt.h"
#include "core/machine.h"

/* How long new tries of a run-once are begun: as long as its end is waited for */
static int64_t retry_deadline_us(const Work *work)
{
        int64_t timeout_s = EVENT_TIMEOUT_DEFAULT_S;

        for (unsigned i = 0; i < work->model->n_publications; i++) {
                const Publication *publication = &work->model->publications[i];

                if (publication->type == EVENT_CONTAINER_STOP)
                        timeout_s = publication->timeout_s;
        }
        if (timeout_s == EVENT_TIMEOUT_NEVER || work->first_start_us == 0)
                return CORE_NO_DEADLINE;
        return work->first_start_us + timeout_s * G_TIME_SPAN_SECOND;
}

static bool is_success(const Workload *model, int exit_code)
{
        if (model->success.any)
                return true;
        if (model->success.n == 0)
                return exit_code == 0;
        for (size_t i = 0; i < model->success.n; i++) {
                if (model->success.codes[i] == exit_code)
                        return true;
        }
        return false;
}

/* Rule E for an exit that inspect tells of (decision 13): the same container and the same start,
 * and an end that the engine has not made up when it came back. What it started itself it has
 * watched all along. Without knowing when the engine started there is no evidence. */
static bool is_evidence(const Work *work, const Observation *seen, int64_t started_wall_ns)
{
        if (work->prepared.is_orchestrated)
                return seen->presence == PRESENCE_EXITED && seen->is_attested &&
                       (started_wall_ns == 0 || seen->started_wall_ns == started_wall_ns);
        if (seen->presence != PRESENCE_EXITED || seen->started_wall_ns == 0 ||
            seen->finished_wall_ns == 0 || seen->engine_started_wall_ns == 0)
                return false;
        if (started_wall_ns != 0 && seen->started_wall_ns != started_wall_ns)
                return false;
        if (seen->finished_wall_ns < seen->started_wall_ns)
                return false; /* the clock was set back meanwhile: nothing can be compared */
        if (seen->started_wall_ns > seen->engine_started_wall_ns + CORE_START_MARGIN_NS)
                return true;
        return seen->finished_wall_ns < seen->engine_started_wall_ns - NS_PER_S ||
               seen->finished_wall_ns > seen->engine_started_wall_ns + CORE_OUTAGE_MARGIN_NS;
}

void run_record_start(Core *core, const Work *work, int known)
{
        CoreEffect *effect = core_emit(core, EFFECT_RECORD_START, work);

        if (known >= 0)
                effect->container = g_strdup(core_known(core, known)->id);
        effect->run_key = g_strdup(work->prepared.run_key);
        effect->try_number = work->try_number;
}

static void record_end(Core *core, const Work *work, const char *run_key, int64_t try_number,
                       const RunEnd *end)
{
        CoreEffect *effect = core_emit(core, EFFECT_RECORD_END, work);

        if (end->known >= 0)
                effect->container = g_strdup(core_known(core, end->known)->id);
        effect->run_key = g_strdup(run_key);
        effect->try_number = try_number;
        effect->exit_code = end->exit_code;
        effect->outcome = end->outcome;
        effect->evidence = g_strdup(end->evidence);
        effect->text = g_strdup(end->words);
}

void run_record_end(Core *core, const Work *work, const RunEnd *end)
{
        record_end(core, work, work->prepared.run_key, work->try_number, end);
}

/* The container of the newest run is kept as evidence; the older ones go. */
static void remove_older(Core *core, Work *work)
{
        for (guint i = 0; i < core->known->len; i++) {
                Known *known = core_known(core, i);

                if (known->workload == (int) work->index && (int) i != work->next &&
                    known->seen.presence != PRESENCE_GONE && !core_is_under_way(core, known))
                        swap_remove(core, i);
        }
}

static void retry_or_fail(Core *core, Work *work, const char *why)
{
        const Restart *restart = &work->model->restart;
        bool may_retry = restart->is_set && restart->policy != RESTART_NO &&
                         core->phase == PHASE_RUNNING && !work->is_left_running;
        int64_t delay_us = restart->delay_us;

        if (may_retry && restart->policy == RESTART_ON_FAILURE && restart->max > 0)
                may_retry = work->n_failed <= restart->max;
        if (delay_us == 0) {
                delay_us = CORE_BACKOFF_MIN_US << MIN(work->n_failed - 1, 6);
                delay_us = MIN(delay_us, CORE_BACKOFF_MAX_US);
        }
        /* At the limit no new try begins. */
        if (may_retry && core->now_us + delay_us >= retry_deadline_us(work))
                may_retry = false;
        if (!may_retry) {
                place_fail(core, work, "%s", why);
                return;
        }
        work->stage = STAGE_BACKOFF;
        work->timer_us = core->now_us + delay_us;
        work->is_intended = false;
        work_reason(work, "%s; tried again", why);
}

static void ended(Core *core, Work *work, int exit_code, const char *evidence)
{
        Known *known = core_known(core, work->next);
        bool success = is_success(work->model, exit_code);
        g_autofree char *why = NULL;

        known->seen.presence = PRESENCE_EXITED;
        known->seen.exit_code = exit_code;
        work->exit_code = exit_code;
        work->is_wait_open = false;
        work->prepared.last_try = TRY_ENDED;
        run_record_end(core, work,
                       &(RunEnd){ work->next, exit_code, success ? CORE_SUCCEEDED : CORE_FAILED,
                                  evidence });
        remove_older(core, work);
        if (success) {
                core_fact(core, work, "succeeded", "exit %d, try %" G_GINT64_FORMAT, exit_code,
                          work->try_number);
                publish_fire_type(core, work, EVENT_CONTAINER_STOP);
                publish_cancel(core, work);
                work->stage = STAGE_OVER;
                work->verdict = VERDICT_DONE;
                work_reason(work, "succeeded");
                return;
        }
        work->n_failed++;
        why = g_strdup_printf("exited with %d", exit_code);
        core_fact(core, work, "exited", "exit %d, try %" G_GINT64_FORMAT, exit_code,
                  work->try_number);
        core_emit_for(core, EFFECT_QUOTE, work, work->next);
        publish_cancel(core, work);
        retry_or_fail(core, work, why);
}

static void hold(Core *core, Work *work, const char *why)
{
        work->stage = STAGE_OVER;
        work->verdict = VERDICT_UNKNOWN;
        work_reason(work,
                    "%s; whether it succeeded cannot be known: look, then run "
                    "`slipway resolve %s %s done` or `… rerun`",
                    why, core->app_slug, work->model->id);
}

/* An earlier command has found the outcome of the last try unknown, and it is the operator's turn;
 * asking for the run by name settles it, too. */
static bool is_held(const Core *core, const Work *work)
{
        unsigned n_unknown = work->prepared.n_failed_before;

        return n_unknown > 0 && work->prepared.last_try == TRY_ENDED && work->try_number == 0 &&
               !core_is_forced(core, work) &&
               (work->model->on_unknown == ON_UNKNOWN_HOLD || n_unknown > CORE_UNKNOWN_RERUNS_MAX);
}

/* The machine that it ran on cannot be asked. It is waited for, and the time for that is the time in
 * which the run was to end; or the operator has said that a second one does no harm. */
static void on_lost(Core *core, Work *work)
{
        bool was_told = work->is_node_lost;

        work->is_node_lost = true;
        if (was_told)
                return;
        core_fact(core, work, "node-lost", "%s: the node that runs it cannot be reached",
                  core_known(core, work->next)->name);
        work_reason(work, "unknown: the node that runs it cannot be reached");
        if (work->model->on_node_loss != ON_NODE_LOSS_RERUN || core->phase != PHASE_RUNNING ||
            work->verdict != VERDICT_NONE)
                return;
        run_record_end(core, work, &(RunEnd){ work->next, -1, CORE_UNKNOWN, "" });
        publish_cancel(core, work);
        swap_remove(core, work->next);
        work->is_wait_open = work->is_wait_early = false;
        work->prepared.last_try = TRY_ENDED;
        work->stage = STAGE_BACKOFF;
        work->timer_us = core->now_us;
        work->is_intended = false;
}

bool run_hold_lost(Core *core, Work *work)
{
        if (!work->is_node_lost || work->verdict != VERDICT_NONE)
                return false;
        work->is_left_running = true;
        core_fact(core, work, "unknown", "the node that ran it cannot be reached");
        hold(core, work, "the node that ran it cannot be reached");
        return true;
}

/* Nothing proves how it ended; @known -1: its container is gone. Inspect has proved that it does
 * not run. */
static void unknown(Core *core, Work *work, int known, const char *why)
{
        bool rerun = work->model->on_unknown != ON_UNKNOWN_HOLD && !work->is_left_running;

        work->n_unknown++;
        work->is_wait_open = false;
        work->prepared.last_try = TRY_ENDED; /* the one that was open is settled */
        run_record_end(core, work, &(RunEnd){ known, -1, CORE_UNKNOWN, "" });
        core_fact(core, work, "unknown", "%s, try %" G_GINT64_FORMAT, why, work->try_number);
        publish_cancel(core, work);
        if (rerun && work->n_unknown + work->prepared.n_failed_before <= CORE_UNKNOWN_RERUNS_MAX &&
            core->phase == PHASE_RUNNING) {
                work->stage = STAGE_BACKOFF;
                work->timer_us = core->now_us;
                work->is_intended = false;
                return;
        }
        hold(core, work, why);
}

static void evaluate(Core *core, Work *work)
{
        const Observation *seen = work_seen(core, work);

        if (is_evidence(work, seen, work->started_wall_ns))
                ended(core, work, seen->exit_code, "inspect");
        else
                unknown(core, work, work->next, "it ended while the engine or Slipway was away");
}

/* The container of the last try that the ledger knows, -1 where the engine has none */
static int find_try(Core *core, const Work *work)
{
        for (guint i = 0; i < core->known->len; i++) {
                const Known *known = core_known(core, i);

                if (known->seen.presence != PRESENCE_GONE &&
                    strcmp(known->workload_id, work->model->id) == 0 &&
                    g_strcmp0(known->run_key, work->prepared.run_key) == 0 &&
                    known->try_number == work->prepared.last_try_number)
                        return i;
        }
        return -1;
}

static bool has_open_try(const Core *core, const Work *work)
{
        return core->may_adopt &&
               (work->prepared.last_try == TRY_INTENDED || work->prepared.last_try == TRY_STARTED);
}

/* A run that ended while nobody looked is settled before anything is decided about it. */
void run_settle_open_try(Core *core, Work *work)
{
        Prepared *prepared = &work->prepared;
        int i = has_open_try(core, work) ? find_try(core, work) : -1;
        Known *known;
        bool success;

        if (i < 0)
                return;
        known = core_known(core, i);
        if (!is_evidence(work, &known->seen, prepared->last_try_started_wall_ns))
                return;
        success = is_success(work->model, known->seen.exit_code);
        record_end(core, work, prepared->run_key, prepared->last_try_number,
                   &(RunEnd){ i, known->seen.exit_code, success ? CORE_SUCCEEDED : CORE_FAILED,
                              "inspect" });
        core_fact(core, work, success ? "succeeded" : "exited",
                  "exit %d, try %" G_GINT64_FORMAT ", seen afterwards", known->seen.exit_code,
                  prepared->last_try_number);
        work->exit_code = known->seen.exit_code;
        prepared->last_try = TRY_ENDED;
        prepared->n_failed_before = 0; /* this one's outcome is known */
        if (success) {
                prepared->succeeded = true;
                prepared->succeeded_wall_us = known->seen.finished_wall_ns / NS_PER_US;
                /* `--rerun` asked for a run, and one has just been seen to end */
                work->next = i;
        }
}

/* Another run of this workload that is still under way: never two at once */
static int find_earlier(Core *core, const Work *work)
{
        for (guint i = 0; i < core->known->len; i++) {
                const Known *known = core_known(core, i);
                bool is_ours = g_strcmp0(known->run_key, work->prepared.run_key) == 0 &&
                               known->try_number == work->prepared.last_try_number &&
                               has_open_try(core, work);

                if (known->workload == (int) work->index && known->run_key[0] != '\0' &&
                    core_is_under_way(core, known) && !is_ours && core->may_adopt)
                        return i;
        }
        return -1;
}

bool run_may_create_early(Core *core, Work *work)
{
        if (find_earlier(core, work) >= 0 || is_held(core, work))
                return false;
        return !(has_open_try(core, work) && work->prepared.last_try == TRY_STARTED);
}

static void attach(Core *core, Work *work)
{
        work->is_wait_early = false;
        work->is_wait_open = false;
        if (work->first_start_us == 0)
                work->first_start_us = core->now_us;
        if (!work->is_wait_asked)
                core_emit_for(core, EFFECT_WAIT, work, work->next);
        work->is_wait_asked = true;
        if (work->stage != STAGE_UP)
                place_up(core, work);
}

static void adopt(Core *core, Work *work, int i)
{
        work->next = i;
        work->is_intended = true;
        work->started_wall_ns = work->prepared.last_try_started_wall_ns;
        switch (core_known(core, i)->seen.presence) {
        case PRESENCE_CREATED:
                work->stage = STAGE_CREATED;
                place_advance(core, work);
                break;
        case PRESENCE_RUNNING:
                core_fact(core, work, "adopted", "try %" G_GINT64_FORMAT " still runs",
                          work->try_number);
                attach(core, work);
                break;
        case PRESENCE_EXITED:
                evaluate(core, work);
                break;
        case PRESENCE_GONE:
                g_assert_not_reached();
        }
}

void run_withdraw(Core *core, int i)
{
        core_known(core, i)->is_withdrawn = true;
        core_emit_for(core, EFFECT_REMOVE, NULL, i)->is_unstarted = true;
}

void run_record_withdrawn(Core *core, int i, CoreError error)
{
        const Known *known = core_known(core, i);
        bool is_known = error == CORE_ERROR_NONE;
        const Work *work = known->workload < 0 ? NULL : &core->works[known->workload];

        core_fact(core, work, is_known ? "withdrawn" : "unknown",
                  is_known ? "%s, which no node had taken" : "%s was removed, and may have begun",
                  known->name);
        if (work != NULL)
                record_end(core, work, known->run_key, known->try_number,
                           &(RunEnd){ -1, -1, is_known ? CORE_FAILED : CORE_UNKNOWN,
                                      is_known ? "withdrawn" : "", NULL });
}

/* A job that no node takes is in the way for as long as none does: it goes, where it can be said that
 * it has not begun. */
static bool withdraw(Core *core, Work *work, int i)
{
        if (!work->prepared.is_orchestrated || work->has_been_taken ||
            core_known(core, i)->seen.presence != PRESENCE_CREATED)
                return false;
        work->stage = STAGE_WITHDRAWING;
        work->withdrawn = i;
        work_reason(work, "an earlier job of it that no node has taken is withdrawn");
        run_withdraw(core, i);
        return true;
}

void run_on_removed(Core *core, Work *work, int i, CoreError error)
{
        if (work->stage != STAGE_WITHDRAWING || work->withdrawn != i)
                return;
        switch (error) {
        case CORE_ERROR_LOST:
                work_lost(core, work);
                return;
        case CORE_ERROR_REFUSED:
                work->has_been_taken = true;
                core_known(core, i)->is_withdrawn = false;
                work->stage = STAGE_PREPARED;
                return;
        case CORE_ERROR_NONE:
                run_record_withdrawn(core, i, error);
                work->stage = STAGE_NONE; /* it may have been this very run: decided anew */
                work->is_decided = false;
                return;
        case CORE_ERROR_GONE:
                run_record_withdrawn(core, i, error);
                hold(core, work, "its job was removed as it may have begun");
                return;
        }
        g_assert_not_reached();
}

void run_begin(Core *core, Work *work)
{
        int earlier = find_earlier(core, work);

        if (earlier >= 0 && withdraw(core, work, earlier))
                return;
        if (earlier >= 0) {
                work->stage = STAGE_EARLIER;
                work->timer_us = core->now_us + EVENT_TIMEOUT_DEFAULT_S * G_TIME_SPAN_SECOND;
                work_reason(work, "waits for an earlier run of it to end");
                core_emit_for(core, EFFECT_WAIT, work, earlier);
                core_emit_for(core, EFFECT_INSPECT, work, earlier);
                return;
        }
        if (is_held(core, work)) {
                core_fact(core, work, "unknown", "nobody has settled its last try");
                hold(core, work, "nobody has settled its last try");
                return;
        }
        if (has_open_try(core, work)) {
                int i = find_try(core, work);

                if (i >= 0 && withdraw(core, work, i))
                        return;
                work->try_number = work->prepared.last_try_number;
                work->is_intended = true;
                if (i >= 0) {
                        adopt(core, work, i);
                        return;
                }
                if (work->prepared.last_try == TRY_STARTED) {
                        unknown(core, work, -1, "its container is gone");
                        return;
                }
        } else if (work->try_number == 0) {
                work->try_number = work->prepared.last_try_number + 1;
                work->is_intended = false;
        }
        place_create(core, work);
}

void run_on_earlier(Core *core, Work *work, int i)
{
        Known *known = core_known(core, i);
        RunEnd end = { -1, -1, CORE_UNKNOWN, "" };

        if (core_is_under_way(core, known))
                return;
        if (known->seen.presence != PRESENCE_GONE)
                end.known = i;
        if (is_evidence(work, &known->seen, 0)) {
                end.exit_code = known->seen.exit_code;
                end.outcome = is_success(work->model, end.exit_code) ? CORE_SUCCEEDED : CORE_FAILED;
                end.evidence = "inspect";
        }
        record_end(core, work, known->run_key, known->try_number, &end);
        work->timer_us = CORE_NO_DEADLINE;
        work->stage = STAGE_NONE; /* it may have been this very run: decided anew */
        work->is_decided = false;
}

void run_on_wait_open(Core *core, Work *work, const CoreEvent *event)
{
        if (work->next < 0 || strcmp(core_known(core, work->next)->id, event->container) != 0)
                return;
        work->is_wait_asked = false;
        if (work->stage == STAGE_UP || work->stage == STAGE_INSPECTING) {
                if (event->error != CORE_ERROR_NONE) {
                        work_lost(core, work);
                        return;
                }
                /* Opened late: it may have ended before, and then no answer ever comes. */
                work->is_wait_open = true;
                core_emit_for(core, EFFECT_INSPECT, work, work->next);
                return;
        }
        if (work->stage != STAGE_OPENING)
                return;
        if (event->error == CORE_ERROR_GONE) {
                core_known(core, work->next)->seen.presence = PRESENCE_GONE;
                work->next = -1;
                work->stage = STAGE_PREPARED; /* it never started: created once more */
                return;
        }
        if (event->error != CORE_ERROR_NONE) {
                work_lost(core, work);
                return;
        }
        if (core->phase != PHASE_RUNNING) {
                work->stage = STAGE_CREATED; /* nothing further starts */
                return;
        }
        work->is_wait_open = work->is_wait_early = true;
        run_record_start(core, work, work->next);
        place_ask_start(core, work);
}

void run_on_exited(Core *core, Work *work, const CoreEvent *event)
{
        if (work->next < 0 || strcmp(core_known(core, work->next)->id, event->container) != 0)
                return;
        if (work->stage != STAGE_STARTING && work->stage != STAGE_UP &&
            !(work->stage == STAGE_OPENING && work->prepared.is_orchestrated))
                return;
        /* An orchestrator keeps the end of a task: it is told whenever it is asked for. */
        if (event->error == CORE_ERROR_NONE &&
            (work->is_wait_early || work->prepared.is_orchestrated)) {
                if (work->stage != STAGE_UP) /* it may overtake the answer to start */
                        place_up(core, work);
                ended(core, work, event->exit_code, "wait");
                return;
        }
        work->is_wait_open = work->is_wait_early = false;
        if (work->stage == STAGE_UP && !core->is_engine_lost) {
                work->stage = STAGE_INSPECTING;
                core_emit_for(core, EFFECT_INSPECT, work, work->next);
        }
}

/* How long a start whose answer was lost may still take effect: a second one before that could
 * run a container that has already ended */
#define START_DOUBT_US (10 * G_TIME_SPAN_SECOND)

static void on_never_started(Core *core, Work *work)
{
        int64_t lost_wall_us;

        if (work->lost_us == 0)
                work->lost_us = core->now_us;
        lost_wall_us = core->wall_us - (core->now_us - work->lost_us);
        /* No request survives its engine; a lost connection proves nothing about one. */
        if (core->now_us - work->lost_us >= START_DOUBT_US ||
            work_seen(core, work)->engine_started_wall_ns / NS_PER_US > lost_wall_us) {
                work->lost_us = 0;
                if (place_may_ask_again(core, work))
                        place_start(core, work);
                return;
        }
        work->is_suspect = true;
        work->timer_us = core->now_us + G_TIME_SPAN_SECOND;
}

static void on_gone(Core *core, Work *work)
{
        if (work->stage == STAGE_OPENING) {
                work->next = -1;
                work->stage = STAGE_PREPARED;
        } else if (work->stage != STAGE_STARTING || work->is_suspect) {
                unknown(core, work, -1, "its container was removed");
        } /* else the answer to start says so, too */
}

static void on_node_back(Core *core, Work *work)
{
        work->is_node_lost = false;
        core_fact(core, work, "node-back", "%s", core_known(core, work->next)->name);
        work_reason(work, "%s", work->decision.reason);
}

/* Whether inspect was asked because something is not known */
static bool is_asking(const Work *work, const Observation *seen)
{
        if (work->stage == STAGE_UP)
                return !work->is_wait_early ||
                       (work->prepared.is_orchestrated && seen->presence == PRESENCE_EXITED);
        return work->stage == STAGE_INSPECTING ||
               (work->stage == STAGE_STARTING && work->is_suspect);
}

static void on_answer(Core *core, Work *work, Presence presence)
{
        if (presence == PRESENCE_CREATED) {
                on_never_started(core, work);
                return;
        }
        work->is_suspect = false;
        work->timer_us = CORE_NO_DEADLINE;
        if (presence == PRESENCE_RUNNING)
                work->lost_us = 0;
        if (work->stage == STAGE_STARTING)
                place_up(core, work);
        if (presence == PRESENCE_EXITED) {
                evaluate(core, work);
                return;
        }
        work->stage = STAGE_UP;
        if (!work->is_wait_open)
                attach(core, work);
}

void run_on_observed(Core *core, Work *work)
{
        const Observation *seen = work_seen(core, work);

        if (work->stage != STAGE_STARTING && work->stage != STAGE_UP &&
            work->stage != STAGE_INSPECTING && work->stage != STAGE_OPENING)
                return;
        if (work->stage != STAGE_OPENING && work->started_wall_ns == 0)
                work->started_wall_ns = seen->started_wall_ns;
        if (seen->presence == PRESENCE_GONE) {
                on_gone(core, work);
                return;
        }
        if (work->stage == STAGE_OPENING)
                return;
        if (seen->is_lost) {
                if (work->stage == STAGE_STARTING)
                        place_up(core, work);
                work->stage = STAGE_UP;
                on_lost(core, work);
                return;
        }
        if (work->is_node_lost && work->stage == STAGE_UP)
                on_node_back(core, work);
        if (is_asking(work, seen))
                on_answer(core, work, seen->presence);
}

void run_on_timer(Core *core, Work *work)
{
        work->timer_us = CORE_NO_DEADLINE;
        work->next = -1;
        work->try_number++;
        work->is_intended = work->is_wait_asked = work->is_node_lost = false;
        work->started_wall_ns = 0;
        place_create(core, work);
}
