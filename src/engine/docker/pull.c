#include "engine/docker/pull.h"

#include <string.h>

#include "base/json.h"
#include "engine/docker/internal.h"

char *pull_path(const char *image)
{
        const char *digest = strchr(image, '@');
        const char *slash = strrchr(image, '/');
        const char *colon = strchr(slash != NULL ? slash : image, ':');
        const char *tag = digest != NULL ? digest + 1 : colon != NULL ? colon + 1 : "latest";
        const char *end = digest != NULL ? digest : colon;
        g_autofree char *name = end != NULL ? g_strndup(image, (gsize) (end - image))
                                            : g_strdup(image);
        g_autofree char *safe_name = docker_escape(name);
        g_autofree char *safe_tag = docker_escape(tag);

        return g_strdup_printf("/images/create?fromImage=%s&tag=%s", safe_name, safe_tag);
}

typedef struct Layer {
        int64_t current, total; /* bytes; total 0: not known */
        bool is_done;
} Layer;

struct PullProgress {
        GHashTable *layers; /* char * → Layer * */
        char *status;       /* the last word about the image as a whole */
};

PullProgress *pull_progress_new(void)
{
        PullProgress *progress = g_new0(PullProgress, 1);

        progress->layers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        progress->status = g_strdup("");
        return progress;
}

void pull_progress_free(PullProgress *progress)
{
        if (progress == NULL)
                return;
        g_hash_table_unref(progress->layers);
        g_free(progress->status);
        g_free(progress);
}

static void add_to_layer(Layer *layer, const char *status, const json_t *item)
{
        if (g_str_equal(status, "Downloading")) {
                layer->total = CLAMP(json_int_at(item, "progressDetail.total", 0), 0,
                                     G_MAXINT32 * (int64_t) 1024);
                layer->current = CLAMP(json_int_at(item, "progressDetail.current", 0), 0,
                                       layer->total);
        } else if (g_str_equal(status, "Download complete") || g_str_equal(status, "Extracting")) {
                layer->current = layer->total;
        } else if (g_str_equal(status, "Pull complete") || g_str_equal(status, "Already exists")) {
                layer->current = layer->total;
                layer->is_done = true;
        }
}

bool pull_progress_add(PullProgress *progress, const json_t *item)
{
        const char *status = json_string_at(item, "status", "");
        const char *id = json_string_at(item, "id", "");
        Layer *layer = g_hash_table_lookup(progress->layers, id);

        if (status[0] == '\0')
                return false;
        /* "Pulling from library/postgres" has the tag as its id */
        if (id[0] == '\0' || g_str_has_prefix(status, "Pulling from")) {
                g_free(progress->status);
                progress->status = g_strndup(status, DOCKER_WORDS_MAX);
                return true;
        }
        if (layer == NULL) {
                if (g_hash_table_size(progress->layers) == DOCKER_PULL_LAYERS_MAX)
                        return false;
                layer = g_new0(Layer, 1);
                g_hash_table_insert(progress->layers, g_strdup(id), layer);
        }
        add_to_layer(layer, status, item);
        return true;
}

char *pull_progress_text(const PullProgress *progress, int *ret_percent)
{
        GHashTableIter iter;
        gpointer value;
        int64_t current = 0, total = 0;
        guint n_done = 0, n = g_hash_table_size(progress->layers);

        g_hash_table_iter_init(&iter, progress->layers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Layer *layer = value;

                current += layer->current;
                total += layer->total;
                n_done += layer->is_done;
        }
        *ret_percent = total > 0 ? (int) (100.0 * (double) current / (double) total) : -1;
        if (n == 0)
                return g_strdup(progress->status);
        if (total == 0)
                return g_strdup_printf("%u of %u layers", n_done, n);
        return g_strdup_printf("%u of %u layers, %d %%", n_done, n, *ret_percent);
}
