#pragma once

/*
 * Relations: rules that need more of the document than the value itself
 */

#include "format/reader.h"

/* The rule of a text, "" included; false after a finding */
bool relation_check(Reader *reader, const KeySpec *key, const YamlNode *node, const char *text,
                    const Path *path);

/* Mount options: only known ones, of each sort one */
void relation_check_options(Reader *reader, const YamlNode *list, const Path *path);

/* Graphs: each has a metric; false after a finding */
bool relation_check_targets(Reader *reader, const YamlNode *list, const Path *path);

/* `any`, or a list of exit codes */
void relation_check_codes(Reader *reader, const YamlNode *node, const Path *path);

/* What an object's keys must be together, missing ones included */
void relation_check_object(Reader *reader, const ObjectSpec *object, const YamlNode *node,
                           const Path *path);
