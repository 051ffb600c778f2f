#pragma once

/*
 * Core: one deployment of an application, as a pure state machine
 *
 * The core is told what happened (CoreEvent) and answers what must be done next
 * (CoreEffect). It reads no clock, draws no random number and does no I/O: time
 * comes in with each event. The same events give the same effects, under the real
 * controller and in the simulator.
 *
 * Effects are carried out in the order in which they are given. The RECORD effects
 * are durable before the next effect is begun: intent first, then the act. All other
 * effects may overlap; each is answered by exactly one event unless said otherwise. After
 * a crash a new core is made from what the engine and the ledger hold, and goes on.
 *
 * The promises that it keeps, whatever the order of events, lost answers included:
 * nothing starts before what it waits for has happened (I2); a run whose success is
 * recorded does not run again (I1); success only on evidence (I3); at most one try of a
 * run exists at a time; a failed run-once leaves the old services untouched (I9).
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/application.h"
#include "model/spec.h"

/* ---- Constants of behaviour ---- */

#define CORE_EXEC_INTERVAL_US (2 * G_TIME_SPAN_SECOND) /* between tries of an `exec` event */
#define CORE_BACKOFF_MIN_US   (1 * G_TIME_SPAN_SECOND) /* between tries of a run-once */
#define CORE_BACKOFF_MAX_US   (60 * G_TIME_SPAN_SECOND)
#define CORE_SETTLE_US                                                                             \
        (2 * G_TIME_SPAN_SECOND)                          /* a replacement that publishes nothing
                                                                   must stay up for this long */
#define CORE_ENGINE_GONE_MAX_US (60 * G_TIME_SPAN_SECOND) /* then the deployment has failed */
#define CORE_PING_AFTER_US      (30 * G_TIME_SPAN_SECOND) /* without an answer to anything asked */
#define CORE_OUTAGE_MARGIN_NS   (10 * G_GINT64_CONSTANT(1000000000))
/* an end this near to the engine's start proves nothing … */
#define CORE_START_MARGIN_NS (2 * G_GINT64_CONSTANT(1000000000))
/* … unless this engine started it: later than this after
                                           its own start, which is known to the second */
#define CORE_UNKNOWN_RERUNS_MAX 3 /* a run whose outcome stays unknown is not tried for ever */
#define CORE_START_RETRIES_MAX  3 /* after a lost answer, not after a refusal */

/* ---- What exists when a deployment begins ---- */

typedef enum Presence {
        PRESENCE_GONE,
        PRESENCE_CREATED, /* never started */
        PRESENCE_RUNNING, /* or about to be restarted by the engine */
        PRESENCE_EXITED,
} Presence;

/* What inspect says of a container */
typedef struct Observation {
        Presence presence;
        int exit_code;
        int64_t started_wall_ns;        /* 0: never */
        int64_t finished_wall_ns;       /* 0: never */
        int64_t engine_started_wall_ns; /* of the engine that says so; 0: unknown */
        bool will_restart;              /* the engine's restart policy brings it back */
        bool is_lost;     /* RUNNING was seen last; its machine cannot be asked: nobody knows */
        bool is_attested; /* EXITED: the engine keeps ends and their codes itself and
                                                   makes none up (a Swarm's tasks): evidence as it is */
} Observation;

/* A container of this application that the engine has */
typedef struct CoreContainer {
        const char *id;
        const char *name;
        const char *workload_id; /* label; may name a workload the file no longer has */
        const char *run_key;     /* "" for services */
        int64_t try_number;      /* 0 for services */
        Observation seen;
        const char *const *claims; /* host ports and addresses, NULL-terminated, see
                                           claim_overlaps() */
} CoreContainer;

/* A swap that an earlier command began and did not end; of an orchestrator's service, which has one
 * id for ever (old_id and new_id), an update whose events nobody has seen */
typedef struct CoreSwap {
        const char *workload_id;
        const char *old_id;
        const char *new_id;
        int64_t deployment; /* that began it */
} CoreSwap;

/* ---- What preparing a workload found out ---- */

typedef enum PlanAction {
        PLAN_START,   /* nothing of it is there */
        PLAN_KEEP,    /* runs with the same spec */
        PLAN_RESTART, /* exited with the same spec: started again in place */
        PLAN_REPLACE,
        PLAN_UPDATE, /* changed, and the engine replaces what runs under the same id */
        PLAN_RUN,
        PLAN_SKIP,   /* already done */
        PLAN_REMOVE, /* the file no longer has it */
        PLAN_OFF,    /* `when` is false */
} PlanAction;

/* The word in plans: start, keep, start, replace, update, run, skip, remove, off */
const char *plan_action_to_string(PlanAction action);

/* The last try of a run, from the ledger */
typedef enum TryState {
        TRY_NONE,
        TRY_INTENDED, /* durable before create: was never asked to start */
        TRY_STARTED,  /* durable before start: may have run */
        TRY_ENDED,    /* failed, or settled otherwise */
} TryState;

typedef struct Prepared {
        const char *error; /* why it cannot be rendered or compared; else NULL */
        bool deferred;     /* an early try needs what is not there yet */
        bool is_off;
        bool image_missing;            /* to be pulled first */
        const char *image_pull_reason; /* "" */
        bool may_create_early;         /* decision 12, as far as the spec says */
        const char *final_name;        /* of the container */
        /* The engine is an orchestrator (a Swarm). What is there of a service is one container with
         * one id for ever: no change replaces it, all are made by UPDATE (changed_in_place is
         * true), after which its events are observed anew. CREATE starts it, too: nothing is
         * created early, START of it is a mere formality, and of a run-once it is durable before
         * CREATE that it may have run. What exists is never PRESENCE_CREATED but for jobs whose
         * task nobody runs yet; it has no claims. */
        bool is_orchestrated;
        const char *const *claims; /* NULL-terminated */

        /* services */
        const char *const *same; /* ids of the containers that are there and were made from
                                           this spec and image; NULL-terminated. Only the one that
                                           serves (core_current) may differ in fields that are
                                           changed in place */
        const char *changed;     /* what differs from core_current(), for people; "" */
        bool changed_in_place;   /* one of `same`, but for fields changed in place */
        bool is_update_open;     /* orchestrated: an earlier command's update of it was not seen to
                                           do all it should, and can be taken back */

        /* run-once */
        const char *run_key;
        const char
                *run_name; /* of the container of its first try, without `-1`; "": the core's own */
        bool succeeded;    /* a success is recorded and counts */
        int64_t succeeded_wall_us;
        const char *stale_reason; /* a success is recorded and does not count: why; "" */
        TryState last_try;
        int64_t last_try_number;          /* 0: none */
        const char *last_try_container;   /* id; "" */
        int64_t last_try_started_wall_ns; /* as inspected when it started; 0: not known */
        unsigned n_failed_before; /* tries of this key that ended unknown in a row, up to the
                                           last that has ended; 0 once the operator has settled it */
} Prepared;

/* ---- What follows from it: the same function for plan, up and the simulator ---- */

typedef struct PlanDecision {
        PlanAction action;
        char *reason; /* for people: "already done, 3 min ago" */
} PlanDecision;

/**
 * plan_decide() - what a deployment does with a workload
 * @current: the container of the service that is there, or NULL
 * @force:   `--rerun` names it
 * @now_wall_us: for "3 min ago"
 *
 * Return: the decision; reason is (transfer full)
 */
PlanDecision plan_decide(const Workload *workload, const Prepared *prepared,
                         const CoreContainer *current, bool force, int64_t now_wall_us);

/* Whether two claims exclude each other: "port/tcp/0.0.0.0/80" (an address of 0.0.0.0 or "" means
 * every one), "address/NET/10.0.0.5" */
bool claim_overlaps(const char *one, const char *two);

/* (transfer full) their texts */
char *claim_port(PortProto proto, const char *host_ip, uint16_t port);
char *claim_address(const char *network, const char *address);

/* (transfer full) all that a container made from the spec claims, NULL-terminated */
char **claims_of_spec(const Spec *spec);

/* (transfer full) for people: "the host port 80", "the address 10.0.0.5 on the network lan" */
char *claim_to_words(const char *claim);

/* The container that serves for this service: of a swap the old one until the new one has been
 * confirmed, else the one started last. NULL where there is none that ever started. */
const CoreContainer *core_current(const CoreContainer *containers, size_t n_containers,
                                  const CoreSwap *swaps, size_t n_swaps, const char *workload_id);

/* ---- Events: what happened ---- */

#define CORE_EVENTS(X)                                                                             \
        X(BEGIN)     /* the first event */                                                         \
        X(PREPARED)  /* workload, prepared */                                                      \
        X(PULLED)    /* workload; error */                                                         \
        X(CREATED)   /* workload, container; error. A name that is taken by a container with \
                           our labels, key and try is CREATED with that one's id */     \
        X(WAIT_OPEN) /* container: an exit from now on is not missed; error */                     \
        X(STARTED)   /* container; observation.started_wall_ns if known; error */                  \
        X(EXITED)    /* container, exit_code: from `wait` */                                       \
        X(OBSERVED)  /* container, observation: answer to INSPECT, also from the event stream \
                           at any time (nothing need have asked for it) */    \
        X(STOPPED)   /* container; error */                                                        \
        X(REMOVED)   /* container; error */                                                        \
        X(RENAMED)   /* container; error */                                                        \
        X(UPDATED)   /* container: changed in place; error */                                      \
        X(PROBED)    /* workload, publication, container: it listens; error: it cannot be told */  \
        X(EXECUTED)  /* workload, publication, container, exit_code; error */                      \
        X(HEALTH)    /* container, exit_code 0: healthy; when it changes, and with every     \
                           OBSERVED of a container that has a check; error: it has none */     \
        X(PONG)      /* the engine answers, or, with an error, does not */                         \
        X(READY)     /* the ready check passed; error: it did not within its time */               \
        X(TIMER)     /* the deadline that core_step() gave has come */                             \
        X(ENGINE_LOST) /* requests under way are answered with CORE_ERROR_LOST, or not at all */   \
        X(ENGINE_BACK) /* followed by OBSERVED for every container that core_containers() names */ \
        X(DEADLINE)    /* `--timeout` is over: nothing further starts */                           \
        X(INTERRUPT)   /* Ctrl-C: nothing further starts */

typedef enum CoreEventType {
#define X(name) CORE_##name,
        CORE_EVENTS(X)
#undef X
} CoreEventType;

typedef enum CoreError {
        CORE_ERROR_NONE,
        CORE_ERROR_LOST,    /* the answer was lost: whether it was done is not known */
        CORE_ERROR_GONE,    /* there is no such container any more */
        CORE_ERROR_REFUSED, /* the engine said no: `message` has its words */
} CoreError;

typedef struct CoreEvent {
        CoreEventType type;
        int64_t now_us; /* monotonic */
        int64_t wall_us;
        int workload; /* index; -1: none */
        int publication;
        const char *container; /* id */
        int exit_code;
        CoreError error;
        const char *message;
        Observation observation;
        const Prepared *prepared;
} CoreEvent;

/* ---- Effects: what must be done ---- */

#define CORE_EFFECTS(X)                                                                              \
        X(PREPARE)       /* workload, is_early → PREPARED */                                       \
        X(PULL)          /* workload → PULLED */                                                   \
        X(RECORD_INTENT) /* workload, run_key, try_number, name: a row that says so */               \
        X(CREATE) /* workload, name, run_key, try_number → CREATED. Volumes and host      \
                           directories are made first. Services: name is temporary while the    \
                           final one is taken */        \
        X(WAIT)   /* container → WAIT_OPEN, and later EXITED (both or an error) */                 \
        X(RECORD_START) /* workload, run_key, try_number, container: it may run from now on */       \
        X(START)        /* container → STARTED, and OBSERVED when it has been inspected */         \
        X(RECORD_END)   /* workload, run_key, try_number, container, exit_code, outcome,        \
                           evidence; the last lines of its output are quoted, or, where it was     \
                           refused, text: the engine's words */    \
        X(INSPECT)      /* container → OBSERVED (GONE where there is none) */                      \
        X(STOP)   /* container → STOPPED. Its restart policy is set to `no` first, when   \
                           is_swap is set */        \
        X(REMOVE) /* container → REMOVED. is_unstarted, orchestrated: only a run that no machine \
                     has been given; REFUSED where one has, GONE where it may have begun before  \
                     it went */ \
        X(RENAME) /* container, name → RENAMED */                                                  \
        X(UPDATE) /* workload, container: restart policy and limits as prepared → UPDATED.  \
                      Orchestrated: everything as prepared, answered when the update has    \
                      ended; is_forced: its tasks anew even where nothing differs */      \
        X(RESTORE) /* container: the restart policy it had before STOP, then start → STARTED.    \
                      is_rollback: what it was before its update → STARTED */ \
        X(RECORD_SWAP)  /* workload, container = old, other = new, the same of an update; both   \
                           NULL: it is over */   \
        X(PROBE_PORT)   /* workload, publication, container → PROBED. May take for ever */         \
        X(EXEC)         /* workload, publication, container → EXECUTED */                          \
        X(CANCEL_PROBE) /* workload, publication: no answer is wanted any more */                    \
        X(PING)         /* → PONG: whether the engine answers at all */                            \
        X(READY_CHECK)  /* → READY */                                                              \
        X(FACT)         /* workload or -1, name, text: a row in the log */                           \
        X(QUOTE)        /* container: show its last lines to the operator */                         \
        X(FINISH)       /* outcome, text: the deployment has ended; the last effect */

typedef enum CoreEffectType {
#define X(name) EFFECT_##name,
        CORE_EFFECTS(X)
#undef X
} CoreEffectType;

typedef enum CoreOutcome {
        CORE_SUCCEEDED,
        CORE_FAILED,
        CORE_INTERRUPTED,
        CORE_UNKNOWN, /* RECORD_END only: no evidence */
} CoreOutcome;

typedef struct CoreEffect {
        CoreEffectType type;
        int workload;
        int publication;
        bool is_early;
        bool is_swap;
        bool is_forced;
        bool is_rollback;
        bool is_unstarted;
        char *container; /* owned, as all strings here */
        char *other;
        char *name; /* of a container or a fact */
        char *run_key;
        int64_t try_number;
        int exit_code;
        CoreOutcome outcome;
        char *evidence; /* "wait", "inspect"; "" */
        char *text;
} CoreEffect;

void core_effect_clear(CoreEffect *effect);
GArray *core_effects_new(void); /* of CoreEffect, cleared with it */

/* Their names in traces, as above */
const char *core_effect_to_string(CoreEffectType type);
const char *core_event_to_string(CoreEventType type);

/* ---- The machine ---- */

typedef struct Core Core;

typedef struct CoreConfig {
        const Application *app;          /* borrowed as long as the core lives */
        int64_t deployment;              /* number */
        const CoreContainer *containers; /* copied */
        size_t n_containers;
        const CoreSwap *swaps; /* copied */
        size_t n_swaps;
        const char *const *rerun;     /* ids of `--rerun`, NULL-terminated or NULL */
        const char *app_slug;         /* for names of run-once containers:
                                                   <app>-<workload>-<key8>-<n> */
        const bool *may_create_early; /* one per workload: its place in the graph allows it */
        bool may_adopt;               /* false only in tests that must fail without it */
} CoreConfig;

/* Nothing happens before the event BEGIN */
Core *core_new(const CoreConfig *config);
void core_free(Core *core);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Core, core_free)

#define CORE_NO_DEADLINE G_MAXINT64

/**
 * core_step() - take one event and decide what follows
 * @event:   borrowed for the call
 * @effects: (element-type CoreEffect) appended to, in the order in which they must be begun
 *
 * An event without meaning in the present state (a late answer, the engine reporting the same exit
 * twice, a container nobody knows) changes nothing and adds no effect. After FINISH nothing does.
 *
 * Return: when, on the monotonic clock in microseconds, TIMER is wanted; CORE_NO_DEADLINE for never
 */
int64_t core_step(Core *core, const CoreEvent *event, GArray *effects);

/* Ids of every container the core has a stake in: what must be observed when the engine is back;
 * (transfer full) NULL-terminated */
char **core_containers(const Core *core);

/* ---- Reading its state, for progress and status ---- */

#define WORKLOAD_STATES(X)                                                                         \
        X(HELD, "held")                                                                            \
        X(PULLING, "pulling")                                                                      \
        X(CREATED, "created")                                                                      \
        X(STARTING, "starting")                                                                    \
        X(RUNNING, "running")                                                                      \
        X(DONE, "done")                                                                            \
        X(FAILED, "failed")                                                                        \
        X(UNKNOWN, "unknown")                                                                      \
        X(STOPPED, "stopped")                                                                      \
        X(OFF, "off")

typedef enum WorkloadState {
#define X(name, text) STATE_##name,
        WORKLOAD_STATES(X)
#undef X
} WorkloadState;

const char *workload_state_to_string(WorkloadState state);

typedef struct WorkloadProgress {
        WorkloadState state;
        PlanAction action; /* meaningful once is_decided */
        bool is_decided;
        const char *reason;         /* why this action, or why it failed; borrowed */
        const char *container;      /* id of the one that counts now; "" */
        const char *container_name; /* "" */
        int exit_code;              /* -1: none */
        int64_t try_number;
        bool is_settled; /* nothing more will happen to it in this deployment */
} WorkloadProgress;

/* How far a workload is; its texts are valid till the next step */
void core_progress(const Core *core, unsigned workload, WorkloadProgress *ret_progress);

/* What a held workload waits for, for people: "db/postgres to listen on port 5432"; (transfer
 * full) NULL where it does not wait */
char *core_waits_for(const Core *core, unsigned workload);

bool core_is_finished(const Core *core); /* FINISH has been given */
