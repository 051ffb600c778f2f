#pragma once

/*
 * JSON access: what jansson leaves to its users
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* The member at a dotted path below an object ("State.Health.Status"), or NULL; borrowed */
json_t *json_at(const json_t *root, const char *path);

/* The same, as a value; the default where it is missing or of another type */
const char *json_string_at(const json_t *root, const char *path, const char *fallback);
gint64 json_int_at(const json_t *root, const char *path, gint64 fallback);
bool json_bool_at(const json_t *root, const char *path, bool fallback);

/* (transfer full) one line, keys sorted: the same value always gives the same text */
char *json_to_canonical_text(const json_t *value);
