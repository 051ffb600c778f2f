/* PULL: a workload's image, pulled or built */

#include <string.h>

#include "controller/build.h"
#include "controller/effects-private.h"
#include "controller/prepare.h"
#include "controller/registries.h"

static void show(Ask *ask, char *detail)
{
        Deploy *deploy = ask->deploy;
        Item *item = &deploy->items[ask->workload];

        g_free(item->detail);
        item->detail = detail;
        if (deploy->observer->on_progress != NULL)
                deploy->observer->on_progress(deploy->app, ask->workload, &item->shown, detail,
                                              deploy->observer->user);
}

/* ---- Pulling ---- */

static ImageEntry *entry_of(Ask *ask)
{
        const Spec *spec = ask->deploy->items[ask->workload].rendered.spec;

        return spec == NULL ? NULL : prepare_image(ask->deploy, spec->image);
}

static void fetched(Ask *ask, const GError *error)
{
        ImageEntry *entry = entry_of(ask);

        if (entry != NULL && error == NULL) {
                entry->state = IMAGE_UNKNOWN;
                entry->is_fetched = true;
        }
        ask_post(ask, CORE_PULLED, error);
        ask_free(ask);
}

static void build(Ask *ask);

static void on_pulled(const EngineReply *reply, gpointer user)
{
        Ask *ask = user;
        Deploy *deploy = ask->deploy;

        if (!reply->is_final && reply->progress != NULL) {
                g_autofree char *masked = deploy_mask(deploy, reply->progress);

                show(ask, reply->percent < 0 ? g_strdup_printf("pulling: %s", masked)
                                             : g_strdup_printf("pulling %d %%", reply->percent));
        } else if (reply->is_final && reply->error != NULL &&
                   effects_error(reply->error) == CORE_ERROR_REFUSED &&
                   deploy->app->workloads[ask->workload].build != NULL) {
                deploy_message(deploy, "%s; it is built instead", reply->error->message);
                ask->call = NULL;
                build(ask);
        } else if (reply->is_final) {
                const char *image = deploy->items[ask->workload].rendered.spec->image;
                g_autoptr(GError) error = reply->error == NULL ? NULL : g_error_copy(reply->error);

                if (error != NULL && strstr(error->message, image) == NULL)
                        g_prefix_error(&error, "pulling %s: ", image);
                fetched(ask, error);
        }
}

static void pull(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        const Spec *spec = deploy->items[ask->workload].rendered.spec;
        const Workload *workload = &deploy->app->workloads[ask->workload];
        g_autofree char *image = render_source_reference(workload, spec);
        g_autofree char *auth = registry_auth(deploy->store, workload->source, image);

        deploy_message(deploy, "pulling %s", spec->image);
        ask_send(ask,
                 &(EngineRequest){
                         .op = ENGINE_IMAGE_PULL, .image = spec->image, .registry_auth = auth },
                 on_pulled);
}

/* ---- Building: once for all who want the image ---- */

static void on_line(const char *line, gpointer user)
{
        ImageEntry *entry = user;
        g_autofree char *masked = deploy_mask(entry->deploy, line);

        for (guint i = 0; i < entry->builders->len; i++)
                show(entry->builders->pdata[i], g_strdup_printf("building: %s", masked));
        deploy_message(entry->deploy, "%s | %s", entry->reference, masked);
}

static void on_built(const GError *error, gpointer user)
{
        ImageEntry *entry = user;
        g_autoptr(GPtrArray) builders = g_steal_pointer(&entry->builders);

        entry->build = NULL;
        for (guint i = 0; i < builders->len; i++)
                fetched(builders->pdata[i], error);
}

static void build(Ask *ask)
{
        Deploy *deploy = ask->deploy;
        ImageEntry *entry = entry_of(ask);
        const BuildRequest request = { .build = deploy->app->workloads[ask->workload].build,
                                       .app = deploy->app,
                                       .image = entry->reference,
                                       .host = deploy->engine_host };
        g_autoptr(GError) error = NULL;

        if (entry->build == NULL) {
                deploy_message(deploy, "building %s", entry->reference);
                entry->build = build_start(&request, on_line, on_built, entry, &error);
                entry->builders = g_ptr_array_new();
        }
        if (entry->build == NULL) {
                g_clear_pointer(&entry->builders, g_ptr_array_unref);
                fetched(ask, error);
                return;
        }
        g_ptr_array_add(entry->builders, ask);
}

void effect_forget_build(Ask *ask)
{
        GHashTableIter iter;
        gpointer value;

        if (ask->deploy->images == NULL)
                return;
        g_hash_table_iter_init(&iter, ask->deploy->images);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                ImageEntry *entry = value;

                if (entry->builders == NULL || !g_ptr_array_remove(entry->builders, ask) ||
                    entry->builders->len > 0)
                        continue;
                g_clear_pointer(&entry->builders, g_ptr_array_unref);
                g_clear_pointer(&entry->build, build_cancel);
        }
}

void effect_fetch(Deploy *deploy, const CoreEffect *effect)
{
        Ask *ask = ask_new(deploy, effect);

        /* Another workload of the same image was first. */
        if (entry_of(ask)->is_fetched)
                fetched(ask, NULL);
        else if (prepare_fetch(deploy, effect->workload, NULL) == FETCH_BUILD)
                build(ask);
        else
                pull(ask);
}
