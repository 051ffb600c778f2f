#pragma once

/*
 * Cert: a certificate authority of our own, and what it signs
 *
 * Keys are RSA, signatures SHA-256. Everything comes and goes as PEM text. For tests of what users
 * hand in there is a check, too.
 */

#include <glib.h>
#include <stdbool.h>

#define CERT_BITS_MIN     2048
#define CERT_BITS_DEFAULT 2048
#define CERT_CA_BITS      3072
#define CERT_DAYS         825 /* what clients accept at most from a private authority */
#define CERT_CA_DAYS      3650
#define CERT_NAMES_MAX    100 /* domains and addresses of one certificate */

typedef enum CertError {
        CERT_ERROR_ARGUMENT,
        CERT_ERROR_INVALID, /* not a certificate or key, or not one that holds */
        CERT_ERROR_FAILED,
} CertError;

#define CERT_ERROR (cert_error_quark())
GQuark cert_error_quark(void);

/* A new authority with this common name; (transfer full) both */
bool cert_authority_new(const char *common_name, char **ret_key, char **ret_cert, GError **error);

/**
 * cert_issue() - a new key and a certificate for servers
 * @domains:   NULL-terminated; the first is the common name; may be empty where @addresses is not
 * @addresses: NULL-terminated, IPv4 or IPv6
 */
bool cert_issue(const char *ca_key, const char *ca_cert, unsigned bits, const char *const *domains,
                const char *const *addresses, char **ret_key, char **ret_cert, GError **error);

/**
 * cert_check() - does a certificate hold, as a server would use it?
 * @cert:     PEM; further certificates in it are its chain
 * @key:      must belong to it; NULL: not checked
 * @hostname: must be named in it; NULL: not checked
 * @ca:       must have signed it; NULL: not checked
 *
 * Return: false with CERT_ERROR_INVALID and what is wrong, in words
 */
bool cert_check(const char *cert, const char *key, const char *hostname, const char *ca,
                GError **error);
