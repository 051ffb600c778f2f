#include "format/release.h"

#include <string.h>

#include "base/text.h"
#include "format/format.h"
#include "yaml/yaml.h"

/* ---- Documents ---- */

static void part_clear(gpointer data)
{
        g_free(((ReleasePart *) data)->kind);
}

static bool is_marker(const char *line, size_t len)
{
        return len >= 3 && strncmp(line, "---", 3) == 0 &&
               (len == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

static size_t skip_blanks(const char *line, size_t len, size_t at)
{
        while (at < len && (line[at] == ' ' || line[at] == '\t'))
                at++;
        return at;
}

/* `# kind: NAME`; (transfer full) NULL for any other line */
static char *parse_kind(const char *line, size_t len, unsigned *ret_col)
{
        static const char word[] = "kind:";
        size_t at = skip_blanks(line, len, 0), end;

        if (at == len || line[at] != '#')
                return NULL;
        at = skip_blanks(line, len, at + 1);
        if (len - at < strlen(word) || strncmp(line + at, word, strlen(word)) != 0)
                return NULL;
        at = skip_blanks(line, len, at + strlen(word));
        end = at;
        while (end < len && !g_ascii_isspace(line[end]))
                end++;
        *ret_col = at + 1;
        return end == at ? NULL : g_strndup(line + at, end - at);
}

static bool is_comment(const char *line, size_t len)
{
        size_t at = skip_blanks(line, len, 0);

        return at == len || line[at] == '#' || line[at] == '\r' || line[at] == '%';
}

static void take_line(ReleasePart *part, const char *line, size_t len, unsigned number)
{
        if (part->is_empty && part->kind == NULL) {
                part->kind = parse_kind(line, len, &part->kind_col);
                part->kind_line = part->kind == NULL ? 0 : number;
        }
        if (!is_comment(line, len))
                part->is_empty = false;
}

GArray *release_split(const char *text, size_t size)
{
        GArray *parts = g_array_new(false, true, sizeof(ReleasePart));
        ReleasePart part = { .line = 1, .is_empty = true };
        unsigned number = 1;

        g_array_set_clear_func(parts, part_clear);
        for (size_t at = 0; at < size; number++) {
                const char *newline = memchr(text + at, '\n', size - at);
                size_t next = newline == NULL ? size : (size_t) (newline - text) + 1;
                size_t len = (newline == NULL ? size : (size_t) (newline - text)) - at;

                if (is_marker(text + at, len) && parts->len < RELEASE_PARTS_MAX - 1) {
                        part.end = at;
                        if (!part.is_empty || part.kind != NULL)
                                g_array_append_val(parts, part);
                        part = (ReleasePart){ .begin = at + 3, .line = number, .is_empty = true };
                        take_line(&part, text + at + 3, len - 3, number);
                        part.kind_col += part.kind != NULL ? 3 : 0;
                } else {
                        take_line(&part, text + at, len, number);
                }
                at = next;
        }
        part.end = size;
        if (!part.is_empty || part.kind != NULL)
                g_array_append_val(parts, part);
        return parts;
}

const ReleasePart *release_find(const GArray *parts, const char *kind)
{
        for (guint i = 0; i < parts->len; i++) {
                const ReleasePart *part = &g_array_index(parts, ReleasePart, i);

                if (g_strcmp0(part->kind, kind) == 0)
                        return part;
        }
        return NULL;
}

char *release_text(const char *text, const ReleasePart *part)
{
        GString *out = g_string_sized_new(part->end + 1);
        size_t line_begin = part->begin;

        while (line_begin > 0 && text[line_begin - 1] != '\n')
                line_begin--;
        for (size_t i = 0; i < line_begin; i++) {
                if (text[i] == '\n')
                        g_string_append_c(out, '\n');
        }
        for (size_t i = line_begin; i < part->begin; i++)
                g_string_append_c(out, ' ');
        g_string_append_len(out, text + part->begin, part->end - part->begin);
        return g_string_free(out, false);
}

/* ---- Templates that nobody can render ---- */

/* What steers has no output, everything else has some. */
static const char *stand_in(const char *action, size_t len)
{
        static const char *const steering[] = { "if",    "else",     "end",   "range",
                                                "with",  "define",   "block", "template",
                                                "break", "continue", "/*" };
        size_t at = 0;

        while (at < len && (g_ascii_isspace(action[at]) || action[at] == '-'))
                at++;
        for (size_t i = 0; i < G_N_ELEMENTS(steering); i++) {
                size_t n = strlen(steering[i]);

                if (len - at >= n && strncmp(action + at, steering[i], n) == 0 &&
                    (len - at == n || !g_ascii_isalnum(action[at + n])))
                        return "";
        }
        return action[at] == '$' && memmem(action, len, ":=", 2) != NULL ? "" : "1";
}

char *release_neutral(const char *text)
{
        static const char open[] = "{{repl ";
        GString *out = g_string_new(NULL);

        while (*text != '\0') {
                const char *begin = strstr(text, open);
                const char *end = begin == NULL ? NULL : strstr(begin, "}}");

                if (end == NULL)
                        break;
                g_string_append_len(out, text, begin - text);
                g_string_append(out, stand_in(begin + strlen(open), end - begin - strlen(open)));
                for (const char *at = begin; at < end; at++) {
                        if (*at == '\n')
                                g_string_append_c(out, '\n');
                }
                text = end + strlen("}}");
        }
        g_string_append(out, text);
        return g_string_free(out, false);
}

/* ---- Which format it is ---- */

bool format_wants_swarm(const char *text, size_t size)
{
        g_autoptr(GArray) parts = release_split(text, size);

        return release_find(parts, KIND_SWARM) != NULL;
}

static const char *const native_keys[] = { "replicated_api_version", "components", NULL };
static const char *const compose_keys[] = { "services", "include", NULL };

/* A document that is written with braces: what its keys are, the parser knows */
static bool is_compose_flow(const char *text, size_t size)
{
        g_autoptr(DiagList) scratch = diag_list_new();
        g_autoptr(YamlStream) stream = yaml_parse("", text, size, scratch);
        bool is_native = false, is_compose = false;

        if (stream == NULL || stream->n_documents == 0)
                return false;
        for (const char *const *key = native_keys; *key != NULL; key++)
                is_native |= yaml_get(stream->documents[0].root, *key) != NULL;
        for (const char *const *key = compose_keys; *key != NULL; key++)
                is_compose |= yaml_get(stream->documents[0].root, *key) != NULL;
        return is_compose && !is_native;
}

/* The key that a line without indentation begins with; (transfer full) NULL where there is none */
static char *top_key(const char *line, size_t len)
{
        size_t end = 0;
        char quote = len > 0 && (line[0] == '"' || line[0] == '\'') ? line[0] : '\0';

        if (quote != '\0') {
                line++;
                len--;
        }
        while (end < len && (g_ascii_isalnum(line[end]) || line[end] == '_' || line[end] == '-'))
                end++;
        if (end == 0 || (quote != '\0' && (end == len || line[end] != quote)))
                return NULL;
        return g_strndup(line, end);
}

bool format_is_compose(const char *text, size_t size)
{
        bool is_compose = false, has_key = false;
        size_t at = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

        if (format_wants_swarm(text, size))
                return true;
        while (at < size) {
                const char *newline = memchr(text + at, '\n', size - at);
                size_t end = newline == NULL ? size : (size_t) (newline - text);
                g_autofree char *key = top_key(text + at, end - at);
                size_t first = skip_blanks(text + at, end - at, 0);

                if (at + first < end && (text[at + first] == '{' || text[at + first] == '[') &&
                    !has_key)
                        return is_compose_flow(text, size);
                if (key != NULL && g_strv_contains(native_keys, key))
                        return false;
                has_key |= key != NULL;
                is_compose |= key != NULL && g_strv_contains(compose_keys, key);
                at = end + 1;
        }
        return is_compose;
}
