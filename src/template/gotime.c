#include "template/gotime.h"

#define NS_PER_SECOND   ((int64_t) 1000000000)
#define SECONDS_PER_DAY ((int64_t) 86400)

const ValueTime gotime_zero = { .unix_s = -62135596800, .zone = "UTC" };

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

bool gotime_is_leap(int64_t y)
{
        return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

int gotime_days_in(int month, int64_t year)
{
        static const int n[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return n[month - 1] + (month == 2 && gotime_is_leap(year));
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
