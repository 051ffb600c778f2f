#include "controller/registries.h"

#include <string.h>

#include "base/json.h"
#include "crypto/secret.h"
#include "store/testing.h"

typedef TestStore Fixture;

static void write_config(Fixture *f, const char *text)
{
        g_autofree char *path = g_build_filename(f->t.base, "config.json", NULL);

        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void set_up(Fixture *f, gconstpointer data)
{
        test_store_set_up(f, data);
        g_setenv("DOCKER_CONFIG", f->t.base, true);
}

/* "reference pullable auth" with the header decoded */
static char *resolve(Fixture *f, const char *source, const char *image)
{
        g_auto(RegistryImage) got = { 0 };
        g_autofree char *auth = NULL;
        size_t size;

        g_assert_true(registry_resolve(f->store, source, image, &got, &f->error));
        if (got.auth != NULL)
                auth = secret_base64_decode(got.auth, SECRET_BASE64_URL, &size);
        return g_strdup_printf("%s %s %s", got.reference, got.is_pullable ? "pull" : "local",
                               auth != NULL ? auth : "-");
}

static void assert_resolves(Fixture *f, const char *source, const char *image, const char *result)
{
        g_autofree char *got = resolve(f, source, image);

        g_assert_cmpstr(got, ==, result);
}

static void add(Fixture *f, const char *name, const char *host, const char *user,
                const char *password)
{
        g_assert_true(registry_add(f->store, name, host, user, password, &f->error));
}

static void test_only_public_goes_to_the_default(Fixture *f, gconstpointer data)
{
        assert_resolves(f, "public", "postgres:15", "postgres:15 pull -");
        assert_resolves(f, NULL, "postgres", "postgres pull -");
        assert_resolves(f, "replicated", "shop:1", "shop:1 local -");
        assert_resolves(f, "mine", "ns/shop:1", "ns/shop:1 local -");
}

static void test_a_source_has_its_host(Fixture *f, gconstpointer data)
{
        add(f, "mine", "https://registry.example.com:5000/", "me", "planted-pass");
        add(f, "open", "open.example.com/base", NULL, NULL);
        assert_resolves(f, "mine", "ns/shop:1",
                        "registry.example.com:5000/ns/shop:1 pull "
                        "{\"password\":\"planted-pass\",\"serveraddress\":"
                        "\"registry.example.com:5000\",\"username\":\"me\"}");
        assert_resolves(f, "mine", "registry.example.com:5000/shop",
                        "registry.example.com:5000/shop pull "
                        "{\"password\":\"planted-pass\",\"serveraddress\":"
                        "\"registry.example.com:5000\",\"username\":\"me\"}");
        /* a public image that names the host gets its credentials, too */
        assert_resolves(f, "public", "registry.example.com:5000/shop",
                        "registry.example.com:5000/shop pull "
                        "{\"password\":\"planted-pass\",\"serveraddress\":"
                        "\"registry.example.com:5000\",\"username\":\"me\"}");
        assert_resolves(f, "open", "shop", "open.example.com/base/shop pull -");

        g_assert_true(registry_remove(f->store, "mine", &f->error));
        assert_resolves(f, "mine", "shop", "shop local -");
        g_assert_false(registry_remove(f->store, "mine", &f->error));
        g_assert_error(f->error, REGISTRY_ERROR, REGISTRY_ERROR_UNKNOWN);
        g_clear_error(&f->error);
}

static void test_passwords_stay_in(Fixture *f, gconstpointer data)
{
        char *path = NULL;

        add(f, "mine", "r.example.com", "me", "planted-pass");
        add(f, "another", "s.example.com", "", "");

        g_autoptr(json_t) list = registry_list(f->store, &f->error);
        g_autofree char *text = json_to_canonical_text(list);
        g_autoptr(GPtrArray) secrets = registry_secrets(f->store, &f->error);
        g_auto(GStrv) apps = store_apps(f->store, &f->error);

        g_assert_cmpstr(text, ==,
                        "[{\"has_password\":false,\"host\":\"s.example.com\",\"name\":\"another\","
                        "\"user\":\"\"},"
                        "{\"has_password\":true,\"host\":\"r.example.com\",\"name\":\"mine\","
                        "\"user\":\"me\"}]");
        g_assert_cmpuint(secrets->len, ==, 1);
        g_assert_cmpstr(secrets->pdata[0], ==, "planted-pass");
        g_assert_cmpuint(g_strv_length(apps), ==, 0); /* no application */
        g_assert_false(test_dir_contains(&f->t, "planted", &path));
}

static void test_odd_names_are_refused(Fixture *f, gconstpointer data)
{
        static const struct {
                const char *name, *host;
        } cases[] = {
                { "public", "r.example.com" },
                { "", "r.example.com" },
                { "a b", "r.example.com" },
                { "mine", "" },
                { "mine", "http://x.com" },
                { "mine", "/x" },
                { "mine", "a b" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_assert_false(
                        registry_add(f->store, cases[i].name, cases[i].host, "u", "p", &f->error));
                g_assert_error(f->error, REGISTRY_ERROR, REGISTRY_ERROR_VALUE);
                g_clear_error(&f->error);
        }
}

static void test_the_engines_file_is_a_fallback(Fixture *f, gconstpointer data)
{
        write_config(f, "{\"auths\":{"
                        "\"https://index.docker.io/v1/\":{\"auth\":\"dTpw\"},"
                        "\"r.example.com\":{\"auth\":\"bWU6YTpi\"},"
                        "\"t.example.com\":{\"identitytoken\":\"tok\"},"
                        "\"e.example.com\":{}},"
                        "\"credHelpers\":{\"h.example.com\":\"pass\"}}");
        assert_resolves(f, "public", "postgres",
                        "postgres pull {\"password\":\"p\",\"serveraddress\":"
                        "\"https://index.docker.io/v1/\",\"username\":\"u\"}");
        assert_resolves(f, "public", "r.example.com/x",
                        "r.example.com/x pull {\"password\":\"a:b\",\"serveraddress\":"
                        "\"r.example.com\",\"username\":\"me\"}");
        assert_resolves(f, "public", "t.example.com/x",
                        "t.example.com/x pull {\"identitytoken\":\"tok\",\"serveraddress\":"
                        "\"t.example.com\"}");
        assert_resolves(f, "public", "e.example.com/x", "e.example.com/x pull -");
        assert_resolves(f, "public", "example.com/x", "example.com/x pull -");

        g_auto(RegistryImage) got = { 0 };

        g_assert_true(registry_resolve(f->store, "public", "h.example.com/x", &got, &f->error));
        g_assert_null(got.auth);
        g_assert_nonnull(strstr(got.note, "credential helper `pass`"));
}

static void test_a_bad_file_is_no_credentials(Fixture *f, gconstpointer data)
{
        static const char *const texts[] = { "",
                                             "[",
                                             "[]",
                                             "{\"auths\":[]}",
                                             "{\"auths\":7}",
                                             "{\"auths\":{\"r.example.com\":7}}",
                                             "{\"auths\":{\"r.example.com\":{\"auth\":\"%\"}}}",
                                             "{\"auths\":{\"r.example.com\":{\"auth\":\"dQ==\"}}}",
                                             "{\"credsStore\":{}}" };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                write_config(f, texts[i]);
                assert_resolves(f, "public", "r.example.com/x", "r.example.com/x pull -");
        }
}

#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, test_store_tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/registries/public", test_only_public_goes_to_the_default);
        ADD("/registries/source", test_a_source_has_its_host);
        ADD("/registries/passwords", test_passwords_stay_in);
        ADD("/registries/odd", test_odd_names_are_refused);
        ADD("/registries/engine", test_the_engines_file_is_a_fallback);
        ADD("/registries/engine/bad", test_a_bad_file_is_no_credentials);
        return g_test_run();
}
