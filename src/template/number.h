#pragma once

/*
 * Number: text to numbers exactly as Go's strconv does it
 */

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

/* Exact or truncated to the other, saturated where C leaves it undefined (as amd64 does it) */
int64_t number_float_to_int(double f);
uint64_t number_float_to_uint(double f);
