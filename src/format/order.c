#include "format/order.h"

#include <string.h>

#include "base/text.h"

struct ContainerIndex {
        GHashTable *table; /* "component\1image" → GArray of unsigned */
};

ContainerIndex *container_index_new(const Application *app)
{
        ContainerIndex *index = g_new0(ContainerIndex, 1);

        index->table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) g_array_unref);
        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];
                g_autofree char *key = g_strconcat(w->component, "\1", w->container, NULL);
                GArray *all = g_hash_table_lookup(index->table, key);

                if (all == NULL) {
                        all = g_array_new(false, false, sizeof(unsigned));
                        g_hash_table_insert(index->table, g_steal_pointer(&key), all);
                }
                g_array_append_val(all, i);
        }
        return index;
}

void container_index_free(ContainerIndex *index)
{
        if (index == NULL)
                return;
        g_hash_table_unref(index->table);
        g_free(index);
}

const GArray *container_index_find(const ContainerIndex *index, const char *component,
                                   const char *image)
{
        g_autofree char *key = g_strconcat(component, "\1", image, NULL);

        return g_hash_table_lookup(index->table, key);
}

/* ---- Publications ---- */

static bool is_port(const Text *text, const char *port)
{
        return text->raw != NULL && strcmp(text->raw, port) == 0;
}

bool order_has_port(const Workload *w, const char *port)
{
        for (size_t i = 0; i < w->n_ports; i++) {
                if (is_port(&w->ports[i].public_port, port) ||
                    is_port(&w->ports[i].public_port_initial, port) ||
                    is_port(&w->ports[i].private_port, port))
                        return true;
        }
        return false;
}

bool order_is_port_open(const Workload *w, const char *port)
{
        guint64 number;

        if (!text_parse_uint(port, &number) || number < 1 || number > 65535)
                return false;
        for (size_t i = 0; i < w->n_ports; i++) {
                const Port *at = &w->ports[i];

                if ((at->public_port.raw != NULL && text_has_template(at->public_port.raw)) ||
                    (at->private_port.raw != NULL && text_has_template(at->private_port.raw)))
                        return true;
        }
        return false;
}

static uint16_t port_number(const char *text)
{
        guint64 number;

        return text != NULL && text_parse_uint(text, &number) && number <= 65535 ? number : 0;
}

/* The host port of that number; where there is none, the private port; where a port is a template
 * it must be rendered first, and where no port fits it is taken for a private one. */
static uint16_t find_listen_port(const Workload *w, const Text *data)
{
        if (data->raw == NULL || text_has_template(data->raw))
                return 0;
        for (size_t i = 0; i < w->n_ports; i++) {
                if (is_port(&w->ports[i].public_port, data->raw) ||
                    is_port(&w->ports[i].public_port_initial, data->raw))
                        return port_number(w->ports[i].private_port.raw);
        }
        return order_is_port_open(w, data->raw) ? 0 : port_number(data->raw);
}

static void build_publications(Reader *r, Workload *w, const RawContainer *raw)
{
        w->publications = arena_new0(r->arena, Publication, raw->n_events);
        for (size_t i = 0; i < raw->n_events; i++) {
                const RawEvent *event = &raw->events[i];
                Publication *to = &w->publications[w->n_publications];

                if (event->trigger.raw == NULL ||
                    !event_type_from_string(event->trigger.raw, &to->type) ||
                    to->type == EVENT_HEALTHY)
                        continue;
                to->name = event->name;
                to->data = event->data;
                to->args = event->args;
                to->timeout_s = event->timeout_s == 0  ? EVENT_TIMEOUT_DEFAULT_S
                                : event->timeout_s < 0 ? EVENT_TIMEOUT_NEVER
                                                       : event->timeout_s;
                to->pos = event->pos;
                if (to->type == EVENT_PORT_LISTEN)
                        to->listen_port = find_listen_port(w, &event->data);
                w->n_publications++;
        }
}

/* ---- Parents ---- */

/* So many arrows a document may have: where an image stands often in a component, each subscription
 * means all of them. */
#define ARROWS_MAX 2000000

typedef struct Arrow {
        unsigned child;
        Parent parent;
} Arrow;

static void add_arrows(const ContainerIndex *index, const RawSubscription *subscription,
                       const Parent *parent, GArray *arrows)
{
        const GArray *targets;

        if (g_strcmp0(subscription->action.raw, "start") != 0 ||
            subscription->component.raw == NULL || subscription->container.raw == NULL)
                return;
        targets = container_index_find(index, subscription->component.raw,
                                       subscription->container.raw);
        for (size_t i = 0; targets != NULL && i < targets->len && arrows->len <= ARROWS_MAX; i++) {
                Arrow arrow = { g_array_index(targets, unsigned, i), *parent };

                arrow.parent.pos = subscription->pos;
                g_array_append_val(arrows, arrow);
        }
}

static void collect_arrows(Reader *r, const Application *app, RawContainer *const *raws,
                           GArray *arrows)
{
        g_autoptr(ContainerIndex) index = container_index_new(app);

        for (unsigned i = 0; i < app->n_workloads; i++) {
                Parent parent = { .workload = i };

                for (size_t j = 0; j < raws[i]->n_events; j++) {
                        const RawEvent *event = &raws[i]->events[j];
                        EventType type;

                        if (event->trigger.raw == NULL ||
                            !event_type_from_string(event->trigger.raw, &type) ||
                            type == EVENT_HEALTHY)
                                continue;
                        for (size_t k = 0; k < event->n_subscriptions; k++)
                                add_arrows(index, &event->subscriptions[k], &parent, arrows);
                        parent.publication++;
                }
        }
        if (arrows->len > ARROWS_MAX)
                report(&r->reporter, "too-many-workloads", app->workloads[0].pos, 1, NULL,
                       "subscriptions start containers in more than %d ways", ARROWS_MAX);
}

void order_build(Reader *r, Application *app, RawContainer *const *raws)
{
        g_autoptr(GArray) arrows = g_array_new(false, false, sizeof(Arrow));

        for (size_t i = 0; i < app->n_workloads; i++)
                build_publications(r, &app->workloads[i], raws[i]);
        collect_arrows(r, app, raws, arrows);
        for (size_t i = 0; i < arrows->len; i++)
                app->workloads[g_array_index(arrows, Arrow, i).child].n_parents++;
        for (size_t i = 0; i < app->n_workloads; i++) {
                Workload *w = &app->workloads[i];

                w->parents = arena_new0(r->arena, Parent, w->n_parents);
                w->n_parents = 0;
        }
        for (size_t i = 0; i < arrows->len; i++) {
                const Arrow *arrow = &g_array_index(arrows, Arrow, i);
                Workload *w = &app->workloads[arrow->child];

                w->parents[w->n_parents++] = arrow->parent;
        }
}

/* ---- Questions about the graph ---- */

Children children_find(const Application *app)
{
        Children c = { .starts = g_new0(size_t, app->n_workloads + 2) };
        size_t total = 0;

        for (size_t i = 0; i < app->n_workloads; i++) {
                for (size_t j = 0; j < app->workloads[i].n_parents; j++)
                        c.starts[app->workloads[i].parents[j].workload + 2]++;
                total += app->workloads[i].n_parents;
        }
        for (size_t i = 2; i < app->n_workloads + 2; i++)
                c.starts[i] += c.starts[i - 1];
        c.list = g_new0(unsigned, total + 1);
        for (unsigned i = 0; i < app->n_workloads; i++) {
                for (size_t j = 0; j < app->workloads[i].n_parents; j++)
                        c.list[c.starts[app->workloads[i].parents[j].workload + 1]++] = i;
        }
        return c;
}

void children_done(Children *c)
{
        g_free(c->list);
        g_free(c->starts);
}

bool *order_find_stuck(const Application *app)
{
        Children children = children_find(app);
        g_autofree unsigned *queue = g_new0(unsigned, app->n_workloads + 1);
        g_autofree size_t *n_waiting = g_new0(size_t, app->n_workloads + 1);
        bool *is_stuck = g_new0(bool, app->n_workloads + 1);
        size_t n = 0;

        for (unsigned i = 0; i < app->n_workloads; i++) {
                is_stuck[i] = app->workloads[i].n_parents > 0;
                n_waiting[i] = app->workloads[i].start_rule == START_ANY
                                       ? MIN(app->workloads[i].n_parents, 1)
                                       : app->workloads[i].n_parents;
                if (!is_stuck[i])
                        queue[n++] = i;
        }
        for (size_t at = 0; at < n; at++) {
                for (size_t i = children.starts[queue[at]]; i < children.starts[queue[at] + 1];
                     i++) {
                        unsigned child = children.list[i];

                        if (!is_stuck[child] || --n_waiting[child] > 0)
                                continue;
                        is_stuck[child] = false;
                        queue[n++] = child;
                }
        }
        children_done(&children);
        return is_stuck;
}
