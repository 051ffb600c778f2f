#pragma once

/*
 * Convert: a YAML document → nodes
 *
 * Plain scalars get their types as YAML 1.2 has them. A value with the tag `!reset` is left out;
 * its place, and that of one with `!override`, is kept: there the files before it lose theirs.
 */

#include "format/compose/loader.h"

/* @removed: (element-type Path) the places are appended; NULL is returned after a finding */
ComposeNode *convert_document(Loader *loader, const YamlStream *stream, const YamlNode *root,
                              GPtrArray *removed);

/* Removes what stands at these places below @node, which is at @path (NULL: the root) */
void convert_remove(ComposeNode *node, const Path *path, const GPtrArray *removed);
