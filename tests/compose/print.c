/*
 * compose-print: the effective document of a project, or what is wrong with it
 *
 * usage: compose-print [-p NAME] [--profile NAME]... [--env-file FILE]... [--yaml] [-f FILE]... FILE
 *
 * For tools/compose-diff and for the eye; FILE counts where there is no -f. The environment is the
 * process's.
 */

#include <stdio.h>
#include <string.h>

#include "format/compose/document.h"

static bool read_file(const char *path, char **ret_text, gsize *ret_size, GError **error,
                      gpointer user)
{
        return g_file_get_contents(path, ret_text, ret_size, error);
}

static const char *get_environment(const char *name, gpointer user)
{
        return g_getenv(name);
}

static int print(char **names, const FormatOptions *options, bool as_yaml)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(GArray) sources = g_array_new(false, false, sizeof(FormatSource));
        g_autoptr(ComposeDocument) document = NULL;
        g_autofree char *findings = NULL, *text = NULL;
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

        for (size_t i = 0; names[i] != NULL; i++) {
                FormatSource source = { .file = names[i] };
                g_autoptr(GError) error = NULL;
                char *read;
                gsize size;

                if (!g_file_get_contents(names[i], &read, &size, &error)) {
                        fprintf(stderr, "%s\n", error->message);
                        return 2;
                }
                g_ptr_array_add(texts, read);
                source.text = read;
                source.size = size;
                g_array_append_val(sources, source);
        }
        document = compose_load((const FormatSource *) sources->data, sources->len, options, diags);
        diag_list_sort(diags);
        findings = diag_list_to_text(diags, false);
        fputs(findings, stderr);
        if (document == NULL)
                return 1;
        text = compose_effective(document, !as_yaml);
        fputs(text, stdout);
        return 0;
}

int main(int argc, char **argv)
{
        g_auto(GStrv) files = NULL, rest = NULL, profiles = NULL, env_files = NULL;
        g_autofree char *project = NULL;
        gboolean as_yaml = false;
        GOptionEntry entries[] = {
                { "project-name", 'p', 0, G_OPTION_ARG_STRING, &project, NULL, NULL },
                { "profile", 0, 0, G_OPTION_ARG_STRING_ARRAY, &profiles, NULL, NULL },
                { "file", 'f', 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL },
                { "env-file", 0, 0, G_OPTION_ARG_STRING_ARRAY, &env_files, NULL, NULL },
                { "yaml", 0, 0, G_OPTION_ARG_NONE, &as_yaml, NULL, NULL },
                { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, NULL },
                { 0 },
        };
        GOptionContext *context = g_option_context_new("FILE...");
        FormatWorld world = { .read_file = read_file, .environment = get_environment };
        FormatOptions options = { .purpose = FORMAT_UP, .world = &world };
        bool is_good;

        g_option_context_add_main_entries(context, entries, NULL);
        is_good = g_option_context_parse(context, &argc, &argv, NULL);
        g_option_context_free(context);
        if (!is_good || (files == NULL && rest == NULL))
                return 2;
        options.project = project;
        options.profiles = (const char *const *) profiles;
        options.env_files = (const char *const *) env_files;
        return print(files != NULL ? files : rest, &options, as_yaml);
}
