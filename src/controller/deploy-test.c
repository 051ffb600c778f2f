#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "controller/internal.h"
#include "engine/sim/sim.h"
#include "format/format.h"
#include "store/testing.h"

#define MS 1000

/* A database and a service beside it, which restarts always, then a run-once container that takes
 * its time. */
static const char document[] = "---\n"
                               "replicated_api_version: 2.8.0\n"
                               "name: shop\n"
                               "version: '1'\n"
                               "components:\n"
                               "  - name: db\n"
                               "    containers:\n"
                               "      - source: public\n"
                               "        image_name: db\n"
                               "        version: '1'\n"
                               "        restart:\n"
                               "          policy: always\n"
                               "        volumes:\n"
                               "          - host_path: shop-data\n"
                               "            container_path: /data\n"
                               "        publish_events:\n"
                               "          - name: up\n"
                               "            trigger: container-start\n"
                               "            subscriptions:\n"
                               "              - component: app\n"
                               "                container: migrate\n"
                               "                action: start\n"
                               "  - name: app\n"
                               "    containers:\n"
                               "      - source: public\n"
                               "        image_name: migrate\n"
                               "        version: '1'\n"
                               "        ephemeral: true\n";

static const SimImage images[] = {
        { .reference = "db:1", .exits_us = SIM_NEVER, .listens_us = 0, .healthy_us = SIM_NEVER },
        { .reference = "migrate:1",
          .exits_us = 50 * MS,
          .listens_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
};

static const SimImage slow_images[] = {
        { .reference = "db:1", .exits_us = SIM_NEVER, .listens_us = 0, .healthy_us = SIM_NEVER },
        { .reference = "migrate:1",
          .exits_us = SIM_NEVER,
          .listens_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
};

typedef struct Fixture {
        TestDir t;
        char *file;
        SimScript script;
        Controller *controller;
        json_t *result;
        GError *error;
        PullPolicy pull;
        bool interrupts; /* when the run-once runs */
        bool fills_disk; /* when the database runs */
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
        test_dir_init(&f->t);
        f->file = g_build_filename(f->t.base, "app.yml", NULL);
        g_assert_true(g_file_set_contents(f->file, document, -1, NULL));
        f->script = (SimScript){ .images = images,
                                 .n_images = G_N_ELEMENTS(images),
                                 .latency_us = MS };
        f->controller = controller_new(
                &(ControllerOptions){ .state_dir = f->t.dir, .node_address = "192.0.2.1" });
        f->controller->engine = sim_engine_new(&f->script);
}

static void fail_with(Fixture *f, const SimFailure *failures, size_t n)
{
        engine_free(f->controller->engine);
        f->script.failures = failures;
        f->script.n_failures = n;
        f->controller->engine = sim_engine_new(&f->script);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        g_assert_no_error(f->error);
        json_decref(f->result);
        controller_free(f->controller);
        g_free(f->file);
        test_dir_done(&f->t);
}

/* Files can't be longer than that from now on */
static void limit_files(rlim_t size)
{
        struct rlimit limit;

        signal(SIGXFSZ, SIG_IGN);
        g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
        limit.rlim_cur = MIN(size, limit.rlim_max);
        g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void on_progress(const Application *app, int workload, const WorkloadProgress *progress,
                        const char *detail, gpointer user)
{
        Fixture *f = user;

        if (f->interrupts && workload == 1 && progress->state == STATE_RUNNING)
                controller_interrupt(f->controller);
        if (f->fills_disk && workload == 0 && progress->state == STATE_RUNNING)
                limit_files(1);
}

static bool up(Fixture *f)
{
        UpObserver observer = { .on_progress = on_progress, .user = f };
        g_autoptr(DiagList) diags = diag_list_new();

        g_clear_pointer(&f->result, json_decref);
        return controller_up(f->controller,
                             &(UpOptions){ .files = (const char *const[]){ f->file, NULL },
                                           .pull = f->pull,
                                           .command_line = "slipway up" },
                             &observer, diags, &f->result, &f->error);
}

static const char *action_of(const Fixture *f, size_t i)
{
        return json_string_at(json_array_get(json_object_get(f->result, "workloads"), i), "action",
                              "");
}

static const Container *database(Fixture *f)
{
        return sim_engine_find(f->controller->engine, "shop-db-db");
}

static void test_second_up_starts_nothing(Fixture *f, gconstpointer data)
{
        g_assert_true(up(f));
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_START), ==, 2);
        g_assert_true(up(f));
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_START), ==, 2);
        g_assert_cmpstr(action_of(f, 0), ==, "keep");
        g_assert_cmpstr(action_of(f, 1), ==, "skip");
}

static const char *container_of(const Fixture *f, size_t i)
{
        return json_string_at(json_array_get(json_object_get(f->result, "workloads"), i),
                              "container", "");
}

static void test_results_name_containers(Fixture *f, gconstpointer data)
{
        g_autofree char *run = NULL;

        g_assert_true(up(f));
        g_assert_cmpstr(container_of(f, 0), ==, "shop-db-db");
        run = g_strdup(container_of(f, 1));
        g_assert_true(g_str_has_prefix(run, "shop-app-migrate-"));
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(controller_status(f->controller, "shop", &f->result, &f->error));
        g_assert_cmpstr(container_of(f, 0), ==, "shop-db-db");
        g_assert_cmpstr(container_of(f, 1), ==, run);
}

static const char *last_known_state(Fixture *f)
{
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(controller_status(f->controller, "shop", &f->result, &f->error));
        g_assert_cmpstr(json_string_at(f->result, "state", ""), ==, "unknown");
        g_assert_nonnull(json_object_get(f->result, "age_s"));
        return json_string_at(f->result, "last_known_state", "");
}

/* The engine is gone: what the log says of it */
static void test_last_known_state(Fixture *f, gconstpointer data)
{
        const DownOptions options = { .command_line = "slipway stop" };

        g_assert_true(up(f));
        sim_engine_kill(f->controller->engine, SIM_LIVE_RESTORE);
        g_assert_cmpstr(last_known_state(f), ==, "started");
        sim_engine_restart(f->controller->engine);
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(
                controller_stop(f->controller, "shop", &options, NULL, &f->result, &f->error));
        sim_engine_kill(f->controller->engine, SIM_LIVE_RESTORE);
        g_assert_cmpstr(last_known_state(f), ==, "stopped");
}

/* Of the containers of a service the one that serves is started, wherever the list has it. */
static void test_start_of_one_takes_what_serves(Fixture *f, gconstpointer data)
{
        const DownOptions options = { .command_line = "slipway stop" };
        g_autoptr(Spec) spec = spec_new();
        g_autofree char *id = NULL;
        const char *labels[8] = { NULL };
        Container *container;
        GHashTableIter iter;
        gpointer key, value;
        size_t n = 0;

        g_assert_true(up(f));
        id = g_strdup(database(f)->id);
        container = container_copy(database(f));
        g_hash_table_iter_init(&iter, container->labels);
        while (g_hash_table_iter_next(&iter, &key, &value) && n < G_N_ELEMENTS(labels) - 1)
                labels[n++] = g_strdup_printf("%s=%s", (char *) key, (char *) value);
        spec->image = "db:1";
        g_assert_true(engine_ask(f->controller->engine,
                                 &(EngineRequest){ .op = ENGINE_CREATE,
                                                   .name = "shop-db-db-d9",
                                                   .spec = spec,
                                                   .labels = labels },
                                 NULL, NULL));
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(controller_stop(f->controller, "shop/db/db", &options, NULL, &f->result,
                                      &f->error));
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(controller_start(f->controller, "shop/db/db", NULL, &f->result, &f->error));
        g_assert_true(database(f)->state == CONTAINER_RUNNING);
        g_assert_cmpstr(database(f)->id, ==, id);
        while (n > 0)
                g_free((char *) labels[--n]);
        container_free(container);
}

/* Whether what is done was done by the image that there is now, only a pull can tell. */
static void test_pull_always_pulls_for_a_run(Fixture *f, gconstpointer data)
{
        g_assert_true(up(f));
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_IMAGE_PULL), ==, 0);
        f->pull = PULL_ALWAYS;
        g_assert_true(up(f));
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_IMAGE_PULL), ==, 2);
        g_assert_cmpstr(action_of(f, 1), ==, "skip");
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_START), ==, 2);
}

/* The tags were moved to images with other ids: of the same content, and then of another one */
static const char *const db_digests[] = { "db@sha256:d1", NULL };
static const char *const migrate_digests[] = { "old@sha256:0", "migrate@sha256:m1", NULL };
static const char *const both_digests[] = { "migrate@sha256:m1", "migrate@sha256:m2", NULL };
static const char *const other_digests[] = { "migrate@sha256:m3", NULL };
static const SimImage built_images[] = {
        { .reference = "db:1",
          .id = "sha256:a1",
          .digests = db_digests,
          .exits_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
        { .reference = "migrate:1",
          .id = "sha256:b1",
          .digests = migrate_digests,
          .exits_us = 50 * MS,
          .listens_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
};
static const SimImage same_images[] = {
        { .reference = "db:1",
          .id = "sha256:a2",
          .digests = db_digests,
          .exits_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
        { .reference = "untagged",
          .id = "sha256:a1",
          .digests = db_digests,
          .exits_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
        { .reference = "migrate:1",
          .id = "sha256:b2",
          .digests = both_digests,
          .exits_us = 50 * MS,
          .listens_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
};
static const SimImage other_images[] = {
        { .reference = "db:1",
          .id = "sha256:a3",
          .digests = db_digests,
          .exits_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
        { .reference = "migrate:1",
          .id = "sha256:b3",
          .digests = other_digests,
          .exits_us = 50 * MS,
          .listens_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
};

static void take_images(Fixture *f, const SimImage *taken, size_t n)
{
        f->script.images = taken;
        f->script.n_images = n;
}

static void test_a_common_digest_is_the_same_image(Fixture *f, gconstpointer data)
{
        take_images(f, built_images, G_N_ELEMENTS(built_images));
        g_assert_true(up(f));
        g_assert_cmpstr(database(f)->image_id, ==, "sha256:a1");

        take_images(f, same_images, G_N_ELEMENTS(same_images));
        g_assert_true(up(f));
        g_assert_cmpstr(action_of(f, 0), ==, "keep");
        g_assert_cmpstr(action_of(f, 1), ==, "skip");
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_START), ==, 2);

        /* Of an image that is gone nobody knows the digests. */
        take_images(f, other_images, G_N_ELEMENTS(other_images));
        g_assert_true(up(f));
        g_assert_cmpstr(action_of(f, 0), ==, "replace");
        g_assert_cmpstr(action_of(f, 1), ==, "run");
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_START), ==, 4);
}

/* What `stop` sets and a swap that was cut short leaves behind */
static void test_policy_is_given_back(Fixture *f, gconstpointer data)
{
        g_autoptr(Spec) spec = spec_new();
        g_autofree char *id = NULL;

        g_assert_true(up(f));
        id = g_strdup(database(f)->id);
        g_assert_cmpstr(database(f)->restart_policy, ==, "always");
        spec->restart = RESTART_NO;
        g_assert_true(engine_ask(f->controller->engine,
                                 &(EngineRequest){ .op = ENGINE_UPDATE, .id = id, .spec = spec },
                                 NULL, NULL));
        g_assert_cmpstr(database(f)->restart_policy, ==, "no");
        g_assert_true(up(f));
        g_assert_cmpstr(action_of(f, 0), ==, "keep");
        g_assert_cmpstr(database(f)->id, ==, id);
        g_assert_cmpstr(database(f)->restart_policy, ==, "always");
}

/* Of the workload, as `status` says it; its container's name is kept in the result */
static const char *state_of(Fixture *f, size_t i)
{
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(controller_status(f->controller, "shop", &f->result, &f->error));
        return json_string_at(json_array_get(json_object_get(f->result, "workloads"), i), "state",
                              "");
}

static const char *newest_container(const Fixture *f)
{
        return json_string_at(json_array_get(json_object_get(f->result, "workloads"), 1),
                              "container", "");
}

/* With a wait open, which ends with the deployment and once */
static void test_interrupt_while_a_run_runs(Fixture *f, gconstpointer data)
{
        f->script.images = slow_images;
        fail_with(f, NULL, 0);
        f->interrupts = true;
        g_assert_false(up(f));
        g_assert_error(f->error, CONTROLLER_ERROR, CONTROLLER_ERROR_INTERRUPTED);
        g_clear_error(&f->error);
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_STOP), ==, 0);
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_KILL), ==, 0);
        g_assert_cmpstr(state_of(f, 1), ==, "running");

        /* It ends when nobody looks: how, the next command finds out. */
        g_assert_true(sim_engine_exit(f->controller->engine, newest_container(f), 0));
        g_assert_cmpstr(state_of(f, 1), ==, "unknown");
}

/* What was asked is asked again, though the event stream never broke. */
static void test_lost_inspections_do_not_hang(Fixture *f, gconstpointer data)
{
        static const SimFailure failures[] = {
                { .op = ENGINE_START,
                  .subject = "migrate",
                  .nth = 1,
                  .error = ENGINE_ERROR_TIMEOUT,
                  .message = "no answer",
                  .is_carried_out = true },
                { .op = ENGINE_WAIT, .nth = 1, .error = ENGINE_ERROR_TIMEOUT, .message = "none" },
                { .op = ENGINE_INSPECT, .nth = 1, .error = ENGINE_ERROR_TIMEOUT, .message = "n" },
                { .op = ENGINE_INSPECT, .nth = 2, .error = ENGINE_ERROR_TIMEOUT, .message = "n" },
                { .op = ENGINE_INSPECT, .nth = 3, .error = ENGINE_ERROR_FAILED, .message = "n" },
        };

        fail_with(f, failures, G_N_ELEMENTS(failures));
        g_assert_true(up(f));
        g_assert_cmpstr(action_of(f, 1), ==, "run");
}

/* What cannot be recorded is not done: neither the start that was about to come nor any other. */
static void test_full_disk_starts_nothing(Fixture *f, gconstpointer data)
{
        f->fills_disk = true;
        g_assert_false(up(f));
        limit_files(RLIM_INFINITY);
        g_assert_error(f->error, CONTROLLER_ERROR, CONTROLLER_ERROR_STORE);
        g_assert_nonnull(strstr(f->error->message, f->t.dir));
        g_clear_error(&f->error);
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_START), ==, 1);

        f->fills_disk = false;
        g_assert_true(up(f));
        g_assert_cmpuint(sim_engine_n_requests(f->controller->engine, ENGINE_START), ==, 2);
}

/* A plan that could not look would tell a tale. */
static void on_message(const char *text, gpointer user)
{
        g_string_append_printf(user, "%s\n", text);
}

/* Whoever takes it down may do so to free the disk. */
static void test_full_disk_keeps_nothing_up(Fixture *f, gconstpointer data)
{
        g_autoptr(GString) told = g_string_new(NULL);
        const UpObserver observer = { .on_message = on_message, .user = told };
        const DownOptions options = { .volumes = true, .command_line = "slipway down" };

        g_assert_true(up(f));
        g_clear_pointer(&f->result, json_decref);
        limit_files(1);
        g_assert_true(
                controller_stop(f->controller, "shop", &options, &observer, &f->result, &f->error));
        g_assert_cmpstr(container_state_to_string(database(f)->state), ==, "exited");
        g_assert_nonnull(strstr(told->str, f->t.dir));
        g_string_truncate(told, 0);
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(
                controller_down(f->controller, "shop", &options, &observer, &f->result, &f->error));
        g_assert_cmpuint(sim_engine_n_containers(f->controller->engine), ==, 0);
        g_assert_nonnull(strstr(told->str, "could not be recorded"));
        limit_files(RLIM_INFINITY);

        g_string_truncate(told, 0);
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(
                controller_down(f->controller, "shop", &options, &observer, &f->result, &f->error));
        g_assert_cmpstr(told->str, ==, "");
}

static void test_plan_needs_the_engine(Fixture *f, gconstpointer data)
{
        static const SimFailure failures[] = {
                { .op = ENGINE_IMAGE_INSPECT, .error = ENGINE_ERROR_FAILED, .message = "broken" },
        };
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(json_t) plan = NULL;

        fail_with(f, failures, G_N_ELEMENTS(failures));
        g_assert_true(controller_open_store(f->controller, true, NULL));
        g_assert_false(controller_plan(
                f->controller, &(UpOptions){ .files = (const char *const[]){ f->file, NULL } },
                diags, &plan, &f->error));
        g_assert_nonnull(strstr(f->error->message, "broken"));
        g_clear_error(&f->error);
        g_assert_null(plan);
}

/* ---- What the engine does not take ---- */

static const char *status_of(Fixture *f, size_t i)
{
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(controller_status(f->controller, "shop", &f->result, &f->error));
        return json_string_at(json_array_get(json_object_get(f->result, "workloads"), i), "state",
                              "");
}

static void fails(Fixture *f)
{
        g_assert_false(up(f));
        g_assert_error(f->error, CONTROLLER_ERROR, CONTROLLER_ERROR_FAILED);
        g_assert_nonnull(strstr(f->error->message, "no such option"));
        g_clear_error(&f->error);
}

static void test_a_refused_run_has_failed(Fixture *f, gconstpointer data)
{
        static const SimFailure failures[] = {
                { ENGINE_CREATE, "migrate", 0, ENGINE_ERROR_BAD_REQUEST, "no such option", false },
        };
        g_autoptr(json_t) runs = NULL;

        fail_with(f, failures, G_N_ELEMENTS(failures));
        fails(f);
        g_assert_cmpstr(status_of(f, 0), ==, "running");
        g_assert_cmpstr(status_of(f, 1), ==, "failed");
        g_assert_nonnull(strstr(json_string_at(f->result, "reason", ""), "no such option"));
        g_assert_true(controller_runs(f->controller, "shop", "app/migrate", &runs, &f->error));
        g_assert_cmpstr(json_string_at(json_array_get(runs, 0), "outcome", ""), ==, "failed");
        g_assert_cmpstr(json_string_at(json_array_get(runs, 0), "log_tail", ""), ==,
                        "no such option");
}

static void test_a_refused_service_has_failed(Fixture *f, gconstpointer data)
{
        static const SimFailure failures[] = {
                { ENGINE_CREATE, "shop-db", 0, ENGINE_ERROR_BAD_REQUEST, "no such option", false },
        };
        const DownOptions down = { .command_line = "slipway down" };

        fail_with(f, failures, G_N_ELEMENTS(failures));
        fails(f);
        g_assert_cmpstr(status_of(f, 0), ==, "failed");
        g_assert_cmpstr(status_of(f, 1), ==, "held");
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(controller_down(f->controller, "shop", &down, NULL, &f->result, &f->error));
        g_assert_cmpstr(status_of(f, 0), !=, "failed");
}

#define ADD(name, func) g_test_add(name, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("/deploy/second-up", test_second_up_starts_nothing);
        ADD("/deploy/pull-always", test_pull_always_pulls_for_a_run);
        ADD("/deploy/container-names", test_results_name_containers);
        ADD("/deploy/last-known-state", test_last_known_state);
        ADD("/deploy/start-of-one", test_start_of_one_takes_what_serves);
        ADD("/deploy/digests", test_a_common_digest_is_the_same_image);
        ADD("/deploy/policy", test_policy_is_given_back);
        ADD("/deploy/interrupt", test_interrupt_while_a_run_runs);
        ADD("/deploy/lost-inspections", test_lost_inspections_do_not_hang);
        ADD("/deploy/refused-run", test_a_refused_run_has_failed);
        ADD("/deploy/refused-service", test_a_refused_service_has_failed);
        ADD("/deploy/full-disk", test_full_disk_starts_nothing);
        ADD("/deploy/full-disk-down", test_full_disk_keeps_nothing_up);
        ADD("/deploy/plan-without-engine", test_plan_needs_the_engine);
        return g_test_run();
}
