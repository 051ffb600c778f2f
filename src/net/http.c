#include "net/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <glib-unix.h>
#include <string.h>

GQuark http_error_quark(void)
{
        return g_quark_from_static_string("slipway-http-error-quark");
}

/*
 * curl's callbacks only note what has arrived. Handlers are called when curl has
 * returned (deliver()): it may not be entered again from inside its callbacks, and a
 * handler wants to cancel, send, or free the client.
 */

struct HttpClient {
        unsigned n_refs;
        bool is_freed;
        GMainContext *context;
        CURLM *multi;
        GSource *timer;      /* curl's one */
        GHashTable *watches; /* GSource *, one a socket: set */
        GHashTable *calls;   /* HttpCall *: set, each holds a reference */
        GQueue ready;        /* of HttpCall *, each holds a reference */
};

struct HttpCall {
        unsigned n_refs;
        HttpClient *client;
        CURL *easy;
        struct curl_slist *headers;
        GBytes *upload;
        GSource *headers_timer;
        HttpHandlers handlers;
        gpointer user;

        long status;
        size_t headers_size;
        size_t body_max;
        GString *body;   /* collected */
        GString *stream; /* arrived, not yet handed on */
        CURLcode code;
        bool has_headers, has_told_headers;
        bool is_too_large;
        bool is_late;     /* its headers did not come in time */
        bool is_complete; /* curl is done with it */
        bool is_over;     /* cancelled, or on_done was called */
        bool is_queued;
        char message[CURL_ERROR_SIZE];
};

static void call_unref(HttpCall *call)
{
        if (--call->n_refs > 0)
                return;
        g_assert(call->easy == NULL);
        curl_slist_free_all(call->headers);
        g_clear_pointer(&call->upload, g_bytes_unref);
        g_string_free(call->body, true);
        g_string_free(call->stream, true);
        g_free(call);
}

static void source_stop(GSource **source)
{
        if (*source == NULL)
                return;
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
}

/* Takes the request out of curl; closes its connection where it is not done */
static void call_detach(HttpCall *call)
{
        source_stop(&call->headers_timer);
        if (call->easy == NULL)
                return;
        call->is_complete = true; /* what curl may still hand us is dropped */
        curl_multi_remove_handle(call->client->multi, call->easy);
        curl_easy_cleanup(call->easy);
        call->easy = NULL;
}

/* No handler is called any more; drops the client's reference */
static void call_end(HttpCall *call)
{
        if (call->is_over)
                return;
        call->is_over = true;
        call_detach(call);
        g_hash_table_remove(call->client->calls, call);
        call_unref(call);
}

static void queue_ready(HttpCall *call)
{
        if (call->is_queued || call->is_over)
                return;
        call->is_queued = true;
        call->n_refs++;
        g_queue_push_tail(&call->client->ready, call);
}

/* ---- What curl tells ---- */

static size_t on_header(char *line, size_t one, size_t size, void *user)
{
        HttpCall *call = user;

        if (call->is_complete)
                return size;
        call->headers_size += size;
        if (call->headers_size > HTTP_HEADERS_MAX) {
                call->is_too_large = true;
                return 0;
        }
        if (call->has_headers || (size > 0 && line[0] != '\r' && line[0] != '\n'))
                return size; /* within the headers, or a trailer */
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
        if (call->status >= 100 && call->status < 200)
                return size; /* 100 Continue: the real ones follow */
        call->has_headers = true;
        queue_ready(call);
        return size;
}

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
        HttpCall *call = user;

        if (call->is_complete)
                return size;
        if (call->handlers.on_data != NULL && call->status < 400) {
                g_string_append_len(call->stream, data, (gssize) size);
                queue_ready(call);
                return size;
        }
        if (size > call->body_max - call->body->len) {
                call->is_too_large = true;
                return 0;
        }
        g_string_append_len(call->body, data, (gssize) size);
        return size;
}

static gboolean on_fd(int fd, GIOCondition condition, gpointer user);

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *watch)
{
        HttpClient *client = user;
        GIOCondition condition = 0;
        GSource *source;

        if (watch != NULL) {
                g_source_destroy(watch);
                g_hash_table_remove(client->watches, watch);
                curl_multi_assign(client->multi, fd, NULL);
        }
        if (what == CURL_POLL_REMOVE)
                return 0;
        if (what & CURL_POLL_IN)
                condition |= G_IO_IN;
        if (what & CURL_POLL_OUT)
                condition |= G_IO_OUT;
        source = g_unix_fd_source_new(fd, condition | G_IO_ERR | G_IO_HUP);
        g_source_set_callback(source, G_SOURCE_FUNC(on_fd), client, NULL);
        g_source_attach(source, client->context);
        g_hash_table_add(client->watches, source);
        curl_multi_assign(client->multi, fd, source);
        return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
        HttpClient *client = user;

        g_source_set_ready_time(client->timer, timeout_ms < 0 ? -1
                                                              : g_get_monotonic_time() +
                                                                        (gint64) timeout_ms * 1000);
        return 0;
}

/* ---- Handing it on ---- */

static HttpError error_code(const HttpCall *call)
{
        long sent_size = 0;

        switch ((int) call->code) {
        case CURLE_UNSUPPORTED_PROTOCOL: /* ours, or what answered was not HTTP */
                curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent_size);
                return sent_size > 0 ? HTTP_ERROR_FAILED : HTTP_ERROR_REQUEST;
        case CURLE_URL_MALFORMAT:
        case CURLE_BAD_FUNCTION_ARGUMENT:
                return HTTP_ERROR_REQUEST;
        case CURLE_COULDNT_CONNECT:
        case CURLE_COULDNT_RESOLVE_HOST:
                return HTTP_ERROR_CONNECT;
        case CURLE_OPERATION_TIMEDOUT:
                return HTTP_ERROR_TIMEOUT;
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_PARTIAL_FILE:
                return HTTP_ERROR_CUT;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CIPHER:
                return HTTP_ERROR_TLS;
        }
        return HTTP_ERROR_FAILED;
}

static GError *make_error(const HttpCall *call)
{
        const char *text = call->message[0] != '\0' ? call->message
                                                    : curl_easy_strerror(call->code);

        /* To curl, headers that end in their middle are a reply */
        if (call->code == CURLE_OK && !call->is_late && !call->has_headers)
                return g_error_new_literal(HTTP_ERROR, HTTP_ERROR_CUT,
                                           "the connection ended within the headers");
        if (call->code == CURLE_OK && !call->is_late)
                return NULL;
        /* curl has no room for a single header of 100 KB, and calls that so */
        if (call->is_too_large || call->code == CURLE_OUT_OF_MEMORY)
                return g_error_new(HTTP_ERROR, HTTP_ERROR_TOO_LARGE,
                                   "the reply is too large (at most %zu bytes of headers and %zu "
                                   "of body are taken)",
                                   HTTP_HEADERS_MAX, call->body_max);
        if (call->is_late)
                return g_error_new_literal(HTTP_ERROR, HTTP_ERROR_TIMEOUT,
                                           "no answer within the time allowed");
        return g_error_new_literal(HTTP_ERROR, (int) error_code(call), text);
}

static void finish(HttpCall *call)
{
        g_autoptr(GError) error = make_error(call);
        HttpResult result = {
                .error = error,
                .status = call->has_headers ? call->status : 0,
                .body = call->body->str,
                .body_size = call->body->len,
        };
        long os_errno = 0;

        if (call->easy != NULL)
                curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_errno);
        if (error != NULL)
                result.os_errno = (int) os_errno;
        call_end(call);
        call->handlers.on_done(&result, call->user);
}

/* The caller holds a reference */
static void deliver_one(HttpCall *call)
{
        if (!call->is_over && call->has_headers && !call->has_told_headers) {
                call->has_told_headers = true;
                source_stop(&call->headers_timer);
                if (call->handlers.on_headers != NULL)
                        call->handlers.on_headers(call->status, call->user);
        }
        if (!call->is_over && call->stream->len > 0) {
                GString *data = call->stream;

                call->stream = g_string_new(NULL);
                call->handlers.on_data(data->str, data->len, call->user);
                g_string_free(data, true);
        }
        if (!call->is_over && call->is_complete)
                finish(call);
}

static void client_unref(HttpClient *client)
{
        if (--client->n_refs > 0)
                return;
        g_assert(client->multi == NULL);
        g_main_context_unref(client->context);
        g_hash_table_unref(client->calls);
        g_hash_table_unref(client->watches);
        g_free(client);
}

/* Calls the handlers of all requests to which something happened. The caller holds a reference. */
static void deliver(HttpClient *client)
{
        HttpCall *call;
        CURLMsg *message;
        int n_left;

        while (!client->is_freed &&
               (message = curl_multi_info_read(client->multi, &n_left)) != NULL) {
                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &call);
                call->code = message->data.result;
                call->is_complete = true;
                queue_ready(call);
        }
        while ((call = g_queue_pop_head(&client->ready)) != NULL) {
                call->is_queued = false;
                deliver_one(call);
                call_unref(call);
        }
}

static void act(HttpClient *client, curl_socket_t fd, int mask)
{
        int n_running;

        client->n_refs++;
        curl_multi_socket_action(client->multi, fd, mask, &n_running);
        deliver(client);
        client_unref(client);
}

static gboolean on_fd(int fd, GIOCondition condition, gpointer user)
{
        int mask = 0;

        if (condition & (G_IO_IN | G_IO_HUP))
                mask |= CURL_CSELECT_IN;
        if (condition & G_IO_OUT)
                mask |= CURL_CSELECT_OUT;
        if (condition & G_IO_ERR)
                mask |= CURL_CSELECT_ERR;
        act(user, fd, mask);
        return G_SOURCE_CONTINUE;
}

static gboolean timer_dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
        return callback(user);
}

static gboolean on_timer_due(gpointer user)
{
        HttpClient *client = user;

        g_source_set_ready_time(client->timer, -1);
        act(client, CURL_SOCKET_TIMEOUT, 0);
        return G_SOURCE_CONTINUE;
}

/* ---- The client ---- */

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

HttpClient *http_client_new(GMainContext *context)
{
        static gsize is_initialised;
        HttpClient *client = g_new0(HttpClient, 1);

        if (g_once_init_enter(&is_initialised)) {
                curl_global_init(CURL_GLOBAL_DEFAULT);
                g_once_init_leave(&is_initialised, 1);
        }
        client->n_refs = 1;
        client->context = g_main_context_ref(context != NULL ? context : g_main_context_default());
        client->calls = g_hash_table_new(NULL, NULL);
        client->watches = g_hash_table_new_full(NULL, NULL, (GDestroyNotify) g_source_unref, NULL);
        client->timer = g_source_new(&timer_funcs, sizeof(GSource));
        g_source_set_callback(client->timer, on_timer_due, client, NULL);
        g_source_attach(client->timer, client->context);
        client->multi = curl_multi_init();
        curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
        curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
        curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
        curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long) HTTP_IDLE_CONNECTIONS_MAX);
        return client;
}

void http_client_free(HttpClient *client)
{
        if (client == NULL)
                return;
        g_autoptr(GList) calls = g_hash_table_get_keys(client->calls);
        GHashTableIter iter;
        gpointer watch;
        HttpCall *call;

        client->is_freed = true;
        for (GList *at = calls; at != NULL; at = at->next)
                call_end(at->data);
        while ((call = g_queue_pop_head(&client->ready)) != NULL)
                call_unref(call);
        curl_multi_cleanup(client->multi);
        client->multi = NULL;
        source_stop(&client->timer);
        g_hash_table_iter_init(&iter, client->watches);
        while (g_hash_table_iter_next(&iter, &watch, NULL))
                g_source_destroy(watch);
        client_unref(client);
}

/* ---- Sending ---- */

static gboolean on_headers_late(gpointer user)
{
        HttpCall *call = user;
        HttpClient *client = call->client;

        client->n_refs++;
        call->is_late = true;
        call->is_complete = true;
        queue_ready(call);
        deliver(client);
        client_unref(client);
        return G_SOURCE_REMOVE;
}

static void start_headers_timer(HttpCall *call, int64_t deadline_us)
{
        call->headers_timer = g_source_new(&timer_funcs, sizeof(GSource));
        g_source_set_callback(call->headers_timer, on_headers_late, call, NULL);
        g_source_set_ready_time(call->headers_timer, deadline_us);
        g_source_attach(call->headers_timer, call->client->context);
}

static void set_method(HttpCall *call, const HttpRequest *request)
{
        const char *method = request->method != NULL ? request->method : "GET";

        if (request->body != NULL || g_str_equal(method, "POST") || g_str_equal(method, "PUT")) {
                gsize size = 0;
                const void *data = "";

                if (request->body != NULL) {
                        call->upload = g_bytes_ref(request->body);
                        data = g_bytes_get_data(call->upload, &size);
                }
                curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
                curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) size);
                curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, data != NULL ? data : "");
        } else if (g_str_equal(method, "HEAD")) {
                curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
        }
        curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_peer(CURL *easy, const HttpRequest *request)
{
        curl_easy_setopt(easy, CURLOPT_URL, request->url);
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
        if (request->unix_path != NULL)
                curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->unix_path);
        if (request->ca_file != NULL)
                curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
        if (request->cert_file != NULL)
                curl_easy_setopt(easy, CURLOPT_SSLCERT, request->cert_file);
        if (request->key_file != NULL)
                curl_easy_setopt(easy, CURLOPT_SSLKEY, request->key_file);
        if (request->insecure) {
                curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
                curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
        }
}

static void set_headers(HttpCall *call, const HttpRequest *request)
{
        /* Else curl waits a second for a "100 Continue" before it sends a larger body */
        call->headers = curl_slist_append(NULL, "Expect:");
        call->headers = curl_slist_append(call->headers, "User-Agent: slipway");
        for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++)
                call->headers = curl_slist_append(call->headers, request->headers[i]);
        curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

static void set_times(HttpCall *call, const HttpRequest *request)
{
        curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(call->easy, CURLOPT_CONNECTTIMEOUT_MS,
                         (long) (HTTP_CONNECT_MAX_US / 1000));
        if (request->deadline_us != 0) {
                int64_t left_ms = (request->deadline_us - g_get_monotonic_time()) / 1000;

                curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS,
                                 (long) CLAMP(left_ms, 1, G_MAXINT32));
        }
        if (request->stall_max_s > 0) {
                curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
                curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_TIME, (long) request->stall_max_s);
        }
        if (request->headers_deadline_us != 0)
                start_headers_timer(call, request->headers_deadline_us);
}

HttpCall *http_send(HttpClient *client, const HttpRequest *request, const HttpHandlers *handlers,
                    gpointer user)
{
        HttpCall *call = g_new0(HttpCall, 1);

        g_assert(!client->is_freed);
        call->n_refs = 1;
        call->client = client;
        call->handlers = *handlers;
        call->user = user;
        call->body = g_string_new(NULL);
        call->stream = g_string_new(NULL);
        call->body_max = request->body_max != 0 ? request->body_max : HTTP_BODY_MAX;
        call->easy = curl_easy_init();
        curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
        curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->message);
        curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
        curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
        set_peer(call->easy, request);
        set_method(call, request);
        set_headers(call, request);
        set_times(call, request);
        g_hash_table_add(client->calls, call);
        curl_multi_add_handle(client->multi, call->easy);
        return call;
}

void http_cancel(HttpClient *client, HttpCall *call)
{
        if (call != NULL)
                call_end(call);
}

HttpCall *http_get(HttpClient *client, const char *url, bool insecure, int64_t timeout_us,
                   void (*on_done)(const HttpResult *result, gpointer user), gpointer user)
{
        HttpRequest request = {
                .url = url,
                .insecure = insecure,
                .deadline_us = g_get_monotonic_time() + timeout_us,
        };
        HttpHandlers handlers = { .on_done = on_done };

        return http_send(client, &request, &handlers, user);
}
