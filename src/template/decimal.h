#pragma once

/*
 * Decimal: exact arithmetic on decimal numbers, as shopspring/decimal does it
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Decimal Decimal;

Decimal *decimal_new(double value); /* finite; its shortest digits */
void decimal_free(Decimal *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decimal, decimal_free)

/* The result is the caller's */
Decimal *decimal_add(const Decimal *a, const Decimal *b);
Decimal *decimal_sub(const Decimal *a, const Decimal *b);
Decimal *decimal_mul(const Decimal *a, const Decimal *b);
/* To 16 places, halves away from zero; NULL where b is 0 */
Decimal *decimal_div(const Decimal *a, const Decimal *b);

double decimal_to_double(const Decimal *d);
size_t decimal_size(const Decimal *d); /* for limits */
