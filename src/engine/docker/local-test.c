#include "engine/docker/local.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "base/timefmt.h"
#include "engine/engine.h"

/* Tables as the kernel writes them: Postgres and a resolver on loopback, in a container */
static const char tcp[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        "   0: 0B00007F:A3C5 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
        "   2: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999\n"
        "   3: 020011AC:1539 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999\n"
        "   4: 020011AC:CAFE 010011AC:1538 01 00000000:00000000 02:000A5B5F 00000000   999\n";
static const char tcp6[] =
        "  sl  local_address                         remote_address                        st\n"
        "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A\n"
        "   1: 00000000000000000000000001000000:0051 00000000000000000000000000000000:0000 0A\n"
        "   2: 0000000000000000FFFF00000100007F:0052 00000000000000000000000000000000:0000 0A\n"
        "   3: 0000000000000000FFFF0000020011AC:0053 00000000000000000000000000000000:0000 0A\n"
        "   4: 000080FE00000000FF005450B6AB12FE:0054 00000000000000000000000000000000:0000 0A\n";
static const char udp[] =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
        " 1042: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n"
        " 1043: 0100007F:0036 00000000:0000 07 00000000:00000000 00:00000000 00000000     0\n"
        " 1044: 020011AC:0037 010011AC:0035 01 00000000:00000000 00:00000000 00000000     0\n";

typedef struct Row {
        const char *table;
        PortProto proto;
        uint16_t port;
        bool listens;
} Row;

static void test_listeners_are_found_but_not_on_loopback(void)
{
        static const Row rows[] = {
                { tcp, PROTO_TCP, 5432, true },   /* every address */
                { tcp, PROTO_TCP, 5433, true },   /* its own address */
                { tcp, PROTO_TCP, 8080, false },  /* 127.0.0.1 */
                { tcp, PROTO_TCP, 41925, false }, /* 127.0.0.11, the engine's resolver */
                { tcp, PROTO_TCP, 51966, false }, /* a connection, not a listener */
                { tcp, PROTO_TCP, 80, false },    { tcp6, PROTO_TCP, 80, true }, /* :: */
                { tcp6, PROTO_TCP, 81, false },                                  /* ::1 */
                { tcp6, PROTO_TCP, 82, false }, /* ::ffff:127.0.0.1 */
                { tcp6, PROTO_TCP, 83, true },  /* ::ffff:172.17.0.2 */
                { tcp6, PROTO_TCP, 84, true },  /* fe80:: */
                { udp, PROTO_UDP, 53, true },     { udp, PROTO_UDP, 54, false },
                { udp, PROTO_UDP, 55, false }, /* connected to one peer */
                { "", PROTO_TCP, 80, false },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                g_assert_cmpint(socket_table_has_listener(rows[i].table, strlen(rows[i].table),
                                                          rows[i].port, rows[i].proto),
                                ==, rows[i].listens);
}

static void test_nonsense_is_no_listener(void)
{
        for (unsigned i = 0; i < 2000; i++) {
                char bytes[256];

                for (size_t k = 0; k < sizeof bytes; k++)
                        bytes[k] = (char) g_test_rand_int_range(0, 256);
                socket_table_has_listener(bytes, sizeof bytes, 80, PROTO_TCP);
        }
}

static void test_our_own_start_is_before_now(void)
{
        int64_t now_ns = g_get_real_time() * NS_PER_US;
        int64_t began_ns = process_started_wall_ns(getpid());

        g_assert_cmpint(began_ns, <=, now_ns + NS_PER_S / 10);
        g_assert_cmpint(began_ns, >, now_ns - 600 * NS_PER_S);
        g_assert_cmpint(process_started_wall_ns(0x7fffffff), ==, 0);
}

static void test_a_clock_that_was_set_is_seen(void)
{
        g_autofree char *dir = g_dir_make_tmp("local-test-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "pid", NULL);
        g_autofree char *text = g_strdup_printf("%d\n", getpid());
        int64_t began_ns = process_started_wall_ns(getpid());
        struct utimbuf hour_ago = { .modtime = time(NULL) - 3600 };

        g_assert_cmpint(pidfile_wall_ns(path, getpid()), ==, 0);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_false(clock_was_set(began_ns, began_ns + NS_PER_S));
        g_assert_false(clock_was_set(began_ns, 0));
        g_assert_cmpint(pidfile_wall_ns(path, 1), ==, 0);
        g_assert_cmpint(g_utime(path, &hour_ago), ==, 0);
        g_assert_true(clock_was_set(began_ns, pidfile_wall_ns(path, getpid())));
        g_assert_true(clock_was_set(began_ns, began_ns + 3600 * NS_PER_S));
        g_unlink(path);
        g_rmdir(dir);
}

static void test_a_process_is_of_no_container_it_does_not_know(void)
{
        static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        int64_t began_ns = process_started_wall_ns(getpid());

        g_assert_false(process_is_of_container(getpid(), id, 1));
        g_assert_false(process_is_of_container(getpid(), "", began_ns));
        g_assert_false(process_is_of_container(0, id, began_ns));
        g_assert_true(process_is_of_container(getpid(), id, began_ns));
}

static void test_directories_are_made_and_found(void)
{
        g_autofree char *dir = g_dir_make_tmp("local-test-XXXXXX", NULL);
        g_autofree char *above = g_build_filename(dir, "a", NULL);
        g_autofree char *path = g_build_filename(dir, "a", "b", NULL);
        g_autofree char *file = g_build_filename(dir, "file", NULL);
        g_autofree char *below = g_build_filename(file, "x", NULL);
        g_autoptr(GError) error = NULL;
        bool was_created;
        struct stat there;

        g_assert_true(host_path_make(path, 01770, getuid(), &was_created, &error));
        g_assert_true(was_created);
        g_assert_cmpint(stat(path, &there), ==, 0);
        g_assert_cmpint(there.st_mode & 07777, ==, 01770);
        g_assert_true(host_path_make(path, 0700, -1, &was_created, &error));
        g_assert_false(was_created);
        g_assert_true(g_file_set_contents(file, "x", 1, NULL));
        g_assert_true(host_path_make(file, 0, -1, &was_created, &error));
        g_assert_false(was_created);
        g_assert_false(host_path_make(below, 0, -1, &was_created, &error));
        g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        g_unlink(file);
        g_rmdir(path);
        g_rmdir(above);
        g_rmdir(dir);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/local/" #name, test_##name)
        ADD(listeners_are_found_but_not_on_loopback);
        ADD(nonsense_is_no_listener);
        ADD(our_own_start_is_before_now);
        ADD(a_clock_that_was_set_is_seen);
        ADD(a_process_is_of_no_container_it_does_not_know);
        ADD(directories_are_made_and_found);
        return g_test_run();
}
