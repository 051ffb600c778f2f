#include "sim.h"

#include <string.h>

/* ---- What the core has been told ---- */

static bool is_current(const Sim *sim, int c)
{
        const SimContainer *container = &sim->containers[c];
        const SimWorkload *w = &sim->workloads[container->workload];
        char key[24];

        if (w->kind == WORKLOAD_SERVICE)
                return container->run_key[0] == '\0' && container->version == w->version &&
                       strcmp(container->port, w->port) == 0;
        story_run_key(sim, container->workload, key);
        return strcmp(container->run_key, key) == 0;
}

static void fire(Sim *sim, unsigned workload, unsigned publication, int c)
{
        sim->session.evidence[workload][publication] = (SimEvidence){ .is_fired = true,
                                                                      .container = c };
}

static void fire_all(Sim *sim, unsigned workload, EventType type, int c)
{
        const SimWorkload *w = &sim->workloads[workload];

        for (unsigned p = 0; p < w->n_publications; p++) {
                if (w->publications[p].type == type)
                        fire(sim, workload, p, c);
        }
}

static void note_observation(Sim *sim, int c, const Observation *seen)
{
        unsigned workload = sim->containers[c].workload;

        sim->session.seen[c] = *seen;
        sim->session.is_seen[c] = true;
        if (!is_current(sim, c))
                return;
        if (seen->started_wall_ns != 0 && seen->presence != PRESENCE_CREATED)
                fire_all(sim, workload, EVENT_CONTAINER_START, c);
        if (seen->presence == PRESENCE_EXITED && sim->workloads[workload].kind == WORKLOAD_SERVICE)
                fire_all(sim, workload, EVENT_CONTAINER_STOP, c);
}

static void note_prepared(Sim *sim, const CoreEvent *event)
{
        unsigned workload = sim->session.of_app[event->workload];
        const SimWorkload *w = &sim->workloads[workload];

        if (w->kind != WORKLOAD_EPHEMERAL || !event->prepared->succeeded || w->is_off ||
            sim->session.rerun == (int) workload)
                return;
        for (unsigned p = 0; p < w->n_publications; p++)
                fire(sim, workload, p, -1);
}

void check_event(Sim *sim, const CoreEvent *event)
{
        int c = world_container(sim, event->container);

        /* The list with which a command begins is an observation, too */
        for (int i = 0; event->type == CORE_BEGIN && i < sim->n_containers; i++) {
                if (sim->session.was_running[i])
                        note_observation(sim, i, &sim->session.seen[i]);
        }
        if (event->type == CORE_PREPARED && event->prepared != NULL)
                note_prepared(sim, event);
        if (c < 0 || event->error != CORE_ERROR_NONE)
                return;
        if ((event->type == CORE_STARTED ||
             (event->type == CORE_UPDATED && sim->is_orchestrated)) &&
            is_current(sim, c)) {
                fire_all(sim, sim->containers[c].workload, EVENT_CONTAINER_START, c);
        } else if (event->type == CORE_OBSERVED) {
                note_observation(sim, c, &event->observation);
        } else if (event->type == CORE_EXITED) {
                sim->session.exit_seen[c] = event->exit_code;
                if (is_current(sim, c)) {
                        fire_all(sim, sim->containers[c].workload, EVENT_CONTAINER_START, c);
                        if (sim->containers[c].run_key[0] == '\0')
                                fire_all(sim, sim->containers[c].workload, EVENT_CONTAINER_STOP, c);
                }
        } else if (event->type == CORE_HEALTH && event->exit_code == 0 && is_current(sim, c)) {
                fire_all(sim, sim->containers[c].workload, EVENT_HEALTHY, c);
        } else if ((event->type == CORE_PROBED ||
                    (event->type == CORE_EXECUTED && event->exit_code == 0)) &&
                   is_current(sim, c)) {
                fire(sim, sim->containers[c].workload, (unsigned) event->publication, c);
        }
}

/* ---- I2, I8: order ---- */

static void check_order(Sim *sim, unsigned workload)
{
        const SimWorkload *w = &sim->workloads[workload];
        unsigned n = 0, n_fired = 0;

        if (sim->session.is_placed[workload])
                return;
        for (unsigned k = 0; k < w->n_parents; k++) {
                unsigned parent = w->parents[k].workload;

                if (sim->session.to_app[parent] < 0 || sim->workloads[parent].is_off)
                        continue; /* what is not there publishes nothing */
                if (w->parents[k].is_optional && sim->session.said_failed[parent] &&
                    !sim->session.evidence[parent][w->parents[k].publication].is_fired)
                        continue; /* nobody waits for it any longer */
                n++;
                n_fired += sim->session.evidence[parent][w->parents[k].publication].is_fired;
        }
        if (n > 0 && (w->rule == START_ANY ? n_fired == 0 : n_fired < n))
                sim_fail(sim, w->rule == START_ANY ? "I2/I8 any" : "I2/I8 all",
                         "%s starts with %u of %u events fired", w->id, n_fired, n);
}

/* ---- I1, I3: runs ---- */

static SimRun *run_of(Sim *sim, int c)
{
        for (int r = sim->n_runs - 1; r >= 0; r--) {
                if (sim->runs[r].container == c ||
                    strcmp(sim->runs[r].name, sim->containers[c].name) == 0)
                        return &sim->runs[r];
        }
        return NULL;
}

static bool is_recorded(const Sim *sim, unsigned workload, const char *run_key, unsigned data)
{
        for (int r = 0; r < sim->n_runs; r++) {
                const SimRun *run = &sim->runs[r];

                if (run->workload == workload && run->state == TRY_ENDED &&
                    run->outcome == CORE_SUCCEEDED && run->data == data &&
                    strcmp(run->run_key, run_key) == 0)
                        return true;
        }
        return false;
}

static SimOracle *oracle(Sim *sim, unsigned workload, const char *run_key, unsigned data)
{
        SimOracle *found;

        for (int i = 0; i < sim->n_oracles; i++) {
                if (sim->oracles[i].workload == workload && sim->oracles[i].data == data &&
                    strcmp(sim->oracles[i].run_key, run_key) == 0)
                        return &sim->oracles[i];
        }
        g_assert(sim->n_oracles < (int) G_N_ELEMENTS(sim->oracles));
        found = &sim->oracles[sim->n_oracles++];
        *found = (SimOracle){ .workload = workload, .data = data, .n_allowed = 1 };
        g_strlcpy(found->run_key, run_key, sizeof found->run_key);
        return found;
}

void check_forced(Sim *sim, unsigned workload)
{
        char key[24];

        story_run_key(sim, workload, key);
        oracle(sim, workload, key, sim->workloads[workload].uses_data ? sim->data : 0)->n_allowed++;
}

void check_success(Sim *sim, int c)
{
        const SimContainer *container = &sim->containers[c];
        SimOracle *counts = oracle(sim, container->workload, container->run_key, container->data);

        if (++counts->n_successes > counts->n_allowed)
                sim_fail(sim, "I1", "%s has really succeeded %u times with the same key",
                         sim->workloads[container->workload].id, counts->n_successes);
}

void check_unknowable(Sim *sim, int c)
{
        SimContainer *container = &sim->containers[c];
        bool is_known = container->is_unknowable; /* said already */

        for (int r = 0; r < sim->n_runs; r++)
                is_known = is_known ||
                           (sim->runs[r].container == c && sim->runs[r].state == TRY_ENDED &&
                            sim->runs[r].outcome == CORE_SUCCEEDED);
        container->is_unknowable = true;
        if (!is_known)
                oracle(sim, container->workload, container->run_key, container->data)->n_allowed++;
}

/* Two containers of one service never run at a time: they would share its volumes. */
static void check_alone(Sim *sim, int c)
{
        const SimContainer *mine = &sim->containers[c];

        for (int other = 0; other < sim->n_containers; other++) {
                const SimContainer *theirs = &sim->containers[other];

                if (other != c && theirs->exists && !theirs->is_foreign &&
                    theirs->workload == mine->workload && theirs->run_key[0] == '\0' &&
                    theirs->presence == PRESENCE_RUNNING && !theirs->restart_pending &&
                    sim->session.number != 0 && sim->session.is_quiet)
                        sim_fail(sim, "swap", "two containers of %s run: %s and %s",
                                 sim->workloads[mine->workload].id, theirs->id, mine->id);
        }
}

void check_execution(Sim *sim, int c)
{
        const SimContainer *mine = &sim->containers[c];

        if (mine->run_key[0] == '\0') {
                check_alone(sim, c);
                return;
        }
        (*sim->n_runs_total)++;
        for (int other = 0; other < sim->n_containers; other++) {
                const SimContainer *theirs = &sim->containers[other];

                if (other != c && theirs->exists && theirs->presence == PRESENCE_RUNNING &&
                    theirs->workload == mine->workload && theirs->run_key[0] != '\0' &&
                    !theirs->ended_unseen &&
                    !(theirs->was_lost &&
                      sim->workloads[mine->workload].on_node_loss == ON_NODE_LOSS_RERUN))
                        sim_fail(sim, "I1", "two copies of %s run at a time: %s and %s",
                                 sim->workloads[mine->workload].id, theirs->id, mine->id);
        }
}

static void check_record_end(Sim *sim, const CoreEffect *effect)
{
        int c = world_container(sim, effect->container);
        unsigned workload = sim->session.of_app[effect->workload];
        const SimRun *run = c >= 0 ? run_of(sim, c) : NULL;
        const Observation *seen;

        if (effect->outcome == CORE_UNKNOWN && c >= 0 && sim->session.seen[c].is_lost &&
            sim->workloads[workload].on_node_loss == ON_NODE_LOSS_RERUN)
                check_forced(sim, workload); /* by the operator's word: it may end well, too */
        if (effect->outcome != CORE_SUCCEEDED)
                return;
        if (c < 0) {
                sim_fail(sim, "I3", "success of no container");
                return;
        }
        if (!story_is_success(&sim->workloads[workload], effect->exit_code))
                sim_fail(sim, "I3", "exit %d is recorded as a success", effect->exit_code);
        for (unsigned p = 0; p < sim->workloads[workload].n_publications; p++)
                fire(sim, workload, p, c); /* what has succeeded has started, too */
        seen = &sim->session.seen[c];
        if (g_strcmp0(effect->evidence, "wait") == 0) {
                /* A Swarm keeps the end of a task: it does not matter when it was asked */
                if ((!sim->session.wait_seen[c] && !sim->is_orchestrated) ||
                    sim->session.exit_seen[c] != effect->exit_code)
                        sim_fail(sim, "I3", "no wait has said that");
        } else if (g_strcmp0(effect->evidence, "inspect") == 0) {
                if (!sim->session.is_seen[c] || seen->presence != PRESENCE_EXITED ||
                    seen->exit_code != effect->exit_code)
                        sim_fail(sim, "I3", "no inspect has said that");
                else if (!seen->is_attested &&
                         seen->started_wall_ns <=
                                 seen->engine_started_wall_ns + CORE_START_MARGIN_NS &&
                         seen->finished_wall_ns >= seen->engine_started_wall_ns &&
                         seen->finished_wall_ns - seen->engine_started_wall_ns <
                                 CORE_OUTAGE_MARGIN_NS)
                        sim_fail(sim, "I3", "an end just after the engine's start is no evidence");
                else if (run != NULL && run->started_ns != 0 &&
                         run->started_ns != seen->started_wall_ns)
                        sim_fail(sim, "I3", "another start time");
        } else {
                sim_fail(sim, "I3", "evidence '%s'", effect->evidence);
        }
        /* Two outages of the engine before Slipway looks: the end that the first return made up is
         * older than the second, and no reader of inspect can tell it from a true one. */
        if (sim->containers[c].made_up_by != 0 && sim->containers[c].made_up_by < sim->engine_run)
                return;
        if (!sim->containers[c].was_success && !sim->workloads[workload].success_any)
                sim_fail(sim, "I3", "%s is recorded as done and was not", effect->container);
}

/* ---- Effects ---- */

/* Whoever said hold is asked before another try; and nobody's run is tried for ever */
static void check_hold(Sim *sim, unsigned workload, const char *run_key, int64_t try_number)
{
        const SimWorkload *w = &sim->workloads[workload];
        unsigned n_unknown = 0;

        if (sim->session.rerun == (int) workload)
                return;
        for (int r = sim->n_runs - 1; r >= 0; r--) {
                const SimRun *run = &sim->runs[r];

                if (run->workload != workload || strcmp(run->run_key, run_key) != 0)
                        continue;
                if (run->is_forced)
                        return;
                if (run->try_number >= try_number)
                        continue;
                if (run->state != TRY_ENDED || run->outcome != CORE_UNKNOWN)
                        break;
                n_unknown++;
        }
        if (sim->is_orchestrated && w->on_node_loss == ON_NODE_LOSS_RERUN)
                return; /* the operator has said that a second one does no harm */
        if (n_unknown > 0 && w->on_unknown == ON_UNKNOWN_HOLD)
                sim_fail(sim, "hold", "%s runs again, and nobody has settled try %d", w->id,
                         (int) try_number - 1);
        if (n_unknown > CORE_UNKNOWN_RERUNS_MAX)
                sim_fail(sim, "hold", "%s runs again after %u unknown outcomes", w->id, n_unknown);
}

/* A workload is about to run: its turn has come, and nobody has said stop */
static void check_turn(Sim *sim, unsigned workload)
{
        const SimWorkload *w = &sim->workloads[workload];

        if (sim->session.stops_starting)
                sim_fail(sim, "stop", "%s starts after the command was told to start nothing",
                         w->id);
        if (w->is_off && w->is_present)
                sim_fail(sim, "off", "%s starts", w->id);
        check_order(sim, workload);
        sim->session.is_placed[workload] = true;
}

static void check_run(Sim *sim, unsigned workload, const SimRun *run, const char *run_key,
                      int64_t try_number)
{
        check_hold(sim, workload, run_key, try_number);
        if (run == NULL || run->state != TRY_STARTED)
                sim_fail(sim, "ledger", "try %d of %s begins before that is durable",
                         (int) try_number, sim->workloads[workload].id);
        if (sim->session.rerun != (int) workload &&
            is_recorded(sim, workload, run_key, sim->workloads[workload].uses_data ? sim->data : 0))
                sim_fail(sim, "I1", "%s runs again after its success was recorded",
                         sim->workloads[workload].id);
}

static void check_create(Sim *sim, const CoreEffect *effect)
{
        unsigned workload = sim->session.of_app[effect->workload];
        const SimRun *found = NULL;

        if (sim->is_orchestrated)
                check_turn(sim, workload);
        if (sim->workloads[workload].kind == WORKLOAD_SERVICE)
                return;
        for (int r = 0; r < sim->n_runs; r++) {
                const SimRun *run = &sim->runs[r];

                if (run->workload == workload && run->try_number == effect->try_number &&
                    strcmp(run->run_key, effect->run_key) == 0 &&
                    strcmp(run->name, effect->name) == 0)
                        found = run;
        }
        if (found == NULL)
                sim_fail(sim, "ledger", "CREATE of %s before its intent is durable", effect->name);
        else if (sim->is_orchestrated)
                check_run(sim, workload, found, effect->run_key, effect->try_number);
}

static void check_start(Sim *sim, const CoreEffect *effect)
{
        int c = world_container(sim, effect->container);
        const SimContainer *container;

        if (c < 0) {
                sim_fail(sim, "I1", "START of an unknown container");
                return;
        }
        container = &sim->containers[c];
        check_turn(sim, container->workload);
        if (container->run_key[0] != '\0')
                check_run(sim, container->workload, run_of(sim, c), container->run_key,
                          container->try_number);
}

/* What the new tasks publish is observed anew */
static void check_update(Sim *sim, const CoreEffect *effect)
{
        unsigned workload = sim->session.of_app[effect->workload];
        int c = world_container(sim, effect->container);

        if (!sim->is_orchestrated)
                return;
        check_turn(sim, workload);
        if (c >= 0 && (effect->is_forced || !is_current(sim, c)))
                memset(sim->session.evidence[workload], 0, sizeof sim->session.evidence[workload]);
}

static void check_stop(Sim *sim, const CoreEffect *effect)
{
        int c = world_container(sim, effect->container);

        if (c < 0)
                return;
        sim->session.was_stopped[c] = true;
        if (sim->containers[c].run_key[0] != '\0' &&
            sim->containers[c].presence == PRESENCE_RUNNING &&
            !(sim->session.seen[c].is_lost &&
              sim->workloads[sim->containers[c].workload].on_node_loss == ON_NODE_LOSS_RERUN))
                sim_fail(sim, "kill", "a run-once is stopped while it runs: %s",
                         sim->containers[c].name);
}

static void note_fact(Sim *sim, unsigned workload, const char *name)
{
        static const char *const failures[] = { "failed", "unknown", "timeout", NULL };
        static const char *const ways_up[] = { "kept", "updated", "started", NULL };
        SimSession *session = &sim->session;

        if (g_strv_contains(failures, name))
                session->said_failed[workload] = true;
        else if (g_strv_contains(ways_up, name))
                session->was_up[workload] = true;
        else if (strcmp(name, "not-restored") == 0)
                session->not_restored[workload] = true;
}

void check_effect(Sim *sim, const CoreEffect *effect)
{
        bool acts = true;

        switch (effect->type) {
        case EFFECT_CREATE:
                check_create(sim, effect);
                break;
        case EFFECT_START:
                check_start(sim, effect);
                break;
        case EFFECT_STOP:
        case EFFECT_REMOVE:
                if (!effect->is_unstarted)
                        check_stop(sim, effect);
                break;
        case EFFECT_RECORD_END:
                check_record_end(sim, effect);
                break;
        case EFFECT_UPDATE:
                check_update(sim, effect);
                break;
        case EFFECT_RESTORE:
        case EFFECT_RENAME:
        case EFFECT_RECORD_INTENT:
        case EFFECT_RECORD_START:
        case EFFECT_RECORD_SWAP:
        case EFFECT_PULL:
                break;
        case EFFECT_PREPARE:
        case EFFECT_WAIT:
        case EFFECT_INSPECT:
        case EFFECT_PROBE_PORT:
        case EFFECT_EXEC:
        case EFFECT_CANCEL_PROBE:
        case EFFECT_PING:
        case EFFECT_READY_CHECK:
        case EFFECT_QUOTE:
        case EFFECT_FINISH:
                acts = false;
                break;
        case EFFECT_FACT:
                acts = false;
                if (effect->workload >= 0)
                        note_fact(sim, sim->session.of_app[effect->workload], effect->name);
                break;
        }
        if (acts && sim->session.must_change_nothing)
                sim_fail(sim, "idempotence", "%s though nothing has changed",
                         core_effect_to_string(effect->type));
}

/* ---- The end of a command ---- */

static bool is_up(const Sim *sim, int c)
{
        return sim->containers[c].exists && sim->containers[c].presence == PRESENCE_RUNNING;
}

static bool is_up_or_died(const Sim *sim, int c)
{
        const SimContainer *container = &sim->containers[c];

        return is_up(sim, c) || container->restart_pending ||
               (container->exists && container->presence == PRESENCE_EXITED &&
                !container->stopped_by_request);
}

/* Another's replacement has its port, and stays, though it may have died since */
static bool port_went_elsewhere(const Sim *sim, int old)
{
        for (int c = 0; c < sim->n_containers; c++) {
                if (c != old && is_up_or_died(sim, c) && sim->containers[old].port[0] != '\0' &&
                    strcmp(sim->containers[c].port, sim->containers[old].port) == 0)
                        return true;
        }
        return false;
}

static bool is_served(const Sim *sim, unsigned workload)
{
        for (int c = 0; c < sim->n_containers; c++) {
                const SimContainer *container = &sim->containers[c];

                if (container->workload == workload && container->exists &&
                    !container->is_foreign && container->run_key[0] == '\0' &&
                    (is_up_or_died(sim, c) || port_went_elsewhere(sim, c)))
                        return true;
        }
        return false;
}

/* I9 and the swap: what served still serves, unless its replacement or a claimant was started */
static void check_untouched(Sim *sim)
{
        SimSession *session = &sim->session;

        for (int c = 0; c < sim->n_containers; c++) {
                const SimContainer *old = &sim->containers[c];
                bool claimed = false;

                if (!session->was_running[c] || old->run_key[0] != '\0' || !session->was_stopped[c])
                        continue;
                for (unsigned i = 0; old->port[0] != '\0' && i < sim->n_workloads; i++)
                        claimed = claimed || (session->is_placed[i] &&
                                              strcmp(sim->workloads[i].port, old->port) == 0);
                if (session->is_placed[old->workload] || claimed)
                        continue;
                if (!is_served(sim, old->workload) && session->is_quiet)
                        sim_fail(sim, "I9", "%s (%s) was stopped, nothing took its place", old->id,
                                 sim->workloads[old->workload].id);
        }
}

static void check_services(Sim *sim)
{
        for (unsigned k = 0; k < sim->session.n_of_app; k++) {
                unsigned i = sim->session.of_app[k];
                const SimWorkload *w = &sim->workloads[i];
                bool was_up = false, is_news = false;

                if (w->kind != WORKLOAD_SERVICE || w->is_off)
                        continue;
                for (int c = 0; c < sim->n_containers; c++) {
                        if (sim->containers[c].workload != i || sim->containers[c].is_foreign)
                                continue;
                        was_up = was_up || sim->session.was_running[c];
                        /* A stop of the command before, of which nobody has told this one yet */
                        is_news = is_news || (sim->session.seen[c].presence == PRESENCE_RUNNING &&
                                              !is_up(sim, c) && !sim->session.was_stopped[c]);
                }
                if (was_up && !is_news && !is_served(sim, i))
                        sim_fail(sim, "swap", "%s served before and does not after", w->id);
        }
}

/* What was updated and then misses what it should do is given back what it was, also where the
 * command that updated it did not live to see that */
static void check_given_back(Sim *sim)
{
        const SimSession *session = &sim->session;

        for (int c = 0; sim->is_orchestrated && c < sim->n_containers; c++) {
                const SimContainer *container = &sim->containers[c];
                unsigned i = container->workload;

                if (container->exists && !container->is_foreign && container->is_unproven &&
                    session->said_failed[i] && session->was_up[i] && !session->not_restored[i] &&
                    session->to_app[i] >= 0)
                        sim_fail(sim, "swap", "%s failed, and was not given back what it was",
                                 sim->workloads[i].id);
        }
}

/* Success is not said of what has been down for a while */
static void check_truth(Sim *sim)
{
        for (unsigned k = 0; k < sim->session.n_of_app; k++) {
                unsigned i = sim->session.of_app[k];
                const SimWorkload *w = &sim->workloads[i];
                bool is_well = w->kind != WORKLOAD_SERVICE || w->is_off;

                for (int c = 0; !is_well && c < sim->n_containers; c++) {
                        const SimContainer *container = &sim->containers[c];

                        is_well = container->workload == i && container->exists &&
                                  !container->is_foreign &&
                                  (is_up(sim, c) || container->restart_pending ||
                                   (container->presence == PRESENCE_EXITED &&
                                    sim->now_us - container->true_end_us <
                                            10 * G_TIME_SPAN_SECOND));
                }
                if (!is_well)
                        sim_fail(sim, "truth", "success is said, and %s is down", w->id);
        }
}

void check_finish(Sim *sim)
{
        SimSession *session = &sim->session;

        if (session->stops_starting &&
            sim->now_us - session->stops_starting_us > 600 * G_TIME_SPAN_SECOND)
                sim_fail(sim, "I4", "no end within 10 min of Ctrl-C or --timeout");
        if (session->outcome != CORE_SUCCEEDED)
                check_untouched(sim);
        else if (session->is_exact)
                check_truth(sim);
        if (session->is_quiet && session->outcome != CORE_SUCCEEDED)
                check_services(sim);
        if (session->is_quiet && session->outcome == CORE_FAILED)
                check_given_back(sim);
        if (session->must_change_nothing && session->outcome != CORE_SUCCEEDED)
                sim_fail(sim, "idempotence", "nothing has changed, yet: %s", session->reason);
}

/* ---- I6, and that the file is what runs ---- */

static void check_one(Sim *sim, unsigned i)
{
        const SimWorkload *w = &sim->workloads[i];
        bool wanted = w->is_present && !w->is_off;
        unsigned n_up = 0, n_there = 0;
        char key[24];

        for (int c = 0; c < sim->n_containers; c++) {
                const SimContainer *container = &sim->containers[c];

                if (!container->exists || container->is_foreign || container->workload != i)
                        continue;
                n_there++;
                if (container->run_key[0] != '\0')
                        continue;
                if (!wanted || !is_current(sim, c))
                        sim_fail(sim, "I6", "%s (%s) is left over", container->id, container->name);
                n_up += is_up(sim, c);
                if (container->policy != story_policy(w))
                        sim_fail(sim, "swap", "%s kept the restart policy `%s`", w->id,
                                 restart_policy_to_string(container->policy));
                if (strcmp(container->name, w->name) != 0)
                        sim_fail(sim, "I6", "%s is still called %s", w->id, container->name);
        }
        if (n_there > 1)
                sim_fail(sim, "I6", "%u containers of %s", n_there, w->id);
        if (!w->is_present && n_there > 0)
                sim_fail(sim, "I6", "%s is no longer in the file", w->id);
        if (wanted && w->kind == WORKLOAD_SERVICE && n_up != 1)
                sim_fail(sim, "I4", "success is said and %s does not run", w->id);
        story_run_key(sim, i, key);
        if (wanted && w->kind == WORKLOAD_EPHEMERAL &&
            !is_recorded(sim, i, key, w->uses_data ? sim->data : 0))
                sim_fail(sim, "I4", "success is said and %s is not done", w->id);
        if (w->is_present && sim->swaps[i].is_set)
                sim_fail(sim, "I6", "the swap of %s is not over", w->id);
}

void check_converged(Sim *sim)
{
        for (unsigned i = 0; i < sim->n_workloads; i++)
                check_one(sim, i);
}
