#include "template/url.h"

#include <string.h>

typedef enum Part {
        PART_PATH,
        PART_USER,
        PART_HOST,
        PART_ZONE,
        PART_FRAGMENT,
} Part;

static bool is_one_of(char c, const char *set)
{
        return c != '\0' && strchr(set, c) != NULL;
}

static bool should_escape(char c, Part part)
{
        if (g_ascii_isalnum(c) || is_one_of(c, "-_.~"))
                return false;
        switch (part) {
        case PART_HOST:
        case PART_ZONE:
                return !is_one_of(c, "!$&'()*+,;=:[]<>\"");
        case PART_PATH:
                return !is_one_of(c, "$&+,/:;=@");
        case PART_USER:
                return !is_one_of(c, "$&+,;=");
        case PART_FRAGMENT:
                return !is_one_of(c, "$&+,/:;=?@!()*");
        }
        g_assert_not_reached();
}

static void escape(GString *out, const char *s, Part part)
{
        for (; *s != '\0'; s++) {
                if (should_escape(*s, part))
                        g_string_append_printf(out, "%%%02X", (unsigned char) *s);
                else
                        g_string_append_c(out, *s);
        }
}

static bool bad_escape_in_host(const char *s, Part part)
{
        int value = g_ascii_xdigit_value(s[1]) * 16 + g_ascii_xdigit_value(s[2]);
        bool percent = strncmp(s, "%25", 3) == 0;

        if (part == PART_HOST)
                return value < 0x80 && !percent;
        return part == PART_ZONE && !percent && value != ' ' &&
               should_escape((char) value, PART_HOST);
}

/* NULL where an escape is malformed or a character has no place there */
static char *unescape(Arena *arena, const char *s, size_t n, Part part)
{
        char *out = arena_alloc(arena, n + 1);
        size_t j = 0;

        for (size_t i = 0; i < n; i++) {
                if (s[i] == '%') {
                        if (i + 2 >= n || !g_ascii_isxdigit(s[i + 1]) ||
                            !g_ascii_isxdigit(s[i + 2]) || bad_escape_in_host(s + i, part))
                                return NULL;
                        out[j++] = (char) (g_ascii_xdigit_value(s[i + 1]) * 16 +
                                           g_ascii_xdigit_value(s[i + 2]));
                        i += 2;
                        continue;
                }
                if ((part == PART_HOST || part == PART_ZONE) && (unsigned char) s[i] < 0x80 &&
                    should_escape(s[i], part))
                        return NULL;
                out[j++] = s[i];
        }
        return out;
}

static bool get_scheme(Arena *arena, const char **s, const char **ret)
{
        *ret = "";
        for (size_t i = 0; (*s)[i] != '\0'; i++) {
                char c = (*s)[i];

                if (g_ascii_isalpha(c))
                        continue;
                if (g_ascii_isdigit(c) || c == '+' || c == '-' || c == '.') {
                        if (i == 0)
                                return true;
                        continue;
                }
                if (c == ':') {
                        char *scheme;

                        if (i == 0)
                                return false;
                        scheme = arena_strndup(arena, *s, i);
                        for (char *p = scheme; *p != '\0'; p++)
                                *p = g_ascii_tolower(*p);
                        *ret = scheme;
                        *s += i + 1;
                }
                return true;
        }
        return true;
}

static bool valid_port(const char *s, size_t n)
{
        if (n == 0)
                return true;
        if (*s != ':')
                return false;
        for (size_t i = 1; i < n; i++)
                if (!g_ascii_isdigit(s[i]))
                        return false;
        return true;
}

static const char *parse_bracketed_host(Arena *arena, const char *s, size_t n, const char **error)
{
        const char *close = memrchr(s, ']', n), *zone, *a, *b, *c;

        if (close == NULL) {
                *error = "a ] is missing in the host";
                return NULL;
        }
        if (!valid_port(close + 1, (size_t) (s + n - close - 1))) {
                *error = "the port is no number";
                return NULL;
        }
        zone = memmem(s, (size_t) (close - s), "%25", 3);
        if (zone == NULL)
                return unescape(arena, s, n, PART_HOST);
        a = unescape(arena, s, (size_t) (zone - s), PART_HOST);
        b = unescape(arena, zone, (size_t) (close - zone), PART_ZONE);
        c = unescape(arena, close, (size_t) (s + n - close), PART_HOST);
        return a == NULL || b == NULL || c == NULL ? NULL : arena_printf(arena, "%s%s%s", a, b, c);
}

static const char *parse_host(Arena *arena, const char *s, size_t n, const char **error)
{
        const char *colon;

        if (n > 0 && *s == '[')
                return parse_bracketed_host(arena, s, n, error);
        colon = memrchr(s, ':', n);
        if (colon != NULL && !valid_port(colon, (size_t) (s + n - colon))) {
                *error = "the port is no number";
                return NULL;
        }
        return unescape(arena, s, n, PART_HOST);
}

static bool parse_user(Arena *arena, const char *s, size_t n, Url *url, const char **error)
{
        const char *colon = memchr(s, ':', n);
        size_t n_user = colon != NULL ? (size_t) (colon - s) : n;

        for (size_t i = 0; i < n; i++)
                if (!g_ascii_isalnum(s[i]) && !is_one_of(s[i], "-._:~!$&'()*+,;=%@")) {
                        *error = "a character before the @ has no place there";
                        return false;
                }
        url->has_user = true;
        url->has_password = colon != NULL;
        url->user = unescape(arena, s, n_user, PART_USER);
        url->password = colon != NULL ? unescape(arena, colon + 1, n - n_user - 1, PART_USER) : "";
        return url->user != NULL && url->password != NULL;
}

static bool parse_authority(Arena *arena, const char *s, size_t n, Url *url, const char **error)
{
        const char *at = memrchr(s, '@', n);
        const char *host = at != NULL ? at + 1 : s;

        url->host = parse_host(arena, host, (size_t) (s + n - host), error);
        if (url->host == NULL)
                return false;
        return at == NULL || parse_user(arena, s, (size_t) (at - s), url, error);
}

/* The unescaped text, and the raw one where escaping again would not give it */
static bool set_escaped(Arena *arena, const char *s, Part part, const char **ret, const char **raw)
{
        g_autoptr(GString) again = g_string_new(NULL);

        *ret = unescape(arena, s, strlen(s), part);
        if (*ret == NULL)
                return false;
        escape(again, *ret, part);
        *raw = strcmp(again->str, s) == 0 ? "" : arena_strdup(arena, s);
        return true;
}

static bool parse_rest(Arena *arena, const char *s, Url *url, const char **error)
{
        size_t n = strlen(s);
        const char *question = strchr(s, '?'), *slash;

        if (question != NULL) {
                url->force_query = question[1] == '\0';
                url->query = arena_strdup(arena, question + 1);
                s = arena_strndup(arena, s, (size_t) (question - s));
                n = strlen(s);
        }
        if (*s != '/') {
                if (*url->scheme != '\0') {
                        url->opaque = arena_strdup(arena, s);
                        return true;
                }
                slash = strchr(s, '/');
                if (memchr(s, ':', slash != NULL ? (size_t) (slash - s) : n) != NULL) {
                        *error = "its first part has a : but is no scheme";
                        return false;
                }
        }
        if (g_str_has_prefix(s, "//") && (*url->scheme != '\0' || !g_str_has_prefix(s, "///"))) {
                size_t len;

                s += 2;
                len = strcspn(s, "/");
                if (!parse_authority(arena, s, len, url, error))
                        return false;
                s += len;
        } else if (*url->scheme != '\0' && *s == '/') {
                url->omit_host = true;
        }
        return set_escaped(arena, s, PART_PATH, &url->path, &url->raw_path);
}

bool url_parse(Arena *arena, const char *text, Url *ret, const char **ret_error)
{
        const char *hash = strchr(text, '#');
        const char *s = hash != NULL ? arena_strndup(arena, text, (size_t) (hash - text)) : text;

        *ret = (Url){ .scheme = "",
                      .opaque = "",
                      .user = "",
                      .password = "",
                      .host = "",
                      .path = "",
                      .raw_path = "",
                      .query = "",
                      .fragment = "",
                      .raw_fragment = "" };
        *ret_error = "an escape (%) is malformed or a character has no place there";
        for (const char *p = s; *p != '\0'; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7F) {
                        *ret_error = "it has a control character";
                        return false;
                }
        if (strcmp(s, "*") == 0) {
                ret->path = "*";
        } else {
                if (!get_scheme(arena, &s, &ret->scheme)) {
                        *ret_error = "the scheme before the : is missing";
                        return false;
                }
                if (!parse_rest(arena, s, ret, ret_error))
                        return false;
        }
        return hash == NULL || hash[1] == '\0' ||
               set_escaped(arena, hash + 1, PART_FRAGMENT, &ret->fragment, &ret->raw_fragment);
}

static bool valid_encoded(const char *s, Part part)
{
        for (; *s != '\0'; s++)
                if (!is_one_of(*s, "!$&'()*+,;=:@[]%") && should_escape(*s, part))
                        return false;
        return true;
}

static void put_escaped(GString *out, const char *text, const char *raw, Part part)
{
        g_autoptr(Arena) arena = arena_new();
        const char *again;

        if (*raw != '\0' && valid_encoded(raw, part)) {
                again = unescape(arena, raw, strlen(raw), part);
                if (again != NULL && strcmp(again, text) == 0) {
                        g_string_append(out, raw);
                        return;
                }
        }
        if (part == PART_PATH && strcmp(text, "*") == 0)
                g_string_append_c(out, '*');
        else
                escape(out, text, part);
}

void url_userinfo(GString *out, const Url *url)
{
        if (!url->has_user)
                return;
        escape(out, url->user, PART_USER);
        if (url->has_password) {
                g_string_append_c(out, ':');
                escape(out, url->password, PART_USER);
        }
}

static void put_authority(GString *out, const Url *url)
{
        if (*url->scheme == '\0' && *url->host == '\0' && !url->has_user)
                return;
        if (url->omit_host && *url->host == '\0' && !url->has_user)
                return;
        if (*url->host != '\0' || *url->path != '\0' || url->has_user)
                g_string_append(out, "//");
        if (url->has_user) {
                url_userinfo(out, url);
                g_string_append_c(out, '@');
        }
        escape(out, url->host, PART_HOST);
}

void url_string(GString *out, const Url *url)
{
        g_autoptr(GString) path = g_string_new(NULL);

        if (*url->scheme != '\0')
                g_string_append_printf(out, "%s:", url->scheme);
        if (*url->opaque != '\0') {
                g_string_append(out, url->opaque);
        } else {
                put_authority(out, url);
                put_escaped(path, url->path, url->raw_path, PART_PATH);
                if (path->len > 0 && path->str[0] != '/' && *url->host != '\0')
                        g_string_append_c(out, '/');
                if (out->len == 0 && memchr(path->str, ':', strcspn(path->str, "/")) != NULL)
                        g_string_append(out, "./");
                g_string_append(out, path->str);
        }
        if (url->force_query || *url->query != '\0')
                g_string_append_printf(out, "?%s", url->query);
        if (*url->fragment != '\0') {
                g_string_append_c(out, '#');
                put_escaped(out, url->fragment, url->raw_fragment, PART_FRAGMENT);
        }
}

const char *url_hostname(Arena *arena, const Url *url)
{
        const char *host = url->host, *colon = strrchr(host, ':');
        size_t n = strlen(host);

        if (colon != NULL && valid_port(colon, strlen(colon)))
                n = (size_t) (colon - host);
        if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
                host++;
                n -= 2;
        }
        return arena_strndup(arena, host, n);
}
