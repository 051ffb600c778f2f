#include "controller/effects.h"

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/files.h"
#include "controller/registries.h"
#include "crypto/secret.h"

/* ---- A request under way, and whom its answer is for ---- */

typedef struct Ask Ask;
struct Ask {
        Deploy *deploy;
        EngineCall *call;
        int workload;
        int publication;
        char *container;
        char *name; /* CREATE */
        char *run_key;
        int64_t try_number;
        unsigned n_left;  /* CREATE: volumes and directories not there yet */
        GPtrArray *needs; /* of Need: those; each frees itself when answered */
        char *trouble;    /* why one of those could not be made */
        bool is_open;     /* WAIT */
        GString *output;  /* LOGS */
        bool is_shown;
        RunRecord *run; /* whose tail this is */
        void (*then)(Ask *ask);
};

static Ask *ask_new(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = g_new0(Ask, 1);

        ask->deploy = deploy;
        ask->workload = effect == NULL ? -1 : effect->workload;
        ask->publication = effect == NULL ? -1 : effect->publication;
        ask->container = effect == NULL ? NULL : g_strdup(effect->container);
        if (deploy->asks == NULL)
                deploy->asks = g_ptr_array_new();
        g_ptr_array_add(deploy->asks, ask);
        return ask;
}

static void cancel_needs(Ask *ask);

static void ask_free(Ask *ask)
{
        cancel_needs(ask);
        g_ptr_array_remove_fast(ask->deploy->asks, ask);
        g_free(ask->container);
        g_free(ask->name);
        g_free(ask->run_key);
        g_free(ask->trouble);
        if (ask->output != NULL)
                g_string_free(ask->output, true);
        run_record_free(ask->run);
        g_free(ask);
}

void effects_cancel_all(Deploy *deploy)
{
        if (deploy->asks == NULL)
                return;
        while (deploy->asks->len > 0) {
                Ask *ask = deploy->asks->pdata[0];

                engine_cancel(deploy->engine, ask->call);
                ask_free(ask);
        }
        g_clear_pointer(&deploy->asks, g_ptr_array_unref);
}

static void ask_send(Ask *ask, const EngineRequest *request, EngineReplyFunc on_reply)
{
        ask->call = engine_send(ask->deploy->engine, request, on_reply, ask);
}

CoreError effects_error(const GError *error)
{
        if (error == NULL)
                return CORE_ERROR_NONE;
        if (error->domain != ENGINE_ERROR)
                return CORE_ERROR_REFUSED;
        switch ((EngineError) error->code) {
        case ENGINE_ERROR_UNREACHABLE:
        case ENGINE_ERROR_TIMEOUT:
                return CORE_ERROR_LOST;
        case ENGINE_ERROR_NOT_FOUND:
                return CORE_ERROR_GONE;
        case ENGINE_ERROR_PERMISSION:
        case ENGINE_ERROR_CONFLICT:
        case ENGINE_ERROR_BAD_REQUEST:
        case ENGINE_ERROR_DENIED:
        case ENGINE_ERROR_PORT_TAKEN:
        case ENGINE_ERROR_NO_SPACE:
        case ENGINE_ERROR_TOO_OLD:
        case ENGINE_ERROR_REPLY:
        case ENGINE_ERROR_FAILED:
                return CORE_ERROR_REFUSED;
        }
        return CORE_ERROR_REFUSED;
}

static void post(Ask *ask, CoreEventType type, const GError *error)
{
        deploy_post(ask->deploy, &(CoreEvent){ .type = type,
                                               .workload = ask->workload,
                                               .publication = ask->publication,
                                               .container = ask->container,
                                               .error = effects_error(error),
                                               .message = error == NULL ? NULL : error->message });
}

/* ---- Looking ---- */

static void note_start(Deploy *deploy, const Container *container)
{
        const char *key = container_label(container, LABEL_RUN);
        const char *try = container_label(container, LABEL_TRY);
        const char *workload = container_label(container, LABEL_WORKLOAD);
        RunRecord run = { 0 };

        WorkloadProgress progress;
        int i = workload == NULL ? -1 : application_find(deploy->app, workload);

        if (i < 0 || key == NULL || key[0] == '\0' || try == NULL ||
            container->started_wall_ns == 0 || container->state != CONTAINER_RUNNING)
                return;
        /* It may have ended since it was looked at, and what is recorded of that stays. */
        core_progress(deploy->core, i, &progress);
        if (strcmp(progress.container, container->id) != 0 ||
            (progress.state != STATE_RUNNING && progress.state != STATE_STARTING))
                return;
        run = (RunRecord){
                .app = (char *) deploy->name,
                .workload = (char *) workload,
                .run_key = (char *) key,
                .try_number = g_ascii_strtoll(try, NULL, 10),
                .container_id = container->id,
                .image_id = container->image_id,
                .started_wall_us = container->started_wall_ns / 1000,
        };
        (void) store_run_started(deploy->store, &run, NULL);
}

static void keep_container(Deploy *deploy, const Container *container)
{
        const char *workload = container_label(container, LABEL_WORKLOAD);
        int i = workload == NULL ? -1 : application_find(deploy->app, workload);
        WorkloadProgress progress;

        g_hash_table_replace(deploy->containers, g_strdup(container->id),
                             container_copy(container));
        if (i < 0 || container->state != CONTAINER_RUNNING)
                return;
        core_progress(deploy->core, i, &progress);
        if (strcmp(progress.container, container->id) == 0)
                scene_set_up(deploy->scene, i, container);
}

static void on_inspected(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;
        Observation seen = { .presence = PRESENCE_GONE,
                             .engine_started_wall_ns = deploy->world->engine_started_wall_ns };

        deploy->n_inspecting--;
        if (reply->error == NULL) {
                seen = observe(reply->container, deploy->world->engine_started_wall_ns);
                note_start(deploy, reply->container);
                keep_container(deploy, reply->container);
        }
        deploy_post(deploy, &(CoreEvent){ .type = CORE_OBSERVED,
                                          .workload = -1,
                                          .container = ask->container,
                                          .observation = seen,
                                          .error = effects_error(reply->error) });
        if (reply->error == NULL)
                effects_post_health(deploy, reply->container);
        ask_free(ask);
        prepare_retry(deploy);
}

void effects_post_health(Deploy *deploy, const Container *container)
{
        if (container->health == HEALTH_NONE)
                return;
        deploy_post(deploy,
                    &(CoreEvent){ .type = CORE_HEALTH,
                                  .workload = -1,
                                  .container = container->id,
                                  .exit_code = container->health == HEALTH_HEALTHY ? 0 : 1 });
}

void effects_inspect(Deploy *deploy, const char *id)
{
        Ask *ask = ask_new(deploy, NULL);

        ask->container = g_strdup(id);
        deploy->n_inspecting++;
        ask_send(ask, &(EngineRequest){ .op = ENGINE_INSPECT, .id = id }, on_inspected);
}

/* ---- Images ---- */

static void on_pulled(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;
        Item *item = &deploy->items[ask->workload];
        ImageEntry *entry;

        if (!reply->is_final) {
                if (reply->progress != NULL && deploy->observer->on_progress != NULL) {
                        g_free(item->detail);
                        item->detail = reply->percent < 0
                                               ? g_strdup_printf("pulling: %s", reply->progress)
                                               : g_strdup_printf("pulling %d %%", reply->percent);
                        deploy->observer->on_progress(deploy->app, ask->workload, &item->shown,
                                                      item->detail, deploy->observer->user);
                }
                return;
        }
        if (item->rendered.spec != NULL && reply->error == NULL) {
                entry = prepare_image(deploy, item->rendered.spec->image);
                entry->state = IMAGE_UNKNOWN;
                entry->is_pulled = true;
        }
        post(ask, CORE_PULLED, reply->error);
        ask_free(ask);
}

static void pull(Deploy *deploy, const CoreEffect *effect)
{
        const Spec *spec = deploy->items[effect->workload].rendered.spec;
        const Workload *workload = &deploy->app->workloads[effect->workload];
        g_autofree char *image = g_strdup_printf("%s:%s", workload->image_name,
                                                 strrchr(spec->image, ':') + 1);
        g_auto(RegistryImage) where = { 0 };

        deploy_message(deploy, "pulling %s", spec->image);
        (void) registry_resolve(deploy->store, workload->source, image, &where, NULL);
        ask_send(ask_new(deploy, effect),
                 &(EngineRequest){ .op = ENGINE_IMAGE_PULL,
                                   .image = spec->image,
                                   .registry_auth = where.auth },
                 on_pulled);
}

/* ---- Creating ---- */

static char **labels_for(const Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Item *item = &deploy->items[ask->workload];
        GPtrArray *labels = g_ptr_array_new();

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
        g_ptr_array_add(labels, NULL);
        return (char **) g_ptr_array_free(labels, false);
}

static void created(Ask *ask, const char *id, const GError *error)
{
        Deploy *deploy = ask->deploy;
        g_autofree char *hashes = NULL;

        if (error == NULL) {
                Container *container = container_new();

                g_free(ask->container);
                ask->container = g_strdup(id);
                g_free(container->id);
                container->id = g_strdup(id);
                g_hash_table_replace(deploy->containers, g_strdup(id), container);
                hashes = json_to_canonical_text(deploy->items[ask->workload].field_hashes);
                /* Only for naming what changed: without it the whole is said to have changed. */
                (void) store_placement_set(deploy->store, deploy->name,
                                           deploy->app->workloads[ask->workload].id, id, hashes,
                                           NULL);
        }
        if (error != NULL && effects_error(error) == CORE_ERROR_GONE)
                deploy_post(deploy, &(CoreEvent){ .type = CORE_CREATED,
                                                  .workload = ask->workload,
                                                  .error = CORE_ERROR_REFUSED,
                                                  .message = error->message });
        else
                post(ask, CORE_CREATED, error);
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

/* Files cannot be put into a container whose root is read-only: they are mounted instead. */
static bool spec_to_create(Deploy *deploy, const Item *item, Arena *arena, Spec *ret_spec,
                           GError **error)
{
        const Spec *spec = item->rendered.spec;
        g_autoptr(GError) inner = NULL;

        if (!spec->readonly_rootfs || spec->n_files == 0) {
                *ret_spec = *spec;
                return true;
        }
        if (!deploy->world->info->is_local) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: its root is read-only, so its files must be mounted from this "
                            "machine, and the engine is on another one",
                            spec->files[0].path);
                return false;
        }
        if (files_mount(deploy->state_dir, deploy->name, spec, arena, ret_spec, &inner))
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, inner->message);
        return false;
}

static void create_now(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Item *item = &deploy->items[ask->workload];
        g_autoptr(Arena) arena = arena_new();
        Spec spec;
        g_auto(GStrv) labels = NULL;
        g_autoptr(GError) error = NULL;

        if (ask->trouble != NULL) {
                error = g_error_new_literal(ENGINE_ERROR, ENGINE_ERROR_FAILED, ask->trouble);
                created(ask, NULL, error);
                return;
        }
        if (!spec_to_create(deploy, item, arena, &spec, &error)) {
                created(ask, NULL, error);
                return;
        }
        labels = labels_for(ask);
        ask_send(ask,
                 &(EngineRequest){ .op = ENGINE_CREATE,
                                   .name = ask->name,
                                   .spec = &spec,
                                   .labels = (const char *const *) labels },
                 on_created);
}

/* ---- What a container needs before it: volumes and host directories ---- */

typedef struct Need {
        Ask *ask;
        EngineCall *call;
        char *name;
        char *id; /* random, for the volume's label */
        bool is_volume;
} Need;

static void need_free(Need *need)
{
        g_ptr_array_remove_fast(need->ask->needs, need);
        g_free(need->name);
        g_free(need->id);
        g_free(need);
}

static void cancel_needs(Ask *ask)
{
        while (ask->needs != NULL && ask->needs->len > 0) {
                Need *need = ask->needs->pdata[0];

                engine_cancel(ask->deploy->engine, need->call);
                need_free(need);
        }
        g_clear_pointer(&ask->needs, g_ptr_array_unref);
}

static void on_need(const EngineReply *reply, gpointer user)
{
        Need *need = user;
        Ask *ask = need->ask;
        Deploy *deploy = ask->deploy;

        if (!reply->is_final)
                return;
        if (reply->error != NULL) {
                if (ask->trouble == NULL)
                        ask->trouble = g_strdup_printf("%s %s cannot be made: %s",
                                                       need->is_volume ? "volume" : "directory",
                                                       need->name, reply->error->message);
        } else if (need->is_volume && reply->volume != NULL) {
                VolumeInfo *volume = volume_info_copy(reply->volume);

                g_hash_table_replace(deploy->world->volumes, volume->name, volume);
        } else if (!need->is_volume && reply->was_created) {
                (void) store_host_path_created(deploy->store, need->name, need->id, NULL);
        }
        need_free(need);
        if (--ask->n_left == 0)
                create_now(ask);
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

static void need(Ask *ask, const SpecMount *mount)
{
        Deploy *deploy = ask->deploy;
        Need *need = g_new0(Need, 1);
        g_autofree char *volume = NULL, *app = NULL, *installation = NULL;
        const char *labels[4] = { NULL };

        need->ask = ask;
        need->name = g_strdup(mount->source);
        need->id = random_id();
        need->is_volume = mount->type == MOUNT_VOLUME;
        ask->n_left++;
        if (ask->needs == NULL)
                ask->needs = g_ptr_array_new();
        g_ptr_array_add(ask->needs, need);
        if (!need->is_volume) {
                need->call = engine_send(deploy->engine,
                                         &(EngineRequest){ .op = ENGINE_HOST_PATH,
                                                           .name = mount->source,
                                                           .mode = mount->create_mode,
                                                           .owner = mount->create_owner },
                                         on_need, need);
                return;
        }
        labels[0] = volume = g_strdup_printf(LABEL_VOLUME "=%s", need->id);
        labels[1] = app = g_strdup_printf(LABEL_APP "=%s", deploy->name);
        labels[2] = installation = g_strdup_printf(LABEL_INSTALLATION "=%s",
                                                   store_installation(deploy->store));
        need->call = engine_send(deploy->engine,
                                 &(EngineRequest){ .op = ENGINE_VOLUME_CREATE,
                                                   .name = mount->source,
                                                   .labels = labels },
                                 on_need, need);
}

static void create(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);
        const Item *item = &deploy->items[effect->workload];
        const Spec *spec = item->rendered.spec;

        ask->name = g_strdup(effect->name);
        ask->run_key = g_strdup(effect->run_key);
        ask->try_number = effect->try_number;
        if (json_object_size(item->rendered.records) > 0) {
                g_autofree char *records = json_to_canonical_text(item->rendered.records);

                (void) store_volatile_set(deploy->store, deploy->name,
                                          deploy->app->workloads[effect->workload].id, "render",
                                          records, NULL);
        }
        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if (mount->type == MOUNT_BIND ||
                    (mount->type == MOUNT_VOLUME &&
                     !g_hash_table_contains(deploy->world->volumes, mount->source)))
                        need(ask, mount);
        }
        if (ask->n_left == 0)
                create_now(ask);
}

/* ---- Starting and waiting ---- */

static void on_wait(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;

        if (reply->is_open && !reply->is_final) {
                ask->is_open = true;
                post(ask, CORE_WAIT_OPEN, NULL);
                return;
        }
        if (!reply->is_final)
                return;
        g_hash_table_remove(deploy->waits, ask->container);
        if (reply->error != NULL)
                post(ask, ask->is_open ? CORE_EXITED : CORE_WAIT_OPEN, reply->error);
        else
                deploy_post(deploy, &(CoreEvent){ .type = CORE_EXITED,
                                                  .workload = ask->workload,
                                                  .container = ask->container,
                                                  .exit_code = reply->exit_code });
        ask_free(ask);
}

static void wait_for(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);

        ask_send(ask, &(EngineRequest){ .op = ENGINE_WAIT, .id = effect->container }, on_wait);
        g_hash_table_replace(deploy->waits, g_strdup(effect->container), ask->call);
}

static void on_started(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        Container *known = g_hash_table_lookup(ask->deploy->containers, ask->container);

        if (known != NULL && reply->error == NULL)
                known->state = CONTAINER_RUNNING; /* whatever is done to it before it is seen */
        if (reply->error == NULL)
                effects_inspect(ask->deploy, ask->container);
        post(ask, CORE_STARTED, reply->error);
        ask_free(ask);
}

static void start(Deploy *deploy, const CoreEffect *effect)
{
        ask_send(ask_new(deploy, effect),
                 &(EngineRequest){ .op = ENGINE_START, .id = effect->container }, on_started);
}

/* ---- Stopping, restoring, removing ---- */

static void then_start(Ask *ask)
{
        ask_send(ask, &(EngineRequest){ .op = ENGINE_START, .id = ask->container }, on_started);
}

static void on_stopped(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        post(ask, CORE_STOPPED, reply->error);
        ask_free(ask);
}

static void then_stop(Ask *ask)
{
        ask_send(ask, &(EngineRequest){ .op = ENGINE_STOP, .id = ask->container, .timeout_s = -1 },
                 on_stopped);
}

static void on_policy_set(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        /* That the policy could not be set shows in what follows: the container is gone. */
        ask->then(ask);
}

static RestartPolicy policy_from(const char *word)
{
        for (int policy = RESTART_NO; policy <= RESTART_UNLESS_STOPPED; policy++) {
                if (g_strcmp0(restart_policy_to_string(policy), word) == 0)
                        return policy;
        }
        return RESTART_NO;
}

static void set_policy(Ask *ask, const char *policy, void (*then)(Ask *ask))
{
        g_autoptr(Spec) spec = spec_new();

        spec->restart = policy_from(policy);
        ask->then = then;
        ask_send(ask, &(EngineRequest){ .op = ENGINE_UPDATE, .id = ask->container, .spec = spec },
                 on_policy_set);
}

static void stop(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);
        const Container *known = g_hash_table_lookup(deploy->containers, effect->container);
        const char *policy = known == NULL ? "no" : known->restart_policy;

        if (!effect->is_swap || strcmp(policy, "no") == 0 || policy[0] == '\0') {
                then_stop(ask);
                return;
        }
        g_hash_table_replace(deploy->policies, g_strdup(effect->container), g_strdup(policy));
        set_policy(ask, "no", then_stop);
}

static void restore(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);
        const char *policy = g_hash_table_lookup(deploy->policies, effect->container);

        if (policy == NULL)
                then_start(ask);
        else
                set_policy(ask, policy, then_start);
}

static void on_removed(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (reply->error == NULL)
                (void) store_placement_forget(ask->deploy->store, ask->container, NULL);
        post(ask, CORE_REMOVED, reply->error);
        ask_free(ask);
}

static void on_stopped_for_removal(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        ask_send(
                ask,
                &(EngineRequest){
                        .op = ENGINE_REMOVE, .id = ask->container, .force = true, .volumes = true },
                on_removed);
}

static void remove_now(Ask *ask)
{
        const Container *known = g_hash_table_lookup(ask->deploy->containers, ask->container);

        if (known != NULL && known->state == CONTAINER_RUNNING)
                ask_send(ask,
                         &(EngineRequest){
                                 .op = ENGINE_STOP, .id = ask->container, .timeout_s = -1 },
                         on_stopped_for_removal);
        else
                on_stopped_for_removal(NULL, ask);
}

/* Its output is being read: a removed container has none. */
static void remove_container(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);

        if (g_hash_table_contains(deploy->quotes, effect->container))
                g_ptr_array_add(deploy->blocked_removes, ask);
        else
                remove_now(ask);
}

static void on_simple(Ask *ask, CoreEventType type, const GError *error)
{
        post(ask, type, error);
        ask_free(ask);
}

static void on_renamed(const EngineReply *reply, gpointer user)
{
        on_simple(user, CORE_RENAMED, reply->error);
}

static void on_updated(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;

        if (reply->error == NULL) {
                g_autofree char *hashes = json_to_canonical_text(
                        deploy->items[ask->workload].field_hashes);

                (void) store_placement_set(deploy->store, deploy->name,
                                           deploy->app->workloads[ask->workload].id, ask->container,
                                           hashes, NULL);
        }
        on_simple(ask, CORE_UPDATED, reply->error);
}

/* ---- The last lines of a container ---- */

static void quoted(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        g_autofree char *valid = g_utf8_make_valid(ask->output->str, ask->output->len);
        g_autofree char *masked = deploy_mask(deploy, valid);
        int n = GPOINTER_TO_INT(g_hash_table_lookup(deploy->quotes, ask->container)) - 1;

        if (ask->is_shown && ask->workload >= 0) {
                Item *item = &deploy->items[ask->workload];

                g_free(item->quote);
                item->quote = g_strdup(masked);
                if (deploy->observer->on_quote != NULL)
                        deploy->observer->on_quote(deploy->app->workloads[ask->workload].id, masked,
                                                   deploy->observer->user);
        }
        if (ask->run != NULL) {
                g_free(ask->run->log_tail);
                ask->run->log_tail = g_strdup(masked);
                (void) store_run_ended(deploy->store, ask->run, NULL);
        }
        if (n > 0) {
                g_hash_table_replace(deploy->quotes, g_strdup(ask->container), GINT_TO_POINTER(n));
                return;
        }
        g_hash_table_remove(deploy->quotes, ask->container);
        for (guint i = deploy->blocked_removes->len; i > 0; i--) {
                Ask *removal = deploy->blocked_removes->pdata[i - 1];

                if (strcmp(removal->container, ask->container) == 0) {
                        g_ptr_array_remove_index(deploy->blocked_removes, i - 1);
                        remove_now(removal);
                }
        }
}

static void on_logs(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (reply->data != NULL && ask->output->len < STORE_LOG_BYTES_MAX * 4)
                g_string_append_len(ask->output, reply->data, reply->size);
        if (!reply->is_final)
                return;
        quoted(ask);
        ask_free(ask);
}

/* @run: (transfer full) the record that the lines belong to, or NULL */
static void quote(Deploy *deploy, const CoreEffect *effect, bool is_shown, RunRecord *run)
{
        Ask *ask = ask_new(deploy, effect);
        int n = GPOINTER_TO_INT(g_hash_table_lookup(deploy->quotes, effect->container)) + 1;

        ask->output = g_string_new(NULL);
        ask->is_shown = is_shown;
        ask->run = run;
        g_hash_table_replace(deploy->quotes, g_strdup(effect->container), GINT_TO_POINTER(n));
        ask_send(ask,
                 &(EngineRequest){
                         .op = ENGINE_LOGS, .id = effect->container, .tail = STORE_LOG_LINES_MAX },
                 on_logs);
}

/* ---- Probes ---- */

static char *probe_key(const CoreEffect *effect)
{
        return g_strdup_printf("%d/%d", effect->workload, effect->publication);
}

static void forget_probe(Ask *ask)
{
        g_autofree char *key = g_strdup_printf("%d/%d", ask->workload, ask->publication);

        g_hash_table_remove(ask->deploy->probes, key);
}

static void on_probed(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (!reply->is_final)
                return;
        forget_probe(ask);
        deploy_post(ask->deploy,
                    &(CoreEvent){ .type = CORE_PROBED,
                                  .workload = ask->workload,
                                  .publication = ask->publication,
                                  .container = ask->container,
                                  .error = effects_error(reply->error),
                                  .message = reply->error != NULL ? reply->error->message
                                                                  : reply->method });
        ask_free(ask);
}

/* `data` names the host port; where no port of the container has that one as public port but one
 * has it as private port, that one is meant. */
static uint16_t private_port(Deploy *deploy, unsigned workload, guint64 port)
{
        const Spec *spec = deploy->items[workload].rendered.spec;
        const Container *up = deploy->scene->up[workload];
        /* Of a range the file names the first: what the first instance has. */
        unsigned instance = deploy->app->workloads[workload].instance;

        for (size_t i = 0; spec != NULL && i < spec->n_ports; i++) {
                if (spec->ports[i].public_port == port + instance)
                        return spec->ports[i].private_port;
        }
        for (guint i = 0; up != NULL && i < up->ports->len; i++) {
                const BoundPort *bound = &g_array_index(up->ports, BoundPort, i);

                if (bound->public_port == port)
                        return bound->private_port;
        }
        return port;
}

static void probe(Deploy *deploy, const CoreEffect *effect)
{
        const Publication *publication =
                &deploy->app->workloads[effect->workload].publications[effect->publication];
        g_autofree char *why = NULL;
        g_autofree char *data = render_text(deploy->scene, &publication->data, &why);
        guint64 port;
        Ask *ask;

        if (data == NULL || !text_parse_uint(data, &port) || port == 0 || port > 65535) {
                deploy_post(deploy, &(CoreEvent){ .type = CORE_PROBED,
                                                  .workload = effect->workload,
                                                  .publication = effect->publication,
                                                  .container = effect->container,
                                                  .error = CORE_ERROR_REFUSED,
                                                  .message = why });
                return;
        }
        ask = ask_new(deploy, effect);
        ask_send(ask,
                 &(EngineRequest){ .op = ENGINE_PROBE_PORT,
                                   .id = effect->container,
                                   .port = private_port(deploy, effect->workload, port),
                                   .proto = PROTO_TCP },
                 on_probed);
        g_hash_table_replace(deploy->probes, probe_key(effect), ask->call);
}

static void on_executed(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;

        if (!reply->is_final)
                return;
        forget_probe(ask);
        deploy_post(ask->deploy,
                    &(CoreEvent){ .type = CORE_EXECUTED,
                                  .workload = ask->workload,
                                  .publication = ask->publication,
                                  .container = ask->container,
                                  .exit_code = reply->exit_code,
                                  .error = effects_error(reply->error),
                                  .message = reply->error == NULL ? NULL : reply->error->message });
        ask_free(ask);
}

static void exec(Deploy *deploy, const CoreEffect *effect)
{
        const Publication *publication =
                &deploy->app->workloads[effect->workload].publications[effect->publication];
        g_auto(GStrv) argv = g_new0(char *, publication->args.n + 1);
        Ask *ask;

        for (size_t i = 0; i < publication->args.n; i++) {
                g_autofree char *why = NULL;

                argv[i] = render_text(deploy->scene, &publication->args.items[i], &why);
                if (argv[i] == NULL) {
                        deploy_post(deploy, &(CoreEvent){ .type = CORE_EXECUTED,
                                                          .workload = effect->workload,
                                                          .publication = effect->publication,
                                                          .container = effect->container,
                                                          .exit_code = -1,
                                                          .error = CORE_ERROR_REFUSED,
                                                          .message = why });
                        return;
                }
        }
        ask = ask_new(deploy, effect);
        ask_send(ask,
                 &(EngineRequest){ .op = ENGINE_EXEC,
                                   .id = effect->container,
                                   .argv = (const char *const *) argv },
                 on_executed);
        g_hash_table_replace(deploy->probes, probe_key(effect), ask->call);
}

static void cancel_probe(Deploy *deploy, const CoreEffect *effect)
{
        g_autofree char *key = probe_key(effect);
        EngineCall *call = g_hash_table_lookup(deploy->probes, key);

        if (call == NULL)
                return;
        g_hash_table_remove(deploy->probes, key);
        for (guint i = 0; i < deploy->asks->len; i++) {
                Ask *ask = deploy->asks->pdata[i];

                if (ask->call == call) {
                        engine_cancel(deploy->engine, call);
                        ask_free(ask);
                        break;
                }
        }
}

/* ---- The ledger ---- */

static void must(Deploy *deploy, bool ok, GError *error)
{
        if (!ok)
                deploy_fail(deploy, error);
}

static RunRecord *record_of(Deploy *deploy, const CoreEffect *effect)
{
        RunRecord *run = g_new0(RunRecord, 1);
        const Spec *spec = deploy->items[effect->workload].rendered.spec;
        const ImageEntry *entry = spec == NULL ? NULL : prepare_image(deploy, spec->image);

        run->app = g_strdup(deploy->name);
        run->workload = g_strdup(deploy->app->workloads[effect->workload].id);
        run->run_key = g_strdup(effect->run_key);
        run->try_number = effect->try_number;
        run->deployment = deploy->number;
        run->container_name = g_strdup(effect->name == NULL ? "" : effect->name);
        run->container_id = g_strdup(effect->container == NULL ? "" : effect->container);
        run->image = g_strdup(spec == NULL ? "" : spec->image);
        run->image_id = g_strdup(entry == NULL || entry->image == NULL ? "" : entry->image->id);
        run->exit_code = effect->exit_code;
        run->evidence = g_strdup(effect->evidence == NULL ? "" : effect->evidence);
        run->log_tail = g_strdup("");
        return run;
}

static void record_intent(Deploy *deploy, const CoreEffect *effect)
{
        g_autoptr(RunRecord) run = record_of(deploy, effect);
        GError *error = NULL;

        run->outcome = RUN_INTENDED;
        run->intended_wall_us = g_get_real_time();
        must(deploy, store_run_intend(deploy->store, run, &error), error);
}

static void record_start(Deploy *deploy, const CoreEffect *effect)
{
        g_autoptr(RunRecord) run = record_of(deploy, effect);
        GError *error = NULL;

        run->outcome = RUN_STARTED;
        deploy->items[effect->workload].start_asked_us = g_get_real_time();
        must(deploy, store_run_started(deploy->store, run, &error), error);
}

static void record_end(Deploy *deploy, const CoreEffect *effect)
{
        g_autoptr(RunRecord) run = record_of(deploy, effect);
        GError *error = NULL;

        run->ended_wall_us = g_get_real_time();
        run->started_wall_us = deploy->items[effect->workload].start_asked_us;
        run->outcome = effect->outcome == CORE_SUCCEEDED ? RUN_SUCCEEDED
                       : effect->outcome == CORE_FAILED  ? RUN_FAILED
                                                         : RUN_UNKNOWN;
        if (run->outcome == RUN_SUCCEEDED)
                run->volumes = prepare_data(deploy, effect->workload);
        must(deploy, store_run_ended(deploy->store, run, &error), error);
        if (effect->container != NULL && !deploy->is_finished)
                quote(deploy, effect, false, g_steal_pointer(&run));
}

static void record_swap(Deploy *deploy, const CoreEffect *effect)
{
        const char *workload = deploy->app->workloads[effect->workload].id;
        g_autofree char *text = NULL;
        g_autoptr(json_t) swap = NULL;
        GError *error = NULL;

        if (effect->container != NULL) {
                const Container *old = g_hash_table_lookup(deploy->containers, effect->container);

                /* With the policy that it had: whoever goes on after a crash gives it back */
                swap = json_pack("{s:s, s:s, s:s}", "old", effect->container, "new", effect->other,
                                 "policy", old == NULL ? "" : old->restart_policy);
                text = json_to_canonical_text(swap);
        }
        must(deploy, store_swap_set(deploy->store, deploy->name, workload, text, &error), error);
}

static void record_fact(Deploy *deploy, const CoreEffect *effect)
{
        const char *workload = effect->workload < 0 ? ""
                                                    : deploy->app->workloads[effect->workload].id;
        g_autofree char *masked = deploy_mask(deploy, effect->text);
        g_autoptr(json_t) detail = json_pack("{s:s}", "text", masked);
        Fact fact = { .app = (char *) deploy->name,
                      .deployment = deploy->number,
                      .event = effect->name,
                      .workload = (char *) workload,
                      .detail = detail };
        GError *error = NULL;

        must(deploy, store_fact_append(deploy->store, &fact, &error), error);
        if (effect->workload >= 0)
                deploy_message(deploy, "%s %s%s%s", workload, effect->name,
                               masked[0] == '\0' ? "" : ": ", masked);
}

/* ---- The whole ---- */

static void on_ready(const char *error, gpointer user)
{
        Deploy *deploy = user;

        deploy->ready = NULL;
        deploy_post(deploy,
                    &(CoreEvent){ .type = CORE_READY,
                                  .workload = -1,
                                  .error = error == NULL ? CORE_ERROR_NONE : CORE_ERROR_REFUSED,
                                  .message = error });
}

static void finish(Deploy *deploy, const CoreEffect *effect)
{
        deploy->is_finished = true;
        deploy->outcome = effect->outcome;
        deploy->reason = deploy_mask(deploy, effect->text);
        g_main_loop_quit(deploy->loop);
}

static void perform(Deploy *deploy, const CoreEffect *effect)
{
        switch (effect->type) {
        case EFFECT_PREPARE:
                prepare_begin(deploy, effect->workload, effect->is_early);
                break;
        case EFFECT_PULL:
                pull(deploy, effect);
                break;
        case EFFECT_RECORD_INTENT:
                record_intent(deploy, effect);
                break;
        case EFFECT_CREATE:
                create(deploy, effect);
                break;
        case EFFECT_WAIT:
                wait_for(deploy, effect);
                break;
        case EFFECT_RECORD_START:
                record_start(deploy, effect);
                break;
        case EFFECT_START:
                start(deploy, effect);
                break;
        case EFFECT_RECORD_END:
                record_end(deploy, effect);
                break;
        case EFFECT_INSPECT:
                effects_inspect(deploy, effect->container);
                break;
        case EFFECT_STOP:
                stop(deploy, effect);
                break;
        case EFFECT_REMOVE:
                remove_container(deploy, effect);
                break;
        case EFFECT_RENAME:
                ask_send(ask_new(deploy, effect),
                         &(EngineRequest){ .op = ENGINE_RENAME,
                                           .id = effect->container,
                                           .name = effect->name },
                         on_renamed);
                break;
        case EFFECT_UPDATE:
                ask_send(ask_new(deploy, effect),
                         &(EngineRequest){ .op = ENGINE_UPDATE,
                                           .id = effect->container,
                                           .spec = deploy->items[effect->workload].rendered.spec },
                         on_updated);
                break;
        case EFFECT_RESTORE:
                restore(deploy, effect);
                break;
        case EFFECT_RECORD_SWAP:
                record_swap(deploy, effect);
                break;
        case EFFECT_PROBE_PORT:
                probe(deploy, effect);
                break;
        case EFFECT_EXEC:
                exec(deploy, effect);
                break;
        case EFFECT_CANCEL_PROBE:
                cancel_probe(deploy, effect);
                break;
        case EFFECT_READY_CHECK:
                ready_cancel(deploy->ready);
                deploy->ready = ready_start(deploy->http, deploy->scene, &deploy->app->ready,
                                            on_ready, deploy);
                break;
        case EFFECT_FACT:
                record_fact(deploy, effect);
                break;
        case EFFECT_QUOTE:
                quote(deploy, effect, true, NULL);
                break;
        case EFFECT_FINISH:
                finish(deploy, effect);
                break;
        }
}

static bool is_written(CoreEffectType type)
{
        return type == EFFECT_RECORD_INTENT || type == EFFECT_RECORD_START ||
               type == EFFECT_RECORD_END || type == EFFECT_RECORD_SWAP || type == EFFECT_FACT;
}

/* Writes that follow each other are one transaction, and one wait for the disk. */
void effects_perform(Deploy *deploy, GArray *effects)
{
        bool is_open = false;
        GError *error = NULL;

        for (guint i = 0; i < effects->len; i++) {
                const CoreEffect *effect = &g_array_index(effects, CoreEffect, i);

                if (is_written(effect->type) && !is_open) {
                        must(deploy, store_begin(deploy->store, &error), error);
                        is_open = deploy->error == NULL;
                } else if (!is_written(effect->type) && is_open) {
                        must(deploy, store_commit(deploy->store, &error), error);
                        is_open = false;
                }
                if (deploy->error != NULL)
                        break;
                perform(deploy, effect);
        }
        if (is_open && deploy->error == NULL)
                must(deploy, store_commit(deploy->store, &error), error);
        else if (is_open)
                store_rollback(deploy->store);
}
