#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "story-run.h"

const char *sim_fault_to_string(SimFault fault)
{
        static const char *const names[] = {
#define X(name, text) text,
                SIM_FAULTS(X)
#undef X
        };

        return names[fault];
}

void sim_count(Sim *sim, SimFault fault)
{
        sim->fault_counts[fault]++;
        if (fault != FAULT_RUN_FAILS && fault != FAULT_SERVICE_DIES && fault != FAULT_NEVER_LISTENS)
                sim->session.is_exact = false;
        /* What a program does, a slow answer or the operator, is no excuse */
        if (fault != FAULT_RUN_FAILS && fault != FAULT_SERVICE_DIES &&
            fault != FAULT_NEVER_LISTENS && fault != FAULT_DUPLICATED && fault != FAULT_STALE &&
            fault != FAULT_DELAYED && fault != FAULT_INTERRUPT && fault != FAULT_TIMEOUT)
                sim->session.is_quiet = false;
}

void sim_trace(Sim *sim, const char *format, ...)
{
        va_list args;

        if (!sim->trace)
                return;
        printf("[%10.4fs] ", (double) sim->now_us / 1e6);
        va_start(args, format);
        vprintf(format, args);
        va_end(args);
        putchar('\n');
}

void sim_fail(Sim *sim, const char *invariant, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        if (sim->is_failed)
                return;
        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        sim->is_failed = true;
        g_snprintf(sim->failure, sizeof sim->failure, "%s: %s", invariant, text);
        sim_trace(sim, "BROKEN %s", sim->failure);
}

bool sim_draw(Sim *sim, SimFault fault)
{
        if (sim->is_calm || sim->rates[fault] == 0 ||
            !random_chance(&sim->random, sim->rates[fault]))
                return false;
        sim_count(sim, fault);
        return true;
}

/* ---- What is to come, by time ---- */

static bool is_before(const SimItem *a, const SimItem *b)
{
        return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void sim_push(Sim *sim, SimItem item)
{
        size_t i = sim->n_heap++;

        if (sim->n_heap > sim->heap_size) {
                sim->heap_size = MAX(64, 2 * sim->heap_size);
                sim->heap = g_renew(SimItem, sim->heap, sim->heap_size);
        }
        item.order = sim->next_order++;
        while (i > 0 && is_before(&item, &sim->heap[(i - 1) / 2])) {
                sim->heap[i] = sim->heap[(i - 1) / 2];
                i = (i - 1) / 2;
        }
        sim->heap[i] = item;
}

bool sim_pop(Sim *sim, SimItem *ret_item)
{
        SimItem last;
        size_t i = 0;

        if (sim->n_heap == 0)
                return false;
        *ret_item = sim->heap[0];
        last = sim->heap[--sim->n_heap];
        for (;;) {
                size_t child = 2 * i + 1;

                if (child >= sim->n_heap)
                        break;
                if (child + 1 < sim->n_heap && is_before(&sim->heap[child + 1], &sim->heap[child]))
                        child++;
                if (!is_before(&sim->heap[child], &last))
                        break;
                sim->heap[i] = sim->heap[child];
                i = child;
        }
        sim->heap[i] = last;
        return true;
}

int sim_message_new(Sim *sim)
{
        size_t i;

        for (i = 0; i < sim->n_messages; i++) {
                if (!sim->messages[i].is_used)
                        break;
        }
        if (i == sim->n_messages) {
                if (sim->n_messages == sim->messages_size) {
                        sim->messages_size = MAX(32, 2 * sim->messages_size);
                        sim->messages = g_renew(SimMessage, sim->messages, sim->messages_size);
                }
                sim->n_messages++;
        }
        memset(&sim->messages[i], 0, sizeof sim->messages[i]);
        sim->messages[i].is_used = true;
        sim->messages[i].container = -1;
        return (int) i;
}

/* ---- One thing after the other ---- */

static void dispatch(Sim *sim, const SimItem *item)
{
        /* A copy: what is carried out may make room for more messages elsewhere */
        SimMessage message = { 0 };

        if (item->payload >= 0) {
                message = sim->messages[item->payload];
                sim->messages[item->payload].is_used = false;
        }
        switch (item->type) {
        case ITEM_REQUEST:
                shell_request_arrives(sim, item, &message);
                break;
        case ITEM_ANSWER:
                shell_answer_arrives(sim, item, &message);
                break;
        case ITEM_EXIT:
                if (sim->containers[item->container].n_starts == item->generation)
                        world_exit(sim, item->container, sim->containers[item->container].ends_code,
                                   true);
                break;
        case ITEM_STOPPED:
                if (sim->containers[item->container].n_starts == item->generation)
                        world_exit(sim, item->container, 137, false);
                break;
        case ITEM_COMES_BACK:
                if (sim->containers[item->container].n_starts == item->generation)
                        world_comes_back(sim, item->container);
                break;
        case ITEM_LISTENS:
                if (sim->containers[item->container].n_starts == item->generation)
                        shell_on_listens(sim, item->container);
                break;
        case ITEM_BEGINS:
                world_begins(sim, item->container);
                break;
        case ITEM_NODE_BACK:
                world_node_back(sim, item->container);
                break;
        case ITEM_TIMER:
                if (sim->session.number == item->session &&
                    sim->session.timer_generation == item->generation)
                        shell_timer(sim);
                break;
        case ITEM_ENGINE_UP:
                world_engine_up(sim);
                break;
        case ITEM_ENGINE_ANSWERS:
                if (item->generation == sim->n_hangs)
                        world_engine_answers(sim);
                break;
        case ITEM_FAULT:
                if (item->fault == FAULT_TIMEOUT || item->fault == FAULT_CRASH ||
                    item->fault == FAULT_INTERRUPT || item->fault == FAULT_STREAM_CUT) {
                        if (item->session == sim->session.number)
                                shell_fault(sim, item->fault);
                } else if (!sim->is_calm)
                        world_fault(sim, item->fault);
                break;
        }
}

/* Lets the world go on until @until_us, or until the command has ended or crashed */
static void run_until(Sim *sim, int64_t until_us, bool to_the_end_of_command)
{
        SimItem item;

        while (!sim->is_failed) {
                if (sim->is_exhausted)
                        return;
                if (to_the_end_of_command && (sim->session.number == 0 || sim->session.is_finished))
                        return;
                if (sim->n_heap == 0 || sim->heap[0].at_us > until_us)
                        break;
                sim_pop(sim, &item);
                sim->now_us = MAX(sim->now_us, item.at_us);
                dispatch(sim, &item);
        }
        if (!sim->is_failed && to_the_end_of_command)
                sim_fail(sim, "I4", "the command hangs: %s",
                         sim->n_heap == 0 ? "nothing is to come" : "no end within the bound");
        sim->now_us = MAX(sim->now_us, until_us);
}

void sim_idle(Sim *sim, int64_t us)
{
        if (!sim->is_failed)
                run_until(sim, sim->now_us + us, false);
}

void sim_command(Sim *sim, int rerun, bool is_calm, bool must_change_nothing)
{
        if (sim->is_failed || sim->is_exhausted)
                return;
        shell_begin(sim, rerun, is_calm, must_change_nothing);
        run_until(sim, sim->now_us + SIM_SESSION_MAX_US, true);
        if (sim->session.number == 0)
                return; /* it crashed */
        if (!sim->is_failed && !sim->is_exhausted) {
                check_finish(sim);
                /* Late answers to a command that has ended must not move it */
                sim_idle(sim, 2 * G_TIME_SPAN_SECOND);
        }
        shell_kill(sim);
}
