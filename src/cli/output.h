#pragma once

/*
 * Output: where results and messages go
 *
 * Results go to stdout, messages to stderr, each with colours only where it is a terminal.
 * Nothing that fails while a message is written matters; a result that cannot be written is a
 * failure of the command, but for a reader that has gone away (`slipway events | head`).
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum Style {
        STYLE_PLAIN,
        STYLE_BOLD,
        STYLE_DIM,
        STYLE_GOOD,
        STYLE_BAD,
        STYLE_WARN,
        STYLE_BUSY,
} Style;

typedef struct Stream {
        int fd;
        bool is_terminal;
        bool has_colour;
        bool is_gone; /* nobody reads any more: nothing further is written */
        int error;    /* errno of the first write that failed otherwise; 0 */
} Stream;

typedef struct Output {
        Stream out, err;
        bool is_quiet; /* -q: no messages but errors */
        bool is_json;  /* --format json */
} Output;

/* Looks at both streams and at the environment: NO_COLOR, TERM=dumb */
void output_init(Output *output, int out_fd, int err_fd);

/* Columns and lines of the terminal; 80 and 24 where they cannot be told */
void stream_size(const Stream *stream, unsigned *ret_columns, unsigned *ret_lines);

/* Bytes as they are. False once nothing can be written any more. */
bool stream_write(Stream *stream, const char *data, size_t size);

/* The sequence that begins a style, or that ends all; "" where there are no colours */
const char *style_begin(bool has_colour, Style style);
const char *style_end(bool has_colour, Style style);

/* ---- Results ---- */

void output_text(Output *output, const char *text);
void output_print(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Laid out over lines on a terminal, else one line */
void output_json(Output *output, const json_t *value);

/* One line, always: for streams of values */
void output_json_line(Output *output, const json_t *value);

/* Whether all results could be written (or nobody wanted them); else complains */
bool output_finish(Output *output);

/* ---- Messages: one line each, made safe for the terminal ---- */

/* Of what goes on; not with -q */
void output_say(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "slipway: …": what went wrong */
void output_complain(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What to do next, below a complaint */
void output_advise(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A line with a mark of its own before it ("warning") */
void output_warn(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);
