#pragma once

/*
 * Build: images of `build:`, made by the engine's own client
 *
 * Slipway builds nothing itself: a BuildKit is no small thing. It hands the options to
 * `docker build`, shows its lines, and waits for it.
 */

#include "model/application.h"

#define BUILD_QUOTE_MAX       2000 /* bytes of a failed build's last lines that are quoted */
#define BUILD_QUOTE_LINES_MAX 6

typedef struct BuildRun BuildRun;

typedef struct BuildRequest {
        const Build *build;
        const Application *app; /* whose secrets it may name */
        const char *image;      /* the tag that it gets */
        const char *host;       /* of the engine, as DOCKER_HOST; NULL: as it is */
} BuildRequest;

/**
 * build_start() - a build beside everything else
 * @on_line: each line of the client's output
 * @on_end:  called once, not from inside this call, after which the run is gone; an error quotes the
 *           last lines
 *
 * Values of build arguments and secrets travel in the client's environment, not on its command line.
 *
 * Return: the run; NULL with ENGINE_ERROR_BAD_REQUEST where there is no client, or the client has no
 * word for an option
 */
BuildRun *build_start(const BuildRequest *request, void (*on_line)(const char *line, gpointer user),
                      void (*on_end)(const GError *error, gpointer user), gpointer user,
                      GError **error);

/* Ends it; nothing is called any more. NULL is fine. */
void build_cancel(BuildRun *run);

/* (transfer full) the client's arguments, `docker` first; *ret_env is what its environment gets
 * beside, `NAME=VALUE`; both NULL-terminated. *ret_input: what it reads, a Dockerfile that stands in
 * the document; borrowed, NULL: nothing. NULL with an error that names the option. */
char **build_arguments(const BuildRequest *request, char ***ret_env, const char **ret_input,
                       GError **error);
