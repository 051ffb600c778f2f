#pragma once

/*
 * Builder: what the parts share that make the model of a Compose document
 *
 * build.c collects the services and what they share, and makes the workloads; service.c and
 * attach.c fill in a workload's spec; secrets.c its configs and secrets; depends.c the order;
 * support.c says what an engine can't do. The document is normalised: a value of a type that
 * the specification does not have there is passed over, its finding is the loader's.
 */

#include "format/compose/build.h"
#include "format/findings.h"
#include "model/spec.h"

#define COMPOSE_WORKLOADS_MAX 20000 /* containers of a project; each has a spec of its own */
#define REPLICAS_MAX          100 /* of a service on one host, as the instances of a native container */

/* A service as it stands in the document, and the workloads that are made of it */
typedef struct Service {
        const char *name;
        const ComposeNode *node;
        SourcePos pos; /* of its key */
        unsigned width;
        Path path;

        const char *image;
        WorkloadKind kind;
        bool is_global;   /* `deploy.mode` is global or global-job */
        bool is_job;      /* `deploy.mode` is replicated-job or global-job */
        bool is_finished; /* somebody waits for its success */
        unsigned n_replicas;

        /* `x-slipway` */
        int64_t timeout_s;
        bool takes_implied_order;
        OnUnknown on_unknown;
        OnNodeLoss on_node_loss;

        unsigned first;    /* index of its first workload that is no step */
        unsigned n;        /* how many replicas are workloads: 1 on a Swarm */
        unsigned n_steps;  /* of pre_start, with those of each replica */
        unsigned *steps;   /* [n_steps] indices of those */
        int *step_replica; /* [n_steps] of which replica; -1: of all */
} Service;

typedef struct Builder {
        Reporter reporter;
        const ComposeDocument *document;
        const FormatOptions *options;
        Arena *arena; /* the application's */
        Application *app;
        const ComposeGift *gifts;
        size_t n_gifts;
        const FormatSource *sources;
        size_t n_sources;
        GHashTable *names;     /* name → Service */
        GHashTable *resources; /* kind and key → Resource */
        GHashTable *files;     /* SourcePos.file as in the document → the application's own */
        Service *services;
        size_t n_services;
} Builder;

static inline bool is_for_swarm(const Builder *b)
{
        return b->options->target == FORMAT_SWARM;
}

/* ---- build.c ---- */

/* The same place, good as long as the application lives */
SourcePos builder_pos(Builder *b, SourcePos pos);

/* The path below a service is the reader's business: { &service->path, "ports", 0 } */
void builder_report(Builder *b, const char *finding, const ComposeNode *at, const Path *path,
                    const char *format, ...) G_GNUC_PRINTF(5, 6);

Service *builder_service(Builder *b, const char *name);
Resource *builder_resource(Builder *b, ResourceKind kind, const char *key);

/* ---- Values of the document ---- */

/* False for NULL, null, and what is no list or map */
static inline bool node_is_list(const ComposeNode *node)
{
        return node != NULL && node->type == COMPOSE_LIST;
}

static inline bool node_is_map(const ComposeNode *node)
{
        return node != NULL && node->type == COMPOSE_MAP;
}

/* NULL for what has no text: NULL, null, lists, maps */
static inline const char *node_text(const ComposeNode *node)
{
        return node == NULL || node->type == COMPOSE_NULL ? NULL : node->text;
}

bool read_flag(const ComposeNode *map, const char *key, bool fallback);
int64_t read_int(const ComposeNode *map, const char *key, int64_t fallback);
int64_t read_bytes(const ComposeNode *map, const char *key);   /* 0: nothing said; -1: no limit */
int64_t read_time_us(const ComposeNode *map, const char *key); /* 0: nothing said */

/* Texts of a list, and `key=value` of a map (only `key` where the value is null); copied */
const char *const *read_texts(Arena *arena, const ComposeNode *list, size_t *ret_n);
const char *const *read_pairs(Arena *arena, const ComposeNode *map, size_t *ret_n);

/* ---- service.c ---- */

/* The spec of a replica, from 0; the spec belongs to the caller */
Spec *service_spec(Builder *b, const Service *service, unsigned replica);

/* The spec of step @i of `pre_start` */
Spec *service_step_spec(Builder *b, const Service *service, size_t i, unsigned replica);

/* How often and when a run is tried again, or a service restarted */
Restart service_restart(Builder *b, const Service *service);

/* ---- attach.c: what joins a container to the world ---- */

void attach_ports(Builder *b, const Service *service, unsigned replica, Spec *spec);
void attach_mounts(Builder *b, const Service *service, unsigned replica, Spec *spec);
void attach_networks(Builder *b, const Service *service, Spec *spec);

/* ---- secrets.c ---- */

/* Reads what configs and secrets hold; called once, before specs are made */
void files_read(Builder *b);

/* Where an effective document keeps the configs and secrets that a release's native document gave */
#define KEPT_SECTION "x-slipway-release"
void files_keep(const Builder *b, json_t *effective);
void attach_files(Builder *b, const Service *service, Spec *spec);

/* ---- depends.c ---- */

/* Publications and parents of all workloads; the workloads and their kinds are there */
void depends_build(Builder *b);

/* ---- support.c ---- */

/* Says what the engine can't do of a service */
void support_check(Builder *b, const Service *service);

/* (transfer full) the keys that have no field of Spec, as JSON; NULL: none */
json_t *support_options(const Builder *b, const Service *service);
/* The `deploy` section as far as the engine acts on it */
json_t *support_deploy(const Builder *b, const Service *service);
