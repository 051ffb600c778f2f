#pragma once

/*
 * Settings: the effective values of an application's settings
 *
 * What the user set comes first, then what a command of the file made once, then the file's own
 * `value` and `default`, rendered; nothing is "". Values are computed when they are first asked
 * for: a template in one may ask for others, and a circle of them is a diagnostic. Secret values
 * are sealed in the store and masked in every text that goes through settings_mask().
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "model/application.h"
#include "store/store.h"

#define SETTINGS_MASK      "•••"
#define SETTINGS_MASK_MIN  8           /* characters: shorter secrets are not searched for */
#define SETTINGS_VALUE_MAX (1u << 20)  /* bytes of one value */
#define SETTINGS_DATA_MAX  (4u << 20)  /* bytes of a file, decoded */
#define SETTINGS_FILE_MAX  (16u << 20) /* bytes of a file with settings */
#define SETTINGS_MULTI_MAX 100         /* files of one setting with `multiple` */
#define SETTINGS_DEPTH_MAX 32          /* settings whose templates ask for one another */

typedef enum SettingsError {
        SETTINGS_ERROR_UNKNOWN, /* no such setting */
        SETTINGS_ERROR_LOCKED,  /* readonly, or write_once and set already */
        SETTINGS_ERROR_VALUE,   /* not a value of this type */
        SETTINGS_ERROR_SYNTAX,  /* of `NAME=VALUE` or a settings file */
        SETTINGS_ERROR_FAILED,
} SettingsError;

#define SETTINGS_ERROR (settings_error_quark())
GQuark settings_error_quark(void);

typedef struct Settings Settings;

/* What is known of a value */
typedef enum SettingsAnswer {
        SETTINGS_UNKNOWN, /* there is no such setting */
        SETTINGS_KNOWN,
        SETTINGS_NOT_YET, /* its template asks for what is not known yet; ask again later */
} SettingsAnswer;

typedef enum SettingsRendered {
        SETTINGS_RENDERED,
        SETTINGS_RENDER_FAILED,     /* *ret_message (transfer full) says why */
        SETTINGS_RENDER_UNRESOLVED, /* something that it asks for is not known yet */
} SettingsRendered;

/* How a container that was run for a test ended */
typedef struct TestEnd {
        bool is_not_yet; /* it was not run: something that it needs is not known yet */
        bool timed_out;
        int exit_code;
        char *output; /* of both streams; NULL where it was not run */
} TestEnd;

/* What settings need of their surroundings. Members may be NULL. */
typedef struct SettingsHost {
        gpointer user;

        /* Renders a template; `ConfigOption` in it is settings_get(), and @data (NULL: none) what it
         * reaches by `.Name`. Line and column of a failure are those within the text. NULL: text
         * with a template is a diagnostic. */
        SettingsRendered (*render)(gpointer user, Settings *settings, const char *name,
                                   const char *text, const json_t *data, GString *out,
                                   unsigned *ret_line, unsigned *ret_column, char **ret_message);

        /* Fetches a page, to its end: for `publicip`. NULL: there is no network. */
        bool (*fetch)(gpointer user, const char *url, int64_t timeout_us, long *ret_status,
                      char **ret_body, GError **error);

        /* Runs a `raw` command in a container, to its end; its output, or an error with what it wrote
         * to stderr. NULL: there is no engine. */
        char *(*run_raw)(gpointer user, const Command *command, GError **error);

        /* Runs a container for a test, to its end, with these settings. False where it could not be
         * run. NULL: there is no engine. */
        bool (*run_test)(gpointer user, Settings *settings, const Workload *workload,
                         int64_t timeout_s, TestEnd *ret_end, GError **error);

        /* Who is asked for this machine's public address, NULL-terminated; NULL: the usual ones */
        const char *const *public_ip_urls;

        /* Of this text's import: results of `default_cmd` are kept as long as it is the same (a hash
         * of the file's bytes). NULL: made anew each time. */
        const char *import_id;

        /* Nothing is written to the store: what commands make and what is set lasts as long as
         * these Settings (`plan`) */
        bool is_dry_run;
} SettingsHost;

/**
 * settings_load() - the settings of an application with their values
 * @app:   borrowed; must outlive the result, like @store and @host
 * @name:  the application's name in the store
 * @host:  NULL: no templates, no commands that need more than randomness
 * @diags: gets a finding for each value that cannot be made (bad template, circle, unknown
 *         command) and for each visible required setting without a value; NULL: computes
 *         nothing until it is asked for
 *
 * Return: (transfer full) the settings; NULL only where the store fails
 */
Settings *settings_load(const Application *app, Store *store, const char *name,
                        const SettingsHost *host, DiagList *diags, GError **error);
void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

/* The effective value; borrowed until the next change or settings_free(). Options of select_many
 * are settings with `0` or `1`; those of select_one are `1` where they are chosen. */
SettingsAnswer settings_get(Settings *settings, const char *name, const char **ret_value);

/* The decoded content of a file, with a NUL behind it; borrowed likewise */
SettingsAnswer settings_get_data(Settings *settings, const char *name, const char **ret_data,
                                 size_t *ret_size);

/* One of the files that a setting holds */
typedef struct SettingsFile {
        char *name; /* as it was given: without a directory, never "" */
        char *data;
        size_t size;
} SettingsFile;

/* (element-type SettingsFile) what the setting holds, a file each where there are several; (transfer
 * full), set where the answer is SETTINGS_KNOWN; empty where there is no file */
SettingsAnswer settings_get_files(Settings *settings, const char *name, GPtrArray **ret_files);

/* Computes all values anew and looks for findings. Where `--set` and imports come after
 * settings_load(), give that one no list, and this one when all is set. */
void settings_check(Settings *settings, DiagList *diags);

/* Whether the setting and its group are shown: their `when` holds */
bool settings_is_visible(Settings *settings, const char *name);

/* Password, file, or made by a command from randomness */
bool settings_is_secret(const Settings *settings, const char *name);

/* Whether the effective value is what the user set */
bool settings_is_user_set(Settings *settings, const char *name);

/* Where the effective value comes from: user, value_cmd, value, default_cmd, default, "" */
const char *settings_origin(Settings *settings, const char *name);

/* (transfer full) names of all settings in the order of the file, NULL-terminated */
const char **settings_names(Settings *settings);

/* ---- Masking ---- */

/* (element-type char *) secret values of SETTINGS_MASK_MIN characters or more, the longest first;
 * borrowed */
const GPtrArray *settings_secrets(Settings *settings);

/* One more text that is to be masked (a value drawn by a template, a registry's password) */
void settings_add_secret(Settings *settings, const char *text);

/* (transfer full) the text with every known secret replaced by SETTINGS_MASK */
char *settings_mask(Settings *settings, const char *text);

/* (transfer full) the same for all strings (not keys) within a JSON value */
json_t *settings_mask_json(Settings *settings, const json_t *value);

/* ---- Changing ---- */

/* A `--set`, read */
typedef struct SettingsArgument {
        char *name;
        char *value; /* `size` bytes and a NUL behind them */
        size_t size;
        char *file; /* the file's name without its directory, `-` for stdin; NULL: given directly */
} SettingsArgument;

void settings_argument_free(SettingsArgument *argument);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SettingsArgument, settings_argument_free)

/**
 * settings_argument_parse() - read one `--set`
 * @text:     `NAME=VALUE`, `NAME=@FILE`, or `NAME=-` for what comes from @stdin_fd;
 *            `NAME=\@x` and `NAME=\-` are literally `@x` and `-`
 * @stdin_fd: -1: `-` is refused (it was read already)
 */
SettingsArgument *settings_argument_parse(const char *text, int stdin_fd, GError **error);

/**
 * settings_set() - set a value as the user
 * @size: -1: up to the NUL
 * @file: where it was read from, as in SettingsArgument; NULL
 *
 * For a setting of type file the value is the content and @file its name; for others one line end
 * at the end of a file's content is dropped. "" and an empty file are the same as
 * settings_unset(). Durable when it returns true. Unknown names are refused with the one that was
 * probably meant.
 */
bool settings_set(Settings *settings, const char *name, const char *value, gssize size,
                  const char *file, GError **error);

/* Back to what the file says */
bool settings_unset(Settings *settings, const char *name, GError **error);

/**
 * settings_import() - take values from a settings file
 * @text:       `{"name": {"value": "…", "data": "base64", "multi_value": […], "multi_data": […]}}`
 * @ret_locked: (element-type char *) names that were left alone because they are locked; may be NULL
 *
 * All or nothing: one wrong name or value and no value changes.
 */
bool settings_import(Settings *settings, const char *text, size_t size, GPtrArray **ret_locked,
                     GError **error);

/* Changes that belong together. Members may be NULL. */
typedef struct SettingsChange {
        const SettingsArgument *const *set; /* NULL-terminated; a name that stands several times
                                             * sets all its values, where it takes several */
        const char *const *unset;           /* names, NULL-terminated */
        const char *import;                 /* text of a settings file, import_size bytes */
        size_t import_size;
} SettingsChange;

/**
 * settings_change() - unset, import and set, in this order, as one
 * @ret_changed: (element-type char *) names of the settings whose user's value is another now;
 *               may be NULL
 * @ret_locked:  as in settings_import(); may be NULL
 *
 * All or nothing. Not between store_begin() and store_commit(): it is such a group itself.
 */
bool settings_change(Settings *settings, const SettingsChange *change, GPtrArray **ret_changed,
                     GPtrArray **ret_locked, GError **error);

/* (transfer full) a settings file with every effective value; without secrets unless @reveal, so
 * that what is written can always be imported */
json_t *settings_export(Settings *settings, bool reveal);

/* (transfer full) for `config`: [{"name","type","group","value","origin","is_secret","is_default",
 * "is_visible","required","readonly","title"}], secrets masked unless @reveal */
json_t *settings_to_json(Settings *settings, bool reveal);

/* (transfer full) keyed hash of all effective values: changes whenever one does */
char *settings_hash(Settings *settings);
