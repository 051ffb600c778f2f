#pragma once

/*
 * Engine: what runs containers
 *
 * One small interface with several implementations (docker/, swarm/, sim/). An engine
 * knows images, containers, networks, volumes and what happens to them; it knows nothing
 * of applications, events or releases. Every operation is a request, which is plain
 * data; its answer arrives through a callback on the main context, never before
 * engine_send() has returned. Requests to one engine may overlap and may be answered
 * in any order.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/spec.h"

/* ---- What the engine tells about containers ---- */

typedef enum ContainerState {
        CONTAINER_CREATED,
        CONTAINER_RUNNING,
        CONTAINER_PAUSED,
        CONTAINER_RESTARTING,
        CONTAINER_REMOVING,
        CONTAINER_EXITED,
        CONTAINER_DEAD,
} ContainerState;

const char *container_state_to_string(ContainerState state);

typedef enum ContainerHealth {
        HEALTH_NONE, /* no check is configured */
        HEALTH_STARTING,
        HEALTH_HEALTHY,
        HEALTH_UNHEALTHY,
} ContainerHealth;

typedef struct BoundPort {
        uint16_t private_port;
        uint16_t public_port; /* 0: exposed, not published */
        PortProto proto;
        char *host_ip;
} BoundPort;

typedef struct ContainerMount {
        char *type; /* bind, volume, tmpfs */
        char *name; /* of the volume; "" for others */
        char *source;
        char *target;
} ContainerMount;

/* A network that a container is on. Addresses are what it has now: "" while it does not run. */
typedef struct ContainerNetwork {
        char *name, *id; /* of the network at the engine */
        char *address, *address6;
        char *mac_address;
} ContainerNetwork;

/* A container as inspected. Strings are never NULL. */
typedef struct Container {
        char *id;
        char *name;  /* without the leading slash */
        char *image; /* the reference it was made from */
        char *image_id;
        GHashTable *labels; /* char * → char * */
        ContainerState state;
        int exit_code;
        bool oom_killed;
        bool is_lost; /* Swarm: it ran on a node that cannot be asked now; whether it still does, and
                       * how it ended, nobody knows. `state` is what was seen last. */
        bool is_attested; /* Swarm: exited, and the managers keep how; it is not made up afterwards */
        char *error;      /* the engine's words when a start failed */
        int64_t created_wall_ns;
        int64_t started_wall_ns;  /* 0: never */
        int64_t finished_wall_ns; /* 0: never */
        int64_t pid;              /* on the engine's host; 0 when it does not run */
        int restart_count;
        char *restart_policy; /* the engine's word: no, always, on-failure, unless-stopped */
        ContainerHealth health;
        char *address; /* IPv4 on its first network; "" where it has none */
        char *network_mode;
        GArray *ports;    /* of BoundPort */
        GArray *mounts;   /* of ContainerMount */
        GArray *networks; /* of ContainerNetwork, by name */
} Container;

Container *container_new(void);
void container_free(Container *container);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Container, container_free)
Container *container_copy(const Container *container);
const char *container_label(const Container *container, const char *key); /* NULL if none */

typedef struct Image {
        char *id;
        char **tags;            /* NULL-terminated */
        char **digests;         /* repository digests, NULL-terminated */
        char **volumes;         /* VOLUME paths, NULL-terminated */
        char **exposed;         /* "5432/tcp", NULL-terminated */
        int64_t tagged_wall_ns; /* when the reference was last given to it, by a pull or a build; 0:
                                   the engine does not say */
} Image;

typedef struct VolumeInfo {
        char *name;
        char *driver;
        GHashTable *labels;
} VolumeInfo;

typedef struct EngineInfo {
        char *version;     /* 20.10.24 */
        char *api_version; /* negotiated: 1.41 */
        char *id;          /* of the engine's installation */
        char *os, *architecture, *kernel;
        char *root_dir;
        char *bridge_gateway; /* address of the default bridge on the host; "" if unknown */
        bool is_local;        /* its socket is on this machine and so are its processes */
        bool shares_paths;    /* a path on its host is the same one here */
        bool is_swarm_manager;
        bool live_restore;
        int64_t started_wall_ns; /* of the engine's process, else of its host; 0: unknown */
} EngineInfo;

typedef struct NetworkInfo {
        char *id, *name, *driver;
        char *scope; /* local, swarm */
        GHashTable *labels;
} NetworkInfo;

/* A machine of a Swarm */
typedef struct NodeInfo {
        char *id, *hostname, *address;
        char *state;        /* ready, down, unknown, disconnected */
        char *availability; /* active, pause, drain */
        bool is_manager, is_leader;
        GHashTable *labels;
} NodeInfo;

/* A copy belongs to the caller; a half-built one can be freed, too */
Image *image_copy(const Image *image);
void image_free(Image *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Image, image_free)
VolumeInfo *volume_info_copy(const VolumeInfo *volume);
void volume_info_free(VolumeInfo *volume);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VolumeInfo, volume_info_free)
NetworkInfo *network_info_copy(const NetworkInfo *network);
void network_info_free(NetworkInfo *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetworkInfo, network_info_free)
NodeInfo *node_info_copy(const NodeInfo *node);
void node_info_free(NodeInfo *node);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeInfo, node_info_free)
EngineInfo *engine_info_copy(const EngineInfo *info);
void engine_info_free(EngineInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineInfo, engine_info_free)

/* ---- Requests ---- */

#define ENGINE_OPS(X)                                                                              \
        X(INFO, "info")                     /* → info */                                         \
        X(LIST, "list")                     /* labels → containers, inspected */                 \
        X(INSPECT, "inspect")               /* id or name → container */                         \
        X(IMAGE_INSPECT, "image-inspect")   /* image → image_info */                             \
        X(IMAGE_PULL, "image-pull")         /* image, auth → progress…, then done */           \
        X(CREATE, "create")                 /* name, spec, labels → id */                        \
        X(START, "start")                   /* id */                                               \
        X(STOP, "stop")                     /* id, timeout_s */                                    \
        X(KILL, "kill")                     /* id, signal */                                       \
        X(REMOVE, "remove")                 /* id, force, volumes */                               \
        X(RENAME, "rename")                 /* id, name */                                         \
        X(UPDATE, "update")                 /* id, spec: restart policy and limits */              \
        X(WAIT, "wait")                     /* id → is_open, then exit_code */                   \
        X(EXEC, "exec")                     /* id, argv → exit_code, output */                   \
        X(LOGS, "logs")                     /* id, tail, follow, since → data…, then done */   \
        X(PROBE_PORT, "probe-port")         /* id, port, proto → done when it listens; method */ \
        X(VOLUME_CREATE, "volume-create")   /* name, labels → volume */                          \
        X(VOLUME_INSPECT, "volume-inspect") /* name → volume */                                  \
        X(VOLUME_LIST, "volume-list")       /* labels → volumes */                               \
        X(VOLUME_REMOVE, "volume-remove")   /* name */                                             \
        X(HOST_PATH, "host-path")           /* name = path, mode, owner → was_created */         \
        X(NETWORK_CREATE, "network-create") /* name, labels, options → id */                     \
        X(NETWORK_LIST, "network-list")     /* labels, or name → networks */                     \
        X(NETWORK_REMOVE, "network-remove") /* id */                                               \
        X(PRUNE, "prune")                   /* labels: configs and secrets that nobody uses go */  \
        X(NODES, "nodes")                   /* → nodes */                                        \
        X(WATCH, "watch")                   /* labels → is_open, then events for ever */

typedef enum EngineOp {
#define X(name, text) ENGINE_##name,
        ENGINE_OPS(X)
#undef X
} EngineOp;

const char *engine_op_to_string(EngineOp op); /* as above */

/* Fields that an operation does not use are ignored. Everything is borrowed for the call of
 * engine_send(): an engine copies what it needs longer. */
typedef struct EngineRequest {
        EngineOp op;
        const char *id; /* of a container, or its name */
        const char *name;
        const char *image;
        const char *registry_auth; /* X-Registry-Auth, base64url JSON; NULL: none */
        const Spec *spec;
        const char *const *labels; /* `key=value`, NULL-terminated; LIST, WATCH: all must match */
        const char *const *argv;   /* NULL-terminated */
        const char *user;          /* EXEC: NULL for the container's */
        const char *working_dir;   /* EXEC: likewise */
        const char *const *env;    /* EXEC: `NAME=value`, NULL-terminated; NULL: none */
        bool privileged;           /* EXEC */
        const json_t *options; /* VOLUME_CREATE, NETWORK_CREATE: driver, driver_opts, ipam … by
                                      their Compose names; NULL: none */
        const char *signal;
        int64_t timeout_s;     /* STOP: -1 for the container's own */
        int64_t since_wall_ns; /* LOGS, 0: from the start */
        int64_t tail;          /* LOGS: lines, -1: all */
        bool follow;
        bool force;
        bool unstarted; /* REMOVE, Swarm: a job, if no node has been given it; see engine_send() */
        bool rollback;  /* UPDATE, Swarm: no spec; back to the one before the last update */
        bool volumes;   /* REMOVE: anonymous volumes, too */
        uint16_t port;
        PortProto proto;
        unsigned mode;
        int64_t owner;
        int64_t deadline_us; /* monotonic; 0: the engine's default for the operation */
} EngineRequest;

/* ---- Answers ---- */

typedef enum EngineError {
        ENGINE_ERROR_UNREACHABLE, /* no socket, refused, connection lost: whether the
                                           request had an effect is not known */
        ENGINE_ERROR_PERMISSION,  /* the socket is there, we may not use it */
        ENGINE_ERROR_NOT_FOUND,   /* 404 */
        ENGINE_ERROR_CONFLICT,    /* 409: name taken, in use, already in progress */
        ENGINE_ERROR_BAD_REQUEST, /* 400: the engine does not take this spec */
        ENGINE_ERROR_DENIED,      /* registry: credentials or rights */
        ENGINE_ERROR_PORT_TAKEN,  /* a host port is in use */
        ENGINE_ERROR_NO_SPACE,
        ENGINE_ERROR_TOO_OLD, /* the engine's API is older than ENGINE_API_MIN */
        ENGINE_ERROR_REPLY,   /* its answer makes no sense to us */
        ENGINE_ERROR_TIMEOUT, /* no answer within the deadline */
        ENGINE_ERROR_FAILED,  /* 500 and the rest: the engine's own words */
} EngineError;

#define ENGINE_ERROR (engine_error_quark())
GQuark engine_error_quark(void);

#define ENGINE_API_MIN "1.41"

/* One thing that happened to a container, from WATCH */
typedef struct EngineEvent {
        const char *action; /* the engine's word: create start die stop oom destroy rename
                                   health_status kill … */
        const char *id;     /* of the container */
        int exit_code;      /* of die; -1: not said */
        const char *health; /* of health_status: healthy, unhealthy; "" */
        int64_t wall_ns;
} EngineEvent;

/* What a callback is given; only what its operation answers is set. Borrowed for the call. */
typedef struct EngineReply {
        EngineOp op;
        const GError *error; /* ENGINE_ERROR; NULL when all is well */
        bool is_final;       /* no further reply to this request follows */

        bool is_open;             /* WAIT, WATCH: from now on nothing is missed */
        const EngineEvent *event; /* WATCH */
        const char *id;           /* CREATE */
        int exit_code;            /* WAIT, EXEC */
        const char *data;         /* LOGS, EXEC: bytes, `size` of them */
        size_t size;
        bool is_stderr;             /* LOGS */
        const char *progress;       /* IMAGE_PULL: one line for people */
        int percent;                /* IMAGE_PULL: -1 unknown */
        const char *method;         /* PROBE_PORT: how it was found out */
        bool was_created;           /* HOST_PATH, VOLUME_CREATE */
        const Container *container; /* INSPECT */
        GPtrArray *containers;      /* LIST, of Container */
        const Image *image_info;    /* IMAGE_INSPECT */
        const VolumeInfo *volume;
        GPtrArray *volumes;     /* VOLUME_LIST, of VolumeInfo */
        GPtrArray *networks;    /* NETWORK_LIST, of NetworkInfo */
        GPtrArray *nodes;       /* NODES, of NodeInfo */
        const EngineInfo *info; /* INFO */
} EngineReply;

typedef void (*EngineReplyFunc)(const EngineReply *reply, gpointer user);

/* ---- The interface ---- */

typedef struct Engine Engine;
typedef struct EngineCall EngineCall; /* a request under way; belongs to the engine */

typedef struct EngineClass {
        const char *name; /* docker, swarm, sim */
        EngineCall *(*send)(Engine *engine, const EngineRequest *request, EngineReplyFunc reply,
                            gpointer user);
        void (*cancel)(Engine *engine, EngineCall *call);
        void (*free)(Engine *engine);
} EngineClass;

struct Engine {
        const EngineClass *class;
};

/**
 * engine_send() - ask the engine for something
 * @reply: called on the main context with each answer, the last with is_final; never from inside
 *         this call
 *
 * CREATE answers CONFLICT when the name is taken: the engine's own uniqueness is our lock. START of
 * a container that runs, STOP of one that does not, and REMOVE of one that is gone are successes.
 * WAIT is opened before START: it answers is_open when the engine has taken it (its response
 * headers are here), and the exit code of the next exit. NETWORK_CREATE answers with the id of
 * the network of that name if there is one with the same labels, CONFLICT if there is another, and
 * NETWORK_REMOVE is a success where it is gone and CONFLICT while somebody uses it. A container is
 * created on its networks; one that is not there is NOT_FOUND, a name that two have BAD_REQUEST. WATCH
 * reconnects by itself after a lost
 * connection, answers with an UNREACHABLE error that is not final, and with is_open when it is back:
 * everything must be listed and inspected anew then. PROBE_PORT answers once: when the port listens,
 * with NOT_FOUND when the container is gone or does not run (the message says how it ended), or with
 * TIMEOUT; it may be sent when START has been answered. UPDATE with a spec that has no image sets
 * the restart policy and nothing else; with one, it answers BAD_REQUEST where a limit cannot be
 * changed in place, as when a memory limit is to be taken away: replace the container then. REMOVE
 * of what is `unstarted` answers CONFLICT where a node has been given a task of it, and then nothing
 * was done; NOT_FOUND where it is gone, and it is not known that none had begun.
 *
 * Return: the call, valid until its final reply has been delivered or it is cancelled
 */
EngineCall *engine_send(Engine *engine, const EngineRequest *request, EngineReplyFunc reply,
                        gpointer user);

/* No further reply arrives. What the request has done in the engine stays done. NULL is fine. */
void engine_cancel(Engine *engine, EngineCall *call);

void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)
