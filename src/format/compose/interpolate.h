#pragma once

/*
 * Interpolate: `$VAR`, `${VAR:-default}` and the like
 */

#include "format/compose/loader.h"

#define INTERPOLATE_DEPTH_MAX  32         /* `${A:-${B:-…}}` */
#define INTERPOLATE_LENGTH_MAX (1u << 20) /* of a value, in bytes */

typedef struct InterpolateResult {
        char *text;          /* (transfer full) NULL: it could not be done */
        const char *problem; /* then: what is wrong; static */
        char *required;      /* then, where a variable is required: its name */
        char *reason;        /* and why, in the author's words */
        GPtrArray *unset;    /* (element-type utf8) variables without value or default, each time */
} InterpolateResult;

void interpolate_result_clear(InterpolateResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(InterpolateResult, interpolate_result_clear)

typedef const char *(*InterpolateLookup)(const char *name, gconstpointer user);

/**
 * interpolate_text() - put the values in
 * @lookup: the value of a variable, or NULL where it is not set
 *
 * A `$` that begins nothing stays as it is.
 */
InterpolateResult interpolate_text(const char *text, InterpolateLookup lookup, gconstpointer user);

/* All texts below the node, in place; what is wrong becomes a finding */
void interpolate_node(Loader *loader, ComposeNode *node, const Path *path,
                      const Environment *environment);
