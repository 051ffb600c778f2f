#include "controller/ask.h"

Image *image_copy(const Image *image)
{
        Image *copy = g_new0(Image, 1);

        copy->id = g_strdup(image->id);
        copy->tags = g_strdupv(image->tags);
        copy->digests = g_strdupv(image->digests);
        copy->volumes = g_strdupv(image->volumes);
        copy->exposed = g_strdupv(image->exposed);
        return copy;
}

void image_free(Image *image)
{
        if (image == NULL)
                return;
        g_free(image->id);
        g_strfreev(image->tags);
        g_strfreev(image->digests);
        g_strfreev(image->volumes);
        g_strfreev(image->exposed);
        g_free(image);
}

VolumeInfo *volume_info_copy(const VolumeInfo *volume)
{
        VolumeInfo *copy = g_new0(VolumeInfo, 1);
        GHashTableIter iter;
        gpointer key, value;

        copy->name = g_strdup(volume->name);
        copy->driver = g_strdup(volume->driver);
        copy->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_iter_init(&iter, volume->labels);
        while (g_hash_table_iter_next(&iter, &key, &value))
                g_hash_table_insert(copy->labels, g_strdup(key), g_strdup(value));
        return copy;
}

void volume_info_free(VolumeInfo *volume)
{
        if (volume == NULL)
                return;
        g_free(volume->name);
        g_free(volume->driver);
        g_clear_pointer(&volume->labels, g_hash_table_unref);
        g_free(volume);
}

EngineInfo *engine_info_copy(const EngineInfo *info)
{
        EngineInfo *copy = g_memdup2(info, sizeof *info);

        copy->version = g_strdup(info->version);
        copy->api_version = g_strdup(info->api_version);
        copy->id = g_strdup(info->id);
        copy->os = g_strdup(info->os);
        copy->architecture = g_strdup(info->architecture);
        copy->kernel = g_strdup(info->kernel);
        copy->root_dir = g_strdup(info->root_dir);
        copy->bridge_gateway = g_strdup(info->bridge_gateway);
        return copy;
}

void engine_info_free(EngineInfo *info)
{
        if (info == NULL)
                return;
        g_free(info->version);
        g_free(info->api_version);
        g_free(info->id);
        g_free(info->os);
        g_free(info->architecture);
        g_free(info->kernel);
        g_free(info->root_dir);
        g_free(info->bridge_gateway);
        g_free(info);
}

void answer_clear(Answer *answer)
{
        g_clear_pointer(&answer->id, g_free);
        g_clear_pointer(&answer->container, container_free);
        g_clear_pointer(&answer->containers, g_ptr_array_unref);
        g_clear_pointer(&answer->image, image_free);
        g_clear_pointer(&answer->volume, volume_info_free);
        g_clear_pointer(&answer->volumes, g_ptr_array_unref);
        g_clear_pointer(&answer->info, engine_info_free);
}

typedef struct Asking {
        Answer *answer;
        GError *error;
        size_t *n_open;
} Asking;

static void keep(Answer *answer, const EngineReply *reply)
{
        answer_clear(answer);
        answer->id = g_strdup(reply->id);
        answer->exit_code = reply->exit_code;
        answer->was_created = reply->was_created;
        if (reply->container != NULL)
                answer->container = container_copy(reply->container);
        if (reply->image_info != NULL)
                answer->image = image_copy(reply->image_info);
        if (reply->volume != NULL)
                answer->volume = volume_info_copy(reply->volume);
        if (reply->info != NULL)
                answer->info = engine_info_copy(reply->info);
        if (reply->containers != NULL) {
                answer->containers = g_ptr_array_new_with_free_func(
                        (GDestroyNotify) container_free);
                for (guint i = 0; i < reply->containers->len; i++)
                        g_ptr_array_add(answer->containers,
                                        container_copy(reply->containers->pdata[i]));
        }
        if (reply->volumes != NULL) {
                answer->volumes = g_ptr_array_new_with_free_func((GDestroyNotify) volume_info_free);
                for (guint i = 0; i < reply->volumes->len; i++)
                        g_ptr_array_add(answer->volumes,
                                        volume_info_copy(reply->volumes->pdata[i]));
        }
}

static void on_reply(const EngineReply *reply, gpointer user)
{
        Asking *asking = user;

        if (!reply->is_final)
                return;
        --*asking->n_open;
        if (reply->error != NULL)
                asking->error = g_error_copy(reply->error);
        else if (asking->answer != NULL)
                keep(asking->answer, reply);
}

bool engine_ask_all(Engine *engine, const EngineRequest *requests, Answer *answers, size_t n,
                    GError **error)
{
        g_autofree Asking *askings = g_new0(Asking, n);
        size_t n_open = n;
        GError *first = NULL;

        for (size_t i = 0; i < n; i++) {
                askings[i] = (Asking){ answers == NULL ? NULL : &answers[i], NULL, &n_open };
                engine_send(engine, &requests[i], on_reply, &askings[i]);
        }
        while (n_open > 0)
                g_main_context_iteration(NULL, true);
        for (size_t i = 0; i < n; i++) {
                if (first == NULL)
                        first = askings[i].error;
                else
                        g_clear_error(&askings[i].error);
        }
        if (first == NULL)
                return true;
        g_propagate_error(error, first);
        return false;
}

bool engine_ask(Engine *engine, const EngineRequest *request, Answer *answer, GError **error)
{
        return engine_ask_all(engine, request, answer, 1, error);
}
