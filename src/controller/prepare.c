#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/build.h"
#include "controller/deploy.h"
#include "controller/effects.h"
#include "engine/swarm/swarm.h"

#define RUN_TRIES_MAX 9999 /* for which a job's name has room */

/* ---- Images ---- */

static void image_entry_free(gpointer data)
{
        ImageEntry *entry = data;

        engine_cancel(entry->deploy->engine, entry->call);
        build_cancel(entry->build);
        g_clear_pointer(&entry->builders, g_ptr_array_unref);
        g_free(entry->reference);
        image_free(entry->image);
        g_free(entry);
}

ImageEntry *prepare_image(Deploy *deploy, const char *reference)
{
        ImageEntry *entry;

        if (deploy->images == NULL)
                deploy->images = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                       image_entry_free);
        entry = g_hash_table_lookup(deploy->images, reference);
        if (entry == NULL) {
                entry = g_new0(ImageEntry, 1);
                entry->deploy = deploy;
                entry->reference = g_strdup(reference);
                g_hash_table_insert(deploy->images, entry->reference, entry);
        }
        return entry;
}

static void on_image(const EngineReply *reply, gpointer user)
{
        ImageEntry *entry = user;
        Deploy *deploy = entry->deploy;

        if (!reply->is_final)
                return;
        entry->call = NULL;
        if (reply->error == NULL) {
                entry->state = IMAGE_HERE;
                image_free(entry->image);
                entry->image = image_copy(reply->image_info);
        } else if (g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)) {
                entry->state = IMAGE_MISSING;
        } else {
                entry->state = IMAGE_UNKNOWN;
        }
        if (entry->state == IMAGE_UNKNOWN && deploy->on_prepared != NULL) {
                deploy_fail(deploy, g_error_copy(reply->error)); /* a plan without it would lie */
        } else if (entry->state == IMAGE_UNKNOWN) {
                for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                        if (!deploy->items[i].is_preparing)
                                continue;
                        deploy->items[i].is_preparing = false;
                        deploy_post(deploy, &(CoreEvent){ .type = CORE_PREPARED,
                                                          .workload = i,
                                                          .error = CORE_ERROR_LOST });
                }
        }
        prepare_retry(deploy);
}

static bool image_is_known(Deploy *deploy, const char *reference)
{
        ImageEntry *entry = prepare_image(deploy, reference);

        if (entry->state == IMAGE_UNKNOWN) {
                entry->state = IMAGE_ASKING;
                entry->call = engine_send(
                        deploy->engine,
                        &(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = reference },
                        on_image, entry);
        }
        return entry->state == IMAGE_HERE || entry->state == IMAGE_MISSING;
}

/* ---- The start graph: who is ordered before whom ---- */

static void mark_before(const Application *app, unsigned workload, bool *marks)
{
        const Workload *model = &app->workloads[workload];

        for (size_t i = 0; i < model->n_parents; i++) {
                unsigned parent = model->parents[i].workload;

                if (!marks[parent]) {
                        marks[parent] = true;
                        mark_before(app, parent, marks);
                }
        }
}

static bool shares_mount(const Spec *a, const Spec *b)
{
        for (size_t i = 0; i < a->n_mounts; i++) {
                for (size_t j = 0; j < b->n_mounts; j++) {
                        if (a->mounts[i].type != MOUNT_TMPFS && a->mounts[i].source[0] != '\0' &&
                            a->mounts[i].type == b->mounts[j].type &&
                            strcmp(a->mounts[i].source, b->mounts[j].source) == 0)
                                return true;
                }
        }
        return false;
}

static bool shares_volume(const Workload *a, const Workload *b)
{
        if (a->fixed != NULL && b->fixed != NULL)
                return shares_mount(a->fixed, b->fixed);
        for (size_t i = 0; i < a->n_volumes; i++) {
                for (size_t j = 0; j < b->n_volumes; j++) {
                        const char *one = a->volumes[i].host_path.raw;
                        const char *two = b->volumes[j].host_path.raw;

                        if (g_strcmp0(one, two) == 0 || text_has_template(one) ||
                            text_has_template(two))
                                return true;
                }
        }
        return false;
}

bool *prepare_early_flags(const Application *app)
{
        bool *flags = g_new0(bool, app->n_workloads + 1);

        for (size_t i = 0; i < app->n_workloads; i++) {
                g_autofree bool *before = g_new0(bool, app->n_workloads + 1);

                flags[i] = true;
                mark_before(app, i, before);
                for (size_t j = 0; j < app->n_workloads; j++) {
                        if (before[j] && j != i &&
                            shares_volume(&app->workloads[i], &app->workloads[j]))
                                flags[i] = false;
                }
        }
        return flags;
}

/* ---- Data: what a success counts with ---- */

static char *volume_id(Deploy *deploy, const char *name)
{
        const VolumeInfo *volume = g_hash_table_lookup(deploy->world->volumes, name);
        const char *id;

        if (volume == NULL)
                return g_strdup("new");
        id = volume->labels == NULL ? NULL : g_hash_table_lookup(volume->labels, LABEL_VOLUME);
        return g_strdup(id == NULL ? "-" : id);
}

static char *host_path_id(Deploy *deploy, const char *path)
{
        char *id;

        /* Elsewhere the engine makes what is missing, and nobody is told. */
        if (!deploy->world->info->shares_paths)
                return g_strdup("-");
        if (access(path, F_OK) != 0)
                return g_strdup("new");
        id = store_host_path_id(deploy->store, path, NULL);
        return id == NULL ? g_strdup("-") : id;
}

static void add_data(Deploy *deploy, GPtrArray *data, const Spec *spec)
{
        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];
                g_autofree char *id = NULL;
                char *pair;

                if (mount->type == MOUNT_TMPFS || mount->source[0] == '\0')
                        continue;
                id = mount->type == MOUNT_VOLUME ? volume_id(deploy, mount->source)
                                                 : host_path_id(deploy, mount->source);
                pair = g_strdup_printf("%s=%s", mount->source, id);
                if (g_ptr_array_find_with_equal_func(data, pair, g_str_equal, NULL))
                        g_free(pair);
                else
                        g_ptr_array_add(data, pair);
        }
}

/* The image's own VOLUMEs belong to the data, too: a database in one is a database. */
static void complete_spec(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        ImageEntry *entry;

        if (item->rendered.spec == NULL)
                return;
        render_name_volumes(item->rendered.spec, deploy->name, &deploy->app->workloads[workload]);
        entry = prepare_image(deploy, item->rendered.spec->image);
        if (entry->state == IMAGE_HERE && entry->image->volumes != NULL)
                render_add_image_volumes(item->rendered.spec, deploy->name,
                                         &deploy->app->workloads[workload],
                                         (const char *const *) entry->image->volumes);
}

char **prepare_data(Deploy *deploy, unsigned workload)
{
        g_autofree bool *before = g_new0(bool, deploy->app->n_workloads + 1);
        GPtrArray *data = g_ptr_array_new();

        mark_before(deploy->app, workload, before);
        before[workload] = true;
        for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                if (before[i] && deploy->items[i].rendered.spec != NULL)
                        add_data(deploy, data, deploy->items[i].rendered.spec);
        }
        g_ptr_array_add(data, NULL);
        return (char **) g_ptr_array_free(data, false);
}

static bool pair_is(const char *pair, const char *name, size_t len)
{
        return strlen(pair) > len && strncmp(pair, name, len) == 0 && pair[len] == '=';
}

/* Why a recorded success does not count any longer, or NULL */
static char *stale_reason(Deploy *deploy, unsigned workload, const RunRecord *run)
{
        g_auto(GStrv) now = prepare_data(deploy, workload);

        for (char **pair = now; *pair != NULL; pair++) {
                size_t len = strrchr(*pair, '=') - *pair;
                const char *then = NULL;

                for (char **old = run->volumes; old != NULL && *old != NULL; old++) {
                        if (pair_is(*old, *pair, len))
                                then = *old;
                }
                if (g_strcmp0(then, *pair) != 0)
                        return g_strdup_printf("its data is new: %.*s", (int) len, *pair);
        }
        return NULL;
}

/* ---- Pulling ---- */

static char *G_GNUC_PRINTF(2, 3) say(Item *item, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        return arena_strdup(item->arena, text);
}

ImageFetch prepare_fetch(Deploy *deploy, unsigned workload, const char **ret_reason)
{
        const Workload *model = &deploy->app->workloads[workload];
        const Spec *spec = deploy->items[workload].rendered.spec;
        const ImageEntry *entry = prepare_image(deploy, spec->image);
        int64_t tagged_wall_ns = entry->image == NULL ? 0 : entry->image->tagged_wall_ns;
        const char *reason;
        ImageFetch fetch = image_decide(
                &(ImageQuestion){
                        .is_here = entry->state == IMAGE_HERE,
                        .is_fetched = entry->is_fetched,
                        .has_build = model->build != NULL,
                        .is_always = spec->always_pull,
                        .asked = deploy->options->pull,
                        .policy = model->pull_policy,
                        .age_us = tagged_wall_ns == 0
                                          ? -1
                                          : g_get_real_time() - tagged_wall_ns / NS_PER_US,
                },
                &reason);

        if (ret_reason != NULL)
                *ret_reason = reason;
        /* A stranger's image of the same name is none. */
        if (fetch == FETCH_PULL && spec->registry[0] != '\0')
                return entry->state == IMAGE_HERE ? FETCH_NOT : FETCH_REFUSED;
        return fetch;
}

static void check_image(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        const Spec *spec = item->rendered.spec;
        const ImageEntry *entry = prepare_image(deploy, spec->image);
        Prepared *prepared = &item->prepared;
        ImageFetch fetch = prepare_fetch(deploy, workload, &prepared->image_pull_reason);

        prepared->image_missing = fetch != FETCH_NOT;
        if (fetch != FETCH_REFUSED)
                return;
        if (entry->is_fetched)
                prepared->error = say(item, "its image %s was fetched and is not here",
                                      spec->image);
        else if (spec->registry[0] != '\0')
                prepared->error = say(
                        item,
                        "its image %s is not here, and its source `%s` "
                        "is not a registry that this installation knows: load the image, or say "
                        "`slipway registry add %s HOST`",
                        spec->image, spec->registry, spec->registry);
        else
                prepared->error = say(item,
                                      "its image %s is not here, and nothing is pulled: "
                                      "--pull never, or `pull_policy: never`",
                                      spec->image);
}

/* ---- Services: the same, or not ---- */

static json_t *hash_fields(Deploy *deploy, const Spec *spec)
{
        g_autoptr(json_t) fields = spec_to_json(spec);
        json_t *hashes = json_object();
        const char *field;
        json_t *value;

        json_object_foreach(fields, field, value) {
                g_autofree char *text = json_to_canonical_text(value);
                g_autofree char *hash = store_keyed_hash(deploy->store, text, -1);

                json_object_set_new(hashes, field, json_string(hash));
        }
        return hashes;
}

/* What the engine has counts, not what it was told once: `stop` and a swap that was cut short leave
 * the policy `no` behind */
static bool has_policy(const Spec *spec, const Container *container)
{
        return container->restart_policy == NULL || container->restart_policy[0] == '\0' ||
               strcmp(container->restart_policy, restart_policy_to_string(spec->restart)) == 0;
}

/* Which fields differ from those of a container; the ones changed in place apart */
static void compare_fields(Deploy *deploy, Item *item, const Container *container,
                           GString *ret_replaced, GString *ret_in_place)
{
        g_autofree char *text = store_placement_get(deploy->store, container->id, NULL);
        g_autoptr(json_t) then = text == NULL ? NULL : json_loads(text, 0, NULL);
        g_autoptr(json_t) all = json_object();
        const char *field;
        json_t *value;

        if (!has_policy(item->rendered.spec, container))
                g_string_append(ret_in_place, "restart");
        if (then == NULL)
                return;
        json_object_update(all, then);
        json_object_update(all, item->field_hashes);
        if (ret_in_place->len > 0)
                json_object_del(all, "restart"); /* said already */
        json_object_foreach(all, field, value) {
                /* A limit can be changed in place, and not be taken away. */
                bool is_in_place = spec_field_is_in_place(field) &&
                                   json_object_get(item->field_hashes, field) != NULL;
                GString *out = is_in_place ? ret_in_place : ret_replaced;

                if (json_equal(json_object_get(then, field),
                               json_object_get(item->field_hashes, field)))
                        continue;
                if (out->len > 0)
                        g_string_append(out, ", ");
                g_string_append(out, field);
        }
}

static bool share_digest(char **some, char **others)
{
        for (size_t i = 0; some != NULL && others != NULL && some[i] != NULL; i++) {
                if (g_strv_contains((const char *const *) others, some[i]))
                        return true;
        }
        return false;
}

/* The image that a container was made from may be gone, or be another one with the same content. */
static bool is_same_image(Deploy *deploy, const ImageEntry *entry, const Spec *spec,
                          const Container *container)
{
        const ImageEntry *its;
        const char *id = deploy->scene->is_swarm ? container_label(container, LABEL_IMAGE)
                                                 : container->image_id;

        if (entry->state != IMAGE_HERE || id == NULL)
                return strcmp(container->image, spec->image) == 0;
        if (strcmp(id, entry->image->id) == 0)
                return true;
        its = prepare_image(deploy, id);
        return its->state == IMAGE_HERE && share_digest(its->image->digests, entry->image->digests);
}

/* Whether the images of the workload's containers are known, as far as digests need them */
static bool container_images_are_known(Deploy *deploy, unsigned workload)
{
        const ImageEntry *entry = prepare_image(deploy,
                                                deploy->items[workload].rendered.spec->image);
        World *world = deploy->world;
        bool all = true;

        if (entry->state != IMAGE_HERE || entry->image->digests == NULL ||
            entry->image->digests[0] == NULL)
                return true;
        for (guint i = 0; i < world->views->len; i++) {
                const Container *container = world->containers->pdata[i];

                if (strcmp(world_view(world, i)->workload_id,
                           deploy->app->workloads[workload].id) == 0 &&
                    container->image_id[0] != '\0' &&
                    strcmp(container->image_id, entry->image->id) != 0)
                        all = image_is_known(deploy, container->image_id) && all;
        }
        return all;
}

/* A network that was removed and made anew has another id: a container of the old one cannot start.
 * The engine's own networks are meant by their names. */
static bool is_on_its_networks(const World *world, const Spec *spec, const Container *container)
{
        for (size_t i = 0; i < spec->n_networks; i++) {
                unsigned n;
                const NetworkInfo *network = world_network(world, spec->networks[i].name, &n);

                for (guint j = 0; j < container->networks->len; j++) {
                        const ContainerNetwork *on = &g_array_index(container->networks,
                                                                    ContainerNetwork, j);

                        if (strcmp(on->name, spec->networks[i].name) == 0 && on->id[0] != '\0' &&
                            (n != 1 || strcmp(on->id, network->id) != 0))
                                return false;
                }
        }
        return true;
}

/* Ids of the containers made from this spec and image. Of those that do not serve only such as
 * need no change in place: they are adopted as they are. */
static const char *const *find_same(Deploy *deploy, Item *item, const char *workload,
                                    const CoreContainer *current, const ImageEntry *entry)
{
        World *world = deploy->world;
        const char **same = arena_new0(item->arena, const char *, world->views->len + 1);
        size_t n = 0;

        for (guint i = 0; i < world->views->len; i++) {
                const Container *container = world->containers->pdata[i];
                g_autoptr(GString) replaced = g_string_new(NULL), in_place = g_string_new(NULL);

                if (strcmp(world_view(world, i)->workload_id, workload) != 0 ||
                    g_strcmp0(container_label(container, LABEL_SPEC), item->spec_hash) != 0 ||
                    !is_same_image(deploy, entry, item->rendered.spec, container) ||
                    !is_on_its_networks(world, item->rendered.spec, container))
                        continue;
                compare_fields(deploy, item, container, replaced, in_place);
                if (replaced->len == 0 &&
                    (in_place->len == 0 ||
                     (current != NULL && strcmp(current->id, container->id) == 0)))
                        same[n++] = container->id;
        }
        return same;
}

static void keep_service(Item *item, const char *id, bool is_changed)
{
        const char **same = arena_new0(item->arena, const char *, 2);

        same[0] = arena_strdup(item->arena, id);
        item->prepared.same = same;
        item->prepared.changed_in_place = is_changed;
}

static void compare_service(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        const char *id = deploy->app->workloads[workload].id;
        const ImageEntry *entry = prepare_image(deploy, item->rendered.spec->image);
        World *world = deploy->world;
        const CoreContainer *current;
        g_autoptr(GString) replaced = g_string_new(NULL), in_place = g_string_new(NULL);

        current = world_current(world, id);
        item->prepared.changed = "";
        item->prepared.same = find_same(deploy, item, id, current, entry);
        if (current == NULL)
                return;

        const Container *container = world_find(world, current->id);

        compare_fields(deploy, item, container, replaced, in_place);
        if (!is_same_image(deploy, entry, item->rendered.spec, container) && replaced->len == 0)
                g_string_append(replaced, "image");
        if (!is_on_its_networks(world, item->rendered.spec, container) && replaced->len == 0)
                g_string_append(replaced, "networks");
        item->prepared.changed_in_place = in_place->len > 0 && replaced->len == 0;
        if (deploy->scene->is_swarm) /* the engine replaces the tasks, the service stays */
                keep_service(item, current->id, in_place->len > 0 || replaced->len > 0);
        item->prepared.changed = arena_strdup(item->arena,
                                              replaced->len > 0 ? replaced->str : in_place->str);
}

/* ---- Run-once: done, or not ---- */

/* The manager of a Swarm need not have an image that its nodes run: then its reference is its id. */
static bool is_image_known(const ImageEntry *entry)
{
        return entry->state == IMAGE_HERE && strcmp(entry->image->id, entry->reference) != 0;
}

/* The image comes first so that two images never share a name; what follows the dot is the
 * identity alone, by which a success is found when the image is not here any more. */
static char *run_key_of(Deploy *deploy, const Workload *workload, const char *identity,
                        const char *image)
{
        g_autofree char *name = g_strdup_printf("%s\n%s\n%s", deploy->name, workload->id, identity);
        g_autofree char *with_image = g_strdup_printf("%s\n%s", name, image);
        g_autofree char *one = store_keyed_hash(deploy->store, with_image, -1);
        g_autofree char *two = store_keyed_hash(deploy->store, name, -1);

        return g_strdup_printf("%.32s.%.16s", one, two);
}

/* On a Swarm names are made for DNS, with room for the number of any try. */
static const char *run_name_of(Deploy *deploy, Item *item, const Workload *workload)
{
        g_autofree char *name = NULL;

        if (!deploy->scene->is_swarm)
                return "";
        name = swarm_job_name(deploy->name, workload->id, item->run_key, RUN_TRIES_MAX);
        *strrchr(name, '-') = '\0';
        return arena_strdup(item->arena, name);
}

static bool is_same_run(const RunRecord *run, const char *run_key, const ImageEntry *entry)
{
        const char *tail = strchr(run->run_key, '.');

        if (strcmp(run->run_key, run_key) == 0)
                return true;
        if (tail == NULL || strcmp(tail, strchr(run_key, '.')) != 0)
                return false;
        return !is_image_known(entry) || share_digest(run->image_digests, entry->image->digests);
}

/* The key under which the ledger has this run: that of a former image with the same content, too, and
 * that of a run from when its image was not known. (transfer full) */
static char *known_run_key(Deploy *deploy, const Workload *workload, const ImageEntry *entry,
                           const char *identity, GError **error)
{
        g_autofree char *unknown = run_key_of(deploy, workload, identity, entry->reference);
        g_autofree char *own = is_image_known(entry)
                                       ? run_key_of(deploy, workload, identity, entry->image->id)
                                       : g_strdup(unknown);
        g_autoptr(GPtrArray)
                runs = store_runs(deploy->store, deploy->name, workload->id, NULL, error);

        for (guint i = 0; runs != NULL && i < runs->len && entry->state == IMAGE_HERE; i++) {
                const RunRecord *run = runs->pdata[i];

                if (strcmp(run->run_key, unknown) == 0 || is_same_run(run, own, entry))
                        return g_strdup(run->run_key);
        }
        return runs == NULL ? NULL : g_steal_pointer(&own);
}

static TryState try_state(RunOutcome outcome)
{
        switch (outcome) {
        case RUN_INTENDED:
                return TRY_INTENDED;
        case RUN_STARTED:
                return TRY_STARTED;
        case RUN_SUCCEEDED:
        case RUN_FAILED:
        case RUN_UNKNOWN:
        case RUN_FORGOTTEN:
                return TRY_ENDED;
        }
        g_assert_not_reached();
}

static void take_last_try(Item *item, const RunRecord *run)
{
        Prepared *prepared = &item->prepared;

        prepared->last_try = try_state(run->outcome);
        prepared->last_try_number = run->try_number;
        prepared->last_try_container = arena_strdup(item->arena, run->container_id);
        prepared->last_try_started_wall_ns = run->started_wall_us * 1000;
}

static bool look_up_run(Deploy *deploy, unsigned workload, GError **error)
{
        Item *item = &deploy->items[workload];
        Prepared *prepared = &item->prepared;
        const Workload *model = &deploy->app->workloads[workload];
        const ImageEntry *entry = prepare_image(deploy, item->rendered.spec->image);
        g_autoptr(GPtrArray) runs = store_runs(deploy->store, deploy->name, model->id, NULL, error);
        bool counting_unknown = true;

        if (runs == NULL)
                return false;
        for (guint i = 0; i < runs->len; i++) {
                const RunRecord *run = runs->pdata[i];
                bool is_exact = strcmp(run->run_key, item->run_key) == 0;

                if (!is_same_run(run, item->run_key, entry))
                        continue;
                if (is_exact && prepared->last_try_number == 0)
                        take_last_try(item, run);
                if (is_exact && try_state(run->outcome) == TRY_ENDED) {
                        counting_unknown = counting_unknown && run->outcome == RUN_UNKNOWN;
                        prepared->n_failed_before += counting_unknown;
                }
                if (run->outcome != RUN_SUCCEEDED || prepared->succeeded ||
                    (prepared->stale_reason != NULL && prepared->stale_reason[0] != '\0'))
                        continue;

                g_autofree char *stale = strcmp(run->evidence, "operator") == 0
                                                 ? NULL
                                                 : stale_reason(deploy, workload, run);

                if (stale != NULL) {
                        prepared->stale_reason = arena_strdup(item->arena, stale);
                        continue;
                }
                prepared->succeeded = true;
                prepared->succeeded_wall_us = run->ended_wall_us;
        }
        return true;
}

/* ---- A workload ---- */

void prepare_answer(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];

        if (deploy->on_prepared != NULL)
                deploy->on_prepared(deploy, workload);
        else
                deploy_post(deploy, &(CoreEvent){ .type = CORE_PREPARED,
                                                  .workload = workload,
                                                  .prepared = &item->prepared });
}

static void answer(Deploy *deploy, unsigned workload)
{
        deploy->items[workload].is_preparing = false;
        if (deploy->on_prepared != NULL || !effect_hooks_resume(deploy, workload))
                prepare_answer(deploy, workload);
}

/* Images of the workload and, for a run-once, of everything ordered before it: their VOLUMEs are
 * the data with which a success counts */
static bool images_are_known(Deploy *deploy, unsigned workload)
{
        g_autofree bool *needed = g_new0(bool, deploy->app->n_workloads + 1);
        bool all = true;

        if (deploy->app->workloads[workload].kind == WORKLOAD_EPHEMERAL)
                mark_before(deploy->app, workload, needed);
        needed[workload] = true;
        for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                if (needed[i] && deploy->items[i].rendered.spec != NULL)
                        all = image_is_known(deploy, deploy->items[i].rendered.spec->image) && all;
        }
        if (deploy->app->workloads[workload].kind == WORKLOAD_SERVICE)
                all = container_images_are_known(deploy, workload) && all;
        return all;
}

static void finish(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        const Workload *model = &deploy->app->workloads[workload];
        Prepared *prepared = &item->prepared;
        const Spec *spec;
        g_autofree char *comparable = NULL;
        g_auto(GStrv) claims = NULL;
        g_autoptr(GError) error = NULL;

        for (size_t i = 0; i < deploy->app->n_workloads; i++)
                complete_spec(deploy, i);
        spec = item->rendered.spec;
        check_image(deploy, workload);
        prepared->final_name = spec->name;
        prepared->is_orchestrated = deploy->scene->is_swarm;
        /* Of a Swarm the engine settles who has which port of which node. */
        claims = prepared->is_orchestrated ? g_new0(char *, 1) : claims_of_spec(spec);
        prepared->claims = arena_strdupv(item->arena, (const char *const *) claims);
        prepared->may_create_early = !prepared->is_orchestrated && spec->n_volumes_from == 0 &&
                                     spec->n_links == 0 &&
                                     !g_str_has_prefix(spec->network_mode, "container:");
        comparable = render_comparable(spec);
        g_free(item->spec_hash);
        item->spec_hash = store_keyed_hash(deploy->store, comparable, -1);
        json_decref(item->field_hashes);
        item->field_hashes = hash_fields(deploy, spec);
        prepared->same = arena_new0(item->arena, const char *, 1);
        if (model->kind == WORKLOAD_SERVICE) {
                compare_service(deploy, workload);
        } else {
                g_autofree char *message = NULL;
                g_autofree char *identity = render_identity(deploy->scene, model, &message);

                if (identity == NULL) {
                        prepared->error = arena_strdup(item->arena, message);
                } else {
                        g_free(item->run_key);
                        item->run_key = known_run_key(deploy, model,
                                                      prepare_image(deploy, spec->image), identity,
                                                      &error);
                        prepared->run_key = item->run_key;
                        if (item->run_key == NULL || !look_up_run(deploy, workload, &error)) {
                                deploy_fail(deploy, g_steal_pointer(&error));
                                return;
                        }
                        prepared->run_name = run_name_of(deploy, item, model);
                }
                /* A fresh image was asked for: whether it is another one is known when it is here. */
                if (prepared->image_missing &&
                    prepare_image(deploy, spec->image)->state == IMAGE_HERE)
                        prepared->succeeded = false;
                /* Done is done: the image is not needed to know it. */
                if (prepared->succeeded && prepared->error != NULL && identity != NULL)
                        prepared->error = NULL;
        }
        answer(deploy, workload);
}

/* Containers that were kept are up as well as those that were started. */
static void show_what_is_up(Deploy *deploy)
{
        for (size_t i = 0; deploy->core != NULL && i < deploy->app->n_workloads; i++) {
                WorkloadProgress progress;
                const Container *container;

                core_progress(deploy->core, i, &progress);
                if (deploy->scene->up[i] != NULL ||
                    (progress.state != STATE_RUNNING && progress.state != STATE_STARTING))
                        continue;
                container = g_hash_table_lookup(deploy->containers, progress.container);
                /* One that has been started but not looked at has no ports that we know. */
                if (container != NULL && container->state == CONTAINER_RUNNING &&
                    container->pid != 0)
                        scene_set_up(deploy->scene, i, container);
        }
}

/* It is rendered more than once, but said once */
static void warn(Deploy *deploy, const char *text)
{
        g_autofree char *masked = deploy_mask(deploy, text);
        const json_t *before;
        size_t i;

        json_array_foreach(deploy->warnings, i, before) {
                if (strcmp(json_string_value(before), masked) == 0)
                        return;
        }
        if (deploy->warnings != NULL)
                json_array_append_new(deploy->warnings, json_string(masked));
}

static void render(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        const Workload *model = &deploy->app->workloads[workload];
        g_autofree char *text = store_volatile_get(deploy->store, deploy->name, model->id, "render",
                                                   NULL);
        g_autoptr(json_t) records = text == NULL ? NULL : json_loads(text, 0, NULL);

        rendered_clear(&item->rendered);
        show_what_is_up(deploy);
        deploy->scene->has_asked_clock = false;
        render_workload(deploy->scene, model, records, &item->rendered);
        if (item->rendered.warning != NULL)
                warn(deploy, item->rendered.warning);
        /* What asks for the time is rendered when it is about to start, not before. */
        if (item->is_early && deploy->scene->has_asked_clock && deploy->core != NULL &&
            item->rendered.spec != NULL) {
                g_clear_pointer(&item->rendered.spec, spec_free);
                item->rendered.is_deferred = true;
        }
}

static void proceed(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];

        if (item->rendered.spec == NULL) {
                if (item->rendered.is_deferred && !item->is_early && deploy->n_inspecting > 0) {
                        item->is_unanswered = true; /* a port that is being looked up */
                        return;
                }
                item->prepared.error = arena_strdup(item->arena, item->rendered.error);
                item->prepared.deferred = item->rendered.is_deferred;
                item->prepared.is_off = item->rendered.is_off;
                answer(deploy, workload);
                return;
        }
        if (images_are_known(deploy, workload))
                finish(deploy, workload);
}

void prepare_begin(Deploy *deploy, unsigned workload, bool is_early)
{
        Item *item = &deploy->items[workload];

        g_clear_pointer(&item->arena, arena_free);
        item->arena = arena_new();
        item->prepared = (Prepared){ .run_key = "",
                                     .stale_reason = "",
                                     .changed = "",
                                     .last_try_container = "",
                                     .final_name = "",
                                     .image_pull_reason = "" };
        item->is_preparing = true;
        item->is_early = is_early;
        item->is_unanswered = false;
        /* What is ordered before a run-once says with which data its success counts. */
        for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                if (i == workload || (is_early && deploy->items[i].rendered.records == NULL))
                        render(deploy, i);
        }
        proceed(deploy, workload);
}

void prepare_retry(Deploy *deploy)
{
        for (size_t i = 0; i < deploy->app->n_workloads && !deploy->is_finished; i++) {
                Item *item = &deploy->items[i];

                if (!item->is_preparing)
                        continue;
                if (item->is_unanswered) {
                        if (deploy->n_inspecting > 0)
                                continue;
                        item->is_unanswered = false;
                        render(deploy, i);
                }
                proceed(deploy, i);
        }
}
