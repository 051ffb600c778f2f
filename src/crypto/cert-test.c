#include "crypto/cert.h"

#include <string.h>

static char *ca_key, *ca_cert;

static const char *const nobody[] = { NULL };

static bool issue(const char *const *domains, const char *const *addresses, char **key, char **cert,
                  GError **error)
{
        return cert_issue(ca_key, ca_cert, CERT_BITS_MIN, domains, addresses, key, cert, error);
}

static void assert_fault(GError **error, CertError code, const char *words)
{
        g_assert_error(*error, CERT_ERROR, (int) code);
        g_assert_nonnull(strstr((*error)->message, words));
        g_clear_error(error);
}

static void test_what_is_issued_holds(void)
{
        static const char *const domains[] = { "shop.example.com", "*.example.org", NULL };
        static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", NULL };
        g_autofree char *key = NULL, *cert = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(issue(domains, addresses, &key, &cert, &error));
        g_assert_no_error(error);
        g_assert_true(g_str_has_prefix(key, "-----BEGIN PRIVATE KEY-----\n"));
        g_assert_true(g_str_has_prefix(cert, "-----BEGIN CERTIFICATE-----\n"));
        g_assert_true(cert_check(cert, key, "shop.example.com", ca_cert, &error));
        g_assert_true(cert_check(cert, NULL, "a.example.org", NULL, &error));
        g_assert_true(cert_check(cert, NULL, "192.0.2.1", NULL, &error));
        g_assert_true(cert_check(cert, NULL, "2001:db8::1", NULL, &error));
        g_assert_true(cert_check(cert, NULL, NULL, NULL, &error));
        g_assert_no_error(error);

        g_assert_false(cert_check(cert, key, "other.example.com", ca_cert, &error));
        assert_fault(&error, CERT_ERROR_INVALID, "not for other.example.com");
        g_assert_false(cert_check(cert, ca_key, NULL, NULL, &error));
        assert_fault(&error, CERT_ERROR_INVALID, "does not belong");
        g_assert_false(cert_check(cert, "no key", NULL, NULL, &error));
        assert_fault(&error, CERT_ERROR_INVALID, "key cannot be read");
        g_assert_false(cert_check(cert, NULL, NULL, "no authority", &error));
        assert_fault(&error, CERT_ERROR_INVALID, "authority's certificate cannot be read");
        g_assert_false(cert_check("nothing", NULL, NULL, NULL, &error));
        assert_fault(&error, CERT_ERROR_INVALID, "no certificate");
}

static void test_another_authority_does_not_count(void)
{
        static const char *const domains[] = { "a.example.com", NULL };
        g_autofree char *key = NULL, *cert = NULL, *other_key = NULL, *other = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(cert_authority_new("Slipway other", &other_key, &other, &error));
        g_assert_true(issue(domains, nobody, &key, &cert, &error));
        g_assert_false(cert_check(cert, NULL, NULL, other, &error));
        assert_fault(&error, CERT_ERROR_INVALID, "has not signed");
}

/* A name must not say what the extension would read as something else */
static void test_names_are_checked(void)
{
        static const struct {
                const char *domain, *address, *words;
        } cases[] = {
                { "a.example.com,IP:10.0.0.1", NULL, "no name of a host" },
                { "a b", NULL, "no name of a host" },
                { "", NULL, "no name of a host" },
                { "a", "10.0.0", "no IP address" },
                { "a", "10.0.0.1,DNS:b", "no IP address" },
                { NULL, NULL, "1 to 100 names" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *domains[] = { cases[i].domain, NULL };
                const char *addresses[] = { cases[i].address, NULL };
                g_autofree char *key = NULL, *cert = NULL;
                g_autoptr(GError) error = NULL;

                g_assert_false(issue(domains, addresses, &key, &cert, &error));
                assert_fault(&error, CERT_ERROR_ARGUMENT, cases[i].words);
        }
}

static void test_long_names_fit(void)
{
        g_autofree char *label = g_strnfill(60, 'a');
        g_autofree char *name = g_strdup_printf("%s.%s.example.com", label, label);
        const char *domains[] = { name, NULL };
        g_autofree char *key = NULL, *cert = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(issue(domains, nobody, &key, &cert, &error));
        g_assert_true(cert_check(cert, key, name, ca_cert, &error));
        g_assert_no_error(error);
}

int main(int argc, char **argv)
{
        int status;

        g_test_init(&argc, &argv, NULL);
        g_assert_true(cert_authority_new("Slipway test", &ca_key, &ca_cert, NULL));
        g_test_add_func("/cert/holds", test_what_is_issued_holds);
        g_test_add_func("/cert/authority", test_another_authority_does_not_count);
        g_test_add_func("/cert/names", test_names_are_checked);
        g_test_add_func("/cert/long", test_long_names_fit);
        status = g_test_run();
        g_free(ca_key);
        g_free(ca_cert);
        return status;
}
