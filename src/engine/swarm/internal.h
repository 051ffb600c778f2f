#pragma once

/*
 * The inside of the Swarm engine
 *
 * It is a Docker engine with other operations: calls, steps, deadlines and the
 * agreement on the API's version are those of engine/docker/internal.h. What is added:
 * waiting for tasks, of which one request serves all who wait, and what is known of
 * services, nodes, configs and secrets.
 */

#include <glib.h>
#include <jansson.h>

#include "base/timefmt.h"
#include "engine/docker/internal.h"
#include "engine/swarm/service.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/swarm.h"

/* Between two lists of tasks: as decision 26 says */
#define TASKS_POLL_MIN_US (200 * US_PER_MS)
#define TASKS_POLL_MAX_US (1 * US_PER_S)
/* Between two looks at the nodes, while tasks are awaited and no stream of events is open */
#define NODES_WATCHED_US (10 * US_PER_S) /* events of nodes reach not every manager */
#define NODES_LOOK_US    (5 * US_PER_S)
/* Between two looks at what a new leader does not know yet, and how long they go on */
#define LEADER_GAP_US    (500 * US_PER_MS)
#define NODES_UNKNOWN_US (30 * US_PER_S)
/* How long a service is followed that does not come to run */
#define FOLLOW_MAX_US (600 * US_PER_S)
/* Between two looks at a service that is being updated */
#define SERVICE_LOOK_MIN_US (200 * US_PER_MS)
#define SERVICE_LOOK_MAX_US (1 * US_PER_S)

typedef struct TaskWait TaskWait;

typedef struct SwarmEngine {
        DockerEngine docker; /* first: an Engine, too */
        bool without_ipvs;
        char *hash_key;                                     /* NULL: none */
        void (*on_notice)(const char *text, gpointer user); /* NULL: nobody reads it */
        gpointer notice_user;
        bool is_leaderless; /* as far as the last answer of the leader's says */

        GHashTable *services; /* char *id → GHashTable * of its labels: for events */
        GHashTable *volumes;  /* char *name → json_t *: those of the register that were seen */
        GHashTable *objects;  /* "configs/NAME", "secrets/NAME" → id, of those known to exist */

        GPtrArray *waits; /* of TaskWait * */
        EngineCall *poll; /* lists tasks and nodes; NULL: nobody waits */
        bool is_polling;  /* its answer is awaited */
        uint64_t n_polls;
        int64_t polled_us; /* monotonic: when tasks were asked for last */
        int64_t pause_us;
        GHashTable *followed; /* char *service: set */
        GHashTable *seen;     /* char *service → char *: what its tasks were at the last poll */
        GHashTable *down;     /* ids of nodes that are down; NULL: not yet asked */
        int64_t nodes_us;     /* monotonic: when nodes were asked for last */
        bool nodes_are_stale;
} SwarmEngine;

static inline SwarmEngine *swarm_of(const EngineCall *call)
{
        return (SwarmEngine *) call->engine;
}

/* ---- Waiting for tasks (tasks.c) ---- */

/* @tasks: (element-type json_t) of the service, all that the engine remembers; @down: nodes */
typedef void (*TasksFunc)(EngineCall *call, const GPtrArray *tasks, GHashTable *down);

/**
 * tasks_await() - be told of a service's tasks until the call is over
 * @app:        the service's label slipway.app; "" for none
 * @is_passive: look on when others make us ask, but do not ask for this one's sake
 * @func:       called with each list, also where nothing has changed
 *
 * A call waits for one service at a time; this replaces what it waited for. When its deadline has
 * passed it fails with ENGINE_ERROR_TIMEOUT.
 */
void tasks_await(EngineCall *call, const char *service, const char *app, bool is_passive,
                 TasksFunc func);

/* Whether somebody watches, and misses nothing */
bool swarm_is_watched(const SwarmEngine *engine);

/* The engine's state of nodes is no longer what it was */
void tasks_nodes_changed(SwarmEngine *engine);

/* The call waits for tasks no more */
void tasks_stop(EngineCall *call);

void tasks_done(SwarmEngine *engine); /* when the engine is freed */

/* (transfer full) the ids of nodes that are down, of GET /nodes */
GHashTable *swarm_nodes_down(const json_t *nodes);

/* (transfer full) the element-type json_t tasks of a service out of a list of tasks */
GPtrArray *swarm_tasks_of(const json_t *tasks, const char *service);

/* ---- No leader (leader.c) ---- */

/* Whether a manager says with this answer that there is no leader to ask, or not yet again */
bool swarm_is_leaderless(long status, const char *words);

/* A line for people */
void swarm_tell(const SwarmEngine *engine, const char *text);

/* Tells, once, that there is no leader */
void swarm_leader_lost(SwarmEngine *engine);

/* Tells that there is one again, if there was none, and has everything looked at anew */
void swarm_leader_back(SwarmEngine *engine);

/* DockerEngine.ask_again */
int64_t swarm_ask_again(EngineCall *call, const char *url, long status, int64_t began_us,
                        GError **error);

/* ---- What is known of services (events.c) ---- */

/* Remembers the labels of a service, for its events */
void service_learn(SwarmEngine *engine, const json_t *service);

/* Tells all who watch such services */
void service_tell(SwarmEngine *engine, const char *id, const char *action);

bool swarm_on_event(EngineCall *call, const json_t *item);
bool swarm_watch_prepare(EngineCall *call, const EngineRequest *request, GError **error);

/* ---- Looking at services (look.c) ---- */

/* GET /services/ID of call->id; the answer is for service_answer() */
void service_ask(EngineCall *call, void (*on_answer)(EngineCall *call, const DockerAnswer *answer));

/* The service that was answered, borrowed; NULL: the call has failed */
const json_t *service_answer(EngineCall *call, const DockerAnswer *answer);

/**
 * service_follow() - list tasks until the service's health checks have passed, for those who watch
 *
 * Nobody else may ask for tasks when START has been answered. Ends when it runs, when it has ended,
 * when nobody watches, or after FOLLOW_MAX_US. One that is followed already is not followed twice.
 */
void service_follow(SwarmEngine *engine, const json_t *service, const Container *container);

/* The label slipway.app; "" for none. Borrowed. */
const char *service_app(const json_t *service);

/* (transfer full) {"NAME": [VALUE]} as it stands in a query */
char *swarm_filter(const char *name, const char *value);

void swarm_inspect_begin(EngineCall *call);
void swarm_list_begin(EngineCall *call);
void swarm_wait_begin(EngineCall *call);
bool swarm_probe_prepare(EngineCall *call, const EngineRequest *request, GError **error);
bool swarm_exec_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_probe_begin(EngineCall *call);

/* ---- Changing services (change.c, start-stop.c) ---- */

bool swarm_create_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_create_begin(EngineCall *call);
bool swarm_update_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_update_begin(EngineCall *call);
void swarm_start_begin(EngineCall *call);
void swarm_stop_begin(EngineCall *call);
bool swarm_remove_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_remove_begin(EngineCall *call);

/* ---- Volumes (volumes.c) ---- */

void swarm_volume_create_begin(EngineCall *call);
void swarm_volume_inspect_begin(EngineCall *call);
bool swarm_volume_list_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_volume_list_begin(EngineCall *call);
void swarm_volume_remove_begin(EngineCall *call);

/* Gives the mounts of a service what is known of their volumes: labels, drivers */
void swarm_volumes_put(SwarmEngine *engine, json_t *service_spec);

/* ---- Configs and secrets (objects.c) ---- */

/* What a call wants to be there; the first member of the call's state */
typedef struct Objects {
        GPtrArray *list; /* of SwarmObject * */
        json_t *labels;  /* of those that are made */
        guint at;
        void (*done)(EngineCall *call); /* all are there, and their ids are known */
} Objects;

/* (transfer full) what is written onto configs, secrets and the like: what lasts of the labels */
json_t *swarm_object_labels(const char *const *labels);

/* (transfer full) the labels, and with them the one by which `docker stack` knows the application */
char **swarm_stack_labels(const char *const *labels);

void objects_ensure(EngineCall *call, Objects *objects);
void objects_done(Objects *objects);
void objects_forget(SwarmEngine *engine); /* one may be gone */

/* ---- Networks, nodes, logs (cluster.c, logs.c) ---- */

bool swarm_network_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_network_remove_begin(EngineCall *call);
void swarm_nodes_begin(EngineCall *call);
bool swarm_logs_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_logs_begin(EngineCall *call);

bool swarm_prune_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void swarm_prune_begin(EngineCall *call);
