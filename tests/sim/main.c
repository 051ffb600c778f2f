/*
 * sim: runs stories, one a seed
 *
 *   sim --seeds FROM..TO        each of them; the first that breaks is printed and ends it
 *   sim --seed N [--trace]      this one, as people read it
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story-run.h"

typedef struct Counts {
        uint64_t faults[SIM_N_FAULTS];
        uint64_t crashes[EFFECT_FINISH + 1];
        uint64_t runs, events, commands;
} Counts;

/* True where nothing broke; @ret_failure is set otherwise */
static bool run_seed(uint64_t seed, bool trace, bool may_adopt, Counts *counts, char *ret_failure,
                     size_t size)
{
        Sim *sim = g_new0(Sim, 1);
        bool ok;

        sim->seed = seed;
        sim->random.state = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
        sim->trace = trace;
        sim->may_adopt = may_adopt;
        sim->containers = g_new0(SimContainer, SIM_CONTAINERS_MAX);
        sim->runs = g_new0(SimRun, SIM_RUNS_MAX);
        sim->engine_is_up = true;
        sim->data = 1;
        sim->engine_started_ns = (SIM_WALL_BASE_US - 3600 * G_TIME_SPAN_SECOND) * 1000;
        sim->fault_counts = counts->faults;
        sim->crash_counts = counts->crashes;
        sim->n_runs_total = &counts->runs;
        sim->n_events_total = &counts->events;
        story_run(sim);
        counts->commands += sim->n_sessions;
        if (sim->session.number != 0)
                shell_kill(sim);
        ok = !sim->is_failed;
        g_strlcpy(ret_failure, sim->failure, size);
        g_free(sim->heap);
        g_free(sim->messages);
        g_free(sim->containers);
        g_free(sim->runs);
        g_free(sim);
        return ok;
}

/* How often each fault really happened; false where one never did */
static bool report(const Counts *counts, uint64_t n_seeds)
{
        bool complete = true;

        printf("%" PRIu64 " stories: %" PRIu64 " commands, %" PRIu64 " events, %" PRIu64
               " runs executed\n",
               n_seeds, counts->commands, counts->events, counts->runs);
        for (unsigned f = 0; f < SIM_N_FAULTS; f++) {
                printf("  %9" PRIu64 "  %s\n", counts->faults[f],
                       sim_fault_to_string((SimFault) f));
                complete = complete && counts->faults[f] > 0;
        }
        printf("  killed before:");
        for (unsigned e = 0; e <= EFFECT_FINISH; e++) {
                printf(" %s %" PRIu64, core_effect_to_string((CoreEffectType) e),
                       counts->crashes[e]);
                complete = complete && counts->crashes[e] > 0;
        }
        putchar('\n');
        return complete;
}

static bool parse_range(const char *text, uint64_t *from, uint64_t *to)
{
        char *end = NULL;

        *from = g_ascii_strtoull(text, &end, 10);
        if (end == text || strncmp(end, "..", 2) != 0)
                return false;
        text = end + 2;
        *to = g_ascii_strtoull(text, &end, 10);
        return end != text && *end == '\0' && *to >= *from;
}

int main(int argc, char **argv)
{
        g_autofree char *seeds = NULL;
        gint64 seed = -1, n_failures_max = 1;
        gboolean trace = false, no_adoption = false, expect_failure = false, complete = false;
        gboolean quiet = false;
        const GOptionEntry entries[] = {
                { "seeds", 0, 0, G_OPTION_ARG_STRING, &seeds, "stories to run", "FROM..TO" },
                { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "one story", "N" },
                { "trace", 0, 0, G_OPTION_ARG_NONE, &trace, "print everything that happens", NULL },
                { "no-adoption", 0, 0, G_OPTION_ARG_NONE, &no_adoption,
                  "the core forgets what an earlier command left", NULL },
                { "expect-failure", 0, 0, G_OPTION_ARG_NONE, &expect_failure,
                  "succeed only where a story breaks", NULL },
                { "failures", 0, 0, G_OPTION_ARG_INT64, &n_failures_max,
                  "go on until so many stories have broken", "N" },
                { "complete", 0, 0, G_OPTION_ARG_NONE, &complete,
                  "fail where a fault never happened", NULL },
                { "quiet", 0, 0, G_OPTION_ARG_NONE, &quiet, "no counts", NULL },
                { NULL },
        };
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_autoptr(GError) error = NULL;
        Counts counts = { 0 };
        uint64_t from = 1, to = 500;
        gint64 n_failures = 0;
        uint64_t n_done = 0;

        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error)) {
                fprintf(stderr, "%s\n", error->message);
                return 2;
        }
        if (seed >= 0) {
                from = to = (uint64_t) seed;
        } else if (seeds == NULL && g_getenv("SLIPWAY_SIM_SEEDS") != NULL) {
                to = g_ascii_strtoull(g_getenv("SLIPWAY_SIM_SEEDS"), NULL, 10);
        } else if (seeds != NULL && !parse_range(seeds, &from, &to)) {
                fprintf(stderr, "--seeds %s: FROM..TO is wanted\n", seeds);
                return 2;
        }
        for (uint64_t s = from; s <= to && n_failures < n_failures_max; s++) {
                char failure[400];

                n_done++;
                if (run_seed(s, trace, !no_adoption, &counts, failure, sizeof failure))
                        continue;
                n_failures++;
                printf("seed %" PRIu64 " breaks %s\n  again: %s --seed %" PRIu64 " --trace%s\n", s,
                       failure, argv[0], s, no_adoption ? " --no-adoption" : "");
        }
        if (seed < 0 && !quiet && !report(&counts, n_done) && complete && n_failures == 0) {
                printf("a fault never happened: this proves nothing about it\n");
                return 1;
        }
        if (expect_failure)
                return n_failures > 0 ? 0 : 1;
        return n_failures > 0 ? 1 : 0;
}
