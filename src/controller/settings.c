#include "controller/settings.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/commands.h"
#include "controller/settings-private.h"
#include "crypto/secret.h"

G_DEFINE_QUARK(slipway - settings - error - quark, settings_error)

/* Rows of the store for what a command gave: kept for good, and for one import */
#define ORIGIN_COMMAND "command"
#define ORIGIN_IMPORT  "command-import"

/* ---- Items ---- */

static void item_forget_value(Item *item)
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

        item_forget_value(item);
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

static bool read_user_values(Settings *settings, GError **error)
{
        g_autoptr(GPtrArray) rows = store_settings(settings->store, settings->name, error);

        if (rows == NULL)
                return false;
        for (guint i = 0; i < rows->len; i++) {
                SettingValue *value = rows->pdata[i];
                Item *item = settings_find(settings, value->name);
                SettingValue **place = NULL;

                if (item != NULL && strcmp(value->origin, ORIGIN_USER) == 0)
                        place = &item->user;
                else if (item != NULL && strcmp(value->origin, ORIGIN_USER_MULTI) == 0)
                        place = &item->user_multi;
                if (place != NULL) {
                        *place = value;
                        rows->pdata[i] = NULL;
                }
        }
        return true;
}

/* ---- What commands give ---- */

static char **results_from_text(const char *text)
{
        g_autoptr(json_t) list = json_loads(text, 0, NULL);
        GPtrArray *results = g_ptr_array_new();
        json_t *result;
        size_t i;

        json_array_foreach(list, i, result)
                g_ptr_array_add(results, g_strdup(json_string_value(result)));
        g_ptr_array_add(results, NULL);
        return (char **) g_ptr_array_free(results, false);
}

static char *results_to_text(char **results)
{
        g_autoptr(json_t) list = json_array();

        for (size_t i = 0; results[i] != NULL; i++) {
                g_autofree char *text = g_utf8_make_valid(results[i], -1);

                json_array_append_new(list, json_string(text));
        }
        return json_to_canonical_text(list);
}

/* What the stored results belong to: the command as it is written, and the import where they are
 * to last no longer than that */
static char *tag_of(Settings *settings, const Command *command, const char *import_id)
{
        g_autoptr(GString) text = g_string_new(command->cmd);

        for (size_t i = 0; i < command->n_args; i++)
                g_string_append_printf(text, "%c%s", '\1', command->args[i]);
        if (import_id != NULL)
                g_string_append_printf(text, "%c%s", '\2', import_id);
        return store_keyed_hash(settings->store, text->str, text->len);
}

static bool needs_outside(const Command *command)
{
        return g_strcmp0(command->cmd, "raw") == 0 || g_strcmp0(command->cmd, "publicip") == 0;
}

static bool keep_results(Settings *settings, const Command *command, const char *origin,
                         const char *tag, char **texts, GError **error)
{
        g_autofree char *text = results_to_text(texts);
        SettingValue row = { .name = (char *) command->name,
                             .value = text,
                             .data = (char *) tag,
                             .origin = (char *) origin,
                             .is_secret = true };

        return store_setting_set(settings->store, settings->name, &row, error);
}

/*
 * The results of a command, which is run where they are not known: those that last (@is_kept) were
 * made once, the others once for each import. NULL without error: in a dry run nobody outside is
 * asked.
 */
static char **command_results(Settings *settings, const Command *command, bool is_kept,
                              bool *ret_provisional, GError **error)
{
        const SettingsHost *host = settings->host;
        const char *import_id = host != NULL ? host->import_id : NULL;
        const char *origin = is_kept ? ORIGIN_COMMAND : ORIGIN_IMPORT;
        bool is_stored = is_kept || import_id != NULL;
        bool is_dry_run = host != NULL && host->is_dry_run;
        g_autofree char *key = g_strdup_printf("%s/%s", origin, command->name);
        g_autofree char *tag = tag_of(settings, command, is_kept ? NULL : import_id);
        g_autoptr(GError) fault = NULL;
        char **texts = g_hash_table_lookup(settings->results, key);

        *ret_provisional = false;
        if (texts == NULL && is_stored) {
                g_autoptr(SettingValue) row = store_setting_get(settings->store, settings->name,
                                                                command->name, origin, &fault);

                if (row != NULL && g_strcmp0(row->data, tag) == 0)
                        texts = results_from_text(row->value);
                if (texts != NULL)
                        g_hash_table_insert(settings->results, g_steal_pointer(&key), texts);
        }
        if (fault != NULL) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return NULL;
        }
        if (texts != NULL)
                return texts;
        if (is_dry_run && needs_outside(command))
                return NULL;

        texts = command_run(command, settings->store, host, error);
        if (texts == NULL)
                return NULL;
        *ret_provisional = is_dry_run;
        if (is_stored && !is_dry_run &&
            !keep_results(settings, command, origin, tag, texts, error)) {
                g_strfreev(texts);
                return NULL;
        }
        g_hash_table_insert(settings->results, g_steal_pointer(&key), texts);
        return texts;
}

typedef enum Found {
        FOUND_NOTHING,
        FOUND_VALUE,
        FOUND_LATER, /* not known yet */
} Found;

static void G_GNUC_PRINTF(5, 6) complain(Settings *settings, const char *name, SourcePos pos,
                                         DiagSeverity severity, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list arguments;

        if (settings->diags == NULL)
                return;
        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        diag_add(settings->diags, severity, name, pos, NULL, "%s", text);
}

/* One result of the command that an item names */
static Found from_command(Settings *settings, const Item *item, const CommandRef *ref,
                          const char *key, bool is_kept, bool *ret_provisional, char **ret_text)
{
        const Command *command = application_find_command(settings->app, ref->name);
        g_autoptr(GError) error = NULL;
        char **texts;

        if (command == NULL) {
                complain(settings, "setting-command", ref->pos, DIAG_ERROR,
                         "`%s` of the setting `%s`: there is no command `%s` in `cmds`", key,
                         item->setting->name, ref->name);
                return FOUND_NOTHING;
        }
        texts = command_results(settings, command, is_kept, ret_provisional, &error);
        if (error != NULL) {
                complain(settings, "setting-command", ref->pos, DIAG_ERROR,
                         "`%s` of the setting `%s`: %s", key, item->setting->name, error->message);
                return FOUND_NOTHING;
        }
        if (texts == NULL)
                return FOUND_LATER;
        if (ref->value_at < 0 || ref->value_at >= (int64_t) g_strv_length(texts)) {
                complain(settings, "setting-command", ref->pos, DIAG_ERROR,
                         "`%s` of the setting `%s`: the command `%s` has %u results, there is no "
                         "number %" G_GINT64_FORMAT " (the first is 0)",
                         key, item->setting->name, ref->name, g_strv_length(texts), ref->value_at);
                return FOUND_NOTHING;
        }
        *ret_text = g_strdup(texts[ref->value_at]);
        return FOUND_VALUE;
}

/* A value that a command makes once, kept for this item whatever becomes of the command. A readonly
 * one is made anew for each import: so says the format. */
static Found made_once(Settings *settings, Item *item, const CommandRef *ref, const char *key,
                       char **ret_text)
{
        const char *name = item->setting->name;
        bool is_kept = !item->setting->readonly;
        g_autoptr(SettingValue) row = NULL;
        g_autoptr(GError) error = NULL;
        Found found;

        if (is_kept)
                row = store_setting_get(settings->store, settings->name, name, key, &error);
        if (row != NULL) {
                *ret_text = g_strdup(row->value);
                return FOUND_VALUE;
        }
        found = from_command(settings, item, ref, key, is_kept, &item->is_provisional, ret_text);
        if (found != FOUND_VALUE || !is_kept || item->is_provisional ||
            (settings->host != NULL && settings->host->is_dry_run))
                return found;

        SettingValue made = { .name = (char *) name,
                              .value = *ret_text,
                              .origin = (char *) key,
                              .is_secret = settings_item_is_secret(settings, item) };

        if (!store_setting_set(settings->store, settings->name, &made, &error))
                complain(settings, "setting-command", ref->pos, DIAG_ERROR, "%s", error->message);
        return found;
}

/* ---- Templates ---- */

static Found render(Settings *settings, const Item *item, const char *what, const Text *text,
                    char **ret_text)
{
        const SettingsHost *host = settings->host;
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *message = NULL;
        SettingsRendered rendered;

        if (text->raw == NULL || *text->raw == '\0')
                return FOUND_NOTHING;
        if (!text_has_template(text->raw)) {
                *ret_text = g_strdup(text->raw);
                return FOUND_VALUE;
        }
        if (host == NULL || host->render == NULL) {
                complain(settings, "setting-value", text->pos, DIAG_ERROR,
                         "`%s` of the setting `%s` is a template, which cannot be rendered here",
                         what, item->setting->name);
                return FOUND_NOTHING;
        }
        rendered = host->render(host->user, settings, item->setting->name, text->raw, out,
                                &message);
        switch (rendered) {
        case SETTINGS_RENDERED:
                if (out->len == 0)
                        return FOUND_NOTHING;
                *ret_text = g_string_free(g_steal_pointer(&out), false);
                return FOUND_VALUE;
        case SETTINGS_RENDER_FAILED:
                complain(settings, "setting-value", text->pos, DIAG_ERROR,
                         "`%s` of the setting `%s`: %s", what, item->setting->name, message);
                return FOUND_NOTHING;
        case SETTINGS_RENDER_UNRESOLVED:
                return FOUND_LATER;
        }
        g_assert_not_reached();
}

char *settings_render_text(Settings *settings, const Item *item, const char *what, const Text *text)
{
        char *rendered = NULL;

        if (text->raw == NULL || *text->raw == '\0')
                return g_strdup("");
        switch (render(settings, item, what, text, &rendered)) {
        case FOUND_NOTHING:
                return g_strdup("");
        case FOUND_VALUE:
                return rendered;
        case FOUND_LATER:
                return NULL;
        }
        g_assert_not_reached();
}

/* ---- Values ---- */

static bool is_option_of(const Item *item, SettingType type)
{
        return item->parent != NULL && item->parent->type == type;
}

static bool is_choice(SettingType type)
{
        return type == SETTING_SELECT_ONE || type == SETTING_SELECT;
}

/* An option of a choice that says nothing itself tells whether it is chosen */
static Found chosen(Settings *settings, const Item *item, char **ret_text)
{
        Item *parent;

        if (item->parent == NULL || !is_choice(item->parent->type))
                return FOUND_NOTHING;
        parent = settings_find(settings, item->parent->name);
        settings_compute(settings, parent);
        if (parent->state == ITEM_NOT_YET)
                return FOUND_LATER;
        *ret_text = g_strdup(g_strcmp0(parent->value, item->setting->name) == 0 ? "1" : "0");
        return FOUND_VALUE;
}

typedef Found (*ValueSource)(Settings *settings, Item *item, char **ret_text);

static Found from_user(Settings *settings, Item *item, char **ret_text)
{
        if (item->user == NULL || item->setting->readonly || *item->user->value == '\0')
                return FOUND_NOTHING;
        *ret_text = g_strdup(item->user->value);
        return FOUND_VALUE;
}

static Found from_value_cmd(Settings *settings, Item *item, char **ret_text)
{
        const CommandRef *ref = &item->setting->value_cmd;

        return ref->name != NULL ? made_once(settings, item, ref, ORIGIN_VALUE_CMD, ret_text)
                                 : FOUND_NOTHING;
}

static Found from_value(Settings *settings, Item *item, char **ret_text)
{
        return render(settings, item, "value", &item->setting->value, ret_text);
}

static Found from_default_cmd(Settings *settings, Item *item, char **ret_text)
{
        const CommandRef *ref = &item->setting->default_cmd;

        if (ref->name == NULL)
                return FOUND_NOTHING;
        return from_command(settings, item, ref, ORIGIN_DEFAULT_CMD, false, &item->is_provisional,
                            ret_text);
}

static Found from_default(Settings *settings, Item *item, char **ret_text)
{
        return render(settings, item, "default", &item->setting->default_value, ret_text);
}

/* What comes first counts: the format's order of precedence */
static const struct {
        const char *origin;
        ValueSource find;
} sources[] = {
        { ORIGIN_USER, from_user },       { ORIGIN_VALUE_CMD, from_value_cmd },
        { ORIGIN_VALUE, from_value },     { ORIGIN_DEFAULT_CMD, from_default_cmd },
        { ORIGIN_DEFAULT, from_default },
};

/* `0` and `1`, whatever way a yes is written */
static void normalise(Item *item)
{
        bool is_switch = item->setting->type == SETTING_BOOL ||
                         is_option_of(item, SETTING_SELECT_MANY);
        bool is_on;

        if (!is_switch)
                return;
        if (*item->value == '\0' || text_parse_bool(item->value, &is_on)) {
                bool is_yes = *item->value != '\0' && is_on;

                g_free(item->value);
                item->value = g_strdup(is_yes ? "1" : "0");
        }
}

static Found compute_value(Settings *settings, Item *item)
{
        for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
                Found found = sources[i].find(settings, item, &item->value);

                if (found != FOUND_NOTHING) {
                        item->origin = sources[i].origin;
                        return found;
                }
        }
        return chosen(settings, item, &item->value);
}

static Found compute_data(Settings *settings, Item *item)
{
        const CommandRef *ref = &item->setting->data_cmd;
        Found found = FOUND_NOTHING;

        if (item->user != NULL && item->user->data != NULL && !item->setting->readonly) {
                item->data = secret_base64_decode(item->user->data, SECRET_BASE64,
                                                  &item->data_size);
                return FOUND_VALUE;
        }
        if (ref->name != NULL)
                found = made_once(settings, item, ref, ORIGIN_DATA_CMD, &item->data);
        if (found == FOUND_VALUE)
                item->data_size = strlen(item->data);
        return found;
}

static void complain_of_circle(Settings *settings, const Item *item)
{
        g_autoptr(GString) path = g_string_new(NULL);
        bool is_in = false;

        for (guint i = 0; i < settings->path->len; i++) {
                const Item *at = settings->path->pdata[i];

                is_in |= at == item;
                if (is_in)
                        g_string_append_printf(path, "%s → ", at->setting->name);
        }
        complain(settings, "setting-circle", item->setting->pos, DIAG_ERROR,
                 "the value of `%s` depends on itself: %s%s", item->setting->name, path->str,
                 item->setting->name);
}

void settings_compute(Settings *settings, Item *item)
{
        Found value, data;

        if (item->state == ITEM_KNOWN ||
            (item->state == ITEM_NOT_YET && item->pass == settings->pass))
                return;
        if (item->state == ITEM_BUSY) {
                complain_of_circle(settings, item);
                return;
        }
        if (settings->path->len >= SETTINGS_DEPTH_MAX) {
                complain(settings, "setting-circle", item->setting->pos, DIAG_ERROR,
                         "settings ask for one another more than %d deep at `%s`",
                         SETTINGS_DEPTH_MAX, item->setting->name);
                return;
        }
        item_forget_value(item);
        item->state = ITEM_BUSY;
        g_ptr_array_add(settings->path, item);
        value = compute_value(settings, item);
        data = compute_data(settings, item);
        g_ptr_array_set_size(settings->path, settings->path->len - 1);

        if (item->value == NULL)
                item->value = g_strdup("");
        normalise(item);
        item->pass = settings->pass;
        item->state = value == FOUND_LATER || data == FOUND_LATER ? ITEM_NOT_YET : ITEM_KNOWN;
}

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
        const char *operator= unequal != NULL ? unequal : strchr(when, '=');
        g_autofree char *name = g_strndup(when, operator- when);
        const char *wanted = operator+(unequal != NULL ? 2 : 1);
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
        if (render(settings, item, "when", when, &text) != FOUND_VALUE)
                return true;
        if (!text_parse_bool(text, &is_on)) {
                complain(settings, "setting-when", when->pos, DIAG_WARNING,
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

        if (!is_choice(setting->type) || item->state != ITEM_KNOWN || *item->value == '\0' ||
            setting->n_children == 0)
                return;
        for (size_t i = 0; i < setting->n_children; i++) {
                if (strcmp(setting->children[i].name, item->value) == 0)
                        return;
        }
        complain(settings, "setting-value", setting->pos, DIAG_ERROR,
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
        complain(settings, "setting-required", setting->pos, DIAG_ERROR,
                 "the setting `%s` needs a value; give one with --set %s=%s", setting->name,
                 setting->name, setting->type == SETTING_FILE ? "@FILE" : "VALUE");
}

void settings_invalidate(Settings *settings)
{
        for (guint i = 0; i < settings->items->len; i++)
                item_forget_value(settings->items->pdata[i]);
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
        if (!read_user_values(settings, error)) {
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
