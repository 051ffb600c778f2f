#pragma once

/*
 * Semver: versions and constraints on them, as Masterminds/semver 3 reads them
 */

#include <glib.h>
#include <stdbool.h>

#include "template/value.h"

/* "v1.2.3-beta.1+b5"; minor and patch may be missing. NULL where it is none; in the arena. */
ValueVersion *semver_parse(Arena *arena, const char *text, size_t len);

int semver_compare(const ValueVersion *a, const ValueVersion *b);
void semver_string(GString *out, const ValueVersion *version);

typedef enum SemverCheck {
        SEMVER_YES,
        SEMVER_NO,
        SEMVER_BAD_CONSTRAINT,
} SemverCheck;

/* ">=1.2, <2 || ^3.1" */
SemverCheck semver_check(Arena *arena, const char *constraint, size_t len,
                         const ValueVersion *version);
