#include "store/store.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/testing.h"

/* Writes and syncs after which the disk fails; the work below makes fewer */
#define OPERATIONS_MAX 400

static void set_up(TestDir *t, gconstpointer data)
{
        test_dir_init(t);
}

static void tear_down(TestDir *t, gconstpointer data)
{
        fault_disk_reboot();
        test_dir_done(t);
}

static bool intend(Store *store, int64_t number, GError **error)
{
        RunRecord run = { .app = (char *) "shop",
                          .workload = (char *) "w",
                          .run_key = (char *) "k",
                          .try_number = number };

        return store_run_intend(store, &run, error);
}

/* The tries that are recorded, which must be 1 to n without a gap: n */
static int64_t count(Store *store)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) runs = store_runs(store, "shop", "w", "k", &error);

        g_assert_no_error(error);
        for (guint i = 0; i < runs->len; i++)
                g_assert_cmpint(((RunRecord *) runs->pdata[i])->try_number, ==, runs->len - i);
        return runs->len;
}

/* Records tries until one fails; how many were reported as durable */
static int64_t record_until_failure(Store *store, int64_t from, int64_t to, GError **error)
{
        int64_t n = from;

        while (n < to && intend(store, n + 1, error))
                n++;
        return n;
}

static void test_after_a_crash_the_durable_is_there(TestDir *t, gconstpointer data)
{
        int64_t reported = 0;

        {
                g_autoptr(Store) store = test_dir_open(t, false);

                reported = record_until_failure(store, 0, 3, NULL);
        }
        for (unsigned after = 0; after < 60; after++) {
                g_autoptr(GError) error = NULL;
                Store *store = test_dir_open(t, false);
                int64_t recorded;

                fault_disk_arm(FAULT_CRASH, after);
                reported = record_until_failure(store, reported, reported + 40, &error);
                g_assert_true(fault_disk_fired());
                g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
                store_free(store);
                fault_disk_reboot();

                store = test_dir_open(t, false);
                recorded = count(store);
                /* the try that was under way may be there as a whole, or not */
                g_assert_cmpint(recorded, >=, reported);
                g_assert_cmpint(recorded, <=, reported + 1);
                reported = recorded;
                store_free(store);
        }
}

static void test_a_crash_while_opening_leaves_a_store(TestDir *t, gconstpointer data)
{
        for (unsigned after = 0; after < OPERATIONS_MAX; after++) {
                TestDir own;
                Store *store;
                bool fired;

                test_dir_init(&own);
                fault_disk_arm(FAULT_CRASH, after);
                store = store_open(own.dir, false, NULL);
                fired = fault_disk_fired();
                store_free(store);
                fault_disk_reboot();

                store = test_dir_open(&own, false);
                g_assert_true(intend(store, 1, NULL));
                store_free(store);
                test_dir_done(&own);
                if (!fired)
                        return;
        }
        g_assert_not_reached();
}

static void test_a_failing_disk_is_said(TestDir *t, gconstpointer data)
{
        static const FaultKind kinds[] = { FAULT_FULL, FAULT_ERROR };
        int64_t reported = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
                for (unsigned after = 0; after < 12; after++) {
                        g_autoptr(GError) error = NULL;
                        Store *store = test_dir_open(t, false);

                        fault_disk_arm(kinds[i], after);
                        reported = record_until_failure(store, reported, reported + 2000, &error);
                        g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
                        g_assert_nonnull(strstr(error->message, "nothing is started"));
                        /* nothing of the failed try, and reading still works */
                        g_assert_cmpint(count(store), ==, reported);

                        /* there is room again */
                        fault_disk_reboot();
                        g_assert_true(intend(store, reported + 1, NULL));
                        reported++;
                        store_free(store);
                }
        }
}

static void test_a_batch_on_a_full_disk_is_nothing(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) store = test_dir_open(t, false);
        g_autoptr(GError) error = NULL;
        bool ok;

        fault_disk_arm(FAULT_ERROR, 0);
        ok = store_begin(store, &error) && intend(store, 1, &error) && intend(store, 2, &error) &&
             store_commit(store, &error);
        g_assert_false(ok);
        g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE);
        store_rollback(store);
        fault_disk_reboot();
        g_assert_cmpint(count(store), ==, 0);
        g_assert_true(intend(store, 1, NULL));
}

/* ---- Killed ---- */

static void record_for_ever(const TestDir *t, int report_fd)
{
        Store *store = store_open(t->dir, false, NULL);
        int64_t n = store_run_next_try(store, "shop", "w", "k", NULL);

        for (; intend(store, n, NULL); n++) {
                if (write(report_fd, &n, sizeof n) != sizeof n)
                        break;
        }
        _exit(1);
}

static void test_killed_at_any_moment(TestDir *t, gconstpointer data)
{
        for (int round = 0; round < 10; round++) {
                int64_t reported = 0, n;
                int n_wanted = g_test_rand_int_range(1, 20);
                int fds[2];
                pid_t pid;

                g_assert_cmpint(pipe(fds), ==, 0);
                pid = fork();
                if (pid == 0)
                        record_for_ever(t, fds[1]);
                close(fds[1]);
                for (int i = 0; i < n_wanted; i++) {
                        g_assert_cmpint(read(fds[0], &reported, sizeof reported), ==,
                                        sizeof reported);
                }
                g_usleep(g_test_rand_int_range(0, 3000));
                kill(pid, SIGKILL);
                g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
                while (read(fds[0], &n, sizeof n) == sizeof n)
                        reported = n;
                close(fds[0]);

                g_autoptr(Store) store = test_dir_open(t, false);
                int64_t recorded = count(store);

                g_assert_cmpint(recorded, >=, reported);
                g_assert_cmpint(recorded, <=, reported + 1);
        }
}

#define ADD(name, func) g_test_add(name, TestDir, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        fault_disk_install();
        ADD("/store/crash/durable", test_after_a_crash_the_durable_is_there);
        ADD("/store/crash/opening", test_a_crash_while_opening_leaves_a_store);
        ADD("/store/crash/failing", test_a_failing_disk_is_said);
        ADD("/store/crash/batch", test_a_batch_on_a_full_disk_is_nothing);
        ADD("/store/crash/killed", test_killed_at_any_moment);
        return g_test_run();
}
