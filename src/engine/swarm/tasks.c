/* Waiting for tasks: one list of them for all who wait */

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/internal.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/state.h"

#define POLL_GROWTH_PERCENT 125

/* The engine holds it, and it the call, until that is over */
struct TaskWait {
        EngineCall *call;
        bool is_dropped; /* the engine does not hold it any more */
        char *service, *app;
        bool is_passive;
        uint64_t since; /* number of the first poll that may be answered with */
        TasksFunc func;
};

static void wait_clear(gpointer data)
{
        TaskWait *wait = data;

        call_unref(wait->call);
        g_free(wait->service);
        g_free(wait->app);
}

static void wait_release(gpointer wait)
{
        g_rc_box_release_full(wait, wait_clear);
}

static void wait_drop(gpointer data)
{
        TaskWait *wait = data;

        wait->is_dropped = true;
        wait_release(wait);
}

static gpointer wait_acquire(gconstpointer wait, gpointer user)
{
        return g_rc_box_acquire((gpointer) wait);
}

static void unref_task(gpointer task)
{
        json_decref(task);
}

GPtrArray *swarm_tasks_of(const json_t *tasks, const char *service)
{
        GPtrArray *own = g_ptr_array_new_with_free_func(unref_task);
        size_t i;
        json_t *task;

        json_array_foreach(tasks, i, task) {
                if (g_str_equal(json_string_at(task, "ServiceID", ""), service))
                        g_ptr_array_add(own, json_incref(task));
        }
        return own;
}

GHashTable *swarm_nodes_down(const json_t *nodes)
{
        GHashTable *down = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        size_t i;
        json_t *node;

        json_array_foreach(nodes, i, node) {
                const char *state = json_string_at(node, "Status.State", "");

                /* To a new leader all are unknown until they have reported to it */
                if (g_str_equal(state, "down") || g_str_equal(state, "disconnected"))
                        g_hash_table_add(down, g_strdup(json_string_at(node, "ID", "")));
        }
        return down;
}

/* ---- Who waits ---- */

static void drop_ended(SwarmEngine *engine)
{
        for (guint i = engine->waits->len; i-- > 0;) {
                const TaskWait *wait = engine->waits->pdata[i];

                if (wait->call->is_over)
                        g_ptr_array_remove_index(engine->waits, i);
        }
}

static bool somebody_waits(const SwarmEngine *engine)
{
        for (guint i = 0; i < engine->waits->len; i++)
                if (!((const TaskWait *) engine->waits->pdata[i])->is_passive)
                        return true;
        return false;
}

/* The application that all who wait are of; NULL where they are of several, or of none */
static const char *common_app(const SwarmEngine *engine)
{
        const char *app = NULL;

        for (guint i = 0; i < engine->waits->len; i++) {
                const TaskWait *wait = engine->waits->pdata[i];

                if (wait->is_passive)
                        continue;
                if (wait->app[0] == '\0' || (app != NULL && !g_str_equal(app, wait->app)))
                        return NULL;
                app = wait->app;
        }
        return app;
}

/* ---- What changed ---- */

/* One word a task: enough to see that something has happened to one */
static char *signature(const GPtrArray *tasks, GHashTable *down, bool *ret_has_failed)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < tasks->len; i++) {
                const json_t *task = tasks->pdata[i];
                TaskPhase phase = swarm_task_phase(task, down);

                *ret_has_failed |= phase == TASK_FAILED || phase == TASK_REJECTED;
                g_string_append_printf(text, "%s:%d:%d ", json_string_at(task, "ID", ""), phase,
                                       swarm_task_is_wanted(task));
        }
        return g_string_free(text, false);
}

static bool note_change(SwarmEngine *engine, const char *service, const GPtrArray *tasks)
{
        bool has_failed = false;
        char *now = signature(tasks, engine->down, &has_failed);
        const char *before = g_hash_table_lookup(engine->seen, service);
        bool is_first = before == NULL;

        if (!is_first && g_str_equal(before, now)) {
                g_free(now);
                return false;
        }
        g_hash_table_replace(engine->seen, g_strdup(service), now);
        if (!is_first)
                service_tell(engine, service, has_failed ? "die" : "start");
        return true;
}

/* ---- The poll ---- */

static void poll_begin(EngineCall *poll);

static void schedule(SwarmEngine *engine, int64_t pause_us)
{
        int64_t due_us = engine->polled_us + pause_us;

        call_after(engine->poll, MAX(0, due_us - g_get_monotonic_time()), poll_begin);
}

static void poll_end(SwarmEngine *engine)
{
        EngineCall *poll = g_steal_pointer(&engine->poll);

        engine->is_polling = false;
        g_hash_table_remove_all(engine->seen);
        docker_engine_cancel(&engine->docker.base, poll);
}

static void next_poll(SwarmEngine *engine)
{
        engine->is_polling = false;
        drop_ended(engine);
        if (somebody_waits(engine))
                schedule(engine, engine->pause_us);
        else
                poll_end(engine);
}

static void fail_over_time(EngineCall *call, const GPtrArray *tasks)
{
        const char *words = "";

        for (guint i = 0; i < tasks->len && words[0] == '\0'; i++)
                words = swarm_task_words(tasks->pdata[i]);
        call_fail_with(call, ENGINE_ERROR_TIMEOUT, "the service's tasks are not as far in time%s%s",
                       words[0] != '\0' ? ": " : "", words);
}

static void tell_waits(EngineCall *poll, const json_t *tasks)
{
        SwarmEngine *engine = swarm_of(poll);
        g_autoptr(GPtrArray) waits = g_ptr_array_copy(engine->waits, wait_acquire, NULL);
        int64_t now_us = g_get_monotonic_time();

        g_ptr_array_set_free_func(waits, wait_release);
        /* Who is told may end calls, begin others, or free the engine, which ends the poll, too */
        for (guint i = 0; i < waits->len && !poll->is_over; i++) {
                const TaskWait *wait = waits->pdata[i];
                g_autoptr(GPtrArray) own = NULL;

                if (wait->is_dropped || wait->call->is_over || wait->since > engine->n_polls)
                        continue;
                own = swarm_tasks_of(tasks, wait->service);
                if (!wait->is_passive && note_change(engine, wait->service, own))
                        engine->pause_us = TASKS_POLL_MIN_US;
                if (poll->is_over || wait->is_dropped || wait->call->is_over)
                        continue;
                wait->func(wait->call, own, engine->down);
                if (!poll->is_over && !wait->is_dropped && !wait->call->is_over &&
                    now_us > wait->call->deadline_us)
                        fail_over_time(wait->call, own);
        }
}

/* Whatever is wrong with the manager, another answer may come; who waits has a deadline of its own */
static void fail_late(SwarmEngine *engine, const GError *error)
{
        g_autoptr(GPtrArray) waits = g_ptr_array_copy(engine->waits, wait_acquire, NULL);
        g_autoptr(EngineCall) poll = call_ref(engine->poll);
        int64_t now_us = g_get_monotonic_time();

        g_ptr_array_set_free_func(waits, wait_release);
        for (guint i = 0; i < waits->len && !poll->is_over; i++) {
                const TaskWait *wait = waits->pdata[i];

                if (!wait->is_dropped && !wait->call->is_over && now_us > wait->call->deadline_us)
                        call_fail(wait->call, error);
        }
}

static void on_tasks(EngineCall *poll, const DockerAnswer *answer)
{
        SwarmEngine *engine = swarm_of(poll);

        engine->pause_us = MIN(engine->pause_us * POLL_GROWTH_PERCENT / 100, TASKS_POLL_MAX_US);
        if (answer->error != NULL)
                fail_late(engine, answer->error);
        else if (json_is_array(answer->json))
                tell_waits(poll, answer->json);
        if (!poll->is_over)
                next_poll(engine);
}

static void ask_for_tasks(EngineCall *poll)
{
        SwarmEngine *engine = swarm_of(poll);
        const char *app = common_app(engine);
        g_autofree char *label = app == NULL ? g_strdup(SWARM_LABEL_APP)
                                             : g_strdup_printf(SWARM_LABEL_APP "=%s", app);
        g_autofree char *filter = swarm_filter("label", label);
        g_autofree char *path = g_strconcat("/tasks?filters=", filter, NULL);

        engine->n_polls++;
        engine->polled_us = g_get_monotonic_time();
        call_step(poll, &(DockerStepRequest){ .path = path,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_tasks });
}

/* ---- Nodes ---- */

static void on_nodes(EngineCall *poll, const DockerAnswer *answer)
{
        SwarmEngine *engine = swarm_of(poll);

        if (answer->error == NULL) {
                g_clear_pointer(&engine->down, g_hash_table_unref);
                engine->down = swarm_nodes_down(answer->json);
                engine->nodes_are_stale = false;
        }
        ask_for_tasks(poll);
}

bool swarm_is_watched(const SwarmEngine *engine)
{
        GHashTableIter iter;
        gpointer call;

        g_hash_table_iter_init(&iter, engine->docker.calls);
        while (g_hash_table_iter_next(&iter, &call, NULL))
                if (((const EngineCall *) call)->op == ENGINE_WATCH && watch_is_open(call))
                        return true;
        return false;
}

static void poll_begin(EngineCall *poll)
{
        SwarmEngine *engine = swarm_of(poll);
        int64_t now_us = g_get_monotonic_time();

        drop_ended(engine);
        if (!somebody_waits(engine)) {
                poll_end(engine);
                return;
        }
        engine->is_polling = true;
        if (engine->down != NULL && !engine->nodes_are_stale &&
            now_us - engine->nodes_us <
                    (swarm_is_watched(engine) ? NODES_WATCHED_US : NODES_LOOK_US)) {
                ask_for_tasks(poll);
                return;
        }
        engine->nodes_us = now_us;
        call_step(poll, &(DockerStepRequest){ .path = "/nodes",
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_nodes });
}

void tasks_nodes_changed(SwarmEngine *engine)
{
        engine->nodes_are_stale = true;
        engine->pause_us = TASKS_POLL_MIN_US;
        if (engine->poll != NULL && !engine->is_polling)
                schedule(engine, engine->pause_us);
}

/* ---- The beginning and the end ---- */

static void drop_of(SwarmEngine *engine, const EngineCall *call)
{
        for (guint i = engine->waits->len; i-- > 0;)
                if (((const TaskWait *) engine->waits->pdata[i])->call == call)
                        g_ptr_array_remove_index(engine->waits, i);
}

void tasks_await(EngineCall *call, const char *service, const char *app, bool is_passive,
                 TasksFunc func)
{
        SwarmEngine *engine = swarm_of(call);
        TaskWait *wait = g_rc_box_new0(TaskWait);

        if (engine->waits == NULL)
                engine->waits = g_ptr_array_new_with_free_func(wait_drop);
        wait->call = call_ref(call);
        wait->service = g_strdup(service);
        wait->app = g_strdup(app);
        wait->is_passive = is_passive;
        wait->since = engine->n_polls + 1;
        wait->func = func;
        drop_of(engine, call);
        g_ptr_array_add(engine->waits, wait);
        if (is_passive)
                return;
        engine->pause_us = TASKS_POLL_MIN_US;
        if (engine->poll == NULL) {
                engine->poll = docker_call_new(&engine->docker, ENGINE_LIST);
                engine->nodes_are_stale = true;
        }
        if (!engine->is_polling)
                schedule(engine, engine->pause_us);
}

void tasks_stop(EngineCall *call)
{
        drop_of(swarm_of(call), call);
}

void tasks_done(SwarmEngine *engine)
{
        g_clear_pointer(&engine->waits, g_ptr_array_unref);
        engine->poll = NULL;
}
