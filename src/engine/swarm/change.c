/* CREATE, UPDATE, START, STOP and REMOVE of services */

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "engine/swarm/internal.h"
#include "engine/swarm/state.h"

#define PUT_TRIES_MAX 20 /* the service was changed by somebody else, or by the engine itself */

/* A service that restarts its tasks cannot be started when so many in a row did not begin */
#define START_FAILURES_MAX 3

/* A task is `starting` before its process begins, and then until its health check has passed. One
 * that could not begin is told of within this time. */
#define STARTING_SETTLED_US (1 * US_PER_S)

/* No node has this label: a global service so constrained has no task */
#define STOPPED_CONSTRAINT "node.labels.slipway.stopped==yes"

typedef struct Change Change;
struct Change {
        Objects objects; /* first: see objects.c */
        SwarmBody *body; /* CREATE, UPDATE */
        /* Changes the spec; false: it is as it should be already */
        bool (*change)(EngineCall *call, const json_t *service, json_t *spec);
        void (*done)(EngineCall *call, bool has_changed);
        unsigned n_tries;
        unsigned n_left;     /* REMOVE: containers that are to go, too */
        json_t *service;     /* as it was seen last */
        bool is_forced;      /* UPDATE: also where nothing differs */
        bool was_stopped;    /* START */
        int64_t starting_us; /* START: since when all that are wanted start, at least; 0: not yet */
        int64_t look_us;     /* UPDATE: until the next look */
};

static void change_free(gpointer data)
{
        Change *change = data;

        objects_done(&change->objects);
        swarm_body_free(change->body);
        json_decref(change->service);
        g_free(change);
}

static Change *change_new(EngineCall *call)
{
        Change *change = g_new0(Change, 1);

        call->state = change;
        call->state_free = change_free;
        return change;
}

static const char *service_id(const Change *change)
{
        return json_string_at(change->service, "ID", "");
}

/* ---- Create ---- */

static bool take_body(EngineCall *call, const EngineRequest *request, const char *name,
                      GError **error)
{
        const SwarmEngine *engine = swarm_of(call);
        Change *change = change_new(call);

        g_assert(request->spec != NULL);
        change->body = swarm_body_new(&(SwarmBodyOptions){ .name = name,
                                                           .spec = request->spec,
                                                           .labels = request->labels,
                                                           .without_ipvs = engine->without_ipvs,
                                                           .hash_key = engine->hash_key },
                                      error);
        if (change->body == NULL)
                return false;
        change->objects.list = g_ptr_array_ref(change->body->objects);
        change->objects.labels = swarm_object_labels(request->labels);
        return true;
}

bool swarm_create_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        if (call->name[0] == '\0' || strlen(call->name) > SWARM_NAME_MAX) {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "%s: the name of a service has 1 to %d characters", call->name,
                            SWARM_NAME_MAX);
                return false;
        }
        return take_body(call, request, call->name, error);
}

static void on_created(EngineCall *call, const DockerAnswer *answer)
{
        const char *id = json_string_at(answer->json, "ID", "");
        const Change *change = call->state;
        g_autoptr(json_t) service = NULL;

        /* One that we took to be there has been removed: look again next time */
        if (answer->status == 400 || answer->status == 404)
                objects_forget(swarm_of(call));
        if (call_failed(call, answer))
                return;
        if (id[0] == '\0') {
                call_fail_with(call, ENGINE_ERROR_REPLY, "the engine's answer to create has no ID");
                return;
        }
        service = json_pack("{s:s, s:O}", "ID", id, "Spec", change->body->spec);
        service_learn(swarm_of(call), service);
        call_reply(call, &(EngineReply){ .id = id, .is_final = true });
}

static void create_with_objects(EngineCall *call)
{
        const Change *change = call->state;

        swarm_body_set_ids(change->body->spec, swarm_of(call)->objects);
        swarm_volumes_put(swarm_of(call), change->body->spec);
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = "/services/create",
                                              .body = change->body->spec,
                                              .auth = call->auth,
                                              .on_answer = on_created });
}

void swarm_create_begin(EngineCall *call)
{
        Change *change = call->state;

        change->objects.done = create_with_objects;
        objects_ensure(call, &change->objects);
}

/* ---- Changing what is there: look, change, send; again where it has changed meanwhile ---- */

static void on_put(EngineCall *call, const DockerAnswer *answer);

static void on_to_be_changed(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *service = service_answer(call, answer);
        g_autoptr(json_t) spec = NULL;
        g_autofree char *path = NULL;

        if (service == NULL)
                return;
        json_decref(change->service);
        change->service = json_incref((json_t *) service);
        spec = json_deep_copy(json_object_get(service, "Spec"));
        if (!change->change(call, service, spec)) {
                if (!call->is_over)
                        change->done(call, false);
                return;
        }
        path = g_strdup_printf("/services/%s/update?version=%" G_GINT64_FORMAT, service_id(change),
                               (int64_t) json_int_at(service, "Version.Index", 0));
        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = path,
                                              .body = spec,
                                              .auth = call->auth,
                                              .on_answer = on_put });
}

static void put_change(EngineCall *call)
{
        service_ask(call, on_to_be_changed);
}

static void on_put(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        bool is_late = answer->error != NULL &&
                       strstr(answer->error->message, "out of sequence") != NULL;

        if (is_late && change->n_tries++ < PUT_TRIES_MAX)
                put_change(call);
        else if (answer->error != NULL)
                call_fail(call, answer->error);
        else
                change->done(call, true);
}

/* ---- Update ---- */

static bool is_nothing_to_change(EngineCall *call)
{
        return call->state == NULL;
}

bool swarm_update_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        g_assert(request->spec != NULL);
        if (call->id[0] == '\0') {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                    "no service was given");
                return false;
        }
        /* Only the restart policy, to keep the engine from restarting what is being stopped: a
         * service that is stopped has no tasks to restart */
        if (request->spec->image[0] == '\0')
                return true;
        if (!take_body(call, request, "", error))
                return false;
        ((Change *) call->state)->is_forced = request->force;
        return true;
}

/* The labels that are not given again stay as they are: who created it, say */
static bool change_to_body(EngineCall *call, const json_t *service, json_t *spec)
{
        const Change *change = call->state;
        json_t *now = change->body->spec;
        json_t *labels = json_object_get(now, "Labels");
        const json_t *old = json_object_get(spec, "Labels");
        const char *key;
        json_t *value;

        if (swarm_service_is_job(service)) {
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "%s is a job: an update would run it again",
                               json_string_at(service, "Spec.Name", ""));
                return false;
        }
        if (json_equal(json_object_get(old, SWARM_LABEL_BODY),
                       json_object_get(labels, SWARM_LABEL_BODY)) &&
            !change->is_forced && json_object_get(old, SWARM_LABEL_REPLICAS) == NULL)
                return false;
        json_object_foreach((json_t *) old, key, value) {
                if (g_str_has_prefix(key, "slipway.") && !g_str_equal(key, SWARM_LABEL_REPLICAS) &&
                    json_object_get(labels, key) == NULL)
                        json_object_set(labels, key, value);
        }
        json_object_set(now, "Name", json_object_get(spec, "Name"));
        json_object_set_new(
                json_object_get(now, "TaskTemplate"), "ForceUpdate",
                json_integer(json_int_at(spec, "TaskTemplate.ForceUpdate", 0) + change->is_forced));
        json_object_clear(spec);
        json_object_update(spec, now);
        return true;
}

static void look_at_rollout(EngineCall *call);

static void look_later(EngineCall *call)
{
        Change *change = call->state;

        if (g_get_monotonic_time() > call->deadline_us) {
                call_fail_with(call, ENGINE_ERROR_TIMEOUT, "the update is not complete in time%s%s",
                               json_at(change->service, "UpdateStatus.Message") != NULL ? ": " : "",
                               json_string_at(change->service, "UpdateStatus.Message", ""));
                return;
        }
        call_after(call, change->look_us, look_at_rollout);
        change->look_us = MIN(change->look_us * 5 / 4, SERVICE_LOOK_MAX_US);
}

/* Where the engine has no word about it: do the tasks that are wanted have the spec, and run? */
static void on_rollout_tasks(EngineCall *call, const DockerAnswer *answer)
{
        const Change *change = call->state;
        const json_t *template = json_at(change->service, "Spec.TaskTemplate");
        int64_t wanted = swarm_service_wanted(change->service);
        int64_t n_good = 0, n_other = 0;
        size_t i;
        json_t *task;

        if (call_failed(call, answer))
                return;
        json_array_foreach(answer->json, i, task) {
                if (!swarm_task_is_wanted(task))
                        continue;
                if (json_equal(json_object_get(task, "Spec"), template) &&
                    swarm_task_phase(task, NULL) == TASK_RUNNING)
                        n_good++;
                else
                        n_other++;
        }
        if (n_other == 0 && n_good >= MAX(wanted, 0))
                call_done(call);
        else
                look_later(call);
}

static void on_rollout(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *service = service_answer(call, answer);
        const char *state;
        g_autofree char *filter = NULL;
        g_autofree char *path = NULL;

        if (service == NULL)
                return;
        json_decref(change->service);
        change->service = json_incref((json_t *) service);
        state = json_string_at(service, "UpdateStatus.State", "");
        if (g_str_equal(state, "completed")) {
                call_done(call);
        } else if (g_str_equal(state, "paused") || g_str_equal(state, "rollback_paused") ||
                   g_str_equal(state, "rollback_completed")) {
                call_fail_with(call, ENGINE_ERROR_FAILED, "the update %s: %s",
                               g_str_equal(state, "paused") ? "has stopped half-way"
                                                            : "was rolled back",
                               json_string_at(service, "UpdateStatus.Message", state));
        } else if (state[0] != '\0') {
                look_later(call);
        } else {
                filter = swarm_filter("service", service_id(change));
                path = g_strconcat("/tasks?filters=", filter, NULL);
                call_step(call, &(DockerStepRequest){ .path = path,
                                                      .reply_max = DOCKER_LIST_REPLY_MAX,
                                                      .on_answer = on_rollout_tasks });
        }
}

static void look_at_rollout(EngineCall *call)
{
        service_ask(call, on_rollout);
}

static void on_updated(EngineCall *call, bool has_changed)
{
        Change *change = call->state;

        change->look_us = SERVICE_LOOK_MIN_US;
        if (has_changed)
                look_later(call);
        else
                call_done(call);
}

static void update_with_objects(EngineCall *call)
{
        Change *change = call->state;

        swarm_body_set_ids(change->body->spec, swarm_of(call)->objects);
        swarm_volumes_put(swarm_of(call), change->body->spec);
        change->change = change_to_body;
        change->done = on_updated;
        put_change(call);
}

void swarm_update_begin(EngineCall *call)
{
        Change *change = call->state;

        if (is_nothing_to_change(call)) {
                call_done(call);
                return;
        }
        change->objects.done = update_with_objects;
        objects_ensure(call, &change->objects);
}

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

        tasks_await(call, service_id(change), service_app(change->service), false, on_start_tasks);
}

void swarm_start_begin(EngineCall *call)
{
        Change *change = change_new(call);

        change->change = change_to_started;
        change->done = on_start_sent;
        put_change(call);
}

/* ---- Stop and remove ---- */

/* What runs on a node that is down is not waited for: it will be told when it comes back */
static bool is_any_alive(const GPtrArray *tasks, GHashTable *down)
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
        if (!is_any_alive(tasks, down))
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

        if (container->state == CONTAINER_EXITED || !is_any_alive(tasks, down))
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

        tasks_await(call, service_id(change), service_app(change->service), false,
                    is_job ? on_job_to_stop : on_ending_tasks);
}

void swarm_stop_begin(EngineCall *call)
{
        Change *change = change_new(call);

        change->change = change_to_stopped;
        change->done = on_stop_sent;
        put_change(call);
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

        if (is_any_alive(tasks, down))
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
                tasks_await(call, service_id(change), service_app(change->service), false,
                            on_removed_tasks);
}

static void on_to_be_removed(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *service;
        g_autofree char *path = NULL;

        if (answer->status == 404) {
                call_done(call);
                return;
        }
        service = service_answer(call, answer);
        if (service == NULL)
                return;
        change->service = json_incref((json_t *) service);
        path = g_strconcat("/services/", service_id(change), NULL);
        call_step(call, &(DockerStepRequest){
                                .method = "DELETE", .path = path, .on_answer = on_removed });
}

void swarm_remove_begin(EngineCall *call)
{
        change_new(call);
        service_ask(call, on_to_be_removed);
}
