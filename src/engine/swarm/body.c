#include "engine/swarm/body.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/probe.h"

/* ---- Building ---- */

void build_refuse(BodyBuild *build, const char *format, ...)
{
        va_list args;

        if (build->error != NULL)
                return;
        va_start(args, format);
        build->error = g_strdup_vprintf(format, args);
        va_end(args);
}

void build_set(BodyBuild *build, json_t *object, const char *key, json_t *value)
{
        if (value == NULL || json_object_set_new(object, key, value) < 0)
                build_refuse(build, "%s: not UTF-8; the engine takes nothing else", key);
}

void build_set_text(BodyBuild *build, json_t *object, const char *key, const char *text)
{
        if (text != NULL && text[0] != '\0')
                build_set(build, object, key, json_string(text));
}

json_t *build_member(json_t *object, const char *key)
{
        json_t *member = json_object_get(object, key);

        if (member == NULL) {
                member = json_object();
                json_object_set_new(object, key, member);
        }
        return member;
}

static void set_texts(BodyBuild *build, json_t *object, const char *key, const char *const *items,
                      size_t n, bool is_given)
{
        json_t *array;

        if (n == 0 && !is_given)
                return;
        array = json_array();
        for (size_t i = 0; i < n; i++)
                if (json_array_append_new(array, json_string(items[i])) < 0)
                        build_refuse(build, "%s: not UTF-8; the engine takes nothing else", key);
        build_set(build, object, key, array);
}

/* `key=value` texts as members */
static void put_pair(BodyBuild *build, json_t *object, const char *pair)
{
        size_t len = strcspn(pair, "=");
        g_autofree char *key = g_strndup(pair, len);

        build_set(build, object, key, json_string(pair + len + (pair[len] == '=')));
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

        build_set(build, container, "Image", json_string(spec->image));
        build_set_text(build, container, "Hostname", spec->hostname);
        build_set_text(build, container, "User", spec->user);
        build_set_text(build, container, "Dir", spec->working_dir);
        build_set_text(build, container, "StopSignal", spec->stop_signal);
        set_texts(build, container, "Env", spec->env, spec->n_env, false);
        /* The engine's Command is the entry point, its Args are the command */
        set_texts(build, container, "Args", spec->cmd, spec->n_cmd, false);
        set_texts(build, container, "Command", spec->entrypoint, spec->n_entrypoint, false);
        if (spec->has_entrypoint && spec->n_entrypoint == 0)
                build_refuse(build, "entrypoint: a Swarm cannot take away the image's");
        if (spec->tty)
                build_set(build, container, "TTY", json_true());
        if (spec->stdin_open)
                build_set(build, container, "OpenStdin", json_true());
        if (spec->readonly_rootfs)
                build_set(build, container, "ReadOnly", json_true());
        if (spec->stop_timeout_s >= 0)
                build_set(build, container, "StopGracePeriod",
                          json_integer(spec->stop_timeout_s * NS_PER_S));
}

static void set_hosts(BodyBuild *build, const Spec *spec)
{
        json_t *hosts = json_array();

        /* As lines of /etc/hosts: the address first */
        for (size_t i = 0; i < spec->n_extra_hosts; i++)
                if (json_array_append_new(hosts, json_sprintf("%s %s", spec->extra_hosts[i].address,
                                                              spec->extra_hosts[i].hostname)) < 0)
                        build_refuse(build, "extra_hosts: not UTF-8");
        if (json_array_size(hosts) > 0)
                build_set(build, build->container, "Hosts", hosts);
        else
                json_decref(hosts);
}

static void set_limits(BodyBuild *build, const Spec *spec)
{
        json_t *ulimits = json_array();

        for (size_t i = 0; i < spec->n_ulimits; i++)
                if (json_array_append_new(
                            ulimits, json_pack("{s:s, s:I, s:I}", "Name", spec->ulimits[i].name,
                                               "Soft", (json_int_t) spec->ulimits[i].soft, "Hard",
                                               (json_int_t) spec->ulimits[i].hard)) < 0)
                        build_refuse(build, "ulimits: not UTF-8");
        if (json_array_size(ulimits) > 0)
                build_set(build, build->container, "Ulimits", ulimits);
        else
                json_decref(ulimits);
        if (spec->memory > 0)
                build_set(build, build_member(build_member(build->task, "Resources"), "Limits"),
                          "MemoryBytes", json_integer(spec->memory));
}

static void set_log(BodyBuild *build, const Spec *spec)
{
        json_t *options;

        if (spec->log_driver[0] == '\0' && spec->n_log_options == 0)
                return;
        options = json_object();
        for (size_t i = 0; i < spec->n_log_options; i++)
                put_pair(build, options, spec->log_options[i]);
        build_set(build, build->task, "LogDriver",
                  json_pack("{s:s, s:o}", "Name", spec->log_driver, "Options", options));
}

static void set_health(BodyBuild *build, const Spec *spec)
{
        if (!probe_is_needed(spec) && !spec->health.is_set)
                return;
        build_set(build, build->container, "Healthcheck", probe_healthcheck(spec));
        /* Where our program does not run, the task must not be */
        if (probe_is_needed(spec))
                build_set(build, build_member(build->task, "Placement"), "Platforms",
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
                        build_refuse(build, "%s: a Swarm does not have this", table[i].key);
}

/* ---- Mounts ---- */

static void set_mount_volume(BodyBuild *build, json_t *object, const SpecMount *mount)
{
        json_t *options = json_object();
        const char *app = label_of(build->options, SWARM_LABEL_APP);

        if (mount->no_copy)
                build_set(build, options, "NoCopy", json_true());
        if (mount->subpath != NULL && mount->subpath[0] != '\0')
                build_set(build, options, "Subpath", json_string(mount->subpath));
        if (app[0] != '\0')
                build_set(
                        build, options, "Labels",
                        json_pack("{s:s, s:s}", SWARM_LABEL_APP, app, STACK_LABEL_NAMESPACE, app));
        build_set(build, object, "VolumeOptions", options);
}

static void set_mount_tmpfs(BodyBuild *build, json_t *object, const SpecMount *mount)
{
        json_t *options = json_object();

        if (mount->tmpfs_size > 0)
                build_set(build, options, "SizeBytes", json_integer(mount->tmpfs_size));
        if (mount->tmpfs_mode != 0)
                build_set(build, options, "Mode", json_integer(mount->tmpfs_mode));
        build_set(build, object, "TmpfsOptions", options);
}

static json_t *mount_object(BodyBuild *build, const SpecMount *mount)
{
        static const char *const types[] = {
                [MOUNT_BIND] = "bind",
                [MOUNT_VOLUME] = "volume",
                [MOUNT_TMPFS] = "tmpfs",
        };
        json_t *object = json_object();

        build_set(build, object, "Type", json_string(types[mount->type]));
        build_set(build, object, "Target", json_string(mount->target));
        if (mount->type != MOUNT_TMPFS)
                build_set_text(build, object, "Source", mount->source);
        if (mount->read_only)
                build_set(build, object, "ReadOnly", json_true());
        if (mount->selinux != NULL && mount->selinux[0] != '\0')
                build_refuse(build, "volumes: a Swarm does not label mounts for SELinux (%s)",
                             mount->target);
        switch (mount->type) {
        case MOUNT_BIND:
                if (mount->propagation != NULL && mount->propagation[0] != '\0')
                        build_set(build, build_member(object, "BindOptions"), "Propagation",
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
                build_set(build, build->container, "Mounts", mounts);
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

        build_set(build, object, "Target", json_string(network->name));
        for (size_t i = 0; i < network->n_aliases; i++) {
                has_own |= g_str_equal(network->aliases[i], own);
                json_array_append_new(aliases, json_string(network->aliases[i]));
        }
        if (!has_own)
                json_array_append_new(aliases, json_string(own));
        build_set(build, object, "Aliases", aliases);
        for (size_t i = 0; i < network->n_driver_opts; i++)
                put_pair(build, build_member(object, "DriverOpts"), network->driver_opts[i]);
        if (network->ipv4_address[0] != '\0' || network->ipv6_address[0] != '\0' ||
            network->mac_address[0] != '\0' || network->n_link_local_ips > 0)
                build_refuse(build, "networks.%s: tasks of a Swarm have no fixed addresses",
                             network->name);
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
                        build_refuse(build, "network_mode: a Swarm cannot join the network of "
                                            "another container");
                json_array_append_new(networks, json_pack("{s:s}", "Target", mode));
        }
        build_set(build, build->task, "Networks", networks);
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
                        build_set(build, object, "PublishedPort", json_integer(port->public_port));
                if (port->host_ip[0] != '\0' && !g_str_equal(port->host_ip, "0.0.0.0") &&
                    !g_str_equal(port->host_ip, "::"))
                        build_refuse(build,
                                     "ports: a Swarm publishes on every address of a node, "
                                     "not on %s alone",
                                     port->host_ip);
                json_array_append_new(ports, object);
        }
        if (build->options->without_ipvs)
                mode = "dnsrr";
        build_set_text(build, endpoint, "Mode", mode);
        if (json_array_size(ports) > 0)
                build_set(build, endpoint, "Ports", json_incref(ports));
        json_decref(ports);
        if (json_object_size(endpoint) > 0)
                build_set(build, build->service, "EndpointSpec", json_incref(endpoint));
        json_decref(endpoint);
}

/* ---- Labels and mode ---- */

bool swarm_label_lasts(const char *label)
{
        static const char *const lasting[] = { SWARM_LABEL_APP "=", SWARM_LABEL_WORKLOAD "=",
                                               "slipway.installation=", NULL };

        for (size_t i = 0; lasting[i] != NULL; i++)
                if (g_str_has_prefix(label, lasting[i]))
                        return true;
        return !g_str_has_prefix(label, "slipway.");
}

static void set_labels(BodyBuild *build)
{
        const SwarmBodyOptions *options = build->options;
        json_t *of_service = build_member(build->service, "Labels");
        json_t *of_container = build_member(build->container, "Labels");
        const char *app = label_of(options, SWARM_LABEL_APP);

        for (size_t i = 0; i < options->spec->n_labels; i++)
                put_pair(build, of_container, options->spec->labels[i]);
        for (size_t i = 0; options->labels != NULL && options->labels[i] != NULL; i++) {
                put_pair(build, of_service, options->labels[i]);
                if (swarm_label_lasts(options->labels[i]))
                        put_pair(build, of_container, options->labels[i]);
        }
        if (app[0] != '\0') {
                build_set(build, of_service, STACK_LABEL_NAMESPACE, json_string(app));
                build_set(build, of_container, STACK_LABEL_NAMESPACE, json_string(app));
        }
        build_set(build, of_service, STACK_LABEL_IMAGE, json_string(options->spec->image));
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
        build_set(build, build->service, "Mode", mode);
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
        if (json_object_get(build->task, "RestartPolicy") != NULL)
                return;
        policy = json_object();
        switch (spec->restart) {
        case RESTART_NO:
                break;
        case RESTART_ALWAYS:
        case RESTART_UNLESS_STOPPED:
                build_set(build, policy, "Condition", json_string("any"));
                break;
        case RESTART_ON_FAILURE:
                build_set(build, policy, "Condition", json_string("on-failure"));
                if (spec->restart_max > 0)
                        build_set(build, policy, "MaxAttempts", json_integer(spec->restart_max));
                break;
        }
        if (json_object_size(policy) > 0)
                build_set(build, build->task, "RestartPolicy", policy);
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
                if (g_str_has_prefix(key, "slipway."))
                        json_object_del(labels, key);
        }
        json_object_del(copy, "Name");
        text = json_to_canonical_text(copy);
        hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
        hash[16] = '\0';
        build_set(build, json_object_get(build->service, "Labels"), SWARM_LABEL_BODY,
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

SwarmBody *swarm_body_new(const SwarmBodyOptions *options, GError **error)
{
        const Spec *spec = options->spec;
        g_autoptr(SwarmBody) body = g_new0(SwarmBody, 1);
        BodyBuild build = { .options = options, .service = json_object() };

        body->spec = build.service;
        body->objects = build.objects = g_ptr_array_new_with_free_func(object_free);
        body->is_job = is_run_once(options);
        build.task = build_member(build.service, "TaskTemplate");
        build.container = build_member(build.task, "ContainerSpec");
        build_set(&build, build.service, "Name", json_string(options->name));
        refuse_what_no_swarm_has(&build, spec);
        set_process(&build, spec);
        set_hosts(&build, spec);
        set_limits(&build, spec);
        set_log(&build, spec);
        set_mounts(&build, spec);
        set_networks(&build, spec);
        set_ports(&build, spec);
        set_texts(&build, build.container, "CapabilityAdd", spec->cap_add, spec->n_cap_add, false);
        set_labels(&build);
        build_options(&build);
        build_deploy(&build);
        set_health(&build, spec);
        build_files(&build);
        set_mode(&build, body->is_job);
        set_restart(&build, body->is_job);
        set_hash(&build);
        if (build.error == NULL)
                return g_steal_pointer(&body);
        g_set_error_literal(error, ENGINE_ERROR, ENGINE_ERROR_BAD_REQUEST, build.error);
        g_free(build.error);
        return NULL;
}
