#pragma once

/*
 * Format: a document → the model
 *
 * The one door through which files come in. Every mistake is a diagnostic with file, line and
 * column, all mistakes of a file at once. Behind it nobody asks which format it was.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/diag.h"
#include "model/application.h"

typedef struct TemplateFunctions TemplateFunctions;

/* What the model is wanted for: findings have a severity for each (decision 24) */
typedef enum FormatPurpose {
        FORMAT_LINT, /* an error only where the reference validator rejects */
        FORMAT_UP,   /* also an error where what would run is not what was meant */
} FormatPurpose;

/* What the application is to run on */
typedef enum FormatTarget {
        FORMAT_HOST,  /* one Docker host: a replica is a workload */
        FORMAT_SWARM, /* a workload is a service with its replicas */
} FormatTarget;

/* The world around a Compose file: other files, the environment. NULL members: there is nothing. */
typedef struct FormatWorld {
        /* False with a sentence where it cannot be read; @path is absolute */
        bool (*read_file)(const char *path, char **ret_text, gsize *ret_size, GError **error,
                          gpointer user);
        const char *(*environment)(const char *name, gpointer user); /* NULL: not set */
        gpointer user;
} FormatWorld;

typedef struct FormatOptions {
        FormatPurpose purpose;
        bool is_strict; /* warnings are errors */
        /* The functions that templates may call; NULL: the names of all that the format knows */
        const TemplateFunctions *functions;

        /* Compose; all may be left out */
        FormatTarget target;
        const FormatWorld *world;
        const char *project;          /* --app: the project's name; NULL: its rules */
        const char *working_dir;      /* absolute; NULL: the folder of the first file */
        const char *const *profiles;  /* active, NULL-terminated; NULL: COMPOSE_PROFILES */
        const char *const *env_files; /* instead of `.env`, NULL-terminated; NULL: that */
        /* Of a release only the native document: its settings, and no workloads */
        bool settings_only;
        /* Renders the templates in a release file's Compose document before it is parsed; NULL:
         * they are left as they are. (transfer full), NULL with a sentence in *ret_error */
        char *(*render)(const char *text, gpointer user, char **ret_error);
        gpointer render_user;
} FormatOptions;

/* A file, read; everything is borrowed */
typedef struct FormatSource {
        const char *file; /* as the user gave it, for messages */
        const char *text;
        size_t size;
        unsigned first_line; /* of the text in the file, for positions; 0: it is the whole file */
} FormatSource;

/**
 * format_read() - read an application file, native or Compose
 * @file:    as the user gave it, for messages; copied
 * @text:    the file's bytes; borrowed for the call
 * @options: NULL: lint
 * @diags:   all findings, sorted by place
 *
 * Return: (transfer full) the application, or NULL where there are errors for the purpose
 */
Application *format_read(const char *file, const char *text, size_t size,
                         const FormatOptions *options, DiagList *diags);

/* The same for several Compose files, merged in this order, or one file of any format */
Application *format_read_all(const FormatSource *sources, size_t n, const FormatOptions *options,
                             DiagList *diags);

/* Whether it is a Compose file: `services` and nothing of a native document's beginning, or a release
 * file with a `scheduler-swarm` document. Of what is not YAML: false. */
bool format_is_compose(const char *text, size_t size);

/* Whether it is a release file with a `scheduler-swarm` document: made for a Swarm */
bool format_wants_swarm(const char *text, size_t size);

/* (transfer full) the effective document of Compose files, as YAML or as JSON; NULL where there are
 * errors */
char *format_effective(const FormatSource *sources, size_t n, const FormatOptions *options,
                       bool as_json, DiagList *diags);

/* A kind of finding: what `slipway lint --list` shows */
typedef struct FormatFinding {
        const char *name;
        DiagSeverity lint, up;
        const char *help; /* one line */
        bool is_compose;  /* found only in Compose files */
} FormatFinding;

const FormatFinding *format_findings(size_t *ret_n);
const FormatFinding *format_finding(const char *name);

/**
 * format_explain() - what a key means
 * @path: `containers.publish_events`, `components[0].containers[0].ports`, `ephemeral`; from the
 *        root or from any kind of object; "" is the root
 *
 * Return: (transfer full) text for a terminal, or NULL where there is no such key, with a guess
 * in *ret_suggestion (static; NULL where none is near)
 */
char *format_explain(const char *path, const char **ret_suggestion);

/* (transfer full) the reference page of the native format, Markdown */
char *format_reference(void);

/* The start graph */
typedef enum FormatGraph {
        FORMAT_GRAPH_TEXT,
        FORMAT_GRAPH_DOT,
        FORMAT_GRAPH_MERMAID,
} FormatGraph;

bool format_graph_from_string(const char *text, FormatGraph *ret_how);
char *format_graph(const Application *app, FormatGraph how); /* (transfer full) */

/* (transfer full) the findings as a SARIF 2.1.0 log, for editors and CI */
json_t *format_sarif(DiagList *diags);
