#include "crypto/keys.h"

#include <crypt.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define RSA_KEY_BITS  4096
#define RSA_CERT_BITS 2048
#define DSA_BITS      2048
#define DSA_Q_BITS    256
#define SERIAL_BITS   128

G_DEFINE_QUARK(slipway - keys - error - quark, keys_error)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)

static char *bio_text(BIO *bio)
{
        char *data;
        long size = BIO_get_mem_data(bio, &data);

        return g_strndup(data, (gsize) size);
}

static bool failed(GError **error, const char *what)
{
        g_set_error(error, KEYS_ERROR, KEYS_ERROR_FAILED, "%s", what);
        return false;
}

static bool invalid(GError **error, const char *what)
{
        g_set_error(error, KEYS_ERROR, KEYS_ERROR_INVALID, "%s", what);
        return false;
}

/* The form that each type has in Go: PKCS#1, SEC 1, ... and PKCS#8 for Ed25519 */
static char *key_to_pem(EVP_PKEY *key)
{
        g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
        int ok;

        if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
                ok = PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
        else
                ok = PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
        return ok == 1 ? bio_text(bio) : NULL;
}

static EVP_PKEY *new_dsa(void)
{
        g_autoptr(EVP_PKEY_CTX) setup = EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, NULL);
        g_autoptr(EVP_PKEY) parameters = NULL;
        g_autoptr(EVP_PKEY_CTX) context = NULL;
        EVP_PKEY *key = NULL;

        if (EVP_PKEY_paramgen_init(setup) != 1 ||
            EVP_PKEY_CTX_set_dsa_paramgen_bits(setup, DSA_BITS) != 1 ||
            EVP_PKEY_CTX_set_dsa_paramgen_q_bits(setup, DSA_Q_BITS) != 1 ||
            EVP_PKEY_paramgen(setup, &parameters) != 1)
                return NULL;
        context = EVP_PKEY_CTX_new(parameters, NULL);
        if (EVP_PKEY_keygen_init(context) != 1 || EVP_PKEY_keygen(context, &key) != 1)
                return NULL;
        return key;
}

char *keys_new(const char *type, GError **error)
{
        g_autoptr(EVP_PKEY) key = NULL;
        char *pem;

        if (*type == '\0' || strcmp(type, "rsa") == 0) {
                key = EVP_RSA_gen(RSA_KEY_BITS);
        } else if (strcmp(type, "ecdsa") == 0) {
                key = EVP_EC_gen("P-256");
        } else if (strcmp(type, "ed25519") == 0) {
                key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        } else if (strcmp(type, "dsa") == 0) {
                key = new_dsa();
        } else {
                invalid(error, "there is no such type of key");
                return NULL;
        }
        pem = key == NULL ? NULL : key_to_pem(key);
        if (pem == NULL)
                failed(error, "no key could be made");
        return pem;
}

static EVP_PKEY *read_key(const char *pem, GError **error)
{
        g_autoptr(BIO) bio = BIO_new_mem_buf(pem, -1);
        /* "" instead of a question for a password at the terminal */
        EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *) "");

        if (key == NULL)
                invalid(error, "no private key in PEM");
        return key;
}

static X509 *read_cert(const char *pem, GError **error)
{
        g_autoptr(BIO) bio = BIO_new_mem_buf(pem, -1);
        X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, (void *) "");

        if (cert == NULL)
                invalid(error, "no certificate in PEM");
        return cert;
}

bool keys_check(const char *cert, const char *key, GError **error)
{
        g_autoptr(X509) x = read_cert(cert, error);
        g_autoptr(EVP_PKEY) k = x == NULL ? NULL : read_key(key, error);

        return k != NULL;
}

static bool add_extension(X509 *cert, int id, const char *text)
{
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, id, text);
        bool ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;

        X509_EXTENSION_free(extension);
        return ok;
}

/* Names are added as objects and not as text, in which a comma would begin another name */
static bool add_names(X509 *cert, const KeysRequest *request, GError **error)
{
        GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
        bool ok = true;

        for (const char *const *p = request->domains; p != NULL && *p != NULL; p++) {
                GENERAL_NAME *name = GENERAL_NAME_new();
                ASN1_IA5STRING *text = ASN1_IA5STRING_new();

                ASN1_STRING_set(text, *p, (int) strlen(*p));
                GENERAL_NAME_set0_value(name, GEN_DNS, text);
                sk_GENERAL_NAME_push(names, name);
        }
        for (const char *const *p = request->addresses; ok && p != NULL && *p != NULL; p++) {
                ASN1_OCTET_STRING *address = a2i_IPADDRESS(*p);
                GENERAL_NAME *name;

                if (address == NULL) {
                        g_set_error(error, KEYS_ERROR, KEYS_ERROR_INVALID, "%s is no IP address",
                                    *p);
                        ok = false;
                        break;
                }
                name = GENERAL_NAME_new();
                GENERAL_NAME_set0_value(name, GEN_IPADD, address);
                sk_GENERAL_NAME_push(names, name);
        }
        if (ok && sk_GENERAL_NAME_num(names) > 0 &&
            X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) != 1)
                ok = failed(error, "the certificate's names could not be set");
        sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
        return ok;
}

static bool set_serial(X509 *cert)
{
        g_autoptr(BIGNUM) serial = BN_new();

        return BN_rand(serial, SERIAL_BITS - 1, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
               BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)) != NULL;
}

static bool fill_cert(X509 *cert, const KeysRequest *request, EVP_PKEY *key, X509 *signer,
                      GError **error)
{
        X509_NAME *subject = X509_get_subject_name(cert);

        if (X509_set_version(cert, X509_VERSION_3) != 1 || !set_serial(cert) ||
            ASN1_TIME_set(X509_getm_notBefore(cert), request->valid_from_s) == NULL ||
            ASN1_TIME_adj(X509_getm_notAfter(cert), request->valid_from_s,
                          (int) CLAMP(request->days, -36500, 1000000), 0) == NULL ||
            X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                       (const unsigned char *) request->common_name, -1, -1,
                                       0) != 1 ||
            X509_set_issuer_name(cert, signer != NULL ? X509_get_subject_name(signer) : subject) !=
                    1 ||
            X509_set_pubkey(cert, key) != 1)
                return failed(error, "the certificate could not be filled in");
        if (!add_extension(cert, NID_key_usage,
                           request->is_authority
                                   ? "critical,digitalSignature,keyEncipherment,keyCertSign"
                                   : "critical,digitalSignature,keyEncipherment") ||
            !add_extension(cert, NID_ext_key_usage, "serverAuth,clientAuth") ||
            !add_extension(cert, NID_basic_constraints,
                           request->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE"))
                return failed(error, "the certificate could not be extended");
        return add_names(cert, request, error);
}

bool keys_certificate(const KeysRequest *request, char **ret_cert, char **ret_key, GError **error)
{
        g_autoptr(EVP_PKEY) key = request->key != NULL ? read_key(request->key, error)
                                                       : EVP_RSA_gen(RSA_CERT_BITS);
        g_autoptr(EVP_PKEY) signer_key = NULL;
        g_autoptr(X509) signer = NULL;
        g_autoptr(X509) cert = X509_new();
        g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
        EVP_PKEY *signing;

        if (key == NULL)
                return error != NULL && *error != NULL ? false : failed(error, "no key was made");
        if (request->signer_cert != NULL) {
                signer = read_cert(request->signer_cert, error);
                signer_key = signer == NULL ? NULL : read_key(request->signer_key, error);
                if (signer_key == NULL)
                        return false;
        }
        signing = signer_key != NULL ? signer_key : key;
        if (!fill_cert(cert, request, key, signer, error))
                return false;
        if (X509_sign(cert, signing,
                      EVP_PKEY_get_base_id(signing) == EVP_PKEY_ED25519 ? NULL : EVP_sha256()) == 0)
                return failed(error, "the certificate could not be signed");
        if (PEM_write_bio_X509(bio, cert) != 1)
                return failed(error, "the certificate could not be written");
        *ret_key = key_to_pem(key);
        *ret_cert = bio_text(bio);
        return true;
}

char *keys_bcrypt(const char *password, const uint8_t salt[static KEYS_BCRYPT_SALT], GError **error)
{
        g_autofree struct crypt_data *data = g_new0(struct crypt_data, 1);
        char setting[CRYPT_GENSALT_OUTPUT_SIZE];
        const char *hash;

        if (strlen(password) > KEYS_BCRYPT_LENGTH) {
                invalid(error, "the password is longer than 72 bytes");
                return NULL;
        }
        if (crypt_gensalt_rn("$2a$", KEYS_BCRYPT_COST, (const char *) salt, KEYS_BCRYPT_SALT,
                             setting, sizeof setting) == NULL) {
                failed(error, "bcrypt has no salt");
                return NULL;
        }
        hash = crypt_r(password, setting, data);
        if (hash == NULL || *hash == '*') {
                failed(error, "bcrypt failed");
                return NULL;
        }
        return g_strdup(hash);
}

#define AES_KEY 32

static void aes_key(uint8_t key[static AES_KEY], const char *password, size_t size)
{
        memset(key, 0, AES_KEY);
        memcpy(key, password, MIN(size, AES_KEY));
}

GBytes *keys_aes_encrypt(const char *password, size_t password_size, GBytes *plain,
                         const uint8_t vector[static KEYS_AES_BLOCK])
{
        g_autoptr(EVP_CIPHER_CTX) context = EVP_CIPHER_CTX_new();
        gsize size;
        const uint8_t *data = g_bytes_get_data(plain, &size);
        uint8_t *out = g_malloc(size + 2 * KEYS_AES_BLOCK + KEYS_AES_BLOCK);
        uint8_t key[AES_KEY];
        int n = 0, rest = 0;

        aes_key(key, password, password_size);
        memcpy(out, vector, KEYS_AES_BLOCK);
        g_assert(EVP_EncryptInit_ex(context, EVP_aes_256_cbc(), NULL, key, vector) == 1);
        g_assert(EVP_EncryptUpdate(context, out + KEYS_AES_BLOCK, &n, data, (int) size) == 1);
        g_assert(EVP_EncryptFinal_ex(context, out + KEYS_AES_BLOCK + n, &rest) == 1);
        return g_bytes_new_take(out, (gsize) (KEYS_AES_BLOCK + n + rest));
}

GBytes *keys_aes_decrypt(const char *password, size_t password_size, GBytes *sealed, GError **error)
{
        g_autoptr(EVP_CIPHER_CTX) context = EVP_CIPHER_CTX_new();
        gsize size;
        const uint8_t *data = g_bytes_get_data(sealed, &size);
        g_autofree uint8_t *out = g_malloc(size + KEYS_AES_BLOCK);
        uint8_t key[AES_KEY];
        int n = 0, rest = 0;

        if (size < 2 * KEYS_AES_BLOCK || size % KEYS_AES_BLOCK != 0) {
                invalid(error, "this is nothing that encryptAES made: it is too short or cut off");
                return NULL;
        }
        aes_key(key, password, password_size);
        g_assert(EVP_DecryptInit_ex(context, EVP_aes_256_cbc(), NULL, key, data) == 1);
        /* the padding is not checked but for its length, as in Sprig */
        EVP_CIPHER_CTX_set_padding(context, 0);
        g_assert(EVP_DecryptUpdate(context, out, &n, data + KEYS_AES_BLOCK,
                                   (int) (size - KEYS_AES_BLOCK)) == 1);
        g_assert(EVP_DecryptFinal_ex(context, out + n, &rest) == 1);
        n += rest;
        if (out[n - 1] > n) {
                invalid(error, "the password is not the one it was made with");
                return NULL;
        }
        return g_bytes_new(out, (gsize) (n - out[n - 1]));
}

/* What a derived password looks like: a letter for each class of characters */
static const struct PasswordType {
        const char *name;
        const char *templates[22];
} password_types[] = {
        { "maximum", { "anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno" } },
        { "long", { "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv",
                    "CvccCvcvnoCvcv", "CvccCvcvCvcvno", "CvcvnoCvccCvcv", "CvcvCvccnoCvcv",
                    "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
                    "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc",
                    "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc",
                    "CvccCvcvCvccno" } },
        { "medium", { "CvcnoCvc", "CvcCvcno" } },
        { "short", { "Cvcn" } },
        { "basic", { "aaanaaan", "aannaaan", "aaannaaa" } },
        { "pin", { "nnnn" } },
};

static const char *characters(char class)
{
        switch (class) {
        case 'V':
                return "AEIOU";
        case 'C':
                return "BCDFGHJKLMNPQRSTVWXYZ";
        case 'v':
                return "aeiou";
        case 'c':
                return "bcdfghjklmnpqrstvwxyz";
        case 'a':
                return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
        case 'n':
                return "0123456789";
        case 'o':
                return "@&%?,=[]_:-+*$#!'^~;()/.";
        default:
                return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()";
        }
}

#define SEED       "com.lyndir.masterpassword"
#define SCRYPT_N   32768
#define SCRYPT_R   8
#define SCRYPT_P   2
#define SCRYPT_KEY 64
#define SCRYPT_MEM (64u << 20)

static void append_sized(GString *out, const char *text)
{
        guint32 size = GUINT32_TO_BE((guint32) strlen(text));

        g_string_append_len(out, (const char *) &size, sizeof size);
        g_string_append(out, text);
}

char *keys_derive_password(uint32_t counter, const char *type, const char *password,
                           const char *user, const char *site)
{
        const struct PasswordType *found = NULL;
        g_autoptr(GString) salt = g_string_new(SEED);
        g_autoptr(GString) message = g_string_new(SEED);
        uint32_t big_endian = GUINT32_TO_BE(counter);
        uint8_t key[SCRYPT_KEY], seed[EVP_MAX_MD_SIZE];
        unsigned seed_size, n = 0;
        GString *out;

        for (size_t i = 0; i < G_N_ELEMENTS(password_types); i++)
                if (strcmp(password_types[i].name, type) == 0)
                        found = &password_types[i];
        if (found == NULL)
                return NULL;
        append_sized(salt, user);
        g_assert(EVP_PBE_scrypt(password, strlen(password), (const unsigned char *) salt->str,
                                salt->len, SCRYPT_N, SCRYPT_R, SCRYPT_P, SCRYPT_MEM, key,
                                sizeof key) == 1);
        append_sized(message, site);
        g_string_append_len(message, (const char *) &big_endian, sizeof big_endian);
        HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *) message->str, message->len,
             seed, &seed_size);
        while (n < G_N_ELEMENTS(found->templates) && found->templates[n] != NULL)
                n++;
        out = g_string_new(NULL);
        for (const char *p = found->templates[seed[0] % n]; *p != '\0'; p++) {
                const char *set = characters(*p);

                g_string_append_c(out, set[seed[out->len + 1] % strlen(set)]);
        }
        return g_string_free(out, false);
}
