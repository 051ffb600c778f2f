#include "crypto/cert.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SERIAL_BYTES  16
#define CLOCK_SKEW_S  3600 /* a machine that is a little behind must not find it too new */
#define SECONDS_A_DAY 86400
#define CHAIN_MAX     20 /* certificates in one text */

G_DEFINE_QUARK(slipway - cert - error - quark, cert_error)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE, X509_STORE_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE_CTX, X509_STORE_CTX_free)

static bool fail(GError **error, CertError code, const char *what)
{
        unsigned long reason = ERR_peek_last_error();

        if (reason != 0)
                g_set_error(error, CERT_ERROR, (int) code, "%s: %s", what,
                            ERR_reason_error_string(reason) != NULL
                                    ? ERR_reason_error_string(reason)
                                    : "unknown reason");
        else
                g_set_error_literal(error, CERT_ERROR, (int) code, what);
        ERR_clear_error();
        return false;
}

/* ---- PEM ---- */

static char *bio_to_text(BIO *bio)
{
        char *data;
        long size = BIO_get_mem_data(bio, &data);

        return g_strndup(data, size);
}

static char *key_to_pem(EVP_PKEY *key)
{
        g_autoptr(BIO) bio = BIO_new(BIO_s_mem());

        if (PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
                return NULL;
        return bio_to_text(bio);
}

static char *cert_to_pem(X509 *cert)
{
        g_autoptr(BIO) bio = BIO_new(BIO_s_mem());

        if (PEM_write_bio_X509(bio, cert) != 1)
                return NULL;
        return bio_to_text(bio);
}

/* No prompt for a key with a password: there is nobody to ask */
static int no_password(char *buffer, int size, int is_writing, void *user)
{
        return 0;
}

static EVP_PKEY *key_from_pem(const char *pem)
{
        g_autoptr(BIO) bio = BIO_new_mem_buf(pem, -1);

        return PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
}

/* All certificates of a text, the first first */
static STACK_OF(X509) * certs_from_pem(const char *pem)
{
        g_autoptr(BIO) bio = BIO_new_mem_buf(pem, -1);
        STACK_OF(X509) *certs = sk_X509_new_null();
        X509 *cert;

        while (sk_X509_num(certs) < CHAIN_MAX &&
               (cert = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL)
                sk_X509_push(certs, cert);
        ERR_clear_error(); /* the end of the text is one */
        return certs;
}

static void certs_free(STACK_OF(X509) * certs)
{
        sk_X509_pop_free(certs, X509_free);
}

/* ---- Making ---- */

static bool set_serial(X509 *cert)
{
        unsigned char bytes[SERIAL_BYTES];
        BIGNUM *number;
        bool ok;

        if (RAND_bytes(bytes, sizeof bytes) != 1)
                return false;
        bytes[0] &= 0x7f;
        number = BN_bin2bn(bytes, sizeof bytes, NULL);
        ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
        BN_free(number);
        return ok;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
        X509V3_CTX context;
        X509_EXTENSION *extension;
        bool ok;

        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
        extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
        ok = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        return ok;
}

static bool set_name(X509_NAME *name, const char *common_name)
{
        return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                          (const unsigned char *) common_name, -1, -1, 0) == 1;
}

/* A certificate without extensions and signature */
static X509 *cert_begin(EVP_PKEY *key, const char *common_name, X509 *issuer, int days)
{
        g_autoptr(X509) cert = X509_new();
        /* common names have at most 64 characters; the full names are in the extension */
        g_autofree char *short_name = g_utf8_substring(common_name, 0,
                                                       MIN(64, g_utf8_strlen(common_name, -1)));

        if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 || !set_serial(cert) ||
            X509_gmtime_adj(X509_getm_notBefore(cert), -CLOCK_SKEW_S) == NULL ||
            X509_gmtime_adj(X509_getm_notAfter(cert), (long) days * SECONDS_A_DAY) == NULL ||
            !set_name(X509_get_subject_name(cert), short_name) ||
            X509_set_issuer_name(cert, X509_get_subject_name(issuer != NULL ? issuer : cert)) !=
                    1 ||
            X509_set_pubkey(cert, key) != 1)
                return NULL;
        return g_steal_pointer(&cert);
}

bool cert_authority_new(const char *common_name, char **ret_key, char **ret_cert, GError **error)
{
        g_autoptr(EVP_PKEY) key = EVP_RSA_gen(CERT_CA_BITS);
        g_autoptr(X509) cert = key != NULL ? cert_begin(key, common_name, NULL, CERT_CA_DAYS)
                                           : NULL;

        if (cert == NULL ||
            !add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
            !add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
            !add_extension(cert, cert, NID_subject_key_identifier, "hash") ||
            X509_sign(cert, key, EVP_sha256()) == 0)
                return fail(error, CERT_ERROR_FAILED, "making a certificate authority");
        *ret_key = key_to_pem(key);
        *ret_cert = cert_to_pem(cert);
        return true;
}

static bool is_domain(const char *text)
{
        size_t length = strlen(text);

        return length > 0 && length <= 253 &&
               strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789-_.*") == length;
}

/* "DNS:a,IP:b", with every name checked: commas and colons would say something else */
static char *alternative_names(const char *const *domains, const char *const *addresses,
                               GError **error)
{
        g_autoptr(GString) names = g_string_new(NULL);
        unsigned n = 0;

        for (size_t i = 0; domains[i] != NULL && n <= CERT_NAMES_MAX; i++, n++) {
                if (!is_domain(domains[i])) {
                        g_set_error(error, CERT_ERROR, CERT_ERROR_ARGUMENT,
                                    "`%s` is no name of a host", domains[i]);
                        return NULL;
                }
                g_string_append_printf(names, "%sDNS:%s", n > 0 ? "," : "", domains[i]);
        }
        for (size_t i = 0; addresses[i] != NULL && n <= CERT_NAMES_MAX; i++, n++) {
                ASN1_OCTET_STRING *address = a2i_IPADDRESS(addresses[i]);

                if (address == NULL) {
                        g_set_error(error, CERT_ERROR, CERT_ERROR_ARGUMENT, "`%s` is no IP address",
                                    addresses[i]);
                        ERR_clear_error();
                        return NULL;
                }
                ASN1_OCTET_STRING_free(address);
                g_string_append_printf(names, "%sIP:%s", n > 0 ? "," : "", addresses[i]);
        }
        if (n == 0 || n > CERT_NAMES_MAX) {
                g_set_error(error, CERT_ERROR, CERT_ERROR_ARGUMENT,
                            "a certificate is for 1 to %d names", CERT_NAMES_MAX);
                return NULL;
        }
        return g_string_free(g_steal_pointer(&names), false);
}

bool cert_issue(const char *ca_key_pem, const char *ca_cert_pem, unsigned bits,
                const char *const *domains, const char *const *addresses, char **ret_key,
                char **ret_cert, GError **error)
{
        g_autoptr(EVP_PKEY) ca_key = key_from_pem(ca_key_pem);
        g_autoptr(EVP_PKEY) key = NULL;
        g_autoptr(X509) cert = NULL;
        g_autofree char *names = alternative_names(domains, addresses, error);
        STACK_OF(X509) * authorities;
        X509 *ca;
        bool ok;

        g_assert(bits >= CERT_BITS_MIN);
        if (names == NULL)
                return false;
        authorities = certs_from_pem(ca_cert_pem);
        ca = sk_X509_num(authorities) > 0 ? sk_X509_value(authorities, 0) : NULL;
        if (ca_key == NULL || ca == NULL) {
                certs_free(authorities);
                return fail(error, CERT_ERROR_INVALID, "the certificate authority cannot be read");
        }
        key = EVP_RSA_gen(bits);
        cert = key != NULL ? cert_begin(key, domains[0] != NULL ? domains[0] : addresses[0], ca,
                                        CERT_DAYS)
                           : NULL;
        ok = cert != NULL && add_extension(cert, ca, NID_basic_constraints, "critical,CA:FALSE") &&
             add_extension(cert, ca, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
             add_extension(cert, ca, NID_ext_key_usage, "serverAuth,clientAuth") &&
             add_extension(cert, ca, NID_subject_key_identifier, "hash") &&
             add_extension(cert, ca, NID_authority_key_identifier, "keyid") &&
             add_extension(cert, ca, NID_subject_alt_name, names) &&
             X509_sign(cert, ca_key, EVP_sha256()) != 0;
        certs_free(authorities);
        if (!ok)
                return fail(error, CERT_ERROR_FAILED, "making a certificate");
        *ret_key = key_to_pem(key);
        *ret_cert = cert_to_pem(cert);
        return true;
}

/* ---- Checking ---- */

static bool check_time(X509 *cert, GError **error)
{
        if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0)
                return fail(error, CERT_ERROR_INVALID, "the certificate is not valid yet");
        if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
                return fail(error, CERT_ERROR_INVALID, "the certificate has expired");
        return true;
}

static bool check_key(X509 *cert, const char *pem, GError **error)
{
        g_autoptr(EVP_PKEY) key = key_from_pem(pem);

        if (key == NULL)
                return fail(error, CERT_ERROR_INVALID, "the key cannot be read");
        if (X509_check_private_key(cert, key) != 1)
                return fail(error, CERT_ERROR_INVALID,
                            "the key does not belong to the certificate");
        return true;
}

static bool check_hostname(X509 *cert, const char *hostname, GError **error)
{
        if (X509_check_host(cert, hostname, 0, 0, NULL) == 1 ||
            X509_check_ip_asc(cert, hostname, 0) == 1)
                return true;
        ERR_clear_error();
        g_set_error(error, CERT_ERROR, CERT_ERROR_INVALID, "the certificate is not for %s",
                    hostname);
        return false;
}

static bool check_signature(X509 *cert, STACK_OF(X509) * chain, const char *ca_pem, GError **error)
{
        g_autoptr(X509_STORE) trusted = X509_STORE_new();
        g_autoptr(X509_STORE_CTX) context = X509_STORE_CTX_new();
        STACK_OF(X509) *authorities = certs_from_pem(ca_pem);
        int n = sk_X509_num(authorities);
        bool ok;

        for (int i = 0; i < n; i++)
                X509_STORE_add_cert(trusted, sk_X509_value(authorities, i));
        certs_free(authorities);
        if (n == 0)
                return fail(error, CERT_ERROR_INVALID,
                            "the authority's certificate cannot be read");
        /* An intermediate authority is enough: who asks has handed in whom he trusts */
        X509_STORE_set_flags(trusted, X509_V_FLAG_PARTIAL_CHAIN);
        if (X509_STORE_CTX_init(context, trusted, cert, chain) != 1)
                return fail(error, CERT_ERROR_FAILED, "checking the certificate");
        ok = X509_verify_cert(context) == 1;
        if (!ok)
                g_set_error(error, CERT_ERROR, CERT_ERROR_INVALID,
                            "the authority has not signed the certificate: %s",
                            X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
        ERR_clear_error();
        return ok;
}

bool cert_check(const char *cert_pem, const char *key, const char *hostname, const char *ca,
                GError **error)
{
        STACK_OF(X509) *chain = certs_from_pem(cert_pem);
        X509 *cert = sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : NULL;
        bool ok;

        if (cert == NULL)
                ok = fail(error, CERT_ERROR_INVALID, "this is no certificate (PEM)");
        else
                ok = check_time(cert, error) && (key == NULL || check_key(cert, key, error)) &&
                     (hostname == NULL || check_hostname(cert, hostname, error)) &&
                     (ca == NULL || check_signature(cert, chain, ca, error));
        certs_free(chain);
        return ok;
}
