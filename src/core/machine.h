#pragma once

/*
 * Machine: what the core's parts share, and nobody else sees
 *
 * A step goes through core.c: silence.c hears whether the engine answers, events.c takes the
 * event apart, and then whatever has become possible is begun. place.c brings a workload from
 * held to up, with place-create.c, place-start.c and place-observe.c for its container; run.c
 * knows the tries of run-once containers, swap.c replaced services and what is cleaned up,
 * publish.c events and whose turn it is, ending.c when the whole is over and how.
 */

#include "core/core.h"

/* How far a workload is on its way. Where an answer from outside is awaited, the comment says
 * which. */
typedef enum Stage {
        STAGE_NONE,      /* to be prepared */
        STAGE_PREPARING, /* PREPARED */
        STAGE_PREPARED,
        STAGE_PULLING,  /* PULLED */
        STAGE_CREATING, /* CREATED */
        STAGE_CREATED,
        STAGE_EARLIER,     /* the end of an earlier run of the same workload */
        STAGE_WITHDRAWING, /* REMOVED of a run that no machine has taken */
        STAGE_UPDATING,    /* UPDATED */
        STAGE_CLEARING,    /* STOPPED of whoever is in its way */
        STAGE_OPENING,     /* WAIT_OPEN */
        STAGE_STARTING,    /* STARTED */
        STAGE_UP,          /* events; run-once: EXITED */
        STAGE_INSPECTING,  /* OBSERVED: evidence of how a run ended */
        STAGE_BACKOFF,     /* the timer */
        STAGE_UNDOING,     /* REMOVED of the new, STARTED of the old container */
        STAGE_OVER,
} Stage;

typedef enum Verdict {
        VERDICT_NONE,
        VERDICT_DONE, /* run-once: succeeded, now or before */
        VERDICT_FAILED,
        VERDICT_UNKNOWN,
        VERDICT_OFF,
} Verdict;

typedef enum PubState {
        PUB_IDLE,
        PUB_ARMED, /* being observed since armed_us */
        PUB_FIRED,
        PUB_EXPIRED, /* will not be waited for any longer */
} PubState;

typedef struct Pub {
        const Publication *model;
        PubState state;
        int64_t deadline_us; /* CORE_NO_DEADLINE: none */
        int64_t next_us;     /* exec: the next try; CORE_NO_DEADLINE while one is under way */
        bool is_asked;       /* PROBE_PORT or EXEC is under way */
        bool has_listeners;  /* somebody subscribed */
} Pub;

/* A container that the engine has, or had during this deployment */
typedef struct Known {
        const char *id;
        const char *name;
        const char *workload_id;
        const char *run_key;
        int64_t try_number;
        Observation seen;
        const char *const *claims;
        int workload;      /* -1: the file no longer has it */
        bool is_new;       /* created by this deployment */
        bool is_withdrawn; /* being removed, if no machine has it */
} Known;

typedef struct Work {
        const Workload *model;
        unsigned index;
        Stage stage;
        Verdict verdict;
        char *reason;

        bool has_turn;
        bool is_prepared;
        bool is_pulled;
        Prepared prepared; /* strings in the core's arena */
        bool is_decided;
        bool is_early_tried;
        PlanDecision decision;

        int current;            /* service: index of the container that served before; -1 */
        int next;               /* the one this deployment wants to be up; -1 */
        bool is_kept;           /* next is current */
        bool has_swap_record;   /* an earlier command's, perhaps of a container that is gone */
        bool is_swapped;        /* current was stopped in favour of next, and a record says so */
        bool has_update_record; /* orchestrated: likewise of an update */
        bool is_rolled;         /* orchestrated: next was updated, and can be made what it was */
        bool is_restored_again;
        bool is_swap_void; /* an earlier command's swap: current is wanted after all */
        GArray *stopping;  /* int: containers whose STOPPED is awaited */
        GArray *refused;   /* int: containers that could not be started again so far */
        GArray *displaced; /* int: containers of others that were stopped for its claims */
        int64_t timer_us;  /* back-off, settling, or asking again after a lost answer */
        bool is_suspect;   /* an answer was lost: what timer_us is for */
        unsigned n_lost;
        int64_t until_us;  /* orchestrated: how long the end of its update or start is waited for */
        int64_t lost_us;   /* since when the start of next is in doubt */
        unsigned n_starts; /* asked for again */
        unsigned n_recreated;
        bool is_restarting;      /* its exit has been told, and the engine is to start it again */
        const char *name_wanted; /* of the container being created */

        int64_t try_number;
        bool is_intended;   /* the row for try_number is there */
        bool is_wait_asked; /* WAIT_OPEN will come */
        bool is_wait_open;  /* an exit will be told */
        bool is_wait_early; /* and was opened before the start: evidence */
        int64_t started_wall_ns;
        int64_t first_start_us; /* 0: not yet; the time for retries runs from here */
        unsigned n_failed;
        unsigned n_unknown;
        int exit_code;
        int withdrawn;        /* the container whose REMOVED is awaited */
        bool has_been_taken;  /* a machine has it after all */
        bool is_left_running; /* the waiting is over, the container is not */
        bool is_node_lost;    /* the machine that runs it cannot be asked */

        Pub *pubs;
} Work;

typedef enum Phase {
        PHASE_BEGIN,
        PHASE_PREPARING, /* nothing starts before everything is known to be there */
        PHASE_RUNNING,
        PHASE_CHECKING, /* READY */
        PHASE_CLEANING, /* it is started; what is left over goes */
        PHASE_ENDING,   /* it failed or was interrupted; what was begun is brought to rest */
        PHASE_FINISHED,
} Phase;

struct Core {
        Arena *arena;
        const Application *app;
        int64_t deployment;
        const char *app_slug;
        bool may_adopt;
        bool is_orchestrated; /* see Prepared; known once the first has been prepared */
        const bool *may_create_early;
        const char *const *rerun;

        Phase phase;
        CoreOutcome outcome; /* meaningful in PHASE_ENDING and after */
        char *outcome_reason;
        bool is_renaming; /* in PHASE_CLEANING: everything that goes is gone */
        bool is_engine_lost;
        int64_t engine_lost_us;
        int64_t heard_us; /* the engine's last answer */
        int64_t asked_us; /* since when an answer is awaited that should come soon; CORE_NO_DEADLINE */
        int64_t doubt_us; /* since when it is doubtful that it answers at all; CORE_NO_DEADLINE */
        int64_t ping_us; /* the next question whether it does; CORE_NO_DEADLINE while one is asked */

        Work *works;
        size_t n_works;
        GArray *known;    /* of Known */
        GArray *cleaning; /* int: containers whose REMOVED, STOPPED or RENAMED is awaited */

        int64_t now_us;
        int64_t wall_us;
        GArray *effects; /* of the step under way; borrowed */
};

static inline bool work_is_run(const Work *work)
{
        return work->model->kind == WORKLOAD_EPHEMERAL;
}

/* ---- machine.c ---- */

/* An effect of this step, to be filled in; valid till the next one. @work: NULL: of the whole */
CoreEffect *core_emit(Core *core, CoreEffectType type, const Work *work);

/* The same for a container. @work: NULL: the workload that the container is of */
CoreEffect *core_emit_for(Core *core, CoreEffectType type, const Work *work, int known);
void core_fact(Core *core, const Work *work, const char *name, const char *format, ...)
        G_GNUC_PRINTF(4, 5);

/* Containers are named by their index in core->known */
Known *core_known(Core *core, int i);            /* valid till one is added */
int core_find(const Core *core, const char *id); /* -1: nobody knows it */

/* Whether it runs, or will without being told to */
bool core_is_under_way(const Core *core, const Known *known);

bool core_is_forced(const Core *core, const Work *work); /* by --rerun */

/* Why it is as it is, for people */
void work_reason(Work *work, const char *format, ...) G_GNUC_PRINTF(2, 3);
Observation *work_seen(Core *core, const Work *work); /* of next */

/* An answer to a request for this workload was lost: ask again when the engine is there */
void work_lost(Core *core, Work *work);

/* ---- events.c ---- */

/* Tells the event to those parts and workloads that it is for */
void events_dispatch(Core *core, const CoreEvent *event);

/* In each step: whatever is due by now, the engine's silence included */
void events_on_timers(Core *core);

/* ---- silence.c: whether the engine answers at all ---- */

void silence_listen(Core *core, const CoreEvent *event); /* before the event is taken apart */
void silence_watch(Core *core);                          /* asks, or gives up, when it is time */
void silence_note_asking(Core *core);                    /* at the end of a step */
void silence_heard(Core *core);                          /* it does */
void silence_give_up(Core *core);                        /* it does not: finishes */

/* ---- ending.c ---- */

/* Nothing further is begun; what was begun is brought to rest. @reason: for people */
void ending_begin(Core *core, CoreOutcome outcome, const char *reason);

/* In PHASE_ENDING: what was created early and never started goes; a swap in whose gap nothing
 * serves is undone; then finishes */
void ending_settle(Core *core);
void ending_finish(Core *core);
void ending_succeed(Core *core); /* everything is up: what is left over goes */

/* Whether something about it must come to rest before the deployment may end: requests that change
 * what runs, and a gap between an old container and its replacement */
bool ending_is_unrest(const Work *work);

/* Whether something will still happen by itself */
bool ending_is_active(const Core *core, const Work *work);
bool ending_is_quiet(const Core *core); /* with none */
void ending_on_quiet(Core *core);       /* then it has failed, or is checked, or has succeeded */

/* The first with this verdict; NULL: none */
const Work *ending_first_with(const Core *core, Verdict verdict);

/* (transfer full) why it is not up, for people; NULL: it is */
char *ending_why_not(const Core *core);

/* ---- place.c: an on_x() takes the answer x to what was asked for the workload ---- */

/* Begins the next stage, if it can be begun: where its turn has come, or early */
void place_advance(Core *core, Work *work);
void place_on_prepared(Core *core, Work *work, const CoreEvent *event);
void place_on_pulled(Core *core, Work *work, const CoreEvent *event);
void place_redrive(Core *core, Work *work); /* after a lost answer */

/* The workload has failed for this deployment; a swap that was begun is undone */
void place_fail(Core *core, Work *work, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* ---- place-create.c ---- */

/* Adopts one that is there or has one made, under the final or a temporary name; a run's intent is
 * recorded first */
void place_create(Core *core, Work *work);
void place_on_created(Core *core, Work *work, const CoreEvent *event);
void place_recreate(Core *core, Work *work); /* somebody has removed its container */

/* ---- place-start.c ---- */

/* The old container, and whoever else of ours holds a port or address that it needs, is stopped
 * just before its start and not earlier: what came before ran while the old version served. */
void place_clear_and_start(Core *core, Work *work);
void place_on_stopped(Core *core, Work *work, int known);

/* Whether another workload, which has failed, is about to give back what would be in its way: whether
 * that runs is known only when it has been answered */
bool place_is_way_changing(Core *core, const Work *work);

/* Nothing is in its way: a run is waited for before it starts. Where nothing further is to start,
 * whoever was stopped for it serves again. */
void place_start(Core *core, Work *work);
void place_ask_start(Core *core, Work *work);

/* Whether START may be asked for once more where it was not answered, and did nothing */
bool place_may_ask_again(Core *core, Work *work);
void place_on_started(Core *core, Work *work, const CoreEvent *event);

/* It runs, or did not need to be started: its events are observed */
void place_up(Core *core, Work *work);
void place_update(Core *core, Work *work); /* in place */
void place_on_updated(Core *core, Work *work, const CoreEvent *event);

/* A timeout ends the waiting; what the engine has begun it goes on with. */
void place_on_until(Core *core, Work *work);

/* ---- place-observe.c ---- */

/* A service's container was inspected */
void place_on_observed(Core *core, Work *work);

/* ---- run.c: run-once containers ---- */

/* How a try has ended */
typedef struct RunEnd {
        int known;     /* its container; -1: there is none */
        int exit_code; /* -1: not known, or it has not run */
        CoreOutcome outcome;
        const char *evidence; /* "wait", "inspect"; "refused": it has not run; "" */
        const char *words;    /* of the engine that refused; else NULL */
} RunEnd;

/* Durable before the try under way may run. @known: its container, -1: it is made with this */
void run_record_start(Core *core, const Work *work, int known);
void run_record_end(Core *core, const Work *work, const RunEnd *end);

/* The last try that the ledger knows, where it ended while nobody looked: before anything is decided */
void run_settle_open_try(Core *core, Work *work);

/* Not while an earlier try may be under way, or its outcome is the operator's turn */
bool run_may_create_early(Core *core, Work *work);

/* Its turn has come: goes on with an earlier try, or begins one */
void run_begin(Core *core, Work *work);
void run_on_wait_open(Core *core, Work *work, const CoreEvent *event);
void run_on_exited(Core *core, Work *work, const CoreEvent *event);
void run_on_observed(Core *core, Work *work);
void run_on_earlier(Core *core, Work *work, int known); /* another run of it was inspected */
void run_on_removed(Core *core, Work *work, int known, CoreError error);

/* Asks for its removal, where no machine has it */
void run_withdraw(Core *core, int known);
void run_record_withdrawn(Core *core, int known, CoreError error); /* NONE or GONE */
void run_on_timer(Core *core, Work *work);                         /* the back-off is over */

/* Its time is over: where its node is lost the outcome is unknown, and true is returned */
bool run_hold_lost(Core *core, Work *work);

/* ---- swap.c: replaced services, and what is cleaned up ---- */

/* The new container goes, and the old one, and whoever was stopped for it, serve again */
void swap_undo(Core *core, Work *work);

/* Whether what served before is to serve again where the workload fails */
static inline bool swap_has_way_back(const Work *work)
{
        return work->is_swapped || work->is_rolled || work->displaced->len > 0;
}

/* Now that the others have undone theirs, too: what was in the way may be gone. False: nothing to
 * do */
bool swap_restore_again(Core *core);
void swap_on_removed(Core *core, Work *work, const CoreEvent *event);
void swap_on_started(Core *core, Work *work, const CoreEvent *event);

/* Everything is up: what no workload needs goes, and what has a temporary name gets its own */
void swap_begin_cleaning(Core *core);
void swap_clean_step(Core *core);

/* It failed elsewhere: a replacement that did all it should stays, and its old container goes */
void swap_finish_confirmed(Core *core);
void swap_remove(Core *core, int known); /* and await the answer */

/* A replacement that publishes nothing to go by must stay up for a while (CORE_SETTLE_US) */
bool swap_is_settling(const Core *core, const Work *work);

/* ---- publish.c: events, and whose turn it is ---- */

void publish_init(Core *core);
void publish_arm(Core *core, Work *work); /* it is up: what has not fired is observed from now on */

/* The event has happened; @how it was found out, for people. Later ones change nothing. */
void publish_fire(Core *core, Work *work, unsigned publication, const char *how);
void publish_fire_all(Core *core, Work *work);
void publish_fire_type(Core *core, Work *work, EventType type);
void publish_cancel(Core *core, Work *work);    /* what is armed; fired ones stay */
void publish_no_health(Core *core, Work *work); /* it has no check: nobody waits for it in vain */
void publish_on_timer(Core *core, Work *work);
void publish_on_probed(Core *core, Work *work, const CoreEvent *event);
void publish_on_executed(Core *core, Work *work, const CoreEvent *event);

/* For an event that counts */
bool publish_is_waiting(const Core *core, const Work *work);

/* Nobody stops a service, so its stop counts only where a subscription asks for it */
bool publish_counts(const Core *core, const Work *work, const Pub *pub);

/* Its start rule is met. A parent that is off publishes nothing; one whose parents are all off is a
 * root. */
bool publish_is_turn(const Core *core, const Work *work);

/* When publish_on_timer() has something to do; CORE_NO_DEADLINE for never */
int64_t publish_deadline(const Core *core, const Work *work);
