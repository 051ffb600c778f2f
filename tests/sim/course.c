#include "story-run.h"

#include <string.h>

#define CRASHES_IN_A_ROW_MAX 4
#define CALM_COMMANDS_MAX    6

/* The same command again and again until it is not killed */
static void command_with_crashes(Sim *sim, int rerun)
{
        for (unsigned n = 0; n < CRASHES_IN_A_ROW_MAX && !sim->is_failed && !sim->is_exhausted;
             n++) {
                int forced = n > 0 && random_chance(&sim->random, 500) ? -1 : rerun;

                sim_command(sim, forced, false, false);
                sim_idle(sim, random_between(&sim->random, 20, 4000) * 1000);
                if (sim->session.is_finished)
                        return;
        }
}

/* The operator looks at what Slipway cannot know, and decides */
static unsigned resolve(Sim *sim)
{
        unsigned n = 0;

        for (unsigned i = 0; i < sim->n_workloads; i++) {
                char key[24];
                SimRun *last = NULL;

                story_run_key(sim, i, key);
                for (int r = 0; r < sim->n_runs; r++) {
                        if (sim->runs[r].workload == i && strcmp(sim->runs[r].run_key, key) == 0)
                                last = &sim->runs[r];
                }
                if (last == NULL || !sim->workloads[i].is_present || sim->workloads[i].is_off ||
                    !(last->state == TRY_STARTED ||
                      (last->state == TRY_ENDED && last->outcome == CORE_UNKNOWN)))
                        continue;
                n++;
                last->state = TRY_ENDED;
                last->ended_us = sim->now_us;
                last->data = sim->workloads[i].uses_data ? sim->data : 0;
                last->outcome = random_chance(&sim->random, 500) ? CORE_SUCCEEDED : CORE_FAILED;
                if (last->outcome == CORE_FAILED)
                        check_forced(sim, i);
                sim_trace(sim, "operator: resolve %s %s", sim->workloads[i].id,
                          last->outcome == CORE_SUCCEEDED ? "done" : "rerun");
        }
        return n;
}

/* I4: when nothing disturbs any more, `up` gets there */
static void convergence(Sim *sim)
{
        story_calm(sim);
        sim_idle(sim, 400 * G_TIME_SPAN_SECOND);
        for (unsigned n = 0; n < CALM_COMMANDS_MAX && !sim->is_failed && !sim->is_exhausted; n++) {
                sim_command(sim, -1, true, false);
                sim_idle(sim, 10 * G_TIME_SPAN_SECOND);
                if (sim->is_failed || sim->is_exhausted || !story_can_succeed(sim))
                        return;
                if (sim->session.outcome == CORE_SUCCEEDED)
                        break;
                if (resolve(sim) == 0)
                        sim_fail(sim, "I4", "nothing is wrong, yet: %s", sim->session.reason);
        }
        if (sim->is_exhausted)
                return;
        if (sim->session.outcome != CORE_SUCCEEDED)
                sim_fail(sim, "I4", "does not come up: %s", sim->session.reason);
        if (sim->is_failed)
                return;
        check_converged(sim);
        sim_command(sim, -1, true, true);
}

void story_run(Sim *sim)
{
        story_draw(sim);
        for (unsigned d = 0; d < sim->n_deployments && !sim->is_failed; d++) {
                int rerun = -1;

                if (d > 0 && random_chance(&sim->random, 700))
                        story_change(sim);
                if (random_chance(&sim->random, 120)) {
                        rerun = (int) random_below(&sim->random, sim->n_workloads);
                }
                command_with_crashes(sim, rerun);
        }
        if (!sim->is_failed)
                convergence(sim);
}
