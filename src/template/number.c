#include "template/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "template/rune.h"

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

static void append_escaped(GString *out, gunichar r, char quote, bool ascii_only)
{
        static const char letters[] = "abtnvfr"; /* from 7 on */

        if (r == (gunichar) quote || r == '\\') {
                g_string_append_c(out, '\\');
                g_string_append_c(out, (char) r);
        } else if (r >= 0x20 && r < 0x7F) {
                g_string_append_c(out, (char) r);
        } else if (!ascii_only && r >= 0x80 && rune_is_print(r)) {
                rune_append(out, r);
        } else if (r >= 7 && r <= 13) {
                g_string_append_c(out, '\\');
                g_string_append_c(out, letters[r - 7]);
        } else if (r < ' ' || r == 0x7F) {
                g_string_append_printf(out, "\\x%02x", r);
        } else if (r < 0x10000) {
                g_string_append_printf(out, "\\u%04x", r);
        } else {
                g_string_append_printf(out, "\\U%08x", r);
        }
}

void number_quote(GString *out, const char *s, size_t n, bool ascii_only)
{
        size_t width;

        g_string_append_c(out, '"');
        for (size_t i = 0; i < n; i += width) {
                gunichar r = rune_decode(s + i, n - i, &width);

                if (width == 1 && r == RUNE_ERROR)
                        g_string_append_printf(out, "\\x%02x", (unsigned char) s[i]);
                else
                        append_escaped(out, r, '"', ascii_only);
        }
        g_string_append_c(out, '"');
}

void number_quote_rune(GString *out, gunichar r, bool ascii_only)
{
        if (r > RUNE_MAX || (r >= 0xD800 && r <= 0xDFFF))
                r = RUNE_ERROR;
        g_string_append_c(out, '\'');
        append_escaped(out, r, '\'', ascii_only);
        g_string_append_c(out, '\'');
}

bool number_can_backquote(const char *s, size_t n)
{
        size_t width;

        for (size_t i = 0; i < n; i += width) {
                gunichar r = rune_decode(s + i, n - i, &width);

                if (width > 1) {
                        if (r == 0xFEFF)
                                return false;
                        continue;
                }
                if (r == RUNE_ERROR || (r < ' ' && r != '\t') || r == '`' || r == 0x7F)
                        return false;
        }
        return true;
}

static bool unquote_escape(const char *s, size_t n, char quote, gunichar *ret_rune,
                           bool *ret_is_byte, size_t *ret_width)
{
        static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
        const char *at;
        size_t n_digits;
        gunichar r = 0;

        if (n < 2)
                return false;
        *ret_width = 2;
        if (s[1] != '\0' && (at = strchr(from, s[1])) != NULL) {
                *ret_rune = (gunichar) to[at - from];
                return true;
        }
        if ((s[1] == '\'' || s[1] == '"') && s[1] == quote) {
                *ret_rune = (gunichar) s[1];
                return true;
        }
        if (s[1] >= '0' && s[1] <= '7') {
                if (n < 4)
                        return false;
                for (size_t i = 1; i < 4; i++) {
                        if (s[i] < '0' || s[i] > '7')
                                return false;
                        r = r * 8 + (gunichar) (s[i] - '0');
                }
                *ret_is_byte = true;
                *ret_rune = r;
                *ret_width = 4;
                return r <= 255;
        }
        n_digits = s[1] == 'x' ? 2 : s[1] == 'u' ? 4 : s[1] == 'U' ? 8 : 0;
        if (n_digits == 0 || n < 2 + n_digits)
                return false;
        for (size_t i = 2; i < 2 + n_digits; i++) {
                if (!g_ascii_isxdigit(s[i]))
                        return false;
                r = r << 4 | (gunichar) g_ascii_xdigit_value(s[i]);
        }
        *ret_rune = r;
        *ret_width = 2 + n_digits;
        if (s[1] == 'x') {
                *ret_is_byte = true;
                return true;
        }
        return r <= RUNE_MAX && !(r >= 0xD800 && r <= 0xDFFF);
}

bool number_unquote_char(const char *s, size_t n, char quote, gunichar *ret_rune, bool *ret_is_byte,
                         size_t *ret_width)
{
        *ret_is_byte = false;
        if (n == 0 || (s[0] == quote && (quote == '\'' || quote == '"')))
                return false;
        if (s[0] != '\\') {
                *ret_rune = rune_decode(s, n, ret_width);
                return true;
        }
        return unquote_escape(s, n, quote, ret_rune, ret_is_byte, ret_width);
}

bool number_unquote(GString *out, const char *s, size_t n)
{
        char quote;

        if (n < 2 || s[0] != s[n - 1] || (s[0] != '"' && s[0] != '`'))
                return false;
        quote = s[0];
        s++;
        n -= 2;
        if (quote == '`') {
                for (size_t i = 0; i < n; i++)
                        if (s[i] != '\r')
                                g_string_append_c(out, s[i]);
                return memchr(s, '`', n) == NULL;
        }
        for (size_t i = 0, width; i < n; i += width) {
                gunichar r;
                bool is_byte;

                if (s[i] == '\n' || !number_unquote_char(s + i, n - i, '"', &r, &is_byte, &width))
                        return false;
                if (is_byte)
                        g_string_append_c(out, (char) r);
                else if (r == RUNE_ERROR && width == 1)
                        rune_append(out, RUNE_ERROR);
                else
                        rune_append(out, r);
        }
        return true;
}
