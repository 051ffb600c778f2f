#include "engine/docker/body.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "engine/engine.h"

void body_done(Body *body)
{
        g_clear_pointer(&body->wrong, g_free);
        g_clear_pointer(&body->newest_key, g_free);
}

void body_wrong(Body *body, const char *key, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        if (body->wrong != NULL)
                return;
        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        body->wrong = g_strdup_printf("%s: %s", key, text);
}

void body_needs(Body *body, const char *key, unsigned minor)
{
        if (minor <= body->newest)
                return;
        body->newest = minor;
        g_free(body->newest_key);
        body->newest_key = g_strdup(key);
}

#define NOT_UTF8 "not UTF-8; the engine takes nothing else"

void body_set(Body *body, json_t *object, const char *key, json_t *value)
{
        if (value == NULL || json_object_set_new(object, key, value) < 0)
                body_wrong(body, key, NOT_UTF8);
}

void body_append(Body *body, json_t *array, const char *key, json_t *value)
{
        if (value == NULL || json_array_append_new(array, value) < 0)
                body_wrong(body, key, NOT_UTF8);
}

void body_set_text(Body *body, json_t *object, const char *key, const char *text)
{
        if (text != NULL && text[0] != '\0')
                body_set(body, object, key, json_string(text));
}

void body_set_int(Body *body, json_t *object, const char *key, int64_t value)
{
        if (value != 0)
                body_set(body, object, key, json_integer(value));
}

void body_set_flag(Body *body, json_t *object, const char *key, bool value)
{
        if (value)
                body_set(body, object, key, json_true());
}

json_t *body_texts(Body *body, const char *key, const char *const *items, size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++)
                body_append(body, array, key, json_string(items[i]));
        return array;
}

void body_set_texts(Body *body, json_t *object, const char *key, const char *const *items, size_t n)
{
        if (n > 0)
                body_set(body, object, key, body_texts(body, key, items, n));
}

void body_put_pairs(Body *body, json_t *object, const char *field, const char *const *pairs,
                    size_t n)
{
        for (size_t i = 0; i < n; i++) {
                size_t len = strcspn(pairs[i], "=");
                g_autofree char *key = g_strndup(pairs[i], len);
                json_t *value = json_string(pairs[i] + len + (pairs[i][len] == '='));

                if (value == NULL || json_object_set_new(object, key, value) < 0)
                        body_wrong(body, field, NOT_UTF8);
        }
}

/* ---- Reading ---- */

bool body_read_int(Body *body, const char *key, const json_t *value, int64_t *ret_value)
{
        gint64 number;

        if (json_is_integer(value)) {
                *ret_value = json_integer_value(value);
                return true;
        }
        if (json_is_real(value) && fabs(json_real_value(value)) < 9.2e18 &&
            json_real_value(value) == (double) (int64_t) json_real_value(value)) {
                *ret_value = (int64_t) json_real_value(value);
                return true;
        }
        if (json_is_string(value) && text_parse_int(json_string_value(value), &number)) {
                *ret_value = number;
                return true;
        }
        body_wrong(body, key, "not a whole number");
        return false;
}

/* The power of 1024 that a unit stands for; -1 where it is none */
static int unit_power(const char *unit)
{
        static const char letters[] = "bkmgtp";
        const char *found;

        if (unit[0] == '\0')
                return 0;
        found = strchr(letters, g_ascii_tolower(unit[0]));
        if (found == NULL)
                return -1;
        if (unit[1] == '\0' || g_ascii_strcasecmp(unit + 1, "b") == 0 ||
            g_ascii_strcasecmp(unit + 1, "ib") == 0)
                return (int) (found - letters);
        return -1;
}

bool body_read_size(Body *body, const char *key, const json_t *value, int64_t *ret_value)
{
        const char *text = json_string_value(value);
        char *unit;
        double number;
        int power;

        if (!json_is_string(value))
                return body_read_int(body, key, value, ret_value);
        number = g_ascii_strtod(text, &unit);
        power = unit == text ? -1 : unit_power(unit + (unit[0] == ' '));
        for (int i = 0; i < power; i++)
                number *= 1024;
        if (power < 0 || !(number > -9.2e18 && number < 9.2e18)) {
                body_wrong(body, key, "not a size in bytes: %s", text);
                return false;
        }
        *ret_value = (int64_t) number;
        return true;
}

bool body_read_bool(Body *body, const char *key, const json_t *value, bool *ret_value)
{
        if (json_is_boolean(value)) {
                *ret_value = json_is_true(value);
                return true;
        }
        if (json_is_string(value) && text_parse_bool(json_string_value(value), ret_value))
                return true;
        body_wrong(body, key, "neither true nor false");
        return false;
}

bool body_read_decimal(Body *body, const char *key, const json_t *value, double *ret_value)
{
        if (json_is_number(value)) {
                *ret_value = json_number_value(value);
                return true;
        }
        if (json_is_string(value)) {
                const char *text = json_string_value(value);
                char *end;

                *ret_value = g_ascii_strtod(text, &end);
                if (end != text && *end == '\0')
                        return true;
        }
        body_wrong(body, key, "not a number");
        return false;
}

const char *body_read_text(Body *body, const char *key, const json_t *value)
{
        if (json_is_string(value))
                return json_string_value(value);
        body_wrong(body, key, "not a text");
        return NULL;
}

/* A scalar as the text that stands in the document; NULL for anything else */
static json_t *scalar_text(const json_t *value)
{
        if (json_is_string(value))
                return json_string(json_string_value(value));
        if (json_is_null(value))
                return json_string("");
        if (json_is_boolean(value))
                return json_string(json_is_true(value) ? "true" : "false");
        if (json_is_integer(value))
                return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        if (json_is_real(value)) {
                char text[G_ASCII_DTOSTR_BUF_SIZE];

                return json_string(g_ascii_dtostr(text, sizeof text, json_real_value(value)));
        }
        return NULL;
}

json_t *body_read_texts(Body *body, const char *key, const json_t *value)
{
        json_t *array = json_array();
        size_t i;
        json_t *item;

        if (!json_is_array(value)) {
                json_t *text = scalar_text(value);

                if (text == NULL)
                        body_wrong(body, key, "not a list of texts");
                else
                        json_array_append_new(array, text);
                return array;
        }
        json_array_foreach(value, i, item) {
                json_t *text = scalar_text(item);

                if (text == NULL)
                        body_wrong(body, key, "not a list of texts");
                else
                        json_array_append_new(array, text);
        }
        return array;
}

json_t *body_read_pairs(Body *body, const char *key, const json_t *value)
{
        json_t *object = json_object();
        const char *name;
        size_t i;
        json_t *item;

        if (json_is_object(value)) {
                json_object_foreach((json_t *) value, name, item) {
                        json_t *text = scalar_text(item);

                        if (text == NULL)
                                body_wrong(body, key, "%s: not a text", name);
                        else
                                json_object_set_new(object, name, text);
                }
                return object;
        }
        if (!json_is_array(value))
                body_wrong(body, key, "neither a map nor a list of NAME=VALUE");
        json_array_foreach(value, i, item) {
                const char *pair = json_string_value(item);

                if (pair == NULL)
                        body_wrong(body, key, "not a list of NAME=VALUE");
                else
                        body_put_pairs(body, object, key, &pair, 1);
        }
        return object;
}

json_t *body_labels(Body *body, const json_t *own, const char *const *labels)
{
        json_t *all = own == NULL || json_is_null(own) ? json_object()
                                                       : body_read_pairs(body, "labels", own);

        if (labels != NULL)
                body_put_pairs(body, all, "labels", labels, g_strv_length((char **) labels));
        return all;
}

bool body_check(const Body *body, GError **error)
{
        if (body->wrong == NULL)
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, body->wrong);
        return false;
}
