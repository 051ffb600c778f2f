/* `pull`, and the images that an `up` needs before it begins */

#include <string.h>

#include "controller/registries.h"
#include "controller/up-private.h"

static bool pull_now(Upping *up, const Workload *workload, const Spec *spec, GError **error)
{
        Controller *controller = up->controller;
        g_autofree char *image = render_source_reference(workload, spec);
        g_autofree char *auth = registry_auth(controller->store, workload->source, image);

        return engine_ask(controller->engine,
                          &(EngineRequest){ .op = ENGINE_IMAGE_PULL,
                                            .image = spec->image,
                                            .registry_auth = auth },
                          NULL, error);
}

/* ---- Images of containers that are off ---- */

static bool pull_off_image(Upping *up, const Workload *workload, const Spec *spec, GError **error)
{
        Engine *engine = up->controller->engine;
        const EngineRequest inspect = { .op = ENGINE_IMAGE_INSPECT, .image = spec->image };

        if (up->options->pull == PULL_NEVER ||
            (spec->registry[0] != '\0' && engine_ask(engine, &inspect, NULL, NULL)))
                return true;
        if (spec->registry[0] != '\0') {
                g_set_error(error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                            "%s: its image %s is not here, and its source `%s` is not a registry "
                            "that this installation knows: load the image, or say `slipway "
                            "registry add %s HOST`",
                            workload->id, spec->image, spec->registry, spec->registry);
                return false;
        }
        if (pull_now(up, workload, spec, error))
                return true;
        g_prefix_error(error, "%s: pulling %s: ", workload->id, spec->image);
        return false;
}

/* `when: false` with `dynamic: true`: the image is to be here, for whoever starts it later. */
bool up_pull_dynamic(Upping *up, GError **error)
{
        for (size_t i = 0; i < up->app->n_workloads; i++) {
                const Workload *workload = &up->app->workloads[i];
                g_auto(Rendered) rendered = { 0 };

                render_dynamic_image(up->scene, workload, &rendered);
                if (rendered.spec != NULL && workload->instance == 0 &&
                    !pull_off_image(up, workload, rendered.spec, error))
                        return false;
        }
        return true;
}

/* ---- `slipway pull` ---- */

/* Whether the engine has it; false with an error where it cannot say */
static bool image_is_here(Controller *controller, const Spec *spec, bool *ret_is_here,
                          GError **error)
{
        g_auto(Answer) answer = { 0 };
        g_autoptr(GError) fault = NULL;

        *ret_is_here = engine_ask(
                controller->engine,
                &(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = spec->image }, &answer,
                &fault);
        if (*ret_is_here || g_error_matches(fault, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND))
                return true;
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
}

static bool pull_shown(Upping *up, const Workload *workload, const Spec *spec,
                       const UpObserver *observer, GError **error)
{
        g_autofree char *shown = settings_mask(up->settings, spec->image);
        g_autofree char *line = g_strdup_printf("pulling %s", shown);

        if (observer != NULL && observer->on_message != NULL)
                observer->on_message(line, observer->user);
        return pull_now(up, workload, spec, error);
}

/* As `up` decides it: a registry is asked for what is not here, and for what must be fresh. */
static json_t *pull_image(Upping *up, const Workload *workload, const Spec *spec,
                          const UpObserver *observer)
{
        ImageQuestion question = { .has_build = workload->build != NULL,
                                   .is_always = spec->always_pull,
                                   .asked = up->options->pull,
                                   .policy = workload->pull_policy,
                                   .age_us = -1 };
        bool can_pull = spec->registry[0] == '\0';
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) row = NULL;
        const char *result = "failed", *reason;

        if (image_is_here(up->controller, spec, &question.is_here, &error)) {
                ImageFetch fetch = image_decide(&question, &reason);

                if (fetch == FETCH_BUILD)
                        result = "to build";
                else if (fetch != FETCH_PULL || !can_pull)
                        result = question.is_here ? "here" : "missing";
                else if (pull_shown(up, workload, spec, observer, &error))
                        result = "pulled";
        }
        row = json_pack("{s:s, s:s, s:s}", "image", spec->image, "result", result, "message",
                        error == NULL ? "" : error->message);
        return settings_mask_json(up->settings, row);
}

bool controller_pull(Controller *controller, const UpOptions *options, const UpObserver *observer,
                     DiagList *diags, json_t **ret_result, GError **error)
{
        g_auto(Upping) up = {
                .controller = controller, .options = options, .diags = diags, .is_plan = true
        };
        g_autoptr(json_t) images = json_array();
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        unsigned n_failed = 0;

        if (!controller_open_store(controller, false, error) || !up_read(&up, error) ||
            !controller_open_engine(controller, up.name, error) || !up_set_scene(&up, error) ||
            !up_load_settings(&up, error))
                return false;
        for (size_t i = 0; i < up.app->n_workloads; i++) {
                g_auto(Rendered) rendered = { 0 };
                json_t *row;

                render_workload(up.scene, &up.app->workloads[i], NULL, &rendered);
                if (rendered.spec == NULL ||
                    !g_hash_table_add(seen, g_strdup(rendered.spec->image)))
                        continue;
                row = pull_image(&up, &up.app->workloads[i], rendered.spec, observer);
                n_failed += strcmp(json_string_at(row, "result", ""), "failed") == 0 ||
                            strcmp(json_string_at(row, "result", ""), "missing") == 0;
                json_array_append_new(images, row);
        }
        *ret_result = json_pack("{s:O}", "images", images);
        if (n_failed > 0)
                g_set_error(error, CONTROLLER_ERROR, CONTROLLER_ERROR_FAILED,
                            "%u of %zu images cannot be had", n_failed, json_array_size(images));
        return n_failed == 0;
}
