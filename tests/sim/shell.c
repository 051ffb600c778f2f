#include "shell.h"

#include <string.h>

/* ---- Answers on their way ---- */

static int64_t latency_us(Sim *sim)
{
        return random_between(&sim->random, 50, 900);
}

static void push_answer(Sim *sim, const CoreEvent *event, int container, int64_t at_us,
                        bool is_of_engine)
{
        int m = sim_message_new(sim);

        sim->messages[m].event = *event;
        sim->messages[m].container = container;
        sim->messages[m].is_of_engine = is_of_engine;
        sim_push(sim, (SimItem){ .at_us = at_us,
                                 .type = ITEM_ANSWER,
                                 .session = sim->session.number,
                                 .generation = sim->session.connection,
                                 .container = container,
                                 .payload = m });
}

/* An answer of the engine, with what can happen to it on its way */
static void answer(Sim *sim, const CoreEvent *event, int container, int64_t at_us)
{
        at_us += latency_us(sim);
        if (event->type == CORE_OBSERVED && sim_draw(sim, FAULT_STALE))
                at_us += random_between(&sim->random, 1, 4000) * 1000;
        else if (sim_draw(sim, FAULT_DELAYED))
                at_us += random_between(&sim->random, 1, 15000) * 1000;
        if (sim_draw(sim, FAULT_DUPLICATED))
                push_answer(sim, event, container,
                            at_us + random_between(&sim->random, 0, 3000) * 1000, true);
        push_answer(sim, event, container, at_us, true);
}

static bool hears(const Sim *sim)
{
        return sim->session.number != 0 && sim->session.is_connected && sim->engine_is_up &&
               !sim->engine_hangs;
}

static CoreEvent event_of(const Sim *sim, CoreEventType type, int container)
{
        CoreEvent event = { .type = type, .workload = -1, .publication = -1 };

        if (container >= 0)
                event.container = sim->containers[container].id;
        return event;
}

static void tell_health(Sim *sim, int c)
{
        CoreEvent event = event_of(sim, CORE_HEALTH, c);

        if (sim->containers[c].exists && sim->containers[c].presence == PRESENCE_RUNNING &&
            sim->now_us >= sim->containers[c].listens_us)
                answer(sim, &event, c, sim->now_us);
}

void shell_on_change_health(Sim *sim, int c)
{
        if (!sim->containers[c].is_foreign)
                tell_health(sim, c);
}

static void tell_observation(Sim *sim, int c)
{
        CoreEvent event = event_of(sim, CORE_OBSERVED, c);

        event.observation = world_look(sim, c);
        answer(sim, &event, c, sim->now_us);
        tell_health(sim, c);
}

/* ---- The event stream ---- */

void shell_on_change(Sim *sim, int c)
{
        if (hears(sim) && !sim->containers[c].is_foreign)
                tell_observation(sim, c);
}

static void end_probes(Sim *sim, int c)
{
        for (size_t i = 0; i < G_N_ELEMENTS(sim->session.probes); i++) {
                SimProbe *probe = &sim->session.probes[i];
                CoreEvent event;

                if (!probe->is_active || probe->container != c || random_chance(&sim->random, 500))
                        continue;
                event = event_of(sim, CORE_PROBED, c);
                event.workload = probe->workload;
                event.publication = probe->publication;
                event.error = CORE_ERROR_GONE;
                probe->is_active = false;
                answer(sim, &event, c, sim->now_us);
        }
}

void shell_on_exit(Sim *sim, int c, int exit_code)
{
        CoreEvent event = event_of(sim, CORE_EXITED, c);

        if (sim->session.number == 0 || sim->engine_hangs)
                return;
        event.exit_code = exit_code;
        for (; sim->session.n_waits[c] > 0; sim->session.n_waits[c]--)
                answer(sim, &event, c, sim->now_us);
        end_probes(sim, c);
}

void shell_on_gone(Sim *sim, int c)
{
        CoreEvent event = event_of(sim, CORE_EXITED, c);

        if (sim->session.number == 0 || sim->engine_hangs)
                return;
        event.error = CORE_ERROR_GONE;
        for (; sim->session.n_waits[c] > 0; sim->session.n_waits[c]--)
                answer(sim, &event, c, sim->now_us);
        end_probes(sim, c);
}

void shell_on_listens(Sim *sim, int c)
{
        if (sim->containers[c].presence != PRESENCE_RUNNING || !hears(sim))
                return;
        for (size_t i = 0; i < G_N_ELEMENTS(sim->session.probes); i++) {
                SimProbe *probe = &sim->session.probes[i];
                CoreEvent event;

                if (!probe->is_active || probe->container != c)
                        continue;
                event = event_of(sim, CORE_PROBED, c);
                event.workload = probe->workload;
                event.publication = probe->publication;
                probe->is_active = false;
                answer(sim, &event, c, sim->now_us);
        }
        tell_health(sim, c);
}

/* What was under way is answered with LOST or not at all; what was asked before the loss never
 * gets its own answer. */
static void lose_what_is_under_way(Sim *sim)
{
        SimSession *session = &sim->session;
        size_t n = sim->n_heap;

        for (size_t i = 0; i < n; i++) {
                SimItem item = sim->heap[i];
                SimMessage *message;
                CoreEvent event;

                if (item.session != session->number || item.payload < 0 ||
                    (item.type != ITEM_ANSWER && item.type != ITEM_REQUEST))
                        continue;
                message = &sim->messages[item.payload];
                if (item.generation == session->connection || message->is_lost ||
                    (item.type == ITEM_ANSWER && !message->is_of_engine))
                        continue;
                message->is_lost = true;
                event = message->event;
                event.error = CORE_ERROR_LOST;
                event.observation = (Observation){ 0 };
                /* The stream's own words are nobody's answer */
                if (event.type != CORE_HEALTH && event.type != CORE_OBSERVED &&
                    random_chance(&sim->random, 500))
                        push_answer(sim, &event, message->container,
                                    sim->now_us + latency_us(sim) * 3, true);
        }
}

static void lose_waits_and_probes(Sim *sim)
{
        SimSession *session = &sim->session;

        for (int c = 0; c < sim->n_containers; c++) {
                CoreEvent event = event_of(sim, CORE_EXITED, c);

                event.error = CORE_ERROR_LOST;
                for (; session->n_waits[c] > 0; session->n_waits[c]--) {
                        if (random_chance(&sim->random, 500))
                                push_answer(sim, &event, c, sim->now_us + latency_us(sim) * 3,
                                            true);
                }
        }
        for (size_t i = 0; i < G_N_ELEMENTS(session->probes); i++) {
                CoreEvent event = event_of(sim, CORE_PROBED, session->probes[i].container);

                if (!session->probes[i].is_active)
                        continue;
                session->probes[i].is_active = false;
                event.workload = session->probes[i].workload;
                event.publication = session->probes[i].publication;
                event.error = CORE_ERROR_LOST;
                if (random_chance(&sim->random, 500))
                        push_answer(sim, &event, session->probes[i].container,
                                    sim->now_us + latency_us(sim) * 3, true);
        }
}

void shell_on_engine_lost(Sim *sim)
{
        CoreEvent event = event_of(sim, CORE_ENGINE_LOST, -1);

        if (sim->session.number == 0)
                return;
        sim->session.connection++;
        if (sim->session.is_connected)
                push_answer(sim, &event, -1, sim->now_us + latency_us(sim), false);
        sim->session.is_connected = false;
        lose_what_is_under_way(sim);
        lose_waits_and_probes(sim);
}

void shell_on_engine_back(Sim *sim)
{
        CoreEvent event = event_of(sim, CORE_ENGINE_BACK, -1);

        if (sim->session.number != 0 && !sim->session.is_connected)
                push_answer(sim, &event, -1, sim->now_us + 1000 + latency_us(sim) * 50, true);
}

static void stream_is_back(Sim *sim, CoreEvent *event)
{
        g_auto(GStrv) ids = NULL;

        if (!sim->engine_is_up || sim->engine_hangs)
                return;
        sim->session.is_connected = true;
        shell_deliver(sim, event);
        if (sim->session.number == 0)
                return;
        ids = core_containers(sim->session.core);
        for (size_t i = 0; ids[i] != NULL; i++) {
                int c = world_container(sim, ids[i]);

                if (c >= 0)
                        tell_observation(sim, c);
        }
}

/* ---- Requests ---- */

static const CoreEventType answers[] = {
        [EFFECT_CREATE] = CORE_CREATED,  [EFFECT_WAIT] = CORE_WAIT_OPEN,
        [EFFECT_START] = CORE_STARTED,   [EFFECT_INSPECT] = CORE_OBSERVED,
        [EFFECT_STOP] = CORE_STOPPED,    [EFFECT_REMOVE] = CORE_REMOVED,
        [EFFECT_RENAME] = CORE_RENAMED,  [EFFECT_UPDATE] = CORE_UPDATED,
        [EFFECT_RESTORE] = CORE_STARTED, [EFFECT_PROBE_PORT] = CORE_PROBED,
        [EFFECT_EXEC] = CORE_EXECUTED,   [EFFECT_PING] = CORE_PONG,
};

static bool may_be_late(CoreEffectType effect)
{
        return effect == EFFECT_CREATE || effect == EFFECT_START || effect == EFFECT_REMOVE ||
               effect == EFFECT_RENAME || effect == EFFECT_UPDATE;
}

void shell_send(Sim *sim, const CoreEffect *effect)
{
        int m = sim_message_new(sim);
        SimMessage *message = &sim->messages[m];
        int64_t at_us = sim->now_us + latency_us(sim);
        CoreEvent lost;

        message->effect = effect->type;
        message->container = world_container(sim, effect->container);
        message->event = event_of(sim, answers[effect->type], message->container);
        message->event.workload = effect->workload;
        message->event.publication = effect->publication;
        message->workload = effect->workload >= 0 ? sim->session.of_app[effect->workload] : 0;
        message->session = sim->session.number;
        message->is_swap = effect->is_swap;
        message->is_forced = effect->is_forced;
        message->is_unstarted = effect->is_unstarted;
        message->try_number = effect->try_number;
        g_strlcpy(message->name, effect->name != NULL ? effect->name : "", sizeof message->name);
        g_strlcpy(message->run_key, effect->run_key != NULL ? effect->run_key : "",
                  sizeof message->run_key);
        lost = message->event;
        lost.error = CORE_ERROR_LOST;
        if (sim_draw(sim, FAULT_REPLY_LOST)) {
                message->is_lost = true;
        } else if (sim_draw(sim, FAULT_REQUEST_LOST)) {
                message->is_lost = true;
                message->is_dropped = true;
        } else if (may_be_late(effect->type) && sim_draw(sim, FAULT_REQUEST_LATE)) {
                message->is_lost = true;
                at_us += random_between(&sim->random, 1,
                                        effect->type == EFFECT_START ? 4000 : 200) *
                         1000;
        }
        if (message->is_lost)
                push_answer(sim, &lost, message->container, sim->now_us + 2 * latency_us(sim),
                            true);
        sim_push(sim, (SimItem){ .at_us = at_us,
                                 .type = ITEM_REQUEST,
                                 .session = sim->session.number,
                                 .generation = sim->session.connection,
                                 .container = sim->messages[m].container,
                                 .payload = m });
}

static void register_probe(Sim *sim, const SimMessage *message)
{
        const SimContainer *container = &sim->containers[message->container];

        for (size_t i = 0; i < G_N_ELEMENTS(sim->session.probes); i++) {
                SimProbe *probe = &sim->session.probes[i];

                if (probe->is_active)
                        continue;
                *probe = (SimProbe){ .is_active = true,
                                     .workload = message->event.workload,
                                     .publication = message->event.publication,
                                     .container = message->container };
                if (container->presence == PRESENCE_RUNNING && !container->restart_pending &&
                    sim->now_us >= container->listens_us)
                        shell_on_listens(sim, message->container);
                return;
        }
        sim_fail(sim, "I10", "more than %zu probes at a time", G_N_ELEMENTS(sim->session.probes));
}

static void wait_or_probe(Sim *sim, const SimMessage *message, CoreEvent *event)
{
        int c = message->container;

        if (c < 0 || !sim->containers[c].exists) {
                event->error = CORE_ERROR_GONE;
                answer(sim, event, c, sim->now_us);
        } else if (message->effect == EFFECT_WAIT) {
                sim->session.n_waits[c]++;
                answer(sim, event, c, sim->now_us);
                if (sim->is_orchestrated && world_look(sim, c).is_attested)
                        shell_on_exit(sim, c, sim->containers[c].exit_code);
        } else if (sim_draw(sim, FAULT_PROBE_FAILS)) {
                event->error = CORE_ERROR_REFUSED;
                event->message = "it cannot be told";
                answer(sim, event, c, sim->now_us);
        } else {
                register_probe(sim, message);
        }
}

/* How long the client waits for an answer; SIM_NEVER: for ever */
static int64_t patience_us(CoreEffectType effect)
{
        if (effect == EFFECT_PROBE_PORT)
                return SIM_NEVER;
        if (effect == EFFECT_STOP || effect == EFFECT_EXEC)
                return 600 * G_TIME_SPAN_SECOND;
        if (effect == EFFECT_PING)
                return 20 * G_TIME_SPAN_SECOND;
        return (may_be_late(effect) || effect == EFFECT_RESTORE ? 120 : 30) * G_TIME_SPAN_SECOND;
}

/* It may be carried out, and nobody is told. */
static void swallow(Sim *sim, const SimMessage *message, CoreEvent *event, bool is_wanted)
{
        int64_t at_us = sim->now_us;

        if (message->effect != EFFECT_WAIT && message->effect != EFFECT_PROBE_PORT &&
            random_chance(&sim->random, 500)) {
                CoreEvent unsaid = *event;

                world_request(sim, message, &unsaid, &at_us);
        }
        event->error = CORE_ERROR_LOST;
        if (is_wanted && sim->session.number != 0 && patience_us(message->effect) != SIM_NEVER)
                push_answer(sim, event, message->container,
                            sim->now_us + patience_us(message->effect), true);
}

void shell_request_arrives(Sim *sim, const SimItem *item, const SimMessage *message)
{
        bool is_wanted = !message->is_lost && item->session == sim->session.number &&
                         item->generation == sim->session.connection;
        CoreEvent event = message->event;
        int64_t at_us = sim->now_us;

        if (message->is_dropped)
                return;
        if (!sim->engine_is_up) {
                event.error = CORE_ERROR_LOST;
                if (is_wanted)
                        push_answer(sim, &event, message->container, at_us + latency_us(sim), true);
                return;
        }
        if (sim->engine_hangs) {
                swallow(sim, message, &event, is_wanted);
                return;
        }
        if (message->effect == EFFECT_WAIT || message->effect == EFFECT_PROBE_PORT) {
                if (is_wanted)
                        wait_or_probe(sim, message, &event);
                return;
        }
        world_request(sim, message, &event, &at_us);
        if (!is_wanted || sim->session.number == 0)
                return;
        if (event.type == CORE_STARTED && random_chance(&sim->random, 500))
                event.observation = (Observation){ 0 };
        answer(sim, &event, message->container, at_us);
        if (message->effect == EFFECT_INSPECT && message->container >= 0)
                tell_health(sim, message->container);
}

/* ---- Answers that arrive ---- */

void shell_answer_arrives(Sim *sim, const SimItem *item, const SimMessage *message)
{
        SimSession *session = &sim->session;
        CoreEvent event = message->event;

        if (session->number == 0 || item->session != session->number ||
            (message->is_of_engine &&
             (message->is_lost || item->generation != session->connection)))
                return;
        switch (event.type) {
        case CORE_ENGINE_BACK:
                stream_is_back(sim, &event);
                return;
        case CORE_PREPARED:
                if (!sim->engine_is_up) {
                        push_answer(sim, &event, -1, sim->now_us + G_TIME_SPAN_SECOND, false);
                        return;
                }
                if (sim->engine_hangs && event.error == CORE_ERROR_NONE) {
                        event.error = CORE_ERROR_LOST;
                        push_answer(sim, &event, item->container,
                                    sim->now_us + 30 * G_TIME_SPAN_SECOND, false);
                        return;
                }
                if (event.error == CORE_ERROR_NONE) {
                        shell_prepared(sim, &event, item->container == 1);
                        return;
                }
                break;
        case CORE_PULLED:
                if (event.error == CORE_ERROR_NONE)
                        sim->workloads[session->of_app[event.workload]].image_missing = false;
                break;
        case CORE_WAIT_OPEN:
                if (event.error == CORE_ERROR_NONE && message->container >= 0)
                        session->wait_seen[message->container] = true;
                break;
        case CORE_BEGIN:
        case CORE_CREATED:
        case CORE_STARTED:
        case CORE_EXITED:
        case CORE_OBSERVED:
        case CORE_STOPPED:
        case CORE_REMOVED:
        case CORE_RENAMED:
        case CORE_UPDATED:
        case CORE_PROBED:
        case CORE_EXECUTED:
        case CORE_HEALTH:
        case CORE_PONG:
        case CORE_READY:
        case CORE_TIMER:
        case CORE_ENGINE_LOST:
        case CORE_DEADLINE:
        case CORE_INTERRUPT:
                break;
        }
        shell_deliver(sim, &event);
        /* What has been started is looked at */
        if (event.type == CORE_STARTED && event.error == CORE_ERROR_NONE &&
            message->container >= 0 && hears(sim))
                tell_observation(sim, message->container);
}

void shell_answer_later(Sim *sim, const CoreEffect *effect, CoreEventType type, int64_t delay_us,
                        bool is_early)
{
        CoreEvent event = event_of(sim, type, -1);

        event.workload = effect->workload;
        if (type == CORE_PULLED && sim_draw(sim, FAULT_PULL_FAILS)) {
                event.error = CORE_ERROR_REFUSED;
                event.message = "manifest unknown";
        }
        if (type == CORE_READY && sim_draw(sim, FAULT_READY_FAILS)) {
                event.error = CORE_ERROR_REFUSED;
                event.message = "not ready";
        }
        push_answer(sim, &event, is_early ? 1 : 0, sim->now_us + delay_us, false);
}

void shell_cancel_probe(Sim *sim, const CoreEffect *effect)
{
        for (size_t i = 0; i < G_N_ELEMENTS(sim->session.probes); i++) {
                SimProbe *probe = &sim->session.probes[i];

                if (probe->is_active && probe->workload == effect->workload &&
                    probe->publication == effect->publication)
                        probe->is_active = false;
        }
}
