#pragma once

/*
 * Time: units and how people and programs read them
 *
 * Moments are int64_t microseconds; monotonic unless the name says wall_ (since 1970, UTC).
 * The engine's own stamps have nanoseconds: those are wall_ns.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define US_PER_MS ((int64_t) 1000)
#define US_PER_S  ((int64_t) 1000000)
#define NS_PER_US ((int64_t) 1000)
#define NS_PER_S  ((int64_t) 1000000000)

/* RFC 3339 in UTC with nine decimals, "2026-11-22T01:02:03.123456789Z"; (transfer full) */
char *time_to_rfc3339(int64_t wall_ns);

/* Reads RFC 3339 with any number of decimals and any offset; false where it is none, or is before
 * 1678 or behind 2261, which nanoseconds of 64 bits do not reach. The zero
 * time of Go ("0001-01-01T00:00:00Z", the engine's "never") reads as 0. */
bool time_from_rfc3339(const char *text, int64_t *ret_wall_ns);

/* (transfer full) a duration as a person says it: "40 ms", "2.1 s", "3 min", "5 h", "2 days" */
char *duration_to_text(int64_t us);

/* (transfer full) "3 min ago"; of what the clock has not come to yet, since it was set back, "3 min
 * ahead of this clock" */
char *ago_to_text(int64_t us);
