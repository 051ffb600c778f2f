/*
 * Sprig's encodings, check sums and URLs
 */

#include "template/call.h"
#include "template/tables.h"
#include "template/url.h"

static const char base64_digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base32_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static bool base64_encode(TemplateCall *call, Value *ret)
{
        char *text;

        if (!template_call_reserve(call, ARG_LEN(0) / 3 * 4 + 4))
                return false;
        text = g_base64_encode((const guchar *) ARG_S(0), ARG_LEN(0));
        *ret = value_string_copy(call->arena, text, strlen(text));
        g_free(text);
        return true;
}

static int digit_of(const char *digits, char c)
{
        const char *p = c == '\0' ? NULL : strchr(digits, c);

        return p == NULL ? -1 : (int) (p - digits);
}

static size_t skip_newlines(Value s, size_t i)
{
        while (i < s.len && (s.s[i] == '\n' || s.s[i] == '\r'))
                i++;
        return i;
}

#define NO_FAULT ((size_t) -1)

/* After the first =, with @have digits before it in its group of four */
static size_t base64_padding(Value s, size_t i, int have)
{
        if (have < 2)
                return i - 1;
        if (have == 2) {
                i = skip_newlines(s, i);
                if (i == s.len)
                        return i;
                if (s.s[i] != '=')
                        return i - 1;
                i++;
        }
        i = skip_newlines(s, i);
        return i < s.len ? i : NO_FAULT;
}

/* Appends; NO_FAULT or the byte that Go complains about */
static size_t base64_decode(GString *out, Value s)
{
        uint32_t group = 0;
        int have = 0;

        for (size_t i = 0; i < s.len;) {
                char c = s.s[i++];
                int digit = digit_of(base64_digits, c);

                if (c == '\n' || c == '\r')
                        continue;
                if (digit < 0 && c != '=')
                        return i - 1;
                if (digit < 0) {
                        size_t fault = base64_padding(s, i, have);

                        if (fault == NO_FAULT) {
                                g_string_append_c(out, (char) (group >> (have == 2 ? 4 : 10)));
                                if (have == 3)
                                        g_string_append_c(out, (char) (group >> 2));
                        }
                        return fault;
                }
                group = group << 6 | (uint32_t) digit;
                if (++have == 4) {
                        g_string_append_c(out, (char) (group >> 16));
                        g_string_append_c(out, (char) (group >> 8));
                        g_string_append_c(out, (char) group);
                        group = 0;
                        have = 0;
                }
        }
        return have == 0 ? NO_FAULT : s.len - (size_t) have;
}

static bool fn_b64dec(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);
        size_t fault = base64_decode(text, ARG(0));

        if (fault != NO_FAULT)
                g_string_printf(text, "illegal base64 data at input byte %zu", fault);
        return call_give(call, text, ret);
}

/* The application's one gives nothing where Sprig's gives the text of the error */
static bool fn_base64_decode(TemplateCall *call, Value *ret)
{
        GString *text = g_string_new(NULL);

        if (base64_decode(text, ARG(0)) != NO_FAULT)
                g_string_truncate(text, 0);
        return call_give(call, text, ret);
}

static bool fn_b32enc(TemplateCall *call, Value *ret)
{
        Value s = ARG(0);
        GString *text;

        if (!template_call_reserve(call, ARG_LEN(0) / 5 * 8 + 8))
                return false;
        text = g_string_new(NULL);
        for (size_t i = 0; i < s.len; i += 5) {
                size_t n = MIN((size_t) 5, s.len - i), digits = (n * 8 + 4) / 5;
                uint64_t group = 0;

                for (size_t j = 0; j < 5; j++)
                        group = group << 8 | (j < n ? (unsigned char) s.s[i + j] : 0);
                for (size_t j = 0; j < 8; j++)
                        g_string_append_c(
                                text, j < digits ? base32_digits[group >> (35 - 5 * j) & 31] : '=');
        }
        *ret = call_take(call, text);
        return true;
}

/* The padding after @have digits of a group of eight; @i is behind its first = */
static size_t base32_padding(const GString *s, size_t i, size_t have)
{
        size_t left = s->len - i;

        if (left + have < 7)
                return s->len;
        for (size_t k = 0; k < 7 - have; k++)
                if (left > k && s->str[i + k] != '=')
                        return i + k - 1;
        return have == 1 || have == 3 || have == 6 ? i - 1 : NO_FAULT;
}

static size_t base32_decode(GString *out, const GString *s)
{
        for (size_t i = 0; i < s->len;) {
                uint64_t group = 0;
                size_t have = 0, n_bytes;
                bool end = false;

                while (have < 8 && !end) {
                        char c;
                        int digit;

                        if (i == s->len)
                                return s->len - have;
                        c = s->str[i++];
                        if (c == '=' && have >= 2 && s->len - i < 8) {
                                size_t fault = base32_padding(s, i, have);

                                if (fault != NO_FAULT)
                                        return fault;
                                end = true;
                                break;
                        }
                        digit = digit_of(base32_digits, c);
                        if (digit < 0)
                                return i - 1;
                        group = group << 5 | (uint64_t) digit;
                        have++;
                }
                n_bytes = have * 5 / 8;
                group <<= 5 * (8 - have);
                for (size_t j = 0; j < n_bytes; j++)
                        g_string_append_c(out, (char) (group >> (32 - 8 * j)));
                if (end)
                        break;
        }
        return NO_FAULT;
}

static bool fn_b32dec(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) s = g_string_new(NULL);
        GString *text = g_string_new(NULL);
        size_t fault;

        for (size_t i = 0; i < ARG_LEN(0); i++)
                if (ARG_S(0)[i] != '\n' && ARG_S(0)[i] != '\r')
                        g_string_append_c(s, ARG_S(0)[i]);
        fault = base32_decode(text, s);
        if (fault != NO_FAULT)
                g_string_printf(text, "illegal base32 data at input byte %zu", fault);
        return call_give(call, text, ret);
}

static bool check_sum(TemplateCall *call, GChecksumType type, Value *ret)
{
        g_autofree char *sum = g_compute_checksum_for_data(type, (const guchar *) ARG_S(0),
                                                           ARG_LEN(0));

        *ret = value_string_copy(call->arena, sum, strlen(sum));
        return template_call_charge(call, ARG_LEN(0) / 64);
}

static bool fn_sha1(TemplateCall *call, Value *ret)
{
        return check_sum(call, G_CHECKSUM_SHA1, ret);
}

static bool fn_sha256(TemplateCall *call, Value *ret)
{
        return check_sum(call, G_CHECKSUM_SHA256, ret);
}

static bool fn_sha512(TemplateCall *call, Value *ret)
{
        return check_sum(call, G_CHECKSUM_SHA512, ret);
}

static bool fn_adler32(TemplateCall *call, Value *ret)
{
        uint32_t a = 1, b = 0;

        for (size_t i = 0; i < ARG_LEN(0); i++) {
                a = (a + (unsigned char) ARG_S(0)[i]) % 65521;
                b = (b + a) % 65521;
        }
        *ret = value_string(arena_printf(call->arena, "%u", b << 16 | a));
        return true;
}

static void set_text(TemplateCall *call, ValueMap *map, const char *key, const char *text)
{
        value_map_set(call->arena, map, value_string(key), value_string(text));
}

static bool fn_url_parse(TemplateCall *call, Value *ret)
{
        g_autoptr(GString) user = g_string_new(NULL);
        const char *error;
        Url url;

        if (memchr(ARG_S(0), '\0', ARG_LEN(0)) != NULL)
                return template_call_fail(call, "this is no URL: it has a control character");
        if (!url_parse(call->arena, arg_cstring(call, 0), &url, &error))
                return template_call_fail(call, "this is no URL: %s", error);
        url_userinfo(user, &url);
        *ret = value_map_new(call->arena, VALUE_MAP);
        set_text(call, ret->map, "scheme", url.scheme);
        set_text(call, ret->map, "host", url.host);
        set_text(call, ret->map, "hostname", url_hostname(call->arena, &url));
        set_text(call, ret->map, "path", url.path);
        set_text(call, ret->map, "query", url.query);
        set_text(call, ret->map, "opaque", url.opaque);
        set_text(call, ret->map, "fragment", url.fragment);
        set_text(call, ret->map, "userinfo", arena_strdup(call->arena, user->str));
        return true;
}

static bool get_text(TemplateCall *call, const char *key, const char **ret)
{
        Value v;

        *ret = "";
        if (!value_map_get(ARG(0).map, key, strlen(key), &v))
                return true;
        if (v.type != VALUE_STRING)
                return template_call_fail(call, "\"%s\" must be text, not %s", key,
                                          value_type_in_words((ValueType) v.type));
        *ret = value_cstring(call->arena, v);
        return true;
}

static bool fn_url_join(TemplateCall *call, Value *ret)
{
        Url url = { .raw_path = "", .raw_fragment = "", .user = "", .password = "" }, with_user;
        const char *user, *error;
        GString *text;

        if (!get_text(call, "scheme", &url.scheme) || !get_text(call, "host", &url.host) ||
            !get_text(call, "path", &url.path) || !get_text(call, "query", &url.query) ||
            !get_text(call, "opaque", &url.opaque) || !get_text(call, "fragment", &url.fragment) ||
            !get_text(call, "userinfo", &user))
                return false;
        if (*user != '\0') {
                if (!url_parse(call->arena, arena_printf(call->arena, "proto://%s@host", user),
                               &with_user, &error))
                        return template_call_fail(call, "\"userinfo\" is none: %s", error);
                url.has_user = with_user.has_user;
                url.has_password = with_user.has_password;
                url.user = with_user.user;
                url.password = with_user.password;
        }
        text = g_string_new(NULL);
        url_string(text, &url);
        *ret = call_take(call, text);
        return true;
}

#define GROUP "encodings and URLs"

const TemplateFunction template_encoding_functions[] = {
        { "b64enc", "s", "s", base64_encode, 0, GROUP, "In base 64", "b64enc \"Jane\"",
          "SmFuZQ==" },
        { "Base64Encode", "s", "s", base64_encode, 0, GROUP, "In base 64", "Base64Encode \"Jane\"",
          "SmFuZQ==" },
        { "b64dec", "s", "s", fn_b64dec, 0, GROUP,
          "From base 64; the text of an error where it is none", "b64dec \"SmFuZQ==\"", "Jane" },
        { "Base64Decode", "s", "s", fn_base64_decode, 0, GROUP,
          "From base 64; \"\" where it is none", "Base64Decode \"SmFuZQ==\"", "Jane" },
        { "b32enc", "s", "s", fn_b32enc, 0, GROUP, "In base 32", "b32enc \"Jane\"", "JJQW4ZI=" },
        { "b32dec", "s", "s", fn_b32dec, 0, GROUP,
          "From base 32; the text of an error where it is none", "b32dec \"JJQW4ZI=\"", "Jane" },
        { "sha1sum", "s", "s", fn_sha1, 0, GROUP, "SHA-1 in hexadecimal", "sha1sum \"a\" | trunc 8",
          "86f7e437" },
        { "sha256sum", "s", "s", fn_sha256, 0, GROUP, "SHA-256 in hexadecimal",
          "sha256sum \"a\" | trunc 8", "ca978112" },
        { "sha512sum", "s", "s", fn_sha512, 0, GROUP, "SHA-512 in hexadecimal",
          "sha512sum \"a\" | trunc 8", "1f40fc92" },
        { "adler32sum", "s", "s", fn_adler32, 0, GROUP, "Adler-32 as a number", "adler32sum \"a\"",
          "6422626" },
        { "urlParse", "s", "M", fn_url_parse, 0, GROUP, "A URL's parts as a dictionary",
          "(urlParse \"http://h:80/p\").hostname", "h" },
        { "urlJoin", "M", "s", fn_url_join, 0, GROUP, "A URL of its parts",
          "urlJoin (dict \"scheme\" \"http\" \"host\" \"h\" \"path\" \"/p\")", "http://h/p" },
        { NULL },
};
