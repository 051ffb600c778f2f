#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
        /* A reader that goes away is an error of write() */
        signal(SIGPIPE, SIG_IGN);
        return cli_run((const char *const *) argv, STDOUT_FILENO, STDERR_FILENO);
}
