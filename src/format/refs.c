#include "format/refs.h"

#include <string.h>

#include "base/text.h"

/* A guess compares with every candidate: past so many there is none. */
#define CANDIDATES_MAX 500

/* A container that has a `name` */
typedef struct Named {
        const YamlNode *node;
        const char *component, *image;
} Named;

/* Steps along "who starts me" for all of a document's `volumes_from`; past them they count as
 * good, so that a long chain in which all mount from all can't take hours. */
#define STEPS_MAX 20000000

struct Refs {
        unsigned n_steps;
        bool is_swarm;
        GHashTable *components;   /* name → its node, of the first */
        GHashTable *containers;   /* "component\1image", of the first component */
        GHashTable *named;        /* name → GArray of Named */
        GHashTable *items;        /* name */
        GHashTable *requirements; /* id → number */
        GHashTable *starters;     /* "component:image" → the same, of who starts it */
        GPtrArray *component_names, *item_names;
};

const char *yaml_text(const YamlNode *node)
{
        if (node == NULL || node->kind != YAML_SCALAR || yaml_is_null(node))
                return "";
        return node->text;
}

static const YamlNode *item_at(const YamlNode *list, size_t i)
{
        return list->items[i];
}

static size_t count_items(const YamlNode *list)
{
        return list != NULL && list->kind == YAML_SEQUENCE ? list->n_items : 0;
}

/* A null that is written out is an empty object: yaml_is_absent() */
static bool is_object(const YamlNode *node)
{
        return node->kind == YAML_MAPPING || (yaml_is_null(node) && !yaml_is_absent(node));
}

static void add_container(Refs *refs, const char *component, const YamlNode *node, bool is_first)
{
        const char *image = yaml_text(yaml_get(node, "image_name"));
        const char *name = yaml_text(yaml_get(node, "name"));

        if (is_first)
                g_hash_table_add(refs->containers, g_strconcat(component, "\1", image, NULL));
        if (name[0] != '\0') {
                GArray *all = g_hash_table_lookup(refs->named, name);
                Named named = { node, component, image };

                if (all == NULL) {
                        all = g_array_new(false, false, sizeof(Named));
                        g_hash_table_insert(refs->named, (char *) name, all);
                }
                g_array_append_val(all, named);
        }
}

static void add_starts(Refs *refs, const char *component, const YamlNode *container)
{
        const YamlNode *events = yaml_get(container, "publish_events");
        const char *image = yaml_text(yaml_get(container, "image_name"));

        for (size_t i = 0; i < count_items(events); i++) {
                const YamlNode *list = yaml_get(item_at(events, i), "subscriptions");

                for (size_t j = 0; j < count_items(list); j++) {
                        const YamlNode *item = item_at(list, j);

                        if (strcmp(yaml_text(yaml_get(item, "action")), "start") != 0)
                                continue;
                        g_hash_table_insert(refs->starters,
                                            g_strconcat(yaml_text(yaml_get(item, "component")), ":",
                                                        yaml_text(yaml_get(item, "container")),
                                                        NULL),
                                            g_strconcat(component, ":", image, NULL));
                }
        }
}

static void add_components(Refs *refs, const YamlNode *components)
{
        for (size_t i = 0; i < count_items(components); i++) {
                const YamlNode *node = item_at(components, i);
                const YamlNode *containers = yaml_get(node, "containers");
                const char *name = yaml_text(yaml_get(node, "name"));
                bool is_first;

                if (!is_object(node))
                        continue;
                is_first = !g_hash_table_contains(refs->components, name);
                if (is_first) {
                        g_hash_table_insert(refs->components, (char *) name, (YamlNode *) node);
                        g_ptr_array_add(refs->component_names, (char *) name);
                }
                for (size_t j = 0; j < count_items(containers); j++) {
                        const YamlNode *container = item_at(containers, j);

                        if (!is_object(container))
                                continue;
                        add_container(refs, name, container, is_first);
                        add_starts(refs, name, container);
                }
        }
}

static void add_item(Refs *refs, const YamlNode *node)
{
        const char *name = yaml_text(yaml_get(node, "name"));

        if (!is_object(node))
                return;
        if (g_hash_table_add(refs->items, (char *) name))
                g_ptr_array_add(refs->item_names, (char *) name);
}

static void add_items(Refs *refs, const YamlNode *groups)
{
        for (size_t i = 0; i < count_items(groups); i++) {
                const YamlNode *items = yaml_get(item_at(groups, i), "items");

                for (size_t j = 0; j < count_items(items); j++) {
                        const YamlNode *item = item_at(items, j);
                        const YamlNode *children = yaml_get(item, "items");

                        add_item(refs, item);
                        for (size_t k = 0; k < count_items(children); k++)
                                add_item(refs, item_at(children, k));
                }
        }
}

Refs *refs_new(const YamlNode *root)
{
        Refs *refs = g_new0(Refs, 1);
        const YamlNode *swarm = yaml_get(root, "swarm");
        const YamlNode *requirements = yaml_get(root, "custom_requirements");

        refs->is_swarm = swarm != NULL && !yaml_is_absent(swarm);
        refs->components = g_hash_table_new(g_str_hash, g_str_equal);
        refs->containers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        refs->named = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                            (GDestroyNotify) g_array_unref);
        refs->items = g_hash_table_new(g_str_hash, g_str_equal);
        refs->requirements = g_hash_table_new(g_str_hash, g_str_equal);
        refs->starters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        refs->component_names = g_ptr_array_new();
        refs->item_names = g_ptr_array_new();
        add_components(refs, yaml_get(root, "components"));
        add_items(refs, yaml_get(root, "config"));
        for (size_t i = 0; i < count_items(requirements); i++) {
                char *id = (char *) yaml_text(yaml_get(item_at(requirements, i), "id"));
                unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(refs->requirements, id));

                g_hash_table_insert(refs->requirements, id, GUINT_TO_POINTER(n + 1));
        }
        return refs;
}

void refs_free(Refs *refs)
{
        if (refs == NULL)
                return;
        g_hash_table_unref(refs->components);
        g_hash_table_unref(refs->containers);
        g_hash_table_unref(refs->named);
        g_hash_table_unref(refs->items);
        g_hash_table_unref(refs->requirements);
        g_hash_table_unref(refs->starters);
        g_ptr_array_unref(refs->component_names);
        g_ptr_array_unref(refs->item_names);
        g_free(refs);
}

bool refs_is_swarm(const Refs *refs)
{
        return refs->is_swarm;
}

bool refs_has_component(const Refs *refs, const char *component)
{
        return g_hash_table_contains(refs->components, component);
}

bool refs_has_container(const Refs *refs, const char *component, const char *image)
{
        g_autofree char *key = g_strconcat(component, "\1", image, NULL);

        return g_hash_table_contains(refs->containers, key);
}

bool refs_has_item(const Refs *refs, const char *name)
{
        return g_hash_table_contains(refs->items, name);
}

unsigned refs_count_requirements(const Refs *refs, const char *id)
{
        return GPOINTER_TO_UINT(g_hash_table_lookup(refs->requirements, id));
}

static const Named *find_other(const Refs *refs, const char *name, const YamlNode *self)
{
        GArray *all = g_hash_table_lookup(refs->named, name);

        for (size_t i = 0; all != NULL && i < all->len; i++) {
                const Named *named = &g_array_index(all, Named, i);

                if (named->node != self)
                        return named;
        }
        return NULL;
}

bool refs_has_other_name(const Refs *refs, const char *name, const YamlNode *self)
{
        return find_other(refs, name, self) != NULL;
}

bool refs_comes_after(Refs *refs, const char *self_id, const YamlNode *self, const char *name)
{
        g_autoptr(GHashTable) visited = g_hash_table_new(g_str_hash, g_str_equal);
        const Named *named = find_other(refs, name, self);
        g_autofree char *wanted = NULL;
        const char *at = self_id;

        if (named == NULL)
                return false;
        wanted = g_strdup_printf("%s:%s", named->component, named->image);
        while (g_hash_table_add(visited, (char *) at)) {
                if (++refs->n_steps > STEPS_MAX)
                        return true;
                at = g_hash_table_lookup(refs->starters, at);
                if (at == NULL)
                        return false;
                if (strcmp(at, wanted) == 0)
                        return true;
        }
        return false;
}

static const char *closest(GPtrArray *names, const char *word)
{
        g_autoptr(GPtrArray) list = NULL;

        if (names->len > CANDIDATES_MAX || word[0] == '\0')
                return NULL;
        list = g_ptr_array_copy(names, NULL, NULL);
        g_ptr_array_add(list, NULL);
        return text_closest(word, (const char *const *) list->pdata);
}

const char *refs_closest_component(const Refs *refs, const char *component)
{
        return closest(refs->component_names, component);
}

const char *refs_closest_item(const Refs *refs, const char *name)
{
        return closest(refs->item_names, name);
}

const char *refs_closest_container(const Refs *refs, const char *component, const char *image)
{
        const YamlNode *node = g_hash_table_lookup(refs->components, component);
        const YamlNode *containers = yaml_get(node, "containers");
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (size_t i = 0; i < count_items(containers); i++)
                g_ptr_array_add(names,
                                (char *) yaml_text(yaml_get(item_at(containers, i), "image_name")));
        return closest(names, image);
}

const char *refs_image_of_name(const Refs *refs, const char *component, const char *name)
{
        GArray *all = g_hash_table_lookup(refs->named, name);

        for (size_t i = 0; all != NULL && i < all->len; i++) {
                const Named *named = &g_array_index(all, Named, i);

                if (strcmp(named->component, component) == 0)
                        return named->image;
        }
        return NULL;
}
