#pragma once

/*
 * Guard: what signals mean while a command changes something (decision 20)
 *
 * The first SIGINT or SIGTERM ends the command in order: nothing further starts. The second ends
 * the process at once, which is harmless: no state lives in memory only. A lost terminal
 * (SIGHUP) ends nothing.
 */

#include "cli/cli.h"

/* Again is no harm */
void guard_begin(Cli *cli);
void guard_end(Cli *cli);
