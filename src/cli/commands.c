#include "cli/commands.h"

#include <string.h>

#include "base/text.h"
#include "cli/rows.h"

const CliOption cli_global_options[] = {
        ROW_TEXT("state-dir", state_dir, "DIR", CLI_WORD_DIR,
                 "where deployments, runs and settings are kept; also $SLIPWAY_STATE_DIR"),
        ROW_TEXT("host", host, "URL", CLI_WORD_TEXT,
                 "the engine: unix:///path or tcp://host:port; also $DOCKER_HOST"),
        ROW_TEXT("node-address", node_address, "ADDRESS", CLI_WORD_TEXT,
                 "this node's address for containers; also $SLIPWAY_NODE_ADDRESS"),
        ROW_TEXT("format", format, "FORMAT", CLI_WORD_CHOICE,
                 "how results are written: table or json, for some commands others"),
        ROW_FLAG("no-color", 0, no_color, "no colours; also $NO_COLOR"),
        ROW_FLAG("quiet", 'q', quiet, "no messages but errors"),
        ROW_FLAG("help", 'h', help, "explain the command"),
        ROW_END,
};

const CliCommand *const cli_commands[] = {
#define X(name) &cli_command_##name,
        CLI_COMMANDS(X)
#undef X
                NULL,
};

const CliCommand *cli_command_find(const char *name)
{
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                if (strcmp((*at)->name, name) == 0)
                        return *at;
        }
        return NULL;
}

/* Words of other tools for the same thing; a distance of letters does not find them */
static const struct {
        const char *word, *name;
} other_words[] = {
        { "apply", "up" },      { "deploy", "up" },   { "install", "up" }, { "rm", "down" },
        { "remove", "down" },   { "delete", "down" }, { "list", "ps" },    { "ls", "ps" },
        { "validate", "lint" }, { "check", "lint" },  { "diff", "plan" },  { "settings", "config" },
        { "log", "logs" },      { "rollback", "up" },
};

const char *cli_command_closest(const char *name)
{
        const char *names[64];
        size_t n = 0;

        for (size_t i = 0; i < G_N_ELEMENTS(other_words); i++) {
                if (strcmp(other_words[i].word, name) == 0)
                        return other_words[i].name;
        }
        for (const CliCommand *const *at = cli_commands; *at != NULL; at++) {
                g_assert(n + 1 < G_N_ELEMENTS(names));
                if ((*at)->group != NULL)
                        names[n++] = (*at)->name;
        }
        names[n] = NULL;
        return text_closest(name, names);
}
