#include "trace.h"

#include <stdio.h>

static const char *workload_id(const Sim *sim, int workload)
{
        return workload < 0 ? "" : sim->workloads[sim->session.of_app[workload]].id;
}

static void trace_workload(Sim *sim, unsigned index)
{
        const SimWorkload *w = &sim->workloads[index];
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_append_printf(text, "%s %s v%u.%u%s%s", w->id,
                               w->kind == WORKLOAD_SERVICE ? "service" : "run-once", w->version,
                               w->light_version, w->is_off ? " off" : "",
                               w->restart.is_set ? " restart=" : "");
        if (w->restart.is_set)
                g_string_append_printf(text, "%s:%d", restart_policy_to_string(w->restart.policy),
                                       (int) w->restart.max);
        if (w->port[0] != '\0')
                g_string_append_printf(text, " %s", w->port);
        for (unsigned p = 0; p < w->n_publications; p++)
                g_string_append_printf(text, " publishes %s<%ds",
                                       event_type_to_string(w->publications[p].type),
                                       (int) w->publications[p].timeout_s);
        if (w->n_parents > 0)
                g_string_append(text, w->rule == START_ANY ? " after any of" : " after all of");
        for (unsigned k = 0; k < w->n_parents; k++)
                g_string_append_printf(text, " %s.%u%s", sim->workloads[w->parents[k].workload].id,
                                       w->parents[k].publication,
                                       w->parents[k].is_optional ? "?" : "");
        if (w->on_unknown != ON_UNKNOWN_DEFAULT)
                g_string_append(text, w->on_unknown == ON_UNKNOWN_HOLD ? " hold" : " rerun");
        if (w->always_fails)
                g_string_append(text, " (never works)");
        sim_trace(sim, "  %s", text->str);
}

void trace_begin(Sim *sim)
{
        if (!sim->trace)
                return;
        sim_trace(sim, "---- command %u%s%s%s%s", sim->session.number,
                  sim->is_orchestrated ? " on a Swarm" : "",
                  sim->session.is_calm ? ", nothing disturbs it" : "",
                  sim->session.must_change_nothing ? ", nothing to do" : "",
                  sim->session.rerun >= 0 ? ", --rerun" : "");
        for (unsigned k = 0; k < sim->session.n_of_app; k++)
                trace_workload(sim, sim->session.of_app[k]);
        for (unsigned i = 0; i < sim->n_workloads; i++) {
                if (sim->swaps[i].is_set)
                        sim_trace(sim, "  swap of %s under way: k%03d -> k%03d",
                                  sim->workloads[i].id, sim->swaps[i].old_container,
                                  sim->swaps[i].new_container);
        }
}

static void append_observation(GString *text, const Observation *seen)
{
        static const char *const presences[] = { "gone", "created", "running", "exited" };

        g_string_append_printf(text, " %s", presences[seen->presence]);
        if (seen->presence == PRESENCE_EXITED)
                g_string_append_printf(text, " %d", seen->exit_code);
        if (seen->will_restart)
                g_string_append(text, " will-restart");
}

static void append_prepared(GString *text, const Prepared *prepared)
{
        static const char *const tries[] = { "none", "intended", "started", "ended" };

        if (prepared->error != NULL)
                g_string_append_printf(text, " error '%s'", prepared->error);
        if (prepared->deferred)
                g_string_append(text, " deferred");
        if (prepared->is_off)
                g_string_append(text, " off");
        if (prepared->image_missing)
                g_string_append(text, " image-missing");
        for (size_t i = 0; prepared->same != NULL && prepared->same[i] != NULL; i++)
                g_string_append_printf(text, " same=%s", prepared->same[i]);
        if (prepared->run_key != NULL)
                g_string_append_printf(text, " key=%s%s%s last=%s.%d %s unknown=%u",
                                       prepared->run_key, prepared->succeeded ? " done" : "",
                                       prepared->stale_reason[0] != '\0' ? " stale" : "",
                                       tries[prepared->last_try], (int) prepared->last_try_number,
                                       prepared->last_try_container, prepared->n_failed_before);
}

void trace_event(Sim *sim, const CoreEvent *event)
{
        static const char *const errors[] = { "", " LOST", " GONE", " REFUSED" };
        g_autoptr(GString) text = NULL;

        if (!sim->trace)
                return;
        text = g_string_new(core_event_to_string(event->type));
        if (event->workload >= 0)
                g_string_append_printf(text, " %s", workload_id(sim, event->workload));
        if (event->publication >= 0)
                g_string_append_printf(text, ".%d", event->publication);
        if (event->container != NULL)
                g_string_append_printf(text, " %s", event->container);
        if (event->type == CORE_EXITED || event->type == CORE_EXECUTED)
                g_string_append_printf(text, " %d", event->exit_code);
        if (event->type == CORE_OBSERVED && event->error == CORE_ERROR_NONE)
                append_observation(text, &event->observation);
        g_string_append(text, errors[event->error]);
        if (event->message != NULL)
                g_string_append_printf(text, " '%s'", event->message);
        if (event->prepared != NULL)
                append_prepared(text, event->prepared);
        sim_trace(sim, "%s", text->str);
}

void trace_effect(Sim *sim, const CoreEffect *effect)
{
        g_autoptr(GString) text = NULL;

        if (!sim->trace)
                return;
        text = g_string_new(core_effect_to_string(effect->type));
        if (effect->workload >= 0)
                g_string_append_printf(text, " %s", workload_id(sim, effect->workload));
        if (effect->type == EFFECT_PROBE_PORT || effect->type == EFFECT_EXEC ||
            effect->type == EFFECT_CANCEL_PROBE)
                g_string_append_printf(text, ".%d", effect->publication);
        if (effect->container != NULL)
                g_string_append_printf(text, " %s", effect->container);
        if (effect->other != NULL)
                g_string_append_printf(text, " other=%s", effect->other);
        if (effect->name != NULL)
                g_string_append_printf(text, " %s", effect->name);
        if (effect->try_number != 0)
                g_string_append_printf(text, " try=%d", (int) effect->try_number);
        if (effect->is_swap)
                g_string_append(text, " swap");
        if (effect->is_forced)
                g_string_append(text, " forced");
        if (effect->is_rollback)
                g_string_append(text, " rollback");
        if (effect->is_early)
                g_string_append(text, " early");
        if (effect->type == EFFECT_RECORD_END || effect->type == EFFECT_FINISH)
                g_string_append_printf(text, " outcome=%d code=%d evidence=%s", effect->outcome,
                                       effect->exit_code,
                                       effect->evidence != NULL ? effect->evidence : "");
        if (effect->text != NULL)
                g_string_append_printf(text, " '%s'", effect->text);
        sim_trace(sim, "        -> %s", text->str);
}
