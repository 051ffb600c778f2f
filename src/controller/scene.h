#pragma once

/*
 * Scene: what an application's templates can ask about
 *
 * The live side of the template functions: settings, the node's address, and the ports
 * of the containers that are up. What is not known yet is said so, and the render is
 * tried again later.
 */

#include "controller/settings.h"
#include "engine/engine.h"
#include "functions/functions.h"
#include "model/application.h"

typedef struct Scene {
        const Application *app; /* borrowed */
        char *name;             /* of the application */
        Settings *settings;     /* borrowed; may be NULL */
        Store *store;           /* borrowed: where sources are; NULL: nobody knows */
        Engine *engine;         /* borrowed: where `raw` commands run; NULL: nowhere */
        char *import_id;        /* of the file's text */
        char **public_ip_urls;  /* who is asked for the public address; NULL: the usual */
        char *node_address;     /* NULL: not known */
        char *bridge_address;
        int64_t deployment;
        bool is_swarm;        /* a workload is a service of a Swarm */
        Container **up;       /* per workload: as inspected since it runs, or NULL; owned */
        bool has_asked_clock; /* set when a render has asked what time it is */
        FunctionProvider provider;
} Scene;

/* Of an application, borrowed as long as the scene lives; @name is copied. Nothing is up, and what may
 * be NULL is. */
Scene *scene_new(const Application *app, const char *name);
void scene_free(Scene *scene);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scene, scene_free)

/* The same application, read with the settings that this scene has */
void scene_set_application(Scene *scene, const Application *app);

/* The container by which the workload is up now; copied; NULL: it is not up */
void scene_set_up(Scene *scene, unsigned workload, const Container *container);

/* What settings need of their surroundings, answered by this scene; @text is the file's */
void scene_host_settings(Scene *scene, const char *text, SettingsHost *ret_host);
