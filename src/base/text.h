#pragma once

/*
 * Text: small things that are done to words
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * text_closest() - which of the candidates a mistyped word probably meant
 * @candidates: NULL-terminated; borrowed
 *
 * Distance is Damerau-Levenshtein without regard to case; a third of the word's length, at least
 * one edit, may differ.
 *
 * Return: a member of @candidates, or NULL where none is near
 */
const char *text_closest(const char *word, const char *const *candidates);

/**
 * text_slug() - a name as part of a container's or project's name
 *
 * Lower case; every run of characters other than a-z, 0-9, `_` and `.` becomes one `-`; no
 * separator at either end.
 *
 * Return: (transfer full) the slug, "" where nothing is left
 */
char *text_slug(const char *name);

/* Whether the text contains a template action: the left delimiter is `{{repl` and one blank */
bool text_has_template(const char *text);

/* Go's strconv.ParseBool: 1 t T TRUE true True, 0 f F FALSE false False; false for anything else */
bool text_parse_bool(const char *text, bool *ret_value);

/* A whole decimal number of at most 64 bits and nothing else */
bool text_parse_uint(const char *text, guint64 *ret_value);
bool text_parse_int(const char *text, gint64 *ret_value);

/* The place of a word in a table; @otherwise where it is not there */
size_t text_index(const char *word, const char *const *table, size_t n, size_t otherwise);

/* (transfer full) "3 runs", "1 run" */
char *text_count(gint64 n, const char *singular, const char *plural);
