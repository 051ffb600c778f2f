#pragma once

/*
 * Scenario: a deployment as a story in text
 *
 * A file tells what the application is, what is there, and then line by line what
 * happens (left) and what the core answers (right). README.md has the words. The
 * runner plays the left side to the core and compares the right side; with --write it
 * writes down what it saw, for a person to read and agree with.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"

#define SCENARIO_WORKLOADS_MAX  12
#define SCENARIO_CONTAINERS_MAX 40
#define SCENARIO_WALL_US        G_GINT64_CONSTANT(1700000000000000)

typedef struct ScenarioContainer {
        char *id; /* web#2: the second of web */
        char *name;
        char *workload_id;
        char *run_key;
        int64_t try_number;
        Observation seen;
        const char *claims[2];
} ScenarioContainer;

typedef struct ScenarioWorkload {
        char *claims[2];
        char *error, *changed, *stale;
        char **same; /* NULL: every container of it */
        bool is_off, is_done, is_changed_in_place, is_update_open, image_missing;
        TryState last_try;
        int64_t last_try_number;
        char *last_try_container;
        unsigned n_unknown;
        char *key;
        unsigned n_containers; /* so far */
} ScenarioWorkload;

typedef struct Scenario {
        char *file;
        Arena *arena;
        Application *app;
        ScenarioWorkload workloads[SCENARIO_WORKLOADS_MAX];
        ScenarioContainer containers[SCENARIO_CONTAINERS_MAX];
        size_t n_containers;
        CoreSwap swaps[4];
        size_t n_swaps;
        const char *rerun[4];
        size_t n_reruns;
        bool is_early;                     /* containers may be created early */
        bool is_swarm;                     /* the engine is an orchestrator */
        bool answers_wait, answers_create; /* by itself, at once */
        int64_t engine_started_ns;

        Core *core;
        GArray *effects;
        int64_t now_us, deadline_us;
        GString *said;     /* effects of the line, as text */
        GQueue *to_answer; /* of CoreEvent, on its own */
} Scenario;

/**
 * scenario_declare() - take a line of the head
 *
 * Return: false with @error where it is not understood
 */
bool scenario_declare(Scenario *scenario, char **words, GError **error);

/* Makes the core from what the head said */
void scenario_begin(Scenario *scenario);

/**
 * scenario_play() - let one line happen
 * @at_us: since the beginning
 * @words: the left side
 *
 * Return: (transfer full) what the core answers, as text; NULL with @error
 */
char *scenario_play(Scenario *scenario, int64_t at_us, char **words, GError **error);

Scenario *scenario_new(const char *file);
void scenario_free(Scenario *scenario);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scenario, scenario_free)

#define SCENARIO_ERROR g_quark_from_static_string("scenario")
