#include "model/spec.h"

#include <string.h>

#include "base/json.h"

Spec *spec_new(void)
{
        Arena *arena = arena_new();
        Spec *spec = arena_new0(arena, Spec, 1);

        spec->arena = arena;
        spec->image = spec->registry = spec->name = "";
        spec->hostname = spec->user = spec->network_mode = spec->pid_mode = "";
        spec->ipv4_address = spec->ipv6_address = spec->log_driver = "";
        spec->working_dir = spec->stop_signal = spec->platform = "";
        spec->stop_timeout_s = -1;
        return spec;
}

void spec_free(Spec *spec)
{
        if (spec == NULL)
                return;
        json_decref(spec->options);
        json_decref(spec->deploy);
        arena_free(spec->arena);
}

/* ---- Copies ---- */

static const char *const *copy_texts(Arena *arena, const char *const *texts, size_t n)
{
        const char **copy = arena_new0(arena, const char *, n + 1);

        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(arena, texts[i]);
        return copy;
}

/* NULL and nothing stays NULL */
static void *copy_array(Arena *arena, const void *items, size_t size, size_t n)
{
        return n == 0 ? NULL : arena_memdup(arena, items, size * n);
}

#define COPY_ARRAY(spec, field)                                                                    \
        ((spec)->field = copy_array((spec)->arena, (spec)->field, sizeof *(spec)->field,           \
                                    (spec)->n_##field))
#define COPY_TEXTS(spec, field)                                                                    \
        ((spec)->field = copy_texts((spec)->arena, (spec)->field, (spec)->n_##field))
#define COPY_TEXT(arena, field) ((field) = arena_strdup((arena), (field)))

static void copy_mounts(Spec *copy)
{
        COPY_ARRAY(copy, mounts);
        for (size_t i = 0; i < copy->n_mounts; i++) {
                SpecMount *mount = &copy->mounts[i];

                COPY_TEXT(copy->arena, mount->source);
                COPY_TEXT(copy->arena, mount->target);
                COPY_TEXT(copy->arena, mount->propagation);
                COPY_TEXT(copy->arena, mount->selinux);
                COPY_TEXT(copy->arena, mount->subpath);
        }
}

static void copy_files(Spec *copy)
{
        COPY_ARRAY(copy, files);
        for (size_t i = 0; i < copy->n_files; i++) {
                SpecFile *file = &copy->files[i];

                COPY_TEXT(copy->arena, file->path);
                COPY_TEXT(copy->arena, file->resource);
                COPY_TEXT(copy->arena, file->external);
                if (file->data != NULL)
                        file->data = arena_memdup(copy->arena, file->data, file->size);
        }
}

static void copy_networks(Spec *copy)
{
        COPY_ARRAY(copy, networks);
        for (size_t i = 0; i < copy->n_networks; i++) {
                SpecNetwork *network = &copy->networks[i];

                COPY_TEXT(copy->arena, network->name);
                COPY_TEXT(copy->arena, network->ipv4_address);
                COPY_TEXT(copy->arena, network->ipv6_address);
                COPY_TEXT(copy->arena, network->mac_address);
                network->aliases = copy_texts(copy->arena, network->aliases, network->n_aliases);
                network->link_local_ips = copy_texts(copy->arena, network->link_local_ips,
                                                     network->n_link_local_ips);
                network->driver_opts = copy_texts(copy->arena, network->driver_opts,
                                                  network->n_driver_opts);
        }
}

static void copy_hooks(Arena *arena, SpecHook *hooks, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                hooks[i].argv = copy_texts(arena, hooks[i].argv, hooks[i].n_argv);
                hooks[i].env = copy_texts(arena, hooks[i].env, hooks[i].n_env);
                COPY_TEXT(arena, hooks[i].user);
                COPY_TEXT(arena, hooks[i].working_dir);
        }
}

static void copy_commands(Spec *copy)
{
        COPY_ARRAY(copy, post_start);
        COPY_ARRAY(copy, pre_stop);
        COPY_ARRAY(copy, probes);
        copy_hooks(copy->arena, copy->post_start, copy->n_post_start);
        copy_hooks(copy->arena, copy->pre_stop, copy->n_pre_stop);
        copy->health.test = copy_texts(copy->arena, copy->health.test, copy->health.n_test);
        for (size_t i = 0; i < copy->n_probes; i++)
                copy->probes[i].argv = copy_texts(copy->arena, copy->probes[i].argv,
                                                  copy->probes[i].n_argv);
        COPY_TEXTS(copy, cmd);
        COPY_TEXTS(copy, entrypoint);
}

static void copy_small(Spec *copy)
{
        COPY_ARRAY(copy, ports);
        COPY_ARRAY(copy, extra_hosts);
        COPY_ARRAY(copy, ulimits);
        for (size_t i = 0; i < copy->n_ports; i++)
                COPY_TEXT(copy->arena, copy->ports[i].host_ip);
        for (size_t i = 0; i < copy->n_extra_hosts; i++) {
                COPY_TEXT(copy->arena, copy->extra_hosts[i].hostname);
                COPY_TEXT(copy->arena, copy->extra_hosts[i].address);
        }
        for (size_t i = 0; i < copy->n_ulimits; i++)
                COPY_TEXT(copy->arena, copy->ulimits[i].name);
        COPY_TEXTS(copy, env);
        COPY_TEXTS(copy, labels);
        COPY_TEXTS(copy, volumes_from);
        COPY_TEXTS(copy, links);
        COPY_TEXTS(copy, follows);
        COPY_TEXTS(copy, network_aliases);
        COPY_TEXTS(copy, cap_add);
        COPY_TEXTS(copy, security_opt);
        COPY_TEXTS(copy, log_options);
}

Spec *spec_copy(const Spec *spec)
{
        Arena *arena = arena_new();
        Spec *copy = arena_memdup(arena, spec, sizeof *spec);
        const char **texts[] = {
                &copy->image,        &copy->registry,     &copy->name,        &copy->hostname,
                &copy->user,         &copy->network_mode, &copy->pid_mode,    &copy->ipv4_address,
                &copy->ipv6_address, &copy->log_driver,   &copy->working_dir, &copy->stop_signal,
                &copy->platform,
        };

        copy->arena = arena;
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                *texts[i] = arena_strdup(arena, *texts[i]);
        copy_mounts(copy);
        copy_files(copy);
        copy_networks(copy);
        copy_commands(copy);
        copy_small(copy);
        json_incref(copy->options);
        json_incref(copy->deploy);
        return copy;
}

/* ---- As JSON ---- */

static json_t *strings(const char *const *items, size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++) {
                json_t *item = json_string(items[i]);

                /* Bytes that are not UTF-8 cannot stand in JSON; what makes them the same is
                 * still that they are the same bytes. */
                if (item == NULL) {
                        g_autofree char *safe = g_strescape(items[i], NULL);

                        item = json_string(safe);
                }
                json_array_append_new(array, item);
        }
        return array;
}

static void set_strings(json_t *root, const char *field, const char *const *items, size_t n)
{
        if (n > 0)
                json_object_set_new(root, field, strings(items, n));
}

static void set_text(json_t *root, const char *field, const char *text)
{
        if (text[0] != '\0') {
                g_autofree char *valid = g_utf8_make_valid(text, -1);

                json_object_set_new(root, field, json_string(valid));
        }
}

static void set_int(json_t *root, const char *field, int64_t value)
{
        if (value != 0)
                json_object_set_new(root, field, json_integer(value));
}

static void set_flag(json_t *root, const char *field, bool value)
{
        if (value)
                json_object_set_new(root, field, json_true());
}

static json_t *ports(const Spec *spec)
{
        json_t *array = json_array();

        for (size_t i = 0; i < spec->n_ports; i++) {
                const SpecPort *port = &spec->ports[i];

                json_array_append_new(array, json_sprintf("%s:%u:%u/%s%s", port->host_ip,
                                                          port->public_port, port->private_port,
                                                          port->proto == PROTO_UDP ? "udp" : "tcp",
                                                          port->is_host_mode ? "/host" : ""));
        }
        return array;
}

static json_t *mounts(const Spec *spec)
{
        static const char *const types[] = { "bind", "volume", "tmpfs" };
        json_t *array = json_array();

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];
                const char *items[] = {
                        types[mount->type],
                        mount->source,
                        mount->target,
                        mount->read_only ? "ro" : "rw",
                        mount->no_copy ? "nocopy" : "",
                        mount->propagation == NULL ? "" : mount->propagation,
                        mount->selinux == NULL ? "" : mount->selinux,
                };

                json_array_append_new(array, strings(items, G_N_ELEMENTS(items)));
                if (mount->subpath == NULL && mount->tmpfs_size == 0 && mount->tmpfs_mode == 0)
                        continue;
                json_array_append_new(
                        json_array_get(array, i),
                        json_pack("[s, I, i]", mount->subpath == NULL ? "" : mount->subpath,
                                  (json_int_t) mount->tmpfs_size, (int) mount->tmpfs_mode));
        }
        return array;
}

static json_t *files(const Spec *spec)
{
        json_t *array = json_array();

        for (size_t i = 0; i < spec->n_files; i++) {
                const SpecFile *file = &spec->files[i];
                g_autofree char *sum = g_compute_checksum_for_data(
                        G_CHECKSUM_SHA256, (const guchar *) file->data, file->size);
                json_t *item = json_pack("[s, s, i, I]", file->path, sum, (int) file->mode,
                                         (json_int_t) file->uid);

                if (file->gid >= 0 && file->resource != NULL)
                        json_array_append_new(item, json_integer(file->gid));
                if (file->external != NULL)
                        json_array_append_new(item, json_string(file->external));
                json_array_append_new(array, item);
        }
        return array;
}

static json_t *hosts(const Spec *spec)
{
        json_t *array = json_array();

        for (size_t i = 0; i < spec->n_extra_hosts; i++)
                json_array_append_new(array, json_pack("[s, s]", spec->extra_hosts[i].hostname,
                                                       spec->extra_hosts[i].address));
        return array;
}

static json_t *ulimits(const Spec *spec)
{
        json_t *array = json_array();

        for (size_t i = 0; i < spec->n_ulimits; i++)
                json_array_append_new(array, json_pack("[s, I, I]", spec->ulimits[i].name,
                                                       (json_int_t) spec->ulimits[i].soft,
                                                       (json_int_t) spec->ulimits[i].hard));
        return array;
}

static json_t *networks(const Spec *spec)
{
        json_t *array = json_array();

        for (size_t i = 0; i < spec->n_networks; i++) {
                const SpecNetwork *network = &spec->networks[i];
                json_t *item = json_object();

                set_text(item, "name", network->name);
                set_strings(item, "aliases", network->aliases, network->n_aliases);
                set_strings(item, "link_local_ips", network->link_local_ips,
                            network->n_link_local_ips);
                set_strings(item, "driver_opts", network->driver_opts, network->n_driver_opts);
                set_text(item, "ipv4_address", network->ipv4_address);
                set_text(item, "ipv6_address", network->ipv6_address);
                set_text(item, "mac_address", network->mac_address);
                set_int(item, "gw_priority", network->gateway_priority);
                json_array_append_new(array, item);
        }
        return array;
}

static void set_health(json_t *root, const SpecHealth *health)
{
        json_t *item;

        if (!health->is_set)
                return;
        item = json_object();
        set_flag(item, "disable", health->is_disabled);
        set_strings(item, "test", health->test, health->n_test);
        set_int(item, "interval_us", health->interval_us);
        set_int(item, "timeout_us", health->timeout_us);
        set_int(item, "start_period_us", health->start_period_us);
        set_int(item, "start_interval_us", health->start_interval_us);
        set_int(item, "retries", health->retries);
        json_object_set_new(root, "healthcheck", item);
}

static json_t *hooks(const SpecHook *list, size_t n)
{
        json_t *array = json_array();

        for (size_t i = 0; i < n; i++) {
                json_t *item = json_object();

                set_strings(item, "command", list[i].argv, list[i].n_argv);
                set_strings(item, "environment", list[i].env, list[i].n_env);
                set_text(item, "user", list[i].user);
                set_text(item, "working_dir", list[i].working_dir);
                set_flag(item, "privileged", list[i].privileged);
                json_array_append_new(array, item);
        }
        return array;
}

static json_t *probes(const Spec *spec)
{
        json_t *array = json_array();

        for (size_t i = 0; i < spec->n_probes; i++) {
                const SpecProbe *probe = &spec->probes[i];
                json_t *item = json_pack("{s:s, s:i}", "type", event_type_to_string(probe->type),
                                         "port", (int) probe->port);

                set_flag(item, "udp", probe->proto == PROTO_UDP);
                set_strings(item, "argv", probe->argv, probe->n_argv);
                json_array_append_new(array, item);
        }
        return array;
}

/* One field for each member, so that it can be named when it changes */
static void set_members(json_t *root, const char *prefix, json_t *members)
{
        const char *key;
        json_t *value;

        json_object_foreach(members, key, value) {
                g_autofree char *field = g_strconcat(prefix, key, NULL);

                json_object_set(root, field, value);
        }
}

/* Some of a container's resources are changed in place, others are not: each is a field */
static void set_deploy(json_t *root, json_t *deploy)
{
        g_autoptr(json_t) others = deploy == NULL ? NULL : json_copy(deploy);
        json_t *resources = json_object_get(deploy, "resources");

        if (json_is_object(resources))
                json_object_del(others, "resources");
        set_members(root, "deploy.", others);
        set_members(root, "deploy.resources.limits.", json_object_get(resources, "limits"));
        set_members(root, "deploy.resources.reservations.",
                    json_object_get(resources, "reservations"));
}

static void set_array(json_t *root, const char *field, json_t *array)
{
        if (json_array_size(array) > 0)
                json_object_set_new(root, field, array);
        else
                json_decref(array);
}

json_t *spec_to_json(const Spec *spec)
{
        json_t *root = json_object();

        set_text(root, "image", spec->image);
        if (spec->has_cmd)
                json_object_set_new(root, "cmd", strings(spec->cmd, spec->n_cmd));
        if (spec->has_entrypoint)
                json_object_set_new(root, "entrypoint",
                                    strings(spec->entrypoint, spec->n_entrypoint));
        set_strings(root, "env_vars", spec->env, spec->n_env);
        set_strings(root, "labels", spec->labels, spec->n_labels);
        set_array(root, "ports", ports(spec));
        set_flag(root, "publish_all_ports", spec->publish_all_ports);
        set_array(root, "volumes", mounts(spec));
        set_array(root, "config_files", files(spec));
        set_array(root, "extra_hosts", hosts(spec));
        set_array(root, "ulimits", ulimits(spec));
        set_strings(root, "volumes_from", spec->volumes_from, spec->n_volumes_from);
        set_strings(root, "links", spec->links, spec->n_links);
        set_strings(root, "depends_on", spec->follows, spec->n_follows);
        set_strings(root, "network_aliases", spec->network_aliases, spec->n_network_aliases);
        set_strings(root, "security_cap_add", spec->cap_add, spec->n_cap_add);
        set_strings(root, "security_options", spec->security_opt, spec->n_security_opt);
        set_text(root, "name", spec->name);
        set_text(root, "hostname", spec->hostname);
        set_text(root, "user", spec->user);
        set_text(root, "network_mode", spec->network_mode);
        set_text(root, "ipv4_address", spec->ipv4_address);
        set_text(root, "ipv6_address", spec->ipv6_address);
        set_text(root, "pid_mode", spec->pid_mode);
        set_int(root, "cpu_shares", spec->cpu_shares);
        set_int(root, "memory_limit", spec->memory);
        set_int(root, "memory_swap_limit", spec->memory_swap);
        set_int(root, "shm_size", spec->shm_size);
        set_flag(root, "oom_kill_disable", spec->oom_kill_disable);
        set_flag(root, "privileged", spec->privileged);
        set_flag(root, "readonly_rootfs", spec->readonly_rootfs);
        set_flag(root, "allocate_tty", spec->tty);
        set_text(root, "log_driver", spec->log_driver);
        set_strings(root, "log_options", spec->log_options, spec->n_log_options);
        json_object_set_new(root, "restart",
                            json_sprintf("%s:%" G_GINT64_FORMAT,
                                         restart_policy_to_string(spec->restart),
                                         spec->restart_max));
        json_object_set_new(root, "stop_timeout", json_integer(spec->stop_timeout_s));
        set_array(root, "networks", networks(spec));
        set_health(root, &spec->health);
        set_array(root, "post_start", hooks(spec->post_start, spec->n_post_start));
        set_array(root, "pre_stop", hooks(spec->pre_stop, spec->n_pre_stop));
        set_array(root, "probes", probes(spec));
        set_text(root, "working_dir", spec->working_dir);
        set_text(root, "stop_signal", spec->stop_signal);
        set_text(root, "platform", spec->platform);
        set_flag(root, "stdin_open", spec->stdin_open);
        set_members(root, "", spec->options);
        set_deploy(root, spec->deploy);
        return root;
}

bool spec_field_is_in_place(const char *field)
{
        static const char *const fields[] = {
                "restart",
                "cpu_shares",
                "cpus",
                "cpu_period",
                "cpu_quota",
                "cpu_rt_period",
                "cpu_rt_runtime",
                "cpuset",
                "memory_limit",
                "memory_swap_limit",
                "mem_reservation",
                "pids_limit",
                "deploy.resources.limits.cpus",
                "deploy.resources.limits.memory",
                "deploy.resources.limits.pids",
                "deploy.resources.reservations.memory",
                NULL,
        };

        return g_strv_contains(fields, field);
}
