#include "template/re2.h"

#include <stdbool.h>
#include <string.h>

#include "template/rune.h"

#define REPEAT_MAX  1000 /* RE2's own limit, of one repetition and of nested ones together */
#define NESTING_MAX 1000

typedef struct Translator {
        const char *s;
        size_t n;
        size_t i;
        GString *out;
        GPtrArray *names;
        char **error;
        unsigned depth;
        bool multi_line, dot_all, ungreedy, ignore_case; /* flags in force */
} Translator;

static bool fail(Translator *t, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool fail(Translator *t, const char *format, ...)
{
        va_list args;

        if (*t->error != NULL)
                return false;
        va_start(args, format);
        *t->error = g_strdup_vprintf(format, args);
        va_end(args);
        return false;
}

static bool at(const Translator *t, const char *text)
{
        size_t n = strlen(text);

        return t->n - t->i >= n && memcmp(t->s + t->i, text, n) == 0;
}

static gunichar next_rune(Translator *t)
{
        size_t width;
        gunichar r = rune_decode(t->s + t->i, t->n - t->i, &width);

        t->i += width;
        return r;
}

static void put_rune(Translator *t, gunichar r)
{
        g_string_append_printf(t->out, "\\x{%x}", r);
}

static void put_literal(Translator *t, gunichar r)
{
        if (r < 0x80 && g_ascii_isalnum((char) r))
                g_string_append_c(t->out, (char) r);
        else
                put_rune(t, r);
}

static bool octal_or_hex(Translator *t, gunichar c, gunichar *ret)
{
        gunichar r = 0;

        if (c == 'x') {
                if (t->i < t->n && t->s[t->i] == '{') {
                        size_t digits = 0;

                        for (t->i++; t->i < t->n && g_ascii_isxdigit(t->s[t->i]);
                             t->i++, digits++) {
                                r = r * 16 + (gunichar) g_ascii_xdigit_value(t->s[t->i]);
                                if (r > RUNE_MAX)
                                        return false;
                        }
                        if (digits == 0 || t->i >= t->n || t->s[t->i] != '}')
                                return false;
                        t->i++;
                        *ret = r;
                        return true;
                }
                if (t->n - t->i < 2 || !g_ascii_isxdigit(t->s[t->i]) ||
                    !g_ascii_isxdigit(t->s[t->i + 1]))
                        return false;
                *ret = (gunichar) (g_ascii_xdigit_value(t->s[t->i]) * 16 +
                                   g_ascii_xdigit_value(t->s[t->i + 1]));
                t->i += 2;
                return true;
        }
        /* \1 alone would be a back reference; \0, or \1 and more octal digits, are characters */
        if (c != '0' && (t->i >= t->n || t->s[t->i] < '0' || t->s[t->i] > '7'))
                return false;
        r = c - '0';
        for (int k = 1; k < 3 && t->i < t->n && t->s[t->i] >= '0' && t->s[t->i] <= '7'; k++)
                r = r * 8 + (gunichar) (t->s[t->i++] - '0');
        *ret = r;
        return true;
}

/* An escape that stands for one character, after the backslash */
static bool escaped_rune(Translator *t, gunichar *ret)
{
        static const char from[] = "aftnrv", to[] = "\a\f\t\n\r\v";
        const char *p;
        gunichar c;

        if (t->i >= t->n)
                return fail(t, "a \\ at the end stands for nothing");
        c = next_rune(t);
        if (c < 0x80 && !g_ascii_isalnum((char) c)) {
                *ret = c;
                return true;
        }
        if ((c >= '0' && c <= '7') || c == 'x') {
                if (octal_or_hex(t, c, ret))
                        return true;
        } else if (c < 0x80 && (p = strchr(from, (int) c)) != NULL) {
                *ret = (gunichar) to[p - from];
                return true;
        }
        return fail(t, "\\%c is no escape here", c < 0x80 ? (char) c : '?');
}

/* \pL, \p{Greek}, \P{^Lu} as PCRE2 writes them; the names of scripts are the same */
static bool unicode_class(Translator *t)
{
        bool negated = t->s[t->i + 1] == 'P';
        g_autofree char *name = NULL;
        const char *close;

        t->i += 2;
        if (t->i >= t->n)
                return fail(t, "\\p needs the name of a character class");
        if (t->s[t->i] == '{') {
                close = memchr(t->s + t->i, '}', t->n - t->i);
                if (close == NULL)
                        return fail(t, "\\p{ is not closed");
                name = g_strndup(t->s + t->i + 1, (size_t) (close - t->s) - t->i - 1);
                t->i = (size_t) (close - t->s) + 1;
        } else {
                size_t start = t->i;

                next_rune(t);
                name = g_strndup(t->s + start, t->i - start);
        }
        const char *plain = name;

        if (*plain == '^') {
                negated = !negated;
                plain++;
        }
        if (*plain == '\0' ||
            strspn(plain, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") !=
                    strlen(plain) ||
            strcmp(plain, "L_") == 0 || strcmp(plain, "LC") == 0 || g_str_has_prefix(plain, "X") ||
            !g_ascii_isupper(*plain))
                return fail(t, "there is no character class \\p{%s}", plain);
        g_string_append_printf(t->out, "\\%c{%s}", negated ? 'P' : 'p', plain);
        return true;
}

/* The ASCII classes of Perl; false where it is none of them */
static bool perl_class(Translator *t, bool in_class)
{
        static const struct {
                char letter;
                const char *set;
        } sets[] = {
                { 'd', "0-9" },
                { 's', "\\t\\n\\f\\r " },
                { 'w', "0-9A-Za-z_" },
        };
        char letter = t->i + 1 < t->n ? t->s[t->i + 1] : '\0';

        for (size_t k = 0; k < G_N_ELEMENTS(sets); k++) {
                if (g_ascii_tolower(letter) != sets[k].letter)
                        continue;
                t->i += 2;
                if (!in_class)
                        g_string_append_printf(t->out, "[%s%s]",
                                               letter == sets[k].letter ? "" : "^", sets[k].set);
                else if (letter == sets[k].letter)
                        g_string_append(t->out, sets[k].set);
                else if (letter == 'D')
                        g_string_append(t->out, "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}");
                else if (letter == 'S')
                        g_string_append(t->out,
                                        "\\x{0}-\\x{8}\\x{b}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}");
                else
                        g_string_append(t->out,
                                        "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}"
                                        "\\x{7b}-\\x{10ffff}");
                return true;
        }
        return false;
}

static bool posix_class(Translator *t)
{
        static const char *const names[] = { "alnum", "alpha", "ascii", "blank", "cntrl",
                                             "digit", "graph", "lower", "print", "punct",
                                             "space", "upper", "word",  "xdigit" };
        const char *end = t->n - t->i > 4 ? memmem(t->s + t->i + 2, t->n - t->i - 2, ":]", 2)
                                          : NULL;
        const char *name = t->s + t->i + 2;
        size_t len;

        if (end == NULL)
                return false;
        len = (size_t) (end - name);
        for (size_t k = 0; k < G_N_ELEMENTS(names); k++) {
                bool negated = len > 0 && *name == '^';

                if (strlen(names[k]) == len - negated &&
                    memcmp(names[k], name + negated, len - negated) == 0) {
                        g_string_append_len(t->out, t->s + t->i, (gssize) len + 4);
                        t->i += len + 4;
                        return true;
                }
        }
        return fail(t, "there is no character class [:%.*s:]", (int) MIN(len, 20), name);
}

static bool class_rune(Translator *t, gunichar *ret)
{
        if (t->i >= t->n)
                return fail(t, "a [ is not closed: a ] is missing");
        if (t->s[t->i] != '\\') {
                *ret = next_rune(t);
                return true;
        }
        t->i++;
        return escaped_rune(t, ret);
}

static bool class_range(Translator *t)
{
        gunichar low, high;

        if (!class_rune(t, &low))
                return false;
        high = low;
        if (t->n - t->i >= 2 && t->s[t->i] == '-' && t->s[t->i + 1] != ']') {
                t->i++;
                if (!class_rune(t, &high))
                        return false;
                if (high < low)
                        return fail(t, "a range of characters goes backwards");
        }
        put_rune(t, low);
        if (high != low) {
                g_string_append_c(t->out, '-');
                put_rune(t, high);
        }
        return true;
}

static bool character_class(Translator *t)
{
        bool first = true;

        t->i++;
        g_string_append_c(t->out, '[');
        if (t->i < t->n && t->s[t->i] == '^') {
                g_string_append_c(t->out, '^');
                t->i++;
        }
        for (; t->i >= t->n || t->s[t->i] != ']' || first; first = false) {
                size_t before = t->i;

                if (t->i >= t->n)
                        return fail(t, "a [ is not closed: a ] is missing");
                if (at(t, "[:") && posix_class(t))
                        continue;
                if (*t->error != NULL)
                        return false;
                if (at(t, "\\p") || at(t, "\\P")) {
                        if (!unicode_class(t))
                                return false;
                        continue;
                }
                if (at(t, "\\") && perl_class(t, true))
                        continue;
                t->i = before;
                if (!class_range(t))
                        return false;
        }
        t->i++;
        g_string_append_c(t->out, ']');
        return true;
}

static bool group_name(Translator *t, size_t skip)
{
        const char *start, *end;
        size_t n;

        t->i += skip;
        start = t->s + t->i;
        end = memchr(start, '>', t->n - t->i);
        if (end == NULL)
                return fail(t, "the name of a group is not closed: > is missing");
        n = (size_t) (end - start);
        for (size_t k = 0; k < n; k++)
                if (start[k] != '_' && !g_ascii_isalnum(start[k]))
                        return fail(t, "a group's name has only letters, digits and _");
        if (n == 0)
                return fail(t, "the name of a group is empty");
        for (guint k = 0; k < t->names->len; k++) {
                const char *other = g_ptr_array_index(t->names, k);

                if (other != NULL && strlen(other) == n && memcmp(other, start, n) == 0)
                        return fail(t, "two groups have the name %.*s", (int) MIN(n, 40), start);
        }
        g_ptr_array_add(t->names, g_strndup(start, n));
        g_string_append_c(t->out, '(');
        t->i += n + 1;
        return true;
}

/* (?flags) and (?flags:; *ret_group: it opens one */
static bool group_flags(Translator *t, bool *ret_group)
{
        bool on = true, any = false;

        for (t->i += 2; t->i < t->n; t->i++) {
                switch (t->s[t->i]) {
                case 'i':
                        t->ignore_case = on;
                        any = true;
                        break;
                case 'm':
                        t->multi_line = on;
                        any = true;
                        break;
                case 's':
                        t->dot_all = on;
                        any = true;
                        break;
                case 'U':
                        t->ungreedy = on;
                        any = true;
                        break;
                case '-':
                        if (!on)
                                return fail(t, "a group's flags have two -");
                        on = false;
                        any = false;
                        break;
                case ':':
                case ')':
                        if (!on && !any)
                                return fail(t, "a group's flags end after the -");
                        *ret_group = t->s[t->i] == ':';
                        t->i++;
                        g_string_append_printf(t->out, "(?%s%s%s", t->ignore_case ? "i" : "",
                                               t->ignore_case ? "" : "-i", *ret_group ? ":" : ")");
                        return true;
                default:
                        return fail(t,
                                    "(? must be followed by i, m, s, U, :, or P<name>; RE2 knows "
                                    "no look-around and no back references");
                }
        }
        return fail(t, "a ( is not closed: a ) is missing");
}

static bool alternatives(Translator *t);

static bool group(Translator *t, bool *ret_operand)
{
        bool multi_line = t->multi_line, dot_all = t->dot_all, ungreedy = t->ungreedy;
        bool ignore_case = t->ignore_case, opens = true;

        *ret_operand = true;
        if (at(t, "(?P<")) {
                if (!group_name(t, 4))
                        return false;
        } else if (at(t, "(?<") && t->i + 3 < t->n && t->s[t->i + 3] != '=' &&
                   t->s[t->i + 3] != '!') {
                if (!group_name(t, 3))
                        return false;
        } else if (at(t, "(?")) {
                if (!group_flags(t, &opens))
                        return false;
                if (!opens) {
                        *ret_operand = false;
                        return true;
                }
        } else {
                g_ptr_array_add(t->names, NULL);
                g_string_append_c(t->out, '(');
                t->i++;
        }
        if (++t->depth > NESTING_MAX)
                return fail(t, "more than %d groups within each other", NESTING_MAX);
        if (!alternatives(t))
                return false;
        t->depth--;
        if (t->i >= t->n)
                return fail(t, "a ( is not closed: a ) is missing");
        t->i++;
        g_string_append_c(t->out, ')');
        t->multi_line = multi_line;
        t->dot_all = dot_all;
        t->ungreedy = ungreedy;
        t->ignore_case = ignore_case;
        return true;
}

/* {2}, {2,}, {2,5}: false where it is none, and then a { is a character */
static bool repeat_counts(Translator *t, size_t *ret_end, int *ret_low, int *ret_high)
{
        size_t i = t->i + 1, start = i;
        int low = 0, high;

        for (; i < t->n && g_ascii_isdigit(t->s[i]); i++)
                low = MIN(low * 10 + (t->s[i] - '0'), 100000);
        if (i == start || i >= t->n || (i - start > 1 && t->s[start] == '0'))
                return false;
        high = low;
        if (t->s[i] == ',') {
                start = ++i;
                high = -1;
                for (int n = 0; i < t->n && g_ascii_isdigit(t->s[i]); i++)
                        high = n = MIN(n * 10 + (t->s[i] - '0'), 100000);
                if (i - start > 1 && t->s[start] == '0')
                        return false;
        }
        if (i >= t->n || t->s[i] != '}')
                return false;
        *ret_end = i + 1;
        *ret_low = low;
        *ret_high = high;
        return true;
}

/* One operator after an operand that begins at @start of the output; false: none is there */
static bool repetition(Translator *t, gsize start, bool *ret_repeated)
{
        char op = t->i < t->n ? t->s[t->i] : '\0';
        int low = 0, high = -1;
        size_t end = t->i + 1;
        bool lazy;

        *ret_repeated = false;
        if (op != '*' && op != '+' && op != '?' &&
            !(op == '{' && repeat_counts(t, &end, &low, &high)))
                return true;
        if (op == '{' && (low > REPEAT_MAX || high > REPEAT_MAX || (high >= 0 && low > high)))
                return fail(t, "a repetition has at most %d, and its bounds go upwards",
                            REPEAT_MAX);
        t->i = end;
        lazy = t->i < t->n && t->s[t->i] == '?';
        if (lazy)
                t->i++;
        /* x** is refused, and so is x*+, which PCRE2 would take for something else */
        if (t->i < t->n && (t->s[t->i] == '*' || t->s[t->i] == '+' || t->s[t->i] == '?' ||
                            (t->s[t->i] == '{' && repeat_counts(t, &end, &low, &high))))
                return fail(t, "a repetition (* + ? {}) of a repetition: use a group");
        g_string_insert(t->out, (gssize) start, "(?:");
        g_string_append_c(t->out, ')');
        if (op == '{')
                g_string_append_printf(t->out,
                                       high < 0      ? "{%d,}"
                                       : high == low ? "{%d}"
                                                     : "{%d,%d}",
                                       low, high);
        else
                g_string_append_c(t->out, op);
        if (lazy != t->ungreedy)
                g_string_append_c(t->out, '?');
        *ret_repeated = true;
        return true;
}

static bool escape(Translator *t)
{
        gunichar r;
        const char *end;

        if (at(t, "\\p") || at(t, "\\P"))
                return unicode_class(t);
        if (perl_class(t, false))
                return true;
        if (at(t, "\\A") || at(t, "\\z")) {
                g_string_append_len(t->out, t->s + t->i, 2);
                t->i += 2;
                return true;
        }
        if (at(t, "\\b") || at(t, "\\B")) {
                bool negated = t->s[t->i + 1] == 'B';

                /* of ASCII words, whatever PCRE2 makes of others */
                g_string_append(t->out, negated ? "(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|"
                                                  "(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))"
                                                : "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|"
                                                  "(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))");
                t->i += 2;
                return true;
        }
        if (at(t, "\\Q")) {
                t->i += 2;
                end = memmem(t->s + t->i, t->n - t->i, "\\E", 2);
                for (size_t stop = end == NULL ? t->n : (size_t) (end - t->s); t->i < stop;)
                        put_literal(t, next_rune(t));
                if (end != NULL)
                        t->i += 2;
                return true;
        }
        t->i++;
        if (!escaped_rune(t, &r))
                return false;
        put_literal(t, r);
        return true;
}

static bool operand(Translator *t, bool *ret_operand)
{
        char c = t->s[t->i];

        *ret_operand = true;
        switch (c) {
        case '(':
                return group(t, ret_operand);
        case '[':
                return character_class(t);
        case '\\':
                return escape(t);
        case '.':
                g_string_append(t->out, t->dot_all ? "(?s:.)" : "[^\\n]");
                t->i++;
                return true;
        case '^':
                g_string_append(t->out, t->multi_line ? "(?m:^)" : "\\A");
                t->i++;
                return true;
        case '$':
                g_string_append(t->out, t->multi_line ? "(?m:$)" : "\\z");
                t->i++;
                return true;
        case '*':
        case '+':
        case '?':
                return fail(t, "%c repeats what stands before it, and there is nothing", c);
        default:
                put_literal(t, next_rune(t));
                return true;
        }
}

static bool alternatives(Translator *t)
{
        while (t->i < t->n && t->s[t->i] != ')') {
                gsize start = t->out->len;
                bool is_operand, repeated;
                size_t end;
                int low, high;

                if (t->s[t->i] == '|') {
                        g_string_append_c(t->out, '|');
                        t->i++;
                        continue;
                }
                if (t->s[t->i] == '{' && repeat_counts(t, &end, &low, &high))
                        return fail(t, "{} repeats what stands before it, and there is nothing");
                if (!operand(t, &is_operand))
                        return false;
                if (is_operand && !repetition(t, start, &repeated))
                        return false;
        }
        return true;
}

char *re2_translate(const char *pattern, size_t len, GPtrArray *names, size_t *ret_len,
                    char **ret_error)
{
        Translator t = { .s = pattern,
                         .n = len,
                         .out = g_string_new(NULL),
                         .names = names,
                         .error = ret_error };
        bool ok = g_utf8_validate_len(pattern, len, NULL);

        if (!ok)
                fail(&t, "it is no valid UTF-8");
        ok = ok && alternatives(&t);
        if (ok && t.i < t.n)
                ok = fail(&t, "there is no ( that a ) closes");
        *ret_len = t.out->len;
        return g_string_free(t.out, !ok);
}
