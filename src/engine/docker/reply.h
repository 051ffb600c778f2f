#pragma once

/*
 * Reply: the engine's JSON as the types of engine.h
 *
 * What is missing or null gets the type's empty value; what is of another type than the
 * API says is an ENGINE_ERROR_REPLY only where nothing could be done without it.
 */

#include <jansson.h>

#include "engine/engine.h"

/* (transfer full) of GET /containers/ID/json, /images/NAME/json, /volumes/NAME,
 * /networks/ID; NULL with an error
 * where it is not the description of one */
Container *docker_container_parse(const json_t *root, GError **error);
Image *docker_image_parse(const json_t *root, GError **error);
VolumeInfo *docker_volume_parse(const json_t *root, GError **error);
NetworkInfo *docker_network_parse(const json_t *root, GError **error);

/* (transfer full) of GET /info; version numbers, locality and gateway are for the caller to add */
EngineInfo *docker_info_parse(const json_t *root);

/* (transfer full) address of the host on the network, of GET /networks/NAME; "" if unknown */
char *docker_gateway_parse(const json_t *root);

/**
 * docker_event_parse() - one object of GET /events
 * @ret_event: its texts are borrowed from @root and @ret_action, ret_action to be freed
 *
 * The action's detail is cut off: "health_status: healthy" is action health_status, health healthy;
 * "exec_start: sh -c …" is exec_start.
 *
 * Return: false where it is no event of a container
 */
bool docker_event_parse(const json_t *root, EngineEvent *ret_event, char **ret_action);
