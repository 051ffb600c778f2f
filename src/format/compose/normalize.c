#include "format/compose/normalize.h"

#include <string.h>

#include "format/compose/values.h"
#include "format/compose/schema.h"

/* ---- Networks and names ---- */

static ComposeNode *section(Loader *loader, ComposeNode *root, const char *name)
{
        ComposeNode *map = compose_get(root, name);

        if (map == NULL) {
                map = node_new_map(loader->arena, root);
                node_set(loader->arena, root, name, map);
        }
        return map;
}

/* A service that names no network is in the default one */
static bool uses_default_network(Loader *loader, ComposeNode *service)
{
        ComposeNode *networks = compose_get(service, "networks");

        if (service->type != COMPOSE_MAP || compose_get(service, "provider") != NULL ||
            compose_get(service, "network_mode") != NULL)
                return false;
        if (networks == NULL || (networks->type == COMPOSE_MAP && networks->n_pairs == 0)) {
                networks = node_new_map(loader->arena, service);
                node_set(loader->arena, networks, "default",
                         node_new(loader->arena, COMPOSE_NULL, service->pos, service->width));
                node_set(loader->arena, service, "networks", networks);
        }
        return compose_get_pair(networks, "default") != NULL;
}

static void add_default_network(Loader *loader, ComposeNode *root)
{
        const ComposeNode *services = compose_get(root, "services");
        bool is_used = false;
        ComposeNode *networks;

        for (size_t i = 0; node_is(services, COMPOSE_MAP) && i < services->n_pairs; i++)
                is_used = uses_default_network(loader, services->pairs[i].value) || is_used;
        if (!is_used)
                return;
        networks = section(loader, root, "networks");
        if (networks->type == COMPOSE_MAP && compose_get_pair(networks, "default") == NULL)
                node_set(loader->arena, networks, "default", node_new_map(loader->arena, root));
}

static void set_names(Loader *loader, ComposeNode *root, const char *kind, const char *project)
{
        ComposeNode *resources = compose_get(root, kind);

        for (size_t i = 0; node_is(resources, COMPOSE_MAP) && i < resources->n_pairs; i++) {
                ComposePair *pair = &resources->pairs[i];
                bool is_external;

                if (pair->value->type == COMPOSE_NULL)
                        pair->value = node_new_map(loader->arena, pair->value);
                if (pair->value->type != COMPOSE_MAP || node_has(pair->value, "name"))
                        continue;
                is_external = node_is_true(compose_get(pair->value, "external"));
                node_set_text(loader->arena, pair->value, "name",
                              is_external
                                      ? pair->key
                                      : arena_printf(loader->arena, "%s_%s", project, pair->key));
        }
}

/* ---- Services ---- */

/* @at: what the dependency follows from */
static void depend(Loader *loader, ComposeNode *service, const char *name, const ComposeNode *at,
                   bool restarts)
{
        ComposeNode *dependencies = section(loader, service, "depends_on");
        ComposeNode *dependency;

        if (dependencies->type != COMPOSE_MAP || name[0] == '\0' ||
            compose_get(dependencies, name) != NULL)
                return;
        dependency = node_new_map(loader->arena, at);
        node_set_text(loader->arena, dependency, "condition", "service_started");
        node_set_bool(loader->arena, dependency, "restart", restarts);
        node_set_bool(loader->arena, dependency, "required", true);
        node_set(loader->arena, dependencies, name, dependency);
}

/* Up to the first colon */
static char *first_part(const char *text)
{
        return g_strndup(text, strcspn(text, ":"));
}

/* What joins another service depends on it */
static void imply_dependencies(Loader *loader, ComposeNode *service)
{
        static const char *const joining[] = { "network_mode", "ipc", "pid", "uts", "cgroup" };
        const ComposeNode *links = compose_get(service, "links");
        const ComposeNode *volumes_from = compose_get(service, "volumes_from");

        for (size_t i = 0; links != NULL && i < links->n_items; i++) {
                if (node_is(links->items[i], COMPOSE_TEXT)) {
                        g_autofree char *name = first_part(links->items[i]->text);

                        depend(loader, service, name, links->items[i], true);
                }
        }
        for (size_t i = 0; i < G_N_ELEMENTS(joining); i++) {
                const ComposeNode *mode = compose_get(service, joining[i]);

                if (node_is(mode, COMPOSE_TEXT) && g_str_has_prefix(mode->text, "service:"))
                        depend(loader, service, mode->text + strlen("service:"), mode, true);
        }
        for (size_t i = 0; volumes_from != NULL && i < volumes_from->n_items; i++) {
                const ComposeNode *item = volumes_from->items[i];

                if (node_is(item, COMPOSE_TEXT) && !g_str_has_prefix(item->text, "container:")) {
                        g_autofree char *name = first_part(item->text);

                        depend(loader, service, name, item, false);
                }
        }
}

/* Arguments without value get the environment's, or are left out */
static ComposeNode *resolve_args(Loader *loader, const ComposeNode *args,
                                 const Environment *environment)
{
        ComposeNode *out = node_new(loader->arena, args->type, args->pos, args->width);

        for (size_t i = 0; i < args->n_items; i++) {
                ComposeNode *item = args->items[i];
                bool has_value = item->type != COMPOSE_TEXT || strchr(item->text, '=') != NULL;
                const char *value = has_value ? NULL : environment_get(environment, item->text);

                if (value != NULL)
                        item = node_new_text(
                                loader->arena,
                                arena_printf(loader->arena, "%s=%s", item->text, value), item);
                if (has_value || value != NULL)
                        node_append(loader->arena, out, item);
        }
        for (size_t i = 0; i < args->n_pairs; i++) {
                const ComposePair *pair = &args->pairs[i];
                bool has_value = pair->value->type != COMPOSE_NULL;
                const char *value = has_value ? NULL : environment_get(environment, pair->key);

                if (has_value)
                        node_set_at(loader->arena, out, pair->key, pair->pos, pair->value);
                else if (value != NULL)
                        node_set_at(loader->arena, out, pair->key, pair->pos,
                                    node_new_text(loader->arena, value, pair->value));
        }
        return out;
}

static void normalize_build(Loader *loader, ComposeNode *build, const Environment *environment)
{
        const ComposeNode *args = compose_get(build, "args");

        if (!node_is(build, COMPOSE_MAP))
                return;
        if (!node_has(build, "dockerfile") && !node_has(build, "dockerfile_inline"))
                node_set_text(loader->arena, build, "dockerfile", "Dockerfile");
        if (node_is(args, COMPOSE_LIST) || node_is(args, COMPOSE_MAP))
                node_set(loader->arena, build, "args", resolve_args(loader, args, environment));
}

static void normalize_service(Loader *loader, ComposeNode *service, const Environment *environment)
{
        const ComposeNode *volumes = compose_get(service, "volumes");
        ComposeNode *scale = compose_get(service, "scale"),
                    *deploy = compose_get(service, "deploy");

        if (service->type != COMPOSE_MAP)
                return;
        if (node_is_scalar(scale) && node_is(deploy, COMPOSE_MAP) && !node_has(deploy, "replicas"))
                node_set(loader->arena, deploy, "replicas", scale);
        if (strcmp(compose_text(service, "pull_policy", ""), "if_not_present") == 0)
                node_set_text(loader->arena, service, "pull_policy", "missing");
        normalize_build(loader, compose_get(service, "build"), environment);
        imply_dependencies(loader, service);
        for (size_t i = 0; volumes != NULL && i < volumes->n_items; i++) {
                ComposeNode *target = compose_get(volumes->items[i], "target");
                g_autofree char *clean = NULL;

                if (!node_is(target, COMPOSE_TEXT) || target->text[0] == '\0')
                        continue;
                clean = value_clean_path(target->text);
                target->text = arena_strdup(loader->arena, clean);
        }
}

/* An excerpt of a file, as documentation has it, may be without the section: where nothing stands
 * below `volumes` no name can be mistyped. Others refuse it; here the volumes are made as usual. */
static void declare_volumes(Loader *loader, ComposeNode *root)
{
        const ComposeNode *services = compose_get(root, "services");
        ComposeNode *declared = node_new_map(loader->arena, root);

        if (node_has(root, "volumes") || !node_is(services, COMPOSE_MAP))
                return;
        for (size_t i = 0; i < services->n_pairs; i++) {
                const ComposeNode *volumes = compose_get(services->pairs[i].value, "volumes");

                for (size_t j = 0; volumes != NULL && j < volumes->n_items; j++) {
                        const ComposeNode *source = compose_get(volumes->items[j], "source");

                        if (!node_is(source, COMPOSE_TEXT) || node_has(declared, source->text) ||
                            strcmp(compose_text(volumes->items[j], "type", ""), "volume") != 0 ||
                            !schema_is_name(source->text))
                                continue;
                        loader_report(loader, "undeclared-volume", source->pos, source->width, NULL,
                                      "the volume `%s` is declared nowhere; it is made as if it "
                                      "stood below `volumes`",
                                      source->text);
                        node_set(loader->arena, declared, source->text,
                                 node_new_map(loader->arena, source));
                }
        }
        if (declared->n_pairs > 0)
                node_set(loader->arena, root, "volumes", declared);
}

void normalize_apply(Loader *loader, ComposeNode *root, const char *project,
                     const Environment *environment)
{
        const ComposeNode *services = compose_get(root, "services");

        node_set_text(loader->arena, root, "name", project);
        add_default_network(loader, root);
        for (size_t i = 0; node_is(services, COMPOSE_MAP) && i < services->n_pairs; i++)
                normalize_service(loader, services->pairs[i].value, environment);
        declare_volumes(loader, root);
        set_names(loader, root, "networks", project);
        set_names(loader, root, "volumes", project);
        set_names(loader, root, "configs", project);
        set_names(loader, root, "secrets", project);
}

/* ---- Variables and labels from files ---- */

typedef struct Lookup {
        const Environment *environment;
        const ComposeNode *variables; /* of the service; may be NULL */
} Lookup;

static const char *lookup(const char *name, gconstpointer user)
{
        const Lookup *in = user;
        const char *value = environment_get(in->environment, name);

        return value != NULL ? value : compose_text(in->variables, name, NULL);
}

static int compare_keys(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Adds those that @map lacks, sorted */
static ComposeNode *add_values(Loader *loader, ComposeNode *map, GHashTable *values,
                               const ComposeNode *at)
{
        unsigned n;
        g_autofree gpointer *keys = g_hash_table_get_keys_as_array(values, &n);

        if (map == NULL)
                map = node_new_map(loader->arena, at);
        qsort(keys, n, sizeof *keys, compare_keys);
        for (size_t i = 0; i < n; i++) {
                if (compose_get_pair(map, keys[i]) == NULL)
                        node_set_text(loader->arena, map, keys[i],
                                      g_hash_table_lookup(values, keys[i]));
        }
        return map;
}

static void add_env_files(Loader *loader, const ComposeNode *merged, ComposeNode *service,
                          const Environment *environment)
{
        const ComposeNode *files = compose_get(merged, "env_file");
        ComposeNode *variables = compose_get(service, "environment");
        g_autoptr(GHashTable)
                values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        Lookup in = { .environment = environment, .variables = variables };

        for (size_t i = 0; variables != NULL && i < variables->n_pairs; i++) {
                if (variables->pairs[i].value->text != NULL)
                        g_hash_table_insert(values, g_strdup(variables->pairs[i].key),
                                            g_strdup(variables->pairs[i].value->text));
        }
        for (size_t i = 0; files != NULL && i < files->n_items; i++) {
                const ComposeNode *path = compose_get(files->items[i], "path");
                const ComposeNode *format = compose_get(files->items[i], "format");
                bool is_raw = strcmp(compose_text(files->items[i], "format", ""), "raw") == 0;

                if (!node_is(path, COMPOSE_TEXT))
                        continue;
                if (format != NULL && !is_raw && compose_text(files->items[i], "format", "")[0])
                        loader_report(loader, "compose-value", format->pos, format->width, NULL,
                                      "the only format is `raw`; without it the file is read as a "
                                      "`.env` is");
                loader_env_file(loader, path->text,
                                !node_is_true(compose_get(files->items[i], "required")), is_raw,
                                path, values, lookup, &in);
        }
        if (g_hash_table_size(values) > 0 && files != NULL)
                node_set(loader->arena, service, "environment",
                         add_values(loader, variables, values, service));
}

static void add_label_files(Loader *loader, const ComposeNode *merged, ComposeNode *service)
{
        const ComposeNode *files = compose_get(merged, "label_file");
        g_autoptr(GHashTable)
                values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        for (size_t i = 0; files != NULL && i < files->n_items; i++) {
                if (node_is(files->items[i], COMPOSE_TEXT))
                        loader_env_file(loader, files->items[i]->text, false, false,
                                        files->items[i], values, NULL, NULL);
        }
        if (g_hash_table_size(values) > 0)
                node_set(loader->arena, service, "labels",
                         add_values(loader, compose_get(service, "labels"), values, service));
}

void normalize_files(Loader *loader, const ComposeNode *merged, ComposeNode *service,
                     const Environment *environment)
{
        ComposeNode *variables = compose_get(service, "environment");

        for (size_t i = 0; variables != NULL && i < variables->n_pairs; i++) {
                ComposePair *pair = &variables->pairs[i];
                const char *value = pair->value->type == COMPOSE_NULL
                                            ? environment_get(environment, pair->key)
                                            : NULL;

                if (value != NULL)
                        pair->value = node_new_text(loader->arena, value, pair->value);
        }
        add_env_files(loader, merged, service, environment);
        add_label_files(loader, merged, service);
}
