#pragma once

/*
 * Values: texts that mean a number, a time, a size, or several words
 *
 * The rules are those of the reference implementation, so that both make the same of a file.
 */

#include <glib.h>
#include <stdbool.h>

/* A whole number as YAML 1.2 and Go read a plain scalar: `80`, `0x50`, `0o120`, `0120`, `1_000` */
bool value_parse_yaml_int(const char *text, gint64 *ret_value);

/* A number with a point or an exponent, or too large for a whole one */
bool value_parse_yaml_float(const char *text, double *ret_value);

/* The same as single precision has it; false where that is too small for it */
bool value_parse_single(const char *text, double *ret_value);

/* (transfer full) the shortest decimal number that reads as the same: of single precision as JSON
 * has it, and as Go prints it where text is wanted (1e+06) */
char *value_single_to_json(double value);
char *value_double_to_text(double value);

/* `1m30s`, `1.5h`, `2w`; in nanoseconds */
bool value_parse_duration(const char *text, gint64 *ret_ns);
char *value_duration_to_text(gint64 ns); /* (transfer full) `1m30s` */

/* `64m`, `1.5 GiB`, `1024`: multiples of 1024, not negative; but `-1` is no limit */
bool value_parse_bytes(const char *text, gint64 *ret_bytes);

/**
 * value_split_words() - a command line as a shell would split it
 * @ret_rest: where the reading ended early, at an operator of the shell (`;`, `|`, `&`, `<`, `>`)
 *            outside of quotes; NULL where all was read
 *
 * Return: (transfer full) the words, or NULL where a quote or bracket is left open
 */
GPtrArray *value_split_words(const char *text, const char **ret_rest);

/* `yes`, `on`, `TRUE` …; *ret_is_odd: not a boolean in YAML 1.2 */
bool value_parse_bool(const char *text, bool *ret_value, bool *ret_is_odd);

bool value_is_ip(const char *text);

/* (transfer full) without `.`, `..` and double slashes; "." for an empty one */
char *value_clean_path(const char *path);
