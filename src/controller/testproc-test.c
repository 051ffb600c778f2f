#include "controller/testproc.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "crypto/cert.h"
#include "store/testing.h"

#define T(text)                                                                                    \
        {                                                                                          \
                .raw = (text), .pos = { "app.yml", __LINE__, 1 }                                   \
        }
#define POS .pos = { "app.yml", __LINE__, 1 }

static const SettingsHost *host;

/* "ok|failed|skipped: message" */
static char *run(const char *command, const char *arguments)
{
        g_auto(GStrv) args = g_strsplit(arguments, "|", -1);
        g_auto(TestOutcome) got = { 0 };

        testproc_run(command, (const char *const *) args, 5, host, &got);
        return g_strdup_printf("%s: %s", test_result_to_string(got.result), got.message);
}

static void assert_outcome(const char *command, const char *arguments, const char *start)
{
        g_autofree char *got = run(command, arguments);

        if (!g_str_has_prefix(got, start)) {
                g_test_message("%s %s: %s", command, arguments, got);
                g_test_fail();
        }
}

static void test_regex(void)
{
        assert_outcome("regex_match", "abc|^a.c$", "ok: ");
        assert_outcome("regex_match", "abd|^a.c$", "failed: the value does not match");
        assert_outcome("regex_match", "abd|^a.c$|three letters", "failed: three letters");
        assert_outcome("regex_match", "|^$", "ok: ");
        assert_outcome("regex_match", "a|(", "failed: the pattern `(`");
        assert_outcome("regex_match", "a", "failed: there is no pattern");
        assert_outcome("regex_match", "\xff|a", "failed: the value is no text");
}

/* A pattern that would take longer than anyone waits ends with an error */
static void test_a_hostile_regex_ends(void)
{
        g_autofree char *text = g_strnfill(5000, 'a');
        g_autofree char *arguments = g_strdup_printf("%s!|^(([a-z])+.)+[A-Z]([a-z])+$", text);

        assert_outcome("regex_match", arguments, "failed: ");
}

static void test_json(void)
{
        assert_outcome("validate_json", "{\"a\": [1]}", "ok: ");
        assert_outcome("validate_json", "7", "ok: ");
        assert_outcome("validate_json", "{\"planted\"}", "failed: line 1, column 11: this is not");
        assert_outcome("validate_json", "", "failed: ");
}

static void test_files(void)
{
        g_autofree char *dir = g_dir_make_tmp("slipway-testproc-XXXXXX", NULL);
        g_autofree char *path = g_build_filename(dir, "file", NULL);
        static const struct {
                const char *more, *start;
        } cases[] = {
                { "", "ok: " },
                { "|needle", "ok: " },
                { "|thread", "failed: " },
                { "||0640", "ok: " },
                { "||0644", "failed: " },
                { "||0600|true", "ok: " },
                { "||0604|true", "failed: " },
                { "|needle|0640|0", "ok: " },
                { "||9", "failed: `9` is no mode" },
                { "||0600|x", "failed: `x` is neither" },
                { ".not", "failed: " },
        };

        g_assert_true(g_file_set_contents(path, "hay\nneedle\n", -1, NULL));
        g_assert_cmpint(g_chmod(path, 0640), ==, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *arguments = g_strconcat(path, cases[i].more, NULL);

                assert_outcome("file_exists", arguments, cases[i].start);
        }
        assert_outcome("file_exists", "", "failed: there is no path");
        g_unlink(path);
        g_rmdir(dir);
}

static void test_certificates(void)
{
        static const char *const domains[] = { "a.example.com", NULL };
        static const char *const nobody[] = { NULL };
        g_autofree char *ca_key = NULL, *ca = NULL, *key = NULL, *cert = NULL;

        g_assert_true(cert_authority_new("x", &ca_key, &ca, NULL));
        g_assert_true(cert_issue(ca_key, ca, CERT_BITS_MIN, domains, nobody, &key, &cert, NULL));

        g_autofree char *good = g_strjoin("|", cert, key, "a.example.com", ca, NULL);
        g_autofree char *named = g_strjoin("|", cert, "", "b.example.com", NULL);
        g_autofree char *keyed = g_strjoin("|", cert, ca_key, NULL);

        assert_outcome("certificate_verify", good, "ok: ");
        assert_outcome("certificate_verify", cert, "ok: ");
        assert_outcome("certificate_verify", named, "failed: the certificate is not for b.");
        assert_outcome("certificate_verify", keyed, "failed: the key does not belong");
        assert_outcome("certificate_verify", "x", "failed: this is no certificate");
        assert_outcome("certificate_verify", "", "failed: there is no certificate");
}

static void test_ports(void)
{
        struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        g_autofree char *arguments = NULL;

        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, size), ==, 0);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *) &address, &size), ==, 0);
        arguments = g_strdup_printf("127.0.0.1|%u", ntohs(address.sin_port));
        assert_outcome("tcp_port_accept", arguments, "failed: 127.0.0.1 port");
        g_assert_cmpint(listen(fd, 1), ==, 0);
        assert_outcome("tcp_port_accept", arguments, "ok: ");
        close(fd);
        assert_outcome("tcp_port_accept", "127.0.0.1|0", "failed: a host and a port");
        assert_outcome("tcp_port_accept", "127.0.0.1", "failed: a host and a port");
}

static void test_hosts(void)
{
        assert_outcome("resolve_host", "127.0.0.1", "ok: 127.0.0.1 is 127.0.0.1");
        assert_outcome("resolve_host", "localhost", "ok: localhost is ");
        assert_outcome("resolve_host", "no..name", "failed: no..name");
        assert_outcome("resolve_host", "", "failed: there is no host");
}

static bool fake_fetch(gpointer user, const char *url, int64_t timeout_us, long *ret_status,
                       char **ret_body, GError **error)
{
        *ret_status = 204;
        *ret_body = g_strdup("");
        return true;
}

static void test_http(void)
{
        static const SettingsHost with_fetch = { .fetch = fake_fetch };

        host = &with_fetch;
        assert_outcome("http_status_code", "http://a|204", "ok: http://a: status 204");
        assert_outcome("http_status_code", "http://a", "ok: ");
        assert_outcome("http_status_code", "http://a|200", "failed: http://a: status 204, not 200");
        assert_outcome("http_status_code", "http://a|fine", "failed: the status is a number");
        host = NULL;
        assert_outcome("http_status_code", "http://a|200", "failed: nothing can be fetched");
}

static void test_unknown_commands(void)
{
        assert_outcome("ldap_auth", "a|b", "skipped: the test `ldap_auth` is not known here");
        assert_outcome(NULL, "", "skipped: the test `` is not known here");
}

/* ---- Of an application ---- */

static const char *name_fields[] = { "text", "pattern" };
static const Text json_args[] = { T("^planted") };

static Setting items[] = {
        { .name = "text",
          .type = SETTING_PASSWORD,
          .value = T("planted-secret"),
          .test_proc = { .is_set = true,
                         .command = "regex_match",
                         .args = { .items = json_args, .n = 1, .is_set = true } },
          POS },
        { .name = "pattern", .type = SETTING_TEXT, .value = T("planted-secre$"), POS },
        { .name = "hidden",
          .type = SETTING_TEXT,
          .when = T("0"),
          .test_proc = { .is_set = true, .command = "validate_json" },
          POS },
        { .name = "json",
          .type = SETTING_FILE,
          .test_proc = { .is_set = true, .command = "validate_json" },
          POS },
};

static SettingGroup groups[] = {
        { .name = "one",
          .settings = items,
          .n_settings = G_N_ELEMENTS(items),
          .test_proc = { .is_set = true,
                         .display_name = T("Do they fit?"),
                         .command = "regex_match",
                         .arg_fields = name_fields,
                         .n_arg_fields = 2 },
          POS },
};

static const Application app = { .groups = groups, .n_groups = 1 };

static void test_settings_are_tested(void)
{
        TestDir t;
        g_autoptr(GError) error = NULL;
        Store *store;

        test_dir_init(&t);
        store = test_dir_open(&t, false);

        g_autoptr(Settings) settings = settings_load(&app, store, "shop", NULL, NULL, &error);

        g_assert_true(settings_set(settings, "json", "{}", -1, "a.json", &error));

        g_autoptr(json_t) list = settings_test(settings, "one", &error);
        g_autofree char *text = json_to_canonical_text(list);

        g_assert_no_error(error);
        g_assert_cmpuint(json_array_size(list), ==, 3);
        g_assert_cmpstr(json_string_at(json_array_get(list, 0), "title", ""), ==, "Do they fit?");
        g_assert_cmpstr(json_string_at(json_array_get(list, 0), "result", ""), ==, "failed");
        g_assert_cmpstr(json_string_at(json_array_get(list, 1), "setting", ""), ==, "text");
        g_assert_cmpstr(json_string_at(json_array_get(list, 1), "result", ""), ==, "ok");
        g_assert_cmpstr(json_string_at(json_array_get(list, 2), "setting", ""), ==, "json");
        g_assert_cmpstr(json_string_at(json_array_get(list, 2), "result", ""), ==, "ok");
        g_assert_null(strstr(text, "planted-secret"));

        g_assert_null(settings_test(settings, "two", &error));
        g_assert_error(error, SETTINGS_ERROR, SETTINGS_ERROR_UNKNOWN);
        g_clear_pointer(&settings, settings_free);
        store_free(store);
        test_dir_done(&t);
}

/* ---- Containers as tests ---- */

/* What the container of a test does here, and what it was asked for */
static struct {
        bool is_failed, is_not_yet, timed_out;
        int exit_code;
        const char *output;
        int64_t timeout_s;
        unsigned n_runs;
} fake;

static bool fake_run(gpointer user, Settings *settings, const Workload *workload, int64_t timeout_s,
                     TestEnd *ret_end, GError **error)
{
        fake.n_runs++;
        fake.timeout_s = timeout_s;
        if (fake.is_failed || fake.is_not_yet) {
                ret_end->is_not_yet = fake.is_not_yet;
                if (fake.is_failed)
                        g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED, "no such image");
                return false;
        }
        *ret_end = (TestEnd){ .timed_out = fake.timed_out,
                              .exit_code = fake.exit_code,
                              .output = g_strdup(fake.output != NULL ? fake.output : "") };
        return true;
}

/* Knows `{{repl .Name}}` only */
static SettingsRendered fake_render(gpointer user, Settings *settings, const char *name,
                                    const char *text, const json_t *data, GString *out,
                                    unsigned *ret_line, unsigned *ret_column, char **ret_message)
{
        static const char start[] = "{{repl .";

        while (*text != '\0') {
                const char *end = strstr(text, "}}");

                if (!g_str_has_prefix(text, start) || end == NULL) {
                        g_string_append_c(out, *text++);
                        continue;
                }

                g_autofree char *key = g_strndup(text + strlen(start), end - text - strlen(start));
                const json_t *value = json_object_get(data, key);

                if (value == NULL) {
                        *ret_message = g_strdup("no such thing");
                        return SETTINGS_RENDER_FAILED;
                }
                if (json_is_integer(value))
                        g_string_append_printf(out, "%d", (int) json_integer_value(value));
                else
                        g_string_append(out, json_string_value(value));
                text = end + 2;
        }
        return SETTINGS_RENDERED;
}

static const char *message_keys[] = { "why", "said" };
static const Text message_values[] = { T("{{repl .Error}}"), T("{{repl .Result}}") };

static TestRule rules[] = {
        { .verdict = TEST_VERDICT_SUCCESS,
          .message = { .text = T("Fine!") },
          .has_error = true,
          .has_status_code = true,
          .status_code = 0 },
        { .verdict = TEST_VERDICT_WARN,
          .message = { .text = T("only {{.said}}"), message_keys, message_values, 2 },
          .bool_expr = T("{{repl .Result}}") },
        { .verdict = TEST_VERDICT_ERROR,
          .message = { .text = T("{{.nobody}} {{.why}}"), message_keys, message_values, 2 },
          .has_status_code = true,
          .status_code = 7 },
        { .verdict = TEST_VERDICT_ERROR,
          .message = { .text = T("it could not be run: {{.why}}"),
                       message_keys,
                       message_values,
                       2 },
          .has_error = true,
          .error = true },
};

static Workload workload = { .id = "test/raw", .image_name = "" };

static Setting tested[] = {
        { .name = "word",
          .type = SETTING_PASSWORD,
          .value = T("planted-secret"),
          .test_proc = { .is_set = true,
                         .custom = { .id = "raw", .container = &workload },
                         .rules = rules,
                         .n_rules = G_N_ELEMENTS(rules),
                         .run_on_save = T("true") },
          POS },
        { .name = "other", .type = SETTING_TEXT, POS },
};

static Setting untested[] = {
        { .name = "alone",
          .type = SETTING_TEXT,
          .test_proc = { .is_set = true,
                         .command = "regex_match",
                         .args = { .items = json_args, .n = 1, .is_set = true },
                         .run_on_save = T("true") },
          POS },
        { .name = "asked",
          .type = SETTING_TEXT,
          .test_proc = { .is_set = true, .command = "validate_json" },
          POS },
};

static SettingGroup custom_groups[] = {
        { .name = "one", .settings = tested, .n_settings = G_N_ELEMENTS(tested), POS },
        { .name = "two", .settings = untested, .n_settings = G_N_ELEMENTS(untested), POS },
};

static const Application custom_app = { .groups = custom_groups,
                                        .n_groups = G_N_ELEMENTS(custom_groups) };
static const SettingsHost custom_host = { .render = fake_render, .run_test = fake_run };

/* "result: message" of the container's test */
static char *run_custom(Settings *settings)
{
        g_auto(TestOutcome) got = { 0 };

        testproc_run_custom(settings, "word", &tested[0].test_proc, &got);
        return g_strdup_printf("%s: %s", test_result_to_string(got.result), got.message);
}

static void assert_custom(Settings *settings, const char *want)
{
        g_autofree char *got = run_custom(settings);

        g_assert_cmpstr(got, ==, want);
}

typedef struct Custom {
        TestDir t;
        Store *store;
        Settings *settings;
} Custom;

static void custom_begin(Custom *custom)
{
        g_autoptr(GError) error = NULL;

        memset(&fake, 0, sizeof fake);
        test_dir_init(&custom->t);
        custom->store = test_dir_open(&custom->t, false);
        custom->settings = settings_load(&custom_app, custom->store, "shop", &custom_host, NULL,
                                         &error);
        g_assert_no_error(error);
}

static void custom_end(Custom *custom)
{
        settings_free(custom->settings);
        store_free(custom->store);
        test_dir_done(&custom->t);
}

static void test_results_say_what_an_end_means(void)
{
        Custom custom;

        custom_begin(&custom);
        fake.output = " x \n";
        assert_custom(custom.settings, "ok: Fine!");
        g_assert_cmpint(fake.timeout_s, ==, TESTPROC_TIMEOUT_S);
        fake.exit_code = 3;
        fake.output = "true\n";
        assert_custom(custom.settings, "warning: only true");
        fake.exit_code = 7;
        fake.output = "no boolean";
        assert_custom(custom.settings, "failed: {{.nobody}} {{.why}}"); /* cannot be rendered */
        fake.exit_code = 9;
        assert_custom(custom.settings, "failed: it exited with 9: no boolean");
        fake.timed_out = true;
        assert_custom(custom.settings, "failed: it could not be run: it did not end within 15 s");
        fake.timed_out = false;
        fake.is_failed = true;
        assert_custom(custom.settings, "failed: it could not be run: no such image");
        fake.is_failed = false;
        fake.is_not_yet = true;
        assert_custom(custom.settings, "skipped: a value that it needs is not known yet");
        custom_end(&custom);
}

static void test_without_results_the_exit_says_it(void)
{
        TestProc proc = tested[0].test_proc;
        Custom custom;

        custom_begin(&custom);
        proc.n_rules = 0;
        proc.custom.timeout_s = 40;
        for (int code = 0; code < 2; code++) {
                g_auto(TestOutcome) got = { 0 };

                fake.output = "said";
                fake.exit_code = code;
                testproc_run_custom(custom.settings, "word", &proc, &got);
                g_assert_cmpint(got.result, ==, code == 0 ? TEST_OK : TEST_FAILED);
                g_assert_cmpint(fake.timeout_s, ==, 40);
        }
        proc.custom.timeout_s = -1;

        g_auto(TestOutcome) last = { 0 };

        testproc_run_custom(custom.settings, "word", &proc, &last);
        g_assert_cmpint(fake.timeout_s, ==, TESTPROC_TIMEOUT_MAX_S);
        custom_end(&custom);
}

static void test_output_of_a_container_is_masked(void)
{
        Custom custom;
        g_autoptr(GError) error = NULL;

        custom_begin(&custom);
        fake.output = "I was told planted-secret";
        fake.exit_code = 9;

        g_autoptr(json_t) list = settings_test(custom.settings, "one", &error);

        g_assert_cmpstr(json_string_at(json_array_get(list, 0), "message", ""), ==,
                        "it exited with 9: I was told " SETTINGS_MASK);
        custom_end(&custom);
}

/* Names of the settings whose tests a change of these would have to pass */
static char *on_save(Settings *settings, const char *changed)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autoptr(json_t) tests = NULL;
        g_autoptr(GString) got = g_string_new(NULL);
        json_t *test;
        size_t i;

        g_ptr_array_add(names, (char *) changed);
        tests = settings_test_saved(settings, names);
        json_array_foreach(tests, i, test)
                g_string_append_printf(got, "%s ", json_string_at(test, "setting", ""));
        g_assert_true(settings_test_saved_needs_engine(settings, names) ==
                      (strstr(got->str, "word") != NULL));
        return g_string_free(g_steal_pointer(&got), false);
}

static void test_only_what_a_change_concerns_is_tested_on_save(void)
{
        static const struct {
                const char *changed, *want;
        } cases[] = {
                { "word", "word " },   { "other", "word " }, /* the container may ask for it */
                { "alone", "alone " }, { "asked", "" },      /* has a test, but not on save */
                { "unknown", "" },
        };
        Custom custom;

        custom_begin(&custom);
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = on_save(custom.settings, cases[i].changed);

                g_assert_cmpstr(got, ==, cases[i].want);
        }
        g_assert_true(settings_test_needs_engine(custom.settings, NULL));
        g_assert_false(settings_test_needs_engine(custom.settings, "two"));
        custom_end(&custom);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/testproc/regex", test_regex);
        g_test_add_func("/testproc/regex/hostile", test_a_hostile_regex_ends);
        g_test_add_func("/testproc/json", test_json);
        g_test_add_func("/testproc/files", test_files);
        g_test_add_func("/testproc/certificates", test_certificates);
        g_test_add_func("/testproc/ports", test_ports);
        g_test_add_func("/testproc/hosts", test_hosts);
        g_test_add_func("/testproc/http", test_http);
        g_test_add_func("/testproc/unknown", test_unknown_commands);
        g_test_add_func("/testproc/settings", test_settings_are_tested);
        g_test_add_func("/testproc/custom/results", test_results_say_what_an_end_means);
        g_test_add_func("/testproc/custom/exit", test_without_results_the_exit_says_it);
        g_test_add_func("/testproc/custom/masked", test_output_of_a_container_is_masked);
        g_test_add_func("/testproc/on-save", test_only_what_a_change_concerns_is_tested_on_save);
        return g_test_run();
}
