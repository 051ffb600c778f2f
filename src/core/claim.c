#include "core/core.h"

#include <string.h>

static bool is_everywhere(const char *address)
{
        return address[0] == '\0' || strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

bool claim_overlaps(const char *one, const char *two)
{
        g_auto(GStrv) a = g_strsplit(one, "/", 4);
        g_auto(GStrv) b = g_strsplit(two, "/", 4);

        if (strcmp(one, two) == 0)
                return true;
        if (g_strv_length(a) != 4 || g_strv_length(b) != 4)
                return false;
        return strcmp(a[0], "port") == 0 && strcmp(b[0], "port") == 0 && strcmp(a[1], b[1]) == 0 &&
               strcmp(a[3], b[3]) == 0 && (is_everywhere(a[2]) || is_everywhere(b[2]));
}
