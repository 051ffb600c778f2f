#include "format/compose/tree.h"

#include <string.h>

#include "base/text.h"

ComposeNode *node_new(Arena *arena, ComposeType type, SourcePos pos, unsigned width)
{
        ComposeNode *node = arena_new0(arena, ComposeNode, 1);

        node->type = type;
        node->pos = pos;
        node->width = width;
        return node;
}

ComposeNode *node_new_text(Arena *arena, const char *text, const ComposeNode *at)
{
        ComposeNode *node = node_new(arena, COMPOSE_TEXT, at->pos, at->width);

        node->text = arena_strdup(arena, text);
        return node;
}

ComposeNode *node_new_bool(Arena *arena, bool value, const ComposeNode *at)
{
        ComposeNode *node = node_new(arena, COMPOSE_BOOL, at->pos, at->width);

        node->text = value ? "true" : "false";
        return node;
}

ComposeNode *node_new_int(Arena *arena, gint64 value, const ComposeNode *at)
{
        ComposeNode *node = node_new(arena, COMPOSE_NUMBER, at->pos, at->width);

        node->text = arena_printf(arena, "%" G_GINT64_FORMAT, value);
        return node;
}

ComposeNode *node_new_map(Arena *arena, const ComposeNode *at)
{
        return node_new(arena, COMPOSE_MAP, at->pos, at->width);
}

ComposeNode *node_new_list(Arena *arena, const ComposeNode *at)
{
        return node_new(arena, COMPOSE_LIST, at->pos, at->width);
}

/* Room for one more: an array has room for as many as the next power of two */
static void *grow(Arena *arena, void *old, size_t n, size_t size)
{
        void *grown;

        if (n != 0 && (n & (n - 1)) != 0)
                return old;
        grown = arena_alloc_n(arena, size, n == 0 ? 1 : 2 * n);
        if (n > 0)
                memcpy(grown, old, n * size);
        return grown;
}

void node_append(Arena *arena, ComposeNode *list, ComposeNode *item)
{
        g_assert(list->type == COMPOSE_LIST);
        list->items = grow(arena, list->items, list->n_items, sizeof(ComposeNode *));
        list->items[list->n_items++] = item;
}

void node_set_at(Arena *arena, ComposeNode *map, const char *key, SourcePos pos, ComposeNode *value)
{
        ComposePair *pair;

        g_assert(map->type == COMPOSE_MAP);
        if (map->is_full)
                return;
        pair = (ComposePair *) compose_get_pair(map, key);
        map->is_full = pair == NULL && map->n_pairs >= COMPOSE_KEYS_MAX;
        if (map->is_full)
                return;
        if (pair == NULL) {
                map->pairs = grow(arena, map->pairs, map->n_pairs, sizeof(ComposePair));
                pair = &map->pairs[map->n_pairs++];
                pair->key = arena_strdup(arena, key);
                pair->hash = g_str_hash(key);
        }
        pair->pos = pos;
        pair->value = value;
}

void node_set(Arena *arena, ComposeNode *map, const char *key, ComposeNode *value)
{
        node_set_at(arena, map, key, value->pos, value);
}

void node_set_text(Arena *arena, ComposeNode *map, const char *key, const char *text)
{
        node_set(arena, map, key, node_new_text(arena, text, map));
}

void node_set_bool(Arena *arena, ComposeNode *map, const char *key, bool value)
{
        node_set(arena, map, key, node_new_bool(arena, value, map));
}

void node_remove(ComposeNode *map, const char *key)
{
        ComposePair *pair = (ComposePair *) compose_get_pair(map, key);
        size_t i;

        if (pair == NULL)
                return;
        i = pair - map->pairs;
        memmove(pair, pair + 1, (map->n_pairs - i - 1) * sizeof *pair);
        map->n_pairs--;
}

/* Copied arrays have the room that grow() counts on */
static size_t room(size_t n)
{
        size_t power = 1;

        while (power < n)
                power *= 2;
        return power;
}

ComposeNode *node_copy(Arena *arena, const ComposeNode *node)
{
        ComposeNode *copy = arena_memdup(arena, node, sizeof *node);

        if (node->n_items > 0)
                copy->items = arena_new0(arena, ComposeNode *, room(node->n_items));
        if (node->n_pairs > 0)
                copy->pairs = arena_new0(arena, ComposePair, room(node->n_pairs));
        for (size_t i = 0; i < node->n_items; i++)
                copy->items[i] = node_copy(arena, node->items[i]);
        for (size_t i = 0; i < node->n_pairs; i++) {
                copy->pairs[i] = node->pairs[i];
                copy->pairs[i].value = node_copy(arena, node->pairs[i].value);
        }
        return copy;
}

bool node_equal(const ComposeNode *a, const ComposeNode *b)
{
        if (a->type != b->type || a->n_items != b->n_items || a->n_pairs != b->n_pairs ||
            g_strcmp0(a->text, b->text) != 0)
                return false;
        for (size_t i = 0; i < a->n_items; i++) {
                if (!node_equal(a->items[i], b->items[i]))
                        return false;
        }
        for (size_t i = 0; i < a->n_pairs; i++) {
                const ComposePair *other = compose_get_pair(b, a->pairs[i].key);

                if (other == NULL || !node_equal(a->pairs[i].value, other->value))
                        return false;
        }
        return true;
}

bool node_has(const ComposeNode *map, const char *key)
{
        const ComposeNode *value = compose_get(map, key);

        return value != NULL && value->type != COMPOSE_NULL;
}

bool node_is(const ComposeNode *node, ComposeType type)
{
        return node != NULL && node->type == type;
}

bool node_is_scalar(const ComposeNode *node)
{
        return node_is(node, COMPOSE_TEXT) || node_is(node, COMPOSE_NUMBER) ||
               node_is(node, COMPOSE_BOOL);
}

bool node_is_true(const ComposeNode *node)
{
        bool value;

        return node_is_scalar(node) && text_parse_bool(node->text, &value) && value;
}

const char *node_describe(const ComposeNode *node)
{
        switch (node->type) {
        case COMPOSE_NULL:
                return "nothing";
        case COMPOSE_BOOL:
                return "a boolean";
        case COMPOSE_NUMBER:
                return "a number";
        case COMPOSE_TEXT:
                return "text";
        case COMPOSE_LIST:
                return "a list";
        case COMPOSE_MAP:
                return "a mapping";
        }
        g_assert_not_reached();
}

size_t node_count(const ComposeNode *node)
{
        size_t n = 1;

        for (size_t i = 0; i < node->n_items; i++)
                n += node_count(node->items[i]);
        for (size_t i = 0; i < node->n_pairs; i++)
                n += node_count(node->pairs[i].value);
        return n;
}

/* Whether the last segment of the pattern, @len bytes, is the path's last step */
static bool step_matches(const Path *path, const char *segment, size_t len)
{
        if (len == 2 && memcmp(segment, "[]", 2) == 0)
                return path->key == NULL;
        if (path->key == NULL)
                return false;
        return (len == 1 && segment[0] == '*') ||
               (strncmp(path->key, segment, len) == 0 && path->key[len] == '\0');
}

bool path_matches(const Path *path, const char *pattern)
{
        const char *end = pattern + strlen(pattern);

        for (; path != NULL; path = path->parent) {
                const char *start = end;

                while (start > pattern && start[-1] != '.')
                        start--;
                if (start == end || !step_matches(path, start, end - start))
                        return false;
                end = start > pattern ? start - 1 : pattern;
        }
        return end == pattern;
}

ComposeNode *node_new_null(Arena *arena, const ComposeNode *at)
{
        return node_new(arena, COMPOSE_NULL, at->pos, at->width);
}

ComposeNode *node_names_to_map(Arena *arena, ComposeNode *node,
                               ComposeNode *(*make)(Arena *arena, const ComposeNode *at))
{
        ComposeNode *map;

        if (node->type != COMPOSE_LIST)
                return node;
        map = node_new_map(arena, node);
        for (size_t i = 0; i < node->n_items; i++) {
                ComposeNode *item = node->items[i];

                if (node_is_scalar(item))
                        node_set_at(arena, map, item->text, item->pos, make(arena, item));
        }
        return map;
}
