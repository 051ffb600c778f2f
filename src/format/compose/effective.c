/* Effective: a document as `docker compose config` prints it, YAML or JSON */

#include <string.h>

#include "format/compose/tree.h"

/* `$` is doubled, as the text will be interpolated again */
static char *double_dollars(const char *text)
{
        GString *out = g_string_new(NULL);

        for (; *text != '\0'; text++) {
                if (*text == '$')
                        g_string_append_c(out, '$');
                g_string_append_c(out, *text);
        }
        return g_string_free(out, false);
}

/* ---- JSON: its texts are texts of YAML, too ---- */

static void append_quoted(GString *out, const char *text)
{
        g_autofree char *valid = g_utf8_make_valid(text, -1); /* a path need not be UTF-8 */

        g_string_append_c(out, '"');
        for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
                gunichar c = g_utf8_get_char(at);

                if (c == '"' || c == '\\')
                        g_string_append_printf(out, "\\%c", (char) c);
                else if (c == '\n')
                        g_string_append(out, "\\n");
                else if (c == '\t')
                        g_string_append(out, "\\t");
                else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
                         c == 0xfeff || c == 0xfffe || c == 0xffff)
                        g_string_append_printf(out, "\\u%04x", c);
                else
                        g_string_append_unichar(out, c);
        }
        g_string_append_c(out, '"');
}

size_t compose_key_length(const char *key)
{
        g_autoptr(GString) quoted = g_string_new(NULL);

        append_quoted(quoted, key);
        return g_utf8_strlen(quoted->str, -1);
}

static void append_indent(GString *out, unsigned depth)
{
        for (unsigned i = 0; i < depth; i++)
                g_string_append(out, "  ");
}

static void append_json(GString *out, const ComposeNode *node, unsigned depth);

static void append_members(GString *out, const ComposeNode *node, unsigned depth)
{
        size_t n = node->n_items + node->n_pairs;

        for (size_t i = 0; i < n; i++) {
                g_string_append_c(out, '\n');
                append_indent(out, depth + 1);
                if (node->type == COMPOSE_MAP) {
                        append_quoted(out, node->pairs[i].key);
                        g_string_append(out, ": ");
                        append_json(out, node->pairs[i].value, depth + 1);
                } else {
                        append_json(out, node->items[i], depth + 1);
                }
                if (i + 1 < n)
                        g_string_append_c(out, ',');
        }
        if (n > 0) {
                g_string_append_c(out, '\n');
                append_indent(out, depth);
        }
}

static bool is_block(const ComposeNode *node)
{
        return node->n_items > 0 || node->n_pairs > 0;
}

/* What has no members; text as @append_text writes it */
static void append_scalar(GString *out, const ComposeNode *node,
                          void (*append_text)(GString *out, const char *text))
{
        g_autofree char *text = NULL;

        switch (node->type) {
        case COMPOSE_NULL:
                g_string_append(out, "null");
                break;
        case COMPOSE_BOOL:
        case COMPOSE_NUMBER:
                g_string_append(out, node->text);
                break;
        case COMPOSE_TEXT:
                text = double_dollars(node->text);
                append_text(out, text);
                break;
        case COMPOSE_LIST:
                g_string_append(out, "[]");
                break;
        case COMPOSE_MAP:
                g_string_append(out, "{}");
                break;
        }
}

static void append_json(GString *out, const ComposeNode *node, unsigned depth)
{
        bool is_list = node->type == COMPOSE_LIST;

        if (!is_block(node)) {
                append_scalar(out, node, append_quoted);
                return;
        }
        g_string_append_c(out, is_list ? '[' : '{');
        append_members(out, node, depth);
        g_string_append_c(out, is_list ? ']' : '}');
}

/* ---- YAML ---- */

/* Whether it can stand without quotes and is read as the same text by all versions of YAML */
static bool is_plain(const char *text)
{
        static const char *const words[] = { "true", "false", "yes", "no",   "on",
                                             "off",  "y",     "n",   "null", NULL };
        size_t len = strlen(text);
        g_autofree char *lower = NULL;

        if (!g_ascii_isalpha(text[0]) && text[0] != '/' && text[0] != '_')
                return false;
        for (size_t i = 0; i < len; i++) {
                if (g_ascii_isalnum(text[i]) || strchr("_./@+-=$(){}", text[i]) != NULL)
                        continue;
                if (text[i] == ':' && i + 1 < len && text[i + 1] != ' ')
                        continue;
                if (text[i] == ' ' && i + 1 < len && text[i + 1] != ' ' && text[i + 1] != '#')
                        continue;
                return false;
        }
        lower = g_ascii_strdown(text, -1);
        return !g_strv_contains(words, lower);
}

static void append_text(GString *out, const char *text)
{
        if (is_plain(text))
                g_string_append(out, text);
        else
                append_quoted(out, text);
}

/* @is_begun: the first line's indentation stands already, behind a `- ` */
static void append_block(GString *out, const ComposeNode *node, unsigned depth, bool is_begun)
{
        for (size_t i = 0; i < node->n_items; i++) {
                if (i > 0 || !is_begun)
                        append_indent(out, depth);
                g_string_append(out, "- ");
                if (is_block(node->items[i])) {
                        append_block(out, node->items[i], depth + 1, true);
                } else {
                        append_scalar(out, node->items[i], append_text);
                        g_string_append_c(out, '\n');
                }
        }
        for (size_t i = 0; i < node->n_pairs; i++) {
                const ComposeNode *value = node->pairs[i].value;

                if (i > 0 || !is_begun)
                        append_indent(out, depth);
                append_text(out, node->pairs[i].key);
                g_string_append_c(out, ':');
                if (is_block(value)) {
                        g_string_append_c(out, '\n');
                        append_block(out, value, depth + 1, false);
                } else {
                        g_string_append_c(out, ' ');
                        append_scalar(out, value, append_text);
                        g_string_append_c(out, '\n');
                }
        }
}

/* A command that is null is not there: docker compose says so in JSON only */
static ComposeNode *without_null_commands(Arena *arena, const ComposeNode *root)
{
        ComposeNode *copy = node_copy(arena, root);
        const ComposeNode *services = compose_get(copy, "services");

        for (size_t i = 0; services != NULL && i < services->n_pairs; i++) {
                ComposeNode *service = services->pairs[i].value;

                if (!node_has(service, "command"))
                        node_remove(service, "command");
                if (!node_has(service, "entrypoint"))
                        node_remove(service, "entrypoint");
        }
        return copy;
}

char *compose_effective(const ComposeDocument *document, bool as_json)
{
        g_autoptr(Arena) arena = arena_new();
        GString *out = g_string_new(NULL);

        if (as_json) {
                append_json(out, document->root, 0);
                g_string_append_c(out, '\n');
        } else {
                append_block(out, without_null_commands(arena, document->root), 0, false);
        }
        return g_string_free(out, false);
}
