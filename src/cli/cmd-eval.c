#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/context.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "functions/eval.h"

#define PROMPT "slipway> "

static const CliOption options[] = {
        ROW_TEXT("app", app, "NAME", CLI_WORD_APP, "with the settings of this application"),
        ROW_SET,
        ROW_CONTEXT,
        ROW_FLAG("batch", 0, batch, "templates come as lines of JSON, and so do the results"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway eval '{{repl Add 2 3}}'", "5" },
        { "slipway eval '{{repl ConfigOption \"url\" | upper}}' --app shop",
          "with the settings of an application" },
        { "slipway eval", "one template a line, to try things out" },
        { "slipway eval --context context.json --batch <cases.jsonl", "for programs" },
        { NULL },
};

static int eval_text(Cli *cli, const ContextFile *context, const char *text)
{
        g_auto(TemplateError) error = { 0 };
        g_autofree char *result = eval_once(text, context, &error);

        if (result == NULL) {
                g_autofree char *raw = eval_error_to_text(&error, text);
                g_autofree char *safe = display_text(raw, false);

                output_complain(&cli->output, "the template cannot be evaluated");
                stream_write(&cli->output.err, safe, strlen(safe));
                return CLI_FAILED;
        }
        if (!text_has_template(text))
                output_say(&cli->output, "there is no action in this text; one begins with "
                                         "`{{repl ` and ends with `}}`");
        output_print(&cli->output, "%s\n", result);
        return CLI_DONE;
}

/* Lines from stdin, one result after the other */
static int eval_stream(Cli *cli, const ContextFile *context, bool is_batch)
{
        FILE *out = fdopen(dup(cli->output.out.fd), "w");
        bool ok = true, is_live = isatty(STDIN_FILENO) && cli->output.out.is_terminal;

        if (out == NULL) {
                output_complain(&cli->output, "cannot write to stdout");
                return CLI_FAILED;
        }
        if (is_batch)
                ok = eval_batch(stdin, out, context);
        else
                eval_repl(stdin, out, is_live ? PROMPT : NULL, context);
        if (fclose(out) != 0)
                ok = false;
        return ok ? CLI_DONE : CLI_FAILED;
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        int status = CLI_DONE;
        g_autoptr(ContextFile) context = NULL;

        if (opts->batch && args[0] != NULL)
                return cli_usage(cli,
                                 "with --batch templates come from stdin, and ‘%s’ is one too "
                                 "many",
                                 args[0]);
        context = context_make(cli, &status);
        if (context == NULL)
                return status;
        if (args[0] != NULL)
                return eval_text(cli, context, args[0]);
        return eval_stream(cli, context, opts->batch);
}

const CliCommand cli_command_eval = {
        .name = "eval",
        .group = "Files",
        .synopsis = "['TEMPLATE'] [--app NAME] [--set NAME=VALUE]… [--context FILE] [--batch]",
        .summary = "evaluate a template, or several from stdin",
        .about = "The template is given as in a file, with its delimiters. Without one, templates "
                 "are read from stdin, one a line; on a terminal with a prompt.\n"
                 "\n"
                 "With --batch each line of stdin is {\"id\",\"template\",\"dot\"} and each line "
                 "of stdout {\"id\",\"ok\",\"output\"} or {\"id\",\"ok\",\"error\":{\"line\","
                 "\"column\",\"message\"}}; with \"dot\": true the member `data` of the context "
                 "file is the template's data.",
        .examples = examples,
        .see_also = "render explain config",
        .arguments = { { "TEMPLATE", CLI_WORD_TEXT } },
        .n_min = 0,
        .n_max = 1,
        .options = options,
        .run = run,
};
