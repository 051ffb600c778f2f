#pragma once

/*
 * Extends: services that are made from others, of this file or of another one
 */

#include "format/compose/loader.h"

/**
 * extends_apply() - merge all services of a document with those that they extend
 * @folder:  what the paths in it are relative to
 * @removed: what `!reset` and `!override` take from the services that are extended
 */
void extends_apply(Loader *loader, ComposeNode *root, const LoadedFile *file, const char *folder,
                   const Environment *environment, const GPtrArray *removed);
