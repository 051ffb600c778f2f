#pragma once

/*
 * Hooks: commands in a container after its start and before its stop
 *
 * A container carries its own hooks in a label: whoever starts or stops it knows them,
 * also when the file has changed since, or is gone.
 */

#include "engine/engine.h"

#define LABEL_HOOKS "slipway.hooks"

#define HOOK_QUOTE_MAX 2000 /* bytes of a failed hook's output that are quoted */

typedef enum HookMoment {
        HOOK_POST_START,
        HOOK_PRE_STOP,
} HookMoment;

/* (transfer full) the label's value for containers made from the spec; NULL where it has no hooks */
char *hooks_label(const Spec *spec);

/* How many the container has */
size_t hooks_count(const Container *container, HookMoment moment);

typedef struct HookRun HookRun;

/**
 * hooks_run() - one after the other, each waited for
 * @first:   the index of the first to be run
 * @on_each: told how many have succeeded, after each; may be NULL
 * @on_end:  called once, after which the run is gone: without an error when all have succeeded.
 *           ENGINE_ERROR_CONFLICT or _NOT_FOUND: the container does not run any more. A hook that
 *           fails is ENGINE_ERROR_FAILED, quotes its output, and those behind it are not run.
 *
 * A hook after the start whose answer was lost is run again when the engine is back.
 *
 * Return: the run, NULL where there is nothing to do: then nothing is called
 */
HookRun *hooks_run(Engine *engine, const Container *container, HookMoment moment, size_t first,
                   void (*on_each)(size_t n_done, gpointer user),
                   void (*on_end)(const GError *error, gpointer user), gpointer user);
void hooks_cancel(HookRun *run); /* nothing is called any more; NULL is fine */

/* The same, waited for; false with an error as above */
bool hooks_run_all(Engine *engine, const Container *container, HookMoment moment, GError **error);
