#pragma once

/*
 * Value: what a template computes with
 *
 * The types are Go's, because templates can tell them apart: an int and an int64 print alike but
 * are not equal for `uniq`, a nil list prints like an empty one but is null in JSON. A value is
 * sixteen bytes and copied freely; what it points to (bytes, lists, maps) lives in the arena of
 * one render. Arena-held and not reference-counted, because a render is short and bounded: values
 * share freely, cycles are no problem, and all of it goes at once.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*      id              Go's name of the type        kind */
#define VALUE_TYPES(X)                                                                             \
        X(MISSING, "<nil>", INVALID)      /* no value at all: a missing key, a nil argument */     \
        X(NIL, "interface {}", INTERFACE) /* an interface that holds nil: a key that is there */   \
        X(BOOL, "bool", BOOL)                                                                      \
        X(INT, "int", INT)                                                                         \
        X(INT32, "int32", INT32)                                                                   \
        X(INT64, "int64", INT64)                                                                   \
        X(UINT8, "uint8", UINT8)                                                                   \
        X(UINT, "uint", UINT)                                                                      \
        X(UINT64, "uint64", UINT64)                                                                \
        X(FLOAT64, "float64", FLOAT64)                                                             \
        X(COMPLEX, "complex128", COMPLEX128)                                                       \
        X(STRING, "string", STRING)                                                                \
        X(LIST, "[]interface {}", SLICE)                                                           \
        X(STRINGS, "[]string", SLICE)                                                              \
        X(INTS, "[]int", SLICE)                                                                    \
        X(BYTES, "[]uint8", SLICE)                                                                 \
        X(LISTS, "[][]interface {}", SLICE)                                                        \
        X(MAP, "map[string]interface {}", MAP)                                                     \
        X(STRING_MAP, "map[string]string", MAP)                                                    \
        X(TIME, "time.Time", STRUCT)                                                               \
        X(DURATION, "time.Duration", INT64)                                                        \
        X(MONTH, "time.Month", INT)                                                                \
        X(WEEKDAY, "time.Weekday", INT)                                                            \
        X(LOCATION, "*time.Location", PTR)                                                         \
        X(VERSION, "*semver.Version", PTR)                                                         \
        X(VERSION_STRUCT, "semver.Version", STRUCT)                                                \
        X(CERTIFICATE, "sprig.certificate", STRUCT)

typedef enum ValueType {
#define X(id, name, kind) VALUE_##id,
        VALUE_TYPES(X)
#undef X
                VALUE_TYPE_COUNT
} ValueType;

typedef enum ValueKind {
        KIND_INVALID,
        KIND_INTERFACE,
        KIND_BOOL,
        KIND_INT,
        KIND_INT32,
        KIND_INT64,
        KIND_UINT8,
        KIND_UINT,
        KIND_UINT64,
        KIND_FLOAT64,
        KIND_COMPLEX128,
        KIND_STRING,
        KIND_SLICE,
        KIND_MAP,
        KIND_STRUCT,
        KIND_PTR,
} ValueKind;

typedef struct ValueList ValueList;
typedef struct ValueMap ValueMap;
typedef struct ValueTime ValueTime;
typedef struct ValueVersion ValueVersion;
typedef struct ValueCertificate ValueCertificate;

typedef struct Value {
        uint8_t type; /* ValueType */
        union {
                uint32_t len;     /* of a string, in bytes */
                int32_t offset_s; /* of a location, east of UTC */
        };
        union {
                bool b;
                int64_t i;
                uint64_t u;
                double f;
                const double *c; /* real and imaginary part */
                const char *s;   /* not NUL-terminated, use len; of a location its name, which is */
                ValueList *list; /* NULL is Go's nil slice */
                ValueMap *map;   /* NULL is Go's nil map */
                const ValueTime *time;
                const ValueVersion *version;
                const ValueCertificate *certificate;
        };
} Value;

struct ValueList {
        Value *items; /* may be shared with another list, as Go's slices share */
        size_t n;
        size_t capacity;
        size_t reach; /* of a part of another list: as far as that one has items, from here on */
};

/* A moment, to the nanosecond; the zone only says how it is shown */
struct ValueTime {
        int64_t unix_s;
        int32_t nsec;
        int32_t offset_s; /* east of UTC */
        const char *zone; /* abbreviation: "UTC", "CET"; "" where only the offset is known */
};

struct ValueVersion {
        uint64_t major, minor, patch;
        const char *prerelease;
        const char *metadata;
        const char *original;
};

struct ValueCertificate {
        Value cert; /* PEM, both */
        Value key;
};

const char *value_type_name(ValueType type);
/* What a value is, for errors: "text", "a whole number" */
const char *value_type_in_words(ValueType type);
ValueKind value_type_kind(ValueType type);
const char *value_kind_name(ValueKind kind);

static inline ValueKind value_kind(Value v)
{
        extern const uint8_t value_kinds[];

        return (ValueKind) value_kinds[v.type];
}

/* Makers. Strings are borrowed unless the name says copy: they must live as long as the render. */
static inline Value value_missing(void)
{
        return (Value){ .type = VALUE_MISSING };
}

static inline Value value_nil(void)
{
        return (Value){ .type = VALUE_NIL };
}

static inline Value value_bool(bool b)
{
        return (Value){ .type = VALUE_BOOL, .b = b };
}

static inline Value value_int(int64_t i)
{
        return (Value){ .type = VALUE_INT, .i = i };
}

static inline Value value_int64(int64_t i)
{
        return (Value){ .type = VALUE_INT64, .i = i };
}

static inline Value value_uint64(uint64_t u)
{
        return (Value){ .type = VALUE_UINT64, .u = u };
}

static inline Value value_float(double f)
{
        return (Value){ .type = VALUE_FLOAT64, .f = f };
}

static inline Value value_string_n(const char *s, size_t len)
{
        return (Value){ .type = VALUE_STRING, .len = (uint32_t) len, .s = s };
}

Value value_string(const char *s);
Value value_string_copy(Arena *arena, const char *s, size_t len);
Value value_complex(Arena *arena, double re, double im);

/* Lists. @type is VALUE_LIST, VALUE_STRINGS, ...; a new one has room for @capacity. */
Value value_list_new(Arena *arena, ValueType type, size_t capacity);
void value_list_add(Arena *arena, ValueList *list, Value item); /* MISSING becomes NIL */

/* 0 for nil, and for what is no list */
static inline size_t value_list_size(Value v)
{
        return value_kind(v) != KIND_SLICE || v.list == NULL ? 0 : v.list->n;
}

/* Maps with strings as keys. @type is VALUE_MAP or VALUE_STRING_MAP. */
Value value_map_new(Arena *arena, ValueType type);
void value_map_set(Arena *arena, ValueMap *map, Value key, Value item);
bool value_map_get(const ValueMap *map, const char *key, size_t len, Value *ret_item);
bool value_map_remove(ValueMap *map, const char *key, size_t len);
size_t value_map_size(const ValueMap *map);

typedef struct ValuePair {
        Value key;
        Value item;
} ValuePair;

/* The pairs of a map by bytes of their keys: n = value_map_size(); in the arena */
const ValuePair *value_map_sorted(Arena *arena, const ValueMap *map);

/* Is it an integer of any size, signed or unsigned */
bool value_is_signed(Value v);
bool value_is_unsigned(Value v);

/* Go's truth: false, 0, nil, an empty string, list or map are false */
bool value_truth(Value v);

/* Go's reflect.DeepEqual: types count. *budget is counted down by each comparison; the answer is
 * worthless once it is below zero. */
bool value_deep_equal(Value a, Value b, int64_t *budget);

/* A copy whose lists and maps are its own; *budget as above, by each value that is copied */
Value value_deep_copy(Arena *arena, Value v, int64_t *budget);

/* As C string in the arena; bytes after an embedded NUL are lost */
const char *value_cstring(Arena *arena, Value v);
