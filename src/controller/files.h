#pragma once

/*
 * Files: an application's files that a container mounts
 *
 * Nothing can be written into a container whose root is read-only, nor below what is mounted when it
 * starts: a tmpfs would cover it, and a volume keep it. Such files are kept in the state directory, as plain text in a directory that only its owner may enter, and mounted
 * (decision 22). A file is named after all that it is: the same one is there once, and another one
 * never takes the place of one that a container still has mounted.
 */

#include <glib.h>
#include <stdbool.h>

#include "engine/engine.h"
#include "model/spec.h"

#define FILES_MOUNTED_MAX ((size_t) 64 * 1024 * 1024) /* bytes of one container's files */

/* Whether it must be mounted, as nothing that is written there is where the container sees it; @why
 * is set to the reason. One of a remote engine can be no mount, and is written into a volume. */
bool files_must_mount(const Spec *spec, const SpecFile *file, bool is_local, const char **why);

/**
 * files_mount() - keep the files of a spec that must be mounted, and mount them
 * @state_dir: absolute
 * @app:       a slug
 * @arena:     of what @ret_spec has and @spec has not
 * @ret_spec:  a copy of @spec with mounts in place of such files; as long as both
 *
 * Return: false with G_FILE_ERROR
 */
bool files_mount(const char *state_dir, const char *app, const Spec *spec, Arena *arena,
                 Spec *ret_spec, GError **error);

/* Whether files of the application are kept */
bool files_has(const char *state_dir, const char *app);

/* Removes the files of an application that none of its containers mounts.
 * @containers: (element-type Container) all that it has, running or not */
void files_sweep(const char *state_dir, const char *app, const GPtrArray *containers);
