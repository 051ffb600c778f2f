#include "store/store.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/testing.h"

#define PATIENCE_MS 10000

static void set_up(TestDir *t, gconstpointer data)
{
        test_dir_init(t);
}

static void tear_down(TestDir *t, gconstpointer data)
{
        test_dir_done(t);
}

/* ---- Locks ---- */

static void test_one_at_a_time(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) store = test_dir_open(t, false);
        g_autoptr(Store) second = test_dir_open(t, false);
        g_autoptr(GError) error = NULL;
        g_autoptr(StoreLock) lock = store_lock(store, "shop", "slipway up shop.yml", NULL, &error);
        g_autoptr(StoreLock) other = store_lock(second, "blog", "slipway up", NULL, &error);
        LockHolder holder = { 0 };

        g_assert_no_error(error);
        g_assert_nonnull(lock);
        g_assert_nonnull(other); /* applications do not hold up each other */
        g_assert_null(store_lock(second, "shop", "slipway down", &holder, &error));
        g_assert_error(error, STORE_ERROR, STORE_ERROR_LOCKED);
        g_assert_nonnull(strstr(error->message, "slipway up shop.yml"));
        g_assert_cmpint(holder.pid, ==, getpid());
        g_assert_cmpstr(holder.command, ==, "slipway up shop.yml");
        g_assert_cmpint(g_get_real_time() - holder.since_wall_us, <, 60 * G_USEC_PER_SEC);
        lock_holder_clear(&holder);
        g_clear_error(&error);

        g_assert_true(store_is_locked(second, "shop"));
        g_assert_false(store_is_locked(second, "wiki"));

        g_clear_pointer(&lock, store_unlock);
        g_assert_false(store_is_locked(second, "shop"));
        lock = store_lock(second, "shop", "slipway down", NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(lock);
}

static void test_names_stay_in_the_directory(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) store = test_dir_open(t, false);
        g_autofree char *longest = g_strnfill(5000, 'n');
        const char *const names[] = { "../../etc", "..", ".", "a/b", "a b", "ü", longest };
        g_autoptr(GPtrArray) locks = g_ptr_array_new_with_free_func((GDestroyNotify) store_unlock);
        g_autofree char *dir = g_build_filename(t->dir, "locks", NULL);
        g_autoptr(GDir) files = NULL;
        unsigned n = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                StoreLock *lock = store_lock(store, names[i], "x", NULL, NULL);

                g_assert_nonnull(lock);
                g_ptr_array_add(locks, lock);
        }
        files = g_dir_open(dir, 0, NULL);
        while (g_dir_read_name(files) != NULL)
                n++;
        g_assert_cmpuint(n, ==, G_N_ELEMENTS(names));
}

/* Starts a child that has the lock of `shop` when this returns */
static pid_t holder_new(const TestDir *t)
{
        int ready[2];
        char byte;
        pid_t pid;

        g_assert_cmpint(pipe(ready), ==, 0);
        pid = fork();
        if (pid == 0) {
                Store *store = store_open(t->dir, false, NULL);
                StoreLock *lock = store_lock(store, "shop", "held", NULL, NULL);

                if (lock != NULL && write(ready[1], "x", 1) == 1)
                        pause();
                _exit(1);
        }
        g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
        close(ready[0]);
        close(ready[1]);
        return pid;
}

typedef struct Waiting {
        Store *store;
        GMainLoop *loop;
        StoreLock *lock;
        unsigned n_calls;
} Waiting;

static void on_perhaps_free(gpointer user)
{
        Waiting *waiting = user;

        waiting->n_calls++;
        waiting->lock = store_lock(waiting->store, "shop", "queued", NULL, NULL);
        if (waiting->lock != NULL)
                g_main_loop_quit(waiting->loop);
}

static gboolean on_impatient(gpointer user)
{
        g_assert_not_reached();
}

static gboolean on_kill(gpointer user)
{
        kill(GPOINTER_TO_INT(user), SIGKILL);
        return G_SOURCE_REMOVE;
}

static void test_a_killed_holder_lets_go(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) store = test_dir_open(t, false);
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, false);
        g_autoptr(GError) error = NULL;
        pid_t pid = holder_new(t);
        LockHolder holder = { 0 };
        Waiting waiting = { .store = store, .loop = loop };
        g_autoptr(StoreWatch)
                watch = store_lock_watch(store, "shop", on_perhaps_free, &waiting, &error);
        guint impatient = g_timeout_add(PATIENCE_MS, on_impatient, NULL);

        g_assert_no_error(error);
        g_assert_nonnull(watch);
        g_assert_null(store_lock(store, "shop", "me", &holder, NULL));
        g_assert_cmpint(holder.pid, ==, pid);
        lock_holder_clear(&holder);
        /* vain tries do not look like a lock that became free */
        while (g_main_context_iteration(NULL, false))
                ;
        g_assert_cmpuint(waiting.n_calls, ==, 0);

        g_idle_add(on_kill, GINT_TO_POINTER(pid));
        g_main_loop_run(loop);
        g_source_remove(impatient);
        waitpid(pid, NULL, 0);
        store_unlock(waiting.lock);
}

/* ---- Watching ---- */

typedef struct Follower {
        Store *store;
        GMainLoop *loop;
        int64_t last;
        unsigned n_facts, n_wanted;
} Follower;

static void on_changed(gpointer user)
{
        Follower *follower = user;
        g_autoptr(GPtrArray) facts = store_facts(follower->store, "shop", follower->last, 0, NULL);

        for (guint i = 0; i < facts->len; i++) {
                Fact *fact = facts->pdata[i];

                g_assert_cmpint(fact->id, >, follower->last);
                follower->last = fact->id;
                follower->n_facts++;
        }
        if (follower->n_facts == follower->n_wanted)
                g_main_loop_quit(follower->loop);
}

static void append_and_exit(const TestDir *t, unsigned n)
{
        Store *store = store_open(t->dir, false, NULL);
        Fact fact = { .app = (char *) "shop", .event = (char *) "started" };

        for (unsigned i = 0; i < n; i++) {
                if (!store_fact_append(store, &fact, NULL))
                        _exit(1);
        }
        _exit(0);
}

static void test_readers_are_told_of_each_fact(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) writer = test_dir_open(t, false);
        g_autoptr(Store) reader = test_dir_open(t, true);
        g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, false);
        g_autoptr(GError) error = NULL;
        Follower follower = { .store = reader, .loop = loop, .n_wanted = 50 };
        g_autoptr(StoreWatch) watch = store_watch(reader, on_changed, &follower, &error);
        guint impatient = g_timeout_add(PATIENCE_MS, on_impatient, NULL);
        int status;
        pid_t pid;

        g_assert_no_error(error);
        g_assert_nonnull(writer); /* made the database */
        g_assert_nonnull(watch);
        pid = fork();
        if (pid == 0)
                append_and_exit(t, follower.n_wanted);
        g_main_loop_run(loop);
        g_source_remove(impatient);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_cmpint(status, ==, 0);
        g_assert_cmpuint(follower.n_facts, ==, follower.n_wanted);
}

static void test_nothing_cannot_be_watched(TestDir *t, gconstpointer data)
{
        g_autoptr(Store) reader = test_dir_open(t, true);
        g_autoptr(GError) error = NULL;

        g_assert_null(store_watch(reader, on_changed, NULL, &error));
        g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
}

#define ADD(name, func) g_test_add(name, TestDir, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/store/lock/one", test_one_at_a_time);
        ADD("/store/lock/names", test_names_stay_in_the_directory);
        ADD("/store/lock/killed", test_a_killed_holder_lets_go);
        ADD("/store/watch/facts", test_readers_are_told_of_each_fact);
        ADD("/store/watch/nothing", test_nothing_cannot_be_watched);
        return g_test_run();
}
