#include "model/application.h"

static void test_event_types_read_back(void)
{
        EventType type;

        g_assert_true(event_type_from_string("port-listen", &type));
        g_assert_cmpstr(event_type_to_string(type), ==, "port-listen");
        g_assert_false(event_type_from_string("http-status", &type));
}

static void test_setting_types_read_back(void)
{
        SettingType type;

        g_assert_true(setting_type_from_string("select_many", &type));
        g_assert_cmpstr(setting_type_to_string(type), ==, "select_many");
        g_assert_false(setting_type_from_string("boolean", &type));
}

static void test_workloads_are_found_by_id_and_by_container(void)
{
        Workload workloads[] = {
                { .id = "db/postgres", .component = "db", .container = "postgres" },
                { .id = "app/py", .component = "app", .container = "py" },
                { .id = "app/py#2", .component = "app", .container = "py", .ordinal = 1 },
        };
        Application app = { .workloads = workloads, .n_workloads = 3 };

        g_assert_cmpint(application_find(&app, "app/py#2"), ==, 2);
        g_assert_cmpint(application_find(&app, "app"), ==, -1);
        g_assert_cmpint(application_find_container(&app, "app", "py"), ==, 1);
        g_assert_cmpint(application_find_container(&app, "db", "py"), ==, -1);
}

static void test_who_is_ordered_before_whom(void)
{
        Parent of_migrate[] = { { .workload = 0 } }, of_web[] = { { .workload = 1 } };
        Parent of_ping[] = { { .workload = 4 } }, of_pong[] = { { .workload = 3 } };
        Workload workloads[] = {
                { .id = "db" },
                { .id = "migrate", .parents = of_migrate, .n_parents = 1 },
                { .id = "web", .parents = of_web, .n_parents = 1 },
                { .id = "ping", .parents = of_ping, .n_parents = 1 },
                { .id = "pong", .parents = of_pong, .n_parents = 1 },
        };
        Application app = { .workloads = workloads, .n_workloads = G_N_ELEMENTS(workloads) };
        g_autofree bool *of_db = application_before(&app, &workloads[0]);
        g_autofree bool *before_web = application_before(&app, &workloads[2]);
        g_autofree bool *cycle = application_before(&app, &workloads[3]);
        unsigned n;
        g_autofree unsigned *levels = application_levels(&app, &n);

        for (size_t i = 0; i < app.n_workloads; i++) {
                g_assert_false(of_db[i]);
                g_assert_cmpint(before_web[i], ==, i < 2);
                g_assert_cmpint(cycle[i], ==, i > 2);
        }
        for (size_t i = 0; i < 3; i++)
                g_assert_cmpuint(levels[i], ==, i);
        g_assert_cmpuint(n, <=, app.n_workloads);
}

static void test_options_of_a_select_are_settings(void)
{
        Setting options[] = { { .name = "a" }, { .name = "b" } };
        Setting settings[] = { { .name = "s", .children = options, .n_children = 2 } };
        SettingGroup groups[] = { { .name = "g", .settings = settings, .n_settings = 1 } };
        Application app = { .groups = groups, .n_groups = 1 };

        g_assert_true(application_find_setting(&app, "b") == &options[1]);
        g_assert_null(application_find_setting(&app, "g"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/application/event-types", test_event_types_read_back);
        g_test_add_func("/application/setting-types", test_setting_types_read_back);
        g_test_add_func("/application/find", test_workloads_are_found_by_id_and_by_container);
        g_test_add_func("/application/before", test_who_is_ordered_before_whom);
        g_test_add_func("/application/settings", test_options_of_a_select_are_settings);
        return g_test_run();
}
