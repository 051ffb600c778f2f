#include <string.h>

#include "controller/settings.h"
#include "format/format.h"
#include "functions/eval.h"

struct ContextFile {
        GHashTable *set;
};

const FormatFinding *format_findings(size_t *ret_n)
{
        static const FormatFinding findings[] = {
                { "unknown-key", DIAG_WARNING, DIAG_WARNING, "a key that nobody reads" },
        };

        *ret_n = 1;
        return findings;
}

char *format_explain(const char *path, const char **ret_suggestion)
{
        if (g_str_equal(path, "nmae"))
                *ret_suggestion = "name";
        return g_str_equal(path, "name") ? g_strdup("name: text\n") : NULL;
}

bool format_graph_from_string(const char *text, FormatGraph *ret_how)
{
        *ret_how = g_str_equal(text, "dot") ? FORMAT_GRAPH_DOT : FORMAT_GRAPH_TEXT;
        return true;
}

char *format_graph(const Application *app, FormatGraph how)
{
        return g_strdup(how == FORMAT_GRAPH_DOT ? "digraph {}\n" : "nothing\n");
}

json_t *format_sarif(DiagList *diags)
{
        return json_pack("{s:s}", "version", "2.1.0");
}

ContextFile *context_file_load(const char *path, GError **error)
{
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "%s: no such file", path);
        return NULL;
}

ContextFile *context_file_new(void)
{
        ContextFile *file = g_new0(ContextFile, 1);

        file->set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        return file;
}

void context_file_free(ContextFile *file)
{
        if (file != NULL)
                g_hash_table_destroy(file->set);
        g_free(file);
}

void context_file_set(ContextFile *file, const char *name, const char *value)
{
        g_hash_table_insert(file->set, g_strdup(name), g_strdup(value));
}

const FunctionProvider *context_file_provider(const ContextFile *file)
{
        static const FunctionProvider provider;

        return &provider;
}

bool eval_batch(FILE *in, FILE *out, const ContextFile *context)
{
        return true;
}

char *eval_once(const char *text, const ContextFile *context, TemplateError *ret_error)
{
        return g_strdup(text);
}

void eval_repl(FILE *in, FILE *out, const char *prompt, const ContextFile *context)
{
}

char *eval_error_to_text(const TemplateError *error, const char *text)
{
        return g_strdup("");
}

char *template_explain(const char *name, const char **ret_closest)
{
        return g_strdup("functions\n");
}

void template_error_clear(TemplateError *error)
{
}

bool functions_render(const char *name, const char *text, const FunctionProvider *provider,
                      GString *out, TemplateError *ret_error)
{
        g_string_append(out, text);
        return true;
}

const TemplateFunctions *functions_all(void)
{
        return NULL;
}

const TemplateFunction *const *template_functions_list(const TemplateFunctions *functions,
                                                       size_t *ret_n)
{
        *ret_n = 0;
        return NULL;
}

SettingsArgument *settings_argument_parse(const char *text, int stdin_fd, GError **error)
{
        SettingsArgument *argument = g_new0(SettingsArgument, 1);
        const char *equals = strchr(text, '=');

        argument->name = g_strndup(text, equals - text);
        argument->value = g_strdup(equals + 1);
        return argument;
}

void settings_argument_free(SettingsArgument *argument)
{
        g_free(argument->name);
        g_free(argument->value);
        g_free(argument);
}
