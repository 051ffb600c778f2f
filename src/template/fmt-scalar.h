#pragma once

/*
 * Fmt, scalars: numbers and texts under a verb
 *
 * Each writes the value as the verb and the flags want it. Where the verb is none of its kind it writes
 * nothing and returns false.
 */

#include <stdint.h>

#include "template/printer.h"

/* @u: of a signed one its bits */
bool fmt_integer(Printer *p, uint64_t u, bool is_signed, gunichar verb);
bool fmt_float(Printer *p, double f, gunichar verb);
bool fmt_complex(Printer *p, const double c[2], gunichar verb);
bool fmt_string(Printer *p, const char *s, size_t n, gunichar verb);

/* In hexadecimal; whether 0x comes before it is not asked of the flags */
void fmt_hex(Printer *p, uint64_t u, bool prefix);
