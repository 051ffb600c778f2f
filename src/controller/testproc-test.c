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
        return g_test_run();
}
