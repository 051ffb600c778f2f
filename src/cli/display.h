#pragma once

/*
 * Display: text as it may stand on a terminal
 *
 * What comes from outside (names in files, messages of the engine) must not drive the terminal:
 * control characters, and those that turn the direction of writing, are shown as `\x1b`. Widths
 * are columns of a terminal, where some characters take two and some none.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* (transfer full) one line: line ends and tabs become blanks, the rest as above */
char *display_line(const char *text);

/* (transfer full) several lines: line ends stay and tabs become blanks. @with_colour: sequences
 * that only choose colours (`\033[1;31m`) stay as well. */
char *display_text(const char *text, bool with_colour);

/* Columns that the text takes; it must have gone through one of the above */
size_t display_width(const char *text);

/* (transfer full) at most @width columns of the text; where something is left out the last one is
 * `…` */
char *display_cut(const char *text, size_t width);

/* Appends the text and blanks up to @width columns */
void display_pad(GString *out, const char *text, size_t width);

/**
 * display_wrap() - lay out paragraphs
 * @text:   lines that begin with a blank are kept as they are; others are joined and broken anew;
 *          an empty line separates paragraphs
 * @indent: blanks before each line
 * @width:  columns, indent included
 *
 * Return: (transfer full) lines, each with its end
 */
char *display_wrap(const char *text, unsigned indent, size_t width);
