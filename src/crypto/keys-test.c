#include "crypto/keys.h"

#include <string.h>

static void test_a_hash_is_that_of_the_password_and_the_salt(void)
{
        static const uint8_t salt[KEYS_BCRYPT_SALT] = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *one = keys_bcrypt("secret", salt, &error);
        g_autofree char *same = keys_bcrypt("secret", salt, &error);
        g_autofree char *other = keys_bcrypt("secreT", salt, &error);
        g_autofree char *password = g_strnfill(KEYS_BCRYPT_LENGTH + 1, 'x');

        g_assert_no_error(error);
        g_assert_true(g_str_has_prefix(one, "$2a$10$"));
        g_assert_cmpuint(strlen(one), ==, 60);
        g_assert_cmpstr(one, ==, same);
        g_assert_cmpstr(one, !=, other);
        g_assert_null(keys_bcrypt(password, salt, &error));
        g_assert_error(error, KEYS_ERROR, KEYS_ERROR_INVALID);
}

static void test_what_is_sealed_can_be_opened_by_its_password(void)
{
        static const uint8_t vector[KEYS_AES_BLOCK] = { 1, 2, 3 };
        g_autoptr(GBytes) plain = g_bytes_new_static("plain text", 10);
        g_autoptr(GBytes) sealed = keys_aes_encrypt("key", 3, plain, vector);
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(sealed, 0, 20);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) opened = keys_aes_decrypt("key", 3, sealed, &error);
        g_autoptr(GBytes) wrong = keys_aes_decrypt("kez", 3, sealed, NULL);

        g_assert_no_error(error);
        g_assert_true(g_bytes_equal(opened, plain));
        g_assert_cmpuint(g_bytes_get_size(sealed), ==, 2 * KEYS_AES_BLOCK);
        g_assert_cmpmem(g_bytes_get_data(sealed, NULL), KEYS_AES_BLOCK, vector, KEYS_AES_BLOCK);
        g_assert_true(wrong == NULL || !g_bytes_equal(wrong, plain));
        g_assert_null(keys_aes_decrypt("key", 3, cut, &error));
        g_assert_nonnull(error);
}

static void test_passwords_are_derived(void)
{
        g_autofree char *one = keys_derive_password(1, "long", "password", "user", "example.com");
        g_autofree char *pin = keys_derive_password(1, "pin", "password", "user", "example.com");
        g_autofree char *next = keys_derive_password(2, "long", "password", "user", "example.com");

        /* what the algorithm's other implementations give */
        g_assert_cmpstr(one, ==, "ZedaFaxcZaso9*");
        g_assert_cmpuint(strlen(pin), ==, 4);
        g_assert_cmpstr(one, !=, next);
        g_assert_null(keys_derive_password(1, "nosuch", "password", "user", "example.com"));
}

static void test_keys_of_each_type_are_made(void)
{
        static const char *const types[] = { "ecdsa", "ed25519" };

        for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
                g_autofree char *one = keys_new(types[i], NULL);
                g_autofree char *two = keys_new(types[i], NULL);

                g_assert_nonnull(strstr(one, "PRIVATE KEY-----"));
                g_assert_cmpstr(one, !=, two);
        }
        g_assert_null(keys_new("nosuch", NULL));
}

static void test_a_certificate_and_its_signer(void)
{
        static const char *const none[] = { NULL };
        static const char *const addresses[] = { "10.0.0.1", "::1", NULL };
        static const char *const wrong[] = { "10.0.0", NULL };
        KeysRequest authority = {
                .common_name = "ca",
                .addresses = none,
                .domains = none,
                .valid_from_s = 1700000000,
                .days = 30,
                .is_authority = true,
        };
        g_autofree char *ca = NULL, *ca_key = NULL, *cert = NULL, *key = NULL, *bad = NULL;
        g_autofree char *bad_key = NULL;
        g_autoptr(GError) error = NULL;

        authority.key = ca_key = keys_new("ecdsa", &error);
        g_assert_no_error(error);
        g_autofree char *again = NULL;
        g_assert_true(keys_certificate(&authority, &ca, &again, &error));
        g_assert_no_error(error);
        g_assert_true(keys_check(ca, again, &error));
        KeysRequest request = {
                .common_name = "site",
                .addresses = addresses,
                .domains = none,
                .valid_from_s = 1700000000,
                .days = 30,
                .key = ca_key,
                .signer_cert = ca,
                .signer_key = again,
        };
        g_assert_true(keys_certificate(&request, &cert, &key, &error));
        g_assert_no_error(error);
        g_assert_true(keys_check(cert, key, &error));
        request.addresses = wrong;
        g_assert_false(keys_certificate(&request, &bad, &bad_key, &error));
        g_assert_nonnull(error);
        g_clear_error(&error);
        g_assert_false(keys_check("no certificate", key, &error));
        g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/keys/bcrypt", test_a_hash_is_that_of_the_password_and_the_salt);
        g_test_add_func("/keys/aes", test_what_is_sealed_can_be_opened_by_its_password);
        g_test_add_func("/keys/derived", test_passwords_are_derived);
        g_test_add_func("/keys/new", test_keys_of_each_type_are_made);
        g_test_add_func("/keys/certificate", test_a_certificate_and_its_signer);
        return g_test_run();
}
