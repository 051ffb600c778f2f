#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/display.h"
#include "cli/guard.h"
#include "cli/help.h"
#include "cli/parse.h"

#define READ_CHUNK (64u << 10)

static void on_notice(const char *text, gpointer user)
{
        Cli *cli = user;

        if (cli->on_notice != NULL)
                cli->on_notice(text, cli->notice_user);
        else
                output_say(&cli->output, "%s", text);
}

Controller *cli_controller(Cli *cli)
{
        if (cli->controller == NULL) {
                ControllerOptions where = {
                        .state_dir = cli->options->state_dir,
                        .host = cli->options->host,
                        .node_address = cli->options->node_address,
                        .on_notice = on_notice,
                        .notice_user = cli,
                };

                if (cli->command->guards_signals)
                        guard_begin(cli);
                cli->controller = controller_new(&where);
        }
        return cli->controller;
}

char *cli_quote(const char *word)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_-./:@=+,%";

        if (*word != '\0' && word[strspn(word, plain)] == '\0')
                return g_strdup(word);
        return g_shell_quote(word);
}

static void append_where(GString *out, const char *option, const char *value)
{
        if (value != NULL) {
                g_autofree char *quoted = cli_quote(value);

                g_string_append_printf(out, " --%s %s", option, quoted);
        }
}

char *cli_suggest(const Cli *cli, const char *format, ...)
{
        GString *out = g_string_new("slipway");
        va_list args;

        append_where(out, "state-dir", cli->options->state_dir);
        append_where(out, "host", cli->options->host);
        g_string_append_c(out, ' ');
        va_start(args, format);
        g_string_append_vprintf(out, format, args);
        va_end(args);
        return g_string_free(out, false);
}

static void advise_usage(Cli *cli)
{
        output_advise(&cli->output, "usage: slipway %s%s%s", cli->command->name,
                      *cli->command->synopsis != '\0' ? " " : "", cli->command->synopsis);
        output_advise(&cli->output, "`slipway %s --help` says more", cli->command->name);
}

int cli_usage(Cli *cli, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_autofree char *message = g_strdup_vprintf(format, args);
        va_end(args);
        output_complain(&cli->output, "%s", message);
        if (cli->command != NULL)
                advise_usage(cli);
        else
                output_advise(&cli->output, "`slipway --help` lists the commands");
        return CLI_USAGE;
}

static bool has_option(const CliCommand *command, const char *name)
{
        for (const CliOption *o = command->options; o != NULL && o->name != NULL; o++) {
                if (strcmp(o->name, name) == 0)
                        return true;
        }
        return false;
}

static int advise(Cli *cli, ControllerError code)
{
        g_autofree char *doctor = cli_suggest(cli, "doctor");
        g_autofree char *ps = cli_suggest(cli, "ps");

        switch (code) {
        case CONTROLLER_ERROR_NO_APP:
                output_advise(&cli->output, "`%s` shows which applications there are", ps);
                return CLI_FAILED;
        case CONTROLLER_ERROR_ENGINE:
                output_advise(&cli->output, "`%s` looks for the cause", doctor);
                return CLI_FAILED;
        case CONTROLLER_ERROR_STORE:
                output_advise(&cli->output,
                              "`%s` looks for the cause; --state-dir names another "
                              "directory",
                              doctor);
                return CLI_FAILED;
        case CONTROLLER_ERROR_USAGE:
                advise_usage(cli);
                return CLI_USAGE;
        case CONTROLLER_ERROR_INTERRUPTED:
                return CLI_INTERRUPTED;
        case CONTROLLER_ERROR_BUSY:
                output_advise(&cli->output, "%s",
                              has_option(cli->command, "wait")
                                      ? "with --wait this command queues behind it"
                                      : "give this command again when it has ended");
                return CLI_FAILED;
        case CONTROLLER_ERROR_FILE:
        case CONTROLLER_ERROR_REFUSED:
        case CONTROLLER_ERROR_FAILED:
                return CLI_FAILED;
        }
        return CLI_FAILED;
}

int cli_fail(Cli *cli, const GError *error)
{
        if (error == NULL)
                return cli->is_interrupted ? CLI_INTERRUPTED : CLI_FAILED;
        output_complain(&cli->output, "%s", error->message);
        if (error->domain != CONTROLLER_ERROR)
                return CLI_FAILED;
        return advise(cli, (ControllerError) error->code);
}

static bool is_error(const Diag *diag, gpointer user)
{
        return diag->severity == DIAG_ERROR;
}

void cli_show_findings(Cli *cli, DiagList *diags)
{
        if (cli->output.is_quiet)
                diag_list_filter(diags, is_error, NULL);

        g_autofree char *raw = diag_list_to_text(diags, cli->output.err.has_colour);
        g_autofree char *text = display_text(raw, cli->output.err.has_colour);

        stream_write(&cli->output.err, text, strlen(text));
}

char *cli_read_file(const char *file, size_t max, size_t *ret_size, GError **error)
{
        bool is_stdin = strcmp(file, "-") == 0;
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        int fd = is_stdin ? STDIN_FILENO : g_open(file, O_RDONLY | O_CLOEXEC, 0);
        ssize_t n = 1;

        while (fd >= 0 && n > 0 && bytes->len <= max) {
                guint len = bytes->len;

                g_byte_array_set_size(bytes, len + READ_CHUNK);
                do {
                        n = read(fd, bytes->data + len, READ_CHUNK);
                } while (n < 0 && errno == EINTR);
                g_byte_array_set_size(bytes, len + MAX(n, 0));
        }
        if (fd < 0 || n < 0) {
                int code = errno;

                g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s: %s", file,
                            g_strerror(code));
                if (fd >= 0 && !is_stdin)
                        close(fd);
                return NULL;
        }
        if (!is_stdin)
                close(fd);
        if (bytes->len > max) {
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                            "%s: larger than the limit of %zu bytes", file, max);
                return NULL;
        }
        *ret_size = bytes->len;
        g_byte_array_append(bytes, (const guint8 *) "", 1);
        return (char *) g_byte_array_free(g_steal_pointer(&bytes), false);
}

/* What is done with a command line that was understood */
static int carry_out(Cli *cli, Parsed *parsed)
{
        int status;

        if (parsed->options.version)
                return cli_command_version.run(cli, &parsed->options, NULL);
        if (parsed->options.help) {
                help_show(&cli->output, parsed->command);
                return CLI_DONE;
        }
        if (parsed->command == NULL) {
                g_autofree char *text = help_to_text(NULL, HELP_WIDTH, false);

                stream_write(&cli->output.err, text, strlen(text));
                return CLI_USAGE;
        }
        status = parsed->command->run(cli, &parsed->options, parsed->args);
        return status;
}

int cli_run(const char *const *argv, int out_fd, int err_fd)
{
        g_auto(Parsed) parsed = { 0 };
        g_autoptr(GError) error = NULL;
        Cli cli = { .signal_fd = -1 };
        int status;

        output_init(&cli.output, out_fd, err_fd);
        if (!parse_command_line(argv, &parsed, &error)) {
                cli.command = parsed.command;
                return cli_usage(&cli, "%s", error->message);
        }
        cli.command = parsed.command;
        cli.options = &parsed.options;
        cli.output.is_quiet = parsed.options.quiet;
        cli.output.is_json = g_strcmp0(parsed.options.format, "json") == 0;
        if (parsed.options.no_color)
                cli.output.out.has_colour = cli.output.err.has_colour = false;

        status = carry_out(&cli, &parsed);
        if (!output_finish(&cli.output) && status == CLI_DONE)
                status = CLI_FAILED;
        controller_free(cli.controller);
        guard_end(&cli);
        return status;
}
