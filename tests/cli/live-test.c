/*
 * The command line on a terminal: a pseudo terminal of the test's own
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "fake.h"
#include "run.h"

typedef struct Terminal {
        int main_fd, fd;
} Terminal;

static void terminal_open(Terminal *terminal, unsigned short columns)
{
        struct winsize size = { .ws_col = columns, .ws_row = 24 };

        terminal->main_fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        g_assert_cmpint(terminal->main_fd, >=, 0);
        g_assert_cmpint(grantpt(terminal->main_fd), ==, 0);
        g_assert_cmpint(unlockpt(terminal->main_fd), ==, 0);
        terminal->fd = open(ptsname(terminal->main_fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
        g_assert_cmpint(terminal->fd, >=, 0);
        g_assert_cmpint(ioctl(terminal->fd, TIOCSWINSZ, &size), ==, 0);
}

/* (transfer full) all that was written to it */
static char *terminal_close(Terminal *terminal)
{
        GString *text = g_string_new(NULL);
        char chunk[4096];
        ssize_t n;

        while ((n = read(terminal->main_fd, chunk, sizeof chunk)) > 0)
                g_string_append_len(text, chunk, n);
        close(terminal->fd);
        close(terminal->main_fd);
        return g_string_free(text, false);
}

/* Runs `up`; after 300 ms it gets SIGTERM. Gives what the terminal got on stderr. */
static char *run_up(const char *const *argv, int *ret_status)
{
        Terminal terminal;
        int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

        terminal_open(&terminal, 60);
        fake_reset();
        fake.is_live = true;
        fake.raise_after_ms = 300;
        *ret_status = cli_run(argv, out, terminal.fd);
        close(out);
        return terminal_close(&terminal);
}

static const char *const up[] = { "slipway", "up", "app.yml", NULL };

static void test_progress_is_drawn_and_ends_as_a_list(void)
{
        g_autofree char *got = NULL;
        int status;

        g_setenv("TERM", "xterm", true);
        got = run_up(up, &status);
        g_assert_cmpint(status, ==, CLI_INTERRUPTED);
        assert_match(got, "app/migrate  \033\\[32mdone\033\\[0m");
        assert_match(got, "\r\033\\[2A\033\\[J");        /* the block is taken away … */
        assert_match(got, "waits for db/x to listen …"); /* (it was cut to the width) */
        assert_match(got, "\033\\[J"
                          "app/migrate .*already done, 3 min ago\r\n"
                          "web/app .*waits for db/x to listen on port 5432\r\n" /* … for a list */
                          ".*slipway: .*interrupted: nothing further starts; run `slipway up "
                          "app.yml` to go on");
        assert_no_match(got, "app/migrate is done"); /* the block says it */
}

static void test_signals_interrupt_the_controller(void)
{
        g_autofree char *got = NULL;
        sigset_t set;
        int status;

        got = run_up(up, &status);
        g_assert_cmpint(status, ==, CLI_INTERRUPTED);
        assert_match(fake.asked->str, "^interrupt$");
        sigprocmask(SIG_BLOCK, NULL, &set);
        g_assert_false(sigismember(&set, SIGTERM)); /* as it was before */
}

static void test_applied_settings_are_guarded_as_well(void)
{
        static const char *const apply[] = { "slipway", "config",  "shop", "set",
                                             "a=b",     "--apply", NULL };
        g_autofree char *got = NULL;
        int status;

        got = run_up(apply, &status);
        g_assert_cmpint(status, ==, CLI_INTERRUPTED);
        assert_match(fake.asked->str, "^change shop set=a=b (.*\n)*interrupt$");
}

static void test_without_colour_the_block_has_none(void)
{
        static const char *const plain[] = { "slipway", "up", "app.yml", "--no-color", NULL };
        g_autofree char *option = NULL, *variable = NULL;
        int status;

        option = run_up(plain, &status);
        assert_no_match(option, "\033\\[[0-9;]*m");
        assert_match(option, "\033\\[2A");
        g_setenv("NO_COLOR", "1", true);
        variable = run_up(up, &status);
        g_unsetenv("NO_COLOR");
        assert_no_match(variable, "\033\\[[0-9;]*m");
        assert_match(variable, "\033\\[2A");
}

static void test_a_dumb_terminal_gets_lines(void)
{
        g_autofree char *got = NULL;
        int status;

        g_setenv("TERM", "dumb", true);
        got = run_up(up, &status);
        g_setenv("TERM", "xterm", true);
        assert_no_match(got, "\033");
        assert_match(got, "app/migrate is done\r\n");
}

static void test_quiet_is_quiet(void)
{
        static const char *const quiet[] = { "slipway", "up", "app.yml", "-q", NULL };
        g_autofree char *got = NULL;
        int status;

        got = run_up(quiet, &status);
        g_assert_cmpint(strncmp(got, "\033[1;31mslipway: ", strlen("\033[1;31mslipway: ")), ==, 0);
}

/* The terminal goes away in the middle: the deployment does not notice */
static void test_a_lost_terminal_ends_nothing(void)
{
        Terminal terminal;
        int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

        terminal_open(&terminal, 60);
        close(terminal.main_fd);
        fake_reset();
        fake.is_live = true;
        fake.raise_after_ms = 300;
        g_assert_cmpint(cli_run(up, out, terminal.fd), ==, CLI_INTERRUPTED);
        close(terminal.fd);
        close(out);
}

static void test_tables_are_cut_to_the_terminal(void)
{
        static const char *const ps[] = { "slipway", "ps", "shop", NULL };
        g_autofree char *got = NULL;
        g_auto(GStrv) lines = NULL;
        Terminal terminal;

        terminal_open(&terminal, 40);
        fake_reset();
        fake.answer = "[{\"id\":\"web/app\",\"state\":\"running\",\"image\":"
                      "\"registry.example.com/a/very/long/name/of/an/image:1.2.3\"}]";
        g_assert_cmpint(cli_run(ps, terminal.fd, terminal.fd), ==, CLI_DONE);
        got = terminal_close(&terminal);
        assert_match(got, "web/app .*running.*…\r\n");
        lines = g_strsplit(got, "\r\n", -1);
        g_assert_cmpint(g_utf8_strlen(lines[1], -1), <=, 40 + (int) strlen("\033[32m\033[0m"));
}

static void test_json_on_a_terminal_is_laid_out(void)
{
        static const char *const ps[] = { "slipway", "ps", "--format", "json", NULL };
        g_autofree char *got = NULL;
        Terminal terminal;

        terminal_open(&terminal, 80);
        fake_reset();
        fake.answer = "[{\"id\":\"web/app\"}]";
        g_assert_cmpint(cli_run(ps, terminal.fd, terminal.fd), ==, CLI_DONE);
        got = terminal_close(&terminal);
        g_assert_cmpstr(got, ==, "[\r\n  {\r\n    \"id\": \"web/app\"\r\n  }\r\n]\r\n");
}

/* `slipway events | head`: it ends without a word, and the controller is told */
static void test_a_reader_that_goes_away_ends_the_command_quietly(void)
{
        static const char *const events[] = { "slipway", "events", "shop", "-f", NULL };
        int ends[2], err = open("/dev/null", O_WRONLY | O_CLOEXEC);

        g_assert_cmpint(pipe(ends), ==, 0);
        close(ends[0]);
        fake_reset();
        fake.facts = "[{\"event\":\"one\"},{\"event\":\"two\"}]";
        g_assert_cmpint(cli_run(events, ends[1], err), ==, CLI_DONE);
        assert_match(fake.asked->str, "^interrupt$");
        close(ends[1]);
        close(err);
}

int main(int argc, char **argv)
{
        signal(SIGPIPE, SIG_IGN);
        g_setenv("TERM", "xterm", true);
        g_unsetenv("NO_COLOR");
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/live/block", test_progress_is_drawn_and_ends_as_a_list);
        g_test_add_func("/live/signals", test_signals_interrupt_the_controller);
        g_test_add_func("/live/apply", test_applied_settings_are_guarded_as_well);
        g_test_add_func("/live/colour", test_without_colour_the_block_has_none);
        g_test_add_func("/live/dumb", test_a_dumb_terminal_gets_lines);
        g_test_add_func("/live/quiet", test_quiet_is_quiet);
        g_test_add_func("/live/lost", test_a_lost_terminal_ends_nothing);
        g_test_add_func("/live/tables", test_tables_are_cut_to_the_terminal);
        g_test_add_func("/live/json", test_json_on_a_terminal_is_laid_out);
        g_test_add_func("/live/reader", test_a_reader_that_goes_away_ends_the_command_quietly);
        return g_test_run();
}
