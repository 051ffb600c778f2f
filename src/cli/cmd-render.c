#include <string.h>

#include "cli/cli.h"
#include "cli/context.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "functions/eval.h"

static const CliOption options[] = {
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

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) out = g_string_new(NULL);
        g_auto(TemplateError) wrong = { 0 };
        int status = CLI_DONE;
        size_t size;
        g_autofree char *text = cli_read_file(args[0], TEMPLATE_TEXT_MAX, &size, &error);
        g_autoptr(ContextFile) context = NULL;

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
        .synopsis = "FILE [--app NAME] [--set NAME=VALUE]… [--context FILE]",
        .summary = "render the templates in a file",
        .about = "Copies FILE (`-` is stdin) to stdout with its templates filled in. Settings come "
                 "from an application that has been deployed, from --set, or from a context file; "
                 "without them every setting is empty. With --app secrets are filled in, too.",
        .examples = examples,
        .see_also = "eval explain config",
        .arguments = { { "FILE", CLI_WORD_FILE } },
        .n_min = 1,
        .n_max = 1,
        .options = options,
        .run = run,
};
