#include "base/diag.h"

#include <string.h>

/* A quoted line is cut to this many characters around its caret. */
#define QUOTE_MAX 160

typedef struct Source {
        const char *file;
        const char *text;
        size_t size;
} Source;

struct DiagList {
        Arena *arena;
        GArray *diags;   /* of Diag */
        GArray *sources; /* of Source */
        size_t n[DIAG_ERROR + 1];
        size_t n_left_out;
        GPtrArray *taken; /* lists whose findings are in this one */
};

DiagList *diag_list_new(void)
{
        DiagList *list = g_new0(DiagList, 1);

        list->arena = arena_new();
        list->diags = g_array_new(false, true, sizeof(Diag));
        list->sources = g_array_new(false, true, sizeof(Source));
        list->taken = g_ptr_array_new_with_free_func((GDestroyNotify) diag_list_free);
        return list;
}

void diag_list_free(DiagList *list)
{
        if (list == NULL)
                return;
        g_array_unref(list->diags);
        g_array_unref(list->sources);
        g_ptr_array_unref(list->taken);
        arena_free(list->arena);
        g_free(list);
}

const char *diag_list_add_source(DiagList *list, const char *file, const char *text, size_t size)
{
        Source source = {
                .file = arena_strdup(list->arena, file),
                .text = arena_memdup(list->arena, text, size),
                .size = size,
        };

        g_array_append_val(list->sources, source);
        return source.file;
}

static void G_GNUC_PRINTF(7, 0)
        add(DiagList *list, DiagSeverity severity, const char *name, SourcePos pos, unsigned width,
            const char *path, const char *format, va_list args)
{
        g_autofree char *message = NULL;

        list->n[severity]++;
        if (list->diags->len >= DIAG_LIST_MAX) {
                list->n_left_out++;
                return;
        }
        message = g_strdup_vprintf(format, args);

        Diag diag = {
                .severity = severity,
                .name = arena_strdup(list->arena, name == NULL ? "" : name),
                .pos = { arena_strdup(list->arena, pos.file), pos.line, pos.col },
                .width = MAX(width, 1),
                .path = arena_strdup(list->arena, path),
                .message = arena_strdup(list->arena, message),
        };
        g_array_append_val(list->diags, diag);
}

void diag_add(DiagList *list, DiagSeverity severity, const char *name, SourcePos pos,
              const char *path, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        add(list, severity, name, pos, 1, path, format, args);
        va_end(args);
}

void diag_add_span(DiagList *list, DiagSeverity severity, const char *name, SourcePos pos,
                   unsigned width, const char *path, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        add(list, severity, name, pos, width, path, format, args);
        va_end(args);
}

void diag_list_take(DiagList *list, DiagList *from)
{
        g_array_append_vals(list->diags, from->diags->data, from->diags->len);
        g_array_append_vals(list->sources, from->sources->data, from->sources->len);
        for (size_t i = 0; i < G_N_ELEMENTS(list->n); i++)
                list->n[i] += from->n[i];
        list->n_left_out += from->n_left_out;
        g_ptr_array_add(list->taken, from);
}

size_t diag_count(const DiagList *list, DiagSeverity severity)
{
        return list->n[severity];
}

bool diag_has_errors(const DiagList *list)
{
        return list->n[DIAG_ERROR] > 0;
}

size_t diag_list_size(const DiagList *list)
{
        return list->diags->len;
}

Diag *diag_list_at(DiagList *list, size_t i)
{
        g_assert(i < list->diags->len);
        return &g_array_index(list->diags, Diag, i);
}

static int compare(gconstpointer a, gconstpointer b)
{
        const Diag *one = *(const Diag *const *) a;
        const Diag *two = *(const Diag *const *) b;
        int order = g_strcmp0(one->pos.file, two->pos.file);

        if (order == 0 && one->pos.line != two->pos.line)
                order = one->pos.line < two->pos.line ? -1 : 1;
        if (order == 0 && one->pos.col != two->pos.col)
                order = one->pos.col < two->pos.col ? -1 : 1;
        if (order == 0) /* stable: the addresses grow with the order of adding */
                order = one < two ? -1 : one > two;
        return order;
}

void diag_list_sort(DiagList *list)
{
        g_autoptr(GPtrArray) order = g_ptr_array_sized_new(list->diags->len);
        GArray *sorted = g_array_sized_new(false, true, sizeof(Diag), list->diags->len);

        for (size_t i = 0; i < list->diags->len; i++)
                g_ptr_array_add(order, diag_list_at(list, i));
        g_ptr_array_sort(order, compare);
        for (size_t i = 0; i < order->len; i++)
                g_array_append_vals(sorted, order->pdata[i], 1);
        g_array_unref(list->diags);
        list->diags = sorted;
}

void diag_list_filter(DiagList *list, bool (*keep)(const Diag *diag, gpointer user), gpointer user)
{
        for (size_t i = list->diags->len; i > 0; i--) {
                const Diag *diag = diag_list_at(list, i - 1);

                if (keep(diag, user))
                        continue;
                list->n[diag->severity]--;
                g_array_remove_index(list->diags, i - 1);
        }
}

const char *diag_severity_to_string(DiagSeverity severity)
{
        switch (severity) {
        case DIAG_NOTE:
                return "note";
        case DIAG_WARNING:
                return "warning";
        case DIAG_ERROR:
                return "error";
        }
        g_assert_not_reached();
}

/* The line's bytes without its end; false when the document has no such line */
static bool find_line(const DiagList *list, const SourcePos *pos, const char **ret_line,
                      size_t *ret_len)
{
        for (size_t i = 0; i < list->sources->len; i++) {
                const Source *source = &g_array_index(list->sources, Source, i);
                const char *at = source->text, *end = source->text + source->size;

                if (pos->line == 0 || g_strcmp0(source->file, pos->file) != 0)
                        continue;
                for (unsigned line = 1; line < pos->line && at < end; line++) {
                        const char *next = memchr(at, '\n', end - at);

                        at = next == NULL ? end : next + 1;
                }
                if (at >= end)
                        return false;

                const char *stop = memchr(at, '\n', end - at);

                stop = stop == NULL ? end : stop;
                if (stop > at && stop[-1] == '\r')
                        stop--;
                *ret_line = at;
                *ret_len = stop - at;
                return true;
        }
        return false;
}

/* One character of a quoted line: tabs become blanks so that the caret stands right, control
 * characters and broken UTF-8 a dot so that a hostile file cannot drive the terminal. */
static void append_char(GString *out, gunichar c)
{
        if (c == '\t')
                g_string_append_c(out, ' ');
        else if (c == (gunichar) -1 || g_unichar_iscntrl(c) || !g_unichar_validate(c))
                g_string_append_c(out, '.');
        else
                g_string_append_unichar(out, c);
}

static void append_quote(GString *out, const DiagList *list, const Diag *diag, bool colour)
{
        const char *line, *end;
        size_t len;
        unsigned col = 1, first, last;
        g_autoptr(GString) under = g_string_new(NULL);

        if (!find_line(list, &diag->pos, &line, &len))
                return;
        end = line + len;
        first = diag->pos.col > QUOTE_MAX / 2 ? diag->pos.col - QUOTE_MAX / 2 : 1;
        last = first + QUOTE_MAX - 1;

        g_string_append_printf(out, "%5u | %s", diag->pos.line, first > 1 ? "…" : "");
        if (first > 1)
                g_string_append_c(under, ' ');
        for (; line < end && col <= last; col++) {
                gunichar c = g_utf8_get_char_validated(line, end - line);
                bool is_valid = c != (gunichar) -1 && c != (gunichar) -2;

                if (col >= first) {
                        append_char(out, is_valid ? c : (gunichar) -1);
                        if (col < diag->pos.col)
                                g_string_append_c(under, ' ');
                }
                line = is_valid ? g_utf8_next_char(line) : line + 1;
        }
        g_string_append(out, line < end ? "…\n" : "\n");
        for (; col < diag->pos.col && col <= last; col++)
                g_string_append_c(under, ' ');
        g_string_append_printf(out, "      | %s%s^", under->str, colour ? "\033[1;32m" : "");
        for (unsigned i = 1; i < diag->width && diag->pos.col + i <= MAX(col, 2) - 1; i++)
                g_string_append_c(out, '~');
        g_string_append_printf(out, "%s\n", colour ? "\033[0m" : "");
}

static void append_diag(GString *out, const DiagList *list, const Diag *diag, bool colour)
{
        static const char *const colours[] = { "\033[1;36m", "\033[1;35m", "\033[1;31m" };

        g_string_append_printf(out, "%s", colour ? "\033[1m" : "");
        if (diag->pos.file != NULL)
                g_string_append_printf(out, "%s:", diag->pos.file);
        if (diag->pos.line > 0)
                g_string_append_printf(out, "%u:%u:", diag->pos.line, diag->pos.col);
        g_string_append_printf(out, " %s%s:%s %s", colour ? colours[diag->severity] : "",
                               diag_severity_to_string(diag->severity), colour ? "\033[0m" : "",
                               diag->message);
        if (diag->name[0] != '\0')
                g_string_append_printf(out, " [%s]", diag->name);
        g_string_append_c(out, '\n');
        append_quote(out, list, diag, colour);
}

char *diag_list_to_text(const DiagList *list, bool colour)
{
        GString *out = g_string_new(NULL);

        for (size_t i = 0; i < list->diags->len; i++)
                append_diag(out, list, &g_array_index(list->diags, Diag, i), colour);
        if (list->n_left_out > 0)
                g_string_append_printf(out, "%zu more findings are not shown\n", list->n_left_out);
        return g_string_free(out, false);
}

json_t *diag_list_to_json(const DiagList *list)
{
        json_t *array = json_array();

        for (size_t i = 0; i < list->diags->len; i++) {
                const Diag *diag = &g_array_index(list->diags, Diag, i);

                json_array_append_new(
                        array,
                        json_pack("{s:s*, s:i, s:i, s:s, s:s, s:s*, s:s}", "file", diag->pos.file,
                                  "line", (int) diag->pos.line, "column", (int) diag->pos.col,
                                  "severity", diag_severity_to_string(diag->severity), "name",
                                  diag->name, "path", diag->path, "message", diag->message));
        }
        return array;
}
