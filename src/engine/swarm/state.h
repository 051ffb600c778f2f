#pragma once

/*
 * State: a service and its tasks as one container
 *
 * Reads the engine's JSON and decides what is true of the service as a whole. Pure: the
 * same service, tasks and nodes always give the same container.
 */

#include <jansson.h>

#include "engine/engine.h"

/* Where a task is in its life */
typedef enum TaskPhase {
        TASK_COMING,   /* new … ready: it has no process yet */
        TASK_STARTING, /* its container runs, its health check has not passed yet */
        TASK_RUNNING,
        TASK_COMPLETE, /* ended with 0 */
        TASK_FAILED,   /* ended otherwise */
        TASK_REJECTED, /* could not be started: image, mount, command */
        TASK_STOPPED,  /* ended because it was told to */
        TASK_LOST,     /* its node cannot be asked, or has been given up */
} TaskPhase;

/* @down: ids of the nodes that are down, as a set; NULL: none is known to be */
TaskPhase swarm_task_phase(const json_t *task, GHashTable *down);

/* Whether a container of it has ever run */
bool swarm_task_has_started(const json_t *task);

/* Whether it is one of those that the service wants now, and not a former one */
bool swarm_task_is_wanted(const json_t *task);

/* Whether it is a job's task of an earlier execution */
bool swarm_task_is_stale(const json_t *service, const json_t *task);

/* What the engine says went wrong with it; "" for nothing. Borrowed. */
const char *swarm_task_words(const json_t *task);

bool swarm_service_is_job(const json_t *service);

/* How many tasks are to run or, of a job, to complete; -1: one on each node that fits */
int64_t swarm_service_wanted(const json_t *service);

/**
 * swarm_container() - the service as everybody above sees it
 * @service: of GET /services/ID
 * @tasks:   (element-type json_t) all tasks of the service that the engine remembers, in any order
 * @down:    as above
 *
 * Created: no task has ever started. Running: as many tasks as wanted have started, and it is
 * healthy when all of them run in the engine's sense, that is when their health checks have passed.
 * Restarting: fewer, after one has failed. Exited: scaled to nothing by STOP; a job whose tasks have
 * all ended; a service whose restart policy starts no further task. A job is a success only when as
 * many tasks as wanted have completed; else its exit code is that of the first task that failed.
 * What a task that was stopped, or whose end its node did not see, would have come to is not known:
 * such an end is not attested.
 *
 * Return: (transfer full) the container; NULL with ENGINE_ERROR_REPLY where it is no service
 */
Container *swarm_container(const json_t *service, const GPtrArray *tasks, GHashTable *down,
                           GError **error);
