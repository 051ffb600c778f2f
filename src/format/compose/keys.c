#include "format/compose/keys.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"

#define OBJECT(name_, what_, closed_)                                                              \
        static const ComposeObject name_ = {                                                       \
                .what = what_,                                                                     \
                .keys = name_##_keys,                                                              \
                .n_keys = G_N_ELEMENTS(name_##_keys),                                              \
                .is_closed = closed_,                                                              \
        }

/* ---- Of images ---- */

static const ComposeKey file_mount_keys[] = {
        { "source", KIND_TEXT, KEY_REQUIRED },
        { "target", KIND_TEXT },
        { "uid", KIND_TEXT },
        { "gid", KIND_TEXT },
        { "mode", KIND_MODE, KEY_KEPT },
};
OBJECT(file_mount, "a config or secret of a service", false);

static const ComposeKey ulimit_keys[] = {
        { "soft", KIND_INT, KEY_REQUIRED | KEY_KEPT },
        { "hard", KIND_INT, KEY_REQUIRED | KEY_KEPT },
};
OBJECT(ulimit, "a limit", false);

static const ComposeKey build_keys[] = {
        { "context", KIND_TEXT },
        { "dockerfile", KIND_TEXT },
        { "dockerfile_inline", KIND_TEXT },
        { "entitlements", KIND_TEXTS },
        { "args", KIND_ENV },
        { "ssh", KIND_SSH, KEY_SET },
        { "labels", KIND_LABELS },
        { "cache_from", KIND_TEXTS },
        { "cache_to", KIND_TEXTS },
        { "no_cache", KIND_BOOL },
        { "additional_contexts", KIND_LABELS },
        { "network", KIND_TEXT },
        { "provenance", KIND_TEXT, KEY_NUMBER },
        { "sbom", KIND_TEXT, KEY_NUMBER },
        { "pull", KIND_BOOL },
        { "target", KIND_TEXT },
        { "shm_size", KIND_BYTES },
        { "extra_hosts", KIND_HOSTS, KEY_SET },
        { "isolation", KIND_TEXT },
        { "privileged", KIND_BOOL },
        { "secrets", KIND_OBJECTS, KEY_TEXT, &file_mount },
        { "tags", KIND_TEXTS },
        { "ulimits", KIND_OBJECT_MAP, KEY_NUMBER, &ulimit },
        { "platforms", KIND_TEXTS },
};
OBJECT(build, "a build", false);

/* ---- Of services ---- */

static const char *const watch_actions[] = { "rebuild",      "sync",      "restart",
                                             "sync+restart", "sync+exec", NULL };
static const char *const conditions[] = { "service_started", "service_healthy",
                                          "service_completed_successfully", NULL };
static const char *const orders[] = { "start-first", "stop-first", NULL };
static const char *const cgroups[] = { "host", "private", NULL };
static const char *const mount_types[] = { "bind",  "volume", "tmpfs", "cluster",
                                           "npipe", "image",  NULL };
static const char *const recursions[] = { "enabled", "disabled", "writable", "readonly", NULL };
static const char *const selinux[] = { "z", "Z", NULL };

static const char *const modes[] = { "replicated", "global", "replicated-job", "global-job", NULL };
static const char *const endpoint_modes[] = { "vip", "dnsrr", NULL };
static const char *const failure_actions[] = { "pause", "continue", "rollback", NULL };
static const char *const restart_conditions[] = { "none",   "on-failure",     "any",
                                                  "always", "unless-stopped", NULL };
static const char *const all_gpus[] = { "all", NULL };
static const char *const port_modes[] = { "host", "ingress", NULL };
static const char *const protocols[] = { "tcp", "udp", "sctp", NULL };

static const ComposeKey hook_keys[] = {
        { "command", KIND_WORDS, KEY_NULL | KEY_ALWAYS | KEY_REQUIRED },
        { "user", KIND_TEXT },
        { "privileged", KIND_BOOL },
        { "working_dir", KIND_TEXT },
        { "environment", KIND_ENV, KEY_SET },
};
OBJECT(hook, "a hook", false);

static const ComposeKey pre_start_keys[] = {
        { "command", KIND_WORDS, KEY_NULL | KEY_ALWAYS },
        { "image", KIND_TEXT },
        { "user", KIND_TEXT },
        { "privileged", KIND_BOOL },
        { "working_dir", KIND_TEXT },
        { "environment", KIND_ENV, KEY_SET },
        { "per_replica", KIND_BOOL },
};
OBJECT(pre_start, "a step before the start", false);

static const ComposeKey watch_keys[] = {
        { "path", KIND_TEXT, KEY_REQUIRED | KEY_KEPT },
        { "action", KIND_TEXT, KEY_REQUIRED | KEY_KEPT, .words = watch_actions },
        { "target", KIND_TEXT },
        { "exec", KIND_OBJECT, KEY_ALWAYS, &hook },
        { "ignore", KIND_TEXT_OR_TEXTS },
        { "include", KIND_TEXT_OR_TEXTS },
        { "initial_sync", KIND_BOOL, KEY_STRICT },
};
OBJECT(watch, "a rule of `watch`", false);

static const ComposeKey develop_keys[] = {
        { "watch", KIND_OBJECTS, 0, &watch },
};
OBJECT(develop, "`develop`", false);

static const ComposeKey update_keys[] = {
        { "parallelism", KIND_INT, KEY_KEPT | KEY_UNSIGNED },
        { "delay", KIND_DURATION },
        { "failure_action", KIND_TEXT, KEY_SOFT, .words = failure_actions },
        { "monitor", KIND_DURATION },
        { "max_failure_ratio", KIND_FLOAT },
        { "order", KIND_TEXT, .words = orders },
};
OBJECT(update, "an update's rules", false);

static const ComposeKey device_request_keys[] = {
        { "capabilities", KIND_TEXTS, KEY_REQUIRED | KEY_SET | KEY_KEPT },
        { "count", KIND_COUNT, .flags = KEY_KEPT },
        { "device_ids", KIND_TEXTS, KEY_SET },
        { "driver", KIND_TEXT },
        { "options", KIND_LABELS, KEY_SET },
};
OBJECT(device_request, "a device request", false);

static const ComposeKey gpu_keys[] = {
        { "capabilities", KIND_TEXTS, KEY_SET }, { "count", KIND_COUNT, .flags = KEY_KEPT },
        { "device_ids", KIND_TEXTS, KEY_SET },   { "driver", KIND_TEXT },
        { "options", KIND_LABELS, KEY_SET },
};
OBJECT(gpu, "a GPU", false);

static const ComposeKey discrete_keys[] = {
        { "kind", KIND_TEXT, KEY_KEPT },
        { "value", KIND_INT, KEY_KEPT },
};
OBJECT(discrete, "a resource", false);

static const ComposeKey generic_keys[] = {
        { "discrete_resource_spec", KIND_OBJECT, 0, &discrete },
};
OBJECT(generic, "a resource", false);

static const ComposeKey limits_keys[] = {
        { "cpus", KIND_FLOAT },
        { "memory", KIND_BYTES, KEY_TEXT },
        { "pids", KIND_INT },
};
OBJECT(limits, "limits", false);

static const ComposeKey reservations_keys[] = {
        { "cpus", KIND_FLOAT },
        { "memory", KIND_BYTES, KEY_TEXT },
        { "generic_resources", KIND_OBJECTS, 0, &generic },
        { "devices", KIND_OBJECTS, 0, &device_request },
};
OBJECT(reservations, "reservations", false);

static const ComposeKey resources_keys[] = {
        { "limits", KIND_OBJECT, 0, &limits },
        { "reservations", KIND_OBJECT, 0, &reservations },
};
OBJECT(resources, "resources", false);

static const ComposeKey restart_policy_keys[] = {
        { "condition", KIND_TEXT, KEY_SOFT, .words = restart_conditions },
        { "delay", KIND_DURATION, KEY_KEPT },
        { "max_attempts", KIND_INT, KEY_KEPT | KEY_UNSIGNED },
        { "window", KIND_DURATION, KEY_KEPT },
};
OBJECT(restart_policy, "a restart policy", false);

static const ComposeKey preference_keys[] = {
        { "spread", KIND_TEXT },
};
OBJECT(preference, "a placement preference", false);

static const ComposeKey placement_keys[] = {
        { "constraints", KIND_TEXTS },
        { "preferences", KIND_OBJECTS, 0, &preference },
        { "max_replicas_per_node", KIND_INT, KEY_UNSIGNED },
};
OBJECT(placement, "a placement", false);

static const ComposeKey deploy_keys[] = {
        { "mode", KIND_TEXT, KEY_SOFT, .words = modes },
        { "endpoint_mode", KIND_TEXT, KEY_SOFT, .words = endpoint_modes },
        { "replicas", KIND_INT, KEY_KEPT },
        { "labels", KIND_LABELS },
        { "rollback_config", KIND_OBJECT, 0, &update },
        { "update_config", KIND_OBJECT, 0, &update },
        { "resources", KIND_OBJECT, KEY_ALWAYS, &resources },
        { "restart_policy", KIND_OBJECT, 0, &restart_policy },
        { "placement", KIND_OBJECT, KEY_ALWAYS, &placement },
};
OBJECT(deploy, "`deploy`", false);

static const ComposeKey throttle_keys[] = {
        { "path", KIND_TEXT, KEY_KEPT },
        { "rate", KIND_BYTES, KEY_KEPT },
};
OBJECT(throttle, "a device's limit", true);

static const ComposeKey weight_keys[] = {
        { "path", KIND_TEXT, KEY_KEPT },
        { "weight", KIND_INT, KEY_KEPT | KEY_UNSIGNED },
};
OBJECT(weight, "a device's weight", true);

static const ComposeKey blkio_keys[] = {
        { "device_read_bps", KIND_OBJECTS, 0, &throttle },
        { "device_read_iops", KIND_OBJECTS, 0, &throttle },
        { "device_write_bps", KIND_OBJECTS, 0, &throttle },
        { "device_write_iops", KIND_OBJECTS, 0, &throttle },
        { "weight", KIND_INT, KEY_UNSIGNED },
        { "weight_device", KIND_OBJECTS, 0, &weight },
};
OBJECT(blkio, "`blkio_config`", true);

static const ComposeKey credential_keys[] = {
        { "config", KIND_TEXT },
        { "file", KIND_TEXT },
        { "registry", KIND_TEXT },
};
OBJECT(credential, "`credential_spec`", false);

static const ComposeKey dependency_keys[] = {
        { "condition", KIND_TEXT, KEY_REQUIRED, .words = conditions },
        { "required", KIND_BOOL, KEY_KEPT | KEY_STRICT },
        { "restart", KIND_BOOL },
};
OBJECT(dependency, "a dependency", false);

static const ComposeKey device_keys[] = {
        { "source", KIND_TEXT, KEY_REQUIRED },
        { "target", KIND_TEXT, KEY_REQUIRED },
        { "permissions", KIND_TEXT },
};
OBJECT(device, "a device", false);

static const ComposeKey env_file_keys[] = {
        { "path", KIND_TEXT, KEY_REQUIRED },
        { "format", KIND_TEXT },
        { "required", KIND_BOOL },
};
OBJECT(env_file, "an `env_file`", true);

static const ComposeKey extends_keys[] = {
        { "service", KIND_TEXT, KEY_REQUIRED },
        { "file", KIND_TEXT },
};
OBJECT(extends, "`extends`", true);

static const ComposeKey provider_keys[] = {
        { "type", KIND_TEXT, KEY_REQUIRED },
        { "options", KIND_LISTS },
};
OBJECT(provider, "a provider", false);

static const ComposeKey health_keys[] = {
        { "disable", KIND_BOOL },
        { "interval", KIND_DURATION, KEY_KEPT },
        { "retries", KIND_INT, KEY_KEPT | KEY_UNSIGNED },
        { "test", KIND_TEST },
        { "timeout", KIND_DURATION, KEY_KEPT },
        { "start_period", KIND_DURATION, KEY_KEPT },
        { "start_interval", KIND_DURATION, KEY_KEPT },
};
OBJECT(health, "a health check", false);

static const ComposeKey logging_keys[] = {
        { "driver", KIND_TEXT },
        { "options", KIND_OPTIONS },
};
OBJECT(logging, "`logging`", false);

static const ComposeKey service_model_keys[] = {
        { "endpoint_var", KIND_TEXT },
        { "model_var", KIND_TEXT },
};
OBJECT(service_model, "a model of a service", false);

static const ComposeKey service_network_keys[] = {
        { "aliases", KIND_TEXTS },
        { "interface_name", KIND_TEXT },
        { "ipv4_address", KIND_TEXT },
        { "ipv6_address", KIND_TEXT },
        { "link_local_ips", KIND_TEXTS },
        { "mac_address", KIND_TEXT },
        { "driver_opts", KIND_OPTIONS },
        { "priority", KIND_INT, KEY_STRICT },
        { "gw_priority", KIND_INT, KEY_STRICT },
};
OBJECT(service_network, "a network of a service", false);

static const ComposeKey port_keys[] = {
        { "name", KIND_TEXT },
        { "mode", KIND_TEXT, KEY_SOFT, .words = port_modes },
        { "host_ip", KIND_TEXT },
        { "target", KIND_INT, KEY_KEPT | KEY_UNSIGNED },
        { "published", KIND_TEXT, KEY_NUMBER },
        { "protocol", KIND_TEXT, KEY_SOFT, .words = protocols },
        { "app_protocol", KIND_TEXT },
};
OBJECT(port, "a port", false);

static const ComposeKey bind_keys[] = {
        { "propagation", KIND_TEXT },
        { "create_host_path", KIND_BOOL },
        { "recursive", KIND_TEXT, .words = recursions },
        { "selinux", KIND_TEXT, .words = selinux },
};
OBJECT(bind, "options of a bind mount", false);

static const ComposeKey volume_options_keys[] = {
        { "labels", KIND_LABELS, KEY_SET },
        { "nocopy", KIND_BOOL },
        { "subpath", KIND_TEXT },
};
OBJECT(volume_options, "options of a volume's mount", false);

static const ComposeKey tmpfs_keys[] = {
        { "size", KIND_BYTES },
        { "mode", KIND_INT, KEY_UNSIGNED },
};
OBJECT(tmpfs, "options of a tmpfs", false);

static const ComposeKey image_keys[] = {
        { "subpath", KIND_TEXT },
};
OBJECT(image, "options of an image's mount", false);

static const ComposeKey mount_keys[] = {
        { "type", KIND_TEXT, KEY_REQUIRED, .words = mount_types },
        { "source", KIND_TEXT },
        { "target", KIND_TEXT },
        { "read_only", KIND_BOOL },
        { "consistency", KIND_TEXT },
        { "bind", KIND_OBJECT, 0, &bind },
        { "volume", KIND_OBJECT, 0, &volume_options },
        { "tmpfs", KIND_OBJECT, 0, &tmpfs },
        { "image", KIND_OBJECT, 0, &image },
};
OBJECT(mount, "a mount", false);

/* In the order in which they are printed: what says most comes first */
static const ComposeKey service_keys[] = {
        { "image", KIND_TEXT },
        { "build", KIND_OBJECT, KEY_TEXT, &build },
        { "platform", KIND_TEXT },
        { "pull_policy", KIND_TEXT },
        { "container_name", KIND_TEXT },
        { "profiles", KIND_TEXTS },
        { "depends_on", KIND_OBJECT_MAP, KEY_LIST | KEY_NAMES | KEY_SET, &dependency },
        { "entrypoint", KIND_WORDS, KEY_NULL | KEY_ALWAYS },
        { "command", KIND_WORDS, KEY_NULL | KEY_ALWAYS },
        { "working_dir", KIND_TEXT },
        { "user", KIND_TEXT },
        { "environment", KIND_ENV },
        { "env_file", KIND_OBJECTS, KEY_TEXT | KEY_ONE | KEY_DROPPED, &env_file },
        { "label_file", KIND_TEXT_OR_TEXTS, KEY_DROPPED },
        { "ports", KIND_OBJECTS, KEY_TEXT | KEY_NUMBER, &port },
        { "expose", KIND_TEXTS, KEY_NUMBER },
        { "volumes", KIND_OBJECTS, KEY_TEXT, &mount },
        { "tmpfs", KIND_TEXT_OR_TEXTS },
        { "networks", KIND_OBJECT_MAP, KEY_LIST | KEY_NULLS | KEY_NAMES | KEY_SET,
          &service_network },
        { "network_mode", KIND_TEXT },
        { "configs", KIND_OBJECTS, KEY_TEXT, &file_mount },
        { "secrets", KIND_OBJECTS, KEY_TEXT, &file_mount },
        { "healthcheck", KIND_OBJECT, 0, &health },
        { "restart", KIND_TEXT },
        { "deploy", KIND_OBJECT, KEY_NULL, &deploy },
        { "scale", KIND_INT, KEY_KEPT },
        { "pre_start", KIND_OBJECTS, 0, &pre_start },
        { "post_start", KIND_OBJECTS, 0, &hook },
        { "pre_stop", KIND_OBJECTS, 0, &hook },
        { "labels", KIND_LABELS },
        { "annotations", KIND_LABELS },
        { "logging", KIND_OBJECT, 0, &logging },
        { "develop", KIND_OBJECT, KEY_NULL, &develop },
        { "attach", KIND_BOOL, KEY_KEPT },
        { "blkio_config", KIND_OBJECT, 0, &blkio },
        { "cap_add", KIND_TEXTS },
        { "cap_drop", KIND_TEXTS },
        { "cgroup", KIND_TEXT, .words = cgroups },
        { "cgroup_parent", KIND_TEXT },
        { "cpu_count", KIND_INT },
        { "cpu_percent", KIND_FLOAT },
        { "cpu_shares", KIND_INT },
        { "cpu_quota", KIND_INT },
        { "cpu_period", KIND_INT },
        { "cpu_rt_period", KIND_INT },
        { "cpu_rt_runtime", KIND_INT },
        { "cpus", KIND_FLOAT },
        { "cpuset", KIND_TEXT },
        { "credential_spec", KIND_OBJECT, 0, &credential },
        { "device_cgroup_rules", KIND_TEXTS, KEY_UNIQUE },
        { "devices", KIND_OBJECTS, KEY_TEXT, &device },
        { "dns", KIND_TEXT_OR_TEXTS },
        { "dns_opt", KIND_TEXTS },
        { "dns_search", KIND_TEXT_OR_TEXTS },
        { "domainname", KIND_TEXT },
        { "extends", KIND_OBJECT, KEY_TEXT | KEY_DROPPED, &extends },
        { "provider", KIND_OBJECT, 0, &provider },
        { "external_links", KIND_TEXTS, KEY_UNIQUE },
        { "extra_hosts", KIND_HOSTS, KEY_SET },
        { "gpus", KIND_OBJECTS, KEY_ONE, &gpu, all_gpus },
        { "group_add", KIND_TEXTS, KEY_NUMBER | KEY_UNIQUE },
        { "hostname", KIND_TEXT },
        { "init", KIND_BOOL, KEY_KEPT },
        { "ipc", KIND_TEXT },
        { "isolation", KIND_TEXT },
        { "links", KIND_TEXTS, KEY_UNIQUE },
        { "mac_address", KIND_TEXT },
        { "mem_limit", KIND_BYTES },
        { "mem_reservation", KIND_BYTES },
        { "mem_swappiness", KIND_BYTES },
        { "memswap_limit", KIND_BYTES },
        { "models", KIND_OBJECT_MAP, KEY_LIST | KEY_NULLS | KEY_SET, &service_model },
        { "oom_kill_disable", KIND_BOOL },
        { "oom_score_adj", KIND_INT },
        { "pid", KIND_TEXT, KEY_NULL },
        { "pids_limit", KIND_INT },
        { "privileged", KIND_BOOL },
        { "pull_refresh_after", KIND_TEXT, KEY_DROPPED | KEY_IDLE },
        { "read_only", KIND_BOOL },
        { "runtime", KIND_TEXT },
        { "security_opt", KIND_TEXTS, KEY_UNIQUE },
        { "shm_size", KIND_BYTES },
        { "sysctls", KIND_LABELS },
        { "stdin_open", KIND_BOOL },
        { "stop_grace_period", KIND_DURATION, KEY_KEPT },
        { "stop_signal", KIND_TEXT },
        { "storage_opt", KIND_OPTIONS },
        { "tty", KIND_BOOL },
        { "ulimits", KIND_OBJECT_MAP, KEY_NUMBER, &ulimit },
        { "use_api_socket", KIND_BOOL, KEY_STRICT },
        { "uts", KIND_TEXT },
        { "userns_mode", KIND_TEXT },
        { "volumes_from", KIND_TEXTS, KEY_UNIQUE },
};
OBJECT(service, "a service", false);

/* ---- Of the whole ---- */

static const ComposeKey include_keys[] = {
        { "path", KIND_TEXT_OR_TEXTS },
        { "env_file", KIND_TEXT_OR_TEXTS },
        { "project_directory", KIND_TEXT },
};
OBJECT(include, "an `include`", true);

static const ComposeKey pool_keys[] = {
        { "subnet", KIND_TEXT },
        { "ip_range", KIND_TEXT },
        { "gateway", KIND_TEXT },
        { "aux_addresses", KIND_OPTIONS },
};
OBJECT(pool, "a pool of addresses", false);

static const ComposeKey ipam_keys[] = {
        { "driver", KIND_TEXT },
        { "config", KIND_OBJECTS, 0, &pool },
        { "options", KIND_OPTIONS, KEY_DROPPED | KEY_IDLE },
};
OBJECT(ipam, "`ipam`", false);

static const ComposeKey network_keys[] = {
        { "name", KIND_TEXT },
        { "driver", KIND_TEXT },
        { "driver_opts", KIND_OPTIONS },
        { "ipam", KIND_OBJECT, KEY_ALWAYS, &ipam },
        { "external", KIND_EXTERNAL },
        { "internal", KIND_BOOL },
        { "enable_ipv4", KIND_BOOL, KEY_KEPT },
        { "enable_ipv6", KIND_BOOL, KEY_KEPT },
        { "attachable", KIND_BOOL },
        { "labels", KIND_LABELS },
};
OBJECT(network, "a network", false);

static const ComposeKey volume_keys[] = {
        { "name", KIND_TEXT },
        { "driver", KIND_TEXT },
        { "driver_opts", KIND_OPTIONS },
        { "external", KIND_EXTERNAL },
        { "labels", KIND_LABELS, KEY_SET },
};
OBJECT(volume, "a volume", false);

static const ComposeKey secret_keys[] = {
        { "name", KIND_TEXT },
        { "environment", KIND_TEXT },
        { "file", KIND_TEXT },
        { "external", KIND_EXTERNAL },
        { "labels", KIND_LABELS, KEY_SET },
        { "driver", KIND_TEXT },
        { "driver_opts", KIND_OPTIONS },
        { "template_driver", KIND_TEXT },
};
OBJECT(secret, "a secret", false);

static const ComposeKey config_keys[] = {
        { "name", KIND_TEXT },
        { "content", KIND_TEXT, KEY_KEPT },
        { "environment", KIND_TEXT },
        { "file", KIND_TEXT },
        { "external", KIND_EXTERNAL },
        { "labels", KIND_LABELS, KEY_SET },
        { "template_driver", KIND_TEXT },
};
OBJECT(config, "a config", false);

static const ComposeKey model_keys[] = {
        { "name", KIND_TEXT },
        { "model", KIND_TEXT, KEY_REQUIRED },
        { "context_size", KIND_INT, KEY_STRICT },
        { "runtime_flags", KIND_TEXTS },
};
OBJECT(model, "a model", false);

static const ComposeKey compose_root_keys[] = {
        { "version", KIND_TEXT, KEY_NUMBER | KEY_DROPPED },
        { "name", KIND_TEXT },
        { "include", KIND_OBJECTS, KEY_TEXT | KEY_DROPPED, &include },
        { "services", KIND_OBJECT_MAP, KEY_ALWAYS | KEY_NAMES, &service },
        { "networks", KIND_OBJECT_MAP, KEY_NULLS | KEY_NAMES, &network },
        { "volumes", KIND_OBJECT_MAP, KEY_NULLS | KEY_NAMES, &volume },
        { "secrets", KIND_OBJECT_MAP, KEY_NAMES, &secret },
        { "configs", KIND_OBJECT_MAP, KEY_NAMES, &config },
        { "models", KIND_OBJECT_MAP, KEY_NAMES, &model },
};
const ComposeObject compose_root = {
        .what = "a Compose file",
        .keys = compose_root_keys,
        .n_keys = G_N_ELEMENTS(compose_root_keys),
};

const ComposeKey *compose_key(const ComposeObject *object, const char *name)
{
        for (size_t i = 0; i < object->n_keys; i++) {
                if (strcmp(object->keys[i].name, name) == 0)
                        return &object->keys[i];
        }
        return NULL;
}

bool compose_key_needs_text(const ComposeKey *key)
{
        return key->kind == KIND_TEXT && (key->flags & KEY_KEPT) == 0;
}

const char *compose_key_guess(const ComposeObject *object, const char *name)
{
        g_autofree const char **names = g_new0(const char *, object->n_keys + 1);

        for (size_t i = 0; i < object->n_keys; i++)
                names[i] = object->keys[i].name;
        return text_closest(name, names);
}
