#pragma once

/*
 * Cli: one call of the program
 */

#include <glib.h>
#include <stdbool.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "controller/controller.h"

struct Cli {
        Output output;
        const CliCommand *command; /* that is being carried out */
        const CliOptions *options;
        Controller *controller;          /* NULL until asked for */
        guint signal_source;             /* of the guard; 0 */
        int signal_fd;                   /* -1 */
        bool is_interrupted;             /* a signal came */
        void (*on_abort)(gpointer user); /* tidies the terminal; NULL */
        gpointer abort_user;
        /* A line about what the command waits for; @notice_user likewise. NULL: it is just said */
        void (*on_notice)(const char *text, gpointer user);
        gpointer notice_user;
};

/* The whole program but for the process itself: the streams and the words are given */
int cli_run(const char *const *argv, int out_fd, int err_fd);

/* The controller, made when it is first asked for; borrowed. From then on, for commands that
 * guard signals, Ctrl-C interrupts it. */
Controller *cli_controller(Cli *cli);

/**
 * cli_fail() - say what went wrong and what to do about it
 * @error: NULL where everything has been said
 *
 * Return: the exit status
 */
int cli_fail(Cli *cli, const GError *error);

/* Says what is wrong with the command line and how the command is used. Returns CLI_USAGE. */
int cli_usage(Cli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* (transfer full) a command line to be typed, with the options by which this one found its store
 * and its engine: "slipway --state-dir /x logs shop". Words of @format are not quoted. */
char *cli_suggest(const Cli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* (transfer full) a word as a shell takes it: quoted only where that is needed */
char *cli_quote(const char *word);

/* Findings in a file, on stderr. Warnings are left out with -q. */
void cli_show_findings(Cli *cli, DiagList *diags);

/* Whole file, "-" for stdin; at most @max bytes; (transfer full), NUL-terminated */
char *cli_read_file(const char *file, size_t max, size_t *ret_size, GError **error);
