/* REMOVE of jobs whose tasks wait for a node
 *
 * A job that is removed leaves such tasks behind, and they run as soon as there is a node for them.
 * So it is made one that wants none first, which takes them away, and is removed then.
 *
 * The engine has no request to remove what has not begun, either. What no node had been given when it
 * was looked at can have been given one by the time it wants none: so it is looked at once more. From
 * then on no task is given away, and one that was would still be on the list, since its node has to end
 * it first.
 */

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/change.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/state.h"

/* In less than this no node starts a container, is told to end it, ends it and says so */
#define WITHDRAW_SURE_US (300 * US_PER_MS)

static bool is_given(const json_t *task)
{
        return json_string_at(task, "NodeID", "")[0] != '\0';
}

/* Whether one waits, for a node or on it, and nothing has taken it away */
static bool is_any_coming(const GPtrArray *tasks, bool only_ungiven)
{
        for (guint i = 0; i < tasks->len; i++) {
                const json_t *task = tasks->pdata[i];

                if (swarm_task_phase(task, NULL) == TASK_COMING && swarm_task_is_wanted(task) &&
                    !(only_ungiven && is_given(task)))
                        return true;
        }
        return false;
}

static bool is_any_given(const GPtrArray *tasks)
{
        for (guint i = 0; i < tasks->len; i++)
                if (is_given(tasks->pdata[i]))
                        return true;
        return false;
}

static void ask_for_tasks(EngineCall *call, void (*on_answer)(EngineCall *, const DockerAnswer *))
{
        const Change *change = call->state;
        const char *app = service_app(change->service);
        g_autofree char *label = app[0] == '\0' ? g_strdup(SWARM_LABEL_APP)
                                                : g_strdup_printf(SWARM_LABEL_APP "=%s", app);
        g_autofree char *filter = swarm_filter("label", label);
        g_autofree char *path = g_strconcat("/tasks?filters=", filter, NULL);

        call_step(call, &(DockerStepRequest){ .path = path,
                                              .reply_max = DOCKER_LIST_REPLY_MAX,
                                              .on_answer = on_answer });
}

/* ---- A job that wants nothing any more ---- */

static bool wants_none(const json_t *service)
{
        return swarm_service_wanted(service) == 0;
}

bool job_want_none(json_t *spec)
{
        json_t *mode = json_object_get(spec, "Mode");

        if (json_object_get(mode, "ReplicatedJob") != NULL)
                json_object_set_new(
                        mode, "ReplicatedJob",
                        json_pack("{s:i, s:i}", "MaxConcurrent", 0, "TotalCompletions", 0));
        else if (json_object_get(mode, "Replicated") != NULL)
                json_object_set_new(mode, "Replicated", json_pack("{s:i}", "Replicas", 0));
        else
                return false;
        /* The engine adds them, and does not take them back */
        json_object_del(spec, "UpdateConfig");
        json_object_del(spec, "RollbackConfig");
        return true;
}

static bool change_to_none(EngineCall *call, const json_t *service, json_t *spec)
{
        return job_want_none(spec) && !wants_none(service);
}

static void on_looked_again(EngineCall *call, const DockerAnswer *answer);

static void on_none_wanted(EngineCall *call, bool has_changed)
{
        ask_for_tasks(call, on_looked_again);
}

static void want_none(EngineCall *call)
{
        Change *change = call->state;

        change->change = change_to_none;
        change->done = on_none_wanted;
        change_send(call);
}

/* ---- Only what has not begun ---- */

static void on_removed(EngineCall *call, const DockerAnswer *answer)
{
        const Change *change = call->state;

        if (answer->error != NULL && answer->status != 404) /* without one the answer is empty */
                call_fail(call, answer->error);
        else if (change->is_unsure)
                call_fail_with(call, ENGINE_ERROR_NOT_FOUND,
                               "%s was removed, and may have begun just before",
                               json_string_at(change->service, "Spec.Name", ""));
        else
                call_done(call);
}

/* Nothing of it comes any more */
static void remove_now(EngineCall *call)
{
        const Change *change = call->state;
        g_autofree char *path = g_strconcat("/services/", change_service(change), NULL);

        if (!change->is_unstarted)
                swarm_remove_now(call);
        else
                call_step(call, &(DockerStepRequest){ .method = "DELETE",
                                                      .path = path,
                                                      .on_answer = on_removed });
}

static void on_ending(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        Change *change = call->state;

        change->is_unsure |= is_any_given(tasks);
        if (is_any_coming(tasks, false) || (change->is_unsure && tasks_are_alive(tasks, down)))
                return;
        tasks_stop(call);
        remove_now(call);
}

static void on_looked_again(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        g_autoptr(GPtrArray) tasks = NULL;

        if (answer->error == NULL)
                tasks = swarm_tasks_of(answer->json, change_service(change));
        if (tasks == NULL || is_any_given(tasks) ||
            (tasks->len == 0 && g_get_monotonic_time() - change->looked_us >= WITHDRAW_SURE_US))
                change->is_unsure = true;
        if (tasks != NULL && !change->is_unsure && !is_any_coming(tasks, false))
                remove_now(call);
        else
                tasks_await(call, change_service(change), service_app(change->service), false,
                            on_ending);
}

static void on_looked(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        g_autoptr(GPtrArray) tasks = NULL;

        if (call_failed(call, answer))
                return;
        tasks = swarm_tasks_of(answer->json, change_service(change));
        if (!change->is_unstarted) {
                if (is_any_coming(tasks, true))
                        want_none(call);
                else
                        swarm_remove_now(call);
                return;
        }
        if (is_any_given(tasks)) {
                call_fail_with(call, ENGINE_ERROR_CONFLICT, "a node has been given %s",
                               json_string_at(change->service, "Spec.Name", ""));
                return;
        }
        /* Somebody has begun with that, and not lived to see what came of it */
        change->is_unsure = wants_none(change->service);
        want_none(call);
}

void swarm_remove_job(EngineCall *call)
{
        Change *change = call->state;

        change->looked_us = g_get_monotonic_time();
        ask_for_tasks(call, on_looked);
}
