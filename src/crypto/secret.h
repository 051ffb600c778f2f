#pragma once

/*
 * Secret: what must not be read by others, and randomness
 *
 * An installation has one key, in a file that only its user can read. From it come a key that
 * seals texts (XChaCha20-Poly1305, random nonce) and one for keyed hashes (BLAKE2b). A sealed
 * text is bound to a context: moved to another row of the database it no longer opens.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum SecretError {
        SECRET_ERROR_MISSING,      /* there is no key file */
        SECRET_ERROR_EXPOSED,      /* others can read or write it */
        SECRET_ERROR_DAMAGED,      /* no key file, or nothing that this key has sealed */
        SECRET_ERROR_NOT_WRITABLE, /* the key file cannot be made */
        SECRET_ERROR_FAILED,
} SecretError;

#define SECRET_ERROR (secret_error_quark())
GQuark secret_error_quark(void);

#define SECRET_HASH_HEX 32 /* hex digits of a keyed hash: 128 bits */

typedef struct SecretKey SecretKey;

/**
 * secret_key_load() - read the installation's key
 * @path: a regular file of this user with mode 0600 (or stricter); anything looser is refused,
 *        since its secrets may be known
 *
 * Return: (transfer full) the key, in memory that is kept out of swap and core dumps where the
 * system allows it
 */
SecretKey *secret_key_load(const char *path, GError **error);

/* Makes a new key and its file, which must not exist yet: it appears whole and durable, or not at
 * all. Of two processes that do this at once, the later one reads the other's. */
SecretKey *secret_key_create(const char *path, GError **error);

/* A key that is in no file, for what is not to last */
SecretKey *secret_key_new(void);
void secret_key_free(SecretKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SecretKey, secret_key_free)

/**
 * secret_seal() - make a text unreadable without the key
 * @context: what it belongs to ("setting/shop/password"); the same is needed to open it
 *
 * Return: (transfer full) the sealed bytes, other ones each time
 */
GBytes *secret_seal(const SecretKey *key, const char *context, const char *text, gssize size);

/**
 * secret_open() - read what secret_seal() made
 *
 * Return: (transfer full) the text with a NUL behind it, for secret_text_free(); NULL with
 * SECRET_ERROR_DAMAGED where key, context or bytes are others
 */
char *secret_open(const SecretKey *key, const char *context, const void *sealed, size_t size,
                  GError **error);

/* (transfer full) SECRET_HASH_HEX hex digits of BLAKE2b(key, text); @size -1: up to the NUL */
char *secret_hash(const SecretKey *key, const char *text, gssize size);

/* (transfer full) 64 hex digits of BLAKE2b-256 without a key */
char *secret_digest(const void *data, size_t size);

/* Overwrites memory that held a secret, in a way that is not optimised away */
void secret_wipe(void *data, size_t size);

/* Wipes and frees a text; NULL is fine */
void secret_text_free(char *text);

/* ---- Randomness ---- */

void secret_random_bytes(void *data, size_t size);

/* A number below @bound (> 0), each equally likely */
guint32 secret_random_below(guint32 bound);

#define SECRET_TEXT_MAX 4096 /* characters of a random text */

/* (transfer full) @length characters, each one of @charset's (ASCII, not empty) as likely as the
 * next; a character that stands in it twice is twice as likely */
char *secret_random_text(size_t length, const char *charset);

/* (transfer full) 2 * n_bytes lower-case hex digits */
char *secret_random_hex(size_t n_bytes);

/* ---- Base64 (RFC 4648) ---- */

typedef enum SecretBase64 {
        SECRET_BASE64,     /* with padding */
        SECRET_BASE64_URL, /* the URL's alphabet, with padding: what engines expect in headers */
} SecretBase64;

char *secret_base64_encode(const void *data, size_t size, SecretBase64 variant);

/* (transfer full) the bytes with a NUL behind them, or NULL where the text is no base64; blanks and
 * line breaks are skipped, padding may be missing */
char *secret_base64_decode(const char *text, SecretBase64 variant, size_t *ret_size);
