#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/rows.h"
#include "cli/table.h"
#include "cli/target.h"
#include "format/format.h"

static const CliOption options[] = {
        ROW_COMPOSE,
        ROW_STRICT,
        ROW_FLAG("for-up", 0, for_up, "judge as `up` and `plan` do: also what would run wrong"),
        ROW_FLAG("list", 0, list, "list the findings that there are, with their severities"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway lint app.yml", "check a file; no engine is needed" },
        { "slipway lint --strict --for-up *.yml", "in CI: nothing doubtful passes" },
        { "slipway lint app.yml --format sarif >findings.sarif", "for editors and code hosts" },
        { NULL },
};

static void show_list(Cli *cli)
{
        static const char *const headings[] = { "FINDING", "LINT", "UP", "MEANING", NULL };
        g_autoptr(Table) table = table_new(headings);
        g_autoptr(json_t) list = json_array();
        size_t n;
        const FormatFinding *findings = format_findings(&n);

        for (size_t i = 0; i < n; i++) {
                const char *lint = diag_severity_to_string(findings[i].lint);
                const char *up = diag_severity_to_string(findings[i].up);

                table_add_row(table);
                table_cell(table, STYLE_PLAIN, findings[i].name);
                table_cell(table, STYLE_PLAIN, lint);
                table_cell(table, STYLE_PLAIN, up);
                table_cell(table, STYLE_PLAIN, findings[i].help);
                json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name",
                                                      findings[i].name, "lint", lint, "up", up,
                                                      "help", findings[i].help, "files",
                                                      findings[i].is_compose ? "compose" : "any"));
        }
        if (cli->output.is_json)
                output_json(&cli->output, list);
        else
                table_show(table, &cli->output);
}

/* As compilers do it: on stderr, and nothing at all where all is well */
static void show_findings(Cli *cli, DiagList *diags)
{
        g_autofree char *errors = text_count(diag_count(diags, DIAG_ERROR), "error", "errors");
        g_autofree char *warnings = text_count(diag_count(diags, DIAG_WARNING), "warning",
                                               "warnings");
        bool is_clean = diag_list_size(diags) == 0;

        cli_show_findings(cli, diags);
        if (!is_clean)
                output_say(&cli->output, "%s, %s", errors, warnings);
}

/* A file by itself: what is wrong with one says nothing about the next */
static bool check(Cli *cli, const GPtrArray *files, DiagList *all)
{
        DiagList *diags = diag_list_new();
        const FileOptions how = target_file_options(cli->options, files);
        g_autoptr(GError) error = NULL;
        g_autoptr(Application) app = controller_read_files(&how, diags, &error);

        /* Where there are findings they say all of it */
        if (app == NULL && error != NULL && !diag_has_errors(diags))
                output_complain(&cli->output, "%s", error->message);
        diag_list_take(all, diags);
        return app != NULL;
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(DiagList) diags = diag_list_new();
        int status = CLI_DONE;

        if (opts->list) {
                show_list(cli);
                return CLI_DONE;
        }
        if (opts->files != NULL && args[0] != NULL && args[1] != NULL)
                return cli_usage(cli,
                                 "with -f there is one FILE, over which the others are merged");

        /* Files behind each other are checked one by one; those of -f are merged into one. */
        for (char **file = args; file == args || *file != NULL; file++) {
                g_autoptr(GPtrArray) files = target_files(opts, *file);

                if (files->len == 1)
                        return cli_usage(cli, "FILE is missing");
                if (!check(cli, files, diags))
                        status = CLI_FAILED;
                if (*file == NULL)
                        break;
        }
        if (g_strcmp0(opts->format, "sarif") == 0) {
                g_autoptr(json_t) sarif = format_sarif(diags);

                output_json(&cli->output, sarif);
        } else if (cli->output.is_json) {
                g_autoptr(json_t) list = diag_list_to_json(diags);

                output_json(&cli->output, list);
        } else {
                show_findings(cli, diags);
        }
        return status;
}

const CliCommand cli_command_lint = {
        .name = "lint",
        .group = "Files",
        .synopsis = "FILE… [--strict] [--for-up] [--format text|json|sarif]",
        .summary = "check application files without an engine",
        .about = "Reports everything that is wrong with a file at once, with line and column, and "
                 "what would be right. Something is an error only where the format forbids it; "
                 "what is merely doubtful is a warning with a name. --for-up shows, too, what `up` "
                 "would refuse.\n"
                 "\n"
                 "A comment `# slipway: ignore NAME` on a line silences the finding of that name "
                 "there; `slipway lint --list` shows the names.\n"
                 "\n"
                 "Findings go to stderr, as those of a compiler do; as JSON and SARIF to stdout. "
                 "The "
                 "exit status is 1 if there is an error in any of the files.",
        .examples = examples,
        .formats = "text|json|sarif",
        .see_also = "plan graph explain",
        .arguments = { { "FILE", CLI_WORD_FILE } },
        .n_min = 0,
        .n_max = CLI_ANY,
        .options = options,
        .run = run,
};
