/* Files: what is read while documents are loaded, within limits */

#include <string.h>

#include "format/compose/convert.h"
#include "format/compose/env-file.h"
#include "format/compose/interpolate.h"
#include "format/compose/loader.h"

/* As Docker's tools have it: what is not UTF-8 can't be in what they send */
static const char *valid_text(const char *value)
{
        g_autofree char *valid = NULL;

        if (value == NULL || g_utf8_validate(value, -1, NULL))
                return value;
        valid = g_utf8_make_valid(value, -1);
        return g_intern_string(valid);
}

const char *environment_get(const Environment *environment, const char *name)
{
        const char *value = NULL;

        if (environment == NULL)
                return NULL;
        if (environment->project != NULL && strcmp(name, "COMPOSE_PROJECT_NAME") == 0)
                return environment->project;
        if (environment->parent != NULL)
                value = environment_get(environment->parent, name);
        else if (environment->world != NULL && environment->world->environment != NULL)
                value = valid_text(environment->world->environment(name, environment->world->user));
        if (value == NULL && environment->values != NULL)
                value = g_hash_table_lookup(environment->values, name);
        return value;
}

static const Reporter *reporter_of(const Loader *loader, SourcePos pos)
{
        for (size_t i = 0; i < loader->files->len; i++) {
                const LoadedFile *file = loader->files->pdata[i];

                if (file->name == pos.file)
                        return &file->reporter;
        }
        return NULL;
}

void loader_report(Loader *loader, const char *name, SourcePos pos, unsigned width,
                   const Path *path, const char *format, ...)
{
        Reporter bare = {
                .diags = loader->diags,
                .purpose = loader->options->purpose,
                .is_strict = loader->options->is_strict,
        };
        const Reporter *reporter = reporter_of(loader, pos);
        g_autofree char *message = NULL;
        va_list args;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        report(reporter != NULL ? reporter : &bare, name, pos, width, path, "%s", message);
}

bool loader_count(Loader *loader, size_t n, SourcePos pos)
{
        loader->n_nodes += n;
        if (loader->n_nodes <= COMPOSE_NODES_MAX)
                return true;
        if (!loader->is_over)
                loader_report(loader, "compose-limit", pos, 1, NULL,
                              "the project becomes larger than %u keys and values",
                              COMPOSE_NODES_MAX);
        loader->is_over = true;
        return false;
}

char *loader_read(Loader *loader, const char *path, size_t max, bool may_lack,
                  const ComposeNode *at, gsize *ret_size)
{
        const FormatWorld *world = loader->options->world;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gsize size = 0;

        if (world == NULL || world->read_file == NULL ||
            !world->read_file(path, &text, &size, &error, world->user)) {
                if (!may_lack)
                        loader_report(loader, "missing-file", at->pos, at->width, NULL,
                                      "%s can't be read%s%s", path, error != NULL ? ": " : "",
                                      error != NULL ? error->message : "");
                return NULL;
        }
        loader->n_bytes += size;
        if (size > max || loader->n_bytes > COMPOSE_BYTES_MAX) {
                loader_report(loader, "compose-limit", at->pos, at->width, NULL,
                              "%s is larger than is read: %zu bytes at most, and %u in all files "
                              "together",
                              path, max, COMPOSE_BYTES_MAX);
                return NULL;
        }
        *ret_size = size;
        return g_strndup(text, size);
}

static void tell_duplicates(Loader *loader, const YamlStream *stream)
{
        for (size_t i = 0; i < stream->n_duplicates; i++) {
                const YamlDuplicate *at = &stream->duplicates[i];

                loader_report(loader, "compose-duplicate",
                              (SourcePos){ stream->file, at->line, at->col },
                              g_utf8_strlen(at->key, -1), NULL,
                              "`%s` stands here a second time; the first is in line %u", at->key,
                              at->before_line);
        }
}

static bool has_plain_keys(Loader *loader, const YamlStream *stream)
{
        bool has_all = true;

        for (size_t i = 0; i < stream->n_faults; i++) {
                const YamlFault *at = &stream->faults[i];

                if (!at->is_key)
                        continue;
                loader_report(loader, "yaml-syntax", (SourcePos){ stream->file, at->line, at->col },
                              1, NULL, "%s", at->message);
                has_all = false;
        }
        return has_all;
}

LoadedFile *loader_parse(Loader *loader, const char *name, const char *path, char *text, gsize size)
{
        static const char directive[] = "slipway: ignore";
        LoadedFile *file = arena_new0(loader->arena, LoadedFile, 1);

        file->name = arena_strdup(loader->arena, name);
        file->path = arena_strdup(loader->arena, path);
        file->text = text;
        g_ptr_array_add(loader->files, file);
        diag_list_add_source(loader->diags, name, text, size);
        file->stream = yaml_parse(file->name, text, size, loader->diags);
        file->reporter = (Reporter){
                .diags = loader->diags,
                .stream = file->stream,
                .purpose = loader->options->purpose,
                .is_strict = loader->options->is_strict,
                .has_directives = memmem(text, size, directive, strlen(directive)) != NULL,
        };
        if (file->stream == NULL)
                return NULL;
        if (file->stream->n_documents > 0)
                file->reporter.root = file->stream->documents[0].root;
        tell_duplicates(loader, file->stream);
        return has_plain_keys(loader, file->stream) ? file : NULL;
}

LoadedFile *loader_open(Loader *loader, const char *path, const ComposeNode *at)
{
        gsize size;
        char *text = loader_read(loader, path, COMPOSE_BYTES_MAX, false, at, &size);

        return text != NULL ? loader_parse(loader, path, path, text, size) : NULL;
}

static void raw_clear(gpointer data)
{
        g_clear_pointer(&((ComposeRaw *) data)->removed, g_ptr_array_unref);
}

GArray *loader_documents(Loader *loader, const LoadedFile *file, const Environment *environment)
{
        GArray *documents = g_array_new(false, true, sizeof(ComposeRaw));

        g_array_set_clear_func(documents, raw_clear);
        for (size_t i = 0; i < file->stream->n_documents && !loader->is_over; i++) {
                const YamlNode *yaml = file->stream->documents[i].root;
                ComposeRaw raw = { .removed = g_ptr_array_new() };

                if (yaml != NULL && !yaml_is_null(yaml))
                        raw.root = convert_document(loader, file->stream, yaml, raw.removed);
                if (raw.root == NULL) {
                        g_ptr_array_unref(raw.removed);
                        continue;
                }
                interpolate_node(loader, raw.root, NULL, environment);
                g_array_append_val(documents, raw);
        }
        return documents;
}

void loader_env_file(Loader *loader, const char *path, bool may_lack, bool is_raw,
                     const ComposeNode *at, GHashTable *values,
                     const char *(*lookup)(const char *name, gconstpointer user),
                     gconstpointer user)
{
        gsize size;
        unsigned line;
        g_autofree char *text = loader_read(loader, path, COMPOSE_ENV_BYTES_MAX, may_lack, at,
                                            &size);
        g_autofree char *problem = NULL;

        if (text == NULL)
                return;
        if (strlen(text) < size)
                problem = g_strdup("it is not text: there is a NUL in it");
        else
                problem = env_file_parse(text, values, lookup, user, is_raw, &line);
        if (problem == NULL)
                return;
        if (strlen(text) < size)
                line = 1;
        loader_report(loader, "env-file", (SourcePos){ arena_strdup(loader->arena, path), line, 1 },
                      1, NULL, "%s", problem);
}
