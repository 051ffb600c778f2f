#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/ready.h"
#include "controller/render.h"
#include "net/tcp.h"

/* Between two tries: 2 % of the time waited, within these */
#define GAP_MIN_US (20 * G_TIME_SPAN_MILLISECOND)
#define GAP_MAX_US (250 * G_TIME_SPAN_MILLISECOND)

#define HTTP_TIMEOUT_S 5 /* of one try, where the file says nothing */
#define TCP_TIMEOUT_US (2 * G_TIME_SPAN_SECOND)

struct Ready {
        HttpClient *http;
        const ReadyCheck *check;
        char *args[3];
        int64_t begun_us, deadline_us;
        HttpCall *call;
        TcpProbe *probe;
        guint timer;
        char *trouble;
        void (*done)(const char *error, gpointer user);
        gpointer user;
};

static void try_once(Ready *ready);

static void ready_free(Ready *ready)
{
        http_cancel(ready->http, ready->call);
        tcp_probe_cancel(ready->probe);
        g_clear_handle_id(&ready->timer, g_source_remove);
        for (size_t i = 0; i < G_N_ELEMENTS(ready->args); i++)
                g_free(ready->args[i]);
        g_free(ready->trouble);
        g_free(ready);
}

void ready_cancel(Ready *ready)
{
        if (ready != NULL)
                ready_free(ready);
}

static void end(Ready *ready, const char *error)
{
        void (*done)(const char *error, gpointer user) = ready->done;
        gpointer user = ready->user;
        g_autofree char *kept = g_strdup(error);

        ready_free(ready);
        done(kept, user);
}

static gboolean on_gap_over(gpointer data)
{
        Ready *ready = data;

        ready->timer = 0;
        try_once(ready);
        return G_SOURCE_REMOVE;
}

/* @trouble: (transfer full) */
static void again(Ready *ready, char *trouble)
{
        int64_t now_us = g_get_monotonic_time();
        int64_t gap_us = CLAMP((now_us - ready->begun_us) / 50, GAP_MIN_US, GAP_MAX_US);

        g_free(ready->trouble);
        ready->trouble = trouble;
        if (ready->check->timeout_s != EVENT_TIMEOUT_NEVER && now_us >= ready->deadline_us) {
                g_autofree char *why = g_strdup_printf("%s, for %" G_GINT64_FORMAT " s",
                                                       ready->trouble, ready->check->timeout_s);

                end(ready, why);
                return;
        }
        ready->timer = g_timeout_add(gap_us / 1000, on_gap_over, ready);
}

static void on_http(const HttpResult *result, gpointer user)
{
        Ready *ready = user;
        gint64 expected;

        ready->call = NULL;
        if (result->error != NULL) {
                again(ready, g_strdup_printf("%s: %s", ready->args[0], result->error->message));
        } else if (ready->args[1][0] == '\0' ||
                   (text_parse_int(ready->args[1], &expected) && expected == result->status)) {
                end(ready, NULL);
        } else {
                again(ready, g_strdup_printf("%s answers with status %ld, not %s", ready->args[0],
                                             result->status, ready->args[1]));
        }
}

static void on_tcp(const GError *error, gpointer user)
{
        Ready *ready = user;

        ready->probe = NULL;
        if (error == NULL)
                end(ready, NULL);
        else
                again(ready,
                      g_strdup_printf("%s:%s: %s", ready->args[0], ready->args[1], error->message));
}

static void try_once(Ready *ready)
{
        int64_t left_us = ready->check->timeout_s == EVENT_TIMEOUT_NEVER
                                  ? G_MAXINT32
                                  : ready->deadline_us - g_get_monotonic_time();
        gint64 seconds;
        guint64 port;

        left_us = MAX(left_us, US_PER_MS);
        if (ready->check->command == READY_HTTP_STATUS_CODE) {
                if (!text_parse_int(ready->args[2], &seconds) || seconds <= 0)
                        seconds = HTTP_TIMEOUT_S;
                ready->call = http_get(ready->http, ready->args[0], true,
                                       MIN(seconds * US_PER_S, left_us), on_http, ready);
        } else if (text_parse_uint(ready->args[1], &port) && port > 0 && port <= 65535) {
                ready->probe = tcp_probe(NULL, ready->args[0], port, MIN(TCP_TIMEOUT_US, left_us),
                                         on_tcp, ready);
        } else {
                again(ready, g_strdup_printf("`%s` is not a port", ready->args[1]));
        }
}

static gboolean on_cannot(gpointer data)
{
        Ready *ready = data;

        ready->timer = 0;
        end(ready, ready->trouble);
        return G_SOURCE_REMOVE;
}

Ready *ready_start(HttpClient *http, Scene *scene, const ReadyCheck *check,
                   void (*done)(const char *error, gpointer user), gpointer user)
{
        Ready *ready = g_new0(Ready, 1);

        ready->http = http;
        ready->check = check;
        ready->done = done;
        ready->user = user;
        ready->begun_us = g_get_monotonic_time();
        ready->deadline_us = ready->begun_us + check->timeout_s * US_PER_S;
        for (size_t i = 0; i < G_N_ELEMENTS(ready->args); i++) {
                ready->args[i] = i >= check->args.n ? g_strdup("")
                                                    : render_text(scene, &check->args.items[i],
                                                                  &ready->trouble);
                if (ready->args[i] == NULL) {
                        ready->timer = g_idle_add(on_cannot, ready);
                        return ready;
                }
        }
        try_once(ready);
        return ready;
}
