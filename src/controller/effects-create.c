/* CREATE and UPDATE: a container, and the networks, volumes and directories before it */

#include <string.h>
#include <unistd.h>

#include "controller/compose-labels.h"
#include "controller/effects-private.h"
#include "controller/files.h"
#include "controller/prepare.h"
#include "controller/registries.h"
#include "controller/hooks.h"
#include "controller/resources.h"
#include "crypto/secret.h"

static char **labels_for(const Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Item *item = &deploy->items[ask->workload];
        const ImageEntry *image = prepare_image(deploy, item->rendered.spec->image);
        GPtrArray *labels = g_ptr_array_new();
        g_autofree char *hooks = NULL;

        g_ptr_array_add(labels, g_strdup_printf(LABEL_APP "=%s", deploy->name));
        g_ptr_array_add(labels, g_strdup_printf(LABEL_WORKLOAD "=%s",
                                                deploy->app->workloads[ask->workload].id));
        g_ptr_array_add(labels, g_strdup_printf(LABEL_RUN "=%s", ask->run_key));
        g_ptr_array_add(labels, g_strdup_printf(LABEL_TRY "=%" G_GINT64_FORMAT, ask->try_number));
        g_ptr_array_add(labels,
                        g_strdup_printf(LABEL_DEPLOYMENT "=%" G_GINT64_FORMAT, deploy->number));
        g_ptr_array_add(labels, g_strdup_printf(LABEL_INSTALLATION "=%s",
                                                store_installation(deploy->store)));
        g_ptr_array_add(labels, g_strdup_printf(LABEL_SPEC "=%s", item->spec_hash));
        if (deploy->scene->is_swarm && image->state == IMAGE_HERE)
                g_ptr_array_add(labels, g_strdup_printf(LABEL_IMAGE "=%s", image->image->id));
        hooks = hooks_label(item->rendered.spec);
        if (hooks != NULL)
                g_ptr_array_add(labels, g_strdup_printf(LABEL_HOOKS "=%s", hooks));
        if (deploy->app->is_compose && !deploy->scene->is_swarm)
                compose_labels_container(labels, deploy->app, deploy->name, ask->workload,
                                         item->spec_hash,
                                         image->image == NULL ? "" : image->image->id);
        g_ptr_array_add(labels, NULL);
        return (char **) g_ptr_array_free(labels, false);
}

/* Only for naming what changed: without it the whole is said to have changed. */
static void keep_hashes(const Ask *ask, const char *id)
{
        Deploy *deploy = ask->deploy;
        g_autofree char *hashes = json_to_canonical_text(deploy->items[ask->workload].field_hashes);

        (void) store_placement_set(deploy->store, deploy->name,
                                   deploy->app->workloads[ask->workload].id, id, hashes, NULL);
}

static void updated(Ask *ask, const GError *error)
{
        if (error == NULL)
                keep_hashes(ask, ask->container);
        ask_post(ask, CORE_UPDATED, error);
        ask_free(ask);
}

static void created(Ask *ask, const char *id, const GError *error)
{
        Deploy *deploy = ask->deploy;
        g_autofree char *hooks = NULL;

        if (ask->is_update) {
                updated(ask, error);
                return;
        }
        if (error == NULL) {
                Container *container = container_new();

                g_free(ask->container);
                ask->container = g_strdup(id);
                g_free(container->id);
                container->id = g_strdup(id);
                hooks = hooks_label(deploy->items[ask->workload].rendered.spec);
                if (hooks != NULL)
                        g_hash_table_insert(container->labels, g_strdup(LABEL_HOOKS),
                                            g_steal_pointer(&hooks));
                g_hash_table_replace(deploy->containers, g_strdup(id), container);
                keep_hashes(ask, id);
        }
        if (error != NULL && effects_error(error) == CORE_ERROR_GONE)
                deploy_post(deploy, &(CoreEvent){ .type = CORE_CREATED,
                                                  .workload = ask->workload,
                                                  .error = CORE_ERROR_REFUSED,
                                                  .message = error->message });
        else
                ask_post(ask, CORE_CREATED, error);
        ask_free(ask);
}

static bool is_label(const Container *container, const char *key, const char *value)
{
        return g_strcmp0(container_label(container, key), value) == 0;
}

/* The name is taken: by this very try (then the first create was ours), or by a stranger */
static void on_holder(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;
        const Container *holder = reply->container;
        g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, ask->try_number);
        g_autoptr(GError) error = NULL;

        if (reply->error != NULL) {
                created(ask, NULL, reply->error);
                return;
        }
        if (is_label(holder, LABEL_APP, deploy->name) &&
            is_label(holder, LABEL_INSTALLATION, store_installation(deploy->store)) &&
            is_label(holder, LABEL_WORKLOAD, deploy->app->workloads[ask->workload].id) &&
            is_label(holder, LABEL_RUN, ask->run_key) && is_label(holder, LABEL_TRY, number) &&
            (ask->run_key[0] != '\0' ||
             is_label(holder, LABEL_SPEC, deploy->items[ask->workload].spec_hash))) {
                created(ask, holder->id, NULL);
                return;
        }
        error = g_error_new(ENGINE_ERROR, ENGINE_ERROR_CONFLICT,
                            "the name %s is taken by container %.12s, which is not one of ours; "
                            "rename or remove that one, then try again",
                            ask->name, holder->id);
        created(ask, NULL, error);
}

static void on_created(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT))
                ask_send(ask, &(EngineRequest){ .op = ENGINE_INSPECT, .id = ask->name }, on_holder);
        else
                created(ask, reply->id, reply->error);
}

/* The first of its files that cannot be put into the container; NULL where all can */
static const SpecFile *file_to_mount(const Deploy *deploy, const Spec *spec, const char **why)
{
        for (size_t i = 0; i < spec->n_files && !deploy->scene->is_swarm; i++) {
                if (files_must_mount(spec, &spec->files[i], deploy->world->info->is_local, why))
                        return &spec->files[i];
        }
        return NULL;
}

/* Files that cannot be put into the container are mounted instead. */
static bool spec_to_create(Deploy *deploy, const Item *item, Arena *arena, Spec *ret_spec,
                           GError **error)
{
        const Spec *spec = item->rendered.spec;
        g_autoptr(GError) inner = NULL;
        const char *why;
        const SpecFile *file = file_to_mount(deploy, spec, &why);

        if (file == NULL) {
                *ret_spec = *spec;
                return true;
        }
        if (!deploy->world->info->is_local) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: %s, so the file must be mounted from this machine, and the engine "
                            "is on another one",
                            file->path, why);
                return false;
        }
        if (files_mount(deploy->state_dir, deploy->name, spec, arena, ret_spec, &inner))
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, inner->message);
        return false;
}

static void on_rolled(const EngineReply *reply, gpointer user)
{
        updated(user, reply->error);
}

/* With what the nodes of a Swarm pull the image; one host has pulled it before */
static char *node_auth(const Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Workload *workload = &deploy->app->workloads[ask->workload];
        g_autofree char *image = NULL;

        if (!deploy->scene->is_swarm)
                return NULL;
        image = render_source_reference(workload, deploy->items[ask->workload].rendered.spec);
        return registry_auth(deploy->store, workload->source, image);
}

static void create_now(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Item *item = &deploy->items[ask->workload];
        g_autoptr(Arena) arena = arena_new();
        Spec spec;
        g_auto(GStrv) labels = NULL;
        g_autofree char *auth = NULL;
        g_autoptr(GError) error = NULL;

        if (ask->trouble != NULL) {
                created(ask, NULL, ask->trouble);
                return;
        }
        if (!spec_to_create(deploy, item, arena, &spec, &error)) {
                created(ask, NULL, error);
                return;
        }
        labels = labels_for(ask);
        auth = node_auth(ask);
        if (ask->is_update) {
                ask_send(ask,
                         &(EngineRequest){ .op = ENGINE_UPDATE,
                                           .id = ask->container,
                                           .spec = &spec,
                                           .labels = (const char *const *) labels,
                                           .registry_auth = auth,
                                           .force = ask->is_forced },
                         on_rolled);
                return;
        }
        ask_send(ask,
                 &(EngineRequest){ .op = ENGINE_CREATE,
                                   .name = ask->name,
                                   .spec = &spec,
                                   .labels = (const char *const *) labels,
                                   .registry_auth = auth },
                 on_created);
}

/* ---- What a container needs before it ---- */

typedef enum NeedKind {
        NEED_DIRECTORY,
        NEED_VOLUME,
        NEED_NETWORK,
} NeedKind;

typedef struct Need {
        Ask *ask;
        EngineCall *call; /* NULL: another container's is under way */
        char *name;
        char *id; /* random, for the volume's label */
        NeedKind kind;
} Need;

static void need_free(Need *need)
{
        g_ptr_array_remove_fast(need->ask->needs, need);
        g_free(need->name);
        g_free(need->id);
        g_free(need);
}

void effect_cancel_needs(Ask *ask)
{
        while (ask->needs != NULL && ask->needs->len > 0) {
                Need *need = ask->needs->pdata[0];

                engine_cancel(ask->deploy->engine, need->call);
                need_free(need);
        }
        g_clear_pointer(&ask->needs, g_ptr_array_unref);
}

/* Somebody's need of the same network; NULL: nobody has one */
static Need *find_need(const Deploy *deploy, const char *network, bool is_under_way)
{
        for (guint i = 0; i < deploy->asks->len; i++) {
                const Ask *ask = deploy->asks->pdata[i];

                for (guint j = 0; ask->needs != NULL && j < ask->needs->len; j++) {
                        Need *need = ask->needs->pdata[j];

                        if (need->kind == NEED_NETWORK && strcmp(need->name, network) == 0 &&
                            (need->call != NULL) == is_under_way)
                                return need;
                }
        }
        return NULL;
}

static void met(Need *need, const GError *error)
{
        static const char *const nouns[] = { "directory", "volume", "network" };
        Ask *ask = need->ask;

        if (error != NULL && ask->trouble == NULL) {
                ask->trouble = g_error_copy(error);
                g_prefix_error(&ask->trouble, "%s %s cannot be made: ", nouns[need->kind],
                               need->name);
        }
        need_free(need);
        if (--ask->n_left == 0)
                create_now(ask);
}

static void keep_network(World *world, const char *name, const char *id)
{
        NetworkInfo *network = g_new0(NetworkInfo, 1);

        network->id = g_strdup(id);
        network->name = g_strdup(name);
        network->driver = g_strdup("");
        network->scope = g_strdup("");
        network->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        if (world->networks == NULL)
                world->networks = g_ptr_array_new_with_free_func(
                        (GDestroyNotify) network_info_free);
        g_ptr_array_add(world->networks, network);
}

/* Whoever waited for the same network goes on, too */
static void network_met(Need *need, const EngineReply *reply)
{
        Deploy *deploy = need->ask->deploy;
        g_autofree char *name = g_strdup(need->name);
        Need *waiting;

        if (reply->error == NULL)
                keep_network(deploy->world, name, reply->id);
        met(need, reply->error);
        while ((waiting = find_need(deploy, name, false)) != NULL)
                met(waiting, reply->error);
}

static void on_need(const EngineReply *reply, gpointer user)
{
        Need *need = user;
        Deploy *deploy = need->ask->deploy;

        if (!reply->is_final)
                return;
        need->call = NULL;
        if (need->kind == NEED_NETWORK) {
                network_met(need, reply);
                return;
        }
        if (reply->error == NULL && need->kind == NEED_VOLUME && reply->volume != NULL) {
                VolumeInfo *volume = volume_info_copy(reply->volume);

                g_hash_table_replace(deploy->world->volumes, volume->name, volume);
        } else if (reply->error == NULL && need->kind == NEED_DIRECTORY && reply->was_created) {
                (void) store_host_path_created(deploy->store, need->name, need->id, NULL);
        }
        met(need, reply->error);
}

static char *random_id(void)
{
        unsigned char bytes[8];
        GString *hex = g_string_new(NULL);

        secret_random_bytes(bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes; i++)
                g_string_append_printf(hex, "%02x", bytes[i]);
        return g_string_free(hex, false);
}

static Need *need_new(Ask *ask, NeedKind kind, const char *name)
{
        Need *need = g_new0(Need, 1);

        need->ask = ask;
        need->kind = kind;
        need->name = g_strdup(name);
        need->id = random_id();
        ask->n_left++;
        if (ask->needs == NULL)
                ask->needs = g_ptr_array_new();
        g_ptr_array_add(ask->needs, need);
        return need;
}

static void need_directory(Ask *ask, const SpecMount *mount)
{
        Need *need = need_new(ask, NEED_DIRECTORY, mount->source);

        need->call = engine_send(ask->deploy->engine,
                                 &(EngineRequest){ .op = ENGINE_HOST_PATH,
                                                   .name = mount->source,
                                                   .mode = mount->create_mode,
                                                   .owner = mount->create_owner },
                                 on_need, need);
}

static void need_volume(Ask *ask, const char *name)
{
        Deploy *deploy = ask->deploy;
        Need *need = need_new(ask, NEED_VOLUME, name);
        const Resource *resource = resources_find(deploy->app, RESOURCE_VOLUME, name);
        g_auto(GStrv) labels = resources_labels(deploy->app, deploy->name, deploy->store, resource,
                                                need->id);

        need->call = engine_send(
                deploy->engine,
                &(EngineRequest){ .op = ENGINE_VOLUME_CREATE,
                                  .name = name,
                                  .labels = (const char *const *) labels,
                                  .options = resource == NULL ? NULL : resource->options },
                on_need, need);
}

/* Requests side by side could make two networks of one name: only one is sent */
static void need_network(Ask *ask, const Resource *resource)
{
        Deploy *deploy = ask->deploy;
        bool is_under_way = find_need(deploy, resource->name, true) != NULL;
        Need *need = need_new(ask, NEED_NETWORK, resource->name);
        g_auto(GStrv) labels = NULL;

        if (is_under_way)
                return;
        labels = resources_labels(deploy->app, deploy->name, deploy->store, resource, NULL);
        need->call = engine_send(deploy->engine,
                                 &(EngineRequest){ .op = ENGINE_NETWORK_CREATE,
                                                   .name = resource->name,
                                                   .labels = (const char *const *) labels,
                                                   .options = resource->options },
                                 on_need, need);
}

static void need_all(Ask *ask, const Spec *spec)
{
        Deploy *deploy = ask->deploy;

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if (mount->type == MOUNT_BIND && !mount->must_exist)
                        need_directory(ask, mount);
                else if (mount->type == MOUNT_VOLUME && mount->source[0] != '\0' &&
                         !g_hash_table_contains(deploy->world->volumes, mount->source))
                        need_volume(ask, mount->source);
        }
        for (size_t i = 0; i < spec->n_networks; i++) {
                const char *name = spec->networks[i].name;
                const Resource *resource = resources_find(deploy->app, RESOURCE_NETWORK, name);

                if (resource != NULL && !resource->is_external &&
                    world_network(deploy->world, name, NULL) == NULL)
                        need_network(ask, resource);
        }
}

/* The engine makes a missing host directory where a mount also has an SELinux label */
static void check_host_paths(Ask *ask, const Spec *spec)
{
        const Deploy *deploy = ask->deploy;
        bool is_here = deploy->world->info->shares_paths && !deploy->scene->is_swarm;

        for (size_t i = 0; i < spec->n_mounts && is_here; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if (ask->trouble == NULL && mount->type == MOUNT_BIND && mount->must_exist &&
                    access(mount->source, F_OK) != 0)
                        ask->trouble = g_error_new(ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                                   "there is no %s on the engine's host, and the "
                                                   "file says that it is not to be made",
                                                   mount->source);
        }
}

/* What volatile calls gave is kept with the container; then its volumes, then itself. */
static void make(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Item *item = &deploy->items[ask->workload];

        if (json_object_size(item->rendered.records) > 0) {
                g_autofree char *records = json_to_canonical_text(item->rendered.records);

                (void) store_volatile_set(deploy->store, deploy->name,
                                          deploy->app->workloads[ask->workload].id, "render",
                                          records, NULL);
        }
        check_host_paths(ask, item->rendered.spec);
        if (ask->trouble == NULL)
                need_all(ask, item->rendered.spec);
        if (ask->n_left == 0)
                create_now(ask);
}

void effect_create(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);

        ask->name = g_strdup(effect->name);
        ask->run_key = g_strdup(effect->run_key);
        ask->try_number = effect->try_number;
        make(ask);
}

void effect_update(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);

        ask->is_update = true;
        ask->is_forced = effect->is_forced;
        if (deploy->scene->is_swarm) {
                ask->run_key = g_strdup("");
                make(ask);
                return;
        }
        ask_send(ask,
                 &(EngineRequest){ .op = ENGINE_UPDATE,
                                   .id = effect->container,
                                   .spec = deploy->items[effect->workload].rendered.spec },
                 on_rolled);
}
