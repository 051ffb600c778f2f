/* Load: applications as files have them, and as deployments have left them */

#include <string.h>

#include "base/text.h"
#include "controller/internal.h"
#include "controller/source.h"
#include "format/format.h"

/* ---- Files, without an engine ---- */

/* @ret_dir: owned by the caller; the options borrow it */
static FormatOptions format_options(const FileOptions *options, const Sources *sources,
                                    char **ret_dir)
{
        *ret_dir = options->project_dir == NULL
                           ? NULL
                           : g_canonicalize_filename(options->project_dir, NULL);
        return (FormatOptions){
                .purpose = options->for_up ? FORMAT_UP : FORMAT_LINT,
                .is_strict = options->strict,
                .functions = functions_all(),
                .target = sources_want_swarm(sources) ? FORMAT_SWARM : FORMAT_HOST,
                .project = options->app,
                .working_dir = *ret_dir,
                .profiles = options->profiles,
                .env_files = options->env_files,
        };
}

Application *controller_read_files(const FileOptions *options, DiagList *diags, GError **error)
{
        g_auto(Sources) sources = { 0 };
        g_autofree char *dir = NULL;
        FormatOptions how;

        if (!sources_read(&sources, options->files, error))
                return NULL;
        how = format_options(options, &sources, &dir);
        return sources_parse(&sources, &how, diags, error);
}

char *controller_effective(const FileOptions *options, bool as_json, bool *ret_is_other,
                           DiagList *diags, GError **error)
{
        g_auto(Sources) sources = { 0 };
        g_autofree char *dir = NULL;
        FormatOptions how;

        if (ret_is_other != NULL)
                *ret_is_other = false;
        if (!sources_read(&sources, options->files, error))
                return NULL;
        if (ret_is_other != NULL && sources.n == 1 &&
            !format_is_compose(sources.items[0].text, sources.items[0].size)) {
                *ret_is_other = true;
                return NULL;
        }
        how = format_options(options, &sources, &dir);
        return sources_effective(&sources, &how, as_json, diags, error);
}

/* ---- Deployments ---- */

FormatTarget deployment_target(const Deployment *deployment)
{
        return strcmp(json_string_at(deployment->inputs, "engine", ""), "swarm") == 0 ? FORMAT_SWARM
                                                                                      : FORMAT_HOST;
}

static void say_which_apps(Controller *controller, const char *app, GError **error)
{
        g_auto(GStrv) apps = store_apps(controller->store, NULL);
        g_autofree char *list = apps == NULL ? g_strdup("") : g_strjoinv(", ", apps);
        const char *closest = apps == NULL ? NULL : text_closest(app, (const char *const *) apps);

        if (closest != NULL)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_NO_APP,
                            "there is no application `%s`; did you mean `%s`?", app, closest);
        else if (list[0] != '\0')
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_NO_APP,
                            "there is no application `%s`; there is: %s", app, list);
        else
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_NO_APP,
                            "there is no application `%s`; bring one up with `slipway up FILE`",
                            app);
}

Deployment *controller_deployment(Controller *controller, const char *app, int64_t number,
                                  GError **error)
{
        g_autoptr(GError) inner = NULL;
        Deployment *deployment;

        deployment = store_deployment_get(controller->store, app, number, &inner);
        if (deployment != NULL)
                return deployment;
        if (!g_error_matches(inner, STORE_ERROR, STORE_ERROR_NOT_FOUND))
                g_set_error_literal(error, CONTROLLER_ERROR, CONTROLLER_ERROR_STORE,
                                    inner->message);
        else if (number != 0)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "%s has no deployment %" G_GINT64_FORMAT
                            "; `slipway history %s` lists them",
                            app, number, app);
        else
                say_which_apps(controller, app, error);
        return NULL;
}

void loaded_clear(Loaded *loaded)
{
        g_clear_pointer(&loaded->settings, settings_free);
        g_clear_pointer(&loaded->scene, scene_free);
        g_clear_pointer(&loaded->app, application_free);
        g_clear_pointer(&loaded->settings_app, application_free);
        g_clear_pointer(&loaded->diags, diag_list_free);
        g_clear_pointer(&loaded->deployment, deployment_free);
}

static Application *parse_stored(Loaded *loaded, const char *app, const char *text,
                                 bool settings_only, GError **error)
{
        g_auto(Sources) sources = { 0 };

        sources_take(&sources, loaded->deployment->file, text);
        return sources_parse(&sources,
                             &(FormatOptions){
                                     .purpose = FORMAT_UP,
                                     .functions = functions_all(),
                                     .target = deployment_target(loaded->deployment),
                                     .project = app,
                                     .settings_only = settings_only,
                             },
                             loaded->diags, error);
}

/* Of a release the workloads are those that were deployed, the settings those of its text. */
static Application *parse_deployment(Loaded *loaded, const char *app, GError **error)
{
        const Deployment *deployment = loaded->deployment;
        const char *effective = json_string_at(deployment->inputs, "effective", NULL);
        Application *read = parse_stored(loaded, app, deployment->text, effective != NULL, error);
        Application *deployed;

        if (effective == NULL || read == NULL)
                return read;
        loaded->settings_app = read;
        deployed = parse_stored(loaded, app, effective, false, error);
        if (deployed != NULL)
                application_take_settings(deployed, read);
        return deployed;
}

bool controller_load(Controller *controller, const char *app, int64_t number, bool with_settings,
                     Loaded *ret_loaded, GError **error)
{
        Loaded *loaded = ret_loaded;

        *loaded = (Loaded){ 0 };
        loaded->deployment = controller_deployment(controller, app, number, error);
        if (loaded->deployment == NULL)
                return false;
        loaded->diags = diag_list_new();
        loaded->app = parse_deployment(loaded, app, error);
        if (loaded->app == NULL || !with_settings)
                return loaded->app != NULL;
        loaded->scene = scene_new(loaded->app, app);
        loaded->scene->store = controller->store;
        loaded->scene->is_swarm = deployment_target(loaded->deployment) == FORMAT_SWARM;
        scene_host_settings(loaded->scene, loaded->deployment->text, &loaded->host);
        loaded->scene->engine = controller->engine;
        loaded->host.is_dry_run = !controller->is_store_writable;
        loaded->settings = settings_load(loaded->app, controller->store, app, &loaded->host,
                                         loaded->diags, error);
        loaded->scene->settings = loaded->settings;
        if (loaded->settings == NULL)
                controller_wrap(error, CONTROLLER_ERROR_STORE);
        return loaded->settings != NULL;
}
