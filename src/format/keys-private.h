#pragma once

/*
 * What the tables of keys share: keys-container.c (components and containers), keys-settings.c
 * (settings, their commands and tests) and keys-root.c (everything else)
 */

#include "format/document.h"
#include "format/keys.h"

/* Where a value goes: the row's last columns */
#define TEXT(S, f)    .field = FIELD_TEXT, .offset = offsetof(S, f)
#define STR(S, f)     .field = FIELD_STR, .offset = offsetof(S, f)
#define BOOL(S, f)    .field = FIELD_BOOL, .offset = offsetof(S, f)
#define INT(S, f)     .field = FIELD_INT, .offset = offsetof(S, f)
#define TEXTS(S, f)   .field = FIELD_TEXTS, .offset = offsetof(S, f)
#define STRS(S, f, n) .field = FIELD_STRS, .offset = offsetof(S, f), .n_offset = offsetof(S, n)
#define OBJECT(S, f)  .field = FIELD_OBJECT, .offset = offsetof(S, f)
#define OBJECTS(S, f, n)                                                                           \
        .field = FIELD_OBJECTS, .offset = offsetof(S, f), .n_offset = offsetof(S, n)
#define NODE(S, f)        .field = FIELD_NODE, .offset = offsetof(S, f)
#define WORDS(list, name) .words = (list), .finding = (name)

#define CHECKED_ONLY .size = 0, .pos_offset = NO_OFFSET, .is_set_offset = NO_OFFSET
#define IN(S)        .size = sizeof(S), .pos_offset = NO_OFFSET, .is_set_offset = NO_OFFSET
#define IN_AT(S)     .size = sizeof(S), .pos_offset = offsetof(S, pos), .is_set_offset = NO_OFFSET

/* Objects that stand in more than one table */
extern const ObjectSpec host_requirements_object, content_trust_object, message_object,
        result_object, custom_command_object, group_object, command_object;
