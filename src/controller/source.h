#pragma once

/*
 * Source: the files that describe an application, and what is kept of them
 *
 * A deployment keeps the text by which the same application can be read again when the
 * files are gone: of a native file its text, of a Compose project its effective document.
 */

#include "base/diag.h"
#include "controller/controller.h"
#include "format/format.h"

#define SOURCES_MAX 64 /* files that are merged into one application */

typedef struct Sources {
        FormatSource *items;
        size_t n;
        bool is_stored;     /* the text of a deployment, not files */
        bool is_brought_up; /* stored, and what configs and secrets hold is wanted, too: it is in
                             * files and variables, and is never stored */
} Sources;

/* Reads files, `-` from stdin. CONTROLLER_ERROR_FILE where one cannot be had. */
bool sources_read(Sources *sources, const char *const *files, GError **error);

/* Of a deployment: its text under the name of its file; both are copied */
void sources_take(Sources *sources, const char *file, const char *text);

void sources_clear(Sources *sources);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sources, sources_clear)

/* Whether one of them is a release for a Swarm */
bool sources_want_swarm(const Sources *sources);

/**
 * sources_parse() - the application that they describe
 * @options: `world` and, for stored text, `profiles` are filled in
 *
 * Return: (transfer full) the model, or NULL with CONTROLLER_ERROR_FILE; findings are in @diags
 */
Application *sources_parse(const Sources *sources, const FormatOptions *options, DiagList *diags,
                           GError **error);

/* (transfer full) the effective document of Compose files, or NULL like sources_parse() */
char *sources_effective(const Sources *sources, const FormatOptions *options, bool as_json,
                        DiagList *diags, GError **error);

/* What a deployment keeps; borrowed from one of the two. @app: NULL for a release, whose Compose
 * document is rendered anew each time */
const char *sources_text(const Sources *sources, const Application *app);
