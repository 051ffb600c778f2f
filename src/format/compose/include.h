#pragma once

/*
 * Include: other projects that become part of this one
 */

#include "format/compose/loader.h"

/* Puts what the files of `include` describe into the document, and takes `include` out */
void include_apply(Loader *loader, ComposeNode *root, const char *folder,
                   const Environment *environment, const Chain *chain);
