/* Manual: the table of commands as a manual page */

#include "cli/help.h"

#include <string.h>

/* Text in roff: backslashes and a dot or quote at the beginning of a line mean something there */
static void append_roff(GString *out, const char *text)
{
        bool at_start = true;

        for (; *text != '\0'; text++) {
                if (at_start && (*text == '.' || *text == '\''))
                        g_string_append(out, "\\&");
                at_start = *text == '\n';
                if (*text == '\\')
                        g_string_append(out, "\\e");
                else if (*text == '-')
                        g_string_append(out, "\\-");
                else if (g_str_has_prefix(text, "…")) {
                        g_string_append(out, "...");
                        text += strlen("…") - 1;
                } else {
                        g_string_append_c(out, *text);
                }
        }
}

/* Paragraphs; lines that begin with a blank stay as they are */
static void append_paragraphs(GString *out, const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        bool is_literal = false;

        for (size_t i = 0; lines[i] != NULL; i++) {
                bool wants_literal = lines[i][0] == ' ';

                if (is_literal != wants_literal)
                        g_string_append(out, wants_literal ? ".nf\n" : ".fi\n");
                is_literal = wants_literal;
                if (lines[i][0] == '\0') {
                        g_string_append(out, ".PP\n");
                        continue;
                }
                append_roff(out, lines[i]);
                g_string_append_c(out, '\n');
        }
        if (is_literal)
                g_string_append(out, ".fi\n");
}

static void append_options(GString *out, const CliOption *options)
{
        for (; options != NULL && options->name != NULL; options++) {
                g_autofree char *words = help_option_words(options);

                g_string_append(out, ".TP\n.B ");
                append_roff(out, words);
                g_string_append_c(out, '\n');
                append_roff(out, options->help);
                g_string_append(out, ".\n");
        }
}

static void append_command(GString *out, const CliCommand *command)
{
        g_string_append(out, ".SS slipway ");
        append_roff(out, command->name);
        g_string_append_c(out, ' ');
        append_roff(out, command->synopsis);
        g_string_append_c(out, '\n');
        append_roff(out, command->summary);
        g_string_append(out, ".\n.PP\n");
        append_paragraphs(out, command->about);
        append_options(out, command->options);
        for (const CliExample *e = command->examples; e != NULL && e->command != NULL; e++) {
                g_string_append(out, ".PP\n.nf\n    ");
                append_roff(out, e->command);
                g_string_append(out, "\n.fi\n");
                append_roff(out, e->what);
                g_string_append_c(out, '\n');
        }
}

char *help_to_manual(void)
{
        GString *out = g_string_new(".TH SLIPWAY 1 \"\" \"slipway " SLIPWAY_VERSION
                                    "\" \"User Commands\"\n"
                                    ".SH NAME\n"
                                    "slipway \\- bring up multi\\-container applications in order\n"
                                    ".SH SYNOPSIS\n"
                                    ".B slipway\n"
                                    ".I COMMAND\n"
                                    "[\\fIARGUMENT\\fR]... [\\fIOPTION\\fR]...\n"
                                    ".SH DESCRIPTION\n"
                                    "Slipway starts an application's containers in order, runs its "
                                    "migrations exactly once, and tells the truth about how it is "
                                    "doing. Results go to stdout, messages to stderr.\n"
                                    ".SH COMMANDS\n");

        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group != NULL)
                        append_command(out, *at);
        }
        g_string_append(out, ".SH OPTIONS\nThese may stand before or after the command.\n");
        append_options(out, cli_global_options);
        g_string_append(out, ".SH EXIT STATUS\n"
                             ".TP\n.B 0\nDone.\n"
                             ".TP\n.B 1\nIt failed; the reason stands on stderr.\n"
                             ".TP\n.B 2\nWrong usage.\n"
                             ".TP\n.B 3\nOnly of plan \\-\\-exit\\-code: something would change.\n"
                             ".TP\n.B 130\nInterrupted.\n"
                             ".SH ENVIRONMENT\n"
                             ".TP\n.B SLIPWAY_STATE_DIR\nSee \\-\\-state\\-dir.\n"
                             ".TP\n.B DOCKER_HOST\nSee \\-\\-host.\n"
                             ".TP\n.B SLIPWAY_NODE_ADDRESS\nSee \\-\\-node\\-address.\n"
                             ".TP\n.B NO_COLOR\nNot empty: no colours.\n"
                             ".TP\n.B VISUAL, EDITOR\nWhat config edit starts.\n"
                             ".SH FILES\n"
                             ".TP\n.I /var/lib/slipway\nDeployments, runs and settings, for root.\n"
                             ".TP\n.I $XDG_STATE_HOME/slipway\nThe same for other users.\n");
        return g_string_free(out, false);
}
