/* The operations that are one request or a few, and the table of all of them */

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/internal.h"
#include "engine/docker/reply.h"

/* Of an image's slashes, colons and at-signs */
#define IMAGE_PATH_CHARS "/:@"

char *docker_escape(const char *text)
{
        return g_uri_escape_string(text, NULL, false);
}

char *docker_escape_image(const char *text)
{
        return g_uri_escape_string(text, IMAGE_PATH_CHARS, false);
}

char *docker_filters(const char *const *labels, const char *type)
{
        g_autoptr(json_t) filters = json_object();
        g_autofree char *text = NULL;
        json_t *all = json_array();

        for (size_t i = 0; labels != NULL && labels[i] != NULL; i++)
                json_array_append_new(all, json_string(labels[i]));
        json_object_set_new(filters, "label", all);
        if (type != NULL)
                json_object_set_new(filters, "type", json_pack("[s]", type));
        text = json_to_canonical_text(filters);
        return docker_escape(text);
}

void docker_request(EngineCall *call, const char *method, const char *path,
                    void (*on_answer)(EngineCall *call, const DockerAnswer *answer))
{
        call_step(call, &(DockerStepRequest){ .method = method,
                                              .path = path,
                                              .body = call->body,
                                              .on_answer = on_answer });
}

GPtrArray *docker_parse_list(EngineCall *call, const json_t *list,
                             gpointer (*parse)(EngineCall *call, const json_t *item),
                             GDestroyNotify item_free)
{
        GPtrArray *parsed = g_ptr_array_new_with_free_func(item_free);
        size_t i;
        json_t *item;

        json_array_foreach(list, i, item) {
                gpointer one = parse(call, item);

                if (one != NULL)
                        g_ptr_array_add(parsed, one);
        }
        return parsed;
}

static void on_done(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->error != NULL)
                call_fail(call, answer->error);
        else
                call_done(call);
}

/* For what is a success when it is so already */
void docker_on_done_or_gone(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->status == 404)
                call_done(call);
        else
                on_done(call, answer);
}

/* ---- What must be given ---- */

static bool need(const char *value, const char *what, GError **error)
{
        if (value != NULL && value[0] != '\0')
                return true;
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, "no %s was given", what);
        return false;
}

static bool id_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        return need(request->id, "container", error);
}

static bool image_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        return need(request->image, "image", error);
}

bool docker_name_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        return need(request->name, "name", error);
}

static bool labels_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        call->query = docker_filters(request->labels,
                                     request->op == ENGINE_WATCH ? "container" : NULL);
        return true;
}

/* ---- Containers ---- */

static char *container_path(const EngineCall *call, const char *rest)
{
        g_autofree char *id = docker_escape(call->id);

        return g_strconcat("/containers/", id, rest, NULL);
}

static void on_inspected(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(Container) container = NULL;
        g_autoptr(GError) error = NULL;

        if (call_failed(call, answer))
                return;
        container = docker_container_parse(answer->json, &error);
        call_reply(call,
                   &(EngineReply){ .container = container, .error = error, .is_final = true });
}

static void inspect_begin(EngineCall *call)
{
        g_autofree char *path = container_path(call, "/json");

        docker_request(call, "GET", path, on_inspected);
}

static void start_begin(EngineCall *call)
{
        g_autofree char *path = container_path(call, "/start");

        docker_request(call, "POST", path, on_done); /* 304: it runs already */
}

static bool stop_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (request->timeout_s >= 0)
                call->query = g_strdup_printf("/stop?t=%" G_GINT64_FORMAT, request->timeout_s);
        else
                call->query = g_strdup("/stop");
        if (request->deadline_us == 0 && request->timeout_s > 0)
                call->deadline_us += request->timeout_s * US_PER_S;
        return id_prepare(call, request, error);
}

static bool kill_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_autofree char *signal = docker_escape(request->signal != NULL ? request->signal
                                                                        : "SIGKILL");

        call->query = g_strconcat("/kill?signal=", signal, NULL);
        return id_prepare(call, request, error);
}

static bool rename_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_autofree char *name = docker_escape(call->name);

        call->query = g_strconcat("/rename?name=", name, NULL);
        return id_prepare(call, request, error) && docker_name_prepare(call, request, error);
}

/* For stop, kill, rename: call->query is the rest of the path */
static void post_begin(EngineCall *call)
{
        g_autofree char *path = container_path(call, call->query);

        docker_request(call, "POST", path, on_done);
}

static bool remove_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        call->query = g_strdup_printf("?force=%d&v=%d", request->force, request->volumes);
        return id_prepare(call, request, error);
}

#define REMOVE_AGAIN_US (50 * US_PER_MS)

static void remove_begin(EngineCall *call);

static void on_removed(EngineCall *call, const DockerAnswer *answer)
{
        /* Somebody else's removal is under way: gone is what was asked for, so wait for it */
        if (answer->status == 409 && g_get_monotonic_time() < call->deadline_us &&
            g_strstr_len(answer->body, (gssize) answer->size, "already in progress") != NULL)
                call_after(call, REMOVE_AGAIN_US, remove_begin);
        else
                docker_on_done_or_gone(call, answer);
}

static void remove_begin(EngineCall *call)
{
        g_autofree char *path = container_path(call, call->query);

        docker_request(call, "DELETE", path, on_removed);
}

/* ---- Wait ---- */

static void on_wait_open(EngineCall *call)
{
        call_reply(call, &(EngineReply){ .is_open = true });
}

static void on_waited(EngineCall *call, const DockerAnswer *answer)
{
        const char *words = json_string_at(answer->json, "Error.Message", "");

        if (call_failed(call, answer))
                return;
        if (words[0] != '\0')
                call_fail_with(call, ENGINE_ERROR_FAILED, "waiting for the container ended: %s",
                               words);
        else if (!json_is_integer(json_object_get(answer->json, "StatusCode")))
                call_fail_with(call, ENGINE_ERROR_REPLY,
                               "the engine's answer to wait has no exit code");
        else
                call_reply(call, &(EngineReply){ .exit_code = (int) json_int_at(answer->json,
                                                                                "StatusCode", -1),
                                                 .is_final = true });
}

static void wait_begin(EngineCall *call)
{
        g_autofree char *path = container_path(call, "/wait?condition=next-exit");

        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = path,
                                              .is_long = true,
                                              .on_headers = on_wait_open,
                                              .on_answer = on_waited });
}

/* ---- List ---- */

typedef struct List {
        GPtrArray *ids;        /* of char * */
        GPtrArray *containers; /* of Container *, NULL: gone meanwhile or not yet here */
        guint n_sent, n_answered;
} List;

static void container_free_any(gpointer container)
{
        container_free(container);
}

static void list_free(gpointer data)
{
        List *list = data;

        g_ptr_array_unref(list->ids);
        g_ptr_array_unref(list->containers);
        g_free(list);
}

static void list_finish(EngineCall *call)
{
        List *list = call->state;

        for (guint i = list->containers->len; i-- > 0;)
                if (list->containers->pdata[i] == NULL)
                        g_ptr_array_remove_index(list->containers, i);
        call_reply(call, &(EngineReply){ .containers = list->containers, .is_final = true });
}

static void list_send_more(EngineCall *call);

static void on_list_inspected(EngineCall *call, const DockerAnswer *answer)
{
        List *list = call->state;
        g_autoptr(GError) error = NULL;

        if (answer->status != 404) {
                if (call_failed(call, answer))
                        return;
                list->containers->pdata[answer->index] = docker_container_parse(answer->json,
                                                                                &error);
                if (error != NULL) {
                        call_fail(call, error);
                        return;
                }
        }
        list->n_answered++;
        list_send_more(call);
}

static void list_send_more(EngineCall *call)
{
        List *list = call->state;

        while (list->n_sent < list->ids->len &&
               list->n_sent - list->n_answered < DOCKER_INSPECTS_MAX) {
                g_autofree char *id = docker_escape(list->ids->pdata[list->n_sent]);
                g_autofree char *path = g_strconcat("/containers/", id, "/json", NULL);

                call_step(call, &(DockerStepRequest){ .path = path,
                                                      .index = list->n_sent++,
                                                      .on_answer = on_list_inspected });
        }
        if (list->n_answered == list->ids->len)
                list_finish(call);
}

static void on_listed(EngineCall *call, const DockerAnswer *answer)
{
        List *list;
        size_t i;
        json_t *item;

        if (call_failed(call, answer))
                return;
        if (json_array_size(answer->json) > DOCKER_LIST_MAX) {
                call_fail_with(call, ENGINE_ERROR_REPLY,
                               "the engine lists %zu containers, more than %d",
                               json_array_size(answer->json), DOCKER_LIST_MAX);
                return;
        }
        list = g_new0(List, 1);
        list->ids = g_ptr_array_new_with_free_func(g_free);
        list->containers = g_ptr_array_new_with_free_func(container_free_any);
        call->state = list;
        call->state_free = list_free;
        json_array_foreach(answer->json, i, item) {
                const char *id = json_string_at(item, "Id", "");

                if (id[0] != '\0')
                        g_ptr_array_add(list->ids, g_strdup(id));
        }
        g_ptr_array_set_size(list->containers, (gint) list->ids->len);
        list_send_more(call);
}

static void list_begin(EngineCall *call)
{
        g_autofree char *path = g_strconcat("/containers/json?all=1&filters=", call->query, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .on_answer = on_listed,
                                              .reply_max = DOCKER_LIST_REPLY_MAX });
}

/* ---- The engine ---- */

typedef struct InfoState {
        EngineInfo *info;
        char *gateway;
} InfoState;

static void info_state_free(gpointer data)
{
        InfoState *state = data;

        engine_info_free(state->info);
        g_free(state->gateway);
        g_free(state);
}

static void info_finish(EngineCall *call)
{
        const DockerEngine *engine = call->engine;
        InfoState *state = call->state;
        EngineInfo *info = state->info;

        if (info == NULL || state->gateway == NULL)
                return;
        g_free(info->api_version);
        info->api_version = g_strdup(engine->api);
        g_free(info->bridge_gateway);
        info->bridge_gateway = g_strdup(state->gateway);
        info->is_local = engine->local.is_local;
        info->shares_paths = engine->local.shares_paths;
        info->started_wall_ns = engine->local.started_wall_ns;
        call_reply(call, &(EngineReply){ .info = info, .is_final = true });
}

static void on_info(EngineCall *call, const DockerAnswer *answer)
{
        InfoState *state = call->state;

        if (call_failed(call, answer))
                return;
        state->info = docker_info_parse(answer->json);
        info_finish(call);
}

static void on_bridge(EngineCall *call, const DockerAnswer *answer)
{
        InfoState *state = call->state;

        /* An engine need not have that network */
        state->gateway = answer->error == NULL ? docker_gateway_parse(answer->json) : g_strdup("");
        info_finish(call);
}

static void info_begin(EngineCall *call)
{
        call->state = g_new0(InfoState, 1);
        call->state_free = info_state_free;
        docker_request(call, "GET", "/info", on_info);
        docker_request(call, "GET", "/networks/bridge", on_bridge);
}

/* ---- Images ---- */

static void on_image(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(Image) image = NULL;
        g_autoptr(GError) error = NULL;

        if (call_failed(call, answer))
                return;
        image = docker_image_parse(answer->json, &error);
        call_reply(call, &(EngineReply){ .image_info = image, .error = error, .is_final = true });
}

static void image_inspect_begin(EngineCall *call)
{
        g_autofree char *image = docker_escape_image(call->image);
        g_autofree char *path = g_strconcat("/images/", image, "/json", NULL);

        docker_request(call, "GET", path, on_image);
}

/* ---- Host directories ---- */

typedef struct HostPath {
        unsigned mode;
        int64_t owner;
} HostPath;

bool host_path_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        HostPath *state = g_new(HostPath, 1);
        size_t len = strlen(call->name);

        call->state = state;
        call->state_free = g_free;
        *state = (HostPath){ .mode = request->mode, .owner = request->owner };
        while (len > 1 && call->name[len - 1] == '/')
                call->name[--len] = '\0';
        if (call->name[0] == '/')
                return true;
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                    "%s: not an absolute path on the engine's host", call->name);
        return false;
}

void host_path_begin(EngineCall *call)
{
        const HostPath *state = call->state;
        g_autoptr(GError) error = NULL;
        bool was_created = false;

        /* Elsewhere the engine itself makes it when a container is created that mounts it */
        if (call->engine->local.shares_paths)
                host_path_make(call->name, state->mode, state->owner, &was_created, &error);
        call_reply(call,
                   &(EngineReply){ .was_created = was_created, .error = error, .is_final = true });
}

/* ---- What a single host does not have ---- */

static void unsupported_begin(EngineCall *call)
{
        g_autoptr(GError) error = g_error_new(ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                              "%s: one Docker host does not know this",
                                              engine_op_to_string(call->op));

        call_reply(call, &(EngineReply){ .error = error, .is_final = true });
}

/* ---- All of them ---- */

static const DockerOp ops[] = {
        [ENGINE_INFO] = { 20 * US_PER_S, NULL, info_begin },
        [ENGINE_LIST] = { 60 * US_PER_S, labels_prepare, list_begin },
        [ENGINE_INSPECT] = { 30 * US_PER_S, id_prepare, inspect_begin },
        [ENGINE_IMAGE_INSPECT] = { 30 * US_PER_S, image_prepare, image_inspect_begin },
        [ENGINE_IMAGE_PULL] = { 0, image_prepare, pull_begin },
        [ENGINE_CREATE] = { 120 * US_PER_S, create_prepare, create_begin },
        [ENGINE_START] = { 120 * US_PER_S, id_prepare, start_begin },
        [ENGINE_STOP] = { 600 * US_PER_S, stop_prepare, post_begin },
        [ENGINE_KILL] = { 30 * US_PER_S, kill_prepare, post_begin },
        [ENGINE_REMOVE] = { 120 * US_PER_S, remove_prepare, remove_begin },
        [ENGINE_RENAME] = { 30 * US_PER_S, rename_prepare, post_begin },
        [ENGINE_UPDATE] = { 30 * US_PER_S, update_prepare, update_begin },
        [ENGINE_WAIT] = { 0, id_prepare, wait_begin },
        [ENGINE_EXEC] = { 600 * US_PER_S, exec_prepare, exec_begin },
        [ENGINE_LOGS] = { 0, logs_prepare, logs_begin },
        [ENGINE_PROBE_PORT] = { 600 * US_PER_S, probe_prepare, probe_begin },
        [ENGINE_VOLUME_CREATE] = { 60 * US_PER_S, volume_create_prepare, volume_create_begin },
        [ENGINE_VOLUME_INSPECT] = { 30 * US_PER_S, docker_name_prepare, volume_inspect_begin },
        [ENGINE_VOLUME_LIST] = { 60 * US_PER_S, labels_prepare, volume_list_begin },
        [ENGINE_VOLUME_REMOVE] = { 60 * US_PER_S, docker_name_prepare, volume_remove_begin },
        [ENGINE_HOST_PATH] = { 30 * US_PER_S, host_path_prepare, host_path_begin },
        [ENGINE_NETWORK_CREATE] = { 60 * US_PER_S, network_create_prepare, network_create_begin },
        [ENGINE_NETWORK_LIST] = { 60 * US_PER_S, network_list_prepare, network_list_begin },
        [ENGINE_NETWORK_REMOVE] = { 60 * US_PER_S, id_prepare, network_remove_begin },
        [ENGINE_PRUNE] = { 30 * US_PER_S, NULL, unsupported_begin },
        [ENGINE_NODES] = { 30 * US_PER_S, NULL, unsupported_begin },
        [ENGINE_WATCH] = { 0, labels_prepare, watch_begin },
};

const DockerOp *docker_op(EngineOp op)
{
        return &ops[op];
}
