#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/display.h"
#include "functions/functions.h"

/* Names with a blank or a control character in them would be torn apart by a shell */
static void offer(Cli *cli, const char *word)
{
        g_autofree char *safe = display_line(word);

        if (strcmp(safe, word) == 0 && strpbrk(word, " '\"\\$`") == NULL)
                output_print(&cli->output, "%s\n", word);
}

static void offer_app(Cli *cli, const json_t *app, const char *kind)
{
        const char *name = json_string_at(app, "app", "");
        bool is_target = strcmp(kind, "targets") == 0;
        const json_t *id;
        size_t i;

        if (strcmp(kind, "ids") != 0)
                offer(cli, name);
        if (strcmp(kind, "apps") == 0)
                return;
        json_array_foreach(json_at(app, "workloads"), i, id) {
                g_autofree char *target = g_strconcat(name, "/", json_string_value(id), NULL);

                offer(cli, is_target ? target : json_string_value(id));
        }
}

/* Nothing is complained about: the operator is in the middle of a line */
static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(json_t) apps = NULL;
        const json_t *app;
        size_t i, n;

        if (strcmp(args[0], "functions") == 0) {
                const TemplateFunction *const *list = template_functions_list(functions_all(), &n);

                for (i = 0; i < n; i++)
                        offer(cli, list[i]->name);
                return CLI_DONE;
        }
        if (!controller_apps(cli_controller(cli), &apps, NULL))
                return CLI_FAILED;
        json_array_foreach(apps, i, app) {
                if (args[1] == NULL || strcmp(json_string_at(app, "app", ""), args[1]) == 0)
                        offer_app(cli, app, args[0]);
        }
        return CLI_DONE;
}

const CliCommand cli_command_complete = {
        .name = "__complete",
        .synopsis = "apps|ids|targets|functions [APP]",
        .summary = "names for the completion of a shell",
        .about = "One name a line. The scripts of `slipway completion` ask for it.",
        .arguments = { { "the kind", CLI_WORD_CHOICE, "apps|ids|targets|functions" },
                       { "APP", CLI_WORD_APP } },
        .n_min = 1,
        .n_max = 2,
        .run = run,
};
