#include "core/core.h"

#include <string.h>

#include "core/machine.h"

/* ---- Names ---- */

const char *core_effect_to_string(CoreEffectType type)
{
        static const char *const names[] = {
#define X(name) #name,
                CORE_EFFECTS(X)
#undef X
        };

        return names[type];
}

const char *core_event_to_string(CoreEventType type)
{
        static const char *const names[] = {
#define X(name) #name,
                CORE_EVENTS(X)
#undef X
        };

        return names[type];
}

/* ---- Effects ---- */

void core_effect_clear(CoreEffect *effect)
{
        g_clear_pointer(&effect->container, g_free);
        g_clear_pointer(&effect->other, g_free);
        g_clear_pointer(&effect->name, g_free);
        g_clear_pointer(&effect->run_key, g_free);
        g_clear_pointer(&effect->evidence, g_free);
        g_clear_pointer(&effect->text, g_free);
}

GArray *core_effects_new(void)
{
        GArray *effects = g_array_new(false, true, sizeof(CoreEffect));

        g_array_set_clear_func(effects, (GDestroyNotify) core_effect_clear);
        return effects;
}

/* ---- Making one ---- */

static void copy_containers(Core *core, const CoreConfig *config)
{
        for (size_t i = 0; i < config->n_containers; i++) {
                const CoreContainer *given = &config->containers[i];
                Known known = {
                        .id = arena_strdup(core->arena, given->id),
                        .name = arena_strdup(core->arena, given->name),
                        .workload_id = arena_strdup(core->arena, given->workload_id),
                        .run_key = arena_strdup(core->arena, given->run_key),
                        .try_number = given->try_number,
                        .seen = given->seen,
                        .claims = arena_strdupv(core->arena, given->claims),
                        .workload = application_find(core->app, given->workload_id),
                };

                g_array_append_val(core->known, known);
        }
}

static void find_current(Core *core, const CoreConfig *config, Work *work)
{
        const CoreContainer *current;

        if (work->model->kind == WORKLOAD_EPHEMERAL)
                return;
        current = core_current(config->containers, config->n_containers, config->swaps,
                               config->n_swaps, work->model->id);
        if (current != NULL)
                work->current = core_find(core, current->id);
        for (size_t i = 0; i < config->n_swaps; i++) {
                const CoreSwap *swap = &config->swaps[i];

                if (strcmp(swap->workload_id, work->model->id) != 0)
                        continue;
                if (g_strcmp0(swap->old_id, swap->new_id) == 0) {
                        work->has_update_record = true;
                        continue;
                }
                work->has_swap_record = true;
                work->is_swapped = work->current >= 0 && g_strcmp0(swap->old_id, current->id) == 0;
        }
}

Core *core_new(const CoreConfig *config)
{
        Core *core = g_new0(Core, 1);

        core->arena = arena_new();
        core->app = config->app;
        core->deployment = config->deployment;
        core->app_slug = arena_strdup(core->arena, config->app_slug);
        core->may_adopt = config->may_adopt;
        core->may_create_early = arena_memdup(core->arena, config->may_create_early,
                                              config->app->n_workloads * sizeof(bool));
        core->rerun = arena_strdupv(core->arena, config->rerun);
        core->known = g_array_new(false, true, sizeof(Known));
        core->cleaning = g_array_new(false, true, sizeof(int));
        core->asked_us = core->doubt_us = core->ping_us = CORE_NO_DEADLINE;
        core->n_works = config->app->n_workloads;
        core->works = arena_new0(core->arena, Work, core->n_works);
        copy_containers(core, config);
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                work->model = &config->app->workloads[i];
                work->index = i;
                work->current = work->next = -1;
                work->exit_code = -1;
                work->timer_us = work->until_us = CORE_NO_DEADLINE;
                work->stopping = g_array_new(false, true, sizeof(int));
                work->refused = g_array_new(false, true, sizeof(int));
                work->displaced = g_array_new(false, true, sizeof(int));
                find_current(core, config, work);
        }
        publish_init(core);
        return core;
}

void core_free(Core *core)
{
        if (core == NULL)
                return;
        for (size_t i = 0; i < core->n_works; i++) {
                g_free(core->works[i].reason);
                g_free(core->works[i].decision.reason);
                g_array_unref(core->works[i].stopping);
                g_array_unref(core->works[i].refused);
                g_array_unref(core->works[i].displaced);
        }
        g_array_unref(core->known);
        g_array_unref(core->cleaning);
        g_free(core->outcome_reason);
        arena_free(core->arena);
        g_free(core);
}

/* ---- Progress: whatever has become possible is begun ---- */

static bool is_all_prepared(const Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Stage stage = core->works[i].stage;

                if (stage == STAGE_NONE || stage == STAGE_PREPARING || stage == STAGE_PULLING)
                        return false;
        }
        return true;
}

static void pass_barrier(Core *core)
{
        if (!is_all_prepared(core))
                return;
        if (ending_first_with(core, VERDICT_FAILED) != NULL) {
                g_autofree char *why = ending_why_not(core);

                ending_begin(core, CORE_FAILED, why);
        } else {
                core->phase = PHASE_RUNNING;
        }
}

static void give_turns(Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                if (!work->has_turn && work->verdict == VERDICT_NONE)
                        work->has_turn = publish_is_turn(core, work);
        }
}

static void proceed(Core *core)
{
        guint before;

        do {
                before = core->effects->len;
                if (core->phase == PHASE_PREPARING)
                        pass_barrier(core);
                if (core->phase == PHASE_RUNNING)
                        give_turns(core);
                for (size_t i = 0; i < core->n_works; i++)
                        place_advance(core, &core->works[i]);
                if ((core->phase == PHASE_RUNNING || core->phase == PHASE_CHECKING) &&
                    ending_is_quiet(core) && core->effects->len == before)
                        ending_on_quiet(core);
                swap_clean_step(core);
        } while (core->effects->len != before);
        if (core->phase == PHASE_CLEANING && core->cleaning->len == 0)
                ending_finish(core);
        while (core->phase == PHASE_ENDING) {
                before = core->effects->len;
                ending_settle(core);
                if (core->effects->len == before)
                        break;
        }
}

/* ---- A step ---- */

static int64_t next_deadline(const Core *core)
{
        int64_t deadline = CORE_NO_DEADLINE;

        if (core->phase == PHASE_FINISHED)
                return CORE_NO_DEADLINE;
        for (size_t i = 0; i < core->n_works; i++) {
                const Work *work = &core->works[i];

                if (core->phase == PHASE_RUNNING || core->phase == PHASE_CHECKING)
                        deadline = MIN(deadline, publish_deadline(core, work));
                if (!(work->is_suspect && core->is_engine_lost))
                        deadline = MIN(deadline, work->timer_us);
                if (work->stage == STAGE_UPDATING || work->stage == STAGE_STARTING)
                        deadline = MIN(deadline, work->until_us);
        }
        if (core->is_engine_lost)
                return MIN(deadline, core->engine_lost_us + CORE_ENGINE_GONE_MAX_US);
        if (core->doubt_us != CORE_NO_DEADLINE)
                return MIN(deadline, MIN(core->ping_us, core->doubt_us + CORE_ENGINE_GONE_MAX_US));
        if (core->asked_us != CORE_NO_DEADLINE)
                deadline = MIN(deadline, MAX(core->asked_us, core->heard_us) + CORE_PING_AFTER_US);
        return deadline;
}

int64_t core_step(Core *core, const CoreEvent *event, GArray *effects)
{
        if (core->phase == PHASE_FINISHED)
                return CORE_NO_DEADLINE;
        core->now_us = MAX(core->now_us, event->now_us);
        core->wall_us = event->wall_us;
        core->effects = effects;
        silence_listen(core, event);
        events_dispatch(core, event);
        if (core->phase != PHASE_FINISHED && core->phase != PHASE_BEGIN) {
                events_on_timers(core);
                if (core->phase != PHASE_FINISHED)
                        proceed(core);
                silence_note_asking(core);
        }
        core->effects = NULL;
        return next_deadline(core);
}

bool core_is_finished(const Core *core)
{
        return core->phase == PHASE_FINISHED;
}

char **core_containers(const Core *core)
{
        g_autoptr(GPtrArray) ids = g_ptr_array_new();

        for (guint i = 0; i < core->known->len; i++) {
                const Known *known = &g_array_index(core->known, Known, i);

                if (known->seen.presence != PRESENCE_GONE)
                        g_ptr_array_add(ids, g_strdup(known->id));
        }
        g_ptr_array_add(ids, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&ids), false);
}
