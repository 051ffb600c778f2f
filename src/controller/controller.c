#include "controller/controller.h"

#include <string.h>

#include "controller/internal.h"
#include "engine/swarm/swarm.h"

G_DEFINE_QUARK(slipway - controller - error - quark, controller_error)

Controller *controller_new(const ControllerOptions *options)
{
        Controller *controller = g_new0(Controller, 1);

        controller->state_dir = options->state_dir == NULL ? store_default_dir()
                                                           : g_strdup(options->state_dir);
        controller->host = g_strdup(options->host);
        controller->given_node_address = g_strdup(options->node_address);
        controller->on_notice = options->on_notice;
        controller->notice_user = options->notice_user;
        controller->loop = g_main_loop_new(NULL, false);
        return controller;
}

void controller_free(Controller *controller)
{
        if (controller == NULL)
                return;
        engine_free(controller->engine);
        engine_info_free(controller->info);
        store_free(controller->store);
        g_main_loop_unref(controller->loop);
        g_free(controller->state_dir);
        g_free(controller->host);
        g_free(controller->given_node_address);
        g_free(controller);
}

void controller_interrupt(Controller *controller)
{
        controller->is_interrupted = true;
        if (controller->deploy != NULL)
                deploy_interrupt(controller->deploy);
        g_main_loop_quit(controller->loop);
}

void controller_wait_interrupt(Controller *controller)
{
        while (!controller->is_interrupted)
                g_main_loop_run(controller->loop);
}

void controller_wrap(GError **error, ControllerError code)
{
        GError *inner;

        if (error == NULL || *error == NULL || (*error)->domain == CONTROLLER_ERROR)
                return;
        inner = *error;
        *error = NULL;
        g_set_error_literal(error, CONTROLLER_ERROR, code, inner->message);
        g_error_free(inner);
}

bool controller_open_store(Controller *controller, bool is_writable, GError **error)
{
        if (controller->store != NULL && (controller->is_store_writable || !is_writable))
                return true;
        g_clear_pointer(&controller->store, store_free);
        controller->store = store_open(controller->state_dir, !is_writable, error);
        controller->is_store_writable = is_writable;
        if (controller->store == NULL)
                controller_wrap(error, CONTROLLER_ERROR_STORE);
        return controller->store != NULL;
}

void controller_fact(Controller *controller, const char *app, int64_t deployment, const char *event,
                     const char *workload, const char *text)
{
        g_autoptr(json_t) detail = json_pack("{s:s}", "text", text);

        (void) store_fact_append(controller->store,
                                 &(Fact){ .app = (char *) app,
                                          .deployment = deployment,
                                          .event = (char *) event,
                                          .workload = (char *) workload,
                                          .detail = detail },
                                 NULL);
}

void controller_split_target(const char *target, char **ret_app, char **ret_workload)
{
        const char *slash = strchr(target, '/');

        *ret_app = slash == NULL ? g_strdup(target) : g_strndup(target, slash - target);
        *ret_workload = slash == NULL ? NULL : g_strdup(slash + 1);
}

/* ---- The engine ---- */

static void switch_engine(Controller *controller, FormatTarget target, bool without_ipvs)
{
        if (controller->target == target && controller->without_ipvs == without_ipvs)
                return;
        g_clear_pointer(&controller->engine, engine_free);
        g_clear_pointer(&controller->info, engine_info_free);
        controller->target = target;
        controller->without_ipvs = without_ipvs;
}

void controller_use(Controller *controller, FormatTarget target, bool without_ipvs)
{
        switch_engine(controller, target, without_ipvs);
        controller->is_target_chosen = true;
}

/* Where the application runs: what its last deployment says */
static void follow_app(Controller *controller, const char *app)
{
        g_autoptr(Deployment) last = NULL;

        if (controller->is_target_chosen || controller->store == NULL || app == NULL)
                return;
        last = store_deployment_get(controller->store, app, 0, NULL);
        if (last != NULL)
                switch_engine(controller, deployment_target(last),
                              json_is_true(json_object_get(last->inputs, "without_ipvs")));
}

static bool make_engine(Controller *controller, const char *app, GError **error)
{
        const DockerOptions host = { .host = controller->host };
        g_autofree char *hash_key = NULL;

        follow_app(controller, app);
        if (controller->engine != NULL)
                return true;
        if (controller->store != NULL)
                hash_key = store_keyed_hash(controller->store, "names of configs and secrets", -1);
        if (controller->target == FORMAT_SWARM)
                controller->engine = swarm_engine_new(
                        &(SwarmOptions){ .docker = host,
                                         .without_ipvs = controller->without_ipvs,
                                         .hash_key = hash_key,
                                         .on_notice = controller->on_notice,
                                         .notice_user = controller->notice_user },
                        error);
        else
                controller->engine = docker_engine_new(&host, error);
        if (controller->engine == NULL)
                controller_wrap(error, CONTROLLER_ERROR_USAGE);
        return controller->engine != NULL;
}

World *controller_world(Controller *controller, const char *app, bool with_others, GError **error)
{
        World *world;

        if (!make_engine(controller, app, error))
                return NULL;
        world = world_load(controller->engine, controller->store, app, with_others, error);
        if (world == NULL) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return NULL;
        }
        engine_info_free(controller->info);
        controller->info = engine_info_copy(world->info);
        return world;
}

bool controller_open_engine(Controller *controller, const char *app, GError **error)
{
        g_auto(Answer) answer = { 0 };

        if (!make_engine(controller, app, error))
                return false;
        if (controller->info != NULL)
                return true;
        if (!engine_ask(controller->engine, &(EngineRequest){ .op = ENGINE_INFO }, &answer,
                        error)) {
                controller_wrap(error, CONTROLLER_ERROR_ENGINE);
                return false;
        }
        controller->info = g_steal_pointer(&answer.info);
        return true;
}

bool controller_find_target(Controller *controller, FormatTarget *ret_target, GError **error)
{
        if (!controller_open_engine(controller, NULL, error))
                return false;
        *ret_target = controller->info->is_swarm_manager ? FORMAT_SWARM : FORMAT_HOST;
        return true;
}
