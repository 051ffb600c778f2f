#pragma once

/*
 * Compose again: a document that was printed and is read a second time
 */

#include <glib.h>
#include <stdbool.h>

#include "format/compose/document.h"

/* The document of a text, or NULL after an error; stops the program where it is neither */
ComposeDocument *fuzz_load(const char *text, size_t size, const FormatWorld *world);

/* Stops the program where what is printed of the document is not the same when it is read */
void fuzz_check_again(const ComposeDocument *document);
