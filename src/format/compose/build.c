/*
 * A Compose document → the model
 */

#include <string.h>

#include "base/json.h"
#include "format/compose/builder.h"
#include "format/compose/values.h"
#include "format/order.h"
#include "model/spec.h"

#define EPHEMERAL_LABEL "com.replicated.ephemeral"

/* ---- Places and findings ---- */

SourcePos builder_pos(Builder *b, SourcePos pos)
{
        const char *own;

        if (pos.file == NULL)
                return (SourcePos){ b->app->file, pos.line, pos.col };
        own = g_hash_table_lookup(b->files, pos.file);
        if (own == NULL) {
                own = arena_strdup(b->arena, pos.file);
                g_hash_table_insert(b->files, (char *) own, (char *) own);
        }
        return (SourcePos){ own, pos.line, pos.col };
}

void builder_report(Builder *b, const char *finding, const ComposeNode *at, const Path *path,
                    const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list args;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        report(&b->reporter, finding, at->pos, MAX(at->width, 1), path, "%s", message);
}

/* ---- Values ---- */

bool read_flag(const ComposeNode *map, const char *key, bool fallback)
{
        const char *text = node_text(compose_get(map, key));
        bool value, is_odd;

        return text != NULL && value_parse_bool(text, &value, &is_odd) ? value : fallback;
}

int64_t read_int(const ComposeNode *map, const char *key, int64_t fallback)
{
        const char *text = node_text(compose_get(map, key));
        gint64 value;

        return text != NULL && value_parse_yaml_int(text, &value) ? value : fallback;
}

int64_t read_bytes(const ComposeNode *map, const char *key)
{
        const char *text = node_text(compose_get(map, key));
        gint64 value;

        if (text == NULL)
                return 0;
        if (text[0] == '-')
                return -1;
        return value_parse_bytes(text, &value) ? value : 0;
}

int64_t read_time_us(const ComposeNode *map, const char *key)
{
        const char *text = node_text(compose_get(map, key));
        gint64 ns;

        return text != NULL && value_parse_duration(text, &ns) ? ns / 1000 : 0;
}

const char *const *read_texts(Arena *arena, const ComposeNode *list, size_t *ret_n)
{
        size_t n = node_is_list(list) ? list->n_items : 0;
        const char **texts = arena_new0(arena, const char *, n + 1);

        *ret_n = 0;
        for (size_t i = 0; i < n; i++) {
                const char *text = node_text(list->items[i]);

                if (text != NULL)
                        texts[(*ret_n)++] = arena_strdup(arena, text);
        }
        return texts;
}

static int compare_texts(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Sorted: which of two keys of a map comes first means nothing, so that it changes nothing */
const char *const *read_pairs(Arena *arena, const ComposeNode *map, size_t *ret_n)
{
        size_t n = node_is_map(map) ? map->n_pairs : 0;
        const char **pairs = arena_new0(arena, const char *, n + 1);

        *ret_n = 0;
        for (size_t i = 0; i < n; i++) {
                const char *key = map->pairs[i].key, *value = node_text(map->pairs[i].value);

                pairs[(*ret_n)++] = value == NULL ? arena_strdup(arena, key)
                                                  : arena_printf(arena, "%s=%s", key, value);
        }
        if (n > 1)
                qsort(pairs, n, sizeof *pairs, compare_texts);
        return pairs;
}

/* ---- What is shared ---- */

static char *resource_key(ResourceKind kind, const char *key)
{
        return g_strdup_printf("%d %s", (int) kind, key);
}

Resource *builder_resource(Builder *b, ResourceKind kind, const char *key)
{
        g_autofree char *both = key == NULL ? NULL : resource_key(kind, key);

        return both == NULL ? NULL : g_hash_table_lookup(b->resources, both);
}

static const struct {
        const char *section;
        ResourceKind kind;
} sections[] = {
        { "networks", RESOURCE_NETWORK },
        { "volumes", RESOURCE_VOLUME },
        { "configs", RESOURCE_CONFIG },
        { "secrets", RESOURCE_SECRET },
};

static void build_resource(Builder *b, ResourceKind kind, const ComposePair *pair)
{
        Resource *resource = &b->app->resources[b->app->n_resources++];
        const char *name = compose_text(pair->value, "name", NULL);

        *resource = (Resource){
                .kind = kind,
                .key = arena_strdup(b->arena, pair->key),
                .is_external = read_flag(pair->value, "external", false),
                .options = json_object(),
                .pos = builder_pos(b, pair->pos),
        };
        g_hash_table_insert(b->resources, resource_key(kind, pair->key), resource);
        resource->name = name != NULL ? arena_strdup(b->arena, name)
                         : resource->is_external
                                 ? resource->key
                                 : arena_printf(b->arena, "%s_%s", b->document->name, pair->key);
        for (size_t i = 0; node_is_map(pair->value) && i < pair->value->n_pairs; i++) {
                const ComposePair *member = &pair->value->pairs[i];

                if (strcmp(member->key, "name") != 0 && strcmp(member->key, "external") != 0 &&
                    member->value->type != COMPOSE_NULL)
                        json_object_set_new(resource->options, member->key,
                                            compose_to_json(member->value));
        }
}

static void build_resources(Builder *b)
{
        size_t n = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
                const ComposeNode *map = compose_get(b->document->root, sections[i].section);

                n += node_is_map(map) ? map->n_pairs : 0;
        }
        b->app->resources = arena_new0(b->arena, Resource, n);
        for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
                const ComposeNode *map = compose_get(b->document->root, sections[i].section);

                for (size_t j = 0; node_is_map(map) && j < map->n_pairs; j++) {
                        if (!g_str_has_prefix(map->pairs[j].key, "x-"))
                                build_resource(b, sections[i].kind, &map->pairs[j]);
                }
        }
}

/* ---- Services ---- */

Service *builder_service(Builder *b, const char *name)
{
        return g_hash_table_lookup(b->names, name);
}

static bool has_ephemeral_label(const ComposeNode *labels)
{
        const char *value = compose_text(labels, EPHEMERAL_LABEL, NULL);
        bool is_set = false, is_odd;

        return value != NULL && value_parse_bool(value, &is_set, &is_odd) && is_set;
}

/* Members of `x-slipway` that nobody knows are findings: a mistyped one must not do nothing. */
static void read_slipway(Builder *b, Service *service)
{
        static const char *const on_unknown[] = { "default", "rerun", "hold", NULL };
        static const char *const on_node_loss[] = { "hold", "rerun", NULL };
        const ComposeNode *x = compose_get(service->node, "x-slipway");
        Path section = { &service->path, "x-slipway", 0 };

        service->timeout_s = EVENT_TIMEOUT_DEFAULT_S;
        service->takes_implied_order = true;
        if (x == NULL || x->type == COMPOSE_NULL)
                return;
        if (!node_is_map(x)) {
                builder_report(b, "type", x, &section, "`x-slipway` must be a mapping");
                return;
        }
        for (size_t i = 0; i < x->n_pairs; i++) {
                const ComposePair *pair = &x->pairs[i];
                const char *text = node_text(pair->value);
                Path path = { &section, pair->key, 0 };
                bool ok = text != NULL, is_odd;
                gint64 ns;

                if (strcmp(pair->key, "timeout") == 0) {
                        gint64 s;

                        if (text != NULL && (strcmp(text, "never") == 0 || strcmp(text, "-1") == 0))
                                service->timeout_s = EVENT_TIMEOUT_NEVER;
                        else if (text != NULL && value_parse_yaml_int(text, &s) && s > 0)
                                service->timeout_s = s;
                        else if (text != NULL && value_parse_duration(text, &ns) && ns > 0)
                                service->timeout_s = MAX(ns / 1000000000, 1);
                        else
                                ok = false;
                        if (!ok)
                                builder_report(b, "bad-timeout", pair->value, &path,
                                               "`timeout` must be a time as `90s` or `20m`, "
                                               "a number of seconds, or `never`");
                } else if (strcmp(pair->key, "implied_order") == 0) {
                        ok = ok && value_parse_bool(text, &service->takes_implied_order, &is_odd);
                        if (!ok)
                                builder_report(b, "bool", pair->value, &path,
                                               "`implied_order` must be true or false");
                } else if (strcmp(pair->key, "on_unknown") == 0) {
                        if (ok && g_strv_contains(on_unknown, text))
                                service->on_unknown = strcmp(text, "rerun") == 0 ? ON_UNKNOWN_RERUN
                                                      : strcmp(text, "hold") == 0
                                                              ? ON_UNKNOWN_HOLD
                                                              : ON_UNKNOWN_DEFAULT;
                        else
                                builder_report(b, "unknown-value", pair->value, &path,
                                               "`on_unknown` must be `rerun` or `hold`");
                } else if (strcmp(pair->key, "on_node_loss") == 0) {
                        if (ok && g_strv_contains(on_node_loss, text))
                                service->on_node_loss = strcmp(text, "rerun") == 0
                                                                ? ON_NODE_LOSS_RERUN
                                                                : ON_NODE_LOSS_HOLD;
                        else
                                builder_report(b, "unknown-value", pair->value, &path,
                                               "`on_node_loss` must be `hold` or `rerun`");
                } else {
                        report(&b->reporter, "unknown-key", pair->pos, g_utf8_strlen(pair->key, -1),
                               &path,
                               "`x-slipway` has no `%s`; it has timeout, implied_order, "
                               "on_unknown, on_node_loss",
                               pair->key);
                }
        }
}

static void read_replicas(Builder *b, Service *service, const ComposeNode *deploy)
{
        Path path = { &service->path, "deploy", 0 };
        int64_t n = read_int(deploy, "replicas", 1);

        n = read_int(service->node, "scale", n);
        if (n < 0)
                n = 1;
        if (service->is_global)
                n = is_for_swarm(b) ? 0 : 1;
        if (!is_for_swarm(b) && n > REPLICAS_MAX) {
                builder_report(b, "bad-count", deploy != NULL ? deploy : service->node, &path,
                               "%" G_GINT64_FORMAT " replicas of `%s`; there may be %d on one host",
                               n, service->name, REPLICAS_MAX);
                n = 1;
        }
        service->n_replicas = MIN(n, G_MAXINT32);
}

static void read_service(Builder *b, Service *service, const ComposePair *pair)
{
        static const Path services = { NULL, "services", 0 };
        const ComposeNode *deploy = compose_get(pair->value, "deploy");
        const char *mode = compose_text(deploy, "mode", "replicated");
        const char *image = compose_text(pair->value, "image", NULL);

        service->name = arena_strdup(b->arena, pair->key);
        g_hash_table_insert(b->names, (char *) service->name, service);
        service->node = pair->value;
        service->pos = builder_pos(b, pair->pos);
        service->width = g_utf8_strlen(pair->key, -1);
        service->path = (Path){ &services, service->name, 0 };
        service->is_global = strcmp(mode, "global") == 0 || strcmp(mode, "global-job") == 0;
        service->is_job = g_str_has_suffix(mode, "-job");
        service->image = image != NULL && image[0] != '\0'
                                 ? arena_strdup(b->arena, image)
                                 : arena_printf(b->arena, "%s-%s", b->document->name, pair->key);
        if (service->is_job || has_ephemeral_label(compose_get(pair->value, "labels")) ||
            has_ephemeral_label(compose_get(deploy, "labels")))
                service->kind = WORKLOAD_EPHEMERAL;
        read_slipway(b, service);
        read_replicas(b, service, deploy);
}

/* Who waits for a service's success says that it ends. */
static void mark_awaited(Builder *b)
{
        for (size_t i = 0; i < b->n_services; i++) {
                const ComposeNode *needs = compose_get(b->services[i].node, "depends_on");

                for (size_t j = 0; node_is_map(needs) && j < needs->n_pairs; j++) {
                        Service *other = builder_service(b, needs->pairs[j].key);

                        if (other != NULL &&
                            strcmp(compose_text(needs->pairs[j].value, "condition", ""),
                                   "service_completed_successfully") == 0) {
                                other->kind = WORKLOAD_EPHEMERAL;
                                other->is_finished = true;
                        }
                }
        }
}

static void read_services(Builder *b)
{
        const ComposeNode *map = compose_get(b->document->root, "services");
        size_t n = node_is_map(map) ? map->n_pairs : 0;

        b->services = arena_new0(b->arena, Service, n);
        for (size_t i = 0; i < n; i++) {
                if (node_is_map(map->pairs[i].value))
                        read_service(b, &b->services[b->n_services++], &map->pairs[i]);
        }
        mark_awaited(b);
}

/* ---- Workloads ---- */

static Build *build_of(Builder *b, const Service *service)
{
        const ComposePair *pair = compose_get_pair(service->node, "build");
        Build *build;

        if (pair == NULL || pair->value->type == COMPOSE_NULL)
                return NULL;
        build = arena_new0(b->arena, Build, 1);
        build->service = service->name;
        build->options = compose_to_json(pair->value);
        build->pos = builder_pos(b, pair->pos);
        return build;
}

/* The reference's name and tag, for people and registries; a digest stays with the name. */
static void name_image(Builder *b, Workload *w, const char *image)
{
        const char *base = strrchr(image, '/'), *colon;

        base = base == NULL ? image : base + 1;
        colon = strchr(base, '@') == NULL ? strchr(base, ':') : NULL;
        w->source = "public";
        w->image_name = colon == NULL ? image : arena_strndup(b->arena, image, colon - image);
        w->version.raw = colon == NULL ? NULL : colon + 1;
}

static void fill_workload(Builder *b, const Service *service, Workload *w, const char *id,
                          const char *image)
{
        w->id = id;
        w->component = w->container = service->name;
        w->component_index = service - b->services;
        w->pos = service->pos;
        w->start_rule = START_ALL;
        w->on_unknown = service->on_unknown;
        w->on_node_loss = service->on_node_loss;
        name_image(b, w, image);
        w->pull_policy = arena_strdup(b->arena, compose_text(service->node, "pull_policy", ""));
        w->n_replicas = 1;
}

static void build_replica(Builder *b, const Service *service, unsigned replica)
{
        unsigned index = service->first + replica;
        Workload *w = &b->app->workloads[index];
        const char *id = replica == 0 ? service->name
                                      : arena_printf(b->arena, "%s@%u", service->name, replica + 1);

        fill_workload(b, service, w, id, service->image);
        w->kind = service->kind;
        w->instance = replica;
        w->replica_of = service->first;
        w->restart = service_restart(b, service);
        w->fixed = service_spec(b, service, replica);
        w->build = build_of(b, service);
        if (is_for_swarm(b))
                w->n_replicas = service->n_replicas;
}

static void build_step(Builder *b, const Service *service, unsigned at, size_t i, int replica)
{
        unsigned index = service->steps[at];
        Workload *w = &b->app->workloads[index];
        const char *owner = replica <= 0
                                    ? service->name
                                    : arena_printf(b->arena, "%s@%d", service->name, replica + 1);
        Spec *spec = service_step_spec(b, service, i, MAX(replica, 0));

        fill_workload(b, service, w, arena_printf(b->arena, "%s/pre_start[%zu]", owner, i),
                      arena_strdup(b->arena, spec->image));
        w->container = arena_printf(b->arena, "pre_start[%zu]", i);
        w->kind = WORKLOAD_EPHEMERAL;
        w->replica_of = index;
        w->restart = (Restart){ .is_set = true, .policy = RESTART_NO };
        w->fixed = spec;
        if (strcmp(spec->image, service->image) == 0)
                w->build = build_of(b, service);
}

static bool is_per_replica(const ComposeNode *steps, size_t i)
{
        return read_flag(steps->items[i], "per_replica", false);
}

/* Steps stand before the first replica: those of all replicas once, the others for each. */
static void count_workloads(Builder *b, Service *service, size_t *total)
{
        const ComposeNode *steps = compose_get(service->node, "pre_start");
        size_t n_steps = node_is_list(steps) ? steps->n_items : 0;

        service->n = is_for_swarm(b) ? MIN(MAX(service->n_replicas, 1), 1) : service->n_replicas;
        service->steps = arena_new0(b->arena, unsigned, n_steps *MAX(service->n, 1));
        service->step_replica = arena_new0(b->arena, int, n_steps *MAX(service->n, 1));
        for (unsigned replica = 0; replica < service->n; replica++) {
                for (size_t i = 0; i < n_steps; i++) {
                        if (!is_per_replica(steps, i) && replica > 0)
                                continue;
                        service->step_replica[service->n_steps] = is_per_replica(steps, i)
                                                                          ? (int) replica
                                                                          : -1;
                        service->steps[service->n_steps++] = (*total)++;
                }
        }
        service->first = *total;
        *total += service->n;
}

static void build_service(Builder *b, const Service *service)
{
        const ComposeNode *steps = compose_get(service->node, "pre_start");
        unsigned at = 0;

        for (unsigned replica = 0; replica < service->n && service->n_steps > 0; replica++) {
                for (size_t i = 0; i < steps->n_items; i++) {
                        if (!is_per_replica(steps, i) && replica > 0)
                                continue;
                        build_step(b, service, at, i, service->step_replica[at]);
                        at++;
                }
        }
        for (unsigned replica = 0; replica < service->n; replica++)
                build_replica(b, service, replica);
}

static void build_workloads(Builder *b)
{
        size_t total = 0;

        for (size_t i = 0; i < b->n_services; i++)
                count_workloads(b, &b->services[i], &total);
        if (total > COMPOSE_WORKLOADS_MAX) {
                report(&b->reporter, "too-many-workloads", (SourcePos){ b->app->file, 0, 0 }, 1,
                       NULL, "%zu containers; there may be %d", total, COMPOSE_WORKLOADS_MAX);
                return;
        }
        b->app->workloads = arena_new0(b->arena, Workload, total);
        b->app->n_workloads = total;
        for (size_t i = 0; i < b->n_services; i++) {
                support_check(b, &b->services[i]);
                build_service(b, &b->services[i]);
        }
}

/* ---- The whole ---- */

static void take_files(Builder *b)
{
        const ComposeDocument *document = b->document;
        size_t n = 0;
        const char **files;

        while (document->files != NULL && document->files[n] != NULL)
                n++;
        files = arena_new0(b->arena, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
                files[i] = arena_strdup(b->arena, document->files[i]);
        b->app->files = files;
        b->app->working_dir = arena_strdup(
                b->arena, document->working_dir == NULL ? "" : document->working_dir);
}

static void check_cycles(Builder *b)
{
        g_autofree bool *is_stuck = order_find_stuck(b->app);

        for (size_t i = 0; i < b->app->n_workloads; i++) {
                const Workload *w = &b->app->workloads[i];

                if (!is_stuck[i])
                        continue;
                report(&b->reporter, "cycle", w->pos, g_utf8_strlen(w->component, -1), NULL,
                       "`%s` waits, by way of others, for itself: nobody starts it", w->id);
                return;
        }
}

static bool has_directives(const Builder *b)
{
        static const char directive[] = "slipway: ignore";

        for (size_t i = 0; i < b->n_sources; i++) {
                if (memmem(b->sources[i].text, b->sources[i].size, directive, strlen(directive)) !=
                    NULL)
                        return true;
        }
        return false;
}

static void begin(Builder *b, DiagList *diags)
{
        const char *const *files = b->document->files;

        b->app->arena = b->arena;
        b->app->file = arena_strdup(b->arena, files != NULL && files[0] != NULL ? files[0] : "");
        b->app->api_version = "";
        b->app->is_compose = true;
        b->app->name.raw = arena_strdup(b->arena, b->document->name);
        b->reporter = (Reporter){ .diags = diags,
                                  .sources = b->sources,
                                  .n_sources = b->n_sources,
                                  .has_directives = has_directives(b),
                                  .purpose = b->options->purpose,
                                  .is_strict = b->options->is_strict };
        take_files(b);
}

/* So that it can be read again without the native document that gave them */
static const char *keep_gifts(const Builder *b, const char *effective)
{
        g_autoptr(json_t) json = json_loads(effective, 0, NULL);
        g_autofree char *text = NULL;

        files_keep(b, json);
        text = json_to_canonical_text(json);
        return arena_strdup(b->arena, text);
}

Application *compose_build_extra(const ComposeDocument *document, const FormatOptions *options,
                                 const ComposeExtra *extra, DiagList *diags)
{
        static const ComposeExtra nothing = { 0 };
        static const FormatOptions lint = { .purpose = FORMAT_LINT };
        g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable)
                resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Arena *arena = arena_new();
        g_autoptr(Application) app = arena_new0(arena, Application, 1);
        g_autofree char *effective = NULL;
        size_t n_before = diag_count(diags, DIAG_ERROR);
        Builder b = { .document = document,
                      .options = options != NULL ? options : &lint,
                      .arena = arena,
                      .app = app,
                      .names = names,
                      .resources = resources,
                      .files = files };

        extra = extra != NULL ? extra : &nothing;
        b.gifts = extra->gifts;
        b.n_gifts = extra->n_gifts;
        b.sources = extra->sources;
        b.n_sources = extra->n_sources;
        begin(&b, diags);
        build_resources(&b);
        files_read(&b);
        read_services(&b);
        build_workloads(&b);
        depends_build(&b);
        check_cycles(&b);
        effective = compose_effective(document, true);
        app->effective = b.n_gifts == 0 ? arena_strdup(arena, effective)
                                        : keep_gifts(&b, effective);
        if (diag_count(diags, DIAG_ERROR) > n_before)
                return NULL;
        return g_steal_pointer(&app);
}

Application *compose_build(const ComposeDocument *document, const FormatOptions *options,
                           DiagList *diags)
{
        return compose_build_extra(document, options, NULL, diags);
}
