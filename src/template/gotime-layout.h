#pragma once

/*
 * Gotime, layouts: what they are made of, for format and parse alike
 *
 * A layout is read chunk by chunk: literal text, and then an element that stands for a part of the
 * moment.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* In full; the first three letters are the short names */
extern const char *const gotime_months[12];
extern const char *const gotime_weekdays[7];

typedef enum LayoutElement {
        LAYOUT_END,
        LAYOUT_LONG_MONTH,
        LAYOUT_MONTH,
        LAYOUT_NUM_MONTH,
        LAYOUT_ZERO_MONTH,
        LAYOUT_LONG_WEEKDAY,
        LAYOUT_WEEKDAY,
        LAYOUT_DAY,
        LAYOUT_UNDER_DAY,
        LAYOUT_ZERO_DAY,
        LAYOUT_UNDER_YEARDAY,
        LAYOUT_ZERO_YEARDAY,
        LAYOUT_HOUR,
        LAYOUT_HOUR12,
        LAYOUT_ZERO_HOUR12,
        LAYOUT_MINUTE,
        LAYOUT_ZERO_MINUTE,
        LAYOUT_SECOND,
        LAYOUT_ZERO_SECOND,
        LAYOUT_LONG_YEAR,
        LAYOUT_YEAR,
        LAYOUT_UPPER_PM,
        LAYOUT_LOWER_PM,
        LAYOUT_ZONE_NAME,
        LAYOUT_Z_ZONE,         /* Z0700: Z for UTC */
        LAYOUT_Z_ZONE_SECONDS, /* Z070000 */
        LAYOUT_Z_ZONE_SHORT,   /* Z07 */
        LAYOUT_Z_ZONE_COLON,   /* Z07:00 */
        LAYOUT_Z_ZONE_COLON_SECONDS,
        LAYOUT_ZONE,
        LAYOUT_ZONE_SECONDS,
        LAYOUT_ZONE_SHORT,
        LAYOUT_ZONE_COLON,
        LAYOUT_ZONE_COLON_SECONDS,
        LAYOUT_FRACTION_ZEROS,
        LAYOUT_FRACTION_NINES,
} LayoutElement;

typedef struct LayoutChunk {
        size_t prefix; /* bytes of literal text before it */
        LayoutElement element;
        size_t next;  /* where the layout goes on */
        int n_digits; /* of a fraction */
        char separator;
} LayoutChunk;

/* The first chunk of a layout; one of LAYOUT_END when there is only literal text left */
LayoutChunk layout_next(const char *layout, size_t len);

/* What an element of an offset from UTC has behind the hours */
bool layout_has_colon(LayoutElement e);
bool layout_has_seconds(LayoutElement e);
