/* Plan: what a deployment does with a workload, and why */

#include "core/core.h"

#include <string.h>

#include "base/timefmt.h"

const char *plan_action_to_string(PlanAction action)
{
        switch (action) {
        case PLAN_START:
        case PLAN_RESTART:
                return "start";
        case PLAN_KEEP:
                return "keep";
        case PLAN_REPLACE:
                return "replace";
        case PLAN_UPDATE:
                return "update";
        case PLAN_RUN:
                return "run";
        case PLAN_SKIP:
                return "skip";
        case PLAN_REMOVE:
                return "remove";
        case PLAN_OFF:
                return "off";
        }
        g_assert_not_reached();
}

static PlanDecision decision(PlanAction action, char *reason)
{
        return (PlanDecision){ .action = action, .reason = reason };
}

static PlanDecision decide_run(const Prepared *prepared, bool force, int64_t now_wall_us)
{
        if (prepared->succeeded && !force) {
                g_autofree char *ago = ago_to_text(now_wall_us - prepared->succeeded_wall_us);

                return decision(PLAN_SKIP, g_strdup_printf("already done, %s", ago));
        }
        if (prepared->succeeded)
                return decision(PLAN_RUN, g_strdup("asked for by --rerun"));
        if (prepared->stale_reason != NULL && prepared->stale_reason[0] != '\0')
                return decision(PLAN_RUN, g_strdup(prepared->stale_reason));
        if (prepared->last_try == TRY_ENDED)
                return decision(PLAN_RUN, g_strdup("did not succeed yet"));
        if (prepared->last_try == TRY_STARTED)
                return decision(PLAN_RUN, g_strdup("its last run was not seen to end"));
        return decision(PLAN_RUN, g_strdup("not done yet"));
}

/* A service of an orchestrator: it is there for ever, and changes under its id. */
static PlanDecision decide_orchestrated(const Prepared *prepared, const CoreContainer *current,
                                        bool force)
{
        if (prepared->changed_in_place)
                return decision(PLAN_UPDATE, g_strdup_printf("changed: %s", prepared->changed));
        if (prepared->is_update_open && !force)
                return decision(PLAN_UPDATE, g_strdup("its last update was not seen to succeed"));
        if (current->seen.presence == PRESENCE_EXITED)
                return decision(PLAN_RESTART, g_strdup("it does not run"));
        if (force)
                return decision(PLAN_UPDATE, g_strdup("asked for by --rerun"));
        return decision(PLAN_KEEP, g_strdup("unchanged"));
}

PlanDecision plan_decide(const Workload *workload, const Prepared *prepared,
                         const CoreContainer *current, bool force, int64_t now_wall_us)
{
        if (prepared->is_off)
                return decision(PLAN_OFF, g_strdup("`when` is false"));
        if (workload->kind == WORKLOAD_EPHEMERAL)
                return decide_run(prepared, force, now_wall_us);
        if (current == NULL)
                return decision(PLAN_START, g_strdup("not there yet"));
        if (prepared->is_orchestrated)
                return decide_orchestrated(prepared, current, force);
        if (force)
                return decision(PLAN_REPLACE, g_strdup("asked for by --rerun"));
        if (prepared->same == NULL || !g_strv_contains(prepared->same, current->id))
                return decision(
                        PLAN_REPLACE,
                        g_strdup_printf("changed: %s",
                                        prepared->changed == NULL || prepared->changed[0] == '\0'
                                                ? "image"
                                                : prepared->changed));
        if (current->seen.presence == PRESENCE_EXITED)
                return decision(PLAN_RESTART,
                                g_strdup_printf("exited with %d", current->seen.exit_code));
        if (prepared->changed_in_place)
                return decision(PLAN_KEEP,
                                g_strdup_printf("changed in place: %s", prepared->changed));
        return decision(PLAN_KEEP, g_strdup("unchanged"));
}

static const CoreContainer *find(const CoreContainer *containers, size_t n, const char *id)
{
        for (size_t i = 0; id != NULL && i < n; i++) {
                if (strcmp(containers[i].id, id) == 0)
                        return &containers[i];
        }
        return NULL;
}

const CoreContainer *core_current(const CoreContainer *containers, size_t n_containers,
                                  const CoreSwap *swaps, size_t n_swaps, const char *workload_id)
{
        const CoreContainer *best = NULL;

        for (size_t i = 0; i < n_swaps; i++) {
                const CoreContainer *old;

                if (strcmp(swaps[i].workload_id, workload_id) != 0)
                        continue;
                old = find(containers, n_containers, swaps[i].old_id);
                if (old != NULL)
                        return old;
        }
        for (size_t i = 0; i < n_containers; i++) {
                const CoreContainer *c = &containers[i];
                bool runs = c->seen.presence == PRESENCE_RUNNING;

                if (strcmp(c->workload_id, workload_id) != 0 || c->run_key[0] != '\0' ||
                    (!runs && c->seen.presence != PRESENCE_EXITED))
                        continue;
                if (best == NULL || (runs && best->seen.presence != PRESENCE_RUNNING) ||
                    (runs == (best->seen.presence == PRESENCE_RUNNING) &&
                     c->seen.started_wall_ns > best->seen.started_wall_ns))
                        best = c;
        }
        return best;
}
