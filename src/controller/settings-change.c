/* Changes: what the user sets, all or nothing */

#include "controller/settings.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/settings-private.h"
#include "crypto/secret.h"

/* ---- What may be set ---- */

static Item *find_or_fail(Settings *settings, const char *name, GError **error)
{
        Item *item = settings_find(settings, name);
        g_autofree const char **names = NULL;
        const char *closest;

        if (item != NULL)
                return item;
        names = settings_names(settings);
        closest = text_closest(name, names);
        if (closest != NULL)
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_UNKNOWN,
                            "%s has no setting `%s`; did you mean `%s`?", settings->name, name,
                            closest);
        else
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_UNKNOWN, "%s has no setting `%s`",
                            settings->name, name);
        return NULL;
}

bool settings_item_may_be_set(Settings *settings, const Item *item, GError **error)
{
        const Setting *setting = item->setting;

        if (setting->type == SETTING_LABEL || setting->type == SETTING_HEADING) {
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_LOCKED,
                            "`%s` is a %s: it has no value to be set", setting->name,
                            setting_type_to_string(setting->type));
                return false;
        }
        if (setting->readonly) {
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_LOCKED, "`%s` is read-only",
                            setting->name);
                return false;
        }
        if (setting->write_once) {
                const char *origin = settings_origin(settings, setting->name);

                if (strcmp(origin, ORIGIN_USER) == 0 || strcmp(origin, ORIGIN_VALUE_CMD) == 0) {
                        g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_LOCKED,
                                    "`%s` can be set once only, and it is set", setting->name);
                        return false;
                }
        }
        return true;
}

static bool G_GNUC_PRINTF(2, 3) fail_value(GError **error, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        if (error != NULL)
                *error = g_error_new_valist(SETTINGS_ERROR, SETTINGS_ERROR_VALUE, format,
                                            arguments);
        va_end(arguments);
        return false;
}

static char *option_names(const Setting *setting)
{
        g_autoptr(GString) names = g_string_new(NULL);

        for (size_t i = 0; i < setting->n_children; i++)
                g_string_append_printf(names, "%s`%s`", i > 0 ? ", " : "",
                                       setting->children[i].name);
        return g_string_free(g_steal_pointer(&names), false);
}

static bool check_option(const Setting *setting, const char *value, GError **error)
{
        g_autofree char *names = NULL;

        for (size_t i = 0; i < setting->n_children; i++) {
                if (strcmp(setting->children[i].name, value) == 0)
                        return true;
        }
        if (setting->n_children == 0)
                return true;
        names = option_names(setting);
        return fail_value(error, "`%s` takes one of %s", setting->name, names);
}

/* The value as it is kept, or NULL. Messages do not repeat it: it may be a secret. */
static char *check_value(const Item *item, const char *value, gsize size, GError **error)
{
        const Setting *setting = item->setting;
        g_autofree char *names = NULL;
        bool is_on;

        if (size > SETTINGS_VALUE_MAX) {
                fail_value(error, "the value of `%s` has more than %u bytes", setting->name,
                           SETTINGS_VALUE_MAX);
                return NULL;
        }
        if (!g_utf8_validate(value, size, NULL)) { /* which a NUL is not, either */
                fail_value(error, "the value of `%s` is no text (UTF-8)", setting->name);
                return NULL;
        }
        if (setting->type == SETTING_SELECT_MANY) {
                names = option_names(setting);
                fail_value(error, "`%s` is a list of options; set each to 0 or 1: %s",
                           setting->name, names);
                return NULL;
        }
        if (setting->type == SETTING_BOOL ||
            (item->parent != NULL && item->parent->type == SETTING_SELECT_MANY)) {
                if (*value == '\0')
                        return g_strdup("");
                if (!text_parse_bool(value, &is_on)) {
                        fail_value(error, "`%s` takes 0 or 1", setting->name);
                        return NULL;
                }
                return g_strdup(is_on ? "1" : "0");
        }
        if ((setting->type == SETTING_SELECT_ONE || setting->type == SETTING_SELECT) &&
            *value != '\0' && !check_option(setting, value, error))
                return NULL;
        return g_strndup(value, size);
}

/* ---- Writing ---- */

static SettingValue *value_new(Settings *settings, const Item *item, const char *origin)
{
        SettingValue *value = g_new0(SettingValue, 1);

        value->name = g_strdup(item->setting->name);
        value->origin = g_strdup(origin);
        value->is_secret = settings_item_is_secret(settings, item);
        return value;
}

static bool is_dry_run(const Settings *settings)
{
        return settings->host != NULL && settings->host->is_dry_run;
}

static bool same_value(const SettingValue *one, const SettingValue *two)
{
        return one != NULL && g_strcmp0(one->value, two->value) == 0 &&
               g_strcmp0(one->data, two->data) == 0;
}

/* Keeps one row of an item, @value NULL removes it; takes it over where all goes well */
static bool write_row(Settings *settings, const char *name, const char *origin,
                      SettingValue **place, SettingValue *value, GError **error)
{
        bool ok = true;

        if (*place == NULL && value == NULL)
                return true;
        if (settings->changed != NULL &&
            !g_ptr_array_find_with_equal_func(settings->changed, name, g_str_equal, NULL) &&
            (value == NULL || !same_value(*place, value)))
                g_ptr_array_add(settings->changed, g_strdup(name));
        if (!is_dry_run(settings))
                ok = value != NULL
                             ? store_setting_set(settings->store, settings->name, value, error)
                             : store_setting_unset(settings->store, settings->name, name, origin,
                                                   error);
        if (!ok) {
                setting_value_free(value);
                return false;
        }
        setting_value_free(*place);
        *place = value;
        return true;
}

/* What the user gave for an item as a row; NULL and no error for "" */
static SettingValue *row_from_value(Settings *settings, const Item *item, const char *value,
                                    gsize size, const char *file, GError **error)
{
        g_autoptr(SettingValue) row = value_new(settings, item, ORIGIN_USER);

        if (item->setting->type == SETTING_FILE) {
                if (size > SETTINGS_DATA_MAX) {
                        fail_value(error, "the file for `%s` has more than %u bytes",
                                   item->setting->name, SETTINGS_DATA_MAX);
                        return NULL;
                }
                row->value = g_strdup(file != NULL && strcmp(file, "-") != 0 ? file
                                                                             : item->setting->name);
                row->data = secret_base64_encode(value, size, SECRET_BASE64);
                return g_steal_pointer(&row);
        }
        if (file != NULL && size > 0 && value[size - 1] == '\n')
                size -= size > 1 && value[size - 2] == '\r' ? 2 : 1;
        row->value = check_value(item, value, size, error);
        return row->value != NULL ? g_steal_pointer(&row) : NULL;
}

bool settings_set(Settings *settings, const char *name, const char *value, gssize size,
                  const char *file, GError **error)
{
        Item *item = find_or_fail(settings, name, error);
        gsize length = size < 0 ? strlen(value) : (gsize) size;
        SettingValue *row;

        if (item == NULL)
                return false;
        row = row_from_value(settings, item, value, length, file, error);
        if (row == NULL)
                return false;
        if (same_value(item->user, row)) {
                setting_value_free(row);
                return true;
        }
        if (!settings_item_may_be_set(settings, item, error)) {
                setting_value_free(row);
                return false;
        }
        if (*row->value == '\0' || (row->data != NULL && *row->data == '\0'))
                g_clear_pointer(&row, setting_value_free);
        if (!write_row(settings, name, ORIGIN_USER, &item->user, row, error))
                return false;
        settings_invalidate(settings);
        return true;
}

/* All values of a setting that takes several */
static bool set_several(Settings *settings, Item *item, const GPtrArray *arguments, GError **error)
{
        g_autoptr(json_t) values = json_array(), contents = json_array();
        SettingValue *multi;

        if (arguments->len > SETTINGS_MULTI_MAX)
                return fail_value(error, "`%s` takes at most %d values", item->setting->name,
                                  SETTINGS_MULTI_MAX);
        for (guint i = 0; i < arguments->len; i++) {
                const SettingsArgument *argument = arguments->pdata[i];
                SettingValue *row = row_from_value(settings, item, argument->value, argument->size,
                                                   argument->file, error);

                if (row == NULL)
                        return false;
                json_array_append_new(values, json_string(row->value));
                if (row->data != NULL)
                        json_array_append_new(contents, json_string(row->data));
                setting_value_free(row);
        }
        multi = value_new(settings, item, ORIGIN_USER_MULTI);
        multi->value = json_to_canonical_text(values);
        if (json_array_size(contents) > 0)
                multi->data = json_to_canonical_text(contents);
        if (same_value(item->user_multi, multi)) {
                setting_value_free(multi);
                return true;
        }
        if (!settings_item_may_be_set(settings, item, error)) {
                setting_value_free(multi);
                return false;
        }
        if (!write_row(settings, item->setting->name, ORIGIN_USER_MULTI, &item->user_multi, multi,
                       error) ||
            !write_row(settings, item->setting->name, ORIGIN_USER, &item->user, NULL, error))
                return false;
        settings_invalidate(settings);
        return true;
}

bool settings_unset(Settings *settings, const char *name, GError **error)
{
        Item *item = find_or_fail(settings, name, error);

        if (item == NULL || !settings_item_may_be_set(settings, item, error) ||
            !write_row(settings, name, ORIGIN_USER, &item->user, NULL, error) ||
            !write_row(settings, name, ORIGIN_USER_MULTI, &item->user_multi, NULL, error))
                return false;
        settings_invalidate(settings);
        return true;
}

/* ---- Settings files ---- */

/* What a settings file says of one item, checked */
typedef struct Change {
        Item *item;
        SettingValue *row;   /* NULL: back to what the file says */
        SettingValue *multi; /* likewise */
} Change;

static void change_clear(gpointer data)
{
        Change *change = data;

        setting_value_free(change->row);
        setting_value_free(change->multi);
}

/* One text of a list as it is kept, or NULL */
static char *check_item(const Item *item, const json_t *text, bool is_base64, GError **error)
{
        const char *value = json_string_value(text);
        g_autofree char *decoded = NULL;
        size_t size;

        if (!is_base64 && value != NULL && item->setting->type != SETTING_FILE)
                return check_value(item, value, json_string_length(text), error);
        decoded = value != NULL && is_base64 ? secret_base64_decode(value, SECRET_BASE64, &size)
                                             : NULL;
        if (decoded != NULL)
                secret_wipe(decoded, size);
        if (value != NULL && (decoded != NULL || !is_base64))
                return g_strdup(value);
        fail_value(error, "what is listed for `%s` are %s", item->setting->name,
                   is_base64 ? "base64 texts" : "texts");
        return NULL;
}

/* A list of texts, each base64 where it says so, as JSON text; NULL with error */
static char *check_list(const Item *item, const char *key, json_t *list, bool is_base64,
                        GError **error)
{
        g_autoptr(json_t) kept = json_array();
        json_t *text;
        size_t i;

        if (!json_is_array(list) || json_array_size(list) > SETTINGS_MULTI_MAX) {
                fail_value(error, "`%s` of `%s` is a list of at most %d texts", key,
                           item->setting->name, SETTINGS_MULTI_MAX);
                return NULL;
        }
        json_array_foreach(list, i, text) {
                g_autofree char *value = check_item(item, text, is_base64, error);

                if (value == NULL)
                        return NULL;
                json_array_append_new(kept, json_string(value));
        }
        return json_to_canonical_text(kept);
}

static bool read_multi(Settings *settings, Change *change, json_t *member, GError **error)
{
        json_t *values = json_object_get(member, "multi_value");
        json_t *data = json_object_get(member, "multi_data");

        if (json_array_size(values) == 0 && json_array_size(data) == 0)
                return values == NULL || json_is_array(values) || json_is_null(values) ||
                       fail_value(error, "`multi_value` of `%s` is a list",
                                  change->item->setting->name);
        if (!change->item->setting->multiple)
                return fail_value(error, "`%s` has one value: `value`, not `multi_value`",
                                  change->item->setting->name);
        change->multi = value_new(settings, change->item, ORIGIN_USER_MULTI);
        change->multi->value = values != NULL ? check_list(change->item, "multi_value", values,
                                                           false, error)
                                              : g_strdup("[]");
        if (change->multi->value == NULL)
                return false;
        if (data == NULL)
                return true;
        change->multi->data = check_list(change->item, "multi_data", data, true, error);
        return change->multi->data != NULL;
}

static bool read_row(Settings *settings, Change *change, json_t *member, GError **error)
{
        const Item *item = change->item;
        json_t *data = json_object_get(member, "data");
        json_t *value = json_object_get(member, "value");
        g_autofree char *decoded = NULL;
        size_t size;

        if ((value != NULL && !json_is_string(value)) || (data != NULL && !json_is_string(data)))
                return fail_value(error, "`value` and `data` of `%s` are texts",
                                  item->setting->name);
        if (json_string_length(data) == 0) {
                /* the name of a file without its content says nothing */
                if (item->setting->type == SETTING_FILE || json_string_length(value) == 0)
                        return true;
                change->row = row_from_value(settings, item, json_string_value(value),
                                             json_string_length(value), NULL, error);
                return change->row != NULL;
        }
        if (item->setting->type != SETTING_FILE)
                return fail_value(error, "`%s` is no file: it has no `data`", item->setting->name);
        decoded = secret_base64_decode(json_string_value(data), SECRET_BASE64, &size);
        if (decoded == NULL)
                return fail_value(error, "`data` of `%s` is no base64", item->setting->name);
        if (size == 0) /* blanks only: as without */
                return true;
        change->row = row_from_value(
                settings, item, decoded, size,
                json_string_length(value) > 0 ? json_string_value(value) : NULL, error);
        secret_wipe(decoded, size);
        return change->row != NULL;
}

/* The same content; a name that the file does not have says nothing */
static bool is_same_file(Settings *settings, const Item *item, const SettingValue *row)
{
        g_autofree char *encoded = NULL;
        const char *data;
        size_t size;

        if (settings_get_data(settings, item->setting->name, &data, &size) != SETTINGS_KNOWN ||
            (*item->value != '\0' && strcmp(item->value, row->value) != 0))
                return false;
        encoded = secret_base64_encode(data, size, SECRET_BASE64);
        return g_strcmp0(encoded, row->data) == 0;
}

/* Whether the file says what is so without it: then nothing becomes the user's own, and what the
 * application's file says stays in force. A person edits one of the values that were shown. */
static bool says_nothing_new(Settings *settings, const Change *change)
{
        const Item *item = change->item;
        const char *value;

        if (item->user != NULL || item->user_multi != NULL || change->row == NULL ||
            change->multi != NULL)
                return false;
        if (item->setting->type == SETTING_FILE)
                return is_same_file(settings, item, change->row);
        return settings_get(settings, item->setting->name, &value) == SETTINGS_KNOWN &&
               g_strcmp0(value, change->row->value) == 0;
}

static bool read_changes(Settings *settings, json_t *root, GArray *changes, GPtrArray *locked,
                         GError **error)
{
        const char *name;
        json_t *member;

        json_object_foreach(root, name, member) {
                Change change = { .item = find_or_fail(settings, name, error) };
                bool ok;

                if (change.item == NULL)
                        return false;
                if (!json_is_object(member))
                        return fail_value(error, "`%s` is given as {\"value\": \"…\"}", name);
                ok = read_row(settings, &change, member, error) &&
                     read_multi(settings, &change, member, error);
                if (!ok) {
                        change_clear(&change);
                        return false;
                }
                if (says_nothing_new(settings, &change)) {
                        change_clear(&change);
                        continue;
                }
                if (!settings_item_may_be_set(settings, change.item, NULL)) {
                        if (change.row == NULL || !same_value(change.item->user, change.row))
                                g_ptr_array_add(locked, g_strdup(name));
                        change_clear(&change);
                        continue;
                }
                g_array_append_val(changes, change);
        }
        return true;
}

static bool write_changes(Settings *settings, GArray *changes, GError **error)
{
        for (guint i = 0; i < changes->len; i++) {
                Change *change = &g_array_index(changes, Change, i);
                const char *name = change->item->setting->name;

                if (!write_row(settings, name, ORIGIN_USER, &change->item->user,
                               g_steal_pointer(&change->row), error) ||
                    !write_row(settings, name, ORIGIN_USER_MULTI, &change->item->user_multi,
                               g_steal_pointer(&change->multi), error))
                        return false;
        }
        return true;
}

/* Reads and checks the whole file before it writes anything */
static bool import(Settings *settings, const char *text, size_t size, GPtrArray *locked,
                   GError **error)
{
        g_autoptr(GArray) changes = g_array_new(false, true, sizeof(Change));
        g_autoptr(json_t) root = NULL;
        json_error_t where;

        g_array_set_clear_func(changes, change_clear);
        if (size > SETTINGS_FILE_MAX)
                return fail_value(error, "a settings file has at most %u bytes", SETTINGS_FILE_MAX);
        root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
        if (!json_is_object(root)) {
                /* jansson's own words quote the text, which may be secret */
                if (root == NULL)
                        g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_SYNTAX,
                                    "line %d, column %d: this is not a settings file (JSON)",
                                    where.line, where.column);
                else
                        g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_SYNTAX,
                                    "a settings file is an object: {\"name\": {\"value\": …}}");
                return false;
        }
        return read_changes(settings, root, changes, locked, error) &&
               write_changes(settings, changes, error);
}

/* The arguments of this name from the i-th on, which is the first of them or is done already. One
 * empty text alone is the way back. */
static bool set_named(Settings *settings, Item *item, const SettingsArgument *const *set, size_t i,
                      GError **error)
{
        g_autoptr(GPtrArray) named = g_ptr_array_new();

        for (size_t j = 0; set[j] != NULL; j++) {
                if (strcmp(set[j]->name, set[i]->name) != 0)
                        continue;
                if (j < i)
                        return true;
                g_ptr_array_add(named, (SettingsArgument *) set[j]);
        }
        if (named->len == 1 && set[i]->size == 0 && set[i]->file == NULL)
                return settings_unset(settings, set[i]->name, error);
        return set_several(settings, item, named, error);
}

static bool set_all(Settings *settings, const SettingsChange *change, GPtrArray *locked,
                    GError **error)
{
        for (size_t i = 0; change->unset != NULL && change->unset[i] != NULL; i++) {
                if (!settings_unset(settings, change->unset[i], error))
                        return false;
        }
        if (change->import != NULL) {
                if (!import(settings, change->import, change->import_size, locked, error))
                        return false;
                settings_invalidate(settings);
        }
        for (size_t i = 0; change->set != NULL && change->set[i] != NULL; i++) {
                const SettingsArgument *set = change->set[i];
                Item *item = settings_find(settings, set->name);

                if (item != NULL && item->setting->multiple) {
                        if (!set_named(settings, item, change->set, i, error))
                                return false;
                        continue;
                }
                if (!settings_set(settings, set->name, set->value, set->size, set->file, error))
                        return false;
        }
        return true;
}

bool settings_change(Settings *settings, const SettingsChange *change, GPtrArray **ret_changed,
                     GPtrArray **ret_locked, GError **error)
{
        g_autoptr(GPtrArray) changed = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) locked = g_ptr_array_new_with_free_func(g_free);
        bool is_kept = !is_dry_run(settings);
        bool ok;

        if (is_kept && !store_begin(settings->store, error))
                return false;
        settings->changed = changed;
        ok = set_all(settings, change, locked, error);
        settings->changed = NULL;
        if (!ok || (is_kept && !store_commit(settings->store, error))) {
                if (is_kept)
                        store_rollback(settings->store);
                settings_read_user_values(settings, NULL);
                settings_invalidate(settings);
                return false;
        }
        if (ret_changed != NULL)
                *ret_changed = g_steal_pointer(&changed);
        if (ret_locked != NULL)
                *ret_locked = g_steal_pointer(&locked);
        return true;
}

bool settings_import(Settings *settings, const char *text, size_t size, GPtrArray **ret_locked,
                     GError **error)
{
        const SettingsChange change = { .import = text, .import_size = size };

        return settings_change(settings, &change, NULL, ret_locked, error);
}
