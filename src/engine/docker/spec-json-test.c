/* What the engine is asked for: every option of a spec as JSON, every refusal as a sentence */

#include "engine/docker/spec-json.h"

#include <string.h>

#include "base/json.h"
#include "engine/docker/internal.h"

static json_t *parse(const char *text)
{
        json_error_t where;
        json_t *json = json_loads(text, JSON_DECODE_ANY, &where);

        if (json == NULL)
                g_error("%s: %s", text, where.text);
        return json;
}

/* "HostConfig.Dns" of what becomes of the options, as canonical JSON; "-" where there is none */
static char *made(const char *options, const char *deploy, const char *path)
{
        g_autoptr(Spec) spec = spec_new();
        g_auto(DockerCreate) create = { 0 };
        g_autoptr(GError) error = NULL;
        const json_t *at;

        spec->image = "a";
        spec->options = options == NULL ? NULL : parse(options);
        spec->deploy = deploy == NULL ? NULL : parse(deploy);
        if (!docker_create_body(spec, NULL, &create, &error))
                return g_strdup(error->message);
        if (create.newest_key != NULL && path[0] == '\0')
                return g_strdup_printf("%s 1.%u", create.newest_key, create.newest);
        at = json_at(create.body, path);
        return at == NULL ? g_strdup("-") : json_to_canonical_text(at);
}

typedef struct Row {
        const char *options, *path, *want;
} Row;

static void check(const Row *rows, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                g_autofree char *got = made(rows[i].options, NULL, rows[i].path);

                g_test_message("%s", rows[i].options);
                g_assert_cmpstr(got, ==, rows[i].want);
        }
}

#define HOST(field) "HostConfig." field

static void test_every_key_has_its_place(void)
{
        static const Row rows[] = {
                { "{\"annotations\":{\"a\":\"b\"}}", HOST("Annotations"), "{\"a\":\"b\"}" },
                { "{\"attach\":false,\"develop\":{},\"x-any\":1}", "Image", "\"a\"" },
                { "{\"blkio_config\":{\"weight\":300}}", HOST("BlkioWeight"), "300" },
                { "{\"blkio_config\":{\"device_read_bps\":[{\"path\":\"/dev/"
                  "sda\",\"rate\":\"12mb\"}"
                  "]}}",
                  HOST("BlkioDeviceReadBps"), "[{\"Path\":\"/dev/sda\",\"Rate\":12582912}]" },
                { "{\"blkio_config\":{\"device_write_iops\":[{\"path\":\"/d\",\"rate\":30}]}}",
                  HOST("BlkioDeviceWriteIOps"), "[{\"Path\":\"/d\",\"Rate\":30}]" },
                { "{\"blkio_config\":{\"weight_device\":[{\"path\":\"/d\",\"weight\":400}]}}",
                  HOST("BlkioWeightDevice"), "[{\"Path\":\"/d\",\"Weight\":400}]" },
                { "{\"cap_drop\":[\"ALL\"]}", HOST("CapDrop"), "[\"ALL\"]" },
                { "{\"cgroup\":\"private\"}", HOST("CgroupnsMode"), "\"private\"" },
                { "{\"cgroup_parent\":\"m-1\"}", HOST("CgroupParent"), "\"m-1\"" },
                { "{\"cpu_count\":2}", HOST("CpuCount"), "2" },
                { "{\"cpu_percent\":12.5}", HOST("CpuPercent"), "13" },
                { "{\"cpu_period\":\"10ms\"}", HOST("CpuPeriod"), "10000" },
                { "{\"cpu_quota\":50000}", HOST("CpuQuota"), "50000" },
                { "{\"cpu_rt_period\":\"1s\"}", HOST("CpuRealtimePeriod"), "1000000" },
                { "{\"cpu_rt_runtime\":\"400us\"}", HOST("CpuRealtimeRuntime"), "400" },
                { "{\"cpus\":0.3}", HOST("NanoCpus"), "300000000" },
                { "{\"cpus\":\"1.5\"}", HOST("NanoCpus"), "1500000000" },
                { "{\"cpuset\":\"0,1\"}", HOST("CpusetCpus"), "\"0,1\"" },
                { "{\"credential_spec\":{\"file\":\"a.json\"}}", HOST("SecurityOpt"),
                  "[\"credentialspec=file://a.json\"]" },
                { "{\"device_cgroup_rules\":[\"c 1:3 mr\"]}", HOST("DeviceCgroupRules"),
                  "[\"c 1:3 mr\"]" },
                { "{\"devices\":[{\"source\":\"/dev/null\",\"target\":\"/dev/n\",\"permissions\":"
                  "\"r\"}]}",
                  HOST("Devices"),
                  "[{\"CgroupPermissions\":\"r\",\"PathInContainer\":\"/dev/n\",\"PathOnHost\":"
                  "\"/dev/null\"}]" },
                { "{\"devices\":[\"/dev/zero\"]}", HOST("Devices"),
                  "[{\"CgroupPermissions\":\"rwm\",\"PathInContainer\":\"/dev/zero\","
                  "\"PathOnHost\":\"/dev/zero\"}]" },
                { "{\"devices\":[\"vendor.com/gpu=all\"]}", HOST("DeviceRequests"),
                  "[{\"DeviceIDs\":[\"vendor.com/gpu=all\"],\"Driver\":\"cdi\"}]" },
                { "{\"dns\":[\"8.8.8.8\"]}", HOST("Dns"), "[\"8.8.8.8\"]" },
                { "{\"dns\":\"8.8.8.8\"}", HOST("Dns"), "[\"8.8.8.8\"]" },
                { "{\"dns_opt\":[\"use-vc\"]}", HOST("DnsOptions"), "[\"use-vc\"]" },
                { "{\"dns_search\":[\"a.b\"]}", HOST("DnsSearch"), "[\"a.b\"]" },
                { "{\"domainname\":\"a.b\"}", "Domainname", "\"a.b\"" },
                { "{\"expose\":[\"80\",\"53/udp\",\"3000-3001\"]}", "ExposedPorts",
                  "{\"3000/tcp\":{},\"3001/tcp\":{},\"53/udp\":{},\"80/tcp\":{}}" },
                { "{\"external_links\":[\"other:o\"]}", HOST("Links"), "[\"other:o\"]" },
                { "{\"gpus\":\"all\"}", HOST("DeviceRequests"),
                  "[{\"Capabilities\":[[\"gpu\"]],\"Count\":-1}]" },
                { "{\"gpus\":[{\"driver\":\"nvidia\",\"device_ids\":[\"0\"],\"capabilities\":["
                  "\"gpu\",\"utility\"]}]}",
                  HOST("DeviceRequests"),
                  "[{\"Capabilities\":[[\"gpu\",\"utility\"]],\"DeviceIDs\":[\"0\"],\"Driver\":"
                  "\"nvidia\"}]" },
                { "{\"group_add\":[\"audio\",1000]}", HOST("GroupAdd"), "[\"audio\",\"1000\"]" },
                { "{\"init\":true}", HOST("Init"), "true" },
                { "{\"init\":false}", HOST("Init"), "false" },
                { "{\"ipc\":\"host\"}", HOST("IpcMode"), "\"host\"" },
                { "{\"isolation\":\"default\"}", HOST("Isolation"), "\"default\"" },
                { "{\"mac_address\":\"02:00:00:00:00:01\"}", "MacAddress",
                  "\"02:00:00:00:00:01\"" },
                { "{\"mem_reservation\":\"52428800\"}", HOST("MemoryReservation"), "52428800" },
                { "{\"mem_swappiness\":\"60\"}", HOST("MemorySwappiness"), "60" },
                { "{\"oom_score_adj\":-500}", HOST("OomScoreAdj"), "-500" },
                { "{\"pids_limit\":100}", HOST("PidsLimit"), "100" },
                { "{\"runtime\":\"runc\"}", HOST("Runtime"), "\"runc\"" },
                { "{\"storage_opt\":{\"size\":\"1G\"}}", HOST("StorageOpt"), "{\"size\":\"1G\"}" },
                { "{\"sysctls\":{\"net.core.somaxconn\":1024}}", HOST("Sysctls"),
                  "{\"net.core.somaxconn\":\"1024\"}" },
                { "{\"sysctls\":[\"a.b=1\"]}", HOST("Sysctls"), "{\"a.b\":\"1\"}" },
                { "{\"tmpfs\":[\"/run\",\"/tmp:size=64m,noexec\"]}", HOST("Tmpfs"),
                  "{\"/run\":\"\",\"/tmp\":\"size=64m,noexec\"}" },
                { "{\"userns_mode\":\"host\"}", HOST("UsernsMode"), "\"host\"" },
                { "{\"uts\":\"host\"}", HOST("UTSMode"), "\"host\"" },
                { "{\"dns\":null}", HOST("Dns"), "-" },
        };

        check(rows, G_N_ELEMENTS(rows));
}

static void test_what_cannot_be_is_said(void)
{
        static const Row rows[] = {
                { "{\"nonsense\":1}", "", "nonsense: one Docker host does not know this key" },
                { "{\"cpus\":\"many\"}", "", "cpus: not a number" },
                { "{\"pids_limit\":\"a\"}", "", "pids_limit: not a whole number" },
                { "{\"mem_reservation\":\"5 lumps\"}", "",
                  "mem_reservation: not a size in bytes: 5 lumps" },
                { "{\"init\":\"perhaps\"}", "", "init: neither true nor false" },
                { "{\"expose\":[\"0\"]}", "", "expose: not a port: 0" },
                { "{\"cpu_period\":\"1h\"}", "",
                  "cpu_period: neither microseconds nor a duration: 1h" },
                { "{\"devices\":[{\"target\":\"/x\"}]}", "", "devices: a device without a source" },
                { "{\"gpus\":[{\"count\":1,\"device_ids\":[\"0\"]}]}", "",
                  "gpus: `count` and `device_ids` exclude each other" },
                { "{\"credential_spec\":{\"config\":\"x\"}}", "",
                  "credential_spec: one Docker host knows only `file` and `registry`" },
                { "{\"models\":[\"m\"]}", "", "models: Slipway runs no models beside containers" },
                { "{\"annotations\":{\"a\":\"b\"}}", "", "annotations 1.43" },
                { "{\"devices\":[\"v.com/g=1\"]}", "", "devices (CDI) 1.44" },
        };

        check(rows, G_N_ELEMENTS(rows));
}

static void test_deploy_wins(void)
{
        static const char deploy[] =
                "{\"replicas\":2,\"resources\":{\"limits\":{\"cpus\":0.5,\"memory\":\"52428800\","
                "\"pids\":10},\"reservations\":{\"cpus\":0.1,\"memory\":\"1048576\",\"devices\":[{"
                "\"capabilities\":[\"gpu\"],\"count\":\"all\"}]}}}";
        const Row rows[] = {
                { NULL, HOST("NanoCpus"), "500000000" },
                { NULL, HOST("Memory"), "52428800" },
                { NULL, HOST("PidsLimit"), "10" },
                { NULL, HOST("MemoryReservation"), "1048576" },
                { NULL, HOST("DeviceRequests"), "[{\"Capabilities\":[[\"gpu\"]],\"Count\":-1}]" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *got = made("{\"cpus\":2,\"pids_limit\":5}", deploy, rows[i].path);

                g_assert_cmpstr(got, ==, rows[i].want);
        }
}

static void test_limits_are_updated(void)
{
        g_autoptr(Spec) spec = spec_new();
        g_autoptr(json_t) body = NULL;
        g_autofree char *text = NULL;

        spec->image = "a";
        spec->options = parse("{\"cpuset\":\"0\",\"dns\":[\"1.1.1.1\"],\"pids_limit\":7}");
        spec->deploy = parse("{\"resources\":{\"limits\":{\"memory\":\"33554432\"}}}");
        body = docker_update_body(spec, NULL);
        text = json_to_canonical_text(body);
        g_assert_cmpstr(text, ==,
                        "{\"CpuShares\":1024,\"CpusetCpus\":\"0\",\"Memory\":33554432,"
                        "\"MemorySwap\":67108864,\"PidsLimit\":7,\"RestartPolicy\":{"
                        "\"MaximumRetryCount\":0,\"Name\":\"no\"}}");
}

/* ---- Networks ---- */

static void test_networks_are_joined_one_by_one(void)
{
        const char *aliases[] = { "web", "www" }, *links[] = { "db:d" }, *ips[] = { "169.254.1.1" };
        const char *opts[] = { "a=b" };
        SpecNetwork networks[] = {
                { .name = "shop_front",
                  .aliases = aliases,
                  .n_aliases = 2,
                  .ipv4_address = "10.1.0.9",
                  .mac_address = "02:00:00:00:00:09" },
                { .name = "shop_back",
                  .link_local_ips = ips,
                  .n_link_local_ips = 1,
                  .driver_opts = opts,
                  .n_driver_opts = 1,
                  .ipv6_address = "fd00::9" },
        };
        g_autoptr(Spec) spec = spec_new();
        g_auto(DockerCreate) create = { 0 };
        g_autofree char *text = NULL;

        spec->image = "a";
        spec->networks = networks;
        spec->n_networks = 2;
        spec->links = links;
        spec->n_links = 1;
        g_assert_true(docker_create_body(spec, NULL, &create, NULL));
        text = json_to_canonical_text(create.networks);
        g_assert_cmpstr(text, ==,
                        "[{\"endpoint\":{\"Aliases\":[\"web\",\"www\"],\"IPAMConfig\":{"
                        "\"IPv4Address\":\"10.1.0.9\"},\"Links\":[\"db:d\"]},\"name\":"
                        "\"shop_front\"},{\"endpoint\":{\"DriverOpts\":{\"a\":\"b\"},"
                        "\"IPAMConfig\":{\"IPv6Address\":\"fd00::9\",\"LinkLocalIPs\":["
                        "\"169.254.1.1\"]},\"Links\":[\"db:d\"]},\"name\":\"shop_back\"}]");
        g_assert_cmpstr(json_string_at(create.body, "MacAddress", ""), ==, "02:00:00:00:00:09");
        g_assert_null(create.newest_key);
        g_assert_null(json_at(create.body, "HostConfig.Links"));
}

static void test_newer_keys_of_networks(void)
{
        SpecNetwork networks[] = { { .name = "a" }, { .name = "b", .mac_address = "02::1" } };
        g_autoptr(Spec) spec = spec_new();

        spec->image = "a";
        spec->networks = networks;
        spec->n_networks = 2;
        for (int i = 0; i < 2; i++) {
                g_auto(DockerCreate) create = { 0 };

                networks[1].gateway_priority = i;
                g_assert_true(docker_create_body(spec, NULL, &create, NULL));
                g_assert_cmpstr(create.newest_key, ==,
                                i == 0 ? "networks.mac_address" : "networks.gw_priority");
                g_assert_cmpuint(create.newest, ==, i == 0 ? 44 : 48);
        }
}

static char *network(const char *options)
{
        const char *labels[] = { "slipway.app=shop", NULL };
        g_autoptr(json_t) given = parse(options);
        g_autofree char *key = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) body = NULL;
        unsigned newest = 0;

        body = docker_network_body("n", labels, given, &newest, &key, &error);
        if (body == NULL)
                return g_strdup(error->message);
        json_object_del(body, "CheckDuplicate");
        json_object_del(body, "Name");
        return json_to_canonical_text(body);
}

static void test_networks_are_made(void)
{
        static const struct {
                const char *options, *want;
        } rows[] = {
                { "{}", "{\"Labels\":{\"slipway.app\":\"shop\"}}" },
                { "{\"driver\":\"bridge\",\"driver_opts\":{\"mtu\":1400},\"internal\":true,"
                  "\"labels\":{\"a\":\"b\",\"slipway.app\":\"mine\"},\"attachable\":true,"
                  "\"enable_ipv6\":true,\"name\":\"n\"}",
                  "{\"Attachable\":true,\"Driver\":\"bridge\",\"EnableIPv6\":true,\"Internal\":"
                  "true,"
                  "\"Labels\":{\"a\":\"b\",\"slipway.app\":\"shop\"},\"Options\":{\"mtu\":\"1400\"}"
                  "}" },
                { "{\"ipam\":{\"config\":[{\"subnet\":\"10.1.0.0/16\",\"ip_range\":\"10.1.5.0/24\","
                  "\"gateway\":\"10.1.5.254\",\"aux_addresses\":{\"h\":\"10.1.5.5\"}}],\"options\":"
                  "{"
                  "\"f\":\"b\"}}}",
                  "{\"IPAM\":{\"Config\":[{\"AuxiliaryAddresses\":{\"h\":\"10.1.5.5\"},\"Gateway\":"
                  "\"10.1.5.254\",\"IPRange\":\"10.1.5.0/24\",\"Subnet\":\"10.1.0.0/16\"}],"
                  "\"Driver\":\"default\",\"Options\":{\"f\":\"b\"}},\"Labels\":{\"slipway.app\":"
                  "\"shop\"}}" },
                { "{\"speed\":1}", "speed: one Docker host does not know this key of a network" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *got = network(rows[i].options);

                g_assert_cmpstr(got, ==, rows[i].want);
        }
}

/* ---- The rest of a spec ---- */

static void test_health_process_and_mounts(void)
{
        const char *test[] = { "CMD-SHELL", "true" };
        SpecMount mounts[] = {
                { .type = MOUNT_BIND, .source = "/etc", .target = "/e", .must_exist = true },
                { .type = MOUNT_BIND,
                  .source = "/etc",
                  .target = "/s",
                  .must_exist = true,
                  .selinux = "z" },
                { .type = MOUNT_VOLUME, .source = "v", .target = "/v", .subpath = "in" },
                { .type = MOUNT_VOLUME, .source = "", .target = "/anonymous" },
                { .type = MOUNT_TMPFS,
                  .source = "",
                  .target = "/t",
                  .tmpfs_size = 1048576,
                  .tmpfs_mode = 01777 },
        };
        static const struct {
                const char *path, *want;
        } rows[] = {
                { "Healthcheck",
                  "{\"Interval\":5000000000,\"Retries\":3,\"Test\":[\"CMD-SHELL\",\"true\"]}" },
                { "WorkingDir", "\"/w\"" },
                { "StopSignal", "\"SIGINT\"" },
                { "OpenStdin", "true" },
                { "HostConfig.Binds", "[\"/etc:/s:z\"]" },
                { "HostConfig.Mounts",
                  "[{\"ReadOnly\":false,\"Source\":\"/etc\",\"Target\":\"/e\",\"Type\":\"bind\"},"
                  "{\"ReadOnly\":false,\"Source\":\"v\",\"Target\":\"/v\",\"Type\":\"volume\","
                  "\"VolumeOptions\":{\"NoCopy\":false,\"Subpath\":\"in\"}}]" },
                { "Volumes", "{\"/anonymous\":{}}" },
                { "HostConfig.Tmpfs", "{\"/t\":\"size=1048576,mode=1777\"}" },
        };
        g_autoptr(Spec) spec = spec_new();
        g_auto(DockerCreate) create = { 0 };

        spec->image = "a";
        spec->health = (SpecHealth){
                .is_set = true, .test = test, .n_test = 2, .interval_us = 5000000, .retries = 3
        };
        spec->working_dir = "/w";
        spec->stop_signal = "SIGINT";
        spec->stdin_open = true;
        spec->mounts = mounts;
        spec->n_mounts = G_N_ELEMENTS(mounts);
        g_assert_true(docker_create_body(spec, NULL, &create, NULL));
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *got = json_to_canonical_text(json_at(create.body, rows[i].path));

                g_assert_cmpstr(got, ==, rows[i].want);
        }
        g_assert_cmpstr(create.newest_key, ==, "volumes.subpath");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/spec-json/" #name, test_##name)
        ADD(every_key_has_its_place);
        ADD(what_cannot_be_is_said);
        ADD(deploy_wins);
        ADD(limits_are_updated);
        ADD(networks_are_joined_one_by_one);
        ADD(newer_keys_of_networks);
        ADD(networks_are_made);
        ADD(health_process_and_mounts);
        return g_test_run();
}
