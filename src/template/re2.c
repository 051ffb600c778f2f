#include "template/re2.h"

#include <stdbool.h>
#include <string.h>

#include "template/rune.h"

#define REPEAT_MAX  1000 /* RE2's own limit, of one repetition and of nested ones together */
#define NESTING_MAX 1000

/* Something that can be repeated, within the output */
typedef struct Operand {
        bool is_there;
        bool is_anchor;   /* matches a place: once is as good as often */
        bool is_repeated; /* already */
        gsize start;
        gsize end;
        int product; /* how often it is repeated in the worst nest of {} within it */
} Operand;

typedef struct Translator {
        const char *s;
        size_t n;
        size_t i;
        GString *out;
        GPtrArray *names;
        char **error;
        unsigned depth;
        bool multi_line, dot_all, ungreedy, ignore_case; /* flags in force */
        Operand last;                                    /* what a repetition repeats */
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

/* The classes of ASCII characters, as pairs of first and last character */
static const struct AsciiClass {
        const char *name;
        const char *ranges;
} ascii_classes[] = {
        { "alnum", "09AZaz" },   { "alpha", "AZaz" },
        { "ascii", "\x01\x7f" },                                  /* and NUL */
        { "blank", "\t\t  " },   { "cntrl", "\x01\x1f\x7f\x7f" }, /* and NUL */
        { "digit", "09" },       { "graph", "!~" },
        { "lower", "az" },       { "print", " ~" },
        { "punct", "!/:@[`{~" }, { "space", "\t\r  " },
        { "upper", "AZ" },       { "word", "09AZ__az" },
        { "xdigit", "09AFaf" },
};

static const struct AsciiClass perl_space = { "space", "\t\n\f\r  " }; /* without \v */

static const struct AsciiClass *ascii_class_find(const char *name, size_t n)
{
        for (size_t i = 0; i < G_N_ELEMENTS(ascii_classes); i++)
                if (strlen(ascii_classes[i].name) == n &&
                    memcmp(ascii_classes[i].name, name, n) == 0)
                        return &ascii_classes[i];
        return NULL;
}

static void put_range(Translator *t, gunichar low, gunichar high)
{
        put_rune(t, low);
        if (high != low) {
                g_string_append_c(t->out, '-');
                put_rune(t, high);
        }
}

/* What a class has within [...], or all that it has not */
static void put_ascii_class(Translator *t, const struct AsciiClass *class, bool negated)
{
        bool has_nul = class->ranges[0] == '\x01';
        gunichar next = 0;

        for (const char *r = class->ranges; *r != '\0'; r += 2) {
                gunichar low = (unsigned char) r[0], high = (unsigned char) r[1];

                if (has_nul && r == class->ranges)
                        low = 0;
                if (!negated)
                        put_range(t, low, high);
                else if (low > next)
                        put_range(t, next, low - 1);
                next = high + 1;
        }
        if (negated)
                put_range(t, next, RUNE_MAX);
}

/* \d \s \w and their opposites; false where it is none of them */
static bool perl_class(Translator *t, bool in_class)
{
        char letter = t->i + 1 < t->n ? t->s[t->i + 1] : '\0';
        const struct AsciiClass *class = NULL;

        if (letter == 'd' || letter == 'D')
                class = ascii_class_find("digit", strlen("digit"));
        else if (letter == 'w' || letter == 'W')
                class = ascii_class_find("word", strlen("word"));
        else if (letter == 's' || letter == 'S')
                class = &perl_space;
        if (class == NULL)
                return false;
        t->i += 2;
        if (!in_class)
                g_string_append_c(t->out, '[');
        put_ascii_class(t, class, g_ascii_isupper(letter));
        if (!in_class)
                g_string_append_c(t->out, ']');
        return true;
}

/* [:alpha:] and [:^alpha:]; false where it is none, and then a [ is a character */
static bool posix_class(Translator *t)
{
        const char *name = t->s + t->i + 2;
        const char *end = t->n - t->i > 4 ? memmem(name, t->n - t->i - 2, ":]", 2) : NULL;
        const struct AsciiClass *class;
        bool negated;
        size_t len;

        if (end == NULL)
                return false;
        len = (size_t) (end - name);
        negated = len > 0 && *name == '^';
        class = ascii_class_find(name + negated, len - negated);
        if (class == NULL)
                return fail(t, "there is no character class [:%.*s:]", (int) MIN(len, 20), name);
        put_ascii_class(t, class, negated);
        t->i += len + 4;
        return true;
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
        put_range(t, low, high);
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

static bool alternatives(Translator *t, int *ret_product);

static bool group(Translator *t, Operand *ret)
{
        bool multi_line = t->multi_line, dot_all = t->dot_all, ungreedy = t->ungreedy;
        bool ignore_case = t->ignore_case, opens = true;
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
                        ret->is_there = false;
                        return true;
                }
        } else {
                g_ptr_array_add(t->names, NULL);
                g_string_append_c(t->out, '(');
                t->i++;
        }
        if (++t->depth > NESTING_MAX)
                return fail(t, "more than %d groups within each other", NESTING_MAX);
        if (!alternatives(t, &ret->product))
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

/* Whether an operator of repetition comes next; of {} its bounds */
static bool at_repetition(Translator *t, size_t *ret_end, int *ret_low, int *ret_high)
{
        char op = t->i < t->n ? t->s[t->i] : '\0';

        *ret_end = t->i + 1;
        *ret_low = 0;
        *ret_high = -1;
        return op == '*' || op == '+' || op == '?' ||
               (op == '{' && repeat_counts(t, ret_end, ret_low, ret_high));
}

/* Repetition within repetition: their product is bounded */
static bool multiply(Translator *t, int low, int high)
{
        int times = high < 0 ? MAX(low, 1) : high;

        if (low > REPEAT_MAX || high > REPEAT_MAX || (high >= 0 && low > high))
                return fail(t, "a repetition has at most %d, and its bounds go upwards",
                            REPEAT_MAX);
        if (times >= 2 && times * t->last.product > REPEAT_MAX)
                return fail(t, "repetitions within each other come to more than %d", REPEAT_MAX);
        t->last.product *= times;
        return true;
}

/* One operator, of the last operand: only flags, as in a(?s)*, may stand between the two */
static bool repetition(Translator *t, size_t end, int low, int high)
{
        bool wrapped = t->last.is_anchor || t->last.is_repeated;
        g_autoptr(GString) after = g_string_new(wrapped ? ")" : "");
        char op = t->s[t->i];
        int ignored;
        bool lazy;

        if (!t->last.is_there)
                return fail(t, "%s repeats what stands before it, and there is nothing",
                            op == '{'   ? "{}"
                            : op == '*' ? "*"
                            : op == '+' ? "+"
                                        : "?");
        if (op == '{' && !multiply(t, low, high))
                return false;
        t->i = end;
        lazy = t->i < t->n && t->s[t->i] == '?';
        if (lazy)
                t->i++;
        /* x** is refused, and so is x*+, which PCRE2 would take for something else */
        if (at_repetition(t, &end, &ignored, &ignored))
                return fail(t, "a repetition (* + ? {}) of a repetition: use a group");
        if (t->last.is_anchor) {
                low = MIN(low, 1);
                high = high == 0 ? 0 : MAX(low, 1);
        }
        if (op != '{')
                g_string_append_c(after, op);
        else if (high < 0)
                g_string_append_printf(after, "{%d,}", low);
        else
                g_string_append_printf(after, "{%d,%d}", low, high);
        if (lazy != t->ungreedy)
                g_string_append_c(after, '?');
        g_string_insert(t->out, (gssize) t->last.end, after->str);
        if (wrapped)
                g_string_insert(t->out, (gssize) t->last.start, "(?:");
        t->last.end += (wrapped ? strlen("(?:") : 0) + after->len;
        t->last.is_repeated = true;
        return true;
}

/* \Q...\E: each character of it is an operand */
static void quoted(Translator *t, Operand *ret)
{
        const char *end = memmem(t->s + t->i + 2, t->n - t->i - 2, "\\E", 2);
        size_t stop = end == NULL ? t->n : (size_t) (end - t->s);

        ret->is_there = false;
        for (t->i += 2; t->i < stop;) {
                ret->start = t->out->len;
                put_literal(t, next_rune(t));
                ret->is_there = true;
        }
        if (end != NULL)
                t->i += 2;
}

static bool escape(Translator *t)
{
        gunichar r;

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
        t->i++;
        if (!escaped_rune(t, &r))
                return false;
        put_literal(t, r);
        return true;
}

/* Flags are nothing that can be repeated, nor is \Q\E */
static bool operand(Translator *t, Operand *ret)
{
        ret->is_there = true;
        switch (t->s[t->i]) {
        case '(':
                return group(t, ret);
        case '[':
                return character_class(t);
        case '\\':
                ret->is_anchor = at(t, "\\A") || at(t, "\\z") || at(t, "\\b") || at(t, "\\B");
                if (!at(t, "\\Q"))
                        return escape(t);
                quoted(t, ret);
                return true;
        case '.':
                g_string_append(t->out, t->dot_all ? "(?s:.)" : "[^\\n]");
                t->i++;
                return true;
        case '^':
                g_string_append(t->out, t->multi_line ? "(?m:^)" : "\\A");
                ret->is_anchor = true;
                t->i++;
                return true;
        case '$':
                g_string_append(t->out, t->multi_line ? "(?m:$)" : "\\z");
                ret->is_anchor = true;
                t->i++;
                return true;
        default:
                put_literal(t, next_rune(t));
                return true;
        }
}

/* What stands in a group, or in all; *ret_product is the largest of its operands */
static bool alternatives(Translator *t, int *ret_product)
{
        size_t end;
        int low, high;

        *ret_product = 1;
        t->last.is_there = false;
        while (t->i < t->n && t->s[t->i] != ')') {
                if (t->s[t->i] == '|') {
                        g_string_append_c(t->out, '|');
                        t->i++;
                        t->last.is_there = false;
                } else if (at_repetition(t, &end, &low, &high)) {
                        if (!repetition(t, end, low, high))
                                return false;
                } else {
                        Operand next = { .start = t->out->len, .product = 1 };

                        if (!operand(t, &next))
                                return false;
                        if (next.is_there) {
                                t->last = next;
                                t->last.end = t->out->len;
                        }
                }
                *ret_product = MAX(*ret_product, t->last.is_there ? t->last.product : 1);
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
        int product;

        if (!ok)
                fail(&t, "it is no valid UTF-8");
        ok = ok && alternatives(&t, &product);
        if (ok && t.i < t.n)
                ok = fail(&t, "there is no ( that a ) closes");
        *ret_len = t.out->len;
        return g_string_free(t.out, !ok);
}
