/* Every option of a spec, checked by what the engine says of the container that was made */

#include "engine-api.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__ })

typedef struct Row {
        const char *option;
        void (*set)(Spec *spec);
        const char *path; /* in GET /containers/ID/json */
        const char *want; /* canonical JSON */
        unsigned since;   /* API 1.N; 0: every one that we speak to */
} Row;

/* What a row sets stands in one statement; everything has static storage */
#define SET(name, statement)                                                                       \
        static void set_##name(Spec *spec)                                                         \
        {                                                                                          \
                statement;                                                                         \
        }

static const char *const cmd[] = { "/bin/echo", "a b", "" };
static const char *const entrypoint[] = { "/bin/sh", "-c" };
static const char *const env[] = { "A=1", "B=x=y", "C=" };
static const char *const labels[] = { "one=1", "two=a=b", "three" };
static SpecPort ports[] = {
        { 80, 18081, "", PROTO_TCP },
        { 81, 0, "127.0.0.1", PROTO_TCP },
        { 53, 18053, "", PROTO_UDP },
};
static SpecMount binds[] = {
        { .type = MOUNT_BIND, .source = "/tmp", .target = "/a" },
        { .type = MOUNT_BIND,
          .source = "/tmp",
          .target = "/b",
          .read_only = true,
          .propagation = "rslave" },
        { .type = MOUNT_BIND, .source = "/tmp", .target = "/c", .selinux = "z" },
};
static SpecMount colon[] = {
        { .type = MOUNT_BIND,
          .source = "/tmp",
          .target = "/a:b",
          .read_only = true,
          .propagation = "rprivate" },
};
static SpecMount volumes[] = {
        { .type = MOUNT_VOLUME,
          .source = "slipway-test-spec",
          .target = "/v",
          .no_copy = true,
          .read_only = true },
};
static SpecMount tmpfs[] = { { .type = MOUNT_TMPFS, .source = "", .target = "/t" } };
static SpecMount subpath[] = {
        { .type = MOUNT_VOLUME, .source = "slipway-test-spec", .target = "/v", .subpath = "part" },
};
static SpecNetwork gateway[] = { { .name = "bridge", .gateway_priority = 7 } };
static SpecMount must_exist[] = {
        { .type = MOUNT_BIND, .source = "/tmp", .target = "/m", .must_exist = true },
};
static SpecMount tmpfs_options[] = {
        { .type = MOUNT_TMPFS,
          .source = "",
          .target = "/t",
          .tmpfs_size = 1048576,
          .tmpfs_mode = 0700 },
};
static const char *const health[] = { "CMD", "test", "-e" };
static SpecHost hosts[] = { { "db.local", "10.0.0.7" }, { "six", "fd00::7" } };
static SpecUlimit ulimits[] = { { "nofile", 1000, 2000 }, { "core", 0, -1 } };
static const char *const caps[] = { "NET_ADMIN" };
static const char *const security[] = { "no-new-privileges" };
static const char *const log_options[] = { "max-file=3", "max-size=10m" };

SET(cmd, (spec->cmd = cmd, spec->n_cmd = 3))
SET(entrypoint,
    (spec->entrypoint = entrypoint, spec->n_entrypoint = 2, spec->has_entrypoint = true))
SET(no_entrypoint, spec->has_entrypoint = true)
SET(env, (spec->env = env, spec->n_env = 3))
SET(labels, (spec->labels = labels, spec->n_labels = 3))
SET(ports, (spec->ports = ports, spec->n_ports = 3))
SET(publish_all, spec->publish_all_ports = true)
SET(binds, (spec->mounts = binds, spec->n_mounts = 3))
SET(colon, (spec->mounts = colon, spec->n_mounts = 1))
SET(volumes, (spec->mounts = volumes, spec->n_mounts = 1))
SET(tmpfs, (spec->mounts = tmpfs, spec->n_mounts = 1))
SET(hosts, (spec->extra_hosts = hosts, spec->n_extra_hosts = 2))
SET(ulimits, (spec->ulimits = ulimits, spec->n_ulimits = 2))
SET(caps, (spec->cap_add = caps, spec->n_cap_add = 1))
SET(security, (spec->security_opt = security, spec->n_security_opt = 1))
SET(hostname, spec->hostname = "front.example")
SET(user, spec->user = "1000:1000")
SET(network_host, spec->network_mode = "host")
SET(network_none, spec->network_mode = "none")
SET(pid_mode, spec->pid_mode = "host")
SET(cpu_shares, spec->cpu_shares = 512)
SET(memory, (spec->memory = 64 << 20, spec->memory_swap = 128 << 20))
SET(swap_unlimited, (spec->memory = 64 << 20, spec->memory_swap = -1))
SET(shm_size, spec->shm_size = 1 << 20)
SET(oom, spec->oom_kill_disable = true)
SET(privileged, spec->privileged = true)
SET(readonly, spec->readonly_rootfs = true)
SET(tty, spec->tty = true)
SET(log_driver, spec->log_driver = "none")
SET(log_options,
    (spec->log_driver = "json-file", spec->log_options = log_options, spec->n_log_options = 2))
SET(restart_always, (spec->restart = RESTART_ALWAYS, spec->restart_max = 5))
SET(restart_failure, (spec->restart = RESTART_ON_FAILURE, spec->restart_max = 5))
SET(restart_unless, spec->restart = RESTART_UNLESS_STOPPED)
SET(stop_timeout, spec->stop_timeout_s = 33)
SET(stop_timeout_0, spec->stop_timeout_s = 0)
SET(blkio,
    spec->options = json_loads(
            "{\"blkio_config\":{\"device_read_bps\":[{\"path\":\"/dev/null\",\"rate\":\"1mb\"}]}}",
            0, NULL))
SET(cap_drop, spec->options = json_loads("{\"cap_drop\":[\"CHOWN\"]}", 0, NULL))
SET(cgroup, spec->options = json_loads("{\"cgroup\":\"private\"}", 0, NULL))
SET(cgroup_parent, spec->options = json_loads("{\"cgroup_parent\":\"slipway-test\"}", 0, NULL))
SET(cpu_period,
    spec->options = json_loads("{\"cpu_period\":\"20ms\",\"cpu_quota\":10000}", 0, NULL))
SET(cpu_quota, spec->options = json_loads("{\"cpu_period\":20000,\"cpu_quota\":\"10ms\"}", 0, NULL))
SET(cpus, spec->options = json_loads("{\"cpus\":0.5}", 0, NULL))
SET(cpuset, spec->options = json_loads("{\"cpuset\":\"0\"}", 0, NULL))
SET(cgroup_rules, spec->options = json_loads("{\"device_cgroup_rules\":[\"c 1:3 mr\"]}", 0, NULL))
SET(devices, spec->options = json_loads("{\"devices\":[{\"source\":\"/dev/null\",\"target\":\"/dev/"
                                        "nothing\",\"permissions\":\"r\"}]}",
                                        0, NULL))
SET(dns, spec->options = json_loads("{\"dns\":[\"10.0.0.53\"]}", 0, NULL))
SET(dns_opt, spec->options = json_loads("{\"dns_opt\":[\"ndots:2\"]}", 0, NULL))
SET(dns_search, spec->options = json_loads("{\"dns_search\":[\"example.org\"]}", 0, NULL))
SET(domainname, spec->options = json_loads("{\"domainname\":\"example.org\"}", 0, NULL))
SET(expose, spec->options = json_loads("{\"expose\":[\"81\",\"82/udp\"]}", 0, NULL))
SET(gpus, spec->options = json_loads("{\"gpus\":[{\"driver\":\"nvidia\",\"count\":1}]}", 0, NULL))
SET(group_add, spec->options = json_loads("{\"group_add\":[\"12\"]}", 0, NULL))
SET(init, spec->options = json_loads("{\"init\":true}", 0, NULL))
SET(ipc, spec->options = json_loads("{\"ipc\":\"shareable\"}", 0, NULL))
SET(isolation, spec->options = json_loads("{\"isolation\":\"default\"}", 0, NULL))
SET(mac, spec->options = json_loads("{\"mac_address\":\"02:42:ac:11:65:43\"}", 0, NULL))
SET(reservation, spec->options = json_loads("{\"mem_reservation\":\"33554432\"}", 0, NULL))
SET(oom_score, spec->options = json_loads("{\"oom_score_adj\":100}", 0, NULL))
SET(pids_limit, spec->options = json_loads("{\"pids_limit\":50}", 0, NULL))
SET(runtime, spec->options = json_loads("{\"runtime\":\"runc\"}", 0, NULL))
SET(sysctls, spec->options = json_loads("{\"sysctls\":{\"net.core.somaxconn\":\"1024\"}}", 0, NULL))
SET(tmpfs_list, spec->options = json_loads("{\"tmpfs\":[\"/run:size=64m\"]}", 0, NULL))
SET(userns, spec->options = json_loads("{\"userns_mode\":\"host\"}", 0, NULL))
SET(uts, spec->options = json_loads("{\"uts\":\"host\"}", 0, NULL))
SET(deploy_cpus,
    spec->deploy = json_loads("{\"resources\":{\"limits\":{\"cpus\":\"0.25\"}}}", 0, NULL))
SET(deploy_memory,
    spec->deploy = json_loads("{\"resources\":{\"limits\":{\"memory\":\"67108864\"}}}", 0, NULL))
SET(deploy_pids, spec->deploy = json_loads("{\"resources\":{\"limits\":{\"pids\":60}}}", 0, NULL))
SET(deploy_reserved,
    spec->deploy = json_loads("{\"resources\":{\"reservations\":{\"memory\":\"16777216\"}}}", 0,
                              NULL))
SET(health, (spec->health = (SpecHealth){ .is_set = true,
                                          .test = health,
                                          .n_test = 3,
                                          .interval_us = 2000000,
                                          .timeout_us = 1000000,
                                          .start_period_us = 3000000,
                                          .retries = 4 }))
SET(no_health, (spec->health = (SpecHealth){ .is_set = true, .is_disabled = true }))
SET(working_dir, spec->working_dir = "/etc")
SET(stop_signal, spec->stop_signal = "SIGUSR1")
SET(stdin_open, spec->stdin_open = true)
SET(must_exist, (spec->mounts = must_exist, spec->n_mounts = 1))
SET(tmpfs_options, (spec->mounts = tmpfs_options, spec->n_mounts = 1))
SET(annotations, spec->options = json_loads("{\"annotations\":{\"a\":\"b\"}}", 0, NULL))
SET(start_interval, (set_health(spec), spec->health.start_interval_us = 1000000))
SET(subpath, (spec->mounts = subpath, spec->n_mounts = 1))
SET(gateway, (spec->networks = gateway, spec->n_networks = 1))
SET(nothing, (void) spec)

static const Row rows[] = {
        { "image", set_nothing, "Config.Image", "\"" TEST_IMAGE "\"" },
        { "cmd", set_cmd, "Config.Cmd", "[\"/bin/echo\",\"a b\",\"\"]" },
        { "entrypoint", set_entrypoint, "Config.Entrypoint", "[\"/bin/sh\",\"-c\"]" },
        { "entrypoint taken away", set_no_entrypoint, "Config.Entrypoint", "[]" },
        { "env_vars", set_env, "Config.Env", "[\"A=1\",\"B=x=y\",\"C=\"" },
        { "labels", set_labels, "Config.Labels.two", "\"a=b\"" },
        { "a label without value", set_labels, "Config.Labels.three", "\"\"" },
        { "ports", set_ports, "HostConfig.PortBindings",
          "{\"53/udp\":[{\"HostIp\":\"\",\"HostPort\":\"18053\"}],"
          "\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"18081\"}],"
          "\"81/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"\"}]}" },
        { "exposed ports", set_ports, "Config.ExposedPorts",
          "{\"53/udp\":{},\"80/tcp\":{},\"81/tcp\":{}}" },
        { "publish_all_ports", set_publish_all, "HostConfig.PublishAllPorts", "true" },
        { "bind mounts", set_binds, "HostConfig.Binds",
          "[\"/tmp:/a\",\"/tmp:/b:ro,rslave\",\"/tmp:/c:z\"]" },
        { "a bind mount with a colon", set_colon, "HostConfig.Mounts",
          "[{\"BindOptions\":{\"Propagation\":\"rprivate\"},\"ReadOnly\":true,"
          "\"Source\":\"/tmp\",\"Target\":\"/a:b\",\"Type\":\"bind\"}]" },
        { "volumes", set_volumes, "HostConfig.Binds", "[\"slipway-test-spec:/v:ro,nocopy\"]" },
        { "tmpfs", set_tmpfs, "HostConfig.Tmpfs", "{\"/t\":\"\"}" },
        { "extra_hosts", set_hosts, "HostConfig.ExtraHosts",
          "[\"db.local:10.0.0.7\",\"six:fd00::7\"]" },
        { "ulimits", set_ulimits, "HostConfig.Ulimits",
          "[{\"Hard\":2000,\"Name\":\"nofile\",\"Soft\":1000},"
          "{\"Hard\":-1,\"Name\":\"core\",\"Soft\":0}]" },
        { "cap_add", set_caps, "HostConfig.CapAdd", "[\"NET_ADMIN\"]" },
        { "security_options", set_security, "HostConfig.SecurityOpt", "[\"no-new-privileges\"]" },
        { "hostname", set_hostname, "Config.Hostname", "\"front.example\"" },
        { "user", set_user, "Config.User", "\"1000:1000\"" },
        { "network host", set_network_host, "HostConfig.NetworkMode", "\"host\"" },
        { "network none", set_network_none, "HostConfig.NetworkMode", "\"none\"" },
        { "pid_mode", set_pid_mode, "HostConfig.PidMode", "\"host\"" },
        { "cpu_shares", set_cpu_shares, "HostConfig.CpuShares", "512" },
        { "memory_limit", set_memory, "HostConfig.Memory", "67108864" },
        { "memory_swap_limit", set_memory, "HostConfig.MemorySwap", "134217728" },
        { "swap without limit", set_swap_unlimited, "HostConfig.MemorySwap", "-1" },
        { "shm_size", set_shm_size, "HostConfig.ShmSize", "1048576" },
        { "oom_kill_disable", set_oom, "HostConfig.OomKillDisable", "true" },
        { "privileged", set_privileged, "HostConfig.Privileged", "true" },
        { "readonly_rootfs", set_readonly, "HostConfig.ReadonlyRootfs", "true" },
        { "allocate_tty", set_tty, "Config.Tty", "true" },
        { "log driver", set_log_driver, "HostConfig.LogConfig.Type", "\"none\"" },
        { "log options", set_log_options, "HostConfig.LogConfig",
          "{\"Config\":{\"max-file\":\"3\",\"max-size\":\"10m\"},\"Type\":\"json-file\"}" },
        { "restart no", set_nothing, "HostConfig.RestartPolicy",
          "{\"MaximumRetryCount\":0,\"Name\":\"no\"}" },
        { "restart always", set_restart_always, "HostConfig.RestartPolicy",
          "{\"MaximumRetryCount\":0,\"Name\":\"always\"}" },
        { "restart on-failure", set_restart_failure, "HostConfig.RestartPolicy",
          "{\"MaximumRetryCount\":5,\"Name\":\"on-failure\"}" },
        { "restart unless-stopped", set_restart_unless, "HostConfig.RestartPolicy",
          "{\"MaximumRetryCount\":0,\"Name\":\"unless-stopped\"}" },
        { "stop_timeout", set_stop_timeout, "Config.StopTimeout", "33" },
        { "stop_timeout 0", set_stop_timeout_0, "Config.StopTimeout", "0" },
        { "blkio_config", set_blkio, "HostConfig.BlkioDeviceReadBps",
          "[{\"Path\":\"/dev/null\",\"Rate\":1048576}]" },
        { "cap_drop", set_cap_drop, "HostConfig.CapDrop", "[\"CHOWN\"]" },
        { "cgroup", set_cgroup, "HostConfig.CgroupnsMode", "\"private\"" },
        { "cgroup_parent", set_cgroup_parent, "HostConfig.CgroupParent", "\"slipway-test\"" },
        { "cpu_period", set_cpu_period, "HostConfig.CpuPeriod", "20000" },
        { "cpu_period", set_cpu_quota, "HostConfig.CpuQuota", "10000" },
        { "cpus", set_cpus, "HostConfig.NanoCpus", "500000000" },
        { "cpuset", set_cpuset, "HostConfig.CpusetCpus", "\"0\"" },
        { "device_cgroup_rules", set_cgroup_rules, "HostConfig.DeviceCgroupRules",
          "[\"c 1:3 mr\"]" },
        { "devices", set_devices, "HostConfig.Devices",
          "[{\"CgroupPermissions\":\"r\",\"PathInContainer\":\"/dev/nothing\",\"PathOnHost\":\"/"
          "dev/null\"}]" },
        { "dns", set_dns, "HostConfig.Dns", "[\"10.0.0.53\"]" },
        { "dns_opt", set_dns_opt, "HostConfig.DnsOptions", "[\"ndots:2\"]" },
        { "dns_search", set_dns_search, "HostConfig.DnsSearch", "[\"example.org\"]" },
        { "domainname", set_domainname, "Config.Domainname", "\"example.org\"" },
        { "expose", set_expose, "Config.ExposedPorts", "{\"81/tcp\":{},\"82/udp\":{}}" },
        { "gpus", set_gpus, "HostConfig.DeviceRequests",
          "[{\"Capabilities\":[[\"gpu\"]],\"Count\":1,\"DeviceIDs\":null,\"Driver\":\"nvidia\","
          "\"Options\":null}]" },
        { "group_add", set_group_add, "HostConfig.GroupAdd", "[\"12\"]" },
        { "init", set_init, "HostConfig.Init", "true" },
        { "ipc", set_ipc, "HostConfig.IpcMode", "\"shareable\"" },
        { "isolation", set_isolation, "HostConfig.Isolation", "\"default\"" },
        { "mac_address", set_mac, "Config.MacAddress", "\"02:42:ac:11:65:43\"" },
        { "mem_reservation", set_reservation, "HostConfig.MemoryReservation", "33554432" },
        { "oom_score_adj", set_oom_score, "HostConfig.OomScoreAdj", "100" },
        { "pids_limit", set_pids_limit, "HostConfig.PidsLimit", "50" },
        { "runtime", set_runtime, "HostConfig.Runtime", "\"runc\"" },
        { "sysctls", set_sysctls, "HostConfig.Sysctls", "{\"net.core.somaxconn\":\"1024\"}" },
        { "tmpfs", set_tmpfs_list, "HostConfig.Tmpfs", "{\"/run\":\"size=64m\"}" },
        { "userns_mode", set_userns, "HostConfig.UsernsMode", "\"host\"" },
        { "uts", set_uts, "HostConfig.UTSMode", "\"host\"" },
        { "deploy.resources", set_deploy_cpus, "HostConfig.NanoCpus", "250000000" },
        { "deploy.resources", set_deploy_memory, "HostConfig.Memory", "67108864" },
        { "deploy.resources", set_deploy_pids, "HostConfig.PidsLimit", "60" },
        { "deploy.resources", set_deploy_reserved, "HostConfig.MemoryReservation", "16777216" },
        { "healthcheck", set_health, "Config.Healthcheck",
          "{\"Interval\":2000000000,\"Retries\":4,\"StartPeriod\":3000000000,\"Test\":[\"CMD\","
          "\"test\",\"-e\"],\"Timeout\":1000000000}" },
        { "healthcheck taken away", set_no_health, "Config.Healthcheck.Test", "[\"NONE\"]" },
        { "working_dir", set_working_dir, "Config.WorkingDir", "\"/etc\"" },
        { "stop_signal", set_stop_signal, "Config.StopSignal", "\"SIGUSR1\"" },
        { "stdin_open", set_stdin_open, "Config.OpenStdin", "true" },
        { "a bind mount of what must be there", set_must_exist, "HostConfig.Mounts",
          "[{\"Source\":\"/tmp\",\"Target\":\"/m\",\"Type\":\"bind\"}]" },
        { "tmpfs options", set_tmpfs_options, "HostConfig.Tmpfs",
          "{\"/t\":\"size=1048576,mode=700\"}" },
        { "annotations", set_annotations, "HostConfig.Annotations", "{\"a\":\"b\"}", 43 },
        { "healthcheck.start_interval", set_start_interval, "Config.Healthcheck.StartInterval",
          "1000000000", 44 },
        { "volumes.subpath", set_subpath, "HostConfig.Mounts",
          "[{\"Source\":\"slipway-test-spec\",\"Target\":\"/v\",\"Type\":\"volume\","
          "\"VolumeOptions\":{\"Subpath\":\"part\"}}]",
          45 },
        { "networks.gw_priority", set_gateway, "NetworkSettings.Networks.bridge.GwPriority", "7",
          48 },
};

static json_t *inspect(const char *id)
{
        g_autofree char *path = g_strdup_printf("/containers/%s/json", id);

        return raw(path);
}

static void refuse(const char *name, Spec *spec, EngineError code, const char *words)
{
        g_autofree char *full = own(name);
        g_autoptr(Got)
                got = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = full, .spec = spec });
        g_autoptr(Got) gone = NULL;

        g_assert_error(got->error, ENGINE_ERROR, (int) code);
        g_test_message("%s", got->error->message);
        g_assert_nonnull(strstr(got->error->message, words));
        gone = ask(&(EngineRequest){ .op = ENGINE_INSPECT, .id = full });
        g_assert_error(gone->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
}

/* N of the API 1.N that was agreed on */
static unsigned api_minor(void)
{
        g_autoptr(Got) info = must(&(EngineRequest){ .op = ENGINE_INFO });

        g_assert_true(g_str_has_prefix(info->text, "1."));
        return (unsigned) g_ascii_strtoull(info->text + strlen("1."), NULL, 10);
}

/* ... or is refused by its name where the engine is too old to know it */
static void test_each_option_reaches_the_engine(void)
{
        unsigned minor = api_minor();

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(Spec) spec = shell_spec("true");
                g_autoptr(json_t) seen = NULL;
                g_autofree char *name = g_strdup_printf("spec-%zu", i);
                g_autofree char *id = NULL, *text = NULL;

                rows[i].set(spec);
                if (rows[i].since > minor) {
                        g_autofree char *key = g_strconcat(rows[i].option, ": ", NULL);

                        refuse(name, spec, ENGINE_ERROR_BAD_REQUEST, key);
                        continue;
                }
                id = create(name, spec);
                seen = inspect(id);
                g_assert_nonnull(json_at(seen, rows[i].path));
                text = json_to_canonical_text(json_at(seen, rows[i].path));
                g_test_message("%s: %s", rows[i].option, text);
                if (g_str_has_suffix(rows[i].want, "]") || !g_str_has_prefix(rows[i].want, "["))
                        g_assert_cmpstr(text, ==, rows[i].want);
                else
                        g_assert_true(g_str_has_prefix(text, rows[i].want));
                got_free(must(&(EngineRequest){ .op = ENGINE_REMOVE, .id = id }));
        }
        got_free(must(&(EngineRequest){ .op = ENGINE_VOLUME_REMOVE, .name = "slipway-test-spec" }));
}

/* Options that name another container or network */
static void test_options_that_name_others(void)
{
        g_autoptr(Spec) first = shell_spec("exec sleep 1000");
        g_autoptr(Spec) spec = shell_spec("true");
        g_autofree char *other = NULL, *joined = NULL, *linked = NULL, *mode = NULL, *link = NULL;
        g_autoptr(json_t) seen = NULL, seen_link = NULL;

        other = create_and_start("other", first);
        mode = g_strconcat("container:", other, NULL);
        spec->network_mode = mode;
        spec->volumes_from = WORDS(other);
        spec->n_volumes_from = 1;
        joined = create("joined", spec);
        seen = inspect(joined);
        g_assert_cmpstr(json_string_at(seen, "HostConfig.NetworkMode", ""), ==, mode);
        g_assert_cmpstr(
                json_string_value(json_array_get(json_at(seen, "HostConfig.VolumesFrom"), 0)), ==,
                other);
        link = g_strconcat(other, ":db", NULL);
        spec->network_mode = "";
        spec->links = WORDS(link);
        spec->n_links = 1;
        linked = create("linked", spec);
        seen_link = inspect(linked);
        g_assert_cmpint(json_array_size(json_at(seen_link, "HostConfig.Links")), ==, 1);
        tidy();
}

static char *run_docker(const char *line)
{
        g_autofree char *out = NULL;
        g_autoptr(GError) error = NULL;
        int status;

        g_spawn_command_line_sync(line, &out, NULL, &status, &error);
        g_assert_no_error(error);
        g_assert_true(g_spawn_check_wait_status(status, NULL));
        return g_strdup(g_strchomp(out));
}

static void test_addresses_and_aliases_on_a_network_of_ones_own(void)
{
        g_autofree char *network = own("net");
        g_autofree char *docker = NULL;
        g_autofree char *make = NULL, *drop = NULL, *id = NULL, *made = NULL, *dropped = NULL;
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autoptr(json_t) seen = NULL;
        g_autoptr(Got) got = NULL;
        const json_t *endpoint;

        docker = g_find_program_in_path("docker");
        if (docker == NULL) {
                g_test_skip("no docker command to make a network with");
                return;
        }
        make = g_strdup_printf("docker network create --subnet 10.213.7.0/24 %s", network);
        drop = g_strdup_printf("docker network rm %s", network);
        made = run_docker(make);
        spec->network_mode = network;
        spec->ipv4_address = "10.213.7.77";
        spec->network_aliases = WORDS("db", "database");
        spec->n_network_aliases = 2;
        id = create_and_start("addressed", spec);
        seen = inspect(id);
        endpoint = json_object_get(json_at(seen, "NetworkSettings.Networks"), network);
        g_assert_cmpstr(json_string_at(endpoint, "IPAMConfig.IPv4Address", ""), ==, "10.213.7.77");
        g_assert_cmpstr(json_string_at(endpoint, "IPAddress", ""), ==, "10.213.7.77");
        g_assert_cmpstr(json_string_value(json_array_get(json_object_get(endpoint, "Aliases"), 0)),
                        ==, "db");
        got = must(&(EngineRequest){ .op = ENGINE_INSPECT, .id = id });
        g_assert_cmpstr(got->container->address, ==, "10.213.7.77");
        tidy();
        dropped = run_docker(drop);
}

static void test_what_must_be_there_is_named(void)
{
        g_autoptr(Spec) spec = shell_spec("true");
        SpecMount missing = {
                .type = MOUNT_BIND, .source = "/no/such/path", .target = "/m", .must_exist = true
        };

        spec->mounts = &missing;
        spec->n_mounts = 1;
        refuse("bound", spec, ENGINE_ERROR_BAD_REQUEST, "/no/such/path");
}

static void test_limits_are_changed_in_place(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = create_and_start("limited", spec);
        g_autoptr(json_t) seen = NULL;
        g_autoptr(Got) refused = NULL;

        spec->options = json_loads("{\"cpus\":0.5,\"pids_limit\":40,\"cpuset\":\"0\"}", 0, NULL);
        got_free(must(&(EngineRequest){ .op = ENGINE_UPDATE, .id = id, .spec = spec }));
        seen = inspect(id);
        g_assert_cmpint(json_int_at(seen, "HostConfig.NanoCpus", 0), ==, 500000000);
        g_assert_cmpint(json_int_at(seen, "HostConfig.PidsLimit", 0), ==, 40);
        g_assert_cmpstr(json_string_at(seen, "HostConfig.CpusetCpus", ""), ==, "0");
        json_object_del(spec->options, "cpus");
        refused = ask(&(EngineRequest){ .op = ENGINE_UPDATE, .id = id, .spec = spec });
        g_assert_error(refused->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        g_assert_nonnull(strstr(refused->error->message, "a limit of CPUs"));
        tidy();
}

static void test_commands_run_as_they_are_told(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = create_and_start("told", spec);
        g_autoptr(Got) got = must(
                &(EngineRequest){ .op = ENGINE_EXEC,
                                  .id = id,
                                  .argv = WORDS("/bin/sh", "-c", "echo $WORD; pwd; id -u", NULL),
                                  .env = WORDS("WORD=hello", NULL),
                                  .working_dir = "/etc",
                                  .user = "12" });

        g_assert_cmpint(got->exit_code, ==, 0);
        g_assert_cmpstr(got->data->str, ==, "hello\n/etc\n12\n");
        tidy();
}

static void test_files_are_there_before_the_first_process(void)
{
        g_autoptr(Spec) spec = shell_spec("cat /etc/app/x.conf /data/y; stat -c '%a %u %g' "
                                          "/etc/app/x.conf /etc/app");
        SpecFile files[] = {
                { "/etc/app/x.conf", "one\n", 4, 0640, 1000, 7 },
                { "/data/y", "two\n", 4, 0, -1 },
        };
        g_autofree char *id = NULL;
        g_autoptr(Got) logs = NULL;

        spec->files = files;
        spec->n_files = 2;
        id = create_and_start("files", spec);
        logs = must(&(EngineRequest){ .op = ENGINE_LOGS, .id = id, .follow = true, .tail = -1 });
        g_assert_cmpstr(logs->stderr_data->str, ==, "");
        g_assert_cmpstr(logs->data->str, ==, "one\ntwo\n640 1000 7\n755 0 0\n");
        tidy();
}

static void test_a_create_that_fails_half_way_leaves_nothing(void)
{
        g_autoptr(Spec) spec = shell_spec("true");
        SpecFile file = { "/bin/busybox/below-a-file", "x", 1, 0, -1 };
        g_autofree char *name = own("half");
        g_autoptr(Got) got = NULL, gone = NULL, read_only = NULL;

        spec->files = &file;
        spec->n_files = 1;
        got = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = name, .spec = spec });
        g_assert_nonnull(got->error);
        g_assert_nonnull(strstr(got->error->message, "putting files"));
        gone = ask(&(EngineRequest){ .op = ENGINE_INSPECT, .id = name });
        g_assert_error(gone->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        spec->readonly_rootfs = true;
        read_only = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = name, .spec = spec });
        g_assert_error(read_only->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        g_assert_nonnull(strstr(read_only->error->message, "mount them instead"));
}

static void test_host_directories_are_made_once(void)
{
        g_autofree char *dir = g_dir_make_tmp("slipway-test-XXXXXX", NULL);
        g_autofree char *above = g_build_filename(dir, "a", NULL);
        g_autofree char *path = g_build_filename(dir, "a", "b", NULL);
        EngineRequest request = { .op = ENGINE_HOST_PATH, .name = path, .mode = 0711, .owner = -1 };
        g_autoptr(Got) made = must(&request);
        g_autoptr(Got) again = must(&request);
        g_autoptr(Got) relative = NULL;
        struct stat there;

        g_assert_true(made->was_created);
        g_assert_false(again->was_created);
        g_assert_cmpint(stat(path, &there), ==, 0);
        g_assert_cmpint(there.st_mode & 07777, ==, 0711);
        request.name = "not/absolute";
        relative = ask(&request);
        g_assert_error(relative->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        rmdir(path);
        rmdir(above);
        rmdir(dir);
}

void add_spec_tests(void)
{
#define ADD(name) g_test_add_func("/spec/" #name, test_##name)
        ADD(each_option_reaches_the_engine);
        ADD(options_that_name_others);
        ADD(addresses_and_aliases_on_a_network_of_ones_own);
        ADD(what_must_be_there_is_named);
        ADD(limits_are_changed_in_place);
        ADD(commands_run_as_they_are_told);
        ADD(files_are_there_before_the_first_process);
        ADD(a_create_that_fails_half_way_leaves_nothing);
        ADD(host_directories_are_made_once);
}
