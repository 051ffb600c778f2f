#pragma once

/*
 * Edit: let a person change a text in an editor
 */

#include <glib.h>
#include <stdbool.h>

#include "cli/output.h"

#define EDIT_TEXT_MAX (16u << 20) /* bytes that are taken back */

/**
 * edit_text() - start $VISUAL, $EDITOR or vi with a text
 * @name: of the file that the editor sees, for its choice of colours
 *
 * The file is in a directory that only this user can enter; both are removed at the end.
 *
 * Return: (transfer full) the text as it was saved
 */
char *edit_text(const char *text, const char *name, GError **error);

/* Whether to open the editor again; no where nobody can be asked */
bool edit_ask_again(Output *output);
