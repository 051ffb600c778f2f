/*
 * Sprig's functions on dates that need no clock
 */

#include "template/call.h"
#include "template/gotime-duration.h"
#include "template/gotime-parse.h"
#include "template/number.h"
#include "template/tables.h"

static Value time_value(TemplateCall *call, ValueTime time)
{
        return (Value){ .type = VALUE_TIME, .time = arena_memdup(call->arena, &time, sizeof time) };
}

static bool parse(TemplateCall *call, bool must, Value *ret)
{
        ValueTime time;
        bool ok = gotime_parse(call->arena, ARG_S(0), ARG_LEN(0), ARG_S(1), ARG_LEN(1), &time);

        *ret = time_value(call, time);
        if (!ok && must)
                return template_call_fail(call, "\"%s\" is no time written as \"%s\"",
                                          arg_cstring(call, 1), arg_cstring(call, 0));
        return true;
}

static bool fn_to_date(TemplateCall *call, Value *ret)
{
        return parse(call, false, ret);
}

static bool fn_must_to_date(TemplateCall *call, Value *ret)
{
        return parse(call, true, ret);
}

static bool modify(TemplateCall *call, bool must, Value *ret)
{
        int64_t ns;

        *ret = ARG(1);
        if (gotime_parse_duration(ARG_S(0), ARG_LEN(0), &ns))
                *ret = time_value(call, gotime_add(ARG(1).time, ns));
        else if (must)
                return template_call_fail(call, "\"%s\" is no duration such as 1h30m",
                                          arg_cstring(call, 0));
        return true;
}

static bool fn_date_modify(TemplateCall *call, Value *ret)
{
        return modify(call, false, ret);
}

static bool fn_must_date_modify(TemplateCall *call, Value *ret)
{
        return modify(call, true, ret);
}

static bool fn_unix_epoch(TemplateCall *call, Value *ret)
{
        *ret = value_string(arena_printf(call->arena, "%" G_GINT64_FORMAT, ARG(0).time->unix_s));
        return true;
}

/* Seconds, as text or int64; anything else counts as none */
static bool fn_duration(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        int64_t s = 0;

        if (ARG(0).type == VALUE_STRING)
                number_parse_int(ARG_S(0), ARG_LEN(0), 10, &s);
        else if (ARG(0).type == VALUE_INT64)
                s = ARG_I(0);
        gotime_duration_string(text, (int64_t) ((uint64_t) s * 1000000000u));
        *ret = call_take(call, text);
        return true;
}

#define GROUP "dates"

const TemplateFunction template_date_functions[] = {
        { "toDate", "ss", "t", fn_to_date, 0, GROUP,
          "Text by a layout to a time; year 1 where it is none",
          "toDate \"2006-01-02\" \"2020-05-06\" | date \"02.01.06\"", "06.05.20" },
        { "mustToDate", "ss", "t", fn_must_to_date, 0, GROUP, "The same, an error where it is none",
          "(mustToDate \"2006\" \"2020\").Year", "2020" },
        { "dateModify", "st", "t", fn_date_modify, 0, GROUP, "A time later or earlier",
          "dateModify \"-1h\" (toDate \"15:04\" \"12:00\") | date \"15:04\"", "11:00" },
        { "date_modify", "st", "t", fn_date_modify, 0, GROUP, "Another name of dateModify", NULL,
          NULL },
        { "mustDateModify", "st", "t", fn_must_date_modify, 0, GROUP,
          "The same, an error where the duration is none", NULL, NULL },
        { "must_date_modify", "st", "t", fn_must_date_modify, 0, GROUP,
          "Another name of mustDateModify", NULL, NULL },
        { "unixEpoch", "t", "s", fn_unix_epoch, 0, GROUP, "Seconds since 1970",
          "unixEpoch (toDate \"2006\" \"2020\")", "1577836800" },
        { "duration", "a", "s", fn_duration, 0, GROUP, "Seconds as a duration", "duration \"95\"",
          "1m35s" },
        { NULL },
};
