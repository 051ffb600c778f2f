#include <string.h>

#include "base/json.h"
#include "engine/docker/fake.h"
#include "engine/swarm/internal.h"

#define PUT  "POST /v1.41/services/s1/update"
#define LOOK "GET /v1.41/services/s1"

typedef struct Case {
        Fake *fake;
        Seen seen;
} Case;

static unsigned n_sent(const Case *c, const char *request)
{
        unsigned n = 0;

        for (const char *at = c->fake->requests->str; (at = strstr(at, request)) != NULL; at++)
                n++;
        return n;
}

static Spec *busybox(void)
{
        Spec *spec = spec_new();

        spec->image = arena_strdup(spec->arena, "bb:1");
        return spec;
}

/* (transfer full) the service that runs this spec, in this state of its update; NULL: no word */
static char *service(const Spec *spec, const char *state)
{
        unsigned newest;
        g_autofree char *newest_key = NULL;
        SwarmBody *body = swarm_body_new(&(SwarmBodyOptions){ .name = "shop_app", .spec = spec },
                                         &newest, &newest_key, NULL);
        g_autoptr(json_t)
                json = json_pack("{s:s, s:O, s:{s:{s:{}}, s:{}}}", "ID", "s1", "Spec", body->spec,
                                 "PreviousSpec", "TaskTemplate", "ContainerSpec", "Labels");

        if (state != NULL)
                json_object_set_new(json, "UpdateStatus",
                                    json_pack("{s:s, s:s}", "State", state, "Message", "so it is"));
        swarm_body_free(body);
        return json_to_canonical_text(json);
}

static Case ask(const Route *routes, const EngineRequest *request)
{
        Case c = { .fake = fake_start(routes) };
        g_autoptr(GError) error = NULL;

        c.fake->engine = swarm_engine_new(&(SwarmOptions){ .docker = { .host = c.fake->host } },
                                          &error);
        g_assert_no_error(error);
        c.seen = fake_ask(c.fake->engine, request);
        return c;
}

static void end(Case *c)
{
        seen_done(&c->seen);
        fake_stop(c->fake);
}

/* ---- An update that somebody else has sent: an earlier command, which did not live to see its end ---- */

static Case update_again(const char *state, const char *later)
{
        g_autoptr(Spec) spec = busybox();
        g_autofree char *first = service(spec, state);
        g_autofree char *then = service(spec, later);
        const Route routes[] = {
                FAKE_VERSION,
                { LOOK, first, 200, 2 }, /* what is to be changed, and its rollout */
                { LOOK, then, 200, 0 },
                FAKE_END,
        };
        Case c = ask(routes, &(EngineRequest){ .op = ENGINE_UPDATE, .id = "s1", .spec = spec });

        g_assert_cmpuint(n_sent(&c, PUT), ==, 0);
        return c;
}

static void test_end_is_awaited(void)
{
        Case c = update_again("updating", "completed");

        g_assert_no_error(c.seen.error);
        g_assert_cmpuint(n_sent(&c, LOOK), ==, 3);
        end(&c);
}

static void test_paused_has_failed(void)
{
        Case c = update_again("paused", "paused");

        g_assert_error(c.seen.error, ENGINE_ERROR, ENGINE_ERROR_FAILED);
        g_assert_nonnull(strstr(c.seen.error->message, "half-way: so it is"));
        end(&c);
}

static void test_given_back_to_what_is_wanted(void)
{
        Case c = update_again("rollback_started", "rollback_completed");

        g_assert_no_error(c.seen.error);
        end(&c);
}

static void test_never_updated(void)
{
        g_autoptr(Spec) spec = busybox();
        g_autofree char *text = service(spec, NULL);
        g_autoptr(json_t) json = json_loads(text, 0, NULL);
        g_autofree char *first = NULL;

        json_object_del(json, "PreviousSpec");
        first = json_to_canonical_text(json);

        const Route routes[] = { FAKE_VERSION, { LOOK, first, 200, 0 }, FAKE_END };
        Case c = ask(routes, &(EngineRequest){ .op = ENGINE_UPDATE, .id = "s1", .spec = spec });

        g_assert_no_error(c.seen.error);
        end(&c);
}

/* ---- Giving back ---- */

static Case give_back(const char *first, const char *later)
{
        const Route routes[] = {
                FAKE_VERSION,
                { LOOK, first, 200, 1 },
                { PUT, "{}", 200, 1 },
                { LOOK, later, 200, 0 },
                FAKE_END,
        };

        return ask(routes, &(EngineRequest){ .op = ENGINE_UPDATE, .id = "s1", .rollback = true });
}

static void test_given_back_once(void)
{
        g_autoptr(Spec) spec = busybox();
        g_autofree char *first = service(spec, "completed");
        g_autofree char *then = service(spec, "rollback_completed");
        Case c = give_back(first, then);

        g_assert_no_error(c.seen.error);
        g_assert_cmpuint(n_sent(&c, PUT), ==, 1);
        g_assert_nonnull(strstr(c.fake->requests->str, "rollback=previous"));
        end(&c);
}

/* The answer was lost: the Swarm keeps the newer one now, and would make it again */
static void test_given_back_already(void)
{
        g_autoptr(Spec) spec = busybox();
        g_autofree char *first = service(spec, "rollback_started");
        g_autofree char *then = service(spec, "rollback_completed");
        Case c = give_back(first, then);

        g_assert_no_error(c.seen.error);
        g_assert_cmpuint(n_sent(&c, PUT), ==, 0);
        end(&c);
}

/* It was stopped since: what the Swarm keeps is the updated one without tasks */
static void test_stopped_since(void)
{
        static const char first[] = "{\"ID\":\"s1\",\"Spec\":{\"Name\":\"shop_app\",\"Labels\":{"
                                    "\"slipway.deployment\":\"4\"}},\"PreviousSpec\":{\"Labels\":{"
                                    "\"slipway.deployment\":\"4\",\"slipway.replicas\":\"2\"}}}";
        Case c = give_back(first, first);

        g_assert_error(c.seen.error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        g_assert_cmpuint(n_sent(&c, PUT), ==, 0);
        end(&c);
}

/* ---- What no node has been given ---- */

#define JOB                                                                                        \
        "{\"ID\":\"j1\",\"Spec\":{\"Name\":\"shop_migrate-1\",\"Labels\":{\"slipway.app\":"        \
        "\"shop\","                                                                                \
        "\"slipway.run\":\"k\"},\"Mode\":{\"ReplicatedJob\":{}}}}"
#define TASK(node, state, desired)                                                                 \
        "[{\"ID\":\"t1\",\"ServiceID\":\"j1\",\"NodeID\":\"" node "\",\"DesiredState\":\"" desired \
        "\",\"Status\":{\"State\":\"" state "\"}}]"
#define LOOK_AT_TASKS "GET /v1.41/tasks"
#define TAKE_AWAY     "POST /v1.41/services/j1/update"
#define DELETE_JOB    "DELETE /v1.41/services/j1"

static Case withdraw(const char *before, const char *after, const char *later)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/j1", JOB, 200, 0 },
                { LOOK_AT_TASKS, before, 200, 1 },
                { TAKE_AWAY, "{}", 200, 1 },
                { DELETE_JOB, "", 200, 1 },
                { LOOK_AT_TASKS, after, 200, 1 },
                { "GET /v1.41/nodes", "[]", 200, 0 },
                { LOOK_AT_TASKS, later, 200, 0 },
                FAKE_END,
        };

        return ask(routes, &(EngineRequest){ .op = ENGINE_REMOVE, .id = "j1", .unstarted = true });
}

static void test_withdrawn(void)
{
        Case c = withdraw(TASK("", "pending", "complete"), TASK("", "pending", "remove"), "[]");

        g_assert_no_error(c.seen.error);
        g_assert_cmpuint(n_sent(&c, DELETE_JOB), ==, 1);
        end(&c);
}

static void test_a_node_has_it(void)
{
        Case c = withdraw(TASK("n1", "preparing", "complete"), "[]", "[]");

        g_assert_error(c.seen.error, ENGINE_ERROR, ENGINE_ERROR_CONFLICT);
        g_assert_cmpuint(n_sent(&c, DELETE_JOB), ==, 0);
        end(&c);
}

/* It was given one between the two looks: it is ended, and said only then that nobody knows */
static void test_given_just_before(void)
{
        Case c = withdraw(TASK("", "pending", "complete"), TASK("n1", "running", "remove"), "[]");

        g_assert_error(c.seen.error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
        g_assert_cmpuint(n_sent(&c, DELETE_JOB), ==, 1);
        g_assert_cmpuint(n_sent(&c, LOOK_AT_TASKS), ==, 3);
        end(&c);
}

/* A job that waits for a node is not only removed: its tasks would stay, and run some day */
static void test_tasks_go_with_their_job(void)
{
        const Route routes[] = {
                FAKE_VERSION,
                { "GET /v1.41/services/j1", JOB, 200, 0 },
                { LOOK_AT_TASKS, TASK("", "pending", "complete"), 200, 1 },
                { TAKE_AWAY, "{}", 200, 1 },
                { LOOK_AT_TASKS, TASK("", "pending", "complete"), 200, 1 },
                { "GET /v1.41/nodes", "[]", 200, 0 },
                { LOOK_AT_TASKS, TASK("", "pending", "remove"), 200, 0 },
                { DELETE_JOB, "", 200, 1 },
                FAKE_END,
        };
        Case c = ask(routes, &(EngineRequest){ .op = ENGINE_REMOVE, .id = "j1", .force = true });
        const char *sent = c.fake->requests->str;

        g_assert_no_error(c.seen.error);
        g_assert_nonnull(strstr(strstr(strstr(sent, TAKE_AWAY), LOOK_AT_TASKS), DELETE_JOB));
        end(&c);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/swarm-change/end-is-awaited", test_end_is_awaited);
        g_test_add_func("/swarm-change/paused", test_paused_has_failed);
        g_test_add_func("/swarm-change/wanted-back", test_given_back_to_what_is_wanted);
        g_test_add_func("/swarm-change/never-updated", test_never_updated);
        g_test_add_func("/swarm-change/given-back", test_given_back_once);
        g_test_add_func("/swarm-change/given-back-already", test_given_back_already);
        g_test_add_func("/swarm-change/stopped-since", test_stopped_since);
        g_test_add_func("/swarm-change/withdrawn", test_withdrawn);
        g_test_add_func("/swarm-change/a-node-has-it", test_a_node_has_it);
        g_test_add_func("/swarm-change/given-just-before", test_given_just_before);
        g_test_add_func("/swarm-change/tasks-go-too", test_tasks_go_with_their_job);
        return g_test_run();
}
