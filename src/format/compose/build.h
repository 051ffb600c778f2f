#pragma once

/*
 * Build: the model of a Compose document, and of what a release file gives beside it
 */

#include "format/compose/document.h"

/* A config or secret that a release file gives beside its Compose document: what is external there
 * has its content from here */
typedef struct ComposeGift {
        ResourceKind kind;
        const char *name; /* at the engine */
        const char *text;
        const json_t *labels; /* NULL: none */
} ComposeGift;

/* What else there is to know than the document; borrowed for the call */
typedef struct ComposeExtra {
        const ComposeGift *gifts;
        size_t n_gifts;
        const FormatSource *sources; /* the files, for their directives */
        size_t n_sources;
} ComposeExtra;

/* compose_build() with more than the document; @extra may be NULL */
Application *compose_build_extra(const ComposeDocument *document, const FormatOptions *options,
                                 const ComposeExtra *extra, DiagList *diags);

/* (transfer full) the keys that an engine can't do, as a table in Markdown */
char *compose_reference(void);
