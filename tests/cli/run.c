#include "run.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"

static char *read_all(int fd)
{
        off_t size = lseek(fd, 0, SEEK_END);
        char *text = g_malloc0(size + 1);

        g_assert_cmpint(pread(fd, text, size, 0), ==, size);
        close(fd);
        return text;
}

Ran *run_line(const char *line)
{
        g_autofree char *whole = g_strconcat("slipway ", line, NULL);
        g_auto(GStrv) argv = NULL;
        int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
        Ran *ran = g_new0(Ran, 1);
        g_autoptr(GError) error = NULL;

        g_assert_true(g_shell_parse_argv(whole, NULL, &argv, &error));
        ran->status = cli_run((const char *const *) argv, out, err);
        ran->out = read_all(out);
        ran->err = read_all(err);
        return ran;
}

void ran_free(Ran *ran)
{
        g_free(ran->out);
        g_free(ran->err);
        g_free(ran);
}

void assert_match(const char *text, const char *pattern)
{
        if (!g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0))
                g_error("no match of /%s/ in:\n%s", pattern, text);
}

void assert_no_match(const char *text, const char *pattern)
{
        if (g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0))
                g_error("a match of /%s/ in:\n%s", pattern, text);
}
