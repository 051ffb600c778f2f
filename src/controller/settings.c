#include "controller/settings.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/commands.h"
#include "controller/settings-private.h"
#include "crypto/secret.h"

G_DEFINE_QUARK(slipway - settings - error - quark, settings_error)

/* ---- Items ---- */

void settings_item_forget(Item *item)
{
        item->state = ITEM_NEW;
        item->is_provisional = false;
        item->origin = "";
        secret_text_free(g_steal_pointer(&item->value));
        if (item->data != NULL)
                secret_wipe(item->data, item->data_size);
        g_clear_pointer(&item->data, g_free);
        item->data_size = 0;
}

static void item_free(gpointer data)
{
        Item *item = data;

        settings_item_forget(item);
        setting_value_free(item->user);
        setting_value_free(item->user_multi);
        g_free(item);
}

Item *settings_find(const Settings *settings, const char *name)
{
        return g_hash_table_lookup(settings->by_name, name);
}

/* The first of a name counts, as for templates */
static void add_item(Settings *settings, const SettingGroup *group, const Setting *parent,
                     const Setting *setting)
{
        Item *item = g_new0(Item, 1);

        item->setting = setting;
        item->parent = parent;
        item->group = group;
        item->origin = "";
        g_ptr_array_add(settings->items, item);
        if (!g_hash_table_contains(settings->by_name, setting->name))
                g_hash_table_insert(settings->by_name, (gpointer) setting->name, item);
}

static void add_items(Settings *settings)
{
        for (size_t i = 0; i < settings->app->n_groups; i++) {
                const SettingGroup *group = &settings->app->groups[i];

                for (size_t j = 0; j < group->n_settings; j++) {
                        const Setting *setting = &group->settings[j];

                        add_item(settings, group, NULL, setting);
                        for (size_t k = 0; k < setting->n_children; k++)
                                add_item(settings, group, setting, &setting->children[k]);
                }
        }
}

bool settings_read_user_values(Settings *settings, GError **error)
{
        g_autoptr(GPtrArray) rows = store_settings(settings->store, settings->name, error);

        if (rows == NULL)
                return false;
        for (guint i = 0; i < settings->items->len; i++) {
                Item *item = settings->items->pdata[i];

                g_clear_pointer(&item->user, setting_value_free);
                g_clear_pointer(&item->user_multi, setting_value_free);
        }
        for (guint i = 0; i < rows->len; i++) {
                SettingValue *value = rows->pdata[i];
                Item *item = settings_find(settings, value->name);
                SettingValue **place = NULL;

                if (item != NULL && strcmp(value->origin, ORIGIN_USER) == 0)
                        place = &item->user;
                else if (item != NULL && item->setting->multiple &&
                         strcmp(value->origin, ORIGIN_USER_MULTI) == 0)
                        place = &item->user_multi;
                if (place != NULL) {
                        *place = value;
                        rows->pdata[i] = NULL;
                }
        }
        return true;
}

/* ---- Asking ---- */

static SettingsAnswer answer(Settings *settings, const char *name, Item **ret_item)
{
        Item *item = settings_find(settings, name);

        if (item == NULL)
                return SETTINGS_UNKNOWN;
        if (settings->path->len == 0)
                settings->pass++;
        settings_compute(settings, item);
        *ret_item = item;
        return item->state == ITEM_NOT_YET ? SETTINGS_NOT_YET : SETTINGS_KNOWN;
}

SettingsAnswer settings_get(Settings *settings, const char *name, const char **ret_value)
{
        Item *item;
        SettingsAnswer got = answer(settings, name, &item);

        if (got == SETTINGS_KNOWN)
                *ret_value = item->value != NULL ? item->value : "";
        return got;
}

SettingsAnswer settings_get_data(Settings *settings, const char *name, const char **ret_data,
                                 size_t *ret_size)
{
        Item *item;
        SettingsAnswer got = answer(settings, name, &item);

        if (got == SETTINGS_KNOWN) {
                *ret_data = item->data != NULL ? item->data : "";
                *ret_size = item->data_size;
        }
        return got;
}

const char *settings_origin(Settings *settings, const char *name)
{
        Item *item;

        return answer(settings, name, &item) == SETTINGS_UNKNOWN ? "" : item->origin;
}

bool settings_is_user_set(Settings *settings, const char *name)
{
        return strcmp(settings_origin(settings, name), ORIGIN_USER) == 0;
}

const char **settings_names(Settings *settings)
{
        const char **names = g_new0(const char *, settings->items->len + 1);

        for (guint i = 0; i < settings->items->len; i++)
                names[i] = ((Item *) settings->items->pdata[i])->setting->name;
        return names;
}

/* ---- Visibility ---- */

/* `name=value` or `name!=value`; true where the name is none, which lint reports */
static bool compare(Settings *settings, const char *when)
{
        const char *unequal = strstr(when, "!=");
        const char *sign = unequal != NULL ? unequal : strchr(when, '=');
        g_autofree char *name = g_strndup(when, sign - when);
        const char *wanted = sign + (unequal != NULL ? 2 : 1);
        const char *value;

        if (settings_get(settings, name, &value) != SETTINGS_KNOWN)
                return true;
        return (strcmp(value, wanted) == 0) == (unequal == NULL);
}

/* Text that is no boolean counts as true */
bool settings_when(Settings *settings, const Item *item, const Text *when)
{
        g_autofree char *text = NULL;
        bool is_on;

        if (when->raw == NULL || *when->raw == '\0' || text_parse_bool(when->raw, &is_on))
                return when->raw == NULL || *when->raw == '\0' || is_on;
        if (!text_has_template(when->raw) && strchr(when->raw, '=') != NULL)
                return compare(settings, when->raw);
        text = settings_render_text(settings, item, "when", when);
        if (text == NULL || *text == '\0')
                return true;
        if (!text_parse_bool(text, &is_on)) {
                settings_complain(
                        settings, "setting-when", when->pos, DIAG_WARNING,
                        "`when` gives `%s`, which is neither true nor false; it counts as true",
                        text);
                return true;
        }
        return is_on;
}

static bool is_visible(Settings *settings, const Item *item)
{
        return settings_when(settings, item, &item->group->when) &&
               settings_when(settings, item,
                             item->parent != NULL ? &item->parent->when : &item->setting->when);
}

bool settings_is_visible(Settings *settings, const char *name)
{
        const Item *item = settings_find(settings, name);

        return item != NULL && is_visible(settings, item);
}

/* ---- Secrets ---- */

static bool is_secret_command(const Settings *settings, const CommandRef *ref)
{
        const Command *command = ref->name != NULL
                                         ? application_find_command(settings->app, ref->name)
                                         : NULL;

        return command != NULL && command_makes_secrets(command);
}

bool settings_item_is_secret(const Settings *settings, const Item *item)
{
        const Setting *setting = item->setting;

        if (setting->type == SETTING_PASSWORD || setting->type == SETTING_FILE)
                return true;
        return is_secret_command(settings, &setting->value_cmd) ||
               is_secret_command(settings, &setting->default_cmd) ||
               is_secret_command(settings, &setting->data_cmd);
}

bool settings_is_secret(const Settings *settings, const char *name)
{
        const Item *item = settings_find(settings, name);

        return item != NULL && settings_item_is_secret(settings, item);
}

/* ---- Loading ---- */

static bool has_value(Settings *settings, const Item *item)
{
        const char *value;

        if (item->setting->type != SETTING_SELECT_MANY)
                return item->state == ITEM_NOT_YET || item->data_size > 0 ||
                       (item->setting->type != SETTING_FILE && *item->value != '\0');
        for (size_t i = 0; i < item->setting->n_children; i++) {
                if (settings_get(settings, item->setting->children[i].name, &value) ==
                            SETTINGS_KNOWN &&
                    strcmp(value, "1") == 0)
                        return true;
        }
        return false;
}

/* A choice must be one of its options; an old value may not be one any more */
static void check_choice(Settings *settings, const Item *item)
{
        const Setting *setting = item->setting;

        if (!settings_is_choice(setting->type) || item->state != ITEM_KNOWN ||
            *item->value == '\0' || setting->n_children == 0)
                return;
        for (size_t i = 0; i < setting->n_children; i++) {
                if (strcmp(setting->children[i].name, item->value) == 0)
                        return;
        }
        settings_complain(settings, "setting-value", setting->pos, DIAG_ERROR,
                          "the setting `%s` is `%s`, which is none of its options", setting->name,
                          item->value);
}

static void check_required(Settings *settings, const Item *item)
{
        const Setting *setting = item->setting;

        if (!setting->required || setting->type == SETTING_LABEL ||
            setting->type == SETTING_HEADING || has_value(settings, item) ||
            !is_visible(settings, item))
                return;
        settings_complain(settings, "setting-required", setting->pos, DIAG_ERROR,
                          "the setting `%s` needs a value; give one with --set %s=%s",
                          setting->name, setting->name,
                          setting->type == SETTING_FILE ? "@FILE" : "VALUE");
}

void settings_invalidate(Settings *settings)
{
        for (guint i = 0; i < settings->items->len; i++)
                settings_item_forget(settings->items->pdata[i]);
        g_clear_pointer(&settings->secrets, g_ptr_array_unref);
}

void settings_check(Settings *settings, DiagList *diags)
{
        settings_invalidate(settings);
        settings->diags = diags;
        settings->pass++;
        for (guint i = 0; i < settings->items->len; i++)
                settings_compute(settings, settings->items->pdata[i]);
        for (guint i = 0; i < settings->items->len; i++) {
                check_choice(settings, settings->items->pdata[i]);
                check_required(settings, settings->items->pdata[i]);
        }
        settings->diags = NULL;
}

Settings *settings_load(const Application *app, Store *store, const char *name,
                        const SettingsHost *host, DiagList *diags, GError **error)
{
        g_autoptr(Settings) settings = g_new0(Settings, 1);

        settings->app = app;
        settings->store = store;
        settings->name = g_strdup(name);
        settings->host = host;
        settings->items = g_ptr_array_new_with_free_func(item_free);
        settings->by_name = g_hash_table_new(g_str_hash, g_str_equal);
        settings->results = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                                  (GDestroyNotify) g_strfreev);
        settings->path = g_ptr_array_new();
        settings->extra_secrets = g_ptr_array_new_with_free_func((GDestroyNotify) secret_text_free);
        add_items(settings);
        if (!settings_read_user_values(settings, error)) {
                g_prefix_error(error, "reading the settings of %s: ", name);
                return NULL;
        }
        if (diags != NULL)
                settings_check(settings, diags);
        return g_steal_pointer(&settings);
}

void settings_free(Settings *settings)
{
        if (settings == NULL)
                return;
        g_clear_pointer(&settings->items, g_ptr_array_unref);
        g_clear_pointer(&settings->by_name, g_hash_table_unref);
        g_clear_pointer(&settings->results, g_hash_table_unref);
        g_clear_pointer(&settings->path, g_ptr_array_unref);
        g_clear_pointer(&settings->extra_secrets, g_ptr_array_unref);
        g_clear_pointer(&settings->secrets, g_ptr_array_unref);
        g_free(settings->name);
        g_free(settings);
}
