#include "cli/deploy.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "cli/guard.h"
#include "cli/show.h"
#include "cli/target.h"
#include "cli/watch.h"

static bool has_state(const json_t *workload, const char *state)
{
        return strcmp(json_string_at(workload, "state", ""), state) == 0;
}

/* "app/migrate failed with exit code 3: 2 runs", its last lines, and where the rest is. @said: what
 * was complained about before; it is not said twice. */
static void show_failure(Cli *cli, Watch *watch, const char *app, const json_t *workload,
                         const char *said)
{
        const char *id = json_string_at(workload, "id", "");
        const char *reason = json_string_at(workload, "reason", "");
        const json_t *exit_code = json_at(workload, "exit_code");
        g_autofree char *quoted = cli_quote(app);
        g_autofree char *logs = cli_suggest(cli, "logs %s %s", quoted, id);
        g_autoptr(GString) line = g_string_new(NULL);

        g_string_append_printf(line, "%s failed", id);
        if (json_is_integer(exit_code) && json_integer_value(exit_code) >= 0)
                g_string_append_printf(line, " with exit code %" JSON_INTEGER_FORMAT,
                                       json_integer_value(exit_code));
        if (*reason != '\0')
                g_string_append_printf(line, ": %s", reason);
        if (strstr(said, id) == NULL || *reason == '\0' || strstr(said, reason) == NULL)
                output_complain(&cli->output, "%s", line->str);
        if (watch_show_quote(watch, id))
                output_advise(&cli->output, "`%s` shows all of its output", logs);
}

static void show_unknown(Cli *cli, const char *app, const json_t *workload)
{
        const char *id = json_string_at(workload, "id", "");
        g_autofree char *quoted = cli_quote(app);
        g_autofree char *done = cli_suggest(cli, "resolve %s %s done", quoted, id);

        output_complain(&cli->output, "whether %s has succeeded cannot be known: %s", id,
                        json_string_at(workload, "reason", "there is no evidence"));
        output_advise(&cli->output,
                      "look, then settle it with `%s`, or with `rerun` instead of "
                      "`done`",
                      done);
}

static void show_held(Cli *cli, const json_t *workloads)
{
        g_autoptr(GString) held = g_string_new(NULL);
        const json_t *workload;
        size_t i;

        json_array_foreach((json_t *) workloads, i, workload) {
                if (has_state(workload, "held"))
                        g_string_append_printf(held, "%s%s", held->len > 0 ? ", " : "",
                                               json_string_at(workload, "id", ""));
        }
        if (held->len > 0)
                output_advise(&cli->output, "not started: %s", held->str);
}

static void show_failures(Cli *cli, Watch *watch, const json_t *result, const char *said)
{
        const json_t *workloads = json_at(result, "workloads"), *workload;
        const char *app = json_string_at(result, "app", "");
        size_t i;

        json_array_foreach((json_t *) workloads, i, workload) {
                if (has_state(workload, "failed"))
                        show_failure(cli, watch, app, workload, said);
                else if (has_state(workload, "unknown"))
                        show_unknown(cli, app, workload);
        }
        show_held(cli, workloads);
}

/* "1 run, 2 started, 3 kept", in the order of a plan's words */
static char *count_actions(const json_t *workloads)
{
        static const char *const words[][2] = {
                { "run", "run" },        { "start", "started" },    { "replace", "replaced" },
                { "update", "updated" }, { "keep", "kept" },        { "skip", "skipped" },
                { "remove", "removed" }, { "off", "switched off" },
        };
        GString *out = g_string_new(NULL);

        for (size_t w = 0; w < G_N_ELEMENTS(words); w++) {
                const json_t *workload;
                size_t i, n = 0;

                json_array_foreach((json_t *) workloads, i, workload)
                        n += strcmp(json_string_at(workload, "action", ""), words[w][0]) == 0;
                if (n > 0)
                        g_string_append_printf(out, "%s%zu %s", out->len > 0 ? ", " : "", n,
                                               words[w][1]);
        }
        return g_string_free(out, false);
}

static void show_result(Cli *cli, const json_t *result)
{
        g_autofree char *actions = count_actions(json_at(result, "workloads"));
        g_autofree char *took = duration_to_text(json_int_at(result, "elapsed_ms", 0) * US_PER_MS);

        output_print(&cli->output, "%s started in %s, deployment %" G_GINT64_FORMAT "%s%s\n",
                     json_string_at(result, "app", ""), took, json_int_at(result, "deployment", 0),
                     *actions != '\0' ? ": " : "", actions);
}

static int show_end(Cli *cli, Watch *watch, const Target *target, const json_t *result,
                    const GError *error)
{
        bool is_interrupted = g_error_matches(error, CONTROLLER_ERROR,
                                              CONTROLLER_ERROR_INTERRUPTED);
        bool is_failure = g_error_matches(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FAILED);
        g_autofree char *app = cli_quote(
                json_string_at(result, "app", target->up.app != NULL ? target->up.app : "APP"));
        g_autofree char *status = cli_suggest(cli, "status %s --why", app);
        int exit_status;

        if (is_interrupted) {
                output_complain(&cli->output,
                                "interrupted: nothing further starts; run `%s` to go "
                                "on",
                                target->again);
                return CLI_INTERRUPTED;
        }
        exit_status = cli_fail(cli, error);
        if (result != NULL)
                show_failures(cli, watch, result, error != NULL ? error->message : "");
        if (is_failure) {
                output_advise(&cli->output,
                              "`%s` shows how it is now; when the cause is mended, "
                              "`%s` goes on",
                              status, target->again);
        }
        return exit_status;
}

int deploy(Cli *cli, const char *word)
{
        g_auto(Target) target = { 0 };
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(json_t) result = NULL;
        g_autoptr(GError) error = NULL;
        Controller *controller;
        g_autoptr(Watch) watch = NULL;
        bool ok;

        if (!target_init(&target, cli, word))
                return cli_usage(cli, TARGET_MISSING);
        controller = cli_controller(cli);
        watch = watch_new(cli);
        guard_begin(cli); /* `config` guards nothing until it comes to this */
        ok = controller_up(controller, &target.up, watch_observer(watch), diags, &result, &error);
        watch_end(watch, result);
        cli_show_findings(cli, diags);
        if (result != NULL)
                show_warnings(&cli->output, result);
        if (result != NULL && cli->output.is_json)
                output_json(&cli->output, result);
        if (!ok) {
                target_explain(&target, &error);
                return show_end(cli, watch, &target, result, error);
        }
        if (result != NULL && !cli->output.is_json)
                show_result(cli, result);
        return CLI_DONE;
}
