#pragma once

/*
 * Act: what `down`, `start`, `stop` and `restart` have in common
 */

#include "cli/cli.h"
#include "cli/watch.h"

/* (transfer full) the command line for whom another command tells about us */
char *act_command_line(const Cli *cli, const char *target);

/**
 * act_end() - show how it ended
 * @result: of the controller, or NULL
 * @done:   what is said when all went well: "shop is stopped"
 *
 * Return: the exit status
 */
int act_end(Cli *cli, Watch *watch, bool ok, const json_t *result, const GError *error,
            const char *done);
