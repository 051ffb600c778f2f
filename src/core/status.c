#include "core/status.h"

const char *app_state_to_string(AppState state)
{
        static const char *const states[] = {
#define X(name, text) text,
                APP_STATES(X)
#undef X
        };

        return states[state];
}

typedef struct Count {
        size_t n_services;
        size_t n_running;
        const WorkloadView *exited;  /* the first service that is down for good */
        const WorkloadView *missing; /* the first service without a container */
        const WorkloadView *between; /* the first service that the engine is about to start again */
        const WorkloadView *paused;  /* the first service that is paused */
} Count;

static Count count(const AppView *app)
{
        Count count = { 0 };

        for (size_t i = 0; i < app->n_workloads; i++) {
                const WorkloadView *workload = &app->workloads[i];

                if (workload->kind != WORKLOAD_SERVICE || workload->is_off)
                        continue;
                count.n_services++;
                if (workload->presence == PRESENCE_RUNNING) {
                        count.n_running++;
                        if (workload->is_paused && count.paused == NULL)
                                count.paused = workload;
                } else if (workload->presence == PRESENCE_EXITED && workload->will_restart) {
                        if (count.between == NULL)
                                count.between = workload;
                } else if (workload->presence == PRESENCE_EXITED && count.exited == NULL) {
                        count.exited = workload;
                } else if (workload->presence != PRESENCE_EXITED && count.missing == NULL) {
                        count.missing = workload;
                }
        }
        return count;
}

AppState status_of_app(const AppView *app, char **ret_reason)
{
        Count now = count(app);

        *ret_reason = g_strdup("");
        if (app->is_deploying && app->wants_stopped)
                return APP_STOPPING;
        if (app->is_deploying)
                return app->has_served ? APP_UPDATING : APP_STARTING;
        if (app->wants_stopped) {
                if (now.n_running == 0)
                        return APP_STOPPED;
                g_free(*ret_reason);
                *ret_reason = g_strdup_printf("%zu of its containers still run", now.n_running);
                return APP_STOPPING;
        }
        if (now.exited != NULL && app->has_served) {
                g_free(*ret_reason);
                *ret_reason = g_strdup_printf("%s exited with %d and is not restarted",
                                              now.exited->id, now.exited->exit_code);
                return APP_STOPPED;
        }
        if (!app->has_served || now.missing != NULL) {
                g_free(*ret_reason);
                *ret_reason = app->has_failed && app->failure != NULL && app->failure[0] != '\0'
                                      ? g_strdup(app->failure)
                              : now.missing != NULL
                                      ? g_strdup_printf("%s has no running container",
                                                        now.missing->id)
                                      : g_strdup("it was never brought up to the end");
                return app->has_served ? APP_STOPPED : APP_FAILED;
        }
        if (now.paused != NULL) {
                g_free(*ret_reason);
                *ret_reason = g_strdup_printf("%s is paused", now.paused->id);
                return APP_STOPPED;
        }
        if (now.between != NULL) {
                g_free(*ret_reason);
                *ret_reason = g_strdup_printf("%s exited with %d and is about to be restarted",
                                              now.between->id, now.between->exit_code);
                return APP_STARTING;
        }
        return APP_STARTED;
}

WorkloadState status_of_workload(const WorkloadView *workload, bool is_held)
{
        if (workload->is_off)
                return STATE_OFF;
        if (workload->kind == WORKLOAD_EPHEMERAL) {
                if (workload->presence == PRESENCE_RUNNING)
                        return workload->is_lost ? STATE_UNKNOWN : STATE_RUNNING;
                if (workload->is_unknown)
                        return STATE_UNKNOWN;
                if (workload->has_failed)
                        return STATE_FAILED;
                return workload->is_done ? STATE_DONE : STATE_HELD;
        }
        switch (workload->presence) {
        case PRESENCE_RUNNING:
                return workload->is_paused ? STATE_STOPPED : STATE_RUNNING;
        case PRESENCE_CREATED:
                if (workload->has_failed)
                        return STATE_FAILED;
                return is_held ? STATE_HELD : STATE_CREATED;
        case PRESENCE_EXITED:
                return workload->will_restart ? STATE_STARTING : STATE_STOPPED;
        case PRESENCE_GONE:
                if (workload->has_failed)
                        return STATE_FAILED;
                return is_held ? STATE_HELD : STATE_STOPPED;
        }
        g_assert_not_reached();
}
