/*
 * The order of a Compose document: conditions, steps before a service, implied order
 */

#include <string.h>

#include "format/compose/builder.h"

#define PARENTS_MAX 1000000u /* arrows of a document: replicas multiply them */

/* ---- Publications ---- */

static unsigned publication(Builder *b, unsigned workload, EventType type, int64_t timeout_s)
{
        Workload *w = &b->app->workloads[workload];
        Publication *all;

        for (unsigned i = 0; i < w->n_publications; i++) {
                if (w->publications[i].type == type)
                        return i;
        }
        all = arena_new0(b->arena, Publication, w->n_publications + 1);
        if (w->n_publications > 0)
                memcpy(all, w->publications, w->n_publications * sizeof *all);
        all[w->n_publications] = (Publication){
                .type = type,
                .timeout_s = timeout_s,
                .pos = w->pos,
        };
        w->publications = all;
        return w->n_publications++;
}

/* ---- Arrows ---- */

typedef struct Arrows {
        Builder *b;
        GArray **parents; /* of Parent, by workload */
        size_t total;
        bool is_full;
} Arrows;

static void add(Arrows *arrows, unsigned workload, unsigned publisher, EventType type,
                int64_t timeout_s, Parent like)
{
        GArray *parents = arrows->parents[workload];
        unsigned index = publication(arrows->b, publisher, type, timeout_s);

        for (guint i = 0; i < parents->len; i++) {
                const Parent *other = &g_array_index(parents, Parent, i);

                if (other->workload == publisher && other->publication == index)
                        return;
        }
        if (arrows->total >= PARENTS_MAX) {
                if (!arrows->is_full)
                        report(&arrows->b->reporter, "too-many-workloads", like.pos, 1, NULL,
                               "more than %u arrows between containers", PARENTS_MAX);
                arrows->is_full = true;
                return;
        }
        like.workload = publisher;
        like.publication = index;
        g_array_append_val(parents, like);
        arrows->total++;
}

/* All replicas of one, and the steps before them, wait for all replicas of the other. */
static void connect(Arrows *arrows, const Service *service, const Service *other, EventType type,
                    Parent like)
{
        for (unsigned i = 0; i < other->n; i++) {
                unsigned publisher = other->first + i;

                for (unsigned j = 0; j < service->n_steps; j++)
                        add(arrows, service->steps[j], publisher, type, other->timeout_s, like);
                for (unsigned j = 0; j < service->n; j++)
                        add(arrows, service->first + j, publisher, type, other->timeout_s, like);
        }
}

/* ---- depends_on ---- */

static EventType event_of(const char *condition)
{
        if (strcmp(condition, "service_healthy") == 0)
                return EVENT_HEALTHY;
        if (strcmp(condition, "service_completed_successfully") == 0)
                return EVENT_CONTAINER_STOP;
        return EVENT_CONTAINER_START;
}

/* The normal form adds `restart: true` to what links and joined networks imply; only what somebody
 * wrote is worth a word. */
static bool is_joined(const Service *service, const char *name)
{
        static const char *const keys[] = { "network_mode", "ipc", "pid", "uts", "cgroup" };
        const ComposeNode *links = compose_get(service->node, "links");
        size_t len = strlen(name);

        for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
                const char *mode = compose_text(service->node, keys[i], "");

                if (g_str_has_prefix(mode, "service:") &&
                    strcmp(mode + strlen("service:"), name) == 0)
                        return true;
        }
        for (size_t i = 0; node_is_list(links) && i < links->n_items; i++) {
                const char *link = node_text(links->items[i]);

                if (link != NULL && strncmp(link, name, len) == 0 &&
                    (link[len] == '\0' || link[len] == ':'))
                        return true;
        }
        return false;
}

static void check_health(Builder *b, const Service *other, const ComposePair *pair,
                         const Path *path)
{
        const ComposeNode *check = compose_get(other->node, "healthcheck");
        const ComposeNode *test = compose_get(check, "test");
        bool is_off = read_flag(check, "disable", false) ||
                      (node_is_list(test) && test->n_items > 0 &&
                       g_strcmp0(node_text(test->items[0]), "NONE") == 0);

        if (is_off)
                report(&b->reporter, "health-check-off", pair->pos, g_utf8_strlen(pair->key, -1),
                       path, "`%s` has its health check switched off: it never becomes healthy",
                       pair->key);
        else if (!node_is_map(check))
                report(&b->reporter, "no-health-check", pair->pos, g_utf8_strlen(pair->key, -1),
                       path,
                       "`%s` has no `healthcheck`: unless its image has one, it never becomes "
                       "healthy",
                       pair->key);
}

/* Its containers are replaced with those of the other. Those of a Swarm have no ids that stay; and
 * who would start without the other cannot wait for its id. */
static void follow(Builder *b, const Service *service, const Service *other,
                   const ComposeNode *restart, const Path *path, bool is_optional)
{
        if (is_for_swarm(b) || is_optional || service->kind != WORKLOAD_SERVICE ||
            other->kind != WORKLOAD_SERVICE) {
                builder_report(b, "engine-ignores", restart, path, "`restart` has no effect %s",
                               is_for_swarm(b) ? "on a Swarm"
                               : is_optional   ? "on what may be missing"
                                               : "where one of the two runs only once");
                return;
        }
        for (unsigned i = 0; i < service->n; i++) {
                Spec *spec = b->app->workloads[service->first + i].fixed;
                const char **all = arena_new0(spec->arena, const char *, spec->n_follows + 1);

                if (spec->n_follows > 0)
                        memcpy(all, spec->follows, spec->n_follows * sizeof *all);
                all[spec->n_follows++] = arena_strdup(spec->arena, other->name);
                spec->follows = all;
        }
}

static void read_depends(Arrows *arrows, const Service *service)
{
        Builder *b = arrows->b;
        const ComposeNode *map = compose_get(service->node, "depends_on");
        Path section = { &service->path, "depends_on", 0 };

        for (size_t i = 0; node_is_map(map) && i < map->n_pairs; i++) {
                const ComposePair *pair = &map->pairs[i];
                const Service *other = builder_service(b, pair->key);
                Path path = { &section, pair->key, 0 };
                Parent like = { .is_optional = !read_flag(pair->value, "required", true),
                                .pos = builder_pos(b, pair->pos) };
                EventType type = event_of(compose_text(pair->value, "condition", ""));

                if (other == NULL) /* switched off, and not required */
                        continue;
                if (type == EVENT_HEALTHY)
                        check_health(b, other, pair, &path);
                if (read_flag(pair->value, "restart", false) && !is_joined(service, pair->key))
                        follow(b, service, other, compose_get(pair->value, "restart"), &path,
                               like.is_optional);
                connect(arrows, service, other, type, like);
        }
}

/* What is joined must run first; the loader's normal form says so, too. */
static void join(Arrows *arrows, const Service *service, const char *name, const ComposeNode *at)
{
        const Service *other = builder_service(arrows->b, name);
        Parent like = { .pos = builder_pos(arrows->b, at->pos) };

        if (other != NULL && other != service &&
            compose_get(compose_get(service->node, "depends_on"), name) == NULL)
                connect(arrows, service, other, EVENT_CONTAINER_START, like);
}

static void read_joins(Arrows *arrows, const Service *service)
{
        static const char *const modes[] = { "network_mode", "ipc", "pid" };
        static const char *const lists[] = { "links", "volumes_from" };

        for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
                const ComposeNode *mode = compose_get(service->node, modes[i]);

                if (node_text(mode) != NULL && g_str_has_prefix(mode->text, "service:"))
                        join(arrows, service, mode->text + strlen("service:"), mode);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
                const ComposeNode *list = compose_get(service->node, lists[i]);

                for (size_t j = 0; node_is_list(list) && j < list->n_items; j++) {
                        const char *text = node_text(list->items[j]);
                        g_autofree char *name = NULL;

                        if (text == NULL || g_str_has_prefix(text, "container:"))
                                continue;
                        name = g_strndup(text, strcspn(text, ":"));
                        join(arrows, service, name, list->items[j]);
                }
        }
}

/* ---- pre_start ---- */

static bool is_before(const Service *service, unsigned step, int replica)
{
        return service->step_replica[step] == -1 || replica == -1 ||
               service->step_replica[step] == replica;
}

/* One after the other, then the service: of what concerns all replicas, and of what is its own */
static void add_steps(Arrows *arrows, const Service *service)
{
        Parent like = { .pos = service->pos };

        for (unsigned i = 1; i < service->n_steps; i++) {
                for (unsigned j = 0; j < i; j++) {
                        if (is_before(service, j, service->step_replica[i]))
                                add(arrows, service->steps[i], service->steps[j],
                                    EVENT_CONTAINER_STOP, service->timeout_s, like);
                }
        }
        for (unsigned i = 0; i < service->n; i++) {
                for (unsigned j = 0; j < service->n_steps; j++) {
                        if (is_before(service, j, (int) i))
                                add(arrows, service->first + i, service->steps[j],
                                    EVENT_CONTAINER_STOP, service->timeout_s, like);
                }
        }
}

/* ---- Implied order (decision 25) ---- */

/* Whether @from depends on @target, directly or not */
static bool depends(const Arrows *arrows, unsigned from, unsigned target, bool *seen)
{
        g_autoptr(GArray) queue = g_array_new(false, false, sizeof(unsigned));

        memset(seen, 0, arrows->b->app->n_workloads);
        g_array_append_val(queue, from);
        seen[from] = true;
        for (guint at = 0; at < queue->len; at++) {
                const GArray *parents = arrows->parents[g_array_index(queue, unsigned, at)];

                for (guint i = 0; i < parents->len; i++) {
                        unsigned next = g_array_index(parents, Parent, i).workload;

                        if (next == target)
                                return true;
                        if (!seen[next])
                                g_array_append_val(queue, next);
                        seen[next] = true;
                }
        }
        return false;
}

static bool waits_for_success(const Service *service)
{
        const ComposeNode *map = compose_get(service->node, "depends_on");

        for (size_t i = 0; node_is_map(map) && i < map->n_pairs; i++) {
                if (event_of(compose_text(map->pairs[i].value, "condition", "")) ==
                    EVENT_CONTAINER_STOP)
                        return true;
        }
        return false;
}

static void imply(Arrows *arrows, const Service *service, bool *seen)
{
        Builder *b = arrows->b;

        if (service->kind != WORKLOAD_SERVICE || !service->takes_implied_order || service->n == 0 ||
            waits_for_success(service))
                return;
        for (size_t i = 0; i < b->n_services && !arrows->is_full; i++) {
                const Service *run = &b->services[i];
                Parent like = { .is_implied = true, .pos = run->pos };

                if (run->kind == WORKLOAD_EPHEMERAL && run->n > 0 && run->takes_implied_order &&
                    strcmp(run->image, service->image) == 0 &&
                    !depends(arrows, run->first, service->first, seen))
                        connect(arrows, service, run, EVENT_CONTAINER_STOP, like);
        }
}

/* ---- The whole ---- */

void depends_build(Builder *b)
{
        size_t n = b->app->n_workloads;
        g_autofree GArray **parents = g_new0(GArray *, n + 1);
        g_autofree bool *seen = g_new0(bool, n + 1);
        Arrows arrows = { .b = b, .parents = parents };

        for (size_t i = 0; i < n; i++) {
                parents[i] = g_array_new(false, false, sizeof(Parent));
        }
        for (size_t i = 0; i < b->n_services && n > 0; i++) {
                read_depends(&arrows, &b->services[i]);
                read_joins(&arrows, &b->services[i]);
                add_steps(&arrows, &b->services[i]);
        }
        for (size_t i = 0; i < b->n_services && n > 0; i++)
                imply(&arrows, &b->services[i], seen);
        for (size_t i = 0; i < n; i++) {
                Workload *w = &b->app->workloads[i];

                w->parents = arena_memdup(b->arena, parents[i]->data,
                                          parents[i]->len * sizeof(Parent));
                w->n_parents = parents[i]->len;
                g_array_unref(parents[i]);
        }
        for (size_t i = 0; i < b->n_services && n > 0; i++) {
                const Service *service = &b->services[i];

                /* How long it is tried, even where nobody waits for it */
                for (unsigned j = 0; j < service->n && service->kind == WORKLOAD_EPHEMERAL; j++)
                        publication(b, service->first + j, EVENT_CONTAINER_STOP,
                                    service->timeout_s);
        }
}
