#pragma once

/*
 * Normalize: what a document says without words
 */

#include "format/compose/loader.h"

/* The default network, the project's names of resources, dependencies that follow from other keys,
 * variables without value: put into the merged document, in place */
void normalize_apply(Loader *loader, ComposeNode *root, const char *project,
                     const Environment *environment);

/* Reads `env_file` and `label_file` of the merged service into `environment` and `labels` of the
 * effective one, and gives variables without value the one of the environment */
void normalize_files(Loader *loader, const ComposeNode *merged, ComposeNode *service,
                     const Environment *environment);
