/* Creating: a workload's container, under which name, or one that is there already */

#include <string.h>

#include "base/text.h"
#include "core/machine.h"

#define RECREATE_MAX 3 /* of a container that somebody removes under our hands */

static bool is_name_taken(Core *core, const char *name, const Work *work)
{
        for (guint i = 0; i < core->known->len; i++) {
                const Known *known = core_known(core, i);

                if (known->seen.presence != PRESENCE_GONE && strcmp(known->name, name) == 0)
                        return true;
        }
        return work->is_decided && work->decision.action == PLAN_REPLACE;
}

/* The workload's id as part of a container's name */
static char *run_name(const Core *core, const Work *work)
{
        g_autofree char *slug = NULL;

        if (work->prepared.run_name[0] != '\0')
                return g_strdup_printf("%s-%" G_GINT64_FORMAT, work->prepared.run_name,
                                       work->try_number);
        slug = text_slug(work->model->id);
        return g_strdup_printf("%s-%s-%.8s-%" G_GINT64_FORMAT, core->app_slug, slug,
                               work->prepared.run_key, work->try_number);
}

/* A container that an interrupted command has made for this very spec and never started, or the
 * new one of its swap */
static int find_adoptable(Core *core, const Work *work)
{
        for (guint i = 0; i < core->known->len && core->may_adopt; i++) {
                const Known *known = core_known(core, i);

                if (known->workload == (int) work->index && (int) i != work->current &&
                    known->seen.presence != PRESENCE_GONE && known->run_key[0] == '\0' &&
                    g_strv_contains(work->prepared.same, known->id) &&
                    !core_is_forced(core, work) &&
                    (known->seen.presence == PRESENCE_CREATED || work->is_swapped))
                        return i;
        }
        return -1;
}

void place_create(Core *core, Work *work)
{
        CoreEffect *effect;
        g_autofree char *name = NULL;
        int i = work_is_run(work) ? -1 : find_adoptable(core, work);

        if (i >= 0) {
                work->next = i;
                work->stage = STAGE_CREATED;
                core_fact(core, work, "adopted", "%s", core_known(core, i)->name);
                return;
        }
        if (work_is_run(work)) {
                name = run_name(core, work);
                if (!work->is_intended) {
                        effect = core_emit(core, EFFECT_RECORD_INTENT, work);
                        effect->run_key = g_strdup(work->prepared.run_key);
                        effect->try_number = work->try_number;
                        effect->name = g_strdup(name);
                        work->is_intended = true;
                }
                if (work->prepared.is_orchestrated)
                        run_record_start(core, work, -1);
        } else if (!work->prepared.is_orchestrated &&
                   is_name_taken(core, work->prepared.final_name, work)) {
                name = g_strdup_printf("%s-d%" G_GINT64_FORMAT, work->prepared.final_name,
                                       core->deployment);
        } else {
                name = g_strdup(work->prepared.final_name);
        }
        work->stage = STAGE_CREATING;
        work->name_wanted = arena_strdup(core->arena, name);
        effect = core_emit(core, EFFECT_CREATE, work);
        effect->name = g_steal_pointer(&name);
        effect->run_key = g_strdup(work_is_run(work) ? work->prepared.run_key : "");
        effect->try_number = work_is_run(work) ? work->try_number : 0;
}

void place_on_created(Core *core, Work *work, const CoreEvent *event)
{
        int i;

        if (event->container != NULL && event->error == CORE_ERROR_NONE) {
                i = core_find(core, event->container);
                if (i < 0) {
                        Known known = {
                                .id = arena_strdup(core->arena, event->container),
                                .name = work->name_wanted == NULL ? "" : work->name_wanted,
                                .workload_id = work->model->id,
                                .run_key = work_is_run(work) ? work->prepared.run_key : "",
                                .try_number = work_is_run(work) ? work->try_number : 0,
                                .seen = { .presence = PRESENCE_CREATED },
                                .claims = work->prepared.claims,
                                .workload = work->index,
                                .is_new = true,
                        };

                        g_array_append_val(core->known, known);
                        i = core->known->len - 1;
                }
                if (work->stage != STAGE_CREATING)
                        return;
                work->next = i;
                work->n_lost = 0;
                work->stage = STAGE_CREATED;
                if (work->prepared.is_orchestrated && !work_is_run(work))
                        work_seen(core, work)->presence = PRESENCE_RUNNING;
                core_fact(core, work, "created", "%s", core_known(core, i)->name);
                return;
        }
        if (work->stage != STAGE_CREATING)
                return;
        if (event->error == CORE_ERROR_LOST) {
                work_lost(core, work);
                return;
        }
        if (work_is_run(work))
                run_record_end(core, work,
                               &(RunEnd){ work->next, -1, CORE_FAILED, "refused", event->message });
        place_fail(core, work, "%s",
                   event->message == NULL ? "it cannot be created" : event->message);
}

void place_recreate(Core *core, Work *work)
{
        core_known(core, work->next)->seen.presence = PRESENCE_GONE;
        if (work->next == work->current)
                work->current = -1;
        work->next = -1;
        publish_cancel(core, work);
        if (++work->n_recreated > RECREATE_MAX || core->phase != PHASE_RUNNING) {
                place_fail(core, work, "its container was removed");
                return;
        }
        core_fact(core, work, "gone", "its container was removed; it is made again");
        work->is_kept = false;
        work->is_decided = false;
        work->stage = STAGE_PREPARED;
}
