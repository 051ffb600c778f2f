#include <string.h>

#include "controller/internal.h"
#include "controller/registries.h"
#include "controller/testproc.h"

/* ---- Settings of an application ---- */

static bool load(Controller *controller, const char *app, bool is_writable, Loaded *ret_loaded,
                 GError **error)
{
        return controller_open_store(controller, is_writable, error) &&
               controller_load(controller, app, 0, true, ret_loaded, error);
}

bool controller_config(Controller *controller, const char *app, bool reveal, json_t **ret_settings,
                       GError **error)
{
        g_auto(Loaded) loaded = { 0 };

        if (!load(controller, app, false, &loaded, error))
                return false;
        *ret_settings = settings_to_json(loaded.settings, reveal);
        return true;
}

bool controller_config_export(Controller *controller, const char *app, bool reveal,
                              json_t **ret_settings, GError **error)
{
        g_auto(Loaded) loaded = { 0 };

        if (!load(controller, app, false, &loaded, error))
                return false;
        *ret_settings = settings_export(loaded.settings, reveal);
        return true;
}

/* One change after the other within one transaction: one wrong name and nothing has changed. */
static bool change_all(Settings *settings, const ConfigChange *change, GPtrArray *changed,
                       GPtrArray **ret_locked, GError **error)
{
        int stdin_fd = 0;

        for (const char *const *name = change->unset; name != NULL && *name != NULL; name++) {
                if (!settings_unset(settings, *name, error))
                        return false;
                g_ptr_array_add(changed, g_strdup(*name));
        }
        for (const char *const *set = change->set; set != NULL && *set != NULL; set++) {
                g_autoptr(SettingsArgument) argument =
                        settings_argument_parse(*set, stdin_fd, error);

                if (argument == NULL)
                        return false;
                if (g_str_has_suffix(*set, "=-"))
                        stdin_fd = -1;
                if (!settings_set(settings, argument->name, argument->value, argument->size,
                                  argument->file, error))
                        return false;
                g_ptr_array_add(changed, g_strdup(argument->name));
        }
        return change->import == NULL ||
               settings_import(settings, change->import, change->import_size, ret_locked, error);
}

static json_t *names(const GPtrArray *list)
{
        json_t *json = json_array();

        for (guint i = 0; list != NULL && i < list->len; i++)
                json_array_append_new(json, json_string(list->pdata[i]));
        return json;
}

/* What differs between two sets of effective values */
static void add_differences(json_t *before, json_t *after, GPtrArray *changed)
{
        const char *name;
        json_t *value;

        json_object_foreach(after, name, value) {
                if (!json_equal(value, json_object_get(before, name)) &&
                    !g_ptr_array_find_with_equal_func(changed, name, g_str_equal, NULL))
                        g_ptr_array_add(changed, g_strdup(name));
        }
}

bool controller_config_change(Controller *controller, const char *app, const ConfigChange *change,
                              json_t **ret_result, GError **error)
{
        g_auto(Loaded) loaded = { 0 };
        g_autoptr(StoreLock) lock = NULL;
        g_autoptr(GPtrArray) changed = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) locked = NULL;
        g_autoptr(json_t) before = NULL, after = NULL;

        if (!load(controller, app, true, &loaded, error))
                return false;
        lock = controller_lock(controller, app, "slipway config", false, error);
        if (lock == NULL)
                return false;
        before = settings_export(loaded.settings, true);
        if (!change_all(loaded.settings, change, changed, &locked, error)) {
                g_autofree char *text = json_to_canonical_text(before);

                /* The values that were set before the wrong one go back. */
                if (changed->len > 0)
                        (void) settings_import(loaded.settings, text, strlen(text), NULL, NULL);
                controller_wrap(error, CONTROLLER_ERROR_USAGE);
                return false;
        }
        after = settings_export(loaded.settings, true);
        add_differences(before, after, changed);
        *ret_result = json_pack("{s:s, s:o, s:o}", "app", app, "changed", names(changed), "locked",
                                names(locked));
        return true;
}

bool controller_config_test(Controller *controller, const char *app, const char *group,
                            json_t **ret_tests, GError **error)
{
        g_auto(Loaded) loaded = { 0 };

        if (!load(controller, app, false, &loaded, error))
                return false;
        *ret_tests = settings_test(loaded.settings, group, error);
        controller_wrap(error, CONTROLLER_ERROR_USAGE);
        return *ret_tests != NULL;
}

/* ---- Registries of this installation ---- */

bool controller_registry_add(Controller *controller, const char *name, const char *host,
                             const char *user, const char *password, GError **error)
{
        if (!controller_open_store(controller, true, error))
                return false;
        if (registry_add(controller->store, name, host, user, password, error))
                return true;
        controller_wrap(error, CONTROLLER_ERROR_USAGE);
        return false;
}

bool controller_registry_remove(Controller *controller, const char *name, GError **error)
{
        if (!controller_open_store(controller, true, error))
                return false;
        if (registry_remove(controller->store, name, error))
                return true;
        controller_wrap(error, CONTROLLER_ERROR_USAGE);
        return false;
}

bool controller_registries(Controller *controller, json_t **ret_list, GError **error)
{
        if (!controller_open_store(controller, false, error))
                return false;
        *ret_list = registry_list(controller->store, error);
        controller_wrap(error, CONTROLLER_ERROR_STORE);
        return *ret_list != NULL;
}
