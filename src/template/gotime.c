#include "template/gotime.h"

#include <string.h>

#include "template/number.h"

#define NS_PER_SECOND   ((int64_t) 1000000000)
#define SECONDS_PER_DAY ((int64_t) 86400)

const ValueTime gotime_zero = { .unix_s = -62135596800, .zone = "UTC" };

static const char *const months[] = { "January",   "February", "March",    "April",
                                      "May",       "June",     "July",     "August",
                                      "September", "October",  "November", "December" };
static const char *const days[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                    "Thursday", "Friday", "Saturday" };

/* What a layout is made of */
typedef enum Element {
        ELEMENT_NONE,
        LONG_MONTH,
        MONTH,
        NUM_MONTH,
        ZERO_MONTH,
        LONG_WEEKDAY,
        WEEKDAY,
        DAY,
        UNDER_DAY,
        ZERO_DAY,
        UNDER_YEARDAY,
        ZERO_YEARDAY,
        HOUR,
        HOUR12,
        ZERO_HOUR12,
        MINUTE,
        ZERO_MINUTE,
        SECOND,
        ZERO_SECOND,
        LONG_YEAR,
        YEAR,
        UPPER_PM,
        LOWER_PM,
        ZONE_NAME,
        Z_ZONE,         /* Z0700: Z for UTC */
        Z_ZONE_SECONDS, /* Z070000 */
        Z_ZONE_SHORT,   /* Z07 */
        Z_ZONE_COLON,   /* Z07:00 */
        Z_ZONE_COLON_SECONDS,
        ZONE,
        ZONE_SECONDS,
        ZONE_SHORT,
        ZONE_COLON,
        ZONE_COLON_SECONDS,
        FRACTION_ZEROS,
        FRACTION_NINES,
} Element;

static const struct {
        const char *text;
        Element element;
} elements[] = {
        /* longer ones before their beginnings */
        { "January", LONG_MONTH },
        { "Jan", MONTH },
        { "Monday", LONG_WEEKDAY },
        { "Mon", WEEKDAY },
        { "MST", ZONE_NAME },
        { "01", ZERO_MONTH },
        { "02", ZERO_DAY },
        { "03", ZERO_HOUR12 },
        { "04", ZERO_MINUTE },
        { "05", ZERO_SECOND },
        { "06", YEAR },
        { "002", ZERO_YEARDAY },
        { "15", HOUR },
        { "1", NUM_MONTH },
        { "2006", LONG_YEAR },
        { "2", DAY },
        { "_2", UNDER_DAY },
        { "__2", UNDER_YEARDAY },
        { "3", HOUR12 },
        { "4", MINUTE },
        { "5", SECOND },
        { "PM", UPPER_PM },
        { "pm", LOWER_PM },
        { "-070000", ZONE_SECONDS },
        { "-07:00:00", ZONE_COLON_SECONDS },
        { "-0700", ZONE },
        { "-07:00", ZONE_COLON },
        { "-07", ZONE_SHORT },
        { "Z070000", Z_ZONE_SECONDS },
        { "Z07:00:00", Z_ZONE_COLON_SECONDS },
        { "Z0700", Z_ZONE },
        { "Z07:00", Z_ZONE_COLON },
        { "Z07", Z_ZONE_SHORT },
};

typedef struct Chunk {
        size_t prefix; /* bytes of literal text before it */
        Element element;
        size_t next;  /* where the layout goes on */
        int n_digits; /* of a fraction */
        char separator;
} Chunk;

static bool fraction_at(const char *layout, size_t len, size_t i, Chunk *chunk)
{
        size_t j = i + 1;

        if (j >= len || (layout[j] != '0' && layout[j] != '9'))
                return false;
        while (j < len && layout[j] == layout[i + 1])
                j++;
        if (j < len && g_ascii_isdigit(layout[j]))
                return false;
        chunk->element = layout[i + 1] == '0' ? FRACTION_ZEROS : FRACTION_NINES;
        chunk->n_digits = (int) MIN(j - i - 1, 4095);
        chunk->separator = layout[i];
        chunk->next = j;
        return true;
}

static bool element_at(const char *layout, size_t len, size_t i, Chunk *chunk)
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
                if ((elements[e].element == MONTH || elements[e].element == WEEKDAY) &&
                    i + n < len && g_ascii_islower(layout[i + n]))
                        continue;
                chunk->element = elements[e].element;
                chunk->next = i + n;
                return true;
        }
        return false;
}

static Chunk next_chunk(const char *layout, size_t len)
{
        Chunk chunk = { .prefix = len, .next = len };

        for (size_t i = 0; i < len; i++)
                if (element_at(layout, len, i, &chunk)) {
                        chunk.prefix = i;
                        break;
                }
        return chunk;
}

static int64_t floor_div(int64_t a, int64_t b)
{
        return a / b - (a % b < 0);
}

/* Days since 1970 of a proleptic Gregorian date, and back */
static int64_t days_from_civil(int64_t y, int m, int d)
{
        int64_t era, yoe, doy, doe;

        y -= m <= 2;
        era = floor_div(y, 400);
        yoe = y - era * 400;
        doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
        doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        return era * 146097 + doe - 719468;
}

static bool is_leap(int64_t y)
{
        return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static int days_in(int month, int64_t year)
{
        static const int n[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return n[month - 1] + (month == 2 && is_leap(year));
}

/* Go counts seconds from here, without sign: dates go from this one on for 2^64 seconds, and what
 * lies before it counts as after the end */
#define UNIX_TO_ABSOLUTE 9223372028715321600u

GotimeDate gotime_date(const ValueTime *time)
{
        uint64_t s = (uint64_t) time->unix_s + (uint64_t) (int64_t) time->offset_s +
                     UNIX_TO_ABSOLUTE;
        int64_t z = (int64_t) (s / SECONDS_PER_DAY) -
                    (int64_t) (UNIX_TO_ABSOLUTE / SECONDS_PER_DAY);
        int64_t rest = (int64_t) (s % SECONDS_PER_DAY);
        int64_t era, doe, yoe, doy, mp;
        GotimeDate date;

        date.weekday = (int) ((z % 7 + 11) % 7);
        date.hour = (int) (rest / 3600);
        date.minute = (int) (rest / 60 % 60);
        date.second = (int) (rest % 60);
        z += 719468;
        era = floor_div(z, 146097);
        doe = z - era * 146097;
        yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
        doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        mp = (5 * doy + 2) / 153;
        date.day = (int) (doy - (153 * mp + 2) / 5 + 1);
        date.month = (int) (mp < 10 ? mp + 3 : mp - 9);
        date.year = yoe + era * 400 + (date.month <= 2);
        date.yearday = (int) (z - 719468 - days_from_civil(date.year, 1, 1) + 1);
        return date;
}

ValueTime gotime_from_date(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
                           int64_t second, int64_t nsec, int32_t offset_s)
{
        int64_t m = month - 1;
        ValueTime time = { .zone = "UTC", .offset_s = offset_s };
        uint64_t s;

        year = (int64_t) ((uint64_t) year + (uint64_t) floor_div(m, 12));
        m -= floor_div(m, 12) * 12;
        /* years that no template means must not overflow */
        year = CLAMP(year, -290000000, 290000000);
        s = (uint64_t) days_from_civil(year, (int) m + 1, 1) + (uint64_t) day - 1;
        s = s * 86400 + (uint64_t) hour * 3600 + (uint64_t) minute * 60 + (uint64_t) second;
        s += (uint64_t) floor_div(nsec, NS_PER_SECOND);
        time.nsec = (int32_t) (nsec - floor_div(nsec, NS_PER_SECOND) * NS_PER_SECOND);
        time.unix_s = (int64_t) (s - (uint64_t) (int64_t) offset_s);
        return time;
}

static void put_int(GString *out, int64_t n, int width)
{
        if (n < 0)
                g_string_append_c(out, '-');
        g_string_append_printf(out, "%0*" G_GINT64_FORMAT, width, ABS(n));
}

static void put_offset(GString *out, Element e, int32_t offset)
{
        bool colon = e == Z_ZONE_COLON || e == ZONE_COLON || e == Z_ZONE_COLON_SECONDS ||
                     e == ZONE_COLON_SECONDS;
        bool seconds = e == Z_ZONE_SECONDS || e == ZONE_SECONDS || e == Z_ZONE_COLON_SECONDS ||
                       e == ZONE_COLON_SECONDS;
        int32_t size = ABS(offset);

        if (offset == 0 && e >= Z_ZONE && e <= Z_ZONE_COLON_SECONDS) {
                g_string_append_c(out, 'Z');
                return;
        }
        g_string_append_c(out, offset / 60 < 0 ? '-' : '+');
        put_int(out, size / 3600, 2);
        if (colon)
                g_string_append_c(out, ':');
        if (e != ZONE_SHORT && e != Z_ZONE_SHORT)
                put_int(out, size / 60 % 60, 2);
        if (seconds) {
                if (colon)
                        g_string_append_c(out, ':');
                put_int(out, size % 60, 2);
        }
}

static void put_fraction(GString *out, int32_t nsec, const Chunk *chunk)
{
        char digits[16];
        int n = MIN(chunk->n_digits, 9);

        g_snprintf(digits, sizeof digits, "%09d", nsec);
        if (chunk->element == FRACTION_NINES) {
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
        put_offset(out, ZONE, time->offset_s);
}

static void put_date_element(GString *out, const GotimeDate *d, Element e)
{
        switch ((int) e) {
        case YEAR:
                put_int(out, ABS(d->year) % 100, 2);
                return;
        case LONG_YEAR:
                put_int(out, d->year, 4);
                return;
        case MONTH:
                g_string_append_len(out, months[d->month - 1], 3);
                return;
        case LONG_MONTH:
                g_string_append(out, months[d->month - 1]);
                return;
        case NUM_MONTH:
                put_int(out, d->month, 0);
                return;
        case ZERO_MONTH:
                put_int(out, d->month, 2);
                return;
        case WEEKDAY:
                g_string_append_len(out, days[d->weekday], 3);
                return;
        case LONG_WEEKDAY:
                g_string_append(out, days[d->weekday]);
                return;
        case DAY:
                put_int(out, d->day, 0);
                return;
        case UNDER_DAY:
                g_string_append_printf(out, "%2d", d->day);
                return;
        case ZERO_DAY:
                put_int(out, d->day, 2);
                return;
        case UNDER_YEARDAY:
                g_string_append_printf(out, "%3d", d->yearday);
                return;
        case ZERO_YEARDAY:
                put_int(out, d->yearday, 3);
                return;
        default:
                g_assert_not_reached();
        }
}

static void put_clock_element(GString *out, const GotimeDate *d, Element e)
{
        int hour12 = d->hour % 12 == 0 ? 12 : d->hour % 12;

        switch ((int) e) {
        case HOUR:
                put_int(out, d->hour, 2);
                return;
        case HOUR12:
                put_int(out, hour12, 0);
                return;
        case ZERO_HOUR12:
                put_int(out, hour12, 2);
                return;
        case MINUTE:
                put_int(out, d->minute, 0);
                return;
        case ZERO_MINUTE:
                put_int(out, d->minute, 2);
                return;
        case SECOND:
                put_int(out, d->second, 0);
                return;
        case ZERO_SECOND:
                put_int(out, d->second, 2);
                return;
        case UPPER_PM:
                g_string_append(out, d->hour >= 12 ? "PM" : "AM");
                return;
        case LOWER_PM:
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
                Chunk chunk = next_chunk(layout, len);

                g_string_append_len(out, layout, (gssize) chunk.prefix);
                if (chunk.element == ELEMENT_NONE)
                        return;
                if (chunk.element == ZONE_NAME)
                        put_zone_name(out, time);
                else if (chunk.element >= Z_ZONE && chunk.element <= ZONE_COLON_SECONDS)
                        put_offset(out, chunk.element, time->offset_s);
                else if (chunk.element >= FRACTION_ZEROS)
                        put_fraction(out, time->nsec, &chunk);
                else
                        put_clock_element(out, &date, chunk.element);
                layout += chunk.next;
                len -= chunk.next;
        }
}

/* What is being parsed, and what was found so far */
typedef struct TimeParser {
        const char *s;
        size_t n;
        int64_t year;
        int month, day, yearday; /* -1: not given */
        int hour, minute, second;
        int64_t nsec;
        bool am, pm, utc;
        int32_t offset; /* -1: not given */
        const char *zone;
        Arena *arena;
} TimeParser;

static bool is_digit_at(const TimeParser *p, size_t i)
{
        return i < p->n && g_ascii_isdigit(p->s[i]);
}

static void advance(TimeParser *p, size_t n)
{
        p->s += n;
        p->n -= n;
}

static bool get_number(TimeParser *p, bool fixed, int *ret)
{
        if (!is_digit_at(p, 0) || (fixed && !is_digit_at(p, 1)))
                return false;
        *ret = p->s[0] - '0';
        advance(p, 1);
        if (is_digit_at(p, 0)) {
                *ret = *ret * 10 + (p->s[0] - '0');
                advance(p, 1);
        }
        return true;
}

static bool get_name(TimeParser *p, const char *const *names, size_t n_names, bool is_short,
                     int *ret)
{
        for (size_t i = 0; i < n_names; i++) {
                size_t n = is_short ? 3 : strlen(names[i]);

                if (p->n >= n && g_ascii_strncasecmp(p->s, names[i], n) == 0) {
                        advance(p, n);
                        *ret = (int) i;
                        return true;
                }
        }
        return false;
}

static bool skip_literal(TimeParser *p, const char *prefix, size_t n)
{
        while (n > 0) {
                if (*prefix == ' ') {
                        if (p->n > 0 && *p->s != ' ')
                                return false;
                        for (; n > 0 && *prefix == ' '; prefix++)
                                n--;
                        while (p->n > 0 && *p->s == ' ')
                                advance(p, 1);
                        continue;
                }
                if (p->n == 0 || *p->s != *prefix)
                        return false;
                prefix++;
                n--;
                advance(p, 1);
        }
        return true;
}

static bool two_digits(const char *s, int *ret)
{
        int64_t n;

        /* Go's atoi: "+1" would pass as well */
        if (number_parse_int(s, 2, 10, &n) != NUMBER_OK)
                return false;
        *ret = (int) n;
        return true;
}

static bool get_offset(TimeParser *p, Element e)
{
        bool colon = e == Z_ZONE_COLON || e == ZONE_COLON || e == Z_ZONE_COLON_SECONDS ||
                     e == ZONE_COLON_SECONDS;
        bool seconds = e == Z_ZONE_SECONDS || e == ZONE_SECONDS || e == Z_ZONE_COLON_SECONDS ||
                       e == ZONE_COLON_SECONDS;
        bool is_short = e == ZONE_SHORT || e == Z_ZONE_SHORT;
        size_t step = colon ? 3 : 2;
        size_t n = is_short ? 3 : 1 + 2 + step + (seconds ? step : 0);
        int h = 0, m = 0, s = 0;

        if ((e == Z_ZONE || e == Z_ZONE_SHORT || e == Z_ZONE_COLON) && p->n >= 1 && *p->s == 'Z') {
                advance(p, 1);
                p->utc = true;
                return true;
        }
        if (p->n < n || (colon && p->s[3] != ':') || (colon && seconds && p->s[6] != ':'))
                return false;
        if (!two_digits(p->s + 1, &h) || (!is_short && !two_digits(p->s + 1 + step, &m)) ||
            (seconds && !two_digits(p->s + 1 + 2 * step, &s)))
                return false;
        if (h > 24 || m > 60 || s > 60) /* "offset out of range" since Go 1.20 */
                return false;
        p->offset = (h * 60 + m) * 60 + s;
        if (p->s[0] == '-')
                p->offset = -p->offset;
        else if (p->s[0] != '+')
                return false;
        advance(p, n);
        return true;
}

/* +3 or -11 after GMT, or alone; the length or 0 */
static size_t signed_offset(const char *s, size_t n)
{
        size_t i = 1;
        int x = 0;

        if (n == 0 || (*s != '+' && *s != '-'))
                return 0;
        for (; i < n && g_ascii_isdigit(s[i]); i++)
                x = MIN(x * 10 + (s[i] - '0'), 1000);
        return i == 1 || x > 23 ? 0 : i;
}

static size_t zone_name_length(const char *s, size_t n)
{
        size_t upper = 0;

        if (n < 3)
                return 0;
        if (n >= 4 && (memcmp(s, "ChST", 4) == 0 || memcmp(s, "MeST", 4) == 0))
                return 4;
        if (memcmp(s, "GMT", 3) == 0)
                return 3 + signed_offset(s + 3, n - 3);
        if (*s == '+' || *s == '-')
                return signed_offset(s, n);
        while (upper < 6 && upper < n && g_ascii_isupper(s[upper]))
                upper++;
        if (upper == 3)
                return 3;
        if (upper == 4 && (s[3] == 'T' || memcmp(s, "WITA", 4) == 0))
                return 4;
        return upper == 5 && s[4] == 'T' ? 5 : 0;
}

static bool get_zone_name(TimeParser *p)
{
        size_t n;

        if (p->n >= 3 && memcmp(p->s, "UTC", 3) == 0) {
                p->utc = true;
                advance(p, 3);
                return true;
        }
        n = zone_name_length(p->s, p->n);
        if (n == 0)
                return false;
        p->zone = arena_strndup(p->arena, p->s, n);
        advance(p, n);
        return true;
}

/* A separator and @n - 1 digits, of which nine count */
static bool get_fraction(TimeParser *p, size_t n)
{
        int64_t nsec;
        size_t used = MIN(n, 10);

        if (p->n < n || (*p->s != '.' && *p->s != ',') ||
            number_parse_int(p->s + 1, used - 1, 10, &nsec) != NUMBER_OK || nsec < 0)
                return false;
        for (size_t i = used; i < 10; i++)
                nsec *= 10;
        p->nsec = nsec;
        advance(p, n);
        return true;
}

static bool get_second(TimeParser *p, bool fixed, const char *layout, size_t len)
{
        Chunk following;
        size_t n = 2;

        if (!get_number(p, fixed, &p->second) || p->second >= 60)
                return false;
        /* a fraction may follow even where the layout has none */
        if (p->n < 2 || (*p->s != '.' && *p->s != ',') || !is_digit_at(p, 1))
                return true;
        following = next_chunk(layout, len);
        if (following.element == FRACTION_ZEROS || following.element == FRACTION_NINES)
                return true;
        while (is_digit_at(p, n))
                n++;
        return get_fraction(p, n);
}

static bool get_year(TimeParser *p, bool is_long)
{
        size_t n = is_long ? 4 : 2;
        int64_t year;

        if (p->n < n || (is_long && !is_digit_at(p, 0)) ||
            number_parse_int(p->s, n, 10, &year) != NUMBER_OK)
                return false;
        if (!is_long)
                year += year >= 69 ? 1900 : 2000;
        p->year = year;
        advance(p, n);
        return true;
}

static bool get_yearday(TimeParser *p, bool fixed)
{
        int n = 0, i = 0;

        for (int blanks = 0; !fixed && blanks < 2 && p->n > 0 && *p->s == ' '; blanks++)
                advance(p, 1);
        for (; i < 3 && is_digit_at(p, 0); i++) {
                n = n * 10 + (*p->s - '0');
                advance(p, 1);
        }
        p->yearday = n;
        return i > 0 && (!fixed || i == 3);
}

static bool get_pm(TimeParser *p, const char *am, const char *pm)
{
        if (p->n < 2)
                return false;
        if (memcmp(p->s, pm, 2) == 0)
                p->pm = true;
        else if (memcmp(p->s, am, 2) == 0)
                p->am = true;
        else
                return false;
        advance(p, 2);
        return true;
}

static bool get_fraction_nines(TimeParser *p)
{
        size_t i = 0;

        if (p->n < 2 || (*p->s != '.' && *p->s != ',') || !is_digit_at(p, 1))
                return true;
        while (i < 9 && is_digit_at(p, i + 1))
                i++;
        return get_fraction(p, 1 + i);
}

static bool get_element(TimeParser *p, const Chunk *chunk, const char *layout, size_t len)
{
        int ignored;

        switch (chunk->element) {
        case ELEMENT_NONE:
                return p->n == 0;
        case YEAR:
        case LONG_YEAR:
                return get_year(p, chunk->element == LONG_YEAR);
        case MONTH:
        case LONG_MONTH:
                if (!get_name(p, months, 12, chunk->element == MONTH, &p->month))
                        return false;
                p->month++;
                return true;
        case NUM_MONTH:
        case ZERO_MONTH:
                return get_number(p, chunk->element == ZERO_MONTH, &p->month) && p->month >= 1 &&
                       p->month <= 12;
        case WEEKDAY:
        case LONG_WEEKDAY:
                return get_name(p, days, 7, chunk->element == WEEKDAY, &ignored);
        case UNDER_DAY:
                if (p->n > 0 && *p->s == ' ')
                        advance(p, 1);
                return get_number(p, false, &p->day);
        case DAY:
        case ZERO_DAY:
                return get_number(p, chunk->element == ZERO_DAY, &p->day);
        case UNDER_YEARDAY:
        case ZERO_YEARDAY:
                return get_yearday(p, chunk->element == ZERO_YEARDAY);
        case HOUR:
                return get_number(p, false, &p->hour) && p->hour < 24;
        case HOUR12:
        case ZERO_HOUR12:
                return get_number(p, chunk->element == ZERO_HOUR12, &p->hour) && p->hour <= 12;
        case MINUTE:
        case ZERO_MINUTE:
                return get_number(p, chunk->element == ZERO_MINUTE, &p->minute) && p->minute < 60;
        case SECOND:
        case ZERO_SECOND:
                return get_second(p, chunk->element == ZERO_SECOND, layout, len);
        case UPPER_PM:
                return get_pm(p, "AM", "PM");
        case LOWER_PM:
                return get_pm(p, "am", "pm");
        case ZONE_NAME:
                return get_zone_name(p);
        case FRACTION_ZEROS:
                return get_fraction(p, (size_t) chunk->n_digits + 1);
        case FRACTION_NINES:
                return get_fraction_nines(p);
        case Z_ZONE:
        case Z_ZONE_SECONDS:
        case Z_ZONE_SHORT:
        case Z_ZONE_COLON:
        case Z_ZONE_COLON_SECONDS:
        case ZONE:
        case ZONE_SECONDS:
        case ZONE_SHORT:
        case ZONE_COLON:
        case ZONE_COLON_SECONDS:
                return get_offset(p, chunk->element);
        }
        g_assert_not_reached();
}

/* The day of the year decides month and day, and must agree with them */
static bool settle_date(TimeParser *p)
{
        int month = 1, day = p->yearday;

        if (p->yearday >= 0) {
                if (day < 1 || day > 365 + is_leap(p->year))
                        return false;
                while (day > days_in(month, p->year))
                        day -= days_in(month++, p->year);
                if ((p->month >= 0 && p->month != month) || (p->day >= 0 && p->day != day))
                        return false;
                p->month = month;
                p->day = day;
        }
        if (p->month < 0)
                p->month = 1;
        if (p->day < 0)
                p->day = 1;
        return p->day >= 1 && p->day <= days_in(p->month, p->year);
}

static void settle_zone(TimeParser *p, ValueTime *ret)
{
        int32_t offset = 0;
        int64_t hours;

        *ret = gotime_from_date(p->year, p->month, p->day, p->hour, p->minute, p->second, p->nsec,
                                0);
        if (p->utc)
                return;
        if (p->offset != -1) {
                offset = p->offset;
                if (offset == 0 && (p->zone == NULL || strcmp(p->zone, "UTC") == 0))
                        return;
                ret->zone = p->zone != NULL ? p->zone : "";
        } else if (p->zone != NULL) {
                ret->zone = p->zone;
                if (strlen(p->zone) > 3 && g_str_has_prefix(p->zone, "GMT") &&
                    number_parse_int(p->zone + 3, strlen(p->zone) - 3, 10, &hours) == NUMBER_OK)
                        offset = (int32_t) hours * 3600;
                /* Go counts a bare abbreviation as an offset of zero, a GMT one too */
                ret->offset_s = offset;
                return;
        }
        ret->unix_s -= offset;
        ret->offset_s = offset;
}

bool gotime_parse(Arena *arena, const char *layout, size_t layout_len, const char *text, size_t len,
                  ValueTime *ret)
{
        TimeParser p = { .s = text,
                         .n = len,
                         .month = -1,
                         .day = -1,
                         .yearday = -1,
                         .offset = -1,
                         .arena = arena };
        Chunk chunk;

        *ret = gotime_zero;
        do {
                chunk = next_chunk(layout, layout_len);
                if (!skip_literal(&p, layout, chunk.prefix))
                        return false;
                layout += chunk.next;
                layout_len -= chunk.next;
                if (!get_element(&p, &chunk, layout, layout_len))
                        return false;
        } while (chunk.element != ELEMENT_NONE);
        if (p.pm && p.hour < 12)
                p.hour += 12;
        else if (p.am && p.hour == 12)
                p.hour = 0;
        if (!settle_date(&p))
                return false;
        settle_zone(&p, ret);
        return true;
}

bool gotime_is_zero(const ValueTime *time)
{
        return time->unix_s == gotime_zero.unix_s && time->nsec == 0;
}

ValueTime gotime_add(const ValueTime *time, int64_t ns)
{
        ValueTime sum = *time;
        int64_t nsec = time->nsec + ns % NS_PER_SECOND;
        int64_t s = ns / NS_PER_SECOND;

        if (nsec < 0) {
                nsec += NS_PER_SECOND;
                s--;
        } else if (nsec >= NS_PER_SECOND) {
                nsec -= NS_PER_SECOND;
                s++;
        }
        sum.unix_s = (int64_t) ((uint64_t) sum.unix_s + (uint64_t) s);
        sum.nsec = (int32_t) nsec;
        return sum;
}

int gotime_compare(const ValueTime *a, const ValueTime *b)
{
        if (a->unix_s != b->unix_s)
                return a->unix_s < b->unix_s ? -1 : 1;
        return (a->nsec > b->nsec) - (a->nsec < b->nsec);
}

int64_t gotime_sub(const ValueTime *a, const ValueTime *b)
{
        int64_t s, ns;

        if (__builtin_sub_overflow(a->unix_s, b->unix_s, &s) ||
            __builtin_mul_overflow(s, NS_PER_SECOND, &ns) ||
            __builtin_add_overflow(ns, (int64_t) a->nsec - b->nsec, &ns))
                return gotime_compare(a, b) < 0 ? INT64_MIN : INT64_MAX;
        return ns;
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
                               d.year, months[d.month - 1], d.day, d.hour, d.minute, d.second,
                               time->nsec);
        if (time->offset_s == 0 && g_strcmp0(time->zone, "UTC") == 0)
                g_string_append(out, "time.UTC)");
        else
                g_string_append_printf(out, "time.Location(\"%s\"))",
                                       time->zone != NULL ? time->zone : "");
}

/* "1h2m3.5s"; below a second "1.5ms", "0s" */
void gotime_duration_string(GString *out, int64_t ns)
{
        uint64_t u = ns < 0 ? 0 - (uint64_t) ns : (uint64_t) ns, scale = 1;
        const char *unit = "ns";
        int digits = 0;
        char fraction[16];
        int n;

        if (ns == 0) {
                g_string_append(out, "0s");
                return;
        }
        if (ns < 0)
                g_string_append_c(out, '-');
        if (u >= 1000000000) {
                digits = 9;
                scale = 1000000000;
                unit = "s";
                if (u / scale >= 3600)
                        g_string_append_printf(out, "%" G_GUINT64_FORMAT "h", u / scale / 3600);
                if (u / scale >= 60)
                        g_string_append_printf(out, "%" G_GUINT64_FORMAT "m", u / scale / 60 % 60);
                u -= u / scale / 60 * 60 * scale;
        } else if (u >= 1000000) {
                digits = 6;
                scale = 1000000;
                unit = "ms";
        } else if (u >= 1000) {
                digits = 3;
                scale = 1000;
                unit = "µs";
        }
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, u / scale);
        n = g_snprintf(fraction, sizeof fraction, "%0*" G_GUINT64_FORMAT, digits, u % scale);
        while (n > 0 && fraction[n - 1] == '0')
                n--;
        if (digits > 0 && n > 0) {
                g_string_append_c(out, '.');
                g_string_append_len(out, fraction, n);
        }
        g_string_append(out, unit);
}

void gotime_month_string(GString *out, int64_t month)
{
        if (month >= 1 && month <= 12)
                g_string_append(out, months[month - 1]);
        else
                g_string_append_printf(out, "%%!Month(%" G_GUINT64_FORMAT ")", (uint64_t) month);
}

void gotime_weekday_string(GString *out, int64_t weekday)
{
        if (weekday >= 0 && weekday <= 6)
                g_string_append(out, days[weekday]);
        else
                g_string_append_printf(out, "%%!Weekday(%" G_GUINT64_FORMAT ")",
                                       (uint64_t) weekday);
}

static bool duration_unit(const char *s, size_t n, uint64_t *ret)
{
        static const struct {
                const char *name;
                uint64_t ns;
        } units[] = {
                { "ns", 1 },          { "us", 1000 },         { "µs", 1000 },
                { "μs", 1000 },       { "ms", 1000000 },      { "s", 1000000000 },
                { "m", 60000000000 }, { "h", 3600000000000 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
                if (strlen(units[i].name) == n && memcmp(units[i].name, s, n) == 0) {
                        *ret = units[i].ns;
                        return true;
                }
        return false;
}

/* One number with its unit, such as 1.5h */
static bool parse_duration_part(const char **s, size_t *n, uint64_t *sum)
{
        static const uint64_t most = (uint64_t) 1 << 63;
        uint64_t v = 0, f = 0, unit;
        double scale = 1;
        size_t i = 0, start;
        bool digits = false;

        for (; i < *n && g_ascii_isdigit((*s)[i]); i++, digits = true) {
                if (v > most / 10)
                        return false;
                v = v * 10 + (uint64_t) ((*s)[i] - '0');
                if (v > most)
                        return false;
        }
        if (i < *n && (*s)[i] == '.') {
                for (i++; i < *n && g_ascii_isdigit((*s)[i]); i++, digits = true) {
                        if (f > (most - 1) / 10)
                                continue;
                        f = f * 10 + (uint64_t) ((*s)[i] - '0');
                        scale *= 10;
                }
        }
        start = i;
        while (i < *n && (*s)[i] != '.' && !g_ascii_isdigit((*s)[i]))
                i++;
        if (!digits || !duration_unit(*s + start, i - start, &unit) || v > most / unit)
                return false;
        v *= unit;
        if (f > 0)
                v += (uint64_t) ((double) f * ((double) unit / scale));
        if (v > most || *sum + v > most)
                return false;
        *sum += v;
        *s += i;
        *n -= i;
        return true;
}

bool gotime_parse_duration(const char *s, size_t n, int64_t *ret_ns)
{
        bool negative = false;
        uint64_t sum = 0;

        *ret_ns = 0;
        if (n > 0 && (*s == '+' || *s == '-')) {
                negative = *s == '-';
                s++;
                n--;
        }
        if (n == 1 && *s == '0')
                return true;
        if (n == 0)
                return false;
        while (n > 0)
                if (!parse_duration_part(&s, &n, &sum))
                        return false;
        if (!negative && sum > INT64_MAX)
                return false;
        *ret_ns = (int64_t) (negative ? 0 - sum : sum);
        return true;
}
