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

static json_t *names(const GPtrArray *list)
{
        json_t *json = json_array();

        for (guint i = 0; list != NULL && i < list->len; i++)
                json_array_append_new(json, json_string(list->pdata[i]));
        return json;
}

bool controller_config_change(Controller *controller, const char *app, const ConfigChange *change,
                              json_t **ret_result, GError **error)
{
        g_auto(Loaded) loaded = { 0 };
        g_autoptr(StoreLock) lock = NULL;
        g_autoptr(GPtrArray) changed = NULL, locked = NULL, set = NULL;
        SettingsChange given = { .unset = change->unset,
                                 .import = change->import,
                                 .import_size = change->import_size };

        if (!load(controller, app, true, &loaded, error))
                return false;
        lock = controller_lock(controller, app, "slipway config", false, error);
        if (lock == NULL)
                return false;
        set = controller_parse_set(change->set, error);
        if (set != NULL)
                given.set = (const SettingsArgument *const *) set->pdata;
        if (set == NULL || !settings_change(loaded.settings, &given, &changed, &locked, error)) {
                controller_wrap(error, CONTROLLER_ERROR_USAGE);
                return false;
        }
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
