/* Tests of settings: which of them are run, and with what */

#include <string.h>

#include "base/text.h"
#include "controller/settings-private.h"
#include "controller/testproc.h"

/* A setting's value as a test sees it: of a file, its content. False where it is not known yet. */
static bool add_value(Settings *settings, GPtrArray *args, const char *name)
{
        const Item *item = settings_find(settings, name);
        bool is_file = item != NULL && item->setting->type == SETTING_FILE;
        const char *text = "";
        size_t size;
        SettingsAnswer answer = is_file ? settings_get_data(settings, name, &text, &size)
                                        : settings_get(settings, name, &text);

        g_ptr_array_add(args, g_strdup(text));
        return answer != SETTINGS_NOT_YET;
}

/* For a setting its own value, then the values of the named ones, then the texts of the file */
static char **collect_args(Settings *settings, const Item *item, bool is_own, const TestProc *proc)
{
        g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
        bool is_known = true;

        if (is_own)
                is_known = add_value(settings, args, item->setting->name);
        for (size_t i = 0; i < proc->n_arg_fields; i++)
                is_known &= add_value(settings, args, proc->arg_fields[i]);
        for (size_t i = 0; i < proc->args.n; i++) {
                char *text = settings_render_text(settings, item, "test_proc",
                                                  &proc->args.items[i]);

                is_known &= text != NULL;
                g_ptr_array_add(args, text != NULL ? text : g_strdup(""));
        }
        if (!is_known)
                return NULL;
        g_ptr_array_add(args, NULL);
        g_ptr_array_set_free_func(args, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&args), false);
}

static TestOutcome skipped(const char *why)
{
        return (TestOutcome){ .result = TEST_SKIPPED, .message = g_strdup(why) };
}

static void perform(Settings *settings, const Item *item, bool is_own, const TestProc *proc,
                    TestOutcome *ret_outcome)
{
        g_auto(GStrv) args = NULL;

        if (proc->custom.id != NULL) {
                testproc_run_custom(settings, item->setting->name, proc, ret_outcome);
                return;
        }
        args = collect_args(settings, item, is_own, proc);
        if (args == NULL)
                *ret_outcome = skipped("a value that it needs is not known yet");
        else
                testproc_run(proc->command, (const char *const *) args, proc->timeout_s,
                             settings->host, ret_outcome);
}

static bool is_offered(Settings *settings, const Item *item, bool is_own, const TestProc *proc)
{
        return proc->is_set && settings_when(settings, item, &proc->when) &&
               (!is_own || settings_is_visible(settings, item->setting->name)) &&
               settings_when(settings, item, &item->group->when);
}

static const char *or_empty(const char *text)
{
        return text != NULL ? text : "";
}

static void run_one(Settings *settings, const Item *item, bool is_own, const TestProc *proc,
                    json_t *list)
{
        g_auto(TestOutcome) result = { 0 };
        g_autofree char *title = NULL, *message = NULL;
        const char *command = proc->custom.id != NULL ? proc->custom.id : proc->command;

        perform(settings, item, is_own, proc, &result);
        title = settings_render_text(settings, item, "display_name", &proc->display_name);
        message = settings_mask(settings, result.message);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "group",
                                        or_empty(item->group->name), "setting",
                                        is_own ? item->setting->name : "", "title", or_empty(title),
                                        "test", or_empty(command), "result",
                                        test_result_to_string(result.result), "message", message));
}

/* ---- Which of them ---- */

/* A test in its place: of a setting, or (is_own false) of its group */
typedef bool (*TestFilter)(const Item *item, bool is_own, const TestProc *proc, gconstpointer user);

/* Whether one of them is wanted; with @list those that are wanted are performed */
static bool foreach_test(Settings *settings, TestFilter is_wanted, gconstpointer user, json_t *list)
{
        const SettingGroup *last = NULL;
        bool has_any = false;

        settings->pass++;
        for (guint i = 0; i < settings->items->len; i++) {
                const Item *item = settings->items->pdata[i];
                const struct {
                        bool is_own;
                        const TestProc *proc;
                } tests[] = {
                        { false, item->group != last ? &item->group->test_proc : NULL },
                        { true, &item->setting->test_proc },
                };

                last = item->group;
                for (size_t j = 0; j < G_N_ELEMENTS(tests); j++) {
                        bool is_own = tests[j].is_own;
                        const TestProc *proc = tests[j].proc;

                        if (proc == NULL || !proc->is_set || !is_wanted(item, is_own, proc, user))
                                continue;
                        has_any = true;
                        if (list != NULL && is_offered(settings, item, is_own, proc))
                                run_one(settings, item, is_own, proc, list);
                }
        }
        return has_any;
}

static bool is_of_group(const Item *item, bool is_own, const TestProc *proc, gconstpointer user)
{
        return user == NULL || g_strcmp0(item->group->name, user) == 0;
}

json_t *settings_test(Settings *settings, const char *group, GError **error)
{
        json_t *list;
        bool is_found = group == NULL;

        for (size_t i = 0; i < settings->app->n_groups; i++)
                is_found |= g_strcmp0(settings->app->groups[i].name, group) == 0;
        if (!is_found) {
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_UNKNOWN,
                            "there is no group `%s` of settings", group);
                return NULL;
        }
        list = json_array();
        foreach_test(settings, is_of_group, group, list);
        return list;
}

static bool runs_container(const Item *item, bool is_own, const TestProc *proc, gconstpointer user)
{
        return proc->custom.container != NULL && is_of_group(item, is_own, proc, user);
}

bool settings_test_needs_engine(Settings *settings, const char *group)
{
        return foreach_test(settings, runs_container, group, NULL);
}

typedef struct Saved {
        Settings *settings;
        const GPtrArray *changed;
} Saved;

static bool is_changed(const Saved *saved, const char *name)
{
        return g_ptr_array_find_with_equal_func((GPtrArray *) saved->changed, name, g_str_equal,
                                                NULL);
}

static bool is_on_save(const Item *item, bool is_own, const TestProc *proc, gconstpointer user)
{
        const Saved *saved = user;
        g_autofree char *text = NULL;
        bool is_concerned = false, is_on;

        for (size_t i = 0; i < proc->n_arg_fields; i++)
                is_concerned |= is_changed(saved, proc->arg_fields[i]);
        if (is_own && proc->custom.id == NULL) {
                is_concerned |= is_changed(saved, item->setting->name);
        } else { /* a container may ask for any of the group */
                for (size_t i = 0; i < item->group->n_settings; i++)
                        is_concerned |= is_changed(saved, item->group->settings[i].name);
        }
        if (!is_concerned)
                return false;
        text = settings_render_text(saved->settings, item, "run_on_save", &proc->run_on_save);
        return text != NULL && text_parse_bool(text, &is_on) && is_on;
}

static bool runs_container_on_save(const Item *item, bool is_own, const TestProc *proc,
                                   gconstpointer user)
{
        return proc->custom.container != NULL && is_on_save(item, is_own, proc, user);
}

bool settings_test_saved_needs_engine(Settings *settings, const GPtrArray *changed)
{
        return foreach_test(settings, runs_container_on_save, &(Saved){ settings, changed }, NULL);
}

json_t *settings_test_saved(Settings *settings, const GPtrArray *changed)
{
        json_t *list = json_array();

        foreach_test(settings, is_on_save, &(Saved){ settings, changed }, list);
        return list;
}
