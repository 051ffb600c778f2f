#include "engine/docker/options.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define NANO 1000000000.0

typedef enum Place {
        IN_HOST,
        IN_CONFIG,
} Place;

typedef struct OptionRow OptionRow;
struct OptionRow {
        const char *key; /* of a service */
        Place place;
        const char *field; /* of the engine's request */
        void (*convert)(Body *body, json_t *object, const OptionRow *row, const json_t *value);
        unsigned since; /* API 1.N; 0: all that we speak to */
        bool is_limit;  /* can be changed in place */
};

/* ---- Converters ---- */

static void text(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        const char *read = body_read_text(body, row->key, value);

        if (read != NULL)
                body_set(body, object, row->field, json_string(read));
}

static void number(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        int64_t read;

        if (body_read_int(body, row->key, value, &read))
                body_set(body, object, row->field, json_integer(read));
}

/* What Compose knows with a fraction and the engine without */
static void rounded(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        double read;

        if (body_read_decimal(body, row->key, value, &read))
                body_set(body, object, row->field, json_integer((json_int_t) (read + 0.5)));
}

static void size(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        int64_t read;

        if (body_read_size(body, row->key, value, &read))
                body_set(body, object, row->field, json_integer(read));
}

static void nano_cpus(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        double read;

        if (!body_read_decimal(body, row->key, value, &read))
                return;
        if (read < 0 || read > 1e6)
                body_wrong(body, row->key, "not a number of CPUs");
        else if (read > 0)
                body_set(body, object, row->field, json_integer((json_int_t) (read * NANO + 0.5)));
}

static void flag(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        bool read;

        if (body_read_bool(body, row->key, value, &read))
                body_set(body, object, row->field, json_boolean(read));
}

static void list(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        json_t *texts = body_read_texts(body, row->key, value);
        json_t *there = json_object_get(object, row->field);

        if (there != NULL)
                json_array_extend(there, texts);
        else
                body_set(body, object, row->field, json_incref(texts));
        json_decref(texts);
}

static void pairs(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        body_set(body, object, row->field, body_read_pairs(body, row->key, value));
}

/* Microseconds, or "10ms" */
static void microseconds(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        static const struct {
                const char *unit;
                double us;
        } units[] = { { "", 1 }, { "us", 1 }, { "µs", 1 }, { "ms", 1e3 }, { "s", 1e6 } };
        char *unit;
        double read;

        if (!json_is_string(value)) {
                number(body, object, row, value);
                return;
        }
        read = g_ascii_strtod(json_string_value(value), &unit);
        for (size_t i = 0; unit != json_string_value(value) && i < G_N_ELEMENTS(units); i++) {
                if (strcmp(unit, units[i].unit) == 0) {
                        body_set(body, object, row->field,
                                 json_integer((json_int_t) (read * units[i].us + 0.5)));
                        return;
                }
        }
        body_wrong(body, row->key, "neither microseconds nor a duration: %s",
                   json_string_value(value));
}

/* The key says nothing about the container that an engine makes */
static void nothing(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
}

static void impossible(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        if (!json_is_null(value) && !json_is_false(value))
                body_wrong(body, row->key, "%s", row->field);
}

/* "80", "80/udp", "3000-3005/tcp" */
static void expose(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        g_autoptr(json_t) texts = body_read_texts(body, row->key, value);
        json_t *exposed = json_object_get(object, row->field);
        size_t i;
        json_t *item;

        if (exposed == NULL) {
                exposed = json_object();
                json_object_set_new(object, row->field, exposed);
        }
        json_array_foreach(texts, i, item) {
                g_auto(GStrv) halves = g_strsplit(json_string_value(item), "/", 2);
                g_auto(GStrv) range = g_strsplit(halves[0] == NULL ? "" : halves[0], "-", 2);
                guint64 first = 0, last = 0;

                if (range[0] == NULL || !text_parse_uint(range[0], &first) ||
                    !text_parse_uint(range[1] == NULL ? range[0] : range[1], &last) || first < 1 ||
                    last > 65535 || first > last) {
                        body_wrong(body, row->key, "not a port: %s", json_string_value(item));
                        return;
                }
                for (guint64 port = first; port <= last; port++) {
                        g_autofree char *name = g_strdup_printf("%" G_GUINT64_FORMAT "/%s", port,
                                                                halves[1] == NULL ? "tcp"
                                                                                  : halves[1]);

                        body_set(body, exposed, name, json_object());
                }
        }
}

/* "/run", "/tmp:size=64m,noexec" */
static void tmpfs(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        g_autoptr(json_t) texts = body_read_texts(body, row->key, value);
        json_t *there = json_object_get(object, row->field);
        size_t i;
        json_t *item;

        json_array_foreach(texts, i, item) {
                g_auto(GStrv) parts = g_strsplit(json_string_value(item), ":", 2);

                if (parts[0] != NULL)
                        body_set(body, there, parts[0],
                                 json_string(parts[1] == NULL ? "" : parts[1]));
        }
}

/* ---- Devices ---- */

static json_t *member_array(json_t *object, const char *name)
{
        json_t *array = json_object_get(object, name);

        if (array == NULL) {
                array = json_array();
                json_object_set_new(object, name, array);
        }
        return array;
}

/* A device of the Container Device Interface: vendor.com/class=name */
static bool is_cdi(const char *source)
{
        const char *slash = strchr(source, '/');

        return source[0] != '/' && slash != NULL && strchr(slash, '=') != NULL;
}

static void add_cdi(Body *body, json_t *host, const char *source)
{
        body_needs(body, "devices (CDI)", 44);
        body_append(body, member_array(host, "DeviceRequests"), "devices",
                    json_pack("{s:s, s:[s]}", "Driver", "cdi", "DeviceIDs", source));
}

static void device(Body *body, json_t *host, const json_t *value)
{
        g_auto(GStrv) parts = NULL;
        const char *source = json_string_at(value, "source", NULL), *target, *permissions;

        if (json_is_string(value)) {
                parts = g_strsplit(json_string_value(value), ":", 3);
                source = parts[0];
        }
        if (source == NULL || source[0] == '\0') {
                body_wrong(body, "devices", "a device without a source");
                return;
        }
        if (is_cdi(source)) {
                add_cdi(body, host, source);
                return;
        }
        target = parts != NULL ? parts[1] : json_string_at(value, "target", NULL);
        permissions = parts != NULL && parts[1] != NULL
                              ? parts[2]
                              : json_string_at(value, "permissions", NULL);
        body_append(body, member_array(host, "Devices"), "devices",
                    json_pack("{s:s, s:s, s:s}", "PathOnHost", source, "PathInContainer",
                              target == NULL || target[0] == '\0' ? source : target,
                              "CgroupPermissions",
                              permissions == NULL || permissions[0] == '\0' ? "rwm" : permissions));
}

static void devices(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        size_t i;
        json_t *item;

        if (!json_is_array(value))
                body_wrong(body, row->key, "not a list");
        json_array_foreach(value, i, item)
                device(body, object, item);
}

/* An entry of `gpus`, or of deploy.resources.reservations.devices */
static void request_device(Body *body, json_t *host, const char *key, const char *capability,
                           const json_t *value)
{
        json_t *request = json_object();
        json_t *capabilities = json_object_get(value, "capabilities");
        json_t *count = json_object_get(value, "count");
        json_t *ids = json_object_get(value, "device_ids");
        json_t *options = json_object_get(value, "options");
        json_t *wanted = capabilities == NULL ? json_array()
                                              : body_read_texts(body, key, capabilities);
        int64_t n = -1;

        body_set_text(body, request, "Driver", json_string_at(value, "driver", ""));
        if (json_array_size(wanted) == 0 && capability != NULL)
                json_array_append_new(wanted, json_string(capability));
        body_set(body, request, "Capabilities", json_pack("[o]", wanted));
        if (ids != NULL)
                body_set(body, request, "DeviceIDs", body_read_texts(body, key, ids));
        if (count != NULL && g_strcmp0(json_string_value(count), "all") != 0)
                (void) body_read_int(body, key, count, &n);
        if (ids != NULL && count != NULL)
                body_wrong(body, key, "`count` and `device_ids` exclude each other");
        if (ids == NULL)
                body_set(body, request, "Count", json_integer(n));
        if (options != NULL)
                body_set(body, request, "Options", body_read_pairs(body, key, options));
        body_append(body, member_array(host, "DeviceRequests"), key, request);
}

static void gpus(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        size_t i;
        json_t *item;

        if (g_strcmp0(json_string_value(value), "all") == 0) {
                request_device(body, object, row->key, "gpu", NULL);
                return;
        }
        if (!json_is_array(value))
                body_wrong(body, row->key, "neither `all` nor a list");
        json_array_foreach(value, i, item)
                request_device(body, object, row->key, "gpu", item);
}

/* ---- Input and output of block devices ---- */

static void blkio_devices(Body *body, json_t *host, const char *key, const char *field,
                          const char *member, const char *engine_member, const json_t *value)
{
        size_t i;
        json_t *item;

        json_array_foreach(value, i, item) {
                int64_t amount;

                if (body_read_size(body, key, json_object_get(item, member), &amount))
                        body_append(body, member_array(host, field), key,
                                    json_pack("{s:s, s:I}", "Path",
                                              json_string_at(item, "path", ""), engine_member,
                                              (json_int_t) amount));
        }
}

static void blkio(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        static const struct {
                const char *key, *field, *member, *engine_member;
        } lists[] = {
                { "device_read_bps", "BlkioDeviceReadBps", "rate", "Rate" },
                { "device_read_iops", "BlkioDeviceReadIOps", "rate", "Rate" },
                { "device_write_bps", "BlkioDeviceWriteBps", "rate", "Rate" },
                { "device_write_iops", "BlkioDeviceWriteIOps", "rate", "Rate" },
                { "weight_device", "BlkioWeightDevice", "weight", "Weight" },
        };
        const json_t *weight = json_object_get(value, "weight");
        int64_t read;

        if (!json_is_object(value))
                body_wrong(body, row->key, "not a map");
        if (weight != NULL && body_read_int(body, "blkio_config.weight", weight, &read))
                body_set_int(body, object, "BlkioWeight", read);
        for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
                g_autofree char *key = g_strconcat("blkio_config.", lists[i].key, NULL);

                blkio_devices(body, object, key, lists[i].field, lists[i].member,
                              lists[i].engine_member, json_object_get(value, lists[i].key));
        }
}

static void credential_spec(Body *body, json_t *object, const OptionRow *row, const json_t *value)
{
        const char *file = json_string_at(value, "file", ""),
                   *registry = json_string_at(value, "registry", "");

        if (file[0] == '\0' && registry[0] == '\0')
                body_wrong(body, row->key, "one Docker host knows only `file` and `registry`");
        else
                body_append(body, member_array(object, row->field), row->key,
                            json_sprintf("credentialspec=%s://%s",
                                         file[0] != '\0' ? "file" : "registry",
                                         file[0] != '\0' ? file : registry));
}

/* ---- The table ---- */

/* Every key of a service that is not a field of its own in a Spec; sorted */
static const OptionRow rows[] = {
        { "annotations", IN_HOST, "Annotations", pairs, 43, false },
        { "attach", IN_HOST, NULL, nothing, 0, false },
        { "blkio_config", IN_HOST, NULL, blkio, 0, false },
        { "cap_drop", IN_HOST, "CapDrop", list, 0, false },
        { "cgroup", IN_HOST, "CgroupnsMode", text, 0, false },
        { "cgroup_parent", IN_HOST, "CgroupParent", text, 0, false },
        { "cpu_count", IN_HOST, "CpuCount", number, 0, false },
        { "cpu_percent", IN_HOST, "CpuPercent", rounded, 0, false },
        { "cpu_period", IN_HOST, "CpuPeriod", microseconds, 0, true },
        { "cpu_quota", IN_HOST, "CpuQuota", microseconds, 0, true },
        { "cpu_rt_period", IN_HOST, "CpuRealtimePeriod", microseconds, 0, true },
        { "cpu_rt_runtime", IN_HOST, "CpuRealtimeRuntime", microseconds, 0, true },
        { "cpus", IN_HOST, "NanoCpus", nano_cpus, 0, true },
        { "cpuset", IN_HOST, "CpusetCpus", text, 0, true },
        { "credential_spec", IN_HOST, "SecurityOpt", credential_spec, 0, false },
        { "develop", IN_HOST, NULL, nothing, 0, false },
        { "device_cgroup_rules", IN_HOST, "DeviceCgroupRules", list, 0, false },
        { "devices", IN_HOST, NULL, devices, 0, false },
        { "dns", IN_HOST, "Dns", list, 0, false },
        { "dns_opt", IN_HOST, "DnsOptions", list, 0, false },
        { "dns_search", IN_HOST, "DnsSearch", list, 0, false },
        { "domainname", IN_CONFIG, "Domainname", text, 0, false },
        { "expose", IN_CONFIG, "ExposedPorts", expose, 0, false },
        { "external_links", IN_HOST, NULL, nothing, 0, false }, /* docker_options_links() */
        { "gpus", IN_HOST, NULL, gpus, 0, false },
        { "group_add", IN_HOST, "GroupAdd", list, 0, false },
        { "init", IN_HOST, "Init", flag, 0, false },
        { "ipc", IN_HOST, "IpcMode", text, 0, false },
        { "isolation", IN_HOST, "Isolation", text, 0, false },
        { "label_file", IN_HOST, NULL, nothing, 0, false }, /* read: they are labels */
        { "mac_address", IN_CONFIG, "MacAddress", text, 0, false },
        { "mem_reservation", IN_HOST, "MemoryReservation", size, 0, true },
        { "mem_swappiness", IN_HOST, "MemorySwappiness", number, 0, false },
        { "models", IN_HOST, "Slipway runs no models beside containers", impossible, 0, false },
        { "oom_score_adj", IN_HOST, "OomScoreAdj", number, 0, false },
        { "pids_limit", IN_HOST, "PidsLimit", number, 0, true },
        { "profiles", IN_HOST, NULL, nothing, 0, false },
        { "provider", IN_HOST, "Slipway runs no programs of providers beside containers",
          impossible, 0, false },
        { "pull_refresh_after", IN_HOST, NULL, nothing, 0, false },
        { "runtime", IN_HOST, "Runtime", text, 0, false },
        { "scale", IN_HOST, NULL, nothing, 0, false },
        { "storage_opt", IN_HOST, "StorageOpt", pairs, 0, false },
        { "sysctls", IN_HOST, "Sysctls", pairs, 0, false },
        { "tmpfs", IN_HOST, "Tmpfs", tmpfs, 0, false },
        { "use_api_socket", IN_HOST,
          "Slipway hands out no credentials; mount the engine's socket under `volumes`", impossible,
          0, false },
        { "userns_mode", IN_HOST, "UsernsMode", text, 0, false },
        { "uts", IN_HOST, "UTSMode", text, 0, false },
};

static const OptionRow *row_of(const char *key)
{
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (strcmp(rows[i].key, key) == 0)
                        return &rows[i];
        return NULL;
}

static void put(Body *body, const Spec *spec, bool only_limits)
{
        const char *key;
        json_t *value;

        json_object_foreach(spec->options, key, value) {
                const OptionRow *row = row_of(key);

                if (row == NULL && !only_limits && !g_str_has_prefix(key, "x-"))
                        body_wrong(body, key, "one Docker host does not know this key");
                if (row == NULL || json_is_null(value) || (only_limits && !row->is_limit))
                        continue;
                if (row->since > 0)
                        body_needs(body, key, row->since);
                row->convert(body, row->place == IN_CONFIG ? body->config : body->host, row, value);
        }
}

/* ---- deploy.resources ---- */

static const OptionRow limit_rows[] = {
        { "limits.cpus", IN_HOST, "NanoCpus", nano_cpus, 0, true },
        { "limits.memory", IN_HOST, "Memory", size, 0, true },
        { "limits.pids", IN_HOST, "PidsLimit", number, 0, true },
        { "reservations.memory", IN_HOST, "MemoryReservation", size, 0, true },
};

/* What `deploy` says wins over the service's own key, as it does for Compose */
static void put_resources(Body *body, const Spec *spec)
{
        const json_t *resources = json_object_get(spec->deploy, "resources");

        for (size_t i = 0; i < G_N_ELEMENTS(limit_rows); i++) {
                const json_t *value = json_at(resources, limit_rows[i].key);

                if (value != NULL && !json_is_null(value))
                        limit_rows[i].convert(body, body->host, &limit_rows[i], value);
        }
}

void docker_options_put(Body *body, const Spec *spec)
{
        const json_t *reserved = json_at(json_object_get(spec->deploy, "resources"),
                                         "reservations.devices");
        size_t i;
        json_t *item;

        put(body, spec, false);
        put_resources(body, spec);
        json_array_foreach(reserved, i, item)
                request_device(body, body->host, "deploy.resources.reservations.devices", NULL,
                               item);
}

void docker_options_put_limits(Body *body, const Spec *spec)
{
        put(body, spec, true);
        put_resources(body, spec);
}

json_t *docker_options_links(Body *body, const Spec *spec)
{
        const json_t *links = json_object_get(spec->options, "external_links");

        return links == NULL || json_is_null(links)
                       ? json_array()
                       : body_read_texts(body, "external_links", links);
}
