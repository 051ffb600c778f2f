#include "controller/scene.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "controller/ask.h"
#include "controller/node.h"
#include "controller/outside.h"
#include "controller/registries.h"
#include "controller/render.h"
#include "crypto/secret.h"

static FunctionAnswer config_option(void *user, const char *name, GString *ret)
{
        Scene *scene = user;
        const char *value;

        if (scene->settings == NULL)
                return FUNCTION_NONE;
        switch (settings_get(scene->settings, name, &value)) {
        case SETTINGS_UNKNOWN:
                return FUNCTION_NONE;
        case SETTINGS_NOT_YET:
                return FUNCTION_NOT_YET;
        case SETTINGS_KNOWN:
                g_string_append(ret, value);
                return FUNCTION_KNOWN;
        }
        g_assert_not_reached();
}

static FunctionAnswer config_option_data(void *user, const char *name, GString *ret)
{
        Scene *scene = user;
        const char *data;
        size_t size;

        if (scene->settings == NULL)
                return FUNCTION_NONE;
        switch (settings_get_data(scene->settings, name, &data, &size)) {
        case SETTINGS_UNKNOWN:
                return FUNCTION_NONE;
        case SETTINGS_NOT_YET:
                return FUNCTION_NOT_YET;
        case SETTINGS_KNOWN:
                g_string_append_len(ret, data, size);
                return FUNCTION_KNOWN;
        }
        g_assert_not_reached();
}

static const char *address_of(const Scene *scene, FunctionAddress which)
{
        switch (which) {
        case FUNCTION_ADDRESS_PRIVATE:
        case FUNCTION_ADDRESS_PUBLIC:
                return scene->node_address;
        case FUNCTION_ADDRESS_DOCKER:
                return scene->bridge_address;
        }
        g_assert_not_reached();
}

/* All containers are on this node, so its address is known before they are up. */
static FunctionAnswer node_addresses(void *user, const char *component, const char *image,
                                     FunctionAddress which, GPtrArray *ret)
{
        Scene *scene = user;
        const char *address = address_of(scene, which);

        int first = application_find_container(scene->app, component, image);

        if (first < 0)
                return FUNCTION_NONE;
        if (address == NULL)
                return FUNCTION_NOT_YET;
        for (unsigned i = 0; i < application_instances(scene->app, first); i++)
                g_ptr_array_add(ret, g_strdup(address));
        return FUNCTION_KNOWN;
}

static FunctionAnswer this_node_address(void *user, FunctionAddress which, GString *ret)
{
        const char *address = address_of(user, which);

        if (address == NULL)
                return FUNCTION_NONE;
        g_string_append(ret, address);
        return FUNCTION_KNOWN;
}

static FunctionAnswer this_node_interface(void *user, const char *interface, GString *ret)
{
        g_autofree char *address = node_interface_address(interface);

        if (address == NULL)
                return FUNCTION_NONE;
        g_string_append(ret, address);
        return FUNCTION_KNOWN;
}

/* A port that the file fixes is known without looking. (transfer full) */
static char *fixed_port(const Workload *workload, const char *private_port)
{
        for (size_t i = 0; i < workload->n_ports; i++) {
                const Port *port = &workload->ports[i];
                guint64 first;

                if (g_strcmp0(port->private_port.raw, private_port) != 0)
                        continue;
                if (port->public_port.raw != NULL && port->public_port.raw[0] != '\0') {
                        if (!text_has_template(port->public_port.raw))
                                return g_strdup(port->public_port.raw);
                } else if (port->public_port_initial.raw != NULL &&
                           text_parse_uint(port->public_port_initial.raw, &first) && first > 0) {
                        return g_strdup_printf("%" G_GUINT64_FORMAT, first + workload->instance);
                }
        }
        return NULL;
}

static FunctionAnswer exposed_port(const Scene *scene, unsigned workload, const char *private_port,
                                   GPtrArray *ret)
{
        const Container *up = scene->up[workload];
        char *fixed = fixed_port(&scene->app->workloads[workload], private_port);
        guint64 wanted;

        if (fixed != NULL) {
                g_ptr_array_add(ret, fixed);
                return FUNCTION_KNOWN;
        }
        if (up == NULL)
                return FUNCTION_NOT_YET;
        for (guint j = 0; j < up->ports->len && text_parse_uint(private_port, &wanted); j++) {
                const BoundPort *port = &g_array_index(up->ports, BoundPort, j);

                if (port->private_port == wanted && port->public_port != 0) {
                        g_ptr_array_add(ret, g_strdup_printf("%u", port->public_port));
                        return FUNCTION_KNOWN;
                }
        }
        return FUNCTION_NONE;
}

static FunctionAnswer exposed_ports(void *user, const char *component, const char *image,
                                    const char *private_port, GPtrArray *ret)
{
        const Scene *scene = user;
        int first = application_find_container(scene->app, component, image);
        FunctionAnswer answer = FUNCTION_NONE;

        for (unsigned i = 0; first >= 0 && i < application_instances(scene->app, first); i++) {
                answer = exposed_port(scene, first + i, private_port, ret);
                if (answer != FUNCTION_KNOWN)
                        return answer;
        }
        return answer;
}

static FunctionAnswer app_id(void *user, GString *ret)
{
        Scene *scene = user;
        g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, scene->name, -1);

        g_string_append_len(ret, hash, 32);
        return FUNCTION_KNOWN;
}

static FunctionAnswer app_setting(void *user, const char *key, GString *ret)
{
        Scene *scene = user;
        const char *text = NULL;

        if (strcmp(key, "version.label") == 0)
                text = scene->app->version.raw;
        else if (strcmp(key, "release.notes") == 0)
                text = scene->app->release_notes.raw;
        if (text == NULL)
                return FUNCTION_NONE;
        g_string_append(ret, text);
        return FUNCTION_KNOWN;
}

static FunctionAnswer release(void *user, FunctionRelease *ret)
{
        Scene *scene = user;

        *ret = (FunctionRelease){ .version = scene->deployment,
                                  .version_first = 1,
                                  .version_current = scene->deployment };
        return FUNCTION_KNOWN;
}

static int64_t now_ns(void *user)
{
        Scene *scene = user;

        scene->has_asked_clock = true;
        return g_get_real_time() * 1000;
}

Scene *scene_new(const Application *app, const char *name)
{
        Scene *scene = g_new0(Scene, 1);

        scene->app = app;
        scene->name = g_strdup(name);
        scene->up = g_new0(Container *, app->n_workloads + 1);
        scene->provider = (FunctionProvider){
                .user = scene,
                .config_option = config_option,
                .config_option_data = config_option_data,
                .node_addresses = node_addresses,
                .exposed_ports = exposed_ports,
                .this_node_address = this_node_address,
                .this_node_interface = this_node_interface,
                .app_id = app_id,
                .app_setting = app_setting,
                .release = release,
                .now_ns = now_ns,
        };
        return scene;
}

static void forget_up(Scene *scene)
{
        for (size_t i = 0; i < scene->app->n_workloads; i++)
                container_free(scene->up[i]);
        g_free(scene->up);
}

void scene_set_application(Scene *scene, const Application *app)
{
        forget_up(scene);
        scene->app = app;
        scene->up = g_new0(Container *, app->n_workloads + 1);
}

void scene_free(Scene *scene)
{
        if (scene == NULL)
                return;
        forget_up(scene);
        g_free(scene->name);
        g_free(scene->node_address);
        g_free(scene->bridge_address);
        g_free(scene->import_id);
        g_strfreev(scene->public_ip_urls);
        g_free(scene);
}

void scene_set_up(Scene *scene, unsigned workload, const Container *container)
{
        g_clear_pointer(&scene->up[workload], container_free);
        if (container != NULL)
                scene->up[workload] = container_copy(container);
}

static bool render_with(const Scene *scene, const char *name, const char *text, const json_t *data,
                        GString *out, TemplateError *ret_error)
{
        TemplateContext context = functions_context(&scene->provider);
        g_autoptr(Arena) arena = arena_new();

        context.arena = arena;
        context.dot = functions_value_from_json(arena, data);
        return template_expand(name, text, strlen(text), functions_all(), &context, out, ret_error);
}

static SettingsRendered render_setting(gpointer user, Settings *settings, const char *name,
                                       const char *text, const json_t *data, GString *out,
                                       unsigned *ret_line, unsigned *ret_column, char **ret_message)
{
        Scene *scene = user;
        Settings *before = scene->settings;
        g_auto(TemplateError) error = { 0 };
        bool ok;

        /* While settings are being loaded the scene does not have them yet. */
        scene->settings = settings;
        ok = data != NULL ? render_with(scene, name, text, data, out, &error)
                          : functions_render(name, text, &scene->provider, out, &error);
        scene->settings = before;
        if (ok)
                return SETTINGS_RENDERED;
        if (error.kind == TEMPLATE_ERROR_UNRESOLVED)
                return SETTINGS_RENDER_UNRESOLVED;
        *ret_line = error.line;
        *ret_column = error.column;
        *ret_message = g_strdup(error.message);
        return SETTINGS_RENDER_FAILED;
}

static char *run_raw(gpointer user, const Command *command, GError **error)
{
        Scene *scene = user;
        const char *image = g_getenv("SLIPWAY_RAW_IMAGE");

        if (scene->engine == NULL || scene->store == NULL) {
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED,
                            "there is no engine to run the command in");
                return NULL;
        }
        return outside_run_raw(scene->engine, image, store_installation(scene->store), command,
                               error);
}

/* ---- Containers of tests ---- */

static bool volume_is_there(Scene *scene, const char *name)
{
        return engine_ask(scene->engine,
                          &(EngineRequest){ .op = ENGINE_VOLUME_INSPECT, .name = name }, NULL,
                          NULL);
}

/* A test makes nothing: what would have to be made to be mounted is left out */
static void keep_what_is_there(Scene *scene, Spec *spec)
{
        size_t n = 0;

        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];

                if ((mount->type == MOUNT_VOLUME && !volume_is_there(scene, mount->source)) ||
                    (mount->type == MOUNT_BIND && access(mount->source, F_OK) != 0))
                        continue;
                spec->mounts[n++] = *mount;
        }
        spec->n_mounts = n;
        /* Its files could not be written otherwise, and nobody keeps what it writes. */
        if (spec->n_files > 0)
                spec->readonly_rootfs = false;
}

static bool run_rendered(Scene *scene, const Workload *workload, Spec *spec, int64_t timeout_s,
                         TestEnd *ret_end, GError **error)
{
        const char *image = g_getenv("SLIPWAY_RAW_IMAGE");
        g_auto(RegistryImage) where = { 0 };
        g_auto(OutsideEnd) end = { 0 };
        OutsideRun run = { .spec = spec,
                           .is_pullable = spec->registry[0] == '\0',
                           .installation = store_installation(scene->store),
                           .purpose = "test",
                           .timeout_s = timeout_s };

        if (workload->image_name[0] == '\0') { /* `raw` without an image of its own */
                spec->image = image != NULL ? image : RAW_IMAGE;
                run.is_pullable = true;
        } else if (registry_resolve(scene->store, workload->source, workload->image_name, &where,
                                    NULL)) {
                run.auth = where.auth;
        }
        keep_what_is_there(scene, spec);
        if (!outside_run(scene->engine, &run, &end, error))
                return false;
        *ret_end = (TestEnd){ .timed_out = end.timed_out,
                              .exit_code = end.exit_code,
                              .output = g_strconcat(end.output, end.errors, NULL) };
        return true;
}

static bool run_test(gpointer user, Settings *settings, const Workload *workload, int64_t timeout_s,
                     TestEnd *ret_end, GError **error)
{
        Scene *scene = user;
        Settings *before = scene->settings;
        g_auto(Rendered) rendered = { 0 };

        if (scene->engine == NULL || scene->store == NULL) {
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED,
                            "there is no engine to run the test in");
                return false;
        }
        scene->settings = settings;
        render_workload(scene, workload, NULL, &rendered);
        scene->settings = before;
        ret_end->is_not_yet = rendered.is_deferred && rendered.error == NULL;
        if (rendered.error != NULL)
                g_set_error_literal(error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED, rendered.error);
        return rendered.spec != NULL &&
               run_rendered(scene, workload, rendered.spec, timeout_s, ret_end, error);
}

/* SLIPWAY_PUBLICIP_URL: URLs with commas between them; the first valid answer wins */
static char **public_ip_urls(void)
{
        const char *text = g_getenv("SLIPWAY_PUBLICIP_URL");
        char **urls;

        if (text == NULL || text[0] == '\0')
                return NULL;
        urls = g_strsplit(text, ",", -1);
        for (char **url = urls; *url != NULL; url++)
                g_strstrip(*url);
        return urls;
}

void scene_host_settings(Scene *scene, const char *text, SettingsHost *ret_host)
{
        g_free(scene->import_id);
        scene->import_id = secret_digest(text, strlen(text));
        ret_host->user = scene;
        ret_host->render = render_setting;
        ret_host->fetch = outside_fetch;
        ret_host->run_raw = run_raw;
        ret_host->run_test = run_test;
        ret_host->import_id = scene->import_id;
        g_strfreev(scene->public_ip_urls);
        scene->public_ip_urls = public_ip_urls();
        ret_host->public_ip_urls = (const char *const *) scene->public_ip_urls;
}
