#pragma once

/*
 * Db: statements on the store's database
 *
 * What the files of this folder share: the open store, statements that are prepared once, and
 * SQLite's errors in the store's words.
 */

#include <sqlite3.h>

#include "crypto/secret.h"
#include "store/store.h"

struct Store {
        sqlite3 *db;
        char *dir;
        char *installation;
        SecretKey *key;
        GHashTable *statements; /* const char * SQL, by its text → sqlite3_stmt * */
        int changes_fd;         /* touched after each commit, for who watches; -1: read only */
        bool is_readonly;
        int64_t schema;  /* steps that it has taken; fewer than there are where it is only read */
        bool is_nothing; /* opened for reading where nothing was ever recorded: empty, in memory */
        bool is_batch;   /* between store_begin() and its end */
};

#define STORE_DB_NAME      "slipway.db"
#define STORE_WAL_NAME     STORE_DB_NAME "-wal"
#define STORE_KEY_NAME     "key"
#define STORE_LOCKS_NAME   "locks"
#define STORE_CHANGES_NAME "changes"

#define STORE_APPLICATION_ID 0x51697761 /* in the file's header: `file` and others can tell */
#define STORE_BUSY_MAX_MS    10000      /* others hold the database for milliseconds */
#define STORE_CHECK_MAX      (1 << 20)  /* bytes: checked when it is opened, within 20 ms */

/* Brings the schema up to the newest version, or refuses a newer one than this */
bool schema_upgrade(Store *store, GError **error);

/**
 * db_query() - a statement, ready for its first step
 * @sql:   a literal: the statement is kept under it
 * @types: a letter for each argument: `s` const char *, `i` int64_t, `b` GBytes *; NULL pointers
 *         bind NULL
 *
 * Return: the statement, for db_step() and db_done(); NULL on failure
 */
sqlite3_stmt *db_query(Store *store, GError **error, const char *sql, const char *types, ...);

/* One row further: *ret_row says whether there is one */
bool db_step(Store *store, sqlite3_stmt *stmt, bool *ret_row, GError **error);
void db_done(sqlite3_stmt *stmt);

/* (transfer full) one item of a row, or NULL with an error */
typedef gpointer (*DbRowFunc)(Store *store, sqlite3_stmt *stmt, const char *app, GError **error);

/**
 * db_list() - all rows of a statement
 * @list: (transfer full) the items are appended
 * @stmt: from db_query(), whose NULL is passed on
 * @app:  for @from_row
 *
 * Return: @list, NULL on failure
 */
GPtrArray *db_list(Store *store, GPtrArray *list, sqlite3_stmt *stmt, DbRowFunc from_row,
                   const char *app, GError **error);

/* A statement without rows, at once */
bool db_run(Store *store, GError **error, const char *sql, const char *types, ...);

/* How many rows the last db_run() touched */
int64_t db_n_changed(Store *store);

/* SQL that is run once and not kept */
bool db_exec(Store *store, const char *sql, GError **error);

/* The transaction of one write: joins the one that store_begin() opened. @ok false rolls back. */
bool db_write_begin(Store *store, GError **error);
bool db_write_end(Store *store, bool ok, GError **error);

/* Columns; (transfer full) texts are never NULL but in db_text_or_null() */
char *db_text(sqlite3_stmt *stmt, int column);
char *db_text_or_null(sqlite3_stmt *stmt, int column);

/* A sealed column; NULL with error, or without one where the column is NULL */
char *db_open_sealed(Store *store, sqlite3_stmt *stmt, int column, const char *context,
                     GError **error);

/* Sets what went wrong with the database last; @what: "recording a run". Returns false. */
bool db_fail(Store *store, const char *what, GError **error);

/* The same for a result code without a connection */
void db_set_error(int rc, const char *message, const char *dir, GError **error);

/* For files of the state directory, with errno. Returns false. */
bool store_fail_write(const char *path, GError **error);

/* (transfer full) the application's file in the directory of locks */
char *store_lock_path(Store *store, const char *app);

int64_t store_now_us(void);
