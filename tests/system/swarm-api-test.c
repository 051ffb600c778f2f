/* The Swarm's driver on a real Swarm: the manager is the one that DOCKER_HOST names */

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "engine-api.h"
#include "engine/swarm/swarm.h"

#define APP "swarmtest"

static char **labels_of(const char *workload, const char *run)
{
        const char *labels[] = { "slipway.app=" APP,
                                 g_strdup_printf("slipway.workload=%s", workload),
                                 g_strdup_printf("slipway.run=%s", run), "slipway.deployment=1",
                                 NULL };

        return (char **) g_memdup2(labels, sizeof labels);
}

/* CREATE of a service (@run: "") or of a try of a run; (transfer full) its id */
static char *make(const char *workload, const char *run, const Spec *spec)
{
        char **labels = labels_of(workload, run);
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
        remove_all();
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
        status = g_test_run();
        engine_free(engine);
        return status;
}
