#include "template/gotime-parse.h"

#include <string.h>

#include "template/gotime-layout.h"
#include "template/number.h"

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

static bool get_offset(TimeParser *p, LayoutElement e)
{
        bool colon = layout_has_colon(e), seconds = layout_has_seconds(e);
        bool is_short = e == LAYOUT_ZONE_SHORT || e == LAYOUT_Z_ZONE_SHORT;
        size_t step = colon ? 3 : 2;
        size_t n = is_short ? 3 : 1 + 2 + step + (seconds ? step : 0);
        int h = 0, m = 0, s = 0;

        if ((e == LAYOUT_Z_ZONE || e == LAYOUT_Z_ZONE_SHORT || e == LAYOUT_Z_ZONE_COLON) &&
            p->n >= 1 && *p->s == 'Z') {
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
        LayoutChunk following;
        size_t n = 2;

        if (!get_number(p, fixed, &p->second) || p->second >= 60)
                return false;
        /* a fraction may follow even where the layout has none */
        if (p->n < 2 || (*p->s != '.' && *p->s != ',') || !is_digit_at(p, 1))
                return true;
        following = layout_next(layout, len);
        if (following.element == LAYOUT_FRACTION_ZEROS ||
            following.element == LAYOUT_FRACTION_NINES)
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

static bool get_date_element(TimeParser *p, LayoutElement e)
{
        int ignored;

        switch ((int) e) {
        case LAYOUT_YEAR:
        case LAYOUT_LONG_YEAR:
                return get_year(p, e == LAYOUT_LONG_YEAR);
        case LAYOUT_MONTH:
        case LAYOUT_LONG_MONTH:
                if (!get_name(p, gotime_months, 12, e == LAYOUT_MONTH, &p->month))
                        return false;
                p->month++;
                return true;
        case LAYOUT_NUM_MONTH:
        case LAYOUT_ZERO_MONTH:
                return get_number(p, e == LAYOUT_ZERO_MONTH, &p->month) && p->month >= 1 &&
                       p->month <= 12;
        case LAYOUT_WEEKDAY:
        case LAYOUT_LONG_WEEKDAY:
                return get_name(p, gotime_weekdays, 7, e == LAYOUT_WEEKDAY, &ignored);
        case LAYOUT_UNDER_DAY:
                if (p->n > 0 && *p->s == ' ')
                        advance(p, 1);
                return get_number(p, false, &p->day);
        case LAYOUT_DAY:
        case LAYOUT_ZERO_DAY:
                return get_number(p, e == LAYOUT_ZERO_DAY, &p->day);
        case LAYOUT_UNDER_YEARDAY:
        case LAYOUT_ZERO_YEARDAY:
                return get_yearday(p, e == LAYOUT_ZERO_YEARDAY);
        default:
                g_assert_not_reached();
        }
}

/* @layout: what comes after the element */
static bool get_clock_element(TimeParser *p, LayoutElement e, const char *layout, size_t len)
{
        switch ((int) e) {
        case LAYOUT_HOUR:
                return get_number(p, false, &p->hour) && p->hour < 24;
        case LAYOUT_HOUR12:
        case LAYOUT_ZERO_HOUR12:
                return get_number(p, e == LAYOUT_ZERO_HOUR12, &p->hour) && p->hour <= 12;
        case LAYOUT_MINUTE:
        case LAYOUT_ZERO_MINUTE:
                return get_number(p, e == LAYOUT_ZERO_MINUTE, &p->minute) && p->minute < 60;
        case LAYOUT_SECOND:
        case LAYOUT_ZERO_SECOND:
                return get_second(p, e == LAYOUT_ZERO_SECOND, layout, len);
        case LAYOUT_UPPER_PM:
                return get_pm(p, "AM", "PM");
        case LAYOUT_LOWER_PM:
                return get_pm(p, "am", "pm");
        default:
                return get_date_element(p, e);
        }
}

static bool get_element(TimeParser *p, const LayoutChunk *chunk, const char *layout, size_t len)
{
        if (chunk->element == LAYOUT_END)
                return p->n == 0;
        if (chunk->element == LAYOUT_ZONE_NAME)
                return get_zone_name(p);
        if (chunk->element >= LAYOUT_Z_ZONE && chunk->element <= LAYOUT_ZONE_COLON_SECONDS)
                return get_offset(p, chunk->element);
        if (chunk->element == LAYOUT_FRACTION_ZEROS)
                return get_fraction(p, (size_t) chunk->n_digits + 1);
        if (chunk->element == LAYOUT_FRACTION_NINES)
                return get_fraction_nines(p);
        return get_clock_element(p, chunk->element, layout, len);
}

/* The day of the year decides month and day, and must agree with them */
static bool settle_date(TimeParser *p)
{
        int month = 1, day = p->yearday;

        if (p->yearday >= 0) {
                if (day < 1 || day > 365 + gotime_is_leap(p->year))
                        return false;
                while (day > gotime_days_in(month, p->year))
                        day -= gotime_days_in(month++, p->year);
                if ((p->month >= 0 && p->month != month) || (p->day >= 0 && p->day != day))
                        return false;
                p->month = month;
                p->day = day;
        }
        if (p->month < 0)
                p->month = 1;
        if (p->day < 0)
                p->day = 1;
        return p->day >= 1 && p->day <= gotime_days_in(p->month, p->year);
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
        LayoutChunk chunk;

        *ret = gotime_zero;
        do {
                chunk = layout_next(layout, layout_len);
                if (!skip_literal(&p, layout, chunk.prefix))
                        return false;
                layout += chunk.next;
                layout_len -= chunk.next;
                if (!get_element(&p, &chunk, layout, layout_len))
                        return false;
        } while (chunk.element != LAYOUT_END);
        if (p.pm && p.hour < 12)
                p.hour += 12;
        else if (p.am && p.hour == 12)
                p.hour = 0;
        if (!settle_date(&p))
                return false;
        settle_zone(&p, ret);
        return true;
}
