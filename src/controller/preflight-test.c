#include "controller/preflight.h"

#include <sys/utsname.h>

#include "base/json.h"
#include "controller/controller.h"
#include "model/spec.h"

typedef struct Fixture {
        GPtrArray *nodes;
        EngineInfo info;
        Application app;
        Workload workload;
        Spec *spec;
} Fixture;

static void add_node(Fixture *f, const char *id, const char *state, bool is_manager,
                     const char *disk)
{
        NodeInfo *node = g_new0(NodeInfo, 1);

        node->id = g_strdup(id);
        node->hostname = g_strdup("host");
        node->address = g_strdup("10.0.0.1");
        node->state = g_strdup(state);
        node->availability = g_strdup("active");
        node->is_manager = is_manager;
        node->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        if (disk != NULL)
                g_hash_table_insert(node->labels, g_strdup("disk"), g_strdup(disk));
        g_ptr_array_add(f->nodes, node);
}

static void set_up(Fixture *f, gconstpointer data)
{
        f->nodes = g_ptr_array_new_with_free_func((GDestroyNotify) node_info_free);
        add_node(f, "one", "ready", true, "ssd");
        add_node(f, "two", "ready", false, NULL);
        add_node(f, "three", "down", false, "tape");
        f->info = (EngineInfo){ .is_swarm_manager = true };
        f->spec = spec_new();
        f->workload = (Workload){ .id = "web", .fixed = f->spec };
        f->app = (Application){ .file = "compose.yaml",
                                .workloads = &f->workload,
                                .n_workloads = 1 };
}

static void tear_down(Fixture *f, gconstpointer data)
{
        g_ptr_array_unref(f->nodes);
        spec_free(f->spec);
}

static void constrain(Fixture *f, const char *constraint)
{
        json_decref(f->spec->deploy);
        f->spec->deploy = json_pack("{s:{s:[s]}}", "placement", "constraints", constraint);
}

static void assert_refused(Fixture *f, const char *part)
{
        g_autoptr(GError) error = NULL;

        g_assert_false(preflight_swarm(&f->app, &f->info, f->nodes, NULL, true, &error));
        g_assert_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_REFUSED);
        if (strstr(error->message, part) == NULL)
                g_error("`%s` is not in: %s", part, error->message);
}

static void assert_accepted(Fixture *f)
{
        g_autoptr(GError) error = NULL;

        g_assert_true(preflight_swarm(&f->app, &f->info, f->nodes, NULL, true, &error));
        g_assert_no_error(error);
}

static void test_constraints(Fixture *f, gconstpointer data)
{
        static const char *const met[] = {
                "node.role==manager",    "node.role == worker", "node.labels.disk == ssd",
                "node.labels.disk!=ssd", "node.id==two",        "node.hostname == HOST",
                "engine.labels.os==x",   "node.role != manager"
        };
        static const char *const unmet[] = { "node.labels.disk==tape", "node.id == three",
                                             "node.hostname != host", "node.labels.none==x" };

        assert_accepted(f);
        for (size_t i = 0; i < G_N_ELEMENTS(met); i++) {
                constrain(f, met[i]);
                assert_accepted(f);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(unmet); i++) {
                constrain(f, unmet[i]);
                assert_refused(f, "web: no node that is ready satisfies");
        }
}

static void test_no_manager(Fixture *f, gconstpointer data)
{
        f->info.is_swarm_manager = false;
        assert_refused(f, "docker swarm init");
}

static void test_live_restore(Fixture *f, gconstpointer data)
{
        f->info.live_restore = true;
        assert_refused(f, "live-restore");
}

static void test_too_few_nodes(Fixture *f, gconstpointer data)
{
        f->app.minimum_node_count = 2;
        assert_accepted(f);
        f->app.minimum_node_count = 3;
        assert_refused(f, "asks for 3 nodes, and 2 are ready");
}

static void test_no_node_ready(Fixture *f, gconstpointer data)
{
        g_ptr_array_remove_range(f->nodes, 0, 2);
        assert_refused(f, "no node of the Swarm is ready");
}

/* The answer depends on the machine, the sentence does not. */
static void test_ipvs(Fixture *f, gconstpointer data)
{
        SpecPort port = { .private_port = 80, .public_port = 8080, .host_ip = "" };
        g_autoptr(GError) error = NULL;
        struct utsname name;

        f->spec->ports = &port;
        f->spec->n_ports = 1;
        assert_accepted(f);
        uname(&name);
        f->info.kernel = name.release;
        assert_accepted(f);
        if (preflight_swarm(&f->app, &f->info, f->nodes, NULL, false, &error)) {
                g_assert_true(preflight_has_ipvs());
                return;
        }
        g_assert_false(preflight_has_ipvs());
        g_assert_nonnull(strstr(error->message, "--without-ipvs"));
        port.is_host_mode = true;
        g_assert_true(preflight_swarm(&f->app, &f->info, f->nodes, NULL, false, NULL));
}

static bool has_note(const json_t *notes, const char *part)
{
        const json_t *one;
        size_t i;

        json_array_foreach((json_t *) notes, i, one) {
                if (strstr(json_string_value(one), part) != NULL)
                        return true;
        }
        return false;
}

static void test_notes(Fixture *f, gconstpointer data)
{
        SpecPort port = { .private_port = 80, .public_port = 8080, .host_ip = "" };
        SpecMount mount = { .type = MOUNT_VOLUME, .source = "shop_data", .target = "/data" };
        Publication events[] = { { .type = EVENT_PORT_LISTEN }, { .type = EVENT_EXEC } };
        g_autoptr(json_t) all = json_array();
        g_autoptr(json_t) fewer = json_array();

        f->spec->ports = &port;
        f->spec->mounts = &mount;
        f->spec->n_ports = f->spec->n_mounts = 1;
        f->workload.publications = events;
        f->workload.n_publications = G_N_ELEMENTS(events);
        preflight_notes(&f->app, true, all);
        g_assert_cmpuint(json_array_size(all), ==, 3);
        g_assert_true(has_note(all, "published together"));
        g_assert_true(has_note(all, "its volume shop_data"));
        g_assert_true(has_note(all, "port 8080 is open on the nodes that run it"));
        constrain(f, "node.id==one");
        f->workload.n_publications = 1;
        preflight_notes(&f->app, false, fewer);
        g_assert_cmpuint(json_array_size(fewer), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
        g_test_add("/preflight/" name, Fixture, NULL, set_up, function, tear_down)
        ADD("constraints", test_constraints);
        ADD("no-manager", test_no_manager);
        ADD("live-restore", test_live_restore);
        ADD("too-few-nodes", test_too_few_nodes);
        ADD("no-node-ready", test_no_node_ready);
        ADD("ipvs", test_ipvs);
        ADD("notes", test_notes);
#undef ADD
        return g_test_run();
}
