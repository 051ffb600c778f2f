#include "cli/act.h"
#include "cli/cli.h"
#include "cli/rows.h"

static const CliOption options[] = {
        ROW_FLAG("volumes", 0, volumes,
                 "remove its volumes, too, and forget what has run; host directories stay"),
        ROW_FLAG("wait", 0, wait, "wait for a run-once container that is at work"),
        ROW_FLAG("force", 0, force, "kill a run-once container that is at work"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway down shop", "stop and remove its containers; data and history stay" },
        { "slipway down shop --volumes", "and its volumes: its migrations are due again" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autofree char *line = act_command_line(cli, args[0]);
        g_autofree char *done = g_strdup_printf("%s is removed", args[0]);
        DownOptions down = { .volumes = opts->volumes,
                             .wait = opts->wait,
                             .force = opts->force,
                             .command_line = line };
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        Controller *controller = cli_controller(cli);
        g_autoptr(Watch) watch = watch_new(cli);
        bool ok = controller_down(controller, args[0], &down, watch_observer(watch), &result,
                                  &error);

        return act_end(cli, watch, ok, result, error, done);
}

const CliCommand cli_command_down = {
        .name = "down",
        .group = "Deploying",
        .synopsis = "APP [--volumes] [--wait|--force]",
        .summary = "stop an application in reverse order and remove its containers",
        .about = "Removes what carries Slipway's label for this application and nothing else. "
                 "Volumes stay unless they are asked for; so does the record of which run-once "
                 "containers have succeeded, and a later `slipway up APP` needs no file. With "
                 "--volumes the record goes with the data that it was about.\n"
                 "\n"
                 "While a run-once container is at work the command is refused: a migration is not "
                 "killed in passing. --wait waits for its end, --force kills it.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "up stop",
        .arguments = { { "APP", CLI_WORD_APP } },
        .n_min = 1,
        .n_max = 1,
        .options = options,
        .guards_signals = true,
        .run = run,
};
