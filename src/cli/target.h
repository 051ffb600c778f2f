#pragma once

/*
 * Target: what the words behind `up`, `plan` and `pull` name, and what is asked for with them
 */

#include "cli/cli.h"

typedef struct Target {
        UpOptions up;       /* borrows from the options and from below */
        char *command_line; /* for whom another command tells about us: without values */
        char *again;        /* to be typed to go on */
        GPtrArray *files;   /* of char *, NULL behind them */
} Target;

void target_clear(Target *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

/**
 * target_init() - what is meant
 * @word: a file, the name of an application that has been deployed (decision 21), or NULL: the
 *        files of `-f`, else those that COMPOSE_FILE or the current folder has
 *
 * Return: false where nothing is named and nothing is found; nothing has been said
 */
bool target_init(Target *target, const Cli *cli, const char *word);

/* What target_init() wants, for the message */
#define TARGET_MISSING                                                                             \
        "it needs a FILE or the name of an application; there is no compose.yaml in this folder"

/* (transfer full, element-type char *) the files that are named or found, NULL behind them */
GPtrArray *target_files(const CliOptions *options, const char *word);

/* Those and the other options of Compose files, for commands that only read; borrows from both */
FileOptions target_file_options(const CliOptions *options, const GPtrArray *files);

/* The error for people: where the word was taken for an application and there is none, it was
 * perhaps meant as a file */
void target_explain(const Target *target, GError **error);

/* Splits "APP/COMPONENT/CONTAINER"; *ret_id is "" without a slash. (transfer full) both */
void target_split(const char *word, char **ret_app, char **ret_id);
