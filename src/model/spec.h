#pragma once

/*
 * Spec: a workload as it will be handed to the engine
 *
 * Templates rendered, defaults filled in, nothing left to decide. Two specs are
 * compared field by field by keyed hashes of their canonical text, so that a changed
 * field can be named without keeping a secret around.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/application.h"

typedef enum PortProto {
        PROTO_TCP,
        PROTO_UDP,
} PortProto;

typedef struct SpecPort {
        uint16_t private_port;
        uint16_t public_port; /* 0: dynamic */
        const char *host_ip;  /* "" : every address */
        PortProto proto;
        bool is_host_mode; /* Swarm: on the nodes that run the tasks, not on every node */
} SpecPort;

typedef enum MountType {
        MOUNT_BIND,   /* source is a path on the engine's host */
        MOUNT_VOLUME, /* source is the name of a volume */
        MOUNT_TMPFS,
} MountType;

typedef struct SpecMount {
        MountType type;
        const char *source;
        const char *target;
        bool read_only;
        bool no_copy;
        const char *propagation; /* "" : the engine's default */
        const char *selinux;     /* "", "z", "Z" */
        unsigned create_mode;    /* of a host directory that must be created; 0: 0755 */
        int64_t create_owner;    /* uid; -1: leave it */
        bool is_implicit;        /* VOLUME of the image, made a named volume of ours */
        bool must_exist;         /* bind: a path that is not there is an error, not made */
        int64_t tmpfs_size;      /* bytes; 0: no limit */
        unsigned tmpfs_mode;     /* 0: the engine's */
        const char *subpath;     /* of a volume; NULL: its root */
} SpecMount;

typedef struct SpecFile { /* written into the container before its first process */
        const char *path;
        const char *data;
        size_t size;
        unsigned mode;        /* 0: 0644 */
        int64_t uid;          /* -1: root */
        int64_t gid;          /* -1: as uid */
        const char *resource; /* key of the config or secret of the file it is; NULL: none */
        const char *external; /* name of a config or secret that the engine has: no data; NULL */
        bool is_secret;
} SpecFile;

typedef struct SpecUlimit {
        const char *name;
        int64_t soft, hard;
} SpecUlimit;

typedef struct SpecHost {
        const char *hostname, *address;
} SpecHost;

/* A network that the container joins, beside or instead of network_mode */
typedef struct SpecNetwork {
        const char *name; /* at the engine */
        const char *const *aliases;
        size_t n_aliases;
        const char *const *link_local_ips;
        size_t n_link_local_ips;
        const char *const *driver_opts; /* `key=value` */
        size_t n_driver_opts;
        const char *ipv4_address, *ipv6_address, *mac_address; /* "" : the engine's choice */
        int64_t gateway_priority; /* the highest one has the default route */
} SpecNetwork;

typedef struct SpecHealth {
        bool is_set;             /* the file says something; else the image's own holds */
        bool is_disabled;        /* not even the image's own */
        const char *const *test; /* as the engine takes it: "CMD", … or "CMD-SHELL", … */
        size_t n_test;           /* 0: the image's */
        int64_t interval_us, timeout_us, start_period_us, start_interval_us; /* 0: the default */
        int64_t retries;                                                     /* 0: the default */
} SpecHealth;

/* A command run in the container when it has started, or before it is stopped */
typedef struct SpecHook {
        const char *const *argv;
        size_t n_argv;
        const char *const *env; /* `NAME=value` */
        size_t n_env;
        const char *user, *working_dir; /* "" : the container's */
        bool privileged;
} SpecHook;

/* An event that an engine watches which cannot be asked about a single container (Swarm) */
typedef struct SpecProbe {
        EventType type; /* port-listen, exec */
        uint16_t port;
        PortProto proto;
        const char *const *argv;
        size_t n_argv;
} SpecProbe;

struct Spec {
        Arena *arena; /* owns all of it, itself included, but for the JSON values */

        const char *image;    /* the reference that is pulled and run */
        bool always_pull;     /* `dynamic`, or the tag latest */
        const char *registry; /* whose credentials pull it: source; "" for public */

        const char *name; /* the container's final name */
        const char *const *cmd;
        size_t n_cmd;
        bool has_cmd;
        const char *const *entrypoint;
        size_t n_entrypoint;
        bool has_entrypoint;
        const char *const *env;
        size_t n_env; /* `NAME=value`, in order */
        const char *const *labels;
        size_t n_labels; /* `key=value`: the file's own */
        SpecPort *ports;
        size_t n_ports;
        bool publish_all_ports; /* every EXPOSEd port on a random host port */
        SpecMount *mounts;
        size_t n_mounts;
        SpecFile *files;
        size_t n_files;
        SpecHost *extra_hosts;
        size_t n_extra_hosts;
        SpecUlimit *ulimits;
        size_t n_ulimits;
        const char *const *volumes_from;
        size_t n_volumes_from; /* container ids or names */
        const char *const *links;
        size_t n_links;
        const char *const *follows;
        size_t n_follows; /* replaced with these containers: their ids, before the render services */
        const char *const *network_aliases;
        size_t n_network_aliases;
        const char *const *cap_add;
        size_t n_cap_add;
        const char *const *security_opt;
        size_t n_security_opt;

        const char *hostname, *user; /* "" : the engine's or image's default */
        const char *network_mode;    /* "" : bridge */
        const char *ipv4_address, *ipv6_address;
        const char *pid_mode;
        int64_t cpu_shares;          /* 0: default */
        int64_t memory, memory_swap; /* bytes; 0: none; memory_swap -1: unlimited */
        int64_t shm_size;            /* bytes; 0: default */
        bool oom_kill_disable, privileged, readonly_rootfs, tty;
        const char *log_driver; /* "" : the engine's default */
        const char *const *log_options;
        size_t n_log_options; /* `key=value`, sorted */

        SpecNetwork *networks;
        size_t n_networks; /* none: network_mode */
        SpecHealth health;
        SpecHook *post_start, *pre_stop;
        size_t n_post_start, n_pre_stop;
        SpecProbe *probes;
        size_t n_probes;
        const char *working_dir, *stop_signal, *platform; /* "" : the default */
        bool stdin_open;
        /*
         * What else the engine is to do, by the name of the Compose key (`sysctls`, `devices`,
         * `dns`, `cap_drop`, `init`, `pids_limit` …), the value as `docker compose config --format
         * json` writes it; and the `deploy` section likewise. Each engine has a table of what it
         * knows. NULL: nothing.
         */
        json_t *options;
        json_t *deploy;

        RestartPolicy restart; /* the engine's; NO for run-once containers */
        int64_t restart_max;
        int64_t stop_timeout_s; /* -1: the engine's default */
};

Spec *spec_new(void);
void spec_free(Spec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spec, spec_free)

/* (transfer full) everything of it; the JSON values are shared, as nobody changes them */
Spec *spec_copy(const Spec *spec);

/**
 * spec_to_json() - every field that makes two containers the same or not
 *
 * One member a field, named as the document's author knows it (`image`, `env_vars`, `ports`,
 * `volumes` …). Not in it: the container's name where the file gives none, Slipway's own labels.
 * The fields that can be changed in place (`restart`, limits) are in it too; see
 * spec_field_is_in_place().
 *
 * Return: (transfer full) an object
 */
json_t *spec_to_json(const Spec *spec);

/* Whether a container need not be replaced when this field changes: restart policy and limits */
bool spec_field_is_in_place(const char *field);
