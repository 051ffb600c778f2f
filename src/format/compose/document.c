#include "format/compose/document.h"

#include <string.h>

void compose_document_free(ComposeDocument *document)
{
        if (document == NULL)
                return;
        g_clear_pointer(&document->values, g_hash_table_unref);
        arena_free(document->arena);
}

const ComposePair *compose_get_pair(const ComposeNode *node, const char *key)
{
        unsigned hash = g_str_hash(key);

        if (node == NULL || node->type != COMPOSE_MAP)
                return NULL;
        for (size_t i = 0; i < node->n_pairs; i++) {
                if (node->pairs[i].hash == hash && strcmp(node->pairs[i].key, key) == 0)
                        return &node->pairs[i];
        }
        return NULL;
}

ComposeNode *compose_get(const ComposeNode *node, const char *key)
{
        const ComposePair *pair = compose_get_pair(node, key);

        return pair != NULL ? pair->value : NULL;
}

const char *compose_text(const ComposeNode *node, const char *key, const char *fallback)
{
        const ComposeNode *value = compose_get(node, key);

        return value != NULL && value->text != NULL ? value->text : fallback;
}

const char *compose_variable(const ComposeDocument *document, const char *name)
{
        return g_hash_table_lookup(document->values, name);
}

static json_t *number_to_json(const char *text)
{
        json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

        return value != NULL ? value : json_string(text);
}

json_t *compose_to_json(const ComposeNode *node)
{
        json_t *json;

        switch (node->type) {
        case COMPOSE_NULL:
                return json_null();
        case COMPOSE_BOOL:
                return json_boolean(strcmp(node->text, "true") == 0);
        case COMPOSE_NUMBER:
                return number_to_json(node->text);
        case COMPOSE_TEXT:
                json = json_string(node->text);
                return json != NULL ? json : json_string("");
        case COMPOSE_LIST:
                json = json_array();
                for (size_t i = 0; i < node->n_items; i++)
                        json_array_append_new(json, compose_to_json(node->items[i]));
                return json;
        case COMPOSE_MAP:
                json = json_object();
                for (size_t i = 0; i < node->n_pairs; i++)
                        json_object_set_new(json, node->pairs[i].key,
                                            compose_to_json(node->pairs[i].value));
                return json;
        }
        g_assert_not_reached();
}
