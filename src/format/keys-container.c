/* Keys of components and containers */

#include "format/keys-private.h"

static const char *const triggers[] = { "container-start", "container-stop", "port-listen", "exec",
                                        NULL };
static const char *const actions[] = { "start", NULL };
static const char *const policies[] = { "no",    "always", "on-failure", "unless-stopped",
                                        "never", NULL };
static const char *const protocols[] = { "tcp", "udp", NULL };
static const char *const file_sources[] = { "github", NULL };
static const char *const on_unknown_words[] = { "rerun", "hold", NULL };

/* ---- Parts that several objects share ---- */

static const KeySpec host_requirements_keys[] = {
        { "replicated_version", KEY_STR, T_NO, RULE_SEMVER_RANGE, .status = KEY_FOREIGN,
          .help = "versions of the original product; only read" },
        { "docker_version", KEY_STR, T_NO, RULE_DOCKER_VERSION, .status = KEY_BESIDE,
          .help = "least engine version: `1.13.1`, `17.03.0-ce`" },
        { "cpu_cores", KEY_UINT, T_NO, .status = KEY_BESIDE, .help = "least number of processors" },
        { "cpu_mhz", KEY_UINT, T_NO, .status = KEY_BESIDE, .help = "least speed of a processor" },
        { "memory", KEY_STR, T_SKIP, RULE_BYTES_OR_RAM, .status = KEY_BESIDE,
          .help = "least memory: `8GB`, `8GiB`" },
        { "disk_space", KEY_STR, T_SKIP, RULE_BYTES, .status = KEY_BESIDE,
          .help = "least size of the disk: `100GB`" },
        { "docker_space", KEY_STR, T_SKIP, RULE_BYTES, .status = KEY_BESIDE,
          .help = "least size of the disk that holds the engine's data" },
        { NULL },
};
const ObjectSpec host_requirements_object = { "host_requirements", "what a node must offer",
                                              host_requirements_keys, CHECKED_ONLY };

static const KeySpec logs_keys[] = {
        { "max_size", KEY_STR, T_YES, RULE_TEXT_SIZE, TEXT(LogConfig, max_size),
          .help = "a log file is rotated at this size: number and `k`, `m` or `g`" },
        { "max_files", KEY_STR, T_YES, RULE_TEXT_UINT, TEXT(LogConfig, max_files),
          .help = "so many log files are kept" },
        { NULL },
};
static const ObjectSpec logs_object = {
        "logs",
        "rotation of a container's log; only with the json-file driver",
        logs_keys,
        .size = sizeof(LogConfig),
        .pos_offset = NO_OFFSET,
        .is_set_offset = offsetof(LogConfig, is_set)
};

static const KeySpec log_config_keys[] = {
        { "type", KEY_STR, T_YES, TEXT(LogConfig, type), .help = "the log driver's name" },
        { "config", KEY_MAP, T_YES, .field = FIELD_MAP, .offset = offsetof(LogConfig, keys),
          .help = "the driver's options" },
        { NULL },
};
static const ObjectSpec log_config_object = { "log_config",
                                              "the log driver; stands above `logs`",
                                              log_config_keys,
                                              .size = sizeof(LogConfig),
                                              .pos_offset = NO_OFFSET,
                                              .is_set_offset = offsetof(LogConfig, is_set) };

static const KeySpec fingerprint_keys[] = {
        { "public_key_fingerprint", KEY_STR, T_NO, RULE_FINGERPRINT, .status = KEY_LATER,
          .help = "MD5 fingerprint of the key that signs the image, lower case" },
        { NULL },
};
const ObjectSpec content_trust_object = { "content_trust", "who must have signed the image",
                                          fingerprint_keys, CHECKED_ONLY };

/* ---- Containers ---- */

static const KeySpec restart_keys[] = {
        { "policy", KEY_STR, T_YES, RULE_WORD, TEXT(RawRestart, policy),
          WORDS(policies, "unknown-restart-policy"), .fallback = "no",
          .help = "`no`, `always` or `on-failure`" },
        { "max", KEY_UINT, T_NO, INT(RawRestart, max), .fallback = "0",
          .help = "with `on-failure`: so many restarts; 0: without end" },
        { NULL },
};
static const ObjectSpec restart_object = { "restart",
                                           "what happens after an exit",
                                           restart_keys,
                                           .size = sizeof(RawRestart),
                                           .pos_offset = NO_OFFSET,
                                           .is_set_offset = offsetof(RawRestart, is_set) };

static const KeySpec instance_count_keys[] = {
        { "initial", KEY_STR, T_SKIP, RULE_UINT, TEXT(InstanceCount, initial), .fallback = "1",
          .help = "instances on each node" },
        { "max", KEY_STR, T_SKIP, RULE_UINT, TEXT(InstanceCount, max), .fallback = "0",
          .help = "at most so many; 0: no limit" },
        { "threshold_healthy", KEY_STR, T_SKIP, RULE_UINT, TEXT(InstanceCount, threshold_healthy),
          .status = KEY_BESIDE, .help = "so many make it healthy" },
        { "threshold_degraded", KEY_STR, T_SKIP, RULE_UINT, TEXT(InstanceCount, threshold_degraded),
          .status = KEY_BESIDE, .fallback = "0",
          .help = "so many make it degraded; 0: it never is" },
        { NULL },
};
static const ObjectSpec instance_count_object = { "cluster_instance_count",
                                                  "how many instances of a container there are",
                                                  instance_count_keys, IN(InstanceCount) };

static const KeySpec subscription_keys[] = {
        { "component", KEY_STR, T_NO, RULE_REFERENCE, TEXT(RawSubscription, component),
          .help = "name of the component of the container that is started" },
        { "container", KEY_STR, T_NO, RULE_REFERENCE, TEXT(RawSubscription, container),
          .help = "image_name of the container that is started" },
        { "action", KEY_STR, T_NO, RULE_WORD, TEXT(RawSubscription, action),
          WORDS(actions, "unknown-action"), .help = "`start`; there is no other" },
        { NULL },
};
const ObjectSpec subscription_object = { "subscription",
                                         "an arrow from an event to a container that it starts",
                                         subscription_keys, IN_AT(RawSubscription) };

static const KeySpec event_keys[] = {
        { "name", KEY_STR, T_YES, TEXT(RawEvent, name), .help = "a label, for people" },
        { "trigger", KEY_STR, T_NO, RULE_WORD, TEXT(RawEvent, trigger),
          WORDS(triggers, "unknown-trigger"),
          .help = "`container-start`, `container-stop`, `port-listen` or `exec`" },
        { "data", KEY_STR, T_YES, TEXT(RawEvent, data),
          .help = "`port-listen`: the host port, else the private port" },
        { "args", KEY_STRS, T_YES, TEXTS(RawEvent, args),
          .help = "`exec`: the command; exit 0 fires the event" },
        { "timeout", KEY_INT, T_NO, INT(RawEvent, timeout_s), .fallback = "600",
          .help = "seconds that the event may take; 0 is 600, -1 is for ever" },
        { "subscriptions", KEY_OBJECTS, T_NO, .object = &subscription_object,
          OBJECTS(RawEvent, subscriptions, n_subscriptions), .flags = KEY_EXISTS,
          .help = "whom the event starts" },
        { NULL },
};
static const ObjectSpec event_object = { "event", "what is published about a container", event_keys,
                                         IN_AT(RawEvent) };

static const KeySpec config_file_keys[] = {
        { "filename", KEY_STR, T_YES, TEXT(ConfigFile, filename), .flags = KEY_REQUIRED,
          .help = "path in the container" },
        { "contents", KEY_STR, T_YES, TEXT(ConfigFile, contents), .flags = KEY_SECRET,
          .help = "the file's text" },
        { "source", KEY_STR, T_NO, RULE_WORD, TEXT(ConfigFile, source),
          WORDS(file_sources, "bad-value"),
          .help = "`github`: the file's text comes from a repository, and not from `contents`" },
        { "owner", KEY_STR, T_NO, TEXT(ConfigFile, owner), .help = "whose repository" },
        { "repo", KEY_STR, T_NO, TEXT(ConfigFile, repo), .help = "which repository" },
        { "path", KEY_STR, T_NO, TEXT(ConfigFile, path), .help = "path in the repository" },
        { "ref", KEY_STR, T_NO, TEXT(ConfigFile, ref),
          .help = "commit of the repository; it is fetched once" },
        { "file_mode", KEY_STR, T_YES, RULE_TEXT_MODE, TEXT(ConfigFile, file_mode),
          .fallback = "0644", .help = "octal text" },
        { "file_owner", KEY_STR, T_YES, RULE_TEXT_UINT, TEXT(ConfigFile, file_owner),
          .fallback = "0", .help = "uid" },
        { NULL },
};
static const ObjectSpec config_file_object = {
        "config_file", "a file that is in the container before its first process", config_file_keys,
        IN_AT(ConfigFile)
};

static const KeySpec customer_file_keys[] = {
        { "name", KEY_STR, T_NO, TEXT(CustomerFile, name), .help = "a setting of type file" },
        { "filename", KEY_STR, T_YES, TEXT(CustomerFile, filename),
          .help = "path in the container" },
        { "when", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(CustomerFile, when), .fallback = "true",
          .help = "boolean text; false: no such file" },
        { "file_mode", KEY_STR, T_YES, RULE_TEXT_MODE, TEXT(CustomerFile, file_mode),
          .fallback = "0644", .help = "octal text" },
        { "file_owner", KEY_STR, T_YES, RULE_TEXT_UINT, TEXT(CustomerFile, file_owner),
          .fallback = "0", .help = "uid" },
        { NULL },
};
static const ObjectSpec customer_file_object = { "customer_file",
                                                 "a file that the customer uploads as a setting",
                                                 customer_file_keys, IN_AT(CustomerFile) };

static const KeySpec env_var_keys[] = {
        { "name", KEY_STR, T_YES, TEXT(RawEnvVar, var.name), .help = "name of the variable" },
        { "value", KEY_STR, T_YES, TEXT(RawEnvVar, var.value), .flags = KEY_SECRET,
          .help = "its value" },
        { "static_val", KEY_STR, T_YES, TEXT(RawEnvVar, static_val), .flags = KEY_SECRET,
          .instead = "value", .help = "its value, where `value` is empty" },
        { "is_excluded_from_support", KEY_STR, T_YES, RULE_TEXT_BOOL,
          TEXT(RawEnvVar, var.is_excluded_from_support),
          .help = "boolean text: not in support bundles" },
        { "when", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(RawEnvVar, var.when), .fallback = "true",
          .help = "boolean text; false: no such variable" },
        { NULL },
};
static const ObjectSpec env_var_object = { "env_var", "a variable of the container's environment",
                                           env_var_keys, IN(RawEnvVar) };

static const KeySpec port_keys[] = {
        { "private_port", KEY_STR, T_YES, RULE_TEXT_PORT, KEY_REQUIRED, TEXT(Port, private_port),
          .help = "port in the container" },
        { "public_port", KEY_STR, T_YES, RULE_PUBLIC_PORT, TEXT(Port, public_port),
          .help = "port on the host; empty: the engine chooses one" },
        { "public_port_initial", KEY_STR, T_YES, RULE_TEXT_PORT, TEXT(Port, public_port_initial),
          .help = "first host port, where there are several instances" },
        { "interface", KEY_STR, T_YES, TEXT(Port, interface),
          .help = "name of the host's interface to bind to" },
        { "port_type", KEY_STR, T_YES, RULE_WORD, TEXT(Port, type),
          WORDS(protocols, "unknown-value"), .fallback = "tcp", .help = "`tcp` or `udp`" },
        { "when", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(Port, when), .fallback = "true",
          .help = "boolean text; false: neither exposed nor bound" },
        { NULL },
};
const ObjectSpec port_object = { "port", "a port of the container and its port on the host",
                                 port_keys, IN_AT(Port) };

static const KeySpec volume_keys[] = {
        { "host_path", KEY_STR, T_YES, .flags = KEY_REQUIRED, TEXT(Volume, host_path),
          .help = "with a leading `/` a path on the host, else a volume's name" },
        { "container_path", KEY_STR, T_YES, RULE_ABSOLUTE_PATH, KEY_REQUIRED,
          TEXT(Volume, container_path), .help = "where it is mounted" },
        { "options", KEY_STRS, T_NO, RULE_VOLUME_OPTIONS, STRS(Volume, options, n_options),
          .help = "`rw`/`ro`, `z`/`Z`, `shared`/`slave`/`private`/`rshared`/`rslave`/`rprivate`, "
                  "`nocopy`" },
        { "permission", KEY_STR, T_YES, RULE_TEXT_MODE, TEXT(Volume, permission),
          .fallback = "0755", .help = "octal text; only where the path is made" },
        { "owner", KEY_STR, T_YES, RULE_TEXT_UINT, TEXT(Volume, owner),
          .help = "uid; only where the path is made" },
        { "is_ephemeral", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(Volume, is_ephemeral),
          .help = "boolean text: nothing of worth is in it" },
        { "is_excluded_from_backup", KEY_STR, T_YES, RULE_TEXT_BOOL,
          TEXT(Volume, is_excluded_from_backup), .help = "boolean text: not in snapshots" },
        { "when", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(Volume, when), .fallback = "true",
          .help = "boolean text; false: not mounted" },
        { NULL },
};
static const ObjectSpec volume_object = { "volume",
                                          "a directory, file or named volume in the container",
                                          volume_keys, IN_AT(Volume) };

static const KeySpec extra_host_keys[] = {
        { "hostname", KEY_STR, T_YES, .flags = KEY_REQUIRED, TEXT(ExtraHost, hostname),
          .help = "the name" },
        { "address", KEY_STR, T_YES, .flags = KEY_REQUIRED, TEXT(ExtraHost, address),
          .help = "its address" },
        { "when", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(ExtraHost, when), .fallback = "true",
          .help = "boolean text; false: no such line" },
        { NULL },
};
static const ObjectSpec extra_host_object = { "extra_host", "a line of the container's /etc/hosts",
                                              extra_host_keys, IN(ExtraHost) };

static const KeySpec ulimit_keys[] = {
        { "name", KEY_STR, T_NO, TEXT(Ulimit, name), .help = "`nofile`, …" },
        { "soft", KEY_STR, T_YES, RULE_TEXT_LIMIT, TEXT(Ulimit, soft), .help = "the soft limit" },
        { "hard", KEY_STR, T_YES, RULE_TEXT_LIMIT, TEXT(Ulimit, hard), .help = "the hard limit" },
        { NULL },
};
static const ObjectSpec ulimit_object = { "ulimit", "a limit of the container's processes",
                                          ulimit_keys, IN(Ulimit) };

static const KeySpec container_support_file_keys[] = {
        { "filename", KEY_STR, T_YES, .flags = KEY_REQUIRED, .status = KEY_BESIDE,
          .help = "path in the container" },
        { NULL },
};
static const ObjectSpec container_support_file_object = {
        "support_file", "a file for support bundles", container_support_file_keys, CHECKED_ONLY
};
static const KeySpec container_support_command_keys[] = {
        { "filename", KEY_STR, T_YES, .flags = KEY_REQUIRED, .status = KEY_BESIDE,
          .help = "name in the bundle" },
        { "command", KEY_STRS, T_YES, .status = KEY_BESIDE, .help = "the command" },
        { NULL },
};
static const ObjectSpec container_support_command_object = {
        "support_command", "a command whose output goes into support bundles",
        container_support_command_keys, CHECKED_ONLY
};

static const KeySpec container_keys[] = {
        { "source", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawContainer, w.source),
          .help = "`public`, `replicated`, or the name of a registry" },
        { "image_name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawContainer, w.image_name),
          .help = "the image without its tag; subscriptions and templates name the container so" },
        { "version", KEY_STR, T_YES, .flags = KEY_REQUIRED, TEXT(RawContainer, w.version),
          .help = "the image's tag" },
        { "image_key", KEY_STR, T_NO, RULE_IS_EMPTY, .status = KEY_FOREIGN, .help = "internal" },
        { "image_domain", KEY_STR, T_NO, RULE_IS_EMPTY, .status = KEY_FOREIGN, .help = "internal" },
        { "display_name", KEY_STR, T_YES, TEXT(RawContainer, w.display_name),
          .help = "a label, for people" },
        { "name", KEY_STR, T_SKIP, RULE_NAME_UNIQUE, TEXT(RawContainer, w.name),
          .help = "name of the running container; what `volumes_from` refers to" },
        { "privileged", KEY_BOOL, T_NO, BOOL(RawContainer, w.privileged), .fallback = "false",
          .help = "all rights on the host" },
        { "network_mode", KEY_STR, T_YES, TEXT(RawContainer, w.network_mode), .fallback = "bridge",
          .help = "`bridge`, `host`, `none` or `container`" },
        { "network", KEY_STR, T_YES, TEXT(RawContainer, w.network),
          .help = "as `network_mode`, or an existing network" },
        { "network_aliases", KEY_STRS, T_YES, TEXTS(RawContainer, w.network_aliases),
          .help = "further names in the network" },
        { "links", KEY_STRS, T_YES, TEXTS(RawContainer, w.links),
          .help = "containers that are reachable by name" },
        { "ipv4_address", KEY_STR, T_YES, TEXT(RawContainer, w.ipv4_address),
          .help = "fixed address in the network" },
        { "ipv6_address", KEY_STR, T_YES, TEXT(RawContainer, w.ipv6_address),
          .help = "fixed address in the network" },
        { "cpu_shares", KEY_STR, T_YES, RULE_TEXT_UINT, TEXT(RawContainer, w.cpu_shares),
          .fallback = "1024", .help = "relative weight" },
        { "memory_limit", KEY_STR, T_YES, RULE_TEXT_SIZE, TEXT(RawContainer, w.memory_limit),
          .help = "bytes, or a number with `b`, `k`, `m` or `g`" },
        { "memory_swap_limit", KEY_STR, T_YES, RULE_TEXT_SIZE,
          TEXT(RawContainer, w.memory_swap_limit), .help = "memory and swap together; as above" },
        { "oom_kill_disable", KEY_STR, T_SKIP, RULE_BOOL, TEXT(RawContainer, w.oom_kill_disable),
          .fallback = "false", .help = "not killed when memory is short" },
        { "ulimits", KEY_OBJECTS, T_NO, .object = &ulimit_object,
          OBJECTS(RawContainer, w.ulimits, w.n_ulimits), .help = "limits of its processes" },
        { "shm_size", KEY_STR, T_SKIP, RULE_UINT, TEXT(RawContainer, w.shm_size),
          .fallback = "67108864", .help = "bytes of /dev/shm" },
        { "allocate_tty", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(RawContainer, w.allocate_tty),
          .fallback = "false", .help = "boolean text: a terminal" },
        { "security_cap_add", KEY_STRS, T_YES, TEXTS(RawContainer, w.security_cap_add),
          .help = "further capabilities: `SYS_MODULE`" },
        { "security_options", KEY_STRS, T_YES, TEXTS(RawContainer, w.security_options),
          .help = "the engine's security options" },
        { "readonly_rootfs", KEY_STR, T_SKIP, RULE_TEXT_BOOL, TEXT(RawContainer, w.readonly_rootfs),
          .fallback = "false", .help = "nothing can be written outside volumes" },
        { "user", KEY_STR, T_YES, TEXT(RawContainer, w.user), .help = "`name|uid[:group|gid]`" },
        { "hostname", KEY_STR, T_YES, TEXT(RawContainer, w.hostname),
          .help = "host name in the container" },
        { "cmd", KEY_STR, T_YES, TEXT(RawContainer, w.cmd),
          .help = "text of a JSON array, else one argument; empty: the image's" },
        { "entrypoint", KEY_STRS, T_YES, TEXTS(RawContainer, w.entrypoint),
          .help = "absent: the image's; `[]`: none" },
        { "ephemeral", KEY_BOOL, T_NO, BOOL(RawContainer, is_ephemeral), .fallback = "false",
          .help = "expected to exit: runs to success once for each change of what it is" },
        { "success_exit_codes", KEY_ANY, T_NO, RULE_EXIT_CODES,
          NODE(RawContainer, success_exit_codes), .flags = KEY_OURS, .fallback = "[0]",
          .help = "exits of an ephemeral container that are a success: `[0, 3]`, or `any`" },
        { "on_unknown", KEY_STR, T_NO, RULE_WORD, KEY_OURS, TEXT(RawContainer, on_unknown),
          WORDS(on_unknown_words, "unknown-value"),
          .help = "where nobody knows how an ephemeral container ended: `rerun` or `hold`; absent: "
                  "`rerun` where it is proved not to run" },
        { "dynamic", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(RawContainer, w.dynamic),
          .fallback = "false", .help = "boolean text: the image is always pulled" },
        { "when", KEY_STR, T_YES, RULE_TEXT_BOOL, TEXT(RawContainer, w.when), .fallback = "true",
          .help = "boolean text; false: not started" },
        { "suppress_restart", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "undocumented" },
        { "restart", KEY_OBJECT, T_NO, .object = &restart_object, OBJECT(RawContainer, restart),
          .help = "what happens after an exit" },
        { "cluster", KEY_STR, T_SKIP, RULE_BOOL, TEXT(RawContainer, w.instances.is_cluster),
          .fallback = "false", .help = "switches on `cluster_instance_count`" },
        { "cluster_instance_count", KEY_OBJECT, T_NO, .object = &instance_count_object,
          OBJECT(RawContainer, w.instances), .help = "how many instances" },
        { "publish_events", KEY_OBJECTS, T_NO, .object = &event_object,
          OBJECTS(RawContainer, events, n_events), .flags = KEY_EXISTS,
          .help = "what is published about it, and whom that starts" },
        { "config_files", KEY_OBJECTS, T_NO, .object = &config_file_object,
          OBJECTS(RawContainer, w.config_files, w.n_config_files), .flags = KEY_EXISTS,
          .help = "files written by the application's author" },
        { "customer_files", KEY_OBJECTS, T_NO, .object = &customer_file_object,
          OBJECTS(RawContainer, w.customer_files, w.n_customer_files), .flags = KEY_EXISTS,
          .help = "files that come from settings" },
        { "env_vars", KEY_OBJECTS, T_NO, .object = &env_var_object,
          OBJECTS(RawContainer, env, n_env), .flags = KEY_EXISTS, .help = "its environment" },
        { "ports", KEY_OBJECTS, T_NO, .object = &port_object,
          OBJECTS(RawContainer, w.ports, w.n_ports), .flags = KEY_EXISTS, .help = "its ports" },
        { "disable_publish_all_ports", KEY_STR, T_SKIP, RULE_BOOL,
          TEXT(RawContainer, w.disable_publish_all_ports), .fallback = "false",
          .help = "true: ports that only the image exposes get no host port" },
        { "volumes", KEY_OBJECTS, T_NO, .object = &volume_object,
          OBJECTS(RawContainer, w.volumes, w.n_volumes), .flags = KEY_EXISTS,
          .help = "what is mounted" },
        { "volumes_from", KEY_STRS, T_SKIP, RULE_VOLUMES_FROM, TEXTS(RawContainer, w.volumes_from),
          .help = "names of containers before it whose volumes are mounted too" },
        { "extra_hosts", KEY_OBJECTS, T_NO, .object = &extra_host_object,
          OBJECTS(RawContainer, w.extra_hosts, w.n_extra_hosts), .flags = KEY_EXISTS,
          .help = "lines of /etc/hosts" },
        { "support_files", KEY_OBJECTS, T_NO, .object = &container_support_file_object,
          .flags = KEY_EXISTS, .status = KEY_BESIDE, .help = "files for support bundles" },
        { "support_commands", KEY_OBJECTS, T_NO, .object = &container_support_command_object,
          .flags = KEY_EXISTS, .status = KEY_BESIDE, .help = "commands for support bundles" },
        { "logs", KEY_OBJECT, T_NO, .object = &logs_object, OBJECT(RawContainer, w.logs),
          .help = "rotation of its log; stands above the component's" },
        { "log_config", KEY_OBJECT, T_NO, .object = &log_config_object,
          OBJECT(RawContainer, w.logs), .help = "its log driver; stands above the component's" },
        { "content_trust", KEY_OBJECT, T_NO, .object = &content_trust_object,
          .help = "who must have signed the image" },
        { "pid_mode", KEY_STR, T_YES, TEXT(RawContainer, w.pid_mode),
          .help = "`host`: sees the host's processes" },
        { "labels", KEY_STRS, T_YES, TEXTS(RawContainer, w.labels),
          .help = "`key=value`, split at the first `=`" },
        { "stop_timeout", KEY_STR, T_SKIP, RULE_UINT, TEXT(RawContainer, w.stop_timeout),
          .fallback = "10", .help = "seconds from the stop signal to the kill" },
        { NULL },
};
const ObjectSpec container_object = { "container", "an image and how it is run", container_keys,
                                      IN_AT(RawContainer) };

/* ---- Components ---- */

static const KeySpec host_count_keys[] = {
        { "strategy", KEY_STR, T_NO, RULE_STRATEGY, .status = KEY_BESIDE,
          .help = "`random` or `autoscale`" },
        { "min", KEY_STR, T_SKIP, RULE_UINT, TEXT(RawHostCount, min),
          .help = "so many nodes are needed" },
        { "max", KEY_STR, T_SKIP, RULE_UINT, .fallback = "0",
          .help = "at most so many nodes; 0: no limit" },
        { "threshold_healthy", KEY_STR, T_SKIP, RULE_UINT, .status = KEY_BESIDE,
          .help = "so many nodes make it healthy" },
        { "threshold_degraded", KEY_STR, T_SKIP, RULE_UINT, .status = KEY_BESIDE, .fallback = "0",
          .help = "so many nodes make it degraded" },
        { NULL },
};
static const ObjectSpec host_count_object = { "cluster_host_count",
                                              "on how many nodes a component runs", host_count_keys,
                                              IN(RawHostCount) };

static const KeySpec host_volume_keys[] = {
        { "host_path", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "path on the host" },
        { "min_disk_space", KEY_STR, T_NO, .status = KEY_BESIDE,
          .help = "least size of the file system there" },
        { "owner", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "uid" },
        { "permission", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "octal text" },
        { "is_ephemeral", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "boolean text" },
        { "is_excluded_from_backup", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "boolean text" },
        { NULL },
};
static const ObjectSpec host_volume_object = { "host_volume",
                                               "a directory of the host that must have room",
                                               host_volume_keys, CHECKED_ONLY };

static const KeySpec component_keys[] = {
        { "name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawComponent, name),
          .help = "the component's name; half of every reference to its containers" },
        { "tags", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "tags that its node must have" },
        { "conflicts", KEY_STRS, T_NO, .status = KEY_BESIDE,
          .help = "tags of components that must be on other nodes" },
        { "cluster", KEY_STR, T_SKIP, TEXT(RawComponent, is_cluster), .fallback = "false",
          .help = "switches on `cluster_host_count`" },
        { "cluster_host_count", KEY_OBJECT, T_NO, .object = &host_count_object,
          OBJECT(RawComponent, hosts), .help = "on how many nodes it runs" },
        { "host_requirements", KEY_OBJECT, T_NO, .object = &host_requirements_object,
          .status = KEY_BESIDE, .help = "what its node must offer" },
        { "logs", KEY_OBJECT, T_NO, .object = &logs_object, OBJECT(RawComponent, logs),
          .help = "for containers without `logs` of their own" },
        { "log_config", KEY_OBJECT, T_NO, .object = &log_config_object, OBJECT(RawComponent, logs),
          .help = "for containers without `log_config` of their own" },
        { "host_volumes", KEY_OBJECTS, T_NO, .object = &host_volume_object,
          .flags = KEY_MAY_BE_NULL, .status = KEY_BESIDE,
          .help = "directories that must have room" },
        { "containers", KEY_OBJECTS, T_NO, .object = &container_object,
          OBJECTS(RawComponent, containers, n_containers), .flags = KEY_EXISTS,
          .help = "what runs; all on the same node" },
        { NULL },
};
const ObjectSpec component_object = { "component", "containers that belong together",
                                      component_keys, IN_AT(RawComponent) };
