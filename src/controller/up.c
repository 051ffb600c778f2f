#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/files.h"
#include "controller/internal.h"
#include "controller/node.h"
#include "controller/preflight.h"
#include "controller/registries.h"
#include "controller/remote.h"
#include "controller/resources.h"
#include "controller/source.h"
#include "format/format.h"

/* Everything that an `up` or a `plan` works with */
typedef struct Upping {
        Controller *controller;
        const UpOptions *options;
        DiagList *diags;
        Sources sources;
        char *project_dir;
        char *name;
        Deployment *before; /* whose text and settings are used; NULL */
        FormatTarget target;
        bool without_ipvs;
        char *swarm_address;       /* of its leading manager, which every node can reach; NULL */
        bool is_release;           /* settings are read first, then Compose rendered with them */
        Application *settings_app; /* of a release: what @settings were loaded from */
        Application *app;
        Scene *scene;
        SettingsHost host;
        Settings *settings;
        World *world;
        StoreLock *lock;
        bool is_plan, is_start;
        json_t *warnings;
} Upping;

static void upping_clear(Upping *up)
{
        g_clear_pointer(&up->settings, settings_free);
        g_clear_pointer(&up->scene, scene_free);
        g_clear_pointer(&up->world, world_free);
        g_clear_pointer(&up->app, application_free);
        g_clear_pointer(&up->settings_app, application_free);
        g_clear_pointer(&up->before, deployment_free);
        g_clear_pointer(&up->lock, store_unlock);
        g_clear_pointer(&up->warnings, json_decref);
        sources_clear(&up->sources);
        g_free(up->project_dir);
        g_free(up->swarm_address);
        g_free(up->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Upping, upping_clear)

/* ---- The file ---- */

static bool take_text(Upping *up, GError **error)
{
        const UpOptions *options = up->options;

        if (options->files != NULL && options->deployment == 0)
                return sources_read(&up->sources, options->files, error);
        up->before = controller_deployment(up->controller, options->app, options->deployment,
                                           error);
        if (up->before == NULL)
                return false;
        sources_take(&up->sources, up->before->file, up->before->text);
        up->sources.is_brought_up = true;
        return true;
}

static const char *file_of(const Upping *up)
{
        return up->sources.items[0].file;
}

static bool take_name(Upping *up, GError **error)
{
        const char *name = up->options->app;
        g_autofree char *slug = NULL;

        if (name == NULL)
                name = up->app->name.raw;
        if (name == NULL || name[0] == '\0' || text_has_template(name)) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "%s gives the application no fixed name; say --app NAME", file_of(up));
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

        return render_text(up->scene, &(Text){ .raw = text, .pos = { file_of(up), 0, 0 } },
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

static bool has_workloads(Upping *up, GError **error)
{
        if (up->app->n_workloads > 0 || (up->is_release && up->settings == NULL))
                return true;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                    "%s describes no containers: there is nothing to bring up", file_of(up));
        return false;
}

/* `slipway up shop`, where shop is no file */
static bool read_file(Upping *up, GError **error)
{
        up->without_ipvs = up->options->without_ipvs;
        if (up->options->project_dir != NULL)
                up->project_dir = g_canonicalize_filename(up->options->project_dir, NULL);
        if (!take_text(up, error) || !choose_target(up, error))
                return false;
        up->is_release = sources_want_swarm(&up->sources);
        if (!parse(up, error) || !has_workloads(up, error) || !take_name(up, error) ||
            !follow_last(up, error))
                return false;
        controller_use(up->controller, up->target, up->without_ipvs);
        return true;
}

static bool check_rerun(Upping *up, GError **error)
{
        for (const char *const *id = up->options->rerun; id != NULL && *id != NULL; id++) {
                g_autoptr(GPtrArray) ids = g_ptr_array_new();
                const char *closest;

                if (application_find(up->app, *id) >= 0)
                        continue;
                for (size_t i = 0; i < up->app->n_workloads; i++)
                        g_ptr_array_add(ids, (char *) up->app->workloads[i].id);
                g_ptr_array_add(ids, NULL);
                closest = text_closest(*id, (const char *const *) ids->pdata);
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_USAGE,
                            "--rerun names `%s`, which the file does not have%s%s%s", *id,
                            closest == NULL ? "" : "; did you mean `",
                            closest == NULL ? "" : closest, closest == NULL ? "" : "`?");
                return false;
        }
        return true;
}

/* ---- Settings ---- */

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

static json_t *user_settings(Settings *settings)
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

/* The engine repeats what it was given. For `return refuse(up, error);` */
static bool refuse(const Upping *up, GError **error)
{
        g_autofree char *masked = NULL;

        if (up->settings == NULL || error == NULL || *error == NULL)
                return false;
        masked = settings_mask(up->settings, (*error)->message);
        g_free((*error)->message);
        (*error)->message = g_steal_pointer(&masked);
        return false;
}

/* What Compose secrets hold, without the newline that files end with */
static bool mask_secrets(Upping *up)
{
        for (size_t i = 0; i < up->app->n_resources; i++) {
                const Resource *resource = &up->app->resources[i];
                g_autofree char *text = NULL;

                if (resource->kind != RESOURCE_SECRET || resource->data == NULL)
                        continue;
                text = g_strchomp(g_strndup(resource->data, resource->size));
                settings_add_secret(up->settings, text);
        }
        return true;
}

static bool load_settings(Upping *up, GError **error)
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

/* ---- What may not be touched ---- */

/* A file of another application under this one's name would take it away. */
static bool check_identity(Upping *up, GError **error)
{
        bool has_any = false;

        if (up->options->app != NULL || up->is_plan)
                return true;
        for (guint i = 0; i < up->world->views->len; i++) {
                if (application_find(up->app, world_view(up->world, i)->workload_id) >= 0)
                        return true;
                has_any = true;
        }
        if (has_any)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "the application %s has other containers than this file: all of them "
                            "would be removed; if that is meant, say --app %s",
                            up->name, up->name);
        return !has_any;
}

/* What a running container holds of a workload's claims, for people; NULL: nothing */
static char *held_claim(const Container *container, char **wanted)
{
        g_auto(GStrv) held = NULL;

        if (container->state != CONTAINER_RUNNING && container->state != CONTAINER_PAUSED)
                return NULL;
        held = world_claims(container);
        for (char **mine = wanted; *mine != NULL; mine++) {
                for (char **its = held; *its != NULL; its++) {
                        if (claim_overlaps(*its, *mine))
                                return claim_to_words(*mine);
                }
        }
        return NULL;
}

static bool is_free_of(const Workload *workload, const Spec *spec, const Container *container,
                       const char *app, GError **error)
{
        g_auto(GStrv) wanted = NULL;
        g_autofree char *held = NULL;

        if (strcmp(spec->name, container->name) == 0) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                            "%s needs the name %s, which container %.12s has, and that one does "
                            "not belong to %s; rename or remove it",
                            workload->id, spec->name, container->id, app);
                return false;
        }
        wanted = claims_of_spec(spec);
        held = held_claim(container, wanted);
        if (held == NULL)
                return true;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                    "%s needs %s, which container %s holds, and that one does not belong to %s; "
                    "stop it first",
                    workload->id, held, container->name, app);
        return false;
}

/* A stranger on a name, port or address of ours is an error before anything is touched. */
static bool check_foreign(Upping *up, GError **error)
{
        for (size_t i = 0; i < up->app->n_workloads; i++) {
                const Workload *workload = &up->app->workloads[i];
                g_auto(Rendered) rendered = { 0 };

                render_workload(up->scene, workload, NULL, &rendered);
                for (guint j = 0; rendered.spec != NULL && j < up->world->others->len; j++) {
                        if (!is_free_of(workload, rendered.spec, up->world->others->pdata[j],
                                        up->name, error))
                                return false;
                }
        }
        return true;
}

/* ---- Getting ready ---- */

static bool fetch_files(Upping *up, GError **error)
{
        if (remote_fill(up->app, up->controller->store, error))
                return true;
        controller_wrap(error, CONTROLLER_ERROR_FAILED);
        return false;
}

static bool set_scene(Upping *up, GError **error)
{
        Controller *controller = up->controller;
        const char *before = up->swarm_address;

        up->scene = scene_new(up->app, up->name);
        up->scene->store = controller->store;
        up->scene->is_swarm = up->target == FORMAT_SWARM;
        if (up->before != NULL)
                before = json_string_at(up->before->inputs, "node_address", before);
        up->scene->node_address = node_address(controller->given_node_address != NULL
                                                       ? controller->given_node_address
                                               : g_getenv("SLIPWAY_NODE_ADDRESS") != NULL ? NULL
                                                                                          : before,
                                               controller->info, error);
        up->scene->bridge_address = g_strdup(controller->info->bridge_gateway);
        return up->scene->node_address != NULL;
}

/* Going back takes no migration back: says which have succeeded in later deployments, those that
 * the earlier file does not have included. */
static bool warn_of_migrations(Upping *up, GError **error)
{
        int64_t since = up->options->deployment;
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) runs = NULL;

        up->warnings = json_array();
        if (up->is_plan && up->target == FORMAT_SWARM)
                preflight_notes(up->app, up->without_ipvs, up->warnings);
        if (since == 0)
                return true;
        runs = store_runs(up->controller->store, up->name, NULL, NULL, error);
        for (guint i = 0; runs != NULL && i < runs->len; i++) {
                const RunRecord *run = runs->pdata[i];
                g_autofree char *text = NULL, *ago = NULL;

                if (run->outcome != RUN_SUCCEEDED || run->deployment <= since ||
                    !g_hash_table_add(seen, run->workload))
                        continue;
                ago = duration_to_text(g_get_real_time() - run->ended_wall_us);
                text = g_strdup_printf("%s has run since, in deployment %" G_GINT64_FORMAT
                                       ", %s ago; going back to deployment %" G_GINT64_FORMAT
                                       " does not undo it",
                                       run->workload, run->deployment, ago, since);
                json_array_append_new(up->warnings, json_string(text));
        }
        return runs != NULL;
}

/* Run-onces whose newest run has succeeded: where it ran may be gone since */
static bool *find_done(Upping *up)
{
        bool *is_done = g_new0(bool, up->app->n_workloads + 1);

        for (size_t i = 0; i < up->app->n_workloads; i++) {
                g_autoptr(GPtrArray) runs = store_runs(up->controller->store, up->name,
                                                       up->app->workloads[i].id, NULL, NULL);

                is_done[i] = runs != NULL && runs->len > 0 &&
                             ((const RunRecord *) runs->pdata[0])->outcome == RUN_SUCCEEDED;
        }
        return is_done;
}

/* What would make it fail on this Swarm */
static bool check_swarm(Upping *up, GError **error)
{
        Controller *controller = up->controller;
        g_autofree bool *is_done = NULL;
        g_auto(Answer) answer = { 0 };

        if (up->target != FORMAT_SWARM)
                return true;
        if (!controller_open_engine(controller, up->name, error))
                return false;
        if (controller->info->is_swarm_manager &&
            !engine_ask(controller->engine, &(EngineRequest){ .op = ENGINE_NODES }, &answer,
                        error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        for (guint i = 0; answer.nodes != NULL && i < answer.nodes->len; i++) {
                const NodeInfo *node = answer.nodes->pdata[i];

                if (node->is_leader || (node->is_manager && up->swarm_address == NULL)) {
                        g_free(up->swarm_address);
                        up->swarm_address = g_strdup(node->address);
                }
        }
        is_done = find_done(up);
        return preflight_swarm(up->app, controller->info, answer.nodes, is_done, up->without_ipvs,
                               error);
}

/* The settings of a release are known: its Compose document can be rendered and read. */
static bool read_release(Upping *up, GError **error)
{
        if (!up->is_release)
                return true;
        up->settings_app = g_steal_pointer(&up->app);
        if (!parse(up, error) || !has_workloads(up, error) || !check_swarm(up, error))
                return false;
        scene_set_application(up->scene, up->app);
        return true;
}

static bool get_ready(Upping *up, GError **error)
{
        Controller *controller = up->controller;

        if (!controller_open_store(controller, !up->is_plan, error) || !read_file(up, error))
                return false;
        if (!up->is_plan) {
                up->lock = controller_lock(controller, up->name, up->options->command_line,
                                           up->options->wait, error);
                if (up->lock == NULL)
                        return false;
        }
        if (!check_swarm(up, error))
                return false;
        up->world = controller_world(controller, up->name, true, error);
        return up->world != NULL && set_scene(up, error) && load_settings(up, error) &&
               fetch_files(up, error) && read_release(up, error) && mask_secrets(up) &&
               check_rerun(up, error) && check_identity(up, error) && check_foreign(up, error) &&
               warn_of_migrations(up, error) &&
               resources_check(up->app, up->name, controller->store, up->world, up->warnings,
                               error);
}

/* ---- The result ---- */

static int64_t count_runs(Controller *controller, const char *app, const char *workload)
{
        g_autoptr(GPtrArray) runs = store_runs(controller->store, app, workload, NULL, NULL);

        return runs == NULL ? 0 : runs->len;
}

static json_t *workload_result(Upping *up, Deploy *deploy, unsigned i)
{
        const Workload *workload = &up->app->workloads[i];
        WorkloadProgress progress;
        g_autofree char *reason = NULL, *waits = NULL;
        json_t *result;

        core_progress(deploy->core, i, &progress);
        reason = deploy_mask(deploy, progress.reason);
        waits = core_waits_for(deploy->core, i);
        result = json_pack(
                "{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "id", workload->id, "kind",
                workload->kind == WORKLOAD_EPHEMERAL ? "ephemeral" : "service", "action",
                progress.is_decided ? plan_action_to_string(progress.action) : "none", "state",
                workload_state_to_string(progress.state), "reason", reason, "container",
                progress.container_name, "runs",
                (json_int_t) (workload->kind == WORKLOAD_EPHEMERAL
                                      ? count_runs(up->controller, up->name, workload->id)
                                      : 0));
        json_object_set_new(result, "exit_code",
                            progress.exit_code < 0 ? json_null()
                                                   : json_integer(progress.exit_code));
        json_object_set_new(result, "waits_for", waits == NULL ? json_null() : json_string(waits));
        if (deploy->items[i].quote != NULL)
                json_object_set_new(result, "log_tail", json_string(deploy->items[i].quote));
        return result;
}

static json_t *results(Upping *up, Deploy *deploy)
{
        json_t *list = json_array();

        for (size_t i = 0; i < up->app->n_workloads; i++)
                json_array_append_new(list, workload_result(up, deploy, i));
        return list;
}

static json_t *changes_of(const json_t *workloads)
{
        json_t *list = json_array();
        json_t *workload;
        size_t i;

        json_array_foreach(workloads, i, workload)
                json_array_append_new(list, json_pack("{s:O, s:O, s:O}", "workload",
                                                      json_object_get(workload, "id"), "action",
                                                      json_object_get(workload, "action"), "reason",
                                                      json_object_get(workload, "reason")));
        return list;
}

static DeploymentOutcome outcome_of(const Deploy *deploy)
{
        switch (deploy->outcome) {
        case CORE_SUCCEEDED:
                return OUTCOME_SUCCEEDED;
        case CORE_INTERRUPTED:
                return OUTCOME_INTERRUPTED;
        case CORE_FAILED:
        case CORE_UNKNOWN:
                return OUTCOME_FAILED;
        }
        g_assert_not_reached();
}

static bool write_end(Upping *up, Deploy *deploy, json_t *workloads, GError **error)
{
        Store *store = up->controller->store;
        g_autoptr(json_t) changes = changes_of(workloads);

        if (!up->is_start &&
            (!store_deployment_set_changes(store, up->name, deploy->number, changes, error) ||
             !store_deployment_end(store, up->name, deploy->number, outcome_of(deploy),
                                   deploy->reason, error)))
                return false;
        if (deploy->outcome == CORE_SUCCEEDED)
                return store_app_set_serving(store, up->name, deploy->number, error);
        return true;
}

static bool tell_end(Upping *up, Deploy *deploy, int64_t begun_us, json_t **ret_result,
                     GError **error)
{
        json_t *workloads = results(up, deploy);
        bool ok = write_end(up, deploy, workloads, error);

        *ret_result = json_pack("{s:s, s:I, s:s, s:s, s:o, s:O, s:I}", "app", up->name,
                                "deployment", (json_int_t) deploy->number, "outcome",
                                deployment_outcome_to_string(outcome_of(deploy)), "reason",
                                deploy->reason, "workloads", workloads, "warnings", up->warnings,
                                "elapsed_ms",
                                (json_int_t) ((g_get_monotonic_time() - begun_us) / 1000));
        if (!ok) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        if (deploy->outcome == CORE_SUCCEEDED)
                return true;
        g_set_error(error, CONTROLLER_ERROR,
                    deploy->outcome == CORE_INTERRUPTED ? CONTROLLER_ERROR_INTERRUPTED
                                                        : CONTROLLER_ERROR_FAILED,
                    "%s", deploy->reason);
        return false;
}

/* ---- up ---- */

static bool begin(Upping *up, int64_t *ret_number, GError **error)
{
        Store *store = up->controller->store;
        g_autoptr(json_t) inputs = NULL;
        Deployment deployment = { 0 };
        g_autofree char *desired = NULL;

        if (!store_app_set_desired(store, up->name, "started", error))
                return false;
        if (up->is_start) {
                int64_t serving;

                if (!store_app_get(store, up->name, &serving, &desired, error))
                        return false;
                *ret_number = up->before != NULL ? up->before->number : serving;
                controller_fact(up->controller, up->name, *ret_number, "start-begins", "", "");
                return true;
        }
        inputs = json_pack("{s:o, s:s, s:s, s:b, s:s*}", "settings", user_settings(up->settings),
                           "node_address", up->scene->node_address, "engine",
                           up->target == FORMAT_SWARM ? "swarm" : "docker", "without_ipvs",
                           up->without_ipvs, "effective",
                           up->is_release ? up->app->effective : NULL);
        deployment = (Deployment){ .app = up->name,
                                   .file = (char *) file_of(up),
                                   .text = (char *) sources_text(&up->sources,
                                                                 up->is_release ? NULL : up->app),
                                   .inputs = inputs,
                                   .reason = (char *) "" };
        if (!store_deployment_begin(store, &deployment, error))
                return false;
        *ret_number = deployment.number;
        controller_fact(up->controller, up->name, deployment.number, "deployment-begins", "",
                        file_of(up));
        return true;
}

/* ---- Images of containers that are off ---- */

static bool pull_now(Upping *up, const Workload *workload, const Spec *spec, GError **error)
{
        Controller *controller = up->controller;
        g_autofree char *image = render_source_reference(workload, spec);
        g_autofree char *auth = registry_auth(controller->store, workload->source, image);

        return engine_ask(controller->engine,
                          &(EngineRequest){ .op = ENGINE_IMAGE_PULL,
                                            .image = spec->image,
                                            .registry_auth = auth },
                          NULL, error);
}

static bool pull_off_image(Upping *up, const Workload *workload, const Spec *spec, GError **error)
{
        Engine *engine = up->controller->engine;
        const EngineRequest inspect = { .op = ENGINE_IMAGE_INSPECT, .image = spec->image };

        if (up->options->pull == PULL_NEVER ||
            (spec->registry[0] != '\0' && engine_ask(engine, &inspect, NULL, NULL)))
                return true;
        if (spec->registry[0] != '\0') {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                            "%s: its image %s is not here, and its source `%s` is not a registry "
                            "that this installation knows: load the image, or say `slipway "
                            "registry add %s HOST`",
                            workload->id, spec->image, spec->registry, spec->registry);
                return false;
        }
        if (pull_now(up, workload, spec, error))
                return true;
        g_prefix_error(error, "%s: pulling %s: ", workload->id, spec->image);
        return false;
}

/* `when: false` with `dynamic: true`: the image is to be here, for whoever starts it later. */
static bool pull_dynamic(Upping *up, GError **error)
{
        for (size_t i = 0; i < up->app->n_workloads; i++) {
                const Workload *workload = &up->app->workloads[i];
                g_auto(Rendered) rendered = { 0 };

                render_dynamic_image(up->scene, workload, &rendered);
                if (rendered.spec != NULL && workload->instance == 0 &&
                    !pull_off_image(up, workload, rendered.spec, error))
                        return false;
        }
        return true;
}

/* Files of containers that are gone; where the engine cannot be asked the next one does it. */
static void tidy_files(Upping *up)
{
        g_autoptr(World) world = NULL;

        if (!files_has(up->controller->state_dir, up->name))
                return;
        world = controller_world(up->controller, up->name, false, NULL);
        if (world != NULL)
                files_sweep(up->controller->state_dir, up->name, world->containers);
}

static void on_tidied(const char *text, gpointer user)
{
        deploy_message(user, "%s", text);
}

/* Networks that the file does not have any more; what cannot be removed now, the next one removes. */
static void tidy_networks(Upping *up, Deploy *deploy)
{
        g_autoptr(GError) error = NULL;

        if (!resources_remove_unused(up->controller->engine, up->controller->store, up->world,
                                     up->name, up->app, on_tidied, deploy, &error))
                deploy_message(deploy, "%s", error->message);
}

/* Interrupted before it had begun, or the store or the engine failed: false with why */
static bool cannot_go_on(Upping *up, Deploy *deploy, GError **error)
{
        bool is_interrupted = deploy->error == NULL;
        g_autofree char *why = is_interrupted ? g_strdup("interrupted")
                                              : deploy_mask(deploy, deploy->error->message);

        if (!up->is_start)
                (void) store_deployment_end(up->controller->store, up->name, deploy->number,
                                            is_interrupted ? OUTCOME_INTERRUPTED : OUTCOME_FAILED,
                                            why, NULL);
        g_set_error_literal(error, CONTROLLER_ERROR,
                            is_interrupted                         ? CONTROLLER_ERROR_INTERRUPTED
                            : deploy->error->domain == STORE_ERROR ? CONTROLLER_ERROR_STORE
                                                                   : CONTROLLER_ERROR_ENGINE,
                            why);
        return false;
}

bool controller_bring_up(Controller *controller, const UpOptions *options, bool is_start,
                         const UpObserver *observer, DiagList *diags, json_t **ret_result,
                         GError **error)
{
        g_auto(Upping) up = {
                .controller = controller, .options = options, .diags = diags, .is_start = is_start
        };
        g_autoptr(Deploy) deploy = NULL;
        int64_t begun_us = g_get_monotonic_time(), number;
        bool ok;

        if (!get_ready(&up, error))
                return refuse(&up, error);
        if (!is_start && !pull_dynamic(&up, error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return refuse(&up, error);
        }
        if (controller->is_interrupted) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_INTERRUPTED, "interrupted");
                return false;
        }
        if (!begin(&up, &number, error)) {
                controller_wrap(error, CONTROLLER_ERROR_STORE);
                return false;
        }
        up.scene->deployment = number;
        deploy = deploy_new(controller->store, controller->engine, up.app, up.name, number,
                            up.settings, up.scene, up.world, options, observer);
        deploy->state_dir = controller->state_dir;
        deploy->warnings = up.warnings;
        deploy->engine_host = controller->host;
        controller->deploy = deploy;
        ok = deploy_run(deploy);
        controller->deploy = NULL;
        tidy_files(&up);
        if (ok && deploy->outcome == CORE_SUCCEEDED)
                tidy_networks(&up, deploy);
        if (!ok)
                return cannot_go_on(&up, deploy, error);
        return tell_end(&up, deploy, begun_us, ret_result, error);
}

bool controller_up(Controller *controller, const UpOptions *options, const UpObserver *observer,
                   DiagList *diags, json_t **ret_result, GError **error)
{
        return controller_bring_up(controller, options, false, observer, diags, ret_result, error);
}

/* ---- plan ---- */

static void on_prepared(Deploy *deploy, unsigned workload)
{
        g_main_loop_quit(deploy->loop);
}

/* Ports of a container that stays are what they are; of one that is replaced they may change. */
static void show_running(Upping *up)
{
        for (guint i = 0; i < up->world->views->len; i++) {
                const CoreContainer *view = world_view(up->world, i);
                int workload = application_find(up->app, view->workload_id);

                if (workload >= 0 && view->seen.presence == PRESENCE_RUNNING)
                        scene_set_up(up->scene, workload, up->world->containers->pdata[i]);
        }
}

static char *parents_of(const Workload *workload, const Application *app)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        GString *out = g_string_new(NULL);

        for (size_t i = 0; i < workload->n_parents; i++) {
                const Parent *parent = &workload->parents[i];
                const char *id = app->workloads[parent->workload].id;

                if (g_hash_table_add(seen, (char *) id))
                        g_string_append_printf(out, "%s%s%s", out->len > 0 ? ", " : "", id,
                                               parent->is_implied ? " (implied)" : "");
        }
        return g_string_free(out, false);
}

static json_t *plan_row(Upping *up, Deploy *deploy, unsigned i, bool *ret_changes)
{
        const Workload *workload = &up->app->workloads[i];
        Prepared *prepared = &deploy->items[i].prepared;
        const CoreContainer *current = world_current(up->world, workload->id);
        bool force = up->options->rerun != NULL &&
                     g_strv_contains(up->options->rerun, workload->id);
        g_autofree char *waits = parents_of(workload, up->app), *reason = NULL;
        PlanDecision decision;
        json_t *row;

        if (prepared->error != NULL || prepared->deferred) {
                decision.action = current == NULL ? PLAN_START : PLAN_REPLACE;
                if (workload->kind == WORKLOAD_EPHEMERAL)
                        decision.action = PLAN_RUN;
                decision.reason = g_strdup(prepared->error != NULL
                                                   ? prepared->error
                                                   : "unknown until what it refers to is up");
        } else {
                decision = plan_decide(workload, prepared, current, force, g_get_real_time());
                if (prepared->image_missing && decision.action != PLAN_SKIP &&
                    decision.action != PLAN_OFF) {
                        g_autofree char *without = decision.reason;

                        decision.reason = g_strdup_printf("%s; image unknown until pulled",
                                                          without);
                }
        }
        if (decision.action != PLAN_KEEP)
                scene_set_up(up->scene, i, NULL);
        *ret_changes |= (decision.action != PLAN_KEEP && decision.action != PLAN_SKIP &&
                         decision.action != PLAN_OFF) ||
                        prepared->changed_in_place;
        reason = deploy_mask(deploy, decision.reason);
        row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", workload->id, "kind",
                        workload->kind == WORKLOAD_EPHEMERAL ? "ephemeral" : "service", "action",
                        plan_action_to_string(decision.action), "reason", reason, "fields",
                        decision.action == PLAN_REPLACE || decision.action == PLAN_UPDATE
                                ? prepared->changed
                                : "",
                        "waits_for", waits, "container", current == NULL ? "" : current->name);
        if (decision.action == PLAN_REPLACE && workload->kind == WORKLOAD_SERVICE)
                json_object_set_new(row, "gap",
                                    json_string("stop of the old container plus start "
                                                "of the new one"));
        g_free(decision.reason);
        return row;
}

static void plan_removals(Upping *up, json_t *rows, bool *ret_changes)
{
        for (guint i = 0; i < up->world->views->len; i++) {
                const CoreContainer *view = world_view(up->world, i);

                if (application_find(up->app, view->workload_id) >= 0)
                        continue;
                json_array_append_new(
                        rows,
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", view->workload_id,
                                  "kind", view->run_key[0] != '\0' ? "ephemeral" : "service",
                                  "action", "remove", "reason", "the file no longer has it",
                                  "fields", "", "waits_for", "", "container", view->name));
                *ret_changes = true;
        }
}

static json_t *make_plan(Upping *up, Deploy *deploy)
{
        unsigned n_levels;
        g_autofree unsigned *levels = controller_levels(up->app, &n_levels);
        g_autofree json_t **rows = g_new0(json_t *, up->app->n_workloads + 1);
        json_t *list = json_array();
        bool changes = false;

        show_running(up);
        for (unsigned level = 0; level < n_levels; level++) {
                for (size_t i = 0; i < up->app->n_workloads; i++) {
                        if (levels[i] != level)
                                continue;
                        prepare_begin(deploy, i, true);
                        while (deploy->items[i].is_preparing && deploy->error == NULL)
                                g_main_context_iteration(NULL, true);
                        if (deploy->error == NULL)
                                rows[i] = plan_row(up, deploy, i, &changes);
                }
        }
        for (size_t i = 0; i < up->app->n_workloads; i++)
                if (rows[i] != NULL)
                        json_array_append_new(list, rows[i]);
        plan_removals(up, list, &changes);
        return json_pack("{s:s, s:I, s:b, s:o, s:O}", "app", up->name, "deployment",
                         (json_int_t) deploy->number, "changes", changes, "workloads", list,
                         "warnings", up->warnings);
}

static int64_t next_number(Upping *up)
{
        g_autoptr(Deployment) last = store_deployment_get(up->controller->store, up->name, 0, NULL);

        return last == NULL ? 1 : last->number + 1;
}

bool controller_plan(Controller *controller, const UpOptions *options, DiagList *diags,
                     json_t **ret_plan, GError **error)
{
        g_auto(Upping) up = {
                .controller = controller, .options = options, .diags = diags, .is_plan = true
        };
        g_autoptr(Deploy) deploy = NULL;

        if (!get_ready(&up, error))
                return refuse(&up, error);
        up.scene->deployment = next_number(&up);
        deploy = deploy_new(controller->store, controller->engine, up.app, up.name,
                            up.scene->deployment, up.settings, up.scene, up.world, options, NULL);
        deploy->on_prepared = on_prepared;
        deploy->warnings = up.warnings;
        *ret_plan = make_plan(&up, deploy);
        if (deploy->error != NULL) {
                g_clear_pointer(ret_plan, json_decref);
                g_set_error_literal(error, CONTROLLER_ERROR, CONTROLLER_ERROR_STORE,
                                    deploy->error->message);
                return refuse(&up, error);
        }
        return true;
}

/* ---- pull ---- */

/* Whether the engine has it; false with an error where it cannot say */
static bool image_is_here(Controller *controller, const Spec *spec, bool *ret_is_here,
                          GError **error)
{
        g_auto(Answer) answer = { 0 };
        g_autoptr(GError) fault = NULL;

        *ret_is_here = engine_ask(
                controller->engine,
                &(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = spec->image }, &answer,
                &fault);
        if (*ret_is_here || g_error_matches(fault, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND))
                return true;
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
}

static bool pull_shown(Upping *up, const Workload *workload, const Spec *spec,
                       const UpObserver *observer, GError **error)
{
        g_autofree char *shown = settings_mask(up->settings, spec->image);
        g_autofree char *line = g_strdup_printf("pulling %s", shown);

        if (observer != NULL && observer->on_message != NULL)
                observer->on_message(line, observer->user);
        return pull_now(up, workload, spec, error);
}

/* As `up` decides it: a registry is asked for what is not here, and for what must be fresh. */
static json_t *pull_image(Upping *up, const Workload *workload, const Spec *spec,
                          const UpObserver *observer)
{
        ImageQuestion question = { .has_build = workload->build != NULL,
                                   .is_always = spec->always_pull,
                                   .asked = up->options->pull,
                                   .policy = workload->pull_policy,
                                   .age_us = -1 };
        bool can_pull = spec->registry[0] == '\0';
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) row = NULL;
        const char *result = "failed", *reason;

        if (image_is_here(up->controller, spec, &question.is_here, &error)) {
                ImageFetch fetch = image_decide(&question, &reason);

                if (fetch == FETCH_BUILD)
                        result = "to build";
                else if (fetch != FETCH_PULL || !can_pull)
                        result = question.is_here ? "here" : "missing";
                else if (pull_shown(up, workload, spec, observer, &error))
                        result = "pulled";
        }
        row = json_pack("{s:s, s:s, s:s}", "image", spec->image, "result", result, "message",
                        error == NULL ? "" : error->message);
        return settings_mask_json(up->settings, row);
}

bool controller_pull(Controller *controller, const UpOptions *options, const UpObserver *observer,
                     DiagList *diags, json_t **ret_result, GError **error)
{
        g_auto(Upping) up = {
                .controller = controller, .options = options, .diags = diags, .is_plan = true
        };
        g_autoptr(json_t) images = json_array();
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        unsigned n_failed = 0;

        if (!controller_open_store(controller, false, error) || !read_file(&up, error) ||
            !controller_open_engine(controller, up.name, error) || !set_scene(&up, error) ||
            !load_settings(&up, error))
                return false;
        for (size_t i = 0; i < up.app->n_workloads; i++) {
                g_auto(Rendered) rendered = { 0 };
                json_t *row;

                render_workload(up.scene, &up.app->workloads[i], NULL, &rendered);
                if (rendered.spec == NULL ||
                    !g_hash_table_add(seen, g_strdup(rendered.spec->image)))
                        continue;
                row = pull_image(&up, &up.app->workloads[i], rendered.spec, observer);
                n_failed += strcmp(json_string_at(row, "result", ""), "failed") == 0 ||
                            strcmp(json_string_at(row, "result", ""), "missing") == 0;
                json_array_append_new(images, row);
        }
        *ret_result = json_pack("{s:O}", "images", images);
        if (n_failed > 0)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FAILED,
                            "%u of %zu images cannot be had", n_failed, json_array_size(images));
        return n_failed == 0;
}
