/*
 * The start graph for people: who starts whom, by which event
 */

#include "format/format.h"

#include <string.h>

bool format_graph_from_string(const char *text, FormatGraph *ret_how)
{
        static const char *const names[] = { "text", "dot", "mermaid" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                if (strcmp(text, names[i]) == 0) {
                        *ret_how = (FormatGraph) i;
                        return true;
                }
        }
        return false;
}

static const Publication *publication_of(const Application *app, const Parent *parent)
{
        return &app->workloads[parent->workload].publications[parent->publication];
}

/* `port-listen 5432`; (transfer full) */
static char *event_text(const Publication *event)
{
        if (event->type == EVENT_PORT_LISTEN && event->data.raw != NULL)
                return g_strdup_printf("%s %s", event_type_to_string(event->type), event->data.raw);
        return g_strdup(event_type_to_string(event->type));
}

/* What an arrow says, in the words of its file; (transfer full) */
static char *arrow_text(const Application *app, const Parent *parent)
{
        const Workload *publisher = &app->workloads[parent->workload];
        const Publication *event = publication_of(app, parent);
        g_autofree char *text = NULL;

        if (app->is_compose) {
                switch (event->type) {
                case EVENT_CONTAINER_START:
                        return g_strdup_printf("%s has started", publisher->id);
                case EVENT_CONTAINER_STOP:
                        return g_strdup_printf("%s has succeeded", publisher->id);
                case EVENT_HEALTHY:
                        return g_strdup_printf("%s is healthy", publisher->id);
                case EVENT_PORT_LISTEN:
                case EVENT_EXEC:
                        break;
                }
        }
        text = event_text(event);
        return g_strdup_printf("%s of %s", text, publisher->id);
}

/* Quotes and what could end a label or a line, as a numbered entity that both formats know */
static char *escape(const char *text)
{
        GString *out = g_string_new(NULL);

        for (; *text != '\0'; text++) {
                if (*text == '"' || *text == '\\' || *text == '<' || *text == '>' || *text == '#' ||
                    *text == '&' || (unsigned char) *text < 0x20)
                        g_string_append_printf(out, "&#%d;", *text);
                else
                        g_string_append_c(out, *text);
        }
        return g_string_free(out, false);
}

/* ---- Text ---- */

static void append_line(GString *out, const Application *app, const Workload *w)
{
        g_string_append_printf(out, "%s%s%s\n", w->id,
                               w->kind == WORKLOAD_EPHEMERAL ? " (run once)" : "",
                               w->n_parents == 0 ? ": at once" : "");
        for (size_t i = 0; i < w->n_parents; i++) {
                const Parent *parent = &w->parents[i];
                g_autofree char *arrow = arrow_text(app, parent);
                const char *first = w->start_rule == START_ANY || app->is_compose ? "after "
                                                                                  : "after all of ";
                const char *more = w->start_rule == START_ANY ? "or " : "and ";

                g_string_append_printf(out, "  %s%s%s%s\n",
                                       i > 0              ? more
                                       : w->n_parents > 1 ? first
                                                          : "after ",
                                       arrow, parent->is_implied ? " (implied)" : "",
                                       parent->is_optional ? " (if it is there)" : "");
        }
}

/* Who starts first stands first: each workload behind the earliest of its parents */
static char *graph_text(const Application *app)
{
        GString *out = g_string_new(NULL);
        g_autofree bool *is_done = g_new0(bool, app->n_workloads + 1);
        g_autofree unsigned *queue = g_new0(unsigned, app->n_workloads + 1);
        g_autoptr(GPtrArray)
                children = g_ptr_array_new_with_free_func((GDestroyNotify) g_array_unref);
        size_t n = 0;

        for (unsigned i = 0; i < app->n_workloads; i++)
                g_ptr_array_add(children, g_array_new(false, false, sizeof(unsigned)));
        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];

                for (size_t j = 0; j < w->n_parents; j++)
                        g_array_append_val((GArray *) children->pdata[w->parents[j].workload], i);
                if (w->n_parents == 0) {
                        is_done[i] = true;
                        queue[n++] = i;
                }
        }
        for (size_t at = 0; at < n; at++) {
                GArray *list = children->pdata[queue[at]];

                append_line(out, app, &app->workloads[queue[at]]);
                for (size_t i = 0; i < list->len; i++) {
                        unsigned child = g_array_index(list, unsigned, i);

                        if (is_done[child])
                                continue;
                        is_done[child] = true;
                        queue[n++] = child;
                }
        }
        for (unsigned i = 0; i < app->n_workloads; i++) {
                if (!is_done[i]) {
                        append_line(out, app, &app->workloads[i]);
                        g_string_append(out, "  never: nobody starts what it waits for\n");
                }
        }
        return g_string_free(out, false);
}

/* ---- Formats of drawing programs ---- */

static char *graph_dot(const Application *app)
{
        GString *out = g_string_new("digraph start {\n        rankdir=LR;\n");

        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];
                g_autofree char *id = escape(w->id);

                g_string_append_printf(out, "        w%u [label=\"%s\", shape=%s];\n", i, id,
                                       w->kind == WORKLOAD_EPHEMERAL ? "ellipse" : "box");
        }
        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];

                for (size_t j = 0; j < w->n_parents; j++) {
                        const Parent *parent = &w->parents[j];
                        g_autofree char *event = event_text(publication_of(app, parent));
                        g_autofree char *label = escape(event);

                        g_string_append_printf(
                                out, "        w%u -> w%u [label=\"%s\"%s];\n", parent->workload, i,
                                label,
                                parent->is_implied || parent->is_optional ? ", style=dashed" : "");
                }
        }
        g_string_append(out, "}\n");
        return g_string_free(out, false);
}

static char *graph_mermaid(const Application *app)
{
        GString *out = g_string_new("flowchart LR\n");

        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];
                bool is_once = w->kind == WORKLOAD_EPHEMERAL;
                g_autofree char *id = escape(w->id);

                g_string_append_printf(out, "    w%u%s\"%s\"%s\n", i, is_once ? "([" : "[", id,
                                       is_once ? "])" : "]");
        }
        for (unsigned i = 0; i < app->n_workloads; i++) {
                const Workload *w = &app->workloads[i];

                for (size_t j = 0; j < w->n_parents; j++) {
                        const Parent *parent = &w->parents[j];
                        g_autofree char *event = event_text(publication_of(app, parent));
                        g_autofree char *label = escape(event);
                        bool is_dashed = parent->is_implied || parent->is_optional;

                        g_string_append_printf(out, "    w%u %s|\"%s\"| w%u\n", parent->workload,
                                               is_dashed ? "-.->" : "-->", label, i);
                }
        }
        return g_string_free(out, false);
}

char *format_graph(const Application *app, FormatGraph how)
{
        switch (how) {
        case FORMAT_GRAPH_TEXT:
                return graph_text(app);
        case FORMAT_GRAPH_DOT:
                return graph_dot(app);
        case FORMAT_GRAPH_MERMAID:
                return graph_mermaid(app);
        }
        g_assert_not_reached();
}
