#include "engine/docker/spec-json.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/docker/body.h"
#include "engine/docker/options.h"

#define CPU_SHARES_DEFAULT 1024 /* the kernel's */

/* ---- Ports ---- */

static void set_ports(Body *body, const Spec *spec)
{
        json_t *exposed = json_object();
        json_t *bindings = json_object();

        for (size_t i = 0; i < spec->n_ports; i++) {
                const SpecPort *port = &spec->ports[i];
                g_autofree char *name = g_strdup_printf("%u/%s", port->private_port,
                                                        port->proto == PROTO_UDP ? "udp" : "tcp");
                g_autofree char *number = port->public_port == 0
                                                  ? g_strdup("")
                                                  : g_strdup_printf("%u", port->public_port);
                json_t *list = json_object_get(bindings, name);

                if (list == NULL) {
                        list = json_array();
                        json_object_set_new(bindings, name, list);
                        json_object_set_new(exposed, name, json_object());
                }
                body_append(body, list, "ports",
                            json_pack("{s:s, s:s}", "HostIp",
                                      port->host_ip != NULL ? port->host_ip : "", "HostPort",
                                      number));
        }
        body_set(body, body->config, "ExposedPorts", exposed);
        body_set(body, body->host, "PortBindings", bindings);
        body_set_flag(body, body->host, "PublishAllPorts", spec->publish_all_ports);
}

/* ---- Mounts ---- */

/* "source:target:ro,z": the only form that knows SELinux labels, and that makes a missing host
 * directory on engines of every version */
static json_t *bind_text(const SpecMount *mount)
{
        g_autoptr(GString) text = g_string_new(NULL);
        char separator = ':';

        g_string_printf(text, "%s:%s", mount->source, mount->target);
#define OPTION(condition, word)                                                                    \
        do {                                                                                       \
                if (condition) {                                                                   \
                        g_string_append_c(text, separator);                                        \
                        g_string_append(text, word);                                               \
                        separator = ',';                                                           \
                }                                                                                  \
        } while (0)
        OPTION(mount->read_only, "ro");
        OPTION(mount->no_copy && mount->type == MOUNT_VOLUME, "nocopy");
        OPTION(mount->propagation != NULL && mount->propagation[0] != '\0', mount->propagation);
        OPTION(mount->selinux != NULL && mount->selinux[0] != '\0', mount->selinux);
#undef OPTION
        return json_string(text->str);
}

static bool has_subpath(const SpecMount *mount)
{
        return mount->subpath != NULL && mount->subpath[0] != '\0';
}

/* For what the other form cannot say */
static json_t *mount_object(Body *body, const SpecMount *mount)
{
        bool is_bind = mount->type == MOUNT_BIND;
        json_t *object = json_pack("{s:s, s:s, s:s, s:b}", "Type", is_bind ? "bind" : "volume",
                                   "Source", mount->source, "Target", mount->target, "ReadOnly",
                                   mount->read_only);

        if (object == NULL)
                return NULL;
        if (is_bind && mount->propagation != NULL && mount->propagation[0] != '\0')
                json_object_set_new(object, "BindOptions",
                                    json_pack("{s:s}", "Propagation", mount->propagation));
        if (!is_bind && (mount->no_copy || has_subpath(mount))) {
                json_t *options = json_pack("{s:b}", "NoCopy", mount->no_copy);

                if (has_subpath(mount)) {
                        body_needs(body, "volumes.subpath", 45);
                        body_set(body, options, "Subpath", json_string(mount->subpath));
                }
                json_object_set_new(object, "VolumeOptions", options);
        }
        return object;
}

/* Whether it must be an object: a path with a colon, a part of a volume, or a host path that the
 * engine must not make (which has no word for SELinux: the controller looks before it) */
static bool needs_object(const SpecMount *mount)
{
        bool has_selinux = mount->selinux != NULL && mount->selinux[0] != '\0';

        return strchr(mount->source, ':') != NULL || strchr(mount->target, ':') != NULL ||
               has_subpath(mount) ||
               (mount->type == MOUNT_BIND && mount->must_exist && !has_selinux);
}

static json_t *tmpfs_text(const SpecMount *mount)
{
        g_autoptr(GString) text = g_string_new(mount->read_only ? "ro" : "");

        if (mount->tmpfs_size > 0)
                g_string_append_printf(text, "%ssize=%" G_GINT64_FORMAT, text->len > 0 ? "," : "",
                                       mount->tmpfs_size);
        if (mount->tmpfs_mode != 0)
                g_string_append_printf(text, "%smode=%o", text->len > 0 ? "," : "",
                                       mount->tmpfs_mode);
        return json_string(text->str);
}

static void set_mounts(Body *body, const Spec *spec)
{
        json_t *binds = json_array();
        json_t *mounts = json_array();
        json_t *tmpfs = json_object();
        json_t *anonymous = json_object();

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if (mount->type == MOUNT_TMPFS)
                        body_set(body, tmpfs, mount->target, tmpfs_text(mount));
                else if (mount->type == MOUNT_VOLUME && mount->source[0] == '\0')
                        body_set(body, anonymous, mount->target, json_object());
                else if (needs_object(mount))
                        body_append(body, mounts, "volumes", mount_object(body, mount));
                else
                        body_append(body, binds, "volumes", bind_text(mount));
        }
        body_set(body, body->config, "Volumes", anonymous);
        body_set(body, body->host, "Binds", binds);
        body_set(body, body->host, "Mounts", mounts);
        body_set(body, body->host, "Tmpfs", tmpfs);
        body_set_texts(body, body->host, "VolumesFrom", spec->volumes_from, spec->n_volumes_from);
}

/* ---- Network ---- */

static bool is_user_network(const char *mode)
{
        static const char *const own[] = { "", "default", "bridge", "host", "none", NULL };

        return !g_strv_contains(own, mode) && !g_str_has_prefix(mode, "container:");
}

/* Links of the file's own workloads and of strangers */
static json_t *links_of(Body *body, const Spec *spec)
{
        json_t *links = body_texts(body, "links", spec->links, spec->n_links);
        g_autoptr(json_t) external = docker_options_links(body, spec);

        json_array_extend(links, external);
        return links;
}

static json_t *without_empty(json_t *object)
{
        const char *key;
        json_t *value;
        void *next;

        json_object_foreach_safe(object, next, key, value) {
                if ((json_is_array(value) && json_array_size(value) == 0) ||
                    (json_is_object(value) && json_object_size(value) == 0))
                        json_object_del(object, key);
        }
        return object;
}

/* The only network, as `network_mode` or the native keys name it */
static void set_endpoint(Body *body, const Spec *spec, const char *network)
{
        json_t *endpoint = json_object();
        json_t *ipam = json_object();

        body_set_text(body, ipam, "IPv4Address", spec->ipv4_address);
        body_set_text(body, ipam, "IPv6Address", spec->ipv6_address);
        body_set(body, endpoint, "IPAMConfig", ipam);
        body_set_texts(body, endpoint, "Aliases", spec->network_aliases, spec->n_network_aliases);
        if (is_user_network(network))
                body_set(body, endpoint, "Links", links_of(body, spec));
        without_empty(endpoint);
        if (json_object_size(endpoint) > 0)
                body_set(body, body->networking, "EndpointsConfig",
                         json_pack("{s:O}", network, endpoint));
        json_decref(endpoint);
}

static json_t *network_endpoint(Body *body, const Spec *spec, const SpecNetwork *network)
{
        json_t *endpoint = json_object(), *ipam = json_object(), *options = json_object();

        body_set_text(body, ipam, "IPv4Address", network->ipv4_address);
        body_set_text(body, ipam, "IPv6Address", network->ipv6_address);
        body_set_texts(body, ipam, "LinkLocalIPs", network->link_local_ips,
                       network->n_link_local_ips);
        body_set(body, endpoint, "IPAMConfig", ipam);
        body_set_texts(body, endpoint, "Aliases", network->aliases, network->n_aliases);
        body_set(body, endpoint, "Links", links_of(body, spec));
        body_put_pairs(body, options, "networks.driver_opts", network->driver_opts,
                       network->n_driver_opts);
        body_set(body, endpoint, "DriverOpts", options);
        if (network->gateway_priority != 0) {
                body_needs(body, "networks.gw_priority", 48);
                body_set(body, endpoint, "GwPriority", json_integer(network->gateway_priority));
        }
        return without_empty(endpoint);
}

/* Its address on the first network is the container's own to engines of every version */
static void set_mac(Body *body, json_t *endpoint, const SpecNetwork *network, bool is_first)
{
        if (network->mac_address == NULL || network->mac_address[0] == '\0')
                return;
        if (is_first) {
                body_set_text(body, body->config, "MacAddress", network->mac_address);
                return;
        }
        body_needs(body, "networks.mac_address", 44);
        body_set_text(body, endpoint, "MacAddress", network->mac_address);
}

static json_t *networks_of(Body *body, const Spec *spec)
{
        json_t *networks = json_array();

        for (size_t i = 0; i < spec->n_networks; i++) {
                const SpecNetwork *network = &spec->networks[i];
                json_t *endpoint = network_endpoint(body, spec, network);

                set_mac(body, endpoint, network, i == 0);
                body_append(body, networks, "networks",
                            json_pack("{s:s, s:o}", "name", network->name, "endpoint", endpoint));
        }
        return networks;
}

static void set_hosts(Body *body, const Spec *spec)
{
        json_t *hosts = json_array();

        for (size_t i = 0; i < spec->n_extra_hosts; i++)
                body_append(body, hosts, "extra_hosts",
                            json_sprintf("%s:%s", spec->extra_hosts[i].hostname,
                                         spec->extra_hosts[i].address));
        body_set(body, body->host, "ExtraHosts", hosts);
}

static void set_network_mode(Body *body, const Spec *spec)
{
        const char *mode = spec->network_mode;
        g_autoptr(json_t) links = links_of(body, spec);

        body_set_text(body, body->host, "NetworkMode", mode);
        if (!is_user_network(mode) && json_array_size(links) > 0)
                body_set(body, body->host, "Links", json_incref(links));
        set_endpoint(body, spec,
                     mode[0] != '\0' && !g_str_equal(mode, "default") ? mode : "bridge");
}

/* ---- Limits and the rest ---- */

static json_t *restart_object(const Spec *spec)
{
        return json_pack(
                "{s:s, s:I}", "Name", restart_policy_to_string(spec->restart), "MaximumRetryCount",
                (json_int_t) (spec->restart == RESTART_ON_FAILURE ? spec->restart_max : 0));
}

static void set_limits(Body *body, const Spec *spec)
{
        json_t *ulimits = json_array();

        for (size_t i = 0; i < spec->n_ulimits; i++)
                body_append(body, ulimits, "ulimits",
                            json_pack("{s:s, s:I, s:I}", "Name", spec->ulimits[i].name, "Soft",
                                      (json_int_t) spec->ulimits[i].soft, "Hard",
                                      (json_int_t) spec->ulimits[i].hard));
        body_set(body, body->host, "Ulimits", ulimits);
        body_set_int(body, body->host, "Memory", spec->memory);
        body_set_int(body, body->host, "MemorySwap", spec->memory_swap);
        body_set_int(body, body->host, "CpuShares", spec->cpu_shares);
        body_set_int(body, body->host, "ShmSize", spec->shm_size);
        body_set_flag(body, body->host, "OomKillDisable", spec->oom_kill_disable);
}

static void set_health(Body *body, const Spec *spec)
{
        const SpecHealth *health = &spec->health;
        json_t *check;

        if (!health->is_set)
                return;
        if (health->is_disabled) {
                body_set(body, body->config, "Healthcheck", json_pack("{s:[s]}", "Test", "NONE"));
                return;
        }
        check = json_object();
        body_set_texts(body, check, "Test", health->test, health->n_test);
        body_set_int(body, check, "Interval", health->interval_us * NS_PER_US);
        body_set_int(body, check, "Timeout", health->timeout_us * NS_PER_US);
        body_set_int(body, check, "StartPeriod", health->start_period_us * NS_PER_US);
        body_set_int(body, check, "Retries", health->retries);
        if (health->start_interval_us != 0) {
                body_needs(body, "healthcheck.start_interval", 44);
                body_set_int(body, check, "StartInterval", health->start_interval_us * NS_PER_US);
        }
        body_set(body, body->config, "Healthcheck", check);
}

static void set_security(Body *body, const Spec *spec)
{
        body_set_flag(body, body->host, "Privileged", spec->privileged);
        body_set_flag(body, body->host, "ReadonlyRootfs", spec->readonly_rootfs);
        body_set_text(body, body->host, "PidMode", spec->pid_mode);
        body_set_texts(body, body->host, "CapAdd", spec->cap_add, spec->n_cap_add);
        body_set_texts(body, body->host, "SecurityOpt", spec->security_opt, spec->n_security_opt);
}

static void set_log(Body *body, const Spec *spec)
{
        json_t *log = json_object();
        json_t *options = json_object();

        body_set_text(body, log, "Type", spec->log_driver);
        body_put_pairs(body, options, "log_options", spec->log_options, spec->n_log_options);
        body_set(body, log, "Config", options);
        body_set(body, body->host, "LogConfig", log);
}

static void set_labels(Body *body, const Spec *spec, const char *const *labels)
{
        json_t *all = json_object();

        body_put_pairs(body, all, "labels", spec->labels, spec->n_labels);
        if (labels != NULL)
                body_put_pairs(body, all, "labels", labels, g_strv_length((char **) labels));
        body_set(body, body->config, "Labels", all);
}

static void set_process(Body *body, const Spec *spec)
{
        body_set(body, body->config, "Image", json_string(spec->image));
        body_set_text(body, body->config, "Hostname", spec->hostname);
        body_set_text(body, body->config, "User", spec->user);
        body_set_flag(body, body->config, "Tty", spec->tty);
        body_set_flag(body, body->config, "OpenStdin", spec->stdin_open);
        body_set_text(body, body->config, "WorkingDir", spec->working_dir);
        body_set_text(body, body->config, "StopSignal", spec->stop_signal);
        body_set_texts(body, body->config, "Env", spec->env, spec->n_env);
        /* Given but empty is not the same as not given: it takes away the image's */
        if (spec->has_cmd)
                body_set(body, body->config, "Cmd",
                         body_texts(body, "cmd", spec->cmd, spec->n_cmd));
        if (spec->has_entrypoint)
                body_set(body, body->config, "Entrypoint",
                         body_texts(body, "entrypoint", spec->entrypoint, spec->n_entrypoint));
        if (spec->stop_timeout_s >= 0)
                body_set(body, body->config, "StopTimeout", json_integer(spec->stop_timeout_s));
}

bool docker_create_body(const Spec *spec, const char *const *labels, DockerCreate *ret_create,
                        GError **error)
{
        g_auto(Body) body = { .config = json_object(),
                              .host = json_object(),
                              .networking = json_object() };
        g_auto(DockerCreate) create = { .body = body.config };

        set_process(&body, spec);
        set_labels(&body, spec, labels);
        set_ports(&body, spec);
        set_mounts(&body, spec);
        set_hosts(&body, spec);
        if (spec->n_networks == 0)
                set_network_mode(&body, spec);
        create.networks = networks_of(&body, spec);
        set_limits(&body, spec);
        set_security(&body, spec);
        set_health(&body, spec);
        set_log(&body, spec);
        docker_options_put(&body, spec);
        body_set(&body, body.host, "RestartPolicy", restart_object(spec));
        body_set(&body, body.config, "HostConfig", body.host);
        body_set(&body, body.config, "NetworkingConfig", body.networking);
        create.newest = body.newest;
        create.newest_key = g_steal_pointer(&body.newest_key);
        if (!body_check(&body, error))
                return false;
        *ret_create = create;
        create = (DockerCreate){ 0 };
        return true;
}

void docker_create_clear(DockerCreate *create)
{
        g_clear_pointer(&create->body, json_decref);
        g_clear_pointer(&create->networks, json_decref);
        g_clear_pointer(&create->newest_key, g_free);
}

json_t *docker_update_body(const Spec *spec, GError **error)
{
        g_autoptr(json_t) object = json_object();
        g_auto(Body) body = { .config = object, .host = object };
        int64_t memory;

        body_set(&body, object, "RestartPolicy", restart_object(spec));
        if (spec->image[0] == '\0')
                return g_steal_pointer(&object);
        /* To the engine 0 is "leave it as it is": what it means on create is sent instead */
        body_set_int(&body, object, "Memory", spec->memory);
        body_set_int(&body, object, "CpuShares",
                     spec->cpu_shares != 0 ? spec->cpu_shares : CPU_SHARES_DEFAULT);
        docker_options_put_limits(&body, spec);
        memory = json_int_at(object, "Memory", 0);
        if (memory > 0)
                body_set_int(&body, object, "MemorySwap",
                             spec->memory_swap != 0 ? spec->memory_swap : 2 * memory);
        return body_check(&body, error) ? g_steal_pointer(&object) : NULL;
}
