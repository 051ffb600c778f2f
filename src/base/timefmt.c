#include "base/timefmt.h"

#include <string.h>

char *time_to_rfc3339(int64_t wall_ns)
{
        int64_t s = wall_ns / NS_PER_S, ns = wall_ns % NS_PER_S;

        if (ns < 0) {
                ns += NS_PER_S;
                s--;
        }
        g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(s);
        g_autofree char *text = time == NULL ? NULL : g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");

        return g_strdup_printf("%s.%09dZ", text == NULL ? "0001-01-01T00:00:00" : text, (int) ns);
}

bool time_from_rfc3339(const char *text, int64_t *ret_wall_ns)
{
        const char *dot = strchr(text, '.'), *zone;
        g_autofree char *whole = NULL;
        int64_t ns = 0, unit = NS_PER_S / 10;

        if (strlen(text) < strlen("2000-01-01T00:00:00Z"))
                return false;
        if (dot != NULL) {
                for (zone = dot + 1; g_ascii_isdigit(*zone); zone++, unit /= 10)
                        ns += (*zone - '0') * unit;
                whole = g_strdup_printf("%.*s%s", (int) (dot - text), text, zone);
        } else {
                whole = g_strdup(text);
        }

        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, NULL);

        if (time == NULL)
                return false;
        if (g_date_time_get_year(time) <= 1) {
                *ret_wall_ns = 0;
                return true;
        }
        return !__builtin_mul_overflow(g_date_time_to_unix(time), NS_PER_S, ret_wall_ns) &&
               !__builtin_add_overflow(*ret_wall_ns, ns, ret_wall_ns);
}

char *ago_to_text(int64_t us)
{
        g_autofree char *text = duration_to_text(ABS(us));

        return g_strdup_printf(us < 0 ? "%s ahead of this clock" : "%s ago", text);
}

char *duration_to_text(int64_t us)
{
        double s = us / 1e6;

        if (us < 0)
                return g_strdup("0 ms");
        if (s < 1)
                return g_strdup_printf("%d ms", (int) (us / US_PER_MS));
        if (s < 10)
                return g_strdup_printf("%.1f s", s);
        if (s < 120)
                return g_strdup_printf("%d s", (int) s);
        if (s < 2 * 3600)
                return g_strdup_printf("%d min", (int) (s / 60));
        if (s < 48 * 3600)
                return g_strdup_printf("%d h", (int) (s / 3600));
        return g_strdup_printf("%d days", (int) (s / 86400));
}
