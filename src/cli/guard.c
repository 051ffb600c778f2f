#include "cli/guard.h"

#include <glib-unix.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void guarded_signals(sigset_t *set)
{
        sigemptyset(set);
        sigaddset(set, SIGINT);
        sigaddset(set, SIGTERM);
}

static gboolean on_signal(int fd, GIOCondition condition, gpointer user)
{
        Cli *cli = user;
        struct signalfd_siginfo info;

        if (read(fd, &info, sizeof info) != sizeof info)
                return G_SOURCE_CONTINUE;
        if (cli->is_interrupted) {
                if (cli->on_abort != NULL)
                        cli->on_abort(cli->abort_user);
                _exit(CLI_INTERRUPTED);
        }
        cli->is_interrupted = true;
        controller_interrupt(cli->controller);
        return G_SOURCE_CONTINUE;
}

void guard_begin(Cli *cli)
{
        sigset_t set;

        if (cli->signal_fd >= 0)
                return;
        guarded_signals(&set);
        cli->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (cli->signal_fd < 0) /* then Ctrl-C kills us, which is harmless as well */
                return;
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGHUP, SIG_IGN);
        cli->signal_source = g_unix_fd_add(cli->signal_fd, G_IO_IN, on_signal, cli);
}

void guard_end(Cli *cli)
{
        sigset_t set;

        if (cli->signal_fd < 0)
                return;
        g_source_remove(cli->signal_source);
        close(cli->signal_fd);
        cli->signal_fd = -1;
        guarded_signals(&set);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
}
