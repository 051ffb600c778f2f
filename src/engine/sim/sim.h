#pragma once

/*
 * Simulated engine: containers without a Docker
 *
 * Implements engine.h in memory, for unit tests of the controller and the command
 * line. A script says which images there are, how their containers behave, and which
 * requests go wrong. Replies come through the main context like a real engine's, on
 * the real clock or on a virtual one that jumps from one thing that happens to the
 * next.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"

#define SIM_NEVER G_MAXINT64

/* An image and how containers of it behave. Times run from the start of the container. */
typedef struct SimImage {
        const char *reference;      /* web:1 */
        const char *id;             /* NULL: made from the reference */
        const char *const *digests; /* repository digests, NULL-terminated; NULL: none */
        bool is_remote;             /* to be pulled first */
        int64_t exits_us;           /* SIM_NEVER: it runs until it is stopped */
        int exit_code;
        unsigned n_failures; /* that many containers exit with 1 first */
        int64_t listens_us;  /* from then PROBE_PORT answers and EXEC gives 0; SIM_NEVER */
        int64_t healthy_us;  /* SIM_NEVER: it has no check */
        const char *output;  /* what LOGS gives; NULL: nothing */
        const char *fails;   /* a command that EXEC gives 3 for, and its name as output; NULL */
        const char *const *volumes; /* VOLUME paths, NULL-terminated; NULL: none */
} SimImage;

/* A request that goes wrong */
typedef struct SimFailure {
        EngineOp op;
        const char *subject; /* part of its id, name or image; NULL: any */
        unsigned nth;        /* only the nth such request, from 1; 0: each */
        EngineError error;
        const char *message;
        bool is_carried_out; /* the answer is wrong, the deed is done */
} SimFailure;

typedef struct SimScript {
        const SimImage *images;
        size_t n_images;
        const SimFailure *failures;
        size_t n_failures;
        int64_t latency_us;    /* from a request to its answer */
        int64_t stop_us;       /* how long a container takes to stop */
        bool is_virtual;       /* the clock jumps */
        GMainContext *context; /* NULL: the default one */
} SimScript;

/**
 * sim_engine_new() - an engine that lives in memory
 * @script: borrowed as long as the engine lives, with all that it points to
 */
Engine *sim_engine_new(const SimScript *script);

/* Microseconds since the engine was made, on its clock */
int64_t sim_engine_now_us(const Engine *engine);

/* The container of this id or name, borrowed until the main context runs; NULL where there is none */
const Container *sim_engine_find(const Engine *engine, const char *id);
size_t sim_engine_n_containers(const Engine *engine);
unsigned sim_engine_n_starts(const Engine *engine, const char *id);

/* How many requests of this kind it has got */
unsigned sim_engine_n_requests(const Engine *engine, EngineOp op);

/* What it was asked to change, a line each: "create shop-web", "start shop-web"; (transfer full) */
char *sim_engine_journal(const Engine *engine);

/* ---- What happens to a container without being asked for; false where there is none ---- */

/* It ends with this code; or it is removed, running or not */
bool sim_engine_exit(Engine *engine, const char *id, int exit_code);
bool sim_engine_remove(Engine *engine, const char *id);

/* A container of somebody else, running */
void sim_engine_add_foreign(Engine *engine, const char *name, const char *image);

/* A network of somebody else */
void sim_engine_add_network(Engine *engine, const char *name);

/* Names of the networks that are there, in the order in which they were made, with blanks between;
 * (transfer full) */
char *sim_engine_networks(const Engine *engine);

/* ---- The engine dies: what is under way is answered UNREACHABLE, and so is what follows ---- */

typedef enum SimOutage {
        SIM_LIVE_RESTORE, /* containers live on */
        SIM_CODES_LOST,   /* they end; 255, stamped when the engine is back */
        SIM_CODES_ZERO,   /* they end; 0, stamped when the engine is back */
} SimOutage;

void sim_engine_kill(Engine *engine, SimOutage outage);
void sim_engine_restart(Engine *engine); /* WATCHes reconnect by themselves */
