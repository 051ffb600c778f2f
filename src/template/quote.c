#include "template/quote.h"

#include <string.h>

#include "template/rune.h"

static void append_escaped(GString *out, gunichar r, char quote, bool ascii_only)
{
        static const char letters[] = "abtnvfr"; /* from 7 on */

        if (r == (gunichar) quote || r == '\\') {
                g_string_append_c(out, '\\');
                g_string_append_c(out, (char) r);
        } else if (r >= 0x20 && r < 0x7F) {
                g_string_append_c(out, (char) r);
        } else if (!ascii_only && r >= 0x80 && rune_is_print(r)) {
                rune_append(out, r);
        } else if (r >= 7 && r <= 13) {
                g_string_append_c(out, '\\');
                g_string_append_c(out, letters[r - 7]);
        } else if (r < ' ' || r == 0x7F) {
                g_string_append_printf(out, "\\x%02x", r);
        } else if (r < 0x10000) {
                g_string_append_printf(out, "\\u%04x", r);
        } else {
                g_string_append_printf(out, "\\U%08x", r);
        }
}

void quote_text(GString *out, const char *s, size_t n, bool ascii_only)
{
        size_t width;

        g_string_append_c(out, '"');
        for (size_t i = 0; i < n; i += width) {
                gunichar r = rune_decode(s + i, n - i, &width);

                if (width == 1 && r == RUNE_ERROR)
                        g_string_append_printf(out, "\\x%02x", (unsigned char) s[i]);
                else
                        append_escaped(out, r, '"', ascii_only);
        }
        g_string_append_c(out, '"');
}

void quote_rune(GString *out, gunichar r, bool ascii_only)
{
        if (r > RUNE_MAX || (r >= 0xD800 && r <= 0xDFFF))
                r = RUNE_ERROR;
        g_string_append_c(out, '\'');
        append_escaped(out, r, '\'', ascii_only);
        g_string_append_c(out, '\'');
}

bool quote_can_backquote(const char *s, size_t n)
{
        size_t width;

        for (size_t i = 0; i < n; i += width) {
                gunichar r = rune_decode(s + i, n - i, &width);

                if (width > 1) {
                        if (r == 0xFEFF)
                                return false;
                        continue;
                }
                if (r == RUNE_ERROR || (r < ' ' && r != '\t') || r == '`' || r == 0x7F)
                        return false;
        }
        return true;
}

static bool unquote_escape(const char *s, size_t n, char quote, gunichar *ret_rune,
                           bool *ret_is_byte, size_t *ret_width)
{
        static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
        const char *at;
        size_t n_digits;
        gunichar r = 0;

        if (n < 2)
                return false;
        *ret_width = 2;
        if (s[1] != '\0' && (at = strchr(from, s[1])) != NULL) {
                *ret_rune = (gunichar) to[at - from];
                return true;
        }
        if ((s[1] == '\'' || s[1] == '"') && s[1] == quote) {
                *ret_rune = (gunichar) s[1];
                return true;
        }
        if (s[1] >= '0' && s[1] <= '7') {
                if (n < 4)
                        return false;
                for (size_t i = 1; i < 4; i++) {
                        if (s[i] < '0' || s[i] > '7')
                                return false;
                        r = r * 8 + (gunichar) (s[i] - '0');
                }
                *ret_is_byte = true;
                *ret_rune = r;
                *ret_width = 4;
                return r <= 255;
        }
        n_digits = s[1] == 'x' ? 2 : s[1] == 'u' ? 4 : s[1] == 'U' ? 8 : 0;
        if (n_digits == 0 || n < 2 + n_digits)
                return false;
        for (size_t i = 2; i < 2 + n_digits; i++) {
                if (!g_ascii_isxdigit(s[i]))
                        return false;
                r = r << 4 | (gunichar) g_ascii_xdigit_value(s[i]);
        }
        *ret_rune = r;
        *ret_width = 2 + n_digits;
        if (s[1] == 'x') {
                *ret_is_byte = true;
                return true;
        }
        return r <= RUNE_MAX && !(r >= 0xD800 && r <= 0xDFFF);
}

bool quote_undo_rune(const char *s, size_t n, char quote, gunichar *ret_rune, bool *ret_is_byte,
                     size_t *ret_width)
{
        *ret_is_byte = false;
        if (n == 0 || (s[0] == quote && (quote == '\'' || quote == '"')))
                return false;
        if (s[0] != '\\') {
                *ret_rune = rune_decode(s, n, ret_width);
                return true;
        }
        return unquote_escape(s, n, quote, ret_rune, ret_is_byte, ret_width);
}

bool quote_undo(GString *out, const char *s, size_t n)
{
        char quote;

        if (n < 2 || s[0] != s[n - 1] || (s[0] != '"' && s[0] != '`'))
                return false;
        quote = s[0];
        s++;
        n -= 2;
        if (quote == '`') {
                for (size_t i = 0; i < n; i++)
                        if (s[i] != '\r')
                                g_string_append_c(out, s[i]);
                return memchr(s, '`', n) == NULL;
        }
        for (size_t i = 0, width; i < n; i += width) {
                gunichar r;
                bool is_byte;

                if (s[i] == '\n' || !quote_undo_rune(s + i, n - i, '"', &r, &is_byte, &width))
                        return false;
                if (is_byte)
                        g_string_append_c(out, (char) r);
                else if (r == RUNE_ERROR && width == 1)
                        rune_append(out, RUNE_ERROR);
                else
                        rune_append(out, r);
        }
        return true;
}
