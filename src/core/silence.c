/* Silence: whether the engine answers at all */

#include "core/machine.h"

#define PING_GAP_US G_TIME_SPAN_SECOND

/* A connection that stands and brings nothing is no loss that anybody reports. */
void silence_heard(Core *core)
{
        core->heard_us = core->now_us;
        core->doubt_us = core->ping_us = CORE_NO_DEADLINE;
}

static void doubt(Core *core)
{
        if (core->doubt_us != CORE_NO_DEADLINE || core->is_engine_lost)
                return;
        core->doubt_us = core->now_us;
        core->ping_us = core->now_us + PING_GAP_US; /* it may have been but one answer */
}

static bool is_answer(CoreEventType type)
{
        switch (type) {
        case CORE_PULLED:
        case CORE_CREATED:
        case CORE_WAIT_OPEN:
        case CORE_STARTED:
        case CORE_EXITED:
        case CORE_OBSERVED:
        case CORE_STOPPED:
        case CORE_REMOVED:
        case CORE_RENAMED:
        case CORE_UPDATED:
        case CORE_EXECUTED:
        case CORE_HEALTH:
        case CORE_PONG:
                return true;
        case CORE_PREPARED: /* may have needed no engine */
        case CORE_PROBED:   /* likewise */
        case CORE_BEGIN:
        case CORE_READY:
        case CORE_TIMER:
        case CORE_ENGINE_LOST:
        case CORE_ENGINE_BACK:
        case CORE_DEADLINE:
        case CORE_INTERRUPT:
                return false;
        }
        g_assert_not_reached();
}

void silence_listen(Core *core, const CoreEvent *event)
{
        if (event->error == CORE_ERROR_LOST && event->type != CORE_PONG)
                doubt(core);
        else if (event->error == CORE_ERROR_LOST && core->doubt_us != CORE_NO_DEADLINE)
                core->ping_us = core->now_us + PING_GAP_US;
        else if (event->error != CORE_ERROR_LOST && is_answer(event->type))
                silence_heard(core);
}

void silence_give_up(Core *core)
{
        core->outcome = CORE_FAILED;
        g_free(core->outcome_reason);
        core->outcome_reason = g_strdup("the engine does not answer any more");
        ending_finish(core);
}

void silence_watch(Core *core)
{
        if (core->is_engine_lost)
                return;
        if (core->asked_us != CORE_NO_DEADLINE &&
            core->now_us - MAX(core->asked_us, core->heard_us) >= CORE_PING_AFTER_US)
                doubt(core);
        if (core->doubt_us == CORE_NO_DEADLINE)
                return;
        if (core->now_us - core->doubt_us >= CORE_ENGINE_GONE_MAX_US) {
                silence_give_up(core);
        } else if (core->ping_us <= core->now_us) {
                core->ping_us = CORE_NO_DEADLINE;
                core_emit(core, EFFECT_PING, NULL);
        }
}

/* Whether an answer is awaited that the engine owes soon: not the end of a run, or of a probe */
static bool is_owed(const Core *core)
{
        if (core->cleaning->len > 0)
                return true;
        for (size_t i = 0; i < core->n_works; i++) {
                switch (core->works[i].stage) {
                case STAGE_PREPARING:
                case STAGE_CREATING:
                case STAGE_CLEARING:
                case STAGE_OPENING:
                case STAGE_INSPECTING:
                case STAGE_UNDOING:
                        return true;
                case STAGE_STARTING:
                case STAGE_WITHDRAWING:
                case STAGE_UPDATING:
                        if (!core->is_orchestrated) /* that takes what it takes */
                                return true;
                        break;
                case STAGE_NONE:
                case STAGE_PREPARED:
                case STAGE_PULLING:
                case STAGE_CREATED:
                case STAGE_EARLIER:
                case STAGE_UP:
                case STAGE_BACKOFF:
                case STAGE_OVER:
                        break;
                }
        }
        return false;
}

void silence_note_asking(Core *core)
{
        if (!is_owed(core))
                core->asked_us = CORE_NO_DEADLINE;
        else if (core->asked_us == CORE_NO_DEADLINE)
                core->asked_us = core->now_us;
}
