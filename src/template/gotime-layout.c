#include "template/gotime-layout.h"

#include <string.h>

const char *const gotime_months[12] = { "January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December" };
const char *const gotime_weekdays[7] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday" };

static const struct {
        const char *text;
        LayoutElement element;
} elements[] = {
        /* longer ones before their beginnings */
        { "January", LAYOUT_LONG_MONTH },
        { "Jan", LAYOUT_MONTH },
        { "Monday", LAYOUT_LONG_WEEKDAY },
        { "Mon", LAYOUT_WEEKDAY },
        { "MST", LAYOUT_ZONE_NAME },
        { "01", LAYOUT_ZERO_MONTH },
        { "02", LAYOUT_ZERO_DAY },
        { "03", LAYOUT_ZERO_HOUR12 },
        { "04", LAYOUT_ZERO_MINUTE },
        { "05", LAYOUT_ZERO_SECOND },
        { "06", LAYOUT_YEAR },
        { "002", LAYOUT_ZERO_YEARDAY },
        { "15", LAYOUT_HOUR },
        { "1", LAYOUT_NUM_MONTH },
        { "2006", LAYOUT_LONG_YEAR },
        { "2", LAYOUT_DAY },
        { "_2", LAYOUT_UNDER_DAY },
        { "__2", LAYOUT_UNDER_YEARDAY },
        { "3", LAYOUT_HOUR12 },
        { "4", LAYOUT_MINUTE },
        { "5", LAYOUT_SECOND },
        { "PM", LAYOUT_UPPER_PM },
        { "pm", LAYOUT_LOWER_PM },
        { "-070000", LAYOUT_ZONE_SECONDS },
        { "-07:00:00", LAYOUT_ZONE_COLON_SECONDS },
        { "-0700", LAYOUT_ZONE },
        { "-07:00", LAYOUT_ZONE_COLON },
        { "-07", LAYOUT_ZONE_SHORT },
        { "Z070000", LAYOUT_Z_ZONE_SECONDS },
        { "Z07:00:00", LAYOUT_Z_ZONE_COLON_SECONDS },
        { "Z0700", LAYOUT_Z_ZONE },
        { "Z07:00", LAYOUT_Z_ZONE_COLON },
        { "Z07", LAYOUT_Z_ZONE_SHORT },
};

static bool fraction_at(const char *layout, size_t len, size_t i, LayoutChunk *chunk)
{
        size_t j = i + 1;

        if (j >= len || (layout[j] != '0' && layout[j] != '9'))
                return false;
        while (j < len && layout[j] == layout[i + 1])
                j++;
        if (j < len && g_ascii_isdigit(layout[j]))
                return false;
        chunk->element = layout[i + 1] == '0' ? LAYOUT_FRACTION_ZEROS : LAYOUT_FRACTION_NINES;
        chunk->n_digits = (int) MIN(j - i - 1, 4095);
        chunk->separator = layout[i];
        chunk->next = j;
        return true;
}

static bool element_at(const char *layout, size_t len, size_t i, LayoutChunk *chunk)
{
        if (layout[i] == '.' || layout[i] == ',')
                return fraction_at(layout, len, i, chunk);
        /* _2006 is a literal _ and a year */
        if (len - i >= 5 && memcmp(layout + i, "_2006", 5) == 0)
                return false;
        for (size_t e = 0; e < G_N_ELEMENTS(elements); e++) {
                size_t n = strlen(elements[e].text);

                if (len - i < n || memcmp(layout + i, elements[e].text, n) != 0)
                        continue;
                /* not the beginning of another word: Month, Janet */
                if ((elements[e].element == LAYOUT_MONTH ||
                     elements[e].element == LAYOUT_WEEKDAY) &&
                    i + n < len && g_ascii_islower(layout[i + n]))
                        continue;
                chunk->element = elements[e].element;
                chunk->next = i + n;
                return true;
        }
        return false;
}

LayoutChunk layout_next(const char *layout, size_t len)
{
        LayoutChunk chunk = { .prefix = len, .next = len };

        for (size_t i = 0; i < len; i++)
                if (element_at(layout, len, i, &chunk)) {
                        chunk.prefix = i;
                        break;
                }
        return chunk;
}

bool layout_has_colon(LayoutElement e)
{
        return e == LAYOUT_Z_ZONE_COLON || e == LAYOUT_ZONE_COLON ||
               e == LAYOUT_Z_ZONE_COLON_SECONDS || e == LAYOUT_ZONE_COLON_SECONDS;
}

bool layout_has_seconds(LayoutElement e)
{
        return e == LAYOUT_Z_ZONE_SECONDS || e == LAYOUT_ZONE_SECONDS ||
               e == LAYOUT_Z_ZONE_COLON_SECONDS || e == LAYOUT_ZONE_COLON_SECONDS;
}
