/* Lock: one command at a time for an application; others wait, or say who has it */

#include "base/timefmt.h"
#include "controller/internal.h"
#include "controller/waiting.h"

/* When the watch sees nothing (there is a limit on them) */
#define LOOK_AGAIN_S 2

static void on_lock_changed(gpointer user)
{
        g_main_loop_quit(user);
}

static gboolean on_look_again(gpointer user)
{
        g_main_loop_quit(user);
        return G_SOURCE_CONTINUE;
}

/* "`slipway up app.yml`, process 4711, since 12:03:04" */
static char *holder_to_text(const LockHolder *holder)
{
        g_autoptr(GDateTime)
                since = g_date_time_new_from_unix_utc(holder->since_wall_us / US_PER_S);
        g_autofree char *time = since == NULL ? g_strdup("?")
                                              : g_date_time_format(since, "%H:%M:%S UTC");

        return g_strdup_printf("`%s`, process %" G_GINT64_FORMAT ", since %s", holder->command,
                               holder->pid, time);
}

/* One try. NULL: @ret_who has it, or there is an error */
static StoreLock *try_lock(Controller *controller, const char *app, const char *command,
                           char **ret_who, GError **error)
{
        LockHolder holder = { 0 };
        g_autoptr(GError) inner = NULL;
        StoreLock *lock = store_lock(controller->store, app, command == NULL ? "slipway" : command,
                                     &holder, &inner);

        g_clear_pointer(ret_who, g_free);
        if (lock != NULL)
                return lock;
        if (g_error_matches(inner, STORE_ERROR, STORE_ERROR_LOCKED)) {
                *ret_who = holder_to_text(&holder);
                lock_holder_clear(&holder);
                return NULL;
        }
        g_propagate_error(error, g_steal_pointer(&inner));
        controller_wrap(error, CONTROLLER_ERROR_STORE);
        return NULL;
}

static char *describe_holder(gpointer user)
{
        char **who = user;

        return *who == NULL ? NULL : g_strdup_printf("for %s", *who);
}

/* Behind the one that has it, until we have it */
static StoreLock *queue(Controller *controller, const char *app, const char *command, char **who,
                        const UpObserver *observer, GError **error)
{
        g_autoptr(Waiting) waiting = waiting_begin(observer, 0, describe_holder, who);
        guint timer = g_timeout_add_seconds(LOOK_AGAIN_S, on_look_again, controller->loop);
        StoreLock *lock = NULL;

        while (*who != NULL && !controller->is_interrupted) {
                g_autoptr(StoreWatch) watch = store_lock_watch(
                        controller->store, app, on_lock_changed, controller->loop, NULL);

                lock = try_lock(controller, app, command, who, error);
                if (lock == NULL && *who != NULL)
                        g_main_loop_run(controller->loop);
        }
        g_source_remove(timer);
        if (lock == NULL && *who != NULL)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_INTERRUPTED, "interrupted");
        return lock;
}

StoreLock *controller_lock(Controller *controller, const char *app, const char *command, bool wait,
                           const UpObserver *observer, GError **error)
{
        g_autofree char *who = NULL;
        StoreLock *lock = try_lock(controller, app, command, &who, error);

        if (lock != NULL || who == NULL)
                return lock;
        if (wait)
                return queue(controller, app, command, &who, observer, error);
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_BUSY,
                    "another command works on %s: %s", app, who);
        return NULL;
}
