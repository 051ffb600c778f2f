#include "cli/cli.h"
#include "cli/rows.h"
#include "cli/deploy.h"

static const CliOption options[] = {
        ROW_COMPOSE,
        ROW_APP,
        ROW_SET,
        ROW_SETTINGS,
        ROW_RERUN,
        ROW_NUMBER("timeout", timeout_s, "SECONDS",
                   "stop waiting after that time; containers run on"),
        ROW_DEPLOYMENT,
        ROW_PULL,
        ROW_FLAG("wait", 0, wait, "queue behind another command for this application"),
        ROW_ENGINE,
        ROW_WITHOUT_IPVS,
        ROW_STRICT,
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway up app.yml",
          "bring the application up, or upgrade it to what the file says now" },
        { "slipway up app.yml --app shop-test", "a second copy under another name" },
        { "slipway up app.yml --set db_password=@secret.txt",
          "a secret from a file; `-` instead of `@secret.txt` reads it from stdin" },
        { "slipway up shop --rerun app/migrate", "the same file again, and its migration too" },
        { "slipway up shop --deployment 4", "back to what deployment 4 was" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        return deploy(cli, args[0]);
}

const CliCommand cli_command_up = {
        .name = "up",
        .group = "Deploying",
        .synopsis = "[FILE|APP] [OPTION]…",
        .summary = "bring an application up, or upgrade it, and wait until it has started",
        .about =
                "Starts the containers of FILE in the order that the file asks for. A container "
                "whose turn has not come is held; containers that do not wait for each other start "
                "side by side. Those that run already, and are what the file says, are kept; "
                "changed ones are replaced; those that the file no longer has are removed in the "
                "end.\n"
                "\n"
                "A run-once container (`ephemeral`) runs to success exactly once for each change "
                "of its image, command or settings: a second `up` says `already done`. Where it "
                "fails, nothing behind it starts, what ran before keeps running, and the exit "
                "status is 1.\n"
                "\n"
                "With the name of an application instead of a file its last file is used again. "
                "Settings and the node address given to an earlier `up` are used again unless they "
                "are given anew.\n"
                "\n"
                "Ctrl-C ends the deployment: nothing further starts, and what runs, runs on. A "
                "lost terminal does not end it. A timeout ends the waiting and never a container.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "plan status down events",
        .arguments = { { "FILE|APP", CLI_WORD_FILE_OR_APP } },
        .n_min = 0,
        .n_max = 1,
        .options = options,
        .guards_signals = true,
        .run = run,
};
