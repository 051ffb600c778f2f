#pragma once

/*
 * Probe: what must be true of a task before it counts as running
 *
 * Several conditions hold together in one health check: our program (docker/probe.c) waits in the
 * task until all are true, and looks again every 30 s. It never makes a task unhealthy. The task's
 * own check, where the file gives one, is the last condition and keeps its meaning.
 */

#include <jansson.h>

#include "engine/engine.h"

#define SWARM_PROBE_PATH "/.slipway-probe" /* of the program in the task */

/* (transfer full) the words by which the program is told a condition, an array; NULL where one is
 * not UTF-8 */
json_t *probe_condition(const SpecProbe *probe);

/* Whether a health check's test is our program's and asks for this condition */
bool probe_test_has(const json_t *test, const json_t *condition);

/* (transfer full) the health check of a spec; NULL where a word is not UTF-8 */
json_t *probe_healthcheck(const Spec *spec);

/* Whether the spec wants our program at all, and whether the one that runs commands */
bool probe_is_needed(const Spec *spec);
bool probe_has_commands(const Spec *spec);

/* The program, for machines of probe_architecture(), as nodes call it: amd64, arm64 */
const unsigned char *probe_program(bool has_commands, size_t *ret_size);
const char *probe_architecture(void);
