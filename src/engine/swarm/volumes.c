/*
 * Volumes: made by tasks, each on its node, so that no manager knows of them
 *
 * A register stands for them: one config for each, which holds what VOLUME_CREATE was asked for.
 * Its labels are those of the volume, so that the random one that tells one volume's data from
 * another's lasts as long as the register's entry. What the limits are: VOLUME_REMOVE takes the
 * entry away and the volume of the manager's own machine, not those of other nodes.
 */

#include <string.h>

#include "base/json.h"
#include "engine/docker/reply.h"
#include "engine/swarm/internal.h"

#define REGISTER_VOLUME "volume"

/* (transfer full) what VOLUME_CREATE was asked for, as the engine names it; NULL: not an entry */
static json_t *read_entry(const json_t *config)
{
        const char *data = json_string_at(config, "Spec.Data", "");
        gsize size;
        g_autofree guchar *text = g_base64_decode(data, &size);
        g_autoptr(json_t) entry = json_loadb((const char *) text, size, 0, NULL);

        return json_is_string(json_object_get(entry, "Name")) ? g_steal_pointer(&entry) : NULL;
}

/* Its driver and labels are what tasks make it with */
static void remember(SwarmEngine *engine, const json_t *entry)
{
        g_hash_table_replace(engine->volumes, g_strdup(json_string_at(entry, "Name", "")),
                             json_incref((json_t *) entry));
}

static void reply_entry(EngineCall *call, const json_t *entry, bool was_created)
{
        g_autoptr(VolumeInfo) volume = docker_volume_parse(entry, NULL);

        remember(swarm_of(call), entry);
        call_reply(call, &(EngineReply){
                                 .volume = volume, .was_created = was_created, .is_final = true });
}

static char *entry_path(const EngineCall *call)
{
        g_autofree char *name = swarm_object_name(REGISTER_VOLUME, call->name, NULL, call->name,
                                                  strlen(call->name));

        return g_strconcat("/configs/", name, NULL);
}

/* ---- Create and inspect ---- */

static void on_elsewhere(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(VolumeInfo) volume = NULL;

        if (call_failed(call, answer))
                return;
        volume = docker_volume_parse(answer->json, NULL);
        call_reply(call, &(EngineReply){ .volume = volume, .is_final = true });
}

static void on_entry(EngineCall *call, const DockerAnswer *answer)
{
        g_autofree char *name = docker_escape(call->name);
        g_autofree char *path = g_strconcat("/volumes/", name, NULL);
        g_autoptr(json_t) entry = NULL;

        /* Not one of ours: the manager's own machine may have it */
        if (answer->status == 404) {
                call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_elsewhere });
                return;
        }
        if (call_failed(call, answer))
                return;
        entry = read_entry(answer->json);
        if (entry == NULL)
                call_fail_with(call, ENGINE_ERROR_CONFLICT,
                               "the config that stands for volume %s was not made by us",
                               call->name);
        else
                reply_entry(call, entry, false);
}

void swarm_volume_inspect_begin(EngineCall *call)
{
        g_autofree char *path = entry_path(call);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_entry });
}

static void on_made(EngineCall *call, const DockerAnswer *answer)
{
        if (answer->status == 409)
                swarm_volume_inspect_begin(call);
        else if (!call_failed(call, answer))
                reply_entry(call, call->body, true);
}

void swarm_volume_create_begin(EngineCall *call)
{
        g_autofree char *path = entry_path(call);
        g_autofree char *text = json_to_canonical_text(call->body);
        g_autofree char *base64 = g_base64_encode((const guchar *) text, strlen(text));
        json_t *labels = json_copy(json_object_get(call->body, "Labels"));
        g_autoptr(json_t) config = json_pack("{s:s, s:s, s:o}", "Name", strrchr(path, '/') + 1,
                                             "Data", base64, "Labels", labels);

        json_object_set_new(labels, SWARM_LABEL_REGISTER, json_string(REGISTER_VOLUME));
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = "/configs/create",
                                              .body = config,
                                              .on_answer = on_made });
}

/* ---- List and remove ---- */

bool swarm_volume_list_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_autoptr(GPtrArray) labels = g_ptr_array_new();

        for (size_t i = 0; request->labels != NULL && request->labels[i] != NULL; i++)
                g_ptr_array_add(labels, (gpointer) request->labels[i]);
        g_ptr_array_add(labels, (gpointer) (SWARM_LABEL_REGISTER "=" REGISTER_VOLUME));
        g_ptr_array_add(labels, NULL);
        call->query = docker_filters((const char *const *) labels->pdata, NULL);
        return true;
}

static gpointer parse_listed(EngineCall *call, const json_t *config)
{
        g_autoptr(json_t) entry = read_entry(config);
        VolumeInfo *volume = entry == NULL ? NULL : docker_volume_parse(entry, NULL);

        if (volume != NULL)
                remember(swarm_of(call), entry);
        return volume;
}

static void on_listed(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(GPtrArray) volumes = NULL;

        if (call_failed(call, answer))
                return;
        volumes = docker_parse_list(call, answer->json, parse_listed,
                                    (GDestroyNotify) volume_info_free);
        call_reply(call, &(EngineReply){ .volumes = volumes, .is_final = true });
}

void swarm_volume_list_begin(EngineCall *call)
{
        g_autofree char *path = g_strconcat("/configs?filters=", call->query, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_listed });
}

/* The containers of tasks that have ended go a while after them */
#define REMOVE_AGAIN_US  (500 * US_PER_MS)
#define REMOVE_TRIES_MAX 20

static void on_volume_removed(EngineCall *call, const DockerAnswer *answer)
{
        g_autofree char *path = entry_path(call);

        if (answer->status == 409 && ++call->n_tries < REMOVE_TRIES_MAX) {
                call_after(call, REMOVE_AGAIN_US, swarm_volume_remove_begin);
                return;
        }
        if (answer->error != NULL && answer->status != 404) {
                call_fail(call, answer->error);
                return;
        }
        g_hash_table_remove(swarm_of(call)->volumes, call->name);
        docker_request(call, "DELETE", path, docker_on_done_or_gone);
}

void swarm_volume_remove_begin(EngineCall *call)
{
        g_autofree char *name = docker_escape(call->name);
        g_autofree char *path = g_strconcat("/volumes/", name, NULL);

        docker_request(call, "DELETE", path, on_volume_removed);
}

/* ---- In a service ---- */

void swarm_volumes_put(SwarmEngine *engine, json_t *service_spec)
{
        json_t *mounts = json_at(service_spec, "TaskTemplate.ContainerSpec.Mounts");
        size_t i;
        json_t *mount;

        json_array_foreach(mounts, i, mount) {
                const char *source = json_string_at(mount, "Source", "");
                const json_t *entry = g_str_equal(json_string_at(mount, "Type", ""), "volume")
                                              ? g_hash_table_lookup(engine->volumes, source)
                                              : NULL;
                json_t *options = json_object_get(mount, "VolumeOptions");

                if (entry == NULL)
                        continue;
                json_object_set(options, "Labels", json_object_get(entry, "Labels"));
                if (json_object_get(entry, "Driver") != NULL ||
                    json_object_get(entry, "DriverOpts") != NULL)
                        json_object_set_new(options, "DriverConfig",
                                            json_pack("{s:s, s:O?}", "Name",
                                                      json_string_at(entry, "Driver", "local"),
                                                      "Options",
                                                      json_object_get(entry, "DriverOpts")));
        }
}
