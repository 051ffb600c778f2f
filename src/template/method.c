#include "template/method.h"

#include <string.h>

#include "template/gotime-duration.h"
#include "template/gotime-format.h"
#include "template/semver.h"

/* Nanoseconds since the year 1 */
__extension__ typedef __int128 Wide;

static const ValueTime *time_arg(const TemplateCall *call, size_t i)
{
        return call->args[i].time;
}

static Value time_value(TemplateCall *call, ValueTime time)
{
        return (Value){ .type = VALUE_TIME, .time = arena_memdup(call->arena, &time, sizeof time) };
}

static Value string_value(TemplateCall *call, const GString *text)
{
        return value_string_copy(call->arena, text->str, text->len);
}

#define TIME_METHOD(name, expression)                                                              \
        static bool name(TemplateCall *call, Value *ret)                                           \
        {                                                                                          \
                const ValueTime *t = time_arg(call, 0);                                            \
                GotimeDate d = gotime_date(t);                                                     \
                                                                                                   \
                (void) d;                                                                          \
                *ret = expression;                                                                 \
                return true;                                                                       \
        }

TIME_METHOD(time_year, value_int(d.year))
TIME_METHOD(time_month, ((Value){ .type = VALUE_MONTH, .i = d.month }))
TIME_METHOD(time_day, value_int(d.day))
TIME_METHOD(time_hour, value_int(d.hour))
TIME_METHOD(time_minute, value_int(d.minute))
TIME_METHOD(time_second, value_int(d.second))
TIME_METHOD(time_nanosecond, value_int(t->nsec))
TIME_METHOD(time_weekday, ((Value){ .type = VALUE_WEEKDAY, .i = d.weekday }))
TIME_METHOD(time_yearday, value_int(d.yearday))
TIME_METHOD(time_unix, value_int64(t->unix_s))
TIME_METHOD(time_unix_nano,
            value_int64((int64_t) ((uint64_t) t->unix_s * 1000000000u + (uint64_t) t->nsec)))
TIME_METHOD(time_unix_milli,
            value_int64((int64_t) ((uint64_t) t->unix_s * 1000u + (uint64_t) t->nsec / 1000000)))
TIME_METHOD(time_unix_micro,
            value_int64((int64_t) ((uint64_t) t->unix_s * 1000000u + (uint64_t) t->nsec / 1000)))
TIME_METHOD(time_is_zero, value_bool(gotime_is_zero(t)))
TIME_METHOD(time_is_dst, value_bool(false))
TIME_METHOD(time_location, ((Value){ .type = VALUE_LOCATION,
                                     .offset_s = t->offset_s,
                                     .s = t->zone != NULL ? t->zone : "" }))
TIME_METHOD(time_before, value_bool(gotime_compare(t, time_arg(call, 1)) < 0))
TIME_METHOD(time_after, value_bool(gotime_compare(t, time_arg(call, 1)) > 0))
TIME_METHOD(time_equal, value_bool(gotime_compare(t, time_arg(call, 1)) == 0))
TIME_METHOD(time_compare, value_int(gotime_compare(t, time_arg(call, 1))))
TIME_METHOD(time_sub, ((Value){ .type = VALUE_DURATION, .i = gotime_sub(t, time_arg(call, 1)) }))
TIME_METHOD(time_add, time_value(call, gotime_add(t, call->args[1].i)))

static bool time_utc(TemplateCall *call, Value *ret)
{
        ValueTime time = *time_arg(call, 0);

        time.offset_s = 0;
        time.zone = "UTC";
        *ret = time_value(call, time);
        return true;
}

static bool time_in(TemplateCall *call, Value *ret)
{
        ValueTime time = *time_arg(call, 0);

        if (call->args[1].s == NULL)
                return template_call_fail(call, "the time zone is missing");
        time.offset_s = call->args[1].offset_s;
        time.zone = call->args[1].s;
        *ret = time_value(call, time);
        return true;
}

static bool time_add_date(TemplateCall *call, Value *ret)
{
        const ValueTime *t = time_arg(call, 0);
        GotimeDate d = gotime_date(t);
        ValueTime sum = gotime_from_date(d.year + CLAMP(call->args[1].i, -1000000000, 1000000000),
                                         d.month + CLAMP(call->args[2].i, -1000000000, 1000000000),
                                         (int64_t) ((uint64_t) d.day + call->args[3].u), d.hour,
                                         d.minute, d.second, t->nsec, t->offset_s);

        sum.zone = t->zone;
        *ret = time_value(call, sum);
        return true;
}

static bool time_format(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);

        gotime_format(text, time_arg(call, 0), call->args[1].s, call->args[1].len);
        *ret = string_value(call, text);
        return true;
}

static bool time_string(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);

        gotime_string(text, time_arg(call, 0));
        *ret = string_value(call, text);
        return true;
}

static bool time_go_string(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);

        gotime_go_string(text, time_arg(call, 0));
        *ret = string_value(call, text);
        return true;
}

/* Down to a multiple since the zero time, which is what Go counts from */
static bool time_truncate(TemplateCall *call, Value *ret)
{
        const ValueTime *t = time_arg(call, 0);
        int64_t d = call->args[1].i;
        bool round = strcmp(call->function->name, "Round") == 0;

        *ret = call->args[0];
        if (d > 0) {
                Wide ns = ((Wide) t->unix_s - gotime_zero.unix_s) * 1000000000 + t->nsec;
                int64_t rest = (int64_t) (ns % d);
                bool up;

                if (rest < 0)
                        rest += d;
                up = round && rest >= d - rest;
                *ret = time_value(call, gotime_add(t, up ? d - rest : -rest));
        }
        return true;
}

#define DURATION_METHOD(name, expression)                                                          \
        static bool name(TemplateCall *call, Value *ret)                                           \
        {                                                                                          \
                int64_t ns = call->args[0].i;                                                      \
                                                                                                   \
                *ret = expression;                                                                 \
                return true;                                                                       \
        }

DURATION_METHOD(duration_ns, value_int64(ns))
DURATION_METHOD(duration_us, value_int64(ns / 1000))
DURATION_METHOD(duration_ms, value_int64(ns / 1000000))
DURATION_METHOD(duration_s,
                value_float((double) (ns / 1000000000) + (double) (ns % 1000000000) / 1e9))
DURATION_METHOD(duration_min,
                value_float((double) (ns / 60000000000) + (double) (ns % 60000000000) / (60 * 1e9)))
DURATION_METHOD(duration_h, value_float((double) (ns / 3600000000000) +
                                        (double) (ns % 3600000000000) / (60 * 60 * 1e9)))
DURATION_METHOD(duration_abs,
                ((Value){ .type = VALUE_DURATION, .i = ns == INT64_MIN ? INT64_MAX : ABS(ns) }))

static bool duration_round(TemplateCall *call, Value *ret)
{
        int64_t d = call->args[0].i, m = call->args[1].i;
        bool round = strcmp(call->function->name, "Round") == 0;

        *ret = call->args[0];
        if (m > 0) {
                int64_t rest = d % m;

                ret->i = d - rest;
                if (round && ABS(rest) >= m - ABS(rest) &&
                    __builtin_add_overflow(ret->i, d < 0 ? -m : m, &ret->i))
                        ret->i = d < 0 ? INT64_MIN : INT64_MAX;
        }
        return true;
}

static bool enum_string(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);
        Value v = call->args[0];

        if (v.type == VALUE_DURATION)
                gotime_duration_string(text, v.i);
        else if (v.type == VALUE_MONTH)
                gotime_month_string(text, v.i);
        else if (v.type == VALUE_WEEKDAY)
                gotime_weekday_string(text, v.i);
        else
                g_string_append(text, v.s != NULL ? v.s : "UTC");
        *ret = string_value(call, text);
        return true;
}

#define VERSION_METHOD(name, expression)                                                           \
        static bool name(TemplateCall *call, Value *ret)                                           \
        {                                                                                          \
                const ValueVersion *v = call->args[0].version;                                     \
                                                                                                   \
                if (v == NULL)                                                                     \
                        return template_call_fail(call, "there is no version");                    \
                *ret = expression;                                                                 \
                return true;                                                                       \
        }

VERSION_METHOD(version_major, value_uint64(v->major))
VERSION_METHOD(version_minor, value_uint64(v->minor))
VERSION_METHOD(version_patch, value_uint64(v->patch))
VERSION_METHOD(version_prerelease, value_string(v->prerelease))
VERSION_METHOD(version_metadata, value_string(v->metadata))
VERSION_METHOD(version_original, value_string(v->original))

static bool version_string(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);

        if (call->args[0].version == NULL)
                return template_call_fail(call, "there is no version");
        semver_string(text, call->args[0].version);
        *ret = string_value(call, text);
        return true;
}

static bool version_compare(TemplateCall *call, Value *ret)
{
        const ValueVersion *a = call->args[0].version, *b = call->args[1].version;
        const char *name = call->function->name;
        int d;

        if (a == NULL || b == NULL) {
                *ret = value_bool(false);
                return strcmp(name, "Equal") == 0 ||
                       template_call_fail(call, "there is no version to compare with");
        }
        d = semver_compare(a, b);
        if (strcmp(name, "Compare") == 0)
                *ret = value_int(d);
        else
                *ret = value_bool(strcmp(name, "LessThan") == 0           ? d < 0
                                  : strcmp(name, "LessThanEqual") == 0    ? d <= 0
                                  : strcmp(name, "GreaterThan") == 0      ? d > 0
                                  : strcmp(name, "GreaterThanEqual") == 0 ? d >= 0
                                                                          : d == 0);
        return true;
}

/* The next version, with its text */
static void finish_version(TemplateCall *call, ValueVersion *next, Value *ret)
{
        g_autoptr(GString) text = g_string_new(*call->args[0].version->original == 'v' ? "v" : "");

        semver_string(text, next);
        next->original = arena_strdup(call->arena, text->str);
        *ret = (Value){ .type = VALUE_VERSION_STRUCT, .version = next };
}

static bool version_increment(TemplateCall *call, Value *ret)
{
        const ValueVersion *v = call->args[0].version;
        const char *name = call->function->name;
        ValueVersion *next;

        if (v == NULL)
                return template_call_fail(call, "there is no version");
        next = arena_memdup(call->arena, v, sizeof *v);
        if (strcmp(name, "IncPatch") == 0) {
                next->patch += *v->prerelease == '\0';
        } else if (strcmp(name, "IncMinor") == 0) {
                next->minor++;
                next->patch = 0;
        } else {
                next->major++;
                next->minor = next->patch = 0;
        }
        next->prerelease = next->metadata = "";
        finish_version(call, next, ret);
        return true;
}

static bool version_set(TemplateCall *call, Value *ret)
{
        const ValueVersion *v = call->args[0].version;
        bool is_prerelease = strcmp(call->function->name, "SetPrerelease") == 0;
        const char *text = value_cstring(call->arena, call->args[1]);
        g_autofree char *probe = g_strdup_printf("1.2.3%c%s", is_prerelease ? '-' : '+', text);
        ValueVersion *next;

        if (v == NULL)
                return template_call_fail(call, "there is no version");
        if (*text != '\0' && semver_parse(call->arena, probe, strlen(probe)) == NULL)
                return template_call_fail(call, "\"%s\" cannot be part of a version", text);
        next = arena_memdup(call->arena, v, sizeof *v);
        if (is_prerelease)
                next->prerelease = text;
        else
                next->metadata = text;
        finish_version(call, next, ret);
        return true;
}

static const TemplateFunction time_methods[] = {
        { "Year", "", "i", time_year },
        { "Month", "", "i", time_month },
        { "Day", "", "i", time_day },
        { "Hour", "", "i", time_hour },
        { "Minute", "", "i", time_minute },
        { "Second", "", "i", time_second },
        { "Nanosecond", "", "i", time_nanosecond },
        { "Weekday", "", "i", time_weekday },
        { "YearDay", "", "i", time_yearday },
        { "Unix", "", "l", time_unix },
        { "UnixNano", "", "l", time_unix_nano },
        { "UnixMilli", "", "l", time_unix_milli },
        { "UnixMicro", "", "l", time_unix_micro },
        { "IsZero", "", "b", time_is_zero },
        { "IsDST", "", "b", time_is_dst },
        { "Location", "", "o", time_location },
        { "Before", "t", "b", time_before },
        { "After", "t", "b", time_after },
        { "Equal", "t", "b", time_equal },
        { "Compare", "t", "i", time_compare },
        { "Sub", "t", "d", time_sub },
        { "Add", "d", "t", time_add },
        { "AddDate", "iii", "t", time_add_date },
        { "Truncate", "d", "t", time_truncate },
        { "Round", "d", "t", time_truncate },
        { "Format", "s", "s", time_format },
        { "String", "", "s", time_string },
        { "GoString", "", "s", time_go_string },
        { "UTC", "", "t", time_utc },
        { "Local", "", "t", time_utc },
        { "In", "o", "t", time_in },
        { "Zone", "", "s", NULL },
        { "Date", "", "i", NULL },
        { "Clock", "", "i", NULL },
        { "ISOWeek", "", "i", NULL },
        { "ZoneBounds", "", "t", NULL },
        { NULL },
};

static const TemplateFunction duration_methods[] = {
        { "String", "", "s", enum_string },
        { "Nanoseconds", "", "l", duration_ns },
        { "Microseconds", "", "l", duration_us },
        { "Milliseconds", "", "l", duration_ms },
        { "Seconds", "", "f", duration_s },
        { "Minutes", "", "f", duration_min },
        { "Hours", "", "f", duration_h },
        { "Abs", "", "d", duration_abs },
        { "Round", "d", "d", duration_round },
        { "Truncate", "d", "d", duration_round },
        { NULL },
};

static const TemplateFunction enum_methods[] = {
        { "String", "", "s", enum_string },
        { NULL },
};

static const TemplateFunction version_methods[] = {
        { "Major", "", "u", version_major },        { "Minor", "", "u", version_minor },
        { "Patch", "", "u", version_patch },        { "Prerelease", "", "s", version_prerelease },
        { "Metadata", "", "s", version_metadata },  { "String", "", "s", version_string },
        { "IncMajor", "", "V", version_increment }, { "IncMinor", "", "V", version_increment },
        { "IncPatch", "", "V", version_increment }, { "SetPrerelease", "s", "V", version_set },
        { "SetMetadata", "s", "V", version_set },   { NULL },
};

/* Of the pointer only: Go finds them on what `semver` gives, not on what IncMajor gives */
static const TemplateFunction version_pointer_methods[] = {
        { "Original", "", "s", version_original },
        { "Compare", "V", "i", version_compare },
        { "Equal", "V", "b", version_compare },
        { "LessThan", "V", "b", version_compare },
        { "LessThanEqual", "V", "b", version_compare },
        { "GreaterThan", "V", "b", version_compare },
        { "GreaterThanEqual", "V", "b", version_compare },
        { NULL },
};

static const TemplateFunction *find_in(const TemplateFunction *table, const char *name, size_t len)
{
        for (; table->name != NULL; table++)
                if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
                        return table;
        return NULL;
}

const TemplateFunction *method_find(ValueType type, const char *name, size_t len)
{
        const TemplateFunction *method = NULL;

        if (type == VALUE_TIME)
                return find_in(time_methods, name, len);
        if (type == VALUE_DURATION)
                return find_in(duration_methods, name, len);
        if (type == VALUE_MONTH || type == VALUE_WEEKDAY || type == VALUE_LOCATION)
                return find_in(enum_methods, name, len);
        if (type == VALUE_VERSION)
                method = find_in(version_pointer_methods, name, len);
        if (method == NULL && (type == VALUE_VERSION || type == VALUE_VERSION_STRUCT))
                method = find_in(version_methods, name, len);
        return method;
}
