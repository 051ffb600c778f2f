/* INSPECT, LIST, WAIT, and the health check's answers: what services and their tasks are like */

#include <string.h>

#include "base/json.h"
#include "engine/swarm/internal.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/probe.h"
#include "engine/swarm/state.h"

char *swarm_filter(const char *name, const char *value)
{
        g_autoptr(json_t) filters = json_pack("{s:[s]}", name, value);
        g_autofree char *text = json_to_canonical_text(filters);

        return docker_escape(text);
}

void service_ask(EngineCall *call, void (*on_answer)(EngineCall *call, const DockerAnswer *answer))
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/services/", id, NULL);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_answer });
}

const json_t *service_answer(EngineCall *call, const DockerAnswer *answer)
{
        if (call_failed(call, answer))
                return NULL;
        if (json_string_at(answer->json, "ID", "")[0] == '\0') {
                call_fail_with(call, ENGINE_ERROR_REPLY,
                               "the engine's description of a service has no ID");
                return NULL;
        }
        service_learn(swarm_of(call), answer->json);
        return answer->json;
}

const char *service_app(const json_t *service)
{
        return json_string_value(
                       json_object_get(json_at(service, "Spec.Labels"), SWARM_LABEL_APP)) != NULL
                       ? json_string_value(
                                 json_object_get(json_at(service, "Spec.Labels"), SWARM_LABEL_APP))
                       : "";
}

/* ---- Services that are not there yet ---- */

static void service_unref(gpointer service)
{
        json_decref(service);
}

static bool is_under_way(const Container *container)
{
        return container->health == HEALTH_STARTING && container->state != CONTAINER_EXITED;
}

static void follow_end(EngineCall *call)
{
        SwarmEngine *engine = swarm_of(call);
        g_autofree char *id = g_strdup(json_string_at(call->state, "ID", ""));

        g_hash_table_remove(engine->followed, id);
        docker_engine_cancel(&engine->docker.base, call);
        service_tell(engine, id, "start");
}

static void on_follow_tasks(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        g_autoptr(Container) container = swarm_container(call->state, tasks, down, NULL);

        if (!is_under_way(container) || !swarm_is_watched(swarm_of(call)) ||
            g_get_monotonic_time() > call->deadline_us)
                follow_end(call);
}

void service_follow(SwarmEngine *engine, const json_t *service, const Container *container)
{
        EngineCall *call;

        if (swarm_service_is_job(service) || !is_under_way(container) ||
            !swarm_is_watched(engine) || g_hash_table_contains(engine->followed, container->id))
                return;
        call = docker_call_new(&engine->docker, ENGINE_WAIT);
        call->state = json_incref((json_t *) service);
        call->state_free = service_unref;
        call->deadline_us = g_get_monotonic_time() + FOLLOW_MAX_US;
        g_hash_table_add(engine->followed, g_strdup(container->id));
        tasks_await(call, container->id, service_app(service), false, on_follow_tasks);
}

/* ---- Inspect and list ---- */

typedef struct Look {
        json_t *services; /* array */
        json_t *tasks;    /* array; NULL: not yet */
} Look;

static void look_free(gpointer data)
{
        Look *look = data;

        json_decref(look->services);
        json_decref(look->tasks);
        g_free(look);
}

static void look_new(EngineCall *call)
{
        call->state = g_new0(Look, 1);
        call->state_free = look_free;
}

static void container_free_any(gpointer container)
{
        container_free(container);
}

/* (transfer full) NULL with an error where one of them is no service */
static GPtrArray *containers_of(const Look *look, GHashTable *down, GError **error)
{
        g_autoptr(GPtrArray) containers = g_ptr_array_new_with_free_func(container_free_any);
        size_t i;
        json_t *service;

        json_array_foreach(look->services, i, service) {
                g_autoptr(GPtrArray)
                        tasks = swarm_tasks_of(look->tasks, json_string_at(service, "ID", ""));
                Container *container = swarm_container(service, tasks, down, error);

                if (container == NULL)
                        return NULL;
                g_ptr_array_add(containers, container);
        }
        return g_steal_pointer(&containers);
}

/* Those that come to run later: who watches is told then */
static void follow(EngineCall *call, const GPtrArray *containers)
{
        const Look *look = call->state;

        for (guint i = 0; i < containers->len; i++)
                service_follow(swarm_of(call), json_array_get(look->services, i),
                               containers->pdata[i]);
}

static void look_finish(EngineCall *call, GHashTable *down)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) containers = containers_of(call->state, down, &error);

        if (containers != NULL)
                follow(call, containers);
        if (error != NULL)
                call_fail(call, error);
        else if (call->op == ENGINE_LIST)
                call_reply(call, &(EngineReply){ .containers = containers, .is_final = true });
        else
                call_reply(call,
                           &(EngineReply){ .container = containers->pdata[0], .is_final = true });
}

/* A job that runs, as far as is known: whether its node still answers must be known, too */
static bool needs_nodes(const Look *look)
{
        size_t i;
        json_t *task;

        json_array_foreach(look->tasks, i, task) {
                TaskPhase phase = swarm_task_phase(task, NULL);

                if ((phase == TASK_COMING || phase == TASK_STARTING || phase == TASK_RUNNING) &&
                    json_string_at(task, "NodeID", "")[0] != '\0')
                        return true;
        }
        return false;
}

static void on_look_nodes(EngineCall *call, const DockerAnswer *answer)
{
        g_autoptr(GHashTable) down = NULL;

        if (call_failed(call, answer))
                return;
        down = swarm_nodes_down(answer->json);
        look_finish(call, down);
}

static void on_look_tasks(EngineCall *call, const DockerAnswer *answer)
{
        Look *look = call->state;

        if (call_failed(call, answer))
                return;
        look->tasks = json_incref((json_t *) answer->json);
        if (needs_nodes(look))
                call_step(call, &(DockerStepRequest){ .path = "/nodes",
                                                      .reply_max = DOCKER_LIST_REPLY_MAX,
                                                      .on_answer = on_look_nodes });
        else
                look_finish(call, NULL);
}

static void ask_for_tasks(EngineCall *call, const char *filter)
{
        g_autofree char *path = g_strconcat("/tasks?filters=", filter, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_look_tasks });
}

static void on_inspected(EngineCall *call, const DockerAnswer *answer)
{
        const json_t *service = service_answer(call, answer);
        g_autofree char *filter = NULL;
        Look *look;

        if (service == NULL)
                return;
        look_new(call);
        look = call->state;
        look->services = json_pack("[O]", service);
        filter = swarm_filter("service", json_string_at(service, "ID", ""));
        ask_for_tasks(call, filter);
}

void swarm_inspect_begin(EngineCall *call)
{
        service_ask(call, on_inspected);
}

static void on_listed(EngineCall *call, const DockerAnswer *answer)
{
        Look *look;
        size_t i;
        json_t *service;

        if (call_failed(call, answer))
                return;
        if (json_array_size(answer->json) > DOCKER_LIST_MAX) {
                call_fail_with(call, ENGINE_ERROR_REPLY,
                               "the engine lists %zu services, more than %d",
                               json_array_size(answer->json), DOCKER_LIST_MAX);
                return;
        }
        look_new(call);
        look = call->state;
        look->services = json_incref((json_t *) answer->json);
        json_array_foreach(look->services, i, service)
                service_learn(swarm_of(call), service);
        if (json_array_size(look->services) == 0) {
                look->tasks = json_array();
                look_finish(call, NULL);
        } else {
                ask_for_tasks(call, call->query);
        }
}

void swarm_list_begin(EngineCall *call)
{
        g_autofree char *path = g_strconcat("/services?filters=", call->query, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_listed });
}

/* ---- Wait ---- */

typedef struct Waiting {
        json_t *service;
        bool has_run; /* a task of it was there, as far as we have seen */
} Waiting;

static void waiting_free(gpointer data)
{
        Waiting *waiting = data;

        json_decref(waiting->service);
        g_free(waiting);
}

/* Whether a task runs, or will */
static bool is_any_left(const GPtrArray *tasks)
{
        for (guint i = 0; i < tasks->len; i++) {
                TaskPhase phase = swarm_task_phase(tasks->pdata[i], NULL);

                if (phase == TASK_STARTING || phase == TASK_RUNNING ||
                    swarm_task_is_wanted(tasks->pdata[i]))
                        return true;
        }
        return false;
}

static void on_wait_tasks(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        Waiting *waiting = call->state;
        g_autoptr(Container) container = swarm_container(waiting->service, tasks, down, NULL);
        bool is_job = swarm_service_is_job(waiting->service);

        if (is_job && waiting->has_run && tasks->len == 0) {
                call_fail_with(call, ENGINE_ERROR_NOT_FOUND, "the job %s has been removed",
                               container->name);
                return;
        }
        waiting->has_run |= tasks->len > 0;
        if (!is_job && is_any_left(tasks))
                return;
        if (is_job && container->state == CONTAINER_EXITED && !container->is_attested)
                call_fail_with(call, ENGINE_ERROR_FAILED,
                               "the end of a task of %s was not seen by its node", container->name);
        else if (is_job ? container->state == CONTAINER_EXITED : waiting->has_run)
                call_reply(call,
                           &(EngineReply){ .exit_code = container->exit_code, .is_final = true });
        /* Nothing ran, and nothing will: there is no exit to tell of */
        else if (is_job && container->state == CONTAINER_CREATED && container->error[0] != '\0')
                call_fail_with(call, ENGINE_ERROR_FAILED, "it could not be started: %s",
                               container->error);
}

static void on_wait_service(EngineCall *call, const DockerAnswer *answer)
{
        const json_t *service = service_answer(call, answer);
        Waiting *waiting;

        if (service == NULL)
                return;
        waiting = g_new0(Waiting, 1);
        waiting->service = json_incref((json_t *) service);
        call->state = waiting;
        call->state_free = waiting_free;
        if (call_reply(call, &(EngineReply){ .is_open = true }))
                tasks_await(call, json_string_at(waiting->service, "ID", ""),
                            service_app(waiting->service), !swarm_service_is_job(waiting->service),
                            on_wait_tasks);
}

void swarm_wait_begin(EngineCall *call)
{
        service_ask(call, on_wait_service);
}

/* ---- What the health check holds together ---- */

static void probed(EngineCall *call)
{
        if (call->op == ENGINE_EXEC)
                call_reply(call, &(EngineReply){ .data = "", .is_final = true });
        else
                call_reply(call, &(EngineReply){ .method = "probe", .is_final = true });
}

static void on_probe_tasks(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        const Waiting *waiting = call->state;
        g_autoptr(Container) container = swarm_container(waiting->service, tasks, down, NULL);

        if (container->state == CONTAINER_RUNNING && container->health == HEALTH_HEALTHY)
                probed(call);
        else if (container->state == CONTAINER_EXITED)
                call_fail_with(call, ENGINE_ERROR_NOT_FOUND,
                               "the service %s does not run: its tasks have ended with code %d",
                               container->name, container->exit_code);
}

static void on_probe_service(EngineCall *call, const DockerAnswer *answer)
{
        const json_t *service = service_answer(call, answer);
        const json_t *test = json_at(service, "Spec.TaskTemplate.ContainerSpec.Healthcheck.Test");
        Waiting *waiting;

        if (service == NULL)
                return;
        if (!probe_test_has(test, call->body)) {
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST,
                               "on a Swarm a command runs in tasks only as their health check, and "
                               "this is not in that of service %s",
                               json_string_at(service, "Spec.Name", ""));
                return;
        }
        waiting = g_new0(Waiting, 1);
        waiting->service = json_incref((json_t *) service);
        call->state = waiting;
        call->state_free = waiting_free;
        tasks_await(call, json_string_at(service, "ID", ""), service_app(service), false,
                    on_probe_tasks);
}

bool swarm_probe_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        SpecProbe probe = { .type = EVENT_PORT_LISTEN,
                            .port = request->port,
                            .proto = request->proto };

        call->body = probe_condition(&probe);
        if (call->id[0] != '\0' && request->port != 0)
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "no service or no port was given");
        return false;
}

bool swarm_exec_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        SpecProbe probe = { .type = EVENT_EXEC, .argv = request->argv };

        if (call->id[0] == '\0' || request->argv == NULL || request->argv[0] == NULL) {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                                    "no service or no command was given");
                return false;
        }
        probe.n_argv = g_strv_length((char **) request->argv);
        call->body = probe_condition(&probe);
        return true;
}

void swarm_probe_begin(EngineCall *call)
{
        service_ask(call, on_probe_service);
}
