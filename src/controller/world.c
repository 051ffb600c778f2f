#include <string.h>

#include "base/json.h"
#include "controller/ask.h"
#include "controller/world.h"

/* One microsecond of precision: what the ledger keeps */
static int64_t to_us(int64_t wall_ns)
{
        return wall_ns / 1000 * 1000;
}

Observation observe(const Container *container, int64_t engine_started_wall_ns)
{
        Observation seen = {
                .exit_code = container->exit_code,
                .started_wall_ns = to_us(container->started_wall_ns),
                .finished_wall_ns = container->finished_wall_ns,
                .engine_started_wall_ns = engine_started_wall_ns,
                .is_lost = container->is_lost,
                .is_attested = container->is_attested,
        };

        switch (container->state) {
        case CONTAINER_CREATED:
                seen.presence = container->started_wall_ns == 0 ? PRESENCE_CREATED
                                                                : PRESENCE_EXITED;
                break;
        case CONTAINER_RUNNING:
        case CONTAINER_PAUSED:
        case CONTAINER_RESTARTING:
                seen.presence = PRESENCE_RUNNING;
                break;
        case CONTAINER_REMOVING:
        case CONTAINER_EXITED:
        case CONTAINER_DEAD:
                seen.presence = PRESENCE_EXITED;
                break;
        }
        return seen;
}

static const char *label(const Container *container, const char *key)
{
        const char *value = container_label(container, key);

        return value == NULL ? "" : value;
}

char **world_claims(const Container *container)
{
        GPtrArray *claims = g_ptr_array_new();

        for (guint i = 0; i < container->ports->len; i++) {
                const BoundPort *port = &g_array_index(container->ports, BoundPort, i);

                if (port->public_port != 0)
                        g_ptr_array_add(claims,
                                        claim_port(port->proto, port->host_ip, port->public_port));
        }
        for (guint i = 0; i < container->networks->len; i++) {
                const ContainerNetwork *network = &g_array_index(container->networks,
                                                                 ContainerNetwork, i);

                if (network->address[0] != '\0')
                        g_ptr_array_add(claims, claim_address(network->name, network->address));
                if (network->address6[0] != '\0')
                        g_ptr_array_add(claims, claim_address(network->name, network->address6));
        }
        g_ptr_array_add(claims, NULL);
        return (char **) g_ptr_array_free(claims, false);
}

static void add_view(World *world, const Container *container)
{
        CoreContainer *view = arena_new0(world->arena, CoreContainer, 1);
        g_auto(GStrv) claims = world_claims(container);

        *view = (CoreContainer){
                .id = container->id,
                .name = container->name,
                .workload_id = label(container, LABEL_WORKLOAD),
                .run_key = label(container, LABEL_RUN),
                .try_number = g_ascii_strtoll(label(container, LABEL_TRY), NULL, 10),
                .seen = observe(container, world->engine_started_wall_ns),
                .claims = arena_strdupv(world->arena, (const char *const *) claims),
        };
        g_ptr_array_add(world->views, view);
}

static void load_swap(World *world, Store *store, const char *app, const char *workload)
{
        g_autofree char *text = store_swap_get(store, app, workload, NULL);
        g_autoptr(json_t) swap = text == NULL ? NULL : json_loads(text, 0, NULL);
        CoreSwap loaded;

        if (swap == NULL)
                return;
        loaded = (CoreSwap){
                .workload_id = arena_strdup(world->arena, workload),
                .old_id = arena_strdup(world->arena, json_string_at(swap, "old", "")),
                .new_id = arena_strdup(world->arena, json_string_at(swap, "new", "")),
                .deployment = json_int_at(swap, "deployment", 0),
        };
        g_array_append_val(world->swaps, loaded);
        if (json_string_at(swap, "policy", "")[0] != '\0')
                g_hash_table_replace(world->policies, g_strdup(loaded.old_id),
                                     g_strdup(json_string_at(swap, "policy", "")));
}

/* Of every workload that has containers: a swap without any is over. */
static void load_swaps(World *world, Store *store, const char *app)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < world->views->len; i++) {
                const char *workload = world_view(world, i)->workload_id;

                if (g_hash_table_add(seen, (gpointer) workload))
                        load_swap(world, store, app, workload);
        }
}

static bool is_ours(const Container *container, Store *store, const char *app)
{
        return strcmp(label(container, LABEL_APP), app) == 0 &&
               strcmp(label(container, LABEL_INSTALLATION), store_installation(store)) == 0;
}

static void take_containers(World *world, Store *store, const char *app, const GPtrArray *all)
{
        world->containers = g_ptr_array_new_with_free_func((GDestroyNotify) container_free);
        world->others = g_ptr_array_new_with_free_func((GDestroyNotify) container_free);
        for (guint i = 0; i < all->len; i++) {
                Container *container = container_copy(all->pdata[i]);

                if (is_ours(container, store, app)) {
                        g_ptr_array_add(world->containers, container);
                        add_view(world, container);
                } else {
                        g_ptr_array_add(world->others, container);
                }
        }
}

World *world_load(Engine *engine, Store *store, const char *app, bool with_others, GError **error)
{
        g_autoptr(World) world = g_new0(World, 1);
        g_autofree char *by_app = g_strdup_printf(LABEL_APP "=%s", app);
        const char *labels[] = { by_app, NULL };
        const EngineRequest requests[] = {
                { .op = ENGINE_INFO },
                { .op = ENGINE_LIST, .labels = with_others ? NULL : labels },
                { .op = ENGINE_VOLUME_LIST },
                { .op = ENGINE_NETWORK_LIST },
        };
        Answer answers[G_N_ELEMENTS(requests)] = { 0 };
        bool ok;

        world->arena = arena_new();
        world->views = g_ptr_array_new();
        world->swaps = g_array_new(false, true, sizeof(CoreSwap));
        world->policies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        world->volumes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                               (GDestroyNotify) volume_info_free);
        ok = engine_ask_all(engine, requests, answers, G_N_ELEMENTS(requests), error);
        if (ok) {
                world->info = g_steal_pointer(&answers[0].info);
                world->engine_started_wall_ns = world->info->started_wall_ns;
                take_containers(world, store, app, answers[1].containers);
                for (guint i = 0; answers[2].volumes != NULL && i < answers[2].volumes->len; i++) {
                        VolumeInfo *volume = volume_info_copy(answers[2].volumes->pdata[i]);

                        g_hash_table_replace(world->volumes, volume->name, volume);
                }
                world->networks = g_steal_pointer(&answers[3].networks);
                load_swaps(world, store, app);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
                answer_clear(&answers[i]);
        return ok ? g_steal_pointer(&world) : NULL;
}

void world_free(World *world)
{
        if (world == NULL)
                return;
        g_clear_pointer(&world->containers, g_ptr_array_unref);
        g_clear_pointer(&world->others, g_ptr_array_unref);
        g_clear_pointer(&world->views, g_ptr_array_unref);
        g_clear_pointer(&world->swaps, g_array_unref);
        g_clear_pointer(&world->policies, g_hash_table_unref);
        g_clear_pointer(&world->volumes, g_hash_table_unref);
        g_clear_pointer(&world->networks, g_ptr_array_unref);
        engine_info_free(world->info);
        arena_free(world->arena);
        g_free(world);
}

CoreContainer *world_view(const World *world, guint i)
{
        return world->views->pdata[i];
}

const CoreContainer *world_current(const World *world, const char *workload)
{
        g_autofree CoreContainer *views = g_new0(CoreContainer, world->views->len + 1);
        const CoreContainer *current;

        for (guint i = 0; i < world->views->len; i++)
                views[i] = *world_view(world, i);
        current = core_current(views, world->views->len, (CoreSwap *) world->swaps->data,
                               world->swaps->len, workload);
        return current == NULL ? NULL : world_view(world, current - views);
}

Container *world_find(const World *world, const char *id)
{
        for (guint i = 0; i < world->containers->len; i++) {
                Container *container = world->containers->pdata[i];

                if (strcmp(container->id, id) == 0)
                        return container;
        }
        return NULL;
}

const NetworkInfo *world_network(const World *world, const char *name, unsigned *ret_n)
{
        const NetworkInfo *found = NULL;
        unsigned n = 0;

        for (guint i = 0; world->networks != NULL && i < world->networks->len; i++) {
                const NetworkInfo *network = world->networks->pdata[i];

                if (strcmp(network->name, name) == 0) {
                        found = network;
                        n++;
                }
        }
        if (ret_n != NULL)
                *ret_n = n;
        return found;
}
