/*
 * What keys mean: for `slipway explain` and for the reference page, from the tables
 */

#include "format/format.h"

#include <string.h>

#include "base/text.h"
#include "format/examples.h"
#include "format/keys.h"

/* Deeper than the format nests; also ends the walk of what contains itself */
#define DEPTH_MAX 12

static const char *templates_text(const KeySpec *key)
{
        switch (key->templates) {
        case T_NO:
                return "no";
        case T_YES:
                return "yes";
        case T_SKIP:
                return "yes";
        }
        g_assert_not_reached();
}

static const char *status_text(const KeySpec *key)
{
        switch (key->status) {
        case KEY_DONE:
                return NULL;
        case KEY_BESIDE:
                return "read and checked; has no effect yet";
        case KEY_LATER:
                return "not done yet: `up` refuses it, because it would change what runs";
        case KEY_FOREIGN:
                return "of another scheduler, or internal: read and checked only";
        }
        g_assert_not_reached();
}

/* ---- Finding a key ---- */

/* The next word of `components[0].containers.name`; false at the end */
static bool next_word(const char **at, char *ret_word, size_t size)
{
        size_t n = 0;

        while (**at == '.' || **at == '[') {
                if (**at == '[')
                        *at += strcspn(*at, "]");
                if (**at != '\0')
                        (*at)++;
        }
        while (**at != '\0' && **at != '.' && **at != '[' && n + 1 < size)
                ret_word[n++] = *(*at)++;
        ret_word[n] = '\0';
        return n > 0;
}

/* Follows a path of keys from an object. On failure *ret_suggestion may be set. */
static const KeySpec *follow(const ObjectSpec *object, const char *path,
                             const char **ret_suggestion)
{
        const KeySpec *key = NULL;
        char word[64];

        while (next_word(&path, word, sizeof word)) {
                key = object == NULL ? NULL : object_find(object, word);
                if (key == NULL) {
                        if (object != NULL)
                                *ret_suggestion = object_closest(object, word);
                        return NULL;
                }
                object = key->object;
        }
        return key;
}

/* The first object below this one, in breadth, from which the path leads to a key: `ephemeral`
 * alone finds the container's */
static const KeySpec *find_below(const ObjectSpec *object, const char *path, GString *prefix,
                                 unsigned depth)
{
        const char *ignored = NULL;
        size_t len = prefix->len;
        const KeySpec *found = follow(object, path, &ignored);

        if (found != NULL || depth == 0)
                return found;
        for (const KeySpec *key = object->keys; key->name != NULL; key++) {
                if (key->object == NULL)
                        continue;
                g_string_append_printf(prefix, "%s%s", prefix->len > 0 ? "." : "", key->name);
                found = find_below(key->object, path, prefix, depth - 1);
                if (found != NULL)
                        return found;
                g_string_truncate(prefix, len);
        }
        return NULL;
}

static const KeySpec *find_key(const char *path, GString *prefix, const char **ret_suggestion)
{
        const KeySpec *key = follow(&root_object, path, ret_suggestion);

        for (unsigned depth = 1; key == NULL && depth < DEPTH_MAX; depth++)
                key = find_below(&root_object, path, prefix, depth);
        return key;
}

/* The object that a path leads to, where all of its words but the last are keys */
static const ObjectSpec *find_parent(const char *path)
{
        const char *end = strrchr(path, '.'), *ignored = NULL;
        g_autofree char *parent = end == NULL ? NULL : g_strndup(path, end - path);
        g_autoptr(GString) prefix = g_string_new(NULL);
        const KeySpec *key = parent == NULL ? NULL : find_key(parent, prefix, &ignored);

        return key == NULL ? NULL : key->object;
}

/* The last word of `a[0].b[1]`, without its index */
static char *last_word(const char *path)
{
        const char *dot = strrchr(path, '.');
        const char *word = dot != NULL ? dot + 1 : path;

        return g_strndup(word, strcspn(word, "["));
}

/* The closest key of any object */
static const char *closest_anywhere(const ObjectSpec *object, const char *word, unsigned depth)
{
        const char *found = object_closest(object, word);

        for (const KeySpec *key = object->keys; found == NULL && depth > 0 && key->name != NULL;
             key++) {
                if (key->object != NULL)
                        found = closest_anywhere(key->object, word, depth - 1);
        }
        return found;
}

/* The key that was probably meant by the last word that can be followed to; else by any */
static const char *suggest(const char *path, const char *near_root)
{
        const ObjectSpec *parent = find_parent(path);
        g_autofree char *word = last_word(path);

        if (parent != NULL)
                return object_closest(parent, word);
        return near_root != NULL ? near_root : closest_anywhere(&root_object, word, 3);
}

/* ---- Text for a terminal ---- */

static void append_keys(GString *out, const ObjectSpec *object)
{
        size_t width = 0;

        for (const KeySpec *key = object->keys; key->name != NULL; key++)
                width = MAX(width, strlen(key->name));
        for (const KeySpec *key = object->keys; key->name != NULL; key++)
                g_string_append_printf(out, "  %-*s  %s\n", (int) width, key->name, key->help);
}

static void append_example(GString *out, const ObjectSpec *object)
{
        const char *yaml = example_of(object->name);
        g_auto(GStrv) lines = yaml != NULL ? g_strsplit(yaml, "\n", -1) : NULL;

        if (yaml == NULL)
                return;
        g_string_append(out, "\nexample:\n\n");
        for (size_t i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
                g_string_append_printf(out, "  %s\n", lines[i]);
}

static void append_key(GString *out, const char *path, const KeySpec *key)
{
        g_autofree char *type = key_type_text(key);

        g_string_append_printf(out, "%s: %s\n\n", path, key->help);
        g_string_append_printf(out, "  type       %s\n", type);
        if (key->object == NULL)
                g_string_append_printf(out, "  templates  %s\n", templates_text(key));
        if ((key->flags & KEY_REQUIRED) != 0)
                g_string_append(out, "  required   yes\n");
        if (key->fallback != NULL)
                g_string_append_printf(out, "  default    %s\n", key->fallback);
        if (key->instead != NULL)
                g_string_append_printf(out, "  instead    `%s`; this is an old name\n",
                                       key->instead);
        if ((key->flags & KEY_OURS) != 0)
                g_string_append(out, "  origin     Slipway's addition to the format\n");
        if (status_text(key) != NULL)
                g_string_append_printf(out, "  state      %s\n", status_text(key));
        if (key->object == NULL)
                return;
        g_string_append_printf(out, "\n%s: %s\n\n", key->object->name, key->object->help);
        append_keys(out, key->object);
        append_example(out, key->object);
}

char *format_explain(const char *path, const char **ret_suggestion)
{
        GString *out = g_string_new(NULL);
        g_autoptr(GString) prefix = g_string_new(NULL);
        const KeySpec *key;

        *ret_suggestion = NULL;
        if (path[0] == '\0') {
                g_string_append_printf(out, "%s: %s\n\n", root_object.name, root_object.help);
                append_keys(out, &root_object);
                return g_string_free(out, false);
        }
        key = find_key(path, prefix, ret_suggestion);
        if (key == NULL) {
                *ret_suggestion = suggest(path, *ret_suggestion);
                g_string_free(out, true);
                return NULL;
        }
        if (prefix->len > 0)
                g_string_append_c(prefix, '.');
        g_string_append(prefix, path);
        append_key(out, prefix->str, key);
        return g_string_free(out, false);
}

/* ---- The reference page ---- */

static void append_row(GString *out, const KeySpec *key)
{
        g_autofree char *type = key_type_text(key);
        const char *status = status_text(key);

        g_string_append_printf(
                out, "| `%s` | %s%s | %s | %s%s%s | %s", key->name, type,
                (key->flags & KEY_REQUIRED) != 0 ? ", **required**" : "",
                key->object != NULL ? "" : templates_text(key), key->fallback != NULL ? "`" : "",
                key->fallback != NULL ? key->fallback : "", key->fallback != NULL ? "`" : "", "");
        for (const char *at = key->help; *at != '\0'; at++)
                g_string_append_printf(out, "%s%c", *at == '|' ? "\\" : "", *at);
        if (key->instead != NULL)
                g_string_append_printf(out, ". *An old name; write `%s`*", key->instead);
        if ((key->flags & KEY_OURS) != 0)
                g_string_append(out, ". *Slipway's addition*");
        if (status != NULL)
                g_string_append_printf(out, ". *%c%s*", g_ascii_toupper(status[0]), status + 1);
        g_string_append(out, " |\n");
}

static void append_object(GString *out, const char *title, const ObjectSpec *object)
{
        g_string_append_printf(out,
                               "\n## %s\n\n%c%s.\n\n"
                               "| Key | Type | Templates | Default | Meaning |\n"
                               "|---|---|---|---|---|\n",
                               title, g_ascii_toupper(object->help[0]), object->help + 1);
        for (const KeySpec *key = object->keys; key->name != NULL; key++)
                append_row(out, key);
        if (example_of(object->name) != NULL)
                g_string_append_printf(out, "\n```yaml\n%s```\n", example_of(object->name));
}

/* Each kind of object once, where it is met first */
static void append_objects(GString *out, GHashTable *seen, const ObjectSpec *object,
                           const char *path)
{
        for (const KeySpec *key = object->keys; key->name != NULL; key++) {
                g_autofree char *below = NULL;

                if (key->object == NULL || !g_hash_table_add(seen, (ObjectSpec *) key->object))
                        continue;
                below = g_strdup_printf("%s%s%s", path, path[0] != '\0' ? "." : "", key->name);
                append_object(out, below, key->object);
                append_objects(out, seen, key->object, below);
        }
}

static void append_findings(GString *out)
{
        size_t n;
        const FormatFinding *findings = format_findings(&n);

        g_string_append(out, "\n## Findings\n\n"
                             "`slipway lint` reports an error only where the format's own "
                             "validator rejects a file; `up`, `plan` and `lint --for-up` also "
                             "where what would run is not what was meant. `# slipway: ignore NAME` "
                             "on the line silences one that is not an error.\n\n"
                             "| Finding | lint | up | Meaning |\n|---|---|---|---|\n");
        for (size_t i = 0; i < n; i++)
                if (!findings[i].is_compose)
                        g_string_append_printf(out, "| `%s` | %s | %s | %s |\n", findings[i].name,
                                               diag_severity_to_string(findings[i].lint),
                                               diag_severity_to_string(findings[i].up),
                                               findings[i].help);
}

char *format_reference(void)
{
        GString *out = g_string_new(
                "# The native format: all keys\n\n"
                "This page is made from the tables that the program reads files by; "
                "`slipway explain KEY` shows the same.\n\n"
                "**text** is any scalar and means what stands in the file: `1.10` stays `1.10`, "
                "`no` stays `no`. **boolean text** and **number text** are text that is read as "
                "such when it is needed, so that a template may stand there. **bool**, **int** and "
                "**uint** are YAML's own, without quotes; no template can stand there.\n");
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

        append_object(out, "The document", &root_object);
        append_objects(out, seen, &root_object, "");
        append_findings(out);
        return g_string_free(out, false);
}
