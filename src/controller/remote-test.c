#include "controller/remote.h"

#include <string.h>

#include "crypto/secret.h"
#include "store/testing.h"

#define NOBODY "http://127.0.0.1:9" /* where nobody listens */

static ConfigFile files[2];
static Workload workload = { .id = "a/b", .config_files = files, .n_config_files = 2 };

typedef struct Fixture {
        TestDir t;
        Store *store;
        Application *app;
        GError *error;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
        const SourcePos pos = { "app.yml", 7, 9 };
        Arena *arena = arena_new();

        test_dir_init(&f->t);
        f->store = test_dir_open(&f->t, false);
        f->app = arena_new0(arena, Application, 1);
        f->app->arena = arena;
        f->app->workloads = &workload;
        f->app->n_workloads = 1;
        files[0] = (ConfigFile){ .filename = { "/own", pos }, .contents = { "own", pos } };
        files[1] = (ConfigFile){ .filename = { "/theirs", pos },
                                 .source = { "github", pos },
                                 .owner = { "me", pos },
                                 .repo = { "a b", pos },
                                 .path = { "/d/x.conf", pos },
                                 .ref = { "0123", pos } };
        g_setenv("SLIPWAY_GITHUB_URL", NOBODY, true);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        g_unsetenv("SLIPWAY_GITHUB_URL");
        arena_free(f->app->arena);
        store_free(f->store);
        test_dir_done(&f->t);
        g_clear_error(&f->error);
}

static void test_what_cannot_be_had_is_said_with_its_place(Fixture *f, gconstpointer data)
{
        g_assert_false(remote_fill(f->app, f->store, &f->error));
        g_assert_true(g_str_has_prefix(f->error->message, "app.yml:7:9: the file /theirs: " NOBODY
                                                          "/me/a%20b/0123/d/x.conf: "));
        g_assert_cmpstr(files[0].contents.raw, ==, "own");
}

static void test_what_was_fetched_once_is_kept(Fixture *f, gconstpointer data)
{
        static const char url[] = NOBODY "/me/a%20b/0123/d/x.conf";
        g_autofree char *name = secret_digest(url, strlen(url));
        const SettingValue row = { .name = name,
                                   .value = (char *) "planted-text",
                                   .origin = (char *) "fetched",
                                   .is_secret = true };

        g_assert_true(store_setting_set(f->store, "@remote", &row, NULL));
        g_assert_true(remote_fill(f->app, f->store, &f->error));
        g_assert_no_error(f->error);
        g_assert_cmpstr(files[1].contents.raw, ==, "planted-text");
        g_assert_cmpuint(files[1].contents.pos.line, ==, 7);
        g_assert_false(test_dir_contains(&f->t, "planted-text", NULL));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
        ADD("/remote/refused", test_what_cannot_be_had_is_said_with_its_place);
        ADD("/remote/kept", test_what_was_fetched_once_is_kept);
#undef ADD
        return g_test_run();
}
