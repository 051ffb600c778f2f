#pragma once

/*
 * Findings: the names of what can be wrong or doubtful, and how grave it is
 */

#include <glib.h>
#include <stdbool.h>

#include "base/diag.h"
#include "format/format.h"
#include "yaml/yaml.h"

/* A path in the document as it is walked; made into text only for a finding */
typedef struct Path Path;
struct Path {
        const Path *parent;
        const char *key; /* NULL: an item of a list */
        size_t index;
};

/* (transfer full) `components[0].containers[1].name` */
char *path_to_string(const Path *path);

/* Where findings go */
typedef struct Reporter {
        DiagList *diags;
        const YamlStream *stream;
        FormatPurpose purpose;
        bool is_strict;
        bool is_lenient; /* inside what the reference validator does not look into, and which
                               * changes nothing that runs: no finding is an error */
        const FormatSource
                *sources; /* where there is no stream: the files' texts, for directives */
        size_t n_sources;
        bool has_directives;  /* somewhere in the file it says `slipway: ignore` */
        const YamlNode *root; /* of the document, for paths; may be NULL */
} Reporter;

/**
 * report() - add a finding with the severity that the table gives it
 * @name:  in the table of findings
 * @width: characters to underline
 * @path:  NULL: found from the place
 *
 * A comment `# slipway: ignore NAME` on the line silences what is not an error.
 */
void report(const Reporter *reporter, const char *name, SourcePos pos, unsigned width,
            const Path *path, const char *format, ...) G_GNUC_PRINTF(6, 7);

/* The same with the path as text */
void report_at(const Reporter *reporter, const char *name, SourcePos pos, unsigned width,
               const char *path, const char *format, ...) G_GNUC_PRINTF(6, 7);

/* Whether further findings are only counted: then no guess and no place is worth its time, which
 * keeps documents full of mistakes from taking hours */
bool report_is_full(const Reporter *reporter);
