#pragma once

/*
 * Keys: what may stand in a native document
 *
 * One table per kind of object. The reader, the linter, `slipway explain` and the reference page
 * are made from it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ObjectSpec ObjectSpec;

/* How YAML is read for a key: the type words of the reference page */
typedef enum KeyType {
        KEY_STR,  /* any scalar; its source text */
        KEY_BOOL, /* plain true, false, yes, no, on, off, y, n */
        KEY_INT,  /* plain number */
        KEY_UINT,
        KEY_FLOAT,
        KEY_ANY,
        KEY_STRS, /* list of str */
        KEY_MAP,  /* mapping of str */
        KEY_MAP_ANY,
        KEY_OBJECT,
        KEY_OBJECTS, /* list of mappings */
        KEY_MESSAGE, /* str or object */
} KeyType;

typedef enum KeyTemplates {
        T_NO,   /* a template would never be rendered */
        T_YES,  /* rendered when it is needed */
        T_SKIP, /* the same; the rule looks at texts without a template only */
} KeyTemplates;

/* Rules for a value. The first group is the reference validator's (an error everywhere), the
 * second is what running it needs. */
typedef enum KeyRule {
        RULE_NONE,
        RULE_APIVERSION,
        RULE_BOOL, /* Go's words for a boolean */
        RULE_UINT,
        RULE_ABSOLUTE_PATH,
        RULE_IS_EMPTY,
        RULE_FINGERPRINT,
        RULE_ITEM_TYPE,
        RULE_ITEM_WHEN,
        RULE_DOCKER_VERSION,
        RULE_SEMVER_RANGE,
        RULE_BYTES,        /* 4GB */
        RULE_BYTES_OR_RAM, /* 4GB, 4GiB */
        RULE_SHELL_ALIAS,
        RULE_URL,
        RULE_TCP_PORT,
        RULE_LABEL_SCALE,
        RULE_COLOUR,
        RULE_RETENTION,
        RULE_AGGREGATION,
        RULE_STRATEGY,
        RULE_NODE_ROLE,
        RULE_VOLUME_OPTIONS,
        RULE_MAP_KEYS,
        RULE_REFERENCE, /* of a subscription: with the other key, in relation_check_object() */
        RULE_MONITOR,   /* component,image */
        RULE_NAME_UNIQUE,
        RULE_VOLUMES_FROM,
        RULE_ID_UNIQUE,
        RULE_HAS_TARGET,
        RULE_PUBLIC_PORT, /* required below API 2.8.0 */

        RULE_TEXT_BOOL, /* boolean text, rendered later */
        RULE_TEXT_PORT, /* 1 to 65535 */
        RULE_TEXT_UINT,
        RULE_TEXT_LIMIT, /* -1: none */
        RULE_TEXT_SIZE,  /* bytes, or with b k m g */
        RULE_TEXT_MODE,  /* octal */
        RULE_WORD,       /* one of KeySpec.words */
        RULE_EXIT_CODES, /* `any` or numbers */
} KeyRule;

/* What Slipway does with a key */
typedef enum KeyStatus {
        KEY_DONE,
        KEY_BESIDE,  /* read and checked; has no effect yet, and none on what runs */
        KEY_LATER,   /* not done yet, and would change what runs */
        KEY_FOREIGN, /* of another scheduler, or internal */
} KeyStatus;

/* Where the value goes */
typedef enum FieldType {
        FIELD_NONE,
        FIELD_TEXT, /* Text */
        FIELD_STR,  /* const char * */
        FIELD_BOOL,
        FIELD_INT,     /* int64_t */
        FIELD_TEXTS,   /* TextList */
        FIELD_STRS,    /* const char **, and their number */
        FIELD_OBJECT,  /* the object itself */
        FIELD_OBJECTS, /* pointer to objects, and their number */
        FIELD_MAP,     /* const char **keys, Text *values, their number: struct KeyMap */
        FIELD_NODE,    /* const YamlNode * */
} FieldType;

#define KEY_REQUIRED    (1u << 0) /* not empty; lists: there */
#define KEY_EXISTS      (1u << 1) /* no null item */
#define KEY_MIN1        (1u << 2) /* a list that is not empty, where it is there */
#define KEY_SECRET      (1u << 3) /* may hold one: not quoted in messages */
#define KEY_OURS        (1u << 4) /* Slipway's addition to the format */
#define KEY_MAY_BE_NULL (1u << 5) /* a list whose null items count as not there */

typedef struct KeySpec {
        const char *name;
        KeyType type;
        KeyTemplates templates;
        KeyRule rule;
        unsigned flags;
        KeyStatus status;
        const ObjectSpec *object; /* of KEY_OBJECT, KEY_OBJECTS, KEY_MESSAGE */
        FieldType field;
        size_t offset, n_offset;
        const char *const *words; /* RULE_WORD: NULL-terminated */
        const char *finding;      /* RULE_WORD: its name */
        const char *instead;      /* deprecated: what to write instead */
        const char *fallback;     /* the default, for people; NULL: none */
        const char *help;         /* one line */
} KeySpec;

struct ObjectSpec {
        const char *name; /* "container" */
        const char *help;
        const KeySpec *keys;  /* ended by a row without a name */
        size_t size;          /* of the struct; 0: it is only checked */
        size_t pos_offset;    /* of its SourcePos; NO_OFFSET: none */
        size_t is_set_offset; /* of a bool that says that it is there; NO_OFFSET: none */
};

#define NO_OFFSET ((size_t) -1)

extern const ObjectSpec root_object, component_object, container_object, subscription_object,
        port_object, admin_command_object, support_file_object, support_command_object;

/* What `data` of a custom command may hold (RawTestData): of `raw`, else of `scheduler` */
const ObjectSpec *keys_test_data(bool is_raw);

const KeySpec *object_find(const ObjectSpec *object, const char *key);

/* The key that a mistyped one probably meant, or NULL */
const char *object_closest(const ObjectSpec *object, const char *key);

/* "list of container", "str" */
char *key_type_text(const KeySpec *key);
