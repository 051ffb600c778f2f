#include "functions/zone.h"

#include <string.h>

#include "template/gotime.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define MAGIC       "TZif"
#define HEADER_SIZE 44

/* GLib knows no changes of the clocks from this year on, of places as of rules */
#define YEAR_END 2037

#define YEAR_MAX 100000000 /* further on times show the last change that GLib knows */

#define SECONDS_PER_DAY 86400

/* (transfer full) the rule for times after the last change in a place's file, or NULL where there is
 * no such place; "" where it has no rule */
static char *read_rule(const char *name)
{
        g_autofree char *path = g_build_filename(ZONE_FOLDER, name, NULL);
        g_autofree char *data = NULL;
        const char *start;
        gsize size;

        if (!g_file_get_contents(path, &data, &size, NULL) || size <= HEADER_SIZE ||
            memcmp(data, MAGIC, strlen(MAGIC)) != 0)
                return NULL;
        /* a line of its own at the end, in all versions but the first */
        if (data[strlen(MAGIC)] == '\0' || data[size - 1] != '\n')
                return g_strdup("");
        start = memrchr(data, '\n', size - 1);
        return start == NULL ? g_strdup("")
                             : g_strndup(start + 1, (gsize) (data + size - start) - 2);
}

/* The same moment of a year before the end of what GLib knows that has the same days of the week: a
 * rule says the same of both */
static int64_t in_known_year(const ValueTime *time)
{
        ValueTime utc = { .unix_s = time->unix_s };
        int64_t year = gotime_date(&utc).year;
        ValueTime first = gotime_from_date(year, 1, 1, 0, 0, 0, 0, 0);
        ValueTime next = gotime_from_date(year + 1, 1, 1, 0, 0, 0, 0, 0);

        if (year > YEAR_MAX)
                return time->unix_s;
        for (int64_t known = YEAR_END - 1;; known--) {
                ValueTime start = gotime_from_date(known, 1, 1, 0, 0, 0, 0, 0);
                ValueTime end = gotime_from_date(known + 1, 1, 1, 0, 0, 0, 0, 0);

                if ((first.unix_s - start.unix_s) / SECONDS_PER_DAY % 7 == 0 &&
                    next.unix_s - first.unix_s == end.unix_s - start.unix_s)
                        return time->unix_s - first.unix_s + start.unix_s;
        }
}

bool zone_apply(Arena *arena, const char *name, ValueTime *time)
{
        ValueTime end = gotime_from_date(YEAR_END, 1, 1, 0, 0, 0, 0, 0);
        g_autoptr(GTimeZone) zone = NULL;
        g_autofree char *rule = NULL;
        int64_t at = time->unix_s;
        gint interval;

        if (*name == '\0' || *name == '/' || strstr(name, "..") != NULL)
                return false;
        rule = read_rule(name);
        if (rule == NULL)
                return false;
        if (at >= end.unix_s && strchr(rule, ',') != NULL) {
                zone = g_time_zone_new_identifier(rule);
                if (zone != NULL)
                        at = in_known_year(time);
        }
        if (zone == NULL)
                zone = g_time_zone_new_identifier(name);
        if (zone == NULL)
                return false;
        interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, at);
        if (interval < 0)
                return false;
        time->offset_s = g_time_zone_get_offset(zone, interval);
        time->zone = arena_strdup(arena, g_time_zone_get_abbreviation(zone, interval));
        return true;
}
