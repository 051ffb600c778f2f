#pragma once

/*
 * Deploy: `up`, as it is carried out for `up` itself and for `config --apply`
 */

#include "cli/cli.h"

/* @word: a file or an application. Returns the exit status. */
int deploy(Cli *cli, const char *word);
