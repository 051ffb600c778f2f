#pragma once

/*
 * Service: a spec as the service that the engine is asked for
 *
 * Pure but for the program of the probe. What a Swarm cannot do is refused by the name of its key
 * in a Compose file, never left out.
 */

#include <jansson.h>

#include "engine/docker/body.h"
#include "engine/engine.h"

#define SWARM_OBJECT_MAX ((size_t) 500 * 1024) /* bytes of a config or secret: the engine's */

/* A config or secret that must be there before the service */
typedef struct SwarmObject {
        bool is_secret;
        bool is_external; /* somebody else makes it */
        char *name;
        GBytes *data; /* NULL for external ones */
} SwarmObject;

typedef struct SwarmBody {
        json_t *spec;       /* of the service; ConfigID and SecretID are empty still */
        GPtrArray *objects; /* of SwarmObject * */
        bool is_job;
} SwarmBody;

typedef struct SwarmBodyOptions {
        const char *name; /* of the service */
        const Spec *spec;
        const char *const *labels; /* `key=value`, NULL-terminated; NULL: none */
        bool without_ipvs;
        const char *hash_key; /* NULL: none */
} SwarmBodyOptions;

/**
 * swarm_body_new() - what POST /services/create is to be sent
 *
 * The labels, and that of the stack (its name is the label slipway.app), are put onto the service;
 * those that stay the same from one deployment to the next onto its containers, too. A run-once
 * container, by its label slipway.run or `deploy.mode`, becomes a job that is never tried again.
 *
 * Return: NULL with ENGINE_ERROR_BAD_REQUEST; *ret_newest_key needs API 1.*ret_newest, NULL: none
 */
SwarmBody *swarm_body_new(const SwarmBodyOptions *options, unsigned *ret_newest,
                          char **ret_newest_key, GError **error);
void swarm_body_free(SwarmBody *body);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SwarmBody, swarm_body_free)

/* Fills in the ids. @find: (transfer none) of "configs/NAME", "secrets/NAME"; "" for none */
void swarm_body_set_ids(json_t *service_spec, GHashTable *ids);

/* Makes of a job a service with as many tasks, none of which is started again */
void swarm_body_avoid_job(json_t *service_spec);

/* ---- Its parts ---- */

typedef struct BodyBuild {
        Body body;
        const SwarmBodyOptions *options;
        json_t *service, *task, *container;
        GPtrArray *objects;
} BodyBuild;

/* The member of this name, made if it is missing; borrowed */
json_t *build_member(json_t *object, const char *key);

/* Whether a label is the same in every deployment of the same container, so that it may be on what
 * must not change from one to the next */
bool swarm_label_lasts(const char *label);

/* (service-options.c) The keys of Spec.options and Spec.deploy */
void build_options(BodyBuild *build);
void build_deploy(BodyBuild *build);

/* (service-files.c) Files as configs and secrets */
void build_files(BodyBuild *build);

/* (transfer full) a name for a config or secret: the engine's rules, and no longer than allowed */
char *swarm_object_name(const char *app, const char *key, const char *hash_key, const void *data,
                        size_t size);

/* A duration as Compose normalises it ("1m30s", "500ms"), nanoseconds; false for nonsense */
bool swarm_parse_duration(const char *text, int64_t *ret_ns);
