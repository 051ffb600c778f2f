/* Custom tests: a container's exit code and output, and what they mean */

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/settings-private.h"
#include "controller/testproc.h"

/* What the conditions and messages of a file know such ends by */
#define STATUS_ERROR   1
#define STATUS_TIMEOUT 62

static TestOutcome G_GNUC_PRINTF(2, 3) outcome(TestResult result, const char *format, ...)
{
        TestOutcome made = { .result = result };
        va_list arguments;

        va_start(arguments, format);
        made.message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        return made;
}

/* ---- How it went ---- */

/* A custom command that has ended */
typedef struct Custom {
        Settings *settings;
        const char *name; /* for messages of templates */
        const TestProc *proc;
        json_t *data; /* what templates see */
        int status;
        const char *output, *fault; /* borrowed of @data; "" */
} Custom;

static void note(Custom *custom, int status, const char *output, const char *fault)
{
        g_autofree char *text = g_strstrip(g_utf8_make_valid(output, -1));
        g_autofree char *why = g_utf8_make_valid(fault, -1);

        custom->status = status;
        custom->data = json_pack("{s:s, s:[s], s:i, s:s}", "Result", text, "Results", text,
                                 "StatusCode", status, "Error", why);
        custom->output = json_string_value(json_object_get(custom->data, "Result"));
        custom->fault = json_string_value(json_object_get(custom->data, "Error"));
}

static int64_t timeout_s(const TestProc *proc)
{
        int64_t wanted = proc->custom.timeout_s != 0 ? proc->custom.timeout_s : proc->timeout_s;

        if (wanted == 0)
                return TESTPROC_TIMEOUT_S;
        return wanted < 0 ? TESTPROC_TIMEOUT_MAX_S : MIN(wanted, TESTPROC_TIMEOUT_MAX_S);
}

/* False where there is nothing to be judged: then *ret_outcome says why */
static bool run(Custom *custom, TestOutcome *ret_outcome)
{
        const SettingsHost *host = custom->settings->host;
        const TestCommand *command = &custom->proc->custom;
        g_autoptr(GError) error = NULL;
        g_autofree char *late = NULL;
        TestEnd end = { 0 };
        bool ok;

        if (command->container == NULL) {
                *ret_outcome = outcome(TEST_SKIPPED, "the test `%s` cannot be run here",
                                       command->id);
                return false;
        }
        if (host == NULL || host->run_test == NULL) {
                *ret_outcome = outcome(TEST_SKIPPED, "containers cannot be run here");
                return false;
        }
        ok = host->run_test(host->user, custom->settings, command->container,
                            timeout_s(custom->proc), &end, &error);
        if (end.is_not_yet) {
                *ret_outcome = outcome(TEST_SKIPPED, "a value that it needs is not known yet");
        } else if (!ok) {
                note(custom, STATUS_ERROR, "", error->message);
        } else if (end.timed_out) {
                late = g_strdup_printf("it did not end within %" G_GINT64_FORMAT " s",
                                       timeout_s(custom->proc));
                note(custom, STATUS_TIMEOUT, "", late);
        } else {
                note(custom, end.exit_code, end.output, "");
        }
        g_free(end.output);
        return custom->data != NULL;
}

/* ---- What it means ---- */

/* (transfer full) NULL where it cannot be rendered */
static char *render(const Custom *custom, const char *text, const json_t *data)
{
        const SettingsHost *host = custom->settings->host;
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *message = NULL;
        unsigned line, column;

        if (!text_has_template(text))
                return g_strdup(text);
        if (host->render == NULL ||
            host->render(host->user, custom->settings, custom->name, text, data, out, &line,
                         &column, &message) != SETTINGS_RENDERED)
                return NULL;
        return g_string_free(g_steal_pointer(&out), false);
}

static bool holds(const Custom *custom, const TestRule *rule)
{
        g_autofree char *text = NULL;
        bool is_true;

        if (rule->has_error && rule->error != (*custom->fault != '\0'))
                return false;
        if (rule->has_status_code && rule->status_code != custom->status)
                return false;
        if (rule->bool_expr.raw == NULL || *rule->bool_expr.raw == '\0')
                return true;
        text = render(custom, rule->bool_expr.raw, custom->data);
        return text != NULL && text_parse_bool(g_strstrip(text), &is_true) && is_true;
}

/* `{{.name}}`, as the format has it in messages, is `{{repl .name}}` of our templates */
static char *to_template(const char *text)
{
        g_autoptr(GString) out = g_string_new(text);

        g_string_replace(out, "{{", "{{repl ", 0);
        return g_string_free(g_steal_pointer(&out), false);
}

/* What cannot be rendered is shown as it stands: better than nothing at all */
static char *fill_in(const Custom *custom, const Message *message)
{
        const char *text = message->text.raw != NULL ? message->text.raw : "";
        g_autoptr(json_t) args = json_object();
        g_autofree char *template = NULL;
        char *filled;

        for (size_t i = 0; i < message->n; i++) {
                g_autofree char *value = render(custom, message->values[i].raw, custom->data);

                json_object_set_new(args, message->keys[i],
                                    json_string(value != NULL ? value : ""));
        }
        if (text_has_template(text)) {
                filled = render(custom, text, custom->data);
        } else {
                template = to_template(text);
                filled = render(custom, template, args);
        }
        return filled != NULL ? filled : g_strdup(text);
}

static TestResult result_of(TestVerdict verdict)
{
        switch (verdict) {
        case TEST_VERDICT_SUCCESS:
                return TEST_OK;
        case TEST_VERDICT_WARN:
                return TEST_WARNING;
        case TEST_VERDICT_ERROR:
                return TEST_FAILED;
        }
        g_assert_not_reached();
}

static TestOutcome judge(const Custom *custom)
{
        const TestProc *proc = custom->proc;
        bool is_good = proc->n_rules == 0 && custom->status == 0;

        for (size_t i = 0; i < proc->n_rules; i++) {
                if (holds(custom, &proc->rules[i]))
                        return (TestOutcome){ result_of(proc->rules[i].verdict),
                                              fill_in(custom, &proc->rules[i].message) };
        }
        if (*custom->fault != '\0')
                return outcome(TEST_FAILED, "%s", custom->fault);
        return outcome(is_good ? TEST_OK : TEST_FAILED, "it exited with %d%s%s", custom->status,
                       *custom->output != '\0' ? ": " : "", custom->output);
}

void testproc_run_custom(Settings *settings, const char *name, const TestProc *proc,
                         TestOutcome *ret_outcome)
{
        Custom custom = { .settings = settings, .name = name, .proc = proc };

        if (run(&custom, ret_outcome))
                *ret_outcome = judge(&custom);
        g_clear_pointer(&custom.data, json_decref);
}
