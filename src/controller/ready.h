#pragma once

/*
 * Ready: asks the application itself whether it answers (`state.ready`)
 */

#include "controller/scene.h"
#include "net/http.h"

typedef struct Ready Ready;

/**
 * ready_start() - try until it passes or its time is over
 * @http, @check: borrowed till the end
 * @scene:        for the check's arguments, which are rendered now and not again
 * @done:         called once; @error is NULL when it passed, else a sentence for people
 *
 * Return: the check under way; it is gone when @done is called
 */
Ready *ready_start(HttpClient *http, Scene *scene, const ReadyCheck *check,
                   void (*done)(const char *error, gpointer user), gpointer user);
void ready_cancel(Ready *ready); /* nothing is called any more; NULL is fine */
