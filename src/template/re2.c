#include "template/re2.h"

#include <string.h>

#include "template/re2-class.h"

#define REPEAT_MAX  1000 /* RE2's own limit, of one repetition and of nested ones together */
#define NESTING_MAX 1000

static bool group_name(Translator *t, size_t skip)
{
        const char *start, *end;
        size_t n;

        t->i += skip;
        start = t->s + t->i;
        end = memchr(start, '>', t->n - t->i);
        if (end == NULL)
                return translator_fail(t, "the name of a group is not closed: > is missing");
        n = (size_t) (end - start);
        for (size_t k = 0; k < n; k++)
                if (start[k] != '_' && !g_ascii_isalnum(start[k]))
                        return translator_fail(t, "a group's name has only letters, digits and _");
        if (n == 0)
                return translator_fail(t, "the name of a group is empty");
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
                                return translator_fail(t, "a group's flags have two -");
                        on = false;
                        any = false;
                        break;
                case ':':
                case ')':
                        if (!on && !any)
                                return translator_fail(t, "a group's flags end after the -");
                        *ret_group = t->s[t->i] == ':';
                        t->i++;
                        g_string_append_printf(t->out, "(?%s%s%s", t->ignore_case ? "i" : "",
                                               t->ignore_case ? "" : "-i", *ret_group ? ":" : ")");
                        return true;
                default:
                        return translator_fail(
                                t, "(? must be followed by i, m, s, U, :, or P<name>; RE2 knows "
                                   "no look-around and no back references");
                }
        }
        return translator_fail(t, "a ( is not closed: a ) is missing");
}

static bool alternatives(Translator *t, int *ret_product);

static bool group(Translator *t, Operand *ret)
{
        bool multi_line = t->multi_line, dot_all = t->dot_all, ungreedy = t->ungreedy;
        bool ignore_case = t->ignore_case, opens = true;
        if (translator_at(t, "(?P<")) {
                if (!group_name(t, 4))
                        return false;
        } else if (translator_at(t, "(?<") && t->i + 3 < t->n && t->s[t->i + 3] != '=' &&
                   t->s[t->i + 3] != '!') {
                if (!group_name(t, 3))
                        return false;
        } else if (translator_at(t, "(?")) {
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
                return translator_fail(t, "more than %d groups within each other", NESTING_MAX);
        if (!alternatives(t, &ret->product))
                return false;
        t->depth--;
        if (t->i >= t->n)
                return translator_fail(t, "a ( is not closed: a ) is missing");
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
                return translator_fail(t, "a repetition has at most %d, and its bounds go upwards",
                                       REPEAT_MAX);
        if (times >= 2 && times * t->last.product > REPEAT_MAX)
                return translator_fail(t, "repetitions within each other come to more than %d",
                                       REPEAT_MAX);
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
                return translator_fail(t, "%s repeats what stands before it, and there is nothing",
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
                return translator_fail(t, "a repetition (* + ? {}) of a repetition: use a group");
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
                translator_put_literal(t, translator_next(t));
                ret->is_there = true;
        }
        if (end != NULL)
                t->i += 2;
}

static bool escape(Translator *t)
{
        gunichar r;

        if (translator_at(t, "\\p") || translator_at(t, "\\P"))
                return re2_unicode_class(t);
        if (re2_perl_class(t, false))
                return true;
        if (translator_at(t, "\\A") || translator_at(t, "\\z")) {
                g_string_append_len(t->out, t->s + t->i, 2);
                t->i += 2;
                return true;
        }
        if (translator_at(t, "\\b") || translator_at(t, "\\B")) {
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
        if (!translator_escape(t, &r))
                return false;
        translator_put_literal(t, r);
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
                return re2_character_class(t);
        case '\\':
                ret->is_anchor = translator_at(t, "\\A") || translator_at(t, "\\z") ||
                                 translator_at(t, "\\b") || translator_at(t, "\\B");
                if (!translator_at(t, "\\Q"))
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
                translator_put_literal(t, translator_next(t));
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
                translator_fail(&t, "it is no valid UTF-8");
        ok = ok && alternatives(&t, &product);
        if (ok && t.i < t.n)
                ok = translator_fail(&t, "there is no ( that a ) closes");
        *ret_len = t.out->len;
        return g_string_free(t.out, !ok);
}
