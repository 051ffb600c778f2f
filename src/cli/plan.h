#pragma once

/*
 * Plan: what `up` would do, as it is shown by `plan` and after a change of settings
 */

#include "cli/cli.h"

/* @word: a file or an application. Returns the exit status; on CLI_DONE *ret_changes says whether
 * anything would be done. */
int plan_show(Cli *cli, const char *word, bool *ret_changes);

/* (transfer full) the plan itself, NULL after an error that has been shown */
json_t *plan_make(Cli *cli, const char *word, int *ret_status);

/* As a table */
void plan_show_table(Cli *cli, const json_t *plan);
