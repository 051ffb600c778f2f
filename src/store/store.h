#pragma once

/*
 * Store: what was decided and what has happened
 *
 * SQLite in one directory (WAL, synchronous=FULL): when a function that writes returns
 * true, the write is durable. The engine holds what is running; the store holds why.
 * All functions are synchronous and take well under a millisecond but for the fsync.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Store Store;

typedef enum StoreError {
        STORE_ERROR_NOT_WRITABLE, /* directory or disk: nothing may be started */
        STORE_ERROR_CORRUPT,
        STORE_ERROR_TOO_NEW, /* written by a newer version */
        STORE_ERROR_LOCKED,  /* another command works on this application */
        STORE_ERROR_NOT_FOUND,
        STORE_ERROR_FAILED,
} StoreError;

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);

/* Limits; the oldest are forgotten first. Runs that succeeded are kept whatever their age. */
#define STORE_FACTS_MAX       20000 /* per application */
#define STORE_DEPLOYMENTS_MAX 200   /* per application, with their texts */
#define STORE_RUNS_MAX        1000  /* per application, ended without success */
#define STORE_LOG_LINES_MAX   20    /* quoted with a run or a failure */
#define STORE_LOG_BYTES_MAX   8192

/**
 * store_open() - open the state directory, making it where it is missing
 * @dir:      made with mode 0700; the database and the key file have 0600
 * @readonly: reading commands work without write permission and without the directory (there is
 *            nothing in the store then)
 *
 * Use it on one thread. The error's message says what to do.
 */
Store *store_open(const char *dir, bool readonly, GError **error);
void store_free(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

/* --state-dir, else $SLIPWAY_STATE_DIR, else /var/lib/slipway for root and
 * $XDG_STATE_HOME/slipway (~/.local/state/slipway) otherwise; (transfer full) */
char *store_default_dir(void);

bool store_is_readonly(const Store *store);

/* Looks through the whole database for damage (CORRUPT); tens of milliseconds: for `doctor`. A small
 * one is looked through whenever it is opened for writing. */
bool store_check(Store *store, GError **error);

/* A random id of this installation, made once; borrowed */
const char *store_installation(Store *store);

/* A value only this installation knows, for keyed hashes: 32 hex digits of
 * BLAKE2b(key, text); (transfer full) */
char *store_keyed_hash(Store *store, const char *text, gssize size);

/* ---- One deployment of an application at a time ---- */

typedef struct StoreLock StoreLock;
typedef struct StoreWatch StoreWatch;

typedef struct LockHolder {
        int64_t pid;
        char *command;
        int64_t since_wall_us;
} LockHolder;

void lock_holder_clear(LockHolder *holder);

/* Takes the application's lock (flock on a file of the directory, gone with the process). On
 * STORE_ERROR_LOCKED *ret_holder (may be NULL) says who has it. @command is shown to others: no
 * secrets in it. */
StoreLock *store_lock(Store *store, const char *app, const char *command, LockHolder *ret_holder,
                      GError **error);
void store_unlock(StoreLock *lock);

/* Whether somebody holds it now; takes nothing, also of a store that is open for reading */
bool store_is_locked(Store *store, const char *app);

/* Calls @changed on the main context whenever the application's lock may have become free: try
 * again then (`--wait`) */
StoreWatch *store_lock_watch(Store *store, const char *app, void (*changed)(gpointer user),
                             gpointer user, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreLock, store_unlock)

/* ---- Applications and deployments ---- */

typedef enum DeploymentOutcome {
        OUTCOME_RUNNING,
        OUTCOME_SUCCEEDED,
        OUTCOME_FAILED,
        OUTCOME_INTERRUPTED,
        OUTCOME_SUPERSEDED,
} DeploymentOutcome;

const char *deployment_outcome_to_string(DeploymentOutcome outcome);

typedef struct Deployment {
        char *app;
        int64_t number; /* 1, 2, … per application */
        char *file;     /* its name as given */
        char *text;     /* its bytes */
        json_t *inputs; /* {"set": {…}, "node_address": …, "settings": …}; secrets sealed */
        int64_t began_wall_us, ended_wall_us; /* 0: not ended */
        DeploymentOutcome outcome;
        char *reason;    /* why it failed; "" */
        json_t *changes; /* what it did: [{"workload","action","reason"}] */
} Deployment;

void deployment_free(Deployment *deployment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Deployment, deployment_free)

/* A deployment still `running` when a new one begins becomes `superseded` (its process is gone:
 * the lock is ours). Sets deployment->number and began_wall_us. */
bool store_deployment_begin(Store *store, Deployment *deployment, GError **error);
bool store_deployment_set_changes(Store *store, const char *app, int64_t number, json_t *changes,
                                  GError **error);
bool store_deployment_end(Store *store, const char *app, int64_t number, DeploymentOutcome outcome,
                          const char *reason, GError **error);

/* number 0: the newest. NOT_FOUND where there is none. */
Deployment *store_deployment_get(Store *store, const char *app, int64_t number, GError **error);

/* (element-type Deployment) newest first, without their texts */
GPtrArray *store_deployments(Store *store, const char *app, GError **error);

/* Names of all applications, sorted; (transfer full) NULL-terminated */
char **store_apps(Store *store, GError **error);

/* Which deployment serves, and what the operator wants: `started` or `stopped`. Of an application
 * that never was, store_app_get() says 0 and ""; either result may be NULL. */
bool store_app_set_serving(Store *store, const char *app, int64_t number, GError **error);
bool store_app_set_desired(Store *store, const char *app, const char *desired, GError **error);
bool store_app_get(Store *store, const char *app, int64_t *ret_serving, char **ret_desired,
                   GError **error);

/* Forgets everything about the application: ledger, settings, facts (`down --volumes`) */
bool store_app_forget(Store *store, const char *app, GError **error);

/* ---- Settings and other values; sealed with the installation's key where @is_secret ---- */

typedef struct SettingValue {
        char *name;
        char *value;
        char *data;   /* of files, base64; sealed with the value; NULL */
        char *origin; /* user, value_cmd, data_cmd, volatile … */
        bool is_secret;
} SettingValue;

void setting_value_free(SettingValue *value);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SettingValue, setting_value_free)

bool store_setting_set(Store *store, const char *app, const SettingValue *value, GError **error);
SettingValue *store_setting_get(Store *store, const char *app, const char *name, const char *origin,
                                GError **error); /* NULL without error: not set */
bool store_setting_unset(Store *store, const char *app, const char *name, const char *origin,
                         GError **error);
GPtrArray *store_settings(Store *store, const char *app, GError **error);

/* Values that templates drew (clock, randomness) for a workload, kept while their text is
 * unchanged; always sealed */
bool store_volatile_set(Store *store, const char *app, const char *workload, const char *call,
                        const char *value, GError **error);
char *store_volatile_get(Store *store, const char *app, const char *workload, const char *call,
                         GError **error); /* NULL without error: none */
bool store_volatile_clear(Store *store, const char *app, const char *workload, GError **error);

/* ---- The ledger of runs ---- */

typedef enum RunOutcome {
        RUN_INTENDED, /* durable before the engine is asked for anything */
        RUN_STARTED,
        RUN_SUCCEEDED,
        RUN_FAILED,
        RUN_UNKNOWN,   /* it ended, or vanished, without evidence */
        RUN_FORGOTTEN, /* it succeeded once, and that does not count any longer */
} RunOutcome;

const char *run_outcome_to_string(RunOutcome outcome);

typedef struct RunRecord {
        char *app;
        char *workload;
        char *run_key;      /* hex */
        int64_t try_number; /* 1, 2, … per workload and run key */
        int64_t deployment; /* that began it */
        char *container_name;
        char *container_id; /* "" until known */
        char *image;        /* reference */
        char *image_id;
        char **image_digests; /* repository digests of that image; NULL: none */
        RunOutcome outcome;
        int exit_code;                                            /* -1: none */
        char *evidence;                                           /* wait, inspect, operator; "" */
        int64_t intended_wall_us, started_wall_us, ended_wall_us; /* 0: not yet */
        char *log_tail; /* last lines, secrets masked; "" */
        char **volumes; /* success: ids of the volumes it and what was before it used */
} RunRecord;

void run_record_free(RunRecord *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunRecord, run_record_free)

/* Inserts the intent. A second intent of the same (app, workload, run key, try) fails. */
bool store_run_intend(Store *store, const RunRecord *run, GError **error);

/* Both find the row by app, workload, run key and try (NOT_FOUND where there is none). Started sets
 * container, image id and, unless it is 0, started_wall_us: only the engine's word for its start,
 * because evidence is compared with it. Ended sets outcome, exit code, evidence, the end, log tail
 * (within the limits), volumes, and started_wall_us where there is none. A success stays one:
 * another end is refused. */
bool store_run_started(Store *store, const RunRecord *run, GError **error);
bool store_run_ended(Store *store, const RunRecord *run, GError **error);

/* The number that the next try of this workload and run key has; 0 on failure */
int64_t store_run_next_try(Store *store, const char *app, const char *workload, const char *run_key,
                           GError **error);

/* (element-type RunRecord) of the workload (NULL: of any), newest first; run_key NULL: of every key */
GPtrArray *store_runs(Store *store, const char *app, const char *workload, const char *run_key,
                      GError **error);

/* No success of this workload (NULL: of any) counts any longer: it becomes RUN_FORGOTTEN. The rows
 * stay, so that the number of a try is never used twice. */
bool store_runs_forget(Store *store, const char *app, const char *workload, GError **error);

/* ---- Placed containers: what we know about them that the engine does not ---- */

/* Keyed hashes of the fields of the spec a container was made from, as JSON text */
bool store_placement_set(Store *store, const char *app, const char *workload,
                         const char *container_id, const char *hashes, GError **error);
char *store_placement_get(Store *store, const char *container_id, GError **error);
bool store_placement_forget(Store *store, const char *container_id, GError **error);

/* The step of a swap that is under way, as JSON text; NULL text forgets it (decision 15) */
bool store_swap_set(Store *store, const char *app, const char *workload, const char *state,
                    GError **error);
char *store_swap_get(Store *store, const char *app, const char *workload, GError **error);

/* Host directories that were created by us, and when: a success does not outlive its data. A
 * path that is created again gets the new id. */
bool store_host_path_created(Store *store, const char *path, const char *id, GError **error);
char *store_host_path_id(Store *store, const char *path, GError **error); /* NULL: none */

/* ---- Facts ---- */

typedef struct Fact {
        int64_t id;      /* grows; 0 until stored */
        int64_t wall_ns; /* 0 when appended: now */
        char *app;
        int64_t deployment; /* 0: of none */
        char *event;        /* `deployment-begins`, `created`, `started`, `exited`, … */
        char *workload;     /* "" : of the application */
        json_t *detail;     /* object or NULL */
} Fact;

void fact_clear(Fact *fact);
void fact_free(Fact *fact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fact, fact_free)

bool store_fact_append(Store *store, const Fact *fact, GError **error);

/* (element-type Fact) with ids above @after, oldest first, at most @limit (0: all) */
GPtrArray *store_facts(Store *store, const char *app, int64_t after, size_t limit, GError **error);

/* The newest id of the application's facts, 0 where it has none */
bool store_facts_last(Store *store, const char *app, int64_t *ret_id, GError **error);

/* ---- Following what other processes write ---- */

/**
 * store_watch() - be told when another connection has written
 * @changed: called on the thread's default main context, soon after each write or once for several
 *
 * Does not poll: the kernel reports (inotify) what writers announce after each commit. Where a
 * writer was killed before it could, the write to the log is noticed, a second later at most.
 *
 * The store must live as long as the watch, which may be ended in @changed.
 *
 * Return: the watch; NULL with NOT_FOUND where nothing was ever recorded in this directory
 */
StoreWatch *store_watch(Store *store, void (*changed)(gpointer user), gpointer user,
                        GError **error);
void store_unwatch(StoreWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreWatch, store_unwatch)

/* Several writes as one: either all are durable or none. Nests not. */
bool store_begin(Store *store, GError **error);
bool store_commit(Store *store, GError **error);
void store_rollback(Store *store);
