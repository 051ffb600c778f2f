/* Swap: replaced services, undone or confirmed, and what is left over */

#include <string.h>

#include "core/machine.h"

bool swap_is_settling(const Core *core, const Work *work)
{
        if (!work->is_swapped || core->app->ready.command != READY_NONE)
                return false;
        for (unsigned i = 0; i < work->model->n_publications; i++) {
                EventType type = work->pubs[i].model->type;

                if (type != EVENT_CONTAINER_START && type != EVENT_CONTAINER_STOP)
                        return false;
        }
        return true;
}

void swap_remove(Core *core, int i)
{
        for (guint j = 0; j < core->cleaning->len; j++) {
                if (g_array_index(core->cleaning, int, j) == i)
                        return;
        }
        g_array_append_val(core->cleaning, i);
        core_emit_for(core, EFFECT_REMOVE, NULL, i);
}

static void forget_swap(Core *core, Work *work)
{
        core_emit(core, EFFECT_RECORD_SWAP, work);
        work->is_swapped = work->has_swap_record = work->has_update_record = false;
}

/* ---- Undoing: the new one goes, the old one serves again ---- */

/* Whether its own workload has another container now: then that one serves, and if it fails, it is
 * given back when its own swap is undone */
static bool is_succeeded(Core *core, int i)
{
        int workload = core_known(core, i)->workload;
        const Work *owner = workload < 0 ? NULL : &core->works[workload];

        return owner != NULL && owner->is_swapped && owner->current == i;
}

static void add_what_served(Core *core, Work *work)
{
        if ((work->is_swapped || work->is_rolled) && work->current >= 0 &&
            core_known(core, work->current)->seen.presence != PRESENCE_GONE)
                g_array_append_val(work->stopping, work->current);
        for (guint i = 0; i < work->displaced->len; i++) {
                int other = g_array_index(work->displaced, int, i);

                if (!is_succeeded(core, other))
                        g_array_append_val(work->stopping, other);
        }
}

/* The new container of an earlier command's swap that was not touched yet */
static bool is_served_otherwise(Core *core, const Work *work)
{
        for (guint i = 0; i < core->known->len; i++) {
                const Known *known = core_known(core, i);

                if (known->workload == (int) work->index && (int) i != work->next &&
                    (int) i != work->current && known->run_key[0] == '\0' &&
                    known->seen.presence == PRESENCE_RUNNING)
                        return true;
        }
        return false;
}

static void restore(Core *core, Work *work)
{
        if (work->is_swapped && is_served_otherwise(core, work))
                work->is_swapped = false; /* that swap is still under way, as its record says */
        if (!work->is_restored_again) {
                g_array_set_size(work->stopping, 0);
                add_what_served(core, work);
        }
        for (guint i = 0; i < work->stopping->len; i++) {
                core_emit_for(core, EFFECT_RESTORE, work, g_array_index(work->stopping, int, i));
                g_array_index(core->effects, CoreEffect, core->effects->len - 1).is_rollback =
                        work->is_rolled;
        }
        if (work->stopping->len == 0) {
                if (work->is_swapped)
                        forget_swap(core, work);
                work->stage = STAGE_OVER;
        }
}

void swap_undo(Core *core, Work *work)
{
        if (work->stage != STAGE_UNDOING)
                core_fact(core, work, "rolling-back", "%s",
                          work->current < 0 ? "" : core_known(core, work->current)->name);
        work->stage = STAGE_UNDOING;
        work->verdict = VERDICT_FAILED;
        publish_cancel(core, work);
        if (work->next >= 0 && work->next != work->current &&
            core_known(core, work->next)->seen.presence != PRESENCE_GONE) {
                core_emit_for(core, EFFECT_REMOVE, work, work->next);
                return;
        }
        restore(core, work);
}

void swap_on_removed(Core *core, Work *work, const CoreEvent *event)
{
        if (work->stage != STAGE_UNDOING || work->next < 0 ||
            strcmp(core_known(core, work->next)->id, event->container) != 0)
                return;
        if (event->error == CORE_ERROR_LOST) {
                work_lost(core, work);
                return;
        }
        /* Where it cannot be removed, starting the old one will tell whether it is in the way. */
        if (event->error != CORE_ERROR_REFUSED)
                core_known(core, work->next)->seen.presence = PRESENCE_GONE;
        restore(core, work);
}

void swap_on_started(Core *core, Work *work, const CoreEvent *event)
{
        int i = core_find(core, event->container);
        bool is_awaited = false;

        for (guint j = 0; j < work->stopping->len; j++)
                is_awaited |= g_array_index(work->stopping, int, j) == i;
        if (!is_awaited)
                return; /* a late answer, about the new one perhaps */
        if (event->error == CORE_ERROR_LOST) {
                work_lost(core, work);
                return;
        }
        for (guint j = 0; j < work->stopping->len; j++) {
                if (g_array_index(work->stopping, int, j) != i)
                        continue;
                g_array_remove_index(work->stopping, j);
                if (event->error == CORE_ERROR_NONE) {
                        core_known(core, i)->seen.presence = PRESENCE_RUNNING;
                        core_fact(core, work, "restored", "%s", core_known(core, i)->name);
                } else {
                        core_fact(core, work, "not-restored", "%s: %s", core_known(core, i)->name,
                                  event->message == NULL ? "it is gone" : event->message);
                        if (event->error == CORE_ERROR_REFUSED && !work->is_restored_again &&
                            !work->is_rolled)
                                g_array_append_val(work->refused, i);
                }
                break;
        }
        if (work->stopping->len > 0)
                return;
        if (work->is_swapped || work->has_update_record)
                forget_swap(core, work);
        work->is_rolled = false;
        work->stage = STAGE_OVER;
}

bool swap_restore_again(Core *core)
{
        bool any = false;

        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                if (work->refused->len == 0)
                        continue;
                work->is_restored_again = true;
                g_array_set_size(work->stopping, 0);
                for (guint k = 0; k < work->refused->len; k++) {
                        int known = g_array_index(work->refused, int, k);

                        if (core_known(core, known)->seen.presence == PRESENCE_RUNNING)
                                continue;
                        g_array_append_val(work->stopping, known);
                        core_emit_for(core, EFFECT_RESTORE, work, known);
                }
                g_array_set_size(work->refused, 0);
                if (work->stopping->len > 0) {
                        work->stage = STAGE_UNDOING;
                        any = true;
                }
        }
        return any;
}

/* ---- Cleaning: it is started, what is left over goes ---- */

/* The newest run's container is kept as evidence, -1 where there is none */
static int newest_run(Core *core, const Work *work)
{
        int newest = work->next;

        for (guint i = 0; newest < 0 && i < core->known->len; i++) {
                if (strcmp(core_known(core, i)->id, work->prepared.last_try_container) == 0)
                        newest = i;
        }
        return newest;
}

/* The container that counts for the workload now; every other one of a service is left over */
static bool is_wanted(Core *core, const Known *known, int i)
{
        const Work *work;

        if (known->workload < 0)
                return false;
        work = &core->works[known->workload];
        if (work->verdict == VERDICT_OFF)
                return false;
        if (work->model->kind == WORKLOAD_EPHEMERAL)
                return i == newest_run(core, work);
        return i == work->next;
}

static void rename_step(Core *core)
{
        core->is_renaming = true;
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];
                Known *known;
                int next = work->next;

                if (work->is_swapped || work->has_swap_record || work->has_update_record)
                        forget_swap(core, work);
                if (next < 0 || work->model->kind == WORKLOAD_EPHEMERAL ||
                    work->prepared.is_orchestrated)
                        continue;
                known = core_known(core, next);
                if (known->seen.presence == PRESENCE_GONE || known->name[0] == '\0' ||
                    strcmp(known->name, work->prepared.final_name) == 0)
                        continue;
                g_array_append_val(core->cleaning, next);
                core_emit_for(core, EFFECT_RENAME, work, next)->name = g_strdup(
                        work->prepared.final_name);
        }
}

void swap_clean_step(Core *core)
{
        if (core->phase == PHASE_CLEANING && core->cleaning->len == 0 && !core->is_renaming)
                rename_step(core);
}

void swap_begin_cleaning(Core *core)
{
        core->phase = PHASE_CLEANING;
        for (guint i = 0; i < core->known->len; i++) {
                Known *known = core_known(core, i);

                if (known->seen.presence == PRESENCE_GONE || is_wanted(core, known, i))
                        continue;
                if (known->is_withdrawn)
                        continue; /* seen once more, by an answer that was under way */
                if (core->is_orchestrated && known->run_key[0] != '\0' &&
                    known->seen.presence == PRESENCE_CREATED) {
                        g_array_append_val(core->cleaning, i); /* or it would run at some time */
                        run_withdraw(core, i);
                        continue;
                }
                if (known->run_key[0] != '\0' && core_is_under_way(core, known)) {
                        core_fact(core, NULL, "left-over", "%s still runs", known->name);
                        continue; /* a run is never killed; a later command removes it */
                }
                core_fact(core, NULL, "removed", "%s of %s", known->name, known->workload_id);
                if (known->seen.presence == PRESENCE_RUNNING) {
                        g_array_append_val(core->cleaning, i);
                        core_emit_for(core, EFFECT_STOP, NULL, i);
                } else {
                        swap_remove(core, i);
                }
        }
        swap_clean_step(core);
}

void swap_finish_confirmed(Core *core)
{
        for (size_t i = 0; i < core->n_works; i++) {
                Work *work = &core->works[i];

                if (!(work->is_swapped || work->has_update_record) || work->stage != STAGE_UP ||
                    work->verdict == VERDICT_FAILED || publish_is_waiting(core, work) ||
                    work->timer_us != CORE_NO_DEADLINE)
                        continue;
                if (work->current >= 0 && work->current != work->next &&
                    core_known(core, work->current)->seen.presence != PRESENCE_GONE)
                        swap_remove(core, work->current);
                g_array_set_size(work->displaced, 0); /* there is no way back any more */
                work->is_rolled = false;
                forget_swap(core, work);
        }
}
