#pragma once

/*
 * Status: what state an application is in
 *
 * A pure function of what the engine has, what the ledger says and how the last
 * deployment went (decision 18): the state says what serves, the deployment has an
 * outcome of its own.
 */

#include <glib.h>
#include <stdbool.h>

#include "core/core.h"

#define APP_STATES(X)                                                                              \
        X(STARTING, "starting")                                                                    \
        X(STARTED, "started")                                                                      \
        X(UPDATING, "updating")                                                                    \
        X(STOPPING, "stopping")                                                                    \
        X(STOPPED, "stopped")                                                                      \
        X(FAILED, "failed")                                                                        \
        X(UNKNOWN, "unknown")

typedef enum AppState {
#define X(name, text) APP_##name,
        APP_STATES(X)
#undef X
} AppState;

const char *app_state_to_string(AppState state); /* as above */

/* One workload of the deployment that serves, as it is now */
typedef struct WorkloadView {
        const char *id;
        WorkloadKind kind;
        bool is_off;
        Presence presence; /* of its container; GONE where there is none */
        int exit_code;
        bool will_restart;
        bool is_paused;  /* it is there and does nothing */
        bool is_lost;    /* its machine cannot be reached */
        bool is_done;    /* run-once: its success is recorded */
        bool has_failed; /* run-once: its newest run failed; any: the last deployment could not bring
                            it up */
        bool is_unknown; /* run-once: how its newest run ended is not known */
} WorkloadView;

typedef struct AppView {
        const WorkloadView *workloads;
        size_t n_workloads;
        bool is_deploying;   /* a command works on it now */
        bool wants_stopped;  /* what the operator said last */
        bool has_served;     /* some deployment succeeded */
        bool has_failed;     /* the last deployment did not succeed */
        const char *failure; /* its reason */
} AppView;

/**
 * status_of_app() - the state of the whole
 * @ret_reason: (transfer full) a sentence, "" where nothing needs to be said
 *
 * It is stopped as soon as a service's container has exited and the engine does not bring it
 * back; a finished run-once never makes an application look bad.
 */
AppState status_of_app(const AppView *app, char **ret_reason);

/* The state of one workload; @is_held: it waits for its turn in the deployment under way */
WorkloadState status_of_workload(const WorkloadView *workload, bool is_held);
