#include "cli/act.h"
#include "cli/cli.h"
#include "cli/rows.h"

static const CliExample examples[] = {
        { "slipway restart shop", "stop in reverse order, start in order" },
        { "slipway restart shop/web/app", "only this container" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autofree char *done = g_strdup_printf("%s is started again", args[0]);
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        Controller *controller = cli_controller(cli);
        g_autoptr(Watch) watch = watch_new(cli);
        bool ok = controller_restart(controller, args[0], watch_observer(watch), &result, &error);

        return act_end(cli, watch, ok, result, error, done);
}

const CliCommand cli_command_restart = {
        .name = "restart",
        .group = "Deploying",
        .synopsis = "APP[/ID]",
        .summary = "stop and start an application, or one of its containers",
        .about = "The same containers are started again; nothing is replaced, and what is done "
                 "stays done.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "start stop",
        .arguments = { { "APP[/ID]", CLI_WORD_TARGET } },
        .n_min = 1,
        .n_max = 1,
        .guards_signals = true,
        .run = run,
};
