#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/display.h"
#include "cli/rows.h"
#include "cli/show.h"

#define EVENT_WIDTH 18

/* Columns are fitted to the facts that there are; those that come later find them so */
typedef struct Facts {
        Cli *cli;
        GPtrArray *pending; /* json_t */
        size_t workload_width;
        guint idle;
} Facts;

static const CliOption options[] = {
        ROW_FLAG("follow", 'f', follow, "go on as facts come, until Ctrl-C"),
        ROW_END,
};

static const CliExample examples[] = {
        { "slipway events shop", "all that has happened, oldest first" },
        { "slipway events shop -f", "watch a deployment from a second terminal" },
        { "slipway events shop --format json | jq 'select(.event == \"exited\")'",
          "one JSON object a line for programs" },
        { NULL },
};

/* What is written for people stands first, without its name */
static char *detail_to_text(const json_t *detail)
{
        const char *text = json_string_at(detail, "text", NULL);
        g_autoptr(json_t) others = json_is_object(detail) ? json_copy((json_t *) detail) : NULL;
        g_autofree char *rest = NULL;

        if (text == NULL)
                return show_value(detail);
        json_object_del(others, "text");
        rest = show_value(others);
        return g_strconcat(text, *rest != '\0' ? "  " : "", rest, NULL);
}

static void show_fact(Cli *cli, const json_t *fact, size_t workload_width)
{
        bool colour = cli->output.out.has_colour;
        g_autofree char *time = show_moment(json_string_at(fact, "time", NULL));
        g_autofree char *deployment = show_at(fact, "deployment");
        g_autofree char *workload = display_line(json_string_at(fact, "workload", ""));
        g_autofree char *event = display_line(json_string_at(fact, "event", ""));
        g_autofree char *raw = detail_to_text(json_at(fact, "detail"));
        g_autofree char *detail = display_line(raw);
        g_autoptr(GString) line = g_string_new(NULL);

        display_pad(line, time, strlen("2026-11-22 01:02:03"));
        g_string_append_printf(line, "  %s#%-3s%s  ", style_begin(colour, STYLE_DIM), deployment,
                               style_end(colour, STYLE_DIM));
        display_pad(line, workload, workload_width);
        g_string_append(line, "  ");
        display_pad(line, event, EVENT_WIDTH);
        g_string_append_printf(line, " %s", detail);
        while (line->len > 0 && line->str[line->len - 1] == ' ')
                g_string_truncate(line, line->len - 1);
        output_print(&cli->output, "%s\n", line->str);
}

static gboolean show_pending(gpointer user)
{
        Facts *facts = user;
        Cli *cli = facts->cli;

        for (guint i = 0; i < facts->pending->len; i++) {
                g_autofree char *workload = display_line(
                        json_string_at(facts->pending->pdata[i], "workload", ""));

                facts->workload_width = MAX(facts->workload_width, display_width(workload));
        }
        for (guint i = 0; i < facts->pending->len; i++)
                show_fact(cli, facts->pending->pdata[i], facts->workload_width);
        g_ptr_array_set_size(facts->pending, 0);
        facts->idle = 0;
        if (cli->output.out.is_gone || cli->output.out.error != 0)
                controller_interrupt(cli->controller);
        return G_SOURCE_REMOVE;
}

static void on_fact(json_t *fact, gpointer user)
{
        Facts *facts = user;
        Cli *cli = facts->cli;

        if (!cli->output.is_json) {
                g_ptr_array_add(facts->pending, json_incref(fact));
                if (facts->idle == 0)
                        facts->idle = g_idle_add(show_pending, facts);
                return;
        }
        output_json_line(&cli->output, fact);
        if (cli->output.out.is_gone || cli->output.out.error != 0)
                controller_interrupt(cli->controller);
}

static int run(Cli *cli, const CliOptions *opts, char **args)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) pending = g_ptr_array_new_with_free_func((GDestroyNotify) json_decref);
        Facts facts = { .cli = cli, .pending = pending };
        bool ok = controller_events(cli_controller(cli), args[0], opts->follow, on_fact, &facts,
                                    &error);

        g_clear_handle_id(&facts.idle, g_source_remove);
        show_pending(&facts);
        if (ok || cli->output.out.is_gone)
                return CLI_DONE;
        return cli_fail(cli, error);
}

const CliCommand cli_command_events = {
        .name = "events",
        .group = "Looking",
        .synopsis = "APP [-f]",
        .summary = "show the facts of an application, oldest first",
        .about = "A fact is what happened, when, to whom and why: deployments that began and "
                 "ended, containers that were created, started and exited, events that were "
                 "published and how that was found out. Secrets are masked.",
        .examples = examples,
        .formats = "table|json",
        .see_also = "history logs status",
        .arguments = { { "APP", CLI_WORD_APP } },
        .n_min = 1,
        .n_max = 1,
        .options = options,
        .run = run,
};
