#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "story-run.h"

/* ---- Drawing an application ---- */

static const int64_t timeouts_s[] = { 3, 5, 20, 60, 600, EVENT_TIMEOUT_NEVER };

static void draw_publications(Sim *sim, SimWorkload *w)
{
        static const EventType of_service[] = {
                EVENT_CONTAINER_START, EVENT_PORT_LISTEN,     EVENT_EXEC,          EVENT_HEALTHY,
                EVENT_PORT_LISTEN,     EVENT_CONTAINER_START, EVENT_CONTAINER_STOP
        };
        Random *random = &sim->random;

        w->n_publications = random_below(random, SIM_PUBLICATIONS_MAX + 1);
        for (unsigned p = 0; p < w->n_publications; p++) {
                SimPublication *publication = &w->publications[p];

                publication->timeout_s = timeouts_s[random_below(random, G_N_ELEMENTS(timeouts_s))];
                if (w->kind == WORKLOAD_EPHEMERAL)
                        publication->type = random_chance(random, 850) ? EVENT_CONTAINER_STOP
                                                                       : EVENT_CONTAINER_START;
                else
                        publication->type = of_service[random_below(
                                random, random_chance(random, 100) ? 7 : 6)];
        }
}

static void draw_behaviour(Sim *sim, SimWorkload *w)
{
        Random *random = &sim->random;

        w->duration_us = random_between(random, 10, 8000) * 1000;
        if (random_chance(random, 50))
                w->duration_us = random_between(random, 10, 200) * G_TIME_SPAN_SECOND;
        w->listens_us = random_between(random, 1, 2500) * 1000;
        w->fail_per_mille = 0;
        w->always_fails = false;
        if (random_chance(random, 300))
                w->fail_per_mille = random_below(random, 700);
        if (random_chance(random, 80)) {
                w->always_fails = true;
                w->listens_us = SIM_NEVER;
        }
}

static void draw_workload(Sim *sim, unsigned i)
{
        SimWorkload *w = &sim->workloads[i];
        Random *random = &sim->random;

        w->is_present = true;
        w->is_off = random_chance(random, 40);
        w->kind = random_chance(random, 500) ? WORKLOAD_SERVICE : WORKLOAD_EPHEMERAL;
        g_snprintf(w->id, sizeof w->id, "c%u/w%u", i / 3, i);
        g_snprintf(w->name, sizeof w->name, "app-c%u-w%u", i / 3, i);
        if (w->kind == WORKLOAD_SERVICE && random_chance(random, 300))
                g_snprintf(w->port, sizeof w->port, "port/tcp/0.0.0.0/%u", 8000 + i);
        w->restart.is_set = random_chance(random, 600);
        if (w->restart.is_set) {
                w->restart.policy = (RestartPolicy) random_below(random, 4);
                w->restart.max = random_chance(random, 600) ? random_below(random, 5) : 0;
                w->restart.delay_us = random_chance(random, 300)
                                              ? random_between(random, 1000, 5000) * 1000
                                              : 0;
        }
        if (random_chance(random, 100)) {
                w->success_codes[0] = 0;
                w->success_codes[1] = 3;
                w->n_success_codes = 2;
        }
        w->success_any = random_chance(random, 40);
        w->on_unknown = random_chance(random, 700)   ? ON_UNKNOWN_DEFAULT
                        : random_chance(random, 500) ? ON_UNKNOWN_RERUN
                                                     : ON_UNKNOWN_HOLD;
        w->on_node_loss = random_chance(random, 700) ? ON_NODE_LOSS_HOLD : ON_NODE_LOSS_RERUN;
        w->rule = random_chance(random, 500) ? START_ANY : START_ALL;
        w->early_by_graph = random_chance(random, 600);
        w->early_by_spec = random_chance(random, 800);
        w->early_deferred = random_chance(random, 200);
        w->uses_data = random_chance(random, 500);
        w->version = 1;
        w->light_version = 1;
        w->image_missing = random_chance(random, 200);
        draw_publications(sim, w);
        draw_behaviour(sim, w);
        w->n_parents = 0;
        w->replica_of = -1;
}

/* Arrows go from lower to higher indices: a file with a cycle that nobody starts is refused
 * before the core is asked. */
static void draw_parents(Sim *sim, unsigned i)
{
        SimWorkload *w = &sim->workloads[i];
        unsigned n = i == 0 ? 0 : random_below(&sim->random, 4);

        for (unsigned k = 0; k < n && w->n_parents < SIM_PARENTS_MAX; k++) {
                unsigned parent = random_below(&sim->random, i);
                const SimWorkload *p = &sim->workloads[parent];

                if (p->n_publications == 0)
                        continue;
                w->parents[w->n_parents].workload = parent;
                w->parents[w->n_parents].publication = random_below(&sim->random,
                                                                    p->n_publications);
                w->parents[w->n_parents].is_optional = random_chance(&sim->random, 150);
                w->parents[w->n_parents].is_implied = random_chance(&sim->random, 150);
                w->n_parents++;
        }
}

/* As Compose has them: whoever waits for the one waits for its copies, too */
static void draw_replica(Sim *sim, unsigned i)
{
        SimWorkload *w = &sim->workloads[i];
        SimWorkload mine = *w;

        if (i == 0 || !random_chance(&sim->random, 150))
                return;
        *w = sim->workloads[i - 1];
        memcpy(w->id, mine.id, sizeof w->id);
        memcpy(w->name, mine.name, sizeof w->name);
        w->port[0] = '\0';
        w->replica_of = (int) i - 1;
}

static void wait_for_replicas(Sim *sim, unsigned i)
{
        SimWorkload *w = &sim->workloads[i];

        for (unsigned k = 0; k < w->n_parents && w->n_parents < SIM_PARENTS_MAX; k++) {
                unsigned next = w->parents[k].workload + 1;

                if (w->rule != START_ALL || next >= i ||
                    sim->workloads[next].replica_of != (int) next - 1)
                        continue;
                w->parents[w->n_parents] = w->parents[k];
                w->parents[w->n_parents++].workload = next;
        }
}

static void draw_rates(Sim *sim)
{
        static const unsigned rates[SIM_N_FAULTS] = {
                [FAULT_CRASH] = 600,          [FAULT_REPLY_LOST] = 60,
                [FAULT_REQUEST_LOST] = 60,    [FAULT_REQUEST_LATE] = 40,
                [FAULT_DELAYED] = 60,         [FAULT_DUPLICATED] = 100,
                [FAULT_STALE] = 100,          [FAULT_STREAM_CUT] = 400,
                [FAULT_ENGINE_KILLED] = 300,  [FAULT_ENGINE_LIVE] = 300,
                [FAULT_ENGINE_LONG] = 150,    [FAULT_ENGINE_STOPPED] = 200,
                [FAULT_CODE_LOST] = 300,      [FAULT_CODE_ZERO] = 300,
                [FAULT_CODE_KEPT] = 300,      [FAULT_HAND_STOP] = 200,
                [FAULT_HAND_REMOVE] = 200,    [FAULT_PRUNE] = 200,
                [FAULT_NAME_TAKEN] = 100,     [FAULT_PORT_TAKEN] = 100,
                [FAULT_CREATE_FAILS] = 60,    [FAULT_START_FAILS] = 60,
                [FAULT_PULL_FAILS] = 60,      [FAULT_PREPARE_FAILS] = 20,
                [FAULT_UPDATE_FAILS] = 200,   [FAULT_ENGINE_HANGS] = 300,
                [FAULT_NODE_LOST] = 500,      [FAULT_STOP_FAILS] = 60,
                [FAULT_PROBE_FAILS] = 40,     [FAULT_READY_FAILS] = 100,
                [FAULT_INTERRUPT] = 150,      [FAULT_TIMEOUT] = 150,
                [FAULT_VOLUME_DELETED] = 200, [FAULT_RUN_FAILS] = 0,
                [FAULT_SERVICE_DIES] = 0,     [FAULT_NEVER_LISTENS] = 0,
                [FAULT_CLOCK_SET] = 300,
        };

        /* Some faults in a story, not all: a world in which everything breaks gets nowhere near
         * the states in which a single fault does harm. */
        for (unsigned f = 0; f < SIM_N_FAULTS; f++)
                sim->rates[f] = random_chance(&sim->random, 250) ? rates[f] : 0;
        if (random_chance(&sim->random, 500))
                sim->rates[FAULT_CRASH] = rates[FAULT_CRASH];
        if (sim->rates[FAULT_ENGINE_KILLED] + sim->rates[FAULT_ENGINE_LIVE] != 0 &&
            sim->rates[FAULT_CODE_LOST] + sim->rates[FAULT_CODE_ZERO] == 0)
                sim->rates[random_chance(&sim->random, 500) ? FAULT_CODE_LOST : FAULT_CODE_ZERO] =
                        500;
}

void story_draw(Sim *sim)
{
        sim->n_workloads = 1 + random_below(&sim->random, SIM_WORKLOADS_MAX);
        sim->is_orchestrated = random_chance(&sim->random, 250);
        for (unsigned i = 0; i < sim->n_workloads; i++) {
                draw_workload(sim, i);
                draw_parents(sim, i);
                draw_replica(sim, i);
                wait_for_replicas(sim, i);
                if (sim->is_orchestrated)
                        sim->workloads[i].port[0] = '\0'; /* the engine's own affair */
        }
        sim->has_ready_check = random_chance(&sim->random, 300);
        sim->n_deployments = 1 + random_below(&sim->random, 3);
        draw_rates(sim);
}

/* ---- Between two deployments ---- */

static void delete_volume(Sim *sim)
{
        for (int c = 0; c < sim->n_containers; c++) {
                const SimContainer *container = &sim->containers[c];

                if (container->exists && container->presence == PRESENCE_RUNNING)
                        return; /* in use: the engine refuses */
        }
        for (int c = 0; c < sim->n_containers; c++)
                world_remove(sim, c);
        sim->data++;
        sim_count(sim, FAULT_VOLUME_DELETED);
        sim_trace(sim, "world: the volume is deleted");
}

/* A port goes from one service to another in one deployment */
static void swap_ports(SimWorkload *one, SimWorkload *two)
{
        char port[sizeof one->port];

        if (one->kind != WORKLOAD_SERVICE || two->kind != WORKLOAD_SERVICE)
                return;
        memcpy(port, one->port, sizeof port);
        memcpy(one->port, two->port, sizeof port);
        memcpy(two->port, port, sizeof port);
}

void story_change(Sim *sim)
{
        Random *random = &sim->random;

        for (unsigned i = 0; i < sim->n_workloads; i++) {
                SimWorkload *w = &sim->workloads[i];
                unsigned what = random_below(random, 12);

                switch (what) {
                case 0:
                case 1:
                case 2:
                        w->version++;
                        draw_behaviour(sim, w);
                        w->image_missing = random_chance(random, 200);
                        break;
                case 3:
                        w->light_version++;
                        break;
                case 4:
                        w->is_present = !w->is_present;
                        break;
                case 5:
                        w->is_off = !w->is_off;
                        break;
                case 6:
                        if (w->version > 1)
                                w->version--; /* back to what was */
                        break;
                case 7:
                        if (i > 0)
                                swap_ports(w, &sim->workloads[i - 1]);
                        break;
                default:
                        break;
                }
        }
        if (sim->rates[FAULT_VOLUME_DELETED] > 0 && random_chance(random, 500))
                delete_volume(sim);
}

void story_calm(Sim *sim)
{
        sim->is_calm = true;
        sim->foreign_port[0] = '\0';
        for (unsigned i = 0; i < sim->n_workloads; i++) {
                SimWorkload *w = &sim->workloads[i];

                w->fail_per_mille = 0;
                w->always_fails = false;
                w->listens_us = MIN(w->listens_us, 900000);
                w->duration_us = MIN(w->duration_us, G_TIME_SPAN_SECOND);
        }
        world_calm(sim);
}

/* ---- The model ---- */

static Publication *model_publications(Arena *arena, const SimWorkload *w)
{
        Publication *publications = arena_new0(arena, Publication, w->n_publications);

        for (unsigned p = 0; p < w->n_publications; p++) {
                publications[p].type = w->publications[p].type;
                publications[p].timeout_s = w->publications[p].timeout_s;
                publications[p].name.raw = event_type_to_string(w->publications[p].type);
                publications[p].data.raw = "80";
        }
        return publications;
}

static void model_workload(const Sim *sim, Arena *arena, const SimWorkload *w, Workload *ret)
{
        ret->id = w->id;
        ret->component = "c";
        ret->container = strchr(w->id, '/') + 1;
        ret->kind = w->kind;
        ret->source = "public";
        ret->image_name = ret->container;
        ret->restart = w->restart;
        ret->success.any = w->success_any;
        ret->success.codes = w->success_codes;
        ret->success.n = w->n_success_codes;
        ret->on_unknown = w->on_unknown;
        ret->on_node_loss = w->on_node_loss;
        ret->start_rule = w->rule;
        ret->n_publications = w->n_publications;
        ret->publications = model_publications(arena, w);
        ret->parents = arena_new0(arena, Parent, w->n_parents);
        for (unsigned k = 0; k < w->n_parents; k++) {
                int parent = sim->session.to_app[w->parents[k].workload];

                if (parent < 0)
                        continue; /* the file no longer has it: nor the subscription */
                ret->parents[ret->n_parents].workload = (unsigned) parent;
                ret->parents[ret->n_parents].publication = w->parents[k].publication;
                ret->parents[ret->n_parents].is_optional = w->parents[k].is_optional;
                ret->parents[ret->n_parents].is_implied = w->parents[k].is_implied;
                ret->n_parents++;
        }
}

Application *story_application(Sim *sim)
{
        Arena *arena = arena_new();
        Application *app = arena_new0(arena, Application, 1);
        SimSession *session = &sim->session;

        session->n_of_app = 0;
        for (unsigned i = 0; i < sim->n_workloads; i++) {
                session->to_app[i] = -1;
                if (!sim->workloads[i].is_present)
                        continue;
                session->to_app[i] = (int) session->n_of_app;
                session->of_app[session->n_of_app++] = i;
        }
        app->arena = arena;
        app->file = "app.yml";
        app->name.raw = "app";
        app->n_workloads = session->n_of_app;
        app->workloads = arena_new0(arena, Workload, app->n_workloads);
        for (unsigned k = 0; k < app->n_workloads; k++)
                model_workload(sim, arena, &sim->workloads[session->of_app[k]], &app->workloads[k]);
        if (sim->has_ready_check) {
                app->ready.command = READY_TCP_PORT_ACCEPT;
                app->ready.timeout_s = 30;
        }
        return app;
}

void story_run_key(const Sim *sim, unsigned workload, char key[24])
{
        g_snprintf(key, 24, "%02x%06x%08x", workload + 1, sim->workloads[workload].version,
                   workload);
}

RestartPolicy story_policy(const SimWorkload *workload)
{
        return workload->kind == WORKLOAD_SERVICE && workload->restart.is_set
                       ? workload->restart.policy
                       : RESTART_NO;
}

bool story_is_success(const SimWorkload *workload, int exit_code)
{
        if (workload->success_any)
                return true;
        for (unsigned i = 0; i < workload->n_success_codes; i++) {
                if (workload->success_codes[i] == exit_code)
                        return true;
        }
        return workload->n_success_codes == 0 && exit_code == 0;
}

/* Whoever subscribes to the end of a service waits for what never comes: such a file does not come
 * up, faults or none. */
bool story_can_succeed(const Sim *sim)
{
        for (unsigned i = 0; i < sim->n_workloads; i++) {
                const SimWorkload *w = &sim->workloads[i];

                for (unsigned k = 0; w->is_present && k < w->n_parents; k++) {
                        const SimWorkload *parent = &sim->workloads[w->parents[k].workload];

                        if (parent->is_present && parent->kind == WORKLOAD_SERVICE &&
                            parent->publications[w->parents[k].publication].type ==
                                    EVENT_CONTAINER_STOP)
                                return false;
                }
        }
        return true;
}
