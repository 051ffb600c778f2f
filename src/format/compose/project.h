#pragma once

/*
 * Project: its name, its folder, and which of its services count
 */

#include "format/compose/loader.h"

/* (transfer full) lower case, and only a-z, 0-9, `_` and `-`, with a letter or digit first */
char *project_normalize_name(const char *name);

/* (transfer full) by the rules: what the caller says, COMPOSE_PROJECT_NAME, `name` of the last file
 * that has one, the folder's; a finding where there is none */
char *project_name(Loader *loader, const GPtrArray *files, const char *folder,
                   const Environment *environment);

/* (transfer full) NULL-terminated; of the caller, or COMPOSE_PROFILES */
GStrv project_profiles(const Loader *loader, const Environment *environment);

/* Whether the service has no profile, or one that is active */
bool project_is_active(const ComposeNode *service, const char *const *profiles);

/* Takes out services whose profiles are not active, and resources that no other one uses */
void project_reduce(ComposeNode *root, const char *const *profiles);
