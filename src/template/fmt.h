#pragma once

/*
 * Fmt: Go's package fmt
 *
 * Values as text: with a format, and as Print and Println do it. All of them append and return false
 * where the text would go past @max bytes in all, or values lie too deep in each other; what was
 * appended until then stays.
 */

#include <glib.h>
#include <stdbool.h>

#include "template/value.h"

bool fmt_printf(GString *out, size_t max, const char *format, size_t len, const Value *args,
                size_t n_args);

/* A blank between two operands where neither is a string */
bool fmt_print(GString *out, size_t max, const Value *args, size_t n_args);

/* A blank between all, and a newline */
bool fmt_println(GString *out, size_t max, const Value *args, size_t n_args);

/* One value as %v has it */
bool fmt_value(GString *out, size_t max, Value v);
