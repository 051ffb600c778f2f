#include "yaml/lines.h"

#include <string.h>

/* How many bytes of a line break as libyaml knows them stand here; 0: none */
static size_t odd_break(const char *at, const char *end)
{
        const unsigned char *p = (const unsigned char *) at;
        size_t left = end - at;

        if (left >= 2 && p[0] == '\r' && p[1] == '\n')
                return 2;
        if (p[0] == '\n' || p[0] == '\r')
                return 1;
        if (left >= 2 && p[0] == 0xc2 && p[1] == 0x85)
                return 2;
        if (left >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
                return 3;
        return 0;
}

static size_t *find_starts(Arena *arena, const char *text, size_t size, bool is_odd, size_t *ret_n)
{
        const char *end = text + size;
        g_autoptr(GArray) starts = g_array_new(false, false, sizeof(size_t));
        size_t zero = 0;

        g_array_append_val(starts, zero);
        for (const char *at = text; at < end;) {
                const char *next;
                size_t len = 1;

                if (is_odd) {
                        len = odd_break(at, end);
                        next = at + MAX(len, 1);
                } else {
                        next = memchr(at, '\n', end - at);
                        next = next == NULL ? end : next + 1;
                        len = next > at && next[-1] == '\n';
                }
                if (len > 0) {
                        size_t offset = next - text;

                        g_array_append_val(starts, offset);
                }
                at = next;
        }
        *ret_n = starts->len;
        return arena_memdup(arena, starts->data, starts->len * sizeof(size_t));
}

/* Whether libyaml sees other lines than we do */
static bool has_odd_breaks(const char *text, size_t size)
{
        const char *end = text + size;

        for (const char *at = text; at < end; at++) {
                if (*at == '\n' || (*at > 0 && *at != '\r'))
                        continue;

                size_t len = odd_break(at, end);

                if (len > 0 && at[len - 1] != '\n')
                        return true;
                at += len > 0 ? len - 1 : 0;
        }
        return false;
}

YamlLines *yaml_lines_new(Arena *arena, const char *text, size_t size)
{
        YamlLines *lines = arena_new0(arena, YamlLines, 1);

        lines->text = text;
        lines->size = size;
        lines->starts = find_starts(arena, text, size, false, &lines->n);
        if (has_odd_breaks(text, size))
                lines->odd_starts = find_starts(arena, text, size, true, &lines->n_odd);
        return lines;
}

const char *yaml_lines_at(const YamlLines *lines, unsigned line, size_t *ret_len)
{
        size_t start, end;

        *ret_len = 0;
        if (line < 1 || line > lines->n)
                return "";
        start = lines->starts[line - 1];
        end = line < lines->n ? lines->starts[line] - 1 : lines->size;
        if (end > start && lines->text[end - 1] == '\r')
                end--;
        *ret_len = end - start;
        return lines->text + start;
}

static bool is_continuation(char c)
{
        return ((unsigned char) c & 0xc0) == 0x80;
}

/* @n characters after @at, not beyond @end */
static size_t advance(const char *text, size_t at, size_t end, size_t n)
{
        while (n > 0 && at < end) {
                at++;
                while (at < end && is_continuation(text[at]))
                        at++;
                n--;
        }
        return at;
}

size_t yaml_lines_offset(const YamlLines *lines, unsigned line, unsigned col)
{
        size_t len;
        const char *text = yaml_lines_at(lines, line, &len);

        if (line < 1 || line > lines->n)
                return lines->size;
        return advance(lines->text, text - lines->text, text - lines->text + len,
                       col > 0 ? col - 1 : 0);
}

void yaml_lines_place(const YamlLines *lines, size_t offset, unsigned *ret_line, unsigned *ret_col)
{
        size_t low = 0, high = lines->n;
        unsigned col = 1;

        offset = MIN(offset, lines->size);
        while (high - low > 1) {
                size_t middle = low + (high - low) / 2;

                if (lines->starts[middle] <= offset)
                        low = middle;
                else
                        high = middle;
        }
        for (size_t i = lines->starts[low]; i < offset; i++)
                col += !is_continuation(lines->text[i]);
        *ret_line = low + 1;
        *ret_col = col;
}

void yaml_lines_from_mark(const YamlLines *lines, size_t mark_line, size_t mark_col,
                          unsigned *ret_line, unsigned *ret_col)
{
        size_t start;

        if (lines->odd_starts == NULL) {
                *ret_line = mark_line + 1;
                *ret_col = mark_col + 1;
                return;
        }
        start = mark_line < lines->n_odd ? lines->odd_starts[mark_line] : lines->size;
        yaml_lines_place(lines, advance(lines->text, start, lines->size, mark_col), ret_line,
                         ret_col);
}
