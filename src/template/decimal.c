#include "template/decimal.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "template/number-format.h"

#define BASE   1000000000u
#define DIGITS 9
#define PLACES 16 /* of a quotient */

/* A natural number, the lowest limb first, without zeros on top */
typedef struct Natural {
        uint32_t *limbs;
        size_t n;
} Natural;

struct Decimal {
        Natural coefficient;
        int exponent;
        bool negative;
};

static Natural natural_new(size_t n)
{
        return (Natural){ g_new0(uint32_t, MAX(n, 1)), n };
}

static void trim(Natural *a)
{
        while (a->n > 0 && a->limbs[a->n - 1] == 0)
                a->n--;
}

static int compare(const Natural *a, const Natural *b)
{
        if (a->n != b->n)
                return a->n < b->n ? -1 : 1;
        for (size_t i = a->n; i > 0; i--)
                if (a->limbs[i - 1] != b->limbs[i - 1])
                        return a->limbs[i - 1] < b->limbs[i - 1] ? -1 : 1;
        return 0;
}

static Natural add(const Natural *a, const Natural *b)
{
        Natural sum = natural_new(MAX(a->n, b->n) + 1);
        uint32_t carry = 0;

        for (size_t i = 0; i < sum.n; i++) {
                uint32_t x = carry + (i < a->n ? a->limbs[i] : 0) + (i < b->n ? b->limbs[i] : 0);

                sum.limbs[i] = x % BASE;
                carry = x / BASE;
        }
        trim(&sum);
        return sum;
}

/* a >= b */
static Natural subtract(const Natural *a, const Natural *b)
{
        Natural difference = natural_new(a->n);
        int64_t borrow = 0;

        for (size_t i = 0; i < a->n; i++) {
                int64_t x = (int64_t) a->limbs[i] - borrow - (i < b->n ? b->limbs[i] : 0);

                borrow = x < 0;
                difference.limbs[i] = (uint32_t) (x < 0 ? x + BASE : x);
        }
        trim(&difference);
        return difference;
}

static Natural multiply(const Natural *a, const Natural *b)
{
        Natural product = natural_new(a->n + b->n);

        for (size_t i = 0; i < a->n; i++) {
                uint64_t carry = 0;

                for (size_t j = 0; j < b->n || carry > 0; j++) {
                        uint64_t x = product.limbs[i + j] + carry;

                        if (j < b->n)
                                x += (uint64_t) a->limbs[i] * b->limbs[j];
                        product.limbs[i + j] = (uint32_t) (x % BASE);
                        carry = x / BASE;
                }
        }
        trim(&product);
        return product;
}

static Natural from_uint(uint64_t u)
{
        Natural a = natural_new(3);

        for (size_t i = 0; i < 3; i++, u /= BASE)
                a.limbs[i] = (uint32_t) (u % BASE);
        trim(&a);
        return a;
}

/* a * 10^n */
static Natural scaled(const Natural *a, size_t n)
{
        Natural power = natural_new(n / DIGITS + 1), product;
        uint32_t top = 1;

        for (size_t i = 0; i < n % DIGITS; i++)
                top *= 10;
        power.limbs[n / DIGITS] = top;
        product = multiply(a, &power);
        g_free(power.limbs);
        return product;
}

/* The largest digit q with b * q <= rest, by halving the interval */
static uint32_t quotient_limb(const Natural *rest, const Natural *b)
{
        uint32_t low = 0, high = BASE - 1;

        while (low < high) {
                uint32_t middle = low + (high - low + 1) / 2;
                Natural factor = from_uint(middle), product = multiply(b, &factor);

                if (compare(&product, rest) <= 0)
                        low = middle;
                else
                        high = middle - 1;
                g_free(factor.limbs);
                g_free(product.limbs);
        }
        return low;
}

static Natural divide(const Natural *a, const Natural *b, Natural *ret_rest)
{
        Natural quotient = natural_new(a->n), rest = natural_new(0);

        for (size_t i = a->n; i > 0; i--) {
                Natural shifted = natural_new(rest.n + 1), factor, product, next;

                memcpy(shifted.limbs + 1, rest.limbs, rest.n * sizeof *rest.limbs);
                shifted.limbs[0] = a->limbs[i - 1];
                trim(&shifted);
                quotient.limbs[i - 1] = quotient_limb(&shifted, b);
                factor = from_uint(quotient.limbs[i - 1]);
                product = multiply(b, &factor);
                next = subtract(&shifted, &product);
                g_free(rest.limbs);
                g_free(shifted.limbs);
                g_free(factor.limbs);
                g_free(product.limbs);
                rest = next;
        }
        trim(&quotient);
        *ret_rest = rest;
        return quotient;
}

static Decimal *decimal_make(Natural coefficient, int exponent, bool negative)
{
        Decimal *d = g_new0(Decimal, 1);

        d->coefficient = coefficient;
        d->exponent = exponent;
        d->negative = negative && coefficient.n > 0;
        return d;
}

Decimal *decimal_new(double value)
{
        char digits[20];
        uint64_t u = 0;
        int point, n;

        if (value == 0)
                return decimal_make(natural_new(0), 0, false);
        n = number_shortest_digits(fabs(value), digits, &point);
        for (int i = 0; i < n; i++)
                u = u * 10 + (uint64_t) (digits[i] - '0');
        return decimal_make(from_uint(u), point - n, value < 0);
}

void decimal_free(Decimal *d)
{
        if (d == NULL)
                return;
        g_free(d->coefficient.limbs);
        g_free(d);
}

static Decimal *sum(const Decimal *a, const Decimal *b, bool negate_b)
{
        int exponent = MIN(a->exponent, b->exponent);
        Natural x = scaled(&a->coefficient, (size_t) (a->exponent - exponent));
        Natural y = scaled(&b->coefficient, (size_t) (b->exponent - exponent));
        bool b_negative = b->negative != negate_b;
        Natural result;
        bool negative = a->negative;

        if (a->negative == b_negative) {
                result = add(&x, &y);
        } else if (compare(&x, &y) >= 0) {
                result = subtract(&x, &y);
        } else {
                result = subtract(&y, &x);
                negative = b_negative;
        }
        g_free(x.limbs);
        g_free(y.limbs);
        return decimal_make(result, exponent, negative);
}

Decimal *decimal_add(const Decimal *a, const Decimal *b)
{
        return sum(a, b, false);
}

Decimal *decimal_sub(const Decimal *a, const Decimal *b)
{
        return sum(a, b, true);
}

Decimal *decimal_mul(const Decimal *a, const Decimal *b)
{
        return decimal_make(multiply(&a->coefficient, &b->coefficient), a->exponent + b->exponent,
                            a->negative != b->negative);
}

Decimal *decimal_div(const Decimal *a, const Decimal *b)
{
        int shift = a->exponent - b->exponent + PLACES;
        Natural x, y, quotient, rest, twice, one;

        if (b->coefficient.n == 0)
                return NULL;
        x = scaled(&a->coefficient, (size_t) MAX(shift, 0));
        y = scaled(&b->coefficient, (size_t) MAX(-shift, 0));
        quotient = divide(&x, &y, &rest);
        twice = add(&rest, &rest);
        if (compare(&twice, &y) >= 0) {
                Natural rounded;

                one = from_uint(1);
                rounded = add(&quotient, &one);
                g_free(one.limbs);
                g_free(quotient.limbs);
                quotient = rounded;
        }
        g_free(x.limbs);
        g_free(y.limbs);
        g_free(rest.limbs);
        g_free(twice.limbs);
        return decimal_make(quotient, -PLACES, a->negative != b->negative);
}

double decimal_to_double(const Decimal *d)
{
        g_autoptr(GString) text = g_string_new(d->negative ? "-" : "");

        if (d->coefficient.n == 0)
                return 0;
        for (size_t i = d->coefficient.n; i > 0; i--)
                g_string_append_printf(text, "%09u", d->coefficient.limbs[i - 1]);
        g_string_append_printf(text, "e%d", d->exponent);
        return strtod(text->str, NULL);
}

size_t decimal_size(const Decimal *d)
{
        return d->coefficient.n;
}
