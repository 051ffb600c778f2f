#pragma once

/*
 * YAML: bytes → a tree that knows its positions
 *
 * The grammar is libyaml's, the tree is ours: scalars keep their source text (`version: 1.10`
 * stays `1.10`, `policy: no` stays `no`), every node knows where it stands, merge keys are
 * resolved, of duplicate keys the last one counts. What is hostile (depth, alias bombs, size) is
 * refused while it is being read, in time and memory that do not depend on how hostile it is.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

#define YAML_BYTES_MAX     (64u << 20) /* of a file */
#define YAML_DEPTH_MAX     64          /* collections within each other */
#define YAML_NODES_MAX     8000000u    /* keys and values as written */
#define YAML_EXPANSION_MAX 1000000u    /* nodes that aliases and merge keys add to those */

typedef enum YamlKind {
        YAML_SCALAR,
        YAML_SEQUENCE,
        YAML_MAPPING,
} YamlKind;

typedef enum YamlStyle {
        YAML_PLAIN,
        YAML_SINGLE_QUOTED,
        YAML_DOUBLE_QUOTED,
        YAML_LITERAL, /* block scalar after `|` */
        YAML_FOLDED,  /* block scalar after `>` */
} YamlStyle;

typedef struct YamlNode YamlNode;
typedef struct YamlPair YamlPair;
typedef struct YamlDocument YamlDocument;

struct YamlNode {
        YamlKind kind;
        YamlStyle style;            /* scalars */
        bool is_flow;               /* collections: written with brackets */
        bool has_template;          /* scalars: the text holds `{{repl ` */
        unsigned line, col;         /* of the first character, behind tag and anchor */
        unsigned end_line, end_col; /* behind the last one */
        unsigned weight;            /* nodes below and including it, aliases expanded */
        const char *tag;            /* as written (`!!str`, long form), NULL where there is none */
        union {
                struct {
                        const char *text; /* NUL-terminated, without NUL inside */
                        size_t len;
                };
                struct {
                        YamlNode **items;
                        size_t n_items;
                };
                struct {
                        YamlPair *pairs; /* in the order of the file, then what was merged in */
                        size_t n_pairs;
                };
        };
};

struct YamlPair {
        const char *key;    /* NUL-terminated; YAML_ODD_KEY for a list or mapping as a key */
        unsigned line, col; /* of the key */
        bool is_merged;     /* comes from a `<<` */
        YamlNode *value;
};

/* One document of a stream; everything in it lives in the stream's arena */
struct YamlDocument {
        YamlNode *root;   /* NULL for a document without content */
        const char *kind; /* of a leading `# kind: NAME` comment; NULL where there is none */
        unsigned line;    /* where its content (or else its marker) stands */
        unsigned kind_line, kind_col; /* of NAME */
};

/* A key that stands a second time in a mapping; the last one counts */
typedef struct YamlDuplicate {
        const char *key;
        unsigned line, col;
        unsigned before_line; /* of the one that does not count */
} YamlDuplicate;

/* What a list or a mapping is called that stands as a key. Nobody's key looks like it. */
#define YAML_ODD_KEY "{…}"

/* What YAML allows and not everybody takes: the error of who does not */
typedef struct YamlFault {
        bool is_key; /* a list or mapping as a key; else what readers of old YAML 1.1 reject */
        unsigned line, col;
        const char *message;
} YamlFault;

typedef struct YamlStream {
        Arena *arena;
        const char *file; /* for SourcePos */
        YamlDocument *documents;
        size_t n_documents;
        YamlDuplicate *duplicates;
        size_t n_duplicates;
        YamlFault *faults;
        size_t n_faults;
        const struct YamlLines *lines;
} YamlStream;

/**
 * yaml_parse() - read all documents of a file
 * @file:  for messages; must outlive the stream (see diag_list_add_source())
 * @text:  the bytes, UTF-8 with or without a byte order mark; borrowed: must outlive the stream
 * @diags: findings `yaml-syntax` and `yaml-limit`, both errors
 *
 * Return: (transfer full) the stream, or NULL after an error
 */
YamlStream *yaml_parse(const char *file, const char *text, size_t size, DiagList *diags);
void yaml_stream_free(YamlStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(YamlStream, yaml_stream_free)

/* The value of a key of a mapping, or NULL; NULL too where @node is NULL or no mapping */
YamlNode *yaml_get(const YamlNode *node, const char *key);
const YamlPair *yaml_get_pair(const YamlNode *node, const char *key);

/* Whether it counts as null: a plain scalar that is empty, `~`, or null in one of its cases */
bool yaml_is_null(const YamlNode *node);

/* Whether an object counts as not there at all: empty or `null`. Go's yaml.v2 makes an empty one
 * of `~` and of null's other cases. */
bool yaml_is_absent(const YamlNode *node);

SourcePos yaml_pos(const YamlStream *stream, const YamlNode *node);

/* How many characters of its first line the node covers, at least 1: for underlining */
unsigned yaml_width(const YamlNode *node);

/**
 * yaml_pos_in_scalar() - where a part of a scalar's value stands in the file
 * @offset: in bytes, of the value; its length is allowed: the place behind it
 *
 * Knows escapes, folding and indentation, so that a mistake inside a template in a quoted or
 * block scalar is shown where its author wrote it.
 */
SourcePos yaml_pos_in_scalar(const YamlStream *stream, const YamlNode *node, size_t offset);

/**
 * yaml_path_at() - the path of what stands at a place
 *
 * The deepest value that holds the place, as `components[0].name`; a mapping itself where it
 * begins there. What an alias repeats is found where it was written first.
 *
 * Return: (transfer full) the path; "" for the root and for places outside of it
 */
char *yaml_path_at(const YamlNode *root, unsigned line, unsigned col);

/* The text of a line of the file, for directives in comments; *ret_len bytes, without its end */
const char *yaml_line_text(const YamlStream *stream, unsigned line, size_t *ret_len);
