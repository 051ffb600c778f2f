/* Identity: the text of everything that makes two runs of a workload the same */

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/render.h"

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

/* ---- A native workload, field by field ---- */

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
static void identify_native(Identity *identity, const Workload *workload)
{
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

        json_array_append_new(identity->root, json_pack("[s, s, s]", "image", workload->source,
                                                        workload->image_name));
        for (size_t i = 0; i < G_N_ELEMENTS(simple); i++)
                identify(identity, simple[i].field, simple[i].text);
        if (workload->privileged)
                json_array_append_new(identity->root, json_pack("[s]", "privileged"));
        identify_list(identity, "entrypoint", &workload->entrypoint);
        identify_list(identity, "volumes_from", &workload->volumes_from);
        identify_list(identity, "security_cap_add", &workload->security_cap_add);
        identify_list(identity, "security_options", &workload->security_options);
        for (size_t i = 0; i < workload->n_env; i++) {
                identify(identity, "env_vars.name", &workload->env[i].name);
                identify(identity, "env_vars.value", &workload->env[i].value);
                identify(identity, "env_vars.when", &workload->env[i].when);
        }
        identify_volumes(identity, workload);
        identify_files(identity, workload);
        identify_network(identity, workload);
}

/* ---- A spec that the format has made ---- */

/* Its fields that the command can see, and of its networks the names */
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

/* ---- Either ---- */

char *render_identity(Scene *scene, const Workload *workload, char **ret_error)
{
        g_autoptr(json_t) root = json_array();
        Identity identity = { .scene = scene, .root = root };

        if (workload->fixed != NULL)
                return identify_fixed(workload->fixed);
        identify_native(&identity, workload);
        if (identity.error != NULL) {
                *ret_error = identity.error;
                return NULL;
        }
        return json_to_canonical_text(root);
}
