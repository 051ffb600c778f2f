#include "crypto/secret.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Fixture {
        char *dir;
        char *path;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
        f->dir = g_dir_make_tmp("slipway-secret-XXXXXX", NULL);
        f->path = g_build_filename(f->dir, "key", NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        g_unlink(f->path);
        g_assert_cmpint(g_rmdir(f->dir), ==, 0); /* nothing temporary is left */
        g_free(f->path);
        g_free(f->dir);
}

static void test_a_key_comes_back(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(SecretKey) made = secret_key_create(f->path, &error);
        g_autoptr(SecretKey) read = NULL;
        g_autoptr(GBytes) sealed = NULL;
        g_autofree char *open = NULL;
        g_autofree char *hash_made = NULL, *hash_read = NULL;
        struct stat st;

        g_assert_no_error(error);
        g_assert_cmpint(stat(f->path, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0600);

        read = secret_key_load(f->path, &error);
        g_assert_no_error(error);
        sealed = secret_seal(made, "a", "hunter2", -1);
        open = secret_open(read, "a", g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed),
                           &error);
        g_assert_cmpstr(open, ==, "hunter2");
        hash_made = secret_hash(made, "x", -1);
        hash_read = secret_hash(read, "x", 1);
        g_assert_cmpstr(hash_made, ==, hash_read);
        g_assert_cmpuint(strlen(hash_made), ==, SECRET_HASH_HEX);
}

static void test_a_second_create_reads_the_first(Fixture *f, gconstpointer data)
{
        g_autoptr(SecretKey) one = secret_key_create(f->path, NULL);
        g_autoptr(SecretKey) two = secret_key_create(f->path, NULL);
        g_autofree char *hash_one = secret_hash(one, "x", -1);
        g_autofree char *hash_two = secret_hash(two, "x", -1);

        g_assert_cmpstr(hash_one, ==, hash_two);
}

static void test_an_exposed_key_is_refused(Fixture *f, gconstpointer data)
{
        g_autoptr(SecretKey) key = secret_key_create(f->path, NULL);
        static const mode_t modes[] = { 0644, 0640, 0604, 0620, 0602 };

        g_assert_nonnull(key);
        for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
                g_autoptr(GError) error = NULL;

                g_assert_cmpint(chmod(f->path, modes[i]), ==, 0);
                g_assert_null(secret_key_load(f->path, &error));
                g_assert_error(error, SECRET_ERROR, SECRET_ERROR_EXPOSED);
                g_assert_nonnull(strstr(error->message, "chmod 600"));
        }
}

static void test_what_is_no_key_is_refused(Fixture *f, gconstpointer data)
{
        static const char *const contents[] = { "", "slipway key 1\n", "slipway key 1\nzz",
                                                "0123456789012345678901234567890123456789" };

        for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
                g_autoptr(GError) error = NULL;

                g_assert_true(g_file_set_contents_full(f->path, contents[i], -1,
                                                       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
                g_assert_cmpint(chmod(f->path, 0600), ==, 0);
                g_assert_null(secret_key_load(f->path, &error));
                g_assert_error(error, SECRET_ERROR, SECRET_ERROR_DAMAGED);
        }
}

static void test_a_missing_key_is_said(Fixture *f, gconstpointer data)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *inside = g_build_filename(f->path, "key", NULL);

        g_assert_null(secret_key_load(f->path, &error));
        g_assert_error(error, SECRET_ERROR, SECRET_ERROR_MISSING);
        g_clear_error(&error);
        g_assert_null(secret_key_create(inside, &error));
        g_assert_error(error, SECRET_ERROR, SECRET_ERROR_NOT_WRITABLE);
}

static void test_a_sealed_text_is_bound(void)
{
        g_autoptr(SecretKey) key = secret_key_new();
        g_autoptr(SecretKey) other = secret_key_new();
        g_autoptr(GBytes) one = secret_seal(key, "app/a", "the same text", -1);
        g_autoptr(GBytes) two = secret_seal(key, "app/a", "the same text", -1);
        size_t size;
        const guint8 *bytes = g_bytes_get_data(one, &size);
        g_autofree guint8 *bent = g_memdup2(bytes, size);

        g_assert_false(g_bytes_equal(one, two));
        g_assert_null(memmem(bytes, size, "same", 4));
        g_assert_null(secret_open(other, "app/a", bytes, size, NULL));
        g_assert_null(secret_open(key, "app/b", bytes, size, NULL));
        g_assert_null(secret_open(key, "app/a", bytes, 3, NULL));
        for (size_t i = 0; i < size; i++) {
                g_autoptr(GError) error = NULL;

                bent[i] ^= 1;
                g_assert_null(secret_open(key, "app/a", bent, size, &error));
                g_assert_error(error, SECRET_ERROR, SECRET_ERROR_DAMAGED);
                bent[i] ^= 1;
        }
}

static void test_bytes_with_zeros_are_sealed_whole(void)
{
        g_autoptr(SecretKey) key = secret_key_new();
        g_autoptr(GBytes) sealed = secret_seal(key, "", "a\0b", 3);
        g_autoptr(GBytes) empty = secret_seal(key, "", "", 0);
        g_autofree char *open = secret_open(key, "", g_bytes_get_data(sealed, NULL),
                                            g_bytes_get_size(sealed), NULL);
        char *nothing = secret_open(key, "", g_bytes_get_data(empty, NULL), g_bytes_get_size(empty),
                                    NULL);

        g_assert_cmpmem(open, 4, "a\0b", 4);
        g_assert_cmpstr(nothing, ==, "");
        secret_text_free(nothing);
        secret_text_free(NULL);
}

/* BLAKE2b-256 of nothing and of "abc", as its reference implementation has them */
static void test_digest_is_blake2b(void)
{
        g_autofree char *nothing = secret_digest("", 0);
        g_autofree char *abc = secret_digest("abc", 3);

        g_assert_cmpstr(nothing, ==,
                        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
        g_assert_cmpstr(abc, ==,
                        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

/* Three of 256 would be favoured by a plain remainder; each may be off by six sigma */
static void test_random_text_is_even(void)
{
        enum { LENGTH = 4000, ROUNDS = 20 };
        const char *charset = "abc";
        unsigned counts[3] = { 0 };

        for (int i = 0; i < ROUNDS; i++) {
                g_autofree char *text = secret_random_text(LENGTH, charset);

                g_assert_cmpuint(strlen(text), ==, LENGTH);
                g_assert_cmpuint(strspn(text, charset), ==, LENGTH);
                for (const char *at = text; *at != '\0'; at++)
                        counts[*at - 'a']++;
        }
        for (int i = 0; i < 3; i++)
                g_assert_cmpint(ABS((int) counts[i] - LENGTH * ROUNDS / 3), <, 800);
}

static void test_random_hex_differs(void)
{
        g_autofree char *one = secret_random_hex(16);
        g_autofree char *two = secret_random_hex(16);

        g_assert_cmpuint(strlen(one), ==, 32);
        g_assert_cmpstr(one, !=, two);
}

static void test_base64(void)
{
        static const struct {
                const char *text, *plain, *url;
        } cases[] = {
                { "", "", "" },
                { "f", "Zg==", "Zg==" },
                { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
                { "\xfb\xff\xbf", "+/+/", "-_-_" },
        };
        size_t n;

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                size_t length = strlen(cases[i].text);
                g_autofree char *plain = secret_base64_encode(cases[i].text, length, SECRET_BASE64);
                g_autofree char *url = secret_base64_encode(cases[i].text, length,
                                                            SECRET_BASE64_URL);
                g_autofree char *back = secret_base64_decode(plain, SECRET_BASE64, &n);

                g_assert_cmpstr(plain, ==, cases[i].plain);
                g_assert_cmpstr(url, ==, cases[i].url);
                g_assert_cmpmem(back, n, cases[i].text, length);
        }

        g_autofree char *unpadded = secret_base64_decode("Zg", SECRET_BASE64, &n);
        g_autofree char *folded = secret_base64_decode("Zm9v\r\nYmFy\n", SECRET_BASE64, &n);

        g_assert_cmpstr(unpadded, ==, "f");
        g_assert_cmpstr(folded, ==, "foobar");
        g_assert_null(secret_base64_decode("Zg=", SECRET_BASE64, &n));
        g_assert_null(secret_base64_decode("Z", SECRET_BASE64, &n));
        g_assert_null(secret_base64_decode("Zm9v!", SECRET_BASE64, &n));
}

#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/secret/key/back", test_a_key_comes_back);
        ADD("/secret/key/twice", test_a_second_create_reads_the_first);
        ADD("/secret/key/exposed", test_an_exposed_key_is_refused);
        ADD("/secret/key/damaged", test_what_is_no_key_is_refused);
        ADD("/secret/key/missing", test_a_missing_key_is_said);
        g_test_add_func("/secret/seal/bound", test_a_sealed_text_is_bound);
        g_test_add_func("/secret/seal/bytes", test_bytes_with_zeros_are_sealed_whole);
        g_test_add_func("/secret/digest", test_digest_is_blake2b);
        g_test_add_func("/secret/random/text", test_random_text_is_even);
        g_test_add_func("/secret/random/hex", test_random_hex_differs);
        g_test_add_func("/secret/base64", test_base64);
        return g_test_run();
}
