#include <string.h>

#include "cli/cli.h"
#include "cli/lines.h"
#include "cli/rows.h"

static const CliOption options[] = {
        ROW_FLAG("follow", 'f', follow,
                 "go on as output comes, until nothing runs any more or Ctrl-C"),
        ROW_NUMBER("tail", tail, "N", "begin with the last N lines; without it, with the first"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway logs shop", "all containers, each line behind the name of its workload" },
        { "slipway logs shop app/migrate", "one container, its bytes as they are" },
        { "slipway logs shop web/app -f --tail 20", "the last lines, and what comes" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Lines) lines = lines_new(cli, args[1] == NULL);
        bool ok = controller_logs(cli_controller(cli), args[0], args[1], opts->follow, opts->tail,
                                  lines_add, lines, &error);

        lines_end(lines);
        if (ok || cli->output.out.is_gone)
                return CLI_DONE;
        return cli_fail(cli, error);
}

const CliCommand cli_command_logs = {
        .name = "logs",
        .group = "Looking",
        .synopsis = "APP [ID] [-f] [--tail N]",
        .summary = "show the output of containers",
        .about = "What a container wrote to stdout goes to stdout, and what it wrote to stderr to "
                 "stderr, unchanged: colours and control characters are its own. Of a run-once "
                 "container that has been run several times the newest is shown; `slipway runs` "
                 "has the last lines of each.",
        .examples = examples,
        .see_also = "events runs",
        .arguments = { { "APP", CLI_WORD_APP }, { "ID", CLI_WORD_ID } },
        .n_min = 1,
        .n_max = 2,
        .options = options,
        .run = run,
};
