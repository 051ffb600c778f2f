#include "cli/show.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "cli/display.h"

#define ID_LENGTH       64 /* of a container: hex digits */
#define ID_LENGTH_SHORT 12

static void append_value(GString *out, const json_t *value)
{
        const char *key;
        json_t *member;
        size_t i;

        if (value == NULL || json_is_null(value))
                return;
        if (json_is_string(value)) {
                g_string_append(out, json_string_value(value));
        } else if (json_is_integer(value)) {
                g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        } else if (json_is_real(value)) {
                g_string_append_printf(out, "%.10g", json_real_value(value));
        } else if (json_is_boolean(value)) {
                g_string_append(out, json_is_true(value) ? "yes" : "no");
        } else if (json_is_array(value)) {
                json_array_foreach((json_t *) value, i, member) {
                        if (i > 0)
                                g_string_append(out, ", ");
                        append_value(out, member);
                }
        } else {
                json_object_foreach((json_t *) value, key, member) {
                        if (out->len > 0 && out->str[out->len - 1] != ' ')
                                g_string_append_c(out, ' ');
                        g_string_append_printf(out, "%s=", key);
                        append_value(out, member);
                }
        }
}

char *show_value(const json_t *value)
{
        GString *out = g_string_new(NULL);

        append_value(out, value);
        return g_string_free(out, false);
}

char *show_at(const json_t *root, const char *path)
{
        return show_value(json_at(root, path));
}

char *show_since(const char *time)
{
        int64_t ns;

        if (time == NULL || !time_from_rfc3339(time, &ns) || ns == 0)
                return g_strdup("");
        return duration_to_text(MAX(g_get_real_time() - ns / NS_PER_US, 0));
}

char *show_ago(const char *time)
{
        g_autofree char *since = show_since(time);

        return *since == '\0' ? g_strdup("") : g_strconcat(since, " ago", NULL);
}

char *show_moment(const char *time)
{
        int64_t ns;
        char *text;

        if (time == NULL || !time_from_rfc3339(time, &ns) || ns == 0)
                return g_strdup("");
        text = time_to_rfc3339(ns);
        text[strlen("2026-11-22")] = ' ';
        text[strlen("2026-11-22 01:02:03")] = '\0';
        return text;
}

char *show_container(const char *id)
{
        if (id == NULL)
                return g_strdup("");
        if (strlen(id) == ID_LENGTH && strspn(id, "0123456789abcdef") == ID_LENGTH)
                return g_strndup(id, ID_LENGTH_SHORT);
        return g_strdup(id);
}

static const struct {
        const char *word;
        Style style;
} state_styles[] = {
        { "running", STYLE_GOOD },     { "done", STYLE_GOOD },     { "started", STYLE_GOOD },
        { "succeeded", STYLE_GOOD },   { "ok", STYLE_GOOD },       { "failed", STYLE_BAD },
        { "error", STYLE_BAD },        { "unknown", STYLE_WARN },  { "warning", STYLE_WARN },
        { "interrupted", STYLE_WARN }, { "stopped", STYLE_WARN },  { "stopping", STYLE_WARN },
        { "starting", STYLE_BUSY },    { "updating", STYLE_BUSY }, { "pulling", STYLE_BUSY },
        { "created", STYLE_BUSY },     { "start", STYLE_GOOD },    { "run", STYLE_GOOD },
        { "replace", STYLE_WARN },     { "remove", STYLE_BAD },    { "keep", STYLE_DIM },
        { "skip", STYLE_DIM },         { "off", STYLE_DIM },       { "held", STYLE_DIM },
        { "superseded", STYLE_DIM },   { "update", STYLE_WARN },
};

Style show_state_style(const char *word)
{
        for (size_t i = 0; i < G_N_ELEMENTS(state_styles); i++) {
                if (g_strcmp0(word, state_styles[i].word) == 0)
                        return state_styles[i].style;
        }
        return STYLE_PLAIN;
}

void show_quote(Output *output, const char *lines)
{
        g_auto(GStrv) all = g_strsplit(lines, "\n", -1);

        for (size_t i = 0; all[i] != NULL; i++) {
                if (*all[i] != '\0' || all[i + 1] != NULL)
                        output_advise(output, "| %s", all[i]);
        }
}

void show_warnings(Output *output, const json_t *result)
{
        const json_t *warning;
        size_t i;

        json_array_foreach((json_t *) json_at(result, "warnings"), i, warning) {
                g_autofree char *text = show_value(warning);

                output_warn(output, "%s", text);
        }
}
