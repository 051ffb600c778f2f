/*
 * Stands in for what the libraries do not have yet; what they have wins, it is weak
 */

#include "functions/eval.h"

#pragma weak template_explain

char *template_explain(const char *name, const char **ret_closest)
{
        return g_strdup("functions\n");
}
