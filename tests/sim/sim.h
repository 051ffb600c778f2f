#pragma once

/*
 * Sim: the core in a world that lies, loses and crashes
 *
 * One seed is one story: a random application, a series of deployments of it, an
 * engine and a ledger made of arrays, a clock that jumps from one thing that happens
 * to the next, and faults. Everything that is drawn is drawn from the seed, so a
 * failing story is repeated by its number. Invariants are checked while it goes; they
 * have the names of the faults reference (I1, I2 …).
 *
 * Parts: story.c draws applications and what becomes of them; world.c is the engine
 * and its containers; shell.c hosts the core as the controller does; check.c judges.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"
#include "random.h"

/* ---- Sizes ---- */

#define SIM_WORKLOADS_MAX      6   /* of one application */
#define SIM_PUBLICATIONS_MAX   3   /* of one workload */
#define SIM_PARENTS_MAX        8   /* a replica counts as one more */
#define SIM_CONTAINERS_MAX     400 /* of one story; more than that is a leak */
#define SIM_RUNS_MAX           400
#define SIM_TEXT_MAX           64
#define SIM_SESSION_EVENTS_MAX 20000 /* one command takes fewer, or it spins */
#define SIM_SESSION_MAX_US     (48 * 3600 * G_TIME_SPAN_SECOND)
#define SIM_WALL_BASE_US       G_GINT64_CONSTANT(1700000000000000)
#define SIM_NEVER              G_MAXINT64

/* ---- Faults, each counted so that none goes unexercised ---- */

#define SIM_FAULTS(X)                                                                              \
        X(CRASH, "slipway killed")                                                                 \
        X(REPLY_LOST, "reply lost")                                                                \
        X(REQUEST_LOST, "request lost")                                                            \
        X(REQUEST_LATE, "answer lost, request carried out later")                                  \
        X(DELAYED, "answer delayed")                                                               \
        X(DUPLICATED, "answer duplicated")                                                         \
        X(STALE, "observation overtaken")                                                          \
        X(STREAM_CUT, "event stream cut")                                                          \
        X(ENGINE_KILLED, "engine killed, containers with it")                                      \
        X(ENGINE_LIVE, "engine killed, containers live on")                                        \
        X(ENGINE_LONG, "engine away for more than a minute")                                       \
        X(ENGINE_STOPPED, "engine stopped in order")                                               \
        X(ENGINE_HANGS, "engine takes requests and answers none")                                  \
        X(CODE_LOST, "exit code lost: 255")                                                        \
        X(CODE_ZERO, "exit code lost: 0")                                                          \
        X(CODE_KEPT, "exit during an outage, code kept")                                           \
        X(HAND_STOP, "container stopped by hand")                                                  \
        X(HAND_REMOVE, "container removed by hand")                                                \
        X(PRUNE, "ended containers pruned")                                                        \
        X(NAME_TAKEN, "foreign container on our name")                                             \
        X(PORT_TAKEN, "foreign process on our port")                                               \
        X(CREATE_FAILS, "create refused")                                                          \
        X(START_FAILS, "start refused")                                                            \
        X(PULL_FAILS, "pull failed")                                                               \
        X(PREPARE_FAILS, "cannot be prepared")                                                     \
        X(STOP_FAILS, "stop refused")                                                              \
        X(UPDATE_FAILS, "update failed")                                                           \
        X(NODE_LOST, "node of a run cannot be asked")                                              \
        X(NODE_DIED, "node of a run died")                                                         \
        X(PROBE_FAILS, "probe cannot tell")                                                        \
        X(READY_FAILS, "not ready in time")                                                        \
        X(INTERRUPT, "ctrl-c")                                                                     \
        X(TIMEOUT, "--timeout over")                                                               \
        X(CLOCK_SET, "clock set")                                                                  \
        X(VOLUME_DELETED, "volume deleted")                                                        \
        X(RUN_FAILS, "run-once failed")                                                            \
        X(SERVICE_DIES, "service exited")                                                          \
        X(NEVER_LISTENS, "service never listens")

typedef enum SimFault {
#define X(name, text) FAULT_##name,
        SIM_FAULTS(X)
#undef X
                SIM_N_FAULTS,
} SimFault;

/* ---- The application that a seed draws ---- */

typedef struct SimPublication {
        EventType type;
        int64_t timeout_s;
} SimPublication;

typedef struct SimWorkload {
        bool is_present; /* in the file, at this deployment */
        bool is_off;     /* `when` */
        char id[16];
        char name[24]; /* its container's final name */
        char port[32]; /* claim; "" */
        WorkloadKind kind;
        Restart restart;
        int success_codes[2];
        unsigned n_success_codes; /* 0: only 0 */
        bool success_any;
        OnUnknown on_unknown;
        OnNodeLoss on_node_loss;
        StartRule rule;
        SimPublication publications[SIM_PUBLICATIONS_MAX];
        unsigned n_publications;
        struct {
                unsigned workload, publication;
                bool is_optional, is_implied;
        } parents[SIM_PARENTS_MAX]; /* indices of this table */
        unsigned n_parents;
        int replica_of; /* the one before it, of which it is a copy; -1 */
        bool early_by_graph, early_by_spec, early_deferred;
        bool uses_data;         /* its success is as good as the volume */
        unsigned version;       /* what replaces or runs anew when it changes */
        unsigned light_version; /* what is changed in place */
        bool image_missing;

        /* how its containers behave */
        int64_t duration_us;     /* of a run */
        int64_t listens_us;      /* after start; SIM_NEVER */
        unsigned fail_per_mille; /* runs that fail, services that die */
        bool always_fails;       /* this version of the run */
} SimWorkload;

/* ---- The engine ---- */

typedef struct SimContainer {
        bool exists, is_foreign;
        char id[8];
        char name[SIM_TEXT_MAX];
        unsigned workload; /* index; label */
        char run_key[24];
        int64_t try_number;
        unsigned version, light_version;
        unsigned version_before, light_before; /* its last update */
        unsigned changed_by, changed_before;   /* label: the command that made it what it is */
        bool is_unproven; /* its last update was not seen to do all it should */
        char port[32];
        Presence presence;
        int exit_code;
        int64_t started_ns, finished_ns; /* wall, as the engine reports */
        RestartPolicy policy, saved_policy;
        unsigned n_restarts_max;
        bool stopped_by_request; /* the engine does not bring it back */
        bool restart_pending;
        unsigned n_starts;
        unsigned n_engine_restarts;
        bool is_healthy;
        int64_t started_us; /* of the execution, true time */
        int64_t ends_us;    /* drawn: when it exits by itself; SIM_NEVER */
        int ends_code;
        int64_t listens_us; /* drawn: when it listens; SIM_NEVER */
        bool ended_unseen;  /* it ended while the engine, or its node, was away */
        bool is_lost;       /* its node is away */
        bool was_lost;
        int64_t true_end_us;
        int64_t end_clock_us;   /* … and what the clock was set by then */
        int64_t start_clock_us; /* when it began */
        unsigned data;          /* generation of the volume when it started */
        int64_t finished_true_us;
        bool was_success;    /* its last execution really succeeded */
        bool is_provable;    /* … and the engine can show it */
        bool is_unknowable;  /* … and nothing can prove it */
        unsigned made_up_by; /* engine run that stamped its end without knowing; 0 */
        int stopping;        /* requests to stop under way */
} SimContainer;

typedef struct SimRun { /* a row of the ledger */
        unsigned workload;
        char run_key[24];
        int64_t try_number;
        char name[SIM_TEXT_MAX];
        int container; /* -1: not recorded */
        TryState state;
        CoreOutcome outcome; /* TRY_ENDED */
        int exit_code;
        int64_t started_ns; /* as inspected; 0 */
        int64_t ended_us;
        unsigned data;
        bool is_forced; /* somebody asked for this try */
} SimRun;

typedef struct SimSwap {
        bool is_set;
        int old_container, new_container; /* -1: none */
        unsigned session;                 /* that began it */
} SimSwap;

/* Executions of one run that ended well, counted outside Slipway */
typedef struct SimOracle {
        unsigned workload;
        char run_key[24];
        unsigned data;
        unsigned n_successes;
        unsigned n_allowed; /* 1, and 1 for each that was forced or cannot be known */
} SimOracle;

/* ---- Things to come ---- */

typedef enum SimItemType {
        ITEM_REQUEST,    /* reaches the engine */
        ITEM_ANSWER,     /* reaches the core */
        ITEM_EXIT,       /* a container ends by itself */
        ITEM_STOPPED,    /* a container ends because it was told to */
        ITEM_COMES_BACK, /* by the engine's restart policy */
        ITEM_LISTENS,    /* probes are answered, health changes */
        ITEM_BEGINS,     /* a job gets a task */
        ITEM_NODE_BACK,
        ITEM_TIMER,
        ITEM_ENGINE_UP,
        ITEM_ENGINE_ANSWERS, /* it hangs no longer */
        ITEM_FAULT,
} SimItemType;

typedef struct SimItem {
        int64_t at_us;
        uint64_t order; /* ties: first come, first served */
        SimItemType type;
        unsigned session;    /* ANSWER, TIMER: dropped when another one runs */
        unsigned generation; /* TIMER; connection of an ANSWER; start of a container */
        int container;
        int payload; /* index of a SimMessage; -1 */
        SimFault fault;
} SimItem;

/* A request on its way, or an answer */
typedef struct SimMessage {
        bool is_used;
        CoreEffectType effect;
        CoreEvent event;
        int container;
        unsigned workload; /* index of the story */
        unsigned session;
        bool is_swap, is_forced, is_unstarted;
        bool is_lost;      /* REQUEST: its answer is; ANSWER: never arrives */
        bool is_dropped;   /* REQUEST: never arrives */
        bool is_of_engine; /* ANSWER: came over the connection */
        char name[SIM_TEXT_MAX];
        char run_key[24];
        int64_t try_number;
} SimMessage;

typedef struct SimProbe {
        bool is_active;
        CoreEffectType effect;
        int workload, publication, container;
        unsigned connection;
} SimProbe;

/* ---- One command: from its start to its end or crash ---- */

typedef struct SimEvidence {
        bool is_fired;
        int container; /* -1: skipped, so published */
} SimEvidence;

typedef struct SimSession {
        unsigned number; /* 0: none runs */
        Core *core;
        Application *app;
        GArray *effects;
        unsigned connection; /* answers over an older one never arrive */
        bool is_connected;   /* as the core was told */
        unsigned timer_generation;
        int64_t deadline_us;
        unsigned n_events, n_effects, n_spins;
        unsigned crash_after; /* effects; 0: never */
        bool is_finished;
        CoreOutcome outcome;
        char reason[160];
        int64_t began_us;
        bool stops_starting; /* interrupted or out of time */
        int64_t stops_starting_us;
        bool is_calm; /* no fault is to come */
        bool must_change_nothing;
        bool is_exact;                      /* and every answer came once, and at once */
        bool is_quiet;                      /* no fault has touched engine or containers so far */
        int rerun;                          /* workload; -1 */
        unsigned n_acts;                    /* effects that change the engine */
        unsigned of_app[SIM_WORKLOADS_MAX]; /* index in the application → in the story */
        int to_app[SIM_WORKLOADS_MAX];      /* and back; -1 */
        unsigned n_of_app;
        SimProbe probes[64];
        unsigned n_waits[SIM_CONTAINERS_MAX]; /* open */
        bool wait_seen[SIM_CONTAINERS_MAX];   /* WAIT_OPEN was delivered */

        /* for the checker */
        SimEvidence evidence[SIM_WORKLOADS_MAX][SIM_PUBLICATIONS_MAX];
        bool was_running[SIM_CONTAINERS_MAX]; /* at the beginning */
        int64_t was_started_ns[SIM_CONTAINERS_MAX];
        bool was_stopped[SIM_CONTAINERS_MAX]; /* by this session */
        bool was_touched[SIM_CONTAINERS_MAX]; /* by anybody but Slipway */
        bool is_placed[SIM_WORKLOADS_MAX];    /* a container of it was started */
        bool said_failed[SIM_WORKLOADS_MAX];
        bool was_up[SIM_WORKLOADS_MAX];       /* and observed, before it failed */
        bool not_restored[SIM_WORKLOADS_MAX]; /* the engine said no */
        int exit_seen[SIM_CONTAINERS_MAX];    /* code of EXITED; -1 */
        Observation seen[SIM_CONTAINERS_MAX]; /* the last one delivered */
        bool is_seen[SIM_CONTAINERS_MAX];
} SimSession;

typedef struct Sim {
        uint64_t seed;
        Random random;
        bool trace;
        bool may_adopt;
        bool is_orchestrated; /* the engine of the story is a Swarm */
        int64_t now_us;
        uint64_t next_order;
        bool is_failed;
        bool is_exhausted; /* no room for more containers: it ends without a verdict */
        char failure[400]; /* the first broken invariant */

        SimItem *heap; /* by time */
        size_t n_heap, heap_size;
        SimMessage *messages;
        size_t n_messages, messages_size;

        SimWorkload workloads[SIM_WORKLOADS_MAX];
        unsigned n_workloads;
        bool has_ready_check;
        unsigned n_deployments;
        unsigned data; /* generation of the volume */

        SimContainer *containers;
        int n_containers;
        bool engine_is_up;
        bool engine_hangs;
        unsigned n_hangs;
        unsigned engine_run;
        int64_t clock_us; /* what the wall clock was set by so far */
        int64_t engine_started_ns;
        int64_t engine_clock_us; /* … and when the engine began */
        int64_t engine_down_us;
        bool engine_reports_start;
        bool outage_is_live;
        char foreign_port[32]; /* taken by a process outside; "" */

        SimRun *runs;
        int n_runs;
        SimSwap swaps[SIM_WORKLOADS_MAX];
        SimOracle oracles[64];
        int n_oracles;

        unsigned rates[SIM_N_FAULTS]; /* per mille, drawn for the story */
        bool is_calm;
        SimSession session;
        unsigned n_sessions;

        /* counted over all stories */
        uint64_t *fault_counts; /* SIM_N_FAULTS */
        uint64_t *crash_counts; /* by effect that was about to be carried out */
        uint64_t *n_runs_total, *n_events_total;
} Sim;

/* ---- sim.c ---- */

const char *sim_fault_to_string(SimFault fault);
void sim_count(Sim *sim, SimFault fault);
void sim_trace(Sim *sim, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* An invariant is broken: the story ends, its name and seed are printed */
void sim_fail(Sim *sim, const char *invariant, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Whether this fault happens now, by the story's rate of it */
bool sim_draw(Sim *sim, SimFault fault);

void sim_push(Sim *sim, SimItem item);
bool sim_pop(Sim *sim, SimItem *ret_item);
int sim_message_new(Sim *sim);
static inline int64_t sim_wall_us(const Sim *sim)
{
        return SIM_WALL_BASE_US + sim->now_us + sim->clock_us;
}
static inline int64_t sim_wall_ns(const Sim *sim)
{
        return sim_wall_us(sim) * 1000;
}

/* ---- story.c ---- */

void story_draw(Sim *sim);                /* the application and the rates of faults */
void story_change(Sim *sim);              /* what the next file has different */
void story_calm(Sim *sim);                /* from now on everything is as it should be */
Application *story_application(Sim *sim); /* the model; fills the session's index tables */
void story_run_key(const Sim *sim, unsigned workload, char key[24]);
RestartPolicy story_policy(const SimWorkload *workload); /* of its containers */
bool story_is_success(const SimWorkload *workload, int exit_code);
bool story_can_succeed(const Sim *sim); /* nothing of the file makes it impossible */

/* ---- world.c ---- */

int world_container(const Sim *sim, const char *id);   /* -1: no such */
Observation world_look(const Sim *sim, int container); /* what inspect would say now */
/* Carries the request out; the answer, and when the engine has it */
void world_request(Sim *sim, const SimMessage *request, CoreEvent *ret_answer, int64_t *ret_at_us);
void world_exit(Sim *sim, int container, int exit_code, bool by_itself);
void world_comes_back(Sim *sim, int container);
void world_begins(Sim *sim, int container);
void world_node_back(Sim *sim, int container);
void world_fault(Sim *sim, SimFault fault); /* one that has a time of its own */
void world_engine_up(Sim *sim);
void world_engine_answers(Sim *sim);
void world_remove(Sim *sim, int container);
void world_calm(Sim *sim); /* what misbehaved behaves */

/* ---- shell.c ---- */

void shell_begin(Sim *sim, int rerun, bool is_calm, bool must_change_nothing);
void shell_kill(Sim *sim); /* -9 */
void shell_request_arrives(Sim *sim, const SimItem *item, const SimMessage *message);
void shell_answer_arrives(Sim *sim, const SimItem *item, const SimMessage *message);
void shell_timer(Sim *sim);
void shell_fault(Sim *sim, SimFault fault); /* of the command, not of the engine */
void shell_deliver(Sim *sim, CoreEvent *event);
/* The engine's event stream */
void shell_on_change(Sim *sim, int container);
void shell_on_exit(Sim *sim, int container, int exit_code);
void shell_on_gone(Sim *sim, int container);
void shell_on_listens(Sim *sim, int container);
void shell_on_engine_lost(Sim *sim);
void shell_on_engine_back(Sim *sim);

/* ---- check.c ---- */

void check_event(Sim *sim, const CoreEvent *event);    /* before the core sees it */
void check_effect(Sim *sim, const CoreEffect *effect); /* before it is carried out */
void check_execution(Sim *sim, int container);         /* a container has started */
void check_forced(Sim *sim, unsigned workload);        /* somebody asked for it again */
void check_success(Sim *sim, int container);           /* a run has ended well */
void check_unknowable(Sim *sim, int container);        /* nobody can see that any more */
void check_finish(Sim *sim);
void check_converged(Sim *sim); /* after an undisturbed success */
