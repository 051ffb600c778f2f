#include "template/fmt.h"

#include <math.h>
#include <string.h>

#include "template/gotime.h"
#include "template/number.h"
#include "template/rune.h"
#include "template/semver.h"

#define NUMBER_MAX                                                                                 \
        1000000        /* widths, precisions and argument numbers are refused above it, as in Go */
#define DEPTH_MAX 1000 /* lists and maps in each other */

static const char lower_digits[] = "0123456789abcdefx";
static const char upper_digits[] = "0123456789ABCDEFX";

typedef struct Printer {
        GString *out;
        size_t max;
        Arena *scratch; /* for sorted maps; made when needed */
        bool failed;
        int width, precision;
        bool has_width, has_precision;
        bool minus, plus, sharp, space, zero;
        bool plus_v, sharp_v;
        bool erroring; /* within %!verb(...): no methods */
        bool reordered, good_arg_number;
} Printer;

static void print_value(Printer *p, Value v, gunichar verb, unsigned depth);
static void print_arg(Printer *p, Value v, gunichar verb);

static void clear_flags(Printer *p)
{
        p->width = p->precision = 0;
        p->has_width = p->has_precision = false;
        p->minus = p->plus = p->sharp = p->space = p->zero = false;
        p->plus_v = p->sharp_v = false;
}

static bool room(Printer *p, size_t n)
{
        if (p->failed || n > p->max || p->out->len > p->max - n)
                p->failed = true;
        return !p->failed;
}

static void put_n(Printer *p, const char *s, size_t n)
{
        if (room(p, n))
                g_string_append_len(p->out, s, (gssize) n);
}

static void put(Printer *p, const char *s)
{
        put_n(p, s, strlen(s));
}

static void put_c(Printer *p, char c)
{
        if (room(p, 1))
                g_string_append_c(p->out, c);
}

static void put_rune(Printer *p, gunichar r)
{
        if (room(p, 4))
                rune_append(p->out, r);
}

static void padding(Printer *p, int n)
{
        gsize start = p->out->len;

        if (n <= 0 || !room(p, (size_t) n))
                return;
        g_string_set_size(p->out, start + (gsize) n);
        memset(p->out->str + start, p->zero && !p->minus ? '0' : ' ', (size_t) n);
}

static void pad(Printer *p, const char *s, size_t n)
{
        int missing;

        if (!p->has_width || p->width == 0) {
                put_n(p, s, n);
                return;
        }
        missing = p->width - (int) MIN(rune_count(s, n), NUMBER_MAX);
        if (!p->minus)
                padding(p, missing);
        put_n(p, s, n);
        if (p->minus)
                padding(p, missing);
}

static void pad_without_zeros(Printer *p, const char *s, size_t n)
{
        bool zero = p->zero;

        p->zero = false;
        pad(p, s, n);
        p->zero = zero;
}

static void bad_verb(Printer *p, Value v, gunichar verb)
{
        p->erroring = true;
        put(p, "%!");
        put_rune(p, verb);
        put_c(p, '(');
        if (v.type == VALUE_MISSING || v.type == VALUE_NIL) {
                put(p, "<nil>");
        } else {
                put(p, value_type_name((ValueType) v.type));
                put_c(p, '=');
                print_arg(p, v, 'v');
        }
        put_c(p, ')');
        p->erroring = false;
}

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
        pad_without_zeros(p, text->str, text->len);
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
                        padding(p, p->width);
                        p->zero = zero;
                        return;
                }
        } else if (p->zero && !p->minus && p->has_width) {
                precision = p->width;
                if (negative || p->plus || p->space)
                        precision--;
        }
        if (!room(p, (size_t) precision))
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
        pad_without_zeros(p, text->str, text->len);
}

static void put_rune_padded(Printer *p, uint64_t c)
{
        g_autoptr(GString) text = g_string_new(NULL);

        rune_append(text, c > RUNE_MAX ? RUNE_ERROR : (gunichar) c);
        pad(p, text->str, text->len);
}

static void put_rune_quoted(Printer *p, uint64_t c)
{
        g_autoptr(GString) text = g_string_new(NULL);

        number_quote_rune(text, c > RUNE_MAX ? RUNE_ERROR : (gunichar) c, p->plus);
        pad(p, text->str, text->len);
}

static void hex_with_prefix(Printer *p, uint64_t u, bool prefix)
{
        bool sharp = p->sharp;

        p->sharp = prefix;
        put_integer(p, u, 16, false, 'v', lower_digits);
        p->sharp = sharp;
}

static void format_integer(Printer *p, Value v, uint64_t u, bool is_signed, gunichar verb)
{
        switch (verb) {
        case 'v':
                if (p->sharp_v && !is_signed)
                        hex_with_prefix(p, u, true);
                else
                        put_integer(p, u, 10, is_signed, verb, lower_digits);
                return;
        case 'd':
                put_integer(p, u, 10, is_signed, verb, lower_digits);
                return;
        case 'b':
                put_integer(p, u, 2, is_signed, verb, lower_digits);
                return;
        case 'o':
        case 'O':
                put_integer(p, u, 8, is_signed, verb, lower_digits);
                return;
        case 'x':
                put_integer(p, u, 16, is_signed, verb, lower_digits);
                return;
        case 'X':
                put_integer(p, u, 16, is_signed, verb, upper_digits);
                return;
        case 'c':
                put_rune_padded(p, u);
                return;
        case 'q':
                put_rune_quoted(p, u);
                return;
        case 'U':
                put_unicode(p, u);
                return;
        default:
                bad_verb(p, v, verb);
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
        if (!room(p, precision > 0 ? (size_t) precision : 0))
                return;
        number_format_float(num, f, verb, precision);
        if (num->str[0] != '-' && num->str[0] != '+')
                g_string_prepend_c(num, '+');
        if (p->space && num->str[0] == '+' && !p->plus)
                num->str[0] = ' ';
        if (num->str[1] == 'I' || num->str[1] == 'N') {
                if (num->str[1] == 'N' && !p->space && !p->plus)
                        from = 1;
                pad_without_zeros(p, num->str + from, num->len - from);
                return;
        }
        if (p->sharp && verb != 'b')
                sharpen_float(num, (gunichar) verb, precision);
        if (p->plus || num->str[0] != '+') {
                if (p->zero && !p->minus && p->has_width && p->width > (int) num->len) {
                        put_c(p, num->str[0]);
                        padding(p, p->width - (int) num->len);
                        put_n(p, num->str + 1, num->len - 1);
                        return;
                }
                pad(p, num->str, num->len);
                return;
        }
        pad(p, num->str + 1, num->len - 1);
}

static void format_float(Printer *p, Value v, double f, gunichar verb)
{
        switch (verb) {
        case 'v':
                put_float(p, f, 'g', -1);
                return;
        case 'b':
        case 'g':
        case 'G':
        case 'x':
        case 'X':
                put_float(p, f, (char) verb, -1);
                return;
        case 'e':
        case 'E':
        case 'f':
                put_float(p, f, verb == 'E' ? 'E' : (char) verb, 6);
                return;
        case 'F':
                put_float(p, f, 'f', 6);
                return;
        default:
                bad_verb(p, v, verb);
        }
}

static void format_complex(Printer *p, Value v, gunichar verb)
{
        bool plus = p->plus;

        if (verb > 0x7F || strchr("vbgGxXfFeE", (int) verb) == NULL) {
                bad_verb(p, v, verb);
                return;
        }
        put_c(p, '(');
        format_float(p, v, v.c[0], verb);
        p->plus = true;
        format_float(p, v, v.c[1], verb);
        put(p, "i)");
        p->plus = plus;
}

static size_t truncated(const Printer *p, const char *s, size_t n)
{
        int left = p->precision;
        size_t width;

        if (!p->has_precision)
                return n;
        for (size_t i = 0; i < n; i += width) {
                if (--left < 0)
                        return i;
                rune_decode(s + i, n - i, &width);
        }
        return n;
}

static void put_hex(Printer *p, const char *s, size_t n, const char *digits)
{
        size_t width;

        if (p->has_precision && (size_t) p->precision < n)
                n = (size_t) p->precision;
        width = 2 * n;
        if (width == 0) {
                if (p->has_width)
                        padding(p, p->width);
                return;
        }
        if (p->space) {
                if (p->sharp)
                        width *= 2;
                width += n - 1;
        } else if (p->sharp) {
                width += 2;
        }
        if (!room(p, width))
                return;
        if (p->has_width && (size_t) p->width > width && !p->minus)
                padding(p, p->width - (int) width);
        for (size_t i = 0; i < n; i++) {
                if (p->space && i > 0)
                        put_c(p, ' ');
                if (p->sharp && (p->space || i == 0)) {
                        put_c(p, '0');
                        put_c(p, digits[16]);
                }
                put_c(p, digits[(unsigned char) s[i] >> 4]);
                put_c(p, digits[(unsigned char) s[i] & 15]);
        }
        if (p->has_width && (size_t) p->width > width && p->minus)
                padding(p, p->width - (int) width);
}

static void put_quoted(Printer *p, const char *s, size_t n)
{
        g_autoptr(GString) text = g_string_new(NULL);

        n = truncated(p, s, n);
        if (!room(p, n))
                return;
        if (p->sharp && number_can_backquote(s, n)) {
                g_string_append_c(text, '`');
                g_string_append_len(text, s, (gssize) n);
                g_string_append_c(text, '`');
        } else {
                number_quote(text, s, n, p->plus);
        }
        pad(p, text->str, text->len);
}

static void format_string(Printer *p, Value v, const char *s, size_t n, gunichar verb)
{
        switch (verb) {
        case 'v':
                if (p->sharp_v)
                        put_quoted(p, s, n);
                else
                        pad(p, s, truncated(p, s, n));
                return;
        case 's':
                pad(p, s, truncated(p, s, n));
                return;
        case 'x':
                put_hex(p, s, n, lower_digits);
                return;
        case 'X':
                put_hex(p, s, n, upper_digits);
                return;
        case 'q':
                put_quoted(p, s, n);
                return;
        default:
                bad_verb(p, v, verb);
        }
}

/* What a type's String or GoString method gives; false where it has none */
static bool stringer(Value v, bool go_syntax, GString *text)
{
        switch (v.type) {
        case VALUE_TIME:
                if (go_syntax)
                        gotime_go_string(text, v.time);
                else
                        gotime_string(text, v.time);
                return true;
        case VALUE_DURATION:
                if (!go_syntax)
                        gotime_duration_string(text, v.i);
                return !go_syntax;
        case VALUE_MONTH:
                if (!go_syntax)
                        gotime_month_string(text, v.i);
                return !go_syntax;
        case VALUE_WEEKDAY:
                if (!go_syntax)
                        gotime_weekday_string(text, v.i);
                return !go_syntax;
        case VALUE_LOCATION:
                if (!go_syntax)
                        g_string_append(text, v.s != NULL ? v.s : "UTC");
                return !go_syntax;
        case VALUE_VERSION:
        case VALUE_VERSION_STRUCT:
                if (!go_syntax)
                        semver_string(text, v.version);
                return !go_syntax;
        default:
                return false;
        }
}

static bool handle_methods(Printer *p, Value v, gunichar verb)
{
        g_autoptr(GString) text = NULL;

        if (p->erroring)
                return false;
        if (verb == 'w') {
                bad_verb(p, v, verb);
                return true;
        }
        if (v.type < VALUE_TIME || v.type == VALUE_CERTIFICATE)
                return false;
        if (!p->sharp_v && (verb > 0x7F || strchr("vsxXq", (int) verb) == NULL))
                return false;
        text = g_string_new(NULL);
        if (!stringer(v, p->sharp_v, text))
                return false;
        if (p->sharp_v)
                pad(p, text->str, truncated(p, text->str, text->len));
        else
                format_string(p, v, text->str, text->len, verb);
        return true;
}

static void print_map(Printer *p, Value v, gunichar verb, unsigned depth)
{
        const ValuePair *pairs;

        if (p->sharp_v) {
                put(p, value_type_name((ValueType) v.type));
                if (v.map == NULL) {
                        put(p, "(nil)");
                        return;
                }
                put_c(p, '{');
        } else {
                put(p, "map[");
        }
        if (p->scratch == NULL)
                p->scratch = arena_new();
        pairs = value_map_sorted(p->scratch, v.map);
        for (size_t i = 0; i < value_map_size(v.map) && !p->failed; i++) {
                if (i > 0)
                        put(p, p->sharp_v ? ", " : " ");
                print_value(p, pairs[i].key, verb, depth + 1);
                put_c(p, ':');
                print_value(p, pairs[i].item, verb, depth + 1);
        }
        put_c(p, p->sharp_v ? '}' : ']');
}

static void print_bytes(Printer *p, Value v, gunichar verb)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (size_t i = 0; i < value_list_size(v); i++)
                g_string_append_c(text, (char) v.list->items[i].u);
        format_string(p, v, text->str, text->len, verb);
}

static void print_list(Printer *p, Value v, gunichar verb, unsigned depth)
{
        size_t n = value_list_size(v);

        if (v.type == VALUE_BYTES && (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X')) {
                print_bytes(p, v, verb);
                return;
        }
        if (p->sharp_v) {
                put(p, v.type == VALUE_BYTES ? "[]byte" : value_type_name((ValueType) v.type));
                if (v.list == NULL) {
                        put(p, "(nil)");
                        return;
                }
        }
        put_c(p, p->sharp_v ? '{' : '[');
        for (size_t i = 0; i < n && !p->failed; i++) {
                if (i > 0)
                        put(p, p->sharp_v ? ", " : " ");
                if (p->sharp_v && v.type == VALUE_BYTES)
                        hex_with_prefix(p, v.list->items[i].u, true);
                else
                        print_value(p, v.list->items[i], verb, depth + 1);
        }
        put_c(p, p->sharp_v ? '}' : ']');
}

/* The structs that templates can get: their fields in Go's order */
static void print_struct(Printer *p, Value v, gunichar verb, unsigned depth)
{
        static const char *const version[] = { "major", "minor",    "patch",
                                               "pre",   "metadata", "original" };
        static const char *const certificate[] = { "Cert", "Key" };
        static const char *const time[] = { "wall", "ext", "loc" };
        Value fields[6];
        const char *const *names = version;
        size_t n = 6;

        if (v.type == VALUE_CERTIFICATE) {
                names = certificate;
                n = 2;
                fields[0] = v.certificate->cert;
                fields[1] = v.certificate->key;
        } else if (v.type == VALUE_TIME) {
                names = time;
                n = 3;
                fields[0] = value_uint64((uint64_t) v.time->nsec);
                fields[1] = value_int64((int64_t) ((uint64_t) v.time->unix_s + 62135596800u));
                fields[2] = (Value){ .type = VALUE_LOCATION };
        } else {
                fields[0] = value_uint64(v.version->major);
                fields[1] = value_uint64(v.version->minor);
                fields[2] = value_uint64(v.version->patch);
                fields[3] = value_string(v.version->prerelease);
                fields[4] = value_string(v.version->metadata);
                fields[5] = value_string(v.version->original);
        }
        if (p->sharp_v)
                put(p, value_type_name(v.type == VALUE_VERSION ? VALUE_VERSION_STRUCT
                                                               : (ValueType) v.type));
        put_c(p, '{');
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        put(p, p->sharp_v ? ", " : " ");
                if (p->plus_v || p->sharp_v) {
                        put(p, names[i]);
                        put_c(p, ':');
                }
                print_value(p, fields[i], verb, depth + 1);
        }
        put_c(p, '}');
}

static void print_pointer(Printer *p, Value v, gunichar verb, unsigned depth)
{
        if (v.s == NULL) {
                if (p->sharp_v) {
                        put_c(p, '(');
                        put(p, value_type_name((ValueType) v.type));
                        put(p, ")(nil)");
                } else if (verb == 'v') {
                        pad(p, "<nil>", 5);
                } else if (verb < 0x80 && strchr("bodxX", (int) verb) != NULL) {
                        format_integer(p, v, 0, false, verb);
                } else {
                        bad_verb(p, v, verb);
                }
        } else if (v.type == VALUE_VERSION && depth == 0) {
                put_c(p, '&');
                print_struct(p, v, verb, depth);
        } else if (p->sharp_v) { /* where Go shows an address, this one is shown */
                put_c(p, '(');
                put(p, value_type_name((ValueType) v.type));
                put(p, ")(0xc000000000)");
        } else {
                hex_with_prefix(p, 0xc000000000, !p->sharp);
        }
}

static void print_value(Printer *p, Value v, gunichar verb, unsigned depth)
{
        if (p->failed)
                return;
        if (depth > DEPTH_MAX) {
                p->failed = true;
                return;
        }
        if (depth > 0 && handle_methods(p, v, verb))
                return;
        switch (value_kind(v)) {
        case KIND_INVALID:
        case KIND_INTERFACE:
                put(p, p->sharp_v ? "interface {}(nil)" : "<nil>");
                return;
        case KIND_BOOL:
                if (verb == 't' || verb == 'v')
                        pad(p, v.b ? "true" : "false", v.b ? 4 : 5);
                else
                        bad_verb(p, v, verb);
                return;
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
                format_integer(p, v, v.u, true, verb);
                return;
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                format_integer(p, v, v.u, false, verb);
                return;
        case KIND_FLOAT64:
                format_float(p, v, v.f, verb);
                return;
        case KIND_COMPLEX128:
                format_complex(p, v, verb);
                return;
        case KIND_STRING:
                format_string(p, v, v.s, v.len, verb);
                return;
        case KIND_SLICE:
                print_list(p, v, verb, depth);
                return;
        case KIND_MAP:
                print_map(p, v, verb, depth);
                return;
        case KIND_STRUCT:
                print_struct(p, v, verb, depth);
                return;
        case KIND_PTR:
                print_pointer(p, v, verb, depth);
                return;
        }
}

static void print_arg(Printer *p, Value v, gunichar verb)
{
        if (v.type == VALUE_MISSING || v.type == VALUE_NIL) {
                if (verb == 'T' || verb == 'v')
                        pad(p, "<nil>", 5);
                else
                        bad_verb(p, v, verb);
                return;
        }
        if (verb == 'T') {
                const char *name = value_type_name((ValueType) v.type);

                pad(p, name, truncated(p, name, strlen(name)));
                return;
        }
        if (verb == 'p') {
                if (value_kind(v) == KIND_SLICE || value_kind(v) == KIND_MAP ||
                    value_kind(v) == KIND_PTR)
                        hex_with_prefix(p, (uint64_t) (uintptr_t) v.s, !p->sharp);
                else
                        bad_verb(p, v, verb);
                return;
        }
        if (v.type >= VALUE_LIST && v.type != VALUE_BYTES && handle_methods(p, v, verb))
                return;
        print_value(p, v, verb, 0);
}

static bool too_large(int64_t n)
{
        return n > NUMBER_MAX || n < -NUMBER_MAX;
}

static bool parse_number(const char *s, size_t start, size_t end, int *ret, size_t *ret_next)
{
        int n = 0;
        bool found = false;
        size_t i;

        *ret = 0;
        for (i = start; i < end && g_ascii_isdigit(s[i]); i++) {
                if (too_large(n)) {
                        *ret_next = end;
                        return false;
                }
                n = n * 10 + (s[i] - '0');
                found = true;
        }
        *ret = n;
        *ret_next = i;
        return found;
}

static bool int_from_arg(const Value *args, size_t n_args, size_t *at, int *ret)
{
        int64_t n = 0;
        bool ok = false;

        *ret = 0;
        if (*at < n_args) {
                Value v = args[*at];

                if (value_is_signed(v)) {
                        n = v.i;
                        ok = true;
                } else if (value_is_unsigned(v) && v.u <= INT64_MAX) {
                        n = (int64_t) v.u;
                        ok = true;
                }
                ++*at;
                if (too_large(n))
                        return false;
        }
        *ret = (int) n;
        return ok;
}

/* "[3]" at s[*i]: which argument comes next */
static bool arg_number(Printer *p, const char *s, size_t end, size_t n_args, size_t *i, size_t *arg)
{
        size_t close;
        size_t next;
        int n;

        if (*i >= end || s[*i] != '[')
                return false;
        p->reordered = true;
        if (end - *i < 3) {
                p->good_arg_number = false;
                ++*i;
                return false;
        }
        for (close = *i + 1; close < end && s[close] != ']'; close++)
                ;
        if (close >= end) {
                p->good_arg_number = false;
                ++*i;
                return false;
        }
        bool ok = parse_number(s, *i + 1, close, &n, &next) && next == close;

        *i = close + 1;
        if (ok && n >= 1 && (size_t) n <= n_args) {
                *arg = (size_t) n - 1;
                return true;
        }
        p->good_arg_number = false;
        return ok;
}

static size_t parse_flags(Printer *p, const char *s, size_t i, size_t end)
{
        for (; i < end; i++) {
                switch (s[i]) {
                case '#':
                        p->sharp = true;
                        break;
                case '0':
                        p->zero = true;
                        break;
                case '+':
                        p->plus = true;
                        break;
                case '-':
                        p->minus = true;
                        break;
                case ' ':
                        p->space = true;
                        break;
                default:
                        return i;
                }
        }
        return i;
}

static void go_syntax_flags(Printer *p)
{
        p->sharp_v = p->sharp;
        p->sharp = false;
        p->plus_v = p->plus;
        p->plus = false;
}

static size_t parse_width(Printer *p, const char *s, size_t i, size_t end, const Value *args,
                          size_t n_args, size_t *arg, bool *after_index)
{
        if (i < end && s[i] == '*') {
                i++;
                p->has_width = int_from_arg(args, n_args, arg, &p->width);
                if (!p->has_width)
                        put(p, "%!(BADWIDTH)");
                if (p->width < 0) {
                        p->width = -p->width;
                        p->minus = true;
                        p->zero = false;
                }
                *after_index = false;
                return i;
        }
        p->has_width = parse_number(s, i, end, &p->width, &i);
        if (*after_index && p->has_width)
                p->good_arg_number = false;
        return i;
}

static size_t parse_precision(Printer *p, const char *s, size_t i, size_t end, const Value *args,
                              size_t n_args, size_t *arg, bool *after_index)
{
        if (i + 1 >= end || s[i] != '.') /* a point at the end is a verb */
                return i;
        i++;
        if (*after_index)
                p->good_arg_number = false;
        *after_index = arg_number(p, s, end, n_args, &i, arg);
        if (i < end && s[i] == '*') {
                i++;
                p->has_precision = int_from_arg(args, n_args, arg, &p->precision);
                if (p->precision < 0) {
                        p->precision = 0;
                        p->has_precision = false;
                }
                if (!p->has_precision)
                        put(p, "%!(BADPREC)");
                *after_index = false;
                return i;
        }
        if (!parse_number(s, i, end, &p->precision, &i))
                p->precision = 0;
        p->has_precision = true;
        return i;
}

static void extra_args(Printer *p, const Value *args, size_t n_args, size_t from)
{
        clear_flags(p);
        put(p, "%!(EXTRA ");
        for (size_t i = from; i < n_args; i++) {
                if (i > from)
                        put(p, ", ");
                if (args[i].type == VALUE_MISSING || args[i].type == VALUE_NIL) {
                        put(p, "<nil>");
                } else {
                        put(p, value_type_name((ValueType) args[i].type));
                        put_c(p, '=');
                        print_arg(p, args[i], 'v');
                }
        }
        put_c(p, ')');
}

static void bad_directive(Printer *p, gunichar verb, const char *what)
{
        put(p, "%!");
        put_rune(p, verb);
        put(p, what);
}

static void do_printf(Printer *p, const char *s, size_t end, const Value *args, size_t n_args)
{
        size_t arg = 0, width;
        bool after_index;

        p->reordered = false;
        for (size_t i = 0; i < end && !p->failed;) {
                const char *percent = memchr(s + i, '%', end - i);
                size_t stop = percent == NULL ? end : (size_t) (percent - s);
                gunichar verb;

                p->good_arg_number = true;
                put_n(p, s + i, stop - i);
                if (stop == end)
                        break;
                clear_flags(p);
                i = parse_flags(p, s, stop + 1, end);
                if (i < end && s[i] >= 'a' && s[i] <= 'z' && arg < n_args) {
                        if (s[i] == 'v')
                                go_syntax_flags(p);
                        print_arg(p, args[arg++], (gunichar) s[i++]);
                        continue;
                }
                after_index = arg_number(p, s, end, n_args, &i, &arg);
                i = parse_width(p, s, i, end, args, n_args, &arg, &after_index);
                i = parse_precision(p, s, i, end, args, n_args, &arg, &after_index);
                if (!after_index)
                        arg_number(p, s, end, n_args, &i, &arg);
                if (i >= end) {
                        put(p, "%!(NOVERB)");
                        break;
                }
                verb = rune_decode(s + i, end - i, &width);
                i += width;
                if (verb == '%') {
                        put_c(p, '%');
                } else if (!p->good_arg_number) {
                        bad_directive(p, verb, "(BADINDEX)");
                } else if (arg >= n_args) {
                        bad_directive(p, verb, "(MISSING)");
                } else {
                        if (verb == 'v')
                                go_syntax_flags(p);
                        print_arg(p, args[arg++], verb);
                }
        }
        if (!p->reordered && arg < n_args)
                extra_args(p, args, n_args, arg);
}

static bool done(Printer *p)
{
        arena_free(p->scratch);
        return !p->failed;
}

bool fmt_printf(GString *out, size_t max, const char *format, size_t len, const Value *args,
                size_t n_args)
{
        Printer p = { .out = out, .max = max };

        do_printf(&p, format, len, args, n_args);
        return done(&p);
}

bool fmt_print(GString *out, size_t max, const Value *args, size_t n_args)
{
        Printer p = { .out = out, .max = max };
        bool before_was_string = false;

        for (size_t i = 0; i < n_args; i++) {
                bool is_string = args[i].type == VALUE_STRING;

                if (i > 0 && !is_string && !before_was_string)
                        put_c(&p, ' ');
                print_arg(&p, args[i], 'v');
                before_was_string = is_string;
        }
        return done(&p);
}

bool fmt_println(GString *out, size_t max, const Value *args, size_t n_args)
{
        Printer p = { .out = out, .max = max };

        for (size_t i = 0; i < n_args; i++) {
                if (i > 0)
                        put_c(&p, ' ');
                print_arg(&p, args[i], 'v');
        }
        put_c(&p, '\n');
        return done(&p);
}

bool fmt_value(GString *out, size_t max, Value v)
{
        return fmt_print(out, max, &v, 1);
}
