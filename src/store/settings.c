/* Settings that the user has set, and values that templates drew */

#include "store/db.h"

/* ---- Settings ---- */

void setting_value_free(SettingValue *value)
{
        if (value == NULL)
                return;
        g_free(value->name);
        secret_text_free(value->value);
        secret_text_free(value->data);
        g_free(value->origin);
        g_free(value);
}

static char *context_of(const char *app, const char *name, const char *origin, const char *what)
{
        return g_strdup_printf("setting/%s/%s/%s/%s", app, name, origin, what);
}

/* Everything is sealed, also what is not declared a secret: people put tokens into text fields */
static GBytes *seal_part(Store *store, const char *app, const SettingValue *value, const char *what,
                         const char *text)
{
        g_autofree char *context = context_of(app, value->name, value->origin, what);

        return text != NULL ? secret_seal(store->key, context, text, -1) : NULL;
}

bool store_setting_set(Store *store, const char *app, const SettingValue *value, GError **error)
{
        g_autoptr(GBytes) text = seal_part(store, app, value, "value", value->value);
        g_autoptr(GBytes) data = seal_part(store, app, value, "data", value->data);

        if (!db_write_begin(store, error))
                return false;
        if (!db_write_end(store,
                          db_run(store, error,
                                 "INSERT OR REPLACE INTO settings"
                                 " (app, name, origin, is_secret, value, data)"
                                 " VALUES (?, ?, ?, ?, ?, ?)",
                                 "sssibb", app, value->name, value->origin,
                                 (int64_t) value->is_secret, text, data),
                          error)) {
                g_prefix_error(error, "recording the setting %s: ", value->name);
                return false;
        }
        return true;
}

/* Columns: name, origin, is_secret, value, data */
static gpointer from_row(Store *store, sqlite3_stmt *stmt, const char *app, GError **error)
{
        g_autoptr(SettingValue) value = g_new0(SettingValue, 1);
        g_autofree char *value_context = NULL;
        g_autofree char *data_context = NULL;

        value->name = db_text(stmt, 0);
        value->origin = db_text(stmt, 1);
        value->is_secret = sqlite3_column_int(stmt, 2) != 0;
        value_context = context_of(app, value->name, value->origin, "value");
        data_context = context_of(app, value->name, value->origin, "data");
        value->value = db_open_sealed(store, stmt, 3, value_context, error);
        value->data = value->value != NULL ? db_open_sealed(store, stmt, 4, data_context, error)
                                           : NULL;
        if (value->value == NULL ||
            (value->data == NULL && sqlite3_column_type(stmt, 4) != SQLITE_NULL)) {
                g_prefix_error(error, "reading the setting %s: ", value->name);
                return NULL;
        }
        return g_steal_pointer(&value);
}

SettingValue *store_setting_get(Store *store, const char *app, const char *name, const char *origin,
                                GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT name, origin, is_secret, value, data FROM settings"
                                      " WHERE app = ? AND name = ? AND origin = ?",
                                      "sss", app, name, origin);
        SettingValue *value = NULL;
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return NULL;
        if (is_row)
                value = from_row(store, stmt, app, error);
        db_done(stmt);
        return value;
}

bool store_setting_unset(Store *store, const char *app, const char *name, const char *origin,
                         GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "DELETE FROM settings"
                                   " WHERE app = ? AND name = ? AND origin = ?",
                                   "sss", app, name, origin),
                            error);
}

GPtrArray *store_settings(Store *store, const char *app, GError **error)
{
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) setting_value_free);
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT name, origin, is_secret, value, data FROM settings"
                                      " WHERE app = ? ORDER BY name, origin",
                                      "s", app);

        return db_list(store, list, stmt, from_row, app, error);
}

/* ---- Values that templates drew ---- */

static char *volatile_context(const char *app, const char *workload, const char *call)
{
        return g_strdup_printf("volatile/%s/%s/%s", app, workload, call);
}

bool store_volatile_set(Store *store, const char *app, const char *workload, const char *call,
                        const char *value, GError **error)
{
        g_autofree char *context = volatile_context(app, workload, call);
        g_autofree char *hash = store_keyed_hash(store, call, -1);
        g_autoptr(GBytes) sealed = secret_seal(store->key, context, value, -1);

        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "INSERT OR REPLACE INTO volatiles (app, workload, call, value)"
                                   " VALUES (?, ?, ?, ?)",
                                   "sssb", app, workload, hash, sealed),
                            error);
}

char *store_volatile_get(Store *store, const char *app, const char *workload, const char *call,
                         GError **error)
{
        g_autofree char *context = volatile_context(app, workload, call);
        g_autofree char *hash = store_keyed_hash(store, call, -1);
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT value FROM volatiles"
                                      " WHERE app = ? AND workload = ? AND call = ?",
                                      "sss", app, workload, hash);
        char *value = NULL;
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return NULL;
        if (is_row)
                value = db_open_sealed(store, stmt, 0, context, error);
        db_done(stmt);
        return value;
}

bool store_volatile_clear(Store *store, const char *app, const char *workload, GError **error)
{
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "DELETE FROM volatiles WHERE app = ? AND workload = ?", "ss",
                                   app, workload),
                            error);
}
