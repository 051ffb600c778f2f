#pragma once

/*
 * Options: Compose keys that have no field of their own in a Spec, as the engine takes them
 *
 * One table of every service key: its place in the create request, how its value is
 * converted, and the API that knows it. The values stand as `docker compose config
 * --format json` writes them.
 */

#include "engine/docker/body.h"
#include "model/spec.h"

/* Puts spec->options and spec->deploy into body->config and body->host. A key that the table does
 * not have is a complaint that names it. */
void docker_options_put(Body *body, const Spec *spec);

/* Those that a container can be given while it lives, into body->host: limits */
void docker_options_put_limits(Body *body, const Spec *spec);

/* (transfer full) `external_links`, an array of texts; empty where there are none */
json_t *docker_options_links(Body *body, const Spec *spec);
