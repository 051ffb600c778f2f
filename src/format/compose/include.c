#include "format/compose/include.h"

#include <string.h>

typedef struct Includer {
        Loader *loader;
        ComposeNode *root;
        const char *folder;
        const Environment *environment;
        const Chain *chain;
} Includer;

static bool is_remote(const char *path)
{
        static const char *const schemes[] = { "https://", "http://", "git@",
                                               "ssh://",   "git://",  "oci://" };

        for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
                if (g_str_has_prefix(path, schemes[i]))
                        return true;
        }
        return false;
}

static bool is_circular(const Includer *in, const char *path, const ComposeNode *at)
{
        for (const Chain *chain = in->chain; chain != NULL; chain = chain->parent) {
                if (strcmp(chain->path, path) == 0) {
                        loader_report(in->loader, "include", at->pos, at->width, NULL,
                                      "%s includes itself", path);
                        return true;
                }
        }
        return false;
}

/* One file of an `include`; the first one tells the folder */
static bool add_file(const Includer *in, const ComposeNode *item, GPtrArray *files)
{
        g_autofree char *path = NULL;
        LoadedFile *file;

        if (!node_is(item, COMPOSE_TEXT))
                return false;
        if (is_remote(item->text)) {
                loader_report(in->loader, "include", item->pos, item->width, NULL,
                              "only files of this machine are included; fetch it, and give its "
                              "path");
                return false;
        }
        path = loader_path(in->environment, in->folder, item->text);
        if (is_circular(in, path, item))
                return false;
        if (++in->loader->n_includes > COMPOSE_INCLUDES_MAX) {
                if (in->loader->n_includes == COMPOSE_INCLUDES_MAX + 1)
                        loader_report(in->loader, "compose-limit", item->pos, item->width, NULL,
                                      "more than %u files are included", COMPOSE_INCLUDES_MAX);
                return false;
        }
        file = loader_open(in->loader, path, item);
        if (file != NULL)
                g_ptr_array_add(files, file);
        return file != NULL;
}

static bool add_files(const Includer *in, const ComposeNode *path, GPtrArray *files)
{
        bool is_good = true;

        if (path->type != COMPOSE_LIST)
                return add_file(in, path, files);
        for (size_t i = 0; i < path->n_items; i++)
                is_good = add_file(in, path->items[i], files) && is_good;
        return is_good && files->len > 0;
}

static const char *lookup(const char *name, gconstpointer user)
{
        return environment_get(user, name);
}

static void read_env_files(const Includer *in, const ComposeNode *env_file, const char *folder,
                           GHashTable *values)
{
        if (env_file == NULL) {
                g_autofree char *path = g_strconcat(folder, "/.env", NULL);

                loader_env_file(in->loader, path, true, false, in->root, values, lookup,
                                in->environment);
                return;
        }
        for (size_t i = 0; i < MAX(env_file->n_items, 1); i++) {
                const ComposeNode *item = env_file->n_items > 0 ? env_file->items[i] : env_file;
                g_autofree char *path = NULL;

                if (!node_is(item, COMPOSE_TEXT))
                        continue;
                path = loader_path(in->environment, in->folder, item->text);
                loader_env_file(in->loader, path, false, false, item, values, lookup,
                                in->environment);
        }
}

static void import(const Includer *in, const ComposeNode *model, const char *section,
                   const ComposeNode *at)
{
        const ComposeNode *from = compose_get(model, section);
        ComposeNode *to = compose_get(in->root, section);

        if (!node_is(from, COMPOSE_MAP) || (to != NULL && to->type != COMPOSE_MAP))
                return;
        if (to == NULL) {
                to = node_new_map(in->loader->arena, at);
                node_set(in->loader->arena, in->root, section, to);
        }
        for (size_t i = 0; i < from->n_pairs; i++) {
                const ComposePair *pair = &from->pairs[i];
                const ComposePair *own = compose_get_pair(to, pair->key);

                if (own == NULL)
                        node_set_at(in->loader->arena, to, pair->key, pair->pos, pair->value);
                else if (!node_equal(own->value, pair->value))
                        loader_report(in->loader, "include", own->pos, g_utf8_strlen(own->key, -1),
                                      NULL,
                                      "`%s` stands among the %s of an included file, too (%s:%u), "
                                      "and there it is not the same",
                                      own->key, section, pair->pos.file, pair->pos.line);
        }
}

static void include_one(const Includer *in, const ComposeNode *item)
{
        static const char *const sections[] = { "services", "volumes", "networks",
                                                "secrets",  "configs", "models" };
        const ComposeNode *path = item->type == COMPOSE_MAP ? compose_get(item, "path") : item;
        const char *given = compose_text(item, "project_directory", NULL);
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        g_autoptr(GHashTable)
                values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        Environment environment = { .parent = in->environment, .values = values };
        g_autofree char *folder = NULL;
        Chain chain = { .parent = in->chain };
        const ComposeNode *model;

        if (path == NULL || !add_files(in, path, files))
                return;
        chain.path = ((LoadedFile *) files->pdata[0])->path;
        folder = given != NULL ? loader_path(in->environment, in->folder, given)
                               : g_path_get_dirname(chain.path);
        read_env_files(in, compose_get(item, "env_file"), folder, values);
        model = model_load(in->loader, files, arena_strdup(in->loader->arena, folder), &environment,
                           &chain);
        for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
                import(in, model, sections[i], item);
}

void include_apply(Loader *loader, ComposeNode *root, const char *folder,
                   const Environment *environment, const Chain *chain)
{
        const ComposeNode *include = compose_get(root, "include");
        Includer in = { .loader = loader,
                        .root = root,
                        .folder = folder,
                        .environment = environment,
                        .chain = chain };

        for (size_t i = 0; node_is(include, COMPOSE_LIST) && i < include->n_items; i++) {
                if (!loader->is_over)
                        include_one(&in, include->items[i]);
        }
        node_remove(root, "include");
}
