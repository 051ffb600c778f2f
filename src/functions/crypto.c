/*
 * Functions that make random numbers, keys and certificates
 */

#include <sys/random.h>

#include "crypto/keys.h"
#include "functions/functions.h"
#include "template/call.h"
#include "template/rune.h"

/* What slow work counts against the limit of steps (1,500,000), for some 0.5 s in all */
#define BCRYPT_STEPS 200000
#define SCRYPT_STEPS 500000
#define KEY_STEPS    360000 /* four a template: RSA takes a tenth of a second, or several */

static const FunctionProvider *provider(const TemplateCall *call)
{
        static const FunctionProvider nobody = { 0 };

        return call->user != NULL ? call->user : &nobody;
}

static void random_bytes(const TemplateCall *call, void *ret, size_t size)
{
        const FunctionProvider *p = provider(call);
        char *at = ret;

        if (p->random_bytes != NULL) {
                p->random_bytes(p->user, ret, size);
                return;
        }
        while (size > 0) {
                ssize_t n = getrandom(at, MIN(size, 256), 0);

                if (n < 0) /* only possible before the system is up */
                        continue;
                at += n;
                size -= (size_t) n;
        }
}

/* Each number below @limit is as likely as any other */
static uint64_t random_below(const TemplateCall *call, uint64_t limit)
{
        uint64_t skip = (0 - limit) % limit, u;

        do
                random_bytes(call, &u, sizeof u);
        while (u < skip);
        return u % limit;
}

static bool text_result(TemplateCall *call, const char *text, Value *ret)
{
        *ret = value_string_copy(call->arena, text, strlen(text));
        return true;
}

static bool uuidv4(TemplateCall *call, Value *ret)
{
        unsigned char b[16];
        GString *text = g_string_new(NULL);

        random_bytes(call, b, sizeof b);
        b[6] = (unsigned char) ((b[6] & 0x0F) | 0x40);
        b[8] = (unsigned char) ((b[8] & 0x3F) | 0x80);
        for (size_t i = 0; i < sizeof b; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        g_string_append_c(text, '-');
                g_string_append_printf(text, "%02x", b[i]);
        }
        *ret = call_take(call, text);
        return true;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define FIGURES "0123456789"

static bool random_text(TemplateCall *call, const char *set, Value *ret)
{
        int64_t count = MAX(ARG_I(0), 0);
        GString *text;

        if (!template_call_charge(call, (size_t) count) ||
            !template_call_reserve(call, (size_t) count))
                return false;
        text = g_string_new(NULL);
        for (int64_t i = 0; i < count; i++)
                g_string_append_c(text, set[random_below(call, strlen(set))]);
        *ret = call_take(call, text);
        return true;
}

static bool rand_alpha(TemplateCall *call, Value *ret)
{
        return random_text(call, LETTERS, ret);
}

static bool rand_alpha_num(TemplateCall *call, Value *ret)
{
        return random_text(call, LETTERS FIGURES, ret);
}

static bool rand_numeric(TemplateCall *call, Value *ret)
{
        return random_text(call, FIGURES, ret);
}

static bool rand_ascii(TemplateCall *call, Value *ret)
{
        return random_text(call, " !\"#$%&'()*+,-./" FIGURES ":;<=>?@[\\]^_`{|}~" LETTERS, ret);
}

static bool rand_bytes(TemplateCall *call, Value *ret)
{
        int64_t count = ARG_I(0);
        g_autofree guchar *bytes = NULL;
        g_autofree char *text = NULL;

        if (count < 0)
                return template_call_fail(call, "there are no negative numbers of bytes");
        if (!template_call_reserve(call, (size_t) count * 2))
                return false;
        bytes = g_malloc((gsize) count + 1);
        random_bytes(call, bytes, (size_t) count);
        text = g_base64_encode(bytes, (gsize) count);
        return text_result(call, text, ret);
}

static bool rand_int(TemplateCall *call, Value *ret)
{
        int64_t low = ARG_I(0), high = ARG_I(1), width;

        if (__builtin_sub_overflow(high, low, &width) || width <= 0)
                return template_call_fail(call, "the second number must be larger than the first");
        *ret = value_int(low + (int64_t) random_below(call, (uint64_t) width));
        return true;
}

static bool shuffle(TemplateCall *call, Value *ret)
{
        g_autoptr(GArray) runes = g_array_new(false, false, sizeof(gunichar));
        GString *text;
        size_t width;

        if (!template_call_charge(call, ARG_LEN(0)))
                return false;
        for (size_t i = 0; i < ARG_LEN(0); i += width) {
                gunichar r = rune_decode(ARG_S(0) + i, ARG_LEN(0) - i, &width);

                g_array_append_val(runes, r);
        }
        for (guint i = runes->len; i > 1; i--) {
                gunichar *at = &g_array_index(runes, gunichar, i - 1);
                gunichar *other = &g_array_index(runes, gunichar, random_below(call, i));
                gunichar r = *at;

                *at = *other;
                *other = r;
        }
        text = g_string_new(NULL);
        for (guint i = 0; i < runes->len; i++)
                rune_append(text, g_array_index(runes, gunichar, i));
        *ret = call_take(call, text);
        return true;
}

/* The hash, or the reason why there is none: Sprig gives both as text */
static char *bcrypt_text(TemplateCall *call, const char *password)
{
        uint8_t salt[KEYS_BCRYPT_SALT];
        g_autoptr(GError) error = NULL;
        char *hash;

        random_bytes(call, salt, sizeof salt);
        hash = keys_bcrypt(password, salt, &error);
        return hash != NULL ? hash
                            : g_strdup_printf("failed to encrypt string with bcrypt: %s",
                                              error->message);
}

static bool bcrypt(TemplateCall *call, Value *ret)
{
        g_autofree char *hash = NULL;

        if (!template_call_charge(call, BCRYPT_STEPS))
                return false;
        hash = bcrypt_text(call, arg_cstring(call, 0));
        return text_result(call, hash, ret);
}

static bool htpasswd(TemplateCall *call, Value *ret)
{
        const char *user = arg_cstring(call, 0);
        g_autofree char *hash = NULL;

        if (!template_call_charge(call, BCRYPT_STEPS))
                return false;
        if (strchr(user, ':') != NULL)
                return text_result(call, arena_printf(call->arena, "invalid username: %s", user),
                                   ret);
        hash = bcrypt_text(call, arg_cstring(call, 1));
        return text_result(call, arena_printf(call->arena, "%s:%s", user, hash), ret);
}

static bool gen_private_key(TemplateCall *call, Value *ret)
{
        const char *type = arg_cstring(call, 0);
        g_autoptr(GError) error = NULL;
        g_autofree char *pem = NULL;

        if (!template_call_charge(call, KEY_STEPS))
                return false;
        pem = keys_new(type, &error);
        if (pem != NULL)
                return text_result(call, pem, ret);
        if (error->code == KEYS_ERROR_INVALID)
                return text_result(call, arena_printf(call->arena, "Unknown type %s", type), ret);
        return template_call_fail(call, "%s", error->message);
}

static Value pem_value(TemplateCall *call, const char *pem)
{
        return value_string_copy(call->arena, pem, strlen(pem));
}

static bool make_certificate(TemplateCall *call, KeysRequest *request, Value *ret)
{
        const FunctionProvider *p = provider(call);
        g_autofree char *cert = NULL;
        g_autofree char *key = NULL;
        g_autoptr(GError) error = NULL;
        ValueCertificate *certificate;

        request->valid_from_s = p->now_ns != NULL ? p->now_ns(p->user) / 1000000000
                                                  : g_get_real_time() / G_USEC_PER_SEC;
        if (!template_call_charge(call, KEY_STEPS))
                return false;
        if (!keys_certificate(request, &cert, &key, &error))
                return template_call_fail(call, "%s", error->message);
        certificate = arena_new0(call->arena, ValueCertificate, 1);
        certificate->cert = pem_value(call, cert);
        certificate->key = pem_value(call, key);
        *ret = (Value){ .type = VALUE_CERTIFICATE, .certificate = certificate };
        return true;
}

/* A list of texts as a NULL-terminated array in the arena */
static bool string_array(TemplateCall *call, Value list, const char *const **ret)
{
        size_t n = value_list_size(list);
        const char **array = arena_new0(call->arena, const char *, n + 1);

        for (size_t i = 0; i < n; i++) {
                if (list.list->items[i].type != VALUE_STRING)
                        return template_call_fail(call, "addresses and names are texts");
                array[i] = value_cstring(call->arena, list.list->items[i]);
        }
        *ret = array;
        return true;
}

/* genCA NAME DAYS, and with a key as third argument */
static bool gen_ca(TemplateCall *call, Value *ret)
{
        KeysRequest request = {
                .common_name = arg_cstring(call, 0),
                .days = ARG_I(1),
                .is_authority = true,
                .key = call->n_args > 2 ? arg_cstring(call, 2) : NULL,
        };

        return make_certificate(call, &request, ret);
}

static bool gen_self_signed_cert(TemplateCall *call, Value *ret)
{
        KeysRequest request = {
                .common_name = arg_cstring(call, 0),
                .days = ARG_I(3),
                .key = call->n_args > 4 ? arg_cstring(call, 4) : NULL,
        };

        return string_array(call, ARG(1), &request.addresses) &&
               string_array(call, ARG(2), &request.domains) &&
               make_certificate(call, &request, ret);
}

static bool gen_signed_cert(TemplateCall *call, Value *ret)
{
        const ValueCertificate *ca = ARG(4).certificate;
        KeysRequest request = {
                .common_name = arg_cstring(call, 0),
                .days = ARG_I(3),
                .signer_cert = value_cstring(call->arena, ca->cert),
                .signer_key = value_cstring(call->arena, ca->key),
                .key = call->n_args > 5 ? arg_cstring(call, 5) : NULL,
        };

        return string_array(call, ARG(1), &request.addresses) &&
               string_array(call, ARG(2), &request.domains) &&
               make_certificate(call, &request, ret);
}

/* Strict, but for line ends; NULL where it is none */
static GBytes *base64_decode(const char *text)
{
        size_t n = 0, padding = 0;
        gsize size;
        guchar *data;

        for (const char *p = text; *p != '\0'; p++) {
                if (*p == '\n' || *p == '\r')
                        continue;
                n++;
                padding += *p == '=';
                if (!(g_ascii_isalnum(*p) || *p == '+' || *p == '/' || *p == '=') ||
                    (padding > 0 && *p != '='))
                        return NULL;
        }
        if (n % 4 != 0 || padding > 2)
                return NULL;
        data = g_base64_decode(text, &size);
        return g_bytes_new_take(data, size);
}

static bool build_custom_cert(TemplateCall *call, Value *ret)
{
        g_autoptr(GBytes) cert = base64_decode(arg_cstring(call, 0));
        g_autoptr(GBytes) key = base64_decode(arg_cstring(call, 1));
        g_autoptr(GError) error = NULL;
        ValueCertificate *certificate;
        const char *cert_text, *key_text;

        if (cert == NULL || key == NULL)
                return template_call_fail(call, "the %s is not in base 64",
                                          cert == NULL ? "certificate" : "key");
        cert_text = arena_strndup(call->arena, g_bytes_get_data(cert, NULL),
                                  g_bytes_get_size(cert));
        key_text = arena_strndup(call->arena, g_bytes_get_data(key, NULL), g_bytes_get_size(key));
        if (cert_text == NULL || key_text == NULL || !keys_check(cert_text, key_text, &error))
                return template_call_fail(call, "%s",
                                          error != NULL ? error->message : "they are empty");
        certificate = arena_new0(call->arena, ValueCertificate, 1);
        certificate->cert = value_string(cert_text);
        certificate->key = value_string(key_text);
        *ret = (Value){ .type = VALUE_CERTIFICATE, .certificate = certificate };
        return true;
}

static bool encrypt_aes(TemplateCall *call, Value *ret)
{
        uint8_t vector[KEYS_AES_BLOCK];
        g_autoptr(GBytes) plain = g_bytes_new(ARG_S(1), ARG_LEN(1));
        g_autoptr(GBytes) sealed = NULL;
        g_autofree char *text = NULL;

        if (ARG_LEN(1) == 0)
                return text_result(call, "", ret);
        if (!template_call_reserve(call, ARG_LEN(1) * 2))
                return false;
        random_bytes(call, vector, sizeof vector);
        sealed = keys_aes_encrypt(ARG_S(0), ARG_LEN(0), plain, vector);
        text = g_base64_encode(g_bytes_get_data(sealed, NULL), g_bytes_get_size(sealed));
        return text_result(call, text, ret);
}

static bool decrypt_aes(TemplateCall *call, Value *ret)
{
        g_autoptr(GBytes) sealed = NULL;
        g_autoptr(GBytes) plain = NULL;
        g_autoptr(GError) error = NULL;

        if (ARG_LEN(1) == 0)
                return text_result(call, "", ret);
        sealed = base64_decode(arg_cstring(call, 1));
        if (sealed == NULL)
                return template_call_fail(call, "the text is not in base 64");
        plain = keys_aes_decrypt(ARG_S(0), ARG_LEN(0), sealed, &error);
        if (plain == NULL)
                return template_call_fail(call, "%s", error->message);
        *ret = value_string_copy(call->arena, g_bytes_get_data(plain, NULL),
                                 g_bytes_get_size(plain));
        return true;
}

static bool derive_password(TemplateCall *call, Value *ret)
{
        const char *type = arg_cstring(call, 1);
        g_autofree char *password = NULL;

        if (!template_call_charge(call, SCRYPT_STEPS))
                return false;
        password = keys_derive_password((uint32_t) ARG(0).u, type, arg_cstring(call, 2),
                                        arg_cstring(call, 3), arg_cstring(call, 4));
        if (password == NULL)
                return text_result(
                        call, arena_printf(call->arena, "cannot find password template %s", type),
                        ret);
        return text_result(call, password, ret);
}

#define CRYPTO "keys and random numbers"
#define RANDOM TEMPLATE_FN_RANDOM

const TemplateFunction functions_crypto[] = {
        { "uuidv4", "", "s", uuidv4, RANDOM, CRYPTO, "A random UUID", "uuidv4 | len", "36" },
        { "randAlpha", "i", "s", rand_alpha, RANDOM, CRYPTO, "So many random letters",
          "randAlpha 8 | len", "8" },
        { "randAlphaNum", "i", "s", rand_alpha_num, RANDOM, CRYPTO,
          "So many random letters and digits", "randAlphaNum 8 | len", "8" },
        { "randNumeric", "i", "s", rand_numeric, RANDOM, CRYPTO, "So many random digits",
          "randNumeric 8 | len", "8" },
        { "randAscii", "i", "s", rand_ascii, RANDOM, CRYPTO, "So many random ASCII characters",
          "randAscii 8 | len", "8" },
        { "randBytes", "i", "s", rand_bytes, RANDOM, CRYPTO, "So many random bytes, in base 64",
          "randBytes 3 | len", "4" },
        { "randInt", "ii", "i", rand_int, RANDOM, CRYPTO,
          "A random number from the first to below the second", "randInt 3 4", "3" },
        { "shuffle", "s", "s", shuffle, RANDOM, CRYPTO, "The characters in random order",
          "shuffle \"aaa\"", "aaa" },
        { "bcrypt", "s", "s", bcrypt, RANDOM, CRYPTO, "A password's hash", "bcrypt \"x\" | len",
          "60" },
        { "htpasswd", "ss", "s", htpasswd, RANDOM, CRYPTO,
          "A line for a password file: user and password", "htpasswd \"joe\" \"x\" | trunc 11",
          "joe:$2a$10$" },
        { "derivePassword", "wssss", "s", derive_password, 0, CRYPTO,
          "A site's password: counter, type (long, medium, pin ...), password, user, site",
          "derivePassword 1 \"medium\" \"password\" \"user\" \"example.com\"", "ZedJuz8$" },
        { "genPrivateKey", "s", "s", gen_private_key, RANDOM, CRYPTO,
          "A new key in PEM: rsa, dsa, ecdsa or ed25519", "genPrivateKey \"ecdsa\" | trunc 30",
          "-----BEGIN EC PRIVATE KEY-----" },
        { "genCA", "si", "c", gen_ca, RANDOM, CRYPTO,
          "A new authority: name, days; .Cert and .Key are PEM",
          "(genCA \"ca\" 365).Cert | trunc 27", "-----BEGIN CERTIFICATE-----" },
        { "genCAWithKey", "sis", "c", gen_ca, RANDOM, CRYPTO, "The same with a key of one's own",
          NULL, NULL },
        { "genSelfSignedCert", "sLLi", "c", gen_self_signed_cert, RANDOM, CRYPTO,
          "A certificate that signs itself: name, addresses, domains, days",
          "(genSelfSignedCert \"h\" (list \"10.0.0.1\") (list \"h.example\") 30).Key | trunc 31",
          "-----BEGIN RSA PRIVATE KEY-----" },
        { "genSelfSignedCertWithKey", "sLLis", "c", gen_self_signed_cert, RANDOM, CRYPTO,
          "The same with a key of one's own", NULL, NULL },
        { "genSignedCert", "sLLic", "c", gen_signed_cert, RANDOM, CRYPTO,
          "A certificate that an authority signs: name, addresses, domains, days, authority",
          "(genSignedCert \"h\" nil nil 30 (genCA \"ca\" 365)).Cert | trunc 27",
          "-----BEGIN CERTIFICATE-----" },
        { "genSignedCertWithKey", "sLLics", "c", gen_signed_cert, RANDOM, CRYPTO,
          "The same with a key of one's own", NULL, NULL },
        { "buildCustomCert", "ss", "c", build_custom_cert, 0, CRYPTO,
          "A certificate and key in base 64 as such a value", NULL, NULL },
        { "encryptAES", "ss", "s", encrypt_aes, RANDOM, CRYPTO,
          "A text encrypted with a password, in base 64",
          "encryptAES \"secret\" \"text\" | decryptAES \"secret\"", "text" },
        { "decryptAES", "ss", "s", decrypt_aes, 0, CRYPTO, "What encryptAES encrypted", NULL,
          NULL },
        { NULL },
};
