#pragma once

/*
 * Number, format: floating point numbers to text exactly as Go's strconv does it
 */

#include <glib.h>

/* strconv.FormatFloat for 64 bits: format is one of e E f g G x X b; precision -1 is the shortest
 * that reads back the same */
void number_format_float(GString *out, double value, char format, int precision);

/* The shortest digits that read back the same, value > 0: @digits gets n of them without point,
 * value = 0.DIGITS * 10^point */
int number_shortest_digits(double value, char digits[static 20], int *ret_point);
