#include "template/escape.h"

#include <stdbool.h>
#include <string.h>

#include "template/rune.h"

void escape_html(GString *out, const char *s, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                switch (s[i]) {
                case '\0':
                        g_string_append(out, "\xEF\xBF\xBD");
                        break;
                case '"':
                        g_string_append(out, "&#34;");
                        break;
                case '\'':
                        g_string_append(out, "&#39;");
                        break;
                case '&':
                        g_string_append(out, "&amp;");
                        break;
                case '<':
                        g_string_append(out, "&lt;");
                        break;
                case '>':
                        g_string_append(out, "&gt;");
                        break;
                default:
                        g_string_append_c(out, s[i]);
                }
        }
}

void escape_js(GString *out, const char *s, size_t n)
{
        size_t width;

        for (size_t i = 0; i < n; i += width) {
                gunichar r = rune_decode(s + i, n - i, &width);

                if (r == '\\' || r == '\'' || r == '"') {
                        g_string_append_c(out, '\\');
                        g_string_append_c(out, (char) r);
                } else if (r < ' ' || r == '<' || r == '>' || r == '&' || r == '=') {
                        g_string_append_printf(out, "\\u%04X", r);
                } else if (r < 0x80 || rune_is_print(r)) {
                        g_string_append_len(out, s + i, (gssize) width);
                } else {
                        g_string_append_printf(out, "\\u%04X", r);
                }
        }
}

void escape_query(GString *out, const char *s, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                if (g_ascii_isalnum(s[i]) || (s[i] != '\0' && strchr("-_.~", s[i]) != NULL))
                        g_string_append_c(out, s[i]);
                else if (s[i] == ' ')
                        g_string_append_c(out, '+');
                else
                        g_string_append_printf(out, "%%%02X", (unsigned char) s[i]);
        }
}
