#pragma once

/*
 * RE2: its syntax checked, and written as PCRE2 wants it
 */

#include <glib.h>
#include <stddef.h>

/* The names of groups are added to @names (NULL for one without); a name stands there and not in
 * the result. NULL where RE2 would refuse it, with the reason in *ret_error. */
char *re2_translate(const char *pattern, size_t len, GPtrArray *names, size_t *ret_len,
                    char **ret_error);
