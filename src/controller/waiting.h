#pragma once

/*
 * Waiting: tells the operator every few seconds what a command waits for
 *
 * Only while the main context runs, and never after waiting_end().
 */

#include "controller/controller.h"

typedef struct Waiting Waiting;

/**
 * waiting_begin() - tell from now on what is waited for
 * @observer: NULL: nobody looks
 * @after_s:  for the first time then, in seconds; 0: at once
 * @describe: "for web/app to stop"; newly allocated, NULL: nothing just now. Called whenever it is told.
 */
Waiting *waiting_begin(const UpObserver *observer, unsigned after_s,
                       char *(*describe)(gpointer user), gpointer user);

void waiting_end(Waiting *waiting); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waiting, waiting_end)
