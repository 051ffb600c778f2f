#include "controller/controller.h"

#include <string.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "controller/internal.h"
#include "controller/source.h"
#include "controller/waiting.h"
#include "engine/swarm/swarm.h"
#include "format/format.h"

G_DEFINE_QUARK(slipway - controller - error - quark, controller_error)

#define FILE_MAX (64 << 20) /* bytes of an application file */

Controller *controller_new(const ControllerOptions *options)
{
        Controller *controller = g_new0(Controller, 1);

        controller->state_dir = options->state_dir == NULL ? store_default_dir()
                                                           : g_strdup(options->state_dir);
        controller->host = g_strdup(options->host);
        controller->given_node_address = g_strdup(options->node_address);
        controller->on_notice = options->on_notice;
        controller->notice_user = options->notice_user;
        controller->loop = g_main_loop_new(NULL, false);
        return controller;
}

void controller_free(Controller *controller)
{
        if (controller == NULL)
                return;
        engine_free(controller->engine);
        engine_info_free(controller->info);
        store_free(controller->store);
        g_main_loop_unref(controller->loop);
        g_free(controller->state_dir);
        g_free(controller->host);
        g_free(controller->given_node_address);
        g_free(controller);
}

void controller_interrupt(Controller *controller)
{
        controller->is_interrupted = true;
        if (controller->deploy != NULL)
                deploy_interrupt(controller->deploy);
        g_main_loop_quit(controller->loop);
}

void controller_wait_interrupt(Controller *controller)
{
        while (!controller->is_interrupted)
                g_main_loop_run(controller->loop);
}

void controller_wrap(GError **error, ControllerError code)
{
        GError *inner;

        if (error == NULL || *error == NULL || (*error)->domain == CONTROLLER_ERROR)
                return;
        inner = *error;
        *error = NULL;
        g_set_error_literal(error, CONTROLLER_ERROR, code, inner->message);
        g_error_free(inner);
}

bool controller_open_store(Controller *controller, bool is_writable, GError **error)
{
        if (controller->store != NULL && (controller->is_store_writable || !is_writable))
                return true;
        g_clear_pointer(&controller->store, store_free);
        controller->store = store_open(controller->state_dir, !is_writable, error);
        controller->is_store_writable = is_writable;
        if (controller->store == NULL)
                controller_wrap(error, CONTROLLER_ERROR_STORE);
        return controller->store != NULL;
}

/* ---- The engine ---- */

FormatTarget deployment_target(const Deployment *deployment)
{
        return strcmp(json_string_at(deployment->inputs, "engine", ""), "swarm") == 0 ? FORMAT_SWARM
                                                                                      : FORMAT_HOST;
}

static void switch_engine(Controller *controller, FormatTarget target, bool without_ipvs)
{
        if (controller->target == target && controller->without_ipvs == without_ipvs)
                return;
        g_clear_pointer(&controller->engine, engine_free);
        g_clear_pointer(&controller->info, engine_info_free);
        controller->target = target;
        controller->without_ipvs = without_ipvs;
}

void controller_use(Controller *controller, FormatTarget target, bool without_ipvs)
{
        switch_engine(controller, target, without_ipvs);
        controller->is_target_chosen = true;
}

/* Where the application runs: what its last deployment says */
static void follow_app(Controller *controller, const char *app)
{
        g_autoptr(Deployment) last = NULL;

        if (controller->is_target_chosen || controller->store == NULL || app == NULL)
                return;
        last = store_deployment_get(controller->store, app, 0, NULL);
        if (last != NULL)
                switch_engine(controller, deployment_target(last),
                              json_is_true(json_object_get(last->inputs, "without_ipvs")));
}

static bool make_engine(Controller *controller, const char *app, GError **error)
{
        const DockerOptions host = { .host = controller->host };
        g_autofree char *hash_key = NULL;

        follow_app(controller, app);
        if (controller->engine != NULL)
                return true;
        if (controller->store != NULL)
                hash_key = store_keyed_hash(controller->store, "names of configs and secrets", -1);
        if (controller->target == FORMAT_SWARM)
                controller->engine = swarm_engine_new(
                        &(SwarmOptions){ .docker = host,
                                         .without_ipvs = controller->without_ipvs,
                                         .hash_key = hash_key,
                                         .on_notice = controller->on_notice,
                                         .notice_user = controller->notice_user },
                        error);
        else
                controller->engine = docker_engine_new(&host, error);
        if (controller->engine == NULL)
                controller_wrap(error, CONTROLLER_ERROR_USAGE);
        return controller->engine != NULL;
}

World *controller_world(Controller *controller, const char *app, bool with_others, GError **error)
{
        World *world;

        if (!make_engine(controller, app, error))
                return NULL;
        world = world_load(controller->engine, controller->store, app, with_others, error);
        if (world == NULL) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return NULL;
        }
        engine_info_free(controller->info);
        controller->info = engine_info_copy(world->info);
        return world;
}

bool controller_open_engine(Controller *controller, const char *app, GError **error)
{
        g_auto(Answer) answer = { 0 };

        if (!make_engine(controller, app, error))
                return false;
        if (controller->info != NULL)
                return true;
        if (!engine_ask(controller->engine, &(EngineRequest){ .op = ENGINE_INFO }, &answer,
                        error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        controller->info = g_steal_pointer(&answer.info);
        return true;
}

bool controller_find_target(Controller *controller, FormatTarget *ret_target, GError **error)
{
        if (!controller_open_engine(controller, NULL, error))
                return false;
        *ret_target = controller->info->is_swarm_manager ? FORMAT_SWARM : FORMAT_HOST;
        return true;
}

/* ---- Locks ---- */

static void on_lock_changed(gpointer user)
{
        g_main_loop_quit(user);
}

/* When the watch sees nothing (there is a limit on them) */
#define LOOK_AGAIN_S 2

static gboolean on_look_again(gpointer user)
{
        g_main_loop_quit(user);
        return G_SOURCE_CONTINUE;
}

/* "`slipway up app.yml`, process 4711, since 12:03:04" */
static char *holder_to_text(const LockHolder *holder)
{
        g_autoptr(GDateTime)
                since = g_date_time_new_from_unix_utc(holder->since_wall_us / US_PER_S);
        g_autofree char *time = since == NULL ? g_strdup("?")
                                              : g_date_time_format(since, "%H:%M:%S UTC");

        return g_strdup_printf("`%s`, process %" G_GINT64_FORMAT ", since %s", holder->command,
                               holder->pid, time);
}

/* One try. NULL: @ret_who has it, or there is an error */
static StoreLock *try_lock(Controller *controller, const char *app, const char *command,
                           char **ret_who, GError **error)
{
        LockHolder holder = { 0 };
        g_autoptr(GError) inner = NULL;
        StoreLock *lock = store_lock(controller->store, app, command == NULL ? "slipway" : command,
                                     &holder, &inner);

        g_clear_pointer(ret_who, g_free);
        if (lock != NULL)
                return lock;
        if (g_error_matches(inner, STORE_ERROR, STORE_ERROR_LOCKED)) {
                *ret_who = holder_to_text(&holder);
                lock_holder_clear(&holder);
                return NULL;
        }
        g_propagate_error(error, g_steal_pointer(&inner));
        controller_wrap(error, CONTROLLER_ERROR_STORE);
        return NULL;
}

static char *describe_holder(gpointer user)
{
        char **who = user;

        return *who == NULL ? NULL : g_strdup_printf("for %s", *who);
}

/* Behind the one that has it, until we have it */
static StoreLock *queue(Controller *controller, const char *app, const char *command, char **who,
                        const UpObserver *observer, GError **error)
{
        g_autoptr(Waiting) waiting = waiting_begin(observer, 0, describe_holder, who);
        guint timer = g_timeout_add_seconds(LOOK_AGAIN_S, on_look_again, controller->loop);
        StoreLock *lock = NULL;

        while (*who != NULL && !controller->is_interrupted) {
                g_autoptr(StoreWatch) watch = store_lock_watch(
                        controller->store, app, on_lock_changed, controller->loop, NULL);

                lock = try_lock(controller, app, command, who, error);
                if (lock == NULL && *who != NULL)
                        g_main_loop_run(controller->loop);
        }
        g_source_remove(timer);
        if (lock == NULL && *who != NULL)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_INTERRUPTED, "interrupted");
        return lock;
}

StoreLock *controller_lock(Controller *controller, const char *app, const char *command, bool wait,
                           const UpObserver *observer, GError **error)
{
        g_autofree char *who = NULL;
        StoreLock *lock = try_lock(controller, app, command, &who, error);

        if (lock != NULL || who == NULL)
                return lock;
        if (wait)
                return queue(controller, app, command, &who, observer, error);
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_BUSY,
                    "another command works on %s: %s", app, who);
        return NULL;
}

/* ---- Files and deployments ---- */

static bool read_stdin(char **ret_text, gsize *ret_size, GError **error)
{
        g_autoptr(GIOChannel) in = g_io_channel_unix_new(0);

        return g_io_channel_set_encoding(in, NULL, error) == G_IO_STATUS_NORMAL &&
               g_io_channel_read_to_end(in, ret_text, ret_size, error) == G_IO_STATUS_NORMAL;
}

bool controller_slurp(const char *file, char **ret_text, gsize *ret_size, GError **error)
{
        g_autoptr(GError) inner = NULL;
        g_autofree char *text = NULL;
        bool is_stdin = strcmp(file, "-") == 0;

        if (!is_stdin && g_file_test(file, G_FILE_TEST_IS_DIR)) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                            "%s is a directory; name the application file in it", file);
                return false;
        }
        if (!(is_stdin ? read_stdin(&text, ret_size, &inner)
                       : g_file_get_contents(file, &text, ret_size, &inner))) {
                const char *why = strstr(inner->message, "”: "); /* behind the file's name */

                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE, "%s: %s", file,
                            why == NULL ? inner->message : why + strlen("”: "));
                return false;
        }
        if (*ret_size > FILE_MAX) {
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FILE,
                            "%s has %zu bytes; an application file has at most %d", file, *ret_size,
                            FILE_MAX);
                return false;
        }
        *ret_text = g_steal_pointer(&text);
        return true;
}

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

/* ---- Small things ---- */

GPtrArray *controller_parse_set(const char *const *set, GError **error)
{
        g_autoptr(GPtrArray)
                arguments = g_ptr_array_new_with_free_func((GDestroyNotify) settings_argument_free);
        int stdin_fd = 0;

        for (; set != NULL && *set != NULL; set++) {
                SettingsArgument *argument = settings_argument_parse(*set, stdin_fd, error);

                if (argument == NULL)
                        return NULL;
                if (g_str_has_suffix(*set, "=-"))
                        stdin_fd = -1;
                g_ptr_array_add(arguments, argument);
        }
        g_ptr_array_add(arguments, NULL);
        return g_steal_pointer(&arguments);
}

void controller_fact(Controller *controller, const char *app, int64_t deployment, const char *event,
                     const char *workload, const char *text)
{
        g_autoptr(json_t) detail = json_pack("{s:s}", "text", text);

        (void) store_fact_append(controller->store,
                                 &(Fact){ .app = (char *) app,
                                          .deployment = deployment,
                                          .event = (char *) event,
                                          .workload = (char *) workload,
                                          .detail = detail },
                                 NULL);
}

unsigned *controller_levels(const Application *app, unsigned *ret_n)
{
        unsigned *levels = g_new0(unsigned, app->n_workloads + 1);
        unsigned n = 1;
        bool changed = true;

        /* A cycle would grow for ever: nothing is deeper than there are workloads. */
        for (size_t round = 0; changed && round < app->n_workloads; round++) {
                changed = false;
                for (size_t i = 0; i < app->n_workloads; i++) {
                        const Workload *workload = &app->workloads[i];

                        for (size_t j = 0; j < workload->n_parents; j++) {
                                unsigned parent = levels[workload->parents[j].workload];

                                if (levels[i] <= parent && parent + 1 < app->n_workloads) {
                                        levels[i] = parent + 1;
                                        changed = true;
                                }
                        }
                        n = MAX(n, levels[i] + 1);
                }
        }
        *ret_n = n;
        return levels;
}

void controller_split_target(const char *target, char **ret_app, char **ret_workload)
{
        const char *slash = strchr(target, '/');

        *ret_app = slash == NULL ? g_strdup(target) : g_strndup(target, slash - target);
        *ret_workload = slash == NULL ? NULL : g_strdup(slash + 1);
}
