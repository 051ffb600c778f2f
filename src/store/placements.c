/* Placements: how containers were made, swaps under way, host directories of ours */

#include "store/db.h"

/* One text of one row, or NULL without error where there is none */
static char *one_text(Store *store, sqlite3_stmt *stmt, GError **error)
{
        char *text = NULL;
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return NULL;
        if (is_row)
                text = db_text(stmt, 0);
        db_done(stmt);
        return text;
}

/* ---- Placed containers ---- */

bool store_placement_set(Store *store, const char *app, const char *workload,
                         const char *container_id, const char *hashes, GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "INSERT OR REPLACE INTO placements"
                                   " (app, workload, container_id, hashes) VALUES (?, ?, ?, ?)",
                                   "ssss", app, workload, container_id, hashes),
                            error);
}

char *store_placement_get(Store *store, const char *container_id, GError **error)
{
        return one_text(store,
                        db_query(store, error,
                                 "SELECT hashes FROM placements WHERE container_id = ?", "s",
                                 container_id),
                        error);
}

bool store_placement_forget(Store *store, const char *container_id, GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error, "DELETE FROM placements WHERE container_id = ?",
                                   "s", container_id),
                            error);
}

/* ---- Swaps ---- */

bool store_swap_set(Store *store, const char *app, const char *workload, const char *state,
                    GError **error)
{
        bool ok;

        if (!db_write_begin(store, error))
                return false;
        if (state == NULL)
                ok = db_run(store, error, "DELETE FROM swaps WHERE app = ? AND workload = ?", "ss",
                            app, workload);
        else
                ok = db_run(store, error,
                            "INSERT OR REPLACE INTO swaps (app, workload, state) VALUES (?, ?, ?)",
                            "sss", app, workload, state);
        return db_write_end(store, ok, error);
}

char *store_swap_get(Store *store, const char *app, const char *workload, GError **error)
{
        return one_text(store,
                        db_query(store, error,
                                 "SELECT state FROM swaps WHERE app = ? AND workload = ?", "ss",
                                 app, workload),
                        error);
}

/* ---- Host directories ---- */

bool store_host_path_created(Store *store, const char *path, const char *id, GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "INSERT OR REPLACE INTO host_paths (path, id, created_us)"
                                   " VALUES (?, ?, ?)",
                                   "ssi", path, id, store_now_us()),
                            error);
}

char *store_host_path_id(Store *store, const char *path, GError **error)
{
        return one_text(
                store,
                db_query(store, error, "SELECT id FROM host_paths WHERE path = ?", "s", path),
                error);
}
