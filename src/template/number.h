#pragma once

/*
 * Number: Go's strconv
 *
 * Text to numbers and back exactly as Go does it, and quoted strings as Go source has them.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum NumberStatus {
        NUMBER_OK,
        NUMBER_SYNTAX,
        NUMBER_RANGE, /* *ret is the bound that was passed, or an infinity */
} NumberStatus;

/* Base 0: by prefix (0x, 0o, 0b, 0), with underscores between digits */
NumberStatus number_parse_uint(const char *s, size_t n, int base, uint64_t *ret);
NumberStatus number_parse_int(const char *s, size_t n, int base, int64_t *ret);
NumberStatus number_parse_float(const char *s, size_t n, double *ret);

/* strconv.FormatFloat for 64 bits: format is one of e E f g G x X b; precision -1 is the shortest
 * that reads back the same */
void number_format_float(GString *out, double value, char format, int precision);

/* The shortest digits that read back the same, value > 0: @digits gets n of them without point,
 * value = 0.DIGITS * 10^point */
int number_shortest_digits(double value, char digits[static 20], int *ret_point);

/* Exact or truncated to the other, saturated where C leaves it undefined (as amd64 does it) */
int64_t number_float_to_int(double f);
uint64_t number_float_to_uint(double f);

/* Go's strconv.Quote and its kin */
void number_quote(GString *out, const char *s, size_t n, bool ascii_only);
void number_quote_rune(GString *out, gunichar r, bool ascii_only);
bool number_can_backquote(const char *s, size_t n);

/* Undoes quotes "...", `...`; false where it is not well-formed. Appends. */
bool number_unquote(GString *out, const char *s, size_t n);

/* One character or escape within @quote; false where there is none. *ret_is_byte: \x and octal
 * escapes give a byte, not a character. */
bool number_unquote_char(const char *s, size_t n, char quote, gunichar *ret_rune, bool *ret_is_byte,
                         size_t *ret_width);
