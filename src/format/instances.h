#pragma once

/*
 * Instances: a container that runs several times on one node, and how many nodes there must be
 *
 * Each instance becomes a workload of its own: `component/container`, `…@2`, `…@3`. Whoever waits
 * for an event of the container waits until all of its instances have published it. The counts
 * decide what the model is, so they are read, not rendered.
 */

#include "format/document.h"
#include "format/reader.h"

#define INSTANCES_MAX 100 /* of one container */
#define NODES_HERE    1   /* a Docker engine is one node */

/* Reports components that ask for more nodes than there are */
void instances_check_nodes(Reader *reader, const RawDocument *document);

/* Replaces each workload that runs several times by its instances; what cannot be is reported and
 * left as it is */
void instances_expand(Reader *reader, Application *app);
