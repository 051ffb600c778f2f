#pragma once

/*
 * Render, inside: one workload on its way to a spec
 *
 * render-field.c makes values of the texts of a file; render-native.c a spec of a native
 * workload; render-fixed.c completes a spec that the format has made. What goes wrong, or
 * is not known yet, is noted in the result, and the render goes on: one look at the result
 * at the end is enough.
 */

#include "controller/render.h"

typedef struct Render {
        Scene *scene;
        const Workload *workload;
        const json_t *records; /* what volatile calls gave before, or NULL */
        Spec *spec;            /* being made; values live in its arena */
        Rendered *out;
} Render;

void render_native(Render *render);
void render_native_image(Render *render); /* image, registry and always_pull only */

/* Puts the containers that it joins into a spec that is complete but for them */
void render_fixed(Render *render);

/* ---- render-field.c: @field is its name for people, and in the records ---- */

/* Notes a mistake at a place of the file; of several the first counts */
void field_fail(Render *render, const SourcePos *pos, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* "" where the file says nothing */
const char *field_text(Render *render, const Text *in, const char *field);
const char *field_text_at(Render *render, const Text *in, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

/* @drop_empty: what renders empty is no item of the list */
const char *const *field_texts(Render *render, const TextList *in, const char *field,
                               bool drop_empty, size_t *ret_n);

/* Text that renders empty counts as the default; what is no boolean, too, with a warning */
bool field_boolean(Render *render, const Text *in, const char *field, bool fallback);

/* The `when` of the i-th item of a list */
bool field_when(Render *render, const Text *in, const char *list, size_t i);

/* A whole number; 0 where the file says nothing */
int64_t field_number(Render *render, const Text *in, const char *field, int64_t min, int64_t max);

/* Bytes, with the suffixes b k m g that older files have; 0 where the file says nothing, or -1 */
int64_t field_size(Render *render, const Text *in, const char *field);

/* An octal mode of a file; 0 where the file says nothing */
unsigned field_mode(Render *render, const Text *in, const char *field);

/* A numeric user; -1 where the file says nothing */
int64_t field_owner(Render *render, const Text *in, const char *field);
