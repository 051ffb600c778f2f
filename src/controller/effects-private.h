#pragma once

/*
 * Effects, inside: one file for each kind, and the request that they have in common
 *
 * Each effect_x() begins the effect of that name (core.h), without waiting; the event that it is
 * answered with is posted when the engine has answered.
 */

#include "controller/effects.h"

/* A request under way, and whom its answer is for */
typedef struct Ask Ask;
struct Ask {
        Deploy *deploy;
        EngineCall *call;
        int workload;
        int publication;
        char *container;
        char *name; /* CREATE */
        char *run_key;
        int64_t try_number;
        bool is_update, is_forced; /* of a service of a Swarm: made anew under its id */
        unsigned n_left;           /* CREATE: networks, volumes and directories not there yet */
        GPtrArray *needs;          /* of Need: those; each frees itself when answered */
        GError *trouble;           /* why one of those could not be made */
        bool is_open;              /* WAIT */
        GString *output;           /* LOGS */
        bool is_shown;
        RunRecord *run; /* whose tail this is */
        void (*then)(Ask *ask);
        struct HookRun *hooks; /* under way; NULL */
        bool is_resuming;      /* those of an earlier deployment */
        void (*after_hooks)(Ask *ask);
};

/* @effect: whom the answer is for; NULL: nobody in particular. The deployment owns the ask till
 * ask_free() or effects_cancel_all(). */
Ask *ask_new(Deploy *deploy, const CoreEffect *effect);
void ask_free(Ask *ask);
void ask_send(Ask *ask, const EngineRequest *request, EngineReplyFunc on_reply);

/* Tells the core */
void ask_post(Ask *ask, CoreEventType type, const GError *error);

/* ---- effects-image.c: pulling and building ---- */

void effect_fetch(Deploy *deploy, const CoreEffect *effect);
void effect_forget_build(Ask *ask); /* it waits for none any more */

/* ---- effects-create.c: a container, and the networks, volumes and directories before it ---- */

void effect_create(Deploy *deploy, const CoreEffect *effect);

/* Makes a container again under its id, with all that it needs; or changes it in place */
void effect_update(Deploy *deploy, const CoreEffect *effect);
void effect_cancel_needs(Ask *ask);

/* ---- effects-start.c ---- */

void effect_wait(Deploy *deploy, const CoreEffect *effect);
void effect_start(Deploy *deploy, const CoreEffect *effect);
void effect_start_now(Ask *ask);                    /* its container */
void effect_started(Ask *ask, const GError *error); /* tells the core; the ask is gone */

/* ---- effects-hooks.c ---- */

void effect_hooks_intend(Ask *ask); /* writes down that they are to be run */

/* Those after the start; effect_started() follows. False where there are none. */
bool effect_hooks_begin(Ask *ask);

/* Those before the stop of its container, then goes on in any case */
void effect_pre_stop(Ask *ask, void (*then)(Ask *ask));

/* ---- effects-stop.c: stopping, restoring, removing ---- */

void effect_stop(Deploy *deploy, const CoreEffect *effect);
void effect_restore(Deploy *deploy, const CoreEffect *effect);
void effect_remove(Deploy *deploy, const CoreEffect *effect);
void effect_remove_now(Ask *ask); /* its container, nobody reads its output any more */

/* ---- effects-quote.c ---- */

/* The last lines of a container. @run: (transfer full) the record that they belong to, or NULL */
void effect_quote(Deploy *deploy, const CoreEffect *effect, bool is_shown, RunRecord *run);

/* ---- effects-probe.c ---- */

void effect_probe(Deploy *deploy, const CoreEffect *effect);
void effect_exec(Deploy *deploy, const CoreEffect *effect);
void effect_cancel_probe(Deploy *deploy, const CoreEffect *effect);

/* ---- effects-ledger.c: what is written down ---- */

/* The deployment goes no further where a write failed; takes the error */
/* What was written, or why not: @error is looked at after @ok has been found out. Nothing goes on
 * without. */
void ledger_must(Deploy *deploy, bool ok, GError **error);
void ledger_intend(Deploy *deploy, const CoreEffect *effect);
void ledger_start(Deploy *deploy, const CoreEffect *effect);
void ledger_end(Deploy *deploy, const CoreEffect *effect);
void ledger_swap(Deploy *deploy, const CoreEffect *effect);
void ledger_fact(Deploy *deploy, const CoreEffect *effect);
