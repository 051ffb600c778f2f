#include "engine/sim/sim.h"

#include <string.h>

#include "engine/sim/internal.h"

/* ---- The clock ---- */

int64_t sim_now_us(const SimEngine *engine)
{
        return engine->script->is_virtual ? engine->now_us
                                          : g_get_monotonic_time() - engine->began_us;
}

int64_t sim_now_wall_ns(const SimEngine *engine)
{
        return engine->wall_ns + sim_now_us(engine) * 1000;
}

/* On the virtual clock the next thing is always due: the main context runs it when nothing else is
 * to be done. */
static void arm(SimEngine *engine)
{
        int64_t ready = -1;

        if (engine->items->len > 0)
                ready = engine->script->is_virtual
                                ? 0
                                : engine->began_us + g_array_index(engine->items, SimItem, 0).at_us;
        g_source_set_ready_time(engine->source, ready);
}

void sim_later(SimEngine *engine, int64_t delay_us, SimDeed deed, gpointer data,
               GDestroyNotify free, EngineCall *call)
{
        SimItem item = { .at_us = sim_now_us(engine) + delay_us,
                         .order = engine->next_order++,
                         .deed = deed,
                         .data = data,
                         .free = free,
                         .call = call };
        guint i = engine->items->len;

        while (i > 0 && g_array_index(engine->items, SimItem, i - 1).at_us > item.at_us)
                i--;
        g_array_insert_val(engine->items, i, item);
        arm(engine);
}

static void item_done(SimItem *item)
{
        if (item->free != NULL)
                item->free(item->data);
}

static gboolean on_due(GSource *source, GSourceFunc callback, gpointer user)
{
        SimEngine *engine = *(SimEngine **) (source + 1);
        SimItem item;

        if (engine->items->len == 0) {
                arm(engine);
                return G_SOURCE_CONTINUE;
        }
        item = g_array_index(engine->items, SimItem, 0);
        if (!engine->script->is_virtual && item.at_us > sim_now_us(engine)) {
                arm(engine);
                return G_SOURCE_CONTINUE;
        }
        g_array_remove_index(engine->items, 0);
        engine->now_us = MAX(engine->now_us, item.at_us);
        arm(engine);
        item.deed(engine, item.data);
        item_done(&item);
        return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = on_due };

/* ---- Answers ---- */

static void forget(SimEngine *engine, EngineCall *call)
{
        for (guint i = engine->items->len; i > 0; i--) {
                SimItem item = g_array_index(engine->items, SimItem, i - 1);

                if (item.call != call)
                        continue;
                g_array_remove_index(engine->items, i - 1);
                item_done(&item);
        }
        g_ptr_array_remove(engine->calls, call);
        arm(engine);
}

bool sim_is_alive(const SimEngine *engine, const EngineCall *call)
{
        return g_ptr_array_find(engine->calls, call, NULL);
}

void sim_reply(SimEngine *engine, EngineCall *call, EngineReply *reply)
{
        reply->op = call->op;
        call->reply(reply, call->user);
}

void sim_reply_final(SimEngine *engine, EngineCall *call, EngineReply *reply)
{
        EngineReplyFunc func = call->reply;
        gpointer user = call->user;

        reply->op = call->op;
        reply->is_final = true;
        forget(engine, call);
        func(reply, user);
}

void sim_reply_error(SimEngine *engine, EngineCall *call, EngineError code, const char *message)
{
        g_autoptr(GError) error = g_error_new_literal(ENGINE_ERROR, (gint) code, message);

        sim_reply_final(engine, call, &(EngineReply){ .error = error });
}

/* ---- Requests ---- */

typedef struct Pending {
        EngineCall *call;
        SimRequest *request;
        const SimFailure *failure;
} Pending;

static void pending_free(gpointer data)
{
        Pending *pending = data;

        sim_request_free(pending->request);
        g_free(pending);
}

static void no_reply(const EngineReply *reply, gpointer user)
{
}

/* The deed is done and its answer is another */
static void carry_out_unheard(SimEngine *engine, const Pending *pending)
{
        EngineCall *unheard = g_new0(EngineCall, 1);

        unheard->op = pending->call->op;
        unheard->reply = no_reply;
        g_ptr_array_add(engine->calls, unheard);
        sim_answer(engine, unheard, pending->request);
}

static void on_request(SimEngine *engine, gpointer data)
{
        Pending *pending = data;
        const SimFailure *failure = pending->failure;

        if (engine->is_down && pending->call->op == ENGINE_WATCH) {
                pending->call->is_lasting = true; /* it reconnects by itself */
        } else if (engine->is_down) {
                sim_reply_error(engine, pending->call, ENGINE_ERROR_UNREACHABLE,
                                "the engine does not answer");
        } else if (failure != NULL) {
                if (failure->is_carried_out)
                        carry_out_unheard(engine, pending);
                sim_reply_error(engine, pending->call, failure->error,
                                failure->message == NULL ? "it failed" : failure->message);
        } else {
                sim_answer(engine, pending->call, pending->request);
        }
}

static const SimFailure *find_failure(SimEngine *engine, const EngineRequest *request)
{
        const char *subject = sim_request_subject(request);
        const SimFailure *found = NULL;

        for (size_t i = 0; i < engine->script->n_failures; i++) {
                const SimFailure *failure = &engine->script->failures[i];

                if (failure->op != request->op ||
                    (failure->subject != NULL && strstr(subject, failure->subject) == NULL))
                        continue;
                engine->n_matched[i]++;
                if (found == NULL && (failure->nth == 0 || failure->nth == engine->n_matched[i]))
                        found = failure;
        }
        return found;
}

static bool is_change(EngineOp op)
{
        return op == ENGINE_CREATE || op == ENGINE_START || op == ENGINE_STOP ||
               op == ENGINE_KILL || op == ENGINE_REMOVE || op == ENGINE_RENAME ||
               op == ENGINE_UPDATE || op == ENGINE_IMAGE_PULL || op == ENGINE_VOLUME_CREATE ||
               op == ENGINE_VOLUME_REMOVE || op == ENGINE_NETWORK_CREATE ||
               op == ENGINE_NETWORK_REMOVE || op == ENGINE_EXEC;
}

static void keep_journal(SimEngine *engine, const EngineRequest *request)
{
        const char *subject = sim_request_subject(request);
        const SimBox *box = sim_box(engine, request->id);

        if (!is_change(request->op))
                return;
        g_string_append_printf(engine->journal, "%s %s", engine_op_to_string(request->op),
                               box != NULL ? box->shown->name : subject);
        if (request->op == ENGINE_RENAME)
                g_string_append_printf(engine->journal, " %s", request->name);
        for (size_t i = 0;
             request->op == ENGINE_EXEC && request->argv != NULL && request->argv[i] != NULL; i++)
                g_string_append_printf(engine->journal, " %s", request->argv[i]);
        g_string_append_c(engine->journal, '\n');
}

static EngineCall *sim_send(Engine *base, const EngineRequest *request, EngineReplyFunc reply,
                            gpointer user)
{
        SimEngine *engine = (SimEngine *) base;
        EngineCall *call = g_new0(EngineCall, 1);
        Pending *pending = g_new0(Pending, 1);

        call->op = request->op;
        call->reply = reply;
        call->user = user;
        call->follow = request->follow;
        call->labels = request->labels == NULL ? g_new0(char *, 1)
                                               : g_strdupv((char **) request->labels);
        g_ptr_array_add(engine->calls, call);
        engine->n_requests[request->op]++;
        keep_journal(engine, request);
        pending->call = call;
        pending->request = sim_request_copy(request);
        pending->failure = find_failure(engine, request);
        sim_later(engine, engine->script->latency_us, on_request, pending, pending_free, call);
        return call;
}

static void sim_cancel(Engine *base, EngineCall *call)
{
        forget((SimEngine *) base, call);
}

static void sim_free(Engine *base)
{
        SimEngine *engine = (SimEngine *) base;

        for (guint i = 0; i < engine->items->len; i++)
                item_done(&g_array_index(engine->items, SimItem, i));
        g_array_unref(engine->items);
        g_source_destroy(engine->source);
        g_source_unref(engine->source);
        g_main_context_unref(engine->context);
        g_ptr_array_unref(engine->calls);
        g_ptr_array_unref(engine->boxes);
        g_ptr_array_unref(engine->volumes);
        g_ptr_array_unref(engine->networks);
        g_hash_table_unref(engine->paths);
        g_hash_table_unref(engine->pulled);
        g_hash_table_unref(engine->used);
        g_string_free(engine->journal, true);
        g_free(engine->n_matched);
        g_free(engine);
}

static const EngineClass sim_class = {
        .name = "sim", .send = sim_send, .cancel = sim_cancel, .free = sim_free
};

static void call_free(gpointer data)
{
        EngineCall *call = data;

        g_strfreev(call->labels);
        g_free(call);
}

Engine *sim_engine_new(const SimScript *script)
{
        SimEngine *engine = g_new0(SimEngine, 1);

        engine->base.class = &sim_class;
        engine->script = script;
        engine->context = script->context != NULL ? g_main_context_ref(script->context)
                                                  : g_main_context_ref(g_main_context_default());
        engine->began_us = g_get_monotonic_time();
        engine->wall_ns = g_get_real_time() * 1000;
        engine->started_wall_ns = engine->wall_ns - 3600 * G_GINT64_CONSTANT(1000000000);
        engine->items = g_array_new(false, true, sizeof(SimItem));
        engine->calls = g_ptr_array_new_with_free_func(call_free);
        engine->boxes = g_ptr_array_new_with_free_func(sim_box_free);
        engine->volumes = g_ptr_array_new_with_free_func((GDestroyNotify) volume_info_free);
        engine->networks = g_ptr_array_new_with_free_func((GDestroyNotify) network_info_free);
        engine->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        engine->pulled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        engine->used = g_hash_table_new(g_direct_hash, g_direct_equal);
        engine->journal = g_string_new(NULL);
        engine->n_matched = g_new0(unsigned, script->n_failures + 1);
        engine->source = g_source_new(&source_funcs, sizeof(GSource) + sizeof(SimEngine *));
        *(SimEngine **) (engine->source + 1) = engine;
        g_source_set_priority(engine->source,
                              script->is_virtual ? G_PRIORITY_DEFAULT_IDLE : G_PRIORITY_DEFAULT);
        g_source_attach(engine->source, engine->context);
        return &engine->base;
}

/* ---- Looking ---- */

int64_t sim_engine_now_us(const Engine *engine)
{
        return sim_now_us((const SimEngine *) engine);
}

const Container *sim_engine_find(const Engine *engine, const char *id)
{
        SimBox *box = sim_box((const SimEngine *) engine, id);

        return box == NULL ? NULL : box->shown;
}

unsigned sim_engine_n_starts(const Engine *engine, const char *id)
{
        SimBox *box = sim_box((const SimEngine *) engine, id);

        return box == NULL ? 0 : box->n_starts;
}

size_t sim_engine_n_containers(const Engine *engine)
{
        const SimEngine *sim = (const SimEngine *) engine;
        size_t n = 0;

        for (guint i = 0; i < sim->boxes->len; i++)
                n += !((const SimBox *) sim->boxes->pdata[i])->is_gone;
        return n;
}

unsigned sim_engine_n_requests(const Engine *engine, EngineOp op)
{
        return ((const SimEngine *) engine)->n_requests[op];
}

char *sim_engine_journal(const Engine *engine)
{
        return g_strdup(((const SimEngine *) engine)->journal->str);
}

/* ---- What happens without being asked for ---- */

bool sim_engine_exit(Engine *engine, const char *id, int exit_code)
{
        SimBox *box = sim_box((SimEngine *) engine, id);

        if (box == NULL)
                return false;
        sim_box_end((SimEngine *) engine, box, exit_code, true);
        return true;
}

bool sim_engine_remove(Engine *engine, const char *id)
{
        SimBox *box = sim_box((SimEngine *) engine, id);

        if (box == NULL)
                return false;
        sim_box_gone((SimEngine *) engine, box);
        return true;
}

void sim_engine_add_foreign(Engine *engine, const char *name, const char *image)
{
        sim_box_start((SimEngine *) engine, sim_box_new((SimEngine *) engine, name, image));
}

void sim_engine_add_network(Engine *engine, const char *name)
{
        sim_network_new((SimEngine *) engine, name, NULL);
}

char *sim_engine_networks(const Engine *engine)
{
        const GPtrArray *networks = ((const SimEngine *) engine)->networks;
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (guint i = 0; i < networks->len; i++)
                g_ptr_array_add(names, ((NetworkInfo *) networks->pdata[i])->name);
        g_ptr_array_add(names, NULL);
        return g_strjoinv(" ", (char **) names->pdata);
}

static void on_lost(SimEngine *engine, gpointer data)
{
        g_autoptr(GError) error = g_error_new_literal(ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE,
                                                      "connection lost");
        EngineCall *call = data;

        if (call->op == ENGINE_WATCH) {
                call->is_open = false;
                sim_reply(engine, call, &(EngineReply){ .error = error });
        } else {
                sim_reply_final(engine, call, &(EngineReply){ .error = error });
        }
}

void sim_engine_kill(Engine *base, SimOutage outage)
{
        SimEngine *engine = (SimEngine *) base;

        if (engine->is_down)
                return;
        engine->is_down = true;
        engine->outage = outage;
        sim_boxes_lost(engine);
        /* What is on its way finds nobody; what was open is cut */
        for (guint i = 0; i < engine->calls->len; i++) {
                EngineCall *call = engine->calls->pdata[i];

                if (call->is_lasting)
                        sim_later(engine, 0, on_lost, call, NULL, call);
        }
}

static void on_reconnected(SimEngine *engine, gpointer data)
{
        EngineCall *call = data;

        call->is_open = true;
        sim_reply(engine, call, &(EngineReply){ .is_open = true });
}

void sim_engine_restart(Engine *base)
{
        SimEngine *engine = (SimEngine *) base;

        if (!engine->is_down)
                return;
        engine->is_down = false;
        engine->started_wall_ns = sim_now_wall_ns(engine);
        sim_boxes_found(engine);
        for (guint i = 0; i < engine->calls->len; i++) {
                EngineCall *call = engine->calls->pdata[i];

                if (call->op == ENGINE_WATCH && call->is_lasting)
                        sim_later(engine, engine->script->latency_us, on_reconnected, call, NULL,
                                  call);
        }
}
