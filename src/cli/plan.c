#include "cli/plan.h"

#include <string.h>

#include "base/json.h"
#include "cli/show.h"
#include "cli/table.h"
#include "cli/target.h"

json_t *plan_make(Cli *cli, const char *word, int *ret_status)
{
        g_auto(Target) target = { 0 };
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(GError) error = NULL;
        json_t *plan = NULL;
        bool ok;

        if (!target_init(&target, cli, word)) {
                *ret_status = cli_usage(cli, TARGET_MISSING);
                return NULL;
        }
        ok = controller_plan(cli_controller(cli), &target.up, diags, &plan, &error);
        cli_show_findings(cli, diags);
        if (!ok) {
                target_explain(&target, &error);
                *ret_status = cli_fail(cli, error);
                g_clear_pointer(&plan, json_decref);
        }
        return plan;
}

void plan_show_table(Cli *cli, const json_t *plan)
{
        static const char *const headings[] = { "WORKLOAD", "KIND",      "ACTION",
                                                "REASON",   "WAITS FOR", NULL };
        g_autoptr(Table) table = table_new(headings);
        const json_t *one;
        size_t i;

        json_array_foreach(json_at(plan, "workloads"), i, one) {
                const char *action = json_string_at(one, "action", "");
                g_autofree char *waits_for = show_at(one, "waits_for");

                table_add_row(table);
                table_cell(table, STYLE_PLAIN, json_string_at(one, "id", ""));
                table_cell(table, STYLE_PLAIN, json_string_at(one, "kind", ""));
                table_cell(table, show_state_style(action), action);
                table_cell(table, STYLE_PLAIN, json_string_at(one, "reason", ""));
                table_cell(table, STYLE_DIM, waits_for);
        }
        if (table_n_rows(table) > 0)
                table_show(table, &cli->output);
        show_warnings(&cli->output, plan);
        if (!json_bool_at(plan, "changes", true))
                output_say(&cli->output, "nothing would change");
}

int plan_show(Cli *cli, const char *word, bool *ret_changes)
{
        int status = CLI_DONE;
        g_autoptr(json_t) plan = plan_make(cli, word, &status);

        if (plan == NULL)
                return status;
        if (cli->output.is_json)
                output_json(&cli->output, plan);
        else
                plan_show_table(cli, plan);
        *ret_changes = json_bool_at(plan, "changes", false);
        return CLI_DONE;
}
