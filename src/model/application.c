#include "model/application.h"

#include <string.h>

#include "model/spec.h"

static bool lookup(const char *const *words, size_t n, const char *text, int *ret_i)
{
        for (size_t i = 0; i < n; i++) {
                if (strcmp(words[i], text) == 0) {
                        *ret_i = i;
                        return true;
                }
        }
        return false;
}

static const char *const event_types[] = {
#define X(name, text) text,
        EVENT_TYPES(X)
#undef X
};

const char *event_type_to_string(EventType type)
{
        return event_types[type];
}

bool event_type_from_string(const char *text, EventType *ret_type)
{
        int i;

        if (!lookup(event_types, G_N_ELEMENTS(event_types), text, &i))
                return false;
        *ret_type = (EventType) i;
        return true;
}

static const char *const setting_types[] = {
#define X(name, text) text,
        SETTING_TYPES(X)
#undef X
};

const char *setting_type_to_string(SettingType type)
{
        return setting_types[type];
}

bool setting_type_from_string(const char *text, SettingType *ret_type)
{
        int i;

        if (!lookup(setting_types, G_N_ELEMENTS(setting_types), text, &i))
                return false;
        *ret_type = (SettingType) i;
        return true;
}

const char *restart_policy_to_string(RestartPolicy policy)
{
        switch (policy) {
        case RESTART_NO:
                return "no";
        case RESTART_ALWAYS:
                return "always";
        case RESTART_ON_FAILURE:
                return "on-failure";
        case RESTART_UNLESS_STOPPED:
                return "unless-stopped";
        }
        g_assert_not_reached();
}

void application_free(Application *app)
{
        if (app == NULL)
                return;
        for (size_t i = 0; i < app->n_workloads; i++) {
                spec_free(app->workloads[i].fixed);
                if (app->workloads[i].build != NULL)
                        json_decref(app->workloads[i].build->options);
        }
        for (size_t i = 0; i < app->n_resources; i++)
                json_decref(app->resources[i].options);
        arena_free(app->release);
        arena_free(app->arena);
}

void application_take_settings(Application *app, const Application *from)
{
        app->groups = from->groups;
        app->n_groups = from->n_groups;
        app->commands = from->commands;
        app->n_commands = from->n_commands;
        app->properties = from->properties;
        app->ready = from->ready;
}

int application_find(const Application *app, const char *id)
{
        for (size_t i = 0; i < app->n_workloads; i++) {
                if (strcmp(app->workloads[i].id, id) == 0)
                        return i;
        }
        return -1;
}

int application_find_container(const Application *app, const char *component, const char *container)
{
        for (size_t i = 0; i < app->n_workloads; i++) {
                const Workload *workload = &app->workloads[i];

                if (strcmp(workload->component, component) == 0 &&
                    strcmp(workload->container, container) == 0)
                        return i;
        }
        return -1;
}

const Setting *application_find_setting(const Application *app, const char *name)
{
        for (size_t i = 0; i < app->n_groups; i++) {
                const SettingGroup *group = &app->groups[i];

                for (size_t j = 0; j < group->n_settings; j++) {
                        const Setting *setting = &group->settings[j];

                        if (strcmp(setting->name, name) == 0)
                                return setting;
                        for (size_t k = 0; k < setting->n_children; k++) {
                                if (strcmp(setting->children[k].name, name) == 0)
                                        return &setting->children[k];
                        }
                }
        }
        return NULL;
}

const Command *application_find_command(const Application *app, const char *name)
{
        for (size_t i = 0; i < app->n_commands; i++) {
                if (g_strcmp0(app->commands[i].name, name) == 0)
                        return &app->commands[i];
        }
        return NULL;
}

static void mark_before(const Application *app, const Workload *workload, bool *marks)
{
        for (size_t i = 0; i < workload->n_parents; i++) {
                unsigned parent = workload->parents[i].workload;

                if (!marks[parent]) {
                        marks[parent] = true;
                        mark_before(app, &app->workloads[parent], marks);
                }
        }
}

bool *application_before(const Application *app, const Workload *workload)
{
        bool *marks = g_new0(bool, app->n_workloads + 1);

        mark_before(app, workload, marks);
        return marks;
}

unsigned *application_levels(const Application *app, unsigned *ret_n)
{
        unsigned *levels = g_new0(unsigned, app->n_workloads + 1);
        unsigned n = 1;
        bool changed = true;

        /* A cycle would grow for ever: nothing is deeper than there are workloads. */
        for (size_t round = 0; changed && round < app->n_workloads; round++) {
                changed = false;
                for (size_t i = 0; i < app->n_workloads; i++) {
                        const Workload *workload = &app->workloads[i];

                        for (size_t j = 0; j < workload->n_parents; j++) {
                                unsigned parent = levels[workload->parents[j].workload];

                                if (levels[i] <= parent && parent + 1 < app->n_workloads) {
                                        levels[i] = parent + 1;
                                        changed = true;
                                }
                        }
                        n = MAX(n, levels[i] + 1);
                }
        }
        *ret_n = n;
        return levels;
}

unsigned application_instances(const Application *app, unsigned workload)
{
        unsigned n = 1;

        while (workload + n < app->n_workloads && app->workloads[workload + n].instance == n)
                n++;
        return n;
}
