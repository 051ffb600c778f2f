#include "base/json.h"
#include "model/spec.h"

static char *text_of(const Spec *spec)
{
        g_autoptr(json_t) json = spec_to_json(spec);

        return json_to_canonical_text(json);
}

static void test_every_field_makes_a_difference(void)
{
        g_autoptr(Spec) spec = spec_new();
        g_autofree char *before = text_of(spec);
        SpecPort port = { .private_port = 80, .public_port = 8080, .host_ip = "" };
        SpecMount mount = { .type = MOUNT_VOLUME, .source = "data", .target = "/data" };
        SpecFile file = { .path = "/etc/x", .data = "x", .size = 1 };
        const char *env[] = { "A=1" };
        g_autofree char *last = g_strdup(before);

#define CHANGES(statement)                                                                         \
        do {                                                                                       \
                statement;                                                                         \
                char *now = text_of(spec);                                                         \
                g_assert_cmpstr(now, !=, last);                                                    \
                g_free(last);                                                                      \
                last = now;                                                                        \
        } while (0)

        CHANGES(spec->image = "a:1");
        CHANGES((spec->env = env, spec->n_env = 1));
        CHANGES(spec->has_cmd = true);
        CHANGES(spec->has_entrypoint = true);
        CHANGES((spec->ports = &port, spec->n_ports = 1));
        CHANGES(port.proto = PROTO_UDP);
        CHANGES((spec->mounts = &mount, spec->n_mounts = 1));
        CHANGES(mount.read_only = true);
        CHANGES((spec->files = &file, spec->n_files = 1));
        CHANGES(file.data = "y");
        CHANGES(spec->restart = RESTART_ALWAYS);
        CHANGES(spec->memory = 1);
        CHANGES(spec->user = "1000");
        CHANGES(spec->stop_timeout_s = 3);
#undef CHANGES
}

static void test_new_fields_make_a_difference_and_have_names(void)
{
        g_autoptr(Spec) spec = spec_new();
        static const char *const texts[] = { "one" };
        SpecNetwork network = {
                .name = "net", .ipv4_address = "", .ipv6_address = "", .mac_address = ""
        };
        SpecHook hook = { .argv = texts, .n_argv = 1, .user = "", .working_dir = "" };
        SpecProbe probe = { .type = EVENT_PORT_LISTEN, .port = 80 };
        g_autoptr(json_t) json = NULL;

        spec->networks = &network;
        spec->post_start = spec->pre_stop = &hook;
        spec->probes = &probe;
        spec->n_networks = spec->n_post_start = spec->n_pre_stop = spec->n_probes = 1;
        spec->health = (SpecHealth){ .is_set = true, .is_disabled = true };
        spec->working_dir = spec->stop_signal = spec->platform = "x";
        spec->stdin_open = true;
        spec->options = json_pack("{s:s}", "ipc", "host");
        spec->deploy = json_pack("{s:s, s:{s:{s:s}}}", "mode", "global", "resources", "limits",
                                 "memory", "1");
        json = spec_to_json(spec);
        for (const char *const *field =
                     (const char *const[]){ "networks", "healthcheck", "post_start", "pre_stop",
                                            "probes", "working_dir", "stop_signal", "platform",
                                            "stdin_open", "ipc", "deploy.mode",
                                            "deploy.resources.limits.memory", NULL };
             *field != NULL; field++)
                g_assert_cmpstr(json_object_get(json, *field) == NULL ? *field : "", ==, "");
}

static void test_a_copy_shares_nothing_but_json(void)
{
        g_autoptr(Spec) spec = spec_new(), copy = NULL;
        char alias[] = "alias", data[] = "data";
        const char *aliases[] = { alias };
        SpecNetwork network = { .name = "net",
                                .aliases = aliases,
                                .n_aliases = 1,
                                .ipv4_address = "",
                                .ipv6_address = "",
                                .mac_address = "" };
        SpecFile file = { .path = "/x", .data = data, .size = 4, .resource = "x" };
        g_autofree char *before = NULL, *after = NULL;

        spec->networks = &network;
        spec->files = &file;
        spec->n_networks = spec->n_files = 1;
        spec->options = json_pack("{s:b}", "init", 1);
        before = text_of(spec);
        copy = spec_copy(spec);
        alias[0] = data[0] = 'X';
        network.name = "other";
        after = text_of(copy);
        g_assert_cmpstr(after, ==, before);
}

static void test_bytes_that_are_not_utf8_are_compared_all_the_same(void)
{
        g_autoptr(Spec) one = spec_new(), two = spec_new();
        const char *a[] = { "A=\xff" }, *b[] = { "A=\xfe" };

        one->env = a;
        two->env = b;
        one->n_env = two->n_env = 1;
        g_autofree char *first = text_of(one), *second = text_of(two);
        g_assert_cmpstr(first, !=, second);
}

static void test_limits_are_changed_in_place(void)
{
        g_assert_true(spec_field_is_in_place("restart"));
        g_assert_false(spec_field_is_in_place("image"));
}

static void test_limits_are_fields_of_their_own(void)
{
        g_autoptr(Spec) spec = spec_new();
        g_autoptr(json_t) json = NULL;
        const char *field;
        json_t *value;
        unsigned n_in_place = 0;

        spec->image = "a";
        spec->options = json_pack("{s:f, s:s}", "cpus", 0.5, "ipc", "host");
        spec->deploy = json_loads("{\"resources\":{\"limits\":{\"pids\":3},\"reservations\":{"
                                  "\"devices\":[{}]}},\"mode\":\"global\"}",
                                  0, NULL);
        json = spec_to_json(spec);
        json_object_foreach(json, field, value)
                n_in_place += spec_field_is_in_place(field);
        g_assert_cmpuint(n_in_place, ==, 3); /* restart, cpus, pids */
        g_assert_nonnull(json_object_get(json, "deploy.resources.limits.pids"));
        g_assert_nonnull(json_object_get(json, "deploy.resources.reservations.devices"));
        g_assert_nonnull(json_object_get(json, "deploy.mode"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/spec/fields", test_every_field_makes_a_difference);
        g_test_add_func("/spec/new-fields", test_new_fields_make_a_difference_and_have_names);
        g_test_add_func("/spec/copy", test_a_copy_shares_nothing_but_json);
        g_test_add_func("/spec/not-utf8", test_bytes_that_are_not_utf8_are_compared_all_the_same);
        g_test_add_func("/spec/in-place", test_limits_are_changed_in_place);
        g_test_add_func("/spec/limits", test_limits_are_fields_of_their_own);
        return g_test_run();
}
