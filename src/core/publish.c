/* Publish: events that are observed and fire, and whose turn it is then */

#include <string.h>

#include "core/machine.h"

void publish_init(Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                work->pubs = arena_new0(core->arena, Pub, work->model->n_publications);
                for (size_t j = 0; j < work->model->n_publications; j++) {
                        work->pubs[j].model = &work->model->publications[j];
                        work->pubs[j].deadline_us = CORE_NO_DEADLINE;
                        work->pubs[j].next_us = CORE_NO_DEADLINE;
                }
        }
        for (size_t i = 0; i < core->n_works; i++) {
                const Workload *model = core->works[i].model;

                for (size_t j = 0; j < model->n_parents; j++) {
                        const Parent *parent = &model->parents[j];

                        core->works[parent->workload].pubs[parent->publication].has_listeners =
                                true;
                }
        }
}

bool publish_counts(const Core *core, const Work *work, const Pub *pub)
{
        return pub->model->type != EVENT_CONTAINER_STOP || pub->has_listeners ||
               work->model->kind == WORKLOAD_EPHEMERAL;
}

static void ask(Core *core, Work *work, unsigned publication)
{
        Pub *pub = &work->pubs[publication];
        bool is_exec = pub->model->type == EVENT_EXEC;

        core_emit_for(core, is_exec ? EFFECT_EXEC : EFFECT_PROBE_PORT, work, work->next)
                ->publication = publication;
        pub->is_asked = true;
        pub->next_us = CORE_NO_DEADLINE;
}

void publish_arm(Core *core, Work *work)
{
        bool is_health_wanted = false;

        for (unsigned i = 0; i < work->model->n_publications; i++) {
                Pub *pub = &work->pubs[i];
                int64_t timeout_s = pub->model->timeout_s;

                if (pub->state != PUB_IDLE)
                        continue;
                pub->state = PUB_ARMED;
                pub->deadline_us = timeout_s == EVENT_TIMEOUT_NEVER ||
                                                   !publish_counts(core, work, pub)
                                           ? CORE_NO_DEADLINE
                                           : core->now_us + timeout_s * G_TIME_SPAN_SECOND;
                if (pub->model->type == EVENT_PORT_LISTEN || pub->model->type == EVENT_EXEC)
                        ask(core, work, i);
                else if (pub->model->type == EVENT_HEALTHY)
                        is_health_wanted = true;
        }
        /* One that the engine is about to restart does not run: it publishes when it does. */
        if (core_known(core, work->next)->seen.will_restart)
                return;
        /* It may have become healthy before anybody waited for it. */
        if (is_health_wanted)
                core_emit_for(core, EFFECT_INSPECT, work, work->next);
        publish_fire_type(core, work, EVENT_CONTAINER_START);
}

void publish_fire(Core *core, Work *work, unsigned publication, const char *how)
{
        Pub *pub = &work->pubs[publication];

        if (pub->state == PUB_FIRED || pub->state == PUB_EXPIRED)
                return;
        pub->state = PUB_FIRED;
        pub->deadline_us = pub->next_us = CORE_NO_DEADLINE;
        core_fact(core, work, "event", "%s%s%s", event_type_to_string(pub->model->type),
                  how == NULL || how[0] == '\0' ? "" : " by ", how == NULL ? "" : how);
}

void publish_fire_type(Core *core, Work *work, EventType type)
{
        for (unsigned i = 0; i < work->model->n_publications; i++) {
                if (work->pubs[i].model->type == type)
                        publish_fire(core, work, i, NULL);
        }
}

void publish_fire_all(Core *core, Work *work)
{
        for (unsigned i = 0; i < work->model->n_publications; i++)
                publish_fire(core, work, i, NULL);
}

void publish_cancel(Core *core, Work *work)
{
        for (unsigned i = 0; i < work->model->n_publications; i++) {
                Pub *pub = &work->pubs[i];

                if (pub->is_asked)
                        core_emit(core, EFFECT_CANCEL_PROBE, work)->publication = i;
                pub->is_asked = false;
                pub->next_us = pub->deadline_us = CORE_NO_DEADLINE;
                if (pub->state == PUB_ARMED)
                        pub->state = PUB_IDLE;
        }
}

static bool is_current(Core *core, Work *work, const CoreEvent *event)
{
        return event->publication >= 0 &&
               (unsigned) event->publication < work->model->n_publications &&
               work->stage == STAGE_UP && work->next >= 0 && event->container != NULL &&
               strcmp(core_known(core, work->next)->id, event->container) == 0 &&
               work->pubs[event->publication].state == PUB_ARMED;
}

void publish_on_probed(Core *core, Work *work, const CoreEvent *event)
{
        Pub *pub;

        if (!is_current(core, work, event))
                return;
        pub = &work->pubs[event->publication];
        pub->is_asked = false;
        if (event->error == CORE_ERROR_NONE) {
                publish_fire(core, work, event->publication, event->message);
                return;
        }
        /* The container may just be on its way down: its exit is the better message, and asking
         * again finds out. */
        pub->next_us = core->now_us + CORE_EXEC_INTERVAL_US;
}

void publish_on_executed(Core *core, Work *work, const CoreEvent *event)
{
        Pub *pub;

        if (!is_current(core, work, event))
                return;
        pub = &work->pubs[event->publication];
        pub->is_asked = false;
        if (event->error == CORE_ERROR_NONE && event->exit_code == 0)
                publish_fire(core, work, event->publication, NULL);
        else
                pub->next_us = core->now_us + CORE_EXEC_INTERVAL_US;
}

void publish_no_health(Core *core, Work *work)
{
        for (unsigned i = 0; i < work->model->n_publications; i++) {
                if (work->pubs[i].model->type != EVENT_HEALTHY ||
                    work->pubs[i].state != PUB_ARMED || work->model->kind != WORKLOAD_SERVICE)
                        continue;
                work->pubs[i].state = PUB_EXPIRED;
                place_fail(core, work,
                           "somebody waits for it to be healthy, and neither the file nor its "
                           "image has a health check");
        }
}

static void expire(Core *core, Work *work, unsigned publication)
{
        Pub *pub = &work->pubs[publication];
        const char *type = event_type_to_string(pub->model->type);

        if (pub->is_asked)
                core_emit(core, EFFECT_CANCEL_PROBE, work)->publication = publication;
        pub->is_asked = false;
        pub->state = PUB_EXPIRED;
        pub->deadline_us = pub->next_us = CORE_NO_DEADLINE;
        if (work->model->kind == WORKLOAD_EPHEMERAL && pub->model->type == EVENT_CONTAINER_STOP &&
            run_hold_lost(core, work))
                return;
        if (work->model->kind == WORKLOAD_EPHEMERAL && pub->model->type == EVENT_CONTAINER_STOP) {
                /* A timeout ends the waiting, never the container. */
                work->is_left_running = true;
                work_reason(work,
                            "still runs after %" G_GINT64_FORMAT
                            " s; it was left running, and its end will be recorded",
                            pub->model->timeout_s);
                if (work->verdict == VERDICT_NONE)
                        work->verdict = VERDICT_FAILED;
                core_fact(core, work, "timeout", "%s", work->reason);
                return;
        }
        place_fail(core, work, "its event `%s`%s%s did not happen within %" G_GINT64_FORMAT " s",
                   type, pub->model->data.raw == NULL || pub->model->data.raw[0] == '\0' ? "" : " ",
                   pub->model->data.raw == NULL ? "" : pub->model->data.raw, pub->model->timeout_s);
}

void publish_on_timer(Core *core, Work *work)
{
        for (unsigned i = 0; i < work->model->n_publications; i++) {
                Pub *pub = &work->pubs[i];

                if (pub->state != PUB_ARMED)
                        continue;
                if (pub->deadline_us <= core->now_us)
                        expire(core, work, i);
                else if (pub->next_us <= core->now_us && work->stage == STAGE_UP &&
                         !core->is_engine_lost)
                        ask(core, work, i);
        }
}

int64_t publish_deadline(const Core *core, const Work *work)
{
        int64_t deadline = CORE_NO_DEADLINE;

        for (unsigned i = 0; i < work->model->n_publications; i++) {
                const Pub *pub = &work->pubs[i];

                if (pub->state != PUB_ARMED)
                        continue;
                deadline = MIN(deadline, pub->deadline_us);
                if (work->stage == STAGE_UP && !core->is_engine_lost)
                        deadline = MIN(deadline, pub->next_us);
        }
        return deadline;
}

bool publish_is_waiting(const Core *core, const Work *work)
{
        for (unsigned i = 0; i < work->model->n_publications; i++) {
                const Pub *pub = &work->pubs[i];

                if (pub->state == PUB_ARMED && publish_counts(core, work, pub))
                        return true;
        }
        return false;
}

bool publish_is_turn(const Core *core, const Work *work)
{
        const Workload *model = work->model;
        size_t n_alive = 0, n_fired = 0;

        for (size_t i = 0; i < model->n_parents; i++) {
                const Parent *parent = &model->parents[i];
                const Work *publisher = &core->works[parent->workload];
                PubState state = publisher->pubs[parent->publication].state;

                if (publisher->verdict == VERDICT_OFF)
                        continue;
                if (parent->is_optional && state != PUB_FIRED && publisher->verdict != VERDICT_NONE)
                        continue;
                n_alive++;
                n_fired += state == PUB_FIRED;
        }
        if (n_alive == 0)
                return true;
        return model->start_rule == START_ANY ? n_fired > 0 : n_fired == n_alive;
}
