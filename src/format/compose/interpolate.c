#include "format/compose/interpolate.h"

#include <string.h>

typedef struct Interpolation {
        InterpolateLookup lookup;
        gconstpointer user;
        InterpolateResult *result;
} Interpolation;

void interpolate_result_clear(InterpolateResult *result)
{
        g_clear_pointer(&result->text, g_free);
        g_clear_pointer(&result->required, g_free);
        g_clear_pointer(&result->reason, g_free);
        g_clear_pointer(&result->unset, g_ptr_array_unref);
}

static size_t name_length(const char *text)
{
        size_t len = 0;

        if (!g_ascii_isalpha(text[0]) && text[0] != '_')
                return 0;
        while (g_ascii_isalnum(text[len]) || text[len] == '_')
                len++;
        return len;
}

/* The brace that closes what begins here, or NULL */
static const char *closing_brace(const char *at)
{
        unsigned depth = 1;

        for (; *at != '\0'; at++) {
                depth += *at == '{';
                if (*at == '}' && --depth == 0)
                        return at;
        }
        return NULL;
}

static bool fail(Interpolation *in, const char *problem)
{
        in->result->problem = problem;
        return false;
}

static bool substitute(Interpolation *in, const char *text, size_t len, unsigned depth,
                       GString *out);

/* What follows the name between braces: an operator and its word. False: it failed. */
static bool apply_operator(Interpolation *in, const char *name, const char *operator,
                           const char * end, unsigned depth, GString *out)
{
        const char *value = in->lookup(name, in->user);
        bool counts_empty = operator[0] == ':', has_value;
        const char *word = operator+ counts_empty + 1;
        GString *alternative;

        has_value = value != NULL && (!counts_empty || value[0] != '\0');
        switch (operator[counts_empty]) {
        case '-':
                if (has_value)
                        g_string_append(out, value);
                return has_value || substitute(in, word, end - word, depth + 1, out);
        case '+':
                return !has_value || substitute(in, word, end - word, depth + 1, out);
        case '?':
                if (has_value) {
                        g_string_append(out, value);
                        return true;
                }
                alternative = g_string_new(NULL);
                if (substitute(in, word, end - word, depth + 1, alternative)) {
                        in->result->required = g_strdup(name);
                        in->result->reason = g_strdup(alternative->str);
                        in->result->problem = "a required variable has no value";
                }
                g_string_free(alternative, true);
                return false;
        default:
                return fail(in, "between braces stands a variable's name, perhaps followed by one "
                                "of `:-`, `-`, `:+`, `+`, `:?`, `?`");
        }
}

static void append_value(Interpolation *in, const char *name, GString *out)
{
        const char *value = in->lookup(name, in->user);

        if (value != NULL)
                g_string_append(out, value);
        else
                g_ptr_array_add(in->result->unset, g_strdup(name));
}

/* Behind `${`; *ret_end is behind the closing brace */
static bool braced(Interpolation *in, const char *text, unsigned depth, GString *out,
                   const char **ret_end)
{
        size_t len = name_length(text);
        const char *end = closing_brace(text);
        g_autofree char *name = g_strndup(text, len);

        if (end == NULL)
                return fail(in, "a `${` without its `}`; a `$` as such is written `$$`");
        if (len == 0)
                return fail(in, "`${` is not followed by a variable's name; a `$` as such is "
                                "written `$$`");
        *ret_end = end + 1;
        if (text + len == end) {
                append_value(in, name, out);
                return true;
        }
        return apply_operator(in, name, text + len, end, depth, out);
}

static bool substitute(Interpolation *in, const char *text, size_t len, unsigned depth,
                       GString *out)
{
        g_autofree char *copy = g_strndup(text, len);
        const char *at = copy;

        if (depth > INTERPOLATE_DEPTH_MAX)
                return fail(in, "defaults within defaults, more than 32 deep");
        while (*at != '\0') {
                const char *dollar = strchrnul(at, '$');

                g_string_append_len(out, at, dollar - at);
                if (*dollar == '\0')
                        break;
                at = dollar + 1;
                if (*at == '$') {
                        g_string_append_c(out, '$');
                        at++;
                } else if (*at == '{') {
                        if (!braced(in, at + 1, depth, out, &at))
                                return false;
                } else if (name_length(at) > 0) {
                        g_autofree char *name = g_strndup(at, name_length(at));

                        append_value(in, name, out);
                        at += strlen(name);
                } else {
                        g_string_append_c(out, '$');
                }
                if (out->len > INTERPOLATE_LENGTH_MAX)
                        return fail(in, "the value becomes longer than 1 MiB");
        }
        return true;
}

InterpolateResult interpolate_text(const char *text, InterpolateLookup lookup, gconstpointer user)
{
        InterpolateResult result = { .unset = g_ptr_array_new_with_free_func(g_free) };
        Interpolation in = { .lookup = lookup, .user = user, .result = &result };
        GString *out = g_string_new(NULL);

        if (substitute(&in, text, strlen(text), 0, out))
                result.text = g_string_free(out, false);
        else
                g_string_free(out, true);
        return result;
}

static const char *lookup_environment(const char *name, gconstpointer user)
{
        return environment_get(user, name);
}

static void tell_unset(Loader *loader, const ComposeNode *node, const Path *path,
                       const GPtrArray *unset)
{
        for (size_t i = 0; i < unset->len; i++) {
                if (!g_hash_table_add(loader->told, g_strdup(unset->pdata[i])))
                        continue;
                loader_report(loader, "unset-variable", node->pos, node->width, path,
                              "the variable `%s` is not set, so it is empty; `${%s:-}` says that "
                              "this is meant",
                              (char *) unset->pdata[i], (char *) unset->pdata[i]);
        }
}

static void interpolate_scalar(Loader *loader, ComposeNode *node, const Path *path,
                               const Environment *environment)
{
        g_auto(InterpolateResult) result = { 0 };

        if (loader->is_over || strchr(node->text, '$') == NULL)
                return;
        result = interpolate_text(node->text, lookup_environment, environment);
        if (result.required != NULL) {
                loader_report(loader, "required-variable", node->pos, node->width, path,
                              "the variable `%s` has no value%s%s", result.required,
                              result.reason[0] != '\0' ? ": " : ", and the file demands one",
                              result.reason);
        } else if (result.text == NULL) {
                loader_report(loader, "interpolation", node->pos, node->width, path, "%s",
                              result.problem);
        } else if ((loader->n_text += strlen(result.text)) > COMPOSE_TEXT_MAX) {
                if (!loader->is_over)
                        loader_report(loader, "compose-limit", node->pos, node->width, path,
                                      "variables become more than %u bytes", COMPOSE_TEXT_MAX);
                loader->is_over = true;
        } else {
                node->text = arena_strdup(loader->arena, result.text);
                tell_unset(loader, node, path, result.unset);
        }
}

void interpolate_node(Loader *loader, ComposeNode *node, const Path *path,
                      const Environment *environment)
{
        switch (node->type) {
        case COMPOSE_TEXT:
                interpolate_scalar(loader, node, path, environment);
                break;
        case COMPOSE_LIST:
                for (size_t i = 0; i < node->n_items; i++) {
                        Path here = { .parent = path, .index = i };

                        interpolate_node(loader, node->items[i], &here, environment);
                }
                break;
        case COMPOSE_MAP:
                for (size_t i = 0; i < node->n_pairs; i++) {
                        Path here = { .parent = path, .key = node->pairs[i].key };

                        interpolate_node(loader, node->pairs[i].value, &here, environment);
                }
                break;
        case COMPOSE_NULL:
        case COMPOSE_BOOL:
        case COMPOSE_NUMBER:
                break;
        }
}
