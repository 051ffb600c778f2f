#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "fake.h"

struct Controller {
        int unused;
};

Fake fake;
static bool is_interrupted;

G_DEFINE_QUARK(controller - error - quark, controller_error)

void fake_reset(void)
{
        if (fake.asked != NULL)
                g_string_free(fake.asked, true);
        is_interrupted = false;
        fake = (Fake){ .asked = g_string_new(NULL), .error = -1 };
}

G_GNUC_PRINTF(2, 3) static bool answer(GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_string_append_vprintf(fake.asked, format, args);
        va_end(args);
        g_string_append_c(fake.asked, '\n');
        if (fake.error < 0)
                return true;
        g_set_error_literal(error, CONTROLLER_ERROR, fake.error,
                            fake.message != NULL ? fake.message : "it went wrong");
        return false;
}

static bool give(bool ok, json_t **ret)
{
        if (ok || fake.answer != NULL)
                *ret = json_loads(fake.answer != NULL ? fake.answer : "null", JSON_DECODE_ANY,
                                  NULL);
        return ok;
}

static const char *text(const char *value)
{
        return value != NULL ? value : "-";
}

static char *list(const char *const *words)
{
        return words == NULL ? g_strdup("") : g_strjoinv(",", (char **) words);
}

Controller *controller_new(const ControllerOptions *options)
{
        g_string_append_printf(fake.asked, "new %s %s %s\n", text(options->state_dir),
                               text(options->host), text(options->node_address));
        return g_new0(Controller, 1);
}

void controller_free(Controller *controller)
{
        g_free(controller);
}

void controller_interrupt(Controller *controller)
{
        g_string_append(fake.asked, "interrupt\n");
        is_interrupted = true;
}

static bool up(const char *name, const UpOptions *o, DiagList *diags, GError **error)
{
        g_autofree char *set = list(o->set), *rerun = list(o->rerun), *files = list(o->files);

        if (fake.finding != NULL)
                diag_add(diags, DIAG_ERROR, "test", (SourcePos){ "app.yml", 0, 0 }, NULL, "%s",
                         fake.finding);
        return answer(error,
                      "%s file=%s app=%s set=%s settings=%s rerun=%s timeout=%d deployment=%d "
                      "pull=%d wait=%d strict=%d as=%s",
                      name, o->files == NULL ? "-" : files, text(o->app), set,
                      text(o->settings_file), rerun, (int) o->timeout_s, (int) o->deployment,
                      o->pull, o->wait, o->strict, text(o->command_line));
}

static void observe(const UpObserver *observer)
{
        if (observer->on_message != NULL)
                observer->on_message("db/postgres started", observer->user);
        if (observer->on_quote != NULL && fake.quote != NULL)
                observer->on_quote("app/migrate", fake.quote, observer->user);
}

static gboolean on_raise(gpointer user)
{
        raise(SIGTERM);
        return G_SOURCE_REMOVE;
}

/* Two workloads, of which one is done and the other waits; then nothing more happens */
static void live(const UpObserver *observer)
{
        Workload workloads[] = { { .id = "app/migrate" }, { .id = "web/app" } };
        Application app = { .workloads = workloads, .n_workloads = G_N_ELEMENTS(workloads) };
        WorkloadProgress done = { .state = STATE_DONE, .is_settled = true, .reason = "" };
        WorkloadProgress held = { .state = STATE_HELD, .reason = "" };

        observer->on_progress(&app, 0, &done, "already done, 3 min ago", observer->user);
        observer->on_progress(&app, 1, &held, "waits for db/x to listen on port 5432",
                              observer->user);
        observer->on_message("app/migrate is done", observer->user);
        if (fake.raise_after_ms > 0)
                g_timeout_add(fake.raise_after_ms, on_raise, NULL);
        while (!is_interrupted)
                g_main_context_iteration(NULL, true);
        fake.error = CONTROLLER_ERROR_INTERRUPTED;
}

bool controller_up(Controller *controller, const UpOptions *options, const UpObserver *observer,
                   DiagList *diags, json_t **ret_result, GError **error)
{
        if (fake.is_live)
                live(observer);
        else
                observe(observer);
        return give(up("up", options, diags, error), ret_result);
}

bool controller_plan(Controller *controller, const UpOptions *options, DiagList *diags,
                     json_t **ret_plan, GError **error)
{
        return give(up("plan", options, diags, error), ret_plan);
}

bool controller_pull(Controller *controller, const UpOptions *options, const UpObserver *observer,
                     DiagList *diags, json_t **ret_result, GError **error)
{
        return give(up("pull", options, diags, error), ret_result);
}

bool controller_down(Controller *controller, const char *app, const DownOptions *options,
                     const UpObserver *observer, json_t **ret_result, GError **error)
{
        return give(answer(error, "down %s volumes=%d wait=%d force=%d", app, options->volumes,
                           options->wait, options->force),
                    ret_result);
}

bool controller_start(Controller *controller, const char *target, const UpObserver *observer,
                      json_t **ret_result, GError **error)
{
        return give(answer(error, "start %s", target), ret_result);
}

bool controller_stop(Controller *controller, const char *target, const DownOptions *options,
                     const UpObserver *observer, json_t **ret_result, GError **error)
{
        return give(
                answer(error, "stop %s wait=%d force=%d", target, options->wait, options->force),
                ret_result);
}

bool controller_restart(Controller *controller, const char *target, const UpObserver *observer,
                        json_t **ret_result, GError **error)
{
        return give(answer(error, "restart %s", target), ret_result);
}

bool controller_status(Controller *controller, const char *app, json_t **ret_status, GError **error)
{
        return give(answer(error, "status %s", app), ret_status);
}

bool controller_ps(Controller *controller, const char *app, json_t **ret_list, GError **error)
{
        return give(answer(error, "ps %s", text(app)), ret_list);
}

bool controller_logs(Controller *controller, const char *app, const char *workload, bool follow,
                     int64_t tail, LogFunc on_data, gpointer user, GError **error)
{
        if (!answer(error, "logs %s %s follow=%d tail=%d", app, text(workload), follow, (int) tail))
                return false;
        if (fake.output != NULL)
                on_data("web/app", false, fake.output, strlen(fake.output), user);
        on_data("db/x", true, "half a ", 7, user);
        on_data("db/x", true, "line\n", 5, user);
        return true;
}

bool controller_events(Controller *controller, const char *app, bool follow, FactFunc on_fact,
                       gpointer user, GError **error)
{
        g_autoptr(json_t) facts = json_loads(fake.facts != NULL ? fake.facts : "[]", 0, NULL);
        json_t *fact;
        size_t i;

        if (!answer(error, "events %s follow=%d", app, follow))
                return false;
        json_array_foreach(facts, i, fact)
                on_fact(fact, user);
        return true;
}

bool controller_history(Controller *controller, const char *app, json_t **ret_list, GError **error)
{
        return give(answer(error, "history %s", app), ret_list);
}

bool controller_runs(Controller *controller, const char *app, const char *workload,
                     json_t **ret_list, GError **error)
{
        return give(answer(error, "runs %s %s", app, workload), ret_list);
}

bool controller_resolve(Controller *controller, const char *app, const char *workload,
                        const char *verdict, json_t **ret_result, GError **error)
{
        return give(answer(error, "resolve %s %s %s", app, workload, verdict), ret_result);
}

bool controller_doctor(Controller *controller, json_t **ret_checks, GError **error)
{
        return give(answer(error, "doctor"), ret_checks);
}

bool controller_config(Controller *controller, const char *app, bool reveal, json_t **ret_settings,
                       GError **error)
{
        return give(answer(error, "config %s reveal=%d", app, reveal), ret_settings);
}

bool controller_config_change(Controller *controller, const char *app, const ConfigChange *change,
                              json_t **ret_result, GError **error)
{
        g_autofree char *set = list(change->set), *unset = list(change->unset);

        return give(answer(error, "change %s set=%s unset=%s import=%s", app, set, unset,
                           text(change->import)),
                    ret_result);
}

bool controller_config_export(Controller *controller, const char *app, bool reveal,
                              json_t **ret_settings, GError **error)
{
        return give(answer(error, "export %s reveal=%d", app, reveal), ret_settings);
}

bool controller_config_test(Controller *controller, const char *app, const char *group,
                            json_t **ret_tests, GError **error)
{
        return give(answer(error, "test %s %s", app, text(group)), ret_tests);
}

bool controller_apps(Controller *controller, json_t **ret_apps, GError **error)
{
        return give(answer(error, "apps"), ret_apps);
}

bool controller_registry_add(Controller *controller, const char *name, const char *host,
                             const char *user, const char *password, GError **error)
{
        return answer(error, "registry-add %s %s %s %s", name, host, text(user), text(password));
}

bool controller_registry_remove(Controller *controller, const char *name, GError **error)
{
        return answer(error, "registry-remove %s", name);
}

bool controller_registries(Controller *controller, json_t **ret_list, GError **error)
{
        return give(answer(error, "registries"), ret_list);
}

char *controller_effective(const FileOptions *options, bool as_json, bool *ret_is_other,
                           DiagList *diags, GError **error)
{
        *ret_is_other = true;
        return NULL;
}

Application *controller_read_files(const FileOptions *options, DiagList *diags, GError **error)
{
        g_autofree char *files = list(options->files);

        if (fake.finding != NULL)
                diag_add(diags, DIAG_ERROR, "test", (SourcePos){ "app.yml", 0, 0 }, NULL, "%s",
                         fake.finding);
        if (fake.finding != NULL ||
            !answer(error, "read %s for_up=%d strict=%d", files, options->for_up, options->strict))
                return NULL;

        Arena *arena = arena_new();
        Application *app = arena_new0(arena, Application, 1);

        app->arena = arena;
        return app;
}
