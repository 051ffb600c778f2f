#pragma once

/*
 * Gotime: Go's package time, as far as templates see it: moments and their dates
 *
 * There is no clock here and no zone but UTC and fixed offsets; whoever has others sets offset_s and
 * zone.
 */

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

bool gotime_is_leap(int64_t year);
int gotime_days_in(int month, int64_t year); /* month: 1 to 12 */

GotimeDate gotime_date(const ValueTime *time);

/* The moment that a date is, where months, days, hours ... may be out of their ranges */
ValueTime gotime_from_date(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute,
                           int64_t second, int64_t nsec, int32_t offset_s);

extern const ValueTime gotime_zero; /* year 1 */
bool gotime_is_zero(const ValueTime *time);

ValueTime gotime_add(const ValueTime *time, int64_t ns);
int64_t gotime_sub(const ValueTime *a, const ValueTime *b); /* nanoseconds, saturated */
int gotime_compare(const ValueTime *a, const ValueTime *b);
