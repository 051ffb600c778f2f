#include <string.h>

#include "core/machine.h"

#define RETRY_LOST_US (G_TIME_SPAN_SECOND / 2)

/* ---- Effects ---- */

CoreEffect *core_emit(Core *core, CoreEffectType type, const Work *work)
{
        CoreEffect effect = { .type = type,
                              .workload = work == NULL ? -1 : (int) work->index,
                              .publication = -1,
                              .exit_code = -1 };

        g_array_append_val(core->effects, effect);
        return &g_array_index(core->effects, CoreEffect, core->effects->len - 1);
}

CoreEffect *core_emit_for(Core *core, CoreEffectType type, const Work *work, int known)
{
        CoreEffect *effect = core_emit(core, type, work);

        effect->container = g_strdup(core_known(core, known)->id);
        if (work == NULL)
                effect->workload = core_known(core, known)->workload;
        return effect;
}

void core_fact(Core *core, const Work *work, const char *name, const char *format, ...)
{
        CoreEffect *effect = core_emit(core, EFFECT_FACT, work);
        va_list args;

        effect->name = g_strdup(name);
        va_start(args, format);
        effect->text = g_strdup_vprintf(format, args);
        va_end(args);
}

/* ---- Containers ---- */

Known *core_known(Core *core, int i)
{
        g_assert(i >= 0 && (guint) i < core->known->len);
        return &g_array_index(core->known, Known, i);
}

int core_find(const Core *core, const char *id)
{
        for (guint i = 0; id != NULL && i < core->known->len; i++) {
                if (strcmp(g_array_index(core->known, Known, i).id, id) == 0)
                        return i;
        }
        return -1;
}

bool core_is_under_way(const Core *core, const Known *known)
{
        return known->seen.presence == PRESENCE_RUNNING ||
               (core->is_orchestrated && known->seen.presence == PRESENCE_CREATED);
}

/* ---- Workloads ---- */

bool core_is_forced(const Core *core, const Work *work)
{
        return g_strv_contains(core->rerun, work->model->id);
}

void work_reason(Work *work, const char *format, ...)
{
        va_list args;
        char *reason;

        va_start(args, format);
        reason = g_strdup_vprintf(format, args);
        va_end(args);
        g_free(work->reason);
        work->reason = reason;
}

Observation *work_seen(Core *core, const Work *work)
{
        return &core_known(core, work->next)->seen;
}

void work_lost(Core *core, Work *work)
{
        if (core->is_engine_lost) {
                work->is_suspect = true; /* asked again when the engine is back */
                return;
        }
        if (++work->n_lost > CORE_START_RETRIES_MAX && work->stage != STAGE_STARTING &&
            work->stage != STAGE_UP && work->stage != STAGE_INSPECTING &&
            work->stage != STAGE_UNDOING) {
                place_fail(core, work, "the engine does not answer");
                return;
        }
        if (work->n_lost > CORE_START_RETRIES_MAX && work->stage == STAGE_UNDOING) {
                core_fact(core, work, "not-restored", "the engine does not answer");
                work->stage =
                        STAGE_OVER; /* the record of the swap stays: the next command goes on */
                return;
        }
        work->is_suspect = true;
        work->timer_us = core->now_us + RETRY_LOST_US;
}
