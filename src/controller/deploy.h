#pragma once

/*
 * Deploy: one deployment under way
 *
 * Feeds the core with what the engine, the store and the clock say, and carries out its
 * effects (effects.h). What the core asks about a workload, prepare.h finds out.
 */

#include "base/json.h"
#include "controller/ask.h"
#include "controller/controller.h"
#include "controller/image.h"
#include "controller/ready.h"
#include "controller/render.h"
#include "controller/world.h"

typedef struct Deploy Deploy;

typedef enum ImageState {
        IMAGE_UNKNOWN,
        IMAGE_ASKING,
        IMAGE_HERE,
        IMAGE_MISSING,
} ImageState;

typedef struct ImageEntry {
        Deploy *deploy;
        EngineCall *call; /* that asks about it; NULL: none */
        char *reference;
        ImageState state;
        Image *image;
        bool is_fetched;        /* pulled or built by this deployment */
        struct BuildRun *build; /* under way; NULL */
        GPtrArray *builders;    /* of Ask: who waits for it; NULL */
} ImageEntry;

typedef struct Item { /* a workload */
        Rendered rendered;
        bool is_preparing;
        bool is_early;
        bool is_unanswered; /* prepared when its inspected parents are here */
        char *spec_hash;
        json_t *field_hashes;
        char *run_key;
        Arena *arena; /* of @prepared */
        Prepared prepared;
        WorkloadProgress shown; /* what the operator saw last */
        char *shown_reason;
        char *detail;           /* "pulling 40 %" */
        char *quote;            /* its last lines, when it failed */
        int64_t start_asked_us; /* wall: when its last run was to start; 0: not by us */
} Item;

/* Everything is borrowed, as long as the deployment lives */
typedef struct DeployConfig {
        Store *store;
        Engine *engine;
        const Application *app;
        const char *name; /* of the application */
        int64_t number;
        Settings *settings;
        Scene *scene; /* its containers are kept up to date */
        World *world;
        const UpOptions *options;
        const UpObserver *observer; /* NULL: nobody looks on */
        const char *state_dir;      /* NULL for a plan */
        const char *engine_host;    /* as it was given; NULL: the environment's */
        json_t *warnings;           /* texts are added, each once; NULL: nobody wants to know */
        void (*on_prepared)(Deploy *deploy, unsigned workload); /* instead of the core; NULL */
} DeployConfig;

struct Deploy {
        Store *store; /* these are the configuration's */
        Engine *engine;
        const Application *app;
        const char *name;
        int64_t number;
        Settings *settings;
        Scene *scene;
        World *world;
        const UpOptions *options;
        const UpObserver *observer; /* never NULL */
        const char *state_dir;
        const char *engine_host;
        json_t *warnings;
        void (*on_prepared)(Deploy *deploy, unsigned workload);

        Item *items;
        GHashTable *images;         /* reference → ImageEntry */
        GHashTable *containers;     /* id → Container: as inspected last */
        GHashTable *policies;       /* id → restart policy before we set it to `no` */
        GHashTable *waits;          /* id → EngineCall */
        GHashTable *probes;         /* "workload/publication" → EngineCall */
        GHashTable *quotes;         /* id → number of reads of its output under way */
        GHashTable *hooking;        /* ids of containers whose post_start hooks are under way */
        GPtrArray *blocked_removes; /* of Ask: removals that wait for those; not owned */
        guint n_inspecting;

        Core *core;        /* NULL for a plan */
        GQueue *queue;     /* of events not yet fed */
        GPtrArray *untold; /* lines about facts that are not committed yet */
        bool is_draining;
        GMainLoop *loop;
        guint timer, deadline_timer;
        EngineCall *watch;
        bool is_watching, is_lost;
        bool is_looking; /* lists everything anew after a loss */
        unsigned n_losses;
        guint look_timer;
        HttpClient *http;
        Ready *ready;
        GPtrArray *asks; /* of Ask: requests under way */
        char *ready_why;

        bool is_finished;
        CoreOutcome outcome;
        char *reason;
        GError *error; /* the store or the file failed: nothing goes on */
};

/* Nothing is done yet: deploy_run() does it, or prepare_begin() where there is no core */
Deploy *deploy_new(const DeployConfig *config);
void deploy_free(Deploy *deploy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Deploy, deploy_free)

/* Runs it to its end, running the main context: deploy->outcome and ->reason. False where it could
 * not go on at all: deploy->error, NULL if it was interrupted before it had begun. */
bool deploy_run(Deploy *deploy);

/* As Ctrl-C does: the core brings to rest what was begun; once more, and it ends at once */
void deploy_interrupt(Deploy *deploy);

/* ---- For its parts ---- */

/* Feeds the core, now or behind what is being fed. Container and message are copied, @prepared must
 * live on. */
void deploy_post(Deploy *deploy, const CoreEvent *event);

/* It cannot go on; takes the error. The first counts. */
void deploy_fail(Deploy *deploy, GError *error);

/* A line for the operator, masked */
void deploy_message(Deploy *deploy, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* (transfer full) the text without the values of secrets */
char *deploy_mask(Deploy *deploy, const char *text);
