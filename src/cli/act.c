#include "cli/act.h"

#include <string.h>

#include "base/json.h"

char *act_command_line(const Cli *cli, const char *target)
{
        g_autofree char *quoted = cli_quote(target);

        return g_strdup_printf("slipway %s %s", cli->command->name, quoted);
}

static void show_failed(Cli *cli, Watch *watch, const json_t *result)
{
        const json_t *workload;
        size_t i;

        json_array_foreach(json_at(result, "workloads"), i, workload) {
                const char *id = json_string_at(workload, "id", "");

                if (strcmp(json_string_at(workload, "state", ""), "failed") != 0)
                        continue;
                output_complain(&cli->output, "%s failed: %s", id,
                                json_string_at(workload, "reason", "see its output"));
                watch_show_quote(watch, id);
        }
}

int act_end(Cli *cli, Watch *watch, bool ok, const json_t *result, const GError *error,
            const char *done)
{
        bool is_quiet = cli->output.is_quiet;

        watch_end(watch, result);
        if (result != NULL && cli->output.is_json)
                output_json(&cli->output, result);
        if (ok) {
                if (!cli->output.is_json && !is_quiet)
                        output_print(&cli->output, "%s\n", done);
                return CLI_DONE;
        }
        if (result != NULL)
                show_failed(cli, watch, result);
        if (g_error_matches(error, CONTROLLER_ERROR, CONTROLLER_ERROR_INTERRUPTED)) {
                output_complain(&cli->output, "interrupted: nothing further is done; run the same "
                                              "command to go on");
                return CLI_INTERRUPTED;
        }
        return cli_fail(cli, error);
}
