#pragma once

/*
 * Quote: texts and characters in quotes, as Go's strconv does it
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

void quote_text(GString *out, const char *s, size_t n, bool ascii_only);
void quote_rune(GString *out, gunichar r, bool ascii_only);
bool quote_can_backquote(const char *s, size_t n);

/* Undoes quotes "...", `...`; false where it is not well-formed. Appends. */
bool quote_undo(GString *out, const char *s, size_t n);

/* One character or escape within @quote; false where there is none. *ret_is_byte: \x and octal
 * escapes give a byte, not a character. */
bool quote_undo_rune(const char *s, size_t n, char quote, gunichar *ret_rune, bool *ret_is_byte,
                     size_t *ret_width);
