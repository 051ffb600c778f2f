#include "cli/cli.h"
#include "cli/help.h"

static const CliExample examples[] = {
        { "slipway help", "which commands there are" },
        { "slipway help up", "the same as `slipway up --help`" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        const CliCommand *command = NULL;

        if (args[0] != NULL) {
                const char *closest = cli_command_closest(args[0]);

                command = cli_command_find(args[0]);
                if (command == NULL && closest != NULL)
                        return cli_usage(cli,
                                         "there is no command ‘%s’; did you mean `slipway "
                                         "help %s`?",
                                         args[0], closest);
                if (command == NULL)
                        return cli_usage(cli, "there is no command ‘%s’", args[0]);
        }
        help_show(&cli->output, command);
        return CLI_DONE;
}

const CliCommand cli_command_help = {
        .name = "help",
        .group = "Installation",
        .synopsis = "[COMMAND]",
        .summary = "explain a command, or list all",
        .about = "Explains a command with its options and with examples. `slipway explain` says "
                 "what a key of an application file means, or a template function.",
        .examples = examples,
        .see_also = "explain",
        .arguments = { { "COMMAND", CLI_WORD_COMMAND } },
        .n_max = 1,
        .run = run,
};
