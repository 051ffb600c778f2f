#include "cli/output.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/display.h"

#define COLUMNS_DEFAULT 80
#define LINES_DEFAULT   24
#define REAL_DIGITS     12 /* of a number with a fraction: seconds to the microsecond */

static const char *const styles[] = {
        [STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",   [STYLE_DIM] = "\033[2m",
        [STYLE_GOOD] = "\033[32m", [STYLE_BAD] = "\033[1;31m", [STYLE_WARN] = "\033[33m",
        [STYLE_BUSY] = "\033[36m",
};

static void stream_init(Stream *stream, int fd)
{
        const char *no_colour = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

        *stream = (Stream){ .fd = fd, .is_terminal = isatty(fd) };
        stream->has_colour = stream->is_terminal && (no_colour == NULL || *no_colour == '\0') &&
                             term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

void output_init(Output *output, int out_fd, int err_fd)
{
        *output = (Output){ 0 };
        stream_init(&output->out, out_fd);
        stream_init(&output->err, err_fd);
}

void stream_size(const Stream *stream, unsigned *ret_columns, unsigned *ret_lines)
{
        struct winsize size = { 0 };

        if (ioctl(stream->fd, TIOCGWINSZ, &size) < 0)
                size = (struct winsize){ 0 };
        *ret_columns = size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
        *ret_lines = size.ws_row > 0 ? size.ws_row : LINES_DEFAULT;
}

bool stream_write(Stream *stream, const char *data, size_t size)
{
        while (size > 0 && !stream->is_gone && stream->error == 0) {
                ssize_t n = write(stream->fd, data, size);

                if (n >= 0) {
                        data += n;
                        size -= n;
                } else if (errno == EAGAIN) {
                        GPollFD poll = { .fd = stream->fd, .events = G_IO_OUT };

                        g_poll(&poll, 1, -1);
                } else if (errno == EPIPE || (errno == EIO && stream->is_terminal)) {
                        stream->is_gone = true; /* the reader has ended, or the terminal has */
                } else if (errno != EINTR) {
                        stream->error = errno;
                }
        }
        return !stream->is_gone && stream->error == 0;
}

const char *style_begin(bool has_colour, Style style)
{
        return has_colour ? styles[style] : "";
}

const char *style_end(bool has_colour, Style style)
{
        return has_colour && style != STYLE_PLAIN ? "\033[0m" : "";
}

void output_text(Output *output, const char *text)
{
        stream_write(&output->out, text, strlen(text));
}

void output_print(Output *output, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_autofree char *text = g_strdup_vprintf(format, args);
        va_end(args);
        output_text(output, text);
}

/* JSON has escapes of its own for control characters, but not for DEL and those above 0x7f. Outside
 * of strings there are none, so that an escape may take their place. */
static char *json_safe(const char *text)
{
        GString *out = g_string_new(NULL);

        for (; *text != '\0'; text = g_utf8_next_char(text)) {
                gunichar c = g_utf8_get_char(text);

                if (c == 0x7f || (c >= 0x80 && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
                    (c >= 0x2066 && c <= 0x2069))
                        g_string_append_printf(out, "\\u%04x", c);
                else
                        g_string_append_unichar(out, c);
        }
        return g_string_free(out, false);
}

static void write_json(Output *output, const json_t *value, size_t flags)
{
        char *dump = json_dumps(value, flags | JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
        g_autofree char *text = json_safe(dump != NULL ? dump : "null");

        free(dump);
        output_print(output, "%s\n", text);
}

void output_json(Output *output, const json_t *value)
{
        write_json(output, value, output->out.is_terminal ? JSON_INDENT(2) : JSON_COMPACT);
}

void output_json_line(Output *output, const json_t *value)
{
        write_json(output, value, JSON_COMPACT);
}

bool output_finish(Output *output)
{
        if (output->out.error == 0)
                return true;
        output_complain(output, "cannot write the result: %s", g_strerror(output->out.error));
        return false;
}

G_GNUC_PRINTF(5, 0)
static void say(Output *output, const char *mark, Style mark_style, Style style, const char *format,
                va_list args)
{
        g_autofree char *raw = g_strdup_vprintf(format, args);
        g_autofree char *safe = display_line(raw);
        bool colour = output->err.has_colour;
        g_autofree char *line = g_strdup_printf("%s%s%s%s%s%s\n", style_begin(colour, mark_style),
                                                mark, style_end(colour, mark_style),
                                                style_begin(colour, style), safe,
                                                style_end(colour, style));

        stream_write(&output->err, line, strlen(line));
}

void output_say(Output *output, const char *format, ...)
{
        va_list args;

        if (output->is_quiet)
                return;
        va_start(args, format);
        say(output, "", STYLE_PLAIN, STYLE_PLAIN, format, args);
        va_end(args);
}

void output_complain(Output *output, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        say(output, "slipway: ", STYLE_BAD, STYLE_PLAIN, format, args);
        va_end(args);
}

void output_advise(Output *output, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        say(output, "  ", STYLE_PLAIN, STYLE_PLAIN, format, args);
        va_end(args);
}

void output_warn(Output *output, const char *format, ...)
{
        va_list args;

        if (output->is_quiet)
                return;
        va_start(args, format);
        say(output, "warning: ", STYLE_WARN, STYLE_PLAIN, format, args);
        va_end(args);
}
