/* Masks: which texts are secret, and texts without them */

#include "controller/settings.h"

#include <string.h>

#include "base/json.h"
#include "controller/settings-private.h"
#include "crypto/secret.h"

/* A line of a key is a secret, too; its first and last line are not */
#define LINE_MIN 16

static void add_secret(GHashTable *seen, GPtrArray *secrets, const char *text, size_t length)
{
        g_autofree char *copy = g_strndup(text, length);

        if (g_utf8_strlen(copy, -1) < SETTINGS_MASK_MIN || g_hash_table_contains(seen, copy))
                return;
        g_hash_table_add(seen, copy);
        g_ptr_array_add(secrets, g_steal_pointer(&copy));
}

static void add_with_lines(GHashTable *seen, GPtrArray *secrets, const char *text)
{
        const char *at = text;

        add_secret(seen, secrets, text, strlen(text));
        if (strchr(text, '\n') == NULL)
                return;
        while (*at != '\0') {
                size_t length = strcspn(at, "\r\n");

                if (length >= LINE_MIN && !g_str_has_prefix(at, "-----"))
                        add_secret(seen, secrets, at, length);
                at += length;
                at += strspn(at, "\r\n");
        }
}

static int longest_first(gconstpointer a, gconstpointer b)
{
        const char *one = *(const char *const *) a;
        const char *two = *(const char *const *) b;
        size_t n_one = strlen(one), n_two = strlen(two);

        return n_one != n_two ? (n_one < n_two) - (n_one > n_two) : strcmp(one, two);
}

static void add_multi(GHashTable *seen, GPtrArray *secrets, const SettingValue *multi)
{
        g_autoptr(json_t) values = json_loads(multi->value, 0, NULL);
        json_t *value;
        size_t i;

        json_array_foreach(values, i, value)
                add_with_lines(seen, secrets, json_string_value(value));
}

static void add_files(GHashTable *seen, GPtrArray *secrets, const Item *item)
{
        g_autoptr(GPtrArray) files = settings_multi_files(item);
        g_autoptr(json_t) encoded = item->user_multi->data != NULL
                                            ? json_loads(item->user_multi->data, 0, NULL)
                                            : NULL;
        json_t *text;
        size_t i;

        for (guint j = 0; j < files->len; j++) {
                const SettingsFile *file = files->pdata[j];

                if (file->data != NULL && strlen(file->data) == file->size)
                        add_with_lines(seen, secrets, file->data);
        }
        json_array_foreach(encoded, i, text)
                add_secret(seen, secrets, json_string_value(text), json_string_length(text));
}

static void add_item(Settings *settings, GHashTable *seen, GPtrArray *secrets, Item *item)
{
        if (!settings_item_is_secret(settings, item))
                return;
        settings_compute(settings, item);
        /* The value of a file is its name */
        if (item->value != NULL && item->setting->type != SETTING_FILE)
                add_with_lines(seen, secrets, item->value);
        if (item->data != NULL && strlen(item->data) == item->data_size)
                add_with_lines(seen, secrets, item->data);
        if (item->user != NULL && item->user->data != NULL)
                add_secret(seen, secrets, item->user->data, strlen(item->user->data));
        if (item->user_multi != NULL && item->setting->type != SETTING_FILE)
                add_multi(seen, secrets, item->user_multi);
        else if (item->user_multi != NULL)
                add_files(seen, secrets, item);
}

const GPtrArray *settings_secrets(Settings *settings)
{
        g_autoptr(GHashTable) seen = NULL;

        if (settings->secrets != NULL)
                return settings->secrets;
        /* It borrows the texts of the list */
        seen = g_hash_table_new(g_str_hash, g_str_equal);
        settings->secrets = g_ptr_array_new_with_free_func((GDestroyNotify) secret_text_free);
        if (settings->path->len == 0)
                settings->pass++;
        for (guint i = 0; i < settings->items->len; i++)
                add_item(settings, seen, settings->secrets, settings->items->pdata[i]);
        for (guint i = 0; i < settings->extra_secrets->len; i++)
                add_with_lines(seen, settings->secrets, settings->extra_secrets->pdata[i]);
        g_ptr_array_sort(settings->secrets, longest_first);
        return settings->secrets;
}

void settings_add_secret(Settings *settings, const char *text)
{
        g_ptr_array_add(settings->extra_secrets, g_strdup(text));
        g_clear_pointer(&settings->secrets, g_ptr_array_unref);
}

char *settings_mask(Settings *settings, const char *text)
{
        const GPtrArray *secrets = settings_secrets(settings);
        g_autoptr(GString) masked = g_string_new(text);

        for (guint i = 0; i < secrets->len; i++)
                g_string_replace(masked, secrets->pdata[i], SETTINGS_MASK, 0);
        return g_string_free(g_steal_pointer(&masked), false);
}

json_t *settings_mask_json(Settings *settings, const json_t *value)
{
        json_t *masked, *member;
        const char *key;
        size_t i;

        if (json_is_string(value)) {
                g_autofree char *text = settings_mask(settings, json_string_value(value));

                return json_string(text);
        }
        if (json_is_array(value)) {
                masked = json_array();
                json_array_foreach(value, i, member)
                        json_array_append_new(masked, settings_mask_json(settings, member));
                return masked;
        }
        if (json_is_object(value)) {
                masked = json_object();
                json_object_foreach((json_t *) value, key, member)
                        json_object_set_new(masked, key, settings_mask_json(settings, member));
                return masked;
        }
        return json_copy((json_t *) value);
}
