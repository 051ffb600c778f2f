/* Runs: the key by which the ledger has a run-once, and whether it is done */

#include <string.h>

#include "controller/prepare-private.h"
#include "engine/swarm/swarm.h"

#define RUN_TRIES_MAX 9999 /* for which a job's name has room */

/* ---- Keys ---- */

/* The manager of a Swarm need not have an image that its nodes run: then its reference is its id. */
static bool is_image_known(const ImageEntry *entry)
{
        return entry->state == IMAGE_HERE && strcmp(entry->image->id, entry->reference) != 0;
}

/* The image comes first so that two images never share a name; what follows the dot is the
 * identity alone, by which a success is found when the image is not here any more. */
static char *run_key_of(Deploy *deploy, const Workload *workload, const char *identity,
                        const char *image)
{
        g_autofree char *name = g_strdup_printf("%s\n%s\n%s", deploy->name, workload->id, identity);
        g_autofree char *with_image = g_strdup_printf("%s\n%s", name, image);
        g_autofree char *one = store_keyed_hash(deploy->store, with_image, -1);
        g_autofree char *two = store_keyed_hash(deploy->store, name, -1);

        return g_strdup_printf("%.32s.%.16s", one, two);
}

/* On a Swarm names are made for DNS, with room for the number of any try. */
static const char *run_name_of(Deploy *deploy, Item *item, const Workload *workload)
{
        g_autofree char *name = NULL;

        if (!deploy->scene->is_swarm)
                return "";
        name = swarm_job_name(deploy->name, workload->id, item->run_key, RUN_TRIES_MAX);
        *strrchr(name, '-') = '\0';
        return arena_strdup(item->arena, name);
}

static bool is_same_run(const RunRecord *run, const char *run_key, const ImageEntry *entry)
{
        const char *tail = strchr(run->run_key, '.');

        if (strcmp(run->run_key, run_key) == 0)
                return true;
        if (tail == NULL || strcmp(tail, strchr(run_key, '.')) != 0)
                return false;
        return !is_image_known(entry) ||
               prepare_share_digest(run->image_digests, entry->image->digests);
}

/* The key under which the ledger has this run: that of a former image with the same content, too, and
 * that of a run from when its image was not known. (transfer full) */
static char *known_run_key(Deploy *deploy, const Workload *workload, const ImageEntry *entry,
                           const char *identity, GError **error)
{
        g_autofree char *unknown = run_key_of(deploy, workload, identity, entry->reference);
        g_autofree char *own = is_image_known(entry)
                                       ? run_key_of(deploy, workload, identity, entry->image->id)
                                       : g_strdup(unknown);
        g_autoptr(GPtrArray)
                runs = store_runs(deploy->store, deploy->name, workload->id, NULL, error);

        for (guint i = 0; runs != NULL && i < runs->len && entry->state == IMAGE_HERE; i++) {
                const RunRecord *run = runs->pdata[i];

                if (strcmp(run->run_key, unknown) == 0 || is_same_run(run, own, entry))
                        return g_strdup(run->run_key);
        }
        return runs == NULL ? NULL : g_steal_pointer(&own);
}

/* ---- The ledger ---- */

static TryState try_state(RunOutcome outcome)
{
        switch (outcome) {
        case RUN_INTENDED:
                return TRY_INTENDED;
        case RUN_STARTED:
                return TRY_STARTED;
        case RUN_SUCCEEDED:
        case RUN_FAILED:
        case RUN_UNKNOWN:
        case RUN_FORGOTTEN:
                return TRY_ENDED;
        }
        g_assert_not_reached();
}

static void take_last_try(Item *item, const RunRecord *run)
{
        Prepared *prepared = &item->prepared;

        prepared->last_try = try_state(run->outcome);
        prepared->last_try_number = run->try_number;
        prepared->last_try_container = arena_strdup(item->arena, run->container_id);
        prepared->last_try_started_wall_ns = run->started_wall_us * 1000;
}

/* A success counts where the data is the same; the newest one that does not says why. */
static void consider_success(Deploy *deploy, unsigned workload, const RunRecord *run)
{
        Item *item = &deploy->items[workload];
        Prepared *prepared = &item->prepared;
        g_autofree char *stale = strcmp(run->evidence, "operator") == 0
                                         ? NULL
                                         : prepare_stale_reason(deploy, workload, run);

        if (stale != NULL) {
                prepared->stale_reason = arena_strdup(item->arena, stale);
                return;
        }
        prepared->succeeded = true;
        prepared->succeeded_wall_us = run->ended_wall_us;
}

static bool look_up_run(Deploy *deploy, unsigned workload, GError **error)
{
        Item *item = &deploy->items[workload];
        Prepared *prepared = &item->prepared;
        const Workload *model = &deploy->app->workloads[workload];
        const ImageEntry *entry = prepare_image(deploy, item->rendered.spec->image);
        g_autoptr(GPtrArray) runs = store_runs(deploy->store, deploy->name, model->id, NULL, error);
        bool counting_unknown = true;

        if (runs == NULL)
                return false;
        for (guint i = 0; i < runs->len; i++) {
                const RunRecord *run = runs->pdata[i];
                bool is_exact = strcmp(run->run_key, item->run_key) == 0;

                if (!is_same_run(run, item->run_key, entry))
                        continue;
                if (is_exact && prepared->last_try_number == 0)
                        take_last_try(item, run);
                if (is_exact && try_state(run->outcome) == TRY_ENDED) {
                        counting_unknown = counting_unknown && run->outcome == RUN_UNKNOWN;
                        prepared->n_failed_before += counting_unknown;
                }
                if (run->outcome == RUN_SUCCEEDED && !prepared->succeeded &&
                    prepared->stale_reason[0] == '\0')
                        consider_success(deploy, workload, run);
        }
        return true;
}

/* ---- The whole ---- */

bool prepare_run(Deploy *deploy, unsigned workload, GError **error)
{
        Item *item = &deploy->items[workload];
        Prepared *prepared = &item->prepared;
        const Workload *model = &deploy->app->workloads[workload];
        const ImageEntry *image = prepare_image(deploy, item->rendered.spec->image);
        g_autofree char *message = NULL;
        g_autofree char *identity = render_identity(deploy->scene, model, &message);

        if (identity == NULL) {
                prepared->error = arena_strdup(item->arena, message);
                return true;
        }
        g_free(item->run_key);
        item->run_key = known_run_key(deploy, model, image, identity, error);
        prepared->run_key = item->run_key;
        if (item->run_key == NULL || !look_up_run(deploy, workload, error))
                return false;
        prepared->run_name = run_name_of(deploy, item, model);
        /* A fresh image was asked for: whether it is another one is known when it is here. */
        if (prepared->image_missing && image->state == IMAGE_HERE)
                prepared->succeeded = false;
        /* Done is done: the image is not needed to know it. */
        if (prepared->succeeded)
                prepared->error = NULL;
        return true;
}
