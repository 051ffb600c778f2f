#include "engine/sim/sim.h"

#include <string.h>

#define MS 1000

/* What came back, oldest first, as text */
typedef struct Heard {
        GString *text;
        char *id; /* of the last CREATE */
        unsigned n_final;
} Heard;

static void on_reply(const EngineReply *reply, gpointer user)
{
        Heard *heard = user;

        g_string_append(heard->text, engine_op_to_string(reply->op));
        if (reply->error != NULL)
                g_string_append_printf(heard->text, " error %d", reply->error->code);
        else if (reply->event != NULL)
                g_string_append_printf(heard->text, " %s", reply->event->action);
        else if (reply->is_open)
                g_string_append(heard->text, " open");
        else if (reply->op == ENGINE_WAIT || reply->op == ENGINE_EXEC)
                g_string_append_printf(heard->text, " %d", reply->exit_code);
        else if (reply->data != NULL)
                g_string_append_printf(heard->text, " '%.*s'", (int) reply->size, reply->data);
        else if (reply->containers != NULL)
                g_string_append_printf(heard->text, " %u", reply->containers->len);
        else if (reply->op == ENGINE_HOST_PATH || reply->op == ENGINE_VOLUME_CREATE)
                g_string_append(heard->text, reply->was_created ? " new" : " old");
        g_string_append(heard->text, "; ");
        if (reply->id != NULL) {
                g_free(heard->id);
                heard->id = g_strdup(reply->id);
        }
        heard->n_final += reply->is_final;
}

typedef struct Fixture {
        Engine *engine;
        Heard heard;
        SimScript script;
} Fixture;

static const SimImage images[] = {
        { .reference = "db:1",
          .exits_us = SIM_NEVER,
          .listens_us = 300 * MS,
          .healthy_us = 500 * MS,
          .output = "ready\n" },
        { .reference = "migrate:1",
          .exits_us = 2000 * MS,
          .listens_us = SIM_NEVER,
          .healthy_us = SIM_NEVER,
          .n_failures = 1 },
        { .reference = "web:1",
          .is_remote = true,
          .exits_us = SIM_NEVER,
          .listens_us = SIM_NEVER,
          .healthy_us = SIM_NEVER },
};

static void set_up(Fixture *fixture, gconstpointer failures)
{
        const SimFailure *first = failures;

        fixture->script = (SimScript){ .images = images,
                                       .n_images = G_N_ELEMENTS(images),
                                       .failures = first,
                                       .n_failures = first == NULL ? 0 : 1,
                                       .latency_us = 1 * MS,
                                       .stop_us = 50 * MS,
                                       .is_virtual = true };
        fixture->heard.text = g_string_new(NULL);
        fixture->engine = sim_engine_new(&fixture->script);
}

static void tear_down(Fixture *fixture, gconstpointer failures)
{
        engine_free(fixture->engine);
        g_string_free(fixture->heard.text, true);
        g_free(fixture->heard.id);
}

static EngineCall *ask(Fixture *fixture, EngineRequest request)
{
        return engine_send(fixture->engine, &request, on_reply, &fixture->heard);
}

/* Runs until @n answers were the last of their request */
static void until(Fixture *fixture, unsigned n)
{
        while (fixture->heard.n_final < n)
                g_main_context_iteration(NULL, true);
}

static void quiet(void)
{
        while (g_main_context_iteration(NULL, false))
                ;
}

static void create(Fixture *fixture, const char *name, const char *image)
{
        static const char *const labels[] = { "slipway.app=shop", NULL };
        g_autoptr(Spec) spec = spec_new();

        spec->image = image;
        ask(fixture,
            (EngineRequest){ .op = ENGINE_CREATE, .name = name, .spec = spec, .labels = labels });
        until(fixture, fixture->heard.n_final + 1);
}

static void test_wait_tells_the_exit(Fixture *fixture, gconstpointer failures)
{
        create(fixture, "shop-migrate", "migrate:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_WAIT, .id = fixture->heard.id });
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = fixture->heard.id });
        until(fixture, 3);
        g_assert_cmpstr(fixture->heard.text->str, ==, "create; wait open; start; wait 1; ");
        g_assert_cmpint(sim_engine_now_us(fixture->engine), ==, 2002 * MS);

        ask(fixture, (EngineRequest){ .op = ENGINE_WAIT, .id = fixture->heard.id });
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-migrate" });
        until(fixture, 5);
        g_assert_true(g_str_has_suffix(fixture->heard.text->str, "wait open; start; wait 0; "));
        g_assert_cmpuint(sim_engine_n_starts(fixture->engine, "shop-migrate"), ==, 2);
}

static void test_a_name_is_a_lock(Fixture *fixture, gconstpointer failures)
{
        create(fixture, "shop-db", "db:1");
        create(fixture, "shop-db", "db:1");
        g_assert_cmpstr(fixture->heard.text->str, ==, "create; create error 3; ");
        g_assert_cmpuint(sim_engine_n_containers(fixture->engine), ==, 1);
}

static void test_an_image_is_pulled_first(Fixture *fixture, gconstpointer failures)
{
        create(fixture, "shop-web", "web:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_IMAGE_PULL, .image = "web:1" });
        until(fixture, 2);
        create(fixture, "shop-web", "web:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_IMAGE_PULL, .image = "nothing:1" });
        until(fixture, 4);
        g_assert_cmpstr(fixture->heard.text->str, ==,
                        "create error 2; image-pull; image-pull; create; image-pull error 2; ");
}

static void test_listening_takes_its_time(Fixture *fixture, gconstpointer failures)
{
        create(fixture, "shop-db", "db:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-db" });
        until(fixture, 2);
        ask(fixture, (EngineRequest){ .op = ENGINE_EXEC, .id = "shop-db" });
        ask(fixture, (EngineRequest){ .op = ENGINE_PROBE_PORT, .id = "shop-db" });
        until(fixture, 4);
        ask(fixture, (EngineRequest){ .op = ENGINE_EXEC, .id = "shop-db" });
        ask(fixture, (EngineRequest){ .op = ENGINE_LOGS, .id = "shop-db" });
        until(fixture, 6);
        g_assert_cmpstr(fixture->heard.text->str, ==,
                        "create; start; exec 1; probe-port; exec 0; logs 'ready\n'; logs; ");
}

static void test_the_stream_tells_what_happens(Fixture *fixture, gconstpointer failures)
{
        static const char *const labels[] = { "slipway.app=shop", NULL };

        ask(fixture, (EngineRequest){ .op = ENGINE_WATCH, .labels = labels });
        quiet();
        sim_engine_add_foreign(fixture->engine, "stranger", "db:1");
        create(fixture, "shop-db", "db:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-db" });
        quiet();
        ask(fixture, (EngineRequest){ .op = ENGINE_STOP, .id = "shop-db" });
        quiet();
        g_assert_cmpstr(fixture->heard.text->str, ==,
                        "watch open; create; watch create; start; watch start; "
                        "watch health_status; stop; watch die; ");
        ask(fixture, (EngineRequest){ .op = ENGINE_LIST, .labels = labels });
        quiet();
        g_assert_true(g_str_has_suffix(fixture->heard.text->str, "list 1; "));
}

static void test_a_dead_engine_answers_nothing(Fixture *fixture, gconstpointer failures)
{
        const Container *container;

        create(fixture, "shop-migrate", "migrate:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_WATCH });
        ask(fixture, (EngineRequest){ .op = ENGINE_WAIT, .id = "shop-migrate" });
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-migrate" });
        until(fixture, 2);
        g_string_truncate(fixture->heard.text, 0);
        sim_engine_kill(fixture->engine, SIM_CODES_ZERO);
        ask(fixture, (EngineRequest){ .op = ENGINE_INSPECT, .id = "shop-migrate" });
        until(fixture, 4);
        g_assert_cmpstr(fixture->heard.text->str, ==,
                        "watch start; watch error 0; wait error 0; inspect error 0; ");
        sim_engine_restart(fixture->engine);
        quiet();
        g_assert_true(g_str_has_suffix(fixture->heard.text->str, "watch open; "));
        container = sim_engine_find(fixture->engine, "shop-migrate");
        g_assert_cmpint(container->state, ==, CONTAINER_EXITED);
        g_assert_cmpint(container->exit_code, ==, 0);
}

static const SimFailure lost_start = { .op = ENGINE_START,
                                       .subject = NULL,
                                       .nth = 1,
                                       .error = ENGINE_ERROR_UNREACHABLE,
                                       .is_carried_out = true };

static void test_an_answer_can_be_lost(Fixture *fixture, gconstpointer failures)
{
        create(fixture, "shop-db", "db:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-db" });
        until(fixture, 2);
        g_assert_cmpstr(fixture->heard.text->str, ==, "create; start error 0; ");
        g_assert_cmpuint(sim_engine_n_starts(fixture->engine, "shop-db"), ==, 1);
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-db" });
        until(fixture, 3);
        g_assert_true(g_str_has_suffix(fixture->heard.text->str, "start; "));
        g_assert_cmpuint(sim_engine_n_starts(fixture->engine, "shop-db"), ==, 1);
}

static void test_a_cancelled_call_says_nothing(Fixture *fixture, gconstpointer failures)
{
        create(fixture, "shop-db", "db:1");
        engine_cancel(fixture->engine,
                      ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-db" }));
        engine_cancel(fixture->engine, ask(fixture, (EngineRequest){ .op = ENGINE_WATCH }));
        quiet();
        g_assert_cmpstr(fixture->heard.text->str, ==, "create; ");
}

static void test_removing_and_the_journal(Fixture *fixture, gconstpointer failures)
{
        g_autofree char *journal = NULL;

        create(fixture, "shop-db", "db:1");
        ask(fixture, (EngineRequest){ .op = ENGINE_START, .id = "shop-db" });
        until(fixture, 2);
        ask(fixture, (EngineRequest){ .op = ENGINE_REMOVE, .id = "shop-db" });
        ask(fixture, (EngineRequest){ .op = ENGINE_RENAME, .id = "shop-db", .name = "db-old" });
        ask(fixture, (EngineRequest){ .op = ENGINE_REMOVE, .id = "db-old", .force = true });
        ask(fixture, (EngineRequest){ .op = ENGINE_REMOVE, .id = "db-old", .force = true });
        ask(fixture, (EngineRequest){ .op = ENGINE_INSPECT, .id = "db-old" });
        until(fixture, 7);
        g_assert_cmpstr(fixture->heard.text->str, ==,
                        "create; start; remove error 3; rename; remove; remove; "
                        "inspect error 2; ");
        journal = sim_engine_journal(fixture->engine);
        g_assert_cmpstr(journal, ==,
                        "create shop-db\nstart shop-db\nremove shop-db\nrename shop-db db-old\n"
                        "remove db-old\nremove db-old\n");
}

static void test_volumes_and_paths_are_made_once(Fixture *fixture, gconstpointer failures)
{
        for (int i = 0; i < 2; i++) {
                ask(fixture, (EngineRequest){ .op = ENGINE_VOLUME_CREATE, .name = "data" });
                ask(fixture, (EngineRequest){ .op = ENGINE_HOST_PATH, .name = "/srv/data" });
        }
        until(fixture, 4);
        g_assert_cmpstr(fixture->heard.text->str, ==,
                        "volume-create new; host-path new; volume-create old; host-path old; ");
}

static void run(Fixture *fixture, EngineRequest request)
{
        unsigned n = fixture->heard.n_final;

        ask(fixture, request);
        until(fixture, n + 1);
}

static void test_networks(Fixture *fixture, gconstpointer failures)
{
        SpecNetwork networks[] = { { .name = "front" },
                                   { .name = "back", .ipv4_address = "10.0.0.9" } };
        const char *labels[] = { "slipway.app=shop", NULL };
        g_autoptr(Spec) spec = spec_new();
        g_autofree char *names = NULL, *left = NULL;
        const Container *box;

        spec->image = "db:1";
        spec->networks = networks;
        spec->n_networks = 2;
        run(fixture,
            (EngineRequest){ .op = ENGINE_NETWORK_CREATE, .name = "front", .labels = labels });
        run(fixture, (EngineRequest){ .op = ENGINE_CREATE, .name = "a", .spec = spec });
        g_assert_null(sim_engine_find(fixture->engine, "a")); /* there is no `back` */
        sim_engine_add_network(fixture->engine, "back");
        names = sim_engine_networks(fixture->engine);
        g_assert_cmpstr(names, ==, "front back");
        run(fixture, (EngineRequest){ .op = ENGINE_CREATE, .name = "a", .spec = spec });
        run(fixture, (EngineRequest){ .op = ENGINE_START, .id = "a" });
        box = sim_engine_find(fixture->engine, "a");
        g_assert_cmpstr(g_array_index(box->networks, ContainerNetwork, 1).address, ==, "10.0.0.9");
        run(fixture, (EngineRequest){ .op = ENGINE_NETWORK_REMOVE, .id = "front" });
        run(fixture, (EngineRequest){ .op = ENGINE_STOP, .id = "a" });
        run(fixture, (EngineRequest){ .op = ENGINE_NETWORK_REMOVE, .id = "front" });
        left = sim_engine_networks(fixture->engine);
        g_assert_cmpstr(left, ==, "back");
}

#define ADD(name, failures, test)                                                                  \
        g_test_add("/engine/sim/" name, Fixture, failures, set_up, test, tear_down)

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        ADD("wait", NULL, test_wait_tells_the_exit);
        ADD("name", NULL, test_a_name_is_a_lock);
        ADD("pull", NULL, test_an_image_is_pulled_first);
        ADD("listen", NULL, test_listening_takes_its_time);
        ADD("watch", NULL, test_the_stream_tells_what_happens);
        ADD("outage", NULL, test_a_dead_engine_answers_nothing);
        ADD("lost-answer", &lost_start, test_an_answer_can_be_lost);
        ADD("cancel", NULL, test_a_cancelled_call_says_nothing);
        ADD("journal", NULL, test_removing_and_the_journal);
        ADD("networks", NULL, test_networks);
        ADD("volumes", NULL, test_volumes_and_paths_are_made_once);
        return g_test_run();
}
