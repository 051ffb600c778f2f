#pragma once

/*
 * Tree: the nodes of a Compose document while it is put together
 *
 * Nodes are made, copied and changed here; what is built with these functions only grows by
 * them. Everything lives in an arena, so that taking a member out costs nothing and frees nothing.
 */

#include "format/compose/document.h"
#include "format/findings.h"

#define COMPOSE_KEYS_MAX 5000u /* of one mapping */

ComposeNode *node_new(Arena *arena, ComposeType type, SourcePos pos, unsigned width);
ComposeNode *node_new_text(Arena *arena, const char *text, const ComposeNode *at);
ComposeNode *node_new_bool(Arena *arena, bool value, const ComposeNode *at);
ComposeNode *node_new_int(Arena *arena, gint64 value, const ComposeNode *at);
ComposeNode *node_new_null(Arena *arena, const ComposeNode *at);
ComposeNode *node_new_map(Arena *arena, const ComposeNode *at);
ComposeNode *node_new_list(Arena *arena, const ComposeNode *at);

/* All of it, its own members included */
ComposeNode *node_copy(Arena *arena, const ComposeNode *node);

/* The same value, wherever it was written; the order of a map's keys does not matter */
bool node_equal(const ComposeNode *a, const ComposeNode *b);

/* A list of names as a mapping, of each to what @make makes of it; anything else is left as it is */
ComposeNode *node_names_to_map(Arena *arena, ComposeNode *node,
                               ComposeNode *(*make)(Arena *arena, const ComposeNode *at));

void node_append(Arena *arena, ComposeNode *list, ComposeNode *item);

/* Sets or replaces a member; a new one stands at @pos, a replaced one moves there. A map that has
 * COMPOSE_KEYS_MAX keys takes no more, and is_full says so. */
void node_set_at(Arena *arena, ComposeNode *map, const char *key, SourcePos pos,
                 ComposeNode *value);
/* The same at the value's own place */
void node_set(Arena *arena, ComposeNode *map, const char *key, ComposeNode *value);
void node_set_text(Arena *arena, ComposeNode *map, const char *key, const char *text);
void node_set_bool(Arena *arena, ComposeNode *map, const char *key, bool value);
void node_remove(ComposeNode *map, const char *key);

/* Whether a member is there and neither NULL nor null */
bool node_has(const ComposeNode *map, const char *key);

bool node_is(const ComposeNode *node, ComposeType type); /* false for NULL */
bool node_is_scalar(const ComposeNode *node);            /* text, number or bool */
bool node_is_true(const ComposeNode *node);              /* a bool, or text that Go takes for one */

/* "a list", for findings */
const char *node_describe(const ComposeNode *node);

/* The nodes below and including it */
size_t node_count(const ComposeNode *node);

/* Whether the path is that of a pattern: `services.*.ports`; `*` is any key, `[]` any item */
bool path_matches(const Path *path, const char *pattern);
