#pragma once

/*
 * Merge: one file over another, one service over the one that it extends
 */

#include "format/compose/loader.h"

/**
 * merge_nodes() - what @over changes in @base
 * @base: is used up
 * @path: of both; `services.x` for services
 *
 * Mappings are merged, lists are appended, what is one value is replaced; `command`,
 * `entrypoint` and `healthcheck.test` are replaced as a whole, and what has two forms (`labels`,
 * `networks`, `build` …) is brought to one before. Kinds that don't go together become findings.
 */
ComposeNode *merge_nodes(Loader *loader, ComposeNode *base, ComposeNode *over, const Path *path);

/* Removes what is void in @over where @base has something: it is left as it is. Only commands and
 * other things that are replaced as a whole can be taken away like this. */
void merge_skip_void(ComposeNode *over, const ComposeNode *base, const Path *path);

/* Of items of a list that mean the same (a port, a mount's target, a variable), the last one stays,
 * at the place of the first */
void merge_unique(Loader *loader, ComposeNode *node, const Path *path);
