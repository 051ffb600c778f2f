/*
 * Functions that need to know what time it is, or where
 */

#include "functions/functions.h"
#include "functions/zone.h"
#include "template/call.h"
#include "template/gotime-duration.h"
#include "template/gotime-format.h"

static const FunctionProvider *provider(const TemplateCall *call)
{
        static const FunctionProvider nobody = { 0 };

        return call->user != NULL ? call->user : &nobody;
}

static ValueTime clock_now(const TemplateCall *call)
{
        const FunctionProvider *p = provider(call);
        int64_t ns = p->now_ns != NULL ? p->now_ns(p->user) : g_get_real_time() * 1000;
        ValueTime time = { .zone = "UTC" };

        return gotime_add(&time, ns);
}

#define CLOCK_STEPS 20 /* reading the clock and writing it, beside other functions */

static bool now_text(TemplateCall *call, const char *layout, size_t len, Value *ret)
{
        ValueTime now = clock_now(call);
        GString *text;

        if (!template_call_charge(call, CLOCK_STEPS))
                return false;
        text = g_string_new(NULL);
        gotime_format(text, &now, layout, len);
        *ret = call_take(call, text);
        return true;
}

#define RFC3339 "2006-01-02T15:04:05Z07:00"

static bool app_now(TemplateCall *call, Value *ret)
{
        return now_text(call, RFC3339, strlen(RFC3339), ret);
}

static bool app_now_fmt(TemplateCall *call, Value *ret)
{
        if (ARG_LEN(0) == 0)
                return app_now(call, ret);
        return now_text(call, ARG_S(0), ARG_LEN(0), ret);
}

static Value time_value(TemplateCall *call, ValueTime time)
{
        return (Value){ .type = VALUE_TIME, .time = arena_memdup(call->arena, &time, sizeof time) };
}

static bool now(TemplateCall *call, Value *ret)
{
        *ret = time_value(call, clock_now(call));
        return true;
}

/* A time, or seconds since 1970; anything else is now */
static ValueTime moment(const TemplateCall *call, Value v)
{
        ValueTime time = { .zone = "UTC" };

        if (v.type == VALUE_TIME)
                return *v.time;
        if (v.type != VALUE_INT && v.type != VALUE_INT64 && v.type != VALUE_INT32)
                return clock_now(call);
        time.unix_s = v.i;
        return time;
}

/* The zone that a name stands for. "Local" and unknown names are UTC: an application's texts must
 * not depend on where they are made. */
static void set_zone(TemplateCall *call, ValueTime *time, const char *name)
{
        time->offset_s = 0;
        time->zone = "UTC";
        if (strcmp(name, "UTC") != 0 && strcmp(name, "Local") != 0)
                zone_apply(call->arena, name, time);
}

static bool date_text(TemplateCall *call, const char *layout, size_t len, Value when,
                      const char *zone, Value *ret)
{
        ValueTime time = moment(call, when);
        GString *text = g_string_new(NULL);

        set_zone(call, &time, zone);
        gotime_format(text, &time, layout, len);
        *ret = call_take(call, text);
        return true;
}

static bool date(TemplateCall *call, Value *ret)
{
        return date_text(call, ARG_S(0), ARG_LEN(0), ARG(1), "Local", ret);
}

static bool date_in_zone(TemplateCall *call, Value *ret)
{
        return date_text(call, ARG_S(0), ARG_LEN(0), ARG(1), arg_cstring(call, 2), ret);
}

static bool html_date(TemplateCall *call, Value *ret)
{
        return date_text(call, "2006-01-02", 10, ARG(0), "Local", ret);
}

static bool html_date_in_zone(TemplateCall *call, Value *ret)
{
        return date_text(call, "2006-01-02", 10, ARG(0), arg_cstring(call, 1), ret);
}

#define SECOND ((int64_t) 1000000000)

static bool ago(TemplateCall *call, Value *ret)
{
        ValueTime now = clock_now(call), then = moment(call, ARG(0));
        int64_t ns = gotime_sub(&now, &then), rest = ns % SECOND;
        GString *text = g_string_new(NULL);

        /* to the nearest second; what that has no room for is the bound */
        if (ABS(rest) < SECOND - ABS(rest))
                ns -= rest;
        else if (__builtin_add_overflow(ns - rest, ns < 0 ? -SECOND : SECOND, &ns))
                ns = rest < 0 ? INT64_MIN : INT64_MAX;
        gotime_duration_string(text, ns);
        *ret = call_take(call, text);
        return true;
}

/* The largest unit alone */
static bool duration_round(TemplateCall *call, Value *ret)
{
        static const struct {
                const char *unit;
                uint64_t seconds;
        } units[] = {
                { "y", 365 * 86400 }, { "mo", 30 * 86400 }, { "d", 86400 },
                { "h", 3600 },        { "m", 60 },          { "s", 1 },
        };
        ValueTime now;
        int64_t ns = 0;
        uint64_t u;

        if (ARG(0).type == VALUE_STRING) {
                gotime_parse_duration(ARG_S(0), ARG_LEN(0), &ns);
        } else if (ARG(0).type == VALUE_INT64) {
                ns = ARG_I(0);
        } else if (ARG(0).type == VALUE_TIME) {
                now = clock_now(call);
                ns = gotime_sub(&now, ARG(0).time);
        }
        u = ns < 0 ? 0 - (uint64_t) ns : (uint64_t) ns;
        *ret = value_string("0s");
        for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
                uint64_t unit = units[i].seconds * (uint64_t) SECOND;

                if (u > unit) {
                        *ret = value_string(arena_printf(call->arena, "%" G_GUINT64_FORMAT "%s",
                                                         u / unit, units[i].unit));
                        break;
                }
        }
        return true;
}

#define DATES "dates"

const TemplateFunction functions_clock[] = {
        { "Now", "", "s", app_now, TEMPLATE_FN_CLOCK, DATES, "The time now, UTC, RFC 3339", "Now",
          "2021-03-04T05:06:07Z" },
        { "NowFmt", "s", "s", app_now_fmt, TEMPLATE_FN_CLOCK, DATES,
          "The time now, UTC, by a layout: 2006-01-02 15:04:05 written as wanted",
          "NowFmt \"02.01.2006\"", "04.03.2021" },
        { "now", "", "t", now, TEMPLATE_FN_CLOCK, DATES, "The time now, as a time", "now.Year",
          "2021" },
        { "date", "sa", "s", date, TEMPLATE_FN_CLOCK, DATES,
          "A time or seconds since 1970 by a layout, in UTC; anything else is now",
          "date \"2006-01-02\" 0", "1970-01-01" },
        { "dateInZone", "sas", "s", date_in_zone, TEMPLATE_FN_CLOCK, DATES,
          "The same in a time zone", "dateInZone \"15:04\" 0 \"UTC\"", "00:00" },
        { "date_in_zone", "sas", "s", date_in_zone, TEMPLATE_FN_CLOCK, DATES,
          "Another name of dateInZone", NULL, NULL },
        { "htmlDate", "a", "s", html_date, TEMPLATE_FN_CLOCK, DATES,
          "A day as HTML's inputs have it", "htmlDate 0", "1970-01-01" },
        { "htmlDateInZone", "as", "s", html_date_in_zone, TEMPLATE_FN_CLOCK, DATES,
          "The same in a time zone", "htmlDateInZone 0 \"UTC\"", "1970-01-01" },
        { "ago", "a", "s", ago, TEMPLATE_FN_CLOCK, DATES, "How long ago a time is",
          "ago 1614834000", "6m7s" },
        { "durationRound", "a", "s", duration_round, TEMPLATE_FN_CLOCK, DATES,
          "The largest unit of a duration, or of the time since a time", "durationRound \"2400h\"",
          "3mo" },
        { NULL },
};
