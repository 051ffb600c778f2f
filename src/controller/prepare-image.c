/* Images: what the engine has, and what is to be done where it has none */

#include <string.h>

#include "base/timefmt.h"
#include "controller/build.h"
#include "controller/prepare-private.h"

static void image_entry_free(gpointer data)
{
        ImageEntry *entry = data;

        engine_cancel(entry->deploy->engine, entry->call);
        build_cancel(entry->build);
        g_clear_pointer(&entry->builders, g_ptr_array_unref);
        g_free(entry->reference);
        image_free(entry->image);
        g_free(entry);
}

ImageEntry *prepare_image(Deploy *deploy, const char *reference)
{
        ImageEntry *entry;

        if (deploy->images == NULL)
                deploy->images = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                                       image_entry_free);
        entry = g_hash_table_lookup(deploy->images, reference);
        if (entry == NULL) {
                entry = g_new0(ImageEntry, 1);
                entry->deploy = deploy;
                entry->reference = g_strdup(reference);
                g_hash_table_insert(deploy->images, entry->reference, entry);
        }
        return entry;
}

static void on_image(const EngineReply *reply, gpointer user)
{
        ImageEntry *entry = user;
        Deploy *deploy = entry->deploy;

        if (!reply->is_final)
                return;
        entry->call = NULL;
        if (reply->error == NULL) {
                entry->state = IMAGE_HERE;
                image_free(entry->image);
                entry->image = image_copy(reply->image_info);
        } else if (g_error_matches(reply->error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND)) {
                entry->state = IMAGE_MISSING;
        } else {
                entry->state = IMAGE_UNKNOWN;
        }
        if (entry->state == IMAGE_UNKNOWN && deploy->on_prepared != NULL) {
                deploy_fail(deploy, g_error_copy(reply->error)); /* a plan without it would lie */
        } else if (entry->state == IMAGE_UNKNOWN) {
                for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                        if (!deploy->items[i].is_preparing)
                                continue;
                        deploy->items[i].is_preparing = false;
                        deploy_post(deploy, &(CoreEvent){ .type = CORE_PREPARED,
                                                          .workload = i,
                                                          .error = CORE_ERROR_LOST });
                }
        }
        prepare_retry(deploy);
}

bool prepare_image_is_known(Deploy *deploy, const char *reference)
{
        ImageEntry *entry = prepare_image(deploy, reference);

        if (entry->state == IMAGE_UNKNOWN) {
                entry->state = IMAGE_ASKING;
                entry->call = engine_send(
                        deploy->engine,
                        &(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = reference },
                        on_image, entry);
        }
        return entry->state == IMAGE_HERE || entry->state == IMAGE_MISSING;
}

bool prepare_share_digest(char **some, char **others)
{
        for (size_t i = 0; some != NULL && others != NULL && some[i] != NULL; i++) {
                if (g_strv_contains((const char *const *) others, some[i]))
                        return true;
        }
        return false;
}

/* ---- Pulling ---- */

ImageFetch prepare_fetch(Deploy *deploy, unsigned workload, const char **ret_reason)
{
        const Workload *model = &deploy->app->workloads[workload];
        const Spec *spec = deploy->items[workload].rendered.spec;
        const ImageEntry *entry = prepare_image(deploy, spec->image);
        int64_t tagged_wall_ns = entry->image == NULL ? 0 : entry->image->tagged_wall_ns;
        const char *reason;
        ImageFetch fetch = image_decide(
                &(ImageQuestion){
                        .is_here = entry->state == IMAGE_HERE,
                        .is_fetched = entry->is_fetched,
                        .has_build = model->build != NULL,
                        .is_always = spec->always_pull,
                        .asked = deploy->options->pull,
                        .policy = model->pull_policy,
                        .age_us = tagged_wall_ns == 0
                                          ? -1
                                          : g_get_real_time() - tagged_wall_ns / NS_PER_US,
                },
                &reason);

        if (ret_reason != NULL)
                *ret_reason = reason;
        /* A stranger's image of the same name is none. */
        if (fetch == FETCH_PULL && spec->registry[0] != '\0')
                return entry->state == IMAGE_HERE ? FETCH_NOT : FETCH_REFUSED;
        return fetch;
}

static char *G_GNUC_PRINTF(2, 3) say(Item *item, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        return arena_strdup(item->arena, text);
}

void prepare_check_image(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        const Spec *spec = item->rendered.spec;
        const ImageEntry *entry = prepare_image(deploy, spec->image);
        Prepared *prepared = &item->prepared;
        ImageFetch fetch = prepare_fetch(deploy, workload, &prepared->image_pull_reason);

        prepared->image_missing = fetch != FETCH_NOT;
        if (fetch != FETCH_REFUSED)
                return;
        if (entry->is_fetched)
                prepared->error = say(item, "its image %s was fetched and is not here",
                                      spec->image);
        else if (spec->registry[0] != '\0')
                prepared->error = say(
                        item,
                        "its image %s is not here, and its source `%s` "
                        "is not a registry that this installation knows: load the image, or say "
                        "`slipway registry add %s HOST`",
                        spec->image, spec->registry, spec->registry);
        else
                prepared->error = say(item,
                                      "its image %s is not here, and nothing is pulled: "
                                      "--pull never, or `pull_policy: never`",
                                      spec->image);
}
