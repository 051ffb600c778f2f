#pragma once

/*
 * Volumes: `data:/var/lib/data:ro` → a mapping
 */

#include "format/compose/loader.h"

/* The long form of a mount in short form; NULL with what is wrong in *ret_problem (static) */
ComposeNode *volumes_expand(Arena *arena, const ComposeNode *item, const char **ret_problem);
