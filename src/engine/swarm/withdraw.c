/* REMOVE of a job that no node has been given
 *
 * The engine has no request for that. What no node had been given when it was looked at can have been
 * given one by the time it is removed: so it is looked at once more. From the removal on no task is
 * given away; and one that was would still be on the list, since its node has to end it first.
 */

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/change.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/state.h"

/* In less than this no node starts a container, is told to end it, ends it and says so */
#define WITHDRAW_SURE_US (300 * US_PER_MS)

static bool is_any_given(const GPtrArray *tasks)
{
        for (guint i = 0; i < tasks->len; i++)
                if (json_string_at(tasks->pdata[i], "NodeID", "")[0] != '\0')
                        return true;
        return false;
}

static void fail_unsure(EngineCall *call)
{
        const Change *change = call->state;

        call_fail_with(call, ENGINE_ERROR_NOT_FOUND,
                       "%s was removed, and may have begun just before",
                       json_string_at(change->service, "Spec.Name", ""));
}

static void on_ending(EngineCall *call, const GPtrArray *tasks, GHashTable *down)
{
        if (!tasks_are_alive(tasks, down))
                fail_unsure(call);
}

static void on_looked_again(EngineCall *call, const DockerAnswer *answer)
{
        const Change *change = call->state;
        g_autoptr(GPtrArray) tasks = NULL;

        if (answer->error == NULL) {
                tasks = swarm_tasks_of(answer->json, change_service(change));
                if (!is_any_given(tasks) &&
                    (tasks->len > 0 ||
                     g_get_monotonic_time() - change->looked_us < WITHDRAW_SURE_US)) {
                        call_done(call);
                        return;
                }
        }
        tasks_await(call, change_service(change), service_app(change->service), false, on_ending);
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

static void on_removed(EngineCall *call, const DockerAnswer *answer)
{
        if (!call_failed(call, answer))
                ask_for_tasks(call, on_looked_again);
}

static void on_looked(EngineCall *call, const DockerAnswer *answer)
{
        const Change *change = call->state;
        g_autoptr(GPtrArray) tasks = NULL;
        g_autofree char *path = NULL;

        if (call_failed(call, answer))
                return;
        tasks = swarm_tasks_of(answer->json, change_service(change));
        if (is_any_given(tasks)) {
                call_fail_with(call, ENGINE_ERROR_CONFLICT, "a node has been given %s",
                               json_string_at(change->service, "Spec.Name", ""));
                return;
        }
        path = g_strconcat("/services/", change_service(change), NULL);
        call_step(call, &(DockerStepRequest){
                                .method = "DELETE", .path = path, .on_answer = on_removed });
}

static void on_service(EngineCall *call, const DockerAnswer *answer)
{
        Change *change = call->state;
        const json_t *service = service_answer(call, answer);

        if (service == NULL)
                return;
        if (!swarm_service_is_job(service)) {
                call_fail_with(call, ENGINE_ERROR_BAD_REQUEST, "%s is no job",
                               json_string_at(service, "Spec.Name", ""));
                return;
        }
        change->service = json_incref((json_t *) service);
        change->looked_us = g_get_monotonic_time();
        ask_for_tasks(call, on_looked);
}

void swarm_withdraw_begin(EngineCall *call)
{
        service_ask(call, on_service);
}
