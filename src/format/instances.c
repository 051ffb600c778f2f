#include "format/instances.h"

#include <string.h>

#include "base/text.h"

static bool is_given(const Text *text)
{
        return text->raw != NULL && text->raw[0] != '\0';
}

/* A template in one of them is a finding: settings are not known yet when the file is read. */
static bool is_fixed(Reader *r, const Text *text, const char *key)
{
        if (!text_has_template(text->raw))
                return true;
        report(&r->reporter, "bad-count", text->pos, 1, NULL,
               "`%s` decides what the application consists of, so it can't be a template", key);
        return false;
}

/* ---- Nodes ---- */

static bool is_clustered(Reader *r, const Text *text)
{
        bool value = false;

        if (!is_given(text) || !is_fixed(r, text, "cluster"))
                return false;
        if (!text_parse_bool(text->raw, &value))
                report(&r->reporter, "not-boolean", text->pos, 1, NULL,
                       "`%s` is neither true nor false; it counts as false", text->raw);
        return value;
}

void instances_check_nodes(Reader *r, const RawDocument *document)
{
        for (size_t i = 0; i < document->n_components; i++) {
                const RawComponent *component = &document->components[i];
                const Text *min = &component->hosts.min;
                guint64 n;

                if (!is_clustered(r, &component->is_cluster) || !is_given(min) ||
                    !is_fixed(r, min, "min") || !text_parse_uint(min->raw, &n) || n <= NODES_HERE)
                        continue;
                report(&r->reporter, "too-few-nodes", min->pos, 1, NULL,
                       "the application can't start: `%s` needs at least %" G_GUINT64_FORMAT
                       " nodes, and a Docker engine is %d",
                       component->name != NULL ? component->name : "", n, NODES_HERE);
        }
}

/* ---- How many ---- */

/* What two containers on one node cannot both have */
static const char *sole_property(const Workload *w, SourcePos *ret_pos)
{
        const struct {
                const char *key;
                const Text *text;
        } sole[] = {
                { "name", &w->name },
                { "ipv4_address", &w->ipv4_address },
                { "ipv6_address", &w->ipv6_address },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(sole); i++) {
                *ret_pos = sole[i].text->pos;
                if (is_given(sole[i].text))
                        return sole[i].key;
        }
        for (size_t i = 0; i < w->n_ports; i++) {
                *ret_pos = w->ports[i].public_port.pos;
                if (is_given(&w->ports[i].public_port))
                        return "public_port";
        }
        return NULL;
}

static unsigned count_of(Reader *r, const Workload *w)
{
        const Text *initial = &w->instances.initial;
        bool is_cluster = false;
        const char *sole;
        SourcePos pos;
        guint64 n;

        if (!is_given(&w->instances.is_cluster) ||
            !is_fixed(r, &w->instances.is_cluster, "cluster") ||
            !text_parse_bool(w->instances.is_cluster.raw, &is_cluster) || !is_cluster ||
            !is_given(initial) || !is_fixed(r, initial, "initial") ||
            !text_parse_uint(initial->raw, &n) || n <= 1)
                return 1;
        if (n > INSTANCES_MAX) {
                report(&r->reporter, "bad-count", initial->pos, 1, NULL,
                       "%" G_GUINT64_FORMAT " instances; there may be %d of a container", n,
                       INSTANCES_MAX);
                return 1;
        }
        sole = sole_property(w, &pos);
        if (sole == NULL)
                return n;
        report(&r->reporter, "bad-count", pos, 1, NULL,
               "%" G_GUINT64_FORMAT " instances of `%s` can't all have this `%s`%s", n, w->id, sole,
               strcmp(sole, "public_port") == 0 ? "; `public_port_initial` gives each its own"
                                                : "");
        return 1;
}

/* ---- Who waits for whom ---- */

typedef struct Expansion {
        Reader *r;
        const Application *app;
        unsigned *counts; /* by index before */
        unsigned *firsts; /* index before → index of its first instance */
} Expansion;

static bool waits_for_instances(const Expansion *x, const Workload *w)
{
        for (size_t i = 0; i < w->n_parents; i++) {
                if (x->counts[w->parents[i].workload] > 1)
                        return true;
        }
        return false;
}

static void point_to(const Expansion *x, Workload *w)
{
        Parent *parents = arena_memdup(x->r->arena, w->parents, w->n_parents * sizeof *parents);

        for (size_t i = 0; i < w->n_parents; i++)
                parents[i].workload = x->firsts[parents[i].workload];
        w->parents = parents;
}

/* One event, of all instances. With several, the first of which starts it, there is no rule that
 * says so, and guessing would break the order. */
static void wait_for_all(const Expansion *x, Workload *w)
{
        Parent parent = w->parents[0];
        unsigned n = x->counts[parent.workload];

        for (size_t i = 1; i < w->n_parents; i++) {
                if (w->parents[i].workload == parent.workload &&
                    w->parents[i].publication == parent.publication)
                        continue;
                report(&x->r->reporter, "bad-count", w->parents[i].pos, 1, NULL,
                       "`%s` is started by the first of several events, and by instances; with "
                       "instances there can be only one event",
                       w->id);
                point_to(x, w);
                return;
        }
        parent.workload = x->firsts[parent.workload];
        w->parents = arena_new0(x->r->arena, Parent, n);
        w->n_parents = n;
        w->start_rule = START_ALL;
        for (unsigned i = 0; i < n; i++) {
                w->parents[i] = parent;
                w->parents[i].workload += i;
        }
}

static Workload *multiply(const Expansion *x, size_t total)
{
        Workload *all = arena_new0(x->r->arena, Workload, total), *to = all;

        for (size_t i = 0; i < x->app->n_workloads; i++) {
                Workload one = x->app->workloads[i];

                if (waits_for_instances(x, &one))
                        wait_for_all(x, &one);
                else if (one.n_parents > 0)
                        point_to(x, &one);
                for (unsigned j = 0; j < x->counts[i]; j++) {
                        *to = one;
                        to->instance = j;
                        if (j > 0)
                                to->id = arena_printf(x->r->arena, "%s@%u", one.id, j + 1);
                        to++;
                }
        }
        return all;
}

void instances_expand(Reader *r, Application *app)
{
        g_autofree unsigned *counts = g_new0(unsigned, app->n_workloads + 1);
        g_autofree unsigned *firsts = g_new0(unsigned, app->n_workloads + 1);
        Expansion x = { r, app, counts, firsts };
        size_t total = 0;

        for (size_t i = 0; i < app->n_workloads; i++) {
                firsts[i] = total;
                counts[i] = count_of(r, &app->workloads[i]);
                total += counts[i];
        }
        if (total == app->n_workloads)
                return;
        if (total > WORKLOADS_MAX) {
                report(&r->reporter, "too-many-workloads", (SourcePos){ r->file, 0, 0 }, 1, NULL,
                       "%zu instances of containers; there may be %d", total, WORKLOADS_MAX);
                return;
        }
        app->workloads = multiply(&x, total);
        app->n_workloads = total;
}
