#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The directory ---- */

char *store_default_dir(void)
{
        const char *dir = g_getenv("SLIPWAY_STATE_DIR");
        const char *base = g_getenv("XDG_STATE_HOME");

        if (dir != NULL && *dir != '\0')
                return g_strdup(dir);
        if (geteuid() == 0)
                return g_strdup("/var/lib/slipway");
        if (base != NULL && g_path_is_absolute(base))
                return g_build_filename(base, "slipway", NULL);
        return g_build_filename(g_get_home_dir(), ".local", "state", "slipway", NULL);
}

static char *path_of(const Store *store, const char *name)
{
        return g_build_filename(store->dir, name, NULL);
}

static bool sync_dir(const char *dir)
{
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool ok = fd >= 0 && fsync(fd) == 0;

        if (fd >= 0)
                close(fd);
        return ok;
}

static bool make_dir(const char *dir, GError **error)
{
        g_autofree char *parent = g_path_get_dirname(dir);

        if (g_mkdir_with_parents(dir, 0700) < 0)
                return store_fail_write(dir, error);
        /* Where the parent cannot be synced, it was there before */
        sync_dir(parent);
        return true;
}

/* A file of ours, empty where it is new. SQLite gives -wal and -shm the database's mode. */
static int make_file(const char *path, GError **error)
{
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0 || fchmod(fd, 0600) < 0) {
                store_fail_write(path, error);
                if (fd >= 0)
                        close(fd);
                return -1;
        }
        return fd;
}

/* Openers that may write take turns, so that each sees a whole schema. -1 on failure. */
static int take_turn(const Store *store, GError **error)
{
        g_autofree char *path = path_of(store, "open.lock");
        int fd = make_file(path, error);

        while (fd >= 0 && flock(fd, LOCK_EX) < 0) {
                if (errno == EINTR)
                        continue;
                store_fail_write(path, error);
                close(fd);
                fd = -1;
        }
        return fd;
}

/* ---- The database ---- */

static void finalize(gpointer stmt)
{
        sqlite3_finalize(stmt);
}

static bool connect_db(Store *store, const char *uri, int flags, GError **error)
{
        int rc;

        g_hash_table_remove_all(store->statements);
        g_clear_pointer(&store->db, sqlite3_close);
        rc = sqlite3_open_v2(uri, &store->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
        if (rc != SQLITE_OK) {
                db_set_error(rc, sqlite3_errstr(rc), store->dir, error);
                return false;
        }
        sqlite3_busy_timeout(store->db, STORE_BUSY_MAX_MS);
        sqlite3_extended_result_codes(store->db, 1);
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        return true;
}

static bool configure(Store *store, GError **error)
{
        return db_exec(store,
                       "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                       "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY",
                       error);
}

/* The log stays when the last process goes, so that directories which became read-only can be
 * read, and it is always there to be watched. */
static void keep_log(Store *store)
{
        int on = 1;

        sqlite3_file_control(store->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

bool store_check(Store *store, GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error, "PRAGMA quick_check(1)", "");
        const char *verdict = NULL;
        bool is_row, is_well;

        if (stmt == NULL || !db_step(store, stmt, &is_row, error))
                return false;
        if (is_row)
                verdict = (const char *) sqlite3_column_text(stmt, 0);
        is_well = g_strcmp0(verdict, "ok") == 0;
        if (!is_well)
                db_set_error(SQLITE_CORRUPT, verdict != NULL ? verdict : "it cannot be checked",
                             store->dir, error);
        db_done(stmt);
        return is_well;
}

/* A large one takes too long to be looked through by every command; what is damaged in it shows
 * when it is read */
static bool check_when_small(Store *store, GError **error)
{
        g_autofree char *path = path_of(store, STORE_DB_NAME);
        struct stat st;

        if (stat(path, &st) < 0 || st.st_size > STORE_CHECK_MAX)
                return true;
        return store_check(store, error);
}

static char *uri_of(const char *path, const char *query)
{
        g_autofree char *escaped = g_uri_escape_string(path, "/", false);

        return g_strdup_printf("file:%s%s", escaped, query);
}

static bool open_for_writing(Store *store, GError **error)
{
        g_autofree char *path = path_of(store, STORE_DB_NAME);
        g_autofree char *uri = uri_of(path, "");
        int fd = make_file(path, error);

        if (fd < 0)
                return false;
        close(fd);
        if (!connect_db(store, uri, SQLITE_OPEN_READWRITE, error) || !configure(store, error) ||
            !db_exec(store,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "PRAGMA journal_size_limit = 4194304",
                     error))
                return false;
        keep_log(store);
        return schema_upgrade(store, error) && check_when_small(store, error);
}

/* Whether SQLite would have to make files to read it: that fails in a directory that cannot be
 * written. Without a log nobody is writing, and the file can be read as it is. */
static bool needs_files(Store *store, const char *log)
{
        struct stat st;
        int rc;

        if (stat(log, &st) == 0 && st.st_size > 0)
                return false;
        rc = sqlite3_exec(store->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) & 0xff;
        return rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY;
}

static bool open_for_reading(Store *store, GError **error)
{
        g_autofree char *path = path_of(store, STORE_DB_NAME);
        g_autofree char *log = path_of(store, STORE_WAL_NAME);
        g_autofree char *uri = uri_of(path, "");
        g_autofree char *as_it_is = uri_of(path, "?immutable=1");

        if (!connect_db(store, uri, SQLITE_OPEN_READONLY, error))
                return false;
        keep_log(store);
        if (needs_files(store, log) && !connect_db(store, as_it_is, SQLITE_OPEN_READONLY, error))
                return false;
        return configure(store, error) && schema_upgrade(store, error);
}

/* ---- Key and identity ---- */

static bool fail_key(GError *fault, GError **error)
{
        StoreError code = g_error_matches(fault, SECRET_ERROR, SECRET_ERROR_NOT_WRITABLE)
                                  ? STORE_ERROR_NOT_WRITABLE
                                  : STORE_ERROR_CORRUPT;

        if (g_error_matches(fault, SECRET_ERROR, SECRET_ERROR_MISSING))
                g_set_error(error, STORE_ERROR, (int) code,
                            "%s; without it the secrets in the state directory are lost: bring it "
                            "back from a backup",
                            fault->message);
        else
                g_set_error(error, STORE_ERROR, (int) code, "%s", fault->message);
        g_error_free(fault);
        return false;
}

static bool read_identity(Store *store, bool *ret_known, GError **error)
{
        sqlite3_stmt *stmt;
        g_autofree char *check = NULL;
        g_autoptr(GError) fault = NULL;
        bool ok;

        *ret_known = false;
        stmt = db_query(store, error, "SELECT value, sealed FROM meta WHERE name = 'installation'",
                        "");
        if (stmt == NULL || !db_step(store, stmt, ret_known, error))
                return false;
        if (!*ret_known) {
                db_done(stmt);
                return true;
        }
        store->installation = db_text(stmt, 0);
        ok = store->key == NULL ||
             (check = db_open_sealed(store, stmt, 1, "installation", &fault)) != NULL;
        db_done(stmt);
        if (!ok)
                g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                            "the key file in %s is not the one that this state was sealed with; "
                            "bring it back from a backup",
                            store->dir);
        return ok;
}

static bool make_identity(Store *store, GError **error)
{
        g_autoptr(GBytes) sealed = NULL;

        store->installation = secret_random_hex(8);
        sealed = secret_seal(store->key, "installation", store->installation, -1);
        if (!db_write_begin(store, error))
                return false;
        return db_write_end(store,
                            db_run(store, error,
                                   "INSERT INTO meta (name, value, sealed)"
                                   " VALUES ('installation', ?, ?)",
                                   "sb", store->installation, sealed),
                            error);
}

/* The key, made only where nothing was ever sealed */
static bool open_key(Store *store, GError **error)
{
        g_autofree char *path = path_of(store, STORE_KEY_NAME);
        GError *fault = NULL;
        bool is_known;

        if (!read_identity(store, &is_known, error))
                return false;
        g_clear_pointer(&store->installation, g_free);
        store->key = secret_key_load(path, &fault);
        if (store->key == NULL && !is_known && !store->is_readonly &&
            g_error_matches(fault, SECRET_ERROR, SECRET_ERROR_MISSING)) {
                g_clear_error(&fault);
                store->key = secret_key_create(path, &fault);
        }
        if (store->key == NULL)
                return fail_key(fault, error);
        if (!read_identity(store, &is_known, error))
                return false;
        return is_known || store->is_readonly || make_identity(store, error);
}

/* ---- Opening ---- */

static bool open_writer(Store *store, GError **error)
{
        g_autofree char *locks = path_of(store, STORE_LOCKS_NAME);
        g_autofree char *changes = path_of(store, STORE_CHANGES_NAME);
        int turn;
        bool ok;

        if (!make_dir(store->dir, error))
                return false;
        turn = take_turn(store, error);
        if (turn < 0)
                return false;
        ok = (g_mkdir(locks, 0700) == 0 || errno == EEXIST || store_fail_write(locks, error)) &&
             (store->changes_fd = make_file(changes, error)) >= 0 &&
             open_for_writing(store, error) && open_key(store, error) &&
             (sync_dir(store->dir) || store_fail_write(store->dir, error));
        close(turn);
        return ok;
}

/* Whether the database is there with a schema: else the first command is just making it */
static bool has_schema(Store *store, bool *ret_has, GError **error)
{
        sqlite3_stmt *stmt = db_query(store, error,
                                      "SELECT 1 FROM sqlite_schema WHERE name = 'meta'", "");

        if (stmt == NULL || !db_step(store, stmt, ret_has, error))
                return false;
        db_done(stmt);
        return true;
}

/* An empty store in memory, for readers of what does not exist yet */
static bool open_nothing(Store *store, GError **error)
{
        store->key = secret_key_new();
        store->is_readonly = false;
        if (!connect_db(store, ":memory:", SQLITE_OPEN_READWRITE, error) ||
            !schema_upgrade(store, error))
                return false;
        store->is_readonly = true;
        store->is_nothing = true;
        return true;
}

static bool open_reader(Store *store, GError **error)
{
        g_autofree char *path = path_of(store, STORE_DB_NAME);
        struct stat st;
        bool is_made;

        if (stat(path, &st) < 0) {
                if (errno == ENOENT || errno == ENOTDIR)
                        return open_nothing(store, error);
                g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                            "the state directory %s cannot be read: %s", store->dir,
                            g_strerror(errno));
                return false;
        }
        if (st.st_size == 0)
                return open_nothing(store, error);
        if (!open_for_reading(store, error) || !has_schema(store, &is_made, error))
                return false;
        return is_made ? open_key(store, error) : open_nothing(store, error);
}

Store *store_open(const char *dir, bool readonly, GError **error)
{
        g_autoptr(Store) store = g_new0(Store, 1);

        store->dir = g_canonicalize_filename(dir, NULL);
        store->is_readonly = readonly;
        store->changes_fd = -1;
        store->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
        if (!(readonly ? open_reader(store, error) : open_writer(store, error)))
                return NULL;
        return g_steal_pointer(&store);
}

void store_free(Store *store)
{
        if (store == NULL)
                return;
        store_rollback(store);
        g_clear_pointer(&store->statements, g_hash_table_unref);
        g_clear_pointer(&store->db, sqlite3_close);
        secret_key_free(store->key);
        if (store->changes_fd >= 0)
                close(store->changes_fd);
        g_free(store->installation);
        g_free(store->dir);
        g_free(store);
}

bool store_is_readonly(const Store *store)
{
        return store->is_readonly;
}

const char *store_installation(Store *store)
{
        return store->installation != NULL ? store->installation : "";
}

char *store_keyed_hash(Store *store, const char *text, gssize size)
{
        return secret_hash(store->key, text, size);
}
