/*
 * Fuzz: bytes → tree with positions
 *
 * Whatever the bytes, parsing ends, within limits, with a tree or with at least one error; and
 * what the tree says of places can be asked and printed.
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "yaml/yaml.h"

/* Of the nodes that aliases reach more than once, so that the walk itself stays short */
#define WALK_MAX 20000

static size_t walk(const YamlStream *stream, const YamlNode *node, size_t budget)
{
        if (node == NULL || budget == 0)
                return 0;
        budget--;
        g_assert_cmpuint(yaml_pos(stream, node).line, >, 0);
        g_assert_cmpuint(yaml_width(node), >, 0);
        g_assert_cmpuint(node->weight, >, 0);
        switch (node->kind) {
        case YAML_SCALAR:
                g_assert_cmpuint(node->text[node->len], ==, 0);
                yaml_pos_in_scalar(stream, node, node->len);
                yaml_is_null(node);
                break;
        case YAML_SEQUENCE:
                for (size_t i = 0; i < node->n_items; i++)
                        budget = walk(stream, node->items[i], budget);
                break;
        case YAML_MAPPING:
                for (size_t i = 0; i < node->n_pairs; i++) {
                        g_assert_nonnull(yaml_get_pair(node, node->pairs[i].key));
                        budget = walk(stream, node->pairs[i].value, budget);
                }
                break;
        }
        return budget;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(DiagList) diags = diag_list_new();
        g_autoptr(YamlStream) stream = yaml_parse("fuzz.yml", (const char *) data, size, diags);
        g_autofree char *text = diag_list_to_text(diags, false);

        g_assert_nonnull(text);
        if (stream == NULL) {
                g_assert_true(diag_has_errors(diags));
                return 0;
        }
        for (size_t i = 0; i < stream->n_documents; i++)
                walk(stream, stream->documents[i].root, WALK_MAX);
        return 0;
}
