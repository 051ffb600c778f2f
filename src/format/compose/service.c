/*
 * A service of a Compose document → the spec of its containers
 */

#include <string.h>

#include "format/compose/builder.h"
#include "format/compose/values.h"

/* ---- Commands ---- */

/* null is the image's; an empty list is none */
static bool read_command(Spec *spec, const ComposeNode *node, const char *const **ret_argv,
                         size_t *ret_n)
{
        const char **one;

        if (node_is_list(node)) {
                *ret_argv = read_texts(spec->arena, node, ret_n);
                return true;
        }
        if (node_text(node) == NULL)
                return false;
        one = arena_new0(spec->arena, const char *, 2);
        one[0] = arena_strdup(spec->arena, node->text);
        *ret_argv = one;
        *ret_n = one[0][0] == '\0' ? 0 : 1;
        return true;
}

static void read_health(const ComposeNode *node, Spec *spec)
{
        SpecHealth *health = &spec->health;

        if (!node_is_map(node))
                return;
        health->is_set = true;
        health->test = read_texts(spec->arena, compose_get(node, "test"), &health->n_test);
        if (health->n_test == 0 && node_text(compose_get(node, "test")) != NULL) {
                const char **shell = arena_new0(spec->arena, const char *, 3);

                shell[0] = "CMD-SHELL";
                shell[1] = arena_strdup(spec->arena, compose_text(node, "test", ""));
                health->test = shell;
                health->n_test = 2;
        }
        health->is_disabled = read_flag(node, "disable", false) ||
                              (health->n_test > 0 && strcmp(health->test[0], "NONE") == 0);
        health->interval_us = read_time_us(node, "interval");
        health->timeout_us = read_time_us(node, "timeout");
        health->start_period_us = read_time_us(node, "start_period");
        health->start_interval_us = read_time_us(node, "start_interval");
        health->retries = read_int(node, "retries", 0);
}

static SpecHook *read_hooks(const ComposeNode *list, Spec *spec, size_t *ret_n)
{
        size_t n = node_is_list(list) ? list->n_items : 0;
        SpecHook *hooks = arena_new0(spec->arena, SpecHook, n);

        for (size_t i = 0; i < n; i++) {
                const ComposeNode *item = list->items[i];
                SpecHook *hook = &hooks[i];

                if (!read_command(spec, compose_get(item, "command"), &hook->argv, &hook->n_argv))
                        hook->argv = read_texts(spec->arena, NULL, &hook->n_argv);
                hook->env = read_pairs(spec->arena, compose_get(item, "environment"), &hook->n_env);
                hook->user = arena_strdup(spec->arena, compose_text(item, "user", ""));
                hook->working_dir = arena_strdup(spec->arena,
                                                 compose_text(item, "working_dir", ""));
                hook->privileged = read_flag(item, "privileged", false);
        }
        *ret_n = n;
        return hooks;
}

/* ---- Restarting and trying again ---- */

typedef struct Policy {
        bool is_set;
        const char *word;
        int64_t max;
        int64_t delay_us;
        const ComposeNode *at;
        const char *key;
} Policy;

/* `deploy.restart_policy` stands above `restart`, on both engines. Its condition is `any` where it
 * does not say another. */
static Policy read_policy(Builder *b, const Service *service)
{
        const ComposeNode *deploy = compose_get(service->node, "deploy");
        const ComposeNode *own = compose_get(deploy, "restart_policy");
        const ComposeNode *simple = compose_get(service->node, "restart");
        Policy policy = { .word = "no" };
        const char *colon;

        if (node_is_map(own)) {
                policy.is_set = true;
                policy.word = compose_text(own, "condition", "any");
                policy.max = MAX(read_int(own, "max_attempts", 0), 0);
                policy.delay_us = read_time_us(own, "delay");
                policy.at = own;
                policy.key = "deploy";
                return policy;
        }
        if (node_text(simple) == NULL)
                return policy;
        policy.is_set = true;
        policy.at = simple;
        policy.key = "restart";
        colon = strchr(simple->text, ':');
        policy.word = simple->text;
        if (colon != NULL) {
                policy.word = arena_strndup(b->arena, simple->text, colon - simple->text);
                policy.max = MAX(g_ascii_strtoll(colon + 1, NULL, 10), 0);
        }
        return policy;
}

static bool policy_from_word(const char *word, RestartPolicy *ret)
{
        static const struct {
                const char *word;
                RestartPolicy policy;
        } words[] = {
                { "no", RESTART_NO },
                { "none", RESTART_NO },
                { "false", RESTART_NO },
                { "always", RESTART_ALWAYS },
                { "any", RESTART_ALWAYS },
                { "on-failure", RESTART_ON_FAILURE },
                { "unless-stopped", RESTART_UNLESS_STOPPED },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
                if (strcmp(word, words[i].word) == 0) {
                        *ret = words[i].policy;
                        return true;
                }
        }
        return false;
}

Restart service_restart(Builder *b, const Service *service)
{
        Policy policy = read_policy(b, service);
        Path path = { &service->path, policy.key, 0 };
        Restart restart = { .is_set = policy.is_set, .max = policy.max };

        restart.delay_us = policy.delay_us;
        if (policy.is_set && !policy_from_word(policy.word, &restart.policy)) {
                builder_report(b, "unknown-restart-policy", policy.at, &path,
                               "`%s` is no restart policy; there are no, on-failure, always, "
                               "unless-stopped, and in `deploy` none, on-failure, any",
                               policy.word);
                restart.policy = RESTART_NO;
        }
        /* A Swarm starts tasks again unless it is told otherwise. */
        if (!policy.is_set && is_for_swarm(b) && service->kind == WORKLOAD_SERVICE)
                restart = (Restart){ .is_set = true, .policy = RESTART_ALWAYS };
        if (service->kind == WORKLOAD_SERVICE || restart.policy == RESTART_NO)
                return restart;
        if (strcmp(policy.word, "always") == 0 || strcmp(policy.word, "unless-stopped") == 0)
                builder_report(b, "ephemeral-restart-always", policy.at, &path,
                               "`%s` runs once, to success; `%s` means here that it is tried "
                               "again until then",
                               service->name, policy.word);
        restart.policy = RESTART_ON_FAILURE; /* success ends it whatever the policy says */
        return restart;
}

/* ---- Names ---- */

static const char *container_name(Builder *b, const Service *service, unsigned replica, Spec *spec)
{
        const char *name = compose_text(service->node, "container_name", NULL);

        if (name == NULL || name[0] == '\0' || is_for_swarm(b))
                return arena_printf(spec->arena, "%s-%s-%u", b->document->name, service->name,
                                    replica + 1);
        return arena_strdup(spec->arena, name);
}

/* `service:NAME` stays as it is: when the container is made, it becomes that of the service's
 * container. */
static const char *join_mode(const Service *service, const char *key, Spec *spec)
{
        return arena_strdup(spec->arena, compose_text(service->node, key, ""));
}

/* ---- Lists ---- */

static void read_hosts(const Service *service, Spec *spec)
{
        const ComposeNode *list = compose_get(service->node, "extra_hosts");
        size_t n = node_is_list(list) ? list->n_items : 0;

        spec->extra_hosts = arena_new0(spec->arena, SpecHost, n);
        for (size_t i = 0; i < n; i++) {
                const char *text = node_text(list->items[i]);
                const char *cut = text == NULL ? NULL : strchr(text, '=');

                if (cut == NULL && text != NULL)
                        cut = strchr(text, ':');
                if (cut == NULL)
                        continue;
                spec->extra_hosts[spec->n_extra_hosts++] = (SpecHost){
                        arena_strndup(spec->arena, text, cut - text),
                        arena_strdup(spec->arena, cut + 1)
                };
        }
}

static int compare_ulimits(const void *a, const void *b)
{
        return strcmp(((const SpecUlimit *) a)->name, ((const SpecUlimit *) b)->name);
}

static void read_ulimits(const Service *service, Spec *spec)
{
        const ComposeNode *map = compose_get(service->node, "ulimits");
        size_t n = node_is_map(map) ? map->n_pairs : 0;

        spec->ulimits = arena_new0(spec->arena, SpecUlimit, n);
        for (size_t i = 0; i < n; i++) {
                const ComposePair *pair = &map->pairs[i];
                SpecUlimit *limit = &spec->ulimits[spec->n_ulimits++];
                int64_t both = read_int(map, pair->key, 0);

                limit->name = arena_strdup(spec->arena, pair->key);
                limit->soft = read_int(pair->value, "soft", both);
                limit->hard = read_int(pair->value, "hard", both);
        }
        if (n > 1)
                qsort(spec->ulimits, n, sizeof *spec->ulimits, compare_ulimits);
}

static void read_logging(const Service *service, Spec *spec)
{
        const ComposeNode *logging = compose_get(service->node, "logging");

        spec->log_driver = arena_strdup(spec->arena, compose_text(logging, "driver", ""));
        spec->log_options = read_pairs(spec->arena, compose_get(logging, "options"),
                                       &spec->n_log_options);
}

/* Both kinds; those of a service are resolved when the container is made. */
static void read_links(const Service *service, Spec *spec)
{
        static const char *const keys[] = { "links", "external_links" };
        const char **links;
        size_t total = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                const ComposeNode *list = compose_get(service->node, keys[i]);

                total += node_is_list(list) ? list->n_items : 0;
        }
        links = arena_new0(spec->arena, const char *, total + 1);
        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                size_t n;
                const char *const *some = read_texts(spec->arena,
                                                     compose_get(service->node, keys[i]), &n);

                for (size_t j = 0; j < n; j++)
                        links[spec->n_links++] = some[j];
        }
        spec->links = links;
}

/* ---- The whole ---- */

/* What a service's containers and the steps before it have in common */
static Spec *new_spec(Builder *b, const Service *service, unsigned replica)
{
        const ComposeNode *node = service->node;
        Spec *spec = spec_new();

        spec->env = read_pairs(spec->arena, compose_get(node, "environment"), &spec->n_env);
        spec->platform = arena_strdup(spec->arena, compose_text(node, "platform", ""));
        spec->image = arena_strdup(spec->arena, service->image);
        spec->always_pull = strcmp(compose_text(node, "pull_policy", ""), "always") == 0;
        read_hosts(service, spec);
        read_logging(service, spec);
        attach_mounts(b, service, replica, spec);
        attach_networks(b, service, spec);
        attach_files(b, service, spec);
        spec->network_mode = join_mode(service, "network_mode", spec);
        return spec;
}

static void read_limits(const Service *service, bool is_swarm, Spec *spec)
{
        const ComposeNode *node = service->node;

        spec->memory = MAX(read_bytes(node, "mem_limit"), 0);
        spec->shm_size = MAX(read_bytes(node, "shm_size"), 0);
        spec->cap_add = read_texts(spec->arena, compose_get(node, "cap_add"), &spec->n_cap_add);
        spec->security_opt = read_texts(spec->arena, compose_get(node, "security_opt"),
                                        &spec->n_security_opt);
        read_ulimits(service, spec);
        if (is_swarm)
                return; /* it has not these, and it has been said */
        spec->cpu_shares = read_int(node, "cpu_shares", 0);
        spec->memory_swap = read_bytes(node, "memswap_limit");
        spec->oom_kill_disable = read_flag(node, "oom_kill_disable", false);
}

static int64_t stop_timeout_s(const Service *service)
{
        if (node_text(compose_get(service->node, "stop_grace_period")) == NULL)
                return -1;
        return (read_time_us(service->node, "stop_grace_period") + G_TIME_SPAN_SECOND - 1) /
               G_TIME_SPAN_SECOND;
}

Spec *service_spec(Builder *b, const Service *service, unsigned replica)
{
        const ComposeNode *node = service->node;
        const Restart *restart = &b->app->workloads[service->first + replica].restart;
        Spec *spec = new_spec(b, service, replica);

        spec->name = container_name(b, service, replica, spec);
        spec->has_cmd = read_command(spec, compose_get(node, "command"), &spec->cmd, &spec->n_cmd);
        spec->has_entrypoint = read_command(spec, compose_get(node, "entrypoint"),
                                            &spec->entrypoint, &spec->n_entrypoint);
        spec->labels = read_pairs(spec->arena, compose_get(node, "labels"), &spec->n_labels);
        attach_ports(b, service, replica, spec);
        read_health(compose_get(node, "healthcheck"), spec);
        spec->post_start = read_hooks(compose_get(node, "post_start"), spec, &spec->n_post_start);
        spec->pre_stop = read_hooks(compose_get(node, "pre_stop"), spec, &spec->n_pre_stop);
        read_links(service, spec);
        spec->volumes_from = read_texts(spec->arena, compose_get(node, "volumes_from"),
                                        &spec->n_volumes_from);
        read_limits(service, is_for_swarm(b), spec);
        spec->hostname = arena_strdup(spec->arena, compose_text(node, "hostname", ""));
        spec->user = arena_strdup(spec->arena, compose_text(node, "user", ""));
        spec->working_dir = arena_strdup(spec->arena, compose_text(node, "working_dir", ""));
        spec->stop_signal = arena_strdup(spec->arena, compose_text(node, "stop_signal", ""));
        spec->pid_mode = join_mode(service, "pid", spec);
        spec->tty = read_flag(node, "tty", false);
        spec->stdin_open = read_flag(node, "stdin_open", false);
        spec->privileged = read_flag(node, "privileged", false);
        spec->readonly_rootfs = read_flag(node, "read_only", false);
        spec->stop_timeout_s = stop_timeout_s(service);
        spec->options = support_options(b, service);
        spec->deploy = support_deploy(b, service);
        if (service->kind == WORKLOAD_SERVICE) {
                spec->restart = restart->policy;
                spec->restart_max = restart->policy == RESTART_ON_FAILURE ? restart->max : 0;
        }
        return spec;
}

/* The service's variables, and the step's own in place of or behind them */
static void add_env(const ComposeNode *more, Spec *spec)
{
        size_t n_more, n = 0;
        const char *const *own = read_pairs(spec->arena, more, &n_more);
        const char **env = arena_new0(spec->arena, const char *, spec->n_env + n_more + 1);

        for (size_t i = 0; i < spec->n_env; i++) {
                size_t len = strcspn(spec->env[i], "=");
                g_autofree char *name = g_strndup(spec->env[i], len);

                if (compose_get_pair(more, name) == NULL)
                        env[n++] = spec->env[i];
        }
        for (size_t i = 0; i < n_more; i++)
                env[n++] = own[i];
        spec->env = env;
        spec->n_env = n;
}

/* A step runs where its service may: volumes are on that node */
static json_t *step_deploy(const Builder *b, const Service *service)
{
        const ComposeNode *deploy = compose_get(service->node, "deploy");
        const ComposeNode *placement = compose_get(deploy, "placement");

        if (!is_for_swarm(b) || !node_is_map(placement) || placement->n_pairs == 0)
                return NULL;
        return json_pack("{s:o}", "placement", compose_to_json(placement));
}

Spec *service_step_spec(Builder *b, const Service *service, size_t i, unsigned replica)
{
        const ComposeNode *step = compose_get(service->node, "pre_start")->items[i];
        Spec *spec = new_spec(b, service, replica);
        const char *image = compose_text(step, "image", "");
        bool is_own_image = image[0] != '\0' && strcmp(image, service->image) != 0;
        const char *user = is_own_image ? "" : compose_text(service->node, "user", "");
        const char *dir = compose_text(service->node, "working_dir", "");

        if (is_own_image)
                spec->image = arena_strdup(spec->arena, image);
        spec->has_cmd = read_command(spec, compose_get(step, "command"), &spec->cmd, &spec->n_cmd);
        add_env(compose_get(step, "environment"), spec);
        spec->user = arena_strdup(spec->arena, compose_text(step, "user", user));
        spec->working_dir = arena_strdup(spec->arena, compose_text(step, "working_dir", dir));
        spec->privileged = read_flag(step, "privileged", false);
        spec->deploy = step_deploy(b, service);
        /* It is not the service: who looks the service up must not find it. */
        for (size_t j = 0; j < spec->n_networks; j++) {
                spec->networks[j].n_aliases = 0;
                spec->networks[j].ipv4_address = spec->networks[j].ipv6_address = "";
                spec->networks[j].mac_address = "";
        }
        if (is_for_swarm(b) && replica == 0 && read_flag(step, "per_replica", false) &&
            service->n_replicas != 1) {
                const ComposeNode *at = compose_get(step, "per_replica");
                Path steps = { &service->path, "pre_start", 0 }, item = { &steps, NULL, i };

                builder_report(b, "engine-cannot", at, &item,
                               "`per_replica` can't be done on a Swarm: its tasks come and go");
        }
        return spec;
}
