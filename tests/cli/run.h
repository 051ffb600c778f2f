#pragma once

/*
 * Run: the command line within a test, against the fake controller
 */

#include <glib.h>

typedef struct Ran {
        int status;
        char *out, *err;
} Ran;

/* The words of @line are split as a shell does it; "slipway" is put before them */
Ran *run_line(const char *line);
void ran_free(Ran *ran);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ran, ran_free)

/* Asserts that the text has (has not) a match of the regular expression */
void assert_match(const char *text, const char *pattern);
void assert_no_match(const char *text, const char *pattern);
