#include "controller/render.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/node.h"
#include "controller/registries.h"
#include "engine/swarm/swarm.h"

#define JOINED "container:" /* a network_mode: the network of that container */

typedef struct Job {
        Scene *scene;
        const Workload *workload;
        const json_t *records;
        Spec *spec;
        Rendered *out;
} Job;

void rendered_clear(Rendered *rendered)
{
        g_clear_pointer(&rendered->spec, spec_free);
        g_clear_pointer(&rendered->error, g_free);
        g_clear_pointer(&rendered->warning, g_free);
        g_clear_pointer(&rendered->records, json_decref);
}

static void G_GNUC_PRINTF(3, 4) fail(Job *job, const SourcePos *pos, const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list args;

        if (job->out->error != NULL)
                return;
        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        job->out->error = pos->line == 0 ? g_strdup(message)
                                         : g_strdup_printf("%s:%u:%u: %s", pos->file, pos->line,
                                                           pos->col, message);
}

/* ---- One text ---- */

/* "" where the file says nothing; lives in the spec's arena */
static const char *text(Job *job, const Text *in, const char *field)
{
        g_autoptr(GString) out = NULL;
        g_autoptr(FunctionRecord) record = NULL;
        g_auto(TemplateError) error = { 0 };

        if (in->raw == NULL)
                return "";
        if (!text_has_template(in->raw))
                return arena_strdup(job->spec->arena, in->raw);
        out = g_string_new(NULL);
        if (job->records != NULL)
                record = function_record_from_json(json_object_get(job->records, field));
        if (record == NULL)
                record = function_record_new();
        if (!functions_render_recorded(field, in->raw, &job->scene->provider, record, out,
                                       &error)) {
                if (error.kind == TEMPLATE_ERROR_UNRESOLVED)
                        job->out->is_deferred = true;
                else
                        fail(job, &in->pos, "%s of %s: %s", field, job->workload->id,
                             error.message);
                return "";
        }
        json_object_set_new(job->out->records, field, function_record_to_json(record));
        return arena_strndup(job->spec->arena, out->str, out->len);
}

static const char *G_GNUC_PRINTF(3, 4) text_at(Job *job, const Text *in, const char *format, ...)
{
        g_autofree char *field = NULL;
        va_list args;

        va_start(args, format);
        field = g_strdup_vprintf(format, args);
        va_end(args);
        return text(job, in, field);
}

char *render_text(Scene *scene, const Text *in, char **ret_error)
{
        g_autoptr(GString) out = g_string_new(NULL);
        g_auto(TemplateError) error = { 0 };

        if (in->raw == NULL || !text_has_template(in->raw))
                return g_strdup(in->raw == NULL ? "" : in->raw);
        if (!functions_render("text", in->raw, &scene->provider, out, &error)) {
                *ret_error = g_strdup_printf("%s:%u:%u: %s", in->pos.file, in->pos.line,
                                             in->pos.col, error.message);
                return NULL;
        }
        return g_string_free(g_steal_pointer(&out), false);
}

/* Text that renders empty or not as a boolean counts as the default. */
static bool boolean(Job *job, const Text *in, const char *field, bool fallback)
{
        const char *value = text(job, in, field);
        bool result;

        if (value[0] == '\0' || text_parse_bool(value, &result))
                return value[0] == '\0' ? fallback : result;
        if (job->out->warning == NULL)
                job->out->warning = g_strdup_printf(
                        "`%s` of %s is `%s`, which is neither true nor false; it counts as %s",
                        field, job->workload->id, value, fallback ? "true" : "false");
        return fallback;
}

static bool when(Job *job, const Text *in, const char *format, size_t i)
{
        g_autofree char *field = g_strdup_printf("%s[%zu].when", format, i);

        return in->raw == NULL || boolean(job, in, field, true);
}

/* A number, 0 where the file says nothing */
static int64_t number(Job *job, const Text *in, const char *field, int64_t min, int64_t max)
{
        const char *value = text(job, in, field);
        int64_t result;

        if (value[0] == '\0')
                return 0;
        if (!text_parse_int(value, &result) || result < min || result > max) {
                fail(job, &in->pos,
                     "%s of %s is `%s`; it must be a whole number from %" G_GINT64_FORMAT
                     " to %" G_GINT64_FORMAT,
                     field, job->workload->id, value, min, max);
                return 0;
        }
        return result;
}

/* Bytes, with the suffixes b k m g that older files have */
static int64_t size(Job *job, const Text *in, const char *field)
{
        const char *value = text(job, in, field);
        char *end;
        gint64 n;
        int shift = 0;

        if (value[0] == '\0')
                return 0;
        n = g_ascii_strtoll(value, &end, 10);
        switch (g_ascii_tolower(*end)) {
        case 'g':
                shift += 10;
                G_GNUC_FALLTHROUGH;
        case 'm':
                shift += 10;
                G_GNUC_FALLTHROUGH;
        case 'k':
                shift += 10;
                G_GNUC_FALLTHROUGH;
        case 'b':
                end++;
                break;
        default:
                break;
        }
        if (end == value || *end != '\0' || n < -1 || n > (G_MAXINT64 >> shift)) {
                fail(job, &in->pos,
                     "%s of %s is `%s`; it must be a number of bytes, also with "
                     "one of the suffixes b k m g",
                     field, job->workload->id, value);
                return 0;
        }
        return n < 0 ? n : n << shift;
}

/* ---- Lists ---- */

static const char *const *texts(Job *job, const TextList *in, const char *field, bool drop_empty,
                                size_t *ret_n)
{
        const char **out = arena_new0(job->spec->arena, const char *, in->n + 1);
        size_t n = 0;

        for (size_t i = 0; i < in->n; i++) {
                const char *value = text_at(job, &in->items[i], "%s[%zu]", field, i);

                if (value[0] != '\0' || !drop_empty)
                        out[n++] = value;
        }
        *ret_n = n;
        return out;
}

static void command(Job *job)
{
        Spec *spec = job->spec;
        const char *value = text(job, &job->workload->cmd, "cmd");
        json_error_t where;
        g_autoptr(json_t) list = NULL;
        const char **argv;

        spec->has_entrypoint = job->workload->entrypoint.is_set;
        spec->entrypoint = texts(job, &job->workload->entrypoint, "entrypoint", false,
                                 &spec->n_entrypoint);
        if (value[0] == '\0')
                return;
        spec->has_cmd = true;
        list = json_loads(value, 0, &where);
        argv = arena_new0(spec->arena, const char *, json_array_size(list) + 2);
        for (size_t i = 0; i < json_array_size(list); i++) {
                const char *word = json_string_value(json_array_get(list, i));

                if (word == NULL) {
                        fail(job, &job->workload->cmd.pos,
                             "cmd of %s is a JSON array with "
                             "something other than text in it",
                             job->workload->id);
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

static void environment(Job *job)
{
        const Workload *workload = job->workload;
        const char **env = arena_new0(job->spec->arena, const char *, workload->n_env + 1);

        for (size_t i = 0; i < workload->n_env; i++) {
                const EnvVar *var = &workload->env[i];
                const char *name, *value;

                if (!when(job, &var->when, "env_vars", i))
                        continue;
                name = text_at(job, &var->name, "env_vars[%zu].name", i);
                value = text_at(job, &var->value, "env_vars[%zu].value", i);
                if (name[0] != '\0')
                        env[job->spec->n_env++] = arena_printf(job->spec->arena, "%s=%s", name,
                                                               value);
        }
        job->spec->env = env;
}

static const char *host_ip(Job *job, const Port *port, size_t i)
{
        const char *interface = text_at(job, &port->interface, "ports[%zu].interface", i);
        g_autofree char *address = NULL;

        if (interface[0] == '\0' || g_hostname_is_ip_address(interface))
                return interface;
        address = node_interface_address(interface);
        if (address == NULL) {
                fail(job, &port->interface.pos, "the host has no interface `%s` with an address",
                     interface);
                return "";
        }
        return arena_strdup(job->spec->arena, address);
}

/* Each instance of a container has a port of its own, from the first of a range on. */
static uint16_t port_of_range(Job *job, const Text *initial)
{
        unsigned instance = job->workload->instance;
        int64_t first = number(job, initial, "public_port_initial", 0, 65535 - instance);

        return first == 0 ? 0 : first + instance;
}

static void ports(Job *job)
{
        const Workload *workload = job->workload;

        job->spec->ports = arena_new0(job->spec->arena, SpecPort, workload->n_ports);
        for (size_t i = 0; i < workload->n_ports; i++) {
                const Port *port = &workload->ports[i];
                SpecPort *out = &job->spec->ports[job->spec->n_ports];
                const char *type;
                bool is_range = port->public_port.raw == NULL || port->public_port.raw[0] == '\0';

                if (!when(job, &port->when, "ports", i))
                        continue;
                out->private_port = number(job, &port->private_port, "private_port", 1, 65535);
                out->public_port = is_range ? port_of_range(job, &port->public_port_initial)
                                            : number(job, &port->public_port, "public_port", 0,
                                                     65535);
                out->host_ip = host_ip(job, port, i);
                type = text_at(job, &port->type, "ports[%zu].port_type", i);
                out->proto = g_ascii_strcasecmp(type, "udp") == 0 ? PROTO_UDP : PROTO_TCP;
                job->spec->n_ports++;
        }
}

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

static unsigned mode(Job *job, const Text *in, const char *field)
{
        const char *value = text(job, in, field);
        const char *digits = g_str_has_prefix(value, "0o") ? value + 2 : value;
        char *end;
        guint64 result = g_ascii_strtoull(digits, &end, 8);

        if (value[0] != '\0' && (*end != '\0' || result > 07777)) {
                fail(job, &in->pos, "%s of %s is `%s`; it must be an octal mode such as 0644",
                     field, job->workload->id, value);
                return 0;
        }
        return result;
}

static int64_t owner(Job *job, const Text *in, const char *field)
{
        if (in->raw == NULL || in->raw[0] == '\0')
                return -1;
        return number(job, in, field, 0, G_MAXUINT32);
}

static void volumes(Job *job)
{
        const Workload *workload = job->workload;

        job->spec->mounts = arena_new0(job->spec->arena, SpecMount, workload->n_volumes);
        for (size_t i = 0; i < workload->n_volumes; i++) {
                const Volume *volume = &workload->volumes[i];
                SpecMount *mount = &job->spec->mounts[job->spec->n_mounts];

                if (!when(job, &volume->when, "volumes", i))
                        continue;
                mount->source = text_at(job, &volume->host_path, "volumes[%zu].host_path", i);
                mount->target = text_at(job, &volume->container_path, "volumes[%zu].container_path",
                                        i);
                mount->type = mount->source[0] == '/' ? MOUNT_BIND : MOUNT_VOLUME;
                mount->propagation = mount->selinux = "";
                mount->create_mode = mode(job, &volume->permission, "permission");
                mount->create_owner = owner(job, &volume->owner, "owner");
                volume_options(mount, volume);
                job->spec->n_mounts++;
        }
}

static void add_file(Job *job, GArray *files, const char *path, const char *data, size_t length,
                     const Text *file_mode, const Text *file_owner)
{
        const SpecFile file = { .path = path,
                                .data = arena_memdup(job->spec->arena, data, length),
                                .size = length,
                                .mode = mode(job, file_mode, "file_mode"),
                                .uid = owner(job, file_owner, "file_owner"),
                                .gid = -1 };

        g_array_append_val(files, file);
}

/* Each file of a setting under its own name, in a directory */
static void customer_directory(Job *job, const CustomerFile *file, const GPtrArray *all,
                               const char *directory, GArray *files)
{
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < all->len; i++) {
                const SettingsFile *one = all->pdata[i];

                if (!g_hash_table_add(names, one->name))
                        fail(job, &file->pos, "two files of the setting `%s` have the name %s",
                             file->name.raw, one->name);
                add_file(job, files, arena_printf(job->spec->arena, "%s%s", directory, one->name),
                         one->data, one->size, &file->file_mode, &file->file_owner);
        }
}

static void customer_file(Job *job, const CustomerFile *file, size_t i, GArray *files)
{
        const char *name = text_at(job, &file->name, "customer_files[%zu].name", i);
        const char *filename = text_at(job, &file->filename, "customer_files[%zu].filename", i);
        g_autoptr(GPtrArray) all = NULL;
        const char *data;
        size_t size;

        switch (settings_get_data(job->scene->settings, name, &data, &size)) {
        case SETTINGS_UNKNOWN:
                return;
        case SETTINGS_NOT_YET:
                job->out->is_deferred = true;
                return;
        case SETTINGS_KNOWN:
                break;
        }
        if (!g_str_has_suffix(filename, "/")) {
                if (size > 0)
                        add_file(job, files, filename, data, size, &file->file_mode,
                                 &file->file_owner);
                return;
        }
        if (settings_get_files(job->scene->settings, name, &all) == SETTINGS_KNOWN)
                customer_directory(job, file, all, filename, files);
}

static void files(Job *job)
{
        const Workload *workload = job->workload;
        g_autoptr(GArray) files = g_array_new(false, true, sizeof(SpecFile));

        for (size_t i = 0; i < workload->n_config_files; i++) {
                const ConfigFile *file = &workload->config_files[i];
                const char *data = text_at(job, &file->contents, "config_files[%zu].contents", i);

                add_file(job, files, text_at(job, &file->filename, "config_files[%zu].filename", i),
                         data, strlen(data), &file->file_mode, &file->file_owner);
        }
        for (size_t i = 0; i < workload->n_customer_files; i++) {
                const CustomerFile *file = &workload->customer_files[i];

                if (job->scene->settings != NULL && when(job, &file->when, "customer_files", i))
                        customer_file(job, file, i, files);
        }
        job->spec->n_files = files->len;
        job->spec->files = arena_memdup(job->spec->arena, files->data,
                                        files->len * sizeof(SpecFile));
}

static void hosts(Job *job)
{
        const Workload *workload = job->workload;

        job->spec->extra_hosts = arena_new0(job->spec->arena, SpecHost, workload->n_extra_hosts);
        for (size_t i = 0; i < workload->n_extra_hosts; i++) {
                const ExtraHost *host = &workload->extra_hosts[i];

                if (!when(job, &host->when, "extra_hosts", i))
                        continue;
                job->spec->extra_hosts[job->spec->n_extra_hosts++] = (SpecHost){
                        text_at(job, &host->hostname, "extra_hosts[%zu].hostname", i),
                        text_at(job, &host->address, "extra_hosts[%zu].address", i),
                };
        }
}

static void ulimits(Job *job)
{
        const Workload *workload = job->workload;

        job->spec->ulimits = arena_new0(job->spec->arena, SpecUlimit, workload->n_ulimits);
        for (size_t i = 0; i < workload->n_ulimits; i++) {
                const Ulimit *limit = &workload->ulimits[i];
                SpecUlimit *out = &job->spec->ulimits[job->spec->n_ulimits++];

                out->name = text_at(job, &limit->name, "ulimits[%zu].name", i);
                out->soft = number(job, &limit->soft, "ulimits.soft", -1, G_MAXINT64);
                out->hard = number(job, &limit->hard, "ulimits.hard", -1, G_MAXINT64);
        }
}

static void logging(Job *job)
{
        const LogConfig *logs = &job->workload->logs;
        const char **options = arena_new0(job->spec->arena, const char *, logs->n + 3);
        size_t n = 0;
        const char *max_size, *max_files;

        job->spec->log_driver = text(job, &logs->type, "log_config.type");
        for (size_t i = 0; i < logs->n; i++)
                options[n++] = arena_printf(
                        job->spec->arena, "%s=%s", logs->keys[i],
                        text_at(job, &logs->values[i], "log_config.config.%s", logs->keys[i]));
        max_size = text(job, &logs->max_size, "logs.max_size");
        max_files = text(job, &logs->max_files, "logs.max_files");
        if (job->spec->log_driver[0] == '\0' && (max_size[0] != '\0' || max_files[0] != '\0')) {
                job->spec->log_driver = "json-file";
                if (max_size[0] != '\0')
                        options[n++] = arena_printf(job->spec->arena, "max-size=%s", max_size);
                if (max_files[0] != '\0')
                        options[n++] = arena_printf(job->spec->arena, "max-file=%s", max_files);
        }
        job->spec->log_options = options;
        job->spec->n_log_options = n;
}

/* Whether following the parents of a workload leads to the other one */
static bool comes_after(const Application *app, const Workload *workload, unsigned other,
                        bool *seen)
{
        for (size_t i = 0; i < workload->n_parents; i++) {
                unsigned parent = workload->parents[i].workload;

                if (parent == other)
                        return true;
                if (seen[parent])
                        continue;
                seen[parent] = true;
                if (comes_after(app, &app->workloads[parent], other, seen))
                        return true;
        }
        return false;
}

/* Names of containers become their ids, so that a follower is replaced with the one it joins
 * (decision 6). One that nothing orders before it, or that is none of the file's, stays a name:
 * whether it is up by then is chance. */
static const char *joined(Job *job, const char *name)
{
        const Application *app = job->scene->app;

        for (size_t i = 0; i < app->n_workloads; i++) {
                g_autofree bool *seen = NULL;

                if (g_strcmp0(app->workloads[i].name.raw, name) != 0)
                        continue;
                seen = g_new0(bool, app->n_workloads);
                if (!comes_after(app, job->workload, i, seen))
                        return name;
                if (job->scene->up[i] != NULL)
                        return arena_strdup(job->spec->arena, job->scene->up[i]->id);
                job->out->is_deferred = true;
        }
        return name;
}

/* `name`, `name:alias` */
static const char *link_of(Job *job, const char *text)
{
        const char *colon = strchr(text, ':');
        g_autofree char *name = colon != NULL ? g_strndup(text, colon - text) : g_strdup(text);

        return arena_printf(job->spec->arena, "%s:%s", joined(job, name),
                            colon != NULL ? colon + 1 : name);
}

static void joins(Job *job)
{
        const TextList *in = &job->workload->volumes_from;
        const char **out = arena_new0(job->spec->arena, const char *, in->n + 1);
        const char **links = arena_new0(job->spec->arena, const char *, job->workload->links.n + 1);
        const char *const *given;

        for (size_t i = 0; i < in->n; i++) {
                const char *name = text_at(job, &in->items[i], "volumes_from[%zu]", i);

                out[i] = arena_strdup(job->spec->arena, joined(job, name));
        }
        job->spec->volumes_from = out;
        job->spec->n_volumes_from = in->n;
        given = texts(job, &job->workload->links, "links", true, &job->spec->n_links);
        for (size_t i = 0; i < job->spec->n_links; i++)
                links[i] = link_of(job, given[i]);
        job->spec->links = links;
}

/* ---- Specs that the format has made: only the containers that they join are not known ---- */

/* The id of the container of a service that is joined, in place of its name */
static const char *container_of(Job *job, const char *service, unsigned instance)
{
        const Application *app = job->scene->app;
        int first = application_find(app, service);
        const Container *up = first < 0 ? NULL : job->scene->up[first + instance];

        if (up == NULL)
                job->out->is_deferred = true;
        return up == NULL ? "" : up->id;
}

static const char *join_mode(Job *job, const char *mode)
{
        if (!g_str_has_prefix(mode, "service:"))
                return mode;
        return arena_printf(job->spec->arena, "container:%s",
                            container_of(job, mode + strlen("service:"), 0));
}

/* `db`, `db:ro`, `container:NAME:ro` */
static void join_volumes(Job *job)
{
        Spec *spec = job->spec;
        const char **out = arena_new0(spec->arena, const char *, spec->n_volumes_from + 1);

        for (size_t i = 0; i < spec->n_volumes_from; i++) {
                const char *from = spec->volumes_from[i];
                size_t len = strcspn(from, ":");
                g_autofree char *name = g_strndup(from, len);

                out[i] = g_str_has_prefix(from, "container:")
                                 ? from + strlen("container:")
                                 : arena_printf(spec->arena, "%s%s", container_of(job, name, 0),
                                                from + len);
        }
        spec->volumes_from = out;
}

/* `db`, `db:alias`: all its containers, by the short id, which is a name on their networks whatever
 * they are called; other names are of containers that are not ours. */
static void join_links(Job *job)
{
        Spec *spec = job->spec;
        const Application *app = job->scene->app;
        g_autoptr(GPtrArray) out = g_ptr_array_new();
        const char **links;

        for (size_t i = 0; i < spec->n_links; i++) {
                const char *link = spec->links[i];
                size_t len = strcspn(link, ":");
                g_autofree char *name = g_strndup(link, len);
                const char *alias = link[len] == ':' ? link + len + 1 : name;
                int first = application_find(app, name);
                unsigned n = first < 0 ? 0 : application_instances(app, first);

                if (first < 0)
                        g_ptr_array_add(out, (char *) link);
                for (unsigned j = 0; j < n; j++)
                        g_ptr_array_add(out, arena_printf(spec->arena, "%.12s:%s",
                                                          container_of(job, name, j), alias));
        }
        links = arena_new0(spec->arena, const char *, out->len + 1);
        for (guint i = 0; i < out->len; i++)
                links[i] = out->pdata[i];
        spec->links = links;
        spec->n_links = out->len;
}

/* Services whose replacement is this one's, too */
static void follow(Job *job)
{
        Spec *spec = job->spec;
        const Application *app = job->scene->app;
        g_autoptr(GPtrArray) ids = g_ptr_array_new();

        for (size_t i = 0; i < spec->n_follows; i++) {
                int first = application_find(app, spec->follows[i]);
                unsigned n = first < 0 ? 0 : application_instances(app, first);

                for (unsigned j = 0; j < n; j++)
                        g_ptr_array_add(ids, (char *) container_of(job, spec->follows[i], j));
        }
        spec->n_follows = ids->len;
        spec->follows = arena_memdup(spec->arena, ids->pdata, ids->len * sizeof(char *));
}

static void join_ipc(Job *job)
{
        const char *mode = json_string_at(job->spec->options, "ipc", "");
        json_t *own;

        if (!g_str_has_prefix(mode, "service:"))
                return;
        own = json_copy(job->spec->options);
        json_object_set_new(own, "ipc", json_string(join_mode(job, mode)));
        json_decref(job->spec->options);
        job->spec->options = own;
}

static void render_joins(Job *job)
{
        job->spec->network_mode = join_mode(job, job->spec->network_mode);
        job->spec->pid_mode = join_mode(job, job->spec->pid_mode);
        join_ipc(job);
        join_volumes(job);
        join_links(job);
        follow(job);
}

char *render_source_reference(const Workload *workload, const Spec *spec)
{
        const char *colon = strrchr(spec->image, ':');

        if (workload->fixed != NULL || colon == NULL)
                return g_strdup(spec->image);
        return g_strdup_printf("%s%s", workload->image_name, colon);
}

/* ---- On a Swarm ---- */

/* What the tasks' health check looks for: an engine cannot be asked about a task elsewhere. */
static void probes(Job *job)
{
        const Workload *workload = job->workload;
        Spec *spec = job->spec;

        spec->probes = arena_new0(spec->arena, SpecProbe, workload->n_publications + 1);
        for (size_t i = 0; i < workload->n_publications; i++) {
                const Publication *publication = &workload->publications[i];
                SpecProbe *probe = &spec->probes[spec->n_probes];

                *probe = (SpecProbe){ .type = publication->type, .proto = PROTO_TCP };
                if (publication->type == EVENT_PORT_LISTEN) {
                        probe->port = publication->listen_port;
                        if (probe->port == 0)
                                probe->port = number(job, &publication->data, "data", 1, 65535);
                        spec->n_probes++;
                } else if (publication->type == EVENT_EXEC) {
                        probe->argv = texts(job, &publication->args, "args", false, &probe->n_argv);
                        spec->n_probes++;
                }
        }
}

static void adapt_to_swarm(Job *job)
{
        Spec *spec = job->spec;
        g_autofree char *name = swarm_service_name(job->scene->name, job->workload->id);

        spec->name = arena_strdup(spec->arena, name);
        spec->publish_all_ports = false;
        probes(job);
}

/* ---- The whole ---- */

static void naming(Job *job)
{
        const Workload *workload = job->workload;
        const char *name = text(job, &workload->name, "name");
        const char *base = strrchr(workload->image_name, '/');
        g_autofree char *long_name = NULL, *slug = NULL;
        g_autoptr(GString) full = NULL;

        if (name[0] != '\0') {
                job->spec->name = name;
                return;
        }
        base = base == NULL ? workload->image_name : base + 1;
        long_name = g_strdup_printf("%s-%s-%s", job->scene->name, workload->component, base);
        slug = text_slug(long_name);
        full = g_string_new(slug);
        if (workload->ordinal > 0)
                g_string_append_printf(full, "-%u", workload->ordinal + 1);
        if (workload->instance > 0)
                g_string_append_printf(full, ".%u", workload->instance + 1);
        job->spec->name = arena_strdup(job->spec->arena, full->str);
}

static void image(Job *job)
{
        const Workload *workload = job->workload;
        const char *version = text(job, &workload->version, "version");

        g_auto(RegistryImage) where = { 0 };
        g_autoptr(GError) error = NULL;

        job->spec->image = arena_printf(job->spec->arena, "%s:%s", workload->image_name,
                                        version[0] == '\0' ? "latest" : version);
        job->spec->registry = strcmp(workload->source, "public") == 0
                                      ? ""
                                      : arena_strdup(job->spec->arena, workload->source);
        if (job->scene->store != NULL && registry_resolve(job->scene->store, workload->source,
                                                          job->spec->image, &where, &error)) {
                job->spec->image = arena_strdup(job->spec->arena, where.reference);
                if (where.is_pullable)
                        job->spec->registry = "";
        }
        job->spec->always_pull = strcmp(version, "latest") == 0 ||
                                 boolean(job, &workload->dynamic, "dynamic", false);
}

static void networking(Job *job)
{
        const Workload *workload = job->workload;
        Spec *spec = job->spec;
        const char *network = text(job, &workload->network, "network");

        spec->network_mode = text(job, &workload->network_mode, "network_mode");
        if (network[0] != '\0')
                spec->network_mode = network;
        if (g_str_has_prefix(spec->network_mode, JOINED))
                spec->network_mode = arena_printf(spec->arena, JOINED "%s",
                                                  joined(job, spec->network_mode + strlen(JOINED)));
        spec->network_aliases = texts(job, &workload->network_aliases, "network_aliases", true,
                                      &spec->n_network_aliases);
        spec->ipv4_address = text(job, &workload->ipv4_address, "ipv4_address");
        spec->ipv6_address = text(job, &workload->ipv6_address, "ipv6_address");
        /* Every EXPOSEd port of a service is published unless the file says otherwise; a run-once
         * container serves nobody. */
        spec->publish_all_ports = workload->kind == WORKLOAD_SERVICE &&
                                  !boolean(job, &workload->disable_publish_all_ports,
                                           "disable_publish_all_ports", false) &&
                                  strcmp(spec->network_mode, "host") != 0 &&
                                  strcmp(spec->network_mode, "none") != 0 &&
                                  !g_str_has_prefix(spec->network_mode, JOINED);
}

static void limits(Job *job)
{
        const Workload *workload = job->workload;
        Spec *spec = job->spec;

        spec->cpu_shares = number(job, &workload->cpu_shares, "cpu_shares", 0, 262144);
        spec->memory = size(job, &workload->memory_limit, "memory_limit");
        spec->memory_swap = size(job, &workload->memory_swap_limit, "memory_swap_limit");
        spec->shm_size = number(job, &workload->shm_size, "shm_size", 0, G_MAXINT64);
        spec->oom_kill_disable = boolean(job, &workload->oom_kill_disable, "oom_kill_disable",
                                         false);
        spec->readonly_rootfs = boolean(job, &workload->readonly_rootfs, "readonly_rootfs", false);
        spec->tty = boolean(job, &workload->allocate_tty, "allocate_tty", false);
        spec->privileged = workload->privileged;
        spec->cap_add = texts(job, &workload->security_cap_add, "security_cap_add", true,
                              &spec->n_cap_add);
        spec->security_opt = texts(job, &workload->security_options, "security_options", true,
                                   &spec->n_security_opt);
        if (workload->kind == WORKLOAD_SERVICE && workload->restart.is_set) {
                spec->restart = workload->restart.policy;
                spec->restart_max = workload->restart.max;
        }
        spec->stop_timeout_s = workload->stop_timeout.raw == NULL ||
                                               workload->stop_timeout.raw[0] == '\0'
                                       ? -1
                                       : number(job, &workload->stop_timeout, "stop_timeout", 0,
                                                G_MAXINT32);
}

/* What a template gives now need not be what it gives when the container's turn comes: it may ask
 * for what others have by then. */
static bool may_be_off(Job *job)
{
        const Text *when = &job->workload->when;

        return when->raw != NULL &&
               (text_has_template(when->raw) || !boolean(job, when, "when", true));
}

void render_dynamic_image(Scene *scene, const Workload *workload, Rendered *ret_rendered)
{
        Job job = { .scene = scene, .workload = workload, .spec = spec_new(), .out = ret_rendered };

        *ret_rendered = (Rendered){ .records = json_object() };
        if (!may_be_off(&job) || !boolean(&job, &workload->dynamic, "dynamic", false)) {
                /* Its image is pulled when its container is made, or not at all. */
                ret_rendered->is_deferred = false;
                spec_free(job.spec);
                return;
        }
        ret_rendered->is_deferred = false;
        image(&job);
        if (ret_rendered->error != NULL || ret_rendered->is_deferred)
                spec_free(job.spec);
        else
                ret_rendered->spec = job.spec;
}

static void render_native(Job *job)
{
        const Workload *workload = job->workload;
        Spec *spec = job->spec;

        naming(job);
        image(job);
        command(job);
        environment(job);
        ports(job);
        volumes(job);
        files(job);
        hosts(job);
        ulimits(job);
        logging(job);
        joins(job);
        networking(job);
        limits(job);
        spec->labels = texts(job, &workload->labels, "labels", true, &spec->n_labels);
        spec->hostname = text(job, &workload->hostname, "hostname");
        spec->user = text(job, &workload->user, "user");
        spec->pid_mode = text(job, &workload->pid_mode, "pid_mode");
}

void render_workload(Scene *scene, const Workload *workload, const json_t *records,
                     Rendered *ret_rendered)
{
        Job job = { .scene = scene,
                    .workload = workload,
                    .records = records,
                    .spec = workload->fixed != NULL ? spec_copy(workload->fixed) : spec_new(),
                    .out = ret_rendered };

        *ret_rendered = (Rendered){ .records = json_object() };
        if (workload->when.raw != NULL && !boolean(&job, &workload->when, "when", true)) {
                ret_rendered->is_off = ret_rendered->error == NULL && !ret_rendered->is_deferred;
                if (ret_rendered->is_off) {
                        spec_free(job.spec);
                        return;
                }
        }
        if (workload->fixed != NULL)
                render_joins(&job);
        else
                render_native(&job);
        if (scene->is_swarm)
                adapt_to_swarm(&job);
        if (ret_rendered->error != NULL || ret_rendered->is_deferred)
                spec_free(job.spec);
        else
                ret_rendered->spec = job.spec;
}

/* ---- Identity ---- */

typedef struct Identity {
        Scene *scene;
        json_t *root;
        char *error;
} Identity;

static void identify(Identity *identity, const char *field, const Text *in)
{
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *valid = NULL;
        g_auto(TemplateError) error = { 0 };

        if (in->raw == NULL || identity->error != NULL)
                return;
        if (!text_has_template(in->raw))
                g_string_assign(out, in->raw);
        else if (!functions_render_identity(field, in->raw, &identity->scene->provider, out,
                                            &error)) {
                identity->error = g_strdup_printf("%s:%u:%u: %s: %s", in->pos.file, in->pos.line,
                                                  in->pos.col, field, error.message);
                return;
        }
        valid = g_utf8_make_valid(out->str, out->len);
        json_array_append_new(identity->root, json_pack("[s, s]", field, valid));
}

static void identify_list(Identity *identity, const char *field, const TextList *in)
{
        if (in->is_set)
                json_array_append_new(identity->root,
                                      json_pack("[s, I]", field, (json_int_t) in->n));
        for (size_t i = 0; i < in->n; i++)
                identify(identity, field, &in->items[i]);
}

/* The same of a spec that the format has made: its fields that the command can see, and of its
 * networks the names */
static char *identify_fixed(const Spec *spec)
{
        static const char *const fields[] = {
                "image",
                "cmd",
                "entrypoint",
                "env_vars",
                "volumes",
                "user",
                "config_files",
                "hostname",
                "domainname",
                "network_mode",
                "pid_mode",
                "ipc",
                "uts",
                "volumes_from",
                "links",
                "platform",
                "working_dir",
                "extra_hosts",
                "dns",
                "dns_opt",
                "dns_search",
                "privileged",
                "readonly_rootfs",
                "security_cap_add",
                "cap_drop",
                "devices",
                "group_add",
                "sysctls",
                "security_options",
                "runtime",
                "init",
                "allocate_tty",
                "userns_mode",
        };
        g_autoptr(json_t) all = spec_to_json(spec);
        g_autoptr(json_t) root = json_object();
        json_t *networks = json_array();

        for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
                json_t *value = json_object_get(all, fields[i]);

                if (value != NULL)
                        json_object_set(root, fields[i], value);
        }
        for (size_t i = 0; i < spec->n_networks; i++)
                json_array_append_new(networks, json_string(spec->networks[i].name));
        json_object_set_new(root, "networks", networks);
        return json_to_canonical_text(root);
}

static void identify_volumes(Identity *identity, const Workload *workload)
{
        for (size_t i = 0; i < workload->n_volumes; i++) {
                const Volume *volume = &workload->volumes[i];

                identify(identity, "volumes.host_path", &volume->host_path);
                identify(identity, "volumes.container_path", &volume->container_path);
                identify(identity, "volumes.when", &volume->when);
                for (size_t j = 0; j < volume->n_options; j++)
                        json_array_append_new(identity->root, json_pack("[s, s]", "volumes.options",
                                                                        volume->options[j]));
        }
}

/* What the customer has given counts as what it is; its name only where the command sees that */
static void identify_customer_file(Identity *identity, const CustomerFile *file)
{
        g_autofree char *message = NULL;
        g_autofree char *name = render_text(identity->scene, &file->name, &message);
        g_autoptr(GPtrArray) all = NULL;
        bool is_directory = file->filename.raw != NULL && g_str_has_suffix(file->filename.raw, "/");

        identify(identity, "customer_files.name", &file->name);
        identify(identity, "customer_files.filename", &file->filename);
        identify(identity, "customer_files.when", &file->when);
        identify(identity, "customer_files.file_mode", &file->file_mode);
        identify(identity, "customer_files.file_owner", &file->file_owner);
        if (identity->scene->settings == NULL || name == NULL ||
            settings_get_files(identity->scene->settings, name, &all) != SETTINGS_KNOWN)
                return;
        for (guint i = 0; i < all->len; i++) {
                const SettingsFile *one = all->pdata[i];
                g_autofree char *digest = g_compute_checksum_for_data(
                        G_CHECKSUM_SHA256, (const guchar *) one->data, one->size);

                json_array_append_new(identity->root,
                                      json_pack("[s, s, s]", "customer_files.data",
                                                is_directory ? one->name : "", digest));
        }
}

static void identify_files(Identity *identity, const Workload *workload)
{
        for (size_t i = 0; i < workload->n_config_files; i++) {
                const ConfigFile *file = &workload->config_files[i];

                identify(identity, "config_files.filename", &file->filename);
                identify(identity, "config_files.contents", &file->contents);
                identify(identity, "config_files.file_mode", &file->file_mode);
                identify(identity, "config_files.file_owner", &file->file_owner);
        }
        for (size_t i = 0; i < workload->n_customer_files; i++)
                identify_customer_file(identity, &workload->customer_files[i]);
}

static void identify_network(Identity *identity, const Workload *workload)
{
        identify_list(identity, "links", &workload->links);
        identify_list(identity, "network_aliases", &workload->network_aliases);
        for (size_t i = 0; i < workload->n_extra_hosts; i++) {
                identify(identity, "extra_hosts.hostname", &workload->extra_hosts[i].hostname);
                identify(identity, "extra_hosts.address", &workload->extra_hosts[i].address);
                identify(identity, "extra_hosts.when", &workload->extra_hosts[i].when);
        }
}

/* Everything that the command can see of the file. What only says how it is handled is not in it,
 * so that another limit, label, or place of the log runs no migration twice: limits, restart,
 * labels, logs, ports, stop_timeout, names for people. */
char *render_identity(Scene *scene, const Workload *workload, char **ret_error)
{
        g_autoptr(json_t) root = json_array();
        Identity id = { .scene = scene, .root = root };
        const struct {
                const char *field;
                const Text *text;
        } simple[] = {
                { "version", &workload->version },
                { "cmd", &workload->cmd },
                { "user", &workload->user },
                { "hostname", &workload->hostname },
                { "network_mode", &workload->network_mode },
                { "network", &workload->network },
                { "pid_mode", &workload->pid_mode },
                { "ipv4_address", &workload->ipv4_address },
                { "ipv6_address", &workload->ipv6_address },
                { "readonly_rootfs", &workload->readonly_rootfs },
                { "allocate_tty", &workload->allocate_tty },
        };

        if (workload->fixed != NULL)
                return identify_fixed(workload->fixed);
        json_array_append_new(
                root, json_pack("[s, s, s]", "image", workload->source, workload->image_name));
        for (size_t i = 0; i < G_N_ELEMENTS(simple); i++)
                identify(&id, simple[i].field, simple[i].text);
        if (workload->privileged)
                json_array_append_new(root, json_pack("[s]", "privileged"));
        identify_list(&id, "entrypoint", &workload->entrypoint);
        identify_list(&id, "volumes_from", &workload->volumes_from);
        identify_list(&id, "security_cap_add", &workload->security_cap_add);
        identify_list(&id, "security_options", &workload->security_options);
        for (size_t i = 0; i < workload->n_env; i++) {
                identify(&id, "env_vars.name", &workload->env[i].name);
                identify(&id, "env_vars.value", &workload->env[i].value);
                identify(&id, "env_vars.when", &workload->env[i].when);
        }
        identify_volumes(&id, workload);
        identify_files(&id, workload);
        identify_network(&id, workload);
        if (id.error != NULL) {
                *ret_error = id.error;
                return NULL;
        }
        return json_to_canonical_text(root);
}

/* ---- Small things ---- */

/* A volume that nobody named, of a service: kept when its container is replaced */
static const char *implicit_volume(const Spec *spec, const char *app, const Workload *workload,
                                   const char *path)
{
        g_autofree char *slug = g_strdelimit(g_ascii_strdown(workload->id, -1), "/#:@ ", '-');
        g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);

        return arena_printf(spec->arena, "%s_%s_%.8s", app, slug, hash);
}

void render_name_volumes(Spec *spec, const char *app, const Workload *workload)
{
        for (size_t i = 0; workload->kind == WORKLOAD_SERVICE && i < spec->n_mounts; i++) {
                SpecMount *mount = &spec->mounts[i];

                if (mount->type != MOUNT_VOLUME || mount->source[0] != '\0')
                        continue;
                mount->source = implicit_volume(spec, app, workload, mount->target);
                mount->is_implicit = true;
        }
}

void render_add_image_volumes(Spec *spec, const char *app, const Workload *workload,
                              const char *const *paths)
{
        size_t n = g_strv_length((char **) paths);
        SpecMount *mounts = arena_new0(spec->arena, SpecMount, spec->n_mounts + n);
        size_t at = spec->n_mounts;

        if (n == 0 || workload->kind != WORKLOAD_SERVICE)
                return;
        if (spec->n_mounts > 0)
                memcpy(mounts, spec->mounts, spec->n_mounts * sizeof *mounts);
        for (size_t i = 0; i < n; i++) {
                bool is_mounted = false;

                for (size_t j = 0; j < at; j++)
                        is_mounted |= strcmp(mounts[j].target, paths[i]) == 0;
                if (is_mounted)
                        continue;
                mounts[at++] = (SpecMount){
                        .type = MOUNT_VOLUME,
                        .source = implicit_volume(spec, app, workload, paths[i]),
                        .target = arena_strdup(spec->arena, paths[i]),
                        .propagation = "",
                        .selinux = "",
                        .create_owner = -1,
                        .is_implicit = true,
                };
        }
        spec->mounts = mounts;
        spec->n_mounts = at;
}

char *render_comparable(const Spec *spec)
{
        g_autoptr(json_t) json = spec_to_json(spec);
        const char *field;
        json_t *value;
        void *next;

        json_object_foreach_safe(json, next, field, value) {
                if (spec_field_is_in_place(field))
                        json_object_del(json, field);
        }
        return json_to_canonical_text(json);
}
