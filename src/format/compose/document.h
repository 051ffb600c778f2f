#pragma once

/*
 * Compose document: what the files of a project come to
 *
 * Interpolated, extended, included, merged, filtered by profile and normalised: each key in
 * its long form, as `docker compose config --format json` prints it. Every value knows where
 * its author wrote it. loader.c makes one from files, effective.c prints it, build.c makes the
 * model of it.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "format/format.h"

typedef enum ComposeType {
        COMPOSE_NULL,
        COMPOSE_BOOL,
        COMPOSE_NUMBER, /* text is what stands in the document */
        COMPOSE_TEXT,
        COMPOSE_LIST,
        COMPOSE_MAP,
} ComposeType;

typedef struct ComposeNode ComposeNode;
typedef struct ComposePair ComposePair;

struct ComposeNode {
        ComposeType type;
        SourcePos pos;
        unsigned width;   /* characters to underline */
        const char *text; /* scalars: as JSON would say it, `true`, `1.5`, or the text itself */
        ComposeNode **items;
        size_t n_items;
        ComposePair *pairs;
        size_t n_pairs;
        bool is_full; /* more keys were to be put into the map than it can have */
};

struct ComposePair {
        const char *key;
        unsigned hash; /* g_str_hash() of it: most keys are told apart without their text */
        SourcePos pos; /* of the key */
        ComposeNode *value;
};

/* Everything lives in the arena */
typedef struct ComposeDocument {
        Arena *arena;
        const char *name;        /* of the project */
        const char *working_dir; /* absolute */
        const char *const *files;
        ComposeNode *root;  /* name, services, networks, volumes, configs, secrets, x-… */
        GHashTable *values; /* of the variables that its secrets and configs are made of */
} ComposeDocument;

void compose_document_free(ComposeDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ComposeDocument, compose_document_free)

/* NULL where there is none, or @node is no map */
ComposeNode *compose_get(const ComposeNode *node, const char *key);
const ComposePair *compose_get_pair(const ComposeNode *node, const char *key);

/* The text of a scalar member, or @fallback */
const char *compose_text(const ComposeNode *node, const char *key, const char *fallback);

/* The value of a variable that a secret or config of the document names with `environment`, from
 * the environment or `.env`; NULL where it is not set */
const char *compose_variable(const ComposeDocument *document, const char *name);

/* (transfer full) the same as JSON */
json_t *compose_to_json(const ComposeNode *node);

/**
 * compose_load() - the project that these files describe
 * @sources: in the order of merging; at least one
 * @diags:   every finding of every file, at its place: syntax, unknown keys, wrong types, values
 *           that cannot be, references to what is not there
 *
 * Return: (transfer full) the effective document, or NULL where there are errors
 */
ComposeDocument *compose_load(const FormatSource *sources, size_t n, const FormatOptions *options,
                              DiagList *diags);

/* How many characters a key has where it is printed */
size_t compose_key_length(const char *key);

/* (transfer full) what `slipway render` prints: YAML, or JSON; `$` doubled, so that reading it
 * again gives the same document */
char *compose_effective(const ComposeDocument *document, bool as_json);

/**
 * compose_build() - the model of a document
 * @diags: what the engine cannot do, and what is doubtful
 *
 * Return: (transfer full) the application, or NULL where there are errors for the purpose
 */
Application *compose_build(const ComposeDocument *document, const FormatOptions *options,
                           DiagList *diags);
