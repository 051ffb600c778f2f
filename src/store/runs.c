/* Runs: the ledger of run-once containers, a row a try */

#include "store/db.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const outcomes[] = {
        [RUN_INTENDED] = "intended", [RUN_STARTED] = "started", [RUN_SUCCEEDED] = "succeeded",
        [RUN_FAILED] = "failed",     [RUN_UNKNOWN] = "unknown", [RUN_FORGOTTEN] = "forgotten",
};

const char *run_outcome_to_string(RunOutcome outcome)
{
        return outcomes[outcome];
}

/* A word that is none of ours proves nothing */
static RunOutcome outcome_from_string(const char *text)
{
        return (RunOutcome) text_index(text, outcomes, G_N_ELEMENTS(outcomes), RUN_UNKNOWN);
}

void run_record_free(RunRecord *run)
{
        if (run == NULL)
                return;
        g_free(run->app);
        g_free(run->workload);
        g_free(run->run_key);
        g_free(run->container_name);
        g_free(run->container_id);
        g_free(run->image);
        g_free(run->image_id);
        g_free(run->evidence);
        g_free(run->log_tail);
        g_strfreev(run->volumes);
        g_strfreev(run->image_digests);
        g_free(run);
}

static const char *or_empty(const char *text)
{
        return text != NULL ? text : "";
}

/* ---- What is kept of a run ---- */

/* The end of the text, within the limits and from a line's beginning where there is one */
static char *trim_log(const char *log)
{
        size_t length = strlen(log);
        const char *from = length > STORE_LOG_BYTES_MAX ? log + length - STORE_LOG_BYTES_MAX : log;
        const char *at = log + length;
        unsigned n_lines = 0;

        if (from > log && from[-1] != '\n') {
                const char *line_end = strchr(from, '\n');

                if (line_end != NULL && line_end[1] != '\0')
                        from = line_end + 1;
        }
        if (at > from && at[-1] == '\n')
                at--;
        while (at > from) {
                if (at[-1] == '\n' && ++n_lines == STORE_LOG_LINES_MAX)
                        break;
                at--;
        }
        return g_utf8_make_valid(at, -1);
}

static char *list_to_text(char **items)
{
        g_autoptr(json_t) list = json_array();

        for (size_t i = 0; items != NULL && items[i] != NULL; i++)
                json_array_append_new(list, json_string(items[i]));
        return json_to_canonical_text(list);
}

static char **list_from_text(const char *text)
{
        g_autoptr(json_t) list = json_loads(text, 0, NULL);
        GPtrArray *items = g_ptr_array_new();
        json_t *item;
        size_t i;

        json_array_foreach(list, i, item)
                g_ptr_array_add(items, g_strdup(json_string_value(item)));
        g_ptr_array_add(items, NULL);
        return (char **) g_ptr_array_free(items, false);
}

/* ---- Writing ---- */

/* What did not succeed is evidence only for a while; the newest run of each workload stays */
static bool prune(Store *store, const char *app, GError **error)
{
        return db_run(store, error,
                      "DELETE FROM runs WHERE app = ?1"
                      " AND id <= (SELECT id FROM runs WHERE app = ?1"
                      "   AND outcome IN ('failed', 'unknown', 'forgotten')"
                      "   ORDER BY id DESC LIMIT 1 OFFSET ?2)"
                      " AND outcome IN ('failed', 'unknown', 'forgotten')"
                      " AND id NOT IN (SELECT max(id) FROM runs WHERE app = ?1 GROUP BY workload)",
                      "si", app, (int64_t) STORE_RUNS_MAX);
}

bool store_run_intend(Store *store, const RunRecord *run, GError **error)
{
        g_autofree char *digests = list_to_text(run->image_digests);

        if (!db_write_begin(store, error))
                return false;
        if (!db_write_end(
                    store,
                    db_run(store, error,
                           "INSERT INTO runs (app, workload, run_key, try_number, deployment,"
                           " container_name, image, image_id, image_digests, outcome, intended_us)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'intended', ?)",
                           "sssiissssi", run->app, run->workload, run->run_key, run->try_number,
                           run->deployment, or_empty(run->container_name), or_empty(run->image),
                           or_empty(run->image_id), digests,
                           run->intended_wall_us != 0 ? run->intended_wall_us : store_now_us()) &&
                            prune(store, run->app, error),
                    error)) {
                g_prefix_error(error, "recording try %" G_GINT64_FORMAT " of %s: ", run->try_number,
                               run->workload);
                return false;
        }
        return true;
}

static bool end_update(Store *store, bool ok, const RunRecord *run, GError **error)
{
        if (ok && db_n_changed(store) == 0) {
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                            "no such run, or it has succeeded already");
                ok = false;
        }
        if (!db_write_end(store, ok, error)) {
                g_prefix_error(error, "recording try %" G_GINT64_FORMAT " of %s: ", run->try_number,
                               run->workload);
                return false;
        }
        return true;
}

bool store_run_started(Store *store, const RunRecord *run, GError **error)
{
        bool ok;

        if (!db_write_begin(store, error))
                return false;
        ok = db_run(store, error,
                    "UPDATE runs SET outcome = 'started', container_id = ?5,"
                    " image_id = CASE ?6 WHEN '' THEN image_id ELSE ?6 END,"
                    " started_us = CASE ?7 WHEN 0 THEN started_us ELSE ?7 END"
                    " WHERE app = ?1 AND workload = ?2 AND run_key = ?3 AND try_number = ?4"
                    " AND outcome NOT IN ('succeeded', 'forgotten')",
                    "sssissi", run->app, run->workload, run->run_key, run->try_number,
                    or_empty(run->container_id), or_empty(run->image_id), run->started_wall_us);
        return end_update(store, ok, run, error);
}

bool store_run_ended(Store *store, const RunRecord *run, GError **error)
{
        g_autofree char *log = trim_log(or_empty(run->log_tail));
        g_autofree char *volumes = list_to_text(run->volumes);
        const char *outcome = run_outcome_to_string(run->outcome);
        bool ok;

        g_assert(run->outcome != RUN_INTENDED && run->outcome != RUN_STARTED);
        if (!db_write_begin(store, error))
                return false;
        ok = db_run(store, error,
                    "UPDATE runs SET outcome = ?5, exit_code = ?6, evidence = ?7, ended_us = ?8,"
                    " log_tail = ?9, volumes = ?10,"
                    " container_id = CASE ?11 WHEN '' THEN container_id ELSE ?11 END,"
                    " started_us = CASE started_us WHEN 0 THEN ?12 ELSE started_us END"
                    " WHERE app = ?1 AND workload = ?2 AND run_key = ?3 AND try_number = ?4"
                    " AND (outcome NOT IN ('succeeded', 'forgotten') OR outcome = ?5)",
                    "sssisisisssi", run->app, run->workload, run->run_key, run->try_number, outcome,
                    (int64_t) run->exit_code, or_empty(run->evidence),
                    run->ended_wall_us != 0 ? run->ended_wall_us : store_now_us(), log, volumes,
                    or_empty(run->container_id), run->started_wall_us);
        return end_update(store, ok, run, error);
}

bool store_runs_forget(Store *store, const char *app, const char *workload, GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "UPDATE runs SET outcome = 'forgotten'"
                                   " WHERE app = ?1 AND (workload = ?2 OR ?2 IS NULL)"
                                   " AND outcome = 'succeeded'",
                                   "ss", app, workload),
                            error);
}

/* ---- Reading ---- */

static gpointer from_row(Store *store, sqlite3_stmt *stmt, const char *app, GError **error)
{
        RunRecord *run = g_new0(RunRecord, 1);

        run->app = db_text(stmt, 0);
        run->workload = db_text(stmt, 1);
        run->run_key = db_text(stmt, 2);
        run->try_number = sqlite3_column_int64(stmt, 3);
        run->deployment = sqlite3_column_int64(stmt, 4);
        run->container_name = db_text(stmt, 5);
        run->container_id = db_text(stmt, 6);
        run->image = db_text(stmt, 7);
        run->image_id = db_text(stmt, 8);
        run->outcome = outcome_from_string((const char *) sqlite3_column_text(stmt, 9));
        run->exit_code = sqlite3_column_int(stmt, 10);
        run->evidence = db_text(stmt, 11);
        run->intended_wall_us = sqlite3_column_int64(stmt, 12);
        run->started_wall_us = sqlite3_column_int64(stmt, 13);
        run->ended_wall_us = sqlite3_column_int64(stmt, 14);
        run->log_tail = db_text(stmt, 15);
        run->volumes = list_from_text((const char *) sqlite3_column_text(stmt, 16));
        run->image_digests = list_from_text((const char *) sqlite3_column_text(stmt, 17));
        return run;
}

GPtrArray *store_runs(Store *store, const char *app, const char *workload, const char *run_key,
                      GError **error)
{
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) run_record_free);
        /* One that may only be read is as it was left. */
        g_autofree char *query = g_strdup_printf(
                "SELECT app, workload, run_key, try_number, deployment, container_name,"
                " container_id, image, image_id, outcome, exit_code, evidence,"
                " intended_us, started_us, ended_us, log_tail, volumes, %s FROM runs"
                " WHERE app = ?1 AND (workload = ?2 OR ?2 IS NULL)"
                " AND (run_key = ?3 OR ?3 IS NULL)"
                " ORDER BY id DESC",
                store->schema < 2 ? "'[]'" : "image_digests");
        sqlite3_stmt *stmt = db_query(store, error, query, "sss", app, workload, run_key);

        return db_list(store, list, stmt, from_row, app, error);
}

int64_t store_run_next_try(Store *store, const char *app, const char *workload, const char *run_key,
                           GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT coalesce(max(try_number), 0) + 1 FROM runs"
                                      " WHERE app = ? AND workload = ? AND run_key = ?",
                                      "sss", app, workload, run_key);
        int64_t number;
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return 0;
        number = sqlite3_column_int64(stmt, 0);
        db_done(stmt);
        return number;
}
