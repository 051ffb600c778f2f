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
};

static json_t *inspect(const char *id)
{
        g_autofree char *path = g_strdup_printf("/containers/%s/json", id);

        return raw(path);
}

static void test_each_option_reaches_the_engine(void)
{
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(Spec) spec = shell_spec("true");
                g_autoptr(json_t) seen = NULL;
                g_autofree char *name = g_strdup_printf("spec-%zu", i);
                g_autofree char *id = NULL, *text = NULL;

                rows[i].set(spec);
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

static void test_files_are_there_before_the_first_process(void)
{
        g_autoptr(Spec) spec = shell_spec("cat /etc/app/x.conf /data/y; stat -c '%a %u' "
                                          "/etc/app/x.conf /etc/app");
        SpecFile files[] = {
                { "/etc/app/x.conf", "one\n", 4, 0640, 1000 },
                { "/data/y", "two\n", 4, 0, -1 },
        };
        g_autofree char *id = NULL;
        g_autoptr(Got) logs = NULL;

        spec->files = files;
        spec->n_files = 2;
        id = create_and_start("files", spec);
        logs = must(&(EngineRequest){ .op = ENGINE_LOGS, .id = id, .follow = true, .tail = -1 });
        g_assert_cmpstr(logs->stderr_data->str, ==, "");
        g_assert_cmpstr(logs->data->str, ==, "one\ntwo\n640 1000\n755 0\n");
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
        ADD(files_are_there_before_the_first_process);
        ADD(a_create_that_fails_half_way_leaves_nothing);
        ADD(host_directories_are_made_once);
}
