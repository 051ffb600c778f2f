/* Containers: how they live and end, and who is told */

#include <string.h>

#include "engine/sim/internal.h"

const SimImage *sim_image(const SimEngine *engine, const char *reference)
{
        for (size_t i = 0; reference != NULL && i < engine->script->n_images; i++) {
                const SimImage *image = &engine->script->images[i];

                if (strcmp(image->reference, reference) == 0 ||
                    g_strcmp0(image->id, reference) == 0)
                        return image;
        }
        return NULL;
}

char *sim_image_id(const SimImage *image, const char *reference)
{
        return image != NULL && image->id != NULL ? g_strdup(image->id)
                                                  : g_strdup_printf("sha256:%s", reference);
}

SimBox *sim_box(const SimEngine *engine, const char *id)
{
        for (guint i = 0; id != NULL && i < engine->boxes->len; i++) {
                SimBox *box = engine->boxes->pdata[i];

                if (!box->is_gone &&
                    (strcmp(box->shown->id, id) == 0 || strcmp(box->shown->name, id) == 0))
                        return box;
        }
        return NULL;
}

static void set(char **text, char *value)
{
        g_free(*text);
        *text = value;
}

SimBox *sim_box_new(SimEngine *engine, const char *name, const char *image)
{
        SimBox *box = g_new0(SimBox, 1);

        box->shown = container_new();
        box->image = sim_image(engine, image);
        set(&box->shown->id, g_strdup_printf("%064x", ++engine->next_id));
        set(&box->shown->name, g_strdup(name));
        set(&box->shown->image, g_strdup(image));
        set(&box->shown->image_id, sim_image_id(box->image, image));
        set(&box->shown->network_mode, g_strdup("default"));
        box->shown->created_wall_ns = sim_now_wall_ns(engine);
        g_ptr_array_add(engine->boxes, box);
        return box;
}

void sim_box_free(gpointer data)
{
        SimBox *box = data;

        container_free(box->shown);
        g_strfreev(box->fixed);
        g_free(box);
}

/* ---- The event stream ---- */

typedef struct Told {
        EngineCall *call;
        EngineEvent event;
        char *id;
} Told;

static void told_free(gpointer data)
{
        Told *told = data;

        g_free(told->id);
        g_free(told);
}

static void on_tell(SimEngine *engine, gpointer data)
{
        Told *told = data;

        if (told->call->is_open)
                sim_reply(engine, told->call, &(EngineReply){ .event = &told->event });
}

void sim_tell(SimEngine *engine, const SimBox *box, const char *action, int exit_code,
              const char *health)
{
        for (guint i = 0; !engine->is_down && i < engine->calls->len; i++) {
                EngineCall *call = engine->calls->pdata[i];
                Told *told;

                if (call->op != ENGINE_WATCH || !call->is_open ||
                    !sim_has_labels(box->shown->labels, call->labels))
                        continue;
                told = g_new0(Told, 1);
                told->call = call;
                told->id = g_strdup(box->shown->id);
                told->event = (EngineEvent){ .action = action,
                                             .id = told->id,
                                             .exit_code = exit_code,
                                             .health = health,
                                             .wall_ns = sim_now_wall_ns(engine) };
                sim_later(engine, 0, on_tell, told, told_free, call);
        }
}

/* ---- Lasting calls ---- */

typedef struct Ended {
        EngineCall *call;
        int exit_code;
        bool is_gone;
} Ended;

static void on_ended(SimEngine *engine, gpointer data)
{
        const Ended *ended = data;

        if (ended->call->op == ENGINE_PROBE_PORT)
                sim_reply_error(engine, ended->call, ENGINE_ERROR_CONFLICT,
                                "the container does not run");
        else if (ended->is_gone)
                sim_reply_error(engine, ended->call, ENGINE_ERROR_NOT_FOUND, "no such container");
        else
                sim_reply_final(engine, ended->call,
                                &(EngineReply){ .exit_code = ended->exit_code });
}

static void end_calls(SimEngine *engine, const SimBox *box, int exit_code, bool is_gone)
{
        for (guint i = 0; i < engine->calls->len; i++) {
                EngineCall *call = engine->calls->pdata[i];
                Ended *ended;

                if (!call->is_lasting || call->box != box)
                        continue;
                ended = g_new0(Ended, 1);
                *ended = (Ended){ .call = call, .exit_code = exit_code, .is_gone = is_gone };
                call->is_lasting = false;
                sim_later(engine, 0, on_ended, ended, g_free, call);
        }
}

static void on_probed(SimEngine *engine, gpointer data)
{
        sim_reply_final(engine, data, &(EngineReply){ .method = "simulated" });
}

/* ---- Life of a container ---- */

typedef struct Moment {
        SimBox *box;
        unsigned start; /* of the execution that it belongs to */
} Moment;

static void at(SimEngine *engine, SimBox *box, int64_t delay_us, SimDeed deed)
{
        Moment *moment;

        if (delay_us == SIM_NEVER)
                return;
        moment = g_new0(Moment, 1);
        moment->box = box;
        moment->start = box->n_starts;
        sim_later(engine, delay_us, deed, moment, g_free, NULL);
}

static bool is_current(const Moment *moment)
{
        return !moment->box->is_gone && moment->box->n_starts == moment->start &&
               moment->box->shown->state == CONTAINER_RUNNING;
}

bool sim_box_listens(const SimEngine *engine, const SimBox *box)
{
        return box->shown->state == CONTAINER_RUNNING && box->image != NULL &&
               box->image->listens_us != SIM_NEVER &&
               sim_now_us(engine) - box->started_us >= box->image->listens_us;
}

static void on_listens(SimEngine *engine, gpointer data)
{
        const Moment *moment = data;

        for (guint i = 0; is_current(moment) && i < engine->calls->len; i++) {
                EngineCall *call = engine->calls->pdata[i];

                if (call->op != ENGINE_PROBE_PORT || call->box != moment->box || !call->is_lasting)
                        continue;
                call->is_lasting = false;
                sim_later(engine, 0, on_probed, call, NULL, call);
        }
}

static void on_healthy(SimEngine *engine, gpointer data)
{
        const Moment *moment = data;

        if (!is_current(moment))
                return;
        moment->box->shown->health = HEALTH_HEALTHY;
        sim_tell(engine, moment->box, "health_status", -1, "healthy");
}

static void on_exit_by_itself(SimEngine *engine, gpointer data)
{
        const Moment *moment = data;
        const SimImage *image = moment->box->image;
        unsigned n;

        if (!is_current(moment))
                return;
        n = GPOINTER_TO_UINT(g_hash_table_lookup(engine->used, image));
        g_hash_table_insert(engine->used, (gpointer) image, GUINT_TO_POINTER(n + 1));
        sim_box_end(engine, moment->box, n < image->n_failures ? 1 : image->exit_code, true);
}

void sim_box_start(SimEngine *engine, SimBox *box)
{
        const SimImage *image = box->image;

        box->n_starts++;
        box->started_us = sim_now_us(engine);
        box->is_stopped_by_hand = false;
        box->ended_unseen = false;
        box->shown->state = CONTAINER_RUNNING;
        box->shown->pid = 1000 + (int64_t) box->n_starts;
        box->shown->started_wall_ns = sim_now_wall_ns(engine);
        box->shown->health = image == NULL || image->healthy_us == SIM_NEVER ? HEALTH_NONE
                                                                             : HEALTH_STARTING;
        set(&box->shown->address, g_strdup("172.17.0.2"));
        sim_box_set_addresses(engine, box, true);
        sim_tell(engine, box, "start", -1, "");
        if (image == NULL)
                return;
        at(engine, box, image->exits_us, on_exit_by_itself);
        at(engine, box, image->listens_us, on_listens);
        at(engine, box, image->healthy_us, on_healthy);
}

#define RESTART_DELAY_US 100000

static void on_restart(SimEngine *engine, gpointer data)
{
        const Moment *moment = data;

        if (moment->box->is_gone || moment->box->n_starts != moment->start || engine->is_down ||
            moment->box->shown->state != CONTAINER_RESTARTING)
                return;
        moment->box->shown->restart_count++;
        sim_box_start(engine, moment->box);
}

static bool is_brought_back(const SimBox *box)
{
        const char *policy = box->shown->restart_policy;

        if (box->is_stopped_by_hand || strcmp(policy, "no") == 0)
                return false;
        if (strcmp(policy, "on-failure") == 0)
                return box->shown->exit_code != 0 &&
                       (box->restart_max == 0 || box->shown->restart_count < box->restart_max);
        return true;
}

static void has_ended(SimEngine *engine, SimBox *box, int exit_code)
{
        box->shown->exit_code = exit_code;
        box->shown->finished_wall_ns = sim_now_wall_ns(engine);
        box->shown->pid = 0;
        box->shown->state = CONTAINER_EXITED;
        set(&box->shown->address, g_strdup(""));
        sim_box_set_addresses(engine, box, false);
        sim_tell(engine, box, "die", exit_code, "");
        end_calls(engine, box, exit_code, false);
        if (!is_brought_back(box))
                return;
        box->shown->state = CONTAINER_RESTARTING;
        at(engine, box, RESTART_DELAY_US, on_restart);
}

void sim_box_end(SimEngine *engine, SimBox *box, int exit_code, bool by_itself)
{
        box->is_stopped_by_hand |= !by_itself;
        if (box->shown->state == CONTAINER_RESTARTING && !by_itself)
                box->shown->state = CONTAINER_EXITED;
        if (box->shown->state != CONTAINER_RUNNING || box->ended_unseen)
                return;
        if (engine->is_down) {
                box->ended_unseen = true;
                box->shown->exit_code = exit_code;
                return;
        }
        has_ended(engine, box, exit_code);
}

void sim_box_gone(SimEngine *engine, SimBox *box)
{
        if (box->is_gone)
                return;
        sim_box_end(engine, box, 137, false);
        end_calls(engine, box, 0, true);
        box->is_gone = true;
        sim_tell(engine, box, "destroy", -1, "");
}

/* ---- The engine's own death ---- */

void sim_boxes_lost(SimEngine *engine)
{
        for (guint i = 0; i < engine->boxes->len; i++) {
                SimBox *box = engine->boxes->pdata[i];

                if (!box->is_gone && box->shown->state == CONTAINER_RUNNING &&
                    engine->outage != SIM_LIVE_RESTORE)
                        box->ended_unseen = true;
        }
}

void sim_boxes_found(SimEngine *engine)
{
        for (guint i = 0; i < engine->boxes->len; i++) {
                SimBox *box = engine->boxes->pdata[i];

                if (box->is_gone || !box->ended_unseen)
                        continue;
                box->ended_unseen = false;
                has_ended(engine, box,
                          engine->outage == SIM_LIVE_RESTORE ? box->shown->exit_code
                          : engine->outage == SIM_CODES_ZERO ? 0
                                                             : 255);
        }
}
