#include "store/db.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

G_DEFINE_QUARK(slipway - store - error - quark, store_error)

int64_t store_now_us(void)
{
        return g_get_real_time();
}

/* ---- Errors ---- */

bool store_fail_write(const char *path, GError **error)
{
        g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE,
                    "the state directory cannot be written: %s: %s; nothing is started, because "
                    "what happens could not be recorded",
                    path, g_strerror(errno));
        return false;
}

void db_set_error(int rc, const char *message, const char *dir, GError **error)
{
        switch (rc & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
                g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                            "the database %s/%s is damaged (%s); stop Slipway, keep a copy of the "
                            "directory, and bring it back from a backup",
                            dir, STORE_DB_NAME, message);
                break;
        case SQLITE_FULL:
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE,
                            "the state directory %s cannot be written (its disk is full: free some "
                            "megabytes there); nothing is started, because what happens could not "
                            "be recorded",
                            dir);
                break;
        case SQLITE_READONLY:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_AUTH:
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE,
                            "the state directory %s cannot be written (%s); nothing is started, "
                            "because what happens could not be recorded",
                            dir, message);
                break;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                            "another process has held the database %s/%s for %d s", dir,
                            STORE_DB_NAME, STORE_BUSY_MAX_MS / 1000);
                break;
        default:
                g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "the database %s/%s: %s", dir,
                            STORE_DB_NAME, message);
                break;
        }
}

bool db_fail(Store *store, const char *what, GError **error)
{
        db_set_error(sqlite3_extended_errcode(store->db), sqlite3_errmsg(store->db), store->dir,
                     error);
        if (what != NULL)
                g_prefix_error(error, "%s: ", what);
        return false;
}

/* ---- Statements ---- */

static bool bind(sqlite3_stmt *stmt, const char *types, va_list arguments)
{
        int rc = SQLITE_OK;

        for (int i = 1; types[i - 1] != '\0' && rc == SQLITE_OK; i++) {
                switch (types[i - 1]) {
                case 's':
                        rc = sqlite3_bind_text(stmt, i, va_arg(arguments, const char *), -1,
                                               SQLITE_TRANSIENT);
                        break;
                case 'i':
                        rc = sqlite3_bind_int64(stmt, i, va_arg(arguments, int64_t));
                        break;
                case 'b': {
                        GBytes *bytes = va_arg(arguments, GBytes *);

                        if (bytes != NULL)
                                rc = sqlite3_bind_blob64(stmt, i, g_bytes_get_data(bytes, NULL),
                                                         g_bytes_get_size(bytes), SQLITE_TRANSIENT);
                        break;
                }
                default:
                        g_assert_not_reached();
                }
        }
        return rc == SQLITE_OK;
}

static sqlite3_stmt *query(Store *store, GError **error, const char *sql, const char *types,
                           va_list arguments)
{
        sqlite3_stmt *stmt = g_hash_table_lookup(store->statements, sql);

        if (stmt == NULL) {
                if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
                                       NULL) != SQLITE_OK) {
                        db_fail(store, NULL, error);
                        return NULL;
                }
                g_hash_table_insert(store->statements, g_strdup(sql), stmt);
        }
        g_assert(!sqlite3_stmt_busy(stmt));
        sqlite3_clear_bindings(stmt);
        if (!bind(stmt, types, arguments)) {
                db_fail(store, NULL, error);
                return NULL;
        }
        return stmt;
}

sqlite3_stmt *db_query(Store *store, GError **error, const char *sql, const char *types, ...)
{
        sqlite3_stmt *stmt;
        va_list arguments;

        va_start(arguments, types);
        stmt = query(store, error, sql, types, arguments);
        va_end(arguments);
        return stmt;
}

bool db_step(Store *store, sqlite3_stmt *stmt, bool *ret_row, GError **error)
{
        int rc = sqlite3_step(stmt);

        if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
                db_fail(store, NULL, error);
                sqlite3_reset(stmt);
                return false;
        }
        *ret_row = rc == SQLITE_ROW;
        return true;
}

void db_done(sqlite3_stmt *stmt)
{
        sqlite3_reset(stmt);
        sqlite3_clear_bindings(stmt);
}

GPtrArray *db_list(Store *store, GPtrArray *list, sqlite3_stmt *stmt, DbRowFunc from_row,
                   const char *app, GError **error)
{
        g_autoptr(GPtrArray) own = list;
        bool is_row;

        if (stmt == NULL)
                return NULL;
        while (true) {
                gpointer item;

                if (!db_step(store, stmt, &is_row, error))
                        return NULL;
                if (!is_row)
                        break;
                item = from_row(store, stmt, app, error);
                if (item == NULL) {
                        db_done(stmt);
                        return NULL;
                }
                g_ptr_array_add(own, item);
        }
        db_done(stmt);
        return g_steal_pointer(&own);
}

bool db_run(Store *store, GError **error, const char *sql, const char *types, ...)
{
        sqlite3_stmt *stmt;
        va_list arguments;
        bool is_row, ok;

        va_start(arguments, types);
        stmt = query(store, error, sql, types, arguments);
        va_end(arguments);
        if (stmt == NULL)
                return false;
        ok = db_step(store, stmt, &is_row, error);
        db_done(stmt);
        return ok;
}

int64_t db_n_changed(Store *store)
{
        return sqlite3_changes64(store->db);
}

bool db_exec(Store *store, const char *sql, GError **error)
{
        return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
               db_fail(store, NULL, error);
}

/* ---- Columns ---- */

char *db_text_or_null(sqlite3_stmt *stmt, int column)
{
        return g_strdup((const char *) sqlite3_column_text(stmt, column));
}

char *db_text(sqlite3_stmt *stmt, int column)
{
        char *text = db_text_or_null(stmt, column);

        return text != NULL ? text : g_strdup("");
}

char *db_open_sealed(Store *store, sqlite3_stmt *stmt, int column, const char *context,
                     GError **error)
{
        g_autoptr(GError) fault = NULL;
        char *text;

        if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
                return NULL;
        text = secret_open(store->key, context, sqlite3_column_blob(stmt, column),
                           sqlite3_column_bytes(stmt, column), &fault);
        if (text == NULL)
                g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT, "%s", fault->message);
        return text;
}

/* ---- Transactions ---- */

static bool check_writable(Store *store, GError **error)
{
        if (!store->is_readonly)
                return true;
        g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE,
                    "the state directory %s was opened for reading", store->dir);
        return false;
}

static bool begin(Store *store, GError **error)
{
        return check_writable(store, error) && db_run(store, error, "BEGIN IMMEDIATE", "");
}

static void rollback(Store *store)
{
        /* An error may have rolled back already */
        if (!sqlite3_get_autocommit(store->db))
                sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool commit(Store *store, GError **error)
{
        if (!db_run(store, error, "COMMIT", "")) {
                rollback(store);
                return false;
        }
        /* Only now can others see it: SQLite's own writes are noticed too early */
        futimens(store->changes_fd, NULL);
        return true;
}

bool db_write_begin(Store *store, GError **error)
{
        return store->is_batch || begin(store, error);
}

bool db_write_end(Store *store, bool ok, GError **error)
{
        if (store->is_batch)
                return ok;
        if (!ok) {
                rollback(store);
                return false;
        }
        return commit(store, error);
}

bool store_begin(Store *store, GError **error)
{
        g_assert(!store->is_batch);
        if (!begin(store, error))
                return false;
        store->is_batch = true;
        return true;
}

bool store_commit(Store *store, GError **error)
{
        g_assert(store->is_batch);
        store->is_batch = false;
        if (sqlite3_get_autocommit(store->db)) {
                g_set_error_literal(error, STORE_ERROR, STORE_ERROR_FAILED,
                                    "a write of this group failed: none of it is recorded");
                return false;
        }
        return commit(store, error);
}

void store_rollback(Store *store)
{
        if (!store->is_batch)
                return;
        store->is_batch = false;
        rollback(store);
}
