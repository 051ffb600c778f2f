#pragma once

/*
 * The inside of the Docker engine: calls, and the HTTP requests (steps) they are made of
 *
 * An EngineCall is one request of engine.h. Its operation sends one or more steps, one
 * after the other or side by side, and replies. A call lives until its final reply or
 * its cancellation; a step's function is never called after that.
 */

#include <glib.h>
#include <jansson.h>

#include "engine/docker/docker.h"
#include "engine/docker/local.h"
#include "net/http.h"

/* What the engine or its registry can make grow */
#define DOCKER_REPLY_MAX       ((size_t) 8 * 1024 * 1024)  /* bytes of one JSON reply */
#define DOCKER_LIST_REPLY_MAX  ((size_t) 64 * 1024 * 1024) /* … of a list */
#define DOCKER_LIST_MAX        10000                       /* containers of one list */
#define DOCKER_INSPECTS_MAX    16                          /* at a time */
#define DOCKER_JSON_ITEM_MAX   ((size_t) 1024 * 1024)      /* one object of a stream */
#define DOCKER_WORDS_MAX       2000                        /* quoted bytes of an error */
#define DOCKER_EXEC_OUTPUT_MAX ((size_t) 64 * 1024)        /* kept of a command's output */
#define DOCKER_FILES_MAX       ((size_t) 64 * 1024 * 1024) /* put into one container */
#define DOCKER_PULL_LAYERS_MAX 1000                        /* followed in one pull */
#define DOCKER_STALL_MAX_S     600                         /* a pull without a byte */

typedef struct DockerOp DockerOp;

typedef struct DockerEngine {
        Engine base;
        const DockerOp *(*find_op)(EngineOp op);
        /* Takes one object of the stream of events; false where the call is over. NULL: events of
         * containers, as docker_event_parse() reads them. */
        bool (*on_event)(EngineCall *call, const json_t *item);
        /* Asked of each answer to a step, whether good or not: µs until the step is sent again; 0:
         * the answer counts. @began_us: when it was sent first; *error: NULL where the answer is
         * good, and may be replaced by one that says more. NULL: every answer counts. */
        int64_t (*ask_again)(EngineCall *call, const char *url, long status, int64_t began_us,
                             GError **error);
        uint64_t n_requests; /* sent so far */
        GMainContext *context;
        HttpClient *http;
        char *host;      /* as given: unix:///…, tcp://… */
        char *unix_path; /* NULL for TCP */
        char *base_url;  /* "http://docker", "https://host:2376" */
        char *ca_file, *cert_file, *key_file;

        char *api;         /* agreed version; NULL: not yet */
        bool api_is_stale; /* to be agreed on anew by the next call that begins */
        bool is_negotiating;
        EngineLocal local; /* what could be found out about where it runs */
        char *version, *os, *architecture, *kernel;

        GHashTable *calls;  /* EngineCall *: set, each holds a reference */
        GPtrArray *waiting; /* of EngineCall *: for the version to be agreed on */
} DockerEngine;

/* ---- For engines that are built on this one ---- */

/**
 * docker_engine_init() - make a zeroed engine ready, of which another one may be the rest
 * @find_op: what it can do
 * @options: NULL for all defaults
 *
 * Return: false with ENGINE_ERROR_BAD_REQUEST; docker_engine_done() is needed then, too
 */
bool docker_engine_init(DockerEngine *engine, const EngineClass *class,
                        const DockerOp *(*find_op)(EngineOp op), const DockerOptions *options,
                        GError **error);

/* Ends all calls without a reply, and frees what the engine holds, but not the engine */
void docker_engine_done(DockerEngine *engine);

/* For an EngineClass */
EngineCall *docker_engine_send(Engine *engine, const EngineRequest *request, EngineReplyFunc reply,
                               gpointer user);
void docker_engine_cancel(Engine *engine, EngineCall *call);

/* A call that nobody asked for: what the engine does for several calls at once. It belongs to the
 * engine, answers nobody, and lives until it is cancelled. */
EngineCall *docker_call_new(DockerEngine *engine, EngineOp op);

typedef struct DockerStep DockerStep;
typedef struct ExecRun ExecRun;

struct EngineCall {
        unsigned n_refs;
        DockerEngine *engine; /* NULL when the call is over */
        EngineOp op;
        EngineReplyFunc reply;
        gpointer user;
        bool is_over;
        int64_t deadline_us; /* monotonic; INT64_MAX: none */

        char *id, *name, *image, *auth; /* of the request, "" or NULL where not given */
        char *query;                    /* filters, escaped; or other arguments */
        json_t *body;                   /* made when the request was sent */
        GBytes *archive;                /* CREATE: the files; NULL: none */
        char *newest_key;               /* of the body, that needs API 1.@newest; NULL: none */
        unsigned newest;
        unsigned n_tries;

        ExecRun *exec;    /* of exec_run() */
        GPtrArray *steps; /* of DockerStep *, under way */
        GSource *timer;
        gpointer state; /* of the operation */
        GDestroyNotify state_free;
};

/* What one step brought; borrowed for the call */
typedef struct DockerAnswer {
        const GError *error; /* ENGINE_ERROR; NULL for a status below 400 */
        long status;         /* 0: no reply */
        const json_t *json;  /* NULL where the body is none */
        const char *body;
        size_t size;
        size_t index; /* of the step, as it was sent */
} DockerAnswer;

typedef struct DockerStepRequest {
        const char *method; /* NULL: GET */
        const char *path;   /* after the version: "/info" */
        const json_t *body;
        GBytes *archive;  /* instead of body: a tar */
        const char *auth; /* X-Registry-Auth */
        size_t reply_max; /* 0: DOCKER_REPLY_MAX */
        size_t index;
        bool is_long;   /* no deadline for the whole reply, only for its headers */
        bool is_stream; /* no deadline, no headers deadline; ends when it stalls */
        void (*on_headers)(EngineCall *call); /* status below 400 only */
        void (*on_data)(EngineCall *call, const char *data, size_t size);
        void (*on_answer)(EngineCall *call, const DockerAnswer *answer);
} DockerStepRequest;

/* Sends a step of the call; everything is borrowed */
void call_step(EngineCall *call, const DockerStepRequest *request);

/* Tells the caller; false if the call was cancelled in there. A reply with is_final ends the call:
 * nothing of it may be used afterwards except by who holds a reference. */
bool call_reply(EngineCall *call, EngineReply *reply);

void call_fail(EngineCall *call, const GError *error);
void call_fail_with(EngineCall *call, EngineError code, const char *format, ...)
        G_GNUC_PRINTF(3, 4);
void call_done(EngineCall *call); /* final, nothing to tell */

/* The function is called once, after the time given; replaces an earlier timer */
void call_after(EngineCall *call, int64_t us, void (*func)(EngineCall *call));
void call_cancel_steps(EngineCall *call);

/* Ends a call that is made of plain replies when one failed; true if it did */
bool call_failed(EngineCall *call, const DockerAnswer *answer);

/* Ends a call whose body holds a key that the engine's API does not know; false if it did */
bool call_knows(EngineCall *call);

EngineCall *call_ref(EngineCall *call);
void call_unref(EngineCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineCall, call_unref)

/* Begins the operation, when the version is agreed on */
void call_begin(EngineCall *call);

/* Reads engine->host into what is needed to connect; false with ENGINE_ERROR_BAD_REQUEST */
bool docker_engine_take_host(DockerEngine *engine, const DockerOptions *options, GError **error);

/* Forgets the agreed version, as after a lost connection: the engine may be another now */
void docker_engine_forget_version(DockerEngine *engine);

/* (transfer full) escaped for a path: container ids and names; and for images, whose slashes stay */
char *docker_escape(const char *text);
char *docker_escape_image(const char *text);

/* (transfer full) {"label": […], "type": […]} as it stands in a query; @type NULL: any */
char *docker_filters(const char *const *labels, const char *type);

/* ---- Pieces of operations ---- */

bool docker_name_prepare(EngineCall *call, const EngineRequest *request, GError **error);

/* One step with the call's body */
void docker_request(EngineCall *call, const char *method, const char *path,
                    void (*on_answer)(EngineCall *call, const DockerAnswer *answer));

/* (transfer full) what @parse makes of each item of a list; NULLs are left out */
GPtrArray *docker_parse_list(EngineCall *call, const json_t *list,
                             gpointer (*parse)(EngineCall *call, const json_t *item),
                             GDestroyNotify item_free);

/* Ends the call; 404 is a success */
void docker_on_done_or_gone(EngineCall *call, const DockerAnswer *answer);

/* (transfer full) GET of the networks with any of these names, or all of these labels; NULL: any */
char *docker_networks_path(const char *const *names, const char *const *labels);

/* The network of exactly this name in the answer; NULL where *ret_n is 0, one of them where it is
 * more than 1; borrowed */
const json_t *docker_network_find(const json_t *list, const char *name, size_t *ret_n);

/* (transfer full) body of POST /networks/create, of Compose's keys. *ret_newest_key needs API
 * 1.*ret_newest, NULL: none does. NULL with ENGINE_ERROR_BAD_REQUEST that names the key. */
json_t *docker_network_body(const char *name, const char *const *labels, const json_t *options,
                            unsigned *ret_newest, char **ret_newest_key, GError **error);

/* ---- Operations ---- */

struct DockerOp {
        int64_t deadline_us; /* default; 0: none */
        /* Copies what is needed of the request; NULL: id, name and image are enough. False with
         * an error where the request makes no sense. */
        bool (*prepare)(EngineCall *call, const EngineRequest *request, GError **error);
        void (*begin)(EngineCall *call); /* the version is agreed on */
};

const DockerOp *docker_op(EngineOp op);

bool create_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void create_begin(EngineCall *call);
bool update_prepare(EngineCall *call, const EngineRequest *request, GError **error);
bool exec_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void update_begin(EngineCall *call);
void exec_begin(EngineCall *call);
/* (transfer full) what to ask for, behind the path of a container or service */
char *logs_query(const EngineRequest *request);

/* What a log says, told to the call @user; and its end */
bool logs_on_bytes(bool is_stderr, const char *data, size_t size, gpointer user);
void logs_on_end(EngineCall *call, const DockerAnswer *answer);
bool logs_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void logs_begin(EngineCall *call);
void pull_begin(EngineCall *call);
void watch_begin(EngineCall *call);
bool watch_is_open(const EngineCall *call); /* of a WATCH: its stream is complete just now */
void watch_no_engine(EngineCall *call, const GError *error); /* no version could be agreed on */
bool probe_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void probe_begin(EngineCall *call);
void volume_inspect_begin(EngineCall *call);
bool volume_create_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void volume_create_begin(EngineCall *call);
void volume_list_begin(EngineCall *call);
void volume_remove_begin(EngineCall *call);
bool network_create_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void network_create_begin(EngineCall *call);
bool network_list_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void network_list_begin(EngineCall *call);
void network_remove_begin(EngineCall *call);
bool host_path_prepare(EngineCall *call, const EngineRequest *request, GError **error);
void host_path_begin(EngineCall *call);

/* ---- A command in a container, for EXEC and the port probe ---- */

typedef void (*ExecDoneFunc)(EngineCall *call, const GError *error, int exit_code,
                             const GString *output);

/* Runs it and tells its exit code and the first DOCKER_EXEC_OUTPUT_MAX bytes of its output. One at
 * a time in a call. @body: as exec_body() makes it, borrowed. */
void exec_run(EngineCall *call, const char *id, const json_t *body, ExecDoneFunc done);

/* (transfer full) NULL where a word is not UTF-8. Of the request argv, user, working_dir, env and
 * privileged count. */
json_t *exec_body(const EngineRequest *request);
void exec_run_free(ExecRun *run);
