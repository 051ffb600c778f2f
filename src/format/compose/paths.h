#pragma once

/*
 * Paths: of files and folders on the host, made absolute
 */

#include "format/compose/loader.h"

/* Relative ones are relative to @folder, which is absolute; `~` is HOME */
void paths_resolve(Loader *loader, ComposeNode *root, const char *folder,
                   const Environment *environment);
