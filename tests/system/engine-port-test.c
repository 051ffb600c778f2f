/* port-listen tells the truth: what is reported when, and how it was found out */

#include "engine-api.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/timefmt.h"

static bool published_port_accepts(uint16_t port)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool ok;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ok = connect(fd, (struct sockaddr *) &address, sizeof address) == 0;
        close(fd);
        return ok;
}

static Got *probe(const char *id, uint16_t port, PortProto proto, EngineCall **ret_call)
{
        EngineRequest request = { .op = ENGINE_PROBE_PORT, .id = id, .port = port, .proto = proto };

        return begin(&request, ret_call);
}

static void pass_time(int64_t us)
{
        for (int64_t end = g_get_monotonic_time() + us; g_get_monotonic_time() < end;)
                turn();
}

static void test_listening_is_reported_when_the_container_listens(void)
{
        g_autoptr(Spec) spec = shell_spec("until [ -e /go ]; do sleep 0.02; done; "
                                          "exec nc -l -p 7000");
        SpecPort port = { .private_port = 7000, .public_port = 17000, .host_ip = "" };
        const char *const go[] = { "/bin/sh", "-c", "touch /go", NULL };
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        spec->ports = &port;
        spec->n_ports = 1;
        id = create_and_start("listens", spec);
        got = probe(id, 7000, PROTO_TCP, NULL);
        if (g_getenv("ENGINE") != NULL)
                await(published_port_accepts(17000)); /* the engine's proxy, nobody behind it */
        pass_time(300 * US_PER_MS);
        g_assert_false(got->is_final);
        got_free(must(&(EngineRequest){ .op = ENGINE_EXEC, .id = id, .argv = go }));
        await(got->is_final);
        g_assert_no_error(got->error);
        g_assert_cmpstr(got->method, ==, "socket-table");
        tidy();
}

static void test_udp_is_found_in_its_own_table(void)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7066) };
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;
        int fd;

        if (g_getenv("ENGINE") == NULL) {
                g_test_skip("not in the engine's network");
                return;
        }
        spec->network_mode = "host";
        id = create_and_start("udp", spec);
        got = probe(id, 7066, PROTO_UDP, NULL);
        pass_time(200 * US_PER_MS);
        g_assert_false(got->is_final);
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof address), ==, 0);
        await(got->is_final);
        close(fd);
        g_assert_no_error(got->error);
        g_assert_cmpstr(got->method, ==, "socket-table");
        tidy();
}

static void test_a_listener_on_loopback_does_not_count(void)
{
        g_autoptr(Spec) spec = shell_spec("nc -l -s 127.0.0.1 -p 7000 & exec nc -l -p 7001");
        g_autofree char *id = create_and_start("loopback", spec);
        EngineCall *call;
        g_autoptr(Got) hidden = probe(id, 7000, PROTO_TCP, &call);
        g_autoptr(Got) open = probe(id, 7001, PROTO_TCP, NULL);

        await(open->is_final);
        pass_time(300 * US_PER_MS);
        g_assert_false(hidden->is_final);
        engine_cancel(engine, call);
        tidy();
}

static void test_the_probe_ends_with_its_container(void)
{
        g_autoptr(Spec) spec = shell_spec("sleep 0.3; exit 9");
        g_autofree char *id = create_and_start("ends", spec);
        g_autoptr(Got) got = probe(id, 7000, PROTO_TCP, NULL);

        await(got->is_final);
        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        g_assert_nonnull(strstr(got->error->message, "exited with code 9"));
        tidy();
}

static void test_the_probe_keeps_its_deadline(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = create_and_start("late", spec);
        g_autoptr(Got) got = ask(
                &(EngineRequest){ .op = ENGINE_PROBE_PORT,
                                  .id = id,
                                  .port = 7000,
                                  .deadline_us = g_get_monotonic_time() + 200 * US_PER_MS });

        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_TIMEOUT);
        tidy();
}

static void test_host_network_means_the_port_itself(void)
{
        g_autoptr(Spec) spec = shell_spec("exec nc -l -p 7055");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        spec->network_mode = "host";
        id = create_and_start("host", spec);
        got = probe(id, 7055, PROTO_TCP, NULL);
        await(got->is_final);
        g_assert_no_error(got->error);
        tidy();
}

static void test_where_processes_are_hidden_its_address_is_asked(void)
{
        g_autoptr(Spec) spec = shell_spec("sleep 0.5; exec nc -l -p 7000");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        if (g_getenv("ENGINE") == NULL) {
                g_test_skip("not in the engine's network");
                return;
        }
        id = create_and_start("address", spec);
        docker_engine_set_distance(engine, DOCKER_SAME_HOST);
        got = probe(id, 7000, PROTO_TCP, NULL);
        pass_time(200 * US_PER_MS);
        g_assert_false(got->is_final);
        await(got->is_final);
        docker_engine_set_distance(engine, DOCKER_HERE);
        g_assert_no_error(got->error);
        g_assert_cmpstr(got->method, ==, "connect");
        tidy();
}

static void test_from_within_the_deadline_is_kept_too(void)
{
        g_autoptr(Spec) spec = shell_spec("exec sleep 1000");
        g_autofree char *id = create_and_start("within-late", spec);
        g_autoptr(Got) got = NULL;

        docker_engine_set_distance(engine, DOCKER_ELSEWHERE);
        got = ask(&(EngineRequest){ .op = ENGINE_PROBE_PORT,
                                    .id = id,
                                    .port = 7000,
                                    .deadline_us = g_get_monotonic_time() + 700 * US_PER_MS });
        docker_engine_set_distance(engine, DOCKER_HERE);
        g_assert_error(got->error, ENGINE_ERROR, ENGINE_ERROR_TIMEOUT);
        g_test_message("%s", got->error->message); /* of the probe, or of a request it is in */
        tidy();
}

/* ---- As from another machine, where neither process nor address are ours ---- */

static void test_another_machine_asks_from_within(void)
{
        g_autoptr(Spec) spec = shell_spec("nc -l -s 127.0.0.1 -p 7002 & sleep 0.5; nc -l -p 7000");
        g_autofree char *id = create_and_start("within", spec);
        EngineCall *call;
        g_autoptr(Got) got = NULL, hidden = NULL;

        docker_engine_set_distance(engine, DOCKER_ELSEWHERE);
        got = probe(id, 7000, PROTO_TCP, NULL);
        hidden = probe(id, 7002, PROTO_TCP, &call);
        await(got->is_final);
        g_assert_no_error(got->error);
        g_assert_cmpstr(got->method, ==, "probe");
        g_assert_false(hidden->is_final);
        engine_cancel(engine, call);
        docker_engine_set_distance(engine, DOCKER_HERE);
        tidy();
}

static void test_a_read_only_root_is_asked_by_cat(void)
{
        g_autoptr(Spec) spec = shell_spec("exec nc -l -p 7000");
        g_autofree char *id = NULL;
        g_autoptr(Got) got = NULL;

        spec->readonly_rootfs = true;
        id = create_and_start("read-only", spec);
        docker_engine_set_distance(engine, DOCKER_ELSEWHERE);
        got = probe(id, 7000, PROTO_TCP, NULL);
        await(got->is_final);
        docker_engine_set_distance(engine, DOCKER_HERE);
        g_assert_no_error(got->error);
        g_assert_cmpstr(got->method, ==, "probe");
        tidy();
}

void add_port_tests(void)
{
#define ADD(name) g_test_add_func("/port/" #name, test_##name)
        ADD(listening_is_reported_when_the_container_listens);
        ADD(udp_is_found_in_its_own_table);
        ADD(a_listener_on_loopback_does_not_count);
        ADD(the_probe_ends_with_its_container);
        ADD(the_probe_keeps_its_deadline);
        ADD(host_network_means_the_port_itself);
        ADD(where_processes_are_hidden_its_address_is_asked);
        ADD(another_machine_asks_from_within);
        ADD(from_within_the_deadline_is_kept_too);
        ADD(a_read_only_root_is_asked_by_cat);
}
