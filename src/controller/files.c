#include "controller/files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

#define FILES_DIR         "files" /* in the state directory: one directory an application in it */
#define FILE_MODE_DEFAULT 0644

static unsigned mode_of(const SpecFile *file)
{
        return file->mode != 0 ? file->mode & 07777 : FILE_MODE_DEFAULT;
}

static int64_t group_of(const SpecFile *file)
{
        return MAX(file->gid >= 0 ? file->gid : file->uid, 0);
}

static char *name_of(const SpecFile *file)
{
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        g_autofree char *head = g_strdup_printf("%o %" G_GINT64_FORMAT ":%" G_GINT64_FORMAT " ",
                                                mode_of(file), MAX(file->uid, 0), group_of(file));

        g_checksum_update(sum, (const guchar *) head, -1);
        g_checksum_update(sum, (const guchar *) file->data, file->size);
        return g_strdup(g_checksum_get_string(sum));
}

static bool fail(GError **error, const char *what, const char *path)
{
        int code = errno;

        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s cannot be %s: %s", path,
                    what, g_strerror(code));
        return false;
}

static bool write_all(int fd, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return false;
                data += n;
                size -= n;
        }
        return true;
}

/* Under its name there is only ever the whole file, as it is to be. */
static bool keep(const char *dir, const SpecFile *file, const char *path, GError **error)
{
        g_autofree char *new_path = g_strconcat(path, ".new", NULL);
        bool ok;
        int fd;

        if (g_file_test(path, G_FILE_TEST_EXISTS))
                return true;
        if (g_mkdir_with_parents(dir, 0700) < 0)
                return fail(error, "made", dir);
        if (g_unlink(new_path) < 0 && errno != ENOENT)
                return fail(error, "removed", new_path);
        fd = g_open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return fail(error, "made", new_path);
        /* The mode comes last: giving a file away takes set-user-id from it. */
        ok = write_all(fd, file->data, file->size) &&
             ((file->uid < 0 && file->gid < 0) ||
              fchown(fd, MAX(file->uid, -1), group_of(file)) == 0) &&
             fchmod(fd, mode_of(file)) == 0 && fsync(fd) == 0;
        if (!ok)
                (void) fail(error, "written", new_path);
        close(fd);
        if (ok && g_rename(new_path, path) < 0)
                ok = fail(error, "renamed", new_path);
        if (!ok)
                (void) g_unlink(new_path);
        return ok;
}

static bool is_below(const char *path, const char *folder, size_t len)
{
        while (len > 0 && folder[len - 1] == '/')
                len--;
        return strncmp(path, folder, len) == 0 && path[len] == '/';
}

/* Below a `tmpfs` of the options: `/run:size=64m` */
static bool is_on_tmpfs(const Spec *spec, const char *path)
{
        const json_t *all = json_object_get(spec->options, "tmpfs"), *item;
        size_t i;

        json_array_foreach(all, i, item) {
                const char *text = json_string_value(item);

                if (text != NULL && is_below(path, text, strcspn(text, ":")))
                        return true;
        }
        return false;
}

bool files_must_mount(const Spec *spec, const SpecFile *file, bool is_local, const char **why)
{
        *why = "its root is read-only";
        if (spec->readonly_rootfs)
                return true;
        *why = "it is on a tmpfs";
        if (is_on_tmpfs(spec, file->path))
                return true;
        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if (is_below(file->path, mount->target, strlen(mount->target)) &&
                    (mount->type == MOUNT_TMPFS || (file->resource != NULL && is_local)))
                        return true;
        }
        return false;
}

bool files_mount(const char *state_dir, const char *app, const Spec *spec, Arena *arena,
                 Spec *ret_spec, GError **error)
{
        g_autofree char *dir = g_build_filename(state_dir, FILES_DIR, app, NULL);
        SpecMount *mounts = arena_new0(arena, SpecMount, spec->n_mounts + spec->n_files);
        SpecFile *files = arena_new0(arena, SpecFile, spec->n_files);
        size_t total = 0, n_mounts = spec->n_mounts, n_files = 0;

        if (spec->n_mounts > 0)
                memcpy(mounts, spec->mounts, spec->n_mounts * sizeof *mounts);
        for (size_t i = 0; i < spec->n_files; i++) {
                const SpecFile *file = &spec->files[i];
                g_autofree char *name = name_of(file);
                g_autofree char *path = g_build_filename(dir, name, NULL);
                const char *why;

                if (!files_must_mount(spec, file, true, &why)) {
                        files[n_files++] = *file;
                        continue;
                }
                total += file->size;
                if (total > FILES_MOUNTED_MAX) {
                        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                                    "%s: the container's files have more than %zu MiB together",
                                    file->path, FILES_MOUNTED_MAX >> 20);
                        return false;
                }
                if (!keep(dir, file, path, error))
                        return false;
                mounts[n_mounts++] = (SpecMount){
                        .type = MOUNT_BIND,
                        .source = arena_strdup(arena, path),
                        .target = file->path,
                        .read_only = true,
                        .propagation = "",
                        .selinux = "",
                        .create_owner = -1,
                };
        }
        *ret_spec = *spec;
        ret_spec->mounts = mounts;
        ret_spec->n_mounts = n_mounts;
        ret_spec->files = files;
        ret_spec->n_files = n_files;
        return true;
}

static bool is_mounted(const char *path, const GPtrArray *containers)
{
        for (guint i = 0; i < containers->len; i++) {
                const Container *container = containers->pdata[i];

                for (guint j = 0; container->mounts != NULL && j < container->mounts->len; j++) {
                        if (g_strcmp0(g_array_index(container->mounts, ContainerMount, j).source,
                                      path) == 0)
                                return true;
                }
        }
        return false;
}

bool files_has(const char *state_dir, const char *app)
{
        g_autofree char *dir = g_build_filename(state_dir, FILES_DIR, app, NULL);

        return g_file_test(dir, G_FILE_TEST_IS_DIR);
}

void files_sweep(const char *state_dir, const char *app, const GPtrArray *containers)
{
        g_autofree char *dir = g_build_filename(state_dir, FILES_DIR, app, NULL);
        g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
        const char *name;

        while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
                g_autofree char *path = g_build_filename(dir, name, NULL);

                if (!is_mounted(path, containers))
                        (void) g_unlink(path);
        }
        /* Stays where it is not empty */
        (void) g_rmdir(dir);
}
