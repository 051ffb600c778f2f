#include "net/tcp.h"

#include <gio/gio.h>

typedef struct Seen {
        unsigned n_done;
        GError *error;
} Seen;

static void on_done(const GError *error, gpointer user)
{
        Seen *seen = user;

        seen->n_done++;
        if (error != NULL)
                seen->error = g_error_copy(error);
}

static void wait_done(const Seen *seen)
{
        while (seen->n_done == 0)
                g_main_context_iteration(NULL, true);
}

/* A port that listens; closed ports are those that did */
static GSocketListener *listen_on(uint16_t *ret_port)
{
        GSocketListener *listener = g_socket_listener_new();

        *ret_port = g_socket_listener_add_any_inet_port(listener, NULL, NULL);
        g_assert_cmpint(*ret_port, !=, 0);
        return listener;
}

static void test_a_listener_accepts(void)
{
        uint16_t port;
        g_autoptr(GSocketListener) listener = listen_on(&port);
        Seen seen = { 0 };

        tcp_probe(NULL, "127.0.0.1", port, 1000000, on_done, &seen);
        g_assert_cmpint(seen.n_done, ==, 0);
        wait_done(&seen);
        g_assert_no_error(seen.error);
        g_socket_listener_close(listener);
}

static void test_a_name_is_resolved(void)
{
        uint16_t port;
        g_autoptr(GSocketListener) listener = listen_on(&port);
        Seen seen = { 0 };

        tcp_probe(NULL, "localhost", port, 5000000, on_done, &seen);
        wait_done(&seen);
        g_assert_no_error(seen.error);
        g_socket_listener_close(listener);
}

static void test_nobody_there_is_refused(void)
{
        uint16_t port;
        g_autoptr(GSocketListener) listener = listen_on(&port);
        Seen seen = { 0 };

        g_socket_listener_close(listener);
        tcp_probe(NULL, "127.0.0.1", port, 1000000, on_done, &seen);
        wait_done(&seen);
        g_assert_error(seen.error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
        g_clear_error(&seen.error);
}

static void test_an_unknown_name_is_an_error(void)
{
        Seen seen = { 0 };

        tcp_probe(NULL, "no-such-host.invalid", 80, 5000000, on_done, &seen);
        wait_done(&seen);
        g_assert_nonnull(seen.error);
        g_clear_error(&seen.error);
}

static void test_a_cancelled_probe_is_never_answered(void)
{
        uint16_t port;
        g_autoptr(GSocketListener) listener = listen_on(&port);
        Seen cancelled = { 0 }, seen = { 0 };

        tcp_probe_cancel(tcp_probe(NULL, "127.0.0.1", port, 1000000, on_done, &cancelled));
        tcp_probe_cancel(tcp_probe(NULL, "localhost", port, 1000000, on_done, &cancelled));
        tcp_probe_cancel(NULL);
        tcp_probe(NULL, "localhost", port, 1000000, on_done, &seen);
        wait_done(&seen);
        g_assert_cmpint(cancelled.n_done, ==, 0);
        g_socket_listener_close(listener);
}

static void test_the_time_allowed_is_kept(void)
{
        Seen seen = { 0 };

        /* 0 µs: late before anything could have been tried */
        tcp_probe(NULL, "192.0.2.1", 80, 0, on_done, &seen);
        wait_done(&seen);
        g_assert_nonnull(seen.error);
        g_clear_error(&seen.error);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/tcp/" #name, test_##name)
        ADD(a_listener_accepts);
        ADD(a_name_is_resolved);
        ADD(nobody_there_is_refused);
        ADD(an_unknown_name_is_an_error);
        ADD(a_cancelled_probe_is_never_answered);
        ADD(the_time_allowed_is_kept);
        return g_test_run();
}
