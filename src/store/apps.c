/* Applications: what is wanted of each, and what serves */

#include "store/db.h"

static gpointer from_row(Store *store, sqlite3_stmt *stmt, const char *app, GError **error)
{
        return db_text(stmt, 0);
}

char **store_apps(Store *store, GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error, "SELECT app FROM apps ORDER BY app", "");
        GPtrArray *names = db_list(store, g_ptr_array_new_with_free_func(g_free), stmt, from_row,
                                   NULL, error);

        if (names == NULL)
                return NULL;
        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(names, false);
}

bool store_app_set_serving(Store *store, const char *app, int64_t number, GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "INSERT INTO apps (app, serving) VALUES (?1, ?2)"
                                   " ON CONFLICT (app) DO UPDATE SET serving = ?2",
                                   "si", app, number),
                            error);
}

bool store_app_set_desired(Store *store, const char *app, const char *desired, GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "INSERT INTO apps (app, desired) VALUES (?1, ?2)"
                                   " ON CONFLICT (app) DO UPDATE SET desired = ?2",
                                   "ss", app, desired),
                            error);
}

bool store_app_get(Store *store, const char *app, int64_t *ret_serving, char **ret_desired,
                   GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT serving, desired FROM apps WHERE app = ?", "s", app);
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return false;
        if (ret_serving != NULL)
                *ret_serving = is_row ? sqlite3_column_int64(stmt, 0) : 0;
        if (ret_desired != NULL)
                *ret_desired = is_row ? db_text(stmt, 1) : g_strdup("");
        db_done(stmt);
        return true;
}

bool store_app_forget(Store *store, const char *app, GError **error)
{
        static const char *const statements[] = {
                "DELETE FROM deployments WHERE app = ?", "DELETE FROM settings WHERE app = ?",
                "DELETE FROM volatiles WHERE app = ?",   "DELETE FROM runs WHERE app = ?",
                "DELETE FROM placements WHERE app = ?",  "DELETE FROM swaps WHERE app = ?",
                "DELETE FROM facts WHERE app = ?",       "DELETE FROM apps WHERE app = ?",
        };
        bool ok = true;

        if (!db_write_begin(store, error))
                return false;
        for (size_t i = 0; ok && i < G_N_ELEMENTS(statements); i++)
                ok = db_run(store, error, statements[i], "s", app);
        if (!db_write_end(store, ok, error)) {
                g_prefix_error(error, "forgetting %s: ", app);
                return false;
        }
        return true;
}
