#include "format/compose/consistency.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/project.h"
#include "format/compose/values.h"

#define PULL_POLICIES                                                                              \
        "always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+"

typedef struct Checker {
        Loader *loader;
        const ComposeNode *root;
        const ComposeNode *services;
        const char *const *profiles;
} Checker;

typedef struct Service {
        const char *name;
        const ComposeNode *node;
} Service;

static void tell_at(const Checker *c, const char *finding, const ComposeNode *node,
                    const char *format, ...) G_GNUC_PRINTF(4, 5);

static void tell_at(const Checker *c, const char *finding, const ComposeNode *node,
                    const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list args;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        loader_report(c->loader, finding, node->pos, node->width, NULL, "%s", message);
}

/* ---- References ---- */

static const char *closest_key(const ComposeNode *map, const char *name)
{
        g_autofree const char **keys = NULL;
        size_t n = map != NULL ? map->n_pairs : 0;

        keys = g_new0(const char *, n + 1);
        for (size_t i = 0; i < n; i++)
                keys[i] = map->pairs[i].key;
        return text_closest(name, keys);
}

/* A name at @node that must stand in a section of the document */
static void check_name(const Checker *c, const char *name, const ComposeNode *node,
                       const char *section, const char *what)
{
        const ComposeNode *all = compose_get(c->root, section);
        const char *closest;

        if (compose_get_pair(all, name) != NULL)
                return;
        closest = diag_list_size(c->loader->diags) < DIAG_LIST_MAX ? closest_key(all, name) : NULL;
        if (closest != NULL)
                tell_at(c, "undefined", node, "there is no %s `%s`; did you mean `%s`?", what, name,
                        closest);
        else
                tell_at(c, "undefined", node, "there is no %s `%s`; it stands below `%s`", what,
                        name, section);
}

static void check_sources(const Checker *c, const ComposeNode *list, const char *section,
                          const char *what)
{
        for (size_t i = 0; list != NULL && i < list->n_items; i++) {
                const ComposeNode *source = compose_get(list->items[i], "source");

                if (source != NULL)
                        check_name(c, source->text, source, section, what);
        }
}

/* Contexts that are other services' images */
static void check_contexts(const Checker *c, const ComposeNode *contexts)
{
        for (size_t i = 0; contexts != NULL && i < contexts->n_pairs; i++) {
                const ComposeNode *context = contexts->pairs[i].value;

                if (g_str_has_prefix(context->text, "service:"))
                        check_name(c, context->text + strlen("service:"), context, "services",
                                   "service");
        }
}

static void check_keys(const Checker *c, const ComposeNode *map, const char *section,
                       const char *what)
{
        for (size_t i = 0; map != NULL && i < map->n_pairs; i++) {
                ComposeNode at = { .pos = map->pairs[i].pos,
                                   .width = g_utf8_strlen(map->pairs[i].key, -1) };

                check_name(c, map->pairs[i].key, &at, section, what);
        }
}

static void check_dependencies(const Checker *c, const Service *service)
{
        const ComposeNode *all = compose_get(service->node, "depends_on");

        for (size_t i = 0; all != NULL && i < all->n_pairs; i++) {
                const char *name = all->pairs[i].key;
                const ComposeNode *other = compose_get(c->services, name);
                ComposeNode at = { .pos = all->pairs[i].pos, .width = g_utf8_strlen(name, -1) };

                bool is_required = node_is_true(compose_get(all->pairs[i].value, "required"));

                if (other == NULL && is_required) {
                        check_name(c, name, &at, "services", "service");
                } else if (other == NULL) {
                        tell_at(c, "optional-dependency", &at,
                                "there is no service `%s`; as it is not required, nothing waits "
                                "for it",
                                name);
                } else if (!project_is_active(other, c->profiles) && is_required) {
                        tell_at(c, "undefined", &at,
                                "the service `%s` is not active: none of its profiles is; "
                                "`required: false` lets this one start without it",
                                name);
                }
        }
}

static void check_joined(const Checker *c, const Service *service)
{
        const ComposeNode *mode = compose_get(service->node, "network_mode");
        const ComposeNode *networks = compose_get(service->node, "networks");

        if (mode == NULL)
                return;
        if (networks != NULL && networks->n_pairs > 0)
                tell_at(c, "conflict", mode,
                        "`network_mode` and `networks` exclude each other; leave one out");
}

static void check_references(const Checker *c, const Service *service)
{
        const ComposeNode *volumes = compose_get(service->node, "volumes");
        const ComposeNode *build = compose_get(service->node, "build");

        check_keys(c, compose_get(service->node, "networks"), "networks", "network");
        check_keys(c, compose_get(service->node, "models"), "models", "model");
        check_sources(c, compose_get(service->node, "secrets"), "secrets", "secret");
        check_sources(c, compose_get(service->node, "configs"), "configs", "config");
        check_sources(c, compose_get(build, "secrets"), "secrets", "secret");
        check_contexts(c, compose_get(build, "additional_contexts"));
        for (size_t i = 0; volumes != NULL && i < volumes->n_items; i++) {
                const ComposeNode *source = compose_get(volumes->items[i], "source");

                if (source != NULL &&
                    strcmp(compose_text(volumes->items[i], "type", ""), "volume") == 0)
                        check_name(c, source->text, source, "volumes", "volume");
        }
}

/* ---- Keys of a service that must agree ---- */

/* Two ways to say one thing; both may stand there if they say the same */
static void check_same(const Checker *c, const Service *service, const char *key,
                       const ComposeNode *other, const char *other_name)
{
        const ComposeNode *value = compose_get(service->node, key);

        if (value != NULL && other != NULL && strcmp(value->text, other->text) != 0)
                tell_at(c, "conflict", value, "`%s` and `%s` say different things; leave one out",
                        key, other_name);
}

static const ComposeNode *limit(const ComposeNode *service, const char *kind, const char *key)
{
        const ComposeNode *resources = compose_get(compose_get(service, "deploy"), "resources");

        return compose_get(compose_get(resources, kind), key);
}

static void check_negative(const Checker *c, const ComposeNode *count)
{
        if (count != NULL && count->text[0] == '-')
                tell_at(c, "compose-value", count, "a number of containers is not negative");
}

static void check_limits(const Checker *c, const Service *service)
{
        const ComposeNode *node = service->node, *scale = compose_get(node, "scale");
        const ComposeNode *replicas = compose_get(compose_get(node, "deploy"), "replicas");
        const ComposeNode *name = compose_get(node, "container_name");
        const ComposeNode *count = scale != NULL ? scale : replicas;

        check_same(c, service, "scale", replicas, "deploy.replicas");
        check_same(c, service, "cpus", limit(node, "limits", "cpus"),
                   "deploy.resources.limits.cpus");
        check_same(c, service, "mem_limit", limit(node, "limits", "memory"),
                   "deploy.resources.limits.memory");
        check_same(c, service, "mem_reservation", limit(node, "reservations", "memory"),
                   "deploy.resources.reservations.memory");
        check_same(c, service, "pids_limit", limit(node, "limits", "pids"),
                   "deploy.resources.limits.pids");
        check_negative(c, scale);
        check_negative(c, replicas);
        if (name != NULL && count != NULL && g_ascii_strtoll(count->text, NULL, 10) > 1)
                tell_at(c, "conflict", name,
                        "several containers can't have one name; leave `container_name` out, or "
                        "`%s`",
                        scale != NULL ? "scale" : "deploy.replicas");
}

static void check_image(const Checker *c, const Service *service)
{
        const ComposeNode *build = compose_get(service->node, "build");
        const ComposeNode *platform = compose_get(service->node, "platform");
        const ComposeNode *platforms = compose_get(build, "platforms");

        if (service->node->type == COMPOSE_MAP && build == NULL &&
            compose_get(service->node, "image") == NULL &&
            compose_get(service->node, "provider") == NULL &&
            !g_hash_table_contains(c->loader->incomplete, service->name))
                tell_at(c, "required", service->node, "`%s` has neither `image` nor `build`",
                        service->name);
        if (compose_get(build, "dockerfile_inline") != NULL &&
            compose_get(build, "dockerfile") != NULL)
                tell_at(c, "conflict", compose_get(build, "dockerfile"),
                        "`dockerfile` and `dockerfile_inline` exclude each other; leave one out");
        if (platform == NULL || platforms == NULL)
                return;
        for (size_t i = 0; i < platforms->n_items; i++) {
                if (strcmp(platforms->items[i]->text, platform->text) == 0)
                        return;
        }
        tell_at(c, "conflict", platform, "`build.platforms` has to have this one, too");
}

static void check_health(const Checker *c, const Service *service)
{
        static const char *const words[] = { "CMD", "CMD-SHELL", "NONE", NULL };
        const ComposeNode *test = compose_get(compose_get(service->node, "healthcheck"), "test");

        if (test != NULL && test->n_items > 0 && !g_strv_contains(words, test->items[0]->text))
                tell_at(c, "compose-value", test->items[0],
                        "the first word of a list is `CMD`, `CMD-SHELL` or `NONE`; text is a "
                        "command for the shell");
}

static void check_mounts(const Checker *c, const Service *service)
{
        const ComposeNode *tmpfs = compose_get(service->node, "tmpfs");
        const ComposeNode *volumes = compose_get(service->node, "volumes");
        g_autoptr(GHashTable)
                targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (size_t i = 0; tmpfs != NULL && i < tmpfs->n_items; i++) {
                const char *text = tmpfs->items[i]->text;

                if (!g_hash_table_add(targets, g_strndup(text, strcspn(text, ":"))))
                        tell_at(c, "conflict", tmpfs->items[i], "two mounts at one place");
        }
        for (size_t i = 0; volumes != NULL && i < volumes->n_items; i++) {
                const ComposeNode *mount = volumes->items[i];
                const ComposeNode *target = compose_get(mount, "target");

                if (target == NULL)
                        tell_at(c, "required", mount,
                                "a mount has a key `target`, which is missing here");
                else if (!g_hash_table_add(targets, g_strdup(target->text)))
                        tell_at(c, "conflict", target, "two mounts at `%s`", target->text);
                if (strcmp(compose_text(mount, "type", ""), "bind") == 0 &&
                    compose_get(mount, "source") == NULL)
                        tell_at(c, "required", mount,
                                "a bind mount has a key `source`, which is missing here");
        }
}

static void check_ports(const Checker *c, const Service *service)
{
        const ComposeNode *ports = compose_get(service->node, "ports");

        for (size_t i = 0; ports != NULL && i < ports->n_items; i++) {
                const ComposeNode *port = ports->items[i];
                const ComposeNode *ip = compose_get(port, "host_ip");
                const ComposeNode *target = compose_get(port, "target");

                if (ip != NULL && !value_is_ip(ip->text))
                        tell_at(c, "compose-value", ip, "`host_ip` is an IP address");
                if (target == NULL)
                        tell_at(c, "required", port,
                                "a port has a key `target`, which is missing here");
                else if (strlen(target->text) > 5 || g_ascii_strtoll(target->text, NULL, 10) < 1 ||
                         g_ascii_strtoll(target->text, NULL, 10) > 65535)
                        tell_at(c, "bad-port", target, "a port is a number from 1 to 65535");
        }
}

static void check_devices_of(const Checker *c, const ComposeNode *devices)
{
        for (size_t i = 0; devices != NULL && i < devices->n_items; i++) {
                if (compose_get(devices->items[i], "count") != NULL &&
                    compose_get(devices->items[i], "device_ids") != NULL)
                        tell_at(c, "conflict", compose_get(devices->items[i], "count"),
                                "`count` and `device_ids` exclude each other; leave one out");
        }
}

static void check_watch(const Checker *c, const Service *service)
{
        const ComposeNode *watch = compose_get(compose_get(service->node, "develop"), "watch");

        for (size_t i = 0; watch != NULL && i < watch->n_items; i++) {
                const char *action = compose_text(watch->items[i], "action", "");

                if (compose_get(watch->items[i], "target") == NULL &&
                    strcmp(action, "rebuild") != 0 && strcmp(action, "restart") != 0)
                        tell_at(c, "required", watch->items[i],
                                "a rule that copies has a key `target`, which is missing here");
        }
}

static void check_range(const Checker *c, const Service *service, const char *key, double min,
                        double max)
{
        const ComposeNode *value = compose_get(service->node, key);
        double number = value != NULL ? g_ascii_strtod(value->text, NULL) : min;

        if (number < min || number > max)
                tell_at(c, "compose-value", value, "`%s` is from %g to %g", key, min, max);
}

static void check_patterns(const Checker *c, const Service *service)
{
        const ComposeNode *policy = compose_get(service->node, "pull_policy");
        const ComposeNode *name = compose_get(service->node, "container_name");

        check_range(c, service, "oom_score_adj", -1000, 1000);
        check_range(c, service, "cpu_percent", 0, 100);
        /* The reference takes a text that one of the words is anywhere in */
        if (policy != NULL && !g_regex_match_simple("^(" PULL_POLICIES ")\\z", policy->text, 0, 0))
                tell_at(c,
                        g_regex_match_simple(PULL_POLICIES, policy->text, 0, 0) ? "bad-value"
                                                                                : "compose-value",
                        policy,
                        "`%s` is no pull policy; it is `always`, `never`, `missing`, `build`, "
                        "`daily`, `weekly` or such as `every_12h`",
                        policy->text);
        if (name != NULL &&
            !g_regex_match_simple("^[a-zA-Z0-9][a-zA-Z0-9_.-]+\\z", name->text, 0, 0))
                tell_at(c, "compose-name", name,
                        "not a container's name: it has letters, digits, `_`, `.` and `-`, and "
                        "begins with a letter or digit");
}

static void check_service(const Checker *c, const Service *service)
{
        check_image(c, service);
        check_patterns(c, service);
        check_references(c, service);
        check_dependencies(c, service);
        check_joined(c, service);
        check_limits(c, service);
        check_health(c, service);
        check_mounts(c, service);
        check_ports(c, service);
        check_devices_of(c, compose_get(service->node, "gpus"));
        check_devices_of(c, limit(service->node, "reservations", "devices"));
        check_watch(c, service);
}

/* ---- Resources ---- */

/* Where a secret's or config's content comes from; @sources is NULL-terminated */
static void check_content(const Checker *c, const char *section, const char *const *sources)
{
        const ComposeNode *all = compose_get(c->root, section);

        for (size_t i = 0; all != NULL && i < all->n_pairs; i++) {
                const ComposeNode *resource = all->pairs[i].value;
                ComposeNode at = { .pos = all->pairs[i].pos,
                                   .width = g_utf8_strlen(all->pairs[i].key, -1) };
                g_autofree char *names = g_strjoinv("`, `", (char **) sources);
                unsigned n = 0;

                for (size_t j = 0; sources[j] != NULL; j++)
                        n += compose_get(resource, sources[j]) != NULL;
                if (n > 1)
                        tell_at(c, "conflict", &at, "more than one of `%s`; leave one", names);
                else if (n == 0 && compose_get(resource, "external") == NULL &&
                         compose_get(resource, "driver") == NULL)
                        tell_at(c, "required", &at, "one of `%s` is missing", names);
        }
}

/* What exists already is not described */
static void check_externals(const Checker *c, const char *section)
{
        const ComposeNode *all = compose_get(c->root, section);

        for (size_t i = 0; all != NULL && i < all->n_pairs; i++) {
                const ComposeNode *resource = all->pairs[i].value;

                if (!node_is_true(compose_get(resource, "external")))
                        continue;
                for (size_t j = 0; j < resource->n_pairs; j++) {
                        const ComposePair *pair = &resource->pairs[j];
                        ComposeNode at = { .pos = pair->pos,
                                           .width = g_utf8_strlen(pair->key, -1) };

                        if (strcmp(pair->key, "name") != 0 && strcmp(pair->key, "external") != 0 &&
                            !g_str_has_prefix(pair->key, "x-"))
                                tell_at(c, "conflict", &at,
                                        "what is `external` is there already; `%s` can't change it",
                                        pair->key);
                }
        }
}

/* ---- Names and cycles ---- */

static void check_container_names(const Checker *c)
{
        g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < c->services->n_pairs; i++) {
                const ComposePair *pair = &c->services->pairs[i];
                const ComposeNode *name = compose_get(pair->value, "container_name");
                const char *other;

                if (name == NULL || !project_is_active(pair->value, c->profiles))
                        continue;
                other = g_hash_table_lookup(taken, name->text);
                if (other != NULL)
                        tell_at(c, "conflict", name, "the service `%s` has this name, too", other);
                else
                        g_hash_table_insert(taken, (gpointer) name->text, (gpointer) pair->key);
        }
}

/* Where a service is in the walk along the dependencies */
typedef enum Visit {
        VISIT_NONE,
        VISIT_ON_TRAIL,
        VISIT_DONE,
} Visit;

typedef struct Walk {
        const Checker *checker;
        GHashTable *visits; /* (element-type utf8 Visit) */
        GPtrArray *trail;   /* (element-type utf8) */
} Walk;

static Visit visit_of(const Walk *walk, const char *name)
{
        return GPOINTER_TO_INT(g_hash_table_lookup(walk->visits, name));
}

static void tell_cycle(const Walk *walk, const ComposePair *pair)
{
        GString *ring = g_string_new(NULL);
        ComposeNode at = { .pos = pair->pos, .width = g_utf8_strlen(pair->key, -1) };
        size_t first = 0;

        while (strcmp(walk->trail->pdata[first], pair->key) != 0)
                first++;
        for (size_t i = first; i < walk->trail->len; i++)
                g_string_append_printf(ring, "`%s` → ", (char *) walk->trail->pdata[i]);
        tell_at(walk->checker, "dependency-cycle", &at, "services wait for each other: %s`%s`",
                ring->str, pair->key);
        g_string_free(ring, true);
}

/* As deep as services depend on each other, at most COMPOSE_KEYS_MAX */
static void walk_from(Walk *walk, const char *name)
{
        const ComposeNode *service = compose_get(walk->checker->services, name);
        const ComposeNode *all = compose_get(service, "depends_on");

        if (visit_of(walk, name) != VISIT_NONE)
                return;
        g_hash_table_insert(walk->visits, (gpointer) name, GINT_TO_POINTER(VISIT_ON_TRAIL));
        g_ptr_array_add(walk->trail, (gpointer) name);
        for (size_t i = 0; all != NULL && i < all->n_pairs; i++) {
                if (visit_of(walk, all->pairs[i].key) == VISIT_ON_TRAIL)
                        tell_cycle(walk, &all->pairs[i]);
                else if (compose_get(walk->checker->services, all->pairs[i].key) != NULL)
                        walk_from(walk, all->pairs[i].key);
        }
        g_hash_table_insert(walk->visits, (gpointer) name, GINT_TO_POINTER(VISIT_DONE));
        g_ptr_array_set_size(walk->trail, walk->trail->len - 1);
}

static void check_cycles(const Checker *c)
{
        g_autoptr(GHashTable) visits = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GPtrArray) trail = g_ptr_array_new();
        Walk walk = { .checker = c, .visits = visits, .trail = trail };

        for (size_t i = 0; i < c->services->n_pairs; i++) {
                if (project_is_active(c->services->pairs[i].value, c->profiles))
                        walk_from(&walk, c->services->pairs[i].key);
        }
}

void consistency_check(Loader *loader, const ComposeNode *root, const char *const *profiles)
{
        static const char *const of_configs[] = { "file", "environment", "content", NULL };
        static const char *const of_secrets[] = { "file", "environment", NULL };
        Checker c = { .loader = loader,
                      .root = root,
                      .profiles = profiles,
                      .services = compose_get(root, "services") };

        if (!node_is(c.services, COMPOSE_MAP))
                return;
        if (c.services->n_pairs == 0 && root->pos.line > 0)
                tell_at(&c, "nothing-to-run", root, "the project has no services");
        for (size_t i = 0; i < c.services->n_pairs && !loader->is_over; i++) {
                Service service = { .name = c.services->pairs[i].key,
                                    .node = c.services->pairs[i].value };

                if (project_is_active(service.node, profiles))
                        check_service(&c, &service);
        }
        check_content(&c, "configs", of_configs);
        check_content(&c, "secrets", of_secrets);
        check_externals(&c, "volumes");
        check_container_names(&c);
        check_cycles(&c);
}
