#include "cli/act.h"
#include "cli/cli.h"
#include "cli/rows.h"

static const CliOption options[] = {
        ROW_FLAG("wait", 0, wait, "wait for a run-once container that is at work"),
        ROW_FLAG("force", 0, force, "kill a run-once container that is at work"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway stop shop", "stop all of it; it stays stopped until it is started" },
        { "slipway stop shop/web/app", "only this container" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autofree char *line = act_command_line(cli, args[0]);
        g_autofree char *done = g_strdup_printf("%s is stopped", args[0]);
        DownOptions down = { .wait = opts->wait, .force = opts->force, .command_line = line };
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        Controller *controller = cli_controller(cli);
        g_autoptr(Watch) watch = watch_new(cli);
        bool ok = controller_stop(controller, args[0], &down, watch_observer(watch), &result,
                                  &error);

        return act_end(cli, watch, ok, result, error, done);
}

const CliCommand cli_command_stop = {
        .name = "stop",
        .group = "Deploying",
        .synopsis = "APP[/ID] [--wait|--force]",
        .summary = "stop an application in reverse order, or one of its containers",
        .about = "Containers stay where they are and can be started again; an application that was "
                 "stopped stays so. While a run-once container is at work the command is refused: "
                 "--wait waits for its end, --force kills it.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "start restart down",
        .arguments = { { "APP[/ID]", CLI_WORD_TARGET } },
        .n_min = 1,
        .n_max = 1,
        .options = options,
        .guards_signals = true,
        .run = run,
};
