#include "cli/target.h"

#include <string.h>

#include "base/text.h"

void target_clear(Target *target)
{
        g_free(target->command_line);
        g_free(target->again);
        if (target->files != NULL)
                g_ptr_array_unref(target->files);
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

/* ---- Files ---- */

/* As `docker compose` looks for them: one of each row, the second if it is there */
static const char *const usual_files[][2] = {
        { "compose.yaml", "compose.override.yaml" },
        { "compose.yml", "compose.override.yml" },
        { "docker-compose.yaml", "docker-compose.override.yaml" },
        { "docker-compose.yml", "docker-compose.override.yml" },
};

static void add_usual(GPtrArray *files)
{
        const char *list = g_getenv("COMPOSE_FILE"),
                   *separator = g_getenv("COMPOSE_PATH_SEPARATOR");

        if (list != NULL && list[0] != '\0') {
                g_auto(GStrv) names = g_strsplit(
                        list, separator != NULL && separator[0] != '\0' ? separator : ":", -1);

                for (char **name = names; *name != NULL; name++)
                        g_ptr_array_add(files, g_strdup(*name));
                return;
        }
        for (size_t i = 0; i < G_N_ELEMENTS(usual_files) && files->len == 0; i++) {
                for (size_t j = 0; j < 2; j++) {
                        if (g_file_test(usual_files[i][j], G_FILE_TEST_IS_REGULAR) &&
                            (j == 0 || files->len > 0))
                                g_ptr_array_add(files, g_strdup(usual_files[i][j]));
                }
        }
}

GPtrArray *target_files(const CliOptions *options, const char *word)
{
        GPtrArray *files = g_ptr_array_new_with_free_func(g_free);

        if (word != NULL)
                g_ptr_array_add(files, g_strdup(word));
        for (char **file = options->files; file != NULL && *file != NULL; file++)
                g_ptr_array_add(files, g_strdup(*file));
        if (files->len == 0)
                add_usual(files);
        g_ptr_array_add(files, NULL);
        return files;
}

FileOptions target_file_options(const CliOptions *options, const GPtrArray *files)
{
        return (FileOptions){
                .files = (const char *const *) files->pdata,
                .app = options->app,
                .project_dir = options->project_dir,
                .profiles = (const char *const *) options->profiles,
                .env_files = (const char *const *) options->env_files,
                .for_up = options->for_up,
                .strict = options->strict,
        };
}

/* A setting of the whole installation, in the environment of whoever runs it */
static bool is_set(const char *name)
{
        const char *value = g_getenv(name);
        bool result;

        return value != NULL && text_parse_bool(value, &result) && result;
}

bool target_init(Target *target, const Cli *cli, const char *word)
{
        const CliOptions *options = cli->options;
        bool names_app = word != NULL && !is_file(word);
        g_autofree char *app = options->app == NULL ? NULL : cli_quote(options->app);
        g_autofree char *quoted = NULL;

        *target = (Target){ .files = target_files(options, names_app ? NULL : word) };
        if (word == NULL && target->files->len == 1)
                return false;
        if (word == NULL)
                word = target->files->pdata[0];
        quoted = cli_quote(word);
        target->command_line = command_line(cli, word);
        target->again = cli_suggest(cli, "up %s%s%s", quoted, app != NULL ? " --app " : "",
                                    app != NULL ? app : "");
        target->up = (UpOptions){
                .files = names_app ? NULL : (const char *const *) target->files->pdata,
                .project_dir = options->project_dir,
                .profiles = (const char *const *) options->profiles,
                .env_files = (const char *const *) options->env_files,
                .engine = options->engine,
                .without_ipvs = options->without_ipvs || is_set("SLIPWAY_WITHOUT_IPVS"),
                .app = names_app ? word : options->app,
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
        return true;
}

void target_explain(const Target *target, GError **error)
{
        if (target->up.files == NULL &&
            g_error_matches(*error, CONTROLLER_ERROR, CONTROLLER_ERROR_NO_APP))
                g_prefix_error(error, "‘%s’ is no file: ", target->up.app);
}

void target_split(const char *word, char **ret_app, char **ret_id)
{
        const char *slash = strchr(word, '/');

        *ret_app = slash == NULL ? g_strdup(word) : g_strndup(word, slash - word);
        *ret_id = g_strdup(slash == NULL ? "" : slash + 1);
}
