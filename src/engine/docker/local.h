#pragma once

/*
 * Local: is the engine on this machine, and since when does it run?
 *
 * Found out from who listens on its socket. Only when that process can be seen, and
 * runs on the kernel that the engine says it runs on, are process ids and paths that
 * the engine names ours, too: a forwarded socket looks local and is not.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/spec.h"

typedef struct EngineLocal {
        bool is_local;           /* its process ids are ours */
        bool shares_paths;       /* … and so is its file tree */
        bool shares_kernel;      /* as far as can be told: a container's address means the same */
        int64_t started_wall_ns; /* of the engine's process, else of the host; 0: unknown, also
                                    where the clock was set since, as far as that can be seen */
} EngineLocal;

/* @unix_path: NULL for TCP; @kernel: the release that the engine says it runs on */
EngineLocal engine_local_find(const char *unix_path, const char *kernel);

/* When the process began; 0 where there is none or it may not be seen */
int64_t process_started_wall_ns(int64_t pid);

/* When the process wrote its number into this file, by the clock as it was then; 0: it has not */
int64_t pidfile_wall_ns(const char *path, int64_t pid);

/* Whether the clock was set between a process's beginning, as it is reckoned from now, and what it
 * noted soon after it (0: nothing) */
bool clock_was_set(int64_t began_wall_ns, int64_t noted_wall_ns);

/**
 * process_is_of_container() - whether the pid is (still) one of this container's
 * @started_wall_ns: when the engine says that the container was started; compared where the
 *                   process's control groups do not tell
 */
bool process_is_of_container(int64_t pid, const char *id, int64_t started_wall_ns);

/**
 * host_path_make() - make a directory and what is missing above it
 * @mode:  of the directory itself where it had to be made; 0: 0755
 * @owner: uid; -1: leave it
 *
 * What is there already, directory or not, stays as it is.
 *
 * Return: false with ENGINE_ERROR (NO_SPACE, PERMISSION, BAD_REQUEST, FAILED)
 */
bool host_path_make(const char *path, unsigned mode, int64_t owner, bool *ret_was_created,
                    GError **error);

/* Whether somebody in the network of this process listens on the port, other than on loopback.
 * 1: yes, 0: no, -1: its tables cannot be read */
int socket_table_look(int64_t pid, uint16_t port, PortProto proto);

/* The same, of a table's text */
bool socket_table_has_listener(const char *text, size_t size, uint16_t port, PortProto proto);
