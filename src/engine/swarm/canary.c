/*
 * The canary: whether the leader begins a job once
 *
 * A manager that led before, lost that, and leads again begins each job more than once, at the same
 * time: what makes tasks of jobs is not stopped in it (moby#53632). A migration would run beside
 * itself. How many tasks it makes is seen by a job that no node can run; where there are more than
 * one, a run is made as a service whose tasks are not restarted, which such a leader begins once.
 */

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/change.h"
#include "engine/swarm/state.h"

#define CANARY_LABEL "slipway.canary"
/* No node has this label */
#define CANARY_CONSTRAINT "node.labels.slipway.canary==never"
/* Between two looks, from its first task until all of them must be there, and at most */
#define CANARY_LOOK_US   (50 * US_PER_MS)
#define CANARY_SETTLE_US (250 * US_PER_MS)
#define CANARY_LOOKS_MAX 100
/* Between two looks at a job that wants none any more: most Swarms need one */
#define CANARY_LEAVE_US (20 * US_PER_MS)
/* One so old is nobody's any more */
#define CANARY_OLD_US (300 * US_PER_S)

struct Canary {
        char *id;
        unsigned n_looks;
        size_t n_tasks;  /* that the leader has made of its one */
        unsigned n_left; /* looks since it wants none */
        void (*done)(EngineCall *call, bool is_once);
};

void canary_free(Canary *canary)
{
        if (canary == NULL)
                return;
        g_free(canary->id);
        g_free(canary);
}

static Canary *canary_of(EngineCall *call)
{
        return ((Change *) call->state)->canary;
}

/* ---- It goes: its tasks first, which would wait for ever in the Swarm's store (withdraw.c) ---- */

static void on_canary_removed(EngineCall *call, const DockerAnswer *answer)
{
        const Canary *canary = canary_of(call);

        if (answer->error != NULL && answer->status != 404)
                call_fail(call, answer->error);
        else
                canary->done(call, canary->n_tasks == 1);
}

static void look_for(EngineCall *call, void (*on_answer)(EngineCall *, const DockerAnswer *))
{
        g_autofree char *filter = swarm_filter("service", canary_of(call)->id);
        g_autofree char *path = g_strconcat("/tasks?filters=", filter, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_answer });
}

static void look_whether_left(EngineCall *call);

static void on_tasks_left(EngineCall *call, const DockerAnswer *answer)
{
        Canary *canary = canary_of(call);
        g_autofree char *path = g_strconcat("/services/", canary->id, NULL);
        bool is_any_wanted = false;
        size_t i;
        json_t *task;

        if (call_failed(call, answer))
                return;
        json_array_foreach(answer->json, i, task)
                is_any_wanted |= swarm_task_is_wanted(task);
        if (is_any_wanted && ++canary->n_left < CANARY_LOOKS_MAX)
                call_after(call, CANARY_LEAVE_US, look_whether_left);
        else
                docker_request(call, "DELETE", path, on_canary_removed);
}

static void look_whether_left(EngineCall *call)
{
        look_for(call, on_tasks_left);
}

static void canary_remove(EngineCall *call);

static void on_none_wanted(EngineCall *call, const DockerAnswer *answer)
{
        if (service_has_changed(answer) && ++canary_of(call)->n_left < CANARY_LOOKS_MAX)
                canary_remove(call);
        else if (!call_failed(call, answer))
                look_whether_left(call);
}

static void want_none(EngineCall *call, const json_t *service,
                      void (*on_answer)(EngineCall *, const DockerAnswer *))
{
        g_autoptr(json_t) spec = json_deep_copy(json_object_get(service, "Spec"));
        g_autofree char *path = service_update_path(service);

        job_want_none(spec);
        call_step(call,
                  &(DockerStepRequest){
                          .method = "POST", .path = path, .body = spec, .on_answer = on_answer });
}

static void on_canary(EngineCall *call, const DockerAnswer *answer)
{
        if (!call_failed(call, answer))
                want_none(call, answer->json, on_none_wanted);
}

static void canary_remove(EngineCall *call)
{
        g_autofree char *path = g_strconcat("/services/", canary_of(call)->id, NULL);

        docker_request(call, "GET", path, on_canary);
}

/* ---- It is looked at ---- */

static void look(EngineCall *call);

static void on_canary_tasks(EngineCall *call, const DockerAnswer *answer)
{
        Canary *canary = canary_of(call);
        bool is_first = canary->n_tasks == 0;

        if (call_failed(call, answer))
                return;
        canary->n_tasks = json_array_size(answer->json);
        if (++canary->n_looks >= CANARY_LOOKS_MAX || (canary->n_tasks > 0 && !is_first))
                canary_remove(call);
        else
                call_after(call, canary->n_tasks > 0 ? CANARY_SETTLE_US : CANARY_LOOK_US, look);
}

static void look(EngineCall *call)
{
        look_for(call, on_canary_tasks);
}

static void on_canary_made(EngineCall *call, const DockerAnswer *answer)
{
        Canary *canary = canary_of(call);

        if (call_failed(call, answer))
                return;
        canary->id = docker_escape(json_string_at(answer->json, "ID", ""));
        look(call);
}

static void canary_make(EngineCall *call)
{
        g_autofree char *name = g_strdup_printf("slipway-canary-%08x%08x", g_random_int(),
                                                g_random_int());
        const json_t *spec = ((const Change *) call->state)->body->spec;
        g_autoptr(json_t) body = json_pack(
                "{s:s, s:{s:s}, s:{s:{s:s}, s:{s:[s]}, s:{s:s}}, s:{s:{s:i, s:i}}}", "Name", name,
                "Labels", CANARY_LABEL, "1", "TaskTemplate", "ContainerSpec", "Image",
                json_string_at(spec, "TaskTemplate.ContainerSpec.Image", ""), "Placement",
                "Constraints", CANARY_CONSTRAINT, "RestartPolicy", "Condition", "none", "Mode",
                "ReplicatedJob", "MaxConcurrent", 1, "TotalCompletions", 1);

        call_step(call, &(DockerStepRequest){ .method = "POST",
                                              .path = "/services/create",
                                              .body = body,
                                              .on_answer = on_canary_made });
}

static void ignore(EngineCall *call, const DockerAnswer *answer)
{
}

/* What an ended program left goes, in two steps, of which this takes one; others are under way */
static void on_canaries(EngineCall *call, const DockerAnswer *answer)
{
        int64_t made_ns;
        size_t i;
        json_t *service;

        if (call_failed(call, answer))
                return;
        json_array_foreach(answer->json, i, service) {
                g_autofree char *path = g_strconcat("/services/", json_string_at(service, "ID", ""),
                                                    NULL);

                if (!time_from_rfc3339(json_string_at(service, "CreatedAt", ""), &made_ns) ||
                    g_get_real_time() - made_ns / NS_PER_US <= CANARY_OLD_US)
                        continue;
                if (swarm_service_wanted(service) > 0)
                        want_none(call, service, ignore);
                else
                        call_step(call, &(DockerStepRequest){ .method = "DELETE",
                                                              .path = path,
                                                              .on_answer = ignore });
        }
        canary_make(call);
}

static void on_managers(EngineCall *call, const DockerAnswer *answer)
{
        g_autofree char *filter = swarm_filter("label", CANARY_LABEL);
        g_autofree char *path = g_strconcat("/services?filters=", filter, NULL);
        unsigned n_managers = 0;
        size_t i;
        json_t *node;

        if (call_failed(call, answer))
                return;
        json_array_foreach(answer->json, i, node)
                n_managers += g_str_equal(json_string_at(node, "Spec.Role", ""), "manager");
        if (n_managers > 1)
                call_step(call, &(DockerStepRequest){ .path = path,
                                                      .reply_max = DOCKER_LIST_REPLY_MAX,
                                                      .on_answer = on_canaries });
        else
                canary_of(call)->done(call, true); /* it has led all along */
}

void canary_send(EngineCall *call, void (*done)(EngineCall *call, bool is_once))
{
        Change *change = call->state;

        change->canary = g_new0(Canary, 1);
        change->canary->done = done;
        call_step(call, &(DockerStepRequest){ .path = "/nodes",
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_managers });
}
