/* START, STOP and REMOVE of services */

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "engine/swarm/change.h"
#include "engine/swarm/state.h"

/* A service that restarts its tasks cannot be started when so many in a row did not begin */
#define START_FAILURES_MAX 3

/* A task is `starting` before its process begins, and then until its health check has passed. One
 * that could not begin is told of within this time. */
#define STARTING_SETTLED_US (1 * US_PER_S)

/* No node has this label: a global service so constrained has no task */
#define STOPPED_CONSTRAINT "node.labels.slipway.stopped==yes"

/* ---- Start ---- */

/* Of each task that is wanted, and of those that did not begin: how many there are */
typedef struct Begun {
        GHashTable *started; /* slots, or nodes, of which a task has begun, or begins now */
        int64_t n_starting;  /* of them: not known yet to have begun */
        int64_t n_failed;    /* did not even begin */
        const char *words;
} Begun;

static char *place_of(const json_t *task)
{
        int64_t slot = json_int_at(task, "Slot", 0);

        return slot != 0 ? g_strdup_printf("%" G_GINT64_FORMAT, slot)
                         : g_strdup(json_string_at(task, "NodeID", ""));
}

static void count_begun(const Change *change, const GPtrArray *tasks, Begun *begun)
{
        for (guint i = 0; i < tasks->len; i++) {
                const json_t *task = tasks->pdata[i];
                TaskPhase phase = swarm_task_phase(task, NULL);

                if (swarm_task_is_stale(change->service, task))
                        continue;
                if (swarm_task_has_started(task)) {
                        if (change->was_stopped && !swarm_task_is_wanted(task))
                                continue;
                        g_hash_table_add(begun->started, place_of(task));
                        begun->n_starting += phase == TASK_STARTING;
                } else if (phase == TASK_REJECTED || phase == TASK_FAILED) {
                        begun->n_failed++;
                        begun->words = swarm_task_words(task);
                }
        }
}

static bool has_settled(Change *change, const Begun *begun)
{
        int64_t now_us = g_get_monotonic_time();

        if (begun->n_starting == 0)
                return true;
        if (change->starting_us == 0)
                change->starting_us = now_us;
        return now_us - change->starting_us >= STARTING_SETTLED_US;
}

static void on_start_tasks(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        Change *change = call->state;
        int64_t wanted = swarm_service_wanted(change->service);
        bool is_job = swarm_service_is_job(change->service);
        const char *condition = json_string_at(change->service,
                                               "Spec.TaskTemplate.RestartPolicy.Condition", "any");
        bool is_tried_once = is_job || g_str_equal(condition, "none");
        g_autoptr(GHashTable)
                started = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Begun begun = { .started = started };
        int64_t n_started;

        count_begun(change, tasks, &begun);
        n_started = g_hash_table_size(started);
        if (wanted < 0) {
                wanted = 0; /* one on each node that fits */
                for (guint i = 0; i < tasks->len; i++)
                        wanted += swarm_task_is_wanted(tasks->pdata[i]);
                wanted = MAX(wanted, 1);
        }
        if (n_started < wanted &&
            !(is_job && n_started > 0 && n_started + begun.n_failed >= wanted)) {
                change->starting_us = 0;
                if (begun.n_failed >= (is_tried_once ? 1 : START_FAILURES_MAX))
                        call_fail_with(call, ENGINE_ERROR_FAILED, "a task could not be started: %s",
                                       begun.words);
        } else if (has_settled(change, &begun)) {
                g_autoptr(Container)
                        container = swarm_container(change->service, tasks, down, NULL);

                service_follow(swarm_of(call), change->service, container);
                call_done(call);
        }
}

static bool change_to_started(EngineCall *call, const json_t *service, json_t *spec)
{
        Change *change = call->state;
        json_t *labels = json_object_get(spec, "Labels");
        const char *remembered = json_string_value(json_object_get(labels, SWARM_LABEL_REPLICAS));
        json_t *constraints = json_at(spec, "TaskTemplate.Placement.Constraints");
        guint64 n;

        if (remembered == NULL)
                return false;
        change->was_stopped = true;
        if (json_at(spec, "Mode.Replicated") != NULL)
                json_object_set_new(
                        json_at(spec, "Mode.Replicated"), "Replicas",
                        json_integer(text_parse_uint(remembered, &n) ? (json_int_t) n : 1));
        for (size_t i = json_array_size(constraints); i-- > 0;)
                if (g_strcmp0(json_string_value(json_array_get(constraints, i)),
                              STOPPED_CONSTRAINT) == 0)
                        json_array_remove(constraints, i);
        json_object_del(labels, SWARM_LABEL_REPLICAS);
        json_object_set(change->service, "Spec", spec);
        return true;
}

static void on_start_sent(EngineCall *call, bool has_changed)
{
        Change *change = call->state;

        tasks_await(call, change_service(change), service_app(change->service), false,
                    on_start_tasks);
}

void swarm_start_begin(EngineCall *call)
{
        Change *change = change_new(call);

        change->change = change_to_started;
        change->done = on_start_sent;
        change_send(call);
}

/* ---- Stop and remove ---- */

/* What runs on a node that is down is not waited for: it will be told when it comes back */
bool tasks_are_alive(const GPtrArray *tasks, GHashTable *down)
{
        for (guint i = 0; i < tasks->len; i++)
                switch (swarm_task_phase(tasks->pdata[i], down)) {
                case TASK_COMING:
                        if (swarm_task_is_wanted(tasks->pdata[i]))
                                return true;
                        break;
                case TASK_STARTING:
                case TASK_RUNNING:
                        return true;
                case TASK_COMPLETE:
                case TASK_FAILED:
                case TASK_REJECTED:
                case TASK_STOPPED:
                case TASK_LOST:
                        break;
                }
        return false;
}

static void on_ending_tasks(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        if (!tasks_are_alive(tasks, down))
                call_done(call);
}

static bool change_to_stopped(EngineCall *call, const json_t *service, json_t *spec)
{
        json_t *labels = build_member(spec, "Labels");
        json_t *replicated = json_at(spec, "Mode.Replicated");
        json_t *placement, *constraints;

        if (json_object_get(labels, SWARM_LABEL_REPLICAS) != NULL || swarm_service_is_job(service))
                return false;
        json_object_set_new(labels, SWARM_LABEL_REPLICAS,
                            json_sprintf("%" JSON_INTEGER_FORMAT,
                                         (json_int_t) json_int_at(replicated, "Replicas", 1)));
        if (replicated != NULL) {
                json_object_set_new(replicated, "Replicas", json_integer(0));
                return true;
        }
        placement = build_member(build_member(spec, "TaskTemplate"), "Placement");
        constraints = json_object_get(placement, "Constraints");
        if (constraints == NULL) {
                constraints = json_array();
                json_object_set_new(placement, "Constraints", constraints);
        }
        json_array_append_new(constraints, json_string(STOPPED_CONSTRAINT));
        return true;
}

static void on_job_to_stop(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        const Change *change = call->state;
        g_autoptr(Container) container = swarm_container(change->service, tasks, down, NULL);

        if (container->state == CONTAINER_EXITED || !tasks_are_alive(tasks, down))
                call_done(call);
        else
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "%s is a job that runs: it can be waited for, or removed",
                               container->name);
}

static void on_stop_sent(EngineCall *call, bool has_changed)
{
        Change *change = call->state;
        bool is_job = swarm_service_is_job(change->service);

        tasks_await(call, change_service(change), service_app(change->service), false,
                    is_job ? on_job_to_stop : on_ending_tasks);
}

void swarm_stop_begin(EngineCall *call)
{
        Change *change = change_new(call);

        change->change = change_to_stopped;
        change->done = on_stop_sent;
        change_send(call);
}

static void on_leftover(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;

        if (--change->n_left == 0)
                call_done(call);
}

/* Of a removed job the engine forgets the containers of its tasks (moby#44312), which keep its
 * volumes in use. Those on the manager's own machine are within our reach. */
static void remove_leftovers(EngineCall *call, const GPtrArray *tasks)
{
        Change *change = call->state;

        for (guint i = 0; i < tasks->len; i++) {
                const char *id = json_string_at(tasks->pdata[i],
                                                "Status.ContainerStatus.ContainerID", "");
                g_autofree char *path = g_strdup_printf("/containers/%s?v=1", id);

                if (id[0] == '\0')
                        continue;
                change->n_left++;
                call_step(call, &(DockerStepRequest){ .method = "DELETE",
                                                      .path = path,
                                                      .on_answer = on_leftover });
        }
}

static void on_removed_tasks(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        Change *change = call->state;

        if (tasks_are_alive(tasks, down))
                return;
        tasks_stop(call);
        if (swarm_service_is_job(change->service))
                remove_leftovers(call, tasks);
        if (change->n_left == 0)
                call_done(call);
}

static void on_removed(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;

        if (answer->error != NULL && answer->status != 404)
                call_fail(call, answer->error);
        else
                tasks_await(call, change_service(change), service_app(change->service), false,
                            on_removed_tasks);
}

void swarm_remove_now(EngineCall *call)
{
        const Change *change = call->state;
        g_autofree char *path = g_strconcat("/services/", change_service(change), NULL);

        call_step(call, &(DockerStepRequest){
                                .method = "DELETE", .path = path, .on_answer = on_removed });
}

static void on_to_be_removed(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *service;

        if (answer->status == 404 && !change->is_unstarted) {
                call_done(call);
                return;
        }
        service = service_answer(call, answer);
        if (service == NULL)
                return;
        change->service = json_incref((json_t *) service);
        if (swarm_service_is_job(service))
                swarm_remove_job(call);
        else
                swarm_remove_now(call);
}

bool swarm_remove_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (call->id[0] == '\0') {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                    "no service was given");
                return false;
        }
        change_new(call)->is_unstarted = request->unstarted;
        return true;
}

void swarm_remove_begin(EngineCall *call)
{
        service_ask(call, on_to_be_removed);
}
