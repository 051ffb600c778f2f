#include "functions/context-file.h"

#include <string.h>

#include "base/json.h"
#include "base/timefmt.h"

struct ContextFile {
        json_t *root;
        GHashTable *set; /* options given on the command line */
        FunctionProvider provider;
        int64_t now_ns;
};

static const json_t *member(const ContextFile *file, const char *path)
{
        return json_at(file->root, path);
}

/* Keys may have dots, so they are not part of a path */
static FunctionAnswer text_in(const ContextFile *file, const char *path, const char *key,
                              GString *ret)
{
        const json_t *value = json_object_get(member(file, path), key);

        if (!json_is_string(value))
                return FUNCTION_NONE;
        g_string_append_len(ret, json_string_value(value), (gssize) json_string_length(value));
        return FUNCTION_KNOWN;
}

static FunctionAnswer config_option(void *user, const char *name, GString *ret)
{
        ContextFile *file = user;
        const char *value = g_hash_table_lookup(file->set, name);

        if (value == NULL)
                return text_in(file, "config", name, ret);
        g_string_append(ret, value);
        return FUNCTION_KNOWN;
}

static FunctionAnswer config_option_data(void *user, const char *name, GString *ret)
{
        return text_in(user, "config_data", name, ret);
}

static FunctionAnswer license_field(void *user, const char *name, GString *ret)
{
        return text_in(user, "license.fields", name, ret);
}

static FunctionAnswer license_property(void *user, const char *name, GString *ret)
{
        return text_in(user, "license.properties", name, ret);
}

static FunctionAnswer app_setting(void *user, const char *key, GString *ret)
{
        return text_in(user, "app.settings", key, ret);
}

static FunctionAnswer app_id(void *user, GString *ret)
{
        return text_in(user, "app", "id", ret);
}

static FunctionAnswer console_setting(void *user, const char *name, GString *ret)
{
        return text_in(user, "console", name, ret);
}

static FunctionAnswer release(void *user, FunctionRelease *ret)
{
        const ContextFile *file = user;

        ret->version = json_int_at(file->root, "app.version", 0);
        ret->version_first = json_int_at(file->root, "app.version_first", 0);
        ret->version_current = json_int_at(file->root, "app.version_current", 0);
        return FUNCTION_KNOWN;
}

static const json_t *instances(const ContextFile *file, const char *component, const char *image)
{
        g_autofree char *id = g_strdup_printf("%s/%s", component, image);

        return json_object_get(member(file, "nodes"), id);
}

static const char *address_key(FunctionAddress which)
{
        switch (which) {
        case FUNCTION_ADDRESS_PRIVATE:
                return "private";
        case FUNCTION_ADDRESS_PUBLIC:
                return "public";
        case FUNCTION_ADDRESS_DOCKER:
                return "docker";
        }
        g_assert_not_reached();
}

static FunctionAnswer node_addresses(void *user, const char *component, const char *image,
                                     FunctionAddress which, GPtrArray *ret)
{
        const json_t *list = instances(user, component, image);

        for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *address = json_object_get(json_array_get(list, i),
                                                        address_key(which));

                if (json_is_string(address))
                        g_ptr_array_add(ret, g_strdup(json_string_value(address)));
        }
        return list == NULL ? FUNCTION_NONE : FUNCTION_KNOWN;
}

static FunctionAnswer exposed_ports(void *user, const char *component, const char *image,
                                    const char *private_port, GPtrArray *ret)
{
        const json_t *list = instances(user, component, image);

        for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *ports = json_object_get(json_array_get(list, i), "ports");
                const json_t *port = json_object_get(ports, private_port);

                /* an entry for each instance, also where the port is not exposed */
                g_ptr_array_add(ret, g_strdup(json_is_string(port) ? json_string_value(port) : ""));
        }
        return list == NULL ? FUNCTION_NONE : FUNCTION_KNOWN;
}

static FunctionAnswer this_node_address(void *user, FunctionAddress which, GString *ret)
{
        return text_in(user, "this_node", address_key(which), ret);
}

static FunctionAnswer this_node_interface(void *user, const char *interface, GString *ret)
{
        return text_in(user, "this_node.interfaces", interface, ret);
}

static FunctionAnswer swarm(void *user, FunctionSwarm what, GString *ret)
{
        static const char *const keys[] = {
                [FUNCTION_SWARM_NAMESPACE] = "namespace",
                [FUNCTION_SWARM_INGRESS_ADDRESS] = "ingress_address",
                [FUNCTION_SWARM_PREMKIT_ADDRESS] = "premkit_address",
                [FUNCTION_SWARM_PREMKIT_NETWORK] = "premkit_network",
                [FUNCTION_SWARM_STATSD_ADDRESS] = "statsd_address",
                [FUNCTION_SWARM_STATSD_NETWORK] = "statsd_network",
        };

        return text_in(user, "swarm", keys[what], ret);
}

static const json_t *ldap(void *user)
{
        return member(user, "ldap");
}

static const json_t *docker_info(void *user)
{
        return member(user, "docker_info");
}

static bool run_offline(void *user)
{
        return json_is_true(member(user, "run_offline"));
}

static int64_t now_ns(void *user)
{
        return ((const ContextFile *) user)->now_ns;
}

ContextFile *context_file_from_json(const json_t *root)
{
        ContextFile *file = g_new0(ContextFile, 1);

        file->root = json_incref((json_t *) root);
        file->set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        file->provider = (FunctionProvider){
                .user = file,
                .config_option = config_option,
                .config_option_data = config_option_data,
                .node_addresses = node_addresses,
                .exposed_ports = exposed_ports,
                .this_node_address = this_node_address,
                .this_node_interface = this_node_interface,
                .license_field = license_field,
                .license_property = license_property,
                .app_id = app_id,
                .app_setting = app_setting,
                .release = release,
                .console_setting = console_setting,
                .swarm = swarm,
                .ldap = ldap,
                .docker_info = docker_info,
                .run_offline = run_offline,
        };
        if (time_from_rfc3339(json_string_at(root, "now", ""), &file->now_ns))
                file->provider.now_ns = now_ns;
        return file;
}

ContextFile *context_file_new(void)
{
        g_autoptr(json_t) root = json_object();

        return context_file_from_json(root);
}

ContextFile *context_file_load(const char *path, GError **error)
{
        g_autofree char *text = NULL;
        json_error_t where;
        json_t *root;
        gsize size;
        ContextFile *file;

        if (!g_file_get_contents(path, &text, &size, error))
                return NULL;
        root = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
        if (!json_is_object(root)) {
                g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s:%d:%d: %s", path,
                            MAX(where.line, 1), MAX(where.column, 1),
                            root == NULL ? where.text : "a JSON object is expected");
                json_decref(root);
                return NULL;
        }
        file = context_file_from_json(root);
        json_decref(root);
        return file;
}

void context_file_free(ContextFile *file)
{
        if (file == NULL)
                return;
        json_decref(file->root);
        g_hash_table_unref(file->set);
        g_free(file);
}

void context_file_set(ContextFile *file, const char *name, const char *value)
{
        g_hash_table_replace(file->set, g_strdup(name), g_strdup(value));
}

const FunctionProvider *context_file_provider(const ContextFile *file)
{
        return &file->provider;
}

Value context_file_data(const ContextFile *file, Arena *arena)
{
        return functions_value_from_json(arena, member(file, "data"));
}
