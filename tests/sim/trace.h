#pragma once

/*
 * Trace: a story as people read it; silent unless asked for
 */

#include "sim.h"

void trace_begin(Sim *sim); /* the application of the command that begins */
void trace_event(Sim *sim, const CoreEvent *event);
void trace_effect(Sim *sim, const CoreEffect *effect);
