#include "controller/build.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "engine/engine.h"

static char *command(const char *options, char **ret_env)
{
        static Resource secret = {
                .kind = RESOURCE_SECRET, .key = "token", .data = "s3cret", .size = 6
        };
        const Application app = { .resources = &secret, .n_resources = 1 };
        g_autoptr(json_t) json = json_loads(options, 0, NULL);
        const Build build = { .service = "web", .options = json };
        const BuildRequest request = { &build, &app, "shop-web", NULL };
        const char *input = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) env = NULL, argv = NULL;

        g_assert_nonnull(json);
        argv = build_arguments(&request, &env, &input, &error);
        if (argv == NULL)
                return g_strdup(error->message);
        *ret_env = g_strjoinv(" ", env);
        return input == NULL ? g_strjoinv(" ", argv)
                             : g_strdup_printf("%s < %s", argv[g_strv_length(argv) - 1], input);
}

static void test_options_become_arguments(void)
{
        static const struct {
                const char *options, *want, *env;
        } rows[] = {
                { "{\"context\":\"/src\"}", "docker build --tag shop-web /src", "" },
                { "{\"context\":\"/src\",\"dockerfile\":\"a/Dockerfile\",\"target\":\"prod\"}",
                  "docker build --tag shop-web --file /src/a/Dockerfile --target prod /src", "" },
                { "{\"context\":\"https://host/x.git#main\",\"dockerfile\":\"D\"}",
                  "docker build --tag shop-web --file D https://host/x.git#main", "" },
                { "{\"context\":\".\",\"args\":{\"A\":\"1\",\"HERE\":null,\"PATH\":\"/x\"}}",
                  "docker build --tag shop-web --build-arg A --build-arg HERE --build-arg PATH=/x "
                  ".",
                  "A=1" },
                { "{\"context\":\".\",\"args\":[\"A=1\",\"B\"]}",
                  "docker build --tag shop-web --build-arg A --build-arg B .", "A=1" },
                { "{\"context\":\".\",\"labels\":{\"a\":\"b\"},\"cache_from\":[\"x\",\"y\"],"
                  "\"network\":\"host\",\"no_cache\":true,\"pull\":false,\"shm_size\":\"64m\","
                  "\"extra_hosts\":[\"db=10.0.0.1\"],\"tags\":[\"other:1\"],\"ulimits\":{"
                  "\"nofile\":"
                  "{\"soft\":1,\"hard\":2},\"nproc\":3}}",
                  "docker build --tag shop-web --label a=b --cache-from x --cache-from y --network "
                  "host --no-cache --shm-size 64m --add-host db:10.0.0.1 --tag other:1 --ulimit "
                  "nofile=1:2 --ulimit nproc=3 .",
                  "" },
                { "{\"context\":\".\",\"secrets\":[{\"source\":\"token\",\"target\":\"t\"}],"
                  "\"platforms\":[\"linux/amd64\",\"linux/arm64\"],\"provenance\":false}",
                  "docker build --tag shop-web --secret id=t,env=SLIPWAY_BUILD_SECRET_0 --platform "
                  "linux/amd64,linux/arm64 --provenance=false .",
                  "SLIPWAY_BUILD_SECRET_0=s3cret DOCKER_BUILDKIT=1" },
                { "{\"context\":\"/c\",\"dockerfile\":\"D\",\"dockerfile_inline\":\"FROM x\"}",
                  "/c < FROM x", "" },
                { "{\"context\":\".\",\"privileged\":true}",
                  "build.privileged: `docker build` has no word for it", NULL },
                { "{\"context\":\".\",\"secrets\":[\"none\"]}",
                  "build.secrets: the document has no such secret", NULL },
                { "{\"context\":\".\",\"speed\":1}",
                  "build.speed: not a key that can be handed to `docker build`", NULL },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *env = NULL;
                g_autofree char *got = command(rows[i].options, &env);

                g_assert_cmpstr(got, ==, rows[i].want);
                g_assert_cmpstr(env, ==, rows[i].env);
        }
}

/* ---- A client of our own ---- */

typedef struct Fixture {
        char *dir, *client, *path;
        GString *lines;
        bool is_over;
        char *error;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer script)
{
        fixture->dir = g_dir_make_tmp("slipway-build-XXXXXX", NULL);
        fixture->client = g_build_filename(fixture->dir, "docker", NULL);
        fixture->path = g_strdup(g_getenv("PATH"));
        fixture->lines = g_string_new(NULL);
        if (script != NULL) {
                g_autofree char *path = g_strdup_printf("%s:%s", fixture->dir, fixture->path);

                g_assert_true(g_file_set_contents(fixture->client, script, -1, NULL));
                g_assert_cmpint(g_chmod(fixture->client, 0700), ==, 0);
                g_setenv("PATH", path, true);
        } else {
                g_setenv("PATH", fixture->dir, true);
        }
}

static void tear_down(Fixture *fixture, gconstpointer script)
{
        g_setenv("PATH", fixture->path, true);
        g_remove(fixture->client);
        g_rmdir(fixture->dir);
        g_free(fixture->dir);
        g_free(fixture->client);
        g_free(fixture->path);
        g_free(fixture->error);
        g_string_free(fixture->lines, true);
}

static void on_line(const char *line, gpointer user)
{
        g_string_append_printf(((Fixture *) user)->lines, "%s\n", line);
}

static void on_end(const GError *error, gpointer user)
{
        Fixture *fixture = user;

        fixture->is_over = true;
        fixture->error = error == NULL ? NULL : g_strdup(error->message);
}

static BuildRun *start(Fixture *fixture, GError **error)
{
        static const Application app;
        g_autoptr(json_t)
                options = json_pack("{s:s, s:s}", "context", "/c", "dockerfile_inline", "FROM x");
        const Build build = { .service = "web", .options = options };

        return build_start(&(BuildRequest){ &build, &app, "shop-web", "unix:///s" }, on_line,
                           on_end, fixture, error);
}

static void test_lines_are_shown_and_input_is_given(Fixture *fixture, gconstpointer script)
{
        g_autoptr(GError) error = NULL;

        g_assert_nonnull(start(fixture, &error));
        while (!fixture->is_over)
                g_main_context_iteration(NULL, true);
        g_assert_cmpstr(fixture->lines->str, ==, "FROM x\nunix:///s\n/c\n");
        g_assert_null(fixture->error);
}

static void test_a_build_that_fails_is_quoted(Fixture *fixture, gconstpointer script)
{
        g_autoptr(GError) error = NULL;

        g_assert_nonnull(start(fixture, &error));
        while (!fixture->is_over)
                g_main_context_iteration(NULL, true);
        g_assert_cmpstr(fixture->error, ==,
                        "`docker build` of shop-web has failed:\nstep 1\nno such base");
}

static void test_a_build_is_given_up(Fixture *fixture, gconstpointer script)
{
        g_autoptr(GError) error = NULL;
        BuildRun *run = start(fixture, &error);
        pid_t pid;

        while (fixture->lines->len == 0)
                g_main_context_iteration(NULL, true);
        pid = (pid_t) g_ascii_strtoll(fixture->lines->str, NULL, 10);
        build_cancel(run);
        while (kill(pid, 0) == 0 || g_main_context_pending(NULL))
                g_main_context_iteration(NULL, false);
        g_assert_false(fixture->is_over);
}

static void test_without_a_client_it_is_said(Fixture *fixture, gconstpointer script)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(start(fixture, &error));
        g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        g_assert_nonnull(strstr(error->message, "shop-web must be built"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/build/arguments", test_options_become_arguments);
#define ADD(name, script)                                                                          \
        g_test_add("/build/" #name, Fixture, script, set_up, test_##name, tear_down)
        ADD(lines_are_shown_and_input_is_given, "#!/bin/sh\ncat; echo; echo; echo $DOCKER_HOST "
                                                ">&2\nfor last; do :; done; echo $last\n");
        ADD(a_build_that_fails_is_quoted,
            "#!/bin/sh\ncat >/dev/null; echo step 1; echo no such base >&2; exit 1\n");
        ADD(a_build_is_given_up, "#!/bin/sh\necho $$; exec sleep 60\n");
        ADD(without_a_client_it_is_said, NULL);
        return g_test_run();
}
