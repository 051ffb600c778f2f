#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/deploy.h"
#include "cli/edit.h"
#include "cli/plan.h"
#include "cli/rows.h"
#include "cli/show.h"
#include "cli/table.h"

#define IMPORT_MAX (16u << 20) /* bytes of a settings file */

static const CliOption options[] = {
        ROW_FLAG("reveal", 0, reveal, "show secrets"),
        ROW_FLAG("apply", 0, apply, "after a change, bring the application up with it"),
        ROW_FLAG("skip-tests", 0, skip_tests, "change also what the file would test first"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway config shop", "the effective settings, secrets masked" },
        { "slipway config shop get url", "one value" },
        { "slipway config shop set url=https://shop.example db_password=@secret.txt",
          "change some; it says what would be replaced and run, and `--apply` does it" },
        { "slipway config shop unset url", "back to what the file says" },
        { "slipway config shop export --reveal >settings.json", "all values, for another place" },
        { "slipway config shop import settings.json --apply", "take them in there" },
        { "slipway config shop test database", "run the tests of a group of settings" },
        { NULL },
};

/* ---- Looking ---- */

static int show_all(Cli *cli, const char *app, char **args)
{
        static const char *const headings[] = { "NAME", "TYPE", "GROUP", "VALUE", "ORIGIN", NULL };
        g_autoptr(Table) table = table_new(headings);
        g_autoptr(json_t) settings = NULL;
        g_autoptr(GError) error = NULL;
        const json_t *one;
        size_t i;

        if (!controller_config(cli_controller(cli), app, cli->options->reveal, &settings, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json) {
                output_json(&cli->output, settings);
                return CLI_DONE;
        }
        json_array_foreach(settings, i, one) {
                bool is_default = json_bool_at(one, "is_default", false);
                g_autofree char *value = show_at(one, "value");

                table_add_row(table);
                table_cell(table, STYLE_PLAIN, json_string_at(one, "name", ""));
                table_cell(table, STYLE_DIM, json_string_at(one, "type", ""));
                table_cell(table, STYLE_DIM, json_string_at(one, "group", ""));
                table_cell(table, is_default ? STYLE_PLAIN : STYLE_BOLD, value);
                table_cell(table, STYLE_DIM, json_string_at(one, "origin", ""));
        }
        if (table_n_rows(table) > 0)
                table_show(table, &cli->output);
        else
                output_say(&cli->output, "%s has no settings", app);
        return CLI_DONE;
}

static int get(Cli *cli, const char *app, char **args)
{
        g_autoptr(json_t) settings = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const json_t *one;
        const char *closest;
        size_t i;

        if (!controller_config(cli_controller(cli), app, cli->options->reveal, &settings, &error))
                return cli_fail(cli, error);
        json_array_foreach(settings, i, one) {
                const char *name = json_string_at(one, "name", "");
                g_autofree char *value = NULL;

                g_ptr_array_add(names, (gpointer) name);
                if (strcmp(name, args[0]) != 0)
                        continue;
                value = show_at(one, "value");
                if (cli->output.is_json)
                        output_json(&cli->output, one);
                else
                        output_print(&cli->output, "%s\n", value);
                return CLI_DONE;
        }
        g_ptr_array_add(names, NULL);
        closest = text_closest(args[0], (const char *const *) names->pdata);
        output_complain(&cli->output, "%s has no setting ‘%s’%s%s%s", app, args[0],
                        closest != NULL ? "; did you mean ‘" : "", closest != NULL ? closest : "",
                        closest != NULL ? "’?" : "");
        return CLI_FAILED;
}

static int export(Cli *cli, const char *app, char **args)
{
        g_autoptr(json_t) settings = NULL;
        g_autoptr(GError) error = NULL;
        char *text;

        if (!controller_config_export(cli_controller(cli), app, cli->options->reveal, &settings,
                                      &error))
                return cli_fail(cli, error);
        text = json_dumps(settings, JSON_INDENT(2));
        output_print(&cli->output, "%s\n", text);
        free(text);
        if (!cli->options->reveal)
                output_say(&cli->output, "secrets are masked; with --reveal they are not");
        return CLI_DONE;
}

static int test(Cli *cli, const char *app, char **args)
{
        static const char *const headings[] = { "GROUP",  "SETTING", "TEST",
                                                "RESULT", "MESSAGE", NULL };
        g_autoptr(Table) table = table_new(headings);
        g_autoptr(json_t) tests = NULL;
        g_autoptr(GError) error = NULL;
        const json_t *one;
        size_t i, n_failed = 0;

        if (!controller_config_test(cli_controller(cli), app, args[0], &tests, &error))
                return cli_fail(cli, error);
        json_array_foreach(tests, i, one) {
                const char *result = json_string_at(one, "result", "");

                n_failed += strcmp(result, "failed") == 0;
                table_add_row(table);
                table_cell(table, STYLE_PLAIN, json_string_at(one, "group", ""));
                table_cell(table, STYLE_PLAIN, json_string_at(one, "setting", ""));
                table_cell(table, STYLE_PLAIN, json_string_at(one, "test", ""));
                table_cell(table, show_state_style(result), result);
                table_cell(table, STYLE_PLAIN, json_string_at(one, "message", ""));
        }
        if (cli->output.is_json)
                output_json(&cli->output, tests);
        else if (table_n_rows(table) > 0)
                table_show(table, &cli->output);
        else
                output_say(&cli->output, "there is nothing to test");
        return n_failed > 0 ? CLI_FAILED : CLI_DONE;
}

/* ---- Changing ---- */

/* What the change means: done with --apply, else told */
static int follow_up(Cli *cli, const char *app, json_t *result)
{
        g_autofree char *names = show_at(result, "changed");
        g_autofree char *locked = show_at(result, "locked");
        g_autofree char *quoted = cli_quote(app);
        g_autofree char *up = cli_suggest(cli, "up %s", quoted);
        g_autoptr(json_t) plan = NULL;
        int status = CLI_DONE;

        if (*locked != '\0')
                output_warn(&cli->output, "left alone, because they cannot be changed: %s", locked);
        output_say(&cli->output, "%s%s", *names != '\0' ? "changed: " : "nothing has changed",
                   names);
        if (cli->options->apply)
                return deploy(cli, app);
        plan = plan_make(cli, app, &status);
        if (cli->output.is_json) {
                json_object_set(result, "plan", plan != NULL ? plan : json_null());
                output_json(&cli->output, result);
        } else if (plan != NULL) {
                plan_show_table(cli, plan);
                if (json_bool_at(plan, "changes", false))
                        output_say(&cli->output, "`%s` does it", up);
        } else {
                output_advise(&cli->output, "the change is kept; only its plan cannot be told");
        }
        return CLI_DONE;
}

static int change(Cli *cli, const char *app, const ConfigChange *what)
{
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;

        if (!controller_config_change(cli_controller(cli), app, what, &result, &error))
                return cli_fail(cli, error);
        return follow_up(cli, app, result);
}

static int set(Cli *cli, const char *app, char **args)
{
        ConfigChange what = { .set = (const char *const *) args,
                              .skip_tests = cli->options->skip_tests };

        for (char **arg = args; *arg != NULL; arg++) {
                if (strchr(*arg, '=') == NULL)
                        return cli_usage(cli, "‘%s’ has no value; write NAME=VALUE", *arg);
        }
        return change(cli, app, &what);
}

static int unset(Cli *cli, const char *app, char **args)
{
        ConfigChange what = { .unset = (const char *const *) args,
                              .skip_tests = cli->options->skip_tests };

        return change(cli, app, &what);
}

static int import(Cli *cli, const char *app, char **args)
{
        g_autoptr(GError) error = NULL;
        size_t size;
        g_autofree char *text = cli_read_file(args[0], IMPORT_MAX, &size, &error);
        ConfigChange what = { .import = text, .skip_tests = cli->options->skip_tests };
        int status;

        if (text == NULL)
                return cli_fail(cli, error);
        what.import_size = size;
        status = change(cli, app, &what);
        explicit_bzero(text, size);
        return status;
}

/* A person changes the text until it is taken, or gives up */
static int edit(Cli *cli, const char *app, char **args)
{
        g_autoptr(json_t) settings = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        char *dump;

        if (!controller_config_export(cli_controller(cli), app, true, &settings, &error))
                return cli_fail(cli, error);
        dump = json_dumps(settings, JSON_INDENT(2));
        text = g_strconcat(dump, "\n", NULL);
        free(dump);

        for (;;) {
                g_autofree char *edited = edit_text(text, "settings.json", &error);
                g_autoptr(json_t) result = NULL;
                ConfigChange what = { .import = edited, .skip_tests = cli->options->skip_tests };

                if (edited == NULL)
                        return cli_fail(cli, error);
                if (strcmp(edited, text) == 0) {
                        output_say(&cli->output, "nothing has changed");
                        return CLI_DONE;
                }
                what.import_size = strlen(edited);
                if (controller_config_change(cli->controller, app, &what, &result, &error))
                        return follow_up(cli, app, result);
                output_complain(&cli->output, "%s", error->message);
                if (!edit_ask_again(&cli->output))
                        return CLI_FAILED;
                g_clear_error(&error);
                g_free(text);
                text = g_steal_pointer(&edited);
        }
}

static const struct {
        const char *name, *usage;
        unsigned n_min, n_max;
        int (*run)(Cli *cli, const char *app, char **args);
} verbs[] = {
        { "get", "NAME", 1, 1, get },
        { "set", "NAME=VALUE…", 1, CLI_ANY, set },
        { "unset", "NAME…", 1, CLI_ANY, unset },
        { "export", "", 0, 0, export },
        { "import", "FILE", 1, 1, import },
        { "edit", "", 0, 0, edit },
        { "test", "[GROUP]", 0, 1, test },
};

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        unsigned n = g_strv_length(args);

        if (n == 1)
                return show_all(cli, args[0], NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
                if (strcmp(verbs[i].name, args[1]) != 0)
                        continue;
                if (n - 2 < verbs[i].n_min)
                        return cli_usage(cli, "%s is missing: slipway config %s %s %s",
                                         verbs[i].usage, args[0], args[1], verbs[i].usage);
                if (n - 2 > verbs[i].n_max)
                        return cli_usage(cli, "‘%s’ is one argument too many",
                                         args[2 + verbs[i].n_max]);
                return verbs[i].run(cli, args[0], args + 2);
        }
        return cli_usage(cli, "‘%s’ is nothing that can be done with settings", args[1]);
}

const CliCommand cli_command_config = {
        .name = "config",
        .group = "Settings",
        .synopsis = "APP [get NAME | set NAME=VALUE… | unset NAME… | export | import FILE | edit | "
                    "test [GROUP]]",
        .summary = "show and change the settings of an application",
        .about = "Without a verb the effective settings are listed with where each value comes "
                 "from. Secrets are masked unless --reveal is given.\n"
                 "\n"
                 "A change is kept at once and says which containers it would replace and which "
                 "migrations it would run; `slipway up APP` or --apply does that.\n"
                 "\n"
                 "Where the file says so (`run_on_save`), a change is tested first, and refused "
                 "where a "
                 "test fails; --skip-tests changes it all the same. A name that takes several "
                 "values "
                 "gets all that are given with it: `set certs=@a.pem certs=@b.pem`.\n"
                 "\n"
                 "NAME=@FILE takes a value from a file and NAME=- from stdin: what stands on a "
                 "command line can be read by every user of the machine. `edit` starts $VISUAL or "
                 "$EDITOR with all values, secrets included, in a file that only you can read and "
                 "that is removed in the end.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "up plan",
        .arguments = { { "APP", CLI_WORD_APP },
                       { "the verb", CLI_WORD_CHOICE, "get|set|unset|export|import|edit|test" },
                       { "NAME", CLI_WORD_TEXT } },
        .n_min = 1,
        .n_max = CLI_ANY,
        .options = options,
        .run = run,
};
