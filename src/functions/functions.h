#pragma once

/*
 * Functions: what templates may ask of the application and its surroundings
 *
 * The application's functions (`ConfigOption`, `NodePrivateIPAddress`, ...) and those of Sprig's
 * that need a clock, randomness or keys. They answer from a provider: the controller has one over
 * live data, context-file.h one over a JSON file. A provider's answer may be "not known yet": the
 * render then ends with TEMPLATE_ERROR_UNRESOLVED, to be tried again when more is known.
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "template/template.h"

typedef enum FunctionAnswer {
        FUNCTION_KNOWN,   /* the answer was given */
        FUNCTION_NONE,    /* there is no such thing: templates get empty text */
        FUNCTION_NOT_YET, /* there will be: the container is not up yet */
} FunctionAnswer;

typedef enum FunctionAddress {
        FUNCTION_ADDRESS_PRIVATE,
        FUNCTION_ADDRESS_PUBLIC,
        FUNCTION_ADDRESS_DOCKER, /* of the bridge; this node only */
} FunctionAddress;

/* Names for what a Swarm knows about itself */
typedef enum FunctionSwarm {
        FUNCTION_SWARM_NAMESPACE,
        FUNCTION_SWARM_INGRESS_ADDRESS,
        FUNCTION_SWARM_PREMKIT_ADDRESS,
        FUNCTION_SWARM_PREMKIT_NETWORK,
        FUNCTION_SWARM_STATSD_ADDRESS,
        FUNCTION_SWARM_STATSD_NETWORK,
} FunctionSwarm;

typedef struct FunctionRelease {
        int64_t version;         /* sequence of the release being rendered */
        int64_t version_first;   /* first installed */
        int64_t version_current; /* now installed */
} FunctionRelease;

/*
 * Where the functions get their answers. Any member may be NULL: nothing of that sort is known.
 * Text is appended to a GString that is empty; lists to a GPtrArray that owns (g_free) its strings.
 */
typedef struct FunctionProvider {
        void *user; /* handed to each of them */

        /* Settings: the effective value of an item; FUNCTION_NONE where there is no such item */
        FunctionAnswer (*config_option)(void *user, const char *name, GString *ret);
        /* The decoded content of a file item */
        FunctionAnswer (*config_option_data)(void *user, const char *name, GString *ret);

        /* Addresses of the nodes that run a container, an entry for each instance, in a stable order;
         * and the host ports bound to a private port, in the same order */
        FunctionAnswer (*node_addresses)(void *user, const char *component, const char *image,
                                         FunctionAddress which, GPtrArray *ret);
        FunctionAnswer (*exposed_ports)(void *user, const char *component, const char *image,
                                        const char *private_port, GPtrArray *ret);
        FunctionAnswer (*this_node_address)(void *user, FunctionAddress which, GString *ret);
        FunctionAnswer (*this_node_interface)(void *user, const char *interface, GString *ret);

        FunctionAnswer (*license_field)(void *user, const char *name, GString *ret);
        FunctionAnswer (*license_property)(void *user, const char *name, GString *ret);
        FunctionAnswer (*app_id)(void *user, GString *ret);
        FunctionAnswer (*app_setting)(void *user, const char *key, GString *ret);
        FunctionAnswer (*release)(void *user, FunctionRelease *ret);
        FunctionAnswer (*console_setting)(void *user, const char *name, GString *ret);
        FunctionAnswer (*swarm)(void *user, FunctionSwarm what, GString *ret);
        /* JSON, borrowed: the directory's settings by key; the engine's description */
        const json_t *(*ldap)(void *user);
        const json_t *(*docker_info)(void *user);
        bool (*run_offline)(void *user);

        /* NULL: the system's clock (since 1970, in nanoseconds) and the system's randomness */
        int64_t (*now_ns)(void *user);
        void (*random_bytes)(void *user, void *ret, size_t size);
} FunctionProvider;

/* The tables of this folder */
extern const TemplateFunction functions_app[];
extern const TemplateFunction functions_clock[];
extern const TemplateFunction functions_crypto[];

/* All functions that a template may call, of this folder and the pure ones; made once */
const TemplateFunctions *functions_all(void);

/**
 * functions_context() - a context whose functions answer from a provider
 * @provider: borrowed; must live as long as the context is used
 */
TemplateContext functions_context(const FunctionProvider *provider);

/* Parse and render a text with all functions; text without an action is copied at once */
bool functions_render(const char *name, const char *text, const FunctionProvider *provider,
                      GString *out, TemplateError *ret_error);

/**
 * functions_render_identity() - the text that says what a value is, whenever it is rendered
 *
 * Settings are filled in; calls for addresses, ports, clock, randomness, generated keys and
 * release numbers stay as their call text with its arguments evaluated
 * (`NodePrivateIPAddress "db" "postgres"`). Where a template computes with such an answer, so that
 * text cannot stand in for it, the result is the template's source, followed by every setting that
 * it names. The same file with the same settings gives the same text, and other settings another.
 *
 * Return: false where the text does not parse
 */
bool functions_render_identity(const char *name, const char *text, const FunctionProvider *provider,
                               GString *out, TemplateError *ret_error);

/*
 * Recorded values of volatile calls: a table from call text to value, kept with the container that
 * was made with them, so that a second render of the same text gives the same value.
 */
typedef struct FunctionRecord FunctionRecord;

FunctionRecord *function_record_new(void);
void function_record_free(FunctionRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FunctionRecord, function_record_free)

/* (transfer full) as JSON, and back; NULL where it is none of ours */
json_t *function_record_to_json(const FunctionRecord *record);
FunctionRecord *function_record_from_json(const json_t *json);

/**
 * functions_render_recorded() - render, and keep what volatile calls gave
 * @record: read and added to. The n-th call with the same text takes the n-th recorded value; only
 *          what is not there yet is called. Texts that are no longer asked for are dropped.
 */
bool functions_render_recorded(const char *name, const char *text, const FunctionProvider *provider,
                               FunctionRecord *record, GString *out, TemplateError *ret_error);

/* A JSON value as templates see it: integers are int, arrays lists of any; in the arena */
Value functions_value_from_json(Arena *arena, const json_t *json);
/* An array of texts as a list of texts */
Value functions_strings_from_json(Arena *arena, const json_t *json);
