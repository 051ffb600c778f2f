/* Record: what volatile calls gave, kept for the next render */

#include <string.h>

#include "base/json.h"
#include "functions/functions.h"

/* A value is kept with its type, so that what is computed with it stays the same:
 *   {"Now": [["string", "2026-…"]], "now": [["time", seconds, nanoseconds]]}
 * What has another type than these is not kept and drawn anew each time. */

struct FunctionRecord {
        json_t *before; /* call text → values of an earlier render, in order */
        json_t *now;    /* the same, of this render */
};

FunctionRecord *function_record_new(void)
{
        FunctionRecord *record = g_new0(FunctionRecord, 1);

        record->before = json_object();
        record->now = json_object();
        return record;
}

void function_record_free(FunctionRecord *record)
{
        if (record == NULL)
                return;
        json_decref(record->before);
        json_decref(record->now);
        g_free(record);
}

json_t *function_record_to_json(const FunctionRecord *record)
{
        return json_deep_copy(record->now);
}

FunctionRecord *function_record_from_json(const json_t *json)
{
        FunctionRecord *record;
        const char *call;
        json_t *values;

        if (!json_is_object(json))
                return NULL;
        json_object_foreach((json_t *) json, call, values) {
                if (!json_is_array(values))
                        return NULL;
        }
        record = function_record_new();
        json_object_update(record->before, (json_t *) json);
        json_object_update(record->now, (json_t *) json);
        return record;
}

/* NULL: it cannot be kept */
static json_t *value_to_json(Value value)
{
        switch (value.type) {
        case VALUE_STRING:
                return json_pack("[s, s%]", "string", value.s, (size_t) value.len);
        case VALUE_BOOL:
                return json_pack("[s, b]", "bool", value.b);
        case VALUE_INT:
                return json_pack("[s, I]", "int", (json_int_t) value.i);
        case VALUE_INT64:
                return json_pack("[s, I]", "int64", (json_int_t) value.i);
        case VALUE_FLOAT64:
                return json_pack("[s, f]", "float64", value.f);
        case VALUE_TIME:
                return json_pack("[s, I, i]", "time", (json_int_t) value.time->unix_s,
                                 value.time->nsec);
        case VALUE_CERTIFICATE:
                return json_pack("[s, s%, s%]", "certificate", value.certificate->cert.s,
                                 (size_t) value.certificate->cert.len, value.certificate->key.s,
                                 (size_t) value.certificate->key.len);
        default:
                return NULL;
        }
}

static bool value_from_json(Arena *arena, const json_t *json, Value *ret)
{
        const char *type = json_string_value(json_array_get(json, 0));
        json_t *first = json_array_get(json, 1), *second = json_array_get(json, 2);

        if (g_strcmp0(type, "string") == 0 && json_is_string(first)) {
                *ret = value_string_copy(arena, json_string_value(first),
                                         json_string_length(first));
        } else if (g_strcmp0(type, "bool") == 0) {
                *ret = value_bool(json_is_true(first));
        } else if (g_strcmp0(type, "int") == 0) {
                *ret = value_int(json_integer_value(first));
        } else if (g_strcmp0(type, "int64") == 0) {
                *ret = value_int64(json_integer_value(first));
        } else if (g_strcmp0(type, "float64") == 0) {
                *ret = value_float(json_number_value(first));
        } else if (g_strcmp0(type, "time") == 0) {
                ValueTime *time = arena_new0(arena, ValueTime, 1);

                *time = (ValueTime){ .unix_s = json_integer_value(first),
                                     .nsec = json_integer_value(second),
                                     .zone = "UTC" };
                *ret = (Value){ .type = VALUE_TIME, .time = time };
        } else if (g_strcmp0(type, "certificate") == 0 && json_is_string(first) &&
                   json_is_string(second)) {
                ValueCertificate *pair = arena_new0(arena, ValueCertificate, 1);

                pair->cert = value_string_copy(arena, json_string_value(first),
                                               json_string_length(first));
                pair->key = value_string_copy(arena, json_string_value(second),
                                              json_string_length(second));
                *ret = (Value){ .type = VALUE_CERTIFICATE, .certificate = pair };
        } else {
                return false;
        }
        return true;
}

/* The call with its evaluated arguments: `randAlphaNum 16` in a loop is one text, several times */
static json_t *values_of(json_t *table, const TemplateCall *call)
{
        g_autofree char *text = template_call_to_text(call);
        json_t *values = json_object_get(table, text);

        if (values == NULL) {
                values = json_array();
                json_object_set_new(table, text, values);
        }
        return values;
}

static TemplateVerdict supply(TemplateCall *call, Value *ret, void *user)
{
        FunctionRecord *record = user;
        json_t *now;
        const json_t *kept;

        if ((call->function->flags & TEMPLATE_FN_VOLATILE) == 0)
                return TEMPLATE_CALL_GO_ON;
        now = values_of(record->now, call);
        kept = json_array_get(values_of(record->before, call), json_array_size(now));
        if (kept == NULL || !value_from_json(call->arena, kept, ret))
                return TEMPLATE_CALL_GO_ON;
        json_array_append(now, (json_t *) kept);
        return TEMPLATE_CALL_SUPPLIED;
}

static void observe(const TemplateCall *call, Value result, void *user)
{
        FunctionRecord *record = user;
        json_t *value;

        if ((call->function->flags & TEMPLATE_FN_VOLATILE) == 0)
                return;
        value = value_to_json(result);
        if (value != NULL)
                json_array_append_new(values_of(record->now, call), value);
}

/* Texts that were looked up and gave nothing leave no empty row behind. */
static void drop_empty(json_t *table)
{
        const char *call;
        json_t *values;
        void *next;

        json_object_foreach_safe(table, next, call, values) {
                if (json_array_size(values) == 0)
                        json_object_del(table, call);
        }
}

bool functions_render_recorded(const char *name, const char *text, const FunctionProvider *provider,
                               FunctionRecord *record, GString *out, TemplateError *ret_error)
{
        TemplateContext context = functions_context(provider);
        g_autoptr(Template)
                tpl = template_parse(name, text, strlen(text), functions_all(), ret_error);
        bool ok;

        if (tpl == NULL)
                return false;
        json_object_clear(record->now);
        context.intercept_mask = TEMPLATE_FN_VOLATILE;
        context.intercept = supply;
        context.observe = observe;
        context.hook_user = record;
        ok = template_render(tpl, &context, out, ret_error);
        drop_empty(record->now);
        drop_empty(record->before);
        return ok;
}
