#include "engine/docker/docker.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/docker/fake.h"

/* What a real engine does is tested on a real one; this is about engines that are strange, old, or
 * hostile. */

#define VERSION FAKE_VERSION
#define END     FAKE_END

static Fake *start_engine(const Route *routes)
{
        Fake *fake = fake_start(routes);
        g_autoptr(GError) error = NULL;

        fake->engine = docker_engine_new(&(DockerOptions){ .host = fake->host }, &error);
        g_assert_no_error(error);
        return fake;
}

/* One request against these routes ends with this error, whose message has these words */
static void check_error(const Route *routes, const EngineRequest *request, EngineError code,
                        const char *words)
{
        Fake *fake = start_engine(routes);
        Seen seen = fake_ask(fake->engine, request);

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
        Seen seen = fake_ask(engine, &(EngineRequest){ .op = ENGINE_INFO });

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
                seen = fake_ask(engine, &(EngineRequest){ .op = ENGINE_INFO });
                g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_PERMISSION);
                g_assert_nonnull(strstr(seen.error->message, "permission denied"));
                seen_done(&seen);
                return;
        }
        fake = start_engine(routes);
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
                Seen seen = fake_ask(engine, &(EngineRequest){ .op = ENGINE_INFO });

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
        Fake *fake = start_engine((Route[]){
                { "GET /version", "{\"ApiVersion\":\"1.90\",\"MinAPIVersion\":\"1.24\"}", 0 },
                { "POST /v1.48/containers/a/start", "", 204 },
                END });
        Seen one = fake_ask(fake->engine, &(EngineRequest){ .op = ENGINE_START, .id = "a" });
        Seen two = fake_ask(fake->engine, &(EngineRequest){ .op = ENGINE_START, .id = "a" });

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
        Fake *fake = start_engine((Route[]){ VERSION, END });
        Seen seen = fake_ask(fake->engine,
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
        Fake *fake = start_engine(
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
        seen = fake_ask(fake->engine,
                        &(EngineRequest){ .op = ENGINE_CREATE, .name = "n", .spec = spec });
        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_NO_SPACE);
        g_assert_nonnull(strstr(fake->requests->str, "DELETE /v1.41/containers/12"));
        seen_done(&seen);
        fake_stop(fake);
}

/* ---- The stream of events ---- */

static void test_a_stream_that_ends_is_opened_again(void)
{
        Fake *fake = start_engine((Route[]){ VERSION,
                                             { "GET /v1.41/events",
                                               "{\"Type\":\"container\",\"Action\":\"start\","
                                               "\"Actor\":{\"ID\":\"1\"},\"timeNano\":5000000007}",
                                               0 },
                                             END });
        Seen seen = { .text = g_string_new(NULL) };
        EngineCall *call = engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_WATCH },
                                       seen_reply, &seen);

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
        Fake *fake = start_engine((Route[]){ VERSION, { "GET /v1.41/events", "x", 0 }, END });
        Seen seen = { .text = g_string_new(NULL) };

        engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_WATCH }, seen_reply, &seen);
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

        engine_send(engine, &(EngineRequest){ .op = ENGINE_WATCH }, seen_reply, &seen);
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
        Fake *fake = start_engine((Route[]){ VERSION, { "POST", "", 204 }, END });
        Seen first = { .text = g_string_new(NULL) }, second = { .text = g_string_new(NULL) };

        first.frees = fake->engine;
        engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_START, .id = "a" }, seen_reply,
                    &first);
        engine_send(fake->engine, &(EngineRequest){ .op = ENGINE_WAIT, .id = "b" }, seen_reply,
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
