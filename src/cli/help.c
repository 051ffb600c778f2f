#include "cli/help.h"

#include <string.h>

#include "cli/display.h"

#define INDENT     2
#define SUMMARY_AT 14 /* column in which summaries of commands begin */
#define OPTION_AT  26 /* column in which help on options begins */

static void heading(GString *out, const char *text, bool has_colour)
{
        g_string_append_printf(out, "\n%s%s%s\n", style_begin(has_colour, STYLE_BOLD), text,
                               style_end(has_colour, STYLE_BOLD));
}

char *help_option_words(const CliOption *option)
{
        g_autofree char *letter = option->letter != 0 ? g_strdup_printf("-%c, ", option->letter)
                                                      : g_strdup("");

        return g_strdup_printf("%s--%s%s%s", letter, option->name, option->value != NULL ? " " : "",
                               option->value != NULL ? option->value : "");
}

/* A word in the first column and text beside it; below it where the word is too long */
static void entry(GString *out, const char *word, const char *text, unsigned at, size_t width)
{
        g_autofree char *wrapped = display_wrap(text, at, width);
        size_t used = INDENT + display_width(word);

        display_pad(out, "", INDENT);
        g_string_append(out, word);
        if (used + 2 <= at) {
                display_pad(out, "", at - used);
                g_string_append(out, wrapped + at);
        } else {
                g_string_append_printf(out, "\n%s", wrapped);
        }
}

static void append_options(GString *out, const CliOption *options, size_t width)
{
        for (; options->name != NULL; options++) {
                g_autofree char *words = help_option_words(options);

                entry(out, words, options->help, OPTION_AT, width);
        }
}

static void append_examples(GString *out, const CliExample *examples, size_t width)
{
        for (; examples->command != NULL; examples++) {
                g_autofree char *what = display_wrap(examples->what, 3 * INDENT, width);

                g_string_append_printf(out, "  %s\n%s", examples->command, what);
        }
}

static void append_see_also(GString *out, const char *names, bool has_colour)
{
        g_auto(GStrv) all = g_strsplit(names, " ", -1);

        heading(out, "See also", has_colour);
        display_pad(out, "", INDENT);
        for (size_t i = 0; all[i] != NULL; i++)
                g_string_append_printf(out, "%sslipway %s", i > 0 ? ", " : "", all[i]);
        g_string_append_c(out, '\n');
}

static void append_command(GString *out, const CliCommand *command, size_t width, bool has_colour)
{
        g_autofree char *about = display_wrap(command->about, 0, width);

        g_string_append_printf(out, "%sslipway %s%s - %s\n", style_begin(has_colour, STYLE_BOLD),
                               command->name, style_end(has_colour, STYLE_BOLD), command->summary);
        heading(out, "Usage", has_colour);
        g_string_append_printf(out, "  slipway %s %s\n\n%s", command->name, command->synopsis,
                               about);
        if (command->options != NULL) {
                heading(out, "Options", has_colour);
                append_options(out, command->options, width);
        }
        if (command->formats != NULL) {
                g_autofree char *words = g_strconcat("--format ", command->formats, NULL);

                if (command->options == NULL)
                        heading(out, "Options", has_colour);
                entry(out, words, "how the result is written; without it, the first", OPTION_AT,
                      width);
        }
        if (command->examples != NULL) {
                heading(out, "Examples", has_colour);
                append_examples(out, command->examples, width);
        }
        if (command->see_also != NULL)
                append_see_also(out, command->see_also, has_colour);
        g_string_append(out, "\nOptions of every command: `slipway --help`.\n");
}

static void append_all(GString *out, size_t width, bool has_colour)
{
        const char *group = NULL;

        g_string_append_printf(
                out, "%sslipway%s - bring up multi-container applications in order\n",
                style_begin(has_colour, STYLE_BOLD), style_end(has_colour, STYLE_BOLD));
        heading(out, "Usage", has_colour);
        g_string_append(out, "  slipway COMMAND [ARGUMENT]… [OPTION]…\n");
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group == NULL)
                        continue;
                if (g_strcmp0(group, (*at)->group) != 0)
                        heading(out, (*at)->group, has_colour);
                group = (*at)->group;
                entry(out, (*at)->name, (*at)->summary, SUMMARY_AT, width);
        }
        heading(out, "Options of every command", has_colour);
        append_options(out, cli_global_options, width);
        heading(out, "Exit status", has_colour);
        g_string_append(out, "  0 done, 1 it failed, 2 wrong usage, 130 interrupted\n"
                             "\n`slipway COMMAND --help` explains a command with examples.\n");
}

char *help_to_text(const CliCommand *command, size_t width, bool has_colour)
{
        GString *out = g_string_new(NULL);

        if (command != NULL)
                append_command(out, command, width, has_colour);
        else
                append_all(out, width, has_colour);
        return g_string_free(out, false);
}

void help_show(Output *output, const CliCommand *command)
{
        unsigned columns = HELP_WIDTH, lines;

        if (output->out.is_terminal)
                stream_size(&output->out, &columns, &lines);

        g_autofree char *text = help_to_text(command, CLAMP(columns, 40, HELP_WIDTH_MAX),
                                             output->out.has_colour);

        output_text(output, text);
}
