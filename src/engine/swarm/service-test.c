#include "engine/swarm/service.h"

#include <string.h>

#include "base/json.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/probe.h"
#include "engine/swarm/swarm.h"

static const char *const labels[] = { "slipway.app=shop",       "slipway.workload=web/app",
                                      "slipway.run=",           "slipway.deployment=4",
                                      "slipway.installation=x", NULL };
static const char *const run_labels[] = { "slipway.app=shop", "slipway.workload=migrate",
                                          "slipway.run=abc", NULL };

static Spec *new_spec(void)
{
        Spec *spec = spec_new();

        spec->image = "web:1";
        return spec;
}

static SwarmBody *body_of(const Spec *spec, const char *const *with, GError **error)
{
        unsigned newest = 0;
        g_autofree char *newest_key = NULL;

        return swarm_body_new(
                &(SwarmBodyOptions){ .name = "shop_app", .spec = spec, .labels = with }, &newest,
                &newest_key, error);
}

static SwarmBody *good(const Spec *spec, const char *const *with)
{
        g_autoptr(GError) error = NULL;
        SwarmBody *body = body_of(spec, with, &error);

        g_assert_no_error(error);
        return body;
}

/* The member at the path, as one line; (transfer full) */
static char *at(const SwarmBody *body, const char *path)
{
        const json_t *value = json_at(body->spec, path);

        return value == NULL ? g_strdup("none")
                             : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
}

#define assert_at(body, path, text)                                                                \
        do {                                                                                       \
                g_autofree char *got_text = at(body, path);                                        \
                g_assert_cmpstr(got_text, ==, text);                                               \
        } while (0)

static void test_names_are_as_docker_stack_makes_them(void)
{
        g_autofree char *plain = swarm_service_name("shop", "app");
        g_autofree char *native = swarm_service_name("shop", "Web/My.App");
        g_autofree char *job = swarm_job_name("shop", "migrate", "0123456789abcdef", 12);
        g_autofree char *long_app = g_strnfill(80, 'a');
        g_autofree char *long_one = swarm_service_name(long_app, "one");
        g_autofree char *long_two = swarm_service_name(long_app, "two");

        g_assert_cmpstr(plain, ==, "shop_app");
        g_assert_cmpstr(native, ==, "shop_web-my-app");
        g_assert_cmpstr(job, ==, "shop_migrate-01234567-12");
        g_assert_cmpuint(strlen(long_one), <=, SWARM_NAME_MAX);
        g_assert_cmpstr(long_one, !=, long_two);
}

static void test_labels(void)
{
        g_autoptr(Spec) spec = new_spec();
        g_autoptr(SwarmBody) body = good(spec, labels);

        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(body->spec, "Labels"),
                                                          "slipway.deployment")),
                        ==, "4");
        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(body->spec, "Labels"),
                                                          STACK_LABEL_NAMESPACE)),
                        ==, "shop");
        assert_at(body, "TaskTemplate.ContainerSpec.Labels",
                  "{\"" STACK_LABEL_NAMESPACE "\":\"shop\",\"slipway.app\":\"shop\","
                  "\"slipway.installation\":\"x\",\"slipway.workload\":\"web/app\"}");
}

static void test_the_hash_is_of_what_matters(void)
{
        static const char *const later[] = { "slipway.app=shop",
                                             "slipway.workload=web/app",
                                             "slipway.run=",
                                             "slipway.deployment=5",
                                             "com.docker.compose.config-hash=x",
                                             "slipway.installation=x",
                                             NULL };
        g_autoptr(Spec) spec = new_spec();
        g_autoptr(SwarmBody) one = good(spec, labels);
        g_autoptr(SwarmBody) two = good(spec, later);
        g_autoptr(SwarmBody) three = NULL;
        json_t *hash = json_object_get(json_object_get(one->spec, "Labels"), SWARM_LABEL_BODY);

        g_assert_true(json_equal(
                hash, json_object_get(json_object_get(two->spec, "Labels"), SWARM_LABEL_BODY)));
        spec->hostname = "other";
        three = good(spec, labels);
        g_assert_false(json_equal(
                hash, json_object_get(json_object_get(three->spec, "Labels"), SWARM_LABEL_BODY)));
}

static void test_modes(void)
{
        g_autoptr(Spec) spec = new_spec();
        g_autoptr(SwarmBody) service = good(spec, labels);
        g_autoptr(SwarmBody) job = NULL;
        g_autoptr(SwarmBody) global = NULL;
        g_autoptr(SwarmBody) global_job = NULL;

        assert_at(service, "Mode", "{\"Replicated\":{\"Replicas\":1}}");
        assert_at(service, "TaskTemplate.RestartPolicy", "none");
        assert_at(service, "UpdateConfig", "{\"FailureAction\":\"rollback\",\"Parallelism\":1}");
        assert_at(service, "RollbackConfig", "none");
        spec->deploy = json_pack("{s:i, s:{s:s}, s:{s:i}}", "replicas", 3, "restart_policy",
                                 "condition", "on-failure", "update_config", "parallelism", 0);
        job = good(spec, run_labels);
        assert_at(job, "Mode", "{\"ReplicatedJob\":{\"MaxConcurrent\":3,\"TotalCompletions\":3}}");
        assert_at(job, "TaskTemplate.RestartPolicy", "{\"Condition\":\"none\"}");
        assert_at(job, "UpdateConfig", "none");
        json_object_set_new(spec->deploy, "mode", json_string("global"));
        global = good(spec, labels);
        assert_at(global, "Mode", "{\"Global\":{}}");
        assert_at(global, "UpdateConfig", "{\"FailureAction\":\"rollback\",\"Parallelism\":0}");
        json_object_set_new(spec->deploy, "mode", json_string("global-job"));
        global_job = good(spec, labels);
        g_assert_true(global_job->is_job);
        assert_at(global_job, "Mode", "{\"GlobalJob\":{}}");
}

static void test_the_section_deploy(void)
{
        g_autoptr(Spec) spec = new_spec();
        g_autoptr(SwarmBody) body = NULL;

        spec->deploy = json_loads(
                "{\"endpoint_mode\": \"dnsrr\", \"labels\": {\"a\": \"b\"},"
                " \"update_config\": {\"delay\": \"1m30s\", \"order\": \"start-first\","
                "  \"max_failure_ratio\": 0.5, \"monitor\": \"500ms\", \"failure_action\": "
                "\"pause\"},"
                " \"rollback_config\": {\"order\": \"start-first\"},"
                " \"restart_policy\": {\"condition\": \"on-failure\", \"delay\": \"3s\","
                "  \"max_attempts\": 4, \"window\": \"2m0s\"},"
                " \"placement\": {\"constraints\": [\"node.role==manager\"],"
                "  \"preferences\": [{\"spread\": \"node.labels.az\"}],"
                "  \"max_replicas_per_node\": 1},"
                " \"resources\": {\"limits\": {\"cpus\": \"0.5\", \"memory\": \"52428800\","
                "   \"pids\": 10},"
                "  \"reservations\": {\"cpus\": 0.25, \"generic_resources\":"
                "   [{\"discrete_resource_spec\": {\"kind\": \"gpu\", \"value\": 2}}]}}}",
                0, NULL);
        body = good(spec, labels);
        assert_at(body, "EndpointSpec", "{\"Mode\":\"dnsrr\"}");
        assert_at(body, "Labels.a", "\"b\"");
        assert_at(body, "UpdateConfig",
                  "{\"Delay\":90000000000,\"FailureAction\":\"pause\",\"MaxFailureRatio\":0.5,"
                  "\"Monitor\":500000000,\"Order\":\"start-first\",\"Parallelism\":1}");
        assert_at(body, "RollbackConfig", "{\"Order\":\"start-first\",\"Parallelism\":1}");
        assert_at(body, "TaskTemplate.RestartPolicy",
                  "{\"Condition\":\"on-failure\",\"Delay\":3000000000,\"MaxAttempts\":4,"
                  "\"Window\":120000000000}");
        assert_at(body, "TaskTemplate.Placement",
                  "{\"Constraints\":[\"node.role==manager\"],\"MaxReplicas\":1,\"Preferences\":"
                  "[{\"Spread\":{\"SpreadDescriptor\":\"node.labels.az\"}}]}");
        assert_at(body, "TaskTemplate.Resources",
                  "{\"Limits\":{\"MemoryBytes\":52428800,\"NanoCPUs\":500000000,\"Pids\":10},"
                  "\"Reservations\":{\"GenericResources\":[{\"DiscreteResourceSpec\":"
                  "{\"Kind\":\"gpu\",\"Value\":2}}],\"NanoCPUs\":250000000}}");
}

static void test_options(void)
{
        g_autoptr(Spec) spec = new_spec();
        g_autoptr(SwarmBody) body = NULL;

        spec->options = json_pack("{s:{s:s}, s:[s], s:[s], s:[s], s:b, s:[s], s:i, s:n}", "sysctls",
                                  "net.core.somaxconn", "1024", "cap_drop", "ALL", "dns", "1.1.1.1",
                                  "dns_search", "example.org", "init", 1, "expose", "80",
                                  "pids_limit", 7, "devices");
        body = good(spec, labels);
        assert_at(body, "TaskTemplate.ContainerSpec.Sysctls", "{\"net.core.somaxconn\":\"1024\"}");
        assert_at(body, "TaskTemplate.ContainerSpec.CapabilityDrop", "[\"ALL\"]");
        assert_at(body, "TaskTemplate.ContainerSpec.DNSConfig",
                  "{\"Nameservers\":[\"1.1.1.1\"],\"Search\":[\"example.org\"]}");
        assert_at(body, "TaskTemplate.ContainerSpec.Init", "true");
        assert_at(body, "TaskTemplate.Resources.Limits.Pids", "7");
}

static void test_what_a_swarm_cannot_do_is_refused_by_name(void)
{
        static const char *const keys[] = { "devices", "userns_mode", "ipc", "cgroup_parent",
                                            "storage_opt" };

        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                g_autoptr(Spec) spec = new_spec();
                g_autoptr(GError) error = NULL;

                spec->options = json_pack("{s:[s]}", keys[i], "x");
                g_assert_null(body_of(spec, labels, &error));
                g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
                g_assert_true(g_str_has_prefix(error->message, keys[i]));
        }
        {
                g_autoptr(Spec) spec = new_spec();
                g_autoptr(GError) error = NULL;

                spec->privileged = true;
                g_assert_null(body_of(spec, labels, &error));
                g_assert_true(g_str_has_prefix(error->message, "privileged"));
        }
}

static void test_ports_and_networks_without_ipvs(void)
{
        g_autoptr(Spec) spec = new_spec();
        g_autoptr(GError) error = NULL;
        SpecPort port = {
                .private_port = 80, .public_port = 8080, .host_ip = "", .proto = PROTO_TCP
        };
        const char *const aliases[] = { "app" };
        SpecNetwork network = { .name = "shop_net",
                                .aliases = aliases,
                                .n_aliases = 1,
                                .ipv4_address = "",
                                .ipv6_address = "",
                                .mac_address = "" };
        SwarmBodyOptions options = { .name = "shop_app", .spec = spec, .labels = labels };
        unsigned newest;
        g_autofree char *key = NULL;
        g_autoptr(SwarmBody) with = NULL;
        g_autoptr(SwarmBody) without = NULL;

        spec->ports = &port;
        spec->n_ports = 1;
        spec->networks = &network;
        spec->n_networks = 1;
        with = swarm_body_new(&options, &newest, &key, &error);
        g_assert_no_error(error);
        assert_at(with, "EndpointSpec",
                  "{\"Ports\":[{\"Protocol\":\"tcp\",\"PublishMode\":\"ingress\","
                  "\"PublishedPort\":8080,\"TargetPort\":80}]}");
        assert_at(with, "TaskTemplate.Networks",
                  "[{\"Aliases\":[\"app\"],\"Target\":\"shop_net\"}]");
        options.without_ipvs = true;
        without = swarm_body_new(&options, &newest, &key, &error);
        assert_at(without, "EndpointSpec",
                  "{\"Mode\":\"dnsrr\",\"Ports\":[{\"Protocol\":\"tcp\",\"PublishMode\":\"host\","
                  "\"PublishedPort\":8080,\"TargetPort\":80}]}");
}

static void test_files_are_named_by_their_content(void)
{
        g_autoptr(Spec) spec = new_spec();
        g_autoptr(SwarmBody) body = NULL;
        SpecFile files[] = {
                { .path = "/etc/my app.conf", .data = "x", .size = 1, .uid = -1, .gid = -1 },
                { .path = "/run/secrets/key",
                  .data = "y",
                  .size = 1,
                  .mode = 0400,
                  .uid = 5,
                  .gid = -1,
                  .resource = "key",
                  .is_secret = true },
                { .path = "/there", .external = "there", .uid = -1, .gid = -1 },
        };
        g_autofree char *one = swarm_object_name("shop", "key", NULL, "y", 1);
        g_autofree char *other = swarm_object_name("shop", "key", NULL, "z", 1);
        g_autofree char *keyed = swarm_object_name("shop", "key", "secret", "y", 1);
        g_autofree char *long_key = g_strnfill(100, 'k');
        g_autofree char *long_name = swarm_object_name("shop", long_key, NULL, "y", 1);
        g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        g_assert_cmpstr(one, !=, other);
        g_assert_cmpstr(one, !=, keyed);
        g_assert_cmpuint(strlen(long_name), <=, 64);
        spec->files = files;
        spec->n_files = G_N_ELEMENTS(files);
        body = good(spec, labels);
        g_assert_cmpuint(body->objects->len, ==, 3);
        g_assert_cmpstr(((const SwarmObject *) body->objects->pdata[1])->name, ==, one);
        g_assert_true(((const SwarmObject *) body->objects->pdata[2])->is_external);
        g_hash_table_insert(ids, g_strconcat("secrets/", one, NULL), (gpointer) "id1");
        swarm_body_set_ids(body->spec, ids);
        g_assert_cmpstr(
                json_string_value(json_object_get(
                        json_array_get(json_at(body->spec, "TaskTemplate.ContainerSpec.Secrets"),
                                       0),
                        "SecretID")),
                ==, "id1");
}

static void test_probes_hold_together_before_the_own_check(void)
{
        g_autoptr(Spec) spec = new_spec();
        const char *const argv[] = { "pg_isready", "-U", "x" };
        const char *const own[] = { "CMD-SHELL", "curl localhost" };
        SpecProbe probes[] = {
                { .type = EVENT_PORT_LISTEN, .port = 5432 },
                { .type = EVENT_EXEC, .argv = argv, .n_argv = 3 },
        };
        g_autoptr(SwarmBody) body = NULL;
        g_autoptr(json_t) port = probe_condition(&probes[0]);
        g_autoptr(json_t) exec = probe_condition(&probes[1]);
        const json_t *test;

        spec->probes = probes;
        spec->n_probes = 2;
        spec->health.is_set = true;
        spec->health.test = own;
        spec->health.n_test = 2;
        spec->health.interval_us = 5000000;
        body = good(spec, labels);
        assert_at(body, "TaskTemplate.ContainerSpec.Healthcheck",
                  "{\"Interval\":5000000000,\"Test\":[\"CMD\",\"/.slipway-probe\",\"w\",\"t5432\","
                  "\"x3\",\"pg_isready\",\"-U\",\"x\",\"c\",\"/bin/sh\",\"-c\","
                  "\"curl localhost\"]}");
        test = json_at(body->spec, "TaskTemplate.ContainerSpec.Healthcheck.Test");
        g_assert_true(probe_test_has(test, port));
        g_assert_true(probe_test_has(test, exec));
        probes[0].port = 5433;
        json_decref(port);
        port = probe_condition(&probes[0]);
        g_assert_false(probe_test_has(test, port));
}

static void test_durations(void)
{
        int64_t ns;

        g_assert_true(swarm_parse_duration("1h2m3s", &ns));
        g_assert_cmpint(ns, ==, 3723000000000);
        g_assert_true(swarm_parse_duration("1.5s", &ns));
        g_assert_cmpint(ns, ==, 1500000000);
        g_assert_true(swarm_parse_duration("250ms", &ns));
        g_assert_cmpint(ns, ==, 250000000);
        g_assert_true(swarm_parse_duration("0", &ns));
        g_assert_cmpint(ns, ==, 0);
        g_assert_false(swarm_parse_duration("", &ns));
        g_assert_false(swarm_parse_duration("5", &ns));
        g_assert_false(swarm_parse_duration("-1s", &ns));
        g_assert_false(swarm_parse_duration("1x", &ns));
        g_assert_false(swarm_parse_duration("999999999999h", &ns));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/swarm/service/names", test_names_are_as_docker_stack_makes_them);
        g_test_add_func("/swarm/service/labels", test_labels);
        g_test_add_func("/swarm/service/hash", test_the_hash_is_of_what_matters);
        g_test_add_func("/swarm/service/modes", test_modes);
        g_test_add_func("/swarm/service/deploy", test_the_section_deploy);
        g_test_add_func("/swarm/service/options", test_options);
        g_test_add_func("/swarm/service/refused", test_what_a_swarm_cannot_do_is_refused_by_name);
        g_test_add_func("/swarm/service/without-ipvs", test_ports_and_networks_without_ipvs);
        g_test_add_func("/swarm/service/files", test_files_are_named_by_their_content);
        g_test_add_func("/swarm/service/probes", test_probes_hold_together_before_the_own_check);
        g_test_add_func("/swarm/service/durations", test_durations);
        return g_test_run();
}
