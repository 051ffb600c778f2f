#pragma once

/*
 * Registries: where images of a named source come from
 *
 * A file says `source: NAME`; this installation says which host that is and who we are there.
 * Credentials are sealed in the store. For hosts without any here, the engine's own credential
 * file is read (plain `auths` only).
 */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

#define REGISTRY_PUBLIC     "public"   /* the engine's default registry; cannot be redefined */
#define REGISTRY_NAME_MAX   128        /* bytes, of names and hosts */
#define REGISTRY_CONFIG_MAX (1u << 20) /* bytes of a credential file */

typedef enum RegistryError {
        REGISTRY_ERROR_VALUE,   /* not a name, not a host */
        REGISTRY_ERROR_UNKNOWN, /* no such registry */
} RegistryError;

#define REGISTRY_ERROR (registry_error_quark())
GQuark registry_error_quark(void);

/**
 * registry_add() - say where a source is, or change it
 * @name:     as in `source: NAME`
 * @host:     `host`, `host:port` or with a path; `https://` in front is dropped
 * @user:     NULL or "": without credentials
 * @password: of that user, or a token
 */
bool registry_add(Store *store, const char *name, const char *host, const char *user,
                  const char *password, GError **error);
bool registry_remove(Store *store, const char *name, GError **error);

/* (transfer full) [{"name","host","user","has_password"}] by name, without passwords; NULL on failure */
json_t *registry_list(Store *store, GError **error);

/* What is to be asked of the engine for an image */
typedef struct RegistryImage {
        char *reference;  /* the image's name with the host of its source */
        bool is_pullable; /* false: its source has no host here; only a local image will do */
        char *auth;       /* X-Registry-Auth, base64url; NULL: none */
        char *note; /* for people, when a pull is denied: why there are no credentials; NULL */
} RegistryImage;

void registry_image_clear(RegistryImage *image);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RegistryImage, registry_image_clear)

/**
 * registry_resolve() - where an image comes from, and with what credentials
 * @source: of the workload; NULL and "" are `public`
 * @image:  name and perhaps tag, as the file has it
 *
 * Only `public` goes to the engine's default registry: another source without a host here never
 * gets a stranger's image of the same name.
 */
bool registry_resolve(Store *store, const char *source, const char *image, RegistryImage *ret_image,
                      GError **error);

/* With what credentials an image is pulled, as registry_resolve() has it; (transfer full) NULL for
 * none */
char *registry_auth(Store *store, const char *source, const char *image);

/* (transfer full) texts that must be masked: every password; NULL on failure */
GPtrArray *registry_secrets(Store *store, GError **error);
