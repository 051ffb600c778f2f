#pragma once

/*
 * Swarm: the engine interface over the API of a Swarm manager
 *
 * A service is shown as one Container: its id, name and labels are the service's, its
 * state is read from its tasks. It runs when as many tasks as are wanted run, and a
 * task runs when its health check has passed. A run-once container (its label
 * slipway.run is not empty) is a job: one service for each try, never updated, never
 * started again by the engine. How a job ended is read from its tasks, and where the
 * node of one cannot be asked the answer is that nobody knows (Container.is_lost).
 *
 * What differs from one host:
 * - Names are final: CREATE takes the service's own name (swarm_service_name(),
 *   swarm_job_name()), RENAME does nothing. CREATE really starts the tasks; START waits
 *   until each of them has started once, or tells why it cannot.
 * - UPDATE replaces the spec and waits for the rollout; a spec that is the same sends
 *   nothing. With `rollback` and no spec the service is what it was before its last update;
 *   where the Swarm does not keep that it is CONFLICT. STOP scales to 0 and remembers how many there were; START scales up again.
 * - PROBE_PORT and EXEC answer only for what CREATE was given as Spec.probes: they are
 *   the tasks' health check, and they hold when all wanted tasks run.
 * - Files become configs and secrets, named after their content; PRUNE removes those
 *   with the labels given that no service uses.
 * - Volumes are made by tasks on their nodes. VOLUME_* keep a register of them.
 * - KILL is not possible; IMAGE_PULL does nothing, each node pulls by itself.
 *
 * While the Swarm has no leader every request that needs one is sent again, for 60 s and no
 * longer than its deadline; then it fails with UNREACHABLE. What was done although the answer
 * was an error is found out: a create that succeeds the second time only in that its name is
 * taken answers CONFLICT, as after any lost answer.
 *
 * Tasks have no events: while something is awaited one request lists them, for all who
 * wait, every 200 ms rising to 1 s. Nothing is asked when nobody waits.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/docker/docker.h"
#include "engine/engine.h"

/* Everything is borrowed for the call of swarm_engine_new(); all may be NULL or 0 */
typedef struct SwarmOptions {
        DockerOptions docker; /* how the manager is reached */
        bool without_ipvs;    /* the nodes' kernels have none: every service by DNS round robin,
                               * ports on the nodes that run its tasks */
        const char *hash_key; /* for the names of configs and secrets, so that they do not give
                               * away a weak secret; NULL: none */
        /* Told in one line what keeps the Swarm from answering, and that it does again */
        void (*on_notice)(const char *text, gpointer user);
        gpointer notice_user;
} SwarmOptions;

/**
 * swarm_engine_new() - an engine that is a Swarm, by one of its managers
 * @options: NULL for all defaults
 *
 * Nothing is connected yet. A daemon that is no manager shows in the first reply.
 *
 * Return: as docker_engine_new()
 */
Engine *swarm_engine_new(const SwarmOptions *options, GError **error);

/**
 * swarm_service_name() - `<app>_<workload>`, as `docker stack deploy` names services
 * @workload: id of the workload
 *
 * Service names are labels of DNS: letters, digits, `_` and `-`, at most SWARM_NAME_MAX. What is
 * too long ends with a hash of the whole.
 *
 * Return: (transfer full)
 */
char *swarm_service_name(const char *app, const char *workload);

/* (transfer full) `<app>_<workload>-<key>-<try>`; @key: the first 8 characters of the run key */
char *swarm_job_name(const char *app, const char *workload, const char *key, int64_t try_number);

#define SWARM_NAME_MAX 63

/* Requests that were sent to the manager so far: for tests and measurements */
uint64_t swarm_engine_requests(const Engine *engine);
