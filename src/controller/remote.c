#include "controller/remote.h"

#include <string.h>

#include "base/timefmt.h"
#include "controller/outside.h"
#include "controller/settings.h"
#include "crypto/secret.h"

/* Where files stand in the store; no application has such a name */
#define REMOTE_APP    "@remote"
#define REMOTE_ORIGIN "fetched"

static const char *text(const Text *text)
{
        return text->raw != NULL ? text->raw : "";
}

static char *url_of(const ConfigFile *file)
{
        const char *base = g_getenv("SLIPWAY_GITHUB_URL");
        g_autofree char *owner = g_uri_escape_string(text(&file->owner), NULL, false);
        g_autofree char *repo = g_uri_escape_string(text(&file->repo), NULL, false);
        g_autofree char *ref = g_uri_escape_string(text(&file->ref), "/", false);
        g_autofree char *path = g_uri_escape_string(text(&file->path), "/", false);

        return g_strdup_printf("%s/%s/%s/%s/%s", base != NULL && *base != '\0' ? base : REMOTE_URL,
                               owner, repo, ref, *path == '/' ? path + 1 : path);
}

static bool fetch(const char *url, char **ret_body, GError **error)
{
        const char *token = g_getenv("SLIPWAY_GITHUB_TOKEN");
        g_autofree char *authorization = token != NULL && *token != '\0'
                                                 ? g_strdup_printf("Authorization: Bearer %s",
                                                                   token)
                                                 : NULL;
        const char *const headers[] = { authorization, NULL };
        g_autofree char *body = NULL;
        gsize size;
        long status;

        if (!outside_fetch_as(url, headers, REMOTE_TIMEOUT_S * US_PER_S, &status, &body, &size,
                              error)) {
                g_prefix_error(error, "%s: ", url);
                return false;
        }
        if (status != 200 || !g_utf8_validate(body, (gssize) size, NULL)) { /* nor is a NUL text */
                g_set_error(error, SETTINGS_ERROR, SETTINGS_ERROR_FAILED,
                            status == 200 ? "%s: it is no text (status %ld)" : "%s: status %ld",
                            url, status);
                return false;
        }
        *ret_body = g_steal_pointer(&body);
        return true;
}

/* (transfer full) the file as it was kept, or as it is there */
static char *contents_of(const ConfigFile *file, Store *store, GError **error)
{
        g_autofree char *url = url_of(file);
        g_autofree char *name = secret_digest(url, strlen(url));
        g_autofree char *body = NULL;
        g_autoptr(GError) fault = NULL;
        g_autoptr(SettingValue)
                kept = store_setting_get(store, REMOTE_APP, name, REMOTE_ORIGIN, &fault);
        SettingValue row = { .name = name, .origin = (char *) REMOTE_ORIGIN, .is_secret = true };

        if (fault != NULL) {
                g_propagate_error(error, g_steal_pointer(&fault));
                return NULL;
        }
        if (kept != NULL)
                return g_strdup(kept->value);
        if (!fetch(url, &body, error))
                return NULL;
        row.value = body;
        if (!store_is_readonly(store) && !store_setting_set(store, REMOTE_APP, &row, error))
                return NULL;
        return g_steal_pointer(&body);
}

static bool fill(Application *app, ConfigFile *file, Store *store, GError **error)
{
        g_autofree char *contents = NULL;

        contents = contents_of(file, store, error);
        if (contents == NULL) {
                g_prefix_error(error, "%s:%u:%u: the file %s: ", file->source.pos.file,
                               file->source.pos.line, file->source.pos.col, text(&file->filename));
                return false;
        }
        file->contents = (Text){ arena_strdup(app->arena, contents), file->source.pos };
        return true;
}

bool remote_fill(Application *app, Store *store, GError **error)
{
        for (size_t i = 0; i < app->n_workloads; i++) {
                Workload *workload = &app->workloads[i];

                for (size_t j = 0; j < workload->n_config_files; j++) {
                        ConfigFile *file = &workload->config_files[j];

                        if (*text(&file->source) != '\0' && !fill(app, file, store, error))
                                return false;
                }
        }
        return true;
}
