/*
 * What joins a container to the world: ports, mounts, networks
 */

#include <string.h>

#include "format/compose/builder.h"
#include "format/compose/values.h"

/* ---- Ports ---- */

typedef struct PortRange {
        unsigned first, last; /* 0: not said */
} PortRange;

/* `8080`, `8000-8010` */
static bool parse_range(const char *text, PortRange *ret)
{
        char *end;
        guint64 first, last;

        *ret = (PortRange){ 0 };
        if (text == NULL || text[0] == '\0')
                return true;
        first = last = g_ascii_strtoull(text, &end, 10);
        if (*end == '-')
                last = g_ascii_strtoull(end + 1, &end, 10);
        if (*end != '\0' || first > 65535 || last > 65535 || last < first)
                return false;
        *ret = (PortRange){ first, last };
        return true;
}

/* On one host each replica has a host port of its own, the next of the range; where the range is
 * too short it has none, and is reached by the service's name. */
static uint16_t public_port(Builder *b, const Service *service, unsigned replica,
                            const ComposeNode *item, const Path *path, PortRange range)
{
        if (range.first == 0 || is_for_swarm(b) || range.first + replica <= range.last)
                return range.first == 0 ? 0 : range.first + (is_for_swarm(b) ? 0 : replica);
        if (replica == range.last - range.first + 1)
                builder_report(b, "shared-port", item, path,
                               "%u replicas of `%s` on one host, and %u host %s: the others have "
                               "none; a range as `%u-%u` gives each its own",
                               service->n, service->name, replica, replica == 1 ? "port" : "ports",
                               range.first, range.first + service->n - 1);
        return 0;
}

static void attach_port(Builder *b, const Service *service, unsigned replica,
                        const ComposeNode *item, const Path *path, Spec *spec)
{
        const char *proto = compose_text(item, "protocol", "tcp");
        const char *mode = compose_text(item, "mode", "ingress");
        int64_t target = read_int(item, "target", 0);
        SpecPort *port = &spec->ports[spec->n_ports];
        bool was_published;
        PortRange range;

        if (target < 1 || target > 65535 ||
            !parse_range(compose_text(item, "published", NULL), &range)) {
                builder_report(b, "bad-port", item, path, "not a port from 1 to 65535");
                return;
        }
        if (g_ascii_strcasecmp(proto, "tcp") != 0 && g_ascii_strcasecmp(proto, "udp") != 0) {
                builder_report(b, "engine-cannot", item, path,
                               "ports of protocol `%s` can't be published; tcp and udp can", proto);
                return;
        }
        if (is_for_swarm(b) && compose_text(item, "host_ip", "")[0] != '\0' &&
            strcmp(compose_text(item, "host_ip", ""), "0.0.0.0") != 0)
                builder_report(b, "engine-cannot", item, path,
                               "a Swarm publishes on every address of a node, not on %s alone",
                               compose_text(item, "host_ip", ""));
        was_published = range.first != 0;
        *port = (SpecPort){
                .private_port = target,
                .public_port = public_port(b, service, replica, item, path, range),
                .host_ip = arena_strdup(spec->arena, compose_text(item, "host_ip", "")),
                .proto = g_ascii_strcasecmp(proto, "udp") == 0 ? PROTO_UDP : PROTO_TCP,
                .is_host_mode = strcmp(mode, "host") == 0,
        };
        if (was_published && port->public_port == 0)
                return; /* not a random one instead */
        spec->n_ports++;
}

void attach_ports(Builder *b, const Service *service, unsigned replica, Spec *spec)
{
        const ComposeNode *list = compose_get(service->node, "ports");
        Path ports = { &service->path, "ports", 0 };
        size_t n = node_is_list(list) ? list->n_items : 0;

        spec->ports = arena_new0(spec->arena, SpecPort, n);
        for (size_t i = 0; i < n; i++) {
                Path path = { &ports, NULL, i };

                attach_port(b, service, replica, list->items[i], &path, spec);
        }
}

/* ---- Mounts ---- */

static SpecMount *add_mount(Spec *spec, MountType type, const char *source, const char *target)
{
        SpecMount *mount = &spec->mounts[spec->n_mounts++];

        *mount = (SpecMount){ .type = type,
                              .source = arena_strdup(spec->arena, source),
                              .target = arena_strdup(spec->arena, target),
                              .propagation = "",
                              .selinux = "",
                              .create_owner = -1 };
        return mount;
}

static unsigned read_mode(const ComposeNode *map, const char *key, unsigned fallback)
{
        const ComposeNode *node = compose_get(map, key);
        const char *text = node_text(node);
        char *end;
        guint64 mode;
        gint64 number;

        if (text == NULL || text[0] == '\0')
                return fallback;
        /* A number is written in whatever base; in quotes it is octal. */
        if (node->type == COMPOSE_NUMBER)
                return value_parse_yaml_int(text, &number) ? number & 07777 : fallback;
        mode = g_ascii_strtoull(g_str_has_prefix(text, "0o") ? text + 2 : text, &end, 8);
        return *end == '\0' ? mode & 07777 : fallback;
}

/* Without a name, each replica has its own, and keeps it when it is replaced. */
static const char *anonymous_volume(Builder *b, const Service *service, unsigned replica,
                                    const char *target, Spec *spec)
{
        g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, target, -1);

        if (is_for_swarm(b))
                return ""; /* the nodes' own business */
        return replica == 0 ? arena_printf(spec->arena, "%s_%s_%.8s", b->document->name,
                                           service->name, hash)
                            : arena_printf(spec->arena, "%s_%s-%u_%.8s", b->document->name,
                                           service->name, replica + 1, hash);
}

static void attach_bind(Builder *b, const ComposeNode *item, const Path *path, const char *source,
                        const char *target, Spec *spec)
{
        const ComposeNode *bind = compose_get(item, "bind");
        SpecMount *mount = add_mount(spec, MOUNT_BIND, source, target);

        if (is_for_swarm(b) && compose_text(bind, "selinux", "")[0] != '\0')
                builder_report(b, "engine-cannot", item, path,
                               "a Swarm does not label mounts for SELinux");

        mount->propagation = arena_strdup(spec->arena, compose_text(bind, "propagation", ""));
        mount->selinux = arena_strdup(spec->arena, compose_text(bind, "selinux", ""));
        mount->must_exist = !read_flag(bind, "create_host_path", true);
        mount->read_only = read_flag(item, "read_only", false);
}

static void attach_volume(Builder *b, const Service *service, unsigned replica,
                          const ComposeNode *item, const char *source, const char *target,
                          Spec *spec)
{
        const ComposeNode *volume = compose_get(item, "volume");
        const Resource *resource = builder_resource(b, RESOURCE_VOLUME, source);
        bool is_named = source[0] != '\0';
        SpecMount *mount = add_mount(spec, MOUNT_VOLUME,
                                     resource != NULL ? resource->name
                                     : is_named
                                             ? source
                                             : anonymous_volume(b, service, replica, target, spec),
                                     target);
        const char *subpath = compose_text(volume, "subpath", NULL);

        mount->is_implicit = !is_named;
        mount->no_copy = read_flag(volume, "nocopy", false);
        mount->subpath = arena_strdup(spec->arena, subpath);
        mount->read_only = read_flag(item, "read_only", false);
}

static void attach_mount(Builder *b, const Service *service, unsigned replica,
                         const ComposeNode *item, const Path *path, Spec *spec)
{
        const char *type = compose_text(item, "type", "volume");
        const char *source = compose_text(item, "source", "");
        const char *target = compose_text(item, "target", "");
        const ComposeNode *tmpfs = compose_get(item, "tmpfs");

        if (strcmp(type, "bind") == 0) {
                attach_bind(b, item, path, source, target, spec);
        } else if (strcmp(type, "volume") == 0) {
                attach_volume(b, service, replica, item, source, target, spec);
        } else if (strcmp(type, "tmpfs") == 0) {
                SpecMount *mount = add_mount(spec, MOUNT_TMPFS, "", target);

                mount->tmpfs_size = MAX(read_bytes(tmpfs, "size"), 0);
                mount->tmpfs_mode = read_mode(tmpfs, "mode", 0);
                mount->read_only = read_flag(item, "read_only", false);
        } else {
                builder_report(b, "engine-cannot", item, path,
                               "mounts of type `%s` can't be made; bind, volume and tmpfs can",
                               type);
        }
}

/* `tmpfs: /run:size=64m,mode=1777`, where no more can be said of it than a mount has */
static void attach_tmpfs(Builder *b, const ComposeNode *item, const Path *path, Spec *spec)
{
        g_auto(GStrv) parts = g_strsplit(item->text, ":", 2);
        g_auto(GStrv) options = g_strsplit(parts[1] == NULL ? "" : parts[1], ",", -1);
        SpecMount *mount = add_mount(spec, MOUNT_TMPFS, "", parts[0]);

        for (char **option = options; *option != NULL; option++) {
                gint64 size;

                if (g_str_has_prefix(*option, "size=") &&
                    value_parse_bytes(*option + strlen("size="), &size))
                        mount->tmpfs_size = size;
                else if (g_str_has_prefix(*option, "mode="))
                        mount->tmpfs_mode = g_ascii_strtoull(*option + strlen("mode="), NULL, 8) &
                                            07777;
                else if (strcmp(*option, "ro") == 0)
                        mount->read_only = true;
                else if ((*option)[0] != '\0' && strcmp(*option, "rw") != 0)
                        builder_report(b, "engine-ignores", item, path,
                                       "the option `%s` of a tmpfs has no effect; size and mode "
                                       "have",
                                       *option);
        }
}

void attach_mounts(Builder *b, const Service *service, unsigned replica, Spec *spec)
{
        const ComposeNode *volumes = compose_get(service->node, "volumes");
        const ComposeNode *tmpfs = compose_get(service->node, "tmpfs");
        Path in_volumes = { &service->path, "volumes", 0 }, in_tmpfs = { &service->path, "tmpfs" };
        size_t n_volumes = node_is_list(volumes) ? volumes->n_items : 0;
        size_t n_tmpfs = node_is_list(tmpfs) && is_for_swarm(b) ? tmpfs->n_items : 0;

        spec->mounts = arena_new0(spec->arena, SpecMount, n_volumes + n_tmpfs + 1);
        for (size_t i = 0; i < n_volumes; i++) {
                Path path = { &in_volumes, NULL, i };

                attach_mount(b, service, replica, volumes->items[i], &path, spec);
        }
        for (size_t i = 0; i < n_tmpfs; i++) {
                Path path = { &in_tmpfs, NULL, i };

                if (node_text(tmpfs->items[i]) != NULL)
                        attach_tmpfs(b, tmpfs->items[i], &path, spec);
        }
        if (is_for_swarm(b) && n_tmpfs == 0 && node_text(tmpfs) != NULL)
                attach_tmpfs(b, tmpfs, &in_tmpfs, spec);
}

/* ---- Networks ---- */

typedef struct Join {
        const ComposePair *pair;
        int64_t priority;
} Join;

/* The one of the highest priority is joined first; among equals the alphabet decides. */
static int compare_joins(const void *a, const void *b)
{
        const Join *one = a, *two = b;

        if (one->priority != two->priority)
                return one->priority > two->priority ? -1 : 1;
        return strcmp(one->pair->key, two->pair->key);
}

/* The service's name comes first: it is what the others know. */
static void add_aliases(const Service *service, const ComposeNode *node, Spec *spec,
                        SpecNetwork *network)
{
        size_t n;
        const char *const *more = read_texts(spec->arena, compose_get(node, "aliases"), &n);
        const char **aliases = arena_new0(spec->arena, const char *, n + 2);

        aliases[network->n_aliases++] = arena_strdup(spec->arena, service->name);
        for (size_t i = 0; i < n; i++) {
                if (!g_strv_contains(aliases, more[i]))
                        aliases[network->n_aliases++] = more[i];
        }
        network->aliases = aliases;
}

/* The name of the interface travels as an option of the driver, as in the reference. */
static void add_driver_opts(const ComposeNode *node, Spec *spec, SpecNetwork *network)
{
        const char *interface = compose_text(node, "interface_name", NULL);
        size_t n;
        const char *const *own = read_pairs(spec->arena, compose_get(node, "driver_opts"), &n);
        const char **opts;

        network->driver_opts = own;
        network->n_driver_opts = n;
        if (interface == NULL)
                return;
        opts = arena_new0(spec->arena, const char *, n + 2);
        for (size_t i = 0; i < n; i++)
                opts[i] = own[i];
        opts[n] = arena_printf(spec->arena, "com.docker.network.endpoint.ifname=%s", interface);
        network->driver_opts = opts;
        network->n_driver_opts = n + 1;
}

/* Tasks come and go, so that none has an address of its own. */
static void check_addresses(Builder *b, const Service *service, const ComposeNode *node)
{
        static const char *const keys[] = { "ipv4_address", "ipv6_address", "mac_address",
                                            "link_local_ips" };
        Path path = { &service->path, "networks", 0 };

        for (size_t i = 0; i < G_N_ELEMENTS(keys) && is_for_swarm(b); i++) {
                const ComposeNode *value = compose_get(node, keys[i]);

                if (value != NULL && value->type != COMPOSE_NULL)
                        builder_report(b, "engine-cannot", value, &path,
                                       "`%s`: tasks of a Swarm have no fixed addresses", keys[i]);
        }
}

static void join_network(Builder *b, const Service *service, const ComposePair *pair, Spec *spec)
{
        const Resource *resource = builder_resource(b, RESOURCE_NETWORK, pair->key);
        const ComposeNode *node = pair->value;
        SpecNetwork *network = &spec->networks[spec->n_networks++];
        size_t n;

        check_addresses(b, service, node);
        network->name = resource != NULL
                                ? arena_strdup(spec->arena, resource->name)
                                : arena_printf(spec->arena, "%s_%s", b->document->name, pair->key);
        add_aliases(service, node, spec, network);
        add_driver_opts(node, spec, network);
        network->link_local_ips = read_texts(spec->arena, compose_get(node, "link_local_ips"), &n);
        network->n_link_local_ips = n;
        network->ipv4_address = arena_strdup(spec->arena, compose_text(node, "ipv4_address", ""));
        network->ipv6_address = arena_strdup(spec->arena, compose_text(node, "ipv6_address", ""));
        network->mac_address = arena_strdup(spec->arena, compose_text(node, "mac_address", ""));
        network->gateway_priority = read_int(node, "gw_priority", 0);
}

void attach_networks(Builder *b, const Service *service, Spec *spec)
{
        const ComposeNode *map = compose_get(service->node, "networks");
        size_t n = node_is_map(map) ? map->n_pairs : 0;
        g_autofree Join *joins = g_new0(Join, n + 1);
        const char *mac = compose_text(service->node, "mac_address", "");

        if (node_text(compose_get(service->node, "network_mode")) != NULL)
                return;
        for (size_t i = 0; i < n; i++)
                joins[i] = (Join){ &map->pairs[i], read_int(map->pairs[i].value, "priority", 0) };
        if (n > 1)
                qsort(joins, n, sizeof *joins, compare_joins);
        spec->networks = arena_new0(spec->arena, SpecNetwork, n);
        for (size_t i = 0; i < n; i++)
                join_network(b, service, joins[i].pair, spec);
        if (mac[0] != '\0' && n > 0 && !is_for_swarm(b) && spec->networks[0].mac_address[0] == '\0')
                spec->networks[0].mac_address = arena_strdup(spec->arena, mac);
}
