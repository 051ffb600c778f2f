#include "engine-api.h"

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "net/http.h"

Engine *engine;

static char own_label[64];

void got_free(Got *got)
{
        if (got == NULL)
                return;
        g_clear_error(&got->error);
        g_free(got->id);
        g_free(got->method);
        g_free(got->text);
        g_string_free(got->data, true);
        g_string_free(got->stderr_data, true);
        g_string_free(got->events, true);
        container_free(got->container);
        g_ptr_array_unref(got->containers);
        g_ptr_array_unref(got->volumes);
        g_ptr_array_unref(got->networks);
        g_hash_table_unref(got->volume_labels);
        g_free(got);
}

static void take_lists(Got *got, const EngineReply *reply)
{
        for (guint i = 0; reply->containers != NULL && i < reply->containers->len; i++) {
                const Container *container = reply->containers->pdata[i];

                g_ptr_array_add(got->containers, g_strdup(container->id));
        }
        for (guint i = 0; reply->volumes != NULL && i < reply->volumes->len; i++) {
                const VolumeInfo *volume = reply->volumes->pdata[i];

                g_ptr_array_add(got->volumes, g_strdup(volume->name));
        }
        for (guint i = 0; reply->networks != NULL && i < reply->networks->len; i++) {
                const NetworkInfo *network = reply->networks->pdata[i];

                g_ptr_array_add(got->networks, g_strdup(network->name));
        }
        if (reply->volume != NULL) {
                GHashTableIter iter;
                gpointer key, value;

                g_ptr_array_add(got->volumes, g_strdup(reply->volume->name));
                g_hash_table_iter_init(&iter, reply->volume->labels);
                while (g_hash_table_iter_next(&iter, &key, &value))
                        g_hash_table_insert(got->volume_labels, g_strdup(key), g_strdup(value));
        }
}

static void take_descriptions(Got *got, const EngineReply *reply)
{
        if (reply->container != NULL)
                got->container = container_copy(reply->container);
        if (reply->image_info != NULL)
                got->text = g_strdup(reply->image_info->tags[0]);
        if (reply->info != NULL) {
                got->text = g_strdup_printf("%s %s %s", reply->info->api_version, reply->info->os,
                                            reply->info->bridge_gateway);
                got->number = reply->info->started_wall_ns;
                got->flag = reply->info->is_local;
        }
}

static void on_reply(const EngineReply *reply, gpointer user)
{
        Got *got = user;

        g_assert_false(got->is_final);
        got->n_open += reply->is_open;
        if (reply->error != NULL && !reply->is_final)
                got->n_lost++;
        if (reply->error != NULL && reply->is_final)
                got->error = g_error_copy(reply->error);
        if (reply->id != NULL)
                got->id = g_strdup(reply->id);
        if (reply->data != NULL)
                g_string_append_len(reply->is_stderr ? got->stderr_data : got->data, reply->data,
                                    (gssize) reply->size);
        if (reply->method != NULL)
                got->method = g_strdup(reply->method);
        if (reply->event != NULL)
                g_string_append_printf(got->events, "%s %s %d %s\n", reply->event->action,
                                       reply->event->id, reply->event->exit_code,
                                       reply->event->health);
        take_lists(got, reply);
        take_descriptions(got, reply);
        got->exit_code = reply->exit_code;
        got->was_created = reply->was_created;
        got->is_final = reply->is_final;
        got->final_us = g_get_monotonic_time();
}

static gboolean on_tick(gpointer user)
{
        return G_SOURCE_CONTINUE;
}

void turn(void)
{
        g_main_context_iteration(NULL, true);
}

Got *begin(const EngineRequest *request, EngineCall **ret_call)
{
        Got *got = g_new0(Got, 1);
        EngineCall *call;

        got->data = g_string_new(NULL);
        got->stderr_data = g_string_new(NULL);
        got->events = g_string_new(NULL);
        got->containers = g_ptr_array_new_with_free_func(g_free);
        got->volumes = g_ptr_array_new_with_free_func(g_free);
        got->networks = g_ptr_array_new_with_free_func(g_free);
        got->volume_labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        call = engine_send(engine, request, on_reply, got);
        if (ret_call != NULL)
                *ret_call = call;
        return got;
}

Got *ask(const EngineRequest *request)
{
        Got *got = begin(request, NULL);

        await(got->is_final);
        return got;
}

Got *must(const EngineRequest *request)
{
        Got *got = ask(request);

        if (got->error != NULL)
                g_test_message("%s: %s", engine_op_to_string(request->op), got->error->message);
        g_assert_no_error(got->error);
        return got;
}

char *own(const char *name)
{
        return g_strdup_printf("slipway-test-%d-%s", (int) getpid(), name);
}

Spec *shell_spec(const char *line)
{
        Spec *spec = spec_new();
        const char **cmd = arena_new0(spec->arena, const char *, 3);

        cmd[0] = "/bin/sh";
        cmd[1] = "-c";
        cmd[2] = arena_strdup(spec->arena, line);
        spec->image = TEST_IMAGE;
        spec->cmd = cmd;
        spec->n_cmd = 3;
        spec->has_cmd = true;
        return spec;
}

char *create(const char *name, const Spec *spec)
{
        const char *const labels[] = { own_label, "slipway-test.other=a=b", NULL };
        g_autofree char *full = own(name);
        EngineRequest request = {
                .op = ENGINE_CREATE, .name = full, .spec = spec, .labels = labels
        };
        g_autoptr(Got) got = must(&request);

        g_assert_nonnull(got->id);
        return g_steal_pointer(&got->id);
}

char *create_and_start(const char *name, const Spec *spec)
{
        char *id = create(name, spec);

        got_free(must(&(EngineRequest){ .op = ENGINE_START, .id = id }));
        return id;
}

static void on_raw(const HttpResult *result, gpointer user)
{
        json_t **ret = user;

        g_assert_no_error(result->error);
        *ret = json_loadb(result->body, result->body_size, 0, NULL);
        g_assert_nonnull(*ret);
}

json_t *raw(const char *path)
{
        g_autoptr(HttpClient) http = http_client_new(NULL);
        g_autofree char *url = g_strconcat("http://docker/v1.41", path, NULL);
        HttpRequest request = { .url = url, .unix_path = strchr(g_getenv("DOCKER_HOST"), '/') + 2 };
        json_t *json = NULL;

        http_send(http, &request, &(HttpHandlers){ .on_done = on_raw }, &json);
        await(json != NULL);
        return json;
}

void tidy(void)
{
        const char *const labels[] = { own_label, NULL };
        g_autoptr(Got) list = must(&(EngineRequest){ .op = ENGINE_LIST, .labels = labels });
        g_autoptr(Got) volumes = NULL, networks = NULL;

        for (guint i = 0; i < list->containers->len; i++)
                got_free(must(&(EngineRequest){ .op = ENGINE_REMOVE,
                                                .force = true,
                                                .volumes = true,
                                                .id = list->containers->pdata[i] }));
        volumes = must(&(EngineRequest){ .op = ENGINE_VOLUME_LIST, .labels = labels });
        for (guint i = 0; i < volumes->volumes->len; i++)
                got_free(must(&(EngineRequest){ .op = ENGINE_VOLUME_REMOVE,
                                                .name = volumes->volumes->pdata[i] }));
        networks = must(&(EngineRequest){ .op = ENGINE_NETWORK_LIST, .labels = labels });
        for (guint i = 0; i < networks->networks->len; i++)
                got_free(must(&(EngineRequest){ .op = ENGINE_NETWORK_REMOVE,
                                                .id = networks->networks->pdata[i] }));
}

const char *test_label(void)
{
        return own_label;
}

void begin_tests(Engine *of)
{
        engine = of;
        g_snprintf(own_label, sizeof own_label, "slipway-test=%d", (int) getpid());
        g_timeout_add(50, on_tick, NULL); /* so that await() looks at its clock */
}
