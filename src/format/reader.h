#pragma once

/*
 * Reader: walks a document along the tables of keys
 *
 * Checks types, rules and references, and fills the structs that the tables name. All findings of
 * the document are reported; what could not be read stays at its default.
 */

#include "format/document.h"
#include "format/findings.h"
#include "format/keys.h"
#include "format/refs.h"

/* A scalar that will be rendered, and who by */
typedef struct TemplateUse {
        const YamlNode *node;
        int workload;   /* index of the workload that it belongs to; -1: none */
        bool is_beside; /* stands where nothing has an effect yet */
} TemplateUse;

typedef struct Reader {
        Reporter reporter;
        Arena *arena; /* of the model */
        Refs *refs;
        const char *file; /* for positions in the model */
        const char *api_version;
        GArray *templates;     /* of TemplateUse */
        GHashTable *told;      /* KeySpecs that were said to have no effect yet */
        const char *component; /* the walk is inside this one */
        const YamlNode *container;
        int workload;         /* its index in the model; -1: outside of containers */
        unsigned n_workloads; /* that were met */
        bool is_beside;       /* inside a key that was said to have no effect */
        size_t n_containers;
} Reader;

/**
 * reader_read() - a mapping of this kind
 * @node:   any node; what is no mapping is reported
 * @target: the struct of object->size bytes, zeroed; NULL: only check
 */
void reader_read(Reader *reader, const ObjectSpec *object, const YamlNode *node, const Path *path,
                 void *target);

/* Says that a key is missing which the object at @at must have; nothing where it need not */
void reader_missing(Reader *reader, const KeySpec *key, const YamlNode *at, const Path *path);

/* The most containers that a document may have: each takes some kilobytes */
#define WORKLOADS_MAX 200000
