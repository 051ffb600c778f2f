/* Model: from files to a document, step by step */

#include <string.h>

#include "format/compose/canonical.h"
#include "format/compose/convert.h"
#include "format/compose/extends.h"
#include "format/compose/include.h"
#include "format/compose/loader.h"
#include "format/compose/merge.h"
#include "format/compose/paths.h"
#include "format/compose/schema.h"

static void drop_version(Loader *loader, ComposeNode *root)
{
        const ComposePair *pair = compose_get_pair(root, "version");

        if (pair == NULL)
                return;
        loader_report(loader, "obsolete", pair->pos, strlen("version"), NULL,
                      "`version` has no meaning any more; the file can do without it");
        node_remove(root, "version");
}

static ComposeNode *add_document(Loader *loader, ComposeNode *whole, const ComposeRaw *raw,
                                 const LoadedFile *file, const char *folder,
                                 const Environment *environment, const Chain *chain)
{
        merge_skip_void(raw->root, whole, NULL);
        schema_check(loader, raw->root);
        drop_version(loader, raw->root);
        extends_apply(loader, raw->root, file, folder, environment, raw->removed);
        convert_remove(whole, NULL, raw->removed);
        include_apply(loader, raw->root, folder, environment, chain);
        whole = merge_nodes(loader, whole, raw->root, NULL);
        merge_unique(loader, whole, NULL);
        canonical_apply(loader, whole);
        merge_unique(loader, whole, NULL);
        return whole;
}

/* A variable without a value, in a list, gets the one of these files' environment */
static void resolve_variables(Loader *loader, const ComposeNode *service,
                              const Environment *environment)
{
        const ComposeNode *list = compose_get(service, "environment");

        if (!node_is(list, COMPOSE_LIST))
                return;
        for (size_t i = 0; i < list->n_items; i++) {
                ComposeNode *item = list->items[i];
                const char *value = NULL;

                if (item->type == COMPOSE_TEXT && strchr(item->text, '=') == NULL)
                        value = environment_get(environment, item->text);
                if (value != NULL)
                        item->text = arena_printf(loader->arena, "%s=%s", item->text, value);
        }
}

/* What secrets and configs are made of, as long as these files' environment is known */
static void keep_values(Loader *loader, const ComposeNode *resources,
                        const Environment *environment)
{
        for (size_t i = 0; node_is(resources, COMPOSE_MAP) && i < resources->n_pairs; i++) {
                const char *name = compose_text(resources->pairs[i].value, "environment", NULL);
                const char *value = name != NULL ? environment_get(environment, name) : NULL;

                if (value != NULL && !g_hash_table_contains(loader->values, name))
                        g_hash_table_insert(loader->values, g_strdup(name), g_strdup(value));
        }
}

ComposeNode *model_load(Loader *loader, const GPtrArray *files, const char *folder,
                        const Environment *environment, const Chain *chain)
{
        ComposeNode *whole = NULL;
        const ComposeNode *services;

        for (size_t i = 0; i < files->len; i++) {
                const LoadedFile *file = files->pdata[i];
                g_autoptr(GArray) documents = loader_documents(loader, file, environment);
                Chain here = { .parent = chain, .path = file->path };

                for (size_t j = 0; j < documents->len && !loader->is_over; j++) {
                        const ComposeRaw *raw = &g_array_index(documents, ComposeRaw, j);

                        if (whole == NULL)
                                whole = node_new_map(loader->arena, raw->root);
                        whole = add_document(loader, whole, raw, file, folder, environment, &here);
                }
        }
        if (whole == NULL) {
                SourcePos pos = { ((LoadedFile *) files->pdata[0])->name, 0, 0 };

                if (!diag_has_errors(loader->diags))
                        loader_report(loader, "required", pos, 1, NULL,
                                      "the file is empty; a Compose file has `services`");
                whole = node_new(loader->arena, COMPOSE_MAP, pos, 1);
        }
        canonical_defaults(loader, whole);
        paths_resolve(loader, whole, folder, environment);
        /* What another file's service brought had absolute paths before */
        merge_unique(loader, whole, NULL);
        services = compose_get(whole, "services");
        for (size_t i = 0; node_is(services, COMPOSE_MAP) && i < services->n_pairs; i++)
                resolve_variables(loader, services->pairs[i].value, environment);
        keep_values(loader, compose_get(whole, "secrets"), environment);
        keep_values(loader, compose_get(whole, "configs"), environment);
        return whole;
}
