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
} SpecMount;

typedef struct SpecFile { /* written into the container before its first process */
        const char *path;
        const char *data;
        size_t size;
        unsigned mode; /* 0: 0644 */
        int64_t uid;   /* -1: root */
} SpecFile;

typedef struct SpecUlimit {
        const char *name;
        int64_t soft, hard;
} SpecUlimit;

typedef struct SpecHost {
        const char *hostname, *address;
} SpecHost;

typedef struct Spec {
        Arena *arena; /* owns all of it, itself included */

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

        RestartPolicy restart; /* the engine's; NO for run-once containers */
        int64_t restart_max;
        int64_t stop_timeout_s; /* -1: the engine's default */
} Spec;

Spec *spec_new(void);
void spec_free(Spec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Spec, spec_free)

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
