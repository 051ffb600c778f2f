#include "template/fmt-scalar.h"

#include "template/number-format.h"
#include "template/quote.h"
#include "template/rune.h"

static const char lower_digits[] = "0123456789abcdefx";
static const char upper_digits[] = "0123456789ABCDEFX";

static void put_unicode(Printer *p, uint64_t u)
{
        g_autoptr(GString) text = g_string_new("U+");
        char digits[24];
        int n = g_snprintf(digits, sizeof digits, "%" G_GINT64_MODIFIER "X", u);
        int precision = p->has_precision && p->precision > 4 ? p->precision : 4;

        for (int i = n; i < precision; i++)
                g_string_append_c(text, '0');
        g_string_append(text, digits);
        if (p->sharp && u <= RUNE_MAX && rune_is_print((gunichar) u)) {
                g_string_append(text, " '");
                rune_append(text, (gunichar) u);
                g_string_append_c(text, '\'');
        }
        printer_pad_without_zeros(p, text->str, text->len);
}

static void put_digits(GString *text, uint64_t u, unsigned base, const char *digits, int precision)
{
        char buffer[64];
        int n = 0;

        do {
                buffer[n++] = digits[u % base];
                u /= base;
        } while (u > 0);
        for (int i = n; i < precision; i++)
                g_string_append_c(text, '0');
        while (n > 0)
                g_string_append_c(text, buffer[--n]);
}

static void put_integer(Printer *p, uint64_t u, unsigned base, bool is_signed, gunichar verb,
                        const char *digits)
{
        bool negative = is_signed && (int64_t) u < 0;
        int precision = 0;
        g_autoptr(GString) number = NULL;
        GString *text;

        if (negative)
                u = 0 - u;
        if (p->has_precision) {
                precision = p->precision;
                if (precision == 0 && u == 0) {
                        bool zero = p->zero;

                        p->zero = false;
                        printer_put_padding(p, p->width);
                        p->zero = zero;
                        return;
                }
        } else if (p->zero && !p->minus && p->has_width) {
                precision = p->width;
                if (negative || p->plus || p->space)
                        precision--;
        }
        if (!printer_has_room(p, (size_t) precision))
                return;
        text = number = g_string_new(NULL);
        if (negative)
                g_string_append_c(text, '-');
        else if (p->plus)
                g_string_append_c(text, '+');
        else if (p->space)
                g_string_append_c(text, ' ');
        if (verb == 'O')
                g_string_append(text, "0o");
        if (p->sharp && base == 2)
                g_string_append(text, "0b");
        if (p->sharp && base == 16) {
                g_string_append_c(text, '0');
                g_string_append_c(text, digits[16]);
        }
        gsize start = text->len;

        put_digits(text, u, base, digits, precision);
        if (p->sharp && base == 8 && text->str[start] != '0')
                g_string_insert_c(text, (gssize) start, '0');
        printer_pad_without_zeros(p, text->str, text->len);
}

static void put_rune_padded(Printer *p, uint64_t c)
{
        g_autoptr(GString) text = g_string_new(NULL);

        rune_append(text, c > RUNE_MAX ? RUNE_ERROR : (gunichar) c);
        printer_pad(p, text->str, text->len);
}

static void put_rune_quoted(Printer *p, uint64_t c)
{
        g_autoptr(GString) text = g_string_new(NULL);

        quote_rune(text, c > RUNE_MAX ? RUNE_ERROR : (gunichar) c, p->plus);
        printer_pad(p, text->str, text->len);
}

void fmt_hex(Printer *p, uint64_t u, bool prefix)
{
        bool sharp = p->sharp;

        p->sharp = prefix;
        put_integer(p, u, 16, false, 'v', lower_digits);
        p->sharp = sharp;
}

bool fmt_integer(Printer *p, uint64_t u, bool is_signed, gunichar verb)
{
        switch (verb) {
        case 'v':
                if (p->sharp_v && !is_signed)
                        fmt_hex(p, u, true);
                else
                        put_integer(p, u, 10, is_signed, verb, lower_digits);
                return true;
        case 'd':
                put_integer(p, u, 10, is_signed, verb, lower_digits);
                return true;
        case 'b':
                put_integer(p, u, 2, is_signed, verb, lower_digits);
                return true;
        case 'o':
        case 'O':
                put_integer(p, u, 8, is_signed, verb, lower_digits);
                return true;
        case 'x':
                put_integer(p, u, 16, is_signed, verb, lower_digits);
                return true;
        case 'X':
                put_integer(p, u, 16, is_signed, verb, upper_digits);
                return true;
        case 'c':
                put_rune_padded(p, u);
                return true;
        case 'q':
                put_rune_quoted(p, u);
                return true;
        case 'U':
                put_unicode(p, u);
                return true;
        default:
                return false;
        }
}

/* The # flag: a decimal point always, and zeros up to the precision */
static void sharpen_float(GString *num, gunichar verb, int precision)
{
        g_autoptr(GString) tail = g_string_new(NULL);
        int digits = 0;
        bool point = false, nonzero = false;

        if (verb == 'v' || verb == 'g' || verb == 'G' || verb == 'x')
                digits = precision == -1 ? 6 : precision;
        for (gsize i = 1; i < num->len; i++) {
                char c = num->str[i];

                if (c == '.') {
                        point = true;
                } else if (c == 'p' || c == 'P' ||
                           ((c == 'e' || c == 'E') && verb != 'x' && verb != 'X')) {
                        g_string_assign(tail, num->str + i);
                        g_string_truncate(num, i);
                } else {
                        nonzero |= c != '0';
                        if (nonzero)
                                digits--;
                }
        }
        if (!point) {
                if (num->len == 2 && num->str[1] == '0')
                        digits--;
                g_string_append_c(num, '.');
        }
        for (; digits > 0; digits--)
                g_string_append_c(num, '0');
        g_string_append(num, tail->str);
}

static void put_float(Printer *p, double f, char verb, int precision)
{
        g_autoptr(GString) num = g_string_new(NULL);
        gsize from = 0;

        if (p->has_precision)
                precision = p->precision;
        if (!printer_has_room(p, precision > 0 ? (size_t) precision : 0))
                return;
        number_format_float(num, f, verb, precision);
        if (num->str[0] != '-' && num->str[0] != '+')
                g_string_prepend_c(num, '+');
        if (p->space && num->str[0] == '+' && !p->plus)
                num->str[0] = ' ';
        if (num->str[1] == 'I' || num->str[1] == 'N') {
                if (num->str[1] == 'N' && !p->space && !p->plus)
                        from = 1;
                printer_pad_without_zeros(p, num->str + from, num->len - from);
                return;
        }
        if (p->sharp && verb != 'b')
                sharpen_float(num, (gunichar) verb, precision);
        if (p->plus || num->str[0] != '+') {
                if (p->zero && !p->minus && p->has_width && p->width > (int) num->len) {
                        printer_put_c(p, num->str[0]);
                        printer_put_padding(p, p->width - (int) num->len);
                        printer_put_n(p, num->str + 1, num->len - 1);
                        return;
                }
                printer_pad(p, num->str, num->len);
                return;
        }
        printer_pad(p, num->str + 1, num->len - 1);
}

bool fmt_float(Printer *p, double f, gunichar verb)
{
        switch (verb) {
        case 'v':
                put_float(p, f, 'g', -1);
                return true;
        case 'b':
        case 'g':
        case 'G':
        case 'x':
        case 'X':
                put_float(p, f, (char) verb, -1);
                return true;
        case 'e':
        case 'E':
        case 'f':
                put_float(p, f, verb == 'E' ? 'E' : (char) verb, 6);
                return true;
        case 'F':
                put_float(p, f, 'f', 6);
                return true;
        default:
                return false;
        }
}

bool fmt_complex(Printer *p, const double c[2], gunichar verb)
{
        bool plus = p->plus;

        if (!printer_verb_in(verb, "vbgGxXfFeE"))
                return false;
        printer_put_c(p, '(');
        fmt_float(p, c[0], verb);
        p->plus = true;
        fmt_float(p, c[1], verb);
        printer_put(p, "i)");
        p->plus = plus;
        return true;
}

static void put_hex(Printer *p, const char *s, size_t n, const char *digits)
{
        size_t width;

        if (p->has_precision && (size_t) p->precision < n)
                n = (size_t) p->precision;
        width = 2 * n;
        if (width == 0) {
                if (p->has_width)
                        printer_put_padding(p, p->width);
                return;
        }
        if (p->space) {
                if (p->sharp)
                        width *= 2;
                width += n - 1;
        } else if (p->sharp) {
                width += 2;
        }
        if (!printer_has_room(p, width))
                return;
        if (p->has_width && (size_t) p->width > width && !p->minus)
                printer_put_padding(p, p->width - (int) width);
        for (size_t i = 0; i < n; i++) {
                if (p->space && i > 0)
                        printer_put_c(p, ' ');
                if (p->sharp && (p->space || i == 0)) {
                        printer_put_c(p, '0');
                        printer_put_c(p, digits[16]);
                }
                printer_put_c(p, digits[(unsigned char) s[i] >> 4]);
                printer_put_c(p, digits[(unsigned char) s[i] & 15]);
        }
        if (p->has_width && (size_t) p->width > width && p->minus)
                printer_put_padding(p, p->width - (int) width);
}

static void put_quoted(Printer *p, const char *s, size_t n)
{
        g_autoptr(GString) text = g_string_new(NULL);

        n = printer_truncated(p, s, n);
        if (!printer_has_room(p, n))
                return;
        if (p->sharp && quote_can_backquote(s, n)) {
                g_string_append_c(text, '`');
                g_string_append_len(text, s, (gssize) n);
                g_string_append_c(text, '`');
        } else {
                quote_text(text, s, n, p->plus);
        }
        printer_pad(p, text->str, text->len);
}

bool fmt_string(Printer *p, const char *s, size_t n, gunichar verb)
{
        switch (verb) {
        case 'v':
                if (p->sharp_v)
                        put_quoted(p, s, n);
                else
                        printer_pad(p, s, printer_truncated(p, s, n));
                return true;
        case 's':
                printer_pad(p, s, printer_truncated(p, s, n));
                return true;
        case 'x':
                put_hex(p, s, n, lower_digits);
                return true;
        case 'X':
                put_hex(p, s, n, upper_digits);
                return true;
        case 'q':
                put_quoted(p, s, n);
                return true;
        default:
                return false;
        }
}
