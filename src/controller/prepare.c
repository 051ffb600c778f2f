#include <string.h>

#include "controller/effects.h"
#include "controller/prepare-private.h"

void prepare_answer(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];

        if (deploy->on_prepared != NULL)
                deploy->on_prepared(deploy, workload);
        else
                deploy_post(deploy, &(CoreEvent){ .type = CORE_PREPARED,
                                                  .workload = workload,
                                                  .prepared = &item->prepared });
}

static void answer(Deploy *deploy, unsigned workload)
{
        deploy->items[workload].is_preparing = false;
        if (deploy->on_prepared != NULL || !effect_hooks_resume(deploy, workload))
                prepare_answer(deploy, workload);
}

/* Images of the workload and, for a run-once, of everything ordered before it: their VOLUMEs are
 * the data with which a success counts */
static bool images_are_known(Deploy *deploy, unsigned workload)
{
        const Workload *model = &deploy->app->workloads[workload];
        bool is_run = model->kind == WORKLOAD_EPHEMERAL;
        g_autofree bool *needed = is_run ? application_before(deploy->app, model)
                                         : g_new0(bool, deploy->app->n_workloads + 1);
        bool all = true;

        needed[workload] = true;
        for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                if (needed[i] && deploy->items[i].rendered.spec != NULL)
                        all = prepare_image_is_known(deploy,
                                                     deploy->items[i].rendered.spec->image) &&
                              all;
        }
        if (!is_run)
                all = prepare_container_images_are_known(deploy, workload) && all;
        return all;
}

static void finish(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        Prepared *prepared = &item->prepared;
        const Spec *spec;
        g_autofree char *comparable = NULL;
        g_auto(GStrv) claims = NULL;
        g_autoptr(GError) error = NULL;

        for (size_t i = 0; i < deploy->app->n_workloads; i++)
                prepare_complete_spec(deploy, i);
        spec = item->rendered.spec;
        prepare_check_image(deploy, workload);
        prepared->final_name = spec->name;
        prepared->is_orchestrated = deploy->scene->is_swarm;
        /* Of a Swarm the engine settles who has which port of which node. */
        claims = prepared->is_orchestrated ? g_new0(char *, 1) : claims_of_spec(spec);
        prepared->claims = arena_strdupv(item->arena, (const char *const *) claims);
        prepared->may_create_early = !prepared->is_orchestrated && spec->n_volumes_from == 0 &&
                                     spec->n_links == 0 &&
                                     !g_str_has_prefix(spec->network_mode, "container:");
        comparable = render_comparable(spec, prepared->is_orchestrated);
        g_free(item->spec_hash);
        item->spec_hash = store_keyed_hash(deploy->store, comparable, -1);
        json_decref(item->field_hashes);
        item->field_hashes = prepare_hash_fields(deploy, spec);
        prepared->same = arena_new0(item->arena, const char *, 1);
        if (deploy->app->workloads[workload].kind == WORKLOAD_SERVICE) {
                prepare_service(deploy, workload);
        } else if (!prepare_run(deploy, workload, &error)) {
                deploy_fail(deploy, g_steal_pointer(&error));
                return;
        }
        answer(deploy, workload);
}

/* Containers that were kept are up as well as those that were started. */
static void show_what_is_up(Deploy *deploy)
{
        for (size_t i = 0; deploy->core != NULL && i < deploy->app->n_workloads; i++) {
                WorkloadProgress progress;
                const Container *container;

                core_progress(deploy->core, i, &progress);
                if (deploy->scene->up[i] != NULL ||
                    (progress.state != STATE_RUNNING && progress.state != STATE_STARTING))
                        continue;
                container = g_hash_table_lookup(deploy->containers, progress.container);
                /* One that has been started but not looked at has no ports that we know. */
                if (container != NULL && container->state == CONTAINER_RUNNING &&
                    container->pid != 0)
                        scene_set_up(deploy->scene, i, container);
        }
}

/* It is rendered more than once, but said once */
static void warn(Deploy *deploy, const char *text)
{
        g_autofree char *masked = deploy_mask(deploy, text);
        const json_t *before;
        size_t i;

        json_array_foreach(deploy->warnings, i, before) {
                if (strcmp(json_string_value(before), masked) == 0)
                        return;
        }
        if (deploy->warnings != NULL)
                json_array_append_new(deploy->warnings, json_string(masked));
}

static void render(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        const Workload *model = &deploy->app->workloads[workload];
        g_autofree char *text = store_volatile_get(deploy->store, deploy->name, model->id, "render",
                                                   NULL);
        g_autoptr(json_t) records = text == NULL ? NULL : json_loads(text, 0, NULL);

        rendered_clear(&item->rendered);
        show_what_is_up(deploy);
        deploy->scene->has_asked_clock = false;
        render_workload(deploy->scene, model, records, &item->rendered);
        if (item->rendered.warning != NULL)
                warn(deploy, item->rendered.warning);
        /* What asks for the time is rendered when it is about to start, not before. */
        if (item->is_early && deploy->scene->has_asked_clock && deploy->core != NULL &&
            item->rendered.spec != NULL) {
                g_clear_pointer(&item->rendered.spec, spec_free);
                item->rendered.is_deferred = true;
        }
}

static void proceed(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];

        if (item->rendered.spec == NULL) {
                if (item->rendered.is_deferred && !item->is_early && deploy->n_inspecting > 0) {
                        item->is_unanswered = true; /* a port that is being looked up */
                        return;
                }
                item->prepared.error = arena_strdup(item->arena, item->rendered.error);
                item->prepared.deferred = item->rendered.is_deferred;
                item->prepared.is_off = item->rendered.is_off;
                answer(deploy, workload);
                return;
        }
        if (images_are_known(deploy, workload))
                finish(deploy, workload);
}

void prepare_begin(Deploy *deploy, unsigned workload, bool is_early)
{
        Item *item = &deploy->items[workload];

        g_clear_pointer(&item->arena, arena_free);
        item->arena = arena_new();
        item->prepared = (Prepared){ .run_key = "",
                                     .stale_reason = "",
                                     .changed = "",
                                     .last_try_container = "",
                                     .final_name = "",
                                     .image_pull_reason = "" };
        item->is_preparing = true;
        item->is_early = is_early;
        item->is_unanswered = false;
        /* What is ordered before a run-once says with which data its success counts. */
        for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                if (i == workload || (is_early && deploy->items[i].rendered.records == NULL))
                        render(deploy, i);
        }
        proceed(deploy, workload);
}

void prepare_retry(Deploy *deploy)
{
        for (size_t i = 0; i < deploy->app->n_workloads && !deploy->is_finished; i++) {
                Item *item = &deploy->items[i];

                if (!item->is_preparing)
                        continue;
                if (item->is_unanswered) {
                        if (deploy->n_inspecting > 0)
                                continue;
                        item->is_unanswered = false;
                        render(deploy, i);
                }
                proceed(deploy, i);
        }
}
