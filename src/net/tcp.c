#include "net/tcp.h"

#include <gio/gio.h>

struct TcpProbe {
        GMainContext *context;
        TcpProbeFunc done;
        gpointer user;
        uint16_t port;
        GList *addresses; /* of GInetAddress; the head is tried */
        GSocket *socket;
        GSource *watch, *timer;
        GSource *starter;        /* so that nothing is reported from inside tcp_probe() */
        GCancellable *resolving; /* NULL when no answer is outstanding */
        GError *error;           /* of the last address tried */
        bool is_cancelled;
};

static void stop(GSource **source)
{
        if (*source == NULL)
                return;
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
}

static void probe_free(TcpProbe *probe)
{
        stop(&probe->watch);
        stop(&probe->timer);
        stop(&probe->starter);
        if (probe->socket != NULL) {
                g_socket_close(probe->socket, NULL);
                g_object_unref(probe->socket);
        }
        g_list_free_full(probe->addresses, g_object_unref);
        g_clear_error(&probe->error);
        g_main_context_unref(probe->context);
        g_free(probe);
}

static void finish(TcpProbe *probe, const GError *error)
{
        TcpProbeFunc done = probe->done;
        gpointer user = probe->user;
        g_autoptr(GError) copy = error != NULL ? g_error_copy(error) : NULL;

        if (probe->resolving != NULL)
                tcp_probe_cancel(probe); /* freed when the resolver has answered */
        else
                probe_free(probe);
        done(copy, user);
}

static GSource *start_timer(TcpProbe *probe, int64_t after_us, GSourceFunc func)
{
        GSource *timer = g_timeout_source_new((guint) CLAMP(after_us / 1000, 0, G_MAXINT));

        g_source_set_callback(timer, func, probe, NULL);
        g_source_attach(timer, probe->context);
        return timer;
}

static gboolean on_late(gpointer user)
{
        g_autoptr(GError) error = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                                      "no connection within the time allowed");

        finish(user, error);
        return G_SOURCE_REMOVE;
}

/* The head of the list did not work */
static void drop_address(TcpProbe *probe)
{
        stop(&probe->watch);
        if (probe->socket != NULL) {
                g_socket_close(probe->socket, NULL);
                g_clear_object(&probe->socket);
        }
        g_object_unref(probe->addresses->data);
        probe->addresses = g_list_delete_link(probe->addresses, probe->addresses);
}

static gboolean on_connected(GSocket *socket, GIOCondition condition, gpointer user);

/* Begins with the first address that can be begun with; false when none is left */
static bool try_next(TcpProbe *probe)
{
        for (; probe->addresses != NULL; drop_address(probe)) {
                GInetAddress *address = probe->addresses->data;
                g_autoptr(GSocketAddress) to = g_inet_socket_address_new(address, probe->port);

                g_clear_error(&probe->error);
                probe->socket = g_socket_new(g_inet_address_get_family(address),
                                             G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                             &probe->error);
                if (probe->socket == NULL)
                        continue;
                g_socket_set_blocking(probe->socket, false);
                if (!g_socket_connect(probe->socket, to, NULL, &probe->error) &&
                    !g_error_matches(probe->error, G_IO_ERROR, G_IO_ERROR_PENDING))
                        continue;
                g_clear_error(&probe->error);
                probe->watch = g_socket_create_source(probe->socket, G_IO_OUT, NULL);
                g_source_set_callback(probe->watch, G_SOURCE_FUNC(on_connected), probe, NULL);
                g_source_attach(probe->watch, probe->context);
                return true;
        }
        return false;
}

static gboolean on_connected(GSocket *socket, GIOCondition condition, gpointer user)
{
        TcpProbe *probe = user;

        if (g_socket_check_connect_result(socket, &probe->error)) {
                /* Said to be connected, but is anybody there? */
                g_autoptr(GSocketAddress) peer = g_socket_get_remote_address(socket, &probe->error);

                if (peer != NULL) {
                        finish(probe, NULL);
                        return G_SOURCE_REMOVE;
                }
        }
        drop_address(probe);
        if (probe->addresses == NULL || !try_next(probe))
                finish(probe, probe->error);
        return G_SOURCE_REMOVE;
}

static void on_resolved(GObject *source, GAsyncResult *result, gpointer user)
{
        TcpProbe *probe = user;

        g_clear_object(&probe->resolving);
        g_clear_error(&probe->error);
        probe->addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result,
                                                            &probe->error);
        if (probe->is_cancelled)
                probe_free(probe);
        else if (!try_next(probe))
                finish(probe, probe->error);
}

static gboolean on_start(gpointer user)
{
        TcpProbe *probe = user;

        stop(&probe->starter);
        if (!try_next(probe))
                finish(probe, probe->error);
        return G_SOURCE_REMOVE;
}

TcpProbe *tcp_probe(GMainContext *context, const char *host, uint16_t port, int64_t timeout_us,
                    TcpProbeFunc done, gpointer user)
{
        TcpProbe *probe = g_new0(TcpProbe, 1);
        GInetAddress *address = g_inet_address_new_from_string(host);

        probe->context = g_main_context_ref(context != NULL ? context : g_main_context_default());
        probe->done = done;
        probe->user = user;
        probe->port = port;
        probe->timer = start_timer(probe, timeout_us, on_late);
        if (address != NULL) {
                probe->addresses = g_list_prepend(NULL, address);
                probe->starter = start_timer(probe, 0, on_start);
                return probe;
        }
        g_autoptr(GResolver) resolver = g_resolver_get_default();

        probe->resolving = g_cancellable_new();
        g_main_context_push_thread_default(probe->context);
        g_resolver_lookup_by_name_async(resolver, host, probe->resolving, on_resolved, probe);
        g_main_context_pop_thread_default(probe->context);
        return probe;
}

void tcp_probe_cancel(TcpProbe *probe)
{
        if (probe == NULL)
                return;
        if (probe->resolving == NULL) {
                probe_free(probe);
                return;
        }
        probe->is_cancelled = true;
        stop(&probe->timer);
        g_cancellable_cancel(probe->resolving);
}
