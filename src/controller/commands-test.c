#include "controller/commands.h"

#include <string.h>

#include "crypto/cert.h"
#include "store/testing.h"

typedef TestStore Fixture;

static char **run(Fixture *f, const char *cmd, const char *arguments, const SettingsHost *host)
{
        g_auto(GStrv) args = g_strsplit(arguments, "|", -1);
        Command command = { .name = "c",
                            .cmd = cmd,
                            .args = (const char **) args,
                            .n_args = *arguments == '\0' ? 0 : g_strv_length(args) };

        return command_run(&command, f->store, host, &f->error);
}

static void refuse(Fixture *f, const char *cmd, const char *arguments, CommandError code,
                   const char *words)
{
        g_assert_null(run(f, cmd, arguments, NULL));
        g_assert_error(f->error, COMMAND_ERROR, (int) code);
        g_assert_nonnull(strstr(f->error->message, words));
        g_assert_nonnull(strstr(f->error->message, "`c`"));
        g_clear_error(&f->error);
}

static void test_charsets(void)
{
        static const struct {
                const char *text, *set;
        } cases[] = {
                { "[a-c]", "abc" }, { "[_A-C0-1]", "_ABC01" }, { "abc", "abc" },  { "[a-]", "a-" },
                { "a-c", "a-c" },   { "aab", "ab" },           { "[c-a]", NULL }, { "", NULL },
                { "ü", NULL },      { "[\x7f]", NULL },        { "[]", "[]" },    { "[-a]", "-a" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *set = command_charset(cases[i].text);

                g_assert_cmpstr(set, ==, cases[i].set);
        }
}

static void test_random(Fixture *f, gconstpointer data)
{
        g_auto(GStrv) usual = run(f, "random", "", NULL);
        g_auto(GStrv) hex = run(f, "random", "64|[0-9a-f]", NULL);

        g_assert_cmpuint(strlen(usual[0]), ==, 16);
        g_assert_cmpuint(strlen(hex[0]), ==, 64);
        g_assert_cmpuint(strspn(hex[0], "0123456789abcdef"), ==, 64);
        refuse(f, "random", "many", COMMAND_ERROR_ARGUMENT, "length");
        refuse(f, "random", "0", COMMAND_ERROR_ARGUMENT, "length");
        refuse(f, "random", "100000", COMMAND_ERROR_ARGUMENT, "4096");
        refuse(f, "random", "8|[z-a]", COMMAND_ERROR_ARGUMENT, "ASCII");
        refuse(f, "random", "8|a|b", COMMAND_ERROR_ARGUMENT, "at most 2");
}

static void test_echo(Fixture *f, gconstpointer data)
{
        g_auto(GStrv) said = run(f, "echo", "a|b c", NULL);
        g_auto(GStrv) nothing = run(f, "echo", "", NULL);

        g_assert_cmpstr(said[0], ==, "a b c");
        g_assert_cmpstr(nothing[0], ==, "");
}

static void test_certificates_have_one_authority(Fixture *f, gconstpointer data)
{
        g_auto(GStrv) one = run(f, "cert", "1024|a.example.com, b.example.com|192.0.2.7", NULL);
        g_assert_no_error(f->error);
        g_auto(GStrv) two = run(f, "cert", "", NULL);
        char *path = NULL;

        g_assert_cmpuint(g_strv_length(one), ==, 3);
        g_assert_cmpstr(one[2], ==, two[2]);
        g_assert_cmpstr(one[0], !=, two[0]);
        g_assert_true(cert_check(one[1], one[0], "b.example.com", one[2], &f->error));
        g_assert_true(cert_check(one[1], one[0], "192.0.2.7", one[2], &f->error));
        g_assert_true(cert_check(two[1], two[0], "example.com", two[2], &f->error));
        g_assert_cmpuint(strlen(one[0]), >, 1600); /* of 2048 bits, whatever was asked for */
        g_assert_false(test_dir_contains(&f->t, "PRIVATE KEY", &path));

        refuse(f, "cert", "100000", COMMAND_ERROR_ARGUMENT, "8192");
        g_assert_null(run(f, "cert", "2048|a b", NULL));
        g_assert_error(f->error, CERT_ERROR, CERT_ERROR_ARGUMENT);
        g_clear_error(&f->error);
}

/* Answers by the order of the addresses: no connection, nonsense, an address */
static bool fake_fetch(gpointer user, const char *url, int64_t timeout_us, long *ret_status,
                       char **ret_body, GError **error)
{
        if (strcmp(url, "http://down") == 0) {
                g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE, "connection refused");
                return false;
        }
        *ret_status = 200;
        *ret_body = g_strdup(strcmp(url, "http://good") == 0 ? "192.0.2.1\n" : "<html>");
        return true;
}

static void test_public_address(Fixture *f, gconstpointer data)
{
        static const char *const urls[] = { "http://down", "http://odd", "http://good", NULL };
        static const char *const bad[] = { "http://down", "http://odd", NULL };
        SettingsHost host = { .fetch = fake_fetch, .public_ip_urls = urls };
        g_auto(GStrv) got = run(f, "publicip", "", &host);

        g_assert_cmpstr(got[0], ==, "192.0.2.1");
        host.public_ip_urls = bad;
        g_assert_null(run(f, "publicip", "", &host));
        g_assert_error(f->error, COMMAND_ERROR, COMMAND_ERROR_OUTSIDE);
        g_assert_nonnull(strstr(f->error->message, "http://down: connection refused; http://odd: "
                                                   "no address"));
        g_assert_nonnull(strstr(f->error->message, "by hand"));
        g_clear_error(&f->error);
        refuse(f, "publicip", "", COMMAND_ERROR_OUTSIDE, "cannot be asked");
}

static char *fake_raw(gpointer user, const Command *command, GError **error)
{
        return g_strdup_printf("  %s\n", command->args[0]);
}

static void test_raw(Fixture *f, gconstpointer data)
{
        SettingsHost host = { .run_raw = fake_raw };
        g_auto(GStrv) got = run(f, "raw", "hostname", &host);

        g_assert_cmpstr(got[0], ==, "hostname");
        refuse(f, "raw", "hostname", COMMAND_ERROR_OUTSIDE, "container");
}

static void test_unknown_commands(Fixture *f, gconstpointer data)
{
        refuse(f, "radnom", "", COMMAND_ERROR_UNKNOWN, "did you mean random");
        refuse(f, "zzzzzzzz", "", COMMAND_ERROR_UNKNOWN, "cert, echo, publicip, random, raw");
        refuse(f, NULL, "", COMMAND_ERROR_UNKNOWN, "there are");
}

#define ADD(name, func)                                                                            \
        g_test_add(name, Fixture, NULL, test_store_set_up, func, test_store_tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/commands/charset", test_charsets);
        ADD("/commands/random", test_random);
        ADD("/commands/echo", test_echo);
        ADD("/commands/cert", test_certificates_have_one_authority);
        ADD("/commands/publicip", test_public_address);
        ADD("/commands/raw", test_raw);
        ADD("/commands/unknown", test_unknown_commands);
        return g_test_run();
}
