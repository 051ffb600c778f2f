/*
 * What each engine can do of a service, by key
 */

#include <string.h>

#include "format/compose/build.h"
#include "format/compose/builder.h"

typedef enum Support {
        DONE,    /* the engine does it, or it means nothing to an engine */
        IGNORED, /* it has no effect there, and what runs is what was meant */
        CANNOT,  /* what would run is not what was meant */
} Support;

typedef enum Place {
        FIELD,  /* the model has a field for it */
        OPTION, /* it goes along as Compose writes it */
        ASIDE,  /* it is not for the engine */
} Place;

typedef struct KeySupport {
        const char *key;
        Place place;
        Support host, swarm;
        const char *instead; /* what to do about it; NULL: nothing helps */
} KeySupport;

static const char limits[] = "`deploy.resources` has an effect on both";

static const KeySupport service_keys[] = {
        { "annotations", OPTION, DONE, IGNORED, NULL },
        { "attach", ASIDE, DONE, DONE, NULL },
        { "blkio_config", OPTION, DONE, IGNORED, NULL },
        { "build", ASIDE, DONE, IGNORED, "its nodes pull images from a registry" },
        { "cap_add", FIELD, DONE, DONE, NULL },
        { "cap_drop", OPTION, DONE, DONE, NULL },
        { "cgroup", OPTION, DONE, IGNORED, NULL },
        { "cgroup_parent", OPTION, DONE, IGNORED, NULL },
        { "command", FIELD, DONE, DONE, NULL },
        { "configs", FIELD, DONE, DONE, NULL },
        { "container_name", FIELD, DONE, IGNORED, "its tasks have names of their own" },
        { "cpu_count", OPTION, IGNORED, IGNORED, limits },
        { "cpu_percent", OPTION, IGNORED, IGNORED, limits },
        { "cpu_period", OPTION, DONE, IGNORED, limits },
        { "cpu_quota", OPTION, DONE, IGNORED, limits },
        { "cpu_rt_period", OPTION, DONE, IGNORED, NULL },
        { "cpu_rt_runtime", OPTION, DONE, IGNORED, NULL },
        { "cpu_shares", FIELD, DONE, IGNORED, limits },
        { "cpus", OPTION, DONE, DONE, NULL },
        { "cpuset", OPTION, DONE, IGNORED, NULL },
        { "credential_spec", OPTION, DONE, DONE, NULL },
        { "depends_on", ASIDE, DONE, DONE, NULL },
        { "deploy", FIELD, DONE, DONE, NULL },
        { "develop", ASIDE, DONE, DONE, NULL },
        { "device_cgroup_rules", OPTION, DONE, CANNOT, NULL },
        { "devices", OPTION, DONE, CANNOT, NULL },
        { "dns", OPTION, DONE, DONE, NULL },
        { "dns_opt", OPTION, DONE, DONE, NULL },
        { "dns_search", OPTION, DONE, DONE, NULL },
        { "domainname", OPTION, DONE, IGNORED, NULL },
        { "entrypoint", FIELD, DONE, DONE, NULL },
        { "env_file", ASIDE, DONE, DONE, NULL }, /* its content is in `environment` */
        { "environment", FIELD, DONE, DONE, NULL },
        { "expose", OPTION, DONE, DONE, NULL },
        { "extends", ASIDE, DONE, DONE, NULL }, /* done by the loader */
        { "external_links", FIELD, DONE, CANNOT, "a network that both join" },
        { "extra_hosts", FIELD, DONE, DONE, NULL },
        { "gpus", OPTION, DONE, CANNOT, "`deploy.resources.reservations.generic_resources`" },
        { "group_add", OPTION, DONE, DONE, NULL },
        { "healthcheck", FIELD, DONE, DONE, NULL },
        { "hostname", FIELD, DONE, DONE, NULL },
        { "image", FIELD, DONE, DONE, NULL },
        { "init", OPTION, DONE, DONE, NULL },
        { "ipc", OPTION, DONE, CANNOT, NULL },
        { "isolation", OPTION, DONE, DONE, NULL },
        { "label_file", ASIDE, DONE, DONE, NULL }, /* its content is in `labels` */
        { "labels", FIELD, DONE, DONE, NULL },
        { "links", FIELD, DONE, CANNOT, "services of a network find each other by name" },
        { "logging", FIELD, DONE, DONE, NULL },
        { "mac_address", OPTION, DONE, IGNORED, NULL },
        { "mem_limit", FIELD, DONE, DONE, NULL },
        { "mem_reservation", OPTION, DONE, DONE, NULL },
        { "mem_swappiness", OPTION, DONE, IGNORED, NULL },
        { "memswap_limit", FIELD, DONE, IGNORED, NULL },
        { "models", ASIDE, CANNOT, CANNOT, "Slipway runs containers only" },
        { "network_mode", FIELD, DONE, DONE, NULL },
        { "networks", FIELD, DONE, DONE, NULL },
        { "oom_kill_disable", FIELD, DONE, IGNORED, NULL },
        { "oom_score_adj", OPTION, DONE, DONE, NULL },
        { "pid", FIELD, DONE, CANNOT, NULL },
        { "pids_limit", OPTION, DONE, DONE, NULL },
        { "platform", FIELD, DONE, DONE, NULL },
        { "ports", FIELD, DONE, DONE, NULL },
        { "post_start", FIELD, DONE, CANNOT, "a service that runs once and `depends_on` this one" },
        { "pre_start", ASIDE, DONE, DONE, NULL },
        { "pre_stop", FIELD, DONE, CANNOT, "a command that ends by itself on SIGTERM" },
        { "privileged", FIELD, DONE, CANNOT, "`cap_add`" },
        { "profiles", ASIDE, DONE, DONE, NULL }, /* chosen by the loader */
        { "provider", ASIDE, CANNOT, CANNOT, "Slipway runs containers only" },
        { "pull_policy", ASIDE, DONE, DONE, NULL },
        { "pull_refresh_after", ASIDE, IGNORED, IGNORED, "`pull_policy: always`" },
        { "read_only", FIELD, DONE, DONE, NULL },
        { "restart", FIELD, DONE, DONE, NULL },
        { "runtime", OPTION, DONE, CANNOT, NULL },
        { "scale", ASIDE, DONE, DONE, NULL },
        { "secrets", FIELD, DONE, DONE, NULL },
        { "security_opt", FIELD, DONE, CANNOT, NULL },
        { "shm_size", FIELD, DONE, DONE, NULL },
        { "stdin_open", FIELD, DONE, DONE, NULL },
        { "stop_grace_period", FIELD, DONE, DONE, NULL },
        { "stop_signal", FIELD, DONE, DONE, NULL },
        { "storage_opt", OPTION, DONE, IGNORED, NULL },
        { "sysctls", OPTION, DONE, DONE, NULL },
        { "tmpfs", OPTION, DONE, DONE, NULL }, /* on a Swarm it is mounts */
        { "tty", FIELD, DONE, DONE, NULL },
        { "ulimits", FIELD, DONE, DONE, NULL },
        { "use_api_socket", ASIDE, CANNOT, CANNOT, "a mount of /var/run/docker.sock" },
        { "user", FIELD, DONE, DONE, NULL },
        { "userns_mode", OPTION, DONE, CANNOT, NULL },
        { "uts", OPTION, DONE, CANNOT, NULL },
        { "volumes", FIELD, DONE, DONE, NULL },
        { "volumes_from", FIELD, DONE, CANNOT, "a volume that both name" },
        { "working_dir", FIELD, DONE, DONE, NULL },
        { NULL },
};

/* OPTION: the engine is to be told, and a changed value is a changed container or service */
static const KeySupport deploy_keys[] = {
        { "endpoint_mode", OPTION, IGNORED, DONE, NULL },
        { "labels", OPTION, DONE, DONE, NULL }, /* of the service, which one host has not */
        { "mode", OPTION, DONE, DONE, NULL },
        { "placement", OPTION, IGNORED, DONE, NULL },
        { "replicas", OPTION, DONE, DONE, NULL },
        { "resources", OPTION, DONE, DONE, NULL },
        { "restart_policy", OPTION, DONE, DONE, NULL },
        { "rollback_config", OPTION, IGNORED, DONE, NULL },
        { "update_config", OPTION, IGNORED, DONE, NULL },
        { NULL },
};

static const KeySupport *find(const KeySupport *table, const char *key)
{
        for (const KeySupport *row = table; row->key != NULL; row++) {
                if (strcmp(row->key, key) == 0)
                        return row;
        }
        return NULL;
}

/* What says nothing: null, false, 0, and what is empty */
static bool is_void(const ComposeNode *node)
{
        switch (node->type) {
        case COMPOSE_NULL:
                return true;
        case COMPOSE_BOOL:
                return strcmp(node->text, "false") == 0;
        case COMPOSE_NUMBER:
                return strcmp(node->text, "0") == 0;
        case COMPOSE_TEXT:
                return node->text[0] == '\0';
        case COMPOSE_LIST:
                return node->n_items == 0;
        case COMPOSE_MAP:
                return node->n_pairs == 0;
        }
        g_assert_not_reached();
}

static void check_pair(Builder *b, const Service *service, const KeySupport *table,
                       const ComposePair *pair, const Path *parent)
{
        const KeySupport *row = find(table, pair->key);
        Path path = { parent, pair->key, 0 };
        const char *where = is_for_swarm(b) ? "on a Swarm" : "on one host";
        const char *in = parent == &service->path ? "" : "deploy.";
        Support support;
        const char *more;

        if (row == NULL || is_void(pair->value))
                return;
        support = is_for_swarm(b) ? row->swarm : row->host;
        more = row->instead == NULL ? "" : row->instead;
        switch (support) {
        case DONE:
                break;
        case IGNORED:
                report(&b->reporter, "engine-ignores", pair->pos, g_utf8_strlen(pair->key, -1),
                       &path, "`%s%s` has no effect %s%s%s", in, pair->key, where,
                       *more == '\0' ? "" : "; ", more);
                break;
        case CANNOT:
                report(&b->reporter, "engine-cannot", pair->pos, g_utf8_strlen(pair->key, -1),
                       &path, "`%s%s` can't be done %s%s%s", in, pair->key, where,
                       *more == '\0' ? "" : "; ", more);
                break;
        }
}

/* A network of the host is for tasks, too; that of another container is not. */
static void check_network_mode(Builder *b, const Service *service)
{
        const ComposeNode *mode = compose_get(service->node, "network_mode");
        Path path = { &service->path, "network_mode", 0 };

        if (is_for_swarm(b) && node_text(mode) != NULL && strchr(mode->text, ':') != NULL)
                builder_report(b, "engine-cannot", mode, &path,
                               "a task can't join the network of another container");
}

/* A volume of one letter, as in `d:/data`, is read as a drive of Windows */
static void check_targets(Builder *b, const Service *service)
{
        const ComposeNode *list = compose_get(service->node, "volumes");
        Path section = { &service->path, "volumes", 0 };

        for (size_t i = 0; node_is_list(list) && i < list->n_items; i++) {
                const char *target = compose_text(list->items[i], "target", "");
                Path path = { &section, NULL, i };

                if (target[0] != '/')
                        builder_report(b, "bad-value", list->items[i], &path,
                                       "a target is an absolute path, and `%s` is none%s", target,
                                       g_ascii_isalpha(target[0]) && target[1] == ':'
                                               ? "; a volume's name has two letters at least"
                                               : "");
        }
}

/* `docker build` does not know services */
static void check_contexts(Builder *b, const Service *service)
{
        const ComposeNode *build = compose_get(service->node, "build");
        const ComposeNode *contexts = compose_get(build, "additional_contexts");
        Path above = { &service->path, "build", 0 };
        Path section = { &above, "additional_contexts", 0 };

        for (size_t i = 0; !is_for_swarm(b) && node_is_map(contexts) && i < contexts->n_pairs;
             i++) {
                const ComposePair *pair = &contexts->pairs[i];
                Path path = { &section, pair->key, 0 };

                if (g_str_has_prefix(compose_text(contexts, pair->key, ""), "service:"))
                        builder_report(b, "engine-cannot", pair->value, &path,
                                       "a service can't be a context; its image can: "
                                       "`docker-image://NAME`");
        }
}

void support_check(Builder *b, const Service *service)
{
        const ComposeNode *deploy = compose_get(service->node, "deploy");
        Path path = { &service->path, "deploy", 0 };

        for (size_t i = 0; i < service->node->n_pairs; i++)
                check_pair(b, service, service_keys, &service->node->pairs[i], &service->path);
        check_network_mode(b, service);
        check_targets(b, service);
        check_contexts(b, service);
        for (size_t i = 0; node_is_map(deploy) && i < deploy->n_pairs; i++)
                check_pair(b, service, deploy_keys, &deploy->pairs[i], &path);
}

json_t *support_options(const Builder *b, const Service *service)
{
        json_t *options = NULL;

        for (size_t i = 0; i < service->node->n_pairs; i++) {
                const ComposePair *pair = &service->node->pairs[i];
                const KeySupport *row = find(service_keys, pair->key);

                if (row == NULL || row->place != OPTION || pair->value->type == COMPOSE_NULL ||
                    (is_for_swarm(b) ? row->swarm : row->host) != DONE ||
                    (is_for_swarm(b) && strcmp(pair->key, "tmpfs") == 0))
                        continue;
                if (options == NULL)
                        options = json_object();
                json_object_set_new(options, pair->key, compose_to_json(pair->value));
        }
        return options;
}

/* On one host a container is made of `resources` alone: replicas are workloads, the rest is for
 * services of a Swarm, and a container need not be replaced because of it. */
json_t *support_deploy(const Builder *b, const Service *service)
{
        const ComposeNode *deploy = compose_get(service->node, "deploy");
        json_t *json = NULL;

        for (size_t i = 0; node_is_map(deploy) && i < deploy->n_pairs; i++) {
                const ComposePair *pair = &deploy->pairs[i];

                if (is_void(pair->value) ||
                    (!is_for_swarm(b) && strcmp(pair->key, "resources") != 0))
                        continue;
                if (json == NULL)
                        json = json_object();
                json_object_set_new(json, pair->key, compose_to_json(pair->value));
        }
        if (is_for_swarm(b) && !service->is_global &&
            node_text(compose_get(service->node, "scale")) != NULL) {
                json = json != NULL ? json : json_object();
                json_object_set_new(json, "replicas",
                                    json_integer((json_int_t) service->n_replicas));
        }
        return json;
}

/* ---- For the documentation ---- */

static const char *word_of(Support support)
{
        switch (support) {
        case DONE:
                return "yes";
        case IGNORED:
                return "no effect";
        case CANNOT:
                return "**no**";
        }
        g_assert_not_reached();
}

static void append_rows(GString *out, const KeySupport *table, const char *prefix)
{
        for (const KeySupport *row = table; row->key != NULL; row++) {
                if (row->host == DONE && row->swarm == DONE)
                        continue;
                g_string_append_printf(out, "| `%s%s` | %s | %s | %s |\n", prefix, row->key,
                                       word_of(row->host), word_of(row->swarm),
                                       row->instead == NULL ? "" : row->instead);
        }
}

char *compose_reference(void)
{
        GString *out = g_string_new("| key | one host | a Swarm | instead |\n|---|---|---|---|\n");

        append_rows(out, service_keys, "");
        append_rows(out, deploy_keys, "deploy.");
        return g_string_free(out, false);
}
