#pragma once

/*
 * Examples: YAML for the reference page and `slipway explain`
 *
 * Each is a whole file, or a part of one that begins with its key; the tests lint them all.
 */

/* The example for a kind of object (ObjectSpec.name), or NULL */
const char *example_of(const char *object);
