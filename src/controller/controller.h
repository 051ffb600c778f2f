#pragma once

/*
 * Controller: the shell around the core
 *
 * It reads files, feeds the core, performs its effects with the engine, and writes
 * facts to the store before it acts on them. Every function that a command needs is
 * here; results are JSON values of the documented shapes (docs/cli.md), so that the
 * command line and, later, the server show the same. They are (transfer full). Functions
 * block, running the default main context meanwhile, and fail with a CONTROLLER_ERROR.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "core/core.h"

typedef struct Controller Controller;

typedef enum ControllerError {
        CONTROLLER_ERROR_FILE,    /* findings in the file: they are in the DiagList */
        CONTROLLER_ERROR_NO_APP,  /* no such application */
        CONTROLLER_ERROR_BUSY,    /* another command works on it */
        CONTROLLER_ERROR_REFUSED, /* a rule of ours forbids it; the message says which */
        CONTROLLER_ERROR_ENGINE,  /* the engine does not answer or says no */
        CONTROLLER_ERROR_STORE,
        CONTROLLER_ERROR_FAILED, /* the deployment ended otherwise than well */
        CONTROLLER_ERROR_INTERRUPTED,
        CONTROLLER_ERROR_USAGE, /* a value given by the user cannot be used: exit 2 */
} ControllerError;

#define CONTROLLER_ERROR (controller_error_quark())
GQuark controller_error_quark(void);

typedef struct ControllerOptions {
        const char *state_dir;    /* NULL: the default */
        const char *host;         /* of the engine; NULL: DOCKER_HOST or the default */
        const char *node_address; /* NULL: SLIPWAY_NODE_ADDRESS or found out */
        /* A line about what a command waits for, whatever it is doing; NULL: nobody reads it */
        void (*on_notice)(const char *text, gpointer user);
        gpointer notice_user;
} ControllerOptions;

/* Opens nothing: store and engine are opened when a command first needs them. */
Controller *controller_new(const ControllerOptions *options);
void controller_free(Controller *controller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Controller, controller_free)

/* Ends the command under way as Ctrl-C does. For a signal handler on the main context. */
void controller_interrupt(Controller *controller);

/* ---- up and plan ---- */

typedef enum PullPolicy {
        PULL_MISSING,
        PULL_ALWAYS,
        PULL_NEVER,
} PullPolicy;

typedef struct UpOptions {
        const char *const *files; /* NULL: the application's last deployment; several Compose files
                                     are merged in this order */
        const char *project_dir;  /* Compose; NULL: the first file's folder */
        const char *const *profiles, *const *env_files; /* Compose; NULL */
        const char *engine;     /* docker, swarm; NULL: as the application was, or the file asks */
        bool without_ipvs;      /* Swarm: no virtual addresses and no ingress mesh */
        const char *app;        /* --app; NULL: the file's name. Without a file: required */
        const char *const *set; /* NAME=VALUE, NAME=@FILE, NAME=-; NULL-terminated or NULL */
        const char *settings_file;
        const char *const *rerun; /* ids */
        int64_t timeout_s;        /* 0: none */
        int64_t deployment;       /* go back to this one; 0: no */
        PullPolicy pull;
        bool wait;                /* queue behind another command */
        bool strict;              /* warnings of the file are errors */
        const char *command_line; /* for whom another command tells about us */
} UpOptions;

/* What the operator sees while it goes on. Any member may be NULL. */
typedef struct UpObserver {
        /* A workload's progress changed, or (index -1) the whole's; @detail is for people:
         * "pulling 40 %", "waits for db/postgres to listen on port 5432" */
        void (*on_progress)(const Application *app, int workload, const WorkloadProgress *progress,
                            const char *detail, gpointer user);
        /* A line worth keeping when no live display is there: "db/postgres started" */
        void (*on_message)(const char *text, gpointer user);
        /* The last lines of a container that failed, secrets masked */
        void (*on_quote)(const char *workload, const char *lines, gpointer user);
        gpointer user;
} UpObserver;

/**
 * controller_up() - bring up or upgrade, wait for started
 * @diags:  findings of the file, warnings included; to be shown first
 * @ret_result: {"app","deployment","outcome","reason","workloads":[{"id","action","state","reason",
 *          "container","exit_code","runs"}],"warnings":[…],"elapsed_ms"}; set, too, when the
 *          deployment failed
 */
bool controller_up(Controller *controller, const UpOptions *options, const UpObserver *observer,
                   DiagList *diags, json_t **ret_result, GError **error);

/* {"app","deployment","changes":bool,"workloads":[{"id","kind","action","reason","fields",
 * "waits_for","container"}],"warnings":[…]}; touches nothing */
bool controller_plan(Controller *controller, const UpOptions *options, DiagList *diags,
                     json_t **ret_plan, GError **error);

/* Pulls every image of the file; {"images":[{"image","result"}]} */
bool controller_pull(Controller *controller, const UpOptions *options, const UpObserver *observer,
                     DiagList *diags, json_t **ret_result, GError **error);

/* ---- Stopping and starting ---- */

typedef struct DownOptions {
        bool volumes;     /* remove what carries our label and nobody else mounts */
        bool wait, force; /* while a run-once runs: wait for it, or kill it */
        const char *command_line;
} DownOptions;

/* Stops the application's containers, children first, and removes them and its networks.
 * {"app","removed":[{"id","container","result"} or {"volume","result"}]}. CONTROLLER_ERROR_REFUSED
 * while a run-once runs, unless it is waited for or killed. */
bool controller_down(Controller *controller, const char *app, const DownOptions *options,
                     const UpObserver *observer, json_t **ret_result, GError **error);

/* @target: APP or APP/COMPONENT/CONTAINER. Of an application what served last is brought up, and the
 * result is that of controller_up(); of one container {"app","started":[{"id","container",
 * "result"}]}. */
bool controller_start(Controller *controller, const char *target, const UpObserver *observer,
                      json_t **ret_result, GError **error);

/* Nothing is removed. {"app","stopped":[{"id","container","result"}]}; refuses like
 * controller_down(). */
bool controller_stop(Controller *controller, const char *target, const DownOptions *options,
                     const UpObserver *observer, json_t **ret_result, GError **error);

/* controller_stop(), then controller_start() */
bool controller_restart(Controller *controller, const char *target, const UpObserver *observer,
                        json_t **ret_result, GError **error);

/* ---- Looking ---- */

/* {"app","state","desired","reason","serving_deployment","last_deployment":{"number","outcome",
 * "reason"},"age_s" (unknown only),"workloads":[{"id","kind","state","container","exit_code",
 * "runs","waits_for","since"}]} */
bool controller_status(Controller *controller, const char *app, json_t **ret_status,
                       GError **error);

/* [{"app","id","kind","state","container","image","ports","since","exit_code"}]; app NULL: all */
bool controller_ps(Controller *controller, const char *app, json_t **ret_list, GError **error);

/* Output of containers, as it comes; workload NULL: of all. Blocks until the end, with @follow until
 * nothing of it runs any more, or until interrupted. @on_data gets whole chunks of bytes. @tail: lines
 * to begin with; -1: all. */
typedef void (*LogFunc)(const char *workload, bool is_stderr, const char *data, size_t size,
                        gpointer user);
bool controller_logs(Controller *controller, const char *app, const char *workload, bool follow,
                     int64_t tail, LogFunc on_data, gpointer user, GError **error);

/* Facts, oldest first: {"time","deployment","event","workload","detail"} */
typedef void (*FactFunc)(json_t *fact, gpointer user);
bool controller_events(Controller *controller, const char *app, bool follow, FactFunc on_fact,
                       gpointer user, GError **error);

/* [{"number","began","ended","outcome","reason","serving","changes":[…],"file"}], newest first */
bool controller_history(Controller *controller, const char *app, json_t **ret_list, GError **error);

/* [{"run_key","try","deployment","outcome","exit_code","evidence","started","ended","seconds",
 * "container","image","counts","log_tail"}], newest first */
bool controller_runs(Controller *controller, const char *app, const char *workload,
                     json_t **ret_list, GError **error);

/* Settles a run whose outcome cannot be known; @verdict: done or rerun */
bool controller_resolve(Controller *controller, const char *app, const char *workload,
                        const char *verdict, json_t **ret_result, GError **error);

/* [{"check","result":"ok|warning|error","message","advice"}]; false only when it could not look */
bool controller_doctor(Controller *controller, json_t **ret_checks, GError **error);

/* ---- Settings ---- */

/* [{"name","type","group","value","origin","is_secret","is_default"}]; secrets masked unless @reveal */
bool controller_config(Controller *controller, const char *app, bool reveal, json_t **ret_settings,
                       GError **error);

/* What is to become of settings. All or nothing: one wrong name or value and nothing changes. */
typedef struct ConfigChange {
        const char *const *set;   /* NAME=VALUE, NAME=@FILE, NAME=-; NULL-terminated or NULL */
        const char *const *unset; /* names: back to what the file says */
        const char *import;       /* text of a settings file, or NULL */
        size_t import_size;
        bool skip_tests; /* `run_on_save` */
} ConfigChange;

/* A change that fails a test with `run_on_save` is refused, CONTROLLER_ERROR_USAGE.
 * {"app","changed":[names],"locked":[names that an import left alone]}; applies nothing: what would
 * follow says controller_plan() without a file */
bool controller_config_change(Controller *controller, const char *app, const ConfigChange *change,
                              json_t **ret_result, GError **error);

/* A settings file: {"name":{"value","data","multi_value","multi_data"}}; secrets masked unless
 * @reveal */
bool controller_config_export(Controller *controller, const char *app, bool reveal,
                              json_t **ret_settings, GError **error);

/* Runs the tests of settings; @group NULL: of all groups. [{"group","setting","test","result":
 * "ok|warning|failed|skipped","message"}] */
bool controller_config_test(Controller *controller, const char *app, const char *group,
                            json_t **ret_tests, GError **error);

/* ---- What this installation knows beside applications ---- */

/* From the store alone: [{"app","workloads":[ids]}] */
bool controller_apps(Controller *controller, json_t **ret_apps, GError **error);

/* A name that `source` in a file may have; @user and @password may be NULL. The password is kept
 * encrypted and never shown. */
bool controller_registry_add(Controller *controller, const char *name, const char *host,
                             const char *user, const char *password, GError **error);
bool controller_registry_remove(Controller *controller, const char *name, GError **error);

/* [{"name","host","user","has_password"}] */
bool controller_registries(Controller *controller, json_t **ret_list, GError **error);

/* ---- Files, without an engine ---- */

/* What `docker compose` has options for too; members may be NULL */
typedef struct FileOptions {
        const char *const *files; /* at least one; several Compose files are merged in this order */
        const char *app;
        const char *project_dir;
        const char *const *profiles;
        const char *const *env_files;
        bool for_up, strict;
} FileOptions;

/* Reads and checks; the model is (transfer full), NULL where there are errors */
Application *controller_read_files(const FileOptions *options, DiagList *diags, GError **error);

/* (transfer full) what `slipway render` shows of a Compose project: YAML or JSON; NULL where there
 * are errors, and where the files are none: then *ret_is_other is set, and nothing is wrong */
char *controller_effective(const FileOptions *options, bool as_json, bool *ret_is_other,
                           DiagList *diags, GError **error);
