#pragma once

/*
 * RE2, the translator: a pattern as far as it is read, and what PCRE2 will get
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Something that can be repeated, within the output */
typedef struct Operand {
        bool is_there;
        bool is_anchor;   /* matches a place: once is as good as often */
        bool is_repeated; /* already */
        gsize start;
        gsize end;
        int product; /* how often it is repeated in the worst nest of {} within it */
} Operand;

typedef struct Translator {
        const char *s;
        size_t n;
        size_t i;
        GString *out;
        GPtrArray *names;
        char **error;
        unsigned depth;
        bool multi_line, dot_all, ungreedy, ignore_case; /* flags in force */
        Operand last;                                    /* what a repetition repeats */
} Translator;

/* The reason why RE2 would refuse the pattern; false */
bool translator_fail(Translator *t, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether the pattern goes on with a text */
bool translator_at(const Translator *t, const char *text);

gunichar translator_next(Translator *t);

/* A character by its number, which means the same everywhere; a literal one, by itself where it can */
void translator_put_rune(Translator *t, gunichar r);
void translator_put_literal(Translator *t, gunichar r);

/* An escape that stands for one character, after the backslash */
bool translator_escape(Translator *t, gunichar *ret);
