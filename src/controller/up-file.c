/* Reading: from the command line to the application, its name, and its engine */

#include <string.h>

#include "base/text.h"
#include "controller/scene.h"
#include "controller/up-private.h"

/* ---- Which text, and under which name ---- */

/* `slipway up shop`, where shop is no file, takes what was deployed */
static bool take_text(Upping *up, GError **error)
{
        const UpOptions *options = up->options;

        if (options->files != NULL && options->deployment == 0)
                return sources_read(&up->sources, options->files, error);
        if (options->app == NULL) {
                g_set_error(
                        error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                        "--deployment goes back to what an application was: say its name "
                        "instead of a file, as in `slipway up APP --deployment %" G_GINT64_FORMAT
                        "`",
                        options->deployment);
                return false;
        }
        up->before = controller_deployment(up->controller, options->app, options->deployment,
                                           error);
        if (up->before == NULL)
                return false;
        sources_take(&up->sources, up->before->file, up->before->text);
        up->sources.is_brought_up = true;
        return true;
}

const char *up_file(const Upping *up)
{
        return up->sources.items[0].file;
}

/* Names of containers, volumes and files are made from it */
#define APP_NAME_MAX 128

static bool take_name(Upping *up, GError **error)
{
        const char *name = up->options->app;
        g_autofree char *slug = NULL;

        if (name == NULL)
                name = up->app->name.raw;
        if (up->options->app == NULL &&
            (name == NULL || name[0] == '\0' || text_has_template(name))) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "%s gives the application no fixed name; say --app NAME", up_file(up));
                return false;
        }
        slug = text_slug(name);
        if (slug[0] == '\0' || (up->options->app != NULL && strcmp(slug, name) != 0)) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "`%s` cannot be an application's name; use lower-case letters, digits, "
                            "`-`, `_` and `.`",
                            name);
                return false;
        }
        if (strlen(slug) > APP_NAME_MAX) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "the application's name has %zu characters; at most %d can be used: "
                            "say a shorter one with --app NAME",
                            strlen(slug), APP_NAME_MAX);
                return false;
        }
        up->name = g_steal_pointer(&slug);
        return true;
}

/* ---- What it is to run on ---- */

/* What the command says, else what the application ran on, else what file and engine ask for */
static bool choose_target(Upping *up, GError **error)
{
        const char *engine = up->options->engine;

        if (engine != NULL)
                up->target = strcmp(engine, "swarm") == 0 ? FORMAT_SWARM : FORMAT_HOST;
        else if (up->before != NULL)
                up->target = deployment_target(up->before);
        else if (sources_want_swarm(&up->sources))
                return controller_find_target(up->controller, &up->target, error);
        return true;
}

/* A release's Compose document, rendered with its settings */
static char *render_release(const char *text, gpointer user, char **ret_error)
{
        Upping *up = user;

        return render_text(up->scene, &(Text){ .raw = text, .pos = { up_file(up), 0, 0 } },
                           ret_error);
}

static bool parse(Upping *up, GError **error)
{
        const UpOptions *options = up->options;
        bool is_first = up->is_release && up->settings == NULL;

        g_clear_pointer(&up->app, application_free);
        up->app = sources_parse(&up->sources,
                                &(FormatOptions){ .purpose = FORMAT_UP,
                                                  .is_strict = options->strict,
                                                  .functions = functions_all(),
                                                  .target = up->target,
                                                  .project = options->app,
                                                  .working_dir = up->project_dir,
                                                  .profiles = options->profiles,
                                                  .env_files = options->env_files,
                                                  .settings_only = is_first,
                                                  .render = is_first ? NULL : render_release,
                                                  .render_user = up },
                                up->diags, error);
        return up->app != NULL;
}

static bool is_started(Upping *up)
{
        g_autofree char *desired = NULL;
        int64_t serving;

        return store_app_get(up->controller->store, up->name, &serving, &desired, NULL) &&
               g_strcmp0(desired, "started") == 0;
}

static bool forget(const Diag *diag, gpointer user)
{
        return false;
}

/* An application stays where it is. What the file's name is shows only when it has been read. */
static bool follow_last(Upping *up, GError **error)
{
        g_autoptr(Deployment) last = store_deployment_get(up->controller->store, up->name, 0, NULL);

        if (last == NULL)
                return true;
        if (!up->options->without_ipvs &&
            json_is_true(json_object_get(last->inputs, "without_ipvs")))
                up->without_ipvs = true;
        if (deployment_target(last) == up->target)
                return true;
        if (up->options->engine == NULL) {
                up->target = deployment_target(last);
                diag_list_filter(up->diags, forget, NULL);
                return parse(up, error);
        }
        if (!is_started(up))
                return true;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                    "%s runs on %s; what runs there would be left behind: say `slipway down %s` "
                    "first",
                    up->name, up->target == FORMAT_SWARM ? "one Docker host" : "a Swarm", up->name);
        return false;
}

/* ---- The whole ---- */

static bool has_workloads(Upping *up, GError **error)
{
        if (up->app->n_workloads > 0 || (up->is_release && up->settings == NULL))
                return true;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                    "%s describes no containers: there is nothing to bring up", up_file(up));
        return false;
}

bool up_parse(Upping *up, GError **error)
{
        return parse(up, error) && has_workloads(up, error);
}

bool up_read(Upping *up, GError **error)
{
        up->without_ipvs = up->options->without_ipvs;
        if (up->options->project_dir != NULL)
                up->project_dir = g_canonicalize_filename(up->options->project_dir, NULL);
        if (!take_text(up, error) || !choose_target(up, error))
                return false;
        up->is_release = sources_want_swarm(&up->sources);
        if (!up_parse(up, error) || !take_name(up, error) || !follow_last(up, error))
                return false;
        controller_use(up->controller, up->target, up->without_ipvs);
        return true;
}
