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
        json_t *networks; /* [{"name", "endpoint"}]; each gets its "id" */
        size_t n_joined;
        GError *error; /* why the container is being removed again */
} CreateState;

static void create_state_free(gpointer data)
{
        CreateState *state = data;

        g_free(state->id);
        json_decref(state->networks);
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
                             file->mode != 0 ? file->mode & 07777 : 0644, MAX(file->uid, 0),
                             MAX(file->gid >= 0 ? file->gid : file->uid, 0), now_s);
        }
        tar_end(tar);
        call->archive = g_byte_array_free_to_bytes(g_steal_pointer(&tar));
        return true;
}

bool create_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        const Spec *spec = request->spec;
        g_autofree char *name = docker_escape(call->name);
        g_autofree char *platform = NULL;
        CreateState *state = g_new0(CreateState, 1);
        DockerCreate create;

        g_assert(spec != NULL);
        platform = docker_escape(spec->platform);
        call->query = g_strconcat("/containers/create?name=", name,
                                  platform[0] == '\0' ? "" : "&platform=", platform, NULL);
        call->state = state;
        call->state_free = create_state_free;
        if (!docker_create_body(spec, request->labels, &create, error))
                return false;
        call->body = create.body;
        call->newest = create.newest;
        call->newest_key = create.newest_key;
        state->networks = create.networks;
        return make_archive(call, spec, error);
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

static void undo_after(EngineCall *call, const GError *error, const char *doing)
{
        CreateState *state = call->state;

        state->error = g_error_copy(error);
        g_prefix_error(&state->error, "%s: ", doing);
        undo(call);
}

static void finish(EngineCall *call)
{
        const CreateState *state = call->state;

        call_reply(call, &(EngineReply){ .id = state->id, .is_final = true });
}

static void on_files_put(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->error == NULL)
                finish(call);
        else
                undo_after(call, answer->error, "putting files into the container");
}

static void put_files(EngineCall *call)
{
        const CreateState *state = call->state;
        g_autofree char *path = NULL;

        if (call->archive == NULL) {
                finish(call);
                return;
        }
        path = g_strconcat("/containers/", state->id, "/archive?path=%2F", NULL);
        call_step(call, &(DockerStepRequest){ .method = "PUT",
                                              .path = path,
                                              .archive = call->archive,
                                              .on_answer = on_files_put });
}

/* ---- Networks: old engines take one at create, the others are joined before the start ---- */

static void join_next(EngineCall *call);

static void on_joined(EngineCall *call, const DockerAnswer *answer)
{
        CreateState *state = call->state;
        const json_t *network = json_array_get(state->networks, state->n_joined);
        g_autofree char *doing = g_strdup_printf("joining the network %s",
                                                 json_string_at(network, "name", ""));

        if (answer->error != NULL) {
                undo_after(call, answer->error, doing);
                return;
        }
        state->n_joined++;
        join_next(call);
}

static void join_next(EngineCall *call)
{
        const CreateState *state = call->state;
        const json_t *network = json_array_get(state->networks, state->n_joined);
        g_autofree char *id = NULL, *path = NULL;
        g_autoptr(json_t) body = NULL;

        if (network == NULL) {
                put_files(call);
                return;
        }
        id = docker_escape(json_string_at(network, "id", ""));
        path = g_strconcat("/networks/", id, "/connect", NULL);
        body = json_pack("{s:s, s:O}", "Container", state->id, "EndpointConfig",
                         json_object_get(network, "endpoint"));
        call_step(call,
                  &(DockerStepRequest){
                          .method = "POST", .path = path, .body = body, .on_answer = on_joined });
}

static void on_created(EngineCall *call, const DockerAnswer *answer)
{
        CreateState *state = call->state;

        if (call_failed(call, answer))
                return;
        state->id = g_strdup(json_string_at(answer->json, "Id", ""));
        if (state->id[0] == '\0') {
                call_fail_with(call, ENGINE_ERROR_REPLY, "the engine's answer to create has no id");
                return;
        }
        state->n_joined = 1; /* its create named the first */
        join_next(call);
}

/* A network is meant by its id: another one of the name may come any time */
static bool resolve(EngineCall *call, const json_t *list, json_t *network)
{
        const char *name = json_string_at(network, "name", "");
        size_t n;
        const json_t *found = docker_network_find(list, name, &n);

        if (n == 1) {
                json_object_set(network, "id", json_object_get(found, "Id"));
                json_object_set(json_object_get(network, "endpoint"), "NetworkID",
                                json_object_get(found, "Id"));
                return true;
        }
        if (n == 0)
                call_fail_with(call, ENGINE_ERROR_NOT_FOUND,
                               "there is no network %s; it was removed, or never made", name);
        else
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "%zu networks have the name %s; remove those that nobody needs", n,
                               name);
        return false;
}

static void on_networks(EngineCall *call, const DockerAnswer *answer)
{
        const CreateState *state = call->state;
        const json_t *first = json_array_get(state->networks, 0);
        const char *name = json_string_at(first, "name", "");
        size_t i;
        json_t *network;

        if (call_failed(call, answer))
                return;
        json_array_foreach(state->networks, i, network) {
                if (!resolve(call, answer->json, network))
                        return;
        }
        json_object_set_new(json_object_get(call->body, "HostConfig"), "NetworkMode",
                            json_string(name));
        json_object_set_new(call->body, "NetworkingConfig",
                            json_pack("{s:{s:O}}", "EndpointsConfig", name,
                                      json_object_get(first, "endpoint")));
        docker_request(call, "POST", call->query, on_created);
}

void create_begin(EngineCall *call)
{
        const CreateState *state = call->state;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autofree char *path = NULL;
        size_t i;
        json_t *network;

        if (!call_knows(call))
                return;
        if (json_array_size(state->networks) == 0) {
                docker_request(call, "POST", call->query, on_created);
                return;
        }
        json_array_foreach(state->networks, i, network)
                g_ptr_array_add(names, (gpointer) json_string_at(network, "name", ""));
        g_ptr_array_add(names, NULL);
        path = docker_networks_path((const char *const *) names->pdata, NULL);
        call_step(call, &(DockerStepRequest){ .path = path,
                                              .on_answer = on_networks,
                                              .reply_max = DOCKER_LIST_REPLY_MAX });
}

/* ---- Update ---- */

static void on_updated(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->error != NULL)
                call_fail(call, answer->error);
        else
                call_done(call);
}

/* Limits that the engine leaves as they are when it is told nothing, and calls that a success */
static const struct {
        const char *path, *field, *what;
} kept_limits[] = {
        { "HostConfig.Memory", "Memory", "a memory limit" },
        { "HostConfig.MemoryReservation", "MemoryReservation", "a reservation of memory" },
        { "HostConfig.NanoCpus", "NanoCpus", "a limit of CPUs" },
        { "HostConfig.CpuPeriod", "CpuPeriod", "a CPU period" },
        { "HostConfig.CpuQuota", "CpuQuota", "a CPU quota" },
        { "HostConfig.CpuRealtimePeriod", "CpuRealtimePeriod", "a real-time period" },
        { "HostConfig.CpuRealtimeRuntime", "CpuRealtimeRuntime", "a real-time runtime" },
        { "HostConfig.PidsLimit", "PidsLimit", "a limit of processes" },
};

/* What cannot be taken away in place; NULL: nothing */
static const char *kept_limit(const json_t *container, const json_t *body)
{
        if (json_object_get(body, "CpuShares") == NULL)
                return NULL; /* only the restart policy is meant */
        for (size_t i = 0; i < G_N_ELEMENTS(kept_limits); i++) {
                if (json_int_at(container, kept_limits[i].path, 0) > 0 &&
                    json_object_get(body, kept_limits[i].field) == NULL)
                        return kept_limits[i].what;
        }
        return json_string_at(container, "HostConfig.CpusetCpus", "")[0] != '\0' &&
                               json_object_get(body, "CpusetCpus") == NULL
                       ? "a set of CPUs"
                       : NULL;
}

static void on_update_inspected(EngineCall *call, const DockerAnswer *answer)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/containers/", id, "/update", NULL);
        const char *kept;

        if (call_failed(call, answer))
                return;
        kept = kept_limit(answer->json, call->body);
        if (kept != NULL) {
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "%s cannot be taken away from a container in place; it must be "
                               "replaced",
                               kept);
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
        call->body = docker_update_body(request->spec, error);
        if (call->body == NULL)
                return false;
        if (call->id[0] != '\0')
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "no container was given");
        return false;
}
