#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/rows.h"

static const CliExample examples[] = {
        { "slipway resolve shop app/migrate done", "it has done its work: never run it again" },
        { "slipway resolve shop app/migrate rerun", "it has not: the next `up` runs it" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *app = cli_quote(args[0]);
        g_autofree char *up = cli_suggest(cli, "up %s", app);

        if (!controller_resolve(cli_controller(cli), args[0], args[1], args[2], &result, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json) {
                output_json(&cli->output, result);
                return CLI_DONE;
        }
        output_say(&cli->output, "%s %s; `%s` goes on", args[1],
                   strcmp(args[2], "done") == 0 ? "counts as done" : "will be run again", up);
        return CLI_DONE;
}

const CliCommand cli_command_resolve = {
        .name = "resolve",
        .group = "Looking",
        .synopsis = "APP ID done|rerun",
        .summary = "settle by hand whether a run-once container has succeeded",
        .about = "After a crash of the engine it may be impossible to know whether a migration has "
                 "done its work. Slipway does not guess: look at the database, then say `done` or "
                 "`rerun`. With `done` a database that was migrated before Slipway came is taken "
                 "over, too.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "runs up",
        .arguments = { { "APP", CLI_WORD_APP },
                       { "ID", CLI_WORD_ID },
                       { "the verdict", CLI_WORD_CHOICE, "done|rerun" } },
        .n_min = 3,
        .n_max = 3,
        .run = run,
};
