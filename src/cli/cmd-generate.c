#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autofree char *text = strcmp(args[0], "man") == 0 ? help_to_manual()
                                                            : help_to_reference();

        output_text(&cli->output, text);
        return CLI_DONE;
}

const CliCommand cli_command_generate = {
        .name = "__generate",
        .synopsis = "man|reference",
        .summary = "the manual page, or the generated part of docs/cli.md",
        .about = "For the build.",
        .arguments = { { "what", CLI_WORD_CHOICE, "man|reference" } },
        .n_min = 1,
        .n_max = 1,
        .run = run,
};
