#include <string.h>

#include "base/json.h"
#include "engine/docker/fake.h"
#include "engine/swarm/internal.h"

/* What managers answer while there is no leader: of one release, and of those before and after it */
#define NO_LEADER                                                                                  \
        "{\"message\":\"rpc error: code = Unknown desc = The swarm does not have a leader. It's "  \
        "possible that too few managers are online.\"}"
#define LOST_LEADER                                                                                \
        "{\"message\":\"rpc error: code = Unknown desc = raft: failed to process the request: "    \
        "node "                                                                                    \
        "lost leader status\"}"
#define TOO_LATE "{\"message\":\"context deadline exceeded\"}"
#define LATE     "{\"message\":\"rpc error: code = Unknown desc = update out of sequence\"}"

#define SERVICE                                                                                    \
        "{\"ID\":\"s1\",\"Version\":{\"Index\":7},\"Spec\":{\"Name\":\"shop_app\",\"Labels\":{"    \
        "\"slipway.app\":\"shop\"},\"Mode\":{\"Replicated\":{\"Replicas\":1}},\"TaskTemplate\":{"  \
        "\"ContainerSpec\":{\"Image\":\"bb:1\"}}}}"

typedef struct Case {
        Fake *fake;
        GString *notices;
} Case;

static void on_notice(const char *text, gpointer user)
{
        g_string_append_printf(user, "%s\n", text);
}

static Case begin(const Route *routes)
{
        Case c = { fake_start(routes), g_string_new(NULL) };
        g_autoptr(GError) error = NULL;

        c.fake->engine = swarm_engine_new(&(SwarmOptions){ .docker = { .host = c.fake->host },
                                                           .on_notice = on_notice,
                                                           .notice_user = c.notices },
                                          &error);
        g_assert_no_error(error);
        return c;
}

static void end(Case *c)
{
        fake_stop(c->fake);
        g_string_free(c->notices, true);
}

/* How often this was sent */
static unsigned n_sent(const Case *c, const char *request)
{
        unsigned n = 0;

        for (const char *at = c->fake->requests->str; (at = strstr(at, request)) != NULL; at++)
                n++;
        return n;
}

static void check_told(const Case *c, bool is_back)
{
        const char *lost = strstr(c->notices->str, "has no leader just now");

        g_assert_nonnull(lost);
        g_assert_null(strstr(lost + 1, "has no leader just now"));
        g_assert_cmpint(strstr(c->notices->str, "has a leader again") != NULL, ==, is_back);
}

static void test_words(void)
{
        static const struct {
                long status;
                const char *words;
                bool is_leaderless;
        } rows[] = {
                { 500, "rpc error: code = Unknown desc = The swarm does not have a leader.", true },
                { 503, "rpc error: code = Unavailable desc = transport is closing", true },
                { 500, "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
                  true },
                { 504, "context deadline exceeded", true },
                { 408, "context deadline exceeded", true },
                { 500, "rpc error: code = Unknown desc = raft: no elected cluster leader", true },
                { 503,
                  "This node is not a swarm manager. Manager is being prepared or has trouble "
                  "connecting to the cluster.",
                  true },
                { 500, "rpc error: code = Canceled desc = grpc: the connection is closing", true },
                { 503,
                  "This node is not a swarm manager. Worker nodes can't be used to view or modify "
                  "cluster state.",
                  false },
                { 500, "rpc error: code = Unknown desc = update out of sequence", false },
                { 400, "invalid mount target, context deadline exceeded", false },
                { 409, "name conflicts with an existing object", false },
                { 404, "service x not found", false },
                { 500, "", false },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_test_message("%s", rows[i].words);
                g_assert_cmpint(swarm_is_leaderless(rows[i].status, rows[i].words), ==,
                                rows[i].is_leaderless);
        }
}

static void test_asked_again(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/s1", NO_LEADER, 503, 1 },
                { "GET /v1.41/services/s1", TOO_LATE, 500, 1 },
                { "GET /v1.41/services/s1", SERVICE, 200, 0 },
                { "GET /v1.41/tasks", LOST_LEADER, 500, 1 },
                { "GET /v1.41/tasks", "[]", 200, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_INSPECT, .id = "s1" });

        g_assert_no_error(seen.error);
        g_assert_cmpuint(n_sent(&c, "GET /v1.41/services/s1"), ==, 3);
        g_assert_cmpuint(n_sent(&c, "GET /v1.41/tasks"), ==, 2);
        g_assert_nonnull(strstr(c.notices->str, "has a leader again"));
        seen_done(&seen);
        end(&c);
}

/* Of a request: room for a second one also where the machine is busy */
#define PATIENCE_US (2500 * US_PER_MS)

static void test_not_for_ever(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/s1", NO_LEADER, 503, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine,
                             &(EngineRequest){
                                     .op = ENGINE_INSPECT,
                                     .id = "s1",
                                     .deadline_us = g_get_monotonic_time() + PATIENCE_US,
                             });

        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(seen.error->message, "more than half of its managers"));
        g_assert_nonnull(strstr(seen.error->message, "too few managers are online"));
        g_assert_cmpuint(n_sent(&c, "GET /v1.41/services/s1"), >=, 2);
        check_told(&c, false);
        seen_done(&seen);
        end(&c);
}

static void test_silence_while_there_is_none(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/s1", NO_LEADER, 503, 1 },
                { "GET /v1.41/services/s1", NULL, 0, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine,
                             &(EngineRequest){
                                     .op = ENGINE_INSPECT,
                                     .id = "s1",
                                     .deadline_us = g_get_monotonic_time() + PATIENCE_US,
                             });

        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_UNREACHABLE);
        g_assert_nonnull(strstr(seen.error->message, "has no leader"));
        seen_done(&seen);
        end(&c);
}

static void test_other_errors_count(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/s1", "{\"message\":\"no such thing\"}", 500, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_INSPECT, .id = "s1" });

        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        g_assert_cmpuint(n_sent(&c, "GET /v1.41/services/s1"), ==, 1);
        g_assert_cmpuint(c.notices->len, ==, 0);
        seen_done(&seen);
        end(&c);
}

static void test_cancelled_while_it_waits(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/s1", NO_LEADER, 503, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = { .text = g_string_new(NULL) };
        EngineCall *call = engine_send(c.fake->engine,
                                       &(EngineRequest){ .op = ENGINE_INSPECT, .id = "s1" },
                                       seen_reply, &seen);

        while (c.notices->len == 0)
                g_main_context_iteration(NULL, true);
        engine_cancel(c.fake->engine, call);
        g_assert_false(seen.is_final);
        seen_done(&seen);
        end(&c);
}

static Spec *busybox(const char *image)
{
        Spec *spec = spec_new();

        spec->image = arena_strdup(spec->arena, image);
        return spec;
}

/* It took effect although the answer was an error: the name is taken, and who asked looks whose */
static void test_create_that_was_done(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "POST /v1.41/services/create", LOST_LEADER, 500, 1 },
                { "POST /v1.41/services/create",
                  "{\"message\":\"rpc error: code = AlreadyExists desc = name conflicts with an "
                  "existing object: service shop_app already exists\"}",
                  409, 0 },
                FAKE_END,
        };
        static const char *const labels[] = { "slipway.app=shop", NULL };
        g_autoptr(Spec) spec = busybox("bb:1");
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_CREATE,
                                                               .name = "shop_app",
                                                               .spec = spec,
                                                               .labels = labels });

        g_assert_error(seen.error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        g_assert_cmpuint(n_sent(&c, "POST /v1.41/services/create"), ==, 2);
        seen_done(&seen);
        end(&c);
}

/* One made although the answer was an error is the one: its name is its content */
static void test_config_that_was_made(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "POST /v1.41/configs/create", TOO_LATE, 500, 1 },
                { "POST /v1.41/configs/create", "{\"message\":\"name conflicts\"}", 409, 0 },
                { "GET /v1.41/configs/", "{\"ID\":\"c1\"}", 200, 0 },
                { "POST /v1.41/services/create", "{\"ID\":\"s1\"}", 201, 0 },
                FAKE_END,
        };
        g_autoptr(Spec) spec = busybox("bb:1");
        SpecFile file = { .path = "/motd", .data = "hello", .size = 5 };
        Case c = begin(routes);
        Seen seen;

        spec->files = &file;
        spec->n_files = 1;
        seen = fake_ask(c.fake->engine,
                        &(EngineRequest){ .op = ENGINE_CREATE, .name = "shop_app", .spec = spec });
        g_assert_no_error(seen.error);
        g_assert_cmpstr(seen.id, ==, "s1");
        seen_done(&seen);
        end(&c);
}

/* (transfer full) the service as an update with the spec leaves it */
static char *updated_service(const Spec *spec, int force)
{
        unsigned newest;
        g_autofree char *newest_key = NULL;
        SwarmBody *body = swarm_body_new(&(SwarmBodyOptions){ .name = "shop_app", .spec = spec },
                                         &newest, &newest_key, NULL);
        g_autoptr(json_t) service = json_pack("{s:s, s:O}", "ID", "s1", "Spec", body->spec);
        char *text;

        json_object_set_new(json_at(service, "Spec.TaskTemplate"), "ForceUpdate",
                            json_integer(force));
        text = json_to_canonical_text(service);
        swarm_body_free(body);
        return text;
}

/* The answer to an update was lost, and the next one finds it done: its rollout is awaited all the
 * same, and it is not rolled once more */
static void test_update_that_was_done(void)
{
        g_autoptr(Spec) spec = busybox("bb:1");
        g_autofree char *before = updated_service(spec, 4);
        g_autofree char *after = updated_service(spec, 5);
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/s1", before, 200, 1 },
                { "POST /v1.41/services/s1/update", LOST_LEADER, 500, 1 },
                { "POST /v1.41/services/s1/update", LATE, 500, 0 },
                { "GET /v1.41/services/s1", after, 200, 1 },
                { "GET /v1.41/services/s1",
                  "{\"ID\":\"s1\",\"Spec\":{},\"UpdateStatus\":{\"State\":\"completed\"}}", 200,
                  0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(
                c.fake->engine,
                &(EngineRequest){ .op = ENGINE_UPDATE, .id = "s1", .spec = spec, .force = true });

        g_assert_no_error(seen.error);
        g_assert_cmpuint(n_sent(&c, "POST /v1.41/services/s1/update"), ==, 2);
        g_assert_cmpuint(n_sent(&c, "GET /v1.41/services/s1"), ==, 3);
        seen_done(&seen);
        end(&c);
}

static void test_remove_that_was_done(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/s1", SERVICE, 200, 0 },
                { "DELETE /v1.41/services/s1", LOST_LEADER, 500, 1 },
                { "DELETE /v1.41/services/s1", "{\"message\":\"service s1 not found\"}", 404, 0 },
                { "GET /v1.41/nodes", "[]", 200, 0 },
                { "GET /v1.41/tasks", "[]", 200, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_REMOVE, .id = "s1" });

        g_assert_no_error(seen.error);
        seen_done(&seen);
        end(&c);
}

/* Without a leader a manager does not say which Swarm it is: its own id would be another's */
static void test_info(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/info",
                  "{\"ID\":\"machine\",\"Swarm\":{\"ControlAvailable\":true,\"Error\":\"no "
                  "leader\","
                  "\"Cluster\":{\"ID\":\"\"}}}",
                  200, 2 },
                { "GET /v1.41/info",
                  "{\"ID\":\"machine\",\"Swarm\":{\"ControlAvailable\":true,\"Cluster\":{\"ID\":"
                  "\"swarm\"}}}",
                  200, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_INFO });

        g_assert_no_error(seen.error);
        g_assert_cmpuint(n_sent(&c, "GET /v1.41/info"), ==, 3);
        check_told(&c, true);
        seen_done(&seen);
        end(&c);
}

/* A new leader does not know yet which nodes are there */
static void test_nodes_are_unknown_at_first(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/nodes",
                  "[{\"ID\":\"n1\",\"Status\":{\"State\":\"ready\"}},{\"ID\":\"n2\",\"Status\":{"
                  "\"State\":\"unknown\"}}]",
                  200, 2 },
                { "GET /v1.41/nodes",
                  "[{\"ID\":\"n1\",\"Status\":{\"State\":\"ready\"}},{\"ID\":\"n2\",\"Status\":{"
                  "\"State\":\"down\"}}]",
                  200, 0 },
                FAKE_END,
        };
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_NODES });

        g_assert_no_error(seen.error);
        g_assert_cmpuint(n_sent(&c, "GET /v1.41/nodes"), ==, 3);
        seen_done(&seen);
        end(&c);
}

#define ONE_JOB                                                                                    \
        "\"Version\":{\"Index\":4},\"Spec\":{\"Mode\":{\"ReplicatedJob\":{\"MaxConcurrent\":1,"    \
        "\"TotalCompletions\":1}}}"

/* How a run is made where the leader makes these tasks of a job that no node can run */
static void check_canary(const char *tasks, bool is_job)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/nodes",
                  "[{\"Spec\":{\"Role\":\"manager\"}},{\"Spec\":{\"Role\":\"manager\"}}]", 200, 0 },
                { "GET /v1.41/services?",
                  "[{\"ID\":\"old\",\"CreatedAt\":\"2026-01-01T00:00:00Z\"},{\"ID\":\"older\","
                  "\"CreatedAt\":\"2026-01-01T00:00:00Z\"," ONE_JOB "}]",
                  200, 0 },
                { "DELETE /v1.41/services/old", "", 200, 0 },
                { "POST /v1.41/services/older/update?version=4", "{}", 200, 0 },
                { "POST /v1.41/services/create", "{\"ID\":\"canary\"}", 201, 1 },
                { "GET /v1.41/tasks", "[]", 200, 1 },
                { "GET /v1.41/tasks", "[{\"ID\":\"t1\"}]", 200, 1 },
                { "GET /v1.41/tasks", tasks, 200, 1 },
                { "GET /v1.41/services/canary", "{\"ID\":\"canary\"," ONE_JOB "}", 200, 2 },
                { "POST /v1.41/services/canary/update?version=4",
                  "{\"message\":\"update out of sequence\"}", 500, 1 },
                { "POST /v1.41/services/canary/update?version=4", "{}", 200, 1 },
                { "GET /v1.41/tasks", "[{\"ID\":\"t1\",\"DesiredState\":\"complete\"}]", 200, 1 },
                { "GET /v1.41/tasks", "[{\"ID\":\"t1\",\"DesiredState\":\"remove\"}]", 200, 1 },
                { "DELETE /v1.41/services/canary", "", 200, 1 },
                { "POST /v1.41/services/create", "{\"ID\":\"s1\"}", 201, 0 },
                FAKE_END,
        };
        static const char *const labels[] = { "slipway.app=shop", "slipway.run=abc", NULL };
        g_autoptr(Spec) spec = busybox("bb:1");
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_CREATE,
                                                               .name = "shop_migrate-abc-1",
                                                               .spec = spec,
                                                               .labels = labels });
        const char *run = strstr(c.fake->bodies->str, "shop_migrate-abc-1");

        g_assert_no_error(seen.error);
        g_assert_cmpstr(seen.id, ==, "s1");
        g_assert_cmpuint(n_sent(&c, "DELETE /v1.41/services/canary"), ==, 1);
        g_assert_cmpuint(n_sent(&c, "POST /v1.41/services/canary/update"), ==, 2);
        g_assert_cmpuint(n_sent(&c, "DELETE /v1.41/services/old"), ==, 1);
        g_assert_cmpuint(n_sent(&c, "POST /v1.41/services/older/update"), ==, 1);
        g_assert_cmpuint(n_sent(&c, "DELETE /v1.41/services/older"), ==, 0);
        g_assert_nonnull(run);
        g_assert_cmpint(strstr(c.fake->bodies->str, "{\"Replicated\":{\"Replicas\":1}}") == NULL,
                        ==, is_job);
        g_assert_cmpint(strstr(c.notices->str, "would begin a job twice") == NULL, ==, is_job);
        seen_done(&seen);
        end(&c);
}

static void test_jobs_that_would_begin_twice(void)
{
        check_canary("[{\"ID\":\"t1\"}]", true);
        check_canary("[{\"ID\":\"t1\"},{\"ID\":\"t2\"}]", false);
}

/* One manager has led all along */
static void test_one_manager_needs_no_canary(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/nodes",
                  "[{\"Spec\":{\"Role\":\"manager\"}},{\"Spec\":{\"Role\":\"worker\"}}]", 200, 0 },
                { "POST /v1.41/services/create", "{\"ID\":\"s1\"}", 201, 0 },
                FAKE_END,
        };
        static const char *const labels[] = { "slipway.app=shop", "slipway.run=abc", NULL };
        g_autoptr(Spec) spec = busybox("bb:1");
        Case c = begin(routes);
        Seen seen = fake_ask(c.fake->engine, &(EngineRequest){ .op = ENGINE_CREATE,
                                                               .name = "shop_migrate-abc-1",
                                                               .spec = spec,
                                                               .labels = labels });

        g_assert_no_error(seen.error);
        g_assert_cmpuint(n_sent(&c, "POST /v1.41/services/create"), ==, 1);
        seen_done(&seen);
        end(&c);
}

/* A node that is unknown is not lost: a run on it goes on, and must not be run beside itself */
static void test_unknown_is_not_down(void)
{
        g_autoptr(json_t) nodes = json_pack(
                "[{s:s, s:{s:s}}, {s:s, s:{s:s}}, {s:s, s:{s:s}}, {s:s, s:{s:s}}]", "ID", "ready",
                "Status", "State", "ready", "ID", "unknown", "Status", "State", "unknown", "ID",
                "down", "Status", "State", "down", "ID", "left", "Status", "State", "disconnected");
        g_autoptr(GHashTable) down = swarm_nodes_down(nodes);

        g_assert_cmpuint(g_hash_table_size(down), ==, 2);
        g_assert_true(g_hash_table_contains(down, "down"));
        g_assert_true(g_hash_table_contains(down, "left"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/swarm-leader/words", test_words);
        g_test_add_func("/swarm-leader/asked-again", test_asked_again);
        g_test_add_func("/swarm-leader/not-for-ever", test_not_for_ever);
        g_test_add_func("/swarm-leader/silence", test_silence_while_there_is_none);
        g_test_add_func("/swarm-leader/other-errors", test_other_errors_count);
        g_test_add_func("/swarm-leader/cancelled", test_cancelled_while_it_waits);
        g_test_add_func("/swarm-leader/create-done", test_create_that_was_done);
        g_test_add_func("/swarm-leader/config-made", test_config_that_was_made);
        g_test_add_func("/swarm-leader/update-done", test_update_that_was_done);
        g_test_add_func("/swarm-leader/remove-done", test_remove_that_was_done);
        g_test_add_func("/swarm-leader/info", test_info);
        g_test_add_func("/swarm-leader/nodes-unknown", test_nodes_are_unknown_at_first);
        g_test_add_func("/swarm-leader/jobs-begun-twice", test_jobs_that_would_begin_twice);
        g_test_add_func("/swarm-leader/one-manager", test_one_manager_needs_no_canary);
        g_test_add_func("/swarm-leader/unknown-is-not-down", test_unknown_is_not_down);
        return g_test_run();
}
