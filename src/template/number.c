#include "template/number.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool underscores_ok(const char *s, size_t n)
{
        char saw = '^'; /* the last character: ^ beginning, 0 digit, _ underscore, ! other */
        size_t i = 0;
        bool hex = false;

        if (n >= 1 && (s[0] == '-' || s[0] == '+')) {
                s++;
                n--;
        }
        if (n >= 2 && s[0] == '0' && strchr("bBoOxX", s[1]) != NULL && s[1] != '\0') {
                i = 2;
                saw = '0';
                hex = (s[1] | 0x20) == 'x';
        }
        for (; i < n; i++) {
                if (g_ascii_isdigit(s[i]) || (hex && g_ascii_isxdigit(s[i]))) {
                        saw = '0';
                } else if (s[i] == '_') {
                        if (saw != '0')
                                return false;
                        saw = '_';
                } else {
                        if (saw == '_')
                                return false;
                        saw = '!';
                }
        }
        return saw != '_';
}

static int digit_value(char c)
{
        if (g_ascii_isdigit(c))
                return c - '0';
        if (g_ascii_isalpha(c))
                return (c | 0x20) - 'a' + 10;
        return 99;
}

NumberStatus number_parse_uint(const char *s, size_t n, int base, uint64_t *ret)
{
        const char *all = s;
        size_t all_n = n;
        bool by_prefix = base == 0, underscores = false;
        uint64_t value = 0;

        *ret = 0;
        if (n == 0)
                return NUMBER_SYNTAX;
        if (by_prefix) {
                base = 10;
                if (s[0] == '0') {
                        char kind = n >= 3 ? (char) (s[1] | 0x20) : 0;

                        base = kind == 'b' ? 2 : kind == 'o' ? 8 : kind == 'x' ? 16 : 0;
                        if (base != 0) {
                                s += 2;
                                n -= 2;
                        } else {
                                base = 8;
                                s++;
                                n--;
                        }
                }
        }
        for (size_t i = 0; i < n; i++) {
                uint64_t next;
                int digit;

                if (s[i] == '_' && by_prefix) {
                        underscores = true;
                        continue;
                }
                digit = digit_value(s[i]);
                if (digit >= base)
                        return NUMBER_SYNTAX;
                if (__builtin_mul_overflow(value, (uint64_t) base, &next) ||
                    __builtin_add_overflow(next, (uint64_t) digit, &next)) {
                        /* Go looks no further: what follows may be anything */
                        *ret = UINT64_MAX;
                        return NUMBER_RANGE;
                }
                value = next;
        }
        if (underscores && !underscores_ok(all, all_n))
                return NUMBER_SYNTAX;
        *ret = value;
        return NUMBER_OK;
}

NumberStatus number_parse_int(const char *s, size_t n, int base, int64_t *ret)
{
        bool negative = false;
        NumberStatus status;
        uint64_t u;

        *ret = 0;
        if (n == 0)
                return NUMBER_SYNTAX;
        if (*s == '+' || *s == '-') {
                negative = *s == '-';
                s++;
                n--;
        }
        status = number_parse_uint(s, n, base, &u);
        if (status == NUMBER_SYNTAX)
                return status;
        if (!negative && u > INT64_MAX) {
                *ret = INT64_MAX;
                return NUMBER_RANGE;
        }
        if (negative && u > (uint64_t) INT64_MAX + 1) {
                *ret = INT64_MIN;
                return NUMBER_RANGE;
        }
        *ret = negative ? (int64_t) (0 - u) : (int64_t) u;
        return status;
}

static bool special_float(const char *s, size_t n, double *ret)
{
        double sign = 1;

        if (n > 0 && (*s == '+' || *s == '-')) {
                sign = *s == '-' ? -1 : 1;
                s++;
                n--;
                if (n == 3 && g_ascii_strncasecmp(s, "nan", 3) == 0)
                        return false;
        }
        if ((n == 3 && g_ascii_strncasecmp(s, "inf", 3) == 0) ||
            (n == 8 && g_ascii_strncasecmp(s, "infinity", 8) == 0)) {
                *ret = sign * (double) INFINITY;
                return true;
        }
        if (n == 3 && g_ascii_strncasecmp(s, "nan", 3) == 0) {
                *ret = (double) NAN;
                return true;
        }
        return false;
}

/* Whether it is a number as Go writes it; C's strtod does the conversion */
static bool float_syntax(const char *s, size_t n)
{
        size_t i = 0;
        bool hex = false, dot = false, digits = false, underscores = false;

        if (i < n && (s[i] == '+' || s[i] == '-'))
                i++;
        if (i + 2 < n && s[i] == '0' && (s[i + 1] | 0x20) == 'x') {
                hex = true;
                i += 2;
        }
        for (; i < n; i++) {
                if (s[i] == '_')
                        underscores = true;
                else if (s[i] == '.' && !dot)
                        dot = true;
                else if (g_ascii_isdigit(s[i]) || (hex && g_ascii_isxdigit(s[i])))
                        digits = true;
                else
                        break;
        }
        if (!digits)
                return false;
        if (i < n && (s[i] | 0x20) == (hex ? 'p' : 'e')) {
                i++;
                if (i < n && (s[i] == '+' || s[i] == '-'))
                        i++;
                if (i >= n || !g_ascii_isdigit(s[i]))
                        return false;
                for (; i < n && (g_ascii_isdigit(s[i]) || s[i] == '_'); i++)
                        underscores |= s[i] == '_';
        } else if (hex) {
                return false;
        }
        return i == n && (!underscores || underscores_ok(s, n));
}

NumberStatus number_parse_float(const char *s, size_t n, double *ret)
{
        char small[64];
        g_autofree char *large = NULL;
        char *copy = small;
        size_t j = 0;

        *ret = 0;
        if (special_float(s, n, ret))
                return NUMBER_OK;
        if (!float_syntax(s, n))
                return NUMBER_SYNTAX;
        if (n >= sizeof small)
                copy = large = g_malloc(n + 1);
        for (size_t i = 0; i < n; i++)
                if (s[i] != '_')
                        copy[j++] = s[i];
        copy[j] = '\0';
        *ret = g_ascii_strtod(copy, NULL);
        return isinf(*ret) ? NUMBER_RANGE : NUMBER_OK;
}

int64_t number_float_to_int(double f)
{
        if (!(f >= -9223372036854775808.0 && f < 9223372036854775808.0))
                return INT64_MIN;
        return (int64_t) f;
}

uint64_t number_float_to_uint(double f)
{
        if (f >= 9223372036854775808.0 && f < 18446744073709551616.0)
                return (uint64_t) f;
        if (f >= 18446744073709551616.0)
                return (uint64_t) 1 << 63;
        return (uint64_t) number_float_to_int(f);
}
