#include "template/template.h"

#include <string.h>

#include "base/text.h"
#include "template/fmt.h"
#include "template/lex.h"
#include "template/node.h"
#include "template/place.h"
#include "template/walk.h"

struct TemplateFunctions {
        GHashTable *by_name;
        const TemplateFunction **list;
        const char **names; /* NULL-terminated */
        size_t n;
};

void template_error_clear(TemplateError *error)
{
        g_free(error->template_name);
        g_free(error->text);
        g_free(error->message);
        g_free(error->suggestion);
        *error = (TemplateError){ 0 };
}

char *template_error_to_text(const TemplateError *error)
{
        return g_strdup_printf("%s:%u:%u: %s", error->template_name, error->line, error->column,
                               error->message);
}

/* As UTF-8 that may be shown: errors go into JSON and terminals */
static char *shown(const char *s, size_t n)
{
        g_autofree char *copy = g_strndup(s, n);

        return g_utf8_make_valid(copy, -1);
}

#define ERROR_TEXT_MAX 200

void template_error_set(TemplateError *error, TemplateErrorKind kind, const Template *tpl,
                        const char *name, size_t offset, size_t end, char *message)
{
        g_autofree char *owned = message;
        Place at;

        if (error == NULL)
                return;
        offset = MIN(offset, tpl->len);
        end = CLAMP(end, offset, tpl->len);
        template_error_clear(error);
        error->kind = kind;
        error->template_name = g_utf8_make_valid(name, -1);
        error->offset = offset;
        at = place_at(tpl->text, offset);
        error->line = at.line;
        error->column = at.column;
        error->text = shown(tpl->text + offset, MIN(end - offset, ERROR_TEXT_MAX));
        error->message = g_utf8_make_valid(owned, -1);
}

static bool call_error(TemplateCall *call, TemplateErrorKind kind, const char *format, va_list args)
        G_GNUC_PRINTF(3, 0);

static bool call_error(TemplateCall *call, TemplateErrorKind kind, const char *format, va_list args)
{
        g_autofree char *message = g_strdup_vprintf(format, args);

        return render_fail(call->render, kind, call->offset, call->offset + call->source_len,
                           "%s: %s", call->function->name, message);
}

bool template_call_fail(TemplateCall *call, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        call_error(call, TEMPLATE_ERROR_EXEC, format, args);
        va_end(args);
        return false;
}

bool template_call_unresolved(TemplateCall *call, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        call_error(call, TEMPLATE_ERROR_UNRESOLVED, format, args);
        va_end(args);
        return false;
}

static bool over_limit(TemplateCall *call, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool over_limit(TemplateCall *call, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        call_error(call, TEMPLATE_ERROR_LIMIT, format, args);
        va_end(args);
        return false;
}

bool template_call_charge(TemplateCall *call, size_t steps)
{
        TemplateRender *r = call->render;

        if (r->steps >= steps) {
                r->steps -= steps;
                return true;
        }
        r->steps = 0;
        return over_limit(call, "the template took more than %zu steps: does it end?",
                          r->limits.steps);
}

bool template_call_reserve(TemplateCall *call, size_t size)
{
        TemplateRender *r = call->render;
        size_t used = arena_size(r->arena) - r->arena_start;

        if (size <= r->limits.memory && used <= r->limits.memory - size)
                return true;
        return over_limit(call, "the template's values take more than %zu bytes of memory",
                          r->limits.memory);
}

static int by_name(const void *a, const void *b)
{
        return strcmp((*(const TemplateFunction *const *) a)->name,
                      (*(const TemplateFunction *const *) b)->name);
}

TemplateFunctions *template_functions_new(const TemplateFunction *const *tables)
{
        TemplateFunctions *functions = g_new0(TemplateFunctions, 1);
        GHashTableIter iter;
        gpointer row;

        functions->by_name = g_hash_table_new(g_str_hash, g_str_equal);
        for (const TemplateFunction *f = template_builtin_functions; f->name != NULL; f++)
                g_hash_table_insert(functions->by_name, (gpointer) f->name, (gpointer) f);
        for (; tables != NULL && *tables != NULL; tables++)
                for (const TemplateFunction *f = *tables; f->name != NULL; f++)
                        g_hash_table_replace(functions->by_name, (gpointer) f->name, (gpointer) f);
        functions->list = g_new(const TemplateFunction *, g_hash_table_size(functions->by_name));
        functions->names = g_new0(const char *, g_hash_table_size(functions->by_name) + 1);
        g_hash_table_iter_init(&iter, functions->by_name);
        while (g_hash_table_iter_next(&iter, NULL, &row))
                functions->list[functions->n++] = row;
        qsort(functions->list, functions->n, sizeof *functions->list, by_name);
        for (size_t i = 0; i < functions->n; i++)
                functions->names[i] = functions->list[i]->name;
        return functions;
}

void template_functions_free(TemplateFunctions *functions)
{
        if (functions == NULL)
                return;
        g_hash_table_unref(functions->by_name);
        g_free(functions->list);
        g_free(functions->names);
        g_free(functions);
}

const TemplateFunction *template_functions_find(const TemplateFunctions *functions,
                                                const char *name)
{
        return g_hash_table_lookup(functions->by_name, name);
}

const TemplateFunction *const *template_functions_list(const TemplateFunctions *functions,
                                                       size_t *ret_n)
{
        *ret_n = functions->n;
        return functions->list;
}

const char *template_functions_closest(const TemplateFunctions *functions, const char *name)
{
        return text_closest(name, functions->names);
}

Template *template_parse(const char *name, const char *text, size_t len,
                         const TemplateFunctions *functions, TemplateError *ret_error)
{
        g_autoptr(Template) tpl = g_new0(Template, 1);
        char *copy;

        tpl->arena = arena_new();
        tpl->name = g_strdup(name);
        copy = arena_alloc(tpl->arena, MIN(len, TEMPLATE_TEXT_MAX) + 1);
        memcpy(copy, text, MIN(len, TEMPLATE_TEXT_MAX));
        tpl->text = copy;
        tpl->len = MIN(len, TEMPLATE_TEXT_MAX);
        tpl->functions = functions;
        if (len > TEMPLATE_TEXT_MAX) {
                template_error_set(
                        ret_error, TEMPLATE_ERROR_PARSE, tpl, name, 0, 0,
                        g_strdup_printf("a template has at most %u bytes", TEMPLATE_TEXT_MAX));
                return NULL;
        }
        tpl->is_plain = memmem(text, len, LEFT_DELIMITER, LEFT_DELIMITER_LEN) == NULL;
        if (tpl->is_plain)
                return g_steal_pointer(&tpl);
        tpl->definitions = g_hash_table_new(g_str_hash, g_str_equal);
        tpl->variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        tpl->sites = g_array_new(false, false, sizeof(CallSite));
        if (!parse_template(tpl, ret_error))
                return NULL;
        return g_steal_pointer(&tpl);
}

void template_free(Template *tpl)
{
        if (tpl == NULL)
                return;
        g_clear_pointer(&tpl->definitions, g_hash_table_unref);
        g_clear_pointer(&tpl->variables, g_hash_table_unref);
        g_clear_pointer(&tpl->sites, g_array_unref);
        arena_free(tpl->arena);
        g_free(tpl->name);
        g_free(tpl);
}

bool template_is_plain(const Template *tpl)
{
        return tpl->is_plain;
}

const char *template_text(const Template *tpl, size_t *ret_len)
{
        *ret_len = tpl->len;
        return tpl->text;
}

static TemplateLimits with_defaults(TemplateLimits limits)
{
        return (TemplateLimits){
                .steps = limits.steps != 0 ? limits.steps : TEMPLATE_STEPS_MAX,
                .output = limits.output != 0 ? limits.output : TEMPLATE_OUTPUT_MAX,
                .memory = limits.memory != 0 ? limits.memory : TEMPLATE_MEMORY_MAX,
                .recursion = limits.recursion != 0 ? limits.recursion : TEMPLATE_RECURSION_MAX,
                .regex_steps = limits.regex_steps != 0 ? limits.regex_steps
                                                       : TEMPLATE_REGEX_STEPS_MAX,
        };
}

bool template_render(const Template *tpl, const TemplateContext *context, GString *out,
                     TemplateError *ret_error)
{
        static const TemplateContext nothing = { 0 };
        g_autoptr(Arena) own = NULL;
        TemplateRender render = { .tpl = tpl, .out = out, .out_start = out->len };

        if (tpl->is_plain) {
                g_string_append_len(out, tpl->text, (gssize) tpl->len);
                return true;
        }
        render.context = context != NULL ? context : &nothing;
        render.limits = with_defaults(render.context->limits);
        render.steps = render.limits.steps;
        render.error = ret_error;
        render.arena = render.context->arena;
        if (render.arena == NULL)
                render.arena = own = arena_new();
        render.arena_start = arena_size(render.arena);
        if (walk_root(&render))
                return true;
        g_string_truncate(out, render.out_start);
        return false;
}

bool template_expand(const char *name, const char *text, size_t len,
                     const TemplateFunctions *functions, const TemplateContext *context,
                     GString *out, TemplateError *ret_error)
{
        g_autoptr(Template) tpl = NULL;

        if (memmem(text, len, LEFT_DELIMITER, LEFT_DELIMITER_LEN) == NULL) {
                g_string_append_len(out, text, (gssize) len);
                return true;
        }
        tpl = template_parse(name, text, len, functions, ret_error);
        return tpl != NULL && template_render(tpl, context, out, ret_error);
}

static int by_offset(const void *a, const void *b)
{
        const CallSite *x = a, *y = b;

        return (x->function->start > y->function->start) -
               (x->function->start < y->function->start);
}

static bool visit_site(const Template *tpl, Places *places, const CallSite *at,
                       bool (*visit)(const TemplateCallSite *site, void *user), void *user)
{
        size_t n = at->command != NULL ? at->command->n_args - 1 : 0;
        size_t end = at->command != NULL ? at->command->end : at->function->end;
        g_autoptr(Arena) arena = arena_new();
        const char **literals = arena_new0(arena, const char *, n);
        unsigned *lines = arena_new0(arena, unsigned, n), *columns = arena_new0(arena, unsigned, n);
        TemplateCallSite site = {
                .function = at->function->function,
                .source = tpl->text + at->function->start,
                .source_len = end - at->function->start,
                .offset = at->function->start,
                .n_args = n,
                .literals = literals,
                .arg_lines = lines,
                .arg_columns = columns,
                .is_piped = at->command != NULL && at->command->is_piped,
        };
        Place where;

        where = places_find(places, at->function->start);
        site.line = where.line;
        site.column = where.column;
        for (size_t i = 0; i < n; i++) {
                const Node *arg = at->command->args[i + 1];

                where = places_find(places, arg->start);
                lines[i] = where.line;
                columns[i] = where.column;
                if (arg->type == NODE_STRING)
                        literals[i] = value_cstring(arena, arg->value);
        }
        return visit(&site, user);
}

void template_foreach_call(const Template *tpl,
                           bool (*visit)(const TemplateCallSite *site, void *user), void *user)
{
        g_autoptr(GArray) sites = NULL;
        g_auto(Places) places = { 0 };

        if (tpl->sites == NULL)
                return;
        places_init(&places, tpl->text, tpl->len);
        sites = g_array_copy(tpl->sites);
        g_array_sort(sites, by_offset);
        for (guint i = 0; i < sites->len; i++)
                if (!visit_site(tpl, &places, &g_array_index(sites, CallSite, i), visit, user))
                        return;
}

void value_print(GString *out, Value v)
{
        if (v.type == VALUE_MISSING || v.type == VALUE_NIL)
                g_string_append(out, "<no value>");
        else
                fmt_value(out, out->len + TEMPLATE_OUTPUT_MAX, v);
}

char *template_call_to_text(const TemplateCall *call)
{
        GString *text = g_string_new(call->function->name);

        for (size_t i = 0; i < call->n_args; i++) {
                g_string_append_c(text, ' ');
                fmt_printf(text, text->len + TEMPLATE_OUTPUT_MAX, "%#v", 3, &call->args[i], 1);
        }
        return g_string_free(text, false);
}

char *template_function_signature(const TemplateFunction *function)
{
        static const struct {
                char letter;
                const char *word;
        } words[] = {
                { 's', "STRING" },  { 'b', "BOOL" },    { 'i', "INT" },         { 'l', "INT64" },
                { 'u', "UINT64" },  { 'w', "UINT32" },  { 'f', "FLOAT" },       { 'a', "ANY" },
                { 'v', "ANY" },     { 'S', "STRINGS" }, { 'L', "LIST" },        { 'I', "INTS" },
                { 'M', "DICT" },    { 'N', "DICT" },    { 't', "TIME" },        { 'd', "DURATION" },
                { 'V', "VERSION" }, { 'o', "ZONE" },    { 'c', "CERTIFICATE" },
        };
        GString *text = g_string_new(function->name);
        g_autofree char *letters = g_strconcat(function->params, ">", function->result, NULL);

        for (const char *p = letters; *p != '\0'; p++) {
                if (*p == '*')
                        g_string_append(text, "...");
                if (*p == '>')
                        g_string_append(text, " ->");
                for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
                        if (words[i].letter == *p) {
                                g_string_append_c(text, ' ');
                                g_string_append(text, words[i].word);
                        }
        }
        return g_string_free(text, false);
}
