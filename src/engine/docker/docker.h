#pragma once

/*
 * Docker: the engine interface over the Docker Engine API
 *
 * Speaks HTTP over a unix socket, or over TCP with or without TLS. The API's version
 * is agreed on before the first request, and again after the event stream was lost.
 * All work is done on one main context; no call blocks, each has a deadline.
 */

#include <glib.h>
#include <stdbool.h>

#include "engine/engine.h"

#define DOCKER_DEFAULT_HOST "unix:///var/run/docker.sock"

#define ENGINE_API_NEWEST "1.48" /* that we know; asked for where the engine has it */

/* Everything is borrowed for the call of docker_engine_new(); all may be NULL */
typedef struct DockerOptions {
        const char *host;      /* unix:///path or tcp://host:port; NULL: DOCKER_HOST, else the
                                   default socket */
        const char *cert_path; /* directory of ca.pem, cert.pem, key.pem; NULL: DOCKER_CERT_PATH */
        int tls;               /* 1: with TLS, -1: without, 0: as DOCKER_TLS_VERIFY says */
        GMainContext *context; /* NULL: the default one */
} DockerOptions;

/**
 * docker_engine_new() - an engine that is a Docker daemon
 * @options: NULL for all defaults
 *
 * Nothing is connected yet: an engine that is not there shows in the first reply.
 *
 * Return: the engine, or NULL with ENGINE_ERROR_BAD_REQUEST where the host is of a kind that is
 * not supported (ssh://, npipe:// …) or a certificate is missing
 */
Engine *docker_engine_new(const DockerOptions *options, GError **error);

/* (transfer full) what the engine is reached by, for messages: "unix:///var/run/docker.sock" */
char *docker_engine_host(const Engine *engine);

/* How much of where the engine runs can be seen from here */
typedef enum DockerDistance {
        DOCKER_HERE,      /* its processes and paths are ours */
        DOCKER_SAME_HOST, /* only its network: from within a container */
        DOCKER_ELSEWHERE,
} DockerDistance;

/* For tests: takes the engine to be so far away, until the next look at its version; DOCKER_HERE:
 * as far as it is */
void docker_engine_set_distance(Engine *engine, DockerDistance distance);
