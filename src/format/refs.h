#pragma once

/*
 * Refs: what a document's names refer to
 *
 * An index of components, containers, names and settings, made before the document is checked.
 * It answers as the reference validator does, its quirks included: of two components of one name
 * only the first counts, and of two publishers that start a container only the last.
 */

#include <glib.h>
#include <stdbool.h>

#include "yaml/yaml.h"

typedef struct Refs Refs;

Refs *refs_new(const YamlNode *root);
void refs_free(Refs *refs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Refs, refs_free)

/* Whether the document is one for a Swarm: the key `swarm` is there and not null */
bool refs_is_swarm(const Refs *refs);

bool refs_has_component(const Refs *refs, const char *component);
bool refs_has_container(const Refs *refs, const char *component, const char *image);
bool refs_has_item(const Refs *refs, const char *name);

/* How many requirements have this id */
unsigned refs_count_requirements(const Refs *refs, const char *id);

/* Whether a container other than @self has this `name` */
bool refs_has_other_name(const Refs *refs, const char *name, const YamlNode *self);

/* Whether following "who starts me" from a container (as `component:image`) reaches the first
 * container other than @self that has this `name` */
bool refs_comes_after(Refs *refs, const char *self_id, const YamlNode *self, const char *name);

/* The name that a mistyped one probably meant, or NULL */
const char *refs_closest_component(const Refs *refs, const char *component);
const char *refs_closest_container(const Refs *refs, const char *component, const char *image);
const char *refs_closest_item(const Refs *refs, const char *name);

/* The image_name of the component's container that has this `name`, or NULL */
const char *refs_image_of_name(const Refs *refs, const char *component, const char *name);

/* The scalar's text; "" for null, for what is missing, and for what is no scalar */
const char *yaml_text(const YamlNode *node);
