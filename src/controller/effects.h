#pragma once

/*
 * Effects: what the core wants done, done
 */

#include "controller/deploy.h"

/* Carries them out in order: a RECORD is durable before the next one is begun */
void effects_perform(Deploy *deploy, GArray *effects);

/* Looks at a container; the core is told what was seen */
void effects_inspect(Deploy *deploy, const char *id);

/* Tells the core of the container's health, where it has a check */
void effects_post_health(Deploy *deploy, const Container *container);

/* Runs the hooks that an earlier deployment did not get done in a container of the workload that runs;
 * prepare_answer() follows. False where there are none. */
bool effect_hooks_resume(Deploy *deploy, unsigned workload);

/* No answer to what is under way is wanted any more */
void effects_cancel_all(Deploy *deploy);

/* The engine's error as the core sees it: whether the request had an effect. NULL: none */
CoreError effects_error(const GError *error);
