/* Progress: how far a workload is, and what it waits for */

#include <string.h>

#include "core/machine.h"

const char *workload_state_to_string(WorkloadState state)
{
        static const char *const states[] = {
#define X(name, text) text,
                WORKLOAD_STATES(X)
#undef X
        };

        return states[state];
}

static WorkloadState state_of(const Core *core, const Work *work)
{
        switch (work->verdict) {
        case VERDICT_DONE:
                return STATE_DONE;
        case VERDICT_FAILED:
                return work->is_left_running ? STATE_RUNNING : STATE_FAILED;
        case VERDICT_UNKNOWN:
                return STATE_UNKNOWN;
        case VERDICT_OFF:
                return STATE_OFF;
        case VERDICT_NONE:
                break;
        }
        switch (work->stage) {
        case STAGE_NONE:
        case STAGE_PREPARING:
        case STAGE_PREPARED:
        case STAGE_EARLIER:
        case STAGE_WITHDRAWING:
        case STAGE_OVER:
                return STATE_HELD;
        case STAGE_PULLING:
                return STATE_PULLING;
        case STAGE_CREATING:
        case STAGE_CREATED:
                return work->has_turn ? STATE_CREATED : STATE_HELD;
        case STAGE_UPDATING:
        case STAGE_CLEARING:
        case STAGE_OPENING:
        case STAGE_STARTING:
        case STAGE_BACKOFF:
        case STAGE_UNDOING:
                return STATE_STARTING;
        case STAGE_UP:
                if (work->model->kind == WORKLOAD_SERVICE &&
                    (publish_is_waiting(core, work) || work->timer_us != CORE_NO_DEADLINE))
                        return STATE_STARTING;
                return STATE_RUNNING;
        case STAGE_INSPECTING:
                return STATE_RUNNING;
        }
        g_assert_not_reached();
}

void core_progress(const Core *core, unsigned workload, WorkloadProgress *ret_progress)
{
        const Work *work = &core->works[workload];
        int counts = work->next >= 0 ? work->next : work->current;

        *ret_progress = (WorkloadProgress){
                .state = state_of(core, work),
                .action = work->decision.action,
                .is_decided = work->is_decided,
                .reason = work->reason == NULL ? "" : work->reason,
                .container = counts < 0 ? "" : g_array_index(core->known, Known, counts).id,
                .container_name = counts < 0 ? "" : g_array_index(core->known, Known, counts).name,
                .exit_code = work->exit_code,
                .try_number = work->try_number,
                .is_settled = work->verdict != VERDICT_NONE ||
                              (work->stage == STAGE_UP && work->model->kind == WORKLOAD_SERVICE &&
                               !publish_is_waiting(core, work)),
        };
}

static void describe(GString *out, const Work *publisher, const Publication *publication)
{
        const char *data = publication->data.raw;

        if (out->len > 0)
                g_string_append(out, ", ");
        g_string_append(out, publisher->model->id);
        switch (publication->type) {
        case EVENT_CONTAINER_START:
                g_string_append(out, " to start");
                break;
        case EVENT_CONTAINER_STOP:
                g_string_append(out, publisher->model->kind == WORKLOAD_EPHEMERAL ? " to succeed"
                                                                                  : " to stop");
                break;
        case EVENT_PORT_LISTEN:
                g_string_append_printf(out, " to listen on port %s", data == NULL ? "?" : data);
                break;
        case EVENT_EXEC:
                g_string_append(out, " to pass its command");
                break;
        case EVENT_HEALTHY:
                g_string_append(out, " to be healthy");
                break;
        }
}

char *core_waits_for(const Core *core, unsigned workload)
{
        const Work *work = &core->works[workload];
        g_autoptr(GString) out = g_string_new(NULL);

        if (work->has_turn || work->verdict != VERDICT_NONE)
                return NULL;
        for (size_t i = 0; i < work->model->n_parents; i++) {
                const Parent *parent = &work->model->parents[i];
                const Work *publisher = &core->works[parent->workload];

                if (parent->is_optional && publisher->verdict != VERDICT_NONE)
                        continue;
                if (publisher->verdict != VERDICT_OFF &&
                    publisher->pubs[parent->publication].state != PUB_FIRED) {
                        describe(out, publisher, publisher->pubs[parent->publication].model);
                        g_string_append(out, parent->is_implied ? " (implied)" : "");
                }
        }
        return out->len == 0 ? NULL : g_string_free(g_steal_pointer(&out), false);
}
