#pragma once

/*
 * What the parts of the simulated engine share: sim.c has the clock and the interface,
 * calls.c answers requests, containers.c lets containers live and end.
 */

#include "engine/sim/sim.h"

typedef struct SimEngine SimEngine;

/* A container and what goes on in it */
typedef struct SimBox {
        Container *shown;      /* as inspected */
        const SimImage *image; /* NULL: foreign */
        bool is_gone;
        bool is_stopped_by_hand; /* the engine does not bring it back */
        unsigned n_starts;
        int64_t started_us;
        int64_t restart_max;
        bool ended_unseen;
        char **fixed; /* networks and the addresses asked for on them, alternating; NULL: none */
} SimBox;

struct EngineCall {
        EngineOp op;
        EngineReplyFunc reply;
        gpointer user;
        SimBox *box;   /* WAIT, PROBE_PORT, LOGS */
        char **labels; /* WATCH: what containers must have */
        bool follow;
        bool is_lasting; /* answered when something happens */
        bool is_open;
};

/* Something that will happen */
typedef void (*SimDeed)(SimEngine *engine, gpointer data);

typedef struct SimItem {
        int64_t at_us;
        uint64_t order;
        SimDeed deed;
        gpointer data;
        GDestroyNotify free;
        EngineCall *call; /* forgotten with it; NULL */
} SimItem;

struct SimEngine {
        Engine base;
        const SimScript *script;
        GMainContext *context;
        GSource *source;
        int64_t began_us; /* of the real clock */
        int64_t wall_ns;  /* when it was made */
        int64_t now_us;   /* virtual clock */
        uint64_t next_order;
        GArray *items;        /* of SimItem, by time */
        GPtrArray *boxes;     /* of SimBox */
        GPtrArray *calls;     /* of EngineCall, under way */
        GPtrArray *volumes;   /* of VolumeInfo */
        GPtrArray *networks;  /* of NetworkInfo */
        unsigned n_addresses; /* given out */
        GHashTable *paths;    /* host paths that exist */
        GHashTable *pulled;   /* image references that are here */
        GHashTable *used;     /* image → containers made, for n_failures */
        unsigned n_requests[ENGINE_WATCH + 1];
        unsigned *n_matched; /* per failure of the script */
        GString *journal;
        unsigned next_id;
        bool is_down;
        SimOutage outage;
        int64_t started_wall_ns;
};

/* ---- sim.c ---- */

int64_t sim_now_us(const SimEngine *engine);
int64_t sim_now_wall_ns(const SimEngine *engine);
void sim_later(SimEngine *engine, int64_t delay_us, SimDeed deed, gpointer data,
               GDestroyNotify free, EngineCall *call);

/* The last answer: the call is gone afterwards */
bool sim_is_alive(const SimEngine *engine, const EngineCall *call); /* not cancelled */
void sim_reply_final(SimEngine *engine, EngineCall *call, EngineReply *reply);
void sim_reply(SimEngine *engine, EngineCall *call, EngineReply *reply);
void sim_reply_error(SimEngine *engine, EngineCall *call, EngineError code, const char *message);

/* ---- calls.c ---- */

typedef struct SimRequest SimRequest; /* a copy of what a request holds */
SimRequest *sim_request_copy(const EngineRequest *request);
void sim_request_free(gpointer request);
bool sim_has_labels(GHashTable *labels, char **wanted);
void sim_add_labels(GHashTable *labels, char **given);
void sim_answer(SimEngine *engine, EngineCall *call, const SimRequest *request);
const char *sim_request_subject(const EngineRequest *request);

/* ---- networks.c ---- */

NetworkInfo *sim_network_new(SimEngine *engine, const char *name, char **labels);
void sim_answer_network(SimEngine *engine, EngineCall *call, EngineOp op, const char *id,
                        const char *name, char **labels);

/* @pairs: names and addresses ("" for any) alternating; false with the one that is not there */
bool sim_box_join(SimEngine *engine, SimBox *box, const char *const *pairs,
                  const char **ret_missing);
void sim_box_set_addresses(SimEngine *engine, SimBox *box, bool is_up);
bool sim_box_has_rival(const SimEngine *engine, const SimBox *box); /* for a fixed address */

/* ---- containers.c ---- */

/* By its reference or its id */
const SimImage *sim_image(const SimEngine *engine, const char *reference);
char *sim_image_id(const SimImage *image, const char *reference);
SimBox *sim_box(const SimEngine *engine, const char *id); /* by id or name */
SimBox *sim_box_new(SimEngine *engine, const char *name, const char *image);
void sim_box_free(gpointer box);
void sim_box_start(SimEngine *engine, SimBox *box);
void sim_box_end(SimEngine *engine, SimBox *box, int exit_code, bool by_itself);
void sim_box_gone(SimEngine *engine, SimBox *box);
bool sim_box_listens(const SimEngine *engine, const SimBox *box);
void sim_boxes_lost(SimEngine *engine);  /* the engine has died */
void sim_boxes_found(SimEngine *engine); /* and is back */
void sim_tell(SimEngine *engine, const SimBox *box, const char *action, int exit_code,
              const char *health);
