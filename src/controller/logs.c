/* `logs`: what containers print. A container that is followed may end and be started again, or be
 * replaced: what is started is read as well, until nothing runs any more. */

#include <string.h>

#include "controller/internal.h"
#include "controller/labels.h"

typedef struct Logging {
        Controller *controller;
        const char *app, *workload; /* NULL: of all */
        bool follow;
        int64_t tail;
        LogFunc on_data;
        gpointer user;
        GPtrArray *readers; /* LogReader */
        guint n_open;
        bool is_stale; /* something has started or ended: look anew at what there is */
        GError *error;
} Logging;

/* Of one container */
typedef struct LogReader {
        Logging *logging;
        char *id, *workload;
        EngineCall *call;     /* NULL: at its end */
        int64_t life_wall_ns; /* start of the life that is read */
        int64_t died_wall_ns; /* the newest end that the engine has told of; 0: none */
} LogReader;

static void reader_free(gpointer pointer)
{
        LogReader *reader = pointer;

        engine_cancel(reader->logging->controller->engine, reader->call);
        g_free(reader->id);
        g_free(reader->workload);
        g_free(reader);
}

static void look_again(gpointer user)
{
        Logging *logging = user;

        logging->is_stale = true;
        g_main_loop_quit(logging->controller->loop);
}

static void on_log(const EngineReply *reply, gpointer user)
{
        LogReader *reader = user;
        Logging *logging = reader->logging;

        if (reply->data != NULL)
                logging->on_data(reader->workload, reply->is_stderr, reply->data, reply->size,
                                 logging->user);
        if (!reply->is_final)
                return;
        if (reply->error != NULL && logging->error == NULL &&
            !g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND))
                logging->error = g_error_copy(reply->error);
        reader->call = NULL;
        logging->n_open--;
        look_again(logging);
}

static LogReader *find_reader(const Logging *logging, const char *id)
{
        for (guint i = 0; i < logging->readers->len; i++) {
                LogReader *reader = logging->readers->pdata[i];

                if (strcmp(reader->id, id) == 0)
                        return reader;
        }
        return NULL;
}

static void read_life(LogReader *reader, const Container *container, int64_t since_wall_ns,
                      int64_t tail)
{
        Logging *logging = reader->logging;

        reader->life_wall_ns = container->started_wall_ns;
        logging->n_open++;
        reader->call = engine_send(logging->controller->engine,
                                   &(EngineRequest){ .op = ENGINE_LOGS,
                                                     .id = container->id,
                                                     .since_wall_ns = since_wall_ns,
                                                     .tail = tail,
                                                     .follow = logging->follow },
                                   on_log, reader);
}

/* Where the next life begins in the log. Its first lines can be older than its start, which the
 * engine notes afterwards, and the last ones of the former life younger than its end; the news of
 * that end lies between them. */
static int64_t next_life(const LogReader *reader, const Container *container)
{
        if (container->started_wall_ns < reader->life_wall_ns)
                return container->started_wall_ns; /* the clock was set back */
        if (reader->died_wall_ns > reader->life_wall_ns)
                return reader->died_wall_ns;
        if (container->finished_wall_ns > reader->life_wall_ns)
                return container->finished_wall_ns;
        return container->started_wall_ns;
}

static bool is_up(const Container *container)
{
        return container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED ||
               container->state == CONTAINER_RESTARTING;
}

/* Begins to read what is not read yet. Returns whether any of it runs, or will again. */
static bool read_all(Logging *logging, const World *world)
{
        bool is_first = logging->readers->len == 0, runs = false;

        for (guint i = 0; i < world->views->len; i++) {
                const CoreContainer *view = world_view(world, i);
                const Container *container = world->containers->pdata[i];
                LogReader *reader = find_reader(logging, view->id);

                if (logging->workload != NULL && strcmp(logging->workload, view->workload_id) != 0)
                        continue;
                runs = runs || is_up(container);
                if (reader == NULL && logging->follow && container->started_wall_ns == 0)
                        continue;
                if (reader == NULL) {
                        reader = g_new0(LogReader, 1);
                        reader->logging = logging;
                        reader->id = g_strdup(view->id);
                        reader->workload = g_strdup(view->workload_id);
                        g_ptr_array_add(logging->readers, reader);
                        read_life(reader, container, 0, is_first ? logging->tail : -1);
                } else if (reader->call == NULL && container->started_wall_ns != 0 &&
                           container->started_wall_ns != reader->life_wall_ns) {
                        read_life(reader, container, next_life(reader, container), -1);
                }
        }
        return runs;
}

static void on_event(const EngineReply *reply, gpointer user)
{
        Logging *logging = user;
        const char *action = reply->event == NULL ? "" : reply->event->action;
        LogReader *reader = reply->event == NULL ? NULL : find_reader(logging, reply->event->id);

        if (reader != NULL && strcmp(action, "die") == 0)
                reader->died_wall_ns = reply->event->wall_ns;
        if (reply->is_open || strcmp(action, "start") == 0 || strcmp(action, "die") == 0)
                look_again(logging);
}

/* Until nothing is open, and none runs and no command is at work on it that could start one */
static bool read_on(Logging *logging, GError **error)
{
        Controller *controller = logging->controller;

        while (!controller->is_interrupted && logging->error == NULL) {
                g_autoptr(World) world = NULL;
                bool runs;

                if (!logging->is_stale) {
                        g_main_loop_run(controller->loop);
                        continue;
                }
                logging->is_stale = false;
                if (!logging->follow && logging->readers->len > 0) {
                        if (logging->n_open == 0)
                                return true;
                        continue;
                }
                world = controller_world(controller, logging->app, false, error);
                if (world == NULL)
                        return false;
                runs = read_all(logging, world);
                if (logging->n_open == 0 &&
                    !(logging->follow &&
                      (runs || store_is_locked(controller->store, logging->app))))
                        return true;
        }
        if (logging->error == NULL)
                return true;
        g_propagate_error(error, g_steal_pointer(&logging->error));
        controller_wrap(error, CONTROLLER_ERROR_ENGINE);
        return false;
}

bool controller_logs(Controller *controller, const char *app, const char *workload, bool follow,
                     int64_t tail, LogFunc on_data, gpointer user, GError **error)
{
        g_autoptr(Deployment) deployment = NULL;
        g_autoptr(GPtrArray) readers = g_ptr_array_new_with_free_func(reader_free);
        g_autoptr(StoreWatch) lock_watch = NULL;
        g_autofree char *label = g_strconcat(LABEL_APP "=", app, NULL);
        const char *const labels[] = { label, NULL };
        Logging logging = { .controller = controller,
                            .app = app,
                            .workload = workload,
                            .follow = follow,
                            .tail = tail,
                            .on_data = on_data,
                            .user = user,
                            .readers = readers,
                            .is_stale = true };
        EngineCall *watch = NULL;
        bool ok;

        if (!controller_open_store(controller, false, error))
                return false;
        deployment = controller_deployment(controller, app, 0, error);
        if (deployment == NULL || !controller_open_engine(controller, app, error))
                return false;
        if (follow) {
                watch = engine_send(controller->engine,
                                    &(EngineRequest){ .op = ENGINE_WATCH, .labels = labels },
                                    on_event, &logging);
                lock_watch = store_lock_watch(controller->store, app, look_again, &logging, NULL);
        }
        ok = read_on(&logging, error);
        engine_cancel(controller->engine, watch);
        g_clear_error(&logging.error);
        if (!ok || readers->len > 0)
                return ok;
        g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED,
                    "%s%s%s has no container that could have printed anything; `slipway status %s` "
                    "shows what there is, `slipway runs` has the last lines of what ran once",
                    app, workload == NULL ? "" : "/", workload == NULL ? "" : workload, app);
        return false;
}
