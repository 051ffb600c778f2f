/* WATCH: the stream of events, kept open over lost connections */

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/frames.h"
#include "engine/docker/internal.h"
#include "engine/docker/reply.h"

#define RETRY_MIN_US (100 * US_PER_MS)
#define RETRY_MAX_US (5 * US_PER_S)

typedef struct Watch {
        JsonReader reader;
        bool has_reader;
        bool is_open;
        int64_t retry_us;     /* 0: the stream was good until now */
        int64_t seen_wall_ns; /* of the newest event; 0: none yet */
        GError *told;         /* what the caller knows to be wrong; NULL: nothing */
} Watch;

static void watch_free(gpointer data)
{
        Watch *watch = data;

        if (watch->has_reader)
                json_reader_done(&watch->reader);
        g_clear_error(&watch->told);
        g_free(watch);
}

static Watch *watch_of(EngineCall *call)
{
        if (call->state == NULL) {
                call->state = g_new0(Watch, 1);
                call->state_free = watch_free;
        }
        return call->state;
}

/* Says what is wrong, once for as long as it is the same, and tries again later */
static void lost(EngineCall *call, const GError *error)
{
        Watch *watch = watch_of(call);
        bool is_known = watch->told != NULL && watch->told->code == error->code &&
                        g_str_equal(watch->told->message, error->message);

        watch->is_open = false;
        watch->retry_us = watch->retry_us == 0 ? RETRY_MIN_US
                                               : MIN(2 * watch->retry_us, RETRY_MAX_US);
        if (!is_known) {
                g_clear_error(&watch->told);
                watch->told = g_error_copy(error);
                if (!call_reply(call, &(EngineReply){ .error = watch->told }))
                        return;
        }
        docker_engine_forget_version(call->engine);
        call_after(call, watch->retry_us, call_begin);
}

void watch_no_engine(EngineCall *call, const GError *error)
{
        if (error->code == ENGINE_ERROR_TOO_OLD)
                call_fail(call, error);
        else
                lost(call, error);
}

static void on_open(EngineCall *call)
{
        Watch *watch = call->state;

        watch->retry_us = 0;
        g_clear_error(&watch->told);
        watch->is_open = true;
        call_reply(call, &(EngineReply){ .is_open = true });
}

static bool on_item(const json_t *item, gpointer user)
{
        EngineCall *call = user;
        Watch *watch = call->state;
        g_autofree char *action = NULL;
        EngineEvent event;

        watch->seen_wall_ns = MAX(watch->seen_wall_ns, json_int_at(item, "timeNano", 0));
        if (call->engine->on_event != NULL)
                return call->engine->on_event(call, item);
        if (!docker_event_parse(item, &event, &action))
                return true;
        return call_reply(call, &(EngineReply){ .event = &event });
}

static void on_events(EngineCall *call, const char *data, size_t size)
{
        Watch *watch = call->state;
        g_autoptr(GError) error = NULL;

        if (json_reader_push(&watch->reader, data, size, on_item, call))
                return;
        error = g_error_new_literal(ENGINE_ERROR, ENGINE_ERROR_REPLY,
                                    "the engine's events are not JSON, or too large");
        call_cancel_steps(call);
        lost(call, error);
}

static void on_ended(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(GError)
                error = answer->error != NULL
                                ? g_error_copy(answer->error)
                                : g_error_new_literal(ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE,
                                                      "the engine ended its stream of events");

        lost(call, error);
}

bool watch_is_open(const EngineCall *call)
{
        const Watch *watch = call->state;

        return watch != NULL && watch->is_open;
}

void watch_begin(EngineCall *call)
{
        Watch *watch = watch_of(call);
        g_autofree char *path = NULL;
        int64_t since_ns;

        if (watch->has_reader)
                json_reader_done(&watch->reader);
        json_reader_init(&watch->reader);
        watch->has_reader = true;
        /* The engine sends its headers a moment before it subscribes us: what happened from now on
         * is asked for again. Events may so come twice, never not at all. */
        since_ns = watch->seen_wall_ns != 0 ? watch->seen_wall_ns + 1
                                            : g_get_real_time() * NS_PER_US;
        path = g_strdup_printf("/events?since=%" G_GINT64_FORMAT ".%09" G_GINT64_FORMAT
                               "&filters=%s",
                               since_ns / NS_PER_S, since_ns % NS_PER_S, call->query);
        call_step(call, &(DockerStepRequest){ .path = path,
                                              .is_long = true,
                                              .on_headers = on_open,
                                              .on_data = on_events,
                                              .on_answer = on_ended });
}
