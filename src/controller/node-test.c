#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/node.h"

/* What a machine has: each is a network namespace of its own, with nothing but this in it */

static EngineInfo info = { .is_local = true, .bridge_gateway = (char *) "172.17.0.1" };

#define SKIPPED 77

typedef struct Machine {
        const char *setup;    /* for a shell */
        const char *given;    /* --node-address */
        const char *from_env; /* SLIPWAY_NODE_ADDRESS */
        const char *gateway;  /* of the engine's bridge */
        const char *address;  /* what is expected; NULL: an error */
        bool is_remote;
} Machine;

static int in_machine(const Machine *machine)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *address = NULL;

        if (unshare(CLONE_NEWNET) < 0)
                return SKIPPED;
        if (system(machine->setup) != 0)
                return SKIPPED;
        if (machine->from_env != NULL)
                g_setenv("SLIPWAY_NODE_ADDRESS", machine->from_env, true);
        else
                g_unsetenv("SLIPWAY_NODE_ADDRESS");
        info.is_local = !machine->is_remote;
        info.bridge_gateway = (char *) machine->gateway;
        address = node_address(machine->given, &info, &error);
        if (g_strcmp0(address, machine->address) != 0) {
                g_printerr("%s: got %s\n", machine->setup,
                           address != NULL ? address : error->message);
                return 1;
        }
        return (address == NULL) == (error != NULL) ? 0 : 1;
}

static void test_machine(gconstpointer data)
{
        pid_t pid = fork();
        int status;

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0)
                _exit(in_machine(data));
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == SKIPPED)
                g_test_skip("no network namespace can be made here");
        else
                g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

#define LOOPBACK "ip link set lo up"
#define TWO                                                                                        \
        LOOPBACK " && ip link add a0 type veth peer name b0 && ip address add 192.0.2.7/24 dev a0" \
                 " && ip address add 198.51.100.9/24 dev b0 && ip link set a0 up"                  \
                 " && ip link set b0 up"

static const Machine given = { .setup = TWO,
                               .given = "203.0.113.5",
                               .from_env = "203.0.113.6",
                               .gateway = "172.17.0.1",
                               .address = "203.0.113.5" };
static const Machine environment = {
        .setup = TWO, .from_env = "203.0.113.6", .gateway = "172.17.0.1", .address = "203.0.113.6"
};
static const Machine default_route = { .setup = TWO
                                       " && ip route add default via 198.51.100.1 dev b0",
                                       .gateway = "172.17.0.1",
                                       .address = "198.51.100.9" };
static const Machine first = { .setup = LOOPBACK
                               " && ip link add a0 type veth peer name b0 && ip address add "
                               "192.0.2.7/24 dev a0 && ip link set a0 up",
                               .gateway = "172.17.0.1",
                               .address = "192.0.2.7" };
static const Machine bridge = { .setup = LOOPBACK,
                                .gateway = "172.17.0.1",
                                .address = "172.17.0.1" };
static const Machine nothing = { .setup = LOOPBACK, .gateway = "" };
static const Machine remote = { .setup = TWO, .gateway = "172.17.0.1", .is_remote = true };
static const Machine remote_given = { .setup = TWO,
                                      .given = "203.0.113.5",
                                      .gateway = "",
                                      .address = "203.0.113.5",
                                      .is_remote = true };
static const Machine no_address = { .setup = LOOPBACK, .given = "example.com", .gateway = "" };

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_data_func("/node/given", &given, test_machine);
        g_test_add_data_func("/node/environment", &environment, test_machine);
        g_test_add_data_func("/node/default-route", &default_route, test_machine);
        g_test_add_data_func("/node/first-that-is-not-loopback", &first, test_machine);
        g_test_add_data_func("/node/gateway-of-the-bridge", &bridge, test_machine);
        g_test_add_data_func("/node/none", &nothing, test_machine);
        g_test_add_data_func("/node/remote", &remote, test_machine);
        g_test_add_data_func("/node/remote-given", &remote_given, test_machine);
        g_test_add_data_func("/node/no-address", &no_address, test_machine);
        return g_test_run();
}
