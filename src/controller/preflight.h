#pragma once

/*
 * Preflight: what would make a deployment to a Swarm fail, found before it begins
 */

#include "engine/engine.h"
#include "model/application.h"

/**
 * preflight_swarm() - whether the application can run on this Swarm
 * @is_done:      per workload: a run-once that has succeeded, which needs no node; NULL: none has
 * @without_ipvs: nothing needs virtual addresses
 *
 * It cannot where the engine manages no Swarm, where there are fewer nodes than the file asks for,
 * where no node satisfies the placement constraints of a service, and where virtual addresses are
 * needed and this kernel has no IPVS.
 *
 * Return: false with CONTROLLER_ERROR_REFUSED and a sentence that says what to do
 */
bool preflight_swarm(const Application *app, const EngineInfo *info, const GPtrArray *nodes,
                     const bool *is_done, bool without_ipvs, GError **error);

/* Whether a node satisfies a constraint: `node.role==manager`, `node.labels.disk != ssd` … What is
 * not known here (`engine.labels…`) counts as satisfied. */
bool preflight_satisfies(const NodeInfo *node, const char *constraint);

/* Whether the kernel of this machine has IPVS, or can load it */
bool preflight_has_ipvs(void);

/* What is worth knowing of the application on a Swarm, a sentence each, added to @warnings: events
 * that are published together, volumes that do not move, and what is different without IPVS */
void preflight_notes(const Application *app, bool without_ipvs, json_t *warnings);
