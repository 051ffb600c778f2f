/* Schema: the steps from one version of the database to the next */

#include "store/db.h"

#include <string.h>

/*
 * The schema, step by step. A step is never changed once it is released; the database's
 * user_version says how many were taken. What may hold a secret is a BLOB: sealed.
 */

static const char step_1[] =
        "CREATE TABLE meta ("
        "  name TEXT PRIMARY KEY,"
        "  value TEXT NOT NULL,"
        "  sealed BLOB"
        ") STRICT;"
        "CREATE TABLE apps ("
        "  app TEXT PRIMARY KEY,"
        "  last_deployment INTEGER NOT NULL DEFAULT 0,"
        "  serving INTEGER NOT NULL DEFAULT 0,"
        "  desired TEXT NOT NULL DEFAULT 'started'"
        ") STRICT;"
        "CREATE TABLE deployments ("
        "  id INTEGER PRIMARY KEY,"
        "  app TEXT NOT NULL,"
        "  number INTEGER NOT NULL,"
        "  file TEXT NOT NULL,"
        "  text BLOB NOT NULL,"
        "  inputs BLOB,"
        "  began_us INTEGER NOT NULL,"
        "  ended_us INTEGER NOT NULL DEFAULT 0,"
        "  outcome TEXT NOT NULL,"
        "  reason TEXT NOT NULL DEFAULT '',"
        "  changes TEXT,"
        "  UNIQUE (app, number)"
        ") STRICT;"
        "CREATE TABLE settings ("
        "  app TEXT NOT NULL,"
        "  name TEXT NOT NULL,"
        "  origin TEXT NOT NULL,"
        "  is_secret INTEGER NOT NULL,"
        "  value BLOB NOT NULL,"
        "  data BLOB,"
        "  PRIMARY KEY (app, name, origin)"
        ") STRICT;"
        "CREATE TABLE volatiles ("
        "  app TEXT NOT NULL,"
        "  workload TEXT NOT NULL,"
        "  call TEXT NOT NULL," /* keyed hash: the call's arguments may be secret */
        "  value BLOB NOT NULL,"
        "  PRIMARY KEY (app, workload, call)"
        ") STRICT;"
        "CREATE TABLE runs ("
        "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  app TEXT NOT NULL,"
        "  workload TEXT NOT NULL,"
        "  run_key TEXT NOT NULL,"
        "  try_number INTEGER NOT NULL,"
        "  deployment INTEGER NOT NULL,"
        "  container_name TEXT NOT NULL,"
        "  container_id TEXT NOT NULL DEFAULT '',"
        "  image TEXT NOT NULL,"
        "  image_id TEXT NOT NULL,"
        "  outcome TEXT NOT NULL,"
        "  exit_code INTEGER NOT NULL DEFAULT -1,"
        "  evidence TEXT NOT NULL DEFAULT '',"
        "  intended_us INTEGER NOT NULL,"
        "  started_us INTEGER NOT NULL DEFAULT 0,"
        "  ended_us INTEGER NOT NULL DEFAULT 0,"
        "  log_tail TEXT NOT NULL DEFAULT '',"
        "  volumes TEXT NOT NULL DEFAULT '[]',"
        "  UNIQUE (app, workload, run_key, try_number)"
        ") STRICT;"
        "CREATE TABLE placements ("
        "  container_id TEXT PRIMARY KEY,"
        "  app TEXT NOT NULL,"
        "  workload TEXT NOT NULL,"
        "  hashes TEXT NOT NULL"
        ") STRICT;"
        "CREATE TABLE swaps ("
        "  app TEXT NOT NULL,"
        "  workload TEXT NOT NULL,"
        "  state TEXT NOT NULL,"
        "  PRIMARY KEY (app, workload)"
        ") STRICT;"
        "CREATE TABLE host_paths ("
        "  path TEXT PRIMARY KEY,"
        "  id TEXT NOT NULL,"
        "  created_us INTEGER NOT NULL"
        ") STRICT;"
        "CREATE TABLE facts ("
        "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* never given twice, also after forgetting */
        "  app TEXT NOT NULL,"
        "  wall_ns INTEGER NOT NULL,"
        "  deployment INTEGER NOT NULL,"
        "  event TEXT NOT NULL,"
        "  workload TEXT NOT NULL,"
        "  detail TEXT"
        ") STRICT;"
        "CREATE INDEX facts_by_app ON facts (app, id);"
        "CREATE TRIGGER facts_stay BEFORE UPDATE ON facts"
        "  BEGIN SELECT RAISE(ABORT, 'facts do not change'); END;";

/* Two images with a repository digest in common are the same (decision 3). */
static const char step_2[] =
        "ALTER TABLE runs ADD COLUMN image_digests TEXT NOT NULL DEFAULT '[]';";

static const char *const steps[] = { step_1, step_2 };

static bool read_version(Store *store, int64_t *ret_version, GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error, "PRAGMA user_version", "");
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return false;
        *ret_version = is_row ? sqlite3_column_int64(stmt, 0) : 0;
        db_done(stmt);
        return true;
}

static bool check_owner(Store *store, int64_t version, GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error, "PRAGMA application_id", "");
        bool is_row, is_ours;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return false;
        is_ours = version == 0 || (is_row && sqlite3_column_int(stmt, 0) == STORE_APPLICATION_ID);
        db_done(stmt);
        if (!is_ours)
                g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                            "%s/%s is a database of another program; choose another directory",
                            store->dir, STORE_DB_NAME);
        return is_ours;
}

bool schema_upgrade(Store *store, GError **error)
{
        const int64_t newest = G_N_ELEMENTS(steps);
        int64_t version;

        if (!read_version(store, &version, error) || !check_owner(store, version, error))
                return false;
        if (version > newest) {
                g_set_error(error, STORE_ERROR, STORE_ERROR_TOO_NEW,
                            "the state directory %s was written by a newer version of Slipway "
                            "(schema %" G_GINT64_FORMAT ", this one knows %" G_GINT64_FORMAT
                            "); use that version",
                            store->dir, version, newest);
                return false;
        }
        store->schema = store->is_readonly ? version : newest;
        if (version == newest || store->is_readonly)
                return true;

        for (int64_t i = version; i < newest; i++) {
                g_autofree char *mark = g_strdup_printf("PRAGMA user_version = %" G_GINT64_FORMAT,
                                                        i + 1);
                g_autofree char *id = g_strdup_printf("PRAGMA application_id = %d",
                                                      STORE_APPLICATION_ID);

                if (!db_write_begin(store, error))
                        return false;
                if (!db_write_end(store,
                                  db_exec(store, steps[i], error) && db_exec(store, mark, error) &&
                                          db_exec(store, id, error),
                                  error))
                        return false;
        }
        return true;
}
