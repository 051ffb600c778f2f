/*
 * Sprig's functions on JSON
 */

#include "template/call.h"
#include "template/json.h"
#include "template/tables.h"

static bool write_json(TemplateCall *call, JsonStyle style, bool must, Value *ret)
{
        GString *text = g_string_new(NULL);
        bool ok = json_write(text, TEMPLATE_OUTPUT_MAX, ARG(0), style);

        if (!ok)
                g_string_truncate(text, 0);
        *ret = call_take(call, text);
        if (!ok && must)
                return template_call_fail(call, "JSON has no form for this value: a number is "
                                                "infinite or none, or it lies too deep in itself");
        return template_call_reserve(call, 0);
}

static bool fn_to_json(TemplateCall *call, Value *ret)
{
        return write_json(call, JSON_HTML, false, ret);
}

static bool fn_must_to_json(TemplateCall *call, Value *ret)
{
        return write_json(call, JSON_HTML, true, ret);
}

static bool fn_to_pretty_json(TemplateCall *call, Value *ret)
{
        return write_json(call, JSON_PRETTY, false, ret);
}

static bool fn_must_to_pretty_json(TemplateCall *call, Value *ret)
{
        return write_json(call, JSON_PRETTY, true, ret);
}

static bool fn_to_raw_json(TemplateCall *call, Value *ret)
{
        return write_json(call, JSON_RAW, true, ret);
}

static bool read_json(TemplateCall *call, bool must, Value *ret)
{
        size_t at;
        JsonStatus status;

        if (!template_call_charge(call, ARG_LEN(0) / 4) ||
            !template_call_reserve(call, ARG_LEN(0) * 2))
                return false;
        status = json_read(call->arena, ARG_S(0), ARG_LEN(0), ret, &at);
        if (must && status != JSON_OK)
                return template_call_fail(call, "no JSON: %s at byte %zu",
                                          status == JSON_SYNTAX ? "something else is there"
                                                                : "a number is too large",
                                          at + 1);
        return template_call_reserve(call, 0);
}

static bool fn_from_json(TemplateCall *call, Value *ret)
{
        return read_json(call, false, ret);
}

static bool fn_must_from_json(TemplateCall *call, Value *ret)
{
        return read_json(call, true, ret);
}

#define GROUP "json"

const TemplateFunction template_json_functions[] = {
        { "toJson", "a", "s", fn_to_json, 0, GROUP, "A value as JSON; < > & escaped",
          "toJson (dict \"a\" (list 1 \"<\"))", "{\"a\":[1,\"\\u003c\"]}" },
        { "mustToJson", "a", "s", fn_must_to_json, 0, GROUP,
          "The same, an error where it has no such form", "mustToJson (list 1)", "[1]" },
        { "toPrettyJson", "a", "s", fn_to_pretty_json, 0, GROUP, "A value as indented JSON",
          "toPrettyJson (list) ", "[]" },
        { "mustToPrettyJson", "a", "s", fn_must_to_pretty_json, 0, GROUP,
          "The same, an error where it has no such form", "mustToPrettyJson (list)", "[]" },
        { "toRawJson", "a", "s", fn_to_raw_json, 0, GROUP, "A value as JSON, < > & as they are",
          "toRawJson \"<\"", "\"<\"" },
        { "mustToRawJson", "a", "s", fn_to_raw_json, 0, GROUP, "Another name of toRawJson", NULL,
          NULL },
        { "fromJson", "s", "a", fn_from_json, 0, GROUP, "JSON as a value; nil where it is none",
          "(fromJson `{\"a\":1}`).a", "1" },
        { "mustFromJson", "s", "a", fn_must_from_json, 0, GROUP,
          "The same, an error where it is none", "mustFromJson `[1,2]`", "[1 2]" },
        { NULL },
};
