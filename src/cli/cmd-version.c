#include "base/json.h"
#include "cli/cli.h"

static const CliExample examples[] = {
        { "slipway version", "the number of this release" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(json_t) version = json_pack("{s:s}", "version", SLIPWAY_VERSION);

        if (cli->output.is_json)
                output_json(&cli->output, version);
        else
                output_print(&cli->output, "slipway %s\n", SLIPWAY_VERSION);
        return CLI_DONE;
}

const CliCommand cli_command_version = {
        .name = "version",
        .group = "Installation",
        .synopsis = "",
        .summary = "print the version",
        .about = "Also `slipway --version`.",
        .examples = examples,
        .formats = "table|json",
        .run = run,
};
