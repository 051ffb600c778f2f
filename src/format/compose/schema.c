#include "format/compose/schema.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/values.h"

#define VALUE_SHOWN 60      /* characters of a key or value in a message */
#define MODE_MAX    0177777 /* permissions, and of which type a file is */

static void check_object(Loader *loader, const ComposeNode *node, const ComposeObject *object,
                         const Path *path, bool is_item);

static unsigned key_width(const char *key)
{
        return g_utf8_strlen(key, -1);
}

static void bad_type(Loader *loader, const ComposeNode *node, const Path *path, const char *want)
{
        g_autofree char *name = path == NULL ? g_strdup("it")
                                : path->key == NULL
                                        ? g_strdup("an item")
                                        : g_strdup_printf("`%.*s`", VALUE_SHOWN, path->key);

        loader_report(loader, "type", node->pos, node->width, path, "%s is %s, not %s", name, want,
                      node_describe(node));
}

/* ---- Scalars ---- */

static bool is_bool(const ComposeNode *node, unsigned flags)
{
        bool value, is_odd;

        return node->type == COMPOSE_BOOL ||
               (node->type == COMPOSE_TEXT && (flags & KEY_STRICT) == 0 &&
                value_parse_bool(node->text, &value, &is_odd));
}

static bool is_number(const ComposeNode *node, ComposeKind kind)
{
        gint64 whole;
        double number;

        if (!node_is(node, COMPOSE_TEXT) && !node_is(node, COMPOSE_NUMBER))
                return false;
        if (kind == KIND_FLOAT)
                return value_parse_single(node->text, &number);
        return text_parse_int(node->text, &whole) ||
               (kind == KIND_COUNT && g_ascii_strcasecmp(node->text, "all") == 0);
}

static bool is_int(const ComposeNode *node, unsigned flags)
{
        return is_number(node, KIND_INT) &&
               (node->type == COMPOSE_NUMBER || (flags & KEY_STRICT) == 0) &&
               (node->text[0] != '-' || (flags & KEY_UNSIGNED) == 0);
}

static bool is_bytes(const ComposeNode *node)
{
        gint64 size;

        return node->type == COMPOSE_NUMBER
                       ? text_parse_int(node->text, &size) && size >= -1
                       : node->type == COMPOSE_TEXT && value_parse_bytes(node->text, &size);
}

static bool is_mode(const ComposeNode *node)
{
        bool is_text = node->type == COMPOSE_TEXT;
        guint64 mode;

        return (is_text || node->type == COMPOSE_NUMBER) &&
               g_ascii_string_to_unsigned(node->text, is_text ? 8 : 10, 0, MODE_MAX, &mode, NULL);
}

static const char *scalar_problem(const ComposeNode *node, const ComposeKey *key)
{
        gint64 ns;

        switch (key->kind) {
        case KIND_TEXT:
                if (node->type == COMPOSE_TEXT ||
                    ((key->flags & KEY_NUMBER) != 0 && node_is_scalar(node)))
                        return NULL;
                return node_is_scalar(node) ? "text and needs quotes here" : "text";
        case KIND_BOOL:
                return is_bool(node, key->flags) ? NULL : "`true` or `false`";
        case KIND_INT:
                return is_int(node, key->flags)           ? NULL
                       : (key->flags & KEY_UNSIGNED) != 0 ? "a whole number that is not negative"
                                                          : "a whole number";
        case KIND_COUNT:
                return is_number(node, key->kind) ? NULL : "a whole number or `all`";
        case KIND_FLOAT:
                return is_number(node, key->kind)     ? NULL
                       : node->type == COMPOSE_NUMBER ? "a number of at most 3.4e38"
                                                      : "a number";
        case KIND_BYTES:
                if ((key->flags & KEY_TEXT) != 0 && node->type == COMPOSE_NUMBER)
                        return "a size as text, such as `64m`";
                return is_bytes(node) ? NULL : "a size, such as `64m` or `1gb`";
        case KIND_DURATION:
                return node->type == COMPOSE_TEXT && value_parse_duration(node->text, &ns)
                               ? NULL
                               : "a time with its unit, such as `1m30s`";
        case KIND_MODE:
                return is_mode(node) ? NULL : "octal permissions, such as `0440`";
        case KIND_WORDS:
        case KIND_TEST:
        case KIND_TEXTS:
        case KIND_TEXT_OR_TEXTS:
        case KIND_LABELS:
        case KIND_ENV:
        case KIND_OPTIONS:
        case KIND_LISTS:
        case KIND_HOSTS:
        case KIND_SSH:
        case KIND_OBJECT:
        case KIND_OBJECTS:
        case KIND_OBJECT_MAP:
        case KIND_EXTERNAL:
        case KIND_ANY:
                break;
        }
        g_assert_not_reached();
}

static void check_words_of(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                           const Path *path)
{
        g_autofree char *all = NULL;
        const char *closest, *finding;

        if (key->words == NULL || g_strv_contains(key->words, node->text))
                return;
        finding = (key->flags & KEY_SOFT) != 0 ? "unknown-value" : "compose-value";
        closest = text_closest(node->text, key->words);
        all = g_strjoinv("`, `", (char **) key->words);
        if (closest != NULL)
                loader_report(loader, finding, node->pos, node->width, path,
                              "`%.*s` is nothing that `%s` can be; did you mean `%s`?", VALUE_SHOWN,
                              node->text, key->name, closest);
        else
                loader_report(loader, finding, node->pos, node->width, path,
                              "`%.*s` is nothing that `%s` can be; it is one of `%s`", VALUE_SHOWN,
                              node->text, key->name, all);
}

static void check_scalar(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                         const Path *path)
{
        const char *want = scalar_problem(node, key);
        bool value, is_odd;

        bool is_near = node->type == COMPOSE_TEXT ||
                       (node->type == COMPOSE_NUMBER &&
                        (key->kind == KIND_INT || key->kind == KIND_FLOAT));

        if (want != NULL && is_near) {
                loader_report(loader, "type", node->pos, node->width, path,
                              "`%s` is %s; this %s is none", key->name, want,
                              node->type == COMPOSE_TEXT ? "text" : "number");
        } else if (want != NULL) {
                bad_type(loader, node, path, want);
        } else if (key->kind == KIND_TEXT) {
                check_words_of(loader, node, key, path);
        } else if (key->kind == KIND_BOOL && node->type == COMPOSE_TEXT &&
                   value_parse_bool(node->text, &value, &is_odd) && is_odd) {
                loader_report(loader, "odd-boolean", node->pos, node->width, path,
                              "`%s` is no boolean in YAML 1.2; write `%s`", node->text,
                              value ? "true" : "false");
        }
}

/* ---- Lists ---- */

static void check_unique(Loader *loader, const ComposeNode *list, const Path *path)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (size_t i = 0; i < list->n_items; i++) {
                const ComposeNode *item = list->items[i];
                Path here = { .parent = path, .index = i };

                if (node_is_scalar(item) && !g_hash_table_add(seen, (gpointer) item->text))
                        loader_report(loader, "duplicate-item", item->pos, item->width, &here,
                                      "`%.*s` stands in the list twice", VALUE_SHOWN, item->text);
        }
}

/* ---- Commands ---- */

static void check_split(Loader *loader, const ComposeNode *node, const Path *path)
{
        const char *rest;
        g_autoptr(GPtrArray) words = value_split_words(node->text, &rest);

        if (words == NULL)
                loader_report(loader, "compose-value", node->pos, node->width, path,
                              "a quote or bracket that is not closed; a list needs no quotes: "
                              "`[\"sh\", \"-c\", \"…\"]`");
        else if (rest != NULL)
                loader_report(loader, "command-cut", node->pos, node->width, path,
                              "no shell reads this: what begins with `%c` is left out, as Docker "
                              "Compose does; write `[\"sh\", \"-c\", \"…\"]`",
                              *rest);
}

/* ---- Lists ---- */

static void check_texts(Loader *loader, const ComposeNode *node, unsigned flags, const Path *path)
{
        for (size_t i = 0; i < node->n_items; i++) {
                const ComposeNode *item = node->items[i];
                Path here = { .parent = path, .index = i };

                if (item->type == COMPOSE_TEXT ||
                    ((flags & KEY_NUMBER) != 0 && is_number(item, KIND_INT)))
                        continue;
                bad_type(loader, item, &here,
                         node_is_scalar(item) ? "text and needs quotes here" : "text");
        }
}

/* A list of texts, or one text where @may_be_one, or nothing */
static void check_list(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                       const Path *path, bool may_be_one)
{
        if (node->type == COMPOSE_LIST)
                check_texts(loader, node, key->flags, path);
        else if (node->type == COMPOSE_TEXT && may_be_one)
                return;
        else if (node->type != COMPOSE_NULL || (key->flags & KEY_NULL) == 0)
                bad_type(loader, node, path, may_be_one ? "text or a list" : "a list");
}

/* ---- Mappings of scalars ---- */

/* A blank before `=` would be part of the variable's name; only one key of SSH needs no path */
static void check_names(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                        const Path *path)
{
        for (size_t i = 0; i < node->n_items; i++) {
                const ComposeNode *item = node->items[i];
                size_t len = item->type == COMPOSE_TEXT ? strcspn(item->text, "=") : 0;
                Path here = { .parent = path, .index = i };

                if (key->kind == KIND_ENV && len > 0 && g_ascii_isspace(item->text[len - 1]))
                        loader_report(loader, "compose-value", item->pos, item->width, &here,
                                      "a variable's name that ends with a blank");
                if (key->kind == KIND_SSH && len > 0 && item->text[len] == '\0' &&
                    strcmp(item->text, "default") != 0)
                        loader_report(loader, "compose-value", item->pos, item->width, &here,
                                      "a key without its path; it is `default` or `name=path`");
        }
        for (size_t i = 0; key->kind == KIND_SSH && i < node->n_pairs; i++) {
                const ComposePair *pair = &node->pairs[i];
                Path here = { .parent = path, .key = pair->key };
                bool has_path = pair->value->text != NULL && pair->value->text[0] != '\0';

                if (strchr(pair->key, '=') != NULL ||
                    (!has_path && strcmp(pair->key, "default") != 0))
                        loader_report(loader, "compose-value", pair->pos, key_width(pair->key),
                                      &here,
                                      "a key without its path; it is `default` or `name: path`");
        }
}

static bool fits(const ComposeNode *value, ComposeKind kind)
{
        switch (value->type) {
        case COMPOSE_TEXT:
                return true;
        case COMPOSE_NULL:
        case COMPOSE_NUMBER:
                return kind != KIND_HOSTS;
        case COMPOSE_BOOL:
                return kind != KIND_OPTIONS && kind != KIND_HOSTS;
        case COMPOSE_LIST:
                return kind == KIND_HOSTS || kind == KIND_LISTS;
        case COMPOSE_MAP:
                return false;
        }
        g_assert_not_reached();
}

static void check_mapping(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                          const Path *path)
{
        bool may_be_list = key->kind != KIND_OPTIONS && key->kind != KIND_LISTS;

        if (node->type == COMPOSE_LIST && may_be_list) {
                check_texts(loader, node, 0, path);
                check_names(loader, node, key, path);
                return;
        }
        if (node->type != COMPOSE_MAP) {
                bad_type(loader, node, path,
                         may_be_list ? "a mapping or a list of `name=value`" : "a mapping");
                return;
        }
        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposeNode *value = node->pairs[i].value;
                Path here = { .parent = path, .key = node->pairs[i].key };

                if (!fits(value, key->kind))
                        bad_type(loader, value, &here,
                                 node_is_scalar(value) ? "text and needs quotes here"
                                                       : "one value");
        }
        check_names(loader, node, key, path);
}

/* In a list several addresses stand behind commas, in a mapping in a list. Brackets around one are
 * taken away, once. */
static void check_address(Loader *loader, const ComposeNode *address, const Path *path,
                          bool is_of_list)
{
        if (address->type == COMPOSE_TEXT && (strstr(address->text, "[[") != NULL ||
                                              (!is_of_list && strchr(address->text, ',') != NULL)))
                loader_report(loader, "compose-value", address->pos, address->width, path,
                              "not a host's address");
}

static void check_hosts(Loader *loader, const ComposeNode *node, const Path *path)
{
        for (size_t i = 0; i < node->n_items; i++) {
                const ComposeNode *item = node->items[i];
                Path here = { .parent = path, .index = i };
                size_t len = item->type == COMPOSE_TEXT ? strcspn(item->text, "=:") : 1;

                if (len == 0 || (item->type == COMPOSE_TEXT && item->text[len] == '\0'))
                        loader_report(loader, "compose-value", item->pos, item->width, &here,
                                      "a host without its name or address; it is `name=address`");
                check_address(loader, item, &here, true);
        }
        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposePair *pair = &node->pairs[i];
                Path here = { .parent = path, .key = pair->key };

                if (pair->key[0] == '\0' || strpbrk(pair->key, "=:") != NULL)
                        loader_report(loader, "compose-value", pair->pos, key_width(pair->key),
                                      &here, "not a host's name: `=` and `:` can't be in it");
                check_address(loader, pair->value, &here, false);
                for (size_t j = 0; j < pair->value->n_items; j++)
                        check_address(loader, pair->value->items[j], &here, false);
        }
}

/* ---- Objects ---- */

bool schema_is_name(const char *name)
{
        return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
                                                    "UVWXYZ0123456789._-")] == '\0';
}

static void check_member(Loader *loader, const ComposeNode *value, const ComposeKey *key,
                         const Path *path, bool is_item)
{
        if (value->type == COMPOSE_MAP)
                check_object(loader, value, key->object, path, is_item);
        else if (value->type == COMPOSE_NULL && (key->flags & KEY_NULLS) != 0)
                return;
        else if (node_is_scalar(value) && (key->flags & KEY_NUMBER) != 0 &&
                 (is_number(value, KIND_INT) || (is_item && value->type == COMPOSE_NUMBER) ||
                  (is_item && (key->flags & KEY_TEXT) != 0 && value->type == COMPOSE_TEXT)))
                return;
        else if (is_item && value->type == COMPOSE_TEXT && (key->flags & KEY_TEXT) != 0)
                return;
        else
                bad_type(loader, value, path,
                         is_item && (key->flags & KEY_TEXT) != 0 ? "text or a mapping"
                         : (key->flags & KEY_NUMBER) != 0        ? "a number or a mapping"
                                                                 : "a mapping");
}

static void check_object_map(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                             const Path *path)
{
        if (node->type == COMPOSE_LIST && (key->flags & KEY_LIST) != 0) {
                check_texts(loader, node, 0, path);
                return;
        }
        if (node->type != COMPOSE_MAP) {
                bad_type(loader, node, path,
                         (key->flags & KEY_LIST) != 0 ? "a mapping or a list of names"
                                                      : "a mapping");
                return;
        }
        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposePair *pair = &node->pairs[i];
                Path here = { .parent = path, .key = pair->key };

                if ((key->flags & KEY_NAMES) != 0 && !schema_is_name(pair->key))
                        loader_report(loader, "compose-name", pair->pos, key_width(pair->key),
                                      &here,
                                      "`%.*s` can't be a name; names have letters, digits, `.`, "
                                      "`_` and `-`",
                                      VALUE_SHOWN, pair->key);
                check_member(loader, pair->value, key, &here, false);
        }
}

static void check_objects(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                          const Path *path)
{
        if (node->type == COMPOSE_TEXT && (key->flags & KEY_ONE) != 0) {
                check_words_of(loader, node, key, path);
                return;
        }
        if (node->type != COMPOSE_LIST) {
                bad_type(loader, node, path,
                         (key->flags & KEY_ONE) != 0 ? "text or a list" : "a list");
                return;
        }
        for (size_t i = 0; i < node->n_items; i++) {
                Path here = { .parent = path, .index = i };

                check_member(loader, node->items[i], key, &here, true);
        }
}

static void check_value(Loader *loader, const ComposeNode *node, const ComposeKey *key,
                        const Path *path, bool is_item)
{
        if ((key->flags & KEY_SET) != 0)
                check_unique(loader, node, path);
        switch (key->kind) {
        case KIND_TEXT:
        case KIND_BOOL:
        case KIND_INT:
        case KIND_FLOAT:
        case KIND_BYTES:
        case KIND_DURATION:
        case KIND_MODE:
        case KIND_COUNT:
                if (node->type != COMPOSE_NULL || (key->flags & KEY_NULL) == 0)
                        check_scalar(loader, node, key, path);
                break;
        case KIND_WORDS:
                check_list(loader, node, key, path, true);
                if (node->type == COMPOSE_TEXT)
                        check_split(loader, node, path);
                break;
        case KIND_TEST:
        case KIND_TEXT_OR_TEXTS:
                check_list(loader, node, key, path, true);
                break;
        case KIND_TEXTS:
                check_list(loader, node, key, path, false);
                break;
        case KIND_LABELS:
        case KIND_ENV:
        case KIND_OPTIONS:
        case KIND_LISTS:
        case KIND_SSH:
                check_mapping(loader, node, key, path);
                break;
        case KIND_HOSTS:
                check_mapping(loader, node, key, path);
                check_hosts(loader, node, path);
                break;
        case KIND_OBJECT:
                if (node->type == COMPOSE_MAP)
                        check_object(loader, node, key->object, path, is_item);
                else if ((node->type != COMPOSE_NULL || (key->flags & KEY_NULL) == 0) &&
                         (node->type != COMPOSE_TEXT || (key->flags & KEY_TEXT) == 0))
                        bad_type(loader, node, path,
                                 (key->flags & KEY_TEXT) != 0 ? "text or a mapping" : "a mapping");
                break;
        case KIND_OBJECTS:
                check_objects(loader, node, key, path);
                break;
        case KIND_OBJECT_MAP:
                check_object_map(loader, node, key, path);
                break;
        case KIND_EXTERNAL:
                if (node->type != COMPOSE_MAP && !is_bool(node, 0))
                        bad_type(loader, node, path, "`true` or `false`");
                break;
        case KIND_ANY:
                break;
        }
}

static void tell_unknown(Loader *loader, const ComposePair *pair, const ComposeObject *object,
                         const Path *path)
{
        const char *closest = report_is_full(&(Reporter){ .diags = loader->diags })
                                      ? NULL
                                      : compose_key_guess(object, pair->key);

        if (closest != NULL)
                loader_report(loader, "compose-key", pair->pos, key_width(pair->key), path,
                              "no key `%.*s` in %s; did you mean `%s`?", VALUE_SHOWN, pair->key,
                              object->what, closest);
        else
                loader_report(loader, "compose-key", pair->pos, key_width(pair->key), path,
                              "no key `%.*s` in %s%s", VALUE_SHOWN, pair->key, object->what,
                              object->is_closed ? "" : "; keys of your own begin with `x-`");
}

static bool says_nothing(const ComposeNode *value, const ComposeKey *key)
{
        return value == NULL || (compose_key_needs_text(key) && value->type == COMPOSE_TEXT &&
                                 value->text[0] == '\0');
}

static void tell_missing(Loader *loader, const ComposeNode *node, const ComposeObject *object,
                         const Path *path)
{
        for (size_t i = 0; i < object->n_keys; i++) {
                const ComposeKey *key = &object->keys[i];

                if ((key->flags & KEY_REQUIRED) != 0 &&
                    says_nothing(compose_get(node, key->name), key))
                        loader_report(loader, "required", node->pos, 1, path,
                                      "%s has a key `%s`, which is missing here", object->what,
                                      key->name);
        }
}

static void check_object(Loader *loader, const ComposeNode *node, const ComposeObject *object,
                         const Path *path, bool is_item)
{
        /* What is void leaves what it extends as it is */
        bool may_be_void = node_has(node, "extends");

        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposePair *pair = &node->pairs[i];
                const ComposeKey *key = compose_key(object, pair->key);
                Path here = { .parent = path, .key = pair->key };

                if (key != NULL && (key->flags & KEY_IDLE) != 0)
                        loader_report(loader, "no-effect-yet", pair->pos, key_width(pair->key),
                                      &here, "`%s` has no effect, as with Docker Compose",
                                      pair->key);
                if (key != NULL && (pair->value->type != COMPOSE_NULL || !may_be_void))
                        check_value(loader, pair->value, key, &here, is_item);
                else if (key != NULL)
                        continue;
                else if (object->is_closed || !g_str_has_prefix(pair->key, "x-"))
                        tell_unknown(loader, pair, object, &here);
        }
        if (is_item)
                tell_missing(loader, node, object, path);
}

void schema_check(Loader *loader, const ComposeNode *root)
{
        check_object(loader, root, &compose_root, NULL, false);
}

void schema_check_service(Loader *loader, const ComposeNode *service, const char *name)
{
        const ComposeKey *services = compose_key(&compose_root, "services");
        Path parent = { .key = "services" }, path = { .parent = &parent, .key = name };

        check_member(loader, service, services, &path, false);
}

/* ---- Of the whole ---- */

static void check_whole(Loader *loader, const ComposeNode *node, const ComposeObject *object,
                        const Path *path)
{
        tell_missing(loader, node, object, path);
        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposeNode *value = node->pairs[i].value;
                const ComposeKey *key = compose_key(object, node->pairs[i].key);
                Path here = { .parent = path, .key = node->pairs[i].key };

                if (key != NULL && (key->flags & KEY_UNIQUE) != 0)
                        check_unique(loader, value, &here);
                if (key == NULL || value->type != COMPOSE_MAP)
                        continue;
                if (key->kind == KIND_OBJECT)
                        check_whole(loader, value, key->object, &here);
                for (size_t j = 0; key->kind == KIND_OBJECT_MAP && j < value->n_pairs; j++) {
                        Path below = { .parent = &here, .key = value->pairs[j].key };

                        if (value->pairs[j].value->type == COMPOSE_MAP)
                                check_whole(loader, value->pairs[j].value, key->object, &below);
                }
        }
}

void schema_check_whole(Loader *loader, const ComposeNode *root)
{
        check_whole(loader, root, &compose_root, NULL);
}
