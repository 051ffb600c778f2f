#pragma once

/*
 * Internal: what the controller's commands share, and nobody else sees
 */

#include "controller/controller.h"
#include "controller/deploy.h"
#include "format/format.h"

struct Controller {
        char *state_dir;
        char *host;
        char *given_node_address;
        void (*on_notice)(const char *text, gpointer user); /* NULL: nobody reads it */
        gpointer notice_user;
        Store *store;
        bool is_store_writable;
        Engine *engine;
        FormatTarget target; /* of @engine */
        bool without_ipvs;
        bool is_target_chosen; /* by `up`; else each application has its own */
        EngineInfo *info;
        Deploy *deploy;  /* under way */
        GMainLoop *loop; /* of a command that waits otherwise */
        bool is_interrupted;
};

/* An application as its last (or another) deployment left it */
typedef struct Loaded {
        Deployment *deployment;
        Application *app;
        Application *settings_app; /* of a release: owns the settings of @app; NULL */
        Settings *settings;
        Scene *scene;
        SettingsHost host;
        DiagList *diags;
} Loaded;

void loaded_clear(Loaded *loaded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Loaded, loaded_clear)

/* Opens what is not open yet; @app: whose engine, NULL: the host's. Errors are CONTROLLER_ERROR_STORE
 * and _ENGINE, with a sentence. */
bool controller_open_store(Controller *controller, bool is_writable, GError **error);
bool controller_open_engine(Controller *controller, const char *app, GError **error);

/* From now on this kind of engine, whatever an application ran on */
void controller_use(Controller *controller, FormatTarget target, bool without_ipvs);

/* What a release for a Swarm runs on: that, where the engine manages one, else this host */
bool controller_find_target(Controller *controller, FormatTarget *ret_target, GError **error);

/* What the engine has of the application; opens the engine. One round of requests. */
World *controller_world(Controller *controller, const char *app, bool with_others, GError **error);

/* The application's lock; @wait queues, and tells @observer for whom. NULL with CONTROLLER_ERROR_BUSY
 * and who holds it, or _INTERRUPTED. */
StoreLock *controller_lock(Controller *controller, const char *app, const char *command, bool wait,
                           const UpObserver *observer, GError **error);

/* NULL with CONTROLLER_ERROR_NO_APP, and which there are */
Deployment *controller_deployment(Controller *controller, const char *app, int64_t number,
                                  GError **error);

/* What the application was deployed to */
FormatTarget deployment_target(const Deployment *deployment);

/* The model of the deployment that serves, else of the last one; settings only if asked for */
bool controller_load(Controller *controller, const char *app, int64_t number, bool with_settings,
                     Loaded *ret_loaded, GError **error);

/* Text of a file that the user names, `-` for stdin; CONTROLLER_ERROR_FILE where it cannot be read */
bool controller_slurp(const char *file, char **ret_text, gsize *ret_size, GError **error);

/* (transfer full, element-type SettingsArgument) `--set` arguments, with a NULL behind them; NULL
 * where one cannot be read */
GPtrArray *controller_parse_set(const char *const *set, GError **error);

/* The engine's or store's error as one of ours */
void controller_wrap(GError **error, ControllerError code);

/* A row in the log, for people: nothing depends on it, and that it failed is not told */
void controller_fact(Controller *controller, const char *app, int64_t deployment, const char *event,
                     const char *workload, const char *text);

/* Splits APP/COMPONENT/CONTAINER; *ret_workload is NULL for an application */
void controller_split_target(const char *target, char **ret_app, char **ret_workload);

/* Waits, running the main context, until interrupted */
void controller_wait_interrupt(Controller *controller);

/* controller_up(); @is_start: what is stored, without a deployment of its own (`start`) */
bool controller_bring_up(Controller *controller, const UpOptions *options, bool is_start,
                         const UpObserver *observer, DiagList *diags, json_t **ret_result,
                         GError **error);
