/*
 * Configs and secrets: files of a container
 */

#include <string.h>

#include "format/compose/builder.h"

#define RESOURCE_BYTES_MAX (1 << 20) /* of a config or secret; a Swarm takes 500 KiB */
#define MODE_DEFAULT       0444

/* ---- What they hold ---- */

static const ComposePair *find_member(const Builder *b, const Resource *resource, const char *key)
{
        const char *section = resource->kind == RESOURCE_CONFIG ? "configs" : "secrets";
        const ComposeNode *map = compose_get(b->document->root, section);

        return compose_get_pair(compose_get(map, resource->key), key);
}

static void keep(Builder *b, Resource *resource, const char *data, size_t size,
                 const ComposeNode *at, const Path *path)
{
        if (size > RESOURCE_BYTES_MAX) {
                builder_report(b, "bad-value", at, path, "it holds more than %d bytes",
                               RESOURCE_BYTES_MAX);
                size = 0;
        }
        resource->data = arena_strndup(b->arena, "", 0);
        if (size > 0)
                resource->data = arena_memdup(b->arena, data, size);
        resource->size = size;
}

static void read_from_file(Builder *b, Resource *resource, const ComposeNode *at, const Path *path)
{
        const FormatWorld *world = b->options->world;
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        gsize size = 0;

        if (world == NULL || world->read_file == NULL)
                return; /* whoever reads without a world does not want to run it */
        if (world->read_file(at->text, &text, &size, &error, world->user))
                keep(b, resource, text, size, at, path);
        else
                builder_report(b, "unreadable-file", at, path, "%s",
                               error == NULL ? "it can't be read" : error->message);
}

static void read_from_environment(Builder *b, Resource *resource, const ComposeNode *at,
                                  const Path *path)
{
        const FormatWorld *world = b->options->world;
        const char *value = compose_variable(b->document, at->text);

        if (value != NULL)
                keep(b, resource, value, strlen(value), at, path);
        else if (world != NULL && world->environment != NULL)
                builder_report(b, "unreadable-file", at, path,
                               "the environment has no variable `%s`", at->text);
}

static void read_one(Builder *b, Resource *resource)
{
        static const char *const keys[] = { "content", "file", "environment" };
        const char *section = resource->kind == RESOURCE_CONFIG ? "configs" : "secrets";
        Path all = { NULL, section, 0 }, own = { &all, resource->key, 0 };
        const ComposePair *driver = find_member(b, resource, "template_driver");

        if (driver != NULL && !is_for_swarm(b) && node_text(driver->value) != NULL)
                builder_report(b, "engine-cannot", driver->value, &own,
                               "`template_driver` can't be done on one host");
        for (size_t i = 0; i < G_N_ELEMENTS(keys) && !resource->is_external; i++) {
                const ComposePair *pair = find_member(b, resource, keys[i]);
                Path path = { &own, keys[i], 0 };

                if (pair == NULL || node_text(pair->value) == NULL)
                        continue;
                if (strcmp(keys[i], "content") == 0)
                        keep(b, resource, pair->value->text, strlen(pair->value->text), pair->value,
                             &path);
                else if (strcmp(keys[i], "file") == 0)
                        read_from_file(b, resource, pair->value, &path);
                else
                        read_from_environment(b, resource, pair->value, &path);
        }
}

static void make_ours(Builder *b, Resource *resource, const char *text)
{
        resource->is_external = false;
        resource->data = arena_strdup(b->arena, text);
        resource->size = strlen(text);
}

/* The effective document of a release has what was given in a section of its own. */
static void take_kept(Builder *b, Resource *resource)
{
        const ComposeNode *kept = compose_get(b->document->root, KEPT_SECTION);
        const ComposeNode *text = compose_get(
                compose_get(kept, resource->kind == RESOURCE_SECRET ? "secrets" : "configs"),
                resource->name);

        if (resource->is_external && text != NULL && text->type == COMPOSE_TEXT)
                make_ours(b, resource, text->text);
}

void files_keep(const Builder *b, json_t *effective)
{
        for (size_t i = 0; i < b->n_gifts; i++) {
                const ComposeGift *gift = &b->gifts[i];
                const char *section = gift->kind == RESOURCE_SECRET ? "secrets" : "configs";
                g_auto(GStrv) parts = g_strsplit(gift->text, "$", -1);
                g_autofree char *text = g_strjoinv("$$", parts);
                json_t *kept = json_object_get(effective, KEPT_SECTION), *all;

                if (kept == NULL)
                        json_object_set_new(effective, KEPT_SECTION, kept = json_object());
                all = json_object_get(kept, section);
                if (all == NULL)
                        json_object_set_new(kept, section, all = json_object());
                json_object_set_new(all, gift->name, json_string(text));
        }
}

/* What a release file gives is made by us, under the name that the Compose document expects. */
static void take_gift(Builder *b, Resource *resource)
{
        take_kept(b, resource);
        for (size_t i = 0; i < b->n_gifts && resource->is_external; i++) {
                const ComposeGift *gift = &b->gifts[i];

                if (gift->kind != resource->kind || strcmp(gift->name, resource->name) != 0)
                        continue;
                make_ours(b, resource, gift->text);
                if (gift->labels != NULL)
                        json_object_set(resource->options, "labels", (json_t *) gift->labels);
        }
}

void files_read(Builder *b)
{
        for (size_t i = 0; i < b->app->n_resources; i++) {
                Resource *resource = &b->app->resources[i];

                if (resource->kind != RESOURCE_CONFIG && resource->kind != RESOURCE_SECRET)
                        continue;
                take_gift(b, resource);
                if (resource->data == NULL)
                        read_one(b, resource);
        }
}

/* ---- In a container ---- */

static const char *target_of(const ComposeNode *item, const Resource *resource, Spec *spec)
{
        const char *folder = resource->kind == RESOURCE_SECRET ? "/run/secrets/" : "/";
        const char *target = compose_text(item, "target", "");

        if (target[0] == '/')
                return arena_strdup(spec->arena, target);
        return arena_printf(spec->arena, "%s%s", folder,
                            target[0] != '\0' ? target : compose_text(item, "source", ""));
}

static unsigned mode_of(const ComposeNode *item)
{
        const ComposeNode *node = compose_get(item, "mode");
        const char *text = node_text(node);
        char *end;
        guint64 mode;

        if (text == NULL || text[0] == '\0')
                return MODE_DEFAULT;
        /* As text it is octal, as the effective document has it; a number is what it is. */
        mode = g_ascii_strtoull(g_str_has_prefix(text, "0o") ? text + 2 : text, &end,
                                node->type == COMPOSE_NUMBER ? 10 : 8);
        return *end == '\0' ? mode & 07777 : MODE_DEFAULT;
}

static void attach_file(Builder *b, ResourceKind kind, const ComposeNode *item, const Path *path,
                        Spec *spec)
{
        const Resource *resource = builder_resource(b, kind, compose_text(item, "source", NULL));
        SpecFile *file = &spec->files[spec->n_files];

        if (resource == NULL)
                return; /* the loader has said so */
        if (resource->is_external && !is_for_swarm(b)) {
                builder_report(b, "engine-cannot", item, path,
                               "an external %s can't be had on one host; `file`, `content` and "
                               "`environment` can",
                               kind == RESOURCE_SECRET ? "secret" : "config");
                return;
        }
        *file = (SpecFile){
                .path = target_of(item, resource, spec),
                .data = arena_strdup(spec->arena, ""),
                .mode = mode_of(item),
                .uid = read_int(item, "uid", -1),
                .gid = read_int(item, "gid", -1),
                .resource = arena_strdup(spec->arena, resource->key),
                .is_secret = kind == RESOURCE_SECRET,
        };
        if (resource->size > 0) {
                file->data = arena_memdup(spec->arena, resource->data, resource->size);
                file->size = resource->size;
        }
        if (resource->is_external)
                file->external = arena_strdup(spec->arena, resource->name);
        spec->n_files++;
}

void attach_files(Builder *b, const Service *service, Spec *spec)
{
        const ComposeNode *configs = compose_get(service->node, "configs");
        const ComposeNode *secrets = compose_get(service->node, "secrets");
        size_t n_configs = node_is_list(configs) ? configs->n_items : 0;
        size_t n_secrets = node_is_list(secrets) ? secrets->n_items : 0;
        Path in_configs = { &service->path, "configs", 0 };
        Path in_secrets = { &service->path, "secrets", 0 };

        spec->files = arena_new0(spec->arena, SpecFile, n_configs + n_secrets);
        for (size_t i = 0; i < n_configs; i++) {
                Path path = { &in_configs, NULL, i };

                attach_file(b, RESOURCE_CONFIG, configs->items[i], &path, spec);
        }
        for (size_t i = 0; i < n_secrets; i++) {
                Path path = { &in_secrets, NULL, i };

                attach_file(b, RESOURCE_SECRET, secrets->items[i], &path, spec);
        }
}
