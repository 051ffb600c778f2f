/*
 * Sprig's functions on text
 */

#include "template/cast.h"
#include "template/fmt.h"
#include "template/quote.h"
#include "template/rune.h"
#include "template/tables.h"

static bool starts_with(Value s, Value prefix)
{
        return s.len >= prefix.len && memcmp(s.s, prefix.s, prefix.len) == 0;
}

static bool ends_with(Value s, Value suffix)
{
        return s.len >= suffix.len && memcmp(s.s + s.len - suffix.len, suffix.s, suffix.len) == 0;
}

static bool in_set(gunichar r, Value set)
{
        size_t width;

        for (size_t i = 0; i < set.len; i += width)
                if (rune_decode(set.s + i, set.len - i, &width) == r)
                        return true;
        return false;
}

/* Without the characters of @set at both ends; NULL: without white space */
static Value trimmed(Value s, const Value *set)
{
        size_t width;

        while (s.len > 0) {
                gunichar r = rune_decode(s.s, s.len, &width);

                if (!(set == NULL ? rune_is_space(r) : in_set(r, *set)))
                        break;
                s.s += width;
                s.len -= (uint32_t) width;
        }
        while (s.len > 0) {
                gunichar r = rune_decode_last(s.s, s.len, &width);

                if (!(set == NULL ? rune_is_space(r) : in_set(r, *set)))
                        break;
                s.len -= (uint32_t) width;
        }
        return s;
}

static bool fn_trim(TemplateCall *call, Value *ret)
{
        *ret = trimmed(ARG(0), NULL);
        return true;
}

static bool fn_trim_all(TemplateCall *call, Value *ret)
{
        *ret = trimmed(ARG(1), &ARG(0));
        return template_call_charge(call, ARG_LEN(0) * MIN(ARG_LEN(1), 1000) / 100);
}

static bool fn_trim_prefix(TemplateCall *call, Value *ret)
{
        *ret = ARG(1);
        if (starts_with(ARG(1), ARG(0))) {
                ret->s += ARG(0).len;
                ret->len -= ARG(0).len;
        }
        return true;
}

static bool fn_trim_suffix(TemplateCall *call, Value *ret)
{
        *ret = ARG(1);
        if (ends_with(ARG(1), ARG(0)))
                ret->len -= ARG(0).len;
        return true;
}

/* Sprig looks at bytes here, as if each was a character of its own */
static bool fn_nospace(TemplateCall *call, Value *ret)
{
        Value s = ARG(0);
        GString *text = g_string_new(NULL);
        size_t n = 0;

        for (size_t i = 0; i < s.len; i++)
                if (!rune_is_space((unsigned char) s.s[i])) {
                        rune_append(text, (unsigned char) s.s[i]);
                        n++;
                }
        if (n == s.len) {
                g_string_free(text, true);
                *ret = s;
                return true;
        }
        return call_give(call, text, ret);
}

static bool fn_initials(TemplateCall *call, Value *ret)
{
        Value s = ARG(0);
        GString *text = g_string_new(NULL);
        bool gap = true;

        for (size_t i = 0; i < s.len; i++) {
                bool is_space = rune_is_space((unsigned char) s.s[i]);

                if (!is_space && gap)
                        rune_append(text, (unsigned char) s.s[i]);
                gap = is_space;
        }
        return call_give(call, text, ret);
}

static bool fn_contains(TemplateCall *call, Value *ret)
{
        *ret = value_bool(call_find(ARG(1), 0, ARG(0)) != NULL);
        return true;
}

static bool fn_has_prefix(TemplateCall *call, Value *ret)
{
        *ret = value_bool(starts_with(ARG(1), ARG(0)));
        return true;
}

static bool fn_has_suffix(TemplateCall *call, Value *ret)
{
        *ret = value_bool(ends_with(ARG(1), ARG(0)));
        return true;
}

static bool repeated(TemplateCall *call, GString *out, Value s, int64_t count)
{
        size_t total;

        if (count < 0)
                return template_call_fail(call, "it cannot be repeated %" G_GINT64_FORMAT " times",
                                          count);
        if (__builtin_mul_overflow((size_t) count, (size_t) s.len, &total))
                total = SIZE_MAX / 2;
        if (!template_call_reserve(call, total) || s.len == 0)
                return s.len == 0;
        for (int64_t i = 0; i < count; i++)
                g_string_append_len(out, s.s, s.len);
        return true;
}

static bool fn_repeat(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = repeated(call, text, ARG(1), ARG_I(0));

        *ret = call_take(call, text);
        return ok;
}

/* Go's strings.Replace: an empty @old is found before each character and at the end */
static bool replaced(TemplateCall *call, GString *out, Value s, Value old, Value new)
{
        size_t at = 0, width;
        const char *p;

        if (old.len == 0) {
                if (!template_call_reserve(call, ((size_t) new.len + 1) * ((size_t) s.len + 1)))
                        return false;
                for (; at < s.len; at += width) {
                        rune_decode(s.s + at, s.len - at, &width);
                        g_string_append_len(out, new.s, new.len);
                        g_string_append_len(out, s.s + at, (gssize) width);
                }
                g_string_append_len(out, new.s, new.len);
                return true;
        }
        while ((p = call_find(s, at, old)) != NULL) {
                g_string_append_len(out, s.s + at, p - (s.s + at));
                g_string_append_len(out, new.s, new.len);
                at = (size_t) (p - s.s) + old.len;
                if (!template_call_charge(call, 1) || !template_call_reserve(call, out->len))
                        return false;
        }
        g_string_append_len(out, s.s + at, s.len - (gssize) at);
        return true;
}

static bool fn_replace(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = replaced(call, text, ARG(2), ARG(0), ARG(1));

        return call_give(call, text, ret) && ok;
}

static bool indented(TemplateCall *call, const char *start, Value *ret)
{
        g_autoptr(GString) pad = g_string_new("\n");
        GString *text;
        Value newline = value_string("\n"), with_pad;
        bool ok;

        if (!repeated(call, pad, value_string(" "), ARG_I(0)))
                return false;
        with_pad = value_string_n(pad->str, pad->len);
        text = g_string_new(start);
        g_string_append_len(text, pad->str + 1, (gssize) pad->len - 1);
        ok = replaced(call, text, ARG(1), newline, with_pad);
        return call_give(call, text, ret) && ok;
}

static bool fn_indent(TemplateCall *call, Value *ret)
{
        return indented(call, "", ret);
}

static bool fn_nindent(TemplateCall *call, Value *ret)
{
        return indented(call, "\n", ret);
}

static bool fn_quote(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool any = false;

        for (size_t i = 0; i < call->n_args; i++) {
                Value s;

                if (is_nothing(ARG(i)))
                        continue;
                if (any)
                        g_string_append_c(text, ' ');
                any = true;
                s = call_strval(call, ARG(i));
                quote_text(text, s.s, s.len, false);
        }
        return call_give(call, text, ret);
}

static bool fn_squote(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool any = false;

        for (size_t i = 0; i < call->n_args; i++) {
                if (is_nothing(ARG(i)))
                        continue;
                g_string_append(text, any ? " '" : "'");
                any = true;
                fmt_value(text, text->len + TEMPLATE_OUTPUT_MAX, ARG(i));
                g_string_append_c(text, '\'');
        }
        return call_give(call, text, ret);
}

static bool fn_cat(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool any = false;

        for (size_t i = 0; i < call->n_args; i++) {
                if (is_nothing(ARG(i)))
                        continue;
                if (any)
                        g_string_append_c(text, ' ');
                any = true;
                fmt_value(text, text->len + TEMPLATE_OUTPUT_MAX, ARG(i));
        }
        return call_give(call, text, ret);
}

static bool fn_plural(TemplateCall *call, Value *ret)
{
        *ret = ARG_I(2) == 1 ? ARG(0) : ARG(1);
        return true;
}

static bool fn_to_string(TemplateCall *call, Value *ret)
{
        *ret = call_strval(call, ARG(0));
        return template_call_reserve(call, 0);
}

static bool fn_hello(TemplateCall *call, Value *ret)
{
        *ret = value_string("Hello!");
        return true;
}

#define GROUP "text"

const TemplateFunction template_string_functions[] = {
        { "trim", "s", "s", fn_trim, 0, GROUP, "Without blanks at both ends", "trim \"  a \"",
          "a" },
        { "repeat", "is", "s", fn_repeat, 0, GROUP, "A text several times", "repeat 3 \"ab\"",
          "ababab" },
        { "trimall", "ss", "s", fn_trim_all, 0, GROUP, "Another name of trimAll", NULL, NULL },
        { "trimAll", "ss", "s", fn_trim_all, 0, GROUP, "Without certain characters at both ends",
          "trimAll \"$\" \"$5.00$\"", "5.00" },
        { "trimSuffix", "ss", "s", fn_trim_suffix, 0, GROUP, "Without an end",
          "trimSuffix \".txt\" \"a.txt\"", "a" },
        { "trimPrefix", "ss", "s", fn_trim_prefix, 0, GROUP, "Without a beginning",
          "trimPrefix \"v\" \"v1\"", "1" },
        { "nospace", "s", "s", fn_nospace, 0, GROUP, "Without any blanks", "nospace \"a b c\"",
          "abc" },
        { "initials", "s", "s", fn_initials, 0, GROUP, "The first letter of each word",
          "initials \"First Try\"", "FT" },
        { "contains", "ss", "b", fn_contains, 0, GROUP, "Whether the second text has the first",
          "contains \"b\" \"abc\"", "true" },
        { "hasPrefix", "ss", "b", fn_has_prefix, 0, GROUP,
          "Whether the second text begins with the first", "hasPrefix \"a\" \"abc\"", "true" },
        { "hasSuffix", "ss", "b", fn_has_suffix, 0, GROUP,
          "Whether the second text ends in the first", "hasSuffix \"c\" \"abc\"", "true" },
        { "quote", "a*", "s", fn_quote, 0, GROUP, "In double quotes, escaped; nil is left out",
          "quote \"a\" 1", "\"a\" \"1\"" },
        { "squote", "a*", "s", fn_squote, 0, GROUP, "In single quotes, nothing escaped",
          "squote \"a\" 1", "'a' '1'" },
        { "cat", "a*", "s", fn_cat, 0, GROUP, "With a blank between; nil is left out",
          "cat \"a\" nil 1", "a 1" },
        { "indent", "is", "s", fn_indent, 0, GROUP, "Each line further right", "indent 2 \"a\"",
          "  a" },
        { "nindent", "is", "s", fn_nindent, 0, GROUP, "The same on a new line",
          "nindent 2 \"a\" | js", "\\u000A  a" },
        { "replace", "sss", "s", fn_replace, 0, GROUP, "A text with one part replaced everywhere",
          "replace \"a\" \"b\" \"banana\"", "bbnbnb" },
        { "plural", "ssi", "s", fn_plural, 0, GROUP, "The first for one, the second else",
          "plural \"one\" \"many\" 2", "many" },
        { "toString", "a", "s", fn_to_string, 0, GROUP, "Any value as text", "toString 1.5",
          "1.5" },
        { "hello", "", "s", fn_hello, 0, GROUP, "A greeting", "hello", "Hello!" },
        { NULL },
};
