#include "core/core.h"

static void test_claims(void)
{
        g_assert_true(claim_overlaps("port/tcp/0.0.0.0/80", "port/tcp/127.0.0.1/80"));
        g_assert_true(claim_overlaps("port/tcp//80", "port/tcp//80"));
        g_assert_false(claim_overlaps("port/tcp/127.0.0.1/80", "port/tcp/127.0.0.2/80"));
        g_assert_false(claim_overlaps("port/tcp//80", "port/udp//80"));
        g_assert_false(claim_overlaps("port/tcp//80", "port/tcp//8080"));
        g_assert_true(claim_overlaps("address/lan/10.0.0.5", "address/lan/10.0.0.5"));
        g_assert_false(claim_overlaps("address/lan/10.0.0.5", "address/wan/10.0.0.5"));
}

static void test_what_a_spec_claims(void)
{
        SpecPort ports[] = { { 80, 8080, "", PROTO_TCP },
                             { 53, 53, "127.0.0.1", PROTO_UDP },
                             { 81, 0, "", PROTO_TCP } };
        SpecNetwork networks[] = { { .name = "lan", .ipv4_address = "10.0.0.5" },
                                   { .name = "six", .ipv6_address = "FD00:0::0005" },
                                   { .name = "any" } };
        g_autoptr(Spec) spec = spec_new();
        g_auto(GStrv) claims = NULL;
        g_autofree char *all = NULL, *port = NULL, *address = NULL;

        spec->ports = ports;
        spec->n_ports = G_N_ELEMENTS(ports);
        spec->networks = networks;
        spec->n_networks = G_N_ELEMENTS(networks);
        claims = claims_of_spec(spec);
        all = g_strjoinv(" ", claims);
        g_assert_cmpstr(all, ==,
                        "port/tcp//8080 port/udp/127.0.0.1/53 address/lan/10.0.0.5 "
                        "address/six/fd00::5");
        port = claim_to_words(claims[1]);
        g_assert_cmpstr(port, ==, "the host port 53/udp");
        address = claim_to_words(claims[2]);
        g_assert_cmpstr(address, ==, "the address 10.0.0.5 on the network lan");
}

static void check_plan(const Workload *workload, const Prepared *prepared,
                       const CoreContainer *current, bool force, PlanAction action,
                       const char *reason)
{
        PlanDecision decision = plan_decide(workload, prepared, current, force,
                                            200 * G_TIME_SPAN_SECOND);

        g_assert_cmpint(decision.action, ==, action);
        g_assert_cmpstr(decision.reason, ==, reason);
        g_free(decision.reason);
}

static void test_plan_of_services(void)
{
        static const char *const same[] = { "c1", NULL };
        Workload service = { .kind = WORKLOAD_SERVICE };
        CoreContainer runs = { .id = "c1", .run_key = "", .seen = { PRESENCE_RUNNING } };
        CoreContainer other = { .id = "c2", .run_key = "", .seen = { PRESENCE_RUNNING } };
        CoreContainer exited = { .id = "c1",
                                 .run_key = "",
                                 .seen = { PRESENCE_EXITED, .exit_code = 137 } };
        Prepared prepared = { .same = same, .changed = "env_vars" };

        check_plan(&service, &prepared, NULL, false, PLAN_START, "not there yet");
        check_plan(&service, &prepared, &runs, false, PLAN_KEEP, "unchanged");
        check_plan(&service, &prepared, &other, false, PLAN_REPLACE, "changed: env_vars");
        check_plan(&service, &prepared, &exited, false, PLAN_RESTART, "exited with 137");
        check_plan(&service, &(Prepared){ .is_off = true }, &runs, false, PLAN_OFF,
                   "`when` is false");
}

static void test_plan_of_runs(void)
{
        Workload run = { .kind = WORKLOAD_EPHEMERAL };
        Prepared done = { .succeeded = true, .succeeded_wall_us = 20 * G_TIME_SPAN_SECOND };

        check_plan(&run, &done, NULL, false, PLAN_SKIP, "already done, 3 min ago");
        check_plan(&run, &done, NULL, true, PLAN_RUN, "asked for by --rerun");
        check_plan(&run, &(Prepared){ 0 }, NULL, false, PLAN_RUN, "not done yet");
        check_plan(&run, &(Prepared){ .stale_reason = "its volume data is new" }, NULL, false,
                   PLAN_RUN, "its volume data is new");
}

static void test_the_old_container_of_a_swap_is_current(void)
{
        CoreContainer containers[] = {
                { .id = "old",
                  .workload_id = "a/b",
                  .run_key = "",
                  .seen = { PRESENCE_EXITED, .started_wall_ns = 1 } },
                { .id = "new",
                  .workload_id = "a/b",
                  .run_key = "",
                  .seen = { PRESENCE_RUNNING, .started_wall_ns = 2 } },
        };
        CoreSwap swap = { "a/b", "old", "new" };

        g_assert_cmpstr(core_current(containers, 2, &swap, 1, "a/b")->id, ==, "old");
        g_assert_cmpstr(core_current(containers, 2, NULL, 0, "a/b")->id, ==, "new");
        g_assert_null(core_current(containers, 2, NULL, 0, "c/d"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/core/claims", test_claims);
        g_test_add_func("/core/claims-of-a-spec", test_what_a_spec_claims);
        g_test_add_func("/plan/services", test_plan_of_services);
        g_test_add_func("/plan/runs", test_plan_of_runs);
        g_test_add_func("/plan/current", test_the_old_container_of_a_swap_is_current);
        return g_test_run();
}
