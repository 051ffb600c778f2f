#include "template/re2-translator.h"

#include <string.h>

#include "template/rune.h"

bool translator_fail(Translator *t, const char *format, ...)
{
        va_list args;

        if (*t->error != NULL)
                return false;
        va_start(args, format);
        *t->error = g_strdup_vprintf(format, args);
        va_end(args);
        return false;
}

bool translator_at(const Translator *t, const char *text)
{
        size_t n = strlen(text);

        return t->n - t->i >= n && memcmp(t->s + t->i, text, n) == 0;
}

gunichar translator_next(Translator *t)
{
        size_t width;
        gunichar r = rune_decode(t->s + t->i, t->n - t->i, &width);

        t->i += width;
        return r;
}

void translator_put_rune(Translator *t, gunichar r)
{
        g_string_append_printf(t->out, "\\x{%x}", r);
}

void translator_put_literal(Translator *t, gunichar r)
{
        if (r < 0x80 && g_ascii_isalnum((char) r))
                g_string_append_c(t->out, (char) r);
        else
                translator_put_rune(t, r);
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

bool translator_escape(Translator *t, gunichar *ret)
{
        static const char from[] = "aftnrv", to[] = "\a\f\t\n\r\v";
        const char *p;
        gunichar c;

        if (t->i >= t->n)
                return translator_fail(t, "a \\ at the end stands for nothing");
        c = translator_next(t);
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
        return translator_fail(t, "\\%c is no escape here", c < 0x80 ? (char) c : '?');
}
