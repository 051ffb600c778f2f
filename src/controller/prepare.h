#pragma once

/*
 * Prepare: what is to be known of a workload before anything is decided about it
 *
 * It is rendered, its images are looked at, and it is compared: a service with the containers that
 * there are, a run-once with the ledger. The answer is a Prepared, for the core or for a plan.
 */

#include "controller/deploy.h"

/**
 * prepare_begin() - find out about a workload
 * @is_early: before its turn: what may still change is deferred
 *
 * prepare_answer() follows, at once or when the engine has answered; or deploy_fail().
 */
void prepare_begin(Deploy *deploy, unsigned workload, bool is_early);

/* Something has become known: goes on with those that wait for it */
void prepare_retry(Deploy *deploy);

/* It is prepared: tells the core, or the plan */
void prepare_answer(Deploy *deploy, unsigned workload);

/* What is known of an image; never NULL, borrowed from the deployment. @reference: a name or an id */
ImageEntry *prepare_image(Deploy *deploy, const char *reference);

/* What is to be done for the image of a workload that is rendered. @ret_reason: a constant for
 * people; may be NULL */
ImageFetch prepare_fetch(Deploy *deploy, unsigned workload, const char **ret_reason);

/* (transfer full) "name=id" of every volume and host directory of a workload and of everything
 * ordered before it, NULL-terminated */
char **prepare_data(Deploy *deploy, unsigned workload);

/* Where decision 12 allows early creation: no volume shared with a workload ordered before it;
 * (transfer full) one per workload */
bool *prepare_early_flags(const Application *app);
