#include "cli/progress.h"

#include <string.h>

#define S G_TIME_SPAN_SECOND

/* A terminal as far as frames need one: it knows how to go up, to clear, to scroll, and it breaks
 * lines that are too long */
typedef struct Screen {
        char cells[50][121];
        unsigned columns, lines, row, column;
} Screen;

static void screen_init(Screen *screen, unsigned columns, unsigned lines)
{
        *screen = (Screen){ .columns = columns, .lines = lines };
}

static void clear_from(Screen *screen, unsigned row, unsigned column)
{
        memset(screen->cells[row] + column, 0, sizeof screen->cells[row] - column);
}

static void line_feed(Screen *screen)
{
        if (++screen->row < screen->lines)
                return;
        memmove(screen->cells[0], screen->cells[1], (screen->lines - 1) * sizeof screen->cells[0]);
        screen->row = screen->lines - 1;
        clear_from(screen, screen->row, 0);
}

static const char *sequence(Screen *screen, const char *at)
{
        unsigned n = 0;

        for (at += 2; g_ascii_isdigit(*at) || *at == ';'; at++)
                n = n * 10 + (*at - '0');
        switch (*at) {
        case 'A':
                screen->row -= MIN(n, screen->row);
                break;
        case 'K':
                clear_from(screen, screen->row, screen->column);
                break;
        case 'J':
                clear_from(screen, screen->row, screen->column);
                for (unsigned row = screen->row + 1; row < screen->lines; row++)
                        clear_from(screen, row, 0);
                break;
        case 'm':
                break;
        default:
                g_error("unexpected sequence ending in %c", *at);
        }
        return at + 1;
}

static void screen_write(Screen *screen, const char *text)
{
        while (*text != '\0') {
                if (*text == '\033') {
                        text = sequence(screen, text);
                } else if (*text == '\r') {
                        screen->column = 0;
                        text++;
                } else if (*text == '\n') {
                        screen->column = 0;
                        line_feed(screen);
                        text++;
                } else {
                        if (screen->column == screen->columns) {
                                screen->column = 0;
                                line_feed(screen);
                        }
                        screen->cells[screen->row][screen->column++] = (guchar) *text < 0x80 ? *text
                                                                                             : '~';
                        text = g_utf8_next_char(text);
                }
        }
}

/* Rows from the top to the cursor, without blanks at their ends */
static char *screen_text(const Screen *screen)
{
        GString *out = g_string_new(NULL);

        for (unsigned row = 0; row < screen->lines; row++) {
                g_autofree char *line = g_strchomp(g_strdup(screen->cells[row]));

                g_string_append_printf(out, "%s\n", line);
        }
        while (g_str_has_suffix(out->str, "\n\n"))
                g_string_truncate(out, out->len - 1);
        return g_string_free(out, false);
}

static void draw(Progress *progress, Screen *screen, int64_t now_us)
{
        g_autoptr(GString) frame = g_string_new(NULL);

        progress_draw(progress, screen->columns, screen->lines, now_us, frame);
        screen_write(screen, frame->str);
}

static void set(Progress *progress, unsigned i, const char *state, const char *detail,
                bool is_settled, int64_t now_us)
{
        ProgressChange change = { state, STYLE_PLAIN, detail, is_settled };

        progress_set(progress, i, &change, now_us);
}

static void expect(const Screen *screen, const char *want)
{
        g_autofree char *got = screen_text(screen);

        g_assert_cmpstr(got, ==, want);
}

static Progress *three(void)
{
        Progress *progress = progress_new(true);

        progress_add(progress, "db/postgres");
        progress_add(progress, "app/migrate");
        progress_add(progress, "web/app");
        return progress;
}

static void test_a_frame_is_drawn_over_the_last_one(void)
{
        g_autoptr(Progress) progress = three();
        Screen screen;

        screen_init(&screen, 80, 24);
        screen_write(&screen, "$ slipway up app.yml\n");
        set(progress, 0, "pulling", "40 %", false, 1 * S);
        set(progress, 1, "held", "waits for db/postgres to listen on port 5432", false, 1 * S);
        draw(progress, &screen, 4 * S);
        expect(&screen,
               "$ slipway up app.yml\n"
               "db/postgres  pulling   3 s       40 %\n"
               "app/migrate  held      3 s       waits for db/postgres to listen on port 5432\n"
               "web/app      held\n");
        set(progress, 0, "running", NULL, true, 5 * S);
        set(progress, 1, "running", "try 1", false, 6 * S);
        draw(progress, &screen, 120 * S);
        expect(&screen, "$ slipway up app.yml\n"
                        "db/postgres  running   4.0 s\n"
                        "app/migrate  running   1:54 min  try 1\n"
                        "web/app      held\n");
}

static void test_the_block_ends_as_a_list(void)
{
        g_autoptr(Progress) progress = three();
        g_autoptr(GString) out = g_string_new(NULL);
        Screen screen;

        screen_init(&screen, 80, 24);
        screen_write(&screen, "before\n");
        draw(progress, &screen, 1 * S);
        set(progress, 1, "done", "already done, 3 min ago", true, 2 * S);
        progress_erase(progress, 80, out);
        progress_list(progress, 3 * S, out);
        screen_write(&screen, out->str);
        expect(&screen, "before\n"
                        "db/postgres  held\n"
                        "app/migrate  done                already done, 3 min ago\n"
                        "web/app      held\n");
}

static void test_what_is_at_work_is_told_where_nothing_can_be_drawn(void)
{
        g_autoptr(Progress) progress = three();
        g_autofree char *nothing = progress_busy(progress, 30 * S), *busy = NULL;

        g_assert_null(nothing);
        set(progress, 0, "running", NULL, true, 1 * S);
        set(progress, 1, "running", "try 1", false, 2 * S);
        busy = progress_busy(progress, 42 * S);
        g_assert_cmpstr(busy, ==, "app/migrate running 40 s");
}

static void test_a_small_terminal_shows_what_happens(void)
{
        g_autoptr(Progress) progress = progress_new(false);
        Screen screen;

        screen_init(&screen, 40, 6);
        for (unsigned i = 0; i < 30; i++) {
                g_autofree char *id = g_strdup_printf("c/%02u", i);

                progress_add(progress, id);
                if (i < 20)
                        set(progress, i, "running", NULL, true, 1 * S);
        }
        set(progress, 25, "starting", NULL, false, 1 * S);
        set(progress, 3, "failed", "exit code 3", true, 1 * S);
        for (int64_t now = 2; now < 9; now++)
                draw(progress, &screen, now * S);
        expect(&screen, "c/03  failed              exit code 3\n"
                        "c/20  held\n"
                        "c/21  held\n"
                        "c/25  starting  7 s\n"
                        "~ and 26 more\n");
}

static void test_lines_are_never_wider_than_the_terminal(void)
{
        for (unsigned columns = 1; columns < 100; columns++) {
                g_autoptr(Progress) progress = three();
                Screen screen;

                screen_init(&screen, columns, 24);
                progress_set_title(progress, "a title that says what is going on here, at length");
                set(progress, 1, "held", "waits for 漢字 and a lot of other things that are long",
                    false, 1 * S);
                draw(progress, &screen, 2 * S);
                g_assert_cmpuint(screen.row, ==, 4); /* nothing was broken */
                draw(progress, &screen, 3 * S);
                g_assert_cmpuint(screen.row, ==, 4);
        }
}

/* A terminal that became narrower has broken the lines of the last frame */
static void test_the_block_is_found_again_after_a_resize(void)
{
        g_autoptr(Progress) progress = three();
        g_autoptr(GString) frame = g_string_new(NULL);
        Screen screen;

        screen_init(&screen, 80, 24);
        set(progress, 1, "held", "waits for db/postgres to listen on port 5432", false, 1 * S);
        progress_draw(progress, 80, 24, 1 * S, frame);

        /* as a terminal of 40 columns shows these lines anew: the second one takes two rows */
        screen_init(&screen, 40, 24);
        screen_write(&screen, "before\n");
        screen_write(&screen, frame->str);
        g_assert_cmpuint(screen.row, ==, 5);
        draw(progress, &screen, 1 * S);
        expect(&screen, "before\n"
                        "db/postgres  held\n"
                        "app/migrate  held                waits~\n"
                        "web/app      held\n");
}

static void test_nothing_is_drawn_when_nothing_has_changed(void)
{
        g_autoptr(Progress) progress = three();
        Screen screen;

        screen_init(&screen, 80, 24);
        g_assert_true(progress_is_stale(progress, 1 * S));
        draw(progress, &screen, 1 * S);
        g_assert_false(progress_is_stale(progress, 1 * S + 1));
        g_assert_true(progress_is_stale(progress, 2 * S)); /* the seconds go on */
        set(progress, 0, "pulling", NULL, false, 1 * S);
        g_assert_true(progress_is_stale(progress, 1 * S + 1));
}

static void test_ids_and_details_cannot_drive_the_terminal(void)
{
        g_autoptr(Progress) progress = progress_new(false);
        g_autoptr(GString) out = g_string_new(NULL);

        progress_add(progress, "evil\033[2J");
        set(progress, 0, "failed", "\033]0;title\007", true, 1 * S);
        progress_list(progress, 1 * S, out);
        g_assert_null(strchr(out->str, '\033'));
        g_assert_null(strchr(out->str, '\007'));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/progress/over", test_a_frame_is_drawn_over_the_last_one);
        g_test_add_func("/progress/end", test_the_block_ends_as_a_list);
        g_test_add_func("/progress/busy", test_what_is_at_work_is_told_where_nothing_can_be_drawn);
        g_test_add_func("/progress/small", test_a_small_terminal_shows_what_happens);
        g_test_add_func("/progress/width", test_lines_are_never_wider_than_the_terminal);
        g_test_add_func("/progress/resize", test_the_block_is_found_again_after_a_resize);
        g_test_add_func("/progress/stale", test_nothing_is_drawn_when_nothing_has_changed);
        g_test_add_func("/progress/evil", test_ids_and_details_cannot_drive_the_terminal);
        return g_test_run();
}
