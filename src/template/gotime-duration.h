#pragma once

/*
 * Gotime, durations: "1h2m3.5s" from nanoseconds and back
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

void gotime_duration_string(GString *out, int64_t ns);

/* "1h30m"; false where it is none */
bool gotime_parse_duration(const char *s, size_t n, int64_t *ret_ns);
