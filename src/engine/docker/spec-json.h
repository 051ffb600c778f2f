#pragma once

/*
 * Spec as JSON: what the engine is asked to create
 */

#include <jansson.h>

#include "engine/engine.h"

/**
 * docker_create_body() - the body of POST /containers/create
 * @labels: `key=value`, NULL-terminated; they win over the spec's own; NULL: none
 *
 * Return: (transfer full) the object, or NULL with ENGINE_ERROR_BAD_REQUEST that names the field
 * where a text of the spec is not UTF-8: the engine takes nothing else
 */
json_t *docker_create_body(const Spec *spec, const char *const *labels, GError **error);

/* (transfer full) the body of POST /containers/ID/update: the restart policy and, of a spec with an
 * image, limits */
json_t *docker_update_body(const Spec *spec);
