#pragma once

/*
 * Lines: output of several containers in one stream
 *
 * What comes in chunks goes out in whole lines behind the name of the workload, so that lines of
 * two workloads do not mix. Output of a single one passes through as it is.
 */

#include "cli/cli.h"

#define LINES_BYTES_MAX (64u << 10) /* a longer line is broken */

typedef struct Lines Lines;

Lines *lines_new(Cli *cli, bool has_names);
void lines_free(Lines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lines, lines_free)

/* A LogFunc; @lines is a Lines. Once nobody reads any more it interrupts the controller. */
void lines_add(const char *workload, bool is_stderr, const char *data, size_t size, gpointer lines);

/* Writes what does not end in a line end */
void lines_end(Lines *lines);
