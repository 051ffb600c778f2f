#include "store/store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/testing.h"

static void set_up(TestDir *t, gconstpointer data)
{
        test_dir_init(t);
}

static void tear_down(TestDir *t, gconstpointer data)
{
        test_dir_done(t);
}

static char *in_dir(const TestDir *t, const char *name)
{
        return g_build_filename(t->dir, name, NULL);
}

static void make(const TestDir *t)
{
        g_autoptr(Store) store = test_dir_open(t, false);
        g_autoptr(GError) error = NULL;

        g_assert_true(store_app_set_desired(store, "shop", "started", &error));
        g_assert_no_error(error);
}

static void tamper(const TestDir *t, const char *sql)
{
        g_autofree char *path = in_dir(t, "slipway.db");
        sqlite3 *db;

        g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
        g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
        sqlite3_close(db);
}

static void assert_refused(const TestDir *t, bool readonly, StoreError code, const char *words)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(store_open(t->dir, readonly, &error));
        g_assert_error(error, STORE_ERROR, (int) code);
        g_assert_nonnull(strstr(error->message, words));
}

/* What the child does as another user; root may write everywhere */
static void as_nobody(const TestDir *t, void (*body)(const TestDir *t))
{
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
                        _exit(2);
                body(t);
                _exit(0);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

/* ---- */

static void test_everything_is_private(TestDir *t, gconstpointer data)
{
        static const char *const files[] = { "slipway.db", "slipway.db-wal", "slipway.db-shm",
                                             "key",        "changes",        "open.lock" };
        mode_t mask = umask(0);
        struct stat st;

        make(t);
        umask(mask);
        g_assert_cmpint(stat(t->dir, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0700);
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
                g_autofree char *path = in_dir(t, files[i]);

                g_assert_cmpint(stat(path, &st), ==, 0);
                g_assert_cmpint(st.st_mode & 07777, ==, 0600);
        }
}

static void test_identity_and_hash_stay(TestDir *t, gconstpointer data)
{
        g_autofree char *installation = NULL, *hash = NULL, *again = NULL, *other = NULL;

        {
                g_autoptr(Store) store = test_dir_open(t, false);

                installation = g_strdup(store_installation(store));
                hash = store_keyed_hash(store, "text", -1);
        }
        g_autoptr(Store) store = test_dir_open(t, true);

        g_assert_cmpuint(strlen(installation), ==, 16);
        g_assert_cmpstr(store_installation(store), ==, installation);
        again = store_keyed_hash(store, "text and more", 4);
        other = store_keyed_hash(store, "texu", -1);
        g_assert_cmpstr(again, ==, hash);
        g_assert_cmpstr(other, !=, hash);
        g_assert_cmpuint(strlen(hash), ==, 32);
}

static void test_default_dir(TestDir *t, gconstpointer data)
{
        g_autofree char *set = NULL, *unset = NULL;

        g_setenv("SLIPWAY_STATE_DIR", "/some/where", true);
        set = store_default_dir();
        g_assert_cmpstr(set, ==, "/some/where");
        g_unsetenv("SLIPWAY_STATE_DIR");
        unset = store_default_dir();
        if (geteuid() == 0)
                g_assert_cmpstr(unset, ==, "/var/lib/slipway");
        else
                g_assert_true(g_str_has_suffix(unset, "/slipway"));
}

static void test_readers_need_no_directory(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) store = test_dir_open(t, true);
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) apps = store_apps(store, &error);
        g_autoptr(GPtrArray) facts = store_facts(store, "shop", 0, 0, &error);
        g_autofree char *desired = NULL;
        int64_t serving = -1;

        g_assert_no_error(error);
        g_assert_cmpuint(g_strv_length(apps), ==, 0);
        g_assert_cmpuint(facts->len, ==, 0);
        g_assert_true(store_app_get(store, "shop", &serving, &desired, &error));
        g_assert_cmpint(serving, ==, 0);
        g_assert_cmpstr(desired, ==, "");
        g_assert_null(store_deployment_get(store, "shop", 0, &error));
        g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
        g_assert_false(g_file_test(t->dir, G_FILE_TEST_EXISTS));
}

static void test_readers_do_not_write(TestDir *t, gconstpointer data)
{
        make(t);
        g_autoptr(Store) store = test_dir_open(t, true);
        g_autoptr(GError) error = NULL;

        g_assert_true(store_is_readonly(store));
        g_assert_false(store_app_set_desired(store, "shop", "stopped", &error));
        g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
        g_clear_error(&error);
        g_assert_null(store_lock(store, "shop", "up", NULL, &error));
        g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
}

static void read_as_nobody(const TestDir *t)
{
        g_autoptr(Store) store = test_dir_open(t, true);
        g_auto(GStrv) apps = store_apps(store, NULL);

        g_assert_cmpstr(apps[0], ==, "shop");
}

static void write_as_nobody(const TestDir *t)
{
        assert_refused(t, false, STORE_ERROR_NOT_WRITABLE, "cannot be written");
}

static void give_away(const TestDir *t, mode_t mode)
{
        g_autoptr(GDir) dir = g_dir_open(t->dir, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir)) != NULL) {
                g_autofree char *path = in_dir(t, name);

                if (geteuid() == 0)
                        g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
        }
        g_assert_cmpint(chmod(t->base, 0755), ==, 0);
        if (geteuid() == 0)
                g_assert_cmpint(chown(t->dir, 65534, 65534), ==, 0);
        g_assert_cmpint(chmod(t->dir, mode), ==, 0);
}

static void test_a_readonly_directory_can_be_read(TestDir *t, gconstpointer data)
{
        make(t);
        give_away(t, 0500);
        as_nobody(t, read_as_nobody);

        /* A copy of the directory without the log, on a medium that is read only */
        g_autofree char *wal = in_dir(t, "slipway.db-wal");
        g_autofree char *shm = in_dir(t, "slipway.db-shm");

        g_assert_cmpint(chmod(t->dir, 0700), ==, 0);
        tamper(t, "PRAGMA wal_checkpoint(TRUNCATE)");
        g_unlink(wal);
        g_unlink(shm);
        g_assert_cmpint(chmod(t->dir, 0500), ==, 0);
        as_nobody(t, read_as_nobody);
}

static void test_a_readonly_directory_cannot_be_written(TestDir *t, gconstpointer data)
{
        g_assert_cmpint(g_mkdir(t->dir, 0700), ==, 0);
        give_away(t, 0500);
        as_nobody(t, write_as_nobody);
}

static void test_a_directory_below_a_file_is_refused(TestDir *t, gconstpointer data)
{
        g_assert_true(g_file_set_contents(t->dir, "", 0, NULL));
        g_free(t->dir);
        t->dir = g_build_filename(t->base, "state", "below", NULL);
        assert_refused(t, false, STORE_ERROR_NOT_WRITABLE, "nothing is started");
}

static void test_a_newer_schema_is_refused(TestDir *t, gconstpointer data)
{
        make(t);
        tamper(t, "PRAGMA user_version = 1000");
        assert_refused(t, false, STORE_ERROR_TOO_NEW, "newer version");
        assert_refused(t, true, STORE_ERROR_TOO_NEW, "newer version");
}

static void assert_one_run(const TestDir *t, bool readonly)
{
        g_autoptr(Store) store = test_dir_open(t, readonly);
        g_autoptr(GPtrArray) runs = store_runs(store, "shop", "db/migrate", NULL, NULL);

        g_assert_nonnull(runs);
        g_assert_cmpuint(runs->len, ==, 1);
        g_assert_cmpuint(g_strv_length(((RunRecord *) runs->pdata[0])->image_digests), ==, 0);
}

/* As an earlier version left it: read as it is, brought up to date by the first who writes */
static void test_an_older_schema_is_upgraded(TestDir *t, gconstpointer data)
{
        make(t);
        {
                g_autoptr(Store) store = test_dir_open(t, false);
                const RunRecord run = { .app = (char *) "shop",
                                        .workload = (char *) "db/migrate",
                                        .run_key = (char *) "k",
                                        .try_number = 1 };

                g_assert_true(store_run_intend(store, &run, NULL));
        }
        tamper(t, "ALTER TABLE runs DROP COLUMN image_digests; PRAGMA user_version = 1");
        assert_one_run(t, true);
        assert_one_run(t, false);
        assert_one_run(t, true);
}

static void test_the_database_of_another_program_is_refused(TestDir *t, gconstpointer data)
{
        make(t);
        tamper(t, "PRAGMA application_id = 7");
        assert_refused(t, false, STORE_ERROR_CORRUPT, "another program");
}

static void test_a_damaged_database_is_refused(TestDir *t, gconstpointer data)
{
        g_autofree char *path = in_dir(t, "slipway.db");
        g_autofree char *wal = in_dir(t, "slipway.db-wal");
        g_autofree char *content = NULL;
        gsize size;

        make(t);
        tamper(t, "PRAGMA wal_checkpoint(TRUNCATE)");
        g_unlink(wal);
        g_assert_true(g_file_get_contents(path, &content, &size, NULL));

        /* no database at all */
        g_assert_true(
                g_file_set_contents(path, "nonsense, and long enough for a header", -1, NULL));
        assert_refused(t, false, STORE_ERROR_CORRUPT, "backup");
        assert_refused(t, true, STORE_ERROR_CORRUPT, "backup");

        /* its second half is gone */
        g_assert_true(g_file_set_contents(path, content, size / 2 / 4096 * 4096, NULL));
        assert_refused(t, false, STORE_ERROR_CORRUPT, "backup");

        /* a page in the middle is something else */
        memset(content + size / 2 / 4096 * 4096, 0xa5, 4096);
        g_assert_true(g_file_set_contents(path, content, size, NULL));
        assert_refused(t, false, STORE_ERROR_CORRUPT, "backup");
}

/* Too large to be looked through each time: it opens, and the check finds it */
static void test_damage_in_a_large_database_is_found(TestDir *t, gconstpointer data)
{
        g_autofree char *path = in_dir(t, "slipway.db");
        g_autofree char *text = g_strnfill(10000, 'x');
        g_autoptr(GError) error = NULL;
        g_autofree guint8 *junk = g_malloc(4096);
        Store *store = test_dir_open(t, false);
        int fd;

        g_assert_true(store_begin(store, &error));
        for (int i = 0; i < 150; i++) {
                Deployment deployment = { .app = (char *) "shop", .text = text };

                g_assert_true(store_deployment_begin(store, &deployment, &error));
        }
        g_assert_true(store_commit(store, &error));
        g_assert_true(store_check(store, &error));
        store_free(store);
        tamper(t, "PRAGMA wal_checkpoint(TRUNCATE)");

        memset(junk, 0xa5, 4096);
        fd = open(path, O_RDWR | O_CLOEXEC);
        for (int page = 100; page < 200; page++)
                g_assert_cmpint(pwrite(fd, junk, 4096, (off_t) page * 4096), ==, 4096);
        close(fd);
        store = test_dir_open(t, false);
        g_assert_false(store_check(store, &error));
        g_assert_error(error, STORE_ERROR, STORE_ERROR_CORRUPT);
        store_free(store);
}

static void test_the_key_cannot_be_replaced(TestDir *t, gconstpointer data)
{
        g_autofree char *key = in_dir(t, "key");
        TestDir other;

        make(t);
        g_unlink(key);
        assert_refused(t, false, STORE_ERROR_CORRUPT, "backup");
        assert_refused(t, true, STORE_ERROR_CORRUPT, "backup");

        test_dir_init(&other);
        make(&other);
        g_autofree char *other_key = in_dir(&other, "key");

        g_assert_cmpint(g_rename(other_key, key), ==, 0);
        assert_refused(t, false, STORE_ERROR_CORRUPT, "not the one");

        g_assert_cmpint(chmod(key, 0644), ==, 0);
        assert_refused(t, false, STORE_ERROR_CORRUPT, "chmod 600");
        test_dir_done(&other);
}

static void test_many_may_open_at_once(TestDir *t, gconstpointer data)
{
        enum { N = 8 };
        pid_t pids[N];

        for (int i = 0; i < N; i++) {
                pids[i] = fork();
                if (pids[i] == 0) {
                        g_autoptr(Store) store = store_open(t->dir, false, NULL);

                        _exit(store == NULL ||
                              !store_app_set_desired(store, "shop", "started", NULL));
                }
        }
        for (int i = 0; i < N; i++) {
                int status;

                g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
                g_assert_cmpint(status, ==, 0);
        }
}

static void test_a_batch_is_all_or_nothing(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) store = test_dir_open(t, false);
        g_autoptr(Store) reader = test_dir_open(t, true);
        g_autoptr(GError) error = NULL;

        g_assert_true(store_begin(store, &error));
        g_assert_true(store_app_set_desired(store, "a", "started", &error));
        g_assert_true(store_app_set_desired(store, "b", "started", &error));
        {
                g_auto(GStrv) apps = store_apps(reader, NULL);

                g_assert_cmpuint(g_strv_length(apps), ==, 0);
        }
        store_rollback(store);
        g_assert_true(store_begin(store, &error));
        g_assert_true(store_app_set_desired(store, "c", "started", &error));
        g_assert_true(store_commit(store, &error));
        store_rollback(store); /* of nothing */

        g_auto(GStrv) apps = store_apps(reader, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(g_strv_length(apps), ==, 1);
        g_assert_cmpstr(apps[0], ==, "c");
}

static void test_a_forgotten_app_is_gone(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) store = test_dir_open(t, false);
        g_autoptr(GError) error = NULL;
        Fact fact = { .app = (char *) "shop", .event = (char *) "started" };
        SettingValue value = { .name = (char *) "a",
                               .value = (char *) "1",
                               .origin = (char *) "user" };
        int64_t id;

        g_assert_true(store_app_set_serving(store, "shop", 3, &error));
        g_assert_true(store_app_set_serving(store, "blog", 4, &error));
        g_assert_true(store_fact_append(store, &fact, &error));
        g_assert_true(store_setting_set(store, "shop", &value, &error));
        g_assert_true(store_app_forget(store, "shop", &error));
        g_assert_no_error(error);

        g_auto(GStrv) apps = store_apps(store, &error);
        g_autoptr(GPtrArray) settings = store_settings(store, "shop", &error);

        g_assert_cmpuint(g_strv_length(apps), ==, 1);
        g_assert_cmpuint(settings->len, ==, 0);
        g_assert_true(store_facts_last(store, "shop", &id, &error));
        g_assert_cmpint(id, ==, 0);

        /* who follows facts must not see an id again */
        g_assert_true(store_fact_append(store, &fact, &error));
        g_assert_true(store_facts_last(store, "shop", &id, &error));
        g_assert_cmpint(id, ==, 2);
}

#define ADD(name, func) g_test_add(name, TestDir, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/store/private", test_everything_is_private);
        ADD("/store/identity", test_identity_and_hash_stay);
        ADD("/store/default-dir", test_default_dir);
        ADD("/store/read/nothing", test_readers_need_no_directory);
        ADD("/store/read/only", test_readers_do_not_write);
        ADD("/store/read/readonly-directory", test_a_readonly_directory_can_be_read);
        ADD("/store/write/readonly-directory", test_a_readonly_directory_cannot_be_written);
        ADD("/store/write/no-directory", test_a_directory_below_a_file_is_refused);
        ADD("/store/older", test_an_older_schema_is_upgraded);
        ADD("/store/too-new", test_a_newer_schema_is_refused);
        ADD("/store/corrupt/foreign", test_the_database_of_another_program_is_refused);
        ADD("/store/corrupt/damaged", test_a_damaged_database_is_refused);
        ADD("/store/corrupt/large", test_damage_in_a_large_database_is_found);
        ADD("/store/corrupt/key", test_the_key_cannot_be_replaced);
        ADD("/store/many", test_many_may_open_at_once);
        ADD("/store/batch", test_a_batch_is_all_or_nothing);
        ADD("/store/forget", test_a_forgotten_app_is_gone);
        return g_test_run();
}
