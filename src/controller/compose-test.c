/* What Compose files ask of the controller: networks, what is external, hooks; on the simulated
 * engine */

#include <string.h>

#include "controller/internal.h"
#include "engine/sim/sim.h"
#include "store/testing.h"

#define MS 1000

static const SimImage images[] = {
        { .reference = "web:1", .exits_us = SIM_NEVER, .healthy_us = SIM_NEVER, .fails = "fail" },
        { .reference = "short:1", .exits_us = 0, .listens_us = SIM_NEVER, .healthy_us = SIM_NEVER },
};

typedef struct Fixture {
        TestDir t;
        char *file;
        SimScript script;
        Controller *controller;
        json_t *result;
        GError *error;
        GString *said;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
        test_dir_init(&f->t);
        f->file = g_build_filename(f->t.base, "compose.yml", NULL);
        f->said = g_string_new(NULL);
        f->script = (SimScript){ .images = images,
                                 .n_images = G_N_ELEMENTS(images),
                                 .failures = data,
                                 .n_failures = data == NULL ? 0 : 1,
                                 .latency_us = MS };
        f->controller = controller_new(
                &(ControllerOptions){ .state_dir = f->t.dir, .node_address = "192.0.2.1" });
        f->controller->engine = sim_engine_new(&f->script);
}

static void tear_down(Fixture *f, gconstpointer data)
{
        g_clear_error(&f->error);
        json_decref(f->result);
        g_string_free(f->said, true);
        controller_free(f->controller);
        g_free(f->file);
        test_dir_done(&f->t);
}

static void on_message(const char *text, gpointer user)
{
        g_string_append_printf(((Fixture *) user)->said, "%s\n", text);
}

static bool up(Fixture *f, const char *document)
{
        UpObserver observer = { .on_message = on_message, .user = f };
        g_autoptr(DiagList) diags = diag_list_new();

        g_clear_pointer(&f->result, json_decref);
        g_clear_error(&f->error);
        g_string_truncate(f->said, 0);
        g_assert_true(g_file_set_contents(f->file, document, -1, NULL));
        return controller_up(f->controller,
                             &(UpOptions){ .files = (const char *const[]){ f->file, NULL },
                                           .pull = PULL_MISSING,
                                           .command_line = "slipway up" },
                             &observer, diags, &f->result, &f->error);
}

static void must(Fixture *f, const char *document)
{
        bool ok = up(f, document);

        g_assert_no_error(f->error);
        g_assert_true(ok);
}

static void down(Fixture *f)
{
        const DownOptions options = { .command_line = "slipway down" };

        g_clear_pointer(&f->result, json_decref);
        g_assert_true(
                controller_down(f->controller, "shop", &options, NULL, &f->result, &f->error));
}

static unsigned n_of(const Fixture *f, EngineOp op)
{
        return sim_engine_n_requests(f->controller->engine, op);
}

static void networks_are(const Fixture *f, const char *want)
{
        g_autofree char *names = sim_engine_networks(f->controller->engine);

        g_assert_cmpstr(names, ==, want);
}

/* What was started, stopped and executed since the length was @from */
static char *deeds(const Fixture *f, size_t from)
{
        g_autofree char *journal = sim_engine_journal(f->controller->engine);
        g_auto(GStrv) lines = g_strsplit(journal + from, "\n", -1);
        GString *text = g_string_new(NULL);

        for (char **line = lines; *line != NULL; line++) {
                if (g_str_has_prefix(*line, "start ") || g_str_has_prefix(*line, "stop ") ||
                    g_str_has_prefix(*line, "exec "))
                        g_string_append_printf(text, "%s\n", *line);
        }
        return g_string_free(text, false);
}

/* ---- Networks ---- */

#define TWO_NETWORKS                                                                               \
        "name: shop\n"                                                                             \
        "services:\n"                                                                              \
        "  a: {image: 'web:1', networks: [front]}\n"                                               \
        "  b: {image: 'web:1', networks: [front, back]}\n"                                         \
        "networks: {front: {}, back: {}}\n"
#define ONE_NETWORK                                                                                \
        "name: shop\n"                                                                             \
        "services:\n"                                                                              \
        "  a: {image: 'web:1', networks: [front]}\n"                                               \
        "networks: {front: {}}\n"

static void test_a_network_is_made_once_for_all(Fixture *f, gconstpointer data)
{
        const Container *b;

        must(f, TWO_NETWORKS);
        g_assert_cmpuint(n_of(f, ENGINE_NETWORK_CREATE), ==, 2);
        networks_are(f, "shop_front shop_back");
        b = sim_engine_find(f->controller->engine, "shop-b-1");
        g_assert_cmpuint(b->networks->len, ==, 2);
        g_assert_cmpstr(container_label(b, "com.docker.compose.service"), ==, "b");
        must(f, TWO_NETWORKS);
        g_assert_cmpuint(n_of(f, ENGINE_NETWORK_CREATE), ==, 2);
        g_assert_cmpuint(n_of(f, ENGINE_START), ==, 2);
}

static void test_networks_go_when_nobody_needs_them(Fixture *f, gconstpointer data)
{
        must(f, TWO_NETWORKS);
        must(f, ONE_NETWORK);
        networks_are(f, "shop_front");
        down(f);
        networks_are(f, "");
}

static void test_an_answer_that_is_lost_makes_no_second_network(Fixture *f, gconstpointer data)
{
        must(f, ONE_NETWORK);
        networks_are(f, "shop_front");
        g_assert_cmpuint(n_of(f, ENGINE_NETWORK_CREATE), ==, 2);
}

static void test_a_network_that_cannot_be_made_fails_who_needs_it(Fixture *f, gconstpointer data)
{
        g_assert_false(up(f, TWO_NETWORKS));
        g_assert_nonnull(strstr(f->error->message, "network shop_back cannot be made: no more"));
        g_assert_nonnull(sim_engine_find(f->controller->engine, "shop-a-1"));
        g_assert_null(sim_engine_find(f->controller->engine, "shop-b-1"));
}

static void test_all_that_is_missing_is_told_before_anything_is_touched(Fixture *f,
                                                                        gconstpointer data)
{
        static const char document[] =
                "name: shop\n"
                "services:\n"
                "  a: {image: 'web:1', networks: [lan], volumes: ['data:/v']}\n"
                "networks: {lan: {external: true}}\n"
                "volumes: {data: {external: true, name: theirs}}\n";

        g_assert_false(up(f, document));
        g_assert_nonnull(strstr(f->error->message, "compose.yml:4:"));
        g_assert_nonnull(strstr(f->error->message, "the network lan is external"));
        g_assert_nonnull(strstr(f->error->message, "the volume theirs is external"));
        g_assert_cmpuint(sim_engine_n_containers(f->controller->engine), ==, 0);
        sim_engine_add_network(f->controller->engine, "lan");
        g_assert_true(engine_ask(f->controller->engine,
                                 &(EngineRequest){ .op = ENGINE_VOLUME_CREATE, .name = "theirs" },
                                 NULL, NULL));
        must(f, document);
        down(f);
        networks_are(f, "lan");
}

static void test_networks_of_others_are_left_alone(Fixture *f, gconstpointer data)
{
        sim_engine_add_network(f->controller->engine, "shop_front");
        g_assert_false(up(f, ONE_NETWORK));
        g_assert_nonnull(strstr(f->error->message, "there is a network shop_front already"));
        g_assert_cmpuint(sim_engine_n_containers(f->controller->engine), ==, 0);
}

static void test_twins_are_refused(Fixture *f, gconstpointer data)
{
        sim_engine_add_network(f->controller->engine, "shop_front");
        sim_engine_add_network(f->controller->engine, "shop_front");
        g_assert_false(up(f, ONE_NETWORK));
        g_assert_nonnull(strstr(f->error->message, "2 networks have the name shop_front"));
}

static void test_a_network_made_otherwise_must_go_first(Fixture *f, gconstpointer data)
{
        static const char internal[] = "name: shop\n"
                                       "services:\n"
                                       "  a: {image: 'web:1', networks: [front]}\n"
                                       "networks: {front: {internal: true}}\n";

        must(f, ONE_NETWORK);
        g_assert_false(up(f, internal));
        g_assert_nonnull(strstr(f->error->message, "was made with other options"));
        down(f);
        must(f, internal);
}

/* By somebody who stopped the container and removed its network */
static void test_a_container_of_a_network_that_is_gone_is_replaced(Fixture *f, gconstpointer data)
{
        const DownOptions options = { .command_line = "slipway stop" };
        g_autofree char *id = NULL;
        const Container *a;

        must(f, ONE_NETWORK);
        a = sim_engine_find(f->controller->engine, "shop-a-1");
        id = g_strdup(g_array_index(a->networks, ContainerNetwork, 0).id);
        g_clear_pointer(&f->result, json_decref);
        g_assert_true(
                controller_stop(f->controller, "shop", &options, NULL, &f->result, &f->error));
        g_assert_true(engine_ask(f->controller->engine,
                                 &(EngineRequest){ .op = ENGINE_NETWORK_REMOVE, .id = id }, NULL,
                                 NULL));
        must(f, ONE_NETWORK);
        a = sim_engine_find(f->controller->engine, "shop-a-1");
        g_assert_cmpint(a->state, ==, CONTAINER_RUNNING);
        g_assert_cmpstr(g_array_index(a->networks, ContainerNetwork, 0).id, !=, id);
        must(f, ONE_NETWORK);
        g_assert_cmpuint(n_of(f, ENGINE_START), ==, 2);
}

static void test_an_address_goes_from_the_old_to_the_new(Fixture *f, gconstpointer data)
{
        static const char before[] =
                "name: shop\n"
                "services:\n"
                "  a: {image: 'web:1', networks: {lan: {ipv4_address: 10.1.0.5}}}\n"
                "networks: {lan: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}\n";
        static const char after[] =
                "name: shop\n"
                "services:\n"
                "  z: {image: 'web:1', networks: {lan: {ipv4_address: 10.1.0.5}}}\n"
                "  a: {image: 'web:1', networks: {lan: {ipv4_address: 10.1.0.6}}}\n"
                "networks: {lan: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}\n";
        const Container *z;

        must(f, before);
        must(f, after);
        z = sim_engine_find(f->controller->engine, "shop-z-1");
        g_assert_cmpstr(g_array_index(z->networks, ContainerNetwork, 0).address, ==, "10.1.0.5");
}

/* ---- Hooks ---- */

#define HOOKED(command)                                                                            \
        "name: shop\n"                                                                             \
        "services:\n"                                                                              \
        "  web:\n"                                                                                 \
        "    image: web:1\n"                                                                       \
        "    network_mode: none\n"                                                                 \
        "    post_start: [{command: [one, two]}, {command: [" command "]}]\n"                      \
        "    pre_stop: [{command: [bye]}]\n"                                                       \
        "  next: {image: 'web:1', depends_on: [web], network_mode: none}\n"

static void test_hooks_come_between_start_and_started(Fixture *f, gconstpointer data)
{
        g_autofree char *first = NULL, *second = NULL, *last = NULL;

        must(f, HOOKED("three"));
        first = deeds(f, 0);
        g_assert_cmpstr(first, ==,
                        "start shop-web-1\nexec shop-web-1 one two\nexec shop-web-1 three\n"
                        "start shop-next-1\n");
        must(f, HOOKED("three"));
        second = deeds(f, 0);
        g_assert_cmpstr(second, ==, first); /* what is kept has started long ago */
        down(f);
        last = deeds(f, 0);
        g_assert_cmpstr(last + strlen(second), ==,
                        "stop shop-next-1\nexec shop-web-1 bye\nstop shop-web-1\n");
}

static void test_a_hook_that_fails_fails_the_start(Fixture *f, gconstpointer data)
{
        g_autofree char *text = NULL;

        g_assert_false(up(f, HOOKED("fail, here")));
        g_assert_nonnull(strstr(f->error->message, "post_start `fail here` exited with 3: fail"));
        text = deeds(f, 0);
        g_assert_null(strstr(text, "start shop-next-1"));
        g_assert_nonnull(strstr(text, "stop shop-web-1")); /* without its pre_stop */
        g_assert_null(strstr(text, "bye"));
}

static void test_a_hook_whose_answer_is_lost_is_run_again(Fixture *f, gconstpointer data)
{
        g_autofree char *text = NULL;

        must(f, HOOKED("three"));
        text = deeds(f, 0);
        g_assert_cmpstr(text, ==,
                        "start shop-web-1\nexec shop-web-1 one two\nexec shop-web-1 one two\n"
                        "exec shop-web-1 three\nstart shop-next-1\n");
}

static void test_of_a_container_that_has_ended_its_end_is_told(Fixture *f, gconstpointer data)
{
        static const char document[] = "name: shop\n"
                                       "services:\n"
                                       "  web:\n"
                                       "    image: short:1\n"
                                       "    network_mode: none\n"
                                       "    labels: {com.replicated.ephemeral: 'true'}\n"
                                       "    post_start: [{command: [one]}]\n";

        must(f, document);
        g_assert_cmpstr(json_string_at(f->result, "outcome", ""), ==, "succeeded");
}

static void test_hooks_that_were_cut_short_go_on(Fixture *f, gconstpointer data)
{
        g_autofree char *before = NULL, *after = NULL, *pending = NULL;
        const Container *web;

        must(f, HOOKED("three"));
        web = sim_engine_find(f->controller->engine, "shop-web-1");
        /* As a crash after the first of them leaves it */
        pending = g_strdup_printf("{\"container\":\"%s\",\"done\":1}", web->id);
        g_assert_true(store_volatile_set(f->controller->store, "shop", "web", "post-start", pending,
                                         NULL));
        before = deeds(f, 0);
        must(f, HOOKED("three"));
        after = deeds(f, 0);
        g_assert_cmpstr(after + strlen(before), ==, "exec shop-web-1 three\n");
        must(f, HOOKED("three"));
        g_free(before);
        before = deeds(f, 0);
        g_assert_cmpstr(before, ==, after);
}

/* The file has none any more; the container still has the one that it was made with. */
static void test_a_container_has_the_hooks_that_it_was_made_with(Fixture *f, gconstpointer data)
{
        g_autofree char *before = NULL, *after = NULL;

        must(f, HOOKED("three"));
        before = deeds(f, 0);
        must(f, "name: shop\n"
                "services:\n"
                "  next: {image: 'web:1', network_mode: none}\n");
        after = deeds(f, 0);
        g_assert_cmpstr(after + strlen(before), ==, "exec shop-web-1 bye\nstop shop-web-1\n");
}

int main(int argc, char **argv)
{
        static const SimFailure lost_network = { .op = ENGINE_NETWORK_CREATE,
                                                 .nth = 1,
                                                 .error = ENGINE_ERROR_UNREACHABLE,
                                                 .message = "connection lost",
                                                 .is_carried_out = true };
        static const SimFailure no_network = { .op = ENGINE_NETWORK_CREATE,
                                               .subject = "shop_back",
                                               .error = ENGINE_ERROR_FAILED,
                                               .message = "no more subnets" };
        static const SimFailure lost_hook = { .op = ENGINE_EXEC,
                                              .nth = 1,
                                              .error = ENGINE_ERROR_UNREACHABLE,
                                              .message = "connection lost" };

        g_test_init(&argc, &argv, NULL);
#define ADD(name, failure)                                                                         \
        g_test_add("/compose-host/" #name, Fixture, failure, set_up, test_##name, tear_down)
        ADD(a_network_is_made_once_for_all, NULL);
        ADD(networks_go_when_nobody_needs_them, NULL);
        ADD(an_answer_that_is_lost_makes_no_second_network, &lost_network);
        ADD(a_network_that_cannot_be_made_fails_who_needs_it, &no_network);
        ADD(all_that_is_missing_is_told_before_anything_is_touched, NULL);
        ADD(networks_of_others_are_left_alone, NULL);
        ADD(twins_are_refused, NULL);
        ADD(a_network_made_otherwise_must_go_first, NULL);
        ADD(a_container_of_a_network_that_is_gone_is_replaced, NULL);
        ADD(an_address_goes_from_the_old_to_the_new, NULL);
        ADD(hooks_come_between_start_and_started, NULL);
        ADD(a_hook_that_fails_fails_the_start, NULL);
        ADD(a_hook_whose_answer_is_lost_is_run_again, &lost_hook);
        ADD(of_a_container_that_has_ended_its_end_is_told, NULL);
        ADD(hooks_that_were_cut_short_go_on, NULL);
        ADD(a_container_has_the_hooks_that_it_was_made_with, NULL);
        return g_test_run();
}
