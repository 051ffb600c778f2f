#include "engine/docker/docker.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/*
 * The engine here is a thread that gives each request the bytes of the first row
 * whose text begins it, and closes. What a real engine does is tested on a real one;
 * this is about engines that are strange, old, or hostile.
 */

typedef struct Route {
        const char *request; /* "GET /version" */
        const char *reply;   /* after the status line and headers; NULL: silence */
        int status;          /* 0: 200 */
} Route;

typedef struct Fake {
        char *dir, *path, *host;
        GSocketService *service;
        GThread *thread;
        GMainContext *context;
        GMainLoop *loop;
        const Route *routes; /* ends with request NULL */
        int n_active;        /* atomic */
        GMutex lock;
        GString *requests; /* first lines, "GET /v1.41/info\n" */
        Engine *engine;
} Fake;

static const Route *find_route(const Fake *fake, const char *request)
{
        for (const Route *route = fake->routes; route->request != NULL; route++)
                if (g_str_has_prefix(request, route->request))
                        return route;
        return NULL;
}

static void answer(GSocketConnection *connection, const Route *route)
{
        GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
        g_autofree char *text = NULL;
        char byte;

        if (route != NULL && route->reply == NULL) {
                g_input_stream_read(g_io_stream_get_input_stream(G_IO_STREAM(connection)), &byte, 1,
                                    NULL, NULL);
                return;
        }
        text = g_strdup_printf("HTTP/1.1 %d X\r\nConnection: close\r\n\r\n%s",
                               route == NULL        ? 404
                               : route->status != 0 ? route->status
                                                    : 200,
                               route == NULL ? "{\"message\":\"page not found\"}" : route->reply);
        g_output_stream_write_all(out, text, strlen(text), NULL, NULL, NULL);
}

static void serve(Fake *fake, GSocketConnection *connection)
{
        GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
        g_autoptr(GString) text = g_string_new(NULL);
        const char *end, *length;
        char buffer[4096];

        while ((end = strstr(text->str, "\r\n\r\n")) == NULL ||
               ((length = strstr(text->str, "Content-Length: ")) != NULL &&
                text->len - (size_t) (end + 4 - text->str) <
                        g_ascii_strtoull(length + 16, NULL, 10))) {
                gssize n = g_input_stream_read(in, buffer, sizeof buffer, NULL, NULL);

                if (n <= 0)
                        return;
                g_string_append_len(text, buffer, n);
        }
        g_mutex_lock(&fake->lock);
        g_string_append_len(fake->requests, text->str, (gssize) strcspn(text->str, "\r"));
        g_string_append_c(fake->requests, '\n');
        g_mutex_unlock(&fake->lock);
        answer(connection, find_route(fake, text->str));
}

static gboolean on_run(GThreadedSocketService *service, GSocketConnection *connection,
                       GObject *source, gpointer user)
{
        Fake *fake = user;

        g_atomic_int_inc(&fake->n_active);
        serve(fake, connection);
        g_atomic_int_add(&fake->n_active, -1);
        return true;
}

static gpointer run_fake(gpointer user)
{
        Fake *fake = user;

        g_main_context_push_thread_default(fake->context);
        g_main_loop_run(fake->loop);
        g_main_context_pop_thread_default(fake->context);
        return NULL;
}

static Fake *fake_start(const Route *routes)
{
        Fake *fake = g_new0(Fake, 1);
        g_autoptr(GSocketAddress) address = NULL;
        g_autoptr(GError) error = NULL;

        fake->routes = routes;
        fake->requests = g_string_new(NULL);
        fake->dir = g_dir_make_tmp("docker-test-XXXXXX", NULL);
        fake->path = g_build_filename(fake->dir, "socket", NULL);
        fake->host = g_strconcat("unix://", fake->path, NULL);
        fake->context = g_main_context_new();
        fake->loop = g_main_loop_new(fake->context, false);
        g_main_context_push_thread_default(fake->context);
        fake->service = g_threaded_socket_service_new(-1);
        address = g_unix_socket_address_new(fake->path);
        g_socket_listener_set_backlog(G_SOCKET_LISTENER(fake->service), 100);
        g_socket_listener_add_address(G_SOCKET_LISTENER(fake->service), address,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                      &error);
        g_assert_no_error(error);
        g_signal_connect(fake->service, "run", G_CALLBACK(on_run), fake);
        g_socket_service_start(fake->service);
        g_main_context_pop_thread_default(fake->context);
        fake->thread = g_thread_new("engine", run_fake, fake);
        fake->engine = docker_engine_new(&(DockerOptions){ .host = fake->host }, &error);
        g_assert_no_error(error);
        return fake;
}

static gboolean on_quit(gpointer loop)
{
        g_main_loop_quit(loop);
        return G_SOURCE_REMOVE;
}

static void fake_stop(Fake *fake)
{
        GSource *source = g_idle_source_new();

        engine_free(fake->engine);
        g_source_set_callback(source, on_quit, fake->loop, NULL);
        g_source_attach(source, fake->context);
        g_source_unref(source);
        g_thread_join(fake->thread);
        while (g_atomic_int_get(&fake->n_active) > 0)
                g_thread_yield();
        g_socket_service_stop(fake->service);
        g_socket_listener_close(G_SOCKET_LISTENER(fake->service));
        g_object_unref(fake->service);
        g_main_loop_unref(fake->loop);
        g_main_context_unref(fake->context);
        g_unlink(fake->path);
        g_rmdir(fake->dir);
        g_free(fake->dir);
        g_free(fake->path);
        g_free(fake->host);
        g_string_free(fake->requests, true);
        g_free(fake);
}

/* ---- What a request got ---- */

typedef struct Seen {
        bool is_final;
        unsigned n_open, n_lost, n_progress;
        GError *error;
        GString *text; /* events, data, progress */
        char *id;
        int exit_code;
        Engine *frees; /* in its first reply */
} Seen;

static void on_reply(const EngineReply *reply, gpointer user)
{
        Seen *seen = user;

        g_assert_false(seen->is_final);
        seen->is_final = reply->is_final;
        seen->n_open += reply->is_open;
        seen->n_lost += reply->error != NULL && !reply->is_final;
        seen->n_progress += reply->progress != NULL;
        if (reply->error != NULL) {
                g_clear_error(&seen->error);
                seen->error = g_error_copy(reply->error);
        }
        if (reply->event != NULL)
                g_string_append_printf(seen->text, "%s %s\n", reply->event->action,
                                       reply->event->id);
        if (reply->data != NULL)
                g_string_append_len(seen->text, reply->data, (gssize) reply->size);
        if (reply->id != NULL)
                seen->id = g_strdup(reply->id);
        seen->exit_code = reply->exit_code;
        if (seen->frees != NULL)
                engine_free(g_steal_pointer(&seen->frees));
}

static void seen_done(Seen *seen)
{
        g_clear_error(&seen->error);
        g_string_free(seen->text, true);
        g_free(seen->id);
}

static Seen ask(Engine *engine, const EngineRequest *request)
{
        Seen seen = { .text = g_string_new(NULL) };

        engine_send(engine, request, on_reply, &seen);
        g_assert_false(seen.is_final);
        while (!seen.is_final)
                g_main_context_iteration(NULL, true);
        return seen;
}

#define VERSION                                                                                    \
        {                                                                                          \
                "GET /version",                                                                    \
                        "{\"Version\":\"20.10.24\",\"ApiVersion\":\"1.41\","                       \
                        "\"MinAPIVersion\":\"1.12\",\"KernelVersion\":\"none\",\"Arch\":"          \
                        "\"none\"}",                                                               \
                        0                                                                          \
        }
#define END                                                                                        \
        {                                                                                          \
                NULL, NULL, 0                                                                      \
        }

/* One request against these routes ends with this error, whose message has these words */
static void check_error(const Route *routes, const EngineRequest *request, EngineError code,
                        const char *words)
{
        Fake *fake = fake_start(routes);
        Seen seen = ask(fake->engine, request);

        g_test_message("%s", seen.error != NULL ? seen.error->message : "well");
        g_assert_error(seen.error, ENGINE_ERROR, (int) code);
        g_assert_nonnull(strstr(seen.error->message, words));
        seen_done(&seen);
        fake_stop(fake);
}

/* ---- Where the engine is ---- */

static void test_hosts_that_are_refused(void)
{
        static const char *const hosts[] = {
                "ssh://me@host",
                "npipe:////./pipe/docker_engine",
                "http://host:2375",
                "unix://x",
                "/var/run/docker.sock",
                "tcp://",
                "tcp://host:2375/path",
                "tcp://a b",
                "",
                "tcp://host:99999",
                "tcp://u@host:1",
                "fd://",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(Engine)
                        engine = docker_engine_new(&(DockerOptions){ .host = hosts[i] }, &error);

                if (hosts[i][0] == '\0') { /* as if it were not set */
                        g_autofree char *host = docker_engine_host(engine);

                        g_assert_cmpstr(host, ==, DOCKER_DEFAULT_HOST);
                        continue;
                }
                g_assert_null(engine);
                g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
                g_assert_nonnull(strstr(error->message, "tcp://HOST:PORT"));
        }
}

static void test_tls_needs_its_files(void)
{
        g_autoptr(GError) error = NULL;
        DockerOptions options = { .host = "tcp://127.0.0.1:2376",
                                  .tls = 1,
                                  .cert_path = "/nonexistent" };
        g_autoptr(Engine) engine = docker_engine_new(&options, &error);

        g_assert_null(engine);
        g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        g_assert_nonnull(strstr(error->message, "/nonexistent/ca.pem"));
}

static void test_no_engine_there(void)
{
        DockerOptions options = { .host = "unix:///nonexistent/docker.sock" };
        g_autoptr(Engine) engine = docker_engine_new(&options, NULL);
        Seen seen = ask(engine, &(EngineRequest){ .op = ENGINE_INFO });

        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(seen.error->message, "there is no such socket"));
        seen_done(&seen);
}

static void test_a_socket_of_others_is_not_permitted(void)
{
        const char *host = g_getenv("DOCKER_TEST_HOST");
        static const Route routes[] = { { NULL, NULL, 0 } };
        Fake *fake;

        if (g_test_subprocess()) {
                DockerOptions options = { .host = host };
                g_autoptr(Engine) engine = docker_engine_new(&options, NULL);
                Seen seen;

                if (geteuid() == 0)
                        g_assert_cmpint(setuid(65534), ==, 0);
                seen = ask(engine, &(EngineRequest){ .op = ENGINE_INFO });
                g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_PERMISSION);
                g_assert_nonnull(strstr(seen.error->message, "permission denied"));
                seen_done(&seen);
                return;
        }
        fake = fake_start(routes);
        g_setenv("DOCKER_TEST_HOST", fake->host, true);
        g_assert_cmpint(g_chmod(fake->dir, 0755), ==, 0);
        g_assert_cmpint(g_chmod(fake->path, 0), ==, 0);
        g_test_trap_subprocess(NULL, 10 * G_USEC_PER_SEC, 0);
        g_test_trap_assert_passed();
        fake_stop(fake);
}

/* ---- TLS: a server of the openssl program, which gives the files of its directory ---- */

#define TLS_VERSION "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"ApiVersion\":\"1.41\"}"

static void run_in(const char *dir, const char *line)
{
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        g_autoptr(GError) error = NULL;
        int status;

        g_spawn_sync(dir, argv, NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                     NULL, NULL, NULL, NULL, &status, &error);
        g_assert_no_error(error);
        g_assert_true(g_spawn_check_wait_status(status, &error));
}

static void put_file(const char *dir, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A directory with a certificate that is its own authority */
static char *make_certificates(void)
{
        char *dir = g_dir_make_tmp("docker-test-XXXXXX", NULL);

        run_in(dir, "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                    "-days 2 -keyout key.pem -out cert.pem -subj /CN=engine "
                    "-addext subjectAltName=IP:127.0.0.1");
        run_in(dir, "cp cert.pem ca.pem");
        return dir;
}

static guint16 free_port(void)
{
        g_autoptr(GSocketListener) listener = g_socket_listener_new();
        guint16 port = g_socket_listener_add_any_inet_port(listener, NULL, NULL);

        g_socket_listener_close(listener);
        return port;
}

static GSubprocess *start_tls_server(const char *dir, guint16 port)
{
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_autofree char *accept = g_strdup_printf("127.0.0.1:%u", port);
        g_autoptr(GError) error = NULL;
        GSubprocess *server;

        g_subprocess_launcher_set_cwd(launcher, dir);
        server = g_subprocess_launcher_spawn(launcher, &error, "openssl", "s_server", "-accept",
                                             accept, "-cert", "cert.pem", "-key", "key.pem",
                                             "-CAfile", "ca.pem", "-Verify", "1",
                                             "-verify_return_error", "-HTTP", NULL);
        g_assert_no_error(error);
        return server;
}

/* Asks for information once the server is there; the outcome of the first answered try */
static GError *ask_over_tls(const char *host, const char *cert_path)
{
        DockerOptions options = { .host = host, .cert_path = cert_path, .tls = 1 };
        g_autoptr(GError) error = NULL;
        g_autoptr(Engine) engine = docker_engine_new(&options, &error);
        GError *result = NULL;

        g_assert_no_error(error);
        for (;;) {
                Seen seen = ask(engine, &(EngineRequest){ .op = ENGINE_INFO });

                result = seen.error != NULL ? g_error_copy(seen.error) : NULL;
                seen_done(&seen);
                if (result == NULL || strstr(result->message, "no engine at") == NULL)
                        return result;
                g_error_free(result);
                g_usleep(20000);
        }
}

static void test_tls_with_certificates_of_both_sides(void)
{
        g_autofree char *openssl = g_find_program_in_path("openssl");
        g_autofree char *ours = NULL, *strange = NULL, *host = NULL, *remove = NULL;
        g_autoptr(GSubprocess) server = NULL;
        g_autoptr(GError) good = NULL, bad = NULL;
        guint16 port = free_port();

        if (openssl == NULL) {
                g_test_skip("there is no openssl program to make certificates with");
                return;
        }
        ours = make_certificates();
        strange = make_certificates();
        put_file(ours, "version", TLS_VERSION);
        run_in(ours, "mkdir -p v1.41/networks");
        put_file(ours, "v1.41/info", TLS_VERSION);
        put_file(ours, "v1.41/networks/bridge", TLS_VERSION);
        host = g_strdup_printf("tcp://127.0.0.1:%u", port);
        server = start_tls_server(ours, port);
        good = ask_over_tls(host, ours);
        bad = ask_over_tls(host, strange);
        g_subprocess_force_exit(server);
        g_subprocess_wait(server, NULL, NULL);
        remove = g_strdup_printf("rm -r %s %s", ours, strange);
        run_in("/", remove);
        g_assert_no_error(good);
        g_assert_error(bad, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(bad->message, "do not trust each other's certificates"));
}

/* ---- The API's version ---- */

static void test_versions_that_do_not_fit(void)
{
        const EngineRequest request = { .op = ENGINE_INFO };

        check_error(
                (Route[]){ { "GET /version", "{\"Version\":\"19.03\",\"ApiVersion\":\"1.40\"}", 0 },
                           END },
                &request, ENGINE_ERROR_TOO_OLD, "at least 1.41");
        check_error((Route[]){ { "GET /version",
                                 "{\"ApiVersion\":\"1.90\","
                                 "\"MinAPIVersion\":\"1.80\"}",
                                 0 },
                               END },
                    &request, ENGINE_ERROR_FAILED, "newer than this program");
        check_error((Route[]){ { "GET /version", "{}", 0 }, END }, &request, ENGINE_ERROR_REPLY,
                    "not a Docker engine");
        check_error((Route[]){ { "GET /version", "<html>", 0 }, END }, &request, ENGINE_ERROR_REPLY,
                    "not a Docker engine");
        check_error((Route[]){ END }, &request, ENGINE_ERROR_NOT_FOUND, "page not found");
}

static void test_the_version_is_agreed_on_once(void)
{
        Fake *fake = fake_start((Route[]){
                { "GET /version", "{\"ApiVersion\":\"1.90\",\"MinAPIVersion\":\"1.24\"}", 0 },
                { "POST /v1.48/containers/a/start", "", 204 },
                END });
        Seen one = ask(fake->engine, &(EngineRequest){ .op = ENGINE_START, .id = "a" });
        Seen two = ask(fake->engine, &(EngineRequest){ .op = ENGINE_START, .id = "a" });

        g_assert_no_error(one.error);
        g_assert_no_error(two.error);
        g_assert_cmpstr(fake->requests->str, ==,
                        "GET /version HTTP/1.1\n"
                        "POST /v1.48/containers/a/start HTTP/1.1\n"
                        "POST /v1.48/containers/a/start HTTP/1.1\n");
        seen_done(&one);
        seen_done(&two);
        fake_stop(fake);
}

/* ---- Strange answers ---- */

static void test_answers_without_sense(void)
{
        const EngineRequest inspect = { .op = ENGINE_INSPECT, .id = "a" };

        check_error((Route[]){ VERSION, { "GET /v1.41/containers/a", "x", 0 }, END }, &inspect,
                    ENGINE_ERROR_REPLY, "not JSON");
        check_error((Route[]){ VERSION, { "GET /v1.41/containers/a", "{}", 0 }, END }, &inspect,
                    ENGINE_ERROR_REPLY, "has no Id");
        check_error((Route[]){ VERSION, { "POST", "{}", 0 }, END },
                    &(EngineRequest){ .op = ENGINE_WAIT, .id = "a" }, ENGINE_ERROR_REPLY,
                    "no exit code");
        check_error((Route[]){ VERSION,
                               { "GET /v1.41/containers/a/json", "{}", 0 },
                               { "GET", "no frames here", 0 },
                               END },
                    &(EngineRequest){ .op = ENGINE_LOGS, .id = "a" }, ENGINE_ERROR_REPLY,
                    "garbled");
        check_error((Route[]){ VERSION, { "GET", NULL, 0 }, END },
                    &(EngineRequest){ .op = ENGINE_INSPECT,
                                      .id = "a",
                                      .deadline_us = g_get_monotonic_time() + 300000 },
                    ENGINE_ERROR_TIMEOUT, "no answer in time");
}

static void test_requests_without_sense(void)
{
        static const Route routes[] = { VERSION, END };

        check_error(routes, &(EngineRequest){ .op = ENGINE_INSPECT }, ENGINE_ERROR_BAD_REQUEST,
                    "no container");
        check_error(routes, &(EngineRequest){ .op = ENGINE_REMOVE, .id = "" },
                    ENGINE_ERROR_BAD_REQUEST, "no container");
        check_error(routes, &(EngineRequest){ .op = ENGINE_EXEC, .id = "a" },
                    ENGINE_ERROR_BAD_REQUEST, "no command");
        check_error(routes, &(EngineRequest){ .op = ENGINE_PROBE_PORT, .id = "a" },
                    ENGINE_ERROR_BAD_REQUEST, "no port");
        check_error(routes, &(EngineRequest){ .op = ENGINE_IMAGE_PULL }, ENGINE_ERROR_BAD_REQUEST,
                    "no image");
        check_error(routes, &(EngineRequest){ .op = ENGINE_HOST_PATH, .name = "a" },
                    ENGINE_ERROR_BAD_REQUEST, "not an absolute path");
}

static void test_names_cannot_leave_their_path(void)
{
        Fake *fake = fake_start((Route[]){ VERSION, END });
        Seen seen = ask(fake->engine,
                        &(EngineRequest){ .op = ENGINE_INSPECT, .id = "../images/x?a=b#c" });

        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        g_assert_nonnull(strstr(fake->requests->str,
                                "GET /v1.41/containers/..%2Fimages%2Fx%3Fa%3Db%23c/json HTTP"));
        seen_done(&seen);
        fake_stop(fake);
}

static void test_an_error_within_a_pull_is_found(void)
{
        check_error((Route[]){ VERSION,
                               { "POST /v1.41/images/create?fromImage=a&tag=1",
                                 "{\"status\":\"Pulling from a\",\"id\":\"1\"}\r\n"
                                 "{\"errorDetail\":{\"message\":\"toomanyrequests: slow "
                                 "down\"},\"error\":\"toomanyrequests: slow down\"}",
                                 0 },
                               END },
                    &(EngineRequest){ .op = ENGINE_IMAGE_PULL, .image = "a:1" },
                    ENGINE_ERROR_DENIED, "allows no more pulls");
}

static void test_a_failed_archive_takes_the_container_away(void)
{
        g_autoptr(Spec) spec = spec_new();
        SpecFile file = { .path = "/a", .data = "x", .size = 1, .uid = -1 };
        Fake *fake = fake_start(
                (Route[]){ VERSION,
                           { "POST /v1.41/containers/create", "{\"Id\":\"12\"}", 201 },
                           { "PUT /v1.41/containers/12/archive",
                             "{\"message\":\"no space left on device\"}", 500 },
                           { "DELETE /v1.41/containers/12?force=1", "", 204 },
                           END });
        Seen seen;

        spec->image = "a";
        spec->files = &file;
        spec->n_files = 1;
        seen = ask(fake->engine,
                   &(EngineRequest){ .op = ENGINE_CREATE, .name = "n", .spec = spec });
        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_NO_SPACE);
        g_assert_nonnull(strstr(fake->requests->str, "DELETE /v1.41/containers/12"));
        seen_done(&seen);
        fake_stop(fake);
}

/* ---- The stream of events ---- */

static void test_a_stream_that_ends_is_opened_again(void)
{
        Fake *fake = fake_start((Route[]){ VERSION,
                                           { "GET /v1.41/events",
                                             "{\"Type\":\"container\",\"Action\":\"start\","
                                             "\"Actor\":{\"ID\":\"1\"},\"timeNano\":5000000007}",
                                             0 },
                                           END });
        Seen seen = { .text = g_string_new(NULL) };
        EngineCall *call = engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_WATCH },
                                       on_reply, &seen);

        while (seen.n_open < 2)
                g_main_context_iteration(NULL, true);
        engine_cancel(fake->engine, call);
        g_assert_cmpint(seen.n_lost, >=, 1);
        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_true(g_str_has_prefix(seen.text->str, "start 1\n"));
        /* Asks for what came after the last one seen */
        g_assert_nonnull(strstr(fake->requests->str, "/events?since=5.000000008&"));
        seen_done(&seen);
        fake_stop(fake);
}

static void test_a_stream_of_nonsense_is_told_once(void)
{
        Fake *fake = fake_start((Route[]){ VERSION, { "GET /v1.41/events", "x", 0 }, END });
        Seen seen = { .text = g_string_new(NULL) };

        engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_WATCH }, on_reply, &seen);
        while (seen.n_lost == 0)
                g_main_context_iteration(NULL, true);
        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_REPLY);
        g_assert_false(seen.is_final);
        seen_done(&seen);
        fake_stop(fake);
}

static void test_an_engine_that_stays_away_is_told_once(void)
{
        DockerOptions options = { .host = "unix:///nonexistent/docker.sock" };
        g_autoptr(Engine) engine = docker_engine_new(&options, NULL);
        Seen seen = { .text = g_string_new(NULL) };
        int64_t end_us = g_get_monotonic_time() + 400000;

        engine_send(engine, &(EngineRequest){ .op = ENGINE_WATCH }, on_reply, &seen);
        while (seen.n_lost == 0 || g_get_monotonic_time() < end_us)
                g_main_context_iteration(NULL, true);
        g_assert_cmpint(seen.n_lost, ==, 1);
        g_assert_false(seen.is_final);
        seen_done(&seen);
}

static void test_a_watch_of_an_old_engine_ends(void)
{
        check_error((Route[]){ { "GET /version", "{\"ApiVersion\":\"1.30\"}", 0 }, END },
                    &(EngineRequest){ .op = ENGINE_WATCH }, ENGINE_ERROR_TOO_OLD, "too old");
}

/* ---- Ends ---- */

static void test_a_reply_may_free_the_engine(void)
{
        Fake *fake = fake_start((Route[]){ VERSION, { "POST", "", 204 }, END });
        Seen first = { .text = g_string_new(NULL) }, second = { .text = g_string_new(NULL) };

        first.frees = fake->engine;
        engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_START, .id = "a" }, on_reply,
                    &first);
        engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_WAIT, .id = "b" }, on_reply,
                    &second);
        second.frees = NULL;
        while (!first.is_final && !second.is_final)
                g_main_context_iteration(NULL, true);
        for (unsigned i = 0; i < 20; i++)
                g_main_context_iteration(NULL, false);
        if (first.frees == NULL) /* also where the second one was answered first */
                fake->engine = NULL;
        seen_done(&first);
        seen_done(&second);
        fake_stop(fake);
}

int main(int argc, char **argv)
{
        g_unsetenv("DOCKER_HOST");
        g_unsetenv("DOCKER_TLS_VERIFY");
        g_unsetenv("DOCKER_CERT_PATH");
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/docker/" #name, test_##name)
        ADD(hosts_that_are_refused);
        ADD(tls_needs_its_files);
        ADD(tls_with_certificates_of_both_sides);
        ADD(no_engine_there);
        ADD(a_socket_of_others_is_not_permitted);
        ADD(versions_that_do_not_fit);
        ADD(the_version_is_agreed_on_once);
        ADD(answers_without_sense);
        ADD(requests_without_sense);
        ADD(names_cannot_leave_their_path);
        ADD(an_error_within_a_pull_is_found);
        ADD(a_failed_archive_takes_the_container_away);
        ADD(a_stream_that_ends_is_opened_again);
        ADD(a_stream_of_nonsense_is_told_once);
        ADD(an_engine_that_stays_away_is_told_once);
        ADD(a_watch_of_an_old_engine_ends);
        ADD(a_reply_may_free_the_engine);
        return g_test_run();
}
