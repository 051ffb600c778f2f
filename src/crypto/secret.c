#include "crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_SIZE     crypto_kdf_KEYBYTES
#define KEY_HEADER   "slipway key 1\n"
#define KEY_FILE_MAX 256

#define SEAL_VERSION 1
#define SEAL_NONCE   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_TAG     crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SEAL_HEAD    (1 + SEAL_NONCE)

/* In memory of libsodium's own: guarded, locked where the limits allow it, wiped when freed */
struct SecretKey {
        unsigned char master[KEY_SIZE];
        unsigned char seal[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
        unsigned char hash[crypto_generichash_KEYBYTES];
};

G_DEFINE_QUARK(slipway - secret - error - quark, secret_error)

static void init(void)
{
        if (sodium_init() < 0)
                g_error("no source of randomness");
}

static SecretKey *key_from_master(const unsigned char *master)
{
        SecretKey *key;

        init();
        key = sodium_malloc(sizeof *key);
        if (key == NULL)
                g_error("out of locked memory");
        memcpy(key->master, master, KEY_SIZE);
        crypto_kdf_derive_from_key(key->seal, sizeof key->seal, 1, "slipseal", key->master);
        crypto_kdf_derive_from_key(key->hash, sizeof key->hash, 2, "sliphash", key->master);
        return key;
}

SecretKey *secret_key_new(void)
{
        unsigned char master[KEY_SIZE];
        SecretKey *key;

        init();
        crypto_kdf_keygen(master);
        key = key_from_master(master);
        sodium_memzero(master, sizeof master);
        return key;
}

void secret_key_free(SecretKey *key)
{
        if (key != NULL)
                sodium_free(key);
}

/* ---- The key file ---- */

static bool fail_errno(GError **error, SecretError code, const char *what, const char *path)
{
        g_set_error(error, SECRET_ERROR, (int) code, "%s %s: %s", what, path, g_strerror(errno));
        return false;
}

static bool check_mode(int fd, const char *path, GError **error)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return fail_errno(error, SECRET_ERROR_FAILED, "looking at", path);
        if (!S_ISREG(st.st_mode)) {
                g_set_error(error, SECRET_ERROR, SECRET_ERROR_DAMAGED, "%s is not a regular file",
                            path);
                return false;
        }
        if ((st.st_mode & 077) != 0) {
                g_set_error(error, SECRET_ERROR, SECRET_ERROR_EXPOSED,
                            "others may read or write the key file %s (mode %04o); its secrets may "
                            "be known: change them, then run `chmod 600 %s`",
                            path, st.st_mode & 07777, path);
                return false;
        }
        if (st.st_uid != geteuid() && geteuid() != 0) {
                g_set_error(error, SECRET_ERROR, SECRET_ERROR_EXPOSED,
                            "the key file %s belongs to another user", path);
                return false;
        }
        return true;
}

/* The bytes of the file, at most @size; -1 with errno */
static gssize read_all(int fd, char *buffer, size_t size)
{
        size_t n = 0;

        while (n < size) {
                ssize_t got = read(fd, buffer + n, size - n);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return -1;
                if (got == 0)
                        break;
                n += got;
        }
        return n;
}

static bool write_all(int fd, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                data += n;
                size -= n;
        }
        return true;
}

static bool parse_key_file(const char *text, size_t size, unsigned char *ret_master)
{
        size_t head = strlen(KEY_HEADER);
        size_t n;

        if (size < head + 2 * KEY_SIZE || memcmp(text, KEY_HEADER, head) != 0)
                return false;
        return sodium_hex2bin(ret_master, KEY_SIZE, text + head, 2 * KEY_SIZE, NULL, &n, NULL) ==
                       0 &&
               n == KEY_SIZE;
}

SecretKey *secret_key_load(const char *path, GError **error)
{
        char text[KEY_FILE_MAX];
        unsigned char master[KEY_SIZE];
        SecretKey *key = NULL;
        gssize n;
        int fd;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0) {
                fail_errno(error, errno == ENOENT ? SECRET_ERROR_MISSING : SECRET_ERROR_FAILED,
                           "opening the key file", path);
                return NULL;
        }
        if (!check_mode(fd, path, error)) {
                close(fd);
                return NULL;
        }
        n = read_all(fd, text, sizeof text);
        if (n < 0)
                fail_errno(error, SECRET_ERROR_FAILED, "reading the key file", path);
        else if (!parse_key_file(text, n, master))
                g_set_error(error, SECRET_ERROR, SECRET_ERROR_DAMAGED,
                            "%s is no key file; bring it back from a backup", path);
        else
                key = key_from_master(master);
        close(fd);
        secret_wipe(text, sizeof text);
        secret_wipe(master, sizeof master);
        return key;
}

static bool sync_directory_of(const char *path)
{
        g_autofree char *dir = g_path_get_dirname(path);
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        bool ok;

        if (fd < 0)
                return false;
        ok = fsync(fd) == 0;
        close(fd);
        return ok;
}

/* A durable file of this content under a name that nobody else uses */
static bool write_key_file(const char *path, const SecretKey *key)
{
        char hex[2 * KEY_SIZE + 1];
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        bool ok;

        if (fd < 0)
                return false;
        sodium_bin2hex(hex, sizeof hex, key->master, KEY_SIZE);
        ok = write_all(fd, KEY_HEADER, strlen(KEY_HEADER)) && write_all(fd, hex, strlen(hex)) &&
             write_all(fd, "\n", 1) && fsync(fd) == 0;
        if (close(fd) < 0)
                ok = false;
        secret_wipe(hex, sizeof hex);
        return ok;
}

SecretKey *secret_key_create(const char *path, GError **error)
{
        g_autofree char *unique = secret_random_hex(8);
        g_autofree char *temporary = g_strdup_printf("%s.%s", path, unique);
        g_autoptr(SecretKey) key = secret_key_new();
        bool ok;

        if (!write_key_file(temporary, key)) {
                fail_errno(error, SECRET_ERROR_NOT_WRITABLE, "writing the key file", temporary);
                g_unlink(temporary);
                return NULL;
        }
        /* link() refuses a name that is taken, rename() would not */
        ok = link(temporary, path) == 0;
        if (!ok && errno != EEXIST)
                fail_errno(error, SECRET_ERROR_NOT_WRITABLE, "making the key file", path);
        else if (!ok)
                g_clear_pointer(&key, secret_key_free);
        g_unlink(temporary);
        if (!ok && key != NULL)
                return NULL;
        if (key == NULL)
                return secret_key_load(path, error);
        if (!sync_directory_of(path)) {
                fail_errno(error, SECRET_ERROR_NOT_WRITABLE, "syncing the directory of", path);
                return NULL;
        }
        return g_steal_pointer(&key);
}

/* ---- Sealing ---- */

GBytes *secret_seal(const SecretKey *key, const char *context, const char *text, gssize size)
{
        size_t length = size < 0 ? strlen(text) : (size_t) size;
        unsigned char *sealed = g_malloc(SEAL_HEAD + length + SEAL_TAG);

        sealed[0] = SEAL_VERSION;
        randombytes_buf(sealed + 1, SEAL_NONCE);
        crypto_aead_xchacha20poly1305_ietf_encrypt(
                sealed + SEAL_HEAD, NULL, (const unsigned char *) text, length,
                (const unsigned char *) context, strlen(context), NULL, sealed + 1, key->seal);
        return g_bytes_new_take(sealed, SEAL_HEAD + length + SEAL_TAG);
}

char *secret_open(const SecretKey *key, const char *context, const void *sealed, size_t size,
                  GError **error)
{
        const unsigned char *bytes = sealed;
        size_t length;
        char *text;

        if (size < SEAL_HEAD + SEAL_TAG || bytes[0] != SEAL_VERSION) {
                g_set_error_literal(error, SECRET_ERROR, SECRET_ERROR_DAMAGED,
                                    "not a sealed value of this version");
                return NULL;
        }
        length = size - SEAL_HEAD - SEAL_TAG;
        text = g_malloc(length + 1);
        text[length] = '\0';
        if (crypto_aead_xchacha20poly1305_ietf_decrypt(
                    (unsigned char *) text, NULL, NULL, bytes + SEAL_HEAD, length + SEAL_TAG,
                    (const unsigned char *) context, strlen(context), bytes + 1, key->seal) < 0) {
                g_free(text);
                g_set_error_literal(error, SECRET_ERROR, SECRET_ERROR_DAMAGED,
                                    "a sealed value does not open: the key file or the value is "
                                    "not the one it was");
                return NULL;
        }
        return text;
}

static char *hash_hex(const unsigned char *key, size_t key_size, const void *data, size_t size,
                      size_t out_size)
{
        unsigned char out[crypto_generichash_BYTES_MAX];
        char *hex = g_malloc(2 * out_size + 1);

        init();
        crypto_generichash(out, out_size, data, size, key, key_size);
        sodium_bin2hex(hex, 2 * out_size + 1, out, out_size);
        return hex;
}

char *secret_hash(const SecretKey *key, const char *text, gssize size)
{
        return hash_hex(key->hash, sizeof key->hash, text, size < 0 ? strlen(text) : (size_t) size,
                        SECRET_HASH_HEX / 2);
}

char *secret_digest(const void *data, size_t size)
{
        return hash_hex(NULL, 0, data, size, crypto_generichash_BYTES);
}

void secret_wipe(void *data, size_t size)
{
        sodium_memzero(data, size);
}

void secret_text_free(char *text)
{
        if (text != NULL)
                secret_wipe(text, strlen(text));
        g_free(text);
}

/* ---- Randomness ---- */

void secret_random_bytes(void *data, size_t size)
{
        init();
        randombytes_buf(data, size);
}

guint32 secret_random_below(guint32 bound)
{
        g_assert(bound > 0);
        init();
        return randombytes_uniform(bound);
}

char *secret_random_text(size_t length, const char *charset)
{
        size_t n = strlen(charset);
        char *text = g_malloc(length + 1);

        g_assert(n > 0 && length <= SECRET_TEXT_MAX);
        for (size_t i = 0; i < length; i++)
                text[i] = charset[secret_random_below(n)];
        text[length] = '\0';
        return text;
}

char *secret_random_hex(size_t n_bytes)
{
        g_autofree unsigned char *bytes = g_malloc(n_bytes);
        char *hex = g_malloc(2 * n_bytes + 1);

        secret_random_bytes(bytes, n_bytes);
        sodium_bin2hex(hex, 2 * n_bytes + 1, bytes, n_bytes);
        return hex;
}

/* ---- Base64 ---- */

static int sodium_variant(SecretBase64 variant, bool is_padded)
{
        switch (variant) {
        case SECRET_BASE64:
                return is_padded ? sodium_base64_VARIANT_ORIGINAL
                                 : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
        case SECRET_BASE64_URL:
                return is_padded ? sodium_base64_VARIANT_URLSAFE
                                 : sodium_base64_VARIANT_URLSAFE_NO_PADDING;
        }
        g_assert_not_reached();
}

char *secret_base64_encode(const void *data, size_t size, SecretBase64 variant)
{
        size_t room = sodium_base64_encoded_len(size, sodium_variant(variant, true));
        char *text = g_malloc(room);

        init();
        return sodium_bin2base64(text, room, data, size, sodium_variant(variant, true));
}

char *secret_base64_decode(const char *text, SecretBase64 variant, size_t *ret_size)
{
        size_t length = strlen(text);
        unsigned char *data = g_malloc(length / 4 * 3 + 4);
        const char *end;
        size_t n;

        init();
        for (int is_padded = 1; is_padded >= 0; is_padded--) {
                if (sodium_base642bin(data, length / 4 * 3 + 3, text, length, " \t\r\n", &n, &end,
                                      sodium_variant(variant, is_padded)) == 0 &&
                    *end == '\0') {
                        data[n] = '\0';
                        *ret_size = n;
                        return (char *) data;
                }
        }
        g_free(data);
        return NULL;
}
