#include "net/http.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

/*
 * The server is a thread that gives each connection the same bytes: first those of
 * `reply`, and then, as `then` says, more of the same, silence, or the end.
 */

typedef enum Then {
        THEN_CLOSE,
        THEN_KEEP, /* wait for the next request */
        THEN_SILENCE,
        THEN_FLOOD, /* x for ever */
} Then;

typedef struct Server {
        char *dir, *path;
        GSocketService *service;
        GThread *thread;
        GMainContext *context;
        GMainLoop *loop;
        const char *reply;
        Then then;
        int n_connections, n_active; /* atomic */
        char *request;               /* the last one's head and body; read after the reply only */
} Server;

static bool read_request(Server *server, GSocketConnection *connection)
{
        GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
        g_autoptr(GString) text = g_string_new(NULL);
        const char *end, *length;
        char buffer[4096];
        gssize n;

        while ((end = strstr(text->str, "\r\n\r\n")) == NULL ||
               ((length = strstr(text->str, "Content-Length: ")) != NULL &&
                strlen(end + 4) < g_ascii_strtoull(length + 16, NULL, 10))) {
                n = g_input_stream_read(in, buffer, sizeof buffer, NULL, NULL);
                if (n <= 0)
                        return false;
                g_string_append_len(text, buffer, n);
        }
        g_free(g_atomic_pointer_exchange(&server->request, g_strdup(text->str)));
        return true;
}

/* On the server's thread, before the connection gets one of its own: who stops the server waits for
 * those, too, that have not come to run yet. */
static gboolean on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source,
                            gpointer user)
{
        Server *server = user;

        g_atomic_int_inc(&server->n_active);
        return false;
}

static gboolean on_run(GThreadedSocketService *service, GSocketConnection *connection,
                       GObject *source, gpointer user)
{
        Server *server = user;
        GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
        GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
        char flood[8192], byte;

        g_atomic_int_inc(&server->n_connections);
        while (read_request(server, connection)) {
                if (!g_output_stream_write_all(out, server->reply, strlen(server->reply), NULL,
                                               NULL, NULL))
                        break;
                if (server->then == THEN_KEEP)
                        continue;
                memset(flood, 'x', sizeof flood);
                while (server->then == THEN_FLOOD &&
                       g_output_stream_write_all(out, flood, sizeof flood, NULL, NULL, NULL))
                        ;
                if (server->then == THEN_SILENCE)
                        g_input_stream_read(in, &byte, 1, NULL, NULL); /* till the peer goes */
                break;
        }
        g_atomic_int_add(&server->n_active, -1);
        return true;
}

static gpointer run_server(gpointer user)
{
        Server *server = user;

        g_main_context_push_thread_default(server->context);
        g_main_loop_run(server->loop);
        g_main_context_pop_thread_default(server->context);
        return NULL;
}

static Server *server_start(const char *reply, Then then)
{
        Server *server = g_new0(Server, 1);
        g_autoptr(GSocketAddress) address = NULL;
        g_autoptr(GError) error = NULL;

        server->reply = reply;
        server->then = then;
        server->dir = g_dir_make_tmp("http-test-XXXXXX", NULL);
        server->path = g_build_filename(server->dir, "socket", NULL);
        server->context = g_main_context_new();
        server->loop = g_main_loop_new(server->context, false);
        g_main_context_push_thread_default(server->context);
        server->service = g_threaded_socket_service_new(-1);
        g_socket_listener_set_backlog(G_SOCKET_LISTENER(server->service), 100);
        address = g_unix_socket_address_new(server->path);
        g_socket_listener_add_address(G_SOCKET_LISTENER(server->service), address,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                      &error);
        g_assert_no_error(error);
        g_signal_connect(server->service, "incoming", G_CALLBACK(on_incoming), server);
        g_signal_connect(server->service, "run", G_CALLBACK(on_run), server);
        g_socket_service_start(server->service);
        g_main_context_pop_thread_default(server->context);
        server->thread = g_thread_new("server", run_server, server);
        return server;
}

static gboolean on_quit(gpointer loop)
{
        g_main_loop_quit(loop);
        return G_SOURCE_REMOVE;
}

static void server_stop(Server *server)
{
        GSource *source = g_idle_source_new();

        g_source_set_callback(source, on_quit, server->loop, NULL);
        g_source_attach(source, server->context);
        g_source_unref(source);
        g_thread_join(server->thread);
        while (g_atomic_int_get(&server->n_active) > 0)
                g_thread_yield();
        g_socket_service_stop(server->service);
        g_socket_listener_close(G_SOCKET_LISTENER(server->service));
        g_object_unref(server->service);
        g_main_loop_unref(server->loop);
        g_main_context_unref(server->context);
        g_unlink(server->path);
        g_rmdir(server->dir);
        g_free(server->dir);
        g_free(server->path);
        g_free(server->request);
        g_free(server);
}

/* ---- One request and what became of it ---- */

typedef struct Seen {
        HttpClient *client;
        HttpCall *call;
        unsigned n_headers, n_done;
        long status;
        GString *data, *body;
        GError *error;
        int os_errno;
        bool cancels_on_data, frees_on_data;
} Seen;

static void on_headers(long status, gpointer user)
{
        Seen *seen = user;

        seen->n_headers++;
        seen->status = status;
}

static void on_data(const char *data, size_t size, gpointer user)
{
        Seen *seen = user;

        g_assert_cmpint(seen->n_headers, ==, 1);
        g_string_append_len(seen->data, data, (gssize) size);
        if (seen->cancels_on_data)
                http_cancel(seen->client, seen->call);
        if (seen->frees_on_data)
                g_clear_pointer(&seen->client, http_client_free);
}

static void on_done(const HttpResult *result, gpointer user)
{
        Seen *seen = user;

        seen->n_done++;
        seen->status = result->status;
        seen->os_errno = result->os_errno;
        g_string_append_len(seen->body, result->body, (gssize) result->body_size);
        if (result->error != NULL)
                seen->error = g_error_copy(result->error);
}

static void seen_init(Seen *seen)
{
        *seen = (Seen){ .client = http_client_new(NULL),
                        .data = g_string_new(NULL),
                        .body = g_string_new(NULL) };
}

static void seen_done(Seen *seen)
{
        http_client_free(seen->client);
        g_string_free(seen->data, true);
        g_string_free(seen->body, true);
        g_clear_error(&seen->error);
}

static void send_to(Seen *seen, const Server *server, bool is_stream, const HttpRequest *more)
{
        HttpRequest request = more != NULL ? *more : (HttpRequest){ 0 };
        HttpHandlers handlers = { on_headers, is_stream ? on_data : NULL, on_done };

        request.url = "http://engine/path";
        request.unix_path = server->path;
        seen->call = http_send(seen->client, &request, &handlers, seen);
        g_assert_cmpint(seen->n_done, ==, 0);
}

static void wait_done(Seen *seen)
{
        while (seen->n_done == 0)
                g_main_context_iteration(NULL, true);
}

#define HELLO  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CHUNKS "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void test_a_body_is_collected_and_the_connection_used_again(void)
{
        Server *server = server_start(HELLO, THEN_KEEP);
        Seen seen;

        seen_init(&seen);
        for (unsigned i = 0; i < 3; i++) {
                seen.n_done = 0;
                g_string_truncate(seen.body, 0);
                send_to(&seen, server, false, NULL);
                wait_done(&seen);
                g_assert_no_error(seen.error);
                g_assert_cmpint(seen.status, ==, 200);
                g_assert_cmpstr(seen.body->str, ==, "hello");
        }
        g_assert_cmpint(g_atomic_int_get(&server->n_connections), ==, 1);
        seen_done(&seen);
        server_stop(server);
}

static void test_many_requests_go_side_by_side(void)
{
        Server *server = server_start(HELLO, THEN_KEEP);
        Seen seen;

        seen_init(&seen);
        for (unsigned i = 0; i < 50; i++)
                send_to(&seen, server, false, NULL);
        while (seen.n_done < 50)
                g_main_context_iteration(NULL, true);
        g_assert_no_error(seen.error);
        g_assert_cmpint(seen.body->len, ==, 250);
        seen_done(&seen);
        server_stop(server);
}

static void test_method_headers_and_body_are_sent(void)
{
        Server *server = server_start(HELLO, THEN_KEEP);
        g_autoptr(GBytes) body = g_bytes_new_static("{\"a\":1}", 7);
        const char *const headers[] = { "Content-Type: application/json", "X-Two: 2", NULL };
        HttpRequest request = { .method = "PUT", .headers = headers, .body = body };
        Seen seen;

        seen_init(&seen);
        send_to(&seen, server, false, &request);
        wait_done(&seen);
        g_assert_true(g_str_has_prefix(server->request, "PUT /path HTTP/1.1\r\n"));
        g_assert_nonnull(strstr(server->request, "Content-Type: application/json\r\n"));
        g_assert_nonnull(strstr(server->request, "X-Two: 2\r\n"));
        g_assert_null(strstr(server->request, "Expect"));
        g_assert_true(g_str_has_suffix(server->request, "\r\n\r\n{\"a\":1}"));
        seen_done(&seen);
        server_stop(server);
}

static void test_chunks_are_streamed_after_the_headers(void)
{
        Server *server = server_start(CHUNKS "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", THEN_CLOSE);
        Seen seen;

        seen_init(&seen);
        send_to(&seen, server, true, NULL);
        wait_done(&seen);
        g_assert_no_error(seen.error);
        g_assert_cmpstr(seen.data->str, ==, "abcde");
        g_assert_cmpint(seen.body->len, ==, 0);
        seen_done(&seen);
        server_stop(server);
}

static void test_headers_are_told_while_the_body_is_awaited(void)
{
        Server *server = server_start(CHUNKS, THEN_SILENCE);
        Seen seen;

        seen_init(&seen);
        send_to(&seen, server, false, NULL);
        while (seen.n_headers == 0)
                g_main_context_iteration(NULL, true);
        g_assert_cmpint(seen.status, ==, 200);
        g_assert_cmpint(seen.n_done, ==, 0);
        seen_done(&seen);
        g_assert_cmpint(seen.n_done, ==, 0);
        server_stop(server);
}

static void test_an_error_status_is_collected_even_where_data_is_streamed(void)
{
        Server *server = server_start("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", THEN_KEEP);
        Seen seen;

        seen_init(&seen);
        send_to(&seen, server, true, NULL);
        wait_done(&seen);
        g_assert_no_error(seen.error);
        g_assert_cmpint(seen.status, ==, 404);
        g_assert_cmpstr(seen.body->str, ==, "no");
        g_assert_cmpint(seen.data->len, ==, 0);
        seen_done(&seen);
        server_stop(server);
}

/* What a server does wrong, and what is made of it */
static void check_fault(const char *reply, Then then, const HttpRequest *request, HttpError code)
{
        Server *server = server_start(reply, then);
        Seen seen;

        seen_init(&seen);
        send_to(&seen, server, false, request);
        wait_done(&seen);
        g_test_message("%.60s: %s", reply, seen.error != NULL ? seen.error->message : "well");
        g_assert_error(seen.error, HTTP_ERROR, (int) code);
        seen_done(&seen);
        server_stop(server);
}

static void test_faults_are_errors(void)
{
        g_autofree char *headers = g_strnfill(HTTP_HEADERS_MAX, 'x');
        g_autofree char *large = g_strconcat("HTTP/1.1 200 OK\r\nX-1: ", headers, "\r\n\r\n", NULL);
        HttpRequest small = { .body_max = 4 };
        HttpRequest soon = { .deadline_us = g_get_monotonic_time() + 50000 };
        HttpRequest headers_soon = { .headers_deadline_us = g_get_monotonic_time() + 150000 };

        check_fault("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", THEN_CLOSE, NULL,
                    HTTP_ERROR_CUT);
        check_fault(CHUNKS "5\r\nhello\r\n", THEN_CLOSE, NULL, HTTP_ERROR_CUT);
        check_fault(CHUNKS "5\r\nhel", THEN_CLOSE, NULL, HTTP_ERROR_CUT);
        check_fault("", THEN_CLOSE, NULL, HTTP_ERROR_CUT);
        check_fault("HTTP/1.1 200 OK\r\nX", THEN_CLOSE, NULL, HTTP_ERROR_CUT);
        check_fault("SSH-2.0-x\r\n", THEN_CLOSE, NULL, HTTP_ERROR_FAILED);
        check_fault(HELLO, THEN_CLOSE, &small, HTTP_ERROR_TOO_LARGE);
        check_fault("HTTP/1.1 200 OK\r\n\r\nx", THEN_FLOOD, NULL, HTTP_ERROR_TOO_LARGE);
        check_fault("HTTP/1.1 200 OK\r\nX-Y: x", THEN_FLOOD, NULL, HTTP_ERROR_TOO_LARGE);
        check_fault(large, THEN_CLOSE, NULL, HTTP_ERROR_TOO_LARGE);
        check_fault(CHUNKS "5\r\nhel", THEN_SILENCE, &soon, HTTP_ERROR_TIMEOUT);
        check_fault("HTTP/1.1 200 OK\r\n", THEN_SILENCE, &headers_soon, HTTP_ERROR_TIMEOUT);
}

static void test_a_missing_socket_is_no_connection(void)
{
        Server server = { .path = (char *) "/nonexistent/socket" };
        Seen seen;

        seen_init(&seen);
        send_to(&seen, &server, false, NULL);
        wait_done(&seen);
        g_assert_error(seen.error, HTTP_ERROR, HTTP_ERROR_CONNECT);
        g_assert_cmpint(seen.status, ==, 0);
        seen_done(&seen);
}

static void test_a_handler_may_cancel(void)
{
        Server *server = server_start(CHUNKS "3\r\nabc\r\n", THEN_SILENCE);
        Seen seen;

        seen_init(&seen);
        seen.cancels_on_data = true;
        send_to(&seen, server, true, NULL);
        while (seen.data->len == 0)
                g_main_context_iteration(NULL, true);
        for (unsigned i = 0; i < 10; i++)
                g_main_context_iteration(NULL, false);
        g_assert_cmpint(seen.n_done, ==, 0);
        seen_done(&seen);
        server_stop(server);
}

static void test_a_handler_may_free_the_client(void)
{
        Server *server = server_start(CHUNKS "3\r\nabc\r\n0\r\n\r\n", THEN_CLOSE);
        Seen seen;

        seen_init(&seen);
        seen.frees_on_data = true;
        send_to(&seen, server, true, NULL);
        while (seen.data->len == 0)
                g_main_context_iteration(NULL, true);
        g_assert_null(seen.client);
        g_assert_cmpint(seen.n_done, ==, 0);
        seen_done(&seen);
        server_stop(server);
}

static void test_get_tells_the_status(void)
{
        g_autoptr(GSocketService) service = g_socket_service_new();
        Seen seen;

        /* Nobody accepts: the connection is made, and then nothing comes */
        guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), NULL, NULL);
        g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", port);

        g_socket_service_stop(service);
        seen_init(&seen);
        http_get(seen.client, url, false, 100000, on_done, &seen);
        wait_done(&seen);
        g_assert_error(seen.error, HTTP_ERROR, HTTP_ERROR_TIMEOUT);
        seen_done(&seen);
        g_socket_listener_close(G_SOCKET_LISTENER(service));
        seen_init(&seen);
        http_get(seen.client, url, false, 1000000, on_done, &seen);
        wait_done(&seen);
        g_assert_error(seen.error, HTTP_ERROR, HTTP_ERROR_CONNECT);
        seen_done(&seen);
        seen_init(&seen);
        http_get(seen.client, "ftp://localhost/", false, 1000000, on_done, &seen);
        wait_done(&seen);
        g_assert_error(seen.error, HTTP_ERROR, HTTP_ERROR_REQUEST);
        seen_done(&seen);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/http/" #name, test_##name)
        ADD(a_body_is_collected_and_the_connection_used_again);
        ADD(many_requests_go_side_by_side);
        ADD(method_headers_and_body_are_sent);
        ADD(chunks_are_streamed_after_the_headers);
        ADD(headers_are_told_while_the_body_is_awaited);
        ADD(an_error_status_is_collected_even_where_data_is_streamed);
        ADD(faults_are_errors);
        ADD(a_missing_socket_is_no_connection);
        ADD(a_handler_may_cancel);
        ADD(a_handler_may_free_the_client);
        ADD(get_tells_the_status);
        return g_test_run();
}
