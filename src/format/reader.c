#include "format/reader.h"

#include <string.h>

#include "base/text.h"
#include "format/relations.h"
#include "format/rules.h"
#include "format/scalars.h"

/* A quoted value is cut to this many characters in a message. */
#define VALUE_SHOWN 60

static SourcePos pos_of(const Reader *r, const YamlNode *node)
{
        return (SourcePos){ r->file, node->line, node->col };
}

/* ---- What is said of a key before its value is looked at ---- */

static void tell_unknown(Reader *r, const ObjectSpec *object, const YamlPair *pair,
                         const Path *path)
{
        const char *closest = report_is_full(&r->reporter) ? NULL
                                                           : object_closest(object, pair->key);
        SourcePos pos = { r->file, pair->line, pair->col };
        unsigned width = g_utf8_strlen(pair->key, -1);

        if (closest != NULL)
                report(&r->reporter, "unknown-key", pos, width, path,
                       "no key `%.*s` in %s; did you mean `%s`?", VALUE_SHOWN, pair->key,
                       object->name, closest);
        else
                report(&r->reporter, "unknown-key", pos, width, path,
                       "no key `%.*s` in %s; it means nothing", VALUE_SHOWN, pair->key,
                       object->name);
}

static void tell_odd_key(Reader *r, const char *what, const YamlPair *pair, const Path *path)
{
        SourcePos pos = { r->file, pair->line, pair->col };

        report(&r->reporter, "type", pos, 1, path,
               "a key of `%s` is a word, not a list or a mapping; a template must be quoted: "
               "\"{{repl …}}\"",
               what);
}

/* Whether the value says no more than its absence would */
static bool is_idle(const YamlNode *node)
{
        static const char *const words[] = { "", "false", "0", "no", NULL };

        switch (node->kind) {
        case YAML_SCALAR:
                return yaml_is_null(node) || g_strv_contains(words, node->text);
        case YAML_SEQUENCE:
                return node->n_items == 0;
        case YAML_MAPPING:
                return node->n_pairs == 0;
        }
        g_assert_not_reached();
}

/* One line for each key of a document, not one for each place */
static bool was_told(Reader *r, const KeySpec *key)
{
        return !g_hash_table_add(r->told, (KeySpec *) key);
}

static void tell_status(Reader *r, const KeySpec *key, const YamlPair *pair, const Path *path)
{
        SourcePos pos = { r->file, pair->line, pair->col };
        unsigned width = g_utf8_strlen(pair->key, -1);

        if (key->instead != NULL)
                report(&r->reporter, "deprecated", pos, width, path,
                       "`%s` is an old name; write `%s`", key->name, key->instead);
        if (is_idle(pair->value) || r->is_beside)
                return;
        switch (key->status) {
        case KEY_DONE:
                return;
        case KEY_BESIDE:
                if (!was_told(r, key))
                        report(&r->reporter, "no-effect-yet", pos, width, path,
                               "`%s` has no effect yet", key->name);
                return;
        case KEY_LATER:
                report(&r->reporter, "not-done-yet", pos, width, path,
                       "`%s` is not done yet and would change what runs; leave it out", key->name);
                return;
        case KEY_FOREIGN:
                if (!was_told(r, key))
                        report(&r->reporter, "foreign-key", pos, width, path,
                               "`%s` has no meaning here: it is another scheduler's, or internal",
                               key->name);
                return;
        }
}

static void tell_type(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path)
{
        g_autofree char *wanted = key_type_text(key);
        const char *is = node->kind == YAML_SEQUENCE  ? "a list"
                         : node->kind == YAML_MAPPING ? "a mapping"
                         : node->has_template         ? "a template"
                         : node->style != YAML_PLAIN  ? "text"
                                                      : "a word";
        const char *hint = "";

        if (node->kind == YAML_SCALAR && (key->type == KEY_BOOL || key->type == KEY_INT ||
                                          key->type == KEY_UINT || key->type == KEY_FLOAT)) {
                hint = node->has_template          ? "; a template can't stand here"
                       : key->type == KEY_BOOL     ? "; write `true` or `false`, without quotes"
                       : node->style != YAML_PLAIN ? "; write the number without quotes"
                                                   : "; write a number";
        } else if (key->type == KEY_STR && node->kind == YAML_MAPPING && node->is_flow) {
                hint = "; a template must be quoted: \"{{repl …}}\"";
        } else if (strcmp(key->name, "cmd") == 0 && node->kind == YAML_SEQUENCE) {
                hint = "; write the array as text: '[\"a\", \"b\"]'";
        } else if (key->type == KEY_STRS && node->kind == YAML_SCALAR) {
                hint = "; write it as a list";
        }
        report(&r->reporter, "type", pos_of(r, node), yaml_width(node), path,
               "`%s` is %s, not %s%s", key->name, wanted, is, hint);
}

static void tell_required(Reader *r, const KeySpec *key, const YamlNode *at, const Path *path)
{
        if (key->rule == RULE_APIVERSION)
                report(&r->reporter, "required", pos_of(r, at), 1, path,
                       "`replicated_api_version` is missing; it is a version of three numbers, "
                       "such as `2.8.0`");
        else
                report(&r->reporter, "required", pos_of(r, at), 1, path,
                       "`%s` is missing or empty; it is %s", key->name, key->help);
}

/* ---- Texts ---- */

static void note_template(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path)
{
        TemplateUse use = { .node = node, .workload = r->workload, .is_beside = r->is_beside };

        if (key->templates == T_NO) {
                report(&r->reporter, "template-ignored", pos_of(r, node), yaml_width(node), path,
                       "templates are not rendered in `%s`; it is taken as it stands", key->name);
                return;
        }
        g_array_append_val(r->templates, use);
}

static void tell_rule(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                      const char *want)
{
        g_autofree char *value = (key->flags & KEY_SECRET) != 0
                                         ? g_strdup("the value")
                                         : g_strdup_printf("`%.*s`", VALUE_SHOWN, node->text);

        if (key->rule == RULE_WORD) {
                const char *closest = text_closest(node->text, key->words);
                g_autofree char *all = g_strjoinv("`, `", (char **) key->words);

                report(&r->reporter, rule_finding(key), pos_of(r, node), yaml_width(node), path,
                       closest != NULL ? "%s is no %s; did you mean `%s`?"
                                       : "%s is no %s; there is `%s`",
                       value, key->name, closest != NULL ? closest : all);
                return;
        }
        report(&r->reporter, rule_finding(key), pos_of(r, node), yaml_width(node), path,
               "%s is not what `%s` takes: %s", value, key->name, want);
}

/* A scalar that is text: its rule, its template. False where a finding was reported. */
static bool check_text(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path)
{
        const char *want = NULL, *text = yaml_text(node);
        bool is_good = true;

        if (node->has_template)
                note_template(r, key, node, path);
        if (text[0] != '\0' && !rule_check(key, text, &want)) {
                tell_rule(r, key, node, path, want);
                is_good = false;
        } else if (key->rule != RULE_NONE) {
                is_good = relation_check(r, key, node, text, path);
        }
        if (key->rule == RULE_WORD && strcmp(key->name, "policy") == 0 &&
            strcmp(text, "never") == 0)
                report(&r->reporter, "deprecated", pos_of(r, node), yaml_width(node), path,
                       "`never` is an old name; write `no`");
        return is_good;
}

static Text text_of(Reader *r, const YamlNode *node)
{
        return (Text){ arena_strdup(r->arena, yaml_text(node)), pos_of(r, node) };
}

/* ---- Values into the structs that the tables name ---- */

#define AT(target, offset, Type) ((Type *) (void *) ((char *) (target) + (offset)))

static void store_text(Reader *r, const KeySpec *key, const YamlNode *node, void *target)
{
        if (target == NULL)
                return;
        if (key->field == FIELD_TEXT)
                *AT(target, key->offset, Text) = text_of(r, node);
        else if (key->field == FIELD_STR)
                *AT(target, key->offset, const char *) = text_of(r, node).raw;
}

static void read_text(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                      void *target)
{
        if (node->kind != YAML_SCALAR) {
                tell_type(r, key, node, path);
                return;
        }
        if (yaml_text(node)[0] == '\0' && (key->flags & KEY_REQUIRED) != 0) {
                tell_required(r, key, node, path);
                return;
        }
        check_text(r, key, node, path);
        store_text(r, key, node, target);
}

static void store_node(const KeySpec *key, const YamlNode *node, void *target)
{
        if (target != NULL && key->field == FIELD_NODE)
                *AT(target, key->offset, const YamlNode *) = node;
}

static void read_number(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                        void *target)
{
        uint64_t number = 0;
        int64_t value = 0;
        double fraction;
        bool is_good;

        if (key->type == KEY_FLOAT) {
                if (!scalar_to_float(node, &fraction))
                        tell_type(r, key, node, path);
                return;
        }
        if (key->type == KEY_UINT) {
                is_good = scalar_to_uint(node, &number);
                value = (int64_t) MIN(number, (uint64_t) INT64_MAX);
        } else {
                is_good = scalar_to_int(node, &value);
        }
        if (is_good && key->rule == RULE_TCP_PORT && (value > INT32_MAX || value < INT32_MIN))
                is_good = false; /* the reference reads ports into 32 bits */
        if (!is_good) {
                tell_type(r, key, node, path);
                return;
        }
        if (key->rule == RULE_TCP_PORT && (value < 0 || value > 65535))
                report(&r->reporter, "tcpport", pos_of(r, node), yaml_width(node), path,
                       "`%" G_GINT64_FORMAT "` is no port; it is a number from 0 to 65535", value);
        if (strcmp(key->name, "timeout") == 0 && value < -1)
                report(&r->reporter, "bad-timeout", pos_of(r, node), yaml_width(node), path,
                       "a timeout of %" G_GINT64_FORMAT " s; -1 is for ever, 0 is the default",
                       value);
        if (target != NULL && key->field == FIELD_INT)
                *AT(target, key->offset, int64_t) = value;
        store_node(key, node, target);
}

static void read_bool(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                      void *target)
{
        bool value;

        if (!scalar_to_bool(node, &value)) {
                tell_type(r, key, node, path);
                return;
        }
        if (target != NULL && key->field == FIELD_BOOL)
                *AT(target, key->offset, bool) = value;
        store_node(key, node, target);
}

/* What the format's own reader takes as it comes, and we as a number of seconds */
static void read_seconds(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                         void *target)
{
        int64_t value;

        if (node->kind != YAML_SCALAR || !text_parse_int(node->text, &value) || value < -1)
                report(&r->reporter, "bad-value", pos_of(r, node), yaml_width(node), path,
                       "`%s` is a number of seconds, or -1 for none", key->name);
        else if (target != NULL)
                *AT(target, key->offset, int64_t) = value;
}

/* ---- Lists and mappings ---- */

static void store_texts(Reader *r, const KeySpec *key, const YamlNode *node, void *target)
{
        if (target == NULL || key->field == FIELD_NONE)
                return;
        if (key->field == FIELD_TEXTS) {
                Text *items = arena_new0(r->arena, Text, node->n_items);

                for (size_t i = 0; i < node->n_items; i++)
                        items[i] = text_of(r, node->items[i]);
                *AT(target, key->offset, TextList) = (TextList){ items, node->n_items, true };
        } else {
                const char **items = arena_new0(r->arena, const char *, node->n_items);

                for (size_t i = 0; i < node->n_items; i++)
                        items[i] = text_of(r, node->items[i]).raw;
                *AT(target, key->offset, const char **) = items;
                *AT(target, key->n_offset, size_t) = node->n_items;
        }
}

static void read_texts(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                       void *target)
{
        bool is_good = node->kind == YAML_SEQUENCE;

        if (!is_good) {
                tell_type(r, key, node, path);
                return;
        }
        if ((key->flags & KEY_MIN1) != 0 && node->n_items == 0)
                report(&r->reporter, "min", pos_of(r, node), yaml_width(node), path,
                       "`%s` is empty; it must have an item", key->name);
        for (size_t i = 0; i < node->n_items; i++) {
                Path item = { path, NULL, i };

                if (node->items[i]->kind != YAML_SCALAR || !scalar_fits_tag(node->items[i])) {
                        tell_type(r, key, node->items[i], &item);
                        is_good = false;
                } else if (key->rule != RULE_VOLUME_OPTIONS) {
                        check_text(r, key, node->items[i], &item);
                }
        }
        if (!is_good)
                return;
        if (key->rule == RULE_VOLUME_OPTIONS)
                relation_check_options(r, node, path);
        store_texts(r, key, node, target);
}

/* Whatever stands in it, its keys are words and its values what their tags say */
static void check_free(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path)
{
        if (node->kind == YAML_SCALAR && !scalar_fits_tag(node))
                tell_type(r, key, node, path);
        for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->n_items; i++)
                check_free(r, key, node->items[i], path);
        for (size_t i = 0; node->kind == YAML_MAPPING && i < node->n_pairs; i++) {
                if (strcmp(node->pairs[i].key, YAML_ODD_KEY) == 0)
                        tell_odd_key(r, key->name, &node->pairs[i], path);
                check_free(r, key, node->pairs[i].value, path);
        }
}

/* LogConfig's options: the only mapping that the model has */
typedef struct KeyMap {
        const char **keys;
        const Text *values;
        size_t n;
} KeyMap;

static void read_map(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                     void *target)
{
        const char **keys;
        Text *values;
        bool has_empty = false;

        if (node->kind != YAML_MAPPING) {
                tell_type(r, key, node, path);
                return;
        }
        if (key->type == KEY_MAP_ANY)
                check_free(r, key, node, path);
        if (key->type == KEY_MAP_ANY && key->field != FIELD_MAP)
                return;
        keys = arena_new0(r->arena, const char *, node->n_pairs);
        values = arena_new0(r->arena, Text, node->n_pairs);
        for (size_t i = 0; i < node->n_pairs; i++) {
                const YamlPair *pair = &node->pairs[i];
                Path item = { path, pair->key, 0 };

                if (key->type == KEY_MAP && strcmp(pair->key, YAML_ODD_KEY) == 0)
                        tell_odd_key(r, key->name, pair, path);
                has_empty |= pair->key[0] == '\0';
                keys[i] = arena_strdup(r->arena, pair->key);
                values[i] = (Text){ "", pos_of(r, pair->value) };
                if (pair->value->kind != YAML_SCALAR || !scalar_fits_tag(pair->value)) {
                        if (key->type != KEY_MAP_ANY)
                                tell_type(r, key, pair->value, &item);
                        continue;
                }
                if (pair->value->has_template)
                        note_template(r, key, pair->value, &item);
                values[i] = text_of(r, pair->value);
        }
        if (has_empty && key->rule == RULE_MAP_KEYS)
                report(&r->reporter, "mapkeylengthnonzero", pos_of(r, node), yaml_width(node), path,
                       "`%s` has an empty key", key->name);
        if (target != NULL && key->field == FIELD_MAP)
                *AT(target, key->offset, KeyMap) = (KeyMap){ keys, values, node->n_pairs };
}

static bool count_containers(Reader *r, const YamlNode *node, const Path *path)
{
        if (r->n_containers <= WORKLOADS_MAX && r->n_containers + node->n_items > WORKLOADS_MAX)
                report(&r->reporter, "too-many-workloads", pos_of(r, node), 1, path,
                       "the document has more than %d containers", WORKLOADS_MAX);
        r->n_containers += node->n_items;
        return r->n_containers <= WORKLOADS_MAX;
}

static void enter_item(Reader *r, const ObjectSpec *object, const YamlNode *node)
{
        if (object == &component_object) {
                r->component = yaml_text(yaml_get(node, "name"));
        } else if (object == &container_object) {
                r->container = node;
                r->workload = r->n_workloads++;
        }
}

static void leave_item(Reader *r, const ObjectSpec *object)
{
        if (object == &component_object)
                r->component = NULL;
        else if (object == &container_object)
                r->container = NULL;
        r->workload = r->container == NULL ? -1 : r->workload;
}

static void read_objects(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                         void *target)
{
        const ObjectSpec *object = key->object;
        char *items = NULL;

        if (node->kind != YAML_SEQUENCE) {
                tell_type(r, key, node, path);
                return;
        }
        if (object == &container_object && !count_containers(r, node, path))
                return;
        if ((key->flags & KEY_MIN1) != 0 && node->n_items == 0)
                report(&r->reporter, "min", pos_of(r, node), yaml_width(node), path,
                       "`%s` is empty; it must have an item", key->name);
        if (target != NULL && key->field == FIELD_OBJECTS && object->size > 0) {
                items = arena_alloc_n(r->arena, object->size, node->n_items);
                *AT(target, key->offset, void *) = items;
                *AT(target, key->n_offset, size_t) = node->n_items;
        }
        if (key->rule == RULE_HAS_TARGET && !relation_check_targets(r, node, path))
                return; /* the reference looks no further, either */
        for (size_t i = 0; i < node->n_items; i++) {
                const YamlNode *item = node->items[i];
                Path at = { path, NULL, i };

                if (yaml_is_absent(item) && (key->flags & KEY_MAY_BE_NULL) != 0)
                        continue;
                if (yaml_is_absent(item) && (key->flags & KEY_EXISTS) != 0) {
                        r->n_workloads += object == &container_object;
                        report(&r->reporter, "exists", pos_of(r, item), 1, &at,
                               "an empty item in `%s`; fill it in, or take the `-` out", key->name);
                        continue;
                }
                enter_item(r, object, item);
                reader_read(r, object, item, &at, items == NULL ? NULL : items + i * object->size);
                leave_item(r, object);
        }
}

/* ---- One key, one object ---- */

/* A text alone is one without arguments */
static void read_message(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                         void *target)
{
        const KeySpec *text = object_find(key->object, "default_message");
        void *inner = target == NULL || key->field != FIELD_OBJECT ? NULL
                                                                   : (char *) target + key->offset;

        if (node->kind != YAML_SCALAR)
                reader_read(r, key->object, node, path, inner);
        else if (yaml_text(node)[0] == '\0')
                reader_missing(r, text, node, &(Path){ path, "default_message", 0 });
        else
                store_text(r, text, node, inner);
}

static void read_value(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                       void *target)
{
        switch (key->type) {
        case KEY_STR:
                read_text(r, key, node, path, target);
                return;
        case KEY_BOOL:
                read_bool(r, key, node, path, target);
                return;
        case KEY_INT:
        case KEY_UINT:
        case KEY_FLOAT:
                read_number(r, key, node, path, target);
                return;
        case KEY_ANY:
                check_free(r, key, node, path);
                store_node(key, node, target);
                if (key->field == FIELD_INT)
                        read_seconds(r, key, node, path, target);
                if (key->rule == RULE_EXIT_CODES)
                        relation_check_codes(r, node, path);
                if (node->kind == YAML_SCALAR && node->has_template)
                        note_template(r, key, node, path);
                store_text(r, key, node, target);
                return;
        case KEY_STRS:
                read_texts(r, key, node, path, target);
                return;
        case KEY_MAP:
        case KEY_MAP_ANY:
                read_map(r, key, node, path, target);
                return;
        case KEY_MESSAGE:
                read_message(r, key, node, path, target);
                return;
        case KEY_OBJECT:
                reader_read(r, key->object, node, path,
                            target == NULL || key->field != FIELD_OBJECT
                                    ? NULL
                                    : (char *) target + key->offset);
                return;
        case KEY_OBJECTS:
                read_objects(r, key, node, path, target);
                return;
        }
}

/* A null counts as nothing at all, but for what must be there */
static void read_null(Reader *r, const KeySpec *key, const YamlNode *node, const Path *path,
                      void *target)
{
        if (key->type == KEY_STR) {
                read_text(r, key, node, path, target);
        } else if (key->field == FIELD_TEXTS && key->type == KEY_STRS &&
                   (key->flags & KEY_REQUIRED) == 0) {
                if (target != NULL) /* `entrypoint:` with nothing behind it is an empty one */
                        AT(target, key->offset, TextList)->is_set = true;
        } else if ((key->flags & KEY_REQUIRED) != 0) {
                reader_missing(r, key, node, path);
        }
}

static void read_pair(Reader *r, const KeySpec *key, const YamlPair *pair, const Path *path,
                      void *target)
{
        bool was_beside = r->is_beside;

        tell_status(r, key, pair, path);
        if (key->status != KEY_DONE)
                r->is_beside = true;
        if (!scalar_fits_tag(pair->value))
                tell_type(r, key, pair->value, path);
        else if (yaml_is_absent(pair->value) ||
                 (yaml_is_null(pair->value) && key->object == NULL) ||
                 (yaml_is_null(pair->value) && key->type == KEY_OBJECTS))
                read_null(r, key, pair->value, path, target);
        else
                read_value(r, key, pair->value, path, target);
        r->is_beside = was_beside;
}

void reader_read(Reader *r, const ObjectSpec *object, const YamlNode *node, const Path *path,
                 void *target)
{
        bool seen[100] = { false };

        if (node->kind != YAML_MAPPING && (!yaml_is_null(node) || !scalar_fits_tag(node))) {
                report(&r->reporter, "type", pos_of(r, node), yaml_width(node), path,
                       "%s is a mapping of keys, not %s", object->name,
                       node->kind == YAML_SEQUENCE ? "a list" : "text");
                return;
        }
        if (target != NULL && object->pos_offset != NO_OFFSET)
                *AT(target, object->pos_offset, SourcePos) = pos_of(r, node);
        if (target != NULL && object->is_set_offset != NO_OFFSET)
                *AT(target, object->is_set_offset, bool) = true;
        for (size_t i = 0; node->kind == YAML_MAPPING && i < node->n_pairs; i++) {
                const YamlPair *pair = &node->pairs[i];
                const KeySpec *key = object_find(object, pair->key);
                Path at = { path, key != NULL ? key->name : pair->key, 0 };

                if (key == NULL) {
                        if (strcmp(pair->key, YAML_ODD_KEY) == 0)
                                tell_odd_key(r, object->name, pair, path);
                        else
                                tell_unknown(r, object, pair, &at);
                        continue;
                }
                g_assert((size_t) (key - object->keys) < G_N_ELEMENTS(seen));
                seen[key - object->keys] = true;
                read_pair(r, key, pair, &at, target);
        }
        for (const KeySpec *key = object->keys; key->name != NULL; key++) {
                Path at = { path, key->name, 0 };

                if ((key->flags & KEY_REQUIRED) != 0 && !seen[key - object->keys])
                        reader_missing(r, key, node, &at);
        }
        relation_check_object(r, object, node, path);
}

void reader_missing(Reader *r, const KeySpec *key, const YamlNode *at, const Path *path)
{
        if ((key->flags & KEY_REQUIRED) != 0 && key->object != NULL && key->type != KEY_OBJECTS) {
                for (const KeySpec *inner = key->object->keys; inner->name != NULL; inner++) {
                        Path below = { path, inner->name, 0 };

                        reader_missing(r, inner, at, &below);
                }
        } else if ((key->flags & KEY_REQUIRED) != 0) {
                tell_required(r, key, at, path);
        }
}
