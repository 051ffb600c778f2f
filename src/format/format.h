#pragma once

/*
 * Format: a document → the model
 *
 * The one door through which files come in. Every mistake is a diagnostic with file, line and
 * column, all mistakes of a file at once. Behind it nobody asks which format it was.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/diag.h"
#include "model/application.h"

typedef struct TemplateFunctions TemplateFunctions;

/* What the model is wanted for: findings have a severity for each (decision 24) */
typedef enum FormatPurpose {
        FORMAT_LINT, /* an error only where the reference validator rejects */
        FORMAT_UP,   /* also an error where what would run is not what was meant */
} FormatPurpose;

typedef struct FormatOptions {
        FormatPurpose purpose;
        bool is_strict; /* warnings are errors */
        /* The functions that templates may call; NULL: the names of all that the format knows */
        const TemplateFunctions *functions;
} FormatOptions;

/**
 * format_read() - read an application file, native or Compose
 * @file:    as the user gave it, for messages; copied
 * @text:    the file's bytes; borrowed for the call
 * @options: NULL: lint
 * @diags:   all findings, sorted by place
 *
 * Return: (transfer full) the application, or NULL where there are errors for the purpose
 */
Application *format_read(const char *file, const char *text, size_t size,
                         const FormatOptions *options, DiagList *diags);

/* A kind of finding: what `slipway lint --list` shows */
typedef struct FormatFinding {
        const char *name;
        DiagSeverity lint, up;
        const char *help; /* one line */
} FormatFinding;

const FormatFinding *format_findings(size_t *ret_n);
const FormatFinding *format_finding(const char *name);

/**
 * format_explain() - what a key means
 * @path: `containers.publish_events`, `components[0].containers[0].ports`, `ephemeral`; from the
 *        root or from any kind of object; "" is the root
 *
 * Return: (transfer full) text for a terminal, or NULL where there is no such key, with a guess
 * in *ret_suggestion (static; NULL where none is near)
 */
char *format_explain(const char *path, const char **ret_suggestion);

/* (transfer full) the reference page of the native format, Markdown */
char *format_reference(void);

/* The start graph */
typedef enum FormatGraph {
        FORMAT_GRAPH_TEXT,
        FORMAT_GRAPH_DOT,
        FORMAT_GRAPH_MERMAID,
} FormatGraph;

bool format_graph_from_string(const char *text, FormatGraph *ret_how);
char *format_graph(const Application *app, FormatGraph how); /* (transfer full) */

/* (transfer full) the findings as a SARIF 2.1.0 log, for editors and CI */
json_t *format_sarif(DiagList *diags);
