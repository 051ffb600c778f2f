/*
 * Where a part of a scalar's value stands in the file: the value is walked beside its source
 */

#include "yaml/yaml.h"

#include <string.h>

#include "yaml/lines.h"

typedef struct Walk {
        const char *value;
        size_t len;
        const char *at, *end; /* in the source */
} Walk;

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static bool is_break(char c)
{
        return c == '\n' || c == '\r';
}

/* Behind blanks and breaks, where there is a break among them; else NULL */
static const char *skip_fold(const Walk *walk, unsigned *ret_n_breaks)
{
        const char *at = walk->at;

        *ret_n_breaks = 0;
        while (at < walk->end && (is_blank(*at) || is_break(*at))) {
                *ret_n_breaks += *at == '\n';
                at++;
        }
        return *ret_n_breaks > 0 ? at : NULL;
}

/* How many bytes of source and of value an escape has that begins with `\` */
static size_t escape_size(const Walk *walk, size_t *ret_value_size)
{
        char c = walk->end - walk->at > 1 ? walk->at[1] : '\0';
        unsigned n_digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        gunichar code = 0;

        *ret_value_size = c == 'N' || c == '_' ? 2 : c == 'L' || c == 'P' ? 3 : 1;
        for (unsigned i = 0; i < n_digits && walk->at + 2 + i < walk->end; i++)
                code = code * 16 + MAX(g_ascii_xdigit_value(walk->at[2 + i]), 0);
        if (n_digits > 0)
                *ret_value_size = g_unichar_to_utf8(code, NULL);
        return 2 + n_digits;
}

/* Plain and quoted scalars */
static const char *walk_flow(Walk *walk, YamlStyle style, size_t offset)
{
        size_t v = 0;

        if (style != YAML_PLAIN)
                walk->at++;
        while (walk->at < walk->end) {
                unsigned n_breaks;
                const char *behind = skip_fold(walk, &n_breaks);
                size_t source = 1, value = 1;

                if (behind != NULL) {
                        source = behind - walk->at;
                        value = n_breaks > 1 ? n_breaks - 1 : 1;
                } else if (style == YAML_DOUBLE_QUOTED && *walk->at == '\\') {
                        if (walk->end - walk->at > 1 && is_break(walk->at[1])) {
                                walk->at++; /* the line goes on */
                                behind = skip_fold(walk, &n_breaks);
                                walk->at = behind != NULL ? behind : walk->at + 1;
                                v += n_breaks > 1 ? n_breaks - 1 : 0;
                                continue;
                        }
                        source = escape_size(walk, &value);
                } else if (style == YAML_SINGLE_QUOTED && *walk->at == '\'') {
                        source = 2;
                }
                if (offset < v + value)
                        return walk->at;
                v += value;
                walk->at += source;
        }
        return walk->end;
}

static size_t count_leading(const char *text, const char *end, char c)
{
        size_t n = 0;

        while (text + n < end && text[n] == c)
                n++;
        return n;
}

/* The next line of the source: [*ret_start, *ret_end) */
static bool next_line(Walk *walk, const char **ret_start, const char **ret_end)
{
        const char *stop;

        if (walk->at >= walk->end)
                return false;
        stop = memchr(walk->at, '\n', walk->end - walk->at);
        *ret_start = walk->at;
        *ret_end = stop != NULL ? stop : walk->end;
        walk->at = stop != NULL ? stop + 1 : walk->end;
        if (*ret_end > *ret_start && (*ret_end)[-1] == '\r')
                (*ret_end)--;
        return true;
}

/* Blanks that belong to the block and not to its text. Lines of the value begin as the source's
 * do, less the indentation: the first line that is not empty tells it, whatever the header says. */
static size_t find_indent(const Walk *walk)
{
        Walk look = *walk;
        const char *start, *end;
        const char *text = walk->value + count_leading(walk->value, walk->value + walk->len, '\n');
        size_t kept = count_leading(text, walk->value + walk->len, ' ');

        while (next_line(&look, &start, &end)) {
                size_t n = count_leading(start, end, ' ');

                if (start + n < end)
                        return n > kept ? n - kept : 0;
        }
        return 0;
}

/* Block scalars, from behind their header */
static const char *walk_block(Walk *walk, YamlStyle style, size_t offset)
{
        const char *header, *start, *end, *last = NULL;
        size_t v = 0, indent;

        if (!next_line(walk, &header, &last))
                return walk->end;
        indent = find_indent(walk);
        while (next_line(walk, &start, &end)) {
                size_t len;

                start += MIN(indent, count_leading(start, end, ' '));
                len = end - start;
                if (style == YAML_FOLDED && len > 0) {
                        /* what stands between the lines in the value: a blank, or line ends */
                        while (v < walk->len && walk->value[v] == '\n')
                                v++;
                        if (v < walk->len && walk->value[v] == ' ' && !is_blank(*start))
                                v++;
                }
                if (style == YAML_FOLDED && len == 0)
                        continue;
                if (offset < v)
                        return last;
                if (offset < v + len + (style == YAML_LITERAL))
                        return start + (offset - v);
                v += len + (style == YAML_LITERAL);
                last = end;
        }
        return last;
}

SourcePos yaml_pos_in_scalar(const YamlStream *stream, const YamlNode *node, size_t offset)
{
        SourcePos pos = yaml_pos(stream, node);
        const YamlLines *lines = stream->lines;
        const char *found = NULL;
        Walk walk;

        if (node->kind != YAML_SCALAR)
                return pos;
        walk.value = node->text;
        walk.len = node->len;
        walk.at = lines->text + yaml_lines_offset(lines, node->line, node->col);
        walk.end = lines->text + yaml_lines_offset(lines, node->end_line, node->end_col);
        offset = MIN(offset, node->len);

        switch (node->style) {
        case YAML_PLAIN:
        case YAML_SINGLE_QUOTED:
        case YAML_DOUBLE_QUOTED:
                found = walk_flow(&walk, node->style, offset);
                break;
        case YAML_LITERAL:
        case YAML_FOLDED:
                found = walk_block(&walk, node->style, offset);
                break;
        }
        yaml_lines_place(lines, found - lines->text, &pos.line, &pos.col);
        return pos;
}
