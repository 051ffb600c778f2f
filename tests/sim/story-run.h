#pragma once

/*
 * The course of a story: commands, the time between them, and its end
 */

#include "sim.h"

/* Lets the world go on for a while without a command */
void sim_idle(Sim *sim, int64_t us);

/**
 * sim_command() - one `up`, until it ends or is killed
 * @rerun:    the workload that `--rerun` names; -1
 * @is_calm:  no fault is to come
 * @must_change_nothing: the file and the world are as the last success left them
 *
 * The session's outcome stays readable until the next command; sim->session.is_finished is
 * false where it was killed.
 */
void sim_command(Sim *sim, int rerun, bool is_calm, bool must_change_nothing);

/* The whole story of sim->seed */
void story_run(Sim *sim);
