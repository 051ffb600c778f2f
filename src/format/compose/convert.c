#include "format/compose/convert.h"

#include <string.h>

#include "base/text.h"
#include "format/compose/values.h"

typedef struct Converter {
        Loader *loader;
        const YamlStream *stream;
        GPtrArray *removed;
} Converter;

static SourcePos pos_of(const Converter *c, unsigned line, unsigned col)
{
        return (SourcePos){ c->stream->file, line, col };
}

static bool is_tag(const char *tag, const char *name)
{
        return tag != NULL && g_str_has_prefix(tag, "tag:yaml.org,2002:") &&
               strcmp(tag + strlen("tag:yaml.org,2002:"), name) == 0;
}

/* What Go prints for a number that is none */
static const char *odd_number(const char *text)
{
        static const struct {
                const char *written, *printed;
        } odd[] = {
                { ".inf", "+Inf" },  { ".Inf", "+Inf" },  { ".INF", "+Inf" },  { "+.inf", "+Inf" },
                { "+.Inf", "+Inf" }, { "+.INF", "+Inf" }, { "-.inf", "-Inf" }, { "-.Inf", "-Inf" },
                { "-.INF", "-Inf" }, { ".nan", "NaN" },   { ".NaN", "NaN" },   { ".NAN", "NaN" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
                if (strcmp(odd[i].written, text) == 0)
                        return odd[i].printed;
        }
        return NULL;
}

static void resolve_number(Arena *arena, ComposeNode *node, const char *text)
{
        gint64 whole;
        guint64 large;
        double number;

        if (value_parse_yaml_int(text, &whole)) {
                node->type = COMPOSE_NUMBER;
                node->text = arena_printf(arena, "%" G_GINT64_FORMAT, whole);
        } else if (text_parse_uint(text, &large)) {
                node->type = COMPOSE_NUMBER;
                node->text = arena_printf(arena, "%" G_GUINT64_FORMAT, large);
        } else if (value_parse_yaml_float(text, &number)) {
                g_autofree char *printed = value_double_to_text(number);

                node->type = COMPOSE_NUMBER;
                node->text = arena_strdup(arena, printed);
        } else if (odd_number(text) != NULL) {
                node->text = odd_number(text);
        }
}

/* What a plain scalar means in YAML 1.2, as Go's yaml.v3 has it */
static void resolve_plain(const Converter *c, ComposeNode *node, const YamlNode *yaml)
{
        static const char *const yes[] = { "true", "True", "TRUE", NULL };
        static const char *const no[] = { "false", "False", "FALSE", NULL };
        static const char *const nothing[] = { "", "~", "null", "Null", "NULL", NULL };

        if (g_strv_contains(nothing, yaml->text)) {
                node->type = COMPOSE_NULL;
                node->text = NULL;
        } else if (g_strv_contains(yes, yaml->text) || g_strv_contains(no, yaml->text)) {
                node->type = COMPOSE_BOOL;
                node->text = g_strv_contains(yes, yaml->text) ? "true" : "false";
        } else {
                resolve_number(c->loader->arena, node, yaml->text);
        }
}

static const struct {
        const char *tag;
        ComposeType type;
} tagged[] = {
        { "bool", COMPOSE_BOOL },
        { "float", COMPOSE_NUMBER },
        { "int", COMPOSE_NUMBER },
        { "null", COMPOSE_NULL },
};

static void check_tag(const Converter *c, const ComposeNode *node, const char *tag)
{
        for (size_t i = 0; i < G_N_ELEMENTS(tagged); i++) {
                if (is_tag(tag, tagged[i].tag) && node->type != tagged[i].type)
                        loader_report(c->loader, "type", node->pos, node->width, NULL,
                                      "`!!%s` says that this is something else than %s",
                                      tagged[i].tag, node_describe(node));
        }
}

static ComposeNode *convert_scalar(const Converter *c, const YamlNode *yaml)
{
        SourcePos pos = pos_of(c, yaml->line, yaml->col);
        ComposeNode *node = node_new(c->loader->arena, COMPOSE_TEXT, pos, yaml_width(yaml));

        node->text = arena_strndup(c->loader->arena, yaml->text, yaml->len);
        if ((yaml->style == YAML_PLAIN && yaml->tag == NULL) ||
            (yaml->tag != NULL && !is_tag(yaml->tag, "str") && !is_tag(yaml->tag, "binary")))
                resolve_plain(c, node, yaml);
        check_tag(c, node, yaml->tag);
        return node;
}

static Path *path_copy(Arena *arena, const Path *path)
{
        Path *copy;

        if (path == NULL)
                return NULL;
        copy = arena_memdup(arena, path, sizeof *path);
        copy->key = arena_strdup(arena, path->key);
        copy->parent = path_copy(arena, path->parent);
        return copy;
}

static ComposeNode *convert(Converter *c, const YamlNode *yaml, const Path *path);

static ComposeNode *convert_list(Converter *c, const YamlNode *yaml, const Path *path)
{
        ComposeNode *list = node_new(c->loader->arena, COMPOSE_LIST,
                                     pos_of(c, yaml->line, yaml->col), yaml_width(yaml));

        for (size_t i = 0; i < yaml->n_items; i++) {
                Path here = { .parent = path, .index = i };
                ComposeNode *item = convert(c, yaml->items[i], &here);

                if (item != NULL)
                        node_append(c->loader->arena, list, item);
        }
        return list;
}

static ComposeNode *convert_map(Converter *c, const YamlNode *yaml, const Path *path)
{
        SourcePos pos = pos_of(c, yaml->line, yaml->col);
        ComposeNode *map = node_new(c->loader->arena, COMPOSE_MAP, pos, yaml_width(yaml));

        if (yaml->n_pairs > COMPOSE_KEYS_MAX) {
                loader_report(c->loader, "compose-limit", pos, 1, path,
                              "a mapping of %zu keys; %u are read at most", yaml->n_pairs,
                              COMPOSE_KEYS_MAX);
                return map;
        }
        for (size_t i = 0; i < yaml->n_pairs; i++) {
                const YamlPair *pair = &yaml->pairs[i];
                Path here = { .parent = path, .key = pair->key };
                ComposeNode *value = convert(c, pair->value, &here);

                if (value != NULL)
                        node_set_at(c->loader->arena, map, pair->key,
                                    pos_of(c, pair->line, pair->col), value);
        }
        return map;
}

static void remember(Converter *c, const YamlNode *yaml, const Path *path)
{
        if (c->removed->len < COMPOSE_RESETS_MAX)
                g_ptr_array_add(c->removed, path_copy(c->loader->arena, path));
        else
                loader_report(c->loader, "compose-limit", pos_of(c, yaml->line, yaml->col), 1, path,
                              "more than %u times `!reset` or `!override`", COMPOSE_RESETS_MAX);
}

/* NULL where nothing is left of it */
static ComposeNode *convert(Converter *c, const YamlNode *yaml, const Path *path)
{
        bool is_reset = g_strcmp0(yaml->tag, "!reset") == 0;

        if (path != NULL && (is_reset || g_strcmp0(yaml->tag, "!override") == 0))
                remember(c, yaml, path);
        if (is_reset)
                return NULL;
        switch (yaml->kind) {
        case YAML_SCALAR:
                return convert_scalar(c, yaml);
        case YAML_SEQUENCE:
                return convert_list(c, yaml, path);
        case YAML_MAPPING:
                return convert_map(c, yaml, path);
        }
        g_assert_not_reached();
}

ComposeNode *convert_document(Loader *loader, const YamlStream *stream, const YamlNode *root,
                              GPtrArray *removed)
{
        Converter c = { .loader = loader, .stream = stream, .removed = removed };
        SourcePos pos = pos_of(&c, root->line, root->col);

        if (!loader_count(loader, root->weight, pos))
                return NULL;
        if (root->kind != YAML_MAPPING) {
                loader_report(loader, "type", pos, yaml_width(root), NULL,
                              "a Compose file is a mapping with keys such as `services`");
                return NULL;
        }
        return convert(&c, root, NULL);
}

static bool is_path(const Path *path, const Path *other)
{
        for (; path != NULL && other != NULL; path = path->parent, other = other->parent) {
                if (g_strcmp0(path->key, other->key) != 0 ||
                    (path->key == NULL && path->index != other->index))
                        return false;
        }
        return path == NULL && other == NULL;
}

static void remove_below(ComposeNode *node, const Path *path, const GPtrArray *removed)
{
        for (size_t i = 0; i < node->n_pairs;) {
                Path here = { .parent = path, .key = node->pairs[i].key };
                bool is_removed = false;

                for (size_t j = 0; j < removed->len && !is_removed; j++)
                        is_removed = is_path(&here, removed->pdata[j]);
                if (is_removed) {
                        node_remove(node, node->pairs[i].key);
                        continue;
                }
                remove_below(node->pairs[i].value, &here, removed);
                i++;
        }
}

void convert_remove(ComposeNode *node, const Path *path, const GPtrArray *removed)
{
        if (removed->len > 0)
                remove_below(node, path, removed);
}
