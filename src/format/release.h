#pragma once

/*
 * Release: a file of several documents, each of a kind
 *
 * Split by its text, not by its grammar: a Compose document in a release file is a template, and
 * need not be YAML before it is rendered.
 */

#include <glib.h>
#include <stdbool.h>

#define KIND_NATIVE "replicated"
#define KIND_SWARM  "scheduler-swarm"

typedef struct ReleasePart {
        char *kind;        /* NULL: it does not say */
        size_t begin, end; /* bytes of the file, without the markers */
        unsigned line;     /* where it begins */
        unsigned kind_line, kind_col;
        bool is_empty; /* comments at most */
} ReleasePart;

/* (element-type ReleasePart) (transfer full) the documents of a file; at most
 * RELEASE_PARTS_MAX, the last one holds the rest */
#define RELEASE_PARTS_MAX 64
GArray *release_split(const char *text, size_t size);

/* The first document of this kind, or NULL */
const ReleasePart *release_find(const GArray *parts, const char *kind);

/* (transfer full) the file with everything but this part made blank, so that what it holds stands
 * where it stood */
char *release_text(const char *text, const ReleasePart *part);

/* (transfer full) the text with its templates replaced by a value that fits most places: for whoever
 * judges a file without the settings that it is rendered with */
char *release_neutral(const char *text);
