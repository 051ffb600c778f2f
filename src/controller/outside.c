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
        size_t size;
        GError *error;
        bool is_done;
} Fetching;

static void on_page(const HttpResult *result, gpointer user)
{
        Fetching *fetching = user;

        fetching->is_done = true;
        fetching->status = result->status;
        fetching->size = result->body_size;
        if (result->error != NULL)
                fetching->error = g_error_copy(result->error);
        else
                fetching->body = g_strndup(result->body, result->body_size);
}

bool outside_fetch_as(const char *url, const char *const *headers, int64_t timeout_us,
                      long *ret_status, char **ret_body, size_t *ret_size, GError **error)
{
        g_autoptr(HttpClient) client = http_client_new(NULL);
        HttpHandlers handlers = { .on_done = on_page };
        HttpRequest request = { .method = "GET",
                                .url = url,
                                .headers = headers,
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
        *ret_size = fetching.size;
        return true;
}

bool outside_fetch(gpointer user, const char *url, int64_t timeout_us, long *ret_status,
                   char **ret_body, GError **error)
{
        size_t size;

        return outside_fetch_as(url, NULL, timeout_us, ret_status, ret_body, &size, error);
}

/* ---- Containers ---- */

typedef struct Running {
        Engine *engine;
        const OutsideRun *run;
        char *name;
        char *labels[3];
        GString *output, *errors;
} Running;

/* What one request has answered so far */
typedef struct Reply {
        Running *running;
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
                keep(reply->is_stderr ? got->running->errors : got->running->output, reply);
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

static bool ask(Running *running, const EngineRequest *request, GError **error)
{
        Reply reply = { .running = running };

        engine_send(running->engine, request, on_reply, &reply);
        while (!reply.is_final)
                g_main_context_iteration(NULL, true);
        return finish(&reply, error);
}

static bool have_image(Running *running, GError **error)
{
        const char *image = running->run->spec->image;
        EngineRequest inspect = { .op = ENGINE_IMAGE_INSPECT, .image = image };
        EngineRequest pull = { .op = ENGINE_IMAGE_PULL,
                               .image = image,
                               .registry_auth = running->run->auth };
        g_autoptr(GError) fault = NULL;

        if (ask(running, &inspect, &fault))
                return true;
        if (!running->run->is_pullable ||
            !g_error_matches(fault, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return false;
        }
        if (ask(running, &pull, error))
                return true;
        g_prefix_error(error, "pulling %s: ", image);
        return false;
}

static gboolean on_late(gpointer user)
{
        *(bool *) user = true;
        return G_SOURCE_CONTINUE;
}

/* Starts the container and waits for its exit; the wait is open before the start, so that the exit
 * is not missed */
static bool start_and_wait(Running *running, OutsideEnd *ret_end, GError **error)
{
        EngineRequest wait = { .op = ENGINE_WAIT, .id = running->name };
        EngineRequest start = { .op = ENGINE_START, .id = running->name };
        Reply reply = { .running = running };
        EngineCall *call = engine_send(running->engine, &wait, on_reply, &reply);
        bool is_late = false;
        guint timer;

        while (!reply.is_open && !reply.is_final)
                g_main_context_iteration(NULL, true);
        if (!reply.is_final && !ask(running, &start, error)) {
                engine_cancel(running->engine, reply.is_final ? NULL : call);
                g_clear_error(&reply.error);
                return false;
        }
        timer = g_timeout_add_seconds(running->run->timeout_s, on_late, &is_late);
        while (!reply.is_final && !is_late)
                g_main_context_iteration(NULL, true);
        g_source_remove(timer);
        if (!reply.is_final) {
                engine_cancel(running->engine, call);
                ret_end->timed_out = true;
                return true;
        }
        ret_end->exit_code = reply.exit_code;
        return finish(&reply, error);
}

static bool run_created(Running *running, OutsideEnd *ret_end, GError **error)
{
        EngineRequest logs = { .op = ENGINE_LOGS, .id = running->name, .tail = -1 };

        if (!start_and_wait(running, ret_end, error) ||
            (!ret_end->timed_out && !ask(running, &logs, error)))
                return false;
        ret_end->output = g_strdup(running->output->str);
        ret_end->errors = g_strdup(running->errors->str);
        return true;
}

void outside_end_clear(OutsideEnd *end)
{
        g_clear_pointer(&end->output, g_free);
        g_clear_pointer(&end->errors, g_free);
}

bool outside_run(Engine *engine, const OutsideRun *run, OutsideEnd *ret_end, GError **error)
{
        g_autoptr(GString) output = g_string_new(NULL);
        g_autoptr(GString) errors = g_string_new(NULL);
        g_autofree char *unique = secret_random_hex(6);
        g_autofree char *name = g_strconcat(NAME_PREFIX, unique, NULL);
        g_autofree char *owner = g_strconcat("slipway.installation=", run->installation, NULL);
        g_autofree char *purpose = g_strconcat("slipway.command=", run->purpose, NULL);
        Running running = { .engine = engine,
                            .run = run,
                            .name = name,
                            .labels = { owner, purpose, NULL },
                            .output = output,
                            .errors = errors };
        EngineRequest create = { .op = ENGINE_CREATE,
                                 .name = name,
                                 .spec = run->spec,
                                 .labels = (const char *const *) running.labels };
        EngineRequest remove = { .op = ENGINE_REMOVE, .id = name, .force = true, .volumes = true };
        bool ok;

        *ret_end = (OutsideEnd){ 0 };
        if (!have_image(&running, error))
                return false;
        ok = ask(&running, &create, error) && run_created(&running, ret_end, error);
        /* also where the answer to the create was lost; it may be there */
        ask(&running, &remove, NULL);
        return ok;
}

/* ---- Commands in a container ---- */

static void fill_spec(Spec *spec, const char *image, const Command *command)
{
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

static int64_t raw_timeout_s(const Command *command)
{
        if (command->timeout_s == 0)
                return RAW_TIMEOUT_S;
        return command->timeout_s < 0 ? RAW_TIMEOUT_MAX_S
                                      : MIN(command->timeout_s, RAW_TIMEOUT_MAX_S);
}

char *outside_run_raw(Engine *engine, const char *image, const char *installation,
                      const Command *command, GError **error)
{
        g_autoptr(Spec) spec = spec_new();
        g_auto(OutsideEnd) end = { 0 };
        OutsideRun run = { .spec = spec,
                           .is_pullable = true,
                           .installation = installation,
                           .purpose = command->name,
                           .timeout_s = raw_timeout_s(command) };

        fill_spec(spec, image, command);
        if (!outside_run(engine, &run, &end, error))
                return NULL;
        if (end.timed_out) {
                g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE,
                            "it did not end within %" G_GINT64_FORMAT " s", run.timeout_s);
                return NULL;
        }
        if (end.exit_code != 0) {
                g_strstrip(end.errors);
                g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE, "it exited with %d: %s",
                            end.exit_code, end.errors);
                return NULL;
        }
        return g_steal_pointer(&end.output);
}
