#include "template/gotime-format.h"

#include "template/gotime-layout.h"

static void put_int(GString *out, int64_t n, int width)
{
        if (n < 0)
                g_string_append_c(out, '-');
        g_string_append_printf(out, "%0*" G_GINT64_FORMAT, width, ABS(n));
}

static void put_offset(GString *out, LayoutElement e, int32_t offset)
{
        bool colon = layout_has_colon(e), seconds = layout_has_seconds(e);
        int32_t size = ABS(offset);

        if (offset == 0 && e >= LAYOUT_Z_ZONE && e <= LAYOUT_Z_ZONE_COLON_SECONDS) {
                g_string_append_c(out, 'Z');
                return;
        }
        g_string_append_c(out, offset / 60 < 0 ? '-' : '+');
        put_int(out, size / 3600, 2);
        if (colon)
                g_string_append_c(out, ':');
        if (e != LAYOUT_ZONE_SHORT && e != LAYOUT_Z_ZONE_SHORT)
                put_int(out, size / 60 % 60, 2);
        if (seconds) {
                if (colon)
                        g_string_append_c(out, ':');
                put_int(out, size % 60, 2);
        }
}

static void put_fraction(GString *out, int32_t nsec, const LayoutChunk *chunk)
{
        char digits[16];
        int n = MIN(chunk->n_digits, 9);

        g_snprintf(digits, sizeof digits, "%09d", nsec);
        if (chunk->element == LAYOUT_FRACTION_NINES) {
                while (n > 0 && digits[n - 1] == '0')
                        n--;
                if (n == 0)
                        return;
        }
        g_string_append_c(out, chunk->separator);
        g_string_append_len(out, digits, n);
}

static void put_zone_name(GString *out, const ValueTime *time)
{
        if (time->zone != NULL && *time->zone != '\0') {
                g_string_append(out, time->zone);
                return;
        }
        put_offset(out, LAYOUT_ZONE, time->offset_s);
}

static void put_date_element(GString *out, const GotimeDate *d, LayoutElement e)
{
        switch ((int) e) {
        case LAYOUT_YEAR:
                put_int(out, ABS(d->year) % 100, 2);
                return;
        case LAYOUT_LONG_YEAR:
                put_int(out, d->year, 4);
                return;
        case LAYOUT_MONTH:
                g_string_append_len(out, gotime_months[d->month - 1], 3);
                return;
        case LAYOUT_LONG_MONTH:
                g_string_append(out, gotime_months[d->month - 1]);
                return;
        case LAYOUT_NUM_MONTH:
                put_int(out, d->month, 0);
                return;
        case LAYOUT_ZERO_MONTH:
                put_int(out, d->month, 2);
                return;
        case LAYOUT_WEEKDAY:
                g_string_append_len(out, gotime_weekdays[d->weekday], 3);
                return;
        case LAYOUT_LONG_WEEKDAY:
                g_string_append(out, gotime_weekdays[d->weekday]);
                return;
        case LAYOUT_DAY:
                put_int(out, d->day, 0);
                return;
        case LAYOUT_UNDER_DAY:
                g_string_append_printf(out, "%2d", d->day);
                return;
        case LAYOUT_ZERO_DAY:
                put_int(out, d->day, 2);
                return;
        case LAYOUT_UNDER_YEARDAY:
                g_string_append_printf(out, "%3d", d->yearday);
                return;
        case LAYOUT_ZERO_YEARDAY:
                put_int(out, d->yearday, 3);
                return;
        default:
                g_assert_not_reached();
        }
}

static void put_clock_element(GString *out, const GotimeDate *d, LayoutElement e)
{
        int hour12 = d->hour % 12 == 0 ? 12 : d->hour % 12;

        switch ((int) e) {
        case LAYOUT_HOUR:
                put_int(out, d->hour, 2);
                return;
        case LAYOUT_HOUR12:
                put_int(out, hour12, 0);
                return;
        case LAYOUT_ZERO_HOUR12:
                put_int(out, hour12, 2);
                return;
        case LAYOUT_MINUTE:
                put_int(out, d->minute, 0);
                return;
        case LAYOUT_ZERO_MINUTE:
                put_int(out, d->minute, 2);
                return;
        case LAYOUT_SECOND:
                put_int(out, d->second, 0);
                return;
        case LAYOUT_ZERO_SECOND:
                put_int(out, d->second, 2);
                return;
        case LAYOUT_UPPER_PM:
                g_string_append(out, d->hour >= 12 ? "PM" : "AM");
                return;
        case LAYOUT_LOWER_PM:
                g_string_append(out, d->hour >= 12 ? "pm" : "am");
                return;
        default:
                put_date_element(out, d, e);
        }
}

void gotime_format(GString *out, const ValueTime *time, const char *layout, size_t len)
{
        GotimeDate date = gotime_date(time);

        while (len > 0) {
                LayoutChunk chunk = layout_next(layout, len);

                g_string_append_len(out, layout, (gssize) chunk.prefix);
                if (chunk.element == LAYOUT_END)
                        return;
                if (chunk.element == LAYOUT_ZONE_NAME)
                        put_zone_name(out, time);
                else if (chunk.element >= LAYOUT_Z_ZONE &&
                         chunk.element <= LAYOUT_ZONE_COLON_SECONDS)
                        put_offset(out, chunk.element, time->offset_s);
                else if (chunk.element >= LAYOUT_FRACTION_ZEROS)
                        put_fraction(out, time->nsec, &chunk);
                else
                        put_clock_element(out, &date, chunk.element);
                layout += chunk.next;
                len -= chunk.next;
        }
}

void gotime_string(GString *out, const ValueTime *time)
{
        static const char layout[] = "2006-01-02 15:04:05.999999999 -0700 MST";

        gotime_format(out, time, layout, sizeof layout - 1);
}

void gotime_go_string(GString *out, const ValueTime *time)
{
        GotimeDate d = gotime_date(time);

        g_string_append_printf(out, "time.Date(%" G_GINT64_FORMAT ", time.%s, %d, %d, %d, %d, %d, ",
                               d.year, gotime_months[d.month - 1], d.day, d.hour, d.minute,
                               d.second, time->nsec);
        if (time->offset_s == 0 && g_strcmp0(time->zone, "UTC") == 0)
                g_string_append(out, "time.UTC)");
        else
                g_string_append_printf(out, "time.Location(\"%s\"))",
                                       time->zone != NULL ? time->zone : "");
}

void gotime_month_string(GString *out, int64_t month)
{
        if (month >= 1 && month <= 12)
                g_string_append(out, gotime_months[month - 1]);
        else
                g_string_append_printf(out, "%%!Month(%" G_GUINT64_FORMAT ")", (uint64_t) month);
}

void gotime_weekday_string(GString *out, int64_t weekday)
{
        if (weekday >= 0 && weekday <= 6)
                g_string_append(out, gotime_weekdays[weekday]);
        else
                g_string_append_printf(out, "%%!Weekday(%" G_GUINT64_FORMAT ")",
                                       (uint64_t) weekday);
}
