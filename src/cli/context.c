#include "cli/context.h"

#include <unistd.h>

#include "base/json.h"
#include "controller/settings.h"

static bool take_settings(Cli *cli, ContextFile *context, GError **error)
{
        g_autoptr(json_t) settings = NULL;
        const json_t *setting;
        size_t i;

        if (!controller_config(cli_controller(cli), cli->options->app, true, &settings, error))
                return false;
        json_array_foreach(settings, i, setting) {
                const char *value = json_string_at(setting, "value", NULL);

                if (value != NULL)
                        context_file_set(context, json_string_at(setting, "name", ""), value);
        }
        return true;
}

static bool take_set(ContextFile *context, char **set, int *stdin_fd, GError **error)
{
        for (; set != NULL && *set != NULL; set++) {
                g_autoptr(SettingsArgument)
                        argument = settings_argument_parse(*set, *stdin_fd, error);

                if (argument == NULL)
                        return false;
                if (g_str_has_suffix(*set, "=-"))
                        *stdin_fd = -1; /* it has been read */
                context_file_set(context, argument->name, argument->value);
        }
        return true;
}

ContextFile *context_make(Cli *cli, int *ret_status)
{
        const CliOptions *options = cli->options;
        g_autoptr(GError) error = NULL;
        g_autoptr(ContextFile) context = NULL;
        int stdin_fd = STDIN_FILENO;

        context = options->context != NULL ? context_file_load(options->context, &error)
                                           : context_file_new();
        if (context == NULL || (options->app != NULL && !take_settings(cli, context, &error))) {
                *ret_status = cli_fail(cli, error);
                return NULL;
        }
        if (!take_set(context, options->set, &stdin_fd, &error)) {
                *ret_status = cli_usage(cli, "%s", error->message);
                return NULL;
        }
        return g_steal_pointer(&context);
}
