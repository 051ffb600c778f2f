#pragma once

/*
 * Schema: is what was written of the kinds that the keys have?
 */

#include "format/compose/keys.h"
#include "format/compose/loader.h"

/* Of one file, before anything is merged: unknown keys, wrong kinds, values that can't be */
void schema_check(Loader *loader, const ComposeNode *root);

/* The same of a service alone, of a file from which only it is taken */
void schema_check_service(Loader *loader, const ComposeNode *service, const char *name);

/* Whether a service or resource may have it */
bool schema_is_name(const char *name);

/* Of the whole, when all is merged: what must be there and is not, what stands in a list twice */
void schema_check_whole(Loader *loader, const ComposeNode *root);
