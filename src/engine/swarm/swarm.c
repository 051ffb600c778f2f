#include "engine/swarm/swarm.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "engine/docker/reply.h"
#include "engine/swarm/internal.h"

#define NAME_HASH_LEN 8 /* digits behind a name that was too long */

/* ---- Names ---- */

/* Letters, digits, `_` and `-`, a letter or digit at both ends, no longer than the engine takes */
static char *fit_name(GString *name, size_t tail)
{
        g_autofree char *whole = g_strdup(name->str);
        g_autofree char *hash = NULL;

        for (char *c = name->str; *c != '\0'; c++)
                if (!g_ascii_isalnum(*c) && *c != '_' && *c != '-')
                        *c = '-';
        if (!g_ascii_isalnum(name->str[0]))
                g_string_prepend_c(name, 's');
        if (name->len > SWARM_NAME_MAX - tail) {
                hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, whole, -1);
                g_string_truncate(name, SWARM_NAME_MAX - tail - NAME_HASH_LEN - 1);
                g_string_append_printf(name, "-%.*s", NAME_HASH_LEN, hash);
        }
        while (name->len > 1 && !g_ascii_isalnum(name->str[name->len - 1]))
                g_string_truncate(name, name->len - 1);
        return g_string_free(name, false);
}

char *swarm_service_name(const char *app, const char *workload)
{
        g_autofree char *slug = text_slug(workload);
        GString *name = g_string_new(NULL);

        g_string_printf(name, "%s_%s", app, slug);
        return fit_name(name, 0);
}

char *swarm_job_name(const char *app, const char *workload, const char *key, int64_t try_number)
{
        g_autofree char *slug = text_slug(workload);
        g_autofree char *tail = g_strdup_printf("-%.8s-%" G_GINT64_FORMAT, key, try_number);
        g_autofree char *head = NULL;
        GString *name = g_string_new(NULL);

        g_string_printf(name, "%s_%s", app, slug);
        head = fit_name(name, strlen(tail));
        return g_strconcat(head, tail, NULL);
}

char **swarm_stack_labels(const char *const *labels)
{
        GPtrArray *all = g_ptr_array_new();

        for (size_t i = 0; labels != NULL && labels[i] != NULL; i++) {
                g_ptr_array_add(all, g_strdup(labels[i]));
                if (g_str_has_prefix(labels[i], SWARM_LABEL_APP "="))
                        g_ptr_array_add(all, g_strdup_printf(STACK_LABEL_NAMESPACE "%s",
                                                             labels[i] + strlen(SWARM_LABEL_APP)));
        }
        g_ptr_array_add(all, NULL);
        return (char **) g_ptr_array_free(all, false);
}

json_t *swarm_object_labels(const char *const *labels)
{
        json_t *object = json_object();

        for (size_t i = 0; labels != NULL && labels[i] != NULL; i++) {
                g_auto(GStrv) parts = g_strsplit(labels[i], "=", 2);
                const char *value = parts[1] != NULL ? parts[1] : "";

                if (!swarm_label_lasts(labels[i]) || g_str_equal(parts[0], SWARM_LABEL_WORKLOAD))
                        continue;
                json_object_set_new(object, parts[0], json_string(value));
                if (g_str_equal(parts[0], SWARM_LABEL_APP))
                        json_object_set_new(object, STACK_LABEL_NAMESPACE, json_string(value));
        }
        return object;
}

/* ---- Small operations ---- */

static void done_begin(EngineCall *call)
{
        call_done(call);
}

static void host_path_nowhere(EngineCall *call)
{
        call_reply(call, &(EngineReply){ .is_final = true });
}

static void no_kill_begin(EngineCall *call)
{
        call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                       "tasks of a Swarm cannot be sent signals through its manager");
}

static bool id_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (call->id[0] != '\0')
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, "no service was given");
        return false;
}

static bool list_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        call->query = docker_filters(request->labels, NULL);
        return true;
}

/* ---- Images: each node pulls by itself, so a manager need not have what runs ---- */

static void on_image(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(Image) image = NULL;
        g_autoptr(GError) error = NULL;
        char *none[] = { NULL };
        char *tags[] = { call->image, NULL };

        if (answer->status == 404) {
                Image elsewhere = { .id = call->image,
                                    .tags = tags,
                                    .digests = none,
                                    .volumes = none,
                                    .exposed = none };

                call_reply(call, &(EngineReply){ .image_info = &elsewhere, .is_final = true });
                return;
        }
        if (call_failed(call, answer))
                return;
        image = docker_image_parse(answer->json, &error);
        call_reply(call, &(EngineReply){ .image_info = image, .error = error, .is_final = true });
}

static void image_begin(EngineCall *call)
{
        g_autofree char *image = docker_escape_image(call->image);
        g_autofree char *path = g_strconcat("/images/", image, "/json", NULL);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_image });
}

/* ---- Information ---- */

static void info_begin(EngineCall *call);

static void on_info(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(EngineInfo) info = NULL;
        const char *cluster = json_string_at(answer->json, "Swarm.Cluster.ID", "");

        if (call_failed(call, answer))
                return;
        info = docker_info_parse(answer->json);
        /* Only the leader tells which Swarm it is */
        if (info->is_swarm_manager && cluster[0] == '\0') {
                swarm_leader_lost(swarm_of(call));
                if (call->is_over)
                        return;
                if (g_get_monotonic_time() + LEADER_GAP_US < call->deadline_us)
                        call_after(call, LEADER_GAP_US, info_begin);
                else
                        call_fail_with(call, ENGINE_ERROR_UNREACHABLE, "%s",
                                       json_string_at(answer->json, "Swarm.Error",
                                                      "the Swarm has no leader"));
                return;
        }
        swarm_leader_back(swarm_of(call));
        if (call->is_over)
                return;
        g_free(info->api_version);
        info->api_version = g_strdup(call->engine->api);
        info->is_local = call->engine->local.is_local;
        if (cluster[0] != '\0') { /* the same through every manager */
                g_free(info->id);
                info->id = g_strdup(cluster);
        }
        call_reply(call, &(EngineReply){ .info = info, .is_final = true });
}

static void info_begin(EngineCall *call)
{
        call_step(call, &(DockerStepRequest){ .path = "/info", .on_answer = on_info });
}

/* ---- The table ---- */

static const DockerOp ops[] = {
        [ENGINE_INFO] = { 60 * US_PER_S, NULL, info_begin },
        [ENGINE_LIST] = { 90 * US_PER_S, list_prepare, swarm_list_begin },
        [ENGINE_INSPECT] = { 60 * US_PER_S, id_prepare, swarm_inspect_begin },
        [ENGINE_IMAGE_INSPECT] = { 30 * US_PER_S, NULL, image_begin },
        [ENGINE_IMAGE_PULL] = { 0, NULL, done_begin },
        [ENGINE_CREATE] = { 120 * US_PER_S, swarm_create_prepare, swarm_create_begin },
        [ENGINE_START] = { 600 * US_PER_S, id_prepare, swarm_start_begin },
        [ENGINE_STOP] = { 600 * US_PER_S, id_prepare, swarm_stop_begin },
        [ENGINE_KILL] = { 30 * US_PER_S, NULL, no_kill_begin },
        [ENGINE_REMOVE] = { 300 * US_PER_S, swarm_remove_prepare, swarm_remove_begin },
        [ENGINE_RENAME] = { 30 * US_PER_S, NULL, done_begin },
        [ENGINE_UPDATE] = { 3600 * US_PER_S, swarm_update_prepare, swarm_update_begin },
        [ENGINE_WAIT] = { 0, id_prepare, swarm_wait_begin },
        [ENGINE_EXEC] = { 600 * US_PER_S, swarm_exec_prepare, swarm_probe_begin },
        [ENGINE_PROBE_PORT] = { 600 * US_PER_S, swarm_probe_prepare, swarm_probe_begin },
        [ENGINE_VOLUME_CREATE] = { 60 * US_PER_S, volume_create_prepare,
                                   swarm_volume_create_begin },
        [ENGINE_VOLUME_INSPECT] = { 30 * US_PER_S, docker_name_prepare,
                                    swarm_volume_inspect_begin },
        [ENGINE_VOLUME_LIST] = { 60 * US_PER_S, swarm_volume_list_prepare,
                                 swarm_volume_list_begin },
        [ENGINE_VOLUME_REMOVE] = { 60 * US_PER_S, docker_name_prepare, swarm_volume_remove_begin },
        [ENGINE_HOST_PATH] = { 30 * US_PER_S, NULL, host_path_nowhere },
        [ENGINE_NETWORK_CREATE] = { 60 * US_PER_S, swarm_network_prepare, network_create_begin },
        [ENGINE_NETWORK_REMOVE] = { 120 * US_PER_S, id_prepare, swarm_network_remove_begin },
        [ENGINE_NODES] = { 90 * US_PER_S, NULL, swarm_nodes_begin },
        [ENGINE_LOGS] = { 0, swarm_logs_prepare, swarm_logs_begin },
        [ENGINE_PRUNE] = { 60 * US_PER_S, swarm_prune_prepare, swarm_prune_begin },
        [ENGINE_WATCH] = { 0, swarm_watch_prepare, watch_begin },
};

/* What is not here is as on one host */
static const DockerOp *swarm_op(EngineOp op)
{
        return op < G_N_ELEMENTS(ops) && ops[op].begin != NULL ? &ops[op] : docker_op(op);
}

/* ---- The engine ---- */

static void swarm_free(Engine *base)
{
        SwarmEngine *engine = (SwarmEngine *) base;

        docker_engine_done(&engine->docker);
        tasks_done(engine);
        g_hash_table_unref(engine->services);
        g_hash_table_unref(engine->objects);
        g_hash_table_unref(engine->volumes);
        g_hash_table_unref(engine->seen);
        g_hash_table_unref(engine->followed);
        g_clear_pointer(&engine->down, g_hash_table_unref);
        g_free(engine->hash_key);
        g_free(engine);
}

static const EngineClass swarm_class = {
        .name = "swarm",
        .send = docker_engine_send,
        .cancel = docker_engine_cancel,
        .free = swarm_free,
};

Engine *swarm_engine_new(const SwarmOptions *options, GError **error)
{
        static const SwarmOptions defaults;
        SwarmEngine *engine = g_new0(SwarmEngine, 1);

        if (options == NULL)
                options = &defaults;
        engine->without_ipvs = options->without_ipvs;
        engine->hash_key = g_strdup(options->hash_key);
        engine->on_notice = options->on_notice;
        engine->notice_user = options->notice_user;
        engine->services = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                 (GDestroyNotify) g_hash_table_unref);
        engine->volumes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify) json_decref);
        engine->objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        engine->followed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        engine->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        engine->docker.on_event = swarm_on_event;
        engine->docker.ask_again = swarm_ask_again;
        if (docker_engine_init(&engine->docker, &swarm_class, swarm_op, &options->docker, error))
                return &engine->docker.base;
        swarm_free(&engine->docker.base);
        return NULL;
}

uint64_t swarm_engine_requests(const Engine *engine)
{
        g_assert(engine->class == &swarm_class);
        return ((const SwarmEngine *) engine)->docker.n_requests;
}
