#include "template/fmt.h"

#include "template/fmt-value.h"
#include "template/rune.h"

static bool too_large(int64_t n)
{
        return n > FMT_NUMBER_MAX || n < -FMT_NUMBER_MAX;
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
                        printer_put(p, "%!(BADWIDTH)");
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
                        printer_put(p, "%!(BADPREC)");
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
        printer_clear_flags(p);
        printer_put(p, "%!(EXTRA ");
        for (size_t i = from; i < n_args; i++) {
                if (i > from)
                        printer_put(p, ", ");
                if (args[i].type == VALUE_MISSING || args[i].type == VALUE_NIL) {
                        printer_put(p, "<nil>");
                } else {
                        printer_put(p, value_type_name((ValueType) args[i].type));
                        printer_put_c(p, '=');
                        fmt_arg(p, args[i], 'v');
                }
        }
        printer_put_c(p, ')');
}

static void bad_directive(Printer *p, gunichar verb, const char *what)
{
        printer_put(p, "%!");
        printer_put_rune(p, verb);
        printer_put(p, what);
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
                printer_put_n(p, s + i, stop - i);
                if (stop == end)
                        break;
                printer_clear_flags(p);
                i = parse_flags(p, s, stop + 1, end);
                if (i < end && s[i] >= 'a' && s[i] <= 'z' && arg < n_args) {
                        if (s[i] == 'v')
                                go_syntax_flags(p);
                        fmt_arg(p, args[arg++], (gunichar) s[i++]);
                        continue;
                }
                after_index = arg_number(p, s, end, n_args, &i, &arg);
                i = parse_width(p, s, i, end, args, n_args, &arg, &after_index);
                i = parse_precision(p, s, i, end, args, n_args, &arg, &after_index);
                if (!after_index)
                        arg_number(p, s, end, n_args, &i, &arg);
                if (i >= end) {
                        printer_put(p, "%!(NOVERB)");
                        break;
                }
                verb = rune_decode(s + i, end - i, &width);
                i += width;
                if (verb == '%') {
                        printer_put_c(p, '%');
                } else if (!p->good_arg_number) {
                        bad_directive(p, verb, "(BADINDEX)");
                } else if (arg >= n_args) {
                        bad_directive(p, verb, "(MISSING)");
                } else {
                        if (verb == 'v')
                                go_syntax_flags(p);
                        fmt_arg(p, args[arg++], verb);
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
                        printer_put_c(&p, ' ');
                fmt_arg(&p, args[i], 'v');
                before_was_string = is_string;
        }
        return done(&p);
}

bool fmt_println(GString *out, size_t max, const Value *args, size_t n_args)
{
        Printer p = { .out = out, .max = max };

        for (size_t i = 0; i < n_args; i++) {
                if (i > 0)
                        printer_put_c(&p, ' ');
                fmt_arg(&p, args[i], 'v');
        }
        printer_put_c(&p, '\n');
        return done(&p);
}

bool fmt_value(GString *out, size_t max, Value v)
{
        return fmt_print(out, max, &v, 1);
}
