#pragma once

/*
 * Tar: an archive of a few files, in memory
 *
 * POSIX ustar, with GNU's long names and binary numbers where ustar has no room.
 */

#include <glib.h>
#include <stdint.h>

#define TAR_PATH_MAX 4096 /* bytes of a path; longer ones are a bug of the caller */

/* Appends a file; a leading slash of @path is left out, as archives do */
void tar_add_file(GByteArray *tar, const char *path, const char *data, size_t size, unsigned mode,
                  int64_t uid, int64_t gid, int64_t mtime_s);

/* Appends what ends an archive */
void tar_end(GByteArray *tar);
