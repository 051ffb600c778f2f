#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "cli/plan.h"

static const CliOption options[] = {
        ROW_COMPOSE,
        ROW_APP,
        ROW_SET,
        ROW_SETTINGS,
        ROW_RERUN,
        ROW_DEPLOYMENT,
        ROW_PULL,
        ROW_ENGINE,
        ROW_WITHOUT_IPVS,
        ROW_STRICT,
        ROW_FLAG("exit-code", 0, exit_code, "exit with 3 if something would change"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway plan app.yml", "what would `slipway up app.yml` do?" },
        { "slipway plan app.yml --exit-code", "in a script: 0 nothing to do, 3 something" },
        { "slipway plan shop --deployment 4", "what would going back to deployment 4 do?" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        bool changes = false;
        int status = plan_show(cli, args[0], &changes);

        return status == CLI_DONE && opts->exit_code && changes ? CLI_CHANGES : status;
}

const CliCommand cli_command_plan = {
        .name = "plan",
        .group = "Deploying",
        .synopsis = "[FILE|APP] [OPTION]…",
        .summary = "show what `up` would do, and why; touches nothing",
        .about = "Asks the same function that `up` asks, so that the two cannot disagree. For each "
                 "workload the plan says what would be done with it:\n"
                 "\n"
                 "  start    there is nothing of it yet, or it has exited\n"
                 "  keep     it runs and is what the file says\n"
                 "  replace  it runs and has changed; the reason names the fields\n"
                 "  update   likewise, on a Swarm, which replaces its tasks by `update_config`\n"
                 "  run      a run-once container that has not succeeded as it is now\n"
                 "  skip     a run-once container that is already done\n"
                 "  remove   the file no longer has it\n"
                 "  off      its `when` is false\n"
                 "\n"
                 "Nothing is pulled to find out. Where an image is not here the plan says `unknown "
                 "until pulled`.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "up graph lint",
        .arguments = { { "FILE|APP", CLI_WORD_FILE_OR_APP } },
        .n_min = 0,
        .n_max = 1,
        .options = options,
        .run = run,
};
