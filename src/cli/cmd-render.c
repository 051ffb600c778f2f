#include <string.h>

#include "cli/cli.h"
#include "cli/context.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "cli/target.h"
#include "functions/eval.h"

static const CliOption options[] = {
        ROW_COMPOSE,
        ROW_TEXT("app", app, "NAME", CLI_WORD_APP, "with the settings of this application"),
        ROW_SET,
        ROW_CONTEXT,
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway render nginx.conf --app shop", "what would this file become?" },
        { "slipway render app.yml --set port=8080", "with a setting of your own" },
        { NULL },
};

/* A Compose project: what its files come to. *ret_status is -1 where it is none. */
static void render_compose(Cli *cli, const char *word, int *ret_status)
{
        const CliOptions *opts = cli->options;
        g_autoptr(GPtrArray) files = target_files(opts, word);
        const FileOptions how = target_file_options(opts, files);
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        bool is_other = false;

        if (files->len == 1) {
                *ret_status = cli_usage(cli, "FILE is missing");
                return;
        }
        /* What is named with -f is one; any other file may be a template */
        text = controller_effective(&how, cli->output.is_json, word == NULL ? NULL : &is_other,
                                    diags, &error);
        *ret_status = text != NULL ? CLI_DONE : -1;
        if (is_other)
                return;
        cli_show_findings(cli, diags);
        if (text == NULL)
                *ret_status = cli_fail(cli, error);
        else
                stream_write(&cli->output.out, text, strlen(text));
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) out = g_string_new(NULL);
        g_auto(TemplateError) wrong = { 0 };
        int status = CLI_DONE;
        size_t size;
        g_autofree char *text = NULL;
        g_autoptr(ContextFile) context = NULL;

        if (args[0] == NULL || strcmp(args[0], "-") != 0) {
                render_compose(cli, args[0], &status);
                if (status != -1)
                        return status;
        }
        text = cli_read_file(args[0], TEMPLATE_TEXT_MAX, &size, &error);
        if (text == NULL)
                return cli_fail(cli, error);
        if (strlen(text) != size) {
                output_complain(&cli->output, "%s: a template cannot hold a byte of value 0",
                                args[0]);
                return CLI_FAILED;
        }
        context = context_make(cli, &status);
        if (context == NULL)
                return status;
        if (!functions_render(args[0], text, context_file_provider(context), out, &wrong)) {
                g_autofree char *raw = eval_error_to_text(&wrong, text);
                g_autofree char *safe = display_text(raw, false);

                output_complain(&cli->output, "%s: the template cannot be rendered", args[0]);
                stream_write(&cli->output.err, safe, strlen(safe));
                return CLI_FAILED;
        }
        stream_write(&cli->output.out, out->str, out->len);
        return CLI_DONE;
}

const CliCommand cli_command_render = {
        .name = "render",
        .group = "Files",
        .synopsis = "[FILE] [--app NAME] [--set NAME=VALUE]… [--context FILE]",
        .summary = "render the templates in a file, or show what Compose files come to",
        .about = "Copies FILE (`-` is stdin) to stdout with its templates filled in. Settings come "
                 "from an application that has been deployed, from --set, or from a context file; "
                 "without them every setting is empty. With --app secrets are filled in, too.\n"
                 "\n"
                 "Of a Compose file it prints the effective document: variables filled in, files "
                 "merged, extended and included, every key in its long form.",
        .examples = examples,
        .see_also = "eval explain config",
        .arguments = { { "FILE", CLI_WORD_FILE } },
        .formats = "yaml|json",
        .n_min = 0,
        .n_max = 1,
        .options = options,
        .run = run,
};
