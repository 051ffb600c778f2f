#pragma once

/*
 * Gotime: Go's package time, as far as templates see it
 *
 * Layouts are Go's: the moment Mon Jan 2 15:04:05 MST 2006 written as one wants it. There is no
 * clock here and no zone but UTC and fixed offsets; whoever has others sets offset_s and zone.
 */

#include <glib.h>
#include <stdbool.h>

#include "template/value.h"

typedef struct GotimeDate {
        int64_t year;
        int month; /* 1 to 12 */
        int day;
        int hour, minute, second;
        int weekday; /* 0: Sunday */
        int yearday; /* 1 to 366 */
} GotimeDate;

GotimeDate gotime_date(const ValueTime *time);

/* The moment that a date is, where months, days, hours ... may be out of their ranges */
ValueTime gotime_from_date(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
                           int64_t second, int64_t nsec, int32_t offset_s);

void gotime_format(GString *out, const ValueTime *time, const char *layout, size_t len);

/* false where @text is not of that layout; then *ret is the zero time. Strings in *ret are in the
 * arena. */
bool gotime_parse(Arena *arena, const char *layout, size_t layout_len, const char *text, size_t len,
                  ValueTime *ret);

extern const ValueTime gotime_zero; /* year 1 */
bool gotime_is_zero(const ValueTime *time);

ValueTime gotime_add(const ValueTime *time, int64_t ns);
int64_t gotime_sub(const ValueTime *a, const ValueTime *b); /* nanoseconds, saturated */
int gotime_compare(const ValueTime *a, const ValueTime *b);

void gotime_string(GString *out, const ValueTime *time);
void gotime_go_string(GString *out, const ValueTime *time);
void gotime_duration_string(GString *out, int64_t ns);
void gotime_month_string(GString *out, int64_t month);
void gotime_weekday_string(GString *out, int64_t weekday);

/* "1h30m"; false where it is none */
bool gotime_parse_duration(const char *s, size_t n, int64_t *ret_ns);
