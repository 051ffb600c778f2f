/*
 * Which value stands at a place: from line and column to a path of keys
 */

#include "yaml/yaml.h"

static bool is_before(unsigned line, unsigned col, unsigned other_line, unsigned other_col)
{
        return line < other_line || (line == other_line && col < other_col);
}

static bool holds(const YamlNode *node, unsigned line, unsigned col)
{
        return !is_before(line, col, node->line, node->col) &&
               is_before(line, col, node->end_line, node->end_col);
}

static bool begins_at(const YamlNode *node, unsigned line, unsigned col)
{
        return node->line == line && node->col == col;
}

/* The last item that does not begin behind the place: items stand in the order of the file, but
 * for aliases, and those are found where they were written */
static const YamlNode *find_item(const YamlNode *list, unsigned line, unsigned col, size_t *ret_i)
{
        size_t low = 0, high = list->n_items;

        while (high - low > 1) {
                size_t middle = low + (high - low) / 2;

                if (is_before(line, col, list->items[middle]->line, list->items[middle]->col))
                        high = middle;
                else
                        low = middle;
        }
        *ret_i = low;
        return high > low ? list->items[low] : NULL;
}

static const YamlPair *find_pair(const YamlNode *node, unsigned line, unsigned col)
{
        for (size_t i = 0; i < node->n_pairs; i++) {
                const YamlPair *pair = &node->pairs[i];

                if (holds(pair->value, line, col) || begins_at(pair->value, line, col) ||
                    (pair->line == line && pair->col == col))
                        return pair;
        }
        return NULL;
}

char *yaml_path_at(const YamlNode *root, unsigned line, unsigned col)
{
        GString *path = g_string_new(NULL);

        for (const YamlNode *at = root; at != NULL;) {
                const YamlPair *pair;
                size_t i;

                if (at->kind == YAML_SCALAR ||
                    (at != root && begins_at(at, line, col) && at->kind == YAML_MAPPING))
                        break;
                if (at->kind == YAML_SEQUENCE) {
                        at = find_item(at, line, col, &i);
                        if (at == NULL || (!holds(at, line, col) && !begins_at(at, line, col)))
                                break;
                        g_string_append_printf(path, "[%zu]", i);
                        continue;
                }
                pair = find_pair(at, line, col);
                if (pair == NULL)
                        break;
                g_string_append_printf(path, "%s%s", path->len > 0 ? "." : "", pair->key);
                at = pair->line == line && pair->col == col ? NULL : pair->value;
        }
        return g_string_free(path, false);
}
