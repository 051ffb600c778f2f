#pragma once

/*
 * Table: rows under a heading, columns aligned by the width they take on a terminal
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"

#define TABLE_COLUMNS_MAX 12

typedef struct Table Table;

/* The headings, NULL-terminated; at most TABLE_COLUMNS_MAX */
Table *table_new(const char *const *headings);
void table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

/* Begins a row; its cells are empty until set */
void table_add_row(Table *table);

/* Sets the next cell of the row; made safe for a terminal. NULL is empty. */
void table_cell(Table *table, Style style, const char *text);
void table_cell_print(Table *table, Style style, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Numbers stand on the right */
void table_align_right(Table *table, unsigned column);

size_t table_n_rows(const Table *table);

/**
 * table_to_text() - lay the table out
 * @width:  columns of the terminal: the widest columns are cut until a row fits; 0: nothing is cut
 * @colour: with colours
 *
 * Columns in which no row has anything are left out.
 *
 * Return: (transfer full) lines, without blanks at their ends
 */
char *table_to_text(const Table *table, size_t width, bool colour);

/* To stdout, cut only where that is a terminal */
void table_show(const Table *table, Output *output);
