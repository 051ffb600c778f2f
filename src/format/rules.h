#pragma once

/*
 * Rules: what a scalar's text must be, without regard to the rest of the document
 */

#include <stdbool.h>

#include "format/keys.h"

/**
 * rule_check() - whether a text follows a rule
 * @text:     not empty
 * @ret_want: what would be right, for the message; static
 *
 * Texts with a template pass where the rule says so. Rules that need the document pass.
 */
bool rule_check(const KeySpec *key, const char *text, const char **ret_want);

/* The name of the finding for a text that breaks the rule */
const char *rule_finding(const KeySpec *key);

/* `X.Y.Z` without leading zeros, with an optional `-pre` and `+build` */
bool semver_is_valid(const char *text);

/* Whether a (valid) version is below major.minor.0 */
bool semver_is_below(const char *text, unsigned major, unsigned minor);
