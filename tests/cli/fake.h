#pragma once

/*
 * Fake: a controller for tests of the command line
 *
 * It does nothing but note what it was asked for, and answers what the test says.
 */

#include "controller/controller.h"

typedef struct Fake {
        GString *asked;          /* a line for each call: name and arguments */
        const char *answer;      /* JSON of the result; NULL: "null" */
        int error;               /* ControllerError of the next calls; -1: none */
        const char *message;     /* of the error */
        const char *quote;       /* last lines of the workload "app/migrate" */
        const char *facts;       /* JSON array: what controller_events() tells */
        const char *output;      /* what controller_logs() tells of "web/app" */
        const char *finding;     /* an error in every file that is read */
        bool is_live;            /* `up` shows progress and goes on until it is interrupted */
        unsigned raise_after_ms; /* then this process gets SIGTERM; 0: never */
} Fake;

extern Fake fake;

/* Back to a controller for which all is well */
void fake_reset(void);
