/*
 * Sprig's functions that cut a text: to a length, or into lines
 */

#include "template/call.h"
#include "template/tables.h"

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
        return call_give(call, text, ret);
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
        return call_give(call, text, ret);
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

        return call_give(call, text, ret) && ok;
}

static bool fn_wrap_with(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = wrapped(call, text, ARG(2), ARG_I(0), ARG(1), true);

        return call_give(call, text, ret) && ok;
}

#define GROUP "text"

const TemplateFunction template_cut_functions[] = {
        { "abbrev", "is", "s", fn_abbrev, 0, GROUP, "Cut to a length, with ... at the end",
          "abbrev 8 \"hello world\"", "hello..." },
        { "abbrevboth", "iis", "s", fn_abbrevboth, 0, GROUP, "Cut on both sides",
          "abbrevboth 5 10 \"1234 5678 9123\"", "...5678..." },
        { "trunc", "is", "s", fn_trunc, 0, GROUP,
          "The first bytes, or with a negative number the last", "trunc 3 \"abcdef\"", "abc" },
        { "substr", "iis", "s", fn_substr, 0, GROUP, "The bytes from a place to another",
          "substr 1 3 \"abcd\"", "bc" },
        { "wrap", "is", "s", fn_wrap, 0, GROUP, "Lines of at most a length, broken at blanks",
          "wrap 3 \"a b c\" | js", "a b\\u000Ac" },
        { "wrapWith", "iss", "s", fn_wrap_with, 0, GROUP,
          "The same with another line end, breaking long words", "wrapWith 3 \"/\" \"abcdef\"",
          "abc/def" },
        { NULL },
};
