/* Watch: tells when another process has written */

#include "store/db.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* After a write to the log: it is visible once synced and announced. Who was killed in between
 * announces nothing, so look once more. */
#define LOOK_AGAIN_MS 1000

/* When a process ends, the order in which its descriptors go is the kernel's affair */
#define LOCK_SETTLES_MS 20

struct StoreWatch {
        Store *store;
        int fd;
        guint source;
        guint look_again;
        char *name;      /* of the file that is touched */
        bool is_lock;    /* every event counts; else only a changed database */
        int64_t version; /* data_version when last looked */
        void (*changed)(gpointer user);
        gpointer user;
};

/* Changes whenever another connection has committed; -1 where it cannot be read just now */
static int64_t data_version(Store *store)
{
        sqlite3_stmt *stmt = db_query(store, NULL, "PRAGMA data_version", "");
        int64_t version = -1;
        bool is_row;

        if (stmt == NULL || !db_step(store, stmt, &is_row, NULL))
                return -1;
        if (is_row)
                version = sqlite3_column_int64(stmt, 0);
        db_done(stmt);
        return version;
}

static void look(StoreWatch *watch)
{
        if (!watch->is_lock) {
                int64_t version = data_version(watch->store);

                if (version == watch->version)
                        return;
                watch->version = version;
        }
        watch->changed(watch->user);
}

static gboolean on_look_again(gpointer data)
{
        StoreWatch *watch = data;

        watch->look_again = 0;
        look(watch);
        return G_SOURCE_REMOVE;
}

/* What happened to files of the directory; false at the end of what there is to read */
static bool read_events(StoreWatch *watch, bool *announced, bool *written)
{
        _Alignas(struct inotify_event) char buffer[8192];
        ssize_t n = read(watch->fd, buffer, sizeof buffer);

        for (ssize_t at = 0; at < n;) {
                const struct inotify_event *event = (const void *) (buffer + at);

                if ((event->mask & IN_Q_OVERFLOW) != 0 ||
                    (event->len > 0 && strcmp(event->name, watch->name) == 0))
                        *announced = true;
                else if (event->len > 0 && !watch->is_lock &&
                         strcmp(event->name, STORE_WAL_NAME) == 0)
                        *written = true;
                at += sizeof *event + event->len;
        }
        return n > 0;
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
        StoreWatch *watch = data;
        bool announced = false, written = false;

        while (read_events(watch, &announced, &written))
                ;
        if (watch->look_again == 0 && (written || (announced && watch->is_lock)))
                watch->look_again = g_timeout_add(watch->is_lock ? LOCK_SETTLES_MS : LOOK_AGAIN_MS,
                                                  on_look_again, watch);
        if (announced && !watch->is_lock)
                look(watch);
        return G_SOURCE_CONTINUE;
}

static StoreWatch *watch_new(Store *store, const char *dir, const char *name, uint32_t mask,
                             GError **error)
{
        g_autoptr(StoreWatch) watch = g_new0(StoreWatch, 1);

        watch->store = store;
        watch->name = g_strdup(name);
        watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (watch->fd < 0 || inotify_add_watch(watch->fd, dir, mask) < 0) {
                g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "watching %s: %s", dir,
                            g_strerror(errno));
                return NULL;
        }
        watch->source = g_unix_fd_add(watch->fd, G_IO_IN, on_readable, watch);
        return g_steal_pointer(&watch);
}

StoreWatch *store_watch(Store *store, void (*changed)(gpointer user), gpointer user, GError **error)
{
        StoreWatch *watch;

        if (store->is_nothing) {
                g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                            "nothing was ever recorded in the state directory %s", store->dir);
                return NULL;
        }
        watch = watch_new(store, store->dir, STORE_CHANGES_NAME, IN_ATTRIB | IN_MODIFY, error);
        if (watch == NULL)
                return NULL;
        watch->changed = changed;
        watch->user = user;
        watch->version = data_version(store);
        return watch;
}

StoreWatch *store_lock_watch(Store *store, const char *app, void (*changed)(gpointer user),
                             gpointer user, GError **error)
{
        g_autofree char *path = store_lock_path(store, app);
        g_autofree char *dir = g_path_get_dirname(path);
        g_autofree char *name = g_path_get_basename(path);
        StoreWatch *watch = watch_new(store, dir, name, IN_CLOSE_WRITE, error);

        if (watch == NULL)
                return NULL;
        watch->is_lock = true;
        watch->changed = changed;
        watch->user = user;
        return watch;
}

void store_unwatch(StoreWatch *watch)
{
        if (watch == NULL)
                return;
        if (watch->source != 0)
                g_source_remove(watch->source);
        if (watch->look_again != 0)
                g_source_remove(watch->look_again);
        if (watch->fd >= 0)
                close(watch->fd);
        g_free(watch->name);
        g_free(watch);
}
