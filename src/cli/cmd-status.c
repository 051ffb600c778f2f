#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "cli/show.h"
#include "cli/table.h"

static const CliOption options[] = {
        ROW_FLAG("why", 0, why, "say what each held container waits for, and since when"),
        ROW_FLAG("exit-code", 0, exit_code, "exit with 1 unless the application is started"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway status shop", "how is it?" },
        { "slipway status shop --why", "what does it wait for?" },
        { "slipway status shop --exit-code -q", "in a script: 0 if it is started" },
        { "slipway status shop --format json | jq .state", "one word for a program" },
        { NULL },
};

/* "deployment 3 serves; deployment 4, the last, failed: …" */
static void append_deployments(GString *line, const json_t *status)
{
        gint64 serving = json_int_at(status, "serving_deployment", 0);
        gint64 last = json_int_at(status, "last_deployment.number", 0);
        const char *outcome = json_string_at(status, "last_deployment.outcome", "");
        g_autofree char *why = display_line(json_string_at(status, "last_deployment.reason", ""));

        if (last == 0)
                return;
        if (serving > 0 && serving != last)
                g_string_append_printf(line, "deployment %" G_GINT64_FORMAT " serves; ", serving);
        g_string_append_printf(line, "deployment %" G_GINT64_FORMAT "%s %s%s%s\n", last,
                               serving != last ? ", the last," : "",
                               strcmp(outcome, "running") == 0 ? "is " : "", outcome,
                               serving == last ? " and serves" : "");
        if (*why != '\0')
                g_string_insert(line, line->len - 1, ": ");
        g_string_insert(line, line->len - 1, why);
}

/* "shop is started; deployment 4 failed: …" */
static void show_head(Cli *cli, const json_t *status)
{
        const char *state = json_string_at(status, "state", "unknown");
        g_autofree char *reason = display_line(json_string_at(status, "reason", ""));
        const char *desired = json_string_at(status, "desired", "");
        bool colour = cli->output.out.has_colour;
        Style style = show_state_style(state);
        g_autoptr(GString) line = g_string_new(NULL);

        g_string_append_printf(line, "%s is %s%s%s", json_string_at(status, "app", ""),
                               style_begin(colour, style), state, style_end(colour, style));
        if (*reason != '\0')
                g_string_append_printf(line, ": %s", reason);
        if (json_is_number(json_at(status, "age_s")))
                g_string_append_printf(line, " (as it was %" G_GINT64_FORMAT " s ago)",
                                       json_int_at(status, "age_s", 0));
        if (strcmp(desired, "stopped") == 0 && strcmp(state, "stopped") != 0)
                g_string_append(line, "; it is meant to be stopped");
        g_string_append_c(line, '\n');
        append_deployments(line, status);
        output_text(&cli->output, line->str);
}

static void add_workload(Table *table, const json_t *workload, bool why)
{
        const char *state = json_string_at(workload, "state", "");
        g_autofree char *container = show_container(json_string_at(workload, "container", NULL));
        g_autofree char *exit_code = show_at(workload, "exit_code");
        g_autofree char *waits_for = show_at(workload, "waits_for");
        g_autofree char *since = show_since(json_string_at(workload, "since", NULL));
        g_autofree char *runs = show_at(workload, "runs");
        bool is_run_once = strcmp(json_string_at(workload, "kind", ""), "ephemeral") == 0;

        table_add_row(table);
        table_cell(table, STYLE_PLAIN, json_string_at(workload, "id", ""));
        table_cell(table, STYLE_PLAIN, json_string_at(workload, "kind", ""));
        table_cell(table, show_state_style(state), state);
        table_cell(table, STYLE_PLAIN, since);
        table_cell(table, STYLE_PLAIN, exit_code);
        table_cell(table, STYLE_PLAIN, is_run_once ? runs : "");
        table_cell(table, STYLE_DIM, container);
        table_cell(table, STYLE_PLAIN, why ? waits_for : "");
}

static void show_status(Cli *cli, const json_t *status, bool why)
{
        static const char *const headings[] = { "WORKLOAD",  "KIND",      "STATE",
                                                "SINCE",     "EXIT",      "RUNS",
                                                "CONTAINER", "WAITS FOR", NULL };
        g_autoptr(Table) table = table_new(headings);
        const json_t *workload;
        size_t i;

        show_head(cli, status);
        table_align_right(table, 4);
        table_align_right(table, 5);
        json_array_foreach(json_at(status, "workloads"), i, workload)
                add_workload(table, workload, why);
        if (table_n_rows(table) > 0)
                table_show(table, &cli->output);
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(json_t) status = NULL;
        g_autoptr(GError) error = NULL;

        if (!controller_status(cli_controller(cli), args[0], &status, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json)
                output_json(&cli->output, status);
        else if (!cli->output.is_quiet)
                show_status(cli, status, opts->why);
        if (opts->exit_code && strcmp(json_string_at(status, "state", ""), "started") != 0)
                return CLI_FAILED;
        return CLI_DONE;
}

const CliCommand cli_command_status = {
        .name = "status",
        .group = "Looking",
        .synopsis = "APP [--why] [--exit-code]",
        .summary = "show the state of an application and of each of its workloads",
        .about = "An application is starting, started, updating, stopping, stopped, failed or "
                 "unknown (the engine does not answer; then the last known state and its age are "
                 "shown). It is stopped as soon as a service has exited and is not restarted. A "
                 "run-once container that is done never makes it look bad.\n"
                 "\n"
                 "The state says what serves; the outcome of the last deployment stands beside it: "
                 "after a failed migration the old version may well be started.\n"
                 "\n"
                 "The exit status is 0 whenever the question could be answered; --exit-code makes "
                 "it 1 for every state but started.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "ps events history logs",
        .arguments = { { "APP", CLI_WORD_APP } },
        .n_min = 1,
        .n_max = 1,
        .options = options,
        .run = run,
};
