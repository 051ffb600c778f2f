#include "yaml/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/text.h"
#include "yaml/lines.h"

/* libyaml compares each %TAG line with all before it. */
#define DIRECTIVES_MAX 100

/* Mappings of more keys are searched for duplicates with a table. */
#define SCAN_MAX 12

typedef struct Frame {
        YamlNode *node;
        GPtrArray *items; /* of a sequence */
        GArray *pairs;    /* of a mapping: of YamlPair, as written */
        YamlPair key;     /* a mapping's key that waits for its value */
        bool has_key;
        const char *anchor;
} Frame;

/* A file has few keys, many times each: those seen last are kept once. */
#define KEYS_KEPT 256

typedef struct Builder {
        yaml_parser_t parser;
        YamlStream *stream;
        YamlLines *lines;
        DiagList *diags;
        GArray *documents;           /* of YamlDocument */
        GArray *duplicates;          /* of YamlDuplicate */
        GArray *faults;              /* of YamlFault */
        GArray *resolved;            /* of YamlPair: the mapping that is being closed */
        GHashTable *anchors;         /* name → YamlNode */
        GHashTable *open;            /* names of anchors whose collection is not complete */
        const char *keys[KEYS_KEPT]; /* by their hash; an older one gives way */
        Frame frames[YAML_DEPTH_MAX];
        unsigned depth;
        size_t n_nodes, n_expanded;
        YamlNode *root;
} Builder;

static void G_GNUC_PRINTF(5, 6)
        fail_at(Builder *b, const char *name, unsigned line, unsigned col, const char *format, ...)
{
        g_autofree char *message = NULL;
        va_list args;

        va_start(args, format);
        message = g_strdup_vprintf(format, args);
        va_end(args);
        diag_add(b->diags, DIAG_ERROR, name, (SourcePos){ b->stream->file, line, col }, NULL, "%s",
                 message);
}

static void note_fault(Builder *b, bool is_key, unsigned line, unsigned col, const char *message)
{
        YamlFault fault = { is_key, line, col, message };

        g_array_append_val(b->faults, fault);
}

static void from_mark(const Builder *b, const yaml_mark_t *mark, unsigned *ret_line,
                      unsigned *ret_col)
{
        yaml_lines_from_mark(b->lines, mark->line, mark->column, ret_line, ret_col);
}

/* ---- Budgets ---- */

static bool count_node(Builder *b, unsigned line, unsigned col)
{
        if (++b->n_nodes <= YAML_NODES_MAX)
                return true;
        fail_at(b, "yaml-limit", line, col, "the file has more than %u keys and values",
                YAML_NODES_MAX);
        return false;
}

static bool count_expansion(Builder *b, size_t weight, unsigned line, unsigned col)
{
        b->n_expanded += weight;
        if (b->n_expanded <= YAML_EXPANSION_MAX)
                return true;
        fail_at(b, "yaml-limit", line, col,
                "aliases make more than %u nodes of this file; write it without so many of them",
                YAML_EXPANSION_MAX);
        return false;
}

/* ---- Nodes ---- */

/* Behind `&anchor` and `!tag`: where the author sees the value begin */
static void skip_properties(const Builder *b, YamlNode *node)
{
        const char *text = b->lines->text;
        size_t end = yaml_lines_offset(b->lines, node->end_line, node->end_col);
        size_t at = yaml_lines_offset(b->lines, node->line, node->col);

        while (at < end && (text[at] == '&' || text[at] == '!')) {
                while (at < end && strchr(" \t\r\n", text[at]) == NULL)
                        at++;
                while (at < end && strchr(" \t\r\n#", text[at]) != NULL) {
                        if (text[at] == '#') {
                                while (at < end && text[at] != '\n')
                                        at++;
                        } else {
                                at++;
                        }
                }
        }
        yaml_lines_place(b->lines, at, &node->line, &node->col);
}

static YamlNode *new_node(Builder *b, const yaml_event_t *event, YamlKind kind, const char *tag,
                          bool has_anchor)
{
        YamlNode *node = arena_new0(b->stream->arena, YamlNode, 1);

        node->kind = kind;
        node->weight = 1;
        node->tag = arena_strdup(b->stream->arena, tag);
        from_mark(b, &event->start_mark, &node->line, &node->col);
        from_mark(b, &event->end_mark, &node->end_line, &node->end_col);
        if (g_strcmp0(tag, "!") == 0)
                note_fault(b, false, node->line, node->col, "a `!` without a name behind it");
        if (tag != NULL || has_anchor)
                skip_properties(b, node);
        return node;
}

static YamlStyle style_of(yaml_scalar_style_t style)
{
        if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE)
                return YAML_SINGLE_QUOTED;
        if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
                return YAML_DOUBLE_QUOTED;
        if (style == YAML_LITERAL_SCALAR_STYLE)
                return YAML_LITERAL;
        if (style == YAML_FOLDED_SCALAR_STYLE)
                return YAML_FOLDED;
        return YAML_PLAIN;
}

/* Base64 as Go reads it: whole groups of four, and breaks between any two characters */
static bool is_base64(const char *text, size_t len)
{
        size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

        return len % 4 == 0 && n + 2 >= len && strspn(text + n, "=") == len - n;
}

/* `!!binary` in front of text: what it stands for */
static YamlNode *decode_binary(Builder *b, YamlNode *node, const char *text)
{
        g_autoptr(GString) packed = g_string_new(text);
        g_autofree guchar *bytes = NULL;

        g_string_replace(packed, "\n", "", 0);
        if (is_base64(packed->str, packed->len))
                bytes = g_base64_decode(packed->str, &node->len);
        if (bytes == NULL || !g_utf8_validate_len((char *) bytes, node->len, NULL)) {
                fail_at(b, "yaml-syntax", node->line, node->col,
                        "what stands behind `!!binary` is not the base64 of a text");
                return NULL;
        }
        node->text = arena_strndup(b->stream->arena, (char *) bytes, node->len);
        node->has_template = memmem(node->text, node->len, "{{repl ", 7) != NULL;
        return node;
}

static YamlNode *new_scalar(Builder *b, const yaml_event_t *event)
{
        const char *tag = (const char *) event->data.scalar.tag;
        const char *text = (const char *) event->data.scalar.value;
        YamlNode *node = new_node(b, event, YAML_SCALAR, tag, event->data.scalar.anchor != NULL);

        node->len = event->data.scalar.length;
        node->style = style_of(event->data.scalar.style);
        if (g_strcmp0(tag, "tag:yaml.org,2002:binary") == 0)
                return decode_binary(b, node, text);
        if (memchr(text, '\0', node->len) != NULL) {
                fail_at(b, "yaml-syntax", node->line, node->col,
                        "the text holds a NUL character, which nothing can take");
                return NULL;
        }
        node->text = arena_strndup(b->stream->arena, text, node->len);
        node->has_template = memmem(text, node->len, "{{repl ", 7) != NULL;
        return node;
}

static void remember(Builder *b, const char *anchor, YamlNode *node)
{
        if (anchor != NULL)
                g_hash_table_insert(b->anchors, g_strdup(anchor), node);
}

/* ---- Mappings ---- */

/* The keys of a mapping on its way: a table once there are many */
typedef struct KeySet {
        GArray *pairs;
        GHashTable *table; /* key → index + 1 */
} KeySet;

static int key_set_find(KeySet *set, const char *key)
{
        if (set->table != NULL)
                return GPOINTER_TO_INT(g_hash_table_lookup(set->table, key)) - 1;
        for (size_t i = 0; i < set->pairs->len; i++) {
                if (strcmp(g_array_index(set->pairs, YamlPair, i).key, key) == 0)
                        return i;
        }
        return -1;
}

static void key_set_add(KeySet *set, const YamlPair *pair)
{
        g_array_append_vals(set->pairs, pair, 1);
        if (set->table == NULL && set->pairs->len > SCAN_MAX) {
                set->table = g_hash_table_new(g_str_hash, g_str_equal);
                for (size_t i = 0; i < set->pairs->len; i++)
                        g_hash_table_insert(set->table,
                                            (char *) g_array_index(set->pairs, YamlPair, i).key,
                                            GINT_TO_POINTER((int) i + 1));
        } else if (set->table != NULL) {
                g_hash_table_insert(set->table, (char *) pair->key,
                                    GINT_TO_POINTER((int) set->pairs->len));
        }
}

static bool merge_mapping(Builder *b, KeySet *set, const YamlNode *from, const YamlPair *at)
{
        for (size_t i = 0; i < from->n_pairs; i++) {
                YamlPair pair = from->pairs[i];

                if (!count_expansion(b, pair.value->weight, at->line, at->col))
                        return false;
                if (key_set_find(set, pair.key) >= 0)
                        continue;
                pair.is_merged = true;
                key_set_add(set, &pair);
        }
        return true;
}

static bool merge(Builder *b, KeySet *set, const YamlPair *at)
{
        const YamlNode *value = at->value;

        if (value->kind == YAML_MAPPING)
                return merge_mapping(b, set, value, at);
        if (value->kind == YAML_SEQUENCE && value->n_items == 0)
                return true;
        for (size_t i = 0; value->kind == YAML_SEQUENCE && i < value->n_items; i++) {
                if (value->items[i]->kind != YAML_MAPPING)
                        break;
                if (!merge_mapping(b, set, value->items[i], at))
                        return false;
                if (i + 1 == value->n_items)
                        return true;
        }
        fail_at(b, "yaml-syntax", at->line, at->col,
                "`<<` takes a mapping or a list of mappings, mostly as an alias: `<<: *name`");
        return false;
}

static bool is_merge_key(const YamlPair *pair)
{
        return pair->is_merged && strcmp(pair->key, "<<") == 0;
}

/* The last of duplicate keys counts; what `<<` brings counts only where there is no key */
static bool close_mapping(Builder *b, Frame *frame)
{
        YamlNode *node = frame->node;
        KeySet set = { .pairs = b->resolved };
        bool is_good = true;

        g_array_set_size(set.pairs, 0);
        for (size_t i = 0; i < frame->pairs->len; i++) {
                YamlPair *pair = &g_array_index(frame->pairs, YamlPair, i);
                int seen;

                if (is_merge_key(pair))
                        continue;
                seen = strcmp(pair->key, YAML_ODD_KEY) == 0 ? -1 : key_set_find(&set, pair->key);
                if (seen >= 0) {
                        YamlPair *before = &g_array_index(set.pairs, YamlPair, seen);

                        YamlDuplicate duplicate = { pair->key, pair->line, pair->col,
                                                    before->line };

                        g_array_append_val(b->duplicates, duplicate);
                        *before = *pair;
                } else {
                        key_set_add(&set, pair);
                }
        }
        for (size_t i = 0; is_good && i < frame->pairs->len; i++) {
                const YamlPair *pair = &g_array_index(frame->pairs, YamlPair, i);

                if (is_merge_key(pair))
                        is_good = merge(b, &set, pair);
        }
        node->n_pairs = set.pairs->len;
        node->pairs = arena_memdup(b->stream->arena, set.pairs->data,
                                   set.pairs->len * sizeof(YamlPair));
        for (size_t i = 0; i < node->n_pairs; i++)
                node->weight += node->pairs[i].value->weight;
        if (set.table != NULL)
                g_hash_table_unref(set.table);
        return is_good;
}

/* ---- The tree as it grows ---- */

static void take_key(Builder *b, Frame *frame, const YamlNode *node)
{
        bool is_odd = node->kind != YAML_SCALAR;

        if (is_odd)
                note_fault(b, true, node->line, node->col,
                           "a key is a word, not a list or a mapping; a template must be quoted: "
                           "\"{{repl …}}\"");
        frame->key = (YamlPair){ is_odd ? YAML_ODD_KEY : node->text, node->line, node->col, false,
                                 NULL };
        frame->has_key = true;
        if (is_odd)
                return;
        /* is_merged marks a real merge key until the mapping is closed: a quoted "<<" is a key */
        frame->key.is_merged = node->style == YAML_PLAIN && strcmp(node->text, "<<") == 0;
}

static const char *keep_key(Builder *b, const char *text, size_t len)
{
        const char **kept = &b->keys[g_str_hash(text) % KEYS_KEPT];

        if (*kept == NULL || strcmp(*kept, text) != 0)
                *kept = arena_strndup(b->stream->arena, text, len);
        return *kept;
}

/* A key needs no node of its own, unless an anchor or a tag stands before it. False: it is left to
 * take_node() */
static bool take_plain_key(Builder *b, const yaml_event_t *event)
{
        Frame *frame = b->depth > 0 ? &b->frames[b->depth - 1] : NULL;
        const char *text = (const char *) event->data.scalar.value;
        YamlPair *key;

        if (frame == NULL || frame->node->kind != YAML_MAPPING || frame->has_key ||
            event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL ||
            strlen(text) != event->data.scalar.length)
                return false;
        key = &frame->key;
        *key = (YamlPair){ .key = keep_key(b, text, event->data.scalar.length) };
        from_mark(b, &event->start_mark, &key->line, &key->col);
        /* as in take_key() */
        key->is_merged = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
                         strcmp(text, "<<") == 0;
        frame->has_key = true;
        return true;
}

static bool take_node(Builder *b, YamlNode *node)
{
        Frame *frame;

        if (b->depth == 0) {
                b->root = node;
                return true;
        }
        frame = &b->frames[b->depth - 1];
        if (frame->node->kind == YAML_SEQUENCE) {
                g_ptr_array_add(frame->items, node);
                return true;
        }
        if (!frame->has_key) {
                take_key(b, frame, node);
                return true;
        }
        frame->key.value = node;
        frame->has_key = false;
        g_array_append_val(frame->pairs, frame->key);
        return true;
}

static bool open_collection(Builder *b, YamlNode *node, const char *anchor)
{
        Frame *frame;

        if (b->depth == YAML_DEPTH_MAX) {
                fail_at(b, "yaml-limit", node->line, node->col,
                        "lists and mappings are nested more than %u deep", YAML_DEPTH_MAX);
                return false;
        }
        frame = &b->frames[b->depth++];
        frame->node = node;
        frame->has_key = false;
        frame->anchor = arena_strdup(b->stream->arena, anchor);
        if (anchor != NULL)
                g_hash_table_add(b->open, (char *) frame->anchor);
        if (frame->items == NULL) {
                frame->items = g_ptr_array_new();
                frame->pairs = g_array_new(false, false, sizeof(YamlPair));
        }
        g_ptr_array_set_size(frame->items, 0);
        g_array_set_size(frame->pairs, 0);
        return true;
}

static bool close_collection(Builder *b, const yaml_event_t *event)
{
        Frame *frame = &b->frames[b->depth - 1];
        YamlNode *node = frame->node;

        from_mark(b, &event->end_mark, &node->end_line, &node->end_col);
        if (node->kind == YAML_MAPPING) {
                if (!close_mapping(b, frame))
                        return false;
        } else {
                node->n_items = frame->items->len;
                node->items = arena_memdup(b->stream->arena, frame->items->pdata,
                                           node->n_items * sizeof(YamlNode *));
                for (size_t i = 0; i < node->n_items; i++)
                        node->weight += node->items[i]->weight;
        }
        if (frame->anchor != NULL)
                g_hash_table_remove(b->open, frame->anchor);
        remember(b, frame->anchor, node);
        b->depth--;
        return take_node(b, node);
}

static bool on_alias(Builder *b, const yaml_event_t *event)
{
        const char *name = (const char *) event->data.alias.anchor;
        YamlNode *node = g_hash_table_lookup(b->anchors, name);
        unsigned line, col;

        from_mark(b, &event->start_mark, &line, &col);
        if (g_hash_table_contains(b->open, name)) {
                fail_at(b, "yaml-syntax", line, col, "`*%s` stands inside what it refers to", name);
                return false;
        }
        if (node == NULL) {
                fail_at(b, "yaml-syntax", line, col, "there is no `&%s` before this", name);
                return false;
        }
        return count_expansion(b, node->weight, line, col) && take_node(b, node);
}

/* ---- Documents ---- */

/* `# kind: NAME` in the comments before the content; those before the first `---` count too */
static void find_kind(Builder *b, YamlDocument *document)
{
        for (unsigned line = document->line; line > 0; line--) {
                size_t len;
                const char *text = yaml_lines_at(b->lines, line, &len), *at = text;
                const char *end = text + len;
                bool is_marker = len >= 3 && strncmp(text, "---", 3) == 0;

                if (is_marker)
                        at += 3;
                while (at < end && (*at == ' ' || *at == '\t'))
                        at++;
                if (at < end && *at == '#') {
                        for (at++; at < end && (*at == ' ' || *at == '\t'); at++)
                                ;
                        if (end - at > 5 && strncmp(at, "kind:", 5) == 0) {
                                for (at += 5; at < end && (*at == ' ' || *at == '\t'); at++)
                                        ;
                                for (len = 0; at + len < end && strchr(" \t", at[len]) == NULL;
                                     len++)
                                        ;
                                document->kind = arena_strndup(b->stream->arena, at, len);
                                yaml_lines_place(b->lines, at - b->lines->text,
                                                 &document->kind_line, &document->kind_col);
                        }
                } else if (at < end && line != document->line) {
                        return; /* content of the document before */
                }
                if (is_marker && b->documents->len > 0)
                        return;
        }
}

/* A plain text between brackets ends at these for older readers, which then do not go on */
static void check_flow_text(Builder *b, const yaml_event_t *event, unsigned line, unsigned col)
{
        const char *text = (const char *) event->data.scalar.value;

        if (b->depth == 0 || !b->frames[b->depth - 1].node->is_flow ||
            event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
            text[strcspn(text, ":?")] == '\0')
                return;
        note_fault(b, false, line, col,
                   "between brackets a text with `:` or `?` in it is not read; put it in quotes");
}

static void check_version(Builder *b, const yaml_event_t *event, unsigned line, unsigned col)
{
        const yaml_version_directive_t *version = event->data.document_start.version_directive;

        if (version != NULL && (version->major != 1 || version->minor != 1))
                note_fault(b, false, line, col,
                           "the format is YAML 1.1; take the line `%YAML` out");
}

static void close_document(Builder *b, const yaml_event_t *event)
{
        YamlDocument document = { .root = b->root };
        unsigned col;

        from_mark(b, &event->start_mark, &document.line, &col);
        if (b->root != NULL)
                document.line = b->root->line;
        find_kind(b, &document);
        g_array_append_val(b->documents, document);
        b->root = NULL;
        g_hash_table_remove_all(b->anchors);
}

static bool on_event(Builder *b, const yaml_event_t *event, bool *ret_is_end)
{
        unsigned line, col;
        YamlNode *node;

        from_mark(b, &event->start_mark, &line, &col);
        switch (event->type) {
        case YAML_SCALAR_EVENT:
                if (!count_node(b, line, col))
                        return false;
                check_flow_text(b, event, line, col);
                if (take_plain_key(b, event))
                        return true;
                node = new_scalar(b, event);
                if (node == NULL)
                        return false;
                remember(b, (const char *) event->data.scalar.anchor, node);
                return take_node(b, node);
        case YAML_SEQUENCE_START_EVENT:
                node = new_node(b, event, YAML_SEQUENCE,
                                (const char *) event->data.sequence_start.tag,
                                event->data.sequence_start.anchor != NULL);
                node->is_flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
                return count_node(b, line, col) &&
                       open_collection(b, node, (const char *) event->data.sequence_start.anchor);
        case YAML_MAPPING_START_EVENT:
                node = new_node(b, event, YAML_MAPPING,
                                (const char *) event->data.mapping_start.tag,
                                event->data.mapping_start.anchor != NULL);
                node->is_flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
                return count_node(b, line, col) &&
                       open_collection(b, node, (const char *) event->data.mapping_start.anchor);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
                return close_collection(b, event);
        case YAML_ALIAS_EVENT:
                return on_alias(b, event);
        case YAML_DOCUMENT_END_EVENT:
                close_document(b, event);
                return true;
        case YAML_STREAM_END_EVENT:
                *ret_is_end = true;
                return true;
        case YAML_DOCUMENT_START_EVENT:
                check_version(b, event, line, col);
                return true;
        case YAML_NO_EVENT:
        case YAML_STREAM_START_EVENT:
                return true;
        }
        return true;
}

/* libyaml's words, with ours where people stumble */
static void report_problem(Builder *b)
{
        const yaml_parser_t *parser = &b->parser;
        const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
        const char *hint = "";
        unsigned line, col;

        if (parser->error == YAML_READER_ERROR) {
                yaml_lines_place(b->lines, parser->problem_offset, &line, &col);
                fail_at(b, "yaml-syntax", line, col, "not YAML: %s; the file must be UTF-8 text",
                        problem);
                return;
        }
        from_mark(b, &parser->problem_mark, &line, &col);
        if (strstr(problem, "cannot start any token") != NULL) {
                size_t at = yaml_lines_offset(b->lines, line, col);
                char c = at < b->lines->size ? b->lines->text[at] : '\0';

                if (c == '\t')
                        hint = "; indent with blanks, not with tabs";
                else if (c == '%' || c == '@' || c == '`')
                        hint = "; put the text in quotes";
        } else if (strstr(problem, "mapping values are not allowed") != NULL) {
                hint = "; a text with `: ` in it needs quotes";
        } else if (strstr(problem, "did not find expected") != NULL) {
                hint = "; look at indentation, quotes and brackets here and just before";
        }
        if (parser->context != NULL && parser->context_mark.line != parser->problem_mark.line)
                fail_at(b, "yaml-syntax", line, col, "not YAML: %s (%s that began in line %zu)%s",
                        problem, parser->context, parser->context_mark.line + 1, hint);
        else
                fail_at(b, "yaml-syntax", line, col, "not YAML: %s%s", problem, hint);
}

static bool build(Builder *b)
{
        bool is_end = false;

        while (!is_end) {
                yaml_event_t event;
                bool is_good;

                if (!yaml_parser_parse(&b->parser, &event)) {
                        report_problem(b);
                        return false;
                }
                is_good = on_event(b, &event, &is_end);
                yaml_event_delete(&event);
                if (!is_good)
                        return false;
        }
        return true;
}

static bool check_bytes(Builder *b, const char *text, size_t size)
{
        unsigned n = 0;

        if (size > YAML_BYTES_MAX) {
                fail_at(b, "yaml-limit", 0, 0, "the file has %zu bytes; at most %u are read", size,
                        YAML_BYTES_MAX);
                return false;
        }
        if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
                fail_at(b, "yaml-syntax", 1, 1, "the file is UTF-16; save it as UTF-8");
                return false;
        }
        for (unsigned line = 1; line <= b->lines->n; line++) {
                size_t start = b->lines->starts[line - 1];

                if (start < size && text[start] == '%' && ++n > DIRECTIVES_MAX) {
                        fail_at(b, "yaml-limit", line, 1, "more than %d lines begin with `%%`",
                                DIRECTIVES_MAX);
                        return false;
                }
        }
        return true;
}

static void builder_done(Builder *b)
{
        for (unsigned i = 0; i < YAML_DEPTH_MAX && b->frames[i].items != NULL; i++) {
                g_ptr_array_unref(b->frames[i].items);
                g_array_unref(b->frames[i].pairs);
        }
        g_array_unref(b->documents);
        g_array_unref(b->duplicates);
        g_array_unref(b->faults);
        g_array_unref(b->resolved);
        g_hash_table_unref(b->anchors);
        g_hash_table_unref(b->open);
        yaml_parser_delete(&b->parser);
}

YamlStream *yaml_parse(const char *file, const char *text, size_t size, DiagList *diags)
{
        g_autoptr(YamlStream) stream = g_new0(YamlStream, 1);
        g_autofree Builder *b = g_new0(Builder, 1);
        bool is_good;

        if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
                text += 3;
                size -= 3;
        }
        stream->arena = arena_new();
        stream->file = file;
        b->stream = stream;
        b->diags = diags;
        b->lines = yaml_lines_new(stream->arena, text, MIN(size, YAML_BYTES_MAX));
        stream->lines = b->lines;
        b->documents = g_array_new(false, true, sizeof(YamlDocument));
        b->resolved = g_array_new(false, false, sizeof(YamlPair));
        b->duplicates = g_array_new(false, true, sizeof(YamlDuplicate));
        b->faults = g_array_new(false, true, sizeof(YamlFault));
        b->anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        b->open = g_hash_table_new(g_str_hash, g_str_equal);
        if (!yaml_parser_initialize(&b->parser))
                g_error("out of memory");
        yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&b->parser, (const unsigned char *) text, size);

        is_good = check_bytes(b, text, size) && build(b);
        stream->n_documents = b->documents->len;
        stream->documents = arena_memdup(stream->arena, b->documents->data,
                                         b->documents->len * sizeof(YamlDocument));
        stream->n_duplicates = b->duplicates->len;
        stream->duplicates = arena_memdup(stream->arena, b->duplicates->data,
                                          b->duplicates->len * sizeof(YamlDuplicate));
        stream->n_faults = b->faults->len;
        stream->faults = arena_memdup(stream->arena, b->faults->data,
                                      b->faults->len * sizeof(YamlFault));
        builder_done(b);
        return is_good ? g_steal_pointer(&stream) : NULL;
}

void yaml_stream_free(YamlStream *stream)
{
        if (stream == NULL)
                return;
        arena_free(stream->arena);
        g_free(stream);
}

/* ---- Questions ---- */

const YamlPair *yaml_get_pair(const YamlNode *node, const char *key)
{
        if (node == NULL || node->kind != YAML_MAPPING)
                return NULL;
        for (size_t i = 0; i < node->n_pairs; i++) {
                if (strcmp(node->pairs[i].key, key) == 0)
                        return &node->pairs[i];
        }
        return NULL;
}

YamlNode *yaml_get(const YamlNode *node, const char *key)
{
        const YamlPair *pair = yaml_get_pair(node, key);

        return pair == NULL ? NULL : pair->value;
}

bool yaml_is_null(const YamlNode *node)
{
        static const char *const words[] = { "", "~", "null", "Null", "NULL" };

        if (node->kind != YAML_SCALAR || (node->style != YAML_PLAIN && node->tag == NULL))
                return false;
        if (node->tag != NULL)
                return strcmp(node->tag, "tag:yaml.org,2002:null") == 0;
        if (strchr("~nN", node->text[0]) == NULL) /* finds "" too */
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
                if (strcmp(node->text, words[i]) == 0)
                        return true;
        }
        return false;
}

bool yaml_is_absent(const YamlNode *node)
{
        return yaml_is_null(node) &&
               (node->tag != NULL || node->text[0] == '\0' || strcmp(node->text, "null") == 0);
}

SourcePos yaml_pos(const YamlStream *stream, const YamlNode *node)
{
        return (SourcePos){ stream->file, node->line, node->col };
}

unsigned yaml_width(const YamlNode *node)
{
        if (node->end_line != node->line || node->end_col <= node->col)
                return 1;
        return node->end_col - node->col;
}

const char *yaml_line_text(const YamlStream *stream, unsigned line, size_t *ret_len)
{
        return yaml_lines_at(stream->lines, line, ret_len);
}
