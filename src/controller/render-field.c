/* Fields: one text of a file as the value that it means */

#include "base/text.h"
#include "controller/render-private.h"

void field_fail(Render *render, const SourcePos *pos, const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list args;

        if (render->out->error != NULL)
                return;
        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        render->out->error = pos->line == 0 ? g_strdup(message)
                                            : g_strdup_printf("%s:%u:%u: %s", pos->file, pos->line,
                                                              pos->col, message);
}

/* ---- Text ---- */

const char *field_text(Render *render, const Text *in, const char *field)
{
        g_autoptr(GString) out = NULL;
        g_autoptr(FunctionRecord) record = NULL;
        g_auto(TemplateError) error = { 0 };

        if (in->raw == NULL)
                return "";
        if (!text_has_template(in->raw))
                return arena_strdup(render->spec->arena, in->raw);
        out = g_string_new(NULL);
        if (render->records != NULL)
                record = function_record_from_json(json_object_get(render->records, field));
        if (record == NULL)
                record = function_record_new();
        if (!functions_render_recorded(field, in->raw, &render->scene->provider, record, out,
                                       &error)) {
                if (error.kind == TEMPLATE_ERROR_UNRESOLVED)
                        render->out->is_deferred = true;
                else
                        field_fail(render, &in->pos, "%s of %s: %s", field, render->workload->id,
                                   error.message);
                return "";
        }
        json_object_set_new(render->out->records, field, function_record_to_json(record));
        return arena_strndup(render->spec->arena, out->str, out->len);
}

const char *field_text_at(Render *render, const Text *in, const char *format, ...)
{
        g_autofree char *field = NULL;
        va_list args;

        va_start(args, format);
        field = g_strdup_vprintf(format, args);
        va_end(args);
        return field_text(render, in, field);
}

char *render_text(Scene *scene, const Text *in, char **ret_error)
{
        g_autoptr(GString) out = g_string_new(NULL);
        g_auto(TemplateError) error = { 0 };

        if (in->raw == NULL || !text_has_template(in->raw))
                return g_strdup(in->raw == NULL ? "" : in->raw);
        if (!functions_render("text", in->raw, &scene->provider, out, &error)) {
                *ret_error = g_strdup_printf("%s:%u:%u: %s", in->pos.file, in->pos.line,
                                             in->pos.col, error.message);
                return NULL;
        }
        return g_string_free(g_steal_pointer(&out), false);
}

const char *const *field_texts(Render *render, const TextList *in, const char *field,
                               bool drop_empty, size_t *ret_n)
{
        const char **out = arena_new0(render->spec->arena, const char *, in->n + 1);
        size_t n = 0;

        for (size_t i = 0; i < in->n; i++) {
                const char *value = field_text_at(render, &in->items[i], "%s[%zu]", field, i);

                if (value[0] != '\0' || !drop_empty)
                        out[n++] = value;
        }
        *ret_n = n;
        return out;
}

/* ---- Text that says something else ---- */

bool field_boolean(Render *render, const Text *in, const char *field, bool fallback)
{
        const char *value = field_text(render, in, field);
        bool result;

        if (value[0] == '\0' || text_parse_bool(value, &result))
                return value[0] == '\0' ? fallback : result;
        if (render->out->warning == NULL)
                render->out->warning = g_strdup_printf(
                        "`%s` of %s is `%s`, which is neither true nor false; it counts as %s",
                        field, render->workload->id, value, fallback ? "true" : "false");
        return fallback;
}

bool field_when(Render *render, const Text *in, const char *list, size_t i)
{
        g_autofree char *field = g_strdup_printf("%s[%zu].when", list, i);

        return in->raw == NULL || field_boolean(render, in, field, true);
}

int64_t field_number(Render *render, const Text *in, const char *field, int64_t min, int64_t max)
{
        const char *value = field_text(render, in, field);
        int64_t result;

        if (value[0] == '\0')
                return 0;
        if (!text_parse_int(value, &result) || result < min || result > max) {
                field_fail(render, &in->pos,
                           "%s of %s is `%s`; it must be a whole number from %" G_GINT64_FORMAT
                           " to %" G_GINT64_FORMAT,
                           field, render->workload->id, value, min, max);
                return 0;
        }
        return result;
}

int64_t field_size(Render *render, const Text *in, const char *field)
{
        const char *value = field_text(render, in, field);
        char *end;
        gint64 n;
        int shift = 0;

        if (value[0] == '\0')
                return 0;
        n = g_ascii_strtoll(value, &end, 10);
        switch (g_ascii_tolower(*end)) {
        case 'g':
                shift += 10;
                G_GNUC_FALLTHROUGH;
        case 'm':
                shift += 10;
                G_GNUC_FALLTHROUGH;
        case 'k':
                shift += 10;
                G_GNUC_FALLTHROUGH;
        case 'b':
                end++;
                break;
        default:
                break;
        }
        if (end == value || *end != '\0' || n < -1 || n > (G_MAXINT64 >> shift)) {
                field_fail(render, &in->pos,
                           "%s of %s is `%s`; it must be a number of bytes, also with "
                           "one of the suffixes b k m g",
                           field, render->workload->id, value);
                return 0;
        }
        return n < 0 ? n : n << shift;
}

unsigned field_mode(Render *render, const Text *in, const char *field)
{
        const char *value = field_text(render, in, field);
        const char *digits = g_str_has_prefix(value, "0o") ? value + 2 : value;
        char *end;
        guint64 result = g_ascii_strtoull(digits, &end, 8);

        if (value[0] != '\0' && (*end != '\0' || result > 07777)) {
                field_fail(render, &in->pos,
                           "%s of %s is `%s`; it must be an octal mode such as 0644", field,
                           render->workload->id, value);
                return 0;
        }
        return result;
}

int64_t field_owner(Render *render, const Text *in, const char *field)
{
        if (in->raw == NULL || in->raw[0] == '\0')
                return -1;
        return field_number(render, in, field, 0, G_MAXUINT32);
}
