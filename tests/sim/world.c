#include "sim.h"

#include <stdlib.h>
#include <string.h>

int world_container(const Sim *sim, const char *id)
{
        int c;

        if (id == NULL || id[0] != 'k')
                return -1;
        c = atoi(id + 1);
        return c >= 0 && c < sim->n_containers ? c : -1;
}

Observation world_look(const Sim *sim, int c)
{
        const SimContainer *container = &sim->containers[c];
        /* When the engine began cannot be said in a clock that was set since. */
        Observation seen = { .engine_started_wall_ns = sim->clock_us == sim->engine_clock_us
                                                               ? sim->engine_started_ns
                                                               : 0 };

        if (!container->exists)
                return seen;
        seen.presence = container->presence;
        seen.started_wall_ns = container->started_ns;
        seen.finished_wall_ns = container->finished_ns;
        if (container->presence == PRESENCE_EXITED) {
                seen.exit_code = container->exit_code;
                seen.is_attested = sim->is_orchestrated && container->made_up_by == 0;
        }
        if (container->is_lost) { /* what was seen last */
                seen.presence = PRESENCE_RUNNING;
                seen.is_lost = true;
                seen.finished_wall_ns = 0;
                seen.is_attested = false;
        }
        if (container->restart_pending) {
                /* Inspect says `running, restarting`, or is too early for that */
                if (c % 2 == 0)
                        seen.presence = PRESENCE_RUNNING;
                seen.will_restart = true;
        }
        return seen;
}

static bool is_run(const SimContainer *container)
{
        return container->run_key[0] != '\0';
}

static int by_name(const Sim *sim, const char *name)
{
        for (int c = 0; c < sim->n_containers; c++) {
                if (sim->containers[c].exists && strcmp(sim->containers[c].name, name) == 0)
                        return c;
        }
        return -1;
}

/* ---- Starting and ending ---- */

static bool port_is_taken(const Sim *sim, int c)
{
        const SimContainer *mine = &sim->containers[c];

        if (mine->port[0] == '\0')
                return false;
        if (strcmp(mine->port, sim->foreign_port) == 0)
                return true;
        for (int other = 0; other < sim->n_containers; other++) {
                const SimContainer *theirs = &sim->containers[other];

                if (other != c && theirs->exists && theirs->presence == PRESENCE_RUNNING &&
                    !theirs->restart_pending && strcmp(theirs->port, mine->port) == 0)
                        return true;
        }
        return false;
}

static void draw_run(Sim *sim, SimContainer *container, const SimWorkload *w)
{
        static const int codes[] = { 1, 2, 137, 143, 255, 3, 139 };
        Random *random = &sim->random;
        bool fails = w->always_fails || random_chance(random, w->fail_per_mille);

        container->ends_us = sim->now_us + w->duration_us * random_between(random, 50, 150) / 100;
        container->ends_code = 0;
        if (w->n_success_codes > 1 && random_chance(random, 300))
                container->ends_code = w->success_codes[1];
        if (fails)
                container->ends_code = codes[random_below(random, G_N_ELEMENTS(codes))];
        if (!story_is_success(w, container->ends_code))
                sim_count(sim, FAULT_RUN_FAILS);
}

static void draw_service(Sim *sim, SimContainer *container, const SimWorkload *w)
{
        Random *random = &sim->random;

        container->ends_us = SIM_NEVER;
        container->listens_us = w->listens_us == SIM_NEVER ? SIM_NEVER
                                                           : sim->now_us + w->listens_us;
        if (w->listens_us == SIM_NEVER)
                sim_count(sim, FAULT_NEVER_LISTENS);
        if (random_chance(random, w->fail_per_mille)) {
                container->ends_us = sim->now_us + random_between(random, 1, 6000) * 1000;
                container->ends_code = random_chance(random, 300) ? 0 : 1;
        }
}

static void begin_execution(Sim *sim, int c)
{
        SimContainer *container = &sim->containers[c];
        const SimWorkload *w = &sim->workloads[container->workload];

        container->presence = PRESENCE_RUNNING;
        container->restart_pending = false;
        container->stopped_by_request = false;
        container->stopping = 0;
        container->is_healthy = false;
        container->n_starts++;
        container->started_us = sim->now_us;
        container->started_ns = sim_wall_ns(sim);
        container->start_clock_us = sim->clock_us;
        container->listens_us = SIM_NEVER;
        container->was_success = container->is_unknowable = false;
        container->ended_unseen = false;
        container->made_up_by = 0;
        container->data = w->uses_data ? sim->data : 0;
        if (is_run(container))
                draw_run(sim, container, w);
        else
                draw_service(sim, container, w);
        if (container->ends_us != SIM_NEVER)
                sim_push(sim, (SimItem){ .at_us = container->ends_us,
                                         .type = ITEM_EXIT,
                                         .container = c,
                                         .generation = container->n_starts,
                                         .payload = -1 });
        if (container->listens_us != SIM_NEVER)
                sim_push(sim, (SimItem){ .at_us = container->listens_us,
                                         .type = ITEM_LISTENS,
                                         .container = c,
                                         .generation = container->n_starts,
                                         .payload = -1 });
        sim_trace(sim, "world: %s (%s) runs%s", container->id, container->name,
                  is_run(container) ? ", a run-once" : "");
        check_execution(sim, c);
        shell_on_change(sim, c);
}

static bool policy_restarts(const SimContainer *container)
{
        if (container->stopped_by_request)
                return false;
        switch (container->policy) {
        case RESTART_NO:
                return false;
        case RESTART_ALWAYS:
        case RESTART_UNLESS_STOPPED:
                return true;
        case RESTART_ON_FAILURE:
                return container->exit_code != 0 &&
                       (container->n_restarts_max == 0 ||
                        container->n_engine_restarts < container->n_restarts_max);
        }
        return false;
}

static void schedule_restart(Sim *sim, int c)
{
        SimContainer *container = &sim->containers[c];
        int64_t delay_us = 100000 << MIN(container->n_engine_restarts, 9U);

        container->restart_pending = true;
        container->n_engine_restarts++;
        sim_push(sim, (SimItem){ .at_us = sim->now_us + delay_us,
                                 .type = ITEM_COMES_BACK,
                                 .container = c,
                                 .generation = container->n_starts,
                                 .payload = -1 });
}

void world_comes_back(Sim *sim, int c)
{
        SimContainer *container = &sim->containers[c];

        if (!container->exists || !container->restart_pending || !sim->engine_is_up)
                return;
        if (port_is_taken(sim, c)) {
                container->restart_pending = false;
                return;
        }
        begin_execution(sim, c);
}

void world_begins(Sim *sim, int c)
{
        if (sim->containers[c].exists && sim->containers[c].presence == PRESENCE_CREATED &&
            sim->engine_is_up)
                begin_execution(sim, c);
}

/* A service's tasks run at once; a job's may have to wait for a node */
static void begin_orchestrated(Sim *sim, int c)
{
        int64_t delay_us = !sim->is_calm && random_chance(&sim->random, 300)
                                   ? random_between(&sim->random, 1, 2000) * 1000
                                   : 0;

        if (delay_us != 0 && random_chance(&sim->random, 100))
                delay_us = random_between(&sim->random, 10, 5000) * G_TIME_SPAN_SECOND;

        if (!is_run(&sim->containers[c]) || delay_us == 0)
                begin_execution(sim, c);
        else
                sim_push(sim, (SimItem){ .at_us = sim->now_us + delay_us,
                                         .type = ITEM_BEGINS,
                                         .container = c,
                                         .payload = -1 });
}

/* The engine knows now how the container ended, and says so to whoever listens */
static void report_end(Sim *sim, int c, int exit_code, int64_t finished_ns)
{
        SimContainer *container = &sim->containers[c];

        container->presence = PRESENCE_EXITED;
        container->exit_code = exit_code;
        container->finished_ns = finished_ns;
        container->ended_unseen = false;
        if (!is_run(container) && container->ends_us != SIM_NEVER)
                sim_count(sim, FAULT_SERVICE_DIES);
        if (sim->engine_is_up && policy_restarts(container))
                schedule_restart(sim, c);
        sim_trace(sim, "world: %s (%s) exits %d%s", container->id, container->name, exit_code,
                  container->restart_pending ? ", is to come back" : "");
        shell_on_exit(sim, c, exit_code);
        shell_on_change(sim, c);
}

void world_exit(Sim *sim, int c, int exit_code, bool by_itself)
{
        SimContainer *container = &sim->containers[c];

        if (!container->exists || container->presence != PRESENCE_RUNNING ||
            container->restart_pending || container->ended_unseen)
                return;
        container->true_end_us = sim->now_us;
        container->end_clock_us = sim->clock_us;
        if (!by_itself)
                container->stopped_by_request = true;
        if (by_itself && is_run(container) &&
            story_is_success(&sim->workloads[container->workload], exit_code)) {
                container->was_success = true;
                check_success(sim, c);
        }
        if (!sim->engine_is_up || container->is_lost) {
                container->ended_unseen = true;
                container->exit_code = exit_code;
                return;
        }
        if (!sim->is_orchestrated && container->was_success &&
            (sim->clock_us != sim->engine_clock_us || sim->clock_us != container->start_clock_us ||
             (container->started_ns <= sim->engine_started_ns + CORE_START_MARGIN_NS &&
              sim_wall_ns(sim) - sim->engine_started_ns <= CORE_OUTAGE_MARGIN_NS)))
                check_unknowable(sim, c);
        report_end(sim, c, exit_code, sim_wall_ns(sim));
}

void world_remove(Sim *sim, int c)
{
        SimContainer *container = &sim->containers[c];

        if (!container->exists)
                return;
        if (container->presence == PRESENCE_RUNNING && !container->restart_pending)
                world_exit(sim, c, 137, false);
        container->exists = false;
        container->presence = PRESENCE_GONE;
        container->restart_pending = false;
        sim_trace(sim, "world: %s (%s) is gone", container->id, container->name);
        if (container->was_success)
                check_unknowable(sim, c);
        shell_on_gone(sim, c);
        shell_on_change(sim, c);
}

/* ---- Requests ---- */

static void refuse(CoreEvent *answer, const char *message)
{
        answer->error = CORE_ERROR_REFUSED;
        answer->message = message;
}

static int add_container(Sim *sim, const char *name)
{
        SimContainer *container;
        int c = sim->n_containers;

        if (c == SIM_CONTAINERS_MAX) {
                sim->is_exhausted = true;
                return -1;
        }
        sim->n_containers++;
        container = &sim->containers[c];
        memset(container, 0, sizeof *container);
        container->exists = true;
        g_snprintf(container->id, sizeof container->id, "k%03d", c);
        g_strlcpy(container->name, name, sizeof container->name);
        container->presence = PRESENCE_CREATED;
        container->ends_us = SIM_NEVER;
        container->listens_us = SIM_NEVER;
        return c;
}

static void request_create(Sim *sim, const SimMessage *request, CoreEvent *answer)
{
        unsigned index = request->workload;
        const SimWorkload *w = &sim->workloads[index];
        int c = by_name(sim, request->name);

        if (c >= 0) {
                const SimContainer *there = &sim->containers[c];

                if (!there->is_foreign && there->workload == index &&
                    strcmp(there->run_key, request->run_key) == 0 &&
                    there->try_number == request->try_number &&
                    (is_run(there) || there->version == w->version)) {
                        answer->container = sim->containers[c].id;
                        return;
                }
                refuse(answer, "the name is taken");
                return;
        }
        if (sim_draw(sim, FAULT_CREATE_FAILS)) {
                refuse(answer, "no space left");
                return;
        }
        c = add_container(sim, request->name);
        if (c < 0) {
                refuse(answer, "no space left");
                return;
        }
        sim->containers[c].workload = index;
        g_strlcpy(sim->containers[c].run_key, request->run_key, sizeof sim->containers[c].run_key);
        sim->containers[c].try_number = request->try_number;
        sim->containers[c].version = w->version;
        sim->containers[c].light_version = w->light_version;
        memcpy(sim->containers[c].port, w->port, sizeof w->port);
        sim->containers[c].changed_by = request->session;
        sim->containers[c].policy = story_policy(w);
        sim->containers[c].n_restarts_max = (unsigned) w->restart.max;
        answer->container = sim->containers[c].id;
        shell_on_change(sim, c);
        if (sim->is_orchestrated)
                begin_orchestrated(sim, c);
}

static void request_start(Sim *sim, int c, CoreEvent *answer)
{
        SimContainer *container = &sim->containers[c];

        if (container->presence == PRESENCE_RUNNING && !container->restart_pending) {
                answer->observation = world_look(sim, c);
                return;
        }
        if (sim->is_orchestrated && is_run(container))
                return; /* it has begun, or will, without being told */
        if (port_is_taken(sim, c)) {
                refuse(answer, "port is already allocated");
                return;
        }
        if (sim_draw(sim, FAULT_START_FAILS)) {
                refuse(answer, "no such file or directory");
                return;
        }
        container->n_engine_restarts = 0;
        begin_execution(sim, c);
        answer->observation = world_look(sim, c);
}

static void request_stop(Sim *sim, const SimMessage *request, CoreEvent *answer, int64_t *at_us)
{
        SimContainer *container = &sim->containers[request->container];

        if (request->is_swap && container->policy != RESTART_NO) {
                container->saved_policy = container->policy;
                container->policy = RESTART_NO;
        }
        if (container->restart_pending) {
                container->restart_pending = false;
                container->stopped_by_request = true;
                shell_on_change(sim, request->container);
                return;
        }
        if (container->presence != PRESENCE_RUNNING)
                return;
        if (sim_draw(sim, FAULT_STOP_FAILS)) {
                refuse(answer, "cannot stop");
                return;
        }
        container->stopped_by_request = true;
        *at_us += random_between(&sim->random, 1, 1500) * 1000;
        sim_push(sim, (SimItem){ .at_us = *at_us,
                                 .type = ITEM_STOPPED,
                                 .container = request->container,
                                 .generation = container->n_starts,
                                 .payload = -1 });
}

/* Other tasks take the place of those that run, or should; the end of that is awaited */
static void request_roll(Sim *sim, const SimMessage *request, CoreEvent *answer, int64_t *at_us)
{
        SimContainer *container = &sim->containers[request->container];
        const SimWorkload *w = &sim->workloads[container->workload];
        bool differs = container->version != w->version ||
                       container->light_version != w->light_version ||
                       container->policy != story_policy(w);

        if (!differs && !request->is_forced && container->presence == PRESENCE_RUNNING &&
            !container->restart_pending)
                return;
        *at_us += random_between(&sim->random, 10, 5000) * 1000;
        if (differs && sim_draw(sim, FAULT_UPDATE_FAILS)) {
                refuse(answer, "update paused");
                if (random_chance(&sim->random, 500))
                        return; /* it went back */
        }
        container->version_before = container->version;
        container->light_before = container->light_version;
        container->changed_before = container->changed_by;
        container->changed_by = request->session;
        container->is_unproven = differs;
        container->version = w->version;
        container->light_version = w->light_version;
        container->policy = story_policy(w);
        container->n_restarts_max = (unsigned) w->restart.max;
        container->n_engine_restarts = 0;
        begin_execution(sim, request->container);
}

/* Back to what it was before its last update */
static void request_roll_back(Sim *sim, int c, int64_t *at_us)
{
        SimContainer *container = &sim->containers[c];

        *at_us += random_between(&sim->random, 10, 5000) * 1000;
        container->version = container->version_before;
        container->light_version = container->light_before;
        container->changed_by = container->changed_before;
        container->is_unproven = false;
        begin_execution(sim, c);
}

static void request_rename(Sim *sim, const SimMessage *request, CoreEvent *answer)
{
        int other = by_name(sim, request->name);

        if (other >= 0 && other != request->container) {
                refuse(answer, "the name is taken");
                return;
        }
        g_strlcpy(sim->containers[request->container].name, request->name,
                  sizeof sim->containers[request->container].name);
}

static void request_exec(Sim *sim, int c, CoreEvent *answer)
{
        const SimContainer *container = &sim->containers[c];

        if (container->presence != PRESENCE_RUNNING || container->restart_pending)
                refuse(answer, "the container is not running");
        else
                answer->exit_code = sim->now_us >= container->listens_us ? 0 : 1;
}

void world_request(Sim *sim, const SimMessage *request, CoreEvent *answer, int64_t *at_us)
{
        int c = request->container;
        SimContainer *container = c >= 0 ? &sim->containers[c] : NULL;

        if (request->effect == EFFECT_PING)
                return;
        if (request->effect == EFFECT_CREATE) {
                request_create(sim, request, answer);
                return;
        }
        if (container == NULL || !container->exists) {
                if ((request->effect != EFFECT_REMOVE || request->is_unstarted) &&
                    request->effect != EFFECT_INSPECT)
                        answer->error = CORE_ERROR_GONE;
                return;
        }
        if (request->effect == EFFECT_START) {
                request_start(sim, c, answer);
        } else if (request->effect == EFFECT_RESTORE && sim->is_orchestrated) {
                request_roll_back(sim, c, at_us);
        } else if (request->effect == EFFECT_RESTORE) {
                if (container->policy == RESTART_NO)
                        container->policy = container->saved_policy;
                request_start(sim, c, answer);
        } else if (request->effect == EFFECT_STOP) {
                request_stop(sim, request, answer, at_us);
        } else if (request->effect == EFFECT_REMOVE && request->is_unstarted &&
                   container->presence != PRESENCE_CREATED) {
                refuse(answer, "a node has it");
        } else if (request->effect == EFFECT_REMOVE) {
                world_remove(sim, c);
        } else if (request->effect == EFFECT_RENAME) {
                request_rename(sim, request, answer);
        } else if (request->effect == EFFECT_UPDATE && sim->is_orchestrated) {
                request_roll(sim, request, answer, at_us);
        } else if (request->effect == EFFECT_UPDATE) {
                container->light_version = sim->workloads[container->workload].light_version;
                container->policy = story_policy(&sim->workloads[container->workload]);
        } else if (request->effect == EFFECT_INSPECT) {
                answer->observation = world_look(sim, c);
        } else if (request->effect == EFFECT_EXEC) {
                request_exec(sim, c, answer);
        }
}

/* ---- Faults that come at a time of their own ---- */

static void engine_down(Sim *sim, SimFault how)
{
        bool power_cut = how == FAULT_ENGINE_KILLED && random_chance(&sim->random, 500);
        int64_t away_us = random_between(&sim->random, 100, 20000) * 1000;

        if (!sim->engine_is_up)
                return;
        if (sim->rates[FAULT_ENGINE_LONG] > 0 && random_chance(&sim->random, 400)) {
                away_us = random_between(&sim->random, 61, 150) * G_TIME_SPAN_SECOND;
                sim_count(sim, FAULT_ENGINE_LONG);
        }
        sim_count(sim, how);
        sim_trace(sim, "world: %s%s", sim_fault_to_string(how), power_cut ? " by a power cut" : "");
        if (how == FAULT_ENGINE_STOPPED) {
                for (int c = 0; c < sim->n_containers; c++) {
                        bool stopped = sim->containers[c].stopped_by_request;

                        sim->containers[c].restart_pending = false;
                        world_exit(sim, c, random_chance(&sim->random, 500) ? 143 : 137, false);
                        sim->containers[c].stopped_by_request = stopped;
                }
        }
        sim->engine_is_up = sim->engine_hangs = false;
        sim->engine_down_us = sim->now_us;
        sim->outage_is_live = how == FAULT_ENGINE_LIVE;
        for (int c = 0; power_cut && c < sim->n_containers; c++) {
                if (sim->containers[c].presence == PRESENCE_RUNNING &&
                    !sim->containers[c].ended_unseen) {
                        sim->containers[c].ended_unseen = true;
                        sim->containers[c].exit_code = -1; /* nobody has it */
                        sim->containers[c].true_end_us = sim->now_us;
                        sim->containers[c].end_clock_us = sim->clock_us;
                }
        }
        for (size_t i = 0; i < sim->n_heap; i++) {
                if (sim->heap[i].type == ITEM_REQUEST)
                        sim->messages[sim->heap[i].payload].is_dropped = true;
        }
        shell_on_engine_lost(sim);
        sim_push(
                sim,
                (SimItem){ .at_us = sim->now_us + away_us, .type = ITEM_ENGINE_UP, .payload = -1 });
}

/* Its connections stand, and nothing comes over them: for a while, or as long as the command goes */
static void engine_hangs(Sim *sim)
{
        int64_t for_us = random_chance(&sim->random, 500)
                                 ? random_between(&sim->random, 100, 40000) * 1000
                                 : random_between(&sim->random, 50, 700) * G_TIME_SPAN_SECOND;

        if (!sim->engine_is_up || sim->engine_hangs)
                return;
        sim_count(sim, FAULT_ENGINE_HANGS);
        sim_trace(sim, "world: the engine hangs");
        sim->engine_hangs = true;
        sim->n_hangs++;
        if (random_chance(&sim->random, 700))
                sim_push(sim, (SimItem){ .at_us = sim->now_us + for_us,
                                         .type = ITEM_ENGINE_ANSWERS,
                                         .generation = sim->n_hangs,
                                         .payload = -1 });
}

void world_engine_answers(Sim *sim)
{
        if (!sim->engine_hangs)
                return;
        sim_trace(sim, "world: the engine answers again");
        sim->engine_hangs = false;
        shell_on_engine_lost(sim);
        shell_on_engine_back(sim);
}

/* ---- Nodes of a Swarm ---- */

static int draw_container(Sim *sim, bool (*fits)(const SimContainer *container))
{
        int found = -1;
        unsigned n = 0;

        for (int c = 0; c < sim->n_containers; c++) {
                if (sim->containers[c].exists && !sim->containers[c].is_foreign &&
                    fits(&sim->containers[c]) && random_below(&sim->random, ++n) == 0)
                        found = c;
        }
        return found;
}

static bool fits_running_run(const SimContainer *container)
{
        return container->presence == PRESENCE_RUNNING && is_run(container) &&
               !container->ended_unseen && !container->is_lost;
}

/* The run goes on where nobody can ask, or goes down with its node */
static void lose_node(Sim *sim)
{
        int c = draw_container(sim, fits_running_run);
        SimContainer *container;

        if (c < 0 || !sim->engine_is_up || !sim->is_orchestrated)
                return;
        container = &sim->containers[c];
        container->is_lost = container->was_lost = true;
        sim_count(sim, FAULT_NODE_LOST);
        sim_trace(sim, "world: the node of %s is lost", container->id);
        if (random_chance(&sim->random, 400)) {
                sim_count(sim, FAULT_NODE_DIED);
                container->ended_unseen = true;
                container->exit_code = -1;
                container->true_end_us = sim->now_us;
                container->end_clock_us = sim->clock_us;
        }
        if (random_chance(&sim->random, 700))
                sim_push(sim, (SimItem){ .at_us = sim->now_us +
                                                  random_between(&sim->random, 100, 90000) * 1000,
                                         .type = ITEM_NODE_BACK,
                                         .container = c,
                                         .payload = -1 });
        shell_on_change(sim, c);
}

void world_node_back(Sim *sim, int c)
{
        SimContainer *container = &sim->containers[c];

        if (!container->is_lost || !container->exists || !sim->engine_is_up)
                return;
        sim_trace(sim, "world: the node of %s is back", container->id);
        container->is_lost = false;
        if (!container->ended_unseen) {
                shell_on_change(sim, c);
        } else if (container->exit_code < 0) {
                container->made_up_by = sim->engine_run + 1;
                report_end(sim, c, 255, sim_wall_ns(sim));
        } else {
                report_end(sim, c, container->exit_code,
                           (SIM_WALL_BASE_US + container->true_end_us + container->end_clock_us) *
                                   1000);
        }
}

/* What the engine makes of a container that ended while it was away, or that it ends itself */
static void reconcile(Sim *sim, int c)
{
        SimContainer *container = &sim->containers[c];
        bool code_is_there = container->ended_unseen && container->exit_code >= 0;

        if (!container->ended_unseen && sim->outage_is_live)
                return;
        if (!container->ended_unseen) {
                container->true_end_us = sim->now_us;
                container->end_clock_us = sim->clock_us;
                container->ended_unseen = true;
        }
        if (code_is_there &&
            (sim->rates[FAULT_CODE_KEPT] > 0 || random_chance(&sim->random, 300))) {
                sim_count(sim, FAULT_CODE_KEPT);
                if (!sim->is_orchestrated && container->was_success &&
                    (container->end_clock_us != container->start_clock_us ||
                     sim->engine_started_ns / 1000 - SIM_WALL_BASE_US - sim->clock_us -
                                     container->true_end_us <
                             G_TIME_SPAN_SECOND))
                        check_unknowable(sim, c);
                report_end(sim, c, container->exit_code,
                           (SIM_WALL_BASE_US + container->true_end_us + container->end_clock_us) *
                                   1000);
                return;
        }
        if (container->was_success)
                check_unknowable(sim, c);
        container->made_up_by = sim->engine_run;
        if (sim->rates[FAULT_CODE_ZERO] > 0) {
                sim_count(sim, FAULT_CODE_ZERO);
                report_end(sim, c, 0, sim_wall_ns(sim));
                return;
        }
        sim_count(sim, FAULT_CODE_LOST);
        report_end(sim, c, 255, sim_wall_ns(sim));
}

void world_engine_up(Sim *sim)
{
        if (sim->engine_is_up)
                return;
        sim->engine_is_up = true;
        sim->engine_run++;
        sim->engine_clock_us = sim->clock_us;
        sim->engine_started_ns = sim_wall_ns(sim) -
                                 random_between(&sim->random, 0,
                                                MIN(900000, sim->now_us - sim->engine_down_us)) *
                                         1000;
        sim_trace(sim, "world: the engine is back");
        for (int c = 0; c < sim->n_containers; c++) {
                SimContainer *container = &sim->containers[c];

                if (!container->exists)
                        continue;
                container->stopping = 0;
                if (container->restart_pending) { /* forgotten with the engine that counted */
                        container->restart_pending = false;
                        container->n_engine_restarts = 0;
                }
                /* Rule E leaves a second before the engine's start for clocks that differ */
                if (!sim->is_orchestrated && container->presence == PRESENCE_EXITED &&
                    container->was_success &&
                    container->finished_ns > sim->engine_started_ns - 1000000000)
                        check_unknowable(sim, c);
                if (sim->is_orchestrated && container->presence == PRESENCE_CREATED)
                        begin_execution(sim, c);
                else if (container->is_lost)
                        world_node_back(sim, c);
                else if (container->presence == PRESENCE_RUNNING && !container->restart_pending)
                        reconcile(sim, c);
                else if (container->presence == PRESENCE_EXITED && policy_restarts(container))
                        schedule_restart(sim, c);
                else if (container->presence == PRESENCE_EXITED &&
                         container->policy == RESTART_ALWAYS)
                        schedule_restart(sim, c); /* even one that was stopped by hand */
        }
        shell_on_engine_back(sim);
}

static bool fits_running(const SimContainer *container)
{
        return container->presence == PRESENCE_RUNNING;
}

static bool fits_any(const SimContainer *container)
{
        return true;
}

static void by_hand(Sim *sim, SimFault fault)
{
        int c = draw_container(sim, fault == FAULT_HAND_STOP ? fits_running : fits_any);

        if (c < 0 || !sim->engine_is_up)
                return;
        sim_count(sim, fault);
        sim_trace(sim, "world: %s: %s", sim_fault_to_string(fault), sim->containers[c].id);
        sim->session.was_touched[c] = true;
        if (fault == FAULT_HAND_REMOVE) {
                world_remove(sim, c);
                return;
        }
        sim->containers[c].restart_pending = false;
        world_exit(sim, c, 137, false);
}

static void prune(Sim *sim)
{
        bool any = false;

        for (int c = 0; c < sim->n_containers && sim->engine_is_up; c++) {
                SimContainer *container = &sim->containers[c];

                if (!container->exists || container->presence == PRESENCE_RUNNING)
                        continue;
                sim->session.was_touched[c] = true;
                world_remove(sim, c);
                any = true;
        }
        if (any)
                sim_count(sim, FAULT_PRUNE);
}

/* By a few seconds, or a day, forth or back: what was stamped before is not comparable any more */
static void set_clock(Sim *sim)
{
        int64_t by_us = random_between(&sim->random, 11,
                                       random_chance(&sim->random, 500) ? 120 : 86400) *
                        G_TIME_SPAN_SECOND;

        sim->clock_us += random_chance(&sim->random, 500) ? by_us : -by_us;
        sim_count(sim, FAULT_CLOCK_SET);
        sim_trace(sim, "world: the clock is set by %" G_GINT64_FORMAT " s",
                  sim->clock_us / G_TIME_SPAN_SECOND);
        for (int c = 0; !sim->is_orchestrated && c < sim->n_containers; c++) {
                if (sim->containers[c].exists && sim->containers[c].was_success)
                        check_unknowable(sim, c);
        }
}

static void take_name(Sim *sim)
{
        const char *name = sim->workloads[random_below(&sim->random, sim->n_workloads)].name;
        int c;

        if (by_name(sim, name) >= 0)
                return;
        c = add_container(sim, name);
        if (c < 0)
                return;
        sim->containers[c].is_foreign = true;
        sim_count(sim, FAULT_NAME_TAKEN);
        sim_trace(sim, "world: a foreign container is called %s", name);
}

void world_fault(Sim *sim, SimFault fault)
{
        if (fault == FAULT_ENGINE_KILLED || fault == FAULT_ENGINE_LIVE ||
            fault == FAULT_ENGINE_STOPPED) {
                engine_down(sim, fault);
        } else if (fault == FAULT_NODE_LOST) {
                lose_node(sim);
        } else if (fault == FAULT_ENGINE_HANGS) {
                engine_hangs(sim);
        } else if (fault == FAULT_HAND_STOP || fault == FAULT_HAND_REMOVE) {
                by_hand(sim, fault);
        } else if (fault == FAULT_CLOCK_SET) {
                set_clock(sim);
        } else if (fault == FAULT_PRUNE) {
                prune(sim);
        } else if (fault == FAULT_NAME_TAKEN) {
                take_name(sim);
        } else if (fault == FAULT_PORT_TAKEN) {
                const SimWorkload *w =
                        &sim->workloads[random_below(&sim->random, sim->n_workloads)];

                if (w->port[0] != '\0') {
                        sim_count(sim, fault);
                        memcpy(sim->foreign_port, w->port, sizeof w->port);
                }
        }
}

void world_calm(Sim *sim)
{
        if (!sim->engine_is_up)
                world_engine_up(sim);
        world_engine_answers(sim);
        for (int c = 0; c < sim->n_containers; c++) {
                SimContainer *container = &sim->containers[c];

                if (!container->exists)
                        continue;
                world_node_back(sim, c);
                if (container->is_foreign) {
                        container->exists = false;
                        continue;
                }
                if (is_run(container)) {
                        if (container->presence == PRESENCE_RUNNING)
                                container->ends_code = 0;
                        continue;
                }
                /* What dies, dies no more; what did not listen listens */
                container->ends_us = SIM_NEVER;
                if (container->presence == PRESENCE_RUNNING && !container->restart_pending) {
                        container->n_starts++;
                        container->listens_us = sim->now_us;
                }
        }
}
