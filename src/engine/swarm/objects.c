/* Configs and secrets: made before the service that wants them, removed when none does */

#include <string.h>

#include "base/json.h"
#include "engine/swarm/internal.h"

static const char *kind_of(const SwarmObject *object)
{
        return object->is_secret ? "secrets" : "configs";
}

static char *object_key(const SwarmObject *object)
{
        return g_strdup_printf("%s/%s", kind_of(object), object->name);
}

static const SwarmObject *current(const Objects *objects)
{
        return objects->list->pdata[objects->at];
}

static void have(EngineCall *call, Objects *objects, const json_t *answer)
{
        const char *id = json_string_at(answer, "ID", "");

        if (id[0] == '\0') {
                call_fail_with(call, ENGINE_ERROR_REPLY, "the engine's answer about %s has no ID",
                               current(objects)->name);
                return;
        }
        g_hash_table_replace(swarm_of(call)->objects, object_key(current(objects)), g_strdup(id));
        objects->at++;
        objects_ensure(call, objects);
}

static Objects *objects_of(EngineCall *call)
{
        return call->state; /* first member of every state that has them */
}

static void on_found(EngineCall *call, const DockerAnswer *answer)
{
        Objects *objects = objects_of(call);

        if (answer->status == 404)
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "the Swarm has no %s %s, which was said to be there",
                               current(objects)->is_secret ? "secret" : "config",
                               current(objects)->name);
        else if (!call_failed(call, answer))
                have(call, objects, answer->json);
}

static void find(EngineCall *call, const SwarmObject *object)
{
        g_autofree char *name = docker_escape(object->name);
        g_autofree char *path = g_strdup_printf("/%s/%s", kind_of(object), name);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_found });
}

static void on_made(EngineCall *call, const DockerAnswer *answer)
{
        Objects *objects = objects_of(call);

        /* The name is the content: whoever made it, it is the same */
        if (answer->status == 409)
                find(call, current(objects));
        else if (!call_failed(call, answer))
                have(call, objects, answer->json);
}

static void make(EngineCall *call, const Objects *objects, const SwarmObject *object)
{
        gsize size;
        const guchar *data = g_bytes_get_data(object->data, &size);
        g_autofree char *base64 = g_base64_encode(data, size);
        g_autofree char *path = g_strdup_printf("/%s/create", kind_of(object));
        g_autoptr(json_t) body = json_pack("{s:s, s:s, s:O}", "Name", object->name, "Data", base64,
                                           "Labels", objects->labels);

        call_step(call,
                  &(DockerStepRequest){
                          .method = "POST", .path = path, .body = body, .on_answer = on_made });
}

void objects_ensure(EngineCall *call, Objects *objects)
{
        while (objects->at < objects->list->len) {
                const SwarmObject *object = current(objects);
                g_autofree char *key = object_key(object);

                if (g_hash_table_contains(swarm_of(call)->objects, key)) {
                        objects->at++;
                        continue;
                }
                if (object->is_external)
                        find(call, object);
                else
                        make(call, objects, object);
                return;
        }
        objects->done(call);
}

void objects_done(Objects *objects)
{
        g_clear_pointer(&objects->list, g_ptr_array_unref);
        json_decref(objects->labels);
}

void objects_forget(SwarmEngine *engine)
{
        g_hash_table_remove_all(engine->objects);
}

/* ---- Prune ---- */

typedef struct Prune {
        GHashTable *used; /* ids */
        unsigned n_left;  /* lists and removals under way */
} Prune;

static void prune_free(gpointer data)
{
        Prune *prune = data;

        g_hash_table_unref(prune->used);
        g_free(prune);
}

static void note_used(Prune *prune, const json_t *references, const char *id_key)
{
        size_t i;
        json_t *reference;

        json_array_foreach(references, i, reference) {
                const char *id = json_string_value(json_object_get(reference, id_key));

                if (id != NULL)
                        g_hash_table_add(prune->used, g_strdup(id));
        }
}

static void prune_step_done(EngineCall *call)
{
        Prune *prune = call->state;

        if (--prune->n_left == 0)
                call_done(call);
}

static void on_pruned(EngineCall *call, const DockerAnswer *answer)
{
        /* Of one that a service took up meanwhile the engine says so, and keeps it */
        if (answer->error != NULL && answer->status != 404 && answer->status != 400)
                call_fail(call, answer->error);
        else
                prune_step_done(call);
}

static void prune_list(EngineCall *call, const json_t *list, const char *kind)
{
        Prune *prune = call->state;
        size_t i;
        json_t *object;

        json_array_foreach(list, i, object) {
                const char *id = json_string_at(object, "ID", "");
                g_autofree char *path = g_strdup_printf("/%s/%s", kind, id);

                if (id[0] == '\0' || g_hash_table_contains(prune->used, id) ||
                    json_object_get(json_at(object, "Spec.Labels"), SWARM_LABEL_REGISTER) != NULL)
                        continue;
                prune->n_left++;
                call_step(call, &(DockerStepRequest){
                                        .method = "DELETE", .path = path, .on_answer = on_pruned });
        }
        objects_forget(swarm_of(call));
        prune_step_done(call);
}

static void on_prune_configs(EngineCall *call, const DockerAnswer *answer)
{
        if (!call_failed(call, answer))
                prune_list(call, answer->json, "configs");
}

static void on_prune_secrets(EngineCall *call, const DockerAnswer *answer)
{
        if (!call_failed(call, answer))
                prune_list(call, answer->json, "secrets");
}

static void on_prune_services(EngineCall *call, const DockerAnswer *answer)
{
        Prune *prune = call->state;
        g_autofree char *configs = g_strconcat("/configs?filters=", call->query, NULL);
        g_autofree char *secrets = g_strconcat("/secrets?filters=", call->query, NULL);
        size_t i;
        json_t *service;

        if (call_failed(call, answer))
                return;
        json_array_foreach(answer->json, i, service) {
                const json_t *container = json_at(service, "Spec.TaskTemplate.ContainerSpec");

                note_used(prune, json_object_get(container, "Configs"), "ConfigID");
                note_used(prune, json_object_get(container, "Secrets"), "SecretID");
        }
        prune->n_left = 2;
        call_step(call, &(DockerStepRequest){ .path = configs,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_prune_configs });
        call_step(call, &(DockerStepRequest){ .path = secrets,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_prune_secrets });
}

bool swarm_prune_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        Prune *prune;

        if (request->labels == NULL || request->labels[0] == NULL) {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                    "no label was given: everything would be removed");
                return false;
        }
        prune = g_new0(Prune, 1);
        prune->used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        call->state = prune;
        call->state_free = prune_free;
        call->query = docker_filters(request->labels, NULL);
        return true;
}

/* All services, not only ours: somebody may have given one of ours to a service of his own */
void swarm_prune_begin(EngineCall *call)
{
        call_step(call, &(DockerStepRequest){ .path = "/services",
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_prune_services });
}
