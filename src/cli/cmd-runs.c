#include "base/json.h"
#include "base/timefmt.h"
#include "cli/cli.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "cli/show.h"
#include "cli/table.h"

#define KEY_LENGTH 8 /* digits of a run key that are shown */

static const CliExample examples[] = {
        { "slipway runs shop app/migrate", "each try, its exit code and its last lines" },
        { "slipway resolve shop app/migrate done", "settle a try whose outcome is unknown" },
        { NULL },
};

static char *seconds_to_text(const json_t *run)
{
        const json_t *seconds = json_at(run, "seconds");

        if (!json_is_number(seconds))
                return g_strdup("");
        return duration_to_text((int64_t) (json_number_value(seconds) * US_PER_S));
}

static void add_run(Table *table, const json_t *run)
{
        const char *outcome = json_string_at(run, "outcome", "");
        g_autofree char *key = g_strndup(json_string_at(run, "run_key", ""), KEY_LENGTH);
        g_autofree char *number = show_at(run, "try");
        g_autofree char *deployment = show_at(run, "deployment");
        g_autofree char *exit_code = show_at(run, "exit_code");
        g_autofree char *started = show_moment(json_string_at(run, "started", NULL));
        g_autofree char *took = seconds_to_text(run);
        g_autofree char *counts = show_at(run, "counts");

        table_add_row(table);
        table_cell(table, STYLE_DIM, key);
        table_cell(table, STYLE_PLAIN, number);
        table_cell(table, STYLE_PLAIN, deployment);
        table_cell(table, show_state_style(outcome), outcome);
        table_cell(table, STYLE_PLAIN, exit_code);
        table_cell(table, STYLE_PLAIN, started);
        table_cell(table, STYLE_PLAIN, took);
        table_cell(table, STYLE_PLAIN, json_string_at(run, "evidence", ""));
        table_cell(table, STYLE_PLAIN, counts);
        table_cell(table, STYLE_PLAIN, json_string_at(run, "image", ""));
}

static void show_tail(Cli *cli, const json_t *run)
{
        g_autofree char *tail = display_text(json_string_at(run, "log_tail", ""), false);
        g_autofree char *number = show_at(run, "try");
        g_autofree char *key = g_strndup(json_string_at(run, "run_key", ""), KEY_LENGTH);
        g_auto(GStrv) lines = g_strsplit(g_strchomp(tail), "\n", -1);

        if (*tail == '\0')
                return;
        output_print(&cli->output, "\n%s, try %s:\n", key, number);
        for (size_t i = 0; lines[i] != NULL; i++)
                output_print(&cli->output, "  | %s\n", lines[i]);
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        static const char *const headings[] = { "KEY",    "TRY",           "DEPLOYMENT", "OUTCOME",
                                                "EXIT",   "STARTED (UTC)", "TOOK",       "EVIDENCE",
                                                "COUNTS", "IMAGE",         NULL };
        g_autoptr(Table) table = table_new(headings);
        g_autoptr(json_t) list = NULL;
        g_autoptr(GError) error = NULL;
        const json_t *one;
        size_t i;

        if (!controller_runs(cli_controller(cli), args[0], args[1], &list, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json) {
                output_json(&cli->output, list);
                return CLI_DONE;
        }
        table_align_right(table, 1);
        table_align_right(table, 2);
        table_align_right(table, 4);
        json_array_foreach(list, i, one)
                add_run(table, one);
        if (table_n_rows(table) == 0) {
                output_say(&cli->output, "%s has not been run", args[1]);
                return CLI_DONE;
        }
        table_show(table, &cli->output);
        json_array_foreach(list, i, one)
                show_tail(cli, one);
        return CLI_DONE;
}

const CliCommand cli_command_runs = {
        .name = "runs",
        .group = "Looking",
        .synopsis = "APP ID",
        .summary = "list the tries of a run-once container with exit, time and last lines",
        .about = "Tries with the same key are tries of the same thing: same image, command and "
                 "settings. A success counts until the key changes or the data that it was made on "
                 "is gone. Where there is no evidence of how a try ended its outcome is unknown; "
                 "`slipway resolve` settles it.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "resolve logs history",
        .arguments = { { "APP", CLI_WORD_APP }, { "ID", CLI_WORD_ID } },
        .n_min = 2,
        .n_max = 2,
        .run = run,
};
