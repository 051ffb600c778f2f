#pragma once

/*
 * Consistency: do the parts of a project fit each other?
 */

#include "format/compose/loader.h"

/* Findings about references to what is not there, keys that exclude each other, cycles, and names
 * that are taken; only of services whose profile is active. @root is the effective document with
 * all its services and resources. */
void consistency_check(Loader *loader, const ComposeNode *root, const char *const *profiles);
