#include "controller/outside.h"

#include <string.h>

#include "base/timefmt.h"
#include "controller/commands.h"
#include "crypto/secret.h"
#include "net/http.h"

#define NAME_PREFIX "slipway-command-"

/* ---- Pages ---- */

typedef struct Fetching {
        long status;
        char *body;
        GError *error;
        bool is_done;
} Fetching;

static void on_page(const HttpResult *result, gpointer user)
{
        Fetching *fetching = user;

        fetching->is_done = true;
        fetching->status = result->status;
        if (result->error != NULL)
                fetching->error = g_error_copy(result->error);
        else
                fetching->body = g_strndup(result->body, result->body_size);
}

bool outside_fetch(gpointer user, const char *url, int64_t timeout_us, long *ret_status,
                   char **ret_body, GError **error)
{
        g_autoptr(HttpClient) client = http_client_new(NULL);
        HttpHandlers handlers = { .on_done = on_page };
        HttpRequest request = { .method = "GET",
                                .url = url,
                                .body_max = OUTSIDE_BODY_MAX,
                                .deadline_us = g_get_monotonic_time() + timeout_us };
        Fetching fetching = { 0 };

        http_send(client, &request, &handlers, &fetching);
        while (!fetching.is_done)
                g_main_context_iteration(NULL, true);
        if (fetching.error != NULL) {
                g_propagate_error(error, fetching.error);
                return false;
        }
        *ret_status = fetching.status;
        *ret_body = fetching.body;
        return true;
}

/* ---- Commands in a container ---- */

typedef struct Raw {
        Engine *engine;
        Spec *spec;
        char *name;
        char *labels[3];
        int64_t timeout_s;
        GString *output, *errors;
} Raw;

/* What one request has answered so far */
typedef struct Reply {
        Raw *raw;
        bool is_open, is_final;
        int exit_code;
        GError *error;
} Reply;

static void keep(GString *stream, const EngineReply *reply)
{
        gsize room = stream->len < RAW_OUTPUT_MAX ? RAW_OUTPUT_MAX - stream->len : 0;

        g_string_append_len(stream, reply->data, MIN(room, reply->size));
}

static void on_reply(const EngineReply *reply, gpointer user)
{
        Reply *got = user;

        got->is_open |= reply->is_open;
        got->is_final = reply->is_final;
        got->exit_code = reply->exit_code;
        if (reply->data != NULL && reply->op == ENGINE_LOGS)
                keep(reply->is_stderr ? got->raw->errors : got->raw->output, reply);
        if (reply->is_final && reply->error != NULL)
                got->error = g_error_copy(reply->error);
}

static bool finish(Reply *reply, GError **error)
{
        if (reply->error == NULL)
                return true;
        g_propagate_error(error, g_steal_pointer(&reply->error));
        return false;
}

static bool ask(Raw *raw, const EngineRequest *request, GError **error)
{
        Reply reply = { .raw = raw };

        engine_send(raw->engine, request, on_reply, &reply);
        while (!reply.is_final)
                g_main_context_iteration(NULL, true);
        return finish(&reply, error);
}

static bool have_image(Raw *raw, GError **error)
{
        EngineRequest inspect = { .op = ENGINE_IMAGE_INSPECT, .image = raw->spec->image };
        EngineRequest pull = { .op = ENGINE_IMAGE_PULL, .image = raw->spec->image };
        g_autoptr(GError) fault = NULL;

        if (ask(raw, &inspect, &fault))
                return true;
        if (!g_error_matches(fault, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return false;
        }
        if (ask(raw, &pull, error))
                return true;
        g_prefix_error(error, "pulling %s: ", raw->spec->image);
        return false;
}

static gboolean on_late(gpointer user)
{
        *(bool *) user = true;
        return G_SOURCE_CONTINUE;
}

/* Starts the container and waits for its exit; the wait is open before the start, so that the exit
 * is not missed */
static bool start_and_wait(Raw *raw, int *ret_exit_code, GError **error)
{
        EngineRequest wait = { .op = ENGINE_WAIT, .id = raw->name };
        EngineRequest start = { .op = ENGINE_START, .id = raw->name };
        Reply reply = { .raw = raw };
        EngineCall *call = engine_send(raw->engine, &wait, on_reply, &reply);
        bool is_late = false;
        guint timer;

        while (!reply.is_open && !reply.is_final)
                g_main_context_iteration(NULL, true);
        if (!reply.is_final && !ask(raw, &start, error)) {
                engine_cancel(raw->engine, reply.is_final ? NULL : call);
                g_clear_error(&reply.error);
                return false;
        }
        timer = g_timeout_add_seconds(raw->timeout_s, on_late, &is_late);
        while (!reply.is_final && !is_late)
                g_main_context_iteration(NULL, true);
        g_source_remove(timer);
        if (!reply.is_final) {
                engine_cancel(raw->engine, call);
                g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE,
                            "it did not end within %" G_GINT64_FORMAT " s", raw->timeout_s);
                return false;
        }
        *ret_exit_code = reply.exit_code;
        return finish(&reply, error);
}

static char *run_created(Raw *raw, GError **error)
{
        EngineRequest logs = { .op = ENGINE_LOGS, .id = raw->name, .tail = -1 };
        int exit_code;

        if (!start_and_wait(raw, &exit_code, error) || !ask(raw, &logs, error))
                return NULL;
        if (exit_code != 0) {
                g_strstrip(raw->errors->str);
                g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE, "it exited with %d: %s",
                            exit_code, raw->errors->str);
                return NULL;
        }
        return g_strdup(raw->output->str);
}

static void fill_spec(Raw *raw, const char *image, const Command *command)
{
        Spec *spec = raw->spec;
        const char **entrypoint = arena_new0(spec->arena, const char *, 2);
        const char **cmd = arena_new0(spec->arena, const char *, 1);
        g_autoptr(GString) line = g_string_new(NULL);

        for (size_t i = 0; i < command->n_args; i++)
                g_string_append_printf(line, "%s%s", i > 0 ? " " : "", command->args[i]);
        entrypoint[0] = "/bin/bash";
        entrypoint[1] = "-c";
        cmd[0] = arena_strdup(spec->arena, line->str);
        spec->image = arena_strdup(spec->arena, image != NULL ? image : RAW_IMAGE);
        spec->entrypoint = entrypoint;
        spec->n_entrypoint = 2;
        spec->has_entrypoint = true;
        spec->cmd = cmd;
        spec->n_cmd = 1;
        spec->has_cmd = true;
        spec->readonly_rootfs = command->readonly_rootfs;
}

char *outside_run_raw(Engine *engine, const char *image, const char *installation,
                      const Command *command, GError **error)
{
        g_autoptr(Spec) spec = spec_new();
        g_autoptr(GString) output = g_string_new(NULL);
        g_autoptr(GString) errors = g_string_new(NULL);
        g_autofree char *unique = secret_random_hex(6);
        g_autofree char *name = g_strconcat(NAME_PREFIX, unique, NULL);
        g_autofree char *owner = g_strconcat("slipway.installation=", installation, NULL);
        g_autofree char *purpose = g_strconcat("slipway.command=", command->name, NULL);
        Raw raw = { .engine = engine,
                    .spec = spec,
                    .name = name,
                    .labels = { owner, purpose, NULL },
                    .output = output,
                    .errors = errors,
                    .timeout_s = command->timeout_s > 0 ? command->timeout_s : RAW_TIMEOUT_S };
        EngineRequest create = { .op = ENGINE_CREATE,
                                 .name = name,
                                 .spec = spec,
                                 .labels = (const char *const *) raw.labels };
        EngineRequest remove = { .op = ENGINE_REMOVE, .id = name, .force = true, .volumes = true };
        char *result = NULL;

        fill_spec(&raw, image, command);
        if (!have_image(&raw, error))
                return NULL;
        if (ask(&raw, &create, error))
                result = run_created(&raw, error);
        /* also where the answer to the create was lost; it may be there */
        ask(&raw, &remove, NULL);
        return result;
}
