#pragma once

/*
 * Printer: text under the flags, width and precision of a directive
 *
 * What fmt's parts share: each appends to the Printer's text, until that has no more room.
 */

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"

/* Widths, precisions and argument numbers are refused above it, as in Go */
#define FMT_NUMBER_MAX 1000000

typedef struct Printer {
        GString *out;
        size_t max;     /* of @out, in bytes */
        Arena *scratch; /* for sorted maps; made when needed */
        bool failed;    /* no room, or too deep: nothing is written any more */
        int width, precision;
        bool has_width, has_precision;
        bool minus, plus, sharp, space, zero;
        bool plus_v, sharp_v; /* of %+v and %#v, which are no flags of numbers */
        bool erroring;        /* within %!verb(...): no methods */
        bool reordered, good_arg_number;
} Printer;

void printer_clear_flags(Printer *p);

/* Whether @n bytes more may be written */
static inline bool printer_has_room(Printer *p, size_t n)
{
        if (p->failed || n > p->max || p->out->len > p->max - n)
                p->failed = true;
        return !p->failed;
}

static inline void printer_put_n(Printer *p, const char *s, size_t n)
{
        if (printer_has_room(p, n))
                g_string_append_len(p->out, s, (gssize) n);
}

static inline void printer_put(Printer *p, const char *s)
{
        printer_put_n(p, s, strlen(s));
}

static inline void printer_put_c(Printer *p, char c)
{
        if (printer_has_room(p, 1))
                g_string_append_c(p->out, c);
}

void printer_put_rune(Printer *p, gunichar r);

/* Zeros or blanks, as the flags want it */
void printer_put_padding(Printer *p, int n);

/* Up to the width, at the left or, with the flag -, at the right */
void printer_pad(Printer *p, const char *s, size_t n);
void printer_pad_without_zeros(Printer *p, const char *s, size_t n);

/* How many bytes of a text are within the precision, which counts characters */
size_t printer_truncated(const Printer *p, const char *s, size_t n);

/* Whether a verb is among those of a string */
static inline bool printer_verb_in(gunichar verb, const char *verbs)
{
        return verb > 0 && verb < 0x80 && strchr(verbs, (int) verb) != NULL;
}
