/* Data: the volumes and directories with which a success counts, and who shares them */

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "controller/prepare-private.h"

/* ---- Early creation: who shares volumes with whom ---- */

static bool shares_mount(const Spec *a, const Spec *b)
{
        for (size_t i = 0; i < a->n_mounts; i++) {
                for (size_t j = 0; j < b->n_mounts; j++) {
                        if (a->mounts[i].type != MOUNT_TMPFS && a->mounts[i].source[0] != '\0' &&
                            a->mounts[i].type == b->mounts[j].type &&
                            strcmp(a->mounts[i].source, b->mounts[j].source) == 0)
                                return true;
                }
        }
        return false;
}

static bool shares_volume(const Workload *a, const Workload *b)
{
        if (a->fixed != NULL && b->fixed != NULL)
                return shares_mount(a->fixed, b->fixed);
        for (size_t i = 0; i < a->n_volumes; i++) {
                for (size_t j = 0; j < b->n_volumes; j++) {
                        const char *one = a->volumes[i].host_path.raw;
                        const char *two = b->volumes[j].host_path.raw;

                        if (g_strcmp0(one, two) == 0 || text_has_template(one) ||
                            text_has_template(two))
                                return true;
                }
        }
        return false;
}

bool *prepare_early_flags(const Application *app)
{
        bool *flags = g_new0(bool, app->n_workloads + 1);

        for (size_t i = 0; i < app->n_workloads; i++) {
                g_autofree bool *before = application_before(app, &app->workloads[i]);

                flags[i] = true;
                for (size_t j = 0; j < app->n_workloads; j++) {
                        if (before[j] && j != i &&
                            shares_volume(&app->workloads[i], &app->workloads[j]))
                                flags[i] = false;
                }
        }
        return flags;
}

/* ---- What a success counts with ---- */

static char *volume_id(Deploy *deploy, const char *name)
{
        const VolumeInfo *volume = g_hash_table_lookup(deploy->world->volumes, name);
        const char *id;

        if (volume == NULL)
                return g_strdup("new");
        id = volume->labels == NULL ? NULL : g_hash_table_lookup(volume->labels, LABEL_VOLUME);
        return g_strdup(id == NULL ? "-" : id);
}

static char *host_path_id(Deploy *deploy, const char *path)
{
        char *id;

        /* Elsewhere the engine makes what is missing, and nobody is told. */
        if (!deploy->world->info->shares_paths)
                return g_strdup("-");
        if (access(path, F_OK) != 0)
                return g_strdup("new");
        id = store_host_path_id(deploy->store, path, NULL);
        return id == NULL ? g_strdup("-") : id;
}

static void add_data(Deploy *deploy, GPtrArray *data, const Spec *spec)
{
        for (size_t i = 0; i < spec->n_mounts; i++) {
                const SpecMount *mount = &spec->mounts[i];
                g_autofree char *id = NULL;
                char *pair;

                if (mount->type == MOUNT_TMPFS || mount->source[0] == '\0')
                        continue;
                id = mount->type == MOUNT_VOLUME ? volume_id(deploy, mount->source)
                                                 : host_path_id(deploy, mount->source);
                pair = g_strdup_printf("%s=%s", mount->source, id);
                if (g_ptr_array_find_with_equal_func(data, pair, g_str_equal, NULL))
                        g_free(pair);
                else
                        g_ptr_array_add(data, pair);
        }
}

/* The image's own VOLUMEs belong to the data, too: a database in one is a database. */
void prepare_complete_spec(Deploy *deploy, unsigned workload)
{
        Item *item = &deploy->items[workload];
        ImageEntry *entry;

        if (item->rendered.spec == NULL)
                return;
        render_name_volumes(item->rendered.spec, deploy->name, &deploy->app->workloads[workload]);
        entry = prepare_image(deploy, item->rendered.spec->image);
        if (entry->state == IMAGE_HERE && entry->image->volumes != NULL)
                render_add_image_volumes(item->rendered.spec, deploy->name,
                                         &deploy->app->workloads[workload],
                                         (const char *const *) entry->image->volumes);
}

char **prepare_data(Deploy *deploy, unsigned workload)
{
        g_autofree bool *before = application_before(deploy->app,
                                                     &deploy->app->workloads[workload]);
        GPtrArray *data = g_ptr_array_new();

        before[workload] = true;
        for (size_t i = 0; i < deploy->app->n_workloads; i++) {
                if (before[i] && deploy->items[i].rendered.spec != NULL)
                        add_data(deploy, data, deploy->items[i].rendered.spec);
        }
        g_ptr_array_add(data, NULL);
        return (char **) g_ptr_array_free(data, false);
}

static bool pair_is(const char *pair, const char *name, size_t len)
{
        return strlen(pair) > len && strncmp(pair, name, len) == 0 && pair[len] == '=';
}

/* Why a recorded success does not count any longer, or NULL */
char *prepare_stale_reason(Deploy *deploy, unsigned workload, const RunRecord *run)
{
        g_auto(GStrv) now = prepare_data(deploy, workload);

        for (char **pair = now; *pair != NULL; pair++) {
                size_t len = strrchr(*pair, '=') - *pair;
                const char *then = NULL;

                for (char **old = run->volumes; old != NULL && *old != NULL; old++) {
                        if (pair_is(*old, *pair, len))
                                then = *old;
                }
                if (g_strcmp0(then, *pair) != 0)
                        return g_strdup_printf("its data is new: %.*s", (int) len, *pair);
        }
        return NULL;
}
