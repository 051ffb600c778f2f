#include "cli/lines.h"

#include <string.h>

#include "cli/display.h"

/* One stream of one workload */
typedef struct Source {
        char *name;
        GString *pending; /* of a line that has not ended */
        Style style;
        bool is_stderr;
} Source;

struct Lines {
        Cli *cli;
        bool has_names;
        GPtrArray *sources; /* Source */
        size_t name_width;
};

static void source_free(gpointer pointer)
{
        Source *source = pointer;

        g_free(source->name);
        g_string_free(source->pending, true);
        g_free(source);
}

Lines *lines_new(Cli *cli, bool has_names)
{
        Lines *lines = g_new0(Lines, 1);

        lines->cli = cli;
        lines->has_names = has_names;
        lines->sources = g_ptr_array_new_with_free_func(source_free);
        return lines;
}

void lines_free(Lines *lines)
{
        if (lines == NULL)
                return;
        g_ptr_array_unref(lines->sources);
        g_free(lines);
}

static Source *find_source(Lines *lines, const char *workload, bool is_stderr)
{
        static const Style names[] = { STYLE_BUSY, STYLE_GOOD, STYLE_WARN, STYLE_BOLD, STYLE_DIM };
        Source *source;

        for (guint i = 0; i < lines->sources->len; i++) {
                source = g_ptr_array_index(lines->sources, i);
                if (source->is_stderr == is_stderr && strcmp(source->name, workload) == 0)
                        return source;
        }
        source = g_new0(Source, 1);
        source->name = display_line(workload);
        source->pending = g_string_new(NULL);
        source->is_stderr = is_stderr;
        source->style = names[g_str_hash(workload) % G_N_ELEMENTS(names)];
        lines->name_width = MAX(lines->name_width, display_width(source->name));
        g_ptr_array_add(lines->sources, source);
        return source;
}

static Stream *stream_of(Lines *lines, bool is_stderr)
{
        return is_stderr ? &lines->cli->output.err : &lines->cli->output.out;
}

static void write_pending(Lines *lines, Source *source)
{
        Stream *stream = stream_of(lines, source->is_stderr);
        g_autoptr(GString) out = g_string_new(style_begin(stream->has_colour, source->style));

        display_pad(out, source->name, lines->name_width);
        g_string_append_printf(out, " |%s ", style_end(stream->has_colour, source->style));
        g_string_append_len(out, source->pending->str, source->pending->len);
        g_string_append_c(out, '\n');
        stream_write(stream, out->str, out->len);
        g_string_truncate(source->pending, 0);
}

void lines_add(const char *workload, bool is_stderr, const char *data, size_t size,
               gpointer pointer)
{
        Lines *lines = pointer;
        Source *source;

        if (!lines->has_names) {
                stream_write(stream_of(lines, is_stderr), data, size);
        } else {
                source = find_source(lines, workload, is_stderr);
                for (size_t i = 0; i < size; i++) {
                        if (data[i] == '\n' || source->pending->len >= LINES_BYTES_MAX)
                                write_pending(lines, source);
                        if (data[i] != '\n')
                                g_string_append_c(source->pending, data[i]);
                }
        }
        if (lines->cli->output.out.is_gone || lines->cli->output.out.error != 0)
                controller_interrupt(lines->cli->controller);
}

void lines_end(Lines *lines)
{
        for (guint i = 0; i < lines->sources->len; i++) {
                Source *source = g_ptr_array_index(lines->sources, i);

                if (source->pending->len > 0)
                        write_pending(lines, source);
        }
}
