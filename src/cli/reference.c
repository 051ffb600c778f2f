/* Reference: the table of commands as a page of the documentation */

#include "cli/help.h"

#include <string.h>

/* Text in a cell of a table */
static void append_cell(GString *out, const char *text)
{
        for (; *text != '\0'; text++) {
                if (*text == '|')
                        g_string_append_c(out, '\\');
                g_string_append_c(out, *text);
        }
}

/* Lines that begin with a blank become a block of code */
static void append_paragraphs(GString *out, const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (size_t i = 0; lines[i] != NULL; i++)
                g_string_append_printf(out, "%s%s\n", lines[i][0] == ' ' ? "  " : "", lines[i]);
        g_string_append_c(out, '\n');
}

static void append_options(GString *out, const CliOption *options)
{
        if (options == NULL)
                return;
        g_string_append(out, "| option | meaning |\n|---|---|\n");
        for (; options->name != NULL; options++) {
                g_autofree char *words = help_option_words(options);

                g_string_append(out, "| `");
                append_cell(out, words);
                g_string_append(out, "` | ");
                append_cell(out, options->help);
                g_string_append(out, " |\n");
        }
        g_string_append_c(out, '\n');
}

static void append_command(GString *out, const CliCommand *command)
{
        g_string_append_printf(out, "### slipway %s\n\n", command->name);
        g_string_append_printf(out, "    slipway %s %s\n\n", command->name, command->synopsis);
        g_string_append_printf(out, "%c%s.\n\n", g_ascii_toupper(command->summary[0]),
                               command->summary + 1);
        append_paragraphs(out, command->about);
        append_options(out, command->options);
        if (command->formats != NULL) {
                g_auto(GStrv) formats = g_strsplit(command->formats, "|", -1);
                g_autofree char *list = g_strjoinv("`, `", formats);

                g_string_append_printf(out, "Formats: `%s`.\n\n", list);
        }
        for (const CliExample *e = command->examples; e != NULL && e->command != NULL; e++)
                g_string_append_printf(out, "- `%s`: %s\n", e->command, e->what);
        g_string_append_c(out, '\n');
}

char *help_to_reference(void)
{
        GString *out = g_string_new("## Options of every command\n\n"
                                    "They may stand before or after the command's name.\n\n");
        const char *group = NULL;

        append_options(out, cli_global_options);
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group == NULL)
                        continue;
                if (g_strcmp0(group, (*at)->group) != 0)
                        g_string_append_printf(out, "## %s\n\n", (*at)->group);
                group = (*at)->group;
                append_command(out, *at);
        }
        return g_string_free(out, false);
}
