#pragma once

/*
 * Scalars: which plain words are numbers and booleans
 *
 * YAML 1.1 as Go's yaml.v2 reads it, which the documents in the wild were written for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "yaml/yaml.h"

/* Whether the text is what its tag says (`!!int 5`); true where it has none that is known */
bool scalar_fits_tag(const YamlNode *node);

bool scalar_to_bool(const YamlNode *node, bool *ret_value);

/* Numbers with a fraction are cut off: 5.7 is 5; `010` is 8, `0x10` 16, `1_0` 10. A fraction beyond
 * the type's end is taken as that end: so also a negative one by scalar_to_uint(). */
bool scalar_to_int(const YamlNode *node, int64_t *ret_value);
bool scalar_to_uint(const YamlNode *node, uint64_t *ret_value);
bool scalar_to_float(const YamlNode *node, double *ret_value);
