#pragma once

/*
 * Canonical: short forms → long forms
 */

#include "format/compose/loader.h"

/* All short forms in the document, in place; what can't be read becomes a finding */
void canonical_apply(Loader *loader, ComposeNode *root);

/* What is to be true where nothing is said: of ports, secrets, builds, device requests */
void canonical_defaults(Loader *loader, ComposeNode *root);

/* `{condition: service_started, required: true}` */
ComposeNode *canonical_dependency(Arena *arena, const ComposeNode *at);

/* (transfer full) where a volume in short form is mounted; NULL where it can't be read */
char *canonical_volume_target(const char *text);
