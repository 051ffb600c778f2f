#include "cli/completion.h"

#include <string.h>

#include "cli/commands.h"

/* What `slipway __complete` is asked for, or NULL where no name of ours is meant */
static const char *kind_of(CliWord word)
{
        switch (word) {
        case CLI_WORD_APP:
        case CLI_WORD_FILE_OR_APP:
                return "apps";
        case CLI_WORD_TARGET:
                return "targets";
        case CLI_WORD_ID:
                return "ids";
        case CLI_WORD_FUNCTION:
                return "functions";
        case CLI_WORD_NONE:
        case CLI_WORD_TEXT:
        case CLI_WORD_FILE:
        case CLI_WORD_DIR:
        case CLI_WORD_CHOICE:
        case CLI_WORD_COMMAND:
                return NULL;
        }
        g_assert_not_reached();
}

static bool is_file(CliWord word)
{
        return word == CLI_WORD_FILE || word == CLI_WORD_FILE_OR_APP;
}

/* (transfer full) "a|b|c" with blanks */
static char *words_of(const char *choices)
{
        return g_strdelimit(g_strdup(choices != NULL ? choices : ""), "|", ' ');
}

static char *visible_commands(void)
{
        GString *out = g_string_new(NULL);

        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group != NULL)
                        g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", (*at)->name);
        }
        return g_string_free(out, false);
}

/* Choices of an option; --format has those of its command */
static const char *choices_of(const CliOption *option, const CliCommand *command)
{
        if (strcmp(option->name, "format") != 0)
                return option->choices;
        return command != NULL && command->formats != NULL ? command->formats : "table|json";
}

/* ---- bash ---- */

static void bash_options(GString *out, const CliOption *options)
{
        for (; options != NULL && options->name != NULL; options++) {
                g_string_append_printf(out, " --%s", options->name);
                if (options->letter != 0)
                        g_string_append_printf(out, " -%c", options->letter);
        }
}

/* The command that fills COMPREPLY for a word */
static void bash_word(GString *out, CliWord word, const char *choices)
{
        const char *kind = kind_of(word);
        g_autofree char *words = word == CLI_WORD_COMMAND ? visible_commands() : words_of(choices);

        g_string_append(out, "_slipway_offer ");
        if (is_file(word))
                g_string_append(out, "files ");
        else
                g_string_append(out, word == CLI_WORD_DIR ? "dirs " : "none ");
        g_string_append_printf(out, "\"%s\" %s", words, kind != NULL ? kind : "-");
}

static void bash_values(GString *out, const CliOption *options, const CliCommand *command)
{
        for (; options != NULL && options->name != NULL; options++) {
                if (options->type == CLI_OPTION_FLAG)
                        continue;
                g_string_append_printf(out, "    %s:--%s) ", command != NULL ? command->name : "*",
                                       options->name);
                bash_word(out, options->word, choices_of(options, command));
                g_string_append(out, "; return ;;\n");
        }
}

static void bash_arguments(GString *out, const CliCommand *command)
{
        for (unsigned i = 0; i < CLI_ARGUMENTS_MAX && command->arguments[i].name != NULL; i++) {
                const CliArgument *argument = &command->arguments[i];
                bool repeats = command->n_max > CLI_ARGUMENTS_MAX &&
                               (i + 1 == CLI_ARGUMENTS_MAX ||
                                command->arguments[i + 1].name == NULL);

                g_string_append_printf(out, "    %s:%s) ", command->name,
                                       repeats  ? "*"
                                       : i == 0 ? "0"
                                       : i == 1 ? "1"
                                                : "2");
                bash_word(out, argument->word, argument->choices);
                g_string_append(out, " ;;\n");
        }
}

/* "--app|--set|…": options that are followed by a value */
static void bash_valued(GString *out, const CliOption *options)
{
        for (; options != NULL && options->name != NULL; options++) {
                if (options->type != CLI_OPTION_FLAG)
                        g_string_append_printf(out, "|--%s", options->name);
        }
}

static const char bash_head[] =
        "# bash completion for slipway; made by `slipway completion bash`\n"
        "\n"
        "# _slipway_offer files|dirs|none WORDS KIND\n"
        "_slipway_offer() {\n"
        "    local words=$2\n"
        "    [ \"$3\" = - ] ||\n"
        "        words+=\" $(\"${COMP_WORDS[0]}\" __complete \"$3\" ${args[0]:+\"${args[0]}\"} "
        "2>/dev/null)\"\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
        "    case $1 in\n"
        "    files) compopt -o filenames 2>/dev/null\n"
        "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
        "    dirs) compopt -o filenames 2>/dev/null\n"
        "        mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -d -- \"$cur\") ;;\n"
        "    esac\n"
        "}\n"
        "\n"
        "_slipway() {\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local command='' args=() i\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i]} in\n";

char *completion_bash(void)
{
        GString *out = g_string_new(bash_head);
        g_autofree char *commands = visible_commands();

        g_string_append(out, "        --");
        bash_valued(out, cli_global_options);
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++)
                bash_valued(out, (*at)->options);
        g_string_append(out, ") ((i++)) ;;\n"
                             "        -*) ;;\n"
                             "        *) if [ -z \"$command\" ]; then command=${COMP_WORDS[i]}\n"
                             "            else args+=(\"${COMP_WORDS[i]}\"); fi ;;\n"
                             "        esac\n"
                             "    done\n"
                             "    case $command:$prev in\n");
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->formats != NULL) {
                        g_autofree char *formats = words_of((*at)->formats);

                        g_string_append_printf(out,
                                               "    %s:--format) _slipway_offer none \"%s\" -; "
                                               "return ;;\n",
                                               (*at)->name, formats);
                }
                bash_values(out, (*at)->options, *at);
        }
        bash_values(out, cli_global_options, NULL);
        g_string_append(out, "    esac\n"
                             "    if [[ $cur == -* ]]; then\n"
                             "        local options='");
        bash_options(out, cli_global_options);
        g_string_append(out, "'\n        case $command in\n        '') options+=' --version' ;;\n");
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->options == NULL)
                        continue;
                g_string_append_printf(out, "        %s) options+='", (*at)->name);
                bash_options(out, (*at)->options);
                g_string_append(out, "' ;;\n");
        }
        g_string_append_printf(out,
                               "        esac\n"
                               "        _slipway_offer none \"$options\" -\n"
                               "        return\n"
                               "    fi\n"
                               "    case $command:${#args[@]} in\n"
                               "    :*) _slipway_offer none \"%s\" - ;;\n",
                               commands);
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group != NULL)
                        bash_arguments(out, *at);
        }
        g_string_append(out, "    esac\n"
                             "}\n"
                             "\n"
                             "complete -F _slipway slipway\n");
        return g_string_free(out, false);
}

/* ---- zsh ---- */

/* Text within single quotes and brackets of a specification */
static void zsh_text(GString *out, const char *text)
{
        for (; *text != '\0'; text++) {
                if (*text == '\'')
                        g_string_append(out, "'\\''");
                else if (strchr("[]:\\`", *text) != NULL)
                        g_string_append_printf(out, "\\%c", *text);
                else
                        g_string_append_c(out, *text);
        }
}

static void zsh_action(GString *out, CliWord word, const char *choices)
{
        const char *kind = kind_of(word);
        g_autofree char *words = words_of(choices);

        if (word == CLI_WORD_CHOICE)
                g_string_append_printf(out, "(%s)", words);
        else if (word == CLI_WORD_COMMAND)
                g_string_append(out, "_slipway_commands");
        else if (word == CLI_WORD_FILE_OR_APP)
                g_string_append(out, "_slipway_file_or_app");
        else if (word == CLI_WORD_FILE)
                g_string_append(out, "_files");
        else if (word == CLI_WORD_DIR)
                g_string_append(out, "_files -/");
        else if (kind != NULL)
                g_string_append_printf(out, " _slipway_names %s",
                                       kind); /* blank: called as it stands */
        else
                g_string_append_c(out, ' ');
}

static void zsh_options(GString *out, const CliOption *options, const CliCommand *command)
{
        for (; options != NULL && options->name != NULL; options++) {
                bool is_format = strcmp(options->name, "format") == 0;

                g_string_append(out, " \\\n            '");
                if (options->type == CLI_OPTION_LIST)
                        g_string_append_c(out, '*');
                g_string_append_printf(out, "--%s[", options->name);
                zsh_text(out, options->help);
                g_string_append_c(out, ']');
                if (options->type != CLI_OPTION_FLAG) {
                        g_string_append_c(out, ':');
                        zsh_text(out, options->value);
                        g_string_append_c(out, ':');
                        zsh_action(out, is_format ? CLI_WORD_CHOICE : options->word,
                                   choices_of(options, command));
                }
                g_string_append_c(out, '\'');
                if (options->letter != 0)
                        g_string_append_printf(out, " \\\n            '-%c'", options->letter);
        }
}

static void zsh_command(GString *out, const CliCommand *command)
{
        g_string_append_printf(out, "        %s)\n        _arguments", command->name);
        zsh_options(out, cli_global_options, command);
        zsh_options(out, command->options, command);
        for (unsigned i = 0; i < CLI_ARGUMENTS_MAX && command->arguments[i].name != NULL; i++) {
                const CliArgument *argument = &command->arguments[i];
                bool repeats = command->n_max > CLI_ARGUMENTS_MAX &&
                               (i + 1 == CLI_ARGUMENTS_MAX ||
                                command->arguments[i + 1].name == NULL);

                g_string_append(out, " \\\n            '");
                if (repeats)
                        g_string_append_c(out, '*');
                else
                        g_string_append_printf(out, "%u", i + 1);
                g_string_append_c(out, ':');
                zsh_text(out, argument->name);
                g_string_append_c(out, ':');
                zsh_action(out, argument->word, argument->choices);
                g_string_append_c(out, '\'');
        }
        g_string_append(out, " ;;\n");
}

char *completion_zsh(void)
{
        GString *out = g_string_new(
                "#compdef slipway\n"
                "# zsh completion for slipway; made by `slipway completion zsh`\n"
                "\n"
                "_slipway_names() {\n"
                "    local -a names\n"
                "    names=(${(f)\"$(slipway __complete $1 "
                "${words[2]:#-*} 2>/dev/null)\"})\n"
                "    [[ $1 == ids ]] ||\n"
                "        names=(${(f)\"$(slipway __complete $1 "
                "2>/dev/null)\"})\n"
                "    compadd -a names\n"
                "}\n"
                "\n"
                "_slipway_file_or_app() {\n"
                "    _alternative 'apps:application: _slipway_names apps' "
                "'files:file:_files'\n"
                "}\n"
                "\n"
                "_slipway_commands() {\n"
                "    local -a commands\n"
                "    commands=(\n");

        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group == NULL)
                        continue;
                g_string_append_printf(out, "        '%s:", (*at)->name);
                zsh_text(out, (*at)->summary);
                g_string_append(out, "'\n");
        }
        g_string_append(out, "    )\n"
                             "    _describe -t commands command commands\n"
                             "}\n"
                             "\n"
                             "_slipway() {\n"
                             "    local curcontext=$curcontext state line\n"
                             "    typeset -A opt_args\n"
                             "    _arguments -C");
        zsh_options(out, cli_global_options, NULL);
        g_string_append(out, " \\\n            '--version[print the version]'"
                             " \\\n            '1:command:_slipway_commands'"
                             " \\\n            '*::argument:->arguments'\n"
                             "    [[ $state == arguments ]] || return\n"
                             "    case $line[1] in\n");
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group != NULL)
                        zsh_command(out, *at);
        }
        g_string_append(out, "    esac\n"
                             "}\n"
                             "\n"
                             "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
                             "    _slipway \"$@\"\n"
                             "else\n"
                             "    compdef _slipway slipway\n"
                             "fi\n");
        return g_string_free(out, false);
}

/* ---- fish ---- */

static void fish_text(GString *out, const char *text)
{
        g_string_append_c(out, '\'');
        for (; *text != '\0'; text++) {
                if (*text == '\'' || *text == '\\')
                        g_string_append_c(out, '\\');
                g_string_append_c(out, *text);
        }
        g_string_append_c(out, '\'');
}

/* What stands behind -a, and whether files are offered as well */
static void fish_word(GString *out, CliWord word, const char *choices)
{
        const char *kind = kind_of(word);
        g_autofree char *words = word == CLI_WORD_COMMAND ? visible_commands() : words_of(choices);

        if (is_file(word))
                g_string_append(out, " -F");
        if (word == CLI_WORD_DIR)
                g_string_append(out, " -a '(__fish_complete_directories)'");
        else if (word == CLI_WORD_ID)
                g_string_append(out, " -a '(__slipway_ids)'");
        else if (kind != NULL)
                g_string_append_printf(out, " -a '(slipway __complete %s 2>/dev/null)'", kind);
        else if (*words != '\0')
                g_string_append_printf(out, " -a '%s'", words);
}

static void fish_options(GString *out, const CliOption *options, const CliCommand *command)
{
        for (; options != NULL && options->name != NULL; options++) {
                g_string_append(out, "complete -c slipway");
                if (command != NULL)
                        g_string_append_printf(out, " -n '__slipway_in %s'", command->name);
                g_string_append_printf(out, " -l %s", options->name);
                if (options->letter != 0)
                        g_string_append_printf(out, " -s %c", options->letter);
                g_string_append(out, " -d ");
                fish_text(out, options->help);
                if (options->type != CLI_OPTION_FLAG) {
                        g_string_append(out, is_file(options->word) ? " -r" : " -x");
                        fish_word(out, options->word, choices_of(options, command));
                }
                g_string_append_c(out, '\n');
        }
}

static void fish_command(GString *out, const CliCommand *command)
{
        g_string_append_printf(out, "complete -c slipway -n '__slipway_in \"\"' -a %s -d ",
                               command->name);
        fish_text(out, command->summary);
        g_string_append_c(out, '\n');
        for (unsigned i = 0; i < CLI_ARGUMENTS_MAX && command->arguments[i].name != NULL; i++) {
                bool repeats = command->n_max > CLI_ARGUMENTS_MAX &&
                               (i + 1 == CLI_ARGUMENTS_MAX ||
                                command->arguments[i + 1].name == NULL);

                if (command->arguments[i].word == CLI_WORD_TEXT)
                        continue;
                g_string_append_printf(out, "complete -c slipway -n '__slipway_in %s%s%u'",
                                       command->name, repeats ? " -" : " ", i);
                fish_word(out, command->arguments[i].word, command->arguments[i].choices);
                g_string_append_c(out, '\n');
        }
        fish_options(out, command->options, command);
        if (command->formats != NULL) {
                g_autofree char *formats = words_of(command->formats);

                g_string_append_printf(out,
                                       "complete -c slipway -n '__slipway_in %s' -l format -x "
                                       "-a '%s'\n",
                                       command->name, formats);
        }
}

char *completion_fish(void)
{
        GString *out = g_string_new(
                "# fish completion for slipway; made by `slipway completion fish`\n"
                "\n"
                "# Words that are no options, behind `slipway`; values of options are not among "
                "them\n"
                "function __slipway_words\n"
                "    set -l words (commandline -opc)\n"
                "    set -l is_value no\n"
                "    for word in $words[2..-1]\n"
                "        if test $is_value = yes\n"
                "            set is_value no\n"
                "        else if contains -- $word $__slipway_valued\n"
                "            set is_value yes\n"
                "        else if not string match -q -- '-*' $word\n"
                "            echo $word\n"
                "        end\n"
                "    end\n"
                "end\n"
                "\n"
                "# __slipway_in COMMAND [N]: whether the word at the cursor is an argument of it, "
                "the N-th; -N: that or a later one\n"
                "function __slipway_in\n"
                "    set -l words (__slipway_words)\n"
                "    set -l n (math (count $words) - 1)\n"
                "    test \"$words[1]\" = $argv[1]; or return 1\n"
                "    test (count $argv) -lt 2; and return 0\n"
                "    switch $argv[2]\n"
                "        case '-*'\n"
                "            test $n -ge (string sub -s 2 -- $argv[2])\n"
                "        case '*'\n"
                "            test $n -eq $argv[2]\n"
                "    end\n"
                "end\n"
                "\n"
                "function __slipway_ids\n"
                "    set -l words (__slipway_words)\n"
                "    slipway __complete ids $words[2] 2>/dev/null\n"
                "end\n"
                "\n"
                "set -g __slipway_valued");

        for (const CliOption *o = cli_global_options; o->name != NULL; o++) {
                if (o->type != CLI_OPTION_FLAG)
                        g_string_append_printf(out, " --%s", o->name);
        }
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                for (const CliOption *o = (*at)->options; o != NULL && o->name != NULL; o++) {
                        if (o->type != CLI_OPTION_FLAG)
                                g_string_append_printf(out, " --%s", o->name);
                }
        }
        g_string_append(out, "\n\ncomplete -c slipway -f\n"
                             "complete -c slipway -n '__slipway_in \"\"' -l version "
                             "-d 'print the version'\n");
        fish_options(out, cli_global_options, NULL);
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if ((*at)->group != NULL)
                        fish_command(out, *at);
        }
        return g_string_free(out, false);
}
