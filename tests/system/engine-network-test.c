/* Networks and volumes as a Compose file describes them, and containers on several networks */

#include "engine-api.h"

#include <string.h>

#include "base/json.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__ })

static json_t *parse(const char *text)
{
        json_t *json = json_loads(text, 0, NULL);

        g_assert_nonnull(json);
        return json;
}

/* (transfer full) its id; @options: JSON; NULL: none */
static char *make_network(const char *name, const char *options)
{
        const char *const labels[] = { test_label(), NULL };
        g_autoptr(json_t) given = options == NULL ? NULL : parse(options);
        g_autoptr(Got) got = must(&(EngineRequest){
                .op = ENGINE_NETWORK_CREATE, .name = name, .labels = labels, .options = given });

        return g_strdup(got->id);
}

static json_t *network_seen(const char *id)
{
        g_autofree char *path = g_strconcat("/networks/", id, NULL);

        return raw(path);
}

static json_t *container_seen(const char *id)
{
        g_autofree char *path = g_strdup_printf("/containers/%s/json", id);

        return raw(path);
}

static void is_at(const json_t *seen, const char *path, const char *want)
{
        g_autofree char *text = NULL;

        g_assert_nonnull(json_at(seen, path));
        text = json_to_canonical_text(json_at(seen, path));
        g_assert_cmpstr(text, ==, want);
}

static void test_each_option_of_a_network_reaches_the_engine(void)
{
        g_autofree char *name = own("options");
        g_autofree char *id = make_network(
                name, "{\"driver\":\"bridge\",\"driver_opts\":{"
                      "\"com.docker.network.driver.mtu\":1400},\"internal\":true,\"attachable\":"
                      "true,\"enable_ipv6\":true,\"labels\":{\"own\":\"x\"},\"ipam\":{"
                      "\"config\":[{\"subnet\":\"10.213.8.0/24\",\"ip_range\":"
                      "\"10.213.8.128/25\",\"gateway\":\"10.213.8.254\",\"aux_addresses\":{"
                      "\"printer\":\"10.213.8.5\"}},{\"subnet\":\"fd00:213:8::/64\"}]}}");
        g_autoptr(json_t) seen = network_seen(id);

        is_at(seen, "Driver", "\"bridge\"");
        is_at(seen, "Internal", "true");
        is_at(seen, "Attachable", "true");
        is_at(seen, "EnableIPv6", "true");
        is_at(seen, "Labels.own", "\"x\"");
        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(seen, "Options"),
                                                          "com.docker.network.driver.mtu")),
                        ==, "1400");
        g_assert_cmpstr(
                json_string_at(json_array_get(json_at(seen, "IPAM.Config"), 0), "IPRange", ""), ==,
                "10.213.8.128/25");
        g_assert_cmpstr(
                json_string_at(json_array_get(json_at(seen, "IPAM.Config"), 0), "Gateway", ""), ==,
                "10.213.8.254");
        is_at(json_array_get(json_at(seen, "IPAM.Config"), 0), "AuxiliaryAddresses",
              "{\"printer\":\"10.213.8.5\"}");
        is_at(json_array_get(json_at(seen, "IPAM.Config"), 1), "Subnet", "\"fd00:213:8::/64\"");
        tidy();
}

static void test_networks_are_made_once_and_removed_when_free(void)
{
        const char *const labels[] = { test_label(), NULL };
        const char *const others[] = { "slipway-test=other", NULL };
        g_autofree char *name = own("once"), *longer = own("once-more");
        g_autofree char *id = make_network(name, NULL), *again = NULL, *second = NULL;
        g_autofree char *container = NULL;
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        SpecNetwork network = { .name = name };
        g_autoptr(Got) other = NULL, by_name = NULL, by_label = NULL, used = NULL;

        again = make_network(name, NULL);
        g_assert_cmpstr(id, ==, again);
        other = ask(
                &(EngineRequest){ .op = ENGINE_NETWORK_CREATE, .name = name, .labels = others });
        g_assert_error(other->error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        second = make_network(longer, NULL);
        by_name = must(&(EngineRequest){ .op = ENGINE_NETWORK_LIST, .name = name });
        g_assert_cmpuint(by_name->networks->len, ==, 1);
        by_label = must(&(EngineRequest){ .op = ENGINE_NETWORK_LIST, .labels = labels });
        g_assert_cmpuint(by_label->networks->len, ==, 2);
        spec->networks = &network;
        spec->n_networks = 1;
        container = create_and_start("user", spec);
        used = ask(&(EngineRequest){ .op = ENGINE_NETWORK_REMOVE, .id = id });
        g_assert_error(used->error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        got_free(must(&(EngineRequest){ .op = ENGINE_REMOVE, .id = container, .force = true }));
        for (int i = 0; i < 2; i++)
                got_free(must(&(EngineRequest){ .op = ENGINE_NETWORK_REMOVE, .id = id }));
        tidy();
}

static void test_a_container_is_on_all_its_networks_before_it_starts(void)
{
        g_autofree char *front = own("front"), *back = own("back");
        g_autofree char *front_id = make_network(
                front, "{\"ipam\":{\"config\":[{\"subnet\":\"10.213.9.0/24\"}]}}");
        g_autofree char *back_id = make_network(
                back, "{\"ipam\":{\"config\":[{\"subnet\":\"10.213.10.0/24\"}]}}");
        g_autoptr(Spec) spec = shell_spec("ip -o -4 addr | grep -c 10.213; cat /sys/class/net/*/"
                                          "address; exec sleep 1000");
        SpecNetwork networks[] = {
                { .name = front,
                  .aliases = WORDS("web"),
                  .n_aliases = 1,
                  .ipv4_address = "10.213.9.77",
                  .mac_address = "02:42:0a:d5:09:4d" },
                { .name = back,
                  .aliases = WORDS("api", "web"),
                  .n_aliases = 2,
                  .ipv4_address = "10.213.10.78",
                  .link_local_ips = WORDS("169.254.8.8"),
                  .n_link_local_ips = 1 },
        };
        g_autofree char *id = NULL;
        g_autoptr(json_t) seen = NULL;
        g_autoptr(Got) got = NULL, logs = NULL;
        const json_t *one, *two;

        spec->networks = networks;
        spec->n_networks = 2;
        id = create("two", spec);
        seen = container_seen(id);
        one = json_object_get(json_at(seen, "NetworkSettings.Networks"), front);
        two = json_object_get(json_at(seen, "NetworkSettings.Networks"), back);
        is_at(two, "IPAMConfig",
              "{\"IPv4Address\":\"10.213.10.78\",\"LinkLocalIPs\":["
              "\"169.254.8.8\"]}");
        g_assert_cmpstr(json_string_at(one, "NetworkID", ""), ==, front_id);
        g_assert_cmpstr(json_string_at(two, "NetworkID", ""), ==, back_id);
        g_assert_cmpstr(json_string_value(json_array_get(json_object_get(two, "Aliases"), 0)), ==,
                        "api");
        got_free(must(&(EngineRequest){ .op = ENGINE_START, .id = id }));
        got = must(&(EngineRequest){ .op = ENGINE_INSPECT, .id = id });
        g_assert_cmpuint(got->container->networks->len, ==, 2);
        for (guint i = 0; i < 2; i++) {
                const ContainerNetwork *network = &g_array_index(got->container->networks,
                                                                 ContainerNetwork, i);
                bool is_front = g_str_equal(network->name, front);

                g_assert_cmpstr(network->address, ==, is_front ? "10.213.9.77" : "10.213.10.78");
                g_assert_cmpstr(network->id, ==, is_front ? front_id : back_id);
                if (is_front)
                        g_assert_cmpstr(network->mac_address, ==, "02:42:0a:d5:09:4d");
        }
        tidy();
}

/* Each network tells the names that are meant on it, and no other */
static void test_aliases_are_known_on_their_network(void)
{
        g_autofree char *front = own("front"), *back = own("back");
        g_autofree char *front_id = make_network(front, NULL);
        g_autofree char *back_id = make_network(back, NULL);
        g_autoptr(Spec) server = shell_spec("while :; do echo hello | nc -l -p 80; done");
        g_autoptr(Spec) client = shell_spec("exec sleep 1000");
        SpecNetwork both[] = { { .name = front, .aliases = WORDS("web"), .n_aliases = 1 },
                               { .name = back, .aliases = WORDS("api"), .n_aliases = 1 } };
        SpecNetwork only_back[] = { { .name = back } };
        g_autofree char *served = NULL, *asking = NULL;
        g_autoptr(Got) known = NULL, unknown = NULL;

        server->networks = both;
        server->n_networks = 2;
        client->networks = only_back;
        client->n_networks = 1;
        served = create_and_start("server", server);
        asking = create_and_start("client", client);
        known = must(&(EngineRequest){
                .op = ENGINE_EXEC,
                .id = asking,
                .argv = WORDS("/bin/sh", "-c", "until nc -w 2 api 80; do sleep 0.1; done", NULL) });
        g_assert_nonnull(strstr(known->data->str, "hello\n"));
        unknown = must(&(EngineRequest){ .op = ENGINE_EXEC,
                                         .id = asking,
                                         .argv = WORDS("nc", "-w", "2", "web", "80", NULL) });
        g_assert_cmpint(unknown->exit_code, !=, 0);
        tidy();
}

static void run(const char *line)
{
        g_autofree char *out = NULL;
        g_autoptr(GError) error = NULL;

        g_spawn_command_line_sync(line, &out, NULL, NULL, &error);
        g_assert_no_error(error);
}

/* Old engines make two networks of one name for who does not forbid it */
static void make_twins(const char *name)
{
        const char *socket = strchr(g_getenv("DOCKER_HOST"), '/') + 2;

        for (int i = 0; i < 2; i++) {
                g_autofree char *line = g_strdup_printf(
                        "curl -s --unix-socket %s -H 'Content-Type: application/json' -d "
                        "'{\"Name\":\"%s\",\"Labels\":{\"slipway-test\":\"%s\"}}' "
                        "http://docker/v1.41/networks/create",
                        socket, name, strchr(test_label(), '=') + 1);

                run(line);
        }
}

static void remove_all(const char *name)
{
        g_autofree char *path = g_strdup_printf("/networks?filters={%%22name%%22:[%%22%s%%22]}",
                                                name);
        g_autoptr(json_t) list = raw(path);
        size_t i;
        json_t *item;

        json_array_foreach(list, i, item)
                got_free(must(&(EngineRequest){ .op = ENGINE_NETWORK_REMOVE,
                                                .id = json_string_at(item, "Id", "") }));
}

static void test_networks_that_are_not_clear_are_refused(void)
{
        g_autofree char *name = own("twins"), *full = own("lost");
        g_autoptr(Spec) spec = shell_spec("true");
        SpecNetwork network = { .name = name };
        g_autoptr(Got) missing = NULL, twins = NULL, list = NULL, gone = NULL;

        spec->networks = &network;
        spec->n_networks = 1;
        missing = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = full, .spec = spec });
        g_assert_error(missing->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        g_assert_nonnull(strstr(missing->error->message, name));
        make_twins(name);
        list = must(&(EngineRequest){ .op = ENGINE_NETWORK_LIST, .name = name });
        if (list->networks->len == 2) {
                twins = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = full, .spec = spec });
                g_assert_error(twins->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
                g_assert_nonnull(strstr(twins->error->message, "2 networks have the name"));
        }
        gone = ask(&(EngineRequest){ .op = ENGINE_INSPECT, .id = full });
        g_assert_error(gone->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        remove_all(name);
        tidy();
}

static void test_a_network_that_cannot_be_joined_leaves_no_container(void)
{
        g_autofree char *front = own("front"), *back = own("back"), *full = own("half");
        g_autofree char *front_id = make_network(front, NULL);
        g_autofree char *back_id = make_network(back, NULL);
        g_autoptr(Spec) spec = shell_spec("true");
        SpecNetwork networks[] = { { .name = front },
                                   { .name = back, .ipv4_address = "not an address" } };
        g_autoptr(Got) got = NULL, gone = NULL;

        spec->networks = networks;
        spec->n_networks = 2;
        got = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = full, .spec = spec });
        g_assert_nonnull(got->error);
        g_assert_nonnull(strstr(got->error->message, "joining the network"));
        gone = ask(&(EngineRequest){ .op = ENGINE_INSPECT, .id = full });
        g_assert_error(gone->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        tidy();
}

static void test_volumes_have_a_driver_and_its_options(void)
{
        const char *const labels[] = { test_label(), NULL };
        g_autofree char *name = own("volume"), *path = g_strconcat("/volumes/", name, NULL);
        g_autoptr(json_t) options = parse("{\"driver\":\"local\",\"driver_opts\":{\"type\":"
                                          "\"tmpfs\",\"device\":\"tmpfs\",\"o\":\"size=1m\"},"
                                          "\"labels\":[\"own=x\"]}");
        g_autoptr(json_t) wrong = parse("{\"speed\":1}"), seen = NULL;
        g_autoptr(Got) made = must(&(EngineRequest){
                .op = ENGINE_VOLUME_CREATE, .name = name, .labels = labels, .options = options });
        g_autoptr(Got) refused = ask(&(EngineRequest){
                .op = ENGINE_VOLUME_CREATE, .name = "slipway-x", .options = wrong });

        g_assert_true(made->was_created);
        seen = raw(path);
        is_at(seen, "Options", "{\"device\":\"tmpfs\",\"o\":\"size=1m\",\"type\":\"tmpfs\"}");
        is_at(seen, "Labels.own", "\"x\"");
        g_assert_error(refused->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        tidy();
}

void add_network_tests(void)
{
#define ADD(name) g_test_add_func("/network/" #name, test_##name)
        ADD(each_option_of_a_network_reaches_the_engine);
        ADD(networks_are_made_once_and_removed_when_free);
        ADD(a_container_is_on_all_its_networks_before_it_starts);
        ADD(aliases_are_known_on_their_network);
        ADD(networks_that_are_not_clear_are_refused);
        ADD(a_network_that_cannot_be_joined_leaves_no_container);
        ADD(volumes_have_a_driver_and_its_options);
}
