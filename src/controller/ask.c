#include "controller/ask.h"

void answer_clear(Answer *answer)
{
        g_clear_pointer(&answer->id, g_free);
        g_clear_pointer(&answer->container, container_free);
        g_clear_pointer(&answer->containers, g_ptr_array_unref);
        g_clear_pointer(&answer->image, image_free);
        g_clear_pointer(&answer->volume, volume_info_free);
        g_clear_pointer(&answer->volumes, g_ptr_array_unref);
        g_clear_pointer(&answer->nodes, g_ptr_array_unref);
        g_clear_pointer(&answer->networks, g_ptr_array_unref);
        g_clear_pointer(&answer->info, engine_info_free);
}

typedef struct Asking {
        Answer *answer;
        GError *error;
        size_t *n_open;
} Asking;

typedef gpointer (*CopyFunc)(gconstpointer item);

static GPtrArray *copy_all(const GPtrArray *items, CopyFunc copy, GDestroyNotify free_item)
{
        GPtrArray *copies;

        if (items == NULL)
                return NULL;
        copies = g_ptr_array_new_with_free_func(free_item);
        for (guint i = 0; i < items->len; i++)
                g_ptr_array_add(copies, copy(items->pdata[i]));
        return copies;
}

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
        answer->containers = copy_all(reply->containers, (CopyFunc) container_copy,
                                      (GDestroyNotify) container_free);
        answer->volumes = copy_all(reply->volumes, (CopyFunc) volume_info_copy,
                                   (GDestroyNotify) volume_info_free);
        answer->networks = copy_all(reply->networks, (CopyFunc) network_info_copy,
                                    (GDestroyNotify) network_info_free);
        answer->nodes = copy_all(reply->nodes, (CopyFunc) node_info_copy,
                                 (GDestroyNotify) node_info_free);
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
