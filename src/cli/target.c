#include "cli/target.h"

#include <string.h>

void target_clear(Target *target)
{
        g_free(target->command_line);
        g_free(target->again);
        *target = (Target){ 0 };
}

/* A file where there is one of that name, or where nothing else can be meant */
static bool is_file(const char *word)
{
        if (g_file_test(word, G_FILE_TEST_EXISTS) && !g_file_test(word, G_FILE_TEST_IS_DIR))
                return true;
        return strchr(word, '/') != NULL || g_str_has_suffix(word, ".yml") ||
               g_str_has_suffix(word, ".yaml") || g_str_has_suffix(word, ".json") ||
               strcmp(word, "-") == 0;
}

static PullPolicy pull_policy(const char *word)
{
        if (g_strcmp0(word, "always") == 0)
                return PULL_ALWAYS;
        return g_strcmp0(word, "never") == 0 ? PULL_NEVER : PULL_MISSING;
}

/* Names of settings only: the line is shown to others, and values may be secrets */
static char *command_line(const Cli *cli, const char *word)
{
        const CliOptions *options = cli->options;
        g_autofree char *quoted = cli_quote(word);
        GString *out = g_string_new(NULL);

        g_string_append_printf(out, "slipway %s %s", cli->command->name, quoted);
        if (options->app != NULL)
                g_string_append_printf(out, " --app %s", options->app);
        for (char **set = options->set; set != NULL && *set != NULL; set++)
                g_string_append_printf(out, " --set %.*s=…", (int) strcspn(*set, "="), *set);
        if (options->deployment > 0)
                g_string_append_printf(out, " --deployment %" G_GINT64_FORMAT, options->deployment);
        return g_string_free(out, false);
}

void target_init(Target *target, const Cli *cli, const char *word)
{
        const CliOptions *options = cli->options;
        g_autofree char *quoted = cli_quote(word);
        g_autofree char *app = options->app == NULL ? NULL : cli_quote(options->app);
        bool names_file = is_file(word);

        *target = (Target){ 0 };
        target->command_line = command_line(cli, word);
        target->again = cli_suggest(cli, "up %s%s%s", quoted, app != NULL ? " --app " : "",
                                    app != NULL ? app : "");
        target->up = (UpOptions){
                .file = names_file ? word : NULL,
                .app = names_file ? options->app : word,
                .set = (const char *const *) options->set,
                .settings_file = options->settings,
                .rerun = (const char *const *) options->rerun,
                .timeout_s = options->timeout_s,
                .deployment = options->deployment,
                .pull = pull_policy(options->pull),
                .wait = options->wait,
                .strict = options->strict,
                .command_line = target->command_line,
        };
}

void target_explain(const Target *target, GError **error)
{
        if (target->up.file == NULL &&
            g_error_matches(*error, CONTROLLER_ERROR, CONTROLLER_ERROR_NO_APP))
                g_prefix_error(error, "‘%s’ is no file: ", target->up.app);
}

void target_split(const char *word, char **ret_app, char **ret_id)
{
        const char *slash = strchr(word, '/');

        *ret_app = slash == NULL ? g_strdup(word) : g_strndup(word, slash - word);
        *ret_id = g_strdup(slash == NULL ? "" : slash + 1);
}
