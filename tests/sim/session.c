#include "shell.h"

#include <string.h>

#include "trace.h"

/* ---- The ledger ---- */

static SimRun *find_run(Sim *sim, unsigned workload, const char *run_key, int64_t try_number)
{
        for (int r = sim->n_runs - 1; r >= 0; r--) {
                if (sim->runs[r].workload == workload && sim->runs[r].try_number == try_number &&
                    strcmp(sim->runs[r].run_key, run_key) == 0)
                        return &sim->runs[r];
        }
        return NULL;
}

static void record_intent(Sim *sim, unsigned workload, const CoreEffect *effect)
{
        SimRun *run;

        if (find_run(sim, workload, effect->run_key, effect->try_number) != NULL) {
                sim_fail(sim, "ledger", "a second intent of try %d of %s", (int) effect->try_number,
                         sim->workloads[workload].id);
                return;
        }
        if (sim->n_runs == SIM_RUNS_MAX) {
                sim->is_exhausted = true;
                return;
        }
        run = &sim->runs[sim->n_runs++];
        *run = (SimRun){ .workload = workload,
                         .try_number = effect->try_number,
                         .container = -1,
                         .state = TRY_INTENDED,
                         .exit_code = -1,
                         .is_forced = sim->session.rerun == (int) workload };
        g_strlcpy(run->run_key, effect->run_key, sizeof run->run_key);
        g_strlcpy(run->name, effect->name, sizeof run->name);
}

static void record_start(Sim *sim, unsigned workload, const CoreEffect *effect)
{
        SimRun *run = find_run(sim, workload, effect->run_key, effect->try_number);

        if (run == NULL) {
                sim_fail(sim, "ledger", "RECORD_START without an intent");
                return;
        }
        run->state = TRY_STARTED;
        run->container = world_container(sim, effect->container);
        run->data = sim->workloads[workload].uses_data ? sim->data : 0;
}

static void record_end(Sim *sim, unsigned workload, const CoreEffect *effect)
{
        SimRun *run = find_run(sim, workload, effect->run_key, effect->try_number);

        if (run == NULL) {
                sim_fail(sim, "ledger", "RECORD_END without an intent");
                return;
        }
        run->state = TRY_ENDED;
        run->outcome = effect->outcome;
        run->exit_code = effect->exit_code;
        run->ended_us = sim->now_us;
        if (effect->container != NULL)
                run->container = world_container(sim, effect->container);
}

static void record_swap(Sim *sim, unsigned workload, const CoreEffect *effect)
{
        SimSwap *swap = &sim->swaps[workload];

        swap->old_container = world_container(sim, effect->container);
        swap->new_container = world_container(sim, effect->other);
        swap->is_set = effect->container != NULL || effect->other != NULL;
        swap->session = sim->session.number;
        for (int c = 0; !swap->is_set && c < sim->n_containers; c++) {
                if (sim->containers[c].workload == workload)
                        sim->containers[c].is_unproven = false;
        }
}

/* What inspect said of a run-once that started is kept with its row */
static void note_start(Sim *sim, const CoreEvent *event)
{
        int c = world_container(sim, event->container);

        if (c < 0 || event->error != CORE_ERROR_NONE || event->observation.started_wall_ns == 0 ||
            (event->type != CORE_STARTED && event->type != CORE_OBSERVED))
                return;
        for (int r = sim->n_runs - 1; r >= 0; r--) {
                if (sim->runs[r].container == c && sim->runs[r].state == TRY_STARTED)
                        sim->runs[r].started_ns = event->observation.started_wall_ns;
        }
}

/* ---- Preparing ---- */

typedef struct Names {
        const char *ids[SIM_CONTAINERS_MAX + 1];
        const char *claims[2];
        char run_key[24];
} Names;

static CoreContainer describe(const Sim *sim, int c, const char **claims)
{
        const SimContainer *container = &sim->containers[c];

        claims[0] = container->port[0] != '\0' ? container->port : NULL;
        claims[1] = NULL;
        return (CoreContainer){ .id = container->id,
                                .name = container->name,
                                .workload_id = sim->workloads[container->workload].id,
                                .run_key = container->run_key,
                                .try_number = container->try_number,
                                .seen = world_look(sim, c),
                                .claims = claims };
}

static bool is_ours(const SimContainer *container)
{
        return container->exists && !container->is_foreign;
}

static size_t describe_all(const Sim *sim, CoreContainer *all, const char *claims[][2])
{
        size_t n = 0;

        for (int c = 0; c < sim->n_containers; c++) {
                if (is_ours(&sim->containers[c])) {
                        all[n] = describe(sim, c, claims[n]);
                        n++;
                }
        }
        return n;
}

static size_t describe_swaps(const Sim *sim, CoreSwap *swaps)
{
        size_t n = 0;

        for (unsigned i = 0; i < sim->n_workloads; i++) {
                const SimSwap *swap = &sim->swaps[i];

                if (!swap->is_set)
                        continue;
                swaps[n++] = (CoreSwap){
                        .workload_id = sim->workloads[i].id,
                        .old_id = swap->old_container < 0 ? NULL
                                                          : sim->containers[swap->old_container].id,
                        .new_id = swap->new_container < 0 ? NULL
                                                          : sim->containers[swap->new_container].id,
                        .deployment = swap->session,
                };
        }
        return n;
}

static bool is_same(const SimWorkload *w, const SimContainer *container)
{
        return container->version == w->version && strcmp(container->port, w->port) == 0;
}

/* What may serve as it is: only the container that serves already is changed in place */
static bool may_serve(const SimWorkload *w, const SimContainer *container, bool is_current)
{
        return is_same(w, container) &&
               (is_current || (container->light_version == w->light_version &&
                               container->policy == story_policy(w)));
}

/* Policy and limits are compared with what the engine has, not with what was asked for: a swap
 * that a crash cut short leaves `no` behind. */
static void prepare_service(Sim *sim, unsigned index, Prepared *prepared, Names *names)
{
        const SimWorkload *w = &sim->workloads[index];
        const SimSwap *swap = &sim->swaps[index];
        CoreContainer all[SIM_CONTAINERS_MAX];
        const char *claims[SIM_CONTAINERS_MAX][2];
        CoreSwap swaps[SIM_WORKLOADS_MAX];
        size_t n = describe_all(sim, all, claims), n_same = 0;
        const CoreContainer *current = core_current(all, n, swaps, describe_swaps(sim, swaps),
                                                    w->id);

        for (size_t k = 0; k < n; k++) {
                const SimContainer *container = &sim->containers[world_container(sim, all[k].id)];

                if (container->workload == index && container->run_key[0] == '\0' &&
                    (sim->is_orchestrated || may_serve(w, container, current == &all[k])))
                        names->ids[n_same++] = container->id;
        }
        names->ids[n_same] = NULL;
        prepared->same = names->ids;
        prepared->changed = "";
        if (current != NULL) {
                const SimContainer *container = &sim->containers[world_container(sim, current->id)];

                prepared->is_update_open = swap->is_set &&
                                           swap->old_container == swap->new_container &&
                                           swap->session == container->changed_by;
                if (!is_same(w, container)) {
                        prepared->changed = "image";
                        prepared->changed_in_place = sim->is_orchestrated;
                } else if (container->light_version != w->light_version ||
                           container->policy != story_policy(w)) {
                        prepared->changed = "restart";
                        prepared->changed_in_place = true;
                }
        }
}

static void prepare_run(Sim *sim, unsigned index, Prepared *prepared, Names *names)
{
        const SimWorkload *w = &sim->workloads[index];
        unsigned data = w->uses_data ? sim->data : 0;
        const SimRun *last = NULL;
        bool in_a_row = true;

        story_run_key(sim, index, names->run_key);
        prepared->run_key = names->run_key;
        prepared->stale_reason = "";
        prepared->last_try_container = "";
        for (int r = sim->n_runs - 1; r >= 0; r--) {
                const SimRun *run = &sim->runs[r];

                if (run->workload != index || strcmp(run->run_key, names->run_key) != 0)
                        continue;
                if (last == NULL)
                        last = run;
                if (run->state == TRY_ENDED && run->outcome == CORE_SUCCEEDED &&
                    !prepared->succeeded) {
                        prepared->succeeded = run->data == data;
                        prepared->succeeded_wall_us = SIM_WALL_BASE_US + run->ended_us;
                        if (!prepared->succeeded)
                                prepared->stale_reason = "its volume is new";
                }
                if (run->state != TRY_ENDED)
                        continue; /* still open: it has no outcome yet */
                in_a_row = in_a_row && run->outcome == CORE_UNKNOWN;
                prepared->n_failed_before += in_a_row;
        }
        if (prepared->succeeded)
                prepared->stale_reason = "";
        if (last == NULL)
                return;
        prepared->last_try = last->state;
        prepared->last_try_number = last->try_number;
        prepared->last_try_started_wall_ns = last->started_ns;
        if (last->container >= 0)
                prepared->last_try_container = sim->containers[last->container].id;
}

static bool foreign_has(const Sim *sim, const char *name)
{
        for (int c = 0; c < sim->n_containers; c++) {
                if (sim->containers[c].exists && sim->containers[c].is_foreign &&
                    strcmp(sim->containers[c].name, name) == 0)
                        return true;
        }
        return false;
}

void shell_prepared(Sim *sim, CoreEvent *event, bool is_early)
{
        unsigned index = sim->session.of_app[event->workload];
        const SimWorkload *w = &sim->workloads[index];
        Prepared prepared = { .image_pull_reason = "" };
        Names names;

        prepared.is_off = w->is_off;
        prepared.deferred = is_early && w->early_deferred;
        prepared.image_missing = w->image_missing;
        prepared.may_create_early = w->early_by_spec;
        prepared.is_orchestrated = sim->is_orchestrated;
        prepared.final_name = w->name;
        names.claims[0] = w->port[0] != '\0' ? w->port : NULL;
        names.claims[1] = NULL;
        prepared.claims = names.claims;
        if (foreign_has(sim, w->name) && random_chance(&sim->random, 700))
                prepared.error = "the name is taken by a container that is not ours";
        else if (sim_draw(sim, FAULT_PREPARE_FAILS))
                prepared.error = "cannot be rendered";
        if (w->kind == WORKLOAD_EPHEMERAL)
                prepare_run(sim, index, &prepared, &names);
        else
                prepare_service(sim, index, &prepared, &names);
        event->prepared = &prepared;
        shell_deliver(sim, event);
}

/* ---- Effects ---- */

static void finish(Sim *sim, const CoreEffect *effect)
{
        sim->session.is_finished = true;
        sim->session.outcome = effect->outcome;
        g_strlcpy(sim->session.reason, effect->text != NULL ? effect->text : "",
                  sizeof sim->session.reason);
}

static void perform(Sim *sim, const CoreEffect *effect)
{
        unsigned workload = effect->workload >= 0 ? sim->session.of_app[effect->workload] : 0;
        Random *random = &sim->random;

        switch (effect->type) {
        case EFFECT_PREPARE:
                shell_answer_later(sim, effect, CORE_PREPARED, random_between(random, 50, 9000),
                                   effect->is_early);
                break;
        case EFFECT_PULL:
                shell_answer_later(sim, effect, CORE_PULLED,
                                   random_between(random, 10, 3000) * 1000, false);
                break;
        case EFFECT_READY_CHECK:
                shell_answer_later(sim, effect, CORE_READY, random_between(random, 10, 2000) * 1000,
                                   false);
                break;
        case EFFECT_RECORD_INTENT:
                record_intent(sim, workload, effect);
                break;
        case EFFECT_RECORD_START:
                record_start(sim, workload, effect);
                break;
        case EFFECT_RECORD_END:
                record_end(sim, workload, effect);
                break;
        case EFFECT_RECORD_SWAP:
                record_swap(sim, workload, effect);
                break;
        case EFFECT_CREATE:
        case EFFECT_WAIT:
        case EFFECT_START:
        case EFFECT_INSPECT:
        case EFFECT_STOP:
        case EFFECT_REMOVE:
        case EFFECT_RENAME:
        case EFFECT_UPDATE:
        case EFFECT_RESTORE:
        case EFFECT_PROBE_PORT:
        case EFFECT_EXEC:
        case EFFECT_PING:
                shell_send(sim, effect);
                break;
        case EFFECT_CANCEL_PROBE:
                shell_cancel_probe(sim, effect);
                break;
        case EFFECT_FACT:
        case EFFECT_QUOTE:
                break;
        case EFFECT_FINISH:
                finish(sim, effect);
                break;
        }
}

/* ---- Feeding the core ---- */

static void set_timer(Sim *sim, int64_t deadline_us)
{
        SimSession *session = &sim->session;

        if (deadline_us == session->deadline_us)
                return;
        session->deadline_us = deadline_us;
        session->timer_generation++;
        if (deadline_us == CORE_NO_DEADLINE || session->is_finished)
                return;
        sim_push(sim, (SimItem){ .at_us = MAX(deadline_us, sim->now_us),
                                 .type = ITEM_TIMER,
                                 .session = session->number,
                                 .generation = session->timer_generation,
                                 .payload = -1 });
}

/* False where the command was killed before one of them */
static bool perform_all(Sim *sim, bool was_finished)
{
        SimSession *session = &sim->session;

        for (guint i = 0; i < session->effects->len && !sim->is_failed && !sim->is_exhausted; i++) {
                const CoreEffect *effect = &g_array_index(session->effects, CoreEffect, i);

                if (was_finished || session->is_finished)
                        sim_fail(sim, "I4", "%s after FINISH", core_effect_to_string(effect->type));
                session->n_effects++;
                if (session->n_effects == session->crash_after && !sim->is_calm) {
                        sim_count(sim, FAULT_CRASH);
                        sim->crash_counts[effect->type]++;
                        sim_trace(sim, "slipway is killed before %s",
                                  core_effect_to_string(effect->type));
                        return false;
                }
                trace_effect(sim, effect);
                check_effect(sim, effect);
                perform(sim, effect);
        }
        return true;
}

void shell_deliver(Sim *sim, CoreEvent *event)
{
        SimSession *session = &sim->session;
        bool was_finished = session->is_finished;
        int64_t deadline_us;

        (*sim->n_events_total)++;
        if (++session->n_events > SIM_SESSION_EVENTS_MAX) {
                sim_fail(sim, "I4", "more than %d events in one command", SIM_SESSION_EVENTS_MAX);
                return;
        }
        event->now_us = sim->now_us;
        event->wall_us = sim_wall_us(sim);
        trace_event(sim, event);
        note_start(sim, event);
        check_event(sim, event);
        deadline_us = core_step(session->core, event, session->effects);
        if (!perform_all(sim, was_finished)) {
                shell_kill(sim);
                return;
        }
        g_array_set_size(session->effects, 0);
        set_timer(sim, deadline_us);
}

void shell_timer(Sim *sim)
{
        CoreEvent event = { .type = CORE_TIMER, .workload = -1, .publication = -1 };

        sim->session.deadline_us = -1; /* the same deadline again is a new timer */
        shell_deliver(sim, &event);
}

void shell_fault(Sim *sim, SimFault fault)
{
        CoreEvent event = { .workload = -1, .publication = -1 };

        if (sim->session.number == 0 || sim->session.is_finished)
                return;
        if (fault == FAULT_CRASH) {
                sim_count(sim, fault);
                sim_trace(sim, "slipway is killed while it waits");
                shell_kill(sim);
        } else if (fault == FAULT_STREAM_CUT) {
                if (!sim->session.is_connected || !sim->engine_is_up)
                        return;
                sim_count(sim, fault);
                shell_on_engine_lost(sim);
                shell_on_engine_back(sim);
        } else if (!sim->session.stops_starting || fault == FAULT_INTERRUPT) {
                sim_count(sim, fault);
                if (sim->session.stops_starting)
                        sim->session.is_quiet = false; /* a second Ctrl-C ends it as it is */
                event.type = fault == FAULT_INTERRUPT ? CORE_INTERRUPT : CORE_DEADLINE;
                sim->session.stops_starting = true;
                sim->session.stops_starting_us = sim->now_us;
                shell_deliver(sim, &event);
        }
}

/* ---- Beginning and end ---- */

static void schedule_fault(Sim *sim, SimFault fault, int64_t at_us)
{
        sim_push(sim, (SimItem){ .at_us = at_us,
                                 .type = ITEM_FAULT,
                                 .fault = fault,
                                 .session = sim->session.number,
                                 .payload = -1 });
}

static void schedule_faults(Sim *sim)
{
        static const SimFault faults[] = {
                FAULT_CRASH,          FAULT_STREAM_CUT, FAULT_ENGINE_KILLED, FAULT_ENGINE_LIVE,
                FAULT_ENGINE_STOPPED, FAULT_HAND_STOP,  FAULT_HAND_REMOVE,   FAULT_PRUNE,
                FAULT_NAME_TAKEN,     FAULT_PORT_TAKEN, FAULT_INTERRUPT,     FAULT_TIMEOUT,
                FAULT_ENGINE_HANGS,   FAULT_NODE_LOST,  FAULT_CLOCK_SET,
        };
        static const int64_t within_us[] = { 30000, 1000000, 10000000, 60000000 };
        Random *random = &sim->random;

        for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
                if (sim->rates[faults[i]] == 0 || !random_chance(random, sim->rates[faults[i]]))
                        continue;
                schedule_fault(sim, faults[i],
                               sim->now_us + random_between(random, 0,
                                                            within_us[random_below(random, 4)]));
        }
        if (sim->rates[FAULT_INTERRUPT] > 0 && random_chance(random, 50))
                schedule_fault(sim, FAULT_INTERRUPT,
                               sim->now_us + random_between(random, 0, 3000000));
        if (sim->rates[FAULT_CRASH] > 0 && random_chance(random, sim->rates[FAULT_CRASH]))
                sim->session.crash_after = 1 + random_below(random,
                                                            random_chance(random, 500) ? 25 : 90);
}

static bool something_foreign(const Sim *sim)
{
        for (int c = 0; c < sim->n_containers; c++) {
                if (sim->containers[c].exists && sim->containers[c].is_foreign)
                        return true;
        }
        return sim->foreign_port[0] != '\0';
}

static void note_beginning(Sim *sim)
{
        SimSession *session = &sim->session;

        for (int c = 0; c < sim->n_containers; c++) {
                const SimContainer *container = &sim->containers[c];

                session->exit_seen[c] = -1;
                session->was_running[c] = is_ours(container) &&
                                          container->presence == PRESENCE_RUNNING &&
                                          !container->restart_pending;
                session->was_started_ns[c] = container->started_ns;
                session->seen[c] = world_look(sim, c);
                session->is_seen[c] = true;
        }
        for (int c = sim->n_containers; c < SIM_CONTAINERS_MAX; c++)
                session->exit_seen[c] = -1;
}

void shell_begin(Sim *sim, int rerun, bool is_calm, bool must_change_nothing)
{
        SimSession *session = &sim->session;
        CoreContainer containers[SIM_CONTAINERS_MAX];
        const char *claims[SIM_CONTAINERS_MAX][2];
        CoreSwap swaps[SIM_WORKLOADS_MAX];
        const char *reruns[2] = { rerun >= 0 ? sim->workloads[rerun].id : NULL, NULL };
        bool early[SIM_WORKLOADS_MAX] = { false };
        CoreEvent begin = { .type = CORE_BEGIN, .workload = -1, .publication = -1 };

        memset(session, 0, sizeof *session);
        session->number = ++sim->n_sessions;
        sim->engine_hangs = false; /* or the command would not have begun */
        session->is_calm = is_calm;
        session->must_change_nothing = must_change_nothing;
        session->rerun = rerun;
        session->is_connected = true;
        session->is_quiet = !something_foreign(sim) && sim->engine_is_up;
        session->is_exact = session->is_quiet;
        session->deadline_us = CORE_NO_DEADLINE;
        session->began_us = sim->now_us;
        session->effects = core_effects_new();
        session->app = story_application(sim);
        for (unsigned k = 0; k < session->n_of_app; k++)
                early[k] = sim->workloads[session->of_app[k]].early_by_graph;
        note_beginning(sim);
        session->core = core_new(&(CoreConfig){
                .app = session->app,
                .deployment = session->number,
                .containers = containers,
                .n_containers = describe_all(sim, containers, claims),
                .swaps = swaps,
                .n_swaps = describe_swaps(sim, swaps),
                .rerun = reruns,
                .app_slug = "app",
                .may_create_early = early,
                .may_adopt = sim->may_adopt,
        });
        trace_begin(sim);
        if (rerun >= 0)
                check_forced(sim, (unsigned) rerun);
        if (!is_calm)
                schedule_faults(sim);
        if (!is_calm || !story_can_succeed(sim))
                schedule_fault(sim, FAULT_TIMEOUT, sim->now_us + 250 * G_TIME_SPAN_SECOND);
        shell_deliver(sim, &begin);
        for (int c = 0; session->number != 0 && c < sim->n_containers; c++)
                shell_on_change_health(sim, c);
}

void shell_kill(Sim *sim)
{
        SimSession *session = &sim->session;

        for (size_t i = 0; i < sim->n_heap; i++) {
                const SimItem *item = &sim->heap[i];

                if (item->session == session->number && item->type == ITEM_REQUEST &&
                    (item->at_us > sim->now_us + 10000 || random_chance(&sim->random, 500)))
                        sim->messages[item->payload].is_dropped = true;
        }
        g_clear_pointer(&session->core, core_free);
        g_clear_pointer(&session->app, application_free);
        g_clear_pointer(&session->effects, g_array_unref);
        session->number = 0;
}
