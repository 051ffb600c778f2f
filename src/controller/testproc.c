#include "controller/testproc.h"

#include <errno.h>
#include <gio/gio.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/timefmt.h"
#include "crypto/cert.h"

const char *test_result_to_string(TestResult result)
{
        switch (result) {
        case TEST_OK:
                return "ok";
        case TEST_WARNING:
                return "warning";
        case TEST_FAILED:
                return "failed";
        case TEST_SKIPPED:
                return "skipped";
        }
        g_assert_not_reached();
}

void test_outcome_clear(TestOutcome *outcome)
{
        g_clear_pointer(&outcome->message, g_free);
}

/* What a test is given */
typedef struct Test {
        const char *const *args;
        int64_t timeout_s;
        const SettingsHost *host;
} Test;

static TestOutcome G_GNUC_PRINTF(2, 3) outcome(bool ok, const char *format, ...)
{
        TestOutcome result = { .result = ok ? TEST_OK : TEST_FAILED };
        va_list arguments;

        va_start(arguments, format);
        result.message = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        return result;
}

/* An argument, or NULL where it is missing or empty */
static const char *argument(const Test *test, size_t i)
{
        return i < g_strv_length((char **) test->args) && *test->args[i] != '\0' ? test->args[i]
                                                                                 : NULL;
}

/* ---- The network ---- */

/* An operation on a main context of its own, with an end */
typedef struct Wait {
        GMainContext *context;
        GCancellable *cancellable;
        GSource *timeout;
        GAsyncResult *result;
        bool timed_out;
} Wait;

static gboolean on_timeout(gpointer user)
{
        Wait *wait = user;

        wait->timed_out = true;
        g_cancellable_cancel(wait->cancellable);
        return G_SOURCE_REMOVE;
}

static void on_ready(GObject *source, GAsyncResult *result, gpointer user)
{
        ((Wait *) user)->result = g_object_ref(result);
}

static void wait_begin(Wait *wait, int64_t timeout_s)
{
        *wait = (Wait){ .context = g_main_context_new(), .cancellable = g_cancellable_new() };
        g_main_context_push_thread_default(wait->context);
        wait->timeout = g_timeout_source_new_seconds(timeout_s);
        g_source_set_callback(wait->timeout, on_timeout, wait, NULL);
        g_source_attach(wait->timeout, wait->context);
}

static GAsyncResult *wait_for_result(Wait *wait)
{
        while (wait->result == NULL)
                g_main_context_iteration(wait->context, true);
        return wait->result;
}

static void wait_end(Wait *wait)
{
        g_source_destroy(wait->timeout);
        g_source_unref(wait->timeout);
        g_clear_object(&wait->result);
        g_object_unref(wait->cancellable);
        /* what was cancelled may still have something to tell the context */
        while (g_main_context_iteration(wait->context, false))
                ;
        g_main_context_pop_thread_default(wait->context);
        g_main_context_unref(wait->context);
}

static TestOutcome failed(const char *what, const Wait *wait, const Test *test, const GError *error)
{
        if (wait->timed_out)
                return outcome(false, "%s: no answer within %" G_GINT64_FORMAT " s", what,
                               test->timeout_s);
        return outcome(false, "%s: %s", what, error->message);
}

static TestOutcome resolve_host(const Test *test)
{
        const char *name = argument(test, 0);
        g_autoptr(GResolver) resolver = g_resolver_get_default();
        g_autoptr(GError) error = NULL;
        g_autofree char *address = NULL;
        TestOutcome result;
        GList *addresses;
        Wait wait;

        if (name == NULL)
                return outcome(false, "there is no host to look for");
        wait_begin(&wait, test->timeout_s);
        g_resolver_lookup_by_name_async(resolver, name, wait.cancellable, on_ready, &wait);
        addresses = g_resolver_lookup_by_name_finish(resolver, wait_for_result(&wait), &error);
        if (addresses == NULL) {
                result = failed(name, &wait, test, error);
        } else {
                address = g_inet_address_to_string(addresses->data);
                result = outcome(true, "%s is %s", name, address);
                g_resolver_free_addresses(addresses);
        }
        wait_end(&wait);
        return result;
}

static TestOutcome tcp_port_accept(const Test *test)
{
        const char *host = argument(test, 0);
        const char *port_text = argument(test, 1);
        g_autoptr(GSocketClient) client = NULL;
        g_autoptr(GSocketConnection) connection = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *what = NULL;
        TestOutcome result;
        guint64 port;
        Wait wait;

        if (host == NULL || port_text == NULL || !text_parse_uint(port_text, &port) || port == 0 ||
            port > 65535)
                return outcome(false, "a host and a port from 1 to 65535 are needed");
        what = g_strdup_printf("%s port %s", host, port_text);
        wait_begin(&wait, test->timeout_s);
        client = g_socket_client_new();
        g_socket_client_set_enable_proxy(client, false);
        g_socket_client_connect_to_host_async(client, host, port, wait.cancellable, on_ready,
                                              &wait);
        connection = g_socket_client_connect_to_host_finish(client, wait_for_result(&wait), &error);
        result = connection != NULL ? outcome(true, "%s accepts connections", what)
                                    : failed(what, &wait, test, error);
        g_clear_object(&connection);
        g_clear_object(&client);
        wait_end(&wait);
        return result;
}

static TestOutcome http_status_code(const Test *test)
{
        const char *url = argument(test, 0);
        const char *wanted = argument(test, 1);
        g_autoptr(GError) error = NULL;
        g_autofree char *body = NULL;
        long status = 0;
        guint64 number = 0;

        if (url == NULL)
                return outcome(false, "there is no URL to fetch");
        if (wanted != NULL && !text_parse_uint(wanted, &number))
                return outcome(false, "the status is a number, not `%s`", wanted);
        if (test->host == NULL || test->host->fetch == NULL)
                return outcome(false, "nothing can be fetched here");
        if (!test->host->fetch(test->host->user, url, test->timeout_s * US_PER_S, &status, &body,
                               &error))
                return outcome(false, "%s: %s", url, error->message);
        if (wanted != NULL && (guint64) status != number)
                return outcome(false, "%s: status %ld, not %s", url, status, wanted);
        return outcome(true, "%s: status %ld", url, status);
}

/* ---- Texts and files ---- */

/* false with @ret_fault where the pattern is none, or takes too long */
static bool matches(const char *pattern, const char *text, bool *ret_matches, char **ret_fault)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GRegex)
                regex = g_regex_new(pattern, G_REGEX_DOLLAR_ENDONLY, G_REGEX_MATCH_DEFAULT, &error);

        if (regex != NULL)
                *ret_matches = g_regex_match_full(regex, text, -1, 0, G_REGEX_MATCH_DEFAULT, NULL,
                                                  &error);
        if (error != NULL) {
                *ret_fault = g_strdup_printf("the pattern `%s`: %s", pattern, error->message);
                return false;
        }
        return true;
}

static TestOutcome regex_match(const Test *test)
{
        const char *value = argument(test, 0) != NULL ? argument(test, 0) : "";
        const char *pattern = argument(test, 1);
        const char *message = argument(test, 2);
        g_autofree char *fault = NULL;
        bool does_match = false;

        if (pattern == NULL)
                return outcome(false, "there is no pattern");
        if (!g_utf8_validate(value, -1, NULL))
                return outcome(false, "the value is no text (UTF-8)");
        if (!matches(pattern, value, &does_match, &fault))
                return outcome(false, "%s", fault);
        if (does_match)
                return outcome(true, "the value matches");
        return message != NULL ? outcome(false, "%s", message)
                               : outcome(false, "the value does not match `%s`", pattern);
}

static TestOutcome check_mode(const char *path, mode_t mode, const char *wanted_text,
                              bool is_minimum)
{
        char *end;
        guint64 wanted = g_ascii_strtoull(wanted_text, &end, 8);

        if (*end != '\0' || wanted > 07777)
                return outcome(false, "`%s` is no mode (octal)", wanted_text);
        if (is_minimum ? (mode & wanted) != wanted : mode != wanted)
                return outcome(false, "%s has the mode %04o, not %s%04o", path, mode,
                               is_minimum ? "at least " : "", (unsigned) wanted);
        return outcome(true, "%s is there", path);
}

static TestOutcome search_file(const char *path, const char *pattern)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *content = NULL;
        g_autofree char *text = NULL;
        g_autofree char *fault = NULL;
        bool does_match = false;
        gsize size;

        if (!g_file_get_contents(path, &content, &size, &error))
                return outcome(false, "%s", error->message);
        text = g_utf8_make_valid(content, size);
        if (!matches(pattern, text, &does_match, &fault))
                return outcome(false, "%s", fault);
        return does_match ? outcome(true, "%s is there and matches", path)
                          : outcome(false, "%s does not match `%s`", path, pattern);
}

static TestOutcome file_exists(const Test *test)
{
        const char *path = argument(test, 0);
        const char *pattern = argument(test, 1);
        const char *mode = argument(test, 2);
        const char *minimum = argument(test, 3);
        bool is_minimum = false;
        struct stat st;

        if (path == NULL)
                return outcome(false, "there is no path to look for");
        if (minimum != NULL && !text_parse_bool(minimum, &is_minimum))
                return outcome(false, "`%s` is neither true nor false", minimum);
        if (stat(path, &st) < 0)
                return outcome(false, "%s: %s", path, g_strerror(errno));
        if (pattern != NULL) {
                g_auto(TestOutcome) found = { 0 };

                if (!S_ISREG(st.st_mode) || st.st_size > TESTPROC_FILE_MAX)
                        return outcome(false, "%s is no file of at most %u bytes", path,
                                       TESTPROC_FILE_MAX);
                found = search_file(path, pattern);
                if (found.result != TEST_OK)
                        return outcome(false, "%s", found.message);
        }
        return mode != NULL ? check_mode(path, st.st_mode & 07777, mode, is_minimum)
                            : outcome(true, "%s is there", path);
}

static TestOutcome validate_json(const Test *test)
{
        const char *text = argument(test, 0) != NULL ? argument(test, 0) : "";
        json_error_t where;
        json_t *root = json_loads(text, JSON_DECODE_ANY, &where);

        if (root == NULL) /* its own words quote the text */
                return outcome(false, "line %d, column %d: this is not JSON", where.line,
                               where.column);
        json_decref(root);
        return outcome(true, "the value is JSON");
}

static TestOutcome certificate_verify(const Test *test)
{
        const char *cert = argument(test, 0);
        g_autoptr(GError) error = NULL;

        if (cert == NULL)
                return outcome(false, "there is no certificate");
        if (!cert_check(cert, argument(test, 1), argument(test, 2), argument(test, 3), &error))
                return outcome(false, "%s", error->message);
        return outcome(true, "the certificate holds");
}

/* ---- All of them ---- */

static const struct {
        const char *name;
        TestOutcome (*run)(const Test *test);
} commands[] = {
        { "certificate_verify", certificate_verify },
        { "file_exists", file_exists },
        { "http_status_code", http_status_code },
        { "regex_match", regex_match },
        { "resolve_host", resolve_host },
        { "tcp_port_accept", tcp_port_accept },
        { "validate_json", validate_json },
};

const char *const *testproc_commands(void)
{
        static const char *names[G_N_ELEMENTS(commands) + 1];

        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
                names[i] = commands[i].name;
        return names;
}

void testproc_run(const char *command, const char *const *args, int64_t timeout_s,
                  const SettingsHost *host, TestOutcome *ret_outcome)
{
        Test test = { .args = args, .host = host };
        g_autofree char *names = NULL;

        test.timeout_s = timeout_s > 0 ? MIN(timeout_s, TESTPROC_TIMEOUT_MAX_S)
                                       : TESTPROC_TIMEOUT_S;
        for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
                if (g_strcmp0(commands[i].name, command) == 0) {
                        *ret_outcome = commands[i].run(&test);
                        return;
                }
        }
        names = g_strjoinv(", ", (char **) testproc_commands());
        *ret_outcome = outcome(false, "the test `%s` is not known here; there are %s",
                               command != NULL ? command : "", names);
        ret_outcome->result = TEST_SKIPPED;
}
