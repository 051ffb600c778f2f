/* Getting ready: all the questions before an `up`, in their order */

#include "controller/node.h"
#include "controller/remote.h"
#include "controller/resources.h"
#include "controller/up-private.h"

void upping_clear(Upping *up)
{
        g_clear_pointer(&up->settings, settings_free);
        g_clear_pointer(&up->scene, scene_free);
        g_clear_pointer(&up->world, world_free);
        g_clear_pointer(&up->app, application_free);
        g_clear_pointer(&up->settings_app, application_free);
        g_clear_pointer(&up->before, deployment_free);
        g_clear_pointer(&up->lock, store_unlock);
        g_clear_pointer(&up->warnings, json_decref);
        sources_clear(&up->sources);
        g_free(up->project_dir);
        g_clear_pointer(&up->nodes, g_ptr_array_unref);
        g_free(up->swarm_address);
        g_free(up->name);
}

static bool fetch_files(Upping *up, GError **error)
{
        if (remote_fill(up->app, up->controller->store, error))
                return true;
        controller_wrap(error, CONTROLLER_ERROR_FAILED);
        return false;
}

bool up_set_scene(Upping *up, GError **error)
{
        Controller *controller = up->controller;
        const char *before = up->swarm_address;

        up->scene = scene_new(up->app, up->name);
        up->scene->store = controller->store;
        up->scene->is_swarm = up->target == FORMAT_SWARM;
        if (up->before != NULL)
                before = json_string_at(up->before->inputs, "node_address", before);
        up->scene->node_address = node_address(controller->given_node_address != NULL
                                                       ? controller->given_node_address
                                               : g_getenv("SLIPWAY_NODE_ADDRESS") != NULL ? NULL
                                                                                          : before,
                                               controller->info, error);
        up->scene->bridge_address = g_strdup(controller->info->bridge_gateway);
        return up->scene->node_address != NULL;
}

/* The settings of a release are known: its Compose document can be rendered and read. */
static bool read_release(Upping *up, GError **error)
{
        if (!up->is_release)
                return true;
        up->settings_app = g_steal_pointer(&up->app);
        if (!up_parse(up, error) || !up_check_swarm(up, error))
                return false;
        scene_set_application(up->scene, up->app);
        return true;
}

Deploy *up_deploy(Upping *up, int64_t number, const UpObserver *observer,
                  void (*on_prepared)(Deploy *deploy, unsigned workload))
{
        up->scene->deployment = number;
        return deploy_new(&(DeployConfig){
                .store = up->controller->store,
                .engine = up->controller->engine,
                .app = up->app,
                .name = up->name,
                .number = number,
                .settings = up->settings,
                .scene = up->scene,
                .world = up->world,
                .options = up->options,
                .observer = observer,
                .state_dir = up->is_plan ? NULL : up->controller->state_dir,
                .engine_host = up->controller->host,
                .warnings = up->warnings,
                .on_prepared = on_prepared,
        });
}

bool up_get_ready(Upping *up, GError **error)
{
        Controller *controller = up->controller;

        if (!controller_open_store(controller, !up->is_plan, error) || !up_read(up, error))
                return false;
        if (!up->is_plan) {
                up->lock = controller_lock(controller, up->name, up->options->command_line,
                                           up->options->wait, up->observer, error);
                if (up->lock == NULL)
                        return false;
        }
        if (!up_check_swarm(up, error))
                return false;
        up->world = controller_world(controller, up->name, true, error);
        if (up->world == NULL || !up_set_scene(up, error) || !up_load_settings(up, error) ||
            !fetch_files(up, error) || !read_release(up, error))
                return false;
        up_mask_secrets(up);
        return up_check_rerun(up, error) && up_check_identity(up, error) &&
               up_check_foreign(up, error) && up_check_paused(up, error) && up_warn(up, error) &&
               resources_check(up->app, up->name, controller->store, up->world, up->warnings,
                               error);
}
