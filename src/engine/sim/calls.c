/* Calls: the answer to each kind of request */

#include <string.h>

#include "engine/sim/internal.h"

/* A copy of what a request holds, for when it reaches the engine */
struct SimRequest {
        EngineOp op;
        char *id, *name, *image;
        char **labels;
        char **argv;
        char *restart_policy;
        int64_t restart_max;
        GArray *ports;       /* of BoundPort */
        GPtrArray *mounts;   /* of char *: source and target, alternating */
        GPtrArray *networks; /* of char *: name and address, alternating; NULL at the end */
        bool is_volume[64];
        bool has_spec;
        bool follow, force;
};

#define MOUNTS_MAX 64

const char *sim_request_subject(const EngineRequest *request)
{
        if (request->name != NULL && request->op != ENGINE_RENAME)
                return request->name;
        if (request->id != NULL)
                return request->id;
        return request->image != NULL ? request->image : "";
}

static char **copy_strings(const char *const *strings)
{
        return strings == NULL ? g_new0(char *, 1) : g_strdupv((char **) strings);
}

static void copy_spec(SimRequest *copy, const Spec *spec)
{
        GPtrArray *labels = g_ptr_array_new();

        for (char **label = copy->labels; *label != NULL; label++)
                g_ptr_array_add(labels, *label);
        for (size_t i = 0; i < spec->n_labels; i++)
                g_ptr_array_add(labels, g_strdup(spec->labels[i]));
        g_ptr_array_add(labels, NULL);
        g_free(copy->labels);
        copy->labels = (char **) g_ptr_array_free(labels, false);
        copy->has_spec = true;
        if (copy->image == NULL)
                copy->image = g_strdup(spec->image);
        copy->restart_policy = g_strdup(restart_policy_to_string(spec->restart));
        copy->restart_max = spec->restart_max;
        for (size_t i = 0; i < spec->n_ports; i++) {
                BoundPort port = { .private_port = spec->ports[i].private_port,
                                   .public_port = spec->ports[i].public_port,
                                   .proto = spec->ports[i].proto };

                g_array_append_val(copy->ports, port);
        }
        for (size_t i = 0; i < MIN(spec->n_mounts, MOUNTS_MAX); i++) {
                copy->is_volume[i] = spec->mounts[i].type == MOUNT_VOLUME;
                g_ptr_array_add(copy->mounts, g_strdup(spec->mounts[i].source));
                g_ptr_array_add(copy->mounts, g_strdup(spec->mounts[i].target));
        }
        for (size_t i = 0; i < spec->n_networks; i++) {
                const char *address = spec->networks[i].ipv4_address;

                g_ptr_array_add(copy->networks, g_strdup(spec->networks[i].name));
                g_ptr_array_add(copy->networks, g_strdup(address == NULL ? "" : address));
        }
}

SimRequest *sim_request_copy(const EngineRequest *request)
{
        SimRequest *copy = g_new0(SimRequest, 1);

        copy->op = request->op;
        copy->id = g_strdup(request->id);
        copy->name = g_strdup(request->name);
        copy->image = g_strdup(request->image);
        copy->labels = copy_strings(request->labels);
        copy->argv = copy_strings(request->argv);
        copy->ports = g_array_new(false, true, sizeof(BoundPort));
        copy->mounts = g_ptr_array_new_with_free_func(g_free);
        copy->follow = request->follow;
        copy->force = request->force;
        copy->networks = g_ptr_array_new_with_free_func(g_free);
        if (request->spec != NULL)
                copy_spec(copy, request->spec);
        g_ptr_array_add(copy->networks, NULL);
        return copy;
}

void sim_request_free(gpointer data)
{
        SimRequest *request = data;

        g_free(request->id);
        g_free(request->name);
        g_free(request->image);
        g_strfreev(request->labels);
        g_strfreev(request->argv);
        g_free(request->restart_policy);
        g_array_unref(request->ports);
        g_ptr_array_unref(request->mounts);
        g_ptr_array_unref(request->networks);
        g_free(request);
}

static void ok(SimEngine *engine, EngineCall *call)
{
        sim_reply_final(engine, call, &(EngineReply){ 0 });
}

bool sim_has_labels(GHashTable *labels, char **wanted)
{
        for (; *wanted != NULL; wanted++) {
                const char *equals = strchr(*wanted, '=');
                g_autofree char *key = equals == NULL ? g_strdup(*wanted)
                                                      : g_strndup(*wanted, equals - *wanted);
                const char *value = g_hash_table_lookup(labels, key);

                if (value == NULL || (equals != NULL && strcmp(value, equals + 1) != 0))
                        return false;
        }
        return true;
}

void sim_add_labels(GHashTable *labels, char **given)
{
        for (; *given != NULL; given++) {
                const char *equals = strchr(*given, '=');

                if (equals != NULL)
                        g_hash_table_insert(labels, g_strndup(*given, equals - *given),
                                            g_strdup(equals + 1));
        }
}

/* ---- About the engine and images ---- */

static void answer_info(SimEngine *engine, EngineCall *call)
{
        EngineInfo info = { .version = (char *) "20.10.24",
                            .api_version = (char *) ENGINE_API_MIN,
                            .id = (char *) "simulated",
                            .os = (char *) "linux",
                            .architecture = (char *) "x86_64",
                            .kernel = (char *) "6.1",
                            .root_dir = (char *) "/var/lib/simulated",
                            .bridge_gateway = (char *) "172.17.0.1",
                            .is_local = true,
                            .shares_paths = true,
                            .started_wall_ns = engine->started_wall_ns };

        sim_reply_final(engine, call, &(EngineReply){ .info = &info });
}

static void answer_image(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        const SimImage *image = sim_image(engine, request->image);
        const char *none[] = { NULL };
        const char *tags[] = { request->image, NULL };
        g_autofree char *id = sim_image_id(image, request->image);
        Image told = { .id = id,
                       .tags = (char **) tags,
                       .digests = (char **) none,
                       .volumes = (char **) none,
                       .exposed = (char **) none };

        if (image == NULL ||
            (image->is_remote && !g_hash_table_contains(engine->pulled, request->image))) {
                sim_reply_error(engine, call, ENGINE_ERROR_NOT_FOUND, "no such image");
                return;
        }
        if (image->volumes != NULL)
                told.volumes = (char **) image->volumes;
        if (image->digests != NULL)
                told.digests = (char **) image->digests;
        sim_reply_final(engine, call, &(EngineReply){ .image_info = &told });
}

static void answer_pull(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        if (sim_image(engine, request->image) == NULL) {
                sim_reply_error(engine, call, ENGINE_ERROR_NOT_FOUND, "manifest unknown");
                return;
        }
        g_hash_table_add(engine->pulled, g_strdup(request->image));
        sim_reply(engine, call, &(EngineReply){ .progress = "pulling", .percent = 50 });
        if (sim_is_alive(engine, call))
                ok(engine, call);
}

/* ---- Containers ---- */

static void answer_list(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        g_autoptr(GPtrArray) found = g_ptr_array_new();

        for (guint i = 0; i < engine->boxes->len; i++) {
                SimBox *box = engine->boxes->pdata[i];

                if (!box->is_gone && sim_has_labels(box->shown->labels, request->labels))
                        g_ptr_array_add(found, box->shown);
        }
        sim_reply_final(engine, call, &(EngineReply){ .containers = found });
}

static VolumeInfo *find_volume(const SimEngine *engine, const char *name)
{
        for (guint i = 0; name != NULL && i < engine->volumes->len; i++) {
                VolumeInfo *volume = engine->volumes->pdata[i];

                if (strcmp(volume->name, name) == 0)
                        return volume;
        }
        return NULL;
}

static VolumeInfo *make_volume(SimEngine *engine, const char *name, char **labels)
{
        VolumeInfo *volume = g_new0(VolumeInfo, 1);

        volume->name = g_strdup(name);
        volume->driver = g_strdup("local");
        volume->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        if (labels != NULL)
                sim_add_labels(volume->labels, labels);
        g_ptr_array_add(engine->volumes, volume);
        return volume;
}

static void fill_box(SimEngine *engine, SimBox *box, const SimRequest *request)
{
        g_free(box->shown->restart_policy);
        box->shown->restart_policy = g_strdup(request->restart_policy);
        box->restart_max = request->restart_max;
        sim_add_labels(box->shown->labels, request->labels);
        for (guint i = 0; i < request->ports->len; i++) {
                BoundPort port = g_array_index(request->ports, BoundPort, i);

                if (port.public_port == 0)
                        port.public_port = (uint16_t) (32768 + engine->next_id * 8 + i);
                port.host_ip = g_strdup("0.0.0.0");
                g_array_append_val(box->shown->ports, port);
        }
        for (guint i = 0; i + 1 < request->mounts->len; i += 2) {
                const char *source = request->mounts->pdata[i];
                bool is_volume = request->is_volume[i / 2];
                ContainerMount mount = { .type = g_strdup(is_volume ? "volume" : "bind"),
                                         .name = g_strdup(is_volume ? source : ""),
                                         .source = g_strdup(source),
                                         .target = g_strdup(request->mounts->pdata[i + 1]) };

                if (is_volume && find_volume(engine, source) == NULL)
                        make_volume(engine, source, NULL);
                g_array_append_val(box->shown->mounts, mount);
        }
}

static void answer_create(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        const SimImage *image = sim_image(engine, request->image);
        const char *missing;
        SimBox *box;

        if (!request->has_spec) {
                sim_reply_error(engine, call, ENGINE_ERROR_BAD_REQUEST, "no spec");
        } else if (sim_box(engine, request->name) != NULL) {
                sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT,
                                "the container name is already in use");
        } else if (image == NULL ||
                   (image->is_remote && !g_hash_table_contains(engine->pulled, request->image))) {
                sim_reply_error(engine, call, ENGINE_ERROR_NOT_FOUND, "no such image");
        } else {
                box = sim_box_new(engine, request->name, request->image);
                if (!sim_box_join(engine, box, (const char *const *) request->networks->pdata,
                                  &missing)) {
                        g_autofree char *words = g_strdup_printf("there is no network %s", missing);

                        box->is_gone = true;
                        sim_reply_error(engine, call, ENGINE_ERROR_NOT_FOUND, words);
                        return;
                }
                fill_box(engine, box, request);
                sim_tell(engine, box, "create", -1, "");
                sim_reply_final(engine, call, &(EngineReply){ .id = box->shown->id });
        }
}

static bool is_port_taken(const SimEngine *engine, const SimBox *mine)
{
        for (guint i = 0; i < engine->boxes->len; i++) {
                const SimBox *theirs = engine->boxes->pdata[i];

                if (theirs == mine || theirs->is_gone || theirs->shown->state != CONTAINER_RUNNING)
                        continue;
                for (guint j = 0; j < mine->shown->ports->len; j++) {
                        for (guint k = 0; k < theirs->shown->ports->len; k++) {
                                if (g_array_index(mine->shown->ports, BoundPort, j).public_port ==
                                    g_array_index(theirs->shown->ports, BoundPort, k).public_port)
                                        return true;
                        }
                }
        }
        return false;
}

static void answer_start(SimEngine *engine, EngineCall *call, SimBox *box)
{
        if (box->shown->state != CONTAINER_RUNNING && is_port_taken(engine, box)) {
                sim_reply_error(engine, call, ENGINE_ERROR_PORT_TAKEN, "port is already allocated");
                return;
        }
        if (box->shown->state != CONTAINER_RUNNING && sim_box_has_rival(engine, box)) {
                sim_reply_error(engine, call, ENGINE_ERROR_FAILED, "address already in use");
                return;
        }
        if (box->shown->state != CONTAINER_RUNNING)
                sim_box_start(engine, box);
        ok(engine, call);
}

static void on_stopped(SimEngine *engine, gpointer data)
{
        EngineCall *call = data;

        if (!call->box->is_gone)
                sim_box_end(engine, call->box, 143, false);
        ok(engine, call);
}

static void answer_rename(SimEngine *engine, EngineCall *call, SimBox *box, const char *name)
{
        SimBox *other = sim_box(engine, name);

        if (other != NULL && other != box) {
                sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT,
                                "the container name is already in use");
                return;
        }
        g_free(box->shown->name);
        box->shown->name = g_strdup(name);
        sim_tell(engine, box, "rename", -1, "");
        ok(engine, call);
}

static void answer_exec(SimEngine *engine, EngineCall *call, SimBox *box, char **argv)
{
        const char *fails = box->image == NULL ? NULL : box->image->fails;

        if (box->shown->state != CONTAINER_RUNNING)
                sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT, "the container does not run");
        else if (fails != NULL && g_strcmp0(argv[0], fails) == 0)
                sim_reply_final(
                        engine, call,
                        &(EngineReply){ .exit_code = 3, .data = fails, .size = strlen(fails) });
        else
                sim_reply_final(engine, call,
                                &(EngineReply){ .exit_code = sim_box_listens(engine, box) ? 0 : 1,
                                                .data = "",
                                                .size = 0 });
}

static void answer_logs(SimEngine *engine, EngineCall *call, SimBox *box, bool follow)
{
        const char *output = box->image == NULL ? NULL : box->image->output;

        if (output != NULL && box->n_starts > 0)
                sim_reply(engine, call, &(EngineReply){ .data = output, .size = strlen(output) });
        if (!sim_is_alive(engine, call))
                return;
        if (follow && box->shown->state == CONTAINER_RUNNING)
                call->is_lasting = true;
        else
                ok(engine, call);
}

static void answer_wait(SimEngine *engine, EngineCall *call)
{
        call->is_lasting = true;
        sim_reply(engine, call, &(EngineReply){ .is_open = true });
}

static void answer_update(SimEngine *engine, EngineCall *call, SimBox *box,
                          const SimRequest *request)
{
        if (request->has_spec) {
                g_free(box->shown->restart_policy);
                box->shown->restart_policy = g_strdup(request->restart_policy);
                box->restart_max = request->restart_max;
        }
        ok(engine, call);
}

/* What is asked of a container that is there */
static void answer_for(SimEngine *engine, EngineCall *call, SimBox *box, const SimRequest *request)
{
        call->box = box;
        if (request->op == ENGINE_INSPECT) {
                sim_reply_final(engine, call, &(EngineReply){ .container = box->shown });
        } else if (request->op == ENGINE_START) {
                answer_start(engine, call, box);
        } else if (request->op == ENGINE_STOP) {
                sim_later(engine,
                          box->shown->state == CONTAINER_RUNNING ? engine->script->stop_us : 0,
                          on_stopped, call, NULL, call);
        } else if (request->op == ENGINE_KILL) {
                sim_box_end(engine, box, 137, false);
                ok(engine, call);
        } else if (request->op == ENGINE_REMOVE && !request->force &&
                   box->shown->state == CONTAINER_RUNNING) {
                sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT,
                                "you cannot remove a running container");
        } else if (request->op == ENGINE_REMOVE) {
                sim_box_gone(engine, box);
                ok(engine, call);
        } else if (request->op == ENGINE_RENAME) {
                answer_rename(engine, call, box, request->name);
        } else if (request->op == ENGINE_UPDATE) {
                answer_update(engine, call, box, request);
        } else if (request->op == ENGINE_WAIT) {
                answer_wait(engine, call);
        } else if (request->op == ENGINE_EXEC) {
                answer_exec(engine, call, box, request->argv);
        } else if (request->op == ENGINE_LOGS) {
                answer_logs(engine, call, box, request->follow);
        } else if (sim_box_listens(engine, box)) {
                sim_reply_final(engine, call, &(EngineReply){ .method = "simulated" });
        } else if (box->shown->state != CONTAINER_RUNNING) {
                sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT, "the container does not run");
        } else {
                call->is_lasting = true;
        }
}

static void answer_container(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        SimBox *box = sim_box(engine, request->id);

        if (box != NULL)
                answer_for(engine, call, box, request);
        else if (request->op == ENGINE_REMOVE)
                ok(engine, call);
        else
                sim_reply_error(engine, call, ENGINE_ERROR_NOT_FOUND, "no such container");
}

/* ---- Volumes and host paths ---- */

static void answer_volumes(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        g_autoptr(GPtrArray) found = g_ptr_array_new();

        for (guint i = 0; i < engine->volumes->len; i++) {
                VolumeInfo *volume = engine->volumes->pdata[i];

                if (sim_has_labels(volume->labels, request->labels))
                        g_ptr_array_add(found, volume);
        }
        sim_reply_final(engine, call, &(EngineReply){ .volumes = found });
}

static bool is_mounted(const SimEngine *engine, const char *name)
{
        for (guint i = 0; i < engine->boxes->len; i++) {
                const SimBox *box = engine->boxes->pdata[i];

                for (guint j = 0; !box->is_gone && j < box->shown->mounts->len; j++) {
                        if (strcmp(g_array_index(box->shown->mounts, ContainerMount, j).name,
                                   name) == 0)
                                return true;
                }
        }
        return false;
}

static void answer_volume(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        VolumeInfo *volume = find_volume(engine, request->name);
        bool was_there = volume != NULL;

        if (request->op == ENGINE_VOLUME_CREATE) {
                if (!was_there)
                        volume = make_volume(engine, request->name, request->labels);
                sim_reply_final(engine, call,
                                &(EngineReply){ .volume = volume, .was_created = !was_there });
        } else if (!was_there) {
                sim_reply_error(engine, call, ENGINE_ERROR_NOT_FOUND, "no such volume");
        } else if (request->op == ENGINE_VOLUME_INSPECT) {
                sim_reply_final(engine, call, &(EngineReply){ .volume = volume });
        } else if (is_mounted(engine, request->name)) {
                sim_reply_error(engine, call, ENGINE_ERROR_CONFLICT, "volume is in use");
        } else {
                g_ptr_array_remove(engine->volumes, volume);
                ok(engine, call);
        }
}

void sim_answer(SimEngine *engine, EngineCall *call, const SimRequest *request)
{
        switch (request->op) {
        case ENGINE_INFO:
                answer_info(engine, call);
                break;
        case ENGINE_LIST:
                answer_list(engine, call, request);
                break;
        case ENGINE_IMAGE_INSPECT:
                answer_image(engine, call, request);
                break;
        case ENGINE_IMAGE_PULL:
                answer_pull(engine, call, request);
                break;
        case ENGINE_CREATE:
                answer_create(engine, call, request);
                break;
        case ENGINE_INSPECT:
        case ENGINE_START:
        case ENGINE_STOP:
        case ENGINE_KILL:
        case ENGINE_REMOVE:
        case ENGINE_RENAME:
        case ENGINE_UPDATE:
        case ENGINE_WAIT:
        case ENGINE_EXEC:
        case ENGINE_LOGS:
        case ENGINE_PROBE_PORT:
                answer_container(engine, call, request);
                break;
        case ENGINE_VOLUME_CREATE:
        case ENGINE_VOLUME_INSPECT:
        case ENGINE_VOLUME_REMOVE:
                answer_volume(engine, call, request);
                break;
        case ENGINE_VOLUME_LIST:
                answer_volumes(engine, call, request);
                break;
        case ENGINE_HOST_PATH:
                sim_reply_final(engine, call,
                                &(EngineReply){ .was_created = g_hash_table_add(
                                                        engine->paths, g_strdup(request->name)) });
                break;
        case ENGINE_NETWORK_CREATE:
        case ENGINE_NETWORK_LIST:
        case ENGINE_NETWORK_REMOVE:
                sim_answer_network(engine, call, request->op, request->id, request->name,
                                   request->labels);
                break;
        case ENGINE_PRUNE:
        case ENGINE_NODES:
                sim_reply_error(engine, call, ENGINE_ERROR_BAD_REQUEST, "this is no Swarm");
                break;
        case ENGINE_WATCH:
                call->is_lasting = call->is_open = true;
                sim_reply(engine, call, &(EngineReply){ .is_open = true });
                break;
        }
}
