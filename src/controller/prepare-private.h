#pragma once

/*
 * Prepare, inside: one file for each question about a workload that is rendered
 */

#include "controller/prepare.h"

/* ---- prepare-image.c ---- */

/* Whether it is known if the engine has it. Asks, if not: prepare_retry() follows. */
bool prepare_image_is_known(Deploy *deploy, const char *reference);

/* Whether two images have a repository digest in common; either may be NULL */
bool prepare_share_digest(char **some, char **others);

/* What is to be done for the workload's image, as its Prepared says it */
void prepare_check_image(Deploy *deploy, unsigned workload);

/* ---- prepare-data.c ---- */

/* Adds what only the image says to the workload's spec, if it has one: VOLUMEs belong to the data,
 * too */
void prepare_complete_spec(Deploy *deploy, unsigned workload);

/* (transfer full) why a recorded success does not count any longer, or NULL */
char *prepare_stale_reason(Deploy *deploy, unsigned workload, const RunRecord *run);

/* ---- prepare-service.c: the same, or not ---- */

/* (transfer full) field → keyed hash of its value: names what has changed without keeping it */
json_t *prepare_hash_fields(Deploy *deploy, const Spec *spec);

/* Whether the images of the workload's containers are known, as far as digests need them. Asks, if
 * not: prepare_retry() follows. */
bool prepare_container_images_are_known(Deploy *deploy, unsigned workload);

/* Which of its containers are made from this spec and image, and what has changed */
void prepare_service(Deploy *deploy, unsigned workload);

/* ---- prepare-run.c: done, or not ---- */

/* The run's key, its last try, and whether a success counts; false with the store's error */
bool prepare_run(Deploy *deploy, unsigned workload, GError **error);
