/* Main: the program */

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

/* A file that is opened later must not become the stream that the caller has closed: messages
 * would be written into it. Read-only, so that writing fails as it does to a closed one. */
static void keep_streams_apart(void)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
                        _exit(CLI_FAILED);
        }
}

int main(int argc, char **argv)
{
        keep_streams_apart();
        /* A reader that goes away is an error of write() */
        signal(SIGPIPE, SIG_IGN);
        return cli_run((const char *const *) argv, STDOUT_FILENO, STDERR_FILENO);
}
