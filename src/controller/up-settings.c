/* Settings of an `up`: loaded, changed as the command says, and masked */

#include <string.h>

#include "controller/registries.h"
#include "controller/up-private.h"

/* The settings file and every `--set`, as one: one wrong name and nothing has changed. */
static bool apply_given(Upping *up, GError **error)
{
        const UpOptions *options = up->options;
        g_autoptr(GPtrArray) set = controller_parse_set(options->set, error);
        g_autofree char *text = NULL;
        gsize size = 0;

        if (set == NULL || (options->settings_file != NULL &&
                            !controller_slurp(options->settings_file, &text, &size, error)))
                return false;
        if (set->len == 1 && text == NULL)
                return true;
        return settings_change(
                up->settings,
                &(SettingsChange){ .set = (const SettingsArgument *const *) set->pdata,
                                   .import = text,
                                   .import_size = size },
                NULL, NULL, error);
}

/* Back to the values that an earlier deployment had: what the user had set then is set, what he
 * had not is not. */
static bool go_back(Upping *up, Settings *settings, GError **error)
{
        json_t *then = up->before == NULL ? NULL : json_object_get(up->before->inputs, "settings");
        g_autoptr(json_t) now = NULL;
        g_autofree char *text = NULL;
        const char *name;
        json_t *value;

        /* `start` is no way back: what was set since stays set. */
        if (up->options->deployment == 0 || then == NULL || up->is_start)
                return true;
        now = settings_export(settings, true);
        json_object_foreach(now, name, value) {
                if (settings_is_user_set(settings, name) && json_object_get(then, name) == NULL &&
                    !settings_unset(settings, name, error))
                        return false;
        }
        text = json_to_canonical_text(then);
        return settings_import(settings, text, strlen(text), NULL, error);
}

json_t *up_user_settings(Settings *settings)
{
        json_t *all = settings_export(settings, true);
        const char *name;
        json_t *value;
        void *next;

        json_object_foreach_safe(all, next, name, value) {
                if (!settings_is_user_set(settings, name))
                        json_object_del(all, name);
        }
        return all;
}

/* Passwords of registries are masked like the application's own. */
static void mask_registries(Upping *up)
{
        g_autoptr(GPtrArray) secrets = registry_secrets(up->controller->store, NULL);

        for (guint i = 0; secrets != NULL && i < secrets->len; i++)
                settings_add_secret(up->settings, secrets->pdata[i]);
}

/* What Compose secrets hold, without the newline that files end with */
void up_mask_secrets(Upping *up)
{
        for (size_t i = 0; i < up->app->n_resources; i++) {
                const Resource *resource = &up->app->resources[i];
                g_autofree char *text = NULL;

                if (resource->kind != RESOURCE_SECRET || resource->data == NULL)
                        continue;
                text = g_strchomp(g_strndup(resource->data, resource->size));
                settings_add_secret(up->settings, text);
        }
}

/* The engine repeats what it was given. For `return up_refuse(up, error);` */
bool up_refuse(const Upping *up, GError **error)
{
        g_autofree char *masked = NULL;

        if (up->settings == NULL || error == NULL || *error == NULL)
                return false;
        masked = settings_mask(up->settings, (*error)->message);
        g_free((*error)->message);
        (*error)->message = g_steal_pointer(&masked);
        return false;
}

bool up_load_settings(Upping *up, GError **error)
{
        scene_host_settings(up->scene, up->sources.items[0].text, &up->host);
        up->scene->engine = up->controller->engine;
        up->host.is_dry_run = up->is_plan;
        up->settings = settings_load(up->app, up->controller->store, up->name, &up->host, NULL,
                                     error);
        if (up->settings == NULL) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        up->scene->settings = up->settings;
        mask_registries(up);
        if (!go_back(up, up->settings, error) || !apply_given(up, error)) {
                controller_wrap(error, CONTROLLER_ERROR_USAGE);
                return false;
        }
        settings_check(up->settings, up->diags);
        if (diag_has_errors(up->diags)) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                            "settings are missing or wrong; nothing was touched");
                return false;
        }
        return true;
}
