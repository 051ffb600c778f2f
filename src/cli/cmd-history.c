#include "base/json.h"
#include "base/timefmt.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "cli/show.h"
#include "cli/table.h"

static const CliExample examples[] = {
        { "slipway history shop", "which deployments there were, the newest first" },
        { "slipway up shop --deployment 4", "go back to one of them" },
        { NULL },
};

/* "run app/migrate, replace web/app"; what was kept or skipped is no change */
static char *changes_to_text(const json_t *changes)
{
        GString *out = g_string_new(NULL);
        const json_t *change;
        size_t i;

        json_array_foreach((json_t *) changes, i, change) {
                const char *action = json_string_at(change, "action", "");

                if (g_str_equal(action, "keep") || g_str_equal(action, "skip") ||
                    g_str_equal(action, "off"))
                        continue;
                g_string_append_printf(
                        out, "%s%s %s", out->len > 0 ? ", " : "", action,
                        json_string_at(change, "workload", json_string_at(change, "id", "")));
        }
        return g_string_free(out, false);
}

static char *time_between(const char *began, const char *ended)
{
        int64_t from, to;

        if (!time_from_rfc3339(began, &from) || !time_from_rfc3339(ended, &to) || to <= from)
                return g_strdup("");
        return duration_to_text((to - from) / NS_PER_US);
}

static void add_deployment(Table *table, const json_t *one)
{
        const char *began = json_string_at(one, "began", "");
        const char *outcome = json_string_at(one, "outcome", "");
        g_autofree char *number = show_at(one, "number");
        g_autofree char *moment = show_moment(began);
        g_autofree char *took = time_between(began, json_string_at(one, "ended", ""));
        g_autofree char *changes = changes_to_text(json_at(one, "changes"));

        table_add_row(table);
        table_cell(table, STYLE_PLAIN, number);
        table_cell(table, STYLE_PLAIN, moment);
        table_cell(table, STYLE_PLAIN, took);
        table_cell(table, show_state_style(outcome), outcome);
        table_cell(table, STYLE_GOOD, json_bool_at(one, "serving", false) ? "yes" : "");
        table_cell(table, STYLE_PLAIN, json_string_at(one, "file", ""));
        table_cell(table, STYLE_PLAIN, changes);
        table_cell(table, STYLE_PLAIN, json_string_at(one, "reason", ""));
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        static const char *const headings[] = { "NUMBER",  "BEGAN (UTC)", "TOOK",
                                                "OUTCOME", "SERVES",      "FILE",
                                                "CHANGES", "REASON",      NULL };
        g_autoptr(Table) table = table_new(headings);
        g_autoptr(json_t) list = NULL;
        g_autoptr(GError) error = NULL;
        const json_t *one;
        size_t i;

        if (!controller_history(cli_controller(cli), args[0], &list, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json) {
                output_json(&cli->output, list);
                return CLI_DONE;
        }
        table_align_right(table, 0);
        json_array_foreach(list, i, one)
                add_deployment(table, one);
        table_show(table, &cli->output);
        return CLI_DONE;
}

const CliCommand cli_command_history = {
        .name = "history",
        .group = "Looking",
        .synopsis = "APP",
        .summary = "list deployments with their outcome and what they changed",
        .about = "Each `up` is a deployment with a number; its file and the settings given to it "
                 "are kept, so that `slipway up APP --deployment N` can go back. An outcome is "
                 "running, succeeded, failed, interrupted, or superseded: its process ended "
                 "without a word, and a later deployment took over.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "runs up events",
        .arguments = { { "APP", CLI_WORD_APP } },
        .n_min = 1,
        .n_max = 1,
        .run = run,
};
