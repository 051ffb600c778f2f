#include "engine/swarm/state.h"

#include "base/json.h"

/* A service of two tasks, and its variations */
#define TEMPLATE                                                                                   \
        "\"TaskTemplate\": {\"ContainerSpec\": {\"Image\": \"web:1\"},"                            \
        " \"RestartPolicy\": {\"Condition\": \"any\"}}"
#define SERVICE                                                                                    \
        "{\"ID\": \"s1\", \"CreatedAt\": \"2026-01-01T00:00:00Z\", \"Spec\": {\"Name\": "          \
        "\"a_web\","                                                                               \
        " \"Labels\": {\"slipway.app\": \"a\"}, " TEMPLATE                                         \
        ", \"Mode\": {\"Replicated\": {\"Replicas\": 2}}}}"
#define STOPPED                                                                                    \
        "{\"ID\": \"s1\", \"Spec\": {\"Name\": \"a_web\", \"Labels\": {\"slipway.replicas\": "     \
        "\"2\"}, " TEMPLATE ", \"Mode\": {\"Replicated\": {\"Replicas\": 0}}}}"
#define JOB                                                                                        \
        "{\"ID\": \"s1\", \"Spec\": {\"Name\": \"a_mig-1\", " TEMPLATE                             \
        ", \"Mode\": {\"ReplicatedJob\": {\"MaxConcurrent\": 2, \"TotalCompletions\": 2}}},"       \
        " \"JobStatus\": {\"JobIteration\": {\"Index\": 7}}}"

/* A run that is no job: see swarm_body_avoid_job() */
#define RUN                                                                                        \
        "{\"ID\": \"s1\", \"Spec\": {\"Name\": \"a_mig-1\", \"Labels\": {\"slipway.run\": "        \
        "\"abc\"}, " TEMPLATE ", \"Mode\": {\"Replicated\": {\"Replicas\": 2}}}}"

/* "SLOT STATE DESIRED [CODE [ERR]]" as a task on node nSLOT */
static json_t *task(const char *text)
{
        static int n;
        g_auto(GStrv) word = g_strsplit(text, " ", 5);
        guint n_words = g_strv_length(word);
        int code = n_words > 3 ? atoi(word[3]) : 0;
        bool has_container = !g_strv_contains(
                (const char *const[]){ "new", "pending", "preparing", "rejected", NULL }, word[1]);
        g_autofree char *id = g_strdup_printf("t%d", ++n);
        g_autofree char *node = g_strdup_printf("n%s", word[0]);
        g_autofree char *created = g_strdup_printf("2026-01-01T00:00:%02dZ", n % 60);

        return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:{s:s, s:i}}, s:{s:i}}",
                         "ID", id, "ServiceID", "s1", "Slot", atoi(word[0]), "NodeID", node,
                         "DesiredState", word[2], "CreatedAt", created, "Status", "State", word[1],
                         "Timestamp", "2026-01-01T01:00:00Z", "Err", n_words > 4 ? word[4] : "",
                         "ContainerStatus", "ContainerID", has_container ? "c" : "", "ExitCode",
                         code, "JobIteration", "Index", 7);
}

static Container *look(const char *service_text, const char *const *tasks, const char *down_node)
{
        g_autoptr(json_t) service = json_loads(service_text, 0, NULL);
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify) json_decref);
        g_autoptr(GHashTable) down = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GError) error = NULL;
        Container *container;

        g_assert_nonnull(service);
        for (size_t i = 0; tasks[i] != NULL; i++)
                g_ptr_array_add(all, task(tasks[i]));
        if (down_node != NULL)
                g_hash_table_add(down, (gpointer) down_node);
        container = swarm_container(service, all, down, &error);
        g_assert_no_error(error);
        return container;
}

typedef struct Case {
        const char *service;
        const char *tasks[5];
        const char *down;
        ContainerState state;
        ContainerHealth health;
        int exit_code;
        bool is_lost, is_attested, has_started;
} Case;

static const Case cases[] = {
        /* Runs that are services */
        { RUN,
          { "1 complete shutdown", "2 running running" },
          NULL,
          CONTAINER_RUNNING,
          HEALTH_NONE,
          .has_started = true },
        { RUN,
          { "1 complete shutdown", "2 complete shutdown" },
          NULL,
          CONTAINER_EXITED,
          HEALTH_NONE,
          .is_attested = true,
          .has_started = true },
        { RUN,
          { "1 complete shutdown", "2 shutdown shutdown" },
          NULL,
          CONTAINER_EXITED,
          HEALTH_NONE,
          128,
          .has_started = true },

        /* Services */
        { SERVICE, { NULL }, NULL, CONTAINER_CREATED, HEALTH_STARTING },
        { SERVICE,
          { "1 preparing running", "2 pending running" },
          NULL,
          CONTAINER_CREATED,
          HEALTH_STARTING },
        { SERVICE,
          { "1 starting running", "2 running running" },
          NULL,
          CONTAINER_RUNNING,
          HEALTH_STARTING,
          .has_started = true },
        { SERVICE,
          { "1 running running", "2 running running" },
          NULL,
          CONTAINER_RUNNING,
          HEALTH_HEALTHY,
          .has_started = true },
        { SERVICE,
          { "1 running running", "2 failed shutdown 3 task: non-zero exit (3)", "2 ready ready" },
          NULL,
          CONTAINER_RESTARTING,
          HEALTH_STARTING,
          3,
          .has_started = true },
        { SERVICE,
          { "1 running running", "2 running running" },
          "n2",
          CONTAINER_RESTARTING,
          HEALTH_STARTING,
          .has_started = true },
        { SERVICE,
          { "1 rejected shutdown 0 No such image: web:1", "1 preparing running",
            "2 pending running" },
          NULL,
          CONTAINER_CREATED,
          HEALTH_STARTING,
          128 },
        { SERVICE,
          { "1 failed shutdown 137 task: unhealthy container", "1 ready ready",
            "2 running running" },
          NULL,
          CONTAINER_RESTARTING,
          HEALTH_UNHEALTHY,
          137,
          .has_started = true },
        { SERVICE,
          { "1 complete shutdown", "2 complete shutdown" },
          NULL,
          CONTAINER_EXITED,
          HEALTH_STARTING,
          .has_started = true },
        { STOPPED, { NULL }, NULL, CONTAINER_EXITED, HEALTH_STARTING },
        { STOPPED,
          { "1 running remove" },
          NULL,
          CONTAINER_RUNNING,
          HEALTH_STARTING,
          .has_started = true },
        /* Jobs: all of them, or none of it */
        { JOB, { NULL }, NULL, CONTAINER_CREATED },
        { JOB,
          { "1 complete complete", "2 running complete" },
          NULL,
          CONTAINER_RUNNING,
          .has_started = true },
        { JOB,
          { "1 complete complete", "2 complete complete" },
          NULL,
          CONTAINER_EXITED,
          .is_attested = true,
          .has_started = true },
        { JOB,
          { "1 complete complete", "2 failed shutdown 7 task: non-zero exit (7)" },
          NULL,
          CONTAINER_EXITED,
          HEALTH_NONE,
          7,
          .is_attested = true,
          .has_started = true },
        { JOB,
          { "1 failed shutdown 7 x", "2 running complete" },
          NULL,
          CONTAINER_RUNNING,
          .has_started = true },
        { JOB,
          { "1 failed shutdown 127 starting container failed: no such file",
            "2 rejected shutdown 0 No such image: web:1" },
          NULL,
          CONTAINER_CREATED,
          HEALTH_NONE,
          127 },
        /* What a node did not see, or was told to stop, did not succeed, nor did it surely fail */
        { JOB,
          { "1 complete complete", "2 running complete" },
          "n2",
          CONTAINER_RUNNING,
          .is_lost = true,
          .has_started = true },
        { JOB,
          { "1 complete complete", "2 orphaned complete" },
          NULL,
          CONTAINER_RUNNING,
          .is_lost = true,
          .has_started = true },
        { JOB,
          { "1 complete complete", "2 failed shutdown 255 task: non-zero exit (255)" },
          NULL,
          CONTAINER_EXITED,
          HEALTH_NONE,
          255,
          .has_started = true },
        { JOB,
          { "1 complete complete", "2 shutdown shutdown 137" },
          NULL,
          CONTAINER_EXITED,
          HEALTH_NONE,
          128,
          .has_started = true },
        /* A node that is down has nothing to add to an end that is known */
        { JOB,
          { "1 complete complete", "2 complete complete" },
          "n2",
          CONTAINER_EXITED,
          .is_attested = true,
          .has_started = true },
};

static void test_states(void)
{
        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                const Case *c = &cases[i];
                g_autoptr(Container) container = look(c->service, c->tasks, c->down);

                g_test_message("%zu: %s", i, c->tasks[0] != NULL ? c->tasks[0] : "no task");
                g_assert_cmpstr(container_state_to_string(container->state), ==,
                                container_state_to_string(c->state));
                g_assert_cmpint(container->health, ==, c->health);
                g_assert_cmpint(container->exit_code, ==, c->exit_code);
                g_assert_cmpint(container->is_lost, ==, c->is_lost);
                g_assert_cmpint(container->is_attested, ==, c->is_attested);
                g_assert_cmpint(container->started_wall_ns != 0, ==, c->has_started);
        }
}

static void test_a_later_execution_does_not_count_earlier_tasks(void)
{
        g_autoptr(json_t) service = json_loads(JOB, 0, NULL);
        g_autoptr(json_t) old = task("1 complete complete");

        g_assert_false(swarm_task_is_stale(service, old));
        json_object_set_new(json_object_get(old, "JobIteration"), "Index", json_integer(3));
        g_assert_true(swarm_task_is_stale(service, old));
}

static void test_places(void)
{
        g_autoptr(json_t) service = json_loads(SERVICE, 0, NULL);
        g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func((GDestroyNotify) json_decref);
        g_autoptr(Container) container = NULL;
        json_t *one = task("1 running running");

        json_object_set_new(service, "Endpoint",
                            json_pack("{s:[{s:s, s:i, s:i}]}", "Ports", "Protocol", "udp",
                                      "TargetPort", 53, "PublishedPort", 5353));
        json_object_set_new(json_object_get(one, "Status"), "PortStatus",
                            json_pack("{s:[{s:s, s:i, s:i}]}", "Ports", "Protocol", "tcp",
                                      "TargetPort", 80, "PublishedPort", 32768));
        json_object_set_new(one, "NetworksAttachments",
                            json_pack("[{s:[s]}]", "Addresses", "10.0.1.7/24"));
        g_ptr_array_add(tasks, one);
        container = swarm_container(service, tasks, NULL, NULL);
        g_assert_cmpstr(container->address, ==, "10.0.1.7");
        g_assert_cmpuint(container->ports->len, ==, 2);
        g_assert_cmpuint(g_array_index(container->ports, BoundPort, 0).public_port, ==, 5353);
        g_assert_cmpuint(g_array_index(container->ports, BoundPort, 1).public_port, ==, 32768);
        g_assert_cmpstr(container->name, ==, "a_web");
        g_assert_cmpstr(container->restart_policy, ==, "always");
        g_assert_cmpstr(container_label(container, "slipway.app"), ==, "a");
}

static void test_what_is_no_service_is_said(void)
{
        g_autoptr(json_t) none = json_pack("{s:s}", "message", "no");
        g_autoptr(GPtrArray) tasks = g_ptr_array_new();
        g_autoptr(GError) error = NULL;

        g_assert_null(swarm_container(none, tasks, NULL, &error));
        g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_REPLY);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/swarm/state/states", test_states);
        g_test_add_func("/swarm/state/iteration",
                        test_a_later_execution_does_not_count_earlier_tasks);
        g_test_add_func("/swarm/state/places", test_places);
        g_test_add_func("/swarm/state/nonsense", test_what_is_no_service_is_said);
        return g_test_run();
}
