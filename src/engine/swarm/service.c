#include "engine/swarm/service.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/probe.h"

/* Its labels tell a project's containers on one host from each other */
#define COMPOSE_LABEL "com.docker.compose."

/* ---- Building ---- */

json_t *build_member(json_t *object, const char *key)
{
        json_t *member = json_object_get(object, key);

        if (member == NULL) {
                member = json_object();
                json_object_set_new(object, key, member);
        }
        return member;
}

static const char *label_of(const SwarmBodyOptions *options, const char *key)
{
        size_t len = strlen(key);

        for (size_t i = 0; options->labels != NULL && options->labels[i] != NULL; i++)
                if (strncmp(options->labels[i], key, len) == 0 && options->labels[i][len] == '=')
                        return options->labels[i] + len + 1;
        return "";
}

/* ---- The process ---- */

static void set_process(BodyBuild *build, const Spec *spec)
{
        json_t *container = build->container;

        body_set(&build->body, container, "Image", json_string(spec->image));
        body_set_text(&build->body, container, "Hostname", spec->hostname);
        body_set_text(&build->body, container, "User", spec->user);
        body_set_text(&build->body, container, "Dir", spec->working_dir);
        body_set_text(&build->body, container, "StopSignal", spec->stop_signal);
        body_set_texts(&build->body, container, "Env", spec->env, spec->n_env);
        /* The engine's Command is the entry point, its Args are the command */
        body_set_texts(&build->body, container, "Args", spec->cmd, spec->n_cmd);
        body_set_texts(&build->body, container, "Command", spec->entrypoint, spec->n_entrypoint);
        if (spec->has_entrypoint && spec->n_entrypoint == 0)
                body_wrong(&build->body, "entrypoint", "a Swarm cannot take away the image's");
        if (spec->tty)
                body_set(&build->body, container, "TTY", json_true());
        if (spec->stdin_open)
                body_set(&build->body, container, "OpenStdin", json_true());
        if (spec->readonly_rootfs)
                body_set(&build->body, container, "ReadOnly", json_true());
        if (spec->stop_timeout_s >= 0)
                body_set(&build->body, container, "StopGracePeriod",
                         json_integer(spec->stop_timeout_s * NS_PER_S));
}

static void set_hosts(BodyBuild *build, const Spec *spec)
{
        json_t *hosts = json_array();

        /* As lines of /etc/hosts: the address first */
        for (size_t i = 0; i < spec->n_extra_hosts; i++)
                body_append(&build->body, hosts, "extra_hosts",
                            json_sprintf("%s %s", spec->extra_hosts[i].address,
                                         spec->extra_hosts[i].hostname));
        if (json_array_size(hosts) > 0)
                body_set(&build->body, build->container, "Hosts", hosts);
        else
                json_decref(hosts);
}

static void set_limits(BodyBuild *build, const Spec *spec)
{
        json_t *ulimits = json_array();

        for (size_t i = 0; i < spec->n_ulimits; i++)
                body_append(&build->body, ulimits, "ulimits",
                            json_pack("{s:s, s:I, s:I}", "Name", spec->ulimits[i].name, "Soft",
                                      (json_int_t) spec->ulimits[i].soft, "Hard",
                                      (json_int_t) spec->ulimits[i].hard));
        if (json_array_size(ulimits) > 0)
                body_set(&build->body, build->container, "Ulimits", ulimits);
        else
                json_decref(ulimits);
        if (spec->memory > 0)
                body_set(&build->body,
                         build_member(build_member(build->task, "Resources"), "Limits"),
                         "MemoryBytes", json_integer(spec->memory));
}

static void set_log(BodyBuild *build, const Spec *spec)
{
        json_t *options;

        if (spec->log_driver[0] == '\0' && spec->n_log_options == 0)
                return;
        options = json_object();
        body_put_pairs(&build->body, options, "log_options", spec->log_options,
                       spec->n_log_options);
        body_set(&build->body, build->task, "LogDriver",
                 json_pack("{s:s, s:o}", "Name", spec->log_driver, "Options", options));
}

static void set_health(BodyBuild *build, const Spec *spec)
{
        if (!probe_is_needed(spec) && !spec->health.is_set)
                return;
        body_set(&build->body, build->container, "Healthcheck", probe_healthcheck(spec));
        /* Where our program does not run, the task must not be */
        if (probe_is_needed(spec))
                body_set(&build->body, build_member(build->task, "Placement"), "Platforms",
                         json_pack("[{s:s, s:s}]", "Architecture", probe_architecture(), "OS",
                                   "linux"));
}

/* ---- What no service can have ---- */

static void refuse_what_no_swarm_has(BodyBuild *build, const Spec *spec)
{
        const struct {
                bool is_used;
                const char *key;
        } table[] = {
                { spec->privileged, "privileged" },
                { spec->pid_mode[0] != '\0', "pid" },
                { spec->n_links > 0, "links" },
                { spec->n_volumes_from > 0, "volumes_from" },
                { spec->n_security_opt > 0, "security_opt" },
                { spec->oom_kill_disable, "oom_kill_disable" },
                { spec->cpu_shares != 0, "cpu_shares" },
                { spec->memory_swap != 0 && spec->memory_swap != -1, "memswap_limit" },
                { spec->publish_all_ports, "publish_all_ports" },
                { spec->n_post_start > 0, "post_start" },
                { spec->n_pre_stop > 0, "pre_stop" },
                { spec->ipv4_address[0] != '\0', "ipv4_address" },
                { spec->ipv6_address[0] != '\0', "ipv6_address" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
                if (table[i].is_used)
                        body_wrong(&build->body, table[i].key, "a Swarm does not have this");
}

/* ---- Mounts ---- */

static void set_mount_volume(BodyBuild *build, json_t *object, const SpecMount *mount)
{
        json_t *options = json_object();
        const char *app = label_of(build->options, SWARM_LABEL_APP);

        if (mount->no_copy)
                body_set(&build->body, options, "NoCopy", json_true());
        if (mount->subpath != NULL && mount->subpath[0] != '\0') {
                body_needs(&build->body, "volumes", 45);
                body_set(&build->body, options, "Subpath", json_string(mount->subpath));
        }
        if (app[0] != '\0')
                body_set(&build->body, options, "Labels",
                         json_pack("{s:s, s:s}", SWARM_LABEL_APP, app, STACK_LABEL_NAMESPACE, app));
        body_set(&build->body, object, "VolumeOptions", options);
}

static void set_mount_tmpfs(BodyBuild *build, json_t *object, const SpecMount *mount)
{
        json_t *options = json_object();

        if (mount->tmpfs_size > 0)
                body_set(&build->body, options, "SizeBytes", json_integer(mount->tmpfs_size));
        if (mount->tmpfs_mode != 0)
                body_set(&build->body, options, "Mode", json_integer(mount->tmpfs_mode));
        body_set(&build->body, object, "TmpfsOptions", options);
}

static json_t *mount_object(BodyBuild *build, const SpecMount *mount)
{
        static const char *const types[] = {
                [MOUNT_BIND] = "bind",
                [MOUNT_VOLUME] = "volume",
                [MOUNT_TMPFS] = "tmpfs",
        };
        json_t *object = json_object();

        body_set(&build->body, object, "Type", json_string(types[mount->type]));
        body_set(&build->body, object, "Target", json_string(mount->target));
        if (mount->type != MOUNT_TMPFS)
                body_set_text(&build->body, object, "Source", mount->source);
        if (mount->read_only)
                body_set(&build->body, object, "ReadOnly", json_true());
        if (mount->selinux != NULL && mount->selinux[0] != '\0')
                body_wrong(&build->body, "volumes",
                           "a Swarm does not label mounts for SELinux (%s)", mount->target);
        switch (mount->type) {
        case MOUNT_BIND:
                if (mount->propagation != NULL && mount->propagation[0] != '\0')
                        body_set(&build->body, build_member(object, "BindOptions"), "Propagation",
                                 json_string(mount->propagation));
                break;
        case MOUNT_VOLUME:
                set_mount_volume(build, object, mount);
                break;
        case MOUNT_TMPFS:
                set_mount_tmpfs(build, object, mount);
                break;
        }
        return object;
}

static void set_mounts(BodyBuild *build, const Spec *spec)
{
        json_t *mounts = json_array();

        for (size_t i = 0; i < spec->n_mounts; i++)
                json_array_append_new(mounts, mount_object(build, &spec->mounts[i]));
        /* The engine has no size for it; memory mounted there does the same */
        if (spec->shm_size > 0)
                json_array_append_new(mounts, json_pack("{s:s, s:s, s:{s:I}}", "Type", "tmpfs",
                                                        "Target", "/dev/shm", "TmpfsOptions",
                                                        "SizeBytes", (json_int_t) spec->shm_size));
        if (json_array_size(mounts) > 0)
                body_set(&build->body, build->container, "Mounts", mounts);
        else
                json_decref(mounts);
}

/* ---- Networks and ports ---- */

/* By which the others call it, beside its whole name: what `docker stack` does, too */
static const char *short_name(const BodyBuild *build)
{
        const char *workload = label_of(build->options, SWARM_LABEL_WORKLOAD);
        const char *slash = strrchr(workload, '/');

        return slash != NULL ? slash + 1 : workload;
}

static bool is_name_of_dns(const char *text)
{
        return text[0] != '\0' &&
               text[strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_.")] == '\0';
}

static json_t *network_object(BodyBuild *build, const SpecNetwork *network)
{
        json_t *object = json_object();
        json_t *aliases = json_array();
        const char *own = short_name(build);
        bool has_own = !is_name_of_dns(own);

        body_set(&build->body, object, "Target", json_string(network->name));
        for (size_t i = 0; i < network->n_aliases; i++) {
                has_own |= g_str_equal(network->aliases[i], own);
                json_array_append_new(aliases, json_string(network->aliases[i]));
        }
        if (!has_own)
                json_array_append_new(aliases, json_string(own));
        body_set(&build->body, object, "Aliases", aliases);
        if (network->n_driver_opts > 0)
                body_put_pairs(&build->body, build_member(object, "DriverOpts"), "driver_opts",
                               network->driver_opts, network->n_driver_opts);
        if (network->ipv4_address[0] != '\0' || network->ipv6_address[0] != '\0' ||
            network->mac_address[0] != '\0' || network->n_link_local_ips > 0)
                body_wrong(&build->body, "networks",
                           "tasks of a Swarm have no fixed addresses (%s)", network->name);
        return object;
}

static void set_networks(BodyBuild *build, const Spec *spec)
{
        const char *mode = spec->network_mode;
        json_t *networks;

        if (spec->n_networks == 0 &&
            (mode[0] == '\0' || g_str_equal(mode, "default") || g_str_equal(mode, "bridge")))
                return;
        networks = json_array();
        for (size_t i = 0; i < spec->n_networks; i++)
                json_array_append_new(networks, network_object(build, &spec->networks[i]));
        if (spec->n_networks == 0) {
                if (strchr(mode, ':') != NULL)
                        body_wrong(&build->body, "network_mode",
                                   "a Swarm cannot join the network of another container");
                json_array_append_new(networks, json_pack("{s:s}", "Target", mode));
        }
        body_set(&build->body, build->task, "Networks", networks);
}

static void set_ports(BodyBuild *build, const Spec *spec)
{
        json_t *ports = json_array();
        json_t *endpoint = json_object();
        const char *mode = json_string_at(spec->deploy, "endpoint_mode", "");

        for (size_t i = 0; i < spec->n_ports; i++) {
                const SpecPort *port = &spec->ports[i];
                bool is_host = port->is_host_mode || build->options->without_ipvs;
                json_t *object = json_pack("{s:s, s:i, s:s}", "Protocol",
                                           port->proto == PROTO_UDP ? "udp" : "tcp", "TargetPort",
                                           port->private_port, "PublishMode",
                                           is_host ? "host" : "ingress");

                if (port->public_port != 0)
                        body_set(&build->body, object, "PublishedPort",
                                 json_integer(port->public_port));
                if (port->host_ip[0] != '\0' && !g_str_equal(port->host_ip, "0.0.0.0") &&
                    !g_str_equal(port->host_ip, "::"))
                        body_wrong(&build->body, "ports",
                                   "a Swarm publishes on every address of a node, not on %s alone",
                                   port->host_ip);
                json_array_append_new(ports, object);
        }
        if (build->options->without_ipvs)
                mode = "dnsrr";
        body_set_text(&build->body, endpoint, "Mode", mode);
        if (json_array_size(ports) > 0)
                body_set(&build->body, endpoint, "Ports", json_incref(ports));
        json_decref(ports);
        if (json_object_size(endpoint) > 0)
                body_set(&build->body, build->service, "EndpointSpec", json_incref(endpoint));
        json_decref(endpoint);
}

/* ---- Labels and mode ---- */

/* Says something of one deployment, not of what runs */
static bool is_of_deployment(const char *label)
{
        return g_str_has_prefix(label, "slipway.") || g_str_has_prefix(label, COMPOSE_LABEL);
}

bool swarm_label_lasts(const char *label)
{
        static const char *const lasting[] = { SWARM_LABEL_APP "=", SWARM_LABEL_WORKLOAD "=",
                                               "slipway.installation=", NULL };

        for (size_t i = 0; lasting[i] != NULL; i++)
                if (g_str_has_prefix(label, lasting[i]))
                        return true;
        return !is_of_deployment(label);
}

static void set_labels(BodyBuild *build)
{
        const SwarmBodyOptions *options = build->options;
        json_t *of_service = build_member(build->service, "Labels");
        json_t *of_container = build_member(build->container, "Labels");
        const char *app = label_of(options, SWARM_LABEL_APP);

        body_put_pairs(&build->body, of_container, "labels", options->spec->labels,
                       options->spec->n_labels);
        for (size_t i = 0; options->labels != NULL && options->labels[i] != NULL; i++) {
                body_put_pairs(&build->body, of_service, "labels", &options->labels[i], 1);
                if (swarm_label_lasts(options->labels[i]))
                        body_put_pairs(&build->body, of_container, "labels", &options->labels[i],
                                       1);
        }
        if (app[0] != '\0') {
                body_set(&build->body, of_service, STACK_LABEL_NAMESPACE, json_string(app));
                body_set(&build->body, of_container, STACK_LABEL_NAMESPACE, json_string(app));
        }
        body_set(&build->body, of_service, STACK_LABEL_IMAGE, json_string(options->spec->image));
}

static bool is_run_once(const SwarmBodyOptions *options)
{
        const char *mode = json_string_at(options->spec->deploy, "mode", "");

        return label_of(options, SWARM_LABEL_RUN)[0] != '\0' || g_str_has_suffix(mode, "-job");
}

static int64_t replicas_of(const Spec *spec)
{
        return json_int_at(spec->deploy, "replicas", json_int_at(spec->options, "scale", 1));
}

static void set_mode(BodyBuild *build, bool is_job)
{
        const Spec *spec = build->options->spec;
        bool is_global = g_str_has_prefix(json_string_at(spec->deploy, "mode", ""), "global");
        json_int_t n = replicas_of(spec);
        json_t *mode;

        if (is_job && is_global)
                mode = json_pack("{s:{}}", "GlobalJob");
        else if (is_job)
                mode = json_pack("{s:{s:I, s:I}}", "ReplicatedJob", "MaxConcurrent", n,
                                 "TotalCompletions", n);
        else if (is_global)
                mode = json_pack("{s:{}}", "Global");
        else
                mode = json_pack("{s:{s:I}}", "Replicated", "Replicas", n);
        body_set(&build->body, build->service, "Mode", mode);
}

void swarm_body_avoid_job(json_t *service_spec)
{
        json_t *mode = json_object_get(service_spec, "Mode");
        const json_t *job = json_object_get(mode, "ReplicatedJob");
        json_int_t n = json_int_at(job, "TotalCompletions", 1);

        if (job != NULL)
                json_object_set_new(mode, "Replicated", json_pack("{s:I}", "Replicas", n));
        else
                json_object_set_new(mode, "Global", json_object());
        json_object_del(mode, "ReplicatedJob");
        json_object_del(mode, "GlobalJob");
}

static void set_missing(json_t *object, const char *key, json_t *value)
{
        if (json_object_get(object, key) == NULL)
                json_object_set_new(object, key, value);
        else
                json_decref(value);
}

/* Left out, a parallelism is none at all to the engine, and it stops half-way where an update
 * fails: one task after the other is what Compose means, and what ran before is to serve on. */
static void set_updates(BodyBuild *build)
{
        json_t *update = build_member(build->service, "UpdateConfig");
        json_t *rollback = json_object_get(build->service, "RollbackConfig");

        set_missing(update, "Parallelism", json_integer(1));
        set_missing(update, "FailureAction", json_string("rollback"));
        if (rollback != NULL)
                set_missing(rollback, "Parallelism", json_integer(1));
}

/* A job's tries are ours (decision 14). Where a service's file says nothing the engine restarts. */
static void set_restart(BodyBuild *build, bool is_job)
{
        const Spec *spec = build->options->spec;
        json_t *policy;

        if (is_job) {
                json_object_set_new(build->task, "RestartPolicy",
                                    json_pack("{s:s}", "Condition", "none"));
                json_object_del(build->service, "UpdateConfig");
                json_object_del(build->service, "RollbackConfig");
                return;
        }
        set_updates(build);
        if (json_object_get(build->task, "RestartPolicy") != NULL)
                return;
        policy = json_object();
        switch (spec->restart) {
        case RESTART_NO:
                break;
        case RESTART_ALWAYS:
        case RESTART_UNLESS_STOPPED:
                body_set(&build->body, policy, "Condition", json_string("any"));
                break;
        case RESTART_ON_FAILURE:
                body_set(&build->body, policy, "Condition", json_string("on-failure"));
                if (spec->restart_max > 0)
                        body_set(&build->body, policy, "MaxAttempts",
                                 json_integer(spec->restart_max));
                break;
        }
        if (json_object_size(policy) > 0)
                body_set(&build->body, build->task, "RestartPolicy", policy);
        else
                json_decref(policy);
}

/* ---- The whole ---- */

/* Two bodies of the same hash are the same, but for the name and the labels of this deployment */
static void set_hash(BodyBuild *build)
{
        g_autoptr(json_t) copy = json_deep_copy(build->service);
        json_t *labels = json_object_get(copy, "Labels");
        g_autofree char *text = NULL;
        g_autofree char *hash = NULL;
        const char *key;
        json_t *value;
        void *next;

        json_object_foreach_safe(labels, next, key, value) {
                if (is_of_deployment(key))
                        json_object_del(labels, key);
        }
        json_object_del(copy, "Name");
        text = json_to_canonical_text(copy);
        hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
        hash[16] = '\0';
        body_set(&build->body, json_object_get(build->service, "Labels"), SWARM_LABEL_BODY,
                 json_string(hash));
}

static void object_free(gpointer data)
{
        SwarmObject *object = data;

        g_free(object->name);
        g_clear_pointer(&object->data, g_bytes_unref);
        g_free(object);
}

void swarm_body_free(SwarmBody *body)
{
        if (body == NULL)
                return;
        json_decref(body->spec);
        g_ptr_array_unref(body->objects);
        g_free(body);
}

SwarmBody *swarm_body_new(const SwarmBodyOptions *options, unsigned *ret_newest,
                          char **ret_newest_key, GError **error)
{
        const Spec *spec = options->spec;
        g_autoptr(SwarmBody) body = g_new0(SwarmBody, 1);
        SwarmBody *ret = NULL;
        BodyBuild build = { .options = options, .service = json_object() };

        body->spec = build.service;
        body->objects = build.objects = g_ptr_array_new_with_free_func(object_free);
        body->is_job = is_run_once(options);
        build.task = build_member(build.service, "TaskTemplate");
        build.container = build_member(build.task, "ContainerSpec");
        body_set(&build.body, build.service, "Name", json_string(options->name));
        refuse_what_no_swarm_has(&build, spec);
        set_process(&build, spec);
        set_hosts(&build, spec);
        set_limits(&build, spec);
        set_log(&build, spec);
        set_mounts(&build, spec);
        set_networks(&build, spec);
        set_ports(&build, spec);
        body_set_texts(&build.body, build.container, "CapabilityAdd", spec->cap_add,
                       spec->n_cap_add);
        set_labels(&build);
        build_options(&build);
        build_deploy(&build);
        set_health(&build, spec);
        build_files(&build);
        set_mode(&build, body->is_job);
        set_restart(&build, body->is_job);
        set_hash(&build);
        *ret_newest = build.body.newest;
        *ret_newest_key = g_steal_pointer(&build.body.newest_key);
        if (body_check(&build.body, error))
                ret = g_steal_pointer(&body);
        body_done(&build.body);
        return ret;
}
