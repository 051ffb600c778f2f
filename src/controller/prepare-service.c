/* Services: which containers are made from this spec and image, and what has changed */

#include <string.h>

#include "controller/prepare-private.h"

/* ---- Fields ---- */

json_t *prepare_hash_fields(Deploy *deploy, const Spec *spec)
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

/* ---- Images and networks ---- */

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
        return its->state == IMAGE_HERE &&
               prepare_share_digest(its->image->digests, entry->image->digests);
}

/* Whether the images of the workload's containers are known, as far as digests need them */
bool prepare_container_images_are_known(Deploy *deploy, unsigned workload)
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
                        all = prepare_image_is_known(deploy, container->image_id) && all;
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

/* What was made of a reference that is not here any more, and is what the file says, stays: nothing is
 * pulled only to keep it. */
static bool can_do_without(const Deploy *deploy, unsigned workload, const ImageEntry *entry)
{
        const Item *item = &deploy->items[workload];
        bool wants_fresh = deploy->options->pull == PULL_ALWAYS ||
                           item->rendered.spec->always_pull ||
                           deploy->app->workloads[workload].pull_policy != NULL;

        return entry->state == IMAGE_MISSING && !wants_fresh && !deploy->scene->is_swarm &&
               item->prepared.same[0] != NULL;
}

/* ---- The whole ---- */

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

/* Of a Swarm's service the label says what it is now; what was written down names what has changed,
 * and is older where an update was given back since. */
static void heed_label(const Item *item, const Container *container, GString *replaced,
                       GString *in_place)
{
        if (g_strcmp0(container_label(container, LABEL_SPEC), item->spec_hash) == 0) {
                g_string_truncate(replaced, 0);
                g_string_truncate(in_place, 0);
        } else if (replaced->len + in_place->len == 0) {
                g_string_append(replaced, "it was given back after an update");
        }
}

/* An earlier command noted that it was about to update it, and has: the label is of that command */
static bool is_update_open(const World *world, const Container *container, const char *workload)
{
        const char *number = container_label(container, LABEL_DEPLOYMENT);

        for (guint i = 0; number != NULL && i < world->swaps->len; i++) {
                const CoreSwap *swap = &g_array_index(world->swaps, CoreSwap, i);

                if (strcmp(swap->workload_id, workload) == 0 &&
                    strcmp(swap->old_id, container->id) == 0 &&
                    strcmp(swap->new_id, container->id) == 0 &&
                    swap->deployment == g_ascii_strtoll(number, NULL, 10))
                        return true;
        }
        return false;
}

void prepare_service(Deploy *deploy, unsigned workload)
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
        if (can_do_without(deploy, workload, entry)) {
                item->prepared.image_missing = false;
                item->prepared.error = NULL;
        }
        if (current == NULL)
                return;

        const Container *container = world_find(world, current->id);

        compare_fields(deploy, item, container, replaced, in_place);
        if (deploy->scene->is_swarm)
                heed_label(item, container, replaced, in_place);
        if (!is_same_image(deploy, entry, item->rendered.spec, container) && replaced->len == 0)
                g_string_append(replaced, "image");
        if (!is_on_its_networks(world, item->rendered.spec, container) && replaced->len == 0)
                g_string_append(replaced, "networks");
        item->prepared.changed_in_place = in_place->len > 0 && replaced->len == 0;
        if (deploy->scene->is_swarm) { /* the engine replaces the tasks, the service stays */
                keep_service(item, current->id, in_place->len > 0 || replaced->len > 0);
                item->prepared.is_update_open = is_update_open(world, container, id);
        }
        item->prepared.changed = arena_strdup(item->arena,
                                              replaced->len > 0 ? replaced->str : in_place->str);
}
