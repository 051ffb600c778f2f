/* Keys of the document itself */

#include "format/keys-private.h"

static const char *const ready_commands[] = { "http_status_code", "tcp_port_accept", NULL };
static const char *const run_types[] = { "exec", NULL };

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
