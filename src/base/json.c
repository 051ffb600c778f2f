#include "base/json.h"

#include <string.h>

json_t *json_at(const json_t *root, const char *path)
{
        const json_t *at = root;

        while (at != NULL && *path != '\0') {
                size_t len = strcspn(path, ".");
                g_autofree char *key = g_strndup(path, len);

                at = json_object_get(at, key);
                path += len + (path[len] == '.');
        }
        return (json_t *) at;
}

const char *json_string_at(const json_t *root, const char *path, const char *fallback)
{
        const json_t *value = json_at(root, path);

        return json_is_string(value) ? json_string_value(value) : fallback;
}

gint64 json_int_at(const json_t *root, const char *path, gint64 fallback)
{
        const json_t *value = json_at(root, path);

        return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_bool_at(const json_t *root, const char *path, bool fallback)
{
        const json_t *value = json_at(root, path);

        return json_is_boolean(value) ? json_is_true(value) : fallback;
}

char *json_to_canonical_text(const json_t *value)
{
        char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        char *copy = g_strdup(text);

        free(text);
        return copy;
}
