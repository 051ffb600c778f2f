/* LOGS: of all tasks of a service, from whatever nodes they are on */

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/frames.h"
#include "engine/swarm/internal.h"

/* The engine waits without end for the part of a node that is down: what is there is enough */
#define LOGS_QUIET_US (5 * US_PER_S)

typedef struct Logs {
        FrameReader frames;
        bool is_following;
        int64_t heard_us; /* monotonic: when something came last */
} Logs;

bool swarm_logs_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        Logs *logs = g_new0(Logs, 1);

        logs->is_following = request->follow;
        call->state = logs;
        call->state_free = g_free;
        call->query = logs_query(request);
        if (call->id[0] != '\0')
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, "no service was given");
        return false;
}

static void on_data(EngineCall *call, const char *data, size_t size)
{
        Logs *logs = call->state;

        logs->heard_us = g_get_monotonic_time();
        if (!frame_reader_push(&logs->frames, data, size, logs_on_bytes, call))
                call_fail_with(call, ENGINE_ERROR_REPLY, "the service's log is garbled");
}

static void end_when_quiet(EngineCall *call)
{
        const Logs *logs = call->state;
        int64_t quiet_us = g_get_monotonic_time() - logs->heard_us;

        if (quiet_us >= LOGS_QUIET_US)
                call_done(call);
        else
                call_after(call, LOGS_QUIET_US - quiet_us, end_when_quiet);
}

static void on_service(EngineCall *call, const DockerAnswer *answer)
{
        const json_t *service = service_answer(call, answer);
        Logs *logs = call->state;
        g_autofree char *path = NULL;

        if (service == NULL)
                return;
        path = g_strconcat("/services/", json_string_at(service, "ID", ""), call->query, NULL);
        logs->frames.is_raw = json_bool_at(service, "Spec.TaskTemplate.ContainerSpec.TTY", false);
        logs->heard_us = g_get_monotonic_time();
        call_step(call, &(DockerStepRequest){ .path = path,
                                              .is_long = true,
                                              .is_stream = !logs->is_following,
                                              .on_data = on_data,
                                              .on_answer = logs_on_end });
        if (!logs->is_following)
                call_after(call, LOGS_QUIET_US, end_when_quiet);
}

void swarm_logs_begin(EngineCall *call)
{
        service_ask(call, on_service);
}
