#include "format/compose/typed.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/values.h"

static ComposeNode *typed_object(Arena *arena, const ComposeNode *node,
                                 const ComposeObject *object);

/* ---- Scalars: NULL where nothing is left ---- */

static ComposeNode *number_text(Arena *arena, const char *text, const ComposeNode *at)
{
        ComposeNode *node = node_new(arena, COMPOSE_NUMBER, at->pos, at->width);

        node->text = arena_strdup(arena, text);
        return node;
}

static ComposeNode *typed_text(Arena *arena, const ComposeNode *node, bool is_kept)
{
        if (!node_is_scalar(node) || (node->text[0] == '\0' && !is_kept))
                return NULL;
        return node_new_text(arena, node->text, node);
}

static ComposeNode *typed_bool(Arena *arena, const ComposeNode *node, bool is_kept)
{
        bool value, is_odd;

        if (!node_is_scalar(node) || !value_parse_bool(node->text, &value, &is_odd) ||
            (!value && !is_kept))
                return NULL;
        return node_new_bool(arena, value, node);
}

static ComposeNode *typed_int(Arena *arena, const ComposeNode *node, bool is_kept)
{
        gint64 value;

        if (!node_is_scalar(node))
                return NULL;
        if (g_ascii_strcasecmp(node->text, "all") == 0)
                value = -1;
        else if (!text_parse_int(node->text, &value))
                return NULL;
        return value == 0 && !is_kept ? NULL : node_new_int(arena, value, node);
}

static ComposeNode *typed_float(Arena *arena, const ComposeNode *node, bool is_kept)
{
        double value;
        g_autofree char *text = NULL;

        if (!node_is_scalar(node) || !value_parse_single(node->text, &value) ||
            (value == 0 && !is_kept))
                return NULL;
        text = value_single_to_json(value);
        return number_text(arena, text, node);
}

static ComposeNode *typed_bytes(Arena *arena, const ComposeNode *node, bool is_kept)
{
        gint64 size;
        char text[32];

        if (!node_is_scalar(node) ||
            !(node->type == COMPOSE_NUMBER ? text_parse_int(node->text, &size)
                                           : value_parse_bytes(node->text, &size)) ||
            (size == 0 && !is_kept))
                return NULL;
        g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, size);
        return node_new_text(arena, text, node);
}

static ComposeNode *typed_duration(Arena *arena, const ComposeNode *node, bool is_kept)
{
        gint64 ns;
        g_autofree char *text = NULL;

        if (!node_is_scalar(node) || !value_parse_duration(node->text, &ns) ||
            (ns == 0 && !is_kept))
                return NULL;
        text = value_duration_to_text(ns);
        return node_new_text(arena, text, node);
}

static ComposeNode *typed_mode(Arena *arena, const ComposeNode *node)
{
        gint64 mode;
        char text[32];

        if (node->type == COMPOSE_TEXT)
                mode = g_ascii_strtoll(node->text, NULL, 8);
        else if (!node_is_scalar(node) || !text_parse_int(node->text, &mode))
                return NULL;
        g_snprintf(text, sizeof text, "0%" G_GINT64_MODIFIER "o", mode);
        return node_new_text(arena, text, node);
}

/* ---- Lists ---- */

static ComposeNode *typed_texts(Arena *arena, const ComposeNode *node, bool is_kept)
{
        ComposeNode *list = node_new_list(arena, node);

        if (node_is_scalar(node))
                node_append(arena, list, node_new_text(arena, node->text, node));
        for (size_t i = 0; i < node->n_items; i++) {
                if (node_is_scalar(node->items[i]))
                        node_append(arena, list,
                                    node_new_text(arena, node->items[i]->text, node->items[i]));
        }
        return list->n_items == 0 && !is_kept ? NULL : list;
}

static ComposeNode *typed_words(Arena *arena, const ComposeNode *node)
{
        g_autoptr(GPtrArray) words = NULL;
        const char *rest;
        ComposeNode *list;

        if (node->type != COMPOSE_TEXT)
                return node->type == COMPOSE_NULL ? node_copy(arena, node)
                                                  : typed_texts(arena, node, true);
        words = value_split_words(node->text, &rest);
        list = node_new_list(arena, node);
        for (size_t i = 0; words != NULL && i < words->len; i++)
                node_append(arena, list, node_new_text(arena, words->pdata[i], node));
        return list;
}

static ComposeNode *typed_test(Arena *arena, const ComposeNode *node)
{
        ComposeNode *list;

        if (!node_is_scalar(node))
                return typed_texts(arena, node, false);
        list = node_new_list(arena, node);
        node_append(arena, list, node_new_text(arena, "CMD-SHELL", node));
        node_append(arena, list, node_new_text(arena, node->text, node));
        return list;
}

static int compare_texts(gconstpointer a, gconstpointer b)
{
        return strcmp((*(ComposeNode *const *) a)->text, (*(ComposeNode *const *) b)->text);
}

static void append_host(Arena *arena, ComposeNode *list, const char *name, const char *address,
                        const ComposeNode *at)
{
        size_t len = strlen(address);
        bool has_brackets = len > 2 && address[0] == '[' && address[len - 1] == ']';
        const char *text = arena_printf(arena, "%s=%.*s", name,
                                        (int) (has_brackets ? len - 2 : len),
                                        address + has_brackets);

        node_append(arena, list, node_new_text(arena, text, at));
}

/* `name=a,b` or `name:a` */
static void append_hosts(Arena *arena, ComposeNode *list, const ComposeNode *item)
{
        const char *equals = strchr(item->text, '=');
        const char *at = equals != NULL ? equals : strchr(item->text, ':');
        g_autofree char *name = NULL;
        g_auto(GStrv) addresses = NULL;

        if (at == NULL)
                return;
        name = g_strndup(item->text, at - item->text);
        addresses = g_strsplit(at + 1, ",", -1);
        if (addresses[0] == NULL)
                append_host(arena, list, name, "", item);
        for (size_t i = 0; addresses[i] != NULL; i++)
                append_host(arena, list, name, addresses[i], item);
}

static ComposeNode *typed_hosts(Arena *arena, const ComposeNode *node)
{
        ComposeNode *list = node_new_list(arena, node);

        for (size_t i = 0; i < node->n_items; i++) {
                if (node_is_scalar(node->items[i]))
                        append_hosts(arena, list, node->items[i]);
        }
        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposePair *pair = &node->pairs[i];

                if (pair->value->type != COMPOSE_LIST)
                        append_host(arena, list, pair->key,
                                    node_is_scalar(pair->value) ? pair->value->text : "",
                                    pair->value);
                for (size_t j = 0; j < pair->value->n_items; j++) {
                        if (node_is_scalar(pair->value->items[j]))
                                append_host(arena, list, pair->key, pair->value->items[j]->text,
                                            pair->value->items[j]);
                }
        }
        if (list->n_items == 0)
                return NULL;
        qsort(list->items, list->n_items, sizeof *list->items, compare_texts);
        return list;
}

/* `id` or `id=path` */
static ComposeNode *typed_ssh(Arena *arena, const ComposeNode *node)
{
        ComposeNode *list = typed_texts(arena, node, true);

        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposePair *pair = &node->pairs[i];
                const char *text = node_is_scalar(pair->value) && pair->value->text[0] != '\0'
                                           ? arena_printf(arena, "%s=%s", pair->key,
                                                          pair->value->text)
                                           : pair->key;

                node_append(arena, list, node_new_text(arena, text, pair->value));
        }
        return list->n_items > 0 ? list : NULL;
}

/* ---- Mappings of scalars ---- */

static void set_scalar(Arena *arena, ComposeNode *map, const char *key, SourcePos pos,
                       const ComposeNode *value, bool may_be_null)
{
        if (value->type == COMPOSE_NULL && may_be_null)
                node_set_at(arena, map, key, pos, node_copy(arena, value));
        else
                node_set_at(arena, map, key, pos,
                            node_new_text(arena, value->text != NULL ? value->text : "", value));
}

static ComposeNode *typed_mapping(Arena *arena, const ComposeNode *node, bool may_be_null)
{
        ComposeNode *map = node_new_map(arena, node);

        for (size_t i = 0; i < node->n_pairs; i++)
                set_scalar(arena, map, node->pairs[i].key, node->pairs[i].pos, node->pairs[i].value,
                           may_be_null);
        for (size_t i = 0; i < node->n_items; i++) {
                const ComposeNode *item = node->items[i];
                ComposeNode value = *item;
                const char *equals;
                g_autofree char *key = NULL;

                if (!node_is_scalar(item))
                        continue;
                equals = strchr(item->text, '=');
                key = equals != NULL ? g_strndup(item->text, equals - item->text)
                                     : g_strdup(item->text);
                value.type = equals != NULL ? COMPOSE_TEXT : COMPOSE_NULL;
                value.text = equals != NULL ? equals + 1 : NULL;
                set_scalar(arena, map, key, item->pos, &value, may_be_null);
        }
        return map->n_pairs > 0 ? map : NULL;
}

static ComposeNode *typed_lists(Arena *arena, const ComposeNode *node)
{
        ComposeNode *map = node_new_map(arena, node);

        for (size_t i = 0; i < node->n_pairs; i++)
                node_set_at(arena, map, node->pairs[i].key, node->pairs[i].pos,
                            typed_texts(arena, node->pairs[i].value, true));
        return map->n_pairs > 0 ? map : NULL;
}

/* ---- Objects ---- */

static ComposeNode *typed_member(Arena *arena, const ComposeNode *node, const ComposeObject *object)
{
        if (node->type == COMPOSE_NULL)
                return node_copy(arena, node);
        if (node_is_scalar(node))
                return typed_int(arena, node, true);
        return typed_object(arena, node, object);
}

static ComposeNode *typed_objects(Arena *arena, const ComposeNode *node,
                                  const ComposeObject *object)
{
        ComposeNode *list = node_new_list(arena, node);

        for (size_t i = 0; i < node->n_items; i++) {
                if (node->items[i]->type == COMPOSE_MAP)
                        node_append(arena, list, typed_object(arena, node->items[i], object));
        }
        return list->n_items > 0 ? list : NULL;
}

static ComposeNode *typed_object_map(Arena *arena, const ComposeNode *node, const ComposeKey *key)
{
        ComposeNode *map = node_new_map(arena, node);

        for (size_t i = 0; i < node->n_pairs; i++) {
                ComposeNode *value = typed_member(arena, node->pairs[i].value, key->object);

                if (value != NULL)
                        node_set_at(arena, map, node->pairs[i].key, node->pairs[i].pos, value);
        }
        return map->n_pairs > 0 || (key->flags & KEY_ALWAYS) != 0 ? map : NULL;
}

static ComposeNode *typed_value(Arena *arena, const ComposeNode *node, const ComposeKey *key)
{
        bool is_kept = (key->flags & KEY_KEPT) != 0;

        switch (key->kind) {
        case KIND_TEXT:
                return typed_text(arena, node, is_kept);
        case KIND_BOOL:
        case KIND_EXTERNAL:
                return typed_bool(arena, node, is_kept);
        case KIND_INT:
        case KIND_COUNT:
                return typed_int(arena, node, is_kept);
        case KIND_FLOAT:
                return typed_float(arena, node, is_kept);
        case KIND_BYTES:
                return typed_bytes(arena, node, is_kept);
        case KIND_DURATION:
                return typed_duration(arena, node, is_kept);
        case KIND_MODE:
                return typed_mode(arena, node);
        case KIND_WORDS:
                return typed_words(arena, node);
        case KIND_TEST:
                return typed_test(arena, node);
        case KIND_TEXTS:
        case KIND_TEXT_OR_TEXTS:
                return typed_texts(arena, node, is_kept);
        case KIND_LABELS:
        case KIND_OPTIONS:
                return typed_mapping(arena, node, false);
        case KIND_ENV:
                return typed_mapping(arena, node, true);
        case KIND_LISTS:
                return typed_lists(arena, node);
        case KIND_HOSTS:
                return typed_hosts(arena, node);
        case KIND_SSH:
                return typed_ssh(arena, node);
        case KIND_OBJECT:
                return node->type == COMPOSE_MAP ? typed_object(arena, node, key->object) : NULL;
        case KIND_OBJECTS:
                return typed_objects(arena, node, key->object);
        case KIND_OBJECT_MAP:
                return typed_object_map(arena, node, key);
        case KIND_ANY:
                return node_copy(arena, node);
        }
        g_assert_not_reached();
}

/* What is there though nobody wrote it */
static ComposeNode *typed_absent(Arena *arena, const ComposeNode *at, const ComposeKey *key)
{
        if ((key->flags & KEY_ALWAYS) == 0)
                return NULL;
        if (key->kind == KIND_WORDS)
                return node_new(arena, COMPOSE_NULL, at->pos, at->width);
        return typed_value(arena, node_new_map(arena, at), key);
}

static ComposeNode *typed_object(Arena *arena, const ComposeNode *node, const ComposeObject *object)
{
        ComposeNode *map = node_new_map(arena, node);

        for (size_t i = 0; i < object->n_keys; i++) {
                const ComposeKey *key = &object->keys[i];
                const ComposePair *pair = compose_get_pair(node, key->name);
                ComposeNode *value;

                if ((key->flags & KEY_DROPPED) != 0)
                        continue;
                value = pair != NULL ? typed_value(arena, pair->value, key)
                                     : typed_absent(arena, node, key);
                if (value != NULL)
                        node_set_at(arena, map, key->name, pair != NULL ? pair->pos : node->pos,
                                    value);
        }
        for (size_t i = 0; i < node->n_pairs; i++) {
                if (g_str_has_prefix(node->pairs[i].key, "x-"))
                        node_set_at(arena, map, node->pairs[i].key, node->pairs[i].pos,
                                    node_copy(arena, node->pairs[i].value));
        }
        return map;
}

ComposeNode *typed_document(Arena *arena, const ComposeNode *root)
{
        return typed_object(arena, root, &compose_root);
}
