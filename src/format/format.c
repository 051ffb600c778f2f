#include "format/format.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/build.h"
#include "format/instances.h"
#include "format/refs.h"
#include "format/native.h"
#include "format/release.h"
#include "format/templates.h"

static bool is_native_kind(const YamlDocument *document)
{
        return document->kind == NULL || strcmp(document->kind, "replicated") == 0;
}

static void tell_kind(const Reporter *reporter, const YamlDocument *document, SourcePos pos)
{
        const char *kind = document->kind;
        const char *what = g_str_has_suffix(kind, "-kubernetes")
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

/* What the reference's reader of YAML does not take. It stops there, and so do we. */
static bool tell_faults(const Reporter *reporter, const YamlStream *stream)
{
        bool has_any = false;

        for (size_t i = 0; i < stream->n_faults; i++) {
                const YamlFault *at = &stream->faults[i];

                if (at->is_key)
                        continue; /* an error where something is read, else nothing */
                report_at(reporter, "yaml-syntax", (SourcePos){ stream->file, at->line, at->col },
                          1, NULL, "%s", at->message);
                has_any = true;
        }
        return has_any;
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

static Application *read_native_text(const char *file, const char *text, size_t size,
                                     const FormatOptions *options, DiagList *diags)
{
        static const char directive[] = "slipway: ignore";
        g_autoptr(YamlStream) stream = yaml_parse(file, text, size, diags);
        const YamlDocument *document;
        Reporter reporter = {
                .diags = diags,
                .stream = stream,
                .purpose = options->purpose,
                .is_strict = options->is_strict,
                .has_directives = memmem(text, size, directive, strlen(directive)) != NULL,
        };

        if (stream == NULL)
                return NULL;
        document = stream->n_documents == 0 ? empty_document(stream)
                                            : choose_document(&reporter, stream);
        reporter.root = document != NULL ? document->root : NULL;
        tell_duplicates(&reporter, stream);
        if (document == NULL || tell_faults(&reporter, stream))
                return NULL;
        return read_native(&reporter, options, stream, document->root, file);
}

/* ---- Compose ---- */

static Application *read_compose(const FormatSource *sources, size_t n,
                                 const FormatOptions *options, const ComposeGift *gifts,
                                 size_t n_gifts, DiagList *diags)
{
        g_autoptr(ComposeDocument) document = compose_load(sources, n, options, diags);

        if (document == NULL)
                return NULL;
        return compose_build_extra(
                document, options,
                &(ComposeExtra){
                        .gifts = gifts, .n_gifts = n_gifts, .sources = sources, .n_sources = n },
                diags);
}

/* ---- Release files: a native document beside a Compose document ---- */

typedef struct Release {
        const char *file; /* the list's own copy */
        const char *text;
        const FormatOptions *options;
        DiagList *diags;
        GArray *parts;
        Application *native; /* NULL: there is none, or it has errors */
        ComposeGift *gifts;
        size_t n_gifts;
        unsigned minimum_node_count;
        Arena *arena; /* of the gifts */
} Release;

static void release_clear(Release *release)
{
        for (size_t i = 0; i < release->n_gifts; i++)
                json_decref((json_t *) release->gifts[i].labels);
        g_clear_pointer(&release->parts, g_array_unref);
        g_clear_pointer(&release->native, application_free);
        g_clear_pointer(&release->arena, arena_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Release, release_clear)

static void G_GNUC_PRINTF(4, 5)
        tell(Release *release, unsigned line, unsigned col, const char *format, ...)
{
        Reporter reporter = { .diags = release->diags,
                              .purpose = release->options->purpose,
                              .is_strict = release->options->is_strict };
        g_autofree char *message = NULL;
        va_list args;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        report_at(&reporter, "document-kind", (SourcePos){ release->file, line, col }, 1, NULL,
                  "%s", message);
}

/* One document of each of the two kinds, and none of another scheduler */
static bool check_parts(Release *release)
{
        const ReleasePart *swarm = release_find(release->parts, KIND_SWARM);
        const ReleasePart *native = NULL;
        size_t n_before = diag_count(release->diags, DIAG_ERROR);

        for (guint i = 0; i < release->parts->len; i++) {
                const ReleasePart *part = &g_array_index(release->parts, ReleasePart, i);
                bool is_native = part->kind == NULL || strcmp(part->kind, KIND_NATIVE) == 0;

                if (is_native && native != NULL)
                        tell(release, part->line, 1,
                             "a second application document; a file has one (the first begins in "
                             "line %u)",
                             native->line);
                else if (is_native)
                        native = part;
                else if (strcmp(part->kind, KIND_SWARM) == 0 && part != swarm)
                        tell(release, part->kind_line, part->kind_col,
                             "a second document of kind `%s`; a file has one", part->kind);
                else if (g_str_has_suffix(part->kind, "-kubernetes"))
                        tell(release, part->kind_line, part->kind_col,
                             "a document of kind `%s` is another scheduler's", part->kind);
                else if (strcmp(part->kind, KIND_SWARM) != 0 &&
                         strcmp(part->kind, "preflight-swarm") != 0 &&
                         strcmp(part->kind, "test-proc-swarm") != 0)
                        tell(release, part->kind_line, part->kind_col,
                             "a document of kind `%s` is unknown; there are `replicated` and "
                             "`scheduler-swarm`",
                             part->kind);
        }
        return diag_count(release->diags, DIAG_ERROR) == n_before;
}

/* What is no finding where the containers are in another document */
static bool is_of_release(const Diag *diag, gpointer user)
{
        const Release *release = user;

        if (strcmp(diag->name, "nothing-to-run") == 0)
                return g_strcmp0(diag->pos.file, release->file) != 0;
        return strcmp(diag->name, "foreign-key") != 0 || diag->path == NULL ||
               !g_str_has_prefix(diag->path, "swarm");
}

/* (transfer full) rendered, or as good as can be without settings; NULL after a finding */
static char *render(Release *release, const char *text, unsigned line, unsigned col)
{
        const FormatOptions *options = release->options;
        g_autofree char *error = NULL;
        char *out;

        if (!text_has_template(text))
                return g_strdup(text);
        if (options->render == NULL)
                return release_neutral(text);
        out = options->render(text, options->render_user, &error);
        if (out == NULL) {
                Reporter reporter = { .diags = release->diags, .purpose = options->purpose };

                report_at(&reporter, "template-syntax", (SourcePos){ release->file, line, col }, 1,
                          NULL, "%s", error == NULL ? "it can't be rendered" : error);
        }
        return out;
}

static json_t *labels_to_json(const YamlNode *labels)
{
        json_t *json = NULL;

        for (size_t i = 0; labels != NULL && labels->kind == YAML_MAPPING && i < labels->n_pairs;
             i++) {
                const char *value = yaml_is_null(labels->pairs[i].value)
                                            ? ""
                                            : yaml_text(labels->pairs[i].value);

                if (json == NULL)
                        json = json_object();
                json_object_set_new(json, labels->pairs[i].key,
                                    json_string(value == NULL ? "" : value));
        }
        return json;
}

static void take_gifts(Release *release, const YamlNode *list, ResourceKind kind)
{
        size_t n = list != NULL && list->kind == YAML_SEQUENCE ? list->n_items : 0;
        ComposeGift *all = arena_new0(release->arena, ComposeGift, release->n_gifts + n);

        if (release->n_gifts > 0)
                memcpy(all, release->gifts, release->n_gifts * sizeof *all);
        for (size_t i = 0; i < n; i++) {
                const YamlNode *item = list->items[i];
                const char *name = yaml_text(yaml_get(item, "name"));
                const char *value = yaml_text(yaml_get(item, "value"));
                g_autofree char *text = NULL;

                if (name == NULL || value == NULL)
                        continue; /* the native document's findings say so */
                text = render(release, value, item->line, item->col);
                if (text == NULL)
                        continue;
                all[release->n_gifts++] = (ComposeGift){ .kind = kind,
                                                         .name = arena_strdup(release->arena, name),
                                                         .text = arena_strdup(release->arena, text),
                                                         .labels = labels_to_json(
                                                                 yaml_get(item, "labels")) };
        }
        release->gifts = all;
}

static void read_swarm_section(Release *release, const char *text)
{
        g_autoptr(DiagList) scratch = diag_list_new();
        g_autoptr(YamlStream) stream = yaml_parse(release->file, text, strlen(text), scratch);
        const YamlNode *swarm;
        const char *count;
        guint64 n;

        if (stream == NULL || stream->n_documents == 0)
                return;
        swarm = yaml_get(stream->documents[0].root, "swarm");
        take_gifts(release, yaml_get(swarm, "secrets"), RESOURCE_SECRET);
        take_gifts(release, yaml_get(swarm, "configs"), RESOURCE_CONFIG);
        count = yaml_text(yaml_get(swarm, "minimum_node_count"));
        if (count != NULL && text_parse_uint(count, &n))
                release->minimum_node_count = MIN(n, G_MAXUINT);
}

static bool read_native_part(Release *release)
{
        const ReleasePart *part = release_find(release->parts, KIND_NATIVE);
        g_autofree char *text = NULL;

        for (guint i = 0; part == NULL && i < release->parts->len; i++) {
                const ReleasePart *other = &g_array_index(release->parts, ReleasePart, i);

                part = other->kind == NULL ? other : NULL;
        }
        if (part == NULL)
                return true;
        text = release_text(release->text, part);
        release->native = read_native_text(release->file, text, strlen(text), release->options,
                                           release->diags);
        diag_list_filter(release->diags, is_of_release, release);
        if (release->native == NULL)
                return false;
        if (release->native->n_workloads > 0) {
                tell(release, part->line, 1,
                     "the application has `components` and a document of kind `" KIND_SWARM
                     "`; its containers stand in one of them");
                return false;
        }
        read_swarm_section(release, text);
        return true;
}

/* The workloads of the one, and everything else of the other, whose arena goes along */
static void join(Application *app, Release *release)
{
        Application *native = release->native;

        app->minimum_node_count = release->minimum_node_count;
        if (native == NULL)
                return;
        app->api_version = native->api_version;
        if (native->name.raw != NULL && native->name.raw[0] != '\0')
                app->name = native->name;
        app->version = native->version;
        app->release_notes = native->release_notes;
        application_take_settings(app, native);
        app->release = native->arena;
        release->native = NULL;
}

/* What the Compose document will be rendered with */
static Application *settings_of(Release *release)
{
        Arena *arena;
        Application *app;

        if (release->native != NULL)
                return g_steal_pointer(&release->native);
        arena = arena_new();
        app = arena_new0(arena, Application, 1);
        app->arena = arena;
        app->file = arena_strdup(arena, release->file);
        return app;
}

static Application *read_release(const FormatSource *source, const FormatOptions *options,
                                 DiagList *diags)
{
        const ReleasePart *part;
        g_auto(Release) release = {
                .text = source->text, .options = options, .diags = diags, .arena = arena_new()
        };
        g_autofree char *blanked = NULL, *text = NULL, *slug = NULL;
        FormatOptions own = *options;
        FormatSource compose = { .file = source->file };
        Application *app;
        bool ok;

        release.file = diag_list_add_source(diags, source->file, source->text, source->size);
        release.parts = release_split(source->text, source->size);
        ok = check_parts(&release);
        ok = read_native_part(&release) && ok;
        if (options->settings_only)
                return ok ? settings_of(&release) : NULL;
        part = release_find(release.parts, KIND_SWARM);
        blanked = release_text(source->text, part);
        text = render(&release, blanked, part->kind_line, part->kind_col);
        if (!ok || text == NULL)
                return NULL;
        if (own.project == NULL && release.native != NULL && release.native->name.raw != NULL &&
            !text_has_template(release.native->name.raw)) {
                slug = text_slug(release.native->name.raw);
                own.project = slug[0] == '\0' ? NULL : slug;
        }
        compose.text = text;
        compose.size = strlen(text);
        app = read_compose(&compose, 1, &own, release.gifts, release.n_gifts, diags);
        if (app != NULL)
                join(app, &release);
        return app;
}

/* ---- Any file ---- */

Application *format_read_all(const FormatSource *sources, size_t n, const FormatOptions *options,
                             DiagList *diags)
{
        static const FormatOptions lint = { .purpose = FORMAT_LINT };
        Application *app;

        g_assert(n > 0);
        options = options != NULL ? options : &lint;
        if (n > 1)
                app = read_compose(sources, n, options, NULL, 0, diags);
        else if (format_wants_swarm(sources->text, sources->size))
                app = read_release(sources, options, diags);
        else if (format_is_compose(sources->text, sources->size))
                app = read_compose(sources, 1, options, NULL, 0, diags);
        else
                app = read_native_text(
                        diag_list_add_source(diags, sources->file, sources->text, sources->size),
                        sources->text, sources->size, options, diags);
        diag_list_sort(diags);
        return app;
}

char *format_effective(const FormatSource *sources, size_t n, const FormatOptions *options,
                       bool as_json, DiagList *diags)
{
        g_autoptr(Application) app = NULL;
        g_autoptr(ComposeDocument) document = NULL;
        FormatSource release;

        /* Of a release it is what comes of its rendered Compose document. */
        if (n == 1 && format_wants_swarm(sources->text, sources->size)) {
                app = read_release(sources, options, diags);
                if (app == NULL)
                        return NULL;
                release = (FormatSource){ sources->file, app->effective, strlen(app->effective) };
                sources = &release;
        }
        document = compose_load(sources, n, options, diags);
        diag_list_sort(diags);
        return document == NULL || diag_has_errors(diags) ? NULL
                                                          : compose_effective(document, as_json);
}

Application *format_read(const char *file, const char *text, size_t size,
                         const FormatOptions *options, DiagList *diags)
{
        return format_read_all(&(FormatSource){ file, text, size }, 1, options, diags);
}
