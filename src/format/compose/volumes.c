#include "format/compose/volumes.h"

#include <string.h>

#include "format/compose/values.h"

typedef struct Mount {
        char *source, *target;
        bool is_read_only, is_nocopy;
        const char *propagation, *selinux; /* of the static tables */
} Mount;

static void mount_clear(Mount *mount)
{
        g_free(mount->source);
        g_free(mount->target);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mount, mount_clear)

/* A letter before a colon at the beginning of a part is a drive of Windows */
static size_t part_length(const char *text)
{
        size_t len;

        if (g_ascii_isalpha(text[0]) && text[1] == ':')
                len = 2 + strcspn(text + 2, ":");
        else
                len = strcspn(text, ":");
        return len;
}

static const char *known_word(const char *const *words, const char *word)
{
        for (size_t i = 0; words[i] != NULL; i++) {
                if (strcmp(words[i], word) == 0)
                        return words[i];
        }
        return NULL;
}

/* Unknown options mean nothing, as with the reference */
static void read_options(Mount *mount, const char *text)
{
        static const char *const propagations[] = { "rprivate", "private", "rshared", "shared",
                                                    "rslave",   "slave",   NULL };
        static const char *const selinux[] = { "z", "Z", NULL };
        g_auto(GStrv) options = g_strsplit(text, ",", -1);

        for (size_t i = 0; options[i] != NULL; i++) {
                if (strcmp(options[i], "ro") == 0)
                        mount->is_read_only = true;
                else if (strcmp(options[i], "rw") == 0)
                        mount->is_read_only = false;
                else if (strcmp(options[i], "nocopy") == 0)
                        mount->is_nocopy = true;
                else if (known_word(propagations, options[i]) != NULL)
                        mount->propagation = known_word(propagations, options[i]);
                else if (known_word(selinux, options[i]) != NULL)
                        mount->selinux = known_word(selinux, options[i]);
        }
}

static const char *parse(const char *text, Mount *mount)
{
        if (text[0] == '\0')
                return "it is empty";
        if (strlen(text) <= 2) {
                mount->target = g_strdup(text);
                return NULL;
        }
        for (unsigned n = 0;; n++) {
                size_t len = part_length(text);
                g_autofree char *part = g_strndup(text, len);

                if (len == 0)
                        return "there is nothing between two colons";
                if (n > 2)
                        return "there are too many colons; the long form has no such limit";
                if (n == 0 && text[len] == '\0')
                        mount->target = g_steal_pointer(&part);
                else if (n == 0)
                        mount->source = g_steal_pointer(&part);
                else if (n == 1)
                        mount->target = g_steal_pointer(&part);
                else
                        read_options(mount, part);
                if (text[len] == '\0')
                        return NULL;
                text += len + 1;
        }
}

static bool is_path(const char *source)
{
        return source != NULL &&
               (strchr("./~", source[0]) != NULL || g_str_has_prefix(source, "\\\\") ||
                (g_ascii_isalpha(source[0]) && source[1] == ':'));
}

ComposeNode *volumes_expand(Arena *arena, const ComposeNode *item, const char **ret_problem)
{
        g_auto(Mount) mount = { 0 };
        bool is_bind;
        ComposeNode *map, *options;
        g_autofree char *target = NULL;

        *ret_problem = parse(item->text, &mount);
        if (*ret_problem != NULL)
                return NULL;
        is_bind = is_path(mount.source);
        map = node_new_map(arena, item);
        options = node_new_map(arena, item);
        target = value_clean_path(mount.target);
        node_set_text(arena, map, "type", is_bind ? "bind" : "volume");
        if (mount.source != NULL)
                node_set_text(arena, map, "source", mount.source);
        node_set_text(arena, map, "target", target);
        if (mount.is_read_only)
                node_set_bool(arena, map, "read_only", true);
        if (is_bind || mount.propagation != NULL || mount.selinux != NULL) {
                ComposeNode *bind = node_new_map(arena, item);

                if (mount.selinux != NULL)
                        node_set_text(arena, bind, "selinux", mount.selinux);
                if (mount.propagation != NULL)
                        node_set_text(arena, bind, "propagation", mount.propagation);
                if (is_bind)
                        node_set_bool(arena, bind, "create_host_path", true);
                node_set(arena, map, "bind", bind);
        }
        if (mount.is_nocopy)
                node_set_bool(arena, options, "nocopy", true);
        /* The reference adds no options to a text as short as `/v` */
        if ((!is_bind && strlen(item->text) > 2) || mount.is_nocopy)
                node_set(arena, map, "volume", options);
        return map;
}
