#pragma once

/*
 * Resources: the networks and volumes that an application's containers share
 *
 * They are made just before the first container that needs them, with labels by which
 * they are known to be ours. What the file says is made elsewhere must be there before
 * anything is touched. Networks go when nobody needs them any more, volumes only with
 * the operator's word.
 */

#include "controller/world.h"

/* The application's network or volume of this name at the engine, or NULL; borrowed */
const Resource *resources_find(const Application *app, ResourceKind kind, const char *name);

/**
 * resources_check() - whether what is there and what the file wants go together
 * @warnings: JSON texts for people are appended: volumes that were made otherwise stay as they are
 *
 * Return: false with CONTROLLER_ERROR_REFUSED that tells all of it, a line each: externals that are
 * not there, names that two networks have, networks of strangers, networks of ours that were made
 * with other options
 */
bool resources_check(const Application *app, const char *name, Store *store, const World *world,
                     json_t *warnings, GError **error);

/* (transfer full) labels of a network or a volume. @resource: NULL for a volume that only a mount
 * names. @volume_id: for the volume's own label; NULL for a network. */
char **resources_labels(const Application *app, const char *name, Store *store,
                        const Resource *resource, const char *volume_id);

/* Whether a network or volume with these labels was made by us for the application */
bool resources_is_ours(GHashTable *labels, const char *name, Store *store);

/**
 * resources_remove_unused() - networks that the file does not have any more; on a Swarm also
 *                             configs and secrets that no service uses
 * @app:  NULL: it needs none of them
 * @tell: told what was done, a sentence each
 *
 * One that somebody uses stays. Return: false with the engine's error where it cannot be asked.
 */
bool resources_remove_unused(Engine *engine, Store *store, const World *world, const char *name,
                             const Application *app, void (*tell)(const char *text, gpointer user),
                             gpointer user, GError **error);
