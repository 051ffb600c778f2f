#include "format/compose/loader.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/consistency.h"
#include "format/compose/normalize.h"
#include "format/compose/project.h"
#include "format/compose/schema.h"
#include "format/compose/typed.h"
#include "format/compose/values.h"

static void loaded_file_free(gpointer data)
{
        LoadedFile *file = data;

        yaml_stream_free(file->stream);
        g_free(file->text);
}

/* Absolute, as far as can be told without asking the system */
static char *source_path(const FormatSource *source, const Environment *environment)
{
        const char *here = environment_get(environment, "PWD");

        return loader_path(NULL, here != NULL && here[0] == '/' ? here : "/", source->file);
}

/* Lines before the text, so that positions are those of the whole file */
static char *source_text(const FormatSource *source, size_t *ret_size)
{
        size_t n_before = source->first_line > 0 ? source->first_line - 1 : 0;
        char *text = g_malloc(n_before + source->size + 1);

        memset(text, '\n', n_before);
        memcpy(text + n_before, source->text, source->size);
        text[n_before + source->size] = '\0';
        *ret_size = n_before + source->size;
        return text;
}

static bool read_sources(Loader *loader, const FormatSource *sources, size_t n,
                         const Environment *environment, GPtrArray *files)
{
        for (size_t i = 0; i < n; i++) {
                g_autofree char *path = source_path(&sources[i], environment);
                LoadedFile *file;
                size_t size;
                char *text;

                loader->n_bytes += sources[i].size;
                if (loader->n_bytes > COMPOSE_BYTES_MAX) {
                        loader_report(loader, "compose-limit", (SourcePos){ sources[i].file, 0, 0 },
                                      1, NULL, "the project is larger than %u bytes",
                                      COMPOSE_BYTES_MAX);
                        return false;
                }
                text = source_text(&sources[i], &size);
                file = loader_parse(loader, sources[i].file, path, text, size);
                if (file != NULL)
                        g_ptr_array_add(files, file);
        }
        return files->len == n;
}

static const char *lookup(const char *name, gconstpointer user)
{
        return environment_get(user, name);
}

/* `.env`, or what the caller has instead */
static void read_env_files(Loader *loader, const char *folder, Environment *environment)
{
        static const char *const usual[] = { ".env", NULL };
        const char *const *given = loader->options->env_files;
        const char *off = environment_get(environment, "COMPOSE_DISABLE_ENV_FILE");
        Environment outer = *environment;
        bool is_off;
        ComposeNode at = { .pos = { NULL, 0, 0 } };

        if (given == NULL && off != NULL && text_parse_bool(off, &is_off) && is_off)
                return;
        outer.values = NULL;
        for (size_t i = 0; (given != NULL ? given : usual)[i] != NULL; i++) {
                g_autofree char *path = loader_path(&outer, folder,
                                                    (given != NULL ? given : usual)[i]);

                at.pos.file = arena_strdup(loader->arena, path);
                loader_env_file(loader, path, given == NULL, false, &at, environment->values,
                                lookup, &outer);
        }
}

static char *working_dir(const FormatOptions *options, const GPtrArray *files)
{
        if (options->working_dir != NULL)
                return value_clean_path(options->working_dir);
        return g_path_get_dirname(((LoadedFile *) files->pdata[0])->path);
}

/* Variables and labels of files, of the services that count */
static void read_service_files(Loader *loader, const ComposeNode *merged, const ComposeNode *root,
                               const Environment *environment, const char *const *profiles)
{
        const ComposeNode *services = compose_get(root, "services");

        for (size_t i = 0; services != NULL && i < services->n_pairs; i++) {
                ComposeNode *service = services->pairs[i].value;
                const ComposeNode *before = compose_get(compose_get(merged, "services"),
                                                        services->pairs[i].key);

                if (node_is(service, COMPOSE_MAP) && project_is_active(service, profiles))
                        normalize_files(loader, before, service, environment);
        }
}

/* What was made of lists and several files can be more than a file may have, and no key may be longer
 * than the effective document can say it */
static void check_keys(Loader *loader, const ComposeNode *node)
{
        if (node->is_full)
                loader_report(loader, "compose-limit", node->pos, node->width, NULL,
                              "a mapping of more than %u keys", COMPOSE_KEYS_MAX);
        loader->is_over = loader->is_over || node->is_full;
        for (size_t i = 0; i < node->n_pairs && !loader->is_over; i++) {
                const ComposePair *pair = &node->pairs[i];

                if (strlen(pair->key) > COMPOSE_KEY_MAX / 6 && /* each can be a `\u1234` */
                    compose_key_length(pair->key) > COMPOSE_KEY_MAX)
                        loader_report(loader, "compose-limit", pair->pos, 1, NULL,
                                      "a key of more than %u characters", COMPOSE_KEY_MAX);
                check_keys(loader, pair->value);
        }
        for (size_t i = 0; i < node->n_items && !loader->is_over; i++)
                check_keys(loader, node->items[i]);
}

static ComposeNode *make_root(Loader *loader, const GPtrArray *files, const char *folder,
                              Environment *environment)
{
        ComposeNode *merged = model_load(loader, files, folder, environment, NULL), *root;
        g_auto(GStrv) profiles = project_profiles(loader, environment);

        check_keys(loader, merged);
        if (loader->is_over)
                return merged;
        schema_check_whole(loader, merged);
        normalize_apply(loader, merged, environment->project, environment);
        root = typed_document(loader->arena, merged);
        consistency_check(loader, root, (const char *const *) profiles);
        read_service_files(loader, merged, root, environment, (const char *const *) profiles);
        project_reduce(root, (const char *const *) profiles);
        check_keys(loader, root);
        return root;
}

static const char *const *copy_names(Arena *arena, const GPtrArray *files)
{
        const char **names = arena_new0(arena, const char *, files->len + 1);

        for (size_t i = 0; i < files->len; i++)
                names[i] = arena_strdup(arena, ((LoadedFile *) files->pdata[i])->path);
        return names;
}

ComposeDocument *compose_load(const FormatSource *sources, size_t n, const FormatOptions *options,
                              DiagList *diags)
{
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(loaded_file_free);
        g_autoptr(GPtrArray) files = g_ptr_array_new();
        g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable)
                values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GHashTable)
                of_resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GHashTable) incomplete = g_hash_table_new(g_str_hash, g_str_equal);
        Loader loader = { .arena = arena,
                          .options = options,
                          .diags = diags,
                          .files = all,
                          .told = told,
                          .values = of_resources,
                          .incomplete = incomplete };
        Environment environment = { .world = options->world, .values = values };
        ComposeDocument *document = arena_new0(arena, ComposeDocument, 1);
        g_autofree char *folder = NULL, *name = NULL;

        g_assert(n > 0);
        if (!read_sources(&loader, sources, n, &environment, files))
                return NULL;
        folder = working_dir(options, files);
        read_env_files(&loader, folder, &environment);
        name = project_name(&loader, files, folder, &environment);
        environment.project = name;
        document->name = arena_strdup(arena, name);
        document->working_dir = arena_strdup(arena, folder);
        document->files = copy_names(arena, files);
        document->root = make_root(&loader, files, document->working_dir, &environment);
        if (diag_has_errors(diags))
                return NULL;
        document->values = g_steal_pointer(&of_resources);
        document->arena = g_steal_pointer(&arena);
        return document;
}
