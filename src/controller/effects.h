#pragma once

/*
 * Effects: what the core wants done, done
 */

#include "controller/deploy.h"

/* Carries them out in order: a RECORD is durable before the next one is begun */
void effects_perform(Deploy *deploy, GArray *effects);

/* Looks at a container; the core is told what was seen */
void effects_inspect(Deploy *deploy, const char *id);

/* No answer to what is under way is wanted any more */
void effects_cancel_all(Deploy *deploy);

CoreError effects_error(const GError *error);
