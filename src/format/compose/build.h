#pragma once

/*
 * Build: the model of a Compose document that stands in a release file
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

/* compose_build() with the gifts of a release file; borrowed for the call */
Application *compose_build_release(const ComposeDocument *document, const FormatOptions *options,
                                   const ComposeGift *gifts, size_t n_gifts, DiagList *diags);
