#include "format/format.h"

#include <string.h>

#include "format/instances.h"
#include "format/native.h"
#include "format/templates.h"

static bool is_native_kind(const YamlDocument *document)
{
        return document->kind == NULL || strcmp(document->kind, "replicated") == 0;
}

/* Compose files have `services` and nothing of a native document's beginning */
static bool is_compose(const YamlNode *root)
{
        return yaml_get(root, "services") != NULL && yaml_get(root, "components") == NULL &&
               yaml_get(root, "replicated_api_version") == NULL;
}

static void tell_kind(const Reporter *reporter, const YamlDocument *document, SourcePos pos)
{
        const char *kind = document->kind;
        const char *what = g_str_has_suffix(kind, "-swarm") ? "can't be read yet"
                           : g_str_has_suffix(kind, "-kubernetes")
                                   ? "is another scheduler's"
                                   : "is unknown; there are `replicated` and `scheduler-swarm`";

        report_at(reporter, "document-kind", pos, g_utf8_strlen(kind, -1), NULL,
                  "a document of kind `%s` %s", kind, what);
}

/* The application's document among those of a release; NULL after a finding */
static const YamlDocument *choose_document(const Reporter *reporter, const YamlStream *stream)
{
        const YamlDocument *found = NULL;

        for (size_t i = 0; i < stream->n_documents; i++) {
                const YamlDocument *document = &stream->documents[i];
                SourcePos at_kind = { stream->file, document->kind_line, document->kind_col };
                SourcePos at = { stream->file, document->line, 1 };

                if (document->kind != NULL && !is_native_kind(document)) {
                        tell_kind(reporter, document, at_kind);
                        return NULL;
                }
                if (is_compose(document->root)) {
                        report_at(reporter, "unsupported-format", at, 1, NULL,
                                  "this is a Compose file, which can't be read yet; a native "
                                  "document has `replicated_api_version` and `components`");
                        return NULL;
                }
                if (found != NULL) {
                        report_at(reporter, "document-kind", at, 1, NULL,
                                  "a second application document; a file has one (the first "
                                  "begins in line %u)",
                                  found->line);
                        return NULL;
                }
                found = document;
        }
        return found;
}

/* A file without any content is an empty document */
static const YamlDocument *empty_document(YamlStream *stream)
{
        YamlDocument *document = arena_new0(stream->arena, YamlDocument, 1);

        document->root = arena_new0(stream->arena, YamlNode, 1);
        document->root->text = "";
        document->root->line = document->root->col = 1;
        document->line = 1;
        return document;
}

static void tell_duplicates(const Reporter *reporter, const YamlStream *stream)
{
        for (size_t i = 0; i < stream->n_duplicates; i++) {
                const YamlDuplicate *at = &stream->duplicates[i];

                report_at(reporter, "duplicate-key", (SourcePos){ stream->file, at->line, at->col },
                          g_utf8_strlen(at->key, -1), NULL,
                          "`%s` stands here twice; this one counts, the one in line %u does not",
                          at->key, at->before_line);
        }
}

static Application *read_native(const Reporter *reporter, const FormatOptions *options,
                                const YamlStream *stream, const YamlNode *root, const char *file)
{
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Refs) refs = refs_new(root);
        RawDocument document = { 0 };
        Application *app;
        Reader reader = {
                .reporter = *reporter,
                .arena = arena,
                .refs = refs,
                .file = arena_strdup(arena, file),
                .api_version = yaml_text(yaml_get(root, "replicated_api_version")),
                .templates = g_array_new(false, false, sizeof(TemplateUse)),
                .workload = -1,
                .told = g_hash_table_new(NULL, NULL),
        };

        reader_read(&reader, &root_object, root, NULL, &document);
        app = native_build(&reader, &document);
        templates_check(&reader, app, options->functions);
        instances_expand(&reader, app);
        g_array_unref(reader.templates);
        g_hash_table_unref(reader.told);
        if (diag_has_errors(reporter->diags))
                return NULL;
        g_steal_pointer(&arena);
        return app;
}

Application *format_read(const char *file, const char *text, size_t size,
                         const FormatOptions *options, DiagList *diags)
{
        static const FormatOptions lint = { .purpose = FORMAT_LINT };
        static const char directive[] = "slipway: ignore";
        const char *name = diag_list_add_source(diags, file, text, size);
        g_autoptr(YamlStream) stream = yaml_parse(name, text, size, diags);
        Application *app = NULL;
        Reporter reporter;

        options = options != NULL ? options : &lint;
        reporter = (Reporter){
                .diags = diags,
                .stream = stream,
                .purpose = options->purpose,
                .is_strict = options->is_strict,
                .has_directives = memmem(text, size, directive, strlen(directive)) != NULL,
        };
        if (stream != NULL) {
                const YamlDocument *document = stream->n_documents == 0
                                                       ? empty_document(stream)
                                                       : choose_document(&reporter, stream);

                reporter.root = document != NULL ? document->root : NULL;
                tell_duplicates(&reporter, stream);
                if (document != NULL)
                        app = read_native(&reporter, options, stream, document->root, name);
        }
        diag_list_sort(diags);
        return app;
}
