#include "cli/watch.h"

#include <string.h>

#include "base/timefmt.h"
#include "cli/display.h"
#include "cli/progress.h"
#include "cli/show.h"

#define FRAME_MS    100
#define HEARTBEAT_S 15 /* without a display: how often what is still at work is told */

struct Watch {
        Cli *cli;
        UpObserver observer;
        Progress *progress; /* NULL: it is over */
        bool is_live;       /* it is drawn; else what is at work is told now and then */
        GPtrArray *ids;     /* of its lines */
        guint timer;
        GHashTable *quotes; /* workload → last lines */
};

static void draw(Watch *watch)
{
        Stream *err = &watch->cli->output.err;
        g_autoptr(GString) frame = g_string_new(NULL);
        unsigned columns, lines;

        stream_size(err, &columns, &lines);
        progress_draw(watch->progress, columns, lines, g_get_monotonic_time(), frame);
        stream_write(err, frame->str, frame->len);
}

static void erase(Watch *watch)
{
        Stream *err = &watch->cli->output.err;
        g_autoptr(GString) out = g_string_new(NULL);
        unsigned columns, lines;

        stream_size(err, &columns, &lines);
        progress_erase(watch->progress, columns, out);
        stream_write(err, out->str, out->len);
}

static gboolean on_frame(gpointer user)
{
        Watch *watch = user;

        if (progress_has_rows(watch->progress) &&
            progress_is_stale(watch->progress, g_get_monotonic_time()))
                draw(watch);
        return G_SOURCE_CONTINUE;
}

static gboolean on_heartbeat(gpointer user)
{
        Watch *watch = user;
        g_autofree char *busy = progress_busy(watch->progress, g_get_monotonic_time());

        if (busy != NULL)
                output_say(&watch->cli->output, "%s", busy);
        return G_SOURCE_CONTINUE;
}

/* What stands beside the state. That something is started because it is not there yet says nothing
 * that the state does not. */
static const char *detail_of(const WorkloadProgress *progress, const char *detail)
{
        bool is_plain = progress->is_decided && progress->action == PLAN_START &&
                        progress->state != STATE_FAILED && progress->state != STATE_UNKNOWN;

        if (detail == NULL || *detail == '\0')
                detail = progress->reason;
        return is_plain && g_strcmp0(detail, progress->reason) == 0 ? NULL : detail;
}

static void on_progress(const Application *app, int workload, const WorkloadProgress *progress,
                        const char *detail, gpointer user)
{
        Watch *watch = user;
        ProgressChange change;

        if (watch->progress == NULL)
                return;
        if (workload < 0 && !watch->is_live) {
                if (detail != NULL)
                        output_say(&watch->cli->output, "%s", detail);
                return;
        }
        if (progress_n_lines(watch->progress) == 0 && app != NULL) {
                for (size_t i = 0; i < app->n_workloads; i++) {
                        progress_add(watch->progress, app->workloads[i].id);
                        g_ptr_array_add(watch->ids, g_strdup(app->workloads[i].id));
                }
        }
        if (workload < 0 || progress == NULL) {
                progress_set_title(watch->progress, detail);
                return;
        }
        change = (ProgressChange){
                .state = workload_state_to_string(progress->state),
                .style = show_state_style(workload_state_to_string(progress->state)),
                .detail = detail_of(progress, detail),
                .is_settled = progress->is_settled,
        };
        if ((unsigned) workload < progress_n_lines(watch->progress))
                progress_set(watch->progress, workload, &change, g_get_monotonic_time());
}

static void on_message(const char *text, gpointer user)
{
        Watch *watch = user;

        /* The block says the same; without lines there is at most a title, and this goes above it */
        if (watch->progress != NULL && watch->is_live) {
                if (progress_n_lines(watch->progress) > 0)
                        return;
                erase(watch);
        }
        output_say(&watch->cli->output, "%s", text);
}

/* Above the block, where there is one */
static void on_notice(const char *text, gpointer user)
{
        Watch *watch = user;

        if (watch->progress == NULL || progress_n_lines(watch->progress) == 0)
                output_say(&watch->cli->output, "%s", text);
        else
                progress_set_title(watch->progress, text);
}

static void on_quote(const char *workload, const char *lines, gpointer user)
{
        Watch *watch = user;

        g_hash_table_insert(watch->quotes, g_strdup(workload), g_strdup(lines));
}

/* A second Ctrl-C: the cursor already stands below the block */
static void on_abort(gpointer user)
{
        Watch *watch = user;

        output_complain(&watch->cli->output, "interrupted at once; the next command carries on");
}

Watch *watch_new(Cli *cli)
{
        Watch *watch = g_new0(Watch, 1);
        const Stream *err = &cli->output.err;
        const char *term = g_getenv("TERM");

        watch->cli = cli;
        watch->is_live = err->is_terminal && !cli->output.is_quiet && term != NULL &&
                         *term != '\0' && strcmp(term, "dumb") != 0;
        watch->observer = (UpObserver){ on_progress, on_message, on_quote, watch };
        watch->ids = g_ptr_array_new_with_free_func(g_free);
        watch->quotes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        watch->progress = progress_new(err->has_colour);
        watch->timer = watch->is_live ? g_timeout_add(FRAME_MS, on_frame, watch)
                                      : g_timeout_add_seconds(HEARTBEAT_S, on_heartbeat, watch);
        cli->on_abort = on_abort;
        cli->abort_user = watch;
        cli->on_notice = on_notice;
        cli->notice_user = watch;
        return watch;
}

void watch_free(Watch *watch)
{
        if (watch == NULL)
                return;
        watch_end(watch, NULL);
        watch->cli->on_abort = NULL;
        watch->cli->on_notice = NULL;
        g_ptr_array_unref(watch->ids);
        g_hash_table_destroy(watch->quotes);
        g_free(watch);
}

const UpObserver *watch_observer(Watch *watch)
{
        return &watch->observer;
}

/* A deployment may be over before its last steps were told one by one */
static void take_result(Watch *watch, const json_t *result)
{
        const json_t *workload;
        size_t i;
        guint line;

        json_array_foreach(json_at(result, "workloads"), i, workload) {
                const char *id = json_string_at(workload, "id", "");
                const char *state = json_string_at(workload, "state", "");
                bool is_plain = strcmp(json_string_at(workload, "action", ""), "start") == 0 &&
                                strcmp(state, "running") == 0;
                ProgressChange change = {
                        .state = state,
                        .style = show_state_style(state),
                        .detail = is_plain ? NULL : json_string_at(workload, "reason", NULL),
                        .is_settled = true,
                };

                if (*state != '\0' &&
                    g_ptr_array_find_with_equal_func(watch->ids, id, g_str_equal, &line) &&
                    strcmp(progress_state(watch->progress, line), state) != 0)
                        progress_set(watch->progress, line, &change, g_get_monotonic_time());
        }
}

void watch_end(Watch *watch, const json_t *result)
{
        g_autoptr(GString) out = g_string_new(NULL);

        if (watch->progress == NULL)
                return;
        g_source_remove(watch->timer);
        if (watch->is_live) {
                take_result(watch, result);
                erase(watch);
                progress_list(watch->progress, g_get_monotonic_time(), out);
                stream_write(&watch->cli->output.err, out->str, out->len);
        }
        g_clear_pointer(&watch->progress, progress_free);
}

const char *watch_quote(const Watch *watch, const char *workload)
{
        return g_hash_table_lookup(watch->quotes, workload);
}

bool watch_show_quote(Watch *watch, const char *workload)
{
        const char *lines = watch_quote(watch, workload);

        if (lines == NULL || *lines == '\0')
                return false;
        show_quote(&watch->cli->output, lines);
        return true;
}
