#pragma once

/*
 * Engine tests: asking a real engine, one thing after the other
 *
 * The engine is the one that DOCKER_HOST names. Everything made carries the label
 * slipway-test=PID, and is removed after each test.
 */

#include <glib.h>

#include "engine/docker/docker.h"
#include "model/spec.h"

#define TEST_IMAGE "bb:1"

/* What a request was answered, all replies together; texts are copies */
typedef struct Got {
        bool is_final;
        unsigned n_open; /* replies with is_open */
        unsigned n_lost; /* errors that were not final */
        GError *error;
        char *id;
        int exit_code;
        GString *data, *stderr_data;
        char *method;
        bool was_created;
        Container *container;
        GPtrArray *containers; /* of char *: ids */
        GPtrArray *volumes;    /* of char *: names */
        GHashTable *volume_labels;
        GPtrArray *networks; /* of char *: names */
        GString *events;     /* "start 0123…\n" */
        char *text;          /* of image or engine: a few fields */
        int64_t number;
        bool flag;
        int64_t final_us;
} Got;

void got_free(Got *got);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Got, got_free)

extern Engine *engine;

/* Sends without waiting; @ret_call may be NULL. The Got must outlive the call. */
Got *begin(const EngineRequest *request, EngineCall **ret_call);

/* Runs the loop until the condition holds; fails the test after 60 s */
#define await(condition)                                                                           \
        do {                                                                                       \
                int64_t await_end_us = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;               \
                while (!(condition)) {                                                             \
                        g_assert_cmpint(g_get_monotonic_time(), <, await_end_us);                  \
                        turn();                                                                    \
                }                                                                                  \
        } while (0)
void turn(void);

/* Sends and waits for the final reply */
Got *ask(const EngineRequest *request);

/* The same, where all must be well */
Got *must(const EngineRequest *request);

/* A spec of the test image that runs a line of shell */
Spec *shell_spec(const char *line);

/* (transfer full) ids of what was made; names get a prefix of this run */
char *create(const char *name, const Spec *spec);
char *create_and_start(const char *name, const Spec *spec);

/* (transfer full) name with this run's prefix */
char *own(const char *name);

/* What docker itself says: GET of a path, as JSON; (transfer full) */
json_t *raw(const char *path);

/* Removes what this run made */
void tidy(void);

/* "slipway-test=PID" */
const char *test_label(void);

/* Before the first of them */
void begin_tests(Engine *of);

/* The tests, a file each */
void add_lifecycle_tests(void);
void add_spec_tests(void);
void add_network_tests(void);
void add_port_tests(void);
