#pragma once

/*
 * Gotime, parse: moments from text of a layout
 */

#include "template/gotime.h"

/* false where @text is not of that layout; then *ret is the zero time. Strings in *ret are in the
 * arena. */
bool gotime_parse(Arena *arena, const char *layout, size_t layout_len, const char *text, size_t len,
                  ValueTime *ret);
