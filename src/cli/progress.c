#include "cli/progress.h"

#include <string.h>

#include "base/timefmt.h"
#include "cli/display.h"

#define GAP         2
#define STATE_WIDTH 8 /* of the longest state, so that columns do not jump */
#define TIME_WIDTH  8
#define SECONDS_MAX 100 /* beyond that, minutes and seconds */

typedef struct Line {
        char *id;
        char *state;
        char *detail;
        Style style;
        bool is_settled;
        int64_t since_us; /* of this state; 0: nothing was said of it yet */
        int64_t began_us; /* of the first state other than held; 0: not yet */
} Line;

struct Progress {
        GArray *lines; /* Line */
        char *title;
        bool has_colour;
        size_t id_width;
        bool is_stale;
        int64_t drawn_s;      /* second of the last frame */
        GArray *drawn_widths; /* size_t: of each row on the screen, from the top */
        unsigned drawn_columns;
};

static void line_clear(gpointer pointer)
{
        Line *line = pointer;

        g_free(line->id);
        g_free(line->state);
        g_free(line->detail);
}

Progress *progress_new(bool has_colour)
{
        Progress *progress = g_new0(Progress, 1);

        progress->lines = g_array_new(false, true, sizeof(Line));
        g_array_set_clear_func(progress->lines, line_clear);
        progress->drawn_widths = g_array_new(false, false, sizeof(size_t));
        progress->has_colour = has_colour;
        return progress;
}

void progress_free(Progress *progress)
{
        if (progress == NULL)
                return;
        g_array_free(progress->lines, true);
        g_array_free(progress->drawn_widths, true);
        g_free(progress->title);
        g_free(progress);
}

static Line *line_at(const Progress *progress, unsigned i)
{
        return &g_array_index(progress->lines, Line, i);
}

void progress_add(Progress *progress, const char *id)
{
        Line line = { .id = display_line(id), .state = g_strdup("held"), .detail = g_strdup("") };

        progress->id_width = MAX(progress->id_width, display_width(line.id));
        g_array_append_val(progress->lines, line);
        progress->is_stale = true;
}

unsigned progress_n_lines(const Progress *progress)
{
        return progress->lines->len;
}

bool progress_has_rows(const Progress *progress)
{
        return progress->lines->len > 0 || progress->title != NULL ||
               progress->drawn_widths->len > 0;
}

const char *progress_state(const Progress *progress, unsigned i)
{
        return line_at(progress, i)->state;
}

void progress_set_title(Progress *progress, const char *title)
{
        g_free(progress->title);
        progress->title = title == NULL ? NULL : display_line(title);
        progress->is_stale = true;
}

void progress_set(Progress *progress, unsigned i, const ProgressChange *change, int64_t now_us)
{
        Line *line;

        g_assert(i < progress->lines->len);
        line = line_at(progress, i);
        if (line->since_us == 0 || strcmp(line->state, change->state) != 0)
                line->since_us = now_us;
        if (line->began_us == 0 && strcmp(change->state, "held") != 0)
                line->began_us = now_us;
        if (change->is_settled && !line->is_settled)
                line->since_us = now_us;
        g_free(line->state);
        g_free(line->detail);
        line->state = g_strdup(change->state);
        line->detail = display_line(change->detail != NULL ? change->detail : "");
        line->style = change->style;
        line->is_settled = change->is_settled;
        progress->is_stale = true;
}

bool progress_is_stale(const Progress *progress, int64_t now_us)
{
        return progress->is_stale || now_us / US_PER_S != progress->drawn_s;
}

/* What stands in the last column: how long it has been in its state, or what it took */
static char *line_time(const Line *line, int64_t now_us)
{
        int64_t s;

        if (line->since_us == 0)
                return g_strdup("");
        if (line->is_settled) {
                int64_t took = line->began_us == 0 ? 0 : line->since_us - line->began_us;

                return took < 50 * US_PER_MS ? g_strdup("") : duration_to_text(took);
        }
        s = (now_us - line->since_us) / US_PER_S;
        if (s < 1)
                return g_strdup("");
        if (s < SECONDS_MAX)
                return g_strdup_printf("%d s", (int) s);
        return g_strdup_printf("%d:%02d min", (int) (s / 60), (int) (s % 60));
}

char *progress_busy(const Progress *progress, int64_t now_us)
{
        g_autoptr(GString) out = g_string_new(NULL);

        for (unsigned i = 0; i < progress->lines->len; i++) {
                const Line *line = line_at(progress, i);
                g_autofree char *time = line_time(line, now_us);

                if (line->is_settled || *time == '\0' || strcmp(line->state, "held") == 0)
                        continue;
                g_string_append_printf(out, "%s%s %s %s", out->len > 0 ? ", " : "", line->id,
                                       line->state, time);
        }
        return out->len == 0 ? NULL : g_string_free(g_steal_pointer(&out), false);
}

/* @columns 0: as long as it gets. Returns the width. */
static size_t append_line(const Progress *progress, const Line *line, size_t columns,
                          int64_t now_us, GString *out)
{
        g_autofree char *time = line_time(line, now_us);
        size_t fixed = STATE_WIDTH + GAP + TIME_WIDTH + GAP;
        size_t id_width = progress->id_width, before;
        g_autofree char *id = NULL, *detail = NULL;
        g_autoptr(GString) text = g_string_new(NULL);

        if (columns > 0)
                id_width = MIN(id_width, columns > fixed + GAP ? columns - fixed - GAP : 4);
        id = display_cut(line->id, id_width);
        display_pad(text, id, id_width + GAP);
        g_string_append(text, style_begin(progress->has_colour, line->style));
        g_string_append(text, line->state);
        g_string_append(text, style_end(progress->has_colour, line->style));
        display_pad(text, "", STATE_WIDTH + GAP - MIN(STATE_WIDTH, strlen(line->state)));
        g_string_append(text, time);
        display_pad(text, "", TIME_WIDTH + GAP - MIN(TIME_WIDTH, strlen(time)));

        before = display_width(text->str);
        if (columns == 0)
                detail = g_strdup(line->detail);
        else
                detail = display_cut(line->detail, columns > before ? columns - before : 0);
        g_string_append(text, detail);
        while (text->len > 0 && text->str[text->len - 1] == ' ')
                g_string_truncate(text, text->len - 1);
        if (columns > 0 && display_width(text->str) > columns) {
                /* a very narrow terminal */
                g_autofree char *both = g_strdup_printf("%s %s", line->id, line->state);
                g_autofree char *cut = display_cut(both, columns);

                g_string_assign(text, cut);
        }
        g_string_append_len(out, text->str, text->len);
        return display_width(text->str);
}

/* Rows of the screen that the last frame takes now: a terminal that became narrower has broken
 * its long lines */
static unsigned rows_drawn(const Progress *progress, unsigned columns)
{
        unsigned rows = 0;

        for (unsigned i = 0; i < progress->drawn_widths->len; i++) {
                size_t width = g_array_index(progress->drawn_widths, size_t, i);

                rows += columns < progress->drawn_columns && width > columns
                                ? (width + columns - 1) / columns
                                : 1;
        }
        return rows;
}

static void end_row(Progress *progress, size_t width, GString *out)
{
        g_string_append(out, "\033[K\n");
        g_array_append_val(progress->drawn_widths, width);
}

static void draw_text_row(Progress *progress, const char *text, Style style, size_t columns,
                          GString *out)
{
        g_autofree char *cut = display_cut(text, columns);

        g_string_append_printf(out, "%s%s%s", style_begin(progress->has_colour, style), cut,
                               style_end(progress->has_colour, style));
        end_row(progress, display_width(cut), out);
}

void progress_erase(Progress *progress, unsigned columns, GString *out)
{
        unsigned rows = rows_drawn(progress, columns);

        if (rows > 0)
                g_string_append_printf(out, "\r\033[%uA\033[J", rows);
        g_array_set_size(progress->drawn_widths, 0);
        progress->is_stale = true;
}

/* Chooses @n_max lines to be shown where there is no room for all: those where something happens
 * come first, settled ones last */
static void choose(const Progress *progress, unsigned n_max, bool *is_shown)
{
        unsigned n = progress->lines->len, left = n_max;

        for (unsigned pass = 0; pass < 3; pass++) {
                for (unsigned i = 0; i < n && left > 0; i++) {
                        const Line *line = line_at(progress, i);
                        bool is_held = strcmp(line->state, "held") == 0;
                        unsigned rank = line->is_settled ? 2 : is_held ? 1 : 0;

                        if (strcmp(line->state, "failed") == 0)
                                rank = 0;
                        if (rank == pass) {
                                is_shown[i] = true;
                                left--;
                        }
                }
        }
}

void progress_draw(Progress *progress, unsigned columns, unsigned lines, int64_t now_us,
                   GString *out)
{
        unsigned n = progress->lines->len, n_title = progress->title != NULL;
        /* One row stays for the cursor; the last column is left empty, or the terminal would wrap */
        unsigned room = lines > 1 + n_title ? lines - 1 - n_title : 1;
        unsigned n_shown = n <= room ? n : room - 1;
        unsigned rows = rows_drawn(progress, columns);
        size_t width = columns > 1 ? columns - 1 : 1;
        g_autofree bool *is_shown = g_new0(bool, n + 1);

        if (rows > 0)
                g_string_append_printf(out, "\r\033[%uA", rows);
        if (progress->drawn_columns != columns && rows > 0)
                g_string_append(out, "\033[J");
        g_array_set_size(progress->drawn_widths, 0);
        progress->drawn_columns = columns;

        if (progress->title != NULL)
                draw_text_row(progress, progress->title, STYLE_BOLD, width, out);
        choose(progress, n_shown, is_shown);
        for (unsigned i = 0; i < n; i++) {
                if (is_shown[i])
                        end_row(progress,
                                append_line(progress, line_at(progress, i), width, now_us, out),
                                out);
        }
        if (n_shown < n) {
                g_autofree char *more = g_strdup_printf("… and %u more", n - n_shown);

                draw_text_row(progress, more, STYLE_DIM, width, out);
        }
        g_string_append(out, "\033[J");
        progress->is_stale = false;
        progress->drawn_s = now_us / US_PER_S;
}

void progress_list(const Progress *progress, int64_t now_us, GString *out)
{
        for (unsigned i = 0; i < progress->lines->len; i++) {
                append_line(progress, line_at(progress, i), 0, now_us, out);
                g_string_append_c(out, '\n');
        }
}
