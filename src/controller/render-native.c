/* Native workloads: every text of the file, as a field of the spec */

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/node.h"
#include "controller/registries.h"
#include "controller/render-private.h"

#define NAME_HASH_LENGTH 6

#define JOINED "container:" /* a network_mode: the network of that container */

/* ---- What it is, and what it runs ---- */

static void naming(Render *render)
{
        const Workload *workload = render->workload;
        const char *name = field_text(render, &workload->name, "name");
        const char *base = strrchr(workload->image_name, '/');
        g_autofree char *long_name = NULL, *slug = NULL;
        g_autoptr(GString) full = NULL;

        if (name[0] != '\0') {
                render->spec->name = name;
                return;
        }
        base = base == NULL ? workload->image_name : base + 1;
        long_name = g_strdup_printf("%s-%s-%s", render->scene->name, workload->component, base);
        slug = text_slug(long_name);
        full = g_string_new(slug);
        if (!g_str_is_ascii(workload->component)) { /* what the slug lacks could be all of it */
                g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, long_name,
                                                                      -1);

                g_string_append_printf(full, "-%.*s", NAME_HASH_LENGTH, hash);
        }
        if (workload->ordinal > 0)
                g_string_append_printf(full, "-%u", workload->ordinal + 1);
        if (workload->instance > 0)
                g_string_append_printf(full, ".%u", workload->instance + 1);
        render->spec->name = arena_strdup(render->spec->arena, full->str);
}

void render_native_image(Render *render)
{
        const Workload *workload = render->workload;
        const char *version = field_text(render, &workload->version, "version");

        g_auto(RegistryImage) where = { 0 };
        g_autoptr(GError) error = NULL;

        render->spec->image = arena_printf(render->spec->arena, "%s:%s", workload->image_name,
                                           version[0] == '\0' ? "latest" : version);
        render->spec->registry = strcmp(workload->source, "public") == 0
                                         ? ""
                                         : arena_strdup(render->spec->arena, workload->source);
        if (render->scene->store != NULL && registry_resolve(render->scene->store, workload->source,
                                                             render->spec->image, &where, &error)) {
                render->spec->image = arena_strdup(render->spec->arena, where.reference);
                if (where.is_pullable)
                        render->spec->registry = "";
        }
        render->spec->always_pull = strcmp(version, "latest") == 0 ||
                                    field_boolean(render, &workload->dynamic, "dynamic", false);
}

char *render_source_reference(const Workload *workload, const Spec *spec)
{
        const char *colon = strrchr(spec->image, ':');

        if (workload->fixed != NULL || colon == NULL)
                return g_strdup(spec->image);
        return g_strdup_printf("%s%s", workload->image_name, colon);
}

static void command(Render *render)
{
        Spec *spec = render->spec;
        const char *value = field_text(render, &render->workload->cmd, "cmd");
        json_error_t where;
        g_autoptr(json_t) list = NULL;
        const char **argv;

        spec->has_entrypoint = render->workload->entrypoint.is_set;
        spec->entrypoint = field_texts(render, &render->workload->entrypoint, "entrypoint", false,
                                       &spec->n_entrypoint);
        if (value[0] == '\0')
                return;
        spec->has_cmd = true;
        list = json_loads(value, 0, &where);
        argv = arena_new0(spec->arena, const char *, json_array_size(list) + 2);
        for (size_t i = 0; i < json_array_size(list); i++) {
                const char *word = json_string_value(json_array_get(list, i));

                if (word == NULL) {
                        field_fail(render, &render->workload->cmd.pos,
                                   "cmd of %s is a JSON array with "
                                   "something other than text in it",
                                   render->workload->id);
                        return;
                }
                argv[i] = arena_strdup(spec->arena, word);
        }
        spec->n_cmd = json_array_size(list);
        if (!json_is_array(list)) { /* then the text is one single argument */
                argv[0] = value;
                spec->n_cmd = 1;
        }
        spec->cmd = argv;
}

static void environment(Render *render)
{
        const Workload *workload = render->workload;
        const char **env = arena_new0(render->spec->arena, const char *, workload->n_env + 1);

        for (size_t i = 0; i < workload->n_env; i++) {
                const EnvVar *var = &workload->env[i];
                const char *name, *value;

                if (!field_when(render, &var->when, "env_vars", i))
                        continue;
                name = field_text_at(render, &var->name, "env_vars[%zu].name", i);
                value = field_text_at(render, &var->value, "env_vars[%zu].value", i);
                if (name[0] != '\0')
                        env[render->spec->n_env++] = arena_printf(render->spec->arena, "%s=%s",
                                                                  name, value);
        }
        render->spec->env = env;
}

/* ---- Ports ---- */

static const char *host_ip(Render *render, const Port *port, size_t i)
{
        const char *interface = field_text_at(render, &port->interface, "ports[%zu].interface", i);
        g_autofree char *address = NULL;

        if (interface[0] == '\0' || g_hostname_is_ip_address(interface))
                return interface;
        address = node_interface_address(interface);
        if (address == NULL) {
                field_fail(render, &port->interface.pos,
                           "the host has no interface `%s` with an address", interface);
                return "";
        }
        return arena_strdup(render->spec->arena, address);
}

/* Each instance of a container has a port of its own, from the first of a range on. */
static uint16_t port_of_range(Render *render, const Text *initial)
{
        unsigned instance = render->workload->instance;
        int64_t first = field_number(render, initial, "public_port_initial", 0, 65535 - instance);

        return first == 0 ? 0 : first + instance;
}

static void ports(Render *render)
{
        const Workload *workload = render->workload;

        render->spec->ports = arena_new0(render->spec->arena, SpecPort, workload->n_ports);
        for (size_t i = 0; i < workload->n_ports; i++) {
                const Port *port = &workload->ports[i];
                SpecPort *out = &render->spec->ports[render->spec->n_ports];
                const char *type;
                bool is_range = port->public_port.raw == NULL || port->public_port.raw[0] == '\0';

                if (!field_when(render, &port->when, "ports", i))
                        continue;
                out->private_port = field_number(render, &port->private_port, "private_port", 1,
                                                 65535);
                out->public_port = is_range ? port_of_range(render, &port->public_port_initial)
                                            : field_number(render, &port->public_port,
                                                           "public_port", 0, 65535);
                out->host_ip = host_ip(render, port, i);
                type = field_text_at(render, &port->type, "ports[%zu].port_type", i);
                out->proto = g_ascii_strcasecmp(type, "udp") == 0 ? PROTO_UDP : PROTO_TCP;
                render->spec->n_ports++;
        }
}

/* ---- Volumes and files ---- */

static void volume_options(SpecMount *mount, const Volume *volume)
{
        for (size_t i = 0; i < volume->n_options; i++) {
                const char *option = volume->options[i];

                if (strcmp(option, "ro") == 0)
                        mount->read_only = true;
                else if (strcmp(option, "nocopy") == 0)
                        mount->no_copy = true;
                else if (g_ascii_strcasecmp(option, "z") == 0)
                        mount->selinux = option;
                else if (strcmp(option, "rw") != 0)
                        mount->propagation = option;
        }
}

static void volumes(Render *render)
{
        const Workload *workload = render->workload;

        render->spec->mounts = arena_new0(render->spec->arena, SpecMount, workload->n_volumes);
        for (size_t i = 0; i < workload->n_volumes; i++) {
                const Volume *volume = &workload->volumes[i];
                SpecMount *mount = &render->spec->mounts[render->spec->n_mounts];

                if (!field_when(render, &volume->when, "volumes", i))
                        continue;
                mount->source = field_text_at(render, &volume->host_path, "volumes[%zu].host_path",
                                              i);
                mount->target = field_text_at(render, &volume->container_path,
                                              "volumes[%zu].container_path", i);
                mount->type = mount->source[0] == '/' ? MOUNT_BIND : MOUNT_VOLUME;
                mount->propagation = mount->selinux = "";
                mount->create_mode = field_mode(render, &volume->permission, "permission");
                mount->create_owner = field_owner(render, &volume->owner, "owner");
                volume_options(mount, volume);
                render->spec->n_mounts++;
        }
}

static void add_file(Render *render, GArray *files, const char *path, const char *data,
                     size_t length, const Text *file_mode, const Text *file_owner)
{
        const SpecFile file = { .path = path,
                                .data = arena_memdup(render->spec->arena, data, length),
                                .size = length,
                                .mode = field_mode(render, file_mode, "file_mode"),
                                .uid = field_owner(render, file_owner, "file_owner"),
                                .gid = -1 };

        g_array_append_val(files, file);
}

/* Each file of a setting under its own name, in a directory */
static void customer_directory(Render *render, const CustomerFile *file, const GPtrArray *all,
                               const char *directory, GArray *files)
{
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < all->len; i++) {
                const SettingsFile *one = all->pdata[i];

                if (!g_hash_table_add(names, one->name))
                        field_fail(render, &file->pos,
                                   "two files of the setting `%s` have the name %s", file->name.raw,
                                   one->name);
                add_file(render, files,
                         arena_printf(render->spec->arena, "%s%s", directory, one->name), one->data,
                         one->size, &file->file_mode, &file->file_owner);
        }
}

static void customer_file(Render *render, const CustomerFile *file, size_t i, GArray *files)
{
        const char *name = field_text_at(render, &file->name, "customer_files[%zu].name", i);
        const char *filename = field_text_at(render, &file->filename,
                                             "customer_files[%zu].filename", i);
        g_autoptr(GPtrArray) all = NULL;
        const char *data;
        size_t size;

        switch (settings_get_data(render->scene->settings, name, &data, &size)) {
        case SETTINGS_UNKNOWN:
                return;
        case SETTINGS_NOT_YET:
                render->out->is_deferred = true;
                return;
        case SETTINGS_KNOWN:
                break;
        }
        if (!g_str_has_suffix(filename, "/")) {
                if (size > 0)
                        add_file(render, files, filename, data, size, &file->file_mode,
                                 &file->file_owner);
                return;
        }
        if (settings_get_files(render->scene->settings, name, &all) == SETTINGS_KNOWN)
                customer_directory(render, file, all, filename, files);
}

static void files(Render *render)
{
        const Workload *workload = render->workload;
        g_autoptr(GArray) files = g_array_new(false, true, sizeof(SpecFile));

        for (size_t i = 0; i < workload->n_config_files; i++) {
                const ConfigFile *file = &workload->config_files[i];
                const char *data = field_text_at(render, &file->contents,
                                                 "config_files[%zu].contents", i);

                add_file(render, files,
                         field_text_at(render, &file->filename, "config_files[%zu].filename", i),
                         data, strlen(data), &file->file_mode, &file->file_owner);
        }
        for (size_t i = 0; i < workload->n_customer_files; i++) {
                const CustomerFile *file = &workload->customer_files[i];

                if (render->scene->settings != NULL &&
                    field_when(render, &file->when, "customer_files", i))
                        customer_file(render, file, i, files);
        }
        render->spec->n_files = files->len;
        render->spec->files = arena_memdup(render->spec->arena, files->data,
                                           files->len * sizeof(SpecFile));
}

/* ---- Other containers ---- */

/* Names of containers become their ids, so that a follower is replaced with the one it joins
 * (decision 6). One that nothing orders before it, or that is none of the file's, stays a name:
 * whether it is up by then is chance. */
static const char *joined(Render *render, const char *name)
{
        const Application *app = render->scene->app;
        g_autofree bool *before = application_before(app, render->workload);

        for (size_t i = 0; i < app->n_workloads; i++) {
                if (g_strcmp0(app->workloads[i].name.raw, name) != 0)
                        continue;
                if (!before[i])
                        return name;
                if (render->scene->up[i] != NULL)
                        return arena_strdup(render->spec->arena, render->scene->up[i]->id);
                render->out->is_deferred = true;
        }
        return name;
}

/* `name`, `name:alias` */
static const char *link_of(Render *render, const char *text)
{
        const char *colon = strchr(text, ':');
        g_autofree char *name = colon != NULL ? g_strndup(text, colon - text) : g_strdup(text);

        return arena_printf(render->spec->arena, "%s:%s", joined(render, name),
                            colon != NULL ? colon + 1 : name);
}

static void joins(Render *render)
{
        const TextList *in = &render->workload->volumes_from;
        const char **out = arena_new0(render->spec->arena, const char *, in->n + 1);
        const char **links = arena_new0(render->spec->arena, const char *,
                                        render->workload->links.n + 1);
        const char *const *given;

        for (size_t i = 0; i < in->n; i++) {
                const char *name = field_text_at(render, &in->items[i], "volumes_from[%zu]", i);

                out[i] = arena_strdup(render->spec->arena, joined(render, name));
        }
        render->spec->volumes_from = out;
        render->spec->n_volumes_from = in->n;
        given = field_texts(render, &render->workload->links, "links", true,
                            &render->spec->n_links);
        for (size_t i = 0; i < render->spec->n_links; i++)
                links[i] = link_of(render, given[i]);
        render->spec->links = links;
}

static void hosts(Render *render)
{
        const Workload *workload = render->workload;

        render->spec->extra_hosts = arena_new0(render->spec->arena, SpecHost,
                                               workload->n_extra_hosts);
        for (size_t i = 0; i < workload->n_extra_hosts; i++) {
                const ExtraHost *host = &workload->extra_hosts[i];

                if (!field_when(render, &host->when, "extra_hosts", i))
                        continue;
                render->spec->extra_hosts[render->spec->n_extra_hosts++] = (SpecHost){
                        field_text_at(render, &host->hostname, "extra_hosts[%zu].hostname", i),
                        field_text_at(render, &host->address, "extra_hosts[%zu].address", i),
                };
        }
}

static void networking(Render *render)
{
        const Workload *workload = render->workload;
        Spec *spec = render->spec;
        const char *network = field_text(render, &workload->network, "network");

        spec->network_mode = field_text(render, &workload->network_mode, "network_mode");
        if (network[0] != '\0')
                spec->network_mode = network;
        if (g_str_has_prefix(spec->network_mode, JOINED))
                spec->network_mode = arena_printf(
                        spec->arena, JOINED "%s",
                        joined(render, spec->network_mode + strlen(JOINED)));
        spec->network_aliases = field_texts(render, &workload->network_aliases, "network_aliases",
                                            true, &spec->n_network_aliases);
        spec->ipv4_address = field_text(render, &workload->ipv4_address, "ipv4_address");
        spec->ipv6_address = field_text(render, &workload->ipv6_address, "ipv6_address");
        /* Every EXPOSEd port of a service is published unless the file says otherwise; a run-once
         * container serves nobody. */
        spec->publish_all_ports = workload->kind == WORKLOAD_SERVICE &&
                                  !field_boolean(render, &workload->disable_publish_all_ports,
                                                 "disable_publish_all_ports", false) &&
                                  strcmp(spec->network_mode, "host") != 0 &&
                                  strcmp(spec->network_mode, "none") != 0 &&
                                  !g_str_has_prefix(spec->network_mode, JOINED);
}

/* ---- Limits and logs ---- */

static void ulimits(Render *render)
{
        const Workload *workload = render->workload;

        render->spec->ulimits = arena_new0(render->spec->arena, SpecUlimit, workload->n_ulimits);
        for (size_t i = 0; i < workload->n_ulimits; i++) {
                const Ulimit *limit = &workload->ulimits[i];
                SpecUlimit *out = &render->spec->ulimits[render->spec->n_ulimits++];

                out->name = field_text_at(render, &limit->name, "ulimits[%zu].name", i);
                out->soft = field_number(render, &limit->soft, "ulimits.soft", -1, G_MAXINT64);
                out->hard = field_number(render, &limit->hard, "ulimits.hard", -1, G_MAXINT64);
        }
}

static void logging(Render *render)
{
        const LogConfig *logs = &render->workload->logs;
        const char **options = arena_new0(render->spec->arena, const char *, logs->n + 3);
        size_t n = 0;
        const char *max_size, *max_files;

        render->spec->log_driver = field_text(render, &logs->type, "log_config.type");
        for (size_t i = 0; i < logs->n; i++)
                options[n++] = arena_printf(render->spec->arena, "%s=%s", logs->keys[i],
                                            field_text_at(render, &logs->values[i],
                                                          "log_config.config.%s", logs->keys[i]));
        max_size = field_text(render, &logs->max_size, "logs.max_size");
        max_files = field_text(render, &logs->max_files, "logs.max_files");
        if (render->spec->log_driver[0] == '\0' && (max_size[0] != '\0' || max_files[0] != '\0')) {
                render->spec->log_driver = "json-file";
                if (max_size[0] != '\0')
                        options[n++] = arena_printf(render->spec->arena, "max-size=%s", max_size);
                if (max_files[0] != '\0')
                        options[n++] = arena_printf(render->spec->arena, "max-file=%s", max_files);
        }
        render->spec->log_options = options;
        render->spec->n_log_options = n;
}

static void limits(Render *render)
{
        const Workload *workload = render->workload;
        Spec *spec = render->spec;

        spec->cpu_shares = field_number(render, &workload->cpu_shares, "cpu_shares", 0, 262144);
        spec->memory = field_size(render, &workload->memory_limit, "memory_limit");
        spec->memory_swap = field_size(render, &workload->memory_swap_limit, "memory_swap_limit");
        spec->shm_size = field_number(render, &workload->shm_size, "shm_size", 0, G_MAXINT64);
        spec->oom_kill_disable = field_boolean(render, &workload->oom_kill_disable,
                                               "oom_kill_disable", false);
        spec->readonly_rootfs = field_boolean(render, &workload->readonly_rootfs, "readonly_rootfs",
                                              false);
        spec->tty = field_boolean(render, &workload->allocate_tty, "allocate_tty", false);
        spec->privileged = workload->privileged;
        spec->cap_add = field_texts(render, &workload->security_cap_add, "security_cap_add", true,
                                    &spec->n_cap_add);
        spec->security_opt = field_texts(render, &workload->security_options, "security_options",
                                         true, &spec->n_security_opt);
        if (workload->kind == WORKLOAD_SERVICE && workload->restart.is_set) {
                spec->restart = workload->restart.policy;
                spec->restart_max = workload->restart.max;
        }
        spec->stop_timeout_s = workload->stop_timeout.raw == NULL ||
                                               workload->stop_timeout.raw[0] == '\0'
                                       ? -1
                                       : field_number(render, &workload->stop_timeout,
                                                      "stop_timeout", 0, G_MAXINT32);
}

/* ---- The whole ---- */

void render_native(Render *render)
{
        const Workload *workload = render->workload;
        Spec *spec = render->spec;

        naming(render);
        render_native_image(render);
        command(render);
        environment(render);
        ports(render);
        volumes(render);
        files(render);
        hosts(render);
        ulimits(render);
        logging(render);
        joins(render);
        networking(render);
        limits(render);
        spec->labels = field_texts(render, &workload->labels, "labels", true, &spec->n_labels);
        spec->hostname = field_text(render, &workload->hostname, "hostname");
        spec->user = field_text(render, &workload->user, "user");
        spec->pid_mode = field_text(render, &workload->pid_mode, "pid_mode");
}
