#include "format/compose/paths.h"

#include <string.h>

#include "format/compose/values.h"

typedef struct Resolver {
        Loader *loader;
        const char *folder;
        const Environment *environment;
} Resolver;

char *loader_path(const Environment *environment, const char *folder, const char *path)
{
        const char *home = environment_get(environment, "HOME");
        g_autofree char *joined = NULL;

        if (path[0] == '~' && home != NULL)
                joined = g_strconcat(home, "/", path + 1, NULL);
        else if (path[0] == '/')
                return g_strdup(path);
        else
                joined = g_strconcat(folder, "/", path, NULL);
        return value_clean_path(joined);
}

/* `C:\data`, `\\server\share` */
static bool is_windows_path(const char *path)
{
        return (g_ascii_isalpha(path[0]) && path[1] == ':' &&
                (path[2] == '\\' || path[2] == '/')) ||
               g_str_has_prefix(path, "\\\\");
}

static void resolve(const Resolver *r, ComposeNode *node)
{
        g_autofree char *path = NULL;

        if (!node_is(node, COMPOSE_TEXT) || node->text[0] == '\0')
                return;
        path = loader_path(r->environment, r->folder, node->text);
        node->text = arena_strdup(r->loader->arena, path);
}

static void resolve_host_path(const Resolver *r, ComposeNode *node)
{
        if (node_is(node, COMPOSE_TEXT) && !is_windows_path(node->text))
                resolve(r, node);
}

/* A context may be of another place: Git, HTTP, an image, another service */
static void resolve_context(const Resolver *r, ComposeNode *node)
{
        static const char *const elsewhere[] = { "https://",    "http://", "git://",  "ssh://",
                                                 "github.com/", "git@",    "service:" };

        if (!node_is(node, COMPOSE_TEXT) || strstr(node->text, "://") != NULL)
                return;
        for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
                if (g_str_has_prefix(node->text, elsewhere[i]))
                        return;
        }
        resolve(r, node);
}

static void resolve_items(const Resolver *r, const ComposeNode *list, const char *key)
{
        for (size_t i = 0; list != NULL && i < list->n_items; i++)
                resolve(r, key != NULL ? compose_get(list->items[i], key) : list->items[i]);
}

static void resolve_values(const Resolver *r, const ComposeNode *map,
                           void (*how)(const Resolver *r, ComposeNode *node))
{
        for (size_t i = 0; map != NULL && i < map->n_pairs; i++)
                how(r, map->pairs[i].value);
}

static void resolve_service(const Resolver *r, ComposeNode *service)
{
        const ComposeNode *build = compose_get(service, "build");
        const ComposeNode *volumes = compose_get(service, "volumes");

        resolve_context(r, compose_get(build, "context"));
        resolve_values(r, compose_get(build, "additional_contexts"), resolve_context);
        resolve_values(r, compose_get(build, "ssh"), resolve_host_path);
        resolve_items(r, compose_get(service, "env_file"), "path");
        resolve_items(r, compose_get(service, "label_file"), NULL);
        resolve(r, compose_get(compose_get(service, "extends"), "file"));
        resolve_items(r, compose_get(compose_get(service, "develop"), "watch"), "path");
        for (size_t i = 0; volumes != NULL && i < volumes->n_items; i++) {
                if (strcmp(compose_text(volumes->items[i], "type", ""), "bind") == 0)
                        resolve_host_path(r, compose_get(volumes->items[i], "source"));
        }
}

/* A volume of the local driver may be a folder of the host */
static void resolve_volume(const Resolver *r, ComposeNode *volume)
{
        const ComposeNode *options = compose_get(volume, "driver_opts");

        if (strcmp(compose_text(volume, "driver", ""), "local") == 0 &&
            strcmp(compose_text(options, "o", ""), "bind") == 0)
                resolve_host_path(r, compose_get(options, "device"));
}

static void resolve_file(const Resolver *r, ComposeNode *resource)
{
        resolve_host_path(r, compose_get(resource, "file"));
}

void paths_resolve(Loader *loader, ComposeNode *root, const char *folder,
                   const Environment *environment)
{
        Resolver r = { .loader = loader, .folder = folder, .environment = environment };

        resolve_values(&r, compose_get(root, "services"), resolve_service);
        resolve_values(&r, compose_get(root, "volumes"), resolve_volume);
        resolve_values(&r, compose_get(root, "configs"), resolve_file);
        resolve_values(&r, compose_get(root, "secrets"), resolve_file);
}
