#pragma once

/*
 * Rune: Go's view of bytes as characters
 *
 * A byte that is no part of valid UTF-8 counts as one character, U+FFFD, one byte wide.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define RUNE_ERROR ((gunichar) 0xFFFD)
#define RUNE_MAX   ((gunichar) 0x10FFFF)

gunichar rune_decode_slow(const char *s, size_t n, size_t *ret_width);

/* The first character of @n > 0 bytes */
static inline gunichar rune_decode(const char *s, size_t n, size_t *ret_width)
{
        if ((unsigned char) *s < 0x80) {
                *ret_width = 1;
                return (unsigned char) *s;
        }
        return rune_decode_slow(s, n, ret_width);
}

/* The last character of @n > 0 bytes */
gunichar rune_decode_last(const char *s, size_t n, size_t *ret_width);

size_t rune_count(const char *s, size_t n);

/* Appends as UTF-8; what is no character (surrogates, too large) as U+FFFD */
void rune_append(GString *out, gunichar r);

/* Appends @n bytes, each that is no part of valid UTF-8 as U+FFFD */
void rune_append_valid(GString *out, const char *s, size_t n);

/* Go's unicode package */
gunichar rune_to_lower(gunichar r);
gunichar rune_to_upper(gunichar r);
gunichar rune_to_title(gunichar r);
bool rune_is_letter(gunichar r);
bool rune_is_digit(gunichar r);
bool rune_is_space(gunichar r);
bool rune_is_print(gunichar r);   /* with the ASCII blank as the only blank */
bool rune_is_graphic(gunichar r); /* with all blanks of category Zs */
