#include "template/value.h"

#include <string.h>

#define MAP_INDEX_FROM  8 /* smaller maps are searched from end to end */
#define VALUE_DEPTH_MAX 1000

struct ValueMap {
        ValuePair *pairs; /* in the order in which they were added; key.s NULL: removed */
        size_t n;         /* with the removed ones */
        size_t capacity;
        size_t n_live;
        uint32_t *index; /* open addressing: number of the pair plus one; 0 is free */
        size_t index_size;
        const ValuePair *sorted; /* NULL after a change */
        Arena *arena;
};

static const char *const type_names[] = {
#define X(id, name, kind) [VALUE_##id] = name,
        VALUE_TYPES(X)
#undef X
};

extern const uint8_t value_kinds[];
const uint8_t value_kinds[] = {
#define X(id, name, kind) [VALUE_##id] = KIND_##kind,
        VALUE_TYPES(X)
#undef X
};

static const char *const kind_names[] = {
        [KIND_INVALID] = "invalid",
        [KIND_INTERFACE] = "interface",
        [KIND_BOOL] = "bool",
        [KIND_INT] = "int",
        [KIND_INT32] = "int32",
        [KIND_INT64] = "int64",
        [KIND_UINT8] = "uint8",
        [KIND_UINT] = "uint",
        [KIND_UINT64] = "uint64",
        [KIND_FLOAT64] = "float64",
        [KIND_COMPLEX128] = "complex128",
        [KIND_STRING] = "string",
        [KIND_SLICE] = "slice",
        [KIND_MAP] = "map",
        [KIND_STRUCT] = "struct",
        [KIND_PTR] = "ptr",
};

const char *value_type_name(ValueType type)
{
        return type_names[type];
}

ValueKind value_type_kind(ValueType type)
{
        return (ValueKind) value_kinds[type];
}

const char *value_type_in_words(ValueType type)
{
        switch (value_type_kind(type)) {
        case KIND_INVALID:
        case KIND_INTERFACE:
                return "nothing (nil)";
        case KIND_BOOL:
                return "true or false";
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                return type == VALUE_INT        ? "a whole number"
                       : type == VALUE_DURATION ? "a duration"
                                                : value_type_name(type);
        case KIND_FLOAT64:
                return "a decimal number";
        case KIND_COMPLEX128:
                return "a complex number";
        case KIND_STRING:
                return "text";
        case KIND_SLICE:
                return type == VALUE_STRINGS ? "a list of texts"
                       : type == VALUE_INTS  ? "a list of whole numbers"
                                             : "a list";
        case KIND_MAP:
                return type == VALUE_MAP ? "a dictionary" : "a dictionary of texts";
        case KIND_STRUCT:
        case KIND_PTR:
                return type == VALUE_TIME          ? "a time"
                       : type == VALUE_CERTIFICATE ? "a certificate"
                       : type == VALUE_LOCATION    ? "a time zone"
                                                   : "a version";
        }
        g_assert_not_reached();
}

const char *value_kind_name(ValueKind kind)
{
        return kind_names[kind];
}

Value value_string(const char *s)
{
        return value_string_n(s, strlen(s));
}

Value value_string_copy(Arena *arena, const char *s, size_t len)
{
        return value_string_n(arena_memdup(arena, s, len), len);
}

Value value_complex(Arena *arena, double re, double im)
{
        double *c = arena_new0(arena, double, 2);

        c[0] = re;
        c[1] = im;
        return (Value){ .type = VALUE_COMPLEX, .c = c };
}

const char *value_cstring(Arena *arena, Value v)
{
        char *text = arena_alloc(arena, (size_t) v.len + 1);

        memcpy(text, v.s, v.len);
        return text;
}

Value value_list_new(Arena *arena, ValueType type, size_t capacity)
{
        ValueList *list = arena_new0(arena, ValueList, 1);

        list->items = arena_new0(arena, Value, capacity);
        list->capacity = capacity;
        return (Value){ .type = (uint8_t) type, .list = list };
}

void value_list_add(Arena *arena, ValueList *list, Value item)
{
        if (list->n == list->capacity) {
                size_t capacity = MAX(list->capacity * 2, 4);
                Value *items = arena_new0(arena, Value, capacity);

                if (list->n > 0)
                        memcpy(items, list->items, list->n * sizeof *items);
                list->items = items;
                list->capacity = capacity;
        }
        if (item.type == VALUE_MISSING)
                item = value_nil();
        list->items[list->n++] = item;
}

static uint32_t hash(const char *key, size_t len)
{
        uint32_t h = 2166136261u;

        for (size_t i = 0; i < len; i++)
                h = (h ^ (unsigned char) key[i]) * 16777619u;
        return h;
}

Value value_map_new(Arena *arena, ValueType type)
{
        ValueMap *map = arena_new0(arena, ValueMap, 1);

        map->arena = arena;
        return (Value){ .type = (uint8_t) type, .map = map };
}

static bool same_key(const ValuePair *pair, const char *key, size_t len)
{
        return pair->key.s != NULL && pair->key.len == len && memcmp(pair->key.s, key, len) == 0;
}

static ValuePair *find(const ValueMap *map, const char *key, size_t len)
{
        if (map->index == NULL) {
                for (size_t i = 0; i < map->n; i++)
                        if (same_key(&map->pairs[i], key, len))
                                return &map->pairs[i];
                return NULL;
        }
        for (size_t at = hash(key, len);; at++) {
                uint32_t i = map->index[at & (map->index_size - 1)];

                if (i == 0)
                        return NULL;
                if (same_key(&map->pairs[i - 1], key, len))
                        return &map->pairs[i - 1];
        }
}

static void index_add(ValueMap *map, size_t i)
{
        size_t at = hash(map->pairs[i].key.s, map->pairs[i].key.len);

        while (map->index[at & (map->index_size - 1)] != 0)
                at++;
        map->index[at & (map->index_size - 1)] = (uint32_t) i + 1;
}

static void grow(ValueMap *map)
{
        size_t capacity = map->n_live * 2 < 4 ? 4 : map->n_live * 2;
        ValuePair *pairs = arena_new0(map->arena, ValuePair, capacity);
        size_t n = 0;

        for (size_t i = 0; i < map->n; i++)
                if (map->pairs[i].key.s != NULL)
                        pairs[n++] = map->pairs[i];
        map->pairs = pairs;
        map->n = n;
        map->capacity = capacity;
        map->index = NULL;
        if (capacity > MAP_INDEX_FROM) {
                map->index_size = 16;
                while (map->index_size < capacity * 2)
                        map->index_size *= 2;
                map->index = arena_new0(map->arena, uint32_t, map->index_size);
                for (size_t i = 0; i < n; i++)
                        index_add(map, i);
        }
}

void value_map_set(Arena *arena, ValueMap *map, Value key, Value item)
{
        ValuePair *pair = find(map, key.s, key.len);

        if (item.type == VALUE_MISSING)
                item = value_nil();
        map->sorted = NULL;
        if (pair != NULL) {
                pair->item = item;
                return;
        }
        if (map->n == map->capacity)
                grow(map);
        if (key.s == NULL)
                key.s = "";
        map->pairs[map->n++] = (ValuePair){ key, item };
        map->n_live++;
        if (map->index != NULL)
                index_add(map, map->n - 1);
}

bool value_map_get(const ValueMap *map, const char *key, size_t len, Value *ret_item)
{
        const ValuePair *pair = map == NULL ? NULL : find(map, key, len);

        if (pair == NULL)
                return false;
        *ret_item = pair->item;
        return true;
}

bool value_map_remove(ValueMap *map, const char *key, size_t len)
{
        ValuePair *pair = map == NULL ? NULL : find(map, key, len);

        if (pair == NULL)
                return false;
        pair->key.s = NULL;
        map->n_live--;
        map->sorted = NULL;
        return true;
}

size_t value_map_size(const ValueMap *map)
{
        return map == NULL ? 0 : map->n_live;
}

static int by_key(const void *a, const void *b)
{
        const Value *x = &((const ValuePair *) a)->key, *y = &((const ValuePair *) b)->key;
        int d = memcmp(x->s, y->s, MIN(x->len, y->len));

        return d != 0 ? d : (x->len > y->len) - (x->len < y->len);
}

const ValuePair *value_map_sorted(Arena *arena, const ValueMap *map)
{
        ValuePair *pairs;
        size_t n = 0;

        if (map == NULL || map->n_live == 0)
                return NULL;
        if (map->sorted != NULL)
                return map->sorted;
        pairs = arena_new0(arena, ValuePair, map->n_live);
        for (size_t i = 0; i < map->n; i++)
                if (map->pairs[i].key.s != NULL)
                        pairs[n++] = map->pairs[i];
        qsort(pairs, n, sizeof *pairs, by_key);
        if (arena == map->arena)
                ((ValueMap *) map)->sorted = pairs;
        return pairs;
}

bool value_is_signed(Value v)
{
        ValueKind kind = value_kind(v);

        return kind == KIND_INT || kind == KIND_INT32 || kind == KIND_INT64;
}

bool value_is_unsigned(Value v)
{
        ValueKind kind = value_kind(v);

        return kind == KIND_UINT8 || kind == KIND_UINT || kind == KIND_UINT64;
}

bool value_truth(Value v)
{
        switch (value_kind(v)) {
        case KIND_INVALID:
        case KIND_INTERFACE:
                return false;
        case KIND_BOOL:
                return v.b;
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                return v.u != 0;
        case KIND_FLOAT64:
                return v.f != 0;
        case KIND_COMPLEX128:
                return v.c[0] != 0 || v.c[1] != 0;
        case KIND_STRING:
                return v.len > 0;
        case KIND_SLICE:
                return value_list_size(v) > 0;
        case KIND_MAP:
                return value_map_size(v.map) > 0;
        case KIND_STRUCT:
                return true;
        case KIND_PTR:
                return v.version != NULL;
        }
        g_assert_not_reached();
}

static bool deep_equal(Value a, Value b, int64_t *budget, unsigned depth);

static bool maps_equal(Value a, Value b, int64_t *budget, unsigned depth)
{
        if ((a.map == NULL) != (b.map == NULL) || value_map_size(a.map) != value_map_size(b.map))
                return false;
        if (a.map == b.map)
                return true;
        for (size_t i = 0; i < a.map->n; i++) {
                const ValuePair *pair = &a.map->pairs[i];
                Value other;

                if (pair->key.s != NULL &&
                    (!value_map_get(b.map, pair->key.s, pair->key.len, &other) ||
                     !deep_equal(pair->item, other, budget, depth)))
                        return false;
        }
        return true;
}

static bool versions_equal(const ValueVersion *a, const ValueVersion *b)
{
        return a == b ||
               (a != NULL && b != NULL && a->major == b->major && a->minor == b->minor &&
                a->patch == b->patch && strcmp(a->prerelease, b->prerelease) == 0 &&
                strcmp(a->metadata, b->metadata) == 0 && strcmp(a->original, b->original) == 0);
}

static bool deep_equal(Value a, Value b, int64_t *budget, unsigned depth)
{
        if (--*budget < 0 || depth > VALUE_DEPTH_MAX)
                return false;
        if (a.type == VALUE_NIL)
                a.type = VALUE_MISSING;
        if (b.type == VALUE_NIL)
                b.type = VALUE_MISSING;
        if (a.type != b.type)
                return false;
        switch (value_kind(a)) {
        case KIND_INVALID:
        case KIND_INTERFACE:
                return true;
        case KIND_BOOL:
                return a.b == b.b;
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                return a.u == b.u;
        case KIND_FLOAT64:
                return a.f == b.f;
        case KIND_COMPLEX128:
                return a.c[0] == b.c[0] && a.c[1] == b.c[1];
        case KIND_STRING:
                *budget -= a.len / 16;
                return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
        case KIND_SLICE:
                if ((a.list == NULL) != (b.list == NULL) ||
                    value_list_size(a) != value_list_size(b))
                        return false;
                for (size_t i = 0; i < value_list_size(a); i++)
                        if (!deep_equal(a.list->items[i], b.list->items[i], budget, depth + 1))
                                return false;
                return true;
        case KIND_MAP:
                return maps_equal(a, b, budget, depth + 1);
        case KIND_STRUCT:
        case KIND_PTR:
                if (a.type == VALUE_TIME)
                        return a.time->unix_s == b.time->unix_s && a.time->nsec == b.time->nsec &&
                               a.time->offset_s == b.time->offset_s;
                if (a.type == VALUE_VERSION || a.type == VALUE_VERSION_STRUCT)
                        return versions_equal(a.version, b.version);
                if (a.type == VALUE_LOCATION)
                        return a.offset_s == b.offset_s && g_strcmp0(a.s, b.s) == 0;
                return a.s == b.s;
        }
        g_assert_not_reached();
}

bool value_deep_equal(Value a, Value b, int64_t *budget)
{
        return deep_equal(a, b, budget, 0);
}

static Value deep_copy(Arena *arena, Value v, int64_t *budget, unsigned depth)
{
        Value copy;

        if (depth > VALUE_DEPTH_MAX)
                *budget = -1;
        if (--*budget < 0)
                return v;
        if (value_kind(v) == KIND_SLICE && v.list != NULL) {
                copy = value_list_new(arena, (ValueType) v.type, v.list->n);
                *budget -= (int64_t) v.list->n / 8;
                for (size_t i = 0; i < v.list->n; i++)
                        value_list_add(arena, copy.list,
                                       deep_copy(arena, v.list->items[i], budget, depth + 1));
                return copy;
        }
        if (value_kind(v) == KIND_MAP && v.map != NULL) {
                copy = value_map_new(arena, (ValueType) v.type);
                for (size_t i = 0; i < v.map->n; i++)
                        if (v.map->pairs[i].key.s != NULL)
                                value_map_set(
                                        arena, copy.map, v.map->pairs[i].key,
                                        deep_copy(arena, v.map->pairs[i].item, budget, depth + 1));
                return copy;
        }
        return v;
}

Value value_deep_copy(Arena *arena, Value v, int64_t *budget)
{
        return deep_copy(arena, v, budget, 0);
}
