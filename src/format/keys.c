#include "format/keys.h"

#include <string.h>

#include "base/text.h"
#include "format/document.h"

/* Where a value goes: the row's last columns */
#define TEXT(S, f)    .field = FIELD_TEXT, .offset = offsetof(S, f)
#define STR(S, f)     .field = FIELD_STR, .offset = offsetof(S, f)
#define BOOL(S, f)    .field = FIELD_BOOL, .offset = offsetof(S, f)
#define INT(S, f)     .field = FIELD_INT, .offset = offsetof(S, f)
#define TEXTS(S, f)   .field = FIELD_TEXTS, .offset = offsetof(S, f)
#define STRS(S, f, n) .field = FIELD_STRS, .offset = offsetof(S, f), .n_offset = offsetof(S, n)
#define OBJECT(S, f)  .field = FIELD_OBJECT, .offset = offsetof(S, f)
#define OBJECTS(S, f, n)                                                                           \
        .field = FIELD_OBJECTS, .offset = offsetof(S, f), .n_offset = offsetof(S, n)
#define NODE(S, f)        .field = FIELD_NODE, .offset = offsetof(S, f)
#define WORDS(list, name) .words = (list), .finding = (name)

#define CHECKED_ONLY .size = 0, .pos_offset = NO_OFFSET, .is_set_offset = NO_OFFSET
#define IN(S)        .size = sizeof(S), .pos_offset = NO_OFFSET, .is_set_offset = NO_OFFSET
#define IN_AT(S)     .size = sizeof(S), .pos_offset = offsetof(S, pos), .is_set_offset = NO_OFFSET

static const char *const triggers[] = { "container-start", "container-stop", "port-listen", "exec",
                                        NULL };
static const char *const actions[] = { "start", NULL };
static const char *const policies[] = { "no",    "always", "on-failure", "unless-stopped",
                                        "never", NULL };
static const char *const protocols[] = { "tcp", "udp", NULL };
static const char *const on_unknown_words[] = { "rerun", "hold", NULL };
static const char *const ready_commands[] = { "http_status_code", "tcp_port_accept", NULL };
static const char *const command_ids[] = { "random", "echo", "cert", "publicip", "raw", NULL };
static const char *const affixes[] = { "left", "right", NULL };
static const char *const run_types[] = { "exec", NULL };
static const char *const statuses[] = { "success", "warn", "error", NULL };
static const char *const test_commands[] = {
        "resolve_host",
        "github_app_auth",
        "aws_auth",
        "certificate_verify",
        "smtp_auth",
        "file_exists",
        "regex_match",
        "ldap_auth",
        "validate_json",
        "ldap_config_validate",
        "cert",
        "random",
        "echo",
        "publicip",
        "tcp_port_accept",
        "http_status_code",
        "system",
        NULL,
};
static const char *const requirement_commands[] = {
        "scheduler",      "raw",      "disk_space_available", "disk_space_total",
        "port_available", "tcp_dial", "http_request",         NULL,
};

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
static const ObjectSpec host_requirements_object = { "host_requirements", "what a node must offer",
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

static const KeySpec message_keys[] = {
        { "id", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "key of a translation" },
        { "default_message", KEY_STR, T_NO, .flags = KEY_REQUIRED, .status = KEY_BESIDE,
          .help = "the text; `{{.arg}}` stands for an argument" },
        { "args", KEY_MAP_ANY, T_YES, .status = KEY_BESIDE, .help = "the text's arguments" },
        { NULL },
};
static const ObjectSpec message_object = { "message",
                                           "text, or text with translation and arguments",
                                           message_keys, CHECKED_ONLY };

static const KeySpec condition_keys[] = {
        { "error", KEY_BOOL, T_NO, .status = KEY_BESIDE, .help = "whether the command failed" },
        { "status_code", KEY_INT, T_NO, .status = KEY_BESIDE, .help = "the command's status" },
        { "bool_expr", KEY_STR, T_YES, .status = KEY_BESIDE,
          .help = "boolean text; sees `.Results`, `.Result`, `.StatusCode`, `.Error`" },
        { NULL },
};
static const ObjectSpec condition_object = { "condition",
                                             "when a result holds: all of what is given",
                                             condition_keys, CHECKED_ONLY };

static const KeySpec result_keys[] = {
        { "status", KEY_STR, T_NO, RULE_WORD, KEY_REQUIRED, KEY_BESIDE,
          WORDS(statuses, "unknown-value"), .help = "`success`, `warn` or `error`" },
        { "message", KEY_MESSAGE, T_NO, .object = &message_object, .flags = KEY_REQUIRED,
          .status = KEY_BESIDE, .help = "what people are told" },
        { "condition", KEY_OBJECT, T_NO, .object = &condition_object, .status = KEY_BESIDE,
          .help = "absent: always" },
        { NULL },
};
static const ObjectSpec result_object = {
        "result", "what an outcome means; the first whose condition holds counts", result_keys,
        CHECKED_ONLY
};

static const KeySpec custom_command_keys[] = {
        { "id", KEY_STR, T_NO, RULE_WORD, KEY_REQUIRED, KEY_BESIDE,
          WORDS(requirement_commands, "unknown-value"), .help = "which command" },
        { "timeout", KEY_INT, T_NO, .status = KEY_BESIDE, .fallback = "15",
          .help = "seconds; -1: none" },
        { "data", KEY_ANY, T_YES, .status = KEY_BESIDE, .help = "the command's own input" },
        { NULL },
};
static const ObjectSpec custom_command_object = { "custom_command", "a command with its input",
                                                  custom_command_keys, CHECKED_ONLY };

static const KeySpec test_proc_keys[] = {
        { "display_name", KEY_STR, T_YES, TEXT(TestProc, display_name),
          .help = "label of the button" },
        { "command", KEY_STR, T_NO, RULE_WORD, STR(TestProc, command),
          WORDS(test_commands, "unknown-value"), .help = "which test: `resolve_host`, …" },
        { "custom_command", KEY_OBJECT, T_NO, .object = &custom_command_object,
          .status = KEY_BESIDE, .help = "a container or a probe as the test" },
        { "results", KEY_OBJECTS, T_NO, .object = &result_object, .status = KEY_BESIDE,
          .help = "what outcomes of the custom command mean" },
        { "timeout", KEY_UINT, T_NO, INT(TestProc, timeout_s), .fallback = "15",
          .help = "seconds" },
        { "arg_fields", KEY_STRS, T_NO, STRS(TestProc, arg_fields, n_arg_fields),
          .help = "settings whose values are arguments, in order" },
        { "args", KEY_STRS, T_YES, TEXTS(TestProc, args), .help = "further arguments" },
        { "run_on_save", KEY_STR, T_NO, RULE_TEXT_BOOL, STR(TestProc, run_on_save),
          .status = KEY_BESIDE, .help = "boolean text: test when settings are saved" },
        { "when", KEY_STR, T_SKIP, RULE_ITEM_WHEN, TEXT(TestProc, when),
          .help = "whether the test is offered" },
        { NULL },
};
static const ObjectSpec test_proc_object = { "test_proc",
                                             "a test that settings can be put to",
                                             test_proc_keys,
                                             .size = sizeof(TestProc),
                                             .pos_offset = offsetof(TestProc, pos),
                                             .is_set_offset = offsetof(TestProc, is_set) };

static const KeySpec source_native_keys[] = {
        { "component", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "name of the component" },
        { "container", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "image_name of the container" },
        { NULL },
};
static const ObjectSpec source_native_object = { "replicated", "a container of this document",
                                                 source_native_keys, CHECKED_ONLY };
static const KeySpec source_swarm_keys[] = {
        { "service", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_FOREIGN,
          .help = "name of the service" },
        { NULL },
};
static const ObjectSpec source_swarm_object = { "swarm source", "a service of a Compose document",
                                                source_swarm_keys, CHECKED_ONLY };
static const KeySpec source_keys[] = {
        { "component", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "name of the component" },
        { "container", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "image_name of the container" },
        { "replicated", KEY_OBJECT, T_NO, .object = &source_native_object, .status = KEY_BESIDE,
          .help = "a container of this document" },
        { "swarm", KEY_OBJECT, T_NO, .object = &source_swarm_object, .status = KEY_FOREIGN,
          .help = "a service of a Compose document" },
        { "service", KEY_STR, T_NO, .status = KEY_FOREIGN, .help = "name of a service" },
        { "kubernetes", KEY_MAP_ANY, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { NULL },
};
static const ObjectSpec source_object = { "source", "which container a command runs in",
                                          source_keys, CHECKED_ONLY };

static const KeySpec fingerprint_keys[] = {
        { "public_key_fingerprint", KEY_STR, T_NO, RULE_FINGERPRINT, .status = KEY_LATER,
          .help = "MD5 fingerprint of the key that signs the image, lower case" },
        { NULL },
};
static const ObjectSpec content_trust_object = { "content_trust", "who must have signed the image",
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
        { "source", KEY_STR, T_NO, TEXT(ConfigFile, source), .status = KEY_LATER,
          .help = "`github`: the file comes from a repository" },
        { "owner", KEY_STR, T_NO, TEXT(ConfigFile, owner), .status = KEY_LATER,
          .help = "whose repository" },
        { "repo", KEY_STR, T_NO, TEXT(ConfigFile, repo), .status = KEY_LATER,
          .help = "which repository" },
        { "path", KEY_STR, T_NO, TEXT(ConfigFile, path), .status = KEY_LATER,
          .help = "path in the repository" },
        { "ref", KEY_STR, T_NO, TEXT(ConfigFile, ref), .status = KEY_LATER,
          .help = "commit of the repository" },
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

/* ---- Settings ---- */

static const KeySpec command_ref_keys[] = {
        { "name", KEY_STR, T_NO, STR(CommandRef, name), .help = "a command of `cmds`" },
        { "value_at", KEY_INT, T_NO, INT(CommandRef, value_at), .fallback = "0",
          .help = "which of its results" },
        { NULL },
};
static const ObjectSpec command_ref_object = { "command reference", "a result of a command",
                                               command_ref_keys, IN_AT(CommandRef) };

static const KeySpec child_item_keys[] = {
        { "name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawItem, s.name),
          .help = "the option's name; a setting of its own with `select_many`" },
        { "title", KEY_STR, T_YES, TEXT(RawItem, s.title), .help = "a label, for people" },
        { "recommended", KEY_BOOL, T_NO, BOOL(RawItem, s.recommended), .fallback = "false",
          .help = "shown as recommended" },
        { "default", KEY_STR, T_YES, TEXT(RawItem, s.default_value),
          .help = "used while no value is set" },
        { "value", KEY_STR, T_YES, TEXT(RawItem, s.value), .help = "the first value" },
        { NULL },
};
static const ObjectSpec child_item_object = { "option",
                                              "an option of a select",
                                              child_item_keys,
                                              .size = sizeof(RawItem),
                                              .pos_offset = offsetof(RawItem, s.pos),
                                              .is_set_offset = NO_OFFSET };

static const KeySpec item_keys[] = {
        { "name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawItem, s.name),
          .help = "the setting's name; one name space for all groups" },
        { "type", KEY_STR, T_NO, RULE_ITEM_TYPE, KEY_REQUIRED, STR(RawItem, type),
          .help = "`text`, `label`, `password`, `file`, `bool`, `select_one`, `select_many`, "
                  "`textarea`, `select` or `heading`" },
        { "title", KEY_STR, T_YES, TEXT(RawItem, s.title), .help = "a label, for people" },
        { "help_text", KEY_STR, T_YES, TEXT(RawItem, s.help_text), .help = "help, for people" },
        { "affix", KEY_STR, T_NO, RULE_WORD, STR(RawItem, s.affix), WORDS(affixes, "unknown-value"),
          .help = "`left` or `right`: two settings in one line" },
        { "default", KEY_STR, T_YES, TEXT(RawItem, s.default_value), .flags = KEY_SECRET,
          .help = "used while no value is set" },
        { "value", KEY_STR, T_YES, TEXT(RawItem, s.value), .flags = KEY_SECRET,
          .help = "the first value; what the user sets stands above it" },
        { "multi_value", KEY_STRS, T_YES, TEXTS(RawItem, s.multi_value), .status = KEY_BESIDE,
          .help = "first values, where there may be several" },
        { "multiple", KEY_BOOL, T_NO, BOOL(RawItem, s.multiple), .status = KEY_BESIDE,
          .fallback = "false", .help = "several files" },
        { "default_cmd", KEY_OBJECT, T_NO, .object = &command_ref_object,
          OBJECT(RawItem, s.default_cmd), .help = "the default is a command's result, made anew" },
        { "value_cmd", KEY_OBJECT, T_NO, .object = &command_ref_object,
          OBJECT(RawItem, s.value_cmd), .help = "the value is a command's result, made once" },
        { "data_cmd", KEY_OBJECT, T_NO, .object = &command_ref_object, OBJECT(RawItem, s.data_cmd),
          .help = "a file's content is a command's result, made once" },
        { "recommended", KEY_BOOL, T_NO, BOOL(RawItem, s.recommended), .fallback = "false",
          .help = "shown as recommended" },
        { "hidden", KEY_BOOL, T_NO, BOOL(RawItem, s.hidden), .fallback = "false",
          .help = "not shown" },
        { "readonly", KEY_BOOL, T_NO, BOOL(RawItem, s.readonly), .fallback = "false",
          .help = "can't be set" },
        { "required", KEY_BOOL, T_NO, BOOL(RawItem, s.required), .fallback = "false",
          .help = "nothing starts until it has a value" },
        { "write_once", KEY_BOOL, T_NO, BOOL(RawItem, s.write_once), .fallback = "false",
          .help = "the first value that is set stays" },
        { "is_excluded_from_support", KEY_BOOL, T_NO, BOOL(RawItem, s.is_excluded_from_support),
          .fallback = "false", .help = "not in support bundles" },
        { "when", KEY_STR, T_SKIP, RULE_ITEM_WHEN, TEXT(RawItem, s.when),
          .help = "`name=value`, `name!=value`, or boolean text: whether it is shown and "
                  "required" },
        { "props", KEY_MAP_ANY, T_NO, .status = KEY_BESIDE, .help = "attributes of a textarea" },
        { "test_proc", KEY_OBJECT, T_NO, .object = &test_proc_object, OBJECT(RawItem, s.test_proc),
          .help = "a test of its value" },
        { "filters", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "undocumented" },
        { "items", KEY_OBJECTS, T_NO, .object = &child_item_object,
          OBJECTS(RawItem, children, n_children), .flags = KEY_EXISTS,
          .help = "the options of a select" },
        { NULL },
};
static const ObjectSpec item_object = { "item",
                                        "a setting",
                                        item_keys,
                                        .size = sizeof(RawItem),
                                        .pos_offset = offsetof(RawItem, s.pos),
                                        .is_set_offset = NO_OFFSET };

static const KeySpec group_keys[] = {
        { "name", KEY_STR, T_NO, .flags = KEY_REQUIRED, STR(RawGroup, g.name),
          .help = "the group's name" },
        { "title", KEY_STR, T_YES, TEXT(RawGroup, g.title), .help = "a label, for people" },
        { "description", KEY_STR, T_YES, TEXT(RawGroup, g.description),
          .help = "text, for people" },
        { "when", KEY_STR, T_SKIP, RULE_ITEM_WHEN, TEXT(RawGroup, g.when),
          .help = "as an item's `when`, for all of them" },
        { "test_proc", KEY_OBJECT, T_NO, .object = &test_proc_object, OBJECT(RawGroup, g.test_proc),
          .help = "a test of the group" },
        { "filters", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "undocumented" },
        { "items", KEY_OBJECTS, T_NO, .object = &item_object, OBJECTS(RawGroup, items, n_items),
          .flags = KEY_EXISTS, .help = "the settings" },
        { NULL },
};
static const ObjectSpec group_object = { "group",
                                         "settings that belong together",
                                         group_keys,
                                         .size = sizeof(RawGroup),
                                         .pos_offset = offsetof(RawGroup, g.pos),
                                         .is_set_offset = NO_OFFSET };

static const KeySpec command_keys[] = {
        { "name", KEY_STR, T_NO, STR(Command, name), .help = "what `value_cmd` refers to" },
        { "cmd", KEY_STR, T_NO, RULE_WORD, STR(Command, cmd), WORDS(command_ids, "unknown-command"),
          .help = "`random`, `echo`, `cert`, `publicip` or `raw`" },
        { "args", KEY_STRS, T_NO, STRS(Command, args, n_args),
          .help = "its arguments; never templates" },
        { "timeout", KEY_ANY, T_NO, .status = KEY_BESIDE, .fallback = "15",
          .help = "seconds, of `raw`" },
        { "readonly_rootfs", KEY_BOOL, T_NO, BOOL(Command, readonly_rootfs), .fallback = "false",
          .help = "of `raw`" },
        { NULL },
};
static const ObjectSpec command_object = { "command",
                                           "run when a file is taken in; makes values of settings",
                                           command_keys, IN_AT(Command) };

/* ---- The rest of the root ---- */

static const KeySpec terms_keys[] = {
        { "markdown", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "the text" },
        { "version", KEY_INT, T_NO, .status = KEY_BESIDE, .fallback = "1",
          .help = "a higher one must be accepted anew" },
        { NULL },
};
static const ObjectSpec terms_object = { "terms", "terms of use", terms_keys, CHECKED_ONLY };

static const KeySpec properties_keys[] = {
        { "app_url", KEY_ANY, T_YES, TEXT(Properties, app_url),
          .help = "where the application is" },
        { "logo_url", KEY_STR, T_NO, RULE_URL, TEXT(Properties, logo_url), .help = "its logo" },
        { "console_title", KEY_STR, T_YES, TEXT(Properties, console_title),
          .help = "title of the console's pages" },
        { "shell_alias", KEY_STR, T_NO, RULE_SHELL_ALIAS, STR(Properties, shell_alias),
          .help = "letters, digits, `_` and `-`: name of a command" },
        { "bypass_local_registry", KEY_BOOL, T_NO, .status = KEY_BESIDE, .help = "undocumented" },
        { NULL },
};
static const ObjectSpec properties_object = { "properties", "how the application presents itself",
                                              properties_keys, IN(Properties) };

static const KeySpec identity_source_keys[] = {
        { "source", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "`ldap` or `ldap_advanced`" },
        { "filter", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "which users" },
        { "enabled", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { NULL },
};
static const ObjectSpec identity_source_object = { "identity source", "a directory of users",
                                                   identity_source_keys, CHECKED_ONLY };
static const KeySpec identity_keys[] = {
        { "enabled", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "provisioner", KEY_STR, T_YES, .status = KEY_BESIDE,
          .help = "URL that hears of changes" },
        { "enable_reset_request", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "sources", KEY_OBJECTS, T_NO, .object = &identity_source_object, .status = KEY_BESIDE,
          .help = "directories of users" },
        { NULL },
};
static const ObjectSpec identity_object = { "identity", "users from a directory", identity_keys,
                                            CHECKED_ONLY };

static const KeySpec ready_keys[] = {
        { "command", KEY_STR, T_NO, RULE_WORD, TEXT(RawReady, command),
          WORDS(ready_commands, "unknown-command"),
          .help = "`http_status_code` or `tcp_port_accept`" },
        { "args", KEY_STRS, T_YES, TEXTS(RawReady, args),
          .help = "URL, status, seconds of a request (5); or host, port" },
        { "timeout", KEY_INT, T_NO, INT(RawReady, timeout_s), .fallback = "600",
          .help = "seconds; 0 is 600, -1 is for ever" },
        { "readonly_rootfs", KEY_STR, T_SKIP, .status = KEY_BESIDE, .help = "undocumented" },
        { NULL },
};
static const ObjectSpec ready_object = {
        "ready",
        "a check after all containers have started; the application is started when it "
        "passes",
        ready_keys,
        .size = sizeof(RawReady),
        .pos_offset = offsetof(RawReady, pos),
        .is_set_offset = offsetof(RawReady, is_set)
};
static const KeySpec state_keys[] = {
        { "ready", KEY_OBJECT, T_NO, .object = &ready_object, OBJECT(RawState, ready),
          .help = "when the application is started" },
        { NULL },
};
static const ObjectSpec state_object = { "state", "what the application's state depends on",
                                         state_keys, IN(RawState) };

static const KeySpec swarm_backup_keys[] = {
        { "volumes", KEY_STRS, T_NO, .status = KEY_FOREIGN,
          .help = "volumes of a Compose document" },
        { NULL },
};
static const ObjectSpec swarm_backup_object = { "backup swarm",
                                                "what a snapshot of a Compose application holds",
                                                swarm_backup_keys, CHECKED_ONLY };
static const KeySpec strategy_keys[] = {
        { "name", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "its name" },
        { "description", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "text, for people" },
        { "enabled", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "manual", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "exclude_app_data", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "exclude_replicated_data", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "exclude_registry_data", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "disable_deduplication", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "pause_containers", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "script", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "shell script" },
        { "restore_script", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "shell script" },
        { "swarm", KEY_OBJECT, T_NO, .object = &swarm_backup_object, .status = KEY_FOREIGN,
          .help = "of a Compose application" },
        { "kubernetes", KEY_MAP_ANY, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { NULL },
};
static const ObjectSpec strategy_object = { "strategy", "one of several ways to make snapshots",
                                            strategy_keys, CHECKED_ONLY };
static const KeySpec backup_keys[] = {
        { "enabled", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "hidden", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "pause_all", KEY_BOOL, T_NO, .status = KEY_BESIDE, .instead = "pause_containers",
          .help = "containers are paused meanwhile" },
        { "pause_containers", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "exclude_registry_data", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "disable_deduplication", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "script", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "shell script" },
        { "restore_script", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "shell script" },
        { "swarm", KEY_OBJECT, T_NO, .object = &swarm_backup_object, .status = KEY_FOREIGN,
          .help = "of a Compose application" },
        { "kubernetes", KEY_MAP_ANY, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { "strategies", KEY_OBJECTS, T_NO, .object = &strategy_object, .status = KEY_BESIDE,
          .help = "stand in place of the keys above" },
        { NULL },
};
static const ObjectSpec backup_object = { "backup", "snapshots", backup_keys, CHECKED_ONLY };

static const KeySpec display_keys[] = {
        { "label_unit", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "unit of the axis" },
        { "label_scale", KEY_STR, T_NO, RULE_LABEL_SCALE, .status = KEY_BESIDE,
          .help = "`metric`, `none` or a number" },
        { "label_range_override", KEY_BOOL, T_NO, .status = KEY_BESIDE, .help = "fixed range" },
        { "label_min", KEY_FLOAT, T_NO, .status = KEY_BESIDE, .help = "least value" },
        { "label_max", KEY_FLOAT, T_NO, .status = KEY_BESIDE, .help = "greatest value" },
        { "label_count", KEY_INT, T_NO, .status = KEY_BESIDE, .help = "number of labels" },
        { "fill_color", KEY_STR, T_NO, RULE_COLOUR, .status = KEY_BESIDE,
          .help = "`#rgb`, `#rrggbb`, `rgb(…)`, `rgba(…)`" },
        { "stroke_color", KEY_STR, T_NO, RULE_COLOUR, .status = KEY_BESIDE,
          .help = "`#rgb`, `#rrggbb`, `rgb(…)`, `rgba(…)`" },
        { "css_class_name", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "a class" },
        { NULL },
};
static const ObjectSpec display_object = { "display", "how a graph looks", display_keys,
                                           CHECKED_ONLY };
static const KeySpec custom_monitor_keys[] = {
        { "name", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_BESIDE,
          .help = "title of the graph" },
        { "target", KEY_STR, T_NO, .status = KEY_BESIDE, .instead = "targets", .help = "a metric" },
        { "targets", KEY_STRS, T_NO, .status = KEY_BESIDE, .help = "the metrics" },
        { "dashboard", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "on which page" },
        { "from", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "since when" },
        { "until", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "until when" },
        { "display", KEY_OBJECT, T_NO, .object = &display_object, .status = KEY_BESIDE,
          .help = "how it looks" },
        { NULL },
};
static const ObjectSpec custom_monitor_object = { "custom monitor", "a graph of metrics",
                                                  custom_monitor_keys, CHECKED_ONLY };
static const KeySpec monitors_keys[] = {
        { "cpuacct", KEY_STRS, T_NO, RULE_MONITOR, .status = KEY_BESIDE,
          .help = "`component,image` of containers whose processor time is shown" },
        { "memory", KEY_STRS, T_NO, RULE_MONITOR, .status = KEY_BESIDE,
          .help = "`component,image` of containers whose memory is shown" },
        { "custom", KEY_OBJECTS, T_NO, RULE_HAS_TARGET, .object = &custom_monitor_object,
          .status = KEY_BESIDE, .help = "graphs of metrics" },
        { NULL },
};
static const ObjectSpec monitors_object = { "monitors", "what the console shows graphs of",
                                            monitors_keys, CHECKED_ONLY };

static const KeySpec custom_metric_keys[] = {
        { "target", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_BESIDE, .help = "the metric" },
        { "retention", KEY_STR, T_NO, RULE_RETENTION, .status = KEY_BESIDE,
          .help = "`15s:7d,1m:21d`" },
        { "aggregation_method", KEY_STR, T_NO, RULE_AGGREGATION, .status = KEY_BESIDE,
          .help = "`average`, `sum`, `min`, `max` or `last`" },
        { "xfiles_factor", KEY_FLOAT, T_NO, .status = KEY_BESIDE, .help = "share of known values" },
        { "reported", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "undocumented" },
        { NULL },
};
static const ObjectSpec custom_metric_object = { "custom metric", "how a metric is kept",
                                                 custom_metric_keys, CHECKED_ONLY };
static const KeySpec port_only_keys[] = {
        { "port", KEY_INT, T_NO, RULE_TCP_PORT, .status = KEY_BESIDE, .help = "host port" },
        { NULL },
};
static const ObjectSpec statsd_object = { "statsd", "port for metrics", port_only_keys,
                                          CHECKED_ONLY };
static const ObjectSpec graphite_object = { "graphite", "port for graphs", port_only_keys,
                                            CHECKED_ONLY };
static const KeySpec carbon_keys[] = {
        { "plaintext_port", KEY_INT, T_NO, RULE_TCP_PORT, .status = KEY_BESIDE,
          .help = "host port" },
        { "pickle_port", KEY_INT, T_NO, RULE_TCP_PORT, .status = KEY_BESIDE, .help = "host port" },
        { NULL },
};
static const ObjectSpec carbon_object = { "carbon", "ports for metrics", carbon_keys,
                                          CHECKED_ONLY };

static const KeySpec locale_keys[] = {
        { "tag", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_BESIDE, .help = "`de`, `en-GB`" },
        { "translations", KEY_MAP, T_NO, .status = KEY_BESIDE, .help = "texts by their ids" },
        { NULL },
};
static const ObjectSpec locale_object = { "locale", "texts of a language", locale_keys,
                                          CHECKED_ONLY };
static const KeySpec localization_keys[] = {
        { "enabled", KEY_BOOL, T_NO, .status = KEY_BESIDE, .fallback = "false",
          .help = "whether there is a choice" },
        { "locales_enabled", KEY_STRS, T_NO, .flags = KEY_MIN1, .status = KEY_BESIDE,
          .help = "languages to choose from" },
        { "locales", KEY_OBJECTS, T_NO, .object = &locale_object, .status = KEY_BESIDE,
          .help = "the languages" },
        { NULL },
};
static const ObjectSpec localization_object = { "localization", "languages", localization_keys,
                                                CHECKED_ONLY };

static const KeySpec custom_requirement_keys[] = {
        { "id", KEY_STR, T_NO, RULE_ID_UNIQUE, KEY_REQUIRED, KEY_BESIDE,
          .help = "its name, unique" },
        { "message", KEY_MESSAGE, T_NO, .object = &message_object, .flags = KEY_REQUIRED,
          .status = KEY_BESIDE, .help = "what is required, for people" },
        { "details", KEY_MESSAGE, T_NO, .object = &message_object, .status = KEY_BESIDE,
          .help = "more about it" },
        { "when", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "command", KEY_OBJECT, T_NO, .object = &custom_command_object, .flags = KEY_REQUIRED,
          .status = KEY_BESIDE, .help = "how it is found out" },
        { "results", KEY_OBJECTS, T_NO, .object = &result_object, .flags = KEY_REQUIRED | KEY_MIN1,
          .status = KEY_BESIDE, .help = "what outcomes mean" },
        { NULL },
};
static const ObjectSpec custom_requirement_object = { "custom requirement",
                                                      "what must hold before the start",
                                                      custom_requirement_keys, CHECKED_ONLY };

static const KeySpec command_image_keys[] = {
        { "image_name", KEY_STR, T_NO, .status = KEY_BESIDE,
          .help = "image_name of the container" },
        { "version", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "not needed" },
        { NULL },
};
static const ObjectSpec command_image_object = { "image", "a container, in the older form",
                                                 command_image_keys, CHECKED_ONLY };
static const KeySpec admin_command_keys[] = {
        { "alias", KEY_STR, T_NO, RULE_SHELL_ALIAS, KEY_REQUIRED, KEY_BESIDE,
          .help = "its name: letters, digits, `_` and `-`" },
        { "command", KEY_STRS, T_YES, .flags = KEY_REQUIRED, .status = KEY_BESIDE,
          .help = "the command" },
        { "run_type", KEY_STR, T_NO, RULE_WORD, .status = KEY_BESIDE,
          WORDS(run_types, "unknown-value"), .fallback = "exec", .help = "`exec`" },
        { "timeout", KEY_UINT, T_NO, .status = KEY_BESIDE, .help = "seconds" },
        { "when", KEY_STR, T_YES, .status = KEY_BESIDE, .help = "boolean text" },
        { "component", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "name of the component" },
        { "container", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "image_name of the container" },
        { "service", KEY_STR, T_NO, .status = KEY_FOREIGN, .help = "of a Compose document" },
        { "source", KEY_OBJECT, T_NO, .object = &source_object, .status = KEY_BESIDE,
          .help = "the container, nested" },
        { "image", KEY_OBJECT, T_NO, .object = &command_image_object, .status = KEY_BESIDE,
          .instead = "container", .help = "the container, in the older form" },
        { "selector", KEY_MAP, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { "selectors", KEY_MAP, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { NULL },
};
const ObjectSpec admin_command_object = { "admin command",
                                          "a command that operators run in a container",
                                          admin_command_keys, CHECKED_ONLY };

static const KeySpec support_file_keys[] = {
        { "filename", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_BESIDE,
          .help = "path in the container" },
        { "source", KEY_OBJECT, T_NO, .object = &source_object, .status = KEY_BESIDE,
          .help = "which container" },
        { "component", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "name of the component" },
        { "container", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "image_name of the container" },
        { "service", KEY_STR, T_NO, .status = KEY_FOREIGN, .help = "of a Compose document" },
        { "selector", KEY_MAP, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { NULL },
};
const ObjectSpec support_file_object = { "support file", "a file for support bundles",
                                         support_file_keys, CHECKED_ONLY };
static const KeySpec support_command_keys[] = {
        { "filename", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_BESIDE,
          .help = "name in the bundle" },
        { "command", KEY_STRS, T_NO, .flags = KEY_REQUIRED, .status = KEY_BESIDE,
          .help = "the command" },
        { "source", KEY_OBJECT, T_NO, .object = &source_object, .status = KEY_BESIDE,
          .help = "which container" },
        { "component", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "name of the component" },
        { "container", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "image_name of the container" },
        { "service", KEY_STR, T_NO, .status = KEY_FOREIGN, .help = "of a Compose document" },
        { "selector", KEY_MAP, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { NULL },
};
const ObjectSpec support_command_object = { "support command",
                                            "a command whose output goes into support bundles",
                                            support_command_keys, CHECKED_ONLY };
static const KeySpec support_keys[] = {
        { "files", KEY_OBJECTS, T_NO, .object = &support_file_object, .status = KEY_BESIDE,
          .help = "files for support bundles" },
        { "commands", KEY_OBJECTS, T_NO, .object = &support_command_object, .status = KEY_BESIDE,
          .help = "commands for support bundles" },
        { "timeout", KEY_STR, T_NO, .status = KEY_BESIDE, .help = "seconds" },
        { NULL },
};
static const ObjectSpec support_object = { "support", "what support bundles hold", support_keys,
                                           CHECKED_ONLY };

static const KeySpec image_keys[] = {
        { "source", KEY_STR, T_NO, .status = KEY_FOREIGN, .fallback = "public",
          .help = "`public`, `replicated`, or the name of a registry" },
        { "name", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_FOREIGN, .help = "the image" },
        { "tag", KEY_STR, T_NO, .status = KEY_FOREIGN, .fallback = "latest", .help = "its tag" },
        { "key", KEY_STR, T_NO, RULE_IS_EMPTY, .status = KEY_FOREIGN, .help = "internal" },
        { "domain", KEY_STR, T_NO, RULE_IS_EMPTY, .status = KEY_FOREIGN, .help = "internal" },
        { "content_trust", KEY_OBJECT, T_NO, .object = &content_trust_object, .status = KEY_FOREIGN,
          .help = "who must have signed it" },
        { NULL },
};
static const ObjectSpec image_object = { "image", "an image of a Compose application", image_keys,
                                         CHECKED_ONLY };

static const KeySpec node_keys[] = {
        { "role", KEY_STR, T_NO, RULE_NODE_ROLE, .status = KEY_FOREIGN,
          .help = "`manager` or `worker`" },
        { "labels", KEY_MAP, T_YES, .status = KEY_FOREIGN, .help = "labels that it has" },
        { "minimum_count", KEY_STR, T_SKIP, RULE_UINT, .status = KEY_FOREIGN,
          .help = "so many are wanted" },
        { "host_requirements", KEY_OBJECT, T_NO, .object = &host_requirements_object,
          .status = KEY_FOREIGN, .help = "what they must offer" },
        { NULL },
};
static const ObjectSpec node_object = { "node", "nodes that are wanted", node_keys, CHECKED_ONLY };
static const KeySpec swarm_data_keys[] = {
        { "name", KEY_STR, T_NO, RULE_NONE, KEY_REQUIRED, KEY_FOREIGN, .help = "its name" },
        { "value", KEY_STR, T_YES, RULE_NONE, KEY_REQUIRED | KEY_SECRET, KEY_FOREIGN,
          .help = "its content" },
        { "labels", KEY_MAP, T_NO, RULE_MAP_KEYS, .status = KEY_FOREIGN, .help = "its labels" },
        { NULL },
};
static const ObjectSpec swarm_data_object = { "swarm data",
                                              "a secret or config that is made before the stack",
                                              swarm_data_keys, CHECKED_ONLY };
static const KeySpec swarm_keys[] = {
        { "minimum_node_count", KEY_STR, T_SKIP, RULE_UINT, .status = KEY_FOREIGN,
          .help = "so many nodes are wanted" },
        { "nodes", KEY_OBJECTS, T_NO, .object = &node_object, .status = KEY_FOREIGN,
          .help = "which nodes are wanted" },
        { "secrets", KEY_OBJECTS, T_NO, .object = &swarm_data_object, .status = KEY_FOREIGN,
          .help = "secrets of the stack" },
        { "configs", KEY_OBJECTS, T_NO, .object = &swarm_data_object, .status = KEY_FOREIGN,
          .help = "configs of the stack" },
        { NULL },
};
static const ObjectSpec swarm_object = { "swarm", "what a Compose application needs", swarm_keys,
                                         CHECKED_ONLY };

static const KeySpec root_keys[] = {
        { "replicated_api_version", KEY_STR, T_NO, RULE_APIVERSION, KEY_REQUIRED,
          STR(RawDocument, app.api_version), .help = "version of the format: `2.8.0`" },
        { "name", KEY_STR, T_YES, TEXT(RawDocument, app.name), .help = "the application's name" },
        { "version", KEY_STR, T_YES, TEXT(RawDocument, app.version),
          .help = "for people only: nothing depends on it" },
        { "release_notes", KEY_STR, T_YES, TEXT(RawDocument, app.release_notes),
          .help = "Markdown" },
        { "console_support_markdown", KEY_STR, T_YES, .status = KEY_BESIDE,
          .help = "Markdown for the support page" },
        { "terms", KEY_OBJECT, T_NO, .object = &terms_object, .status = KEY_BESIDE,
          .help = "terms of use" },
        { "properties", KEY_OBJECT, T_NO, .object = &properties_object,
          OBJECT(RawDocument, app.properties), .help = "how the application presents itself" },
        { "identity", KEY_OBJECT, T_NO, .object = &identity_object, .status = KEY_BESIDE,
          .help = "users from a directory" },
        { "state", KEY_OBJECT, T_NO, .object = &state_object, OBJECT(RawDocument, state),
          .help = "what the application's state depends on" },
        { "backup", KEY_OBJECT, T_NO, .object = &backup_object, .status = KEY_BESIDE,
          .help = "snapshots" },
        { "monitors", KEY_OBJECT, T_NO, .object = &monitors_object, .status = KEY_BESIDE,
          .help = "what the console shows graphs of" },
        { "host_requirements", KEY_OBJECT, T_NO, .object = &host_requirements_object,
          .status = KEY_BESIDE, .help = "what nodes must offer" },
        { "custom_requirements", KEY_OBJECTS, T_NO, .object = &custom_requirement_object,
          .status = KEY_BESIDE, .help = "what must hold before the start" },
        { "cmds", KEY_OBJECTS, T_NO, .object = &command_object,
          OBJECTS(RawDocument, app.commands, app.n_commands), .flags = KEY_EXISTS,
          .help = "commands that make values of settings" },
        { "config", KEY_OBJECTS, T_NO, .object = &group_object,
          OBJECTS(RawDocument, groups, n_groups), .flags = KEY_EXISTS, .help = "the settings" },
        { "admin_commands", KEY_OBJECTS, T_NO, .object = &admin_command_object, .flags = KEY_EXISTS,
          .status = KEY_BESIDE, .help = "commands that operators run" },
        { "custom_metrics", KEY_OBJECTS, T_NO, .object = &custom_metric_object,
          .flags = KEY_MAY_BE_NULL, .status = KEY_BESIDE, .help = "how metrics are kept" },
        { "statsd", KEY_OBJECT, T_NO, .object = &statsd_object, .status = KEY_BESIDE,
          .help = "port for metrics" },
        { "graphite", KEY_OBJECT, T_NO, .object = &graphite_object, .status = KEY_BESIDE,
          .help = "port for graphs" },
        { "carbon", KEY_OBJECT, T_NO, .object = &carbon_object, .status = KEY_BESIDE,
          .help = "ports for metrics" },
        { "localization", KEY_OBJECT, T_NO, .object = &localization_object, .status = KEY_BESIDE,
          .help = "languages" },
        { "support", KEY_OBJECT, T_NO, .object = &support_object, .status = KEY_BESIDE,
          .help = "what support bundles hold" },
        { "images", KEY_OBJECTS, T_NO, .object = &image_object, .status = KEY_FOREIGN,
          .help = "images of a Compose application" },
        { "components", KEY_OBJECTS, T_NO, .object = &component_object,
          OBJECTS(RawDocument, components, n_components), .flags = KEY_EXISTS,
          .help = "what runs" },
        { "kubernetes", KEY_MAP_ANY, T_NO, .status = KEY_FOREIGN, .help = "another scheduler's" },
        { "swarm", KEY_OBJECT, T_NO, .object = &swarm_object, .status = KEY_FOREIGN,
          .help = "what a Compose application needs" },
        { NULL },
};
const ObjectSpec root_object = { "application", "a native application document", root_keys,
                                 IN(RawDocument) };

const KeySpec *object_find(const ObjectSpec *object, const char *key)
{
        for (const KeySpec *spec = object->keys; spec->name != NULL; spec++) {
                if (spec->name[0] == key[0] && strcmp(spec->name, key) == 0)
                        return spec;
        }
        return NULL;
}

const char *object_closest(const ObjectSpec *object, const char *key)
{
        const char *names[100];
        size_t n = 0;

        for (const KeySpec *spec = object->keys; spec->name != NULL; spec++) {
                g_assert(n + 1 < G_N_ELEMENTS(names));
                names[n++] = spec->name;
        }
        names[n] = NULL;
        return text_closest(key, names);
}

char *key_type_text(const KeySpec *key)
{
        switch (key->type) {
        case KEY_STR:
                if (key->rule == RULE_BOOL || key->rule == RULE_TEXT_BOOL)
                        return g_strdup("boolean text");
                if (key->rule == RULE_UINT || key->rule == RULE_TEXT_UINT ||
                    key->rule == RULE_TEXT_LIMIT)
                        return g_strdup("number text");
                return g_strdup("text");
        case KEY_BOOL:
                return g_strdup("bool");
        case KEY_INT:
                return g_strdup("int");
        case KEY_UINT:
                return g_strdup("uint");
        case KEY_FLOAT:
                return g_strdup("float");
        case KEY_ANY:
                return g_strdup("any");
        case KEY_STRS:
                return g_strdup("list of text");
        case KEY_MAP:
                return g_strdup("map of text");
        case KEY_MAP_ANY:
                return g_strdup("map");
        case KEY_OBJECT:
                return g_strdup("object");
        case KEY_OBJECTS:
                return g_strdup_printf("list of %s", key->object->name);
        case KEY_MESSAGE:
                return g_strdup("text or message");
        }
        g_assert_not_reached();
}
