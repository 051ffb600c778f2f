#include "cli/cli.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "cli/target.h"
#include "format/format.h"

static const CliOption options[] = {
        ROW_COMPOSE,
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway graph app.yml", "who waits for whom, on the terminal" },
        { "slipway graph app.yml --format dot | dot -Tsvg >app.svg", "as a picture" },
        { "slipway graph app.yml --format mermaid", "for a page in Markdown" },
        { NULL },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(GError) error = NULL;
        FormatGraph how = FORMAT_GRAPH_TEXT;
        g_autoptr(Application) app = NULL;
        g_autoptr(GPtrArray) files = NULL;
        FileOptions file_options;

        if (opts->format != NULL && !format_graph_from_string(opts->format, &how))
                return cli_usage(cli, "--format is text, dot or mermaid, not ‘%s’", opts->format);
        files = target_files(opts, args[0]);
        if (files->len == 1)
                return cli_usage(cli, "FILE is missing");
        file_options = target_file_options(opts, files);
        app = controller_read_files(&file_options, diags, &error);
        cli_show_findings(cli, diags);
        if (app == NULL)
                return cli_fail(cli, error);

        g_autofree char *raw = format_graph(app, how);
        g_autofree char *text = display_text(raw, false);

        output_text(&cli->output, text);
        return CLI_DONE;
}

const CliCommand cli_command_graph = {
        .name = "graph",
        .group = "Files",
        .synopsis = "[FILE] [--format text|dot|mermaid]",
        .summary = "show the order in which a file's containers start",
        .about = "Draws an arrow from each event to the workloads that it starts, with its trigger "
                 "and its timeout. No engine is needed.",
        .examples = examples,
        .formats = "text|dot|mermaid",
        .see_also = "lint plan",
        .arguments = { { "FILE", CLI_WORD_FILE } },
        .n_min = 0,
        .n_max = 1,
        .options = options,
        .run = run,
};
