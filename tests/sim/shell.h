#pragma once

/*
 * Shell: hosts the core in the simulated world, as the controller does in the real one
 *
 * shell.c carries requests and answers between core and engine; session.c begins and
 * ends a command, keeps the ledger and prepares workloads.
 */

#include "sim.h"

/* ---- shell.c ---- */

/* Sends the engine what the effect asks for */
void shell_send(Sim *sim, const CoreEffect *effect);

/* An answer that does not come from the engine: PREPARED, PULLED, READY */
void shell_answer_later(Sim *sim, const CoreEffect *effect, CoreEventType type, int64_t delay_us,
                        bool is_early);
void shell_cancel_probe(Sim *sim, const CoreEffect *effect);

/* Tells what is healthy already when the command begins */
void shell_on_change_health(Sim *sim, int container);

/* ---- session.c ---- */

/* Fills in what preparing finds out now, and delivers it */
void shell_prepared(Sim *sim, CoreEvent *event, bool is_early);
