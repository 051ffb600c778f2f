#include "controller/source.h"

#include <string.h>

#include "controller/internal.h"

/* What begins with the byte order mark of UTF-16, as UTF-8; else as it stands */
static void to_utf8(FormatSource *source)
{
        const char *text = source->text;
        char *converted;
        gsize size;

        if (source->size < 2 ||
            (memcmp(text, "\xff\xfe", 2) != 0 && memcmp(text, "\xfe\xff", 2) != 0))
                return;
        converted = g_convert(text, source->size, "UTF-8", "UTF-16", NULL, &size, NULL);
        if (converted == NULL)
                return; /* its reader says that it is no text */
        g_free((char *) text);
        source->text = converted;
        source->size = size;
}

bool sources_read(Sources *sources, const char *const *files, GError **error)
{
        size_t n = g_strv_length((char **) files);

        *sources = (Sources){ 0 };
        if (n > SOURCES_MAX) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "%zu files are given; %d at most can be merged", n, SOURCES_MAX);
                return false;
        }
        sources->items = g_new0(FormatSource, n + 1);
        for (; sources->n < n; sources->n++) {
                FormatSource *source = &sources->items[sources->n];
                char *text;

                if (!controller_slurp(files[sources->n], &text, &source->size, error))
                        return false;
                source->file = g_strdup(files[sources->n]);
                source->text = text;
                to_utf8(source);
        }
        return true;
}

void sources_take(Sources *sources, const char *file, const char *text)
{
        *sources = (Sources){ .items = g_new0(FormatSource, 1), .n = 1, .is_stored = true };
        sources->items[0] = (FormatSource){ .file = g_strdup(file),
                                            .text = g_strdup(text),
                                            .size = strlen(text) };
}

void sources_clear(Sources *sources)
{
        for (size_t i = 0; i < sources->n; i++) {
                g_free((char *) sources->items[i].file);
                g_free((char *) sources->items[i].text);
        }
        g_free(sources->items);
        *sources = (Sources){ 0 };
}

bool sources_want_swarm(const Sources *sources)
{
        for (size_t i = 0; i < sources->n; i++) {
                if (format_wants_swarm(sources->items[i].text, sources->items[i].size))
                        return true;
        }
        return false;
}

/* ---- The world around a Compose file ---- */

static bool read_file(const char *path, char **ret_text, gsize *ret_size, GError **error,
                      gpointer user)
{
        return controller_slurp(path, ret_text, ret_size, error);
}

static const char *environment(const char *name, gpointer user)
{
        return g_getenv(name);
}

static const FormatWorld real_world = { .read_file = read_file, .environment = environment };

/* An effective document is complete but for what configs and secrets hold: files that it came from
 * may be gone, variables may differ. */
static const FormatWorld no_world = { 0 };

static bool is_complete(const Sources *sources)
{
        return sources->is_stored && !sources_want_swarm(sources);
}

static void complete(const Sources *sources, FormatOptions *options)
{
        static const char *const every_profile[] = { "*", NULL };

        options->world = is_complete(sources) && !sources->is_brought_up ? &no_world : &real_world;
        if (is_complete(sources))
                options->profiles = every_profile;
}

/* Its doubts were told when the files were read, with places that an effective document has not. */
static bool is_error(const Diag *diag, gpointer user)
{
        return diag->severity == DIAG_ERROR;
}

static void tell_errors(const Sources *sources, const DiagList *diags, size_t n_before,
                        GError **error)
{
        size_t n = diag_count(diags, DIAG_ERROR) - n_before;

        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                    "%s has %zu %s; nothing was touched", sources->items[0].file, n,
                    n == 1 ? "error" : "errors");
}

Application *sources_parse(const Sources *sources, const FormatOptions *options, DiagList *diags,
                           GError **error)
{
        FormatOptions own = *options;
        size_t n_before = diag_count(diags, DIAG_ERROR);
        Application *app;

        complete(sources, &own);
        app = format_read_all(sources->items, sources->n, &own, diags);
        if (app == NULL)
                tell_errors(sources, diags, n_before, error);
        else if (is_complete(sources) && app->effective != NULL)
                diag_list_filter(diags, is_error, NULL);
        return app;
}

char *sources_effective(const Sources *sources, const FormatOptions *options, bool as_json,
                        DiagList *diags, GError **error)
{
        FormatOptions own = *options;
        size_t n_before = diag_count(diags, DIAG_ERROR);
        char *text;

        complete(sources, &own);
        text = format_effective(sources->items, sources->n, &own, as_json, diags);
        if (text == NULL)
                tell_errors(sources, diags, n_before, error);
        return text;
}

const char *sources_text(const Sources *sources, const Application *app)
{
        return app != NULL && app->effective != NULL ? app->effective : sources->items[0].text;
}
