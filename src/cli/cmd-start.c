#include "cli/act.h"
#include "cli/cli.h"
#include "cli/rows.h"

static const CliExample examples[] = {
        { "slipway start shop", "all of its containers, in order" },
        { "slipway start shop/web/app", "one of them" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autofree char *done = g_strdup_printf("%s is started", args[0]);
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        Controller *controller = cli_controller(cli);
        g_autoptr(Watch) watch = watch_new(cli);
        bool ok = controller_start(controller, args[0], watch_observer(watch), &result, &error);

        return act_end(cli, watch, ok, result, error, done);
}

const CliCommand cli_command_start = {
        .name = "start",
        .group = "Deploying",
        .synopsis = "APP[/ID]",
        .summary = "start an application that was stopped, or one of its containers",
        .about = "Starts what is there, in the order of the last deployment. A run-once container "
                 "that is done is not run again. To take in a changed file use `slipway up`.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "stop restart up",
        .arguments = { { "APP[/ID]", CLI_WORD_TARGET } },
        .n_min = 1,
        .n_max = 1,
        .guards_signals = true,
        .run = run,
};
