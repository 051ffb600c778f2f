#include "format/keys.h"

#include <string.h>

#include "base/text.h"

const KeySpec *object_find(const ObjectSpec *object, const char *key)
{
        for (const KeySpec *spec = object->keys; spec->name != NULL; spec++) {
                if (spec->name[0] == key[0] && strcmp(spec->name, key) == 0)
                        return spec;
        }
        return NULL;
}

const char *object_closest(const ObjectSpec *object, const char *key)
{
        const char *names[100];
        size_t n = 0;

        for (const KeySpec *spec = object->keys; spec->name != NULL; spec++) {
                g_assert(n + 1 < G_N_ELEMENTS(names));
                names[n++] = spec->name;
        }
        names[n] = NULL;
        return text_closest(key, names);
}

char *key_type_text(const KeySpec *key)
{
        switch (key->type) {
        case KEY_STR:
                if (key->rule == RULE_BOOL || key->rule == RULE_TEXT_BOOL)
                        return g_strdup("boolean text");
                if (key->rule == RULE_UINT || key->rule == RULE_TEXT_UINT ||
                    key->rule == RULE_TEXT_LIMIT)
                        return g_strdup("number text");
                return g_strdup("text");
        case KEY_BOOL:
                return g_strdup("bool");
        case KEY_INT:
                return g_strdup("int");
        case KEY_UINT:
                return g_strdup("uint");
        case KEY_FLOAT:
                return g_strdup("float");
        case KEY_ANY:
                return g_strdup("any");
        case KEY_STRS:
                return g_strdup("list of text");
        case KEY_MAP:
                return g_strdup("map of text");
        case KEY_MAP_ANY:
                return g_strdup("map");
        case KEY_OBJECT:
                return g_strdup("object");
        case KEY_OBJECTS:
                return g_strdup_printf("list of %s", key->object->name);
        case KEY_MESSAGE:
                return g_strdup("text or message");
        }
        g_assert_not_reached();
}
