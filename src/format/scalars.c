#include "format/scalars.h"

#include <errno.h>
#include <math.h>
#include <string.h>

typedef struct Number {
        bool is_float;
        bool is_negative;
        uint64_t size; /* of a whole number, without its sign */
        double value;
} Number;

/* A tag decides, then quotes. What a tag says, the text must be: scalar_fits_tag() */
static bool has_tag(const YamlNode *node, const char *word)
{
        static const char prefix[] = "tag:yaml.org,2002:";

        return node->kind == YAML_SCALAR && node->tag != NULL &&
               g_str_has_prefix(node->tag, prefix) && strcmp(node->tag + strlen(prefix), word) == 0;
}

static bool is_plain(const YamlNode *node)
{
        return node->kind == YAML_SCALAR && node->tag == NULL && node->style == YAML_PLAIN;
}

static bool bool_from_word(const char *text, bool *ret_value)
{
        static const char *const yes[] = { "y",    "Y",    "yes", "Yes", "YES", "true",
                                           "True", "TRUE", "on",  "On",  "ON",  NULL };
        static const char *const no[] = { "n",     "N",     "no",  "No",  "NO",  "false",
                                          "False", "FALSE", "off", "Off", "OFF", NULL };

        *ret_value = g_strv_contains(yes, text);
        return *ret_value || g_strv_contains(no, text);
}

bool scalar_to_bool(const YamlNode *node, bool *ret_value)
{
        return (is_plain(node) || has_tag(node, "bool")) && bool_from_word(node->text, ret_value);
}

/* Digits of a base, all of the text; false also where the number takes more than 64 bits */
static bool parse_digits(const char *text, unsigned base, uint64_t *ret_value)
{
        char *end;

        if (text[0] == '\0' || g_ascii_xdigit_value(text[0]) < 0)
                return false;
        errno = 0;
        *ret_value = g_ascii_strtoull(text, &end, base);
        return errno == 0 && *end == '\0';
}

static bool parse_whole(const char *text, uint64_t *ret_value)
{
        if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
                return parse_digits(text + 2, 16, ret_value);
        if (text[0] == '0' && (text[1] == 'o' || text[1] == 'O'))
                return parse_digits(text + 2, 8, ret_value);
        if (text[0] == '0' && (text[1] == 'b' || text[1] == 'B'))
                return parse_digits(text + 2, 2, ret_value);
        if (text[0] == '0' && text[1] != '\0')
                return parse_digits(text + 1, 8, ret_value);
        return parse_digits(text, 10, ret_value);
}

/* [digits].digits[e±digits] */
static bool is_float_text(const char *at)
{
        size_t n = strspn(at, "0123456789");

        at += n;
        if (*at == '.') {
                at++;
                n = strspn(at, "0123456789");
                at += n;
        }
        if (n == 0)
                return false;
        if (*at == '\0')
                return true;
        if ((*at != 'e' && *at != 'E') || (at[1] != '-' && at[1] != '+') || at[2] == '\0')
                return false;
        return at[2 + strspn(at + 2, "0123456789")] == '\0';
}

static bool parse_number(const char *source, Number *ret)
{
        static const char *const infinities[] = { ".inf",  ".Inf",  ".INF", "+.inf",
                                                  "+.Inf", "+.INF", NULL };
        static const char *const negatives[] = { "-.inf", "-.Inf", "-.INF", NULL };
        static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
        g_autofree char *text = NULL;
        char *to;
        const char *digits;

        *ret = (Number){ .is_float = true };
        if (g_strv_contains(infinities, source) || g_strv_contains(negatives, source)) {
                ret->value = source[0] == '-' ? -INFINITY : INFINITY;
                return true;
        }
        if (g_strv_contains(nans, source)) {
                ret->value = NAN;
                return true;
        }
        if (strchr("0123456789+-.", source[0]) == NULL || source[0] == '\0')
                return false;
        text = to = g_strdup(source);
        for (const char *from = source; *from != '\0'; from++) {
                if (*from != '_' || source[0] == '.')
                        *to++ = *from;
        }
        *to = '\0';
        ret->is_negative = text[0] == '-';
        digits = text + (text[0] == '-' || text[0] == '+');
        if (text[0] != '.' && parse_whole(digits, &ret->size) &&
            (!ret->is_negative || ret->size <= (uint64_t) INT64_MAX + 1) &&
            (text[0] != '+' || ret->size <= INT64_MAX)) {
                ret->is_float = false;
                ret->value = ret->is_negative ? -(double) ret->size : (double) ret->size;
                return true;
        }
        if (!is_float_text(digits))
                return false;
        ret->value = g_ascii_strtod(text, NULL);
        return !isinf(ret->value);
}

bool scalar_fits_tag(const YamlNode *node)
{
        static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
        Number number;
        bool value;

        if (has_tag(node, "int"))
                return parse_number(node->text, &number) && !number.is_float;
        if (has_tag(node, "float"))
                return parse_number(node->text, &number) && number.is_float;
        if (has_tag(node, "bool"))
                return bool_from_word(node->text, &value);
        return !has_tag(node, "null") || g_strv_contains(nulls, node->text);
}

static bool read_number(const YamlNode *node, Number *ret)
{
        return (is_plain(node) || has_tag(node, "int") || has_tag(node, "float")) &&
               parse_number(node->text, ret);
}

bool scalar_to_float(const YamlNode *node, double *ret_value)
{
        Number number;

        if (!read_number(node, &number))
                return false;
        *ret_value = number.value;
        return true;
}

bool scalar_to_int(const YamlNode *node, int64_t *ret_value)
{
        Number number;

        if (!read_number(node, &number))
                return false;
        if (number.is_float) {
                /* the limits are powers of two, which a double holds exactly */
                if (!(number.value <= 9223372036854775808.0))
                        return false;
                *ret_value = number.value >= 9223372036854775808.0    ? INT64_MAX
                             : number.value <= -9223372036854775808.0 ? INT64_MIN
                                                                      : (int64_t) number.value;
                return true;
        }
        if (!number.is_negative && number.size > INT64_MAX)
                return false;
        *ret_value = number.is_negative ? (int64_t) (0 - number.size) : (int64_t) number.size;
        return true;
}

bool scalar_to_uint(const YamlNode *node, uint64_t *ret_value)
{
        Number number;

        if (!read_number(node, &number))
                return false;
        if (number.is_float) {
                if (!(number.value <= 18446744073709551616.0))
                        return false;
                *ret_value = number.value >= 18446744073709551616.0 ? UINT64_MAX
                             : number.value <= 0                    ? 0
                                                                    : (uint64_t) number.value;
                return true;
        }
        if (number.is_negative && number.size > 0)
                return false;
        *ret_value = number.size;
        return true;
}
