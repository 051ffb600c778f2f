/* Values: how the effective value of a setting is found */

#include "controller/settings-private.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/commands.h"
#include "crypto/secret.h"

/* Rows of the store for what a command gave: kept for good, and for one import */
#define ORIGIN_COMMAND "command"
#define ORIGIN_IMPORT  "command-import"

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

/* Not for `plan` and commands that only read */
static bool may_keep(const Settings *settings)
{
        return (settings->host == NULL || !settings->host->is_dry_run) &&
               !store_is_readonly(settings->store);
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
        bool is_dry_run = !may_keep(settings);
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

void settings_complain(Settings *settings, const char *name, SourcePos pos, DiagSeverity severity,
                       const char *format, ...)
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
                settings_complain(settings, "setting-command", ref->pos, DIAG_ERROR,
                                  "`%s` of the setting `%s`: there is no command `%s` in `cmds`",
                                  key, item->setting->name, ref->name);
                return FOUND_NOTHING;
        }
        texts = command_results(settings, command, is_kept, ret_provisional, &error);
        if (error != NULL) {
                settings_complain(settings, "setting-command", ref->pos, DIAG_ERROR,
                                  "`%s` of the setting `%s`: %s", key, item->setting->name,
                                  error->message);
                return FOUND_NOTHING;
        }
        if (texts == NULL)
                return FOUND_LATER;
        if (ref->value_at < 0 || ref->value_at >= (int64_t) g_strv_length(texts)) {
                settings_complain(
                        settings, "setting-command", ref->pos, DIAG_ERROR,
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
        if (found != FOUND_VALUE || !is_kept || !may_keep(settings))
                return found;

        SettingValue made = { .name = (char *) name,
                              .value = *ret_text,
                              .origin = (char *) key,
                              .is_secret = settings_item_is_secret(settings, item) };

        if (!store_setting_set(settings->store, settings->name, &made, &error))
                settings_complain(settings, "setting-command", ref->pos, DIAG_ERROR, "%s",
                                  error->message);
        return found;
}

/* ---- Templates ---- */

static Found render(Settings *settings, const Item *item, const char *what, const Text *text,
                    char **ret_text)
{
        const SettingsHost *host = settings->host;
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *message = NULL;
        unsigned line = 0, column = 0;
        SettingsRendered rendered;

        if (text->raw == NULL || *text->raw == '\0')
                return FOUND_NOTHING;
        if (!text_has_template(text->raw)) {
                *ret_text = g_strdup(text->raw);
                return FOUND_VALUE;
        }
        if (host == NULL || host->render == NULL) {
                settings_complain(
                        settings, "setting-value", text->pos, DIAG_ERROR,
                        "`%s` of the setting `%s` is a template, which cannot be rendered here",
                        what, item->setting->name);
                return FOUND_NOTHING;
        }
        rendered = host->render(host->user, settings, item->setting->name, text->raw, NULL, out,
                                &line, &column, &message);
        switch (rendered) {
        case SETTINGS_RENDERED:
                if (out->len == 0)
                        return FOUND_NOTHING;
                *ret_text = g_string_free(g_steal_pointer(&out), false);
                return FOUND_VALUE;
        case SETTINGS_RENDER_FAILED:
                settings_complain(settings, "setting-value", text->pos, DIAG_ERROR,
                                  "`%s` of the setting `%s`, at %u:%u: %s", what,
                                  item->setting->name, line, column, message);
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

bool settings_is_choice(SettingType type)
{
        return type == SETTING_SELECT_ONE || type == SETTING_SELECT;
}

/* An option of a choice that says nothing itself tells whether it is chosen */
static Found chosen(Settings *settings, const Item *item, char **ret_text)
{
        Item *parent;

        if (item->parent == NULL || !settings_is_choice(item->parent->type))
                return FOUND_NOTHING;
        parent = settings_find(settings, item->parent->name);
        settings_compute(settings, parent);
        if (parent->state == ITEM_NOT_YET)
                return FOUND_LATER;
        *ret_text = g_strdup(g_strcmp0(parent->value, item->setting->name) == 0 ? "1" : "0");
        return FOUND_VALUE;
}

/* ---- Several files of one setting ---- */

static void settings_file_free(gpointer data)
{
        SettingsFile *file = data;

        if (file->data != NULL)
                secret_wipe(file->data, file->size);
        g_free(file->data);
        g_free(file->name);
        g_free(file);
}

static void add_file(GPtrArray *files, const char *name, char *data, size_t size)
{
        static const char *const odd[] = { ".", "..", "/", NULL };
        SettingsFile *file = g_new0(SettingsFile, 1);
        char *base = g_path_get_basename(name); /* an imported name may be any text */

        if (g_strv_contains(odd, base)) {
                g_free(base);
                base = g_strdup("file");
        }
        *file = (SettingsFile){ base, data, data != NULL ? size : 0 };
        g_ptr_array_add(files, file);
}

GPtrArray *settings_multi_files(const Item *item)
{
        GPtrArray *files = g_ptr_array_new_with_free_func(settings_file_free);
        const char *text = item->user_multi != NULL ? item->user_multi->data : NULL;
        g_autoptr(json_t) names = item->user_multi != NULL
                                          ? json_loads(item->user_multi->value, 0, NULL)
                                          : NULL;
        g_autoptr(json_t) contents = text != NULL ? json_loads(text, 0, NULL) : NULL;
        json_t *content;
        size_t i, size;

        json_array_foreach(contents, i, content) {
                const char *name = json_string_value(json_array_get(names, i));
                char *data = secret_base64_decode(json_string_value(content), SECRET_BASE64, &size);

                add_file(files, name != NULL && *name != '\0' ? name : item->setting->name, data,
                         size);
        }
        return files;
}

SettingsAnswer settings_get_files(Settings *settings, const char *name, GPtrArray **ret_files)
{
        const char *data, *value;
        size_t size;
        SettingsAnswer got = settings_get_data(settings, name, &data, &size);
        const Item *item;

        if (got != SETTINGS_KNOWN)
                return got;
        item = settings_find(settings, name);
        *ret_files = settings_multi_files(item);
        if ((*ret_files)->len == 0 && size > 0) {
                value = item->value != NULL && *item->value != '\0' ? item->value : name;
                add_file(*ret_files, value, g_memdup2(data, size), size);
        }
        return got;
}

typedef Found (*ValueSource)(Settings *settings, Item *item, char **ret_text);

/* Several values are one a line where one is asked for */
static char *join_lines(json_t *values)
{
        g_autoptr(GString) lines = g_string_new(NULL);
        json_t *value;
        size_t i;

        json_array_foreach(values, i, value)
                g_string_append_printf(lines, "%s%s", i > 0 ? "\n" : "", json_string_value(value));
        return g_string_free(g_steal_pointer(&lines), false);
}

static Found from_user(Settings *settings, Item *item, char **ret_text)
{
        if (item->user_multi != NULL && !item->setting->readonly) {
                g_autoptr(json_t) values = json_loads(item->user_multi->value, 0, NULL);

                *ret_text = join_lines(values);
                return FOUND_VALUE;
        }
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

static Found from_multi_value(Settings *settings, Item *item, char **ret_text)
{
        const TextList *texts = &item->setting->multi_value;
        g_autoptr(json_t) values = json_array();

        for (size_t i = 0; item->setting->multiple && i < texts->n; i++) {
                g_autofree char *text = NULL;
                Found found = render(settings, item, "multi_value", &texts->items[i], &text);

                if (found == FOUND_LATER)
                        return found;
                if (found == FOUND_VALUE)
                        json_array_append_new(values, json_string(text));
        }
        if (json_array_size(values) == 0)
                return FOUND_NOTHING;
        *ret_text = join_lines(values);
        return FOUND_VALUE;
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
        { ORIGIN_USER, from_user },
        { ORIGIN_VALUE_CMD, from_value_cmd },
        { ORIGIN_VALUE, from_multi_value },
        { ORIGIN_VALUE, from_value },
        { ORIGIN_DEFAULT_CMD, from_default_cmd },
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

/* Where one content is asked for it is that of all files, one behind the other */
static void join_files(Item *item)
{
        g_autoptr(GPtrArray) files = settings_multi_files(item);
        g_autoptr(GByteArray) all = g_byte_array_new();

        for (guint i = 0; i < files->len; i++) {
                const SettingsFile *file = files->pdata[i];

                g_byte_array_append(all, (const guint8 *) file->data, file->size);
        }
        item->data_size = all->len;
        g_byte_array_append(all, (const guint8 *) "", 1);
        item->data = (char *) g_byte_array_free(g_steal_pointer(&all), false);
}

static Found compute_data(Settings *settings, Item *item)
{
        const CommandRef *ref = &item->setting->data_cmd;
        Found found = FOUND_NOTHING;

        if (item->user_multi != NULL && !item->setting->readonly) {
                join_files(item);
                return FOUND_VALUE;
        }
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
        settings_complain(settings, "setting-circle", item->setting->pos, DIAG_ERROR,
                          "the value of `%s` depends on itself: %s%s", item->setting->name,
                          path->str, item->setting->name);
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
                settings_complain(settings, "setting-circle", item->setting->pos, DIAG_ERROR,
                                  "settings ask for one another more than %d deep at `%s`",
                                  SETTINGS_DEPTH_MAX, item->setting->name);
                return;
        }
        settings_item_forget(item);
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
