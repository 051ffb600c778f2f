#include "base/json.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "cli/show.h"
#include "cli/table.h"

static const CliExample examples[] = {
        { "slipway ps", "the containers of all applications" },
        { "slipway ps shop", "those of one" },
        { NULL },
};

static void show_list(Cli *cli, const json_t *list, bool of_all)
{
        static const char *const headings[] = { "APP",  "WORKLOAD", "KIND",  "STATE",     "SINCE",
                                                "EXIT", "PORTS",    "IMAGE", "CONTAINER", NULL };
        g_autoptr(Table) table = table_new(headings);
        const json_t *one;
        size_t i;

        table_align_right(table, 5);
        json_array_foreach((json_t *) list, i, one) {
                const char *state = json_string_at(one, "state", "");
                g_autofree char *since = show_since(json_string_at(one, "since", NULL));
                g_autofree char *exit_code = show_at(one, "exit_code");
                g_autofree char *ports = show_at(one, "ports");
                g_autofree char *container = show_container(json_string_at(one, "container", NULL));

                table_add_row(table);
                table_cell(table, STYLE_PLAIN, of_all ? json_string_at(one, "app", "") : "");
                table_cell(table, STYLE_PLAIN, json_string_at(one, "id", ""));
                table_cell(table, STYLE_PLAIN, json_string_at(one, "kind", ""));
                table_cell(table, show_state_style(state), state);
                table_cell(table, STYLE_PLAIN, since);
                table_cell(table, STYLE_PLAIN, exit_code);
                table_cell(table, STYLE_PLAIN, ports);
                table_cell(table, STYLE_PLAIN, json_string_at(one, "image", ""));
                table_cell(table, STYLE_DIM, container);
        }
        if (table_n_rows(table) > 0)
                table_show(table, &cli->output);
        else
                output_say(&cli->output, "there are no containers; `slipway up FILE` brings an "
                                         "application up");
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(json_t) list = NULL;
        g_autoptr(GError) error = NULL;

        if (!controller_ps(cli_controller(cli), args[0], &list, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json)
                output_json(&cli->output, list);
        else
                show_list(cli, list, args[0] == NULL);
        return CLI_DONE;
}

const CliCommand cli_command_ps = {
        .name = "ps",
        .group = "Looking",
        .synopsis = "[APP]",
        .summary = "list containers with their states",
        .about = "Lists what Slipway has placed on the engine: of one application or of all.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "status logs",
        .arguments = { { "APP", CLI_WORD_APP } },
        .n_min = 0,
        .n_max = 1,
        .run = run,
};
