#pragma once

/*
 * Place: lines and columns of many offsets in one text
 *
 * Errors need one place and count from the beginning. Whoever asks for thousands makes a Places
 * first: it passes over the text once, and an answer then costs PLACE_STRIDE bytes at most,
 * however long the text and its lines are.
 */

#include <glib.h>
#include <stddef.h>

#define PLACE_STRIDE 256 /* bytes between the places that are kept */

typedef struct Place {
        unsigned line;   /* from 1 */
        unsigned column; /* from 1, in characters (code points) */
} Place;

typedef struct Places {
        const char *text; /* borrowed */
        size_t len;
        GArray *marks;   /* (element-type Place) of each PLACE_STRIDE-th byte */
        size_t examined; /* bytes looked at so far: what the answers have cost */
} Places;

/* The place of a byte; counts from the text's beginning */
Place place_at(const char *text, size_t offset);

void places_init(Places *places, const char *text, size_t len);
void places_done(Places *places);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Places, places_done)

/* The same as place_at(); an @offset past the end is the end's place */
Place places_find(Places *places, size_t offset);
