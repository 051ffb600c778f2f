#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "controller/render-private.h"
#include "engine/swarm/swarm.h"

void rendered_clear(Rendered *rendered)
{
        g_clear_pointer(&rendered->spec, spec_free);
        g_clear_pointer(&rendered->error, g_free);
        g_clear_pointer(&rendered->warning, g_free);
        g_clear_pointer(&rendered->records, json_decref);
}

/* ---- On a Swarm ---- */

/* What the tasks' health check looks for: an engine cannot be asked about a task elsewhere. */
static void probes(Render *render)
{
        const Workload *workload = render->workload;
        Spec *spec = render->spec;

        spec->probes = arena_new0(spec->arena, SpecProbe, workload->n_publications + 1);
        for (size_t i = 0; i < workload->n_publications; i++) {
                const Publication *publication = &workload->publications[i];
                SpecProbe *probe = &spec->probes[spec->n_probes];

                *probe = (SpecProbe){ .type = publication->type, .proto = PROTO_TCP };
                if (publication->type == EVENT_PORT_LISTEN) {
                        probe->port = publication->listen_port;
                        if (probe->port == 0)
                                probe->port = field_number(render, &publication->data, "data", 1,
                                                           65535);
                        spec->n_probes++;
                } else if (publication->type == EVENT_EXEC) {
                        probe->argv = field_texts(render, &publication->args, "args", false,
                                                  &probe->n_argv);
                        spec->n_probes++;
                }
        }
}

static void adapt_to_swarm(Render *render)
{
        Spec *spec = render->spec;
        g_autofree char *name = swarm_service_name(render->scene->name, render->workload->id);

        spec->name = arena_strdup(spec->arena, name);
        spec->publish_all_ports = false;
        probes(render);
}

/* ---- The whole ---- */

void render_workload(Scene *scene, const Workload *workload, const json_t *records,
                     Rendered *ret_rendered)
{
        Render render = { .scene = scene,
                          .workload = workload,
                          .records = records,
                          .spec = workload->fixed != NULL ? spec_copy(workload->fixed) : spec_new(),
                          .out = ret_rendered };

        *ret_rendered = (Rendered){ .records = json_object() };
        if (workload->when.raw != NULL && !field_boolean(&render, &workload->when, "when", true)) {
                ret_rendered->is_off = ret_rendered->error == NULL && !ret_rendered->is_deferred;
                if (ret_rendered->is_off) {
                        spec_free(render.spec);
                        return;
                }
        }
        if (workload->fixed != NULL)
                render_fixed(&render);
        else
                render_native(&render);
        if (scene->is_swarm)
                adapt_to_swarm(&render);
        if (ret_rendered->error != NULL || ret_rendered->is_deferred)
                spec_free(render.spec);
        else
                ret_rendered->spec = render.spec;
}

/* What a template gives now need not be what it gives when the container's turn comes: it may ask
 * for what others have by then. */
static bool may_be_off(Render *render)
{
        const Text *when = &render->workload->when;

        return when->raw != NULL &&
               (text_has_template(when->raw) || !field_boolean(render, when, "when", true));
}

void render_dynamic_image(Scene *scene, const Workload *workload, Rendered *ret_rendered)
{
        Render render = {
                .scene = scene, .workload = workload, .spec = spec_new(), .out = ret_rendered
        };

        *ret_rendered = (Rendered){ .records = json_object() };
        if (!may_be_off(&render) || !field_boolean(&render, &workload->dynamic, "dynamic", false)) {
                /* Its image is pulled when its container is made, or not at all. */
                ret_rendered->is_deferred = false;
                spec_free(render.spec);
                return;
        }
        ret_rendered->is_deferred = false;
        render_native_image(&render);
        if (ret_rendered->error != NULL || ret_rendered->is_deferred)
                spec_free(render.spec);
        else
                ret_rendered->spec = render.spec;
}

char *render_comparable(const Spec *spec, bool is_whole)
{
        g_autoptr(json_t) json = spec_to_json(spec);
        const char *field;
        json_t *value;
        void *next;

        json_object_foreach_safe(json, next, field, value) {
                if (!is_whole && spec_field_is_in_place(field))
                        json_object_del(json, field);
        }
        return json_to_canonical_text(json);
}

/* ---- Volumes that nobody named ---- */

/* A volume that nobody named, of a service: kept when its container is replaced */
static const char *implicit_volume(const Spec *spec, const char *app, const Workload *workload,
                                   const char *path)
{
        g_autofree char *slug = g_strdelimit(g_ascii_strdown(workload->id, -1), "/#:@ ", '-');
        g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);

        return arena_printf(spec->arena, "%s_%s_%.8s", app, slug, hash);
}

void render_name_volumes(Spec *spec, const char *app, const Workload *workload)
{
        for (size_t i = 0; workload->kind == WORKLOAD_SERVICE && i < spec->n_mounts; i++) {
                SpecMount *mount = &spec->mounts[i];

                if (mount->type != MOUNT_VOLUME || mount->source[0] != '\0')
                        continue;
                mount->source = implicit_volume(spec, app, workload, mount->target);
                mount->is_implicit = true;
        }
}

void render_add_image_volumes(Spec *spec, const char *app, const Workload *workload,
                              const char *const *paths)
{
        size_t n = g_strv_length((char **) paths);
        SpecMount *mounts = arena_new0(spec->arena, SpecMount, spec->n_mounts + n);
        size_t at = spec->n_mounts;

        if (n == 0 || workload->kind != WORKLOAD_SERVICE)
                return;
        if (spec->n_mounts > 0)
                memcpy(mounts, spec->mounts, spec->n_mounts * sizeof *mounts);
        for (size_t i = 0; i < n; i++) {
                bool is_mounted = false;

                for (size_t j = 0; j < at; j++)
                        is_mounted |= strcmp(mounts[j].target, paths[i]) == 0;
                if (is_mounted)
                        continue;
                mounts[at++] = (SpecMount){
                        .type = MOUNT_VOLUME,
                        .source = implicit_volume(spec, app, workload, paths[i]),
                        .target = arena_strdup(spec->arena, paths[i]),
                        .propagation = "",
                        .selinux = "",
                        .create_owner = -1,
                        .is_implicit = true,
                };
        }
        spec->mounts = mounts;
        spec->n_mounts = at;
}
