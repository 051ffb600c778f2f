#include "cli/parse.h"

#include <string.h>

#include "base/text.h"

#define OPTIONS_MAX 32 /* rows of a command and of every command together */
#define FORMATS     "table|json"

G_DEFINE_QUARK(cli - parse - error - quark, parse_error)

static const CliOption version_option[] = {
        { "version", 0, CLI_OPTION_FLAG, offsetof(CliOptions, version), NULL, CLI_WORD_NONE, NULL,
          "print the version" },
        { NULL },
};

void cli_options_clear(CliOptions *options)
{
        g_free(options->state_dir);
        g_free(options->host);
        g_free(options->node_address);
        g_free(options->format);
        g_free(options->app);
        g_free(options->settings);
        g_free(options->pull);
        g_free(options->context);
        g_free(options->user);
        g_free(options->engine);
        g_free(options->project_dir);
        g_strfreev(options->set);
        g_strfreev(options->rerun);
        g_strfreev(options->files);
        g_strfreev(options->profiles);
        g_strfreev(options->env_files);
        *options = (CliOptions){ 0 };
}

void parsed_clear(Parsed *parsed)
{
        cli_options_clear(&parsed->options);
        g_clear_pointer(&parsed->args, g_strfreev);
}

G_GNUC_PRINTF(2, 3) static bool fail(GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_autofree char *message = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error_literal(error, PARSE_ERROR, PARSE_ERROR_USAGE, message);
        return false;
}

/* ---- Choices ---- */

bool parse_is_choice(const char *word, const char *choices)
{
        g_auto(GStrv) all = g_strsplit(choices, "|", -1);

        return g_strv_contains((const char *const *) all, word);
}

char *parse_choices_to_text(const char *choices)
{
        g_auto(GStrv) all = g_strsplit(choices, "|", -1);
        GString *out = g_string_new(NULL);

        for (size_t i = 0; all[i] != NULL; i++) {
                if (i > 0)
                        g_string_append(out, all[i + 1] == NULL ? " or " : ", ");
                g_string_append(out, all[i]);
        }
        return g_string_free(out, false);
}

char *parse_closest_choice(const char *word, const char *choices)
{
        g_auto(GStrv) all = g_strsplit(choices, "|", -1);

        return g_strdup(text_closest(word, (const char *const *) all));
}

static bool check_choice(const char *what, const char *word, const char *choices, GError **error)
{
        if (parse_is_choice(word, choices))
                return true;

        g_autofree char *list = parse_choices_to_text(choices);
        g_autofree char *closest = parse_closest_choice(word, choices);

        if (closest != NULL)
                return fail(error, "%s is %s, not ‘%s’; did you mean ‘%s’?", what, list, word,
                            closest);
        return fail(error, "%s is %s, not ‘%s’", what, list, word);
}

/* ---- Rows of ours as rows of GOption ---- */

typedef struct Rows {
        const CliOption *options[OPTIONS_MAX];
        GOptionEntry entries[OPTIONS_MAX + 1];
        char *numbers[OPTIONS_MAX]; /* texts of options that take a number */
        CliOptions *values;
        unsigned n;
} Rows;

static void rows_clear(Rows *rows)
{
        for (unsigned i = 0; i < rows->n; i++)
                g_free(rows->numbers[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rows, rows_clear)

static gpointer value_of(CliOptions *values, const CliOption *option)
{
        return (char *) values + option->offset;
}

static void rows_add(Rows *rows, const CliOption *options, CliOptions *values)
{
        rows->values = values;
        for (; options != NULL && options->name != NULL; options++) {
                GOptionEntry *entry = &rows->entries[rows->n];

                g_assert(rows->n < OPTIONS_MAX);
                *entry = (GOptionEntry){ .long_name = options->name,
                                         .short_name = options->letter,
                                         .arg_data = value_of(values, options) };
                switch (options->type) {
                case CLI_OPTION_FLAG:
                        entry->arg = G_OPTION_ARG_NONE;
                        break;
                case CLI_OPTION_TEXT: /* as bytes: the locale may be plain ASCII */
                        entry->arg = G_OPTION_ARG_FILENAME;
                        break;
                case CLI_OPTION_LIST:
                        entry->arg = G_OPTION_ARG_FILENAME_ARRAY;
                        break;
                case CLI_OPTION_NUMBER:
                        entry->arg = G_OPTION_ARG_FILENAME;
                        entry->arg_data = &rows->numbers[rows->n];
                        break;
                }
                rows->options[rows->n++] = options;
        }
}

/* The option of another command, where the word is one */
static const char *owner_of_option(const char *word)
{
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                for (const CliOption *o = (*at)->options; o != NULL && o->name != NULL; o++) {
                        if ((*at)->group != NULL && g_strcmp0(word + 2, o->name) == 0)
                                return (*at)->name;
                }
        }
        return NULL;
}

static bool fail_unknown_option(const Rows *rows, const CliCommand *command, const char *message,
                                GError **error)
{
        const char *word = strstr(message, " -");
        g_autoptr(GPtrArray) known = g_ptr_array_new_with_free_func(g_free);
        const char *closest, *owner;

        if (word == NULL)
                return fail(error, "%s", message);
        word++;
        for (unsigned i = 0; i < rows->n; i++)
                g_ptr_array_add(known, g_strconcat("--", rows->options[i]->name, NULL));
        g_ptr_array_add(known, NULL);

        closest = text_closest(word, (const char *const *) known->pdata);
        if (closest != NULL)
                return fail(error, "unknown option %s; did you mean %s?", word, closest);
        owner = g_str_has_prefix(word, "--") ? owner_of_option(word) : NULL;
        if (owner != NULL && command == NULL)
                return fail(error, "%s is an option of `slipway %s` and stands behind it", word,
                            owner);
        if (owner != NULL)
                return fail(error, "`slipway %s` has no option %s; `slipway %s` has", command->name,
                            word, owner);
        return fail(error, "unknown option %s", word);
}

/* Values that GOption takes as text: numbers and choices */
static bool check_values(const Rows *rows, GError **error)
{
        for (unsigned i = 0; i < rows->n; i++) {
                const CliOption *option = rows->options[i];
                const GOptionEntry *entry = &rows->entries[i];
                g_autofree char *what = g_strconcat("--", option->name, NULL);

                if (option->type == CLI_OPTION_NUMBER && rows->numbers[i] != NULL) {
                        int64_t *value = value_of(rows->values, option);
                        gint64 number;

                        if (!text_parse_int(rows->numbers[i], &number) || number < 0)
                                return fail(error, "%s takes a whole number, not ‘%s’", what,
                                            rows->numbers[i]);
                        *value = number;
                }
                if (option->type == CLI_OPTION_TEXT && option->choices != NULL) {
                        const char *text = *(char **) entry->arg_data;

                        if (text != NULL && !check_choice(what, text, option->choices, error))
                                return false;
                }
        }
        return true;
}

static bool parse_options(Rows *rows, const CliCommand *command, bool is_strict, char ***words,
                          GError **error)
{
        GOptionContext *context = g_option_context_new(NULL);
        g_autoptr(GError) why = NULL;
        bool ok;

        g_option_context_set_help_enabled(context, false);
        g_option_context_set_strict_posix(context, is_strict);
        g_option_context_add_main_entries(context, rows->entries, NULL);
        ok = g_option_context_parse_strv(context, words, &why);
        g_option_context_free(context);
        if (ok)
                return check_values(rows, error);
        if (g_error_matches(why, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
                return fail_unknown_option(rows, command, why->message, error);
        why->message[0] = g_ascii_tolower(why->message[0]);
        return fail(error, "%s", why->message);
}

/* ---- Arguments ---- */

static bool check_args(const CliCommand *command, char **args, GError **error)
{
        unsigned n = g_strv_length(args);

        if (n < command->n_min)
                return fail(error, "%s is missing",
                            command->arguments[MIN(n, CLI_ARGUMENTS_MAX - 1)].name);
        if (n > command->n_max && command->n_max == 0)
                return fail(error, "`slipway %s` takes no argument, and ‘%s’ is one", command->name,
                            args[0]);
        if (n > command->n_max)
                return fail(error, "‘%s’ is one argument too many", args[command->n_max]);
        for (unsigned i = 0; i < n && i < CLI_ARGUMENTS_MAX; i++) {
                const CliArgument *argument = &command->arguments[i];

                if (argument->choices != NULL &&
                    !check_choice(argument->name, args[i], argument->choices, error))
                        return false;
        }
        return true;
}

static bool find_command(const char *word, const CliCommand **ret_command, GError **error)
{
        const char *closest;

        *ret_command = cli_command_find(word);
        if (*ret_command != NULL)
                return true;
        closest = cli_command_closest(word);
        if (closest != NULL)
                return fail(error, "there is no command ‘%s’; did you mean `slipway %s`?", word,
                            closest);
        return fail(error, "there is no command ‘%s’; `slipway help` lists them", word);
}

/* Words behind the command's name. "--" ends the options; GOption leaves it where it stands. */
static char **take_args(char **words)
{
        GPtrArray *args = g_ptr_array_new();
        bool is_past_options = false;

        for (size_t i = 1; words[i] != NULL; i++) {
                if (!is_past_options && strcmp(words[i], "--") == 0)
                        is_past_options = true;
                else
                        g_ptr_array_add(args, g_strdup(words[i]));
        }
        g_ptr_array_add(args, NULL);
        return (char **) g_ptr_array_free(args, false);
}

/* Options of every command that stood before its name; those behind it win */
static void take_early(CliOptions *options, CliOptions *early)
{
        for (const CliOption *row = cli_global_options; row->name != NULL; row++) {
                gpointer to = value_of(options, row), from = value_of(early, row);

                if (row->type == CLI_OPTION_FLAG)
                        *(gboolean *) to = *(gboolean *) to || *(gboolean *) from;
                else if (row->type == CLI_OPTION_TEXT && *(char **) to == NULL)
                        *(char **) to = g_steal_pointer((char **) from);
        }
        options->version = early->version;
}

bool parse_command_line(const char *const *argv, Parsed *ret_parsed, GError **error)
{
        g_auto(GStrv) words = g_strdupv((char **) argv), rest = NULL;
        g_auto(Rows) before = { 0 }, behind = { 0 };
        g_auto(CliOptions) early = { 0 };
        CliOptions *options = &ret_parsed->options;
        const char *formats;
        bool ok;

        *ret_parsed = (Parsed){ .options.tail = -1 };
        rows_add(&before, cli_global_options, &early);
        rows_add(&before, version_option, &early);
        if (!parse_options(&before, NULL, true, &words, error))
                return false;
        if (words[0] == NULL || words[1] == NULL || early.version) {
                take_early(options, &early);
                return true;
        }
        if (!find_command(words[1], &ret_parsed->command, error))
                return false;

        rest = g_strdupv(words + 1);
        rows_add(&behind, cli_global_options, options);
        rows_add(&behind, ret_parsed->command->options, options);
        ok = parse_options(&behind, ret_parsed->command, false, &rest, error);
        take_early(options, &early);
        if (!ok)
                return false;
        if (options->help)
                return true;

        formats = ret_parsed->command->formats != NULL ? ret_parsed->command->formats : FORMATS;
        if (options->format != NULL && !check_choice("--format", options->format, formats, error))
                return false;
        ret_parsed->args = take_args(rest);
        return check_args(ret_parsed->command, ret_parsed->args, error);
}
