/* The Swarm's driver on a real Swarm: the manager is the one that DOCKER_HOST names */

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "engine-api.h"
#include "engine/swarm/swarm.h"

#define APP "swarmtest"

/* (transfer full) */
static char **labels_of(const char *workload, const char *run)
{
        g_autofree char *of_workload = g_strconcat("slipway.workload=", workload, NULL);
        g_autofree char *of_run = g_strconcat("slipway.run=", run, NULL);
        const char *labels[] = { "slipway.app=" APP, of_workload, of_run, "slipway.deployment=1",
                                 NULL };

        return g_strdupv((char **) labels);
}

/* CREATE of a service (@run: "") or of a try of a run; (transfer full) its id */
static char *make(const char *workload, const char *run, const Spec *spec)
{
        g_auto(GStrv) labels = labels_of(workload, run);
        g_autofree char *name = run[0] == '\0' ? swarm_service_name(APP, workload)
                                               : swarm_job_name(APP, workload, run, 1);
        g_autoptr(Got) got = must(&(EngineRequest){ .op = ENGINE_CREATE,
                                                    .name = name,
                                                    .spec = spec,
                                                    .labels = (const char *const *) labels });

        return g_steal_pointer(&got->id);
}

static Got *simple(EngineOp op, const char *id)
{
        return must(&(EngineRequest){ .op = op, .id = id, .tail = -1, .timeout_s = -1 });
}

static void remove_all(void)
{
        const char *const labels[] = { "slipway.app=" APP, NULL };
        g_autoptr(Got) list = must(&(EngineRequest){ .op = ENGINE_LIST, .labels = labels });

        for (guint i = 0; i < list->containers->len; i++)
                got_free(simple(ENGINE_REMOVE, list->containers->pdata[i]));
        got_free(must(&(EngineRequest){ .op = ENGINE_PRUNE, .labels = labels }));
}

static void quick(Spec *spec)
{
        spec->stop_timeout_s = 1;
        spec->restart = RESTART_ALWAYS;
}

static void test_a_service_runs(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        quick(spec);
        id = make("web/app", "", spec);
        got_free(simple(ENGINE_START, id));
        got = simple(ENGINE_INSPECT, id);
        g_assert_cmpstr(got->container->name, ==, APP "_web-app");
        g_assert_cmpint(got->container->state, ==, CONTAINER_RUNNING);
        g_assert_cmpint(got->container->started_wall_ns, >, 0);
        g_assert_cmpstr(container_label(got->container, "com.docker.stack.namespace"), ==, APP);
        remove_all();
}

static int run_job(const char *line, int n, char **ret_id)
{
        g_autoptr(Spec) spec = shell_spec(line);
        g_autoptr(Got) wait = NULL;

        spec->deploy = json_pack("{s:i}", "replicas", n);
        *ret_id = make("migrate", "0123456789", spec);
        wait = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = *ret_id }, NULL);
        await(wait->n_open == 1);
        got_free(simple(ENGINE_START, *ret_id));
        await(wait->is_final);
        g_assert_no_error(wait->error);
        return wait->exit_code;
}

static void test_a_job_succeeds_once(void)
{
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        g_assert_cmpint(run_job("echo done", 1, &id), ==, 0);
        got = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(got->container->state, ==, CONTAINER_EXITED);
        g_assert_cmpint(got->container->exit_code, ==, 0);
        g_assert_cmpint(got->container->finished_wall_ns, >, 0);
        remove_all();
}

static void test_a_job_fails_with_its_exit_code(void)
{
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        g_assert_cmpint(run_job("exit 7", 1, &id), ==, 7);
        got = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(got->container->state, ==, CONTAINER_EXITED);
        g_assert_cmpint(got->container->exit_code, ==, 7);
        g_assert_true(got->container->is_attested);
        remove_all();
}

/* ---- What is listened to, and what is run, in tasks ---- */

/* Of the image that holds one program and nothing else */
static Spec *scratch_spec(const char *line)
{
        Spec *spec = shell_spec(line);
        const char **cmd = arena_new0(spec->arena, const char *, 4);

        cmd[0] = "/busybox";
        cmd[1] = "sh";
        cmd[2] = "-c";
        cmd[3] = arena_strdup(spec->arena, line);
        spec->image = "scratch:1";
        spec->cmd = cmd;
        spec->n_cmd = 4;
        quick(spec);
        return spec;
}

static void test_a_port_is_awaited_in_an_image_of_one_program(void)
{
        g_autoptr(Spec)
                spec = scratch_spec("/busybox sleep 2; exec /busybox httpd -f -p 7000 -h /");
        SpecProbe probe = { .type = EVENT_PORT_LISTEN, .port = 7000 };
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;
        g_autoptr(Got) probed = NULL;
        int64_t began_us = g_get_monotonic_time();

        spec->deploy = json_pack("{s:i}", "replicas", 3);
        spec->probes = &probe;
        spec->n_probes = 1;
        id = make("srv", "", spec);
        got_free(simple(ENGINE_START, id));
        got = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(got->container->health, ==, HEALTH_STARTING);
        probed = must(&(EngineRequest){ .op = ENGINE_PROBE_PORT, .id = id, .port = 7000 });
        g_assert_cmpstr(probed->method, ==, "probe");
        g_assert_cmpint(g_get_monotonic_time() - began_us, >, 2 * G_USEC_PER_SEC);
        g_test_message("listens after %.1f s", (g_get_monotonic_time() - began_us) / 1e6);
        got_free(g_steal_pointer(&got));
        got = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(got->container->health, ==, HEALTH_HEALTHY);
        remove_all();
}

static void test_what_is_not_probed_is_refused(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        quick(spec);
        id = make("app", "", spec);
        got = ask(&(EngineRequest){ .op = ENGINE_PROBE_PORT, .id = id, .port = 7000 });
        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        remove_all();
}

static void test_a_port_and_a_command_hold_together(void)
{
        g_autoptr(Spec) spec = scratch_spec("(/busybox sleep 3; /busybox touch /done) & "
                                            "exec /busybox httpd -f -p 7000 -h /");
        const char *const argv[] = { "/busybox", "test", "-e", "/done", NULL };
        SpecProbe probes[] = {
                { .type = EVENT_PORT_LISTEN, .port = 7000 },
                { .type = EVENT_EXEC, .argv = argv, .n_argv = 4 },
        };
        g_autofree char *id = NULL;
        g_autoptr(Got) port = NULL;
        g_autoptr(Got) command = NULL;
        int64_t began_us = g_get_monotonic_time();

        spec->probes = probes;
        spec->n_probes = 2;
        id = make("srv", "", spec);
        port = begin(&(EngineRequest){ .op = ENGINE_PROBE_PORT, .id = id, .port = 7000 }, NULL);
        command = begin(&(EngineRequest){ .op = ENGINE_EXEC, .id = id, .argv = argv }, NULL);
        await(port->is_final && command->is_final);
        g_assert_no_error(port->error);
        g_assert_no_error(command->error);
        g_assert_cmpint(command->exit_code, ==, 0);
        g_assert_cmpint(g_get_monotonic_time() - began_us, >, 3 * G_USEC_PER_SEC);
        remove_all();
}

/* The check of image checked:1 holds when there is a file /ok */
static void test_the_own_check_of_an_image_keeps_its_meaning(void)
{
        g_autoptr(Spec) spec = scratch_spec("(/busybox sleep 4; /busybox touch /ok) & "
                                            "exec /busybox httpd -f -p 7000 -h /");
        SpecProbe probe = { .type = EVENT_PORT_LISTEN, .port = 7000 };
        g_autofree char *id = NULL;
        int64_t began_us = g_get_monotonic_time();

        spec->image = "checked:1";
        spec->probes = &probe;
        spec->n_probes = 1;
        id = make("srv", "", spec);
        got_free(must(&(EngineRequest){ .op = ENGINE_PROBE_PORT, .id = id, .port = 7000 }));
        g_assert_cmpint(g_get_monotonic_time() - began_us, >, 4 * G_USEC_PER_SEC);
        remove_all();
}

/* ---- Runs ---- */

static void test_a_job_of_two_needs_both(void)
{
        g_autofree char *id = NULL;

        g_assert_cmpint(run_job("exit 0", 2, &id), ==, 0);
        remove_all();
}

static void test_a_job_that_cannot_start_says_why(void)
{
        g_autoptr(Spec) spec = shell_spec("exit 0");
        g_autofree char *id = NULL;
        g_autoptr(Got) start = NULL;
        g_autoptr(Got) got = NULL;

        spec->image = "nosuchimage:1";
        id = make("migrate", "0123456789", spec);
        start = ask(&(EngineRequest){ .op = ENGINE_START, .id = id });
        g_assert_error(start->error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        g_assert_nonnull(strstr(start->error->message, "nosuchimage"));
        got = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(got->container->state, ==, CONTAINER_CREATED);
        g_assert_cmpint(got->container->started_wall_ns, ==, 0);
        remove_all();
}

static void test_a_command_that_is_not_there_does_not_start(void)
{
        g_autoptr(Spec) spec = shell_spec("");
        const char *const cmd[] = { "/nosuchprogram" };
        g_autofree char *id = NULL;
        g_autoptr(Got) start = NULL;
        g_autoptr(Got) got = NULL;

        spec->cmd = cmd;
        spec->n_cmd = 1;
        id = make("migrate", "0123456789", spec);
        start = ask(&(EngineRequest){ .op = ENGINE_START, .id = id });
        g_assert_error(start->error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        got = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(got->container->state, ==, CONTAINER_CREATED);
        remove_all();
}

static void test_a_second_create_of_a_try_is_refused(void)
{
        g_autoptr(Spec) spec = shell_spec("exit 0");
        g_autofree char *id = make("migrate", "0123456789", spec);
        g_autofree char *name = swarm_job_name(APP, "migrate", "0123456789", 1);
        g_auto(GStrv) labels = labels_of("migrate", "0123456789");
        g_autoptr(Got) got = ask(&(EngineRequest){ .op = ENGINE_CREATE,
                                                   .name = name,
                                                   .spec = spec,
                                                   .labels = (const char *const *) labels });
        g_autoptr(Got) by_name = simple(ENGINE_INSPECT, name);

        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        g_assert_cmpstr(by_name->container->id, ==, id);
        remove_all();
}

/* ---- Changes ---- */

static int64_t version_of(const char *id)
{
        g_autofree char *path = g_strconcat("/services/", id, NULL);
        g_autoptr(json_t) service = raw(path);

        return json_int_at(service, "Version.Index", 0);
}

static Got *update(const char *id, const char *workload, const Spec *spec)
{
        g_auto(GStrv) labels = labels_of(workload, "");

        return ask(&(EngineRequest){ .op = ENGINE_UPDATE,
                                     .id = id,
                                     .spec = spec,
                                     .labels = (const char *const *) labels });
}

static void test_an_update_is_awaited_and_an_unchanged_one_not_sent(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        const char *const env[] = { "A=1" };
        g_autofree char *id = NULL;
        g_autoptr(Got) same = NULL;
        g_autoptr(Got) other = NULL;
        int64_t version;

        quick(spec);
        spec->deploy = json_pack("{s:i, s:{s:s, s:i}}", "replicas", 2, "update_config", "monitor",
                                 "1s", "parallelism", 0);
        id = make("app", "", spec);
        got_free(simple(ENGINE_START, id));
        version = version_of(id);
        same = update(id, "app", spec);
        g_assert_no_error(same->error);
        g_assert_cmpint(version_of(id), ==, version);
        spec->env = env;
        spec->n_env = 1;
        other = update(id, "app", spec);
        g_assert_no_error(other->error);
        g_assert_cmpint(version_of(id), >, version);
        remove_all();
}

static void test_an_update_is_rolled_back(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        const char *const env[] = { "A=1" };
        g_autofree char *id = NULL;
        g_autofree char *path = NULL;
        g_autoptr(Got) none = NULL;
        g_autoptr(json_t) service = NULL;
        EngineRequest request = { .op = ENGINE_UPDATE, .rollback = true };

        quick(spec);
        spec->deploy = json_pack("{s:{s:s}}", "update_config", "monitor", "1s");
        id = make("app", "", spec);
        got_free(simple(ENGINE_START, id));
        request.id = id;
        none = ask(&request);
        g_assert_error(none->error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        spec->env = env;
        spec->n_env = 1;
        got_free(update(id, "app", spec));
        got_free(must(&request));
        path = g_strconcat("/services/", id, NULL);
        service = raw(path);
        g_assert_null(json_at(service, "Spec.TaskTemplate.ContainerSpec.Env"));
        g_assert_cmpstr(json_string_at(service, "UpdateStatus.State", ""), ==,
                        "rollback_completed");
        remove_all();
}

static void test_an_update_that_fails_says_so(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autoptr(Spec) bad = shell_spec("exit 3");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        quick(spec);
        quick(bad);
        spec->deploy = json_pack("{s:{s:s}}", "update_config", "monitor", "5s");
        bad->deploy = json_incref(spec->deploy);
        id = make("app", "", spec);
        got_free(simple(ENGINE_START, id));
        got = update(id, "app", bad);
        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        g_test_message("%s", got->error->message);
        g_assert_nonnull(strstr(got->error->message, "rolled back"));
        remove_all();
}

static void test_stopped_and_started_again(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = NULL;
        g_autoptr(Got) stopped = NULL;
        g_autoptr(Got) started = NULL;
        g_autoptr(Got) wait = NULL;

        quick(spec);
        spec->deploy = json_pack("{s:i}", "replicas", 2);
        id = make("app", "", spec);
        got_free(simple(ENGINE_START, id));
        wait = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = id }, NULL);
        await(wait->n_open == 1);
        got_free(simple(ENGINE_STOP, id));
        await(wait->is_final);
        stopped = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(stopped->container->state, ==, CONTAINER_EXITED);
        got_free(simple(ENGINE_START, id));
        started = simple(ENGINE_INSPECT, id);
        g_assert_cmpint(started->container->state, ==, CONTAINER_RUNNING);
        remove_all();
}

/* ---- Configs and secrets ---- */

static guint count_objects(const char *kind)
{
        g_autofree char *path = g_strdup_printf(
                "/%s?filters=%%7B%%22label%%22%%3A%%5B%%22slipway.app%%3D" APP "%%22%%5D%%7D",
                kind);
        g_autoptr(json_t) list = raw(path);

        return (guint) json_array_size(list);
}

static void test_files_are_objects_named_by_content(void)
{
        g_autoptr(Spec) spec = shell_spec("cat /etc/app.conf /run/secrets/key; exec sleep 1000");
        const char *const labels[] = { "slipway.app=" APP, NULL };
        SpecFile files[] = {
                { .path = "/etc/app.conf", .data = "one\n", .size = 4, .resource = "conf" },
                { .path = "/run/secrets/key",
                  .data = "hush\n",
                  .size = 5,
                  .mode = 0400,
                  .resource = "key",
                  .is_secret = true },
        };
        g_autofree char *id = NULL;
        g_autoptr(Got) logs = NULL;
        g_autoptr(Got) got = NULL;

        quick(spec);
        spec->deploy = json_pack("{s:{s:s}}", "update_config", "monitor", "100ms");
        spec->files = files;
        spec->n_files = 2;
        id = make("app", "", spec);
        got_free(simple(ENGINE_START, id));
        do {
                got_free(g_steal_pointer(&logs));
                logs = simple(ENGINE_LOGS, id);
        } while (strstr(logs->data->str, "hush") == NULL);
        g_assert_cmpstr(logs->data->str, ==, "one\nhush\n");
        files[0].data = "two\n";
        got = update(id, "app", spec);
        g_assert_no_error(got->error);
        g_assert_cmpuint(count_objects("configs"), ==, 2);
        got_free(must(&(EngineRequest){ .op = ENGINE_PRUNE, .labels = labels }));
        g_assert_cmpuint(count_objects("configs"), ==, 1);
        g_assert_cmpuint(count_objects("secrets"), ==, 1);
        remove_all();
        g_assert_cmpuint(count_objects("configs") + count_objects("secrets"), ==, 0);
}

/* ---- Volumes ---- */

static void test_volumes_are_registered_and_keep_their_labels(void)
{
        g_autoptr(Spec) spec = shell_spec("echo kept >>/data/file; cat /data/file");
        const char *const labels[] = { "slipway.app=" APP, "slipway.volume=v1", NULL };
        const char *const others[] = { "slipway.app=" APP, "slipway.volume=v2", NULL };
        SpecMount mount = { .type = MOUNT_VOLUME, .source = APP "_data", .target = "/data" };
        g_autoptr(Got) made = must(&(EngineRequest){
                .op = ENGINE_VOLUME_CREATE, .name = APP "_data", .labels = labels });
        g_autoptr(Got) again = must(&(EngineRequest){
                .op = ENGINE_VOLUME_CREATE, .name = APP "_data", .labels = others });
        g_autofree char *id = NULL;
        g_autoptr(Got) wait = NULL;
        g_autoptr(Got) list = NULL;
        g_autoptr(Got) gone = NULL;

        g_assert_true(made->was_created);
        g_assert_false(again->was_created);
        g_assert_cmpstr(g_hash_table_lookup(again->volume_labels, "slipway.volume"), ==, "v1");
        spec->mounts = &mount;
        spec->n_mounts = 1;
        /* Where a removed job's container can be removed, too */
        spec->deploy = json_pack("{s:{s:[s]}}", "placement", "constraints", "node.role==manager");
        id = make("migrate", "0123456789", spec);
        wait = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = id }, NULL);
        await(wait->is_final);
        g_assert_cmpint(wait->exit_code, ==, 0);
        remove_all();
        list = must(&(EngineRequest){ .op = ENGINE_VOLUME_LIST, .labels = labels });
        g_assert_cmpuint(list->volumes->len, ==, 1);
        got_free(must(&(EngineRequest){ .op = ENGINE_VOLUME_REMOVE, .name = APP "_data" }));
        gone = must(&(EngineRequest){ .op = ENGINE_VOLUME_LIST, .labels = labels });
        g_assert_cmpuint(gone->volumes->len, ==, 0);
}

static void test_a_watch_tells_of_services(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        const char *const labels[] = { "slipway.app=" APP, NULL };
        g_autofree char *id = NULL;
        g_autofree char *destroyed = NULL;
        EngineCall *call;
        g_autoptr(Got)
                watch = begin(&(EngineRequest){ .op = ENGINE_WATCH, .labels = labels }, &call);

        await(watch->n_open == 1);
        quick(spec);
        id = make("app", "", spec);
        got_free(simple(ENGINE_START, id));
        await(strstr(watch->events->str, "start") != NULL);
        got_free(simple(ENGINE_REMOVE, id));
        destroyed = g_strconcat("destroy ", id, NULL);
        await(strstr(watch->events->str, destroyed) != NULL);
        engine_cancel(engine, call);
}

/* ---- Networks, nodes ---- */

static void test_services_find_each_other_by_name(void)
{
        g_autoptr(Spec) server = shell_spec("exec httpd -f -p 7000 -h /etc");
        g_autoptr(Spec)
                client = shell_spec("until wget -q -O - http://db:7000/passwd; do sleep 0.2; done");
        const char *const labels[] = { "slipway.app=" APP, NULL };
        SpecNetwork network = {
                .name = APP "_net", .ipv4_address = "", .ipv6_address = "", .mac_address = ""
        };
        g_autoptr(Got) made = must(&(EngineRequest){
                .op = ENGINE_NETWORK_CREATE, .name = network.name, .labels = labels });
        g_autofree char *id = NULL;
        g_autofree char *job = NULL;
        g_autoptr(Got) wait = NULL;
        g_autoptr(Got) logs = NULL;

        server->networks = client->networks = &network;
        server->n_networks = client->n_networks = 1;
        quick(server);
        id = make("db", "", server);
        got_free(simple(ENGINE_START, id));
        job = make("ask", "0123456789", client);
        wait = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = job }, NULL);
        await(wait->is_final);
        g_assert_cmpint(wait->exit_code, ==, 0);
        logs = simple(ENGINE_LOGS, job);
        g_assert_nonnull(strstr(logs->data->str, "root"));
        remove_all();
        got_free(must(&(EngineRequest){ .op = ENGINE_NETWORK_REMOVE, .id = made->id }));
}

/* ---- Requests ---- */

static void test_all_who_wait_share_one_list(void)
{
        g_autoptr(Spec) spec = shell_spec("sleep 4");
        char *ids[5];
        Got *waits[5];
        uint64_t before, n_waiting, n_idle;
        int64_t began_us;

        for (int i = 0; i < 5; i++) {
                g_autofree char *workload = g_strdup_printf("job%d", i);

                ids[i] = make(workload, "0123456789", spec);
                waits[i] = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = ids[i] }, NULL);
        }
        for (int i = 0; i < 5; i++)
                await(waits[i]->n_open == 1);
        before = swarm_engine_requests(engine);
        began_us = g_get_monotonic_time();
        for (int i = 0; i < 5; i++)
                await(waits[i]->is_final);
        n_waiting = swarm_engine_requests(engine) - before;
        g_test_message("%" G_GUINT64_FORMAT " requests in %.1f s for 5 that wait", n_waiting,
                       (g_get_monotonic_time() - began_us) / 1e6);
        g_assert_cmpuint(n_waiting, <=, (g_get_monotonic_time() - began_us) / 200000 + 5);
        before = swarm_engine_requests(engine);
        began_us = g_get_monotonic_time();
        await(g_get_monotonic_time() - began_us > 2 * G_USEC_PER_SEC);
        n_idle = swarm_engine_requests(engine) - before;
        g_assert_cmpuint(n_idle, ==, 0);
        for (int i = 0; i < 5; i++) {
                g_free(ids[i]);
                got_free(waits[i]);
        }
        remove_all();
}

/* ---- A node that fails ---- */

static void swarm_tool(const char *verb, int node)
{
        g_autofree char *number = g_strdup_printf("%d", node);
        g_autofree char *tool = g_build_filename(g_getenv("TOP"), "tools", "swarm", NULL);
        const char *argv[] = { tool, verb, number, g_getenv("SWARM"), NULL };
        int status = 1;

        g_assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL,
                                   NULL, &status, NULL));
        g_assert_cmpint(status, ==, 0);
}

static guint count_tasks(const char *id)
{
        g_autofree char *path = g_strdup_printf(
                "/tasks?filters=%%7B%%22service%%22%%3A%%5B%%22%s%%22%%5D%%7D", id);
        g_autoptr(json_t) list = raw(path);

        return (guint) json_array_size(list);
}

static bool is_lost(const char *id)
{
        g_autoptr(Got) got = simple(ENGINE_INSPECT, id);

        return got->container->is_lost;
}

static bool can_fail_nodes(void)
{
        if (g_getenv("SWARM") != NULL && g_getenv("TOP") != NULL)
                return true;
        g_test_skip("no Swarm was started for us");
        return false;
}

/* Starts a job there; its end is waited for */
static Got *start_job(int node, const char *command, char **ret_id)
{
        g_autoptr(Spec) spec = shell_spec(command);
        g_autofree char *constraint = g_strdup_printf("node.labels.node==%d", node);
        Got *wait;

        spec->deploy = json_pack("{s:{s:[s]}}", "placement", "constraints", constraint);
        *ret_id = make("migrate", "0123456789", spec);
        got_free(simple(ENGINE_START, *ret_id));
        wait = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = *ret_id }, NULL);
        await(wait->n_open == 1);
        return wait;
}

/* Its node cannot be asked, and as long as that is so nobody is told that it has ended */
static void assert_stays_lost(const char *id, const Got *wait, int64_t seconds)
{
        int64_t lost_us;

        await(is_lost(id));
        lost_us = g_get_monotonic_time();
        await(g_get_monotonic_time() - lost_us > seconds * G_USEC_PER_SEC);
        g_assert_false(wait->is_final);
}

static void test_the_end_of_a_job_on_a_lost_node_is_not_known(void)
{
        g_autofree char *id = NULL;
        g_autoptr(Got) wait = NULL;
        g_autoptr(Got) after = NULL;

        if (!can_fail_nodes())
                return;
        wait = start_job(3, "exec sleep 1000", &id);
        g_assert_false(is_lost(id));
        swarm_tool("kill", 3);
        /* Long enough for what has restarts to be started elsewhere */
        assert_stays_lost(id, wait, 15);
        g_assert_cmpuint(count_tasks(id), ==, 1);
        swarm_tool("revive", 3);
        await(wait->is_final);
        /* Killed with its node: what became of it nobody saw */
        g_assert_error(wait->error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        g_assert_cmpuint(count_tasks(id), ==, 1);
        after = simple(ENGINE_INSPECT, id);
        g_assert_false(after->container->is_lost);
        g_assert_false(after->container->is_attested);
        g_assert_cmpint(after->container->state, ==, CONTAINER_EXITED);
        remove_all();
}

/* Cut off, not ended: it goes on, and how it ends is known when the node is back */
static void test_a_job_on_a_node_that_is_cut_off_runs_once(void)
{
        g_autofree char *id = NULL;
        g_autoptr(Got) wait = NULL;
        g_autoptr(Got) after = NULL;

        if (!can_fail_nodes())
                return;
        wait = start_job(2, "sleep 20; exit 0", &id);
        swarm_tool("cut", 2);
        assert_stays_lost(id, wait, 20);
        swarm_tool("join", 2);
        await(wait->is_final);
        g_assert_no_error(wait->error);
        g_assert_cmpint(wait->exit_code, ==, 0);
        g_assert_cmpuint(count_tasks(id), ==, 1);
        after = simple(ENGINE_INSPECT, id);
        g_assert_true(after->container->is_attested);
        remove_all();
}

static bool is_all_ready(guint n)
{
        g_autoptr(json_t) nodes = raw("/nodes");
        guint n_ready = 0;
        size_t i;
        json_t *node;

        json_array_foreach(nodes, i, node)
                n_ready += g_str_equal(json_string_at(node, "Status.State", ""), "ready");
        return n_ready == n;
}

/* Asked through another manager than the one that leads, which then fails */
static void test_another_leader_changes_nothing_for_who_waits(void)
{
        g_autofree char *host = g_strdup_printf("unix://%s/2/docker.sock", g_getenv("SWARM"));
        SwarmOptions options = { .docker.host = host, .without_ipvs = true };
        Engine *first = engine;
        g_autofree char *id = NULL;
        g_autoptr(Got) wait = NULL;
        g_autoptr(GError) error = NULL;

        if (!can_fail_nodes())
                return;
        engine = swarm_engine_new(&options, &error);
        g_assert_no_error(error);
        await(is_all_ready(3));
        wait = start_job(2, "sleep 12; exit 0", &id);
        swarm_tool("kill", 1);
        await(wait->is_final);
        g_assert_no_error(wait->error);
        g_assert_cmpint(wait->exit_code, ==, 0);
        swarm_tool("revive", 1);
        remove_all();
        engine_free(engine);
        engine = first;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        SwarmOptions options = { .without_ipvs = true };
        int status;

        if (g_getenv("DOCKER_HOST") == NULL || !g_str_has_prefix(g_getenv("DOCKER_HOST"), "unix")) {
                puts("1..0 # SKIP DOCKER_HOST does not name a manager for tests, unix:///PATH");
                return 0;
        }
        g_test_init(&argc, &argv, NULL);
        begin_tests(swarm_engine_new(&options, &error));
        g_assert_no_error(error);
        g_test_add_func("/swarm/service", test_a_service_runs);
        g_test_add_func("/swarm/job-ok", test_a_job_succeeds_once);
        g_test_add_func("/swarm/job-fails", test_a_job_fails_with_its_exit_code);
        g_test_add_func("/swarm/job-of-two", test_a_job_of_two_needs_both);
        g_test_add_func("/swarm/job-no-image", test_a_job_that_cannot_start_says_why);
        g_test_add_func("/swarm/job-no-command", test_a_command_that_is_not_there_does_not_start);
        g_test_add_func("/swarm/job-twice", test_a_second_create_of_a_try_is_refused);
        g_test_add_func("/swarm/port", test_a_port_is_awaited_in_an_image_of_one_program);
        g_test_add_func("/swarm/not-probed", test_what_is_not_probed_is_refused);
        g_test_add_func("/swarm/port-and-command", test_a_port_and_a_command_hold_together);
        g_test_add_func("/swarm/own-check", test_the_own_check_of_an_image_keeps_its_meaning);
        g_test_add_func("/swarm/update", test_an_update_is_awaited_and_an_unchanged_one_not_sent);
        g_test_add_func("/swarm/update-rolled-back", test_an_update_is_rolled_back);
        g_test_add_func("/swarm/update-fails", test_an_update_that_fails_says_so);
        g_test_add_func("/swarm/stop-start", test_stopped_and_started_again);
        g_test_add_func("/swarm/files", test_files_are_objects_named_by_content);
        g_test_add_func("/swarm/volumes", test_volumes_are_registered_and_keep_their_labels);
        g_test_add_func("/swarm/watch", test_a_watch_tells_of_services);
        g_test_add_func("/swarm/names", test_services_find_each_other_by_name);
        g_test_add_func("/swarm/requests", test_all_who_wait_share_one_list);
        g_test_add_func("/swarm/lost-node", test_the_end_of_a_job_on_a_lost_node_is_not_known);
        g_test_add_func("/swarm/cut-node", test_a_job_on_a_node_that_is_cut_off_runs_once);
        g_test_add_func("/swarm/leader", test_another_leader_changes_nothing_for_who_waits);
        status = g_test_run();
        engine_free(engine);
        return status;
}
