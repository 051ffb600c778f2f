#pragma once

/*
 * Watch: what an operator sees while a deployment goes on
 *
 * On a terminal a block that is redrawn (progress.h), elsewhere a line for each change. What failed
 * containers said last is kept for the end.
 */

#include "cli/cli.h"

typedef struct Watch Watch;

Watch *watch_new(Cli *cli);
void watch_free(Watch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_free)

/* To be handed to the controller; lives as long as the watch */
const UpObserver *watch_observer(Watch *watch);

/* It is over: the block becomes a plain list, with the states that the result tells (NULL: with
 * those that were told last) */
void watch_end(Watch *watch, const json_t *result);

/* The last lines of a workload that failed, or NULL; borrowed */
const char *watch_quote(const Watch *watch, const char *workload);

/* Shows what is quoted of the workload; false where nothing is */
bool watch_show_quote(Watch *watch, const char *workload);
