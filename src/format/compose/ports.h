#pragma once

/*
 * Ports: `127.0.0.1:8000-8001:80-81/udp` → one mapping each
 */

#include "format/compose/loader.h"

/* Appends the ports of a short form to a list. False with what is wrong in *ret_problem (static). */
bool ports_expand(Arena *arena, const ComposeNode *item, ComposeNode *list,
                  const char **ret_problem);
