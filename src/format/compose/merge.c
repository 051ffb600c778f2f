#include "format/compose/merge.h"

#include <string.h>

#include "format/compose/canonical.h"

typedef ComposeNode *(*Merger)(Loader *loader, ComposeNode *base, ComposeNode *over,
                               const Path *path);

static ComposeNode *cannot(Loader *loader, const ComposeNode *base, ComposeNode *over,
                           const Path *path)
{
        loader_report(loader, "merge", over->pos, over->width, path,
                      "%s can't be merged with %s, which stands in %s:%u", node_describe(over),
                      node_describe(base), base->pos.file, base->pos.line);
        return over;
}

static ComposeNode *merge_maps(Loader *loader, ComposeNode *base, ComposeNode *over,
                               const Path *path)
{
        for (size_t i = 0; i < over->n_pairs; i++) {
                ComposePair *pair = &over->pairs[i];
                Path here = { .parent = path, .key = pair->key };
                ComposeNode *before = compose_get(base, pair->key);
                ComposeNode *value = pair->value;

                if (before != NULL)
                        value = merge_nodes(loader, before, value, &here);
                node_set_at(loader->arena, base, pair->key, pair->pos, value);
        }
        return base;
}

/* ---- One form for both ---- */

static int compare_texts(gconstpointer a, gconstpointer b)
{
        return strcmp((*(ComposeNode *const *) a)->text, (*(ComposeNode *const *) b)->text);
}

static void append_pair(Arena *arena, ComposeNode *list, const ComposePair *pair,
                        const ComposeNode *value)
{
        const char *text = value->type == COMPOSE_NULL
                                   ? pair->key
                                   : arena_printf(arena, "%s=%s", pair->key, value->text);

        node_append(arena, list, node_new_text(arena, text, value));
}

/* A mapping as `key=value`, sorted; one value as a list of it */
static ComposeNode *as_list(Loader *loader, ComposeNode *node)
{
        Arena *arena = loader->arena;
        ComposeNode *list;

        if (node->type == COMPOSE_LIST)
                return node;
        list = node_new_list(arena, node);
        if (node_is_scalar(node))
                node_append(arena, list, node);
        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposeNode *value = node->pairs[i].value;

                if (value->type == COMPOSE_LIST) {
                        for (size_t j = 0; j < value->n_items; j++) {
                                if (node_is_scalar(value->items[j]))
                                        append_pair(arena, list, &node->pairs[i], value->items[j]);
                        }
                } else if (value->type != COMPOSE_MAP) {
                        append_pair(arena, list, &node->pairs[i], value);
                }
        }
        if (node->type == COMPOSE_MAP && list->n_items > 0)
                qsort(list->items, list->n_items, sizeof *list->items, compare_texts);
        return list;
}

static ComposeNode *merge_lists(Loader *loader, ComposeNode *base, ComposeNode *over,
                                const Path *path)
{
        ComposeNode *all = node_new_list(loader->arena, over);
        ComposeNode *before = as_list(loader, base), *after = as_list(loader, over);

        if (!loader_count(loader, before->n_items + after->n_items, over->pos))
                return before;
        for (size_t i = 0; i < before->n_items; i++)
                node_append(loader->arena, all, before->items[i]);
        for (size_t i = 0; i < after->n_items; i++)
                node_append(loader->arena, all, after->items[i]);
        return all;
}

static ComposeNode *merge_as_maps(Loader *loader, ComposeNode *base, ComposeNode *over,
                                  const Path *path,
                                  ComposeNode *(*make)(Arena *arena, const ComposeNode *at))
{
        base = node_names_to_map(loader->arena, base, make);
        over = node_names_to_map(loader->arena, over, make);
        if (over->type == COMPOSE_NULL)
                return base;
        if (base->type == COMPOSE_NULL)
                return over;
        if (base->type != COMPOSE_MAP || over->type != COMPOSE_MAP)
                return cannot(loader, base, over, path);
        return merge_maps(loader, base, over, path);
}

static ComposeNode *merge_names(Loader *loader, ComposeNode *base, ComposeNode *over,
                                const Path *path)
{
        return merge_as_maps(loader, base, over, path, node_new_null);
}

static ComposeNode *merge_dependencies(Loader *loader, ComposeNode *base, ComposeNode *over,
                                       const Path *path)
{
        return merge_as_maps(loader, base, over, path, canonical_dependency);
}

/* ---- Special keys ---- */

static ComposeNode *merge_replaced(Loader *loader, ComposeNode *base, ComposeNode *over,
                                   const Path *path)
{
        return over;
}

static ComposeNode *as_build(Loader *loader, ComposeNode *node)
{
        ComposeNode *map;

        if (node->type != COMPOSE_TEXT)
                return node;
        map = node_new_map(loader->arena, node);
        node_set(loader->arena, map, "context", node);
        return map;
}

static ComposeNode *merge_build(Loader *loader, ComposeNode *base, ComposeNode *over,
                                const Path *path)
{
        return merge_as_maps(loader, as_build(loader, base), as_build(loader, over), path,
                             node_new_null);
}

/* A host's line is not repeated */
static ComposeNode *merge_hosts(Loader *loader, ComposeNode *base, ComposeNode *over,
                                const Path *path)
{
        ComposeNode *all = node_copy(loader->arena, as_list(loader, base));
        ComposeNode *after = as_list(loader, over);
        g_autoptr(GHashTable) lines = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < all->n_items; i++) {
                if (node_is_scalar(all->items[i]))
                        g_hash_table_add(lines, (gpointer) all->items[i]->text);
        }
        for (size_t i = 0; i < after->n_items; i++) {
                if (!node_is_scalar(after->items[i]) ||
                    !g_hash_table_contains(lines, after->items[i]->text))
                        node_append(loader->arena, all, after->items[i]);
        }
        return all;
}

/* Options are another driver's where the driver changes */
static ComposeNode *merge_logging(Loader *loader, ComposeNode *base, ComposeNode *over,
                                  const Path *path)
{
        const char *before = compose_text(base, "driver", NULL);
        const char *after = compose_text(over, "driver", NULL);

        if (before != NULL && after != NULL && strcmp(before, after) != 0)
                return over;
        return merge_as_maps(loader, base, over, path, node_new_null);
}

static ssize_t find_subnet(const ComposeNode *list, const ComposeNode *pool)
{
        for (size_t i = 0; i < list->n_items; i++) {
                if (g_strcmp0(compose_text(list->items[i], "subnet", NULL),
                              compose_text(pool, "subnet", NULL)) == 0)
                        return i;
        }
        return -1;
}

/* Pools of one subnet are merged. That a pool of the base is lost when none of the others has its
 * subnet is what the reference implementation does. */
static ComposeNode *merge_pools(Loader *loader, ComposeNode *base, ComposeNode *over,
                                const Path *path)
{
        ComposeNode *all = node_new_list(loader->arena, over);

        if (base->type != COMPOSE_LIST || over->type != COMPOSE_LIST)
                return cannot(loader, base, over, path);
        if (base->n_items > COMPOSE_POOLS_MAX || over->n_items > COMPOSE_POOLS_MAX) {
                loader_report(loader, "compose-limit", over->pos, over->width, path,
                              "more than %u pools of addresses", COMPOSE_POOLS_MAX);
                return over;
        }
        for (size_t i = 0; i < base->n_items; i++) {
                for (size_t j = 0; j < over->n_items; j++) {
                        ComposeNode *before = base->items[i], *after = over->items[j];
                        const char *subnet = compose_text(after, "subnet", NULL);
                        ssize_t found;

                        if (before->type != COMPOSE_MAP || after->type != COMPOSE_MAP)
                                return cannot(loader, base, over, path);
                        if (g_strcmp0(compose_text(before, "subnet", NULL), subnet) != 0) {
                                if (find_subnet(all, after) < 0) {
                                        node_append(loader->arena, all, after);
                                        continue;
                                }
                        }
                        before = merge_maps(loader, before, after, path);
                        found = find_subnet(all, before);
                        if (found >= 0)
                                all->items[found] = before;
                        else
                                node_append(loader->arena, all, before);
                }
        }
        return all;
}

static const struct {
        const char *pattern;
        Merger merge;
} specials[] = {
        { "networks.*.ipam.config", merge_pools },
        { "networks.*.labels", merge_lists },
        { "volumes.*.labels", merge_lists },
        { "services.*.annotations", merge_lists },
        { "services.*.build", merge_build },
        { "services.*.build.args", merge_lists },
        { "services.*.build.additional_contexts", merge_lists },
        { "services.*.build.extra_hosts", merge_hosts },
        { "services.*.build.labels", merge_lists },
        { "services.*.command", merge_replaced },
        { "services.*.depends_on", merge_dependencies },
        { "services.*.deploy.labels", merge_lists },
        { "services.*.dns", merge_lists },
        { "services.*.dns_opt", merge_lists },
        { "services.*.dns_search", merge_lists },
        { "services.*.entrypoint", merge_replaced },
        { "services.*.env_file", merge_lists },
        { "services.*.label_file", merge_lists },
        { "services.*.environment", merge_lists },
        { "services.*.extra_hosts", merge_hosts },
        { "services.*.healthcheck.test", merge_replaced },
        { "services.*.labels", merge_lists },
        { "services.*.logging", merge_logging },
        { "services.*.models", merge_names },
        { "services.*.networks", merge_names },
        { "services.*.sysctls", merge_lists },
        { "services.*.tmpfs", merge_lists },
        { "services.*.ulimits.*", merge_replaced },
};

static Merger special_merger(const Path *path)
{
        for (size_t i = 0; path != NULL && i < G_N_ELEMENTS(specials); i++) {
                if (path_matches(path, specials[i].pattern))
                        return specials[i].merge;
        }
        return NULL;
}

void merge_skip_void(ComposeNode *over, const ComposeNode *base, const Path *path)
{
        for (size_t i = over->n_pairs; i > 0; i--) {
                const ComposePair *pair = &over->pairs[i - 1];
                Path here = { .parent = path, .key = pair->key };

                Merger special = special_merger(&here);

                if (pair->value->type == COMPOSE_NULL) {
                        if (node_has(base, pair->key) && special != merge_replaced)
                                node_remove(over, pair->key);
                } else if (special != merge_lists && special != merge_hosts) {
                        /* In those a void value is one: a variable that the caller has */
                        merge_skip_void(pair->value, compose_get(base, pair->key), &here);
                }
        }
}

ComposeNode *merge_nodes(Loader *loader, ComposeNode *base, ComposeNode *over, const Path *path)
{
        Merger special = special_merger(path);

        if (loader->is_over)
                return base;
        if (special != NULL)
                return special(loader, base, over, path);
        if (over->type == COMPOSE_NULL)
                return base;
        if (base->type == COMPOSE_MAP)
                return over->type == COMPOSE_MAP ? merge_maps(loader, base, over, path)
                                                 : cannot(loader, base, over, path);
        if (base->type == COMPOSE_LIST)
                return over->type == COMPOSE_LIST ? merge_lists(loader, base, over, path)
                                                  : cannot(loader, base, over, path);
        return over;
}

/* ---- Items that mean the same ---- */

/* (transfer full) what an item is about; NULL: it can't be told */
typedef char *(*Indexer)(const ComposeNode *item);

static char *index_key(const ComposeNode *item)
{
        return node_is_scalar(item) ? g_strndup(item->text, strcspn(item->text, "=")) : NULL;
}

static char *index_text(const ComposeNode *item)
{
        return g_strdup(item->text);
}

static char *index_target(const ComposeNode *item)
{
        if (item->type == COMPOSE_TEXT)
                return canonical_volume_target(item->text);
        return g_strdup(compose_text(item, "target", NULL));
}

static char *index_device(const ComposeNode *item)
{
        g_auto(GStrv) parts = NULL;

        if (item->type != COMPOSE_TEXT)
                return g_strdup(compose_text(item, "target", NULL));
        parts = g_strsplit(item->text, ":", -1);
        return parts[0] == NULL
                       ? NULL
                       : g_strdup(parts[1] != NULL && parts[1][0] != '\0' ? parts[1] : parts[0]);
}

static char *index_mount(const ComposeNode *item, const char *folder)
{
        const char *target = compose_text(item, "target", NULL);

        if (target != NULL)
                return g_strdup(target);
        return g_strdup_printf("%s/%s", folder,
                               item->type == COMPOSE_TEXT ? item->text
                                                          : compose_text(item, "source", ""));
}

static char *index_config(const ComposeNode *item)
{
        return index_mount(item, "");
}

static char *index_secret(const ComposeNode *item)
{
        return index_mount(item, "/run/secrets");
}

static char *index_port(const ComposeNode *item)
{
        if (item->type != COMPOSE_MAP)
                return g_strdup(item->text);
        return g_strdup_printf("%s:%s:%s/%s", compose_text(item, "host_ip", "0.0.0.0"),
                               compose_text(item, "published", ""),
                               compose_text(item, "target", ""),
                               compose_text(item, "protocol", "tcp"));
}

static char *index_env_file(const ComposeNode *item)
{
        return g_strdup(item->type == COMPOSE_TEXT ? item->text : compose_text(item, "path", NULL));
}

static const struct {
        const char *pattern;
        Indexer index;
} unique[] = {
        { "networks.*.labels", index_key },
        { "networks.*.ipam.options", index_key },
        { "services.*.annotations", index_key },
        { "services.*.build.args", index_key },
        { "services.*.build.additional_contexts", index_key },
        { "services.*.build.tags", index_key },
        { "services.*.build.labels", index_key },
        { "services.*.cap_add", index_key },
        { "services.*.cap_drop", index_key },
        { "services.*.devices", index_device },
        { "services.*.configs", index_config },
        { "services.*.deploy.labels", index_key },
        { "services.*.dns", index_key },
        { "services.*.dns_opt", index_key },
        { "services.*.dns_search", index_key },
        { "services.*.environment", index_key },
        { "services.*.env_file", index_env_file },
        { "services.*.expose", index_text },
        { "services.*.labels", index_key },
        { "services.*.links", index_key },
        { "services.*.networks.*.aliases", index_key },
        { "services.*.networks.*.link_local_ips", index_key },
        { "services.*.ports", index_port },
        { "services.*.profiles", index_key },
        { "services.*.secrets", index_secret },
        { "services.*.sysctls", index_key },
        { "services.*.tmpfs", index_key },
        { "services.*.volumes", index_target },
};

static void keep_last(ComposeNode *list, Indexer index)
{
        g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        size_t n = 0;

        for (size_t i = 0; i < list->n_items; i++) {
                ComposeNode *item = list->items[i];
                char *key = index(item);
                gpointer place;

                if (key != NULL && g_hash_table_lookup_extended(places, key, NULL, &place)) {
                        list->items[GPOINTER_TO_SIZE(place)] = item;
                        g_free(key);
                        continue;
                }
                if (key != NULL)
                        g_hash_table_insert(places, key, GSIZE_TO_POINTER(n));
                list->items[n++] = item;
        }
        list->n_items = n;
}

void merge_unique(Loader *loader, ComposeNode *node, const Path *path)
{
        if (loader->is_over)
                return;
        for (size_t i = 0; i < node->n_pairs; i++) {
                Path here = { .parent = path, .key = node->pairs[i].key };

                merge_unique(loader, node->pairs[i].value, &here);
        }
        if (node->type != COMPOSE_LIST || path == NULL)
                return;
        for (size_t i = 0; i < G_N_ELEMENTS(unique); i++) {
                if (path_matches(path, unique[i].pattern))
                        keep_last(node, unique[i].index);
        }
}
