/*
 * Stands in for what the libraries do not have yet; what they have wins, these are weak
 */

#include "format/format.h"
#include "functions/eval.h"

#pragma weak format_explain
#pragma weak format_graph_from_string
#pragma weak format_graph
#pragma weak format_sarif
#pragma weak template_explain

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

char *template_explain(const char *name, const char **ret_closest)
{
        return g_strdup("functions\n");
}
