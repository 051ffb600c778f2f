#include "format/compose/extends.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/canonical.h"
#include "format/compose/convert.h"
#include "format/compose/interpolate.h"
#include "format/compose/merge.h"
#include "format/compose/paths.h"
#include "format/compose/schema.h"

/* A file that services are taken from */
typedef struct Base {
        const char *path;
        const char *folder;
        ComposeNode *services; /* may be NULL */
        GPtrArray *removed;
        bool is_main; /* the file that is being read itself */
} Base;

typedef struct Extender {
        Loader *loader;
        const Environment *environment;
        GHashTable *bases;   /* (element-type utf8 Base) by path */
        GHashTable *checked; /* (element-type ComposeNode) services of other files */
} Extender;

/* The services in the making, from the inmost out */
typedef struct Link Link;
struct Link {
        const Link *parent;
        const Base *base;
        const char *service;
};

static void base_free(gpointer data)
{
        Base *base = data;

        g_clear_pointer(&base->removed, g_ptr_array_unref);
        g_free(base);
}

static ComposeNode *services_of(Extender *e, const LoadedFile *file, Base *base)
{
        Loader *loader = e->loader;
        g_autoptr(GArray) documents = loader_documents(loader, file, e->environment);
        ComposeNode *root = NULL;

        for (size_t i = 0; i < documents->len; i++) {
                ComposeRaw *raw = &g_array_index(documents, ComposeRaw, i);

                if (root == NULL) {
                        root = raw->root;
                } else {
                        convert_remove(root, NULL, raw->removed);
                        root = merge_nodes(loader, root, raw->root, NULL);
                }
                for (size_t j = 0; j < raw->removed->len; j++)
                        g_ptr_array_add(base->removed, raw->removed->pdata[j]);
        }
        if (root == NULL)
                return NULL;
        merge_unique(loader, root, NULL);
        canonical_apply(loader, root);
        merge_unique(loader, root, NULL);
        paths_resolve(loader, root, base->folder, e->environment);
        return compose_get(root, "services");
}

/* The file that `file` names; NULL after a finding */
static Base *open_base(Extender *e, const char *path, const ComposeNode *at)
{
        Base *base = g_hash_table_lookup(e->bases, path);
        g_autofree char *folder = NULL;
        LoadedFile *file;

        if (base != NULL)
                return base;
        file = loader_open(e->loader, path, at);
        if (file == NULL)
                return NULL;
        folder = g_path_get_dirname(path);
        base = g_new0(Base, 1);
        base->path = file->path;
        base->folder = arena_strdup(e->loader->arena, folder);
        base->removed = g_ptr_array_new();
        base->services = services_of(e, file, base);
        g_hash_table_insert(e->bases, (gpointer) base->path, base);
        return base;
}

static bool is_circular(Extender *e, const Link *link, const Base *base, const char *service,
                        const ComposeNode *at, const Path *path)
{
        unsigned n = 0;

        for (const Link *l = link; l != NULL; l = l->parent, n++) {
                if (l->base == base && strcmp(l->service, service) == 0) {
                        loader_report(e->loader, "extends", at->pos, at->width, path,
                                      "`%s` extends itself, directly or by way of others", service);
                        return true;
                }
        }
        if (n >= COMPOSE_EXTENDS_MAX)
                loader_report(e->loader, "compose-limit", at->pos, at->width, path,
                              "more than %u services extend each other in a row",
                              COMPOSE_EXTENDS_MAX);
        return n >= COMPOSE_EXTENDS_MAX;
}

static void tell_no_service(Extender *e, const Base *base, const char *name, const ComposeNode *at,
                            const Path *path)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const char *closest;

        for (size_t i = 0; base->services != NULL && i < base->services->n_pairs; i++)
                g_ptr_array_add(names, (gpointer) base->services->pairs[i].key);
        g_ptr_array_add(names, NULL);
        closest = text_closest(name, (const char *const *) names->pdata);
        loader_report(e->loader, "extends", at->pos, at->width, path,
                      "there is no service `%s`%s%s%s%s%s", name, base->is_main ? "" : " in ",
                      base->is_main ? "" : base->path, closest != NULL ? "; did you mean `" : "",
                      closest != NULL ? closest : "", closest != NULL ? "`?" : "");
}

/* Services of another file are only looked at when somebody takes them */
static void check_once(Extender *e, const Base *base, const ComposeNode *service, const char *name)
{
        if (!base->is_main && g_hash_table_add(e->checked, (gpointer) service))
                schema_check_service(e->loader, service, name);
}

static ComposeNode *extended(Extender *e, Base *base, const char *name, const Link *link);

/* The service that `extends` means, complete; NULL where there is none, perhaps after a finding */
static ComposeNode *parent_of(Extender *e, Base *base, const ComposeNode *extends, const Link *link,
                              const Path *path)
{
        const ComposeNode *service = node_is_scalar(extends) ? extends
                                                             : compose_get(extends, "service");
        const ComposeNode *file = compose_get(extends, "file");
        Base *from = base;

        if (!node_is(service, COMPOSE_TEXT)) {
                if (extends->type == COMPOSE_MAP && service == NULL)
                        loader_report(e->loader, "required", extends->pos, 1, path,
                                      "`extends` has a key `service`, which is missing here");
                return NULL;
        }
        if (node_is(file, COMPOSE_TEXT)) {
                g_autofree char *where = loader_path(e->environment, base->folder, file->text);

                from = open_base(e, where, file);
                if (from == NULL)
                        return NULL;
        }
        if (compose_get(from->services, service->text) == NULL) {
                tell_no_service(e, from, service->text, service, path);
                return NULL;
        }
        if (is_circular(e, link, from, service->text, service, path))
                return NULL;
        return extended(e, from, service->text, link);
}

/* A service with all that it extends; it takes its own place in the file */
static ComposeNode *extended(Extender *e, Base *base, const char *name, const Link *link)
{
        Link here = { .parent = link, .base = base, .service = name };
        Path services = { .key = "services" }, path = { .parent = &services, .key = name };
        Path at = { .parent = &path, .key = "extends" };
        ComposeNode *service = compose_get(base->services, name), *parent;
        ComposeNode *extends = compose_get(service, "extends");

        check_once(e, base, service, name);
        if (extends == NULL)
                return service;
        parent = parent_of(e, base, extends, &here, &at);
        node_remove(service, "extends");
        if (parent == NULL)
                g_hash_table_add(e->loader->incomplete, (gpointer) name);
        if (!node_is(parent, COMPOSE_MAP) ||
            !loader_count(e->loader, node_count(parent), service->pos))
                return service;
        parent = node_copy(e->loader->arena, parent);
        parent->pos = service->pos;
        convert_remove(parent, &path, base->removed);
        service = merge_nodes(e->loader, parent, service, &path);
        node_set_at(e->loader->arena, base->services, name,
                    compose_get_pair(base->services, name)->pos, service);
        return service;
}

void extends_apply(Loader *loader, ComposeNode *root, const LoadedFile *file, const char *folder,
                   const Environment *environment, const GPtrArray *removed)
{
        g_autoptr(GHashTable)
                bases = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, base_free);
        g_autoptr(GHashTable) checked = g_hash_table_new(NULL, NULL);
        Extender e = {
                .loader = loader, .environment = environment, .bases = bases, .checked = checked
        };
        Base base = { .path = file->path,
                      .folder = folder,
                      .is_main = true,
                      .services = compose_get(root, "services"),
                      .removed = (GPtrArray *) removed };

        if (!node_is(base.services, COMPOSE_MAP))
                return;
        for (size_t i = 0; i < base.services->n_pairs && !loader->is_over; i++)
                extended(&e, &base, base.services->pairs[i].key, NULL);
}
