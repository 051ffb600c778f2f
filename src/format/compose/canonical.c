#include "format/compose/canonical.h"

#include <string.h>

#include "format/compose/keys.h"
#include "format/compose/ports.h"
#include "format/compose/volumes.h"

/* Gives what stands in the node's place. Where the node is of a kind that it can't be it stays as
 * it is: that is a finding already. */
typedef ComposeNode *(*Transformer)(Loader *loader, ComposeNode *node, const Path *path);

/* ---- Lists and mappings ---- */

static ComposeNode *one_to_list(Loader *loader, ComposeNode *node, const Path *path)
{
        ComposeNode *list;

        if (!node_is_scalar(node))
                return node;
        list = node_new_list(loader->arena, node);
        node_append(loader->arena, list, node);
        return list;
}

static ComposeNode *dns_to_list(Loader *loader, ComposeNode *node, const Path *path)
{
        ComposeNode *given = one_to_list(loader, node, path), *list;

        if (given->type != COMPOSE_LIST)
                return given;
        list = node_new_list(loader->arena, node);
        for (size_t i = 0; i < given->n_items; i++) {
                const ComposeNode *item = given->items[i];

                if (item->type != COMPOSE_NULL && (item->text == NULL || item->text[0] != '\0'))
                        node_append(loader->arena, list, given->items[i]);
        }
        return list;
}

static ComposeNode *names_to_nulls(Loader *loader, ComposeNode *node, const Path *path)
{
        return node_names_to_map(loader->arena, node, node_new_null);
}

/* `key=value` → a mapping; without `=` it has no value */
static ComposeNode *pairs_to_map(Loader *loader, ComposeNode *node, const Path *path)
{
        ComposeNode *map;

        if (node->type != COMPOSE_LIST)
                return node;
        map = node_new_map(loader->arena, node);
        for (size_t i = 0; i < node->n_items; i++) {
                ComposeNode *item = node->items[i], *value;
                const char *equals;
                g_autofree char *key = NULL;

                if (!node_is_scalar(item))
                        continue;
                equals = strchr(item->text, '=');
                key = equals != NULL ? g_strndup(item->text, equals - item->text)
                                     : g_strdup(item->text);
                value = equals != NULL ? node_new_text(loader->arena, equals + 1, item)
                                       : node_new_null(loader->arena, item);
                node_set_at(loader->arena, map, key, item->pos, value);
        }
        return map;
}

static ComposeNode *contexts(Loader *loader, ComposeNode *node, const Path *path)
{
        for (size_t i = 0; i < node->n_items; i++) {
                const ComposeNode *item = node->items[i];

                if (node_is_scalar(item) && strchr(item->text, '=') == NULL)
                        loader_report(loader, "compose-value", item->pos, item->width, path,
                                      "`%s` names no context; it is of the form `name=path`",
                                      item->text);
        }
        return pairs_to_map(loader, node, path);
}

/* ---- depends_on ---- */

ComposeNode *canonical_dependency(Arena *arena, const ComposeNode *at)
{
        ComposeNode *map = node_new_map(arena, at);

        node_set_text(arena, map, "condition", "service_started");
        node_set_bool(arena, map, "required", true);
        return map;
}

static ComposeNode *depends_on(Loader *loader, ComposeNode *node, const Path *path)
{
        node = node_names_to_map(loader->arena, node, canonical_dependency);
        for (size_t i = 0; i < node->n_pairs; i++) {
                ComposeNode *value = node->pairs[i].value;

                if (value->type != COMPOSE_MAP)
                        continue;
                if (compose_get(value, "required") == NULL)
                        node_set_bool(loader->arena, value, "required", true);
        }
        return node;
}

/* ---- One text for a mapping ---- */

static ComposeNode *text_to_map(Loader *loader, ComposeNode *node, const char *key)
{
        ComposeNode *map;

        if (!node_is_scalar(node))
                return node;
        map = node_new_map(loader->arena, node);
        node_set(loader->arena, map, key, node);
        return map;
}

static ComposeNode *build(Loader *loader, ComposeNode *node, const Path *path)
{
        return text_to_map(loader, node, "context");
}

static ComposeNode *file_mount(Loader *loader, ComposeNode *node, const Path *path)
{
        return text_to_map(loader, node, "source");
}

static ComposeNode *scalar_to_text(Loader *loader, ComposeNode *node, const Path *path)
{
        return node_is_scalar(node) ? node_new_text(loader->arena, node->text, node) : node;
}

static ComposeNode *env_files(Loader *loader, ComposeNode *node, const Path *path)
{
        node = one_to_list(loader, node, path);
        for (size_t i = 0; i < node->n_items; i++) {
                node->items[i] = text_to_map(loader, node->items[i], "path");
                if (node->items[i]->type == COMPOSE_MAP &&
                    compose_get(node->items[i], "required") == NULL)
                        node_set_bool(loader->arena, node->items[i], "required", true);
        }
        return node;
}

static ComposeNode *gpus(Loader *loader, ComposeNode *node, const Path *path)
{
        ComposeNode *list, *all;

        if (node->type != COMPOSE_TEXT)
                return node;
        list = node_new_list(loader->arena, node);
        all = node_new_map(loader->arena, node);
        node_set_text(loader->arena, all, "count", "all");
        node_append(loader->arena, list, all);
        return list;
}

static ComposeNode *device(Loader *loader, ComposeNode *node, const Path *path)
{
        g_auto(GStrv) parts = NULL;
        unsigned n;
        ComposeNode *map;

        if (node->type != COMPOSE_TEXT)
                return node;
        parts = g_strsplit(node->text, ":", -1);
        n = g_strv_length(parts);
        map = node_new_map(loader->arena, node);
        if (n < 1 || n > 3) {
                loader_report(loader, "compose-value", node->pos, node->width, path,
                              "not a device; it is `/dev/on-host:/dev/in-container:rwm`");
                return map;
        }
        node_set_text(loader->arena, map, "source", parts[0]);
        node_set_text(loader->arena, map, "target",
                      n > 1 && parts[1][0] != '\0' ? parts[1] : parts[0]);
        node_set_text(loader->arena, map, "permissions", n == 3 ? parts[2] : "rwm");
        return map;
}

/* ---- Ports, volumes, externals ---- */

static ComposeNode *ports(Loader *loader, ComposeNode *node, const Path *path)
{
        ComposeNode *list;

        if (node->type != COMPOSE_LIST)
                return node;
        list = node_new_list(loader->arena, node);
        for (size_t i = 0; i < node->n_items; i++) {
                ComposeNode *item = node->items[i];
                Path here = { .parent = path, .index = i };
                size_t n_before = list->n_items;
                const char *problem;

                if (!node_is_scalar(item))
                        node_append(loader->arena, list, item);
                else if (!ports_expand(loader->arena, item, list, &problem))
                        loader_report(loader, "compose-value", item->pos, item->width, &here,
                                      "not a port mapping: %s", problem);
                /* A range becomes mappings of five keys each */
                if (!loader_count(loader, 6 * (list->n_items - n_before), item->pos))
                        break;
        }
        return list;
}

static ComposeNode *volume(Loader *loader, ComposeNode *node, const Path *path)
{
        const char *problem;
        ComposeNode *map;

        if (node->type != COMPOSE_TEXT)
                return node;
        map = volumes_expand(loader->arena, node, &problem);
        if (map != NULL)
                return map;
        loader_report(loader, "compose-value", node->pos, node->width, path,
                      "not a mount: %s; it is of the form `source:/target:ro`", problem);
        return node;
}

char *canonical_volume_target(const char *text)
{
        g_autoptr(Arena) arena = arena_new();
        ComposeNode item = { .type = COMPOSE_TEXT, .text = text };
        const char *problem;
        ComposeNode *map = volumes_expand(arena, &item, &problem);

        return map != NULL ? g_strdup(compose_text(map, "target", NULL)) : NULL;
}

/* `external: {name: X}` → `external: true` and `name: X` */
static ComposeNode *maybe_external(Loader *loader, ComposeNode *node, const Path *path)
{
        ComposeNode *external = compose_get(node, "external");
        const char *name = compose_text(external, "name", NULL);

        if (!node_is(external, COMPOSE_MAP))
                return node;
        if (name != NULL) {
                const char *given = compose_text(node, "name", NULL);

                loader_report(loader, "deprecated", external->pos, external->width, path,
                              "a name below `external`; write `name: %s` and `external: true`",
                              name);
                if (given != NULL && strcmp(given, name) != 0)
                        loader_report(loader, "conflict", external->pos, external->width, path,
                                      "`external.name` is not the same as `name`; leave one out");
                else
                        node_set(loader->arena, node, "name", compose_get(external, "name"));
        }
        node_set(loader->arena, node, "external", node_new_bool(loader->arena, true, external));
        return node;
}

static const struct {
        const char *pattern;
        Transformer transform;
} transformers[] = {
        { "services.*.build", build },
        { "services.*.build.secrets.[]", file_mount },
        { "services.*.build.provenance", scalar_to_text },
        { "services.*.build.sbom", scalar_to_text },
        { "services.*.build.additional_contexts", contexts },
        { "services.*.build.ssh", pairs_to_map },
        { "services.*.build.additional_contexts.*", scalar_to_text }, /* these may be paths */
        { "services.*.build.ssh.*", scalar_to_text },
        { "volumes.*.driver_opts.*", scalar_to_text },
        { "services.*.depends_on", depends_on },
        { "services.*.env_file", env_files },
        { "services.*.label_file", one_to_list },
        { "services.*.gpus", gpus },
        { "services.*.networks", names_to_nulls },
        { "services.*.models", names_to_nulls },
        { "services.*.volumes.[]", volume },
        { "services.*.dns", dns_to_list },
        { "services.*.devices.[]", device },
        { "services.*.secrets.[]", file_mount },
        { "services.*.configs.[]", file_mount },
        { "services.*.ports", ports },
        { "services.*.develop.watch.[].ignore", one_to_list },
        { "services.*.develop.watch.[].include", one_to_list },
        { "volumes.*", maybe_external },
        { "networks.*", maybe_external },
        { "secrets.*", maybe_external },
        { "configs.*", maybe_external },
};

static ComposeNode *apply(Loader *loader, ComposeNode *node, const Path *path)
{
        if (loader->is_over)
                return node;
        for (size_t i = 0; path != NULL && i < G_N_ELEMENTS(transformers); i++) {
                if (path_matches(path, transformers[i].pattern))
                        node = transformers[i].transform(loader, node, path);
        }
        for (size_t i = 0; i < node->n_pairs; i++) {
                Path here = { .parent = path, .key = node->pairs[i].key };

                node->pairs[i].value = apply(loader, node->pairs[i].value, &here);
        }
        for (size_t i = 0; i < node->n_items; i++) {
                Path here = { .parent = path, .index = i };

                node->items[i] = apply(loader, node->items[i], &here);
        }
        return node;
}

void canonical_apply(Loader *loader, ComposeNode *root)
{
        apply(loader, root, NULL);
}

/* ---- Defaults ---- */

/* Takes out empty texts, so that the default counts, as it does when the effective document is read:
 * there they do not stand */
static void drop_empty(ComposeNode *node, const ComposeObject *object)
{
        for (size_t i = node->type == COMPOSE_MAP ? node->n_pairs : 0; i-- > 0;) {
                ComposeNode *value = node->pairs[i].value;
                const ComposeKey *key = compose_key(object, node->pairs[i].key);

                if (key == NULL)
                        continue;
                if (compose_key_needs_text(key) && value->type == COMPOSE_TEXT &&
                    value->text[0] == '\0')
                        node_remove(node, key->name);
                else if (key->kind == KIND_OBJECT)
                        drop_empty(value, key->object);
                for (size_t j = 0; key->kind == KIND_OBJECTS && j < value->n_items; j++)
                        drop_empty(value->items[j], key->object);
                for (size_t j = 0; key->kind == KIND_OBJECT_MAP && j < value->n_pairs; j++)
                        drop_empty(value->pairs[j].value, key->object);
        }
}

static void set_default(Loader *loader, ComposeNode *map, const char *key, const char *text)
{
        if (node_is(map, COMPOSE_MAP) && compose_get(map, key) == NULL)
                node_set_text(loader->arena, map, key, text);
}

static void default_devices(Loader *loader, const ComposeNode *devices)
{
        for (size_t i = 0; devices != NULL && i < devices->n_items; i++) {
                const ComposeNode *ids = compose_get(devices->items[i], "device_ids");

                if (ids == NULL)
                        set_default(loader, devices->items[i], "count", "all");
                else if (ids->n_items == 0) /* none, which would be left out and then mean all */
                        set_default(loader, devices->items[i], "count", "0");
        }
}

static void default_service(Loader *loader, const ComposeNode *service)
{
        const ComposeNode *secrets = compose_get(service, "secrets");
        const ComposeNode *ports_of = compose_get(service, "ports");
        const ComposeNode *resources = compose_get(compose_get(service, "deploy"), "resources");

        set_default(loader, compose_get(service, "build"), "context", ".");
        for (size_t i = 0; secrets != NULL && i < secrets->n_items; i++) {
                g_autofree char *target = g_strdup_printf(
                        "/run/secrets/%s", compose_text(secrets->items[i], "source", ""));

                set_default(loader, secrets->items[i], "target", target);
        }
        for (size_t i = 0; ports_of != NULL && i < ports_of->n_items; i++) {
                set_default(loader, ports_of->items[i], "protocol", "tcp");
                set_default(loader, ports_of->items[i], "mode", "ingress");
        }
        default_devices(loader, compose_get(service, "gpus"));
        default_devices(loader, compose_get(compose_get(resources, "reservations"), "devices"));
}

void canonical_defaults(Loader *loader, ComposeNode *root)
{
        const ComposeNode *services = compose_get(root, "services");

        drop_empty(root, &compose_root);
        for (size_t i = 0; services != NULL && i < services->n_pairs; i++)
                default_service(loader, services->pairs[i].value);
}
