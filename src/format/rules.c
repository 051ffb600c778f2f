#include "format/rules.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/application.h"

/* ---- Versions ---- */

/* A run of digits without leading zeros; the place behind it, or NULL */
static const char *skip_number(const char *at)
{
        const char *start = at;

        while (g_ascii_isdigit(*at))
                at++;
        if (at == start || (*start == '0' && at - start > 1) || at - start > 20)
                return NULL;
        return at - start < 20 || strncmp(start, "18446744073709551615", 20) <= 0 ? at : NULL;
}

/* Words joined by dots; numbers among them without leading zeros where @is_strict */
static const char *skip_words(const char *at, bool is_strict)
{
        for (;;) {
                const char *start = at;
                bool is_number = true;

                while (g_ascii_isalnum(*at) || *at == '-')
                        is_number &= g_ascii_isdigit(*at++) != 0;
                if (at == start || (is_strict && is_number && *start == '0' && at - start > 1))
                        return NULL;
                if (*at != '.')
                        return at;
                at++;
        }
}

bool semver_is_valid(const char *text)
{
        const char *at = skip_number(text);

        for (unsigned i = 0; i < 2 && at != NULL; i++)
                at = *at == '.' ? skip_number(at + 1) : NULL;
        if (at != NULL && *at == '-')
                at = skip_words(at + 1, true);
        if (at != NULL && *at == '+')
                at = skip_words(at + 1, false);
        return at != NULL && *at == '\0';
}

bool semver_is_below(const char *text, unsigned major, unsigned minor)
{
        char *end;
        guint64 one = g_ascii_strtoull(text, &end, 10);
        guint64 two = *end == '.' ? g_ascii_strtoull(end + 1, &end, 10) : 0;
        guint64 three = *end == '.' ? g_ascii_strtoull(end + 1, &end, 10) : 0;

        if (one != major)
                return one < major;
        if (two != minor)
                return two < minor;
        return three == 0 && *end == '-'; /* a pre-release comes before its release */
}

/* ---- Ranges of versions, as the reference's library reads them ---- */

/* `1.x`, `1.2.x`: with zeros in place of the wildcards; (transfer full) */
static char *without_wildcards(const char *version)
{
        g_autoptr(GString) flat = g_string_new(version);

        g_string_replace(flat, ".x.x", ".x", 1);
        g_string_replace(flat, ".x", ".0", 1);
        if (strchr(flat->str, '.') != NULL && strchr(flat->str, '.') == strrchr(flat->str, '.'))
                g_string_append(flat, ".0");
        return g_string_free(g_steal_pointer(&flat), false);
}

/* Whether the last of two or three parts is the wildcard */
static bool has_wildcard_end(const char *version)
{
        g_auto(GStrv) parts = g_strsplit(version, ".", -1);
        unsigned n = g_strv_length(parts);

        return (n == 2 || n == 3) && strcmp(parts[n - 1], "x") == 0;
}

static bool is_comparison(const char *token)
{
        static const char *const bare[] = { "", "=", "==", "!", "!=", NULL };
        static const char *const upward[] = { ">", "<=", NULL };
        static const char *const plain[] = { ">=", "<", NULL };
        size_t n = strcspn(token, "0123456789");
        g_autofree char *op = g_strndup(token, n);
        const char *version = token + n;
        g_autofree char *flat = NULL;

        if (*version == '\0')
                return false;
        if (strchr(token, 'x') == NULL)
                return semver_is_valid(version) &&
                       (g_strv_contains(bare, op) || g_strv_contains(upward, op) ||
                        g_strv_contains(plain, op));
        flat = without_wildcards(version);
        if ((g_strv_contains(bare, op) || g_strv_contains(upward, op)) &&
            !has_wildcard_end(version))
                return false;
        return semver_is_valid(flat);
}

/* Words between blanks; a blank behind `<`, `>` and `=` belongs to the word, and words of one
 * character are passed over */
static GPtrArray *split_range(const char *text)
{
        GPtrArray *tokens = g_ptr_array_new_with_free_func(g_free);
        GString *token = g_string_new(NULL);
        size_t start = 0, len = strlen(text);
        char last = '\0';

        for (size_t i = 0; i <= len; i++) {
                if (i < len && (text[i] != ' ' || (last != '\0' && strchr("<>=", last)))) {
                        if (text[i] != ' ') {
                                last = text[i];
                                g_string_append_c(token, text[i]);
                        }
                        continue;
                }
                if (i > start + 1)
                        g_ptr_array_add(tokens, g_strdup(token->str));
                g_string_truncate(token, 0);
                start = i + 1;
        }
        g_string_free(token, true);
        return tokens;
}

static bool is_semver_range(const char *text)
{
        g_autoptr(GPtrArray) tokens = split_range(text);

        for (size_t i = 0; i < tokens->len; i++) {
                const char *token = tokens->pdata[i];
                bool is_or = strcmp(token, "||") == 0;

                if (is_or ? i == 0 || i + 1 == tokens->len : !is_comparison(token))
                        return false;
        }
        return tokens->len > 0;
}

static bool is_docker_version(const char *text)
{
        return g_regex_match_simple("^1\\.([0-9]|1[0-3])\\.[0-9]+\\z", text, 0, 0) ||
               g_regex_match_simple("^[0-9]{2}\\.(0[1-9]|1[0-2])\\.[0-9]+(-(ce|ee))?\\z", text, 0,
                                    0);
}

/* ---- Sizes and numbers ---- */

static bool is_space(gunichar c)
{
        return (c >= 0x09 && c <= 0x0d) || c == 0x85 || (c >= 0x80 && g_unichar_isspace(c)) ||
               c == ' ';
}

/* Without the blanks around it, those of other scripts among them */
static char *trim(const char *text)
{
        const char *end = text + strlen(text);

        while (*text != '\0' && is_space(g_utf8_get_char(text)))
                text = g_utf8_next_char(text);
        while (end > text && is_space(g_utf8_get_char(g_utf8_prev_char(end))))
                end = g_utf8_prev_char(end);
        return g_strndup(text, end - text);
}

static bool is_bytes(const char *text, bool may_be_binary)
{
        g_autofree char *trimmed = trim(text);
        double value = g_ascii_strtod(trimmed, NULL);
        const char *pattern = may_be_binary ? "^[0-9]+(\\.[0-9]{1,3})?[KMGTPE]i?B?\\z"
                                            : "^[0-9]+(\\.[0-9]{1,3})?[KMGTPE]B?\\z";

        return g_regex_match_simple(pattern, trimmed, G_REGEX_CASELESS, 0) && value > 0 &&
               isfinite(value);
}

static bool is_size_text(const char *text)
{
        return g_regex_match_simple("^(-1|[0-9]{1,18}([bkmg]b?)?)\\z", text, G_REGEX_CASELESS, 0);
}

static bool is_port_text(const char *text)
{
        guint64 port;

        return text_parse_uint(text, &port) && port >= 1 && port <= 65535;
}

static bool is_mode_text(const char *text)
{
        return g_regex_match_simple("^0?o?[0-7]{1,4}\\z", text, 0, 0);
}

/* ---- Texts of the metrics' and the console's keys ---- */

/* `15s`: a number that 64 bits hold, and its unit */
static bool is_period(const char *text, size_t len)
{
        g_autofree char *number = g_strndup(text, len > 0 ? len - 1 : 0);
        const char *digits = number + (number[0] == '+' || number[0] == '-');
        char *end;

        if (len < 2 || strchr("smhdy", text[len - 1]) == NULL || !g_ascii_isdigit(digits[0]))
                return false;
        errno = 0;
        g_ascii_strtoll(number, &end, 10);
        return *end == '\0' && errno == 0;
}

static bool is_retention(const char *text)
{
        g_auto(GStrv) pairs = g_strsplit(text, ",", -1);

        for (char **pair = pairs; *pair != NULL; pair++) {
                const char *colon = strchr(*pair, ':');

                if (colon == NULL || !is_period(*pair, colon - *pair) ||
                    !is_period(colon + 1, strlen(colon + 1)))
                        return false;
        }
        return true;
}

static bool is_one_of(const char *text, const char *const *words)
{
        return g_strv_contains(words, text);
}

/* `metric`, `none`, or a float as Go writes and reads them */
static bool is_scale(const char *text)
{
        static const char words[] = "^([-+]?inf(inity)?|nan)\\z";
        static const char decimal[] = "^[-+]?(D(\\.D?)?|\\.D)(e[-+]?D)?\\z";
        static const char hex[] = "^[-+]?0x_?(H(\\.H?)?|\\.H)p[-+]?D\\z";
        g_autoptr(GString) pattern = g_string_new(NULL), number = g_string_new(text);

        if (strcmp(text, "metric") == 0 || strcmp(text, "none") == 0 ||
            g_regex_match_simple(words, text, G_REGEX_CASELESS, 0))
                return true;
        g_string_printf(pattern, "%s|%s", decimal, hex);
        g_string_replace(pattern, "D", "([0-9](_?[0-9])*)", 0);
        g_string_replace(pattern, "H", "([0-9a-f](_?[0-9a-f])*)", 0);
        g_string_replace(number, "_", "", 0);
        return g_regex_match_simple(pattern->str, text, G_REGEX_CASELESS, 0) &&
               isfinite(g_ascii_strtod(number->str, NULL));
}

static bool is_colour(const char *text)
{
        static const char alpha[] = "(?:0.[1-9]*|[01])";
        g_autoptr(GString) pattern = g_string_new(NULL);

        g_string_printf(pattern,
                        "^(?:#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})"
                        "|rgb\\( (?:N , N , N|N%% , N%% , N%%) \\)"
                        "|rgba\\( (?:N , N , N|N%% , N%% , N%%) , %s \\))\\z",
                        alpha);
        g_string_replace(pattern, " ", "[\t\n\f\r ]*", 0);
        g_string_replace(pattern, "N", "(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])", 0);
        return g_regex_match_simple(pattern->str, text, 0, 0);
}

/* Sixteen parts that each contain two lower-case hexadecimal digits side by side */
static bool is_fingerprint(const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text, ":", -1);

        if (g_strv_length(parts) != 16)
                return false;
        for (size_t i = 0; i < 16; i++) {
                if (!g_regex_match_simple("[a-f0-9][a-f0-9]", parts[i], 0, 0))
                        return false;
        }
        return true;
}

static bool is_shell_alias(const char *text)
{
        return text[strspn(text,
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
               '\0';
}

static bool has_good_escapes(const char *text, size_t len)
{
        for (size_t i = 0; i < len; i++) {
                if (text[i] == '%' && (i + 2 >= len || !g_ascii_isxdigit(text[i + 1]) ||
                                       !g_ascii_isxdigit(text[i + 2])))
                        return false;
        }
        return true;
}

/* host[:port]; a port alone passes */
static bool is_url_host(const char *host, size_t len)
{
        static const char allowed[] = "!$&'()*+,;=:[]<>\"-_.~%";
        const char *port = g_strrstr_len(host, len, ":");
        const char *bracket = g_strrstr_len(host, len, "]");

        if (len == 0 || !has_good_escapes(host, len))
                return false;
        if (host[0] == '[') {
                if (bracket == NULL || (bracket + 1 < host + len && bracket[1] != ':'))
                        return false;
                port = bracket + 1 < host + len ? bracket + 1 : NULL;
        }
        for (const char *at = port; at != NULL && ++at < host + len;) {
                if (!g_ascii_isdigit(*at))
                        return false;
        }
        for (size_t i = 0; i < len; i++) {
                if (host[i] == '%' && host[i + 1] < '8' && strncmp(host + i, "%25", 3) != 0)
                        return false;
                if (host[i] > 0 && !g_ascii_isalnum(host[i]) && strchr(allowed, host[i]) == NULL)
                        return false;
        }
        return true;
}

static bool is_userinfo(const char *text, size_t len)
{
        for (size_t i = 0; i < len; i++) {
                if (!g_ascii_isalnum(text[i]) && strchr("-._:~!$&'()*+,;=%@", text[i]) == NULL)
                        return false;
        }
        return has_good_escapes(text, len);
}

static bool is_web_url(const char *text)
{
        const char *at, *end, *host, *stop, *user;

        for (at = text; *at != '\0'; at++) {
                if ((unsigned char) *at < 0x20 || *at == 0x7f)
                        return false;
        }
        if (g_ascii_strncasecmp(text, "http:", 5) == 0)
                at = text + 5;
        else if (g_ascii_strncasecmp(text, "https:", 6) == 0)
                at = text + 6;
        else
                return false;
        end = at + strcspn(at, "#");
        if (!has_good_escapes(end, strlen(end)) || strncmp(at, "//", 2) != 0)
                return false;
        stop = memchr(at, '?', end - at);
        end = stop != NULL ? stop : end;
        host = at + 2;
        stop = memchr(host, '/', end - host);
        stop = stop != NULL ? stop : end;
        user = g_strrstr_len(host, stop - host, "@");
        if (user != NULL && !is_userinfo(host, user - host))
                return false;
        host = user != NULL ? user + 1 : host;
        return is_url_host(host, stop - host) && has_good_escapes(stop, end - stop);
}

bool rule_check(const KeySpec *key, const char *text, const char **ret_want)
{
        static const char *const strategies[] = { "autoscale", "random", NULL };
        static const char *const roles[] = { "manager", "worker", NULL };
        static const char *const aggregations[] = { "average", "sum", "min", "max", "last", NULL };
        bool has_template = text_has_template(text), is_true;
        guint64 number;
        SettingType type;

        switch (key->rule) {
        case RULE_APIVERSION:
                *ret_want = "it is a version of three numbers, such as `2.8.0`";
                return semver_is_valid(text);
        case RULE_BOOL:
                *ret_want = "`true` or `false`";
                return has_template || text_parse_bool(text, &is_true);
        case RULE_UINT:
                *ret_want = "a whole number";
                return has_template || (g_ascii_isdigit(text[0]) && text_parse_uint(text, &number));
        case RULE_ABSOLUTE_PATH:
                *ret_want = "it begins with `/`";
                return text[0] == '/' || g_str_has_prefix(text, "{{repl ");
        case RULE_IS_EMPTY:
                *ret_want = "it is internal and must stay empty";
                return text[0] == '\0';
        case RULE_FINGERPRINT:
                *ret_want = "16 pairs of lower-case hexadecimal digits, joined by `:`";
                return is_fingerprint(text);
        case RULE_ITEM_TYPE:
                *ret_want = "one of `text`, `label`, `password`, `file`, `bool`, `select_one`, "
                            "`select_many`, `textarea`, `select`, `heading`";
                return setting_type_from_string(text, &type);
        case RULE_DOCKER_VERSION:
                *ret_want = "such as `1.13.1` or `17.03.0-ce`";
                return is_docker_version(text);
        case RULE_SEMVER_RANGE:
                *ret_want = "such as `>=2.8.0 <3.0.0` or `2.x || 3.x`";
                return is_semver_range(text);
        case RULE_BYTES:
                *ret_want = "a number with its unit, such as `100GB`";
                return has_template || is_bytes(text, false);
        case RULE_BYTES_OR_RAM:
                *ret_want = "a number with its unit, such as `8GB` or `8GiB`";
                return has_template || is_bytes(text, true);
        case RULE_SHELL_ALIAS:
                *ret_want = "letters, digits, `_` and `-` only";
                return is_shell_alias(text);
        case RULE_URL:
                *ret_want = "it begins with `http://` or `https://` and has a host";
                return is_web_url(text);
        case RULE_LABEL_SCALE:
                *ret_want = "`metric`, `none` or a number";
                return is_scale(text);
        case RULE_COLOUR:
                *ret_want = "such as `#1a2b3c` or `rgb(1, 2, 3)`";
                return is_colour(text);
        case RULE_RETENTION:
                *ret_want = "such as `15s:7d,1m:21d`, without blanks";
                return is_retention(text);
        case RULE_AGGREGATION:
                *ret_want = "`average`, `sum`, `min`, `max` or `last`";
                return is_one_of(text, aggregations);
        case RULE_STRATEGY:
                *ret_want = "`autoscale` or `random`";
                return is_one_of(text, strategies);
        case RULE_NODE_ROLE:
                *ret_want = "`manager` or `worker`";
                return is_one_of(text, roles);
        case RULE_TEXT_BOOL:
                *ret_want = "`true` or `false`; as it stands the default counts";
                return has_template || text_parse_bool(text, &is_true);
        case RULE_TEXT_PORT:
        case RULE_PUBLIC_PORT:
                *ret_want = "a number from 1 to 65535";
                return has_template || is_port_text(text);
        case RULE_TEXT_UINT:
                *ret_want = "a whole number";
                return has_template || text_parse_uint(text, &number);
        case RULE_TEXT_LIMIT:
                *ret_want = "a whole number, or `-1` for none";
                return has_template || strcmp(text, "-1") == 0 || text_parse_uint(text, &number);
        case RULE_TEXT_SIZE:
                *ret_want = "a number of bytes, or a number with `k`, `m` or `g`";
                return has_template || is_size_text(text);
        case RULE_TEXT_MODE:
                *ret_want = "octal digits, such as `0644`";
                return has_template || is_mode_text(text);
        case RULE_WORD:
                *ret_want = "";
                return has_template || is_one_of(text, key->words);
        case RULE_NONE:
        case RULE_ITEM_WHEN:
        case RULE_TCP_PORT:
        case RULE_VOLUME_OPTIONS:
        case RULE_MAP_KEYS:
        case RULE_REFERENCE:
        case RULE_MONITOR:
        case RULE_NAME_UNIQUE:
        case RULE_VOLUMES_FROM:
        case RULE_ID_UNIQUE:
        case RULE_HAS_TARGET:
        case RULE_EXIT_CODES:
                return true;
        }
        g_assert_not_reached();
}

const char *rule_finding(const KeySpec *key)
{
        switch (key->rule) {
        case RULE_NONE:
                return NULL;
        case RULE_APIVERSION:
                return "apiversion";
        case RULE_BOOL:
                return "bool";
        case RULE_UINT:
                return "uint";
        case RULE_ABSOLUTE_PATH:
                return "absolutepath";
        case RULE_IS_EMPTY:
                return "isempty";
        case RULE_FINGERPRINT:
                return "fingerprint";
        case RULE_ITEM_TYPE:
                return "configitemtype";
        case RULE_ITEM_WHEN:
                return "configitemwhen";
        case RULE_DOCKER_VERSION:
                return "dockerversion";
        case RULE_SEMVER_RANGE:
                return "semverrange";
        case RULE_BYTES:
        case RULE_BYTES_OR_RAM:
                return "bytes";
        case RULE_SHELL_ALIAS:
                return "shellalias";
        case RULE_URL:
                return "url";
        case RULE_TCP_PORT:
                return "tcpport";
        case RULE_LABEL_SCALE:
                return "monitorlabelscale";
        case RULE_COLOUR:
                return "colour";
        case RULE_RETENTION:
                return "graphiteretention";
        case RULE_AGGREGATION:
                return "graphiteaggregation";
        case RULE_STRATEGY:
                return "clusterstrategy";
        case RULE_NODE_ROLE:
                return "swarmnoderole";
        case RULE_VOLUME_OPTIONS:
                return "volumeoptions";
        case RULE_MAP_KEYS:
                return "mapkeylengthnonzero";
        case RULE_REFERENCE:
                return "componentexists";
        case RULE_MONITOR:
                return "componentcontainer";
        case RULE_NAME_UNIQUE:
                return "containernameunique";
        case RULE_VOLUMES_FROM:
                return "containernameexists";
        case RULE_ID_UNIQUE:
                return "customrequirementidunique";
        case RULE_HAS_TARGET:
                return "hastarget";
        case RULE_PUBLIC_PORT:
        case RULE_TEXT_PORT:
                return "bad-port";
        case RULE_TEXT_BOOL:
                return "not-boolean";
        case RULE_TEXT_UINT:
        case RULE_TEXT_LIMIT:
        case RULE_TEXT_SIZE:
        case RULE_TEXT_MODE:
                return "bad-value";
        case RULE_WORD:
                return key->finding;
        case RULE_EXIT_CODES:
                return "bad-exit-codes";
        }
        g_assert_not_reached();
}
