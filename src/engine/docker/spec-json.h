#pragma once

/*
 * Spec as JSON: what the engine is asked to create
 */

#include <jansson.h>

#include "engine/engine.h"

/* A container as the engine is asked for it */
typedef struct DockerCreate {
        json_t *body;     /* of POST /containers/create */
        json_t *networks; /* [{"name": …, "endpoint": {…}}, …]: what it joins, in this order, the
                           * first with its create; empty: the body says it all */
        char *newest_key; /* of the document, that needs API 1.@newest; NULL: none does */
        unsigned newest;
} DockerCreate;

/**
 * docker_create_body() - a spec as the engine takes it
 * @labels: `key=value`, NULL-terminated; they win over the spec's own; NULL: none
 *
 * Return: false with ENGINE_ERROR_BAD_REQUEST that names the field where a text of the spec is not
 * UTF-8 (the engine takes nothing else), a value is none of its kind, or a key unknown
 */
bool docker_create_body(const Spec *spec, const char *const *labels, DockerCreate *ret_create,
                        GError **error);
void docker_create_clear(DockerCreate *create);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DockerCreate, docker_create_clear)

/* (transfer full) the body of POST /containers/ID/update: the restart policy and, of a spec with an
 * image, limits; NULL as above */
json_t *docker_update_body(const Spec *spec, GError **error);
