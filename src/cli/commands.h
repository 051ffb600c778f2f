#pragma once

/*
 * Commands: what `slipway` can be told to do
 *
 * One table. The parser of the command line, `--help`, the manual page, the completions
 * of the shells and docs/cli.md are all made from it, so that none of them can lag behind.
 * Each command has a file of its own (cmd-NAME.c) with its row and its function.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Cli Cli;
typedef struct CliOptions CliOptions;

/* Exit status of every command (decision 23) */
enum {
        CLI_DONE = 0,
        CLI_FAILED = 1,
        CLI_USAGE = 2,
        CLI_CHANGES = 3, /* plan --exit-code: something would change */
        CLI_INTERRUPTED = 130,
};

/* ---- Options ---- */

typedef enum CliOptionType {
        CLI_OPTION_FLAG,   /* bool-like gboolean */
        CLI_OPTION_TEXT,   /* char * */
        CLI_OPTION_LIST,   /* char **, the option may be given again */
        CLI_OPTION_NUMBER, /* int64_t, a whole number, not negative */
} CliOptionType;

/* What a word on the command line names: for completion, and for words in messages */
typedef enum CliWord {
        CLI_WORD_NONE,
        CLI_WORD_TEXT, /* anything */
        CLI_WORD_FILE,
        CLI_WORD_DIR,
        CLI_WORD_APP,
        CLI_WORD_FILE_OR_APP,
        CLI_WORD_TARGET, /* APP or APP/COMPONENT/CONTAINER */
        CLI_WORD_ID,     /* a workload of the application named before it */
        CLI_WORD_CHOICE, /* one of a list */
        CLI_WORD_COMMAND,
        CLI_WORD_FUNCTION, /* of templates */
} CliWord;

/* One option. Rows end with one whose name is NULL. */
typedef struct CliOption {
        const char *name;
        char letter; /* 0: none */
        CliOptionType type;
        size_t offset;     /* of the value within CliOptions */
        const char *value; /* "FILE": the word for it in help; NULL for flags */
        CliWord word;
        const char *choices; /* "missing|always|never"; NULL: anything goes */
        const char *help;    /* one line, no full stop */
} CliOption;

/* The values of all options of all commands: an option means the same wherever it is. */
struct CliOptions {
        /* of every command */
        char *state_dir, *host, *node_address, *format;
        gboolean no_color, quiet, help, version;

        /* of some */
        char *app, *settings, *pull, *context, *user, *engine, *project_dir;
        char **set, **rerun, **files, **profiles, **env_files;
        int64_t timeout_s, deployment;
        int64_t tail; /* -1: not given */
        gboolean wait, force, volumes, strict, exit_code, why, follow, for_up, list;
        gboolean reveal, apply, batch, password_stdin, skip_tests, without_ipvs;
};

void cli_options_clear(CliOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CliOptions, cli_options_clear)

/* Options of every command, before or after its name */
extern const CliOption cli_global_options[];

/* ---- Commands ---- */

#define CLI_ARGUMENTS_MAX 3 /* words that a row describes; the last one may repeat */

typedef struct CliArgument {
        const char *name; /* "FILE" */
        CliWord word;
        const char *choices; /* "done|rerun"; NULL */
} CliArgument;

typedef struct CliExample {
        const char *command;
        const char *what; /* one line */
} CliExample;

typedef struct CliCommand {
        const char *name;
        const char *group;          /* heading in `slipway --help`; NULL: hidden */
        const char *synopsis;       /* what follows the name: "FILE|APP [OPTION]…" */
        const char *summary;        /* one line, no full stop */
        const char *about;          /* paragraphs, separated by an empty line */
        const CliExample *examples; /* ends with a row whose command is NULL */
        const char *formats;        /* values of --format: "table|json"; NULL: it has none */
        const char *see_also;       /* names of commands, separated by blanks; NULL */
        CliArgument arguments[CLI_ARGUMENTS_MAX];
        unsigned n_min, n_max;    /* of arguments; CLI_ANY for no limit */
        const CliOption *options; /* NULL: only the global ones */
        bool guards_signals;      /* Ctrl-C ends it in order, a lost terminal does not */

        /* @args: n_min to n_max words, NULL-terminated. Returns the exit status. */
        int (*run)(Cli *cli, const CliOptions *options, char **args);
} CliCommand;

#define CLI_ANY 1000

/* All of them in the order of the help, NULL-terminated; hidden ones last */
extern const CliCommand *const cli_commands[];

/* NULL where there is none of that name */
const CliCommand *cli_command_find(const char *name);

/* The command that a mistyped name probably meant, or NULL */
const char *cli_command_closest(const char *name);

/* X(name): the rows, each in cmd-NAME.c */
/* clang-format off */
#define CLI_COMMANDS(X)                                                                            \
        X(up) X(plan) X(down) X(start) X(stop) X(restart) X(pull)                                  \
        X(status) X(ps) X(logs) X(events) X(history) X(runs) X(resolve)                            \
        X(config) X(registry)                                                                      \
        X(lint) X(graph) X(render) X(eval) X(explain)                                              \
        X(doctor) X(completion) X(version) X(help)                                                 \
        X(complete) X(generate) /* hidden */
/* clang-format on */

#define X(name) extern const CliCommand cli_command_##name;
CLI_COMMANDS(X)
#undef X
