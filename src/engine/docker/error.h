#pragma once

/*
 * Errors: what the engine said, as what it means
 */

#include <glib.h>

#include "engine/engine.h"
#include "net/http.h"

/**
 * docker_error_from_reply() - an error status, or an error inside a stream, as a GError
 * @status: of HTTP; 0 for one inside a stream
 * @body:   {"message": "…"} or text
 *
 * The message is a sentence of ours and then the engine's own words.
 */
GError *docker_error_from_reply(EngineOp op, long status, const char *body, size_t size);
GError *docker_error_from_words(EngineOp op, long status, const char *words);

/* A request that got no whole reply. @host: as the user gave it; @unix_path: NULL for TCP. */
GError *docker_error_from_transport(const HttpResult *result, const char *host,
                                    const char *unix_path);
