#pragma once

/*
 * Diag: what is wrong in a user's document, and where
 *
 * All findings of a file are collected and reported together, like a good
 * compiler does: file:line:col, severity, what is wrong, what would be right, the
 * line quoted with a caret. Findings have a name (`unknown-key`) by which they can be
 * listed, silenced and looked up.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"

/* A place in a document. Lines and columns count from 1, columns in characters (code points).
 * @file is borrowed from whoever read the file; line 0 means the file as a whole. */
typedef struct SourcePos {
        const char *file;
        unsigned line;
        unsigned col;
} SourcePos;

typedef enum DiagSeverity {
        DIAG_NOTE,
        DIAG_WARNING,
        DIAG_ERROR,
} DiagSeverity;

typedef struct Diag {
        DiagSeverity severity;
        const char *name; /* of the finding, "" where it has none; static or in the list */
        SourcePos pos;
        unsigned width;      /* characters that the caret underlines, at least 1 */
        const char *path;    /* of the key, `components[0].name`; NULL where there is none */
        const char *message; /* "what is wrong; what would be right" */
} Diag;

typedef struct DiagList DiagList;

DiagList *diag_list_new(void);
void diag_list_free(DiagList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiagList, diag_list_free)

/**
 * diag_list_add_source() - hand over a document's text, for quoting its lines
 * @file: as it stands in SourcePos.file; copied
 * @text: the document's bytes; copied
 *
 * Return: the list's own copy of @file, good for SourcePos.file as long as the list lives
 */
const char *diag_list_add_source(DiagList *list, const char *file, const char *text, size_t size);

/* Appends a finding; name, path and message are copied. @path may be NULL. Past
 * DIAG_LIST_MAX findings only the number is counted. */
#define DIAG_LIST_MAX 1000
void diag_add(DiagList *list, DiagSeverity severity, const char *name, SourcePos pos,
              const char *path, const char *format, ...) G_GNUC_PRINTF(6, 7);

/* The same, with the number of characters to underline */
void diag_add_span(DiagList *list, DiagSeverity severity, const char *name, SourcePos pos,
                   unsigned width, const char *path, const char *format, ...) G_GNUC_PRINTF(7, 8);

/* Puts another list's findings behind this one's; @from (transfer full) */
void diag_list_take(DiagList *list, DiagList *from);

/* How many findings of this severity there are, beyond the limit included */
size_t diag_count(const DiagList *list, DiagSeverity severity);
bool diag_has_errors(const DiagList *list);

/* The findings, n = diag_list_size(), in the order in which they were added until sorted */
size_t diag_list_size(const DiagList *list);
Diag *diag_list_at(DiagList *list, size_t i);

/* By file, line, column; findings at one place keep their order */
void diag_list_sort(DiagList *list);

/* Removes the findings for which @keep is false */
void diag_list_filter(DiagList *list, bool (*keep)(const Diag *diag, gpointer user), gpointer user);

/**
 * diag_list_to_text() - the findings as a person reads them
 * @colour: with terminal colours
 *
 * Return: (transfer full) the text, one finding after the other, with quoted lines and carets;
 * at the end a line that says how many were left out, where some were
 */
char *diag_list_to_text(const DiagList *list, bool colour);

/**
 * diag_list_to_json() - the findings for programs
 *
 * Return: (transfer full) an array of {"file","line","column","severity","name","path","message"}
 */
json_t *diag_list_to_json(const DiagList *list);

const char *diag_severity_to_string(DiagSeverity severity);
