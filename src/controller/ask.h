#pragma once

/*
 * Ask: one request to the engine, waited for
 *
 * For commands that look or tidy up and have nothing else to do meanwhile. The main
 * context runs while it waits, so that signals are served.
 */

#include "engine/engine.h"

/* What the last reply said, kept */
typedef struct Answer {
        char *id;
        int exit_code;
        bool was_created;
        Container *container;
        GPtrArray *containers; /* of Container */
        Image *image;
        VolumeInfo *volume;
        GPtrArray *volumes;  /* of VolumeInfo */
        GPtrArray *networks; /* of NetworkInfo */
        GPtrArray *nodes;    /* of NodeInfo */
        EngineInfo *info;
} Answer;

void answer_clear(Answer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

/* @answer is overwritten; may be NULL. False with ENGINE_ERROR. */
bool engine_ask(Engine *engine, const EngineRequest *request, Answer *answer, GError **error);

/* Several side by side; @answers has one for each. False with the first error, when all are in. */
bool engine_ask_all(Engine *engine, const EngineRequest *requests, Answer *answers, size_t n,
                    GError **error);
