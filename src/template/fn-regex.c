/*
 * Sprig's functions on regular expressions
 */

#include "template/call.h"
#include "template/regex.h"
#include "template/render.h"
#include "template/rune.h"
#include "template/tables.h"

#define COMPILE_STEPS 50

static Regex *compile(TemplateCall *call)
{
        g_autofree char *error = NULL;
        Regex *regex;

        if (!template_call_charge(call, COMPILE_STEPS + 4 * ARG_LEN(0)))
                return NULL;
        regex = regex_new(ARG_S(0), ARG_LEN(0), &error);
        if (regex == NULL) {
                template_call_fail(call, "`%s` is no pattern: %s", arg_cstring(call, 0), error);
                return NULL;
        }
        return regex;
}

static bool match(TemplateCall *call, Regex *regex, Value s, size_t start, bool *ret)
{
        /* Nearly all matches are cheap. One that is not is tried again with more steps, and counts
         * so much that a template can afford only some of them. */
        static const struct {
                size_t steps;
                size_t charge;
        } tries[] = { { 500, 1 }, { 10000, 2000 }, { SIZE_MAX, 200000 } };
        size_t limit = call->render->limits.regex_steps;
        RegexResult result = REGEX_LIMIT;

        for (size_t i = 0; i < G_N_ELEMENTS(tries) && result == REGEX_LIMIT; i++) {
                if (!template_call_charge(call, tries[i].charge))
                        return false;
                regex_set_limit(regex, MIN(limit, tries[i].steps));
                result = regex_match(regex, s.s, s.len, start);
                if (tries[i].steps >= limit)
                        break;
        }
        *ret = result == REGEX_MATCH;
        if (result == REGEX_LIMIT)
                return template_call_fail(call, "the pattern takes too many steps on this text");
        return true;
}

static bool fn_match(TemplateCall *call, Value *ret)
{
        g_autofree char *error = NULL;
        g_autoptr(Regex) regex = NULL;
        bool found = false;

        if (!template_call_charge(call, COMPILE_STEPS + 4 * ARG_LEN(0)))
                return false;
        regex = regex_new(ARG_S(0), ARG_LEN(0), &error);
        if (regex != NULL && !match(call, regex, ARG(1), 0, &found))
                return false;
        *ret = value_bool(found);
        return true;
}

static bool fn_must_match(TemplateCall *call, Value *ret)
{
        g_autoptr(Regex) regex = compile(call);
        bool found;

        if (regex == NULL || !match(call, regex, ARG(1), 0, &found))
                return false;
        *ret = value_bool(found);
        return true;
}

static bool fn_find(TemplateCall *call, Value *ret)
{
        g_autoptr(Regex) regex = compile(call);
        bool found;

        *ret = value_string("");
        if (regex == NULL || !match(call, regex, ARG(1), 0, &found))
                return false;
        if (found) {
                const size_t *at = regex_offsets(regex);

                *ret = value_string_n(ARG_S(1) + at[0], at[1] - at[0]);
        }
        return true;
}

typedef struct Span {
        size_t start;
        size_t end;
} Span;

/* All matches that do not overlap, at most @max (negative: all); an empty one right behind another
 * does not count */
static bool all_matches(TemplateCall *call, Regex *regex, Value s, int64_t max, GArray *spans)
{
        size_t pos = 0, last_end = (size_t) -1;

        while (pos <= s.len && (max < 0 || (int64_t) spans->len < max)) {
                Span span;
                bool found, accept = true;

                if (!match(call, regex, s, pos, &found))
                        return false;
                if (!found)
                        break;
                span = (Span){ regex_offsets(regex)[0], regex_offsets(regex)[1] };
                if (span.end == pos) {
                        size_t width = 1;

                        accept = span.start != last_end;
                        if (pos < s.len)
                                rune_decode(s.s + pos, s.len - pos, &width);
                        pos += width;
                } else {
                        pos = span.end;
                }
                last_end = span.end;
                if (accept)
                        g_array_append_val(spans, span);
        }
        return template_call_reserve(call, spans->len * sizeof(Value));
}

static bool fn_find_all(TemplateCall *call, Value *ret)
{
        g_autoptr(Regex) regex = compile(call);
        g_autoptr(GArray) spans = g_array_new(false, false, sizeof(Span));

        *ret = (Value){ .type = VALUE_STRINGS };
        if (regex == NULL || !all_matches(call, regex, ARG(1), ARG_I(2), spans))
                return false;
        if (spans->len == 0)
                return true;
        *ret = value_list_new(call->arena, VALUE_STRINGS, spans->len);
        for (guint i = 0; i < spans->len; i++) {
                Span span = g_array_index(spans, Span, i);

                value_list_add(call->arena, ret->list,
                               value_string_n(ARG_S(1) + span.start, span.end - span.start));
        }
        return true;
}

static bool fn_split(TemplateCall *call, Value *ret)
{
        g_autoptr(Regex) regex = compile(call);
        g_autoptr(GArray) spans = g_array_new(false, false, sizeof(Span));
        size_t start = 0, end = 0;
        int64_t n = ARG_I(2);
        Value s = ARG(1);

        *ret = (Value){ .type = VALUE_STRINGS };
        if (regex == NULL)
                return false;
        if (n == 0)
                return true;
        *ret = value_list_new(call->arena, VALUE_STRINGS, 4);
        if (ARG_LEN(0) > 0 && s.len == 0) {
                value_list_add(call->arena, ret->list, value_string(""));
                return true;
        }
        if (!all_matches(call, regex, s, n, spans))
                return false;
        for (guint i = 0; i < spans->len; i++) {
                Span span = g_array_index(spans, Span, i);

                if (n > 0 && (int64_t) ret->list->n == n - 1)
                        break;
                end = span.start;
                if (span.end != 0)
                        value_list_add(call->arena, ret->list,
                                       value_string_n(s.s + start, end - start));
                start = span.end;
        }
        if (end != s.len)
                value_list_add(call->arena, ret->list, value_string_n(s.s + start, s.len - start));
        return true;
}

/* $name or ${name} at the beginning of @s; false where it is neither */
static bool group_reference(const char *s, size_t n, const char **ret_name, size_t *ret_len,
                            size_t *ret_used)
{
        bool brace = n > 0 && s[0] == '{';
        size_t start = brace, i = start, width;

        for (; i < n; i += width) {
                gunichar r = rune_decode(s + i, n - i, &width);

                if (!rune_is_letter(r) && !rune_is_digit(r) && r != '_')
                        break;
        }
        *ret_name = s + start;
        *ret_len = i - start;
        *ret_used = i + brace;
        return i > start && (!brace || (i < n && s[i] == '}'));
}

static void append_group(GString *out, const Regex *regex, Value s, const char *name, size_t len)
{
        const size_t *at = regex_offsets(regex);
        int64_t number = 0;

        for (size_t i = 0; i < len && number >= 0; i++) {
                if (!g_ascii_isdigit(name[i]) || number >= 100000000)
                        number = -1;
                else
                        number = number * 10 + (name[i] - '0');
        }
        if (len > 1 && name[0] == '0')
                number = -1;
        if (number < 0) {
                number = (int64_t) regex_group(regex, name, len);
                if (number == 0)
                        return;
        }
        if (number > (int64_t) regex_n_groups(regex) || at[2 * number] == REGEX_NONE)
                return;
        g_string_append_len(out, s.s + at[2 * number],
                            (gssize) (at[2 * number + 1] - at[2 * number]));
}

/* The replacement with its $1, ${name} and $$ filled in */
static void expand(GString *out, const Regex *regex, Value s, Value replacement)
{
        const char *p = replacement.s;
        size_t n = replacement.len;

        while (n > 0) {
                const char *dollar = memchr(p, '$', n), *name;
                size_t len, used;

                if (dollar == NULL)
                        break;
                g_string_append_len(out, p, dollar - p);
                n -= (size_t) (dollar - p) + 1;
                p = dollar + 1;
                if (n > 0 && *p == '$') {
                        g_string_append_c(out, '$');
                        p++;
                        n--;
                } else if (group_reference(p, n, &name, &len, &used)) {
                        append_group(out, regex, s, name, len);
                        p += used;
                        n -= used;
                } else {
                        g_string_append_c(out, '$');
                }
        }
        g_string_append_len(out, p, (gssize) n);
}

static bool replace_all(TemplateCall *call, GString *out, Regex *regex, bool literal)
{
        Value s = ARG(1), replacement = ARG(2);
        size_t copied = 0, pos = 0;

        while (pos <= s.len) {
                const size_t *at;
                size_t width = 0;
                bool found;

                if (!match(call, regex, s, pos, &found))
                        return false;
                if (!found)
                        break;
                at = regex_offsets(regex);
                g_string_append_len(out, s.s + copied, (gssize) (at[0] - copied));
                /* not for an empty match right behind another */
                if (at[1] > copied || at[0] == 0) {
                        if (literal)
                                g_string_append_len(out, replacement.s, replacement.len);
                        else
                                expand(out, regex, s, replacement);
                }
                copied = at[1];
                if (pos < s.len)
                        rune_decode(s.s + pos, s.len - pos, &width);
                pos = pos + width > at[1] ? pos + width : pos + 1 > at[1] ? pos + 1 : at[1];
                if (!template_call_reserve(call, out->len))
                        return false;
        }
        g_string_append_len(out, s.s + copied, (gssize) (s.len - copied));
        return true;
}

static bool replaced(TemplateCall *call, bool literal, Value *ret)
{
        g_autoptr(Regex) regex = compile(call);
        GString *text;
        bool ok;

        if (regex == NULL)
                return false;
        text = g_string_new(NULL);
        ok = replace_all(call, text, regex, literal);
        *ret = call_take(call, text);
        return ok && template_call_reserve(call, 0);
}

static bool fn_replace_all(TemplateCall *call, Value *ret)
{
        return replaced(call, false, ret);
}

static bool fn_replace_all_literal(TemplateCall *call, Value *ret)
{
        return replaced(call, true, ret);
}

static bool fn_quote_meta(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < ARG_LEN(0); i++) {
                char c = ARG_S(0)[i];

                if (c != '\0' && strchr("\\.+*?()|[]{}^$", c) != NULL)
                        g_string_append_c(text, '\\');
                g_string_append_c(text, c);
        }
        return call_give(call, text, ret);
}

#define GROUP "regular expressions"

const TemplateFunction template_regex_functions[] = {
        { "regexMatch", "ss", "b", fn_match, 0, GROUP,
          "Whether a pattern matches; false for a bad pattern", "regexMatch \"^a+$\" \"aaa\"",
          "true" },
        { "mustRegexMatch", "ss", "b", fn_must_match, 0, GROUP,
          "The same, an error for a bad pattern", "mustRegexMatch \"^a\" \"b\"", "false" },
        { "regexFind", "ss", "s", fn_find, 0, GROUP, "The first match",
          "regexFind \"[0-9]+\" \"a12b3\"", "12" },
        { "mustRegexFind", "ss", "s", fn_find, 0, GROUP, "Another name of regexFind", NULL, NULL },
        { "regexFindAll", "ssi", "S", fn_find_all, 0, GROUP,
          "All matches, at most so many (-1: all)", "regexFindAll \"[0-9]\" \"a1b2\" -1", "[1 2]" },
        { "mustRegexFindAll", "ssi", "S", fn_find_all, 0, GROUP, "Another name of regexFindAll",
          NULL, NULL },
        { "regexReplaceAll", "sss", "s", fn_replace_all, 0, GROUP,
          "All matches replaced; $1 and ${name} are groups",
          "regexReplaceAll \"a(x*)b\" \"-axxb-\" \"<${1}>\"", "-<xx>-" },
        { "mustRegexReplaceAll", "sss", "s", fn_replace_all, 0, GROUP,
          "Another name of regexReplaceAll", NULL, NULL },
        { "regexReplaceAllLiteral", "sss", "s", fn_replace_all_literal, 0, GROUP,
          "All matches replaced by exactly this text",
          "regexReplaceAllLiteral \"a\" \"aba\" \"$1\"", "$1b$1" },
        { "mustRegexReplaceAllLiteral", "sss", "s", fn_replace_all_literal, 0, GROUP,
          "Another name of regexReplaceAllLiteral", NULL, NULL },
        { "regexSplit", "ssi", "S", fn_split, 0, GROUP, "The parts between matches",
          "regexSplit \"[,;]\" \"a,b;c\" -1", "[a b c]" },
        { "mustRegexSplit", "ssi", "S", fn_split, 0, GROUP, "Another name of regexSplit", NULL,
          NULL },
        { "regexQuoteMeta", "s", "s", fn_quote_meta, 0, GROUP,
          "A pattern that matches exactly this text", "regexQuoteMeta \"1.5\"", "1\\.5" },
        { NULL },
};
