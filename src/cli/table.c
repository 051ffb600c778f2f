#include "cli/table.h"

#include <string.h>

#include "cli/display.h"

#define GAP        2 /* blanks between columns */
#define COLUMN_MIN 8 /* a column is not cut below that */

typedef struct Cell {
        char *text;
        Style style;
} Cell;

struct Table {
        char *headings[TABLE_COLUMNS_MAX];
        bool is_right[TABLE_COLUMNS_MAX];
        unsigned n_columns;
        GArray *cells; /* Cell, row after row, n_columns each */
        size_t n_rows;
        unsigned next; /* column of the next cell */
};

static void cell_clear(gpointer cell)
{
        g_free(((Cell *) cell)->text);
}

Table *table_new(const char *const *headings)
{
        Table *table = g_new0(Table, 1);

        for (; headings[table->n_columns] != NULL; table->n_columns++) {
                g_assert(table->n_columns < TABLE_COLUMNS_MAX);
                table->headings[table->n_columns] = g_strdup(headings[table->n_columns]);
        }
        table->cells = g_array_new(false, true, sizeof(Cell));
        g_array_set_clear_func(table->cells, cell_clear);
        return table;
}

void table_free(Table *table)
{
        if (table == NULL)
                return;
        for (unsigned i = 0; i < table->n_columns; i++)
                g_free(table->headings[i]);
        g_array_free(table->cells, true);
        g_free(table);
}

static Cell *cell_at(const Table *table, size_t row, unsigned column)
{
        return &g_array_index(table->cells, Cell, row * table->n_columns + column);
}

void table_add_row(Table *table)
{
        table->n_rows++;
        g_array_set_size(table->cells, table->n_rows * table->n_columns);
        table->next = 0;
}

void table_cell(Table *table, Style style, const char *text)
{
        Cell *cell;

        g_assert(table->n_rows > 0 && table->next < table->n_columns);
        cell = cell_at(table, table->n_rows - 1, table->next++);
        cell->text = display_line(text != NULL ? text : "");
        cell->style = style;
}

void table_cell_print(Table *table, Style style, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_autofree char *text = g_strdup_vprintf(format, args);
        va_end(args);
        table_cell(table, style, text);
}

void table_align_right(Table *table, unsigned column)
{
        table->is_right[column] = true;
}

size_t table_n_rows(const Table *table)
{
        return table->n_rows;
}

static const char *text_of(const Cell *cell)
{
        return cell->text != NULL ? cell->text : "";
}

/* Widths that the contents ask for; 0 for a column in which nothing stands */
static void measure(const Table *table, size_t *widths)
{
        for (unsigned c = 0; c < table->n_columns; c++) {
                widths[c] = 0;
                for (size_t r = 0; r < table->n_rows; r++)
                        widths[c] = MAX(widths[c], display_width(text_of(cell_at(table, r, c))));
                if (widths[c] > 0)
                        widths[c] = MAX(widths[c], display_width(table->headings[c]));
        }
}

/* Takes columns of the terminal from the widest until a row fits, or nothing more can be taken */
static void shrink(const Table *table, size_t *widths, size_t width)
{
        for (;;) {
                size_t total = 0;
                unsigned widest = 0;

                for (unsigned c = 0; c < table->n_columns; c++) {
                        total += widths[c] > 0 ? widths[c] + GAP : 0;
                        if (widths[c] >= widths[widest])
                                widest = c;
                }
                if (total <= width + GAP || widths[widest] <= COLUMN_MIN)
                        return;
                widths[widest]--;
        }
}

static void append_cell(GString *out, const char *text, size_t width, Style style, bool is_right,
                        bool colour)
{
        g_autofree char *cut = display_cut(text, width);
        size_t used = display_width(cut);

        if (is_right)
                display_pad(out, "", width - used);
        g_string_append_printf(out, "%s%s%s", style_begin(colour, style), cut,
                               style_end(colour, style));
        if (!is_right)
                display_pad(out, "", width - used);
        display_pad(out, "", GAP);
}

static void end_line(GString *out)
{
        while (out->len > 0 && out->str[out->len - 1] == ' ')
                g_string_truncate(out, out->len - 1);
        g_string_append_c(out, '\n');
}

char *table_to_text(const Table *table, size_t width, bool colour)
{
        GString *out = g_string_new(NULL);
        size_t widths[TABLE_COLUMNS_MAX];

        measure(table, widths);
        if (width > 0)
                shrink(table, widths, width);

        for (unsigned c = 0; c < table->n_columns; c++) {
                if (widths[c] > 0)
                        append_cell(out, table->headings[c], widths[c], STYLE_BOLD,
                                    table->is_right[c], colour);
        }
        end_line(out);
        for (size_t r = 0; r < table->n_rows; r++) {
                for (unsigned c = 0; c < table->n_columns; c++) {
                        const Cell *cell = cell_at(table, r, c);

                        if (widths[c] > 0)
                                append_cell(out, text_of(cell), widths[c], cell->style,
                                            table->is_right[c], colour);
                }
                end_line(out);
        }
        return g_string_free(out, false);
}

void table_show(const Table *table, Output *output)
{
        unsigned columns = 0, lines;

        if (output->out.is_terminal)
                stream_size(&output->out, &columns, &lines);

        g_autofree char *text = table_to_text(table, columns, output->out.has_colour);

        output_text(output, text);
}
