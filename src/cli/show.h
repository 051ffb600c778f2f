#pragma once

/*
 * Show: members of results as people read them
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "cli/output.h"

/* (transfer full) any value as text: nothing is "", members of a list are joined by ", " */
char *show_value(const json_t *value);

/* (transfer full) the member at a dotted path as text, "" where there is none */
char *show_at(const json_t *root, const char *path);

/* (transfer full) how long ago a moment (RFC 3339) was: "3 min", "" for none */
char *show_since(const char *time);
char *show_ago(const char *time); /* "3 min ago" */

/* (transfer full) a moment without fractions of a second, "2026-11-22 01:02:03"; "" for none */
char *show_moment(const char *time);

/* (transfer full) the id of a container, as short as the engine shows it; names stay */
char *show_container(const char *id);

/* Of a workload, an application, a deployment, or what a plan does */
Style show_state_style(const char *word);

/* Lines that a container wrote, each behind a bar, on stderr */
void show_quote(Output *output, const char *lines);

/* The `warnings` of a result, on stderr */
void show_warnings(Output *output, const json_t *result);
