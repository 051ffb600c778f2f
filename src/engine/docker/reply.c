#include "engine/docker/reply.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"

/* ---- Pieces ---- */

static void set_text(char **field, const json_t *root, const char *path)
{
        g_free(*field);
        *field = g_strdup(json_string_at(root, path, ""));
}

static int64_t wall_ns_at(const json_t *root, const char *path)
{
        int64_t wall_ns;

        return time_from_rfc3339(json_string_at(root, path, ""), &wall_ns) ? MAX(wall_ns, 0) : 0;
}

static void read_labels(const json_t *labels, GHashTable *into)
{
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) labels, key, value) {
                if (json_is_string(value))
                        g_hash_table_insert(into, g_strdup(key),
                                            g_strdup(json_string_value(value)));
        }
}

/* The strings of an array; (transfer full), NULL-terminated */
static char **read_strings(const json_t *array)
{
        GPtrArray *texts = g_ptr_array_new();
        size_t i;
        json_t *value;

        json_array_foreach(array, i, value) {
                if (json_is_string(value))
                        g_ptr_array_add(texts, g_strdup(json_string_value(value)));
        }
        g_ptr_array_add(texts, NULL);
        return (char **) g_ptr_array_free(texts, false);
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The names of an object's members, sorted; (transfer full), NULL-terminated */
static char **read_keys(const json_t *object)
{
        g_autoptr(GPtrArray) keys = g_ptr_array_new();
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) object, key, value)
                g_ptr_array_add(keys, (gpointer) key);
        g_ptr_array_sort(keys, compare_texts);
        g_ptr_array_add(keys, NULL);
        return g_strdupv((char **) keys->pdata);
}

static bool expect(const json_t *root, const char *member, const char *what, GError **error)
{
        if (json_is_string(json_object_get(root, member)))
                return true;
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_REPLY,
                    "the engine's description of %s has no %s", what, member);
        return false;
}

/* ---- Container ---- */

static ContainerState read_state(const char *word)
{
        for (int state = CONTAINER_CREATED; state <= CONTAINER_DEAD; state++)
                if (g_str_equal(word, container_state_to_string(state)))
                        return state;
        return CONTAINER_DEAD;
}

static ContainerHealth read_health(const char *word)
{
        if (g_str_equal(word, "starting"))
                return HEALTH_STARTING;
        if (g_str_equal(word, "healthy"))
                return HEALTH_HEALTHY;
        return g_str_equal(word, "unhealthy") ? HEALTH_UNHEALTHY : HEALTH_NONE;
}

/* "5432/tcp"; false for other protocols and nonsense */
static bool read_port_name(const char *name, uint16_t *ret_port, PortProto *ret_proto)
{
        size_t len = strcspn(name, "/");
        g_autofree char *number = g_strndup(name, len);
        const char *proto = name[len] == '/' ? name + len + 1 : "tcp";
        guint64 port;

        if (!text_parse_uint(number, &port) || port < 1 || port > 65535)
                return false;
        if (!g_str_equal(proto, "tcp") && !g_str_equal(proto, "udp"))
                return false;
        *ret_port = (uint16_t) port;
        *ret_proto = g_str_equal(proto, "udp") ? PROTO_UDP : PROTO_TCP;
        return true;
}

static void read_ports(const json_t *ports, GArray *into)
{
        const char *name;
        json_t *bindings, *binding;
        size_t i;

        json_object_foreach((json_t *) ports, name, bindings) {
                BoundPort port = { 0 };

                if (!read_port_name(name, &port.private_port, &port.proto))
                        continue;
                if (json_array_size(bindings) == 0) {
                        port.host_ip = g_strdup("");
                        g_array_append_val(into, port);
                }
                json_array_foreach(bindings, i, binding) {
                        guint64 number;

                        if (!text_parse_uint(json_string_at(binding, "HostPort", ""), &number) ||
                            number > 65535)
                                continue;
                        port.public_port = (uint16_t) number;
                        port.host_ip = g_strdup(json_string_at(binding, "HostIp", ""));
                        g_array_append_val(into, port);
                }
        }
}

static void read_mounts(const json_t *mounts, GArray *into)
{
        size_t i;
        json_t *value;

        json_array_foreach(mounts, i, value) {
                ContainerMount mount = {
                        .type = g_strdup(json_string_at(value, "Type", "")),
                        .name = g_strdup(json_string_at(value, "Name", "")),
                        .source = g_strdup(json_string_at(value, "Source", "")),
                        .target = g_strdup(json_string_at(value, "Destination", "")),
                };

                g_array_append_val(into, mount);
        }
}

static char *text_at(const json_t *root, const char *path)
{
        return g_strdup(json_string_at(root, path, ""));
}

static void read_networks(const json_t *networks, GArray *into)
{
        g_auto(GStrv) names = read_keys(networks);

        for (size_t i = 0; names[i] != NULL; i++) {
                const json_t *value = json_object_get(networks, names[i]);
                ContainerNetwork network = {
                        .name = g_strdup(names[i]),
                        .id = text_at(value, "NetworkID"),
                        .address = text_at(value, "IPAddress"),
                        .address6 = text_at(value, "GlobalIPv6Address"),
                        .mac_address = text_at(value, "MacAddress"),
                };

                g_array_append_val(into, network);
        }
}

static char *read_address(const json_t *root)
{
        const char *address = json_string_at(root, "NetworkSettings.IPAddress", "");
        const json_t *networks = json_at(root, "NetworkSettings.Networks");
        g_auto(GStrv) names = read_keys(networks);

        for (size_t i = 0; address[0] == '\0' && names[i] != NULL; i++)
                address = json_string_at(json_object_get(networks, names[i]), "IPAddress", "");
        return g_strdup(address);
}

Container *docker_container_parse(const json_t *root, GError **error)
{
        g_autoptr(Container) container = NULL;
        const char *name, *policy;

        if (!expect(root, "Id", "a container", error))
                return NULL;
        if (!json_is_string(json_at(root, "State.Status"))) {
                g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_REPLY,
                                    "the engine's description of a container has no State.Status");
                return NULL;
        }
        container = container_new();
        set_text(&container->id, root, "Id");
        name = json_string_at(root, "Name", "");
        g_free(container->name);
        container->name = g_strdup(name + (name[0] == '/'));
        set_text(&container->image, root, "Config.Image");
        set_text(&container->image_id, root, "Image");
        read_labels(json_at(root, "Config.Labels"), container->labels);
        container->state = read_state(json_string_at(root, "State.Status", ""));
        container->exit_code = (int) json_int_at(root, "State.ExitCode", 0);
        container->oom_killed = json_bool_at(root, "State.OOMKilled", false);
        set_text(&container->error, root, "State.Error");
        container->created_wall_ns = wall_ns_at(root, "Created");
        container->started_wall_ns = wall_ns_at(root, "State.StartedAt");
        container->finished_wall_ns = wall_ns_at(root, "State.FinishedAt");
        container->pid = json_int_at(root, "State.Pid", 0);
        container->restart_count = (int) json_int_at(root, "RestartCount", 0);
        policy = json_string_at(root, "HostConfig.RestartPolicy.Name", "");
        g_free(container->restart_policy);
        container->restart_policy = g_strdup(policy[0] != '\0' ? policy : "no");
        container->health = read_health(json_string_at(root, "State.Health.Status", ""));
        g_free(container->address);
        container->address = read_address(root);
        set_text(&container->network_mode, root, "HostConfig.NetworkMode");
        read_ports(json_at(root, "NetworkSettings.Ports"), container->ports);
        read_mounts(json_object_get(root, "Mounts"), container->mounts);
        read_networks(json_at(root, "NetworkSettings.Networks"), container->networks);
        return g_steal_pointer(&container);
}

/* ---- Image, volume, engine ---- */

Image *docker_image_parse(const json_t *root, GError **error)
{
        Image *image;

        if (!expect(root, "Id", "an image", error))
                return NULL;
        image = g_new0(Image, 1);
        set_text(&image->id, root, "Id");
        image->tags = read_strings(json_object_get(root, "RepoTags"));
        image->digests = read_strings(json_object_get(root, "RepoDigests"));
        image->volumes = read_keys(json_at(root, "Config.Volumes"));
        image->exposed = read_keys(json_at(root, "Config.ExposedPorts"));
        image->tagged_wall_ns = wall_ns_at(root, "Metadata.LastTagTime");
        return image;
}

VolumeInfo *docker_volume_parse(const json_t *root, GError **error)
{
        VolumeInfo *volume;

        if (!expect(root, "Name", "a volume", error))
                return NULL;
        volume = g_new0(VolumeInfo, 1);
        set_text(&volume->name, root, "Name");
        set_text(&volume->driver, root, "Driver");
        volume->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        read_labels(json_object_get(root, "Labels"), volume->labels);
        return volume;
}

NetworkInfo *docker_network_parse(const json_t *root, GError **error)
{
        NetworkInfo *network;

        if (!expect(root, "Id", "a network", error) || !expect(root, "Name", "a network", error))
                return NULL;
        network = g_new0(NetworkInfo, 1);
        set_text(&network->id, root, "Id");
        set_text(&network->name, root, "Name");
        set_text(&network->driver, root, "Driver");
        set_text(&network->scope, root, "Scope");
        network->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        read_labels(json_object_get(root, "Labels"), network->labels);
        return network;
}

EngineInfo *docker_info_parse(const json_t *root)
{
        EngineInfo *info = g_new0(EngineInfo, 1);

        set_text(&info->version, root, "ServerVersion");
        set_text(&info->id, root, "ID");
        set_text(&info->os, root, "OSType");
        set_text(&info->architecture, root, "Architecture");
        set_text(&info->kernel, root, "KernelVersion");
        set_text(&info->root_dir, root, "DockerRootDir");
        info->is_swarm_manager = json_bool_at(root, "Swarm.ControlAvailable", false);
        info->live_restore = json_bool_at(root, "LiveRestoreEnabled", false);
        info->api_version = g_strdup("");
        info->bridge_gateway = g_strdup("");
        return info;
}

/* The first address of "172.17.0.0/16", which is what the engine gives itself; "" for nonsense */
static char *first_address(const char *subnet)
{
        g_auto(GStrv) parts = g_strsplit(subnet, "/", 2);
        struct in_addr address;
        char text[INET_ADDRSTRLEN];

        if (parts[0] == NULL || inet_pton(AF_INET, parts[0], &address) != 1)
                return g_strdup("");
        address.s_addr = htonl(ntohl(address.s_addr) + 1);
        return g_strdup(inet_ntop(AF_INET, &address, text, sizeof text));
}

char *docker_gateway_parse(const json_t *root)
{
        const json_t *config = json_at(root, "IPAM.Config");
        size_t i;
        json_t *value;

        json_array_foreach(config, i, value) {
                const char *gateway = json_string_at(value, "Gateway", "");
                const char *subnet = json_string_at(value, "Subnet", "");

                if (gateway[0] != '\0' && strchr(gateway, ':') == NULL)
                        return g_strdup(gateway);
                /* Of its default bridge the engine does not say it before its second start */
                if (gateway[0] == '\0' && strchr(subnet, ':') == NULL)
                        return first_address(subnet);
        }
        return g_strdup("");
}

bool docker_event_parse(const json_t *root, EngineEvent *ret_event, char **ret_action)
{
        const char *action = json_string_at(root, "Action", json_string_at(root, "status", ""));
        const char *detail = strchr(action, ':');
        gint64 code;

        *ret_event = (EngineEvent){ .exit_code = -1, .health = "" };
        if (!g_str_equal(json_string_at(root, "Type", "container"), "container"))
                return false;
        ret_event->id = json_string_at(root, "Actor.ID", json_string_at(root, "id", ""));
        if (ret_event->id[0] == '\0' || action[0] == '\0')
                return false;
        *ret_action = detail != NULL ? g_strndup(action, (gsize) (detail - action))
                                     : g_strdup(action);
        ret_event->action = *ret_action;
        if (detail != NULL && g_str_equal(*ret_action, "health_status"))
                ret_event->health = detail + 1 + strspn(detail + 1, " ");
        if (text_parse_int(json_string_at(json_at(root, "Actor.Attributes"), "exitCode", ""),
                           &code))
                ret_event->exit_code = (int) code;
        ret_event->wall_ns = json_int_at(root, "timeNano", 0);
        return true;
}
