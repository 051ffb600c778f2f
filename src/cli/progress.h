#pragma once

/*
 * Progress: a block of lines on a terminal, one for each workload, redrawn in place
 *
 * Only text is made here: the sequences that draw the next frame over the last one. A frame is
 * never higher or wider than the terminal, and it is found again after the terminal's width
 * has changed.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/output.h"

typedef struct Progress Progress;

Progress *progress_new(bool has_colour);
void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* Appends a line, for a workload that is `held` */
void progress_add(Progress *progress, const char *id);

typedef struct ProgressChange {
        const char *state;
        Style style;
        const char *detail; /* what it waits for, or why; NULL: none */
        bool is_settled;    /* nothing more happens to it */
} ProgressChange;

/* The @i-th line shows this from now on; a new state begins a new time */
void progress_set(Progress *progress, unsigned i, const ProgressChange *change, int64_t now_us);

/* What the line before the block says; NULL for none */
void progress_set_title(Progress *progress, const char *title);

unsigned progress_n_lines(const Progress *progress);

/* Whether there is anything to be drawn or taken away */
bool progress_has_rows(const Progress *progress);

/* The state that the @i-th line shows; borrowed until the next change */
const char *progress_state(const Progress *progress, unsigned i);

/* Whether a frame drawn now would differ from the last one */
bool progress_is_stale(const Progress *progress, int64_t now_us);

/* (transfer full) "app/migrate running 40 s, web/app pulling 2:10 min": where something goes on, for
 * how long; NULL where nothing does */
char *progress_busy(const Progress *progress, int64_t now_us);

/* Appends what draws the next frame over the last one */
void progress_draw(Progress *progress, unsigned columns, unsigned lines, int64_t now_us,
                   GString *out);

/* Appends what takes the block away, so that other text can be written there */
void progress_erase(Progress *progress, unsigned columns, GString *out);

/* Appends all lines as they are in the end, without sequences that move */
void progress_list(const Progress *progress, int64_t now_us, GString *out);
