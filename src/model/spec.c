#include "model/spec.h"

#include <string.h>

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

                json_array_append_new(array,
                                      json_sprintf("%s:%u:%u/%s", port->host_ip, port->public_port,
                                                   port->private_port,
                                                   port->proto == PROTO_UDP ? "udp" : "tcp"));
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

                json_array_append_new(array, json_pack("[s, s, i, I]", file->path, sum,
                                                       (int) file->mode, (json_int_t) file->uid));
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
        return root;
}

bool spec_field_is_in_place(const char *field)
{
        static const char *const fields[] = {
                "restart", "cpu_shares", "memory_limit", "memory_swap_limit", NULL,
        };

        return g_strv_contains(fields, field);
}
