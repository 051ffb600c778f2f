#include "engine/docker/reply.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/pull.h"
#include "engine/docker/spec-json.h"

static json_t *load(const char *text)
{
        json_t *json = json_loads(text, 0, NULL);

        g_assert_nonnull(json);
        return json;
}

static const char running[] =
        "{\"Id\":\"4f1b\",\"Name\":\"/shop-db\",\"Image\":\"sha256:aa\","
        "\"Created\":\"2026-03-04T05:06:07.5Z\",\"RestartCount\":2,"
        "\"Config\":{\"Image\":\"postgres:15\",\"Labels\":{\"slipway.app\":\"shop\",\"n\":7}},"
        "\"State\":{\"Status\":\"running\",\"Pid\":4711,\"ExitCode\":0,\"OOMKilled\":false,"
        "\"Error\":\"\",\"StartedAt\":\"2026-03-04T05:06:08.000000001Z\","
        "\"FinishedAt\":\"0001-01-01T00:00:00Z\",\"Health\":{\"Status\":\"healthy\"}},"
        "\"HostConfig\":{\"NetworkMode\":\"shop\",\"RestartPolicy\":{\"Name\":\"always\"}},"
        "\"NetworkSettings\":{\"IPAddress\":\"\",\"Ports\":{\"5432/tcp\":"
        "[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"5434\"},{\"HostIp\":\"::\",\"HostPort\":\"5434\"}]"
        ","
        "\"53/udp\":null,\"9/sctp\":null,\"0/tcp\":null,\"x\":[]},\"Networks\":"
        "{\"zoo\":{\"IPAddress\":\"10.9.0.2\"},\"shop\":{\"IPAddress\":\"10.8.0.2\"}}},"
        "\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"data\",\"Source\":\"/v/data\","
        "\"Destination\":\"/data\"},{\"Type\":\"bind\",\"Source\":\"/srv\",\"Destination\":\"/"
        "s\"}]}";

static void test_a_running_container(void)
{
        g_autoptr(json_t) root = load(running);
        g_autoptr(GError) error = NULL;
        g_autoptr(Container) c = docker_container_parse(root, &error);
        const BoundPort *port;

        g_assert_no_error(error);
        g_assert_cmpstr(c->id, ==, "4f1b");
        g_assert_cmpstr(c->name, ==, "shop-db");
        g_assert_cmpstr(c->image, ==, "postgres:15");
        g_assert_cmpstr(c->image_id, ==, "sha256:aa");
        g_assert_cmpstr(container_label(c, "slipway.app"), ==, "shop");
        g_assert_null(container_label(c, "n"));
        g_assert_cmpint(c->state, ==, CONTAINER_RUNNING);
        g_assert_cmpint(c->health, ==, HEALTH_HEALTHY);
        g_assert_cmpint(c->pid, ==, 4711);
        g_assert_cmpint(c->restart_count, ==, 2);
        g_assert_cmpstr(c->restart_policy, ==, "always");
        g_assert_cmpint(c->started_wall_ns - c->created_wall_ns, ==, NS_PER_S / 2 + 1);
        g_assert_cmpint(c->finished_wall_ns, ==, 0);
        g_assert_cmpstr(c->address, ==, "10.8.0.2");
        g_assert_cmpstr(c->network_mode, ==, "shop");
        g_assert_cmpint(c->ports->len, ==, 3);
        port = &g_array_index(c->ports, BoundPort, 0);
        g_assert_cmpint(port->private_port, ==, 5432);
        g_assert_cmpint(port->public_port, ==, 5434);
        port = &g_array_index(c->ports, BoundPort, 2);
        g_assert_cmpint(port->proto, ==, PROTO_UDP);
        g_assert_cmpint(port->public_port, ==, 0);
        g_assert_cmpint(c->mounts->len, ==, 2);
        g_assert_cmpstr(g_array_index(c->mounts, ContainerMount, 0).name, ==, "data");
        g_assert_cmpstr(g_array_index(c->mounts, ContainerMount, 1).name, ==, "");
}

static void test_an_ended_container(void)
{
        g_autoptr(json_t) root = load(
                "{\"Id\":\"1\",\"State\":{\"Status\":\"exited\",\"ExitCode\":137,\"OOMKilled\":"
                "true,"
                "\"Error\":\"why\",\"StartedAt\":\"2026-03-04T05:06:08Z\","
                "\"FinishedAt\":\"2026-03-04T06:06:08Z\"},\"Mounts\":null,\"Config\":null}");
        g_autoptr(Container) c = docker_container_parse(root, NULL);

        g_assert_cmpint(c->state, ==, CONTAINER_EXITED);
        g_assert_cmpint(c->exit_code, ==, 137);
        g_assert_true(c->oom_killed);
        g_assert_cmpstr(c->error, ==, "why");
        g_assert_cmpint(c->finished_wall_ns - c->started_wall_ns, ==, 3600 * NS_PER_S);
        g_assert_cmpstr(c->restart_policy, ==, "no");
        g_assert_cmpstr(c->name, ==, "");
        g_assert_cmpint(c->health, ==, HEALTH_NONE);
}

static void test_what_is_no_description_is_refused(void)
{
        static const char *const bad[] = {
                "[]",
                "{}",
                "{\"Id\":7}",
                "{\"Id\":\"1\"}",
                "{\"Id\":\"1\",\"State\":[]}",
                "{\"Id\":null,\"State\":{\"Status\":\"running\"}}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(json_t) root = load(bad[i]);
                g_autoptr(GError) error = NULL;

                g_assert_null(docker_container_parse(root, &error));
                g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_REPLY);
        }
}

static void test_images_volumes_and_networks(void)
{
        g_autoptr(json_t) image = load(
                "{\"Id\":\"sha256:1\",\"RepoTags\":[\"a:1\",null,\"a:2\"],\"RepoDigests\":null,"
                "\"Config\":{\"Volumes\":{\"/var/lib/b\":{},\"/a\":{}},"
                "\"ExposedPorts\":{\"5432/tcp\":{}}}}");
        g_autoptr(json_t) volume = load("{\"Name\":\"v\",\"Driver\":\"local\",\"Labels\":null}");
        g_autoptr(json_t) said = load("{\"IPAM\":{\"Config\":[{\"Subnet\":\"fd00::/64\"},"
                                      "{\"Subnet\":\"10.1.0.0/24\",\"Gateway\":\"10.1.0.9\"}]}}");
        g_autoptr(json_t) unsaid = load("{\"IPAM\":{\"Config\":[{\"Subnet\":\"172.17.0.0/16\"}]}}");
        g_autoptr(json_t) none = load("{\"IPAM\":{\"Config\":[{\"Subnet\":\"x/y\"}]}}");
        g_autoptr(Image) i = docker_image_parse(image, NULL);
        g_autoptr(VolumeInfo) v = docker_volume_parse(volume, NULL);
        g_autofree char *one = docker_gateway_parse(said);
        g_autofree char *two = docker_gateway_parse(unsaid);
        g_autofree char *three = docker_gateway_parse(none);

        g_assert_cmpint(g_strv_length(i->tags), ==, 2);
        g_assert_cmpint(g_strv_length(i->digests), ==, 0);
        g_assert_cmpstr(i->volumes[0], ==, "/a");
        g_assert_cmpstr(i->volumes[1], ==, "/var/lib/b");
        g_assert_cmpstr(i->exposed[0], ==, "5432/tcp");
        g_assert_cmpstr(v->name, ==, "v");
        g_assert_cmpint(g_hash_table_size(v->labels), ==, 0);
        g_assert_cmpstr(one, ==, "10.1.0.9");
        g_assert_cmpstr(two, ==, "172.17.0.1");
        g_assert_cmpstr(three, ==, "");
}

static char *event_text(const char *json)
{
        g_autoptr(json_t) root = load(json);
        g_autofree char *action = NULL;
        EngineEvent event;

        if (!docker_event_parse(root, &event, &action))
                return g_strdup("none");
        return g_strdup_printf("%s %s %d '%s' %" G_GINT64_FORMAT, event.action, event.id,
                               event.exit_code, event.health, event.wall_ns);
}

static void test_events(void)
{
        static const char *const rows[][2] = {
                { "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"1\","
                  "\"Attributes\":{\"exitCode\":\"3\"}},\"timeNano\":17}",
                  "die 1 3 '' 17" },
                { "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"1\"}}",
                  "start 1 -1 '' 0" },
                { "{\"Action\":\"health_status: unhealthy\",\"Actor\":{\"ID\":\"1\"}}",
                  "health_status 1 -1 'unhealthy' 0" },
                { "{\"Action\":\"exec_start: sh -c healthy\",\"Actor\":{\"ID\":\"1\"}}",
                  "exec_start 1 -1 '' 0" },
                { "{\"status\":\"stop\",\"id\":\"2\"}", "stop 2 -1 '' 0" },
                { "{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"1\"}}",
                  "none" },
                { "{\"Type\":\"container\",\"Action\":\"die\"}", "none" },
                { "{}", "none" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *got = event_text(rows[i][0]);

                g_assert_cmpstr(got, ==, rows[i][1]);
        }
}

static void test_what_a_pull_asks_for(void)
{
        static const char *const rows[][2] = {
                { "busybox", "fromImage=busybox&tag=latest" },
                { "busybox:1.2", "fromImage=busybox&tag=1.2" },
                { "r.example:5000/a/b", "fromImage=r.example%3A5000%2Fa%2Fb&tag=latest" },
                { "r.example:5000/a/b:7", "fromImage=r.example%3A5000%2Fa%2Fb&tag=7" },
                { "a@sha256:0f", "fromImage=a&tag=sha256%3A0f" },
                { "a:7@sha256:0f", "fromImage=a%3A7&tag=sha256%3A0f" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *path = pull_path(rows[i][0]);

                g_assert_cmpstr(strchr(path, '?') + 1, ==, rows[i][1]);
        }
}

static void test_progress_of_a_pull(void)
{
        static const char *const rows[][2] = {
                { "{\"status\":\"Pulling from library/a\",\"id\":\"1\"}",
                  "Pulling from library/a" },
                { "{\"status\":\"Pulling fs layer\",\"id\":\"x\"}", "0 of 1 layers" },
                { "{\"status\":\"Already exists\",\"id\":\"y\"}", "1 of 2 layers" },
                { "{\"status\":\"Downloading\",\"id\":\"x\",\"progressDetail\":"
                  "{\"current\":50,\"total\":200}}",
                  "1 of 2 layers, 25 %" },
                { "{\"status\":\"Downloading\",\"id\":\"x\",\"progressDetail\":"
                  "{\"current\":900,\"total\":200}}",
                  "1 of 2 layers, 100 %" },
                { "{\"status\":\"Extracting\",\"id\":\"x\"}", "1 of 2 layers, 100 %" },
                { "{\"status\":\"Pull complete\",\"id\":\"x\"}", "2 of 2 layers, 100 %" },
        };
        PullProgress *progress = pull_progress_new();

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(json_t) item = load(rows[i][0]);
                g_autofree char *text = NULL;
                int percent;

                g_assert_true(pull_progress_add(progress, item));
                text = pull_progress_text(progress, &percent);
                g_assert_cmpstr(text, ==, rows[i][1]);
        }
        pull_progress_free(progress);
}

static void test_a_spec_that_is_not_utf8_names_its_field(void)
{
        g_autoptr(Spec) spec = spec_new();
        g_autoptr(GError) error = NULL;
        g_auto(DockerCreate) create = { 0 };
        const char *env[] = { "A=1", "B=\xff" };

        spec->image = "a";
        spec->env = env;
        spec->n_env = 2;
        g_assert_false(docker_create_body(spec, NULL, &create, &error));
        g_assert_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST);
        g_assert_true(g_str_has_prefix(error->message, "Env: not UTF-8"));
}

static void test_our_labels_win(void)
{
        g_autoptr(Spec) spec = spec_new();
        const char *own[] = { "slipway.app=forged", "a=b=c" };
        const char *const ours[] = { "slipway.app=shop", NULL };
        g_auto(DockerCreate) create = { 0 };
        g_autofree char *text = NULL;

        spec->image = "a";
        spec->labels = own;
        spec->n_labels = 2;
        g_assert_true(docker_create_body(spec, ours, &create, NULL));
        text = json_to_canonical_text(json_object_get(create.body, "Labels"));
        g_assert_cmpstr(text, ==, "{\"a\":\"b=c\",\"slipway.app\":\"shop\"}");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/reply/" #name, test_##name)
        ADD(a_running_container);
        ADD(an_ended_container);
        ADD(what_is_no_description_is_refused);
        ADD(images_volumes_and_networks);
        ADD(events);
        ADD(what_a_pull_asks_for);
        ADD(progress_of_a_pull);
        ADD(a_spec_that_is_not_utf8_names_its_field);
        ADD(our_labels_win);
        return g_test_run();
}
