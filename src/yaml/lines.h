#pragma once

/*
 * Lines: from what libyaml calls a place to what an editor calls it
 *
 * libyaml counts lines at CR, NEL, LS and PS too; editors and we only at LF (and CR LF).
 */

#include <glib.h>
#include <stdbool.h>

#include "base/arena.h"

typedef struct YamlLines {
        const char *text;
        size_t size;
        size_t *starts; /* byte offsets of our lines */
        size_t n;
        size_t *odd_starts; /* of libyaml's lines; NULL where they are the same */
        size_t n_odd;
} YamlLines;

/* Where a line begins and ends, without its end-of-line bytes */
YamlLines *yaml_lines_new(Arena *arena, const char *text, size_t size);

/* The line's text without its end; counts from 1; "" for a line that is not there */
const char *yaml_lines_at(const YamlLines *lines, unsigned line, size_t *ret_len);

/* The byte offset of a place; a column past the end gives the line's end */
size_t yaml_lines_offset(const YamlLines *lines, unsigned line, unsigned col);

/* The place of a byte offset */
void yaml_lines_place(const YamlLines *lines, size_t offset, unsigned *ret_line, unsigned *ret_col);

/* The place of a mark of libyaml's, which counts both from 0 */
void yaml_lines_from_mark(const YamlLines *lines, size_t mark_line, size_t mark_col,
                          unsigned *ret_line, unsigned *ret_col);
