#pragma once

/*
 * Typed: a merged document in long form → the effective one
 *
 * Each value becomes what its key is: text `"8080"` a number, `1m` 60 seconds, `64m` bytes, a
 * list of `key=value` a mapping. What says no more than its absence is left out. The result has
 * the form of `docker compose config --format json`, and besides it the `x-` keys.
 */

#include "format/compose/keys.h"
#include "format/compose/loader.h"

/* Made anew; the document passed schema_check() */
ComposeNode *typed_document(Arena *arena, const ComposeNode *root);
