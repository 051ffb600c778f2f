#pragma once

/*
 * Parse: from the words of the command line to a command, its options and its arguments
 *
 * Options of every command may stand before or after its name. What is wrong is said together
 * with what would be right.
 */

#include <glib.h>
#include <stdbool.h>

#include "cli/commands.h"

typedef struct Parsed {
        const CliCommand *command; /* NULL: none was named */
        CliOptions options;
        char **args; /* n_min to n_max of the command, NULL-terminated */
} Parsed;

void parsed_clear(Parsed *parsed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parsed, parsed_clear)

typedef enum ParseError {
        PARSE_ERROR_USAGE,
} ParseError;

#define PARSE_ERROR (parse_error_quark())
GQuark parse_error_quark(void);

/**
 * parse_command_line() - take the words apart
 * @argv: NULL-terminated, the program's name first; borrowed
 *
 * With --help or --version the arguments are not counted.
 *
 * Return: false where that is no command line of ours; ret_parsed->command is set where at least
 * the command was understood, and must be cleared in any case
 */
bool parse_command_line(const char *const *argv, Parsed *ret_parsed, GError **error);

/* Whether a word is one of "a|b|c" */
bool parse_is_choice(const char *word, const char *choices);

/* (transfer full) "a, b or c" */
char *parse_choices_to_text(const char *choices);

/* The one of "a|b|c" that was probably meant; (transfer full), NULL where none is near */
char *parse_closest_choice(const char *word, const char *choices);
