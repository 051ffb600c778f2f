#pragma once

/*
 * Regex: RE2's syntax over PCRE2
 *
 * Patterns are RE2's (Go's): what RE2 refuses is refused here, with look-around, back references
 * and possessive quantifiers among it. Matching is leftmost-first. docs/templates.md lists what
 * still differs.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Regex Regex;

typedef enum RegexResult {
        REGEX_MATCH,
        REGEX_NO_MATCH,
        REGEX_LIMIT, /* it took more than its steps */
} RegexResult;

#define REGEX_PATTERN_MAX 65536 /* bytes */
#define REGEX_NONE        ((size_t) -1)

/* NULL where it is no pattern; then *ret_error says why (free it) */
Regex *regex_new(const char *pattern, size_t len, char **ret_error);
/* PCRE2's own syntax, for patterns of ours */
Regex *regex_new_native(const char *pattern);
void regex_free(Regex *regex);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Regex, regex_free)

void regex_set_limit(Regex *regex, size_t steps);

/* Groups, without the whole match */
size_t regex_n_groups(const Regex *regex);
/* The number of the first group of that name that took part in the last match, or 0 */
size_t regex_group(const Regex *regex, const char *name, size_t len);

/**
 * regex_match() - the first match at or after @start
 *
 * On REGEX_MATCH regex_offsets() has two offsets for the match and for each group, REGEX_NONE where
 * a group took no part.
 */
RegexResult regex_match(Regex *regex, const char *s, size_t n, size_t start);
const size_t *regex_offsets(const Regex *regex);
