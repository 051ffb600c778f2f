#pragma once

/*
 * Context: what templates on the command line are evaluated with
 */

#include "cli/cli.h"
#include "functions/context-file.h"

/* (transfer full) from --context, --app and --set, later ones over earlier ones; NULL after an
 * error that has been shown, with its exit status in *ret_status */
ContextFile *context_make(Cli *cli, int *ret_status);
