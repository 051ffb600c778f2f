#include "controller/hooks.h"

#include <string.h>

#include "base/json.h"

#define HOOK_AGAIN_MS 1000

/* ---- The label ---- */

static const char *moment_name(HookMoment moment)
{
        return moment == HOOK_POST_START ? "post_start" : "pre_stop";
}

static json_t *texts(const char *const *items, size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++)
                json_array_append_new(array, json_string(items[i]));
        return array;
}

static json_t *hooks_to_json(const SpecHook *hooks, size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++) {
                const SpecHook *hook = &hooks[i];

                json_array_append_new(array,
                                      json_pack("{s:o, s:o, s:s, s:s, s:b}", "argv",
                                                texts(hook->argv, hook->n_argv), "env",
                                                texts(hook->env, hook->n_env), "user",
                                                hook->user == NULL ? "" : hook->user, "working_dir",
                                                hook->working_dir == NULL ? "" : hook->working_dir,
                                                "privileged", hook->privileged));
        }
        return array;
}

char *hooks_label(const Spec *spec)
{
        g_autoptr(json_t) root = NULL;

        if (spec->n_post_start == 0 && spec->n_pre_stop == 0)
                return NULL;
        root = json_pack("{s:o, s:o}", moment_name(HOOK_POST_START),
                         hooks_to_json(spec->post_start, spec->n_post_start),
                         moment_name(HOOK_PRE_STOP),
                         hooks_to_json(spec->pre_stop, spec->n_pre_stop));
        return json_to_canonical_text(root);
}

/* (transfer full) those of the moment; NULL: none */
static json_t *hooks_of(const Container *container, HookMoment moment)
{
        const char *text = container_label(container, LABEL_HOOKS);
        g_autoptr(json_t) root = text == NULL ? NULL : json_loads(text, 0, NULL);
        json_t *hooks = json_object_get(root, moment_name(moment));

        return json_array_size(hooks) == 0 ? NULL : json_incref(hooks);
}

size_t hooks_count(const Container *container, HookMoment moment)
{
        g_autoptr(json_t) hooks = hooks_of(container, moment);

        return json_array_size(hooks);
}

/* ---- Running them ---- */

struct HookRun {
        Engine *engine;
        EngineCall *call;
        guint timer;
        HookMoment moment;
        char *container;
        json_t *hooks;
        size_t next;
        void (*on_each)(size_t n_done, gpointer user);
        void (*on_end)(const GError *error, gpointer user);
        gpointer user;
};

static void run_free(HookRun *run)
{
        g_clear_handle_id(&run->timer, g_source_remove);
        json_decref(run->hooks);
        g_free(run->container);
        g_free(run);
}

void hooks_cancel(HookRun *run)
{
        if (run == NULL)
                return;
        engine_cancel(run->engine, run->call);
        run_free(run);
}

static void end(HookRun *run, const GError *error)
{
        void (*on_end)(const GError *, gpointer) = run->on_end;
        gpointer user = run->user;

        run_free(run);
        on_end(error, user);
}

/* (transfer full) NULL-terminated; the members that are no texts are left out */
static char **strings_at(const json_t *hook, const char *key)
{
        GPtrArray *strings = g_ptr_array_new();
        size_t i;
        json_t *item;

        json_array_foreach(json_object_get(hook, key), i, item) {
                if (json_is_string(item))
                        g_ptr_array_add(strings, g_strdup(json_string_value(item)));
        }
        g_ptr_array_add(strings, NULL);
        return (char **) g_ptr_array_free(strings, false);
}

/* The end of what it printed: that is where the reason stands */
static char *quote(const char *data, size_t size)
{
        size_t skipped = size > HOOK_QUOTE_MAX ? size - HOOK_QUOTE_MAX : 0;
        char *text = g_utf8_make_valid(data == NULL ? "" : data + skipped,
                                       (gssize) (size - skipped));

        return g_strstrip(text);
}

static GError *failure(const HookRun *run, const EngineReply *reply)
{
        g_auto(GStrv) argv = strings_at(json_array_get(run->hooks, run->next), "argv");
        g_autofree char *command = g_strjoinv(" ", argv);
        g_autofree char *output = quote(reply->data, reply->size);

        return g_error_new(ENGINE_ERROR, ENGINE_ERROR_FAILED, "%s `%s` exited with %d%s%s",
                           moment_name(run->moment), command, reply->exit_code,
                           output[0] == '\0' ? "" : ": ", output);
}

static void run_next(HookRun *run);

static gboolean on_again(gpointer user)
{
        HookRun *run = user;

        run->timer = 0;
        run_next(run);
        return G_SOURCE_REMOVE;
}

static void on_executed(const EngineReply *reply, gpointer user)
{
        HookRun *run = user;
        g_autoptr(GError) error = NULL;

        if (!reply->is_final)
                return;
        run->call = NULL;
        if (run->moment == HOOK_POST_START &&
            g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE)) {
                run->timer = g_timeout_add(HOOK_AGAIN_MS, on_again, run);
                return;
        }
        if (reply->error != NULL) {
                error = g_error_copy(reply->error);
                g_prefix_error(&error, "%s: ", moment_name(run->moment));
        } else if (reply->exit_code != 0) {
                error = failure(run, reply);
        }
        if (error != NULL) {
                end(run, error);
                return;
        }
        run->next++;
        if (run->on_each != NULL)
                run->on_each(run->next, run->user);
        run_next(run);
}

static const char *or_null(const char *text)
{
        return text[0] == '\0' ? NULL : text;
}

static void run_next(HookRun *run)
{
        const json_t *hook = json_array_get(run->hooks, run->next);
        g_auto(GStrv) argv = NULL, env = NULL;

        if (hook == NULL) {
                end(run, NULL);
                return;
        }
        argv = strings_at(hook, "argv");
        env = strings_at(hook, "env");
        run->call = engine_send(
                run->engine,
                &(EngineRequest){
                        .op = ENGINE_EXEC,
                        .id = run->container,
                        .argv = (const char *const *) argv,
                        .env = (const char *const *) env,
                        .user = or_null(json_string_at(hook, "user", "")),
                        .working_dir = or_null(json_string_at(hook, "working_dir", "")),
                        .privileged = json_bool_at(hook, "privileged", false),
                },
                on_executed, run);
}

HookRun *hooks_run(Engine *engine, const Container *container, HookMoment moment, size_t first,
                   void (*on_each)(size_t n_done, gpointer user),
                   void (*on_end)(const GError *error, gpointer user), gpointer user)
{
        json_t *hooks = hooks_of(container, moment);
        HookRun *run;

        if (json_array_size(hooks) <= first) {
                json_decref(hooks);
                return NULL;
        }
        run = g_new0(HookRun, 1);
        run->engine = engine;
        run->moment = moment;
        run->container = g_strdup(container->id);
        run->hooks = hooks;
        run->next = first;
        run->on_each = on_each;
        run->on_end = on_end;
        run->user = user;
        run_next(run);
        return run;
}

/* ---- Waited for ---- */

typedef struct Waited {
        bool is_over;
        GError *error;
} Waited;

static void on_waited(const GError *error, gpointer user)
{
        Waited *waited = user;

        waited->is_over = true;
        waited->error = error == NULL ? NULL : g_error_copy(error);
}

bool hooks_run_all(Engine *engine, const Container *container, HookMoment moment, GError **error)
{
        Waited waited = { 0 };

        if (hooks_run(engine, container, moment, 0, NULL, on_waited, &waited) == NULL)
                return true;
        while (!waited.is_over)
                g_main_context_iteration(NULL, true);
        if (waited.error != NULL)
                g_propagate_error(error, waited.error);
        return waited.error == NULL;
}
