#pragma once

/*
 * Fake: an engine for tests, which answers from a table
 *
 * It is a thread that gives each request the bytes of the first row whose text begins
 * it, and closes the connection.
 */

#include <gio/gio.h>

#include "engine/engine.h"

typedef struct Route {
        const char *request; /* "GET /version" */
        const char *reply;   /* after the status line and headers; NULL: silence */
        int status;          /* 0: 200 */
        unsigned times;      /* that often, then the next rows that fit are taken; 0: always */
} Route;

typedef struct Fake {
        char *dir, *path, *host;
        GSocketService *service;
        GThread *thread;
        GMainContext *context;
        GMainLoop *loop;
        const Route *routes; /* ends with request NULL */
        guint *n_used;       /* of each row */
        int n_active;        /* atomic */
        GMutex lock;
        GString *requests; /* first lines, "GET /v1.41/info\n" */
        GString *bodies;   /* and what came behind the headers, one a line */
        Engine *engine;    /* whom the test asks; freed by fake_stop() */
} Fake;

/* @routes: borrowed until fake_stop() */
Fake *fake_start(const Route *routes);
void fake_stop(Fake *fake);

/* What a request got */
typedef struct Seen {
        bool is_final;
        unsigned n_open, n_lost, n_progress;
        GError *error;
        GString *text; /* events, data, progress */
        char *id;
        int exit_code;
        Engine *frees; /* in its first reply */
} Seen;

void seen_reply(const EngineReply *reply, gpointer seen); /* an EngineReplyFunc */
void seen_done(Seen *seen);

/* Waits for the final reply */
Seen fake_ask(Engine *engine, const EngineRequest *request);

#define FAKE_VERSION                                                                               \
        {                                                                                          \
                "GET /version",                                                                    \
                        "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\","                       \
                        "\"MinAPIVersion\":\"1.12\",\"KernelVersion\":\"none\",\"Arch\":"          \
                        "\"none\"}",                                                               \
                        0, 0                                                                       \
        }
#define FAKE_END                                                                                   \
        {                                                                                          \
                NULL, NULL, 0, 0                                                                   \
        }
