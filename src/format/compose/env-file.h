#pragma once

/*
 * Env file: `.env` and `env_file`, as Compose reads them
 */

#include "format/compose/interpolate.h"

#define ENV_FILE_VALUES_MAX (8u << 20) /* bytes of all values that a file gives */

/**
 * env_file_parse() - the variables of a file
 * @values: (element-type utf8 utf8) they are put here; what stands here already is seen by later
 *          lines
 * @lookup: variables of the outside; they have the word over those of the file. NULL: there are
 *          none
 * @is_raw: `format: raw`: a line is KEY=VALUE, and nothing in it has a meaning
 * @ret_line: where the mistake is
 *
 * Return: NULL, or what is wrong (transfer full); no value is quoted
 */
char *env_file_parse(const char *text, GHashTable *values, InterpolateLookup lookup,
                     gconstpointer user, bool is_raw, unsigned *ret_line);
