/* What happens to containers, and what the engine's faults look like */

#include "engine-api.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/timefmt.h"

static void test_info_tells_where_the_engine_is(void)
{
        g_autoptr(Got) got = must(&(EngineRequest){ .op = ENGINE_INFO });

        g_assert_true(g_str_has_prefix(got->text, "1."));
        g_assert_nonnull(strstr(got->text, " linux "));
        g_assert_cmpint(strlen(strrchr(got->text, ' ')), >, 6); /* the bridge's address */
        g_assert_true(got->flag);
        g_assert_cmpint(got->number, <, g_get_real_time() * NS_PER_US);
        g_assert_cmpint(got->number, >, (g_get_real_time() - 86400 * US_PER_S) * NS_PER_US);
}

static void test_wait_is_open_before_start_and_gets_the_exit_code(void)
{
        g_autoptr(Spec) spec = shell_spec("exit 7");
        g_autofree char *id = create("wait", spec);
        g_autoptr(Got) wait = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = id }, NULL);
        g_autoptr(Got) seen = NULL;

        await(wait->n_open == 1);
        g_assert_false(wait->is_final);
        got_free(must(&(EngineRequest){ .op = ENGINE_START, .id = id }));
        await(wait->is_final);
        g_assert_no_error(wait->error);
        g_assert_cmpint(wait->exit_code, ==, 7);
        seen = must(&(EngineRequest){ .op = ENGINE_INSPECT, .id = id });
        g_assert_cmpint(seen->container->state, ==, CONTAINER_EXITED);
        g_assert_cmpint(seen->container->exit_code, ==, 7);
        /* Not necessarily one after the other: of a short run the engine notes the end first */
        g_assert_cmpint(seen->container->started_wall_ns, >, 0);
        g_assert_cmpint(seen->container->finished_wall_ns, >, 0);
        tidy();
}

static void test_what_is_so_already_is_a_success(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = create_and_start("again", spec);
        g_autoptr(Got) missing = NULL;

        got_free(must(&(EngineRequest){ .op = ENGINE_START, .id = id }));
        got_free(must(&(EngineRequest){ .op = ENGINE_KILL, .id = id, .signal = "SIGKILL" }));
        got_free(must(&(EngineRequest){ .op = ENGINE_STOP, .id = id, .timeout_s = 0 }));
        got_free(must(&(EngineRequest){ .op = ENGINE_STOP, .id = id, .timeout_s = -1 }));
        got_free(must(&(EngineRequest){ .op = ENGINE_REMOVE, .id = id }));
        got_free(must(&(EngineRequest){ .op = ENGINE_REMOVE, .id = id }));
        missing = ask(&(EngineRequest){ .op = ENGINE_INSPECT, .id = id });
        g_assert_error(missing->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
}

static void test_rename_and_update_in_place(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = create_and_start("old", spec);
        g_autofree char *name = own("new");
        g_autofree char *path = g_strdup_printf("/containers/%s/json", id);
        g_autoptr(json_t) limited = NULL, raised = NULL;
        g_autoptr(Got) seen = NULL, refused = NULL;
        EngineRequest update = { .op = ENGINE_UPDATE, .id = id, .spec = spec };

        got_free(must(&(EngineRequest){ .op = ENGINE_RENAME, .id = id, .name = name }));
        spec->restart = RESTART_ON_FAILURE;
        spec->restart_max = 3;
        spec->memory = 64 << 20;
        spec->cpu_shares = 512;
        got_free(must(&update));
        limited = raw(path);
        g_assert_cmpint(json_int_at(limited, "HostConfig.Memory", 0), ==, 64 << 20);
        g_assert_cmpint(json_int_at(limited, "HostConfig.MemorySwap", 0), ==, 128 << 20);
        g_assert_cmpint(json_int_at(limited, "HostConfig.CpuShares", 0), ==, 512);
        spec->memory = 256 << 20;
        spec->cpu_shares = 0;
        got_free(must(&update));
        raised = raw(path);
        g_assert_cmpint(json_int_at(raised, "HostConfig.MemorySwap", 0), ==, 512 << 20);
        g_assert_cmpint(json_int_at(raised, "HostConfig.CpuShares", 0), ==, 1024);
        spec->memory = 0;
        refused = ask(&update);
        g_assert_error(refused->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        seen = must(&(EngineRequest){ .op = ENGINE_INSPECT, .id = name });
        g_assert_cmpstr(seen->container->id, ==, id);
        g_assert_cmpstr(seen->container->restart_policy, ==, "on-failure");
        spec->image = "";
        spec->restart = RESTART_NO;
        got_free(must(&update));
        json_decref(g_steal_pointer(&raised));
        raised = raw(path);
        g_assert_cmpstr(json_string_at(raised, "HostConfig.RestartPolicy.Name", ""), ==, "no");
        g_assert_cmpint(json_int_at(raised, "HostConfig.Memory", 0), ==, 256 << 20);
        tidy();
}

static void test_a_taken_name_is_a_conflict(void)
{
        g_autoptr(Spec) spec = shell_spec("true");
        g_autofree char *twin = create("twin", spec);
        g_autofree char *name = own("twin");
        g_autoptr(Got)
                got = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = name, .spec = spec });

        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        g_assert_nonnull(strstr(got->error->message, "name is taken"));
        g_assert_nonnull(strstr(got->error->message, name));
        g_assert_nonnull(strstr(got->error->message, twin));
        tidy();
}

static void test_a_missing_image_is_not_found(void)
{
        g_autoptr(Spec) spec = shell_spec("true");
        g_autofree char *name = own("imageless");
        g_autoptr(Got) inspected = NULL, created = NULL, pulled = NULL;

        spec->image = "slipway-test/none:1";
        created = ask(&(EngineRequest){ .op = ENGINE_CREATE, .name = name, .spec = spec });
        g_assert_error(created->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        inspected = ask(&(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = spec->image });
        g_assert_error(inspected->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        /* There is no registry that could be reached */
        pulled = ask(
                &(EngineRequest){ .op = ENGINE_IMAGE_PULL, .image = "registry.invalid/none:1" });
        g_assert_error(pulled->error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        g_assert_nonnull(strstr(pulled->error->message, "cannot reach the registry"));
}

static void test_the_image_is_described(void)
{
        g_autoptr(Got)
                got = must(&(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = TEST_IMAGE });

        g_assert_cmpstr(got->text, ==, TEST_IMAGE);
}

static void test_a_taken_port_is_said_to_be(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        SpecPort port = { .private_port = 80, .public_port = 18080, .host_ip = "" };
        g_autofree char *first = NULL, *second = NULL;
        g_autoptr(Got) got = NULL;

        spec->ports = &port;
        spec->n_ports = 1;
        first = create_and_start("port-a", spec);
        second = create("port-b", spec);
        got = ask(&(EngineRequest){ .op = ENGINE_START, .id = second });
        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_PORT_TAKEN);
        g_assert_nonnull(strstr(got->error->message, "18080"));
        tidy();
}

static void test_a_command_that_is_not_there_is_a_bad_request(void)
{
        g_autoptr(Spec) spec = shell_spec("");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        spec->cmd = (const char *[]){ "/no/such/program" };
        spec->n_cmd = 1;
        id = create("command", spec);
        got = ask(&(EngineRequest){ .op = ENGINE_START, .id = id });
        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        tidy();
}

static void test_logs_keep_stdout_and_stderr_apart(void)
{
        g_autoptr(Spec) spec = shell_spec("for i in 1 2 3; do echo out $i; done; echo err >&2");
        g_autofree char *id = create("logs", spec);
        g_autoptr(Got) follow = NULL, tail = NULL, since = NULL;

        got_free(must(&(EngineRequest){ .op = ENGINE_START, .id = id }));
        follow = must(&(EngineRequest){ .op = ENGINE_LOGS, .id = id, .follow = true, .tail = -1 });
        g_assert_cmpstr(follow->data->str, ==, "out 1\nout 2\nout 3\n");
        g_assert_cmpstr(follow->stderr_data->str, ==, "err\n");
        tail = must(&(EngineRequest){ .op = ENGINE_LOGS, .id = id, .tail = 1 });
        g_assert_cmpint(tail->data->len + tail->stderr_data->len, <=, strlen("out 3\n"));
        g_assert_cmpint(tail->data->len + tail->stderr_data->len, >, 0);
        since = must(&(EngineRequest){ .op = ENGINE_LOGS,
                                       .id = id,
                                       .tail = -1,
                                       .since_wall_ns = g_get_real_time() * NS_PER_US });
        g_assert_cmpint(since->data->len, ==, 0);
        tidy();
}

static void test_logs_of_a_terminal_have_no_frames(void)
{
        g_autoptr(Spec) spec = shell_spec("echo out; echo err >&2");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        spec->tty = true;
        id = create_and_start("tty", spec);
        got = must(&(EngineRequest){ .op = ENGINE_LOGS, .id = id, .follow = true, .tail = -1 });
        g_assert_cmpstr(got->data->str, ==, "out\r\nerr\r\n");
        tidy();
}

static void test_exec_tells_code_and_bounded_output(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = create_and_start("exec", spec);
        const char *const fails[] = { "/bin/sh", "-c", "echo hello; echo no >&2; exit 3", NULL };
        const char *const talks[] = { "/bin/sh", "-c", "yes | head -c 1000000", NULL };
        const char *const missing[] = { "/none", NULL };
        g_autoptr(Got) got = must(&(EngineRequest){ .op = ENGINE_EXEC, .id = id, .argv = fails });
        g_autoptr(Got) big = must(&(EngineRequest){ .op = ENGINE_EXEC, .id = id, .argv = talks });
        g_autoptr(Got) none = ask(&(EngineRequest){ .op = ENGINE_EXEC, .id = id, .argv = missing });

        g_assert_cmpint(got->exit_code, ==, 3);
        g_assert_nonnull(strstr(got->data->str, "hello\n")); /* in which order is not said */
        g_assert_nonnull(strstr(got->data->str, "no\n"));
        g_assert_cmpint(big->exit_code, ==, 0);
        g_assert_cmpint(big->data->len, ==, 65536);
        g_assert_true(none->error != NULL || none->exit_code >= 126);
        got_free(must(&(EngineRequest){ .op = ENGINE_KILL, .id = id }));
        g_autoptr(Got) dead = ask(&(EngineRequest){ .op = ENGINE_EXEC, .id = id, .argv = fails });

        g_assert_error(dead->error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        tidy();
}

static void test_list_gives_what_has_all_labels(void)
{
        g_autoptr(Spec) spec = shell_spec("true");
        g_autofree char *one = create("list-1", spec);
        g_autofree char *two = create("list-2", spec);
        const char *const both[] = { test_label(), "slipway-test.other=a=b", NULL };
        const char *const none[] = { test_label(), "slipway-test.other=a", NULL };
        g_autoptr(Got) found = must(&(EngineRequest){ .op = ENGINE_LIST, .labels = both });
        g_autoptr(Got) empty = must(&(EngineRequest){ .op = ENGINE_LIST, .labels = none });

        g_assert_cmpint(found->containers->len, ==, 2);
        g_assert_true(g_ptr_array_find_with_equal_func(found->containers, one, g_str_equal, NULL));
        g_assert_true(g_ptr_array_find_with_equal_func(found->containers, two, g_str_equal, NULL));
        g_assert_cmpint(empty->containers->len, ==, 0);
        tidy();
}

static void test_volumes_are_created_once(void)
{
        g_autofree char *name = own("volume");
        const char *const first[] = { test_label(), "slipway.volume=one", NULL };
        const char *const second[] = { test_label(), "slipway.volume=two", NULL };
        EngineRequest request = { .op = ENGINE_VOLUME_CREATE, .name = name, .labels = first };
        g_autoptr(Got) made = must(&request);
        g_autoptr(Got) again = NULL, seen = NULL, gone = NULL;

        g_assert_true(made->was_created);
        request.labels = second;
        again = must(&request);
        g_assert_false(again->was_created);
        g_assert_cmpstr(g_hash_table_lookup(again->volume_labels, "slipway.volume"), ==, "one");
        seen = must(&(EngineRequest){ .op = ENGINE_VOLUME_INSPECT, .name = name });
        g_assert_cmpstr(seen->volumes->pdata[0], ==, name);
        got_free(must(&(EngineRequest){ .op = ENGINE_VOLUME_REMOVE, .name = name }));
        got_free(must(&(EngineRequest){ .op = ENGINE_VOLUME_REMOVE, .name = name }));
        gone = ask(&(EngineRequest){ .op = ENGINE_VOLUME_INSPECT, .name = name });
        g_assert_error(gone->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
}

static void test_events_come_when_the_stream_is_open(void)
{
        g_autoptr(Spec) spec = shell_spec("exit 5");
        const char *const labels[] = { test_label(), NULL };
        EngineCall *call;
        g_autoptr(Got)
                watch = begin(&(EngineRequest){ .op = ENGINE_WATCH, .labels = labels }, &call);
        g_autofree char *id = NULL, *created = NULL, *died = NULL;

        await(watch->n_open == 1);
        id = create_and_start("events", spec);
        created = g_strdup_printf("create %s -1", id);
        died = g_strdup_printf("die %s 5", id);
        await(strstr(watch->events->str, died) != NULL);
        g_assert_nonnull(strstr(watch->events->str, created));
        engine_cancel(engine, call);
        tidy();
}

static void run_engine_tool(const char *command)
{
        g_autofree char *tool = g_build_filename(g_getenv("TOP"), "tools/engine", NULL);
        const char *argv[] = { tool, command, g_getenv("ENGINE"), NULL };
        g_autoptr(GError) error = NULL;
        int status;

        g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                     &status, &error);
        g_assert_no_error(error);
        g_assert_true(g_spawn_check_wait_status(status, &error));
}

static void test_the_stream_comes_back_after_the_engine_died(void)
{
        g_autoptr(Spec) spec = shell_spec("exit 0");
        const char *const labels[] = { test_label(), NULL };
        EngineCall *call;
        g_autoptr(Got) watch = NULL, wait = NULL, away = NULL, before = NULL, after = NULL;
        g_autofree char *waited = NULL, *id = NULL, *died = NULL;

        if (g_getenv("ENGINE") == NULL || g_getenv("TOP") == NULL) {
                g_test_skip("ENGINE and TOP do not name an engine that may be killed");
                return;
        }
        before = must(&(EngineRequest){ .op = ENGINE_INFO });
        waited = create("waited", spec);
        wait = begin(&(EngineRequest){ .op = ENGINE_WAIT, .id = waited }, NULL);
        watch = begin(&(EngineRequest){ .op = ENGINE_WATCH, .labels = labels }, &call);
        await(watch->n_open == 1 && wait->n_open == 1);
        run_engine_tool("kill");
        await(watch->n_lost >= 1 && wait->is_final);
        g_assert_error(wait->error, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        away = ask(&(EngineRequest){ .op = ENGINE_INFO });
        g_assert_error(away->error, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        run_engine_tool("start");
        await(watch->n_open == 2);
        id = create_and_start("after", spec);
        died = g_strdup_printf("die %s 0", id);
        await(strstr(watch->events->str, died) != NULL);
        after = must(&(EngineRequest){ .op = ENGINE_INFO });
        g_assert_cmpint(after->number, >, before->number); /* another process */
        engine_cancel(engine, call);
        tidy();
}

static void test_a_cancelled_call_is_never_answered(void)
{
        EngineCall *call;
        g_autoptr(Got) got = begin(&(EngineRequest){ .op = ENGINE_INFO }, &call);
        g_autoptr(Got) other = NULL;

        engine_cancel(engine, call);
        other = must(&(EngineRequest){ .op = ENGINE_INFO });
        g_assert_false(got->is_final);
}

static void test_many_requests_go_side_by_side(void)
{
        Got *all[100];

        for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
                all[i] = begin(&(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = TEST_IMAGE },
                               NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
                await(all[i]->is_final);
                g_assert_no_error(all[i]->error);
                got_free(all[i]);
        }
}

void add_lifecycle_tests(void)
{
#define ADD(name) g_test_add_func("/engine/" #name, test_##name)
        ADD(info_tells_where_the_engine_is);
        ADD(wait_is_open_before_start_and_gets_the_exit_code);
        ADD(what_is_so_already_is_a_success);
        ADD(rename_and_update_in_place);
        ADD(a_taken_name_is_a_conflict);
        ADD(a_missing_image_is_not_found);
        ADD(the_image_is_described);
        ADD(a_taken_port_is_said_to_be);
        ADD(a_command_that_is_not_there_is_a_bad_request);
        ADD(logs_keep_stdout_and_stderr_apart);
        ADD(logs_of_a_terminal_have_no_frames);
        ADD(exec_tells_code_and_bounded_output);
        ADD(list_gives_what_has_all_labels);
        ADD(volumes_are_created_once);
        ADD(events_come_when_the_stream_is_open);
        ADD(the_stream_comes_back_after_the_engine_died);
        ADD(a_cancelled_call_is_never_answered);
        ADD(many_requests_go_side_by_side);
}
