/* Volumes */

#include <string.h>

#include "base/json.h"
#include "engine/docker/body.h"
#include "engine/docker/internal.h"
#include "engine/docker/reply.h"

static char *volume_path(const EngineCall *call)
{
        g_autofree char *name = docker_escape(call->name);

        return g_strconcat("/volumes/", name, NULL);
}

static void reply_volume(EngineCall *call, const json_t *root, bool was_created)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(VolumeInfo) volume = docker_volume_parse(root, &error);

        call_reply(call, &(EngineReply){ .volume = volume,
                                         .error = error,
                                         .was_created = error == NULL && was_created,
                                         .is_final = true });
}

static void on_volume(EngineCall *call, const DockerAnswer *answer)
{
        if (!call_failed(call, answer))
                reply_volume(call, answer->json, false);
}

void volume_inspect_begin(EngineCall *call)
{
        g_autofree char *path = volume_path(call);

        docker_request(call, "GET", path, on_volume);
}

/* Compose's keys of a volume */
static void put_volume_option(Body *body, const char *key, const json_t *value)
{
        static const char *const elsewhere[] = { "name", "external", "labels", NULL };

        if (json_is_null(value) || g_strv_contains(elsewhere, key) || g_str_has_prefix(key, "x-"))
                return;
        if (strcmp(key, "driver") == 0)
                body_set_text(body, body->config, "Driver", body_read_text(body, key, value));
        else if (strcmp(key, "driver_opts") == 0)
                body_set(body, body->config, "DriverOpts", body_read_pairs(body, key, value));
        else
                body_wrong(body, key, "one Docker host does not know this key of a volume");
}

bool volume_create_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_auto(Body) body = { .config = json_object() };
        const char *key;
        json_t *value;

        call->body = body.config;
        body_set(&body, body.config, "Name", json_string(call->name));
        body_set(&body, body.config, "Labels",
                 body_labels(&body, json_object_get(request->options, "labels"), request->labels));
        json_object_foreach((json_t *) request->options, key, value)
                put_volume_option(&body, key, value);
        return docker_name_prepare(call, request, error) && body_check(&body, error);
}

static void on_volume_created(EngineCall *call, const DockerAnswer *answer)
{
        /* If somebody else made it in between, the engine hands us theirs with their labels */
        if (!call_failed(call, answer))
                reply_volume(call, answer->json,
                             json_equal(json_object_get(call->body, "Labels"),
                                        json_object_get(answer->json, "Labels")) ||
                                     json_object_size(json_object_get(call->body, "Labels")) == 0);
}

static void on_volume_looked_up(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->status == 404)
                docker_request(call, "POST", "/volumes/create", on_volume_created);
        else if (!call_failed(call, answer))
                reply_volume(call, answer->json, false);
}

void volume_create_begin(EngineCall *call)
{
        g_autofree char *path = volume_path(call);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_volume_looked_up });
}

static gpointer parse_volume(EngineCall *call, const json_t *item)
{
        return docker_volume_parse(item, NULL);
}

static void on_volumes(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(GPtrArray) volumes = NULL;

        if (call_failed(call, answer))
                return;
        volumes = docker_parse_list(call, json_object_get(answer->json, "Volumes"), parse_volume,
                                    (GDestroyNotify) volume_info_free);
        call_reply(call, &(EngineReply){ .volumes = volumes, .is_final = true });
}

void volume_list_begin(EngineCall *call)
{
        g_autofree char *path = g_strconcat("/volumes?filters=", call->query, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .on_answer = on_volumes,
                                              .reply_max = DOCKER_LIST_REPLY_MAX });
}

void volume_remove_begin(EngineCall *call)
{
        g_autofree char *path = volume_path(call);

        docker_request(call, "DELETE", path, docker_on_done_or_gone);
}
