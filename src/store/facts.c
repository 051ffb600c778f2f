/* Facts: the log of what happened */

#include "store/db.h"

#include "base/json.h"
#include "base/timefmt.h"

/* Old facts are looked for once in so many appends */
#define PRUNE_EVERY 64

void fact_clear(Fact *fact)
{
        g_clear_pointer(&fact->app, g_free);
        g_clear_pointer(&fact->event, g_free);
        g_clear_pointer(&fact->workload, g_free);
        g_clear_pointer(&fact->detail, json_decref);
}

void fact_free(Fact *fact)
{
        if (fact == NULL)
                return;
        fact_clear(fact);
        g_free(fact);
}

static bool prune(Store *store, const char *app, GError **error)
{
        if (sqlite3_last_insert_rowid(store->db) % PRUNE_EVERY != 0)
                return true;
        return db_run(store, error,
                      "DELETE FROM facts WHERE app = ?1 AND id <="
                      " (SELECT id FROM facts WHERE app = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                      "si", app, (int64_t) STORE_FACTS_MAX);
}

bool store_fact_append(Store *store, const Fact *fact, GError **error)
{
        g_autofree char *detail = fact->detail != NULL ? json_to_canonical_text(fact->detail)
                                                       : NULL;
        int64_t wall_ns = fact->wall_ns != 0 ? fact->wall_ns : store_now_us() * NS_PER_US;

        if (!db_write_begin(store, error))
                return false;
        if (!db_write_end(store,
                          db_run(store, error,
                                 "INSERT INTO facts"
                                 " (app, wall_ns, deployment, event, workload, detail)"
                                 " VALUES (?, ?, ?, ?, ?, ?)",
                                 "siisss", fact->app, wall_ns, fact->deployment, fact->event,
                                 fact->workload != NULL ? fact->workload : "", detail) &&
                                  prune(store, fact->app, error),
                          error)) {
                g_prefix_error(error, "recording `%s`: ", fact->event);
                return false;
        }
        return true;
}

static gpointer from_row(Store *store, sqlite3_stmt *stmt, const char *app, GError **error)
{
        const char *detail = (const char *) sqlite3_column_text(stmt, 5);
        Fact *fact = g_new0(Fact, 1);

        fact->app = g_strdup(app);
        fact->id = sqlite3_column_int64(stmt, 0);
        fact->wall_ns = sqlite3_column_int64(stmt, 1);
        fact->deployment = sqlite3_column_int64(stmt, 2);
        fact->event = db_text(stmt, 3);
        fact->workload = db_text(stmt, 4);
        fact->detail = detail != NULL ? json_loads(detail, 0, NULL) : NULL;
        return fact;
}

GPtrArray *store_facts(Store *store, const char *app, int64_t after, size_t limit, GError **error)
{
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) fact_free);
        sqlite3_stmt *stmt = db_query(
                store, error,
                "SELECT id, wall_ns, deployment, event, workload, detail FROM facts"
                " WHERE app = ? AND id > ? ORDER BY id LIMIT ?",
                "sii", app, after, limit == 0 ? (int64_t) -1 : (int64_t) limit);

        return db_list(store, list, stmt, from_row, app, error);
}

bool store_facts_last(Store *store, const char *app, int64_t *ret_id, GError **error)
{
        sqlite3_stmt *stmt = db_query(
                store, error, "SELECT coalesce(max(id), 0) FROM facts WHERE app = ?", "s", app);
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return false;
        *ret_id = sqlite3_column_int64(stmt, 0);
        db_done(stmt);
        return true;
}
