#pragma once

/*
 * Node: the address by which containers reach the host that they run on
 */

#include <glib.h>
#include <stdbool.h>

#include "engine/engine.h"

/**
 * node_address() - the node's private address
 * @given: --node-address, or NULL
 *
 * What was given or SLIPWAY_NODE_ADDRESS says; else the address of the interface with the default
 * route; else of the first interface that is up and not loopback; else the gateway of the engine's
 * bridge. For an engine on another machine only the first counts.
 *
 * Return: (transfer full) an IP address, or NULL with a sentence in @error
 */
char *node_address(const char *given, const EngineInfo *info, GError **error);

/* (transfer full) the first IPv4 address of an interface (eth0, docker0), NULL where it has none */
char *node_interface_address(const char *interface);
