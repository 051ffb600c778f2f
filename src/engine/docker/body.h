#pragma once

/*
 * Body: a JSON request under construction, and the first thing that was wrong with it
 *
 * What the engine cannot take is collected, not returned by every helper: the text that
 * is not UTF-8, the value that is none of its kind. A key that only newer engines know
 * is noted with the API version that it needs; it is checked when the version is agreed
 * on (docker_body_check_api()).
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Body {
        json_t *config, *host, *networking; /* what helpers are given; not owned */
        char *wrong;      /* a sentence that begins with the key; NULL: all well */
        char *newest_key; /* that needs API 1.@newest; NULL: every engine does */
        unsigned newest;
} Body;

void body_done(Body *body);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Body, body_done)

/* The first complaint stays */
void body_wrong(Body *body, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* @key is known to engines from API 1.@minor on */
void body_needs(Body *body, const char *key, unsigned minor);

/* @value is taken; NULL is a text that is not UTF-8 */
void body_set(Body *body, json_t *object, const char *key, json_t *value);
void body_append(Body *body, json_t *array, const char *key, json_t *value);

/* These leave out what is empty: "", 0, false, no items */
void body_set_text(Body *body, json_t *object, const char *key, const char *text);
void body_set_int(Body *body, json_t *object, const char *key, int64_t value);
void body_set_flag(Body *body, json_t *object, const char *key, bool value);
void body_set_texts(Body *body, json_t *object, const char *key, const char *const *items,
                    size_t n);
json_t *body_texts(Body *body, const char *key, const char *const *items, size_t n);

/* `key=value` texts as members of the object; @field is what messages name */
void body_put_pairs(Body *body, json_t *object, const char *field, const char *const *pairs,
                    size_t n);

/* (transfer full) labels of a document, and those of a request that win over them */
json_t *body_labels(Body *body, const json_t *own, const char *const *labels);

/* False with ENGINE_ERROR_BAD_REQUEST where something was wrong */
bool body_check(const Body *body, GError **error);

/* ---- Values of a document as the engine takes them; a wrong one is told to @body ---- */

/* Number, or a text that is one; the texts of sizes may end in b, k, m, g with or without another
 * b, ib */
bool body_read_int(Body *body, const char *key, const json_t *value, int64_t *ret_value);
bool body_read_size(Body *body, const char *key, const json_t *value, int64_t *ret_value);
bool body_read_bool(Body *body, const char *key, const json_t *value, bool *ret_value);
bool body_read_decimal(Body *body, const char *key, const json_t *value, double *ret_value);
const char *body_read_text(Body *body, const char *key, const json_t *value); /* NULL */

/* (transfer full) an array of texts: of an array of scalars, or of one text */
json_t *body_read_texts(Body *body, const char *key, const json_t *value);

/* (transfer full) an object of texts: of an object of scalars, or of an array of `key=value` */
json_t *body_read_pairs(Body *body, const char *key, const json_t *value);
