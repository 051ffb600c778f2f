#pragma once

/*
 * Help: the table of commands as people read it
 *
 * On the terminal, as a manual page, and as the reference in docs/cli.md.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/commands.h"
#include "cli/output.h"

#define HELP_WIDTH     80
#define HELP_WIDTH_MAX 96 /* longer lines are hard to read */

/* (transfer full) help on a command; @command NULL: the list of all */
char *help_to_text(const CliCommand *command, size_t width, bool has_colour);

/* To stdout */
void help_show(Output *output, const CliCommand *command);

/* (transfer full) how an option is written: "-f, --follow", "--app NAME" */
char *help_option_words(const CliOption *option);

/* (transfer full) slipway(1) in roff */
char *help_to_manual(void);

/* (transfer full) the generated part of docs/cli.md */
char *help_to_reference(void);
