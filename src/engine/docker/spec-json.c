#include "engine/docker/spec-json.h"

#include <string.h>

#define CPU_SHARES_DEFAULT 1024 /* the kernel's */

/* The object under construction, and the first thing that was wrong with it */
typedef struct Body {
        json_t *config, *host, *networking;
        const char *bad_field; /* NULL: all well */
} Body;

static void set_new(Body *body, json_t *object, const char *key, json_t *value)
{
        if (value == NULL || json_object_set_new(object, key, value) < 0)
                body->bad_field = body->bad_field != NULL ? body->bad_field : key;
}

static void append_new(Body *body, json_t *array, const char *field, json_t *value)
{
        if (value == NULL || json_array_append_new(array, value) < 0)
                body->bad_field = body->bad_field != NULL ? body->bad_field : field;
}

static void set_text(Body *body, json_t *object, const char *key, const char *text)
{
        if (text != NULL && text[0] != '\0')
                set_new(body, object, key, json_string(text));
}

static void set_int(Body *body, json_t *object, const char *key, int64_t value)
{
        if (value != 0)
                set_new(body, object, key, json_integer(value));
}

static void set_flag(Body *body, json_t *object, const char *key, bool value)
{
        if (value)
                set_new(body, object, key, json_true());
}

static json_t *texts(Body *body, const char *field, const char *const *items, size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++)
                append_new(body, array, field, json_string(items[i]));
        return array;
}

static void set_texts(Body *body, json_t *object, const char *key, const char *const *items,
                      size_t n)
{
        if (n > 0)
                set_new(body, object, key, texts(body, key, items, n));
}

/* `key=value` texts as the members of an object */
static void put_pairs(Body *body, json_t *object, const char *field, const char *const *pairs,
                      size_t n)
{
        for (size_t i = 0; i < n; i++) {
                size_t len = strcspn(pairs[i], "=");
                g_autofree char *key = g_strndup(pairs[i], len);
                json_t *value = json_string(pairs[i] + len + (pairs[i][len] == '='));

                if (value == NULL || json_object_set_new(object, key, value) < 0)
                        body->bad_field = body->bad_field != NULL ? body->bad_field : field;
        }
}

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
                append_new(body, list, "ports",
                           json_pack("{s:s, s:s}", "HostIp",
                                     port->host_ip != NULL ? port->host_ip : "", "HostPort",
                                     number));
        }
        set_new(body, body->config, "ExposedPorts", exposed);
        set_new(body, body->host, "PortBindings", bindings);
        set_flag(body, body->host, "PublishAllPorts", spec->publish_all_ports);
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

/* For paths with a colon, which the other form cannot hold */
static json_t *mount_object(const SpecMount *mount)
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
        if (!is_bind && mount->no_copy)
                json_object_set_new(object, "VolumeOptions", json_pack("{s:b}", "NoCopy", true));
        return object;
}

static void set_mounts(Body *body, const Spec *spec)
{
        json_t *binds = json_array();
        json_t *mounts = json_array();
        json_t *tmpfs = json_object();

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if (mount->type == MOUNT_TMPFS)
                        set_new(body, tmpfs, mount->target,
                                json_string(mount->read_only ? "ro" : ""));
                else if (strchr(mount->source, ':') != NULL || strchr(mount->target, ':') != NULL)
                        append_new(body, mounts, "volumes", mount_object(mount));
                else
                        append_new(body, binds, "volumes", bind_text(mount));
        }
        set_new(body, body->host, "Binds", binds);
        set_new(body, body->host, "Mounts", mounts);
        set_new(body, body->host, "Tmpfs", tmpfs);
        set_texts(body, body->host, "VolumesFrom", spec->volumes_from, spec->n_volumes_from);
}

/* ---- Network ---- */

static bool is_user_network(const char *mode)
{
        static const char *const own[] = { "", "default", "bridge", "host", "none", NULL };

        return !g_strv_contains(own, mode) && !g_str_has_prefix(mode, "container:");
}

static void set_endpoint(Body *body, const Spec *spec, const char *network)
{
        json_t *endpoint = json_object();
        json_t *ipam = json_object();

        set_text(body, ipam, "IPv4Address", spec->ipv4_address);
        set_text(body, ipam, "IPv6Address", spec->ipv6_address);
        if (json_object_size(ipam) > 0)
                json_object_set(endpoint, "IPAMConfig", ipam);
        json_decref(ipam);
        set_texts(body, endpoint, "Aliases", spec->network_aliases, spec->n_network_aliases);
        if (is_user_network(network))
                set_texts(body, endpoint, "Links", spec->links, spec->n_links);
        if (json_object_size(endpoint) > 0) {
                json_t *endpoints = json_object();

                set_new(body, endpoints, network, json_incref(endpoint));
                set_new(body, body->networking, "EndpointsConfig", endpoints);
        }
        json_decref(endpoint);
}

static void set_network(Body *body, const Spec *spec)
{
        const char *mode = spec->network_mode;
        json_t *hosts = json_array();

        for (size_t i = 0; i < spec->n_extra_hosts; i++)
                append_new(body, hosts, "extra_hosts",
                           json_sprintf("%s:%s", spec->extra_hosts[i].hostname,
                                        spec->extra_hosts[i].address));
        set_new(body, body->host, "ExtraHosts", hosts);
        set_text(body, body->host, "NetworkMode", mode);
        if (!is_user_network(mode))
                set_texts(body, body->host, "Links", spec->links, spec->n_links);
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
                append_new(body, ulimits, "ulimits",
                           json_pack("{s:s, s:I, s:I}", "Name", spec->ulimits[i].name, "Soft",
                                     (json_int_t) spec->ulimits[i].soft, "Hard",
                                     (json_int_t) spec->ulimits[i].hard));
        set_new(body, body->host, "Ulimits", ulimits);
        set_int(body, body->host, "Memory", spec->memory);
        set_int(body, body->host, "MemorySwap", spec->memory_swap);
        set_int(body, body->host, "CpuShares", spec->cpu_shares);
        set_int(body, body->host, "ShmSize", spec->shm_size);
        set_flag(body, body->host, "OomKillDisable", spec->oom_kill_disable);
}

static void set_security(Body *body, const Spec *spec)
{
        set_flag(body, body->host, "Privileged", spec->privileged);
        set_flag(body, body->host, "ReadonlyRootfs", spec->readonly_rootfs);
        set_text(body, body->host, "PidMode", spec->pid_mode);
        set_texts(body, body->host, "CapAdd", spec->cap_add, spec->n_cap_add);
        set_texts(body, body->host, "SecurityOpt", spec->security_opt, spec->n_security_opt);
}

static void set_log(Body *body, const Spec *spec)
{
        json_t *log = json_object();
        json_t *options = json_object();

        set_text(body, log, "Type", spec->log_driver);
        put_pairs(body, options, "log_options", spec->log_options, spec->n_log_options);
        set_new(body, log, "Config", options);
        set_new(body, body->host, "LogConfig", log);
}

static void set_labels(Body *body, const Spec *spec, const char *const *labels)
{
        json_t *all = json_object();

        put_pairs(body, all, "labels", spec->labels, spec->n_labels);
        if (labels != NULL)
                put_pairs(body, all, "labels", labels, g_strv_length((char **) labels));
        set_new(body, body->config, "Labels", all);
}

static void set_process(Body *body, const Spec *spec)
{
        set_new(body, body->config, "Image", json_string(spec->image));
        set_text(body, body->config, "Hostname", spec->hostname);
        set_text(body, body->config, "User", spec->user);
        set_flag(body, body->config, "Tty", spec->tty);
        set_texts(body, body->config, "Env", spec->env, spec->n_env);
        /* Given but empty is not the same as not given: it takes away the image's */
        if (spec->has_cmd)
                set_new(body, body->config, "Cmd", texts(body, "cmd", spec->cmd, spec->n_cmd));
        if (spec->has_entrypoint)
                set_new(body, body->config, "Entrypoint",
                        texts(body, "entrypoint", spec->entrypoint, spec->n_entrypoint));
        if (spec->stop_timeout_s >= 0)
                set_new(body, body->config, "StopTimeout", json_integer(spec->stop_timeout_s));
}

json_t *docker_create_body(const Spec *spec, const char *const *labels, GError **error)
{
        Body body = { json_object(), json_object(), json_object(), NULL };

        set_process(&body, spec);
        set_labels(&body, spec, labels);
        set_ports(&body, spec);
        set_mounts(&body, spec);
        set_network(&body, spec);
        set_limits(&body, spec);
        set_security(&body, spec);
        set_log(&body, spec);
        set_new(&body, body.host, "RestartPolicy", restart_object(spec));
        set_new(&body, body.config, "HostConfig", body.host);
        set_new(&body, body.config, "NetworkingConfig", body.networking);
        if (body.bad_field == NULL)
                return body.config;
        g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST,
                    "%s: not UTF-8; the engine takes nothing else", body.bad_field);
        json_decref(body.config);
        return NULL;
}

json_t *docker_update_body(const Spec *spec)
{
        json_t *object = json_object();
        Body body = { .config = object, .host = object };

        set_new(&body, object, "RestartPolicy", restart_object(spec));
        if (spec->image[0] == '\0')
                return object;
        /* To the engine 0 is "leave it as it is": what it means on create is sent instead */
        set_int(&body, object, "Memory", spec->memory);
        if (spec->memory > 0)
                set_int(&body, object, "MemorySwap",
                        spec->memory_swap != 0 ? spec->memory_swap : 2 * spec->memory);
        set_int(&body, object, "CpuShares",
                spec->cpu_shares != 0 ? spec->cpu_shares : CPU_SHARES_DEFAULT);
        return object;
}
