#include "template/call.h"

#include "template/fmt.h"
#include "template/render.h"

Value call_take(TemplateCall *call, GString *text)
{
        Value v = value_string_copy(call->arena, text->str, text->len);

        g_string_free(text, true);
        return v;
}

bool call_give(TemplateCall *call, GString *text, Value *ret)
{
        *ret = call_take(call, text);
        return template_call_reserve(call, 0);
}

size_t call_output_max(const TemplateCall *call)
{
        return call->render->limits.output;
}

bool call_too_large(TemplateCall *call)
{
        return template_call_reserve(call, call->render->limits.memory + 1);
}

bool call_print(TemplateCall *call, GString *out, size_t from, bool indirect)
{
        size_t n = call->n_args - from;
        Value *args = arena_new0(call->arena, Value, n);

        for (size_t i = 0; i < n; i++) {
                args[i] = call->args[from + i];
                if (indirect && (args[i].type == VALUE_NIL || args[i].type == VALUE_MISSING))
                        args[i] = value_string("<no value>");
        }
        return fmt_print(out, call_output_max(call), args, n) || call_too_large(call);
}

Value call_strval(TemplateCall *call, Value v)
{
        GString *text;

        if (v.type == VALUE_STRING)
                return v;
        text = g_string_new(NULL);
        if (v.type == VALUE_BYTES)
                fmt_printf(text, call_output_max(call), "%s", 2, &v, 1);
        else
                fmt_value(text, call_output_max(call), v);
        return call_take(call, text);
}
