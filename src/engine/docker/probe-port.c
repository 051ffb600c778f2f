/*
 * PROBE_PORT: when does the container itself listen?
 *
 * The published port tells nothing: the engine's proxy accepts there from the start.
 * Asked in this order, the first that can be asked decides until the end: the
 * container's socket table; a connection to its own address; a probe executed in it,
 * which reads the same table from within.
 */

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/internal.h"
#include "engine/docker/reply.h"
#include "engine/docker/tar.h"
#include "net/tcp.h"
#include "probe-image.h" /* made from probe.c */

/* Next try after 2 % of the time waited, within these */
#define TRY_MIN_US (5 * US_PER_MS)
#define TRY_MAX_US (250 * US_PER_MS)
#define TRY_SHARE  50

#define CONNECT_MAX_US (2 * US_PER_S)
#define INSPECT_MIN_US (1 * US_PER_S) /* between two looks whether it still runs, from outside */

#define PROBE_PATH  "/.slipway-probe"
#define PROBE_TRIES "250" /* of 20 ms, in one execution */

/* How to ask; the next one where one cannot be asked at all */
typedef enum Method {
        METHOD_SOCKET_TABLE,
        METHOD_CONNECT,
        METHOD_PROBE, /* our program, put into the container */
        METHOD_CAT,   /* the image's own cat, where ours cannot be put there */
} Method;

typedef struct Probe {
        uint16_t port;
        PortProto proto;
        Method method;
        Container *container; /* as inspected last; NULL: not yet */
        int64_t inspected_us;
        int64_t began_us;
        bool has_connected; /* to be believed when the same container still runs */
        bool is_put;        /* our program is in the container */
        TcpProbe *tcp;
} Probe;

static void probe_free(gpointer data)
{
        Probe *probe = data;

        tcp_probe_cancel(probe->tcp);
        container_free(probe->container);
        g_free(probe);
}

bool probe_prepare(EngineCall *call, const EngineRequest *request, GError **error)
{
        Probe *probe = g_new0(Probe, 1);

        probe->port = request->port;
        probe->proto = request->proto;
        probe->began_us = g_get_monotonic_time();
        call->state = probe;
        call->state_free = probe_free;
        if (call->id[0] != '\0' && request->port != 0)
                return true;
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                            "no container or no port was given");
        return false;
}

static void inspect(EngineCall *call);
static void look(EngineCall *call);

static void found(EngineCall *call, const char *method)
{
        call_reply(call, &(EngineReply){ .method = method, .is_final = true });
}

static void try_again(EngineCall *call, void (*func)(EngineCall *call))
{
        const Probe *probe = call->state;
        int64_t now_us = g_get_monotonic_time();
        int64_t pause_us = CLAMP((now_us - probe->began_us) / TRY_SHARE, TRY_MIN_US, TRY_MAX_US);

        if (now_us >= call->deadline_us)
                call_fail_with(call, ENGINE_ERROR_TIMEOUT, "nothing listens on port %u/%s yet",
                               probe->port, probe->proto == PROTO_UDP ? "udp" : "tcp");
        else
                call_after(call, MIN(pause_us, call->deadline_us - now_us), func);
}

/* What is seen from outside goes on answering when the container has ended: look at times */
static void not_yet(EngineCall *call)
{
        const Probe *probe = call->state;
        bool is_stale = g_get_monotonic_time() - probe->inspected_us > INSPECT_MIN_US;

        try_again(call, is_stale ? inspect : look);
}

static void use_method(EngineCall *call, Method method)
{
        Probe *probe = call->state;

        probe->method = method;
        look(call);
}

/* ---- The socket table ---- */

static bool can_connect(const EngineCall *call)
{
        const Probe *probe = call->state;

        /* From another machine the address may be reachable and be somebody else's */
        return call->engine->local.shares_kernel && probe->proto == PROTO_TCP &&
               probe->container->address[0] != '\0';
}

static void look_into_table(EngineCall *call)
{
        Probe *probe = call->state;
        const Container *container = probe->container;
        bool is_ours = call->engine->local.is_local &&
                       process_is_of_container(container->pid, container->id,
                                               container->started_wall_ns);
        int listens = is_ours ? socket_table_look(container->pid, probe->port, probe->proto) : -1;

        /* The process could have ended, and its number been given away, while we read */
        if (listens > 0 &&
            process_is_of_container(container->pid, container->id, container->started_wall_ns))
                found(call, "socket-table");
        else if (listens == 0)
                try_again(call, look);
        else if (call->engine->local.is_local && process_started_wall_ns(container->pid) == 0)
                try_again(call, inspect); /* it has ended */
        else
                use_method(call, can_connect(call) ? METHOD_CONNECT : METHOD_PROBE);
}

/* ---- A connection ---- */

static void on_connected(const GError *error, gpointer user)
{
        g_autoptr(EngineCall) call = call_ref(user);
        Probe *probe = call->state;

        probe->tcp = NULL;
        probe->has_connected = error == NULL;
        if (error == NULL)
                inspect(call);
        else if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
                not_yet(call);
        else
                use_method(call, METHOD_PROBE);
}

static void look_by_connecting(EngineCall *call)
{
        Probe *probe = call->state;

        probe->tcp = tcp_probe(call->engine->context, probe->container->address, probe->port,
                               CONNECT_MAX_US, on_connected, call);
}

/* ---- In the container ---- */

static void on_probe_ran(EngineCall *call, const GError *error, int exit_code,
                         const GString *output)
{
        if (error == NULL && exit_code == 0)
                found(call, "probe");
        else if (error == NULL && exit_code == 1)
                try_again(call, inspect);
        else if (error != NULL &&
                 (error->code == ENGINE_ERROR_CONFLICT || error->code == ENGINE_ERROR_TIMEOUT))
                try_again(call, inspect); /* it does not run, is paused, or our time is over */
        else if (error != NULL && error->code != ENGINE_ERROR_BAD_REQUEST)
                call_fail(call, error);
        else
                use_method(call, METHOD_CAT);
}

static void run_probe(EngineCall *call)
{
        const Probe *probe = call->state;
        g_autofree char *port = g_strdup_printf("%c%u", probe->proto == PROTO_UDP ? 'u' : 't',
                                                probe->port);
        const char *argv[] = { PROBE_PATH, PROBE_TRIES, port, NULL };
        g_autoptr(json_t) body = exec_body(&(EngineRequest){ .argv = argv });

        exec_run(call, probe->container->id, body, on_probe_ran);
}

static void on_probe_put(EngineCall *call, const DockerAnswer *answer)
{
        Probe *probe = call->state;

        if (answer->status == 404) {
                try_again(call, inspect);
        } else if (answer->error != NULL && answer->status == 0) {
                call_fail(call, answer->error);
        } else if (answer->error != NULL) {
                use_method(call, METHOD_CAT); /* a read-only root, or a full disk */
        } else {
                probe->is_put = true;
                run_probe(call);
        }
}

static void look_from_within(EngineCall *call)
{
        const Probe *probe = call->state;
        g_autoptr(GByteArray) tar = NULL;
        g_autoptr(GBytes) archive = NULL;
        g_autofree char *path = NULL;

        if (probe->is_put) {
                run_probe(call);
                return;
        }
        if (!g_str_equal(call->engine->architecture, PROBE_ARCHITECTURE)) {
                use_method(call, METHOD_CAT);
                return;
        }
        tar = g_byte_array_new();
        tar_add_file(tar, PROBE_PATH, (const char *) probe_image, sizeof probe_image, 0755, 0, 0,
                     g_get_real_time() / US_PER_S);
        tar_end(tar);
        archive = g_byte_array_free_to_bytes(g_steal_pointer(&tar));
        path = g_strconcat("/containers/", probe->container->id, "/archive?path=%2F", NULL);
        call_step(call, &(DockerStepRequest){ .method = "PUT",
                                              .path = path,
                                              .archive = archive,
                                              .on_answer = on_probe_put });
}

static void on_cat_ran(EngineCall *call, const GError *error, int exit_code, const GString *output)
{
        const Probe *probe = call->state;

        if (error != NULL && error->code == ENGINE_ERROR_CONFLICT)
                try_again(call, inspect);
        else if (error != NULL)
                call_fail(call, error);
        else if (socket_table_has_listener(output->str, output->len, probe->port, probe->proto))
                found(call, "probe");
        else if (exit_code >= 126)
                call_fail_with(call, ENGINE_ERROR_FAILED,
                               "whether the container listens cannot be found out: its address is "
                               "not reachable from here, and neither our probe nor a cat runs in "
                               "it");
        else
                not_yet(call);
}

static void look_by_cat(EngineCall *call)
{
        const Probe *probe = call->state;
        bool udp = probe->proto == PROTO_UDP;
        const char *argv[] = { "cat", udp ? "/proc/net/udp" : "/proc/net/tcp",
                               udp ? "/proc/net/udp6" : "/proc/net/tcp6", NULL };
        g_autoptr(json_t) body = exec_body(&(EngineRequest){ .argv = argv });

        exec_run(call, probe->container->id, body, on_cat_ran);
}

/* ---- The round ---- */

static void look(EngineCall *call)
{
        const Probe *probe = call->state;

        switch (probe->method) {
        case METHOD_SOCKET_TABLE:
                look_into_table(call);
                return;
        case METHOD_CONNECT:
                look_by_connecting(call);
                return;
        case METHOD_PROBE:
                look_from_within(call);
                return;
        case METHOD_CAT:
                look_by_cat(call);
                return;
        }
}

static void fail_not_running(EngineCall *call, const Container *container)
{
        if (container->started_wall_ns == 0)
                call_fail_with(call, ENGINE_ERROR_NOT_FOUND,
                               "the container %s has not been started", container->name);
        else
                call_fail_with(call, ENGINE_ERROR_NOT_FOUND,
                               "the container %s is not running: it exited with code %d",
                               container->name, container->exit_code);
}

static void on_inspected(EngineCall *call, const DockerAnswer *answer)
{
        Probe *probe = call->state;
        g_autoptr(GError) error = NULL;
        Container *container;

        if (call_failed(call, answer))
                return;
        container = docker_container_parse(answer->json, &error);
        if (container == NULL) {
                call_fail(call, error);
                return;
        }
        if (probe->container != NULL &&
            (!g_str_equal(container->id, probe->container->id) ||
             container->started_wall_ns != probe->container->started_wall_ns))
                probe->is_put = probe->has_connected = false;
        container_free(probe->container);
        probe->container = container;
        probe->inspected_us = g_get_monotonic_time();
        if (container->state == CONTAINER_RESTARTING)
                try_again(call, inspect);
        else if (container->state != CONTAINER_RUNNING && container->state != CONTAINER_PAUSED)
                fail_not_running(call, container);
        else if (probe->has_connected)
                found(call, "connect");
        else
                look(call);
}

static void inspect(EngineCall *call)
{
        g_autofree char *id = docker_escape(call->id);
        g_autofree char *path = g_strconcat("/containers/", id, "/json", NULL);

        call_step(call, &(DockerStepRequest){ .path = path, .on_answer = on_inspected });
}

void probe_begin(EngineCall *call)
{
        inspect(call);
}
