#pragma once

/*
 * Compose labels: by what `docker compose ls`, `ps` and `logs` know an application
 *
 * They are put on what is made from a Compose file, beside our own. Nothing of ours
 * depends on them.
 */

#include "controller/deploy.h"

#define COMPOSE_LABEL_PROJECT "com.docker.compose.project"

/* Appends the labels of a workload's container, `key=value`, to be freed */
void compose_labels_container(GPtrArray *labels, const Application *app, const char *project,
                              unsigned workload, const char *spec_hash, const char *image_id);

/* Of a network or a volume */
void compose_labels_resource(GPtrArray *labels, const char *project, const Resource *resource);
