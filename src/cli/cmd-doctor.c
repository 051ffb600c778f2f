#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "cli/show.h"

static const CliExample examples[] = {
        { "slipway doctor", "what is wrong here, and what to do about it" },
        { "slipway doctor --host tcp://10.0.0.5:2376 --node-address 10.0.0.5",
          "before using an engine elsewhere" },
        { NULL },
};

static void show_check(Cli *cli, const json_t *check)
{
        const char *result = json_string_at(check, "result", "");
        bool colour = cli->output.out.has_colour;
        Style style = show_state_style(result);
        g_autofree char *name = display_line(json_string_at(check, "check", ""));
        g_autofree char *message = display_line(json_string_at(check, "message", ""));
        g_autofree char *advice = display_line(json_string_at(check, "advice", ""));
        g_autoptr(GString) line = g_string_new(style_begin(colour, style));

        display_pad(line, result, strlen("warning") + 2);
        g_string_append(line, style_end(colour, style));
        g_string_append_printf(line, "%s%s%s\n", name, *message != '\0' ? ": " : "", message);
        if (*advice != '\0') {
                display_pad(line, "", strlen("warning") + 2);
                g_string_append_printf(line, "%s\n", advice);
        }
        output_text(&cli->output, line->str);
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(json_t) checks = NULL;
        g_autoptr(GError) error = NULL;
        const json_t *check;
        size_t i, n_errors = 0;

        if (!controller_doctor(cli_controller(cli), &checks, &error))
                return cli_fail(cli, error);
        if (cli->output.is_json)
                output_json(&cli->output, checks);
        json_array_foreach(checks, i, check) {
                const char *result = json_string_at(check, "result", "");

                n_errors += strcmp(result, "error") == 0;
                if (!cli->output.is_json && (!cli->output.is_quiet || strcmp(result, "ok") != 0))
                        show_check(cli, check);
        }
        return n_errors > 0 ? CLI_FAILED : CLI_DONE;
}

const CliCommand cli_command_doctor = {
        .name = "doctor",
        .group = "Installation",
        .synopsis = "",
        .summary = "look for what is wrong with engine, addresses, disk, permissions and state",
        .about = "Looks at everything that an `up` needs and says what to do where something is "
                 "missing. Changes nothing. The exit status is 1 if there is an error; a warning "
                 "is none.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "status",
        .run = run,
};
