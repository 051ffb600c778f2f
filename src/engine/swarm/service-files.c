/* Files of a container as configs and secrets, named after what is in them */

#include <string.h>

#include "engine/swarm/service.h"
#include "engine/swarm/labels.h"
#include "engine/swarm/probe.h"

#define OBJECT_NAME_MAX 64 /* the engine's */
#define OBJECT_HASH_LEN 12 /* digits of the content's hash */

char *swarm_object_name(const char *app, const char *key, const char *hash_key, const void *data,
                        size_t size)
{
        g_autofree char *hash = hash_key == NULL
                                        ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, size)
                                        : g_compute_hmac_for_data(G_CHECKSUM_SHA256,
                                                                  (const guchar *) hash_key,
                                                                  strlen(hash_key), data, size);
        g_autoptr(GString) name = g_string_new(NULL);

        for (const char *c = app; *c != '\0'; c++)
                g_string_append_c(name, g_ascii_isalnum(*c) || strchr("-_.", *c) ? *c : '-');
        if (name->len > 0)
                g_string_append_c(name, '_');
        for (const char *c = key; *c != '\0'; c++)
                g_string_append_c(name, g_ascii_isalnum(*c) || strchr("-_.", *c) ? *c : '-');
        g_string_truncate(name, MIN(name->len, OBJECT_NAME_MAX - OBJECT_HASH_LEN - 1));
        hash[OBJECT_HASH_LEN] = '\0';
        g_string_append_printf(name, "-%s", hash);
        if (!g_ascii_isalnum(name->str[0]))
                name->str[0] = 'x';
        return g_string_free(g_steal_pointer(&name), false);
}

static const char *app_of(const SwarmBodyOptions *options)
{
        for (size_t i = 0; options->labels != NULL && options->labels[i] != NULL; i++)
                if (g_str_has_prefix(options->labels[i], SWARM_LABEL_APP "="))
                        return options->labels[i] + strlen(SWARM_LABEL_APP "=");
        return "";
}

static void add_object(BodyBuild *build, bool is_secret, const char *name, const char *external,
                       const void *data, size_t size)
{
        SwarmObject *object = g_new0(SwarmObject, 1);

        object->is_secret = is_secret;
        object->is_external = external != NULL;
        object->name = g_strdup(external != NULL ? external : name);
        if (external == NULL)
                object->data = g_bytes_new(data, size);
        g_ptr_array_add(build->objects, object);
}

static void add_reference(BodyBuild *build, bool is_secret, const char *name, const char *path,
                          int64_t uid, int64_t gid, unsigned mode)
{
        const char *list_key = is_secret ? "Secrets" : "Configs";
        g_autofree char *uid_text = g_strdup_printf("%" G_GINT64_FORMAT, MAX(uid, 0));
        g_autofree char *gid_text = g_strdup_printf("%" G_GINT64_FORMAT, MAX(gid, 0));
        json_t *list = json_object_get(build->container, list_key);
        json_t *reference = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:i}}",
                                      is_secret ? "SecretID" : "ConfigID", "",
                                      is_secret ? "SecretName" : "ConfigName", name, "File", "Name",
                                      path, "UID", uid_text, "GID", gid_text, "Mode", (int) mode);

        if (reference == NULL)
                body_wrong(&build->body, list_key, "not UTF-8; the engine takes nothing else");
        if (list == NULL) {
                list = json_array();
                json_object_set_new(build->container, list_key, list);
        }
        json_array_append_new(list, reference);
}

static void add_file(BodyBuild *build, const SpecFile *file)
{
        const char *key = file->resource != NULL ? file->resource : strrchr(file->path, '/');
        g_autofree char *name = NULL;

        if (file->path[0] != '/' || key == NULL || g_str_has_suffix(file->path, "/")) {
                body_wrong(&build->body, file->path,
                           "not the absolute path of a file in the container");
                return;
        }
        if (file->size > SWARM_OBJECT_MAX) {
                body_wrong(&build->body, file->path,
                           "has %zu KiB; a Swarm's configs and secrets have at most %zu",
                           file->size >> 10, SWARM_OBJECT_MAX >> 10);
                return;
        }
        name = file->external != NULL
                       ? g_strdup(file->external)
                       : swarm_object_name(app_of(build->options), key + (key[0] == '/'),
                                           build->options->hash_key, file->data, file->size);
        add_object(build, file->is_secret, name, file->external, file->data, file->size);
        add_reference(build, file->is_secret, name, file->path, file->uid,
                      file->gid >= 0 ? file->gid : file->uid,
                      file->mode != 0 ? file->mode & 07777 : 0644);
}

static void add_probe(BodyBuild *build)
{
        bool has_commands = probe_has_commands(build->options->spec);
        size_t size;
        const unsigned char *program = probe_program(has_commands, &size);
        g_autofree char *name = swarm_object_name(app_of(build->options), "slipway-probe", NULL,
                                                  program, size);

        add_object(build, false, name, NULL, program, size);
        add_reference(build, false, name, SWARM_PROBE_PATH, 0, 0, 0555);
}

void build_files(BodyBuild *build)
{
        const Spec *spec = build->options->spec;

        for (size_t i = 0; i < spec->n_files; i++)
                add_file(build, &spec->files[i]);
        if (probe_is_needed(spec))
                add_probe(build);
}

static void set_ids(json_t *list, const char *kind, const char *name_key, const char *id_key,
                    GHashTable *ids)
{
        size_t i;
        json_t *reference;

        json_array_foreach(list, i, reference) {
                const char *name = json_string_value(json_object_get(reference, name_key));
                g_autofree char *key = g_strdup_printf("%s/%s", kind, name);
                const char *id = g_hash_table_lookup(ids, key);

                json_object_set_new(reference, id_key, json_string(id != NULL ? id : ""));
        }
}

void swarm_body_set_ids(json_t *service_spec, GHashTable *ids)
{
        json_t *task = json_object_get(service_spec, "TaskTemplate");
        json_t *container = json_object_get(task, "ContainerSpec");

        set_ids(json_object_get(container, "Configs"), "configs", "ConfigName", "ConfigID", ids);
        set_ids(json_object_get(container, "Secrets"), "secrets", "SecretName", "SecretID", ids);
}
