#include "cli/display.h"

#include <string.h>

/* Also what is no control character to Unicode and yet changes what the reader sees */
static bool is_unsafe(gunichar c)
{
        return g_unichar_iscntrl(c) || (c >= 0x202a && c <= 0x202e) ||
               (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xfeff;
}

/* Length of a sequence that only chooses colours at the beginning of the text, else 0 */
static size_t colour_length(const char *at)
{
        size_t n;

        if (at[0] != '\033' || at[1] != '[')
                return 0;
        n = 2 + strspn(at + 2, "0123456789;");
        return at[n] == 'm' ? n + 1 : 0;
}

static void append_escaped(GString *out, gunichar c)
{
        if (c <= 0xff)
                g_string_append_printf(out, "\\x%02x", c);
        else
                g_string_append_printf(out, "\\u%04x", c);
}

static char *clean(const char *text, bool keep_lines, bool keep_colour)
{
        GString *out = g_string_new(NULL);

        while (*text != '\0') {
                gunichar c = g_utf8_get_char_validated(text, -1);
                size_t n = keep_colour ? colour_length(text) : 0;

                if (n > 0) {
                        g_string_append_len(out, text, n);
                        text += n;
                } else if (c == (gunichar) -1 || c == (gunichar) -2) {
                        append_escaped(out, (guchar) *text++);
                } else {
                        text = g_utf8_next_char(text);
                        if (c == '\n' && keep_lines)
                                g_string_append_c(out, '\n');
                        else if (c == '\n' || c == '\t')
                                g_string_append_c(out, ' ');
                        else if (is_unsafe(c))
                                append_escaped(out, c);
                        else
                                g_string_append_unichar(out, c);
                }
        }
        return g_string_free(out, false);
}

char *display_line(const char *text)
{
        return clean(text, false, false);
}

char *display_text(const char *text, bool with_colour)
{
        return clean(text, true, with_colour);
}

static size_t char_width(gunichar c)
{
        if (g_unichar_iszerowidth(c))
                return 0;
        return g_unichar_iswide(c) ? 2 : 1;
}

size_t display_width(const char *text)
{
        size_t width = 0;

        while (*text != '\0') {
                size_t n = colour_length(text);

                if (n > 0) {
                        text += n;
                        continue;
                }
                width += char_width(g_utf8_get_char(text));
                text = g_utf8_next_char(text);
        }
        return width;
}

char *display_cut(const char *text, size_t width)
{
        GString *out;
        size_t used = 0;

        if (display_width(text) <= width)
                return g_strdup(text);
        out = g_string_new(NULL);
        if (width == 0)
                return g_string_free(out, false);
        for (; *text != '\0'; text = g_utf8_next_char(text)) {
                gunichar c = g_utf8_get_char(text);

                if (used + char_width(c) > width - 1)
                        break;
                used += char_width(c);
                g_string_append_unichar(out, c);
        }
        g_string_append(out, "…");
        return g_string_free(out, false);
}

void display_pad(GString *out, const char *text, size_t width)
{
        g_string_append(out, text);
        for (size_t used = display_width(text); used < width; used++)
                g_string_append_c(out, ' ');
}

static void append_indent(GString *out, unsigned indent)
{
        for (unsigned i = 0; i < indent; i++)
                g_string_append_c(out, ' ');
}

/* A line under way: words of one paragraph are put one after the other */
typedef struct Wrap {
        GString *out;
        unsigned indent;
        size_t width, used; /* used 0: at the beginning of a line */
} Wrap;

static void wrap_end_line(Wrap *wrap)
{
        if (wrap->used > 0)
                g_string_append_c(wrap->out, '\n');
        wrap->used = 0;
}

static void wrap_words(Wrap *wrap, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", -1);

        for (size_t i = 0; words[i] != NULL; i++) {
                size_t n = display_width(words[i]);

                if (n == 0)
                        continue;
                if (wrap->used > 0 && wrap->used + 1 + n > wrap->width)
                        wrap_end_line(wrap);
                if (wrap->used == 0) {
                        append_indent(wrap->out, wrap->indent);
                        wrap->used = wrap->indent;
                } else {
                        g_string_append_c(wrap->out, ' ');
                        wrap->used++;
                }
                g_string_append(wrap->out, words[i]);
                wrap->used += n;
        }
}

char *display_wrap(const char *text, unsigned indent, size_t width)
{
        Wrap wrap = { .out = g_string_new(NULL), .indent = indent, .width = width };
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (size_t i = 0; lines[i] != NULL; i++) {
                if (lines[i][0] == '\0') {
                        wrap_end_line(&wrap);
                        if (lines[i + 1] != NULL)
                                g_string_append_c(wrap.out, '\n');
                } else if (lines[i][0] == ' ') {
                        wrap_end_line(&wrap);
                        append_indent(wrap.out, indent);
                        g_string_append(wrap.out, lines[i]);
                        g_string_append_c(wrap.out, '\n');
                } else {
                        wrap_words(&wrap, lines[i]);
                }
        }
        wrap_end_line(&wrap);
        return g_string_free(wrap.out, false);
}
