/* CREATE and UPDATE: the container is made, its files are put into it, or it is taken away again */

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/internal.h"
#include "engine/docker/spec-json.h"
#include "engine/docker/tar.h"

#define UNDO_MAX_US (60 * US_PER_S)

typedef struct CreateState {
        char *id;
        GError *error; /* why the container is being removed again */
} CreateState;

static void create_state_free(gpointer data)
{
        CreateState *state = data;

        g_free(state->id);
        g_clear_error(&state->error);
        g_free(state);
}

static bool check_file(const SpecFile *file, size_t *total, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(file->path, "/", -1);

        *total += file->size;
        if (*total > DOCKER_FILES_MAX) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: the container's files have more than %zu MiB together", file->path,
                            DOCKER_FILES_MAX >> 20);
                return false;
        }
        if (file->path[0] != '/' || g_str_has_suffix(file->path, "/") ||
            strlen(file->path) > TAR_PATH_MAX || g_strv_contains((const char **) parts, "..")) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: not the absolute path of a file in the container", file->path);
                return false;
        }
        return true;
}

static bool make_archive(EngineCall *call, const Spec *spec, GError **error)
{
        g_autoptr(GByteArray) tar = g_byte_array_new();
        int64_t now_s = g_get_real_time() / US_PER_S;
        size_t total = 0;

        if (spec->n_files == 0)
                return true;
        if (spec->readonly_rootfs) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: files cannot be put into a container whose root is read-only; "
                            "mount them instead",
                            spec->files[0].path);
                return false;
        }
        for (size_t i = 0; i < spec->n_files; i++) {
                const SpecFile *file = &spec->files[i];

                if (!check_file(file, &total, error))
                        return false;
                tar_add_file(tar, file->path, file->data, file->size,
                             file->mode != 0 ? file->mode & 07777 : 0644, MAX(file->uid, 0), now_s);
        }
        tar_end(tar);
        call->archive = g_byte_array_free_to_bytes(g_steal_pointer(&tar));
        return true;
}

bool create_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_autofree char *name = docker_escape(call->name);

        g_assert(request->spec != NULL);
        call->query = g_strconcat("/containers/create?name=", name, NULL);
        call->body = docker_create_body(request->spec, request->labels, error);
        call->state = g_new0(CreateState, 1);
        call->state_free = create_state_free;
        return call->body != NULL && make_archive(call, request->spec, error);
}

static void on_undone(EngineCall *call, const DockerAnswer *answer)
{
        CreateState *state = call->state;

        if (answer->error != NULL && answer->status != 404)
                g_prefix_error(&state->error,
                               "(its container %.12s could not be removed again: "
                               "%s) ",
                               state->id, answer->error->message);
        call_fail(call, state->error);
}

/* The name must be free again, and nobody may start what is half made */
static void undo(EngineCall *call)
{
        const CreateState *state = call->state;
        g_autofree char *id = docker_escape(state->id);
        g_autofree char *path = g_strconcat("/containers/", id, "?force=1&v=1", NULL);

        call->deadline_us = g_get_monotonic_time() + UNDO_MAX_US;
        call_step(call,
                  &(DockerStepRequest){ .method = "DELETE", .path = path, .on_answer = on_undone });
}

static void on_files_put(EngineCall *call, const DockerAnswer *answer)
{
        CreateState *state = call->state;

        if (answer->error == NULL) {
                call_reply(call, &(EngineReply){ .id = state->id, .is_final = true });
                return;
        }
        state->error = g_error_copy(answer->error);
        g_prefix_error(&state->error, "putting files into the container: ");
        undo(call);
}

static void on_created(EngineCall *call, const DockerAnswer *answer)
{
        CreateState *state = call->state;
        g_autofree char *path = NULL;

        if (call_failed(call, answer))
                return;
        state->id = g_strdup(json_string_at(answer->json, "Id", ""));
        if (state->id[0] == '\0') {
                call_fail_with(call, ENGINE_ERROR_REPLY, "the engine's answer to create has no id");
                return;
        }
        if (call->archive == NULL) {
                call_reply(call, &(EngineReply){ .id = state->id, .is_final = true });
                return;
        }
        path = g_strconcat("/containers/", state->id, "/archive?path=%2F", NULL);
        call_step(call, &(DockerStepRequest){ .method = "PUT",
                                              .path = path,
                                              .archive = call->archive,
                                              .on_answer = on_files_put });
}

void create_begin(EngineCall *call)
{
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = call->query,
                                              .body = call->body,
                                              .on_answer = on_created });
}

/* ---- Update ---- */

static void on_updated(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->error != NULL)
                call_fail(call, answer->error);
        else
                call_done(call);
}

static void on_update_inspected(EngineCall *call, const DockerAnswer *answer)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/containers/", id, "/update", NULL);

        if (call_failed(call, answer))
                return;
        /* The engine would leave the old limit and call it a success */
        if (json_int_at(answer->json, "HostConfig.Memory", 0) > 0 &&
            json_object_get(call->body, "CpuShares") != NULL &&
            json_object_get(call->body, "Memory") == NULL) {
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "a memory limit cannot be taken away from a container in place; it "
                               "must be replaced");
                return;
        }
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = path,
                                              .body = call->body,
                                              .on_answer = on_updated });
}

void update_begin(EngineCall *call)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/containers/", id, "/json", NULL);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_update_inspected });
}

bool update_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_assert(request->spec != NULL);
        call->body = docker_update_body(request->spec);
        if (call->id[0] != '\0')
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "no container was given");
        return false;
}
