#include <string.h>

#include "cli/cli.h"
#include "cli/rows.h"
#include "format/format.h"
#include "functions/eval.h"

static const CliExample examples[] = {
        { "slipway explain", "the keys of an application file" },
        { "slipway explain containers.publish_events", "a key: its type, default and rules" },
        { "slipway explain template ConfigOption", "a template function" },
        { "slipway explain template", "all template functions" },
        { NULL },
};

static int explain_template(Cli *cli, const char *name)
{
        const char *closest = NULL;
        g_autofree char *text = template_explain(name, &closest);

        if (text == NULL && closest != NULL)
                return cli_usage(cli, "there is no template function ‘%s’; did you mean ‘%s’?",
                                 name, closest);
        if (text == NULL)
                return cli_usage(cli,
                                 "there is no template function ‘%s’; `slipway explain "
                                 "template` lists them",
                                 name);
        output_text(&cli->output, text);
        return CLI_DONE;
}

static int explain_key(Cli *cli, const char *path)
{
        const char *suggestion = NULL;
        g_autofree char *text = format_explain(path, &suggestion);

        if (text == NULL && suggestion != NULL)
                return cli_usage(cli, "there is no key ‘%s’; did you mean ‘%s’?", path, suggestion);
        if (text == NULL)
                return cli_usage(cli,
                                 "there is no key ‘%s’; `slipway explain` lists those of the "
                                 "root",
                                 path);
        output_text(&cli->output, text);
        return CLI_DONE;
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        if (args[0] != NULL && strcmp(args[0], "template") == 0)
                return explain_template(cli, args[1]);
        if (args[0] != NULL && args[1] != NULL)
                return cli_usage(cli, "‘%s’ is one argument too many", args[1]);
        return explain_key(cli, args[0] != NULL ? args[0] : "");
}

const CliCommand cli_command_explain = {
        .name = "explain",
        .group = "Files",
        .synopsis = "[KEY] | template [FUNCTION]",
        .summary = "say what a key of a file or a template function means",
        .about = "A key is named by its path from the root, with or without indices, or from any "
                 "kind of object: `containers.ports`, `components[0].containers[0].ports`, "
                 "`ports`. What is shown comes from the tables that read the file, so it is what "
                 "is done.",
        .examples = examples,
        .see_also = "lint eval",
        .arguments = { { "KEY", CLI_WORD_TEXT }, { "FUNCTION", CLI_WORD_FUNCTION } },
        .n_min = 0,
        .n_max = 2,
        .run = run,
};
