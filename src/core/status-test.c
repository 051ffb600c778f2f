#include "core/status.h"

static void check(const AppView *app, AppState state, const char *reason)
{
        g_autofree char *got = NULL;

        g_assert_cmpstr(app_state_to_string(status_of_app(app, &got)), ==,
                        app_state_to_string(state));
        g_assert_cmpstr(got, ==, reason);
}

static void test_a_finished_run_once_never_looks_bad(void)
{
        WorkloadView workloads[] = {
                { "db/pg", WORKLOAD_SERVICE, .presence = PRESENCE_RUNNING },
                { "m/app", WORKLOAD_EPHEMERAL, .presence = PRESENCE_EXITED, .is_done = true },
        };
        AppView app = { workloads, 2, .has_served = true };

        check(&app, APP_STARTED, "");
        g_assert_cmpint(status_of_workload(&workloads[1], false), ==, STATE_DONE);
}

static void test_an_exited_service_stops_the_application(void)
{
        WorkloadView workloads[] = {
                { "db/pg", WORKLOAD_SERVICE, .presence = PRESENCE_EXITED, .exit_code = 137 },
        };
        AppView app = { workloads, 1, .has_served = true };

        check(&app, APP_STOPPED, "db/pg exited with 137 and is not restarted");
        workloads[0].will_restart = true;
        check(&app, APP_STARTING, "db/pg exited with 137 and is about to be restarted");
        g_assert_cmpint(status_of_workload(&workloads[0], false), ==, STATE_STARTING);
}

static void test_a_paused_service_does_not_serve(void)
{
        WorkloadView workloads[] = {
                { "db/pg", WORKLOAD_SERVICE, .presence = PRESENCE_RUNNING, .is_paused = true },
        };
        AppView app = { workloads, 1, .has_served = true };

        check(&app, APP_STOPPED, "db/pg is paused");
        g_assert_cmpint(status_of_workload(&workloads[0], false), ==, STATE_STOPPED);
}

static void test_a_failed_update_leaves_the_state_started(void)
{
        WorkloadView workloads[] = {
                { "db/pg", WORKLOAD_SERVICE, .presence = PRESENCE_RUNNING },
        };
        AppView app = { workloads, 1, .has_served = true, .has_failed = true,
                        .failure = "m/app: exited with 1" };

        check(&app, APP_STARTED, "");
}

static void test_a_first_deployment_that_failed_says_why(void)
{
        WorkloadView workloads[] = {
                { "db/pg", WORKLOAD_SERVICE, .presence = PRESENCE_RUNNING },
        };
        AppView app = { workloads, 1, .has_failed = true, .failure = "m/app: exited with 1" };

        check(&app, APP_FAILED, "m/app: exited with 1");
}

static void test_under_way(void)
{
        AppView app = { NULL, 0, .is_deploying = true };

        check(&app, APP_STARTING, "");
        app.has_served = true;
        check(&app, APP_UPDATING, "");
        app.wants_stopped = true;
        check(&app, APP_STOPPING, "");
        app.is_deploying = false;
        check(&app, APP_STOPPED, "");
}

static void test_off_workloads_do_not_count(void)
{
        WorkloadView workloads[] = {
                { "db/pg", WORKLOAD_SERVICE, .presence = PRESENCE_RUNNING },
                { "x/y", WORKLOAD_SERVICE, .is_off = true },
        };
        AppView app = { workloads, 2, .has_served = true };

        check(&app, APP_STARTED, "");
        g_assert_cmpint(status_of_workload(&workloads[1], false), ==, STATE_OFF);
}

static void test_what_could_not_be_made_has_failed(void)
{
        WorkloadView run = { "m/app", WORKLOAD_EPHEMERAL, .has_failed = true };
        WorkloadView service = { "db/pg", WORKLOAD_SERVICE, .has_failed = true };

        g_assert_cmpint(status_of_workload(&run, true), ==, STATE_FAILED);
        g_assert_cmpint(status_of_workload(&service, true), ==, STATE_FAILED);
        service.presence = PRESENCE_CREATED;
        g_assert_cmpint(status_of_workload(&service, true), ==, STATE_FAILED);
        service.presence = PRESENCE_RUNNING; /* the one before it serves */
        g_assert_cmpint(status_of_workload(&service, true), ==, STATE_RUNNING);
        service.has_failed = false;
        service.presence = PRESENCE_GONE;
        g_assert_cmpint(status_of_workload(&service, true), ==, STATE_HELD);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/status/done", test_a_finished_run_once_never_looks_bad);
        g_test_add_func("/status/exited", test_an_exited_service_stops_the_application);
        g_test_add_func("/status/paused", test_a_paused_service_does_not_serve);
        g_test_add_func("/status/failed-update", test_a_failed_update_leaves_the_state_started);
        g_test_add_func("/status/failed-first", test_a_first_deployment_that_failed_says_why);
        g_test_add_func("/status/under-way", test_under_way);
        g_test_add_func("/status/not-made", test_what_could_not_be_made_has_failed);
        g_test_add_func("/status/off", test_off_workloads_do_not_count);
        return g_test_run();
}
