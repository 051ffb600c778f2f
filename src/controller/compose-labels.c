#include "controller/compose-labels.h"

#include <string.h>

#define MADE_BY "slipway " SLIPWAY_VERSION

static void add(GPtrArray *labels, const char *key, const char *value)
{
        g_ptr_array_add(labels, g_strdup_printf("com.docker.compose.%s=%s", key, value));
}

/* The service of `app`, of its replica `app@2` and of its step `app/pre_start[0]` */
static char *service_of(const Workload *workload)
{
        return g_strndup(workload->id, strcspn(workload->id, "/@"));
}

static const char *condition_of(EventType type)
{
        switch (type) {
        case EVENT_HEALTHY:
                return "service_healthy";
        case EVENT_CONTAINER_STOP:
                return "service_completed_successfully";
        case EVENT_CONTAINER_START:
        case EVENT_PORT_LISTEN:
        case EVENT_EXEC:
                return "service_started";
        }
        return "service_started";
}

static bool restarts_with(const Workload *workload, const char *service)
{
        for (size_t i = 0; workload->fixed != NULL && i < workload->fixed->n_follows; i++) {
                if (strcmp(workload->fixed->follows[i], service) == 0)
                        return true;
        }
        return false;
}

/* "db:service_healthy:false,migrate:service_completed_successfully:false": the last word is
 * whether it restarts with the other */
static char *depends_on(const Application *app, unsigned index)
{
        const Workload *workload = &app->workloads[index];
        g_autofree char *own = service_of(workload);
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GString *text = g_string_new(NULL);

        g_hash_table_add(seen, g_strdup(own));
        for (size_t i = 0; i < workload->n_parents; i++) {
                const Parent *parent = &workload->parents[i];
                const Workload *publisher = &app->workloads[parent->workload];
                g_autofree char *service = service_of(publisher);

                if (parent->is_implied || !g_hash_table_add(seen, g_strdup(service)))
                        continue;
                g_string_append_printf(
                        text, "%s%s:%s:%s", text->len > 0 ? "," : "", service,
                        condition_of(publisher->publications[parent->publication].type),
                        restarts_with(workload, service) ? "true" : "false");
        }
        return g_string_free(text, false);
}

void compose_labels_container(GPtrArray *labels, const Application *app, const char *project,
                              unsigned workload, const char *spec_hash, const char *image_id)
{
        const Workload *model = &app->workloads[workload];
        g_autofree char *service = service_of(model), *after = depends_on(app, workload);
        g_autofree char *number = g_strdup_printf("%u", model->instance + 1);
        g_autofree char *files = app->files == NULL ? g_strdup("")
                                                    : g_strjoinv(",", (char **) app->files);

        add(labels, "project", project);
        add(labels, "service", service);
        add(labels, "container-number", number);
        /* A step before the service is none of its replicas. */
        add(labels, "oneoff", strchr(model->id, '/') == NULL ? "False" : "True");
        add(labels, "config-hash", spec_hash);
        add(labels, "image", image_id);
        add(labels, "depends_on", after);
        add(labels, "project.working_dir", app->working_dir == NULL ? "" : app->working_dir);
        add(labels, "project.config_files", files);
        add(labels, "version", MADE_BY);
}

void compose_labels_resource(GPtrArray *labels, const char *project, const Resource *resource)
{
        add(labels, "project", project);
        add(labels, resource->kind == RESOURCE_NETWORK ? "network" : "volume", resource->key);
        add(labels, "version", MADE_BY);
}
