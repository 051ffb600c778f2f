#pragma once

/*
 * Application: what a file describes, as plain data
 *
 * A format (native, Compose) makes one from a document; from then on nobody asks
 * which format it was. Everything lives in the application's arena and is not
 * changed after reading. Texts are as the author wrote them: templates in them are
 * rendered later, when the container they belong to is about to start.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"

/* Text that may hold templates, and where it stands. raw is NULL where the file says nothing. */
typedef struct Text {
        const char *raw;
        SourcePos pos;
} Text;

typedef struct TextList {
        const Text *items;
        size_t n;
        bool is_set; /* the file has the key: an empty list is not the same as none */
} TextList;

/* ---- Events and order ---- */

#define EVENT_TYPES(X)                                                                             \
        X(CONTAINER_START, "container-start")                                                      \
        X(CONTAINER_STOP, "container-stop")                                                        \
        X(PORT_LISTEN, "port-listen")                                                              \
        X(EXEC, "exec")                                                                            \
        X(HEALTHY, "healthy")

typedef enum EventType {
#define X(name, text) EVENT_##name,
        EVENT_TYPES(X)
#undef X
} EventType;

const char *event_type_to_string(EventType type);
bool event_type_from_string(const char *text, EventType *ret_type);

#define EVENT_TIMEOUT_DEFAULT_S 600
#define EVENT_TIMEOUT_NEVER     (-1)

/* An event that a workload publishes. An event of an unknown trigger is not in the model. */
typedef struct Publication {
        EventType type;
        Text name;
        Text data;            /* port-listen: the port, as the file says */
        uint16_t listen_port; /* port-listen: the private port that is meant; 0: data, or the
                                 * ports, must be rendered first */
        TextList args;        /* exec: the command */
        int64_t timeout_s;    /* EVENT_TIMEOUT_NEVER, else > 0 (the default is filled in) */
        SourcePos pos;
} Publication;

/* One arrow of the start graph, seen from the workload that waits */
typedef struct Parent {
        unsigned workload;    /* index of the publisher */
        unsigned publication; /* index among the publisher's publications */
        bool is_implied;      /* nobody wrote it: see decision 25 */
        bool is_optional;     /* Compose's `required: false` */
        SourcePos pos;        /* of the subscription */
} Parent;

typedef enum StartRule {
        START_ANY, /* the first event to fire starts it (native) */
        START_ALL, /* Compose's depends_on */
} StartRule;

/* ---- Workloads ---- */

typedef enum WorkloadKind {
        WORKLOAD_SERVICE,   /* expected to stay up */
        WORKLOAD_EPHEMERAL, /* expected to exit: run once */
} WorkloadKind;

typedef enum RestartPolicy {
        RESTART_NO,
        RESTART_ALWAYS,
        RESTART_ON_FAILURE,
        RESTART_UNLESS_STOPPED,
} RestartPolicy;

const char *restart_policy_to_string(RestartPolicy policy);

typedef struct Restart {
        bool is_set;
        RestartPolicy policy;
        int64_t max;      /* 0: no maximum */
        int64_t delay_us; /* between tries of a run-once; 0: the default back-off */
} Restart;

/* What an exit must be for an ephemeral to have succeeded */
typedef struct SuccessCodes {
        bool any;         /* every exit counts: "when it stops", literally */
        const int *codes; /* empty: only 0 */
        size_t n;
} SuccessCodes;

typedef enum OnUnknown {
        ON_UNKNOWN_DEFAULT, /* rerun where it is proved not to run, else hold */
        ON_UNKNOWN_RERUN,
        ON_UNKNOWN_HOLD,
} OnUnknown;

/* What becomes of a run whose node is lost while it runs (Swarm) */
typedef enum OnNodeLoss {
        ON_NODE_LOSS_HOLD, /* unknown until the node is back or the operator decides */
        ON_NODE_LOSS_RERUN,
} OnNodeLoss;

typedef struct EnvVar {
        Text name;
        Text value;
        Text when;
        Text is_excluded_from_support;
} EnvVar;

typedef struct Port {
        Text private_port;
        Text public_port; /* "" or absent: a dynamic host port */
        Text public_port_initial;
        Text interface;
        Text type; /* tcp, udp; "" is tcp */
        Text when;
        SourcePos pos;
} Port;

typedef struct Volume {
        Text host_path; /* leading `/`: host directory; else the name of a named volume */
        Text container_path;
        const char **options; /* n_options of: rw ro z Z shared slave private rshared … nocopy */
        size_t n_options;
        Text permission; /* octal text; applied only when the path is created */
        Text owner;      /* uid; likewise */
        Text when;
        Text is_ephemeral;
        Text is_excluded_from_backup;
        SourcePos pos;
} Volume;

typedef struct ConfigFile {
        Text filename;
        Text contents;
        Text source, owner, repo, path, ref; /* `source: github` */
        Text file_mode;                      /* octal text */
        Text file_owner;                     /* numeric uid */
        SourcePos pos;
} ConfigFile;

typedef struct CustomerFile {
        Text name; /* a setting of type file */
        Text filename;
        Text when;
        Text file_mode, file_owner;
        SourcePos pos;
} CustomerFile;

typedef struct ExtraHost {
        Text hostname, address, when;
} ExtraHost;

typedef struct Ulimit {
        Text name, soft, hard;
} Ulimit;

typedef struct LogConfig {
        bool is_set;
        Text type;
        const char **keys;
        const Text *values;
        size_t n;
        Text max_size, max_files; /* `logs`; only with the json-file driver */
} LogConfig;

/* Counts of instances; texts because they may be templates */
typedef struct InstanceCount {
        Text is_cluster;
        Text initial, max, threshold_healthy, threshold_degraded;
} InstanceCount;

typedef struct Spec Spec;

typedef struct Workload {
        const char *id; /* `component/container`, `c/img#2` for the second of its kind; Compose: the
                         * service, `service/pre_start[0]` for a step before it */
        const char *component;
        const char *container; /* what subscriptions and templates name: the image_name */
        unsigned component_index;
        unsigned ordinal;  /* 0, or 1… for the same image again in one component */
        unsigned instance; /* 0, or 1… for the further ones of a container that runs several
                                 * times; they follow the first one, with the id `c/img@2`… */
        SourcePos pos;     /* of the container */
        WorkloadKind kind;

        const char *source; /* `public`, `replicated`, the name of a registry */
        const char *image_name;
        Text version;
        Text name, display_name;
        Text cmd; /* rendered, then read: a JSON array, else one argument */
        TextList entrypoint;
        Text when;
        Text dynamic;

        Restart restart;
        SuccessCodes success;
        OnUnknown on_unknown;
        OnNodeLoss on_node_loss;
        Text stop_timeout; /* seconds */

        EnvVar *env;
        size_t n_env;
        Port *ports;
        size_t n_ports;
        Volume *volumes;
        size_t n_volumes;
        ConfigFile *config_files;
        size_t n_config_files;
        CustomerFile *customer_files;
        size_t n_customer_files;
        ExtraHost *extra_hosts;
        size_t n_extra_hosts;
        Ulimit *ulimits;
        size_t n_ulimits;
        TextList volumes_from; /* names of containers */
        TextList labels;       /* `key=value`, split at the first `=` */
        TextList links, network_aliases;
        TextList security_cap_add, security_options;

        Text hostname, user;
        Text network_mode, network, ipv4_address, ipv6_address;
        Text cpu_shares, memory_limit, memory_swap_limit, shm_size, oom_kill_disable;
        Text allocate_tty, pid_mode, readonly_rootfs, disable_publish_all_ports;
        bool privileged;
        LogConfig logs;
        InstanceCount instances;

        Publication *publications;
        size_t n_publications;
        Parent *parents;
        size_t n_parents; /* none: a root */
        StartRule start_rule;

        /*
         * Compose: nothing is left to render, all of it but what stands above about order, tries
         * and the image's source is here. The application owns it. NULL: the texts above count.
         */
        Spec *fixed;
        const char *pull_policy; /* always, never, missing, build; "": as the command says */
        struct Build *build;     /* how to make its image; NULL: it is only pulled */
        unsigned n_replicas;     /* on a Swarm, where one workload is a service of several tasks;
                                  * 0: one for each node */
        unsigned replica_of;     /* on one host: further replicas are workloads of their own; the
                                  * index of the first of them */
} Workload;

/* `build:`, handed to the engine's own client */
typedef struct Build {
        const char *service;
        json_t *options; /* as `docker compose config --format json` writes it; owned */
        SourcePos pos;
} Build;

/* ---- What workloads share (Compose) ---- */

typedef enum ResourceKind {
        RESOURCE_NETWORK,
        RESOURCE_VOLUME,
        RESOURCE_CONFIG,
        RESOURCE_SECRET,
} ResourceKind;

typedef struct Resource {
        ResourceKind kind;
        const char *key;  /* in the file */
        const char *name; /* at the engine: `<project>_<key>` if nothing else is said */
        bool is_external; /* it must be there already */
        json_t *options;  /* driver, driver_opts, ipam, internal, attachable, enable_ipv6, labels,
                           * template_driver: as `docker compose config --format json` writes them;
                           * owned; never NULL */
        const char *data; /* configs and secrets: their content */
        size_t size;
        SourcePos pos;
} Resource;

/* ---- Settings ---- */

#define SETTING_TYPES(X)                                                                           \
        X(TEXT, "text")                                                                            \
        X(LABEL, "label")                                                                          \
        X(PASSWORD, "password")                                                                    \
        X(FILE, "file")                                                                            \
        X(BOOL, "bool")                                                                            \
        X(SELECT_ONE, "select_one")                                                                \
        X(SELECT_MANY, "select_many")                                                              \
        X(TEXTAREA, "textarea")                                                                    \
        X(SELECT, "select")                                                                        \
        X(HEADING, "heading")

typedef enum SettingType {
#define X(name, text) SETTING_##name,
        SETTING_TYPES(X)
#undef X
} SettingType;

const char *setting_type_to_string(SettingType type);
bool setting_type_from_string(const char *text, SettingType *ret_type);

/* `value_cmd: {name: n, value_at: 0}`; name is NULL where there is none */
typedef struct CommandRef {
        const char *name;
        int64_t value_at;
        SourcePos pos;
} CommandRef;

/* `cmds`: run when the file is taken in; results become values of settings */
typedef struct Command {
        const char *name;
        const char *cmd; /* random, echo, cert, publicip, raw; checked when used */
        const char **args;
        size_t n_args;
        int64_t timeout_s; /* of `raw`; 0: the default; -1: none */
        bool readonly_rootfs;
        SourcePos pos;
} Command;

/* Text for people with `{{.name}}` where an argument stands. Arguments are templates that see how
 * a test went: `.Result`, `.Results`, `.StatusCode`, `.Error`. */
typedef struct Message {
        Text text;
        const char **keys;
        const Text *values;
        size_t n;
} Message;

typedef enum TestVerdict {
        TEST_VERDICT_SUCCESS,
        TEST_VERDICT_WARN,
        TEST_VERDICT_ERROR,
} TestVerdict;

/* What one way of going means; all that is given must hold */
typedef struct TestRule {
        TestVerdict verdict;
        Message message;
        bool has_error, error; /* whether the command could be run */
        bool has_status_code;
        int64_t status_code;
        Text bool_expr; /* boolean text that sees the same as a message's arguments */
} TestRule;

/* A container that is run to its end as a test */
typedef struct TestCommand {
        const char *id;      /* `scheduler`, `raw` …; NULL: none */
        int64_t timeout_s;   /* 0: the default; -1: none */
        Workload *container; /* what is run, overrides done, without a place in the start graph;
                              * NULL: nothing that can be run here. An empty image_name means the
                              * image for commands. */
} TestCommand;

typedef struct TestProc {
        bool is_set;
        Text display_name;
        const char *command;
        TestCommand custom; /* stands above @command */
        TestRule *rules;    /* of the custom command; the first that holds counts */
        size_t n_rules;
        TextList args;
        const char **arg_fields;
        size_t n_arg_fields;
        int64_t timeout_s;
        Text when;
        Text run_on_save; /* boolean text */
        SourcePos pos;
} TestProc;

typedef struct Setting Setting;
struct Setting {
        const char *name;
        SettingType type;
        Text title, help_text, default_value, value, when;
        const char *affix;
        TextList multi_value;
        CommandRef value_cmd, default_cmd, data_cmd;
        bool required, readonly, hidden, write_once, recommended, multiple;
        bool is_excluded_from_support;
        bool is_child; /* option of a select; stands in @children of its parent too */
        Setting *children;
        size_t n_children;
        TestProc test_proc;
        SourcePos pos;
};

typedef struct SettingGroup {
        const char *name;
        Text title, description, when;
        TestProc test_proc;
        Setting *settings;
        size_t n_settings;
        SourcePos pos;
} SettingGroup;

/* ---- The whole ---- */

typedef enum ReadyCommand {
        READY_NONE,
        READY_HTTP_STATUS_CODE, /* args: URL, expected status, HTTP timeout in s (default 5) */
        READY_TCP_PORT_ACCEPT,  /* args: host, port */
} ReadyCommand;

typedef struct ReadyCheck {
        ReadyCommand command;
        TextList args;
        int64_t timeout_s; /* EVENT_TIMEOUT_NEVER, else > 0 */
        SourcePos pos;
} ReadyCheck;

typedef struct Properties {
        Text app_url, logo_url, console_title;
        const char *shell_alias;
} Properties;

typedef struct Application {
        Arena *arena;     /* owns all of it, itself included */
        Arena *release;   /* owns what the native document of a release file says; NULL */
        const char *file; /* as given by the user, for messages */
        const char *api_version;
        Text name, version, release_notes;
        Properties properties;
        ReadyCheck ready;
        Workload *workloads;
        size_t n_workloads;
        Resource *resources;
        size_t n_resources;
        bool is_compose;             /* names and labels are those by which `docker compose` and
                          * `docker stack` know an application */
        const char *working_dir;     /* Compose: the project's folder, absolute; else "" */
        const char *const *files;    /* Compose: absolute, NULL-terminated */
        const char *effective;       /* Compose: the effective document as JSON, from which the
                                        * same application can be read again; NULL */
        unsigned minimum_node_count; /* Swarm; 0: any */
        SettingGroup *groups;
        size_t n_groups;
        Command *commands;
        size_t n_commands;
} Application;

void application_free(Application *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Application, application_free)

/* Settings, commands, properties and the ready check of @from, which must live as long */
void application_take_settings(Application *app, const Application *from);

/* The workload of this id, or of this component and container (the first of them); -1 if none */
int application_find(const Application *app, const char *id);
int application_find_container(const Application *app, const char *component,
                               const char *container);

/* How many instances of the container there are: this workload, an instance 0, and those behind it */
unsigned application_instances(const Application *app, unsigned workload);

/* (transfer full) per workload of the application: whether it is ordered before this one, directly or
 * not; it is before itself only in a cycle */
bool *application_before(const Application *app, const Workload *workload);

/* (transfer full) per workload: its place in the order of starting. A parent's is smaller, but for
 * cycles. *ret_n: how many places there are, at least 1 */
unsigned *application_levels(const Application *app, unsigned *ret_n);

/* The setting or option of a select of this name, or NULL; borrowed */
const Setting *application_find_setting(const Application *app, const char *name);

/* The command of `cmds` of this name, or NULL; borrowed */
const Command *application_find_command(const Application *app, const char *name);
