/* `config` and `registry`: settings of an application, and registries of this installation */

#include <string.h>

#include "base/json.h"
#include "controller/internal.h"
#include "controller/node.h"
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

/* Tests may run containers, and ask for those that are up */
static bool show_engine(Controller *controller, Loaded *loaded, GError **error)
{
        g_autoptr(World) world = controller_world(controller, loaded->scene->name, false, error);

        if (world == NULL)
                return false;
        loaded->scene->engine = controller->engine;
        loaded->scene->node_address = node_address(controller->given_node_address, controller->info,
                                                   NULL);
        loaded->scene->bridge_address = g_strdup(controller->info->bridge_gateway);
        for (guint i = 0; i < world->views->len; i++) {
                const CoreContainer *view = world_view(world, i);
                int workload = application_find(loaded->app, view->workload_id);

                if (workload >= 0 && view->seen.presence == PRESENCE_RUNNING)
                        scene_set_up(loaded->scene, workload, world->containers->pdata[i]);
        }
        return true;
}

/* What the tests of a change say; true where none has failed */
static bool have_passed(const json_t *tests, GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);
        const json_t *test;
        size_t i;

        json_array_foreach(tests, i, test) {
                if (strcmp(json_string_at(test, "result", ""), "failed") == 0)
                        g_string_append_printf(
                                text, "; %s%s%s: %s", json_string_at(test, "group", ""),
                                json_string_at(test, "setting", "")[0] != '\0' ? "/" : "",
                                json_string_at(test, "setting", ""),
                                json_string_at(test, "message", ""));
        }
        if (text->len == 0)
                return true;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                    "nothing has changed, because a test has failed%s", text->str);
        return false;
}

/* The change is tried out on settings that nobody keeps: a test may take longer than a database
 * should be held. */
static bool try_out(Controller *controller, Loaded *loaded, const SettingsChange *given,
                    GError **error)
{
        g_autoptr(Settings) trial = NULL;
        g_autoptr(GPtrArray) changed = NULL;
        g_autoptr(json_t) tests = NULL;
        SettingsHost host = loaded->host;

        host.is_dry_run = true;
        trial = settings_load(loaded->app, controller->store, loaded->scene->name, &host, NULL,
                              error);
        if (trial == NULL || !settings_change(trial, given, &changed, NULL, error))
                return false;
        if (settings_test_saved_needs_engine(trial, changed) &&
            !show_engine(controller, loaded, error))
                return false;
        tests = settings_test_saved(trial, changed);
        return have_passed(tests, error);
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
        lock = controller_lock(controller, app, "slipway config", false, NULL, error);
        if (lock == NULL)
                return false;
        set = controller_parse_set(change->set, error);
        if (set != NULL)
                given.set = (const SettingsArgument *const *) set->pdata;
        if (set == NULL || (!change->skip_tests && !try_out(controller, &loaded, &given, error)) ||
            !settings_change(loaded.settings, &given, &changed, &locked, error)) {
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

        if (!load(controller, app, false, &loaded, error) ||
            (settings_test_needs_engine(loaded.settings, group) &&
             !show_engine(controller, &loaded, error)))
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
