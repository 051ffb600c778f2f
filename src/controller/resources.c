#include "controller/resources.h"

#include <string.h>

#include "controller/compose-labels.h"

const Resource *resources_find(const Application *app, ResourceKind kind, const char *name)
{
        for (size_t i = 0; i < app->n_resources; i++) {
                if (app->resources[i].kind == kind && strcmp(app->resources[i].name, name) == 0)
                        return &app->resources[i];
        }
        return NULL;
}

/* ---- Labels ---- */

/* What makes two of them the same: everything but the labels of the file */
static char *options_hash(Store *store, const Resource *resource)
{
        g_autoptr(json_t) options = json_copy(resource->options);
        g_autofree char *text = NULL;

        json_object_del(options, "labels");
        text = json_to_canonical_text(options);
        return store_keyed_hash(store, text, -1);
}

char **resources_labels(const Application *app, const char *name, Store *store,
                        const Resource *resource, const char *volume_id)
{
        GPtrArray *labels = g_ptr_array_new();

        g_ptr_array_add(labels, g_strdup_printf(LABEL_APP "=%s", name));
        g_ptr_array_add(labels,
                        g_strdup_printf(LABEL_INSTALLATION "=%s", store_installation(store)));
        if (volume_id != NULL)
                g_ptr_array_add(labels, g_strdup_printf(LABEL_VOLUME "=%s", volume_id));
        if (resource != NULL) {
                g_autofree char *hash = options_hash(store, resource);

                g_ptr_array_add(labels, g_strdup_printf(LABEL_SPEC "=%s", hash));
                if (app->is_compose)
                        compose_labels_resource(labels, name, resource);
        }
        g_ptr_array_add(labels, NULL);
        return (char **) g_ptr_array_free(labels, false);
}

static const char *label(GHashTable *labels, const char *key)
{
        const char *value = labels == NULL ? NULL : g_hash_table_lookup(labels, key);

        return value == NULL ? "" : value;
}

bool resources_is_ours(GHashTable *labels, const char *name, Store *store)
{
        return strcmp(label(labels, LABEL_APP), name) == 0 &&
               strcmp(label(labels, LABEL_INSTALLATION), store_installation(store)) == 0;
}

/* ---- Before anything is touched ---- */

typedef struct Check {
        const Application *app;
        const char *name;
        Store *store;
        const World *world;
        json_t *warnings;
        GString *faults;
} Check;

static void fault(Check *check, const Resource *resource, const char *format, ...)
        G_GNUC_PRINTF(3, 4);
static void fault(Check *check, const Resource *resource, const char *format, ...)
{
        va_list args;

        if (check->faults->len > 0)
                g_string_append_c(check->faults, '\n');
        if (resource->pos.file != NULL)
                g_string_append_printf(check->faults, "%s:%u:%u: ", resource->pos.file,
                                       resource->pos.line, resource->pos.col);
        va_start(args, format);
        g_string_append_vprintf(check->faults, format, args);
        va_end(args);
}

static bool is_same(Check *check, const Resource *resource, GHashTable *labels)
{
        g_autofree char *hash = options_hash(check->store, resource);

        return strcmp(label(labels, LABEL_SPEC), hash) == 0;
}

/* Made by `docker compose` for the same project: it is used, and stays that one's */
static bool is_of_compose(const Check *check, GHashTable *labels)
{
        return check->app->is_compose &&
               strcmp(label(labels, COMPOSE_LABEL_PROJECT), check->name) == 0;
}

static void check_network(Check *check, const Resource *resource)
{
        unsigned n;
        const NetworkInfo *network = world_network(check->world, resource->name, &n);

        if (n > 1)
                fault(check, resource,
                      "%u networks have the name %s; remove those that nobody needs", n,
                      resource->name);
        else if (resource->is_external && n == 0)
                fault(check, resource,
                      "the network %s is external, and the engine does not have it; make it first: "
                      "docker network create %s",
                      resource->name, resource->name);
        else if (resource->is_external || n == 0)
                return;
        else if (resources_is_ours(network->labels, check->name, check->store)) {
                if (!is_same(check, resource, network->labels))
                        fault(check, resource,
                              "the network %s was made with other options, and an engine cannot "
                              "change one; `slipway down %s` removes it, volumes stay",
                              resource->name, check->name);
        } else if (!is_of_compose(check, network->labels)) {
                fault(check, resource,
                      "there is a network %s already, and %s did not make it; if it is the one "
                      "that is meant, say `external: true`",
                      resource->name, check->name);
        }
}

/* Takes the text */
static void warn(Check *check, char *text)
{
        if (check->warnings != NULL)
                json_array_append_new(check->warnings, json_string(text));
        g_free(text);
}

static void check_volume(Check *check, const Resource *resource)
{
        const VolumeInfo *volume = g_hash_table_lookup(check->world->volumes, resource->name);

        if (resource->is_external && volume == NULL)
                fault(check, resource,
                      "the volume %s is external, and the engine does not have it; make it first: "
                      "docker volume create %s",
                      resource->name, resource->name);
        else if (resource->is_external || volume == NULL)
                return;
        else if (!resources_is_ours(volume->labels, check->name, check->store)) {
                if (!is_of_compose(check, volume->labels))
                        warn(check, g_strdup_printf("the volume %s is there already, and we did "
                                                    "not make it: it is used as it is",
                                                    resource->name));
        } else if (!is_same(check, resource, volume->labels)) {
                warn(check, g_strdup_printf("the volume %s was made with other options: its data "
                                            "stays, and so it is used as it is",
                                            resource->name));
        }
}

bool resources_check(const Application *app, const char *name, Store *store, const World *world,
                     json_t *warnings, GError **error)
{
        g_autoptr(GString) faults = g_string_new(NULL);
        Check check = { app, name, store, world, warnings, faults };

        for (size_t i = 0; i < app->n_resources; i++) {
                const Resource *resource = &app->resources[i];

                switch (resource->kind) {
                case RESOURCE_NETWORK:
                        check_network(&check, resource);
                        break;
                case RESOURCE_VOLUME:
                        check_volume(&check, resource);
                        break;
                case RESOURCE_CONFIG:
                case RESOURCE_SECRET:
                        break; /* files of containers, or the Swarm's own objects */
                }
        }
        if (faults->len == 0)
                return true;
        g_set_error_literal(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED, faults->str);
        return false;
}

/* ---- Afterwards ---- */

static bool is_wanted(const Application *app, const char *name)
{
        return app != NULL && resources_find(app, RESOURCE_NETWORK, name) != NULL;
}

/* Configs and secrets of a Swarm, which have their names from their content */
static bool prune(Engine *engine, Store *store, const char *name, GError **error)
{
        g_autofree char *app = g_strdup_printf(LABEL_APP "=%s", name);
        g_autofree char *installation = g_strdup_printf(LABEL_INSTALLATION "=%s",
                                                        store_installation(store));
        const char *labels[] = { app, installation, NULL };

        return strcmp(engine->class->name, "swarm") != 0 ||
               engine_ask(engine, &(EngineRequest){ .op = ENGINE_PRUNE, .labels = labels }, NULL,
                          error);
}

bool resources_remove_unused(Engine *engine, Store *store, const World *world, const char *name,
                             const Application *app, void (*tell)(const char *text, gpointer user),
                             gpointer user, GError **error)
{
        for (guint i = 0; world->networks != NULL && i < world->networks->len; i++) {
                const NetworkInfo *network = world->networks->pdata[i];
                g_autoptr(GError) inner = NULL;
                g_autofree char *text = NULL;

                if (!resources_is_ours(network->labels, name, store) ||
                    is_wanted(app, network->name))
                        continue;
                if (engine_ask(engine,
                               &(EngineRequest){ .op = ENGINE_NETWORK_REMOVE, .id = network->id },
                               NULL, &inner)) {
                        text = g_strdup_printf("network %s removed", network->name);
                } else if (g_error_matches(inner, ENGINE_ERROR, ENGINE_ERROR_CONFLICT)) {
                        text = g_strdup_printf("network %s is kept: somebody else uses it",
                                               network->name);
                } else if (!g_error_matches(inner, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)) {
                        g_propagate_prefixed_error(error, g_steal_pointer(&inner),
                                                   "network %s: ", network->name);
                        return false;
                }
                if (text != NULL)
                        tell(text, user);
        }
        return prune(engine, store, name, error);
}
