#include "format/compose/project.h"

#include <string.h>

#include "format/compose/interpolate.h"

char *project_normalize_name(const char *name)
{
        GString *out = g_string_new(NULL);

        for (; *name != '\0'; name++) {
                char c = g_ascii_tolower(*name);
                bool is_word = g_ascii_islower(c) || g_ascii_isdigit(c);

                if (is_word || ((c == '_' || c == '-') && out->len > 0))
                        g_string_append_c(out, c);
        }
        return g_string_free(out, false);
}

static const char *lookup(const char *name, gconstpointer user)
{
        return environment_get(user, name);
}

/* What `name` says in the last file that has it, with variables put in; mistakes in it are found
 * when the file is read */
static char *name_in_files(const GPtrArray *files, const Environment *environment)
{
        const char *found = NULL;

        for (size_t i = 0; i < files->len; i++) {
                const LoadedFile *file = files->pdata[i];

                for (size_t j = 0; j < file->stream->n_documents; j++) {
                        const YamlNode *name = yaml_get(file->stream->documents[j].root, "name");

                        if (name != NULL && name->kind == YAML_SCALAR && name->text[0] != '\0')
                                found = name->text;
                }
        }
        if (found != NULL) {
                g_auto(InterpolateResult) result = interpolate_text(found, lookup, environment);

                return result.text != NULL ? project_normalize_name(result.text) : g_strdup("");
        }
        return NULL;
}

char *project_name(Loader *loader, const GPtrArray *files, const char *folder,
                   const Environment *environment)
{
        const char *given = loader->options->project;
        SourcePos whole = { ((LoadedFile *) files->pdata[0])->name, 0, 0 };
        g_autofree char *name = NULL, *base = NULL;

        if (given == NULL || given[0] == '\0')
                given = environment_get(environment, "COMPOSE_PROJECT_NAME");
        if (given != NULL && given[0] != '\0') {
                name = project_normalize_name(given);
                if (strcmp(name, given) != 0)
                        loader_report(loader, "project-name", whole, 1, NULL,
                                      "`%s` can't be a project's name: it has lower-case letters, "
                                      "digits, `-` and `_`, and begins with a letter or digit",
                                      given);
                return g_steal_pointer(&name);
        }
        name = name_in_files(files, environment);
        if (name == NULL || name[0] == '\0') {
                g_free(name);
                base = g_path_get_basename(folder);
                name = project_normalize_name(base);
        }
        if (name[0] == '\0')
                loader_report(loader, "project-name", whole, 1, NULL,
                              "the project has no name; give it one with `name`");
        return g_steal_pointer(&name);
}

GStrv project_profiles(const Loader *loader, const Environment *environment)
{
        const char *active = environment_get(environment, "COMPOSE_PROFILES");
        GStrv profiles;

        if (loader->options->profiles != NULL && loader->options->profiles[0] != NULL)
                return g_strdupv((char **) loader->options->profiles);
        profiles = g_strsplit(active != NULL ? active : "", ",", -1);
        for (size_t i = 0; profiles[i] != NULL; i++)
                g_strstrip(profiles[i]);
        return profiles;
}

bool project_is_active(const ComposeNode *service, const char *const *profiles)
{
        const ComposeNode *own = compose_get(service, "profiles");

        if (own == NULL || own->n_items == 0)
                return true;
        if (g_strv_contains(profiles, "*"))
                return true;
        for (size_t i = 0; i < own->n_items; i++) {
                if (own->items[i]->text != NULL && g_strv_contains(profiles, own->items[i]->text))
                        return true;
        }
        return false;
}

/* ---- What is used ---- */

static void use_sources(GHashTable *used, const ComposeNode *list, const char *type)
{
        for (size_t i = 0; list != NULL && i < list->n_items; i++) {
                const char *source = compose_text(list->items[i], "source", NULL);

                if (source != NULL &&
                    (type == NULL || strcmp(compose_text(list->items[i], "type", ""), type) == 0))
                        g_hash_table_add(used, (gpointer) source);
        }
}

static void use_keys(GHashTable *used, const ComposeNode *map)
{
        for (size_t i = 0; map != NULL && i < map->n_pairs; i++)
                g_hash_table_add(used, (gpointer) map->pairs[i].key);
}

static void use(GHashTable *used, const ComposeNode *service, const char *kind)
{
        if (strcmp(kind, "networks") == 0 || strcmp(kind, "models") == 0)
                use_keys(used, compose_get(service, kind));
        else
                use_sources(used, compose_get(service, kind),
                            strcmp(kind, "volumes") == 0 ? "volume" : NULL);
        if (strcmp(kind, "secrets") == 0)
                use_sources(used, compose_get(compose_get(service, "build"), kind), NULL);
}

static void drop_unused(ComposeNode *root, const char *kind)
{
        g_autoptr(GHashTable) used = g_hash_table_new(g_str_hash, g_str_equal);
        const ComposeNode *services = compose_get(root, "services");
        ComposeNode *resources = compose_get(root, kind);

        for (size_t i = 0; services != NULL && i < services->n_pairs; i++)
                use(used, services->pairs[i].value, kind);
        for (size_t i = 0; resources != NULL && i < resources->n_pairs;) {
                if (g_hash_table_contains(used, resources->pairs[i].key))
                        i++;
                else
                        node_remove(resources, resources->pairs[i].key);
        }
        if (resources != NULL && resources->n_pairs == 0)
                node_remove(root, kind);
}

void project_reduce(ComposeNode *root, const char *const *profiles)
{
        ComposeNode *services = compose_get(root, "services");

        for (size_t i = 0; services != NULL && i < services->n_pairs;) {
                if (project_is_active(services->pairs[i].value, profiles))
                        i++;
                else
                        node_remove(services, services->pairs[i].key);
        }
        drop_unused(root, "networks");
        drop_unused(root, "volumes");
        drop_unused(root, "secrets");
        drop_unused(root, "configs");
        drop_unused(root, "models");
}
