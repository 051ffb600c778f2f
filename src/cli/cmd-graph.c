#include "cli/cli.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "format/format.h"

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

        if (opts->format != NULL && !format_graph_from_string(opts->format, &how))
                return cli_usage(cli, "--format is text, dot or mermaid, not ‘%s’", opts->format);
        app = controller_read_file(args[0], false, false, diags, &error);
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
        .synopsis = "FILE [--format text|dot|mermaid]",
        .summary = "show the order in which a file's containers start",
        .about = "Draws an arrow from each event to the workloads that it starts, with its trigger "
                 "and its timeout. No engine is needed.",
        .examples = examples,
        .formats = "text|dot|mermaid",
        .see_also = "lint plan",
        .arguments = { { "FILE", CLI_WORD_FILE } },
        .n_min = 1,
        .n_max = 1,
        .run = run,
};
