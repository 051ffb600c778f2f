#pragma once

/*
 * Loader: what the steps from files to the effective document share
 */

#include <glib.h>
#include <stdbool.h>

#include "format/compose/document.h"
#include "format/compose/tree.h"
#include "yaml/yaml.h"

#define COMPOSE_BYTES_MAX     (8u << 20)  /* of all files of a project together */
#define COMPOSE_NODES_MAX     400000u     /* keys and values, aliases and `extends` expanded */
#define COMPOSE_TEXT_MAX      (64u << 20) /* of what variables become, all together */
#define COMPOSE_RESETS_MAX    200u        /* `!reset` and `!override` in a file */
#define COMPOSE_POOLS_MAX     100u        /* of addresses, of a network */
#define COMPOSE_KEY_MAX       1000u       /* characters of a key: YAML reads no more than 1024 */
#define COMPOSE_INCLUDES_MAX  200u        /* files that are included, all together */
#define COMPOSE_EXTENDS_MAX   50u         /* services that extend each other in a row */
#define COMPOSE_ENV_BYTES_MAX (1u << 20)  /* of a `.env` or `env_file` */

/* Variables: of the world first, then of `.env` files */
typedef struct Environment Environment;
struct Environment {
        const Environment *parent; /* has the word over this one's; NULL: the world */
        const FormatWorld *world;  /* may be NULL */
        GHashTable *values;        /* (element-type utf8 utf8) of files; NULL: none */
        const char *project;       /* what COMPOSE_PROJECT_NAME is; NULL: not known yet */
};

const char *environment_get(const Environment *environment, const char *name);

/* A file that was read, and where findings about it go */
typedef struct LoadedFile {
        const char *name; /* for messages; SourcePos.file of all its nodes */
        const char *path; /* absolute */
        char *text;       /* what the stream was read from */
        YamlStream *stream;
        Reporter reporter;
} LoadedFile;

typedef struct Loader {
        Arena *arena;
        const FormatOptions *options;
        DiagList *diags;
        GPtrArray *files;   /* (element-type LoadedFile) */
        GHashTable *told;   /* (element-type utf8) what was warned of */
        GHashTable *values; /* of ComposeDocument */
        GHashTable
                *incomplete; /* (element-type utf8) services that what they extend is missing of */
        size_t n_nodes, n_includes, n_bytes, n_text;
        bool is_over; /* a limit was passed: no more findings about it */
} Loader;

/* Adds a finding at a node or key of any of the files; @path NULL: found from the place */
void loader_report(Loader *loader, const char *name, SourcePos pos, unsigned width,
                   const Path *path, const char *format, ...) G_GNUC_PRINTF(6, 7);

/* Whether that many more nodes may be made; a finding at @pos where not */
bool loader_count(Loader *loader, size_t n, SourcePos pos);

/**
 * loader_read() - the text of another file of the project
 * @at:       where its name stands, for findings
 * @may_lack: no finding where it can't be read
 *
 * Return: (transfer full) the text, NUL-terminated, or NULL
 */
char *loader_read(Loader *loader, const char *path, size_t max, bool may_lack,
                  const ComposeNode *at, gsize *ret_size);

/* (transfer none) a file, parsed, or NULL after findings; @text is taken over */
LoadedFile *loader_parse(Loader *loader, const char *name, const char *path, char *text,
                         gsize size);

/* loader_read() and loader_parse() */
LoadedFile *loader_open(Loader *loader, const char *path, const ComposeNode *at);

/* A document of a file as nodes, and what it removes from those before it */
typedef struct ComposeRaw {
        ComposeNode *root;  /* a mapping */
        GPtrArray *removed; /* (element-type Path) of `!reset` and `!override` */
} ComposeRaw;

/* (element-type ComposeRaw) the documents of a file that have content, with the variables put in */
GArray *loader_documents(Loader *loader, const LoadedFile *file, const Environment *environment);

/* (transfer full) the absolute path of one that is relative to a folder; `~` is HOME */
char *loader_path(const Environment *environment, const char *folder, const char *path);

/**
 * loader_env_file() - reads a `.env` or `env_file`
 * @values: (element-type utf8 utf8) they are put here
 * @lookup: see env_file_parse()
 */
void loader_env_file(Loader *loader, const char *path, bool may_lack, bool is_raw,
                     const ComposeNode *at, GHashTable *values,
                     const char *(*lookup)(const char *name, gconstpointer user),
                     gconstpointer user);

/* The files that include each other, from the inmost out */
typedef struct Chain Chain;
struct Chain {
        const Chain *parent;
        const char *path;
};

/**
 * model_load() - files merged in their order, in long form, with absolute paths
 * @folder: what their paths are relative to; absolute
 * @chain:  the files that include these; NULL: none does
 *
 * Return: (transfer none) a mapping; where something is wrong what could be read of it
 */
ComposeNode *model_load(Loader *loader, const GPtrArray *files, const char *folder,
                        const Environment *environment, const Chain *chain);
