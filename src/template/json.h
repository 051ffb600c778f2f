#pragma once

/*
 * JSON: Go's encoding/json, for values
 */

#include <glib.h>
#include <stdbool.h>

#include "template/value.h"

typedef enum JsonStyle {
        JSON_HTML,   /* one line, < > & escaped */
        JSON_RAW,    /* one line */
        JSON_PRETTY, /* indented, < > & escaped */
} JsonStyle;

/* false where a value has no JSON form (an infinity, too deep), or it is longer than @max bytes */
bool json_write(GString *out, size_t max, Value v, JsonStyle style);

typedef enum JsonStatus {
        JSON_OK,
        JSON_SYNTAX, /* *ret is nil */
        JSON_VALUE,  /* a number is too large: it is nil in *ret */
} JsonStatus;

/* Numbers are float64, as Go has them; in the arena. *ret_at: where the fault is. */
JsonStatus json_read(Arena *arena, const char *s, size_t n, Value *ret, size_t *ret_at);
