/* LOGS and IMAGE_PULL: what comes piece by piece */

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/error.h"
#include "engine/docker/frames.h"
#include "engine/docker/internal.h"
#include "engine/docker/pull.h"

/* ---- Logs ---- */

typedef struct Logs {
        FrameReader frames;
        bool is_following;
} Logs;

char *logs_query(const EngineRequest *request)
{
        g_autofree char *tail = request->tail < 0
                                        ? g_strdup("all")
                                        : g_strdup_printf("%" G_GINT64_FORMAT, request->tail);

        return g_strdup_printf("/logs?stdout=1&stderr=1&follow=%d&tail=%s&since=%" G_GINT64_FORMAT
                               ".%09" G_GINT64_FORMAT,
                               request->follow, tail, request->since_wall_ns / NS_PER_S,
                               request->since_wall_ns % NS_PER_S);
}

bool logs_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        Logs *logs = g_new0(Logs, 1);

        logs->is_following = request->follow;
        call->state = logs;
        call->state_free = g_free;
        call->query = logs_query(request);
        if (call->id[0] != '\0')
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "no container was given");
        return false;
}

bool logs_on_bytes(bool is_stderr, const char *data, size_t size, gpointer user)
{
        return call_reply(user,
                          &(EngineReply){ .data = data, .size = size, .is_stderr = is_stderr });
}

static void on_log_data(EngineCall *call, const char *data, size_t size)
{
        Logs *logs = call->state;

        if (!frame_reader_push(&logs->frames, data, size, logs_on_bytes, call))
                call_fail_with(call, ENGINE_ERROR_REPLY, "the container's log is garbled");
}

void logs_on_end(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->error != NULL)
                call_fail(call, answer->error);
        else
                call_done(call);
}

static void on_log_container(EngineCall *call, const DockerAnswer *answer)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/containers/", id, call->query, NULL);
        Logs *logs = call->state;

        if (call_failed(call, answer))
                return;
        logs->frames.is_raw = json_bool_at(answer->json, "Config.Tty", false);
        call_step(call, &(DockerStepRequest){ .path = path,
                                              .is_long = true,
                                              .is_stream = !logs->is_following,
                                              .on_data = on_log_data,
                                              .on_answer = logs_on_end });
}

/* Whether there are frames depends on the container's having a terminal */
void logs_begin(EngineCall *call)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/containers/", id, "/json", NULL);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_log_container });
}

/* ---- Pull ---- */

typedef struct Pull {
        JsonReader reader;
        PullProgress *progress;
        char *told; /* the last line told */
        int64_t told_us;
        GError *error; /* found within the stream */
} Pull;

#define PULL_TELL_US (100 * US_PER_MS) /* between two lines about the same */

static void pull_free(gpointer data)
{
        Pull *pull = data;

        json_reader_done(&pull->reader);
        pull_progress_free(pull->progress);
        g_free(pull->told);
        g_clear_error(&pull->error);
        g_free(pull);
}

static bool on_pull_item(const json_t *item, gpointer user)
{
        EngineCall *call = user;
        Pull *pull = call->state;
        const char *words = json_string_at(item, "errorDetail.message",
                                           json_string_at(item, "error", NULL));
        int64_t now_us = g_get_monotonic_time();
        g_autofree char *line = NULL;
        int percent;

        if (words != NULL) {
                g_clear_error(&pull->error);
                pull->error = docker_error_from_words(ENGINE_IMAGE_PULL, 0, words);
                return true;
        }
        if (!pull_progress_add(pull->progress, item))
                return true;
        line = pull_progress_text(pull->progress, &percent);
        if (now_us - pull->told_us < PULL_TELL_US || g_strcmp0(line, pull->told) == 0)
                return true;
        g_free(pull->told);
        pull->told = g_steal_pointer(&line);
        pull->told_us = now_us;
        return call_reply(call, &(EngineReply){ .progress = pull->told, .percent = percent });
}

static void on_pull_data(EngineCall *call, const char *data, size_t size)
{
        Pull *pull = call->state;

        if (!json_reader_push(&pull->reader, data, size, on_pull_item, call))
                call_fail_with(call, ENGINE_ERROR_REPLY,
                               "the engine's progress of the pull is not JSON, or too large");
}

static void on_pulled(EngineCall *call, const DockerAnswer *answer)
{
        const Pull *pull = call->state;

        if (pull->error != NULL)
                call_fail(call, pull->error);
        else if (answer->error != NULL)
                call_fail(call, answer->error);
        else
                call_done(call);
}

void pull_begin(EngineCall *call)
{
        Pull *pull = g_new0(Pull, 1);
        g_autofree char *path = pull_path(call->image);

        json_reader_init(&pull->reader);
        pull->progress = pull_progress_new();
        call->state = pull;
        call->state_free = pull_free;
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = path,
                                              .auth = call->auth,
                                              .is_stream = true,
                                              .on_data = on_pull_data,
                                              .on_answer = on_pulled });
}
