#include "functions/functions.h"

#include <string.h>

const TemplateFunctions *functions_all(void)
{
        static const TemplateFunctions *all;

        if (g_once_init_enter(&all)) {
                const TemplateFunction *tables[32];
                size_t n = 0;

                while (template_pure_tables[n] != NULL) {
                        tables[n] = template_pure_tables[n];
                        n++;
                }
                tables[n++] = functions_clock;
                tables[n++] = functions_crypto;
                tables[n++] = functions_app;
                tables[n] = NULL;
                g_assert(n < G_N_ELEMENTS(tables));
                g_once_init_leave(&all, template_functions_new(tables));
        }
        return all;
}

TemplateContext functions_context(const FunctionProvider *provider)
{
        return (TemplateContext){ .user = (void *) provider };
}

bool functions_render(const char *name, const char *text, const FunctionProvider *provider,
                      GString *out, TemplateError *ret_error)
{
        TemplateContext context = functions_context(provider);

        return template_expand(name, text, strlen(text), functions_all(), &context, out, ret_error);
}

Value functions_strings_from_json(Arena *arena, const json_t *json)
{
        Value list = value_list_new(arena, VALUE_STRINGS, json_array_size(json));

        for (size_t i = 0; i < json_array_size(json); i++) {
                const json_t *item = json_array_get(json, i);

                if (json_is_string(item))
                        value_list_add(arena, list.list,
                                       value_string_copy(arena, json_string_value(item),
                                                         json_string_length(item)));
        }
        return list;
}

static Value from_object(Arena *arena, const json_t *json)
{
        Value map = value_map_new(arena, VALUE_MAP);
        const char *key;
        json_t *item;

        json_object_foreach((json_t *) json, key, item)
                value_map_set(arena, map.map, value_string_copy(arena, key, strlen(key)),
                              functions_value_from_json(arena, item));
        return map;
}

/* Recursion is bounded by jansson's own limit on nesting (2048) */
Value functions_value_from_json(Arena *arena, const json_t *json)
{
        Value list;

        if (json == NULL)
                return value_nil();
        switch (json_typeof(json)) {
        case JSON_OBJECT:
                return from_object(arena, json);
        case JSON_ARRAY:
                list = value_list_new(arena, VALUE_LIST, json_array_size(json));
                for (size_t i = 0; i < json_array_size(json); i++)
                        value_list_add(arena, list.list,
                                       functions_value_from_json(arena, json_array_get(json, i)));
                return list;
        case JSON_STRING:
                return value_string_copy(arena, json_string_value(json), json_string_length(json));
        case JSON_INTEGER:
                return value_int(json_integer_value(json));
        case JSON_REAL:
                return value_float(json_real_value(json));
        case JSON_TRUE:
                return value_bool(true);
        case JSON_FALSE:
                return value_bool(false);
        case JSON_NULL:
                return value_nil();
        }
        g_assert_not_reached();
}

/* What the identity of a workload must not depend on */
#define NOT_IDENTITY                                                                               \
        (TEMPLATE_FN_PLACE | TEMPLATE_FN_CLOCK | TEMPLATE_FN_RANDOM | TEMPLATE_FN_RELEASE)

static TemplateVerdict keep_text(TemplateCall *call, Value *ret, void *user)
{
        g_autofree char *text = NULL;

        if ((call->function->flags & NOT_IDENTITY) == 0)
                return TEMPLATE_CALL_GO_ON;
        text = template_call_to_text(call);
        *ret = value_string_copy(call->arena, text, strlen(text));
        g_ptr_array_add(user, g_steal_pointer(&text));
        return TEMPLATE_CALL_SUPPLIED;
}

/* Whether the texts have only been put where the answers would be: what was cut or compared is
 * not there any more, and the rest does not say what it was made of */
static bool all_are_in(const GPtrArray *texts, const char *out)
{
        for (guint i = 0; i < texts->len; i++)
                if (strstr(out, texts->pdata[i]) == NULL)
                        return false;
        return true;
}

typedef struct SettingsVisit {
        GString *out;
        const FunctionProvider *provider;
} SettingsVisit;

/* The value of a setting that is named literally; one that is computed shows in its own calls */
static bool append_setting(const TemplateCallSite *site, void *user)
{
        SettingsVisit *visit = user;
        g_autofree char *text = NULL;

        if ((site->function->flags & TEMPLATE_FN_SETTING) == 0)
                return true;
        for (size_t i = 0; i < site->n_args; i++)
                if (site->literals[i] == NULL)
                        return true;
        text = g_strdup_printf("{{repl %.*s}}", (int) site->source_len, site->source);
        g_string_append_printf(visit->out, "\n%.*s = ", (int) site->source_len, site->source);
        functions_render("identity", text, visit->provider, visit->out, NULL);
        return true;
}

bool functions_render_identity(const char *name, const char *text, const FunctionProvider *provider,
                               GString *out, TemplateError *ret_error)
{
        TemplateContext context = functions_context(provider);
        g_autoptr(Template)
                tpl = template_parse(name, text, strlen(text), functions_all(), ret_error);
        g_auto(TemplateError) ignored = { 0 };
        SettingsVisit visit = { out, provider };
        g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
        size_t start = out->len;

        if (tpl == NULL)
                return false;
        context.intercept_mask = NOT_IDENTITY;
        context.intercept = keep_text;
        context.hook_user = kept;
        if (template_render(tpl, &context, out, &ignored) && all_are_in(kept, out->str + start))
                return true;
        g_string_truncate(out, start);
        g_string_append(out, text);
        template_foreach_call(tpl, append_setting, &visit);
        return true;
}
