#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "cli/table.h"

#define PASSWORD_MAX 65536 /* bytes; a token of a cloud has some thousand */

static const CliOption options[] = {
        ROW_TEXT("user", user, "NAME", CLI_WORD_TEXT, "who signs in"),
        ROW_FLAG("password-stdin", 0, password_stdin,
                 "read the password from stdin; without it, it is asked for on the terminal"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway registry add replicated registry.example.com --user ops --password-stdin "
          "<token",
          "images with `source: replicated` come from there" },
        { "slipway registry list", "which names are known; passwords are not shown" },
        { "slipway registry remove replicated", "forget it" },
        { NULL },
};

/* (transfer full) a line from the terminal that is not shown while it is typed */
static char *ask_password(Cli *cli, GError **error)
{
        struct termios old, quiet;
        g_autofree char *password = NULL;
        size_t size;
        static const char prompt[] = "Password: ";

        if (tcgetattr(STDIN_FILENO, &old) < 0) {
                g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                            "the password cannot be asked for (no terminal); give it with "
                            "--password-stdin");
                return NULL;
        }
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t) ECHO;
        stream_write(&cli->output.err, prompt, strlen(prompt));
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        password = g_malloc0(PASSWORD_MAX);
        size = MAX(read(STDIN_FILENO, password, PASSWORD_MAX - 1), 0);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
        stream_write(&cli->output.err, "\n", 1);
        password[size] = '\0';
        return g_steal_pointer(&password);
}

/* One line end at its end is not part of the password */
static void strip_line_end(char *password)
{
        size_t len = strlen(password);

        if (len > 0 && password[len - 1] == '\n')
                password[--len] = '\0';
        if (len > 0 && password[len - 1] == '\r')
                password[--len] = '\0';
}

static int add(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *password = NULL;
        size_t size;
        bool ok;

        if (args[0] == NULL || args[1] == NULL)
                return cli_usage(cli, "%s is missing", args[0] == NULL ? "NAME" : "HOST");
        if (args[2] != NULL)
                return cli_usage(cli, "‘%s’ is one argument too many", args[2]);
        if (opts->password_stdin && opts->user == NULL)
                return cli_usage(cli, "--user is missing: whose password is it?");
        if (opts->password_stdin)
                password = cli_read_file("-", PASSWORD_MAX, &size, &error);
        else if (opts->user != NULL)
                password = ask_password(cli, &error);
        if (error != NULL)
                return cli_fail(cli, error);
        if (password != NULL)
                strip_line_end(password);
        ok = controller_registry_add(cli_controller(cli), args[0], args[1], opts->user, password,
                                     &error);
        if (password != NULL)
                explicit_bzero(password, strlen(password));
        if (!ok)
                return cli_fail(cli, error);
        output_say(&cli->output, "images with `source: %s` come from %s", args[0], args[1]);
        return CLI_DONE;
}

static int list(Cli *cli, const CliOptions *opts, char **args)
{
        static const char *const headings[] = { "NAME", "HOST", "USER", "PASSWORD", NULL };
        g_autoptr(Table) table = table_new(headings);
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) registries = NULL;
        const json_t *one;
        size_t i;

        if (!controller_registries(cli_controller(cli), &registries, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json) {
                output_json(&cli->output, registries);
                return CLI_DONE;
        }
        json_array_foreach(registries, i, one) {
                table_add_row(table);
                table_cell(table, STYLE_PLAIN, json_string_at(one, "name", ""));
                table_cell(table, STYLE_PLAIN, json_string_at(one, "host", ""));
                table_cell(table, STYLE_PLAIN, json_string_at(one, "user", ""));
                table_cell(table, STYLE_PLAIN,
                           json_bool_at(one, "has_password", false) ? "•••" : "");
        }
        if (table_n_rows(table) > 0)
                table_show(table, &cli->output);
        else
                output_say(&cli->output, "no registry has a name here yet");
        return CLI_DONE;
}

static int forget(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(GError) error = NULL;

        if (args[0] == NULL)
                return cli_usage(cli, "NAME is missing");
        if (!controller_registry_remove(cli_controller(cli), args[0], &error))
                return cli_fail(cli, error);
        output_say(&cli->output, "%s is forgotten", args[0]);
        return CLI_DONE;
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        if (strcmp(args[0], "add") == 0)
                return add(cli, opts, args + 1);
        if (strcmp(args[0], "remove") == 0)
                return forget(cli, opts, args + 1);
        return list(cli, opts, args + 1);
}

const CliCommand cli_command_registry = {
        .name = "registry",
        .group = "Settings",
        .synopsis = "add NAME HOST [--user USER] [--password-stdin] | list | remove NAME",
        .summary = "give names to registries, with credentials",
        .about = "The `source` of a container in a file is a name; here this installation says "
                 "which host it stands for and who signs in there. Passwords are kept encrypted. "
                 "A source without a host uses the image that is here, or fails; it never becomes "
                 "an image of the same name from somewhere else.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "pull",
        .arguments = { { "the verb", CLI_WORD_CHOICE, "add|list|remove" },
                       { "NAME", CLI_WORD_TEXT },
                       { "HOST", CLI_WORD_TEXT } },
        .n_min = 1,
        .n_max = 3,
        .options = options,
        .run = run,
};
