/* Fixed specs: complete from the format on, but for the containers that they join */

#include <string.h>

#include "base/json.h"
#include "controller/render-private.h"

/* The id of the container of a service that is joined, in place of its name */
static const char *container_of(Render *render, const char *service, unsigned instance)
{
        const Application *app = render->scene->app;
        int first = application_find(app, service);
        const Container *up = first < 0 ? NULL : render->scene->up[first + instance];

        if (up == NULL)
                render->out->is_deferred = true;
        return up == NULL ? "" : up->id;
}

static const char *join_mode(Render *render, const char *mode)
{
        if (!g_str_has_prefix(mode, "service:"))
                return mode;
        return arena_printf(render->spec->arena, "container:%s",
                            container_of(render, mode + strlen("service:"), 0));
}

/* `db`, `db:ro`, `container:NAME:ro` */
static void join_volumes(Render *render)
{
        Spec *spec = render->spec;
        const char **out = arena_new0(spec->arena, const char *, spec->n_volumes_from + 1);

        for (size_t i = 0; i < spec->n_volumes_from; i++) {
                const char *from = spec->volumes_from[i];
                size_t len = strcspn(from, ":");
                g_autofree char *name = g_strndup(from, len);

                out[i] = g_str_has_prefix(from, "container:")
                                 ? from + strlen("container:")
                                 : arena_printf(spec->arena, "%s%s", container_of(render, name, 0),
                                                from + len);
        }
        spec->volumes_from = out;
}

/* `db`, `db:alias`: all its containers, by the short id, which is a name on their networks whatever
 * they are called; other names are of containers that are not ours. */
static void join_links(Render *render)
{
        Spec *spec = render->spec;
        const Application *app = render->scene->app;
        g_autoptr(GPtrArray) out = g_ptr_array_new();
        const char **links;

        for (size_t i = 0; i < spec->n_links; i++) {
                const char *link = spec->links[i];
                size_t len = strcspn(link, ":");
                g_autofree char *name = g_strndup(link, len);
                const char *alias = link[len] == ':' ? link + len + 1 : name;
                int first = application_find(app, name);
                unsigned n = first < 0 ? 0 : application_instances(app, first);

                if (first < 0)
                        g_ptr_array_add(out, (char *) link);
                for (unsigned j = 0; j < n; j++)
                        g_ptr_array_add(out, arena_printf(spec->arena, "%.12s:%s",
                                                          container_of(render, name, j), alias));
        }
        links = arena_new0(spec->arena, const char *, out->len + 1);
        for (guint i = 0; i < out->len; i++)
                links[i] = out->pdata[i];
        spec->links = links;
        spec->n_links = out->len;
}

/* Services whose replacement is this one's, too */
static void follow(Render *render)
{
        Spec *spec = render->spec;
        const Application *app = render->scene->app;
        g_autoptr(GPtrArray) ids = g_ptr_array_new();

        for (size_t i = 0; i < spec->n_follows; i++) {
                int first = application_find(app, spec->follows[i]);
                unsigned n = first < 0 ? 0 : application_instances(app, first);

                for (unsigned j = 0; j < n; j++)
                        g_ptr_array_add(ids,
                                        arena_strdup(spec->arena,
                                                     container_of(render, spec->follows[i], j)));
        }
        spec->n_follows = ids->len;
        spec->follows = arena_memdup(spec->arena, ids->pdata, ids->len * sizeof(char *));
}

static void join_ipc(Render *render)
{
        const char *mode = json_string_at(render->spec->options, "ipc", "");
        json_t *own;

        if (!g_str_has_prefix(mode, "service:"))
                return;
        own = json_copy(render->spec->options);
        json_object_set_new(own, "ipc", json_string(join_mode(render, mode)));
        json_decref(render->spec->options);
        render->spec->options = own;
}

void render_fixed(Render *render)
{
        render->spec->network_mode = join_mode(render, render->spec->network_mode);
        render->spec->pid_mode = join_mode(render, render->spec->pid_mode);
        join_ipc(render);
        join_volumes(render);
        join_links(render);
        follow(render);
}
