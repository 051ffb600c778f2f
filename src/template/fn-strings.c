/*
 * Sprig's functions on text
 */

#include "template/cast.h"
#include "template/fmt.h"
#include "template/number.h"
#include "template/rune.h"
#include "template/tables.h"
#include "template/text-case.h"

static bool take(TemplateCall *call, GString *text, Value *ret)
{
        *ret = call_take(call, text);
        return template_call_reserve(call, 0);
}

static const char *find(Value s, size_t from, Value what)
{
        return what.len > s.len - from ? NULL : memmem(s.s + from, s.len - from, what.s, what.len);
}

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

static bool mapped(TemplateCall *call, gunichar (*map)(gunichar), Value *ret)
{
        GString *text = g_string_new(NULL);

        text_map(text, ARG(0), map);
        return take(call, text, ret);
}

static bool fn_upper(TemplateCall *call, Value *ret)
{
        return mapped(call, rune_to_upper, ret);
}

static bool fn_lower(TemplateCall *call, Value *ret)
{
        return mapped(call, rune_to_lower, ret);
}

static bool converted(TemplateCall *call, void (*convert)(GString *, Value), Value *ret)
{
        GString *text = g_string_new(NULL);

        convert(text, ARG(0));
        return take(call, text, ret);
}

static bool fn_title(TemplateCall *call, Value *ret)
{
        return converted(call, text_title, ret);
}

static bool fn_untitle(TemplateCall *call, Value *ret)
{
        return converted(call, text_untitle, ret);
}

static bool fn_swapcase(TemplateCall *call, Value *ret)
{
        return converted(call, text_swap_case, ret);
}

static bool fn_camelcase(TemplateCall *call, Value *ret)
{
        return converted(call, text_pascal_case, ret);
}

static bool fn_snakecase(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);

        text_connected_case(text, ARG(0), '_');
        return take(call, text, ret);
}

static bool fn_kebabcase(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);

        text_connected_case(text, ARG(0), '-');
        return take(call, text, ret);
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
        return take(call, text, ret);
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
        return take(call, text, ret);
}

static bool fn_contains(TemplateCall *call, Value *ret)
{
        *ret = value_bool(find(ARG(1), 0, ARG(0)) != NULL);
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
        while ((p = find(s, at, old)) != NULL) {
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

        return take(call, text, ret) && ok;
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
        return take(call, text, ret) && ok;
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
                number_quote(text, s.s, s.len, false);
        }
        return take(call, text, ret);
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
        return take(call, text, ret);
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
        return take(call, text, ret);
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

static bool fn_trunc(TemplateCall *call, Value *ret)
{
        int64_t c = ARG_I(0);

        *ret = ARG(1);
        if (c < 0 && c > -(int64_t) ret->len) {
                ret->s += ret->len + c;
                ret->len = (uint32_t) -c;
        } else if (c >= 0 && c < ret->len) {
                ret->len = (uint32_t) c;
        }
        return true;
}

static bool fn_substr(TemplateCall *call, Value *ret)
{
        int64_t start = ARG_I(0), end = ARG_I(1), n = ARG(2).len;

        if (start < 0)
                start = 0;
        else if (end < 0 || end > n)
                end = n;
        if (end < 0 || end > n || start > end)
                return template_call_fail(call,
                                          "bytes %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                                          " are not in a text of %" G_GINT64_FORMAT " bytes",
                                          start, end, n);
        *ret = value_string_n(ARG_S(2) + start, (size_t) (end - start));
        return true;
}

/* The first width - 3 bytes and three dots, or the middle with dots at both ends */
static void abbreviate(GString *out, Value s, int64_t offset, int64_t width)
{
        int64_t n = s.len;

        if (n == 0 || width < 4)
                return;
        if (n <= width) {
                g_string_append_len(out, s.s, n);
                return;
        }
        offset = MIN(offset, n);
        if (n - offset < width - 3)
                offset = n - (width - 3);
        if (offset <= 4) {
                g_string_append_len(out, s.s, width - 3);
                g_string_append(out, "...");
                return;
        }
        if (width < 7)
                return;
        g_string_append(out, "...");
        if (offset + width - 3 < n)
                abbreviate(out, value_string_n(s.s + offset, (size_t) (n - offset)), 0, width - 3);
        else
                g_string_append_len(out, s.s + (n - (width - 3)), width - 3);
}

static bool fn_abbrev(TemplateCall *call, Value *ret)
{
        GString *text;

        *ret = ARG(1);
        if (ARG_I(0) < 4)
                return true;
        text = g_string_new(NULL);
        abbreviate(text, ARG(1), 0, ARG_I(0));
        return take(call, text, ret);
}

static bool fn_abbrevboth(TemplateCall *call, Value *ret)
{
        int64_t left = ARG_I(0), right = ARG_I(1);
        GString *text;

        *ret = ARG(2);
        if (right < 4 || (left > 0 && right < 7))
                return true;
        text = g_string_new(NULL);
        abbreviate(text, ARG(2), left, right);
        return take(call, text, ret);
}

static const char *last_blank(const char *s, size_t n)
{
        return memrchr(s, ' ', n);
}

static bool wrapped(TemplateCall *call, GString *out, Value s, int64_t length, Value newline,
                    bool break_words)
{
        size_t width = length < 1 ? 1 : (size_t) length, at = 0, n = s.len;
        const char *blank;

        if (newline.len == 0)
                newline = value_string("\n");
        while (n - at > width) {
                size_t end;

                if (s.s[at] == ' ') {
                        at++;
                        continue;
                }
                blank = last_blank(s.s + at, width + 1);
                if (blank == NULL && !break_words) {
                        blank = memchr(s.s + at + width, ' ', n - at - width);
                        if (blank == NULL)
                                break;
                }
                end = blank != NULL ? (size_t) (blank - s.s) : at + width;
                g_string_append_len(out, s.s + at, (gssize) (end - at));
                g_string_append_len(out, newline.s, newline.len);
                at = blank != NULL ? end + 1 : end;
                if (!template_call_reserve(call, out->len))
                        return false;
        }
        g_string_append_len(out, s.s + at, (gssize) (n - at));
        return true;
}

static bool fn_wrap(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = wrapped(call, text, ARG(1), ARG_I(0), value_string("\n"), false);

        return take(call, text, ret) && ok;
}

static bool fn_wrap_with(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = wrapped(call, text, ARG(2), ARG_I(0), ARG(1), true);

        return take(call, text, ret) && ok;
}

/* Go's strings.SplitN into a list of texts; n < 0: all */
static bool split_list(TemplateCall *call, Value s, Value sep, int64_t n, Value *ret)
{
        size_t at = 0, width;
        const char *p;

        *ret = (Value){ .type = VALUE_STRINGS };
        if (n == 0)
                return true;
        *ret = value_list_new(call->arena, VALUE_STRINGS, 4);
        if (sep.len == 0) {
                if (!template_call_reserve(call, (size_t) s.len * sizeof(Value)))
                        return false;
                for (; at < s.len && (n < 0 || (int64_t) ret->list->n < n - 1); at += width) {
                        rune_decode(s.s + at, s.len - at, &width);
                        value_list_add(call->arena, ret->list, value_string_n(s.s + at, width));
                }
                if (at < s.len)
                        value_list_add(call->arena, ret->list,
                                       value_string_n(s.s + at, s.len - at));
                return true;
        }
        while ((n < 0 || (int64_t) ret->list->n < n - 1) && (p = find(s, at, sep)) != NULL) {
                value_list_add(call->arena, ret->list,
                               value_string_n(s.s + at, (size_t) (p - s.s) - at));
                at = (size_t) (p - s.s) + sep.len;
        }
        value_list_add(call->arena, ret->list, value_string_n(s.s + at, s.len - at));
        return template_call_reserve(call, 0);
}

static bool fn_split_list(TemplateCall *call, Value *ret)
{
        return split_list(call, ARG(1), ARG(0), -1, ret);
}

/* The application's Split has the text first */
static bool fn_split_text(TemplateCall *call, Value *ret)
{
        return split_list(call, ARG(0), ARG(1), -1, ret);
}

static bool split_map(TemplateCall *call, Value s, Value sep, int64_t n, Value *ret)
{
        Value list;

        if (!split_list(call, s, sep, n, &list))
                return false;
        *ret = value_map_new(call->arena, VALUE_STRING_MAP);
        for (size_t i = 0; i < value_list_size(list); i++)
                value_map_set(call->arena, ret->map,
                              value_string(arena_printf(call->arena, "_%zu", i)),
                              list.list->items[i]);
        return template_call_reserve(call, 0);
}

static bool fn_split(TemplateCall *call, Value *ret)
{
        return split_map(call, ARG(1), ARG(0), -1, ret);
}

static bool fn_splitn(TemplateCall *call, Value *ret)
{
        return split_map(call, ARG(2), ARG(0), ARG_I(1), ret);
}

static bool fn_join(TemplateCall *call, Value *ret)
{
        GString *text;
        Value list;

        if (!cast_strings(call, ARG(1), &list))
                return false;
        text = g_string_new(NULL);
        for (size_t i = 0; i < value_list_size(list); i++) {
                if (i > 0)
                        g_string_append_len(text, ARG_S(0), ARG(0).len);
                g_string_append_len(text, list.list->items[i].s, list.list->items[i].len);
                if (!template_call_reserve(call, text->len)) {
                        g_string_free(text, true);
                        return false;
                }
        }
        return take(call, text, ret);
}

static bool fn_to_strings(TemplateCall *call, Value *ret)
{
        return cast_strings(call, ARG(0), ret);
}

static bool fn_hello(TemplateCall *call, Value *ret)
{
        *ret = value_string("Hello!");
        return true;
}

/* A file must not read the host's environment or ask its name server: they give nothing */
static bool fn_nothing(TemplateCall *call, Value *ret)
{
        *ret = value_string("");
        return true;
}

static bool fn_fail(TemplateCall *call, Value *ret)
{
        *ret = value_string("");
        return template_call_fail(call, "%s", arg_cstring(call, 0));
}

#define GROUP "text"

const TemplateFunction template_string_functions[] = {
        { "abbrev", "is", "s", fn_abbrev, 0, GROUP, "Cut to a length, with ... at the end",
          "abbrev 8 \"hello world\"", "hello..." },
        { "abbrevboth", "iis", "s", fn_abbrevboth, 0, GROUP, "Cut on both sides",
          "abbrevboth 5 10 \"1234 5678 9123\"", "...5678..." },
        { "trunc", "is", "s", fn_trunc, 0, GROUP,
          "The first bytes, or with a negative number the last", "trunc 3 \"abcdef\"", "abc" },
        { "trim", "s", "s", fn_trim, 0, GROUP, "Without blanks at both ends", "trim \"  a \"",
          "a" },
        { "upper", "s", "s", fn_upper, 0, GROUP, "In upper case", "upper \"abc\"", "ABC" },
        { "lower", "s", "s", fn_lower, 0, GROUP, "In lower case", "lower \"ABC\"", "abc" },
        { "ToUpper", "s", "s", fn_upper, 0, GROUP, "In upper case", "ToUpper \"abc\"", "ABC" },
        { "ToLower", "s", "s", fn_lower, 0, GROUP, "In lower case", "ToLower \"ABC\"", "abc" },
        { "title", "s", "s", fn_title, 0, GROUP, "Each word with a capital", "title \"a few\"",
          "A Few" },
        { "untitle", "s", "s", fn_untitle, 0, GROUP, "Each word with a small letter first",
          "untitle \"A Few\"", "a few" },
        { "substr", "iis", "s", fn_substr, 0, GROUP, "The bytes from a place to another",
          "substr 1 3 \"abcd\"", "bc" },
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
        { "swapcase", "s", "s", fn_swapcase, 0, GROUP, "Upper for lower case and the reverse",
          "swapcase \"This Is\"", "tHIS iS" },
        { "snakecase", "s", "s", fn_snakecase, 0, GROUP, "first_name", "snakecase \"FirstName\"",
          "first_name" },
        { "camelcase", "s", "s", fn_camelcase, 0, GROUP, "FirstName", "camelcase \"first_name\"",
          "FirstName" },
        { "kebabcase", "s", "s", fn_kebabcase, 0, GROUP, "first-name", "kebabcase \"FirstName\"",
          "first-name" },
        { "wrap", "is", "s", fn_wrap, 0, GROUP, "Lines of at most a length, broken at blanks",
          "wrap 3 \"a b c\" | js", "a b\\u000Ac" },
        { "wrapWith", "iss", "s", fn_wrap_with, 0, GROUP,
          "The same with another line end, breaking long words", "wrapWith 3 \"/\" \"abcdef\"",
          "abc/def" },
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
        { "toStrings", "a", "S", fn_to_strings, 0, GROUP, "A list as list of texts",
          "toStrings (list 1 2) | join \"-\"", "1-2" },
        { "join", "sa", "s", fn_join, 0, GROUP, "A list as one text", "join \"-\" (list 1 2)",
          "1-2" },
        { "split", "ss", "N", fn_split, 0, GROUP, "Parts as a dictionary _0, _1, ...",
          "(split \"/\" \"a/b\")._1", "b" },
        { "splitn", "sis", "N", fn_splitn, 0, GROUP, "The same with at most so many parts",
          "(splitn \"/\" 2 \"a/b/c\")._1", "b/c" },
        { "splitList", "ss", "S", fn_split_list, 0, GROUP, "Parts as a list",
          "splitList \",\" \"a,b\"", "[a b]" },
        { "Split", "ss", "S", fn_split_text, 0, GROUP, "Parts as a list; the text comes first",
          "Split \"a,b\" \",\"", "[a b]" },
        { "hello", "", "s", fn_hello, 0, GROUP, "A greeting", "hello", "Hello!" },
        { "fail", "s", "s", fn_fail, 0, "control", "Ends the rendering with a message", NULL,
          NULL },
        { "env", "s", "s", fn_nothing, 0, "control",
          "Nothing: a file must not read the host's environment", "env \"HOME\"", "" },
        { "expandenv", "s", "s", fn_nothing, 0, "control",
          "Nothing: a file must not read the host's environment", "expandenv \"$HOME\"", "" },
        { "getHostByName", "s", "s", fn_nothing, 0, "control",
          "Nothing: a file must not ask the host's name server", "getHostByName \"localhost\"",
          "" },
        { NULL },
};
