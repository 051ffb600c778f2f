#include "template/json.h"

#include <math.h>
#include <string.h>

#include "template/gotime-format.h"
#include "template/number-format.h"
#include "template/number.h"
#include "template/rune.h"
#include "template/semver.h"

#define DEPTH_MAX 1000

typedef struct Writer {
        GString *out;
        size_t max;
        JsonStyle style;
        Arena *scratch;
} Writer;

static void put_string(GString *out, const char *s, size_t n, bool escape_html)
{
        size_t width;

        g_string_append_c(out, '"');
        for (size_t i = 0; i < n; i += width) {
                gunichar r = rune_decode(s + i, n - i, &width);

                if (r == '"' || r == '\\')
                        g_string_append_printf(out, "\\%c", (char) r);
                else if (r == '\b')
                        g_string_append(out, "\\b");
                else if (r == '\f')
                        g_string_append(out, "\\f");
                else if (r == '\n')
                        g_string_append(out, "\\n");
                else if (r == '\r')
                        g_string_append(out, "\\r");
                else if (r == '\t')
                        g_string_append(out, "\\t");
                else if (r < ' ' || (escape_html && (r == '<' || r == '>' || r == '&')) ||
                         r == 0x2028 || r == 0x2029)
                        g_string_append_printf(out, "\\u%04x", r);
                else if (r == RUNE_ERROR && width == 1)
                        g_string_append(out, "\\ufffd");
                else
                        g_string_append_len(out, s + i, (gssize) width);
        }
        g_string_append_c(out, '"');
}

static bool put_float(GString *out, double f)
{
        double size = fabs(f);
        bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);

        if (isnan(f) || isinf(f))
                return false;
        number_format_float(out, f, exponent ? 'e' : 'f', -1);
        /* e-09 becomes e-9 */
        if (exponent && out->len >= 4 && out->str[out->len - 4] == 'e' &&
            out->str[out->len - 3] == '-' && out->str[out->len - 2] == '0')
                g_string_erase(out, (gssize) out->len - 2, 1);
        return true;
}

static void new_line(Writer *w, unsigned depth)
{
        if (w->style != JSON_PRETTY)
                return;
        g_string_append_c(w->out, '\n');
        for (unsigned i = 0; i < depth; i++)
                g_string_append(w->out, "  ");
}

static bool put(Writer *w, Value v, unsigned depth);

static bool put_list(Writer *w, Value v, unsigned depth)
{
        if (v.list == NULL) {
                g_string_append(w->out, "null");
                return true;
        }
        if (v.type == VALUE_BYTES) {
                g_autofree guchar *bytes = g_malloc(v.list->n + 1);
                g_autofree char *text = NULL;

                for (size_t i = 0; i < v.list->n; i++)
                        bytes[i] = (guchar) v.list->items[i].u;
                text = g_base64_encode(bytes, v.list->n);
                put_string(w->out, text, strlen(text), false);
                return true;
        }
        g_string_append_c(w->out, '[');
        for (size_t i = 0; i < v.list->n; i++) {
                if (i > 0)
                        g_string_append_c(w->out, ',');
                new_line(w, depth + 1);
                if (!put(w, v.list->items[i], depth + 1))
                        return false;
        }
        if (v.list->n > 0)
                new_line(w, depth);
        g_string_append_c(w->out, ']');
        return true;
}

static bool put_pair(Writer *w, size_t i, Value key, Value item, unsigned depth)
{
        if (i > 0)
                g_string_append_c(w->out, ',');
        new_line(w, depth + 1);
        put_string(w->out, key.s, key.len, w->style != JSON_RAW);
        g_string_append(w->out, w->style == JSON_PRETTY ? ": " : ":");
        return put(w, item, depth + 1);
}

static bool put_map(Writer *w, Value v, unsigned depth)
{
        const ValuePair *pairs;
        size_t n = value_map_size(v.map);

        if (v.map == NULL) {
                g_string_append(w->out, "null");
                return true;
        }
        pairs = value_map_sorted(w->scratch, v.map);
        g_string_append_c(w->out, '{');
        for (size_t i = 0; i < n; i++)
                if (!put_pair(w, i, pairs[i].key, pairs[i].item, depth))
                        return false;
        if (n > 0)
                new_line(w, depth);
        g_string_append_c(w->out, '}');
        return true;
}

static bool put_struct(Writer *w, Value v, unsigned depth)
{
        static const char layout[] = "2006-01-02T15:04:05.999999999Z07:00";
        g_autoptr(GString) text = g_string_new(NULL);

        if (v.type == VALUE_CERTIFICATE) {
                g_string_append_c(w->out, '{');
                put_pair(w, 0, value_string("Cert"), v.certificate->cert, depth);
                put_pair(w, 1, value_string("Key"), v.certificate->key, depth);
                new_line(w, depth);
                g_string_append_c(w->out, '}');
                return true;
        }
        if (v.type == VALUE_LOCATION) {
                g_string_append(w->out, "{}");
                return true;
        }
        if (v.type == VALUE_TIME)
                gotime_format(text, v.time, layout, sizeof layout - 1);
        else if (v.version == NULL)
                return g_string_append(w->out, "null") != NULL;
        else
                semver_string(text, v.version);
        put_string(w->out, text->str, text->len, w->style != JSON_RAW);
        return true;
}

static bool put(Writer *w, Value v, unsigned depth)
{
        if (depth > DEPTH_MAX || w->out->len > w->max)
                return false;
        switch (value_kind(v)) {
        case KIND_INVALID:
        case KIND_INTERFACE:
                g_string_append(w->out, "null");
                return true;
        case KIND_BOOL:
                g_string_append(w->out, v.b ? "true" : "false");
                return true;
        case KIND_INT:
        case KIND_INT32:
        case KIND_INT64:
                g_string_append_printf(w->out, "%" G_GINT64_FORMAT, v.i);
                return true;
        case KIND_UINT8:
        case KIND_UINT:
        case KIND_UINT64:
                g_string_append_printf(w->out, "%" G_GUINT64_FORMAT, v.u);
                return true;
        case KIND_FLOAT64:
                return put_float(w->out, v.f);
        case KIND_COMPLEX128:
                return false;
        case KIND_STRING:
                put_string(w->out, v.s, v.len, w->style != JSON_RAW);
                return true;
        case KIND_SLICE:
                return put_list(w, v, depth);
        case KIND_MAP:
                return put_map(w, v, depth);
        case KIND_STRUCT:
        case KIND_PTR:
                return put_struct(w, v, depth);
        }
        g_assert_not_reached();
}

bool json_write(GString *out, size_t max, Value v, JsonStyle style)
{
        Writer w = { out, max, style, arena_new() };
        bool ok = put(&w, v, 0);

        arena_free(w.scratch);
        return ok;
}

typedef struct Reader {
        Arena *arena;
        const char *s;
        size_t n;
        size_t i;
        bool bad_value;
} Reader;

static bool read_value(Reader *r, Value *ret, unsigned depth);

static void skip_blanks(Reader *r)
{
        while (r->i < r->n && r->s[r->i] != '\0' && strchr(" \t\r\n", r->s[r->i]) != NULL)
                r->i++;
}

static bool accept(Reader *r, char c)
{
        if (r->i >= r->n || r->s[r->i] != c)
                return false;
        r->i++;
        return true;
}

static bool hex4(const Reader *r, size_t at, gunichar *ret)
{
        *ret = 0;
        if (r->n - at < 4 || at > r->n)
                return false;
        for (size_t k = at; k < at + 4; k++) {
                if (!g_ascii_isxdigit(r->s[k]))
                        return false;
                *ret = *ret << 4 | (gunichar) g_ascii_xdigit_value(r->s[k]);
        }
        return true;
}

static bool read_escape(Reader *r, GString *text)
{
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *p;
        gunichar c, low;

        if (r->i >= r->n || r->s[r->i] == '\0')
                return false;
        if ((p = strchr(from, r->s[r->i])) != NULL) {
                g_string_append_c(text, to[p - from]);
                r->i++;
                return true;
        }
        if (r->s[r->i] != 'u' || !hex4(r, r->i + 1, &c))
                return false;
        r->i += 5;
        if (c >= 0xD800 && c < 0xDC00 && r->n - r->i >= 6 && r->s[r->i] == '\\' &&
            r->s[r->i + 1] == 'u' && hex4(r, r->i + 2, &low) && low >= 0xDC00 && low < 0xE000) {
                r->i += 6;
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
        rune_append(text, c);
        return true;
}

static bool read_string(Reader *r, Value *ret)
{
        g_autoptr(GString) text = g_string_new(NULL);
        size_t width;

        if (!accept(r, '"'))
                return false;
        while (r->i < r->n && r->s[r->i] != '"') {
                if ((unsigned char) r->s[r->i] < ' ')
                        return false;
                if (r->s[r->i] == '\\') {
                        r->i++;
                        if (!read_escape(r, text))
                                return false;
                        continue;
                }
                rune_append(text, rune_decode(r->s + r->i, r->n - r->i, &width));
                r->i += width;
        }
        *ret = value_string_copy(r->arena, text->str, text->len);
        return accept(r, '"');
}

static bool digits(Reader *r)
{
        size_t start = r->i;

        while (r->i < r->n && g_ascii_isdigit(r->s[r->i]))
                r->i++;
        return r->i > start;
}

static bool read_number(Reader *r, Value *ret)
{
        size_t start = r->i;
        double f;

        accept(r, '-');
        if (!accept(r, '0') && !digits(r))
                return false;
        if (accept(r, '.') && !digits(r))
                return false;
        if (accept(r, 'e') || accept(r, 'E')) {
                if (!accept(r, '+'))
                        accept(r, '-');
                if (!digits(r))
                        return false;
        }
        *ret = value_nil();
        if (number_parse_float(r->s + start, r->i - start, &f) == NUMBER_OK)
                *ret = value_float(f);
        else
                r->bad_value = true;
        return true;
}

static bool read_list(Reader *r, Value *ret, unsigned depth)
{
        *ret = value_list_new(r->arena, VALUE_LIST, 0);
        r->i++;
        skip_blanks(r);
        if (accept(r, ']'))
                return true;
        for (;;) {
                Value item;

                if (!read_value(r, &item, depth + 1))
                        return false;
                value_list_add(r->arena, ret->list, item);
                skip_blanks(r);
                if (accept(r, ']'))
                        return true;
                if (!accept(r, ','))
                        return false;
        }
}

static bool read_map(Reader *r, Value *ret, unsigned depth)
{
        *ret = value_map_new(r->arena, VALUE_MAP);
        r->i++;
        skip_blanks(r);
        if (accept(r, '}'))
                return true;
        for (;;) {
                Value key, item;

                skip_blanks(r);
                if (!read_string(r, &key))
                        return false;
                skip_blanks(r);
                if (!accept(r, ':') || !read_value(r, &item, depth + 1))
                        return false;
                value_map_set(r->arena, ret->map, key, item);
                skip_blanks(r);
                if (accept(r, '}'))
                        return true;
                if (!accept(r, ','))
                        return false;
        }
}

static bool read_word(Reader *r, const char *word)
{
        size_t n = strlen(word);

        if (r->n - r->i < n || memcmp(r->s + r->i, word, n) != 0)
                return false;
        r->i += n;
        return true;
}

static bool read_value(Reader *r, Value *ret, unsigned depth)
{
        skip_blanks(r);
        if (r->i >= r->n || depth > DEPTH_MAX)
                return false;
        switch (r->s[r->i]) {
        case '{':
                return read_map(r, ret, depth);
        case '[':
                return read_list(r, ret, depth);
        case '"':
                return read_string(r, ret);
        case 't':
                *ret = value_bool(true);
                return read_word(r, "true");
        case 'f':
                *ret = value_bool(false);
                return read_word(r, "false");
        case 'n':
                *ret = value_nil();
                return read_word(r, "null");
        default:
                return read_number(r, ret);
        }
}

JsonStatus json_read(Arena *arena, const char *s, size_t n, Value *ret, size_t *ret_at)
{
        Reader r = { .arena = arena, .s = s, .n = n };
        bool ok = read_value(&r, ret, 0);

        skip_blanks(&r);
        *ret_at = r.i;
        if (!ok || r.i < n) {
                *ret = value_nil();
                return JSON_SYNTAX;
        }
        return r.bad_value ? JSON_VALUE : JSON_OK;
}
