#include "template/number-format.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* %.*e without regard to the locale: digits without a point, and the exponent */
static int e_digits(double value, int n_digits, char *digits, int *ret_exponent)
{
        char small[64];
        g_autofree char *large = NULL;
        size_t size = (size_t) n_digits + 32;
        char *text = small;
        int n = 0;
        char *p;

        if (size > sizeof small)
                text = large = g_malloc(size);
        g_snprintf(text, (gulong) size, "%.*e", n_digits - 1, value);
        for (p = text; *p != 'e' && *p != '\0'; p++)
                if (g_ascii_isdigit(*p))
                        digits[n++] = *p;
        *ret_exponent = *p == 'e' ? atoi(p + 1) : 0;
        return n;
}

static double from_digits(const char *digits, int n, int exponent)
{
        char text[64];

        /* as an integer times a power of ten: no decimal point, no locale */
        g_snprintf(text, sizeof text, "%.*se%d", n, digits, exponent - (n - 1));
        return strtod(text, NULL);
}

int number_shortest_digits(double value, char digits[static 20], int *ret_point)
{
        int exponent_of_two, n, exponent;
        double mantissa = frexp(value, &exponent_of_two);
        bool edge = mantissa == 0.5; /* the neighbour below is nearer than the one above */

        if (value == floor(value) && value < 1e15) {
                char text[32];
                int len = g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, (int64_t) value);

                *ret_point = len;
                while (len > 1 && text[len - 1] == '0')
                        len--;
                memcpy(digits, text, (size_t) len);
                return len;
        }
        for (n = value < 1e-300 ? 1 : 15; n < 17; n++) {
                e_digits(value, n, digits, &exponent);
                if (from_digits(digits, n, exponent) == value)
                        break;
                if (edge && digits[n - 1] < '9') {
                        digits[n - 1]++;
                        if (from_digits(digits, n, exponent) == value)
                                break;
                        digits[n - 1]--;
                }
        }
        if (n == 17)
                e_digits(value, n, digits, &exponent);
        while (n > 1 && digits[n - 1] == '0')
                n--;
        *ret_point = exponent + 1;
        return n;
}

static void append_exponent(GString *out, char letter, int exponent)
{
        g_string_append_printf(out, "%c%c%02d", letter, exponent < 0 ? '-' : '+', ABS(exponent));
}

/* d.ddde±dd with @precision digits after the point */
static void format_e(GString *out, const char *digits, int n, int point, int precision, char letter)
{
        g_string_append_c(out, n > 0 ? digits[0] : '0');
        if (precision > 0) {
                int m = MIN(n, precision + 1);

                g_string_append_c(out, '.');
                if (m > 1)
                        g_string_append_len(out, digits + 1, m - 1);
                for (int i = MAX(m, 1); i <= precision; i++)
                        g_string_append_c(out, '0');
        }
        append_exponent(out, letter, n == 0 || digits[0] == '0' ? 0 : point - 1);
}

static void format_f(GString *out, const char *digits, int n, int point, int precision)
{
        if (point > 0) {
                int m = MIN(n, point);

                g_string_append_len(out, digits, m);
                for (; m < point; m++)
                        g_string_append_c(out, '0');
        } else {
                g_string_append_c(out, '0');
        }
        if (precision > 0) {
                g_string_append_c(out, '.');
                for (int i = 0; i < precision; i++) {
                        int j = point + i;

                        g_string_append_c(out, j >= 0 && j < n ? digits[j] : '0');
                }
        }
}

/* 0x1.8p+01: hexadecimal, rounded to @precision digits, to even */
static void format_x(GString *out, double value, int precision, bool upper)
{
        const char *hex = upper ? "0123456789ABCDEF" : "0123456789abcdef";
        int exponent = 0;
        uint64_t mantissa = 0; /* one digit before the point, at bit 60 */

        if (value != 0) {
                double m = frexp(value, &exponent);

                mantissa = (uint64_t) ldexp(m, 53) << 8; /* top bit is bit 60 */
                exponent--;
        }
        if (precision >= 0 && precision < 15) {
                unsigned shift = (unsigned) precision * 4;
                uint64_t extra = (mantissa << shift) & (((uint64_t) 1 << 60) - 1);

                mantissa >>= 60 - shift;
                if ((extra | (mantissa & 1)) > (uint64_t) 1 << 59)
                        mantissa++;
                mantissa <<= 60 - shift;
                if (mantissa & ((uint64_t) 1 << 61)) {
                        mantissa >>= 1;
                        exponent++;
                }
        }
        g_string_append(out, upper ? "0X" : "0x");
        g_string_append_c(out, (char) ('0' + ((mantissa >> 60) & 1)));
        mantissa <<= 4;
        if (precision < 0 && mantissa != 0) {
                g_string_append_c(out, '.');
                while (mantissa != 0) {
                        g_string_append_c(out, hex[(mantissa >> 60) & 15]);
                        mantissa <<= 4;
                }
        } else if (precision > 0) {
                g_string_append_c(out, '.');
                for (int i = 0; i < precision; i++) {
                        g_string_append_c(out, hex[(mantissa >> 60) & 15]);
                        mantissa <<= 4;
                }
        }
        append_exponent(out, upper ? 'P' : 'p', exponent);
}

static void format_b(GString *out, double value)
{
        int exponent;
        double m = frexp(value, &exponent);
        int e = exponent - 53;

        if (value == 0) {
                g_string_append(out, "0p-1074");
                return;
        }
        if (e < -1074) { /* subnormal */
                m = ldexp(m, e + 1074);
                e = -1074;
        }
        g_string_append_printf(out, "%" G_GUINT64_FORMAT "p%+d", (uint64_t) ldexp(m, 53), e);
}

static void format_shortest(GString *out, double value, char format)
{
        char digits[20];
        int point = 0, n = 0;

        if (value == 0) {
                digits[0] = '0';
                n = 0;
        } else {
                n = number_shortest_digits(value, digits, &point);
        }
        switch (format) {
        case 'e':
        case 'E':
                format_e(out, digits, n, point, MAX(n - 1, 0), format);
                return;
        case 'f':
                format_f(out, digits, n, point, MAX(n - point, 0));
                return;
        default:
                if (point - 1 < -4 || point - 1 >= 6) {
                        format_e(out, digits, n, point, MAX(n - 1, 0), format == 'g' ? 'e' : 'E');
                        return;
                }
                format_f(out, digits, n, point, MAX(n - point, 0));
        }
}

static void format_precise(GString *out, double value, char format, int precision)
{
        g_autofree char *digits = NULL;
        int n, exponent;

        if (format == 'f') {
                g_autofree char *text = g_strdup_printf("%.*f", precision, value);

                for (char *p = text; *p != '\0'; p++)
                        g_string_append_c(out, g_ascii_isdigit(*p) ? *p : '.');
                return;
        }
        if (format == 'g' || format == 'G') {
                if (precision == 0)
                        precision = 1;
                digits = g_malloc((size_t) precision + 32);
                n = e_digits(value, precision, digits, &exponent);
                while (n > 0 && digits[n - 1] == '0')
                        n--;
                int point = value == 0 ? 0 : exponent + 1;
                int limit = precision;

                if (limit > n && n >= point)
                        limit = n;
                if (point - 1 < -4 || point - 1 >= limit) {
                        format_e(out, digits, n, point, MIN(precision, n) - 1,
                                 format == 'g' ? 'e' : 'E');
                        return;
                }
                format_f(out, digits, n, point, MAX(n - point, 0));
                return;
        }
        digits = g_malloc((size_t) precision + 32);
        n = e_digits(value, precision + 1, digits, &exponent);
        format_e(out, digits, n, exponent + 1, precision, format);
}

void number_format_float(GString *out, double value, char format, int precision)
{
        if (isnan(value)) {
                g_string_append(out, "NaN");
                return;
        }
        if (isinf(value)) {
                g_string_append(out, value < 0 ? "-Inf" : "+Inf");
                return;
        }
        if (signbit(value)) {
                g_string_append_c(out, '-');
                value = -value;
        }
        if (format == 'b') {
                format_b(out, value);
        } else if (format == 'x' || format == 'X') {
                format_x(out, value, precision, format == 'X');
        } else if (precision < 0) {
                format_shortest(out, value, format);
        } else {
                format_precise(out, value, format, precision);
        }
}
