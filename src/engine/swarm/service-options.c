/* The keys of a Compose file as places in a service */

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "engine/swarm/service.h"

#define NS_PER_CPU 1e9

bool swarm_parse_duration(const char *text, int64_t *ret_ns)
{
        static const struct {
                const char *unit;
                double ns;
        } units[] = {
                { "h", 3600e9 }, { "ms", 1e6 }, { "m", 60e9 }, { "s", 1e9 },
                { "us", 1e3 },   { "µs", 1e3 }, { "ns", 1 },
        };
        double total = 0;

        if (text[0] == '\0')
                return false;
        while (text[0] != '\0') {
                char *rest;
                double value = g_ascii_strtod(text, &rest);
                size_t i = 0;

                if (rest == text || value < 0 || !g_ascii_isdigit(text[0]))
                        return false;
                while (i < G_N_ELEMENTS(units) && !g_str_has_prefix(rest, units[i].unit))
                        i++;
                if (i == G_N_ELEMENTS(units)) {
                        if (value == 0 && rest[0] == '\0')
                                break; /* "0" */
                        return false;
                }
                total += value * units[i].ns;
                text = rest + strlen(units[i].unit);
        }
        if (total > (double) INT64_MAX / 2)
                return false;
        *ret_ns = (int64_t) (total + 0.5);
        return true;
}

/* ---- Values ---- */

typedef enum ValueKind {
        VALUE_TEXT,
        VALUE_BOOL,
        VALUE_INT,
        VALUE_SIZE,     /* bytes */
        VALUE_NUMBER,   /* with a fraction */
        VALUE_DURATION, /* nanoseconds */
        VALUE_CPUS,     /* billionths */
        VALUE_LIST,     /* of texts; one text is a list of one */
        VALUE_MAP,      /* texts to texts */
} ValueKind;

typedef struct KeyPlace {
        const char *key; /* in the file; below a section's with dots */
        ValueKind kind;
        bool is_of_task; /* below TaskTemplate, else below ContainerSpec or the service */
        const char *path;
        unsigned since; /* API 1.… that knows it; 0: all */
} KeyPlace;

static json_t *read_duration(Body *body, const char *key, const json_t *value)
{
        const char *text = json_string_value(value);
        int64_t ns;

        if (json_is_integer(value))
                return json_integer(json_integer_value(value));
        if (text != NULL && swarm_parse_duration(text, &ns))
                return json_integer(ns);
        body_wrong(body, key, "not a duration like 1m30s");
        return NULL;
}

/* (transfer full) NULL where it is not of its kind, which is told */
static json_t *convert(Body *body, const char *key, const json_t *value, ValueKind kind)
{
        const char *text;
        double number;
        int64_t integer;
        bool is_on;

        switch (kind) {
        case VALUE_TEXT:
                text = body_read_text(body, key, value);
                return text == NULL ? NULL : json_string(text);
        case VALUE_BOOL:
                return body_read_bool(body, key, value, &is_on) ? json_boolean(is_on) : NULL;
        case VALUE_INT:
                return body_read_int(body, key, value, &integer) ? json_integer(integer) : NULL;
        case VALUE_SIZE:
                return body_read_size(body, key, value, &integer) ? json_integer(integer) : NULL;
        case VALUE_NUMBER:
                return body_read_decimal(body, key, value, &number) ? json_real(number) : NULL;
        case VALUE_DURATION:
                return read_duration(body, key, value);
        case VALUE_CPUS:
                return body_read_decimal(body, key, value, &number)
                               ? json_integer((json_int_t) (number * NS_PER_CPU + 0.5))
                               : NULL;
        case VALUE_LIST:
                return body_read_texts(body, key, value);
        case VALUE_MAP:
                return body_read_pairs(body, key, value);
        }
        g_assert_not_reached();
}

/* What says nothing: null, false, 0, "", [], {} */
static bool is_nothing(const json_t *value)
{
        return value == NULL || json_is_null(value) || json_is_false(value) ||
               (json_is_string(value) && json_string_length(value) == 0) ||
               (json_is_array(value) && json_array_size(value) == 0) ||
               (json_is_object(value) && json_object_size(value) == 0);
}

/* Puts the value at a dotted place below @root, made where it is missing */
static void put(BodyBuild *build, json_t *root, const char *path, json_t *value)
{
        g_auto(GStrv) parts = g_strsplit(path, ".", -1);
        size_t n = g_strv_length(parts);

        for (size_t i = 0; i + 1 < n; i++)
                root = build_member(root, parts[i]);
        body_set(&build->body, root, parts[n - 1], value);
}

static void put_key(BodyBuild *build, const KeyPlace *place, json_t *root, const char *key,
                    const json_t *value)
{
        json_t *converted = convert(&build->body, key, value, place->kind);

        if (place->since > 0)
                body_needs(&build->body, key, place->since);
        if (converted != NULL)
                put(build, root, place->path, converted);
}

/* ---- Options of the container ---- */

static const KeyPlace option_places[] = {
        { "sysctls", VALUE_MAP, false, "Sysctls" },
        { "cap_drop", VALUE_LIST, false, "CapabilityDrop" },
        { "cap_add", VALUE_LIST, false, "CapabilityAdd" },
        { "dns", VALUE_LIST, false, "DNSConfig.Nameservers" },
        { "dns_search", VALUE_LIST, false, "DNSConfig.Search" },
        { "dns_opt", VALUE_LIST, false, "DNSConfig.Options" },
        { "init", VALUE_BOOL, false, "Init" },
        { "isolation", VALUE_TEXT, false, "Isolation" },
        { "group_add", VALUE_LIST, false, "Groups" },
        { "oom_score_adj", VALUE_INT, false, "OomScoreAdj", 46 },
        { "pids_limit", VALUE_INT, true, "Resources.Limits.Pids" },
        { "cpus", VALUE_CPUS, true, "Resources.Limits.NanoCPUs" },
        { "mem_reservation", VALUE_SIZE, true, "Resources.Reservations.MemoryBytes" },
        { "credential_spec.config", VALUE_TEXT, false, "Privileges.CredentialSpec.Config" },
        { "credential_spec.file", VALUE_TEXT, false, "Privileges.CredentialSpec.File" },
        { "credential_spec.registry", VALUE_TEXT, false, "Privileges.CredentialSpec.Registry" },
};

/* Keys that mean nothing to the engine, or stand elsewhere in the spec */
static const char *const options_ignored[] = { "expose",      "scale", "attach",  "annotations",
                                               "pull_policy", "build", "develop", NULL };

static const KeyPlace *find_place(const KeyPlace *places, size_t n, const char *key)
{
        for (size_t i = 0; i < n; i++)
                if (g_str_equal(places[i].key, key))
                        return &places[i];
        return NULL;
}

static void put_option(BodyBuild *build, const char *key, const json_t *value)
{
        const KeyPlace *place = find_place(option_places, G_N_ELEMENTS(option_places), key);
        const char *member;
        json_t *item;

        if (is_nothing(value) || g_strv_contains(options_ignored, key))
                return;
        if (place != NULL) {
                put_key(build, place, place->is_of_task ? build->task : build->container, key,
                        value);
                return;
        }
        if (!g_str_equal(key, "credential_spec") || !json_is_object(value)) {
                body_wrong(&build->body, key, "a Swarm does not have this");
                return;
        }
        json_object_foreach((json_t *) value, member, item) {
                g_autofree char *path = g_strdup_printf("%s.%s", key, member);

                put_option(build, path, item);
        }
}

static void put_platform(BodyBuild *build, const char *platform)
{
        g_auto(GStrv) parts = g_strsplit(platform, "/", 3);

        if (platform[0] == '\0')
                return;
        if (g_strv_length(parts) < 2) {
                body_wrong(&build->body, "platform", "%s is not OS/ARCHITECTURE", platform);
                return;
        }
        body_set(&build->body, build_member(build->task, "Placement"), "Platforms",
                 json_pack("[{s:s, s:s}]", "Architecture", parts[1], "OS", parts[0]));
}

void build_options(BodyBuild *build)
{
        const char *key;
        json_t *value;

        json_object_foreach(build->options->spec->options, key, value)
                put_option(build, key, value);
        put_platform(build, build->options->spec->platform);
}

/* ---- The section `deploy` ---- */

static const KeyPlace deploy_places[] = {
        { "update_config.parallelism", VALUE_INT, false, "UpdateConfig.Parallelism" },
        { "update_config.delay", VALUE_DURATION, false, "UpdateConfig.Delay" },
        { "update_config.failure_action", VALUE_TEXT, false, "UpdateConfig.FailureAction" },
        { "update_config.monitor", VALUE_DURATION, false, "UpdateConfig.Monitor" },
        { "update_config.max_failure_ratio", VALUE_NUMBER, false, "UpdateConfig.MaxFailureRatio" },
        { "update_config.order", VALUE_TEXT, false, "UpdateConfig.Order" },
        { "rollback_config.parallelism", VALUE_INT, false, "RollbackConfig.Parallelism" },
        { "rollback_config.delay", VALUE_DURATION, false, "RollbackConfig.Delay" },
        { "rollback_config.failure_action", VALUE_TEXT, false, "RollbackConfig.FailureAction" },
        { "rollback_config.monitor", VALUE_DURATION, false, "RollbackConfig.Monitor" },
        { "rollback_config.max_failure_ratio", VALUE_NUMBER, false,
          "RollbackConfig.MaxFailureRatio" },
        { "rollback_config.order", VALUE_TEXT, false, "RollbackConfig.Order" },
        { "restart_policy.condition", VALUE_TEXT, true, "RestartPolicy.Condition" },
        { "restart_policy.delay", VALUE_DURATION, true, "RestartPolicy.Delay" },
        { "restart_policy.max_attempts", VALUE_INT, true, "RestartPolicy.MaxAttempts" },
        { "restart_policy.window", VALUE_DURATION, true, "RestartPolicy.Window" },
        { "placement.constraints", VALUE_LIST, true, "Placement.Constraints" },
        { "placement.max_replicas_per_node", VALUE_INT, true, "Placement.MaxReplicas" },
        { "resources.limits.cpus", VALUE_CPUS, true, "Resources.Limits.NanoCPUs" },
        { "resources.limits.memory", VALUE_SIZE, true, "Resources.Limits.MemoryBytes" },
        { "resources.limits.pids", VALUE_INT, true, "Resources.Limits.Pids" },
        { "resources.reservations.cpus", VALUE_CPUS, true, "Resources.Reservations.NanoCPUs" },
        { "resources.reservations.memory", VALUE_SIZE, true, "Resources.Reservations.MemoryBytes" },
};

/* Read by others, each for itself */
static const char *const deploy_elsewhere[] = { "mode",
                                                "replicas",
                                                "endpoint_mode",
                                                "placement.preferences",
                                                "resources.reservations.generic_resources",
                                                NULL };
static const char *const deploy_sections[] = {
        "update_config", "rollback_config",  "restart_policy",         "placement",
        "resources",     "resources.limits", "resources.reservations", NULL
};

static void put_deploy(BodyBuild *build, const char *key, const json_t *value)
{
        const KeyPlace *place = find_place(deploy_places, G_N_ELEMENTS(deploy_places), key);
        const char *member;
        json_t *item;

        if (place != NULL && !json_is_null(value)) {
                put_key(build, place, place->is_of_task ? build->task : build->service, key, value);
                return;
        }
        if (is_nothing(value) || g_strv_contains(deploy_elsewhere, key))
                return;
        if (!g_strv_contains(deploy_sections, key) || !json_is_object(value)) {
                g_autofree char *path = g_strconcat("deploy.", key, NULL);

                body_wrong(&build->body, path, "a Swarm does not have this");
                return;
        }
        json_object_foreach((json_t *) value, member, item) {
                g_autofree char *path = g_strdup_printf("%s.%s", key, member);

                put_deploy(build, path, item);
        }
}

static void put_preferences(BodyBuild *build, const json_t *preferences)
{
        json_t *list = json_array();
        size_t i;
        json_t *item;

        json_array_foreach(preferences, i, item)
                json_array_append_new(list, json_pack("{s:{s:s}}", "Spread", "SpreadDescriptor",
                                                      json_string_at(item, "spread", "")));
        body_set(&build->body, build_member(build->task, "Placement"), "Preferences", list);
}

static void put_generic_resources(BodyBuild *build, const json_t *resources)
{
        json_t *list = json_array();
        size_t i;
        json_t *item;

        json_array_foreach(resources, i, item) {
                const json_t *one = json_object_get(item, "discrete_resource_spec");

                json_array_append_new(list,
                                      json_pack("{s:{s:s, s:I}}", "DiscreteResourceSpec", "Kind",
                                                json_string_at(one, "kind", ""), "Value",
                                                (json_int_t) json_int_at(one, "value", 0)));
        }
        put(build, build->task, "Resources.Reservations.GenericResources", list);
}

/* Labels of the service are beside ours, which win */
static void put_labels(BodyBuild *build, const json_t *labels)
{
        json_t *all = build_member(build->service, "Labels");
        g_autoptr(json_t) of_file = body_read_pairs(&build->body, "deploy.labels", labels);

        json_object_update_missing(all, of_file);
}

void build_deploy(BodyBuild *build)
{
        const json_t *deploy = build->options->spec->deploy;
        const json_t *preferences = json_at(deploy, "placement.preferences");
        const json_t *resources = json_at(deploy, "resources.reservations.generic_resources");
        const char *key;
        json_t *value;

        json_object_foreach((json_t *) deploy, key, value) {
                if (g_str_equal(key, "labels"))
                        put_labels(build, value);
                else
                        put_deploy(build, key, value);
        }
        if (!is_nothing(preferences))
                put_preferences(build, preferences);
        if (!is_nothing(resources))
                put_generic_resources(build, resources);
}
