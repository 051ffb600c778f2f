#include "format/compose/values.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ---- Numbers ---- */

static bool parse_in_base(const char *digits, bool is_negative, unsigned base, gint64 *ret_value)
{
        guint64 magnitude;
        char *end;

        if (!g_ascii_isalnum(digits[0]))
                return false;
        errno = 0;
        magnitude = g_ascii_strtoull(digits, &end, base);
        if (*end != '\0' || errno != 0 || magnitude > (guint64) G_MAXINT64)
                return false;
        *ret_value = is_negative ? -(gint64) magnitude : (gint64) magnitude;
        return true;
}

bool value_parse_yaml_int(const char *text, gint64 *ret_value)
{
        g_autofree char *plain = NULL;
        bool is_negative = text[0] == '-';
        const char *digits;
        size_t n = 0;

        if (!g_ascii_isdigit(text[0]) && text[0] != '-' && text[0] != '+')
                return false;
        plain = g_new(char, strlen(text) + 1);
        for (const char *at = text; *at != '\0'; at++) {
                if (*at != '_')
                        plain[n++] = *at;
        }
        plain[n] = '\0';
        digits = plain + (plain[0] == '-' || plain[0] == '+');
        if (digits[0] == '0' && digits[1] != '\0') {
                switch (g_ascii_tolower(digits[1])) {
                case 'x':
                        return parse_in_base(digits + 2, is_negative, 16, ret_value);
                case 'o':
                        return parse_in_base(digits + 2, is_negative, 8, ret_value);
                case 'b':
                        return parse_in_base(digits + 2, is_negative, 2, ret_value);
                default:
                        return parse_in_base(digits + 1, is_negative, 8, ret_value);
                }
        }
        return parse_in_base(digits, is_negative, 10, ret_value);
}

bool value_parse_yaml_float(const char *text, double *ret_value)
{
        const char *at = text + (text[0] == '-' || text[0] == '+');
        size_t n_before, n_after = 0;

        n_before = strspn(at, "0123456789");
        at += n_before;
        if (*at == '.') {
                n_after = strspn(at + 1, "0123456789");
                at += 1 + n_after;
        }
        if (n_before + n_after == 0)
                return false;
        if (*at == 'e' || *at == 'E') {
                at += 1 + (at[1] == '-' || at[1] == '+');
                if (!g_ascii_isdigit(*at))
                        return false;
                at += strspn(at, "0123456789");
        }
        if (*at != '\0')
                return false;
        *ret_value = g_ascii_strtod(text, NULL);
        return isfinite(*ret_value);
}

bool value_parse_single(const char *text, double *ret_value)
{
        double value;

        if (!value_parse_yaml_float(text, &value) || !isfinite((float) value))
                return false;
        *ret_value = (float) value;
        return true;
}

/* With so many digits; plain where the exponent is in the range, else with `e` and an exponent of
 * at least so many digits */
static char *with_digits(double value, int n_digits, int plain_from, int plain_to, int n_exponent)
{
        char format[16], text[64], *e;
        int exponent;

        g_snprintf(format, sizeof format, "%%.%de", n_digits - 1);
        g_ascii_formatd(text, sizeof text, format, value);
        e = strchr(text, 'e');
        exponent = (int) g_ascii_strtoll(e + 1, NULL, 10);
        if (exponent >= plain_from && exponent < plain_to) {
                g_snprintf(format, sizeof format, "%%.%df", MAX(0, n_digits - 1 - exponent));
                g_ascii_formatd(text, sizeof text, format, value);
                return g_strdup(text);
        }
        *e = '\0';
        return g_strdup_printf("%se%c%0*d", text, exponent < 0 ? '-' : '+', n_exponent,
                               ABS(exponent));
}

char *value_single_to_json(double value)
{
        for (int n_digits = 1;; n_digits++) {
                char *text = with_digits((float) value, n_digits, -6, 21, 1);

                if (n_digits == 9 || (float) g_ascii_strtod(text, NULL) == (float) value)
                        return text;
                g_free(text);
        }
}

char *value_double_to_text(double value)
{
        for (int n_digits = 1;; n_digits++) {
                char *text = with_digits(value, n_digits, -4, 6, 2);

                if (n_digits == 17 || g_ascii_strtod(text, NULL) == value)
                        return text;
                g_free(text);
        }
}

bool value_parse_bool(const char *text, bool *ret_value, bool *ret_is_odd)
{
        static const char *const yes[] = { "true", "y", "yes", "on", NULL };
        static const char *const no[] = { "false", "n", "no", "off", NULL };
        g_autofree char *lower = g_ascii_strdown(text, -1);

        *ret_is_odd = strcmp(lower, "true") != 0 && strcmp(lower, "false") != 0;
        *ret_value = g_strv_contains(yes, lower);
        return *ret_value || g_strv_contains(no, lower);
}

/* ---- Times ---- */

static const struct {
        const char *name;
        gint64 ns;
} units[] = {
        { "ns", 1 },
        { "us", 1000 },
        { "\302\265s", 1000 }, /* the micro sign */
        { "\316\274s", 1000 }, /* the Greek letter */
        { "ms", 1000000 },
        { "s", G_GINT64_CONSTANT(1000000000) },
        { "m", G_GINT64_CONSTANT(60000000000) },
        { "h", G_GINT64_CONSTANT(3600000000000) },
        { "d", G_GINT64_CONSTANT(86400000000000) },
        { "w", G_GINT64_CONSTANT(604800000000000) },
};

static gint64 unit_ns(const char *name, size_t len)
{
        for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
                if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0)
                        return units[i].ns;
        }
        return 0;
}

bool value_parse_duration(const char *text, gint64 *ret_ns)
{
        bool is_negative = text[0] == '-';
        const char *at = text + (text[0] == '-' || text[0] == '+');
        long double total = 0;

        if (strcmp(at, "0") == 0) {
                *ret_ns = 0;
                return true;
        }
        if (*at == '\0')
                return false;
        while (*at != '\0') {
                long double number = 0, scale = 1;
                size_t n_digits = 0, len;
                gint64 unit;

                for (; g_ascii_isdigit(*at); at++, n_digits++)
                        number = number * 10 + (*at - '0');
                if (*at == '.') {
                        for (at++; g_ascii_isdigit(*at); at++, n_digits++)
                                number += (*at - '0') * (scale /= 10);
                }
                len = strcspn(at, ".0123456789");
                unit = unit_ns(at, len);
                if (n_digits == 0 || unit == 0)
                        return false;
                total += number * unit;
                at += len;
                if (total > (long double) G_MAXINT64)
                        return false;
        }
        *ret_ns = (gint64) (total + 0.5L) * (is_negative ? -1 : 1);
        return true;
}

/* With up to nine decimals, without their trailing zeros */
static void append_fraction(GString *out, guint64 whole, guint64 rest, unsigned n_decimals,
                            const char *unit)
{
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, whole);
        if (rest > 0) {
                g_string_append_printf(out, ".%0*" G_GINT64_MODIFIER "u", (int) n_decimals, rest);
                while (out->str[out->len - 1] == '0')
                        g_string_truncate(out, out->len - 1);
        }
        g_string_append(out, unit);
}

char *value_duration_to_text(gint64 ns)
{
        GString *out = g_string_new(ns < 0 ? "-" : NULL);
        guint64 left = ns < 0 ? -(guint64) ns : (guint64) ns, seconds = left / 1000000000;

        if (ns == 0)
                g_string_assign(out, "0s");
        else if (left < 1000)
                append_fraction(out, left, 0, 0, "ns");
        else if (left < 1000000)
                append_fraction(out, left / 1000, left % 1000, 3, "\302\265s");
        else if (left < 1000000000)
                append_fraction(out, left / 1000000, left % 1000000, 6, "ms");
        else {
                if (seconds >= 3600)
                        append_fraction(out, seconds / 3600, 0, 0, "h");
                if (seconds >= 60)
                        append_fraction(out, seconds / 60 % 60, 0, 0, "m");
                append_fraction(out, seconds % 60, left % 1000000000, 9, "s");
        }
        return g_string_free(out, false);
}

/* ---- Sizes ---- */

bool value_parse_bytes(const char *text, gint64 *ret_bytes)
{
        static const char suffixes[] = "kmgtp";
        const char *end = text + strlen(text), *found;
        g_autofree char *number = NULL, *suffix = NULL;
        double size;
        char *rest;
        size_t len;

        /* To the byte; -1 is no limit: the effective document says both so */
        if (text_parse_int(text, ret_bytes))
                return *ret_bytes >= -1;
        while (end > text && strchr("0123456789. ", end[-1]) == NULL)
                end--;
        if (end == text)
                return false;
        number = g_strndup(text, end - text - (end[-1] == ' '));
        suffix = g_ascii_strdown(end, -1);
        size = g_ascii_strtod(number, &rest);
        if (number[0] == '\0' || g_ascii_isspace(number[0]) || *rest != '\0' || !(size >= 0))
                return false;
        len = strlen(suffix);
        if (len > 3 || (suffix[0] == 'b' && len > 1) || (len == 2 && suffix[1] != 'b') ||
            (len == 3 && strcmp(suffix + 1, "ib") != 0))
                return false;
        if (len > 0 && suffix[0] != 'b') {
                found = strchr(suffixes, suffix[0]);
                if (found == NULL)
                        return false;
                size *= pow(1024, found - suffixes + 1);
        }
        if (size >= 9.2e18)
                return false;
        *ret_bytes = (gint64) size;
        return true;
}

/* ---- Words ---- */

typedef struct Splitter {
        GPtrArray *words;
        GString *word;
        bool is_begun;
        bool is_single, is_double, is_back, is_dollar; /* quotes that are open */
} Splitter;

static bool is_quoted(const Splitter *s)
{
        return s->is_single || s->is_double || s->is_back || s->is_dollar;
}

static void end_word(Splitter *s)
{
        if (s->is_begun)
                g_ptr_array_add(s->words, g_strdup(s->word->str));
        g_string_truncate(s->word, 0);
        s->is_begun = false;
}

typedef enum Taken {
        TAKEN,     /* a quote */
        TAKE_CHAR, /* it is part of the word */
        TAKE_END,  /* an operator of the shell */
        TAKE_FAIL,
} Taken;

static Taken take(Splitter *s, char c)
{
        switch (c) {
        case '`':
                if (!s->is_single && !s->is_double && !s->is_dollar)
                        s->is_back = !s->is_back;
                return TAKE_CHAR;
        case ')':
                if (!s->is_single && !s->is_double && !s->is_back)
                        s->is_dollar = !s->is_dollar;
                return TAKE_CHAR;
        case '(':
                if (s->is_single || s->is_double || s->is_back)
                        return TAKE_CHAR;
                if (s->is_dollar || !g_str_has_suffix(s->word->str, "$"))
                        return TAKE_FAIL;
                s->is_dollar = true;
                return TAKE_CHAR;
        case '"':
                if (s->is_single || s->is_dollar)
                        return TAKE_CHAR;
                s->is_double = !s->is_double;
                return TAKEN;
        case '\'':
                if (s->is_double || s->is_dollar)
                        return TAKE_CHAR;
                s->is_single = !s->is_single;
                return TAKEN;
        case ';':
        case '&':
        case '|':
        case '<':
        case '>':
                return is_quoted(s) ? TAKE_CHAR : TAKE_END;
        default:
                return TAKE_CHAR;
        }
}

/* False where a bracket opens that can't; *ret_rest is set at an operator */
static bool split(Splitter *s, const char *text, const char **ret_rest)
{
        for (const char *at = text; *at != '\0'; at++) {
                Taken taken;

                if (*at == '\\' && !s->is_single) {
                        if (at[1] == '\0')
                                return false;
                        g_string_append_c(s->word, *++at);
                        s->is_begun = true;
                        continue;
                }
                if (strchr(" \t\r\n", *at) != NULL && !is_quoted(s)) {
                        end_word(s);
                        continue;
                }
                taken = take(s, *at);
                if (taken == TAKE_FAIL)
                        return false;
                if (taken == TAKE_END) {
                        /* `2>` is an operator as a whole */
                        if (*at == '>' && g_ascii_isdigit(s->word->str[0]))
                                s->is_begun = false;
                        *ret_rest = at;
                        break;
                }
                s->is_begun = true;
                if (taken == TAKE_CHAR)
                        g_string_append_c(s->word, *at);
        }
        end_word(s);
        return !is_quoted(s);
}

GPtrArray *value_split_words(const char *text, const char **ret_rest)
{
        Splitter s = { .words = g_ptr_array_new_with_free_func(g_free),
                       .word = g_string_new(NULL) };
        bool is_good;

        *ret_rest = NULL;
        is_good = split(&s, text, ret_rest);
        g_string_free(s.word, true);
        if (!is_good)
                g_clear_pointer(&s.words, g_ptr_array_unref);
        return s.words;
}

/* ---- Addresses and paths ---- */

bool value_is_ip(const char *text)
{
        return g_hostname_is_ip_address(text);
}

char *value_clean_path(const char *path)
{
        g_auto(GStrv) steps = g_strsplit(path, "/", -1);
        g_autoptr(GPtrArray) kept = g_ptr_array_new();
        bool is_absolute = path[0] == '/';
        GString *out = g_string_new(is_absolute ? "/" : NULL);

        for (size_t i = 0; steps[i] != NULL; i++) {
                bool can_go_up = kept->len > 0 && strcmp(kept->pdata[kept->len - 1], "..") != 0;

                if (steps[i][0] == '\0' || strcmp(steps[i], ".") == 0)
                        continue;
                if (strcmp(steps[i], "..") != 0)
                        g_ptr_array_add(kept, steps[i]);
                else if (can_go_up)
                        g_ptr_array_set_size(kept, kept->len - 1);
                else if (!is_absolute)
                        g_ptr_array_add(kept, steps[i]);
        }
        for (size_t i = 0; i < kept->len; i++)
                g_string_append_printf(out, "%s%s", i > 0 ? "/" : "", (char *) kept->pdata[i]);
        if (out->len == 0)
                g_string_append_c(out, '.');
        return g_string_free(out, false);
}
