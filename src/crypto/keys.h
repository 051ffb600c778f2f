#pragma once

/*
 * Keys: what templates generate
 *
 * Private keys, certificates, password hashes and derived passwords, in the forms that Sprig gives
 * them. Texts are PEM where not said otherwise.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum KeysError {
        KEYS_ERROR_INVALID, /* what was handed in is none */
        KEYS_ERROR_FAILED,
} KeysError;

#define KEYS_ERROR (keys_error_quark())
GQuark keys_error_quark(void);

/* A new key: "rsa" (4096 bits), "dsa", "ecdsa" (P-256) or "ed25519"; NULL for another type */
char *keys_new(const char *type, GError **error);

typedef struct KeysRequest {
        const char *common_name;
        const char *const *addresses; /* NULL-terminated, IPv4 or IPv6 */
        const char *const *domains;   /* NULL-terminated */
        int64_t valid_from_s;         /* since 1970 */
        int64_t days;
        bool is_authority;
        const char *key;         /* of the certificate; NULL: a new one, RSA with 2048 bits */
        const char *signer_cert; /* both NULL: signed by itself */
        const char *signer_key;
} KeysRequest;

/* (transfer full) both */
bool keys_certificate(const KeysRequest *request, char **ret_cert, char **ret_key, GError **error);

/* Whether these are a certificate and a private key */
bool keys_check(const char *cert, const char *key, GError **error);

#define KEYS_BCRYPT_COST   10
#define KEYS_BCRYPT_SALT   16
#define KEYS_BCRYPT_LENGTH 72 /* bytes of a password that count; longer ones are refused */

/* (transfer full) "$2a$10$..." */
char *keys_bcrypt(const char *password, const uint8_t salt[static KEYS_BCRYPT_SALT],
                  GError **error);

/* AES-256-CBC, the key being the password's first 32 bytes; the vector stands before the text */
#define KEYS_AES_BLOCK 16
GBytes *keys_aes_encrypt(const char *password, size_t password_size, GBytes *plain,
                         const uint8_t vector[static KEYS_AES_BLOCK]);
GBytes *keys_aes_decrypt(const char *password, size_t password_size, GBytes *sealed,
                         GError **error);

/* The password of a site by the Master Password algorithm; NULL for an unknown type (maximum, long,
 * medium, short, basic, pin) */
char *keys_derive_password(uint32_t counter, const char *type, const char *password,
                           const char *user, const char *site);
