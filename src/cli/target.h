#pragma once

/*
 * Target: what the words behind `up`, `plan` and `pull` name, and what is asked for with them
 */

#include "cli/cli.h"

typedef struct Target {
        UpOptions up;       /* borrows from the options and from below */
        char *command_line; /* for whom another command tells about us: without values */
        char *again;        /* to be typed to go on */
} Target;

void target_clear(Target *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

/* @word: a file, or the name of an application that has been deployed (decision 21) */
void target_init(Target *target, const Cli *cli, const char *word);

/* The error for people: where the word was taken for an application and there is none, it was
 * perhaps meant as a file */
void target_explain(const Target *target, GError **error);

/* Splits "APP/COMPONENT/CONTAINER"; *ret_id is "" without a slash. (transfer full) both */
void target_split(const char *word, char **ret_app, char **ret_id);
