#include "controller/render.h"

#include <string.h>

#include "format/format.h"
#include "store/testing.h"

typedef TestStore Fixture;

/* An application of one run-once container with these further keys */
static Application *read_app(const char *keys)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autofree char *text = g_strconcat("replicated_api_version: 2.8.0\n"
                                            "name: shop\n"
                                            "config:\n"
                                            "- name: g\n"
                                            "  items:\n"
                                            "  - {name: cert, type: file}\n"
                                            "  - {name: certs, type: file, multiple: true}\n"
                                            "components:\n"
                                            "- name: a\n"
                                            "  containers:\n"
                                            "  - source: public\n"
                                            "    image_name: job\n"
                                            "    version: \"1\"\n"
                                            "    ephemeral: true\n"
                                            "    ",
                                            keys, "\n", NULL);
        Application *app = format_read("app.yml", text, strlen(text),
                                       &(FormatOptions){ .purpose = FORMAT_UP }, diags);

        if (app == NULL) {
                g_autofree char *said = diag_list_to_text(diags, false);

                g_error("%s", said);
        }
        return app;
}

/* With the settings as they are in the store */
static char *identity(Fixture *f, const Application *app)
{
        g_autoptr(Scene) scene = scene_new(app, "shop");
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_load(app, f->store, "shop", NULL, NULL, &error);
        g_autofree char *message = NULL;
        char *text;

        g_assert_no_error(error);
        scene->settings = settings;
        scene->store = f->store;
        text = render_identity(scene, &app->workloads[0], &message);
        g_assert_cmpstr(message, ==, NULL);
        return text;
}

static void test_what_a_command_sees_is_its_identity(Fixture *f, gconstpointer data)
{
        static const char *const keys[] = {
                "user: \"1\"",
                "hostname: h",
                "cmd: x",
                "entrypoint: [y]",
                "privileged: true",
                "security_cap_add: [NET_ADMIN]",
                "security_options: [no-new-privileges]",
                "readonly_rootfs: \"true\"",
                "allocate_tty: \"true\"",
                "pid_mode: host",
                "network: net",
                "ipv4_address: 10.0.0.9",
                "ipv6_address: fd00::9",
                "network_aliases: [b]",
                "links: [c]",
                "extra_hosts: [{hostname: h, address: 10.0.0.1}]",
                "env_vars: [{name: A, value: b}]",
                "volumes: [{host_path: v, container_path: /v}]",
                "volumes: [{host_path: v, container_path: /v, options: [ro]}]",
                "config_files: [{filename: /f, contents: x}]",
                "config_files: [{filename: /f, contents: y}]",
                "config_files: [{filename: /f, contents: x, file_mode: \"0600\"}]",
                "config_files: [{filename: /f, contents: x, file_owner: \"7\"}]",
                "customer_files: [{name: cert, filename: /f}]",
                "customer_files: [{name: cert, filename: /g}]",
                "customer_files: [{name: cert, filename: /f, file_mode: \"0600\"}]",
                "customer_files: [{name: cert, filename: /f, file_owner: \"7\"}]",
        };
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(Application) app = read_app(keys[i]);

                if (!g_hash_table_add(seen, identity(f, app)))
                        g_error("another file with `%s` has the same identity", keys[i]);
        }
}

static void test_how_it_is_handled_is_not(Fixture *f, gconstpointer data)
{
        static const char *const keys[] = {
                "memory_limit: \"67108864\"",
                "memory_swap_limit: \"67108864\"",
                "cpu_shares: \"512\"",
                "shm_size: \"16777216\"",
                "oom_kill_disable: \"true\"",
                "ulimits: [{name: nofile, soft: \"9\", hard: \"9\"}]",
                "labels: [a=b]",
                "logs: {max_size: 1m}",
                "display_name: Job",
                "name: job",
                "stop_timeout: \"3\"",
                "restart: {policy: on-failure, max: 3}",
                "success_exit_codes: [0, 3]",
                "on_unknown: hold",
                "dynamic: \"true\"",
                "disable_publish_all_ports: \"true\"",
                "ports: [{private_port: \"80\", public_port: \"8080\"}]",
                "publish_events: []",
        };
        g_autoptr(Application) plain = read_app("");
        g_autofree char *want = identity(f, plain);

        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(Application) app = read_app(keys[i]);
                g_autofree char *got = identity(f, app);

                g_assert_cmpstr(got, ==, want);
        }
}

static void import(Fixture *f, const Application *app, const char *text)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_load(app, f->store, "shop", NULL, NULL, &error);

        g_assert_true(settings_import(settings, text, strlen(text), NULL, &error));
}

static void test_a_customer_file_counts_by_its_content(Fixture *f, gconstpointer data)
{
        static const char *const contents[] = {
                "{\"cert\":{\"value\":\"planted.pem\",\"data\":\"eA==\"}}",
                "{\"cert\":{\"value\":\"planted.pem\",\"data\":\"eQ==\"}}",
                "{\"certs\":{\"multi_value\":[\"a\",\"b\"],\"multi_data\":[\"eA==\",\"eQ==\"]}}",
                "{\"certs\":{\"multi_value\":[\"a\",\"b\"],\"multi_data\":[\"eA==\",\"eg==\"]}}",
                "{\"certs\":{\"multi_value\":[\"a\",\"c\"],\"multi_data\":[\"eA==\",\"eg==\"]}}",
        };
        g_autoptr(Application) app = read_app("customer_files: [{name: cert, filename: /f}, "
                                              "{name: certs, filename: /d/}]");
        g_autofree char *before = identity(f, app);

        for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
                g_autofree char *first = NULL, *second = NULL;

                import(f, app, contents[i]);
                first = identity(f, app);
                second = identity(f, app);
                g_assert_cmpstr(first, ==, second);
                g_assert_cmpstr(first, !=, before);
                g_assert_null(strstr(first, "planted-"));
                g_free(before);
                before = g_steal_pointer(&first);
        }
}

static void test_several_files_go_into_a_directory(Fixture *f, gconstpointer data)
{
        g_autoptr(Application) app = read_app(
                "customer_files: [{name: certs, filename: /d/, file_mode: \"0600\"}, "
                "{name: certs, filename: /all}]");
        g_autoptr(Scene) scene = scene_new(app, "shop");
        g_autoptr(Settings) settings = NULL;
        g_auto(Rendered) rendered = { 0 };

        import(f, app,
               "{\"certs\":{\"multi_value\":[\"a\",\"b\"],\"multi_data\":[\"eA==\",\"eQ==\"]}}");
        settings = settings_load(app, f->store, "shop", NULL, NULL, NULL);
        scene->settings = settings;
        scene->store = f->store;
        render_workload(scene, &app->workloads[0], NULL, &rendered);
        g_assert_cmpstr(rendered.error, ==, NULL);
        g_assert_cmpuint(rendered.spec->n_files, ==, 3);
        g_assert_cmpstr(rendered.spec->files[0].path, ==, "/d/a");
        g_assert_cmpmem(rendered.spec->files[1].data, rendered.spec->files[1].size, "y", 1);
        g_assert_cmpuint(rendered.spec->files[1].mode, ==, 0600);
        g_assert_cmpstr(rendered.spec->files[2].path, ==, "/all");
        g_assert_cmpmem(rendered.spec->files[2].data, rendered.spec->files[2].size, "xy", 2);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(path, function)                                                                        \
        g_test_add(path, Fixture, NULL, test_store_set_up, function, test_store_tear_down)
        ADD("/render/identity", test_what_a_command_sees_is_its_identity);
        ADD("/render/identity/handling", test_how_it_is_handled_is_not);
        ADD("/render/identity/customer-file", test_a_customer_file_counts_by_its_content);
        ADD("/render/customer-files", test_several_files_go_into_a_directory);
#undef ADD
        return g_test_run();
}
