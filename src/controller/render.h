#pragma once

/*
 * Render: a workload → the spec that the engine gets, and the text that identifies it
 *
 * Two renders (decision 1). The engine render fills everything in; services are compared
 * by it. The identity render leaves what differs from try to try as its call text; the
 * run key is made from it.
 */

#include <jansson.h>

#include "controller/scene.h"
#include "model/spec.h"

typedef struct Rendered {
        Spec *spec;       /* NULL where there is an error or it is deferred */
        bool is_off;      /* `when` */
        bool is_deferred; /* something is not known yet */
        char *error;      /* file:line:col: sentence; NULL */
        json_t *records;  /* what volatile calls gave, per field; to be kept with the container */
        char *warning;    /* NULL */
} Rendered;

void rendered_clear(Rendered *rendered);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rendered, rendered_clear)

/**
 * render_workload() - the engine render
 * @records: what volatile calls of this workload gave before, or NULL
 */
void render_workload(Scene *scene, const Workload *workload, const json_t *records,
                     Rendered *ret_rendered);

/**
 * render_dynamic_image() - the image of a container that is off, or may be when its turn comes, but
 * is `dynamic`: it is pulled
 *
 * Of the spec only image, registry and always_pull are there; it is NULL where nothing is to be
 * pulled now.
 */
void render_dynamic_image(Scene *scene, const Workload *workload, Rendered *ret_rendered);

/* (transfer full) canonical text of everything that makes two runs of it the same, or NULL with
 * a sentence in *ret_error */
char *render_identity(Scene *scene, const Workload *workload, char **ret_error);

/* (transfer full) the image as its source names it, for registry_resolve() */
char *render_source_reference(const Workload *workload, const Spec *spec);

/* Renders one text of the application (a ready check's argument); NULL with a sentence in
 * *ret_error */
char *render_text(Scene *scene, const Text *text, char **ret_error);

/* Names the volumes of a service that the document leaves without a name, as ours */
void render_name_volumes(Spec *spec, const char *app, const Workload *workload);

/* VOLUME paths of a service's image without a mount become named volumes of ours (decision 9) */
void render_add_image_volumes(Spec *spec, const char *app, const Workload *workload,
                              const char *const *paths);

/* (transfer full) the keyed-hash input: the spec, without the fields changed in place unless
 * @is_whole */
char *render_comparable(const Spec *spec, bool is_whole);
