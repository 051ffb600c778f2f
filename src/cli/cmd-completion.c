#include <string.h>

#include "cli/cli.h"
#include "cli/completion.h"
#include "cli/rows.h"

static const CliExample examples[] = {
        { "slipway completion bash >/etc/bash_completion.d/slipway", "for all users of bash" },
        { "slipway completion zsh >\"${fpath[1]}/_slipway\"", "for zsh" },
        { "slipway completion fish >~/.config/fish/completions/slipway.fish", "for fish" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autofree char *script = NULL;

        if (strcmp(args[0], "bash") == 0)
                script = completion_bash();
        else if (strcmp(args[0], "zsh") == 0)
                script = completion_zsh();
        else
                script = completion_fish();
        output_text(&cli->output, script);
        return CLI_DONE;
}

const CliCommand cli_command_completion = {
        .name = "completion",
        .group = "Installation",
        .synopsis = "bash|zsh|fish",
        .summary = "print a script that lets a shell complete command lines",
        .about = "Completes commands, options and their values, and the names of applications and "
                 "workloads as they are at that moment. Packages install these scripts already.",
        .examples = examples,
        .arguments = { { "the shell", CLI_WORD_CHOICE, "bash|zsh|fish" } },
        .n_min = 1,
        .n_max = 1,
        .run = run,
};
