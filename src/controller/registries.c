#include "controller/registries.h"

#include <string.h>

#include "base/json.h"
#include "crypto/secret.h"

/* Where they stand in the store; no application has such a name */
#define REGISTRIES_APP "@registries"
#define ORIGIN         "user"

#define DEFAULT_HOST "docker.io"

G_DEFINE_QUARK(slipway - registry - error - quark, registry_error)

void registry_image_clear(RegistryImage *image)
{
        g_clear_pointer(&image->reference, g_free);
        secret_text_free(g_steal_pointer(&image->auth));
        g_clear_pointer(&image->note, g_free);
}

/* ---- The list ---- */

static bool has_only(const char *text, const char *more)
{
        size_t n = 0;

        for (; text[n] != '\0'; n++) {
                if (!g_ascii_isalnum(text[n]) && strchr(more, text[n]) == NULL)
                        return false;
        }
        return n > 0 && n <= REGISTRY_NAME_MAX;
}

static bool check_names(const char *name, const char *host, GError **error)
{
        if (!has_only(name, "-_.") || strcmp(name, REGISTRY_PUBLIC) == 0) {
                g_set_error(error, REGISTRY_ERROR, REGISTRY_ERROR_VALUE,
                            "`%s` cannot be the name of a registry: letters, digits, `-`, `_` and "
                            "`.`, and not `public`, which is the engine's default",
                            name);
                return false;
        }
        if (!has_only(host, "-_.:/[]") || !g_ascii_isalnum(*host) || strstr(host, "//") != NULL) {
                g_set_error(error, REGISTRY_ERROR, REGISTRY_ERROR_VALUE,
                            "`%s` is no registry; give it as host, host:port or host/path", host);
                return false;
        }
        return true;
}

bool registry_add(Store *store, const char *name, const char *host, const char *user,
                  const char *password, GError **error)
{
        g_autofree char *bare = g_strdup(g_str_has_prefix(host, "https://") ? host + 8 : host);
        g_autoptr(json_t) root = NULL;
        SettingValue row = { .name = (char *) name, .origin = (char *) ORIGIN, .is_secret = true };
        bool ok;

        while (g_str_has_suffix(bare, "/"))
                bare[strlen(bare) - 1] = '\0';
        if (!check_names(name, bare, error))
                return false;
        root = json_pack("{s:s, s:s, s:s}", "host", bare, "user", user != NULL ? user : "",
                         "password", password != NULL ? password : "");
        if (root == NULL) {
                g_set_error_literal(error, REGISTRY_ERROR, REGISTRY_ERROR_VALUE,
                                    "user and password are texts (UTF-8)");
                return false;
        }
        row.value = json_to_canonical_text(root);
        ok = store_setting_set(store, REGISTRIES_APP, &row, error);
        secret_text_free(row.value);
        return ok;
}

/* What is known of a name; NULL without error where it is none */
static json_t *find(Store *store, const char *name, GError **error)
{
        g_autoptr(SettingValue) row = store_setting_get(store, REGISTRIES_APP, name, ORIGIN, error);

        return row != NULL ? json_loads(row->value, 0, NULL) : NULL;
}

bool registry_remove(Store *store, const char *name, GError **error)
{
        g_autoptr(GError) fault = NULL;
        g_autoptr(json_t) known = find(store, name, &fault);

        if (known == NULL) {
                if (fault != NULL)
                        g_propagate_error(error, g_steal_pointer(&fault));
                else
                        g_set_error(error, REGISTRY_ERROR, REGISTRY_ERROR_UNKNOWN,
                                    "there is no registry `%s`", name);
                return false;
        }
        return store_setting_unset(store, REGISTRIES_APP, name, ORIGIN, error);
}

json_t *registry_list(Store *store, GError **error)
{
        g_autoptr(GPtrArray) rows = store_settings(store, REGISTRIES_APP, error);
        json_t *list;

        if (rows == NULL)
                return NULL;
        list = json_array();
        for (guint i = 0; i < rows->len; i++) {
                const SettingValue *row = rows->pdata[i];
                g_autoptr(json_t) known = json_loads(row->value, 0, NULL);

                json_array_append_new(
                        list, json_pack("{s:s, s:s, s:s, s:b}", "name", row->name, "host",
                                        json_string_at(known, "host", ""), "user",
                                        json_string_at(known, "user", ""), "has_password",
                                        (int) (*json_string_at(known, "password", "") != '\0')));
        }
        return list;
}

GPtrArray *registry_secrets(Store *store, GError **error)
{
        g_autoptr(GPtrArray) rows = store_settings(store, REGISTRIES_APP, error);
        GPtrArray *secrets;

        if (rows == NULL)
                return NULL;
        secrets = g_ptr_array_new_with_free_func((GDestroyNotify) secret_text_free);
        for (guint i = 0; i < rows->len; i++) {
                const SettingValue *row = rows->pdata[i];
                g_autoptr(json_t) known = json_loads(row->value, 0, NULL);
                const char *password = json_string_at(known, "password", "");

                if (*password != '\0')
                        g_ptr_array_add(secrets, g_strdup(password));
        }
        return secrets;
}

/* ---- The engine's own credentials ---- */

/* The host in a reference: what stands before the first `/`, if it looks like one */
static char *host_of(const char *reference)
{
        size_t length = strcspn(reference, "/");
        g_autofree char *first = g_strndup(reference, length);

        if (reference[length] == '/' &&
            (strpbrk(first, ".:") != NULL || strcmp(first, "localhost") == 0))
                return g_steal_pointer(&first);
        return g_strdup(DEFAULT_HOST);
}

static json_t *read_config(void)
{
        const char *dir = g_getenv("DOCKER_CONFIG");
        g_autofree char *path = dir != NULL && *dir != '\0'
                                        ? g_build_filename(dir, "config.json", NULL)
                                        : g_build_filename(g_get_home_dir(), ".docker",
                                                           "config.json", NULL);
        g_autofree char *text = NULL;
        json_t *root;
        gsize size;

        if (!g_file_get_contents(path, &text, &size, NULL))
                return NULL;
        root = size <= REGISTRY_CONFIG_MAX ? json_loadb(text, size, 0, NULL) : NULL;
        secret_wipe(text, size);
        return root;
}

/* The entry of a host; keys may have a scheme and a path, the default's is a relic of its first
 * version */
static const json_t *entry_of(const json_t *config, const char *host)
{
        const char *key;
        json_t *entry;

        json_object_foreach(json_object_get(config, "auths"), key, entry) {
                const char *at = strstr(key, "://") != NULL ? strstr(key, "://") + 3 : key;
                size_t length = strcspn(at, "/");
                bool is_default = strncmp(at, "index.docker.io", length) == 0 && length == 15;

                if (strcmp(host, DEFAULT_HOST) == 0
                            ? is_default
                            : strlen(host) == length && strncmp(at, host, length) == 0)
                        return entry;
        }
        return NULL;
}

static char *auth_header(const char *user, const char *password, const char *token,
                         const char *host)
{
        g_autoptr(json_t) root = json_object();
        const char *server = strcmp(host, DEFAULT_HOST) == 0 ? "https://index.docker.io/v1/" : host;
        char *text, *header;

        if (*token != '\0') {
                json_object_set_new(root, "identitytoken", json_string(token));
        } else {
                json_object_set_new(root, "username", json_string(user));
                json_object_set_new(root, "password", json_string(password));
        }
        json_object_set_new(root, "serveraddress", json_string(server));
        text = json_to_canonical_text(root);
        header = secret_base64_encode(text, strlen(text), SECRET_BASE64_URL);
        secret_text_free(text);
        return header;
}

static char *header_from_entry(const json_t *entry, const char *host)
{
        const char *token = json_string_at(entry, "identitytoken", "");
        size_t size;
        char *pair = secret_base64_decode(json_string_at(entry, "auth", ""), SECRET_BASE64, &size);
        char *colon = pair != NULL ? strchr(pair, ':') : NULL;
        char *header = NULL;

        if (*token != '\0')
                header = auth_header("", "", token, host);
        else if (colon != NULL) {
                *colon = '\0';
                header = auth_header(pair, colon + 1, "", host);
        }
        if (pair != NULL)
                secret_wipe(pair, size);
        g_free(pair);
        return header;
}

/* A helper is a program that would have to be run; what it knows stays unknown */
static const char *helper_of(const json_t *config, const char *host)
{
        const char *helper = json_string_value(
                json_object_get(json_object_get(config, "credHelpers"), host));

        return helper != NULL ? helper : json_string_value(json_object_get(config, "credsStore"));
}

static void use_engine_credentials(RegistryImage *image, const char *host)
{
        g_autoptr(json_t) config = read_config();
        const json_t *entry = config != NULL ? entry_of(config, host) : NULL;
        const char *helper = config != NULL ? helper_of(config, host) : NULL;

        if (entry != NULL)
                image->auth = header_from_entry(entry, host);
        if (image->auth == NULL && helper != NULL)
                image->note = g_strdup_printf(
                        "the credentials for %s are with the credential helper `%s`, which Slipway "
                        "does not use; run `slipway registry add NAME %s --user USER "
                        "--password-stdin`",
                        host, helper, host);
}

/* ---- Resolving ---- */

static bool starts_with_host(const char *image, const char *host)
{
        size_t length = strlen(host);

        return strncmp(image, host, length) == 0 && image[length] == '/';
}

/* Credentials of a registry that is registered under any name, for images that name its host */
static json_t *find_by_host(Store *store, const char *host, GError **error)
{
        g_autoptr(GPtrArray) rows = store_settings(store, REGISTRIES_APP, error);

        for (guint i = 0; rows != NULL && i < rows->len; i++) {
                const SettingValue *row = rows->pdata[i];
                g_autoptr(json_t) known = json_loads(row->value, 0, NULL);
                g_autofree char *with_slash = g_strdup_printf("%s/",
                                                              json_string_at(known, "host", ""));

                if (starts_with_host(with_slash, host))
                        return g_steal_pointer(&known);
        }
        return NULL;
}

static void use_credentials(RegistryImage *image, const json_t *known, const char *host)
{
        const char *user = json_string_at(known, "user", "");

        if (*user != '\0')
                image->auth = auth_header(user, json_string_at(known, "password", ""), "", host);
        else
                use_engine_credentials(image, host);
}

bool registry_resolve(Store *store, const char *source, const char *image, RegistryImage *ret_image,
                      GError **error)
{
        bool is_public = source == NULL || *source == '\0' || strcmp(source, REGISTRY_PUBLIC) == 0;
        g_auto(RegistryImage) result = { 0 };
        g_autoptr(GError) fault = NULL;
        g_autoptr(json_t) known = NULL;
        g_autofree char *host = NULL;

        if (!is_public)
                known = find(store, source, &fault);
        if (fault == NULL && known == NULL && !is_public) {
                result.reference = g_strdup(image);
                result.note = g_strdup_printf(
                        "the source `%s` has no registry here: only an image that is on this "
                        "engine already is used; run `slipway registry add %s HOST`",
                        source, source);
        } else if (fault == NULL) {
                const char *base = json_string_at(known, "host", "");

                result.reference = *base == '\0' || starts_with_host(image, base)
                                           ? g_strdup(image)
                                           : g_strdup_printf("%s/%s", base, image);
                result.is_pullable = true;
                host = host_of(result.reference);
                if (known == NULL)
                        known = find_by_host(store, host, &fault);
                use_credentials(&result, known, host);
        }
        if (fault != NULL) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return false;
        }
        *ret_image = result;
        result = (RegistryImage){ 0 };
        return true;
}

char *registry_auth(Store *store, const char *source, const char *image)
{
        g_auto(RegistryImage) where = { 0 };

        (void) registry_resolve(store, source, image, &where, NULL);
        return g_steal_pointer(&where.auth);
}
