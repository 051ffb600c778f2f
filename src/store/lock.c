/* Lock: one command at a time for an application */

#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/json.h"

#define HOLDER_MAX    4096 /* bytes of a lock file: what is longer is not ours */
#define LOCK_NAME_MAX 200  /* bytes of its name; a longer one is hashed */

/* A holder that has the lock but has not written yet who it is */
#define HOLDER_TRIES        20
#define HOLDER_TRY_AGAIN_US 5000

/* The lock is on a descriptor for reading. One for writing stands beside it as long as the lock is
 * held: its closing, also by the kernel, is what store_lock_watch() sees, and the vain tries of
 * others do not look like it. */
struct StoreLock {
        int fd;
        int mark_fd;
};

void lock_holder_clear(LockHolder *holder)
{
        g_clear_pointer(&holder->command, g_free);
        holder->pid = 0;
        holder->since_wall_us = 0;
}

char *store_lock_path(Store *store, const char *app)
{
        g_autoptr(GString) name = g_string_new(NULL);

        for (const char *at = app; *at != '\0'; at++) {
                if (g_ascii_isalnum(*at) || strchr("-_", *at) != NULL || (*at == '.' && at != app))
                        g_string_append_c(name, *at);
                else
                        g_string_append_printf(name, "%%%02X", (guchar) *at);
        }
        if (name->len > LOCK_NAME_MAX) {
                g_autofree char *digest = secret_digest(app, strlen(app));

                g_string_assign(name, "%long-");
                g_string_append(name, digest);
        }
        return g_strdup_printf("%s/%s/%s", store->dir, STORE_LOCKS_NAME, name->str);
}

/* ---- Who holds it ---- */

static bool write_holder(int fd, const char *app, const char *command)
{
        g_autoptr(json_t) holder = json_pack("{s:s, s:I, s:s, s:I}", "app", app, "pid",
                                             (json_int_t) getpid(), "command", command,
                                             "since_wall_us", (json_int_t) store_now_us());
        g_autofree char *text = NULL;
        ssize_t length;

        if (holder == NULL) /* no UTF-8 */
                return ftruncate(fd, 0) == 0;
        text = json_to_canonical_text(holder);
        length = strlen(text);
        return ftruncate(fd, 0) == 0 && pwrite(fd, text, length, 0) == length;
}

static bool read_holder(int fd, LockHolder *holder)
{
        char text[HOLDER_MAX];
        ssize_t n = pread(fd, text, sizeof text, 0);
        g_autoptr(json_t) root = n > 0 ? json_loadb(text, n, 0, NULL) : NULL;

        if (root == NULL)
                return false;
        holder->pid = json_int_at(root, "pid", 0);
        holder->command = g_strdup(json_string_at(root, "command", ""));
        holder->since_wall_us = json_int_at(root, "since_wall_us", 0);
        return true;
}

static void fail_locked(int fd, const char *app, LockHolder *ret_holder, GError **error)
{
        LockHolder holder = { 0 };

        for (int i = 0; i < HOLDER_TRIES && !read_holder(fd, &holder); i++)
                g_usleep(HOLDER_TRY_AGAIN_US);
        if (holder.pid != 0)
                g_set_error(error, STORE_ERROR, STORE_ERROR_LOCKED,
                            "`%s` (process %" G_GINT64_FORMAT ") works on %s", holder.command,
                            holder.pid, app);
        else
                g_set_error(error, STORE_ERROR, STORE_ERROR_LOCKED, "another process works on %s",
                            app);
        if (holder.command == NULL)
                holder.command = g_strdup("");
        if (ret_holder != NULL)
                *ret_holder = holder;
        else
                lock_holder_clear(&holder);
}

/* ---- Taking it ---- */

static int open_lock(const char *path, int flags, GError **error)
{
        int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
                store_fail_write(path, error);
        return fd;
}

/* Whether it is ours now; where another has it, errno is EWOULDBLOCK */
static bool try_lock(int fd)
{
        int rc;

        do
                rc = flock(fd, LOCK_EX | LOCK_NB);
        while (rc < 0 && errno == EINTR);
        return rc == 0;
}

StoreLock *store_lock(Store *store, const char *app, const char *command, LockHolder *ret_holder,
                      GError **error)
{
        g_autofree char *path = store_lock_path(store, app);
        g_autoptr(StoreLock) lock = NULL;

        if (store->is_readonly) {
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_WRITABLE,
                            "the state directory %s was opened for reading", store->dir);
                return NULL;
        }
        lock = g_new0(StoreLock, 1);
        lock->mark_fd = -1;
        /* The file stays when the lock goes: who unlinks it may unlink another's */
        lock->fd = open_lock(path, O_RDONLY | O_CREAT, error);
        if (lock->fd < 0)
                return NULL;
        if (!try_lock(lock->fd)) {
                if (errno == EWOULDBLOCK)
                        fail_locked(lock->fd, app, ret_holder, error);
                else
                        store_fail_write(path, error);
                return NULL;
        }
        lock->mark_fd = open_lock(path, O_RDWR, error);
        if (lock->mark_fd < 0)
                return NULL;
        /* Who holds it is for people; on a full disk it is held all the same */
        if (!write_holder(lock->mark_fd, app, command))
                g_debug("%s: %s", path, g_strerror(errno));
        return g_steal_pointer(&lock);
}

/* Asked of the kernel, not by trying: a reader that held the lock for an instant would turn away
 * whoever wants it just then. */
bool store_is_locked(Store *store, const char *app)
{
        g_autofree char *path = store_lock_path(store, app);
        g_autofree char *locks = NULL, *file = NULL;
        g_auto(GStrv) lines = NULL;
        struct stat info;

        if (stat(path, &info) < 0 || !g_file_get_contents("/proc/locks", &locks, NULL, NULL))
                return false;
        file = g_strdup_printf("%02x:%02x:%llu ", major(info.st_dev), minor(info.st_dev),
                               (unsigned long long) info.st_ino);
        lines = g_strsplit(locks, "\n", -1);
        for (char **line = lines; *line != NULL; line++) {
                if (strstr(*line, "FLOCK") != NULL && strstr(*line, "->") == NULL &&
                    strstr(*line, file) != NULL)
                        return true;
        }
        return false;
}

void store_unlock(StoreLock *lock)
{
        if (lock == NULL)
                return;
        if (lock->mark_fd >= 0 && ftruncate(lock->mark_fd, 0) < 0)
                g_debug("emptying a lock file: %s", g_strerror(errno));
        if (lock->fd >= 0)
                close(lock->fd);
        if (lock->mark_fd >= 0)
                close(lock->mark_fd);
        g_free(lock);
}
