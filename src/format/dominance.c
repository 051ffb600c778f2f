/*
 * Who is sure to have been started before whom
 *
 * With the rule "any", a workload is sure to come after another exactly where every way from the
 * start to it leads through the other: where the other dominates it. The dominator tree is made
 * as Cooper, Harvey and Kennedy describe ("A Simple, Fast Dominance Algorithm", 2001).
 */

#include "format/order.h"

/* Steps up the tree for the whole graph. Past them everybody counts as coming before everybody:
 * a graph that needs more was made to need more. */
#define STEPS_MAX 300000000

#define NOBODY ((unsigned) -1)

struct Dominance {
        unsigned *first, *last; /* a node's span in a walk of the tree; first is 0 where it never
                                 * starts */
};

/* The graph with a node in front, number 0, that starts the roots; workload i is node i + 1 */
typedef struct Graph {
        const Application *app;
        Children children;
        unsigned n;      /* of nodes */
        unsigned *order; /* reachable nodes, children before parents */
        unsigned n_order;
        unsigned *number; /* place in @order; NOBODY: unreachable */
        unsigned *dominator;
        size_t n_steps;
} Graph;

static unsigned child_of(const Graph *g, unsigned node, size_t i)
{
        if (node == 0) {
                for (; i < g->app->n_workloads; i++) {
                        if (g->app->workloads[i].n_parents == 0)
                                return i + 1;
                }
                return NOBODY;
        }
        i += g->children.starts[node - 1];
        return i < g->children.starts[node] ? g->children.list[i] + 1 : NOBODY;
}

/* Depth first without recursion: chains may be as long as the document */
static void number_nodes(Graph *g)
{
        g_autofree unsigned *stack = g_new0(unsigned, g->n + 1);
        g_autofree size_t *next = g_new0(size_t, g->n + 1);
        g_autofree bool *seen = g_new0(bool, g->n + 1);
        size_t depth = 0;

        stack[depth++] = 0;
        seen[0] = true;
        while (depth > 0) {
                unsigned node = stack[depth - 1], child = child_of(g, node, next[node]);

                if (child == NOBODY) {
                        g->number[node] = g->n_order;
                        g->order[g->n_order++] = node;
                        depth--;
                        continue;
                }
                next[node] = node == 0 ? child : next[node] + 1;
                if (!seen[child]) {
                        seen[child] = true;
                        stack[depth++] = child;
                }
        }
}

static unsigned intersect(Graph *g, unsigned a, unsigned b)
{
        while (a != b) {
                for (; g->number[a] < g->number[b]; g->n_steps++)
                        a = g->dominator[a];
                for (; g->number[b] < g->number[a]; g->n_steps++)
                        b = g->dominator[b];
        }
        return a;
}

static unsigned find_dominator(Graph *g, unsigned node)
{
        const Workload *w = &g->app->workloads[node - 1];
        unsigned found = w->n_parents == 0 ? 0 : NOBODY;

        for (size_t i = 0; i < w->n_parents; i++) {
                unsigned parent = w->parents[i].workload + 1;

                if (g->number[parent] == NOBODY || g->dominator[parent] == NOBODY)
                        continue;
                found = found == NOBODY ? parent : intersect(g, parent, found);
        }
        return found;
}

static void find_dominators(Graph *g)
{
        bool has_changed = true;

        for (unsigned i = 0; i < g->n; i++)
                g->dominator[i] = NOBODY;
        g->dominator[0] = 0;
        while (has_changed && g->n_steps <= STEPS_MAX) {
                has_changed = false;
                for (unsigned i = g->n_order - 1; i > 0 && g->n_steps <= STEPS_MAX; i--) {
                        unsigned node = g->order[i - 1], found = find_dominator(g, node);

                        has_changed |= found != g->dominator[node];
                        g->dominator[node] = found;
                }
        }
}

/* Spans so that one node is below another exactly where its span is within the other's */
static void number_tree(const Graph *g, Dominance *d)
{
        g_autofree unsigned *size = g_new0(unsigned, g->n + 1);

        for (unsigned i = 0; i < g->n_order; i++) {
                unsigned node = g->order[i];

                size[node]++;
                if (node != 0)
                        size[g->dominator[node]] += size[node];
        }
        /* parents of the tree before its children: each takes its place from the parent's span,
         * whose used part is kept in @last until all children are placed */
        d->first[0] = 1;
        d->last[0] = 1;
        for (unsigned i = g->n_order; i > 0; i--) {
                unsigned node = g->order[i - 1], parent = g->dominator[node];

                if (node == 0)
                        continue;
                d->first[node] = d->last[parent] + 1;
                d->last[node] = d->first[node];
                d->last[parent] += size[node];
        }
        for (unsigned i = 0; i < g->n; i++) {
                if (d->first[i] != 0)
                        d->last[i] = d->first[i] + size[i] - 1;
        }
}

Dominance *dominance_new(const Application *app)
{
        Dominance *d = g_new0(Dominance, 1);
        Graph g = { .app = app, .n = app->n_workloads + 1 };

        g.children = children_find(app);
        g.order = g_new0(unsigned, g.n);
        g.number = g_new0(unsigned, g.n);
        g.dominator = g_new0(unsigned, g.n);
        for (unsigned i = 0; i < g.n; i++)
                g.number[i] = NOBODY;
        d->first = g_new0(unsigned, g.n);
        d->last = g_new0(unsigned, g.n);
        number_nodes(&g);
        find_dominators(&g);
        if (g.n_steps <= STEPS_MAX)
                number_tree(&g, d);
        children_done(&g.children);
        g_free(g.order);
        g_free(g.number);
        g_free(g.dominator);
        return d;
}

void dominance_free(Dominance *dominance)
{
        if (dominance == NULL)
                return;
        g_free(dominance->first);
        g_free(dominance->last);
        g_free(dominance);
}

bool dominance_is_before(const Dominance *d, unsigned before, unsigned workload)
{
        if (before == workload)
                return false;
        if (d->first[workload + 1] == 0)
                return true;
        return d->first[before + 1] != 0 && d->first[before + 1] < d->first[workload + 1] &&
               d->last[workload + 1] <= d->last[before + 1];
}
