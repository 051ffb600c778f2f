#pragma once

/*
 * Keys: all that a Compose file can say
 *
 * The tables are read by the check of what was written (schema.c) and by the making of the
 * effective document (typed.c).
 */

#include <stdbool.h>
#include <stddef.h>

typedef enum ComposeKind {
        KIND_TEXT,
        KIND_BOOL,     /* or its text */
        KIND_INT,      /* or its text */
        KIND_FLOAT,    /* of single precision, or its text */
        KIND_BYTES,    /* a number or `64m`; in the effective document text of bytes */
        KIND_DURATION, /* `1m30s` */
        KIND_MODE,     /* octal permissions */
        KIND_COUNT,    /* of devices: a number or `all` */
        KIND_WORDS,    /* a command: text or a list; not the same when empty as when not there */
        KIND_TEST,     /* a health check's command */
        KIND_TEXTS,    /* a list */
        KIND_TEXT_OR_TEXTS,
        KIND_LABELS,  /* a mapping of scalars or a list of `key=value`; without value: "" */
        KIND_ENV,     /* the same; without value: null */
        KIND_OPTIONS, /* a mapping of scalars */
        KIND_LISTS,   /* a mapping of scalars or lists */
        KIND_HOSTS,   /* `host=address` */
        KIND_SSH,     /* a mapping or a list of `id=path` */
        KIND_OBJECT,
        KIND_OBJECTS,    /* a list */
        KIND_OBJECT_MAP, /* by names that the author gives */
        KIND_EXTERNAL,   /* a boolean, or an object with `name` */
        KIND_ANY,
} ComposeKind;

typedef enum ComposeFlag {
        KEY_REQUIRED = 1 << 0,
        KEY_KEPT = 1 << 1,      /* stays where it is false, 0 or empty: that is not the default */
        KEY_ALWAYS = 1 << 2,    /* an object that is there even where nobody wrote it */
        KEY_NULL = 1 << 3,      /* may be null */
        KEY_NULLS = 1 << 4,     /* its members may be null */
        KEY_TEXT = 1 << 5,      /* instead of an object: text */
        KEY_NUMBER = 1 << 6,    /* instead of an object, or in a list of texts: a number */
        KEY_LIST = 1 << 7,      /* instead of a mapping: a list of names */
        KEY_DROPPED = 1 << 8,   /* has done its work when the effective document is there */
        KEY_STRICT = 1 << 9,    /* its text is no boolean or number here */
        KEY_UNSIGNED = 1 << 14, /* a number that is not negative */
        KEY_NAMES = 1 << 10,    /* its members' names are [a-zA-Z0-9._-]+ */
        KEY_UNIQUE = 1 << 12,   /* no item stands there twice, of all files together */
        KEY_SET = 1 << 16,      /* no item stands there twice, in one file */
        KEY_SOFT = 1 << 13,     /* other words than its own pass; the engine may refuse them */
        KEY_IDLE = 1 << 15,     /* nobody does anything with it */
        KEY_ONE = 1 << 11,      /* instead of a list: one text */
} ComposeFlag;

typedef struct ComposeObject ComposeObject;

typedef struct ComposeKey {
        const char *name;
        ComposeKind kind;
        unsigned flags;
        const ComposeObject *object; /* of the kinds with objects */
        const char *const *words;    /* all values that a text may have; NULL: any */
} ComposeKey;

struct ComposeObject {
        const char *what; /* "a service" */
        const ComposeKey *keys;
        size_t n_keys;
        bool is_closed; /* not even `x-` keys */
};

extern const ComposeObject compose_root;

const ComposeKey *compose_key(const ComposeObject *object, const char *name);

/* Whether an empty text of it says nothing: the default counts */
bool compose_key_needs_text(const ComposeKey *key);

/* The known key that was probably meant, or NULL */
const char *compose_key_guess(const ComposeObject *object, const char *name);
