#pragma once

/*
 * Outside: what settings need of the network and the engine
 *
 * The functions for SettingsHost. They wait for the end of what they begin; the default main
 * context runs meanwhile.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "model/application.h"

#define RAW_IMAGE        "ubuntu:22.04" /* where `raw` commands run, unless told otherwise */
#define RAW_TIMEOUT_S    15             /* where the file says none */
#define RAW_OUTPUT_MAX   (1u << 20)     /* bytes of each stream that are kept */
#define OUTSIDE_BODY_MAX (1u << 20)     /* bytes of a page */

/* Fetches a page: as SettingsHost.fetch, @user is not used */
bool outside_fetch(gpointer user, const char *url, int64_t timeout_us, long *ret_status,
                   char **ret_body, GError **error);

/**
 * outside_run_raw() - run a command in a container of its own
 * @image:        NULL: RAW_IMAGE; pulled where it is missing
 * @installation: for the container's label
 *
 * The arguments, joined by blanks, are a command line for bash. The container is removed, whatever
 * happens; nothing of the host is in it.
 *
 * Return: (transfer full) what it wrote to stdout; NULL where it failed, with what it wrote to
 * stderr, or did not end within its time
 */
char *outside_run_raw(Engine *engine, const char *image, const char *installation,
                      const Command *command, GError **error);
