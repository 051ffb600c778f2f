#pragma once

/*
 * Outside: what settings need of the network and the engine
 *
 * The functions for SettingsHost. They wait for the end of what they begin; the default main
 * context runs meanwhile.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "model/application.h"

#define RAW_IMAGE         "ubuntu:22.04" /* where `raw` commands run, unless told otherwise */
#define RAW_TIMEOUT_S     15             /* where the file says none */
#define RAW_TIMEOUT_MAX_S 3600           /* also where the file says that there is no limit */
#define RAW_OUTPUT_MAX    (1u << 20)     /* bytes of each stream that are kept */
#define OUTSIDE_BODY_MAX  (1u << 20)     /* bytes of a page */

/* Fetches a page: as SettingsHost.fetch, @user is not used */
bool outside_fetch(gpointer user, const char *url, int64_t timeout_us, long *ret_status,
                   char **ret_body, GError **error);

/* The same with headers (`Name: value`, NULL-terminated; or NULL); *ret_size: a NUL may be in it */
bool outside_fetch_as(const char *url, const char *const *headers, int64_t timeout_us,
                      long *ret_status, char **ret_body, size_t *ret_size, GError **error);

/* A container that is run on its own, beside the application's */
typedef struct OutsideRun {
        const Spec *spec;
        const char *auth;         /* for a pull: X-Registry-Auth; NULL: none */
        bool is_pullable;         /* false: only an image that is here will do */
        const char *installation; /* for the container's label */
        const char *purpose;      /* likewise */
        int64_t timeout_s;
} OutsideRun;

typedef struct OutsideEnd {
        bool timed_out; /* it was killed */
        int exit_code;
        char *output, *errors; /* the first RAW_OUTPUT_MAX bytes of each stream */
} OutsideEnd;

void outside_end_clear(OutsideEnd *end);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OutsideEnd, outside_end_clear)

/**
 * outside_run() - run a container to its end
 *
 * Its image is pulled where it is missing. The container is removed, whatever happens.
 *
 * Return: false where it could not be run; else *ret_end says how it went
 */
bool outside_run(Engine *engine, const OutsideRun *run, OutsideEnd *ret_end, GError **error);

/**
 * outside_run_raw() - run a command in a container of its own
 * @image:        NULL: RAW_IMAGE; pulled where it is missing
 * @installation: for the container's label
 *
 * The arguments, joined by blanks, are a command line for bash; nothing of the host is in the
 * container.
 *
 * Return: (transfer full) what it wrote to stdout; NULL where it failed, with what it wrote to
 * stderr, or did not end within its time
 */
char *outside_run_raw(Engine *engine, const char *image, const char *installation,
                      const Command *command, GError **error);
