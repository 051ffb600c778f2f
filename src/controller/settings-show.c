/* Views: settings as a list, as a file, and as a hash */

#include "controller/settings.h"

#include <string.h>

#include "base/json.h"
#include "controller/settings-private.h"
#include "crypto/secret.h"

static json_t *multi_of(const Item *item, bool is_data)
{
        const char *text = is_data ? item->user_multi->data : item->user_multi->value;

        return text != NULL ? json_loads(text, 0, NULL) : NULL;
}

static bool has_no_value(const Item *item)
{
        return item->setting->type == SETTING_LABEL || item->setting->type == SETTING_HEADING ||
               item->setting->type == SETTING_SELECT_MANY;
}

json_t *settings_export(Settings *settings, bool reveal)
{
        json_t *root = json_object();

        settings->pass++;
        for (guint i = 0; i < settings->items->len; i++) {
                Item *item = settings->items->pdata[i];
                json_t *member;

                settings_compute(settings, item);
                if (has_no_value(item) || item->state != ITEM_KNOWN ||
                    (!reveal && settings_item_is_secret(settings, item)))
                        continue;
                member = json_pack("{s:s}", "value", item->value);
                if (item->data != NULL) {
                        g_autofree char *data = secret_base64_encode(item->data, item->data_size,
                                                                     SECRET_BASE64);

                        json_object_set_new(member, "data", json_string(data));
                }
                if (item->user_multi != NULL) {
                        /* they are said one by one, not once more together */
                        json_object_del(member, "data");
                        json_object_set_new(member, "value", json_string(""));
                        json_object_set_new(member, "multi_value", multi_of(item, false));
                        json_object_set_new(member, "multi_data", multi_of(item, true));
                }
                json_object_set_new(root, item->setting->name, member);
        }
        return root;
}

static json_t *shown_value(Settings *settings, const Item *item, bool reveal)
{
        g_autofree char *masked = NULL;

        if (item->state != ITEM_KNOWN || item->is_provisional || item->value == NULL)
                return json_null();
        if (reveal)
                return json_string(item->value);
        if (item->setting->type != SETTING_FILE && settings_item_is_secret(settings, item))
                return json_string(*item->value != '\0' ? SETTINGS_MASK : "");
        /* others may have been made from a secret */
        masked = settings_mask(settings, item->value);
        return json_string(masked);
}

static const char *or_empty(const char *text)
{
        return text != NULL ? text : "";
}

json_t *settings_to_json(Settings *settings, bool reveal)
{
        json_t *list = json_array();

        settings->pass++;
        for (guint i = 0; i < settings->items->len; i++) {
                Item *item = settings->items->pdata[i];
                const Setting *setting = item->setting;
                bool is_option = item->parent != NULL;

                settings_compute(settings, item);
                json_array_append_new(
                        list,
                        json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:b, s:b, s:b, s:b, s:b}", "name",
                                  setting->name, "type",
                                  is_option ? "option" : setting_type_to_string(setting->type),
                                  "group", or_empty(item->group->name), "title",
                                  or_empty(setting->title.raw), "value",
                                  shown_value(settings, item, reveal), "origin", item->origin,
                                  "is_secret", (int) settings_item_is_secret(settings, item),
                                  "is_default", (int) (strcmp(item->origin, ORIGIN_USER) != 0),
                                  "is_visible", (int) settings_is_visible(settings, setting->name),
                                  "required", (int) setting->required, "readonly",
                                  (int) setting->readonly));
        }
        return list;
}

char *settings_hash(Settings *settings)
{
        g_autoptr(json_t) all = json_object();
        char *text, *hash;

        settings->pass++;
        for (guint i = 0; i < settings->items->len; i++) {
                Item *item = settings->items->pdata[i];
                g_autofree char *data = NULL;

                settings_compute(settings, item);
                if (item->state != ITEM_KNOWN)
                        continue;
                data = store_keyed_hash(settings->store, or_empty(item->data), item->data_size);
                json_object_set_new(all, item->setting->name,
                                    json_pack("[s, s]", or_empty(item->value), data));
        }
        text = json_to_canonical_text(all);
        hash = store_keyed_hash(settings->store, text, -1);
        secret_text_free(text);
        return hash;
}
