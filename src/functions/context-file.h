#pragma once

/*
 * Context file: a provider that answers from a JSON document
 *
 * For `slipway eval --context FILE` and tests. Members: config, config_data, license
 * {fields, properties}, app {id, version, version_first, version_current, settings}, console,
 * nodes {"component/image": [{private, public, ports}]}, this_node {private, public, docker,
 * interfaces}, ldap, docker_info, run_offline, data (the template's dot), now (RFC 3339: the clock
 * stands still).
 */

#include "functions/functions.h"

typedef struct ContextFile ContextFile;

ContextFile *context_file_load(const char *path, GError **error);
ContextFile *context_file_from_json(const json_t *root); /* takes a reference */
ContextFile *context_file_new(void);                     /* nothing is known */
void context_file_free(ContextFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContextFile, context_file_free)

/* Sets a configuration option, for `--set NAME=VALUE` */
void context_file_set(ContextFile *file, const char *name, const char *value);

const FunctionProvider *context_file_provider(const ContextFile *file);

/* The member "data" as a template's data, in the arena; nil where there is none. A number without
 * fraction or exponent in the file is an int, any other a float64. */
Value context_file_data(const ContextFile *file, Arena *arena);
