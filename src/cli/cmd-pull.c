#include "base/json.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "cli/show.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/watch.h"

static const CliOption options[] = {
        ROW_COMPOSE, ROW_APP, ROW_SET, ROW_SETTINGS, ROW_PULL, ROW_ENGINE, ROW_END,
};

static const CliExample examples[] = {
        { "slipway pull app.yml", "fetch what is missing, so that `up` need not wait for it" },
        { "slipway pull shop --pull always", "ask the registry for each image again" },
        { NULL },
};

static void show_images(Cli *cli, const json_t *result)
{
        static const char *const headings[] = { "IMAGE", "RESULT", "MESSAGE", NULL };
        g_autoptr(Table) table = table_new(headings);
        const json_t *image;
        size_t i;

        json_array_foreach(json_at(result, "images"), i, image) {
                table_add_row(table);
                table_cell(table, STYLE_PLAIN, json_string_at(image, "image", ""));
                table_cell(table, show_state_style(json_string_at(image, "result", "")),
                           json_string_at(image, "result", ""));
                table_cell(table, STYLE_PLAIN, json_string_at(image, "message", ""));
        }
        table_show(table, &cli->output);
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_auto(Target) target = { 0 };
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        Controller *controller;
        g_autoptr(Watch) watch = NULL;
        bool ok;

        if (!target_init(&target, cli, args[0]))
                return cli_usage(cli, TARGET_MISSING);
        controller = cli_controller(cli);
        watch = watch_new(cli);
        ok = controller_pull(controller, &target.up, watch_observer(watch), diags, &result, &error);
        watch_end(watch, result);
        cli_show_findings(cli, diags);
        if (result != NULL) {
                if (cli->output.is_json)
                        output_json(&cli->output, result);
                else
                        show_images(cli, result);
        }
        if (ok)
                return CLI_DONE;
        target_explain(&target, &error);
        return cli_fail(cli, error);
}

const CliCommand cli_command_pull = {
        .name = "pull",
        .group = "Deploying",
        .synopsis = "[FILE|APP] [OPTION]…",
        .summary = "fetch the images of a file ahead of time",
        .about = "Pulls the images that are not here; with `--pull always` all of them. Nothing "
                 "else is touched.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "up registry",
        .arguments = { { "FILE|APP", CLI_WORD_FILE_OR_APP } },
        .n_min = 0,
        .n_max = 1,
        .options = options,
        .guards_signals = true,
        .run = run,
};
